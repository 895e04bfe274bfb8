//! Other sources, several merged, saved views.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::ui::cells::{Cut, Text};
use crate::ui::effect::Effect;
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::session::{View, same};
use crate::ui::setup::{Known, Open, Wish};
use crate::ui::theme::Role;
use crate::ui::update::views;
use crate::ui::widget::scrollbar;

use super::rows::Rows;
use super::{Outcome, centred, frame};

/// The layer's state.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Its lines: the cursor, and what they are narrowed by.
    pub rows: Rows,
    /// The sources to be merged, by name.
    marked: Vec<String>,
    /// Whether the lines stand by name, else as the config has them.
    by_name: bool,
    /// The view that goes if it is asked for once more.
    going: Option<String>,
}

/// A line.
#[derive(Debug, Clone, Copy)]
enum Line<'m> {
    Source(&'m Known),
    View(&'m View),
}

impl Line<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Source(known) => &known.name,
            Self::View(view) => &view.name,
        }
    }
}

impl State {
    /// The open sources are marked.
    pub fn new(model: &Model) -> Self {
        Self { marked: views::names(model), ..Self::default() }
    }

    /// The lines that the typed text leaves: sources, then views.
    fn lines<'m>(&self, model: &'m Model) -> Vec<Line<'m>> {
        let sources = model.setup.known.iter();
        let sources = sources.filter(|known| self.rows.list.shows([&*known.name, &*known.title]));
        let views = model.setup.saved.views.iter().filter(|view| {
            let texts = [view.name.as_str(), view.filter.as_str()];
            self.rows.list.shows(texts.into_iter().chain(view.sources.iter().map(String::as_str)))
        });
        let mut sources: Vec<Line<'m>> = sources.map(Line::Source).collect();
        let mut views: Vec<Line<'m>> = views.map(Line::View).collect();
        if self.by_name {
            for lines in [&mut sources, &mut views] {
                lines.sort_by(|a, b| a.name().cmp(b.name()));
            }
        }
        sources.extend(views);
        sources
    }
}

/// The layer's place.
fn place(area: Rect, model: &Model) -> Rect {
    let count = model.setup.known.len() + model.setup.saved.views.len();
    centred(super::full(area), 76, count.clamp(3, 18) as u16 + 4)
}

/// How many lines are seen.
fn page(area: Rect, model: &Model) -> usize {
    usize::from(place(area, model).height.saturating_sub(4)).max(1)
}

/// Gives it a key; `model` is without this layer.
pub fn key(state: &mut State, model: &mut Model, action: Option<Action>, key: Key) -> Outcome {
    let page = page(model.area(), model);
    let going = state.going.take();
    if action == Some(Action::Sources) {
        return Outcome::Close;
    }
    let count = state.lines(model).len();
    if state.rows.key(action, key, count, page) {
        let count = state.lines(model).len();
        state.rows.go_to(state.rows.cursor, count, page);
        return Outcome::Stay;
    }
    match action {
        Some(Action::SortList) => {
            state.by_name = !state.by_name;
            state.rows.go_to(0, count, page);
            Outcome::Stay
        }
        Some(chosen @ (Action::Choose | Action::Include | Action::Exclude)) => {
            let lines = state.lines(model);
            match lines.get(state.rows.cursor) {
                Some(Line::Source(known)) => {
                    let name = known.name.to_string();
                    of_source(state, model, chosen, name)
                }
                Some(Line::View(view)) => {
                    let view = (*view).clone();
                    of_view(state, model, chosen, view, going.as_deref())
                }
                None => Outcome::Stay,
            }
        }
        _ => Outcome::Unused,
    }
}

fn of_source(state: &mut State, model: &Model, action: Action, name: String) -> Outcome {
    match action {
        Action::Include if !state.marked.contains(&name) => state.marked.push(name),
        Action::Exclude => state.marked.retain(|marked| *marked != name),
        Action::Choose => {
            let present = views::names(model);
            // What was marked is meant, where that is something else; else the line.
            let changed = !same(&state.marked, &present) && !state.marked.is_empty();
            let names = if changed { state.marked.clone() } else { vec![name] };
            if same(&names, &present) {
                return Outcome::Tell("that is open already; + marks a source to be merged".to_owned());
            }
            return Outcome::Open(Wish { open: Open::Sources(names), view: None });
        }
        _ => {}
    }
    Outcome::Stay
}

fn of_view(state: &mut State, model: &mut Model, action: Action, view: View, going: Option<&str>) -> Outcome {
    match action {
        Action::Choose => Outcome::View(view),
        Action::Exclude if going == Some(&view.name) => {
            model.setup.saved.views.retain(|other| other.name != view.name);
            let (count, page) = (state.lines(model).len(), page(model.area(), model));
            state.rows.go_to(state.rows.cursor, count, page);
            Outcome::StayWith(vec![Effect::Keep(model.setup.saved.text())])
        }
        Action::Exclude => {
            state.going = Some(view.name.clone());
            Outcome::Tell(format!("the same key again forgets the view {}", view.name))
        }
        _ => Outcome::Tell("sources are merged, views are not; Enter goes to the view".to_owned()),
    }
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let place = place(area, model);
    let order = if state.by_name { ", by name" } else { "" };
    let title = format!("Sources and views{order}");
    let (title, typed_at) = super::narrowed_title(&title, &state.rows.list, theme);
    let inside = frame(buffer, place, &title, theme);
    let list = Rect { height: inside.height.saturating_sub(2), ..inside };
    let width = usize::from(inside.width);
    let lines = state.lines(model);
    for (number, y) in (state.rows.list.top..lines.len()).zip(list.top()..list.bottom()) {
        if number == state.rows.cursor {
            Text::own(theme.glyphs().marker, Role::Accent, theme).draw(buffer, inside.x - 1, y, 1);
        }
        let text = line_text(state, model, lines[number]);
        text.fitted(width, Cut::End, theme).draw(buffer, list.x, y, list.width);
    }
    if lines.is_empty() {
        let nothing = model.setup.known.is_empty() && model.setup.saved.views.is_empty();
        let words = if nothing {
            "no other source is configured, no view saved (:save NAME)"
        } else {
            "nothing has that"
        };
        Text::own(words, Role::Dim, theme).draw(buffer, list.x, list.y, list.width);
    }
    let bar = Rect { x: inside.right() + 1, width: 1, ..list };
    let seen = usize::from(list.height);
    scrollbar::draw(buffer, bar, lines.len(), state.rows.list.top, seen, theme);
    // What the keys do stands in the bottom line.
    let hint = Text::own("[x] are opened as one timeline; ", Role::Dim, theme)
        .and(":save NAME", Role::Key, theme)
        .and(" keeps this screen as a view", Role::Dim, theme);
    hint.fitted(width, Cut::End, theme).draw(
        buffer,
        inside.x,
        inside.bottom().saturating_sub(1),
        inside.width,
    );
    state.rows.is_typing().then(|| Position::new((place.x + typed_at).min(place.right() - 2), place.y))
}

fn line_text(state: &State, model: &Model, line: Line<'_>) -> Text {
    let theme = &model.theme;
    match line {
        Line::Source(known) => {
            let marked = state.marked.iter().any(|name| **name == *known.name);
            let mut text = Text::own(if marked { "[x] " } else { "[ ] " }, Role::Accent, theme);
            let name = Text::entry(&known.name, Role::Text, theme);
            let pad = 18usize.saturating_sub(name.width()).max(2);
            text.extend(name);
            text.and(&" ".repeat(pad), Role::Text, theme).and(&known.title, Role::Dim, theme)
        }
        Line::View(view) => {
            let mut text = Text::own("view ", Role::Label, theme);
            text.extend(Text::entry(&view.name, Role::Text, theme));
            for more in [view.sources.join(" "), view.filter.clone()] {
                text.push_own("  ", Role::Text, theme);
                text.extend(Text::entry(&more, Role::Dim, theme));
            }
            text
        }
    }
}
