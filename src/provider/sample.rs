//! Samples of a descriptor: records with the entries that they are to become. They are a
//! descriptor's own tests, and `auditty providers check` runs them.

use std::fmt;
use std::sync::Arc;

use super::Provider;
use super::mapping::Context;
use crate::event::{Event, Kind, Rank};
use crate::json::{Json, Node};
use crate::text;

/// A sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// What it shows.
    pub name: Box<str>,
    /// Where it stands in the descriptor, the line from 1.
    pub line: usize,
    /// What the system sends.
    pub given: Given,
    /// Whether it is a single record rather than a row of a list.
    pub single: bool,
    /// The fan-out value that it was asked for with.
    pub fan_out: Option<Box<str>>,
    /// The normalised entry, with every key; of a page an array of them.
    pub expected: Json,
    /// The kinds of its action, where the sample says.
    pub kinds: Option<Vec<Kind>>,
}

/// What the system sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// One record.
    Record(Json),
    /// A page of the list route.
    Page(Json),
}

/// The name that the source of a sample's entries bears.
pub const SOURCE: &str = "sample";

/// What a sample became instead; its words have visible marks for hostile characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Difference {
    /// Where: a key of the entry, `actor.name`; on a page the item's number before it.
    pub at: String,
    /// What the sample says.
    pub expected: String,
    /// What came out.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = format!("{}: expected {}, found {}", self.at, self.expected, self.found);
        out.write_str(&text::visible(&shown))
    }
}

impl Sample {
    /// Maps what is given and compares it with what is expected, key by key.
    pub fn run(&self, provider: &Provider) -> Vec<Difference> {
        let expected = self.expected.node();
        match &self.given {
            Given::Record(record) => self.record(provider, record.node(), expected, ""),
            Given::Page(page) => {
                let Some(items) = provider.list.as_ref().and_then(|list| list.items_in(page.node())) else {
                    return vec![difference("page", "items", "no array where the list's `items` points")];
                };
                let items: Vec<_> = items.elements().collect();
                let wanted: Vec<_> = expected.elements().collect();
                if items.len() != wanted.len() {
                    return vec![difference("page", &wanted.len().to_string(), &items.len().to_string())];
                }
                let pairs = items.into_iter().zip(wanted).enumerate();
                pairs
                    .flat_map(|(index, (item, wanted))| {
                        self.record(provider, item, wanted, &format!("item {}, ", index + 1))
                    })
                    .collect()
            }
        }
    }

    fn record(
        &self,
        provider: &Provider,
        record: Node<'_>,
        expected: Node<'_>,
        place: &str,
    ) -> Vec<Difference> {
        let context = Context {
            source: SOURCE.into(),
            provider: Arc::from(&*provider.name),
            workspace: self.fan_out.as_deref().map(Arc::from),
            rank: if self.single { Rank::Single } else { Rank::ListRow },
        };
        let event = match provider.mapping.event(record, &context) {
            Ok(event) => event,
            Err(error) => return vec![difference(&format!("{place}entry"), "one", &error.to_string())],
        };
        let mut differences = compare(&event, expected, place);
        if let Some(kinds) = &self.kinds {
            let names = |wanted: &dyn Fn(Kind) -> bool| {
                let names: Vec<_> =
                    Kind::ALL.into_iter().filter(|kind| wanted(*kind)).map(Kind::name).collect();
                names.join(" ")
            };
            let (wanted, found) =
                (names(&|kind| kinds.contains(&kind)), names(&|kind| event.kinds.contains(kind)));
            if wanted != found {
                differences.push(difference(&format!("{place}kinds"), &wanted, &found));
            }
        }
        differences
    }
}

fn difference(at: &str, expected: &str, found: &str) -> Difference {
    Difference { at: at.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}

/// Compares an entry with an expected one: every key of either, as JSON text, so that even a
/// number's text counts.
fn compare(event: &Event, expected: Node<'_>, place: &str) -> Vec<Difference> {
    let found = serde_json::to_string(event).unwrap_or_default();
    let Ok(found) = Node::parse(&found) else {
        return vec![difference(&format!("{place}entry"), "JSON", &found)];
    };
    let mut differences = Vec::new();
    for (key, value) in found.members() {
        let wanted = expected.member(&key).map(Node::compact);
        if wanted.as_deref() != Some(&*value.compact()) {
            let wanted = wanted.unwrap_or("the key, which is missing".into());
            differences.push(difference(&format!("{place}{key}"), &wanted, value.raw()));
        }
    }
    for (key, value) in expected.members().filter(|(key, _)| found.member(key).is_none()) {
        differences.push(difference(&format!("{place}{key}"), value.raw(), "no such key"));
    }
    differences
}
