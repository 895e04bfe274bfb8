//! Screens in passing: small ones, what is being fetched or refused, the styles of times. What every
//! pane and layer looks like is in `pictures`.

use std::fmt::Write;

use ratatui::style::{Color, Modifier, Style};

use super::*;
use crate::fetch::{Error, ErrorKind, Wait};

/// Each line's stretches of one style: `12-19 #4fa3e0 bold`.
pub(super) fn styles(buffer: &Buffer) -> String {
    let words = |style: Style| {
        let colour = |colour: Color, what: &str| match colour {
            Color::Reset => String::new(),
            other => format!(" {what}{other}"),
        };
        let mut words =
            colour(style.fg.unwrap_or_default(), "") + &colour(style.bg.unwrap_or_default(), "on ");
        for (modifier, name) in [
            (Modifier::BOLD, " bold"),
            (Modifier::DIM, " dim"),
            (Modifier::UNDERLINED, " underlined"),
            (Modifier::REVERSED, " reversed"),
        ] {
            if style.add_modifier.contains(modifier) {
                words += name;
            }
        }
        words
    };
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut runs: Vec<(u16, u16, String)> = Vec::new();
        for x in 0..buffer.area.width {
            let style = words(buffer[(x, y)].style());
            match runs.last_mut() {
                Some((_, end, last)) if *last == style => *end = x,
                _ => runs.push((x, x, style)),
            }
        }
        let line: Vec<String> = runs
            .into_iter()
            .filter(|(_, _, style)| !style.is_empty())
            .map(|(from, to, style)| format!("{from}-{to}{style}"))
            .collect();
        let _ = writeln!(out, "{y:2}: {}", line.join(", "));
    }
    out
}

/// Two systems half fetched, one of them made to wait, an incident in view.
pub(super) fn under_way(theme: Name, size: (u16, u16)) -> Stage {
    let mut settings = settings(theme, size);
    settings.sources = vec![source("prod", "Stations"), source("pki", "Keys")];
    settings.sources[1].has_single = true;
    let mut stage = Stage::new(settings);
    stage.begin("prod");
    stage.begin("pki");
    let until = week().until;
    stage.page("prod", entries::week_of_requests("prod"), Interval::new(at("2026-05-17T00:00:00Z"), until));
    stage.page("pki", entries::incident("pki"), Interval::new(at("2026-05-18T00:00:00Z"), until));
    let until = stage.now.plus(12_300_000);
    stage.fetched(Update::Waiting { part: part("pki"), why: Wait::RateLimited, until, attempt: 2 });
    stage
}

pub(super) fn refused() -> End {
    let message = "403 Forbidden at https://pki.example/api/v1/audit-logs/: \"Insufficient permissions\"; \
                   the role must be Admin or Superuser";
    let error = Error { kind: ErrorKind::Refused, message: message.into(), retry_at: None };
    End::Failed { error: Arc::new(error), missing: vec![week()] }
}

#[test]
fn a_week_on_small_screens() {
    let mut stage = Stage::whole(Name::Dark, (60, 16));
    insta::assert_snapshot!("week_60x16", stage.text());
    stage.resize((40, 10));
    insta::assert_snapshot!("week_40x10", stage.text());
    stage.resize((39, 10));
    insta::assert_snapshot!("too_small", stage.text());
}

#[test]
fn the_styles_of_dark_and_mono() {
    let stage = under_way(Name::Dark, (80, 24));
    insta::assert_snapshot!("under_way_80x24", stage.text());
    insta::assert_snapshot!("under_way_80x24_dark", styles(&stage.buffer()));
    let stage = under_way(Name::Mono, (80, 24));
    insta::assert_snapshot!("under_way_80x24_mono_text", stage.text());
    insta::assert_snapshot!("under_way_80x24_mono", styles(&stage.buffer()));
}

#[test]
fn without_unicode() {
    let mut settings = settings(Name::Dark, (80, 24));
    settings.theme = Theme::builtin(Name::Dark, Depth::Sixteen, true);
    let mut stage = Stage::new(settings);
    stage.begin("prod");
    let here = Interval::new(at("2026-05-17T00:00:00Z"), week().until);
    stage.page("prod", entries::week_of_requests("prod"), here);
    stage.page("prod", entries::incident("prod"), here);
    stage.press("/");
    stage.type_text("ip:203.0.113.9");
    stage.press("Enter j j Enter");
    let detail = stage.text();
    assert!(detail.is_ascii(), "{detail}");
    insta::assert_snapshot!("ascii_detail_80x24", detail);
    stage.press("Esc X");
    let table = stage.text();
    assert!(table.is_ascii(), "{table}");
    insta::assert_snapshot!("ascii_80x24", table);
    for keys in ["?", "Esc t c", "Esc Esc Tab v h h"] {
        stage.press(keys);
        assert!(stage.text().is_ascii(), "{}", stage.text());
    }
}

#[test]
fn the_states_of_fetching() {
    let mut settings = settings(Name::Dark, (80, 24));
    settings.sources = vec![source("prod", "Stations"), source("pki", "Keys")];
    let mut stage = Stage::new(settings);
    insta::assert_snapshot!("fetching_80x24", stage.text());
    stage.begin("prod");
    stage.begin("pki");
    stage.end("prod", End::Whole);
    stage.end("pki", refused());
    insta::assert_snapshot!("refused_80x24", stage.text());
    stage.page("prod", entries::week_of_requests("prod"), week());
    stage.now = stage.now.plus(20_000_000);
    stage.send(Message::Woke);
    insta::assert_snapshot!("partly_refused_80x24", stage.text());
}

#[test]
fn the_four_styles_of_times() {
    let mut settings = settings(Name::Dark, (80, 24));
    settings.zones.chosen = Some(chrono_tz::Europe::Berlin);
    let mut stage = Stage::new(settings);
    stage.begin("prod");
    stage.page("prod", entries::week_of_requests("prod"), week());
    let mut seen = String::new();
    for _ in 0..4 {
        for line in [0, 8, 9] {
            seen.push_str(&stage.line(line));
            seen.push('\n');
        }
        stage.press("u");
    }
    insta::assert_snapshot!("times", seen);
}

#[test]
fn a_chosen_cell() {
    let mut stage = Stage::whole(Name::Dark, (80, 24));
    stage.press("j l l l");
    insta::assert_snapshot!("cell_80x24_dark", styles(&stage.buffer()));
}
