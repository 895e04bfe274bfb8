//! Text that others wrote: folding for comparison, and visible marks for characters that could
//! deceive a reader or drive a terminal.
//!
//! Nothing of a record, a server's error, a file name or a token command may reach a terminal
//! without passing through [`visible`] (or [`json_escaped`] inside JSON).

use std::borrow::Cow;
use std::fmt::Write;

/// Lower case of each character by Unicode, no normalisation: how the filter language compares.
pub fn fold(text: &str) -> String {
    folded(text).into_owned()
}

/// The same; borrowed where folding changes nothing.
pub fn folded(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(text.chars().flat_map(char::to_lowercase).collect());
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}

/// A control character: C0, DEL or C1.
pub fn is_control(character: char) -> bool {
    character.is_control()
}

/// A character that changes the direction of the text around it
/// (U+061C, 200E, 200F, 202A to 202E, 2066 to 2069).
pub fn is_bidi(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A character without width that hides in a text (U+200B to 200D, 2060, FEFF).
pub fn is_zero_width(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Line and paragraph separators, which some terminals take for a line feed (U+2028, 2029).
fn is_separator(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}')
}

/// Whether the character must not reach a terminal as it is.
pub fn is_hostile(character: char) -> bool {
    is_control(character) || is_bidi(character) || is_zero_width(character) || is_separator(character)
}

/// `has:control`: a control character other than tab, line feed and carriage return.
pub fn has_control(text: &str) -> bool {
    text.chars().any(|c| is_control(c) && !matches!(c, '\t' | '\n' | '\r'))
}

/// `has:bidi`: a character that changes the direction of text.
pub fn has_bidi(text: &str) -> bool {
    text.chars().any(is_bidi)
}

/// `has:formula`: a text that a spreadsheet would run: it begins with `=`, `+`, `-`, `@`, tab or CR.
pub fn has_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The visible mark of a hostile character: `␛` for the C0 controls and DEL, `⟨202E⟩` for the rest;
/// `None` for a harmless one.
pub fn mark(character: char) -> Option<Cow<'static, str>> {
    match character {
        '\0'..='\u{1f}' => {
            let picture = char::from_u32(0x2400 + character as u32).unwrap_or('␦');
            Some(Cow::Owned(picture.to_string()))
        }
        '\u{7f}' => Some(Cow::Borrowed("␡")),
        _ if is_hostile(character) => Some(Cow::Owned(format!("⟨{:04X}⟩", character as u32))),
        _ => None,
    }
}

/// The text with every hostile character as its visible mark; borrowed where there is none.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match mark(character) {
            Some(mark) => shown.push_str(&mark),
            None => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// JSON text with every hostile character as `\uXXXX`, for a terminal: still the same JSON.
/// Line feeds between records are not part of the text given.
pub fn json_escaped(json: &str) -> Cow<'_, str> {
    if !json.contains(is_hostile) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 8);
    for character in json.chars() {
        if is_hostile(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// The first `most` characters of a text, with `…` where something was cut.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// A count with a comma between thousands: `48,213`.
pub fn counted(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes for people: `512 bytes`, `64 kB`, `8,500 MB`.
pub fn bytes(count: u64) -> String {
    match count {
        few @ 0..10_000 => format!("{few} bytes"),
        some @ 10_000..10_000_000 => format!("{} kB", counted(some / 1_000)),
        many => format!("{} MB", counted(many / 1_000_000)),
    }
}

/// The name among `names` that is nearest to what was typed, where one is near enough to be meant.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&fold(typed), &fold(name)), name))
        .filter(|(distance, name)| *distance <= name.chars().count().max(3) / 2 + 1)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_become_marks_and_others_stay() {
        assert_eq!(visible("plain ünïcode"), "plain ünïcode");
        assert_eq!(visible("\u{1b}[31mred\u{7f}"), "␛[31mred␡");
        assert_eq!(visible("a\u{202e}b\u{200b}c\u{9b}d"), "a⟨202E⟩b⟨200B⟩c⟨009B⟩d");
        assert_eq!(visible("two\nlines"), "two␊lines");
        assert_eq!(json_escaped("{\"a\":\"\u{202e}\"}"), "{\"a\":\"\\u202e\"}");
    }

    #[test]
    fn has_predicates_follow_the_contract() {
        assert!(!has_control("tab\tline\nend\r"));
        assert!(has_control("\u{1b}") && has_control("\u{7f}") && has_control("\u{85}"));
        assert!(has_bidi("\u{61c}") && has_bidi("\u{2069}") && !has_bidi("\u{200b}"));
        assert!(has_formula("=1") && has_formula("\tx") && !has_formula("a=1"));
    }

    #[test]
    fn nearest_names_what_was_meant() {
        assert_eq!(nearest("statsu", ["status", "source"]), Some("status"));
        assert_eq!(nearest("zzzzzzzzz", ["status", "source"]), None);
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(counted(0), "0");
        assert_eq!(counted(999), "999");
        assert_eq!(counted(1000), "1,000");
        assert_eq!(counted(1_234_567), "1,234,567");
    }
}
