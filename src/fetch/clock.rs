//! Time as the fetch layer knows it, so that tests can hold it in their hands.

use std::time::Duration;

use futures::future::BoxFuture;

use crate::timestamp::Timestamp;

/// A clock that tells the time and waits.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
    /// Waits so long.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}
