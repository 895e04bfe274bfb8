//! One part's walk: pages asked for, ahead of the reader where they may be, and delivered in order;
//! what has come is told as coverage.
//!
//! Not here: which page comes next (`fetch::pager`), and one request with its tries
//! (`fetch::session`).

mod count;
mod coverage;
mod resume;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use super::body::{Listing, PageEntries, context};
use super::client::Sending;
use super::origin::{names_user, shown};
use super::pager::pieces::Pieces;
use super::pager::{self, Next, Pager, Position};
use super::plan::{PartPlan, Template, windows};
use super::push::{offered, pushed};
use super::session::{Asker, CONCURRENCY, Refusal, Session};
use super::{Control, End, Error, ErrorKind, Page, Part, Request, Update};
use crate::event::Rank;
use crate::interval::Interval;
use crate::provider::Paging;
use crate::provider::mapping::Context;
use crate::text::visible;
use crate::timestamp::Timestamp;
use count::{Limit, Order};
use coverage::Coverage;
use resume::Piece;

/// So many pages for each request under way are asked for ahead of the one that is delivered next,
/// so that reading a page does not leave a connection idle.
const AHEAD: usize = 2;

/// A window that exceeds the retention by less is as long as it: microseconds.
const RETENTION_SLACK: i64 = 60 * crate::timestamp::SECOND;

/// A page that came.
struct Fetched {
    listing: Listing,
    /// Read already, where pages are fetched side by side.
    entries: Option<PageEntries>,
}

/// A page's place in the order of asking, how it was asked for, and what came.
type Outcome = (u64, Position, Result<Fetched, Refusal>);

/// Walks a part to its end; the last thing told of it is `Ended`.
pub async fn walk(
    session: Arc<Session>,
    plan: PartPlan,
    request: Arc<Request>,
    updates: mpsc::Sender<Update>,
    control: Control,
) {
    let asker = Asker {
        part: plan.part.clone(),
        patience: request.patience,
        updates: Some(updates.clone()),
        paused: Some(control.paused.subscribe()),
        told: Arc::default(),
    };
    let part = plan.part.clone();
    let mut tasks = JoinSet::new();
    let end = {
        let walk = async {
            match Walk::new(session, plan, request, asker.clone()) {
                Ok(mut walk) => walk.run(&mut tasks).await,
                Err(error) => failed(error, Vec::new()),
            }
        };
        tokio::select! {
            biased;
            () = control.cancel.cancelled() => End::Cancelled,
            () = updates.closed() => return,
            end = walk => end,
        }
    };
    // Overshot requests end first, so that nothing follows the end.
    tasks.shutdown().await;
    asker.tell(Update::Ended { part, end }).await;
}

/// A part that failed before it began.
pub async fn stillborn(part: Part, window: Interval, error: Error, updates: mpsc::Sender<Update>) {
    let missing = vec![window];
    let _ = updates.send(Update::Began { part: part.clone(), window, pushed: Vec::new() }).await;
    let _ = updates.send(Update::Ended { part, end: failed(error, missing) }).await;
}

fn failed(error: Error, missing: Vec<Interval>) -> End {
    End::Failed { error: Arc::new(error), missing }
}

/// How a window's walk ended.
enum Finish {
    /// All came.
    Whole,
    /// The limit was reached.
    Limited,
}

/// Why a window's walk stopped.
enum Stop {
    /// Nothing helps.
    Failed(Error),
    /// It begins again, with this window.
    Again(Interval),
}

struct Walk {
    session: Arc<Session>,
    plan: PartPlan,
    request: Arc<Request>,
    asker: Asker,
    template: Template,
    context: Arc<Context>,
    terms: Vec<String>,
    /// The number of the page delivered last.
    number: u64,
    coverage: Coverage,
    order: Order,
    limit: Option<Limit>,
    restarted: bool,
}

impl Walk {
    fn new(
        session: Arc<Session>,
        plan: PartPlan,
        request: Arc<Request>,
        asker: Asker,
    ) -> Result<Self, Error> {
        let provider = &session.provider;
        let mut template = Template::new(&session.source, provider, &plan, &session.client.origins().base)?;
        let mut terms = Vec::new();
        if let (Some(query), Some(route)) = (&request.push, plan.route(provider)) {
            let pushed = pushed(query, offered(&session.source, route));
            template.pushed = pushed.params;
            terms = pushed.terms;
        }
        let context = Arc::new(context(&plan.part, provider, Rank::ListRow));
        let limit = request.limit.map(|most| Limit::new(most, request.filter.clone()));
        let order = Order::new(provider.newest_first);
        let coverage = Coverage::new(request.window);
        Ok(Self {
            session,
            plan,
            request,
            asker,
            template,
            context,
            terms,
            number: 0,
            coverage,
            order,
            limit,
            restarted: false,
        })
    }

    async fn run(&mut self, tasks: &mut JoinSet<Outcome>) -> End {
        let window = self.request.window;
        let part = self.plan.part.clone();
        self.asker.tell(Update::Began { part, window, pushed: self.terms.clone() }).await;
        self.tell_retention().await;
        let mut failure: Option<Error> = None;
        let mut pieces = windows(window, &self.session.provider);
        let mut resumed = self.resume();
        if self.number > 0 {
            pieces = self.remaining(&pieces, resumed.as_ref());
        }
        let at_once = self.session.provider.paging.iter().all(|paging| *paging == Paging::None);
        let groups = if at_once && !pieces.is_empty() {
            vec![std::mem::take(&mut pieces)]
        } else {
            pieces.into_iter().map(|piece| vec![piece]).collect()
        };
        for group in groups {
            match self.windows(group, resumed.take(), tasks, &mut failure).await {
                Ok(Finish::Whole) => {}
                Ok(Finish::Limited) => return End::Limited,
                Err(error) => {
                    let gives_up = matches!(error.kind, ErrorKind::Refused | ErrorKind::Config);
                    remember(&mut failure, error);
                    if gives_up {
                        break;
                    }
                }
            }
            tasks.shutdown().await;
        }
        let missing = self.coverage.missing();
        match failure {
            Some(error) => failed(error, missing),
            None if self.coverage.gaps().is_empty() => End::Whole,
            None => {
                let missing = self.coverage.gaps().to_vec();
                let why = Self::gap_words(&missing);
                End::Gaps { missing, why }
            }
        }
    }

    /// Walks windows, one or (where each is answered at once) several, beginning again where that
    /// helps.
    async fn windows(
        &mut self,
        group: Vec<Interval>,
        mut resumed: Option<Piece>,
        tasks: &mut JoinSet<Outcome>,
        failure: &mut Option<Error>,
    ) -> Result<Finish, Error> {
        let mut group = group;
        loop {
            let whole = Interval::new(
                group.iter().map(|piece| piece.since).min().unwrap_or(Timestamp::MIN),
                group.iter().map(|piece| piece.until).max().unwrap_or(Timestamp::MIN),
            );
            let size = self.template.size.as_ref().map(|(_, size)| *size);
            let mut pager = if group.len() > 1 {
                Pager::Pieces(Pieces::new(group.clone()))
            } else {
                Pager::new(&self.session.provider.paging, whole, size)
            };
            self.order.last = None;
            self.coverage.begin_at(whole.until);
            let own = |url: &Url| self.session.client.origins().own(url);
            let goes_on = resumed.take().filter(|piece| piece.window() == whole);
            let goes_on = goes_on
                .and_then(|piece| Some((piece.pager(&self.session.provider.paging, size, own)?, piece)));
            let goes_on = goes_on.map(|(resumed, piece)| {
                pager = resumed;
                self.order.last = piece.last();
                piece
            });
            match self.pages(&mut pager, whole, goes_on, tasks, failure).await {
                Ok(finish) => return Ok(finish),
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Again(window)) => {
                    tasks.shutdown().await;
                    if window.is_empty() {
                        // What was still to come is older than the window.
                        return Ok(Finish::Whole);
                    }
                    if group.len() == 1 {
                        group = vec![window];
                    }
                }
            }
        }
    }

    /// Walks the pages of one pager to its end.
    async fn pages(
        &mut self,
        pager: &mut Pager,
        window: Interval,
        mut goes_on: Option<Piece>,
        tasks: &mut JoinSet<Outcome>,
        failure: &mut Option<Error>,
    ) -> Result<Finish, Stop> {
        let mut ready: BTreeMap<u64, (Position, Result<Fetched, Refusal>)> = BTreeMap::new();
        let (mut asked, mut delivered) = (0u64, 0u64);
        let independent = pager.is_independent();
        let width = if independent {
            self.session.source.concurrency.unwrap_or(CONCURRENCY).max(1) * AHEAD
        } else {
            1
        };
        loop {
            self.ask_ahead(pager, window, &mut asked, delivered, width, tasks);
            if asked == delivered {
                return Ok(self.whole(pager).await);
            }
            let (position, outcome) = take(&mut ready, delivered, tasks).await.map_err(Stop::Failed)?;
            delivered += 1;
            let fetched = match outcome {
                Ok(fetched) => fetched,
                Err(refusal) => {
                    let error = self.refused(refusal, &position, window).await?;
                    let Pager::Pieces(pieces) = pager else { return Err(Stop::Failed(error)) };
                    // A window that fails leaves the others going, unless they would fail alike.
                    if matches!(error.kind, ErrorKind::Refused | ErrorKind::Config) {
                        return Err(Stop::Failed(error));
                    }
                    remember(failure, error);
                    pieces.came();
                    continue;
                }
            };
            let Fetched { listing, mut entries } = fetched;
            let origins = self.session.client.origins();
            let next = pager.came(&listing.facts, |link| resolve(&listing.url, link, |url| origins.own(url)));
            let next = next.map_err(|error| Stop::Failed(self.pager_error(&error)));
            if matches!(next, Ok(Next::More)) {
                // The next page is on its way while this one is read.
                self.ask_ahead(pager, window, &mut asked, delivered, width, tasks);
            }
            let entries = match entries.take() {
                Some(entries) => entries,
                None => self.read(&listing),
            };
            if goes_on.take().is_some_and(|piece| !piece.joins(&entries)) {
                self.notice("the log is not as it was when its fetching was interrupted, so this window is fetched anew").await;
                return Err(Stop::Again(window));
            }
            let next = match next {
                Ok(Next::Entries) => Ok(pager.entries(entries.as_entries())),
                other => other,
            };
            drop(listing);
            let ended = matches!(next, Ok(Next::End)) && !matches!(pager, Pager::Pieces(_));
            let is_last = ended || self.is_older(&entries);
            let rest = is_last.then_some(window);
            let limited = self.deliver(pager, &position, window, entries, rest).await;
            next?;
            if is_last {
                return Ok(self.whole(pager).await);
            }
            if limited {
                return Ok(Finish::Limited);
            }
        }
    }

    /// The entries of a page that was not read when it came.
    fn read(&self, listing: &Listing) -> PageEntries {
        let provider = &self.session.provider;
        let route = self.plan.route(provider);
        route
            .map(|route| listing.entries(provider, route, &self.context, self.request.window))
            .unwrap_or_default()
    }

    /// Begins what may be begun.
    fn ask_ahead(
        &self,
        pager: &mut Pager,
        window: Interval,
        asked: &mut u64,
        delivered: u64,
        width: usize,
        tasks: &mut JoinSet<Outcome>,
    ) {
        while *asked - delivered < width as u64
            && let Some(position) = pager.ask()
        {
            let url = self.template.page(&self.session.provider, window, &position);
            let task = fetch(
                Arc::clone(&self.session),
                self.asker.clone(),
                self.plan.clone(),
                url,
                pager.is_independent().then(|| (Arc::clone(&self.context), self.request.window)),
            );
            let place = *asked;
            tasks.spawn(async move { (place, position, task.await) });
            *asked += 1;
        }
    }

    /// Delivers a page; whether the limit is reached with it. `rest` is the walk's window where the
    /// page is its last: nothing of it is left to come.
    async fn deliver(
        &mut self,
        pager: &Pager,
        position: &Position,
        window: Interval,
        mut entries: PageEntries,
        rest: Option<Interval>,
    ) -> bool {
        self.number += 1;
        for skipped in &mut entries.skipped {
            skipped.page = self.number;
        }
        self.order.see(&entries);
        if let Pager::Chain(chain) = pager {
            self.coverage.leave_out(chain.gaps());
        }
        let covered = match (rest, position, entries.oldest) {
            (Some(rest), ..) => self.coverage.all_of(rest),
            (None, Position::Window(piece), _) => self.coverage.all_of(*piece),
            (None, _, Some(oldest)) if self.order.held => {
                // At the oldest instant itself there may be more; a descent sees by its own steps.
                let step = match pager {
                    Pager::Chain(chain) => chain.descent_step().unwrap_or(1),
                    _ => 1,
                };
                self.coverage.down_to(oldest.plus(step))
            }
            _ => Vec::new(),
        };
        let limited = self.limit.as_mut().is_some_and(|limit| limit.take(&entries)) && self.order.held;
        let resume = self.resume_text(pager, window, &entries, rest.is_some());
        let page = Page {
            part: self.plan.part.clone(),
            number: self.number,
            events: entries.inside,
            skipped: entries.skipped,
            covered,
            progress: self.progress(pager, position),
            resume,
        };
        self.asker.tell(Update::Page(page)).await;
        limited
    }

    fn progress(&self, pager: &Pager, position: &Position) -> Option<f64> {
        let counted = match pager {
            Pager::Strides(strides) => strides.progress(),
            _ => None,
        };
        let by_time = self.order.held || matches!(position, Position::Window(_));
        counted.or_else(|| if by_time { self.coverage.share() } else { None })
    }

    /// All of a window's pages were delivered.
    async fn whole(&mut self, pager: &Pager) -> Finish {
        if let Pager::Chain(chain) = pager
            && chain.is_heedless()
        {
            let text = "the server does not heed the end of the window that it is asked for; if its log is longer than one page, the older entries cannot be reached";
            self.notice(text).await;
        }
        Finish::Whole
    }

    /// Whether everything that could still come is older than the window.
    fn is_older(&self, entries: &PageEntries) -> bool {
        let in_order = self.order.held && self.order.goes_on(entries);
        in_order && entries.newest.is_some_and(|newest| newest < self.request.window.since)
    }

    /// What follows from a page that was refused: another walk, or the error.
    async fn refused(
        &mut self,
        refusal: Refusal,
        position: &Position,
        window: Interval,
    ) -> Result<Error, Stop> {
        let page = self.number + 1;
        match refusal.status {
            Some(400 | 404 | 410) if position.is_cursor() && !self.restarted => {
                self.restarted = true;
                let down_to = self.order.last.filter(|_| self.order.held).map(|oldest| oldest.plus(1));
                let until = down_to.map_or(window.until, |down_to| down_to.min(window.until));
                let text = format!(
                    "the server does not know the cursor of page {page} any more; the walk begins again at {}",
                    until.rfc3339(0)
                );
                self.notice(&text).await;
                Err(Stop::Again(Interval::new(window.since, until.max(window.since))))
            }
            Some(status @ (400 | 422)) if !self.template.pushed.is_empty() && !position.is_cursor() => {
                self.template.pushed.clear();
                let terms = std::mem::take(&mut self.terms).join(" ");
                let text =
                    format!("the server refused the filter {terms} ({status}); it is applied here instead");
                self.notice(&text).await;
                Err(Stop::Again(window))
            }
            _ => Ok(refusal.error),
        }
    }

    fn pager_error(&self, error: &pager::Error) -> Error {
        let text = format!("{}: page {}: {error}", self.plan.part, self.number + 1);
        Error::new(ErrorKind::Broken, text)
    }

    fn gap_words(missing: &[Interval]) -> String {
        let gaps: Vec<_> = missing.iter().map(|gap| format!("[{}, {})", gap.since, gap.until)).collect();
        format!(
            "more entries of one instant than the server gives on a page; some may be missing in {}",
            gaps.join(", ")
        )
    }

    async fn notice(&self, text: &str) {
        let text = visible(text).into_owned();
        self.asker.tell(Update::Notice { part: self.plan.part.clone(), text }).await;
    }

    async fn tell_retention(&self) {
        let days = self.session.source.retention_days.or(self.session.provider.retention_days);
        let Some(days) = days else { return };
        let kept_from = self.session.clock.now().plus(-i64::from(days).saturating_mul(crate::timestamp::DAY));
        // Time went by since a window of just so many days was fixed.
        if self.request.window.since.plus(RETENTION_SLACK) < kept_from {
            let text = format!(
                "{} keeps entries for {days} days: of the time before {} nothing may come",
                self.session.provider.title,
                kept_from.rfc3339(0)
            );
            self.notice(&text).await;
        }
    }
}

/// Asks for a page and reads it.
async fn fetch(
    session: Arc<Session>,
    asker: Asker,
    plan: PartPlan,
    url: Url,
    read_now: Option<(Arc<Context>, Interval)>,
) -> Result<Fetched, Refusal> {
    let provider = &session.provider;
    let Some(route) = plan.route(provider) else {
        return Err(Error::new(ErrorKind::Config, format!("{}: there is no list route", plan.part)).into());
    };
    let sending = Sending::get(url);
    let listing = session.get(&asker, &sending, |answer| Listing::read(provider, route, answer)).await?;
    let entries = read_now.map(|(context, window)| listing.entries(provider, route, &context, window));
    Ok(Fetched { listing, entries })
}

/// The page of this place, once it came.
async fn take(
    ready: &mut BTreeMap<u64, (Position, Result<Fetched, Refusal>)>,
    place: u64,
    tasks: &mut JoinSet<Outcome>,
) -> Result<(Position, Result<Fetched, Refusal>), Error> {
    loop {
        if let Some(found) = ready.remove(&place) {
            return Ok(found);
        }
        match tasks.join_next().await {
            Some(Ok((at, position, outcome))) => {
                ready.insert(at, (position, outcome));
            }
            Some(Err(lost)) => {
                return Err(Error::new(ErrorKind::Broken, format!("a page could not be read: {lost}")));
            }
            None => return Err(Error::new(ErrorKind::Broken, "a page was lost")),
        }
    }
}

/// Where a link leads, if it may be followed.
fn resolve(from: &Url, link: &str, own: impl FnOnce(&Url) -> bool) -> Result<Url, pager::Error> {
    let to = from.join(link).map_err(|_| pager::Error::NoUrl(link.to_owned()))?;
    if own(&to) {
        return Ok(to);
    }
    if names_user(&to) && to.origin() == from.origin() {
        return Err(pager::Error::NamesUser(shown(&to)));
    }
    Err(pager::Error::Elsewhere { from: shown(from), to: shown(&to) })
}

/// Keeps the graver of two failures, by exit status; of equals the first.
fn remember(failure: &mut Option<Error>, error: Error) {
    if failure.as_ref().is_none_or(|kept| kept.kind.exit_code() < error.kind.exit_code()) {
        *failure = Some(error);
    }
}
