//! The histogram: bars, the strip of worst classes, and as its axis the coverage band with the times
//! as labels. In focus a cursor, a brush, and the bucket's counts in place of the labels.
//!
//! ```text
//!  412▕        █          numbers and bars
//!  max▕▌▄▄▄▄▄▄▄▌▄▄▄       strip
//!     └05-14────05-15┄┄┄  band: what is not fetched is never drawn as zero
//! ```

use std::ops::{Range, RangeInclusive};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use crate::answer::Histogram;
use crate::answer::stack::{self, StackBy};
use crate::event::Class;
use crate::interval::{BUCKETS, Interval};
use crate::ui::cells::{Cut, Text, grouped, short};
use crate::ui::feed::Known;
use crate::ui::model::{Model, Region};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::bars::{self, Counts, Curve, Look, Plan};
use crate::ui::widget::ink::Ink;

use super::bottom;

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
    if model.focus == Region::Histogram {
        draw_cursor(model, bars_area, strip_area, plan, buffer);
    }
    let free = area.right().saturating_sub(bars_area.right() + 2);
    // A list of choices below the filter would leave pieces of it.
    if free >= 20 && model.filter.completion.is_none() {
        let legend = Rect { x: bars_area.right() + 2, width: free, height: lines + strip, ..area };
        draw_legend(model, legend, buffer);
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

/// The parts of some buckets in words: their names and counts.
fn parts(model: &Model, counts: &[u64; stack::PARTS]) -> Vec<(Text, u64)> {
    let theme = &model.theme;
    let Some(values) = seen_stack(model) else {
        let classes = bars::legend(counts);
        return classes.map(|(class, role, count)| (Text::own(class.name(), role, theme), count)).collect();
    };
    let name = |part: usize| {
        let role = Ink::Values.role(part);
        let mut text = Text::new();
        if theme.is_letters() {
            text.push_own(&format!("{}=", Ink::Values.shade(part, theme)), role, theme);
        }
        match part {
            stack::OTHERS => text.push_own("others", role, theme),
            stack::ABSENT => text.push_own("none", role, theme),
            _ => {
                let name = values.names.get(part).map(AsRef::as_ref).unwrap_or_default();
                text.extend(Text::beginning(name, LONGEST, role, theme));
            }
        }
        text
    };
    (0..stack::PARTS).filter(|part| counts[*part] > 0).map(|part| (name(part), counts[part])).collect()
}

/// The most characters of a value's name beside its count.
const LONGEST: usize = 24;

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

/// The counts a class with their shares, where there is room beside the bars.
fn draw_legend(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let totals = seen_stack(model).map_or(model.answer.classes, stack::Stack::totals);
    let parts = parts(model, &totals);
    let widest = parts.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let wide = widest.clamp(8, usize::from(area.width).saturating_sub(10).clamp(8, LONGEST));
    let total: u64 = parts.iter().map(|(_, count)| count).sum();
    // Without colours the bars have shades: which is whose.
    let shades: Vec<&str> = if theme.is_letters() && seen_stack(model).is_none() {
        bars::legend(&totals).map(|(class, ..)| Ink::Class.shade(class as usize, theme)).collect()
    } else {
        Vec::new()
    };
    for (place, (y, (name, count))) in (area.top()..area.bottom()).zip(parts).enumerate() {
        let mut text = Text::own(shades.get(place).copied().unwrap_or_default(), Role::Text, theme);
        text.push_own(if text.is_empty() { "" } else { " " }, Role::Text, theme);
        text.extend(name);
        let mut text = text.fitted(wide, Cut::End, theme);
        text.push_own(&" ".repeat(wide.saturating_sub(text.width())), Role::Text, theme);
        text.push_own(&format!("{:>10}", grouped(count)), Role::Text, theme);
        let share = Text::own(&format!("{:>9}", percent(count, total)), Role::Dim, theme);
        if text.width() + share.width() <= usize::from(area.width) {
            text.extend(share);
        }
        text.fitted(usize::from(area.width), Cut::End, theme).draw(buffer, area.x, y, area.width);
    }
}

/// A share with one decimal: what is little is not nothing.
fn percent(count: u64, of: u64) -> String {
    let percent = count as f64 * 100.0 / of.max(1) as f64;
    if count > 0 && percent < 0.1 { "<0.1 %".to_owned() } else { format!("{percent:.1} %") }
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
        draw_bucket(model, Rect { x: area.x, width: area.width, ..band_area }, plan, buffer);
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

/// The band goes on beyond the words.
const BEYOND: &str = "  ";

/// The bucket, or the brush, in words.
fn draw_bucket(model: &Model, area: Rect, plan: Plan, buffer: &mut Buffer) {
    let theme = &model.theme;
    let Some(cursor) = model.histogram.cursor else { return };
    let view = model.scope.view();
    let buckets = model.histogram.brushed().unwrap_or(cursor..=cursor);
    let stretch = Interval::new(
        view.bucket_edge(*buckets.start()),
        view.bucket_edge((*buckets.end() + 1).min(BUCKETS)),
    );
    let mut text = Text::own(" ", Role::HeaderFocused, theme);
    if model.histogram.brush.is_some() {
        text.push_own("brush ", Role::HeaderFocused, theme);
    }
    text.push_own(&model.zone().window(stretch), Role::HeaderFocused, theme);
    text.push_own(" ", Role::HeaderFocused, theme);
    text.push_own("  ", Role::Text, theme);
    let x = area.x + plan.axis.saturating_sub(1);
    let room = area.right() - x;
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
        let so_far = if total > 0 { " so far, " } else { "" };
        text.push_own(&format!("{so_far}{}", known.words()), role, theme);
    }
    if total == 0 {
        return text;
    }
    text.push_own(&format!("  failed {:.1} %", failure_share(&counts) * 100.0), Role::Dim, theme);
    let Some(values) = seen_stack(model) else {
        text.push_own("  ", Role::Text, theme);
        let room = room.saturating_sub(text.width());
        text.extend(bottom::counts(&counts, room, 0, theme));
        return text;
    };
    for (name, count) in parts(model, &sum(&values.counts, buckets)) {
        text.push_own("  ", Role::Text, theme);
        text.extend(name);
        text.push_own(&format!(" {}", grouped(count)), Role::Text, theme);
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
