//! Begins to read what was selected: a fetch a source, one reading of all files.

use super::collector::Kind;
use super::failure::Failure;
use super::selection::{Configured, Selection};
use crate::export;
use crate::fetch::origin::Origins;
use crate::fetch::{Fetcher, Patience, Request, Running};
use crate::files::sift::{Keep, Sieve};
use crate::files::{self, Need};
use crate::offline::{self, Rows};
use crate::provider::registry::Registry;

/// How a selection is to be read.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Of each source, the newest so many that match are enough.
    pub limit: Option<usize>,
    /// What of a file's entries is needed.
    pub need: Need,
    /// Which of an archive's entries are needed.
    pub rows: Rows,
    /// What files are read for.
    pub sieve: Sieve,
}

/// The sieve that a selection's own filter and window are.
pub fn sieve(selection: &Selection, keep: Keep) -> Sieve {
    Sieve { filter: selection.filter.clone(), window: selection.window, keep }
}

/// Makes sure of everything that must fail before anything is sent, of every source.
pub async fn prepare(selection: &Selection, fetcher: &Fetcher) -> Result<(), Failure> {
    if selection.offline.is_some() {
        return Ok(());
    }
    for (source, provider) in &selection.sources {
        fetcher.prepare(source, provider).await?;
    }
    Ok(())
}

/// The sources that can be asked for single records: none of the archive's.
pub fn with_singles(selection: &Selection) -> &[super::selection::Configured] {
    if selection.offline.is_some() { &[] } else { &selection.sources }
}

/// Begins; within a tokio runtime.
pub fn begin(selection: &Selection, fetcher: &Fetcher, wanted: &Wanted) -> Vec<(Kind, Running)> {
    let mut feeds: Vec<(Kind, Running)> = selection
        .sources
        .iter()
        .map(|(source, provider)| {
            if let Some(place) = &selection.offline {
                let pair = (source.clone(), provider.clone());
                return (
                    Kind::Source,
                    offline::start(place.clone(), pair, selection.window, wanted.rows.clone()),
                );
            }
            let request = Request {
                source: source.clone(),
                provider: provider.clone(),
                window: selection.window,
                push: selection.push.then(|| selection.filter.clone()),
                limit: wanted.limit,
                filter: Some(selection.filter.clone()),
                patience: Patience::Headless,
                only: None,
                resume: None,
            };
            (Kind::Source, fetcher.start(request))
        })
        .collect();
    if !selection.files.is_empty() {
        let registry = selection.registry.clone();
        let provider = selection.file_provider.clone();
        let files =
            files::sift(selection.files.clone(), registry, provider, wanted.need, wanted.sieve.clone());
        feeds.push((Kind::File, files));
    }
    feeds
}

/// What exporters need to know besides the entries.
pub fn origins(selection: &Selection) -> export::Origins {
    origins_of(&selection.sources, &selection.registry)
}

/// The same of these sources, and of all systems that are known.
pub fn origins_of(sources: &[Configured], registry: &Registry) -> export::Origins {
    let host = |(source, provider): &Configured| {
        let base = Origins::of(source, provider).ok()?.base;
        Some((source.name.clone(), base.host_str()?.to_owned()))
    };
    export::Origins {
        hosts: sources.iter().filter_map(host).collect(),
        organizations: registry
            .iter()
            .map(|provider| (provider.name.to_string().into(), provider.organization_is))
            .collect(),
    }
}
