//! What is handed over, for harmless entries and for those that an attacker wrote.

use proptest::prelude::*;

use super::plot::Zone;
use super::screen::{Display, Origin, Screen};
use super::ticket::{Coverage, Marked, markdown};
use super::*;
use crate::answer::Histogram;
use crate::event::{Change, ChangeOp, Class};
use crate::interval::{Interval, IntervalSet};
use crate::json::Json;
use crate::provider::{Provider, descriptor};
use crate::query::Query;
use crate::query::generate::{any_event, any_query, bare_event};
use crate::query::parse::parse;
use crate::source::{Entity, Secret, Source};
use crate::timestamp::Timestamp;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

fn week() -> Interval {
    Interval::new(at("2026-05-14T00:00:00Z"), at("2026-05-21T00:00:00Z"))
}

/// Whether a text may be pasted: no control character but line feed and tab, no line feed at the end,
/// nothing else that is hostile.
fn is_harmless(text: &str) -> bool {
    !text.ends_with('\n') && !text.contains(|c: char| !matches!(c, '\n' | '\t') && text::is_hostile(c))
}

/// The words that a POSIX shell makes of a line, with variables as they stand; `None` where
/// something is outside quotes that a shell would act on.
fn shell_words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' => words.extend(word.take()),
            '\'' => loop {
                match characters.next()? {
                    '\'' => {
                        word.get_or_insert_default();
                        break;
                    }
                    inside => word.get_or_insert_default().push(inside),
                }
            },
            '\\' => word.get_or_insert_default().push(characters.next()?),
            '"' => loop {
                match characters.next()? {
                    '"' => break,
                    inside @ ('$' | '{' | '}' | '_' | 'A'..='Z' | 'a'..='z' | '0'..='9') => {
                        word.get_or_insert_default().push(inside);
                    }
                    _ => return None,
                }
            },
            plain if plain.is_ascii_alphanumeric() || "_-./=:".contains(plain) => {
                word.get_or_insert_default().push(plain);
            }
            _ => return None,
        }
    }
    words.extend(word);
    Some(words)
}

const ANY: &str = include_str!("../../assets/providers/fileguard.toml");

fn provider(toml: &str) -> Provider {
    descriptor::read("test.toml", toml).expect("a descriptor")
}

fn shipped(name: &str) -> Provider {
    provider(match name {
        "fastio" => include_str!("../../assets/providers/fastio.toml"),
        "fastpki" => include_str!("../../assets/providers/fastpki.toml"),
        "logfire" => include_str!("../../assets/providers/logfire.toml"),
        "tofupilot" => include_str!("../../assets/providers/tofupilot.toml"),
        _ => ANY,
    })
}

#[test]
fn json_is_laid_out_as_it_stands_and_escaped() {
    let mut event = bare_event("a", "2026-05-18T00:00:00Z");
    event.record = crate::event::Record::from_kept("{\"b\":1.50,\"a\":\"x\u{202e}\u{7f}\",\"a\":[]}");
    assert_eq!(record_json(&event), "{\n  \"b\": 1.50,\n  \"a\": \"x\\u202e\\u007f\",\n  \"a\": []\n}");
    let normalised = normalised_json(&event);
    assert!(
        normalised.starts_with("{\n  \"source\": \"prod\",\n  \"provider\": \"system\",\n  \"id\": \"a\",")
    );
    assert!(normalised.ends_with("\n  \"changes\": null\n}"));
}

#[test]
fn a_row_has_a_cell_a_field() {
    let mut event = bare_event("a", "2026-05-18T00:00:00Z");
    event.action = Some("=cmd\t|x\n\u{1b}[2J".into());
    event.actor.id = Some("u_1".into());
    let row = row_text(&event, &[Field::Time, Field::Action, Field::Ip, Field::Actor, Field::Class]);
    assert_eq!(row, "2026-05-18T00:00:00.000000Z\t'=cmd␉|x␊␛[2J\t\tu_1\tsuccess");
    assert_eq!(cell_text(&event, Field::Action), "=cmd␉|x␊␛[2J");
}

#[test]
fn curl_asks_for_the_entry_with_the_token_in_a_variable() {
    let mut event = bare_event("log/1", "2026-05-18T00:00:00.123Z");
    let curl = |event: &Event, source: &Source| request::curl(event, source, &shipped(&source.provider));
    let mut source = Source::new("prod", "logfire");
    source.token = Some(Secret::Env("MY_TOKEN".into()));
    assert_eq!(
        curl(&event, &source).expect("a request"),
        "curl -sS --globoff --compressed -H 'Authorization: Bearer '\"${MY_TOKEN}\" -H 'Accept: application/json' \
         'https://api-us.pydantic.dev/api/v1/audit-logs/log%2F1/'"
    );
    // Without a route for one record: the instant.
    let mut source = Source::new("prod", "tofupilot");
    source.token = Some(Secret::Command(vec!["pass".into(), "x; rm".into()]));
    assert_eq!(
        curl(&event, &source).expect("a request"),
        "curl -sS --globoff --compressed -H 'Authorization: Bearer '\"${TOFUPILOT_API_KEY}\" -H 'Accept: application/json' \
         'https://tofupilot.app/api/v2/audit-log?from=2026-05-18T00%3A00%3A00.123Z&to=2026-05-18T00%3A00%3A00.124Z'"
    );
    // Of a source that fans out, the entry's own part.
    let mut source = Source::new("agents", "fastio");
    source.vars = vec![("workspace_id".into(), vec!["ws_1".into(), "it's".into()])];
    event.workspace = Some("it's".into());
    let command = curl(&event, &source).expect("a request");
    assert!(command.contains("/v1/workspaces/it%27s/audit-logs?"), "{command}");
    source.token = Some(Secret::Env("A B; rm".into()));
    assert!(curl(&event, &source).expect("a request").contains("\"${FASTIO_API_TOKEN}\""));
    source.vars.clear();
    assert!(curl(&event, &source).expect_err("a variable is missing").to_string().contains("workspace_id"));
    // An entity's own route.
    let mut source = Source::new("keys", "fileguard");
    source.entities =
        vec![Entity::parse("api_key/k1").expect("one"), Entity::parse("file/f 2").expect("one")];
    event.workspace = Some("file/f 2".into());
    let command = curl(&event, &source).expect("a request");
    assert!(command.contains("/api/v1/audit-logs/entity/file/f%202?"), "{command}");
}

#[test]
fn the_same_screen_by_a_command_line() {
    let filter = parse("-status:5xx actor:\"o'neill $(x)\"", week().until).expect("a filter");
    let screen = Screen {
        origin: Origin::Sources(&["prod", "my source"]),
        window: Interval::new(week().since, at("2026-05-18T01:02:03.000004Z")),
        filter: &filter,
        entities: &[Entity { kind: "api_key".into(), id: "k/1".into() }],
        config: Some("/etc/a b.toml"),
        provider: None,
        display: Display::default(),
    };
    let rest = "--since=2026-05-14T00:00:00Z --until=2026-05-18T01:02:03.000004Z \
                --filter='-status:5xx actor:\"o'\\''neill $(x)\"' --entity='api_key/k/1'";
    assert_eq!(screen.explore(), format!("auditty explore --config='/etc/a b.toml' {rest} prod 'my source'"));
    assert_eq!(
        screen.export("week.csv", true),
        Some(format!(
            "auditty export --config='/etc/a b.toml' {rest} -o 'week.csv' --manifest prod 'my source'"
        ))
    );
    let all = Query::all();
    let files = Screen {
        origin: Origin::Files(&["-x.json", "-"]),
        filter: &all,
        entities: &[],
        config: None,
        ..screen
    };
    assert_eq!(
        files.explore(),
        "auditty open --since=2026-05-14T00:00:00Z --until=2026-05-18T01:02:03.000004Z -- -x.json -"
    );
    let arranged = Screen {
        display: Display {
            sort: Some("-latency,time".to_owned()),
            columns: Some(vec!["time".to_owned(), "@\"/a,b\"".to_owned()]),
            at: Some(at("2026-05-16T01:02:03.5Z")),
            no_histogram: true,
            zone: Some("Europe/Berlin".to_owned()),
        },
        provider: Some("fastpki"),
        ..files.clone()
    };
    assert!(arranged.explore().ends_with(
        " --provider=fastpki --sort=-latency,time --columns='time,@\"/a,b\"' --tz=Europe/Berlin \
         --at=2026-05-16T01:02:03.500000Z --no-histogram -- -x.json -"
    ));
    let exported = arranged.export("x.csv", false).expect("files can be exported");
    assert!(exported.contains("--provider=fastpki") && !exported.contains("--sort"), "{exported}");
    let archive = Screen { origin: Origin::Archive(&["prod"]), ..files.clone() };
    assert!(archive.explore().ends_with(" --offline prod"), "{}", archive.explore());
    assert!(archive.export("x.csv", false).expect("it can be").contains(" --offline "));
    let end = files.window.until;
    let demo = Screen { origin: Origin::Demo { end }, ..files };
    // Without it the entries would be others.
    let now = format!("auditty demo --now={} --since=", super::screen::instant(end));
    assert!(demo.explore().starts_with(&now), "{}", demo.explore());
    assert_eq!(demo.export("x.csv", false), None);
}

fn coverage(missing: &[(&str, &str, &'static str)]) -> Coverage {
    let missing =
        missing.iter().map(|(since, until, why)| (Interval::new(at(since), at(until)), *why)).collect();
    Coverage { matched: 388, fetched: 48_213, window: week(), missing }
}

#[test]
fn the_coverage_is_told_and_never_rounded_up() {
    assert_eq!(coverage(&[]).words(), "388 matched of 48,213 fetched; the whole window covered");
    assert_eq!(
        coverage(&[("2026-05-14T00:00:00Z", "2026-05-16T00:00:00Z", "not asked")]).words(),
        "388 matched of 48,213 fetched; 71 % of the window covered; not asked 05-14 to 05-16"
    );
    assert_eq!(
        coverage(&[
            ("2026-05-14T00:00:00Z", "2026-05-14T06:30:00Z", "not asked"),
            ("2026-05-15T00:00:00Z", "2026-05-15T00:00:01Z", "not asked"),
            ("2026-05-20T00:00:00Z", "2026-06-15T00:00:00Z", "failed"),
        ])
        .words(),
        "388 matched of 48,213 fetched; 81 % of the window covered; not asked 05-14 00:00 to 05-14 06:30, \
         05-15 00:00:00 to 05-15 00:00:01; failed 05-20 to 05-21"
    );
    assert!(
        coverage(&[("2026-05-14T00:00:00Z", "2026-05-14T00:00:00.000001Z", "failed")])
            .words()
            .contains(" 99 % ")
    );
    let many: Vec<_> = (0..8)
        .map(|day| {
            (
                Interval::new(week().since.plus(day * 7_000_000), week().since.plus(day * 7_000_000 + 1)),
                "failed",
            )
        })
        .collect();
    assert!(Coverage { missing: many, ..coverage(&[]) }.words().ends_with(", and 3 more"));
}

/// The cells of a Markdown table's row, as renderers split it.
fn cells(row: &str) -> Vec<&str> {
    let inside = row.strip_prefix("| ").and_then(|row| row.strip_suffix(" |")).expect("a row");
    inside.split('|').map(str::trim).collect()
}

#[test]
fn a_ticket_has_the_entries_oldest_first_with_notes_and_diffs() {
    let mut first = bare_event("req_1", "2026-05-18T00:00:00.123Z");
    first.action = Some("POST /a|b".into());
    first.actor.name = Some("`rm`".into());
    first.status = Some(503);
    first.changes = Some(vec![
        Change {
            op: ChangeOp::Replace,
            path: "/retention_days".into(),
            before: Some(Json::from_node(Node::parse("30").expect("JSON"))),
            after: None,
        },
        Change {
            op: ChangeOp::Remove,
            path: "/x\u{202e}".into(),
            before: Some(Json::from_text("```\n</script>")),
            after: None,
        },
    ]);
    let second = bare_event("req_2", "2026-05-18T00:00:01Z");
    let marked = [
        Marked { event: &second, note: Some("see *this* | @all\n<b>") },
        Marked { event: &first, note: None },
    ];
    insta::assert_snapshot!(markdown(&marked, &coverage(&[])));
    assert_eq!(markdown(&[], &coverage(&[])), coverage(&[]).words());
}

#[test]
fn the_histogram_is_a_text_too() {
    struct Utc;
    impl Zone for Utc {
        fn format(&self, time: Timestamp, format: &str) -> String {
            time.to_chrono().format(format).to_string()
        }
        fn name(&self) -> String {
            "UTC".to_owned()
        }
    }
    let mut histogram = Histogram::empty(week());
    histogram.count(week().since, Class::S5xx);
    let text = histogram_text(&histogram, &IntervalSet::new(), 80, &Utc);
    assert!(is_harmless(&text) && text.contains("1 entries"), "{text}");
}

proptest! {
    #[test]
    fn whatever_an_entry_says_nothing_of_it_gets_out_of_its_place(
        event in any_event(),
        hostile in prop::collection::vec("[a-c|`'\"\\\\$(){}<>&*_#@!~\n\r\t\u{1b}\u{202e}\u{200b} -]{0,12}", 6),
        note in "[a|`\n\u{1b}<>&*]{0,8}",
    ) {
        let mut event = event;
        let [action, actor, target, ip, id, value]: [String; 6] = hostile.try_into().expect("six");
        event.action = Some(action);
        event.actor.name = Some(actor);
        event.target.name = Some(target.clone());
        event.ip = Some(ip);
        event.id = Some(id);
        event.source = target.into();
        event.changes = Some(vec![Change { op: ChangeOp::Replace, path: format!("/{value}"), before: Some(Json::from_text(&value)), after: None }]);
        let ticket = markdown(&[Marked { event: &event, note: Some(&note) }, Marked { event: &event, note: None }], &coverage(&[]));
        for text in [&record_json(&event), &normalised_json(&event), &cell_text(&event, Field::Action), &ticket] {
            prop_assert!(is_harmless(text), "{:?}", text);
        }
        prop_assert!(Node::parse(&record_json(&event)).is_ok() && Node::parse(&normalised_json(&event)).is_ok());
        let fields = [Field::Action, Field::Actor, Field::Ip, Field::Id];
        let row = row_text(&event, &fields);
        prop_assert!(is_harmless(&row) && !row.contains('\n'));
        prop_assert_eq!(row.matches('\t').count(), fields.len() - 1);
        prop_assert!(row.split('\t').all(|cell| !text::has_formula(cell)));

        // The table keeps its rows and cells.
        let lines: Vec<&str> = ticket.lines().collect();
        for row in &lines[..4] {
            prop_assert_eq!(cells(row).len(), 10, "{}", row);
        }
        prop_assert_eq!(lines[4], "");
        for row in &lines[2..4] {
            // Each of the entry's cells is whole code spans: backticks of one length around.
            for cell in &cells(row)[2..7] {
                for span in cell.split("&#124;").filter(|span| !span.is_empty()) {
                    let fence = span.len() - span.trim_start_matches('`').len();
                    prop_assert!(fence > 0 && span.len() > 2 * fence && span.ends_with(&"`".repeat(fence)), "{}", span);
                    let inside = &span[fence..span.len() - fence];
                    prop_assert!(inside.split(|c| c != '`').all(|run| run.len() != fence), "{}", span);
                }
            }
        }
        // The block ends where it is to end, and not before.
        let fence = lines.iter().position(|line| line.starts_with("```")).expect("a block");
        let mark = lines[fence].trim_end_matches("diff");
        let inside = lines[fence + 1..].iter().take_while(|line| **line != mark);
        prop_assert!(inside.clone().all(|line| line.starts_with(['@', '-', '+', ' '])));
    }

    #[test]
    fn shell_lines_are_the_words_that_were_meant(
        query in any_query(),
        names in prop::collection::vec("[a-z'\" $`\\\\;|-]{1,8}", 1..3),
        entity in "[a-z' $]{1,5}",
        event in any_event(),
        base in "[a-z]{1,8}",
    ) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let entities = [Entity { kind: "k".into(), id: entity.clone() }];
        let screen = Screen { origin: Origin::Sources(&names), window: week(), filter: &query, entities: &entities, config: None, provider: None, display: Display::default() };
        let line = screen.explore();
        prop_assert!(is_harmless(&line));
        let words = shell_words(&line);
        prop_assert!(words.is_some(), "{}", line);
        let words = words.expect("checked");
        prop_assert_eq!(&words[words.len() - names.len()..], &names[..]);
        let asked = "--entity=k/".to_owned() + &entity;
        prop_assert!(words.contains(&asked));
        let filter = words.iter().find_map(|word| word.strip_prefix("--filter="));
        prop_assert_eq!(filter.is_none(), query.is_all());
        if let Some(filter) = filter.filter(|_| !query.to_string().contains(text::is_hostile)) {
            prop_assert_eq!(parse(filter, week().until).ok(), Some(query));
        }

        let mut source = Source::new("s", "fastpki");
        source.base_url = Some(format!("https://{base}.example"));
        let command = request::curl(&event, &source, &shipped("fastpki")).expect("a request");
        prop_assert!(is_harmless(&command));
        let words = shell_words(&command);
        prop_assert!(words.is_some(), "{}", command);
        prop_assert_eq!(&words.expect("checked")[5], "Authorization: Bearer ${FASTPKI_TOKEN}");
    }
}
