//! Whom a URL speaks to: origins, this machine, siblings.
//!
//! Not here: sending, and following a redirect (`fetch::client`).

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::error::message;
use super::{Error, ErrorKind};
use crate::provider::{Provider, origin};
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
            (Some(url), _) => Some(url.as_str()),
            (None, Some(region)) => Some(region_url(provider, region).map_err(wrong)?),
            (None, None) => provider.base.url.as_deref(),
        };
        let text =
            text.ok_or_else(|| wrong("the system has no address of its own: set base_url".to_owned()))?;
        let base = parse_origin(text).map_err(|why| wrong(format!("base_url {why}")))?;
        if base.scheme() == "http" && !is_loopback(&base) && !source.allow_http {
            return Err(wrong(format!(
                "{} is plain http to another machine, which would show the token to everybody on the way; use https, or set allow_http = true",
                shown(&base)
            )));
        }
        let siblings = provider.base.siblings.iter().filter_map(|url| parse_origin(url).ok()).collect();
        Ok(Self { base, siblings })
    }

    /// Whether the URL may be asked with the source's token: it has the base's origin, or a sibling's.
    pub fn own(&self, url: &Url) -> bool {
        std::iter::once(&self.base).chain(&self.siblings).any(|own| own.origin() == url.origin())
            && !names_user(url)
    }
}

/// Whether the URL says as whom it is asked, which nobody but the config does.
pub fn names_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// The address of a region.
fn region_url<'a>(provider: &'a Provider, region: &str) -> Result<&'a str, String> {
    let regions = &provider.base.regions;
    let found = regions.iter().find(|(name, _)| **name == *region).map(|(_, url)| &**url);
    found.ok_or_else(|| {
        let names = || regions.iter().map(|(name, _)| &**name);
        let near = nearest(region, names()).or_else(|| names().next());
        let near = near.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
        format!("the system has no region {region:?}{near}")
    })
}

/// An origin's URL; the complaint says what is wrong with the text and never quotes it.
fn parse_origin(text: &str) -> Result<Url, &'static str> {
    Url::parse(&origin::parse(text)?).map_err(|_| "is no URL")
}

/// Whether the URL speaks to this machine: `127.0.0.0/8`, `::1` or `localhost`.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::descriptor;

    fn provider() -> Provider {
        descriptor::read("any.toml", include_str!("plan/any.toml")).expect("a descriptor")
    }

    fn source(base_url: &str) -> Source {
        let mut source = Source::new("prod", "any");
        source.base_url = Some(base_url.to_owned());
        source
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn plain_http_speaks_to_this_machine_alone_unless_it_is_allowed() {
        for base in
            ["http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:8000", "http://localhost", "https://h"]
        {
            assert!(Origins::of(&source(base), &provider()).is_ok(), "{base}");
        }
        for base in ["http://10.0.0.1", "http://localhost.example", "http://128.0.0.1", "http://[::2]"] {
            let error = Origins::of(&source(base), &provider()).expect_err(base);
            assert!(error.kind == ErrorKind::Config && error.message.contains("allow_http"), "{error}");
            let mut allowed = source(base);
            allowed.allow_http = true;
            assert!(Origins::of(&allowed, &provider()).is_ok(), "{base}");
        }
    }

    #[test]
    fn an_unusable_address_is_named_without_quoting_it() {
        for base in ["https://me:secret@host", "https://host/api", "ftp://host", "host"] {
            let error = Origins::of(&source(base), &provider()).expect_err(base);
            assert!(
                error.message.starts_with("prod: base_url ") && !error.message.contains("secret"),
                "{error}"
            );
        }
        let mut elsewhere = Source::new("prod", "any");
        elsewhere.region = Some("eh".to_owned());
        let error = Origins::of(&elsewhere, &provider()).expect_err("no region");
        assert!(error.message.contains("\"eh\"") && error.message.contains("\"eu\""), "{error}");
        elsewhere.region = Some("eu".to_owned());
        assert_eq!(
            Origins::of(&elsewhere, &provider()).expect("eu").base.as_str(),
            "https://eu.log.example/"
        );
    }

    #[test]
    fn only_the_own_origin_and_its_siblings_may_be_asked() {
        let origins = Origins::of(&source("https://log.example"), &provider()).expect("origins");
        for own in ["https://log.example/x?y", "https://LOG.example:443/", "https://www.log.example/"] {
            assert!(origins.own(&url(own)), "{own}");
        }
        for other in [
            "http://log.example/",
            "https://log.example:8443/",
            "https://log.example.evil/",
            "https://evil@log.example/",
            "data:text/plain,x",
        ] {
            assert!(!origins.own(&url(other)), "{other}");
        }
    }
}
