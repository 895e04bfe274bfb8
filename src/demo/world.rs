//! What happened in the demo world: a week at a small maker of test equipment, told by five audit
//! logs. About 60,000 requests with working hours, two waves of failures, a storm of refused
//! requests and a noisy station; and one night in which somebody guesses a password, raises a role,
//! exports keys, lets an agent delete, and hides traces, which can be followed through all five.
//!
//! The same seed and end give the same bytes, on every machine. Not here: serving it (`server`).

mod fastio;
mod fastpki;
mod fileguard;
mod logfire;
mod tofupilot;

use serde::Serialize;

use crate::json::{Node, Pointer};
use crate::timestamp::Timestamp;

use super::System;
use super::calendar::{Calendar, HOUR};

pub(super) use fastpki::Row as PkiRow;
pub(super) use tofupilot::Endless as EndlessRequests;
pub(super) use tofupilot::{LOG as REQUEST_LOG, Row as RequestRow};

/// Workspaces of the file store.
pub const WORKSPACES: [&str; 2] = ["ws_flight_ops", "ws_quality"];

/// An entry as its system holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When it happened, to the precision that its system writes.
    pub time: Timestamp,
    /// The workspace, where the system has a log for each.
    pub workspace: Option<&'static str>,
    /// The list row, as it stands in an answer.
    pub json: Box<str>,
    /// The single record, where the system has one that says more than the list row.
    pub single: Option<Box<str>>,
    /// The kind of client, by the system's own names.
    pub(super) client: Option<&'static str>,
}

impl Record {
    pub(super) fn new(time: Timestamp, row: &impl Serialize) -> Self {
        Self { time, workspace: None, json: written(row), single: None, client: None }
    }

    /// The list row's value at a pointer, as a filter of the server looks at it; empty for null,
    /// objects, arrays and what is not there.
    pub(super) fn value(&self, pointer: &str) -> String {
        let pointer = Pointer::parse(pointer).unwrap_or_default();
        let value = Node::from_kept(&self.json).at(&pointer).and_then(Node::scalar);
        value.map(std::borrow::Cow::into_owned).unwrap_or_default()
    }
}

/// A row as JSON text, its keys in the order that the system's page has.
fn written(row: &impl Serialize) -> Box<str> {
    serde_json::to_string(row).expect("rows have only text keys").into()
}

/// All that happened, as five logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    end: Timestamp,
    logs: [Vec<Record>; 5],
}

impl World {
    /// The seed of `auditty demo`.
    pub const SEED: u64 = 20_260_518;

    /// The world of a seed that ends at the full hour that `end` lies in: every entry is earlier.
    pub fn generate(seed: u64, end: Timestamp) -> Self {
        let calendar = Calendar { end: end.plus(-end.micros().rem_euclid(HOUR)) };
        let logs = System::ALL.map(|system| {
            let mut log = match system {
                System::Tofupilot => tofupilot::log(seed, calendar),
                System::Fastio => fastio::log(seed, calendar),
                System::Fastpki => fastpki::log(seed, calendar),
                System::Fileguard => fileguard::log(seed, calendar),
                System::Logfire => logfire::log(seed, calendar),
            };
            // Of one time, the entry that was made last comes first.
            log.reverse();
            log.sort_by_key(|record| std::cmp::Reverse(record.time));
            log
        });
        Self { end: calendar.end, logs }
    }

    /// The full hour that it ends at.
    pub fn end(&self) -> Timestamp {
        self.end
    }

    /// What a system holds, newest first; of two workspaces, both.
    pub fn records(&self, system: System) -> &[Record] {
        &self.logs[system as usize]
    }
}

#[cfg(test)]
mod tests;
