//! Fetching under the analyst's hand: for the filter alone, what is newer, following, holding.
//!
//! A filter that is typed is never sent by itself; here is who sends it.

use std::sync::Arc;

use crate::answer::Question;
use crate::fetch::Part;
use crate::interval::Interval;
use crate::query::Query;
use crate::timestamp::{SECOND, Timestamp};
use crate::ui::effect::Effect;
use crate::ui::errands::Errand;
use crate::ui::feed::SourceInfo;
use crate::ui::keymap::Action;
use crate::ui::model::{Model, Purpose, Want};
use crate::ui::notes::Weight;
use crate::ui::scope::Scope;
use crate::ui::setup::Opened;

use super::pushed;

/// How far back what is newer is asked for again: systems write their entries a moment late.
const OVERLAP: i64 = 60 * SECOND;
/// How often a source is asked while it is followed.
const POLL: i64 = 10 * SECOND;
/// The same while the window itself is still being fetched: each poll interrupts that.
const POLL_BESIDE: i64 = 60 * SECOND;

/// What an errand still has to fetch: of each part its gaps, by time.
fn lacking(model: &Model, errand: &Errand) -> Vec<(Part, Vec<Interval>)> {
    let everything = Query::all();
    let filter = errand.push.as_deref().unwrap_or(&everything);
    let mut lacking = model.feed.lacking(errand.window, filter);
    if errand.takers_only {
        let (_, takers) = model.feed.pushable(filter);
        lacking.retain(|(part, _)| takers.iter().any(|source| source.name == part.source));
    }
    lacking
}

/// Begins to fetch what is missing of a window, of the parts that lack it alone, of each the newest
/// stretch; the older ones are errands, so that nothing between them is fetched again. What was under
/// way is over. Whether anything is missing.
pub(super) fn begin(model: &mut Model, errand: Errand, effects: &mut Vec<Effect>) -> bool {
    let mut older = None;
    let mut newest = Vec::new();
    for (part, gaps) in lacking(model, &errand) {
        let Some((gap, rest)) = gaps.split_last() else { continue };
        if !rest.is_empty() {
            older = older.max(Some(gap.since));
        }
        newest.push((part, *gap));
    }
    let gaps = || newest.iter().map(|(_, gap)| gap);
    let (Some(since), Some(until)) = (gaps().map(|gap| gap.since).min(), gaps().map(|gap| gap.until).max())
    else {
        return false;
    };
    let Errand { push, paused, .. } = errand.clone();
    if let Some(until) = older {
        let window = Interval::new(errand.window.since, until);
        // Paused or not, that is how it stands by then.
        model.errands.next_before_all(Errand { window, paused: false, ..errand });
    }
    let window = Interval::new(since, until);
    let whole = |source: &SourceInfo| {
        let mut parts = newest.iter().filter(|(part, _)| part.source == source.name);
        parts.any(|(part, gap)| part.value.is_none() && *gap == window)
    };
    let all = model.feed.sources().iter().all(whole);
    ask(model, window, push, (!all).then_some(newest), effects);
    if paused {
        model.feed.set_paused(true);
        effects.push(Effect::Pause);
    }
    true
}

/// Begins to fetch a window of every source, whatever of it is here.
fn begin_anew(model: &mut Model, window: Interval, push: Option<Arc<Query>>, effects: &mut Vec<Effect>) {
    ask(model, window, push, None, effects);
}

fn ask(
    model: &mut Model,
    window: Interval,
    push: Option<Arc<Query>>,
    parts: Option<Vec<(Part, Interval)>>,
    effects: &mut Vec<Effect>,
) {
    // A file is read once, whole, whatever window is looked at.
    if matches!(model.setup.opened, Opened::Files(_)) {
        return;
    }
    model.feed.ask(window, push.clone(), parts.clone());
    effects.push(Effect::Fetch { window, push, parts });
}

/// The fetch is over; the next errand begins.
pub(super) fn over(model: &mut Model, effects: &mut Vec<Effect>) {
    while let Some(errand) = model.errands.take() {
        if begin(model, errand, effects) {
            return;
        }
    }
}

/// What was being fetched goes on after whatever comes between; paused, where it was.
fn go_on_later(model: &mut Model) {
    if model.feed.is_active() {
        let paused = model.feed.is_paused();
        let errand = Errand { paused, ..Errand::new(model.scope.window, pushed(model)) };
        model.errands.next_before_all(errand);
    }
}

/// Tells why there is nobody to ask; whether there is.
fn has_servers(model: &mut Model) -> bool {
    let has = model.setup.has_servers();
    if !has {
        let now = model.now;
        model.notes.tell(
            Weight::Info,
            "files and the archive are read whole: there is no server to ask",
            now,
        );
    }
    has
}

/// Fetches the filter alone, pushed, as a coverage of its own, of those sources whose servers take
/// something of it: the brush's range first. What was being fetched goes on afterwards.
pub(super) fn ask_server(model: &mut Model, effects: &mut Vec<Effect>) {
    if !has_servers(model) {
        return;
    }
    let now = model.now;
    let (filter, window) = (model.scope.query.clone(), model.scope.window);
    if filter.is_all() {
        model.notes.tell(
            Weight::Info,
            "no filter is in force: there is nothing to narrow the asking by",
            now,
        );
        return;
    }
    let (terms, takers) = model.feed.pushable(&filter);
    if takers.is_empty() {
        let rest = model.keymap.clause(": ", Action::RetryGaps, "fetches what is missing");
        model.notes.tell(Weight::Info, format!("no server filters by any of this{rest}"), now);
        return;
    }
    let names = || takers.iter().map(|source| &*source.name).collect::<Vec<_>>().join(", ");
    let some = (takers.len() < model.feed.sources().len()).then(names);
    let whom = some.map_or_else(String::new, |names| format!("{names} "));
    let all = Errand { takers_only: true, ..Errand::new(window, Some(filter)) };
    if lacking(model, &all).is_empty() {
        let said = format!("all that the filter asks {whom}for is fetched already");
        model.notes.tell(Weight::Info, said, now);
        return;
    }
    let view = model.scope.view();
    let brush = model.histogram.brushed().map(|buckets| {
        Interval::new(view.bucket_edge(*buckets.start()), view.bucket_edge(*buckets.end() + 1))
    });
    let first = brush.map(|window| Errand { window, ..all.clone() });
    let first = first.filter(|first| !lacking(model, first).is_empty());
    model.errands.forget();
    go_on_later(model);
    let range = first.as_ref().map(|first| format!(", {} first", model.zone().window(first.window)));
    let words = format!("asking {whom}for {} alone{}", terms.join(" "), range.unwrap_or_default());
    match first {
        Some(first) => {
            model.errands.next_before_all(all);
            begin(model, first, effects);
        }
        None => {
            begin(model, all, effects);
        }
    }
    model.notes.tell(Weight::Info, words, now);
}

/// The window ends later.
fn extend(model: &mut Model, until: Timestamp) {
    if until > model.scope.window.until {
        let window = Interval::new(model.scope.window.since, until);
        model.scope = Scope { window, ..model.scope.clone() };
        model.want = Want::Now;
    }
}

/// Fetches what is newer than the window, which ends now from then on.
pub(super) fn fetch_newer(model: &mut Model, effects: &mut Vec<Effect>) {
    if !has_servers(model) {
        return;
    }
    let (now, end) = (model.now, model.scope.window.until);
    if end >= now {
        let rest = model.keymap.clause(": ", Action::RetryGaps, "fetches what is missing in it");
        model.notes.tell(Weight::Info, format!("the window ends in the future{rest}"), now);
        return;
    }
    go_on_later(model);
    extend(model, now);
    let push = pushed(model);
    begin_anew(model, Interval::new(end.plus(-OVERLAP), now), push, effects);
    let words = format!("fetching what is newer than {}", model.zone().stamp(end));
    model.notes.tell(Weight::Info, words, now);
}

/// Follows, or no longer.
pub(super) fn follow(model: &mut Model, effects: &mut Vec<Effect>) {
    if !has_servers(model) {
        return;
    }
    let now = model.now;
    if let Some(follow) = model.errands.follow.take() {
        if follow.held.is_some() {
            // What came while the screen was held is shown too.
            extend(model, follow.until);
        }
        model.notes.tell(Weight::Info, "following ends; our own reads are shown again", now);
        model.want = Want::Now;
        return;
    }
    model.errands.begin_follow(model.scope.window.until.min(now), now);
    poll(model, effects);
    let words = if model.feed.is_paused() {
        let goes_on = model.keymap.clause(": ", Action::Pause, "goes on");
        format!("following begins once fetching goes on{goes_on}")
    } else if model.scope.zoom.is_some() {
        let leaves = model.keymap.clause(": ", Action::ZoomOut, "leaves it");
        format!("following; what is new lies outside the zoom{leaves}")
    } else {
        let holds = model.keymap.clause("; ", Action::HoldStill, "holds the screen still");
        format!("following: asked every {} s{holds}", POLL / SECOND)
    };
    model.notes.tell(Weight::Info, words, now);
}

/// Holds the screen still, or lets it go; nothing is lost meanwhile.
pub(super) fn hold(model: &mut Model) {
    let now = model.now;
    let words = match model.errands.toggle_hold() {
        None => format!("nothing moves{}", model.keymap.clause(": ", Action::Follow, "follows")),
        Some(true) => "held; what comes is kept, and shown once it is let go".to_owned(),
        Some(false) => {
            if let Some(until) = model.errands.follow.as_ref().map(|follow| follow.until) {
                extend(model, until);
            }
            model.want = Want::Now;
            "goes on".to_owned()
        }
    };
    model.notes.tell(Weight::Info, words, now);
}

/// Another window is looked at: one that ends in the past is not followed.
pub(super) fn moved(model: &mut Model) {
    model.errands.forget();
    let now = model.now;
    let ends = model.scope.window.until;
    if model.errands.follow.as_ref().is_some_and(|follow| ends < follow.from) {
        model.errands.follow = None;
        model.notes.tell(Weight::Notice, "the window ends in the past: following ends", now);
    }
}

/// When what is followed is asked for next.
pub(super) fn next_poll(model: &Model) -> Option<Timestamp> {
    let paused = model.feed.is_paused();
    model.errands.follow.as_ref().filter(|_| !paused).map(|follow| follow.poll_at)
}

/// Asks for what is new, once that is due.
pub(super) fn poll(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now;
    if next_poll(model).is_none_or(|at| now < at) {
        return;
    }
    let waits = model.feed.next_wait().is_some();
    let is_active = model.feed.is_active();
    let Some(follow) = &mut model.errands.follow else { return };
    if waits {
        // The server asked for patience: asking anew would only make it longer.
        follow.poll_at = now.plus(POLL);
        return;
    }
    follow.poll_at = now.plus(if is_active { POLL_BESIDE } else { POLL });
    let (from, held) = (follow.from, follow.held.is_some());
    follow.until = now;
    go_on_later(model);
    if !held {
        extend(model, now);
    }
    let push = pushed(model);
    let filter = push.clone().unwrap_or_default();
    let oldest = model.feed.missing(Interval::new(from, now), &filter).map_or(now, |gap| gap.since);
    begin_anew(model, Interval::new(oldest.plus(-OVERLAP), now), push, effects);
}

/// The question for the number of our own reads that are hidden, once nothing else is asked.
pub(super) fn count_own_reads(model: &mut Model) -> Option<Effect> {
    if model.open.is_some() {
        return None;
    }
    let filter = model.errands.hidden(&model.scope.query)?;
    model.generation += 1;
    model.open = Some(Purpose::OwnReads);
    let question = Question::newest(Arc::new(filter), model.scope.view(), 0);
    Some(Effect::Ask { generation: model.generation, question })
}
