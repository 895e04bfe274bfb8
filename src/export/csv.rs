//! `csv`: a header and a row an entry, CRLF, RFC 4180 (the contract's section 4). A text that a
//! spreadsheet would run as a formula is preceded by `'`.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};

use super::Options;
use crate::event::Event;
use crate::text;

/// The header's line.
pub(super) fn header(options: &Options) -> String {
    line(options.columns.iter().map(|column| shown(Cow::Borrowed(&column.header), options)))
}

/// An entry's line.
pub(super) fn row(event: &Event, options: &Options) -> String {
    line(options.columns.iter().map(|column| {
        let cell = column.text(event).unwrap_or_default();
        let cell = if column.is_text(event) { guarded(cell) } else { cell };
        shown(cell, options)
    }))
}

/// Precedes what a spreadsheet would run by `'`.
fn guarded(cell: Cow<'_, str>) -> Cow<'_, str> {
    if text::has_formula(&cell) { Cow::Owned(format!("'{cell}")) } else { cell }
}

fn shown<'a>(cell: Cow<'a, str>, options: &Options) -> Cow<'a, str> {
    if options.terminal { Cow::Owned(text::visible(&cell).into_owned()) } else { cell }
}

fn line<'a>(cells: impl Iterator<Item = Cow<'a, str>>) -> String {
    let mut bytes = Vec::with_capacity(256);
    {
        let mut writer =
            WriterBuilder::new().terminator(Terminator::CRLF).buffer_capacity(512).from_writer(&mut bytes);
        for cell in cells {
            writer.write_field(cell.as_bytes()).expect("memory takes every field");
        }
        writer.write_record(None::<&[u8]>).expect("memory takes every record");
        writer.flush().expect("memory takes every byte");
    }
    String::from_utf8(bytes).expect("the cells are text, and so are commas and quotes")
}
