//! `auditty show`: one entry, in full.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::Arc;

use super::arguments::ShowArguments;
use super::collector::{Came, Collector, Kind};
use super::entry;
use super::failure::{Failure, Status};
use super::messages::Messages;
use super::output;
use super::reading::{self, Wanted};
use super::selection::Selection;
use super::singles::Singles;
use crate::event::Event;
use crate::event::field::Field;
use crate::export::{Exporter, Format, Options};
use crate::fetch::{ErrorKind, Fetcher};
use crate::files::Need;
use crate::files::sift::{Keep, Sieve};
use crate::gather::{Duplicates, Gather};
use crate::interval::Interval;
use crate::offline::Rows;
use crate::query::{Expr, Glob, Query, Subject, Test};
use crate::text::visible;
use crate::timestamp::Timestamp;

/// Runs the command; within a tokio runtime.
pub async fn run(
    arguments: &ShowArguments,
    fetcher: &Fetcher,
    messages: &Messages,
    now: Timestamp,
) -> Result<Status, Failure> {
    let format: Option<Format> = arguments
        .format
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error| Failure::usage(format!("--format: {error}")))?;
    let inputs = std::slice::from_ref(&arguments.input);
    let selection = Selection::new(inputs, &arguments.reading, now)?;
    reading::prepare(&selection, fetcher).await?;

    let mut status = Status::Whole;
    let mut singles = Singles::new(fetcher.clone(), reading::with_singles(&selection), messages.clone());
    let mut found = directly(&arguments.id, &selection, fetcher, &mut singles).await?;
    if found.is_empty() {
        let searched = search(&arguments.id, format, &selection, fetcher, messages, singles).await?;
        found = searched.0;
        status = searched.1;
    }
    messages.clear();
    if found.is_empty() {
        // What went wrong was said; otherwise, that nothing did.
        if status == Status::Whole {
            let Interval { since, until } = selection.window;
            let searched = if selection.sources.is_empty() {
                String::new()
            } else {
                format!(" from {since} to {until}; say where to look with --since and --until")
            };
            let id = visible(&arguments.id);
            messages.error(&format!("no entry of {} has the id `{id}`{searched}", visible(&arguments.input)));
        }
        return Ok(status.max(Status::Broken));
    }
    match write(&found, format, &selection) {
        Ok(()) => Ok(status),
        Err(error) if output::is_broken_pipe(&error) => Ok(Status::Whole),
        Err(error) => Err(Failure::broken(format!("cannot write to standard output: {error}"))),
    }
}

/// The single record, where the system has that route: whenever it happened. Which there is none of,
/// `singles` is told.
async fn directly(
    id: &str,
    selection: &Selection,
    fetcher: &Fetcher,
    singles: &mut Singles,
) -> Result<Vec<Event>, Failure> {
    let mut found = Vec::new();
    for (source, provider) in reading::with_singles(selection) {
        if provider.detail.is_none() || id.is_empty() {
            continue;
        }
        for part in Fetcher::parts(source, provider)? {
            match fetcher.single(source, provider, part.value.as_deref(), id).await {
                Ok(event) => found.push(event),
                // It may not be there under this value, or the route may not have it.
                Err(error) if error.kind == ErrorKind::Broken => {
                    singles.lacks(&source.name, part.value, id, error);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    // A server may answer with another entry than the one that it is asked for.
    found.retain(|event| event.id.as_deref() == Some(id) && selection.filter.matches(event));
    Ok(found)
}

/// Everything in the window that has the id.
async fn search(
    id: &str,
    format: Option<Format>,
    selection: &Selection,
    fetcher: &Fetcher,
    messages: &Messages,
    mut singles: Singles,
) -> Result<(Vec<Event>, Status), Failure> {
    let need = match format {
        Some(format) if format.needs_record() => Need::Records,
        _ => Need::Entries,
    };
    let with_id = Expr::leaf(Subject::Field(Field::Id), vec![Test::Whole(Glob::exact(id))]);
    let filter = Arc::new(Query::clone(&selection.filter).and(with_id));
    let sieve = Sieve { filter: filter.clone(), window: selection.window, keep: Keep::Entries };
    let wanted = Wanted { limit: None, apart: true, need, rows: Rows::Matching(filter.clone(), None), sieve };
    let mut gather = Gather::new(
        filter,
        selection.window,
        None,
        selection.max_memory,
        if selection.files.is_empty() { Duplicates::KeepOne } else { Duplicates::KeepAll },
    );
    let feeds = reading::begin(selection, fetcher, &wanted);
    let mut collector = Collector::new(feeds, selection.window, messages.clone());
    while let Some(Came { kind, part, events, .. }) = collector.next().await {
        let mut is_found = false;
        for event in events {
            is_found |= event.id.as_deref() == Some(id);
            gather.push(event).map_err(Failure::broken)?;
        }
        // What came before it in the walk is what tells its changes, where pages come newest first.
        // Another part may have an entry of the same id.
        if is_found && kind == Kind::Source {
            collector.enough(&part);
        }
    }
    let asked = gather.kept().filter_map(|event| singles.wanted(event)).collect();
    for richer in singles.fetch(asked).await {
        gather.push(richer).map_err(Failure::broken)?;
    }
    let status = collector.finish().status.max(singles.finish());
    let mut found = gather.finish();
    // Filters do not heed case; ids do.
    found.retain(|event| event.id.as_deref() == Some(id));
    Ok((found, status))
}

fn write(found: &[Event], format: Option<Format>, selection: &Selection) -> io::Result<()> {
    let stdout = io::stdout();
    let terminal = stdout.is_terminal();
    let mut out = BufWriter::new(stdout.lock());
    let Some(format) = format else {
        for (place, event) in found.iter().enumerate() {
            if place > 0 {
                out.write_all(b"\n")?;
            }
            let local = selection.zone.beside(event.time);
            out.write_all(entry::text(event, local.as_deref()).as_bytes())?;
        }
        return out.flush();
    };
    let options = Options { columns: Vec::new(), terminal, origins: reading::origins(selection) };
    let mut exporter = Exporter::new(format, options, out);
    found.iter().try_for_each(|event| exporter.write(event))?;
    exporter.finish()?;
    Ok(())
}
