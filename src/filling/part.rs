//! One part of a source: its gaps are fetched one after the other, newest first, and told as one
//! fetch of the whole window.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::{Filling, Unread, lacking};
use crate::fetch::{Control, End, Error, ErrorKind, Part, Request, Update};
use crate::interval::{Interval, IntervalSet};

/// A part on its way.
pub(super) struct OnePart {
    filling: Arc<Filling>,
    request: Request,
    part: Part,
    /// What the archive covers.
    covered: IntervalSet,
    out: mpsc::Sender<Update>,
    control: Control,
    began: bool,
    outcome: Outcome,
}

/// What the fetches of the gaps came to.
#[derive(Default)]
struct Outcome {
    cancelled: bool,
    failure: Option<Arc<Error>>,
    /// Why the server told less than it has.
    gaps: Option<String>,
    missing: IntervalSet,
}

/// Nobody listens any more.
struct Unheard;

/// What of a set lies inside a window.
pub(super) fn within(set: &IntervalSet, window: Interval) -> impl Iterator<Item = Interval> + '_ {
    set.parts().iter().map(move |stretch| stretch.intersect(window)).filter(|part| !part.is_empty())
}

impl OnePart {
    pub(super) fn new(
        filling: &Arc<Filling>,
        request: Request,
        part: Part,
        covered: IntervalSet,
        out: mpsc::Sender<Update>,
        control: Control,
    ) -> Self {
        let filling = Arc::clone(filling);
        Self { filling, request, part, covered, out, control, began: false, outcome: Outcome::default() }
    }

    /// Fetches, waits for the archive to be read, and tells the end.
    pub(super) async fn run(mut self, reading: watch::Receiver<Option<Unread>>) {
        // Nobody listening any more is nothing to report.
        let _ = self.walk(reading).await;
    }

    async fn walk(&mut self, mut reading: watch::Receiver<Option<Unread>>) -> Result<(), Unheard> {
        let gaps = lacking(self.request.window, &self.covered);
        if gaps.is_empty() {
            self.begin(Vec::new()).await?;
        }
        self.fetch_all(gaps).await?;
        if !self.outcome.cancelled {
            let mut unread = Vec::new();
            tokio::select! {
                () = self.control.cancel.cancelled() => self.outcome.cancelled = true,
                read = reading.wait_for(Option::is_some) => match read.map(|read| read.clone()) {
                    Ok(read) => unread.extend(read.iter().filter_map(|read| read.get(&self.part)).flatten()),
                    // The reader ends without a word only where there is no thread for it.
                    Err(_) => unread.extend(within(&self.covered, self.request.window)),
                }
            }
            if !unread.is_empty() && !self.control.reading.is_cancelled() {
                for stretch in &unread {
                    self.covered.remove(*stretch);
                }
                unread.reverse();
                self.fetch_all(unread).await?;
            }
            // What an earlier reading still brings is a part of this window too.
            tokio::select! {
                () = self.control.cancel.cancelled() => self.outcome.cancelled = true,
                () = self.filling.settled() => {}
            }
        }
        if !self.began {
            self.begin(Vec::new()).await?;
        }
        let end = self.end();
        self.tell(Update::Ended { part: self.part.clone(), end }).await
    }

    async fn fetch_all(&mut self, gaps: Vec<Interval>) -> Result<(), Unheard> {
        let mut left: VecDeque<Interval> = gaps.into();
        while let Some(gap) = left.pop_front() {
            let goes_on = self.fetch(gap).await?;
            if !goes_on {
                left.drain(..).for_each(|gap| self.outcome.missing.insert(gap));
            }
        }
        Ok(())
    }

    /// Fetches a gap; whether it makes sense to ask for the next one.
    async fn fetch(&mut self, gap: Interval) -> Result<bool, Unheard> {
        let request = Request { window: gap, only: Some(self.part.clone()), ..self.request.clone() };
        let mut running = self.filling.fetcher.start_under(request, self.control.clone());
        let mut goes_on = true;
        while let Some(update) = running.updates.recv().await {
            match update {
                Update::Began { pushed, .. } => self.begin(pushed).await?,
                Update::Ended { end, .. } => goes_on = self.ended(end, gap),
                other => self.tell(other).await?,
            }
        }
        Ok(goes_on)
    }

    fn ended(&mut self, end: End, gap: Interval) -> bool {
        let outcome = &mut self.outcome;
        match end {
            End::Whole | End::Limited => true,
            End::Cancelled => {
                outcome.cancelled = true;
                false
            }
            End::Failed { error, missing } => {
                // One that failed before it began says nothing of what is missing.
                let missing = if missing.is_empty() { vec![gap] } else { missing };
                for missing in missing {
                    outcome.missing.insert(missing);
                }
                // A source that refuses, or does not answer, does so for the next gap too.
                let goes_on = error.kind == ErrorKind::Broken;
                outcome.failure.get_or_insert(error);
                goes_on
            }
            End::Gaps { missing, why } => {
                for missing in missing {
                    outcome.missing.insert(missing);
                }
                outcome.gaps.get_or_insert(why);
                true
            }
        }
    }

    fn end(&mut self) -> End {
        let outcome = std::mem::take(&mut self.outcome);
        let mut missing = outcome.missing;
        self.covered.parts().iter().for_each(|held| missing.remove(*held));
        let missing = missing.parts().to_vec();
        match outcome {
            Outcome { cancelled: true, .. } => End::Cancelled,
            Outcome { failure: Some(error), .. } => End::Failed { error, missing },
            Outcome { gaps: Some(why), .. } if !missing.is_empty() => End::Gaps { missing, why },
            Outcome { .. } => End::Whole,
        }
    }

    async fn begin(&mut self, pushed: Vec<String>) -> Result<(), Unheard> {
        if std::mem::replace(&mut self.began, true) {
            return Ok(());
        }
        self.tell(Update::Began { part: self.part.clone(), window: self.request.window, pushed }).await
    }

    async fn tell(&self, update: Update) -> Result<(), Unheard> {
        self.out.send(update).await.map_err(|_| Unheard)
    }
}
