//! A mapping made ready for lines that were taken apart by their shapes (`json::split`): each path is
//! looked up once a shape, not once a record.
//!
//! Not here: what the mapping reads (`provider::mapping`): records opened this way and that go the
//! same way from there.

use std::borrow::Cow;

use super::record::{Look, Path};
use super::script::{Kept, Script};
use super::source::{Piece, TextSource};
use super::tell::{Columns, Memory, Told};
use super::{Context, Entry, Error, Findings, Mapping, Party};
use crate::event::field::FieldSet;
use crate::json::split::{Place, Split};
use crate::json::{Node, Pointer};

/// A mapping whose paths are numbered, and where they lead in each shape.
#[derive(Debug, Clone)]
pub struct Plan {
    mapping: Mapping,
    /// By the numbers of the paths.
    pointers: Vec<Pointer>,
    /// By shape; `None` for shapes that were not met.
    shapes: Vec<Option<Ways>>,
    findings: Findings,
    kept: Kept,
    memory: Memory,
}

/// What is known of all lines of one shape.
#[derive(Debug, Clone)]
pub(super) struct Ways {
    /// Where each pointer leads.
    places: Box<[Place]>,
    /// Of which parties there may be something, by their numbers.
    parties: Box<[bool]>,
    /// How they are told text by text; `None` where they must be read as entries.
    script: Option<Script>,
}

impl Plan {
    /// Makes a mapping ready.
    pub fn new(mapping: &Mapping) -> Self {
        let mut mapping = mapping.clone();
        let mut pointers: Vec<Pointer> = Vec::new();
        mapping.paths(&mut |path| {
            let pointer = path.pointer();
            path.number = pointers.iter().position(|known| *known == pointer).unwrap_or_else(|| {
                pointers.push(pointer);
                pointers.len() - 1
            });
        });
        for (number, party) in mapping.actor.iter_mut().chain(&mut mapping.target).enumerate() {
            party.number = number;
        }
        Self {
            findings: Findings::remembering(&mapping),
            kept: Kept::default(),
            memory: Memory::default(),
            mapping,
            pointers,
            shapes: Vec::new(),
        }
    }

    /// What it looks for.
    pub fn pointers(&self) -> &[Pointer] {
        &self.pointers
    }

    /// Reads of a line what is asked for. Of all fields the entry is what [`Mapping::event`] reads.
    pub fn entry<'a>(
        &'a mut self,
        split: Split<'_, 'a>,
        context: &'a Context,
        asked: FieldSet,
    ) -> Result<Entry<'a>, Error> {
        self.meet(&split, context);
        let Some(ways) = &self.shapes[split.shape()] else { return Err(Error::NotAnObject) };
        let record = Planned { split, ways, pointers: &self.pointers };
        self.mapping.entry(&record, context, asked, &mut self.findings)
    }

    /// Tells the entry of a line text by text; all of them have the same context. `None`: it must be read
    /// as an entry, and nothing was told.
    pub fn tell(
        &mut self,
        split: Split<'_, '_>,
        context: &Context,
        columns: &mut impl Columns,
    ) -> Option<Result<Told, Error>> {
        self.meet(&split, context);
        let ways = self.shapes[split.shape()].as_ref()?;
        let script = ways.script.as_ref()?;
        let record = Planned { split, ways, pointers: &self.pointers };
        Some(self.mapping.tell(script, &record, context, &mut self.memory, columns))
    }

    /// Learns the shape of a line, if it is a new one.
    #[inline]
    fn meet(&mut self, split: &Split<'_, '_>, context: &Context) {
        let shape = split.shape();
        if self.shapes.len() <= shape {
            self.shapes.resize(shape + 1, None);
        }
        if self.shapes[shape].is_some() {
            return;
        }
        let places: Box<[Place]> = self.pointers.iter().map(|pointer| split.place(pointer)).collect();
        let leads = |source: &TextSource| source.leads(&places);
        let Mapping { actor, target, .. } = &self.mapping;
        let parties: Box<[bool]> =
            actor.iter().chain(target).map(|party| party.sources().any(leads)).collect();
        // A fan-out value has no field.
        let script = match &context.workspace {
            None => Script::new(&self.mapping, context, &places, &parties, &mut self.kept),
            Some(_) => None,
        };
        self.shapes[shape] = Some(Ways { places, parties, script });
    }
}

/// A line, and where each path leads in it.
pub(super) struct Planned<'s, 'a> {
    pub(super) split: Split<'s, 'a>,
    ways: &'s Ways,
    pointers: &'s [Pointer],
}

impl<'a> Look<'a> for Planned<'_, 'a> {
    #[inline]
    fn at(&self, path: &Path) -> Option<Node<'a>> {
        self.split.at(self.ways.places[path.number], &self.pointers[path.number])
    }

    fn whole(&self) -> Node<'a> {
        self.split.line()
    }

    #[inline]
    fn scalar(&self, path: &Path) -> Option<Cow<'a, str>> {
        self.split.scalar(self.ways.places[path.number], &self.pointers[path.number])
    }

    #[inline]
    fn plain(&self, path: &Path) -> Option<&'a str> {
        match self.ways.places[path.number] {
            Place::Member(member) => self.split.plain(member),
            _ => None,
        }
    }

    #[inline]
    fn may_have(&self, party: &Party) -> bool {
        self.ways.parties[party.number]
    }
}

impl TextSource {
    /// Whether it may lead to something, the paths leading so. What does not come of the record leads
    /// to something as well.
    pub(super) fn leads(&self, places: &[Place]) -> bool {
        let leads = |path: &Path| places[path.number] != Place::Absent;
        match self {
            Self::At(path) => leads(path),
            Self::First(sources) => sources.iter().any(|source| source.leads(places)),
            Self::Template(pieces) => pieces.iter().any(|piece| match piece {
                Piece::Value(path) => leads(path),
                Piece::Literal(_) => false,
            }),
            Self::FanOut => true,
            Self::Constant(_) => false,
        }
    }
}

impl Mapping {
    /// Goes through all paths.
    fn paths(&mut self, visit: &mut impl FnMut(&mut Path)) {
        let Self { time, status, latency, changes, actor, target, .. } = self;
        time.iter_mut().chain(status).chain(latency).for_each(&mut *visit);
        for (path, _) in changes {
            visit(path);
        }
        for party in actor.iter_mut().chain(target) {
            let Party { kind, id, name, email, .. } = party;
            [kind, id, name, email].into_iter().flatten().for_each(|source| source.paths(visit));
        }
        let Self { id, action, method, endpoint, organization, .. } = self;
        [id, action, method, endpoint, organization]
            .into_iter()
            .flatten()
            .for_each(|source| source.paths(visit));
        let Self { project, ip, user_agent, request_id, message, .. } = self;
        [project, ip, user_agent, request_id, message]
            .into_iter()
            .flatten()
            .for_each(|source| source.paths(visit));
    }
}

impl TextSource {
    fn paths(&mut self, visit: &mut impl FnMut(&mut Path)) {
        match self {
            Self::At(path) => visit(path),
            Self::First(sources) => sources.iter_mut().for_each(|source| source.paths(visit)),
            Self::Template(pieces) => pieces.iter_mut().for_each(|piece| match piece {
                Piece::Value(path) => visit(path),
                Piece::Literal(_) => {}
            }),
            Self::Constant(_) | Self::FanOut => {}
        }
    }
}
