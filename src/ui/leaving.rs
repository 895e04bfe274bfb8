//! What was fetched and is not in the archive, as far as the screen knows, and the question that it
//! makes of leaving: the explorer, or what is open for something else.
//!
//! Not here: keeping it (`crate::keep`), and what keys do (`update::leaving`).

use super::cells::grouped;
use super::message::Lacking;
use super::setup::{Open, Wish};

/// What is kept of what was fetched.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kept {
    /// What the archive lacks of it.
    pub lacking: Lacking,
    /// How far leaving is.
    pub leaving: Leaving,
    /// What is to be opened in place of what is, once that is left; `None`: the explorer ends.
    pub next: Option<Wish>,
}

/// How far leaving is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leaving {
    /// Nobody leaves, or nobody needs to be asked.
    #[default]
    Not,
    /// It was asked whether what was fetched is to be kept.
    Asked,
    /// So many entries of so many are written.
    Keeping {
        /// Written.
        written: usize,
        /// Of so many.
        of: usize,
        /// Whether the end of it is the end of the explorer.
        ends: bool,
    },
}

impl Kept {
    /// What the answer that keeps nothing does, in words: `drop 48,213`, `drop 48,213 and open pki`.
    pub fn drops(&self) -> String {
        let count = grouped(self.lacking.count as u64);
        let Some(Wish { open, .. }) = &self.next else { return format!("drop {count}") };
        let what = match open {
            Open::Sources(names) => names.join(" "),
            Open::File(path) => path.clone(),
            Open::Demo => "the demo".to_owned(),
        };
        format!("drop {count} and open {what}")
    }

    /// How far the writing is, in words.
    pub fn progress(&self) -> Option<String> {
        match self.leaving {
            Leaving::Keeping { written, of, .. } => {
                let [written, of] = [written, of].map(|count| grouped(count as u64));
                Some(format!("keeping {written} of {of}"))
            }
            Leaving::Not | Leaving::Asked => None,
        }
    }
}
