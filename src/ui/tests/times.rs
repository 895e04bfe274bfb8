//! What the screen says of times and windows: the top line where there is little room, the axis, the
//! header and the read-out in windows of years, of split seconds, and over a night when clocks are set.

use super::*;
use crate::timestamp::{DAY, SECOND};
use crate::ui::feed::SourceInfo;

/// One entry every `width / 200` of a window that ends now, all fetched.
fn filled(mut with: Settings, window: Interval) -> Stage {
    with.window = window;
    with.now = window.until;
    let mut stage = Stage::new(with);
    stage.fetched(Update::Began { part: part("prod"), window, pushed: Vec::new() });
    let each = |number: i64| {
        let time = window.since.plus(window.micros() / 200 * number);
        entries::request("prod", number as u64, time, [200, 404, 503][number as usize % 3])
    };
    stage.page("prod", (0..200).map(each).collect(), window);
    stage.end("prod", End::Whole);
    stage
}

fn header(stage: &Stage) -> String {
    stage.line(usize::from(stage.model.regions().table.y))
}

fn axis(stage: &Stage) -> String {
    let histogram = stage.model.regions().histogram;
    stage.line(usize::from(histogram.bottom() - 1))
}

fn first_row(stage: &Stage) -> String {
    stage.line(usize::from(stage.model.regions().table.y) + 1)
}

#[test]
fn windows_of_years_say_which_year() {
    let years = Interval::new(at("2019-03-01T00:00:00Z"), at("2026-06-01T00:00:00Z"));
    let mut stage = filled(settings(Name::Dark, (80, 24)), years);
    for year in 2020..=2026 {
        assert!(axis(&stage).contains(&year.to_string()), "{}", axis(&stage));
    }
    let row = first_row(&stage);
    assert!(row.starts_with("▌2026-05-18 18:07 "), "{row}");
    stage.resize((200, 60));
    let row = first_row(&stage);
    assert!(row.starts_with("▌2026-05-18 18:07:12 "), "{row}");
    stage.resize((80, 24));
    stage.press("Tab g l l");
    assert!(axis(&stage).contains("2019-04-06 19:00→2019-04-25 04:30Z"), "{}", axis(&stage));
}

#[test]
fn where_clocks_are_set_no_offset_stands_over_times_that_have_another() {
    let spring = Interval::new(at("2026-03-27T23:00:00Z"), at("2026-03-30T22:00:00Z"));
    let mut with = settings(Name::Dark, (80, 24));
    with.zones.chosen = Some(chrono_tz::Europe::Berlin);
    let mut stage = filled(with, spring);
    assert!(header(&stage).starts_with(" TIME Berlin "), "{}", header(&stage));
    assert!(stage.line(0).contains("03-28+01:00→03-31+02:00"), "{}", stage.line(0));
    assert!(axis(&stage).contains("03-30"), "{}", axis(&stage));
    stage.press("u u u");
    assert!(header(&stage).starts_with(" TIME Z "), "{}", header(&stage));
}

#[test]
fn split_seconds_are_told_apart() {
    let short = Interval::new(at("2026-05-20T14:32:01.2Z"), at("2026-05-20T14:32:01.7Z"));
    let mut stage = filled(settings(Name::Dark, (80, 24)), short);
    assert!(stage.line(0).contains("05-20 14:32:01.2→14:32:01.7Z"), "{}", stage.line(0));
    assert!(first_row(&stage).starts_with("▌14:32:01.697500 "), "{}", first_row(&stage));
    assert!(axis(&stage).contains(".500"), "{}", axis(&stage));
    stage.press("Tab g l");
    assert!(axis(&stage).contains("05-20 14:32:01.203→14:32:01.206Z"), "{}", axis(&stage));
}

#[test]
fn the_end_of_what_is_loaded_fits_at_every_width() {
    let years = Interval::new(at("2019-03-01T00:00:00Z"), at("2026-06-01T00:00:00Z"));
    for ascii in [false, true] {
        let mut with = settings(Name::Dark, (80, 24));
        with.theme = Theme::builtin(Name::Dark, Depth::True, ascii);
        with.window = years;
        with.now = years.until;
        let mut stage = Stage::new(with);
        stage.fetched(Update::Began { part: part("prod"), window: years, pushed: Vec::new() });
        let half = Interval::new(at("2023-05-17T04:10:12Z"), years.until);
        stage.page("prod", vec![entries::request("prod", 1, half.since, 200)], half);
        let line = first_line_with(&stage, "not fetched");
        assert!(line.contains("oldest loaded 2023-05-17 04:10:12, 59 % of the window not fetched"), "{line}");
        for columns in [40, 60, 80] {
            for keys in ["", "O", "O j l l s", "s"] {
                stage.resize((columns, 24));
                stage.press(keys);
                let line = first_line_with(&stage, "not fetched");
                assert!(!line.contains('…') && !line.contains('~'), "{columns}: {line}");
            }
        }
    }
}

fn first_line_with(stage: &Stage, words: &str) -> String {
    let text = stage.text();
    let line = text.lines().skip(1).find(|line| line.contains(words));
    line.unwrap_or_else(|| panic!("no {words}: {text}")).to_owned()
}

#[test]
fn of_several_sources_the_end_is_where_all_of_them_are_loaded() {
    let mut with = settings(Name::Dark, (80, 24));
    with.sources = vec![source("prod", "A"), source("pki", "B")];
    let mut stage = Stage::new(with);
    stage.begin("prod");
    stage.begin("pki");
    stage.page("prod", entries::week_of_requests("prod"), week());
    stage.end("prod", End::Whole);
    stage.page("pki", Vec::new(), Interval::new(at("2026-05-18T00:00:00Z"), week().until));
    stage.press("G");
    let line = first_line_with(&stage, "not fetched");
    assert!(line.contains("── loaded without a gap from 05-18, 26 % of the window not fetched ──"), "{line}");
}

#[test]
fn what_the_system_no_longer_keeps_is_not_to_come() {
    let mut with = settings(Name::Dark, (80, 24));
    with.sources = vec![SourceInfo { retention_days: Some(2), ..source("prod", "A") }];
    let mut stage = Stage::new(with);
    stage.begin("prod");
    stage.page("prod", entries::week_of_requests("prod"), week());
    stage.press("Tab g v l l l l");
    assert!(axis(&stage).contains(", beyond what the system keeps"), "{}", axis(&stage));
    assert!(!axis(&stage).contains("so far"), "{}", axis(&stage));
}

#[test]
fn a_bucket_has_its_count_however_long_its_times_are() {
    let years = Interval::new(at("2019-03-01T00:00:00Z"), at("2026-06-01T00:00:00Z"));
    let mut stage = filled(settings(Name::Dark, (40, 20)), years);
    stage.press("Tab g l l v l");
    assert!(axis(&stage).contains("brush 2019-04-06→2019-05-13Z   3"), "{}", axis(&stage));
    stage.press("v");
    for columns in 40..80 {
        stage.resize((columns, 20));
        assert!(whole(&axis(&stage)), "{columns}: {}", axis(&stage));
    }
}

/// Whether a line has nothing cut.
fn whole(line: &str) -> bool {
    !line.contains('…') && !line.contains('~')
}

#[test]
fn the_top_line_has_whole_things_at_every_width() {
    let berlin = Some(chrono_tz::Europe::Berlin);
    let windows = [
        (week(), None),
        (week(), berlin),
        (Interval::new(at("2026-05-20T03:00:12Z"), at("2026-05-20T04:10:07Z")), berlin),
        (Interval::new(at("2019-03-01T03:10:00Z"), at("2026-06-01T00:00:07Z")), berlin),
        (Interval::new(at("2026-05-20T14:32:01.2Z"), at("2026-05-20T14:32:01.7Z")), None),
    ];
    for (window, zone) in windows {
        let mut with = settings(Name::Dark, (40, 10));
        with.zones.chosen = zone;
        let mut stage = filled(with, window);
        for columns in 40..140 {
            stage.resize((columns, 10));
            let line = stage.line(0);
            let bound = stage.model.zone().suffix(window.until);
            assert!(whole(&line) && line.contains(&bound), "{columns}: {line}");
            assert!(columns < 60 || line.contains("  200"), "{columns}: {line}");
        }
    }
    let mut stage = Stage::whole(Name::Dark, (40, 10));
    assert!(stage.line(0).contains("05-14 10:00→05-21 10:00Z  1,471"), "{}", stage.line(0));
    stage.resize((80, 24));
    assert!(stage.line(0).starts_with("prod  7d 05-14 10:00→05-21 10:00Z  1,471/1,471"), "{}", stage.line(0));
}

#[test]
fn with_much_going_on_the_counts_of_the_top_line_stay() {
    let mut with = settings(Name::Dark, (80, 24));
    with.sources = ["production", "staging", "identity"].map(|name| source(name, "A")).into();
    let mut stage = Stage::new(with);
    for name in ["production", "staging", "identity"] {
        stage.begin(name);
    }
    let half = Interval::new(at("2026-05-18T00:00:00Z"), week().until);
    stage.page("production", entries::week_of_requests("production"), half);
    let until = stage.now.plus(12 * SECOND);
    let why = crate::fetch::Wait::RateLimited;
    stage.fetched(Update::Waiting { part: part("staging"), why, until, attempt: 1 });
    let missing = vec![Interval::new(week().since, week().since.plus(DAY))];
    stage.end("identity", End::Gaps { missing, why: "it broke".to_owned() });
    stage.press("F");
    for columns in 40..200 {
        stage.resize((columns, 24));
        let line = stage.line(0);
        assert!(whole(&line), "{columns}: {line}");
        assert!(columns < 80 || line.contains("1,471"), "{columns}: {line}");
        assert!(line.contains("failed") && line.contains('%'), "{columns}: {line}");
    }
}
