//! Windows that are each answered at once; none needs another.

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

    /// The next window.
    pub fn ask(&mut self) -> Option<Position> {
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
