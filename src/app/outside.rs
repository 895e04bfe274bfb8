//! What the explorer asks of the program around it: other sources, files that it writes, what it
//! keeps between two runs, a first config.
//!
//! Not here: how these are done (`cli`, with the writers of the headless commands).

use std::path::Path;
use std::sync::Arc;

use super::runtime::origin::Origin;
use crate::event::Event;
use crate::interval::Interval;
use crate::ui::overlay::export::Order;
use crate::ui::overlay::welcome::form::NewSource;
use crate::ui::setup::{Open, Setup};

/// What is opened.
pub struct Opening {
    /// Where its entries come from.
    pub origin: Arc<dyn Origin>,
    /// The window, its end fixed; of files [`Interval::ALL`], until what they hold is known.
    pub window: Interval,
    /// The filter, already found to be right.
    pub filter: String,
    /// What the screen has to know of it.
    pub setup: Setup,
}

/// The program around the explorer. Each may take its time, and is called where that delays no key;
/// an error is a sentence for the user.
pub trait Outside: Send + Sync {
    /// Opens something else. The terminal is the user's meanwhile: a token's command may ask for
    /// something.
    fn open(&self, open: &Open) -> Result<Opening, String>;

    /// Writes a file that only its owner may read, whole or not at all; gives its path to be shown.
    fn write(&self, path: &Path, content: &[u8]) -> Result<String, String>;

    /// Exports entries, newest first; one that cannot be had ends it with that error. `goes_on` is told how many are written, and stops it by
    /// `false`; then nothing is left of the file, and the answer is `None`, else their number.
    fn export(
        &self,
        order: &Order,
        events: &mut dyn Iterator<Item = Result<Event, String>>,
        goes_on: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Option<usize>, String>;

    /// Keeps a text for the next run.
    fn keep(&self, text: &str) -> Result<(), String>;

    /// Writes a config with this one source and checks the source; an error says which of the two
    /// failed and what to fix.
    fn configure(&self, source: &NewSource) -> Result<(), String>;
}

/// Nothing is outside: every wish is refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nowhere;

/// Why [`Nowhere`] refuses.
const REFUSED: &str = "that is not possible here";

impl Outside for Nowhere {
    fn open(&self, _open: &Open) -> Result<Opening, String> {
        Err(REFUSED.to_owned())
    }

    fn write(&self, _path: &Path, _content: &[u8]) -> Result<String, String> {
        Err(REFUSED.to_owned())
    }

    fn export(
        &self,
        _order: &Order,
        _events: &mut dyn Iterator<Item = Result<Event, String>>,
        _goes_on: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Option<usize>, String> {
        Err(REFUSED.to_owned())
    }

    fn keep(&self, _text: &str) -> Result<(), String> {
        Err(REFUSED.to_owned())
    }

    fn configure(&self, _source: &NewSource) -> Result<(), String> {
        Err(REFUSED.to_owned())
    }
}
