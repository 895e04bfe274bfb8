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
}

/// Where a screen's entries come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// Sources of the config, by name.
    Sources(&'a [&'a str]),
    /// Local files, by path.
    Files(&'a [&'a str]),
    /// The embedded server.
    Demo,
}

impl Screen<'_> {
    /// The command line that shows it: `auditty explore …` (`open`, `demo`).
    pub fn explore(&self) -> String {
        let command = match self.origin {
            Origin::Sources(_) => "explore",
            Origin::Files(_) => "open",
            Origin::Demo => "demo",
        };
        self.line(command, &[])
    }

    /// The command line that exports it to a file in the format that the file's name tells, with a
    /// manifest where asked. `None`: the demo's entries are exported by its own server's config.
    pub fn export(&self, file: &str, manifest: bool) -> Option<String> {
        if self.origin == Origin::Demo {
            return None;
        }
        let out = format!("-o {}", shell_quoted(file));
        let manifest = if manifest { "--manifest" } else { "" };
        Some(self.line("export", &[&out, manifest]))
    }

    fn line(&self, command: &str, more: &[&str]) -> String {
        let mut line = format!("auditty {command}");
        // Writing into a string never fails.
        if let Some(config) = self.config {
            let _ = write!(line, " --config={}", shell_quoted(config));
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
        for part in more.iter().filter(|part| !part.is_empty()) {
            let _ = write!(line, " {part}");
        }
        let inputs = match self.origin {
            Origin::Sources(names) | Origin::Files(names) => names,
            Origin::Demo => &[],
        };
        if inputs.iter().any(|input| input.starts_with('-') && *input != "-") {
            line.push_str(" --");
        }
        for input in inputs {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
            let is_plain = !input.is_empty() && input.bytes().all(plain);
            let _ = write!(line, " {}", if is_plain { (*input).to_owned() } else { shell_quoted(input) });
        }
        line
    }
}

/// RFC 3339 with as many fraction digits as are needed.
fn instant(time: Timestamp) -> String {
    time.rfc3339(if time.micros().rem_euclid(1_000_000) == 0 { 0 } else { 6 })
}
