//! The first run: what auditty is, and three ways on: the demo, a file, a config of one's own.
//!
//! Not here: opening and writing (`app`, `cli`).

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::ui::cells::{Cut, Text};
use crate::ui::effect::Effect;
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::setup::{Open, Wish};
use crate::ui::theme::Role;
use crate::ui::widget::menu::Menu;
use crate::ui::widget::prompt::{self, Prompt};

use super::{Outcome, frame, full};

/// What a config's first source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSource {
    /// Its name.
    pub name: String,
    /// Its system's name.
    pub provider: String,
    /// The origin; empty: the system's own.
    pub base_url: String,
    /// Where the token comes from; the token itself is never asked for.
    pub token: NewToken,
}

/// Where a token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewToken {
    /// An environment variable.
    Variable(String),
    /// A file.
    File(String),
    /// What a command prints: its words.
    Command(Vec<String>),
}

impl NewToken {
    /// Reads `$NAME`, a path with a slash, or a command.
    pub fn read(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if let Some(name) = typed.strip_prefix('$') {
            return is_name(name).then(|| Self::Variable(name.to_owned()));
        }
        if typed.is_empty() {
            return None;
        }
        if typed.starts_with('/') && !typed.contains(' ') {
            return Some(Self::File(typed.to_owned()));
        }
        if is_name(typed) && typed.bytes().any(|byte| byte == b'_') {
            return Some(Self::Variable(typed.to_owned()));
        }
        Some(Self::Command(typed.split_whitespace().map(str::to_owned).collect()))
    }
}

/// What is asked.
#[derive(Debug, Clone, Default)]
pub enum Step {
    /// Which way on.
    #[default]
    Choice,
    /// Which file.
    File(Prompt),
    /// What the config is to say.
    Config(Box<Form>),
}

/// The config's form.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// Which line is chosen: system, name, origin, token, write.
    pub menu: Menu,
    /// The system's place among all.
    provider: usize,
    /// Name, origin, token.
    fields: [Prompt; 3],
    /// Whether the chosen one is being typed.
    typing: bool,
}

/// The layer's state.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Which way is chosen.
    pub menu: Menu,
    /// What is asked.
    pub step: Step,
}

impl State {
    /// Whether a text is being typed.
    pub fn is_typing(&self) -> bool {
        match &self.step {
            Step::Choice => false,
            Step::File(_) => true,
            Step::Config(form) => form.typing,
        }
    }

    /// Back to the choice of ways; whether it was elsewhere.
    pub fn step_back(&mut self) -> bool {
        let elsewhere = !matches!(self.step, Step::Choice);
        self.step = Step::Choice;
        elsewhere
    }

    /// Pastes into what is being typed.
    pub fn paste(&mut self, text: &str) {
        match &mut self.step {
            Step::File(prompt) => {
                prompt.paste(text);
            }
            Step::Config(form) if form.typing => {
                if let Some(field) =
                    form.menu.cursor.checked_sub(1).and_then(|place| form.fields.get_mut(place))
                {
                    field.paste(text);
                }
            }
            Step::Choice | Step::Config(_) => {}
        }
    }
}

/// The three ways.
const WAYS: [(&str, &str); 3] = [
    ("d", "try the demo: five systems on this machine, no account, no network"),
    ("o", "open a file: NDJSON, JSON or CSV, plain, .gz or .zst"),
    ("c", "write a config: a system, its address, where its token comes from"),
];

/// Gives it a key.
pub fn key(state: &mut State, model: &Model, action: Option<Action>, key: Key) -> Outcome {
    match &mut state.step {
        Step::Choice => choice(state, action, key),
        Step::File(prompt) => match prompt.key(action, key) {
            prompt::Outcome::Keep if prompt.text().trim().is_empty() => {
                Outcome::Tell("the file needs a name".to_owned())
            }
            prompt::Outcome::Keep => {
                let open = Open::File(prompt.text().trim().to_owned());
                Outcome::Open(Wish { open, view: None })
            }
            prompt::Outcome::TakeBack => {
                state.step = Step::Choice;
                Outcome::Stay
            }
            prompt::Outcome::Changed | prompt::Outcome::Unchanged => Outcome::Stay,
        },
        Step::Config(form) => {
            if !form.typing && key.character() == Some('b') {
                state.step = Step::Choice;
                return Outcome::Stay;
            }
            fill_in(form, model, action, key)
        }
    }
}

fn choice(state: &mut State, action: Option<Action>, key: Key) -> Outcome {
    if state.menu.moves(action, WAYS.len(), WAYS.len()) {
        return Outcome::Stay;
    }
    let lettered =
        key.character().and_then(|letter| WAYS.iter().position(|(known, _)| known.starts_with(letter)));
    let chosen = lettered.or((action == Some(Action::Choose)).then_some(state.menu.cursor));
    match chosen {
        Some(0) => return Outcome::Open(Wish { open: Open::Demo, view: None }),
        Some(1) => state.step = Step::File(Prompt::default()),
        Some(2) => state.step = Step::Config(Box::default()),
        _ => {}
    }
    Outcome::Stay
}

/// The lines of the form.
const FORM: usize = 5;

fn fill_in(form: &mut Form, model: &Model, action: Option<Action>, key: Key) -> Outcome {
    if form.typing {
        let place = form.menu.cursor.clamp(1, 3) - 1;
        match form.fields[place].key(action, key) {
            prompt::Outcome::Keep => {
                form.typing = false;
                form.menu.cursor += 1;
            }
            prompt::Outcome::TakeBack => form.typing = false,
            prompt::Outcome::Changed | prompt::Outcome::Unchanged => {}
        }
        return Outcome::Stay;
    }
    if form.menu.moves(action, FORM, FORM) || action != Some(Action::Choose) {
        return Outcome::Stay;
    }
    match form.menu.cursor {
        0 => {
            form.provider = (form.provider + 1) % model.setup.providers.len().max(1);
            Outcome::Stay
        }
        1..=3 => {
            form.typing = true;
            Outcome::Stay
        }
        _ => match new_source(form, model) {
            Ok(source) => Outcome::CloseWith(vec![Effect::WriteConfig(source)]),
            Err(why) => Outcome::Tell(why.to_owned()),
        },
    }
}

fn new_source(form: &Form, model: &Model) -> Result<NewSource, &'static str> {
    let (provider, _) = model.setup.providers.get(form.provider).ok_or("no system is known")?;
    let [name, base_url, token] = form.fields.each_ref().map(|field| field.text().trim().to_owned());
    let name = if name.is_empty() { provider.clone() } else { name };
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        return Err("a source's name is of letters, digits, - and _");
    }
    let token = NewToken::read(&token)
        .ok_or("where the token comes from is missing: $VARIABLE, /a/file, or a command that prints it")?;
    Ok(NewSource { name, provider: provider.clone(), base_url, token })
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let inside = frame(buffer, full(area), "auditty", theme);
    let width = usize::from(inside.width);
    let mut y = inside.y + 1;
    for line in [
        "auditty shows the audit logs of many systems as one timeline: what happened,",
        "who did it, what changed. It reads; it never writes to those systems.",
    ] {
        for part in Text::own(line, Role::Text, theme).wrapped(width, 0) {
            part.draw(buffer, inside.x, y, inside.width);
            y += 1;
        }
    }
    y += 1;
    let list = Rect { x: inside.x + 2, y, width: inside.width.saturating_sub(4), height: 0 };
    let height = |lines: usize| (lines as u16).min(inside.bottom().saturating_sub(y));
    match &state.step {
        Step::Choice => {
            let lines: Vec<Text> = WAYS
                .iter()
                .map(|(letter, words)| {
                    Text::own(letter, Role::Key, theme).and(&format!("  {words}"), Role::Text, theme)
                })
                .collect();
            let list = Rect { height: height(lines.len()), ..list };
            state.menu.draw(&lines, list, buffer, theme);
            None
        }
        Step::File(prompt) => {
            let mut line = Text::own("file  ", Role::Label, theme);
            line.push_entry(prompt.text(), theme.style(Role::Prompt), theme);
            line.fitted(usize::from(list.width), Cut::Front, theme).draw(buffer, list.x, y, list.width);
            let typed = Text::entry(&prompt.text()[..prompt.cursor()], Role::Prompt, theme).width() as u16;
            Some(Position::new((list.x + 6 + typed).min(list.right().saturating_sub(1)), y))
        }
        Step::Config(form) => {
            let list = Rect { height: height(FORM), ..list };
            draw_form(form, model, list, buffer)
        }
    }
}

fn draw_form(form: &Form, model: &Model, list: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let label = |name: &str| Text::own(&format!("{name:<10}"), Role::Label, theme);
    let (name, title) =
        model.setup.providers.get(form.provider).map_or(("", ""), |(name, title)| (name, title));
    let mut lines = vec![label("system").and(&format!("{title} ({name})"), Role::Accent, theme).and(
        "   Enter: the next one",
        Role::Dim,
        theme,
    )];
    for (place, (what, empty)) in [
        ("name", name),
        ("address", "the system's own"),
        ("token", "$VARIABLE, /a/file, or a command that prints it"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut line = label(what);
        let typed = form.fields[place].text();
        if typed.is_empty() && !(form.typing && form.menu.cursor == place + 1) {
            line.push_own(empty, Role::Dim, theme);
        } else {
            line.push_entry(typed, theme.style(Role::Prompt), theme);
        }
        lines.push(line);
    }
    lines.push(Text::own("write it, and check it", Role::Key, theme).and("   b: back", Role::Dim, theme));
    form.menu.draw(&lines, list, buffer, theme);
    form.typing.then(|| {
        let place = form.menu.cursor.clamp(1, 3) - 1;
        let field = &form.fields[place];
        let typed = Text::entry(&field.text()[..field.cursor()], Role::Prompt, theme).width() as u16;
        Position::new((list.x + 10 + typed).min(list.right().saturating_sub(1)), list.y + place as u16 + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_by_where_it_comes_from() {
        assert_eq!(NewToken::read("$TOKEN"), Some(NewToken::Variable("TOKEN".to_owned())));
        assert_eq!(NewToken::read("API_KEY"), Some(NewToken::Variable("API_KEY".to_owned())));
        assert_eq!(NewToken::read("/run/secrets/t"), Some(NewToken::File("/run/secrets/t".to_owned())));
        let words = vec!["pass".to_owned(), "show".to_owned(), "t".to_owned()];
        assert_eq!(NewToken::read(" pass show  t "), Some(NewToken::Command(words)));
        assert_eq!(NewToken::read(""), None);
        assert_eq!(NewToken::read("$"), None);
    }
}
