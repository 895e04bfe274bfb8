//! The keys of prompts: what is typed after a key shows where it left the cursor.

use super::*;

const F: Focus = Focus::Prompt;

pub(super) fn cases() -> Vec<Case> {
    // `|` stands for where the cursor is.
    let typed = &["/ alpha beta"];
    let edit = |action, keys, script, then| case((F, action, keys), (WAVE, script), typed, then).after("|");
    vec![
        case(
            (F, "keep", &["Enter"]),
            (WAVE, "/station-08"),
            &["FILTER", "15/264"],
            &[Shows("TABLE  2xx"), Line(1, "/ station-08"), Line(0, " 15/264")],
        ),
        case(
            (F, "take-back", &["Esc"]),
            (WAVE, "5/ station-08"),
            &["FILTER", "/ class:5xx station-08"],
            &[Shows("TABLE  5xx 104"), Line(1, "/ class:5xx"), Gone("station-08")],
        ),
        // The open list is closed first.
        case(
            (F, "take-back", &["Esc"]),
            (WAVE, "/actor:<Tab>"),
            &["▌station-08      15"],
            &[Gone("station-08      15"), Line(1, "/ actor:"), Shows("FILTER")],
        ),
        case(
            (F, "complete", &["Tab"]),
            (WAVE, "/actor:"),
            &["/ actor:"],
            &[Shows("▌station-08      15"), Shows(" station-07      14")],
        ),
        case((F, "complete", &["Tab"]), (WAVE, "/laten"), &["/ laten"], &[Line(1, "/ latency:")]),
        case(
            (F, "complete", &["Tab"]),
            (WAVE, "/actor:<Tab>"),
            &["▌station-08      15"],
            &[Shows("▌station-07      14")],
        ),
        case(
            (F, "complete-back", &["Shift-Tab"]),
            (WAVE, "/actor:<Tab><Tab>"),
            &["▌station-07      14"],
            &[Shows("▌station-08      15")],
        ),
        case(
            (F, "cancel", &["Ctrl-c"]),
            (WAVE, "/station-08"),
            &["FILTER", "15/264"],
            &[Line(1, "/ no filter"), Line(0, "264/264"), Shows("TABLE")],
        ),
        case(
            (F, "older-entry", &["Up", "Ctrl-p"]),
            (WAVE, "/station-08<Enter>X/station-07<Enter>X/"),
            &["FILTER"],
            &[Line(1, "/ station-07"), Line(0, " 14/264")],
        ),
        case(
            (F, "older-entry", &["Up", "Ctrl-p"]),
            (WAVE, "/station-08<Enter>X/station-07<Enter>X/<Up>"),
            &["/ station-07"],
            &[Line(1, "/ station-08")],
        ),
        case(
            (F, "newer-entry", &["Down", "Ctrl-n"]),
            (WAVE, "/station-08<Enter>X/station-07<Enter>X/<Up><Up>"),
            &["/ station-08"],
            &[Line(1, "/ station-07")],
        ),
        // In an open list the arrow chooses.
        case(
            (F, "newer-entry", &["Down"]),
            (WAVE, "/actor:<Tab>"),
            &["▌station-08      15"],
            &[Shows("▌station-07      14")],
        ),
        edit("cursor-left", &["Left", "Ctrl-b"], "/alpha beta", &[Line(1, "/ alpha bet|a")]),
        edit("cursor-right", &["Right", "Ctrl-f"], "/alpha beta<Ctrl-a>", &[Line(1, "/ a|lpha beta")]),
        edit("word-left", &["Alt-b", "Ctrl-Left"], "/alpha beta", &[Line(1, "/ alpha |beta")]),
        edit("word-right", &["Alt-f", "Ctrl-Right"], "/alpha beta<Ctrl-a>", &[Line(1, "/ alpha| beta")]),
        edit("line-start", &["Ctrl-a", "Home"], "/alpha beta", &[Line(1, "/ |alpha beta")]),
        edit("line-end", &["Ctrl-e", "End"], "/alpha beta<Ctrl-a>", &[Line(1, "/ alpha beta|")]),
        edit("delete-left", &["Backspace", "Ctrl-h"], "/alpha beta<Left>", &[Line(1, "/ alpha be|a")]),
        edit("delete-right", &["Delete", "Ctrl-d"], "/alpha beta<Ctrl-a>", &[Line(1, "/ |lpha beta")]),
        edit(
            "delete-word-left",
            &["Ctrl-w", "Alt-Backspace"],
            "/alpha beta",
            &[Line(1, "/ alpha |"), Gone("beta")],
        ),
        edit("delete-to-start", &["Ctrl-u"], "/alpha beta<Left>", &[Line(1, "/ |a"), Gone("alpha")]),
        edit("delete-to-end", &["Ctrl-k"], "/alpha beta<Alt-b>", &[Line(1, "/ alpha |"), Gone("beta")]),
        case(
            (F, "yank", &["Ctrl-y"]),
            (WAVE, "/alpha beta<Ctrl-w><Ctrl-a>"),
            &["/ alpha"],
            &[Line(1, "/ beta|alpha")],
        )
        .after("|"),
    ]
}

#[test]
fn the_keys_of_prompts() {
    play(&cases());
}
