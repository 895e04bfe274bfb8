//! The first run: what auditty is, and three ways on: the demo, a file, a config of one's own.
//!
//! Not here: opening and writing (`app`, `cli`).

pub mod form;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::ui::cells::{Cut, Text};
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::setup::{Open, Wish};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::menu::Menu;
use crate::ui::widget::prompt::{self, Prompt};

use super::{Outcome, frame, full};
use form::Form;

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
            Step::Config(form) => form.is_typing(),
        }
    }

    /// The keys that matter, each with a word or two.
    pub fn hints(&self) -> &'static [(Action, &'static str)] {
        match &self.step {
            Step::Choice => &[(Action::Choose, "choose"), (Action::Quit, "quit")],
            Step::Config(form) if !form.is_typing() => &[
                (Action::Choose, "type, change, write"),
                (Action::FocusNext, "next"),
                (Action::StepBack, "back"),
            ],
            Step::File(_) => &[(Action::Keep, "open"), (Action::TakeBack, "back")],
            Step::Config(_) => {
                &[(Action::Keep, "keep"), (Action::Complete, "next"), (Action::TakeBack, "take back")]
            }
        }
    }

    /// Back to the choice of ways; whether it was elsewhere.
    pub fn step_back(&mut self) -> bool {
        let elsewhere = !matches!(self.step, Step::Choice);
        self.step = Step::Choice;
        elsewhere
    }

    /// Pastes into what is being typed; `model` is without this layer.
    pub fn paste(&mut self, model: &Model, text: &str) {
        match &mut self.step {
            Step::File(prompt) => {
                prompt.paste(text);
            }
            Step::Config(form) => form.paste(model, text),
            Step::Choice => {}
        }
    }
}

/// The three ways: their letters, what they do, and with what.
const WAYS: [(&str, &str, &str); 3] = [
    ("d", "try the demo", "five systems on this machine, no account, no network"),
    ("o", "open a file", "NDJSON, JSON or CSV; plain, .gz or .zst"),
    ("c", "write a config", "a system, its address, where its token comes from"),
];

/// The widest that its texts stand, in cells.
const WIDTH: u16 = 76;

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
        Step::Config(form) => form.key(model, action, key),
    }
}

fn choice(state: &mut State, action: Option<Action>, key: Key) -> Outcome {
    if state.menu.moves(action, WAYS.len(), WAYS.len()) {
        return Outcome::Stay;
    }
    let lettered =
        key.character().and_then(|letter| WAYS.iter().position(|(known, ..)| known.starts_with(letter)));
    let chosen = lettered.or((action == Some(Action::Choose)).then_some(state.menu.cursor));
    match chosen {
        Some(0) => return Outcome::Open(Wish { open: Open::Demo, view: None }),
        Some(1) => state.step = Step::File(Prompt::default()),
        Some(2) => state.step = Step::Config(Box::default()),
        _ => return Outcome::Unused,
    }
    Outcome::Stay
}

/// A day's bars in the classes' colours: what most of the screens are about.
fn banner(width: usize, theme: &Theme) -> Text {
    const HEIGHTS: [&str; 12] = ["▁", "▁", "▂", "▃", "▅", "▆", "▇", "▆", "▅", "▃", "▂", "▁"];
    let mut text = Text::new();
    for place in 0..if theme.is_letters() { 0 } else { width } {
        let role = match place % 38 {
            18 => Role::Class5xx,
            6 | 29 => Role::Class4xx,
            _ => Role::Class2xx,
        };
        // A neighbour that is not quite alike, as no day is.
        let height = HEIGHTS[(place + place / 12 * 5 + place % 3) % HEIGHTS.len()];
        text.push_own(height, role, theme);
    }
    text
}

/// What stands above the ways on, in at most so many lines, blank ones between and behind its parts.
fn head(width: usize, most: usize, theme: &Theme) -> Vec<Text> {
    let words = [
        "auditty shows the audit logs of many systems as one timeline: what happened,",
        "who did it, what changed. It reads; it never writes to those systems.",
    ];
    let mut lines: Vec<Text> = if width < usize::from(WIDTH) {
        Text::own(&words.join(" "), Role::Text, theme).wrapped(width, 0)
    } else {
        words.iter().map(|line| Text::own(line, Role::Text, theme)).collect()
    };
    lines.push(Text::new());
    if lines.len() > most {
        return Vec::new();
    }
    let banner = banner(width, theme);
    if !banner.is_empty() && lines.len() + 4 <= most {
        lines.splice(0..0, [Text::new(), banner, Text::new()]);
    }
    lines
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let inside = frame(buffer, full(area), "auditty", theme);
    // In the middle, where there is more room than it needs.
    let wide = inside.width.min(WIDTH);
    let (x, width) = (inside.x + (inside.width - wide) / 2, usize::from(wide));
    let below = match &state.step {
        Step::Choice => WAYS.len(),
        Step::File(_) => 2,
        Step::Config(form) => form.height(model),
    };
    let mut y = inside.y + inside.height.saturating_sub(16) / 3;
    // What can be done comes first: what is said above it stands where there is room.
    for line in head(width, usize::from(inside.height).saturating_sub(below), theme) {
        line.draw(buffer, x, y, wide);
        y += 1;
    }
    let list = Rect { x: x + 2, y, width: wide.saturating_sub(4), height: 0 };
    let height = |lines: usize| (lines as u16).min(inside.bottom().saturating_sub(y));
    match &state.step {
        Step::Choice => {
            let lines: Vec<Text> =
                WAYS.iter()
                    .map(|(letter, what, how)| {
                        Text::own(letter, Role::Key, theme)
                            .and(&format!("  {what:<15} "), Role::Text, theme)
                            .and(how, Role::Dim, theme)
                    })
                    .collect();
            let list = Rect { height: height(lines.len()), ..list };
            state.menu.draw(&lines, list, buffer, theme);
            None
        }
        Step::File(prompt) => {
            let label = Text::own("file  ", Role::Label, theme);
            let measure = |piece: &str| Text::entry(piece, Role::Prompt, theme).width();
            let room = usize::from(list.width).saturating_sub(label.width());
            let start = prompt::scroll(prompt.text(), prompt.cursor(), room, measure);
            let mut line = label;
            line.push_entry(&prompt.text()[start..], theme.style(Role::Prompt), theme);
            line.fitted(usize::from(list.width), Cut::End, theme).draw(buffer, list.x, y, list.width);
            let kinds = Text::own(WAYS[1].2, Role::Dim, theme);
            kinds.fitted(room, Cut::End, theme).draw(buffer, list.x + 6, y + 1, room as u16);
            let typed = measure(&prompt.text()[start..prompt.cursor()]) as u16;
            Some(Position::new((list.x + 6 + typed).min(list.right().saturating_sub(1)), y))
        }
        Step::Config(form) => {
            let list = Rect { height: height(form.height(model)), ..list };
            let below = Rect {
                y: list.bottom() + 1,
                height: inside.bottom().saturating_sub(list.bottom() + 1),
                ..list
            };
            if let Some(why) = &form.failure {
                let why = Text::entry(why, Role::Error, theme).wrapped(usize::from(below.width), 0);
                for (line, y) in why.iter().zip(below.top()..below.bottom()) {
                    line.draw(buffer, below.x, y, below.width);
                }
            }
            form.draw(model, list, buffer)
        }
    }
}
