//! What can happen to the explorer: everything that `update` is told.
//!
//! Not here: how it came to be known (`app`).

use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::answer::Answer;
use crate::event::{Event, Identity};
use crate::fetch::Update;
use crate::interval::Interval;
use crate::store::{Snapshot, Untold};
use crate::timestamp::Timestamp;

use super::study::{Slot, Studied};
use super::theme::Background;
use super::trace::Trace;

/// One thing that happened.
#[derive(Debug)]
pub enum Message {
    /// The terminal was used.
    Input(Input),
    /// A source told something. The events of a page are in the store already (the page's own list
    /// is empty); `snapshot` is the store with them.
    Fetched {
        /// What the source told.
        update: Update,
        /// The store since, where it changed.
        snapshot: Option<Arc<Snapshot>>,
    },
    /// A source has fetched as many entries as it may at once (`max_events`) and pauses; resuming
    /// allows as many more.
    Full {
        /// The source's name.
        source: Arc<str>,
        /// How many entries came of it in this fetch.
        came: usize,
    },
    /// Every part of the present fetch has ended; nothing more comes of it.
    Over,
    /// What came so far spans this time, and the window follows it (files: from the oldest entry to
    /// one microsecond after the newest) until the user looks at another.
    Spans(Interval),
    /// A question was answered.
    Answered {
        /// The number that the question bore; only the newest one's answer counts.
        generation: u64,
        /// The answer.
        answer: Box<Answer>,
    },
    /// A study is done; only the newest one of its slot counts.
    Studied {
        /// The number that the study bore.
        number: u64,
        /// What was found.
        studied: Box<Studied>,
    },
    /// A question was not answered.
    Unanswered {
        /// The number that the question bore.
        generation: u64,
        /// Why, made visible.
        why: String,
    },
    /// A study was not done.
    Unstudied {
        /// The number that the study bore.
        number: u64,
        /// What it was for.
        slot: Slot,
        /// Why, made visible.
        why: String,
    },
    /// What is fetched besides the walks (single records, a record's earlier entries) told of a
    /// request or a wait.
    Aside(Update),
    /// A single record came, or not. Where it came, and its entry is a row, it is in the store already.
    Single {
        /// The entry that it was asked for.
        identity: Identity,
        /// The entry in full, or why not.
        result: Result<Box<Event>, String>,
        /// The store since.
        snapshot: Option<Arc<Snapshot>>,
    },
    /// The list rows that say nothing of their changes were counted.
    Untold {
        /// The number that the question bore.
        number: u64,
        /// How many, and the newest of them.
        untold: Box<Untold>,
    },
    /// A record's history was put together.
    Traced {
        /// The number that the question bore.
        number: u64,
        /// The history.
        trace: Arc<Trace>,
    },
    /// What was fetched for a record's history came, or not.
    Earlier {
        /// The number that the question bore.
        number: u64,
        /// The entries, or why not.
        result: Result<Vec<Event>, String>,
    },
    /// A text was copied, or not: what to tell the user.
    Copied {
        /// The text; empty where there was none to copy.
        text: String,
        /// What became of it.
        handed: Handed,
    },
    /// A file was written, or not.
    Wrote {
        /// What it is, in words.
        what: &'static str,
        /// Where it is now, or why it is not.
        result: Result<String, String>,
    },
    /// How an export goes.
    Exported(Exported),
    /// What the archive lacks of what was fetched; only the newest such news counts.
    Lacking(Lacking),
    /// It was to be left, and this would be lost.
    WouldLose(Lacking),
    /// How keeping them goes.
    Keeping(Keeping),
    /// A config was written and its source checked, or not: the source's name, or why not.
    Configured(Result<String, String>),
    /// The instant that an effect asked to be woken at has come.
    Woke,
}

/// What the terminal tells: key presses (already joined where a slow link split an escape sequence),
/// and what it is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed.
    Key(KeyEvent),
    /// A text was pasted.
    Paste(String),
    /// The mouse was used.
    Mouse(MouseEvent),
    /// The terminal has another size: columns, rows.
    Resize(u16, u16),
    /// The terminal told its background; `None`: it was asked, and did not answer in time.
    Background(Option<Background>),
}

/// How a text was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// It is in the clipboard: confirmed. By which way.
    Copied(String),
    /// It was sent on its way, and no answer can come back. By which way.
    Sent(String),
    /// It was not. Why.
    Failed(String),
}

/// How an export goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exported {
    /// So many entries of so many are written.
    Going {
        /// Written.
        written: usize,
        /// Of so many.
        of: usize,
    },
    /// It is whole.
    Done {
        /// The file.
        path: String,
        /// How many entries.
        written: usize,
    },
    /// It was stopped; nothing is left of it.
    Cancelled,
    /// It failed; why.
    Failed(String),
}

/// What the archive lacks of what was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lacking {
    /// How many entries.
    pub count: usize,
    /// Why what is fetched is kept no more, where it was to be.
    pub failure: Option<String>,
    /// Rises with each change.
    pub version: u64,
}

/// How it goes to keep in the archive what was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeping {
    /// So many entries of so many are written.
    Going {
        /// Written.
        written: usize,
        /// Of so many.
        of: usize,
    },
    /// All are there.
    Done {
        /// How many.
        written: usize,
    },
    /// It was stopped; so many are there.
    Stopped {
        /// How many.
        written: usize,
    },
    /// It failed; why.
    Failed(String),
}

/// The time that `update` goes by, handed in by the loop with every message.
pub type Now = Timestamp;
