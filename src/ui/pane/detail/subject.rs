//! What a line of the detail speaks of, and what one can do with it: filter by it, leave it out,
//! copy it.

use crate::event::Event;
use crate::event::field::Field;
use crate::handover;
use crate::json::Pointer;
use crate::query::Query;

/// What a line speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A field of the entry.
    Field(Field),
    /// A value of the record.
    Pointer(Pointer),
    /// A path that the entry changed.
    Path(String),
}

/// Why nothing can be done with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Nothing {
    /// It has no value.
    #[error("there is no value here")]
    NoValue,
    /// It holds other values.
    #[error("this holds other values; unfold it and choose one of them")]
    Container,
    /// No filter finds it.
    #[error("no filter finds this value")]
    NoFilter,
}

impl Subject {
    /// Its value as text.
    pub fn value(&self, event: &Event) -> Result<String, Nothing> {
        match self {
            Self::Field(field) => {
                event.text(*field).map(std::borrow::Cow::into_owned).ok_or(Nothing::NoValue)
            }
            Self::Path(path) => Ok(path.clone()),
            Self::Pointer(pointer) => {
                let node = event.record.node().at(pointer).ok_or(Nothing::NoValue)?;
                match node.scalar() {
                    Some(text) => Ok(text.into_owned()),
                    None if node.is_null() => Err(Nothing::NoValue),
                    None => Err(Nothing::Container),
                }
            }
        }
    }

    /// The filter with this value asked for, or left out.
    pub fn narrowed(&self, query: Query, event: &Event, include: bool) -> Result<Query, Nothing> {
        let value = self.value(event)?;
        let field = match self {
            Self::Field(field) => *field,
            Self::Path(_) => Field::Changes,
            Self::Pointer(pointer) => {
                let pointer = pointer.clone();
                return Ok(if include {
                    query.include_at(pointer, &value)
                } else {
                    query.exclude_at(pointer, &value)
                });
            }
        };
        let narrowed = if include { query.include(field, &value) } else { query.exclude(field, &value) };
        narrowed.ok_or(Nothing::NoFilter)
    }

    /// What is copied of it: the value in full; of a container its JSON.
    pub fn copied(&self, event: &Event) -> Result<String, Nothing> {
        match self {
            Self::Field(field) => Ok(handover::cell_text(event, *field)),
            Self::Path(path) => Ok(path.clone()),
            Self::Pointer(pointer) => {
                let node = event.record.node().at(pointer).ok_or(Nothing::NoValue)?;
                let scalar = node.scalar().map(std::borrow::Cow::into_owned);
                Ok(scalar.unwrap_or_else(|| handover::lines::json(node)))
            }
        }
    }

    /// Its name, as a filter has it.
    pub fn name(&self) -> String {
        match self {
            Self::Field(field) => field.name().to_owned(),
            Self::Pointer(pointer) => format!("@{pointer}"),
            Self::Path(_) => Field::Changes.name().to_owned(),
        }
    }
}
