//! Which columns the table has: those that the data has, as wide as their content so far, the
//! important ones last to go.

use crate::answer::Row;
use crate::event::Event;
use crate::event::field::Field;
use crate::ui::cells::Text;
use crate::ui::theme::{Role, Theme};

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// The time.
    Time,
    /// Agents, keys, hostile text.
    Badge,
    /// The request id, else the id: what the copy key takes.
    Id,
    /// A field.
    Field(Field),
}

impl Column {
    /// Whether its text stands at the right, as numbers do.
    pub fn is_right_aligned(self) -> bool {
        self == Self::Field(Field::Latency)
    }
}

/// The columns in the order they stand.
const SHOWN: [Column; 12] = [
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
    Column::Id,
    Column::Field(Field::Target),
    Column::Field(Field::Ip),
    Column::Field(Field::Source),
    Column::Badge,
    Column::Field(Field::Actor),
];

/// How many of [`GIVE_WAY`] go as soon as the others have less room than they are content with.
const EARLY: usize = 3;

/// The columns in the order in which room is given to them, and how much they are content with.
const GROW: [(Column, u16); 10] = [
    (Column::Field(Field::Action), 22),
    (Column::Field(Field::Actor), 12),
    (Column::Field(Field::Source), 8),
    (Column::Field(Field::Ip), 15),
    (Column::Field(Field::Target), 16),
    (Column::Id, 12),
    (Column::Field(Field::Client), 8),
    (Column::Field(Field::Latency), 8),
    (Column::Field(Field::Message), 30),
    (Column::Badge, 1),
];

/// How wide the columns' contents have been, so that they do not jump with every row that scrolls by.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    widest: Vec<(Column, u16)>,
}

impl Columns {
    /// Takes in the contents of rows.
    pub fn take(&mut self, rows: &[Row], theme: &Theme) {
        for column in SHOWN {
            let seen = rows.iter().map(|row| content(&row.event, column, theme)).max().unwrap_or(0);
            match self.widest.iter_mut().find(|(known, _)| *known == column) {
                Some((_, widest)) => *widest = (*widest).max(seen),
                None => self.widest.push((column, seen)),
            }
        }
    }

    /// Forgets what was seen: other rows are looked at.
    pub fn forget(&mut self) {
        self.widest.clear();
    }

    fn widest(&self, column: Column) -> u16 {
        self.widest.iter().find(|(known, _)| *known == column).map_or(0, |(_, widest)| *widest)
    }

    /// The columns for a width, with their widths; between two stands one blank.
    pub fn layout(&self, width: u16, time: u16, several_sources: bool) -> Vec<(Column, u16)> {
        let mut columns: Vec<(Column, u16, u16)> = Vec::new();
        for column in SHOWN {
            let seen = self.widest(column);
            let (least, most) = match column {
                Column::Time => (time, time),
                Column::Badge => (1, 1),
                Column::Id => (seen.clamp(2, 8), seen.clamp(2, Field::RequestId.info().width.1)),
                Column::Field(Field::Status) => (3, seen.max(3)),
                // An address that is cut is none; only those of sixteen bytes give way.
                Column::Field(Field::Ip) => (seen.clamp(2, 15), seen.clamp(2, Field::Ip.info().width.1)),
                Column::Field(field) => {
                    let (least, most) = field.info().width;
                    let label = field.info().label.len() as u16;
                    let most = seen.clamp(label, most.max(label));
                    (least.max(label).min(most), most)
                }
            };
            let wanted = match column {
                Column::Time | Column::Field(Field::Status | Field::Action) => true,
                Column::Field(Field::Source) => several_sources,
                _ => seen > 0,
            };
            if wanted {
                columns.push((column, least.min(most), most));
            }
        }
        let needed = |columns: &[(Column, u16, u16)]| {
            columns.iter().map(|(_, least, _)| least + 1).sum::<u16>().saturating_sub(1)
        };
        // The details of a request go as soon as the others would be cramped, the others only where
        // they do not fit at all.
        let content = |columns: &[(Column, u16, u16)]| {
            let enough = |(column, least, most): &(Column, u16, u16)| {
                let enough =
                    GROW.iter().find(|(growing, _)| growing == column).map_or(*least, |(_, enough)| *enough);
                enough.clamp(*least, *most) + 1
            };
            columns.iter().map(enough).sum::<u16>().saturating_sub(1)
        };
        for (place, going) in GIVE_WAY.into_iter().enumerate() {
            let fits = if place < EARLY { content(&columns) <= width } else { needed(&columns) <= width };
            if fits {
                break;
            }
            columns.retain(|(column, ..)| *column != going);
        }
        let mut room = width.saturating_sub(needed(&columns));
        for content in [true, false] {
            for (growing, enough) in GROW {
                if let Some((_, now, most)) = columns.iter_mut().find(|(column, ..)| *column == growing) {
                    let goal = if content { enough.min(*most) } else { *most };
                    let more = goal.saturating_sub(*now).min(room);
                    *now += more;
                    room -= more;
                }
            }
        }
        let mut laid_out: Vec<(Column, u16)> =
            columns.into_iter().map(|(column, width, _)| (column, width)).collect();
        // The narrowest screens cut what is left rather than reach over the edge.
        let mut used = 0;
        laid_out.retain_mut(|(_, wide)| {
            *wide = (*wide).min(width.saturating_sub(used));
            used += *wide + 1;
            *wide > 0
        });
        laid_out
    }
}

/// The width of an entry's content in a column.
fn content(event: &Event, column: Column, theme: &Theme) -> u16 {
    let width = match column {
        Column::Time => 0,
        Column::Badge => usize::from(super::badge(event).is_some()),
        Column::Id => event.copy_id().map_or(0, |id| Text::entry(id, Role::Text, theme).width()),
        Column::Field(Field::Status) => super::status(event, theme).width(),
        Column::Field(field) => super::field_text(event, field, Role::Text, theme).width(),
    };
    width.min(400) as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(widths: &[u16]) -> Columns {
        Columns { widest: SHOWN.into_iter().zip(widths.iter().copied()).collect() }
    }

    proptest! {
        #[test]
        fn columns_never_reach_over_the_edge(widths in prop::collection::vec(0u16..400, 12), width in 30u16..220, time in 7u16..17, several: bool) {
            let columns = seen(&widths).layout(width, time, several);
            let used = columns.iter().map(|(_, wide)| wide + 1).sum::<u16>().saturating_sub(1);
            prop_assert!(used <= width, "{} > {}", used, width);
            prop_assert_eq!(columns[0].0, Column::Time);
            prop_assert_eq!(columns[1].0, Column::Field(Field::Status));
            prop_assert!(columns.iter().any(|(column, _)| *column == Column::Field(Field::Action)));
        }
    }

    #[test]
    fn what_the_data_lacks_has_no_column_and_the_important_ones_go_last() {
        let names = |columns: &[(Column, u16)]| -> Vec<String> {
            columns.iter().map(|(column, width)| format!("{column:?} {width}")).collect()
        };
        // Time, status, source, action, badge, actor, target, ip, client, latency, message, id.
        let all = seen(&[0, 3, 4, 24, 1, 11, 14, 13, 6, 4, 20, 20]);
        assert_eq!(all.layout(200, 14, true).len(), 12);
        let without = seen(&[0, 3, 4, 24, 0, 11, 0, 13, 0, 0, 0, 20]);
        assert_eq!(
            names(&without.layout(79, 14, false)),
            ["Time 14", "Field(Status) 3", "Field(Action) 22", "Field(Actor) 11", "Field(Ip) 13", "Id 11"]
        );
        assert_eq!(
            names(&all.layout(39, 14, true)),
            ["Time 14", "Field(Status) 3", "Field(Action) 11", "Badge 1", "Field(Actor) 6"]
        );
    }
}
