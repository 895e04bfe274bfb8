//! What a slow link cuts, and what a terminal sends in one breath: a lone ESC, a cut arrow key, a
//! paste.

use super::*;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

fn stage(script: &str) -> Stage {
    let mut stage = Stage::open(WAVE, (80, 24));
    stage.press(script, true);
    stage
}

fn plain(code: KeyCode) -> Event {
    Event::Key(KeyEvent::from(code))
}

/// ESC and characters, each a key of its own, as they come where a sequence was cut.
fn cut(stage: &Stage, rest: &str) {
    stage.event(plain(KeyCode::Esc));
    rest.chars().for_each(|c| stage.event(plain(KeyCode::Char(c))));
}

#[test]
fn a_cut_arrow_key_is_that_key_and_no_five_commands() {
    let mut stage = stage("jj<Enter>");
    cut(&stage, "[B");
    stage.until_all(
        "one line down in the detail",
        &[Shows("▌  time         2026-05-20 09:37:47.003000 Z"), Shows("DETAIL  2xx 149")],
    );
    cut(&stage, "[1;3D");
    stage.until_all("Alt-Left goes back", &[Shows("nothing to go back to")]);
}

#[test]
fn esc_and_a_letter_in_one_breath_are_two_keys() {
    let mut stage = stage("/station-08");
    stage.event(Event::Key(KeyEvent::new(KeyCode::Char('i'), KeyModifiers::ALT)));
    stage.until_all(
        "the filter is taken back, and the histogram gone",
        &[Line(1, "/ no filter"), Line(0, "264/264"), Line(2, "TIME Z"), Gone("max")],
    );
}

#[test]
fn a_lone_esc_is_a_key_once_its_time_is_over() {
    let mut stage = stage("<Enter>");
    stage.event(plain(KeyCode::Esc));
    stage.until_all("the detail is closed", &[Shows("TABLE  2xx 149"), Gone("WHAT HAPPENED")]);
}

#[test]
fn a_paste_goes_to_the_prompt_without_its_control_characters_and_else_nowhere() {
    let mut stage = stage("");
    stage.event(Event::Paste("q5X\r".to_owned()));
    stage.press("/", true);
    stage.event(Event::Paste("station\u{1b}-\u{7}08\r\n".to_owned()));
    stage.until_all(
        "what was pasted is typed",
        &[Line(1, "/ station-08"), Line(0, " 15/264"), Shows("FILTER")],
    );
    // Cut, it is a paste all the same.
    stage.press("<Ctrl-u>", true);
    cut(&stage, "[200~station-07q");
    cut(&stage, "[201~");
    stage.until_all("the cut paste is typed", &[Line(1, "/ station-07q"), Shows("FILTER")]);
}
