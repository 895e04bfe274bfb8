//! Texts that are nearly all different, as ids are: kept as numbers where they have the form of a
//! hex number, a UUID or a decimal between fixed texts, else as they stand.
//!
//! `req_00ff12ab…` is eight bytes instead of twenty and the place where it ends. Not here: which row
//! has which (`store::column`).

use std::borrow::Cow;
use std::fmt::Write;

use super::arena::{Arena, Case};
use crate::text;

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

    /// Whether the text of this number is the empty one.
    pub fn is_empty_text(&self, number: usize) -> bool {
        // Packed texts have digits.
        matches!(self, Self::Plain(texts) if texts.get(number).is_some_and(str::is_empty))
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

/// Texts as numbers between fixed texts.
#[derive(Debug, Clone)]
pub struct Packed {
    forms: Box<[Form]>,
    /// The form of each text; nothing where there is one alone.
    form_of: Box<[u8]>,
    numbers: Numbers,
}

#[derive(Debug, Clone)]
enum Numbers {
    Narrow(Box<[u64]>),
    Wide(Box<[u128]>),
}

/// What the texts of one form have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    before: Box<str>,
    digits: Digits,
    after: Box<str>,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digits {
    /// So many lower-case hex digits, at most 32.
    Hex(u8),
    /// A UUID: 32 lower-case hex digits in groups of 8, 4, 4, 4 and 12.
    Uuid,
    /// Decimal digits without a leading zero, at most 19.
    Decimal,
}

/// The most forms that the texts of a segment may have.
const FORMS: usize = 64;

/// The fewest hex digits that make a number of it.
const FEWEST: usize = 8;

impl Packed {
    fn of(texts: &Arena) -> Option<Self> {
        let mut forms: Vec<Form> = Vec::new();
        let mut form_of = Vec::with_capacity(texts.len());
        let mut numbers = Vec::with_capacity(texts.len());
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
        let numbers = if numbers.iter().all(|number| u64::try_from(*number).is_ok()) {
            Numbers::Narrow(numbers.into_iter().map(|number| number as u64).collect())
        } else {
            Numbers::Wide(numbers.into())
        };
        if forms.len() < 2 {
            form_of = Vec::new();
        }
        Some(Self { forms: forms.into(), form_of: form_of.into(), numbers })
    }

    fn len(&self) -> usize {
        match &self.numbers {
            Numbers::Narrow(numbers) => numbers.len(),
            Numbers::Wide(numbers) => numbers.len(),
        }
    }

    fn get(&self, number: usize) -> Option<String> {
        if number >= self.len() {
            return None;
        }
        let mut text = String::with_capacity(40);
        self.write(number, &mut text);
        Some(text)
    }

    fn form(&self, number: usize) -> usize {
        self.form_of.get(number).map_or(0, |form| *form as usize)
    }

    fn write(&self, number: usize, out: &mut String) {
        let form = &self.forms[self.form(number)];
        let value = match &self.numbers {
            Numbers::Narrow(numbers) => u128::from(numbers[number]),
            Numbers::Wide(numbers) => numbers[number],
        };
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
            Digits::Decimal => {
                let _ = write!(out, "{value}");
            }
        }
        out.push_str(&form.after);
    }

    /// Makes ready to look for a piece (folded, not empty).
    pub fn seek<'p>(&'p self, piece: &'p str) -> Seek<'p> {
        Seek { packed: self, piece, searches: self.forms.iter().map(|form| form.search(piece)).collect() }
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

/// A piece that is looked for in packed texts, folded.
pub struct Seek<'p> {
    packed: &'p Packed,
    piece: &'p str,
    searches: Vec<Search>,
}

impl Seek<'_> {
    /// Whether no text can have it.
    pub fn is_vain(&self) -> bool {
        self.searches.iter().all(|search| matches!(search, Search::Never))
    }

    /// Whether the text of this number has it.
    pub fn holds(&self, number: usize) -> bool {
        let Some(search) = self.searches.get(self.packed.form(number)) else { return false };
        match (search, &self.packed.numbers) {
            (Search::Always, _) => true,
            (Search::Never, _) => false,
            (Search::Digits(places), Numbers::Narrow(numbers)) if places.count <= 16 => {
                places.hold_narrow(numbers[number])
            }
            (Search::Digits(places), Numbers::Narrow(numbers)) => places.hold(numbers[number].into()),
            (Search::Digits(places), Numbers::Wide(numbers)) => places.hold(numbers[number]),
            (Search::Text, _) => {
                self.packed.get(number).is_some_and(|text| text::fold(&text).contains(self.piece))
            }
        }
    }

    /// Tells the numbers of all texts that have it.
    pub fn each(&self, mut found: impl FnMut(usize)) {
        match (self.searches.as_slice(), &self.packed.numbers) {
            _ if self.is_vain() => {}
            // The commonest by far: ids of one form in eight bytes each.
            ([Search::Digits(places)], Numbers::Narrow(numbers)) if places.count <= 16 => {
                for (number, value) in numbers.iter().enumerate() {
                    if places.hold_narrow(*value) {
                        found(number);
                    }
                }
            }
            _ => (0..self.packed.len()).filter(|number| self.holds(*number)).for_each(found),
        }
    }
}

/// How a piece is looked for in the texts of a form.
enum Search {
    /// What is fixed has it.
    Always,
    /// No text of the form can have it.
    Never,
    /// By the digits.
    Digits(Places),
    /// In each text as it stands.
    Text,
}

/// Where a piece may lie in the digits of a form.
struct Places {
    /// How many digits the form has.
    count: usize,
    /// The piece's digits, where it is nothing but digits.
    digits: Vec<u8>,
    /// The nibbles that such a piece may begin at: the highest bit of each.
    starts: u128,
    /// Places that take in what stands around the digits too: the digits that they ask for, as a
    /// mask and a value.
    mixed: Vec<(u128, u128)>,
}

impl Form {
    /// The number of a text that is of this form; decimal ones are left to [`parts`].
    fn number(&self, text: &str) -> Option<u128> {
        let digits = text.strip_prefix(&*self.before)?.strip_suffix(&*self.after)?.as_bytes();
        let hex = |digits: &[u8]| {
            digits.iter().try_fold(0u64, |sum, byte| {
                let nibble = NIBBLES[*byte as usize];
                (nibble < 16).then_some(sum << 4 | u64::from(nibble))
            })
        };
        match self.digits {
            Digits::Hex(count) if digits.len() == usize::from(count) => {
                let (high, low) = digits.split_at(digits.len().saturating_sub(16));
                Some(u128::from(hex(high)?) << 64 | u128::from(hex(low)?))
            }
            Digits::Uuid if digits.len() == 36 => {
                let dashes = [8, 13, 18, 23].into_iter().all(|place| digits[place] == b'-');
                let group = |start: usize, end: usize| hex(&digits[start..end]).map(u128::from);
                dashes.then_some(())?;
                Some(
                    group(0, 8)? << 96
                        | group(9, 13)? << 80
                        | group(14, 18)? << 64
                        | group(19, 23)? << 48
                        | group(24, 36)?,
                )
            }
            _ => None,
        }
    }

    fn search(&self, piece: &str) -> Search {
        if Case::of(&self.before).max(Case::of(&self.after)) == Case::Unicode {
            return Search::Text;
        }
        let (before, after) = (self.before.to_ascii_lowercase(), self.after.to_ascii_lowercase());
        if before.contains(piece) || after.contains(piece) {
            return Search::Always;
        }
        // The form as bytes: a digit's place is `None`.
        let groups: &[usize] = match self.digits {
            Digits::Hex(digits) => &[usize::from(digits)],
            Digits::Uuid => &[8, 4, 4, 4, 12],
            Digits::Decimal => {
                let may = |byte: u8| {
                    byte.is_ascii_digit() || before.bytes().chain(after.bytes()).any(|own| own == byte)
                };
                return if piece.bytes().all(may) { Search::Text } else { Search::Never };
            }
        };
        let mut whole: Vec<Option<u8>> = before.bytes().map(Some).collect();
        for (place, group) in groups.iter().enumerate() {
            if place > 0 {
                whole.push(Some(b'-'));
            }
            whole.extend(std::iter::repeat_n(None, *group));
        }
        whole.extend(after.bytes().map(Some));
        let count: usize = groups.iter().sum();
        let mut places = Places { count, digits: Vec::new(), starts: 0, mixed: Vec::new() };
        for (start, stretch) in whole.windows(piece.len()).enumerate() {
            // How many digits stand before this place.
            let mut digit = whole[..start].iter().filter(|byte| byte.is_none()).count();
            let first = digit;
            let (mut mask, mut value) = (0u128, 0u128);
            let fits = stretch.iter().zip(piece.bytes()).all(|(own, byte)| match own {
                Some(own) => *own == byte,
                None if is_hex(byte) => {
                    let shift = 4 * (count - 1 - digit);
                    mask |= 0xf << shift;
                    value |= nibble(byte) << shift;
                    digit += 1;
                    true
                }
                None => false,
            });
            if fits && stretch.iter().all(Option::is_none) {
                places.starts |= 8 << (4 * (count - 1 - first));
            } else if fits && mask == 0 {
                return Search::Always;
            } else if fits {
                places.mixed.push((mask, value));
            }
        }
        if places.starts != 0 {
            places.digits = piece.bytes().map(|byte| nibble(byte) as u8).collect();
        }
        if places.starts == 0 && places.mixed.is_empty() { Search::Never } else { Search::Digits(places) }
    }
}

macro_rules! hold {
    ($name:ident, $number:ty) => {
        /// Whether a number has the piece at one of the places.
        fn $name(&self, number: $number) -> bool {
            const SEVENS: $number = <$number>::MAX / 15 * 7;
            const ONES: $number = <$number>::MAX / 15;
            let mut starts = self.starts as $number;
            for (place, digit) in self.digits.iter().enumerate() {
                // Nibbles that are this digit, by their highest bits; those of the piece's later
                // digits are moved to where the piece begins.
                let other = number ^ (ONES * <$number>::from(*digit));
                let same = !(((other & SEVENS) + SEVENS) | other | SEVENS);
                starts &= same << (4 * place);
                if starts == 0 {
                    break;
                }
            }
            starts != 0
                || self.mixed.iter().any(|(mask, value)| number & *mask as $number == *value as $number)
        }
    };
}

impl Places {
    hold!(hold_narrow, u64);
    hold!(hold, u128);
}

/// The value of each byte that is a lower-case hex digit; 16 for the others.
const NIBBLES: [u8; 256] = {
    let mut nibbles = [16; 256];
    let mut value = 0;
    while value < 16 {
        nibbles[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    nibbles
};

fn push_hex(out: &mut String, value: u128, digits: u8) {
    for place in (0..u32::from(digits)).rev() {
        let nibble = (value >> (4 * place) & 0xf) as u8;
        out.push(char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }));
    }
}

fn is_hex(byte: u8) -> bool {
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

fn nibble(byte: u8) -> u128 {
    u128::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'a' + 10 })
}

/// The last run of decimal digits.
fn decimal_parts(text: &str) -> Option<(&str, Digits, &str, u128)> {
    let bytes = text.as_bytes();
    let end = bytes.iter().rposition(u8::is_ascii_digit)? + 1;
    let run = bytes[..end].iter().rev().take_while(|byte| byte.is_ascii_digit()).count().min(19);
    let mut start = end - run;
    while start + 1 < end && bytes[start] == b'0' {
        start += 1;
    }
    let number: u64 = text[start..end].parse().ok()?;
    Some((&text[..start], Digits::Decimal, &text[end..], u128::from(number)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    proptest! {
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
        }

        #[test]
        fn what_has_the_piece_is_found(
            ids in prop::collection::vec(id(), 1..6), start in 0usize..40, len in 1usize..24, other in "[0-9a-f_-]{1,3}",
        ) {
            let piece: String = text::fold(&ids[0]).chars().skip(start).take(len).collect();
            let mut arena = Arena::default();
            for text in &ids {
                arena.push(text);
            }
            let Some(packed) = Packed::of(&arena) else { return Ok(()) };
            for piece in [piece, other] {
                if !piece.is_empty() {
                    let mut numbers = Vec::new();
                    packed.seek(&piece).each(|number| numbers.push(number));
                    let expected: Vec<usize> =
                        (0..ids.len()).filter(|number| text::fold(&ids[*number]).contains(&piece)).collect();
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
