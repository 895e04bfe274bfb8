//! A source's dealings with its server that all its walks share: connections, the token, the pause
//! that a 429 asks of everybody, the number of requests under way; and one request with its tries.
//!
//! Not here: which request comes next (`fetch::walk`), and the policy of trying again
//! (`fetch::retry`).

use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use secrecy::SecretString;
use tokio::sync::{Semaphore, mpsc, watch};

use super::auth::{self, Origin, Token};
use super::body::{BadBody, Body, at};
use super::client::{Answer, Client, Sending};
use super::clock::Clock;
use super::error::{Mask, Place, describe, message, server_words};
use super::origin::Origins;
use super::retry::{Decision, Failure, decide};
use super::{Error, ErrorKind, Exchange, Part, Patience, Update, Wait, plan};
use crate::json::Node;
use crate::provider::{LoginRoute, Provider};
use crate::source::{Login, Source};
use crate::timestamp::Timestamp;

/// Requests under way at once where the source says nothing.
pub const CONCURRENCY: usize = 4;

/// The spread of back-offs: a number in `0.0..1.0`, another one each time.
pub type Jitter = Arc<dyn Fn() -> f64 + Send + Sync>;

/// What all walks of a source share.
pub struct Session {
    /// The source.
    pub source: Arc<Source>,
    /// How its system speaks.
    pub provider: Arc<Provider>,
    /// Its connections.
    pub client: Client,
    /// The time.
    pub clock: Arc<dyn Clock>,
    mask: Mask,
    jitter: Jitter,
    token_origin: Origin,
    token: tokio::sync::Mutex<Option<Arc<Token>>>,
    /// Until when nobody asks: the pause that a server asks of everybody.
    quiet: Mutex<Timestamp>,
    permits: Semaphore,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Session").field("source", &self.source.name).finish_non_exhaustive()
    }
}

/// Who asks, and where what is to be told goes.
#[derive(Debug, Clone)]
pub struct Asker {
    /// The part.
    pub part: Part,
    /// What a long wait means.
    pub patience: Patience,
    /// Where updates go; `None`: nobody listens.
    pub updates: Option<mpsc::Sender<Update>>,
    /// While true, no new request is begun.
    pub paused: Option<watch::Receiver<bool>>,
    /// Until when a wait has been told of; one of several requests tells for all.
    pub told: Arc<AtomicI64>,
}

impl Asker {
    /// Nobody listens, and nobody waits for long.
    pub fn quiet(part: Part) -> Self {
        Self { part, patience: Patience::Headless, updates: None, paused: None, told: Arc::default() }
    }

    /// Tells something. Who does not listen any more ends the walk elsewhere.
    pub async fn tell(&self, update: Update) {
        if let Some(updates) = &self.updates {
            let _ = updates.send(update).await;
        }
    }

    async fn unpaused(&self) {
        if let Some(mut paused) = self.paused.clone() {
            // Who steers is gone: then nothing is paused.
            let _ = paused.wait_for(|paused| !*paused).await;
        }
    }
}

/// A request that was given up.
#[derive(Debug)]
pub struct Refusal {
    /// The answer's status, where it was the status that failed.
    pub status: Option<u16>,
    /// What to say.
    pub error: Error,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { status: None, error }
    }
}

impl Session {
    /// Sets up everything that needs no request. Errors are of the configuration.
    pub fn new(
        source: Arc<Source>,
        provider: Arc<Provider>,
        clock: Arc<dyn Clock>,
        jitter: Jitter,
    ) -> Result<Self, Error> {
        let origins = Origins::of(&source, &provider)?;
        plan::parts(&source, &provider)?;
        plan::page_size(&source, &provider)?;
        let mask = Mask::default();
        for password in source.proxy.as_deref().into_iter().flat_map(proxy_passwords) {
            mask.add(&password);
        }
        Ok(Self {
            client: Client::new(&source, &provider, origins)?,
            token_origin: Origin::of(&source, &provider)?,
            permits: Semaphore::new(source.concurrency.unwrap_or(CONCURRENCY).max(1)),
            token: tokio::sync::Mutex::new(None),
            quiet: Mutex::new(Timestamp::MIN),
            source,
            provider,
            clock,
            mask,
            jitter,
        })
    }

    /// Makes sure that there is a token, or what it can be had for; sends nothing. Errors are of the
    /// configuration.
    pub async fn prepare(&self) -> Result<(), Error> {
        match &self.token_origin {
            Origin::Ready(_) => self.token(None).await.map(drop).map_err(|refusal| refusal.error),
            Origin::Login(login, _) => auth::resolve(&self.source.name, &login.password).await.map(drop),
        }
    }

    /// Asks for a URL until it is answered as expected or given up; `read` says what is expected.
    pub async fn get<T>(
        &self,
        asker: &Asker,
        sending: &Sending,
        read: impl Fn(Answer) -> Result<T, BadBody>,
    ) -> Result<T, Refusal> {
        let mut tries = 0;
        let token = self.token(Some(asker)).await?;
        let first = self.attempts(asker, sending, Some(&token), &mut tries, &read).await;
        match first {
            Err(refusal) if refusal.status == Some(401) => {
                // Whatever asks next resolves it anew: a file or variable may have changed since.
                self.forget(&token).await;
                if !self.token_origin.is_renewable() {
                    return Err(refusal);
                }
                let renewed = self.token(Some(asker)).await?;
                // The refused request is not counted as a try.
                tries = tries.saturating_sub(1);
                self.attempts(asker, sending, Some(&renewed), &mut tries, &read).await
            }
            other => other,
        }
    }

    /// One request with its tries. `tries` counts what was sent for it so far.
    async fn attempts<T>(
        &self,
        asker: &Asker,
        sending: &Sending,
        token: Option<&Arc<Token>>,
        tries: &mut u32,
        read: &impl Fn(Answer) -> Result<T, BadBody>,
    ) -> Result<T, Refusal> {
        loop {
            let answer = {
                let _permit = self.turn(asker, *tries + 1).await;
                *tries += 1;
                let began = Instant::now();
                let header = token.map(|token| (&token.name, &token.value));
                let answer = self.client.send(sending, header).await;
                (answer, began.elapsed())
            };
            let (answer, took) = answer;
            let exchange = Exchange {
                part: asker.part.clone(),
                method: sending.method(),
                url: self.mask.apply(sending.url.as_str()),
                status: answer.as_ref().ok().map(|answer| answer.status),
                took,
                bytes: answer.as_ref().map_or(0, |answer| answer.body.len() as u64),
                attempt: *tries,
            };
            tracing::debug!(part = %exchange.part, url = exchange.url, status = exchange.status, attempt = exchange.attempt, "asked");
            asker.tell(Update::Requested(exchange)).await;
            let (failure, headers, said) = match answer {
                Err(fault) => (fault.failure, HeaderMap::new(), Some(fault.text)),
                Ok(answer) if (200..300).contains(&answer.status) => match read(answer) {
                    Ok(read) => return Ok(read),
                    Err(bad) => (bad.failure, HeaderMap::new(), Some(bad.text)),
                },
                Ok(answer) => {
                    let said = server_words(&self.provider, &answer.body);
                    (Failure::Status(answer.status), answer.headers, said)
                }
            };
            let now = self.clock.now();
            let named =
                headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
            let named: Vec<_> = named.collect();
            let patient = asker.patience == Patience::Interactive;
            match decide(failure, &named, *tries, now, (self.jitter)(), patient) {
                Decision::Again { wait, why, everybody } => {
                    let until = now.plus(micros(wait));
                    if everybody {
                        let mut quiet = self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
                        *quiet = until.max(*quiet);
                    }
                    self.wait(asker, why, until, *tries + 1).await;
                }
                Decision::GiveUp { come_back_after } => {
                    let place = Place {
                        part: &asker.part,
                        method: sending.method(),
                        url: &sending.url,
                        tries: *tries,
                        come_back: come_back_after.map(|after| now.plus(micros(after))),
                    };
                    let error = describe(place, failure, said.as_deref(), &self.provider, &self.mask);
                    tracing::warn!(error = %error, "given up");
                    let status = match failure {
                        Failure::Status(status) => Some(status),
                        _ => None,
                    };
                    return Err(Refusal { status, error });
                }
            }
        }
    }

    /// Until when nobody asks.
    fn quiet(&self) -> Option<Timestamp> {
        let until = *self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        (until > self.clock.now()).then_some(until)
    }

    async fn wait(&self, asker: &Asker, why: Wait, until: Timestamp, attempt: u32) {
        asker.told.fetch_max(until.micros(), Relaxed);
        asker.tell(Update::Waiting { part: asker.part.clone(), why, until, attempt }).await;
        self.sleep_until(until).await;
        asker.tell(Update::Resumed { part: asker.part.clone() }).await;
    }

    async fn sleep_until(&self, until: Timestamp) {
        let left = until.micros().saturating_sub(self.clock.now().micros());
        if let Ok(left @ 1..) = u64::try_from(left) {
            self.clock.sleep(Duration::from_micros(left)).await;
        }
    }

    /// Waits until a request may be begun: nothing is paused, nobody was asked to keep quiet, and
    /// there are not too many under way.
    async fn turn(&self, asker: &Asker, attempt: u32) -> Option<tokio::sync::SemaphorePermit<'_>> {
        loop {
            asker.unpaused().await;
            if let Some(until) = self.quiet() {
                if asker.told.load(Relaxed) >= until.micros() {
                    self.sleep_until(until).await;
                } else {
                    self.wait(asker, Wait::RateLimited, until, attempt).await;
                }
                continue;
            }
            // Never closed, so never an error.
            let permit = self.permits.acquire().await.ok();
            let paused = asker.paused.as_ref().is_some_and(|paused| *paused.borrow());
            if self.quiet().is_none() && !paused {
                return permit;
            }
        }
    }

    /// The token in use; another one where there is none, or where it has run out. Without an asker
    /// nothing may be sent for it.
    async fn token(&self, asker: Option<&Asker>) -> Result<Arc<Token>, Refusal> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref().filter(|token| token.is_good(self.clock.now())) {
            return Ok(Arc::clone(token));
        }
        let token = match &self.token_origin {
            Origin::Ready(secret) => {
                let (secret, place) = auth::resolve(&self.source.name, secret).await?;
                self.mask.add(&secret);
                Token::new(&self.source, &self.provider.auth, &secret, &place)?
            }
            Origin::Login(login, route) => {
                let quiet = Asker::quiet(Part { source: Arc::clone(&self.source.name), value: None });
                self.log_in(asker.unwrap_or(&quiet), login, route).await?
            }
        };
        let token = Arc::new(token);
        *held = Some(Arc::clone(&token));
        Ok(token)
    }

    /// Forgets a token that was refused, unless somebody else already has another one.
    async fn forget(&self, refused: &Arc<Token>) {
        let mut held = self.token.lock().await;
        if held.as_ref().is_some_and(|token| Arc::ptr_eq(token, refused)) {
            *held = None;
        }
    }

    /// Exchanges a name and a password for a token.
    async fn log_in(&self, asker: &Asker, login: &Login, route: &LoginRoute) -> Result<Token, Refusal> {
        let (password, _) = auth::resolve(&self.source.name, &login.password).await?;
        self.mask.add(&password);
        let url = plan::join(&self.client.origins().base, &route.path).ok_or_else(|| {
            let text = format!("the login path {} is none", route.path);
            Error::new(ErrorKind::Config, message(&self.source.name, &text))
        })?;
        let form = vec![
            (route.username.clone(), SecretString::from(login.username.as_str())),
            (route.password.clone(), password),
        ];
        let sending = Sending { url, form: Some(form) };
        let read = |answer: Answer| {
            let read = Body::read(&self.provider, answer.body, |opened| {
                let token = at(opened, &route.token).and_then(Node::text);
                let token = token.map(|text| text.trim_end().to_owned()).filter(|text| !text.is_empty());
                token
                    .map(SecretString::from)
                    .ok_or_else(|| BadBody { failure: Failure::Body, text: String::new() })
            });
            read.map(|(_, token)| token).map_err(|bad| match bad.failure {
                // No excerpt: the answer to a login may hold a secret that is not known yet.
                Failure::Body => {
                    BadBody { text: format!("the login's answer has no token at {}", route.token), ..bad }
                }
                _ => bad,
            })
        };
        let secret = self.attempts(asker, &sending, None, &mut 0, &read).await?;
        self.mask.add(&secret);
        let token = Token::new(&self.source, &self.provider.auth, &secret, "the login")?;
        Ok(token.good_for(route.ttl_seconds, self.clock.now()))
    }
}

/// A proxy's password, as it stands in its URL and as it is meant.
fn proxy_passwords(proxy: &str) -> Vec<SecretString> {
    let Ok(url) = url::Url::parse(proxy) else { return Vec::new() };
    let Some(written) = url.password() else { return Vec::new() };
    let meant = percent_encoding::percent_decode_str(written).decode_utf8_lossy().into_owned();
    vec![SecretString::from(written), SecretString::from(meant)]
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
