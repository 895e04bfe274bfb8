//! What layers and the filter line ask of the loaded entries besides the screen's own question:
//! facets, why, two-field counts, lens groups, values for completion, the entries of marks.
//!
//! One study of a slot is open at a time, and the newest wins, so that a slow one holds back no
//! other. Not here: counting (`store`), and where the thread runs (`app::runtime`).

use crate::answer::lens::Lens;
use crate::answer::pairs::{PairQuestion, Pairs};
use crate::answer::why::{Why, WhyQuestion};
use crate::answer::{Facet, Question, Row};
use crate::event::Identity;
use crate::event::field::Field;
use crate::interval::Interval;
use crate::store::Snapshot;

use super::cells::Text;
use super::theme::{Role, Theme};

/// What a study is for; studies of different slots do not supersede each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The facets pane.
    Facets,
    /// The topmost layer: why, or two fields.
    Layer,
    /// The groups of the lens in force.
    Lens,
    /// Completion in the filter line.
    Values,
    /// The entries of marks.
    Marks,
}

impl Slot {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Facets, Self::Layer, Self::Lens, Self::Values, Self::Marks];
}

/// Something to look for.
#[derive(Debug, Clone, PartialEq)]
pub enum Study {
    /// The facets of a question; no rows.
    Facets(Question),
    /// What a stretch has more of than the rest.
    Why(WhyQuestion),
    /// How often two fields' values come together.
    Pairs(PairQuestion),
    /// Where a lens finds its values.
    Lens {
        /// The lens.
        lens: Lens,
        /// In which window.
        window: Interval,
    },
    /// A field's values that begin with a text, over all that is loaded.
    Values {
        /// The field.
        field: Field,
        /// How they begin.
        prefix: String,
        /// How many are wanted.
        most: usize,
    },
    /// The entries of these identities, as far as they are loaded.
    Marks(Vec<Identity>),
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Studied {
    /// The facets, in the order asked for.
    Facets(Vec<Facet>),
    /// What the stretch has more of.
    Why(Why),
    /// The pairs.
    Pairs(Pairs),
    /// The lens's groups and how many entries each has, in words.
    Lens(String),
    /// Values, commonest first, and how many entries have each.
    Values(Vec<(Box<str>, u64)>),
    /// The rows of those entries that are loaded.
    Marks(Vec<Row>),
}

impl Study {
    /// What it is for.
    pub fn slot(&self) -> Slot {
        match self {
            Self::Facets(_) => Slot::Facets,
            Self::Why(_) | Self::Pairs(_) => Slot::Layer,
            Self::Lens { .. } => Slot::Lens,
            Self::Values { .. } => Slot::Values,
            Self::Marks(_) => Slot::Marks,
        }
    }

    /// Looks into a snapshot; pure. `None` where it was cancelled.
    pub fn of(&self, snapshot: &Snapshot, cancelled: &dyn Fn() -> bool) -> Option<Studied> {
        Some(match self {
            Self::Facets(question) => Studied::Facets(snapshot.answer_until(question, cancelled)?.facets),
            Self::Why(question) => Studied::Why(snapshot.why(question, cancelled)?),
            Self::Pairs(question) => Studied::Pairs(snapshot.pairs(question, cancelled)?),
            Self::Lens { lens, window } => {
                let found = lens.ask(*window, 0..0, |question| snapshot.answer_until(question, cancelled))?;
                Studied::Lens(found.words())
            }
            Self::Values { field, prefix, most } => Studied::Values(snapshot.values(*field, prefix, *most)),
            Self::Marks(identities) => {
                let wanted = identities.iter().copied().collect();
                let found = snapshot.locate_identities(&wanted, cancelled)?;
                let row = |id| Some(Row { id, event: snapshot.event(id)?.into() });
                let rows = identities.iter().filter_map(|identity| row(*found.get(identity)?));
                Studied::Marks(rows.collect())
            }
        })
    }
}

impl Studied {
    /// What it is for.
    pub fn slot(&self) -> Slot {
        match self {
            Self::Facets(_) => Slot::Facets,
            Self::Why(_) | Self::Pairs(_) => Slot::Layer,
            Self::Lens(_) => Slot::Lens,
            Self::Values(_) => Slot::Values,
            Self::Marks(_) => Slot::Marks,
        }
    }
}

/// Which studies are open, and which were not done.
#[derive(Debug, Clone, Default)]
pub struct Studies {
    number: u64,
    open: Vec<(Slot, u64)>,
    /// The slots whose last study was not done; why.
    refused: Vec<(Slot, String)>,
}

impl Studies {
    /// A study begins; gives its number. An older one of the slot does not count any more.
    pub fn begin(&mut self, slot: Slot) -> u64 {
        self.number += 1;
        self.drop_open(slot);
        self.open.push((slot, self.number));
        self.number
    }

    /// Whether no study is open.
    pub fn are_done(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether a study of the slot is open.
    pub fn is_open(&self, slot: Slot) -> bool {
        self.open.iter().any(|(known, _)| *known == slot)
    }

    /// Nobody waits for the slot's study any more.
    pub fn drop_open(&mut self, slot: Slot) {
        self.open.retain(|(known, _)| *known != slot);
        self.refused.retain(|(known, _)| *known != slot);
    }

    /// The slot's last study was not done.
    pub fn refuse(&mut self, slot: Slot, why: String) {
        self.refused.push((slot, why));
    }

    /// What stands where the slot's study is to stand, as long as it does not: why it was not done,
    /// else that it is under way, in these words.
    pub fn missing(&self, slot: Slot, under_way: &str, theme: &Theme) -> Text {
        match self.refused.iter().find(|(known, _)| *known == slot) {
            Some((_, why)) => Text::entry(why, Role::Error, theme),
            None => Text::own(under_way, Role::Dim, theme),
        }
    }

    /// A study is done: whether it is the newest of its slot.
    pub fn take(&mut self, slot: Slot, number: u64) -> bool {
        let newest = self.open.contains(&(slot, number));
        if newest {
            self.drop_open(slot);
        }
        newest
    }
}
