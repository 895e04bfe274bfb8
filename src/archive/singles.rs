//! Which entries still stand as list rows, which of them have no single record to be had, and the
//! single records that are held.

use std::collections::HashMap;

use rusqlite::{TransactionBehavior, params};

use super::append::single_text;
use super::{Archive, Error};
use crate::event::{Event, Identity, Rank};
use crate::interval::Interval;
use crate::json::Node;
use crate::provider::Provider;
use crate::provider::mapping::Context;
use crate::source::Part;
use crate::timestamp::Timestamp;

impl Archive {
    /// The stretch of time in which all list rows of a part lie; `None`: there are none.
    pub fn list_rows(&self, part: &Part) -> Result<Option<Interval>, Error> {
        let Some(id) = self.part_id(part)? else { return Ok(None) };
        let times: (Option<i64>, Option<i64>) = self
            .connection
            .query_row("SELECT min(time), max(time) FROM entry WHERE part = ?1 AND rank = 0", [id], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .map_err(|e| self.failed(e))?;
        let (Some(oldest), Some(newest)) = times else { return Ok(None) };
        Ok(Some(Interval::new(Timestamp::from_micros(oldest), Timestamp::from_micros(newest).plus(1))))
    }

    /// The entries of a part whose single record could not be had, and in how many syncs.
    pub fn without_single(&self, part: &Part) -> Result<HashMap<Identity, u32>, Error> {
        let Some(id) = self.part_id(part)? else { return Ok(HashMap::new()) };
        let rows = self.rows("SELECT identity, tries FROM without_single WHERE part = ?1", [id], |row| {
            Ok((Identity(u128::from_be_bytes(row.get(0)?)), row.get(1)?))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// The single records of these could not be had, once more.
    pub fn note_without_single(&mut self, part: &Part, entries: &[Identity]) -> Result<(), Error> {
        let Some(id) = self.part_id(part)? else { return Ok(()) };
        if entries.is_empty() {
            return Ok(());
        }
        let file = self.file.clone();
        let failed = |e| Error::of(&file, e);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        for entry in entries {
            transaction
                .execute(
                    "INSERT INTO without_single(part, identity, tries) VALUES (?1, ?2, 1)
                     ON CONFLICT DO UPDATE SET tries = tries + 1",
                    params![id, entry.0.to_be_bytes()],
                )
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }

    /// The single record of an entry, read by its descriptor; `None` where only its list row is held,
    /// or nothing.
    pub fn single(
        &self,
        part: &Part,
        provider: &Provider,
        identity: Identity,
    ) -> Result<Option<Event>, Error> {
        let Some(id) = self.part_id(part)? else { return Ok(None) };
        let text = single_text(&self.connection, &self.file, id, identity)?;
        let context = Context {
            source: part.source.clone(),
            provider: (*provider.name).into(),
            workspace: part.value.clone(),
            rank: Rank::Single,
        };
        // What the descriptor reads no entry from is as if it were not held.
        let event = |text: String| provider.mapping.event(Node::parse(&text).ok()?, &context).ok();
        Ok(text.and_then(event))
    }
}
