//! The fetches of one part, one after the other.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use super::Configured;
use crate::fetch::{End, ErrorKind, Fetcher, Part, Request, Update};
use crate::interval::Interval;

/// One fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// Of what.
    pub window: Interval,
    /// Where an interrupted one goes on.
    pub resume: Option<String>,
}

/// What is told of a part.
#[derive(Debug)]
pub enum Told {
    /// What the fetch layer tells.
    Update {
        /// Of which part.
        part: Part,
        /// Of which errand.
        window: Interval,
        /// What.
        update: Update,
    },
    /// The interrupted walk cannot go on; what it lacks is fetched anew.
    Forgotten {
        /// Of which part.
        part: Part,
    },
    /// Nothing follows of this part.
    Over {
        /// Which.
        part: Part,
        /// The gravest failure; `None`: all came.
        failure: Option<ErrorKind>,
        /// What did not come.
        missing: Vec<Interval>,
    },
}

impl Told {
    /// Of which part it is told.
    pub fn part(&self) -> &Part {
        match self {
            Self::Update { part, .. } | Self::Forgotten { part } | Self::Over { part, .. } => part,
        }
    }
}

/// How an errand went.
struct Outcome {
    pages: u64,
    failure: Option<ErrorKind>,
    missing: Vec<Interval>,
}

/// Fetches what is to be fetched of a part.
pub async fn run(
    fetcher: Fetcher,
    (source, provider): Configured,
    part: Part,
    errands: Vec<Errand>,
    out: mpsc::Sender<Told>,
) {
    let mut left: VecDeque<Errand> = errands.into();
    let (mut failure, mut missing) = (None, Vec::new());
    while let Some(Errand { window, resume }) = left.pop_front() {
        let resumed = resume.is_some();
        let mut request = Request::new(source.clone(), provider.clone(), window);
        request.only = Some(part.clone());
        request.resume = resume.map(Into::into);
        let Some(outcome) = fetch(&fetcher, request, &part, resumed, &out).await else { return };
        let Some(kind) = outcome.failure else { continue };
        if resumed && outcome.pages == 0 && kind == ErrorKind::Broken {
            if out.send(Told::Forgotten { part: part.clone() }).await.is_err() {
                return;
            }
            for window in outcome.missing {
                left.push_front(Errand { window, resume: None });
            }
            continue;
        }
        missing.extend(outcome.missing);
        if failure.is_none_or(|known: ErrorKind| known.exit_code() < kind.exit_code()) {
            failure = Some(kind);
        }
        // A source that refuses, or does not answer, does so for the next window too.
        if kind != ErrorKind::Broken {
            missing.extend(left.drain(..).map(|errand| errand.window));
        }
    }
    let _ = out.send(Told::Over { part, failure, missing }).await;
}

/// One fetch to its end; `None`: nobody listens any more.
async fn fetch(
    fetcher: &Fetcher,
    request: Request,
    part: &Part,
    resumed: bool,
    out: &mpsc::Sender<Told>,
) -> Option<Outcome> {
    let window = request.window;
    let mut running = fetcher.start(request);
    let mut outcome = Outcome { pages: 0, failure: Some(ErrorKind::Broken), missing: vec![window] };
    while let Some(mut update) = running.updates.recv().await {
        outcome.pages += u64::from(matches!(update, Update::Page(_)));
        if let Update::Ended { end, .. } = &update {
            (outcome.failure, outcome.missing) = match end {
                End::Whole => (None, Vec::new()),
                End::Failed { error, missing } => (Some(error.kind), missing.clone()),
                End::Gaps { missing, .. } => (Some(ErrorKind::Broken), missing.clone()),
                End::Limited | End::Cancelled => (Some(ErrorKind::Broken), vec![window]),
            };
            if let End::Failed { error, .. } = end
                && resumed
                && outcome.pages == 0
                && error.kind == ErrorKind::Broken
            {
                let text = format!("the interrupted fetch cannot go on and begins again: {}", error.message);
                update = Update::Notice { part: part.clone(), text };
            }
        }
        out.send(Told::Update { part: part.clone(), window, update }).await.ok()?;
    }
    Some(outcome)
}
