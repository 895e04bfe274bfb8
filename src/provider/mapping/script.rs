//! What is told of the lines of one shape, text by text (`mapping::tell`): where each text is, found once
//! a shape.

use super::record::Path;
use super::source::{Piece, TextSource};
use super::{Context, Mapping, Party};
use crate::event::field::Field;
use crate::json::split::Place;

/// How the lines of one shape are told.
#[derive(Debug, Clone)]
pub(super) struct Script {
    /// Texts of which nothing follows, in these members.
    pub(super) plain: Vec<Plain>,
    pub(super) steps: Vec<Step>,
    pub(super) actor: Parties,
    pub(super) target: Parties,
}

/// A text of which nothing follows.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    pub(super) field: Field,
    /// Where it is, where that is a text and not empty.
    pub(super) member: u16,
    /// Else where this says.
    pub(super) otherwise: TextSource,
}

/// A text of an entry.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) field: Field,
    pub(super) from: Where,
    /// Where what its texts mean is remembered, if they mean anything.
    pub(super) facts: Option<usize>,
    /// Which part of the pair it is, if any.
    pub(super) part: Option<usize>,
}

/// Where a text is.
#[derive(Debug, Clone)]
pub(super) enum Where {
    /// In every entry, the same; and which of these it is.
    Fixed(Box<str>, usize),
    /// In this member, where that is a text and not empty; else where the source says.
    Member(u16, TextSource),
    /// In two members, put together as the source says; and which texts go together.
    Pair(TextSource, usize),
    /// Where the source says.
    Source(TextSource),
    /// In the first of these that is a finite number.
    Number(Vec<Path>),
}

/// The parties that the lines of a shape may have anything of.
#[derive(Debug, Clone)]
pub(super) enum Parties {
    /// This one, whatever a line has of it.
    Always(Vec<Step>),
    /// The first that a line has anything of.
    First(Vec<(Party, Vec<Step>)>),
}

/// What the scripts of a mapping remember things by, the same in all of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    /// The texts that every entry has.
    fixed: Vec<(Field, Box<str>)>,
    /// The fields whose texts are put together.
    pairs: Vec<(Field, Field)>,
}

/// The place of a value in a list, to which it is added where it is new.
fn place_of<T: PartialEq>(list: &mut Vec<T>, value: T) -> usize {
    list.iter().position(|known| *known == value).unwrap_or_else(|| {
        list.push(value);
        list.len() - 1
    })
}

/// Writes a script.
struct Writer<'w> {
    mapping: &'w Mapping,
    places: &'w [Place],
    kept: &'w mut Kept,
}

impl Script {
    /// How a shape is told whose paths lead to these places; `may_have` are the parties that there may be
    /// something of, by their numbers. `None`: it must be read as entries.
    pub(super) fn new(
        mapping: &Mapping,
        context: &Context,
        places: &[Place],
        may_have: &[bool],
        kept: &mut Kept,
    ) -> Option<Self> {
        let has_changes = mapping.changes.iter().any(|(path, _)| places[path.number] != Place::Absent);
        if has_changes || !mapping.kinds.fields().all(means_something) {
            return None;
        }
        let mut writer = Writer { mapping, places, kept };
        let mut steps = Vec::new();
        steps.push(writer.fixed(Field::Source, &context.source));
        steps.push(writer.fixed(Field::Provider, &context.provider));
        let texts = [
            (Field::Id, &mapping.id),
            (Field::Method, &mapping.method),
            (Field::Endpoint, &mapping.endpoint),
            (Field::Org, &mapping.organization),
            (Field::Project, &mapping.project),
            (Field::Ip, &mapping.ip),
            (Field::UserAgent, &mapping.user_agent),
            (Field::RequestId, &mapping.request_id),
            (Field::Message, &mapping.message),
        ];
        steps.extend(texts.into_iter().filter_map(|(field, source)| writer.step(field, source.as_ref()?)));
        let action = writer.action(&mut steps);
        steps.extend(action);
        if mapping.latency.iter().any(|path| places[path.number] != Place::Absent) {
            steps.push(writer.step_from(Field::Latency, Where::Number(mapping.latency.clone())));
        }
        let actor = writer.parties(&mapping.actor, &ACTOR, may_have);
        let target = writer.parties(&mapping.target, &TARGET, may_have);
        // The request's id comes after the entry's own.
        let waits =
            steps.iter().any(|step| step.field == Field::Id && !matches!(step.from, Where::Member(..)));
        let mut plain = Vec::new();
        steps.retain(|step| match &step.from {
            Where::Member(member, otherwise)
                if step.is_alone() && !(waits && step.field == Field::RequestId) =>
            {
                plain.push(Plain { field: step.field, member: *member, otherwise: otherwise.clone() });
                false
            }
            _ => true,
        });
        Some(Self { plain, steps, actor, target })
    }
}

impl Step {
    /// Whether nothing follows of its text.
    fn is_alone(&self) -> bool {
        self.facts.is_none() && self.part.is_none() && self.field != Field::UserAgent
    }
}

/// The texts of an actor, in the order of [`Party::sources`].
const ACTOR: [Field; 4] = [Field::ActorType, Field::ActorId, Field::ActorName, Field::ActorEmail];
/// Those of a target, which has no address.
const TARGET: [Field; 3] = [Field::TargetType, Field::TargetId, Field::TargetName];

/// Whether what the texts of a field mean can be remembered by their numbers.
fn means_something(field: Field) -> bool {
    matches!(
        field,
        Field::Method
            | Field::Endpoint
            | Field::Action
            | Field::ActorType
            | Field::ActorId
            | Field::ActorName
            | Field::ActorEmail
            | Field::TargetType
            | Field::TargetId
            | Field::TargetName
            | Field::Org
            | Field::Project
            | Field::Ip
            | Field::UserAgent
            | Field::Message
    )
}

/// Whether a source has a text whatever a line has.
fn says_something(source: &TextSource) -> bool {
    match source {
        TextSource::Constant(_) => true,
        TextSource::First(sources) => sources.iter().any(says_something),
        TextSource::At(_) | TextSource::Template(_) | TextSource::FanOut => false,
    }
}

impl Writer<'_> {
    fn fixed(&mut self, field: Field, text: &str) -> Step {
        let which = place_of(&mut self.kept.fixed, (field, text.into()));
        self.step_from(field, Where::Fixed(text.into(), which))
    }

    fn step_from(&self, field: Field, from: Where) -> Step {
        let mut fields = self.mapping.kinds.fields();
        let count = self.mapping.kinds.fields().count();
        let of_kinds = fields.position(|known| known == field);
        let fails = field == Field::Action && !self.mapping.failure_endings.is_empty();
        Step { field, from, facts: of_kinds.or(fails.then_some(count)), part: None }
    }

    /// The text of a source, where a line may have one.
    fn step(&mut self, field: Field, source: &TextSource) -> Option<Step> {
        if let TextSource::Constant(text) = source {
            return Some(self.fixed(field, text));
        }
        if !source.leads(self.places) && !says_something(source) {
            return None;
        }
        let from = match self.member(source) {
            Some(member) => Where::Member(member, source.clone()),
            None => Where::Source(source.clone()),
        };
        Some(self.step_from(field, from))
    }

    /// The member that holds a source's text, where that is not empty.
    fn member(&self, source: &TextSource) -> Option<u16> {
        match source {
            TextSource::At(path) => match self.places[path.number] {
                Place::Member(member) => Some(member),
                _ => None,
            },
            TextSource::First(sources) => {
                let is_live = |source: &&TextSource| source.leads(self.places) || says_something(source);
                self.member(sources.iter().find(is_live)?)
            }
            TextSource::Template(_) | TextSource::Constant(_) | TextSource::FanOut => None,
        }
    }

    /// The action: a pair, where it is put together of two texts that other steps tell.
    fn action(&mut self, steps: &mut [Step]) -> Option<Step> {
        let action = self.mapping.action.as_ref()?;
        let step = self.step(Field::Action, action)?;
        let TextSource::Template(pieces) = action else { return Some(step) };
        let values: Vec<u16> = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Value(path) => Some(self.places[path.number]),
                Piece::Literal(_) => None,
            })
            .filter_map(|place| match place {
                Place::Member(member) => Some(member),
                _ => None,
            })
            .collect();
        let count = pieces.iter().filter(|piece| matches!(piece, Piece::Value(_))).count();
        let told = |member: u16, steps: &[Step]| {
            let is = |step: &Step| matches!(&step.from, Where::Member(known, _) if *known == member);
            steps.iter().position(|step| is(step) && means_something(step.field))
        };
        let (2, [first, second]) = (count, &*values) else { return Some(step) };
        let (Some(first), Some(second)) = (told(*first, steps), told(*second, steps)) else {
            return Some(step);
        };
        if first == second {
            return Some(step);
        }
        (steps[first].part, steps[second].part) = (Some(0), Some(1));
        let Where::Source(source) = step.from else { return Some(step) };
        let which = place_of(&mut self.kept.pairs, (steps[first].field, steps[second].field));
        Some(Step { from: Where::Pair(source, which), ..step })
    }

    fn parties(&mut self, parties: &[Party], fields: &[Field], may_have: &[bool]) -> Parties {
        let mut steps = |party: &Party| -> Vec<Step> {
            let sources = [&party.kind, &party.id, &party.name, &party.email];
            fields
                .iter()
                .zip(sources)
                .filter_map(|(field, source)| self.step(*field, source.as_ref()?))
                .collect()
        };
        match parties {
            [only] => Parties::Always(steps(only)),
            several => {
                let may = several.iter().filter(|party| may_have[party.number]);
                Parties::First(may.map(|party| (party.clone(), steps(party))).collect())
            }
        }
    }
}
