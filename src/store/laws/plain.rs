//! The plain meaning of a store: a list of events, looked through one by one.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::answer::stack::{ABSENT, NAMED, OTHERS, Stack, StackBy};
use crate::answer::{
    Anchor, Answer, Facet, FacetQuestion, FacetValue, Histogram, Order, Question, Row, RowId, Told,
};
use crate::event::field::Field;
use crate::event::{Event, Kind, Outcome};
use crate::interval::{BUCKETS, Interval};
use crate::store::Duplicates;
use crate::text;

#[derive(Debug, Clone)]
pub struct Plain {
    duplicates: Duplicates,
    /// In the order of arrival.
    rows: Vec<(RowId, Event)>,
}

impl Plain {
    pub fn new(duplicates: Duplicates) -> Self {
        Self { duplicates, rows: Vec::new() }
    }

    pub fn append(&mut self, batch: &[Event]) {
        self.take(batch, |known, event| event.rank >= known.rank);
    }

    pub fn append_older(&mut self, batch: &[Event]) {
        self.take(batch, |known, event| event.rank > known.rank);
    }

    fn take(&mut self, batch: &[Event], replaces: impl Fn(&Event, &Event) -> bool) {
        for event in batch {
            let known = match self.duplicates {
                Duplicates::KeepAll => None,
                Duplicates::KeepOne => {
                    self.rows.iter_mut().find(|(_, known)| known.identity == event.identity)
                }
            };
            match known {
                Some((_, known)) if replaces(known, event) => *known = event.clone(),
                Some(_) => {}
                None => self.rows.push((RowId(self.rows.len() as u64), event.clone())),
            }
        }
    }

    pub fn rows(&self) -> &[(RowId, Event)] {
        &self.rows
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many entries there ever were.
    pub fn ever(&self) -> usize {
        self.rows.len()
    }

    pub fn time_bounds(&self) -> Option<Interval> {
        let oldest = self.rows.iter().map(|(_, event)| event.time).min()?;
        let newest = self.rows.iter().map(|(_, event)| event.time).max()?;
        Some(Interval::new(oldest, newest.plus(1)))
    }

    pub fn answer(&self, question: &Question) -> Answer {
        let order = |a: &(RowId, Event), b: &(RowId, Event)| -> Ordering {
            let newest_first = a.1.newest_first(&b.1).then(a.0.cmp(&b.0));
            match question.order {
                Order::NewestFirst => newest_first,
                Order::OldestFirst => newest_first.reverse(),
            }
        };
        let mut matching: Vec<&(RowId, Event)> = self
            .rows
            .iter()
            .filter(|(_, event)| question.window.contains(event.time) && question.filter.matches(event))
            .collect();
        matching.sort_by(|a, b| order(a, b));
        let wider = question.among.clone().unwrap_or_else(|| Arc::clone(&question.filter));
        let mut listed: Vec<&(RowId, Event)> = self
            .rows
            .iter()
            .filter(|(_, event)| question.window.contains(event.time) && wider.matches(event))
            .collect();
        listed.sort_by(|a, b| order(a, b));
        let first_by_time: Vec<RowId> = listed.iter().map(|(id, _)| *id).collect();
        if let Some(sort) = question.sort {
            listed.sort_by(|(_, a), (_, b)| sorted(sort, a, b));
        }

        let mut answer = Answer { matched: matching.len(), loaded: self.rows.len(), ..Answer::default() };
        for (_, event) in &matching {
            answer.classes[event.class().index()] += 1;
        }
        answer.listed = listed.len();
        answer.sorted = question.sort.map(|_| listed.len());
        answer.rows = listed
            .iter()
            .skip(question.rows.start)
            .take(question.rows.len())
            .map(|(id, event)| Row { id: *id, event: event.clone().into() })
            .collect();
        answer.place = question.locate.and_then(|anchor| match anchor {
            Anchor::Row(id) if question.sort.is_some() => listed.iter().position(|(known, _)| *known == id),
            Anchor::Row(id) => {
                let row = self.rows.iter().find(|(known, _)| *known == id)?;
                Some(listed.iter().filter(|other| order(other, row) == Ordering::Less).count())
            }
            Anchor::Time(time) if question.sort.is_some() => {
                let event =
                    |id: &&RowId| &self.rows.iter().find(|(known, _)| known == *id).expect("listed").1;
                let found = first_by_time.iter().find(|id| match question.order {
                    Order::NewestFirst => event(id).time <= time,
                    Order::OldestFirst => event(id).time >= time,
                });
                Some(
                    found
                        .and_then(|id| listed.iter().position(|(known, _)| known == id))
                        .unwrap_or(listed.len()),
                )
            }
            Anchor::Time(time) => Some(
                listed
                    .iter()
                    .position(|(_, event)| match question.order {
                        Order::NewestFirst => event.time <= time,
                        Order::OldestFirst => event.time >= time,
                    })
                    .unwrap_or(listed.len()),
            ),
        });
        answer.histogram = question.histogram.map(|window| {
            let mut histogram = Histogram::empty(window);
            for (_, event) in &matching {
                histogram.count(event.time, event.class());
            }
            histogram
        });
        let events: Vec<&Event> = matching.iter().map(|(_, event)| event).collect();
        let inside: Vec<&Event> = self
            .rows
            .iter()
            .map(|(_, event)| event)
            .filter(|event| question.window.contains(event.time))
            .collect();
        if let (Some(window), Some(by)) = (question.histogram, question.stack) {
            answer.stack = Some(stack(by, window, &events));
        }
        if let (Some(window), true) = (question.histogram, question.volume) {
            let mut volume = vec![0; BUCKETS];
            for bucket in inside.iter().filter_map(|event| window.bucket(event.time)) {
                volume[bucket] += 1;
            }
            answer.volume = Some(volume);
        }
        answer.told = question.told.as_ref().map(|filter| {
            let of: Vec<_> = inside.iter().filter(|event| filter.matches(event)).collect();
            Told { known: of.iter().filter(|event| Told::by(event)).count(), of: of.len() }
        });
        answer.facets = question.facets.iter().map(|asked| facet(asked, &events)).collect();
        answer
    }

    pub fn values(&self, field: Field, prefix: &str, limit: usize) -> Vec<(Box<str>, u64)> {
        let events: Vec<&Event> = self.rows.iter().map(|(_, event)| event).collect();
        let mut values = facet(&FacetQuestion { field, top: usize::MAX }, &events).values;
        values.retain(|value| text::fold(&value.value).starts_with(&text::fold(prefix)));
        values.into_iter().take(limit).map(|value| (value.value, value.count)).collect()
    }
}

/// Two events by the values of a field; those without one last.
fn sorted(sort: crate::answer::Sort, a: &Event, b: &Event) -> Ordering {
    let key = |event: &Event| {
        let texts = values(sort.field, event).unwrap_or_default();
        let numeric = matches!(sort.field, Field::Status | Field::Latency);
        let mut keys: Vec<(u128, String, String)> = texts
            .into_iter()
            .map(|text| {
                let number = text.parse::<f64>().ok().filter(|_| numeric);
                let address = crate::query::parse::address(&text).filter(|_| sort.field == Field::Ip);
                let whole = match (number, address) {
                    // The order of numbers as that of their bits.
                    (Some(number), _) => {
                        let bits = number.to_bits();
                        u128::from(if bits >> 63 == 1 { !bits } else { bits | 1 << 63 })
                    }
                    (None, Some(std::net::IpAddr::V4(v4))) => u128::from(v4.to_bits()),
                    (None, Some(std::net::IpAddr::V6(v6))) => v6.to_bits(),
                    (None, None) => u128::MAX,
                };
                (whole, text::fold(&text), text)
            })
            .collect();
        keys.sort();
        if sort.descending { keys.pop() } else { keys.into_iter().next() }
    };
    match (key(a), key(b)) {
        (Some(a), Some(b)) if sort.descending => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

/// The values of a field that an event is counted under; `None` where the field is not counted.
pub fn values(field: Field, event: &Event) -> Option<BTreeSet<String>> {
    Some(match field {
        Field::Time | Field::Raw | Field::Has => return None,
        Field::Is => Kind::ALL
            .into_iter()
            .filter(|kind| event.kinds.contains(*kind))
            .map(|kind| kind.name().to_owned())
            .collect(),
        Field::Changes => event
            .changes
            .iter()
            .flatten()
            .map(|change| change.path.clone())
            .filter(|path| !path.is_empty())
            .collect(),
        _ => event
            .text(field)
            .filter(|text| !text.is_empty())
            .map(std::borrow::Cow::into_owned)
            .into_iter()
            .collect(),
    })
}

fn stack(by: StackBy, window: Interval, events: &[&Event]) -> Stack {
    let inside: Vec<&Event> = events.iter().copied().filter(|event| window.contains(event.time)).collect();
    let commonest = facet(&FacetQuestion { field: by.field(), top: NAMED }, &inside);
    let names: Vec<Box<str>> = commonest.values.into_iter().map(|value| value.value).collect();
    let mut stack = Stack { names, ..Stack::empty(by) };
    for event in inside {
        let Some(bucket) = window.bucket(event.time) else { continue };
        let value = event.text(by.field()).filter(|text| !text.is_empty());
        let part = value
            .map_or(ABSENT, |value| stack.names.iter().position(|name| **name == *value).unwrap_or(OTHERS));
        stack.counts[bucket][part] += 1;
    }
    stack
}

fn facet(asked: &FacetQuestion, events: &[&Event]) -> Facet {
    let mut counted: BTreeMap<String, FacetValue> = BTreeMap::new();
    let mut absent = 0;
    for event in events {
        let Some(values) = values(asked.field, event) else { continue };
        absent += u64::from(values.is_empty());
        for value in values {
            let entry = counted.entry(value.clone()).or_insert(FacetValue {
                value: value.into(),
                count: 0,
                failures: 0,
                first: event.time,
                last: event.time,
            });
            entry.count += 1;
            entry.failures += u64::from(event.outcome == Outcome::Failure);
            entry.first = entry.first.min(event.time);
            entry.last = entry.last.max(event.time);
        }
    }
    let distinct = counted.len();
    let mut values: Vec<FacetValue> = counted.into_values().collect();
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    values.truncate(asked.top);
    Facet { field: asked.field, values, distinct, absent }
}
