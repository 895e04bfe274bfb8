//! The columns of a CSV file, by the filter language's names and by pointers into the record.

use std::borrow::Cow;

use crate::event::Event;
use crate::event::field::{Field, Type};
use crate::json::{Kind, Pointer, without_lone_surrogates};
use crate::query::parse::unquoted;
use crate::text;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What stands in the header: the name as typed.
    pub header: String,
    /// What stands in the cells.
    pub content: Content,
}

/// What stands in a column's cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A field's text; `actor` and `target` are the name, else the id.
    Field(Field),
    /// The record's value at a pointer: a string's text, the JSON of anything else.
    Pointer(Pointer),
}

/// Why a list of columns is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// A name that is no field's.
    #[error("unknown column `{typed}`: {advice}")]
    Unknown {
        /// The name, shortened, hostile characters as visible marks.
        typed: String,
        /// What was meant, or may have been.
        advice: String,
    },
    /// A field that is a question, not a value.
    #[error("`{0}` is a question that filters ask and has no column")]
    Question(&'static str),
    /// A column that begins with `@` and is no pointer.
    #[error("`{0}` is no JSON pointer: expected @/name/name, or @\"/a,b\" where it has a comma")]
    Pointer(String),
    /// Two commas side by side, or nothing at all.
    #[error("a column's name is missing: expected names with commas between, such as time,action,actor")]
    Empty,
}

/// The columns where none are named (the contract's section 4).
const STANDARD: &str = "time,source,status,class,action,actor,target,ip,client,latency_ms,request_id,id";

impl Column {
    /// The columns where none are named.
    pub fn standard() -> Vec<Self> {
        Self::parse_list(STANDARD).expect("the standard columns are fields")
    }

    /// Reads `a,b,c`: the filter language's fields and their aliases, and `@/pointer` (in quotes,
    /// `@"/a,b"`, where it has a comma). White space around a name is left out.
    pub fn parse_list(list: &str) -> Result<Vec<Self>, ColumnError> {
        split(list).map(Self::parse).collect()
    }

    /// Reads one column's name.
    pub fn parse(name: &str) -> Result<Self, ColumnError> {
        let content = match name.strip_prefix('@') {
            _ if name.is_empty() => return Err(ColumnError::Empty),
            Some(pointer) => {
                let quoted = unquoted(pointer).filter(|(_, length)| *length == pointer.len());
                let pointer = Pointer::parse(quoted.as_ref().map_or(pointer, |(inside, _)| inside));
                Content::Pointer(pointer.ok_or_else(|| ColumnError::Pointer(shown(name)))?)
            }
            None => Content::Field(field(name)?),
        };
        Ok(Self { header: name.to_owned(), content })
    }

    /// The text of an entry's cell; `None`: an empty one.
    pub fn text<'a>(&self, event: &'a Event) -> Option<Cow<'a, str>> {
        match &self.content {
            Content::Field(field) => event.text(*field),
            Content::Pointer(pointer) => {
                let node = event.record.node().at(pointer)?;
                match node.kind() {
                    Kind::Null => None,
                    Kind::String => node.text(),
                    _ => Some(Cow::Owned(without_lone_surrogates(&node.compact()).into_owned())),
                }
            }
        }
    }

    /// Whether an entry's cell is text, which a spreadsheet could take for a formula, and no number
    /// or time.
    pub fn is_text(&self, event: &Event) -> bool {
        match &self.content {
            Content::Field(field) => !matches!(field.info().kind, Type::Time | Type::Status | Type::Latency),
            Content::Pointer(pointer) => {
                event.record.node().at(pointer).is_some_and(|node| node.kind() != Kind::Number)
            }
        }
    }
}

/// The names of a list `a,b,c`, without the white space around them; at least one, which may be empty.
pub fn split(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        let start = rest.take()?.trim_start();
        // A comma inside a quoted pointer parts nothing.
        let quoted = start.strip_prefix('@').and_then(unquoted).map_or(0, |(_, length)| 1 + length);
        let end = start[quoted..].find(',').map(|comma| quoted + comma);
        rest = end.map(|comma| &start[comma + 1..]);
        Some(start[..end.unwrap_or(start.len())].trim_end())
    })
}

fn field(name: &str) -> Result<Field, ColumnError> {
    match Field::named(name) {
        Some(field) if field.is_column() => Ok(field),
        Some(field) => Err(ColumnError::Question(field.name())),
        None => Err(ColumnError::Unknown {
            typed: shown(name),
            advice: match Field::meant(name, Field::is_column) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "expected a field such as time, action or actor.email, or @/pointer".to_owned(),
            },
        }),
    }
}

fn shown(name: &str) -> String {
    text::visible(&text::shortened(name, 40)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_fields_aliases_and_pointers_with_the_header_as_typed() {
        let columns = Column::parse_list("time, user_agent,ua,@/a/b,@\"/x,y\"").expect("columns");
        let headers: Vec<_> = columns.iter().map(|column| column.header.as_str()).collect();
        assert_eq!(headers, ["time", "user_agent", "ua", "@/a/b", "@\"/x,y\""]);
        assert_eq!(columns[1].content, Content::Field(Field::UserAgent));
        assert_eq!(columns[4].content, Content::Pointer(Pointer::from_tokens(["x,y"])));
        let odd = Column::parse_list(r#"@"/a\",\\",id,@"/b""#).expect("columns");
        assert_eq!(odd[0].content, Content::Pointer(Pointer::from_tokens([r#"a",\"#])));
        assert_eq!(odd[2].content, Content::Pointer(Pointer::from_tokens(["b"])));
    }

    #[test]
    fn what_is_no_column_is_refused_with_advice() {
        let refused = |list: &str| Column::parse_list(list).expect_err(list).to_string();
        assert!(refused("time,acton").contains("unknown column `acton`: did you mean `action`?"));
        assert!(refused("zzzzzzzzzz").contains("expected a field such as"));
        assert!(refused("Time").contains("did you mean `time`?"));
        assert!(refused("user_agnet").contains("did you mean `ua`?"));
        assert!(refused("is").contains("`is` is a question"));
        assert!(refused("has").contains("`has` is a question"));
        assert!(refused("a,,b").contains("unknown column `a`"));
        assert!(refused("time,,id").contains("name is missing"));
        assert!(refused("").contains("name is missing"));
        assert!(refused("@x").contains("no JSON pointer"));
        assert!(refused("\u{1b}[0m").contains("␛[0m"));
    }
}
