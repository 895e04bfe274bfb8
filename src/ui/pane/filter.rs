//! The filter line: the filter with its parts coloured, or being typed; what is wrong with it stands
//! under it, with a caret, while the last good filter stays in force.

pub mod completion;

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use crate::answer::Row;
use crate::query::parse::{self, SpanKind, spans};
use crate::ui::cells::{Cut, Text};
use crate::ui::keymap::Action;
use crate::ui::model::{Model, Seen};
use crate::ui::scope::Scope;
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::prompt::{Prompt, scroll};

/// The filter line's state.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The text being typed, and the entries kept so far.
    pub prompt: Prompt,
    /// What was looked at before typing began; `None` while nothing is typed.
    pub before: Option<Scope>,
    /// What was seen of the rows then.
    pub(in crate::ui) seen: Option<Seen>,
    /// What is wrong with what is typed.
    pub error: Option<parse::Error>,
    /// The open list of choices.
    pub completion: Option<completion::Completion>,
    /// The rows that were at hand when typing began: completion looks into their records, whatever
    /// is left of them under the filter as far as it is typed.
    pub at_hand: Vec<Row>,
}

impl State {
    /// Whether a filter is being typed.
    pub fn is_editing(&self) -> bool {
        self.before.is_some()
    }
}

/// The role of a part.
fn role(kind: SpanKind) -> Role {
    match kind {
        SpanKind::Field => Role::FilterField,
        SpanKind::Operator => Role::FilterOperator,
        SpanKind::Value => Role::FilterValue,
        SpanKind::Keyword => Role::FilterKeyword,
        SpanKind::Word => Role::FilterWord,
        SpanKind::Error => Role::FilterError,
    }
}

/// A filter's text in its colours; terms that a server applies are underlined.
pub fn coloured(text: &str, pushed: &[&str], theme: &Theme) -> Text {
    let spans = spans(text);
    let taken: Vec<Range<usize>> =
        pushed.iter().filter_map(|term| text.find(term).map(|at| at..at + term.len())).collect();
    let mut line = Text::new();
    let mut at = 0;
    let push = |line: &mut Text, range: Range<usize>, role: Role| {
        let mut style = theme.style(role);
        if taken.iter().any(|term| term.start <= range.start && range.end <= term.end) {
            style = style.add_modifier(Modifier::UNDERLINED);
        }
        line.push_entry(&text[range], style, theme);
    };
    for span in spans {
        if at < span.range.start {
            push(&mut line, at..span.range.start, Role::FilterWord);
        }
        at = span.range.end;
        push(&mut line, span.range, role(span.kind));
    }
    if at < text.len() {
        push(&mut line, at..text.len(), Role::FilterWord);
    }
    line
}

/// Draws it; the caret's line, or why it is not in force, lies over the lines below. Gives where the
/// cursor is to stand.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let is_editing = model.filter.is_editing();
    let sign = Text::own("/ ", if is_editing { Role::Accent } else { Role::Dim }, theme);
    let x = sign.draw(buffer, area.x, area.y, area.width);
    let rest = Rect { x, width: area.right().saturating_sub(x), ..area };
    let cursor = if is_editing {
        Some(draw_prompt(model, rest, buffer))
    } else {
        draw_kept(model, rest, buffer);
        None
    };
    if model.filter.error.is_none() && model.filter.completion.is_none() {
        draw_refused(model, rest, buffer);
    }
    cursor
}

/// The filter in force and the lens that it stands on.
fn draw_kept(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let mut pushed = model.feed.pushed();
    pushed.retain(|term| model.scope.text.contains(term));
    let x = draw_lens(model, area, buffer);
    let room = area.right().saturating_sub(x);
    if model.scope.text.is_empty() {
        if model.scope.lens.is_none() {
            Text::own("no filter", Role::Dim, theme).draw(buffer, x, area.y, room);
        }
        return;
    }
    let line = coloured(&model.scope.text, &pushed, theme);
    let wide = line.width();
    let x = line.fitted(usize::from(room), Cut::End, theme).draw(buffer, x, area.y, room);
    if model.reveal {
        let key = model.keymap.key_of(Action::Reveal).map(|key| key.to_string()).unwrap_or_default();
        let said = Text::own("   dimmed: what it removes; ", Role::Notice, theme).and(&key, Role::Key, theme);
        let said = said.and(" hides it", Role::Dim, theme);
        if wide + said.width() <= usize::from(room) {
            said.draw(buffer, x, area.y, area.right() - x);
        }
    } else if !pushed.is_empty() {
        let said =
            Text::own(&format!("   underlined: by the server ({})", pushed.join(" ")), Role::Dim, theme);
        if wide + said.width() <= usize::from(room) {
            said.draw(buffer, x, area.y, area.right() - x);
        }
    }
}

/// Why what is asked for now was not answered: what stands below is of before.
fn draw_refused(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let Some(why) = &model.refused else { return };
    let mut said = Text::new();
    said.push_entry(why, theme.style(Role::Error), theme);
    if model.answered.is_some() {
        said.push_own("; below is what was asked before", Role::Notice, theme);
    }
    let whole = *buffer.area();
    let below = area.y + 1..whole.bottom().saturating_sub(1);
    for (line, y) in said.wrapped(usize::from(area.width), 0).iter().zip(below).take(3) {
        blank(buffer, y);
        line.draw(buffer, area.x, y, area.width);
    }
}

/// The lens in force and where it finds its values; gives the column after it.
fn draw_lens(model: &Model, area: Rect, buffer: &mut Buffer) -> u16 {
    let theme = &model.theme;
    let Some((values, groups)) = crate::ui::lens::words(model) else { return area.x };
    let mut text = Text::own("lens ", Role::Accent, theme);
    let most = usize::from(area.width / 3).max(12);
    text.extend(Text::entry(&values, Role::FilterValue, theme).fitted(most, Cut::End, theme));
    if !groups.is_empty() {
        text.push_own(&format!(": {groups}"), Role::Text, theme);
    }
    // What is filtered on top of it stays in sight, two blanks on.
    let kept = if model.scope.text.is_empty() { 0 } else { area.width / 3 };
    let room = area.width.saturating_sub(kept + 2);
    text.fitted(usize::from(room), Cut::End, theme).draw(buffer, area.x, area.y, room) + 2
}

fn draw_prompt(model: &Model, area: Rect, buffer: &mut Buffer) -> Position {
    let theme = &model.theme;
    let typed = model.filter.prompt.text();
    let cursor = model.filter.prompt.cursor();
    let measure = |piece: &str| Text::entry(piece, Role::Prompt, theme).width();
    let width = usize::from(area.width);
    let start = scroll(typed, cursor, width, measure);
    let shown = &typed[start..];
    let line = if start == 0 {
        coloured(typed, &model.feed.pushed(), theme)
    } else {
        // Colours come from the whole text: its parts before the view are cut off by width.
        let whole = coloured(typed, &model.feed.pushed(), theme);
        let wide = whole.width();
        let keep = wide - measure(&typed[..start]).min(wide);
        whole.fitted(keep + 1, Cut::Front, theme)
    };
    let lead = usize::from(start > 0);
    line.fitted(width, Cut::End, theme).draw(buffer, area.x, area.y, area.width);
    let mut below = area.y + 1;
    if let Some(error) = &model.filter.error {
        let at = typed.char_indices().nth(error.column.saturating_sub(1)).map_or(typed.len(), |(at, _)| at);
        let place = if at < start { 0 } else { lead + measure(&typed[start..at]) };
        below += draw_error(error, place.min(width.saturating_sub(1)), area, buffer, theme);
    }
    if typed.is_empty() {
        let key = model.keymap.key_of(Action::Complete).map(|key| key.to_string()).unwrap_or_default();
        let hint = Text::own(&format!("{key}: presets and fields"), Role::Dim, theme);
        hint.draw(buffer, area.x + 2, area.y, area.width.saturating_sub(2));
    }
    if let Some(list) = &model.filter.completion {
        let at = list.start().min(typed.len());
        let place = if at < start { 0 } else { lead + measure(typed.get(start..at).unwrap_or_default()) };
        completion::draw(list, model, area.x + place.min(width) as u16, below, buffer);
    }
    let x = lead + measure(&shown[..cursor - start]);
    Position::new(area.x + x.min(width.saturating_sub(1)) as u16, area.y)
}

/// Makes a line of the screen blank.
fn blank(buffer: &mut Buffer, y: u16) {
    let whole = *buffer.area();
    for x in whole.left()..whole.right() {
        if let Some(cell) = buffer.cell_mut((x, y)) {
            cell.reset();
        }
    }
}

/// The caret and what was expected, on the line below, or in two; gives how many they are.
fn draw_error(error: &parse::Error, place: usize, area: Rect, buffer: &mut Buffer, theme: &Theme) -> u16 {
    let whole = *buffer.area();
    let y = area.y + 1;
    if y >= whole.bottom() {
        return 0;
    }
    blank(buffer, y);
    let marked = error.length.clamp(1, usize::from(area.width).saturating_sub(place).max(1));
    let caret = Text::own(&"^".repeat(marked), Role::Error, theme);
    let mut message = Text::new();
    message.push_entry(&error.message, theme.style(Role::Error), theme);
    let wide = message.width() + 1;
    let width = usize::from(area.width);
    let (before, after) = (place, width.saturating_sub(place + marked + 1));
    caret.draw(buffer, area.x + place as u16, y, marked as u16);
    if wide <= after {
        message.draw(buffer, area.x + (place + marked + 1) as u16, y, after as u16);
        return 1;
    }
    if wide <= before {
        message.draw(buffer, area.x, y, before as u16);
        return 1;
    }
    // Lines of its own.
    let lines = message.wrapped(width, 0);
    for (line, y) in lines.iter().zip(y + 1..whole.bottom()) {
        blank(buffer, y);
        line.draw(buffer, area.x, y, width as u16);
    }
    1 + lines.len() as u16
}
