//! Begins to read what was selected: a fetch a source, one reading of all files.

use super::collector::Kind;
use super::failure::Failure;
use super::messages::Messages;
use super::selection::{Configured, Selection};
use crate::event::field::Field;
use crate::export;
use crate::fetch::origin::Origins;
use crate::fetch::{Fetcher, Patience, Request, Running};
use crate::files::sift::{Keep, Sieve};
use crate::files::{self, Need};
use crate::offline::{self, Rows};
use crate::provider::registry::Registry;
use crate::query::Subject;
use crate::text::visible;

/// How a selection is to be read.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Of each source, the newest so many that match are enough.
    pub limit: Option<usize>,
    /// Whether each part of a source comes as a feed of its own, so that one can end before the others.
    pub apart: bool,
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
pub fn with_singles(selection: &Selection) -> &[Configured] {
    if selection.offline.is_some() { &[] } else { &selection.sources }
}

/// Tells of each source whose changes a filter cannot see: they come with single records, which are not
/// fetched. What an archive holds of these is seen.
pub fn tell_unfetched_changes(selection: &Selection, fetched: bool, messages: &Messages) {
    let looks = selection.filter.mentions(|subject| *subject == Subject::Field(Field::Changes));
    if fetched || !looks {
        return;
    }
    for (source, provider) in with_singles(selection) {
        if provider.detail.is_some() && !provider.mapping.changes.is_empty() {
            messages.notice(&format!(
                "{}: changes come with its single records, which `export --changes` alone fetches: the filter finds none",
                visible(&source.name)
            ));
        }
    }
}

/// Begins; within a tokio runtime.
pub fn begin(selection: &Selection, fetcher: &Fetcher, wanted: &Wanted) -> Vec<(Kind, Running)> {
    let mut feeds: Vec<(Kind, Running)> = Vec::new();
    for (source, provider) in &selection.sources {
        if let Some(place) = &selection.offline {
            let pair = (source.clone(), provider.clone());
            let running = offline::start(place.clone(), pair, selection.window, wanted.rows.clone());
            feeds.push((Kind::Source, running));
            continue;
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
        match Fetcher::parts(source, provider) {
            Ok(parts) if wanted.apart => feeds.extend(parts.into_iter().map(|part| {
                let request = Request { only: Some(part), ..request.clone() };
                (Kind::Source, fetcher.start(request))
            })),
            // What is wrong with its parts, the walk tells.
            _ => feeds.push((Kind::Source, fetcher.start(request))),
        }
    }
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
