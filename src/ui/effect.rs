//! What the explorer wants done: everything that `update` may ask of the world.
//!
//! Not here: doing it (`app::runtime`). An effect never waits; its result comes back as a
//! [`super::message::Message`].

use std::sync::Arc;

use crate::answer::Question;
use crate::changes::RecordKey;
use crate::event::Event;
use crate::fetch::Part;
use crate::interval::Interval;
use crate::query::Query;
use crate::timestamp::Timestamp;

use super::overlay::export::Order;
use super::overlay::welcome::form::NewSource;
use super::study::Study;

/// One thing to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Answer this question of the newest store; an older question still open is dropped.
    Ask {
        /// Comes back with the answer.
        generation: u64,
        /// The question.
        question: Question,
    },
    /// Look into the newest store for a layer; an older study of the same slot still open is dropped.
    Study {
        /// Comes back with what was found.
        number: u64,
        /// What to look for.
        study: Study,
    },
    /// Fetch this window, the filter pushed as far as the systems take it. It takes the place of the
    /// fetch before.
    Fetch {
        /// Of which time.
        window: Interval,
        /// What to push.
        push: Option<Arc<Query>>,
        /// Of which parts, and of each which time; `None`: the whole window of every source. A source
        /// of which nothing is known yet stands for all its parts.
        parts: Option<Vec<(Part, Interval)>>,
    },
    /// Begin no new request until told so.
    Pause,
    /// Go on.
    Resume,
    /// Stop fetching.
    CancelFetch,
    /// Fetch the single record of this entry.
    Single(Arc<Event>),
    /// Stop fetching single records; nothing comes of those that were under way.
    EndSingles,
    /// Ask the terminal for its background; the answer is an [`super::message::Input`].
    AskBackground,
    /// Capture the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Count the list rows that match and say nothing of their changes.
    Untold {
        /// Comes back with the answer.
        number: u64,
        /// Which entries.
        filter: Arc<Query>,
        /// Of which time.
        window: Interval,
        /// Of which sources: those whose systems have single records.
        sources: Vec<Arc<str>>,
    },
    /// Put a record's history together from the newest store.
    Trace {
        /// Comes back with the answer.
        number: u64,
        /// Which record.
        record: RecordKey,
        /// What was fetched of it besides.
        besides: Vec<Arc<Event>>,
    },
    /// Fetch a record's entries of a window, by the system's route for one record where it has one.
    /// They are for its history alone.
    Earlier {
        /// Comes back with the entries.
        number: u64,
        /// Which record.
        record: RecordKey,
        /// Of which time.
        window: Interval,
    },
    /// Stop what [`Effect::Earlier`] began.
    EndEarlier,
    /// Show this text outside the alternate screen until a key is pressed. Nothing in it is hostile.
    Page(String),
    /// Hand this text over by the clipboard's ways.
    Copy(String),
    /// Hand over the request that fetches this entry, as a command.
    CopyRequest(Arc<Event>),
    /// Write a file that only its owner may read.
    Write {
        /// Its path.
        path: String,
        /// What is in it.
        content: String,
        /// What it is, in words: `the picture`.
        what: &'static str,
    },
    /// Keep this text for the next run: saved views and the last session.
    Keep(String),
    /// Export what matches.
    Export(Order),
    /// Stop exporting.
    CancelExport,
    /// Keep in the archive what was fetched and it lacks.
    KeepFetched,
    /// Stop that.
    CancelKeeping,
    /// Write a config with one source, and check that source.
    WriteConfig(NewSource),
    /// Send [`super::message::Message::Woke`] at this instant (the earliest asked for counts).
    WakeAt(Timestamp),
    /// Stop the process until it is continued; then draw everything anew.
    Suspend,
    /// End with 0, unless something was fetched just now that would be lost unasked.
    Leave,
    /// End with this exit status.
    Quit(u8),
}
