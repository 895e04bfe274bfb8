//! The messages so far, newest first, each in full; and under them the requests.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::fetch::Exchange;
use crate::timestamp::Timestamp;
use crate::ui::cells::{Text, short};
use crate::ui::model::Model;
use crate::ui::notes::Weight;
use crate::ui::theme::Role;

use super::{List, full};

fn lines(list: &List, model: &Model, width: usize) -> Vec<Text> {
    let theme = &model.theme;
    let mut lines = Vec::new();
    for note in model.notes.all().rev().filter(|note| list.shows([note.text.as_str()])) {
        let role = match note.weight {
            Weight::Info => Role::Text,
            Weight::Notice => Role::Notice,
            Weight::Failure => Role::Error,
        };
        let mut text = Text::own(&format!("{}  ", model.zone().stamp(note.time)), Role::Dim, theme);
        text.push_entry(&note.text, theme.style(role), theme);
        if note.times > 1 {
            text.push_own(&format!(" ({} times)", note.times), Role::Dim, theme);
        }
        lines.extend(text.wrapped(width, 16));
    }
    if lines.is_empty() {
        lines.push(Text::own("none", Role::Dim, theme));
    }
    lines.push(Text::new());
    lines.push(Text::own("REQUESTS, NEWEST FIRST", Role::Label, theme));
    let before = lines.len();
    for (time, exchange) in model.requests.iter().rev() {
        if list.shows([exchange.url.as_str(), exchange.method, &*exchange.part.source]) {
            lines.extend(request(*time, exchange, model).wrapped(width, 16));
        }
    }
    if lines.len() == before {
        lines.push(Text::own("none", Role::Dim, theme));
    }
    lines
}

/// A request: when, status, how long, how much, which try, method and URL. No secret is in a URL.
fn request(time: Timestamp, exchange: &Exchange, model: &Model) -> Text {
    let theme = &model.theme;
    let mut text = Text::own(&format!("{}  ", model.zone().stamp(time)), Role::Dim, theme);
    let (status, role) = match exchange.status {
        Some(status @ 200..400) => (status.to_string(), Role::Good),
        Some(status) => (status.to_string(), Role::Error),
        None => ("no answer".to_owned(), Role::Error),
    };
    text.push_own(&status, role, theme);
    let took = exchange.took.as_millis();
    let tried = match exchange.attempt {
        0 | 1 => String::new(),
        several => format!("  try {several}"),
    };
    let bytes = short(exchange.bytes);
    text.push_own(&format!("  {took} ms  {bytes} bytes{tried}  {} ", exchange.method), Role::Dim, theme);
    text.push_entry(&exchange.url, theme.style(Role::Text), theme);
    text
}

/// How many lines there are, and how many are shown.
pub fn measure(list: &List, model: &Model) -> (usize, usize) {
    let place = full(model.area());
    let width = usize::from(place.width.saturating_sub(4));
    (lines(list, model, width).len(), usize::from(place.height.saturating_sub(2)))
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(list: &List, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let place = full(area);
    let lines = lines(list, model, usize::from(place.width.saturating_sub(4)));
    list.draw("Messages, newest first", &lines, place, buffer, &model.theme)
}
