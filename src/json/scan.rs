//! The ends of JSON values in bytes, valid JSON alone: what is not is no value here.
//!
//! White space other than spaces and depths that no log has count as not valid, so that the loops
//! stay short: whoever asks has a parser to fall back to.

/// How deep arrays and objects may stand in one another.
const DEEPEST: u32 = 60;

/// Where a value ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scanned {
    /// The first byte behind it.
    pub(super) end: usize,
    /// Whether there is a backslash in it.
    pub(super) escaped: bool,
}

/// The first place from `at` on that is no space.
#[inline]
pub(super) fn spaces(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    at
}

/// The value that begins at `at`.
#[inline]
pub(super) fn value(bytes: &[u8], at: usize) -> Option<Scanned> {
    match *bytes.get(at)? {
        b'"' => string(bytes, at + 1),
        b'{' | b'[' => nested(bytes, at),
        _ => plain(bytes, at),
    }
}

/// The number or word that begins at `at`.
#[inline]
fn plain(bytes: &[u8], at: usize) -> Option<Scanned> {
    let end = match bytes[at] {
        b'-' | b'0'..=b'9' => number(bytes, at)?,
        b't' if bytes[at..].starts_with(b"true") => at + 4,
        b'n' if bytes[at..].starts_with(b"null") => at + 4,
        b'f' if bytes[at..].starts_with(b"false") => at + 5,
        _ => return None,
    };
    Some(Scanned { end, escaped: false })
}

/// The number that begins at `at` (RFC 8259, section 6).
#[inline]
fn number(bytes: &[u8], mut at: usize) -> Option<usize> {
    let digits = |mut at: usize| {
        let start = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        (at > start).then_some(at)
    };
    at += usize::from(bytes[at] == b'-');
    at = if bytes.get(at) == Some(&b'0') { at + 1 } else { digits(at)? };
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let signed = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
        at = digits(at + 1 + usize::from(signed))?;
    }
    Some(at)
}

/// A byte in each of a word's eight.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The lowest bytes of a word that are quotes, backslashes or control characters have their highest
/// bit set in the result; what stands above the lowest of them may be wrong.
#[inline]
fn special(word: u64) -> u64 {
    let below = |word: u64, byte: u8| word.wrapping_sub(each(byte)) & !word;
    // With bit 1 turned over, a quote is the least byte above the control characters, and these stay
    // below it.
    (below(word ^ each(0x02), 0x21) | below(word ^ each(b'\\'), 1)) & each(0x80)
}

/// The place of the quote that ends the string whose first byte is at `at`, where there is no backslash
/// before it, and no control character.
#[inline]
pub(super) fn plain_string(bytes: &[u8], at: usize) -> Option<usize> {
    let (eights, rest) = bytes.get(at..)?.as_chunks::<8>();
    for (number, eight) in eights.iter().enumerate() {
        let special = special(u64::from_le_bytes(*eight));
        if special != 0 {
            let at = at + number * 8 + special.trailing_zeros() as usize / 8;
            return (bytes.get(at) == Some(&b'"')).then_some(at);
        }
    }
    let last = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
    (rest[last] == b'"').then_some(at + eights.len() * 8 + last)
}

/// The string whose opening quote stands before `at`.
#[inline]
pub(super) fn string(bytes: &[u8], mut at: usize) -> Option<Scanned> {
    let mut escaped = false;
    loop {
        while let Some(eight) = bytes.get(at..)?.first_chunk::<8>() {
            let special = special(u64::from_le_bytes(*eight));
            if special != 0 {
                at += special.trailing_zeros() as usize / 8;
                break;
            }
            at += 8;
        }
        match *bytes.get(at)? {
            b'"' => return Some(Scanned { end: at + 1, escaped }),
            b'\\' => {
                escaped = true;
                at = escape(bytes, at + 1)?;
            }
            0..=0x1f => return None,
            // Near the end, byte by byte.
            _ => at += 1,
        }
    }
}

/// Behind the escape whose backslash stands before `at`. A lone surrogate is one.
fn escape(bytes: &[u8], at: usize) -> Option<usize> {
    match *bytes.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => bytes.get(at + 1..at + 5)?.iter().all(u8::is_ascii_hexdigit).then_some(at + 5),
        _ => None,
    }
}

/// The array or object that begins at `at`.
fn nested(bytes: &[u8], mut at: usize) -> Option<Scanned> {
    // A bit for each that is open, the innermost lowest: whether it is an object.
    let (mut open, mut depth, mut escaped) = (0u64, 0, false);
    loop {
        // A value is to come.
        let value = match *bytes.get(at)? {
            opening @ (b'{' | b'[') => {
                let is_object = opening == b'{';
                (open, depth) = (open << 1 | u64::from(is_object), depth + 1);
                if depth > DEEPEST {
                    return None;
                }
                at = spaces(bytes, at + 1);
                if bytes.get(at) == Some(if is_object { &b'}' } else { &b']' }) {
                    (open, depth) = (open >> 1, depth - 1);
                    Scanned { end: at + 1, escaped: false }
                } else {
                    if is_object {
                        at = key(bytes, at, &mut escaped)?;
                    }
                    continue;
                }
            }
            b'"' => string(bytes, at + 1)?,
            _ => plain(bytes, at)?,
        };
        escaped |= value.escaped;
        at = value.end;
        // Behind a value.
        loop {
            if depth == 0 {
                return Some(Scanned { end: at, escaped });
            }
            at = spaces(bytes, at);
            let in_object = open & 1 == 1;
            match *bytes.get(at)? {
                b',' => {
                    at = spaces(bytes, at + 1);
                    if in_object {
                        at = key(bytes, at, &mut escaped)?;
                    }
                    break;
                }
                b'}' if in_object => {}
                b']' if !in_object => {}
                _ => return None,
            }
            (open, depth, at) = (open >> 1, depth - 1, at + 1);
        }
    }
}

/// Where the value begins whose key begins at `at`.
fn key(bytes: &[u8], at: usize, escaped: &mut bool) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let key = string(bytes, at + 1)?;
    *escaped |= key.escaped;
    let colon = spaces(bytes, key.end);
    (bytes.get(colon) == Some(&b':')).then(|| spaces(bytes, colon + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_lowest_special_byte_of_a_word_is_found(bytes in prop::array::uniform8(prop_oneof![
            any::<u8>(),
            prop::sample::select(b"\"\\\x1f\x20\x21\x23\x5b\x5d\x7f\x80\xa2\xdc\x00".as_slice())
        ])) {
            let is_special = |byte: &u8| matches!(*byte, b'"' | b'\\' | 0..=0x1f);
            let found = special(u64::from_le_bytes(bytes));
            let lowest = (found != 0).then(|| found.trailing_zeros() as usize / 8);
            prop_assert_eq!(lowest, bytes.iter().position(is_special));
        }
    }
}
