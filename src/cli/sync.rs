//! `auditty sync`: pulls what the archive lacks, and says what came of it.

use std::time::Duration;

use tokio::task::spawn_blocking;

use super::arguments::SyncArguments;
use super::failure::{Failure, Status};
use super::messages::{Messages, counted};
use super::selection::{self, Configured};
use super::window::Bounds;
use crate::app::config::Loaded;
use crate::archive::{self, Lock};
use crate::fetch::{End, Fetcher, Update};
use crate::interval::IntervalSet;
use crate::place::Place;
use crate::sync::{self, Progress, Summary, Wanted};
use crate::text::visible;
use crate::timestamp::{SECOND, Timestamp};

/// Runs the command; within a tokio runtime.
pub async fn run(
    arguments: &SyncArguments,
    fetcher: &Fetcher,
    messages: &Messages,
    now: Timestamp,
) -> Result<Status, Failure> {
    let now = match arguments.now.as_deref() {
        Some(text) => {
            Timestamp::parse_moment(text, now).map_err(|error| Failure::usage(format!("--now: {error}")))?
        }
        None => now,
    };
    let loaded = selection::load(&arguments.config)?;
    let sources = sources(&loaded, &arguments.sources)?;
    let wanted = wanted(arguments, now)?;
    let place = super::archive::place(&loaded)?;
    for (source, provider) in &sources {
        fetcher.prepare(source, provider).await?;
    }
    let archive = place.open()?;
    let at_most = sources.iter().map(|(source, _)| source.timeout).max().unwrap_or_default();
    let Some(_lock) = lock(&place, at_most, arguments.quiet, messages).await? else {
        messages.notice("another sync is still at work, so there is nothing to do for this one");
        return Ok(Status::Whole);
    };
    let mut teller = Teller { messages, quiet: arguments.quiet };
    let summaries =
        sync::sync(fetcher, archive, &sources, wanted, now, &mut |progress| teller.tell(&progress)).await;
    messages.clear();
    let mut status = Status::Whole;
    for summary in summaries? {
        if let Some(kind) = summary.failure {
            status = status.max(kind.into());
        }
        if !arguments.quiet {
            messages.notice(&line(&summary));
        } else if summary.skipped > 0 {
            messages.notice(&skipped(&summary));
        }
    }
    Ok(status)
}

fn sources(loaded: &Loaded, names: &[String]) -> Result<Vec<Configured>, Failure> {
    if !names.is_empty() {
        return selection::sources_named(loaded, names);
    }
    let all = selection::all_sources(loaded)?;
    if all.is_empty() {
        return Err(Failure::usage("the config has no sources to sync"));
    }
    Ok(all)
}

fn wanted(arguments: &SyncArguments, now: Timestamp) -> Result<Wanted, Failure> {
    let Bounds { since, until } = Bounds::read(arguments.since.as_deref(), arguments.until.as_deref(), now)?;
    if let (Some(since), None) = (since, until)
        && since >= now
    {
        return Err(Failure::usage(format!("the window is empty: since {since} is not before now, {now}")));
    }
    Ok(Wanted { since, until, changes: arguments.changes })
}

/// The right to sync; `None`: another process has it, and was waited for.
async fn lock(
    place: &Place,
    at_most: Duration,
    quiet: bool,
    messages: &Messages,
) -> Result<Option<Lock>, Failure> {
    if let Some(lock) = place.lock(Duration::ZERO)? {
        return Ok(Some(lock));
    }
    if !quiet {
        let seconds = at_most.as_secs();
        messages.notice(&format!("another sync is at work; waiting for at most {seconds} s"));
    }
    let place = place.clone();
    let taken = spawn_blocking(move || place.lock(at_most)).await;
    Ok(taken.map_err(Failure::broken)??)
}

/// What became of a source, in a line.
fn line(summary: &Summary) -> String {
    let mut text = format!(
        "{}: {} new, {} already there",
        visible(&summary.source),
        counted(summary.taken.new),
        counted(summary.taken.already)
    );
    let mut add = |words: String| {
        text.push_str(", ");
        text.push_str(&words);
    };
    if summary.taken.replaced > 0 {
        add(format!("{} renewed", counted(summary.taken.replaced)));
    }
    if summary.singles > 0 {
        add(format!("{} single records", counted(summary.singles)));
    }
    if summary.skipped > 0 {
        add(format!("{} skipped", counted(summary.skipped)));
    }
    add(format!("{} requests", counted(summary.requests)));
    add(match summary.waits {
        0 => "no waits".to_owned(),
        waits => format!("{} waits ({} s)", counted(waits), (summary.waited + SECOND - 1) / SECOND),
    });
    add(gaps(&summary.missing));
    text
}

fn gaps(missing: &IntervalSet) -> String {
    if missing.is_empty() {
        return "no gaps".to_owned();
    }
    let gaps: Vec<String> =
        missing.parts().iter().map(|gap| format!("{} to {}", gap.since, gap.until)).collect();
    format!("missing: {}", gaps.join(", "))
}

fn skipped(summary: &Summary) -> String {
    format!("skipped {} entries of {}", counted(summary.skipped), visible(&summary.source))
}

/// Tells the user what goes on.
struct Teller<'a> {
    messages: &'a Messages,
    quiet: bool,
}

impl Teller<'_> {
    fn tell(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Fetch(update) => self.update(update),
            Progress::Kept(part, kept) if !self.quiet => {
                self.messages.progress(part, None, &format!("{} entries kept", counted(*kept)));
            }
            Progress::Singles(part, kept) if !self.quiet => {
                self.messages.progress(part, None, &format!("{} single records kept", counted(*kept)));
            }
            Progress::NoSingle(error) => self.messages.error(&error.message),
            Progress::Kept(..) | Progress::Singles(..) => {}
        }
    }

    fn update(&mut self, update: &Update) {
        match update {
            Update::Ended { end: End::Failed { error, .. }, .. } => self.messages.error(&error.message),
            Update::Ended { end: End::Gaps { why, .. }, .. } => self.messages.error(why),
            Update::Page(page) => {
                if !self.quiet {
                    self.messages.progress(&page.part, page.progress, "");
                }
                if let Some(first) = page.skipped.first() {
                    self.messages.notice(&format!(
                        "skipped {} entries: {} page {} item {}: {}",
                        page.skipped.len(),
                        visible(&page.part.to_string()),
                        first.page,
                        first.item,
                        visible(&first.why)
                    ));
                }
            }
            _ if self.quiet => {}
            Update::Notice { part, text } => {
                self.messages.notice(&format!("{}: {text}", visible(&part.to_string())));
            }
            Update::Waiting { part, until, attempt, .. } => {
                let left = until.micros().saturating_sub(Timestamp::now().micros());
                let seconds = (left + SECOND - 1).max(0) / SECOND;
                let words = format!("waiting {seconds} s (request {attempt} of 6)");
                self.messages.progress(part, None, &words);
            }
            Update::Ended { part, .. } => self.messages.progress_ended(part),
            Update::Rows(_)
            | Update::Sifted(_)
            | Update::Archived(_)
            | Update::Began { .. }
            | Update::Resumed { .. }
            | Update::Requested(_) => {}
        }
    }
}

impl From<archive::Error> for Failure {
    fn from(error: archive::Error) -> Self {
        Self { status: sync::kind(&error).into(), message: error.to_string() }
    }
}

impl From<sync::Error> for Failure {
    fn from(error: sync::Error) -> Self {
        match error {
            sync::Error::Archive(error) => error.into(),
            sync::Error::Fetch(error) => error.into(),
            sync::Error::Lost(_) => Self::broken(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Appended;
    use crate::interval::Interval;

    #[test]
    fn a_line_says_what_became_of_a_source() {
        let mut summary = Summary {
            source: "prod\u{1b}".into(),
            taken: Appended { new: 1234, already: 5, replaced: 0 },
            requests: 14,
            waits: 0,
            waited: 0,
            skipped: 0,
            singles: 0,
            missing: IntervalSet::new(),
            failure: None,
        };
        assert_eq!(line(&summary), "prod␛: 1,234 new, 5 already there, 14 requests, no waits, no gaps");
        summary.taken.replaced = 2;
        (summary.singles, summary.skipped, summary.waits, summary.waited) = (2, 1, 3, 2_500_000);
        let hour = |n: i64| Timestamp::from_micros(n * 3600 * SECOND);
        summary.missing.insert(Interval::new(hour(0), hour(1)));
        assert_eq!(
            line(&summary),
            "prod␛: 1,234 new, 5 already there, 2 renewed, 2 single records, 1 skipped, 14 requests, 3 waits (3 s), missing: 1970-01-01T00:00:00.000000Z to 1970-01-01T01:00:00.000000Z"
        );
    }
}
