//! Entries as text for other programs: six formats, a file each, one line (or row) an entry.
//!
//! Not here: where the text goes (a file, a terminal, a closed pipe), its manifest, and how the
//! screen shows an entry.

pub mod column;
mod csv;
mod ecs;
mod flat;
mod hec;

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use crate::event::Event;
pub use crate::provider::OrganizationIs;
use crate::text;
pub use column::{Column, ColumnError};

/// How entries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// A table: header, CRLF, RFC 4180.
    Csv,
    /// An array of normalised entries.
    Json,
    /// A normalised entry a line.
    #[default]
    Ndjson,
    /// The systems' own records, one a line.
    Raw,
    /// An Elastic Common Schema object a line.
    Ecs,
    /// A Splunk HTTP Event Collector envelope a line.
    Hec,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 6] = [Self::Csv, Self::Json, Self::Ndjson, Self::Raw, Self::Ecs, Self::Hec];

    /// Its name after `--format`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Raw => "raw",
            Self::Ecs => "ecs",
            Self::Hec => "hec",
        }
    }

    /// The format that a file's extension tells: `.csv`, `.json`, `.ndjson` or `.jsonl`.
    pub fn from_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            _ => None,
        }
    }

    /// Whether it writes the system's own record, which an entry read back from a CSV file lacks.
    pub fn needs_record(self) -> bool {
        matches!(self, Self::Raw | Self::Hec)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A name that is no format's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format {typed:?}: expected csv, json, ndjson, raw, ecs or hec{advice}")]
pub struct UnknownFormat {
    typed: String,
    advice: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let near = text::nearest(name, Self::ALL.map(Self::name));
            UnknownFormat {
                typed: text::shortened(name, 40).into_owned(),
                advice: near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default(),
            }
        })
    }
}

/// What an export needs besides the entries.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The columns of a CSV file; empty: [`Column::standard`].
    pub columns: Vec<Column>,
    /// Whether the text goes to a terminal, so that hostile characters are escaped.
    pub terminal: bool,
    /// What the entries do not say themselves.
    pub origins: Origins,
}

/// What entries do not say of the sources and systems that they come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins {
    /// The host of a source's `base_url`, without port, by the source's name; files have none.
    pub hosts: HashMap<Arc<str>, String>,
    /// What a system's `organization` is, by the system's name; of an unknown system it is a name.
    pub organizations: HashMap<Box<str>, OrganizationIs>,
}

/// Writes entries in one format, in the order given. What was written stays as it is when something
/// fails later; [`Exporter::finish`] makes it whole.
#[derive(Debug)]
pub struct Exporter<W: Write> {
    format: Format,
    options: Options,
    out: W,
    count: u64,
    begun: bool,
}

impl<W: Write> Exporter<W> {
    /// Writes nothing yet. `out` is written to once an entry: buffer it where that is dear.
    pub fn new(format: Format, mut options: Options, out: W) -> Self {
        if options.columns.is_empty() {
            options.columns = Column::standard();
        }
        Self { format, options, out, count: 0, begun: false }
    }

    /// What stands before the first entry: the header, the array's bracket. Done by the first
    /// [`Self::write`] and by [`Self::finish`] where it was not done before.
    pub fn begin(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        match self.format {
            Format::Csv => {
                let header = csv::header(&self.options);
                self.out.write_all(header.as_bytes())
            }
            Format::Json => self.out.write_all(b"["),
            Format::Ndjson | Format::Raw | Format::Ecs | Format::Hec => Ok(()),
        }
    }

    /// Writes an entry. A closed pipe comes back as [`io::ErrorKind::BrokenPipe`].
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        self.begin()?;
        let mut line = match self.format {
            Format::Csv => csv::row(event, &self.options),
            Format::Json | Format::Ndjson => self.json(flat::json(event)),
            Format::Raw => self.json(event.record.as_str().to_owned()),
            Format::Ecs => self.json(ecs::object(event, self.organization(event))),
            Format::Hec => self.json(hec::envelope(event, self.host(event))),
        };
        match self.format {
            Format::Csv => {}
            Format::Json => line.insert_str(0, if self.count == 0 { "\n" } else { ",\n" }),
            Format::Ndjson | Format::Raw | Format::Ecs | Format::Hec => line.push('\n'),
        }
        self.out.write_all(line.as_bytes())?;
        self.count += 1;
        Ok(())
    }

    fn host(&self, event: &Event) -> Option<&str> {
        self.options.origins.hosts.get(&event.source).map(String::as_str)
    }

    fn organization(&self, event: &Event) -> OrganizationIs {
        self.options.origins.organizations.get(&*event.provider).copied().unwrap_or(OrganizationIs::Name)
    }

    fn json(&self, line: String) -> String {
        if self.options.terminal { text::json_escaped(&line).into_owned() } else { line }
    }

    /// How many entries were written.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Hands everything on that was written so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Closes what is open (the array), also after a failure of what feeds it, and hands everything
    /// on.
    pub fn finish(mut self) -> io::Result<W> {
        self.begin()?;
        if self.format == Format::Json {
            self.out.write_all(if self.count == 0 { b"]\n" } else { b"\n]\n" })?;
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests;
