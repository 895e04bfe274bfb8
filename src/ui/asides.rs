//! What is fetched besides the walks of the window (single records, a record's earlier entries) and
//! has to wait for the server.
//!
//! Not here: fetching it (`update::singles`, `update::record`), and the walks' own waits (`feed`).

use crate::fetch::{Part, Update, Wait};
use crate::timestamp::Timestamp;

/// A wait before the next request.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Of which part.
    pub part: Part,
    /// Why.
    pub why: Wait,
    /// Until when.
    pub until: Timestamp,
    /// Which request comes next.
    pub attempt: u32,
}

/// The waits at present.
#[derive(Debug, Clone, Default)]
pub struct Asides(Vec<Waiting>);

impl Asides {
    /// Takes in what was told.
    pub fn take(&mut self, update: &Update) {
        match update {
            Update::Waiting { part, why, until, attempt } => {
                let (part, why, until, attempt) = (part.clone(), *why, *until, *attempt);
                self.0.push(Waiting { part, why, until, attempt });
            }
            Update::Resumed { part } => {
                // Several of one part may wait: what goes on is what was to wait the shortest.
                let own = self.0.iter().enumerate().filter(|(_, wait)| wait.part == *part);
                if let Some((at, _)) = own.min_by_key(|(_, wait)| wait.until) {
                    self.0.remove(at);
                }
            }
            _ => {}
        }
    }

    /// Nothing of the kind is under way any more.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The wait that ends first.
    pub fn next_wait(&self) -> Option<&Waiting> {
        self.0.iter().min_by_key(|wait| wait.until)
    }
}
