//! Fetching under the hand: P, p, R, r, F, H.

use super::*;
use crate::query::Query;
use crate::timestamp::SECOND;

fn fetches(effects: &[Effect]) -> Vec<(Interval, Option<String>)> {
    let fetch = |effect: &Effect| match effect {
        Effect::Fetch { window, push, .. } => {
            Some((*window, push.as_ref().map(std::string::ToString::to_string)))
        }
        _ => None,
    };
    effects.iter().filter_map(fetch).collect()
}

fn half() -> Interval {
    Interval::new(at("2026-05-18T00:00:00Z"), week().until)
}

/// Half of the week is fetched, the rest is under way.
fn partly() -> Stage {
    let mut stage = Stage::new(settings(Name::Dark, (80, 24)));
    stage.begin("prod");
    stage.page("prod", entries::week_of_requests("prod"), half());
    stage.take_effects();
    stage
}

fn filtered(stage: &mut Stage, filter: &str) {
    stage.press("/");
    stage.type_text(filter);
    stage.press("Enter");
}

#[test]
fn the_server_is_asked_for_the_filter_alone_and_then_for_the_rest() {
    let mut stage = partly();
    filtered(&mut stage, "status:5xx");
    assert_eq!(fetches(&stage.take_effects()), [], "typing asks nobody");
    assert!(
        stage.line(23).contains("48 % fetched. P: ask the server for status:5xx only"),
        "{}",
        stage.line(23)
    );
    stage.press("P");
    let rest = Interval::new(week().since, half().since);
    assert_eq!(fetches(&stage.take_effects()), [(rest, Some("status:5xx".to_owned()))]);
    assert!(stage.line(23).contains("asking for status:5xx alone"), "{}", stage.line(23));
    let pushed = vec!["status:5xx".to_owned()];
    stage.fetched(Update::Began { part: part("prod"), window: rest, pushed });
    stage.end("prod", End::Whole);
    let query = stage.model.scope.query.clone();
    assert_eq!(stage.model.feed.missing(week(), &query), None, "for the filter all is known");
    stage.send(Message::Over);
    assert_eq!(fetches(&stage.take_effects()), [(rest, None)], "what was under way goes on");
}

#[test]
fn the_brush_comes_first() {
    let mut stage = partly();
    filtered(&mut stage, "status:5xx");
    stage.press("Tab g v l l l P");
    let asked = fetches(&stage.take_effects());
    let brush = Interval::new(week().since, week().bucket_edge(4));
    assert_eq!(asked, [(brush, Some("status:5xx".to_owned()))]);
    let pushed = vec!["status:5xx".to_owned()];
    stage.fetched(Update::Began { part: part("prod"), window: brush, pushed });
    stage.end("prod", End::Whole);
    stage.send(Message::Over);
    let rest = Interval::new(brush.until, half().since);
    assert_eq!(fetches(&stage.take_effects()), [(rest, Some("status:5xx".to_owned()))]);
}

#[test]
fn asking_says_why_it_does_not() {
    let mut stage = partly();
    stage.press("P");
    assert!(stage.line(23).contains("no filter is in force"), "{}", stage.line(23));
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    filtered(&mut stage, "status:5xx");
    stage.press("P");
    assert!(stage.line(23).contains("fetched already"), "{}", stage.line(23));
    stage.press("H");
    assert!(stage.line(23).contains("nothing moves: F follows"), "{}", stage.line(23));
    stage.press("R");
    assert!(stage.line(23).contains("nothing is missing"), "{}", stage.line(23));
    stage.press("r");
    assert!(stage.line(23).contains("R fetches what is missing"), "{}", stage.line(23));
    let mut files = settings(Name::Dark, (80, 24));
    files.setup.opened = crate::ui::setup::Opened::Files(vec!["a.ndjson".to_owned()]);
    let mut stage = Stage::new(files);
    for key in ["P", "r", "F"] {
        stage.press(key);
        assert!(stage.line(23).contains("no server to ask"), "{key}: {}", stage.line(23));
    }
}

#[test]
fn what_is_newer_is_fetched_and_the_window_ends_later() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.take_effects();
    stage.now = week().until.plus(600 * SECOND);
    stage.press("r");
    let newer = Interval::new(week().until.plus(-60 * SECOND), stage.now);
    assert_eq!(fetches(&stage.take_effects()), [(newer, None)]);
    assert_eq!(stage.model.scope.window, Interval::new(week().since, stage.now));
    assert!(stage.line(23).contains("fetching what is newer than"), "{}", stage.line(23));
}

fn own_read(number: u64, time: Timestamp) -> Event {
    let mut event = entries::request("prod", number, time, 200);
    event.kinds.insert(crate::event::Kind::Itself);
    event
}

#[test]
fn following_polls_hides_our_own_reads_and_holds_without_losing_any() {
    let mut stage = Stage::whole(Name::Dark, (120, 36));
    stage.take_effects();
    let matched = stage.model.answer.matched;
    stage.now = week().until.plus(SECOND);
    stage.press("F");
    let first = Interval::new(week().until.plus(-60 * SECOND), stage.now);
    let effects = stage.take_effects();
    assert_eq!(fetches(&effects), [(first, None)]);
    stage.fetched(Update::Began { part: part("prod"), window: first, pushed: Vec::new() });
    let new =
        vec![entries::request("prod", 90_001, week().until, 503), own_read(90_002, week().until.plus(1))];
    stage.page("prod", new, first);
    stage.end("prod", End::Whole);
    stage.send(Message::Over);
    assert_eq!(stage.model.answer.matched, matched + 1, "the newest is shown, our own read is not");
    assert!(stage.line(0).contains("following, 1 own reads hidden"), "{}", stage.line(0));

    stage.press("H");
    stage.take_effects();
    stage.now = stage.now.plus(11 * SECOND);
    stage.send(Message::Woke);
    assert_eq!(fetches(&stage.take_effects()).len(), 1, "it is asked for all the same");
    let second = Interval::new(first.until.plus(-60 * SECOND), stage.now);
    stage.fetched(Update::Began { part: part("prod"), window: second, pushed: Vec::new() });
    stage.page("prod", vec![entries::request("prod", 90_003, first.until.plus(5), 200)], second);
    assert_eq!(stage.model.answer.matched, matched + 1, "the screen stands still");
    assert!(stage.line(0).contains("held +1"), "{}", stage.line(0));
    stage.press("H");
    assert_eq!(stage.model.answer.matched, matched + 2, "and nothing is lost");
    stage.press("F");
    assert_eq!(stage.model.answer.matched, matched + 3, "our own reads are shown again");
    assert_eq!(stage.model.errands.follow, None);
}

#[test]
fn pausing_goes_both_ways_and_a_cancel_ends_following() {
    let mut stage = partly();
    stage.press("p p");
    assert!(matches!(
        stage.take_effects()[..],
        [Effect::WakeAt(_), Effect::Pause, Effect::Resume]
            | [Effect::Pause, Effect::WakeAt(_), Effect::Resume]
    ));
    stage.press("F Ctrl-c");
    assert!(stage.model.errands.follow.is_none());
}

#[test]
fn only_the_parts_that_lack_something_are_fetched_again_each_its_own_stretch() {
    let mut with = settings(Name::Dark, (80, 24));
    with.sources = vec![source("prod", "Stations"), source("pki", "Keys"), source("ws", "Workspaces")];
    let mut stage = Stage::new(with);
    let of = |value: &str| Part { source: "ws".into(), value: Some(value.into()) };
    stage.begin("prod");
    stage.end("prod", End::Whole);
    stage.begin("pki");
    stage.page("pki", Vec::new(), half());
    let error = Arc::new(crate::fetch::Error::new(crate::fetch::ErrorKind::Refused, "403"));
    let failed = |missing: Interval| End::Failed { error: error.clone(), missing: vec![missing] };
    let rest = Interval::new(week().since, half().since);
    stage.end("pki", failed(rest));
    for value in ["one", "two"] {
        stage.fetched(Update::Began { part: of(value), window: week(), pushed: Vec::new() });
    }
    stage.fetched(Update::Ended { part: of("one"), end: failed(week()) });
    stage.fetched(Update::Ended { part: of("two"), end: End::Whole });
    stage.send(Message::Over);
    stage.take_effects();
    stage.press("R");
    let effects = stage.take_effects();
    let parts = effects.iter().find_map(|effect| match effect {
        Effect::Fetch { parts, window, push: None } if *window == week() => parts.clone(),
        _ => None,
    });
    assert_eq!(parts, Some(vec![(part("pki"), rest), (of("one"), week())]), "{effects:?}");
    assert!(stage.model.feed.is_active());
    // What is about to begin is told from what failed and from what is here.
    let known = |stage: &Stage| stage.model.feed.known(week(), &Query::all(), stage.now);
    stage.fetched(Update::Began { part: part("pki"), window: rest, pushed: Vec::new() });
    stage.end("pki", End::Whole);
    assert!(stage.model.feed.is_active(), "the other one has not begun yet");
    stage.fetched(Update::Began { part: of("one"), window: week(), pushed: Vec::new() });
    assert_eq!(known(&stage), crate::ui::feed::Known::Fetching);
    stage.fetched(Update::Ended { part: of("one"), end: End::Whole });
    assert_eq!(known(&stage), crate::ui::feed::Known::Fetched);
    assert!(!stage.model.feed.is_active());
    stage.press("R");
    assert!(stage.line(23).contains("nothing is missing"), "{}", stage.line(23));
}

#[test]
fn a_file_is_read_once_whatever_window_is_looked_at() {
    let mut files = settings(Name::Dark, (80, 24));
    files.setup.opened = crate::ui::setup::Opened::Files(vec!["a.ndjson".to_owned()]);
    let mut stage = Stage::new(files);
    stage.begin("prod");
    stage.page("prod", entries::week_of_requests("prod"), week());
    stage.end("prod", End::Whole);
    stage.take_effects();
    stage.press("t 7 R");
    assert!(stage.line(23).contains("read once"), "{}", stage.line(23));
    assert_eq!(fetches(&stage.take_effects()), []);
    assert!(!stage.model.feed.is_active(), "nothing is about to begin");
}

#[test]
fn a_number_that_is_not_of_all_says_so_wherever_it_stands() {
    let mut stage = partly();
    assert!(stage.line(0).contains("48%"), "{}", stage.line(0));
    stage.press("A");
    assert!(stage.text().contains("outside; 48 % fetched"), "{}", stage.text());
    stage.press("Esc V Enter Enter");
    assert!(stage.text().contains("pairs 48 % fetched"), "{}", stage.text());
    stage.press("Esc Esc Esc b");
    assert!(stage.text().contains("without one   48 % fetched"), "{}", stage.text());
    // The brush holds entries, and time that is not here: that is told before what may be cut.
    stage.press("Esc Tab g v G");
    let said = |stage: &Stage| stage.text().lines().find(|line| line.contains("brush ")).map(str::to_owned);
    assert!(said(&stage).is_some_and(|line| line.contains(" so far, being fetched")), "{}", stage.text());
    stage.press("Esc");
    filtered(&mut stage, "time:>2026-05-19");
    stage.press("g");
    let line = stage.text().lines().find(|line| line.contains("11:10Z")).map(str::to_owned);
    let words = "05-14 10:00→11:10Z   being fetched";
    assert!(line.is_some_and(|line| line.contains(words)), "not known is not 0: {}", stage.text());
    stage.press("[");
    // All is here, and nothing more is said of it.
    stage.page("prod", Vec::new(), week());
    stage.end("prod", End::Whole);
    stage.press("G v g");
    assert!(said(&stage).is_some_and(|line| !line.contains("so far")), "{}", stage.text());
    stage.press("Esc A");
    assert!(!stage.text().contains("% fetched"), "{}", stage.text());
}

#[test]
fn buckets_of_another_stretch_are_never_zero() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("Tab");
    stage.answering = false;
    stage.press("z");
    assert!(stage.text().contains("counting…"), "{}", stage.text());
}

#[test]
fn the_facets_cursor_stays_where_more_is_offered() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("b");
    let more = |stage: &Stage| {
        stage.text().lines().find(|line| line.starts_with('▌')).is_some_and(|line| line.contains(" more"))
    };
    for _ in 0..30 {
        if !more(&stage) {
            stage.press("j");
        }
    }
    assert!(more(&stage), "{}", stage.text());
    stage.page("prod", entries::incident("prod"), week());
    assert!(more(&stage), "{}", stage.text());
}

#[test]
fn a_gap_is_told_where_it_is_whatever_the_rows_stand_by() {
    let mut stage = partly();
    let table = usize::from(stage.model.regions().table.y);
    stage.press("O");
    let gap = stage.line(table + 1);
    assert_eq!(
        gap.trim_end_matches('█').trim(),
        "── 52 % of the window not fetched, without a gap from 05-18 on ──"
    );
    assert!(stage.line(table + 2).starts_with('▌'), "the first row stands below it: {}", stage.text());
    stage.press("G");
    assert!(stage.line(22).starts_with('▌'), "the last row is the last line: {}", stage.text());
    stage.press("g j l l s");
    assert!(
        stage.line(table + 1).contains("── by actor of what is fetched; 52 % of the window not fetched ──"),
        "{}",
        stage.text()
    );
    stage.press("s O G");
    assert!(stage.line(22).contains("── oldest loaded 05-18, 52 % of the window not fetched ──"));
    stage.page("prod", Vec::new(), week());
    stage.press("O");
    assert!(!stage.text().contains("not fetched"), "{}", stage.text());
}

#[test]
fn what_no_server_filters_by_is_not_offered_and_not_asked() {
    let mut stage = partly();
    filtered(&mut stage, "endpoint~x");
    stage.now = stage.now.plus(60 * SECOND);
    stage.send(Message::Woke);
    assert!(!stage.line(23).contains("ask the server"), "{}", stage.line(23));
    stage.press("P");
    assert!(stage.line(23).contains("no server filters by any of this"), "{}", stage.line(23));
    assert_eq!(fetches(&stage.take_effects()), []);
    // Of what is taken in part, the part alone is promised.
    stage.press("X");
    filtered(&mut stage, "status:5xx endpoint~run");
    assert!(stage.line(23).contains("P: ask the server for status:5xx only"), "{}", stage.line(23));
    stage.press("P");
    assert!(stage.line(23).contains("asking for status:5xx alone"), "{}", stage.line(23));
}

#[test]
fn those_servers_alone_are_asked_that_filter() {
    let mut with = settings(Name::Dark, (80, 24));
    let heedless = crate::ui::feed::SourceInfo { pushes: Vec::new(), ..source("pki", "Keys") };
    with.sources = vec![source("prod", "Stations"), heedless];
    let mut stage = Stage::new(with);
    for name in ["prod", "pki"] {
        stage.begin(name);
        stage.page(name, Vec::new(), half());
        stage.end(name, End::Cancelled);
    }
    stage.send(Message::Over);
    filtered(&mut stage, "status:5xx");
    stage.take_effects();
    stage.press("P");
    assert!(stage.line(23).contains("asking prod for status:5xx alone"), "{}", stage.line(23));
    let rest = Interval::new(week().since, half().since);
    let parts = stage.take_effects().into_iter().find_map(|effect| match effect {
        Effect::Fetch { parts, push: Some(_), .. } => parts,
        _ => None,
    });
    assert_eq!(parts, Some(vec![(part("prod"), rest)]));
}

#[test]
fn a_pause_outlasts_what_comes_between() {
    let mut stage = partly();
    filtered(&mut stage, "status:5xx");
    stage.press("p P");
    assert!(!stage.model.feed.is_paused(), "what is asked for by hand is fetched");
    let rest = Interval::new(week().since, half().since);
    let pushed = vec!["status:5xx".to_owned()];
    stage.fetched(Update::Began { part: part("prod"), window: rest, pushed });
    stage.end("prod", End::Whole);
    stage.take_effects();
    stage.send(Message::Over);
    let effects = stage.take_effects();
    assert_eq!(fetches(&effects), [(rest, None)]);
    assert!(effects.contains(&Effect::Pause) && stage.model.feed.is_paused(), "{effects:?}");
}

#[test]
fn a_window_chosen_again_fetches_what_is_new_then_what_was_missing_and_nothing_between() {
    let mut stage = partly();
    stage.press("Ctrl-c");
    stage.end("prod", End::Cancelled);
    stage.send(Message::Over);
    stage.take_effects();
    stage.now = week().until.plus(600 * SECOND);
    stage.press("t 7");
    let window = stage.model.scope.window;
    assert!(window.until > week().until && window.since < half().since);
    let newest = Interval::new(week().until, window.until);
    assert_eq!(fetches(&stage.take_effects()), [(newest, None)]);
    stage.fetched(Update::Began { part: part("prod"), window: newest, pushed: Vec::new() });
    stage.end("prod", End::Whole);
    stage.send(Message::Over);
    let older = Interval::new(window.since, half().since);
    assert_eq!(fetches(&stage.take_effects()), [(older, None)]);
    stage.fetched(Update::Began { part: part("prod"), window: older, pushed: Vec::new() });
    stage.end("prod", End::Whole);
    stage.send(Message::Over);
    assert_eq!(fetches(&stage.take_effects()), []);
    assert_eq!(stage.model.feed.missing(window, &Query::all()), None);
}

#[test]
fn what_came_while_the_screen_was_held_is_shown_when_following_ends() {
    let mut stage = Stage::whole(Name::Dark, (120, 36));
    let matched = stage.model.answer.matched;
    stage.now = week().until.plus(SECOND);
    stage.press("F H");
    stage.now = stage.now.plus(11 * SECOND);
    stage.send(Message::Woke);
    let newest = Interval::new(week().until.plus(-60 * SECOND), stage.now);
    stage.fetched(Update::Began { part: part("prod"), window: newest, pushed: Vec::new() });
    stage.page("prod", vec![entries::request("prod", 90_001, week().until.plus(5 * SECOND), 200)], newest);
    assert_eq!(stage.model.answer.matched, matched, "the screen stands still");
    stage.press("F");
    assert_eq!(stage.model.answer.matched, matched + 1);
}

#[test]
fn following_says_what_keeps_it_from_showing_anything() {
    let mut stage = partly();
    stage.press("p F");
    assert!(stage.line(23).contains("following begins once fetching goes on: p"), "{}", stage.line(23));
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("Tab e v h h h Enter F");
    assert!(stage.line(23).contains("outside the zoom: Z"), "{}", stage.line(23));
}

#[test]
fn a_file_looked_at_through_a_window_is_read_to_its_end() {
    let mut files = settings(Name::Dark, (80, 24));
    files.setup.opened = crate::ui::setup::Opened::Files(vec!["a.ndjson".to_owned()]);
    let mut stage = Stage::new(files);
    stage.fetched(Update::Began { part: part("prod"), window: Interval::ALL, pushed: Vec::new() });
    stage.end("prod", End::Whole);
    assert!(!stage.model.feed.is_active());
}

#[test]
fn what_is_read_while_following_stays_where_it_is() {
    let mut with = settings(Name::Dark, (80, 24));
    with.sources = vec![source("prod", "Stations")];
    let mut stage = Stage::new(with);
    stage.begin("prod");
    let mut events = entries::week_of_requests("prod");
    events.iter_mut().max_by_key(|event| event.time).expect("entries").actor.name =
        Some("an actor of a name".into());
    stage.page("prod", events, week());
    stage.end("prod", End::Whole);
    stage.now = week().until.plus(SECOND);
    stage.press("F");
    let newest = Interval::new(week().until.plus(-60 * SECOND), stage.now);
    stage.fetched(Update::Began { part: part("prod"), window: newest, pushed: Vec::new() });
    stage.press("G");
    let header = stage.text().lines().find(|line| line.contains("ACTOR")).map(str::to_owned);
    stage.end("prod", End::Whole);
    stage.send(Message::Over);
    let after = stage.text().lines().find(|line| line.contains("ACTOR")).map(str::to_owned);
    assert!(header.is_some() && header == after, "{header:?}\n{after:?}");
}

#[test]
fn the_key_that_is_named_is_the_one_that_does_it() {
    let mut with = settings(Name::Dark, (80, 24));
    let own = [("retry-gaps".to_owned(), vec!["Ctrl-g".to_owned()])];
    with.keymap = Keymap::default().with(&own).expect("a key that is free");
    let mut stage = Stage::new(with);
    stage.begin("prod");
    filtered(&mut stage, "endpoint~x");
    stage.press("P");
    assert!(stage.line(23).contains("Ctrl-g fetches what is missing"), "{}", stage.line(23));
    stage.press("Ctrl-c");
    assert!(stage.line(23).contains("Ctrl-g fetches what is missing"), "{}", stage.line(23));
}
