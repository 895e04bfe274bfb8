//! The ways that entries come into a store by: as events, as rows with their records, and as rows
//! whose records rest elsewhere.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;

use super::plain::Plain;
use crate::event::{Event, Identity};
use crate::store::{
    Builder, Duplicates, Limits, RecordSource, Rest, Row, RowIdentity, RowRecord, Slot, Store,
};

#[derive(Debug, Clone, Copy)]
pub enum Way {
    Page,
    Rows,
    InFile,
    /// Every other record in a file.
    HalfInFile,
    /// As rows that are older copies than those that are there.
    Older,
}

pub fn way() -> impl Strategy<Value = Way> {
    select(vec![Way::Page, Way::Rows, Way::InFile, Way::HalfInFile, Way::Older])
}

#[derive(Debug)]
struct File(Vec<u8>);

impl RecordSource for File {
    fn read(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
        let start = usize::try_from(offset).ok()?;
        Some(self.0.get(start..(start + len).min(self.0.len()))?.to_vec())
    }
}

impl Way {
    /// What a plain list makes of it.
    pub fn note(self, plain: &mut Plain, events: &[Event]) {
        match self {
            Self::Older => plain.append_older(events),
            _ => plain.append(events),
        }
    }

    pub fn append(self, store: &mut Store, events: Vec<Event>, limits: Limits) {
        let mut bytes = Vec::new();
        let mut spans = Vec::new();
        for event in &events {
            let spaced = event.record.as_str().replace(',', ",  ");
            spans.push((bytes.len() as u64, spaced.len() as u32));
            bytes.extend(spaced.as_bytes());
            bytes.push(b'\n');
        }
        let source: Arc<dyn RecordSource> = Arc::new(File(bytes));
        let in_file = |number: usize| match self {
            Self::Page | Self::Rows | Self::Older => false,
            Self::InFile => true,
            Self::HalfInFile => number.is_multiple_of(2),
        };
        if matches!(self, Self::Page) {
            return store.append(events);
        }
        let add = |store: &mut Store, batch| match self {
            Self::Older => store.append_older(batch),
            _ => store.append_batch(batch),
        };
        let mut building = Builder::with_limits(limits, Some(Arc::clone(&source)));
        for (number, event) in events.iter().enumerate() {
            let mut row = Row::of_event(event);
            if in_file(number) {
                row.rest.record = RowRecord::At { offset: spans[number].0, len: spans[number].1 };
            }
            if !building.push(&row) {
                add(store, building.finish());
                assert!(building.push(&row), "an empty builder takes a row");
            }
        }
        add(store, building.finish());
    }
}

#[test]
fn an_identity_that_is_not_kept_is_the_one_that_the_mapping_gives() {
    let mut store = Store::with_duplicates(Duplicates::KeepAll);
    let events: Vec<Event> = (0..6)
        .map(|number| {
            let mut event = super::given::plain_event(number, number.into());
            event.workspace = (number % 2 == 0).then(|| "w".into());
            event.id = (number % 3 > 0).then(|| format!("id {number}"));
            event
        })
        .collect();
    for scoped in [false, true] {
        let mut builder = Builder::new();
        for event in &events {
            builder.push(&{
                let row = Row::of_event(event);
                Row { rest: Rest { identity: RowIdentity::Derived { scoped }, ..row.rest }, ..row }
            });
        }
        store.append_batch(builder.finish());
    }
    let snapshot = store.snapshot();
    for (number, event) in events.iter().cycle().enumerate().take(12) {
        let scope = event.workspace.as_deref().filter(|_| number >= 6);
        let expected = match &event.id {
            Some(id) => Identity::of_id(&event.source, scope, id),
            None => Identity::of_record(&event.source, scope, &event.record),
        };
        let held = snapshot.event(crate::answer::RowId(number as u64)).expect("it was put in");
        assert_eq!(held.identity, expected, "{number}");
        let located = snapshot.locate_identities(&[expected].into(), &|| false);
        assert!(located.is_some_and(|located| located.contains_key(&expected)));
        assert_eq!(Slot::Workspace.text(&held), event.workspace.as_deref());
    }
}
