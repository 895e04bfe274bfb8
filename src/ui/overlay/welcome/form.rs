//! The form for a first config: a system, its address, the variables of its path, where its token comes
//! from. The token itself is never asked for.
//!
//! Not here: writing the file, and checking the source (`cli`).

use std::collections::HashMap;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::ui::cells::{Cut, Text};
use crate::ui::effect::Effect;
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::overlay::Outcome;
use crate::ui::setup::System;
use crate::ui::theme::Role;
use crate::ui::widget::menu::Menu;
use crate::ui::widget::prompt::{self, Prompt};

/// What a config's first source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSource {
    /// Its name.
    pub name: String,
    /// Its system's name.
    pub provider: String,
    /// The origin; empty: the system's own.
    pub base_url: String,
    /// The variables of the path; several values of one fan out.
    pub vars: Vec<(String, Vec<String>)>,
    /// Where the token comes from; `None`: the system's own variable.
    pub token: Option<NewToken>,
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

/// What a line of the form asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Asked {
    Name,
    Address,
    /// A variable of the system's path.
    Var(String),
    Token,
}

/// What is asked of a system's source, a line each.
fn asked(system: &System) -> Vec<Asked> {
    let vars = system.vars.iter().map(|(name, _)| Asked::Var(name.clone()));
    [Asked::Name, Asked::Address].into_iter().chain(vars).chain([Asked::Token]).collect()
}

/// The form's state.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// Which line is chosen: the system, what is asked of it, write.
    menu: Menu,
    /// The system's place among all.
    system: usize,
    /// What was typed, whichever system it was for.
    fields: HashMap<Asked, Prompt>,
    /// Whether the chosen one is being typed.
    typing: bool,
    /// What became of it the last time, where it did not work.
    pub failure: Option<String>,
}

impl Form {
    /// Whether a text is being typed.
    pub fn is_typing(&self) -> bool {
        self.typing
    }

    fn system<'m>(&self, model: &'m Model) -> Option<&'m System> {
        model.setup.providers.get(self.system)
    }

    /// The field under the cursor.
    fn chosen(&mut self, model: &Model) -> Option<&mut Prompt> {
        let place = self.menu.cursor.checked_sub(1)?;
        let asked = asked(self.system(model)?).into_iter().nth(place)?;
        Some(self.fields.entry(asked).or_default())
    }

    fn text(&self, asked: &Asked) -> &str {
        self.fields.get(asked).map_or("", |prompt| prompt.text().trim())
    }

    /// Pastes into the field that is being typed.
    pub fn paste(&mut self, model: &Model, text: &str) {
        if self.typing
            && let Some(field) = self.chosen(model)
        {
            field.paste(text);
        }
    }

    /// Goes to the next line or the one before, and types there at once where that is a text.
    fn tab(&mut self, forward: bool, lines: usize) {
        let last = lines.saturating_sub(1);
        let next = if forward { self.menu.cursor + 1 } else { self.menu.cursor.saturating_sub(1) };
        self.menu.cursor = next.min(last);
        self.typing = (1..last).contains(&self.menu.cursor);
    }

    /// Gives it a key.
    pub fn key(&mut self, model: &Model, action: Option<Action>, key: Key) -> Outcome {
        let lines = self.system(model).map_or(0, |system| asked(system).len()) + 2;
        // While one types, Tab is the key of completion.
        match action {
            Some(Action::FocusNext | Action::Complete) => {
                self.tab(true, lines);
                return Outcome::Stay;
            }
            Some(Action::FocusPrevious | Action::CompleteBack) => {
                self.tab(false, lines);
                return Outcome::Stay;
            }
            _ => {}
        }
        if self.typing {
            let outcome = self.chosen(model).map(|field| field.key(action, key));
            match outcome {
                Some(prompt::Outcome::Keep) => {
                    self.typing = false;
                    self.menu.cursor += 1;
                }
                Some(prompt::Outcome::TakeBack) | None => self.typing = false,
                Some(prompt::Outcome::Changed | prompt::Outcome::Unchanged) => {}
            }
            return Outcome::Stay;
        }
        if self.menu.moves(action, lines, lines) {
            return Outcome::Stay;
        }
        match (action, self.menu.cursor) {
            (Some(Action::Choose), 0) => {
                self.system = (self.system + 1) % model.setup.providers.len().max(1);
                Outcome::Stay
            }
            (Some(Action::Choose), line) if line + 1 < lines => {
                self.typing = true;
                Outcome::Stay
            }
            (Some(Action::Choose), _) => match self.source(model) {
                Ok(source) => {
                    self.failure = None;
                    Outcome::CloseWith(vec![Effect::WriteConfig(source)])
                }
                Err((line, why)) => {
                    self.menu.cursor = line;
                    Outcome::Tell(why)
                }
            },
            _ => Outcome::Unused,
        }
    }

    /// What the form says; an error with the line that it is about.
    fn source(&self, model: &Model) -> Result<NewSource, (usize, String)> {
        let system = self.system(model).ok_or_else(|| (0, "no system is known".to_owned()))?;
        let name = Some(self.text(&Asked::Name)).filter(|name| !name.is_empty()).unwrap_or(&system.name);
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
            return Err((1, "a source's name is of letters, digits, - and _".to_owned()));
        }
        let base_url = self.text(&Asked::Address).to_owned();
        if base_url.is_empty() && system.base_url.is_none() {
            return Err((2, format!("{} has no address of its own: https://… is missing", system.title)));
        }
        let mut vars = Vec::new();
        for (place, (name, words)) in system.vars.iter().enumerate() {
            let typed = self.text(&Asked::Var(name.clone())).split(',').map(str::trim);
            let values: Vec<String> = typed.filter(|value| !value.is_empty()).map(str::to_owned).collect();
            if values.is_empty() {
                let what = if words.is_empty() { String::new() } else { format!(" ({words})") };
                return Err((3 + place, format!("{name} is missing: {} needs it{what}", system.title)));
            }
            vars.push((name.clone(), values));
        }
        let typed = self.text(&Asked::Token);
        let token = NewToken::read(typed);
        let own = typed.is_empty() && system.token.is_some();
        if token.is_none() && !own {
            let why =
                "where the token comes from is missing: $VARIABLE, /a/file, or a command that prints it";
            return Err((3 + system.vars.len(), why.to_owned()));
        }
        Ok(NewSource { name: name.to_owned(), provider: system.name.clone(), base_url, vars, token })
    }

    /// How many lines it takes.
    pub fn height(&self, model: &Model) -> usize {
        self.system(model).map_or(2, |system| asked(system).len() + 2)
    }

    /// Draws it; gives where the cursor is to stand.
    pub fn draw(&self, model: &Model, list: Rect, buffer: &mut Buffer) -> Option<Position> {
        let theme = &model.theme;
        let Some(system) = self.system(model) else {
            Text::own("no system is known", Role::Notice, theme).draw(buffer, list.x, list.y, list.width);
            return None;
        };
        let asked = asked(system);
        let name = |asked: &Asked| match asked {
            Asked::Name => "name".to_owned(),
            Asked::Address => "address".to_owned(),
            Asked::Var(name) => name.clone(),
            Asked::Token => "token".to_owned(),
        };
        let widest = asked.iter().map(|asked| name(asked).chars().count()).max().unwrap_or(0).min(24) + 3;
        let label = |name: &str| {
            let text = Text::entry(name, Role::Label, theme).fitted(widest - 1, Cut::End, theme);
            let pad = widest.saturating_sub(text.width());
            text.and(&" ".repeat(pad), Role::Label, theme)
        };
        let mut title = label("system");
        title.push_entry(&format!("{} ({})", system.title, system.name), theme.style(Role::Accent), theme);
        let mut lines = vec![title.and("   Enter: the next one", Role::Dim, theme)];
        let mut cursor = None;
        for (place, asked) in asked.iter().enumerate() {
            let mut line = label(&name(asked));
            let prompt = self.fields.get(asked);
            let typed = prompt.map_or("", |prompt| prompt.text());
            let typing = self.typing && self.menu.cursor == place + 1;
            if typed.is_empty() && !typing {
                line.push_entry(&hint(asked, system), theme.style(Role::Dim), theme);
            } else {
                line.push_entry(typed, theme.style(Role::Prompt), theme);
            }
            if typing {
                let before = prompt.map_or("", |prompt| &prompt.text()[..prompt.cursor()]);
                let before = Text::entry(before, Role::Prompt, theme).width() as u16;
                let x = (list.x + widest as u16 + before).min(list.right().saturating_sub(1));
                cursor = Some(Position::new(x, list.y + place as u16 + 1));
            }
            lines.push(line);
        }
        lines.push(Text::own("write it, and check it", Role::Key, theme).and(
            "   Esc: back",
            Role::Dim,
            theme,
        ));
        self.menu.draw(&lines, list, buffer, theme);
        cursor
    }
}

/// What stands in an empty field.
fn hint(asked: &Asked, system: &System) -> String {
    match asked {
        Asked::Name => system.name.clone(),
        Asked::Address => system.base_url.clone().unwrap_or_else(|| "https://…".to_owned()),
        Asked::Var(name) => {
            let words = system.vars.iter().find(|(known, _)| known == name).map(|(_, words)| words.clone());
            words
                .filter(|words| !words.is_empty())
                .unwrap_or_else(|| "needed; several with commas".to_owned())
        }
        Asked::Token => {
            let ways = "$VARIABLE, /a/file, or a command";
            match &system.token {
                Some(own) => format!("${own}, or {ways}"),
                None => ways.to_owned(),
            }
        }
    }
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
