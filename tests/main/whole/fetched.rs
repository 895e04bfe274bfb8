//! What the fetch layer brings of each system is exactly what the system holds.

use std::sync::Arc;

use auditty::demo::System;
use auditty::event::Event;
use auditty::fetch::{End, ErrorKind};
use auditty::interval::Interval;
use auditty::query::parse::parse;
use auditty::source::{Entity, Login, Secret};
use auditty::timestamp::{DAY, SECOND, Timestamp};

use super::WORLD;
use super::bench::{Bench, Gathered, everything, request, row_of_event, rows_of, within};

#[tokio::test]
async fn everything_that_a_system_holds_comes_and_nothing_else() {
    let bench = Bench::new().await;
    for system in System::ALL {
        let gathered = bench.fetch(system, everything()).await;
        gathered.is_just(system, WORLD.records(system).iter().cloned());
        let parts = if system == System::Fastio { 2 } else { 1 };
        assert_eq!(gathered.ends.len(), parts, "{system:?}");
        assert_eq!(gathered.rate_limited > 0, system == System::Fastio, "a whole fetch meets a limit");
    }
}

#[tokio::test]
async fn windows_are_cut_right_to_the_microsecond() {
    let bench = Bench::new().await;
    for system in System::ALL {
        let records = WORLD.records(system);
        let time = |at: usize| records[at.min(records.len() - 1)].time;
        for (newest, oldest) in [(0, 12), (37, 61), (140, 300), (990, 1_001)] {
            for (until, since) in [(0, 0), (1, 0), (0, 1), (1, 1), (-1, -1)] {
                let window = Interval::new(time(oldest).plus(since), time(newest).plus(until));
                bench.clock.forward(SECOND);
                bench.fetch(system, window).await.is_just(system, within(system, window));
            }
        }
        let instant = Interval::new(time(50), time(50).plus(1));
        let one = bench.fetch(system, instant).await;
        assert!(!one.events.is_empty());
        one.is_just(system, within(system, instant));
    }
}

/// Filters, and how many of their terms the system can be asked to apply.
const FILTERS: [(System, &str, usize); 19] = [
    (System::Fastio, "actor.type:agent action:file.delete", 2),
    (System::Fastio, "action:role.update -ip:203.0.113.0/24", 1),
    (System::Fastio, "action:ROLE.update", 0),
    (System::Fastio, "actor.type:robot", 0),
    (System::Fastpki, "action:ca_export_private_key", 1),
    (System::Fastpki, "actor.id:7 target.type:certificate", 2),
    (System::Fastpki, "target.id:3 target.type:ca", 2),
    (System::Fastpki, "action:login_failure devon", 1),
    (System::Fastpki, "action:login_failure,login_success", 0),
    (System::Fileguard, "action:revoked", 1),
    (System::Fileguard, "target.type:api_key target.id:key_nightlysync", 2),
    (System::Fileguard, "action:Deleted", 1),
    (System::Tofupilot, "status:5xx", 1),
    (System::Tofupilot, "endpoint:/api/v2/runs method:post status:2xx", 3),
    (System::Tofupilot, "status:503 OR status:500", 0),
    (System::Tofupilot, "method:delete latency:>100ms", 1),
    (System::Logfire, "action:login", 1),
    (System::Logfire, "action:UPDATE org:northwind-test", 1),
    (System::Logfire, "-action:LOGIN", 0),
];

#[tokio::test]
async fn what_is_pushed_changes_nothing_but_the_traffic() {
    let bench = Bench::new().await;
    let window = Interval::new(WORLD.end().plus(-3 * DAY), WORLD.end());
    let mut all: Vec<Gathered> = Vec::new();
    for system in System::ALL {
        all.push(bench.fetch(system, window).await);
    }
    for (system, filter, terms) in FILTERS {
        let query = Arc::new(parse(filter, WORLD.end()).expect(filter));
        let mut asked = request(bench.source(system), window);
        asked.push = Some(Arc::clone(&query));
        let pushed = bench.gather(asked).await;
        let plain = &all[system as usize];
        let matching = |gathered: &Gathered| -> Vec<_> {
            gathered.events.iter().filter(|event| query.matches(event)).map(row_of_event).collect()
        };
        assert_eq!(matching(&pushed), matching(plain), "{system:?} {filter}");
        let parts = pushed.ends.len();
        assert_eq!(pushed.pushed.len(), terms * parts, "{system:?} {filter}: {:?}", pushed.pushed);
        let bytes =
            |gathered: &Gathered| gathered.exchanges.iter().map(|exchange| exchange.bytes).sum::<u64>();
        if terms > 0 {
            assert!(
                bytes(&pushed) * 10 < bytes(plain) * 9,
                "{system:?} {filter}: {} {}",
                bytes(&pushed),
                bytes(plain)
            );
        }
    }
    // The filters are no empty questions.
    let found = |system: System, filter: &str| {
        let query = parse(filter, WORLD.end()).expect(filter);
        all[system as usize].events.iter().filter(|event| query.matches(event)).count()
    };
    assert!(found(System::Fastio, FILTERS[0].1) >= 64 && found(System::Fastpki, FILTERS[4].1) == 1);
    assert!(found(System::Tofupilot, FILTERS[12].1) > 900 && found(System::Fileguard, FILTERS[10].1) > 3);
}

#[tokio::test]
async fn undocumented_filters_are_pushed_where_the_source_says_so() {
    let bench = Bench::new().await;
    let window = Interval::new(WORLD.end().plus(-3 * DAY), WORLD.end());
    let query = Arc::new(parse("actor.id:key_nightlysync client:HTTP", WORLD.end()).expect("a filter"));
    let mut plain = request(bench.source(System::Tofupilot), window);
    plain.push = Some(Arc::clone(&query));
    let plain = bench.gather(plain).await;
    assert_eq!(plain.pushed, [""; 0]);
    let mut source = bench.source(System::Tofupilot);
    source.push = vec!["actor.id".to_owned(), "client".to_owned()];
    let mut asked = request(source, window);
    asked.push = Some(Arc::clone(&query));
    let pushed = bench.gather(asked).await;
    assert_eq!(pushed.pushed.len(), 2);
    let matching = |gathered: &Gathered| -> Vec<_> {
        gathered.events.iter().filter(|event| query.matches(event)).map(row_of_event).collect()
    };
    assert_eq!(matching(&pushed), matching(&plain));
    assert_eq!(pushed.events.len(), 449);
}

#[tokio::test]
async fn a_limit_stops_early_where_pages_come_newest_first() {
    let bench = Bench::new().await;
    for (system, early) in [
        (System::Fastio, true),
        (System::Tofupilot, true),
        (System::Fileguard, true),
        (System::Fastpki, false),
        (System::Logfire, false),
    ] {
        bench.clock.forward(10 * SECOND);
        let whole = bench.fetch(system, everything()).await;
        let mut asked = request(bench.source(system), everything());
        asked.limit = Some(150);
        bench.clock.forward(10 * SECOND);
        let limited = bench.gather(asked).await;
        let first: Vec<_> = limited.events.iter().take(150).map(row_of_event).collect();
        let expected = rows_of(system, WORLD.records(system).iter().cloned());
        assert_eq!(first, expected[..150], "{system:?}");
        assert_eq!(limited.exchanges.len() * 2 < whole.exchanges.len(), early, "{system:?}");
        for (part, end) in &limited.ends {
            assert_eq!(matches!(end, End::Limited), early, "{part}: {end:?}");
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_give_the_same() {
    let bench = Bench::new().await;
    for (system, size) in [
        (System::Fastpki, 1),
        (System::Fastpki, 7),
        (System::Fastpki, 1_000),
        (System::Fileguard, 3),
        (System::Fastio, 9),
        (System::Tofupilot, 90),
    ] {
        let window = Interval::new(WORLD.end().plus(-DAY / 4), WORLD.end());
        let mut source = bench.source(system);
        source.page_size = Some(size);
        let gathered = bench.gather(request(source, window)).await;
        gathered.is_just(system, within(system, window));
    }
}

#[tokio::test]
async fn the_history_of_single_entities() {
    let bench = Bench::new().await;
    let mut source = bench.source(System::Fileguard);
    source.entities = ["api_key/key_nightlysync", "file/file_1", "context/ctx/odd id", "file/nobody"]
        .map(|text| Entity::parse(text).expect("an entity"))
        .into();
    let gathered = bench.gather(request(source, everything())).await;
    assert!(gathered.ends.len() == 4 && gathered.ends.iter().all(|(_, end)| matches!(end, End::Whole)));
    let ids = ["key_nightlysync", "file_1", "ctx/odd id"];
    let records = WORLD.records(System::Fileguard).iter();
    let of_them = records
        .filter(|record| ids.iter().any(|id| record.json.contains(&format!("\"entity_id\":\"{id}\""))));
    let expected: Vec<_> =
        rows_of(System::Fileguard, of_them.cloned()).into_iter().map(|row| row.1).collect();
    let came: Vec<_> = gathered.events.iter().filter_map(|event| event.id.clone()).collect();
    assert!(came.len() > 5);
    assert_eq!(came, expected);
}

#[tokio::test]
async fn single_records_bring_what_changed() {
    let bench = Bench::new().await;
    let source = Arc::new(bench.source(System::Logfire));
    let provider = super::bench::provider("logfire");
    let update = |record: &&auditty::demo::Record| record.json.contains("\"UPDATE\"");
    for record in WORLD.records(System::Logfire).iter().filter(update).take(12) {
        let id = rows_of(System::Logfire, [record.clone()]).remove(0).1;
        let single = bench.fetcher.single(&source, &provider, None, &id).await.expect("a record");
        assert_eq!(single.record.as_str(), record.single.as_deref().unwrap_or_default());
        assert!(single.changes.is_some());
    }
    let unknown = "00000000-0000-4000-8000-000000000000";
    let error = bench.fetcher.single(&source, &provider, None, unknown).await.expect_err("there is none");
    assert!(error.kind == ErrorKind::Broken && error.message.contains("does not exist"), "{error}");
}

#[tokio::test]
async fn reads_of_the_log_are_entries_for_the_next_reader() {
    let bench = Bench::new().await;
    let until = |time: Timestamp| Interval::new(WORLD.end().plus(-DAY), time);
    let first = bench.fetch(System::Tofupilot, until(WORLD.end().plus(DAY))).await;
    let held = bench.server.held(System::Tofupilot);
    assert!(held.len() > WORLD.records(System::Tofupilot).len());
    assert!(first.ends.iter().all(|(_, end)| matches!(end, End::Whole)));
    let second = bench.fetch(System::Tofupilot, until(held[0].time.plus(1))).await;
    let own = |event: &&Event| event.user_agent.as_deref().is_some_and(|agent| agent.starts_with("auditty/"));
    // The server has only milliseconds, so reads of the second run may share the first's last one.
    assert!(second.events.iter().filter(own).count() >= first.exchanges.len());
    let query = parse("is:self", WORLD.end()).expect("a filter");
    assert!(second.events.iter().filter(own).all(|event| query.matches(event)));
}

#[tokio::test]
async fn a_login_is_exchanged_for_a_token_again_and_again() {
    let bench = Bench::new().await;
    let mut source = bench.source(System::Fastpki);
    source.token = None;
    let password = Secret::Command(vec!["printf".to_owned(), "demo".to_owned()]);
    source.login = Some(Login { username: "admin".to_owned(), password });
    for run in 1..=3 {
        let gathered = bench.gather(request(source.clone(), everything())).await;
        gathered.is_just(System::Fastpki, WORLD.records(System::Fastpki).iter().cloned());
        let logins = bench.server.held(System::Fastpki).len() - WORLD.records(System::Fastpki).len();
        assert_eq!(logins, run, "each run's token had ended");
        bench.clock.forward(901 * SECOND);
    }
}

/// What is told of a part that failed.
fn failure(gathered: &Gathered) -> (ErrorKind, &str) {
    match &gathered.ends[0].1 {
        End::Failed { error, missing } => {
            assert!(!missing.is_empty());
            (error.kind, &error.message)
        }
        end => panic!("{end:?}"),
    }
}

#[tokio::test]
async fn refusals_are_told_with_the_servers_words_and_an_advice() {
    let bench = Bench::new().await;
    let token = |token: &str| Some(Secret::Command(vec!["printf".to_owned(), token.to_owned()]));
    for (system, words, advice) in [
        (System::Tofupilot, "no access to the audit log", "Viewer"),
        (System::Fastio, "does not have the audit_logs:read scope", "audit_logs:read"),
        (System::Fastpki, "Insufficient permissions", "Superuser"),
        (System::Fileguard, "Insufficient permissions", ""),
        (System::Logfire, "does not have access", "organizations:auditlog"),
    ] {
        let mut source = bench.source(system);
        source.token = token("demo-viewer");
        let gathered = bench.gather(request(source.clone(), everything())).await;
        let (kind, message) = failure(&gathered);
        assert!(
            kind == ErrorKind::Refused && message.contains(words) && message.contains(advice),
            "{message}"
        );
        assert!(!message.contains("demo-viewer"), "no token in it: {message}");
        source.token = token("wrong");
        let gathered = bench.gather(request(source, everything())).await;
        assert_eq!(failure(&gathered).0, ErrorKind::Refused);
    }
    let mut elsewhere = bench.source(System::Fastio);
    elsewhere.vars = vec![("workspace_id".to_owned(), vec!["ws_nobody".to_owned()])];
    let gathered = bench.gather(request(elsewhere, everything())).await;
    let (kind, message) = failure(&gathered);
    assert!(kind == ErrorKind::Broken && message.contains("ws_nobody"), "{message}");
}

#[tokio::test]
async fn a_server_that_is_gone_is_told_after_the_last_try() {
    let bench = Bench::new().await;
    let source = bench.source(System::Fileguard);
    let asked = request(source, everything());
    let Bench { server, fetcher, clock } = bench;
    server.stop().await;
    let mut running = fetcher.start(asked);
    let (mut tries, mut failed) = (0, None);
    while let Some(update) = running.updates.recv().await {
        match update {
            auditty::fetch::Update::Requested(_) => tries += 1,
            auditty::fetch::Update::Ended { end: End::Failed { error, .. }, .. } => failed = Some(error.kind),
            _ => {}
        }
    }
    assert_eq!((tries, failed), (6, Some(ErrorKind::Unreachable)));
    drop(clock);
}
