//! Records of a size that nobody expects: they are there at once, whole, can be folded and searched.

use std::fmt::Write;

use super::*;
use crate::event::{Change, ChangeOp, Record};
use crate::json::Node;

/// The explorer with one entry of this record, its detail open.
fn opened(record: &str, size: (u16, u16)) -> Stage {
    let mut stage = Stage::new(settings(Name::Dark, size));
    stage.begin("prod");
    stage.page("prod", vec![entry(record)], week());
    stage.press("Enter");
    stage
}

fn entry(record: &str) -> Event {
    let node = Node::parse(record).expect("valid");
    Event { record: Record::from_node(node), ..entries::bare("prod", "e1", week().until.plus(-60_000_000)) }
}

/// `{"items":[{"n":0,"name":"item-0"},…]}`, and a last word.
fn many(count: usize) -> String {
    let mut record = String::from(r#"{"items":["#);
    for number in 0..count {
        let _ = write!(record, "{{\"n\":{number},\"name\":\"item-{number}\"}},");
    }
    record + r#"0],"end":"the last word"}"#
}

fn find(stage: &mut Stage, text: &str) {
    stage.press("f Ctrl-u");
    stage.type_text(text);
    stage.press("Enter");
}

fn lines(stage: &Stage) -> usize {
    stage.model.detail.as_ref().expect("open").count()
}

fn line(stage: &Stage) -> String {
    let state = stage.model.detail.as_ref().expect("open");
    state.texts(&stage.model.theme).swap_remove(state.cursor)
}

#[test]
fn a_record_of_a_hundred_thousand_lines_is_whole_and_is_found_in() {
    let record = many(40_000);
    let mut stage = opened(&record, (80, 24));
    assert!(stage.text().contains("[40,001 elements]"), "{}", stage.text());
    // Verbatim to its last byte.
    let state = stage.model.detail.as_ref().expect("open");
    let texts = state.texts(&stage.model.theme);
    let verbatim = texts.iter().skip_while(|line| !line.starts_with("RECORD")).skip(1);
    let verbatim: String = verbatim.map(|line| &line[2..]).collect();
    assert!(verbatim == record, "all of it, and nothing else");
    // A value deep in it is found where it is folded away, and opened; then where it stands verbatim.
    let folded = lines(&stage);
    find(&mut stage, "ITEM-39998");
    assert!(stage.line(23).contains("hit 1 of 2 for ITEM-39998"), "{}", stage.line(23));
    assert_eq!(line(&stage).trim(), r#"name  "item-39998""#);
    assert_eq!(lines(&stage), folded + 40_001 + 2, "no more than what holds it is opened");
    stage.press("n");
    assert!(line(&stage).contains(r#":"item-3"#) || line(&stage).contains("item-39998"), "{}", line(&stage));
    stage.press("n");
    assert_eq!(line(&stage).trim(), r#"name  "item-39998""#, "round the end");
    // It folds again by the line that holds it.
    stage.press("k k Enter");
    assert_eq!(lines(&stage), folded + 40_001);
    find(&mut stage, "the last word");
    assert_eq!(line(&stage).trim(), r#"end  "the last word""#);
}

#[test]
fn a_hit_in_the_record_is_on_the_line_in_which_it_begins() {
    // 75 cells a line: the needle begins on the second and ends on the third.
    let record = format!("\"{}Needle{}\"", "x".repeat(147), "y".repeat(100));
    let mut stage = opened(&format!("[{record}]"), (80, 24));
    find(&mut stage, "needle");
    let state = stage.model.detail.as_ref().expect("open");
    let texts = state.texts(&stage.model.theme);
    let hits: Vec<&str> = state.hits().iter().map(|line| texts[*line].trim()).collect();
    assert_eq!(hits.len(), 2, "the tree's and the record's: {hits:?}");
    assert!(hits[1].ends_with("xNe") || hits[1].ends_with("xNee"), "{hits:?}");
}

#[test]
fn depth_does_no_harm_not_even_to_finding() {
    let record = format!("{{\"deep\":{}\"bottom\"{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let mut stage = opened(&record, (80, 24));
    let folded = lines(&stage);
    find(&mut stage, "nowhere");
    assert!(stage.line(23).contains("not in this record"), "{}", stage.line(23));
    assert_eq!(lines(&stage), folded);
    find(&mut stage, "bottom");
    assert!(stage.line(23).contains("hit 1 of 2 for bottom"), "{}", stage.text());
    assert!(line(&stage).contains("0  [[[["), "{}", line(&stage));
    stage.press("n G");
    assert!(line(&stage).ends_with("]]}"));
}

#[test]
fn a_huge_text_begins_in_its_place_and_stands_whole_in_the_record() {
    let message = format!("{}終わり", "漢字".repeat(100_000));
    let record = format!("{{\"note\":\"{message}\"}}");
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    let event = Event { message: Some(message.clone()), ..entry(&record) };
    stage.page("prod", vec![event], week());
    stage.press("Enter");
    let state = stage.model.detail.as_ref().expect("open");
    let texts = state.texts(&stage.model.theme);
    let shown = texts.iter().take_while(|line| !line.starts_with("RECORD")).count();
    assert!(shown < 500, "{shown} lines before the record");
    assert!(texts.iter().any(|line| line.contains("… 583,626 more bytes")), "how much follows is said");
    let verbatim = texts[shown..].iter().skip(1).map(|line| line.trim_start()).collect::<String>();
    assert!(verbatim == record);
    stage.press("G");
    assert!(stage.line(22).contains("終わり\"}"), "{}", stage.line(22));
}

#[test]
fn of_too_many_changes_some_are_shown_and_the_others_counted() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    let change = |number| Change {
        op: ChangeOp::Remove,
        path: format!("/p{number}"),
        before: Some(crate::json::Json::from_text("x")),
        after: None,
    };
    let event = Event { changes: Some((0..20_000).map(change).collect()), ..entry("{}") };
    stage.page("prod", vec![event], week());
    stage.press("Enter");
    let state = stage.model.detail.as_ref().expect("open");
    assert!(state.count() < 6_000, "{} lines", state.count());
    let texts = state.texts(&stage.model.theme);
    assert!(texts.iter().any(|line| line == "CHANGES  20,000 paths"));
    assert!(texts.iter().any(|line| line.starts_with("  … 18,") && line.ends_with(" more paths")));
}

#[test]
fn long_records_are_compared_line_by_line() {
    for size in [(80, 24), (160, 44)] {
        let mut stage = Stage::new(settings(Name::Dark, size));
        stage.begin("prod");
        let one = many(1_200);
        let other = one.replace("\"item-700\"", "\"item-seven-hundred\"");
        let mut second = entry(&other);
        second.id = Some("e2".into());
        second.identity = crate::event::Identity::of_id("prod", None, "e2");
        second.time = week().until.plus(-30_000_000);
        stage.page("prod", vec![entry(&one), second], week());
        stage.press("m j m d");
        let text = stage.text();
        assert!(text.contains("item-seven-hundred"), "{text}");
        assert!(!text.contains("item-3\""), "what is the same is left out: {text}");
    }
}

#[test]
fn records_that_are_too_long_for_lines_are_compared_by_their_beginnings() {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    let mut second = entry(&many(30_000));
    second.id = Some("e2".into());
    second.identity = crate::event::Identity::of_id("prod", None, "e2");
    stage.page("prod", vec![entry(&many(20_000)), second], week());
    stage.press("m j m d G");
    assert!(stage.text().contains("more bytes"), "{}", stage.text());
}
