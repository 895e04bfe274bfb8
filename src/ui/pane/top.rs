//! The top line: source, window, matched of loaded, and the fetch layer: progress, countdown,
//! errors, paused.
//!
//! Parts give way as a whole, from the least important on: the progress bar, the names of several sources,
//! the window's length, the state's words, the loaded count, the first source's name, the clocks of the
//! window's bounds, the matched count, the last parts of the state.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::fetch::Wait;
use crate::interval::Interval;
use crate::query::Query;
use crate::timestamp::{SECOND, Timestamp};
use crate::ui::asides::Waiting;
use crate::ui::cells::{Cut, Text, grouped};
use crate::ui::errands::Follow;
use crate::ui::keymap::Action;
use crate::ui::model::Model;
use crate::ui::setup::Opened;
use crate::ui::theme::{Role, Theme};
use crate::ui::zone;

/// The progress bar's width.
const BAR: usize = 10;

/// Of several sources, which are named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    All,
    First,
    None,
}

/// Of what is counted, which numbers stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    MatchedOfLoaded,
    Matched,
    None,
}

/// How much of each part stands.
#[derive(Clone, Copy)]
struct Form {
    names: Names,
    /// The window's length.
    span: bool,
    counts: Counts,
    /// The window by its dates alone, or the clocks of one day.
    brief: bool,
    /// Which of the state's lengths.
    state: usize,
}

const FULL: Form =
    Form { names: Names::All, span: true, counts: Counts::MatchedOfLoaded, brief: false, state: 0 };
const PLAIN: Form = Form { span: false, counts: Counts::Matched, state: 2, ..FULL };

/// In the order in which they are tried: each part is whole or not there.
const FORMS: [Form; 10] = [
    FULL,
    Form { state: 1, ..FULL },
    Form { names: Names::First, ..FULL },
    Form { names: Names::First, state: 1, ..FULL },
    Form { names: Names::First, state: 1, span: false, ..FULL },
    Form { names: Names::First, span: false, state: 2, ..FULL },
    Form { names: Names::First, ..PLAIN },
    Form { names: Names::None, ..PLAIN },
    Form { names: Names::None, brief: true, ..PLAIN },
    Form { names: Names::None, brief: true, counts: Counts::None, ..PLAIN },
];

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let theme = &model.theme;
    let states = [state(model, true, true), state(model, false, true), state(model, false, false)];
    let mut line = (Text::new(), Text::new());
    for form in FORMS {
        let left = left(model, form);
        let room = width.saturating_sub(left.width() + 2);
        let parts = &states[form.state];
        let fitting = (0..=parts.len()).rev().find(|count| joined(&parts[..*count], theme).width() <= room);
        let fitting = fitting.unwrap_or(0);
        let all = fitting == parts.len() && left.width() <= width;
        line = (left, joined(&parts[..fitting], theme));
        if all {
            break;
        }
    }
    let (left, right) = line;
    let start = right.draw_right(buffer, area.right(), area.y, area.width);
    let room = usize::from(start.saturating_sub(area.x)).saturating_sub(usize::from(!right.is_empty()));
    left.fitted(room, Cut::End, theme).draw(buffer, area.x, area.y, room as u16);
}

/// The names of the sources.
fn sources(model: &Model, names: Names) -> Text {
    let theme = &model.theme;
    let name = |name: &str, most| Text::entry(name, Role::Title, theme).fitted(most, Cut::End, theme);
    let mut text = Text::new();
    match (model.feed.sources(), names) {
        ([], _) => text.push_own("auditty", Role::Title, theme),
        (_, Names::None) => {}
        ([only], _) => text.extend(name(&only.name, 24)),
        ([first, rest @ ..], Names::First) => {
            text.extend(name(&first.name, 12));
            text.push_own(&format!(" +{}", rest.len()), Role::Title, theme);
        }
        (several, Names::All) => {
            for source in several {
                text.push_own(if text.is_empty() { "" } else { " " }, Role::Title, theme);
                text.extend(name(&source.name, 12));
            }
        }
    }
    text
}

fn left(model: &Model, form: Form) -> Text {
    let theme = &model.theme;
    let mut text = sources(model, form.names);
    if model.setup.opened == Opened::Nothing {
        return text;
    }
    text.push_own(if text.is_empty() { "" } else { "  " }, Role::Text, theme);
    let view = model.scope.view();
    if let Some(length) = zone::round_length(view.micros()).filter(|_| form.span) {
        text.push_own(&format!("{length} "), Role::Text, theme);
    }
    if model.scope.zoom.is_some() && !form.brief {
        text.push_own("zoom ", Role::Accent, theme);
    }
    let zone = model.zone();
    let window = if form.brief { zone.brief(view, view) } else { zone.window(view) };
    text.push_own(&window, Role::Text, theme);
    if model.answered.is_some() && form.counts != Counts::None {
        text.push_own("  ", Role::Text, theme);
        text.push_own(&grouped(model.answer.matched as u64), Role::Label, theme);
        if form.counts == Counts::MatchedOfLoaded {
            text.push_own(&format!("/{}", grouped(model.answer.loaded as u64)), Role::Dim, theme);
        }
    }
    text
}

/// The parts in one line.
fn joined(parts: &[Text], theme: &Theme) -> Text {
    let mut text = Text::new();
    for part in parts {
        text.push_own(if text.is_empty() { "" } else { "  " }, Role::Text, theme);
        text.extend(part.clone());
    }
    text
}

/// What the fetch layer does, in words as long as may be; what matters most comes first.
fn state(model: &Model, bar: bool, words: bool) -> Vec<Text> {
    let theme = &model.theme;
    if model.setup.opened == Opened::Nothing {
        return vec![Text::own("nothing opened", Role::Dim, theme)];
    }
    let exporting = model.exporting.map(|(written, of)| {
        let done = written * 100 / of.max(1);
        Text::own(&format!("exporting {done}%"), Role::Notice, theme)
    });
    let parts = [
        progress(model, bar),
        failed(model, words),
        model
            .kept
            .lacking
            .failure
            .as_ref()
            .map(|_| failure(Text::own("not kept", Role::Error, theme), theme)),
        paused(model, words),
        waiting(model, words),
        exporting,
        model.kept.progress().map(|words| Text::own(&words, Role::Notice, theme)),
        model.errands.follow.as_ref().map(|follow| following(follow, words, theme)),
    ];
    let mut parts: Vec<Text> = parts.into_iter().flatten().collect();
    if parts.is_empty() && words {
        parts.push(Text::own("all fetched", Role::Dim, theme));
    }
    parts
}

/// How much of the window is here, while that is not all of it or more comes.
fn progress(model: &Model, bar: bool) -> Option<Text> {
    let (theme, feed) = (&model.theme, &model.feed);
    let share = feed.share(model.scope.window, &model.scope.query);
    let mut text = Text::new();
    if bar && feed.is_active() {
        let full = ((share * BAR as f64) as usize).min(BAR);
        let [done, open] = theme.glyphs().progress;
        text.push_own(&done.repeat(full), Role::Good, theme);
        text.push_own(&open.repeat(BAR - full), Role::Dim, theme);
        text.push_own(" ", Role::Text, theme);
    }
    let percent = percent(share);
    (feed.is_active() || percent < 100).then(|| text.and(&format!("{percent}%"), Role::Text, theme))
}

/// The parts that failed: the only one by name.
fn failed(model: &Model, words: bool) -> Option<Text> {
    let mut failures = model.feed.failures(model.scope.window, &model.scope.query);
    let (part, _) = failures.next()?;
    let failures = 1 + failures.count();
    let theme = &model.theme;
    let mut what = Text::own(&failures.to_string(), Role::Error, theme);
    if failures == 1 && words {
        what = Text::entry(&part.to_string(), Role::Error, theme).fitted(19, Cut::End, theme);
    }
    Some(failure(what.and(" failed", Role::Error, theme), theme))
}

fn failure(what: Text, theme: &Theme) -> Text {
    let mut text = Text::own(theme.glyphs().band[4], Role::Error, theme);
    text.push_own(" ", Role::Error, theme);
    text.extend(what);
    text
}

/// That fetching pauses, of which source alone, and how it goes on.
fn paused(model: &Model, words: bool) -> Option<Text> {
    let (theme, feed) = (&model.theme, &model.feed);
    if !feed.is_paused() {
        return None;
    }
    let mut text = Text::new();
    if let [one] = feed.full()
        && words
        && feed.sources().len() > 1
    {
        text.extend(Text::entry(one, Role::Notice, theme).fitted(12, Cut::End, theme));
        text.push_own(" ", Role::Notice, theme);
    }
    let goes_on = if words { model.keymap.clause(": ", Action::Pause, "goes on") } else { String::new() };
    text.push_own(&format!("paused{goes_on}"), Role::Notice, theme);
    Some(text)
}

/// What is waited for before the next request, counted down.
fn waiting(model: &Model, words: bool) -> Option<Text> {
    let (theme, feed) = (&model.theme, &model.feed);
    let wait = model.next_wait()?;
    let mut text = Text::new();
    if words && feed.sources().len() > 1 {
        text.extend(Text::entry(&wait.part.source, Role::Notice, theme).fitted(12, Cut::End, theme));
        text.push_own(" ", Role::Notice, theme);
    }
    text.push_own(&countdown(&wait, model.now), Role::Notice, theme);
    Some(text)
}

/// How long a wait goes on: `429: 12s`.
pub fn countdown(wait: &Waiting, now: Timestamp) -> String {
    let left = (wait.until.micros() - now.micros() + SECOND - 1).div_euclid(SECOND).max(0);
    let what = match wait.why {
        Wait::RateLimited => "429".to_owned(),
        Wait::Busy => "503".to_owned(),
        Wait::Retry => format!("try {}", wait.attempt),
    };
    format!("{what}: {}", zone::length(left * SECOND))
}

/// That what is new comes by itself, and what of it is not shown.
fn following(follow: &Follow, words: bool, theme: &Theme) -> Text {
    let mut text = match follow.held {
        Some(held) => Text::own(&format!("held +{}", grouped(held.came as u64)), Role::Notice, theme),
        None => Text::own("following", Role::Good, theme),
    };
    if let Some(count) = follow.own_reads.filter(|count| *count > 0 && words) {
        text.push_own(&format!(", {} own reads hidden", grouped(count as u64)), Role::Dim, theme);
    }
    text
}

/// That less than all of what a filter takes of a window is fetched, for wherever its numbers stand
/// alone; `None`: it is all here.
pub fn partly(model: &Model, window: Interval, filter: &Query) -> Option<Text> {
    let share = model.feed.share(window, filter);
    let said = || Text::own(&format!("{} % fetched", percent(share)), Role::Notice, &model.theme);
    (share < 1.0 && model.setup.opened != Opened::Nothing).then(said)
}

/// A share as a whole percentage: 100 only where all is there, 0 only where nothing is.
pub fn percent(share: f64) -> u64 {
    match share {
        share if share <= 0.0 => 0,
        share if share >= 1.0 => 100,
        share => ((share * 100.0) as u64).clamp(1, 99),
    }
}
