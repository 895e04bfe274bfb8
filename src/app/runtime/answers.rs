//! Answers questions of the newest snapshot, off the loop's thread: the screen's, and the layers'
//! studies on threads of their own. The newest question of a thread wins: an older one is stopped.
//!
//! A store that grows faster than it answers must not keep every answer from coming: it is the
//! asker's matter not to ask anew, for new entries alone, before the last answer has come.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::mpsc;

use super::Watched;
use super::keeper::Kept;
use crate::answer::Question;
use crate::app::event_loop::{Control, Mail};
use crate::ui::message::Message;
use crate::ui::study::{Slot, Studied, Study};

/// The thread's letter box.
pub(super) struct Answers<Q = Question>(Arc<Desk<Q>>);

struct Desk<Q> {
    state: Mutex<State<Q>>,
    changed: Condvar,
    /// The question at work is not wanted any more.
    stale: AtomicBool,
}

struct State<Q> {
    /// The newest question, not yet begun, and its number.
    next: Option<(u64, Q)>,
    closed: bool,
}

impl<Q> Default for Desk<Q> {
    fn default() -> Self {
        let state = State { next: None, closed: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), stale: AtomicBool::new(false) }
    }
}

impl<Q> Desk<Q> {
    fn state(&self) -> MutexGuard<'_, State<Q>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q: Clone + PartialEq> Desk<Q> {
    /// The next question, waited for; `None`: nobody asks any more.
    fn take(&self) -> Option<(u64, Q)> {
        let mut state = self.state();
        loop {
            if state.closed {
                return None;
            }
            if let Some((generation, question)) = state.next.take() {
                self.stale.store(false, Ordering::SeqCst);
                return Some((generation, question));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether the answer to the question at work is still wanted.
    fn wants(&self) -> bool {
        self.state().next.is_none()
    }
}

impl Answers {
    /// Begins the thread for the screen's questions.
    pub(super) fn begin(
        kept: Kept,
        mail: mpsc::Sender<Mail>,
        controls: mpsc::Sender<Control>,
    ) -> io::Result<Self> {
        let answer =
            move |question: &Question, stale: &dyn Fn() -> bool| wanted(kept.answer(question, stale));
        let message = |generation, answer| match answer {
            Ok(answer) => Message::Answered { generation, answer: Box::new(answer) },
            Err(why) => Message::Unanswered { generation, why },
        };
        Self::serving("answers", mail, controls, answer, message)
    }
}

impl Answers<Study> {
    fn studying(kept: Kept, mail: mpsc::Sender<Mail>, controls: mpsc::Sender<Control>) -> io::Result<Self> {
        let study = move |study: &Study, stale: &dyn Fn() -> bool| {
            let studied: Option<Result<Studied, String>> = wanted(kept.study(study, stale));
            studied.map(|studied| studied.map_err(|why| (study.slot(), why)))
        };
        let message = |number, studied: Result<Studied, (Slot, String)>| match studied {
            Ok(studied) => Message::Studied { number, studied: Box::new(studied) },
            Err((slot, why)) => Message::Unstudied { number, slot, why },
        };
        Self::serving("studies", mail, controls, study, message)
    }
}

/// What is to be told; `None`: nobody waits for it any more.
fn wanted<A>(answer: Result<A, Option<String>>) -> Option<Result<A, String>> {
    match answer {
        Ok(answer) => Some(Ok(answer)),
        Err(why) => why.map(Err),
    }
}

/// The layers' studies: a thread a slot, so that a slow one holds back no other.
pub(super) struct Studying(Vec<(Slot, Answers<Study>)>);

impl Studying {
    /// Begins the threads.
    pub(super) fn begin(
        kept: &Kept,
        mail: &mpsc::Sender<Mail>,
        controls: &mpsc::Sender<Control>,
    ) -> io::Result<Self> {
        let thread = |slot| Ok((slot, Answers::studying(kept.clone(), mail.clone(), controls.clone())?));
        Slot::ALL.into_iter().map(thread).collect::<io::Result<_>>().map(Self)
    }

    /// Asks; an older study of the same slot still open is dropped.
    pub(super) fn ask(&self, number: u64, study: Study) {
        if let Some((_, thread)) = self.0.iter().find(|(slot, _)| *slot == study.slot()) {
            thread.ask(number, study);
        }
    }
}

impl<Q: Clone + PartialEq + Send + 'static> Answers<Q> {
    /// Begins a thread that answers in this way.
    fn serving<A>(
        name: &str,
        mail: mpsc::Sender<Mail>,
        controls: mpsc::Sender<Control>,
        answer: impl Fn(&Q, &dyn Fn() -> bool) -> Option<A> + Send + 'static,
        message: impl Fn(u64, A) -> Message + Send + 'static,
    ) -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let thread_desk = Arc::clone(&desk);
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _watched = Watched { part: "answering", controls };
            serve(&thread_desk, &mail, answer, message);
        })?;
        Ok(Self(desk))
    }
}

impl<Q: PartialEq> Answers<Q> {
    /// Asks; an older question still open is dropped.
    pub(super) fn ask(&self, generation: u64, question: Q) {
        let mut state = self.0.state();
        self.0.stale.store(true, Ordering::SeqCst);
        state.next = Some((generation, question));
        self.0.changed.notify_one();
    }
}

impl<Q> Drop for Answers<Q> {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.stale.store(true, Ordering::SeqCst);
        self.0.changed.notify_one();
    }
}

fn serve<Q: Clone + PartialEq, A>(
    desk: &Desk<Q>,
    mail: &mpsc::Sender<Mail>,
    answer: impl Fn(&Q, &dyn Fn() -> bool) -> Option<A>,
    message: impl Fn(u64, A) -> Message,
) {
    while let Some((generation, question)) = desk.take() {
        let stale = || desk.stale.load(Ordering::SeqCst);
        if let Some(answer) = answer(&question, &stale)
            && desk.wants()
            && mail.blocking_send(Mail::Message(message(generation, answer))).is_err()
        {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::answer::Answer;
    use crate::interval::Interval;
    use crate::query::Query;

    fn question(rows: usize) -> Question {
        Question::newest(Arc::new(Query::default()), Interval::ALL, rows)
    }

    /// Serves what is asked; `at_work` is called in the middle of each answer with its number, from
    /// 0. The numbers and row counts that came out.
    fn served(first: (u64, usize), at_work: impl Fn(usize, &Answers)) -> Vec<(u64, usize)> {
        let answers = Answers(Arc::default());
        answers.ask(first.0, question(first.1));
        let desk = Arc::clone(&answers.0);
        let (mail, mut receiver) = mpsc::channel(100);
        let count = Cell::new(0);
        serve(
            &desk,
            &mail,
            |question, stale| {
                at_work(count.get(), &answers);
                count.set(count.get() + 1);
                let mut state = desk.state();
                state.closed = state.next.is_none();
                (!stale()).then(|| Answer { matched: question.rows.end, ..Answer::default() })
            },
            |generation, answer| Message::Answered { generation, answer: Box::new(answer) },
        );
        drop(mail);
        let mut out = Vec::new();
        while let Some(mail) = receiver.blocking_recv() {
            let Mail::Message(Message::Answered { generation, answer }) = mail else { panic!("an answer") };
            out.push((generation, answer.matched));
        }
        out
    }

    #[test]
    fn a_question_is_answered_under_its_number() {
        assert_eq!(served((5, 40), |_, _| {}), [(5, 40)]);
    }

    #[test]
    fn another_question_stops_the_one_at_work() {
        let out = served((1, 40), |number, answers| {
            if number == 0 {
                answers.ask(2, question(50));
                answers.ask(3, question(60));
            }
        });
        assert_eq!(out, [(3, 60)]);
    }

    #[test]
    fn an_answer_that_came_too_late_is_not_sent() {
        let answers = Answers(Arc::default());
        answers.ask(1, question(40));
        let (mail, mut receiver) = mpsc::channel(100);
        serve(
            &answers.0,
            &mail,
            |question, _deaf| {
                if question.rows.end == 40 {
                    answers.ask(2, self::question(50));
                } else {
                    answers.0.state().closed = true;
                }
                Some(Answer { matched: question.rows.end, ..Answer::default() })
            },
            |generation, answer| Message::Answered { generation, answer: Box::new(answer) },
        );
        let Some(Mail::Message(Message::Answered { generation: 2, .. })) = receiver.blocking_recv() else {
            panic!("the newer one's answer")
        };
        drop(mail);
        assert!(receiver.blocking_recv().is_none());
    }
}
