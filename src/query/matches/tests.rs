use proptest::prelude::*;

use crate::event::field::Field;
use crate::event::{Change, ChangeOp, Event, Kind, Number, Outcome, Record};
use crate::json::Node;
use crate::query::generate::{any_event, any_query, bare_event};
use crate::query::parse::parse;
use crate::query::{Expr, Folded, Glob, Query};
use crate::text;
use crate::timestamp::Timestamp;

fn read(text: &str) -> Query {
    let now = Timestamp::parse("2026-05-21T10:00:00Z").expect("a time");
    parse(text, now).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn event() -> Event {
    let record = r#"{"id":"req_1","n":412.50,"big":9007199254740993,"ok":true,"gone":null,"empty":"","text":"Äpfel \"x\"","list":["a","b"],"a b":{"c:d":7},"e/f":1,"lone":"\ud800"}"#;
    let mut event = bare_event("req_1", "2026-05-18T10:00:00.5Z");
    event.status = Some(503);
    event.outcome = Outcome::Failure;
    event.action = Some("POST /api/v2/runs".to_owned());
    event.method = Some("POST".to_owned());
    event.endpoint = Some("/api/v2/runs".to_owned());
    event.actor.id = Some("key_1".to_owned());
    event.actor.name = Some("Alice STRAẞE".to_owned());
    event.actor.email = Some("alice@example.com".to_owned());
    event.target.id = Some("t-9".to_owned());
    event.ip = Some("::ffff:10.1.2.3".to_owned());
    event.client = Some("Python".to_owned());
    event.latency_ms = Number::parse("412.50");
    event.message = Some(String::new());
    event.changes =
        Some(vec![Change { op: ChangeOp::Replace, path: "/role".into(), before: None, after: None }]);
    event.kinds.insert(Kind::Create);
    event.record = Record::from_node(Node::parse(record).expect("JSON"));
    event
}

#[test]
fn every_operator_means_what_the_contract_says() {
    let event = event();
    let table = "
        + status:5xx status:503 status:>=500 status:500..599 status:4xx,5xx status:* code:503 status:>4xx
        - status:504 status:>503 status:<503 status:4xx -status:*
        + latency:>412 latency>412ms latency:412.5 latency:0.4s..1s latency:412500us latency:<1s
        - latency:>412.5 latency:413 latency:..412
        + time:2026-05-18 time:>=4d time:<2026-05-19 time:2026-05-17..2026-05-18 time:<=2026-05-18 time:>=2026-05-18
        - -time:>=2026-05-18 time:>=24h
        + time:2026-05-18T10:00:00.5Z time:2026-05-18T12:00:00.5+02:00
        - time:2026-05-18T10:00:00Z time:>2026-05-18 time:<2026-05-18 time:2026-05-19
        + class:5xx,4xx class:5XX class:5* outcome:failure outcome~fail
        - class:4xx class:failure outcome:success
        + ip:10.0.0.0/8 ip:10.1.2.3 ip:10.1.9.9/16 ip:::ffff:10.0.0.0/104 ip:*10.1.* ip~10.1 ip:0.0.0.0/0
        - ip:10.1.* ip:11.0.0.0/8 ip:::/0
        + actor:key_1 actor:ALICE@example.com actor:alice* actor.name:*straße actor.id:key_1 user:key_1
        - actor:alice actor.name:key_1 actor.type:*
        + target:t-9 target.id:* -target.name:* -target.type:*
        + action:post* action:*RUNS action:p*/*/runs action~API endpoint:/api/v2/runs* endpoint:/V2/ endpoint:/^.api/
    ";
    let table = table.replace("endpoint:/V2/", "endpoint:/v2/");
    check(&event, &table);
    check(
        &event,
        "
        - action:post action:*api endpoint:/V2/ action:/post/ action:\"p*\"
        + action:/(?i)post/ method:get,POST client:/^Py|x/
        + -message:* message:\"\" message~\"\" -project:*
        - message:* message:x project:\"\"
        + changes:/role changes:* changes~rol
        - changes:/rol changes:/roles
        + is:create is:delete,create -is:delete
        - is:self is:role
        + raw:ÄPFEL raw~\"\\\"big\\\":9007199254740993\" raw:/412\\.50/ raw:*
        - raw:9007199254740994 raw:a*b
    ",
    );
    check(&event, "
        + @/n:412.5 @/n:412.50 @/n:4.125e2 @/n:>412 @/n:400..500 @/n~2.5 @/ok:TRUE @/text:äpfel* @/text~\"\\\"x\\\"\"
        - @/n:412 @/n:>412.5 @/ok:false @/text:>1 @/big:9007199254740992
        + @/big:9007199254740993 @/list/1:b @/list~\"b\" @/list:* @\"/a b/c:d\":7 @/e~1f:1 @/lone:\u{fffd} @\"\"~req_1
        - @/gone:* @/empty:* @/absent:* @/list/2:* @/gone:null
        + -@/gone:* @/empty:\"\" -@/absent:x
        + alice POST runs req_1 python \"v2/runs\" t-9 10.1.2 /^Ali/ \"post /api\"
        - prod system 503 failure 5xx 412 2026 role Äpfel /^ALI/ create
    ");
}

/// Each line: `+` or `-`, then filters that match the event or do not.
fn check(event: &Event, table: &str) {
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (sign, filters) = line.split_once(' ').expect("a sign");
        let Expr::And(parts) = read(filters).expr else { panic!("{line}: one filter") };
        assert!(parts.len() > 1 || sign == "-" || line.matches(' ').count() == 1, "{line}");
        for part in parts {
            assert_eq!(part.matches(event), sign == "+", "{sign} {part}");
        }
    }
}

#[test]
fn what_is_absent_passes_no_test_and_so_passes_every_negation() {
    let bare = bare_event("x", "2026-05-18T00:00:00Z");
    for filter in [
        "status:5xx",
        "status:*",
        "latency:<1s",
        "ip:10.0.0.0/8",
        "ip:*",
        "actor:*",
        "changes:*",
        "is:create",
        "@/x:*",
        "has:control",
    ] {
        assert!(!read(filter).matches(&bare), "{filter}");
        assert!(read(&format!("-{filter}")).matches(&bare), "{filter}");
    }
    let mut nothing_changed = bare;
    nothing_changed.changes = Some(Vec::new());
    assert!(!read("changes:*").matches(&nothing_changed));
}

#[test]
fn an_address_that_is_none_matches_patterns_alone() {
    let mut event = bare_event("x", "2026-05-18T00:00:00Z");
    event.ip = Some("10.0.0.1:80".to_owned());
    check(
        &event,
        "
        + ip:10.0.* ip:\"10.0.0.1:80\" ip~0.1 ip:/:80$/
        - ip:10.0.0.0/8 ip:0.0.0.0/0 ip:10.0.0.1
    ",
    );
    event.ip = Some("fe80::1".to_owned());
    check(
        &event,
        "
        + ip:fe80::/10 ip:FE80:0::1 ip:::/0
        - ip:0.0.0.0/0 ip:fe80::2
    ",
    );
}

#[test]
fn has_looks_where_words_look() {
    let mut event = bare_event("x", "2026-05-18T00:00:00Z");
    event.action = Some("a\tb\r\n".to_owned());
    check(&event, "- has:control has:bidi has:formula");
    event.message = Some("\u{1b}[31m".to_owned());
    event.target.name = Some("\u{202e}gpj.exe".to_owned());
    event.user_agent = Some("=1+1".to_owned());
    check(&event, "+ has:control has:bidi has:formula");
}

#[test]
fn and_binds_tighter_than_or_and_not_tightest() {
    let event = event();
    for (filter, matches) in [
        ("nowhere alice OR python", true),
        ("nowhere (alice OR python)", false),
        ("alice -nowhere", true),
        ("NOT nowhere alice", true),
        ("NOT (nowhere OR alice)", false),
        ("-(nowhere alice) python", true),
        ("alice AND nowhere OR nowhere", false),
        ("", true),
    ] {
        assert_eq!(read(filter).matches(&event), matches, "{filter}");
    }
}

proptest! {
    #[test]
    fn a_printed_filter_matches_the_same(query in any_query(), event in any_event()) {
        let back = parse(&query.to_string(), Timestamp::default());
        prop_assert_eq!(back.map(|back| back.matches(&event)), Ok(query.matches(&event)));
    }

    #[test]
    fn a_pattern_means_the_same_of_a_text_that_is_not_folded(
        pieces in prop::collection::vec("[abAé*]{0,2}", 1..5), text in "[abAB*]{0,9}",
    ) {
        let glob = Glob { pieces: pieces.iter().map(|piece| Folded::new(piece)).collect() };
        prop_assert_eq!(glob.matches_ascii(&text), glob.matches_folded(&text::fold(&text)), "{:?}", pieces);
    }

    #[test]
    fn not_is_the_opposite_and_words_are_any_of_their_fields(event in any_event(), word in "[ab/]{1,2}") {
        let word = format!("\"{word}\"");
        let anywhere = read(&word).matches(&event);
        let somewhere = Field::words().any(|field| read(&format!("{}~{word}", field.name())).matches(&event));
        prop_assert_eq!(anywhere, somewhere);
        prop_assert_eq!(read(&format!("-{word}")).matches(&event), !anywhere);
    }

    #[test]
    fn what_is_included_matches_the_event_that_it_came_from(event in any_event(), field in crate::query::generate::any_field()) {
        let Some(text) = event.text(field) else { return Ok(()) };
        // The text of a list of changes is no path.
        if field == Field::Changes { return Ok(()) }
        if let Some(query) = Query::all().include(field, &text) {
            prop_assert!(query.matches(&event), "{} on {:?}", query, text);
        }
        if let Some(query) = Query::all().exclude(field, &text) {
            prop_assert!(!query.matches(&event), "{} on {:?}", query, text);
        }
    }
}
