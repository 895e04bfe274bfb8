//! What is handed out of the explorer: the export and the equal command line, pictures of every
//! theme, each text of the copy menu.

use std::path::Path;
use std::process::Command;

use super::*;

const PROGRAM: &str = env!("CARGO_BIN_EXE_auditty");

/// The program with a home of its own.
fn program(home: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env("HOME", home).env("XDG_STATE_HOME", home).env("XDG_CONFIG_HOME", home);
    command.env("XDG_DATA_HOME", home).env_remove("AUDITTY_CONFIG").env_remove("NO_COLOR");
    command
}

#[test]
fn an_export_and_the_command_line_that_it_shows_write_the_same_bytes() {
    // The format line is three above the last; Enter on it goes on to the next: raw, ecs, hec, csv.
    for (extension, to_format) in [("ndjson", ""), ("csv", "<Enter><Enter><Enter><Enter>")] {
        let mut stage = Stage::open(WAVE, (200, 60));
        stage.press("/station-08 -status:5xx<Enter>xkkk", true);
        stage.press(to_format, true);
        let line = shell_line(stage.seen());
        assert!(line.starts_with("auditty export ") && line.contains("'station-08 -status:5xx'"), "{line}");
        let name = format!("api-2026-05-20-2026-05-20.{extension}");
        assert!(line.contains(&name), "{line}");

        // The same file, from the layer and from a shell.
        stage.press(&format!("j<Enter><Ctrl-u>FOLDER/layer.{extension}<Enter>jj<Enter>"), true);
        stage.wait("the export", |seen| seen.text().contains("exported 7 entries"));
        let folder = stage.folder();
        std::fs::create_dir(folder.join("shell")).expect("a folder");
        let script = line.replacen("auditty ", &format!("'{PROGRAM}' "), 1);
        let out = Command::new("sh")
            .args(["-c", &script])
            .current_dir(folder.join("shell"))
            .env("XDG_STATE_HOME", folder)
            .output()
            .expect("a shell");
        assert!(out.status.success(), "{script}: {}", String::from_utf8_lossy(&out.stderr));
        let read = |path: &Path| std::fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let (layer, shell) = (folder.join(format!("layer.{extension}")), folder.join("shell").join(&name));
        assert_eq!(read(&layer), read(&shell), "{script}");
        assert_eq!(
            String::from_utf8_lossy(&read(&layer)).lines().count(),
            7 + usize::from(extension == "csv")
        );

        // So do the manifests, but for the file's name.
        let manifest = |path: &Path| -> serde_json::Value {
            let mut path = path.as_os_str().to_owned();
            path.push(".manifest.json");
            let mut value: serde_json::Value =
                serde_json::from_slice(&read(Path::new(&path))).expect("a manifest");
            value["file"].take();
            value
        };
        assert_eq!(manifest(&layer), manifest(&shell));
        assert_eq!(manifest(&layer)["count"], 7);
        assert_eq!(manifest(&layer)["complete"], true);
    }
}

#[test]
fn what_was_kept_on_leaving_is_there_without_the_server() {
    let served = Served::new(std::time::Duration::ZERO);
    let mut stage = Stage::alone(&served, WAVE, (80, 24));
    stage.rest();
    stage.press("q", true);
    stage.send(Key::parse("k").expect("a key"));
    stage.until_all("it keeps, and ends", &[Ended(0)]);
    drop(stage);
    let offline = format!("{WAVE} --offline");
    let mut stage = Stage::alone(&served, &offline, (80, 24));
    stage.until_all("the archive's entries", &[Line(0, "264/264"), Shows("▌05-20 09:37:57 201 POST")]);
    stage.send(Key::parse("q").expect("a key"));
    stage.until_all("nothing is to be kept", &[Ended(0)]);
}

/// The command line that the export layer shows, as it stands.
fn shell_line(seen: &Seen) -> String {
    let text = seen.text();
    let lines = text.lines().skip_while(|line| !line.contains("The same in a shell:")).skip(1);
    let inside =
        lines.filter_map(|line| line.split('│').nth(1)).map(str::trim).take_while(|line| !line.is_empty());
    inside.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_picture_is_drawn_in_every_theme_and_in_ascii() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = SERVED.config();
    let mut seen = BTreeSet::new();
    for look in ["dark", "light", "contrast", "mono", "ascii"] {
        let file = folder.path().join(format!("{look}.svg"));
        let mut command = program(folder.path());
        command.args(["explore", "--config"]).arg(&config).args(WAVE.split_whitespace());
        command.arg("--screenshot").arg(&file).args(["--size", "80x24", "--keys", "5e"]);
        match look {
            "ascii" => command.args(["--theme", "dark", "--ascii"]),
            theme => command.args(["--theme", theme]),
        };
        let out = command.output().expect("it runs");
        assert!(out.status.success(), "{look}: {}", String::from_utf8_lossy(&out.stderr));
        let svg = std::fs::read_to_string(&file).expect("a picture");
        for text in ["503", "TABLE", "station-19"] {
            assert!(svg.contains(text), "{look}: {text}");
        }
        let colours = colours(&svg);
        match look {
            // What is the terminal's own ground says which of the two it is.
            "light" => assert!(colours.contains("#ffffff"), "{colours:?}"),
            "mono" => assert!(colours.iter().all(|colour| is_grey(colour)), "{colours:?}"),
            "ascii" => {
                // The title is for readers who do not see the picture, and no part of the screen.
                let drawn = svg.split_once("</title>").expect("a title").1;
                assert!(drawn.is_ascii(), "{:?}", drawn.chars().find(|c| !c.is_ascii()));
            }
            _ => assert!(colours.iter().any(|colour| !is_grey(colour)), "{look}: {colours:?}"),
        }
        seen.insert(svg);
    }
    assert_eq!(seen.len(), 5, "no two look the same");
}

/// The demo of a day long ago: its systems keep what they have from that day's view, so that all that
/// was fetched stands as fetched.
#[test]
fn a_demo_of_another_day_is_not_beyond_what_its_systems_keep() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("demo.svg");
    let mut command = program(folder.path());
    command.args(["demo", "--now", "2020-05-21", "--since", "2020-05-20", "--ascii", "--size", "80x24"]);
    let out = command.arg("--screenshot").arg(&file).output().expect("it runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let svg = std::fs::read_to_string(&file).expect("a picture");
    assert!(svg.contains("all fetched") && svg.contains("03:00----06:00"), "the band is of what was fetched");
    assert!(!svg.contains(":::"), "no part of it is beyond what is kept");
}

/// Whoever sets the demo's day looks at it as of that day.
#[test]
fn the_presets_and_ages_of_a_demo_of_another_day_are_of_that_day() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("demo.svg");
    let drawn = |keys: &str| {
        let mut command = program(folder.path());
        command.args(["demo", "--now", "2020-05-21", "--since", "2020-05-20", "--ascii", "--size", "100x30"]);
        let out = command.args(["--keys", keys, "--screenshot"]).arg(&file).output().expect("it runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        std::fs::read_to_string(&file).expect("a picture")
    };
    let presets = drawn("t");
    // It begins some moments after the day has.
    assert!(presets.contains("05-20 00:00:") && presets.contains(";05-21 00:00:"), "the last 24h: {presets}");
    let detail = drawn("<Enter>");
    let age = detail.split(" ago").next().and_then(|before| before.rsplit(['>', ' ', ',', '(']).next());
    let age = age.expect("how old the entry is").to_owned();
    assert!(detail.contains(" ago") && age.ends_with(['s', 'm', 'h']), "{age}: {detail}");
}

/// Every colour of a picture, as `#rrggbb`.
fn colours(svg: &str) -> BTreeSet<String> {
    let parts = svg.split('#').skip(1).filter_map(|rest| rest.get(..6));
    parts.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())).map(|hex| format!("#{hex}")).collect()
}

/// Whether red, green and blue are nearly the same.
fn is_grey(colour: &str) -> bool {
    let part = |at: usize| u8::from_str_radix(&colour[at..at + 2], 16).expect("hexadecimal");
    let parts = [part(1), part(3), part(5)];
    parts.iter().max().expect("three") - parts.iter().min().expect("three") <= 16
}

#[test]
fn each_text_of_the_copy_menu_leaves_by_the_clipboard() {
    let copied = |script: &str, parts: &[&str]| {
        let mut stage = Stage::open(WAVE, (80, 24));
        stage.press(script, true);
        stage.wait_did(&format!("what {script} copies"), |did| {
            let Did::Sent(bytes) = did else { return false };
            let text = osc52_text(bytes);
            let all = parts.iter().all(|part| text.contains(part));
            assert!(all, "{script}: not all of {parts:?} in\n{text}");
            true
        });
    };
    let id = "req_df843b752baf3f29";
    copied("jjY1", &["{\n  \"timestamp\": \"2026-05-20T09:37:47.003Z\",\n  \"method\": \"POST\"", id]);
    copied(
        "jjY2",
        &["\"time\": \"2026-05-20T09:37:47.003000Z\"", "\"source\": \"api\"", "\"class\": \"2xx\"", id],
    );
    copied("jjY3", &["2026-05-20T09:37:47.003000Z\tapi\t201", id]);
    copied("jjY4", &["id:req_df843b752baf3f29"]);
    copied("jjY5", &["curl ", "/api/v2/audit-log?", "${TOFUPILOT_API_KEY}"]);
    copied("5Y6", &["class:5xx"]);
    copied(
        "5Y7",
        &["auditty explore ", "--since=2026-05-20T09:28:00Z", "--until=2026-05-20T09:38:00Z", "class:5xx"],
    );
    copied("Y8", &["2026-05-20"]);
    copied("jjY9", &[id, "264 matched of 264 fetched"]);
    // The marked rows, oldest first, each with its note.
    copied(
        "m;where it ended<Enter>jjm;a | b, *c*<Enter>Y9",
        &["where it ended", "a &#124; b, \\*c\\*", id, "req_e08ba86d2732ac16", "264 matched of 264 fetched"],
    );
}

/// The text of an OSC 52 sequence.
fn osc52_text(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let inside =
        bytes.strip_prefix(b"\x1b]52;c;").and_then(|rest| rest.strip_suffix(b"\x07")).expect("OSC 52");
    let mut text = Vec::new();
    for four in inside.chunks(4) {
        let digits = four.iter().filter(|byte| **byte != b'=');
        let bits = digits.clone().fold(0_u32, |bits, byte| {
            let digit = DIGITS.iter().position(|known| known == byte).expect("base64");
            bits << 6 | u32::try_from(digit).expect("below 64")
        });
        let count = digits.count();
        let bits = bits << (6 * (4 - count));
        text.extend_from_slice(&bits.to_be_bytes()[1..count]);
    }
    String::from_utf8(text).expect("UTF-8")
}
