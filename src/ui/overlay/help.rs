//! The keys, from the table that dispatch uses: the present focus first, then the other groups; `/`
//! narrows. At the end, what the marks on the screen mean.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::event::Class;
use crate::ui::cells::Text;
use crate::ui::keymap::{Binding, Focus};
use crate::ui::model::Model;
use crate::ui::pane::histogram;
use crate::ui::theme::{Role, class_letter};

use super::{List, full};

/// The width of the column of keys.
const KEYS: usize = 22;

/// The layer's state.
#[derive(Debug, Clone)]
pub struct State {
    /// The focus that it was opened from; its keys stand first.
    pub from: Focus,
    /// Where it is scrolled to, and what the keys are narrowed by.
    pub list: List,
}

impl State {
    /// Help for a focus.
    pub fn new(from: Focus) -> Self {
        Self { from, list: List::default() }
    }
}

fn lines(state: &State, model: &Model, width: usize) -> Vec<Text> {
    let theme = &model.theme;
    let matches = |binding: &Binding| {
        let keys: Vec<String> = binding.keys.iter().map(ToString::to_string).collect();
        let words = [&*binding.words, binding.action.name(), &*binding.group];
        state.list.shows(words.into_iter().chain(keys.iter().map(String::as_str)))
    };
    let mut groups: Vec<(&str, Focus)> = Vec::new();
    for binding in model.keymap.bindings() {
        if !groups.iter().any(|(name, _)| *name == &*binding.group) {
            groups.push((&binding.group, binding.focus));
        }
    }
    // The present focus first; the others as the table has them.
    groups.sort_by_key(|(_, focus)| *focus != state.from);
    let mut lines: Vec<Text> = Vec::new();
    for (group, _) in groups {
        let rows: Vec<&Binding> = model
            .keymap
            .bindings()
            .iter()
            .filter(|binding| *binding.group == *group && matches(binding))
            .collect();
        if rows.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Text::new());
        }
        lines.push(Text::own(&group.to_uppercase(), Role::Label, theme));
        for binding in rows {
            let keys: Vec<String> = binding.keys.iter().map(ToString::to_string).collect();
            let mut line = Text::own(&format!("  {:<KEYS$}", keys.join("  ")), Role::Key, theme);
            line.push_own(&binding.words, Role::Text, theme);
            lines.extend(line.wrapped(width, KEYS + 2));
        }
    }
    if state.list.search.text().is_empty() {
        lines.extend(marks(model));
    }
    if lines.is_empty() {
        lines.push(Text::own("no key does that", Role::Dim, theme));
    }
    lines
}

/// What the marks on the screen mean.
fn marks(model: &Model) -> Vec<Text> {
    let theme = &model.theme;
    let mut lines = vec![Text::new(), Text::own("THE BAND UNDER THE HISTOGRAM", Role::Label, theme)];
    for (glyph, role, words) in histogram::band_legend(theme) {
        let line = Text::own(&format!("  {}", glyph.repeat(4)), role, theme);
        lines.push(line.and(&format!("{}{words}", " ".repeat(KEYS - 4)), Role::Text, theme));
    }
    lines.push(Text::new());
    lines.push(Text::own("CLASSES", Role::Label, theme));
    for class in Class::ALL {
        let line = Text::own(&format!("  {:<KEYS$}", class_letter(class)), Role::class(class), theme);
        lines.push(line.and(class.name(), Role::Text, theme));
    }
    lines.push(Text::new());
    lines.push(Text::own("BADGES", Role::Label, theme));
    for (badge, words) in [
        ("A", "done by an agent"),
        ("K", "done with a key"),
        ("!", "holds control, bidi or invisible characters"),
    ] {
        lines.push(Text::own(&format!("  {badge:<KEYS$}"), Role::Accent, theme).and(
            words,
            Role::Text,
            theme,
        ));
    }
    lines
}

/// How many lines there are, and how many are shown.
pub fn measure(state: &State, model: &Model) -> (usize, usize) {
    let place = full(model.area());
    let width = usize::from(place.width.saturating_sub(4));
    (lines(state, model, width).len(), usize::from(place.height.saturating_sub(2)))
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let place = full(area);
    let lines = lines(state, model, usize::from(place.width.saturating_sub(4)));
    state.list.draw("Keys", &lines, place, buffer, &model.theme)
}
