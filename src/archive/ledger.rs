//! What whoever writes entries down, or reads them back, needs of the place where they rest: the
//! archive on disk is one, a server may be another.
//!
//! The rules are those of [`Archive::append`]: an entry is kept once, the higher rank stands, of
//! equals the copy that comes last; and nothing is told as covered before its entries are there.
//!
//! Not here: how entries rest.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::{Appended, Archive, Batch, Checked, Error, Known, Loaded, Pruned, Status, Walk};
use crate::event::{Event, Identity};
use crate::interval::{Interval, IntervalSet};
use crate::provider::Provider;
use crate::source::Part;
use crate::timestamp::Timestamp;

/// What is held of some parts, newest first, piece by piece, each read when it is asked for.
pub type Loading = Box<dyn Iterator<Item = Result<Loaded, Error>> + Send>;

/// A place where entries rest. What blocks: everything here; call it on a thread that may wait.
pub trait Ledger: Send + fmt::Debug {
    /// How many entries are worth an [`append`](Self::append) of their own: those who append gather
    /// so many first, unless they come too slowly.
    fn worth_appending(&self) -> usize {
        1
    }

    /// Takes note of a source, or holds it to what is known of it: a name that now means another
    /// system is refused. An `origin` that is empty is not known.
    fn claim(&mut self, name: &str, provider: &str, origin: &str) -> Result<(), Error>;

    /// What is known of a source.
    fn known(&self, name: &str) -> Result<Option<Known>, Error>;

    /// Every source, by name.
    fn sources(&self) -> Result<Vec<Known>, Error>;

    /// The parts of a source that are held, by value.
    fn parts(&self, source: &str) -> Result<Vec<Part>, Error>;

    /// What of time is covered: of these stretches, all entries that the system had are here.
    fn coverage(&self, part: &Part) -> Result<IntervalSet, Error>;

    /// The walk of a part that was not finished.
    fn walk(&self, part: &Part) -> Result<Option<Walk>, Error>;

    /// Up to when the part was fetched whole by the last sync that ended well.
    fn whole_until(&self, part: &Part) -> Result<Option<Timestamp>, Error>;

    /// Takes in batches, all of them or after an error none that counts as covered. What became of
    /// each batch's entries comes back. The parts' sources must have been claimed.
    fn append(&mut self, batches: &[Batch<'_>]) -> Result<Vec<Appended>, Error>;

    /// The stretch of time in which all list rows of a part lie; `None`: there are none.
    fn list_rows(&self, part: &Part) -> Result<Option<Interval>, Error>;

    /// The entries of a part whose single record could not be had, and in how many syncs.
    fn without_single(&self, part: &Part) -> Result<HashMap<Identity, u32>, Error>;

    /// The single records of these could not be had, once more.
    fn note_without_single(&mut self, part: &Part, entries: &[Identity]) -> Result<(), Error>;

    /// What is held of some parts, each with the descriptor that it goes by.
    fn load(&self, parts: Vec<(Part, Arc<Provider>)>, window: Interval) -> Result<Loading, Error>;

    /// What is held, by source and value.
    fn status(&self) -> Result<Vec<Status>, Error>;

    /// Holds everything to what was stored. The error says what the first fault is.
    fn verify(&self) -> Result<Checked, Error>;

    /// Lets go of everything before an instant, and of what takes room without standing for anything.
    /// That time is then no longer covered.
    fn prune(&mut self, before: Timestamp) -> Result<Pruned, Error>;

    /// Which of a part's entries are not held, or in a copy that would give way to this one; all of
    /// them where that cannot be told without much ado.
    fn lacking(&self, _part: &Part, events: &[Event]) -> Result<Vec<Identity>, Error> {
        Ok(events.iter().map(|event| event.identity).collect())
    }

    /// The single record of an entry, read by its descriptor; `None` where only its list row is held,
    /// or nothing.
    fn single(
        &self,
        _part: &Part,
        _provider: &Provider,
        _identity: Identity,
    ) -> Result<Option<Event>, Error> {
        Ok(None)
    }
}

impl Ledger for Archive {
    fn claim(&mut self, name: &str, provider: &str, origin: &str) -> Result<(), Error> {
        self.claim(name, provider, origin)
    }

    fn known(&self, name: &str) -> Result<Option<Known>, Error> {
        self.known(name)
    }

    fn sources(&self) -> Result<Vec<Known>, Error> {
        self.sources()
    }

    fn parts(&self, source: &str) -> Result<Vec<Part>, Error> {
        self.parts(source)
    }

    fn coverage(&self, part: &Part) -> Result<IntervalSet, Error> {
        self.coverage(part)
    }

    fn walk(&self, part: &Part) -> Result<Option<Walk>, Error> {
        self.walk(part)
    }

    fn whole_until(&self, part: &Part) -> Result<Option<Timestamp>, Error> {
        self.whole_until(part)
    }

    fn append(&mut self, batches: &[Batch<'_>]) -> Result<Vec<Appended>, Error> {
        self.append(batches)
    }

    fn list_rows(&self, part: &Part) -> Result<Option<Interval>, Error> {
        self.list_rows(part)
    }

    fn without_single(&self, part: &Part) -> Result<HashMap<Identity, u32>, Error> {
        self.without_single(part)
    }

    fn note_without_single(&mut self, part: &Part, entries: &[Identity]) -> Result<(), Error> {
        self.note_without_single(part, entries)
    }

    fn load(&self, parts: Vec<(Part, Arc<Provider>)>, window: Interval) -> Result<Loading, Error> {
        Ok(Box::new(self.load(parts, window)?))
    }

    fn status(&self) -> Result<Vec<Status>, Error> {
        self.status()
    }

    fn verify(&self) -> Result<Checked, Error> {
        self.verify()
    }

    fn prune(&mut self, before: Timestamp) -> Result<Pruned, Error> {
        self.prune(before)
    }

    fn lacking(&self, part: &Part, events: &[Event]) -> Result<Vec<Identity>, Error> {
        self.lacking(part, events)
    }

    fn single(&self, part: &Part, provider: &Provider, identity: Identity) -> Result<Option<Event>, Error> {
        self.single(part, provider, identity)
    }
}
