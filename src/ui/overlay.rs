//! What lies above the screen: a stack of layers, the topmost has the keys.

pub mod help;
pub mod messages;
pub mod time;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::cells::{Cut, Text};
use super::keymap::{Action, Focus, Key};
use super::model::Model;
use super::theme::{Role, Theme};
use super::widget::scrollbar;

/// A layer.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// The keys.
    Help(help::State),
    /// The choice of a window.
    Time(time::State),
    /// The messages so far.
    Messages(List),
}

impl Overlay {
    /// The focus whose keys are in force.
    pub fn focus(&self) -> Focus {
        match self {
            Self::Help(help) if help.narrowing => Focus::Prompt,
            Self::Time(time) if time.typing => Focus::Prompt,
            Self::Time(_) => Focus::Time,
            Self::Help(_) | Self::Messages(_) => Focus::List,
        }
    }

    /// Its name at the lower left.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Help(_) => "HELP",
            Self::Time(_) => "TIME",
            Self::Messages(_) => "MESSAGES",
        }
    }

    /// Draws it over the screen; gives where the cursor is to stand.
    pub fn draw(&self, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        match self {
            Self::Help(help) => help::draw(help, model, area, buffer),
            Self::Time(time) => time::draw(time, model, area, buffer),
            Self::Messages(list) => messages::draw(list, model, area, buffer),
        }
    }
}

/// A list that is scrolled by lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct List {
    /// The first line shown.
    pub top: usize,
}

impl List {
    /// Moves by an action; `lines` is how many there are, `page` how many are shown.
    pub fn act(&mut self, action: Action, lines: usize, page: usize) {
        let last = lines.saturating_sub(page);
        self.top = match action {
            Action::Down => self.top + 1,
            Action::Up => self.top.saturating_sub(1),
            Action::PageDown => self.top + page,
            Action::PageUp => self.top.saturating_sub(page),
            Action::First => 0,
            Action::Last => last,
            _ => self.top,
        }
        .min(last);
    }
}

/// The frame of a layer: blank cells with a border and a title; gives the inside.
pub fn frame(buffer: &mut Buffer, area: Rect, title: &str, theme: &Theme) -> Rect {
    let style = theme.style(Role::Overlay);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
                cell.set_style(style);
            }
        }
    }
    let [horizontal, vertical, corners] = if theme.ascii {
        ["-", "|", "++++"]
    } else {
        ["─", "│", "┌┐└┘"]
    };
    let corners: Vec<char> = corners.chars().collect();
    let mut put = |x: u16, y: u16, symbol: &str| {
        if let Some(cell) = buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol);
        }
    };
    let (left, right, top, bottom) = (area.left(), area.right() - 1, area.top(), area.bottom() - 1);
    for x in left..=right {
        put(x, top, horizontal);
        put(x, bottom, horizontal);
    }
    for y in top..=bottom {
        put(left, y, vertical);
        put(right, y, vertical);
    }
    for (place, (x, y)) in [(left, top), (right, top), (left, bottom), (right, bottom)].into_iter().enumerate() {
        put(x, y, corners[place].encode_utf8(&mut [0; 4]));
    }
    let room = usize::from(area.width.saturating_sub(4));
    Text::own(&format!(" {title} "), Role::Title, theme)
        .fitted(room, Cut::End, theme)
        .draw(buffer, area.x + 2, area.y, room as u16);
    Rect::new(area.x + 2, area.y + 1, area.width.saturating_sub(4), area.height.saturating_sub(2))
}

/// Draws lines from `top` on into the inside of a frame, with a scrollbar on its right edge.
pub fn draw_lines(buffer: &mut Buffer, inside: Rect, lines: &[Text], top: usize, theme: &Theme) {
    let height = usize::from(inside.height);
    let top = top.min(lines.len().saturating_sub(height));
    for (line, y) in lines.iter().skip(top).zip(inside.top()..inside.bottom()) {
        line.draw(buffer, inside.x, y, inside.width);
    }
    let bar = Rect { x: inside.right() + 1, width: 1, ..inside };
    scrollbar::draw(buffer, bar, lines.len(), top, height, theme);
}

/// A rectangle of at most so many cells in the middle of an area.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}

/// What a key does to a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It stays.
    Stay,
    /// It closes.
    Close,
    /// It closes, and this window is to be looked at.
    Window(crate::interval::Interval),
}

/// Gives a key to the topmost layer.
pub fn key(model: &mut Model, action: Option<Action>, key: Key) -> Outcome {
    let Some(mut overlay) = model.overlays.pop() else { return Outcome::Stay };
    let outcome = match &mut overlay {
        Overlay::Help(help) => help::key(help, model, action, key),
        Overlay::Time(time) => time::key(time, model, action, key),
        Overlay::Messages(list) => {
            if let Some(action) = action {
                let (lines, page) = messages::measure(model);
                list.act(action, lines, page);
            }
            Outcome::Stay
        }
    };
    if outcome == Outcome::Stay {
        model.overlays.push(overlay);
    }
    outcome
}
