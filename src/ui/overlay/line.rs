//! A text typed on the bottom line: what is to be found in the table or in the detail, or the time to
//! jump to. What it means stands beside it as one types.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::interval::Interval;
use crate::query::parse::{self, parse};
use crate::timestamp::{DAY, SECOND, Timestamp, parse_age, parse_date};
use crate::ui::cells::{Cut, Text};
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::pane::detail;
use crate::ui::theme::Role;
use crate::ui::widget::prompt::{self, Prompt};
use crate::ui::zone::Zone;

use super::Outcome;

/// What is typed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A filter whose hits are gone through.
    Find,
    /// A text to find in the detail, which goes there as one types.
    FindInDetail,
    /// A time to jump to.
    Time,
}

/// The layer's state.
#[derive(Debug, Clone)]
pub struct State {
    /// What is typed for.
    pub kind: Kind,
    /// What is typed.
    pub prompt: Prompt,
    /// What was seen of the detail before something was to be found in it.
    before: Option<Box<detail::Before>>,
}

impl State {
    /// The line, empty.
    pub fn new(kind: Kind) -> Self {
        Self { kind, prompt: Prompt::default(), before: None }
    }

    /// The line for a text to find in the open detail.
    pub fn in_detail(model: &Model) -> Self {
        Self { before: detail::Before::of(model).map(Box::new), ..Self::new(Kind::FindInDetail) }
    }

    /// Its name at the lower left.
    pub fn title(&self) -> &'static str {
        match self.kind {
            Kind::Find | Kind::FindInDetail => "FIND",
            Kind::Time => "GO TO",
        }
    }
}

/// Why a typed time is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing is typed.
    #[error("14:32, 05-18, 05-18 03, 2026-05-18 14:32:01, an age as 2h, now")]
    Empty,
    /// It is none of that.
    #[error("expected a time: 14:32, 05-18, 05-18 03, 2026-05-18 14:32:01, 2h, now")]
    Unknown,
}

/// Reads a time to jump to as the stretch that it names: `14:32` is a minute of the day that `near`
/// lies in, `05-18 03` an hour of the year that puts it into the view (else of the view's last).
/// Clocks and dates are of the zone that is shown, unless a `Z` or an offset says otherwise.
pub fn read(
    typed: &str,
    zone: Zone,
    view: Interval,
    near: Timestamp,
    now: Timestamp,
) -> Result<Interval, Error> {
    let typed = typed.trim();
    let typed = typed.strip_prefix('@').unwrap_or(typed).trim_start();
    if typed.is_empty() {
        return Err(Error::Empty);
    }
    let stretch = |since: Timestamp, micros: i64| Interval::new(since, since.plus(micros));
    if typed == "now" {
        return Ok(stretch(now, 1));
    }
    if let Some(age) = parse_age(typed) {
        return Ok(stretch(now.plus(-age), 1));
    }
    let has_zone = typed.ends_with(['Z', 'z']) || typed.rfind('+').is_some_and(|at| at > 10);
    if has_zone && let Some(time) = Timestamp::parse(typed) {
        return Ok(stretch(time, 1));
    }
    let (date, clock) = match typed.split_once([' ', 'T']) {
        Some((date, clock)) => (Some(date), clock.trim()),
        None if typed.contains(':') => (None, typed),
        None => (Some(typed), ""),
    };
    let (in_day, length) = read_clock(clock).ok_or(Error::Unknown)?;
    let at = |year: i32, month: u32, day: u32| {
        zone.instant(year, month, day, in_day).map(|since| stretch(since, length)).ok_or(Error::Unknown)
    };
    let (year, month, day) = zone.date(near);
    match date {
        None => at(year, month, day),
        Some(date) if parse_date(date).is_some() => {
            let number = |part: &str| part.parse::<u32>().map_err(|_| Error::Unknown);
            at(number(&date[..4])? as i32, number(&date[5..7])?, number(&date[8..])?)
        }
        Some(date) => {
            let (month, day) = date.split_once('-').ok_or(Error::Unknown)?;
            let number = |part: &str| {
                let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
                digits.then(|| part.parse::<u32>().ok()).flatten().ok_or(Error::Unknown)
            };
            let (month, day) = (number(month)?, number(day)?);
            let (first, last) = (zone.date(view.since).0, zone.date(view.until).0);
            let seen = (first..=last).rev().filter_map(|year| at(year, month, day).ok());
            let inside = seen.into_iter().find(|stretch| !stretch.intersect(view).is_empty());
            inside.map_or_else(|| at(last, month, day), Ok)
        }
    }
}

/// A clock as microseconds into the day and the length of what it names; nothing is the whole day.
fn read_clock(clock: &str) -> Option<(i64, i64)> {
    if clock.is_empty() {
        return Some((0, DAY));
    }
    let mut units = [(3_600 * SECOND, 24), (60 * SECOND, 60), (SECOND, 60)].into_iter();
    let mut sum = 0;
    let mut length = 0;
    for part in clock.split(':') {
        let (unit, below) = units.next()?;
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        let number: i64 = digits.then(|| part.parse().ok()).flatten()?;
        sum += (number < below).then_some(number * unit)?;
        length = unit;
    }
    Some((sum, length))
}

/// What a typed time means on this screen.
pub fn read_here(typed: &str, model: &Model) -> Result<Interval, Error> {
    let view = model.scope.view();
    let near = model.selected().map_or(view.until.plus(-1), |row| row.event.time);
    read(typed, model.zone(), view, near, model.now)
}

fn time(state: &State, model: &Model) -> Result<Interval, Error> {
    read_here(state.prompt.text(), model)
}

/// What is typed changed: the detail goes to what is to be found in it.
pub fn follow(state: &State, model: &mut Model) {
    if let Some(before) = &state.before {
        detail::seek(model, before, state.prompt.text());
    }
}

/// Ends typing; the detail is as it was before.
pub fn take_back(state: &State, model: &mut Model) {
    if let Some(before) = &state.before {
        detail::take_back(model, before);
    }
}

/// Gives it a key.
pub fn key(state: &mut State, model: &mut Model, action: Option<Action>, key: Key) -> Outcome {
    match state.prompt.key(action, key) {
        prompt::Outcome::TakeBack => {
            take_back(state, model);
            Outcome::Close
        }
        prompt::Outcome::Changed => {
            follow(state, model);
            Outcome::Stay
        }
        prompt::Outcome::Unchanged => Outcome::Stay,
        prompt::Outcome::Keep => match state.kind {
            Kind::FindInDetail => {
                // Nothing typed: the next hit of what was looked for last.
                let is_new = !state.prompt.text().is_empty();
                if is_new || state.before.as_ref().is_some_and(|before| !before.wanted().is_empty()) {
                    detail::step(model, false, is_new);
                }
                Outcome::Close
            }
            Kind::Find => match parse(state.prompt.text(), model.now) {
                Ok(query) if query.is_all() && model.find.is_none() => Outcome::Close,
                Ok(query) => Outcome::Find { text: state.prompt.text().to_owned(), query },
                Err(_) => Outcome::Stay,
            },
            Kind::Time => time(state, model).map_or(Outcome::Stay, Outcome::GoTo),
        },
    }
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let y = area.bottom() - 1;
    for x in area.left()..area.right() {
        if let Some(cell) = buffer.cell_mut((x, y)) {
            cell.reset();
        }
    }
    let typed = state.prompt.text();
    let lead = Text::own(state.title(), Role::Accent, theme).and("  ", Role::Text, theme);
    let x = lead.draw(buffer, area.x, y, area.width);
    let measure = |piece: &str| Text::entry(piece, Role::Prompt, theme).width();
    // Half of the line is for what is typed, unless it is all.
    let said = said(state, model);
    let room = usize::from(area.right() - x);
    let width = room.saturating_sub(said.width() + 3).max(room / 2);
    let start = prompt::scroll(typed, state.prompt.cursor(), width, measure);
    let shown = match state.kind {
        Kind::Find if start == 0 => crate::ui::pane::filter::coloured(typed, &[], theme),
        _ => Text::entry(&typed[start..], Role::Prompt, theme),
    };
    let end = shown.fitted(width, Cut::End, theme).draw(buffer, x, y, width as u16);
    let left = usize::from(area.right() - end).saturating_sub(3);
    let after = said.fitted(left, Cut::End, theme).draw(buffer, end + 3, y, left as u16);
    let hints = hints(state, model);
    let free = usize::from(area.right().saturating_sub(after + 2));
    if hints.width() <= free {
        hints.draw_right(buffer, area.right(), y, free as u16);
    }
    let cursor = measure(&typed[start..state.prompt.cursor()]).min(width.saturating_sub(1));
    Some(Position::new(x + cursor as u16, y))
}

/// What Enter and Esc do.
fn hints(state: &State, model: &Model) -> Text {
    let theme = &model.theme;
    let keep = match state.kind {
        Kind::Find => "find",
        Kind::FindInDetail => "keep",
        Kind::Time => "go there",
    };
    let mut text = Text::new();
    for (action, words) in [(Action::Keep, keep), (Action::TakeBack, "close")] {
        let Some(key) = model.keymap.key_of(action) else { continue };
        text.push_own(if text.is_empty() { "" } else { "  " }, Role::Dim, theme);
        text.push_own(&key.to_string(), Role::Key, theme);
        text.push_own(&format!(" {words}"), Role::Dim, theme);
    }
    text
}

/// What is typed in other words, or what is wrong with it.
fn said(state: &State, model: &Model) -> Text {
    let theme = &model.theme;
    let wrong = |words: &str| {
        let mut text = Text::new();
        text.push_entry(words, theme.style(Role::Error), theme);
        text
    };
    let last = |text: &str| {
        let mut said = Text::own("Enter: ", Role::Dim, theme);
        said.push_entry(text, theme.style(Role::Dim), theme);
        said
    };
    match state.kind {
        Kind::FindInDetail if !state.prompt.text().is_empty() => match detail::place(model) {
            Some(place) => Text::own(&format!("{place}; n N go on"), Role::Dim, theme),
            None => wrong("not in this record"),
        },
        Kind::FindInDetail => match state.before.as_ref().map(|before| before.wanted()) {
            Some("") | None => Text::own("a text in this record", Role::Dim, theme),
            Some(wanted) => last(wanted),
        },
        Kind::Find => match parse(state.prompt.text(), model.now) {
            Err(parse::Error { column, message, .. }) => wrong(&format!("column {column}: {message}")),
            Ok(query) if query.is_all() => match &model.find {
                Some(find) => last(&find.text),
                None => Text::own("a word, or a filter as in /: status:503", Role::Dim, theme),
            },
            Ok(_) => Text::own("the first hit below; n N go on", Role::Dim, theme),
        },
        Kind::Time => match time(state, model) {
            Ok(stretch) => {
                let zone = model.zone();
                let at = format!("= {} {}", zone.bound(stretch.since, true), zone.suffix(stretch.since));
                let outside = stretch.intersect(model.scope.view()).is_empty();
                let text = Text::own(&at, if outside { Role::Notice } else { Role::Good }, theme);
                if outside { text.and(", outside of what is looked at", Role::Notice, theme) } else { text }
            }
            Err(Error::Empty) => Text::own(&Error::Empty.to_string(), Role::Dim, theme),
            Err(error) => wrong(&error.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    #[test]
    fn reads_times_as_they_are_typed() {
        let view = Interval::new(at("2025-12-20T00:00:00Z"), at("2026-01-10T00:00:00Z"));
        let near = at("2026-01-03T12:00:00Z");
        let shown = |typed: &str, zone| {
            read(typed, zone, view, near, view.until)
                .map(|stretch| format!("{}+{}", stretch.since.rfc3339(0), stretch.micros() / SECOND))
        };
        let utc = |typed: &str| shown(typed, Zone::Utc);
        let is = |text: &str| Ok(text.to_owned());
        assert_eq!(utc("@14:32"), is("2026-01-03T14:32:00Z+60"));
        assert_eq!(utc("9:05:07"), is("2026-01-03T09:05:07Z+1"));
        assert_eq!(utc("12-24 03"), is("2025-12-24T03:00:00Z+3600"));
        assert_eq!(utc("1-2"), is("2026-01-02T00:00:00Z+86400"));
        assert_eq!(utc("05-18"), is("2026-05-18T00:00:00Z+86400"));
        assert_eq!(utc("2025-12-31 23:59"), is("2025-12-31T23:59:00Z+60"));
        assert_eq!(utc("2025-12-31T23:59:01Z"), is("2025-12-31T23:59:01Z+0"));
        assert_eq!(utc("2h"), is("2026-01-09T22:00:00Z+0"));
        let berlin = Zone::Named(chrono_tz::Europe::Berlin);
        assert_eq!(shown("14:32", berlin), is("2026-01-03T13:32:00Z+60"));
        assert_eq!(utc(""), Err(Error::Empty));
        for wrong in ["noon", "25:00", "13-40", "12:60", "1:2:3:4", "05-18 x", "2026-02-31", "é-ü", "::"] {
            assert_eq!(utc(wrong), Err(Error::Unknown), "{wrong}");
        }
    }
}
