//! Whole runs against the demo server: what it holds is what comes out, for all five systems.

mod bench;
mod fetched;
mod insight;
mod mapped;

use std::sync::{Arc, LazyLock};

use auditty::demo::World;
use auditty::timestamp::Timestamp;

/// The world that these tests serve and compare with. It ends on a day that has passed.
pub(crate) static WORLD: LazyLock<Arc<World>> = LazyLock::new(|| {
    let end = Timestamp::parse("2026-05-21T10:00:00Z").expect("a time");
    Arc::new(World::generate(World::SEED, end))
});
