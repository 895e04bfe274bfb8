//! The history of one record: every entry on it, oldest to newest, and its state at each point as far
//! as the entries tell it.
//!
//! Going back from what is known at the end, each entry's change is undone; then, going forward,
//! what was known and not touched since is carried on. What no entry tells stays unknown, and an
//! entry that may have changed something and does not say what lets nothing through. Where a later
//! entry says of the value before it what the earlier one did not make, the chain is broken, and
//! said to be.
//!
//! Not here: which entries there are (a filter or the system's route for one entity finds them), and
//! `after` in the table and in exports (`changes::Chain`, by the contract's simpler rule).

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::Arc;

use super::RecordKey;
use super::state::{Budget, Exhausted, State};
use super::undo::Undo;
use crate::event::{Event, Kind, Outcome, Rank};
use crate::json::{Json, Pointer};
use crate::provider::mapping::Mapping;
use crate::text;

/// How much work a history may cost, in members and bytes looked at: some seconds at most.
const WORK: usize = 50_000_000;

/// How many changed paths have a line of their own.
const MOST_PATHS: usize = 1_000;

/// The history of one record.
#[derive(Debug, Clone)]
pub struct History {
    steps: Vec<Step>,
    /// The state before the first step, and after each.
    states: Vec<State>,
    breaks: Vec<Break>,
    extent: Extent,
}

/// An entry of a history.
#[derive(Debug, Clone)]
pub struct Step {
    /// The entry.
    pub event: Arc<Event>,
    /// What it tells of its change.
    pub told: Told,
}

/// What an entry tells of its change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// These operations undo it; none: it changed nothing.
    Undo(Vec<Undo>),
    /// It may have changed something, and does not say what.
    Nothing,
}

/// How far the states could be rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of them, as far as the entries tell.
    Whole,
    /// They became too large: older ones are unknown altogether, or values are not carried on.
    Cut,
}

/// A place where the chain is broken: what an entry made is not what a later one found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// Where.
    pub path: Pointer,
    /// The step that made something else, by its number.
    pub step: usize,
    /// The next step that speaks of the path, by its number; `None`: what is known of the end
    /// contradicts.
    pub next: Option<usize>,
    /// What the step left there.
    pub after: State,
    /// What was there by the later step's word.
    pub before: State,
}

/// One path's values, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathLine {
    /// The path.
    pub path: Pointer,
    /// Its value before the first step.
    pub first: State,
    /// The steps that concern it.
    pub turns: Vec<Turn>,
}

/// A step that concerns a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The step, by its number.
    pub step: usize,
    /// What was there before it.
    pub before: State,
    /// What is there since.
    pub after: State,
    /// What it is to the path.
    pub kind: TurnKind,
}

/// What a step is to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnKind {
    /// It changed it, by its own word or by what is known on both sides.
    Changed,
    /// It may have changed it, and does not say what it changed.
    NotTold,
    /// It changed it, and what it made is not what a later entry found.
    Broken,
}

impl History {
    /// The history of these entries, in any order; those on other records are left out. `mapping`
    /// gives the mapping of an entry's system, where its record is at hand; `latest` is what is known
    /// of the state after the newest entry (else [`State::Unknown`]). Entries are best given as they
    /// were mapped, so that what they say is their own word.
    pub fn new<'m>(
        record: &RecordKey,
        events: impl IntoIterator<Item = Arc<Event>>,
        mapping: impl Fn(&Event) -> Option<&'m Mapping>,
        latest: State,
    ) -> Self {
        let mut events: Vec<_> =
            events.into_iter().filter(|event| RecordKey::of(event).as_ref() == Some(record)).collect();
        events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)).then_with(|| b.newest_first(a)));
        events.dedup_by(|later, earlier| later.identity == earlier.identity && later == earlier);
        let told =
            |event: &Event| Undo::told_by(event, mapping(event)).map_or_else(|| silence(event), Told::Undo);
        let steps = events.into_iter().map(|event| Step { told: told(&event), event }).collect();
        Self::rebuilt(steps, latest, &mut Budget::new(WORK))
    }

    fn rebuilt(steps: Vec<Step>, latest: State, budget: &mut Budget) -> Self {
        let states = vec![State::Unknown; steps.len() + 1];
        let mut history = Self { steps, states, breaks: Vec::new(), extent: Extent::Whole };
        let done = history.go_back(latest, budget).and_then(|()| history.go_forward(budget));
        if done == Err(Exhausted) {
            history.extent = Extent::Cut;
        }
        history.breaks.reverse();
        history
    }

    /// Undoes the changes from the newest on.
    fn go_back(&mut self, latest: State, budget: &mut Budget) -> Result<(), Exhausted> {
        let mut state = latest;
        for number in (0..self.steps.len()).rev() {
            let Told::Undo(told) = &self.steps[number].told else {
                self.states[number + 1] = std::mem::take(&mut state);
                continue;
            };
            let mut breaks = Vec::new();
            // What the entry itself says that it made; of elements that move it does not say where
            // they stand in the end.
            let stay = told.iter().all(|undo| matches!(undo.op, super::undo::UndoOp::Replace(_)));
            for undo in told.iter().filter(|undo| stay && undo.after.is_some()) {
                let (claim, known) = (undo.claim(&state), state.at(&undo.path));
                if known.contradicts(&claim) {
                    breaks.push((undo.path.clone(), claim, known));
                } else {
                    let value = known.joined(&claim, budget)?;
                    state.replace(&undo.path, value, budget)?;
                }
            }
            self.states[number + 1] = state.clone();
            for undo in told {
                let (claim, known) = (undo.claim(&state), state.at(&undo.path));
                let said = breaks.iter().any(|(path, _, _)| *path == undo.path);
                if !said && known.contradicts(&claim) {
                    breaks.push((undo.path.clone(), claim, known));
                }
                undo.undo(&mut state, budget)?;
            }
            for (path, after, before) in breaks.into_iter().rev() {
                let next = (number + 1..self.steps.len()).find(|later| self.steps[*later].speaks_of(&path));
                self.breaks.push(Break { path, step: number, next, after, before });
            }
        }
        self.states[0] = state;
        Ok(())
    }

    /// Carries on what is known and was not touched since.
    fn go_forward(&mut self, budget: &mut Budget) -> Result<(), Exhausted> {
        let mut state = self.states[0].clone();
        for (number, step) in self.steps.iter().enumerate() {
            match &step.told {
                Told::Undo(told) => {
                    for undo in told.iter().rev() {
                        undo.redo(&mut state, budget)?;
                    }
                }
                Told::Nothing => state = State::Unknown,
            }
            state = self.states[number + 1].joined(&state, budget)?;
            self.states[number + 1] = state.clone();
        }
        Ok(())
    }

    /// The entries, oldest first.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The state after so many steps: 0 is the one before the first.
    pub fn state(&self, steps: usize) -> &State {
        self.states.get(steps).unwrap_or(&State::Unknown)
    }

    /// Where the chain is broken, oldest first.
    pub fn breaks(&self) -> &[Break] {
        &self.breaks
    }

    /// How far the states could be rebuilt.
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// The steps whose changes are not told by their list row, by their numbers: their single records
    /// may tell.
    pub fn untold(&self) -> impl Iterator<Item = usize> + '_ {
        let untold = |step: &Step| step.told == Told::Nothing && step.event.rank == Rank::ListRow;
        self.steps.iter().enumerate().filter(move |(_, step)| untold(step)).map(|(number, _)| number)
    }

    /// The changed paths in the order in which entries first speak of them, at most 1,000.
    pub fn paths(&self) -> Vec<Pointer> {
        let mut known = HashSet::new();
        let told = self.steps.iter().flat_map(Step::operations).map(|undo| &undo.path);
        told.filter(|path| known.insert(*path)).take(MOST_PATHS).cloned().collect()
    }

    /// One path's values through time: at each step that speaks of it (of what holds it, or of a part
    /// of it), changed it, or may have.
    pub fn path(&self, path: &Pointer) -> PathLine {
        let mut turns = Vec::new();
        for (number, step) in self.steps.iter().enumerate() {
            let (before, after) = (self.states[number].at(path), self.states[number + 1].at(path));
            let is_known = |state: &State| !matches!(state, State::Unknown | State::Present);
            let stayed = is_known(&before) && is_known(&after) && !before.contradicts(&after);
            let differs = before.contradicts(&after);
            let broken = self.breaks.iter().any(|broken| broken.step == number && broken.path == *path);
            let kind = match &step.told {
                _ if broken => TurnKind::Broken,
                Told::Nothing => TurnKind::NotTold,
                Told::Undo(_) if differs || (step.speaks_of(path) && !stayed) => TurnKind::Changed,
                Told::Undo(_) => continue,
            };
            turns.push(Turn { step: number, before, after, kind });
        }
        PathLine { path: path.clone(), first: self.state(0).at(path), turns }
    }

    /// A path's values in words, with who and when: `retention_days  ? → 30 alice 05-12 → 7 bot-4
    /// 05-18`. What is not known is `?`, what is not there `∅`; an entry that does not tell is in
    /// brackets; after a broken place the value that was found stands after `≠`. Hostile characters
    /// are visible marks.
    pub fn words(&self, line: &PathLine, signs: &Signs) -> String {
        let brief = |state: &State| brief(state, signs, LONGEST);
        let Signs { then, unlike, .. } = signs;
        let pointer = line.path.to_string();
        let name = match line.path.tokens() {
            [only] => only,
            _ => pointer.as_str(),
        };
        let mut words = format!("{}  {}", text::visible(name), brief(&line.first));
        for turn in &line.turns {
            let event = &self.steps[turn.step].event;
            let who = event.text(crate::event::field::Field::Actor).unwrap_or("?".into());
            let who = signs.shortened(&who, LONGEST);
            let day = &event.time.to_string()[5..10];
            let _ = match turn.kind {
                TurnKind::Changed => write!(words, " {then} {} {who} {day}", brief(&turn.after)),
                TurnKind::NotTold => write!(words, " {then} [{}] {who} {day}", brief(&turn.after)),
                TurnKind::Broken => {
                    let made = self
                        .breaks
                        .iter()
                        .find(|broken| broken.step == turn.step && broken.path == line.path)
                        .map_or_else(|| "?".to_owned(), |broken| brief(&broken.after));
                    write!(words, " {then} {made} {who} {day} {unlike} {}", brief(&turn.after))
                }
            };
        }
        words
    }
}

/// How many characters of a value or name stand in a line of words.
const LONGEST: usize = 40;

/// The signs that a history in few words is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    /// Between a value and the next.
    pub then: &'static str,
    /// Where there is nothing.
    pub nothing: &'static str,
    /// Between what an entry left and what was found there.
    pub unlike: &'static str,
    /// Where something was cut.
    pub more: &'static str,
}

impl Signs {
    /// With Unicode.
    pub const UNICODE: Self = Self { then: "→", nothing: "∅", unlike: "≠", more: "…" };
    /// Without.
    pub const ASCII: Self = Self { then: "->", nothing: "(none)", unlike: "!=", more: "~" };

    /// The first characters of a text, so many at most; hostile ones are visible marks.
    fn shortened(&self, text: &str, most: usize) -> String {
        match text.char_indices().nth(most) {
            Some((end, _)) => format!("{}{}", text::visible(&text[..end]), self.more),
            None => text::visible(text).into_owned(),
        }
    }
}

/// A state in few words: `?` where it is not known, `∅` where there is nothing; of a value at most so
/// many characters.
pub fn brief(state: &State, signs: &Signs, most: usize) -> String {
    let short = |json: &Json| {
        let value = json.node().text().unwrap_or_else(|| json.as_str().to_owned().into());
        signs.shortened(&value, most)
    };
    match state {
        State::Unknown | State::Present => "?".to_owned(),
        State::Absent => signs.nothing.to_owned(),
        State::Whole(json) => short(json),
        State::Object(_) | State::Array(_) | State::Parts(_) => {
            state.complete().as_ref().map_or_else(|| format!("{{{}}}", signs.more), short)
        }
    }
}

impl Step {
    fn operations(&self) -> &[Undo] {
        match &self.told {
            Told::Undo(told) => told,
            Told::Nothing => &[],
        }
    }

    fn speaks_of(&self, path: &Pointer) -> bool {
        self.operations().iter().any(|undo| undo.concerns(path))
    }
}

/// What an entry without change information tells: that it changed nothing, where it only looked or
/// failed; else nothing.
fn silence(event: &Event) -> Told {
    let looks = [Kind::Read, Kind::Login, Kind::Logout, Kind::Export, Kind::Itself];
    let alters = [Kind::Create, Kind::Update, Kind::Delete, Kind::Role];
    let only_looks = looks.into_iter().any(|kind| event.kinds.contains(kind))
        && !alters.into_iter().any(|kind| event.kinds.contains(kind));
    if only_looks || event.outcome == Outcome::Failure { Told::Undo(Vec::new()) } else { Told::Nothing }
}

#[cfg(test)]
mod tests;
