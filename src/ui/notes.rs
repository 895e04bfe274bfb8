//! What the user is told: each message takes the bottom line's place for a few seconds and stays in
//! the log.

use std::collections::VecDeque;

use crate::timestamp::{SECOND, Timestamp};

/// How many messages are kept.
const KEPT: usize = 500;
/// How long a message of each weight stands, microseconds.
const STANDS: [i64; 3] = [4 * SECOND, 6 * SECOND, 12 * SECOND];

/// How much a message weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Something went well, or nothing happened.
    Info,
    /// Something to know.
    Notice,
    /// Something went wrong.
    Failure,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// When.
    pub time: Timestamp,
    /// How much it weighs.
    pub weight: Weight,
    /// What. May hold what others wrote.
    pub text: String,
    /// How often it came in a row.
    pub times: usize,
}

/// The messages so far, and the one that stands.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    kept: VecDeque<Note>,
    until: Option<Timestamp>,
}

impl Notes {
    /// Tells something.
    pub fn tell(&mut self, weight: Weight, text: impl Into<String>, now: Timestamp) {
        let text = text.into();
        self.until = Some(now.plus(STANDS[weight as usize]));
        if let Some(last) = self.kept.back_mut().filter(|last| last.text == text && last.weight == weight) {
            last.time = now;
            last.times += 1;
            return;
        }
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(Note { time: now, weight, text, times: 1 });
    }

    /// The message that stands at this moment.
    pub fn standing(&self, now: Timestamp) -> Option<&Note> {
        self.until.filter(|until| now < *until)?;
        self.kept.back()
    }

    /// When the standing message goes.
    pub fn goes_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| now < *until)
    }

    /// Takes the standing message away.
    pub fn dismiss(&mut self) {
        self.until = None;
    }

    /// All that are kept, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Note> {
        self.kept.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_goes_after_a_while_and_is_kept() {
        let mut notes = Notes::default();
        let now = Timestamp::from_micros(0);
        notes.tell(Weight::Info, "one", now);
        notes.tell(Weight::Info, "one", now.plus(1));
        assert_eq!(notes.standing(now.plus(2)).map(|note| note.times), Some(2));
        assert_eq!(notes.standing(now.plus(SECOND * 60)), None);
        assert_eq!(notes.all().count(), 1);
        for number in 0..KEPT + 10 {
            notes.tell(Weight::Failure, number.to_string(), now);
        }
        assert_eq!(notes.all().count(), KEPT);
    }
}
