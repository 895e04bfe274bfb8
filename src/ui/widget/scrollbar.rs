//! The place in all that matched, as a thumb on a blank track.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::theme::{Role, Theme};

/// The thumb's first line and its length, for a track of `height` lines over `total` rows of which
/// `shown` are seen from `top` on; `None` where all are seen.
pub fn thumb(height: u16, total: usize, top: usize, shown: usize) -> Option<(u16, u16)> {
    if total <= shown || height == 0 {
        return None;
    }
    let (height, total, shown) = (u128::from(height), total as u128, shown as u128);
    let length = (height * shown / total).clamp(1, height);
    let room = height - length;
    let last = total - shown;
    // Rounded so that the thumb touches an end only at the very end.
    let start = match (top as u128).min(last) {
        0 => 0,
        top if top == last => room,
        top => (room * top / last).clamp(1.min(room), room.saturating_sub(1).max(1.min(room))),
    };
    Some((start as u16, length as u16))
}

/// Draws it into an area of one column; nothing where all rows are seen.
pub fn draw(buffer: &mut Buffer, area: Rect, total: usize, top: usize, shown: usize, theme: &Theme) {
    let Some((start, length)) = thumb(area.height, total, top, shown) else {
        return;
    };
    for line in start..start + length {
        if let Some(cell) = buffer.cell_mut((area.x, area.y + line)) {
            cell.set_symbol(theme.glyphs().scroll).set_style(theme.style(Role::Scrollbar));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumb_stays_on_its_track_and_touches_ends_only_there() {
        for height in 1..30 {
            for total in [1usize, 5, 40, 48_213, 10_000_000] {
                for shown in [1usize, 4, 20] {
                    for top in [0, 1, total / 2, total.saturating_sub(shown)] {
                        let Some((start, length)) = thumb(height, total, top, shown) else {
                            assert!(total <= shown);
                            continue;
                        };
                        assert!(length >= 1 && start + length <= height);
                        if height > 2 && top > 0 && top < total - shown && length + 1 < height {
                            assert!(start > 0 && start + length < height);
                        }
                    }
                }
            }
        }
    }
}
