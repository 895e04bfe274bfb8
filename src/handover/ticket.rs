//! Markdown for a ticket: marked entries oldest first with notes, their changes as diffs, and a last
//! line that tells how much of the window is known.
//!
//! What entries say stands in code spans and code blocks, where Markdown, mentions and links stay
//! text; a pipe, which would end a table's cell even there, stands as `&#124;` beside the span.

use std::fmt::Write;

use super::lines;
use crate::event::Event;
use crate::event::field::Field;
use crate::interval::Interval;
use crate::text::{self, counted};
use crate::timestamp::{DAY, Timestamp};

/// How many characters of a value a cell has.
const LONGEST: usize = 200;
/// How many lines of one change a diff has.
const MOST_LINES: usize = 200;
/// How many characters of a line a diff has.
const LONGEST_LINE: usize = 2_000;
/// How many gaps are named.
const MOST_GAPS: usize = 5;

/// An entry for a ticket.
#[derive(Debug, Clone, Copy)]
pub struct Marked<'a> {
    /// The entry.
    pub event: &'a Event,
    /// What the analyst noted of it.
    pub note: Option<&'a str>,
}

/// How much is known of what a count speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// How many entries match.
    pub matched: u64,
    /// How many entries were fetched.
    pub fetched: u64,
    /// The window.
    pub window: Interval,
    /// What of the window is not known, and in a word why (`not asked`, `failed`), by time.
    pub missing: Vec<(Interval, &'static str)>,
}

impl Coverage {
    /// In words: `388 matched of 48,213 fetched; 62 % of the window covered; not asked 05-14 to
    /// 05-16`. A hundred only where nothing is missing; times are UTC.
    pub fn words(&self) -> String {
        let missing: Vec<(Interval, &str)> = self
            .missing
            .iter()
            .map(|(gap, why)| (gap.intersect(self.window), *why))
            .filter(|(gap, _)| !gap.is_empty())
            .collect();
        let set: crate::interval::IntervalSet = missing.iter().map(|(gap, _)| *gap).collect();
        let whole = i128::from(self.window.micros());
        let known = whole - i128::from(set.micros_in(self.window));
        let percent = if whole == 0 { 100 } else { known * 100 / whole };
        let mut words = format!("{} matched of {} fetched; ", counted(self.matched), counted(self.fetched));
        if missing.is_empty() {
            words.push_str("the whole window covered");
            return words;
        }
        let _ = write!(words, "{percent} % of the window covered");
        let mut last = "";
        for (gap, why) in missing.iter().take(MOST_GAPS) {
            if *why == last {
                words.push_str(", ");
            } else {
                let _ = write!(words, "; {why} ");
            }
            last = why;
            let [since, until] = edges(*gap, self.window);
            let _ = write!(words, "{since} to {until}");
        }
        if missing.len() > MOST_GAPS {
            let _ = write!(words, ", and {} more", missing.len() - MOST_GAPS);
        }
        words
    }
}

/// A gap's ends as shortly as they can be told: days where both are midnights, without the year
/// where the window is of one.
fn edges(gap: Interval, window: Interval) -> [String; 2] {
    let midnights = [gap.since, gap.until].iter().all(|time| time.micros().rem_euclid(DAY) == 0);
    let year = |time: Timestamp| time.to_string()[..4].to_owned();
    let one_year = year(window.since) == year(window.until);
    let minutes = [gap.since, gap.until].iter().all(|time| time.micros().rem_euclid(60_000_000) == 0);
    [gap.since, gap.until].map(|time| {
        let text = time.to_string();
        let date = if one_year { &text[5..10] } else { &text[..10] };
        match (midnights, minutes) {
            (true, _) => date.to_owned(),
            (false, true) => format!("{date} {}", &text[11..16]),
            (false, false) => format!("{date} {}", &text[11..19]),
        }
    })
}

/// The entries as Markdown, oldest first whatever their order.
pub fn markdown(marked: &[Marked<'_>], coverage: &Coverage) -> String {
    let mut marked = marked.to_vec();
    marked.sort_by(|a, b| b.event.newest_first(a.event));
    let mut out = String::new();
    // Writing into a string never fails.
    if !marked.is_empty() {
        out.push_str("| # | time (UTC) | source | action | actor | target | ip | result | id | note |\n");
        out.push_str("| --: | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    }
    for (number, Marked { event, note }) in marked.iter().enumerate() {
        let cell = |field| code(&event.text(field).unwrap_or_default());
        let result =
            event.status.map_or_else(|| event.outcome.name().to_owned(), |status| status.to_string());
        let id = [&event.id, &event.request_id].into_iter().flatten().find(|id| !id.is_empty());
        let cells = [
            (number + 1).to_string(),
            event.time.to_string(),
            cell(Field::Source),
            cell(Field::Action),
            cell(Field::Actor),
            cell(Field::Target),
            cell(Field::Ip),
            result,
            code(id.map_or("", |id| id)),
            plain(note.unwrap_or_default()),
        ];
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    for (number, Marked { event, .. }) in marked.iter().enumerate() {
        let Some(changes) = event.changes.as_deref().filter(|changes| !changes.is_empty()) else { continue };
        let _ = write!(out, "\nChanges of {}:\n\n", number + 1);
        let mut block = String::new();
        for change in changes {
            let path = text::visible(&change.path);
            let _ = writeln!(block, "@@ {} {} @@", change.op.name(), text::shortened(&path, LONGEST));
            let diff = lines::diff(change);
            for line in diff.iter().take(MOST_LINES) {
                let _ = writeln!(block, "{}", text::shortened(&text::visible(line), LONGEST_LINE));
            }
            if diff.len() > MOST_LINES {
                let _ = writeln!(block, "  … {} lines more", diff.len() - MOST_LINES);
            }
        }
        let fence = "`".repeat(longest_run(&block).max(2) + 1);
        let _ = writeln!(out, "{fence}diff\n{block}{fence}");
    }
    if !marked.is_empty() {
        out.push('\n');
    }
    out.push_str(&coverage.words());
    out
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// What others wrote, as code for a table's cell.
fn code(text: &str) -> String {
    let visible = text::visible(text);
    let short = text::shortened(&visible, LONGEST);
    let spans = short.split('|').map(|part| {
        if part.is_empty() {
            return String::new();
        }
        let fence = "`".repeat(longest_run(part) + 1);
        // A backtick or a blank at an edge would be taken for the fence's, or taken away.
        let edge = |c: char| c == '`' || c == ' ';
        let space = if part.starts_with(edge) || part.ends_with(edge) { " " } else { "" };
        format!("{fence}{space}{part}{space}{fence}")
    });
    spans.collect::<Vec<_>>().join("&#124;")
}

/// The analyst's own words for a table's cell: on one line, without Markdown of their own.
fn plain(note: &str) -> String {
    let one_line = note.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::new();
    for character in text::visible(&one_line).chars() {
        match character {
            '|' => out.push_str("&#124;"),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '!' | '#' | '>' | '$' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}
