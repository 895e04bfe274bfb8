//! The keys of the detail.

use super::*;

const F: Focus = Focus::Detail;

/// An update of a project, whose single record says what was there before: 2 paths.
const UPDATE: &str = "▌WHAT HAPPENED";

pub(super) fn cases() -> Vec<Case> {
    let top = &[UPDATE, "DETAIL  2xx 149"];
    vec![
        case(
            (F, "down", &["j", "Down"]),
            (WAVE, "jj<Enter>"),
            top,
            &[Shows("▌  time         2026-05-20 09:37:47.003000 Z"), Gone("▌WHAT HAPPENED")],
        ),
        case(
            (F, "up", &["k", "Up"]),
            (WAVE, "jj<Enter>jj"),
            &["▌  action       POST /api/v2/runs"],
            &[Shows("▌  time         2026-05-20 09:37:47.003000 Z")],
        ),
        case(
            (F, "page-down", &["Space", "PgDn"]),
            (GUARD, "jjj<Enter>"),
            &[UPDATE],
            &[Shows("RECORD  verbatim"), Line(4, "▌  ip           10.0.0.1")],
        ),
        case(
            (F, "page-up", &["PgUp"]),
            (GUARD, "jjj<Enter><PgDn>"),
            &["▌  ip           10.0.0.1"],
            &[Line(3, UPDATE)],
        ),
        case(
            (F, "half-page-down", &["Ctrl-d", "}"]),
            (WAVE, "jj<Enter>"),
            top,
            &[Shows("▌  name         station-04"), Gone(UPDATE)],
        ),
        case(
            (F, "half-page-up", &["Ctrl-u", "{"]),
            (WAVE, "jj<Enter><Ctrl-d>"),
            &["▌  name         station-04"],
            &[Line(3, UPDATE)],
        ),
        case((F, "first", &["g", "Home"]), (WAVE, "jj<Enter>G"), &["RECORD  verbatim"], &[Line(3, UPDATE)]),
        case(
            (F, "last", &["G", "End"]),
            (WAVE, "<Enter>"),
            top,
            &[Line(22, "▌  546ad-e595-49c4-acde-8de660e0fbeb\"}}")],
        ),
        case(
            (F, "next-record", &["J"]),
            (WAVE, "jj<Enter>"),
            &["3 of 264"],
            &[Line(2, "4 of 264"), Shows("time         2026-05-20 09:37:46.")],
        ),
        case(
            (F, "previous-record", &["K"]),
            (WAVE, "jj<Enter>"),
            &["3 of 264"],
            &[Line(2, "2 of 264"), Shows("request id   req_2500f9d7dd50c128")],
        ),
        // A folded value of the record opens, and closes again.
        case(
            (F, "fold", &["Enter"]),
            (SINGLES, "<Enter>fmember<Enter>"),
            &["▌    ▸ 0  {3 members}"],
            &[Shows("▾ 0  {3 members}"), Shows("path  \"/project_name\"")],
        )
        .after("jj"),
        case(
            (F, "fold", &["Enter"]),
            (SINGLES, "<Enter>fmember<Enter><Enter>"),
            &["▌    ▾ 0  {3 members}"],
            &[Shows("▌    ▸ 0  {3 members}"), Gone("path  \"/project_name\"")],
        ),
        // On a changed path: that path's history alone.
        case(
            (F, "fold", &["Enter"]),
            (GUARD, "jj<Enter>f/status<Enter>"),
            &["▌  /status  changed"],
            &[
                Shows("/status"),
                Shows("disabled → active"),
                Shows("05-20 15:18:29"),
                Shows("│ status  ? → [active] mara.lindqvist 05-20 → disabled priya.raman 05-20 →"),
            ],
        ),
        case((F, "retry-single", &["r"]), (WAVE, "<Enter>"), top, &[Shows("no single record failed here")]),
        case((F, "find", &["f"]), (WAVE, "<Enter>"), top, &[Shows("▌  ip           10.20.3.26")])
            .after("10.20<Enter>"),
        case(
            (F, "next-hit", &["n"]),
            (WAVE, "<Enter>fruns<Enter>"),
            &["▌  action       POST /api/v2/runs"],
            &[Shows("▌  endpoint     /api/v2/runs")],
        ),
        case(
            (F, "previous-hit", &["N"]),
            (WAVE, "<Enter>fruns<Enter>n"),
            &["▌  endpoint     /api/v2/runs"],
            &[Shows("▌  action       POST /api/v2/runs")],
        ),
        case(
            (F, "include", &["+"]),
            (WAVE, "<Enter>fstation-16<Enter>"),
            &["▌  name         station-16"],
            &[Line(0, " 14/264"), Line(1, "/ actor.name:station-16")],
        ),
        // Any leaf of the record, by its pointer.
        case(
            (F, "include", &["+"]),
            (GUARD, "jjj<Enter>fexpired<Enter>"),
            &["▌      reason  \"expired\""],
            &[Line(1, "/ @/details/reason:expired"), Gone("164/164")],
        ),
        case(
            (F, "exclude", &["-"]),
            (WAVE, "<Enter>fstation-16<Enter>"),
            &["▌  name         station-16"],
            &[Line(0, "250/264"), Line(1, "/ -actor.name:station-16")],
        ),
        case(
            (F, "copy-cell", &["c"]),
            (WAVE, "<Enter>f10.20<Enter>"),
            &["▌  ip           10.20.3.26"],
            &[Copied("10.20.3.26")],
        ),
        case(
            (F, "lens", &["*"]),
            (WAVE, "<Enter>f10.20<Enter>"),
            &["▌  ip           10.20.3.26"],
            &[Line(1, "/ lens 10.20.3.26: as ip 14 · as actor 0 · as target 0"), Line(0, " 14/264")],
        ),
        case(
            (F, "lens-actor", &["a"]),
            (WAVE, "<Enter>"),
            top,
            &[
                Line(1, "/ lens key_sta4a8bd, station-16: as actor 14 · as target 0 · as ip 0"),
                Line(0, " 14/264"),
            ],
        ),
        case(
            (F, "plain-page", &["|"]),
            (WAVE, "jj<Enter>"),
            top,
            &[Paged("request id   req_df843b752baf3f29"), Paged("\"request_id\":\"req_df843b752baf3f29\"")],
        ),
    ]
}

#[test]
fn the_keys_of_the_detail() {
    play(&cases());
}
