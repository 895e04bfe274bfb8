//! The histogram: bars, the strip of worst classes, and as its axis the coverage band with the times
//! as labels. In focus a cursor, a brush, and the bucket's counts in place of the labels
//! (`histogram/bucket`); beside it what the parts of the bars stand for (`histogram/legend`).
//!
//! ```text
//!  412▕        █          numbers and bars
//!  max▕▌▄▄▄▄▄▄▄▌▄▄▄       strip
//!     └05-14────05-15┄┄┄  band: what is not fetched is never drawn as zero
//! ```

mod bucket;
mod legend;

use std::ops::{Range, RangeInclusive};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use crate::answer::Histogram;
use crate::answer::stack::{self, StackBy};
use crate::event::Class;
use crate::interval::Interval;
use crate::ui::cells::{Text, short};
use crate::ui::feed::Known;
use crate::ui::model::{Model, Region};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::bars::{self, Counts, Curve, Look, Plan};
use crate::ui::widget::ink::Ink;

/// The histogram's state.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Whether it is switched off.
    pub hidden: bool,
    /// The bucket under the cursor; `None`: the selected row's.
    pub cursor: Option<usize>,
    /// The bucket where a brush began.
    pub brush: Option<usize>,
    /// By what the bars are stacked; `None`: by class.
    pub stack: Option<StackBy>,
    /// How counts become heights.
    pub curve: Curve,
}

impl State {
    /// The brushed buckets, both ends in.
    pub fn brushed(&self) -> Option<RangeInclusive<usize>> {
        let (from, to) = (self.brush?, self.cursor?);
        Some(from.min(to)..=from.max(to))
    }
}

/// The share of failures (4xx, 5xx, failure) among some counts, in 0..=1.
pub fn failure_share(counts: &Counts) -> f64 {
    let total: u64 = counts.iter().sum();
    let failed: u64 =
        [Class::S4xx, Class::S5xx, Class::Failure].iter().map(|class| counts[class.index()]).sum();
    if total == 0 { 0.0 } else { failed as f64 / total as f64 }
}

/// The role and glyph of a stretch of the band.
fn band(known: Known, theme: &Theme) -> (Role, &'static str) {
    let (role, place) = match known {
        Known::Fetched => (Role::BandFetched, 0),
        Known::Fetching => (Role::BandFetching, 1),
        Known::Waiting => (Role::BandWaiting, 2),
        Known::Paused => (Role::BandPaused, 3),
        Known::Failed => (Role::BandFailed, 4),
        Known::Unasked => (Role::BandUnasked, 5),
        Known::Beyond => (Role::BandBeyond, 6),
    };
    (role, theme.glyphs().band[place])
}

/// What a glyph of the band means, for help.
pub fn band_legend(theme: &Theme) -> Vec<(&'static str, Role, &'static str)> {
    [
        Known::Fetched,
        Known::Fetching,
        Known::Waiting,
        Known::Paused,
        Known::Failed,
        Known::Unasked,
        Known::Beyond,
    ]
    .into_iter()
    .map(|known| {
        let (role, glyph) = band(known, theme);
        (glyph, role, known.words())
    })
    .collect()
}

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let plan = Plan::new(area.width);
    let strip = plan.strip_lines(theme);
    let Some(lines) = area.height.checked_sub(strip + 1).filter(|lines| *lines > 0) else {
        return;
    };
    let view = model.scope.view();
    let empty = Histogram::empty(view);
    let histogram = seen(model).unwrap_or(&empty);
    let counts = plan.bars(&histogram.counts);
    let max = counts.iter().map(|counts| counts.iter().sum::<u64>()).max().unwrap_or(0);
    let volume = seen_volume(model, plan);
    let values = seen_stack(model);
    let bars_area = Rect { x: area.x + plan.axis, width: plan.columns(), height: lines, ..area };
    let strip_area = Rect { y: area.y + lines, height: strip, ..bars_area };
    let band_area = Rect { y: area.y + lines + strip, height: 1, ..bars_area };

    let curve = model.histogram.curve;
    if let Some(volume) = volume {
        bars::draw_volume(buffer, bars_area, volume, curve, theme);
    }
    if let Some(values) = values {
        let look = Look { max, curve, ink: Ink::Values };
        bars::draw(buffer, bars_area, plan, &plan.bars(&values.counts), look, theme);
    } else {
        let look = Look { max, curve, ink: Ink::Class };
        bars::draw(buffer, bars_area, plan, &counts, look, theme);
    }
    bars::draw_strip(buffer, strip_area, plan, &counts, theme);
    let all = volume.and_then(|volume| volume.iter().copied().max());
    draw_axis(model, area, [lines, strip], plan, max, all, buffer);
    let free = area.right().saturating_sub(bars_area.right() + 2);
    if free < 20 {
        legend::draw_caption(model, bars_area, buffer);
    } else if model.filter.completion.is_none() {
        // A list of choices below the filter would leave pieces of it.
        let beside = Rect { x: bars_area.right() + 2, width: free, height: lines + strip, ..area };
        legend::draw(model, beside, buffer);
    }
    if model.focus == Region::Histogram {
        draw_cursor(model, bars_area, strip_area, plan, buffer);
    }
    draw_band(model, area, band_area, plan, buffer);
}

/// The last answer's buckets: those of another stretch are not drawn under this one's times.
fn seen(model: &Model) -> Option<&Histogram> {
    model.answer.histogram.as_ref().filter(|known| known.window == model.scope.view())
}

/// The whole volume, where it is shown: behind a filter, all fetched, a column a bucket.
fn seen_volume(model: &Model, plan: Plan) -> Option<&[u64]> {
    let shown = seen(model).is_some() && plan.buckets_a_column() == 1 && !model.scope.query.is_all();
    model.answer.volume.as_deref().filter(|_| shown)
}

/// The bars by another field, where the last answer has them.
fn seen_stack(model: &Model) -> Option<&stack::Stack> {
    let known = seen(model).is_some();
    model.answer.stack.as_ref().filter(|stack| known && Some(stack.by) == model.histogram.stack)
}

fn draw_axis(
    model: &Model,
    area: Rect,
    [lines, strip]: [u16; 2],
    plan: Plan,
    max: u64,
    all: Option<u64>,
    buffer: &mut Buffer,
) {
    let theme = &model.theme;
    let root = model.histogram.curve == Curve::Root;
    if plan.axis == 0 {
        return;
    }
    let mut label = |line: u16, text: &str| {
        let text = Text::own(text, Role::Dim, theme);
        text.draw_right(buffer, area.x + plan.axis - 1, area.y + line, plan.axis - 1);
    };
    if max > 0 {
        label(0, &short(max));
    }
    if root && lines > 2 {
        label(1, if theme.ascii { "sqrt" } else { "√" });
    }
    if let Some(all) = all.filter(|_| lines > 3) {
        // The volume behind has a scale of its own: `5/` of the bars, `/2.6k` of what is behind them.
        let below = u16::from(max > 0) + u16::from(root && lines > 2);
        let scale = format!("/{}", short(all));
        // A part of a number would be another.
        if scale.len() < usize::from(plan.axis) {
            label(below, &scale);
        }
    } else if lines >= 6 && max >= 2 {
        // The middle line's upper edge.
        let (at, of) = (u64::from(lines - lines / 2), u64::from(lines));
        let here = if root { max.saturating_mul(at * at) / (of * of) } else { max.saturating_mul(at) / of };
        // Of small counts a half is no label.
        if here >= 10 || root || max.saturating_mul(at) % of == 0 {
            label(lines / 2, &short(here));
        }
    }
    if lines > 1 {
        label(lines - 1, "0");
    }
    label(lines, "max");
    for line in 0..lines + strip {
        let glyph = Text::own(theme.glyphs().axis, Role::Dim, theme);
        glyph.draw(buffer, area.x + plan.axis - 1, area.y + line, 1);
    }
}

/// The cursor's column and the brush, over bars and strip. What is drawn there stays as it is: only
/// what is behind it is shaded. Without colours the letters of the strip are reversed.
fn draw_cursor(model: &Model, bars: Rect, strip: Rect, plan: Plan, buffer: &mut Buffer) {
    let theme = &model.theme;
    let Some(cursor) = model.histogram.cursor else { return };
    let column = bars.x + plan.column(cursor);
    for y in bars.top()..bars.bottom() {
        if let Some(cell) = buffer.cell_mut((column, y)).filter(|cell| cell.symbol() == " ") {
            cell.set_symbol(theme.glyphs().divider).set_style(theme.style(Role::Accent));
        }
    }
    // A bar as high as the screen has it leaves no room above it: its top bears the mark.
    let top = buffer.cell_mut((column, bars.top())).filter(|_| !theme.is_letters());
    if let Some(cell) =
        top.filter(|cell| cell.symbol() == "█" || (cell.symbol() != " " && cell.bg != Color::Reset))
    {
        let bar = cell.fg;
        if cell.symbol() != theme.glyphs().divider {
            cell.set_symbol(theme.glyphs().divider).set_style(theme.style(Role::Text)).set_bg(bar);
        }
    }
    let brushed = model.histogram.brushed().unwrap_or(cursor..=cursor);
    let shade = theme.style(Role::Brush).bg;
    for x in plan.column(*brushed.start())..=plan.column(*brushed.end()) {
        for y in bars.top()..strip.bottom() {
            let Some(cell) = buffer.cell_mut((bars.x + x, y)) else { continue };
            if let Some(shade) = shade.filter(|_| cell.bg == Color::Reset) {
                cell.set_bg(shade);
            }
            if shade.is_none() && y >= strip.top() {
                cell.modifier.insert(Modifier::REVERSED);
            }
        }
    }
}

/// The axis: what is known of each column's stretch, with times as labels.
fn draw_band(model: &Model, area: Rect, band_area: Rect, plan: Plan, buffer: &mut Buffer) {
    let theme = &model.theme;
    let view = model.scope.view();
    let columns: Vec<Interval> = (0..plan.columns())
        .map(|column| {
            let buckets = plan.buckets(column);
            Interval::new(view.bucket_edge(buckets.start), view.bucket_edge(buckets.end))
        })
        .collect();
    let known = model.feed.band(&columns, &model.scope.query, model.now);
    if plan.axis > 0 {
        let corner = Text::own(theme.glyphs().corner, Role::Dim, theme);
        corner.draw(buffer, band_area.x - 1, band_area.y, 1);
    }
    for (column, known) in known.iter().enumerate() {
        let (role, glyph) = band(*known, theme);
        if let Some(cell) = buffer.cell_mut((band_area.x + column as u16, band_area.y)) {
            cell.set_symbol(glyph).set_style(theme.style(role));
        }
    }
    if model.focus == Region::Histogram && model.histogram.cursor.is_some() {
        bucket::draw(model, Rect { x: area.x, width: area.width, ..band_area }, plan, buffer);
        return;
    }
    let labelled = draw_labels(model, band_area, plan, &known, buffer);
    if plan.merged > 1 {
        let said = format!(" {} buckets a bar", plan.merged);
        let room = area.right().saturating_sub(band_area.right());
        let text = Text::own(&said, Role::Dim, theme);
        if text.width() <= usize::from(room) {
            text.draw(buffer, band_area.right(), band_area.y, room);
        }
    }
    let here = model.selected().and_then(|row| view.bucket(row.event.time));
    if let Some(bucket) = here {
        let column = plan.column(bucket);
        if let Some(cell) = buffer.cell_mut((band_area.x + column, band_area.y)) {
            let style = theme.style(Role::Accent);
            // A time that it falls on stays whole.
            if labelled.iter().any(|label| label.contains(&usize::from(column))) {
                cell.set_style(style.add_modifier(Modifier::REVERSED));
            } else {
                cell.set_symbol(theme.glyphs().here).set_style(style);
            }
        }
    }
}

/// Times as labels where they hide no change of what is known; the columns that each takes.
fn draw_labels(
    model: &Model,
    band_area: Rect,
    plan: Plan,
    known: &[Known],
    buffer: &mut Buffer,
) -> Vec<Range<usize>> {
    let theme = &model.theme;
    let view = model.scope.view();
    let mut free = 0;
    let mut labelled = Vec::new();
    for (time, label) in model.zone().ticks(view, usize::from(band_area.width) / 8) {
        let Some(bucket) = view.bucket(time) else { continue };
        let first = usize::from(plan.column(bucket));
        let Some(under) = known.get(first..first + label.len()) else { continue };
        if first < free || under.iter().any(|state| *state != under[0]) {
            continue;
        }
        let (role, _) = band(under[0], theme);
        Text::own(&label, role, theme).draw(
            buffer,
            band_area.x + first as u16,
            band_area.y,
            label.len() as u16,
        );
        free = first + label.len() + 1;
        labelled.push(first..first + label.len());
    }
    labelled
}
