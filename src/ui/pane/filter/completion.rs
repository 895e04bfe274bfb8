//! Completion in the filter line: presets where it is empty, names of fields, values that were seen
//! with how many entries have them, pointers into the records at hand.
//!
//! Not here: what stands at the cursor (`query::parse`), and the keys (`update/typing`).

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::event::Kind;
use crate::event::field::{Field, TABLE, Type};
use crate::query::parse::{Context, cursor_context};
use crate::query::print::exact_value;
use crate::query::{Expr, Glob, Has, Subject, Test};
use crate::text;
use crate::ui::cells::{Cut, Text, grouped};
use crate::ui::effect::Effect;
use crate::ui::model::Model;
use crate::ui::presets;
use crate::ui::records;
use crate::ui::study::{Slot, Study};
use crate::ui::theme::Role;

/// How many values are asked for.
const MOST: usize = 50;
/// How many lines of the list are seen.
const SEEN: u16 = 8;

/// The open list.
#[derive(Debug, Clone)]
pub struct Completion {
    /// What a choice replaces.
    range: Range<usize>,
    /// The field whose values are waited for.
    waiting: Option<Field>,
    items: Vec<Item>,
    cursor: usize,
    /// Whether a single choice is to be taken at once.
    eager: bool,
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    /// What it puts in.
    insert: String,
    /// What it is called.
    label: String,
    /// A count, or what it is.
    note: String,
    /// Whether it is a preset that begins at the row's actor.
    actor: bool,
}

impl Item {
    fn new(insert: impl Into<String>, label: impl Into<String>, note: impl Into<String>) -> Self {
        Self { insert: insert.into(), label: label.into(), note: note.into(), actor: false }
    }
}

/// What became of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// There was none.
    Nothing,
    /// The text is another.
    Text,
    /// The text is another, and it is to be asked of the row's actor.
    OfActor,
}

/// Opens the list for what stands at the cursor; `eager` takes a single choice at once.
pub fn open(model: &mut Model, eager: bool, effects: &mut Vec<Effect>) -> Taken {
    let (filter, cursor) = (model.filter.prompt.text().to_owned(), model.filter.prompt.cursor());
    model.studies.drop_open(Slot::Values);
    let mut list = Completion { range: cursor..cursor, waiting: None, items: Vec::new(), cursor: 0, eager };
    if filter.trim().is_empty() {
        list.range = 0..filter.len();
        list.items = presets::ALL
            .iter()
            .map(|preset| Item {
                actor: preset.actor,
                ..Item::new(preset.filter, preset.words, preset.filter)
            })
            .chain(fields(""))
            .collect();
    } else {
        match cursor_context(&filter, cursor) {
            Context::Name { typed, range } => {
                list.items = if typed.starts_with('@') { pointers(model, &typed) } else { fields(&typed) };
                list.range = range;
            }
            Context::Value { subject: Subject::Field(field), typed, range } => {
                list.items = written(field, &typed);
                if !matches!(field, Field::Time | Field::Raw | Field::Has) {
                    list.waiting = Some(field);
                    let number = model.studies.begin(Slot::Values);
                    let study = Study::Values { field, prefix: typed.clone(), most: MOST };
                    effects.push(Effect::Study { number, study });
                }
                list.range = range;
            }
            Context::Value { subject: Subject::Pointer(pointer), typed, range } => {
                let wanted = text::fold(&typed);
                let begins = |(value, _): &(Box<str>, u64)| text::fold(value).starts_with(&wanted);
                let item = |(value, count): (Box<str>, u64)| {
                    let tests = vec![Test::Whole(Glob::exact(&value))];
                    let term = Expr::leaf(Subject::Pointer(pointer.clone()), tests).to_string();
                    let name = Expr::leaf(Subject::Pointer(pointer.clone()), vec![Test::Present]).to_string();
                    let insert = term.get(name.len().saturating_sub(1)..).unwrap_or_default().to_owned();
                    Item::new(insert, &*value, format!("{} of the rows at hand", grouped(count)))
                };
                let values = records::values(&model.filter.at_hand, &pointer);
                list.items = values.into_iter().filter(begins).take(MOST).map(item).collect();
                list.range = range;
            }
            Context::Value { .. } | Context::Nothing => {}
        }
    }
    model.filter.completion = Some(list);
    single(model)
}

/// The values were found.
pub fn found(model: &mut Model, values: Vec<(Box<str>, u64)>) {
    let Some(list) = &mut model.filter.completion else { return };
    let Some(field) = list.waiting.take() else { return };
    for (value, count) in values {
        let insert = exact_value(field, &value);
        match list.items.iter_mut().find(|item| item.insert == insert) {
            Some(item) => item.note = format!("{}  {}", grouped(count), item.note),
            None => list.items.push(Item::new(insert, &*value, grouped(count))),
        }
    }
    if single(model) != Taken::Nothing {
        crate::ui::update::retyped(model);
    }
}

/// The values could not be looked up: what the list has is all there is.
pub fn unknown(model: &mut Model) {
    if let Some(list) = &mut model.filter.completion {
        list.waiting = None;
    }
}

/// Takes a single choice, where that was wanted.
fn single(model: &mut Model) -> Taken {
    let alone = |list: &Completion| list.eager && list.waiting.is_none() && list.items.len() == 1;
    if model.filter.completion.as_ref().is_some_and(alone) { take(model) } else { Taken::Nothing }
}

/// Takes the choice under the cursor and closes the list.
pub fn take(model: &mut Model) -> Taken {
    let Some(list) = model.filter.completion.take() else { return Taken::Nothing };
    model.studies.drop_open(Slot::Values);
    let Some(item) = list.items.into_iter().nth(list.cursor) else { return Taken::Nothing };
    model.filter.prompt.replace(list.range, &item.insert);
    if item.actor { Taken::OfActor } else { Taken::Text }
}

/// Closes the list; whether one was open.
pub fn close(model: &mut Model) -> bool {
    model.studies.drop_open(Slot::Values);
    model.filter.completion.take().is_some()
}

impl Completion {
    /// Moves the cursor; behind the last comes the first.
    pub fn step(&mut self, down: bool) {
        let count = self.items.len().max(1);
        self.cursor = (self.cursor + if down { 1 } else { count - 1 }) % count;
    }

    /// Where what a choice replaces begins, in bytes.
    pub fn start(&self) -> usize {
        self.range.start
    }

    /// Whether there is something to choose.
    pub fn has_choice(&self) -> bool {
        !self.items.is_empty()
    }
}

/// The fields whose name or alias begins so.
fn fields(typed: &str) -> Vec<Item> {
    let wanted = text::fold(typed);
    TABLE
        .iter()
        .filter(|info| std::iter::once(&info.name).chain(info.aliases).any(|name| name.starts_with(&wanted)))
        .map(|info| Item::new(format!("{}:", info.name), info.name, info.about))
        .chain(("@/".starts_with(&wanted)).then(|| Item::new("@/", "@/pointer", "a value of the record")))
        .collect()
}

fn pointers(model: &Model, typed: &str) -> Vec<Item> {
    records::pointers(&model.filter.at_hand)
        .into_iter()
        .map(|(pointer, rows)| (format!("@{pointer}"), pointer, rows))
        .filter(|(name, ..)| name.starts_with(typed))
        .map(|(name, pointer, rows)| {
            // Quoted where the pointer needs it; `*` is what stands behind the colon.
            let term = Expr::leaf(Subject::Pointer(pointer), vec![Test::Present]).to_string();
            let insert = term.strip_suffix('*').unwrap_or(&term).to_owned();
            Item::new(insert, name, format!("in {} of the rows at hand", grouped(rows as u64)))
        })
        .collect()
}

/// The values that a field has by the language, whatever was seen.
fn written(field: Field, typed: &str) -> Vec<Item> {
    let values: Vec<(String, &str)> = match field.info().kind {
        Type::Is => Kind::ALL.iter().map(|kind| (kind.name().to_owned(), "")).collect(),
        Type::Has => Has::ALL.iter().map(|has| (has.name().to_owned(), "")).collect(),
        Type::Status => ["2xx", "3xx", "4xx", "5xx", ">=400"].map(|value| (value.to_owned(), "")).to_vec(),
        Type::Latency => [(">500ms", ""), (">1s", ""), (">5s", ""), ("1s..5s", "")]
            .map(|(a, b)| (a.to_owned(), b))
            .to_vec(),
        Type::Time => {
            [(">1h", "since an hour ago"), (">24h", "since a day ago"), ("<24h", "older than a day")]
                .map(|(value, about)| (value.to_owned(), about))
                .to_vec()
        }
        _ => Vec::new(),
    };
    let wanted = text::fold(typed);
    values
        .into_iter()
        .filter(|(value, _)| value.starts_with(&wanted))
        .map(|(value, about)| Item::new(value.clone(), value, about))
        .collect()
}

/// Draws the list from a line on, its left edge at `x` where there is room.
pub fn draw(list: &Completion, model: &Model, x: u16, y: u16, buffer: &mut Buffer) {
    let theme = &model.theme;
    let whole = *buffer.area();
    let lines = |item: &Item| {
        let label = Text::beginning(&item.label, 120, Role::Text, theme);
        let mut note = Text::new();
        note.push_entry(&item.note, theme.style(Role::Dim), theme);
        (label, note)
    };
    let mut rows: Vec<(Text, Text)> = list.items.iter().map(lines).collect();
    if rows.is_empty() {
        let words = if list.waiting.is_some() { "looking…" } else { "nothing begins so" };
        rows.push((model.studies.missing(Slot::Values, words, theme), Text::new()));
    }
    let label = rows.iter().map(|(label, _)| label.width()).max().unwrap_or(0).min(50);
    let note = rows.iter().map(|(_, note)| note.width()).max().unwrap_or(0).min(44);
    let width = ((label + note + 5) as u16).min(whole.width);
    let x = x.min(whole.right().saturating_sub(width));
    // The bottom line stays in sight.
    let height = SEEN.min(rows.len() as u16).min(whole.bottom().saturating_sub(y + 1));
    let top = list.cursor.saturating_sub(usize::from(height.saturating_sub(1)));
    let place = Rect { x, y, width, height };
    let style = theme.style(Role::Overlay);
    // Nothing of what lies below stands beside it, where it would read as part of the list.
    for y in place.top()..place.bottom() {
        for x in whole.left()..(place.right() + 1).min(whole.right()) {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
            }
        }
        let edge = Text::own(theme.glyphs().divider, Role::Dim, theme);
        edge.draw(buffer, place.right(), y, whole.right().saturating_sub(place.right()).min(1));
    }
    for (line, y) in (place.top()..place.bottom()).enumerate() {
        for x in place.left()..place.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
                cell.set_style(style);
            }
        }
        let at = top + line;
        let Some((label_text, note_text)) = rows.get(at) else { continue };
        if at == list.cursor && list.has_choice() {
            Text::own(theme.glyphs().marker, Role::Accent, theme).draw(buffer, x, y, 1);
        }
        let room = label as u16;
        label_text.clone().fitted(label, Cut::End, theme).draw(buffer, x + 1, y, room);
        let rest = width.saturating_sub(room + 4);
        note_text.clone().fitted(usize::from(rest), Cut::End, theme).draw(buffer, x + 3 + room, y, rest);
    }
    if top + usize::from(height) < rows.len() {
        // More below: the last column says so.
        let more = Text::own(theme.glyphs().fold[1], Role::Dim, theme);
        more.draw(buffer, place.right().saturating_sub(1), place.bottom().saturating_sub(1), 1);
    }
}
