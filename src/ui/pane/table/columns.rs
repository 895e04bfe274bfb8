//! Which columns the table has: those that were chosen, else those that the data has, as wide as
//! their content so far, the important ones last to go.
//!
//! Of chosen columns each that is shown has what it needs at least; where there is no room for all,
//! those of least importance are left out, and how many is told. Where the data decide and there is no
//! room, in this order: message, latency and client go; address and actor are cut (of
//! an address and of an id the front); target, id, source and address go; action and actor are cut
//! further; badge and actor go. Time, status and action always stand.

use std::borrow::Cow;

use crate::answer::Row;
use crate::event::Event;
use crate::event::field::Field;
use crate::export::column::{self, ColumnError, Content};
use crate::json::Pointer;
use crate::query::print::in_quotes;
use crate::ui::theme::{Role, Theme};

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Column {
    /// The time.
    Time,
    /// Agents, keys, hostile text.
    Badge,
    /// The request id, else the id: what the copy key takes.
    Id,
    /// A field.
    Field(Field),
    /// The record's value at a pointer.
    Path(Pointer),
}

impl Column {
    /// Whether its text stands at the right, as numbers do.
    pub fn is_right_aligned(&self) -> bool {
        *self == Self::Field(Field::Latency)
    }

    /// Its name, which [`Self::parse`] reads again: a field's, `badge`, `copied-id`, `@/pointer`.
    pub fn name(&self) -> String {
        match self {
            Self::Time => Field::Time.name().to_owned(),
            Self::Badge => "badge".to_owned(),
            Self::Id => "copied-id".to_owned(),
            Self::Field(field) => field.name().to_owned(),
            Self::Path(pointer) => {
                let pointer = pointer.to_string();
                // In a list it would be two, or lose its end.
                let ambiguous = pointer.contains(',') || pointer.ends_with(char::is_whitespace);
                format!("@{}", if ambiguous { in_quotes(&pointer) } else { pointer })
            }
        }
    }

    /// The column of this name: those of a CSV, and the table's own besides.
    pub fn parse(name: &str) -> Result<Self, ColumnError> {
        match name {
            "badge" => return Ok(Self::Badge),
            "copied-id" => return Ok(Self::Id),
            _ => {}
        }
        Ok(match column::Column::parse(name)?.content {
            Content::Field(Field::Time) => Self::Time,
            Content::Field(field) => Self::Field(field),
            // The whole record is no column of a table.
            Content::Pointer(pointer) if pointer.is_root() => {
                return Err(ColumnError::Pointer(name.to_owned()));
            }
            Content::Pointer(pointer) => Self::Path(pointer),
        })
    }

    /// Its header.
    pub fn label(&self) -> String {
        match self {
            Self::Time => Field::Time.info().label.to_owned(),
            Self::Badge => String::new(),
            Self::Id => Field::Id.info().label.to_owned(),
            Self::Field(field) => field.info().label.to_owned(),
            Self::Path(pointer) => pointer.tokens().last().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// What it is, in a few words.
    pub fn about(&self) -> String {
        match self {
            Self::Badge => "agents, keys, hostile text".to_owned(),
            Self::Id => "the request's id, else the entry's".to_owned(),
            Self::Time => Field::Time.info().about.to_owned(),
            Self::Field(field) => field.info().about.to_owned(),
            Self::Path(_) => "from the record".to_owned(),
        }
    }

    /// Whether rows that stand by a field stand by this column.
    pub fn is_of(&self, field: Field) -> bool {
        match self {
            Self::Field(own) => *own == field,
            Self::Id => matches!(field, Field::Id | Field::RequestId),
            Self::Badge => field == Field::ActorType,
            Self::Time | Self::Path(_) => false,
        }
    }

    /// The field whose value an entry shows here, where it is one.
    pub fn field(&self, event: &Event) -> Option<Field> {
        match self {
            Self::Time => Some(Field::Time),
            Self::Badge => Some(Field::ActorType),
            Self::Id => Some(if event.request_id.is_some() { Field::RequestId } else { Field::Id }),
            Self::Field(Field::Status) if event.status.is_none() => Some(Field::Outcome),
            Self::Field(field) => Some(*field),
            Self::Path(_) => None,
        }
    }

    /// An entry's value, as it stands there: what is copied, included and looked for elsewhere.
    pub fn value<'e>(&self, event: &'e Event) -> Option<Cow<'e, str>> {
        match self {
            Self::Path(pointer) => {
                let node = event.record.node().at(pointer)?;
                Some(node.scalar().unwrap_or_else(|| node.compact()))
            }
            _ => event.text(self.field(event)?),
        }
        .filter(|value| !value.is_empty())
    }
}

/// The columns in the order they stand, as long as none were chosen.
pub const SHOWN: [Column; 12] = [
    Column::Time,
    Column::Field(Field::Status),
    Column::Field(Field::Source),
    Column::Field(Field::Action),
    Column::Badge,
    Column::Field(Field::Actor),
    Column::Field(Field::Target),
    Column::Field(Field::Ip),
    Column::Field(Field::Client),
    Column::Field(Field::Latency),
    Column::Field(Field::Message),
    Column::Id,
];

/// The columns in the order they give way where there is no room, the first one first; those that
/// are not named stay.
const GIVE_WAY: [Column; 9] = [
    Column::Field(Field::Message),
    Column::Field(Field::Latency),
    Column::Field(Field::Client),
    Column::Field(Field::Target),
    Column::Id,
    Column::Field(Field::Source),
    Column::Field(Field::Ip),
    Column::Badge,
    Column::Field(Field::Actor),
];

/// How many of [`GIVE_WAY`] go as soon as the others have less room than they are content with.
const EARLY: usize = 3;
/// How many of [`GIVE_WAY`] go before contents are cut further than [`ROOM`] has it, down to [`CUT`].
const BEFORE_CUTS: usize = 3;
/// How many of [`GIVE_WAY`] go before action and actor have less than [`CUT`].
const BEFORE_THE_IMPORTANT: usize = 7;

/// What action, actor and target are left with, as far as their contents need it, while less
/// important columns still stand.
const ROOM: [(Column, u16); 3] = [
    (Column::Field(Field::Action), 18),
    (Column::Field(Field::Actor), 12),
    (Column::Field(Field::Target), 10),
];

/// What the contents of these are cut to rather than that a column goes: of an address, as of an id,
/// the tail stays, which tells it from its neighbours.
const CUT: [(Column, u16); 2] = [(Column::Field(Field::Actor), 10), (Column::Field(Field::Ip), 9)];

/// The columns in the order in which room is given to them, and how much they are content with.
const GROW: [(Column, u16); 10] = [
    (Column::Field(Field::Source), 8),
    (Column::Field(Field::Ip), 13),
    (Column::Field(Field::Action), 22),
    (Column::Field(Field::Actor), 12),
    (Column::Field(Field::Target), 16),
    (Column::Id, 12),
    (Column::Field(Field::Client), 8),
    (Column::Field(Field::Latency), 8),
    (Column::Field(Field::Message), 30),
    (Column::Badge, 1),
];

/// The least and the most cells of a column out of the record.
const PATH_WIDTH: (u16, u16) = (6, 30);

/// The columns that stand whatever else is chosen.
const STAY: [Column; 3] = [Column::Time, Column::Field(Field::Status), Column::Field(Field::Action)];

/// How many cells it takes to tell how many columns are left out: ` +12`.
pub const LEFT_OUT: u16 = 3;

/// The columns that are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// With their widths.
    pub columns: Vec<(Column, u16)>,
    /// How many of those that were chosen are not.
    pub left_out: usize,
}

/// A column with the least and the most cells that it takes.
struct Wish {
    column: Column,
    least: u16,
    most: u16,
}

/// How wide the columns' contents have been, so that they do not jump with every row that scrolls by;
/// and which ones were chosen.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    widest: Vec<(Column, u16)>,
    /// Other rows are looked at: the next ones count from nothing.
    outdated: bool,
    chosen: Option<Vec<Column>>,
}

impl Columns {
    /// Takes in the contents of rows.
    pub fn take(&mut self, rows: &[Row], theme: &Theme) {
        if std::mem::take(&mut self.outdated) {
            self.widest.clear();
        }
        let own = self.chosen.clone().unwrap_or_default();
        let others = own.into_iter().filter(|column| !SHOWN.contains(column));
        for column in SHOWN.into_iter().chain(others) {
            let seen = rows.iter().map(|row| content(&row.event, &column, theme)).max().unwrap_or(0);
            match self.widest.iter_mut().find(|(known, _)| *known == column) {
                Some((_, widest)) => *widest = (*widest).max(seen),
                None => self.widest.push((column, seen)),
            }
        }
    }

    /// Other rows are looked at: once they come, what was seen before does not count. The choice
    /// stays.
    pub fn forget(&mut self) {
        self.outdated = true;
    }

    /// The columns that were chosen, in their order; `None` where the data decide.
    pub fn chosen(&self) -> Option<&[Column]> {
        self.chosen.as_deref()
    }

    /// Chooses the columns; `None`: the data decide again. Without any the time stands alone.
    pub fn choose(&mut self, chosen: Option<Vec<Column>>) {
        self.chosen = chosen.map(|columns| if columns.is_empty() { vec![Column::Time] } else { columns });
    }

    /// The columns that the data has, where there is room for all of them.
    pub fn present(&self, several_sources: bool) -> Vec<Column> {
        SHOWN.into_iter().filter(|column| self.wanted(column, several_sources)).collect()
    }

    fn wanted(&self, column: &Column, several_sources: bool) -> bool {
        match column {
            Column::Time | Column::Field(Field::Status | Field::Action) => true,
            Column::Field(Field::Source) => several_sources,
            _ => self.widest(column) > 0,
        }
    }

    fn widest(&self, column: &Column) -> u16 {
        self.widest.iter().find(|(known, _)| known == column).map_or(0, |(_, widest)| *widest)
    }

    fn wish(&self, column: Column, time: u16) -> Wish {
        let seen = self.widest(&column);
        let (least, most) = match &column {
            Column::Time => (time, time),
            Column::Badge => (1, 1),
            Column::Id => (seen.clamp(2, 7), seen.clamp(2, Field::RequestId.info().width.1)),
            Column::Field(Field::Status) => (3, seen.max(3)),
            // Whole as far as it is of four bytes; where there is no room see [`CUT`].
            Column::Field(Field::Ip) => (seen.clamp(2, 15), seen.clamp(2, Field::Ip.info().width.1)),
            Column::Field(field) => {
                let label = field.info().label.len() as u16;
                self.between(&column, field.info().width, label)
            }
            Column::Path(_) => {
                let label = column.label().chars().count().min(12) as u16;
                self.between(&column, PATH_WIDTH, label)
            }
        };
        Wish { column, least: least.min(most), most }
    }

    fn between(&self, column: &Column, (least, most): (u16, u16), label: u16) -> (u16, u16) {
        let most = self.widest(column).clamp(label, most.max(label));
        (least.max(label).min(most), most)
    }

    /// The columns for a width, with their widths; between two stands one blank.
    pub fn layout(&self, width: u16, time: u16, several_sources: bool) -> Layout {
        let Some(chosen) = &self.chosen else {
            let columns = fit(self.those_that_matter(width, time, several_sources), width);
            return Layout { columns, left_out: 0 };
        };
        let mut room = width;
        let mut wishes = self.those_chosen(chosen, room, time);
        if wishes.len() < chosen.len() {
            // Their number stands at the end of the header.
            room = width.saturating_sub(LEFT_OUT + 1);
            wishes = self.those_chosen(chosen, room, time);
        }
        let columns = fit(wishes, room);
        let left_out = chosen.len() - columns.len();
        Layout { columns, left_out }
    }

    /// The chosen columns, as many of them as there is room for, each with what it needs at least.
    fn those_chosen(&self, chosen: &[Column], width: u16, time: u16) -> Vec<Wish> {
        let wishes: Vec<Wish> = chosen.iter().map(|column| self.needing(column.clone(), time)).collect();
        let mut shown = vec![true; wishes.len()];
        let needed = |shown: &[bool]| {
            let least = wishes.iter().zip(shown).filter(|(_, shown)| **shown).map(|(wish, _)| wish.least + 1);
            least.sum::<u16>().saturating_sub(1)
        };
        let mut going: Vec<usize> =
            (0..chosen.len()).filter(|place| !STAY.contains(&chosen[*place])).collect();
        going.sort_by_key(|place| importance(&chosen[*place], *place));
        for place in &going {
            if needed(&shown) <= width {
                break;
            }
            shown[*place] = false;
        }
        // A wide one that went may leave room for a narrow one that went before it.
        for place in going.into_iter().rev() {
            let was_shown = std::mem::replace(&mut shown[place], true);
            shown[place] = was_shown || needed(&shown) <= width;
        }
        let cramped = needed(&shown) > width;
        let kept = wishes.into_iter().zip(shown).filter_map(|(wish, shown)| shown.then_some(wish));
        // Nothing less important is left: what matters is cramped rather than left out.
        kept.map(|wish| if cramped { self.wish(wish.column, time) } else { wish }).collect()
    }

    /// A column with what it needs at least while less important ones still stand.
    fn needing(&self, column: Column, time: u16) -> Wish {
        let mut wish = self.wish(column, time);
        wish.least = enough(&wish);
        if let Some((_, cut)) = CUT.iter().find(|(column, _)| *column == wish.column) {
            wish.least = (*cut).min(wish.least);
        }
        wish
    }

    /// The columns that the data has, without the less important ones where there is no room.
    fn those_that_matter(&self, width: u16, time: u16, several_sources: bool) -> Vec<Wish> {
        let mut wishes: Vec<Wish> =
            self.present(several_sources).into_iter().map(|column| self.wish(column, time)).collect();
        let cramped: Vec<u16> = wishes.iter().map(|wish| wish.least).collect();
        for wish in &mut wishes {
            wish.least = enough(wish);
        }
        let cramped: Vec<(Column, u16)> =
            wishes.iter().map(|wish| wish.column.clone()).zip(cramped).collect();
        // The details of a request go as soon as the others would be cramped, the others only where
        // they do not fit at all.
        let content = |wishes: &[Wish]| {
            let enough = |wish: &Wish| {
                let enough = GROW.iter().find(|(growing, _)| *growing == wish.column);
                enough.map_or(wish.least, |(_, enough)| *enough).clamp(wish.least, wish.most) + 1
            };
            wishes.iter().map(enough).sum::<u16>().saturating_sub(1)
        };
        for (place, going) in GIVE_WAY.into_iter().enumerate() {
            if place == BEFORE_CUTS && needed(&wishes) > width {
                for wish in &mut wishes {
                    let cut = CUT.iter().find(|(column, _)| *column == wish.column);
                    wish.least = cut.map_or(wish.least, |(_, cut)| (*cut).min(wish.least));
                }
            }
            if place == BEFORE_THE_IMPORTANT && needed(&wishes) > width {
                // Nothing less important is left: what matters is cramped rather than left out.
                for wish in &mut wishes {
                    let known = cramped.iter().find(|(column, _)| *column == wish.column);
                    wish.least = known.map_or(wish.least, |(_, least)| *least);
                }
            }
            let fits = if place < EARLY { content(&wishes) <= width } else { needed(&wishes) <= width };
            if fits {
                break;
            }
            wishes.retain(|wish| wish.column != going);
        }
        wishes
    }
}

/// The order in which chosen columns go, as those that the data has do; of others, which somebody added
/// by name, the last one first, after those that are seldom looked at.
fn importance(column: &Column, place: usize) -> (usize, usize) {
    match GIVE_WAY.iter().position(|going| going == column) {
        Some(going) if going <= EARLY => (going, 0),
        Some(going) => (going + 1, 0),
        None => (EARLY + 1, usize::MAX - place),
    }
}

/// What a column is left with while less important ones still stand.
fn enough(wish: &Wish) -> u16 {
    let room = ROOM.iter().find(|(column, _)| *column == wish.column);
    room.map_or(wish.least, |(_, room)| (*room).min(wish.most).max(wish.least))
}

/// The least width of some columns.
fn needed(wishes: &[Wish]) -> u16 {
    wishes.iter().map(|wish| wish.least + 1).sum::<u16>().saturating_sub(1)
}

/// Gives the room that is left to the columns that want more.
fn fit(mut wishes: Vec<Wish>, width: u16) -> Vec<(Column, u16)> {
    let mut room = width.saturating_sub(needed(&wishes));
    for content in [true, false] {
        let grow = GROW.iter().map(|(column, enough)| (column.clone(), *enough));
        let others: Vec<(Column, u16)> = wishes
            .iter()
            .filter(|wish| !GROW.iter().any(|(column, _)| *column == wish.column))
            .map(|wish| (wish.column.clone(), wish.most.min(16)))
            .collect();
        for (growing, enough) in grow.chain(others) {
            if let Some(wish) = wishes.iter_mut().find(|wish| wish.column == growing) {
                let goal = if content { enough.min(wish.most) } else { wish.most };
                let more = goal.saturating_sub(wish.least).min(room);
                wish.least += more;
                room -= more;
            }
        }
    }
    let mut laid_out: Vec<(Column, u16)> = wishes.into_iter().map(|wish| (wish.column, wish.least)).collect();
    // The narrowest screens cut what is left rather than reach over the edge.
    let mut used = 0;
    laid_out.retain_mut(|(_, wide)| {
        *wide = (*wide).min(width.saturating_sub(used));
        used += *wide + 1;
        *wide > 0
    });
    laid_out
}

/// The width of an entry's content in a column.
fn content(event: &Event, column: &Column, theme: &Theme) -> u16 {
    let width = match column {
        Column::Time => 0,
        Column::Badge => usize::from(super::badge(event).is_some()),
        Column::Field(Field::Status) => super::status(event, theme).width(),
        _ => super::value_text(event, column, Role::Text, theme).width(),
    };
    width.min(400) as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(widths: &[u16]) -> Columns {
        Columns { widest: SHOWN.into_iter().zip(widths.iter().copied()).collect(), ..Columns::default() }
    }

    proptest! {
        #[test]
        fn columns_never_reach_over_the_edge(widths in prop::collection::vec(0u16..400, 12), width in 30u16..220, time in 7u16..17, several: bool) {
            let Layout { columns, left_out } = seen(&widths).layout(width, time, several);
            prop_assert_eq!(left_out, 0);
            let used = columns.iter().map(|(_, wide)| wide + 1).sum::<u16>().saturating_sub(1);
            prop_assert!(used <= width, "{} > {}", used, width);
            prop_assert_eq!(&columns[0].0, &Column::Time);
            prop_assert_eq!(&columns[1].0, &Column::Field(Field::Status));
            prop_assert!(columns.iter().any(|(column, _)| *column == Column::Field(Field::Action)));
        }

        #[test]
        fn of_chosen_columns_each_that_is_shown_has_what_it_needs(
            widths in prop::collection::vec(0u16..120, 20),
            order in Just((0..20).collect::<Vec<usize>>()).prop_shuffle(),
            count in 1usize..20,
            width in 79u16..200,
            time in 7u16..17,
        ) {
            let paths = (0..8).map(|n| Column::Path(Pointer::parse(&format!("/a/path{n}")).expect("a pointer")));
            let all: Vec<Column> = SHOWN.into_iter().chain(paths).collect();
            let chosen: Vec<Column> = order.into_iter().take(count).map(|place| all[place].clone()).collect();
            let mut table = Columns { widest: all.into_iter().zip(widths).collect(), ..Columns::default() };
            table.choose(Some(chosen.clone()));
            let Layout { columns, left_out } = table.layout(width, time, true);
            let used = columns.iter().map(|(_, wide)| wide + 1).sum::<u16>().saturating_sub(1);
            let told = if left_out > 0 { LEFT_OUT + 1 } else { 0 };
            prop_assert!(used + told <= width, "{} + {} > {}", used, told, width);
            prop_assert_eq!(columns.len() + left_out, chosen.len());
            for (column, wide) in &columns {
                let least = table.needing(column.clone(), time).least;
                prop_assert!(*wide >= least, "{:?} has {} of {}", column, wide, least);
            }
            // They stand in the order in which they were chosen, and what matters is among them.
            let shown: Vec<&Column> = columns.iter().map(|(column, _)| column).collect();
            let kept: Vec<&Column> = chosen.iter().filter(|column| shown.contains(column)).collect();
            prop_assert_eq!(&shown, &kept);
            prop_assert!(chosen.iter().all(|column| !STAY.contains(column) || shown.contains(&column)));
            // Nothing is left out that there is room for.
            let rest: u16 = shown.iter().map(|column| table.needing((*column).clone(), time).least + 1).sum();
            for left in chosen.iter().filter(|column| !shown.contains(column)) {
                prop_assert!(rest + table.needing(left.clone(), time).least > width - told, "{:?}", left);
            }
        }
    }

    #[test]
    fn what_the_data_lacks_has_no_column_and_the_important_ones_go_last() {
        let names = |columns: &[(Column, u16)]| -> Vec<String> {
            columns.iter().map(|(column, width)| format!("{column:?} {width}")).collect()
        };
        // Time, status, source, action, badge, actor, target, ip, client, latency, message, id.
        let all = seen(&[0, 3, 4, 24, 1, 11, 14, 13, 6, 4, 20, 20]);
        assert_eq!(all.layout(200, 14, true).columns.len(), 12);
        let without = seen(&[0, 3, 4, 24, 0, 11, 0, 13, 0, 0, 0, 20]);
        assert_eq!(
            names(&without.layout(79, 14, false).columns),
            ["Time 14", "Field(Status) 3", "Field(Action) 22", "Field(Actor) 11", "Field(Ip) 13", "Id 11"]
        );
        assert_eq!(
            names(&all.layout(39, 14, true).columns),
            ["Time 14", "Field(Status) 3", "Field(Action) 11", "Badge 1", "Field(Actor) 6"]
        );
    }
}
