//! The systems' own records of a segment's rows, verbatim: as texts while a segment is small, in
//! compressed blocks when it is larger, or as places in a file that does not change.
//!
//! Not here: how blocks are packed (`store::blocks`), and who reads the file (`store::row::RecordSource`).

use std::borrow::Cow;
use std::ops::Range;

use super::arena::Arena;
use super::bitmap::Bitmap;
use super::blocks::{Blocks, Open};
use super::row::SharedRecords;
use crate::json::{self, Node};

/// The records of a segment, by row.
#[derive(Debug, Clone)]
pub enum Records {
    /// As they stand.
    Texts(Arena),
    /// Compressed.
    Blocks(Blocks),
    /// In a file.
    Spans(Spans),
}

/// What stands for a record that can no longer be read: JSON that says so wherever it is shown.
pub(super) const LOST: &str = "\"lost: its file has changed since it was read\"";

impl Records {
    /// Keeps these texts, compressed where it is asked for and can be done.
    pub fn of_texts(mut texts: Arena, compress: bool) -> Self {
        let blocks = if compress { Blocks::of(&texts) } else { None };
        blocks.map_or_else(
            || {
                texts.shrink();
                Self::Texts(texts)
            },
            Self::Blocks,
        )
    }

    /// The record of a row: compact JSON text.
    pub fn get(&self, row: usize) -> Cow<'_, str> {
        match self {
            Self::Texts(texts) => Cow::Borrowed(texts.get(row).unwrap_or(LOST)),
            Self::Blocks(blocks) => Cow::Owned(blocks.get(row).unwrap_or_else(|| LOST.to_owned())),
            Self::Spans(spans) => Cow::Owned(spans.get(row).unwrap_or_else(|| LOST.to_owned())),
        }
    }

    /// Looks at many of them: what is packed or read together is unpacked or read once.
    pub fn reader(&self) -> Reader<'_> {
        Reader { records: self, open: Open::default(), window: Window::default() }
    }

    /// The rows of `within` whose record the predicate holds for.
    pub fn rows_where(&self, within: &Bitmap, mut holds: impl FnMut(&str) -> bool) -> Bitmap {
        let mut reader = self.reader();
        Bitmap::of_those(within, |row| holds(&reader.get(row)))
    }

    /// Bytes that they occupy.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.memory_bytes(),
            Self::Blocks(blocks) => blocks.memory_bytes(),
            Self::Spans(spans) => spans.memory_bytes(),
        }
    }
}

/// Looks at records one after the other.
pub struct Reader<'r> {
    records: &'r Records,
    open: Open,
    window: Window,
}

impl Reader<'_> {
    /// The record of a row: compact JSON text. What a file was changed to meanwhile may come as it
    /// stands there, JSON or not.
    pub fn get(&mut self, row: usize) -> Cow<'_, str> {
        match self.records {
            Records::Texts(texts) => Cow::Borrowed(texts.get(row).unwrap_or(LOST)),
            Records::Blocks(blocks) => Cow::Borrowed(blocks.look(row, &mut self.open).unwrap_or(LOST)),
            Records::Spans(spans) => spans.look(row, &mut self.window).unwrap_or(Cow::Borrowed(LOST)),
        }
    }
}

/// Records that rest in a file.
#[derive(Debug, Clone)]
pub struct Spans {
    source: SharedRecords,
    base: u64,
    offsets: Offsets,
    lens: Lens,
}

#[derive(Debug, Clone)]
enum Offsets {
    /// From the segment's first byte in the file.
    Near(Box<[u32]>),
    Far(Box<[u64]>),
}

#[derive(Debug, Clone)]
enum Lens {
    Short(Box<[u16]>),
    Long(Box<[u32]>),
}

/// A stretch of the file that was read at once.
#[derive(Default)]
struct Window {
    offset: u64,
    bytes: Vec<u8>,
}

/// How much is read at once when many records are looked at.
const STRETCH: u64 = 256 << 10;

impl Spans {
    /// The records at these places.
    pub fn new(source: SharedRecords, spans: &[(u64, u32)]) -> Self {
        let base = spans.iter().map(|(offset, _)| *offset).min().unwrap_or(0);
        let near: Option<Box<[u32]>> =
            spans.iter().map(|(offset, _)| u32::try_from(offset - base).ok()).collect();
        let short: Option<Box<[u16]>> = spans.iter().map(|(_, len)| u16::try_from(*len).ok()).collect();
        Self {
            source,
            base,
            offsets: near.map_or_else(
                || Offsets::Far(spans.iter().map(|(offset, _)| offset - base).collect()),
                Offsets::Near,
            ),
            lens: short.map_or_else(|| Lens::Long(spans.iter().map(|(_, len)| *len).collect()), Lens::Short),
        }
    }

    /// Where a row's record is.
    pub fn span(&self, row: usize) -> (u64, u32) {
        let offset = match &self.offsets {
            Offsets::Near(offsets) => u64::from(offsets[row]),
            Offsets::Far(offsets) => offsets[row],
        };
        let len = match &self.lens {
            Lens::Short(lens) => u32::from(lens[row]),
            Lens::Long(lens) => lens[row],
        };
        (self.base + offset, len)
    }

    /// The bytes of the file that are a row's record.
    pub fn range(&self, row: usize) -> Range<u64> {
        let (offset, len) = self.span(row);
        offset..offset + u64::from(len)
    }

    /// Where the records are.
    pub fn source(&self) -> &SharedRecords {
        &self.source
    }

    /// A row's record; what is no JSON (the file was changed) counts as lost.
    fn get(&self, row: usize) -> Option<String> {
        let (offset, len) = self.span(row);
        read(&self.source, offset, len)
    }

    fn look<'w>(&self, row: usize, window: &'w mut Window) -> Option<Cow<'w, str>> {
        let (offset, len) = self.span(row);
        let end = offset + u64::from(len);
        if offset < window.offset || end > window.offset + window.bytes.len() as u64 {
            // Rows go forwards or backwards through the file.
            let backwards = offset < window.offset;
            let from =
                if backwards { end.saturating_sub(STRETCH).max(self.base.min(offset)) } else { offset };
            let want = if backwards { end - from } else { STRETCH.max(u64::from(len)) };
            window.bytes = self.source.read(from, usize::try_from(want).ok()?)?;
            window.offset = from;
        }
        let start = usize::try_from(offset - window.offset).ok()?;
        let text = std::str::from_utf8(window.bytes.get(start..start + len as usize)?).ok()?;
        Some(json::compact(text))
    }

    fn memory_bytes(&self) -> usize {
        let offsets = match &self.offsets {
            Offsets::Near(offsets) => size_of_val(&**offsets),
            Offsets::Far(offsets) => size_of_val(&**offsets),
        };
        let lens = match &self.lens {
            Lens::Short(lens) => size_of_val(&**lens),
            Lens::Long(lens) => size_of_val(&**lens),
        };
        offsets + lens
    }
}

/// The record at a place, as compact JSON text.
pub fn read(source: &SharedRecords, offset: u64, len: u32) -> Option<String> {
    let mut bytes = source.read(offset, len as usize)?;
    bytes.truncate(len as usize);
    let text = String::from_utf8(bytes).ok()?;
    (text.len() == len as usize).then_some(())?;
    let node = Node::parse(&text).ok()?;
    Some(node.compact().into_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::store::row::RecordSource;

    #[derive(Debug)]
    struct Bytes(Vec<u8>);

    impl RecordSource for Bytes {
        fn read(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
            let start = usize::try_from(offset).ok()?;
            Some(self.0.get(start..(start + len).min(self.0.len()))?.to_vec())
        }
    }

    fn agrees(records: &Records, texts: &[String]) -> Result<(), TestCaseError> {
        let every_third = Bitmap::of(texts.len(), |row| row % 3 != 1);
        let mut seen = Vec::new();
        let long = records.rows_where(&every_third, |text| {
            seen.push(text.to_owned());
            text.len() > 20
        });
        let looked_at: Vec<_> = every_third.rows().map(|row| texts[row].clone()).collect();
        prop_assert_eq!(seen, looked_at);
        prop_assert_eq!(long, Bitmap::of_those(&every_third, |row| texts[row].len() > 20));
        for (row, text) in texts.iter().enumerate() {
            prop_assert_eq!(&*records.get(row), text.as_str());
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn every_record_comes_back_however_it_is_kept(
            words in prop::collection::vec("[a-zü ]{0,40}", 0..40),
            repeat in 1usize..60,
            backwards in any::<bool>(),
        ) {
            let texts: Vec<String> = words.iter().map(|word| format!("{{\"w\":\"{}\"}}", word.repeat(repeat))).collect();
            let mut arena = Arena::default();
            for text in &texts {
                arena.push(text);
            }
            agrees(&Records::of_texts(arena.clone(), false), &texts)?;
            agrees(&Records::of_texts(arena, true), &texts)?;

            let (mut file, mut spans) = (Vec::new(), Vec::new());
            let mut in_file: Vec<&String> = texts.iter().collect();
            if backwards {
                in_file.reverse();
            }
            for text in in_file {
                let spaced = text.replace(':', ": ");
                spans.push((file.len() as u64, spaced.len() as u32));
                file.extend(spaced.as_bytes());
                file.push(b'\n');
            }
            if backwards {
                spans.reverse();
            }
            agrees(&Records::Spans(Spans::new(Arc::new(Bytes(file)), &spans)), &texts)?;
        }
    }

    #[test]
    fn a_record_that_is_gone_says_so() {
        let file = br#"{"a":1}{"b":"#.to_vec();
        let spans = [(0, 7), (7, 5), (7, 500), (900, 3)];
        let records = Records::Spans(Spans::new(Arc::new(Bytes(file)), &spans));
        let texts: Vec<_> = (0..4).map(|row| records.get(row).into_owned()).collect();
        assert_eq!(texts, [r#"{"a":1}"#, LOST, LOST, LOST]);
        assert!(Node::parse(LOST).is_ok_and(|node| node.raw() == LOST));
    }
}
