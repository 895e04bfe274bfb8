//! The bucket under the cursor, or the brush, in words: its times, what was counted in it, and whether
//! that is all.
//!
//! Not here: where on the bars it is (`pane::histogram`).

use std::ops::RangeInclusive;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::interval::{BUCKETS, Interval};
use crate::ui::cells::{Cut, Text, grouped};
use crate::ui::feed::Known;
use crate::ui::model::{Model, Region};
use crate::ui::pane::bottom;
use crate::ui::theme::Role;
use crate::ui::widget::bars::Plan;

use super::legend::parts;
use super::{band, failure_share, seen, seen_stack};

/// The band goes on beyond the words.
const BEYOND: &str = "  ";

/// How much room beside its times is left to what was counted.
const COUNT: usize = 12;

/// The bucket, or the brush, in words.
pub(super) fn draw(model: &Model, area: Rect, plan: Plan, buffer: &mut Buffer) {
    let theme = &model.theme;
    let Some(cursor) = model.histogram.cursor else { return };
    let view = model.scope.view();
    let buckets = model.histogram.brushed().unwrap_or(cursor..=cursor);
    let stretch = Interval::new(
        view.bucket_edge(*buckets.start()),
        view.bucket_edge((*buckets.end() + 1).min(BUCKETS)),
    );
    let role = if model.has_focus(Region::Histogram) { Role::HeaderFocused } else { Role::Header };
    let mut text = Text::own(" ", role, theme);
    if model.histogram.brush.is_some() {
        text.push_own("brush ", role, theme);
    }
    let x = area.x + plan.axis.saturating_sub(1);
    let room = area.right() - x;
    let mut times = Text::own(&model.zone().stretch(stretch, view), role, theme);
    if text.width() + times.width() + COUNT > usize::from(room) {
        times = Text::own(&model.zone().brief(stretch, view), role, theme);
    }
    text.extend(times);
    text.push_own(" ", role, theme);
    text.push_own("  ", Role::Text, theme);
    let left = usize::from(room).saturating_sub(text.width() + BEYOND.len());
    text.extend(counted(model, buckets, stretch, left));
    text.push_own(BEYOND, Role::Text, theme);
    text.fitted(usize::from(room), Cut::End, theme).draw(buffer, x, area.y, room);
}

/// What was counted in some buckets, and whether that is all of it; where there is little room the
/// harmless classes give way.
fn counted(model: &Model, buckets: RangeInclusive<usize>, stretch: Interval, room: usize) -> Text {
    let theme = &model.theme;
    let Some(histogram) = seen(model) else { return Text::own("counting…", Role::Dim, theme) };
    let counts = sum(&histogram.counts, buckets.clone());
    let total: u64 = counts.iter().sum();
    let known = model.feed.known(stretch, &model.scope.query, model.now);
    let mut text = Text::new();
    if total > 0 || known == Known::Fetched {
        text.push_own(&grouped(total), Role::Label, theme);
    }
    // Before the parts, which may be cut: a number that is not all of it never stands alone.
    if known != Known::Fetched {
        let (role, _) = band(known, theme);
        // Of what the system no longer keeps no more comes.
        let so_far = match known {
            _ if total == 0 => "",
            Known::Beyond => ", ",
            _ => " so far, ",
        };
        text.push_own(&format!("{so_far}{}", known.words()), role, theme);
    }
    if total == 0 {
        return text;
    }
    let failed = format!("  failed {:.1} %", failure_share(&counts) * 100.0);
    // A part of a number would be another: what does not fit is left out, here and below.
    if text.width() + failed.len() > room {
        return text;
    }
    text.push_own(&failed, Role::Dim, theme);
    let Some(values) = seen_stack(model) else {
        let room = room.saturating_sub(text.width() + 2);
        let counts = bottom::counts(&counts, room, 0, theme);
        text.push_own(if counts.is_empty() { "" } else { "  " }, Role::Text, theme);
        text.extend(counts);
        return text;
    };
    let mut parts = parts(model, &sum(&values.counts, buckets)).into_iter().peekable();
    let more = Text::own("  ", Role::Text, theme).and(theme.glyphs().more, Role::Dim, theme);
    while let Some((name, count)) = parts.next() {
        let mut part = Text::own("  ", Role::Text, theme);
        part.extend(name);
        part.push_own(&format!(" {}", grouped(count)), Role::Text, theme);
        let rest = if parts.peek().is_some() { more.width() } else { 0 };
        if text.width() + part.width() + rest > room {
            if text.width() + more.width() <= room {
                text.extend(more);
            }
            break;
        }
        text.extend(part);
    }
    text
}

/// The counts of some buckets together.
fn sum<const PARTS: usize>(counts: &[[u64; PARTS]], buckets: RangeInclusive<usize>) -> [u64; PARTS] {
    let mut sums = [0; PARTS];
    for bucket in buckets.filter_map(|bucket| counts.get(bucket)) {
        sums.iter_mut().zip(bucket).for_each(|(sum, count)| *sum += count);
    }
    sums
}
