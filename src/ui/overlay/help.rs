//! The keys, from the table that dispatch uses: the present focus first, then the other groups; `/`
//! narrows. At the end, what the marks on the screen mean.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::event::Class;
use crate::ui::cells::Text;
use crate::ui::keymap::{Binding, Focus};
use crate::ui::model::Model;
use crate::ui::pane::histogram;
use crate::ui::theme::{Role, Theme, class_letter};

use super::{List, full};

/// The least width of a column of keys with what they do.
const COLUMN: usize = 66;
/// The most cells that keys make the others wait for.
const KEYS: usize = 14;
/// Fewer lines than this stand in one column on any screen.
const FEW: usize = 20;
/// Between two columns.
const GAP: usize = 4;

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

/// The lines: a group after another, in as many columns as there is room for.
fn lines(state: &State, model: &Model, width: usize) -> Vec<Text> {
    let theme = &model.theme;
    let columns = ((width + GAP) / (COLUMN + GAP)).max(1);
    let each = (width + GAP) / columns - GAP;
    let mut groups = keys(state, model, each);
    if groups.is_empty() {
        groups.push(vec![Text::own("no key does that", Role::Dim, theme)]);
    }
    let total: usize = groups.iter().map(|group| group.len() + 1).sum();
    // Few keys stand under one another.
    let columns = if total < FEW { 1 } else { columns };
    let mut beside: Vec<Vec<Text>> = vec![Vec::new()];
    let mut poured = 0;
    for group in groups {
        // A group goes where its middle falls, and stays whole.
        let place = ((2 * poured + group.len()) * columns / (2 * total)).min(columns - 1);
        poured += group.len() + 1;
        if place >= beside.len() {
            beside.push(Vec::new());
        }
        let column = beside.last_mut().expect("there is a first column");
        if !column.is_empty() {
            column.push(Text::new());
        }
        column.extend(group);
    }
    let height = beside.iter().map(Vec::len).max().unwrap_or(0);
    let row = |y: usize| {
        let mut line = Text::new();
        for (place, column) in beside.iter().enumerate() {
            let from = place * (each + GAP);
            let Some(text) = column.get(y) else { continue };
            line.push_own(&" ".repeat(from.saturating_sub(line.width())), Role::Text, theme);
            line.extend(text.clone());
        }
        line
    };
    (0..height).map(row).collect()
}

/// The keys by group, each under its title; what the marks mean last.
fn keys(state: &State, model: &Model, width: usize) -> Vec<Vec<Text>> {
    let theme = &model.theme;
    let written = |binding: &Binding| {
        let keys: Vec<String> = binding.keys.iter().map(ToString::to_string).collect();
        keys.join("  ")
    };
    let matches = |binding: &Binding| {
        let keys: Vec<String> = binding.keys.iter().map(ToString::to_string).collect();
        let words = [&*binding.words, binding.action.name(), &*binding.group];
        state.list.shows(words.into_iter().chain(keys.iter().map(String::as_str)))
    };
    // What keys do begins in one column, behind the longest of them; many keys take lines of their own.
    let longest = model.keymap.bindings().iter().map(|binding| written(binding).chars().count()).max();
    let longest = longest.unwrap_or(0).min(KEYS);
    let widest = longest + 2;
    let mut groups: Vec<(&str, Focus)> = Vec::new();
    for binding in model.keymap.bindings() {
        if !groups.iter().any(|(name, _)| *name == &*binding.group) {
            groups.push((&binding.group, binding.focus));
        }
    }
    // The present focus first; the others as the table has them.
    groups.sort_by_key(|(_, focus)| *focus != state.from);
    let mut all: Vec<Vec<Text>> = Vec::new();
    for (group, _) in groups {
        let bindings = model.keymap.bindings().iter();
        let rows: Vec<&Binding> =
            bindings.filter(|binding| *binding.group == *group && matches(binding)).collect();
        if rows.is_empty() {
            continue;
        }
        let mut lines = vec![Text::own(&group.to_uppercase(), Role::Label, theme)];
        for binding in rows {
            let keys = packed(binding, longest, theme);
            let room = width.saturating_sub(widest + 2);
            let words = Text::own(&binding.words, Role::Text, theme).wrapped(room, 0);
            for at in 0..keys.len().max(words.len()) {
                let mut line = Text::own("  ", Role::Key, theme);
                line.extend(keys.get(at).cloned().unwrap_or_default());
                if let Some(words) = words.get(at) {
                    line.push_own(&" ".repeat((widest + 2).saturating_sub(line.width())), Role::Text, theme);
                    line.extend(words.clone());
                }
                lines.push(line);
            }
        }
        all.push(lines);
    }
    if state.list.search.text().is_empty() {
        all.extend(marks(model, widest));
    }
    all
}

/// The keys of an action, as many in a line as have room there.
fn packed(binding: &Binding, room: usize, theme: &Theme) -> Vec<Text> {
    let mut lines: Vec<Text> = Vec::new();
    for key in &binding.keys {
        let key = Text::own(&key.to_string(), Role::Key, theme);
        match lines.last_mut().filter(|line| line.width() + 2 + key.width() <= room) {
            Some(line) => {
                line.push_own("  ", Role::Key, theme);
                line.extend(key);
            }
            None => lines.push(key),
        }
    }
    lines
}

/// What the marks on the screen mean.
fn marks(model: &Model, widest: usize) -> [Vec<Text>; 3] {
    let theme = &model.theme;
    let line = |sign: &str, role: Role, words: &str| {
        let pad = " ".repeat(widest.saturating_sub(sign.chars().count()));
        Text::own(&format!("  {sign}"), role, theme).and(&format!("{pad}{words}"), Role::Text, theme)
    };
    let title = |title: &str| vec![Text::own(title, Role::Label, theme)];
    let mut band = title("THE BAND UNDER THE HISTOGRAM");
    for (glyph, role, words) in histogram::band_legend(theme) {
        band.push(line(&glyph.repeat(4), role, words));
    }
    let mut classes = title("CLASSES");
    for class in Class::ALL {
        classes.push(line(&class_letter(class).to_string(), Role::class(class), class.name()));
    }
    let mut badges = title("BADGES");
    for (badge, words) in [
        ("A", "done by an agent"),
        ("K", "done with a key"),
        ("!", "holds control, bidi or invisible characters"),
        ("=", "holds a text that a spreadsheet would run"),
    ] {
        badges.push(line(badge, Role::Accent, words));
    }
    [band, classes, badges]
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
