//! The record in the detail: what no section says as a folded tree, and all of it verbatim.
//!
//! Nothing of it is lost. Its lines are places in the record, which become text when they are seen:
//! a record of a hundred thousand lines is there as fast as a short one.

use std::collections::HashSet;

use crate::event::field::Field;
use crate::event::{Event, Rank};
use crate::json::{self, Node, Outline};
use crate::text;
use crate::timestamp::Timestamp;
use crate::ui::cells::{Text, fitting, grouped};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::jsontree;

use super::sheet::{Builder, Row};

/// The most values of a record that stand in the tree.
const MOST_VALUES: usize = 300_000;
/// Containers that stand in so many others are shown as the text that they are.
const DEEPEST: u16 = 64;
/// Containers of at most so many members are open at first.
const SMALL: usize = 8;
/// The most bytes of a record that stand verbatim on the screen; the rest is counted.
const VERBATIM: usize = 8 << 20;
/// What takes as many cells as the size of any container.
const LONGEST_SIZE: &str = "[300,000 elements]";
/// How far what stands under a heading is indented.
pub const INDENT: usize = 2;

/// What the tree is drawn from.
pub fn outline(event: &Event) -> Outline {
    Outline::of(event.record.node(), MOST_VALUES, DEEPEST)
}

/// Whether a container of the record is open before anything was folded.
pub fn is_open_at_first(outline: &Outline, value: usize) -> bool {
    outline.depth(value) == 0 && outline.size(value).is_some_and(|size| size <= SMALL)
}

/// A value's line in the tree.
pub fn tree_line(outline: &Outline, value: usize, open: bool, event: &Event, theme: &Theme) -> Text {
    let root = event.record.node();
    let name = outline.name(value, root);
    let (depth, size) = (outline.depth(value), outline.size(value));
    let line = jsontree::Line { depth, name: &name, node: outline.node(value, root), size, open };
    let mut text = Text::own(&" ".repeat(INDENT), Role::Text, theme);
    text.extend(jsontree::text(&line, theme));
    text
}

/// How far what is left of a value's line is indented.
pub fn tree_indent(outline: &Outline, value: usize) -> usize {
    6 + 2 * outline.depth(value).min(8)
}

/// Adds the tree of what the sections have not said, and the record.
pub fn add(event: &Event, out: &mut Builder<'_>) {
    tree(event, out);
    verbatim(event, out);
}

/// The texts that the sections above have said, with the names under which a record may hold them.
fn told(event: &Event) -> HashSet<String> {
    let fields = crate::event::field::TABLE.iter().map(|info| info.field);
    fields
        .filter(|field| !matches!(field, Field::Raw | Field::Changes | Field::Time | Field::Class))
        .flat_map(|field| event.texts(field).into_iter().map(str::to_owned).collect::<Vec<_>>())
        .chain(event.text(Field::Status).map(std::borrow::Cow::into_owned))
        .chain(event.latency_ms.as_ref().map(|latency| latency.as_str().to_owned()))
        .collect()
}

/// Whether a value of the record is one that the sections have said: a text of theirs that is long
/// enough not to be another's by chance, or stands under a field's own name; or the time.
fn is_told(name: &str, node: Node<'_>, event: &Event, told: &HashSet<String>) -> bool {
    let Some(value) = node.scalar() else { return false };
    if node.kind() == json::Kind::Bool {
        return false;
    }
    if Timestamp::parse(&value) == Some(event.time) {
        return true;
    }
    let named = || {
        let name = text::fold(name);
        Field::names().any(|known| {
            known == name
                || known.rsplit('.').next() == Some(&name)
                || name.strip_suffix("_address") == Some(known)
        })
    };
    told.contains(&*value) && (value.len() >= 6 || named())
}

/// Whether all values of a small container have been said.
fn is_all_told(outline: &Outline, value: usize, event: &Event, told: &HashSet<String>) -> bool {
    let root = event.record.node();
    matches!(outline.size(value), Some(1..=SMALL))
        && (value + 1..outline.after(value))
            .all(|held| is_told(&outline.name(held, root), outline.node(held, root), event, told))
}

fn tree(event: &Event, out: &mut Builder<'_>) {
    let theme = out.context.theme;
    let root = event.record.node();
    let outline = out.outline();
    let told = told(event);
    let is_open = |value: usize| {
        let first = is_open_at_first(&outline, value);
        outline.size(value).is_some_and(|size| size > 0)
            && out.context.folds.is_none_or(|folds| {
                first != (!folds.is_empty() && folds.contains(&outline.pointer(value, root)))
            })
    };
    let mut rows = Vec::new();
    let mut value = 0;
    while value < outline.len() {
        let (name, node) = (outline.name(value, root), outline.node(value, root));
        if is_told(&name, node, event, &told) || is_all_told(&outline, value, event, &told) {
            value = outline.after(value);
            continue;
        }
        let open = is_open(value);
        // Of most lines it is plain that they need not be broken.
        let own = if outline.size(value).is_some() { LONGEST_SIZE } else { node.raw() };
        let wide = INDENT + 2 * outline.depth(value) + 4 + name.len() + own.len();
        let is_plain = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let parts = if wide <= out.context.width && is_plain(&name) && is_plain(own) {
            1
        } else {
            let text = tree_line(&outline, value, open, event, theme);
            text.wrapped(out.context.width, tree_indent(&outline, value)).len()
        };
        rows.extend((0..parts).map(|part| Row::Value { value: value as u32, part: part as u32, open }));
        value = if open { value + 1 } else { outline.after(value) };
    }
    if rows.is_empty() {
        return;
    }
    out.heading("EVERYTHING ELSE IN THE RECORD", "");
    out.rows(rows);
    if !outline.is_whole() {
        let most = grouped(MOST_VALUES as u64);
        let words = format!("  more than {most} values: the rest stands in the record below");
        out.push(&Text::own(&words, Role::Notice, theme), 2);
    }
}

fn verbatim(event: &Event, out: &mut Builder<'_>) {
    let theme = out.context.theme;
    let note = match event.rank {
        Rank::Single => "  the single record, verbatim",
        Rank::ListRow => "  verbatim",
    };
    out.heading("RECORD", note);
    let record = event.record.as_str();
    let most = if out.context.is_page() { record.len() } else { record.floor_char_boundary(VERBATIM) };
    let width = out.context.width.saturating_sub(INDENT).max(1);
    let mut rows = Vec::new();
    let mut start = 0;
    while start < most {
        let end = start + fitting(&record[start..most], width, theme);
        rows.push(Row::Record { start: start as u32, end: end as u32 });
        start = end;
    }
    out.rows(rows);
    if most < record.len() {
        let more = format!("  … {} more bytes", grouped((record.len() - most) as u64));
        out.push(&Text::own(&more, Role::Notice, theme), 2);
    }
}
