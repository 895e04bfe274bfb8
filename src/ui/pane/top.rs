//! The top line: source, window, matched of loaded, and the fetch layer: progress, countdown,
//! errors, paused.
//!
//! Parts give way from the least important on: the progress bar, the names of several sources, the
//! window's length, the loaded count, the state's words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::fetch::Wait;
use crate::interval::Interval;
use crate::query::Query;
use crate::timestamp::SECOND;
use crate::ui::cells::{Cut, Text, grouped};
use crate::ui::errands::Follow;
use crate::ui::keymap::Action;
use crate::ui::model::Model;
use crate::ui::setup::Opened;
use crate::ui::theme::{Role, Theme};
use crate::ui::zone;

/// The progress bar's width.
const BAR: usize = 10;

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let theme = &model.theme;
    // The parts of each length, the fullest first; the first whose line fits is taken.
    let states = [state(model, true, true), state(model, false, true), state(model, false, false)];
    let mut best = None;
    for (sources, state, span, loaded) in [
        (true, 0, true, true),
        (true, 1, true, true),
        (false, 0, true, true),
        (false, 1, true, true),
        (false, 1, false, true),
        (false, 2, false, true),
        (false, 2, false, false),
    ] {
        let left = left(model, sources, span, loaded);
        let fits = left.width() + 2 + states[state].width() <= width;
        best = Some((left, states[state].clone()));
        if fits {
            break;
        }
    }
    let (left, right) = best.unwrap_or_default();
    let right = right.fitted(width, Cut::End, theme);
    let start = right.draw_right(buffer, area.right(), area.y, area.width);
    let room = usize::from(start.saturating_sub(area.x)).saturating_sub(usize::from(!right.is_empty()));
    left.fitted(room, Cut::End, theme).draw(buffer, area.x, area.y, room as u16);
}

fn left(model: &Model, all_sources: bool, span: bool, loaded: bool) -> Text {
    let theme = &model.theme;
    let sources = model.feed.sources();
    let mut text = Text::new();
    match sources {
        [] => text.push_own("auditty", Role::Title, theme),
        [only] => text.extend(Text::entry(&only.name, Role::Title, theme).fitted(24, Cut::End, theme)),
        [first, rest @ ..] if !all_sources => {
            text.extend(Text::entry(&first.name, Role::Title, theme).fitted(12, Cut::End, theme));
            text.push_own(&format!(" +{}", rest.len()), Role::Title, theme);
        }
        several => {
            for (place, source) in several.iter().enumerate() {
                text.push_own(if place > 0 { " " } else { "" }, Role::Title, theme);
                text.extend(Text::entry(&source.name, Role::Title, theme).fitted(12, Cut::End, theme));
            }
        }
    }
    if model.setup.opened == Opened::Nothing {
        return text;
    }
    text.push_own("  ", Role::Text, theme);
    let view = model.scope.view();
    if let Some(length) = zone::round_length(view.micros()).filter(|_| span) {
        text.push_own(&format!("{length} "), Role::Text, theme);
    }
    if model.scope.zoom.is_some() {
        text.push_own("zoom ", Role::Accent, theme);
    }
    text.push_own(&model.zone().window(view), Role::Text, theme);
    text.push_own("  ", Role::Text, theme);
    if model.answered.is_some() {
        text.push_own(&grouped(model.answer.matched as u64), Role::Label, theme);
        if loaded {
            text.push_own(&format!("/{}", grouped(model.answer.loaded as u64)), Role::Dim, theme);
        }
    }
    text
}

/// What the fetch layer does, in words as long as may be.
fn state(model: &Model, bar: bool, words: bool) -> Text {
    let theme = &model.theme;
    if model.setup.opened == Opened::Nothing {
        return Text::own("nothing opened", Role::Dim, theme);
    }
    let exporting = model.exporting.map(|(written, of)| {
        let done = written * 100 / of.max(1);
        Text::own(&format!("exporting {done}%"), Role::Notice, theme)
    });
    let parts = [
        progress(model, bar),
        failed(model, words),
        model.kept.lacking.failure.as_ref().map(|_| failure("not kept", theme)),
        paused(model, words),
        waiting(model, words),
        exporting,
        model.kept.progress().map(|words| Text::own(&words, Role::Notice, theme)),
        model.errands.follow.as_ref().map(|follow| following(follow, words, theme)),
    ];
    let mut text = Text::new();
    for part in parts.into_iter().flatten() {
        text.push_own(if text.is_empty() { "" } else { "  " }, Role::Text, theme);
        text.extend(part);
    }
    if text.is_empty() && words { Text::own("all fetched", Role::Dim, theme) } else { text }
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
    let what = if failures == 1 && words { format!("{part} failed") } else { format!("{failures} failed") };
    Some(failure(&what, &model.theme))
}

fn failure(what: &str, theme: &Theme) -> Text {
    let mut text = Text::own(theme.glyphs().band[4], Role::Error, theme);
    text.push_own(" ", Role::Error, theme);
    text.push_entry(what, theme.style(Role::Error), theme);
    text.fitted(28, Cut::End, theme)
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
    let key = model.keymap.key_of(Action::Pause).filter(|_| words);
    let goes_on = key.map_or_else(String::new, |key| format!(": {key} goes on"));
    text.push_own(&format!("paused{goes_on}"), Role::Notice, theme);
    Some(text)
}

/// What is waited for before the next request, counted down.
fn waiting(model: &Model, words: bool) -> Option<Text> {
    let (theme, feed) = (&model.theme, &model.feed);
    let (part, why, until, attempt) = feed.next_wait()?;
    let left = (until.micros() - model.now.micros() + SECOND - 1).div_euclid(SECOND).max(0);
    let what = match why {
        Wait::RateLimited => "429".to_owned(),
        Wait::Retry => format!("try {attempt}"),
    };
    let mut text = Text::new();
    if words && feed.sources().len() > 1 {
        text.extend(Text::entry(&part.source, Role::Notice, theme).fitted(12, Cut::End, theme));
        text.push_own(" ", Role::Notice, theme);
    }
    text.push_own(&format!("{what}: {}", zone::length(left * SECOND)), Role::Notice, theme);
    Some(text)
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
