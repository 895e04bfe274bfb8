//! The choice of a time window: presets by number, or typed, with the parsed result shown as one types.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::interval::Interval;
use crate::timestamp::{DAY, MomentError, SECOND, Timestamp};
use crate::ui::cells::{Cut, Text};
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::theme::Role;
use crate::ui::widget::prompt::{self, Prompt};
use crate::ui::zone::{self, Zone};

use super::{Outcome, centred, frame, full, line};

/// The presets: a name and a length in microseconds.
pub const PRESETS: [(&str, i64); 7] = [
    ("15m", 900 * SECOND),
    ("1h", 3_600 * SECOND),
    ("4h", 14_400 * SECOND),
    ("24h", DAY),
    ("7d", 7 * DAY),
    ("30d", 30 * DAY),
    ("90d", 90 * DAY),
];

/// The layer's state.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The line under the cursor: a preset, or behind them the window of one's own.
    pub cursor: usize,
    /// What is typed.
    pub prompt: Prompt,
    /// Whether it is being typed.
    pub typing: bool,
}

/// Why a typed window is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing is typed.
    #[error("since, or since..until: 2026-05-18, 05-18 14:00, 14:32, 24h, now")]
    Empty,
    /// A bound is no time.
    #[error("{0}")]
    Moment(#[from] MomentError),
    /// Only an end is typed.
    #[error("the start is missing before the ..: since..until")]
    NoStart,
    /// The start is not before the end.
    #[error("it would end before it begins")]
    Backwards,
}

/// Reads a window: `since`, `since..until`, or both with a blank between them; without an end it
/// ends now. Times are those of the command line, or else what `short` makes of them.
pub fn parse_window(
    typed: &str,
    now: Timestamp,
    short: impl Fn(&str) -> Option<Timestamp>,
) -> Result<Interval, Error> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Error::Empty);
    }
    // A date and a clock may be parted by a blank too, so the whole is tried first.
    let one = |text: &str| {
        Timestamp::parse_moment(text.trim(), now).or_else(|error| short(text.trim()).ok_or(error))
    };
    let (since, until) = if let Some((since, until)) = typed.split_once("..") {
        if since.trim().is_empty() {
            return Err(Error::NoStart);
        }
        (one(since)?, if until.trim().is_empty() { now } else { one(until)? })
    } else if let Ok(since) = one(typed) {
        (since, now)
    } else {
        let mut cuts = typed.match_indices(' ').map(|(at, _)| typed.split_at(at));
        let both = cuts.find_map(|(since, until)| one(since).ok().zip(one(until).ok()));
        match both {
            Some(both) => both,
            None => (one(typed)?, now),
        }
    };
    if since >= until {
        return Err(Error::Backwards);
    }
    Ok(Interval::new(since, until))
}

/// The same as typed on this screen: short times are those that one can jump to.
fn parse_here(typed: &str, model: &Model) -> Result<Interval, Error> {
    let short = |text: &str| line::read_here(text, model).ok().map(|stretch| stretch.since);
    parse_window(typed, model.now, short)
}

impl State {
    /// The choice, on the preset that is in force.
    pub fn new(model: &Model) -> Self {
        let cursor = (0..PRESETS.len()).find(|place| is_in_force(*place, model)).unwrap_or_default();
        Self { cursor, ..Self::default() }
    }
}

/// How long before the screen began the window may end in the present: tokens were asked for meanwhile.
const BEFORE: i64 = 60 * SECOND;

/// Whether the window is as long as a preset, and ended in the present of this run.
fn is_in_force(place: usize, model: &Model) -> bool {
    let Interval { since, until } = model.scope.window;
    let length = PRESETS.get(place).map(|(_, length)| *length);
    until >= model.started.plus(-BEFORE) && Some(until.micros() - since.micros()) == length
}

fn preset(place: usize, now: Timestamp) -> Option<Interval> {
    PRESETS.get(place).map(|(_, length)| Interval::new(now.plus(-length), now))
}

/// Gives it a key.
pub fn key(state: &mut State, model: &mut Model, action: Option<Action>, key: Key) -> Outcome {
    let now = model.now;
    if state.typing {
        match state.prompt.key(action, key) {
            prompt::Outcome::Keep => {
                if let Ok(window) = parse_here(state.prompt.text(), model) {
                    return Outcome::Window(window);
                }
            }
            prompt::Outcome::TakeBack => state.typing = false,
            prompt::Outcome::Changed | prompt::Outcome::Unchanged => {}
        }
        return Outcome::Stay;
    }
    let chosen = match action {
        Some(Action::Down) => {
            state.cursor = (state.cursor + 1).min(PRESETS.len());
            None
        }
        Some(Action::Up) => {
            state.cursor = state.cursor.saturating_sub(1);
            None
        }
        Some(Action::Choose) => Some(state.cursor),
        Some(Action::CustomTime) => Some(PRESETS.len()),
        Some(Action::Preset) => key
            .character()
            .and_then(|digit| digit.to_digit(10))
            .and_then(|digit| (digit as usize).checked_sub(1))
            .filter(|place| *place < PRESETS.len()),
        Some(Action::Time) => return Outcome::Close,
        _ => return Outcome::Unused,
    };
    match chosen {
        None => Outcome::Stay,
        Some(place) => {
            if let Some(window) = preset(place, now) {
                return Outcome::Window(window);
            }
            state.cursor = PRESETS.len();
            state.typing = true;
            Outcome::Stay
        }
    }
}

/// Pastes into it.
pub fn paste(state: &mut State, pasted: &str) {
    if state.typing {
        state.prompt.paste(pasted);
    }
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    // The presets, one's own, and where that is typed what it means, in three lines at most.
    let height = PRESETS.len() as u16 + 1 + if state.typing { 4 } else { 0 };
    let place = centred(full(area), 64, height + 2);
    let inside = frame(buffer, place, "Time window", theme);
    let width = usize::from(inside.width);
    let mut lines: Vec<Text> = Vec::new();
    for (number, (name, _)) in PRESETS.iter().enumerate() {
        let window = preset(number, model.now).map(|window| model.zone().window(window)).unwrap_or_default();
        lines.push(
            Text::own(&format!("{}", number + 1), Role::Key, theme)
                .and(&format!("  last {name:<4}"), Role::Text, theme)
                .and(&format!("  {window}"), Role::Dim, theme)
                .and(if is_in_force(number, model) { "  in force" } else { "" }, Role::Good, theme),
        );
    }
    let key = model.keymap.key_of(Action::CustomTime).map(|key| key.to_string()).unwrap_or_default();
    let mut own = Text::own(&key, Role::Key, theme).and("  custom ", Role::Text, theme);
    let before = own.width();
    let typed = state.prompt.text();
    if state.typing {
        let measure = |piece: &str| Text::entry(piece, Role::Prompt, theme).width();
        let start = prompt::scroll(typed, state.prompt.cursor(), width.saturating_sub(before + 2), measure);
        own.push_entry(&typed[start..], theme.style(Role::Prompt), theme);
    } else {
        own.push_own("since, or since..until", Role::Dim, theme);
    }
    lines.push(own);
    if state.typing {
        lines.push(Text::new());
        let meaning = match parse_here(typed, model) {
            Ok(window) => Text::own("   = ", Role::Dim, theme).and(
                &window_words(window, model.zone()),
                Role::Good,
                theme,
            ),
            Err(Error::Empty) => Text::own(&format!("   {}", Error::Empty), Role::Dim, theme),
            Err(error) => {
                let mut text = Text::own("   ", Role::Dim, theme);
                text.push_entry(&error.to_string(), theme.style(Role::Error), theme);
                text
            }
        };
        lines.extend(meaning.wrapped(width, 3));
    }
    // Where there is no room for all, what is typed and its meaning stay, else what is chosen.
    let last = if state.typing { lines.len() } else { state.cursor + 1 };
    let hidden = last.saturating_sub(usize::from(inside.height));
    for (number, (line, y)) in lines.into_iter().skip(hidden).zip(inside.top()..inside.bottom()).enumerate() {
        if number + hidden == state.cursor {
            let marker = Text::own(theme.glyphs().marker, Role::Accent, theme);
            marker.draw(buffer, inside.x - 1, y, 1);
        }
        line.fitted(width, Cut::End, theme).draw(buffer, inside.x, y, inside.width);
    }
    state.typing.then(|| {
        let cursor = Text::entry(&typed[..state.prompt.cursor()], Role::Prompt, theme).width();
        let x = inside.x + (before + cursor).min(width.saturating_sub(1)) as u16;
        Position::new(x, inside.y + (PRESETS.len() - hidden.min(PRESETS.len())) as u16)
    })
}

/// A window with its length: `2026-05-18 00:00 → 2026-05-20 00:00 Z, 2d`.
fn window_words(window: Interval, zone: Zone) -> String {
    let length = zone::round_length(window.micros()).unwrap_or_else(|| zone::length(window.micros()));
    let [start, end] = [window.since, window.until].map(|time| zone.bound(time, true));
    let [before, after] = [window.since, window.until].map(|time| zone.suffix(time));
    // The clocks may be set in between.
    let before = if before == after { String::new() } else { format!(" {before}") };
    format!("{start}{before} → {end} {after}, {length}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_windows_as_they_are_typed() {
        let now = Timestamp::parse("2026-05-21T10:00:00Z").expect("a time");
        let view = Interval::new(now.plus(-7 * DAY), now);
        let parse_window = |typed: &str| {
            let short = |text: &str| line::read(text, Zone::Utc, view, now.plus(-1), now).ok();
            super::parse_window(typed, now, |text| short(text).map(|stretch| stretch.since))
        };
        let shown = |typed| parse_window(typed).map(|window| window_words(window, Zone::Utc));
        let is = |text: &str| Ok(text.to_owned());
        assert_eq!(shown("24h"), is("2026-05-20 10:00 → 2026-05-21 10:00 Z, 24h"));
        assert_eq!(shown("2026-05-18..2026-05-20"), is("2026-05-18 → 2026-05-20 Z, 2d"));
        assert_eq!(shown("2026-05-18 2026-05-20"), is("2026-05-18 → 2026-05-20 Z, 2d"));
        assert_eq!(
            shown("2026-05-18 14:00:00 2026-05-18T15:30:00Z"),
            is("2026-05-18 14:00 → 2026-05-18 15:30 Z, 1h30m")
        );
        let summer = Interval::new(Timestamp::parse("2026-03-28T23:00:00Z").expect("a time"), now);
        assert!(
            window_words(summer, Zone::Named(chrono_tz::Europe::Berlin))
                .starts_with("2026-03-29 +01:00 → 2026-05-21 12:00 +02:00, ")
        );
        assert_eq!(shown("7d.."), is("2026-05-14 10:00 → 2026-05-21 10:00 Z, 7d"));
        assert_eq!(shown("05-18..05-20 03"), is("2026-05-18 → 2026-05-20 03:00 Z, 2d03h"));
        assert_eq!(shown("05-18 05-20 03"), shown("05-18..05-20 03"));
        assert_eq!(shown("08:00..9:30"), is("2026-05-21 08:00 → 2026-05-21 09:30 Z, 1h30m"));
        assert_eq!(parse_window(""), Err(Error::Empty));
        assert_eq!(parse_window("..2026-05-18"), Err(Error::NoStart));
        assert_eq!(parse_window(" .. "), Err(Error::NoStart));
        assert_eq!(parse_window("now"), Err(Error::Backwards));
        assert!(matches!(parse_window("yesterday"), Err(Error::Moment(_))));
    }
}
