//! What the keymap is held to.

use super::*;

fn parse(written: &str) -> Key {
    Key::parse(written).unwrap_or_else(|| panic!("{written} is a key"))
}

#[test]
fn no_key_has_two_meanings_in_one_focus_and_the_tilde_has_none() {
    let keymap = Keymap::default();
    for focus in [
        Focus::Global,
        Focus::Table,
        Focus::Histogram,
        Focus::Detail,
        Focus::List,
        Focus::Time,
        Focus::Leaving,
        Focus::Prompt,
    ] {
        assert_eq!(keymap.action(focus, parse("~")), None);
    }
    let twice = "[[bind]]\nkeys = [\"y\"]\nfocus = \"table\"\naction = \"down\"\nwords = \"\"\ngroup = \"\"\n\
                 [[bind]]\nkeys = [\"y\"]\nfocus = \"global\"\naction = \"up\"\nwords = \"\"\ngroup = \"\"\n";
    let error = Keymap::parse(twice).expect_err("y means two things");
    assert_eq!(error.to_string(), "y would mean both up and down (Table)");
    assert!(Keymap::parse(&twice.replacen("group = \"\"", "group = \"\"\nshadows = true", 1)).is_ok());
}

#[test]
fn every_action_has_a_key_and_words() {
    let keymap = Keymap::default();
    for (place, (action, name)) in Action::TABLE.iter().enumerate() {
        assert_eq!(*action as usize, place);
        assert!(keymap.key_of(*action).is_some(), "{name} has no key");
    }
    assert!(keymap.bindings().iter().all(|binding| !binding.words.is_empty() && !binding.group.is_empty()));
}

#[test]
fn every_function_and_control_key_has_a_plain_twin() {
    // Ctrl-c and Ctrl-z are what every terminal program has, the mouse has `:mouse`; in prompts
    // letters are text.
    for binding in Keymap::default().bindings().iter().filter(|binding| binding.focus != Focus::Prompt) {
        let plain =
            |key: &Key| !matches!(key.code, KeyCode::F(_)) && !key.modifiers.contains(KeyModifiers::CONTROL);
        let excused = matches!(binding.action, Action::Cancel | Action::Suspend | Action::Mouse);
        assert!(excused || binding.keys.iter().any(plain), "{}", binding.action.name());
    }
}

#[test]
fn keys_are_read_as_they_are_written() {
    for binding in Keymap::default().bindings() {
        for key in &binding.keys {
            assert_eq!(Key::parse(&key.to_string()), Some(*key));
            assert_eq!(Key::pressed(&key.event()), *key);
        }
    }
    assert_eq!(parse("Ctrl--").code, KeyCode::Char('-'));
    for wrong in ["", "Hyper-x", "F0", "F13", "Entr", "ab"] {
        assert_eq!(Key::parse(wrong), None, "{wrong}");
    }
    let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
    assert_eq!(Key::pressed(&shifted), parse("G"));
    let back_tab = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
    assert_eq!(Key::pressed(&back_tab), parse("Shift-Tab"));
}

#[test]
fn the_config_overrides_keys_and_its_errors_say_what_was_meant() {
    let keymap = Keymap::default();
    let changed = keymap.clone().with(&[("copy-id".into(), vec!["Ctrl-y".into()])]).expect("a good override");
    assert_eq!(changed.action(Focus::Table, parse("Ctrl-y")), Some(Action::CopyId));
    assert_eq!(changed.action(Focus::Table, parse("y")), None);
    let wrong = |name: &str, key: &str| {
        keymap.clone().with(&[(name.into(), vec![key.into()])]).expect_err("a wrong override").to_string()
    };
    assert_eq!(wrong("copyid", "y"), "\"copyid\" is no action; did you mean \"copy-id\"?");
    assert_eq!(wrong("copy-id", "j"), "j would mean both copy-id and down (Table)");
    assert!(wrong("copy-id", "Hyper-y").starts_with("\"Hyper-y\" is no key"));
}
