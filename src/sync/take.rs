//! Taking what came into the archive: everything that has gathered meanwhile in one transaction.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::Error;
use super::errand::Told;
use super::plan::Goal;
use crate::archive::{self, Appended, Batch, Ledger, WalkChange};
use crate::fetch::{End, Part, Update};
use crate::timestamp::Timestamp;

/// Takes in what was told, in its order. What comes back is the archive, and what became of each
/// part's entries.
pub async fn take_in(
    archive: Box<dyn Ledger>,
    told: Vec<Told>,
    goals: Arc<HashMap<Part, Goal>>,
) -> Result<(Box<dyn Ledger>, Vec<(Part, Appended)>), Error> {
    if !told.iter().any(is_kept) {
        return Ok((archive, Vec::new()));
    }
    spawn_blocking(move || {
        let mut archive = archive;
        let taken = append(&mut *archive, &told, &goals)?;
        Ok((archive, taken))
    })
    .await?
}

/// Whether it changes the archive.
fn is_kept(told: &Told) -> bool {
    match told {
        Told::Update { update, .. } => matches!(update, Update::Page(_) | Update::Ended { .. }),
        Told::Forgotten { .. } | Told::Over { .. } => true,
    }
}

fn append(
    archive: &mut dyn Ledger,
    told: &[Told],
    goals: &HashMap<Part, Goal>,
) -> Result<Vec<(Part, Appended)>, archive::Error> {
    let mut taken = Vec::new();
    let batches: Vec<Batch<'_>> = told.iter().filter_map(batch).collect();
    for (batch, appended) in batches.iter().zip(archive.append(&batches)?) {
        taken.push((batch.part.clone(), appended));
    }
    for told in told {
        if let Told::Over { part, failure: None, .. } = told
            && let Some(goal) = goals.get(part)
            && let Some(until) = whole_until(archive, part, *goal)?
        {
            archive.append(&[Batch { whole_until: Some(until), ..Batch::of(part, &[]) }])?;
        }
    }
    Ok(taken)
}

fn batch(told: &Told) -> Option<Batch<'_>> {
    match told {
        Told::Update { part, window, update: Update::Page(page) } => Some(Batch {
            part,
            events: &page.events,
            covered: &page.covered,
            walk: page
                .resume
                .as_deref()
                .map_or(WalkChange::AsItWas, |state| WalkChange::At { window: *window, state }),
            whole_until: None,
        }),
        // What a walk could not be told will not be told to it when it goes on.
        Told::Update { part, update: Update::Ended { end: End::Whole | End::Gaps { .. }, .. }, .. }
        | Told::Forgotten { part } => Some(Batch { walk: WalkChange::Over, ..Batch::of(part, &[]) }),
        Told::Update { .. } | Told::Over { .. } => None,
    }
}

/// Up to when the part is whole now that a sync of it ended well; `None`: as it was. A window that
/// was asked for counts where it joins what was whole before.
fn whole_until(archive: &dyn Ledger, part: &Part, goal: Goal) -> Result<Option<Timestamp>, archive::Error> {
    let coverage = archive.coverage(part)?;
    let known = archive.whole_until(part)?;
    let since = match (goal.asked, known) {
        (false, _) => goal.window.since,
        (true, Some(known)) => known,
        (true, None) => return Ok(None),
    };
    let until = goal.window.until;
    let is_later = known.is_none_or(|known| until > known);
    let joined = crate::interval::Interval::new(since, until);
    Ok((is_later && coverage.covers(joined)).then_some(until))
}
