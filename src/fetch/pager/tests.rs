//! Every way of paging against small servers in memory: random logs with ties in time, random page
//! sizes. A walk brings every entry, or an honest gap.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::event::Identity;
use crate::json::Pointer;
use crate::provider::PageSize;

/// The window's bounds, microseconds; the server's precision is a step of a thousand.
const SINCE: i64 = 100_000;
const UNTIL: i64 = 200_000;
const STEP: i64 = 1_000;

fn event(time: i64, id: u32) -> Event {
    Event {
        time: Timestamp::from_micros(time),
        identity: Identity(u128::from(id)),
        ..crate::query::generate::bare_event(&id.to_string(), "2026-05-18T00:00:00Z")
    }
}

fn window() -> Interval {
    Interval::new(Timestamp::from_micros(SINCE), Timestamp::from_micros(UNTIL))
}

/// A log newest first, ties in an order of their own. Many entries share few instants.
fn log() -> impl Strategy<Value = Vec<(i64, u32)>> {
    prop::collection::vec((95i64..205, any::<u32>()), 0..120).prop_map(|entries| {
        let mut log: Vec<(i64, u32)> =
            entries.into_iter().enumerate().map(|(id, (step, _))| (step * STEP, id as u32)).collect();
        log.sort_by_key(|(time, id)| (std::cmp::Reverse(*time), id.wrapping_mul(2_654_435_761)));
        log
    })
}

/// What of a log lies in the window.
fn inside(log: &[(i64, u32)]) -> BTreeSet<u32> {
    log.iter().filter(|(time, _)| (SINCE..UNTIL).contains(time)).map(|(_, id)| *id).collect()
}

/// Walks a pager to its end against a server; the ids that came, inside the window.
fn walk(
    mut pager: Pager,
    width: usize,
    server: impl Fn(&Position) -> (Vec<(i64, u32)>, Facts),
) -> Result<(BTreeSet<u32>, Vec<Interval>), Error> {
    let mut came = BTreeSet::new();
    let mut under_way = std::collections::VecDeque::new();
    for _ in 0..10_000 {
        while under_way.len() < width
            && let Some(position) = pager.ask()
        {
            under_way.push_back(position);
        }
        let Some(position) = under_way.pop_front() else { break };
        let (page, facts) = server(&position);
        let events: Vec<Event> = page
            .iter()
            .filter(|(time, _)| (SINCE..UNTIL).contains(time))
            .map(|(time, id)| event(*time, *id))
            .collect();
        came.extend(events.iter().filter_map(|event| event.id.as_ref()?.parse::<u32>().ok()));
        let times = || page.iter().map(|(time, _)| Timestamp::from_micros(*time));
        let resolve = |link: &str| Url::parse(link).map_err(|_| Error::NoUrl(link.to_owned()));
        let next = match pager.came(&facts, resolve)? {
            Next::Entries => {
                let entries = Entries {
                    items: page.len(),
                    inside: &events,
                    oldest: times().min(),
                    newest: times().max(),
                };
                pager.entries(entries)
            }
            next => next,
        };
        if next == Next::End && !matches!(pager, Pager::Pieces(_)) {
            break;
        }
    }
    let gaps = match &pager {
        Pager::Chain(chain) => chain.gaps().to_vec(),
        _ => Vec::new(),
    };
    Ok((came, gaps))
}

fn size() -> PageSize {
    PageSize { param: "limit".into(), min: 1, max: Some(1000), only_if_set: false }
}

fn slice(log: &[(i64, u32)], from: usize, length: usize) -> Vec<(i64, u32)> {
    log.iter().skip(from).take(length).copied().collect()
}

/// All ways of a chain: each page is asked for the first that it speaks.
fn every_way() -> Vec<Paging> {
    let at = |text: &str| Pointer::parse(text).expect("a pointer");
    vec![
        Paging::Cursor {
            cursor: "cursor".into(),
            next: vec![at("/next")],
            more: vec![at("/more")],
            size: None,
        },
        Paging::Link { rel: "next".into() },
        Paging::Descent { step_micros: STEP, suspect: 10 },
    ]
}

proptest! {
    #[test]
    fn by_offset_everything_comes(log in log(), gives in 1usize..40, asked in 1u32..40, width in 1usize..6) {
        let paging = [Paging::Offset { offset: "skip".into(), size: size() }];
        let pager = Pager::new(&paging, window(), Some(asked));
        let gives = gives.min(asked as usize);
        let (came, _) = walk(pager, width, |position| {
            let from = match position { Position::Offset(offset) => *offset as usize, other => panic!("{other:?}") };
            let page = slice(&log, from, gives);
            let facts = Facts { items: page.len(), ..Facts::default() };
            (page, facts)
        }).expect("a walk");
        prop_assert_eq!(came, inside(&log));
    }

    #[test]
    fn by_page_everything_comes(log in log(), gives in 1usize..40, width in 1usize..6, told in 0u8..4, first in 0u64..2) {
        let paging = [Paging::Page { page: "page".into(), first, size: size(), more: None, total_pages: None }];
        let pager = Pager::new(&paging, window(), Some(40));
        let pages = log.len().div_ceil(gives) as u64;
        let (came, _) = walk(pager, width, |position| {
            let number = match position { Position::Page(number) => *number - first, other => panic!("{other:?}") };
            let page = slice(&log, number as usize * gives, gives);
            let facts = Facts {
                items: page.len(),
                more: (told & 1 != 0).then_some(number + 1 < pages),
                total_pages: (told & 2 != 0).then_some(pages),
                ..Facts::default()
            };
            (page, facts)
        }).expect("a walk");
        prop_assert_eq!(came, inside(&log));
    }

    #[test]
    fn by_cursor_or_link_everything_comes_through_empty_pages_too(
        log in log(), gives in 1usize..40, empty_every in 2usize..5, by_link in any::<bool>(), says_more in any::<bool>(),
    ) {
        let pager = Pager::new(&every_way(), window(), None);
        let (came, gaps) = walk(pager, 1, |position| {
            let count = match position {
                Position::First => 0,
                Position::Cursor(cursor) => cursor.parse().expect("a count"),
                Position::Url(url) => url.path()[1..].parse().expect("a count"),
                other => panic!("{other:?}"),
            };
            // Every so many pages one is empty and only leads on.
            let full = count - count / empty_every;
            let page = if count % empty_every == empty_every - 1 { Vec::new() } else { slice(&log, full * gives, gives) };
            let ends = (full + 1) * gives >= log.len() && count % empty_every != empty_every - 1;
            let next = (!ends).then(|| count + 1);
            let facts = Facts {
                items: page.len(),
                cursor: next.filter(|_| !by_link).map(|next| next.to_string()),
                // With a link at the end of a one-page walk, the descent would begin: say so.
                more: (says_more || (count == 0 && ends)).then_some(!ends),
                link: next.filter(|_| by_link).map(|next| format!("http://h/{next}")),
                ..Facts::default()
            };
            (page, facts)
        }).expect("a walk");
        prop_assert!(gaps.is_empty());
        prop_assert_eq!(came, inside(&log));
    }

    #[test]
    fn by_descent_everything_comes_or_an_honest_gap(
        log in log(), gives in 10usize..30, inclusive in any::<bool>(), heeds_since in any::<bool>(),
    ) {
        let pager = Pager::new(&every_way(), window(), None);
        let (came, gaps) = walk(pager, 1, |position| {
            let until = match position { Position::Until(until) => until.micros(), _ => UNTIL };
            let asked = |time: i64| (!heeds_since || time >= SINCE) && (time < until || (inclusive && time == until));
            let page: Vec<_> = log.iter().filter(|(time, _)| asked(*time)).take(gives).copied().collect();
            let facts = Facts { items: page.len(), ..Facts::default() };
            (page, facts)
        }).expect("a walk");
        for (time, id) in &log {
            let time = Timestamp::from_micros(*time);
            if window().contains(time) {
                let told = gaps.iter().any(|gap| gap.contains(time));
                prop_assert!(came.contains(id) || told, "{id} at {time} is missing and no gap says so: {gaps:?}");
            }
        }
    }
}

#[test]
fn a_page_full_of_one_instant_is_a_gap_just_as_wide_as_the_rule_says() {
    let mut log: Vec<(i64, u32)> = (0..15).map(|id| (150_000, id)).collect();
    log.extend([(149_500, 100), (149_000, 101), (148_999, 102), (120_000, 103)]);
    log.insert(0, (160_000, 99));
    let pager = Pager::new(&every_way(), window(), None);
    let asked = std::cell::RefCell::new(Vec::new());
    let (came, gaps) = walk(pager, 1, |position| {
        let until = match position {
            Position::Until(until) => until.micros(),
            _ => UNTIL,
        };
        asked.borrow_mut().push(until);
        let page: Vec<_> = log.iter().filter(|(time, _)| *time < until).take(10).copied().collect();
        let facts = Facts { items: page.len(), ..Facts::default() };
        (page, facts)
    })
    .expect("a walk");
    assert_eq!(asked.into_inner(), [200_000, 151_000, 151_000, 149_000, 121_000]);
    let gap = Interval::new(Timestamp::from_micros(149_000), Timestamp::from_micros(151_000));
    assert_eq!(gaps, [gap]);
    assert!(came.is_superset(&BTreeSet::from([99, 102, 103])));
}

#[test]
fn a_short_page_of_one_instant_is_the_end_and_no_gap() {
    let log: Vec<(i64, u32)> = (0..9).map(|id| (150_000, id)).collect();
    let pager = Pager::new(&every_way(), window(), None);
    let (came, gaps) =
        walk(pager, 1, |_| (log.clone(), Facts { items: 9, ..Facts::default() })).expect("a walk");
    assert_eq!((came.len(), gaps.len()), (9, 0));
}

#[test]
fn a_server_that_gives_the_same_page_for_ever_is_left_after_the_second() {
    let log: Vec<(i64, u32)> = (0..20).map(|id| (190_000 - i64::from(id) * STEP, id)).collect();
    let mut pager = Pager::new(&every_way(), window(), None);
    let events: Vec<Event> = log.iter().map(|(time, id)| event(*time, *id)).collect();
    let entries = Entries {
        items: 20,
        inside: &events,
        oldest: events.last().map(|event| event.time),
        newest: events.first().map(|event| event.time),
    };
    pager.ask();
    assert_eq!(pager.entries(entries), Next::More);
    pager.ask();
    assert_eq!(pager.entries(entries), Next::End);
    let Pager::Chain(chain) = &pager else { panic!("a chain") };
    assert!(chain.is_heedless());
}

#[test]
fn a_first_page_of_the_windows_very_end_does_not_end_the_walk() {
    let end = window().until;
    let page =
        |newest: Timestamp| Entries { items: 20, inside: &[], oldest: Some(newest), newest: Some(newest) };
    let descent = |entries: Entries<'_>| {
        let mut pager = Pager::new(&every_way(), window(), None);
        pager.ask();
        let next = pager.entries(entries);
        let Pager::Chain(chain) = &pager else { panic!("a chain") };
        (next, chain.gaps().to_vec(), chain.is_heedless())
    };
    let gap = Interval::new(end.plus(-STEP), end);
    assert_eq!(descent(page(end)), (Next::More, vec![gap], false), "the server counts the end in");
    assert_eq!(descent(page(end.plus(STEP * 9))), (Next::End, Vec::new(), true), "it does not heed the end");
    let few = Entries { items: 9, ..page(end) };
    assert_eq!(descent(few), (Next::End, Vec::new(), false), "that is all there is");
}

/// A chain that got one page with these facts.
fn after(facts: &Facts) -> (Pager, Result<Next, Error>) {
    let mut pager = Pager::new(&every_way(), window(), None);
    pager.ask();
    let next = pager.came(facts, |link| Url::parse(link).map_err(|_| Error::NoUrl(link.to_owned())));
    (pager, next)
}

#[test]
fn a_cursor_goes_before_a_link_and_a_link_before_the_descent() {
    let link = Some("http://h/2".to_owned());
    let both = Facts { items: 1, cursor: Some("c".to_owned()), link: link.clone(), ..Facts::default() };
    let (mut pager, next) = after(&both);
    assert_eq!((next, pager.ask()), (Ok(Next::More), Some(Position::Cursor("c".to_owned()))));
    let (mut pager, next) = after(&Facts { items: 1, link, more: Some(true), ..Facts::default() });
    assert_eq!(next, Ok(Next::More));
    assert_eq!(pager.ask(), Some(Position::Url(Url::parse("http://h/2").expect("a URL"))));
    assert_eq!(pager.came(&Facts { items: 1, ..Facts::default() }, |_| unreachable!()), Ok(Next::End));
    let (_, next) = after(&Facts { items: 1, ..Facts::default() });
    assert_eq!(next, Ok(Next::Entries));
}

#[test]
fn no_more_ends_whatever_the_cursor_says() {
    let (_, next) =
        after(&Facts { items: 1, cursor: Some("c".to_owned()), more: Some(false), ..Facts::default() });
    assert_eq!(next, Ok(Next::End));
}

#[test]
fn a_cursor_that_came_before_and_more_without_a_cursor_are_errors() {
    let facts = Facts { items: 1, cursor: Some("c".to_owned()), more: Some(true), ..Facts::default() };
    let (mut pager, _) = after(&facts);
    pager.ask();
    assert_eq!(pager.came(&facts, |_| unreachable!()), Err(Error::Repeated("c".to_owned())));
    let (_, next) = after(&Facts { items: 1, more: Some(true), ..Facts::default() });
    assert_eq!(next, Err(Error::NoCursor));
}
