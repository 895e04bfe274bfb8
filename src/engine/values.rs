//! The values of a field that begin with a text, for completing what is typed.
//!
//! The server never counts more values than fit on this side, and counts them once for a text that
//! goes on.

use std::sync::{Arc, PoisonError};

use super::Error;
use super::ask::{Asker, Matching, Unwanted, shown};
use super::column::text_column;
use super::condition::folded;
use super::literal::literal;
use super::schema::ENTRIES;
use crate::event::field::Field;
use crate::interval::Interval;

impl Asker {
    /// The commonest values of a field that begin with a text (compared folded), and how many entries
    /// of the window have each; at most `most`, ties by value.
    ///
    /// What was found is kept, so that a text that goes on is answered without another question.
    /// Where too many values begin so, the server does not count them: that is refused until more of
    /// the text is there.
    pub fn values(
        &self,
        field: Field,
        prefix: &str,
        window: Interval,
        most: usize,
        unwanted: Unwanted<'_>,
    ) -> Result<Vec<(Box<str>, u64)>, Error> {
        self.look(unwanted)?;
        let prefix = crate::text::fold(prefix);
        let begins = |value: &str| crate::text::fold(value).starts_with(&prefix);
        let known = {
            let learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
            let of = learnt.begun.as_ref().filter(|begun| begun.covers(field, window, &prefix));
            of.map(|begun| Arc::clone(&begun.values))
        };
        let values = match known {
            Some(values) => values,
            None => self.begun(field, &prefix, window, unwanted)?,
        };
        Ok(values.iter().filter(|(value, _)| begins(value)).take(most).cloned().collect())
    }

    /// All values of a field that begin with a folded text, the commonest first; more than a few
    /// thousand are refused.
    fn begun(
        &self,
        field: Field,
        prefix: &str,
        window: Interval,
        unwanted: Unwanted<'_>,
    ) -> Result<Arc<Counted>, Error> {
        let Some(value) = shown(field) else { return Ok(Arc::default()) };
        // Where the server cannot fold as is done here, all values are looked through here.
        let begins = folded_shown(field).map(|folded| format!("startsWith({folded}, {})", literal(prefix)));
        let asked = if begins.is_some() { prefix } else { "" };
        let all = Matching { condition: begins.unwrap_or_else(|| "1".to_owned()), window };
        let rows = format!("SELECT {value} AS v FROM {ENTRIES} WHERE {}", self.within(&all));
        // This ends as soon as there are too many; counting would not.
        let some = format!(
            "SELECT count() FROM (SELECT DISTINCT v FROM ({rows}) WHERE v != '' LIMIT {}) FORMAT RowBinary",
            self.most_values + 1
        );
        if self.number(&some, unwanted)? > self.most_values as u64 {
            return Err(Error::Cannot(format!(
                "more than {} values of `{}` begin so; type more of it",
                crate::text::counted(self.most_values as u64),
                field.name()
            )));
        }
        let sql = format!(
            "SELECT v, count() AS c FROM ({rows}) WHERE v != '' GROUP BY v ORDER BY c DESC, v FORMAT RowBinary"
        );
        let values = self.rows_of(&sql, unwanted, |reader| Ok((reader.text()?.into(), reader.u64()?)))?;
        let values = Arc::new(values);
        let begun = Begun { field, window, prefix: asked.to_owned(), values: Arc::clone(&values) };
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner).begun = Some(begun);
        Ok(values)
    }
}

/// Values and how many entries have each.
type Counted = Vec<(Box<str>, u64)>;

/// The values of a field that begin with a text.
#[derive(Debug)]
pub(super) struct Begun {
    field: Field,
    window: Interval,
    /// Folded.
    prefix: String,
    values: Arc<Counted>,
}

impl Begun {
    /// Whether all values that begin with this are among them.
    fn covers(&self, field: Field, window: Interval, prefix: &str) -> bool {
        self.field == field && self.window == window && prefix.starts_with(&self.prefix)
    }
}

/// The folded text of [`shown`], where the server folds as [`crate::text::fold`] does.
fn folded_shown(field: Field) -> Option<String> {
    let either =
        |first: &str, second: &str| format!("if({first} != '', {}, {})", folded(first), folded(second));
    match field {
        Field::Actor => Some(either("actor_name", "actor_id")),
        Field::Target => Some(either("target_name", "target_id")),
        field => text_column(field).map(|(_, name)| folded(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Batch, Ledger};
    use crate::engine::Engine;
    use crate::engine::laws::{address, never, part, server::Server};
    use crate::event::{Actor, Event};
    use crate::source::Source;
    use crate::store::laws::given::plain_event;

    /// Actors `İda0`, `İda1`, … of which each has acted once more than the one before.
    fn acted(names: usize) -> Vec<Event> {
        let mut events = Vec::new();
        for name in 0..names {
            for _ in 0..=name {
                let number = events.len() as u32;
                let actor = Actor { name: Some(format!("İda{name}")), ..Actor::default() };
                events.push(Event { actor, ..plain_event(number, i64::from(number)) });
            }
        }
        events
    }

    #[test]
    fn values_are_counted_once_and_too_many_are_refused_until_more_is_typed() {
        let Some(server) = Server::shared() else { return };
        let engine = Arc::new(Engine::new(address(server), None).expect("an address"));
        let mut ledger = engine.open().expect("it opens");
        let part = part("prod");
        ledger.append(&[Batch::of(&part, &acted(12))]).expect("written");
        let asker = engine.asker(&[Arc::new(Source::new("prod", "p"))], &[]).fetching(5);
        let values = |prefix: &str| asker.values(Field::Actor, prefix, Interval::ALL, 2, &never);

        let refused = values("i\u{307}da").expect_err("there are twelve");
        assert!(refused.to_string().contains("more than 5 values of `actor`"), "{refused}");
        let found = values("İDA1").expect("there are three");
        assert_eq!(found, [("İda11".into(), 12), ("İda10".into(), 11)]);
        // What goes on is answered from what is known; one question only looks whether that still holds.
        let asked = engine.client.asked();
        assert_eq!(values("i\u{307}da10").expect("one"), [("İda10".into(), 11)]);
        assert_eq!(values("i\u{307}da1x").expect("none"), []);
        assert_eq!(engine.client.asked() - asked, 2);
        assert_eq!(values("ida10").expect("none folds so"), []);
        // Until something is written.
        ledger.append(&[Batch::of(&part, &acted(13))]).expect("written");
        assert_eq!(values("i\u{307}da12").expect("one"), [("İda12".into(), 13)]);
    }
}
