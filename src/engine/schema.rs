//! The tables on the server: their names, their version, and how they are made on a single server.
//!
//! Entries are ordered by time, so that a question about a stretch of time reads that stretch alone.
//! Whoever has a cluster makes tables of the same names and columns, Distributed over Replicated ones,
//! before the first sync (the README shows how); tables that are there are used as they are.

use super::client::Client;
use super::column::definitions;
use super::wire::Reader;
use super::{Error, malformed};

/// The version of the tables, in their names.
pub const VERSION: u64 = 1;
/// The entries.
pub const ENTRIES: &str = "auditty_entries_v1";
/// Which rows of the entries stand no more, for a richer or newer copy of the entry came.
pub const SUPERSEDED: &str = "auditty_superseded_v1";
/// What is known of sources and their parts: the last version of each stands.
pub const STATE: &str = "auditty_state_v1";
/// Entries whose single record could not be had: a row a time.
pub const WITHOUT_SINGLE: &str = "auditty_without_single_v1";

/// How the tables are made on a single server, each with its name.
pub fn creation() -> Vec<(&'static str, String)> {
    let columns = |columns: &[(String, &str)]| {
        let columns: Vec<String> = columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
        columns.join(", ")
    };
    let owned = |pairs: &[(&str, &'static str)]| -> Vec<(String, &'static str)> {
        pairs.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect()
    };
    let table = |name: &'static str, has: &[(String, &'static str)], engine: &str, order: &str| {
        let has = columns(has);
        (name, format!("CREATE TABLE IF NOT EXISTS {name} ({has}) ENGINE = {engine} ORDER BY ({order})"))
    };
    vec![
        table(ENTRIES, &definitions(), "MergeTree()", "time, source, identity"),
        table(SUPERSEDED, &owned(&[("time", "Int64"), ("copy", "String")]), "MergeTree()", "time, copy"),
        table(
            STATE,
            &owned(&[
                ("kind", "String"),
                ("source", "String"),
                ("value", "String"),
                ("written", "UInt64"),
                ("state", "String"),
            ]),
            "ReplacingMergeTree(written)",
            "kind, source, value",
        ),
        table(
            WITHOUT_SINGLE,
            &owned(&[("source", "String"), ("value", "String"), ("identity", "String")]),
            "MergeTree()",
            "source, value",
        ),
    ]
}

/// The names of auditty's tables.
fn names(client: &Client) -> Result<Vec<String>, Error> {
    let sql = "SELECT name FROM system.tables WHERE database = currentDatabase() \
               AND startsWith(name, 'auditty_') FORMAT RowBinary";
    let answer = client.read(sql, &|| false)?;
    let mut reader = Reader::new(&answer);
    let mut names = Vec::new();
    while !reader.is_empty() {
        names.push(reader.text().map_err(|error| malformed(client, error))?.to_owned());
    }
    Ok(names)
}

/// Whether the entries' table is among these. One of a newer version is an error.
fn has_entries(client: &Client, names: &[String]) -> Result<bool, Error> {
    let version = |name: &String| name.strip_prefix("auditty_entries_v")?.parse::<u64>().ok();
    match names.iter().filter_map(version).max() {
        None => Ok(false),
        Some(VERSION) => Ok(true),
        Some(found) => Err(Error::Newer { place: client.address().to_string(), found, known: VERSION }),
    }
}

/// Whether the tables are there. Those of a newer version are an error.
pub fn is_there(client: &Client) -> Result<bool, Error> {
    has_entries(client, &names(client)?)
}

/// Makes what is not there: whoever made the tables need not allow it.
pub fn settle(client: &Client) -> Result<(), Error> {
    let names = names(client)?;
    has_entries(client, &names)?;
    let missing = creation().into_iter().filter(|(name, _)| !names.iter().any(|known| known == name));
    missing.map(|(_, sql)| sql).try_for_each(|sql| client.run(&sql))
}
