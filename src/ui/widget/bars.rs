//! 144 stacked buckets as bars of block characters, the strip of each bucket's worst class, and the
//! arithmetic between buckets and columns.
//!
//! A column a bucket where they fit, in eighths of a cell; else two buckets a column, the left one
//! in the foreground and the right one in the background, quadrants where both share a colour; below
//! 72 columns neighbouring buckets are added up. Not here: the band under the bars and its labels
//! (`pane::histogram`).

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::event::Class;
use crate::interval::BUCKETS;

use crate::ui::theme::{Name, Role, Theme};

use super::ink::{Ink, letter};

/// Counts by class, as the histogram has them.
pub type Counts = [u64; Class::COUNT];

/// The cells that numbers and axis take to the left of the bars.
pub const AXIS: u16 = 5;

/// The same where a column is a bucket: a second scale's number has a sign before it.
const WIDE_AXIS: u16 = 6;

/// Lower eighths of a cell.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// How buckets become columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The cells left of the bars: five, six on a wide screen, or none where only the bars fit.
    pub axis: u16,
    /// Buckets added up to one bar: 1 unless the screen is narrow.
    pub merged: usize,
    /// Bars side by side in one column: 1 or 2.
    pub halves: usize,
}

impl Plan {
    /// The plan for so many columns in all.
    pub fn new(width: u16) -> Self {
        let buckets = BUCKETS as u16;
        if width >= buckets + AXIS {
            Self { axis: (width - buckets).min(WIDE_AXIS), merged: 1, halves: 1 }
        } else if width >= buckets / 2 {
            let axis = if width >= buckets / 2 + AXIS { AXIS } else { 0 };
            Self { axis, merged: 1, halves: 2 }
        } else {
            let columns = usize::from(width.saturating_sub(AXIS).max(1));
            Self { axis: AXIS, merged: BUCKETS.div_ceil(columns * 2), halves: 2 }
        }
    }

    /// How many buckets a column holds.
    pub fn buckets_a_column(self) -> usize {
        self.merged * self.halves
    }

    /// How many columns the bars take.
    pub fn columns(self) -> u16 {
        BUCKETS.div_ceil(self.buckets_a_column()) as u16
    }

    /// The column of a bucket, from 0, the axis not counted.
    pub fn column(self, bucket: usize) -> u16 {
        (bucket.min(BUCKETS - 1) / self.buckets_a_column()) as u16
    }

    /// The buckets of a column.
    pub fn buckets(self, column: u16) -> std::ops::Range<usize> {
        let first = usize::from(column) * self.buckets_a_column();
        first.min(BUCKETS)..(first + self.buckets_a_column()).min(BUCKETS)
    }

    /// The bars: the buckets, added up where they are merged.
    pub fn bars(self, counts: &[Counts]) -> Vec<Counts> {
        let add = |group: &[Counts]| {
            let mut sum = [0; Class::COUNT];
            for counts in group {
                sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            }
            sum
        };
        counts.chunks(self.merged.max(1)).map(add).collect()
    }

    /// How many lines the strip takes: letters need one for each bar of a column.
    pub fn strip_lines(self, theme: &Theme) -> u16 {
        if theme.is_letters() { self.halves as u16 } else { 1 }
    }
}

/// The worst class of which there is at least one.
pub fn worst(counts: &Counts) -> Option<Class> {
    const WORST_FIRST: [Class; Class::COUNT] =
        [Class::S5xx, Class::Failure, Class::S4xx, Class::Unknown, Class::S3xx, Class::S2xx, Class::Success];
    WORST_FIRST.into_iter().find(|class| counts[class.index()] > 0)
}

/// Whether the class is one to look at.
fn is_bad(class: Class) -> bool {
    matches!(class, Class::S4xx | Class::S5xx | Class::Failure | Class::Unknown)
}

/// How a count becomes a height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Curve {
    /// As the count.
    #[default]
    Linear,
    /// As its square root: what is small beside the highest bar is seen.
    Root,
}

/// What bars are drawn by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The highest bar's count.
    pub max: u64,
    /// How counts become heights.
    pub curve: Curve,
    /// What the parts stand for.
    pub ink: Ink,
}

/// How high a count stands, `max` being `units` high; anything at all is at least one unit high.
fn height(total: u64, max: u64, units: u64, curve: Curve) -> u64 {
    if total == 0 || max == 0 {
        return 0;
    }
    let (part, of, units) = (u128::from(total.min(max)), u128::from(max), u128::from(units));
    let doubled = match curve {
        Curve::Linear => 2 * part * units / of,
        // The doubled height, squared.
        Curve::Root => (4 * part * units * units / of).isqrt(),
    };
    (doubled.div_ceil(2) as u64).max(1)
}

/// How high each part of a bar stands, `max` being `units` high: the parts' heights add up to the
/// whole bar's.
pub fn stack(counts: &Counts, max: u64, units: u64, curve: Curve) -> [u64; Class::COUNT] {
    let total: u64 = counts.iter().sum();
    let mut heights = [0; Class::COUNT];
    if total == 0 || max == 0 {
        return heights;
    }
    let scaled = |part: u64, of: u64, units: u64| {
        let doubled = 2 * u128::from(part) * u128::from(units) + u128::from(of);
        (doubled / (2 * u128::from(of))) as u64
    };
    let height = height(total, max, units, curve);
    let mut below = 0;
    let mut reached = 0;
    for (slot, count) in heights.iter_mut().zip(counts) {
        below += count;
        let edge = scaled(below, total, height);
        *slot = edge - reached;
        reached = edge;
    }
    heights
}

/// What stands in one cell of one bar: how many of its eighths are filled, and by which parts
/// from below.
#[derive(Debug, Clone, Default)]
struct Slice {
    filled: u64,
    parts: Vec<(usize, u64)>,
}

impl Slice {
    /// The slice of a stack (in eighths) in the cell that begins at `from`.
    fn of(heights: &[u64; Class::COUNT], from: u64) -> Self {
        let mut slice = Self::default();
        let mut below = 0;
        for (part, height) in heights.iter().enumerate() {
            let top = below + height;
            let inside = top.min(from + 8).saturating_sub(below.max(from));
            if inside > 0 {
                slice.parts.push((part, inside));
                slice.filled += inside;
            }
            below = top;
        }
        slice
    }

    /// The part that fills most of it; of equals the upper one.
    fn main(&self) -> Option<usize> {
        self.parts.iter().max_by_key(|(_, inside)| *inside).map(|(part, _)| *part)
    }
}

/// Draws the bars into the area, which begins right of the axis.
pub fn draw(buffer: &mut Buffer, area: Rect, plan: Plan, bars: &[Counts], look: Look, theme: &Theme) {
    let units = u64::from(area.height) * 8;
    for (at, column) in bars.chunks(plan.halves).enumerate() {
        let x = area.x + at as u16;
        if x >= area.right() {
            break;
        }
        let stacks: Vec<_> = column.iter().map(|counts| stack(counts, look.max, units, look.curve)).collect();
        for line in 0..area.height {
            let y = area.bottom() - 1 - line;
            let from = u64::from(line) * 8;
            let slices: Vec<_> = stacks.iter().map(|heights| Slice::of(heights, from)).collect();
            let (symbol, style) = match slices.as_slice() {
                [one] if plan.halves == 1 => single(one, line == 0, look.ink, theme),
                [left, right] => pair([left, right], line == 0, look.ink, theme),
                [left] => pair([left, &Slice::default()], line == 0, look.ink, theme),
                _ => continue,
            };
            if let Some(cell) = buffer.cell_mut((x, y)).filter(|_| symbol != " ") {
                // What is behind it may be dim.
                cell.modifier = Modifier::empty();
                cell.set_symbol(symbol).set_style(style);
            }
        }
    }
}

/// A cell of one bar.
fn single(slice: &Slice, ground: bool, ink: Ink, theme: &Theme) -> (&'static str, Style) {
    let Some(main) = slice.main() else {
        return (" ", Style::default());
    };
    if theme.is_letters() {
        let shown = slice.filled >= 4 || ground;
        return (if shown { ink.shade(main, theme) } else { " " }, lettered(main, ink, theme));
    }
    if slice.filled == 8 && slice.parts.len() > 1 {
        // Two colours fit into a full cell: the two parts that fill most, in stacking order.
        let mut largest = slice.parts.clone();
        largest.sort_by_key(|(_, inside)| std::cmp::Reverse(*inside));
        let [mut lower, mut upper] = [largest[0], largest[1]];
        if lower.0 > upper.0 {
            std::mem::swap(&mut lower, &mut upper);
        }
        let edge = (lower.1 * 8 / (lower.1 + upper.1)).clamp(1, 7) as usize;
        let mut style = ink.style(lower.0, theme);
        style.bg = ink.background(upper.0, theme);
        return (EIGHTHS[edge], style);
    }
    (EIGHTHS[slice.filled.min(8) as usize], ink.style(main, theme))
}

/// The style of a part's letter or shade: coloured where the theme has colours.
fn lettered(part: usize, ink: Ink, theme: &Theme) -> Style {
    if theme.name == Name::Mono { Style::default() } else { ink.style(part, theme) }
}

/// How many of a half's two quadrants are filled: rounded, and the ground is never empty where
/// there is something.
fn quadrants(slice: &Slice, ground: bool) -> u8 {
    let rounded = ((slice.filled + 2) / 4) as u8;
    if ground && slice.filled > 0 { rounded.max(1) } else { rounded }
}

/// A cell of two bars.
fn pair(slices: [&Slice; 2], ground: bool, ink: Ink, theme: &Theme) -> (&'static str, Style) {
    /// By filled quadrants from below: `SHAPES[left][right]`.
    const SHAPES: [[&str; 3]; 3] = [[" ", "▗", "▐"], ["▖", "▄", "▟"], ["▌", "▙", "█"]];
    let shape = slices.map(|slice| usize::from(quadrants(slice, ground)));
    let parts = slices.map(Slice::main);
    let [a, b] = match (parts, shape) {
        (_, [0, 0]) => return (" ", Style::default()),
        ([Some(part), _], [_, 0]) | ([_, Some(part)], [0, _]) => [part, part],
        ([Some(a), Some(b)], _) => [a, b],
        _ => return (" ", Style::default()),
    };
    if theme.is_letters() {
        let main = a.max(b);
        let half = match shape {
            [2, 0] if !theme.ascii && ink == Ink::Class => Some("▌"),
            [0, 2] if !theme.ascii && ink == Ink::Class => Some("▐"),
            _ => None,
        };
        // A half block is as bright as the shade that it stands for.
        let faint = matches!(ink.shade(main, theme), "░" | "▒");
        return match half {
            Some(half) if faint => (half, Style::new().add_modifier(Modifier::DIM)),
            Some(half) => (half, Style::default()),
            None => (ink.shade(main, theme), lettered(main, ink, theme)),
        };
    }
    if a == b || shape == [1, 1] {
        return (SHAPES[shape[0]][shape[1]], ink.style(a.max(b), theme));
    }
    let mut style = ink.style(a, theme);
    style.bg = ink.background(b, theme);
    ("▌", style)
}

/// Draws how much there is in all behind the bars, dim, on its own scale: the highest bucket fills the
/// height. For plans with a bucket a column; drawn before the bars, which stand in front of it.
pub fn draw_volume(buffer: &mut Buffer, area: Rect, volume: &[u64], curve: Curve, theme: &Theme) {
    let units = u64::from(area.height) * 8;
    let max = volume.iter().copied().max().unwrap_or(0);
    let dim = theme.style(Role::Volume);
    for (x, total) in (area.left()..area.right()).zip(volume) {
        let height = height(*total, max, units, curve);
        for line in 0..area.height {
            let filled = height.saturating_sub(u64::from(line) * 8).min(8);
            let Some(cell) = buffer.cell_mut((x, area.bottom() - 1 - line)).filter(|_| filled > 0) else {
                continue;
            };
            if theme.is_letters() {
                if filled >= 4 {
                    cell.set_symbol(if theme.ascii { "." } else { "·" }).set_style(dim);
                }
            } else if filled == 8 {
                // As a background, so that a bar's upper edge has it behind itself.
                cell.set_style(Style { bg: dim.fg, ..Style::default() });
            } else {
                cell.set_symbol(EIGHTHS[filled as usize]).set_style(dim);
            }
        }
    }
}

/// Draws the strip: each bar's worst class, exactly. A class to look at stands the full line high.
pub fn draw_strip(buffer: &mut Buffer, area: Rect, plan: Plan, bars: &[Counts], theme: &Theme) {
    for (at, column) in bars.chunks(plan.halves).enumerate() {
        let x = area.x + at as u16;
        if x >= area.right() {
            break;
        }
        let worst: Vec<Option<Class>> = column.iter().map(worst).collect();
        if theme.is_letters() {
            for (line, class) in (0..area.height).zip(&worst) {
                if let (Some(class), Some(cell)) = (class, buffer.cell_mut((x, area.y + line))) {
                    cell.set_symbol(letter(*class)).set_style(theme.class(*class));
                }
            }
            continue;
        }
        let right = worst.get(1).copied().unwrap_or(if plan.halves == 1 { worst[0] } else { None });
        let (symbol, style) = strip_cell(worst[0], right, theme);
        if let Some(cell) = buffer.cell_mut((x, area.y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    }
}

fn strip_cell(left: Option<Class>, right: Option<Class>, theme: &Theme) -> (&'static str, Style) {
    match (left, right) {
        (None, None) => (" ", Style::default()),
        (Some(a), Some(b)) if a == b => (if is_bad(a) { "█" } else { "▄" }, theme.class(a)),
        (Some(a), None) => (if is_bad(a) { "▌" } else { "▖" }, theme.class(a)),
        (None, Some(b)) => (if is_bad(b) { "▐" } else { "▗" }, theme.class(b)),
        (Some(a), Some(b)) => {
            let mut style = theme.class(a);
            style.bg = theme.class_background(b);
            ("▌", style)
        }
    }
}

/// The styles in which a plain column of counts is told, `2xx 12,001` and so on: classes of which
/// there are none are left out.
pub fn legend(classes: &Counts) -> impl Iterator<Item = (Class, Role, u64)> {
    Class::ALL
        .into_iter()
        .map(|class| (class, Role::class(class), classes[class.index()]))
        .filter(|(_, _, count)| *count > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::Color;

    use super::*;
    use crate::ui::theme::Depth;

    fn counts() -> impl Strategy<Value = Vec<Counts>> {
        let one = prop_oneof![2 => Just(0u64), 2 => 1u64..20, 1 => any::<u32>().prop_map(u64::from)];
        prop::collection::vec(prop::array::uniform7(one), BUCKETS..=BUCKETS)
    }

    fn theme(name: Name) -> Theme {
        Theme::builtin(name, Depth::True, false)
    }

    #[test]
    fn every_width_has_a_plan_that_fits_and_shows_every_bucket_once() {
        for width in 40..=220 {
            let plan = Plan::new(width);
            assert!(plan.axis + plan.columns() <= width, "{width}");
            let shown: Vec<usize> = (0..plan.columns()).flat_map(|column| plan.buckets(column)).collect();
            assert_eq!(shown, (0..BUCKETS).collect::<Vec<_>>(), "{width}");
            assert!((0..BUCKETS).all(|bucket| plan.buckets(plan.column(bucket)).contains(&bucket)));
            assert_eq!(plan.merged == 1, width >= 72, "{width}");
            assert_eq!(plan.buckets_a_column() == 1, width >= 149, "{width}");
        }
    }

    proptest! {
        #[test]
        fn heights_add_up_to_the_bar_and_nothing_stands_for_nothing(counts in prop::array::uniform7(0u64..5_000), more in 0u64..100_000, units in 1u64..64, root: bool) {
            let total: u64 = counts.iter().sum();
            let max = total + more;
            let curve = if root { Curve::Root } else { Curve::Linear };
            let heights = stack(&counts, max, units, curve);
            let height: u64 = heights.iter().sum();
            prop_assert_eq!(height == 0, total == 0);
            prop_assert!(heights.iter().zip(&counts).all(|(height, count)| *count > 0 || *height == 0));
            if total > 0 {
                let share = total as f64 / max as f64;
                let exact = if root { share.sqrt() } else { share } * units as f64;
                prop_assert!((height as f64 - exact).abs() <= 0.5 + 1e-9 || (height == 1 && exact < 1.0));
            }
        }

        #[test]
        fn adding_up_buckets_loses_none(counts in counts(), width in 40u16..220) {
            let bars = Plan::new(width).bars(&counts);
            prop_assert_eq!(bars.iter().flatten().sum::<u64>(), counts.iter().flatten().sum::<u64>());
        }

        /// The strip read back from the drawn cells is the data's, bar by bar.
        #[test]
        fn the_strip_is_exact(counts in counts(), width in 40u16..220, mono: bool) {
            let theme = theme(if mono { Name::Mono } else { Name::Dark });
            let plan = Plan::new(width);
            let bars = plan.bars(&counts);
            let area = Rect::new(0, 0, plan.columns(), plan.strip_lines(&theme));
            let mut buffer = Buffer::empty(area);
            draw_strip(&mut buffer, area, plan, &bars, &theme);
            let of = |colour: Color| Class::ALL.into_iter().find(|class| theme.class(*class).fg == Some(colour));
            for (at, counts) in bars.iter().enumerate() {
                let (column, half) = (at / plan.halves, at % plan.halves);
                let shown = if mono {
                    let symbol = buffer[(column as u16, half as u16)].symbol().to_owned();
                    Class::ALL.into_iter().find(|class| letter(*class) == symbol)
                } else {
                    let cell = &buffer[(column as u16, 0)];
                    match (cell.symbol(), half) {
                        (" ", _) | ("▐" | "▗", 0) | ("▖", 1) => None,
                        ("▌", 1) => of(cell.bg),
                        _ => of(cell.fg),
                    }
                };
                prop_assert_eq!(shown, worst(counts));
            }
        }

        /// Where every bar is of one class, the filled quadrants and eighths are the heights.
        #[test]
        fn bars_are_as_high_as_their_counts(heights in prop::collection::vec(0u64..=32, BUCKETS..=BUCKETS), wide: bool) {
            let theme = theme(Name::Dark);
            let counts: Vec<Counts> = heights.iter().map(|height| [*height, 0, 0, 0, 0, 0, 0]).collect();
            let plan = Plan::new(if wide { 160 } else { 80 });
            let area = Rect::new(0, 0, plan.columns(), 4);
            let mut buffer = Buffer::empty(area);
            let look = Look { max: 32, curve: Curve::Linear, ink: Ink::Class };
            draw(&mut buffer, area, plan, &counts, look, &theme);
            for (bucket, height) in heights.iter().enumerate() {
                let column = plan.column(bucket);
                let drawn: u64 = (0..4).map(|y| {
                    let symbol = buffer[(column, y)].symbol();
                    let eighths = EIGHTHS.iter().position(|known| *known == symbol);
                    let quarter = |filled: u64| filled * 4;
                    match (wide, symbol, bucket % 2) {
                        (true, ..) => eighths.expect("a block") as u64,
                        (_, " ", _) | (_, "▗" | "▐", 0) | (_, "▖" | "▌", 1) => quarter(0),
                        (_, "▖" | "▄" | "▟", 0) | (_, "▗" | "▄" | "▙", 1) => quarter(1),
                        _ => quarter(2),
                    }
                }).sum();
                if wide {
                    prop_assert_eq!(drawn, *height);
                } else {
                    prop_assert!(drawn.abs_diff(*height) <= 2 || (*height == 1 && drawn == 4), "{} {}", drawn, height);
                    prop_assert_eq!(drawn == 0, *height == 0);
                }
            }
        }
    }

    #[test]
    fn one_failure_among_ten_thousand_is_seen() {
        let mut counts = vec![[100, 0, 0, 0, 0, 0, 0]; BUCKETS];
        counts[71][Class::S5xx.index()] = 1;
        let theme = theme(Name::Dark);
        let plan = Plan::new(80);
        let area = Rect::new(0, 0, 72, 1);
        let mut buffer = Buffer::empty(area);
        draw_strip(&mut buffer, area, plan, &counts, &theme);
        let cell = &buffer[(35, 0)];
        assert_eq!((cell.symbol(), Some(cell.bg)), ("▌", theme.class_background(Class::S5xx)));
    }
}
