//! Where everything is: a pure function of the screen's size and of what is shown.
//!
//! ```text
//! top line        source, window, counts, fetching
//! filter line
//! histogram       bars, strip of worst classes, band (none under 14 lines, or switched off)
//! facets │ table │ detail      facets from 140 columns beside the table; else in the place of
//!        │       │             histogram and table
//! table        │  detail      from 140 columns beside the table; from 30 lines below it;
//!              │              else in the place of histogram and table
//! bottom line     counts a class, keys, messages
//! ```
//!
//! `update` uses it to know how many rows there are, `view` to draw, the mouse to hit.

use ratatui::layout::Rect;

/// The smallest screen that is drawn; below it stands a sentence.
pub const LEAST: (u16, u16) = (40, 10);
/// From this width on the detail stands beside the table.
pub const SIDE_WIDTH: u16 = 140;
/// From this width on the facets beside the table take more than they need at least.
const WIDE_FACETS: u16 = 190;
/// From this height on the detail stands below the table.
pub const BELOW_HEIGHT: u16 = 30;

/// What decides about the regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Whether the histogram is switched on.
    pub histogram: bool,
    /// Whether a detail is open.
    pub detail: bool,
    /// Whether the facets are open.
    pub facets: bool,
    /// How many lines the strip of worst classes takes: one with colours, two with letters.
    pub strip: u16,
    /// How many rows there are for the table: a detail below few of them gets what they leave.
    pub rows: usize,
}

/// The regions; one that is not there has no area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Regions {
    /// The top line.
    pub top: Rect,
    /// The filter line.
    pub filter: Rect,
    /// Bars, strip and band.
    pub histogram: Rect,
    /// The table, its header included.
    pub table: Rect,
    /// The column between the table and a detail beside it.
    pub divider: Rect,
    /// The detail, its header included.
    pub detail: Rect,
    /// The facets, their header included.
    pub facets: Rect,
    /// The column between facets beside the table and the table.
    pub facets_divider: Rect,
    /// The bottom line.
    pub bottom: Rect,
}

/// How many lines the bars have on a screen of this height.
fn bar_lines(height: u16) -> u16 {
    match height {
        0..=13 => 0,
        14..=17 => 2,
        18..=21 => 3,
        22..=29 => 4,
        30..=35 => 5,
        36..=43 => 6,
        44..=51 => 7,
        _ => 8,
    }
}

/// The regions of a screen; `None` where it is smaller than [`LEAST`].
pub fn regions(area: Rect, shown: Shown) -> Option<Regions> {
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return None;
    }
    let line = |y: u16| Rect::new(area.x, y, area.width, 1);
    let mut regions = Regions {
        top: line(area.y),
        filter: line(area.y + 1),
        bottom: line(area.bottom() - 1),
        ..Regions::default()
    };
    let mut body = Rect::new(area.x, area.y + 2, area.width, area.height - 3);
    let beside = area.width >= SIDE_WIDTH;
    let below = area.height >= BELOW_HEIGHT;
    if shown.facets && !beside {
        regions.facets = body;
        return Some(regions);
    }
    if shown.detail && !beside && !below {
        regions.detail = body;
        return Some(regions);
    }
    let bars = bar_lines(area.height);
    if shown.histogram && bars > 0 {
        let height = bars + shown.strip + 1;
        regions.histogram = Rect { height, ..body };
        body = Rect { y: body.y + height, height: body.height - height, ..body };
    }
    if shown.facets {
        // Where the table has room to spare, first and last time stand beside each value.
        let facets = if body.width >= WIDE_FACETS && !shown.detail {
            (body.width * 9 / 20).min(110)
        } else {
            (body.width / 4).clamp(38, 56)
        };
        regions.facets = Rect { width: facets, ..body };
        regions.facets_divider = Rect { x: body.x + facets, width: 1, ..body };
        body = Rect { x: body.x + facets + 1, width: body.width - facets - 1, ..body };
    }
    if !shown.detail {
        regions.table = body;
    } else if beside {
        // At least a third of the screen is the table's.
        let detail = (body.width * 9 / 20).clamp(60.min(body.width * 3 / 5), 110);
        regions.table = Rect { width: body.width - detail - 1, ..body };
        regions.divider = Rect { x: regions.table.right(), width: 1, ..body };
        regions.detail = Rect { x: regions.divider.right(), width: detail, ..body };
    } else {
        // The header, the rows, and the line that tells where what is loaded ends.
        let needed = u16::try_from(shown.rows.saturating_add(2)).unwrap_or(u16::MAX);
        let table = (body.height * 2 / 5).min(needed).max(4);
        regions.table = Rect { height: table, ..body };
        regions.detail = Rect { y: body.y + table, height: body.height - table, ..body };
    }
    Some(regions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_never_overlap_and_fill_the_screen() {
        for width in 40..=210 {
            for height in 10..=70 {
                for (histogram, detail, facets, strip, rows) in [
                    (true, true, false, 1, 48_213),
                    (true, true, false, 1, 1),
                    (true, false, true, 2, 0),
                    (false, true, true, 1, 7),
                    (false, false, false, 1, usize::MAX),
                ] {
                    let area = Rect::new(0, 0, width, height);
                    let regions = regions(area, Shown { histogram, detail, facets, strip, rows })
                        .expect("large enough");
                    let all = [
                        regions.top,
                        regions.filter,
                        regions.histogram,
                        regions.table,
                        regions.divider,
                        regions.detail,
                        regions.facets,
                        regions.facets_divider,
                        regions.bottom,
                    ];
                    let cells: u32 = all.iter().map(|region| region.area()).sum();
                    assert_eq!(cells, area.area(), "{width}x{height}");
                    for (at, one) in all.iter().enumerate() {
                        assert_eq!(one.intersection(area), *one);
                        let others = all[at + 1..].iter().filter(|other| other.area() > 0);
                        assert!(one.area() == 0 || others.into_iter().all(|other| !one.intersects(*other)));
                    }
                    let lists = [regions.table, regions.detail, regions.facets];
                    assert!(lists.iter().all(|list| list.area() == 0 || list.height >= 4));
                }
            }
        }
    }

    #[test]
    fn the_sketch_of_24_lines_holds() {
        let shown = Shown { histogram: true, detail: false, facets: false, strip: 1, rows: 40 };
        let regions = regions(Rect::new(0, 0, 80, 24), shown).expect("large enough");
        assert_eq!((regions.histogram.height, regions.table.height), (6, 15));
    }

    #[test]
    fn a_detail_below_few_rows_gets_what_they_leave() {
        let heights = |rows| {
            let shown = Shown { histogram: true, detail: true, facets: false, strip: 1, rows };
            let regions = regions(Rect::new(0, 0, 120, 36), shown).expect("large enough");
            (regions.table.height, regions.detail.height)
        };
        assert_eq!([heights(400), heights(6), heights(0)], [(10, 15), (8, 17), (4, 21)]);
    }
}
