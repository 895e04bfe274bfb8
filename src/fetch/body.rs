//! A page's body: validated JSON, its items, what its envelope says of further pages, and the
//! entries that its items become.
//!
//! Not here: what follows from it (`fetch::pager`), and how a record is read (`provider::mapping`).

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use reqwest::header::{HeaderMap, LINK};
use url::Url;

use super::error::{excerpt, server_words};
use super::link;
use super::pager::{Entries, Facts};
use super::retry::Failure;
use super::{Skipped, client};
use crate::event::Event;
use crate::interval::Interval;
use crate::json::{Json, Kind, Node, Pointer};
use crate::provider::mapping::{Context, Look, Opened, Path};
use crate::provider::{Paging, Provider, Route};
use crate::timestamp::Timestamp;

/// Why a body is not what was expected.
#[derive(Debug)]
pub struct BadBody {
    /// [`Failure::Body`] or [`Failure::SaysFailure`].
    pub failure: Failure,
    /// What is wrong with it, in words; a server's own may be among them.
    pub text: String,
}

/// A body that is valid JSON and does not say that it failed.
#[derive(Debug)]
pub struct Body {
    /// The JSON text, without white space around it.
    text: String,
}

impl Body {
    /// Validates a body and looks into it, opened once. `Content-Type` is not looked at.
    pub fn read<T>(
        provider: &Provider,
        body: Vec<u8>,
        look: impl FnOnce(&Opened<'_>) -> Result<T, BadBody>,
    ) -> Result<(Self, T), BadBody> {
        let unexpected = |text: String| BadBody { failure: Failure::Body, text };
        let text = String::from_utf8(body).map_err(|_| unexpected("it is no UTF-8 text".to_owned()))?;
        let trimmed = text.strip_prefix('\u{feff}').unwrap_or(&text).trim_matches([' ', '\t', '\n', '\r']);
        if trimmed.is_empty() {
            return Err(unexpected("it is empty".to_owned()));
        }
        let root = Node::parse(trimmed)
            .map_err(|error| unexpected(format!("{error}; it begins with {}", excerpt(trimmed))))?;
        let opened = Opened::new(root);
        let says_failure = provider.fail_when.iter().any(|(pointer, values)| {
            at(&opened, pointer).is_some_and(|found| values.contains(&Json::from_node(found)))
        });
        if says_failure {
            let words = server_words(provider, trimmed.as_bytes()).unwrap_or_default();
            return Err(BadBody { failure: Failure::SaysFailure, text: words });
        }
        let seen = look(&opened)?;
        drop(opened);
        let text = if trimmed.len() == text.len() { text } else { trimmed.to_owned() };
        Ok((Self { text }, seen))
    }

    /// The whole value.
    pub fn root(&self) -> Node<'_> {
        Node::from_kept(&self.text)
    }
}

/// A page as it came: its facts are read, its items not yet.
#[derive(Debug)]
pub struct Listing {
    body: Body,
    /// The URL that answered, from which a link leads on.
    pub url: Url,
    /// What its envelope and headers say.
    pub facts: Facts,
}

impl Listing {
    /// Reads the answer of a list route. An absent item list is an error, never an empty result.
    pub fn read(provider: &Provider, route: &Route, answer: client::Answer) -> Result<Self, BadBody> {
        let (body, facts) = Body::read(provider, answer.body, |opened| {
            let arrays = route.items.iter().filter_map(|pointer| at(opened, pointer));
            let items = arrays.into_iter().find(|node| node.kind() == Kind::Array);
            items
                .map(|items| facts(provider, opened, items, &answer.headers))
                .ok_or_else(|| no_items(route, opened))
        })?;
        Ok(Self { body, url: answer.url, facts })
    }

    /// How many items the page has.
    pub fn count(&self, route: &Route) -> usize {
        route.items_in(self.body.root()).map_or(0, |items| items.elements().count())
    }

    /// The entries of the page.
    pub fn entries(
        &self,
        provider: &Provider,
        route: &Route,
        context: &Context,
        window: Interval,
    ) -> PageEntries {
        let mut page = PageEntries::default();
        let items = route.items_in(self.body.root()).map(Node::elements).into_iter().flatten();
        for (index, item) in items.enumerate() {
            page.items += 1;
            match provider.mapping.event(item, context) {
                Ok(event) => page.take(event, window),
                Err(error) => {
                    page.skipped.push(Skipped { page: 0, item: index + 1, why: error.to_string() });
                }
            }
        }
        page
    }
}

/// The entries of a page, and their times.
#[derive(Debug)]
pub struct PageEntries {
    /// Those inside the window, in the server's order.
    pub inside: Vec<Event>,
    /// How many items the page has.
    pub items: usize,
    /// The items that became none; their page's number is still 0.
    pub skipped: Vec<Skipped>,
    /// The time of the first entry, inside the window or not.
    pub first: Option<Timestamp>,
    /// The time of the last entry.
    pub last: Option<Timestamp>,
    /// The oldest time.
    pub oldest: Option<Timestamp>,
    /// The newest time.
    pub newest: Option<Timestamp>,
    /// Whether no entry is newer than the one before it.
    pub descending: bool,
}

impl Default for PageEntries {
    fn default() -> Self {
        Self {
            inside: Vec::new(),
            items: 0,
            skipped: Vec::new(),
            first: None,
            last: None,
            oldest: None,
            newest: None,
            descending: true,
        }
    }
}

impl PageEntries {
    fn take(&mut self, event: Event, window: Interval) {
        let time = event.time;
        self.descending &= self.last.is_none_or(|last| time <= last);
        self.first.get_or_insert(time);
        self.last = Some(time);
        self.oldest = Some(self.oldest.map_or(time, |oldest| oldest.min(time)));
        self.newest = Some(self.newest.map_or(time, |newest| newest.max(time)));
        if window.contains(time) {
            self.inside.push(event);
        }
    }

    /// As a walk by time looks at it.
    pub fn as_entries(&self) -> Entries<'_> {
        Entries { items: self.items, inside: &self.inside, oldest: self.oldest, newest: self.newest }
    }
}

/// What is at a pointer of an opened body.
pub fn at<'a>(opened: &Opened<'a>, pointer: &Pointer) -> Option<Node<'a>> {
    opened.at(&Path::new(pointer))
}

fn no_items(route: &Route, opened: &Opened<'_>) -> BadBody {
    let place = |at: &Pointer| if at.is_root() { "the root".to_owned() } else { at.to_string() };
    let places: Vec<_> = route.items.iter().map(place).collect();
    let whole = opened.at(&Path::new(&Pointer::default())).map_or("", Node::raw);
    let text =
        format!("it has no list of entries at {}; it begins with {}", places.join(" or "), excerpt(whole));
    BadBody { failure: Failure::Body, text }
}

fn facts(provider: &Provider, opened: &Opened<'_>, items: Node<'_>, headers: &HeaderMap) -> Facts {
    let mut facts = Facts::default();
    // Where each page tells the next, this is on the way to the next request: items are counted when
    // they are read.
    if provider.paging.iter().any(Paging::is_independent) {
        let mut hasher = DefaultHasher::new();
        items.raw().hash(&mut hasher);
        facts.fingerprint = Some(hasher.finish());
        facts.items = items.elements().count();
    }
    for paging in &provider.paging {
        match paging {
            Paging::Cursor { next, more, .. } => {
                facts.cursor = next.iter().find_map(|pointer| cursor(at(opened, pointer)?));
                facts.more =
                    facts.more.or_else(|| more.iter().find_map(|pointer| at(opened, pointer)?.bool()));
            }
            Paging::Page { more, total_pages, .. } => {
                facts.more = facts.more.or_else(|| at(opened, more.as_ref()?)?.bool());
                facts.total_pages =
                    total_pages.as_ref().and_then(|pointer| at(opened, pointer)?.raw().parse().ok());
            }
            Paging::Link { rel } => {
                let lines = headers.get_all(LINK).iter().filter_map(|line| line.to_str().ok());
                facts.link = link::target(lines, rel);
            }
            Paging::None | Paging::Offset { .. } | Paging::Descent { .. } => {}
        }
    }
    facts
}

/// A cursor is a text that is not empty, or a number.
fn cursor(node: Node<'_>) -> Option<String> {
    match node.kind() {
        Kind::String | Kind::Number => node.scalar().filter(|text| !text.is_empty()).map(Cow::into_owned),
        _ => None,
    }
}

/// What the entries of a part have that their records do not say.
pub fn context(part: &super::Part, provider: &Provider, rank: crate::event::Rank) -> Context {
    Context {
        source: Arc::clone(&part.source),
        provider: Arc::from(&*provider.name),
        workspace: part.value.clone(),
        rank,
    }
}
