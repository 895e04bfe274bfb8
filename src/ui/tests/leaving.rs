//! Leaving with fetched entries that the archive lacks: `q`, `k`, and what becomes of it.

use super::*;
use crate::ui::message::{Keeping, Lacking};

fn lacks(count: usize, failure: Option<String>) -> Message {
    Message::Lacking(Lacking { count, failure, version: 0 })
}

fn lacking(count: usize) -> Stage {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.send(lacks(count, None));
    stage.take_effects();
    stage
}

/// What is to be done, but for waking up.
fn wanted(stage: &mut Stage) -> Vec<Effect> {
    let mut effects = stage.take_effects();
    effects.retain(|effect| !matches!(effect, Effect::WakeAt(_)));
    effects
}

const QUESTION: &str = "q again: drop 48,213 · k: keep them in the archive";

#[test]
fn it_is_asked_once_and_the_second_time_drops() {
    let mut stage = lacking(48_213);
    stage.press("q");
    assert_eq!(wanted(&mut stage), []);
    assert!(stage.line(23).contains(QUESTION), "{}", stage.line(23));
    stage.press("q");
    assert_eq!(wanted(&mut stage), [Effect::Quit(0)]);
}

#[test]
fn nothing_is_asked_where_nothing_is_lacking() {
    let mut stage = lacking(0);
    stage.press("q");
    assert_eq!(wanted(&mut stage), [Effect::Leave]);
    // A page came just then.
    stage.send(Message::WouldLose(Lacking { count: 3, failure: None, version: 1 }));
    assert!(stage.line(23).contains("q again: drop 3 "), "{}", stage.line(23));
    stage.press("q");
    assert_eq!(wanted(&mut stage), [Effect::Quit(0)]);
    // While it is asked, it may turn out that the archive has them: then nothing is to be asked.
    let mut stage = lacking(3);
    stage.press("q");
    assert_eq!(wanted(&mut stage), []);
    stage.send(lacks(0, None));
    assert_eq!(wanted(&mut stage), [Effect::Quit(0)]);
    // News that was overtaken on its way says nothing.
    let mut stage = lacking(0);
    stage.send(Message::Lacking(Lacking { count: 3, failure: None, version: 2 }));
    stage.send(Message::Lacking(Lacking { count: 0, failure: None, version: 1 }));
    stage.take_effects();
    stage.press("q");
    assert_eq!(wanted(&mut stage), []);
}

#[test]
fn any_other_key_takes_the_question_away() {
    for (key, moves) in [("Esc", false), ("j", true), ("Ctrl-c", false)] {
        let mut stage = lacking(48_213);
        stage.press("q");
        let before = stage.model.table.selected;
        stage.press(key);
        assert!(!stage.line(23).contains("again"), "{key}: {}", stage.line(23));
        assert_eq!(stage.model.table.selected - before, usize::from(moves), "{key}");
        stage.take_effects();
        stage.press("q");
        assert!(stage.line(23).contains(QUESTION), "{key}: it is asked again");
    }
    let mut stage = lacking(48_213);
    stage.press("q Ctrl-c Ctrl-c");
    assert_eq!(wanted(&mut stage), [Effect::Quit(130)]);
}

#[test]
fn q_closes_a_layer_before_it_asks() {
    let mut stage = lacking(1);
    stage.press("? q");
    assert!(!stage.line(23).contains("again"));
    stage.press("q");
    assert!(stage.line(23).contains("q again: drop 1 · k:"), "{}", stage.line(23));
}

#[test]
fn k_keeps_them_tells_how_far_it_is_and_quits() {
    let mut stage = lacking(48_213);
    stage.press("q k");
    assert_eq!(wanted(&mut stage), [Effect::KeepFetched]);
    stage.send(Message::Keeping(Keeping::Going { written: 12_000, of: 48_213 }));
    assert!(stage.line(0).contains("keeping 12,000 of 48,213"), "{}", stage.line(0));
    // Nothing is lost by leaving too early.
    stage.press("q");
    assert_eq!(wanted(&mut stage), []);
    assert!(stage.line(23).contains("Ctrl-c stops that"), "{}", stage.line(23));
    stage.send(Message::Keeping(Keeping::Done { written: 48_213 }));
    assert_eq!(wanted(&mut stage), [Effect::Quit(0)]);
}

#[test]
fn k_while_fetching_ends_the_fetching() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    stage.send(lacks(7, None));
    stage.take_effects();
    stage.press("q k");
    assert_eq!(wanted(&mut stage), [Effect::CancelFetch, Effect::KeepFetched]);
}

#[test]
fn keeping_that_fails_or_is_stopped_says_so_and_stays() {
    let mut stage = lacking(5);
    stage.press("q k");
    stage.send(Message::Keeping(Keeping::Failed("a sync is at work on the archive".to_owned())));
    assert!(stage.line(23).contains("not kept: a sync is at work"), "{}", stage.line(23));
    stage.take_effects();
    stage.press("q");
    assert!(stage.line(23).contains("q again: drop 5"), "{}", stage.line(23));
    stage.press("k");
    stage.take_effects();
    stage.press("Ctrl-c");
    assert_eq!(wanted(&mut stage), [Effect::CancelKeeping]);
    stage.send(lacks(2, None));
    stage.send(Message::Keeping(Keeping::Stopped { written: 3 }));
    assert!(stage.line(23).contains("3 are in the archive"), "{}", stage.line(23));
    assert_eq!(wanted(&mut stage), []);
}

#[test]
fn what_is_kept_no_more_is_an_error_on_the_screen() {
    let mut stage = lacking(0);
    let failure = Some("no space is left for the archive".to_owned());
    stage.send(lacks(9, failure.clone()));
    assert!(stage.line(23).contains("kept no more: no space is left"), "{}", stage.line(23));
    assert!(stage.line(0).contains("× not kept"), "{}", stage.line(0));
    // It is told once, and stays in the top line.
    stage.press("g");
    stage.send(lacks(12, failure));
    assert!(!stage.line(23).contains("no space"), "{}", stage.line(23));
    assert!(stage.line(0).contains("× not kept"), "{}", stage.line(0));
    stage.press("q");
    assert!(stage.line(23).contains("q again: drop 12"), "{}", stage.line(23));
}

#[test]
fn they_can_be_kept_without_leaving() {
    let mut stage = lacking(5);
    stage.press(":");
    stage.type_text("keep-fetched");
    stage.press("Enter");
    assert_eq!(wanted(&mut stage), [Effect::KeepFetched]);
    stage.send(lacks(0, None));
    stage.send(Message::Keeping(Keeping::Done { written: 5 }));
    assert_eq!(wanted(&mut stage), []);
    assert!(stage.line(23).contains("5 entries are in the archive"), "{}", stage.line(23));
}

#[test]
fn opening_another_source_asks_as_leaving_does() {
    use crate::ui::setup::{Known, Open};
    let stage = || {
        let mut stage = lacking(48_213);
        let known = |name: &str| Known { name: name.into(), title: "A system".into() };
        stage.model.setup.known = ["prod", "pki"].map(known).to_vec();
        stage.press("S j Enter");
        assert_eq!(wanted(&mut stage), []);
        let question = "q: drop 48,213 and open pki · k: keep them in the archive";
        assert!(stage.line(23).contains(question), "{}", stage.line(23));
        stage
    };
    let opens = |stage: &mut Stage| {
        let wish = stage.model.take_wish();
        wish.is_some_and(|wish| wish.open == Open::Sources(vec!["pki".to_owned()]))
    };
    let mut dropped = stage();
    dropped.press("q");
    assert_eq!(wanted(&mut dropped), [Effect::Quit(0)]);
    assert!(opens(&mut dropped));
    let mut kept = stage();
    kept.press("k");
    assert_eq!(wanted(&mut kept), [Effect::KeepFetched]);
    kept.send(Message::Keeping(Keeping::Done { written: 48_213 }));
    assert_eq!(wanted(&mut kept), [Effect::Quit(0)]);
    assert!(opens(&mut kept));
    // Keeping that fails leaves what is open in place.
    let mut failed = stage();
    failed.press("k");
    failed.send(Message::Keeping(Keeping::Failed("no room".to_owned())));
    wanted(&mut failed);
    failed.press("Q");
    assert_eq!((wanted(&mut failed), opens(&mut failed)), (Vec::new(), false));
    // Staying: nothing is opened, and q asks for itself.
    let mut stays = stage();
    stays.press("Esc q");
    assert!(stays.line(23).contains(QUESTION), "{}", stays.line(23));
    stays.press("q");
    assert_eq!(wanted(&mut stays), [Effect::Quit(0)]);
    assert!(!opens(&mut stays));
    // While it is asked it may turn out that nothing would be lost.
    let mut found = stage();
    found.send(lacks(0, None));
    assert_eq!(wanted(&mut found), [Effect::Quit(0)]);
    assert!(opens(&mut found));
    // Where nothing is lacking nothing is asked.
    let mut plain = lacking(0);
    plain.model.setup.known = vec![Known { name: "pki".into(), title: "A system".into() }];
    plain.press("S Enter");
    assert_eq!(wanted(&mut plain), [Effect::Leave]);
    plain.send(Message::WouldLose(Lacking { count: 3, failure: None, version: 1 }));
    assert!(plain.line(23).contains("q: drop 3 and open pki"), "{}", plain.line(23));
    plain.press("q");
    assert_eq!(wanted(&mut plain), [Effect::Quit(0)]);
    assert!(opens(&mut plain));
}
