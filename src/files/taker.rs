//! Takes what the readers find: makes entries of records, has them gathered and handed over, and
//! keeps account of what could not be read.
//!
//! Not here: finding records in text (`lines`, `values`, `table`, `pieces`), and what entries are
//! gathered into (`gather`).

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use super::content::{Content, Shape};
use super::envelope::{self, Value};
use super::gather::{Batches, Gather, Glance, PAGE_ENTRIES, Pages, Room};
use super::kept::{self, Members};
use super::pieces::{ForStore, Opened, Pieces};
use super::place::Place;
use super::sift::Sifts;
use super::systems::{Owner, Systems};
use super::{Input, Need, Wanted, lines, pieces, table, values};
use crate::event::{Event, Rank};
use crate::fetch::outlet::{Cancelled, Outlet};
use crate::fetch::{End, Error, ErrorKind, Part, Skipped, Update};
use crate::interval::Interval;
use crate::json::{Kind, Node};
use crate::provider::mapping::Context;
use crate::provider::quick::{QuickReader, Reading};

/// How long one record may be, in bytes. A longer one is passed over and reported.
pub const MAX_RECORD_BYTES: usize = 64 << 20;
/// How long a response envelope may be, in bytes: it is held whole.
pub(super) const MAX_ENVELOPE_BYTES: usize = 256 << 20;

/// Why reading an input stopped before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nobody wants it any more.
    Cancelled,
    /// It cannot be read on.
    Failed {
        /// What kind of failure it is.
        kind: ErrorKind,
        /// What to say of it, the file's name not included.
        why: String,
    },
}

impl Stop {
    /// It cannot be read on because of what it holds.
    pub(super) fn broken(why: impl Into<String>) -> Self {
        Self::Failed { kind: ErrorKind::Broken, why: why.into() }
    }
}

impl From<Cancelled> for Stop {
    fn from(Cancelled: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::broken(match error.kind() {
            io::ErrorKind::UnexpectedEof => "its packed data end in the middle".to_owned(),
            _ => format!("it cannot be read on: {}", crate::text::visible(&error.to_string())),
        })
    }
}

/// Reads the inputs one after the other.
pub(super) fn read_all(inputs: &[Input], wanted: &Wanted, systems: &Systems, outlet: &Outlet) {
    for input in inputs {
        let part = Part { source: input.source.clone(), value: None };
        let began = Update::Began { part: part.clone(), window: Interval::ALL, pushed: Vec::new() };
        let stop = match outlet.send(began) {
            Ok(()) => read(input, wanted, &part, systems, outlet),
            Err(Cancelled) => Err(Stop::Cancelled),
        };
        let end = match stop {
            Ok(()) => End::Whole,
            Err(Stop::Cancelled) => End::Cancelled,
            Err(Stop::Failed { kind, why }) => End::Failed {
                error: Arc::new(Error {
                    kind,
                    message: format!("{}: {why}", input.origin.shown()),
                    retry_at: None,
                }),
                // A file need not be in order of time: the entries that did not come may be of any.
                missing: vec![Interval::ALL],
            },
        };
        outlet.end(part, end);
    }
}

fn read(input: &Input, wanted: &Wanted, part: &Part, systems: &Systems, outlet: &Outlet) -> Result<(), Stop> {
    let mut content = Content::open(&input.origin).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Stop::Failed { kind: ErrorKind::Config, why: "there is no such file".to_owned() }
        }
        _ => Stop::broken(format!("it cannot be opened: {error}")),
    })?;
    let shape = content.shape();
    let progress = content.progress.clone();
    if !matches!(wanted, Wanted::Pages(_))
        && shape == Shape::Lines
        && let Some(first) = lines::first_record(content.buffered(), part, systems)
        && let Some(file) = content.as_plain_file()
    {
        let rows = ForStore::default();
        let pieces: &dyn Pieces = match wanted {
            Wanted::Sifted(_, sieve) => sieve,
            Wanted::Pages(_) | Wanted::Rows => &rows,
        };
        let opened = Opened { file, begin: content.begin(), first };
        return pieces::read(opened, pieces, part, systems, outlet);
    }
    let mut gather: Box<dyn Gather + '_> = match wanted {
        Wanted::Pages(_) => Box::new(Pages::new(part, outlet, progress)),
        Wanted::Rows => Box::new(Batches::new(part, outlet, progress)),
        Wanted::Sifted(_, sieve) => Box::new(Sifts::new(sieve, part, outlet, progress)),
    };
    let mut taker = Taker::new(part, systems, &mut *gather);
    let result = match shape {
        // A failure that was met before the first byte is told by reading on.
        Shape::Empty => content.is_exhausted().map(drop).map_err(Stop::from),
        Shape::Lines => lines::read(&mut content, &mut taker),
        Shape::Values => values::read(&mut content, &mut taker),
        Shape::Table if wanted.need() == Need::Records => Err(Stop::Failed {
            kind: ErrorKind::Config,
            why: "a CSV file does not hold the systems' own records, which this format is made of".to_owned(),
        }),
        Shape::Table => table::read(content, &mut taker),
        Shape::Utf16 => Err(Stop::broken("it is UTF-16; convert it to UTF-8 first")),
    };
    // What came before a failure stands.
    taker.flush()?;
    result?;
    taker.unowned.map_or(Ok(()), |unowned| Err(unowned.stop()))
}

/// Records whose system could not be told.
#[derive(Debug)]
pub(super) struct Unowned {
    count: u64,
    first: String,
    why: String,
}

impl Unowned {
    /// These, and others further on.
    pub(super) fn and(self, others: &Self) -> Self {
        Self { count: self.count + others.count, ..self }
    }

    /// The failure that they are.
    pub(super) fn stop(&self) -> Stop {
        Stop::Failed { kind: ErrorKind::Config, why: self.say() }
    }

    fn say(&self) -> String {
        let mut text = String::new();
        let _ = match self.count {
            1 => write!(text, "the system of the record at {} cannot be told: {}", self.first, self.why),
            count => write!(
                text,
                "the system of {count} records cannot be told, the first at {}: {}",
                self.first, self.why
            ),
        };
        text.push_str("; say which it is with --provider NAME (`auditty providers` lists them)");
        text
    }
}

/// Takes the records of one input, or of a piece of it.
pub(super) struct Taker<'a> {
    source: &'a Arc<str>,
    systems: &'a Systems,
    gather: &'a mut (dyn Gather + 'a),
    quick: QuickReader,
    /// What entries of the system that wrote the last record have in common.
    context: Option<(Arc<crate::provider::Provider>, Context)>,
    pub(super) unowned: Option<Unowned>,
    /// The array or envelope that is being read, from 1: the place that messages name.
    group: u64,
    /// The item within it, from 1.
    item: usize,
    /// Whether anything was taken for a record.
    pub(super) began: bool,
    skipped: Vec<Skipped>,
}

impl<'a> Taker<'a> {
    /// Takes records for `gather`.
    pub(super) fn new(part: &'a Part, systems: &'a Systems, gather: &'a mut (dyn Gather + 'a)) -> Self {
        Self::with(systems.quick(&part.source), part, systems, gather)
    }

    /// The same, with a reader that has learnt already.
    pub(super) fn with(
        quick: QuickReader,
        part: &'a Part,
        systems: &'a Systems,
        gather: &'a mut (dyn Gather + 'a),
    ) -> Self {
        Self {
            source: &part.source,
            systems,
            gather,
            quick,
            context: None,
            unowned: None,
            group: 1,
            item: 0,
            began: false,
            skipped: Vec::new(),
        }
    }

    /// The reader with what it learnt.
    pub(super) fn into_quick(self) -> QuickReader {
        self.quick
    }

    /// The file's `source`.
    pub(super) fn source(&self) -> &Arc<str> {
        self.source
    }

    /// Takes a record's text, where it is a system's and not odd; `None`: it was not taken.
    pub(super) fn quick(&mut self, text: &str, place: Place<'_>) -> Option<Result<(), Stop>> {
        // What comes first may be a response with many records in it.
        if !self.began {
            return None;
        }
        if let Some(asked) = self.gather.asked() {
            let glance = match self.quick.glimpse(text, asked)? {
                Ok(entry) => self.gather.glance(&entry),
                Err(why) => return Some(self.malformed(place.located(why))),
            };
            if let Glance::Noted(room) = glance {
                self.item += 1;
                return Some(match room {
                    Room::Left => Ok(()),
                    Room::Full => self.flush(),
                });
            }
        }
        let room = match self.gather.columns() {
            Some(columns) => self.quick.tell(text, columns)?.map(|reading| match reading {
                Reading::Told(told) => self.gather.told(told, Node::from_kept(text)),
                Reading::Whole(entry) => self.gather.entry(*entry),
            }),
            None => self.quick.entry(text)?.map(|entry| self.gather.entry(entry)),
        };
        let room = match room {
            Ok(room) => room,
            Err(why) => return Some(self.malformed(place.located(why))),
        };
        self.item += 1;
        Some(match room {
            Room::Left => Ok(()),
            Room::Full => self.flush(),
        })
    }

    /// Takes a JSON value: a record, or an array or envelope of records. `place` says where it
    /// begins, `alone` whether nothing else stands in the file.
    pub(super) fn value(&mut self, node: Node<'_>, place: Place<'_>, alone: bool) -> Result<(), Stop> {
        match envelope::value(node, self.systems, !self.began, alone) {
            Value::Record(record) => self.record(record, place),
            Value::Records(list) => {
                self.next_group();
                for record in list.elements() {
                    self.record(record, Place::Item)?;
                }
                self.next_group();
                Ok(())
            }
        }
    }

    /// An array ended that was read item by item.
    pub(super) fn end_of_array(&mut self) {
        self.next_group();
    }

    /// Whether a record with such keys is some known system's.
    pub(super) fn owns(&self, record: &str) -> bool {
        Node::parse(record).is_ok_and(|node| matches!(self.systems.owner(node), Owner::System(_)))
    }

    /// What follows is counted from 1 again, as another page's.
    fn next_group(&mut self) {
        if self.item > 0 {
            self.group += 1;
            self.item = 0;
        }
    }

    /// Takes a record.
    pub(super) fn record(&mut self, record: Node<'_>, place: Place<'_>) -> Result<(), Stop> {
        self.began = true;
        if record.kind() != Kind::Object {
            return self.malformed(place.located("not an object"));
        }
        if let Some(members) = Members::of(record) {
            return match kept::entry(record, &members, self.source) {
                Ok(event) => self.kept(event, record.raw()),
                Err(why) => self.malformed(place.located(why)),
            };
        }
        let why = match self.systems.owner(record) {
            Owner::System(provider) => {
                let context = match &self.context {
                    Some((last, context)) if Arc::ptr_eq(last, &provider) => context,
                    _ => {
                        let context = Context {
                            source: self.source.clone(),
                            provider: provider.name.as_ref().into(),
                            workspace: None,
                            rank: Rank::ListRow,
                        };
                        &self.context.insert((provider.clone(), context)).1
                    }
                };
                return match provider.mapping.event(record, context) {
                    Ok(event) => self.entry(event, record.raw()),
                    Err(why) => self.malformed(place.located(why)),
                };
            }
            Owner::Tie(names) => format!("it bears as many marker keys of {}", names.join(" as of ")),
            Owner::Nobody => "it bears the marker keys of none that auditty knows".to_owned(),
        };
        self.item += 1;
        let first = || if place.is_said() { place.to_string() } else { format!("item {}", self.item) };
        self.unowned.get_or_insert_with(|| Unowned { count: 0, first: first(), why }).count += 1;
        Ok(())
    }

    /// Takes an entry that auditty wrote, as `record`.
    pub(super) fn kept(&mut self, mut event: Event, record: &str) -> Result<(), Stop> {
        event.kinds = self.systems.kinds(&event);
        self.entry(event, record)
    }

    /// Takes an entry.
    fn entry(&mut self, event: Event, record: &str) -> Result<(), Stop> {
        self.began = true;
        self.item += 1;
        match self.gather.event(event, record) {
            Room::Left => Ok(()),
            Room::Full => self.flush(),
        }
    }

    /// Counts an entry that could not be read.
    pub(super) fn malformed(&mut self, why: String) -> Result<(), Stop> {
        self.began = true;
        self.item += 1;
        self.skipped.push(Skipped { page: self.group, item: self.item, why });
        if self.skipped.len() >= PAGE_ENTRIES { self.flush() } else { Ok(()) }
    }

    /// Hands over what has been taken since the last time.
    pub(super) fn flush(&mut self) -> Result<(), Stop> {
        if self.gather.is_empty() && self.skipped.is_empty() {
            return Ok(());
        }
        Ok(self.gather.hand_over(std::mem::take(&mut self.skipped))?)
    }
}
