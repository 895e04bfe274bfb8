//! From the terminal's raw events to what the explorer is told: the joiner.
//!
//! A slow link cuts escape sequences anywhere. A cut after the ESC byte makes the terminal library
//! report Esc at once and the rest as plain keys, so that an arrow key becomes `Esc [ A` and a paste
//! runs as commands. The joiner holds a lone Esc for a short while, puts the pieces together again,
//! gathers a cut paste, and takes the terminal's answers out of what is typed, however late they come
//! and wherever they are cut. It is a state machine without a clock: [`Joiner::waits`] says how long it
//! may be left alone, [`Joiner::expire`] that the time is over.
//!
//! Esc and a key that come together are one Alt-key: the two cannot be told apart. A keymap that
//! does not bind that Alt-key treats it as Esc, then the key.
//!
//! Not here: reading the terminal (`app::terminal`), and what a key does (`ui`).

mod sequence;

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEventKind};

use super::terminal::background;
use crate::ui::message::Input;
use sequence::Decoded;

/// How long a lone Esc is held where the config says nothing (EXPLORER's section 2).
pub const ESC_HOLD: Duration = Duration::from_millis(50);

/// How long no key may come before a cut paste counts as ended. Its end mark is seen only where it
/// was cut too (the terminal library drops a whole one without its beginning), so this is generous:
/// the rest of a paste must never run as commands.
const PASTE_QUIET: Duration = Duration::from_millis(500);

/// The longest cut paste that is kept, in bytes; what goes beyond is dropped, not typed.
const PASTE_LIMIT: usize = 1 << 20;

/// How long no key may come before a cut answer of the terminal counts as ended. Its rest must never
/// be taken for keys.
const REPLY_QUIET: Duration = Duration::from_secs(1);

/// The longest answer of the terminal that is taken in, in keys.
const REPLY_LIMIT: usize = 256;

/// The longest parameters of a joined sequence, in characters; a mouse report has at most 14.
const SEQUENCE_LIMIT: usize = 32;

/// Joins what a slow link cut; drops what the explorer does not use.
#[derive(Debug)]
pub struct Joiner {
    hold: Duration,
    state: State,
    /// The terminal was asked something and has not answered yet.
    asked: bool,
}

/// What came so far of something that is not whole yet.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Nothing.
    Ground,
    /// ESC.
    Escape,
    /// ESC `[` and parameters.
    Sequence(String),
    /// ESC `O`.
    Shifted,
    /// ESC `]`, which a terminal's answer begins with; or `]` alone while one is awaited, whose ESC came
    /// so long before that it was taken for a key.
    MaybeReply { alone: bool },
    /// A terminal's answer, up to BEL or ESC `\`: what came of it, and whether the last was ESC.
    Reply { text: String, escaped: bool },
    /// ESC `[200~`, the text since, and how much of the end mark stands at its end.
    Paste { text: String, ending: Option<String> },
}

impl Joiner {
    /// A joiner that holds a lone Esc so long.
    pub fn new(hold: Duration) -> Self {
        Self { hold, state: State::Ground, asked: false }
    }

    /// The terminal was asked something: its answer may come at any time, in any pieces.
    pub fn await_answer(&mut self) {
        self.asked = true;
    }

    /// An answer that has not come by now is not waited for any more.
    pub fn await_no_answer(&mut self) {
        self.asked = false;
    }

    /// How long the next event may be waited for; `None`: nothing is held. Counted from the last
    /// event fed.
    pub fn waits(&self) -> Option<Duration> {
        match self.state {
            State::Ground => None,
            State::Paste { .. } => Some(PASTE_QUIET),
            State::Reply { .. } => Some(REPLY_QUIET),
            State::MaybeReply { .. } if self.asked => Some(REPLY_QUIET),
            _ => Some(self.hold),
        }
    }

    /// Takes an event; gives what is whole by now.
    pub fn feed(&mut self, event: Event) -> Vec<Input> {
        let mut out = Vec::new();
        match event {
            Event::Key(key) if key.kind == KeyEventKind::Press => self.key(key, &mut out),
            Event::Mouse(mouse) if mouse.kind != MouseEventKind::Moved => {
                self.give_up(&mut out);
                out.push(Input::Mouse(mouse));
            }
            Event::Paste(text) => {
                self.give_up(&mut out);
                out.push(Input::Paste(text));
            }
            // A resize says nothing of the keys: what is held stays held.
            Event::Resize(columns, rows) => out.push(Input::Resize(columns, rows)),
            Event::Key(_) | Event::Mouse(_) | Event::FocusGained | Event::FocusLost => {}
        }
        out
    }

    /// Nothing came in the time that [`Self::waits`] gave: what is held is all there is.
    pub fn expire(&mut self) -> Vec<Input> {
        let mut out = Vec::new();
        self.give_up(&mut out);
        out
    }

    /// Gives out what is held as the keys that it then was.
    fn give_up(&mut self, out: &mut Vec<Input>) {
        match std::mem::replace(&mut self.state, State::Ground) {
            State::Ground | State::Reply { .. } => {}
            State::Escape => out.push(plain(KeyCode::Esc)),
            State::Sequence(parameters) => {
                // Nobody types ESC [ and a digit in so short a time: the rest of a cut sequence was
                // lost, and its pieces are no commands.
                if parameters.is_empty() {
                    out.extend([plain(KeyCode::Esc), plain(KeyCode::Char('['))]);
                }
            }
            State::Shifted => out.extend([plain(KeyCode::Esc), character('O')]),
            State::MaybeReply { alone } => out.push(bracket(alone)),
            State::Paste { text, .. } => out.push(Input::Paste(text)),
        }
    }

    fn key(&mut self, key: KeyEvent, out: &mut Vec<Input>) {
        let typed = typed(key);
        match std::mem::replace(&mut self.state, State::Ground) {
            State::Ground => self.ground(key, out),
            State::Escape => match (typed, key.code) {
                (Some('['), _) => self.state = State::Sequence(String::new()),
                (Some('O'), _) => self.state = State::Shifted,
                (Some(']'), _) => self.state = State::MaybeReply { alone: false },
                (_, KeyCode::Esc) if key.modifiers.is_empty() => {
                    out.push(plain(KeyCode::Esc));
                    self.state = State::Escape;
                }
                _ => out.push(alt(key)),
            },
            State::Sequence(mut parameters) => match typed {
                Some(c @ ' '..='?') if parameters.len() < SEQUENCE_LIMIT => {
                    parameters.push(c);
                    self.state = State::Sequence(parameters);
                }
                Some(' '..='?') => {}
                Some(last @ '@'..='~') => self.finish(&parameters, last, out),
                _ => {
                    self.state = State::Sequence(parameters);
                    self.give_up(out);
                    self.ground(key, out);
                }
            },
            State::Shifted => {
                if let Some(code) = typed.and_then(sequence::shifted) {
                    out.push(plain(code));
                } else {
                    out.extend([plain(KeyCode::Esc), character('O')]);
                    self.ground(key, out);
                }
            }
            State::MaybeReply { alone } => {
                if let Some(digit) = typed.filter(char::is_ascii_digit) {
                    self.state = State::Reply { text: digit.to_string(), escaped: false };
                } else {
                    out.push(bracket(alone));
                    self.ground(key, out);
                }
            }
            State::Reply { text, escaped } => self.reply(key, text, escaped, out),
            State::Paste { text, ending } => self.paste(key, text, ending, out),
        }
    }

    fn ground(&mut self, key: KeyEvent, out: &mut Vec<Input>) {
        match (key.code, key.modifiers) {
            (KeyCode::Esc, KeyModifiers::NONE) => self.state = State::Escape,
            (KeyCode::Char(']'), KeyModifiers::ALT) => self.state = State::MaybeReply { alone: false },
            (KeyCode::Char(']'), KeyModifiers::NONE) if self.asked => {
                self.state = State::MaybeReply { alone: true };
            }
            _ => out.push(Input::Key(key)),
        }
    }

    fn finish(&mut self, parameters: &str, last: char, out: &mut Vec<Input>) {
        match sequence::decode(parameters, last) {
            Decoded::Key(key) => out.push(Input::Key(key)),
            Decoded::Mouse(mouse) if mouse.kind != MouseEventKind::Moved => out.push(Input::Mouse(mouse)),
            Decoded::PasteBegins => self.state = State::Paste { text: String::new(), ending: None },
            Decoded::Mouse(_) | Decoded::Nothing => {}
        }
    }

    fn reply(&mut self, key: KeyEvent, mut text: String, escaped: bool, out: &mut Vec<Input>) {
        match (key.code, key.modifiers) {
            (KeyCode::Char('g'), KeyModifiers::CONTROL) | (KeyCode::Char('\\'), KeyModifiers::ALT) => {
                self.answered(&text, out);
            }
            (KeyCode::Char('\\'), KeyModifiers::NONE) if escaped => self.answered(&text, out),
            // Some terminals end an answer with ESC alone: this begins something else.
            _ if escaped => {
                self.answered(&text, out);
                self.state = State::Escape;
                self.key(key, out);
            }
            (KeyCode::Esc, KeyModifiers::NONE) => self.state = State::Reply { text, escaped: true },
            _ => match typed(key).filter(|c| background::is_in_answers(*c)) {
                Some(_) if text.len() >= REPLY_LIMIT => {}
                Some(c) => {
                    text.push(c);
                    self.state = State::Reply { text, escaped: false };
                }
                // No part of an answer: the rest of it was lost, and this is a key.
                None => self.ground(key, out),
            },
        }
    }

    /// An answer of the terminal is whole; one to a question that the explorer never asks says nothing.
    fn answered(&mut self, text: &str, out: &mut Vec<Input>) {
        if let Some(told) = background::told(text) {
            self.asked = false;
            out.push(Input::Background(Some(told)));
        }
    }

    fn paste(&mut self, key: KeyEvent, mut text: String, ending: Option<String>, out: &mut Vec<Input>) {
        const END: &str = "[201~";
        let ending = match (ending, typed(key)) {
            _ if key.code == KeyCode::Esc => Some(String::new()),
            (Some(mut seen), Some(c)) if END[seen.len()..].starts_with(c) => {
                seen.push(c);
                if seen == END {
                    out.push(Input::Paste(text));
                    return;
                }
                Some(seen)
            }
            (seen, typed) => {
                // It was no end mark: what looked like one is part of the text.
                text.extend(seen);
                let pasted = match (key.code, typed) {
                    (_, Some(c)) => Some(c),
                    (KeyCode::Enter, _) => Some('\n'),
                    (KeyCode::Char('j'), _) if key.modifiers == KeyModifiers::CONTROL => Some('\n'),
                    (KeyCode::Tab, _) => Some('\t'),
                    _ => None,
                };
                if text.len() < PASTE_LIMIT {
                    text.extend(pasted);
                }
                None
            }
        };
        self.state = State::Paste { text, ending };
    }
}

/// The character that a key types: no control, no Alt.
fn typed(key: KeyEvent) -> Option<char> {
    match key.code {
        KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => Some(c),
        _ => None,
    }
}

fn plain(code: KeyCode) -> Input {
    Input::Key(KeyEvent::from(code))
}

/// A character as the terminal library reports it: an upper-case one bears Shift.
fn character(c: char) -> Input {
    let modifiers = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    Input::Key(KeyEvent::new(KeyCode::Char(c), modifiers))
}

/// `]`, pressed with Alt unless it came alone.
fn bracket(alone: bool) -> Input {
    let modifiers = if alone { KeyModifiers::NONE } else { KeyModifiers::ALT };
    Input::Key(KeyEvent::new(KeyCode::Char(']'), modifiers))
}

fn alt(mut key: KeyEvent) -> Input {
    key.modifiers |= KeyModifiers::ALT;
    Input::Key(key)
}

#[cfg(test)]
mod tests {
    use crossterm::event::{MouseButton, MouseEvent};
    use proptest::prelude::*;

    use super::*;

    /// The events that the terminal library makes of bytes of which ESC stood alone at the end of a
    /// read: Esc, then a plain key for each byte.
    fn cut(text: &str) -> Vec<Event> {
        text.chars().map(event_of).collect()
    }

    fn event_of(c: char) -> Event {
        let key = match c {
            '\x1b' => KeyEvent::from(KeyCode::Esc),
            '\r' => KeyEvent::from(KeyCode::Enter),
            '\x07' => KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL),
            c if c.is_uppercase() => KeyEvent::new(KeyCode::Char(c), KeyModifiers::SHIFT),
            c => KeyEvent::from(KeyCode::Char(c)),
        };
        Event::Key(key)
    }

    fn joined(text: &str) -> Vec<Input> {
        let mut joiner = Joiner::new(ESC_HOLD);
        cut(text).into_iter().flat_map(|event| joiner.feed(event)).collect()
    }

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
        Input::Key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn a_cut_sequence_is_the_one_key_that_was_pressed() {
        let none = KeyModifiers::NONE;
        for (text, expected) in [
            ("\x1b[A", key(KeyCode::Up, none)),
            ("\x1b[D", key(KeyCode::Left, none)),
            ("\x1b[1;3D", key(KeyCode::Left, KeyModifiers::ALT)),
            ("\x1b[1;5C", key(KeyCode::Right, KeyModifiers::CONTROL)),
            ("\x1b[H", key(KeyCode::Home, none)),
            ("\x1b[4~", key(KeyCode::End, none)),
            ("\x1b[5~", key(KeyCode::PageUp, none)),
            ("\x1b[6;5~", key(KeyCode::PageDown, KeyModifiers::CONTROL)),
            ("\x1b[Z", key(KeyCode::BackTab, KeyModifiers::SHIFT)),
            ("\x1b[11~", key(KeyCode::F(1), none)),
            ("\x1b[24~", key(KeyCode::F(12), none)),
            ("\x1b[1;2P", key(KeyCode::F(1), KeyModifiers::SHIFT)),
            ("\x1bOA", key(KeyCode::Up, none)),
            ("\x1bOQ", key(KeyCode::F(2), none)),
            ("\x1bb", key(KeyCode::Char('b'), KeyModifiers::ALT)),
        ] {
            assert_eq!(joined(text), [expected], "{text:?}");
        }
    }

    #[test]
    fn a_lone_esc_is_held_and_then_is_esc() {
        let mut joiner = Joiner::new(ESC_HOLD);
        assert_eq!(joiner.waits(), None);
        assert_eq!(joiner.feed(event_of('\x1b')), []);
        assert_eq!(joiner.waits(), Some(ESC_HOLD));
        assert_eq!(joiner.expire(), [plain(KeyCode::Esc)]);
        assert_eq!(joiner.waits(), None);
        assert_eq!(joiner.feed(event_of('[')), [plain(KeyCode::Char('['))]);
    }

    #[test]
    fn esc_twice_is_esc_twice() {
        let mut joiner = Joiner::new(ESC_HOLD);
        assert_eq!(joiner.feed(event_of('\x1b')), []);
        assert_eq!(joiner.feed(event_of('\x1b')), [plain(KeyCode::Esc)]);
        assert_eq!(joiner.expire(), [plain(KeyCode::Esc)]);
    }

    #[test]
    fn esc_and_a_bracket_typed_by_hand_are_two_keys() {
        let mut joiner = Joiner::new(ESC_HOLD);
        assert_eq!(joiner.feed(event_of('\x1b')), []);
        assert_eq!(joiner.feed(event_of('[')), []);
        assert_eq!(joiner.expire(), [plain(KeyCode::Esc), plain(KeyCode::Char('['))]);
    }

    #[test]
    fn the_pieces_of_a_lost_sequence_are_no_commands() {
        let mut joiner = Joiner::new(ESC_HOLD);
        for event in cut("\x1b[1;") {
            assert_eq!(joiner.feed(event), []);
        }
        assert_eq!(joiner.expire(), []);
        assert_eq!(joined("\x1b[99;99;99x"), []);
        assert_eq!(joined("\x1b[?64;1;2c"), []);
    }

    #[test]
    fn a_sequence_broken_by_another_key_loses_no_key() {
        let mut joiner = Joiner::new(ESC_HOLD);
        let mut out = Vec::new();
        for event in cut("\x1b[\r") {
            out.extend(joiner.feed(event));
        }
        assert_eq!(out, [plain(KeyCode::Esc), plain(KeyCode::Char('[')), plain(KeyCode::Enter)]);
        assert_eq!(joined("\x1bOz"), [plain(KeyCode::Esc), character('O'), plain(KeyCode::Char('z'))]);
    }

    #[test]
    fn a_cut_paste_never_runs_as_commands() {
        let paste = |text: &str| vec![Input::Paste(text.to_owned())];
        assert_eq!(joined("\x1b[200~q\ry\x1b[201~"), paste("q\ny"));
        assert_eq!(joined("\x1b[200~a[b]\x1b[201~"), paste("a[b]"));
        assert_eq!(joined("\x1b[200~a\x1b[20x\x1b[201~"), paste("a[20x"));
        // The end mark came whole and was dropped below us: the quiet ends it.
        let mut joiner = Joiner::new(ESC_HOLD);
        for event in cut("\x1b[200~quit") {
            assert_eq!(joiner.feed(event), []);
        }
        assert_eq!(joiner.waits(), Some(PASTE_QUIET));
        assert_eq!(joiner.expire(), paste("quit"));
    }

    #[test]
    fn a_paste_is_bounded() {
        let mut joiner = Joiner::new(ESC_HOLD);
        for event in cut("\x1b[200~") {
            joiner.feed(event);
        }
        for _ in 0..PASTE_LIMIT + 10 {
            joiner.feed(event_of('x'));
        }
        let [Input::Paste(text)] = &joiner.expire()[..] else { panic!("a paste") };
        assert_eq!(text.len(), PASTE_LIMIT);
    }

    const DARK: &str = "]11;rgb:1e1e/1e1e/1e1e";

    fn dark() -> Input {
        Input::Background(Some(crate::ui::theme::Background::Dark))
    }

    #[test]
    fn an_answer_of_the_terminal_is_told_and_never_typed() {
        assert_eq!(joined(&format!("\x1b{DARK}\x1b\\")), [dark()]);
        assert_eq!(joined(&format!("\x1b{DARK}\x07j")), [dark(), plain(KeyCode::Char('j'))]);
        // Some end it with ESC alone.
        assert_eq!(joined(&format!("\x1b{DARK}\x1b[A")), [dark(), plain(KeyCode::Up)]);
        // In one read: Alt-], keys, Alt-backslash. Of another question: nothing.
        let mut joiner = Joiner::new(ESC_HOLD);
        let with_alt = |c| Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT));
        let mut out = joiner.feed(with_alt(']'));
        for event in cut("10;rgb:ffff/ffff/ffff") {
            out.extend(joiner.feed(event));
        }
        out.extend(joiner.feed(with_alt('\\')));
        out.extend(joiner.feed(event_of('k')));
        assert_eq!(out, [plain(KeyCode::Char('k'))]);
        // Alt-] by hand is a key.
        assert_eq!(joiner.feed(with_alt(']')), []);
        assert_eq!(joiner.expire(), [key(KeyCode::Char(']'), KeyModifiers::ALT)]);
        assert_eq!(joined("\x1b]x"), [key(KeyCode::Char(']'), KeyModifiers::ALT), plain(KeyCode::Char('x'))]);
    }

    #[test]
    fn a_key_in_the_middle_of_an_answer_ends_it_and_is_not_lost() {
        assert_eq!(joined("\x1b]11;rgb:1e1e/q"), [plain(KeyCode::Char('q'))]);
        assert_eq!(joined("\x1b]11;rgb:1e1e/\r"), [plain(KeyCode::Enter)]);
        let long = format!("\x1b]11;{}", "f".repeat(REPLY_LIMIT + 50));
        assert!(joined(&long).len() < 60, "it is bounded");
    }

    #[test]
    fn an_answer_that_was_asked_for_may_be_cut_anywhere_and_come_at_any_time() {
        let answer = format!("\x1b{DARK}\x1b\\");
        for place in 1..answer.len() {
            let mut joiner = Joiner::new(ESC_HOLD);
            joiner.await_answer();
            let mut out: Vec<Input> =
                cut(&answer[..place]).into_iter().flat_map(|e| joiner.feed(e)).collect();
            // Nothing comes for as long as a lone Esc is held.
            if joiner.waits().is_some_and(|time| time <= ESC_HOLD) {
                out.extend(joiner.expire());
            }
            out.extend(cut(&answer[place..]).into_iter().flat_map(|e| joiner.feed(e)));
            // An Esc that stood alone so long was one: no more than that may be taken for a key.
            let typed: &[Input] = if place == 1 { &[plain(KeyCode::Esc)] } else { &[] };
            assert_eq!(out, [typed, &[dark()]].concat(), "{:?}", &answer[..place]);
        }
    }

    #[test]
    fn a_bracket_is_held_only_while_an_answer_is_awaited() {
        let mut joiner = Joiner::new(ESC_HOLD);
        let bracket = || plain(KeyCode::Char(']'));
        assert_eq!(joiner.feed(event_of(']')), [bracket()]);
        joiner.await_answer();
        assert_eq!(joiner.feed(event_of(']')), []);
        assert_eq!(joiner.feed(event_of('j')), [bracket(), plain(KeyCode::Char('j'))]);
        assert_eq!(joiner.feed(event_of(']')), []);
        assert_eq!(joiner.expire(), [bracket()]);
        joiner.await_no_answer();
        assert_eq!(joiner.feed(event_of(']')), [bracket()]);
    }

    #[test]
    fn a_cut_mouse_report_is_a_mouse_event() {
        let mouse = |kind, column, row, modifiers| Input::Mouse(MouseEvent { kind, column, row, modifiers });
        let none = KeyModifiers::NONE;
        assert_eq!(joined("\x1b[<0;11;6M"), [mouse(MouseEventKind::Down(MouseButton::Left), 10, 5, none)]);
        assert_eq!(joined("\x1b[<2;1;1m"), [mouse(MouseEventKind::Up(MouseButton::Right), 0, 0, none)]);
        assert_eq!(joined("\x1b[<32;3;4M"), [mouse(MouseEventKind::Drag(MouseButton::Left), 2, 3, none)]);
        assert_eq!(joined("\x1b[<81;3;4M"), [mouse(MouseEventKind::ScrollDown, 2, 3, KeyModifiers::CONTROL)]);
        assert_eq!(joined("\x1b[<35;3;4M"), []);
        assert_eq!(joined("\x1b[<0;0;99999999999M"), []);
    }

    #[test]
    fn what_the_explorer_does_not_use_is_dropped() {
        let mut joiner = Joiner::new(ESC_HOLD);
        let release = KeyEvent::new_with_kind(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
        let moved =
            MouseEvent { kind: MouseEventKind::Moved, column: 1, row: 1, modifiers: KeyModifiers::NONE };
        for event in [Event::Key(release), Event::Mouse(moved), Event::FocusGained, Event::FocusLost] {
            assert_eq!(joiner.feed(event), []);
        }
        assert_eq!(joined("\x1b[I"), []);
        assert_eq!(joined("\x1b[O"), []);
    }

    #[test]
    fn a_resize_passes_and_breaks_nothing() {
        let mut joiner = Joiner::new(ESC_HOLD);
        assert_eq!(joiner.feed(event_of('\x1b')), []);
        assert_eq!(joiner.feed(Event::Resize(80, 24)), [Input::Resize(80, 24)]);
        assert_eq!(joiner.feed(event_of('[')), []);
        assert_eq!(joiner.feed(event_of('B')), [plain(KeyCode::Down)]);
    }

    proptest! {
        /// Without an Esc nothing is held, changed or lost.
        #[test]
        fn plain_keys_pass_as_they_are(text in "[a-zA-Z0-9\\[\\]~;<]{0,40}") {
            let expected: Vec<Input> =
                cut(&text).into_iter().map(|event| match event { Event::Key(key) => Input::Key(key), _ => unreachable!() }).collect();
            prop_assert_eq!(joined(&text), expected);
        }

        /// Whatever comes, it ends at rest and stays within its bounds.
        #[test]
        fn any_input_ends_at_rest(text in "[\\x1b\\[\\]O0-9;~<mMAx\\r\\x07]{0,200}", asked: bool) {
            let mut joiner = Joiner::new(ESC_HOLD);
            if asked {
                joiner.await_answer();
            }
            for event in cut(&text) {
                joiner.feed(event);
            }
            joiner.expire();
            prop_assert_eq!(joiner.waits(), None);
        }
    }
}
