//! Pieces of text looked for in the systems' own records, as `raw~` asks.
//!
//! Records in a file are looked through in large stretches, all records of a stretch at once: what
//! stands between the structure of JSON stands so in the file too, whatever white space there is
//! around it. Only the records that have such a fragment are looked at one by one, and those with one
//! of the two characters beyond ASCII that folding makes an ASCII letter of. A piece that has
//! structure in it stands as it is where a record has no white space around its own; where few records
//! of a stretch may have some, the piece is looked for whole and those few are looked at.
//!
//! Not here: what a test means (`query::matches`), and how records are kept (`store::records`).

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem::Finder;

use super::bitmap::Bitmap;
use super::literal::Literals;
use super::records::{LOST, Records, Spans};
use crate::json;
use crate::query::Test;
use crate::text;

/// The rows of `within` whose record passes one of the tests.
pub fn rows_passing(records: &Records, tests: &[Test], within: &Bitmap) -> Bitmap {
    let Some(literals) = Literals::of(tests) else {
        let needs_folding = tests.iter().any(Test::needs_folding);
        return records.rows_where(within, |record| {
            let folded = if needs_folding { Cow::Owned(text::fold(record)) } else { Cow::Borrowed("") };
            tests.iter().any(|test| test.matches_folded(record, &folded))
        });
    };
    let mut lower = String::new();
    let mut passes = |record: &str| {
        if !record.is_ascii() {
            return literals.pass(record, &text::fold(record));
        }
        lower.clear();
        lower.push_str(record);
        lower.make_ascii_lowercase();
        literals.pass(record, &lower)
    };
    let fragments: Option<Vec<Fragment>> =
        literals.pieces().map(|(piece, is_enough)| Fragment::of(&piece, is_enough)).collect();
    match (records, fragments) {
        (Records::Spans(spans), Some(fragments)) => in_file(spans, &fragments, within, &mut passes)
            .unwrap_or_else(|| records.rows_where(within, passes)),
        _ => records.rows_where(within, passes),
    }
}

/// A part of a piece that stands in a record's bytes wherever the piece stands in its text.
struct Fragment {
    finder: Finder<'static>,
    /// Whatever has it passes.
    is_enough: bool,
    /// The whole piece, where it is longer than the part; it stands in the bytes of records without
    /// white space around their structure.
    whole: Option<Finder<'static>>,
    /// Whatever has the whole piece passes.
    whole_is_enough: bool,
}

/// The characters of a record's structure.
const STRUCTURE: &str = "{}[]:,\"";
/// White space, as JSON has it.
const WHITE: [char; 4] = [' ', '\t', '\n', '\r'];

impl Fragment {
    /// The longest part of a piece that no white space can be put into and that folding makes of the
    /// same ASCII letters. White space itself may also stand around the structure of JSON, where it
    /// is left out of the text.
    fn of(piece: &str, is_enough: bool) -> Option<Self> {
        let apart = |character: char| !character.is_ascii() || STRUCTURE.contains(character);
        let longest = piece.split(apart).max_by_key(|part| part.len()).filter(|part| !part.is_empty())?;
        let whole_is_enough = is_enough && !piece.contains(WHITE);
        // What folding makes of other characters stands in no record as it is.
        let whole = longest.len() < piece.len() && piece.is_ascii();
        Some(Self {
            finder: Finder::new(longest).into_owned(),
            is_enough: whole_is_enough && longest == piece,
            whole_is_enough,
            whole: whole.then(|| Finder::new(piece).into_owned()),
        })
    }
}

/// How much of a file is looked through at once.
const STRETCH: u64 = 256 << 10;
/// Bytes between two records that are read over.
const GAP: u64 = 16 << 10;

/// The characters beyond ASCII that folding makes an ASCII letter of: `i` with a dot above, and the
/// sign of the kelvin.
const INTO_ASCII: [&str; 2] = ["\u{130}", "\u{212a}"];

/// `None` where it cannot be done so: records lie over one another, or one that is lost would pass.
fn in_file(
    spans: &Spans,
    fragments: &[Fragment],
    within: &Bitmap,
    passes: &mut impl FnMut(&str) -> bool,
) -> Option<Bitmap> {
    let mut rows: Vec<(usize, Range<u64>)> = within.rows().map(|row| (row, spans.range(row))).collect();
    // Nearly in order, forwards or backwards: entries of one time stand by their ids.
    rows.sort_by_key(|(_, range)| range.start);
    if !rows.is_sorted_by(|(_, a), (_, b)| a.end <= b.start) {
        return None;
    }
    // A record that cannot be read has another text than its bytes.
    if passes(LOST) {
        return None;
    }
    let into_ascii = INTO_ASCII.map(Finder::new);
    let has_whole = fragments.iter().any(|fragment| fragment.whole.is_some());
    let mut found = Bitmap::none(within.len());
    let mut lower = Vec::new();
    let mut left = rows.as_slice();
    while let Some((_, first)) = left.first() {
        let from = first.start;
        let mut end = first.end;
        let joins = |(_, range): &&(usize, Range<u64>)| {
            let joins = range.start - end.min(range.start) <= GAP
                && (range.end - from <= STRETCH || range.start == from);
            end = if joins { range.end } else { end };
            joins
        };
        let count = left.iter().take_while(joins).count();
        let (here, rest) = left.split_at(count);
        left = rest;
        let bytes = spans.source().read(from, usize::try_from(end - from).ok()?).unwrap_or_default();
        let place = |range: &Range<u64>| (range.start - from) as usize..(range.end - from) as usize;
        let mut look = |row: usize, range: &Range<u64>, is_enough: bool| {
            let text = bytes.get(place(range)).and_then(|bytes| std::str::from_utf8(bytes).ok());
            if text.is_some_and(|text| is_enough || passes(&json::compact(text))) {
                found.insert(row);
            }
        };
        lower.clear();
        lower.extend(bytes.iter().map(u8::to_ascii_lowercase));
        if bytes.len() as u64 != end - from {
            for (row, range) in here {
                look(*row, range, false);
            }
            continue;
        }
        let spaced = if has_whole { spaced(&bytes, from, here) } else { Some(Vec::new()) };
        for fragment in fragments {
            match (&fragment.whole, &spaced) {
                (Some(whole), Some(spaced)) => {
                    each_with(whole, &lower, from, here, |row, range| {
                        look(row, range, fragment.whole_is_enough);
                    });
                    for (row, range) in spaced {
                        look(*row, range, false);
                    }
                }
                _ => each_with(&fragment.finder, &lower, from, here, |row, range| {
                    look(row, range, fragment.is_enough);
                }),
            }
        }
        for character in &into_ascii {
            each_with(character, &lower, from, here, |row, range| look(row, range, false));
        }
    }
    Some(found)
}

/// Tells each record of a stretch that has what is looked for; the stretch begins at this place of the
/// file.
fn each_with(
    finder: &Finder<'_>,
    stretch: &[u8],
    from: u64,
    records: &[(usize, Range<u64>)],
    mut tell: impl FnMut(usize, &Range<u64>),
) {
    let mut at = 0;
    let mut ahead = records;
    while let Some(hit) = stretch.get(at..).and_then(|rest| finder.find(rest)) {
        let hit = from + (at + hit) as u64;
        let before = ahead.partition_point(|(_, range)| range.end <= hit);
        ahead = &ahead[before..];
        let Some((row, range)) = ahead.first() else { break };
        if range.start <= hit && hit + finder.needle().len() as u64 <= range.end {
            tell(*row, range);
            at = (range.end - from) as usize;
        } else {
            // Between two records, or from one into the next.
            at = (hit - from) as usize + 1;
        }
    }
}

/// The records of a stretch that may have white space around their structure, where they are few: in
/// them white space stands beside a character of it.
fn spaced<'r>(
    stretch: &[u8],
    from: u64,
    records: &'r [(usize, Range<u64>)],
) -> Option<Vec<&'r (usize, Range<u64>)>> {
    let most = records.len() / 8;
    let is_structure = |byte: Option<&u8>| byte.is_some_and(|byte| STRUCTURE.as_bytes().contains(byte));
    let mut spaced = Vec::new();
    let mut ahead = records;
    let white = memchr::memchr3_iter(b' ', b'\t', b'\n', stretch);
    // The fourth of them is hardly ever there.
    let mut places: Vec<usize> = white.chain(memchr::memchr_iter(b'\r', stretch)).collect();
    if !places.is_sorted() {
        places.sort_unstable();
    }
    for place in places {
        let beside = is_structure(stretch.get(place + 1))
            || place.checked_sub(1).is_some_and(|before| is_structure(stretch.get(before)));
        if !beside {
            continue;
        }
        let place = from + place as u64;
        let before = ahead.partition_point(|(_, range)| range.end <= place);
        ahead = &ahead[before..];
        let Some(record) = ahead.first() else { break };
        if record.1.contains(&place) {
            spaced.push(record);
            ahead = &ahead[1..];
        }
        if spaced.len() > most {
            return None;
        }
    }
    Some(spaced)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::query::{Folded, Glob};
    use crate::store::row::RecordSource;

    #[derive(Debug)]
    struct Bytes(Vec<u8>);

    impl RecordSource for Bytes {
        fn read(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
            let start = usize::try_from(offset).ok()?;
            Some(self.0.get(start..(start + len).min(self.0.len()))?.to_vec())
        }
    }

    /// Where the file puts its records.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Lie {
        Forwards,
        Backwards,
        Apart,
        Mixed,
    }

    fn record() -> impl Strategy<Value = String> {
        let value = prop_oneof![4 => "[aAkK1 ]{0,6}", 1 => "[a\u{212a}\u{130}é]{0,3}", 1 => "x{0,40}"];
        prop_oneof![
            8 => (value, prop::bool::weighted(0.1)).prop_map(|(value, spaced)| {
                let space = if spaced { " " } else { "" };
                format!("{{\"a\":{space}\"{value}\",\"k\"{space}:[1,{space}{space}true]}}")
            }),
            1 => Just("not json".to_owned()),
        ]
    }

    fn test() -> impl Strategy<Value = Test> {
        let piece = prop_oneof![
            "[aAk1]{0,3}",
            Just("\":\"a".to_owned()),
            Just("[1,true".to_owned()),
            Just("\",\"k".to_owned()),
            Just("a\",".to_owned()),
            Just(": [1".to_owned()),
            Just(" \",".to_owned()),
            Just("null".to_owned()),
            "[ki\u{307}a]{1,2}",
        ];
        prop_oneof![
            4 => piece.clone().prop_map(|piece| Test::Part(Folded::new(&piece))),
            1 => piece.prop_map(|piece| Test::Whole(Glob { pieces: ["", &piece, ""].map(Folded::new).to_vec() })),
            1 => Just(Test::Present),
        ]
    }

    proptest! {
        #[test]
        fn what_passes_is_what_passes_record_by_record(
            texts in prop::collection::vec(record(), 1..40),
            tests in prop::collection::vec(test(), 1..3),
            lie in prop::sample::select(vec![Lie::Forwards, Lie::Backwards, Lie::Apart, Lie::Mixed]),
            third in any::<bool>(),
            cut in 0usize..200,
        ) {
            let mut order: Vec<usize> = (0..texts.len()).collect();
            match lie {
                Lie::Backwards => order.reverse(),
                Lie::Mixed => order.rotate_left(texts.len() / 2),
                Lie::Forwards | Lie::Apart => {}
            }
            let mut file = Vec::new();
            let mut spans = vec![(0, 0); texts.len()];
            for row in order {
                spans[row] = (file.len() as u64, texts[row].len() as u32);
                file.extend(texts[row].as_bytes());
                file.extend(b"\naak\n");
                file.extend(vec![b'a'; if lie == Lie::Apart && row % 4 == 0 { 20 << 10 } else { 0 }]);
            }
            // Sometimes the end of the file is gone.
            file.truncate(file.len() - cut.saturating_sub(100).min(file.len()));
            let records = Records::Spans(Spans::new(Arc::new(Bytes(file)), &spans));
            let within = Bitmap::of(texts.len(), |row| !third || row % 3 == 0);
            let expected = records
                .rows_where(&within, |record| tests.iter().any(|test| test.matches_text(record)));
            prop_assert_eq!(rows_passing(&records, &tests, &within), expected);
        }
    }

    #[test]
    fn folding_makes_ascii_of_ascii_and_of_two_characters_more() {
        let into_ascii = ('\u{80}'..=char::MAX).filter(|character| {
            text::fold(character.encode_utf8(&mut [0; 4])).bytes().any(|byte| byte.is_ascii())
        });
        assert!(into_ascii.eq(INTO_ASCII.iter().filter_map(|text| text.chars().next())));
    }

    #[test]
    fn a_long_file_is_looked_through_to_its_end() {
        let texts: Vec<String> = (0..20_000).map(|number| format!("{{\"number\": {number:08}}}")).collect();
        let mut file = Vec::new();
        let mut spans = Vec::new();
        for text in &texts {
            spans.push((file.len() as u64, text.len() as u32));
            file.extend(text.as_bytes());
            file.push(b'\n');
        }
        let records = Records::Spans(Spans::new(Arc::new(Bytes(file)), &spans));
        let within = Bitmap::of_range(texts.len(), 0..texts.len());
        let found = rows_passing(&records, &[Test::Part(Folded::new("r\":000199"))], &within);
        assert_eq!(found.rows().collect::<Vec<_>>(), (19_900..20_000).collect::<Vec<_>>());
    }
}
