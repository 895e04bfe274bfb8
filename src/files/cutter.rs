//! A file cut into pieces at line ends, from its beginning or from its end.

use std::io;
use std::ops::Range;

use super::records::FileRecords;

/// How much is looked at to find a line's end.
const LOOK: usize = 16 << 10;

/// Which end of a file comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Its beginning.
    Forwards,
    /// Its end.
    Backwards,
}

/// Cuts pieces off what is left of a file.
#[derive(Debug)]
pub(super) struct Cutter<'f> {
    file: &'f FileRecords,
    left: Range<u64>,
    direction: Direction,
}

impl<'f> Cutter<'f> {
    /// Cuts this part of a file; it begins with a line.
    pub(super) fn new(file: &'f FileRecords, left: Range<u64>, direction: Direction) -> Self {
        Self { file, left, direction }
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> u64 {
        self.left.end.saturating_sub(self.left.start)
    }

    /// The next piece, of about so many bytes: whole lines, and more bytes where a line is longer.
    pub(super) fn next(&mut self, size: u64) -> io::Result<Option<Range<u64>>> {
        let Range { start, end } = self.left;
        if start >= end {
            return Ok(None);
        }
        let mut size = size.max(1);
        let piece = match self.direction {
            Direction::Forwards => start..self.line_start(start.saturating_add(size), end)?,
            Direction::Backwards => loop {
                let cut = self.line_start(end.saturating_sub(size).max(start), end)?;
                if cut < end {
                    break cut..end;
                }
                // A line longer than that.
                size = size.saturating_mul(2);
            },
        };
        match self.direction {
            Direction::Forwards => self.left.start = piece.end,
            Direction::Backwards => self.left.end = piece.start,
        }
        Ok(Some(piece))
    }

    /// Where the first line begins that does not begin before `from`; `end` where none does.
    fn line_start(&self, from: u64, end: u64) -> io::Result<u64> {
        if from <= self.left.start {
            return Ok(self.left.start);
        }
        let mut bytes = vec![0; LOOK];
        // A line begins behind the line feed before it.
        let mut at = from - 1;
        while at < end {
            let count = LOOK.min((end - at) as usize);
            self.file.fill(&mut bytes[..count], at)?;
            if let Some(found) = memchr::memchr(b'\n', &bytes[..count]) {
                return Ok(at + found as u64 + 1);
            }
            at += count as u64;
        }
        Ok(end)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn pieces_are_whole_lines_and_together_the_file(
            lines in prop::collection::vec("[a-z]{0,30}", 0..30),
            ended in any::<bool>(),
            long in prop::option::of(0usize..40_000),
            sizes in prop::collection::vec(1u64..200, 1..5),
            backwards in any::<bool>(),
        ) {
            let mut text = lines.join("\n");
            if let Some(long) = long {
                text.push_str(&"x".repeat(long));
            }
            if ended && !text.is_empty() {
                text.push('\n');
            }
            let mut file = tempfile::NamedTempFile::new().expect("a file");
            file.write_all(text.as_bytes()).expect("writes");
            let records = FileRecords::new(File::open(file.path()).expect("opens")).expect("is there");
            let direction = if backwards { Direction::Backwards } else { Direction::Forwards };
            let mut cutter = Cutter::new(&records, 0..records.len(), direction);
            let mut pieces = Vec::new();
            let mut sizes = sizes.iter().cycle();
            while let Some(piece) = cutter.next(*sizes.next().expect("endless")).expect("reads") {
                prop_assert!(!piece.is_empty());
                prop_assert!(piece.start == 0 || text.as_bytes()[piece.start as usize - 1] == b'\n');
                pieces.push(piece);
            }
            if backwards {
                pieces.reverse();
            }
            let whole: String = pieces.iter().map(|piece| &text[piece.start as usize..piece.end as usize]).collect();
            prop_assert_eq!(whole, text);
        }
    }
}
