//! The command line that shows the same screen, or exports it: sources, absolute times, the filter.

use std::fmt::Write;

use super::narrowed::filter_text;
use super::shell_quoted;
use crate::interval::Interval;
use crate::query::Query;
use crate::source::Entity;
use crate::timestamp::Timestamp;

/// What a screen shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Screen<'a> {
    /// Where its entries come from.
    pub origin: Origin<'a>,
    /// The window.
    pub window: Interval,
    /// The filter in force.
    pub filter: &'a Query,
    /// Entities in place of the sources' own.
    pub entities: &'a [Entity],
    /// The config file, where it is not the usual one.
    pub config: Option<&'a str>,
    /// The system that wrote the files, where the user said it.
    pub provider: Option<&'a str>,
    /// How they are shown.
    pub display: Display,
}

/// How entries are shown, apart from which they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Display {
    /// By what the rows stand; `None`: newest first.
    pub sort: Option<String>,
    /// The names of the chosen columns; `None`: the data decide.
    pub columns: Option<Vec<String>>,
    /// When the selected row was; `None`: it is the first.
    pub at: Option<Timestamp>,
    /// Whether the histogram is off.
    pub no_histogram: bool,
    /// The zone of the shown times; `None`: UTC.
    pub zone: Option<String>,
}

impl Display {
    fn arguments(&self) -> Vec<String> {
        let columns = self.columns.as_ref().map(|columns| columns.join(","));
        let texts = [("sort", &self.sort), ("columns", &columns), ("tz", &self.zone)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
        let texts = texts.map(|(name, text)| format!("--{name}={}", argument(text)));
        let at = self.at.map(|at| format!("--at={}", instant(at)));
        let off = self.no_histogram.then(|| "--no-histogram".to_owned());
        texts.chain(at).chain(off).collect()
    }
}

/// Where a screen's entries come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// Sources of the config, by name.
    Sources(&'a [&'a str]),
    /// The same, as the archive holds them.
    Archive(&'a [&'a str]),
    /// Local files, by path.
    Files(&'a [&'a str]),
    /// The embedded server, whose entries end then.
    Demo {
        /// By when it makes the same entries again.
        end: Timestamp,
    },
}

impl Screen<'_> {
    /// The command line that shows it: `auditty explore …` (`open`, `demo`).
    pub fn explore(&self) -> String {
        let command = match self.origin {
            Origin::Sources(_) | Origin::Archive(_) => "explore",
            Origin::Files(_) => "open",
            Origin::Demo { .. } => "demo",
        };
        self.line(command, &self.display.arguments())
    }

    /// The command line that exports it to a file in the format that the file's name tells, with a
    /// manifest where asked. `None`: the demo's entries are exported by its own server's config.
    pub fn export(&self, file: &str, manifest: bool) -> Option<String> {
        if matches!(self.origin, Origin::Demo { .. }) {
            return None;
        }
        let out = format!("-o {}", shell_quoted(file));
        let manifest = manifest.then(|| "--manifest".to_owned());
        Some(self.line("export", &[out].into_iter().chain(manifest).collect::<Vec<_>>()))
    }

    fn line(&self, command: &str, more: &[String]) -> String {
        let mut line = format!("auditty {command}");
        // Writing into a string never fails.
        if let Some(config) = self.config {
            let _ = write!(line, " --config={}", shell_quoted(config));
        }
        if let Origin::Demo { end } = self.origin {
            let _ = write!(line, " --now={}", instant(end));
        }
        let _ =
            write!(line, " --since={} --until={}", instant(self.window.since), instant(self.window.until));
        if !self.filter.is_all() {
            // With `=`, so that a filter may begin with `-`.
            let _ = write!(line, " --filter={}", shell_quoted(&filter_text(self.filter)));
        }
        for Entity { kind, id } in self.entities {
            let _ = write!(line, " --entity={}", shell_quoted(&format!("{kind}/{id}")));
        }
        if matches!(self.origin, Origin::Archive(_)) {
            line.push_str(" --offline");
        }
        if let Some(provider) = self.provider {
            let _ = write!(line, " --provider={}", argument(provider));
        }
        for part in more {
            let _ = write!(line, " {part}");
        }
        let inputs = match self.origin {
            Origin::Sources(names) | Origin::Archive(names) | Origin::Files(names) => names,
            Origin::Demo { .. } => &[],
        };
        if inputs.iter().any(|input| input.starts_with('-') && *input != "-") {
            line.push_str(" --");
        }
        for input in inputs {
            let _ = write!(line, " {}", argument(input));
        }
        line
    }
}

/// A shell argument, in quotes where it needs them.
fn argument(text: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b',' | b'@');
    if !text.is_empty() && text.bytes().all(plain) { text.to_owned() } else { shell_quoted(text) }
}

/// RFC 3339 with as many fraction digits as are needed.
pub(super) fn instant(time: Timestamp) -> String {
    time.rfc3339(if time.micros().rem_euclid(1_000_000) == 0 { 0 } else { 6 })
}
