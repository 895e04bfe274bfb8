//! Records of known systems read from lines, quickly: what [`Registry::recognise`] and
//! [`Mapping::event`] make of them, without building anything on the way.
//!
//! What is odd (see `json::split`) or no known system's record is left to these two, which read
//! anything. A property test holds both ways equal.
//!
//! [`Registry::recognise`]: super::registry::Registry::recognise
//! [`Mapping::event`]: super::mapping::Mapping::event

use std::sync::Arc;

use super::Provider;
use super::mapping::{Columns, Context, Entry, Error, Plan, Told};
use super::registry::{Recognition, weigh};
use crate::event::Rank;
use crate::event::field::FieldSet;
use crate::json::Pointer;
use crate::json::split::{Place, Split, Splitter};

/// Reads lines of a log. It learns as it goes: one a thread.
#[derive(Debug, Clone)]
pub struct QuickReader {
    splitter: Splitter,
    systems: Vec<System>,
    /// Whether the user says whose the records are.
    named: bool,
    /// Keys that no system's record bears all of.
    foreign: Vec<Box<str>>,
    /// Whose the records of each shape are.
    owners: Vec<Owner>,
}

/// A system, ready to read its records.
#[derive(Debug, Clone)]
struct System {
    provider: Arc<Provider>,
    context: Context,
    plan: Plan,
}

/// What came of a line.
#[derive(Debug)]
pub enum Reading<'r> {
    /// Its texts were told, and this is the rest.
    Told(Told),
    /// It could not be told text by text, and none was.
    Whole(Box<Entry<'r>>),
}

/// Whose a record is.
#[derive(Debug, Clone, Copy)]
enum Owner {
    /// Not asked yet.
    Unknown,
    /// The system's of this number.
    System(usize),
    /// It must be read the other way.
    Other,
}

impl QuickReader {
    /// Reads records of whichever of these systems wrote them; their entries bear `source`. What
    /// bears all of the keys `foreign` is no system's record.
    pub fn new(
        providers: impl IntoIterator<Item = Arc<Provider>>,
        source: &Arc<str>,
        foreign: &[&str],
    ) -> Self {
        let systems: Vec<System> =
            providers.into_iter().map(|provider| System::new(provider, source)).collect();
        let pointers = systems
            .iter()
            .flat_map(|system| system.plan.pointers().iter().chain(&system.provider.markers))
            .filter_map(opened);
        let mut opened: Vec<Box<str>> = pointers.map(Into::into).collect();
        opened.sort_unstable();
        opened.dedup();
        Self {
            splitter: Splitter::new(opened),
            systems,
            named: false,
            foreign: foreign.iter().map(|key| (*key).into()).collect(),
            owners: Vec::new(),
        }
    }

    /// Reads records of one system that the user names: all that are not foreign are its own.
    pub fn named(provider: Arc<Provider>, source: &Arc<str>, foreign: &[&str]) -> Self {
        Self { named: true, ..Self::new([provider], source, foreign) }
    }

    /// Reads records of one system, all of them its own, whose entries have this in common.
    pub fn within(provider: Arc<Provider>, context: &Context) -> Self {
        let mut reader = Self::named(provider, &context.source, &[]);
        for system in &mut reader.systems {
            system.context = context.clone();
        }
        reader
    }

    /// The entry of a line, an object without white space around it; the error is the record's, as
    /// [`Mapping::event`](super::mapping::Mapping::event) has it. `None`: read it the other way.
    pub fn entry<'r>(&'r mut self, line: &'r str) -> Option<Result<Entry<'r>, Error>> {
        self.glimpse(line, FieldSet::ALL)
    }

    /// The same, but of the entry's fields only those asked for are sure to be there, and its time,
    /// status, class and record.
    pub fn glimpse<'r>(&'r mut self, line: &'r str, asked: FieldSet) -> Option<Result<Entry<'r>, Error>> {
        let (split, system) = self.owned(line)?;
        let System { context, plan, .. } = system;
        Some(plan.entry(split, context, asked))
    }

    /// As [`Self::entry`], but tells the entry text by text where that can be done.
    pub fn tell<'r>(
        &'r mut self,
        line: &'r str,
        columns: &mut impl Columns,
    ) -> Option<Result<Reading<'r>, Error>> {
        let (split, System { context, plan, .. }) = self.owned(line)?;
        Some(match plan.tell(split, context, columns) {
            Some(told) => told.map(Reading::Told),
            None => plan.entry(split, context, FieldSet::ALL).map(|entry| Reading::Whole(entry.into())),
        })
    }

    /// A line taken apart, and whose it is.
    #[inline]
    fn owned<'a>(&mut self, line: &'a str) -> Option<(Split<'_, 'a>, &mut System)> {
        let split = self.splitter.split(line)?;
        let shape = split.shape();
        if self.owners.len() <= shape {
            self.owners.resize(shape + 1, Owner::Unknown);
        }
        if matches!(self.owners[shape], Owner::Unknown) {
            self.owners[shape] = owner(&split, &self.systems, self.named, &self.foreign);
        }
        let Owner::System(system) = self.owners[shape] else { return None };
        Some((split, &mut self.systems[system]))
    }
}

impl System {
    fn new(provider: Arc<Provider>, source: &Arc<str>) -> Self {
        let context = Context {
            source: Arc::clone(source),
            provider: provider.name.as_ref().into(),
            workspace: None,
            rank: Rank::ListRow,
        };
        Self { plan: Plan::new(&provider.mapping), context, provider }
    }
}

/// The key whose object must be opened to follow a pointer.
fn opened(pointer: &Pointer) -> Option<&str> {
    match pointer.tokens() {
        [first, _, ..] => Some(first),
        _ => None,
    }
}

/// Whose the records of a line's shape are.
fn owner(split: &Split<'_, '_>, systems: &[System], named: bool, foreign: &[Box<str>]) -> Owner {
    if !foreign.is_empty() && foreign.iter().all(|key| split.has(key)) {
        return Owner::Other;
    }
    if named {
        return Owner::System(0);
    }
    let markers = || systems.iter().flat_map(|system| &system.provider.markers);
    if markers().any(|marker| depends_on_the_line(split.place(marker), marker)) {
        return Owner::Other;
    }
    let bears = |marker: &Pointer| matches!(split.place(marker), Place::Member(_) | Place::Whole);
    match weigh(systems.iter().map(|system| &system.provider), bears) {
        Recognition::Provider(found) => systems
            .iter()
            .position(|system| Arc::ptr_eq(&system.provider, &found))
            .map_or(Owner::Other, Owner::System),
        Recognition::Tie(_) | Recognition::None => Owner::Other,
    }
}

/// Whether a marker may be borne by one line of a shape and not by another: inside a value that is
/// not opened, which may be an array or, further down, an object. (What stands where an object is
/// opened is no object in this shape.)
fn depends_on_the_line(place: Place, marker: &Pointer) -> bool {
    let Place::Within { tokens, .. } = place else { return false };
    let is_index = marker.tokens()[usize::from(tokens)].bytes().all(|byte| byte.is_ascii_digit());
    tokens > 1 || is_index
}

#[cfg(test)]
mod tests;
