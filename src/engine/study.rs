//! The deeper questions: what a stretch of time has more of than the rest, and how often two fields'
//! values come together.

use super::Error;
use super::ask::{Asker, MOST_VALUES, Matching, Unwanted, kinds, shown};
use super::literal::literal;
use super::schema::ENTRIES;
use crate::answer::pairs::{Pair, PairQuestion, Pairs};
use crate::answer::why::{Excess, FIELDS, FieldExcess, LEAST, Share, Why, WhyQuestion};
use crate::event::field::Field;
use crate::timestamp::Timestamp;

impl Asker {
    /// Answers why a stretch is unlike the rest of its window; of each field the commonest values
    /// inside are compared.
    pub fn why(&self, question: &WhyQuestion, unwanted: Unwanted<'_>) -> Result<Why, Error> {
        self.look(unwanted)?;
        let matching = self.matching(&question.filter, question.window, unwanted)?;
        let inside = Matching { window: question.window.intersect(question.inside), ..matching.clone() };
        let here = self.count(&inside, unwanted)?;
        let there = self.count(&matching, unwanted)? - here;
        if here == 0 || there == 0 {
            return Ok(Why { inside: here, outside: there, ..Why::default() });
        }
        let brushed =
            format!("t >= {} AND t < {}", literal(inside.window.since), literal(inside.window.until));
        let mut fields = Vec::new();
        for field in FIELDS {
            let Some(value) = shown(field) else { continue };
            let sql = format!(
                "SELECT v, countIf({brushed}) AS here, countIf(NOT ({brushed})) FROM \
                 (SELECT {value} AS v, time AS t FROM {ENTRIES} WHERE {}) WHERE v != '' GROUP BY v \
                 HAVING here >= {LEAST} ORDER BY here DESC, v LIMIT {MOST_VALUES} FORMAT RowBinary",
                self.within(&matching)
            );
            let counted = self.rows_of(&sql, unwanted, |reader| {
                Ok((reader.text()?.to_owned(), reader.u64()?, reader.u64()?))
            })?;
            let excess = |(value, in_it, beside): &(String, u64, u64)| {
                let inside = Share { count: *in_it, of: here };
                Excess::of(field, value, inside, Share { count: *beside, of: there })
            };
            fields.push(FieldExcess { field, values: counted.iter().filter_map(excess).collect() });
        }
        Ok(Why::of(question, here, there, fields))
    }

    /// Counts how often two fields' values come together.
    pub fn pairs(&self, question: &PairQuestion, unwanted: Unwanted<'_>) -> Result<Pairs, Error> {
        self.look(unwanted)?;
        let mut found = Pairs { fields: question.fields, pairs: Vec::new(), distinct: 0, absent: 0 };
        let (Some(first), Some(second)) = (values(question.fields.0), values(question.fields.1)) else {
            return Ok(found);
        };
        let matching = self.matching(&question.filter, question.window, unwanted)?;
        let rows = format!(
            "SELECT {first} AS l, {second} AS m, outcome AS o, time AS t FROM {ENTRIES} WHERE {}",
            self.within(&matching)
        );
        let sql = format!("SELECT countIf(empty(l) OR empty(m)) FROM ({rows}) FORMAT RowBinary");
        found.absent = self.number(&sql, unwanted)?;
        // One after the other: of two lists that are alike, one alone would be gone through.
        let joined = format!(
            "SELECT a, arrayJoin(m) AS b, o, t FROM (SELECT arrayJoin(l) AS a, m, o, t FROM ({rows}))"
        );
        let sql = format!("SELECT uniqExact(a, b) FROM ({joined}) FORMAT RowBinary");
        found.distinct = self.number(&sql, unwanted)? as usize;
        let top = question.top.min(found.distinct);
        if top > 0 {
            let sql = format!(
                "SELECT a, b, count() AS c, countIf(o = 1), min(t), max(t) FROM ({joined}) GROUP BY a, b \
                 ORDER BY c DESC, a, b LIMIT {top} FORMAT RowBinary"
            );
            found.pairs = self.rows_of(&sql, unwanted, |reader| {
                Ok(Pair {
                    values: (reader.text()?.into(), reader.text()?.into()),
                    count: reader.u64()?,
                    failures: reader.u64()?,
                    first: Timestamp::from_micros(reader.i64()?),
                    last: Timestamp::from_micros(reader.i64()?),
                })
            })?;
        }
        Ok(found)
    }
}

/// A row's values of a field as a list; `None` for fields whose values are not counted.
fn values(field: Field) -> Option<String> {
    Some(match field {
        Field::Is => kinds(),
        Field::Changes => "arrayDistinct(arrayFilter(p -> p != '', paths))".to_owned(),
        field => format!("arrayFilter(x -> x != '', [{}])", shown(field)?),
    })
}
