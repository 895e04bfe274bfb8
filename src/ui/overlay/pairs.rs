//! The two-field count: two fields are chosen one after another, then stand the pairs of their values
//! with how often they came together.
//!
//! Not here: counting (`store`).

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::answer::pairs::{Pair, PairQuestion, Pairs};
use crate::event::field::Field;
use crate::ui::cells::{Cut, Text, grouped, widest};
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::pane::{facets, top};
use crate::ui::study::{Slot, Study};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::{scrollbar, share};

use super::rows::Rows;
use super::{Outcome, frame, full};

/// How many pairs are asked for.
const MOST: usize = 1_000;
/// From this width on first and last time stand beside each pair.
const WITH_TIMES: u16 = 110;

/// The fields that can be chosen.
fn fields() -> impl Iterator<Item = Field> {
    facets::FIELDS.into_iter().chain([Field::Outcome, Field::Changes, Field::RequestId])
}

/// How far the choice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    First,
    Second(Field),
    Counts(Field, Field),
}

/// The layer's state.
#[derive(Debug, Clone)]
pub struct State {
    /// The question, once both fields are chosen.
    pub question: Option<PairQuestion>,
    /// Over how many loaded entries it was asked.
    pub loaded: usize,
    /// The pairs; `None` while they are counted.
    found: Option<Pairs>,
    stage: Stage,
    /// Its lines: the cursor, and what they are narrowed by.
    pub rows: Rows,
    by_failures: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            question: None,
            loaded: 0,
            found: None,
            stage: Stage::First,
            rows: Rows::default(),
            by_failures: false,
        }
    }
}

impl State {
    /// One step back within the layer; whether there was one.
    pub fn step_back(&mut self) -> bool {
        self.stage = match self.stage {
            Stage::First => return false,
            Stage::Second(_) => Stage::First,
            Stage::Counts(first, _) => Stage::Second(first),
        };
        self.question = None;
        self.found = None;
        self.rows = Rows::default();
        true
    }

    /// The pairs were counted; the cursor stays on its pair.
    pub fn take(&mut self, found: Pairs, area: Rect) {
        let held = self.pairs().get(self.rows.cursor).map(|pair| pair.values.clone());
        self.found = Some(found);
        let pairs = self.pairs();
        let place = held.and_then(|held| pairs.iter().position(|pair| pair.values == held));
        let count = pairs.len();
        let page = self.page(area);
        self.rows.go_to(place.unwrap_or(self.rows.cursor), count, page);
    }

    fn fields(&self) -> Vec<Field> {
        let taken = match self.stage {
            Stage::Second(first) => Some(first),
            _ => None,
        };
        fields()
            .filter(|field| Some(*field) != taken)
            .filter(|field| self.rows.list.shows([field.name(), field.info().about]))
            .collect()
    }

    fn pairs(&self) -> Vec<&Pair> {
        let matches = |pair: &&Pair| self.rows.list.shows([&*pair.values.0, &*pair.values.1]);
        let mut pairs: Vec<&Pair> =
            self.found.iter().flat_map(|found| &found.pairs).filter(matches).collect();
        if self.by_failures {
            let share = |one: &Pair, other: &Pair| u128::from(one.failures) * u128::from(other.count);
            pairs.sort_by(|a, b| share(b, a).cmp(&share(a, b)).then(b.failures.cmp(&a.failures)));
        }
        pairs
    }

    fn count(&self) -> usize {
        match self.stage {
            Stage::Counts(..) => self.pairs().len(),
            _ => self.fields().len(),
        }
    }
}

impl State {
    /// The keys that matter, each with a word or two, the way out last.
    pub fn hints(&self) -> &'static [(Action, &'static str)] {
        const CHOICE: (Action, &str) = (Action::Choose, "choose");
        const NARROW: (Action, &str) = (Action::Narrow, "narrow");
        match self.stage {
            Stage::First => &[CHOICE, NARROW, (Action::StepBack, "close")],
            Stage::Second(_) => &[CHOICE, NARROW, (Action::StepBack, "back")],
            Stage::Counts(..) => &[
                (Action::Choose, "filter to it"),
                (Action::Exclude, "exclude"),
                NARROW,
                (Action::SortList, "sort"),
                (Action::StepBack, "back"),
            ],
        }
    }

    /// Where its lines stand: below their titles, where they have some.
    fn list(&self, inside: Rect) -> Rect {
        let titles = u16::from(matches!(self.stage, Stage::Counts(..)));
        Rect { y: inside.y + titles, height: inside.height.saturating_sub(titles), ..inside }
    }

    /// How many lines are seen.
    fn page(&self, area: Rect) -> usize {
        let inside = Rect { height: full(area).height.saturating_sub(2), ..area };
        usize::from(self.list(inside).height).max(1)
    }
}

/// Gives it a key.
pub fn key(state: &mut State, model: &mut Model, action: Option<Action>, key: Key) -> Outcome {
    let (count, page) = (state.count(), state.page(model.area()));
    if state.rows.key(action, key, count, page) {
        let count = state.count();
        state.rows.go_to(state.rows.cursor, count, page);
        return Outcome::Stay;
    }
    match (action, state.stage) {
        (Some(Action::TwoFields), _) => Outcome::Close,
        (Some(Action::SortList), Stage::Counts(..)) => {
            state.by_failures = !state.by_failures;
            state.rows.go_to(0, count, page);
            Outcome::Stay
        }
        (Some(Action::Choose), Stage::First | Stage::Second(_)) => choose(state, model),
        (Some(chosen @ (Action::Choose | Action::Include | Action::Exclude)), Stage::Counts(..)) => {
            let Some(pair) = state.pairs().get(state.rows.cursor).copied().cloned() else {
                return Outcome::Stay;
            };
            let found = state.found.as_ref();
            let query = if chosen == Action::Exclude {
                // Not both together; each alone may still come.
                let both = found.and_then(|found| found.include(&crate::query::Query::all(), &pair));
                both.map(|both| (*model.scope.query).clone().and(both.expr.negated()))
            } else {
                found.and_then(|found| found.include(&model.scope.query, &pair))
            };
            query.map_or(Outcome::Stay, Outcome::Query)
        }
        (Some(Action::SortList | Action::Include | Action::Exclude), _) => {
            Outcome::Tell("first two fields are chosen, by Enter".to_owned())
        }
        _ => Outcome::Unused,
    }
}

fn choose(state: &mut State, model: &Model) -> Outcome {
    let Some(field) = state.fields().get(state.rows.cursor).copied() else { return Outcome::Stay };
    state.rows = Rows::default();
    match state.stage {
        Stage::First => {
            state.stage = Stage::Second(field);
            Outcome::Stay
        }
        Stage::Second(first) | Stage::Counts(first, _) => {
            state.stage = Stage::Counts(first, field);
            let question = PairQuestion {
                filter: model.scope.query.clone(),
                window: model.scope.view(),
                fields: (first, field),
                top: MOST,
            };
            state.loaded = model.answer.loaded;
            state.question = Some(question.clone());
            Outcome::Study(Study::Pairs(question))
        }
    }
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let place = full(area);
    let title = match state.stage {
        Stage::First => "Two fields: the first".to_owned(),
        Stage::Second(first) => format!("Two fields: {} and", first.name()),
        Stage::Counts(first, second) => format!("{} × {}", first.name(), second.name()),
    };
    let (title, typed_at) = super::narrowed_title(&title, &state.rows.list, theme);
    let inside = frame(buffer, place, &title, theme);
    let list = state.list(inside);
    let count = state.count();
    match state.stage {
        Stage::Counts(first, second) => draw_pairs(state, model, (first, second), inside, list, buffer),
        Stage::First | Stage::Second(_) => {
            for (number, (field, y)) in state
                .fields()
                .iter()
                .enumerate()
                .skip(state.rows.list.top)
                .zip(list.top()..list.bottom())
                .map(|((n, f), y)| (n, (f, y)))
            {
                let mut text = Text::own(&format!("{:<14}", field.name()), Role::Text, theme);
                text.push_own(field.info().about, Role::Dim, theme);
                marker(state, number, inside.x, y, theme, buffer);
                text.fitted(usize::from(list.width), Cut::End, theme).draw(buffer, list.x, y, list.width);
            }
        }
    }
    let bar = Rect { x: inside.right() + 1, width: 1, ..list };
    scrollbar::draw(buffer, bar, count, state.rows.list.top, usize::from(list.height), theme);
    state.rows.is_typing().then(|| Position::new((place.x + typed_at).min(place.right() - 2), place.y))
}

fn marker(state: &State, number: usize, x: u16, y: u16, theme: &Theme, buffer: &mut Buffer) {
    if number == state.rows.cursor {
        Text::own(theme.glyphs().marker, Role::Accent, theme).draw(buffer, x - 1, y, 1);
    }
}

const COUNT: u16 = 9;
const FAILED: u16 = 6;
const TIME: u16 = 14;
/// The widths between which bars stand.
const LEAST_BAR: u16 = 6;
const MOST_BAR: u16 = 40;
/// The fewest cells of both values beside which a bar stands.
const LEAST_VALUES: u16 = 24;
/// The cells of a value that its column is made for.
const LONGEST: usize = 60;

/// The widths that depend on what there is: the values take what they need, the bars what is left.
struct Widths {
    values: [u16; 2],
    bar: u16,
}

impl Widths {
    fn of(pairs: &[&Pair], fields: (Field, Field), width: u16, theme: &Theme) -> Self {
        let times = width >= WITH_TIMES;
        let numbers = COUNT + FAILED + 2 + if times { 2 * TIME + 2 } else { 0 };
        // Two cells behind each value.
        let room = width.saturating_sub(numbers + 4);
        let wanted = |field: Field, value: fn(&Pair) -> &str| {
            let widest = widest(pairs.iter().map(|pair| value(pair)), LONGEST, theme);
            widest.max(field.name().len()) as u16
        };
        let wanted = [wanted(fields.0, |pair| &pair.values.0), wanted(fields.1, |pair| &pair.values.1)];
        let wide = room >= LEAST_BAR + LEAST_VALUES;
        let values = if wide { room - LEAST_BAR } else { room };
        let half = values / 2;
        let first = wanted[0].min(values.saturating_sub(wanted[1]).max(half));
        let second = wanted[1].min(values - first.min(values));
        Self {
            values: [first, second],
            bar: if wide { room.saturating_sub(first + second).min(MOST_BAR) } else { 0 },
        }
    }
}

fn draw_pairs(
    state: &State,
    model: &Model,
    fields: (Field, Field),
    inside: Rect,
    list: Rect,
    buffer: &mut Buffer,
) {
    let theme = &model.theme;
    let times = inside.width >= WITH_TIMES;
    let pairs = state.pairs();
    let Widths { values: [first, second], bar } = Widths::of(&pairs, fields, inside.width, theme);
    let x = [inside.x, inside.x + first + 2, inside.x + first + second + 4];
    let titles = [(fields.0.name(), x[0], first), (fields.1.name(), x[1], second)];
    for (title, x, width) in titles {
        let title = Text::own(&title.to_uppercase(), Role::Label, theme);
        title.fitted(usize::from(width), Cut::End, theme).draw(buffer, x, inside.y, width);
    }
    Text::own("COUNT", Role::Label, theme).draw_right(buffer, x[2] + COUNT, inside.y, COUNT);
    let failed = x[2] + COUNT + 1 + bar + 1;
    Text::own("FAIL", Role::Label, theme).draw_right(buffer, failed + FAILED, inside.y, FAILED);
    if times {
        Text::own("FIRST", Role::Label, theme).draw(buffer, failed + FAILED + 1, inside.y, TIME);
        Text::own("LAST", Role::Label, theme).draw(buffer, failed + FAILED + 2 + TIME, inside.y, TIME);
    }
    let Some(found) = &state.found else {
        let words = model.studies.missing(Slot::Layer, "counting…", theme);
        for (line, y) in words.wrapped(usize::from(list.width), 2).iter().zip(list.top()..list.bottom()) {
            line.draw(buffer, list.x, y, list.width);
        }
        return;
    };
    if pairs.is_empty() {
        let words = if found.pairs.is_empty() { "no entry has both" } else { "no pair has that" };
        Text::own(words, Role::Dim, theme).draw(buffer, list.x, list.y, list.width);
    }
    let most = found.pairs.first().map_or(1, |pair| pair.count.max(1));
    // The line above the list's end says what is not seen.
    let unseen = said(found);
    for (number, y) in (state.rows.list.top..pairs.len()).zip(list.top()..list.bottom()) {
        let pair = pairs[number];
        marker(state, number, inside.x, y, theme, buffer);
        for (field, value, x, width) in
            [(fields.0, &pair.values.0, x[0], first), (fields.1, &pair.values.1, x[1], second)]
        {
            let role = Role::of_value(field, value).unwrap_or(Role::Text);
            let text = Text::beginning(value, 300, role, theme);
            text.fitted(usize::from(width), Cut::End, theme).draw(buffer, x, y, width);
        }
        Text::own(&grouped(pair.count), Role::Text, theme).draw_right(buffer, x[2] + COUNT, y, COUNT);
        let share = share::bar(pair.count, most, bar, Role::Scrollbar, theme);
        share.draw(buffer, x[2] + COUNT + 1, y, bar);
        if pair.failures > 0 {
            let share = facets::percent(pair.failures, pair.count);
            Text::own(&share, Role::Class4xx, theme).draw_right(buffer, failed + FAILED, y, FAILED);
        }
        if times {
            let zone = model.zone();
            for (time, x) in [(pair.first, failed + FAILED + 1), (pair.last, failed + FAILED + 2 + TIME)] {
                Text::own(&zone.stamp(time), Role::Dim, theme).draw(buffer, x, y, TIME);
            }
        }
    }
    if !unseen.is_empty() {
        let mut text = Text::own(&format!(" {unseen} "), Role::Dim, theme);
        let asked = state.question.as_ref();
        if let Some(partly) = asked.and_then(|asked| top::partly(model, asked.window, &asked.filter)) {
            text.extend(partly);
            text.push_own(" ", Role::Dim, theme);
        }
        let wide = text.width() as u16;
        text.draw_right(buffer, inside.right(), inside.bottom(), wide);
    }
}

/// How many pairs there are in all, and how many entries have none.
fn said(found: &Pairs) -> String {
    let shown = grouped(found.pairs.len() as u64);
    let cut = found.distinct > found.pairs.len();
    let most = if cut { format!(", the {shown} commonest here") } else { String::new() };
    let lack = match found.absent {
        0 => String::new(),
        absent => format!("; {} entries lack one", grouped(absent)),
    };
    format!("{} pairs{most}{lack}", grouped(found.distinct as u64))
}
