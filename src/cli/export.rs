//! `auditty export`: entries, newest first, to standard output or a file that is whole or not there.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use super::arguments::ExportArguments;
use super::collector::{Came, Collector, Kind};
use super::failure::{Failure, Status};
use super::follow;
use super::manifest::{Asked, Manifest};
use super::messages::Messages;
use super::output::{self, AtomicFile, Written};
use super::reading::{self, Wanted};
use super::selection::Selection;
use super::singles::Singles;
use crate::event::{Event, Rank};
use crate::export::{Column, Exporter, Format, Options};
use crate::fetch::Fetcher;
use crate::files::Need;
use crate::files::sift::Keep;
use crate::gather::{Duplicates, Gather, OverMemory};
use crate::interval::Interval;
use crate::offline::Rows;
use crate::text::visible;
use crate::timestamp::Timestamp;

/// Runs the command; within a tokio runtime.
pub async fn run(
    arguments: &ExportArguments,
    fetcher: &Fetcher,
    messages: &Messages,
    now: Timestamp,
) -> Result<Status, Failure> {
    let output = arguments.output.as_deref().filter(|path| *path != Path::new("-"));
    let format = format(arguments, output)?;
    let columns = columns(arguments, format)?;
    if arguments.manifest && output.is_none() {
        return Err(Failure::usage("--manifest stands beside a file: it needs -o FILE"));
    }
    let selection = Selection::new(&arguments.inputs, &arguments.reading, now)?;
    if arguments.follow {
        follow::check(arguments, format)?;
        reading::prepare(&selection, fetcher).await?;
        return follow::run(arguments, format, columns, &selection, fetcher, messages).await;
    }
    reading::prepare(&selection, fetcher).await?;
    let file = output.map(begin).transpose()?;
    reading::tell_unfetched_changes(&selection, arguments.changes, messages);

    let gathered = gather(arguments, format, &selection, fetcher, messages).await;

    let options = Options {
        columns,
        terminal: file.is_none() && io::stdout().is_terminal(),
        origins: reading::origins(&selection),
    };
    // A usage error leaves nothing behind: nothing was read that could be lost.
    if gathered.status == Status::Usage && gathered.events.is_empty() {
        if let Some(file) = file {
            file.discard();
        }
        return Ok(gathered.status);
    }
    messages.clear();
    let Some(file) = file else {
        return to_stdout(&gathered, format, options);
    };
    let written = to_file(file, &gathered, format, options, messages)?;
    if arguments.manifest {
        let asked = Asked {
            sources: selection.names.clone(),
            window: gathered.window,
            filter: &selection.filter_text,
            limit: arguments.limit,
        };
        let complete = gathered.status == Status::Whole;
        Manifest::new(&asked, &gathered.events, &written, complete).write(&written.path)?;
    }
    Ok(gathered.status)
}

/// Begins the file, in the place of what a failed run may have left there.
fn begin(path: &Path) -> Result<AtomicFile, Failure> {
    let file = AtomicFile::create(path)?;
    let stale = output::beside(&output::beside(path, ".part"), ".manifest.json");
    // Mostly there is none; one that stays would tell of a file that is gone.
    let _ = std::fs::remove_file(stale);
    Ok(file)
}

fn format(arguments: &ExportArguments, output: Option<&Path>) -> Result<Format, Failure> {
    match &arguments.format {
        Some(name) => name.parse().map_err(|error| Failure::usage(format!("--format: {error}"))),
        None => Ok(output.and_then(Format::from_path).unwrap_or_default()),
    }
}

fn columns(arguments: &ExportArguments, format: Format) -> Result<Vec<Column>, Failure> {
    let Some(list) = &arguments.columns else { return Ok(Vec::new()) };
    if format != Format::Csv {
        return Err(Failure::usage(format!("--columns: only csv has columns, and the format is {format}")));
    }
    Column::parse_list(list).map_err(|error| Failure::usage(format!("--columns: {error}")))
}

/// What was gathered, and how whole it is.
struct Gathered {
    events: Vec<Event>,
    status: Status,
    /// The window; `None`: it is open, as no entry came of any file.
    window: Option<Interval>,
}

async fn gather(
    arguments: &ExportArguments,
    format: Format,
    selection: &Selection,
    fetcher: &Fetcher,
    messages: &Messages,
) -> Gathered {
    let filter = &selection.filter;
    // Where the filter looks at what only the single record has, every entry's is needed.
    let all_singles = arguments.changes && filter.needs_changes();
    let wanted = Wanted {
        limit: arguments.limit.filter(|_| !all_singles),
        apart: false,
        need: if format.needs_record() { Need::Records } else { Need::Entries },
        rows: Rows::Matching(filter.clone(), arguments.limit),
        sieve: reading::sieve(selection, Keep::Entries),
    };
    let mut singles = Singles::new(fetcher.clone(), reading::with_singles(selection), messages.clone());
    let mut kept = Kept::new(selection, arguments.limit);
    let feeds = reading::begin(selection, fetcher, &wanted);
    let mut collector = Collector::new(feeds, selection.window, messages.clone());
    let mut status = Status::Whole;

    let mut over = None;
    'collecting: while let Some(Came { kind, events, .. }) = collector.next().await {
        let asked = match (all_singles, kind) {
            (true, Kind::Source) => events
                .iter()
                .filter(|event| selection.window.contains(event.time))
                .filter_map(|event| singles.wanted(event))
                .collect(),
            _ => Vec::new(),
        };
        let richer = singles.fetch(asked).await;
        for event in events.into_iter().chain(richer) {
            if let Err(error) = kept.push(kind, event) {
                over = Some(error);
                break 'collecting;
            }
        }
    }
    if over.is_some() {
        collector.stop();
    }
    while arguments.changes && over.is_none() {
        let asked: Vec<_> =
            kept.newest_list_rows().iter().filter_map(|event| singles.wanted(event)).collect();
        if asked.is_empty() {
            break;
        }
        let richer = singles.fetch(asked).await;
        over = richer.into_iter().find_map(|event| kept.push(Kind::Source, event).err());
    }
    if let Some(error) = over {
        messages.error(&error.to_string());
        status = Status::Broken;
    }
    let collected = collector.finish();
    collected.tell_outside(selection, messages);
    let window = if selection.sources.is_empty() {
        selection.bounds.around(collected.oldest_and_newest)
    } else {
        Some(selection.window)
    };
    let status = status.max(collected.status).max(singles.finish());
    Gathered { events: kept.finish(), status, window }
}

/// What matches: of sources each entry once, of files every one.
struct Kept {
    sources: Gather,
    files: Gather,
    limit: Option<usize>,
    max_memory: u64,
}

impl Kept {
    fn new(selection: &Selection, limit: Option<usize>) -> Self {
        let gather = |duplicates| {
            let filter = selection.filter.clone();
            Gather::new(filter, selection.window, limit, selection.max_memory, duplicates)
        };
        Self {
            sources: gather(Duplicates::KeepOne),
            files: gather(Duplicates::KeepAll),
            limit,
            max_memory: selection.max_memory,
        }
    }

    fn push(&mut self, kind: Kind, event: Event) -> Result<(), OverMemory> {
        match kind {
            Kind::Source => self.sources.push(event)?,
            Kind::File => self.files.push(event)?,
        }
        if self.sources.memory_bytes() + self.files.memory_bytes() > self.max_memory {
            return Err(OverMemory { limit: self.max_memory });
        }
        Ok(())
    }

    /// The entries of sources that would be written now, as far as they are list rows.
    fn newest_list_rows(&self) -> Vec<&Event> {
        let mut events: Vec<&Event> = self.sources.kept().collect();
        if let Some(limit) = self.limit {
            events.sort_unstable_by(|a, b| a.newest_first(b));
            events.truncate(limit);
        }
        events.retain(|event| event.rank == Rank::ListRow);
        events
    }

    fn finish(self) -> Vec<Event> {
        let mut events = self.sources.finish();
        let files = self.files.finish();
        if !files.is_empty() {
            events.extend(files);
            events.sort_by(Event::newest_first);
            events.truncate(self.limit.unwrap_or(usize::MAX));
        }
        events
    }
}

fn write<W: Write>(out: W, events: &[Event], format: Format, options: Options) -> io::Result<W> {
    let mut exporter = Exporter::new(format, options, out);
    for event in events {
        exporter.write(event)?;
    }
    exporter.finish()
}

fn to_stdout(gathered: &Gathered, format: Format, options: Options) -> Result<Status, Failure> {
    let out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    match write(out, &gathered.events, format, options) {
        Ok(_) => Ok(gathered.status),
        Err(error) if output::is_broken_pipe(&error) => Ok(Status::Whole),
        Err(error) => Err(Failure::broken(format!("cannot write to standard output: {error}"))),
    }
}

fn to_file(
    file: AtomicFile,
    gathered: &Gathered,
    format: Format,
    options: Options,
    messages: &Messages,
) -> Result<Written, Failure> {
    let path = file.path().to_owned();
    let shown = visible(&path.to_string_lossy()).into_owned();
    let failed = |error: io::Error| {
        Failure::broken(format!("cannot write {shown}: {error}; what was written is in {shown}.part"))
    };
    let file = write(file, &gathered.events, format, options).map_err(failed)?;
    if gathered.status == Status::Whole {
        return file.finish().map_err(failed);
    }
    let written = file.leave().map_err(failed)?;
    let older = if path.exists() { format!("{shown} is as it was; ") } else { String::new() };
    messages.error(&format!("not whole: {older}what came is in {shown}.part"));
    Ok(written)
}
