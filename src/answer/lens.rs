//! The lens: one value, or one actor, wherever it stands in the entries of any source.
//!
//! A lens is a filter, with the groups that it falls into: as actor, as target, as address …. Every
//! part of it is a filter that can be typed, so that it can be kept, narrowed and copied; whoever
//! answers questions answers it ([`Lens::ask`]). Compared is the whole value, as `field:value` does.
//!
//! Not here: which filter was in force before; a lens looks past it, over the whole window.

use std::sync::Arc;

use super::{Answer, FacetQuestion, FacetValue, Order, Question};
use crate::event::Actor;
use crate::event::field::Field;
use crate::interval::Interval;
use crate::query::parse::exact_test;
use crate::query::{Expr, Query, Subject};
use crate::text::counted;

/// The groups, in the order they are shown. `actor` stands for its name, id and e-mail address,
/// `target` for its name and id; together they are the fields that a bare word looks into.
pub const GROUPS: [Field; 15] = [
    Field::Actor,
    Field::Target,
    Field::Ip,
    Field::RequestId,
    Field::Id,
    Field::Action,
    Field::Method,
    Field::Endpoint,
    Field::ActorType,
    Field::TargetType,
    Field::Org,
    Field::Project,
    Field::Client,
    Field::UserAgent,
    Field::Message,
];

/// A value, or the values of one actor, and where they are looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Lens {
    /// What is looked for: one value, or an actor's id, name and e-mail address; no two alike.
    pub values: Vec<Box<str>>,
    /// Where, in the order of [`GROUPS`].
    pub groups: Vec<Group>,
}

/// One of the places where a lens looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The field.
    pub field: Field,
    /// Entries that have one of the values there.
    pub filter: Arc<Query>,
}

/// What a lens found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// All entries that have one of the values anywhere, oldest first, and the counts of them.
    pub answer: Answer,
    /// How many entries have one of the values in each field; an entry may count in several. In the
    /// order of the lens's groups, those with nothing too.
    pub groups: Vec<(Field, u64)>,
    /// How many of the entries each source has, most first.
    pub sources: Vec<FacetValue>,
}

impl Lens {
    /// The lens on one value of a field. A field that no bare word looks into (`status`, `source`)
    /// is looked at besides. `None` for an empty text.
    pub fn of_value(field: Field, value: &str) -> Option<Self> {
        Self::of_values(vec![value.into()], field)
    }

    /// The lens on an actor: its id, name and e-mail address together. `None` where it has none of
    /// them.
    pub fn of_actor(actor: &Actor) -> Option<Self> {
        let texts = [&actor.id, &actor.name, &actor.email].into_iter().flatten();
        Self::of_values(texts.map(|text| text.as_str().into()).collect(), Field::Actor)
    }

    fn of_values(mut values: Vec<Box<str>>, own: Field) -> Option<Self> {
        values.retain(|value| !value.is_empty());
        let mut known: Vec<String> = Vec::new();
        values.retain(|value| {
            let folded = crate::text::fold(value);
            let new = !known.contains(&folded);
            known.push(folded);
            new
        });
        if values.is_empty() {
            return None;
        }
        let mut fields = GROUPS.to_vec();
        let is_part = own.info().in_words || matches!(own, Field::Actor | Field::Target);
        if !is_part {
            fields.insert(0, own);
        }
        let group = |field: Field| {
            let tests: Vec<_> = values.iter().filter_map(|value| exact_test(field, value)).collect();
            let expr = Expr::leaf(Subject::Field(field), tests.clone());
            (!tests.is_empty()).then(|| Group { field, filter: Arc::new(Query { expr }) })
        };
        let groups = fields.into_iter().filter_map(group).collect();
        Some(Self { values, groups })
    }

    /// The filter that finds the values anywhere.
    pub fn filter(&self) -> Query {
        Query { expr: Expr::any_of(self.groups.iter().map(|group| group.filter.expr.clone())) }
    }

    /// The question for all entries of a window that it finds, oldest first, these rows of them.
    pub fn question(&self, window: Interval, rows: std::ops::Range<usize>) -> Question {
        Question {
            order: Order::OldestFirst,
            facets: vec![FacetQuestion { field: Field::Source, top: usize::MAX }],
            ..Question { rows, ..Question::newest(Arc::new(self.filter()), window, 0) }
        }
    }

    /// Asks whoever answers questions. `None` where one of them was cancelled.
    pub fn ask(
        &self,
        window: Interval,
        rows: std::ops::Range<usize>,
        mut answer: impl FnMut(&Question) -> Option<Answer>,
    ) -> Option<Found> {
        let mut whole = answer(&self.question(window, rows))?;
        let sources = whole.facets.pop().map(|facet| facet.values).unwrap_or_default();
        let groups: Option<Vec<(Field, u64)>> = self
            .groups
            .iter()
            .map(|group| {
                let question = Question::newest(Arc::clone(&group.filter), window, 0);
                Some((group.field, answer(&question)?.matched as u64))
            })
            .collect();
        Some(Found { answer: whole, groups: groups?, sources })
    }
}

impl Found {
    /// The groups in words: `as actor 41 · as target 3 · as ip 0`. Actor, target and address always,
    /// the others where they have any; those that have none last, so that they go where there is no
    /// room for all.
    pub fn words(&self) -> String {
        let always = |field| matches!(field, Field::Actor | Field::Target | Field::Ip);
        let (found, empty): (Vec<_>, Vec<_>) = self.groups.iter().copied().partition(|(_, count)| *count > 0);
        let shown = found.into_iter().chain(empty.into_iter().filter(|(field, _)| always(*field)));
        shown
            .map(|(field, count)| format!("as {} {}", field.name(), counted(count)))
            .collect::<Vec<_>>()
            .join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::Event;
    use crate::query::generate::{any_event, bare_event};
    use crate::query::parse::parse;
    use crate::store::{Duplicates, Store};
    use crate::timestamp::Timestamp;

    fn stored(events: Vec<Event>) -> Arc<crate::store::Snapshot> {
        let mut store = Store::with_duplicates(Duplicates::KeepAll);
        store.append(events);
        store.snapshot()
    }

    fn ask(lens: &Lens, events: Vec<Event>) -> Found {
        let snapshot = stored(events);
        lens.ask(Interval::ALL, 0..usize::MAX, |question| Some(snapshot.answer(question))).expect("answered")
    }

    #[test]
    fn every_field_of_the_words_is_looked_at() {
        let parts = |field: Field| match field {
            Field::Actor => vec![Field::ActorName, Field::ActorId, Field::ActorEmail],
            Field::Target => vec![Field::TargetName, Field::TargetId],
            other => vec![other],
        };
        let mut looked: Vec<Field> = GROUPS.into_iter().flat_map(parts).collect();
        let mut words: Vec<Field> = Field::words().collect();
        looked.sort_unstable();
        looked.dedup();
        words.sort_unstable();
        assert_eq!(looked, words);
    }

    #[test]
    fn a_value_is_found_wherever_it_stands_oldest_first() {
        let at = |id: &str, minute: u32, set: fn(&mut Event)| {
            let mut event = bare_event(id, &format!("2026-05-18T10:{minute:02}:00Z"));
            set(&mut event);
            event
        };
        let events = vec![
            at("1", 5, |event| event.actor.name = Some("Alice".into())),
            at("2", 4, |event| event.target.id = Some("alice".into())),
            at("3", 3, |event| {
                event.actor.id = Some("alice".into());
                event.target.name = Some("alice".into());
                event.source = "other".into();
            }),
            at("4", 2, |event| event.actor.name = Some("alice2".into())),
            at("5", 1, |event| event.ip = Some("10.0.0.1".into())),
        ];
        let lens = Lens::of_value(Field::ActorName, "alice").expect("a value");
        let found = ask(&lens, events.clone());
        let ids: Vec<_> = found.answer.rows.iter().filter_map(|row| row.event.id.clone()).collect();
        assert_eq!(ids, ["3", "2", "1"]);
        assert_eq!(found.words(), "as actor 2 · as target 2 · as ip 0");
        let sources: Vec<_> = found.sources.iter().map(|source| (&*source.value, source.count)).collect();
        assert_eq!(sources, [("prod", 2), ("other", 1)]);

        let lens = Lens::of_value(Field::Ip, "10.0.0.1").expect("a value");
        assert_eq!(ask(&lens, events.clone()).words(), "as ip 1 · as actor 0 · as target 0");
        // A field that words do not look into is looked at itself.
        let lens = Lens::of_value(Field::Source, "other").expect("a value");
        assert_eq!(ask(&lens, events).words(), "as source 1 · as actor 0 · as target 0 · as ip 0");
        assert_eq!(Lens::of_value(Field::Actor, ""), None);
    }

    #[test]
    fn an_actor_is_its_id_name_and_email_together() {
        let actor = Actor {
            kind: Some("human".into()),
            id: Some("u_1".into()),
            name: Some("Alice".into()),
            email: Some("alice".into()),
        };
        let lens = Lens::of_actor(&actor).expect("an actor");
        assert_eq!(lens.values, ["u_1".into(), "Alice".into()]);
        let text = lens.filter().to_string();
        assert!(text.starts_with("actor:u_1,Alice OR target:u_1,Alice OR "), "{text}");
        assert_eq!(Lens::of_actor(&Actor { kind: Some("human".into()), ..Actor::default() }), None);
    }

    proptest! {
        #[test]
        fn a_lens_is_a_filter_that_can_be_typed_and_finds_what_its_groups_find(
            events in prop::collection::vec(any_event(), 1..12),
            field in prop::sample::select(vec![Field::ActorName, Field::Target, Field::Ip, Field::Message, Field::Status]),
            value in prop_oneof!["[abAB]{1,2}", any::<String>(), Just("10.0.0.1".to_owned())],
            borrowed in any::<bool>(),
        ) {
            let value = if borrowed { events[0].text(field).map_or(value, std::borrow::Cow::into_owned) } else { value };
            let events: Vec<Event> =
                events.into_iter().filter(|event| Interval::ALL.contains(event.time)).collect();
            let Some(lens) = Lens::of_value(field, &value) else {
                prop_assert!(value.is_empty());
                return Ok(());
            };
            let filter = lens.filter();
            let read = parse(&filter.to_string(), Timestamp::default());
            prop_assert_eq!(read.as_ref(), Ok(&filter));
            let found = ask(&lens, events.clone());
            let matching = |query: &Query| events.iter().filter(|event| query.matches(event)).count();
            prop_assert_eq!(found.answer.matched, matching(&filter));
            for (group, (field, count)) in lens.groups.iter().zip(&found.groups) {
                prop_assert_eq!(group.field, *field);
                prop_assert_eq!(*count, matching(&group.filter) as u64);
            }
            // Whatever has the value as it stands in a field of the words is found.
            for event in &events {
                let has = Field::words().any(|field| event.values(field).contains(&value.as_str()));
                prop_assert!(!has || filter.matches(event));
            }
        }
    }
}
