//! How far each source was followed, and what was written near that place; as a file, it outlives
//! the process.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::AGAIN;
use crate::cli::failure::Failure;
use crate::cli::output::AtomicFile;
use crate::event::{Event, Identity};
use crate::interval::Interval;
use crate::text::visible;
use crate::timestamp::Timestamp;

/// The form of the file.
const VERSION: u32 = 1;
/// A longer file is none of ours.
const LONGEST: u64 = 1 << 30;

/// The places of all sources.
#[derive(Debug, Default)]
pub struct Places {
    sources: BTreeMap<Arc<str>, Place>,
    resumed: bool,
}

#[derive(Debug, Default)]
struct Place {
    /// Everything before it was written; `None`: nothing is known to be.
    until: Option<Timestamp>,
    /// What was written that a later round may bring again, with its time.
    written: HashMap<Identity, Timestamp>,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    version: u32,
    sources: BTreeMap<String, SavedPlace>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedPlace {
    /// RFC 3339.
    until: Option<String>,
    /// Identities in hexadecimal, each with its time in microseconds.
    written: BTreeMap<String, i64>,
}

/// Makes sure that places can be saved in the file, as far as that can be told without doing it.
pub fn check(file: Option<&Path>) -> Result<(), Failure> {
    let Some(file) = file else { return Ok(()) };
    let named = |failure: Failure| Failure { message: format!("--state: {}", failure.message), ..failure };
    AtomicFile::create(file).map_err(named)?.discard();
    Ok(())
}

impl Places {
    /// Those of a file, where it is there.
    pub fn read(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(file) = file else { return Ok(Self::default()) };
        let shown = || visible(&file.to_string_lossy()).into_owned();
        if file.file_name().is_none() {
            return Err(Failure::usage(format!("--state {}: that is no file's name", shown())));
        }
        let about = match std::fs::metadata(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            about => about,
        };
        let wrong = |why: String| Failure::usage(format!("--state {}: {why}", shown()));
        let about = about.map_err(|error| wrong(format!("it cannot be read: {error}")))?;
        if !about.is_file() || about.len() > LONGEST {
            return Err(wrong("it is no file of places".to_owned()));
        }
        let text =
            std::fs::read_to_string(file).map_err(|error| wrong(format!("it cannot be read: {error}")))?;
        Self::parse(&text).ok_or_else(|| {
            wrong("it is no file of places that this auditty knows; another name begins anew".to_owned())
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let saved: Saved =
            serde_json::from_str(text).ok().filter(|saved: &Saved| saved.version == VERSION)?;
        let mut sources = BTreeMap::new();
        for (name, place) in saved.sources {
            let until = match place.until {
                Some(text) => Some(Timestamp::parse(&text)?),
                None => None,
            };
            let mut written = HashMap::new();
            for (identity, time) in place.written {
                let identity = u128::from_str_radix(&identity, 16).ok()?;
                written.insert(Identity(identity), Timestamp::checked_from_micros(time)?);
            }
            sources.insert(name.into(), Place { until, written });
        }
        Some(Self { sources, resumed: true })
    }

    /// Whether they come from a file: what is new is then written oldest first from the beginning.
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// What a round asks of a source: everything behind its place, less what comes late; without a
    /// place, everything from `since` on.
    pub fn window(&self, source: &str, since: Timestamp, now: Timestamp) -> Interval {
        let until = self.sources.get(source).and_then(|place| place.until);
        let since = until.map_or(since, |until| until.min(now).plus(-AGAIN));
        Interval::new(since, now.max(since))
    }

    /// Whether the entry was not written.
    pub fn is_new(&self, event: &Event) -> bool {
        self.sources.get(&event.source).is_none_or(|place| !place.written.contains_key(&event.identity))
    }

    /// These were written.
    pub fn note(&mut self, events: &[Event]) {
        for event in events {
            let place = self.sources.entry(event.source.clone()).or_default();
            place.written.insert(event.identity, event.time);
        }
    }

    /// Everything of a source before this instant was written.
    pub fn advance(&mut self, source: &Arc<str>, until: Timestamp) {
        let place = self.sources.entry(source.clone()).or_default();
        place.until = Some(until);
        let kept_from = until.plus(-AGAIN);
        place.written.retain(|_, time| *time >= kept_from);
    }

    /// Saves them: the file is whole at every moment.
    pub fn save(&self, file: Option<&Path>) -> Result<(), Failure> {
        let Some(file) = file else { return Ok(()) };
        let sources = self.sources.iter().map(|(name, place)| {
            let written =
                place.written.iter().map(|(identity, time)| (format!("{:032x}", identity.0), time.micros()));
            let until = place.until.map(|until| until.to_string());
            (name.to_string(), SavedPlace { until, written: written.collect() })
        });
        let saved = Saved { version: VERSION, sources: sources.collect() };
        let failed = |error: std::io::Error| {
            Failure::broken(format!("cannot write {}: {error}", visible(&file.to_string_lossy())))
        };
        let text = serde_json::to_string(&saved).map_err(|error| failed(error.into()))?;
        let mut new = AtomicFile::create(file)?;
        new.write_all(text.as_bytes()).and_then(|()| new.write_all(b"\n")).map_err(failed)?;
        new.finish().map_err(failed)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn a_file_brings_back_what_was_saved_and_another_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state");
        let mut places = Places::read(Some(&file)).expect("it is not there yet");
        assert!(!places.is_resumed());
        let source: Arc<str> = "prod".into();
        let place = places.sources.entry(source.clone()).or_default();
        place.written.extend([(Identity(7), time(10_000)), (Identity(u128::MAX), time(9_000))]);
        places.advance(&source, time(10_000));
        places.save(Some(&file)).expect("saved");
        let back = Places::read(Some(&file)).expect("read");
        assert!(back.is_resumed());
        assert_eq!(back.sources["prod"].written, HashMap::from([(Identity(7), time(10_000))]));
        assert_eq!(back.window("prod", time(0), time(20_000)), Interval::new(time(9_400), time(20_000)));
        assert_eq!(back.window("new", time(5), time(20_000)), Interval::new(time(5), time(20_000)));
        for wrong in [
            "",
            "{}",
            r#"{"version":2,"sources":{}}"#,
            r#"{"version":1,"sources":{"a":{"until":"soon","written":{}}}}"#,
        ] {
            std::fs::write(&file, wrong).expect("written");
            assert!(Places::read(Some(&file)).expect_err(wrong).message.contains("no file of places"));
        }
        assert!(Places::read(Some(folder.path())).is_err());
    }
}
