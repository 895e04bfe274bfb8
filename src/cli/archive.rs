//! `auditty archive`: what is held, whether it is as it was stored, letting the oldest go, and taking
//! files in.

mod import;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::arguments::{ArchiveArguments, ArchiveCommand, ConfigArguments};
use super::failure::{Failure, Status};
use super::messages::{Messages, counted};
use super::selection;
use crate::app::config::{self, Loaded, paths};
use crate::archive::{self, Archive, Ledger, Lock};
use crate::engine::Engine;
use crate::interval::{BUCKETS, Interval, IntervalSet};
use crate::place::Place;
use crate::text::visible;
use crate::timestamp::Timestamp;

/// Where the archive is: the config's `archive`, else `$XDG_DATA_HOME/auditty`.
pub fn place(loaded: &Loaded) -> Result<Place, Failure> {
    if let Some(config::Archive::ClickHouse { address, password }) = &loaded.config.archive {
        let engine = Engine::new(address.clone(), password.as_ref()).map_err(archive::Error::from)?;
        let locks = paths::state_folder(selection::variable).unwrap_or_else(std::env::temp_dir);
        return Ok(Place::Server { engine: Arc::new(engine), locks });
    }
    folder(loaded).map(Place::Folder)
}

/// The archive's folder, for what only an archive on disk can do.
fn folder(loaded: &Loaded) -> Result<PathBuf, Failure> {
    match &loaded.config.archive {
        Some(config::Archive::Folder(folder)) => Ok(folder.clone()),
        Some(config::Archive::ClickHouse { .. }) => Err(Failure::usage(
            "the config's `archive` is a ClickHouse server; this is for an archive on disk",
        )),
        None => paths::data_folder(selection::variable).ok_or_else(|| {
            Failure::usage("there is no place for the archive: set HOME, or `archive` in the config")
        }),
    }
}

/// Runs the command; within a tokio runtime.
pub async fn run(
    arguments: &ArchiveArguments,
    messages: &Messages,
    out: &mut dyn Write,
    now: Timestamp,
) -> Result<Status, Failure> {
    let loaded = selection::load(&ConfigArguments { config: arguments.config.clone() })?;
    let place = place(&loaded)?;
    let text = match &arguments.command {
        ArchiveCommand::Path => match &place {
            Place::Folder(folder) => format!("{}\n", Archive::file_in(folder).display()),
            Place::Server { engine, .. } => format!("{}\n", engine.address()),
        },
        ArchiveCommand::Status => status(&*place.open_read_only()?, now)? + &size(&place)?,
        ArchiveCommand::Verify => {
            let checked = place.open_read_only()?.verify()?;
            let blocks = checked.blocks.map(|blocks| format!(" in {} blocks", counted(blocks)));
            format!(
                "{} records{} are as they were stored\n",
                counted(checked.records),
                blocks.unwrap_or_default()
            )
        }
        ArchiveCommand::Prune { before } => {
            let before = Timestamp::parse_moment(before, now)
                .map_err(|error| Failure::usage(format!("--before: {error}")))?;
            // Not there is not made, only to be pruned.
            drop(place.open_read_only()?);
            let _lock = lock(&place)?;
            let pruned = place.open()?.prune(before)?;
            let superseded = match pruned.superseded {
                0 => String::new(),
                rows => format!(", and {} rows that other copies had taken the place of", counted(rows)),
            };
            let go = if pruned.is_over { "are gone" } else { "go when the server comes to it" };
            format!("{} entries before {before} {go}{superseded}\n", counted(pruned.entries))
        }
        ArchiveCommand::Import { files, source, provider } => {
            let wanted = import::Wanted { files, source: source.as_deref(), provider: provider.as_deref() };
            let (text, status) = import::run(&wanted, loaded, &place, messages).await?;
            write(out, &text)?;
            return Ok(status);
        }
    };
    write(out, &text)?;
    Ok(Status::Whole)
}

/// A closed pipe ends it quietly.
fn write(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::broken(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// The right to write, at once.
fn lock(place: &Place) -> Result<Lock, Failure> {
    place
        .lock(Duration::ZERO)?
        .ok_or_else(|| Failure::broken("a sync is at work on this archive; try again when it has ended"))
}

/// What is held, part by part.
fn status(archive: &dyn Ledger, now: Timestamp) -> Result<String, archive::Error> {
    let mut text = String::new();
    let known = archive.sources()?;
    for held in archive.status()? {
        let of = known.iter().find(|known| known.name == held.part.source);
        let system = of.map_or_else(String::new, |known| match known.origin.as_str() {
            "" => known.provider.clone(),
            origin => format!("{}, {origin}", known.provider),
        });
        let _ = writeln!(text, "{} ({})", visible(&held.part.to_string()), visible(&system));
        let times = match (held.oldest, held.newest) {
            (Some(oldest), Some(newest)) => format!(", {oldest} to {newest}"),
            _ => String::new(),
        };
        let _ = writeln!(text, "  {} entries{times}, {} bytes", counted(held.entries), counted(held.bytes));
        let since = held.coverage.parts().first().map(|first| first.since);
        let Some(since) = since.into_iter().chain(held.oldest).min() else { continue };
        let until = held.coverage.parts().last().map_or(now, |last| last.until.max(now));
        let window = Interval::new(since, until);
        let _ = writeln!(text, "  {}", cells(&held.coverage, window));
        let _ = writeln!(text, "  {since} to {until}; █ covered, ▒ in part, · not");
    }
    Ok(text)
}

/// How large the file is.
fn size(place: &Place) -> Result<String, archive::Error> {
    let archive = match place {
        Place::Folder(folder) => Archive::open_read_only(folder)?,
        Place::Server { engine, .. } => return Ok(format!("at {}\n", engine.address())),
    };
    let file = archive.file().display().to_string();
    Ok(format!("{} bytes in {}\n", counted(archive.file_bytes()?), visible(&file)))
}

/// What of a window is covered, in 144 cells.
fn cells(coverage: &IntervalSet, window: Interval) -> String {
    (0..BUCKETS)
        .map(|bucket| {
            let cell = window.bucket_interval(bucket);
            match coverage.micros_in(cell) {
                covered if covered == cell.micros() && covered > 0 => '█',
                0 => '·',
                _ => '▒',
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_is_a_line_of_144_cells() {
        let time = Timestamp::from_micros;
        let window = Interval::new(time(0), time(1440));
        let coverage = [(100, 205), (1440, 1500)].map(|(a, b)| Interval::new(time(a), time(b)));
        let line = cells(&coverage.into_iter().collect(), window);
        assert_eq!(line.chars().count(), 144);
        assert_eq!(line, format!("{}{}▒{}", "·".repeat(10), "█".repeat(10), "·".repeat(123)));
    }
}
