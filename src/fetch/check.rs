//! Whether a source can be read: token, reach and scope, told by one smallest list request a part.
//! Not here: how the report is shown.

use std::time::{Duration, Instant};

use super::body::Listing;
use super::client::Sending;
use super::pager::{Pager, Position};
use super::plan::{self, Template};
use super::session::{Asker, Session};
use super::{Error, Part};
use crate::interval::Interval;
use crate::provider::Paging;
use crate::timestamp::SECOND;

/// The window that is asked for, where one must be, microseconds: the last hour.
const WINDOW: i64 = 3_600 * SECOND;

/// What a check found.
#[derive(Debug)]
pub struct CheckReport {
    /// Each part, in the order of the config.
    pub parts: Vec<PartCheck>,
}

impl CheckReport {
    /// The exit status: the highest of the parts'.
    pub fn exit_code(&self) -> u8 {
        let codes = self.parts.iter().filter_map(|part| part.result.as_ref().err());
        codes.map(|error| error.kind.exit_code()).max().unwrap_or(0)
    }
}

/// What a check found of one part.
#[derive(Debug)]
pub struct PartCheck {
    /// Which.
    pub part: Part,
    /// Whether it can be read, else what to fix.
    pub result: Result<Reached, Error>,
}

/// A part that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The URL that was asked.
    pub url: String,
    /// How many entries came on that page.
    pub entries: usize,
    /// How long it took, with its tries.
    pub took: Duration,
}

/// Checks a source. An error is one of the configuration, before anything was sent.
pub async fn check(session: &Session) -> Result<CheckReport, Error> {
    session.prepare().await?;
    let mut parts = Vec::new();
    for plan in plan::parts(&session.source, &session.provider)? {
        let part = plan.part.clone();
        parts.push(PartCheck { part, result: reach(session, &plan).await });
    }
    Ok(CheckReport { parts })
}

async fn reach(session: &Session, plan: &plan::PartPlan) -> Result<Reached, Error> {
    let provider = &session.provider;
    let mut template = Template::new(&session.source, provider, plan, &session.client.origins().base)?;
    if let Some(size) = provider.paging.iter().find_map(Paging::size).filter(|size| !size.only_if_set) {
        template.size = Some((size.param.clone(), size.min));
    }
    let now = session.clock.now();
    let window = Interval::new(now.plus(-WINDOW), now);
    let position = Pager::new(&provider.paging, window, None).ask().unwrap_or(Position::First);
    let url = template.page(provider, window, &position);
    let began = Instant::now();
    let asker = Asker::quiet(plan.part.clone());
    let shown = url.to_string();
    let entries = match plan.route(provider) {
        Some(route) => {
            let read = |answer| Listing::read(provider, route, answer).map(|listing| listing.count(route));
            session.get(&asker, &Sending::get(url), read).await.map_err(|refusal| refusal.error)?
        }
        None => 0,
    };
    Ok(Reached { url: shown, entries, took: began.elapsed() })
}
