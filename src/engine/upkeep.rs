//! Looking after the server's tables: whether each row says what it was written with and each entry
//! stands once, and letting the oldest go, together with the rows that stand no more.
//!
//! Not here: what is written when (`engine::ledger`).

use super::Error;
use super::ask::{Asker, Matching};
use super::column::{self, Checked};
use super::ledger::ServerLedger;
use super::literal::literal;
use super::schema::{self, ENTRIES, SUPERSEDED, WITHOUT_SINGLE};
use super::state::{self, Kind, PartState};
use crate::archive;
use crate::archive::Pruned;
use crate::interval::Interval;
use crate::text::visible;
use crate::timestamp::{DAY, Timestamp};

/// So many rows are read at once to be held to their digests: they come whole.
const PAGE: usize = 1_000;

impl ServerLedger {
    /// Holds each row that stands to the digest that was written with it, and makes sure that no
    /// entry stands twice. The error says what the first fault is. Reads the log once, through the
    /// connection.
    pub(super) fn verify_all(&self) -> Result<archive::Checked, Error> {
        // All rows, whatever source they are of.
        let asker = Asker::new(self.engine(), "1".to_owned());
        let all = Matching { condition: "1".to_owned(), window: Interval::ALL };
        let mut checked = archive::Checked { records: 0, blocks: None };
        for day in asker.days()? {
            self.once_around(&asker, day)?;
        }
        asker.pages(all, u64::MAX, &|| false, &mut |stretch, places| {
            for from in places.clone().step_by(PAGE) {
                let count = PAGE.min(places.end - from);
                let rows = asker.checked(stretch, from, count)?;
                if let Some(fault) = rows.iter().find(|row| !row.is_as_written) {
                    return Err(self.damaged(fault, "what it says differs from what was stored"));
                }
                checked.records += rows.len() as u64;
            }
            Ok(true)
        })?;
        Ok(checked)
    }

    fn damaged(&self, row: &Checked, why: &str) -> Error {
        let place = self.client().address().to_string();
        let (source, id) = (visible(&row.source), visible(&row.id));
        Error::Failed { place, code: None, why: format!("damaged: {source}, {id} of {}: {why}", row.time) }
    }

    /// Makes sure that of the entries of a day none stands twice: copies are a day apart at most.
    fn once_around(&self, asker: &Asker, day: Interval) -> Result<(), Error> {
        let all = Matching { condition: "1".to_owned(), window: day };
        let two_days = Interval::new(day.since, day.until.plus(DAY));
        let within = asker.within(&Matching { window: two_days, ..all });
        let sql = format!(
            "SELECT source, any(id), min(time), count() AS c FROM {ENTRIES} WHERE {within} \
             GROUP BY source, identity HAVING c > 1 ORDER BY min(time) DESC LIMIT 1 FORMAT RowBinary"
        );
        let twice = asker.rows_of(&sql, &|| false, |reader| {
            let (source, id) = (reader.text()?.to_owned(), reader.text()?.to_owned());
            let (time, count) = (Timestamp::from_micros(reader.i64()?), reader.u64()?);
            Ok((Checked { time, source, id, is_as_written: false }, count))
        })?;
        match twice.first() {
            None => Ok(()),
            Some((row, count)) => Err(self.damaged(row, &format!("it stands {count} times"))),
        }
    }

    /// Lets go of everything before an instant, and of the rows that stand no more. That time is then
    /// no longer covered.
    ///
    /// First it is written that the time is not covered, then the rows go: cut off anywhere, nothing
    /// is told that is not there, and the same once more ends it. A name among the superseded ones goes
    /// where no row has it any more.
    pub(super) fn prune_before(&mut self, before: Timestamp) -> Result<Pruned, Error> {
        // Whether rows can be removed at all is found out before anything is written.
        schema::delete(self.client(), WITHOUT_SINGLE, "0")?;
        let known = state::all::<PartState>(self.client(), Kind::Part, None)?;
        let parts: Vec<_> = known.into_iter().map(|known| known.part).collect();
        parts.iter().try_for_each(|part| self.hold(part))?;
        for part in &parts {
            let Some(state) = self.held_state(part) else { continue };
            let mut coverage = state.coverage();
            coverage.remove(Interval::new(Timestamp::MIN, before));
            state.cover(&coverage);
            // A walk that reaches there would bring some of it back.
            if state.walk().is_some_and(|walk| walk.window.since < before) {
                state.set_walk(None);
            }
        }
        self.write_states(&parts)?;

        let asker = Asker::new(self.engine(), "1".to_owned());
        let old = Interval::new(Timestamp::MIN, before);
        let entries = asker.count(&Matching { condition: "1".to_owned(), window: old }, &|| false)?;
        let database = &self.client().address().database;
        let in_all = format!("SELECT copy FROM {database}.{SUPERSEDED}");
        let superseded = asker.number(
            &format!("SELECT count() FROM {ENTRIES} WHERE copy GLOBAL IN ({in_all}) FORMAT RowBinary"),
            &|| false,
        )?;
        let at = literal(before);
        let any_old = format!("SELECT count() FROM {ENTRIES} WHERE time < {at} FORMAT RowBinary");
        let mut is_over = true;
        if superseded > 0 || asker.number(&any_old, &|| false)? > 0 {
            let gone = format!("time < {at} OR copy IN ({in_all})");
            is_over = schema::delete(self.client(), ENTRIES, &gone)?;
        }
        // What names or remembers a row that is gone.
        for (table, key) in [(SUPERSEDED, "copy"), (WITHOUT_SINGLE, "identity")] {
            let any = format!("SELECT count() FROM {table} FORMAT RowBinary");
            if asker.number(&any, &|| false)? > 0 {
                let there = format!(
                    "SELECT {key} FROM {database}.{ENTRIES} WHERE {key} GLOBAL IN (SELECT {key} FROM {database}.{table})"
                );
                schema::delete(self.client(), table, &format!("{key} NOT IN ({there})"))?;
            }
        }
        // Whoever read meanwhile looks again.
        self.write_states(&parts)?;
        Ok(Pruned { entries, superseded, is_over })
    }
}

impl Asker {
    /// The days that have entries, newest first.
    fn days(&self) -> Result<Vec<Interval>, Error> {
        let sql = format!(
            "SELECT DISTINCT toInt64(floor(time / {DAY})) AS day FROM {ENTRIES} ORDER BY day DESC FORMAT RowBinary"
        );
        let day = |number: i64| {
            let since = Timestamp::from_micros(number.saturating_mul(DAY));
            Interval::new(since, since.plus(DAY))
        };
        self.rows_of(&sql, &|| false, |reader| reader.i64().map(day))
    }

    /// Rows of a stretch, whole, newest first.
    fn checked(&self, stretch: &Matching, from: usize, count: usize) -> Result<Vec<Checked>, Error> {
        let sql = format!(
            "SELECT {} FROM {ENTRIES} WHERE {} ORDER BY time DESC, source, identity LIMIT {from}, {count} \
             FORMAT RowBinary",
            column::names(),
            self.within(stretch)
        );
        self.rows_of(&sql, &|| false, column::check)
    }
}
