//! One request and its answer over HTTP: TLS, proxies, time-outs, redirects, the bound on a body.
//!
//! Redirects are followed here and not by the HTTP library, because a token goes to the source's
//! own origins alone (the contract's section 3). Not here: tokens (`fetch::auth`), trying again
//! (`fetch::session`), and what the body says (`fetch::body`).

use std::error::Error as _;
use std::io;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Certificate, NoProxy, Proxy, redirect};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::error::{message, seconds};
use super::origin::{Origins, is_loopback, names_user, shown};
use super::retry::Failure;
use super::{Error, ErrorKind};
use crate::provider::Provider;
use crate::source::Source;

/// How this program names itself to servers.
pub const USER_AGENT: &str = concat!("auditty/", env!("CARGO_PKG_VERSION"));
/// No body may be longer, decoded. A page of a thousand entries of 100 KB each still fits.
const LONGEST_BODY: usize = 256 << 20;
/// So many redirects are followed.
const REDIRECTS: usize = 5;
/// A whole response may take so many times the source's `timeout`.
const WHOLE_RESPONSE: u32 = 10;

/// A source's connections.
#[derive(Debug, Clone)]
pub struct Client {
    /// For everything but this machine: perhaps through a proxy.
    outward: reqwest::Client,
    /// For this machine: never through a proxy.
    loopback: reqwest::Client,
    origins: Origins,
    timeout: Duration,
}

/// What is to be sent.
#[derive(Debug, Clone)]
pub struct Sending {
    /// Where to.
    pub url: Url,
    /// A form to be posted; `None`: the URL is got.
    pub form: Option<Vec<(Box<str>, SecretString)>>,
}

impl Sending {
    /// A URL to be got.
    pub fn get(url: Url) -> Self {
        Self { url, form: None }
    }

    /// The method's name.
    pub fn method(&self) -> &'static str {
        if self.form.is_some() { "POST" } else { "GET" }
    }
}

/// What came back, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decoded.
    pub body: Vec<u8>,
    /// The URL that answered, after redirects.
    pub url: Url,
}

/// Why there is no answer.
#[derive(Debug)]
pub struct Fault {
    /// Which kind of failure.
    pub failure: Failure,
    /// What happened, in words; a server's own may be among them.
    pub text: String,
}

impl Client {
    /// The connections of a source. An unusable proxy, certificate file or fixed header is an error
    /// of the configuration.
    pub fn new(source: &Source, provider: &Provider, origins: Origins) -> Result<Self, Error> {
        let wrong = |text: String| Error::new(ErrorKind::Config, message(&source.name, &text));
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in &provider.headers {
            let name =
                HeaderName::try_from(&**name).map_err(|_| wrong(format!("{name:?} is no header's name")))?;
            let value = HeaderValue::from_str(value)
                .map_err(|_| wrong(format!("the header {name} cannot be sent")))?;
            headers.insert(name, value);
        }
        let mut certificates = Vec::new();
        if let Some(path) = &source.ca_cert {
            let pem = std::fs::read(path)
                .map_err(|error| wrong(format!("ca_cert {} cannot be read: {error}", path.display())))?;
            certificates = Certificate::from_pem_bundle(&pem)
                .ok()
                .filter(|list| !list.is_empty())
                .ok_or_else(|| wrong(format!("ca_cert {} has no PEM certificate", path.display())))?;
        }
        let build = |proxy: Option<Proxy>, direct: bool| {
            let mut builder = reqwest::Client::builder()
                .user_agent(USER_AGENT)
                .default_headers(headers.clone())
                .redirect(redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .connect_timeout(source.timeout)
                .read_timeout(source.timeout)
                .timeout(source.timeout.saturating_mul(WHOLE_RESPONSE))
                .tls_certs_merge(certificates.clone());
            if direct {
                builder = builder.no_proxy();
            }
            if let Some(proxy) = proxy {
                builder = builder.proxy(proxy);
            }
            builder
                .build()
                .map_err(|error| wrong(format!("no connection can be set up: {}", root_cause(&error))))
        };
        let proxy = match &source.proxy {
            // The text is not repeated: it may hold a password.
            Some(url) => Some(
                Proxy::all(url)
                    .map_err(|_| {
                        wrong("proxy is no URL such as http://host:port or socks5://host:port".to_owned())
                    })?
                    .no_proxy(NoProxy::from_env()),
            ),
            None => None,
        };
        Ok(Self {
            outward: build(proxy, false)?,
            loopback: build(None, true)?,
            origins,
            timeout: source.timeout,
        })
    }

    /// The origins that it speaks to.
    pub fn origins(&self) -> &Origins {
        &self.origins
    }

    /// Sends a request, follows redirects to the source's own origins, and reads the whole body.
    pub async fn send(
        &self,
        sending: &Sending,
        token: Option<(&HeaderName, &HeaderValue)>,
    ) -> Result<Answer, Fault> {
        let mut url = sending.url.clone();
        for _ in 0..=REDIRECTS {
            let client = if is_loopback(&url) { &self.loopback } else { &self.outward };
            let mut request = match &sending.form {
                None => client.get(url.clone()),
                Some(form) => {
                    let fields: Vec<(&str, &str)> =
                        form.iter().map(|(name, value)| (&**name, value.expose_secret())).collect();
                    client.post(url.clone()).form(&fields)
                }
            };
            if let Some((name, value)) = token {
                request = request.header(name, value);
            }
            let response = request.send().await.map_err(|error| self.fault(&error, &url))?;
            let status = response.status().as_u16();
            if matches!(status, 301 | 302 | 303 | 307 | 308)
                && let Some(location) = response.headers().get(LOCATION)
            {
                let next = self.redirected(&url, location)?;
                if sending.form.is_some() && !matches!(status, 307 | 308) {
                    return Err(unusable(format!("a form is redirected to {next} by a {status}")));
                }
                url = next;
                continue;
            }
            let headers = response.headers().clone();
            let body = self.body(response, &url).await?;
            return Ok(Answer { status, headers, body, url });
        }
        Err(unusable(format!("more than {REDIRECTS} redirects, the last one to {url}")))
    }

    /// Where a redirect leads, if it may be followed.
    fn redirected(&self, from: &Url, location: &HeaderValue) -> Result<Url, Fault> {
        let text = String::from_utf8_lossy(location.as_bytes()).into_owned();
        let next =
            from.join(&text).map_err(|_| unusable(format!("a redirect to {text:?}, which is no URL")))?;
        if self.origins.own(&next) {
            return Ok(next);
        }
        if names_user(&next) && next.origin() == from.origin() {
            let to = shown(&next);
            return Err(unusable(format!(
                "a redirect to {to} with a user name or a password in it, which is not followed"
            )));
        }
        Err(unusable(format!(
            "a redirect from {} to another origin, {}, which is not followed; if that is the right address, set base_url",
            shown(from),
            shown(&next)
        )))
    }

    async fn body(&self, mut response: reqwest::Response, url: &Url) -> Result<Vec<u8>, Fault> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.fault(&error, url))? {
            if body.len() + chunk.len() > LONGEST_BODY {
                return Err(unusable(format!("a body of more than {} MiB", LONGEST_BODY >> 20)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn fault(&self, error: &reqwest::Error, url: &Url) -> Fault {
        let cause = root_cause(error);
        if error.is_timeout() {
            let text = format!(
                "nothing came from {} for {}, or not all of it in {}",
                shown(url),
                seconds(self.timeout),
                seconds(self.timeout.saturating_mul(WHOLE_RESPONSE))
            );
            return Fault { failure: Failure::Connection, text };
        }
        if error.is_decode() && is_bad_encoding(error) {
            return Fault { failure: Failure::Body, text: format!("its encoding is broken: {cause}") };
        }
        // The TLS library's error is reached through the chain only as text.
        if error.is_connect() && cause.contains("certificate") {
            return Fault { failure: Failure::Certificate, text: cause };
        }
        let what = if error.is_connect() { "could not connect to" } else { "the connection broke to" };
        Fault { failure: Failure::Connection, text: format!("{what} {}: {cause}", shown(url)) }
    }
}

fn unusable(text: String) -> Fault {
    Fault { failure: Failure::Final, text }
}

/// Whether a body came that is not what its `Content-Encoding` says; a body that was cut short is a
/// broken connection instead, though the library calls both undecodable.
fn is_bad_encoding(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return matches!(io.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput);
        }
        cause = inner.source();
    }
    false
}

/// The innermost words of an error: what really happened.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    // The outermost one has the URL in it, which the caller names.
    if std::ptr::addr_eq(std::ptr::from_ref(cause), std::ptr::from_ref::<dyn std::error::Error>(error)) {
        return if error.is_body() {
            "the body was cut short".to_owned()
        } else {
            "the request failed".to_owned()
        };
    }
    cause.to_string()
}
