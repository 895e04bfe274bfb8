//! What is handed over: entries, filters and whole screens as text for the clipboard, for a shell,
//! for a ticket.
//!
//! Whoever attacks writes the entries, and what is copied is pasted into shells and tickets. So every
//! text here has no control characters but line feed and tab and no final line feed; hostile
//! characters are JSON escapes, escapes of a regular expression, or visible marks; shell arguments
//! are in single quotes; and Markdown of an entry stays text.
//!
//! Not here: the way to the clipboard (`app`), and files for other programs (`export`).

pub mod lines;
pub mod narrowed;
pub mod plot;
pub mod request;
pub mod screen;
pub mod ticket;

use crate::answer::Histogram;
use crate::event::Event;
use crate::event::field::Field;
use crate::export::{Exporter, Format, Options};
use crate::interval::IntervalSet;
use crate::json::Node;
use crate::text;

/// The system's own record, laid out over lines.
pub fn record_json(event: &Event) -> String {
    lines::json(event.record.node())
}

/// The normalised entry as `export` writes it, laid out over lines.
pub fn normalised_json(event: &Event) -> String {
    let mut exporter = Exporter::new(Format::Ndjson, Options::default(), Vec::new());
    exporter.write(event).expect("memory can be written to");
    let written = exporter.finish().expect("memory can be written to");
    let line = String::from_utf8(written).expect("JSON is UTF-8");
    Node::parse(&line).map(lines::json).expect("what is exported is JSON")
}

/// A row as text: the cells of these fields with tabs between, so that a spreadsheet takes them
/// apart. Hostile characters, tabs and line feeds among them, are visible marks, and what a
/// spreadsheet would run stands behind a `'`; an absent value is empty.
pub fn row_text(event: &Event, fields: &[Field]) -> String {
    let cells = fields.iter().map(|field| {
        let cell = event.text(*field).unwrap_or_default();
        let guard = if is_text(*field) && text::has_formula(&cell) { "'" } else { "" };
        format!("{guard}{}", text::visible(&cell))
    });
    cells.collect::<Vec<_>>().join("\t")
}

/// The histogram as text, `width` cells wide. `missing` is what of its window was not fetched.
pub fn histogram_text(
    histogram: &Histogram,
    missing: &IntervalSet,
    width: usize,
    zone: &dyn plot::Zone,
) -> String {
    plot::draw(histogram, missing, width, zone).trim_end_matches('\n').to_owned()
}

/// One cell's text, for copying: hostile characters are visible marks.
pub fn cell_text(event: &Event, field: Field) -> String {
    text::visible(&event.text(field).unwrap_or_default()).into_owned()
}

/// Whether a field's values are free text.
fn is_text(field: Field) -> bool {
    use crate::event::field::Type;
    matches!(field.info().kind, Type::Text | Type::Address)
}

/// A shell argument that is just this text: in single quotes, hostile characters as visible marks.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text::visible(text).replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
