//! Who answers questions about the entries: the store, or, where the archive is a server's, that
//! server. The screen does not know the difference, but that answers come later.

use std::sync::{Arc, Mutex, PoisonError};

use super::keeper::Kept;
use crate::answer::{Answer, Question};
use crate::engine::{self, Asker};
use crate::event::Event;
use crate::interval::Interval;
use crate::text::visible;
use crate::ui::study::{Studied, Study};

/// A server that answers.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) asker: Arc<Asker>,
    /// The window that the screen asked about last.
    window: Mutex<Interval>,
}

/// A sentence for the user why there is no answer; `None` in its place: nobody waits for it.
type Refused = Option<String>;

impl Asked {
    pub(super) fn new(asker: Arc<Asker>) -> Self {
        Self { asker, window: Mutex::new(Interval::ALL) }
    }

    fn window(&self) -> Interval {
        *self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, question: &Question, stale: &dyn Fn() -> bool) -> Result<Answer, engine::Error> {
        *self.window.lock().unwrap_or_else(PoisonError::into_inner) = question.window;
        let mut answer = self.asker.answer(question, stale)?;
        let mut rows: Vec<&mut Event> =
            answer.rows.iter_mut().map(|row| Arc::make_mut(&mut row.event)).collect();
        self.asker.fill(&mut rows, question.window, stale)?;
        Ok(answer)
    }

    fn study(&self, study: &Study, stale: &dyn Fn() -> bool) -> Result<Studied, engine::Error> {
        Ok(match study {
            Study::Facets(question) => Studied::Facets(self.asker.answer(question, stale)?.facets),
            Study::Why(question) => Studied::Why(self.asker.why(question, stale)?),
            Study::Pairs(question) => Studied::Pairs(self.asker.pairs(question, stale)?),
            Study::Lens { lens, window } => {
                let mut refused = None;
                let found = lens.ask(*window, 0..0, |question| {
                    self.asker.answer(question, stale).map_err(|error| refused = Some(error)).ok()
                });
                match found {
                    Some(found) => Studied::Lens(found.words()),
                    None => return Err(refused.unwrap_or(engine::Error::Cancelled)),
                }
            }
            Study::Marks(identities) => {
                let mut rows = self.asker.rows_identified(identities, self.window(), stale)?;
                let mut events: Vec<&mut Event> =
                    rows.iter_mut().map(|row| Arc::make_mut(&mut row.event)).collect();
                self.asker.fill(&mut events, self.window(), stale)?;
                Studied::Marks(rows)
            }
            Study::Values { field, prefix, most } => {
                Studied::Values(self.asker.values(*field, prefix, self.window(), *most, stale)?)
            }
        })
    }
}

impl Kept {
    /// Answers a question.
    pub(super) fn answer(&self, question: &Question, stale: &dyn Fn() -> bool) -> Result<Answer, Refused> {
        if let Some(asked) = &self.asked {
            return asked.answer(question, stale).map_err(refused);
        }
        let snapshot = Arc::clone(&self.snapshots.borrow());
        let mut answer = snapshot.answer_until(question, stale).ok_or(None)?;
        answer.rows.iter_mut().for_each(|row| self.fill(Arc::make_mut(&mut row.event)));
        Ok(answer)
    }

    /// Looks for what a layer wants to know.
    pub(super) fn study(&self, study: &Study, stale: &dyn Fn() -> bool) -> Result<Studied, Refused> {
        if let Some(asked) = &self.asked {
            return asked.study(study, stale).map_err(refused);
        }
        let snapshot = Arc::clone(&self.snapshots.borrow());
        let mut studied = study.of(&snapshot, stale).ok_or(None)?;
        if let Studied::Marks(rows) = &mut studied {
            for row in rows {
                self.fill(Arc::make_mut(&mut row.event));
            }
        }
        Ok(studied)
    }
}

/// Why there is no answer, for the user.
pub(super) fn refused(error: engine::Error) -> Refused {
    match error {
        engine::Error::Cancelled => None,
        error => {
            tracing::warn!("a question was not answered: {error}");
            Some(visible(&error.to_string()).into_owned())
        }
    }
}
