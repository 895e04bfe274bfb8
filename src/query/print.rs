//! Query to text: what `parse` reads back as the same query.

use std::fmt;

use super::Query;

impl fmt::Display for Query {
    fn fmt(&self, _out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}
