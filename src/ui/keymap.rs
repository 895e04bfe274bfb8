//! The one table of keys: which key does what in which focus, and in which words.
//!
//! The defaults are `assets/keymap.toml`; the config's `[keys]` overrides them. Dispatch, help and
//! the bottom line's hints come from the same table. Not here: doing it (`update`).

use std::collections::HashMap;
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::text;

macro_rules! actions {
    ($($action:ident $name:literal;)*) => {
        /// Everything that a key can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the words stand in the keymap's file")]
        pub enum Action {
            $($action,)*
        }

        impl Action {
            /// All actions with their names in keymap and config.
            pub const TABLE: &[(Self, &'static str)] = &[$((Self::$action, $name),)*];
        }
    };
}

actions! {
    Filter "filter";
    ClearFilter "clear-filter";
    Class2xx "class-2xx";
    Class3xx "class-3xx";
    Class4xx "class-4xx";
    Class5xx "class-5xx";
    ClassSuccess "class-success";
    ClassFailure "class-failure";
    ClassUnknown "class-unknown";
    ClassAll "class-all";
    Time "time";
    Zone "zone";
    Back "back";
    Forward "forward";
    CopyId "copy-id";
    NextFailure "next-failure";
    PreviousFailure "previous-failure";
    Next4xx "next-4xx";
    Previous4xx "previous-4xx";
    Order "order";
    ToggleHistogram "toggle-histogram";
    FocusNext "focus-next";
    FocusPrevious "focus-previous";
    Pause "pause";
    RetryGaps "retry-gaps";
    AskServer "ask-server";
    FetchNewer "fetch-newer";
    Follow "follow";
    HoldStill "hold";
    CopyMenu "copy-menu";
    Export "export";
    Palette "palette";
    Sources "sources";
    Mouse "mouse";
    Messages "messages";
    StepBack "step-back";
    Quit "quit";
    KeepFetched "keep-fetched";
    Cancel "cancel";
    Suspend "suspend";
    Help "help";
    OpenDetail "open-detail";
    Down "down";
    Up "up";
    PageDown "page-down";
    PageUp "page-up";
    HalfPageDown "half-page-down";
    HalfPageUp "half-page-up";
    First "first";
    Last "last";
    BucketLeft "bucket-left";
    BucketRight "bucket-right";
    BucketFirst "bucket-first";
    BucketLast "bucket-last";
    Brush "brush";
    SwapBrush "swap-brush";
    ZoomTo "zoom-to";
    ZoomIn "zoom-in";
    ZoomOut "zoom-out";
    Stack "stack";
    Curve "curve";
    NextRecord "next-record";
    PreviousRecord "previous-record";
    Fold "fold";
    PlainPage "plain-page";
    RecordHistory "record-history";
    Earlier "earlier";
    FetchSingles "fetch-singles";
    Mark "mark";
    Marks "marks";
    NextMark "next-mark";
    PreviousMark "previous-mark";
    NoteMark "note-mark";
    Compare "compare";
    RetrySingle "retry-single";
    Narrow "narrow";
    Facets "facets";
    Why "why";
    TwoFields "two-fields";
    Columns "columns";
    CopyCell "copy-cell";
    Reveal "reveal";
    Around "around";
    GoToTime "go-to-time";
    CellLeft "cell-left";
    CellRight "cell-right";
    Include "include";
    Exclude "exclude";
    Lens "lens";
    LensActor "lens-actor";
    SortColumn "sort-column";
    Find "find";
    NextHit "next-hit";
    PreviousHit "previous-hit";
    SortList "sort-list";
    MoveDown "move-down";
    MoveUp "move-up";
    Complete "complete";
    CompleteBack "complete-back";
    Preset "preset";
    CustomTime "custom-time";
    Choose "choose";
    Keep "keep";
    TakeBack "take-back";
    OlderEntry "older-entry";
    NewerEntry "newer-entry";
    CursorLeft "cursor-left";
    CursorRight "cursor-right";
    WordLeft "word-left";
    WordRight "word-right";
    LineStart "line-start";
    LineEnd "line-end";
    DeleteLeft "delete-left";
    DeleteRight "delete-right";
    DeleteWordLeft "delete-word-left";
    DeleteToStart "delete-to-start";
    DeleteToEnd "delete-to-end";
    Yank "yank";
}

impl Action {
    /// Its name.
    pub fn name(self) -> &'static str {
        Self::TABLE[self as usize].1
    }

    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(_, known)| *known == name).map(|(action, _)| *action)
    }

    /// Whether it moves on in rows or lines, by one or by more.
    pub fn is_movement(self) -> bool {
        matches!(
            self,
            Self::Down
                | Self::Up
                | Self::PageDown
                | Self::PageUp
                | Self::HalfPageDown
                | Self::HalfPageUp
                | Self::First
                | Self::Last
        )
    }

    /// The action that goes the other way, where a hint names the keys of both.
    pub fn opposite(self) -> Option<Self> {
        match self {
            Self::MoveDown => Some(Self::MoveUp),
            Self::BucketLeft => Some(Self::BucketRight),
            _ => None,
        }
    }
}

/// Where a key means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Focus {
    /// Everywhere but in prompts.
    Global,
    /// The table.
    Table,
    /// The histogram.
    Histogram,
    /// The detail.
    Detail,
    /// A layer with a list.
    List,
    /// The choice of a time window.
    Time,
    /// The question before leaving.
    Leaving,
    /// A text being typed.
    Prompt,
}

impl Focus {
    /// Its name at the lower left.
    pub fn title(self) -> &'static str {
        match self {
            Self::Global => "EVERYWHERE",
            Self::Table => "TABLE",
            Self::Histogram => "HISTOGRAM",
            Self::Detail => "DETAIL",
            Self::List => "LIST",
            Self::Time => "TIME",
            Self::Leaving => "LEAVING",
            Self::Prompt => "FILTER",
        }
    }
}

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Key {
    /// The key that was pressed. Shift is part of the character where there is one.
    pub fn pressed(event: &KeyEvent) -> Self {
        let mut modifiers =
            event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match event.code {
            KeyCode::BackTab => {
                modifiers.insert(KeyModifiers::SHIFT);
                KeyCode::Tab
            }
            KeyCode::Char(character) if modifiers.contains(KeyModifiers::CONTROL) => {
                modifiers.remove(KeyModifiers::SHIFT);
                KeyCode::Char(character.to_ascii_lowercase())
            }
            KeyCode::Char(character) => {
                modifiers.remove(KeyModifiers::SHIFT);
                KeyCode::Char(character)
            }
            other => other,
        };
        Self { code, modifiers }
    }

    /// Reads `j`, `Ctrl-d`, `Alt-Left`, `Shift-Tab`, `Space`, `F1`; `None` where the text is no key.
    pub fn parse(written: &str) -> Option<Self> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = written;
        while let Some((modifier, after)) = rest.split_once('-').filter(|(_, after)| !after.is_empty()) {
            modifiers |= match modifier {
                "Ctrl" => KeyModifiers::CONTROL,
                "Alt" => KeyModifiers::ALT,
                "Shift" => KeyModifiers::SHIFT,
                _ => return None,
            };
            rest = after;
        }
        let code = match rest {
            "Enter" => KeyCode::Enter,
            "Esc" => KeyCode::Esc,
            "Tab" => KeyCode::Tab,
            "Space" => KeyCode::Char(' '),
            "Backspace" => KeyCode::Backspace,
            "Delete" => KeyCode::Delete,
            "Up" => KeyCode::Up,
            "Down" => KeyCode::Down,
            "Left" => KeyCode::Left,
            "Right" => KeyCode::Right,
            "Home" => KeyCode::Home,
            "End" => KeyCode::End,
            "PgUp" => KeyCode::PageUp,
            "PgDn" => KeyCode::PageDown,
            _ => {
                let mut characters = rest.chars();
                match (characters.next()?, characters.next()) {
                    (character, None) => KeyCode::Char(character),
                    ('F', Some(_)) => KeyCode::F(rest[1..].parse().ok().filter(|n| (1..=12).contains(n))?),
                    _ => return None,
                }
            }
        };
        Some(Self { code, modifiers })
    }

    /// The key's event, as the terminal would send it.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// The same key without Alt, where it has Alt and stands for a character: what a terminal means
    /// that sends Esc and the character in one breath.
    pub fn without_alt(self) -> Option<Self> {
        let plain = self.modifiers.contains(KeyModifiers::ALT) && matches!(self.code, KeyCode::Char(_));
        plain.then(|| Self { modifiers: self.modifiers - KeyModifiers::ALT, ..self })
    }

    /// The character that the key types into a prompt.
    pub fn character(self) -> Option<char> {
        match self.code {
            KeyCode::Char(character) if self.modifiers.is_empty() => Some(character),
            _ => None,
        }
    }
}

/// As the keymap writes it.
impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in
            [(KeyModifiers::CONTROL, "Ctrl-"), (KeyModifiers::ALT, "Alt-"), (KeyModifiers::SHIFT, "Shift-")]
        {
            if self.modifiers.contains(modifier) {
                out.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::Char(' ') => out.write_str("Space"),
            KeyCode::Char(character) => write!(out, "{character}"),
            KeyCode::PageUp => out.write_str("PgUp"),
            KeyCode::PageDown => out.write_str("PgDn"),
            KeyCode::F(number) => write!(out, "F{number}"),
            other => write!(out, "{other:?}"),
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The keys, the one to show first.
    pub keys: Vec<Key>,
    /// Where they mean it.
    pub focus: Focus,
    /// What they do.
    pub action: Action,
    /// What that is, in words.
    pub words: Box<str>,
    /// A word or two for the bottom line.
    pub hint: Option<Box<str>>,
    /// Under which heading help shows it.
    pub group: Box<str>,
    /// Whether its keys take the place of global ones.
    pub shadows: bool,
}

/// The table.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<Binding>,
    index: HashMap<(Focus, Key), Action>,
}

/// A keymap that is none.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no TOML of the right shape.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A key that is none.
    #[error(
        "{0:?} is no key: expected one character, or Enter, Esc, Tab, Space, Backspace, Delete, Up, Down, Left, Right, Home, End, PgUp, PgDn, F1 to F12, with Ctrl-, Alt- or Shift- before it"
    )]
    Key(String),
    /// An action that is none.
    #[error("{name:?} is no action{}", nearest.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default())]
    Action {
        /// What stands there.
        name: String,
        /// The action that may be meant.
        nearest: Option<&'static str>,
    },
    /// A key with two meanings.
    #[error("{key} would mean both {first} and {second} ({focus:?})")]
    Twice {
        /// The key.
        key: String,
        /// Where.
        focus: Focus,
        /// One meaning.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    bind: Vec<Row>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    keys: Vec<String>,
    focus: Focus,
    action: String,
    words: Box<str>,
    hint: Option<Box<str>>,
    group: Box<str>,
    #[serde(default)]
    shadows: bool,
}

fn action(name: &str) -> Result<Action, Error> {
    Action::named(name).ok_or_else(|| Error::Action {
        name: name.to_owned(),
        nearest: text::nearest(name, Action::TABLE.iter().map(|(_, known)| *known)),
    })
}

fn key(written: &str) -> Result<Key, Error> {
    Key::parse(written).ok_or_else(|| Error::Key(written.to_owned()))
}

impl Default for Keymap {
    fn default() -> Self {
        Self::parse(include_str!("../../assets/keymap.toml")).expect("a test reads the shipped keymap")
    }
}

impl Keymap {
    /// Reads a keymap file.
    pub fn parse(toml: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(toml)?;
        let mut bindings = Vec::with_capacity(file.bind.len());
        for row in file.bind {
            bindings.push(Binding {
                keys: row.keys.iter().map(|written| key(written)).collect::<Result<_, _>>()?,
                focus: row.focus,
                action: action(&row.action)?,
                words: row.words,
                hint: row.hint,
                group: row.group,
                shadows: row.shadows,
            });
        }
        Self::of(bindings)
    }

    /// The same table with other keys for some actions, in every focus that has them: the config's
    /// `[keys]`, an action's name and its keys (none: the action has no key).
    pub fn with(self, overrides: &[(String, Vec<String>)]) -> Result<Self, Error> {
        let mut bindings = self.bindings;
        for (name, keys) in overrides {
            let action = action(name)?;
            let keys: Vec<Key> = keys.iter().map(|written| key(written)).collect::<Result<_, _>>()?;
            for binding in bindings.iter_mut().filter(|binding| binding.action == action) {
                binding.keys.clone_from(&keys);
            }
        }
        Self::of(bindings)
    }

    fn of(bindings: Vec<Binding>) -> Result<Self, Error> {
        let mut index: HashMap<(Focus, Key), Action> = HashMap::new();
        for binding in &bindings {
            for key in &binding.keys {
                if let Some(first) = index.insert((binding.focus, *key), binding.action) {
                    return Err(twice(*key, binding.focus, first, binding.action));
                }
            }
        }
        for binding in bindings.iter().filter(|binding| !binding.shadows) {
            if matches!(binding.focus, Focus::Global | Focus::Prompt) {
                continue;
            }
            for key in &binding.keys {
                if let Some(global) = index.get(&(Focus::Global, *key)) {
                    return Err(twice(*key, binding.focus, *global, binding.action));
                }
            }
        }
        Ok(Self { bindings, index })
    }

    /// What a key does in a focus; a prompt has no global keys.
    pub fn action(&self, focus: Focus, key: Key) -> Option<Action> {
        let own = self.index.get(&(focus, key));
        let global = if focus == Focus::Prompt { None } else { self.index.get(&(Focus::Global, key)) };
        own.or(global).copied()
    }

    /// All rows, in the file's order.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The hints of a focus: its own first, then (but in layers and prompts) the global ones, each a
    /// key and a word or two, or none where the key says it all.
    pub fn hints(&self, focus: Focus) -> impl Iterator<Item = (Action, Key, &str)> {
        let of = move |wanted: Focus| {
            self.bindings
                .iter()
                .filter(move |binding| binding.focus == wanted)
                .filter_map(|row| Some((row.action, *row.keys.first()?, row.hint.as_deref()?)))
        };
        let above = matches!(focus, Focus::Prompt | Focus::List | Focus::Time | Focus::Leaving);
        let global = if above { None } else { Some(of(Focus::Global)) };
        of(focus).chain(global.into_iter().flatten())
    }

    /// The key to show for an action, where it has one.
    pub fn key_of(&self, action: Action) -> Option<Key> {
        self.bindings.iter().find(|binding| binding.action == action)?.keys.first().copied()
    }

    /// `; R fetches the rest`: what an action's key does, as a part of a sentence; nothing where the
    /// action has no key.
    pub fn clause(&self, before: &str, action: Action, does: &str) -> String {
        self.key_of(action).map_or_else(String::new, |key| format!("{before}{key} {does}"))
    }
}

fn twice(key: Key, focus: Focus, first: Action, second: Action) -> Error {
    Error::Twice { key: key.to_string(), focus, first: first.name(), second: second.name() }
}

#[cfg(test)]
mod tests;
