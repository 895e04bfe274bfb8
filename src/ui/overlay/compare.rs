//! Two entries beside one another: their fields, then what differs in their records. Side by side
//! from 140 columns, below that one after another.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use similar::DiffTag;

use crate::event::Event;
use crate::event::field::{Field, TABLE};
use crate::json::Json;
use crate::ui::cells::{Cut, Text};
use crate::ui::layout::SIDE_WIDTH;
use crate::ui::model::Model;
use crate::ui::theme::{Name, Role, Theme};
use crate::ui::widget::{diff, jsontree};

use super::{List, Overlay, full};

/// The width of labels.
const LABEL: usize = 14;
/// Lines of a record around what differs.
const CONTEXT: usize = 2;

/// The layer's state.
#[derive(Debug, Clone)]
pub struct State {
    /// The two entries, the older first.
    pub events: [Arc<Event>; 2],
    /// Where it is scrolled to, and what it is narrowed by.
    pub list: List,
    /// The lines, and what they were made for.
    made: Option<(Basis, Vec<Text>)>,
}

/// What the lines depend on besides the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Basis {
    columns: u16,
    theme: Name,
}

impl State {
    /// Two entries, the older first.
    pub fn new(events: [Arc<Event>; 2]) -> Self {
        Self { events, list: List::default(), made: None }
    }

    /// The lines that it is narrowed to.
    fn lines(&self) -> Vec<&Text> {
        let made = self.made.iter().flat_map(|(_, lines)| lines);
        if self.list.search.text().is_empty() {
            return made.collect();
        }
        made.filter(|line| self.list.shows([line.plain().as_str()])).collect()
    }
}

/// Makes the lines anew where the screen is another: comparing long records takes its time.
pub fn prepare(model: &mut Model) {
    let basis = Basis { columns: model.size.0, theme: model.theme.name };
    let width = usize::from(full(model.area()).width.saturating_sub(4));
    for layer in &mut model.overlays {
        let Overlay::Compare(state) = layer else { continue };
        if state.made.as_ref().is_some_and(|(known, _)| *known == basis) {
            continue;
        }
        let make = if basis.columns >= SIDE_WIDTH { beside } else { unified };
        state.made = Some((basis, make(&state.events, width, &model.theme)));
    }
}

/// The fields that one of them has at least, with both sides' texts.
fn fields([a, b]: &[Arc<Event>; 2]) -> Vec<(&'static str, [Option<String>; 2])> {
    let text = |event: &Event, field: Field| {
        event.text(field).filter(|text| !text.is_empty()).map(std::borrow::Cow::into_owned)
    };
    TABLE
        .iter()
        .filter(|info| !matches!(info.field, Field::Raw | Field::Changes | Field::Class))
        // The name and the id say it, each in a line of its own.
        .filter(|info| !matches!(info.field, Field::Actor | Field::Target))
        .map(|info| (info.field.name(), [text(a, info.field), text(b, info.field)]))
        .filter(|(_, sides)| sides.iter().any(Option::is_some))
        .collect()
}

fn heading(words: &str, note: &str, theme: &Theme) -> Text {
    Text::own(words, Role::Label, theme).and(note, Role::Dim, theme)
}

const SIGNS: [(&str, Role); 2] = [("- ", Role::Removed), ("+ ", Role::Added)];

fn unified(events: &[Arc<Event>; 2], width: usize, theme: &Theme) -> Vec<Text> {
    let mut lines = vec![heading("FIELDS", "  - the older entry, + the newer", theme)];
    let mut same = 0;
    for (label, sides) in fields(events) {
        if sides[0] == sides[1] {
            same += 1;
            continue;
        }
        for ((sign, role), side) in SIGNS.into_iter().zip(&sides) {
            let mut line = Text::own(&format!("{sign}{label:<LABEL$}"), role, theme);
            match side {
                Some(text) => line.push_long(text, theme.style(role), theme),
                None => line.push_own("nothing", Role::Dim, theme),
            }
            lines.extend(line.wrapped(width, LABEL + 2));
        }
    }
    lines.push(Text::own(&format!("  {same} fields are the same"), Role::Dim, theme));
    lines.push(Text::new());
    lines.push(heading("RECORDS", "  what differs", theme));
    let [a, b] = [&events[0], &events[1]].map(|event| Json::from_node(event.record.node()));
    for line in diff::between(&a, &b, theme) {
        lines.extend(line.wrapped(width, 4));
    }
    lines
}

fn beside(events: &[Arc<Event>; 2], width: usize, theme: &Theme) -> Vec<Text> {
    let half = width.saturating_sub(3) / 2;
    let mut lines = vec![heading("FIELDS", "  the older entry at the left", theme)];
    let pair = |left: Text, right: Text| {
        let mut line = left.fitted(half, Cut::End, theme);
        let pad = half.saturating_sub(line.width());
        line.push_own(&format!("{} ", " ".repeat(pad)), Role::Text, theme);
        line.push_own(theme.glyphs().divider, Role::Dim, theme);
        line.push_own(" ", Role::Text, theme);
        line.extend(right.fitted(half, Cut::End, theme));
        line
    };
    for (label, sides) in fields(events) {
        let same = sides[0] == sides[1];
        let [left, right] = [0, 1].map(|side| {
            let role = if same { Role::Dim } else { SIGNS[side].1 };
            let sign = if same { "  " } else { SIGNS[side].0 };
            let mut line = Text::own(&format!("{sign}{label:<LABEL$}"), role, theme);
            match &sides[side] {
                Some(text) => line.push_long(text, theme.style(role), theme),
                None => line.push_own("nothing", Role::Dim, theme),
            }
            line
        });
        lines.push(pair(left, right));
    }
    lines.push(Text::new());
    lines.push(heading("RECORDS", "  what differs", theme));
    let indented = |event: &Event| {
        jsontree::indented(event.record.node()).unwrap_or_else(|| vec![event.record.as_str().to_owned()])
    };
    let (old, new) = (indented(&events[0]), indented(&events[1]));
    let bare = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| line.trim_end_matches(',').to_owned()).collect()
    };
    let (old, new) = (bare(&old), bare(&new));
    let (a, b): (Vec<&str>, Vec<&str>) =
        (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
    let compared = diff::compared(&a, &b);
    let side = |text: Option<&&str>, role: Role, sign: &str| {
        text.map_or_else(Text::new, |text| {
            let mut line = Text::own(sign, role, theme);
            line.push_long(text, theme.style(role), theme);
            line
        })
    };
    for (place, group) in compared.grouped_ops(CONTEXT).iter().enumerate() {
        if place > 0 {
            lines.push(Text::own("  …", Role::Dim, theme));
        }
        for op in group {
            let same = op.tag() == DiffTag::Equal;
            let roles = if same { [Role::Dim; 2] } else { [Role::Removed, Role::Added] };
            let signs = if same { ["  "; 2] } else { ["- ", "+ "] };
            let (left, right) = (&a[op.old_range()], &b[op.new_range()]);
            for at in 0..left.len().max(right.len()) {
                lines.push(pair(
                    side(left.get(at), roles[0], signs[0]),
                    side(right.get(at), roles[1], signs[1]),
                ));
            }
        }
    }
    if a == b {
        lines.push(Text::own("  nothing", Role::Dim, theme));
    }
    lines
}

/// How many lines there are, and how many are shown.
pub fn measure(state: &State, model: &Model) -> (usize, usize) {
    (state.lines().len(), usize::from(full(model.area()).height.saturating_sub(2)))
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let [a, b] = [&state.events[0], &state.events[1]].map(|event| model.zone().stamp(event.time));
    let title = format!("Compare {a} with {b}");
    state.list.draw(&title, &state.lines(), full(area), buffer, &model.theme)
}
