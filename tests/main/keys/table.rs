//! The keys of the table.

use super::*;

const F: Focus = Focus::Table;

/// The first row, and the one that is 13 further on: the end of the first page.
const FIRST: &str = "▌05-20 09:37:57 201 POST";

pub(super) fn cases() -> Vec<Case> {
    let at_first = &[FIRST];
    vec![
        case(
            (F, "open-detail", &["Enter"]),
            (WAVE, "jj"),
            &["▌05-20 09:37:47 201 POST"],
            &[
                Shows(" POST /api/v2/runs                                                     3 of 264"),
                Shows("time         2026-05-20 09:37:47.003000 Z"),
                Shows("request id   req_df843b752baf3f29"),
                Shows("DETAIL  2xx 149"),
                Gone("TIME Z"),
            ],
        ),
        case(
            (F, "down", &["j", "Down"]),
            (WAVE, ""),
            at_first,
            &[Shows("▌05-20 09:37:47 200 GET"), Gone("▌05-20 09:37:57")],
        ),
        case(
            (F, "up", &["k", "Up"]),
            (WAVE, "jj"),
            &["▌05-20 09:37:47 201 POST"],
            &[Shows("▌05-20 09:37:47 200 GET"), Gone("▌05-20 09:37:47 201")],
        ),
        // 14 rows are shown; the last one is the first of the next page.
        case(
            (F, "page-down", &["Space", "PgDn"]),
            (WAVE, ""),
            at_first,
            &[Line(9, "▌05-20 09:37:02 200 GET"), Gone("09:37:57")],
        ),
        case(
            (F, "page-up", &["PgUp"]),
            (WAVE, "<PgDn>"),
            &["▌05-20 09:37:02 200 GET"],
            &[Line(9, FIRST), Line(22, " 05-20 09:37:02 200 GET")],
        ),
        case(
            (F, "half-page-down", &["Ctrl-d", "}"]),
            (WAVE, ""),
            at_first,
            &[Line(9, "▌05-20 09:37:39 200 GET")],
        ),
        case(
            (F, "half-page-up", &["Ctrl-u", "{"]),
            (WAVE, "<Ctrl-d>"),
            &["▌05-20 09:37:39"],
            &[Line(9, FIRST)],
        ),
        case(
            (F, "first", &["g", "Home"]),
            (WAVE, "<PgDn><PgDn>jjj"),
            &[],
            &[Line(9, FIRST), Line(10, " 05-20 09:37:47 200 GET")],
        ),
        case(
            (F, "last", &["G", "End"]),
            (WAVE, ""),
            at_first,
            &[Line(22, "▌05-20 09:28:01 503 GET"), Gone("09:37:57")],
        ),
        case((F, "cell-left", &["h", "Left"]), (WAVE, "l"), at_first, &[Copied("201")]).after("c"),
        case((F, "cell-right", &["l", "Right"]), (WAVE, "l"), at_first, &[Copied("station-16")]).after("c"),
        // A value of a cell, and a time from which on.
        case(
            (F, "include", &["+"]),
            (WAVE, "ll"),
            at_first,
            &[Line(0, "14/264"), Line(1, "/ actor:station-16")],
        ),
        case(
            (F, "include", &["+"]),
            (WAVE, "Gkkkkhhh"),
            &["▌05-20 09:28:0"],
            &[Line(0, "zoom 05-20 09:28:04→09:38Z  260/264")],
        ),
        case(
            (F, "exclude", &["-"]),
            (WAVE, "ll"),
            at_first,
            &[Line(0, "250/264"), Line(1, "/ -actor:station-16")],
        ),
        case(
            (F, "exclude", &["-"]),
            (WAVE, "Gkkkkhhh"),
            &["▌05-20 09:28:0"],
            &[Line(0, "zoom 05-20 09:28→09:28:04Z  5/264")],
        ),
        case(
            (F, "lens", &["*"]),
            (GUARD, "jjl"),
            &["▌05-21 09:56:07 ok  enabled"],
            &[Line(0, "8/164"), Line(1, "/ lens enabled: as action 8 · as actor 0 · as target 0 · as ip 0")],
        ),
        case(
            (F, "lens-actor", &["a"]),
            (WAVE, "e"),
            &["▌05-20 09:29:59 503 GET"],
            &[Line(1, "/ lens key_st"), Line(1, "station-05: as actor "), Gone("264/264")],
        ),
        case(
            (F, "sort-column", &["s"]),
            (WAVE, "lll"),
            at_first,
            &[Shows("by target; O turns it round, s goes back to time"), Shows("↑TARGET")],
        ),
        case((F, "sort-column", &["s"]), (WAVE, "lls"), &["by actor"], &[Gone("↑ACTOR"), Line(9, FIRST)])
            .after("g"),
        // The first 4xx, found among everything.
        case((F, "find", &["f"]), (WAVE, ""), at_first, &[Shows("▌05-20 09:36:45 4"), Line(0, "264/264")])
            .after("status:4xx<Enter>"),
        case(
            (F, "next-hit", &["n"]),
            (WAVE, "fstatus:503<Enter>"),
            &["▌05-20 09:29:59 503 GET"],
            &[Shows("▌05-20 09:29:57 503 POST")],
        ),
        case(
            (F, "previous-hit", &["N"]),
            (WAVE, "fstatus:503<Enter>nn"),
            &["▌05-20 09:29:57 503 GET"],
            &[Shows("▌05-20 09:29:57 503 POST")],
        ),
    ]
}

#[test]
fn the_keys_of_the_table() {
    play(&cases());
}
