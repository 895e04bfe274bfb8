//! The archive as a server's tables (`ClickHouse`), and the same [`crate::answer::Question`] asked of
//! them: counts, buckets, facets and rows come from the server, never the log.
//!
//! A filter means there what it means here by construction: the distinct values of a column are
//! fetched, the filter's tests are evaluated on them by the same code ([`crate::query::Test`]), and the
//! values that pass go back as a list. Columns with too many values are asked in the server's own
//! words where those mean the same, and what cannot be asked is refused.
//!
//! What blocks: everything here; call it on a thread that may wait. Not here: fetching (`sync`).

mod ask;
pub mod client;
mod column;
mod condition;
#[cfg(test)]
mod cuts;
mod error;
#[cfg(test)]
mod laws;
mod ledger;
mod literal;
mod rows;
mod schema;
mod state;
mod study;
mod upkeep;
mod values;
mod walk;
mod wire;

use std::sync::Arc;

pub use ask::Asker;
pub use client::Address;
use client::Client;
pub use error::Error;
pub use ledger::ServerLedger;
pub use schema::creation;

use crate::fetch::{self, Fetcher};
use crate::provider::Provider;
use crate::source::{Part, Secret, Source};

/// A server that keeps entries.
#[derive(Debug)]
pub struct Engine {
    client: Client,
}

impl Engine {
    /// The engine at an address, its password from where the config says. Nothing is sent yet.
    pub fn new(address: Address, password: Option<&Secret>) -> Result<Self, Error> {
        Ok(Self { client: Client::new(address, password)? })
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        self.client.address()
    }

    /// Makes what tables are not there, and opens them for writing.
    pub fn open(self: &Arc<Self>) -> Result<ServerLedger, Error> {
        schema::settle(&self.client)?;
        Ok(ServerLedger::new(Arc::clone(self)))
    }

    /// Opens the tables for reading; nothing is made.
    pub fn open_read_only(self: &Arc<Self>) -> Result<ServerLedger, Error> {
        if !schema::is_there(&self.client)? {
            return Err(Error::Missing { place: self.address().to_string() });
        }
        Ok(ServerLedger::new(Arc::clone(self)))
    }

    /// Asks about configured sources, in those parts that the config names.
    pub fn asker_of(
        self: &Arc<Self>,
        sources: &[(Arc<Source>, Arc<Provider>)],
    ) -> Result<Asker, fetch::Error> {
        let mut parts = Vec::new();
        for (source, provider) in sources {
            parts.extend(Fetcher::parts(source, provider)?);
        }
        let sources: Vec<Arc<Source>> = sources.iter().map(|(source, _)| Arc::clone(source)).collect();
        Ok(self.asker(&sources, &parts))
    }

    /// Asks about these sources, each with the values under which it fans out: of it all where there
    /// are none.
    pub fn asker(self: &Arc<Self>, sources: &[Arc<Source>], parts: &[Part]) -> Asker {
        let of = |source: &Arc<Source>| {
            let own = parts.iter().filter(|part| part.source == source.name);
            let values: Vec<&str> = own.filter_map(|part| part.value.as_deref()).collect();
            let entities = source.entities.iter().map(|entity| (&*entity.kind, &*entity.id));
            ask::of_source(&source.name, &values, &entities.collect::<Vec<_>>())
        };
        let any: Vec<String> = sources.iter().map(of).collect();
        let rows = if any.is_empty() { "0".to_owned() } else { format!("({})", any.join(" OR ")) };
        Asker::new(Arc::clone(self), rows)
    }
}

/// An answer that is not what was asked for.
fn malformed(client: &Client, why: wire::Malformed) -> Error {
    Error::Failed { place: client.address().to_string(), code: None, why: why.to_string() }
}
