//! Local files: every way in which entries may lie in one, and what is said of those that cannot be
//! read.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use auditty::answer::Question;
use auditty::event::{Event, Outcome};
use auditty::fetch::{End, ErrorKind, Part, Skipped, Update};
use auditty::files::{self, Need, Origin};
use auditty::interval::Interval;
use auditty::provider::registry::Registry;
use auditty::store::{Duplicates, Store};
use proptest::prelude::*;
use tempfile::TempDir;

/// A record of tofupilot's.
fn request(id: &str, second: u32) -> String {
    format!(
        r#"{{"request_id":"{id}","timestamp":"2026-05-18T00:00:{second:02}Z","method":"GET","endpoint":"/api/v2/runs","status":200,"latency_ms":12,"key_id":"k1","caller":"alice","source_ip":"10.0.0.9","user_agent":"x"}}"#
    )
}

/// A record of fastio's.
fn deletion(id: &str) -> String {
    format!(
        r#"{{"id":"{id}","timestamp":"2026-05-18T00:00:00Z","action":"file.delete","actor":{{"type":"agent","id":"a1","name":"Tidy"}},"resource":{{"type":"file","id":"f1","path":"/x"}}}}"#
    )
}

struct Read {
    events: Vec<Event>,
    skipped: Vec<Skipped>,
    ends: Vec<(Part, End)>,
}

impl Read {
    fn ids(&self) -> Vec<&str> {
        self.events.iter().map(|event| event.id.as_deref().unwrap_or("-")).collect()
    }

    fn failure(&self) -> (ErrorKind, String) {
        match self.ends.first() {
            Some((_, End::Failed { error, .. })) => (error.kind, error.message.clone()),
            other => panic!("no failure: {other:?}"),
        }
    }

    fn is_whole(&self) -> bool {
        self.ends.iter().all(|(_, end)| matches!(end, End::Whole))
    }
}

fn read_with(paths: &[PathBuf], provider: Option<&str>, need: Need) -> Read {
    let registry = Arc::new(Registry::shipped());
    let provider = provider.map(|name| registry.get(name).expect("known"));
    let inputs = files::inputs(paths.iter().map(|path| Origin::new(path)), &[]);
    let mut running = files::start_with(inputs, registry, provider, need);
    let mut read = Read { events: Vec::new(), skipped: Vec::new(), ends: Vec::new() };
    while let Some(update) = running.updates.blocking_recv() {
        match update {
            Update::Page(page) => {
                read.events.extend(page.events);
                read.skipped.extend(page.skipped);
            }
            Update::Ended { part, end } => read.ends.push((part, end)),
            _ => {}
        }
    }
    assert_eq!(read.ends.len(), paths.len(), "every file ends once");
    read
}

/// What comes into a store as rows: the ids newest first, how many records were passed over, and
/// whether all of the files came.
fn loaded(paths: &[PathBuf]) -> (Vec<Event>, usize, bool) {
    let inputs = files::inputs(paths.iter().map(|path| Origin::new(path)), &[]);
    let mut running = files::load(inputs, Arc::new(Registry::shipped()), None);
    let mut store = Store::with_duplicates(Duplicates::KeepAll);
    let (mut skipped, mut is_whole) = (0, true);
    while let Some(update) = running.updates.blocking_recv() {
        match update {
            Update::Rows(rows) => {
                skipped += rows.skipped.len();
                assert_eq!(rows.entries, rows.batch.as_ref().map_or(0, |batch| batch.len()));
                rows.batch.into_iter().for_each(|batch| store.append_batch(*batch));
            }
            Update::Page(page) => panic!("a page of {} entries", page.events.len()),
            Update::Ended { end, .. } => is_whole &= matches!(end, End::Whole),
            _ => {}
        }
    }
    let snapshot = store.snapshot();
    let question = Question::newest(Arc::default(), Interval::ALL, snapshot.len());
    let rows = snapshot.answer(&question).rows;
    (rows.iter().map(|row| Event::clone(&row.event)).collect(), skipped, is_whole)
}

fn read_file(path: &Path) -> Read {
    read_with(&[path.to_owned()], None, Need::Entries)
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).expect("writes");
        path
    }

    fn read(&self, content: impl AsRef<[u8]>) -> Read {
        read_file(&self.write("file", content))
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(content).expect("packs");
    packed.finish().expect("packs")
}

#[test]
fn the_same_records_come_out_of_every_way_to_lay_them_down() {
    let folder = Folder::new();
    let records = [request("r1", 1), request("r2", 2), request("r3", 3)];
    let lines = records.join("\n");
    let array = format!("[{}]", records.join(","));
    let pretty = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).expect("json");
        serde_json::to_string_pretty(&value).expect("json")
    };
    let envelope = format!(r#"{{"data":{array},"meta":{{"has_more":true,"next_cursor":17}}}}"#);
    let unknown_envelope = format!(r#"{{"Records":{array},"version":1}}"#);
    let ways: Vec<(&str, Vec<u8>)> = vec![
        ("lines", lines.clone().into()),
        ("lines with an end", format!("{lines}\n").into()),
        ("CRLF and blank lines", format!("\r\n{}\r\n\r\n", records.join("\r\n\r\n")).into()),
        ("a byte order mark", format!("\u{feff}{lines}").into()),
        ("an array", array.clone().into()),
        ("an array over lines", format!("[\n{}\n]\n", records.join(",\n")).into()),
        ("a pretty array", pretty(&array).into()),
        (
            "a pretty record after the other",
            records.iter().map(|r| pretty(r)).collect::<Vec<_>>().join("\n").into(),
        ),
        ("an envelope", envelope.clone().into()),
        ("a pretty envelope", pretty(&envelope).into()),
        ("an envelope of an unknown shape", unknown_envelope.clone().into()),
        ("a pretty one", pretty(&unknown_envelope).into()),
        ("an envelope of an array alone", format!("[{array}]").into()),
        ("gzip", gzip(lines.as_bytes())),
        (
            "gzip of two members",
            [gzip(format!("{}\n", records[0]).as_bytes()), gzip(records[1..].join("\n").as_bytes())].concat(),
        ),
        ("zstd", zstd::encode_all(lines.as_bytes(), 3).expect("packs")),
        ("gzip of an envelope", gzip(envelope.as_bytes())),
    ];
    for (way, content) in ways {
        let read = folder.read(content);
        let (rows, skipped, is_whole) = loaded(&[folder.0.path().join("file")]);
        let mut expected = read.events.clone();
        expected.sort_by(Event::newest_first);
        assert!(rows == expected && skipped == 0 && is_whole, "{way} as rows: {rows:?}");
        assert_eq!(read.ids(), ["r1", "r2", "r3"], "{way}");
        assert!(read.is_whole() && read.skipped.is_empty(), "{way}: {:?} {:?}", read.ends, read.skipped);
        let event = &read.events[0];
        assert_eq!((&*event.source, &*event.provider), ("file", "tofupilot"), "{way}");
        if !way.contains("pretty") {
            assert_eq!(event.record.as_str(), records[0].as_str(), "{way}: the record is kept as it came");
        }
    }
}

#[test]
fn pages_of_a_log_one_a_line_are_read_as_their_entries() {
    let page = |from: u32| {
        format!(
            r#"{{"data":[{},{}]}}"#,
            request(&format!("r{from}"), from),
            request(&format!("r{}", from + 1), from + 1)
        )
    };
    let read = Folder::new().read(format!("{}\n{}\n", page(1), page(3)));
    assert_eq!(read.ids(), ["r1", "r2", "r3", "r4"]);
}

#[test]
fn a_record_with_a_list_in_it_is_no_envelope() {
    for list in
        [r#""items":[{"a":1}]"#, r#""data":[{"request_id":"inner","timestamp":"2026-05-18T00:00:00Z"}]"#]
    {
        let first = request("r1", 1).replacen('{', &format!("{{{list},"), 1);
        let folder = Folder::new();
        for content in [format!("{first}\n{}\n", request("r2", 2)), first.clone()] {
            let read = folder.read(content.clone());
            assert_eq!(read.ids()[0], "r1", "{content}");
            assert!(read.skipped.is_empty() && read.is_whole());
            assert_eq!(read.events[0].record.as_str(), first, "it is kept whole");
        }
    }
    // Of a system that nobody knows each line is one record, whatever lists it has.
    let unknown = r#"{"eventVersion":"1","resources":[{"arn":"a"},{"arn":"b"}]}"#;
    let read = Folder::new().read(format!("{unknown}\n{unknown}\n"));
    assert!(read.events.is_empty() && read.failure().1.contains("of 2 records"), "{:?}", read.ends);
}

#[test]
fn an_envelope_without_an_entry_has_none() {
    for empty in [
        r#"{"data":[],"meta":{"has_more":false}}"#,
        r#"{"status":"SUCCESS","data":{"data":[],"pagination":{"page":1}},"timestamp":"2026-01-04T10:00:00Z"}"#,
        "{\n \"events\": [ ]\n}\n",
        "[]",
        "",
        "\n \n",
    ] {
        let read = Folder::new().read(empty);
        assert!(
            read.events.is_empty() && read.skipped.is_empty() && read.is_whole(),
            "{empty}: {:?}",
            read.ends
        );
    }
}

#[test]
fn each_record_is_the_systems_whose_marker_keys_it_bears_most_of() {
    let read = Folder::new().read(format!("{}\n{}\n", request("r1", 1), deletion("d1")));
    let systems: Vec<&str> = read.events.iter().map(|event| &*event.provider).collect();
    assert_eq!(systems, ["tofupilot", "fastio"]);
}

#[test]
fn where_the_system_cannot_be_told_the_way_out_is_named_and_nothing_good_is_lost() {
    let folder = Folder::new();
    let read = folder.read(r#"{"eventTime":"2023-07-10T11:42:36Z","eventName":"ListBuckets"}"#);
    let (kind, message) = read.failure();
    assert_eq!(kind, ErrorKind::Config);
    assert!(message.contains("--provider") && message.contains("line 1"), "{message}");
    // `timestamp` is a marker of two.
    let read = folder.read(r#"{"timestamp":"2023-07-10T11:42:36Z"}"#);
    let (kind, message) = read.failure();
    assert_eq!(kind, ErrorKind::Config);
    assert!(message.contains("fastio") && message.contains("tofupilot"), "{message}");
    let read = folder.read(format!("{}\n{{\"a\":1}}\n{{\"b\":2}}\n{}", request("r1", 1), request("r2", 2)));
    assert_eq!(read.ids(), ["r1", "r2"]);
    let (_, message) = read.failure();
    assert!(message.contains("2 records") && message.contains("line 2"), "{message}");
    let path = folder.write("named", r#"{"timestamp":"2023-07-10T11:42:36Z"}"#);
    let read = read_with(&[path], Some("fastio"), Need::Entries);
    assert_eq!((read.events.len(), &*read.events[0].provider), (1, "fastio"));
}

#[test]
fn what_is_malformed_is_passed_over_and_its_place_is_told() {
    let content = [
        request("r1", 1).as_bytes(),
        b"not json",
        b"42",
        b"{\"request_id\":\"r\",\"timestamp\":\"yesterday\",\"method\":\"GET\",\"endpoint\":\"/\",\"status\":1}",
        b"{\"a\":\"\xff\"}",
        b"",
        request("r2", 2).as_bytes(),
        b"{\"cut\": \"off",
    ]
    .join(&b"\n"[..]);
    let read = Folder::new().read(content);
    assert_eq!(read.ids(), ["r1", "r2"]);
    assert!(read.is_whole());
    let places: Vec<(u64, usize)> = read.skipped.iter().map(|skipped| (skipped.page, skipped.item)).collect();
    assert_eq!(places, [(1, 2), (1, 3), (1, 4), (1, 5), (1, 7)]);
    let whys: Vec<&str> = read.skipped.iter().map(|skipped| skipped.why.as_str()).collect();
    assert!(whys[0].starts_with("line 2: no JSON: "), "{whys:?}");
    assert_eq!(whys[1], "line 3: not an object");
    assert!(whys[2].starts_with("line 4: no usable time at"), "{whys:?}");
    assert_eq!(whys[3], "line 5: not UTF-8 at byte 7");
    assert!(whys[4].starts_with("line 8: no JSON: "), "{whys:?}");
}

#[test]
fn a_broken_item_of_an_array_leaves_the_others() {
    let read = Folder::new().read(format!("[{}, {{bad}}, 7, {}]", request("r1", 1), request("r2", 2)));
    assert_eq!(read.ids(), ["r1", "r2"]);
    let places: Vec<usize> = read.skipped.iter().map(|skipped| skipped.item).collect();
    assert_eq!(places, [2, 3]);
    assert!(read.is_whole());
}

#[test]
fn what_came_before_a_files_torn_end_stands() {
    let folder = Folder::new();
    let lines: String = (0..60).map(|second| request(&format!("r{second}"), second) + "\n").collect();
    let mut packed = gzip(lines.as_bytes());
    // Of the eight bytes behind the data, which tell that they are whole.
    packed.truncate(packed.len() - 4);
    let read = folder.read(packed);
    assert_eq!(read.events.len(), 60);
    assert_eq!(read.failure().0, ErrorKind::Broken);
    let many: String = (0..8_000).map(|number| request(&format!("r{number}"), number % 60) + "\n").collect();
    for mut packed in [gzip(many.as_bytes()), zstd::encode_all(many.as_bytes(), 3).expect("packs")] {
        packed.truncate(packed.len() / 2);
        let read = folder.read(packed);
        assert!(read.events.len() > 1_000 && read.events.len() < 8_000, "{}", read.events.len());
        assert!(read.skipped.is_empty(), "the torn line is the failure's: {:?}", read.skipped);
        assert_eq!(read.failure().0, ErrorKind::Broken);
    }
    let read = folder.read(format!("[{},{}", request("r1", 1), &request("r2", 2)[..40]));
    assert_eq!(read.ids(), ["r1"]);
    let (kind, message) = read.failure();
    assert_eq!(kind, ErrorKind::Broken);
    assert!(message.contains("ends in the middle of its array, after 1 items"), "{message}");
}

#[test]
fn nothing_is_dropped_as_a_duplicate_and_files_keep_their_own_names() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.path().join("sub")).expect("a folder");
    let lines = format!("{0}\n{0}\n", request("r1", 1));
    let one = folder.write("log.ndjson", &lines);
    let other = folder.write("sub/log.jsonl.gz", gzip(lines.as_bytes()));
    let read = read_with(&[one, other], None, Need::Entries);
    assert_eq!(read.ids(), ["r1", "r1", "r1", "r1"]);
    let sources: Vec<&str> = read.events.iter().map(|event| &*event.source).collect();
    assert_eq!(sources, ["log", "log", "log~2", "log~2"]);
}

#[test]
fn own_entries_are_read_back_as_they_stand() {
    let own = r#"{"source":"prod","provider":"logfire","id":"1","time":"2026-05-18T00:00:00.123000Z","status":null,"outcome":"success","class":"success","action":"LOGIN","method":null,"endpoint":null,"actor":{"type":null,"id":null,"name":"alice","email":null},"target":{"type":"api_key","id":"7","name":null},"organization":"acme","project":null,"ip":null,"client":null,"user_agent":null,"latency_ms":1.50,"request_id":null,"message":null,"changes":[{"op":"replace","path":"/a","before":1,"after":{"b":[2]}}]}"#;
    let folder = Folder::new();
    for content in [own.to_owned(), format!("[{own}]"), format!("[\n{own}\n]\n")] {
        let read = folder.read(content);
        let event = &read.events[0];
        assert_eq!((&*event.source, &*event.provider), ("prod", "logfire"));
        assert_eq!(event.changes.as_ref().map(Vec::len), Some(1));
        assert_eq!(event.latency_ms.as_ref().map(auditty::event::Number::as_str), Some("1.50"));
        assert!(event.kinds.contains(auditty::event::Kind::Login), "is: holds for what was read back");
    }
}

#[test]
fn a_csv_of_ones_own_is_read_and_a_systems_too() {
    let folder = Folder::new();
    let own = "time,source,status,class,action,actor,target,ip,client,latency_ms,request_id,id\r\n\
               2026-05-18T00:00:01.000000Z,prod,503,5xx,\"'=x, \"\"y\"\"\",alice,,10.0.0.9,,412.50,r1,r1\r\n\
               2026-05-18T00:00:02.000000Z,prod,,failure,login,,,,,,,r2\r\n\
               yesterday,prod,,failure,login,,,,,,,r3\r\n\
               2026-05-18T00:00:02.000000Z,too,few\r\n";
    let read = folder.read(own);
    assert_eq!(read.ids(), ["r1", "r2"]);
    let (rows, skipped, is_whole) = loaded(&[folder.0.path().join("file")]);
    let ids: Vec<_> = rows.iter().map(|event| event.id.as_deref()).collect();
    assert_eq!((ids, skipped, is_whole), (vec![Some("r2"), Some("r1")], 2, true));
    assert!(read.is_whole());
    assert_eq!(read.events[0].action.as_deref(), Some("=x, \"y\""));
    assert_eq!((read.events[0].status, read.events[0].outcome), (Some(503), Outcome::Failure));
    assert_eq!((&*read.events[0].source, &*read.events[0].provider), ("prod", ""));
    assert_eq!((read.events[1].outcome, read.events[1].actor.name.as_deref()), (Outcome::Failure, None));
    assert_eq!(read.skipped.len(), 2);
    assert!(read.skipped[0].why.starts_with("row 4: no usable time"), "{:?}", read.skipped);
    assert_eq!(read.skipped[1].why, "row 5: 3 cells under a header of 12");

    let theirs = "audit_id,audit_type,action,entity_type,entity_id,entity_name,performed_by_id,created_at\n\
                  aud_1,api_key,disabled,api_key,key_1,\"two\nlines\",usr_1,2026-05-18T00:00:01Z\n";
    let read = folder.read(theirs);
    assert_eq!((read.ids(), &*read.events[0].provider), (vec!["aud_1"], "fileguard"));
    assert_eq!(read.events[0].target.name.as_deref(), Some("two\nlines"));
}

#[test]
fn a_csv_holds_no_records_of_systems() {
    let path = Folder::new().write("x.csv", "time,action\r\n2026-05-18T00:00:01.000000Z,x\r\n");
    // The folder is gone by now: what is not there is said first.
    assert_eq!(read_file(&path).failure().0, ErrorKind::Config);
    let folder = Folder::new();
    let path = folder.write("x.csv", "time,action\r\n2026-05-18T00:00:01.000000Z,x\r\n");
    let (kind, message) = read_with(&[path], None, Need::Records).failure();
    assert_eq!(kind, ErrorKind::Config);
    assert!(message.contains("CSV"), "{message}");
}

#[test]
fn what_is_no_log_at_all_is_said_to_be_none() {
    let folder = Folder::new();
    for (content, kind) in [
        (&b"just some words\nand more\n"[..], ErrorKind::Config),
        (b"\x00\x01\x02\x03", ErrorKind::Config),
        (b"\xff\xfe{\0}\0", ErrorKind::Broken),
        (b"\x1f\x8b\x08garbage", ErrorKind::Broken),
        (b"\x28\xb5\x2f\xfdgarbage", ErrorKind::Broken),
    ] {
        let read = folder.read(content);
        assert_eq!(read.failure().0, kind, "{content:?}: {:?}", read.failure());
    }
    let read = read_file(folder.0.path());
    assert_eq!(read.failure().0, ErrorKind::Broken);
}

#[test]
fn whoever_goes_away_ends_the_reading() {
    let folder = Folder::new();
    let many: String = (0..20_000).map(|number| request(&format!("r{number}"), number % 60) + "\n").collect();
    let path = folder.write("many", many);
    let start = || {
        let inputs = files::inputs([Origin::new(&path)], &[]);
        files::start(inputs, Arc::new(Registry::shipped()), None)
    };
    let mut running = start();
    assert!(matches!(running.updates.blocking_recv(), Some(Update::Began { .. })));
    running.control.cancel.cancel();
    let mut last = None;
    while let Some(update) = running.updates.blocking_recv() {
        last = Some(update);
    }
    assert!(matches!(last, Some(Update::Ended { end: End::Cancelled, .. })), "{last:?}");
    drop(start());
}

/// A record that no limit allows, packed: its text is 65 MiB long.
const TOO_LONG: usize = files::MAX_RECORD_BYTES + (1 << 20);

#[test]
fn a_record_longer_than_allowed_is_passed_over_and_the_rest_goes_on() {
    let folder = Folder::new();
    let long = "x".repeat(TOO_LONG);
    let lines = format!("{}\n\"{long}\"\n{}\n", request("r1", 1), request("r2", 2));
    let array = format!("[{},\"{long}\",{}]", request("r1", 1), request("r2", 2));
    for content in [lines, array] {
        let read = folder.read(zstd::encode_all(content.as_bytes(), 1).expect("packs"));
        assert_eq!(read.ids(), ["r1", "r2"]);
        assert_eq!(read.skipped.len(), 1);
        assert!(read.skipped[0].why.contains("longer than 64 MiB"), "{:?}", read.skipped);
        assert!(read.is_whole());
    }
    let unclosed = format!("time,action\r\n2026-05-18T00:00:01Z,fine\r\n2026-05-18T00:00:01Z,\"{long}");
    let read = folder.read(zstd::encode_all(unclosed.as_bytes(), 1).expect("packs"));
    assert_eq!(read.events.len(), 1);
    assert!(read.failure().1.contains("never closed"), "{:?}", read.failure());
}

/// Texts that are nearly logs: pieces of the real thing, cut and joined at random.
fn nearly_a_log() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => Just(request("r1", 1).into_bytes()),
        1 => Just(deletion("d1").into_bytes()),
        1 => Just(b"time,action,@/x\r\n2026-05-18T00:00:01Z,a,b\r\n".to_vec()),
        2 => prop::sample::select(vec!["{", "}", "[", "]", ",", ":", "\"", "\\", "\n", "\r\n", " ", "null", "{\"data\":[", "{\"Records\":["])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    (prop::collection::vec(piece, 0..12), any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(pieces, cut, whole)| {
            let mut text = pieces.concat();
            if !whole && !text.is_empty() {
                text.truncate(cut.index(text.len()));
            }
            text
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_in_a_file_it_ends_once_and_packed_or_not_alike(content in nearly_a_log()) {
        let folder = Folder::new();
        let plain = folder.read(&content);
        let packed = folder.read(gzip(&content));
        prop_assert_eq!(plain.ids(), packed.ids());
        prop_assert_eq!(plain.skipped, packed.skipped);
    }
}

/// The newest entry of a file that is changed once it was read.
fn newest_after(lines: &str, change: impl FnOnce(&std::fs::File)) -> Event {
    let folder = Folder::new();
    let path = folder.write("log.ndjson", lines);
    let inputs = files::inputs([Origin::new(&path)], &[]);
    let mut running = files::load(inputs, Arc::new(Registry::shipped()), None);
    let mut store = Store::with_duplicates(Duplicates::KeepAll);
    while let Some(update) = running.updates.blocking_recv() {
        if let Update::Rows(rows) = update {
            rows.batch.into_iter().for_each(|batch| store.append_batch(*batch));
        }
    }
    change(&std::fs::OpenOptions::new().write(true).open(&path).expect("opens"));
    let answer = store.snapshot().answer(&Question::newest(Arc::default(), Interval::ALL, 1));
    Event::clone(&answer.rows[0].event)
}

#[test]
fn a_file_that_changes_while_it_is_open_shows_nothing_of_another() {
    use std::os::unix::fs::FileExt;
    let lines: String = (0..50).map(|second| request(&format!("r{second}"), second) + "\n").collect();
    let more = request("r50", 50);
    let grown = newest_after(&lines, |file| {
        file.write_all_at(more.as_bytes(), lines.len() as u64).expect("writes");
    });
    assert_eq!(grown.record.as_str(), request("r49", 49));
    let other = lines.replace("alice", "mallo");
    let changed = newest_after(&lines, |file| file.write_all_at(other.as_bytes(), 0).expect("writes"));
    assert_eq!(changed.actor.name.as_deref(), Some("alice"), "what was read is shown");
    assert!(changed.record.as_str().contains("has changed since"), "{}", changed.record);
}
