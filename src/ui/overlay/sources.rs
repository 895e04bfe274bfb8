//! Other sources, several merged, saved views.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::ui::cells::Text;
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::setup::{Open, Wish};
use crate::ui::theme::Role;
use crate::ui::update::views;
use crate::ui::widget::menu::Menu;

use super::{Outcome, centred, frame};

/// The layer's state.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Which line is chosen.
    pub menu: Menu,
    /// The sources to be merged, by name.
    pub marked: Vec<String>,
}

impl State {
    /// The open sources are marked.
    pub fn new(model: &Model) -> Self {
        Self { menu: Menu::default(), marked: views::names(model) }
    }
}

/// Gives it a key.
pub fn key(state: &mut State, model: &Model, action: Option<Action>, key: Key) -> Outcome {
    let (known, saved) = (&model.setup.known, &model.setup.saved.views);
    let count = known.len() + saved.len();
    if action == Some(Action::Sources) {
        return Outcome::Close;
    }
    if state.menu.moves(action, count, count) {
        return Outcome::Stay;
    }
    let source = known.get(state.menu.cursor).map(|known| known.name.to_string());
    match (key.character(), source) {
        (Some('+'), Some(name)) if !state.marked.contains(&name) => state.marked.push(name),
        (Some('-'), Some(name)) => state.marked.retain(|marked| *marked != name),
        (_, Some(name)) if action == Some(Action::Choose) => {
            let present = views::names(model);
            // What was marked is meant, where that is something else; else the line.
            let changed = !crate::ui::session::same(&state.marked, &present) && !state.marked.is_empty();
            let names = if changed { state.marked.clone() } else { vec![name] };
            if crate::ui::session::same(&names, &present) {
                return Outcome::Tell("that is open already; + marks a source to be merged".to_owned());
            }
            return Outcome::Open(Wish { open: Open::Sources(names), view: None });
        }
        (_, None) if action == Some(Action::Choose) => {
            if let Some(view) = state.menu.cursor.checked_sub(known.len()).and_then(|place| saved.get(place))
            {
                return Outcome::View(view.clone());
            }
        }
        _ => {}
    }
    Outcome::Stay
}

/// Draws it.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let (known, saved) = (&model.setup.known, &model.setup.saved.views);
    let place = centred(super::full(area), 72, (known.len() + saved.len()).clamp(3, 18) as u16 + 4);
    let inside = frame(buffer, place, "Sources and views", theme);
    let mut lines: Vec<Text> = known
        .iter()
        .map(|known| {
            let marked = state.marked.iter().any(|name| **name == *known.name);
            let mark = if marked { "[x] " } else { "[ ] " };
            let mut line = Text::own(mark, Role::Accent, theme);
            let name = Text::entry(&known.name, Role::Text, theme);
            let pad = 18usize.saturating_sub(name.width()).max(2);
            line.extend(name);
            line.and(&" ".repeat(pad), Role::Text, theme).and(&known.title, Role::Dim, theme)
        })
        .collect();
    lines.extend(saved.iter().map(|view| {
        let mut line = Text::own("view ", Role::Label, theme);
        line.extend(Text::entry(&view.name, Role::Text, theme));
        line.push_own("  ", Role::Text, theme);
        line.extend(Text::entry(&view.sources.join(" "), Role::Dim, theme));
        line.push_own("  ", Role::Text, theme);
        line.extend(Text::entry(&view.filter, Role::Dim, theme));
        line
    }));
    let list = Rect { height: inside.height.saturating_sub(2), ..inside };
    if lines.is_empty() {
        let words = "no other source is configured, no view saved (:save NAME)";
        Text::own(words, Role::Dim, theme).draw(buffer, list.x, list.y, list.width);
    }
    state.menu.draw(&lines, list, buffer, theme);
    let hint = Text::own("Enter", Role::Key, theme)
        .and(" opens it, or all marked  ", Role::Dim, theme)
        .and("+ -", Role::Key, theme)
        .and(" mark  ", Role::Dim, theme)
        .and(":save NAME", Role::Key, theme)
        .and(" keeps a view", Role::Dim, theme);
    hint.fitted(usize::from(inside.width), crate::ui::cells::Cut::End, theme).draw(
        buffer,
        inside.x,
        inside.bottom().saturating_sub(1),
        inside.width,
    );
    None
}
