//! `auditty demo --serve`: the demo server alone, and a config for it.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use super::arguments::DemoArguments;
use super::failure::{Failure, Status};
use crate::demo::{self, Listeners, Options, Server, World};
use crate::fetch::clock::{Clock, SystemClock};
use crate::text::visible;
use crate::timestamp::Timestamp;

/// When the demo's entries end.
pub fn end(arguments: &DemoArguments, now: Timestamp) -> Result<Timestamp, Failure> {
    match arguments.now.as_deref() {
        Some(text) => {
            Timestamp::parse_moment(text, now).map_err(|error| Failure::usage(format!("--now: {error}")))
        }
        None => Ok(now),
    }
}

/// Begins the demo server, the entries ending then; within a tokio runtime.
pub async fn begin(
    arguments: &DemoArguments,
    end: Timestamp,
    clock: Arc<dyn Clock>,
) -> Result<Server, Failure> {
    let listen = arguments.listen.as_deref().unwrap_or("127.0.0.1:0");
    let address: SocketAddr = listen.parse().map_err(|_| {
        Failure::usage(format!("--listen: `{}` is no address: expected 127.0.0.1:PORT", visible(listen)))
    })?;
    if !address.ip().is_loopback() {
        return Err(Failure::usage(format!(
            "--listen: the demo serves this machine alone, and {address} is not"
        )));
    }
    let listeners = Listeners::bind(address)
        .await
        .map_err(|error| Failure::broken(format!("cannot listen at {address}: {error}")))?;
    let world = Arc::new(World::generate(World::SEED, end));
    demo::serve(&world, listeners, &Options { clock, ..Options::default() })
        .map_err(|error| Failure::broken(format!("the demo server does not start: {error}")))
}

/// Prints the config and serves until a signal ends the process; within a tokio runtime.
pub async fn run(arguments: &DemoArguments, now: Timestamp) -> Result<Status, Failure> {
    // Who asks it from outside goes by the machine's clock, and so does it.
    let server = begin(arguments, end(arguments, now)?, Arc::new(SystemClock)).await?;
    let config = demo::config_toml(&server);
    let mut out = io::stdout().lock();
    // Who does not read the config may still use the server.
    let _ = out.write_all(format!("{config}\n").as_bytes()).and_then(|()| out.flush());
    drop(out);
    std::future::pending::<()>().await;
    drop(server);
    Ok(Status::Whole)
}
