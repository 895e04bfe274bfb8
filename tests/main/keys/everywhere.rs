//! The keys that mean the same everywhere but in prompts.

use super::*;

const F: Focus = Focus::Global;

/// The first row of the wave.
const FIRST: &str = "▌05-20 09:37:57 201 POST";
/// The same row once it is marked.
const MARKED: &str = "◘05-20 09:37:57 201 POST";

/// What concerns the filter, the window and the row.
pub(super) fn cases() -> Vec<Case> {
    let all = &["264/264", FIRST];
    vec![
        case(
            (F, "filter", &["/"]),
            (WAVE, ""),
            all,
            &[Line(0, "15/264"), Line(1, "/ station-08"), Shows("FILTER")],
        )
        .after("station-08"),
        case(
            (F, "clear-filter", &["X"]),
            (WAVE, "5"),
            &["104/264", "/ class:5xx"],
            &[Line(0, "264/264"), Line(1, "/ no filter")],
        ),
        case((F, "class-2xx", &["2"]), (WAVE, ""), all, &[Line(0, "149/264"), Line(1, "/ class:2xx")]),
        case(
            (F, "class-3xx", &["3"]),
            (HOUR, ""),
            &["840/840"],
            &[Line(0, " 5/840"), Line(1, "/ class:3xx")],
        ),
        case((F, "class-4xx", &["4"]), (WAVE, ""), all, &[Line(0, " 11/264"), Line(1, "/ class:4xx")]),
        // Another one is added, a lit one leaves.
        case(
            (F, "class-4xx", &["4"]),
            (WAVE, "5"),
            &["104/264"],
            &[Line(0, "115/264"), Line(1, "/ class:4xx,5xx")],
        ),
        case((F, "class-5xx", &["5"]), (WAVE, ""), all, &[Line(0, "104/264"), Line(1, "/ class:5xx")]),
        case(
            (F, "class-5xx", &["5"]),
            (WAVE, "54"),
            &["115/264"],
            &[Line(0, " 11/264"), Line(1, "/ class:4xx")],
        ),
        case(
            (F, "class-success", &["6"]),
            (PKI, ""),
            &["433/433"],
            &[Line(0, "421/433"), Line(1, "/ class:success")],
        ),
        case(
            (F, "class-failure", &["7"]),
            (PKI, ""),
            &["433/433"],
            &[Line(0, " 12/433"), Line(1, "/ class:failure")],
        ),
        case(
            (F, "class-unknown", &["8"]),
            (PKI, ""),
            &["433/433"],
            &[Line(0, " 0/433"), Line(1, "/ class:unknown")],
        ),
        case(
            (F, "class-all", &["1"]),
            (WAVE, "/station-08<Enter>5"),
            &["/ station-08 class:5xx"],
            &[Line(0, "15/264"), Line(1, "/ station-08"), Gone("class:")],
        ),
        case(
            (F, "time", &["t"]),
            (WAVE, ""),
            all,
            &[Shows("┌─ Time window"), Shows("│ 3  last 4h    05-21 06:00:00→10:00:00Z"), Shows("TIME    ")],
        ),
        case((F, "zone", &["u"]), (WAVE, ""), &["TIME Z"], &[Line(8, " AGO "), Line(9, "▌1d      201 POST")]),
        case(
            (F, "zone", &["u"]),
            (WAVE, "u"),
            &["AGO"],
            &[Line(8, " GAP "), Line(9, "▌+9.4s   201 POST"), Line(10, " +973ms  200 GET")],
        ),
        case((F, "zone", &["u"]), (WAVE_IN_BERLIN, "uu"), &["GAP"], &[Line(8, "TIME Z"), Line(9, FIRST)]),
        case(
            (F, "zone", &["u"]),
            (WAVE_IN_BERLIN, "uuu"),
            &["TIME Z"],
            &[Line(0, "05-20 11:28→11:38+02:00"), Line(9, "▌05-20 11:37:57 201 POST")],
        ),
        // The filter, the window, the zoom and the lens are steps of one history.
        case(
            (F, "back", &["[", "Alt-Left", "Backspace"]),
            (WAVE, "5"),
            &["104/264"],
            &[Line(0, "264/264"), Line(1, "/ no filter")],
        ),
        case(
            (F, "back", &["["]),
            (WAVE, "<Tab>z<Tab>"),
            &["5m zoom 05-20 09:33→09:38Z"],
            &[Line(0, "10m 05-20 09:28→09:38Z  264/264")],
        ),
        case(
            (F, "back", &["["]),
            (WAVE, "t2"),
            &["1h 05-21 09:00", "840/1,104"],
            &[Line(0, "10m 05-20 09:28→09:38Z  264/1,104")],
        ),
        case(
            (F, "back", &["["]),
            (GUARD, "jjl*"),
            &["/ lens enabled:"],
            &[Line(0, "164/164"), Line(1, "/ no filter")],
        ),
        case(
            (F, "back", &["["]),
            (WAVE, "e<Tab>z"),
            &["5m zoom 05-20 09:28→09:33Z"],
            &[Line(0, "264/264"), Line(7, "05-20 09:29:56→09:30:00Z   3  failed 100.0 %  5xx 3")],
        ),
        case(
            (F, "forward", &["]", "Alt-Right"]),
            (WAVE, "5["),
            all,
            &[Line(0, "104/264"), Line(1, "/ class:5xx")],
        ),
        case((F, "next-failure", &["e"]), (WAVE, ""), all, &[Shows("▌05-20 09:29:59 503 GET")]),
        case(
            (F, "previous-failure", &["E"]),
            (WAVE, "ee"),
            &["▌05-20 09:29:57 503 POST"],
            &[Shows("▌05-20 09:29:59 503 GET")],
        ),
        // In the histogram they go by buckets.
        case(
            (F, "next-failure", &["e"]),
            (WAVE, "<Tab>"),
            &["05-20 09:37:55→09:38Z"],
            &[Line(7, "05-20 09:29:56→09:30:00Z   3  failed 100.0 %")],
        ),
        case((F, "next-4xx", &["w"]), (WAVE, ""), all, &[Shows("▌05-20 09:36:45 422 POST")]),
        case(
            (F, "previous-4xx", &["W"]),
            (WAVE, "ww"),
            &["▌05-20 09:36:11 422 POST"],
            &[Shows("▌05-20 09:36:45 422 POST")],
        ),
        case(
            (F, "copy-id", &["y"]),
            (WAVE, "jj"),
            &["▌05-20 09:37:47 201"],
            &[Copied("req_df843b752baf3f29"), Shows("sent req_df843b752baf3f29: the terminal (OSC 52)")],
        ),
        // Always the id, whichever cell is chosen; an entry without a request id has its own.
        case((F, "copy-id", &["y"]), (PKI, "lll"), &["▌05-21 09:57:59 ok  login_success"], &[Copied("2454")]),
        case((F, "copy-cell", &["c"]), (WAVE, "l"), all, &[Copied("POST /api/v2/runs")]),
        case(
            (F, "record-history", &["o"]),
            (GUARD, "jj"),
            &["▌05-21 09:56:07 ok  enabled"],
            &[
                Shows("┌─ History of api_key key_f43b6aa6a63f (keys)"),
                Shows("05-20 14:40:22 ok  priya.raman     disabled  status active → disabled"),
                Shows("▌05-21 09:56:07 ok  grace.o'malley  enabled   status disabled → active"),
                Shows("all that the system keeps, by its own route for one record"),
            ],
        ),
        case(
            (F, "mark", &["m"]),
            (WAVE, ""),
            all,
            &[Shows("•05-20 09:37:57 201 POST"), Shows("▌05-20 09:37:47 200 GET")],
        )
        .after("j"),
        case((F, "mark", &["m"]), (WAVE, "m"), &["marked, 1 in all"], &[Gone("marked, 1"), Gone("•")])
            .after("j"),
        case((F, "next-mark", &["'"]), (WAVE, "mjjmkk"), &[MARKED], &[Shows("◘05-20 09:37:47 201 POST")]),
        case((F, "previous-mark", &["\""]), (WAVE, "mjjm"), &["◘05-20 09:37:47 201 POST"], &[Shows(MARKED)]),
        case(
            (F, "reveal", &["\\"]),
            (WAVE, "5"),
            &["▌05-20 09:29:59 503 GET"],
            &[
                Shows(" 05-20 09:29:51 200 GET"),
                Line(0, "104/264"),
                Shows("dimmed: what the filter removes; \\ hides it again"),
            ],
        ),
        case(
            (F, "around", &["T"]),
            (HOUR, "4"),
            &[" 46/840"],
            &[Line(0, "05-21 09:4"), Line(1, "/ no filter"), Gone("46/840")],
        ),
        case(
            (F, "go-to-time", &["@"]),
            (WAVE, ""),
            all,
            &[Line(0, "10m 05-20 09:28→09:38Z  264/264"), Line(9, "▌05-20 09:30:56 200 GET")],
        )
        .after("09:30<Enter>"),
    ]
}

/// The wave with its times in another zone.
const WAVE_IN_BERLIN: &str =
    "api --since 2026-05-20T09:28:00Z --until 2026-05-20T09:38:00Z --tz Europe/Berlin";

/// What concerns the screen and its layers.
pub(super) fn layers() -> Vec<Case> {
    let all = &["264/264", FIRST];
    vec![
        case(
            (F, "order", &["O"]),
            (WAVE, ""),
            all,
            &[Line(9, "▌05-20 09:28:01 503 GET"), Line(10, " 05-20 09:28:0")],
        ),
        case((F, "order", &["O"]), (WAVE, "O"), &["▌05-20 09:28:01"], &[Line(9, FIRST)]),
        case(
            (F, "toggle-histogram", &["i"]),
            (WAVE, ""),
            &[" max▕"],
            &[Line(2, " TIME Z"), Line(3, FIRST), Gone("max▕")],
        ),
        case((F, "toggle-histogram", &["i"]), (WAVE, "i"), &["TABLE"], &[Line(6, " max▕"), Line(9, FIRST)]),
        case(
            (F, "focus-next", &["Tab"]),
            (WAVE, ""),
            &["TABLE  2xx 149"],
            &[Shows("HISTOGRAM  2xx 149"), Line(7, "05-20 09:37:55→09:38Z   1  failed 0.0 %  2xx 1")],
        ),
        // Table, histogram, detail; the detail has the focus when it is opened.
        case(
            (F, "focus-next", &["Tab"]),
            (WAVE, "<Enter>"),
            &["DETAIL  2xx 149"],
            &[Shows("TABLE  2xx 149")],
        )
        .sized(120, 36),
        case(
            (F, "focus-previous", &["Shift-Tab"]),
            (WAVE, "<Enter>"),
            &["DETAIL  2xx 149"],
            &[Shows("HISTOGRAM  2xx 149")],
        )
        .sized(120, 36),
        case(
            (F, "copy-menu", &["Y"]),
            (WAVE, ""),
            all,
            &[
                Shows("┌─ Copy"),
                Shows("│ 5  curl of the request that fetches it, the token as $VARIABLE"),
                Shows("COPY "),
            ],
        ),
        case((F, "copy-menu", &["Y"]), (WAVE, "5"), &["104/264"], &[Copied("class:5xx")]).after("6"),
        case(
            (F, "export", &["x"]),
            (WAVE, "5"),
            &["104/264"],
            &[Shows("┌─ Export"), Shows("│▌write     104 entries"), Shows("'class:5xx'")],
        ),
        case(
            (F, "sources", &["S"]),
            (WAVE, ""),
            all,
            &[
                Shows("┌─ Sources and views"),
                Shows("│▌[x] api               TofuPilot"),
                Shows("│ [ ] keys              FileGuard"),
            ],
        ),
        case(
            (F, "palette", &[":", "Ctrl-p"]),
            (WAVE, ""),
            all,
            &[Shows("┌─ Palette"), Shows("│ :fetsing"), Shows("▌fetch-singles")],
        )
        .after("fetsing"),
        case(
            (F, "palette", &[":"]),
            (WAVE, ""),
            all,
            &[Shows("theme mono"), Line(6, " max▕5555555555555554   222")],
        )
        .after("theme mono<Enter>"),
        case((F, "palette", &[":"]), (WAVE, ""), all, &[Suspended]).after("suspend<Enter>"),
        case(
            (F, "palette", &[":"]),
            (WAVE, "5"),
            &["104/264"],
            &[File("night.svg", "</svg>"), Shows("night.svg")],
        )
        .after("screenshot FOLDER/night.svg<Enter>"),
        case(
            (F, "palette", &[":"]),
            (WAVE, "5"),
            &["104/264"],
            &[Shows("night shift"), Shows("┌─ Sources and views")],
        )
        .after("save night shift<Enter>S"),
        case((F, "mouse", &["Ctrl-t"]), (WAVE, ""), all, &[Then::Mouse(true), Shows("the mouse is ours")]),
        case(
            (F, "mouse", &["Ctrl-t"]),
            (WAVE, "<Ctrl-t>"),
            &["the mouse is ours"],
            &[Then::Mouse(false), Shows("the mouse is the terminal's")],
        ),
        case((F, "palette", &[":"]), (WAVE, ""), all, &[Then::Mouse(true)]).after("mouse<Enter>"),
        // One step back, never the end.
        case(
            (F, "step-back", &["Esc"]),
            (WAVE, "jj<Enter>"),
            &["DETAIL", "3 of 264"],
            &[Shows("TABLE  2xx 149"), Shows("▌05-20 09:37:47 201 POST")],
        ),
        case((F, "step-back", &["Esc"]), (WAVE, ""), &["TABLE  2xx 149"], &[Shows("TABLE  q quits")]),
        case(
            (F, "quit", &["q"]),
            (WAVE, "<Enter>?"),
            &["┌─ Keys"],
            &[Gone("┌─ Keys"), Shows("DETAIL  2xx 149")],
        ),
        case((F, "quit", &["q"]), (WAVE, "<Enter>"), &["DETAIL"], &[Shows("TABLE  2xx 149")]),
        // What was fetched and the archive lacks is not thrown away unasked.
        case(
            (F, "quit", &["q"]),
            (WAVE, ""),
            &["TABLE  2xx 149"],
            &[Shows("q again: drop 264"), Shows("k: keep them in the archive")],
        ),
        case((F, "quit", &["q"]), (WAVE, "q"), &["q again: drop 264"], &[Ended(0)]),
        case((Focus::Leaving, "keep-fetched", &["k"]), (WAVE, "q"), &["q again: drop 264"], &[Ended(0)])
            .on(On::Own),
        case((F, "quit", &["q"]), (QUIET, ""), &["no entries in this window"], &[Ended(0)]),
        case((F, "suspend", &["Ctrl-z"]), (WAVE, ""), all, &[Suspended, Line(9, FIRST)]),
        case(
            (F, "help", &["?", "F1"]),
            (WAVE, ""),
            all,
            &[Shows("┌─ Keys"), Shows("│   Enter           open the row's detail"), Shows("HELP")],
        ),
        case(
            (F, "marks", &["M"]),
            (WAVE, "m"),
            &["264/264", MARKED],
            &[Shows("┌─ Marks"), Shows("│▌05-20 09:37:57 201  POST /api/v2/runs  station-16")],
        ),
        case(
            (F, "note-mark", &[";"]),
            (WAVE, "m"),
            &["marked, 1 in all"],
            &[Shows("┌─ Marks"), Shows("where it began")],
        )
        .after("where it began<Enter>M"),
        case(
            (F, "compare", &["d"]),
            (WAVE, "mjjm"),
            &["marked, 2 in all"],
            &[
                Shows("┌─ Compare 05-20 09:37:47 with 05-20 09:37:57"),
                Shows("│ - id            req_df843b752baf3f29"),
                Shows("│ + id            req_e08ba86d2732ac16"),
            ],
        ),
        case(
            (F, "compare", &["d"]),
            (WAVE, "m"),
            &["marked, 1 in all"],
            &[Shows("one row is marked; m marks another, d compares them"), Gone("┌─ Compare")],
        ),
        case(
            (F, "facets", &["b", "F2"]),
            (WAVE, ""),
            all,
            &[
                Shows("FACETS by count"),
                Shows("   5xx                           104 ━━━   100 % 05-20 09:28:01 05-20 09:29:59"),
                Shows("   station-08                     15 ━━━━   53 %"),
            ],
        ),
        case(
            (F, "why", &["A"]),
            (WAVE, "e<Tab>vg"),
            &["brush 05-20 09:28→09:30:00Z"],
            &[
                Shows("│ What stands in 05-20 09:28→09:30:00Z more often than in the rest"),
                Shows("│ 145 entries inside, 119 outside"),
                Shows("│▌class        5xx                            71.7 %     0 %    only     181.3"),
            ],
        ),
        case(
            (F, "two-fields", &["V"]),
            (WAVE, ""),
            all,
            &[Shows("┌─ class × action"), Shows("│▌2xx    POST /api/v2/runs")],
        )
        .after("<Enter><Enter>"),
        case(
            (F, "columns", &["C"]),
            (WAVE, ""),
            all,
            &[Shows("┌─ Columns"), Shows("│ [x] latency                 no room"), Shows("│ [ ] message")],
        ),
    ]
}

/// An hour in which nothing happened, before the world begins.
const QUIET: &str = "api --since 2026-05-10T09:00:00Z --until 2026-05-10T10:00:00Z";

#[test]
fn the_keys_everywhere() {
    play(&cases());
}

#[test]
fn the_keys_everywhere_that_open_something() {
    play(&layers());
}
