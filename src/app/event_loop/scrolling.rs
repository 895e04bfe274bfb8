//! Scrolling by the terminal itself: what merely moved up or down is not sent again.
//!
//! A frame is compared with the one that the terminal shows. Where a band of lines is found again a
//! few lines higher or lower, the terminal is told to move it, and only what differs then is sent.
//!
//! Not here: what is drawn, and how a scroll is written (the backend).

use std::ops::Range;

use ratatui::buffer::Buffer;

/// The farthest that a band may have moved, in lines: beyond this a page was turned.
const FARTHEST: u16 = 8;
/// What a scroll costs, in cells that would be sent instead: the region's bounds and the move.
const COST: usize = 12;

/// A band of lines moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scroll {
    /// The band, by its lines on the screen.
    pub(super) band: Range<u16>,
    /// By how many lines; up.
    pub(super) lines: u16,
    /// Up: what was lower stands higher now.
    pub(super) up: bool,
}

/// How many cells of a line differ, counted up to `most`.
fn differing(before: &Buffer, from: u16, after: &Buffer, to: u16, most: usize) -> usize {
    let width = usize::from(after.area.width);
    let line = |buffer: &Buffer, y: u16| -> Range<usize> {
        let start = usize::from(y - buffer.area.y) * width;
        start..start + width
    };
    let (old, new) = (&before.content[line(before, from)], &after.content[line(after, to)]);
    old.iter().zip(new).filter(|(old, new)| old != new).take(most).count()
}

/// How much of a line is not blank: what a line that came into sight costs.
fn filled(after: &Buffer, y: u16) -> usize {
    (0..after.area.width).filter(|x| after[(after.area.x + x, y)].symbol() != " ").count()
}

/// The scroll that saves most among the lines of a band, where one saves something.
pub(super) fn find(before: &Buffer, after: &Buffer, band: Range<u16>) -> Option<Scroll> {
    if before.area != after.area || band.end > after.area.bottom() || band.len() < 2 {
        return None;
    }
    let plain: usize = band.clone().map(|y| differing(before, y, after, y, usize::MAX)).sum();
    // Only a cost below this is worth a scroll: what comes to more is not looked at to its end.
    let mut limit = plain.checked_sub(COST).filter(|limit| *limit > 0)?;
    let height = band.end - band.start;
    let mut best = None;
    for lines in 1..=FARTHEST.min(height - 1) {
        for up in [true, false] {
            let mut cost = 0;
            for y in band.clone() {
                let from = if up { y.checked_add(lines) } else { y.checked_sub(lines) };
                cost += match from.filter(|from| band.contains(from)) {
                    Some(from) => differing(before, from, after, y, limit - cost),
                    None => filled(after, y),
                };
                if cost >= limit {
                    break;
                }
            }
            if cost < limit {
                limit = cost;
                best = Some(Scroll { band: band.clone(), lines, up });
            }
        }
    }
    best
}

/// What the terminal shows once it has scrolled.
pub(super) fn scrolled(before: &Buffer, scroll: &Scroll) -> Buffer {
    let mut shown = before.clone();
    for y in scroll.band.clone() {
        let from = if scroll.up { y.checked_add(scroll.lines) } else { y.checked_sub(scroll.lines) };
        let from = from.filter(|from| scroll.band.contains(from));
        for x in shown.area.left()..shown.area.right() {
            match from {
                Some(from) => shown[(x, y)] = before[(x, from)].clone(),
                None => shown[(x, y)].reset(),
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn buffer(lines: &[&str]) -> Buffer {
        Buffer::with_lines(lines.iter().map(|line| format!("{line:<40}")))
    }

    #[test]
    fn a_list_that_moved_by_a_line_is_scrolled() {
        let names: Vec<String> =
            (0..12).map(|n| format!("row number {n} of a list with words {n}")).collect();
        let show = |from: usize| {
            let lines: Vec<&str> = names[from..from + 8].iter().map(String::as_str).collect();
            buffer(&lines)
        };
        let up = Scroll { band: 0..8, lines: 1, up: true };
        assert_eq!(find(&show(0), &show(1), 0..8), None, "a few digits are cheaper than a scroll");
        let long = |from: usize| {
            let lines: Vec<String> = (from..from + 8)
                .map(|n| format!("{:<40}", "abcdefghijklmno".repeat(3)[n..].to_owned()))
                .collect();
            Buffer::with_lines(lines.iter().map(|line| line.chars().take(40).collect::<String>()))
        };
        assert_eq!(find(&long(0), &long(1), 0..8), Some(up.clone()));
        assert_eq!(find(&long(1), &long(0), 0..8), Some(Scroll { up: false, ..up }));
        assert_eq!(find(&long(0), &long(0), 0..8), None);
    }

    proptest! {
        /// Whatever is scrolled: the rest of the screen stays, and the moved lines are the same.
        #[test]
        fn a_scroll_moves_lines_and_nothing_else(texts in prop::collection::vec("[a-z ]{10}", 10), lines in 1u16..5, up: bool) {
            let before = Buffer::with_lines(texts.iter().map(String::as_str));
            let scroll = Scroll { band: 2..8, lines, up };
            let after = scrolled(&before, &scroll);
            for y in 0..10u16 {
                let line = |buffer: &Buffer, y: u16| (0..10).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>();
                let from = if up { y + lines } else { y.wrapping_sub(lines) };
                let wanted = if !(2..8).contains(&y) {
                    line(&before, y)
                } else if (2..8).contains(&from) {
                    line(&before, from)
                } else {
                    " ".repeat(10)
                };
                prop_assert_eq!(line(&after, y), wanted);
            }
        }
    }
}
