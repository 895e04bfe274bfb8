//! Which system wrote a record of a file, and where the items of a response envelope may stand.
//!
//! Not here: the marker keys themselves and how they are weighed (`provider::registry`).

use std::sync::Arc;

use super::kept;
use crate::event::{Event, KindSet};
use crate::json::{Node, Pointer};
use crate::provider::Provider;
use crate::provider::quick::QuickReader;
use crate::provider::registry::{Recognition, Registry};

/// The systems that a file's records may be of.
pub(super) struct Systems {
    registry: Arc<Registry>,
    /// The one that the user names.
    named: Option<Arc<Provider>>,
    /// Where the items of their envelopes stand; never the root.
    items: Vec<Pointer>,
}

/// Whose a record is.
pub(super) enum Owner {
    /// This system's.
    System(Arc<Provider>),
    /// It bears as many marker keys of one as of another.
    Tie(Vec<String>),
    /// It bears no marker key.
    Nobody,
}

impl Systems {
    /// The systems of a registry, or the one alone that the user names.
    pub(super) fn new(registry: Arc<Registry>, named: Option<Arc<Provider>>) -> Self {
        let mut items: Vec<Pointer> = Vec::new();
        let all: Vec<Arc<Provider>> = match &named {
            Some(one) => vec![one.clone()],
            None => registry.iter().collect(),
        };
        for route in all.iter().flat_map(|provider| provider.list.iter().chain(&provider.entity)) {
            for pointer in &route.items {
                if *pointer != Pointer::default() && !items.contains(pointer) {
                    items.push(pointer.clone());
                }
            }
        }
        Self { registry, named, items }
    }

    /// Reads their records from lines; entries bear `source`.
    pub(super) fn quick(&self, source: &Arc<str>) -> QuickReader {
        match &self.named {
            Some(named) => QuickReader::named(Arc::clone(named), source, &kept::KEYS),
            None => QuickReader::new(self.registry.iter(), source, &kept::KEYS),
        }
    }

    /// How many marker keys of one system a value bears at most.
    pub(super) fn marks(&self, value: Node<'_>) -> usize {
        self.registry.marks(value)
    }

    /// Whose the record is.
    pub(super) fn owner(&self, record: Node<'_>) -> Owner {
        if let Some(named) = &self.named {
            return Owner::System(named.clone());
        }
        match self.registry.recognise(record) {
            Recognition::Provider(provider) => Owner::System(provider),
            Recognition::Tie(providers) => {
                Owner::Tie(providers.iter().map(|provider| provider.name.to_string()).collect())
            }
            Recognition::None => Owner::Nobody,
        }
    }

    /// What kinds of action an entry is that auditty wrote, by its system's table.
    pub(super) fn kinds(&self, event: &Event) -> KindSet {
        if event.provider.is_empty() {
            return KindSet::default();
        }
        self.registry
            .get(&event.provider)
            .map(|provider| provider.mapping.kinds.kinds(event))
            .unwrap_or_default()
    }

    /// Where the items of envelopes may stand.
    pub(super) fn items(&self) -> &[Pointer] {
        &self.items
    }
}
