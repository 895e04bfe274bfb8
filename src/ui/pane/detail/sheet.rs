//! What the detail shows, line by line. The sections' lines are texts; those of the record are
//! places in it and in its outline, made into text when they are seen, so that a sheet of a million
//! lines costs a few bytes a line.
//!
//! Not here: which lines there are (`detail/sections`, `detail/record`).

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use crate::event::Event;
use crate::json::{Outline, Pointer};
use crate::text;
use crate::timestamp::Timestamp;
use crate::ui::cells::Text;
use crate::ui::feed::SourceInfo;
use crate::ui::model::Single;
use crate::ui::theme::{Role, Theme};
use crate::ui::zone::Zone;

use super::subject::Subject;
use super::{record, sections};

/// What the lines depend on besides the entry.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The entry's source, where it is known.
    pub source: Option<&'a SourceInfo>,
    /// What is known of the single record.
    pub single: Option<&'a Single>,
    /// The zone of the shown times.
    pub zone: Zone,
    /// The present instant, for the age.
    pub now: Timestamp,
    /// Containers that are not as they are at first; `None`: a plain page, on which all are open.
    pub folds: Option<&'a HashSet<Pointer>>,
    /// The width of a line.
    pub width: usize,
    /// How it looks.
    pub theme: &'a Theme,
}

impl Context<'_> {
    /// Whether it is for a plain page, on which nothing is left out.
    pub fn is_page(&self) -> bool {
        self.folds.is_none()
    }
}

/// The lines of an entry.
#[derive(Debug, Clone)]
pub struct Sheet {
    made: Vec<Made>,
    rows: Vec<Row>,
    outline: Arc<Outline>,
    width: usize,
}

/// A line of a section.
#[derive(Debug, Clone)]
struct Made {
    text: Text,
    subject: Option<Subject>,
    /// On the first line of several that were one: all that they say, for finding.
    whole: Box<str>,
}

/// Where a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// From a section: its number among those.
    Made(u32),
    /// From the tree: a value of the outline, of the lines that it is broken into this one.
    Value {
        /// The value's number.
        value: u32,
        /// Which of its lines.
        part: u32,
        /// Whether what it holds is shown.
        open: bool,
    },
    /// From the record verbatim: these bytes.
    Record {
        /// The first byte.
        start: u32,
        /// The byte behind the last.
        end: u32,
    },
}

impl Sheet {
    /// The lines of an entry; `outline` is what `record::outline` tells of it.
    pub fn new(event: &Event, outline: Arc<Outline>, context: Context<'_>) -> Self {
        let sheet = Self { made: Vec::new(), rows: Vec::new(), outline, width: context.width };
        let mut builder = Builder { context, sheet };
        sections::add(event, &mut builder);
        record::add(event, &mut builder);
        builder.sheet
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// What the tree is drawn from.
    pub fn outline(&self) -> &Arc<Outline> {
        &self.outline
    }

    /// The lines of a range as text.
    pub fn texts(&self, lines: Range<usize>, event: &Event, theme: &Theme) -> Vec<Text> {
        let mut broken: Option<(u32, Vec<Text>)> = None;
        let lines = lines.start.min(self.count())..lines.end.min(self.count());
        let text = |row: &Row| match *row {
            Row::Made(number) => self.made[number as usize].text.clone(),
            Row::Value { value, part, open } => {
                let known = broken.take_if(|(of, _)| *of == value);
                let (_, parts) = broken.insert(known.unwrap_or_else(|| {
                    let line = record::tree_line(&self.outline, value as usize, open, event, theme);
                    let indent = record::tree_indent(&self.outline, value as usize);
                    (value, line.wrapped(self.width, indent))
                }));
                parts.get(part as usize).cloned().unwrap_or_default()
            }
            Row::Record { start, end } => {
                let mut text = Text::own(&" ".repeat(record::INDENT), Role::Text, theme);
                let piece = &event.record.as_str()[start as usize..end as usize];
                text.push_entry(piece, theme.style(Role::Text), theme);
                text
            }
        };
        self.rows[lines].iter().map(text).collect()
    }

    /// What a line speaks of.
    pub fn subject(&self, line: usize, event: &Event) -> Option<Subject> {
        match *self.rows.get(line)? {
            Row::Made(number) => self.made[number as usize].subject.clone(),
            Row::Value { value, .. } => {
                Some(Subject::Pointer(self.outline.pointer(value as usize, event.record.node())))
            }
            Row::Record { .. } => None,
        }
    }

    /// The container of the record that a line folds.
    pub fn fold(&self, line: usize, event: &Event) -> Option<Pointer> {
        match *self.rows.get(line)? {
            Row::Value { value, part: 0, .. } if self.outline.size(value as usize)? > 0 => {
                Some(self.outline.pointer(value as usize, event.record.node()))
            }
            _ => None,
        }
    }

    /// The lines that hold a text, folded as [`text::fold`] does: of what is broken into several, the
    /// first; of the record verbatim, those in which it begins.
    pub fn hits(&self, wanted: &str, event: &Event, theme: &Theme) -> Vec<usize> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let holds = |whole: &str| text::folded(whole).contains(wanted);
        let record = event.record.as_str();
        let hit = |row: &Row| match *row {
            Row::Made(number) => holds(&self.made[number as usize].whole),
            Row::Value { part: 1.., .. } => false,
            Row::Value { value, open, .. } => {
                let at = value as usize;
                if self.outline.size(at).is_some() {
                    return holds(&record::tree_line(&self.outline, at, open, event, theme).plain());
                }
                let node = event.record.node();
                holds(&self.outline.name(at, node)) || holds(self.outline.node(at, node).raw())
            }
            Row::Record { start, end } => {
                let (start, end) = (start as usize, end as usize);
                // As many characters more as may belong to what begins here.
                let behind = record[end..].char_indices().nth(wanted.chars().count());
                let reach = behind.map_or(record.len(), |(more, _)| end + more);
                let own = text::folded(&record[start..end]).len();
                text::folded(&record[start..reach]).find(wanted).is_some_and(|at| at < own)
            }
        };
        self.rows.iter().enumerate().filter(|(_, row)| hit(row)).map(|(line, _)| line).collect()
    }
}

/// A sheet being made.
pub struct Builder<'a> {
    /// What the lines depend on.
    pub context: Context<'a>,
    sheet: Sheet,
}

impl Builder<'_> {
    /// How many lines there are so far.
    pub fn count(&self) -> usize {
        self.sheet.count()
    }

    /// What the tree is drawn from.
    pub fn outline(&self) -> Arc<Outline> {
        self.sheet.outline.clone()
    }

    /// Adds lines of the record.
    pub fn rows(&mut self, rows: impl IntoIterator<Item = Row>) {
        self.sheet.rows.extend(rows);
    }

    /// Adds a line, broken where it is too wide, what follows indented.
    pub fn push(&mut self, text: &Text, indent: usize) {
        self.push_of(text, indent, None);
    }

    /// Adds a line of what it speaks of.
    pub fn push_of(&mut self, text: &Text, indent: usize, subject: Option<&Subject>) {
        let mut whole: Box<str> = text.plain().into();
        for text in text.wrapped(self.context.width, indent) {
            self.sheet.rows.push(Row::Made(self.sheet.made.len() as u32));
            let whole = std::mem::take(&mut whole);
            self.sheet.made.push(Made { text, subject: subject.cloned(), whole });
        }
    }

    /// Adds an empty line.
    pub fn blank(&mut self) {
        self.push(&Text::new(), 0);
    }

    /// Adds a section's heading, apart from what stands above.
    pub fn heading(&mut self, words: &str, note: &str) {
        if self.count() > 0 {
            self.blank();
        }
        let theme = self.context.theme;
        self.push(&Text::own(words, Role::Label, theme).and(note, Role::Dim, theme), 0);
    }
}
