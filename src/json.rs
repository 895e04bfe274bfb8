//! JSON text looked at in place: values, members and pointers as slices of the text that came.
//!
//! A record is kept as the bytes that came, so numbers keep their text, keys their order, and a
//! lone surrogate or a depth of 100,000 does no harm (a tree of values refuses the first and
//! overflows the stack on the second). Nothing here recurses. Validation is `serde_json`'s: a
//! [`Node`] is made only of text that it accepted.

mod outline;
mod scan;
pub mod split;

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

pub use outline::Outline;

/// What a JSON value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, as its text.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A value inside valid JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node<'a>(&'a str);

impl<'a> Node<'a> {
    /// The value that the text is, where the text is one valid JSON value.
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        let raw: &RawValue = serde_json::from_str(text)?;
        Ok(Self(raw.get()))
    }

    /// A value that has been validated already.
    pub fn from_raw(raw: &'a RawValue) -> Self {
        Self(raw.get())
    }

    /// A value in text that is known to be one valid JSON value, without white space around it.
    #[inline]
    pub(crate) fn from_kept(text: &'a str) -> Self {
        Self(text)
    }

    /// The text, as it came, white space inside included.
    #[inline]
    pub fn raw(self) -> &'a str {
        self.0
    }

    /// What the value is.
    #[inline]
    pub fn kind(self) -> Kind {
        match self.0.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// Whether the value is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// A string's text, escapes resolved, lone surrogates as U+FFFD; `None` for anything else.
    pub fn text(self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| unescape(&self.0[1..self.0.len() - 1]))
    }

    /// A string's text, or the JSON text of a number or boolean; `None` for null, arrays and objects.
    /// This is how a text key reads its value (the contract's section 4).
    pub fn scalar(self) -> Option<Cow<'a, str>> {
        match self.kind() {
            Kind::String => self.text(),
            Kind::Number | Kind::Bool => Some(Cow::Borrowed(self.0)),
            Kind::Null | Kind::Array | Kind::Object => None,
        }
    }

    /// A boolean's value.
    pub fn bool(self) -> Option<bool> {
        match self.0 {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The members of an object in the order they stand (duplicate keys each on their own); nothing
    /// for any other value.
    pub fn members(self) -> Members<'a> {
        Members(Items::new(self, Kind::Object))
    }

    /// The elements of an array; nothing for any other value.
    pub fn elements(self) -> Elements<'a> {
        Elements(Items::new(self, Kind::Array))
    }

    /// The member of this name; the last one where the key stands twice.
    pub fn member(self, name: &str) -> Option<Node<'a>> {
        self.members().filter(|(key, _)| key == name).last().map(|(_, value)| value)
    }

    /// The value at an RFC 6901 pointer.
    pub fn at(self, pointer: &Pointer) -> Option<Node<'a>> {
        self.at_tokens(&pointer.tokens)
    }

    /// The value at a pointer of these tokens.
    fn at_tokens(self, tokens: &[Box<str>]) -> Option<Node<'a>> {
        tokens.iter().try_fold(self, |node, token| match node.kind() {
            Kind::Object => node.member(token),
            Kind::Array => node.elements().nth(array_index(token)?),
            _ => None,
        })
    }

    /// The text without insignificant white space, nothing else touched.
    pub fn compact(self) -> Cow<'a, str> {
        compact(self.0)
    }
}

impl fmt::Display for Node<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

fn array_index(token: &str) -> Option<usize> {
    let canonical = token == "0" || !token.starts_with(['0', '+']);
    canonical.then(|| token.parse().ok()).flatten()
}

/// The members of an object; see [`Node::members`].
pub struct Members<'a>(Items<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.0.value()?;
        self.0.skip_byte(b':');
        let value = self.0.value()?;
        self.0.skip_byte(b',');
        Some((key.text().unwrap_or_default(), value))
    }
}

/// The elements of an array; see [`Node::elements`].
pub struct Elements<'a>(Items<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let value = self.0.value()?;
        self.0.skip_byte(b',');
        Some(value)
    }
}

/// What stands between the brackets, read value by value.
struct Items<'a> {
    rest: &'a str,
}

impl<'a> Items<'a> {
    fn new(node: Node<'a>, kind: Kind) -> Self {
        let rest = if node.kind() == kind { &node.0[1..node.0.len() - 1] } else { "" };
        Self { rest }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn skip_byte(&mut self, byte: u8) {
        self.skip_space();
        if self.rest.as_bytes().first() == Some(&byte) {
            self.rest = &self.rest[1..];
        }
    }

    fn value(&mut self) -> Option<Node<'a>> {
        self.skip_space();
        let end = value_end(self.rest.as_bytes());
        let (value, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!value.is_empty()).then_some(Node(value))
    }
}

/// The length of the value that the bytes begin with.
fn value_end(bytes: &[u8]) -> usize {
    match bytes.first() {
        None => 0,
        Some(b'"') => string_end(bytes),
        Some(b'{' | b'[') => {
            let mut depth = 0usize;
            let mut at = 0;
            while at < bytes.len() {
                match bytes[at] {
                    b'"' => {
                        at += string_end(&bytes[at..]);
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return at + 1;
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
            bytes.len()
        }
        Some(_) => bytes
            .iter()
            .position(|byte| matches!(byte, b',' | b'}' | b']' | b':' | b' ' | b'\t' | b'\n' | b'\r'))
            .unwrap_or(bytes.len()),
    }
}

/// The length of the string literal that the bytes begin with, quotes included.
fn string_end(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// JSON text without insignificant white space, nothing else touched; borrowed where there is none.
pub fn compact(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out: Option<String> = None;
    let (mut at, mut kept_from) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at += string_end(&bytes[at..]),
            b' ' | b'\t' | b'\n' | b'\r' => {
                let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
                out.push_str(&text[kept_from..at]);
                at += 1;
                kept_from = at;
            }
            _ => at += 1,
        }
    }
    match out {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.push_str(&text[kept_from..]);
            Cow::Owned(out)
        }
    }
}

/// Resolves the escapes of a string literal's inside; a lone surrogate becomes U+FFFD.
fn unescape(inside: &str) -> Cow<'_, str> {
    if !inside.contains('\\') {
        return Cow::Borrowed(inside);
    }
    let mut out = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
        rest = rest.get(at + 2..).unwrap_or_default();
        match escape {
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'u' => {
                let unit = hex(rest);
                rest = rest.get(4..).unwrap_or_default();
                let low = rest.strip_prefix("\\u").map(hex);
                out.push(match (unit, low) {
                    (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                        rest = &rest[6..];
                        char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00))
                            .unwrap_or(char::REPLACEMENT_CHARACTER)
                    }
                    _ => char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER),
                });
            }
            other => out.push(char::from(other)),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn hex(digits: &str) -> u32 {
    digits.get(..4).and_then(|four| u32::from_str_radix(four, 16).ok()).unwrap_or(0xfffd)
}

/// A JSON value as compact text of its own: a side of a change, a leaf that was looked at.
/// Numbers keep their text; lone surrogates in strings are U+FFFD.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Json(Box<str>);

impl Json {
    /// The value of a node, compact.
    pub fn from_node(node: Node<'_>) -> Self {
        Self(without_lone_surrogates(&node.compact()).into())
    }

    /// A string value.
    pub fn from_text(text: &str) -> Self {
        Self(serde_json::Value::from(text).to_string().into())
    }

    /// The compact JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value, to be looked into.
    pub fn node(&self) -> Node<'_> {
        Node(&self.0)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl serde::Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let raw = RawValue::from_string(self.0.to_string()).map_err(serde::ser::Error::custom)?;
        raw.serialize(out)
    }
}

/// JSON text with each lone surrogate escape as `\ufffd`; borrowed where there is none.
pub fn without_lone_surrogates(json: &str) -> Cow<'_, str> {
    let mut out: Option<String> = None;
    let (mut at, mut kept_from) = (0, 0);
    while let Some(found) = json[at..].find('\\') {
        at += found;
        if json.as_bytes().get(at + 1) != Some(&b'u') {
            at += 2;
            continue;
        }
        let unit = hex(&json[at + 2..]);
        let low = json.get(at + 6..).and_then(|next| next.strip_prefix("\\u")).map(hex);
        match (unit, low) {
            (0xd800..=0xdbff, Some(0xdc00..=0xdfff)) => at += 12,
            (0xd800..=0xdfff, _) => {
                let out = out.get_or_insert_default();
                out.push_str(&json[kept_from..at]);
                out.push_str("\\ufffd");
                at += 6;
                kept_from = at;
            }
            _ => at += 6,
        }
    }
    match out {
        None => Cow::Borrowed(json),
        Some(mut out) => {
            out.push_str(&json[kept_from..]);
            Cow::Owned(out)
        }
    }
}

/// An RFC 6901 pointer: empty for the whole value, else `/`-led tokens with `~0` and `~1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Pointer {
    tokens: Vec<Box<str>>,
}

impl Pointer {
    /// Reads a pointer; `None` where the text is neither empty nor begins with `/`, or has a `~`
    /// that is no `~0` or `~1`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let tokens = text.strip_prefix('/')?.split('/').map(|token| {
            let bytes = token.as_bytes();
            let well_formed = bytes
                .iter()
                .enumerate()
                .all(|(at, byte)| *byte != b'~' || matches!(bytes.get(at + 1), Some(b'0' | b'1')));
            well_formed.then(|| token.replace("~1", "/").replace("~0", "~").into())
        });
        Some(Self { tokens: tokens.collect::<Option<_>>()? })
    }

    /// The pointer of these tokens, as they are (not escaped).
    pub fn from_tokens<T: Into<Box<str>>>(tokens: impl IntoIterator<Item = T>) -> Self {
        Self { tokens: tokens.into_iter().map(Into::into).collect() }
    }

    /// The tokens, unescaped.
    pub fn tokens(&self) -> &[Box<str>] {
        &self.tokens
    }

    /// The pointer one level down.
    pub fn child(&self, token: &str) -> Self {
        let mut tokens = self.tokens.clone();
        tokens.push(token.into());
        Self { tokens }
    }

    /// Whether this is the pointer to the whole value.
    pub fn is_root(&self) -> bool {
        self.tokens.is_empty()
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tokens
            .iter()
            .try_for_each(|token| write!(out, "/{}", token.replace('~', "~0").replace('/', "~1")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    pub(super) fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map("[a-c/~\"\\\\ ]{0,3}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn paths(value: &Value, at: &Pointer, found: &mut Vec<Pointer>) {
        found.push(at.clone());
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| paths(value, &at.child(key), found)),
            Value::Array(list) => list
                .iter()
                .enumerate()
                .for_each(|(index, value)| paths(value, &at.child(&index.to_string()), found)),
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn looks_the_same_as_the_parsed_tree(value in any_json()) {
            let pretty = serde_json::to_string_pretty(&value).expect("json");
            let node = Node::parse(&pretty).expect("valid");
            prop_assert_eq!(node.compact(), value.to_string());
            let mut found = Vec::new();
            paths(&value, &Pointer::default(), &mut found);
            for path in found {
                prop_assert_eq!(Pointer::parse(&path.to_string()), Some(path.clone()));
                let here = node.at(&path).expect("there");
                let there = value.pointer(&path.to_string()).expect("there");
                prop_assert_eq!(here.text(), there.as_str().map(Cow::Borrowed));
                prop_assert_eq!(here.compact(), there.to_string());
            }
        }
    }

    #[test]
    fn keeps_what_a_tree_of_values_would_lose() {
        let node = Node::parse(r#"{"n": 412.50, "big": 123456789012345678901234567890, "s": "\ud800 \ud83d\ude00", "a":1, "a":2}"#)
            .expect("valid");
        let at = |path| node.at(&Pointer::parse(path).expect("pointer")).expect("there");
        assert_eq!(at("/n").scalar().as_deref(), Some("412.50"));
        assert_eq!(at("/big").raw(), "123456789012345678901234567890");
        assert_eq!(at("/s").text().as_deref(), Some("\u{fffd} 😀"));
        assert_eq!(Json::from_node(at("/s")).as_str(), r#""\ufffd \ud83d\ude00""#);
        assert_eq!(at("/a").raw(), "2");
    }

    #[test]
    fn a_depth_of_a_hundred_thousand_does_no_harm() {
        let deep = format!("{{\"id\":\"x\",\"deep\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let node = Node::parse(&deep).expect("valid");
        assert_eq!(node.member("id").and_then(Node::text).as_deref(), Some("x"));
        assert_eq!(node.compact().len(), deep.len());
    }

    #[test]
    fn pointers_that_are_none_are_refused() {
        assert_eq!(Pointer::parse("a"), None);
        assert_eq!(Pointer::parse("/a~2"), None);
        assert_eq!(Pointer::parse("/a~"), None);
        assert!(Node::parse("[1,2]").expect("valid").at(&Pointer::parse("/01").expect("pointer")).is_none());
    }
}
