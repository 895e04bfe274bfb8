//! A plain file is read in pieces by all cores, a packed one from the front: what is asked of them is
//! answered alike, byte by byte.

use std::io::Write as _;

use super::home::{Home, Ran};

/// A generated log with odd lines in it.
fn log(home: &Home) -> String {
    let made = home.run(&["demo", "--generate", "2500"]).whole();
    let mut text = String::new();
    for (number, line) in made.lines().enumerate() {
        match number % 97 {
            11 => text.push_str("no json at all\n"),
            23 => text.push_str("\n  \t\n"),
            31 => text.push_str("{\"timestamp\":\"soon\",\"method\":\"GET\",\"endpoint\":\"/x\",\"status\":200,\"request_id\":\"r\",\"key_id\":\"k\"}\n"),
            // The same entry twice, and one with its parts written otherwise.
            43 => text.extend([line, "\n"]),
            59 => text.extend([&*line.replace("speakeasy", "sp\\u0065akeasy").replace("\":", "\" : "), "\n"]),
            71 => text.extend([&*line.replace("\"method\"", "\"method\":\"PUT\",\"method\""), "\r\n"]),
            // An entry out of its order.
            83 => text.extend([&*line.replace("2026-05-1", "2026-04-1"), "\n"]),
            _ => {}
        }
        text.extend([line, "\n"]);
    }
    text
}

/// What was said and how it ended, the files' own names aside.
fn told(ran: &Ran) -> (Option<i32>, &str, String) {
    (ran.code, &ran.out, ran.err.replace("log.ndjson.gz", "log.ndjson"))
}

#[test]
fn a_plain_file_and_a_packed_one_are_answered_alike() {
    let home = Home::empty();
    let text = log(&home);
    assert!(text.len() > 700_000, "some pieces: {}", text.len());
    home.write("log.ndjson", &text);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).expect("memory takes it");
    home.write("log.ndjson.gz", packed.finish().expect("memory takes it"));
    for (arguments, code) in [
        (&["export"][..], 0),
        (&["export", "--format", "raw", "-f", "ua~matlab"], 0),
        (&["export", "--format", "csv", "-f", "ua~python -status:2xx OR /station-1[0-9]/"], 0),
        (&["export", "-f", "method:PUT", "--format", "ecs"], 0),
        (&["export", "--limit", "7", "--since", "2026-05-12", "--until", "2026-05-14"], 0),
        (&["export", "-f", "@/run/id:* latency:>300ms", "--format", "hec"], 0),
        (&["export", "--max-memory", "1K"], 1),
        (&["histogram", "--format", "json"], 0),
        (&["histogram", "--format", "csv", "-f", "raw~station-02"], 0),
        (&["histogram", "--since", "2026-05-13T07:00:00Z", "-f", "nw-2026"], 0),
        (&["histogram", "--since", "2026-05-13", "--until", "2026-05-14T00:00:00.5Z"], 0),
        (&["histogram", "-f", "status:999"], 0),
    ] {
        let of = |file: &str| home.run(&[&arguments[..1], &[file], &arguments[1..]].concat());
        let (plain, packed) = (of("log.ndjson"), of("log.ndjson.gz"));
        assert_eq!(plain.code, Some(code), "{arguments:?}: {}", plain.err);
        if code == 0 {
            assert_eq!(told(&plain), told(&packed), "{arguments:?}");
            assert!(
                plain.err.contains("skipped 52 entries: log page 1 item 12: line 12: no JSON"),
                "{}",
                plain.err
            );
        } else {
            // How far each came is its own matter.
            assert_eq!(plain.err.lines().next(), packed.err.lines().next(), "{arguments:?}");
        }
    }
    let id = home.run(&["export", "log.ndjson", "--limit", "1"]).ids().remove(0);
    let shown = |file: &str| home.run(&["show", file, &id]).out;
    assert_eq!(shown("log.ndjson"), shown("log.ndjson.gz"));
    assert!(shown("log.ndjson").contains(&id));
}

#[test]
fn records_whose_system_cannot_be_told_fail_a_plain_file_as_they_do_a_packed_one() {
    let home = Home::empty();
    let made = home.run(&["demo", "--generate", "2000"]).whole();
    let mut lines: Vec<&str> = made.lines().collect();
    lines.insert(1_000, "{\"a\":1}");
    let text = lines.join("\n");
    home.write("log.ndjson", &text);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).expect("memory takes it");
    home.write("log.ndjson.gz", packed.finish().expect("memory takes it"));
    for command in ["export", "histogram"] {
        let of = |file: &str| home.run(&[command, file, "-f", "status:5xx"]).ends(2);
        let (plain, packed) = (of("log.ndjson"), of("log.ndjson.gz"));
        assert_eq!(told(&plain), told(&packed));
        assert!(plain.err.contains("--provider") && plain.err.contains("at line 1001"), "{}", plain.err);
    }
}
