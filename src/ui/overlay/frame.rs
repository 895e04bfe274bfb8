//! The frame of a layer, and lines in it.
//!
//! Not here: what stands in it.

use std::borrow::Borrow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::cells::{Cut, Text};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::scrollbar;

/// Where a full-screen layer lies: everywhere but on the bottom line.
pub fn full(area: Rect) -> Rect {
    Rect { height: area.height.saturating_sub(1), ..area }
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
    let [horizontal, vertical, corners] =
        if theme.ascii { ["-", "|", "++++"] } else { ["─", "│", "┌┐└┘"] };
    let corners: Vec<char> = corners.chars().collect();
    let border = theme.style(Role::Dim);
    let mut put = |x: u16, y: u16, symbol: &str| {
        if let Some(cell) = buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol).set_style(border);
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
    for (place, (x, y)) in
        [(left, top), (right, top), (left, bottom), (right, bottom)].into_iter().enumerate()
    {
        put(x, y, corners[place].encode_utf8(&mut [0; 4]));
    }
    let room = usize::from(area.width.saturating_sub(4));
    let title = Text::own(&format!(" {title} "), Role::Title, theme).fitted(room, Cut::End, theme);
    // The title is not as faint as the border that it stands in.
    for x in left + 2..left + 2 + title.width() as u16 {
        if let Some(cell) = buffer.cell_mut((x, top)) {
            cell.reset();
            cell.set_style(style);
        }
    }
    title.draw(buffer, left + 2, top, room as u16);
    Rect::new(area.x + 2, area.y + 1, area.width.saturating_sub(4), area.height.saturating_sub(2))
}

/// Draws lines from `top` on into the inside of a frame, with a scrollbar on its right edge.
pub fn draw_lines(buffer: &mut Buffer, inside: Rect, lines: &[impl Borrow<Text>], top: usize, theme: &Theme) {
    let height = usize::from(inside.height);
    let top = top.min(lines.len().saturating_sub(height));
    for (line, y) in lines.iter().skip(top).zip(inside.top()..inside.bottom()) {
        line.borrow().draw(buffer, inside.x, y, inside.width);
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
