//! Answers questions of the newest snapshot, off the loop's thread. The newest question wins: an
//! older one is stopped.
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
use crate::answer::{Answer, Question};
use crate::app::event_loop::{Control, Mail};
use crate::ui::message::Message;

/// The thread's letter box.
pub(super) struct Answers(Arc<Desk>);

#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
    /// The question at work is not wanted any more.
    stale: AtomicBool,
}

#[derive(Default)]
struct State {
    /// The newest question, not yet begun, and its number.
    next: Option<(u64, Question)>,
    closed: bool,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next question, waited for; `None`: nobody asks any more.
    fn take(&self) -> Option<(u64, Question)> {
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
    /// Begins the thread.
    pub(super) fn begin(
        kept: Kept,
        mail: mpsc::Sender<Mail>,
        controls: mpsc::Sender<Control>,
    ) -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let thread_desk = Arc::clone(&desk);
        thread::Builder::new().name("answers".to_owned()).spawn(move || {
            let _watched = Watched { part: "answering", controls };
            serve(&thread_desk, &mail, |question, stale| {
                let snapshot = Arc::clone(&kept.snapshots.borrow());
                let mut answer = snapshot.answer_until(question, stale)?;
                answer.rows.iter_mut().for_each(|row| kept.fill(Arc::make_mut(&mut row.event)));
                Some(answer)
            });
        })?;
        Ok(Self(desk))
    }

    /// Asks; an older question still open is dropped.
    pub(super) fn ask(&self, generation: u64, question: Question) {
        let mut state = self.0.state();
        self.0.stale.store(true, Ordering::SeqCst);
        state.next = Some((generation, question));
        self.0.changed.notify_one();
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.stale.store(true, Ordering::SeqCst);
        self.0.changed.notify_one();
    }
}

fn serve(
    desk: &Desk,
    mail: &mpsc::Sender<Mail>,
    answer: impl Fn(&Question, &dyn Fn() -> bool) -> Option<Answer>,
) {
    while let Some((generation, question)) = desk.take() {
        let stale = || desk.stale.load(Ordering::SeqCst);
        if let Some(answer) = answer(&question, &stale)
            && desk.wants()
        {
            let message = Message::Answered { generation, answer: Box::new(answer) };
            if mail.blocking_send(Mail::Message(message)).is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
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
        serve(&desk, &mail, |question, stale| {
            at_work(count.get(), &answers);
            count.set(count.get() + 1);
            let mut state = desk.state();
            state.closed = state.next.is_none();
            (!stale()).then(|| Answer { matched: question.rows.end, ..Answer::default() })
        });
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
        serve(&answers.0, &mail, |question, _deaf| {
            if question.rows.end == 40 {
                answers.ask(2, self::question(50));
            } else {
                answers.0.state().closed = true;
            }
            Some(Answer { matched: question.rows.end, ..Answer::default() })
        });
        let Some(Mail::Message(Message::Answered { generation: 2, .. })) = receiver.blocking_recv() else {
            panic!("the newer one's answer")
        };
        drop(mail);
        assert!(receiver.blocking_recv().is_none());
    }
}
