//! The time column: what its header says, how wide it is, and a row's time in it.
//!
//! Not here: how times are written (`zone`).

use crate::answer::{Order, Row};
use crate::timestamp::{DAY, SECOND};
use crate::ui::model::Model;
use crate::ui::zone::{self, Style};

/// Windows longer than this show the year.
const WITH_YEAR: i64 = 300 * DAY;
/// Tables at least so wide show year and seconds.
const WITH_ALL: u16 = 100;
/// Windows shorter than this show fractions of a second, and no date.
const FINE: i64 = 10 * SECOND;

/// `2026-05-20 14:32:01`
const ALL: u16 = 19;

/// What the header says.
pub fn label(model: &Model) -> String {
    match model.times {
        Style::Relative => "AGO".to_owned(),
        Style::Gap => "GAP".to_owned(),
        Style::Utc | Style::Zone | Style::Local => {
            format!("TIME {}", model.zone().label(model.scope.view()))
        }
    }
}

/// How wide the column is in a table of this width.
pub fn width(model: &Model, table: u16) -> u16 {
    match (model.times, model.scope.view().micros()) {
        (Style::Relative | Style::Gap, _) => 7,
        (_, ..FINE) => 15,
        (_, width) if width <= WITH_YEAR => 14,
        _ if table >= WITH_ALL => ALL,
        _ => 16,
    }
}

/// The time of a row as the column shows it, which is so wide.
pub fn text(model: &Model, row: &Row, place: usize, width: u16) -> String {
    let time = row.event.time;
    match (model.times, model.scope.view().micros()) {
        (Style::Relative, _) => zone::length(model.now.micros() - time.micros()),
        (Style::Gap, _) => {
            let next = match model.order {
                // By another field the next row may be the newer one.
                _ if model.sort.is_some() => model.row(place + 1),
                Order::NewestFirst => model.row(place + 1),
                Order::OldestFirst => place.checked_sub(1).and_then(|before| model.row(before)),
            };
            next.map_or_else(String::new, |next| {
                let gap = time.micros() - next.event.time.micros();
                let sign = if gap < 0 { '-' } else { '+' };
                format!("{sign}{}", zone::length(gap.saturating_abs()))
            })
        }
        (_, ..FINE) => model.zone().fine_stamp(time),
        (_, view) if view <= WITH_YEAR => model.zone().stamp(time),
        _ if width >= ALL => model.zone().year_stamp_seconds(time),
        _ => model.zone().year_stamp(time),
    }
}
