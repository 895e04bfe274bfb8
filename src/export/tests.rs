use std::io::Write;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::event::{Change, ChangeOp, Number, Outcome, Record};
use crate::json::{Json, Node, Pointer};
use crate::query::generate::{any_event, bare_event};

/// The contract's own example, with more in its record.
fn event() -> Event {
    let mut event = bare_event("req_1", "2026-05-18T00:00:00.123Z");
    event.provider = "tofupilot".into();
    event.status = Some(503);
    event.outcome = Outcome::Failure;
    event.action = Some("POST /api/v2/runs".into());
    event.method = Some("POST".into());
    event.endpoint = Some("/api/v2/runs".into());
    event.actor.id = Some("key_1".into());
    event.actor.name = Some("station-7".into());
    event.ip = Some("10.0.0.9".into());
    event.client = Some("Python".into());
    event.user_agent = Some("tofupilot-python/2.1".into());
    event.latency_ms = Number::parse("412");
    event.request_id = Some("req_1".into());
    let record =
        r#"{"request_id": "req_1", "b": 1, "a": 412.50, "a": 2, "s": "\ud800 \u00e4", "list": [1, "x"]}"#;
    event.record = Record::from_node(Node::parse(record).expect("JSON"));
    event
}

fn changes() -> Vec<Change> {
    let json = |text: &str| Some(Json::from_node(Node::parse(text).expect("JSON")));
    vec![
        Change { op: ChangeOp::Replace, path: "/a".into(), before: json("null"), after: json("1.50") },
        Change { op: ChangeOp::Add, path: "/b".into(), before: None, after: None },
        Change { op: ChangeOp::Remove, path: "/c".into(), before: json(r#"{"x": "\ud800"}"#), after: None },
    ]
}

fn written(format: Format, options: Options, events: &[&Event]) -> String {
    let mut exporter = Exporter::new(format, options, Vec::new());
    for event in events {
        exporter.write(event).expect("memory");
    }
    assert_eq!(exporter.count(), events.len() as u64);
    String::from_utf8(exporter.finish().expect("memory")).expect("UTF-8")
}

fn plain(format: Format, events: &[&Event]) -> String {
    written(format, Options::default(), events)
}

fn columns(list: &str) -> Options {
    Options { columns: Column::parse_list(list).expect("columns"), ..Options::default() }
}

#[test]
fn formats_are_known_by_name_and_extension() {
    for format in Format::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    let error = "ndjsn".parse::<Format>().expect_err("none");
    assert!(error.to_string().contains("did you mean ndjson?"), "{error}");
    let of = |path: &str| Format::from_path(Path::new(path));
    assert_eq!(of("x/a.csv"), Some(Format::Csv));
    assert_eq!(
        (of("a.json"), of("a.ndjson"), of("a.jsonl")),
        (Some(Format::Json), Some(Format::Ndjson), Some(Format::Ndjson))
    );
    assert_eq!((of("a.txt"), of("csv")), (None, None));
}

#[test]
fn ndjson_has_every_key_in_order() {
    let line = plain(Format::Ndjson, &[&event()]);
    assert_eq!(
        line,
        concat!(
            r#"{"source":"prod","provider":"tofupilot","id":"req_1","time":"2026-05-18T00:00:00.123000Z","#,
            r#""status":503,"outcome":"failure","class":"5xx","action":"POST /api/v2/runs","method":"POST","endpoint":"/api/v2/runs","#,
            r#""actor":{"type":null,"id":"key_1","name":"station-7","email":null},"#,
            r#""target":{"type":null,"id":null,"name":null},"#,
            r#""organization":null,"project":null,"ip":"10.0.0.9","client":"Python","user_agent":"tofupilot-python/2.1","#,
            r#""latency_ms":412,"request_id":"req_1","message":null,"changes":null}"#,
            "\n"
        )
    );
}

#[test]
fn numbers_keep_their_text_and_sides_that_are_not_known_are_left_out() {
    let mut event = event();
    event.latency_ms = Number::parse("412.50");
    event.message = Some(String::new());
    event.changes = Some(changes());
    let line = plain(Format::Ndjson, &[&event]);
    assert!(line.contains(r#""latency_ms":412.50,"#), "{line}");
    assert!(line.contains(r#""message":"""#), "{line}");
    assert!(
        line.contains(concat!(
            r#""changes":[{"op":"replace","path":"/a","before":null,"after":1.50},"#,
            r#"{"op":"add","path":"/b"},{"op":"remove","path":"/c","before":{"x":"\ufffd"}}]"#
        )),
        "{line}"
    );
    event.changes = Some(Vec::new());
    assert!(plain(Format::Ndjson, &[&event]).contains(r#""changes":[]"#));
}

#[test]
fn json_is_an_array_of_the_same_and_of_nothing_an_empty_one() {
    assert_eq!(plain(Format::Json, &[]), "[]\n");
    let text = plain(Format::Json, &[&event(), &event(), &event()]);
    let array: Vec<Value> = serde_json::from_str(&text).expect("an array");
    let line: Value = serde_json::from_str(&plain(Format::Ndjson, &[&event()])).expect("an object");
    assert_eq!(array, [line.clone(), line.clone(), line]);
}

#[test]
fn formats_of_lines_are_empty_where_there_is_nothing() {
    for format in [Format::Ndjson, Format::Raw, Format::Ecs, Format::Hec] {
        assert_eq!(plain(format, &[]), "");
    }
}

#[test]
fn raw_is_the_record_without_white_space_and_otherwise_as_it_came() {
    assert_eq!(
        plain(Format::Raw, &[&event()]),
        concat!(r#"{"request_id":"req_1","b":1,"a":412.50,"a":2,"s":"\ud800 \u00e4","list":[1,"x"]}"#, "\n")
    );
}

#[test]
fn csv_has_a_header_always_and_ends_its_lines_by_crlf() {
    let header = "time,source,status,class,action,actor,target,ip,client,latency_ms,request_id,id\r\n";
    assert_eq!(plain(Format::Csv, &[]), header);
    let row = "2026-05-18T00:00:00.123000Z,prod,503,5xx,POST /api/v2/runs,station-7,,10.0.0.9,Python,412,req_1,req_1\r\n";
    assert_eq!(plain(Format::Csv, &[&event()]), format!("{header}{row}"));
}

#[test]
fn csv_actor_and_target_are_the_name_else_the_id() {
    let mut event = event();
    event.actor.name = Some(String::new());
    event.target.id = Some("t1".into());
    event.target.name = Some("Target".into());
    let row = |event: &Event| {
        let text = written(Format::Csv, columns("actor,target,actor.name,message"), &[event]);
        text.lines().nth(1).expect("a row").to_owned()
    };
    assert_eq!(row(&event), "key_1,Target,,");
    event.actor.id = None;
    event.actor.email = Some("a@b.c".into());
    event.target.name = None;
    assert_eq!(row(&event), ",t1,,");
}

#[test]
fn csv_cells_are_quoted_where_rfc_4180_says() {
    let mut event = event();
    event.message = Some("a,\"b\"\r\nc\nd".into());
    event.changes = Some(changes());
    let text = written(Format::Csv, columns("message,changes,org"), &[&event]);
    assert_eq!(
        text,
        concat!(
            "message,changes,org\r\n",
            "\"a,\"\"b\"\"\r\nc\nd\",",
            "\"[{\"\"op\"\":\"\"replace\"\",\"\"path\"\":\"\"/a\"\",\"\"before\"\":null,\"\"after\"\":1.50},",
            "{\"\"op\"\":\"\"add\"\",\"\"path\"\":\"\"/b\"\"},",
            "{\"\"op\"\":\"\"remove\"\",\"\"path\"\":\"\"/c\"\",\"\"before\"\":{\"\"x\"\":\"\"\\ufffd\"\"}}]\",",
            "\r\n"
        )
    );
}

#[test]
fn csv_text_that_a_spreadsheet_would_run_is_guarded_and_numbers_are_not() {
    for dangerous in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"] {
        let mut event = event();
        event.action = Some(dangerous.into());
        event.actor.name = Some(dangerous.into());
        event.latency_ms = Number::parse("-1");
        event.status = Some(-1);
        event.record = Record::from_node(Node::parse(r#"{"n":-1,"s":"-1","o":{"a":[1, 2]}}"#).expect("JSON"));
        let text = written(
            Format::Csv,
            columns("action,actor,latency_ms,status,@/n,@/s,@/o,@/none,time"),
            &[&event],
        );
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let row = reader.records().next().expect("a row").expect("CSV");
        let guarded = format!("'{dangerous}");
        let expected =
            [&guarded, &guarded, "-1", "-1", "-1", "'-1", "{\"a\":[1,2]}", "", "2026-05-18T00:00:00.123000Z"];
        assert_eq!(row.iter().collect::<Vec<_>>(), expected);
    }
    let mut harmless = event();
    harmless.action = Some("'a=1".into());
    assert!(plain(Format::Csv, &[&harmless]).contains(",'a=1,"));
}

#[test]
fn csv_headers_stand_as_typed() {
    let text = written(Format::Csv, columns("latency,latency_ms,org,organization,@/a"), &[&event()]);
    assert_eq!(text, "latency,latency_ms,org,organization,@/a\r\n412,412,,,2\r\n");
}

#[test]
fn ecs_has_its_keys_nested_and_absent_instead_of_null() {
    let mut event = event();
    event.latency_ms = Number::parse("412.50");
    event.organization = Some("7".into());
    event.actor.email = Some("a@b.c".into());
    event.message = Some("m".into());
    let organizations = HashMap::from([("tofupilot".into(), OrganizationIs::Id)]);
    let origins = Origins { organizations, ..Origins::default() };
    let line = written(Format::Ecs, Options { origins, ..Options::default() }, &[&event]);
    let object: Value = serde_json::from_str(&line).expect("an object");
    assert_eq!(
        object,
        json!({
            "@timestamp": "2026-05-18T00:00:00.123000Z",
            "event": {"id": "req_1", "kind": "event", "action": "POST /api/v2/runs", "outcome": "failure",
                "duration": 412_500_000, "original": event.record.as_str()},
            "http": {"request": {"method": "POST", "id": "req_1"}, "response": {"status_code": 503}},
            "url": {"path": "/api/v2/runs"},
            "user": {"id": "key_1", "name": "station-7", "email": "a@b.c"},
            "organization": {"id": "7"},
            "source": {"ip": "10.0.0.9"},
            "user_agent": {"original": "tofupilot-python/2.1"},
            "message": "m",
            "observer": {"vendor": "auditty", "product": "tofupilot", "name": "prod"},
        })
    );
    let named: Value = serde_json::from_str(&plain(Format::Ecs, &[&event])).expect("an object");
    assert_eq!(named["organization"], json!({"name": "7"}));
    event.ip = Some("10.0.0.9:80".into());
    let unparsed: Value = serde_json::from_str(&plain(Format::Ecs, &[&event])).expect("an object");
    assert_eq!(unparsed.get("source"), None);
    let bare = bare_event("x", "2026-05-18T00:00:00Z");
    let object: Value = serde_json::from_str(&plain(Format::Ecs, &[&bare])).expect("an object");
    assert_eq!(
        object,
        json!({
            "@timestamp": "2026-05-18T00:00:00.000000Z",
            "event": {"id": "x", "kind": "event", "outcome": "success", "original": bare.record.as_str()},
            "observer": {"vendor": "auditty", "product": "system", "name": "prod"},
        })
    );
}

#[test]
fn hec_has_the_record_and_the_entry_flat() {
    let mut event = event();
    event.changes = Some(changes());
    event.target.kind = Some("run".into());
    event.latency_ms = Number::parse("412.50");
    let origins =
        Origins { hosts: HashMap::from([("prod".into(), "tofupilot.app".to_owned())]), ..Origins::default() };
    let line = written(Format::Hec, Options { origins, ..Options::default() }, &[&event]);
    assert_eq!(
        line,
        concat!(
            r#"{"time":1779062400.123000,"host":"tofupilot.app","source":"prod","sourcetype":"auditty:tofupilot","#,
            r#""event":{"request_id":"req_1","b":1,"a":412.50,"a":2,"s":"\ufffd \u00e4","list":[1,"x"]},"#,
            r#""fields":{"source":"prod","provider":"tofupilot","id":"req_1","time":"2026-05-18T00:00:00.123000Z","#,
            r#""status":503,"outcome":"failure","class":"5xx","action":"POST /api/v2/runs","method":"POST","#,
            r#""endpoint":"/api/v2/runs","actor.id":"key_1","actor.name":"station-7","target.type":"run","#,
            r#""ip":"10.0.0.9","client":"Python","user_agent":"tofupilot-python/2.1","latency_ms":412.50,"request_id":"req_1","#,
            r#""changes":"[{\"op\":\"replace\",\"path\":\"/a\",\"before\":null,\"after\":1.50},"#,
            r#"{\"op\":\"add\",\"path\":\"/b\"},{\"op\":\"remove\",\"path\":\"/c\",\"before\":{\"x\":\"\\ufffd\"}}]"}}"#,
            "\n"
        )
    );
    let old = bare_event("x", "1969-12-31T23:59:59.5Z");
    assert!(plain(Format::Hec, &[&old]).starts_with(r#"{"time":-0.500000,"source":"prod","#));
}

#[test]
fn nothing_hostile_reaches_a_terminal() {
    let mut event = event();
    let hostile = "\u{1b}[31m\u{202e}\u{200b}\u{9b}\u{7f}x\u{feff}\n";
    event.action = Some(hostile.into());
    event.record = Record::from_node(Node::parse(&format!("{{\"a\":{}}}", json!(hostile))).expect("JSON"));
    for format in Format::ALL {
        let options = Options { terminal: true, ..Options::default() };
        let text = written(format, options, &[&event]);
        let left: Vec<char> =
            text.chars().filter(|c| text::is_hostile(*c) && !matches!(c, '\n' | '\r')).collect();
        assert!(left.is_empty(), "{format}: {left:?}");
        if format == Format::Csv {
            assert!(text.contains("␛[31m⟨202E⟩⟨200B⟩⟨009B⟩␡x⟨FEFF⟩␊"), "{text}");
            assert_eq!(text.matches('\n').count(), 2);
        } else {
            assert!(text.contains("\\u202e\\u200b\\u009b\\u007f"), "{format}: {text}");
            // Escaped, it still says the same.
            let shown: Value = serde_json::from_str(&text).expect("JSON");
            let kept: Value = serde_json::from_str(&plain(format, &[&event])).expect("JSON");
            assert_eq!(shown, kept, "{format}");
        }
    }
    assert!(plain(Format::Ndjson, &[&event]).contains('\u{202e}'), "into a file it goes as it is");
}

/// Takes so many bytes; then the pipe is closed.
struct Closing(usize);

impl Write for Closing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0 == 0 {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_pipe_is_told_as_one_in_every_format() {
    for format in Format::ALL {
        let mut exporter = Exporter::new(format, Options::default(), Closing(700));
        let error = (0..10).find_map(|_| exporter.write(&event()).err()).expect("the pipe closes");
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe, "{format}");
    }
}

#[test]
fn a_record_of_any_depth_is_written() {
    let deep = format!("{{\"deep\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let mut event = event();
    event.record = Record::from_node(Node::parse(&deep).expect("JSON"));
    for format in Format::ALL {
        assert_eq!(
            plain(format, &[&event]).contains(&"[".repeat(100_000)),
            matches!(format, Format::Raw | Format::Hec | Format::Ecs)
        );
    }
}

proptest! {
    #[test]
    fn whatever_the_entry_each_line_is_valid_and_says_the_same(event in any_event(), terminal in any::<bool>()) {
        for format in [Format::Ndjson, Format::Raw, Format::Ecs, Format::Hec] {
            let options = Options { terminal, ..Options::default() };
            let text = written(format, options, &[&event]);
            prop_assert_eq!(text.matches('\n').count(), 1);
            prop_assert!(Node::parse(text.trim_end()).is_ok(), "{}: {}", format, text);
        }
        let line = plain(Format::Ndjson, &[&event]);
        let node = Node::parse(line.trim_end()).expect("JSON");
        let text = |path: &str| {
            node.at(&Pointer::parse(path).expect("a pointer")).and_then(Node::scalar).map(std::borrow::Cow::into_owned)
        };
        prop_assert_eq!(text("/id"), event.id.clone());
        prop_assert_eq!(text("/actor/email"), event.actor.email.clone());
        prop_assert_eq!(text("/message"), event.message.clone());
        prop_assert_eq!(text("/latency_ms"), event.latency_ms.as_ref().map(|n| n.as_str().to_owned()));
        let csv = written(Format::Csv, columns("message,endpoint,time"), &[&event]);
        let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
        let rows: Vec<_> = reader.records().map(|row| row.expect("CSV")).collect();
        prop_assert_eq!(rows.len(), 1);
        for (cell, value) in [(&rows[0][0], &event.message), (&rows[0][1], &event.endpoint)] {
            let value = value.as_deref().unwrap_or_default();
            let guarded = text::has_formula(value).then(|| format!("'{value}"));
            prop_assert_eq!(cell, guarded.as_deref().unwrap_or(value));
        }
    }
}
