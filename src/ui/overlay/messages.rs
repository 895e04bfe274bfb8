//! The messages so far, newest first, each in full; and under them the requests.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::fetch::Exchange;
use crate::ui::cells::{Text, short};
use crate::ui::model::Model;
use crate::ui::notes::Weight;
use crate::ui::theme::Role;
use crate::ui::widget::aligned;

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
    let shown: Vec<_> = model
        .requests
        .iter()
        .rev()
        .filter(|(_, exchange)| list.shows([exchange.url.as_str(), exchange.method, &*exchange.part.source]))
        .collect();
    let longest = |text: fn(&Exchange) -> String| {
        shown.iter().map(|(_, exchange)| text(exchange).len()).max().unwrap_or_default()
    };
    let digits = [longest(took), longest(bytes)];
    let figures: Vec<_> = shown.iter().map(|(_, exchange)| figures(exchange, digits, model)).collect();
    // The figures leave the most of a line to the URL.
    let columns = aligned::widths(figures.iter().map(Vec::as_slice), width / 2);
    for ((time, exchange), figures) in shown.iter().zip(&figures) {
        let mut text = Text::own(&model.zone().stamp(*time), Role::Dim, theme);
        aligned::push(&mut text, figures, &columns, theme);
        text.push_own(&format!("  {} ", exchange.method), Role::Dim, theme);
        text.push_entry(&exchange.url, theme.style(Role::Text), theme);
        lines.extend(text.wrapped(width, 16));
    }
    if lines.len() == before {
        lines.push(Text::own("none", Role::Dim, theme));
    }
    lines
}

fn took(exchange: &Exchange) -> String {
    exchange.took.as_millis().to_string()
}

fn bytes(exchange: &Exchange) -> String {
    short(exchange.bytes)
}

/// What is told of a request before its URL, in which no secret is: status, how long, how much, which
/// try; numbers end in one column.
fn figures(exchange: &Exchange, [wide_took, wide_bytes]: [usize; 2], model: &Model) -> Vec<Text> {
    let theme = &model.theme;
    let (status, role) = match exchange.status {
        Some(status @ 200..400) => (status.to_string(), Role::Good),
        Some(status) => (status.to_string(), Role::Error),
        None => ("no answer".to_owned(), Role::Error),
    };
    let tried = match exchange.attempt {
        0 | 1 => String::new(),
        several => format!("try {several}"),
    };
    let dim = |text: &str| Text::own(text, Role::Dim, theme);
    let took = format!("{:>wide_took$} ms", took(exchange));
    let bytes = format!("{:>wide_bytes$} bytes", bytes(exchange));
    vec![Text::own(&status, role, theme), dim(&took), dim(&bytes), dim(&tried)]
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
