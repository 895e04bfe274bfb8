//! Single records for `--changes`: of every list row whose system has that route, a few at a time,
//! and kept a few at a time, so that an interrupted sync goes on where it was.

use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt;
use tokio::task::spawn_blocking;

use super::{Configured, Error, Progress, Summary};
use crate::archive::{Batch, Ledger, Loading};
use crate::event::{Event, Identity, Rank};
use crate::fetch::{ErrorKind, Fetcher, Part};
use crate::provider::Provider;
use crate::source::Source;

/// How many are asked for at once.
const AT_ONCE: usize = 2;
/// How many are taken in at once.
const BATCH: usize = 50;
/// An entry whose single record could not be had in so many syncs is not asked for any more: the
/// system has let it go.
const TRIES: u32 = 3;

/// Fetches what the archive lacks of a source's single records.
pub async fn fetch(
    fetcher: &Fetcher,
    mut archive: Box<dyn Ledger>,
    (source, provider): (&Arc<Source>, &Arc<Provider>),
    summary: &mut Summary,
    tell: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<Box<dyn Ledger>, Error> {
    if provider.detail.is_none() || summary.failure.is_some_and(|kind| kind != ErrorKind::Broken) {
        return Ok(archive);
    }
    for part in Fetcher::parts(source, provider)? {
        let pair = (source.clone(), provider.clone());
        let mut one_part = OnePart { fetcher, pair, part, first_failure: true, tries: HashMap::new() };
        archive = one_part.fetch(archive, summary, tell).await?;
    }
    Ok(archive)
}

struct OnePart<'a> {
    fetcher: &'a Fetcher,
    pair: Configured,
    part: Part,
    first_failure: bool,
    tries: HashMap<Identity, u32>,
}

impl OnePart<'_> {
    async fn fetch(
        &mut self,
        mut archive: Box<dyn Ledger>,
        summary: &mut Summary,
        tell: &mut (dyn FnMut(Progress<'_>) + Send),
    ) -> Result<Box<dyn Ledger>, Error> {
        let Some(window) = archive.list_rows(&self.part)? else { return Ok(archive) };
        self.tries = archive.without_single(&self.part)?;
        let mut load = archive.load(vec![(self.part.clone(), self.pair.1.clone())], window)?;
        loop {
            let wanted;
            (load, wanted) = self.wanted(load).await?;
            let Some(wanted) = wanted else { return Ok(archive) };
            for some in wanted.chunks(BATCH) {
                let (came, refused, gives_up) = self.ask(some, summary, tell).await;
                let part = self.part.clone();
                let count = came.len() as u64;
                archive = spawn_blocking(move || {
                    archive.append(&[Batch::of(&part, &came)])?;
                    archive.note_without_single(&part, &refused)?;
                    Ok::<_, Error>(archive)
                })
                .await??;
                summary.singles += count;
                tell(Progress::Singles(&self.part, summary.singles));
                if gives_up {
                    return Ok(archive);
                }
            }
        }
    }

    /// The entries of the next block that lack their single record; `None` after the last.
    async fn wanted(&self, mut load: Loading) -> Result<(Loading, Option<Vec<(Identity, String)>>), Error> {
        let (load, loaded) = spawn_blocking(move || {
            let loaded = load.next();
            (load, loaded)
        })
        .await?;
        let Some(loaded) = loaded.transpose()? else { return Ok((load, None)) };
        let lacks = |event: &Event| {
            event.rank == Rank::ListRow && self.tries.get(&event.identity).is_none_or(|tries| *tries < TRIES)
        };
        let id = |event: Event| Some((event.identity, event.id.filter(|id| !id.is_empty())?));
        Ok((load, Some(loaded.events.into_iter().filter(lacks).filter_map(id).collect())))
    }

    /// Asks for some: what came, what could not be had, and whether the source is to be left alone.
    async fn ask(
        &mut self,
        wanted: &[(Identity, String)],
        summary: &mut Summary,
        tell: &mut (dyn FnMut(Progress<'_>) + Send),
    ) -> (Vec<Event>, Vec<Identity>, bool) {
        let (source, provider) = &self.pair;
        let (fetcher, workspace) = (self.fetcher, self.part.value.as_deref());
        let answers = futures::stream::iter(wanted.iter().cloned())
            .map(|(identity, id)| async move {
                (identity, fetcher.single(source, provider, workspace, &id).await)
            })
            .buffer_unordered(AT_ONCE);
        let mut answers = std::pin::pin!(answers);
        let (mut came, mut refused) = (Vec::new(), Vec::new());
        let mut first_failure = self.first_failure;
        let mut gives_up = false;
        while let Some((identity, answer)) = answers.next().await {
            match answer {
                Ok(event) if event.identity == identity => came.push(event),
                // Another entry's record says nothing of this one.
                Ok(_) => refused.push(identity),
                Err(error) => {
                    summary.fail(error.kind);
                    if std::mem::take(&mut first_failure) {
                        tell(Progress::NoSingle(&error));
                    }
                    if error.kind != ErrorKind::Broken {
                        gives_up = true;
                        break;
                    }
                    refused.push(identity);
                }
            }
        }
        self.first_failure = first_failure;
        (came, refused, gives_up)
    }
}
