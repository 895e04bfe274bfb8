//! `auditty histogram`: how many entries there were, in 144 buckets of time, by class.

use std::io::{self, BufWriter, IsTerminal, Write};

use tokio::task::spawn_blocking;

use super::arguments::{HistogramArguments, HistogramFormat};
use super::collector::{Came, Collector};
use super::failure::{Failure, Status};
use super::histogram::Counted;
use super::messages::Messages;
use super::output;
use super::reading::{self, Wanted};
use super::selection::Selection;
use crate::answer::{Histogram, Question};
use crate::archive;
use crate::event::Class;
use crate::fetch::Fetcher;
use crate::files::Need;
use crate::files::sift::Keep;
use crate::gather::{Duplicates, OverMemory, Tally};
use crate::handover::plot;
use crate::interval::{Interval, IntervalSet};
use crate::offline::Rows;
use crate::place::Place;
use crate::timestamp::{DAY, Timestamp};

/// How wide a plot is where neither `COLUMNS` nor the terminal says it.
const WIDTH: usize = 80;

/// Runs the command; within a tokio runtime.
pub async fn run(
    arguments: &HistogramArguments,
    fetcher: &Fetcher,
    messages: &Messages,
    now: Timestamp,
) -> Result<Status, Failure> {
    let selection = Selection::new(&arguments.inputs, &arguments.reading, now)?;
    reading::prepare(&selection, fetcher).await?;
    reading::tell_unfetched_changes(&selection, false, messages);
    let asked = ask(&selection).await?;
    let sieve = reading::sieve(&selection, Keep::Times);
    let wanted = Wanted { limit: None, apart: false, need: Need::Entries, rows: Rows::Counted, sieve };
    let feeds = reading::begin(&selection, fetcher, &wanted);
    let mut collector = Collector::new(feeds, selection.window, messages.clone());
    let mut counts = Counts::new(&selection);
    let mut over = None;
    while let Some(came) = collector.next().await {
        over = counts.take(came).err();
        if over.is_some() {
            collector.stop();
            break;
        }
    }
    let mut status = Status::Whole;
    if let Some(error) = over {
        messages.error(&error.to_string());
        status = Status::Broken;
    }
    let collected = collector.finish();
    collected.tell_outside(&selection, messages);
    let status = status.max(collected.status);
    let (mut histogram, mut matched) = counts.finish(&selection, collected.oldest_and_newest);
    if let Some(asked) = asked {
        add(&mut histogram, &asked);
        matched += asked.total();
    }
    // A usage error leaves nothing behind.
    if status == Status::Usage && matched == 0 {
        return Ok(status);
    }
    let window = histogram.window;
    let missing: IntervalSet = collected.missing.parts().iter().map(|gap| gap.intersect(window)).collect();
    let counted = Counted { histogram, complete: status == Status::Whole, missing };
    messages.clear();
    match write(&counted, arguments.format, &selection) {
        Ok(()) => Ok(status),
        Err(error) if output::is_broken_pipe(&error) => Ok(Status::Whole),
        Err(error) => Err(Failure::broken(format!("cannot write to standard output: {error}"))),
    }
}

/// Where the archive is a server's, what that counts of the sources.
async fn ask(selection: &Selection) -> Result<Option<Histogram>, Failure> {
    let Some(Place::Server { engine, .. }) = &selection.offline else { return Ok(None) };
    let asker = engine.asker_of(&selection.sources)?;
    let (filter, window) = (selection.filter.clone(), selection.window);
    let question = Question { histogram: Some(window), ..Question::newest(filter, window, 0) };
    let answer = spawn_blocking(move || asker.answer(&question, &|| false)).await;
    let answer = answer.map_err(Failure::broken)?.map_err(archive::Error::from)?;
    Ok(answer.histogram)
}

fn add(sum: &mut Histogram, more: &Histogram) {
    for (sum, more) in sum.counts.iter_mut().zip(&more.counts) {
        sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
}

fn write(counted: &Counted, format: Option<HistogramFormat>, selection: &Selection) -> io::Result<()> {
    let stdout = io::stdout();
    let by_itself = if stdout.is_terminal() { HistogramFormat::Plot } else { HistogramFormat::Json };
    let format = format.unwrap_or(by_itself);
    let mut out = BufWriter::new(stdout.lock());
    match format {
        HistogramFormat::Json => counted.write_json(&mut out)?,
        HistogramFormat::Csv => counted.write_csv(&mut out)?,
        HistogramFormat::Plot => {
            let plot = plot::draw(&counted.histogram, &counted.missing, width(), &selection.zone);
            out.write_all(plot.as_bytes())?;
        }
    }
    out.flush()
}

/// The terminal's width in cells.
fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let is_terminal = io::stdout().is_terminal();
    let asked = || is_terminal.then(|| crossterm::terminal::size().ok()).flatten();
    said.or_else(|| asked().map(|(columns, _)| usize::from(columns)))
        .filter(|width| *width > 0)
        .unwrap_or(WIDTH)
}

/// Counts while entries come. Those of files come sifted: as times and classes of what matches.
enum Counts {
    /// The window is known from the start.
    Buckets {
        /// Of sources an entry may come twice.
        sources: Tally,
        /// Of files each counts.
        files: Histogram,
        /// How many these were.
        matched: u64,
    },
    /// Files alone set it by their oldest and newest entry, which are known at the end.
    Times { matching: Vec<(Timestamp, Class)>, max_memory: u64 },
}

impl Counts {
    fn new(selection: &Selection) -> Self {
        let max_memory = selection.max_memory;
        let is_open = selection.sources.is_empty()
            && (selection.bounds.since.is_none() || selection.bounds.until.is_none());
        if is_open {
            return Self::Times { matching: Vec::new(), max_memory };
        }
        let (filter, window) = (selection.filter.clone(), selection.window);
        let sources = Tally::new(filter, window, max_memory, Duplicates::KeepOne);
        Self::Buckets { sources, files: Histogram::empty(window), matched: 0 }
    }

    fn take(&mut self, came: Came) -> Result<(), OverMemory> {
        match self {
            Self::Buckets { sources, files, matched } => {
                *matched += came.counted.len() as u64;
                for (time, class) in came.counted {
                    files.count(time, class);
                }
                came.events.iter().try_for_each(|event| sources.push(event))
            }
            Self::Times { matching, max_memory } => {
                matching.extend(came.counted);
                let bytes = matching.capacity() * size_of::<(Timestamp, Class)>();
                if bytes as u64 > *max_memory {
                    return Err(OverMemory { limit: *max_memory });
                }
                Ok(())
            }
        }
    }

    /// The histogram and how many were counted. Files without an entry and without bounds have no
    /// window of their own: the default one is taken.
    fn finish(
        self,
        selection: &Selection,
        oldest_and_newest: Option<(Timestamp, Timestamp)>,
    ) -> (Histogram, u64) {
        match self {
            Self::Buckets { sources, files, matched } => {
                let matched = sources.matched() + matched;
                let mut histogram = sources.finish();
                add(&mut histogram, &files);
                (histogram, matched)
            }
            Self::Times { matching, .. } => {
                let now = selection.now;
                let window = selection
                    .bounds
                    .around(oldest_and_newest)
                    .or_else(|| selection.bounds.over_sources(now).ok())
                    .unwrap_or(Interval::new(now.plus(-7 * DAY), now));
                let mut histogram = Histogram::empty(window);
                for (time, class) in &matching {
                    histogram.count(*time, *class);
                }
                (histogram, matching.len() as u64)
            }
        }
    }
}
