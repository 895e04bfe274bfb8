//! Entries told text by text, for whoever makes columns of them: nothing is put together that would be
//! taken apart at once, and what was found out about a text is not found out again.
//!
//! Not here: entries as a whole (`mapping::entry`). Both ways tell the same; a property test holds them
//! to it.

use hashbrown::HashMap;

use super::plan::Planned;
use super::record::{Look, Path};
use super::script::{Parties, Plain, Script, Step, Where};
use super::{Context, Error, Mapping, kinds, number, status};
use crate::event::field::Field;
use crate::event::{KindSet, Outcome, Rank};
use crate::timestamp::Timestamp;

/// The number of a text in its column, never 0: the same number is the same text.
pub type Number = u32;

/// Takes the texts of entries, row by row, and of a row at most one for a field. The fields are those
/// that are one text.
pub trait Columns {
    /// Which columns these are: other ones give texts other numbers.
    fn generation(&self) -> u64;

    /// The row's text of a field; its number (that of a [`Field::RequestId`] may be another's).
    fn text(&mut self, field: Field, text: &str) -> Number;

    /// The row's text of a field is the one of this number.
    fn again(&mut self, field: Field, number: Number);
}

/// What an entry has besides its texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// When it happened.
    pub time: Timestamp,
    /// The HTTP status.
    pub status: Option<i64>,
    /// Whether it went well.
    pub outcome: Outcome,
    /// What kinds of action it is.
    pub kinds: KindSet,
    /// Whether it came as a list row or as a single record.
    pub rank: Rank,
}

/// What was found out about the texts of some columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    generation: Option<u64>,
    /// The numbers of texts that every entry has, by [`Where::Fixed`].
    fixed: Vec<Number>,
    /// By [`Where::Pair`] and the number of the second text: the first's and the whole's.
    pairs: Vec<Vec<(Number, Number)>>,
    /// What texts mean, by [`Step::facts`] and number.
    facts: Vec<Vec<FactNumber>>,
    /// The facts that occur, mostly a few: by their numbers, from 1.
    known_facts: Vec<Fact>,
    fact_numbers: HashMap<Fact, FactNumber>,
    /// What follows of a user agent, by its number, 0 for none.
    clients: Vec<Client>,
    /// The kinds of entries for which some conditions hold: a few sets of them occur.
    kinds: Vec<(u128, KindSet)>,
}

/// How many sets of conditions are remembered.
const HOLDING: usize = 32;

/// Which of the facts that occur it is; 0 where that is not known. As small as this, those of a column
/// stay near their core.
type FactNumber = u32;

/// What a text means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Fact {
    /// The conditions of the kinds that hold.
    holding: u128,
    /// Whether it is an action that failed by its name.
    fails: bool,
}

/// The client that a user agent tells.
#[derive(Debug, Clone, Copy, Default)]
enum Client {
    #[default]
    Unknown,
    Nothing,
    Text(Number),
}

impl Memory {
    /// Numbers mean other texts from now on.
    fn forget(&mut self, generation: u64) {
        self.generation = Some(generation);
        self.fixed.clear();
        self.pairs.iter_mut().for_each(Vec::clear);
        self.facts.iter_mut().for_each(Vec::clear);
        self.clients.clear();
    }

    /// The fact of this number; nothing where that is 0.
    #[inline]
    fn fact(&self, number: FactNumber) -> Fact {
        (number as usize).checked_sub(1).map_or(Fact::default(), |at| self.known_facts[at])
    }

    /// The number of a fact.
    fn number(&mut self, fact: Fact) -> FactNumber {
        *self.fact_numbers.entry(fact).or_insert_with(|| {
            self.known_facts.push(fact);
            self.known_facts.len() as FactNumber
        })
    }

    /// The kinds of an entry for which these conditions hold.
    #[inline]
    fn kinds(&mut self, holding: u128, table: &kinds::KindTable) -> KindSet {
        if let Some((_, kinds)) = self.kinds.iter().find(|(known, _)| *known == holding) {
            return *kinds;
        }
        let kinds = table.of_holding(holding);
        if self.kinds.len() < HOLDING {
            self.kinds.push((holding, kinds));
        }
        kinds
    }
}

/// The place of a number in a list that grows to it.
#[inline]
fn place<T: Clone + Default>(list: &mut Vec<T>, number: usize) -> &mut T {
    if list.len() <= number {
        list.resize(number + 1, T::default());
    }
    &mut list[number]
}

/// Tells one entry.
struct Telling<'t, C> {
    mapping: &'t Mapping,
    columns: &'t mut C,
    memory: &'t mut Memory,
    /// The conditions of the kinds that hold.
    holding: u128,
    fails: bool,
    has_user_agent: bool,
}

impl Mapping {
    /// Tells the entry of a line whose shape has a script.
    pub(super) fn tell<C: Columns>(
        &self,
        script: &Script,
        record: &Planned<'_, '_>,
        context: &Context,
        memory: &mut Memory,
        columns: &mut C,
    ) -> Result<Told, Error> {
        // Whatever can fail comes before the first text.
        let time = self.time(record)?;
        let status = self.status.iter().find_map(|path| status(record.at(path)?));
        if memory.generation != Some(columns.generation()) {
            memory.forget(columns.generation());
        }
        for Plain { field, member, otherwise } in &script.plain {
            match record.split.plain(*member) {
                Some(text) if !text.is_empty() => _ = columns.text(*field, text),
                _ => {
                    if let Some(text) = otherwise.read(record, context) {
                        columns.text(*field, &text);
                    }
                }
            }
        }
        let mut telling =
            Telling { mapping: self, columns, memory, holding: 0, fails: false, has_user_agent: false };
        let mut given = [None; 2];
        for step in &script.steps {
            let number = telling.step(step, record, context, given);
            if let Some(part) = step.part {
                given[part] = number;
            }
        }
        telling.parties(&script.actor, record, context);
        telling.parties(&script.target, record, context);
        if !telling.has_user_agent {
            telling.client(0, None);
        }
        let fails = telling.fails || status.is_some_and(|status| status >= 400);
        let Telling { holding, memory, .. } = telling;
        let kinds = memory.kinds(holding, &self.kinds);
        Ok(Told {
            time,
            status,
            outcome: if fails { Outcome::Failure } else { Outcome::Success },
            kinds,
            rank: context.rank,
        })
    }
}

impl<C: Columns> Telling<'_, C> {
    fn parties(&mut self, parties: &Parties, record: &Planned<'_, '_>, context: &Context) {
        let steps = match parties {
            Parties::Always(steps) => steps,
            Parties::First(list) => match list.iter().find(|(party, _)| party.is_in(record, context)) {
                Some((_, steps)) => steps,
                None => return,
            },
        };
        for step in steps {
            self.step(step, record, context, [None; 2]);
        }
    }

    /// Tells a text, if there is one. The number is given where the text is its member's own.
    #[inline]
    fn step(
        &mut self,
        step: &Step,
        record: &Planned<'_, '_>,
        context: &Context,
        given: [Option<Number>; 2],
    ) -> Option<Number> {
        let source = match &step.from {
            Where::Fixed(text, which) => {
                match self.memory.fixed.get(*which) {
                    Some(number) if *number != 0 => self.again(step, *number),
                    _ => *place(&mut self.memory.fixed, *which) = self.text(step, text),
                }
                return None;
            }
            Where::Member(member, source) => match record.split.plain(*member) {
                Some(text) if !text.is_empty() => return Some(self.text(step, text)),
                _ => source,
            },
            Where::Pair(source, which) => {
                let [Some(first), Some(second)] = given else {
                    self.read(step, source.read(record, context));
                    return None;
                };
                match *place(place(&mut self.memory.pairs, *which), second as usize) {
                    (before, whole) if before == first => self.again(step, whole),
                    _ => {
                        if let Some(whole) = self.read(step, source.read(record, context)) {
                            self.memory.pairs[*which][second as usize] = (first, whole);
                        }
                    }
                }
                return None;
            }
            Where::Source(source) => source,
            Where::Number(paths) => {
                let read = |path: &Path| number(record.at(path)?);
                if let Some(text) = paths.iter().find_map(read) {
                    self.text(step, text);
                }
                return None;
            }
        };
        self.read(step, source.read(record, context));
        None
    }

    fn read(&mut self, step: &Step, text: Option<std::borrow::Cow<'_, str>>) -> Option<Number> {
        text.map(|text| self.text(step, &text))
    }

    #[inline]
    fn text(&mut self, step: &Step, text: &str) -> Number {
        let number = self.columns.text(step.field, text);
        if let Some(facts) = step.facts {
            let known = *place(place(&mut self.memory.facts, facts), number as usize);
            let fact =
                if known == 0 { self.learn(step, facts, number, text) } else { self.memory.fact(known) };
            self.holding |= fact.holding;
            self.fails |= fact.fails;
        }
        if step.field == Field::UserAgent {
            self.has_user_agent = true;
            self.client(number, Some(text));
        }
        number
    }

    /// Finds out what a text means.
    fn learn(&mut self, step: &Step, facts: usize, number: Number, text: &str) -> Fact {
        let fact = Fact {
            holding: self.mapping.kinds.holding(step.field, text),
            fails: step.field == Field::Action && kinds::ends_in_word(text, &self.mapping.failure_endings),
        };
        self.memory.facts[facts][number as usize] = self.memory.number(fact);
        fact
    }

    /// A text that was told before, with all that follows of it.
    #[inline]
    fn again(&mut self, step: &Step, number: Number) {
        self.columns.again(step.field, number);
        let facts = step.facts.and_then(|facts| self.memory.facts.get(facts));
        if let Some(fact) = facts.and_then(|facts| facts.get(number as usize)) {
            let fact = self.memory.fact(*fact);
            self.holding |= fact.holding;
            self.fails |= fact.fails;
        }
        if step.field == Field::UserAgent {
            self.has_user_agent = true;
            self.client(number, None);
        }
    }

    /// Tells the client that a user agent tells; its number is 0 where there is none.
    #[inline]
    fn client(&mut self, user_agent: Number, text: Option<&str>) {
        let Some(table) = &self.mapping.client else { return };
        let known = place(&mut self.memory.clients, user_agent as usize);
        match *known {
            Client::Text(number) => self.columns.again(Field::Client, number),
            Client::Nothing => {}
            Client::Unknown => {
                let told = table.client(text).map(|name| self.columns.text(Field::Client, name));
                *known = told.map_or(Client::Nothing, Client::Text);
            }
        }
    }
}
