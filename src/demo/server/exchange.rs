//! What a system is asked and what it replies, apart from the network.

use axum::http::{HeaderMap, Method, Uri, header};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use url::form_urlencoded;

/// A request, read.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// The method, in upper case.
    pub(super) method: String,
    /// The path as it came, percent-encoded.
    pub(super) path: String,
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
    /// The query as it came.
    pub(super) raw_query: Option<String>,
    authorization: Option<String>,
    /// The `User-Agent`, where it is text.
    pub(super) user_agent: Option<String>,
    /// The `Host`, where it is text.
    pub(super) host: Option<String>,
}

impl Asked {
    pub(super) fn new(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Self {
        let text = |name| {
            let value = headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let is_form = text(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
        let pairs = |bytes: &[u8]| form_urlencoded::parse(bytes).into_owned().collect();
        Self {
            method: method.as_str().to_owned(),
            path: uri.path().to_owned(),
            query: pairs(uri.query().unwrap_or_default().as_bytes()),
            form: if is_form { pairs(body) } else { Vec::new() },
            raw_query: uri.query().map(str::to_owned),
            authorization: text(header::AUTHORIZATION),
            user_agent: text(header::USER_AGENT),
            host: text(header::HOST),
        }
    }

    /// A query parameter; of several, the last.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        last(&self.query, name)
    }

    /// A field of the form that was posted.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        last(&self.form, name)
    }

    /// The path's segments, decoded, without the empty one before the first slash.
    pub(super) fn segments(&self) -> Vec<String> {
        let decoded = |segment| percent_decode_str(segment).decode_utf8_lossy().into_owned();
        self.path.split('/').skip(1).map(decoded).collect()
    }

    /// The bearer's token; `None` without one, or with another scheme.
    pub(super) fn token(&self) -> Option<&str> {
        let (scheme, token) = self.authorization.as_deref()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
    }
}

fn last<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    /// JSON, or nothing.
    pub(super) body: String,
}

impl Reply {
    /// JSON text.
    pub(super) fn json(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// A value as JSON.
    pub(super) fn value(status: u16, value: &impl Serialize) -> Self {
        Self::json(status, serde_json::to_string(value).unwrap_or_default())
    }

    /// The same with a header more.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// JSON texts as an array.
pub(super) fn array<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::from("[");
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        text.push_str(item);
    }
    text.push(']');
    text
}

#[cfg(test)]
impl Asked {
    /// A request as tests write it: `GET /path?query`, with a token.
    pub(super) fn test(line: &str, token: Option<&str>) -> Self {
        Self::test_form(line, token, "")
    }

    /// The same with a form.
    pub(super) fn test_form(line: &str, token: Option<&str>, form: &str) -> Self {
        let (method, uri) = line.split_once(' ').expect("a method and a path");
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, "auditty/test".parse().expect("a value"));
        headers.insert(header::HOST, "127.0.0.1:8000".parse().expect("a value"));
        headers.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().expect("a value"));
        if let Some(token) = token {
            headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().expect("a value"));
        }
        let method = method.parse().expect("a method");
        Self::new(&method, &uri.parse().expect("a URI"), &headers, form.as_bytes())
    }
}
