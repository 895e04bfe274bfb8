//! The tables on the server: their names, their version, and how they are made on a single server.
//!
//! Entries are ordered by time, so that a question about a stretch of time reads that stretch alone.
//! Whoever has a cluster makes tables of the same names and columns, Distributed over Replicated ones,
//! before the first sync (the README shows how); tables that are there are used as they are.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::client::Client;
use super::column::definitions;
use super::literal::literal;
use super::wire::Reader;
use super::{Error, malformed};
use crate::text::visible;

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

/// How long it is waited for rows to be removed. A server rewrites what they stood among.
const DELETING: Duration = Duration::from_secs(5);
/// How often it is looked whether they are.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

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

/// Where a table's rows rest.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rows {
    /// In the table itself.
    Itself,
    /// In a table of this name on each server of a cluster.
    Spread { cluster: String, database: String, table: String },
}

impl Rows {
    /// As the server tells a table's engine.
    fn of(engine: &str) -> Option<Self> {
        let Some(rest) = engine.strip_prefix("Distributed(") else { return Some(Self::Itself) };
        let mut told =
            rest.split([',', ')']).map(|part| part.trim().trim_matches(['\'', '"', '`']).to_owned());
        let mut next = || told.next().filter(|name| is_plain(name));
        Some(Self::Spread { cluster: next()?, database: next()?, table: next()? })
    }
}

/// Whether a name stands for itself between backquotes and in a literal.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Deletes the rows of a table that meet a condition, on all servers that have them, and waits a while
/// until they are gone; whether they are. What a server has taken on it ends by itself: where a quorum
/// is written to, one of 18.16 rewrites what came last only after the next insert. Doing it twice does
/// no harm.
pub fn delete(client: &Client, table: &str, condition: &str) -> Result<bool, Error> {
    let sql = format!(
        "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {} FORMAT RowBinary",
        literal(table)
    );
    let answer = client.read(&sql, &|| false)?;
    let failed = |why: String| Error::Failed { place: client.address().to_string(), code: None, why };
    let engine = Reader::new(&answer).text().map_err(|error| malformed(client, error))?;
    let cannot = || failed(format!("where the rows of {table} rest cannot be told: {}", visible(engine)));
    let (alter, pending) = match Rows::of(engine).ok_or_else(cannot)? {
        Rows::Itself => {
            let of = format!("database = currentDatabase() AND table = {}", literal(table));
            (table.to_owned(), format!("system.mutations WHERE {of}"))
        }
        Rows::Spread { cluster, database, table } => {
            let of = format!("database = {} AND table = {}", literal(&*database), literal(&*table));
            (
                format!("`{database}`.`{table}` ON CLUSTER `{cluster}`"),
                format!("cluster({}, system, mutations) WHERE {of}", literal(&*cluster)),
            )
        }
    };
    client.run(&format!("ALTER TABLE {alter} DELETE WHERE {condition}"))?;
    let pending = format!("SELECT count() FROM {pending} AND is_done = 0 FORMAT RowBinary");
    let begun = Instant::now();
    loop {
        let answer = client.read(&pending, &|| false)?;
        if Reader::new(&answer).u64().map_err(|error| malformed(client, error))? == 0 {
            return Ok(true);
        }
        if begun.elapsed() > DELETING {
            return Ok(false);
        }
        sleep(LOOK_AGAIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_rows_rest_is_read_as_servers_of_either_age_tell_it() {
        let spread = Rows::Spread {
            cluster: "logs".to_owned(),
            database: "audit".to_owned(),
            table: "entries_local".to_owned(),
        };
        for told in [
            "Distributed(logs, audit, entries_local, cityHash64(identity))",
            "Distributed('logs', 'audit', 'entries_local', cityHash64(identity)) SETTINGS x = 1",
            "Distributed(`logs`, audit, entries_local)",
        ] {
            assert_eq!(Rows::of(told), Some(spread.clone()), "{told}");
        }
        assert_eq!(Rows::of("MergeTree() ORDER BY time"), Some(Rows::Itself));
        assert_eq!(Rows::of("ReplicatedMergeTree('/a', '{replica}') ORDER BY time"), Some(Rows::Itself));
        assert_eq!(Rows::of("Distributed(logs, currentDatabase(), x)"), None);
        assert_eq!(Rows::of("Distributed('lo`gs', 'a', 'b')"), None);
    }
}
