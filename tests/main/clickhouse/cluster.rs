//! The archive on a cluster, its tables as the README makes them: two shards, alone and with two
//! replicas each.

use std::sync::Arc;

use auditty::answer::stack::StackBy;
use auditty::answer::{Answer, FacetQuestion, Question, RowId};
use auditty::archive::Archive;
use auditty::engine::{Address, Engine};
use auditty::event::field::Field;
use auditty::interval::Interval;
use auditty::provider::registry::Registry;
use auditty::query::parse::parse;
use auditty::source::Source;
use auditty::store::{Snapshot, Store};
use auditty::timestamp::Timestamp;

use super::commands::{FOUR, config, says_the_same};
use super::nodes::Cluster;
use crate::cli::home::{END, Home};

/// The database that the README makes.
const DATABASE: &str = "logs";

/// The statements of the README's page by which a cluster's tables are made.
fn statements() -> Vec<String> {
    let readme = include_str!("../../../README.md");
    let blocks = readme.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next());
    let of_cluster: Vec<&str> = blocks.filter(|block| block.contains("ON CLUSTER")).collect();
    let [block] = of_cluster[..] else { panic!("the README makes a cluster's tables once") };
    let statements: Vec<String> =
        block.split(';').map(str::trim).filter(|sql| !sql.is_empty()).map(str::to_owned).collect();
    assert_eq!(statements.len(), 9, "a database, four tables, and the same spread");
    statements
}

/// The same for servers without replicas, as the README says it.
fn without_replicas(statement: &str) -> String {
    let statement = statement.replace(" ON CLUSTER logs", "");
    let Some(at) = statement.find("Replicated") else { return statement };
    let end = at + statement[at..].find(')').expect("its arguments end");
    let engine = if statement[at..].starts_with("ReplicatedReplacing") {
        "ReplacingMergeTree(written"
    } else {
        "MergeTree("
    };
    format!("{}{engine}{}", &statement[..at], &statement[end..])
}

/// A home whose archive is the cluster, asked through one of its servers.
fn home(cluster: &Cluster, node: usize) -> Home {
    let port = cluster.node(node).port;
    Home::with(&format!("archive = \"clickhouse://default@127.0.0.1:{port}/{DATABASE}\"\n{}", config()))
}

/// A home with the same on disk.
fn on_disk() -> Home {
    let here = Home::demo();
    here.run(&[&["sync", "--quiet", "--now", END][..], &FOUR].concat()).ends(0);
    here
}

/// The tables have the columns that a single server is given.
fn has_the_columns_of_a_single_server(cluster: &Cluster) {
    let columns = |database: &str, table: &str| {
        cluster.node(0).ask(&format!(
            "SELECT name, type FROM system.columns WHERE database = '{database}' AND table = '{table}'"
        ))
    };
    for (name, sql) in auditty::engine::creation() {
        let sql = sql.replacen(name, &format!("default.{name}"), 1);
        cluster.node(0).ask(&sql);
        let meant = columns("default", name);
        assert!(meant.contains("String"), "{meant}");
        assert_eq!(columns(DATABASE, name), meant, "{name}");
        cluster.node(0).ask(&format!("DROP TABLE default.{name}"));
    }
}

/// All that an archive on disk holds of the four.
fn snapshot(here: &Home) -> Arc<Snapshot> {
    let archive = Archive::open_read_only(&here.path("data/auditty")).expect("there is one");
    let registry = Registry::shipped();
    let mut store = Store::new();
    for known in archive.sources().expect("read") {
        let provider = registry.get(&known.provider).expect("shipped");
        let parts = archive.parts(&known.name).expect("read").into_iter();
        let parts = parts.map(|part| (part, Arc::clone(&provider))).collect();
        for loaded in archive.load(parts, Interval::ALL).expect("read") {
            store.append(loaded.expect("whole").events);
        }
    }
    store.snapshot()
}

/// Rows, buckets, stacks and facets are those of the store.
fn answers_the_same(cluster: &Cluster, node: usize, snapshot: &Snapshot) {
    let address = Address {
        secure: false,
        host: "127.0.0.1".to_owned(),
        port: cluster.node(node).port,
        user: "default".to_owned(),
        database: DATABASE.to_owned(),
    };
    let engine = Arc::new(Engine::new(address, None).expect("an address"));
    let sources = FOUR.map(|name| Arc::new(Source::new(name, "p")));
    let asker = engine.asker(&sources, &[]);
    let time = |text: &str| Timestamp::parse(text).expect("a time");
    let window = Interval::new(time("2026-05-01T00:00:00Z"), time(END));
    let plain = |mut answer: Answer| {
        answer.rows.iter_mut().for_each(|row| row.id = RowId(0));
        // What is held is asked of the part that is held.
        Answer { loaded: 0, ..answer }
    };
    for (filter, stack) in [
        ("", StackBy::Source),
        ("is:delete OR alice", StackBy::ActorType),
        ("-actor:* OR target~a", StackBy::Action),
        ("time:2026-05-18 ip:10.0.0.0/8", StackBy::Source),
    ] {
        let facets = [Field::Actor, Field::Action, Field::Is, Field::Class, Field::Changes];
        let filter = Arc::new(parse(filter, window.until).expect("a filter"));
        let question = Question {
            rows: 20..90,
            histogram: Some(window),
            facets: facets.map(|field| FacetQuestion { field, top: 12 }).into(),
            stack: Some(stack),
            volume: true,
            ..Question::newest(filter, window, 0)
        };
        let found = asker.answer(&question, &|| false).expect("answered");
        let meant = snapshot.answer(&question);
        assert!(meant.matched > 0, "{question:?}");
        assert_eq!(plain(found), plain(meant), "{question:?}");
    }
}

/// What is held, without how many bytes it takes and until when it is looked at.
fn status(home: &Home) -> Vec<String> {
    let told = home.run(&["archive", "status"]).whole();
    let parts = told.lines().filter(|line| line.contains('(') || line.contains(" entries"));
    let held: Vec<String> = parts
        .map(|line| match line.rsplit_once(", ") {
            Some((held, bytes)) if bytes.ends_with(" bytes") => held.to_owned(),
            _ => line.to_owned(),
        })
        .collect();
    assert_eq!(held.len(), 10, "two lines a part: {told}");
    held
}

#[test]
fn two_shards_answer_as_one_archive_on_disk() {
    let Some(cluster) = Cluster::start::<7>(2, 1) else { return };
    for statement in statements() {
        let statement = without_replicas(&statement);
        cluster.nodes().for_each(|node| drop(node.ask(&statement)));
    }
    has_the_columns_of_a_single_server(&cluster);
    let (there, here) = (home(&cluster, 0), on_disk());
    let sync = [&["sync", "--now", END][..], &FOUR].concat();
    there.run(&sync).ends(0);
    // Each has some of it.
    for node in cluster.nodes() {
        assert_ne!(node.ask("SELECT count() FROM logs.entries_local").trim(), "0");
    }
    let snapshot = snapshot(&here);
    says_the_same(&there, &here, &["", "is:delete"]);
    for node in 0..2 {
        answers_the_same(&cluster, node, &snapshot);
    }
    assert_eq!(status(&there), status(&here));
    there.run(&["archive", "verify"]).whole();
    let again = there.run(&sync).ends(0);
    assert_eq!(again.err.matches(": 0 new, ").count(), 4, "{}", again.err);
    // Nobody can tell all servers to delete: what is there stays, and why is told.
    let refused = there.run(&["archive", "prune", "--before", "2026-05-18"]).ends(1);
    assert!(refused.err.contains("DDL background thread is not initialized"), "{}", refused.err);
    assert_eq!(status(&there), status(&here));
}

#[test]
fn two_shards_of_two_replicas_lose_one_and_answer_as_one_archive_on_disk() {
    let Some(mut cluster) = Cluster::start::<13>(2, 2) else { return };
    for statement in statements() {
        cluster.node(0).ask(&statement);
    }
    has_the_columns_of_a_single_server(&cluster);
    let (there, here) = (home(&cluster, 0), on_disk());
    // Some of it, so that there is more to come.
    let early = [&["sync", "--quiet", "--now", "2026-05-20T00:00:00Z"][..], &FOUR].concat();
    there.run(&early).ends(0);
    for node in cluster.shards() {
        assert_ne!(node.ask("SELECT count() FROM logs.entries_local").trim(), "0");
    }
    let held = status(&there);

    // A replica goes: what is there is answered, and what is to come is not taken in by halves.
    let port = cluster.down(3);
    assert_eq!(status(&there), held);
    there.run(&["archive", "verify"]).whole();
    let sync = [&["sync", "--now", END][..], &FOUR].concat();
    let failed = there.run(&sync).ends(1);
    assert!(failed.err.contains("uorum") || failed.err.contains("replica"), "{}", failed.err);
    there.run(&["archive", "verify"]).whole();

    // It comes back, and what it missed too.
    cluster.back(3, port);
    for node in 0..4 {
        // Whatever was left half done is settled before more is taken in.
        cluster.node(node).ask("SYSTEM SYNC REPLICA logs.entries_local");
    }
    there.run(&sync).ends(0);
    let snapshot = snapshot(&here);
    says_the_same(&home(&cluster, 3), &here, &[""]);
    answers_the_same(&cluster, 3, &snapshot);
    assert_eq!(status(&there), status(&here));
    let again = there.run(&sync).ends(0);
    assert_eq!(again.err.matches(": 0 new, ").count(), 4, "{}", again.err);

    // Any other one may go.
    let port = cluster.down(1);
    answers_the_same(&cluster, 0, &snapshot);
    cluster.back(1, port);

    // What is let go goes on all of them; with a quorum, what came last goes when more has come.
    let prune = ["archive", "prune", "--before", "2026-05-18"];
    let gone = |home: &Home| {
        let said = home.run(&prune).whole();
        said.split_once(" entries before 2026-05-18T").expect("so many").0.to_owned()
    };
    assert_eq!(gone(&there), gone(&here));
    let more = [&["sync", "--quiet", "--since", "2026-05-17", "--until", "2026-05-18"][..], &FOUR].concat();
    for home in [&there, &here] {
        home.run(&more).ends(0);
    }
    for node in cluster.nodes() {
        node.wait_for("0", "SELECT count() FROM logs.entries_local WHERE time < 1778976000000000");
    }
    assert_eq!(status(&there), status(&here));
    says_the_same(&home(&cluster, 1), &here, &["is:delete"]);
    there.run(&["archive", "verify"]).whole();
}
