//! The copy menu: the selected record, the filter, the screen and the ticket as text for the
//! clipboard.
//!
//! Not here: what the texts are like (`handover`), and the ways to the clipboard (`app`).

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::event::Event;
use crate::event::field::Field;
use crate::handover::screen::{Display, Origin, Screen};
use crate::handover::ticket::{Coverage, Marked, markdown};
use crate::handover::{self, narrowed, plot};
use crate::interval::IntervalSet;
use crate::timestamp::Timestamp;
use crate::ui::arrangement::Arrangement;
use crate::ui::cells::Text;
use crate::ui::effect::Effect;
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::pane::table::columns::Column;
use crate::ui::setup::Opened;
use crate::ui::theme::Role;
use crate::ui::widget::menu::Menu;
use crate::ui::zone::Zone;

use super::{Outcome, centred, frame};

/// The fields of a row as text: those that the export's CSV has by default.
const ROW: [Field; 12] = [
    Field::Time,
    Field::Source,
    Field::Status,
    Field::Class,
    Field::Action,
    Field::Actor,
    Field::Target,
    Field::Ip,
    Field::Client,
    Field::Latency,
    Field::RequestId,
    Field::Id,
];

/// How wide a histogram as text is at most, cells: what a ticket shows without wrapping.
const PLOT: usize = 156;

/// What can be copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// The system's own record.
    Record,
    /// The normalised entry.
    Normalised,
    /// The row's cells.
    Row,
    /// A filter that finds this entry and no other.
    EntryFilter,
    /// The request that fetches it.
    Curl,
    /// The filter in force.
    Filter,
    /// The command line that shows the same screen.
    Explore,
    /// The histogram.
    Histogram,
    /// The marked rows, else the selected one, as Markdown.
    Ticket,
}

impl Item {
    /// All, in the menu's order.
    pub const ALL: [Self; 9] = [
        Self::Record,
        Self::Normalised,
        Self::Row,
        Self::EntryFilter,
        Self::Curl,
        Self::Filter,
        Self::Explore,
        Self::Histogram,
        Self::Ticket,
    ];

    /// What it is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Record => "the record as JSON, as the system wrote it",
            Self::Normalised => "the normalised entry as JSON",
            Self::Row => "the row as text, tabs between the cells",
            Self::EntryFilter => "a filter that finds just this entry",
            Self::Curl => "curl of the request that fetches it, the token as $VARIABLE",
            Self::Filter => "the filter in force",
            Self::Explore => "the auditty line that shows the same screen, times absolute",
            Self::Histogram => "the histogram as text",
            Self::Ticket => "Markdown for a ticket",
        }
    }
}

/// Gives it a key.
pub fn key(menu: &mut Menu, model: &Model, action: Option<Action>, key: Key) -> Outcome {
    if action == Some(Action::CopyMenu) {
        return Outcome::Close;
    }
    let numbered = key
        .character()
        .and_then(|digit| digit.to_digit(10))
        .and_then(|digit| Item::ALL.get((digit as usize).checked_sub(1)?));
    let chosen = match (numbered, action) {
        (Some(item), _) => Some(*item),
        (None, Some(Action::Choose)) => Item::ALL.get(menu.cursor).copied(),
        (None, _) if menu.moves(action, Item::ALL.len(), Item::ALL.len()) => None,
        (None, _) => return Outcome::Unused,
    };
    match chosen.map(|item| effect(item, model)) {
        None => Outcome::Stay,
        Some(Ok(effect)) => Outcome::CloseWith(vec![effect]),
        Some(Err(why)) => Outcome::Tell(why),
    }
}

/// What copies it; an error says why there is nothing to copy.
pub fn effect(item: Item, model: &Model) -> Result<Effect, String> {
    let selected = || model.selected().map(|row| &row.event).ok_or_else(|| "no row is selected".to_owned());
    let text = match item {
        Item::Record => handover::record_json(selected()?),
        Item::Normalised => handover::normalised_json(selected()?),
        Item::Row => handover::row_text(selected()?, &ROW),
        Item::EntryFilter => narrowed::filter_text(&narrowed::entry_filter(selected()?)),
        Item::Curl if !model.setup.has_servers() => {
            return Err("it came from a file or the archive: no request fetches it here".to_owned());
        }
        Item::Curl => return Ok(Effect::CopyRequest(selected()?.clone())),
        Item::Filter if model.scope.query.is_all() => return Err("no filter is in force".to_owned()),
        Item::Filter => narrowed::filter_text(&model.scope.query),
        Item::Explore => screen(model, |shown: &Screen<'_>| -> String { shown.explore() }),
        Item::Histogram => histogram(model)?,
        Item::Ticket => ticket(model)?,
    };
    Ok(Effect::Copy(text))
}

/// What the present screen is to a command line.
pub fn screen<T>(model: &Model, line: impl FnOnce(&Screen<'_>) -> T) -> T {
    let names: Vec<&str> = model.feed.sources().iter().map(|source| &*source.name).collect();
    let files: Vec<&str> = match &model.setup.opened {
        Opened::Files(files) => files.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let origin = match &model.setup.opened {
        Opened::Sources | Opened::Nothing => Origin::Sources(&names),
        Opened::Archive => Origin::Archive(&names),
        Opened::Files(_) => Origin::Files(&files),
        Opened::Demo { end } => Origin::Demo { end: *end },
    };
    let Arrangement { standing, columns, at, no_histogram } = model.arrangement();
    let display = Display {
        sort: standing.words(),
        columns: columns.map(|columns| columns.iter().map(Column::name).collect()),
        at,
        no_histogram,
        zone: model.zone().tz().map(|zone| zone.name().to_owned()),
    };
    line(&Screen {
        origin,
        window: model.scope.view(),
        filter: &model.scope.query,
        entities: &model.setup.entities,
        config: model.setup.config.as_deref(),
        provider: model.setup.provider.as_deref(),
        display,
    })
}

/// Times under a plot are in the zone of the screen.
impl plot::Zone for Zone {
    fn format(&self, time: Timestamp, format: &str) -> String {
        match self {
            Self::Utc => time.to_chrono().format(format).to_string(),
            Self::Named(zone) => time.to_chrono().with_timezone(zone).format(format).to_string(),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Utc => "UTC".to_owned(),
            Self::Named(zone) => zone.name().to_owned(),
        }
    }
}

fn histogram(model: &Model) -> Result<String, String> {
    let histogram = model.answer.histogram.as_ref().ok_or("nothing is counted yet")?;
    let missing: IntervalSet = model
        .feed
        .gaps(model.scope.view(), &model.scope.query, model.now)
        .into_iter()
        .map(|(gap, _)| gap)
        .collect();
    Ok(handover::histogram_text(histogram, &missing, PLOT, &model.zone()))
}

fn ticket(model: &Model) -> Result<String, String> {
    let marked = marked(model);
    if marked.is_empty() {
        return Err("no row is marked, and none is selected".to_owned());
    }
    let gaps = model.feed.gaps(model.scope.view(), &model.scope.query, model.now);
    let coverage = Coverage {
        matched: model.answer.matched as u64,
        fetched: model.answer.loaded as u64,
        window: model.scope.view(),
        missing: gaps.into_iter().map(|(gap, known)| (gap, known.words())).collect(),
    };
    Ok(markdown(&marked, &coverage))
}

/// The rows for a ticket: those that are marked, without any the selected one.
fn marked(model: &Model) -> Vec<Marked<'_>> {
    if model.marks.is_empty() {
        let event: Option<&Event> = model.selected().map(|row| &*row.event);
        return event.into_iter().map(|event| Marked { event, note: None }).collect();
    }
    let marks = model.marks.in_order().iter();
    marks
        .map(|mark| {
            let note = Some(mark.note.as_str()).filter(|note| !note.is_empty());
            Marked { event: &mark.event, note }
        })
        .collect()
}

/// Which rows the ticket has.
fn ticket_rows(model: &Model) -> String {
    match (model.marks.len(), model.marks.waiting()) {
        (0, 0) => ": the selected row, as none is marked".to_owned(),
        (0, _) => ": the selected row; the marks' entries are not loaded".to_owned(),
        (1, 0) => ": the marked row; note, diffs, coverage".to_owned(),
        (marked, 0) => format!(": the {marked} marked rows; notes, diffs, coverage"),
        (marked, waiting) => format!(": {marked} marked rows, {waiting} more not loaded"),
    }
}

/// Draws it.
pub fn draw(menu: &Menu, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let place = centred(super::full(area), 72, Item::ALL.len() as u16 + 2);
    let inside = frame(buffer, place, "Copy", theme);
    let lines: Vec<Text> = Item::ALL
        .iter()
        .enumerate()
        .map(|(number, item)| {
            let line = Text::own(&format!("{}  ", number + 1), Role::Key, theme);
            let line = line.and(item.words(), Role::Text, theme);
            if *item == Item::Ticket { line.and(&ticket_rows(model), Role::Dim, theme) } else { line }
        })
        .collect();
    menu.draw(&lines, inside, buffer, theme);
    None
}
