//! The facets: the commonest values of each field with count, bar, share of failures, first and last
//! time. They follow the filter, whose other parts they are counted under.
//!
//! Beside the table from 140 columns, else in its place. Not here: counting (`store`), and which
//! lines there are (`facets/lines`).

mod lines;

use std::collections::HashSet;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::answer::{Facet, FacetQuestion, Question};
use crate::event::field::Field;
use crate::interval::Interval;
use crate::query::Query;
use crate::ui::cells::{Cut, Text, grouped, short, widest};
use crate::ui::effect::Effect;
use crate::ui::keymap::{Action, Key};
use crate::ui::model::{Model, Region};
use crate::ui::overlay::List;
use crate::ui::study::{Slot, Study};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::{prompt, scrollbar, share};

use super::top;
use lines::{Line, Spot};

/// The fields, in the order they stand.
pub const FIELDS: [Field; 17] = [
    Field::Class,
    Field::Action,
    Field::Actor,
    Field::ActorType,
    Field::Target,
    Field::TargetType,
    Field::Ip,
    Field::Status,
    Field::Is,
    Field::Method,
    Field::Endpoint,
    Field::Client,
    Field::Source,
    Field::Org,
    Field::Project,
    Field::UserAgent,
    Field::Message,
];

/// How many values of a field are asked for.
const MOST: usize = 200;
/// From this width on first and last time stand beside each value.
const WITH_TIMES: u16 = 76;

/// The keys that matter in it, each with a word or two.
pub const HINTS: &[(Action, &str)] = &[
    (Action::Choose, "include"),
    (Action::Exclude, "exclude"),
    (Action::Narrow, "narrow"),
    (Action::SortList, "sort"),
    (Action::StepBack, "close"),
];

/// In which order values stand within their field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    /// The commonest first.
    #[default]
    Count,
    /// The greatest share of failures first.
    Failures,
    /// The one seen last first.
    Last,
    /// By the value itself.
    Value,
}

impl By {
    fn next(self) -> Self {
        match self {
            Self::Count => Self::Failures,
            Self::Failures => Self::Last,
            Self::Last => Self::Value,
            Self::Value => Self::Count,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Count => "by count",
            Self::Failures => "by failures",
            Self::Last => "by last seen",
            Self::Value => "by value",
        }
    }
}

/// What the facets are of.
#[derive(Debug, Clone, PartialEq)]
struct Basis {
    query: Arc<Query>,
    view: Interval,
    loaded: usize,
}

/// The pane's state.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What the values are narrowed by, and the first line shown.
    pub list: List,
    /// The line under the cursor.
    cursor: usize,
    by: By,
    /// Fields of which all values are shown.
    unfolded: HashSet<Field>,
    found: Option<Vec<Facet>>,
    asked: Option<Basis>,
}

/// Asks for the facets where what they are of has changed. While pages come in, the next question
/// waits for the answer to the last.
pub fn follow(model: &mut Model, effects: &mut Vec<Effect>) {
    let loaded = model.answer.loaded;
    let (query, view) = (model.scope.query.clone(), model.scope.view());
    let open = model.studies.is_open(Slot::Facets);
    let Some(state) = &mut model.facets else { return };
    let basis = Basis { query, view, loaded };
    let due = match &state.asked {
        Some(asked) if asked.query == basis.query && asked.view == view => *asked != basis && !open,
        _ => true,
    };
    if !due {
        return;
    }
    let facets = FIELDS.iter().map(|field| FacetQuestion { field: *field, top: MOST }).collect();
    let question = Question { facets, ..Question::newest(basis.query.clone(), view, 0) };
    state.asked = Some(basis);
    let number = model.studies.begin(Slot::Facets);
    effects.push(Effect::Study { number, study: Study::Facets(question) });
}

/// The facets were counted; the cursor stays on its value.
pub fn found(model: &mut Model, facets: Vec<Facet>) {
    let page = page(model);
    let Some(state) = &mut model.facets else { return };
    let held = state.at_cursor().map(|line| line.key()).map(|(field, spot)| (field, spot.into_owned()));
    state.found = Some(facets.into_iter().filter(|facet| !facet.values.is_empty()).collect());
    let place = held.and_then(|held| state.lines().iter().position(|line| line.key() == held));
    state.go_to(place.unwrap_or(state.cursor), page);
}

/// The facets could not be counted: those of before are of something else.
pub fn unknown(model: &mut Model) {
    if let Some(state) = &mut model.facets {
        state.found = None;
    }
}

/// What a key asks for beyond the pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing.
    Stay,
    /// A value as a filter, or a filter's value taken back.
    Filter {
        /// The field.
        field: Field,
        /// The value.
        value: Box<str>,
        /// Included, else excluded.
        include: bool,
    },
}

/// A key in the pane; `None` where it has no meaning here.
pub fn key(model: &mut Model, action: Option<Action>, key: Key) -> Option<Outcome> {
    let page = page(model);
    let state = model.facets.as_mut()?;
    if state.list.narrowing {
        match state.list.search.key(action, key) {
            prompt::Outcome::Keep => state.list.narrowing = false,
            prompt::Outcome::TakeBack => {
                state.list.narrowing = false;
                state.list.search.begin("");
            }
            prompt::Outcome::Changed | prompt::Outcome::Unchanged => {}
        }
        state.go_to(state.cursor, page);
        return Some(Outcome::Stay);
    }
    let count = state.lines().len();
    match action? {
        Action::Down => state.go_to(state.cursor + 1, page),
        Action::Up => state.go_to(state.cursor.saturating_sub(1), page),
        Action::PageDown => state.go_to(state.cursor + page.saturating_sub(1).max(1), page),
        Action::PageUp => state.go_to(state.cursor.saturating_sub(page.saturating_sub(1).max(1)), page),
        Action::First => state.go_to(0, page),
        Action::Last => state.go_to(count.saturating_sub(1), page),
        Action::Narrow => state.list.narrowing = true,
        Action::SortList => {
            state.by = state.by.next();
            state.go_to(state.cursor, page);
        }
        chosen @ (Action::Choose | Action::Include | Action::Exclude) => {
            return Some(state.chosen(chosen != Action::Exclude, page));
        }
        _ => return None,
    }
    Some(Outcome::Stay)
}

/// Puts the cursor on the line that stands so far below the header; whether there is one.
pub fn point(model: &mut Model, line: usize) -> bool {
    let page = page(model);
    let Some(state) = model.facets.as_mut().filter(|_| line < page) else { return false };
    let line = state.list.top + line;
    if line >= state.lines().len() {
        return false;
    }
    state.go_to(line, page);
    true
}

impl State {
    fn lines(&self) -> Vec<Line<'_>> {
        lines::of(self)
    }

    fn at_cursor(&self) -> Option<Line<'_>> {
        self.lines().into_iter().nth(self.cursor)
    }

    fn go_to(&mut self, line: usize, page: usize) {
        let count = self.lines().len();
        self.cursor = line.min(count.saturating_sub(1));
        self.list.top = self.list.top.min(self.cursor).max((self.cursor + 1).saturating_sub(page));
        self.list.top = self.list.top.min(count.saturating_sub(page));
    }

    fn chosen(&mut self, include: bool, page: usize) -> Outcome {
        let outcome = match self.at_cursor() {
            Some(Line::Value(facet, value)) => {
                return Outcome::Filter { field: facet.field, value: value.value.clone(), include };
            }
            Some(Line::Head(facet) | Line::More(facet, _)) if include => Some(facet.field),
            _ => None,
        };
        if let Some(field) = outcome {
            if !self.unfolded.remove(&field) {
                self.unfolded.insert(field);
            }
            let held = self.lines().iter().position(|line| line.key() == (field, Spot::Head));
            self.go_to(held.unwrap_or(self.cursor), page);
        }
        Outcome::Stay
    }
}

/// How many lines of values are seen.
fn page(model: &Model) -> usize {
    usize::from(model.regions().facets.height.saturating_sub(2)).max(1)
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let state = model.facets.as_ref()?;
    let focused = model.has_focus(Region::Facets);
    let role = if focused { Role::HeaderFocused } else { Role::Header };
    Text::own(&" ".repeat(usize::from(area.width)), role, theme).draw(buffer, area.x, area.y, area.width);
    let lines = state.lines();
    let widths = Widths::of(area.width, &lines, theme);
    let room = widths.value + 1;
    let typed = state.list.search.text();
    let narrowed = state.list.narrowing || !typed.is_empty();
    let titled = |order: &str| {
        let sign = match (narrowed, order) {
            (false, _) => "",
            (true, "") => "/ ",
            (true, _) => "  / ",
        };
        Text::own(&format!(" FACETS {order}{sign}"), role, theme)
    };
    let measure = |piece: &str| Text::entry(piece, role, theme).width();
    let mut header = titled(state.by.words());
    if narrowed && header.width() + measure(typed) >= usize::from(room) {
        // What is typed needs the room more than the order's name.
        header = titled("");
    }
    let typed_at = narrowed.then(|| header.width() + measure(&typed[..state.list.search.cursor()]));
    if narrowed {
        header.push_entry(typed, theme.style(role), theme);
    }
    header.fitted(usize::from(room), Cut::End, theme).draw(buffer, area.x, area.y, room);
    widths.titles(area, role, theme, buffer);

    let list = Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area };
    if lines.is_empty() {
        let words = match &state.found {
            None => model.studies.missing(Slot::Facets, "counting…", theme),
            Some(found) if found.is_empty() => Text::own("no values: no entry matches", Role::Dim, theme),
            Some(_) => Text::own("no value has that", Role::Dim, theme),
        };
        let width = list.width.saturating_sub(2);
        for (line, y) in words.wrapped(usize::from(width), 2).iter().zip(list.top()..list.bottom()) {
            line.draw(buffer, list.x + 1, y, width);
        }
    }
    for (number, (line, y)) in lines
        .iter()
        .enumerate()
        .skip(state.list.top)
        .zip(list.top()..list.bottom())
        .map(|((n, l), y)| (n, (l, y)))
    {
        if number == state.cursor {
            let role = if focused { Role::Accent } else { Role::Dim };
            Text::own(theme.glyphs().marker, role, theme).draw(buffer, list.x, y, 1);
        }
        draw_line(model, line, &widths, Rect { y, height: 1, ..list }, buffer);
    }
    let bar = Rect { x: area.right() - 1, width: 1, ..list };
    scrollbar::draw(buffer, bar, lines.len(), state.list.top, usize::from(list.height), theme);
    let last = Rect { x: area.x + 1, y: area.bottom() - 1, height: 1, width: area.width.saturating_sub(2) };
    foot(model, state, last).draw(buffer, last.x, last.y, last.width);
    let at = typed_at.filter(|_| state.list.narrowing)?;
    Some(Position::new(area.x + (at as u16).min(room.saturating_sub(1)), area.y))
}

/// The last line: what is known besides of the line under the cursor.
fn foot(model: &Model, state: &State, area: Rect) -> Text {
    let theme = &model.theme;
    let mut text = match state.at_cursor() {
        Some(Line::Value(_, value)) if area.width < WITH_TIMES => {
            let zone = model.zone();
            let (first, last) = (zone.stamp(value.first), zone.stamp(value.last));
            Text::own("seen ", Role::Dim, theme).and(&format!("{first} → {last}"), Role::Text, theme)
        }
        Some(Line::Head(facet)) => {
            let distinct = grouped(facet.distinct as u64);
            let without = grouped(facet.absent);
            let most =
                if facet.distinct > MOST { format!(", the {MOST} commonest here") } else { String::new() };
            let [values, entries] = [
                if facet.distinct == 1 { "value" } else { "values" },
                if facet.absent == 1 { "entry" } else { "entries" },
            ];
            let words = format!("{distinct} {values}{most}; {without} {entries} without one");
            Text::own(&words, Role::Dim, theme)
        }
        // First and last stand beside it.
        Some(Line::Value(..) | Line::More(..)) | None => Text::new(),
    };
    let partly = top::partly(model, model.scope.view(), &model.scope.query);
    let partly = partly.filter(|said| text.width() + 3 + said.width() <= usize::from(area.width));
    if let Some(said) = partly {
        text.push_own("   ", Role::Dim, theme);
        text.extend(said);
    }
    text.fitted(usize::from(area.width), Cut::End, theme)
}

/// The cells of a value that its column is made for.
const LONGEST: usize = 60;
/// The cells that the pane's title wants.
const TITLE: usize = 24;
/// The widths between which bars stand.
const LEAST_BAR: u16 = 4;
const MOST_BAR: u16 = 40;

/// The widths of the columns behind the marker; 0: there is no such column.
struct Widths {
    value: u16,
    count: u16,
    bar: u16,
    failed: u16,
    times: u16,
}

impl Widths {
    /// The values take what they need, the bars what is left, as far as that goes.
    fn of(width: u16, lines: &[Line<'_>], theme: &Theme) -> Self {
        // The marker, a blank, the scrollbar.
        let inside = width.saturating_sub(3);
        let (count, failed, times) = if width >= WITH_TIMES { (9, 6, 14) } else { (6, 5, 0) };
        let others = count + failed + 3 + if times > 0 { 2 * times + 2 } else { 0 };
        let room = inside.saturating_sub(others);
        let values = lines.iter().filter_map(|line| match line {
            Line::Value(_, value) => Some(&*value.value),
            _ => None,
        });
        let wanted = (widest(values, LONGEST, theme) + 2).max(TITLE) as u16;
        let value = wanted.min(room.saturating_sub(LEAST_BAR));
        Self { value, count, bar: (room - value).min(MOST_BAR), failed, times }
    }

    /// Where each column begins, from the area's left.
    fn starts(&self) -> [u16; 5] {
        let count = 1 + self.value + 1;
        let bar = count + self.count + 1;
        let failed = bar + self.bar + 1;
        let first = failed + self.failed + 1;
        [count, bar, failed, first, first + self.times + 1]
    }

    fn titles(&self, area: Rect, role: Role, theme: &Theme, buffer: &mut Buffer) {
        let [count, _, failed, first, last] = self.starts();
        let right = |title: &str, start: u16, width: u16, buffer: &mut Buffer| {
            Text::own(title, role, theme).draw_right(buffer, area.x + start + width, area.y, width);
        };
        right("COUNT", count, self.count, buffer);
        right("FAIL", failed, self.failed, buffer);
        if self.times > 0 {
            Text::own("FIRST", role, theme).draw(buffer, area.x + first, area.y, self.times);
            Text::own("LAST", role, theme).draw(buffer, area.x + last, area.y, self.times);
        }
    }
}

fn draw_line(model: &Model, line: &Line<'_>, widths: &Widths, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let inside = area.width.saturating_sub(2);
    let (facet, value) = match line {
        Line::Head(facet) => {
            let mut text = Text::own(facet.field.name(), Role::Label, theme);
            text.push_own(&format!("  {}", grouped(facet.distinct as u64)), Role::Dim, theme);
            text.fitted(usize::from(inside), Cut::End, theme).draw(buffer, area.x + 1, area.y, inside);
            return;
        }
        Line::More(_, count) => {
            let text = Text::own(&format!("  … {} more", grouped(*count as u64)), Role::Dim, theme);
            text.draw(buffer, area.x + 1, area.y, inside);
            return;
        }
        Line::Value(facet, value) => (facet, value),
    };
    let [count, bar, failed, first, last] = widths.starts().map(|start| area.x + start);
    let is_in = (*model.scope.query).clone().include(facet.field, &value.value);
    let included = is_in.is_some_and(|query| query == *model.scope.query);
    let mut text = Text::own(if included { "+ " } else { "  " }, Role::Accent, theme);
    let plain = Role::of_value(facet.field, &value.value).unwrap_or(Role::Text);
    let role = if included { Role::Accent } else { plain };
    text.extend(Text::beginning(&value.value, 300, role, theme));
    text.fitted(usize::from(widths.value), Cut::End, theme).draw(buffer, area.x + 1, area.y, widths.value);
    let exact = grouped(value.count);
    let number = if exact.len() <= usize::from(widths.count) { exact } else { short(value.count) };
    Text::own(&number, Role::Text, theme).draw_right(buffer, count + widths.count, area.y, widths.count);
    let most = facet.values.iter().map(|value| value.count).max().unwrap_or(1).max(1);
    share::bar(value.count, most, widths.bar, Role::Scrollbar, theme).draw(buffer, bar, area.y, widths.bar);
    if value.failures > 0 {
        Text::own(&percent(value.failures, value.count), Role::Class4xx, theme).draw_right(
            buffer,
            failed + widths.failed,
            area.y,
            widths.failed,
        );
    }
    if widths.times > 0 {
        let zone = model.zone();
        Text::own(&zone.stamp(value.first), Role::Dim, theme).draw(buffer, first, area.y, widths.times);
        Text::own(&zone.stamp(value.last), Role::Dim, theme).draw(buffer, last, area.y, widths.times);
    }
}

/// The share of failures in at most five cells: one in a thousand is `<1 %`, not nothing.
pub fn percent(failures: u64, count: u64) -> String {
    let [failures, count] = [failures, count.max(1)].map(u128::from);
    // Rounded, but neither to all nor to nothing.
    match (failures * 1_000 + count / 2) / count {
        0 => "<1 %".to_owned(),
        tenths @ 1..100 => format!("{}.{} %", tenths / 10, tenths % 10),
        tenths @ 100..995 => format!("{} %", (tenths + 5) / 10),
        _ if failures < count => "99 %".to_owned(),
        _ => "100 %".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_share_is_rounded_but_neither_to_nothing_nor_to_all() {
        let shares = [(57, 1_471), (1, 57), (1, 100_000), (999, 1_000), (1, 1), (125, 1_000), (1, 3)];
        let words = shares.map(|(failures, count)| percent(failures, count));
        assert_eq!(words, ["3.9 %", "1.8 %", "<1 %", "99 %", "100 %", "13 %", "33 %"]);
    }
}
