//! What the terminal is left as, by the stand-in: the true terminal, signals and loop.

use super::stand_in::{start, start_with};

#[test]
fn a_normal_end_restores_the_terminal() {
    let mut pty = start(80, 24);
    assert!(pty.screen().alternate_screen() && pty.screen().bracketed_paste() && pty.screen().hide_cursor());
    assert!(!pty.is_cooked());
    pty.keys("q");
    assert_eq!(pty.wait(), 7);
    pty.assert_restored();
}

#[test]
fn a_panic_restores_the_terminal_before_its_message() {
    let mut pty = start(80, 24);
    pty.keys("P");
    assert_eq!(pty.wait(), 101);
    pty.assert_restored();
    assert!(pty.text().contains("on purpose"), "{}", pty.text());
    assert!(pty.first("\x1b[?1049l") < pty.first("on purpose"));
}

#[test]
fn a_panic_elsewhere_leaves_the_screen_alone() {
    let mut pty = start(80, 24);
    pty.keys("W");
    pty.wait_for("<worker>");
    assert!(pty.screen().alternate_screen());
    pty.keys("q");
    assert_eq!(pty.wait(), 7);
    assert_eq!(pty.count("in a worker"), 0);
    pty.assert_restored();
}

#[test]
fn signals_end_it_with_their_status_and_restore_the_terminal() {
    for (signal, status) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let mut pty = start(80, 24);
        pty.signal(signal);
        assert_eq!(pty.wait(), status, "{signal}");
        pty.assert_restored();
    }
}

#[test]
fn even_a_loop_that_hangs_is_ended() {
    let mut pty = start(80, 24);
    pty.keys("B");
    pty.wait_for("it hangs");
    pty.signal("TERM");
    assert_eq!(pty.wait(), 143);
    pty.assert_restored();
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_draws_anew() {
    let mut pty = start(80, 24);
    pty.keys("ab");
    pty.wait_for("heard:<80x24>ab");
    for round in 1..=2 {
        pty.keys("\x1a");
        pty.wait_for_stop();
        pty.wait_until("the terminal given back", |pty| !pty.screen().alternate_screen());
        assert_eq!(pty.count("\x1b[?1049l"), round);
        pty.assert_restored();
        pty.signal("CONT");
        pty.wait_until("the terminal taken again", |pty| pty.screen().alternate_screen());
        pty.wait_for("heard:<80x24>ab");
        assert!(!pty.is_cooked());
    }
    pty.keys("q");
    assert_eq!(pty.wait(), 7);
    pty.wait_until("the terminal given back", |pty| !pty.screen().alternate_screen());
    assert!(pty.is_cooked());
}

#[test]
fn a_stop_from_outside_is_a_suspension() {
    let mut pty = start(80, 24);
    pty.signal("TSTP");
    pty.wait_for_stop();
    pty.wait_until("the terminal given back", |pty| !pty.screen().alternate_screen());
    pty.signal("CONT");
    pty.wait_until("the terminal taken again", |pty| pty.screen().alternate_screen());
    pty.wait_for("heard:");
    pty.keys("q");
    assert_eq!(pty.wait(), 7);
}

#[test]
fn another_size_is_told_and_drawn() {
    let mut pty = start(80, 24);
    pty.resize(60, 20);
    pty.wait_for("<60x20>");
    pty.keys("a");
    pty.wait_for("<60x20>a");
    pty.keys("q");
    assert_eq!(pty.wait(), 7);
}

#[test]
fn a_paste_is_one_text_wherever_it_is_cut() {
    let mut pty = start_with("patient", 80, 24);
    pty.keys("\x1b[200~q\rz\x1b[201~");
    pty.wait_for(r#"<paste "q\rz">"#);
    // Cut after ESC: the terminal library then reports keys, and drops the whole end mark.
    pty.keys("k\x1b");
    pty.wait_for(">k");
    pty.keys("[200~");
    pty.keys("qqq");
    pty.wait_for(r#"k<paste "qqq">"#);
    pty.keys("q");
    assert_eq!(pty.wait(), 7);
}

#[test]
fn an_arrow_key_cut_by_a_slow_link_is_one_key() {
    let mut pty = start_with("patient", 80, 24);
    pty.keys("k\x1b");
    pty.wait_for(">k");
    pty.keys("[A");
    pty.wait_for("<Up>");
    pty.keys("q");
    assert_eq!(pty.wait(), 7);
}

#[test]
fn a_lone_esc_is_esc() {
    let mut pty = start(80, 24);
    pty.keys("\x1b");
    pty.wait_for("<Esc>");
    pty.keys("q");
    assert_eq!(pty.wait(), 7);
}

#[test]
fn the_mouse_is_captured_only_where_it_is_asked_for() {
    let mut pty = start(80, 24);
    assert_eq!(pty.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    pty.keys("q");
    pty.wait();
    let mut pty = start_with("mouse", 80, 24);
    assert_eq!(pty.screen().mouse_protocol_encoding(), vt100::MouseProtocolEncoding::Sgr);
    pty.keys("\x1b[<0;11;6M\x1b[<35;12;6M\x1b[<65;3;4M");
    pty.wait_for("<Down(Left) 10><ScrollDown 2>");
    pty.keys("q");
    assert_eq!(pty.wait(), 7);
    pty.assert_restored();
}

#[test]
fn what_changes_nothing_sends_nothing() {
    let mut pty = start(80, 24);
    // Focus reports, releases and unknown sequences reach nobody.
    pty.keys("\x1b[I\x1b[O\x1b[99;99x");
    pty.keys("a");
    pty.wait_for("heard:<80x24>a");
    pty.keys("q");
    assert_eq!(pty.wait(), 7);
    let frames = pty.count("\x1b[?2026h");
    assert_eq!(frames, 2, "{}", String::from_utf8_lossy(pty.bytes()));
}

#[test]
fn a_terminal_that_is_hung_up_ends_it_at_once() {
    let mut pty = start(80, 24);
    pty.hang_up("a");
    assert_eq!(pty.wait(), 129);
}
