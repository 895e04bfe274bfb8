//! The one way in which a value becomes part of a question's text.
//!
//! Older servers know no parameters, so values stand in the text itself. Whatever bytes a value has,
//! the text has harmless ASCII alone.

use std::fmt::Write;

use crate::timestamp::Timestamp;

/// A value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Bytes, text or not.
    Bytes(&'a [u8]),
    /// A whole number.
    Int(i64),
    /// A number, to its last bit.
    Float(f64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Bytes(text.as_bytes())
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(time: Timestamp) -> Self {
        Self::Int(time.micros())
    }
}

/// The value as it stands in a question.
pub fn literal<'a>(value: impl Into<Value<'a>>) -> String {
    match value.into() {
        Value::Bytes(bytes) => {
            let mut text = String::with_capacity(bytes.len() + 2);
            text.push('\'');
            for byte in bytes {
                match byte {
                    b'a'..=b'z'
                    | b'A'..=b'Z'
                    | b'0'..=b'9'
                    | b' '
                    | b'_'
                    | b'-'
                    | b'.'
                    | b':'
                    | b'/'
                    | b'@' => {
                        text.push(char::from(*byte));
                    }
                    _ => {
                        let _ = write!(text, "\\x{byte:02X}");
                    }
                }
            }
            text.push('\'');
            text
        }
        Value::Int(number) => format!("toInt64('{number}')"),
        Value::Float(number) => {
            let mut text = String::from("reinterpretAsFloat64('");
            for byte in number.to_le_bytes() {
                let _ = write!(text, "\\x{byte:02X}");
            }
            text.push_str("')");
            text
        }
    }
}

/// Values as a list for `IN`.
pub fn list<'a, V: Into<Value<'a>>>(values: impl IntoIterator<Item = V>) -> String {
    let values: Vec<String> = values.into_iter().map(literal).collect();
    format!("({})", values.join(","))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_stand_as_they_are_meant() {
        assert_eq!(literal("a b"), "'a b'");
        assert_eq!(literal("it's \\ \n"), r"'it\x27s \x5C \x0A'");
        assert_eq!(literal(i64::MIN), "toInt64('-9223372036854775808')");
        assert_eq!(literal(Value::Float(1.0)), r"reinterpretAsFloat64('\x00\x00\x00\x00\x00\x00\xF0\x3F')");
        assert_eq!(list(["a", "'"]), r"('a','\x27')");
    }

    proptest! {
        #[test]
        fn nothing_ends_a_text_before_its_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let written = literal(Value::Bytes(&bytes));
            let inside = &written[1..written.len() - 1];
            prop_assert!(inside.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\''));
            // Each backslash begins an escape of two digits.
            let mut read = Vec::new();
            let mut rest = inside;
            while let Some(first) = rest.chars().next() {
                if let Some(escape) = rest.strip_prefix("\\x") {
                    read.push(u8::from_str_radix(&escape[..2], 16).expect("two digits"));
                    rest = &escape[2..];
                } else {
                    prop_assert!(first != '\\');
                    read.push(first as u8);
                    rest = &rest[1..];
                }
            }
            prop_assert_eq!(read, bytes);
        }
    }
}
