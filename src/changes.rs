//! What a later entry tells of an earlier one.
//!
//! A system that says only what a value *was* says with its next entry on the same path what the
//! value had *become*. [`Chain`] collects that from every entry that came, whether a filter hides
//! it or not, and fills in `after` (the contract's section 4).
//!
//! A whole record's history, with its state at each point, is `changes::history`.
//!
//! Not here: how a system's encoding becomes changes (`provider::changes`).

pub mod history;
pub mod state;
pub mod undo;

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use crate::event::field::Field;
use crate::event::{ChangeOp, Event, Identity, Rank};
use crate::json::Json;
use crate::query::{Expr, Glob, Query, Subject, Test};
use crate::timestamp::Timestamp;

/// Whether entries with one identity are one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Duplicates {
    /// They are: the higher rank stands, of equals the one that came last (what is fetched).
    #[default]
    KeepOne,
    /// They are not: nothing is dropped (what is read from files).
    KeepAll,
}

/// The known values of changed paths, by record. Holds memory only for entries with changes and for
/// single records.
#[derive(Debug, Default)]
pub struct Chain {
    duplicates: Duplicates,
    /// Numbers of records, so that their keys are held once.
    records: HashMap<RecordKey, u32>,
    paths: HashMap<(u32, Box<str>), Path>,
    noted: HashMap<Identity, Noted>,
    bytes: u64,
}

/// The thing that entries speak of. A target without an id has no chain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordKey {
    /// The source's name.
    pub source: Arc<str>,
    /// The fan-out value, where the source fans out.
    pub workspace: Option<Arc<str>>,
    /// The target's type.
    pub kind: Option<Box<str>>,
    /// The target's id, not empty.
    pub id: Box<str>,
}

impl RecordKey {
    /// What an entry speaks of; `None` where its target has no id.
    pub fn of(event: &Event) -> Option<Self> {
        let id = event.target.id.as_deref().filter(|id| !id.is_empty())?;
        Some(Self {
            source: event.source.clone(),
            workspace: event.workspace.clone(),
            kind: event.target.kind.as_deref().map(Into::into),
            id: id.into(),
        })
    }

    /// A filter that finds every entry on it. It may find a few more, since filters do not heed
    /// case and know no fan-out values: [`Self::of`] tells them apart.
    pub fn filter(&self) -> Query {
        let exact =
            |field, text: &str| Expr::leaf(Subject::Field(field), vec![Test::Whole(Glob::exact(text))]);
        let kind = match &self.kind {
            Some(kind) => exact(Field::TargetType, kind),
            None => Expr::leaf(Subject::Field(Field::TargetType), vec![Test::Present]).negated(),
        };
        let parts = [exact(Field::Source, &self.source), kind, exact(Field::TargetId, &self.id)];
        Query { expr: Expr::all_of(parts) }
    }
}

/// The order in which entries follow one another on a path: time, then id.
type Moment = (Timestamp, Box<str>);

/// What was known before each entry that changed the path; `None`: not known.
type Path = BTreeMap<Moment, (Identity, Option<Json>)>;

/// What was taken from an entry, so that a better copy can replace it.
#[derive(Debug)]
struct Noted {
    rank: Rank,
    moment: Moment,
    places: Vec<(u32, Box<str>)>,
}

/// A rough cost of a node in the maps, bytes.
const NODE: u64 = 96;

impl Chain {
    /// An empty chain.
    pub fn new(duplicates: Duplicates) -> Self {
        Self { duplicates, ..Self::default() }
    }

    /// Takes in an entry. A copy of one that is there already replaces it, unless it has a lower rank.
    pub fn note(&mut self, event: &Event) {
        let changes = event.changes.as_deref().unwrap_or_default();
        let by_identity = self.duplicates == Duplicates::KeepOne;
        if by_identity {
            if self.noted.get(&event.identity).is_some_and(|noted| noted.rank > event.rank) {
                return;
            }
            self.forget(event.identity);
        }
        // A single record without changes is remembered all the same: a list row may come after it.
        if changes.is_empty() && (event.rank == Rank::ListRow || !by_identity) {
            return;
        }
        let moment = moment(event);
        let mut places: Vec<(u32, Box<str>)> = Vec::new();
        if !changes.is_empty()
            && let Some(key) = RecordKey::of(event)
        {
            let record = self.record(key);
            for change in changes {
                let place = (record, change.path.as_str().into());
                self.bytes += NODE + 2 * change.path.len() as u64;
                self.bytes += change.before.as_ref().map_or(0, |before| before.as_str().len() as u64);
                // Undo operations are applied in their order: of two on one path the last one's value
                // is what there was before the entry.
                let path = self.paths.entry(place.clone()).or_default();
                path.insert(moment.clone(), (event.identity, change.before.clone()));
                if by_identity && !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        if by_identity {
            self.bytes += NODE;
            self.noted.insert(event.identity, Noted { rank: event.rank, moment, places });
        }
    }

    fn record(&mut self, key: RecordKey) -> u32 {
        let next = self.records.len() as u32;
        let bytes = NODE + key.id.len() as u64;
        *self.records.entry(key).or_insert_with(|| {
            self.bytes += bytes;
            next
        })
    }

    fn forget(&mut self, identity: Identity) {
        let Some(noted) = self.noted.remove(&identity) else {
            return;
        };
        self.bytes = self.bytes.saturating_sub(NODE);
        for place in noted.places {
            let Some(path) = self.paths.get_mut(&place) else {
                continue;
            };
            if path.get(&noted.moment).is_some_and(|(owner, _)| *owner == identity) {
                let before = path.remove(&noted.moment).and_then(|(_, before)| before);
                let freed =
                    NODE + 2 * place.1.len() as u64 + before.map_or(0, |before| before.as_str().len() as u64);
                self.bytes = self.bytes.saturating_sub(freed);
            }
            if path.is_empty() {
                self.paths.remove(&place);
            }
        }
    }

    /// Fills in `after` where it is not known and a replaced or added value is spoken of: with what the
    /// next later entry on the same record and just the same path had before. Where that entry does
    /// not say, it stays unknown: what still later entries had before is not what this one made.
    pub fn fill(&self, event: &mut Event) {
        let Some(changes) = &event.changes else {
            return;
        };
        let is_open = |change: &crate::event::Change| {
            change.after.is_none() && matches!(change.op, ChangeOp::Replace | ChangeOp::Add)
        };
        if !changes.iter().any(is_open) {
            return;
        }
        let Some(record) = RecordKey::of(event).and_then(|key| self.records.get(&key).copied()) else {
            return;
        };
        let moment = moment(event);
        for change in event.changes.iter_mut().flatten().filter(|change| is_open(change)) {
            let path = self.paths.get(&(record, change.path.as_str().into()));
            let next = path.and_then(|path| path.range((Bound::Excluded(&moment), Bound::Unbounded)).next());
            change.after = next.and_then(|(_, (_, before))| before.clone());
        }
    }

    /// About how much memory it holds.
    pub fn memory_bytes(&self) -> u64 {
        self.bytes
    }
}

fn moment(event: &Event) -> Moment {
    (event.time, event.id.as_deref().unwrap_or_default().into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::Change;
    use crate::query::generate::bare_event;

    fn change(op: ChangeOp, path: &str, before: Option<&str>) -> Change {
        Change { op, path: path.to_owned(), before: before.map(Json::from_text), after: None }
    }

    /// An entry on `record` at this second of a minute.
    fn entry(id: &str, second: u32, record: &str, changes: Vec<Change>) -> Event {
        let mut event = bare_event(id, &format!("2026-05-18T10:00:{second:02}Z"));
        event.target.kind = Some("project".to_owned());
        event.target.id = Some(record.to_owned());
        event.changes = Some(changes);
        event
    }

    fn after(chain: &Chain, event: &Event) -> Vec<Option<String>> {
        let mut event = event.clone();
        chain.fill(&mut event);
        let text =
            |change: &Change| change.after.as_ref().and_then(|after| after.node().text().map(Into::into));
        event.changes.iter().flatten().map(text).collect()
    }

    fn noted<'a>(events: impl IntoIterator<Item = &'a Event>) -> Chain {
        let mut chain = Chain::new(Duplicates::KeepOne);
        events.into_iter().for_each(|event| chain.note(event));
        chain
    }

    /// A value that is known.
    macro_rules! is {
        ($text:literal) => {
            Some($text.to_owned())
        };
    }

    #[test]
    fn the_next_later_entry_on_record_and_path_tells() {
        use ChangeOp::{Add, Move, Remove, Replace};
        let first = entry(
            "a",
            1,
            "p1",
            vec![change(Replace, "/name", Some("A")), change(Replace, "/role", Some("r"))],
        );
        let other = entry("b", 2, "p2", vec![change(Replace, "/name", Some("other record"))]);
        let below = entry("c", 3, "p1", vec![change(Replace, "/name/first", Some("other path"))]);
        let next = entry("d", 4, "p1", vec![change(Replace, "/name", Some("B"))]);
        let last = entry("e", 5, "p1", vec![change(Remove, "/name", Some("C"))]);
        let chain = noted([&last, &first, &below, &next, &other]);
        assert_eq!(after(&chain, &first), [is!("B"), None]);
        assert_eq!(after(&chain, &next), [is!("C")]);
        // What is removed has no after, and what nothing follows has none that is known.
        assert_eq!(after(&chain, &last), [None]);
        assert_eq!(after(&chain, &other), [None]);
        let added = entry("f", 0, "p1", vec![change(Add, "/name", None)]);
        assert_eq!(after(&noted([&added, &first]), &added), [is!("A")]);
        // The next later entry does not say what was before it; those after it do not count.
        assert_eq!(
            after(&noted([&first, &next, &entry("b", 2, "p1", vec![change(Add, "/name", None)])]), &first),
            [None, None]
        );
        let moved = entry("g", 0, "p1", vec![change(Move, "/name", None)]);
        assert_eq!(after(&noted([&moved, &first]), &moved), [None]);
    }

    #[test]
    fn entries_of_one_time_follow_one_another_by_id() {
        use ChangeOp::Replace;
        let a = entry("a", 1, "p", vec![change(Replace, "/x", Some("1"))]);
        let b = entry("b", 1, "p", vec![change(Replace, "/x", Some("2"))]);
        let chain = noted([&b, &a]);
        assert_eq!(after(&chain, &a), [is!("2")]);
        assert_eq!(after(&chain, &b), [None]);
    }

    #[test]
    fn records_are_told_apart_and_those_without_an_id_have_no_chain() {
        use ChangeOp::Replace;
        let a = entry("a", 1, "p", vec![change(Replace, "/x", Some("1"))]);
        let b = entry("b", 2, "p", vec![change(Replace, "/x", Some("2"))]);
        let alter = |change: fn(&mut Event)| {
            let mut b = b.clone();
            change(&mut b);
            after(&noted([&a, &b]), &a)
        };
        assert_eq!(alter(|_| ()), [is!("2")]);
        assert_eq!(alter(|b| b.source = "other".into()), [None]);
        assert_eq!(alter(|b| b.workspace = Some("ws".into())), [None]);
        assert_eq!(alter(|b| b.target.kind = None), [None]);
        assert_eq!(alter(|b| b.target.name = Some("renamed".into())), [is!("2")]);
        let (mut a, mut b) = (a.clone(), b.clone());
        (a.target.id, b.target.id) = (None, None);
        assert_eq!(after(&noted([&a, &b]), &a), [None]);
    }

    #[test]
    fn a_richer_copy_replaces_a_poorer_one_and_not_the_other_way() {
        use ChangeOp::Replace;
        let a = entry("a", 1, "p", vec![change(Replace, "/x", Some("1"))]);
        let mut row = entry("b", 2, "p", Vec::new());
        row.changes = None;
        let mut single = entry("b", 2, "p", vec![change(Replace, "/x", Some("2"))]);
        single.rank = Rank::Single;
        assert_eq!(after(&noted([&a, &row, &single]), &a), [is!("2")]);
        assert_eq!(after(&noted([&a, &single, &row]), &a), [is!("2")]);
        // A single record that says that nothing changed stands above a row that says otherwise.
        let mut nothing = single.clone();
        nothing.changes = Some(Vec::new());
        let claims = entry("b", 2, "p", vec![change(Replace, "/x", Some("claimed"))]);
        assert_eq!(after(&noted([&a, &nothing, &claims]), &a), [None]);
        assert_eq!(after(&noted([&a, &claims, &nothing]), &a), [None]);
        // Of equals the last.
        let mut again = claims.clone();
        again.changes = Some(vec![change(Replace, "/x", Some("again"))]);
        assert_eq!(after(&noted([&a, &claims, &again]), &a), [is!("again")]);
    }

    #[test]
    fn a_known_after_stands() {
        use ChangeOp::Replace;
        let mut a = entry("a", 1, "p", vec![change(Replace, "/x", Some("1"))]);
        a.changes.as_mut().expect("changes")[0].after = Some(Json::from_text("said"));
        let b = entry("b", 2, "p", vec![change(Replace, "/x", Some("2"))]);
        assert_eq!(after(&noted([&a, &b]), &a), [is!("said")]);
    }

    proptest! {
        #[test]
        fn the_same_whatever_the_order_and_as_by_looking_at_all(
            entries in prop::collection::vec((0u32..6, 0usize..2, 0usize..3, prop::option::of("[a-c]")), 1..12)
                .prop_shuffle(),
        ) {
            let events: Vec<Event> = entries.iter().enumerate().map(|(number, (second, record, path, before))| {
                entry(&format!("id{number:02}"), *second, ["p", "q"][*record],
                    vec![change(ChangeOp::Replace, ["/x", "/y", "/x/y"][*path], before.as_deref())])
            }).collect();
            let chain = noted(&events);
            let backwards = noted(events.iter().rev());
            for event in &events {
                let path = &event.changes.as_ref().expect("changes")[0].path;
                let expected = events.iter()
                    .filter(|other| (other.time, &other.id) > (event.time, &event.id))
                    .filter(|other| other.target.id == event.target.id)
                    .filter(|other| &other.changes.as_ref().expect("changes")[0].path == path)
                    .min_by_key(|other| (other.time, other.id.clone()))
                    .and_then(|other| other.changes.as_ref().expect("changes")[0].before.clone())
                    .and_then(|before| before.node().text().map(String::from));
                prop_assert_eq!(after(&chain, event), [expected.clone()]);
                prop_assert_eq!(after(&backwards, event), [expected]);
            }
        }
    }
}
