//! A system as auditty knows it: where its log is, how it pages, how its records are read.
//!
//! This is the validated form, which the layers above use. It is made of a descriptor as written
//! (`provider::descriptor`, TOML); the shipped ones and the user's own are found through
//! `provider::registry`. No system is named in code: all that is known of one stands in its file.
//!
//! Not here: sending anything (`fetch`). A provider is plain data.

pub mod changes;
pub mod descriptor;
pub mod mapping;
pub mod origin;
pub mod quick;
pub mod registry;
pub mod sample;
pub mod time;

use crate::event::field::Field;
use crate::json::{Json, Kind, Node, Pointer};
use mapping::Mapping;
use sample::Sample;
use time::TimeFormat;

/// A name and its value: a header, a query parameter.
pub type Named = (Box<str>, Box<str>);

/// A system, validated.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its name in configs and exports, `[a-z0-9_-]+`.
    pub name: Box<str>,
    /// Its name for people.
    pub title: Box<str>,
    /// Where it is.
    pub base: Base,
    /// How a request shows who asks.
    pub auth: Auth,
    /// Headers that every request bears besides.
    pub headers: Vec<Named>,
    /// The route of the whole log. `None`: a system that is only ever read from files.
    pub list: Option<Route>,
    /// The route of one entity's history, with `{entity_type}` and `{entity_id}` in its path.
    pub entity: Option<Route>,
    /// The route of one record in full, with `{id}` in its path.
    pub detail: Option<Detail>,
    /// What variables of the list route's path are, in words.
    pub vars: Vec<Named>,
    /// How pages follow one another: the first strategy that the page speaks is the walk's own.
    pub paging: Vec<Paging>,
    /// How the window is sent; `None`: it cannot be, and is applied here alone.
    pub window: Option<Window>,
    /// Whether pages come newest first.
    pub newest_first: bool,
    /// What says that a 200 is a failure: the value at a pointer is one of these.
    pub fail_when: Vec<(Pointer, Vec<Json>)>,
    /// Where an error body's words are, first hit first. A `*` token stands for each element.
    pub error_texts: Vec<Pointer>,
    /// What to tell the user at a status: the status and the advice.
    pub hints: Vec<(u16, Box<str>)>,
    /// How many days entries live at the system, where it deletes them.
    pub retention_days: Option<u32>,
    /// How a record is read.
    pub mapping: Mapping,
    /// What an entry's organisation is, for exports that tell ids from names.
    pub organization_is: OrganizationIs,
    /// Keys that tell the system's records from others' in a file.
    pub markers: Vec<Pointer>,
    /// Records and what they are to become.
    pub samples: Vec<Sample>,
    /// The text of the descriptor, for `providers show`.
    pub toml: Box<str>,
}

/// What stands in an entry's `organization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrganizationIs {
    /// An id.
    Id,
    /// A name.
    #[default]
    Name,
}

/// Where a system is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its default origin; `None` where only the user knows.
    pub url: Option<Box<str>>,
    /// Origins of its regions, by name.
    pub regions: Vec<(Box<str>, Box<str>)>,
    /// Sibling origins that count as its own for redirects and links.
    pub siblings: Vec<Box<str>>,
}

/// How a request shows who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// The header that bears the token, and what stands before it: `Authorization`, `Bearer `.
    pub header: Box<str>,
    /// What stands before the token, its space included.
    pub prefix: Box<str>,
    /// The variable that holds the token where the config says nothing.
    pub env: Box<str>,
    /// How a user name and a password are exchanged for a token.
    pub login: Option<LoginRoute>,
}

/// A form that is posted for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRoute {
    /// The path below the base.
    pub path: Box<str>,
    /// The form's field for the user's name.
    pub username: Box<str>,
    /// The form's field for the password.
    pub password: Box<str>,
    /// Where the token stands in the answer.
    pub token: Pointer,
    /// How many seconds it lives.
    pub ttl_seconds: u64,
}

/// A route that lists entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// The path below the base, with `{variable}` for values of the config's `vars` (and
    /// `{entity_type}`, `{entity_id}`), each percent-encoded as one segment.
    pub path: Box<str>,
    /// Fixed query parameters.
    pub query: Vec<Named>,
    /// Where the items may be; the first pointer that has an array is taken, the empty one is the
    /// root.
    pub items: Vec<Pointer>,
    /// What the route can filter by.
    pub pushes: Vec<Push>,
}

impl Route {
    /// The variables of the path, in order.
    pub fn variables(&self) -> Vec<&str> {
        path_variables(&self.path)
    }

    /// The array of items in a page; `None` where there is none, which is an error, never an empty
    /// page.
    pub fn items_in<'a>(&self, page: Node<'a>) -> Option<Node<'a>> {
        self.items.iter().filter_map(|at| page.at(at)).find(|node| node.kind() == Kind::Array)
    }
}

/// The `{variable}`s of a path, in order.
pub fn path_variables(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect()
}

/// The route of a single record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The path below the base, with `{id}`.
    pub path: Box<str>,
    /// Where the record is in the answer; root: the answer itself.
    pub record: Pointer,
}

/// How pages follow one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// All of a window comes at once.
    None,
    /// By a number of entries to pass over. Pages are independent.
    Offset {
        /// The parameter with the number.
        offset: Box<str>,
        /// The page's size.
        size: PageSize,
    },
    /// By the page's number. Pages are independent.
    Page {
        /// The parameter with the number.
        page: Box<str>,
        /// The first page's number.
        first: u64,
        /// The page's size.
        size: PageSize,
        /// Where it stands whether there are more.
        more: Option<Pointer>,
        /// Where the number of pages stands.
        total_pages: Option<Pointer>,
    },
    /// By a cursor, text or number, that each page gives for the next.
    Cursor {
        /// The parameter.
        cursor: Box<str>,
        /// Where the next cursor may stand.
        next: Vec<Pointer>,
        /// Where it may stand whether there are more.
        more: Vec<Pointer>,
        /// The page's size.
        size: Option<PageSize>,
    },
    /// By the URL of the next page in a `Link` header (RFC 8288) of this relation.
    Link {
        /// The relation: `next`.
        rel: Box<str>,
    },
    /// By time: the same query again, ending just after the oldest entry seen.
    Descent {
        /// The server's precision, microseconds: what is added to the oldest time seen.
        step_micros: i64,
        /// How many entries of one time make a page suspect of hiding more.
        suspect: usize,
    },
}

/// How a page's size is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageSize {
    /// The parameter.
    pub param: Box<str>,
    /// The least that the system takes.
    pub min: u32,
    /// The most that it takes; `None`: not known.
    pub max: Option<u32>,
    /// Whether it is sent only where the source sets `page_size`.
    pub only_if_set: bool,
}

/// How the window is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The parameter of the start, where there is one.
    pub since: Option<Box<str>>,
    /// The parameter of the end, where there is one.
    pub until: Option<Box<str>>,
    /// Whether the server's end is inclusive.
    pub until_inclusive: bool,
    /// How times are written; rounded outwards to its precision.
    pub format: TimeFormat,
    /// The longest window that the server answers, days.
    pub max_days: Option<u32>,
}

/// A filter that the server can apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The field of ours.
    pub field: Field,
    /// The server's parameter.
    pub param: Box<str>,
    /// Which values it takes.
    pub values: PushValues,
    /// Whether it is used only where the source's `push` names it.
    pub opt_in: bool,
}

/// Which values a pushed parameter takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushValues {
    /// These, in the server's own spelling; compared without regard to case.
    OneOf(Vec<Box<str>>),
    /// A whole number.
    Integer,
    /// The status's hundred: `2xx` to `5xx`.
    StatusClass,
    /// The text in upper case.
    Upper,
    /// Any text that has no upper-case letter (so that a server that heeds case finds the same).
    Lower,
}

/// How a walk's pages relate: whether page n+1 can be asked for before page n came.
impl Paging {
    /// The word in a descriptor.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Offset { .. } => "offset",
            Self::Page { .. } => "page",
            Self::Cursor { .. } => "cursor",
            Self::Link { .. } => "link",
            Self::Descent { .. } => "descent",
        }
    }

    /// Whether pages can be fetched side by side.
    pub fn is_independent(&self) -> bool {
        matches!(self, Self::Offset { .. } | Self::Page { .. })
    }

    /// The page's size, where it is sent.
    pub fn size(&self) -> Option<&PageSize> {
        match self {
            Self::Offset { size, .. } | Self::Page { size, .. } => Some(size),
            Self::Cursor { size, .. } => size.as_ref(),
            Self::None | Self::Link { .. } | Self::Descent { .. } => None,
        }
    }
}

impl Provider {
    /// The range of page sizes that a source may ask for; `None`: the size is never sent.
    pub fn page_sizes(&self) -> Option<std::ops::RangeInclusive<u32>> {
        let size = self.paging.iter().find_map(Paging::size)?;
        Some(size.min..=size.max.unwrap_or(u32::MAX))
    }

    /// The advice at a status.
    pub fn hint(&self, status: u16) -> Option<&str> {
        self.hints.iter().find(|(at, _)| *at == status).map(|(_, hint)| &**hint)
    }
}
