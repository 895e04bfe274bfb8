//! What is to be fetched of a part: the walk that was interrupted, then what of the window the
//! archive does not cover.

use super::errand::Errand;
use crate::archive::{self, Ledger};
use crate::interval::{Interval, IntervalSet};
use crate::source::Part;
use crate::timestamp::{DAY, SECOND, Timestamp};

/// How far back the first sync of a part goes, microseconds.
pub const FIRST: i64 = 90 * DAY;
/// The end of what is covered is fetched once more, for entries that came late, microseconds.
pub const OVERLAP: i64 = 600 * SECOND;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Everything from here on, whatever is covered.
    pub since: Option<Timestamp>,
    /// Everything up to here.
    pub until: Option<Timestamp>,
    /// Single records too, where the system has them.
    pub changes: bool,
}

/// What a part is to have in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goal {
    /// The window.
    pub window: Interval,
    /// Whether the window was asked for, so that what is covered is fetched again.
    pub asked: bool,
}

/// What is to be done for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What the part is to have.
    pub goal: Goal,
    /// The fetches, in order.
    pub errands: Vec<Errand>,
}

/// Plans a part.
pub fn plan(
    archive: &dyn Ledger,
    part: &Part,
    wanted: Wanted,
    now: Timestamp,
) -> Result<Plan, archive::Error> {
    let whole_until = archive.whole_until(part)?;
    let goal = goal(wanted, whole_until, now);
    let mut todo: IntervalSet = std::iter::once(goal.window).collect();
    if !goal.asked {
        // What was covered may lack what came late to its end.
        for covered in archive.coverage(part)?.parts() {
            todo.remove(Interval::new(covered.since, covered.until.plus(-OVERLAP)));
        }
    }
    let mut errands = Vec::new();
    if let Some(walk) = archive.walk(part)? {
        let fresh = if goal.asked { 0 } else { OVERLAP };
        todo.remove(Interval::new(walk.window.since, walk.window.until.plus(-fresh)));
        errands.push(Errand { window: walk.window, resume: Some(walk.state) });
    }
    errands.extend(todo.parts().iter().rev().map(|window| Errand { window: *window, resume: None }));
    Ok(Plan { goal, errands })
}

fn goal(wanted: Wanted, whole_until: Option<Timestamp>, now: Timestamp) -> Goal {
    let (since, until) = match (wanted.since, wanted.until) {
        (None, None) => {
            // A clock that was set back must not leave an empty window.
            let known = whole_until.map(|until| until.min(now).plus(-OVERLAP));
            return Goal {
                window: Interval::new(known.unwrap_or_else(|| now.plus(-FIRST)), now),
                asked: false,
            };
        }
        (Some(since), until) => (since, until.unwrap_or(now)),
        (None, Some(until)) => (until.plus(-FIRST), until),
    };
    Goal { window: Interval::new(since, until), asked: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Archive, Batch, WalkChange};

    fn time(minute: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000 * SECOND + minute * 60 * SECOND)
    }

    fn between(since: i64, until: i64) -> Interval {
        Interval::new(time(since), time(until))
    }

    fn part() -> Part {
        Part { source: "prod".into(), value: None }
    }

    /// The windows that are fetched now, with what the archive covers and the walk it was at.
    fn windows(
        covered: &[Interval],
        whole_until: Option<i64>,
        walk: Option<Interval>,
        wanted: Wanted,
    ) -> Vec<(Interval, bool)> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut archive = Archive::open(folder.path()).expect("it opens");
        archive.claim("prod", "any", "").expect("new");
        let walk = walk.map_or(WalkChange::AsItWas, |window| WalkChange::At { window, state: "here" });
        let (part, whole_until) = (part(), whole_until.map(time));
        archive.append(&[Batch { part: &part, events: &[], covered, walk, whole_until }]).expect("taken in");
        let plan = plan(&archive, &part, wanted, time(1_000_000)).expect("a plan");
        plan.errands.into_iter().map(|errand| (errand.window, errand.resume.is_some())).collect()
    }

    #[test]
    fn the_first_sync_goes_back_ninety_days_and_the_next_ones_ten_minutes() {
        let first = between(1_000_000 - 90 * 24 * 60, 1_000_000);
        assert_eq!(windows(&[], None, None, Wanted::default()), [(first, false)]);
        let known = between(0, 999_000);
        assert_eq!(
            windows(&[known], Some(999_000), None, Wanted::default()),
            [(between(998_990, 1_000_000), false)]
        );
        // A clock that was set back.
        assert_eq!(
            windows(&[between(0, 1_000_500)], Some(1_000_500), None, Wanted::default()),
            [] as [(Interval, bool); 0]
        );
    }

    #[test]
    fn what_an_unfinished_sync_covered_is_not_fetched_again_but_for_its_end() {
        let found = windows(
            &[between(0, 900_000), between(950_000, 960_000)],
            Some(900_000),
            None,
            Wanted::default(),
        );
        assert_eq!(found, [(between(959_990, 1_000_000), false), (between(899_990, 950_000), false)]);
    }

    #[test]
    fn a_walk_goes_on_first_and_the_rest_is_fetched_after_it() {
        let found = windows(
            &[between(0, 900_000)],
            Some(900_000),
            Some(between(899_990, 950_000)),
            Wanted::default(),
        );
        assert_eq!(found, [(between(899_990, 950_000), true), (between(949_990, 1_000_000), false)]);
    }

    #[test]
    fn a_window_that_is_asked_for_is_fetched_again() {
        let wanted = Wanted { since: Some(time(100)), until: Some(time(200)), changes: false };
        assert_eq!(
            windows(&[between(0, 900_000)], Some(900_000), None, wanted),
            [(between(100, 200), false)]
        );
        assert_eq!(
            windows(&[], None, Some(between(150, 200)), wanted),
            [(between(150, 200), true), (between(100, 150), false)]
        );
        let open = Wanted { since: Some(time(100)), ..Wanted::default() };
        assert_eq!(windows(&[], None, None, open), [(between(100, 1_000_000), false)]);
        let ending = Wanted { until: Some(time(200)), ..Wanted::default() };
        assert_eq!(windows(&[], None, None, ending), [(between(200 - 90 * 24 * 60, 200), false)]);
    }
}
