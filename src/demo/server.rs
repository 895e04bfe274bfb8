//! The demo server: five ports of loopback, each answering as one system.
//!
//! Here is the network: ports, bodies, compression. What a system answers is a plain function of
//! what it was asked and what it holds (`site`, and a file for each system).

mod exchange;
mod fastapi;
mod fastio;
mod fastpki;
mod fileguard;
pub mod limit;
mod logfire;
mod site;
mod tofupilot;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::serve::ListenerExt;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::net::TcpListener;
use tokio::task::{JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::fetch::clock::{Clock, SystemClock};

use super::{Record, System, World};
use exchange::{Asked, Reply};
use limit::Rate;
use site::Site;

/// The longest body that is read.
const LONGEST_BODY: usize = 64 * 1024;
/// Shorter bodies are not worth compressing.
const WORTH_COMPRESSING: usize = 1_024;

/// Five open ports, one for each system in the order of [`System::ALL`].
#[derive(Debug)]
pub struct Listeners([TcpListener; 5]);

impl Listeners {
    /// Opens the ports. The first is `address`; the others are the four after it where those are
    /// free, else any. With port 0 all are any. Only loopback addresses are taken.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let why =
                format!("{address} is not a loopback address; the demo server listens on 127.0.0.1 alone");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let first = TcpListener::bind(address).await?;
        Ok(Self([
            first,
            beside(address, 1).await?,
            beside(address, 2).await?,
            beside(address, 3).await?,
            beside(address, 4).await?,
        ]))
    }

    /// Opens any free ports of 127.0.0.1.
    pub async fn any() -> io::Result<Self> {
        Self::bind((Ipv4Addr::LOCALHOST, 0).into()).await
    }
}

/// The port so many after an address's, where there is one and it is free, else any.
async fn beside(address: SocketAddr, steps: u16) -> io::Result<TcpListener> {
    let wanted = address.port().checked_add(steps).filter(|_| address.port() != 0);
    if let Some(port) = wanted
        && let Ok(listener) = TcpListener::bind((address.ip(), port)).await
    {
        return Ok(listener);
    }
    TcpListener::bind((address.ip(), 0)).await
}

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long each answer takes at least.
    pub delay: Duration,
    /// How many requests the file store takes.
    pub fastio: Rate,
    /// How many requests the upload guard takes.
    pub fileguard: Rate,
    /// The server's clock.
    pub clock: Arc<dyn Clock>,
}

/// No delay; limits that a whole fetch of the file store meets once, and for a second.
impl Default for Options {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            fastio: Rate { burst: 20, per_second: 20 },
            fileguard: Rate { burst: 60, per_second: 30 },
            clock: Arc::new(SystemClock),
        }
    }
}

/// A running server. Dropping it closes its ports.
#[derive(Debug)]
pub struct Server {
    addresses: [SocketAddr; 5],
    sites: [Arc<Site>; 5],
    stop: CancellationToken,
    tasks: JoinSet<io::Result<()>>,
}

/// Serves a world on open ports, from within a tokio runtime.
pub fn serve(world: &Arc<World>, listeners: Listeners, options: &Options) -> io::Result<Server> {
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); 5];
    let sites = System::ALL.map(|system| Arc::new(Site::new(system, Arc::clone(world), options)));
    for ((listener, site), address) in listeners.0.into_iter().zip(&sites).zip(&mut addresses) {
        *address = listener.local_addr()?;
        let port = Port { site: Arc::clone(site), delay: options.delay };
        let router = Router::new().fallback(handle).with_state(port);
        let prompt = listener.tap_io(|stream| {
            // Without it, small answers would wait for the client's acknowledgement.
            let _ = stream.set_nodelay(true);
        });
        let stopped = stop.clone().cancelled_owned();
        tasks.spawn(async move { axum::serve(prompt, router).with_graceful_shutdown(stopped).await });
    }
    Ok(Server { addresses, sites, stop, tasks })
}

impl Server {
    /// The origin of a system.
    pub fn base_url(&self, system: System) -> String {
        format!("http://{}", self.addresses[system as usize])
    }

    /// What a system holds now, newest first: the world's entries and what came since (reads of the
    /// log that it records, logins).
    pub fn held(&self, system: System) -> Vec<Record> {
        self.sites[system as usize].held()
    }

    /// Closes the ports and waits until all answers under way are given.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[derive(Debug, Clone)]
struct Port {
    site: Arc<Site>,
    delay: Duration,
}

async fn handle(State(port): State<Port>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
        return respond(Reply::json(413, r#"{"detail":"Content Too Large"}"#), Vec::new(), false);
    };
    if !port.delay.is_zero() {
        tokio::time::sleep(port.delay).await;
    }
    let compressed = takes_gzip(&head.headers);
    let asked = Asked::new(&head.method, &head.uri, &head.headers, &body);
    let answered = spawn_blocking(move || {
        let mut reply = port.site.answer(&asked);
        let body = std::mem::take(&mut reply.body).into_bytes();
        if compressed && body.len() > WORTH_COMPRESSING {
            return gzipped(&body).map(|body| respond(reply, body, true));
        }
        Ok(respond(reply, body, false))
    });
    match answered.await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) | Err(_) => respond(Reply::json(500, ""), b"{}".to_vec(), false),
    }
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

fn gzipped(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 6), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

fn respond(reply: Reply, body: Vec<u8>, gzip: bool) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

#[cfg(test)]
mod tests;
