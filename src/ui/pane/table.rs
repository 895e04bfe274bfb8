//! The table: newest first (or oldest), the columns that the data has, as wide as their content.
//!
//! Which columns there are, and what gives way: `table/columns`. The selected row bears a marker of
//! one cell and an emphasised time, so that moving it costs few bytes on a slow line.

pub mod columns;
mod gap;
mod time;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::answer::{Order, Row, RowId};
use crate::event::field::Field;
use crate::event::{Class, Event};
use crate::text;
use crate::timestamp::Timestamp;
use crate::ui::cells::{Cut, Text, grouped};
use crate::ui::feed::Known;
use crate::ui::keymap::Action;
use crate::ui::model::{Model, Region};
use crate::ui::setup::Opened;
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::scrollbar;
use columns::{Column, Columns, LEFT_OUT, Layout};
use gap::Gap;

/// What the selection holds on to while rows come and go around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hold {
    /// The first row, whichever it is.
    #[default]
    First,
    /// This row.
    Row(RowId),
    /// The row at this instant.
    Time(Timestamp),
    /// The place, until an answer tells which row stands there.
    Place,
}

/// The table's state.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The first row shown.
    pub top: usize,
    /// The selected row.
    pub selected: usize,
    /// What the selection holds on to.
    pub hold: Hold,
    /// How wide the columns' contents have been so far.
    pub columns: Columns,
    /// The chosen cell's column, once one was chosen; it need not be on the screen.
    pub cell: Option<Column>,
}

impl State {
    /// Scrolls so that the selected row is seen and no line stays empty that need not; `lines` is how many
    /// there are ([`lines`]), `page` how many are shown.
    pub fn scroll_into_view(&mut self, lines: usize, page: usize) {
        if self.selected < self.top {
            self.top = self.selected;
        }
        if self.selected >= self.top + page {
            self.top = self.selected + 1 - page;
        }
        self.top = self.top.min(lines.saturating_sub(page));
    }
}

/// Whether any text of an entry that a bare word looks into has a hostile character.
pub fn is_hostile(event: &Event) -> bool {
    any_text(event, |value| value.contains(text::is_hostile))
}

/// Whether any such text would be run by a spreadsheet.
pub fn is_formula(event: &Event) -> bool {
    any_text(event, text::has_formula)
}

fn any_text(event: &Event, holds: impl Fn(&str) -> bool) -> bool {
    Field::words().any(|field| event.texts(field).iter().any(|value| holds(value)))
}

/// The badge of an entry: hostile text, a formula, an agent, a key.
fn badge(event: &Event) -> Option<(&'static str, Role)> {
    if is_hostile(event) {
        return Some(("!", Role::Warning));
    }
    if is_formula(event) {
        return Some(("=", Role::Warning));
    }
    let kind = text::fold(event.actor.kind.as_deref()?);
    let has = |words: [&str; 3]| words.iter().any(|word| kind.contains(word));
    if has(["agent", "bot", "service"]) {
        Some(("A", Role::Accent))
    } else if has(["key", "token", "machine"]) {
        Some(("K", Role::Accent))
    } else {
        None
    }
}

/// How many lines so many rows are to scroll through: the end of what is loaded says so.
pub fn lines(model: &Model, rows: usize) -> usize {
    rows + usize::from(Gap::of(model) == Some(Gap::Last))
}

/// The lines of the rows in a table of this area: below the header, and below what is said of a gap.
pub fn rows(model: &Model, area: Rect) -> Rect {
    let above = 1 + u16::from(Gap::of(model) == Some(Gap::Anywhere));
    Rect { y: area.y + above.min(area.height), height: area.height.saturating_sub(above), ..area }
}

/// The width of the scrollbar's column; 0 where all rows are seen.
fn bar_width(model: &Model, area: Rect) -> u16 {
    let height = rows(model, area).height;
    let thumb =
        scrollbar::thumb(height, lines(model, model.answer.listed), model.table.top, usize::from(height));
    u16::from(thumb.is_some())
}

/// The columns that a table of this area shows, with their widths.
pub fn laid_out(model: &Model, area: Rect) -> Vec<(Column, u16)> {
    layout(model, area).columns
}

fn layout(model: &Model, area: Rect) -> Layout {
    let room = area.width.saturating_sub(1 + bar_width(model, area));
    model.table.columns.layout(room, time::width(model, area.width), several(model))
}

/// The column of the chosen cell, among those that are shown: the chosen one, else the action's,
/// else the first that is no badge.
pub fn cell(model: &Model) -> Option<Column> {
    let shown = laid_out(model, model.regions().table);
    let is_shown = |wanted: &Column| shown.iter().any(|(column, _)| column == wanted);
    let usual = Column::Field(Field::Action);
    model
        .table
        .cell
        .clone()
        .filter(is_shown)
        .or_else(|| Some(usual).filter(is_shown))
        .or_else(|| shown.iter().map(|(column, _)| column.clone()).find(|column| *column != Column::Badge))
}

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let list = rows(model, area);
    let shown = usize::from(list.height);
    let total = lines(model, model.answer.listed);
    let bar = bar_width(model, area);
    let Layout { columns, left_out } = layout(model, area);
    draw_header(model, Rect { height: 1, ..area }, &columns, buffer);
    if left_out > 0 {
        let end = area.right().saturating_sub(bar);
        let role = if model.has_focus(Region::Table) { Role::HeaderFocused } else { Role::Header };
        Text::own(&format!("+{left_out}"), role, theme).draw_right(buffer, end, area.y, LEFT_OUT);
    }
    if model.answered.is_none() || (model.answer.listed == 0 && model.is_answered()) {
        draw_nothing(model, list, buffer);
        return;
    }
    if Gap::of(model) == Some(Gap::Anywhere) {
        let width = area.width.saturating_sub(1 + bar);
        gap::line(model, width).draw(buffer, area.x + 1, area.y + 1, width);
    }
    for (line, y) in (list.top()..list.bottom()).enumerate() {
        let place = model.table.top + line;
        if place > model.answer.listed {
            break;
        }
        if place == model.answer.listed {
            if Gap::of(model) == Some(Gap::Last) {
                let width = area.width.saturating_sub(1 + bar);
                gap::line(model, width).draw(buffer, area.x + 1, y, width);
            }
            break;
        }
        let selected = place == model.table.selected;
        let marked = model.row(place).is_some_and(|row| model.marks.get(row.event.identity).is_some());
        let here = if model.focus == Region::Table { Role::Accent } else { Role::Dim };
        let sign = match (selected, marked) {
            (true, true) => Some((theme.glyphs().marked_here, here)),
            (true, false) => Some((theme.glyphs().marker, here)),
            (false, true) => Some((theme.glyphs().mark, Role::Notice)),
            (false, false) => None,
        };
        if let Some((sign, role)) = sign {
            Text::own(sign, role, theme).draw(buffer, area.x, y, 1);
        }
        let line = Rect { x: area.x + 1, y, width: area.width.saturating_sub(1 + bar), height: 1 };
        match model.row(place) {
            Some(row) => draw_row(model, row, place, selected, &columns, line, buffer),
            None => {
                Text::own("·", Role::Dim, theme).draw(buffer, line.x, y, 1);
            }
        }
    }
    let bar_area = Rect { x: area.right().saturating_sub(1), width: 1, ..list };
    scrollbar::draw(buffer, bar_area, total, model.table.top, shown, theme);
}

/// Whether rows come from more than one source.
fn several(model: &Model) -> bool {
    model.feed.sources().len() > 1
}

fn draw_header(model: &Model, area: Rect, columns: &[(Column, u16)], buffer: &mut Buffer) {
    let theme = &model.theme;
    let focused = model.has_focus(Region::Table);
    let role = if focused { Role::HeaderFocused } else { Role::Header };
    let blank = Text::own(&" ".repeat(usize::from(area.width)), role, theme);
    blank.draw(buffer, area.x, area.y, area.width);
    let mut x = area.x + 1;
    let chosen = focused.then(|| cell(model)).flatten();
    for (column, width) in columns {
        let mut text = match column {
            Column::Time if model.sort.is_none() && model.order == Order::OldestFirst => {
                Text::own(&format!("↑{}", time::label(model)), role, theme)
            }
            Column::Time => Text::own(&time::label(model), role, theme),
            _ => Text::entry(&column.label(), role, theme),
        };
        if let Some(sort) = model.sort.filter(|sort| column.is_of(sort.field)) {
            // The sign stands before the label, which may be cut.
            let sign = Text::own(if sort.descending { "↓" } else { "↑" }, role, theme);
            let label = std::mem::replace(&mut text, sign);
            text.extend(label);
        }
        let mut text = text.fitted(usize::from(*width), Cut::End, theme);
        if chosen.as_ref() == Some(column) {
            text = text.patched(Style::new().add_modifier(Modifier::UNDERLINED));
        }
        if column.is_right_aligned() {
            text.draw_right(buffer, x + width, area.y, *width);
        } else {
            text.draw(buffer, x, area.y, *width);
        }
        x += width + 1;
    }
}

fn draw_row(
    model: &Model,
    row: &Row,
    place: usize,
    selected: bool,
    columns: &[(Column, u16)],
    area: Rect,
    buffer: &mut Buffer,
) {
    let theme = &model.theme;
    let event = &*row.event;
    let class = event.class();
    let bad = matches!(class, Class::S4xx | Class::S5xx | Class::Failure | Class::Unknown);
    let removed = model.reveal && !model.scope.query.matches(event);
    let role = match (removed, bad) {
        (true, _) => Role::Dim,
        (false, true) => Role::class(class),
        (false, false) => Role::Text,
    };
    let hit = model.find.as_ref().is_some_and(|find| find.query.matches(event));
    let chosen = model.table.cell.as_ref().filter(|_| selected && model.focus == Region::Table);
    let mut x = area.x;
    for (column, width) in columns {
        let (text, cut) = match column {
            Column::Time => {
                let role = if selected { Role::Selected } else { role };
                (Text::own(&time::text(model, row, place, *width), role, theme), Cut::End)
            }
            Column::Badge => {
                let badge = badge(event).map(|(badge, badge_role)| {
                    Text::own(badge, if removed { role } else { badge_role }, theme)
                });
                (badge.unwrap_or_default(), Cut::End)
            }
            // Their tails tell them from their neighbours.
            Column::Id | Column::Field(Field::Ip | Field::Id | Field::RequestId) => {
                (value_text(event, column, role, theme), Cut::Front)
            }
            Column::Field(Field::Status) if removed => {
                (Text::own(&status(event, theme).plain(), role, theme), Cut::End)
            }
            Column::Field(Field::Status) => (status(event, theme), Cut::End),
            Column::Field(_) | Column::Path(_) => (value_text(event, column, role, theme), Cut::End),
        };
        let mut text = text;
        if hit && *column == Column::Time {
            text = text.patched(Style::new().add_modifier(Modifier::UNDERLINED));
        }
        if chosen == Some(column) {
            let text_or_dot = if text.is_empty() { Text::own("·", Role::Dim, theme) } else { text };
            text = text_or_dot.patched(Style::new().add_modifier(Modifier::REVERSED));
        }
        let text = text.fitted(usize::from(*width), cut, theme);
        if column.is_right_aligned() {
            text.draw_right(buffer, x + width, area.y, *width);
        } else {
            text.draw(buffer, x, area.y, *width);
        }
        x += width + 1;
    }
}

/// The status, or without one the outcome, in the class's colour: never colour alone.
pub fn status(event: &Event, theme: &Theme) -> Text {
    let role = Role::class(event.class());
    match event.status {
        Some(status) => Text::own(&status.to_string(), role, theme),
        None => Text::own(if event.class() == Class::Failure { "ERR" } else { "ok" }, role, theme),
    }
}

/// How much of a value is looked at for the screen, in characters.
const LONGEST: usize = 400;

/// A value as its column shows it.
fn value_text(event: &Event, column: &Column, role: Role, theme: &Theme) -> Text {
    column.value(event).map_or_else(Text::new, |value| Text::beginning(&value, LONGEST, role, theme))
}

/// What stands where no row does: why, and what to do.
fn draw_nothing(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let view = model.scope.view();
    let query = &model.scope.query;
    let mut lines: Vec<Text> = Vec::new();
    let known = model.feed.known(view, query, model.now);
    if model.setup.opened == Opened::Nothing {
        lines.push(Text::own("nothing is opened", Role::Text, theme));
        lines.push(hint(model, Action::Sources, "lists what can be"));
    } else if model.answered.is_none() || (model.answer.loaded == 0 && known == Known::Fetching) {
        lines.push(Text::own("fetching…", Role::Dim, theme));
    } else if let Some(told) = super::bottom::told(model) {
        // Zero would not be true: the rest may match once it tells.
        lines.push(Text::own("none of what tells of its changes matches the filter", Role::Text, theme));
        lines.push(told);
    } else if model.answer.loaded > 0 && !query.is_all() {
        let loaded = grouped(model.answer.loaded as u64);
        lines.push(Text::own(
            &format!("none of {loaded} loaded entries matches the filter"),
            Role::Text,
            theme,
        ));
        if model.filter.error.is_some() {
            let mut text = Text::own("in force: ", Role::Dim, theme);
            text.extend(Text::beginning(&model.scope.text, LONGEST, Role::Text, theme));
            lines.push(text);
        }
        lines.push(if model.filter.is_editing() {
            hint(model, Action::TakeBack, "takes back what is typed")
        } else {
            hint(model, Action::ClearFilter, "clears it")
        });
    } else if known == Known::Fetched {
        lines.push(Text::own("no entries in this window", Role::Text, theme));
        lines.push(hint(model, Action::Time, "chooses another"));
    } else if known == Known::Failed {
        lines.push(Text::own("no entries came: fetching failed", Role::Text, theme));
        lines.push(hint(model, Action::RetryGaps, "tries again"));
    } else {
        lines.push(Text::own(&format!("no entries here: {}", known.words()), Role::Text, theme));
    }
    if !matches!(known, Known::Fetched | Known::Fetching) || model.feed.share(view, query) < 1.0 {
        let missing = 100 - super::top::percent(model.feed.share(view, query));
        if missing > 0 && model.answered.is_some() && known != Known::Fetching {
            lines.push(Text::own(&format!("{missing} % of the window is not fetched"), Role::Notice, theme));
        }
    }
    for (part, why) in model.feed.failures(view, query) {
        lines.push(Text::new());
        let mut text = Text::new();
        text.push_entry(&format!("{part}: "), theme.style(Role::Error), theme);
        text.push_entry(why, theme.style(Role::Text), theme);
        lines.push(text);
    }
    let width = usize::from(area.width.saturating_sub(4)).min(100);
    let wrapped: Vec<Text> = lines.iter().flat_map(|line| line.wrapped(width, 2)).collect();
    let start = area.y + area.height.saturating_sub(wrapped.len() as u16) / 4;
    for (line, y) in wrapped.iter().zip(start..area.bottom()) {
        line.draw(buffer, area.x + 2, y, area.width.saturating_sub(2));
    }
}

fn hint(model: &Model, action: Action, words: &str) -> Text {
    let theme = &model.theme;
    let key = model.keymap.key_of(action).map(|key| key.to_string()).unwrap_or_default();
    Text::own(&key, Role::Key, theme).and(&format!(" {words}"), Role::Dim, theme)
}
