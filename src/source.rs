//! A configured source, as the layers above the config need it: which system, where, with which
//! credentials, how carefully.
//!
//! Not here: reading the config file (`app::config`), and resolving a token (`fetch::auth`).

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A configured source. The descriptor's defaults are not yet applied: an absent value is `None`.
#[derive(Clone)]
pub struct Source {
    /// Its name in the config; entries bear it.
    pub name: Arc<str>,
    /// The descriptor's name.
    pub provider: Arc<str>,
    /// An origin that replaces the descriptor's own: scheme, host, port; no path.
    pub base_url: Option<String>,
    /// The descriptor's region whose base URL is taken.
    pub region: Option<String>,
    /// Where the token comes from; `None`: the descriptor's own variable.
    pub token: Option<Secret>,
    /// A login that is exchanged for a token.
    pub login: Option<Login>,
    /// Values of the path's variables; several values of one fan out.
    pub vars: Vec<(String, Vec<String>)>,
    /// `TYPE/ID` pairs, split at the first slash, for systems with an entity route; empty: the whole log.
    pub entities: Vec<Entity>,
    /// Entries a page; `None`: the system's maximum.
    pub page_size: Option<u32>,
    /// Days that the system keeps entries; `None`: the descriptor's.
    pub retention_days: Option<u32>,
    /// Requests under way at once where pages are independent; `None`: 4.
    pub concurrency: Option<usize>,
    /// How many entries the explorer fetches before it pauses (default 200,000).
    pub max_events: usize,
    /// How long no byte may come (default 30 s); a whole response may take ten times that.
    pub timeout: Duration,
    /// A PEM file of certificate authorities trusted besides the system's.
    pub ca_cert: Option<PathBuf>,
    /// A proxy's URL.
    pub proxy: Option<String>,
    /// Whether plain HTTP to another host than this machine is allowed.
    pub allow_http: bool,
    /// Filters that are pushed although the system does not document them.
    pub push: Vec<String>,
}

/// Everything but the proxy's password.
impl fmt::Debug for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, provider, base_url, region, token, login, vars, entities, page_size, .. } = self;
        let Self { retention_days, concurrency, max_events, timeout, ca_cert, allow_http, push, .. } = self;
        out.debug_struct("Source")
            .field("name", name)
            .field("provider", provider)
            .field("base_url", base_url)
            .field("region", region)
            .field("token", token)
            .field("login", login)
            .field("vars", vars)
            .field("entities", entities)
            .field("page_size", page_size)
            .field("retention_days", retention_days)
            .field("concurrency", concurrency)
            .field("max_events", max_events)
            .field("timeout", timeout)
            .field("ca_cert", ca_cert)
            .field("proxy", &self.proxy.as_ref().map(|_| "***"))
            .field("allow_http", allow_http)
            .field("push", push)
            .finish()
    }
}

impl Source {
    /// `max_events` where the config says nothing.
    pub const MAX_EVENTS: usize = 200_000;
    /// `timeout` where the config says nothing.
    pub const TIMEOUT: Duration = Duration::from_secs(30);

    /// A source of this name and system with every default.
    pub fn new(name: &str, provider: &str) -> Self {
        Self {
            name: name.into(),
            provider: provider.into(),
            base_url: None,
            region: None,
            token: None,
            login: None,
            vars: Vec::new(),
            entities: Vec::new(),
            page_size: None,
            retention_days: None,
            concurrency: None,
            max_events: Self::MAX_EVENTS,
            timeout: Self::TIMEOUT,
            ca_cert: None,
            proxy: None,
            allow_http: false,
            push: Vec::new(),
        }
    }
}

/// A part of a source that has a log of its own: the source, and the fan-out value where it fans
/// out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Part {
    /// The source's name.
    pub source: Arc<str>,
    /// The fan-out value (a workspace, `TYPE/ID` of an entity).
    pub value: Option<Arc<str>>,
}

/// As messages name it: `SOURCE` or `SOURCE VALUE`.
impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(out, "{} {value}", self.source),
            None => write!(out, "{}", self.source),
        }
    }
}

/// An entity of a system with a route for one entity's history.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entity {
    /// What it is: `api_key`, `file` …
    pub kind: String,
    /// Its id.
    pub id: String,
}

impl Entity {
    /// Splits `TYPE/ID` at the first slash; `None` without one, or where a side can be no segment of
    /// a path.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once('/')?;
        (is_segment(kind) && is_segment(id)).then(|| Self { kind: kind.to_owned(), id: id.to_owned() })
    }
}

/// Whether a text can stand in a URL's path as one segment, percent-encoded: it is not empty, and no
/// `.` or `..`, which URLs take for steps even where they are encoded.
pub fn is_segment(text: &str) -> bool {
    !matches!(text, "" | "." | "..")
}

/// Where a secret comes from; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// An environment variable.
    Env(String),
    /// A command and its arguments, whose standard output is the secret.
    Command(Vec<String>),
    /// A file.
    File(PathBuf),
}

/// A login that is exchanged for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub username: String,
    /// Where the password comes from.
    pub password: Secret,
}
