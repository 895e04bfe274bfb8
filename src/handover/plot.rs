//! The histogram as text: 144 buckets stacked by class with a character a class, times under it,
//! counts beside it. What was not fetched is a gap, never a zero.
//!
//! ```text
//!  412 |        5
//!      |   22  455        a column is one bucket or several, stacked by class
//!      | 2222222222   ?
//!    0 +-----------------
//!  max  2222244552  ???   the worst class of each column; `?`: not fetched
//!       05-14   05-15     times where a column begins
//! ```

use std::fmt::Write as _;

use crate::answer::Histogram;
use crate::event::Class;
use crate::interval::{BUCKETS, Interval, IntervalSet};
use crate::text::counted;
use crate::timestamp::{DAY, Timestamp};

/// How many lines the bars have.
const HEIGHT: u64 = 12;
/// The narrowest plot; a terminal that is narrower wraps it.
const LEAST_WIDTH: usize = 40;
/// What stands for a stretch that was not fetched.
const GAP: char = '?';

/// How times are written under the plot.
pub trait Zone {
    /// The time in the zone, by a `strftime` format.
    fn format(&self, time: Timestamp, format: &str) -> String;
    /// The zone's name.
    fn name(&self) -> String;
}

/// The character of a class.
fn letter(class: Class) -> char {
    match class {
        Class::S2xx => '2',
        Class::S3xx => '3',
        Class::S4xx => '4',
        Class::S5xx => '5',
        Class::Success => 's',
        Class::Failure => 'f',
        Class::Unknown => 'u',
    }
}

/// Classes from the one that an analyst must not miss to the one that is as it should be.
const WORST_FIRST: [Class; Class::COUNT] =
    [Class::S5xx, Class::Failure, Class::S4xx, Class::Unknown, Class::S3xx, Class::Success, Class::S2xx];

/// One column of the plot.
struct Column {
    counts: [u64; Class::COUNT],
    /// Whether part of its time was not fetched.
    is_gap: bool,
}

impl Column {
    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The characters from the bottom up, for so many lines where the tallest column has `most`.
    fn bar(&self, most: u64) -> Vec<char> {
        let total = self.total();
        if total == 0 {
            return Vec::new();
        }
        let lines = (total * HEIGHT).div_ceil(most.max(1));
        let mut bar = Vec::new();
        let mut below = 0;
        for class in Class::ALL {
            below += self.counts[class.index()];
            let upto = (below * lines + total / 2) / total;
            bar.resize(upto as usize, letter(class));
        }
        bar
    }

    /// What the line of worst classes has for it.
    fn worst(&self) -> char {
        let worst = WORST_FIRST.into_iter().find(|class| self.counts[class.index()] > 0);
        match worst {
            Some(class) => letter(class),
            None if self.is_gap => GAP,
            None => ' ',
        }
    }
}

/// Draws a histogram `width` cells wide. `missing` is what of its window was not fetched.
pub fn draw(histogram: &Histogram, missing: &IntervalSet, width: usize, zone: &dyn Zone) -> String {
    let width = width.max(LEAST_WIDTH);
    // The margin is as wide as the greatest count that a column could have.
    let margin = counted(histogram.total()).len().max(3) + 2;
    let per = BUCKETS.div_ceil(width - margin);
    let columns: Vec<Column> = (0..BUCKETS)
        .step_by(per)
        .map(|first| column(histogram, missing, first, (first + per).min(BUCKETS)))
        .collect();
    let most = columns.iter().map(Column::total).max().unwrap_or(0);
    let bars: Vec<Vec<char>> = columns.iter().map(|column| column.bar(most)).collect();

    let mut text = String::new();
    for line in (0..HEIGHT as usize).rev() {
        let label = if line + 1 == HEIGHT as usize { counted(most) } else { String::new() };
        let cells = columns.iter().zip(&bars).map(|(column, bar)| match bar.get(line) {
            Some(character) => *character,
            // A gap stands out from an empty stretch on the lowest line, above what did come.
            None if column.is_gap && line == bar.len() => GAP,
            None => ' ',
        });
        push_line(&mut text, margin, &label, '|', cells);
    }
    push_line(&mut text, margin, "0", '+', columns.iter().map(|_| '-'));
    push_line(&mut text, margin, "max", ' ', columns.iter().map(Column::worst));
    push_line(&mut text, margin, "", ' ', times(histogram.window, per, columns.len(), zone).chars());
    text.push('\n');
    legend(&mut text, histogram, missing, per, zone);
    text
}

fn column(histogram: &Histogram, missing: &IntervalSet, first: usize, end: usize) -> Column {
    let mut counts = [0; Class::COUNT];
    for bucket in &histogram.counts[first..end] {
        for (sum, count) in counts.iter_mut().zip(bucket) {
            *sum += count;
        }
    }
    let time = Interval::new(histogram.window.bucket_edge(first), histogram.window.bucket_edge(end));
    Column { counts, is_gap: missing.micros_in(time) > 0 }
}

/// A line: its label, right-aligned, a mark, and its cells without the white space at their end.
fn push_line(text: &mut String, margin: usize, label: &str, mark: char, cells: impl Iterator<Item = char>) {
    let cells: String = cells.collect();
    let line = format!("{label:>width$} {mark}{cells}", width = margin - 2);
    text.push_str(line.trim_end());
    text.push('\n');
}

/// Times at the columns where they hold, apart from each other.
fn times(window: Interval, per: usize, columns: usize, zone: &dyn Zone) -> String {
    let format = match window.micros() {
        long if long > 400 * DAY => "%Y-%m",
        long if long > 2 * DAY => "%m-%d",
        long if long > DAY / 144 => "%H:%M",
        _ => "%H:%M:%S",
    };
    let mut line = String::new();
    let mut last = String::new();
    for column in 0..columns {
        let time = window.bucket_edge(column * per);
        let label = zone.format(time, format);
        let is_free = line.is_empty() && column == 0 || line.len() + 2 <= column;
        let is_new = label != last;
        if is_new && is_free && column + label.len() <= columns {
            let _ = write!(line, "{:column$}{label}", "", column = column - line.len());
        }
        // A time is written where it begins, not where there happens to be room.
        last = label;
    }
    line
}

fn legend(text: &mut String, histogram: &Histogram, missing: &IntervalSet, per: usize, zone: &dyn Zone) {
    let full = |time| zone.format(time, "%Y-%m-%d %H:%M:%S");
    let window = histogram.window;
    let _ = writeln!(
        text,
        "{} to {} {}, {}",
        full(window.since),
        full(window.until),
        zone.name(),
        match per {
            1 => "one bucket a column".to_owned(),
            per => format!("{per} buckets a column"),
        }
    );
    let mut parts = vec![format!("{} entries", counted(histogram.total()))];
    for class in Class::ALL {
        let count: u64 = histogram.counts.iter().map(|bucket| bucket[class.index()]).sum();
        if count > 0 {
            parts.push(format!("{} {} {}", letter(class), class.name(), counted(count)));
        }
    }
    let _ = writeln!(text, "{}", parts.join("   "));
    for gap in missing.parts() {
        let gap = gap.intersect(window);
        if !gap.is_empty() {
            let _ = writeln!(text, "{GAP} not fetched: {} to {}", full(gap.since), full(gap.until));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Utc;

    impl Zone for Utc {
        fn format(&self, time: Timestamp, format: &str) -> String {
            time.to_chrono().format(format).to_string()
        }

        fn name(&self) -> String {
            "UTC".to_owned()
        }
    }

    fn week() -> Interval {
        let since = Timestamp::parse("2026-05-14T00:00:00Z").expect("a time");
        Interval::new(since, since.plus(7 * DAY))
    }

    #[test]
    fn a_plot_stacks_classes_names_times_and_keeps_gaps_apart_from_zeros() {
        let mut histogram = Histogram::empty(week());
        for (bucket, class, count) in [
            (0, Class::S2xx, 10),
            (1, Class::S2xx, 10),
            (30, Class::S2xx, 60),
            (30, Class::S5xx, 60),
            (100, Class::Failure, 1),
        ] {
            histogram.counts[bucket][class.index()] += count;
        }
        let missing = IntervalSet::from_iter([Interval::new(week().bucket_edge(120), week().until)]);
        let plot = draw(&histogram, &missing, 80, &Utc);
        insta::assert_snapshot!(plot);
    }

    proptest! {
        #[test]
        fn every_plot_keeps_to_its_width_and_every_count_is_seen(
            counts in prop::collection::vec((0..BUCKETS, 0..Class::COUNT, 1u64..5000), 0..40),
            width in 40usize..220,
            gap in 0..BUCKETS,
        ) {
            let mut histogram = Histogram::empty(week());
            for (bucket, class, count) in counts {
                histogram.counts[bucket][class] += count;
            }
            let missing = IntervalSet::from_iter([week().bucket_interval(gap)]);
            let plot = draw(&histogram, &missing, width, &Utc);
            let lines: Vec<&str> = plot.lines().collect();
            let drawn = &lines[..HEIGHT as usize + 3];
            prop_assert!(drawn.iter().all(|line| line.chars().count() <= width));
            // Every column with entries has a mark on its lowest line, and its worst class below.
            let bottom = lines[HEIGHT as usize - 1];
            let marks = bottom.chars().skip_while(|c| *c != '|').skip(1).filter(|c| !matches!(*c, ' ' | GAP)).count();
            let margin = lines[0].find('|').expect("an axis") + 1;
            let per = BUCKETS.div_ceil(width - margin);
            let filled = histogram.counts.chunks(per).filter(|chunk| chunk.iter().flatten().sum::<u64>() > 0).count();
            prop_assert_eq!(marks, filled);
            prop_assert!(plot.contains("not fetched"));
        }
    }
}
