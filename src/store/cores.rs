//! Work spread over the machine's cores, for as long as an answer takes.
//!
//! Not here: which work (`store::snapshot`).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// Who answers: how many threads, and whether the answer is still wanted.
pub struct Cores<'c> {
    threads: usize,
    cancelled: &'c dyn Fn() -> bool,
}

/// The most threads of one answer: more of them wait for memory, not for a core.
const MOST: usize = 8;

impl<'c> Cores<'c> {
    /// All cores where `spread`, else the calling thread alone.
    pub fn new(spread: bool, cancelled: &'c dyn Fn() -> bool) -> Self {
        let threads = if spread {
            thread::available_parallelism().map_or(1, |cores| cores.get().clamp(2, MOST))
        } else {
            1
        };
        Self { threads, cancelled }
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Whether the answer is no longer wanted.
    pub fn is_cancelled(&self) -> bool {
        (self.cancelled)()
    }

    /// Does the work for each item; `None` where it was cancelled, which is asked before each item
    /// that the calling thread takes.
    pub fn each<'i, T: Sync, R: Send>(
        &self,
        items: &'i [T],
        work: impl Fn(&'i T) -> R + Sync,
    ) -> Option<Vec<R>> {
        let threads = self.threads.min(items.len());
        if threads < 2 {
            return items.iter().map(|item| (!(self.cancelled)()).then(|| work(item))).collect();
        }
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let take = || {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).map(|item| (at, item))
        };
        let mut done = thread::scope(|scope| {
            let helper = || {
                let mut done = Vec::new();
                while let Some((at, item)) = take().filter(|_| !stop.load(Ordering::Relaxed)) {
                    done.push((at, work(item)));
                }
                done
            };
            let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(helper)).collect();
            let mut done = Vec::new();
            loop {
                if (self.cancelled)() {
                    stop.store(true, Ordering::Relaxed);
                    break;
                }
                let Some((at, item)) = take() else { break };
                done.push((at, work(item)));
            }
            for helper in helpers {
                match helper.join() {
                    Ok(more) => done.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        });
        done.sort_unstable_by_key(|(at, _)| *at);
        (done.len() == items.len()).then(|| done.into_iter().map(|(_, result)| result).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_their_items() {
        let items: Vec<u64> = (0..500).collect();
        for spread in [false, true] {
            let doubled = Cores::new(spread, &|| false).each(&items, |item| item * 2);
            assert_eq!(doubled, Some(items.iter().map(|item| item * 2).collect()));
            assert_eq!(Cores::new(spread, &|| true).each(&items, |item| *item), None);
        }
    }
}
