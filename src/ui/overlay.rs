//! What lies above the screen: a stack of layers, the topmost has the keys.

pub mod ask;
pub mod columns;
pub mod compare;
pub mod copy;
pub mod export;
pub mod frame;
pub mod help;
pub mod line;
pub mod list;
pub mod marks;
pub mod messages;
pub mod pairs;
pub mod palette;
pub mod record;
pub mod rows;
pub mod singles;
pub mod sources;
pub mod time;
pub mod welcome;
pub mod why;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::event::field::Field;
use crate::query::Query;

use super::effect::Effect;
use super::keymap::{Action, Focus, Key};
use super::model::Model;
use super::session::View;
use super::setup::Wish;
use super::study::Study;
use super::widget::menu::Menu;
use rows::Rows;

pub use frame::{centred, draw_lines, frame, full};
pub use list::{List, narrowed_title};

/// A layer.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// The keys.
    Help(help::State),
    /// The choice of a window.
    Time(time::State),
    /// The messages so far, and the requests.
    Messages(List),
    /// Every action by name.
    Palette(palette::State),
    /// What can be copied.
    Copy(Menu),
    /// Other sources, saved views.
    Sources(sources::State),
    /// An export to a file.
    Export(export::State),
    /// The first run.
    Welcome(welcome::State),
    /// The note of a mark.
    Ask(ask::State),
    /// The marked entries.
    Marks(Box<marks::State>),
    /// Two entries beside one another.
    Compare(compare::State),
    /// The question before many single records are fetched.
    Singles(singles::State),
    /// A record's history.
    Record(Box<record::State>),
    /// Why a stretch is unlike the rest.
    Why(why::State),
    /// The two-field count.
    Pairs(pairs::State),
    /// The choice of columns.
    Columns(columns::State),
    /// A text typed on the bottom line.
    Line(line::State),
}

impl Overlay {
    /// The focus whose keys are in force.
    pub fn focus(&self) -> Focus {
        match self {
            Self::Time(time) if time.typing => Focus::Prompt,
            Self::Export(state) if state.typing => Focus::Prompt,
            Self::Welcome(state) if state.is_typing() => Focus::Prompt,
            Self::Palette(_) | Self::Line(_) | Self::Ask(_) => Focus::Prompt,
            _ if self.list().is_some_and(|list| list.narrowing) => Focus::Prompt,
            Self::Time(_) => Focus::Time,
            Self::Why(_)
            | Self::Pairs(_)
            | Self::Columns(_)
            | Self::Help(_)
            | Self::Messages(_)
            | Self::Copy(_)
            | Self::Sources(_)
            | Self::Export(_)
            | Self::Welcome(_)
            | Self::Marks(_)
            | Self::Compare(_)
            | Self::Singles(_)
            | Self::Record(_) => Focus::List,
        }
    }

    /// The list in it that is narrowed by typing.
    fn list(&self) -> Option<&List> {
        match self {
            Self::Help(help::State { list, .. })
            | Self::Messages(list)
            | Self::Compare(compare::State { list, .. })
            | Self::Why(why::State { rows: Rows { list, .. }, .. })
            | Self::Pairs(pairs::State { rows: Rows { list, .. }, .. })
            | Self::Columns(columns::State { rows: Rows { list, .. }, .. })
            | Self::Sources(sources::State { rows: Rows { list, .. }, .. }) => Some(list),
            Self::Marks(state) => Some(&state.rows.list),
            Self::Record(state) => Some(&state.rows.list),
            _ => None,
        }
    }

    /// Pastes into what is typed in it.
    pub fn paste(&mut self, model: &Model, text: &str) {
        match self {
            Self::Time(state) => time::paste(state, text),
            Self::Welcome(state) => state.paste(model, text),
            Self::Export(state) => state.paste(text),
            Self::Palette(palette::State { prompt, .. })
            | Self::Ask(ask::State { prompt, .. })
            | Self::Line(line::State { prompt, .. }) => {
                prompt.paste(text);
            }
            Self::Help(help::State { list, .. })
            | Self::Messages(list)
            | Self::Compare(compare::State { list, .. }) => {
                list.paste(text);
            }
            Self::Why(why::State { rows, .. })
            | Self::Pairs(pairs::State { rows, .. })
            | Self::Columns(columns::State { rows, .. })
            | Self::Sources(sources::State { rows, .. }) => rows.paste(text),
            Self::Marks(state) => state.rows.paste(text),
            Self::Record(state) => state.rows.paste(text),
            Self::Copy(_) | Self::Singles(_) => {}
        }
    }

    /// Its name at the lower left.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Help(_) => "HELP",
            Self::Time(_) => "TIME",
            Self::Messages(_) => "MESSAGES",
            Self::Palette(_) => "PALETTE",
            Self::Copy(_) => "COPY",
            Self::Sources(_) => "SOURCES",
            Self::Export(_) => "EXPORT",
            Self::Welcome(_) => "WELCOME",
            Self::Ask(_) => "NOTE",
            Self::Marks(_) => "MARKS",
            Self::Compare(_) => "COMPARE",
            Self::Singles(_) => "SINGLE RECORDS",
            Self::Record(_) => "HISTORY",
            Self::Why(_) => "WHY",
            Self::Pairs(_) => "TWO FIELDS",
            Self::Columns(_) => "COLUMNS",
            Self::Line(line) => line.title(),
        }
    }

    /// Whether it shows that something is still being looked for.
    pub fn is_waiting(&self) -> bool {
        match self {
            Self::Record(state) => state.trace.is_none() || state.fetching.is_some(),
            Self::Singles(state) => *state == singles::State::Counting,
            _ => false,
        }
    }

    /// The keys that matter in it, each with a word or two, the way out last.
    pub fn hints(&self) -> &'static [(Action, &'static str)] {
        const TYPING: &[(Action, &str)] = &[(Action::Keep, "keep"), (Action::TakeBack, "take back")];
        match self {
            Self::Palette(_) => &[(Action::Keep, "do it"), (Action::TakeBack, "close")],
            Self::Welcome(state) => state.hints(),
            _ if self.focus() == Focus::Prompt => TYPING,
            // These have their own bottom line.
            Self::Ask(_) | Self::Line(_) => TYPING,
            Self::Help(_) | Self::Messages(_) | Self::Compare(_) => {
                &[(Action::Narrow, "search"), (Action::PageDown, "scroll"), (Action::StepBack, "close")]
            }
            Self::Time(_) => {
                &[(Action::CustomTime, "own window"), (Action::Choose, "take"), (Action::StepBack, "close")]
            }
            Self::Copy(_) => &[(Action::Choose, "copy"), (Action::StepBack, "close")],
            Self::Sources(_) => &[
                (Action::Choose, "open"),
                (Action::Include, "merge"),
                (Action::Exclude, "unmark, forget"),
                (Action::Narrow, "narrow"),
                (Action::SortList, "sort"),
                (Action::StepBack, "close"),
            ],
            Self::Export(_) => &[(Action::Choose, "change, write"), (Action::StepBack, "close")],
            Self::Pairs(state) => state.hints(),
            Self::Why(_) => &[
                (Action::Choose, "include"),
                (Action::Exclude, "exclude"),
                (Action::Narrow, "narrow"),
                (Action::SortList, "sort"),
                (Action::StepBack, "close"),
            ],
            Self::Columns(_) => &[
                (Action::Choose, "show, hide"),
                (Action::MoveDown, "move"),
                (Action::SortList, "reset"),
                (Action::Narrow, "narrow, /pointer"),
                (Action::StepBack, "close"),
            ],
            Self::Record(state) => state.hints(),
            Self::Marks(_) => &[
                (Action::Choose, "go"),
                (Action::NoteMark, "note"),
                (Action::Compare, "compare"),
                (Action::Exclude, "unmark"),
                (Action::Narrow, "narrow"),
                (Action::SortList, "sort"),
                (Action::StepBack, "close"),
            ],
            Self::Singles(_) => &[(Action::Choose, "fetch them"), (Action::StepBack, "leave it")],
        }
    }

    /// Draws it over the screen; gives where the cursor is to stand.
    pub fn draw(&self, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        match self {
            Self::Help(help) => help::draw(help, model, area, buffer),
            Self::Time(time) => time::draw(time, model, area, buffer),
            Self::Messages(list) => messages::draw(list, model, area, buffer),
            Self::Palette(state) => palette::draw(state, model, area, buffer),
            Self::Copy(menu) => copy::draw(menu, model, area, buffer),
            Self::Sources(state) => sources::draw(state, model, area, buffer),
            Self::Export(state) => export::draw(state, model, area, buffer),
            Self::Welcome(state) => welcome::draw(state, model, area, buffer),
            Self::Ask(ask) => ask::draw(ask, model, area, buffer),
            Self::Compare(compare) => compare::draw(compare, model, area, buffer),
            Self::Marks(state) => marks::draw(state, model, area, buffer),
            Self::Singles(singles) => {
                singles::draw(singles, model, area, buffer);
                None
            }
            Self::Record(record) => record::draw(record, model, area, buffer),
            Self::Why(state) => why::draw(state, model, area, buffer),
            Self::Pairs(state) => pairs::draw(state, model, area, buffer),
            Self::Columns(state) => columns::draw(state, model, area, buffer),
            Self::Line(state) => line::draw(state, model, area, buffer),
        }
    }
}

/// What a key does to a layer.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It stays.
    Stay,
    /// It stays: the key means nothing in it.
    Unused,
    /// It closes.
    Close,
    /// It closes, and this window is to be looked at.
    Window(crate::interval::Interval),
    /// It closes, and this was chosen in the palette.
    Command(palette::Command),
    /// It stays, and this is to be said.
    Tell(String),
    /// It closes, and something else is to be opened.
    Open(Wish),
    /// It closes, and this view is to be looked at.
    View(View),
    /// It stays, and this is to be done.
    StayWith(Vec<Effect>),
    /// It closes, and this is to be done.
    CloseWith(Vec<Effect>),
    /// It stays, and another opens above it.
    Above(Overlay),
    /// It closes, and this filter is to be in force.
    Query(Query),
    /// It closes, and a value is to be a filter.
    Filter {
        /// The field.
        field: Field,
        /// The value.
        value: Box<str>,
        /// Included, else excluded.
        include: bool,
    },
    /// It stays, and this is to be looked for.
    Study(Study),
    /// It closes, and the first row below that is a hit is to be selected. A filter that asks nothing:
    /// of the last find.
    Find {
        /// As it was typed.
        text: String,
        /// What it means.
        query: Query,
    },
    /// It closes, and the table is to go to this time.
    GoTo(crate::interval::Interval),
}

/// What a key does to a layer that is scrolled and narrowed and nothing else; `again`: it is the key
/// that opened it.
fn scrolled(own: bool, again: bool) -> Outcome {
    match (own, again) {
        (true, _) => Outcome::Stay,
        (false, true) => Outcome::Close,
        (false, false) => Outcome::Unused,
    }
}

/// Gives a key to the topmost layer.
pub fn key(model: &mut Model, action: Option<Action>, key: Key) -> Outcome {
    let Some(mut overlay) = model.overlays.pop() else { return Outcome::Stay };
    let outcome = match &mut overlay {
        Overlay::Help(help) => {
            let (lines, page) = help::measure(help, model);
            let own = help.list.key(action, key, lines, page);
            scrolled(own, action == Some(Action::Help))
        }
        Overlay::Time(time) => time::key(time, model, action, key),
        Overlay::Messages(list) => {
            let (lines, page) = messages::measure(list, model);
            let own = list.key(action, key, lines, page);
            scrolled(own, action == Some(Action::Messages))
        }
        Overlay::Palette(state) => palette::key(state, model, action, key),
        Overlay::Copy(menu) => copy::key(menu, model, action, key),
        Overlay::Sources(state) => sources::key(state, model, action, key),
        Overlay::Export(state) => export::key(state, model, action, key),
        Overlay::Welcome(state) => welcome::key(state, model, action, key),
        Overlay::Ask(ask) => ask::key(ask, model, action, key),
        Overlay::Marks(state) => marks::key(state, model, action, key),
        Overlay::Compare(compare) => {
            let (lines, page) = compare::measure(compare, model);
            let own = compare.list.key(action, key, lines, page);
            scrolled(own, action == Some(Action::Compare))
        }
        Overlay::Singles(singles) => singles::key(singles, model, action),
        Overlay::Record(record) => record::key(record, model, action, key),
        Overlay::Why(state) => why::key(state, model, action, key),
        Overlay::Pairs(state) => pairs::key(state, model, action, key),
        Overlay::Columns(state) => columns::key(state, model, action, key),
        Overlay::Line(state) => line::key(state, model, action, key),
    };
    let stays = matches!(
        outcome,
        Outcome::Stay
            | Outcome::Unused
            | Outcome::StayWith(_)
            | Outcome::Tell(_)
            | Outcome::Study(_)
            | Outcome::Above(_)
    );
    if stays || matches!(overlay, Overlay::Welcome(_)) {
        model.overlays.push(overlay);
    }
    if let Outcome::Above(above) = outcome {
        model.overlays.push(above);
        return Outcome::Stay;
    }
    outcome
}
