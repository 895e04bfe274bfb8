//! A piece of text looked for in texts that are kept as numbers: by comparing digits, many at a time,
//! without writing the texts out.
//!
//! For each form it is worked out once where the piece may lie: in the fixed text, then all texts of
//! the form have it or none; in the digits; or in both. A first test without branches finds the
//! numbers that have the first two digits at one of the places, and those few are then looked at in
//! full. Not here: what the numbers stand for (`store::packed`).

use std::borrow::Cow;

use super::arena::Case;
use super::packed::{Digits, FORMS, Form, Numbers, Packed, is_hex, nibble};
use crate::text;

/// A piece that is looked for in packed texts.
pub struct Seek<'p> {
    packed: &'p Packed,
    piece: Cow<'p, str>,
    letters: Letters,
    searches: Vec<Search>,
}

/// Which letters are the same ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// Texts are folded; the piece is folded already.
    Folded,
    /// Letter case counts.
    AsTheyAre,
}

impl Letters {
    fn of(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Folded => text::folded(text),
            Self::AsTheyAre => text.into(),
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

impl<'p> Seek<'p> {
    /// Looks at the forms once.
    pub(super) fn new(packed: &'p Packed, piece: Cow<'p, str>, letters: Letters) -> Self {
        let searches = packed.forms.iter().map(|form| Search::of(form, &piece, letters)).collect();
        Self { packed, piece, letters, searches }
    }

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
                self.packed.get(number).is_some_and(|text| self.letters.of(&text).contains(&*self.piece))
            }
        }
    }

    /// Sets the bit of each text that has it, the lowest of the first word being text 0.
    pub fn find(&self, words: &mut [u64]) {
        if self.is_vain() {
            return;
        }
        let sieve = Sieve::of(&self.searches);
        if let [Search::Digits(places)] = self.searches.as_slice() {
            match &self.packed.numbers {
                Numbers::Narrow(numbers) => places.find_mixed(numbers, words),
                Numbers::Wide(numbers) => places.find_mixed(numbers, words),
            }
        }
        let found = |block: usize, hits: Hits| {
            let mut left = hits.maybe & !hits.sure;
            let mut word = hits.sure;
            while left != 0 {
                let bit = left.trailing_zeros();
                word |= u64::from(self.holds(block * 64 + bit as usize)) << bit;
                left &= left - 1;
            }
            words[block] |= word;
        };
        match &self.packed.numbers {
            Numbers::Narrow(numbers) => sieve.blocks(numbers, &self.packed.form_of, found),
            Numbers::Wide(numbers) => sieve.blocks(numbers, &self.packed.form_of, found),
        }
    }
}

/// Of 64 texts, a bit each.
#[derive(Default)]
struct Hits {
    /// Those that have the piece.
    sure: u64,
    /// Those that are to be looked at.
    maybe: u64,
}

/// A number whose digits words can compare, sixteen at a time.
trait Number: Copy {
    /// Whether its first digit is at one of the places.
    fn passes_single(self, digits: u64, ask: &Ask) -> bool;

    /// Whether its first two digits are at one of the places.
    fn passes_pair(self, digits: u64, ask: &Ask) -> bool;

    /// Whether the digits of the mask are these.
    fn has(self, mask: u128, value: u128) -> bool;
}

impl Number for u64 {
    fn passes_single(self, digits: u64, ask: &Ask) -> bool {
        nibbles(self ^ digits, ask.even.1) != 0
    }

    fn passes_pair(self, digits: u64, ask: &Ask) -> bool {
        bytes(self ^ digits, ask.even.1) | bytes(self >> 4 ^ digits, ask.odd.1) != 0
    }

    fn has(self, mask: u128, value: u128) -> bool {
        self & mask as u64 == value as u64
    }
}

impl Number for u128 {
    fn passes_single(self, digits: u64, ask: &Ask) -> bool {
        let (high, low) = halves(self);
        nibbles(high ^ digits, ask.even.0) | nibbles(low ^ digits, ask.even.1) != 0
    }

    fn passes_pair(self, digits: u64, ask: &Ask) -> bool {
        let (high, low) = halves(self);
        let (odd_high, odd_low) = (high >> 4, low >> 4 | high << 60);
        let even = bytes(high ^ digits, ask.even.0) | bytes(low ^ digits, ask.even.1);
        let odd = bytes(odd_high ^ digits, ask.odd.0) | bytes(odd_low ^ digits, ask.odd.1);
        even | odd != 0
    }

    fn has(self, mask: u128, value: u128) -> bool {
        self & mask == value
    }
}

/// The higher sixteen digits and the lower ones.
fn halves(number: u128) -> (u64, u64) {
    ((number >> 64) as u64, number as u64)
}

/// What is asked of the number of a form before it is looked at in full.
#[derive(Debug, Clone, Copy, Default)]
struct Ask {
    /// The bytes at which the piece may begin, by their highest bits, where it begins with a byte's
    /// high digit: of the higher half and of the lower one.
    even: (u64, u64),
    /// The same in the number moved by a digit, where it begins with a low one.
    odd: (u64, u64),
    /// All ones where every text has the piece.
    always: u64,
    /// All ones where every text is to be looked at.
    look: u64,
}

/// The first test, of all forms.
struct Sieve {
    asks: [Ask; FORMS],
    /// The first two digits, in each byte; of a single digit that one in each nibble.
    digits: u64,
    single: bool,
    /// What passes has the piece: there are no more digits.
    is_enough: bool,
    /// No digits need to be looked at.
    fixed: bool,
}

/// The highest bit of each byte.
const HIGH: u64 = 0x8080_8080_8080_8080;
/// A one in each byte.
const ONES: u64 = 0x0101_0101_0101_0101;

impl Sieve {
    fn of(searches: &[Search]) -> Self {
        let mut sieve =
            Self { asks: [Ask::default(); FORMS], digits: 0, single: false, is_enough: false, fixed: true };
        for (ask, search) in sieve.asks.iter_mut().zip(searches) {
            match search {
                Search::Always => ask.always = u64::MAX,
                Search::Never => {}
                Search::Text => ask.look = u64::MAX,
                Search::Digits(places) => {
                    if !places.mixed.is_empty() && searches.len() > 1 {
                        ask.look = u64::MAX;
                    }
                    let [first, rest @ ..] = places.digits.as_slice() else { continue };
                    sieve.fixed = false;
                    sieve.is_enough = rest.len() < 2;
                    match rest.first() {
                        None => {
                            sieve.single = true;
                            sieve.digits = u64::from(*first) * (u64::MAX / 15);
                            ask.even = halves(places.starts);
                        }
                        Some(second) => {
                            sieve.digits = u64::from(first << 4 | second) * ONES;
                            let (high, low) = halves(places.starts);
                            ask.even = (high & HIGH, low & HIGH);
                            let (high, low) = halves(places.starts >> 4);
                            ask.odd = (high & HIGH, low & HIGH);
                        }
                    }
                }
            }
        }
        sieve
    }

    /// Tells what is found of each 64 texts.
    fn blocks<N: Number>(&self, numbers: &[N], form_of: &[u8], found: impl FnMut(usize, Hits)) {
        let digits = self.digits;
        let only = self.asks[0];
        let several = |place: usize| &self.asks[form_of[place] as usize % FORMS];
        match (form_of.is_empty(), self.fixed, self.single) {
            (_, true, _) => self.each(numbers, form_of, |_, _| false, found),
            (true, false, true) => self.each(numbers, form_of, |_, n| n.passes_single(digits, &only), found),
            (true, false, false) => self.each(numbers, form_of, |_, n| n.passes_pair(digits, &only), found),
            (false, false, true) => {
                self.each(numbers, form_of, |place, n| n.passes_single(digits, several(place)), found);
            }
            (false, false, false) => {
                self.each(numbers, form_of, |place, n| n.passes_pair(digits, several(place)), found);
            }
        }
    }

    fn each<N: Number>(
        &self,
        numbers: &[N],
        form_of: &[u8],
        passes: impl Fn(usize, N) -> bool,
        mut found: impl FnMut(usize, Hits),
    ) {
        // What the forms alone decide of 64 texts.
        let decided = |block: usize, len: usize, any: bool, decides: &dyn Fn(&Ask) -> u64| match form_of {
            [] => decides(&self.asks[0]) & u64::MAX >> (64 - len),
            _ if !any => 0,
            _ => {
                let forms = form_of[block * 64..block * 64 + len].iter().enumerate();
                forms.fold(0, |word, (bit, form)| {
                    word | decides(&self.asks[*form as usize % FORMS]) & 1 << bit
                })
            }
        };
        let any_always = self.asks.iter().any(|ask| ask.always != 0);
        let any_look = self.asks.iter().any(|ask| ask.look != 0);
        for (block, numbers) in numbers.chunks(64).enumerate() {
            let always = decided(block, numbers.len(), any_always, &|ask| ask.always);
            let look = decided(block, numbers.len(), any_look, &|ask| ask.look);
            let mut passed = 0;
            if !self.fixed {
                for (bit, number) in numbers.iter().enumerate() {
                    passed |= u64::from(passes(block * 64 + bit, *number)) << bit;
                }
            }
            let hits = if self.is_enough {
                Hits { sure: passed | always, maybe: look }
            } else {
                Hits { sure: always, maybe: passed | look }
            };
            found(block, hits);
        }
    }
}

/// Whether a byte whose highest bit is in the mask is zero.
fn bytes(word: u64, mask: u64) -> u64 {
    mask & !(((word & !HIGH) + !HIGH) | word)
}

/// Whether a nibble whose highest bit is in the mask is zero.
fn nibbles(word: u64, mask: u64) -> u64 {
    const SEVENS: u64 = u64::MAX / 15 * 7;
    mask & !(((word & SEVENS) + SEVENS) | word)
}

impl Search {
    fn of(form: &Form, piece: &str, letters: Letters) -> Self {
        if Case::of(&form.before).max(Case::of(&form.after)) == Case::Unicode {
            return Self::Text;
        }
        let (before, after) = (letters.of(&form.before), letters.of(&form.after));
        if before.contains(piece) || after.contains(piece) {
            return Self::Always;
        }
        let may = |byte: u8| {
            is_hex(byte) || byte == b'-' || before.bytes().chain(after.bytes()).any(|own| own == byte)
        };
        if !piece.bytes().all(may) {
            return Self::Never;
        }
        // The form as bytes: a digit's place is `None`.
        let groups: &[usize] = match form.digits {
            Digits::Hex(digits) => &[usize::from(digits)],
            Digits::Uuid => &[8, 4, 4, 4, 12],
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
        // How many digits stand before the place.
        let mut first = 0;
        for (start, stretch) in whole.windows(piece.len()).enumerate() {
            first += usize::from(start > 0 && whole[start - 1].is_none());
            let mut digit = first;
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
                return Self::Always;
            } else if fits {
                places.mixed.push((mask, value));
            }
        }
        if places.starts != 0 {
            places.digits = piece.bytes().map(|byte| nibble(byte) as u8).collect();
        }
        if places.starts == 0 && places.mixed.is_empty() { Self::Never } else { Self::Digits(places) }
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

    /// Sets the bits of the numbers that have the piece at a place with fixed text in it.
    fn find_mixed<N: Number>(&self, numbers: &[N], words: &mut [u64]) {
        for (mask, value) in &self.mixed {
            for (numbers, word) in numbers.chunks(64).zip(words.iter_mut()) {
                for (bit, number) in numbers.iter().enumerate() {
                    *word |= u64::from(number.has(*mask, *value)) << bit;
                }
            }
        }
    }
}
