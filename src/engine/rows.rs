//! Rows of an answer: found by time, never by counting through the log on this side.
//!
//! Where the rows asked for lie is found by counts of ever shorter stretches of time; then only the
//! stretch that has them is put in order, by the contract's order of entries.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, PoisonError};

use super::Error;
use super::ask::{Asker, Matching, Unwanted, bucket, kinds, shown};
use super::column::{self, LATENCY, STATUS, WORKSPACE, text_column};
use super::condition::{bit, folded};
use super::literal::{Value, list, literal};
use super::schema::ENTRIES;
use super::wire::{Malformed, Reader};
use crate::answer::{Anchor, Answer, Order, Question, Row, RowId, Sort};
use crate::event::field::Field;
use crate::event::{Class, Event, Identity, Outcome};
use crate::interval::{BUCKETS, Interval};
use crate::timestamp::Timestamp;

/// So many rows may be put in order besides those that are asked for.
const BESIDES: u64 = 2_000;

/// The rows that were answered: they keep their numbers.
#[derive(Debug, Default)]
pub struct Seen {
    numbers: HashMap<Identity, u64>,
    rows: Vec<(Identity, Timestamp)>,
}

impl Seen {
    fn number(&mut self, event: &Event) -> RowId {
        let next = self.rows.len() as u64;
        let number = *self.numbers.entry(event.identity).or_insert(next);
        if number == next {
            self.rows.push((event.identity, event.time));
        }
        RowId(number)
    }
}

impl Asker {
    /// The number of an entry among those that were answered; a new one gets the next.
    pub fn row_of(&self, event: &Event) -> RowId {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).number(event)
    }

    /// The rows of these identities, as far as the window has them.
    pub fn rows_identified(
        &self,
        identities: &[Identity],
        window: Interval,
        unwanted: Unwanted<'_>,
    ) -> Result<Vec<Row>, Error> {
        if identities.is_empty() {
            return Ok(Vec::new());
        }
        let bytes: Vec<[u8; 16]> = identities.iter().map(|identity| identity.0.to_be_bytes()).collect();
        let condition = format!("identity IN {}", list(bytes.iter().map(|bytes| Value::Bytes(bytes))));
        let marked = Matching { condition, window };
        let mut events = self.ordered(&marked, Order::NewestFirst, 0..identities.len(), unwanted)?;
        let place = |event: &Event| identities.iter().position(|known| *known == event.identity);
        events.sort_by_key(place);
        let row = |event: Event| Row { id: self.row_of(&event), event: Arc::new(event) };
        Ok(events.into_iter().map(row).collect())
    }

    /// Rows, and the place of the one that is located.
    pub(super) fn list(
        &self,
        question: &Question,
        listed: &Matching,
        answer: &mut Answer,
        unwanted: Unwanted<'_>,
    ) -> Result<(), Error> {
        let total = answer.listed;
        let order = question.order;
        let events = match question.sort {
            None => {
                answer.place = self.place(listed, order, question.locate, unwanted)?;
                self.slice(listed, order, question.rows.clone(), total, unwanted)?
            }
            Some(sort) => {
                let sorted = self.sorted(listed, order, sort, total, unwanted)?;
                answer.sorted = Some(sorted.len);
                answer.place = self.sorted_place(&sorted, question.locate, unwanted)?;
                let (start, end) = (question.rows.start, question.rows.end.min(total));
                let mut events = self.sorted_slice(&sorted, start..end.min(sorted.len), unwanted)?;
                let rest = start.max(sorted.len)..end;
                events.extend(self.slice(listed, order, rest, total, unwanted)?);
                events
            }
        };
        answer.rows =
            events.into_iter().map(|event| Row { id: self.row_of(&event), event: Arc::new(event) }).collect();
        Ok(())
    }

    /// The rows of these places, of `total`.
    pub(super) fn slice(
        &self,
        listed: &Matching,
        order: Order,
        places: Range<usize>,
        total: usize,
        unwanted: Unwanted<'_>,
    ) -> Result<Vec<Event>, Error> {
        let places = places.start as u64..places.end.min(total) as u64;
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = places.end - places.start;
        let (mut at, mut skip, mut held) = (listed.clone(), places.start, total as u64);
        while held > wanted + BESIDES && at.window.micros() > 1 {
            let counts = self.counts(&at, unwanted)?;
            let (window, before, inside) = hull(at.window, &counts, order, skip..skip + wanted);
            if window == at.window || window.is_empty() {
                break;
            }
            (at.window, skip, held) = (window, skip - before, inside);
        }
        self.ordered(&at, order, skip as usize..(skip + wanted) as usize, unwanted)
    }

    /// The rows of these places, all that match put in order for it.
    pub(super) fn ordered(
        &self,
        at: &Matching,
        order: Order,
        places: Range<usize>,
        unwanted: Unwanted<'_>,
    ) -> Result<Vec<Event>, Error> {
        let sql = format!(
            "SELECT {} FROM {ENTRIES} WHERE {} ORDER BY {} LIMIT {}, {} FORMAT RowBinary",
            column::read_names(),
            self.within(at),
            by_time(order),
            places.start,
            places.len()
        );
        self.rows_of(&sql, unwanted, column::read)
    }

    /// How many rows there are in each bucket of the window.
    pub(super) fn counts(&self, at: &Matching, unwanted: Unwanted<'_>) -> Result<Vec<u64>, Error> {
        let sql = format!(
            "SELECT {} AS bucket, count() FROM {ENTRIES} WHERE {} GROUP BY bucket FORMAT RowBinary",
            bucket(Some(at.window)),
            self.within(at)
        );
        let mut counts = vec![0; BUCKETS];
        for (bucket, count) in self.rows_of(&sql, unwanted, |reader| Ok((reader.byte()?, reader.u64()?)))? {
            if let Some(cell) = counts.get_mut(usize::from(bucket)) {
                *cell += count;
            }
        }
        Ok(counts)
    }

    fn place(
        &self,
        listed: &Matching,
        order: Order,
        anchor: Option<Anchor>,
        unwanted: Unwanted<'_>,
    ) -> Result<Option<usize>, Error> {
        let before = match anchor {
            None => return Ok(None),
            Some(Anchor::Row(row)) => match self.seen_row(row, unwanted)? {
                Some(event) => before(&event, order),
                None => return Ok(None),
            },
            Some(Anchor::Time(time)) => before_instant(time, order),
        };
        self.count(&listed.and(&before), unwanted).map(|count| Some(count as usize))
    }

    /// An entry that was answered before, as it stands by now.
    fn seen_row(&self, RowId(number): RowId, unwanted: Unwanted<'_>) -> Result<Option<Event>, Error> {
        let seen =
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).rows.get(number as usize).copied();
        let Some((identity, time)) = seen else { return Ok(None) };
        let itself = format!("identity = {}", literal(Value::Bytes(&identity.0.to_be_bytes())));
        let sql = format!(
            "SELECT {} FROM {ENTRIES} WHERE {} LIMIT 1 FORMAT RowBinary",
            column::read_names(),
            self.around(&itself, time)
        );
        Ok(self.rows_of(&sql, unwanted, column::read)?.into_iter().next())
    }

    /// The rows that stand by a field: all, or the first so many by time.
    fn sorted(
        &self,
        listed: &Matching,
        order: Order,
        sort: Sort,
        total: usize,
        unwanted: Unwanted<'_>,
    ) -> Result<Sorted, Error> {
        let len = total.min(Sort::MOST);
        let mut rows = listed.clone();
        if total > len
            && let Some(last) = self.slice(listed, order, len - 1..len, total, unwanted)?.first()
        {
            let itself = literal(Value::Bytes(&last.identity.0.to_be_bytes()));
            rows = listed.and(&format!("({} OR identity = {itself})", before(last, order)));
        }
        Ok(Sorted { listed: listed.clone(), rows, len, total, order, sort, keys: keys(sort)? })
    }

    fn sorted_slice(
        &self,
        sorted: &Sorted,
        places: Range<usize>,
        unwanted: Unwanted<'_>,
    ) -> Result<Vec<Event>, Error> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let direction = if sorted.sort.descending { "DESC" } else { "ASC" };
        let mut by = Vec::new();
        if let Some(keys) = &sorted.keys {
            by.push(format!("{} ASC", keys.missing));
            by.extend(keys.values.iter().map(|key| format!("{} {direction}", key.sql())));
        }
        by.push(by_time(sorted.order));
        let sql = format!(
            "SELECT {} FROM {ENTRIES} WHERE {} ORDER BY {} LIMIT {}, {} FORMAT RowBinary",
            column::read_names(),
            self.within(&sorted.rows),
            by.join(", "),
            places.start,
            places.len()
        );
        self.rows_of(&sql, unwanted, column::read)
    }

    fn sorted_place(
        &self,
        sorted: &Sorted,
        anchor: Option<Anchor>,
        unwanted: Unwanted<'_>,
    ) -> Result<Option<usize>, Error> {
        let event = match anchor {
            None => return Ok(None),
            Some(Anchor::Row(row)) => self.seen_row(row, unwanted)?,
            Some(Anchor::Time(_)) => {
                let place =
                    self.place(&sorted.listed, sorted.order, anchor, unwanted)?.unwrap_or(sorted.total);
                let found =
                    self.slice(&sorted.listed, sorted.order, place..place + 1, sorted.total, unwanted)?;
                match found.into_iter().next() {
                    Some(event) => Some(event),
                    None => return Ok(Some(sorted.total)),
                }
            }
        };
        let Some(event) = event else { return Ok(None) };
        let itself = format!("identity = {}", literal(Value::Bytes(&event.identity.0.to_be_bytes())));
        let Some(keys) = &sorted.keys else {
            let is_there = self.count(&sorted.listed.and(&itself), unwanted)? > 0;
            let place = self.count(&sorted.listed.and(&before(&event, sorted.order)), unwanted)?;
            return Ok(is_there.then_some(place as usize));
        };
        // The row's own keys, as the server has them.
        let sql = format!(
            "SELECT toUInt8({}), {} FROM {ENTRIES} WHERE {} FORMAT RowBinary",
            keys.missing,
            keys.values.iter().map(Key::sql).collect::<Vec<_>>().join(", "),
            self.within(&sorted.rows.and(&itself))
        );
        let own = self.rows_of(&sql, unwanted, |reader| {
            let missing = reader.byte()?;
            let values = keys.values.iter().map(|key| key.read(reader)).collect::<Result<Vec<_>, _>>()?;
            Ok((missing, values))
        })?;
        let Some((missing, own)) = own.into_iter().next() else {
            let is_there = self.count(&sorted.listed.and(&itself), unwanted)? > 0;
            let place = self.count(&sorted.listed.and(&before(&event, sorted.order)), unwanted)?;
            return Ok(is_there.then_some(place as usize));
        };
        let sign = if sorted.sort.descending { ">" } else { "<" };
        let mut first = before(&event, sorted.order);
        for (key, value) in keys.values.iter().zip(&own).rev() {
            let sql = key.sql();
            first = format!("({sql} {sign} {value} OR ({sql} = {value} AND {first}))");
        }
        let missing_before = format!("{0} < {missing} OR ({0} = {missing} AND {first})", keys.missing);
        let count = self.count(&sorted.rows.and(&format!("({missing_before})")), unwanted)?;
        Ok(Some(count as usize))
    }
}

impl Matching {
    fn and(&self, condition: &str) -> Self {
        Self { condition: format!("{} AND {condition}", self.condition), window: self.window }
    }
}

/// Rows that stand by a field.
struct Sorted {
    /// All rows.
    listed: Matching,
    /// Those of them that stand by the field.
    rows: Matching,
    len: usize,
    total: usize,
    order: Order,
    sort: Sort,
    /// `None`: the field has no values, so the order by time decides.
    keys: Option<Keys>,
}

/// What rows are put in order by.
struct Keys {
    /// 1 for rows without a value; in brackets, for it is compared.
    missing: String,
    values: Vec<Key>,
}

/// A value that rows are put in order by.
enum Key {
    Number(String),
    Text(String),
}

impl Key {
    fn sql(&self) -> String {
        let (Self::Number(sql) | Self::Text(sql)) = self;
        sql.clone()
    }

    /// Reads a value, as a literal.
    fn read(&self, reader: &mut Reader<'_>) -> Result<String, Malformed> {
        Ok(match self {
            Self::Number(_) => literal(Value::Float(f64::from_bits(reader.u64()?))),
            Self::Text(_) => literal(Value::Bytes(reader.bytes()?)),
        })
    }
}

/// The order of a field's values, as the store has it: number or address, folded text, text.
fn keys(sort: Sort) -> Result<Option<Keys>, Error> {
    let text = |value: String, folded: String| Keys {
        missing: format!("({value} = '')"),
        values: vec![Key::Text(folded), Key::Text(value)],
    };
    Ok(Some(match sort.field {
        Field::Time | Field::Raw | Field::Has => return Ok(None),
        Field::Changes => return Err(Error::Cannot("rows are not put in order by changed paths".to_owned())),
        Field::Status => Keys {
            missing: format!("(NOT ({}))", bit(STATUS)),
            values: vec![
                Key::Number("toFloat64(status)".to_owned()),
                Key::Text("toString(status)".to_owned()),
            ],
        },
        Field::Latency => Keys {
            missing: format!("(NOT ({}))", bit(LATENCY)),
            values: vec![
                Key::Number("latency_ms".to_owned()),
                Key::Text("lower(latency)".to_owned()),
                Key::Text("latency".to_owned()),
            ],
        },
        Field::Ip => {
            let number = format!(
                "multiIf(address = '', '{}', startsWith(address, '00000000000000000000ffff'), \
                 concat('000000000000000000000000', substring(address, 25, 8)), address)",
                "f".repeat(32)
            );
            let mut keys = text("ip".to_owned(), folded("ip"));
            keys.values.insert(0, Key::Text(number));
            keys
        }
        Field::Class | Field::Outcome => {
            let value = shown(sort.field).unwrap_or_default();
            debug_assert!(
                Class::ALL.iter().all(|class| class.name().is_ascii()) && Outcome::Success.name().is_ascii()
            );
            text(value.clone(), value)
        }
        Field::Actor => either("actor_name", "actor_id", text),
        Field::Target => either("target_name", "target_id", text),
        Field::Is => {
            let end = if sort.descending { "arrayReverseSort" } else { "arraySort" };
            let value = format!("arrayElement({end}({}), 1)", kinds());
            text(value.clone(), value)
        }
        field => match text_column(field) {
            Some((_, name)) => text(name.to_owned(), folded(name)),
            None => return Ok(None),
        },
    }))
}

fn either(first: &str, second: &str, text: impl Fn(String, String) -> Keys) -> Keys {
    text(
        format!("if({first} != '', {first}, {second})"),
        format!("if({first} != '', {}, {})", folded(first), folded(second)),
    )
}

/// The order of entries (the contract's section 1).
fn by_time(order: Order) -> String {
    let (newest, ties) = match order {
        Order::NewestFirst => ("DESC", "ASC"),
        Order::OldestFirst => ("ASC", "DESC"),
    };
    format!(
        "time {newest}, source {ties}, id {ties}, bitAnd(present, {}) {ties}, workspace {ties}, record {ties}",
        1u32 << WORKSPACE
    )
}

/// The rows that come before an entry.
fn before(event: &Event, order: Order) -> String {
    let sign = match order {
        Order::NewestFirst => "<",
        Order::OldestFirst => ">",
    };
    let has = format!("bitAnd(present, {})", 1u32 << WORKSPACE);
    let own = if event.workspace.is_some() { 1u32 << WORKSPACE } else { 0 };
    let ties = [
        ("source".to_owned(), literal(&*event.source)),
        ("id".to_owned(), literal(event.id.as_deref().unwrap_or_default())),
        (has, own.to_string()),
        ("workspace".to_owned(), literal(event.workspace.as_deref().unwrap_or_default())),
        ("record".to_owned(), literal(event.record.as_str())),
    ];
    let mut first = "0".to_owned();
    for (column, value) in ties.iter().rev() {
        first = format!("({column} {sign} {value} OR ({column} = {value} AND {first}))");
    }
    let time = literal(event.time);
    format!("({} OR (time = {time} AND {first}))", before_instant(event.time, order))
}

/// The rows that come before all of an instant.
fn before_instant(time: Timestamp, order: Order) -> String {
    match order {
        Order::NewestFirst => format!("time > {}", literal(time)),
        Order::OldestFirst => format!("time < {}", literal(time)),
    }
}

/// The stretch of buckets that has the rows of these places, how many rows come before it, and how
/// many it has.
fn hull(window: Interval, counts: &[u64], order: Order, places: Range<u64>) -> (Interval, u64, u64) {
    let mut buckets: Vec<usize> = (0..counts.len()).collect();
    if order == Order::NewestFirst {
        buckets.reverse();
    }
    let (mut before, mut inside, mut passed) = (0, 0, 0);
    let mut found: Option<Interval> = None;
    for bucket in buckets {
        let count = counts[bucket];
        let here = passed..passed + count;
        passed += count;
        if here.end <= places.start {
            before += count;
        } else if here.start < places.end {
            inside += count;
            let stretch = window.bucket_interval(bucket);
            found = Some(found.map_or(stretch, |found| {
                Interval::new(found.since.min(stretch.since), found.until.max(stretch.until))
            }));
        }
    }
    (found.unwrap_or(window), before, inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stretch_of_some_places_is_that_of_their_buckets() {
        let time = Timestamp::from_micros;
        let window = Interval::new(time(0), time(1440));
        let mut counts = vec![0; BUCKETS];
        (counts[3], counts[5], counts[140]) = (10, 20, 30);
        let at = |order, places| hull(window, &counts, order, places);
        assert_eq!(at(Order::NewestFirst, 0..5), (Interval::new(time(1400), time(1410)), 0, 30));
        assert_eq!(at(Order::NewestFirst, 30..55), (Interval::new(time(30), time(60)), 30, 30));
        assert_eq!(at(Order::OldestFirst, 10..12), (Interval::new(time(50), time(60)), 10, 20));
    }

    #[test]
    fn whether_a_value_is_missing_can_be_compared_as_it_stands() {
        for field in [Field::Status, Field::Latency, Field::Ip, Field::Action, Field::Actor, Field::Class] {
            let keys =
                keys(Sort { field, descending: false }).expect("it is put in order").expect("by values");
            // `NOT a < b` is not `(NOT a) < b`.
            assert!(keys.missing.starts_with('(') && keys.missing.ends_with(')'), "{}", keys.missing);
        }
    }
}
