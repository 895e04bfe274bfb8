//! Windows that are each answered at once; none needs another. The first is asked for alone: what
//! refuses it would refuse them all, and is asked no more often than it need be.

use super::{Next, Position};
use crate::interval::Interval;

/// A walk through windows.
#[derive(Debug)]
pub struct Pieces {
    windows: Vec<Interval>,
    asked: usize,
    answered: usize,
}

impl Pieces {
    /// Through these windows, in this order.
    pub fn new(windows: Vec<Interval>) -> Self {
        Self { windows, asked: 0, answered: 0 }
    }

    /// The next window; none while the first is under way.
    pub fn ask(&mut self) -> Option<Position> {
        if self.asked > 0 && self.answered == 0 {
            return None;
        }
        let window = self.windows.get(self.asked)?;
        self.asked += 1;
        Some(Position::Window(*window))
    }

    /// A window was answered, or given up.
    pub fn came(&mut self) -> Next {
        self.answered += 1;
        if self.answered < self.windows.len() { Next::More } else { Next::End }
    }
}
