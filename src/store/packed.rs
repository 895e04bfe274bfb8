//! Texts that are nearly all different, as ids are: kept as numbers where they have the form of a
//! UUID or of a hex or decimal number of fixed width between fixed texts, else as they stand.
//!
//! `req_00ff12ab…` is eight bytes instead of twenty and the place where it ends. Not here: which row
//! has which (`store::column`), and how a piece of text is looked for in them (`store::seek`).

use std::borrow::Cow;

use super::arena::Arena;
use super::seek::{Letters, Seek};

/// A segment's own texts, numbered from 0.
#[derive(Debug, Clone)]
pub enum Own {
    /// As they stand.
    Plain(Arena),
    /// As numbers.
    Packed(Packed),
}

impl Default for Own {
    fn default() -> Self {
        Self::Plain(Arena::default())
    }
}

impl Own {
    /// Packs the texts where all of them have a form and it pays.
    pub fn of(mut texts: Arena) -> Self {
        match Packed::of(&texts) {
            Some(packed) if packed.memory_bytes() < texts.memory_bytes() => Self::Packed(packed),
            _ => {
                texts.shrink();
                Self::Plain(texts)
            }
        }
    }

    /// Adds a text to those that stand as they are; packed ones take none.
    pub fn push(&mut self, text: &str) {
        if let Self::Plain(texts) = self {
            texts.push(text);
        }
    }

    /// Packs what stands as it is, where it pays; no text is added any more.
    pub fn pack(&mut self) {
        if let Self::Plain(texts) = self {
            *self = Self::of(std::mem::take(texts));
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Plain(texts) => texts.len(),
            Self::Packed(packed) => packed.len(),
        }
    }

    /// The text of this number.
    pub fn get(&self, number: usize) -> Option<Cow<'_, str>> {
        match self {
            Self::Plain(texts) => texts.get(number).map(Cow::Borrowed),
            Self::Packed(packed) => packed.get(number).map(Cow::Owned),
        }
    }

    /// Whether the text of this number is this one.
    pub fn is(&self, number: usize, text: &str) -> bool {
        match self {
            Self::Plain(texts) => texts.is(number, text),
            Self::Packed(packed) => packed.is(number, text),
        }
    }

    /// As [`Self::get`], written where there is room already.
    pub fn look<'a>(&'a self, number: usize, scratch: &'a mut String) -> Option<&'a str> {
        match self {
            Self::Plain(texts) => texts.get(number),
            Self::Packed(packed) if number < packed.len() => {
                scratch.clear();
                packed.write(number, scratch);
                Some(scratch)
            }
            Self::Packed(_) => None,
        }
    }

    /// The numbers of the empty texts.
    pub fn empties(&self) -> impl Iterator<Item = usize> {
        // Packed texts have digits.
        let texts = match self {
            Self::Plain(texts) => Some(texts),
            Self::Packed(_) => None,
        };
        let numbers = texts.into_iter().flat_map(|texts| texts.iter().enumerate());
        numbers.filter(|(_, text)| text.is_empty()).map(|(number, _)| number)
    }

    /// Whether two texts are the same.
    pub fn is_same(&self, number: usize, other: &Self, other_number: usize) -> bool {
        match (self, other) {
            (Self::Plain(texts), Self::Plain(others)) => texts.get(number) == others.get(other_number),
            (Self::Packed(a), Self::Packed(b))
                if a.forms[a.form(number)] == b.forms[b.form(other_number)] =>
            {
                a.number(number) == b.number(other_number)
            }
            _ => self.get(number) == other.get(other_number),
        }
    }

    /// Of the texts of these numbers so many of the smallest, or more: so many of each form.
    pub fn smallest(&self, among: impl Iterator<Item = usize>, count: usize) -> Vec<usize> {
        match self {
            Self::Plain(texts) => smallest(among.map(|number| (texts.get(number), number)), count),
            // Of one form the text with the smaller number is the smaller text.
            Self::Packed(Packed { forms, numbers, .. }) if forms.len() == 1 => match numbers {
                Numbers::Narrow(numbers) => smallest(among.map(|number| (numbers[number], number)), count),
                Numbers::Wide(numbers) => smallest(among.map(|number| (numbers[number], number)), count),
            },
            Self::Packed(packed) => {
                let mut of_form: Vec<Vec<(u128, usize)>> = vec![Vec::new(); packed.forms.len()];
                for number in among {
                    keep_smallest(&mut of_form[packed.form(number)], (packed.number(number), number), count);
                }
                of_form.into_iter().flatten().map(|(_, number)| number).collect()
            }
        }
    }

    /// All texts in their order.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'_, str>> {
        (0..self.len()).map_while(|number| self.get(number))
    }

    /// Bytes that they occupy.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Plain(texts) => texts.memory_bytes(),
            Self::Packed(packed) => packed.memory_bytes(),
        }
    }
}

/// Of values with their numbers, the numbers of so many of the smallest.
fn smallest<T: Ord>(values: impl Iterator<Item = (T, usize)>, count: usize) -> Vec<usize> {
    let mut kept = Vec::with_capacity(count.min(1 << 10));
    values.for_each(|value| keep_smallest(&mut kept, value, count));
    kept.into_iter().map(|(_, number)| number).collect()
}

/// Puts a value among the smallest so many, which stand in order.
fn keep_smallest<T: Ord>(kept: &mut Vec<T>, value: T, count: usize) {
    if kept.len() < count || kept.last().is_some_and(|last| value < *last) {
        let at = kept.partition_point(|one| *one < value);
        kept.insert(at, value);
        kept.truncate(count);
    }
}

/// Texts as numbers between fixed texts.
#[derive(Debug, Clone)]
pub struct Packed {
    pub(super) forms: Box<[Form]>,
    /// The form of each text; nothing where there is one alone.
    pub(super) form_of: Box<[u8]>,
    pub(super) numbers: Numbers,
}

/// The numbers of texts, in as few bytes as hold them all.
#[derive(Debug, Clone)]
pub(super) enum Numbers {
    Narrow(Box<[u64]>),
    Wide(Box<[u128]>),
}

/// Numbers that come one by one.
enum Growing {
    Narrow(Vec<u64>),
    Wide(Vec<u128>),
}

impl Growing {
    #[inline]
    fn push(&mut self, number: u128) {
        match (&mut *self, u64::try_from(number)) {
            (Self::Narrow(numbers), Ok(number)) => numbers.push(number),
            (Self::Narrow(numbers), Err(_)) => {
                let before = numbers.iter().map(|number| u128::from(*number));
                *self = Self::Wide(before.chain([number]).collect());
            }
            (Self::Wide(numbers), _) => numbers.push(number),
        }
    }
}

impl From<Growing> for Numbers {
    fn from(numbers: Growing) -> Self {
        match numbers {
            Growing::Narrow(numbers) => Self::Narrow(numbers.into()),
            Growing::Wide(numbers) => Self::Wide(numbers.into()),
        }
    }
}

/// What the texts of one form have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) before: Box<str>,
    pub(super) digits: Digits,
    pub(super) after: Box<str>,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    /// So many lower-case hex digits, at most 32.
    Hex(u8),
    /// A UUID: 32 lower-case hex digits in groups of 8, 4, 4, 4 and 12.
    Uuid,
}

/// The most forms that the texts of a segment may have.
pub(super) const FORMS: usize = 64;

/// The fewest hex digits that make a number of it.
const FEWEST: usize = 8;

impl Packed {
    fn of(texts: &Arena) -> Option<Self> {
        let mut forms: Vec<Form> = Vec::new();
        let mut form_of = Vec::with_capacity(texts.len());
        let mut numbers = Growing::Narrow(Vec::with_capacity(texts.len()));
        let mut last = 0;
        for text in texts.iter() {
            if let Some(number) = forms.get(last).and_then(|form: &Form| form.number(text)) {
                form_of.push(last as u8);
                numbers.push(number);
                continue;
            }
            let (before, digits, after, number) = parts(text)?;
            let is = |form: &Form| form.digits == digits && &*form.before == before && &*form.after == after;
            if !forms.get(last).is_some_and(is) {
                last = match forms.iter().position(is) {
                    Some(known) => known,
                    None if forms.len() == FORMS => return None,
                    None => {
                        forms.push(Form { before: before.into(), digits, after: after.into() });
                        forms.len() - 1
                    }
                };
            }
            form_of.push(last as u8);
            numbers.push(number);
        }
        if forms.len() < 2 {
            form_of = Vec::new();
        }
        Some(Self { forms: forms.into(), form_of: form_of.into(), numbers: numbers.into() })
    }

    fn len(&self) -> usize {
        match &self.numbers {
            Numbers::Narrow(numbers) => numbers.len(),
            Numbers::Wide(numbers) => numbers.len(),
        }
    }

    pub(super) fn get(&self, number: usize) -> Option<String> {
        if number >= self.len() {
            return None;
        }
        let mut text = String::with_capacity(40);
        self.write(number, &mut text);
        Some(text)
    }

    /// Whether the text of this number is this one: of its form, and the same number there.
    fn is(&self, number: usize, text: &str) -> bool {
        number < self.len() && self.forms[self.form(number)].number(text) == Some(self.number(number))
    }

    pub(super) fn form(&self, number: usize) -> usize {
        self.form_of.get(number).map_or(0, |form| *form as usize)
    }

    /// The number of a text.
    fn number(&self, number: usize) -> u128 {
        match &self.numbers {
            Numbers::Narrow(numbers) => u128::from(numbers[number]),
            Numbers::Wide(numbers) => numbers[number],
        }
    }

    fn write(&self, number: usize, out: &mut String) {
        let form = &self.forms[self.form(number)];
        let value = self.number(number);
        out.push_str(&form.before);
        match form.digits {
            Digits::Hex(digits) => push_hex(out, value, digits),
            Digits::Uuid => {
                for (shift, digits) in [(96, 8), (80, 4), (64, 4), (48, 4), (0, 12)] {
                    push_hex(out, value >> shift, digits);
                    if shift > 0 {
                        out.push('-');
                    }
                }
            }
        }
        out.push_str(&form.after);
    }

    /// Makes ready to look for a piece that is not empty.
    pub fn seek<'p>(&'p self, piece: impl Into<Cow<'p, str>>, letters: Letters) -> Seek<'p> {
        Seek::new(self, piece.into(), letters)
    }

    fn memory_bytes(&self) -> usize {
        let numbers = match &self.numbers {
            Numbers::Narrow(numbers) => size_of_val(&**numbers),
            Numbers::Wide(numbers) => size_of_val(&**numbers),
        };
        let forms: usize =
            self.forms.iter().map(|form| size_of::<Form>() + form.before.len() + form.after.len()).sum();
        numbers + self.form_of.len() + forms
    }
}

impl Form {
    /// The number of a text that is of this form.
    fn number(&self, text: &str) -> Option<u128> {
        let bytes = text.as_bytes();
        let (before, after) = (self.before.as_bytes(), self.after.as_bytes());
        let count = match self.digits {
            Digits::Hex(count) => usize::from(count),
            Digits::Uuid => UUID,
        };
        if bytes.len() != before.len() + count + after.len() {
            return None;
        }
        let (start, rest) = bytes.split_at(before.len());
        let (digits, end) = rest.split_at(count);
        if !is_same(start, before) || !is_same(end, after) {
            return None;
        }
        match self.digits {
            Digits::Hex(_) => hex(digits),
            Digits::Uuid => uuid(digits.try_into().ok()?),
        }
    }
}

/// Whether these bytes are the same, which mostly are few: then they are compared here, not by a call.
#[inline]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() <= 8 { a.iter().zip(b).all(|(a, b)| a == b) } else { a == b }
}

/// How many bytes a UUID's text has.
const UUID: usize = 36;

/// The number of a UUID.
fn uuid(digits: &[u8; UUID]) -> Option<u128> {
    let four = |at: usize| Some(u64::from(u32::from_le_bytes(*digits[at..].first_chunk()?)));
    let eight = |at, next| eight_hex(four(at)? | four(next)? << 32).map(u64::from);
    if [8, 13, 18, 23].into_iter().any(|place| digits[place] != b'-') {
        return None;
    }
    let high = eight(0, 4)? << 32 | eight(9, 14)?;
    let low = eight(19, 24)? << 32 | eight(28, 32)?;
    Some(u128::from(high) << 64 | u128::from(low))
}

/// The number of at most 32 lower-case hex digits.
fn hex(digits: &[u8]) -> Option<u128> {
    let (eights, rest) = digits.as_chunks::<8>();
    let eight = |eight: &[u8; 8]| eight_hex(u64::from_le_bytes(*eight)).map(u64::from);
    // As a rule they are sixteen.
    if let ([high, low], []) = (eights, rest) {
        return Some(u128::from(eight(high)? << 32 | eight(low)?));
    }
    let number =
        eights.iter().try_fold(0, |sum: u128, digits| Some(sum << 32 | u128::from(eight(digits)?)))?;
    rest.iter().try_fold(number, |sum, byte| is_hex(*byte).then(|| sum << 4 | nibble(*byte)))
}

/// The number of eight lower-case hex digits, the first lowest in the word: all of them at once.
#[inline]
fn eight_hex(word: u64) -> Option<u32> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // Bit 6 of a letter is 1, and `a` is 10.
    let values = (word & (0x0f * EACH)) + 9 * (word >> 6 & EACH);
    let letters = (values + 6 * EACH) >> 4 & EACH;
    // Written again they are the same digits, or they were none.
    if values & (0xf0 * EACH) != 0 || values + 0x30 * EACH + 0x27 * letters != word {
        return None;
    }
    let pairs = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs << 8 | pairs >> 16) & 0x0000_ffff_0000_ffff;
    Some((fours << 16 | fours >> 32) as u32)
}

/// Writes so many hex digits, at most 32.
fn push_hex(out: &mut String, value: u128, digits: u8) {
    let mut text = [0; 32];
    text[..16].copy_from_slice(&sixteen((value >> 64) as u64));
    text[16..].copy_from_slice(&sixteen(value as u64));
    let text = &text[32 - usize::from(digits).min(32)..];
    out.push_str(std::str::from_utf8(text).expect("digits are ASCII"));
}

/// The hex digits of a number, all at once: each digit spread to a byte of its own, and letters moved
/// on from where digits end.
fn sixteen(value: u64) -> [u8; 16] {
    const LOW: u128 = 0x0f0f_0f0f_0f0f_0f0f_0f0f_0f0f_0f0f_0f0f;
    const ONES: u128 = LOW / 15;
    let mut spread = u128::from(value);
    spread = (spread | spread << 32) & 0x0000_0000_ffff_ffff_0000_0000_ffff_ffff;
    spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff_0000_ffff_0000_ffff;
    spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff_00ff_00ff_00ff_00ff;
    spread = (spread | spread << 4) & LOW;
    // A digit from ten on has the bit above it set when six are added.
    let letters = (spread + ONES * 6) >> 4 & ONES;
    (spread + ONES * u128::from(b'0') + letters * u128::from(b'a' - b'0' - 10)).to_be_bytes()
}

pub(super) fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// What stands before a text's number, how the number is written, what stands after it, and the
/// number itself; written so, the number gives the same text again.
fn parts(text: &str) -> Option<(&str, Digits, &str, u128)> {
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let run = bytes[start..].iter().take_while(|byte| is_hex(**byte)).count();
        if run >= FEWEST {
            return hex_parts(text, start, run).or_else(|| decimal_parts(text));
        }
        start += run.max(1);
    }
    decimal_parts(text)
}

fn hex_parts(text: &str, start: usize, run: usize) -> Option<(&str, Digits, &str, u128)> {
    if run == 8 && text.len() >= start + 36 {
        let uuid = &text.as_bytes()[start..start + 36];
        let is_uuid = uuid.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => is_hex(*byte),
        });
        if is_uuid {
            let number =
                uuid.iter().filter(|byte| **byte != b'-').fold(0, |sum, byte| sum << 4 | nibble(*byte));
            return Some((&text[..start], Digits::Uuid, &text[start + 36..], number));
        }
    }
    if run > 32 {
        return None;
    }
    let number = text.as_bytes()[start..start + run].iter().fold(0, |sum, byte| sum << 4 | nibble(*byte));
    Some((&text[..start], Digits::Hex(run as u8), &text[start + run..], number))
}

pub(super) fn nibble(byte: u8) -> u128 {
    u128::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'a' + 10 })
}

/// The last run of decimal digits, which are hex digits too.
fn decimal_parts(text: &str) -> Option<(&str, Digits, &str, u128)> {
    let bytes = text.as_bytes();
    let end = bytes.iter().rposition(u8::is_ascii_digit)? + 1;
    let run = bytes[..end].iter().rev().take_while(|byte| byte.is_ascii_digit()).count().min(32);
    let number = bytes[end - run..end].iter().fold(0, |sum, byte| sum << 4 | nibble(*byte));
    Some((&text[..end - run], Digits::Hex(run as u8), &text[end..], number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text;

    fn id() -> impl Strategy<Value = String> {
        prop_oneof![
            "req_[0-9a-f]{16}",
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "/x/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/y",
            "[a-z]{0,2}[0-9]{1,40}[a-z]{0,2}",
            "[0-9A-Fa-f-]{1,50}",
            "(İ|ü)?[0-9a-f]{7,34}",
            "0{1,20}",
            any::<String>(),
        ]
    }

    /// Enough ids of one form, or of two, for more than one word of bits.
    fn of_one_form() -> impl Strategy<Value = Vec<String>> {
        prop_oneof![
            prop::collection::vec("req_[0-3]{16}", 60..140),
            prop::collection::vec("[0-3]{12}/a", 60..140),
            prop::collection::vec("[0-3]{8}ab[0-3]{22}", 60..140),
            prop::collection::vec("/x/[0-3]{8}-[0-3]{4}-[0-3]{4}-[0-3]{4}-[0-3]{12}/y", 60..140),
            prop::collection::vec(
                "[0-3]{8}-[0-3]{4}-[0-3]{4}-[0-3]{4}-[0-3]{12}|unit_[0-3]{12}|n-[0-3]{1,5}",
                60..140,
            ),
            prop::collection::vec("İ[0-3]{9}|/[0-3]{9}", 60..140),
        ]
    }

    fn arena(texts: &[String]) -> Arena {
        texts.iter().fold(Arena::default(), |mut arena, text| {
            arena.push(text);
            arena
        })
    }

    proptest! {
        #[test]
        fn eight_digits_are_the_number_that_they_write(number: u32, at in 0usize..8, byte: u8) {
            let mut digits: [u8; 8] = format!("{number:08x}").into_bytes().try_into().expect("eight");
            prop_assert_eq!(eight_hex(u64::from_le_bytes(digits)), Some(number));
            digits[at] = byte;
            let plain = digits.iter().all(|byte| is_hex(*byte)).then(|| {
                digits.iter().fold(0, |sum, byte| sum << 4 | nibble(*byte)) as u32
            });
            prop_assert_eq!(eight_hex(u64::from_le_bytes(digits)), plain);
        }

        #[test]
        fn every_text_comes_back(texts in prop::collection::vec(id(), 0..20)) {
            let mut arena = Arena::default();
            for text in &texts {
                arena.push(text);
            }
            if let Some(packed) = Packed::of(&arena) {
                let back: Vec<_> = (0..packed.len()).filter_map(|number| packed.get(number)).collect();
                prop_assert_eq!(&back, &texts);
            }
            let own = Own::of(arena);
            prop_assert_eq!(own.len(), texts.len());
            prop_assert!(own.iter().eq(texts.iter().map(|text| Cow::Borrowed(text.as_str()))));
            prop_assert_eq!(own.get(texts.len()), None);
            for (number, text) in texts.iter().enumerate() {
                for other in &texts {
                    prop_assert_eq!(own.is(number, other), text == other, "{} {}", text, other);
                }
            }
        }

        #[test]
        fn texts_are_compared_by_their_numbers(
            a in of_one_form(), b in of_one_form(), others in prop::collection::vec(id(), 0..9), count in 0usize..9,
        ) {
            for texts in [&a, &b, &others] {
                let own = Own::of(arena(texts));
                let mut smallest: Vec<_> = own.smallest((0..texts.len()).skip(1), count).iter().map(|number| &texts[*number]).collect();
                smallest.sort();
                smallest.truncate(count);
                let mut plain: Vec<_> = texts.iter().skip(1).collect();
                plain.sort();
                plain.truncate(count);
                prop_assert_eq!(smallest, plain);
                for others in [&a, &others] {
                    let theirs = Own::of(arena(others));
                    for (at, text) in texts.iter().enumerate().take(9) {
                        let mut scratch = "before".to_owned();
                        prop_assert_eq!(own.look(at, &mut scratch), Some(text.as_str()));
                        for (number, other) in others.iter().enumerate().take(9) {
                            prop_assert_eq!(own.is_same(at, &theirs, number), text == other);
                        }
                    }
                }
                let empties = (0..texts.len()).filter(|at| texts[*at].is_empty());
                prop_assert_eq!(own.empties().collect::<Vec<_>>(), empties.collect::<Vec<_>>());
            }
        }

        #[test]
        fn what_has_the_piece_is_found(
            ids in prop_oneof![prop::collection::vec(id(), 1..6), of_one_form()], start in 0usize..40, len in 1usize..24, other in "[0-9a-f_-]{1,3}",
        ) {
            let piece: String = text::fold(&ids[0]).chars().skip(start).take(len).collect();
            let mut arena = Arena::default();
            for text in &ids {
                arena.push(text);
            }
            let Some(packed) = Packed::of(&arena) else { return Ok(()) };
            for piece in [piece, other] {
                if !piece.is_empty() {
                    let mut words = vec![0; ids.len().div_ceil(64)];
                    let seek = packed.seek(&piece, Letters::Folded);
                    seek.find(&mut words);
                    let numbers: Vec<usize> =
                        (0..ids.len()).filter(|number| words[number / 64] >> (number % 64) & 1 == 1).collect();
                    for number in 0..ids.len() {
                        prop_assert_eq!(seek.holds(number), numbers.contains(&number));
                    }
                    prop_assert!(!seek.is_vain() || numbers.is_empty());
                    let expected: Vec<usize> =
                        (0..ids.len()).filter(|number| text::fold(&ids[*number]).contains(&piece)).collect();
                    prop_assert_eq!(numbers, expected, "{}", piece);
                    let mut words = vec![0; ids.len().div_ceil(64)];
                    packed.seek(&piece, Letters::AsTheyAre).find(&mut words);
                    let numbers: Vec<usize> =
                        (0..ids.len()).filter(|number| words[number / 64] >> (number % 64) & 1 == 1).collect();
                    let expected: Vec<usize> =
                        (0..ids.len()).filter(|number| ids[*number].contains(&piece)).collect();
                    prop_assert_eq!(numbers, expected, "{}", piece);
                }
            }
        }
    }

    #[test]
    fn ids_take_the_bytes_of_their_numbers() {
        let mut arena = Arena::default();
        for number in 0..1000u64 {
            arena.push(&format!("req_{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        }
        let own = Own::of(arena);
        assert!(matches!(own, Own::Packed(_)) && own.memory_bytes() < 8_200, "{}", own.memory_bytes());
    }
}
