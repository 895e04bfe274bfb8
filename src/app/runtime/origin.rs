//! Where entries come from: configured sources over the network, or local files.

pub mod systems;

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::event::Event;
use crate::fetch::Running;
use crate::interval::Interval;
use crate::query::Query;

/// Where entries come from.
pub trait Origin: Send + Sync {
    /// Begins to fetch the window, `push` applied by the servers as far as they can; on the present
    /// tokio runtime. `None`: everything is being fetched already, whatever the window.
    fn begin(&self, window: Interval, push: Option<Arc<Query>>) -> Option<Vec<Begun>>;

    /// Fetches the entry's single record; the error is a sentence for the user.
    fn single(&self, event: &Event) -> BoxFuture<'static, Result<Event, String>>;
}

/// One source's fetching.
pub struct Begun {
    /// What comes of it.
    pub running: Running,
    /// After how many entries it pauses.
    pub max_events: usize,
}
