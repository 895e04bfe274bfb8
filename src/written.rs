//! TOML as a person wrote it: every value knows its file, its line and its full key, so that each
//! complaint can name all three, and an unknown key is answered with the nearest valid one.
//!
//! Descriptors and the config are read through this. Complaints never quote a value on their own
//! account: a config may hold what nobody should see; a reader that knows a value to be harmless
//! puts it into its message itself.
//!
//! Not here: what the keys mean.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::ops::RangeInclusive;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::json::{Json, Node, Pointer};
use crate::text;

/// The longest file that is read, in bytes. A config or descriptor is a page or two.
const LONGEST: u64 = 1 << 20;

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// The full key, dotted; empty where none is meant.
    pub key: String,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl Error {
    /// A complaint about a file as a whole.
    pub fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 0, key: String::new(), message: message.into() }
    }
}

/// `FILE:LINE: key KEY: what`, with visible marks for hostile characters.
impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", text::visible(&self.file))?;
        if self.line > 0 {
            write!(out, ":{}", self.line)?;
        }
        if !self.key.is_empty() {
            write!(out, ": key `{}`", text::visible(&self.key))?;
        }
        write!(out, ": {}", text::visible(&self.message))
    }
}

/// Reads a file of at most 1 MiB of UTF-8.
pub fn read_file(path: &Path) -> Result<String, Error> {
    let name = path.display().to_string();
    let cannot = |error: std::io::Error| Error::of_file(&name, format!("cannot be read: {error}"));
    let mut bytes = Vec::new();
    File::open(path).map_err(cannot)?.take(LONGEST + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Error::of_file(&name, "is longer than 1 MiB, so it is not what it should be"));
    }
    String::from_utf8(bytes).map_err(|_| Error::of_file(&name, "is not UTF-8 text"))
}

/// A parsed file.
#[derive(Debug)]
pub struct Document<'t> {
    file: &'t str,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

impl<'t> Document<'t> {
    /// Parses TOML; `file` is what complaints call it.
    pub fn parse(file: &'t str, text: &'t str) -> Result<Self, Error> {
        let root = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_at(text, span.start));
            Error { line, ..Error::of_file(file, format!("not valid TOML: {}", error.message())) }
        })?;
        Ok(Self { file, text, root })
    }

    /// The table at the top, which may have these keys alone.
    pub fn root(&self, keys: &[&str]) -> Result<Table<'_>, Error> {
        let place = Place { document: self, path: String::new(), offset: None };
        Table { place, entries: self.root.get_ref() }.checked(keys)
    }
}

/// The line of a byte offset, from 1.
fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    memchr::memchr_iter(b'\n', before).count() + 1
}

/// Where something stands.
#[derive(Debug, Clone)]
struct Place<'d> {
    document: &'d Document<'d>,
    path: String,
    /// `None` for the whole file.
    offset: Option<usize>,
}

impl Place<'_> {
    fn error(&self, message: impl Into<String>) -> Error {
        Error {
            file: self.document.file.to_owned(),
            line: self.offset.map_or(0, |offset| line_at(self.document.text, offset)),
            key: self.path.clone(),
            message: message.into(),
        }
    }
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Value<'d> {
    place: Place<'d>,
    value: &'d DeValue<'d>,
}

impl<'d> Value<'d> {
    /// A complaint about this value.
    pub fn error(&self, message: impl Into<String>) -> Error {
        self.place.error(message)
    }

    /// The full key, dotted; elements of lists by number, from 1.
    pub fn key(&self) -> &str {
        &self.place.path
    }

    /// The line that the key stands in, from 1.
    pub fn line(&self) -> usize {
        self.place.offset.map_or(0, |offset| line_at(self.place.document.text, offset))
    }

    /// Whether it is a text.
    pub fn is_text(&self) -> bool {
        self.value.is_str()
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        self.value.is_table()
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        self.value.is_array()
    }

    fn found(&self, expected: &str) -> Error {
        let found = match self.value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.error(format!("expected {expected}, found {found}"))
    }

    /// A text.
    pub fn text(&self) -> Result<&'d str, Error> {
        match self.value {
            DeValue::String(text) => Ok(text),
            _ => Err(self.found("text in quotes")),
        }
    }

    /// A text that is not empty.
    pub fn filled(&self) -> Result<&'d str, Error> {
        match self.text()? {
            "" => Err(self.error("must not be empty")),
            text => Ok(text),
        }
    }

    /// A boolean.
    pub fn bool(&self) -> Result<bool, Error> {
        match self.value {
            DeValue::Boolean(value) => Ok(*value),
            _ => Err(self.found("true or false")),
        }
    }

    /// A whole number in a range.
    pub fn integer(&self, range: RangeInclusive<i64>) -> Result<i64, Error> {
        let DeValue::Integer(number) = self.value else {
            return Err(self.found("a whole number"));
        };
        i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| match (range.start(), range.end()) {
                (low, &i64::MAX) => self.error(format!("must be at least {low}")),
                (low, high) => self.error(format!("must be between {low} and {high}")),
            })
    }

    /// A finite number, whole or with a fraction, in a range.
    pub fn number(&self, range: RangeInclusive<f64>) -> Result<f64, Error> {
        let number = match self.value {
            DeValue::Integer(_) => self.integer(i64::MIN..=i64::MAX)? as f64,
            DeValue::Float(float) => float.as_str().parse().unwrap_or(f64::NAN),
            _ => return Err(self.found("a number")),
        };
        let fits = range.contains(&number);
        let (low, high) = (range.start(), range.end());
        if fits { Ok(number) } else { Err(self.error(format!("must be between {low} and {high}"))) }
    }

    /// A list's elements.
    pub fn list(&self) -> Result<Vec<Value<'d>>, Error> {
        let DeValue::Array(elements) = self.value else {
            return Err(self.found("a list"));
        };
        Ok(elements.iter().enumerate().map(|(index, element)| self.element(index, element)).collect())
    }

    fn element(&self, index: usize, element: &'d Spanned<DeValue<'d>>) -> Value<'d> {
        let place = Place {
            document: self.place.document,
            path: format!("{}[{}]", self.place.path, index + 1),
            offset: Some(element.span().start),
        };
        Value { place, value: element.get_ref() }
    }

    /// A list's elements, or the value alone as a list of one.
    pub fn one_or_list(&self) -> Result<Vec<Value<'d>>, Error> {
        if self.is_list() { self.list() } else { Ok(vec![self.clone()]) }
    }

    /// A list of texts, or one text, none of them empty; at least one.
    pub fn texts(&self) -> Result<Vec<&'d str>, Error> {
        let values = self.one_or_list()?;
        if values.is_empty() {
            return Err(self.error("must not be an empty list"));
        }
        values.iter().map(Value::filled).collect()
    }

    /// One of these words; the complaint names the nearest.
    pub fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Error> {
        let typed = self.text()?;
        match words.iter().find(|(word, _)| *word == typed) {
            Some((_, meaning)) => Ok(*meaning),
            None => Err(self.error(unknown("value", typed, words.iter().map(|(word, _)| *word)))),
        }
    }

    /// A text, whole number or boolean as JSON.
    pub fn json(&self) -> Result<Json, Error> {
        let literal = match self.value {
            DeValue::String(text) => return Ok(Json::from_text(text)),
            DeValue::Integer(_) => self.integer(i64::MIN..=i64::MAX)?.to_string(),
            DeValue::Boolean(value) => value.to_string(),
            _ => return Err(self.found("text, a whole number or a boolean")),
        };
        Node::parse(&literal).map(Json::from_node).map_err(|error| self.error(error.to_string()))
    }

    /// An RFC 6901 pointer.
    pub fn pointer(&self) -> Result<Pointer, Error> {
        let typed = self.text()?;
        Pointer::parse(typed).ok_or_else(|| {
            self.error(format!("`{typed}` is no JSON pointer: empty for the whole, else /name/name"))
        })
    }

    /// A list of pointers, or one.
    pub fn pointers(&self) -> Result<Vec<Pointer>, Error> {
        let values = self.one_or_list()?;
        if values.is_empty() {
            return Err(self.error("must not be an empty list"));
        }
        values.iter().map(Value::pointer).collect()
    }

    /// A table that may have these keys alone.
    pub fn table(&self, keys: &[&str]) -> Result<Table<'d>, Error> {
        self.any_table()?.checked(keys)
    }

    /// A table whose keys are names that the writer chose, in the order of the file.
    pub fn named(&self) -> Result<Vec<(&'d str, Value<'d>)>, Error> {
        Ok(self.any_table()?.in_order())
    }

    fn any_table(&self) -> Result<Table<'d>, Error> {
        match self.value {
            DeValue::Table(entries) => Ok(Table { place: self.place.clone(), entries }),
            _ => Err(self.found("a table")),
        }
    }
}

/// A table with its place.
#[derive(Debug, Clone)]
pub struct Table<'d> {
    place: Place<'d>,
    entries: &'d DeTable<'d>,
}

impl<'d> Table<'d> {
    /// A complaint about this table.
    pub fn error(&self, message: impl Into<String>) -> Error {
        self.place.error(message)
    }

    /// The value of a key, where it is there.
    pub fn get(&self, key: &str) -> Option<Value<'d>> {
        let (name, value) = self.entries.get_key_value(key)?;
        Some(self.value(name.get_ref(), name.span().start, value))
    }

    /// The value of a key that must be there.
    pub fn need(&self, key: &str) -> Result<Value<'d>, Error> {
        self.get(key).ok_or_else(|| self.error(format!("the key `{key}` is missing")))
    }

    /// A key's text, where it is there.
    pub fn text(&self, key: &str) -> Result<Option<&'d str>, Error> {
        self.get(key).map(|value| value.filled()).transpose()
    }

    /// A key's text, which must be there.
    pub fn need_text(&self, key: &str) -> Result<&'d str, Error> {
        self.need(key)?.filled()
    }

    /// A key's boolean; absent: false.
    pub fn flag(&self, key: &str) -> Result<bool, Error> {
        self.get(key).map_or(Ok(false), |value| value.bool())
    }

    /// A key's whole number in a range, where it is there.
    pub fn integer(&self, key: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Error> {
        self.get(key).map(|value| value.integer(range)).transpose()
    }

    /// All entries, in the order of the file.
    fn in_order(&self) -> Vec<(&'d str, Value<'d>)> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries
            .into_iter()
            .map(|(name, value)| (&**name.get_ref(), self.value(name.get_ref(), name.span().start, value)))
            .collect()
    }

    fn value(&self, name: &str, offset: usize, value: &'d Spanned<DeValue<'d>>) -> Value<'d> {
        let bare = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        let name = if bare { name.to_owned() } else { format!("{name:?}") };
        let path = if self.place.path.is_empty() { name } else { format!("{}.{name}", self.place.path) };
        let place = Place { document: self.place.document, path, offset: Some(offset) };
        Value { place, value: value.get_ref() }
    }

    /// Itself, where it has no other keys than these.
    fn checked(self, keys: &[&str]) -> Result<Self, Error> {
        match self.in_order().into_iter().find(|(name, _)| !keys.contains(name)) {
            Some((name, value)) => Err(value.error(unknown("key", name, keys.iter().copied()))),
            None => Ok(self),
        }
    }
}

/// `unknown WHAT …; did you mean …?`, or all that are valid where none is near.
pub fn unknown<'a>(what: &str, typed: &str, valid: impl Iterator<Item = &'a str>) -> String {
    let valid: Vec<&str> = valid.collect();
    let start = format!("unknown {what} `{}`", text::shortened(typed, 80));
    if let Some(near) = text::nearest(typed, valid.iter().copied()) {
        return format!("{start}; the nearest valid one is `{near}`");
    }
    let all: Vec<_> = valid.iter().map(|name| format!("`{name}`")).collect();
    format!("{start}; expected {}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint<T>(result: Result<T, Error>) -> String {
        match result {
            Ok(_) => panic!("no complaint"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_valid_one() {
        let document = Document::parse("a.toml", "one = 1\n\n[table]\nbase_ulr = 'x'\n").expect("TOML");
        let root = document.root(&["one", "table"]).expect("known keys");
        let table = root.need("table").and_then(|table| table.table(&["base_url", "region"]));
        assert_eq!(
            complaint(table),
            "a.toml:4: key `table.base_ulr`: unknown key `base_ulr`; the nearest valid one is `base_url`"
        );
        assert_eq!(
            complaint(document.root(&["two"])),
            "a.toml:1: key `one`: unknown key `one`; expected `two`"
        );
        let far = Document::parse("a.toml", "zzzzzzzz = 1").expect("TOML");
        assert_eq!(
            complaint(far.root(&["two", "three"])),
            "a.toml:1: key `zzzzzzzz`: unknown key `zzzzzzzz`; expected `two`, `three`"
        );
    }

    #[test]
    fn a_wrong_type_is_named_without_its_value() {
        let text = "a = 'secret'\nb = [1, 'secret']\n\"c d\" = 3\n";
        let document = Document::parse("f", text).expect("TOML");
        let root = document.root(&["a", "b", "c d"]).expect("known keys");
        let get = |key| root.need(key).expect("there");
        assert_eq!(complaint(get("a").bool()), "f:1: key `a`: expected true or false, found text");
        assert_eq!(
            complaint(get("b").texts()),
            "f:2: key `b[1]`: expected text in quotes, found a whole number"
        );
        assert_eq!(complaint(get("c d").integer(4..=9)), "f:3: key `\"c d\"`: must be between 4 and 9");
        assert_eq!(complaint(root.need("e")), "f: the key `e` is missing");
    }

    #[test]
    fn names_come_in_the_order_of_the_file() {
        let document = Document::parse("f", "[s.b]\nx = 1\n[s.a]\ny = 2\n[s.c]\n").expect("TOML");
        let named = document.root(&["s"]).and_then(|root| root.need("s")?.named()).expect("a table");
        assert_eq!(named.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["b", "a", "c"]);
        assert_eq!(named[1].1.line(), 3);
    }

    #[test]
    fn broken_toml_names_its_line_and_quotes_nothing_of_it() {
        let shown = complaint(Document::parse("f", "a = 1\ntoken = sk-secret\n"));
        assert!(shown.starts_with("f:2: not valid TOML: "), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
        let shown = complaint(Document::parse("f", "a = 'sk-secret\nb = 1"));
        assert!(!shown.contains("secret"), "{shown}");
        let deep = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(complaint(Document::parse("f", &deep)).starts_with("f:1: "));
    }
}
