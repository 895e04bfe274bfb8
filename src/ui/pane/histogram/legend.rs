//! What the parts of the bars stand for: beside the bars where there is room, else in a few words above
//! them.
//!
//! Not here: their colours (`widget::ink`), and the counts of one bucket (`histogram/bucket`).

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use crate::answer::stack;
use crate::ui::cells::{Cut, Text, grouped};
use crate::ui::model::Model;
use crate::ui::theme::Role;
use crate::ui::widget::bars;
use crate::ui::widget::ink::Ink;

use super::seen_stack;

/// By what the bars are stacked, where it is not the class.
fn by(model: &Model) -> Option<Text> {
    let by = seen_stack(model)?.by.words();
    Some(Text::own(&format!("by {by}"), Role::Notice, &model.theme))
}

/// By what the bars are stacked, in the first line where so much is blank between or above them.
pub(super) fn draw_caption(model: &Model, bars: Rect, buffer: &mut Buffer) {
    let Some(by) = by(model) else { return };
    let wide = by.width() as u16;
    // A blank before and after it.
    let is_free = |x: u16, y: u16, buffer: &Buffer| {
        (x..x + wide + 2)
            .all(|x| buffer.cell((x, y)).is_some_and(|cell| cell.symbol() == " " && cell.bg == Color::Reset))
    };
    let starts = |y| (bars.left()..(bars.right() + 1).saturating_sub(wide + 2)).map(move |x| (x, y));
    if let Some((x, y)) = (bars.top()..bars.bottom()).flat_map(starts).find(|(x, y)| is_free(*x, *y, buffer))
    {
        by.draw(buffer, x + 1, y, wide);
    }
}

/// The parts of some buckets in words: their names and counts.
pub(super) fn parts(model: &Model, counts: &[u64; stack::PARTS]) -> Vec<(Text, u64)> {
    let theme = &model.theme;
    let Some(values) = seen_stack(model) else {
        let classes = bars::legend(counts);
        return classes.map(|(class, role, count)| (Text::own(class.name(), role, theme), count)).collect();
    };
    let name = |part: usize| {
        let role = Ink::Values.role(part);
        let mut text = Text::new();
        if theme.is_letters() {
            text.push_own(&format!("{}=", Ink::Values.shade(part, theme)), role, theme);
        }
        match part {
            stack::OTHERS => text.push_own("others", role, theme),
            stack::ABSENT => text.push_own("none", role, theme),
            _ => {
                let name = values.names.get(part).map(AsRef::as_ref).unwrap_or_default();
                text.extend(Text::beginning(name, LOOKED_AT, role, theme).fitted(
                    LONGEST,
                    Cut::Middle,
                    theme,
                ));
            }
        }
        text
    };
    (0..stack::PARTS).filter(|part| counts[*part] > 0).map(|part| (name(part), counts[part])).collect()
}

/// The most cells of a value's name beside its count.
const LONGEST: usize = 24;
/// How much of a value is looked at, in characters.
const LOOKED_AT: usize = 400;

/// The counts a class with their shares, where there is room beside the bars.
pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let totals = seen_stack(model).map_or(model.answer.classes, stack::Stack::totals);
    let parts = parts(model, &totals);
    let total: u64 = parts.iter().map(|(_, count)| count).sum();
    // Without colours the bars have shades: which is whose.
    let shades: Vec<&str> = if theme.is_letters() && seen_stack(model).is_none() {
        bars::legend(&totals).map(|(class, ..)| Ink::Class.shade(class as usize, theme)).collect()
    } else {
        Vec::new()
    };
    // A shade has a blank behind it.
    let shade = if shades.is_empty() { 0 } else { 2 };
    let widest = shade + parts.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let wide = widest.clamp(8, usize::from(area.width).saturating_sub(10).clamp(8, LONGEST));
    let mut lines = area.top()..area.bottom();
    if let Some(by) = by(model) {
        by.draw(buffer, area.x, area.y, area.width);
        lines.next();
    }
    for (place, (y, (name, count))) in lines.zip(parts).enumerate() {
        let mut text = Text::own(shades.get(place).copied().unwrap_or_default(), Role::Text, theme);
        text.push_own(if text.is_empty() { "" } else { " " }, Role::Text, theme);
        text.extend(name);
        let mut text = text.fitted(wide, Cut::Middle, theme);
        text.push_own(&" ".repeat(wide.saturating_sub(text.width())), Role::Text, theme);
        text.push_own(&format!("{:>10}", grouped(count)), Role::Text, theme);
        let share = Text::own(&format!("{:>9}", percent(count, total)), Role::Dim, theme);
        if text.width() + share.width() <= usize::from(area.width) {
            text.extend(share);
        }
        text.fitted(usize::from(area.width), Cut::End, theme).draw(buffer, area.x, y, area.width);
    }
}

/// A share with one decimal: what is little is not nothing.
fn percent(count: u64, of: u64) -> String {
    let percent = count as f64 * 100.0 / of.max(1) as f64;
    if count > 0 && percent < 0.1 { "<0.1 %".to_owned() } else { format!("{percent:.1} %") }
}
