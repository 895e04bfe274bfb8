//! What the feed is held to.

use super::*;
use crate::fetch::{Error, ErrorKind, Page};

fn second(second: i64) -> Timestamp {
    Timestamp::from_micros(second * crate::timestamp::SECOND)
}

fn span(since: i64, until: i64) -> Interval {
    Interval::new(second(since), second(until))
}

fn part(source: &str) -> Part {
    Part { source: source.into(), value: None }
}

fn feed(names: &[&str]) -> Feed {
    let info = |name: &&str| SourceInfo {
        name: (*name).into(),
        title: "System".into(),
        retention_days: None,
        has_single: false,
        has_entity: false,
        pushes: Vec::new(),
    };
    Feed::new(names.iter().map(info).collect())
}

fn begin(feed: &mut Feed, source: &str, pushed: &[&str]) {
    let pushed = pushed.iter().map(|text| (*text).to_owned()).collect();
    feed.take(&Update::Began { part: part(source), window: span(0, 100), pushed }, second(100));
}

fn page(feed: &mut Feed, source: &str, covered: Interval) {
    let page = Page {
        part: part(source),
        number: 1,
        events: Vec::new(),
        skipped: Vec::new(),
        covered: vec![covered],
        progress: None,
        resume: None,
    };
    feed.take(&Update::Page(page), second(100));
}

#[test]
fn what_is_not_here_is_said_to_be_missing_and_why() {
    let all = Query::all();
    let mut feed = feed(&["a", "b"]);
    let at = |feed: &Feed, since, until| feed.known(span(since, until), &all, second(100));
    assert_eq!(at(&feed, 0, 10), Known::Unasked);
    feed.ask(span(0, 100), None, None);
    assert_eq!(at(&feed, 0, 10), Known::Fetching);
    begin(&mut feed, "a", &[]);
    page(&mut feed, "a", span(50, 100));
    assert_eq!(at(&feed, 60, 70), Known::Fetching, "b has not begun");
    begin(&mut feed, "b", &[]);
    page(&mut feed, "b", span(80, 100));
    assert_eq!(at(&feed, 80, 100), Known::Fetched);
    assert_eq!(at(&feed, 79, 81), Known::Fetching);
    assert_eq!(feed.unbroken_since(span(0, 100), &all), second(80));
    assert!((feed.share(span(0, 100), &all) - 0.35).abs() < 1e-9);
    let wait = Update::Waiting { part: part("b"), why: Wait::RateLimited, until: second(112), attempt: 2 };
    feed.take(&wait, second(100));
    assert_eq!(at(&feed, 0, 10), Known::Waiting);
    feed.set_paused(true);
    assert_eq!(at(&feed, 0, 10), Known::Paused);
    feed.set_paused(false);
    feed.take(&Update::Ended { part: part("b"), end: End::Cancelled }, second(100));
    feed.take(&Update::Ended { part: part("a"), end: End::Whole }, second(100));
    assert_eq!(at(&feed, 0, 10), Known::Unasked);
    assert_eq!(feed.missing(span(0, 100), &all), Some(span(0, 80)));
    let gaps = End::Gaps { missing: vec![span(20, 30)], why: "a gap".into() };
    let news = feed.take(&Update::Ended { part: part("b"), end: gaps }, second(100));
    assert_eq!(news, [News::Failure("b: a gap".into())]);
    let error = Error::new(ErrorKind::Refused, "b: 403 Forbidden");
    let failed = End::Failed { error: error.into(), missing: vec![] };
    let news = feed.clone().take(&Update::Ended { part: part("b"), end: failed }, second(100));
    assert_eq!(news, [News::Failure("b: 403 Forbidden".into())], "the part is named once");
    assert_eq!(at(&feed, 0, 20), Known::Fetched);
    assert_eq!(at(&feed, 19, 21), Known::Failed);
    assert_eq!(feed.failures(span(0, 100), &all).count(), 1);
}

#[test]
fn a_part_that_ends_before_it_began_is_told() {
    let mut feed = feed(&["a"]);
    feed.ask(span(0, 100), None, None);
    let error = crate::fetch::Error {
        kind: crate::fetch::ErrorKind::Config,
        message: "no token: set A_TOKEN".into(),
        retry_at: None,
    };
    let end = End::Failed { error: Arc::new(error), missing: vec![span(0, 100)] };
    let news = feed.take(&Update::Ended { part: part("a"), end }, second(100));
    assert_eq!(news, [News::Failure("a: no token: set A_TOKEN".into())]);
    assert_eq!(feed.known(span(0, 10), &Query::all(), second(100)), Known::Failed);
    assert!(!feed.is_active());
}

#[test]
fn what_was_fetched_for_a_filter_counts_for_that_filter() {
    let query = |text| crate::query::parse::parse(text, second(100)).expect("a filter");
    let mut feed = feed(&["a"]);
    begin(&mut feed, "a", &["action:LOGIN"]);
    page(&mut feed, "a", span(0, 100));
    let known = |text| feed.known(span(0, 10), &query(text), second(100));
    assert_eq!(known("action:LOGIN"), Known::Fetched);
    assert_eq!(known("actor:bob action:LOGIN"), Known::Fetched);
    assert_eq!(known("action:LOGOUT"), Known::Unasked);
    assert_eq!(known(""), Known::Unasked);
    assert!(feed.narrower(&query("")) && !feed.narrower(&query("action:LOGIN")));
    assert_eq!(feed.pushed(), ["action:LOGIN"]);
}

#[test]
fn what_the_system_no_longer_keeps_is_not_zero() {
    let mut feed = feed(&["a"]);
    feed.sources[0].retention_days = Some(1);
    begin(&mut feed, "a", &[]);
    feed.take(&Update::Ended { part: part("a"), end: End::Whole }, second(100));
    let late = second(2 * 86_400);
    assert_eq!(feed.known(span(0, 10), &Query::all(), late), Known::Beyond);
    assert_eq!(feed.known(span(0, 10), &Query::all(), second(100)), Known::Fetched);
}

#[test]
fn what_another_fetch_takes_the_place_of_is_not_said_to_go_on() {
    let all = Query::all();
    let mut feed = feed(&["a", "b"]);
    feed.ask(span(0, 100), None, None);
    begin(&mut feed, "a", &[]);
    begin(&mut feed, "b", &[]);
    feed.take(&Update::Ended { part: part("b"), end: End::Whole }, second(100));
    feed.ask(span(40, 50), None, Some(vec![(part("b"), span(40, 50))]));
    assert!(feed.is_active());
    assert_eq!(feed.known(span(0, 100), &all, second(100)), Known::Unasked, "nobody fetches a any more");
    let began = Update::Began { part: part("b"), window: span(40, 50), pushed: Vec::new() };
    feed.take(&began, second(100));
    feed.take(&Update::Ended { part: part("b"), end: End::Whole }, second(100));
    assert!(!feed.is_active());
    assert_eq!(feed.lacking(span(0, 100), &all), [(part("a"), vec![span(0, 100)])]);
}

#[test]
fn a_failure_stands_until_its_stretch_is_here_or_asked_for_again() {
    let all = Query::all();
    let mut feed = feed(&["a"]);
    let error = || std::sync::Arc::new(Error::new(ErrorKind::Refused, "a: 403"));
    let began = |feed: &mut Feed, window| {
        let pushed = Vec::new();
        feed.take(&Update::Began { part: part("a"), window, pushed }, second(100));
    };
    let end = |feed: &mut Feed, end| {
        feed.take(&Update::Ended { part: part("a"), end }, second(100));
    };
    let at = |feed: &Feed, since, until| feed.known(span(since, until), &all, second(100));
    began(&mut feed, span(0, 100));
    page(&mut feed, "a", span(50, 100));
    end(&mut feed, End::Failed { error: error(), missing: vec![span(0, 50)] });
    // What is newer comes well: that does not mend what is older.
    began(&mut feed, span(99, 120));
    end(&mut feed, End::Whole);
    assert_eq!(at(&feed, 10, 20), Known::Failed);
    let whys =
        |feed: &Feed, window| feed.failures(window, &all).map(|(_, why)| why.to_owned()).collect::<Vec<_>>();
    assert_eq!(whys(&feed, span(0, 100)), ["403"]);
    assert_eq!(whys(&feed, span(60, 120)), <[&str; 0]>::default(), "nothing of it is looked at");
    // It is asked for again: then it is being fetched, and where that is stopped, not asked.
    began(&mut feed, span(0, 20));
    assert_eq!((at(&feed, 10, 20), at(&feed, 30, 40)), (Known::Fetching, Known::Failed));
    end(&mut feed, End::Cancelled);
    assert_eq!((at(&feed, 10, 20), at(&feed, 30, 40)), (Known::Unasked, Known::Failed));
    began(&mut feed, span(20, 50));
    end(&mut feed, End::Whole);
    assert_eq!(whys(&feed, span(0, 100)), <[&str; 0]>::default());
}
