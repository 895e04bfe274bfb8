//! Where a text field's value comes from.

use std::borrow::Cow;

use super::Context;
use super::record::{Look, Path};

/// Where a text comes from. As written: `"/pointer"`, a list of sources, `"{/a} {/b}"`,
/// `{ constant = "…" }`, `{ fan_out = true }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextSource {
    /// The value at a path: text as it is, a number's or boolean's JSON text; arrays and objects
    /// count as absent.
    At(Path),
    /// The first of these that is not empty; an empty one where no other is there.
    First(Vec<TextSource>),
    /// Values with text between them.
    Template(Vec<Piece>),
    /// Always the same.
    Constant(Box<str>),
    /// The fan-out value that the entry was asked for with.
    FanOut,
}

/// A piece of a [`TextSource::Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text that stands as it is, where the values on both its sides are there.
    Literal(Box<str>),
    /// The value at a path.
    Value(Path),
}

impl TextSource {
    /// The text, where the record has one.
    pub fn read<'a>(&'a self, record: &impl Look<'a>, context: &'a Context) -> Option<Cow<'a, str>> {
        match self {
            Self::At(path) => record.scalar(path),
            Self::First(sources) => {
                let mut empty = None;
                for source in sources {
                    match source.read(record, context) {
                        Some(text) if text.is_empty() => empty = Some(text),
                        Some(text) => return Some(text),
                        None => {}
                    }
                }
                empty
            }
            Self::Template(pieces) => template(pieces, record),
            Self::Constant(text) => Some(Cow::Borrowed(text)),
            Self::FanOut => context.workspace.as_deref().map(Cow::Borrowed),
        }
    }

    /// Whether it says nothing of a record.
    pub fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }
}

/// Fills a template. A value that is absent or empty takes the text beside it along, so that of
/// `METHOD /path` without a path `METHOD` is left; `None` where no value is there.
fn template<'a>(pieces: &[Piece], record: &impl Look<'a>) -> Option<Cow<'a, str>> {
    let mut filled = String::new();
    let mut has_value = false;
    // The text before the next piece, if that is there; and whether the piece before it was.
    let (mut between, mut was_there) = ("", true);
    for piece in pieces {
        match piece {
            Piece::Literal(text) => {
                filled.push_str(between);
                between = if was_there { text } else { "" };
                was_there = true;
            }
            Piece::Value(path) => {
                let value = record.scalar(path).filter(|text| !text.is_empty());
                was_there = value.is_some();
                if let Some(value) = value {
                    if !has_value {
                        filled.reserve(TEMPLATE_BYTES);
                    }
                    filled.push_str(between);
                    filled.push_str(&value);
                    has_value = true;
                }
                between = "";
            }
        }
    }
    filled.push_str(between);
    has_value.then_some(Cow::Owned(filled))
}

/// Room for most filled templates.
const TEMPLATE_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Rank;
    use crate::json::{Node, Pointer};
    use crate::provider::mapping::Opened;

    fn at(pointer: &str) -> Path {
        Path::new(&Pointer::parse(pointer).expect("a pointer"))
    }

    fn read(source: &TextSource, record: &str) -> Option<String> {
        let context = Context {
            source: "s".into(),
            provider: "p".into(),
            workspace: Some("ws_1".into()),
            rank: Rank::ListRow,
        };
        let opened = Opened::new(Node::parse(record).expect("JSON"));
        source.read(&opened, &context).map(Cow::into_owned)
    }

    #[test]
    fn numbers_and_booleans_become_their_text_and_the_rest_is_absent() {
        let source = TextSource::At(at("/a"));
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(read(&source, r#"{"a":"x"}"#), is("x"));
        assert_eq!(read(&source, r#"{"a":""}"#), is(""));
        assert_eq!(read(&source, r#"{"a":1.50e3}"#), is("1.50e3"));
        assert_eq!(
            read(&source, r#"{"a":12345678901234567890123456789}"#),
            is("12345678901234567890123456789")
        );
        assert_eq!(read(&source, r#"{"a":true}"#), is("true"));
        assert_eq!(read(&source, r#"{"a":"\ud800!"}"#), is("\u{fffd}!"));
        for absent in [r#"{"a":null}"#, r#"{"a":[1]}"#, r#"{"a":{"b":1}}"#, "{}"] {
            assert_eq!(read(&source, absent), None, "{absent}");
        }
    }

    #[test]
    fn the_first_that_is_not_empty_is_taken() {
        let source = TextSource::First(vec![TextSource::At(at("/a")), TextSource::At(at("/a/name"))]);
        assert_eq!(read(&source, r#"{"a":{"name":"n"}}"#).as_deref(), Some("n"));
        assert_eq!(read(&source, r#"{"a":"t"}"#).as_deref(), Some("t"));
        let two = TextSource::First(vec![TextSource::At(at("/a")), TextSource::At(at("/b"))]);
        assert_eq!(read(&two, r#"{"a":"","b":"t"}"#).as_deref(), Some("t"));
        assert_eq!(read(&two, r#"{"a":"","b":null}"#).as_deref(), Some(""));
        assert_eq!(read(&two, r#"{"b":null}"#), None);
        assert_eq!(read(&TextSource::FanOut, "{}").as_deref(), Some("ws_1"));
    }

    #[test]
    fn a_template_without_one_value_is_the_other_alone() {
        let source = TextSource::Template(vec![
            Piece::Value(at("/m")),
            Piece::Literal(" ".into()),
            Piece::Value(at("/e")),
        ]);
        assert_eq!(read(&source, r#"{"m":"GET","e":"/x"}"#).as_deref(), Some("GET /x"));
        assert_eq!(read(&source, r#"{"m":"GET","e":null}"#).as_deref(), Some("GET"));
        assert_eq!(read(&source, r#"{"m":"","e":"/x"}"#).as_deref(), Some("/x"));
        assert_eq!(read(&source, "{}"), None);
        let framed = TextSource::Template(vec![
            Piece::Literal("id ".into()),
            Piece::Value(at("/m")),
            Piece::Literal("!".into()),
        ]);
        assert_eq!(read(&framed, r#"{"m":7}"#).as_deref(), Some("id 7!"));
    }
}
