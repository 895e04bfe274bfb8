//! `hec`: one Splunk HTTP Event Collector envelope an entry.

use std::fmt::Write;

use super::flat::{Flat, json};
use crate::event::Event;
use crate::json::without_lone_surrogates;
use crate::timestamp::{SECOND, Timestamp};

/// The entry as one JSON object on one line.
pub(super) fn envelope(event: &Event, host: Option<&str>) -> String {
    let mut line = format!("{{\"time\":{}", epoch_seconds(event.time));
    // Writing to a text cannot fail.
    if let Some(host) = host {
        let _ = write!(line, ",\"host\":{}", json(&host));
    }
    let _ = write!(
        line,
        ",\"source\":{},\"sourcetype\":{},\"event\":{},\"fields\":{}}}",
        json(&event.source),
        json(&format!("auditty:{}", event.provider)),
        without_lone_surrogates(event.record.as_str()),
        json(&Flat(event)),
    );
    line
}

/// Seconds since the epoch with six decimals.
fn epoch_seconds(time: Timestamp) -> String {
    let micros = time.micros();
    let sign = if micros < 0 { "-" } else { "" };
    let (seconds, fraction) = (micros.unsigned_abs() / SECOND as u64, micros.unsigned_abs() % SECOND as u64);
    format!("{sign}{seconds}.{fraction:06}")
}
