//! Time as the fetch layer knows it, so that tests can hold it in their hands.
//!
//! Not here: the time-outs of a connection, which are the HTTP client's own.

use std::sync::{Arc, Mutex, PoisonError};
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

/// The machine's clock set to another time, from which it goes on.
#[derive(Debug, Clone, Copy)]
pub struct SetClock {
    /// How far ahead of the machine's it is, microseconds.
    ahead: i64,
}

impl SetClock {
    /// It is this instant now.
    pub fn to(now: Timestamp) -> Self {
        Self { ahead: now.micros().saturating_sub(Timestamp::now().micros()) }
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::now().plus(self.ahead)
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(time)
    }
}

/// A clock for tests: it stands still until somebody sleeps, and then that sleep's end is now.
/// Clones share the same time.
#[derive(Debug, Clone)]
pub struct FakeClock {
    state: Arc<Mutex<FakeState>>,
}

#[derive(Debug)]
struct FakeState {
    now: Timestamp,
    sleeps: Vec<Duration>,
}

impl FakeClock {
    /// A clock that stands at this instant.
    pub fn at(now: Timestamp) -> Self {
        Self { state: Arc::new(Mutex::new(FakeState { now, sleeps: Vec::new() })) }
    }

    /// Every sleep so far, in the order they began.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).sleeps.clone()
    }

    /// Moves the clock on (or back, where negative) by so many microseconds.
    pub fn advance(&self, micros: i64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = state.now.plus(micros);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).now
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        let state = Arc::clone(&self.state);
        let end = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.sleeps.push(time);
            state.now.plus(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
        };
        Box::pin(async move {
            tokio::task::yield_now().await;
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.now = state.now.max(end);
        })
    }
}
