//! The keys everywhere that concern the fetching, most of them pressed while it goes on.

use super::*;

const F: Focus = Focus::Global;

/// A whole week of requests: it takes its time.
const WEEK: &str = "api --since 2026-05-14T10:00:00Z --until 2026-05-21T10:00:00Z";
/// The last ten minutes of requests, one page: 135 entries.
const LAST: &str = "api --since 2026-05-21T09:50:00Z --until 2026-05-21T10:00:00Z";
/// An hour of requests before the last.
const PAUSED: &str = "paused: p goes on";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            (F, "pause", &["p"]),
            (WEEK, ""),
            &[],
            &[Line(0, PAUSED), Shows("fetching is paused; p goes on"), Shows("‖")],
        )
        .on(On::Slow),
        case((F, "pause", &["p"]), (WEEK, "p"), &[PAUSED], &[Gone(PAUSED), Shows("fetching goes on")])
            .on(On::Slow),
        case(
            (F, "cancel", &["Ctrl-c"]),
            (WEEK, ""),
            &[],
            &[Shows("fetching is cancelled; R fetches what is missing, Ctrl-c again quits"), Shows("┄")],
        )
        .on(On::Slow),
        case(
            (F, "cancel", &["Ctrl-c"]),
            (WAVE, "<Ctrl-c>"),
            &["nothing runs; Ctrl-c again quits"],
            &[Ended(130)],
        ),
        case((F, "cancel", &["Ctrl-c"]), (WAVE, "?"), &["┌─ Keys"], &[Gone("┌─ Keys")]),
        case(
            (F, "retry-gaps", &["R"]),
            (LAST, "<Ctrl-c>"),
            &["fetching is cancelled", "0/0"],
            &[Line(0, "135/135"), Line(0, "all fetched")],
        )
        .on(On::Slow),
        case(
            (F, "retry-gaps", &["R"]),
            (LAST, ""),
            &["135/135"],
            &[Shows("nothing is missing in this window")],
        ),
        // The request says what is asked for; typing the filter has asked for nothing.
        case(
            (F, "ask-server", &["P"]),
            (WEEK, "p/status:5xx<Enter>"),
            &["/ status:5xx", PAUSED],
            &[Shows("REQUESTS, NEWEST FIRST"), Shows("=5xx&cursor=48092")],
        )
        .after("L/=5xx<Enter>")
        .on(On::Slow)
        .sized(160, 24),
        // The log was read once before; reading it again brings that.
        case(
            (F, "fetch-newer", &["r"]),
            (LAST, ""),
            &["135/135"],
            &[Line(0, "136/136"), Shows("▌05-21 10:00:00 200 GET")],
        )
        .on(On::Own)
        .sized(100, 30),
        case(
            (F, "follow", &["F"]),
            (LAST, ""),
            &["135/135"],
            &[Line(0, "following"), Shows("following: asked every 10 s; H holds the screen still")],
        )
        .on(On::Own),
        case((F, "follow", &["F"]), (LAST, "F"), &["following"], &[Gone("following:")]).on(On::Own),
        case(
            (F, "hold", &["H"]),
            (LAST, "F"),
            &["following"],
            &[Line(0, "held +"), Shows("held; what comes is kept, and shown once it is let go")],
        )
        .on(On::Own),
        case(
            (F, "messages", &["L"]),
            (WAVE, "p"),
            &[PAUSED],
            &[
                Shows("┌─ Messages, newest first"),
                Shows("fetching is paused; p goes on"),
                Shows("REQUESTS, NEWEST FIRST"),
                Shows("/api/v2/audit-log?from=2026-05-20T09%3"),
            ],
        ),
        case(
            (F, "fetch-singles", &["D"]),
            (SINGLES, ""),
            &["29/29"],
            &[
                Shows("changes are known for 0 of 29"),
                Shows("the other 29 cost one request each, 2 at a time"),
            ],
        ),
    ]
}

#[test]
fn the_keys_of_the_fetching() {
    play(&cases());
}

#[test]
fn from_the_first_entry_on_it_is_known_what_leaving_would_lose() {
    let mut stage = Stage::begin(&SLOW, None, WEEK, (80, 24));
    stage.wait("the first rows", |seen| {
        let has_rows = seen.text().contains("\u{258c}05-");
        assert!(!has_rows || seen.lacking > 0, "rows are shown that q would drop unasked");
        has_rows
    });
    stage.send(Key::parse("q").expect("a key"));
    stage.until_all("it is asked while the rest is on its way", &[Shows("q again: drop ")]);
}
