//! The explorer as it looks: every region, and what lies above them. Draws, and changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::cells::Text;
use super::layout::LEAST;
use super::model::{Model, Region};
use super::pane::{bottom, detail, facets, filter, histogram, table, top};
use super::theme::Role;

/// Draws into a buffer; gives where the cursor is to stand.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let Some(regions) = model.regions_of(area) else {
        too_small(model, area, buffer);
        return None;
    };
    top::draw(model, regions.top, buffer);
    if regions.histogram.area() > 0 {
        histogram::draw(model, regions.histogram, buffer);
    }
    if regions.table.area() > 0 {
        table::draw(model, regions.table, buffer);
    }
    for divider in [regions.divider, regions.facets_divider] {
        for y in divider.top()..divider.bottom() {
            Text::own(theme.glyphs().divider, Role::Dim, theme).draw(buffer, divider.x, y, 1);
        }
    }
    let mut typed_at = None;
    if regions.facets.area() > 0 {
        typed_at = facets::draw(model, regions.facets, buffer);
    }
    if regions.detail.area() > 0 {
        detail::draw(model, regions.detail, buffer);
    }
    bottom::draw(model, regions.bottom, buffer);
    // The filter line comes last: its caret lies over the line below.
    let mut cursor = filter::draw(model, regions.filter, buffer).or(typed_at);
    for overlay in &model.overlays {
        cursor = overlay.draw(model, area, buffer);
    }
    cursor
}

/// A sentence in place of a screen.
fn too_small(model: &Model, area: Rect, buffer: &mut Buffer) {
    let words = format!("auditty needs {} columns and {} rows", LEAST.0, LEAST.1);
    let lines = Text::own(&words, Role::Text, &model.theme).wrapped(usize::from(area.width), 0);
    for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
        line.draw(buffer, area.x, y, area.width);
    }
}

/// The lines of the list that is looked at, where it has the whole width: a terminal scrolls whole
/// lines alone.
pub fn scrolling(model: &Model) -> Option<std::ops::Range<u16>> {
    let area = model.area();
    let regions = model.regions_of(area)?;
    if !model.overlays.is_empty() {
        return Some(area.top() + 1..area.bottom().saturating_sub(2));
    }
    let list = match model.focus {
        Region::Detail => regions.detail,
        Region::Facets => return None,
        Region::Table | Region::Histogram => table::rows(model, regions.table),
    };
    (list.width == area.width && list.height > 1).then(|| list.top()..list.bottom())
}
