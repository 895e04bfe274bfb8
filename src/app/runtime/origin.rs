//! Where entries come from: configured sources over the network, the archive, or local files.

pub mod archived;
pub mod files;
mod gathered;
pub mod systems;

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::mpsc;

use crate::changes::{Duplicates, RecordKey};
use crate::engine::Asker;
use crate::event::Event;
use crate::fetch::{Part, Running, Update};
use crate::interval::Interval;
use crate::keep::Keeper;
use crate::provider::Provider;
use crate::query::Query;
use crate::ui::feed::SourceInfo;

/// Who is told of requests and waits that belong to no walk of the window.
pub type Listener = mpsc::Sender<Update>;

/// Where entries come from.
pub trait Origin: Send + Sync {
    /// The sources, as the screen names them.
    fn sources(&self) -> Vec<SourceInfo>;

    /// Begins to fetch the window, `push` applied by the servers as far as they can; on the present
    /// tokio runtime. With `parts` these alone, of each its own stretch; a part without a value
    /// stands for all of its source. `None`: everything is being fetched already, whatever the window.
    fn begin(
        &self,
        window: Interval,
        push: Option<Arc<Query>>,
        parts: Option<&[(Part, Interval)]>,
    ) -> Option<Vec<Begun>>;

    /// Whoever answers questions about the entries, where that is not the store: nothing comes of a
    /// fetch then but what is covered.
    fn asker(&self) -> Option<Arc<Asker>> {
        None
    }

    /// Whether entries with one identity are one entry.
    fn duplicates(&self) -> Duplicates;

    /// The window that is looked at, where it follows what came so far: entries over this time.
    fn follows(&self, came: Interval) -> Option<Interval>;

    /// The request that fetches the entry, as a command for a shell, the token as a variable; the
    /// error is a sentence for the user.
    fn request(&self, event: &Event) -> Result<String, String>;

    /// The system that an entry comes from, where it is known.
    fn provider(&self, event: &Event) -> Option<Arc<Provider>>;

    /// Fetches what there is of one record in a window: by the system's route for one record where it
    /// has one, else the window, filtered by the server as far as it can. The error is a sentence for
    /// the user. Dropping the future ends the fetching.
    fn history(
        &self,
        record: &RecordKey,
        window: Interval,
        listener: Listener,
    ) -> BoxFuture<'static, Result<Vec<Event>, String>>;

    /// Who keeps in the archive what is fetched, or notes what the archive lacks of it; `None` where
    /// nothing can be kept.
    fn keeper(&self) -> Option<Arc<Keeper>> {
        None
    }

    /// The store is empty: whatever came before counts no more.
    fn anew(&self) {}

    /// Fetches the entry's single record; the error is a sentence for the user. Dropping the future
    /// ends the fetching.
    fn single(&self, event: &Event, listener: Listener) -> BoxFuture<'static, Result<Event, String>>;
}

/// What is to be fetched of a source whose parts are fetched together: the smallest stretch that holds
/// what is asked of any of them; `None`: nothing.
fn stretch_of(source: &str, window: Interval, parts: Option<&[(Part, Interval)]>) -> Option<Interval> {
    let Some(parts) = parts else { return Some(window) };
    let asked = || parts.iter().filter(|(part, _)| *part.source == *source).map(|(_, stretch)| stretch);
    let since = asked().map(|stretch| stretch.since).min()?;
    let until = asked().map(|stretch| stretch.until).max()?;
    Some(Interval::new(since, until))
}

/// One source's fetching.
pub struct Begun {
    /// What comes of it.
    pub running: Running,
    /// After how many entries it pauses.
    pub max_events: usize,
}
