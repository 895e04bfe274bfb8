//! Questions to a server over HTTP, and its answers: time-outs, what is asked again, and what its
//! errors say.
//!
//! The HTTP library waits on a thread of this client's own, so that every call here simply blocks and
//! may be made from any thread. Not here: what is asked.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::redirect;
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::Error;
use crate::fetch::auth;
use crate::fetch::client::USER_AGENT;
use crate::fetch::origin::is_loopback;
use crate::source::Secret;
use crate::text::{shortened, visible};

/// How long a connection may take, and how long nothing may come once an answer has begun.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a question may take. The server counts through billions of rows in less.
const WHOLE: Duration = Duration::from_mins(10);
/// How often it is looked whether an answer is still wanted.
const STILL_WANTED: Duration = Duration::from_millis(20);
/// No answer may be longer.
pub const LONGEST: usize = 256 << 20;
/// So many characters of a server's own words are told.
const WORDS: usize = 500;
/// Reads are asked so often.
const TRIES: u32 = 4;
/// The first wait before one is asked again; each next one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// What every question is asked with: long lists stand in its text, an error comes before any row,
/// an insert is over when all of a cluster's shards have it, and what all of its servers are to do is
/// waited for for a minute.
const SETTINGS: &str = "wait_end_of_query=1&max_query_size=268435456&max_ast_elements=10000000\
                        &max_expanded_ast_elements=10000000&insert_distributed_sync=1\
                        &distributed_ddl_task_timeout=60";

/// Where the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Whether it is spoken to over TLS.
    pub secure: bool,
    /// The host: a name or an address, IPv6 ones in brackets.
    pub host: String,
    /// The port of its HTTP interface.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The database: ASCII letters, digits and `_`.
    pub database: String,
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "clickhouses" } else { "clickhouse" };
        write!(out, "{scheme}://{}@{}:{}/{}", self.user, self.host, self.port, self.database)
    }
}

/// A server's connections.
#[derive(Debug)]
pub struct Client {
    runtime: Option<Runtime>,
    http: reqwest::Client,
    url: Url,
    address: Address,
    password: Option<SecretString>,
    /// Tells this client's questions from those of others.
    name: u64,
    asked: AtomicU64,
    /// A test cuts the connection at a request: after so many, and whether that one is still done.
    #[cfg(test)]
    cut: std::sync::Mutex<Option<(u32, bool)>>,
}

impl Client {
    /// Speaks to a server, with a password from where the config says. Nothing is sent yet.
    pub fn new(address: Address, password: Option<&Secret>) -> Result<Self, Error> {
        let scheme = if address.secure { "https" } else { "http" };
        let url = format!("{scheme}://{}:{}/", address.host, address.port);
        let url =
            Url::parse(&url).map_err(|_| Error::Config(format!("{address} is no place of a server")))?;
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(SILENCE)
            .timeout(WHOLE);
        if is_loopback(&url) {
            builder = builder.no_proxy();
        }
        let cannot = |why: String| Error::Config(format!("no connection to {address} can be set up: {why}"));
        let http = builder.build().map_err(|error| cannot(error.to_string()))?;
        let runtime =
            Builder::new_multi_thread().worker_threads(1).thread_name("engine").enable_all().build();
        let runtime = runtime.map_err(|error| cannot(error.to_string()))?;
        let mut client = Self {
            runtime: Some(runtime),
            http,
            url,
            address,
            password: None,
            name: RandomState::new().hash_one(0u8),
            asked: AtomicU64::new(0),
            #[cfg(test)]
            cut: std::sync::Mutex::default(),
        };
        client.password = password.map(|secret| client.resolve(secret.clone())).transpose()?;
        Ok(client)
    }

    fn resolve(&self, secret: Secret) -> Result<SecretString, Error> {
        let (done, waiting) = channel();
        if let Some(runtime) = &self.runtime {
            runtime.spawn(async move {
                let _ = done.send(auth::resolve("archive_password", &secret).await);
            });
        }
        match waiting.recv() {
            Ok(Ok((password, _))) => Ok(password),
            Ok(Err(error)) => Err(Error::Config(error.message)),
            Err(_) => Err(Error::Config("archive_password: it cannot be had".to_owned())),
        }
    }

    /// A number that no other client has.
    pub fn name(&self) -> u64 {
        self.name
    }

    /// Where the server is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Asks for rows, in the format that the question names. What fails on its way is asked again.
    pub fn read(&self, sql: &str, unwanted: &dyn Fn() -> bool) -> Result<Vec<u8>, Error> {
        let mut wait = FIRST_WAIT;
        for _ in 1..TRIES {
            match self.send(None, sql.as_bytes().to_vec(), unwanted) {
                Err(error) if Self::may_pass(&error) => {}
                result => return result,
            }
            let (_never, waiting) = channel::<()>();
            let _ = waiting.recv_timeout(wait);
            if unwanted() {
                return Err(Error::Cancelled);
            }
            wait *= 2;
        }
        self.send(None, sql.as_bytes().to_vec(), unwanted)
    }

    /// Does something that has no answer, and that does no harm when it is done twice.
    pub fn run(&self, sql: &str) -> Result<(), Error> {
        self.read(sql, &|| false).map(drop)
    }

    /// Puts rows in, once: whether those of a call that failed are there is not known.
    pub fn insert(&self, sql: &str, rows: Vec<u8>) -> Result<(), Error> {
        self.send(Some(sql), rows, &|| false).map(drop)
    }

    /// Whether the next try may go better: no connection, or a server that is too busy.
    fn may_pass(error: &Error) -> bool {
        // Too many at once; a timeout between servers; a replica that is not ready.
        const PASSING: [u32; 6] = [202, 209, 210, 242, 279, 425];
        match error {
            Error::Unreachable { .. } => true,
            Error::Failed { code: Some(code), .. } => PASSING.contains(code),
            _ => false,
        }
    }

    /// Cuts the connection at the request after so many, for good; `done`: that one is still done.
    #[cfg(test)]
    pub fn cut_at(&self, after: u32, done: bool) {
        *self.cut.lock().expect("one at a time") = Some((after, done));
    }

    /// How many questions were sent.
    #[cfg(test)]
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    fn send(&self, sql: Option<&str>, body: Vec<u8>, unwanted: &dyn Fn() -> bool) -> Result<Vec<u8>, Error> {
        #[cfg(test)]
        {
            let cut = || Error::Failed { place: String::new(), code: None, why: "cut off".to_owned() };
            let mut left = self.cut.lock().expect("one at a time");
            match &mut *left {
                None => {}
                Some((0, done)) => {
                    if std::mem::take(done) {
                        let _ = self.exchange(sql, body, unwanted);
                    }
                    return Err(cut());
                }
                Some((after, _)) => *after -= 1,
            }
        }
        self.exchange(sql, body, unwanted)
    }

    fn exchange(
        &self,
        sql: Option<&str>,
        body: Vec<u8>,
        unwanted: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>, Error> {
        let Some(runtime) = &self.runtime else { return Err(Error::Cancelled) };
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        // No two questions may bear the same name, whoever asks them.
        let id = format!("auditty-{:016x}-{number}", self.name);
        let mut url = self.url.clone();
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut query = format!("{SETTINGS}&database={}&query_id={}", self.address.database, encoded(&id));
        if let Some(sql) = sql {
            query = format!("{query}&query={}", encoded(sql));
        }
        url.set_query(Some(&query));
        let request = self.authorized(self.http.post(url).body(body));
        let place = self.address.to_string();
        let (done, waiting) = channel();
        let task = runtime.spawn(async move {
            let _ = done.send(answer(request, place).await);
        });
        loop {
            match waiting.recv_timeout(STILL_WANTED) {
                Ok(result) => return result.map_err(|error| self.without_password(error)),
                Err(RecvTimeoutError::Timeout) if unwanted() => {
                    task.abort();
                    self.kill(runtime, &id);
                    return Err(Error::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.unreachable("the question was lost".to_owned()));
                }
            }
        }
    }

    /// Whatever a server says, the password is not told.
    fn without_password(&self, mut error: Error) -> Error {
        if let (
            Some(password),
            Error::Refused { why, .. } | Error::Unreachable { why, .. } | Error::Failed { why, .. },
        ) = (&self.password, &mut error)
        {
            *why = why.replace(password.expose_secret(), "***");
        }
        error
    }

    fn authorized(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.basic_auth(&self.address.user, self.password.as_ref().map(ExposeSecret::expose_secret))
    }

    /// Ends a question at the server, too; without waiting for that.
    fn kill(&self, runtime: &Runtime, id: &str) {
        let sql = format!("KILL QUERY WHERE query_id = {} ASYNC", super::literal::literal(id));
        let request = self.authorized(self.http.post(self.url.clone()).body(sql));
        runtime.spawn(async move {
            // Where it does not end there, it ends by itself some time later.
            let _ = request.send().await;
        });
    }

    fn unreachable(&self, why: String) -> Error {
        Error::Unreachable { place: self.address.to_string(), why }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Where this runs itself within a runtime, waiting for another's end is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The innermost reason of an error of the HTTP library, which names no URL.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    visible(&cause.to_string()).into_owned()
}

async fn answer(request: reqwest::RequestBuilder, place: String) -> Result<Vec<u8>, Error> {
    let unreachable = |error: reqwest::Error| {
        let why =
            if error.is_timeout() { "it took too long".to_owned() } else { root_cause(&error.without_url()) };
        Error::Unreachable { place: place.clone(), why }
    };
    let mut response = request.send().await.map_err(unreachable)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    loop {
        let chunk = tokio::time::timeout(SILENCE, response.chunk()).await;
        let silent = || Error::Unreachable { place: place.clone(), why: "it fell silent".to_owned() };
        let Some(chunk) = chunk.map_err(|_| silent())?.map_err(unreachable)? else { break };
        if body.len() + chunk.len() > LONGEST {
            return Err(Error::TooLong { place, limit: LONGEST });
        }
        body.extend_from_slice(&chunk);
    }
    if status == 200 { Ok(body) } else { Err(complaint(status, &body, place)) }
}

/// What an answer that is none says.
fn complaint(status: u16, body: &[u8], place: String) -> Error {
    let text = String::from_utf8_lossy(&body[..body.len().min(8 * WORDS)]).into_owned();
    let code = text.strip_prefix("Code: ").and_then(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    let why = match visible(shortened(text.trim(), WORDS).as_ref()).into_owned() {
        empty if empty.is_empty() => format!("it answers {status}"),
        words => words,
    };
    match (status, code) {
        // Unknown user, wrong password, not from this address, no such right.
        (401 | 403, _) | (_, Some(164 | 192 | 193 | 194 | 195 | 291 | 497 | 516)) => {
            Error::Refused { place, why }
        }
        (429 | 502..=504, None) => Error::Unreachable { place, why },
        _ => Error::Failed { place, code, why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_own_words_are_told_visible_and_short() {
        let text = format!("Code: 47, e.displayText() = DB::Exception: \u{1b}[0m{}", "x".repeat(900));
        let Error::Failed { code, why, .. } = complaint(404, text.as_bytes(), "s".to_owned()) else {
            panic!("a failure")
        };
        assert_eq!(code, Some(47));
        assert!(why.contains("␛[0m") && why.chars().count() <= WORDS + 1, "{why}");
        assert!(matches!(complaint(401, b"", "s".to_owned()), Error::Refused { .. }));
        assert!(matches!(complaint(500, b"Code: 192, no", "s".to_owned()), Error::Refused { .. }));
        assert!(matches!(complaint(503, b"", "s".to_owned()), Error::Unreachable { .. }));
        let Error::Failed { code: None, why, .. } = complaint(500, b"", "s".to_owned()) else {
            panic!("a failure")
        };
        assert_eq!(why, "it answers 500");
    }

    #[test]
    fn an_address_is_written_as_the_config_has_it() {
        let address = Address {
            secure: true,
            host: "db.example".to_owned(),
            port: 8443,
            user: "a".to_owned(),
            database: "logs".to_owned(),
        };
        assert_eq!(address.to_string(), "clickhouses://a@db.example:8443/logs");
    }
}
