//! Why: the field values that stand in a stretch more often than in the rest of what is looked at.
//!
//! Not here: the score (`answer::why`).

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::answer::why::{Excess, REMARKABLE, Share, Why, WhyQuestion};
use crate::interval::{BUCKETS, Interval};
use crate::ui::cells::{Cut, Text, grouped, widest};
use crate::ui::keymap::{Action, Key};
use crate::ui::model::{Model, Region};
use crate::ui::pane::top;
use crate::ui::study::{Slot, Study};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::share;

use super::rows::Rows;
use super::{Outcome, frame, full};

/// How many values are asked for, over all fields and of each field.
const MOST: (usize, usize) = (200, 20);

/// The layer's state.
#[derive(Debug, Clone)]
pub struct State {
    /// What was asked.
    pub question: WhyQuestion,
    /// What was found; `None` while it is counted.
    pub found: Option<Why>,
    /// Over how many loaded entries that was asked.
    pub loaded: usize,
    /// Its lines: the cursor, and what they are narrowed by.
    pub rows: Rows,
    /// Whether values stand by field, else by score.
    by_field: bool,
}

/// The layer for the present brush, else for the row's or the cursor's bucket and its neighbours,
/// and what to ask; or why there is none.
pub fn open(model: &mut Model) -> Result<(State, u64, Study), &'static str> {
    let view = model.scope.view();
    let focused = model.focus == Region::Histogram;
    let buckets = if let Some(brushed) = model.histogram.brushed().filter(|_| focused) {
        brushed
    } else {
        let cursor = model.histogram.cursor.filter(|_| focused);
        let row = || model.selected().and_then(|row| view.bucket(row.event.time));
        let bucket = cursor.or_else(row).ok_or("no row is selected: there is nothing to explain")?;
        bucket.saturating_sub(1)..=(bucket + 1).min(BUCKETS - 1)
    };
    let inside = Interval::new(
        view.bucket_edge(*buckets.start()),
        view.bucket_edge((*buckets.end() + 1).min(BUCKETS)),
    );
    if inside == view {
        return Err("the brush covers all: there is nothing to compare it with");
    }
    let filter = model.scope.query.clone();
    let question = WhyQuestion { filter, window: view, inside, top: MOST.0, per_field: MOST.1 };
    let state = State {
        question: question.clone(),
        found: None,
        loaded: model.answer.loaded,
        rows: Rows::default(),
        by_field: false,
    };
    Ok((state, model.studies.begin(Slot::Layer), Study::Why(question)))
}

impl State {
    /// The values that are shown.
    fn shown(&self) -> Vec<&Excess> {
        let Some(why) = &self.found else { return Vec::new() };
        let matches = |excess: &&Excess| self.rows.list.shows([excess.field.name(), &excess.value]);
        if self.by_field {
            why.fields.iter().flat_map(|field| &field.values).filter(matches).collect()
        } else {
            why.values.iter().filter(matches).collect()
        }
    }

    /// What was found; the cursor stays on its value.
    pub fn take(&mut self, found: Why, area: Rect) {
        let key = |excess: &Excess| (excess.field, excess.value.clone());
        let held = self.shown().get(self.rows.cursor).map(|excess| key(excess));
        self.found = Some(found);
        let shown = self.shown();
        let place = held.and_then(|held| shown.iter().position(|excess| key(excess) == held));
        let count = shown.len();
        self.rows.go_to(place.unwrap_or(self.rows.cursor), count, page(area));
    }
}

/// How many lines of values are seen.
fn page(area: Rect) -> usize {
    usize::from(full(area).height.saturating_sub(6)).max(1)
}

/// Gives it a key.
pub fn key(state: &mut State, model: &mut Model, action: Option<Action>, key: Key) -> Outcome {
    let (count, page) = (state.shown().len(), page(model.area()));
    if state.rows.key(action, key, count, page) {
        let count = state.shown().len();
        state.rows.go_to(state.rows.cursor, count, page);
        return Outcome::Stay;
    }
    match action {
        Some(Action::SortList) => {
            state.by_field = !state.by_field;
            state.rows.go_to(0, count, page);
            Outcome::Stay
        }
        Some(chosen @ (Action::Choose | Action::Include | Action::Exclude)) => {
            let Some(excess) = state.shown().get(state.rows.cursor).copied().cloned() else {
                return Outcome::Stay;
            };
            Outcome::Filter { field: excess.field, value: excess.value, include: chosen != Action::Exclude }
        }
        Some(Action::Why) => Outcome::Close,
        _ => Outcome::Unused,
    }
}

/// A share in at most six cells.
fn share(share: Share) -> String {
    let percent = share.ratio() * 100.0;
    match share.count {
        0 => "0 %".to_owned(),
        _ if percent < 0.1 => "<0.1 %".to_owned(),
        _ if percent < 99.95 => format!("{percent:.1} %"),
        _ => format!("{percent:.0} %"),
    }
}

/// How many times as often, in at most six cells.
fn times(excess: &Excess) -> String {
    match excess.times() {
        None => "only".to_owned(),
        Some(times) if times < 99.95 => format!("×{times:.1}"),
        Some(times) if times < 9_999.5 => format!("×{times:.0}"),
        Some(_) => "×9999+".to_owned(),
    }
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let place = full(area);
    let way = if state.by_field { "by field" } else { "by score" };
    let (title, typed_at) = super::narrowed_title(&format!("Why, {way}"), &state.rows.list, theme);
    let inside = frame(buffer, place, &title, theme);
    let width = usize::from(inside.width);
    let mut y = inside.y;
    let mut line = |text: Text, buffer: &mut Buffer| {
        text.fitted(width, Cut::End, theme).draw(buffer, inside.x, y, inside.width);
        y += 1;
    };
    let zone = model.zone();
    let mut head = Text::own("What stands in ", Role::Text, theme);
    head.push_own(&zone.stretch(state.question.inside, model.scope.view()), Role::Accent, theme);
    head.push_own(" more often than in the rest", Role::Text, theme);
    line(head, buffer);
    line(totals(state, model), buffer);
    let shown = state.shown();
    let titles = Columns::of(inside.width, &shown, theme);
    titles.head(inside.x, inside.y + 2, theme, buffer);
    let list = Rect { y: inside.y + 3, height: inside.height.saturating_sub(4), ..inside };
    for (number, y) in (state.rows.list.top..shown.len()).zip(list.top()..list.bottom()) {
        if number == state.rows.cursor {
            Text::own(theme.glyphs().marker, Role::Accent, theme).draw(buffer, inside.x - 1, y, 1);
        }
        titles.row(shown[number], inside.x, y, theme, buffer);
    }
    let bar = Rect { x: inside.right() + 1, width: 1, ..list };
    let seen = usize::from(list.height);
    crate::ui::widget::scrollbar::draw(buffer, bar, shown.len(), state.rows.list.top, seen, theme);
    // The keys stand in the bottom line.
    let foot =
        format!("G2: Dunning's log-likelihood ratio; dim below {REMARKABLE:.1}: chance, once in 1,000");
    let foot = Text::own(&foot, Role::Dim, theme);
    foot.fitted(width, Cut::End, theme).draw(buffer, inside.x, inside.bottom() - 1, inside.width);
    state.rows.is_typing().then(|| Position::new((place.x + typed_at).min(place.right() - 2), place.y))
}

fn totals(state: &State, model: &Model) -> Text {
    let theme = &model.theme;
    let Some(why) = &state.found else { return model.studies.missing(Slot::Layer, "counting…", theme) };
    let [inside, outside] = [why.inside, why.outside].map(grouped);
    let entries = if why.inside == 1 { "entry" } else { "entries" };
    let mut text = Text::own(&format!("{inside} {entries} inside, {outside} outside"), Role::Dim, theme);
    let said = if why.inside == 0 {
        "; there is nothing inside to explain"
    } else if why.outside == 0 {
        "; there is nothing to compare them with"
    } else if why.values.is_empty() {
        "; no value is more frequent inside"
    } else if state.shown().is_empty() {
        "; no value has that"
    } else {
        ""
    };
    text.push_own(said, Role::Notice, theme);
    if let Some(partly) = top::partly(model, state.question.window, &state.question.filter) {
        text.push_own("; ", Role::Dim, theme);
        text.extend(partly);
    }
    text
}

/// Where the columns stand: the values take what they need, and where there is room to spare the
/// shares stand as bars too. Where there is little, some of the numbers go.
struct Columns {
    field: u16,
    value: u16,
    numbers: Vec<(Number, u16)>,
}

/// The cells of a field's name.
const FIELD: u16 = 12;
/// The fewest cells of a value for which another number goes.
const LEAST_VALUE: u16 = 16;
/// From this width on the counts stand beside the shares.
const WITH_COUNTS: u16 = 100;
/// The widths between which bars stand.
const LEAST_BAR: u16 = 8;
const MOST_BAR: u16 = 30;
/// The cells of a value that its column is made for.
const LONGEST: usize = 60;

impl Columns {
    fn of(width: u16, shown: &[&Excess], theme: &Theme) -> Self {
        let mut numbers = vec![Number::Inside, Number::Outside, Number::Times, Number::Score];
        if width >= WITH_COUNTS {
            numbers.insert(1, Number::InsideCount);
            numbers.insert(3, Number::OutsideCount);
        }
        let room = |numbers: &[Number]| {
            let wide: u16 = numbers.iter().map(|number| number.width() + 1).sum();
            width.saturating_sub(FIELD + 1 + wide)
        };
        // The least telling first.
        for gives_way in [Number::Times, Number::Score, Number::Outside] {
            if room(&numbers) < LEAST_VALUE {
                numbers.retain(|number| *number != gives_way);
            }
        }
        let room = room(&numbers);
        let wanted = widest(shown.iter().map(|excess| &*excess.value), LONGEST, theme).max(20) as u16;
        let spare = (room.saturating_sub(wanted) / 2).saturating_sub(1).min(MOST_BAR);
        let bars = width >= WITH_COUNTS && spare >= LEAST_BAR;
        let mut placed = Vec::new();
        for number in numbers {
            placed.push((number, number.width()));
            match number {
                Number::InsideCount if bars => placed.push((Number::InsideBar, spare)),
                Number::OutsideCount if bars => placed.push((Number::OutsideBar, spare)),
                _ => {}
            }
        }
        Self { field: FIELD, value: if bars { wanted } else { room }, numbers: placed }
    }

    /// The columns of numbers: where they begin and end, counted from the left.
    fn numbers(&self) -> Vec<(Number, u16, u16)> {
        let mut at = self.field + 1 + self.value;
        let place = |(number, width): &(Number, u16)| {
            let start = at + 1;
            at = start + width;
            (*number, start, at)
        };
        self.numbers.iter().map(place).collect()
    }

    fn head(&self, x: u16, y: u16, theme: &Theme, buffer: &mut Buffer) {
        Text::own("FIELD", Role::Label, theme).draw(buffer, x, y, self.field);
        Text::own("VALUE", Role::Label, theme).draw(buffer, x + self.field + 1, y, self.value);
        for (number, start, end) in self.numbers() {
            Text::own(number.title(), Role::Label, theme).draw_right(buffer, x + end, y, end - start);
        }
    }

    fn row(&self, excess: &Excess, x: u16, y: u16, theme: &Theme, buffer: &mut Buffer) {
        let remarkable = excess.is_remarkable();
        let role = if remarkable { Role::Text } else { Role::Dim };
        let field = Text::own(excess.field.name(), Role::Dim, theme);
        field.fitted(usize::from(self.field), Cut::End, theme).draw(buffer, x, y, self.field);
        let classed = Role::of_value(excess.field, &excess.value).filter(|_| remarkable);
        let value = Text::beginning(&excess.value, 300, classed.unwrap_or(role), theme);
        let value = value.fitted(usize::from(self.value), Cut::End, theme);
        value.draw(buffer, x + self.field + 1, y, self.value);
        for (number, start, end) in self.numbers() {
            let bar = |share: Share, role: Role| {
                // A bar is as long as its share of all.
                let (part, whole) = ((share.ratio() * 10_000.0).round() as u64, 10_000);
                share::bar(part, whole, end - start, role, theme)
            };
            let words = match number {
                Number::InsideBar => {
                    let role = if remarkable { Role::Accent } else { Role::Scrollbar };
                    bar(excess.inside, role).draw(buffer, x + start, y, end - start);
                    continue;
                }
                Number::OutsideBar => {
                    bar(excess.outside, Role::Scrollbar).draw(buffer, x + start, y, end - start);
                    continue;
                }
                Number::Inside => share(excess.inside),
                Number::InsideCount => grouped(excess.inside.count),
                Number::Outside => share(excess.outside),
                Number::OutsideCount => grouped(excess.outside.count),
                Number::Times => times(excess),
                Number::Score => score(excess),
            };
            Text::own(&words, role, theme).draw_right(buffer, x + end, y, end - start);
        }
    }
}

/// A column of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    Inside,
    InsideBar,
    InsideCount,
    Outside,
    OutsideBar,
    OutsideCount,
    Times,
    Score,
}

impl Number {
    /// How many cells it takes; a bar what is left.
    fn width(self) -> u16 {
        match self {
            Self::Inside | Self::Outside | Self::Times => 7,
            Self::InsideCount | Self::OutsideCount | Self::Score => 9,
            Self::InsideBar | Self::OutsideBar => 0,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Inside => "INSIDE",
            Self::Outside => "OUTSIDE",
            Self::InsideCount | Self::OutsideCount => "COUNT",
            Self::InsideBar | Self::OutsideBar => "",
            Self::Times => "TIMES",
            Self::Score => "G2",
        }
    }
}

/// The score in at most nine cells.
fn score(excess: &Excess) -> String {
    if excess.score < 9_999.5 { format!("{:.1}", excess.score) } else { grouped(excess.score as u64) }
}
