//! Questions and their answers: counts, buckets, facets and stacks are a question to the server each.
//!
//! Not here: rows (`engine::rows`), and what a filter means (`engine::condition`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::column::{CHANGES, LATENCY, STATUS, text_column};
use super::condition::{Distinct, bit, condition};
use super::literal::{list, literal};
use super::schema::{ENTRIES, STATE, SUPERSEDED};
use super::values::Begun;
use super::wire::{Malformed, Reader};
use super::{Engine, Error, malformed};
use crate::answer::stack::{ABSENT, NAMED, OTHERS, Stack, StackBy};
use crate::answer::{Answer, Facet, FacetQuestion, FacetValue, Histogram, Question, Told};
use crate::event::field::Field;
use crate::event::{Class, Kind, Outcome};
use crate::interval::{BUCKETS, Interval};
use crate::query::Query;
use crate::timestamp::{DAY, Timestamp};

/// A column's distinct values are fetched where there are at most so many.
pub const MOST_VALUES: usize = 10_000;

/// Which entries are asked about, and what was learnt of them.
#[derive(Debug)]
pub struct Asker {
    pub(super) engine: Arc<Engine>,
    /// The rows of the sources that are open, as a condition.
    rows: String,
    pub(super) most_values: usize,
    pub(super) learnt: Mutex<Learnt>,
    pub(super) seen: Mutex<super::rows::Seen>,
}

/// What holds as long as nothing is written.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    version: Option<u64>,
    values: HashMap<(Interval, String), Distinct>,
    held: Option<u64>,
    pub(super) begun: Option<Begun>,
}

/// How long a call goes on.
pub type Unwanted<'a> = &'a dyn Fn() -> bool;

impl Asker {
    pub(super) fn new(engine: Arc<Engine>, rows: String) -> Self {
        let (learnt, seen) = (Mutex::default(), Mutex::default());
        Self { engine, rows, most_values: MOST_VALUES, learnt, seen }
    }

    /// The same with another bound on the distinct values that are fetched.
    #[cfg(test)]
    pub fn fetching(self, most_values: usize) -> Self {
        Self { most_values, ..self }
    }

    /// Answers a question; blocks. `unwanted` says that nobody waits for it any more.
    pub fn answer(&self, question: &Question, unwanted: Unwanted<'_>) -> Result<Answer, Error> {
        self.look(unwanted)?;
        let matching = self.matching(&question.filter, question.window, unwanted)?;
        let (classes, histogram) = self.classes(&matching, question.histogram, unwanted)?;
        let matched: u64 = classes.iter().sum();
        let mut answer = Answer {
            matched: matched as usize,
            classes,
            loaded: self.held(unwanted)? as usize,
            histogram,
            ..Answer::default()
        };
        let wider = question.among.as_ref().map(|filter| self.matching(filter, question.window, unwanted));
        let wider = wider.transpose()?;
        answer.listed = match &wider {
            Some(wider) => self.count(wider, unwanted)? as usize,
            None => answer.matched,
        };
        let listed = wider.as_ref().unwrap_or(&matching);
        self.list(question, listed, &mut answer, unwanted)?;
        if let Some(window) = question.histogram {
            if let Some(by) = question.stack {
                answer.stack = Some(self.stack(&matching, by, window, unwanted)?);
            }
            if question.volume {
                let all = Matching { condition: "1".to_owned(), window: question.window };
                let counts = self.classes(&all, Some(window), unwanted)?.1.map(|all| all.counts);
                answer.volume =
                    counts.map(|counts| counts.iter().map(|counts| counts.iter().sum()).collect());
            }
        }
        for asked in &question.facets {
            answer.facets.push(self.facet(&matching, asked, unwanted)?);
        }
        if let Some(filter) = &question.told {
            let matching = self.matching(filter, question.window, unwanted)?;
            answer.told = Some(self.told(&matching, unwanted)?);
        }
        Ok(answer)
    }

    /// What is there by now: what was learnt before something was written holds no more.
    pub(super) fn look(&self, unwanted: Unwanted<'_>) -> Result<(), Error> {
        let sql = format!("SELECT max(written) FROM {STATE} FORMAT RowBinary");
        let version = Some(self.number(&sql, unwanted)?);
        let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        if learnt.version != version {
            *learnt = Learnt { version, ..Learnt::default() };
        }
        Ok(())
    }

    /// The entries of a window that match.
    pub(super) fn matching(
        &self,
        filter: &Query,
        window: Interval,
        unwanted: Unwanted<'_>,
    ) -> Result<Matching, Error> {
        let condition = condition(filter, &|column| self.distinct(column, window, unwanted))?;
        Ok(Matching { condition, window })
    }

    /// The distinct values of a column in a window.
    fn distinct(&self, column: &str, window: Interval, unwanted: Unwanted<'_>) -> Result<Distinct, Error> {
        let key = (window, column.to_owned());
        if let Some(known) = self.learnt.lock().unwrap_or_else(PoisonError::into_inner).values.get(&key) {
            return Ok(known.clone());
        }
        let place = super::column::TEXTS.iter().position(|(_, name)| *name == column);
        let (value, there) = match place {
            Some(place) => (column.to_owned(), bit(place as u32)),
            None => (format!("arrayJoin({column})"), "1".to_owned()),
        };
        let all = Matching { condition: there, window };
        let sql = format!(
            "SELECT DISTINCT {value} FROM {ENTRIES} WHERE {} LIMIT {} FORMAT RowBinary",
            self.within(&all),
            self.most_values + 1
        );
        let values = self.rows_of(&sql, unwanted, |reader| reader.text().map(str::to_owned))?;
        let values = (values.len() <= self.most_values).then(|| Arc::new(values));
        let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        learnt.values.insert(key, values.clone());
        Ok(values)
    }

    /// How many entries there are in all.
    fn held(&self, unwanted: Unwanted<'_>) -> Result<u64, Error> {
        if let Some(held) = self.learnt.lock().unwrap_or_else(PoisonError::into_inner).held {
            return Ok(held);
        }
        let sql = format!(
            "SELECT count() FROM {ENTRIES} WHERE {} AND copy GLOBAL NOT IN (SELECT copy FROM {SUPERSEDED}) \
             FORMAT RowBinary",
            self.rows
        );
        let held = self.number(&sql, unwanted)?;
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner).held = Some(held);
        Ok(held)
    }

    /// The rows that stand, of the open sources, as a condition.
    pub(super) fn within(&self, matching: &Matching) -> String {
        let (since, until) = (literal(matching.window.since), literal(matching.window.until));
        format!(
            "time >= {since} AND time < {until} AND {} AND {} AND copy GLOBAL NOT IN \
             (SELECT copy FROM {SUPERSEDED} WHERE time >= {since} AND time < {until})",
            self.rows, matching.condition
        )
    }

    /// The rows that stand within a day of an instant, both ends in, as a condition.
    pub(super) fn around(&self, condition: &str, time: Timestamp) -> String {
        let (first, last) = (literal(time.plus(-DAY)), literal(time.plus(DAY)));
        format!(
            "time >= {first} AND time <= {last} AND {} AND {condition} AND copy GLOBAL NOT IN \
             (SELECT copy FROM {SUPERSEDED} WHERE time >= {first} AND time <= {last})",
            self.rows
        )
    }

    /// Asks for rows and reads each.
    pub(super) fn rows_of<T>(
        &self,
        sql: &str,
        unwanted: Unwanted<'_>,
        mut read: impl FnMut(&mut Reader<'_>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Error> {
        let answer = self.engine.client.read(sql, unwanted)?;
        let mut reader = Reader::new(&answer);
        let mut rows = Vec::new();
        while !reader.is_empty() {
            rows.push(read(&mut reader).map_err(|error| malformed(&self.engine.client, error))?);
        }
        Ok(rows)
    }

    /// Asks for one number; 0 where nothing is answered.
    pub(super) fn number(&self, sql: &str, unwanted: Unwanted<'_>) -> Result<u64, Error> {
        let answer = self.engine.client.read(sql, unwanted)?;
        if answer.is_empty() {
            return Ok(0);
        }
        Reader::new(&answer).u64().map_err(|error| malformed(&self.engine.client, error))
    }

    /// How many match.
    pub(super) fn count(&self, matching: &Matching, unwanted: Unwanted<'_>) -> Result<u64, Error> {
        let sql = format!("SELECT count() FROM {ENTRIES} WHERE {} FORMAT RowBinary", self.within(matching));
        self.number(&sql, unwanted)
    }

    /// How many match of each class, and of each bucket of a histogram.
    fn classes(
        &self,
        matching: &Matching,
        histogram: Option<Interval>,
        unwanted: Unwanted<'_>,
    ) -> Result<([u64; Class::COUNT], Option<Histogram>), Error> {
        let sql = format!(
            "SELECT {} AS bucket, class, count() FROM {ENTRIES} WHERE {} GROUP BY bucket, class FORMAT RowBinary",
            bucket(histogram),
            self.within(matching)
        );
        let rows =
            self.rows_of(&sql, unwanted, |reader| Ok((reader.byte()?, reader.byte()?, reader.u64()?)))?;
        let mut classes = [0; Class::COUNT];
        let mut histogram = histogram.map(Histogram::empty);
        for (bucket, class, count) in rows {
            let Some(of_class) = classes.get_mut(usize::from(class)) else { continue };
            *of_class += count;
            let buckets =
                histogram.as_mut().and_then(|histogram| histogram.counts.get_mut(usize::from(bucket)));
            if let Some(counts) = buckets {
                counts[usize::from(class)] += count;
            }
        }
        Ok((classes, histogram))
    }

    fn told(&self, matching: &Matching, unwanted: Unwanted<'_>) -> Result<Told, Error> {
        let sql = format!(
            "SELECT countIf({} OR rank = 1), count() FROM {ENTRIES} WHERE {} FORMAT RowBinary",
            bit(CHANGES),
            self.within(matching)
        );
        let rows = self.rows_of(&sql, unwanted, |reader| Ok((reader.u64()?, reader.u64()?)))?;
        let (known, of) = rows.into_iter().next().unwrap_or_default();
        Ok(Told { known: known as usize, of: of as usize })
    }

    pub(super) fn facet(
        &self,
        matching: &Matching,
        asked: &FacetQuestion,
        unwanted: Unwanted<'_>,
    ) -> Result<Facet, Error> {
        let field = asked.field;
        let Some(value) = shown(field) else {
            return Ok(Facet { field, values: Vec::new(), distinct: 0, absent: 0 });
        };
        let rows = format!(
            "SELECT {value} AS v, outcome AS o, time AS t FROM {ENTRIES} WHERE {}",
            self.within(matching)
        );
        let sql = format!("SELECT uniqExactIf(v, v != ''), countIf(v = '') FROM ({rows}) FORMAT RowBinary");
        let counts = self.rows_of(&sql, unwanted, |reader| Ok((reader.u64()?, reader.u64()?)))?;
        let (distinct, absent) = counts.into_iter().next().unwrap_or_default();
        // No number of values is too many to be asked for, but none are more than there are.
        let top = (asked.top as u64).min(distinct);
        let mut values = Vec::new();
        if top > 0 {
            let sql = format!(
                "SELECT v, count() AS c, countIf(o = 1), min(t), max(t) FROM ({rows}) WHERE v != '' \
                 GROUP BY v ORDER BY c DESC, v LIMIT {top} FORMAT RowBinary"
            );
            values = self.rows_of(&sql, unwanted, |reader| {
                Ok(FacetValue {
                    value: reader.text()?.into(),
                    count: reader.u64()?,
                    failures: reader.u64()?,
                    first: Timestamp::from_micros(reader.i64()?),
                    last: Timestamp::from_micros(reader.i64()?),
                })
            })?;
        }
        Ok(Facet { field, values, distinct: distinct as usize, absent })
    }

    fn stack(
        &self,
        matching: &Matching,
        by: StackBy,
        window: Interval,
        unwanted: Unwanted<'_>,
    ) -> Result<Stack, Error> {
        let mut stack = Stack::empty(by);
        let inside = Matching { window: matching.window.intersect(window), ..matching.clone() };
        let (Some(value), false) = (shown(by.field()), inside.window.is_empty()) else { return Ok(stack) };
        let commonest = FacetQuestion { field: by.field(), top: NAMED };
        let commonest = self.facet(&inside, &commonest, unwanted)?;
        stack.names = commonest.values.into_iter().map(|value| value.value).collect();
        let named = if stack.names.is_empty() {
            OTHERS.to_string()
        } else {
            let parts: Vec<String> = (0..stack.names.len()).map(|part| part.to_string()).collect();
            let names: Vec<String> = stack.names.iter().map(|name| literal(&**name)).collect();
            format!("transform(v, [{}], [{}], {OTHERS})", names.join(","), parts.join(","))
        };
        let sql = format!(
            "SELECT bucket, toUInt8(if(v = '', {ABSENT}, {named})) AS part, count() FROM \
             (SELECT {value} AS v, {} AS bucket FROM {ENTRIES} WHERE {}) GROUP BY bucket, part FORMAT RowBinary",
            bucket(Some(window)),
            self.within(&inside)
        );
        let rows =
            self.rows_of(&sql, unwanted, |reader| Ok((reader.byte()?, reader.byte()?, reader.u64()?)))?;
        for (bucket, part, count) in rows {
            let counts = stack.counts.get_mut(usize::from(bucket));
            if let Some(cell) = counts.and_then(|counts| counts.get_mut(usize::from(part))) {
                *cell += count;
            }
        }
        Ok(stack)
    }
}

/// Entries that match: a condition, and a window.
#[derive(Debug, Clone)]
pub(super) struct Matching {
    pub(super) condition: String,
    pub(super) window: Interval,
}

/// The bucket of a row, 255 outside of all.
pub(super) fn bucket(window: Option<Interval>) -> String {
    let Some(window) = window.filter(|window| !window.is_empty()) else { return "toUInt8(255)".to_owned() };
    let (since, until) = (literal(window.since), literal(window.until));
    let number = if window.micros().checked_mul(BUCKETS as i64).is_some() {
        format!("intDiv((time - {since}) * {BUCKETS}, {})", window.micros())
    } else {
        // The product would not fit.
        let edges: Vec<String> = (1..BUCKETS).map(|edge| literal(window.bucket_edge(edge))).collect();
        format!("arrayCount(e -> e <= time, [{}])", edges.join(","))
    };
    format!("toUInt8(if(time >= {since} AND time < {until}, {number}, 255))")
}

/// A field's text as [`crate::event::Event::text`] has it, the empty text where there is none; `None`
/// for fields whose values are not counted. Of several values a row each.
pub(super) fn shown(field: Field) -> Option<String> {
    let either = |first: &str, second: &str| format!("if({first} != '', {first}, {second})");
    let of_names = |column: &str, names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| literal(*name)).collect();
        format!("arrayElement([{}], {column} + 1)", names.join(","))
    };
    Some(match field {
        Field::Time | Field::Raw | Field::Has => return None,
        Field::Status => format!("if({}, toString(status), '')", bit(STATUS)),
        Field::Latency => format!("if({}, latency, '')", bit(LATENCY)),
        Field::Class => of_names("class", &Class::ALL.map(Class::name)),
        Field::Outcome => of_names("outcome", &[Outcome::Success, Outcome::Failure].map(Outcome::name)),
        Field::Actor => either("actor_name", "actor_id"),
        Field::Target => either("target_name", "target_id"),
        Field::Is => format!("arrayJoin(if(empty({0}), [''], {0}))", kinds()),
        Field::Changes => {
            let paths = "arrayDistinct(arrayFilter(p -> p != '', paths))";
            format!("arrayJoin(if(empty({paths}), [''], {paths}))")
        }
        field => text_column(field)?.1.to_owned(),
    })
}

/// The names of a row's kinds of action.
pub(super) fn kinds() -> String {
    let named =
        |kind: &Kind| format!("if(bitAnd(kinds, {}) != 0, '{}', '')", 1u16 << *kind as u8, kind.name());
    let names: Vec<String> = Kind::ALL.iter().map(named).collect();
    format!("arrayFilter(k -> k != '', [{}])", names.join(","))
}

/// The rows of some parts of a source, as a condition; no parts: all of it.
pub(super) fn of_source(source: &str, workspaces: &[&str], entities: &[(&str, &str)]) -> String {
    let of = format!("source = {}", literal(source));
    let has = bit(super::column::WORKSPACE);
    let mut any = Vec::new();
    if !workspaces.is_empty() {
        any.push(format!("({has} AND workspace IN {})", list(workspaces.iter().copied())));
        if entities.is_empty() {
            // What was taken in from files has no part of its own.
            any.push(format!("NOT ({has})"));
        }
    }
    for (kind, id) in entities {
        any.push(format!("(target_type = {} AND target_id = {})", literal(*kind), literal(*id)));
    }
    if any.is_empty() { format!("({of})") } else { format!("({of} AND ({}))", any.join(" OR ")) }
}
