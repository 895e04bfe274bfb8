//! The keys of lists and layers, and of the choice of a time window.

use super::*;

const L: Focus = Focus::List;
const T: Focus = Focus::Time;

pub(super) fn cases() -> Vec<Case> {
    let facets = &["FACETS by count", "▌class  3"];
    let marks = "mjmjmjmM";
    vec![
        case(
            (L, "down", &["j", "Down"]),
            (WAVE, marks),
            &["│▌05-20 09:37:57 201"],
            &[Shows("│▌05-20 09:37:47 200"), Gone("▌05-20 09:37:57")],
        ),
        case(
            (L, "up", &["k", "Up"]),
            (WAVE, "mjmjmjmMjj"),
            &["│▌05-20 09:37:47 201"],
            &[Shows("│▌05-20 09:37:47 200")],
        ),
        // 21 lines of the columns are shown.
        case(
            (L, "page-down", &["Space", "PgDn"]),
            (WAVE, "C"),
            &["│▌[x] time "],
            &[Shows("│▌[ ] actor.name")],
        ),
        case((L, "page-up", &["PgUp"]), (WAVE, "C<PgDn>"), &["│▌[ ] actor.name"], &[Shows("│▌[x] time ")]),
        case((L, "first", &["g", "Home"]), (WAVE, "Cjjj"), &["│▌[x] actor"], &[Shows("│▌[x] time ")]),
        case(
            (L, "last", &["G", "End"]),
            (WAVE, marks),
            &["│▌05-20 09:37:57 201"],
            &[Shows("│▌05-20 09:37:46 201")],
        ),
        // Only after it do letters narrow.
        case(
            (L, "narrow", &["/"]),
            (WAVE, "C"),
            &["│▌[x] time "],
            &[Shows("latency"), Gone("who did it"), Shows("COLUMNS")],
        )
        .after("durat"),
        case(
            (L, "narrow", &["/"]),
            (WAVE, "?"),
            &["┌─ Keys", "one row down"],
            &[Shows("Keys / brush"), Shows("go to the brush's other end"), Gone("one row down")],
        )
        .after("brush"),
        // What is chosen: a mark is gone to, a value included, a source opened, a preset taken.
        case(
            (L, "choose", &["Enter"]),
            (WAVE, "mjjmkMj"),
            &["│▌05-20 09:37:47 201"],
            &[Gone("┌─ Marks"), Shows("◘05-20 09:37:47 201 POST")],
        ),
        case(
            (L, "choose", &["Enter"]),
            (WAVE, "bjj"),
            &["▌  5xx                           104"],
            &[Line(0, "104/264"), Line(1, "/ class:5xx")],
        ),
        case(
            (L, "choose", &["Enter"]),
            (WAVE, "Sjjj"),
            &["│▌[ ] keys              FileGuard"],
            &[Shows("q: drop 264 and open keys · k: keep them in the archive")],
        ),
        case(
            (Focus::Global, "quit", &["q"]),
            (WAVE, "Sjjj<Enter>"),
            &["q: drop 264 and open keys"],
            &[Opens(&["keys"]), Ended(0)],
        ),
        case(
            (L, "include", &["+"]),
            (WAVE, "Sjjj"),
            &["│▌[ ] keys              FileGuard"],
            &[Shows("│▌[x] keys              FileGuard")],
        ),
        case(
            (Focus::Global, "quit", &["q"]),
            (WAVE, "Sjjj+<Enter>"),
            &["q: drop 264 and open api keys"],
            &[Opens(&["api", "keys"]), Ended(0)],
        ),
        case(
            (L, "exclude", &["-"]),
            (WAVE, "Sjjj+"),
            &["│▌[x] keys              FileGuard"],
            &[Shows("│▌[ ] keys              FileGuard")],
        ),
        case(
            (L, "choose", &["Enter"]),
            (WAVE, "Yjj"),
            &["│▌3  the row as text"],
            &[Copied(
                "2026-05-20T09:37:57.433000Z\tapi\t201\t2xx\tPOST /api/v2/runs\tstation-16\t321546ad-e595-49c4-acde-8de660e0fbeb\t10.20.3.26\tPython\t174\treq_e08ba86d2732ac16\treq_e08ba86d2732ac16",
            )],
        ),
        case(
            (L, "choose", &["Enter"]),
            (WAVE, "Cjjj"),
            &["│▌[x] actor "],
            &[Shows("│ [ ] actor "), Shows("│▌[x] target")],
        ),
        case(
            (L, "choose", &["Enter"]),
            (WAVE, "Vj<Enter>j<Enter>"),
            &["┌─ action × "],
            &[Line(1, "/ action:"), Gone("┌─ action ×")],
        ),
        case(
            (L, "choose", &["Enter"]),
            (SINGLES, "D"),
            &["cost one request each"],
            &[Shows("29 single records fetched"), Gone("cost one request each")],
        ),
        // What is exported is in the file, with its manifest.
        case(
            (L, "choose", &["Enter"]),
            (WAVE, "5xkk<Enter><Ctrl-u>FOLDER/wave.ndjson<Enter>jj"),
            &["write     104 entries"],
            &[
                File("wave.ndjson", "\"request_id\":\"req_"),
                File("wave.ndjson.manifest.json", "\"count\": 104"),
                Shows("104"),
            ],
        ),
        case((L, "step-back", &["Esc"]), (WAVE, "A"), &["┌─ Why"], &[Gone("┌─ Why"), Shows("TABLE")]),
        case(
            (L, "include", &["+"]),
            (WAVE, "bjj"),
            &["▌  5xx                           104"],
            &[Line(0, "104/264"), Line(1, "/ class:5xx")],
        ),
        case(
            (L, "exclude", &["-"]),
            (WAVE, "bjj"),
            &["▌  5xx                           104"],
            &[Line(0, "160/264"), Line(1, "/ -class:5xx")],
        ),
        case(
            (L, "exclude", &["-"]),
            (WAVE, "mjmM"),
            &["│▌05-20 09:37:57 201"],
            &[Gone("09:37:57 201  POST"), Shows("│▌05-20 09:37:47 200")],
        ),
        case((L, "sort-list", &["s"]), (WAVE, "b"), facets, &[Shows("FACETS by failures"), Gone("by count")]),
        case(
            (L, "move-down", &["J"]),
            (WAVE, "Cjjj"),
            &["│▌[x] actor "],
            &[Line(4, "│ [x] target"), Line(5, "│▌[x] actor ")],
        ),
        case((L, "move-up", &["K"]), (WAVE, "Cjjj"), &["│▌[x] actor "], &[Line(8, "ST  ACTOR")])
            .after("<Esc>"),
        // The whole log was asked for already where the system has a route for one entity.
        case(
            (L, "earlier", &["<"]),
            (SINGLES, "o"),
            &["┌─ History of", "< 90 d earlier"],
            &[Shows("90 d"), Gone("from 05-21 08:00, the window's start")],
        ),
    ]
}

pub(super) fn times() -> Vec<Case> {
    // It stands on the window that is in force.
    let open = &["┌─ Time window", "│▌4  last 24h", "in force"];
    let window = |keys, then| case((T, "preset", keys), (PKI, "t"), open, then);
    vec![
        window(&["1"], &[Line(0, "pki  15m 05-21 09:45:0"), Line(0, "  11/433")]),
        window(&["2"], &[Line(0, "pki  1h 05-21 09:00:0"), Line(0, "  52/433")]),
        window(&["3"], &[Line(0, "pki  4h 05-21 06:00:0"), Line(0, "  119/433")]),
        case(
            (T, "preset", &["4"]),
            (PKI_HOUR, "t"),
            &["┌─ Time window", "│▌2  last 1h", "in force"],
            &[Line(0, "pki  24h 05-20 10:00:0"), Line(0, "  433/433")],
        ),
        window(&["5"], &[Line(0, "pki  7d 05-14 10:00:0"), Line(0, "  2,433/2,433")]),
        window(&["6"], &[Line(0, "pki  30d 04-21 10:00:0"), Line(0, "  2,433/2,433")]),
        window(&["7"], &[Line(0, "pki  90d 02-20 10:00:0"), Line(0, "  2,433/2,433")]),
        // The parsed result is shown as one types.
        case(
            (T, "custom-time", &["c"]),
            (PKI, "t"),
            open,
            &[Shows("= 2026-05-20 12:00 → 2026-05-20 13:00 Z, 1h"), Line(0, "433/433")],
        )
        .after("2026-05-20T12:00:00Z..2026-05-20T13:00:00Z"),
        case(
            (T, "choose", &["Enter"]),
            (PKI, "tj"),
            &["│▌5  last 7d"],
            &[Line(0, "pki  7d 05-14 10:00:0"), Line(0, "  2,433/2,433")],
        ),
        case((T, "down", &["j", "Down"]), (PKI, "t"), open, &[Shows("│▌5  last 7d"), Gone("▌4  last")]),
        case((T, "up", &["k", "Up"]), (PKI, "tjj"), &["│▌6  last 30d"], &[Shows("│▌5  last 7d")]),
        case(
            (T, "step-back", &["Esc"]),
            (PKI, "tj"),
            &["│▌5  last 7d"],
            &[Gone("┌─ Time window"), Line(0, "pki  24h 05-20 10:00→05-21 10:00Z  433/433")],
        ),
    ]
}

/// The last hour of the certificate authority.
const PKI_HOUR: &str = "pki --since 2026-05-21T09:00:00Z --until 2026-05-21T10:00:00Z";

#[test]
fn the_keys_of_lists() {
    play(&cases());
}

#[test]
fn the_keys_of_the_time_window() {
    play(&times());
}
