//! The keys of the histogram.

use super::*;

const F: Focus = Focus::Histogram;

/// The bucket of the wave's last failures, and what stands in it.
const LAST_FAILURES: &str = "05-20 09:29:56→09:30:00Z   3  failed 100.0 %  5xx 3";

pub(super) fn cases() -> Vec<Case> {
    let there = &[LAST_FAILURES, "HISTOGRAM  2xx 149"];
    vec![
        case(
            (F, "bucket-left", &["h", "Left"]),
            (WAVE, "e<Tab>"),
            there,
            &[
                Line(7, "05-20 09:29:52→09:29:56Z"),
                // The table goes along.
                Gone("▌05-20 09:29:59"),
            ],
        ),
        case(
            (F, "bucket-right", &["l", "Right"]),
            (WAVE, "e<Tab>h"),
            &["09:29:52→09:29:56Z"],
            &[Line(7, LAST_FAILURES)],
        ),
        case(
            (F, "bucket-first", &["g", "Home"]),
            (WAVE, "e<Tab>"),
            there,
            &[Line(7, "05-20 09:28→09:28:04Z   5  failed 100.0 %  5xx 5"), Shows("▌05-20 09:28:04 503 POST")],
        ),
        case(
            (F, "bucket-last", &["G", "End"]),
            (WAVE, "e<Tab>"),
            there,
            &[Line(7, "05-20 09:37:55→09:38Z   1  failed 0.0 %  2xx 1"), Shows("▌05-20 09:37:57 201 POST")],
        ),
        case(
            (F, "brush", &["v"]),
            (WAVE, "e<Tab>"),
            there,
            &[Line(7, "brush 05-20 09:29:48→09:30:00Z   14  failed 78.6 %  2xx 3  5xx 11")],
        )
        .after("hh"),
        case(
            (F, "brush", &["v"]),
            (WAVE, "e<Tab>vhh"),
            &["brush 05-20 09:29:48→09:30:00Z"],
            &[Line(7, "05-20 09:29:44→09:29:48Z   5  failed 80.0 %"), Gone("brush 05-20")],
        )
        .after("h"),
        // From the other end it grows to the other side.
        case(
            (F, "swap-brush", &["s"]),
            (WAVE, "e<Tab>vhh"),
            &["brush 05-20 09:29:48→09:30:00Z"],
            &[Line(7, "brush 05-20 09:29:48→09:30:05Z")],
        )
        .after("l"),
        case(
            (F, "zoom-to", &["Enter"]),
            (WAVE, "e<Tab>vhh"),
            &["brush 05-20 09:29:48→09:30:00Z"],
            &[Line(0, "zoom 05-20 09:29:48→09:30:00Z  14/264"), Shows("2xx 3  5xx 11")],
        ),
        case(
            (F, "zoom-to", &["Enter"]),
            (WAVE, "e<Tab>"),
            there,
            &[Line(0, "zoom 05-20 09:29:56→09:30:00Z  3/264")],
        ),
        case(
            (F, "zoom-in", &["z"]),
            (WAVE, "e<Tab>"),
            there,
            &[Line(0, "5m zoom 05-20 09:28→09:33Z  189/264")],
        ),
        case(
            (F, "zoom-out", &["Z"]),
            (WAVE, "e<Tab>zz"),
            &["zoom 05-20 09:28:4"],
            &[Line(0, "5m zoom 05-20 09:"), Gone("2m30s")],
        ),
        case(
            (F, "stack", &["k"]),
            (WAVE, "<Tab>"),
            &["HISTOGRAM"],
            &[Shows("bars by action; the strip stays by class")],
        ),
        case((F, "stack", &["k"]), (WAVE, "<Tab>kkk"), &["bars by source"], &[Shows("bars by class")]),
        // The tallest bar's half is a quarter of its count.
        case(
            (F, "curve", &["j"]),
            (WAVE, "<Tab>"),
            &["HISTOGRAM"],
            &[Shows("bars by the square root of the count"), Line(3, "√")],
        ),
        case((F, "curve", &["j"]), (WAVE, "<Tab>j"), &["   √▕"], &[Shows("bars by the count"), Gone("√")]),
    ]
}

#[test]
fn the_keys_of_the_histogram() {
    play(&cases());
}
