//! The words of a failure: what, where, the server's own words, and what to do.
//!
//! Everything that a server, a file or a command wrote passes through [`Mask`], which takes secrets
//! out, and then through `text::visible`. Not here: when to try again (`fetch::retry`).

use std::fmt::{self, Write};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::retry::Failure;
use super::{Error, ErrorKind, Part};
use crate::json::{Node, Pointer};
use crate::provider::Provider;
use crate::text::{shortened, visible};
use crate::timestamp::Timestamp;

/// At most so many characters of a server's own words are shown (the contract's section 1).
const WORDS: usize = 500;
/// At most so many characters of an unexpected body or of a URL are shown.
const EXCERPT: usize = 300;

impl Error {
    /// An error of this kind with these words, in which hostile characters become visible marks.
    pub fn new(kind: ErrorKind, message: impl AsRef<str>) -> Self {
        Self { kind, message: visible(message.as_ref()).into_owned(), retry_at: None }
    }
}

/// `PLACE: TEXT`, hostile characters visible.
pub(super) fn message(place: &str, text: &str) -> String {
    visible(&format!("{place}: {text}")).into_owned()
}

/// The secrets of a source that must not be seen in any text. Shows none of them itself.
#[derive(Default)]
pub struct Mask {
    secrets: RwLock<Vec<SecretString>>,
}

impl fmt::Debug for Mask {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Mask")
    }
}

impl Mask {
    /// From now on this is a secret. Short-lived tokens add up to the few of one run.
    pub fn add(&self, secret: &SecretString) {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        let known = secrets.iter().any(|kept| kept.expose_secret() == secret.expose_secret());
        if !secret.expose_secret().is_empty() && !known {
            secrets.push(secret.clone());
            // The longest first, so that a secret inside another one leaves no rest of it.
            secrets.sort_by_key(|kept| std::cmp::Reverse(kept.expose_secret().len()));
        }
    }

    /// The text with `***` for every secret.
    pub fn apply(&self, text: &str) -> String {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose_secret(), "***"))
    }

    /// Words that others wrote, fit to be shown: secrets out, hostile characters visible, bounded.
    pub fn words(&self, text: &str, most: usize) -> String {
        let masked = self.apply(text);
        let shown = visible(masked.trim());
        shortened(&shown, most.saturating_sub(1)).into_owned()
    }
}

/// Where and how a request failed, for [`describe`].
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The source, with its fan-out value.
    pub part: &'a Part,
    /// The method.
    pub method: &'static str,
    /// The URL asked.
    pub url: &'a Url,
    /// How many requests were made.
    pub tries: u32,
    /// When the server wants to be asked again.
    pub come_back: Option<Timestamp>,
}

/// The error of a request that was given up.
pub fn describe(
    place: Place<'_>,
    failure: Failure,
    said: Option<&str>,
    provider: &Provider,
    mask: &Mask,
) -> Error {
    let url = mask.words(place.url.as_str(), EXCERPT);
    let said = said.map(|said| mask.words(said, WORDS)).filter(|said| !said.is_empty());
    let what = match failure {
        Failure::Status(status) => status_text(status),
        Failure::Connection => "no answer".to_owned(),
        Failure::Certificate => "the TLS certificate was not accepted".to_owned(),
        Failure::Body => "the answer is not the JSON expected".to_owned(),
        Failure::SaysFailure => "the server says that it failed".to_owned(),
        Failure::Final => "the answer cannot be used".to_owned(),
    };
    // What is wrong and what helps come first: a screen may have no room for the rest.
    let mut text = format!("{}: {what}", place.part);
    if let Some(said) = said {
        text.push_str(": ");
        text.push_str(&said);
    }
    if let Some(at) = place.come_back {
        let _ = write!(text, "; come back after {}", at.rfc3339(0));
    }
    if let Some(advice) = advice(place, failure, provider) {
        text.push_str("; ");
        text.push_str(advice);
    }
    let _ = write!(text, " ({} {url}", place.method);
    if place.tries > 1 {
        let _ = write!(text, ", after {} requests", place.tries);
    }
    text.push(')');
    Error { retry_at: place.come_back, ..Error::new(failure.kind(), text) }
}

/// What to do, by the descriptor or in general.
fn advice<'a>(place: Place<'_>, failure: Failure, provider: &'a Provider) -> Option<&'a str> {
    // A form is posted to log in, and for nothing else: what the descriptor says of a refused token
    // does not help there.
    if place.method == "POST" && matches!(failure, Failure::Status(400 | 401 | 403)) {
        return Some("check the user name and the password of `login`");
    }
    let hint = match failure {
        Failure::Status(status) => provider.hint(status),
        _ => None,
    };
    hint.or(match failure {
        Failure::Status(401) => Some("the token is wrong, or it has run out"),
        Failure::Status(403) => Some("the token may not read the audit log"),
        Failure::Status(404) => Some("check base_url and the values of vars"),
        Failure::Connection => Some("check base_url, the network and the proxy"),
        Failure::Certificate => Some("name the issuer's certificate with ca_cert"),
        Failure::Body => Some("check base_url: something else may answer there"),
        _ => None,
    })
}

fn status_text(status: u16) -> String {
    let reason = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}

/// A server's own words in the body of an error; of a body without any known place for them, an
/// excerpt. `None` where the body is empty.
pub fn server_words(provider: &Provider, body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let Ok(root) = Node::parse(text) else { return Some(excerpt(text)) };
    let found =
        provider.error_texts.iter().map(|pointer| texts_at(root, pointer)).find(|texts| !texts.is_empty());
    Some(match found {
        Some(texts) => texts.join("; "),
        None => shortened(&root.compact(), EXCERPT).into_owned(),
    })
}

/// What a body that is no JSON says, in short.
pub fn excerpt(text: &str) -> String {
    if !text.trim_start().starts_with('<') {
        let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        return shortened(line, EXCERPT).into_owned();
    }
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").and_then(|start| {
        let end = lower[start..].find("</title>")?;
        Some(text[start + "<title>".len()..start + end].trim())
    });
    match title {
        Some(title) => format!("an HTML page, {:?}", shortened(title, 100)),
        None => "an HTML page".to_owned(),
    }
}

/// The texts at a pointer in which a token `*` stands for each element.
fn texts_at(root: Node<'_>, pointer: &Pointer) -> Vec<String> {
    /// So many texts say enough.
    const MOST: usize = 10;
    let mut nodes = vec![root];
    for token in pointer.tokens() {
        nodes = nodes
            .into_iter()
            .flat_map(|node| match &**token {
                "*" => node.elements().take(MOST).collect(),
                name => node.at(&Pointer::from_tokens([name])).into_iter().collect::<Vec<_>>(),
            })
            .take(MOST)
            .collect();
    }
    let texts = nodes.into_iter().filter_map(Node::scalar).map(std::borrow::Cow::into_owned);
    texts.filter(|text| !text.trim().is_empty()).collect()
}

/// Seconds for people: `30 s`, `0.2 s`.
pub fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secrets: &[&str]) -> Mask {
        let mask = Mask::default();
        for secret in secrets {
            mask.add(&SecretString::from(*secret));
        }
        mask
    }

    #[test]
    fn no_secret_is_left_and_nothing_hostile() {
        let mask = masked(&["abc", "abcdef"]);
        assert_eq!(mask.words("bad token abcdef\u{1b}[31m, abc!", 500), "bad token ***␛[31m, ***!");
        let long = mask.words(&"x".repeat(10_000), 500);
        assert_eq!(long.chars().count(), 500);
        let at_the_edge = mask.words(&format!("{}abcdef", "x".repeat(497)), 500);
        assert!(!at_the_edge.contains("abc"), "{at_the_edge}");
        assert_eq!(format!("{mask:?}"), "Mask");
    }

    #[test]
    fn texts_are_found_where_the_descriptor_says() {
        let at = |json: &str, pointer: &str| {
            let text = json.to_owned();
            texts_at(Node::parse(&text).expect("JSON"), &Pointer::parse(pointer).expect("a pointer"))
        };
        assert_eq!(at(r#"{"detail":"no"}"#, "/detail"), ["no"]);
        assert_eq!(at(r#"{"detail":[{"msg":"a"},{"msg":"b"},{}]}"#, "/detail/*/msg"), ["a", "b"]);
        assert_eq!(at(r#"{"errors":["x","",7]}"#, "/errors/*"), ["x", "7"]);
        assert!(at(r#"{"detail":[{"msg":"a"}]}"#, "/detail").is_empty());
    }

    #[test]
    fn a_page_for_people_is_told_by_its_title() {
        assert_eq!(excerpt("<html><head><title> Sign in </title>"), "an HTML page, \"Sign in\"");
        assert_eq!(excerpt("<!doctype html>"), "an HTML page");
        assert_eq!(excerpt("\n  upstream broke \n more"), "upstream broke");
    }
}
