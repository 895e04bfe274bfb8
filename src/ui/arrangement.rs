//! How the rows of a screen stand: by what, in which columns, at which of them. The words for it are the
//! same on the command line, in the session and in saved views.
//!
//! Not here: which rows they are (`scope`), and how wide columns are (`pane::table::columns`).

use std::fmt;

use crate::answer::{Order, Sort};
use crate::event::field::Field;
use crate::export::column::{self, ColumnError};
use crate::text;
use crate::timestamp::Timestamp;

use super::model::{Model, Want};
use super::pane::table::Hold;
use super::pane::table::columns::Column;

/// How the rows stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrangement {
    /// By what.
    pub standing: Standing,
    /// The chosen columns; `None`: the data decide.
    pub columns: Option<Vec<Column>>,
    /// When the selected row was; `None`: it is the first.
    pub at: Option<Timestamp>,
    /// Whether the histogram is off.
    pub no_histogram: bool,
}

/// By what rows stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// By time; of rows that stand by a field, those of the same value.
    pub order: Order,
    /// By a field's values.
    pub sort: Option<Sort>,
}

/// Why a text does not say by what rows stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StandingError {
    /// No field at all, or no column's.
    #[error(transparent)]
    Field(#[from] ColumnError),
    /// Records, and values out of them.
    #[error("`{0}` has no order: expected `time`, or a field such as `-latency`")]
    NoOrder(String),
    /// More than a field and time.
    #[error("expected one field, and at most `time` behind it: `-latency,time`")]
    TooMany,
}

impl Standing {
    /// Reads `time` (oldest first), `-time` (newest first), a field's name (`-` before it: the greatest
    /// value first), and both: `-latency,time`.
    pub fn parse(text: &str) -> Result<Self, StandingError> {
        let mut standing = Self::default();
        let mut by_time = false;
        for part in text.split(',').map(str::trim) {
            let (name, descending) = part.strip_prefix('-').map_or((part, false), |name| (name, true));
            if by_time {
                return Err(StandingError::TooMany);
            }
            match column::Column::parse(name)?.content {
                column::Content::Field(Field::Time) => {
                    by_time = true;
                    standing.order = if descending { Order::NewestFirst } else { Order::OldestFirst };
                }
                column::Content::Field(Field::Raw) | column::Content::Pointer(_) => {
                    let shown = text::visible(&text::shortened(name, 40)).into_owned();
                    return Err(StandingError::NoOrder(shown));
                }
                column::Content::Field(_) if standing.sort.is_some() => return Err(StandingError::TooMany),
                column::Content::Field(field) => standing.sort = Some(Sort { field, descending }),
            }
        }
        Ok(standing)
    }

    /// What [`Self::parse`] reads; `None`: newest first, as they do anyway.
    pub fn words(self) -> Option<String> {
        (self != Self::default()).then(|| self.to_string())
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Sort { field, descending }) = self.sort else {
            return f.write_str(if self.order == Order::OldestFirst { "time" } else { "-time" });
        };
        let sign = if descending { "-" } else { "" };
        let then = if self.order == Order::OldestFirst { ",time" } else { "" };
        write!(f, "{sign}{}{then}", field.name())
    }
}

/// Reads a list of columns, `time,badge,@/a/b`: what a CSV's columns are called, and `badge` and
/// `copied-id` besides.
pub fn columns(list: &str) -> Result<Vec<Column>, ColumnError> {
    column::split(list).map(Column::parse).collect()
}

impl Model {
    /// How the rows stand.
    pub(super) fn arrangement(&self) -> Arrangement {
        Arrangement {
            standing: Standing { order: self.order, sort: self.sort },
            columns: self.table.columns.chosen().map(<[Column]>::to_vec),
            at: self.selected().filter(|_| self.table.selected > 0).map(|row| row.event.time),
            no_histogram: self.histogram.hidden,
        }
    }

    /// Has the rows stand so.
    pub(super) fn arrange(&mut self, arrangement: &Arrangement) {
        let Arrangement { standing, columns, at, no_histogram } = arrangement;
        (self.order, self.sort) = (standing.order, standing.sort);
        self.histogram.hidden = *no_histogram;
        self.table.columns.choose(columns.clone());
        if let Some(at) = at {
            self.table.hold = Hold::Time(*at);
        }
        self.want = Want::Now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::fetch::End;
    use crate::interval::Interval;
    use crate::ui::tests::{Stage, entries, settings, week};
    use crate::ui::theme::Name;

    #[test]
    fn rows_stand_as_the_command_line_says_and_the_row_is_waited_for() {
        let mut all = entries::week_of_requests("prod");
        all.sort_by(Event::newest_first);
        let wanted = all[all.len() - 100].clone();
        let mut with = settings(Name::Dark, (80, 24));
        with.setup.arrangement = Arrangement {
            standing: Standing::parse("-latency").expect("a field"),
            columns: Some(columns("time,latency").expect("columns")),
            at: Some(wanted.time),
            no_histogram: true,
        };
        let mut stage = Stage::new(with);
        let (old, new) = all.split_at(all.len() / 2);
        stage.begin("prod");
        stage.page("prod", old.to_vec(), Interval::new(old[old.len() - 1].time, week().until));
        assert_ne!(stage.model.selected().map(|row| row.event.time), Some(wanted.time));
        stage.page("prod", new.to_vec(), week());
        stage.end("prod", End::Whole);
        assert_eq!(stage.model.selected().map(|row| row.event.time), Some(wanted.time), "once it is here");
        let rows = stage.model.answer.rows.iter();
        let latencies: Vec<f64> =
            rows.filter_map(|row| row.event.latency_ms.as_ref()?.as_str().parse().ok()).collect();
        assert!(latencies.len() > 20 && latencies.is_sorted_by(|one, next| one >= next), "{latencies:?}");
        let header = stage.line(2);
        assert_eq!(header.split_whitespace().collect::<Vec<_>>(), ["TIME", "Z", "↓MS"], "{}", stage.text());
    }

    #[test]
    fn what_rows_stand_by_is_printed_as_it_is_read() {
        let by = |field, descending| Some(Sort { field, descending });
        for (text, order, sort) in [
            ("time", Order::OldestFirst, None),
            ("-time", Order::NewestFirst, None),
            ("actor", Order::NewestFirst, by(Field::Actor, false)),
            ("-latency", Order::NewestFirst, by(Field::Latency, true)),
            ("-latency,time", Order::OldestFirst, by(Field::Latency, true)),
        ] {
            let standing = Standing { order, sort };
            assert_eq!(Standing::parse(text), Ok(standing), "{text}");
            assert_eq!(standing.to_string(), text);
            assert_eq!(standing.words().is_none(), text == "-time");
        }
        // Aliases are read, and the field's own name is printed.
        let aliased = Standing::parse(" -latency_ms , -time").expect("a field and time");
        assert_eq!(aliased.to_string(), "-latency");
    }

    #[test]
    fn what_no_row_stands_by_is_refused_and_named() {
        let why = |text: &str| Standing::parse(text).expect_err(text).to_string();
        assert!(why("actr").contains("`actor`"));
        assert!(why("raw").contains("`raw` has no order") && why("@/a").contains("no order"));
        assert!(why("is").contains("question"));
        assert_eq!(why("time,actor"), StandingError::TooMany.to_string());
        assert_eq!(why("actor,action"), StandingError::TooMany.to_string());
        assert_eq!(why(""), StandingError::Field(ColumnError::Empty).to_string());
    }

    #[test]
    fn columns_are_read_as_they_are_named() {
        let list = "time,copied-id,badge,ua,@\"/a,b\",@/c";
        let read = columns(list).expect("columns");
        let names: Vec<String> = read.iter().map(Column::name).collect();
        assert_eq!(names, ["time", "copied-id", "badge", "ua", "@\"/a,b\"", "@/c"]);
        assert_eq!(columns(&names.join(",")), Ok(read));
        assert!(columns("time,statsu").expect_err("no field").to_string().contains("`status`"));
        assert!(columns("@").is_err() && columns("time,,id").is_err());
    }
}
