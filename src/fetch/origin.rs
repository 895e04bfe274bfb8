//! Whom a URL speaks to: origins, this machine, siblings.
//!
//! Not here: sending, and following a redirect (`fetch::client`).

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::error::message;
use super::{Error, ErrorKind};
use crate::provider::Provider;
use crate::source::Source;
use crate::text::nearest;

/// The origins that a source speaks to: its own, and those that count as its own.
#[derive(Debug, Clone)]
pub struct Origins {
    /// The base of every route: scheme, host and port, path `/`.
    pub base: Url,
    siblings: Vec<Url>,
}

impl Origins {
    /// The origins of a source. An unusable one, an unknown region and plain HTTP to another machine
    /// that was not allowed are errors of the configuration.
    pub fn of(source: &Source, provider: &Provider) -> Result<Self, Error> {
        let wrong = |text: String| Error::new(ErrorKind::Config, message(&source.name, &text));
        let text = match (&source.base_url, &source.region) {
            (Some(url), _) => url.as_str(),
            (None, Some(region)) => {
                let mut regions = provider.base.regions.iter();
                match regions.find(|(name, _)| **name == **region) {
                    Some((_, url)) => url,
                    None => {
                        let names = || provider.base.regions.iter().map(|(name, _)| &**name);
                        let hint = nearest(region, names()).or_else(|| names().next());
                        let hint = hint.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
                        return Err(wrong(format!("the system has no region {region:?}{hint}")));
                    }
                }
            }
            (None, None) => match &provider.base.url {
                Some(url) => url,
                None => return Err(wrong("the system has no address of its own: set base_url".to_owned())),
            },
        };
        let base = parse_origin(text).ok_or_else(|| {
            wrong(format!("base_url {text:?} is no origin such as https://host:port (without path, query or user)"))
        })?;
        if base.scheme() == "http" && !is_loopback(&base) && !source.allow_http {
            return Err(wrong(format!(
                "{text} is plain http to another machine, which would show the token to everybody on the way; use https, or set allow_http = true"
            )));
        }
        let siblings = provider.base.siblings.iter().filter_map(|url| parse_origin(url)).collect();
        Ok(Self { base, siblings })
    }

    /// Whether the URL may be asked with the source's token: it has the base's origin, or a sibling's.
    pub fn own(&self, url: &Url) -> bool {
        std::iter::once(&self.base).chain(&self.siblings).any(|own| own.origin() == url.origin())
            && url.username().is_empty()
            && url.password().is_none()
    }
}

/// An origin's URL: `http` or `https`, a host, perhaps a port, and nothing else.
fn parse_origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (plain && matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// Whether the URL speaks to this machine: 127.0.0.0/8, ::1 or `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        None => false,
    }
}

/// An origin as messages name it: `https://host:port`.
pub fn shown(url: &Url) -> String {
    url.origin().ascii_serialization()
}
