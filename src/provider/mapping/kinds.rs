//! The tables that tell what an entry is: which kind of action (`is:`), which client, and which
//! actions are failures by their name (the contract's sections 4, 5 and 7).

use std::borrow::Cow;

use super::memo::Memo;
use crate::event::field::Field;
use crate::event::{Event, Kind, KindSet};
use crate::query::Glob;
use crate::text;

/// The table behind `is:`.
#[derive(Debug, Clone, Default)]
pub struct KindTable {
    /// The fields that any rule looks at, each with its conditions.
    fields: Vec<(Field, Vec<Condition>)>,
    rows: Vec<Row>,
    /// How many conditions there are.
    conditions: u32,
}

/// That a field is one of some patterns; a bit of its own stands for it.
#[derive(Debug, Clone)]
struct Condition {
    bit: u128,
    globs: Vec<Glob>,
}

/// An entry is of the kind where all of these conditions hold.
#[derive(Debug, Clone)]
struct Row {
    kind: Kind,
    needs: u128,
}

/// A table has no room for another rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("has more conditions than {}", u128::BITS)]
pub struct Full;

/// Which conditions hold for the texts that came of late, by field.
#[derive(Debug, Clone, Default)]
pub(super) struct Kinds(Vec<Memo<u128>>);

impl KindTable {
    /// Adds a row: an entry is of the kind where each of the fields is one of its patterns.
    pub fn add(&mut self, kind: Kind, conditions: Vec<(Field, Vec<Glob>)>) -> Result<(), Full> {
        let mut needs = 0;
        for (field, globs) in conditions {
            if self.conditions >= u128::BITS {
                return Err(Full);
            }
            let bit = 1 << self.conditions;
            self.conditions += 1;
            needs |= bit;
            let condition = Condition { bit, globs };
            match self.fields.iter_mut().find(|(known, _)| *known == field) {
                Some((_, known)) => known.push(condition),
                None => self.fields.push((field, vec![condition])),
            }
        }
        self.rows.push(Row { kind, needs });
        Ok(())
    }

    /// The kinds of an entry.
    pub fn kinds(&self, event: &Event) -> KindSet {
        self.find(|field| event.text(field), &mut Kinds::default())
    }

    /// The kinds of an entry with these texts.
    pub(super) fn find<'t>(
        &self,
        text: impl Fn(Field) -> Option<Cow<'t, str>>,
        known: &mut Kinds,
    ) -> KindSet {
        let mut holding = 0;
        for (at, (field, conditions)) in self.fields.iter().enumerate() {
            let Some(text) = text(*field) else { continue };
            holding |= match known.0.get_mut(at) {
                Some(memo) => memo.get(&text, |text| holding_for(conditions, text)),
                None => holding_for(conditions, &text),
            };
        }
        self.of_holding(holding)
    }

    /// The kinds of an entry for which these conditions hold.
    pub(super) fn of_holding(&self, holding: u128) -> KindSet {
        let mut kinds = KindSet::default();
        for row in self.rows.iter().filter(|row| row.needs & holding == row.needs) {
            kinds.insert(row.kind);
        }
        kinds
    }

    /// The fields that tell, each once.
    pub(super) fn fields(&self) -> impl Iterator<Item = Field> {
        self.fields.iter().map(|(field, _)| *field)
    }

    /// The conditions that hold for a text of a field.
    pub(super) fn holding(&self, field: Field, text: &str) -> u128 {
        let known = self.fields.iter().find(|(known, _)| *known == field);
        known.map_or(0, |(_, conditions)| holding_for(conditions, text))
    }

    /// Remembers what it found.
    pub(super) fn remembering(&self) -> Kinds {
        Kinds(self.fields.iter().map(|_| Memo::default()).collect())
    }
}

/// The bits of those conditions that hold for a text.
fn holding_for(conditions: &[Condition], text: &str) -> u128 {
    let bits_where = |holds: &dyn Fn(&Glob) -> bool| {
        let holding = conditions.iter().filter(|condition| condition.globs.iter().any(holds));
        holding.fold(0, |bits, condition| bits | condition.bit)
    };
    if text.is_ascii() {
        return bits_where(&|glob| glob.matches_ascii(text));
    }
    let folded = text::folded(text);
    bits_where(&|glob| glob.matches_folded(&folded))
}

/// Which client made a request, by what its `User-Agent` contains.
#[derive(Debug, Clone, Default)]
pub struct ClientTable {
    /// The rows; the first that fits counts.
    pub rows: Vec<ClientRow>,
    /// The client where no row fits, or there is no `User-Agent`.
    pub otherwise: Option<Box<str>>,
}

/// One client.
#[derive(Debug, Clone)]
pub struct ClientRow {
    /// Its name.
    pub name: Box<str>,
    /// Alternatives; of one alternative all texts (folded) must be contained.
    pub contains: Vec<Vec<Box<str>>>,
}

/// Which row fits the user agents that came of late.
pub(super) type Clients = Option<Memo<Option<usize>>>;

impl ClientTable {
    /// The client: the first row that the user agent fits, without regard to case.
    pub fn client(&self, user_agent: Option<&str>) -> Option<&str> {
        self.find(user_agent, &mut None)
    }

    /// The same, with what was found before.
    pub(super) fn find(&self, user_agent: Option<&str>, known: &mut Clients) -> Option<&str> {
        let user_agent = user_agent.unwrap_or_default();
        let row = match known {
            Some(memo) => memo.get(user_agent, |user_agent| self.row(user_agent)),
            None => self.row(user_agent),
        };
        row.map(|row| &*self.rows[row].name).or(self.otherwise.as_deref())
    }

    fn row(&self, user_agent: &str) -> Option<usize> {
        let folded = text::folded(user_agent);
        let fits = |all: &Vec<Box<str>>| all.iter().all(|part| folded.contains(&**part));
        self.rows.iter().position(|row| row.contains.iter().any(fits))
    }
}

/// Whether an action ends in one of the words, without regard to case, alone or after one of
/// `. _ - :` or a space.
pub fn ends_in_word(action: &str, words: &[Box<str>]) -> bool {
    words.iter().any(|word| {
        let Some(start) = action.len().checked_sub(word.len()) else {
            return false;
        };
        let (before, end) = (action.as_bytes().get(..start), action.as_bytes().get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(word.as_bytes()))
            && before
                .is_some_and(|before| matches!(before.last(), None | Some(b'.' | b'_' | b'-' | b':' | b' ')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_a_word_at_the_end_of_the_action() {
        let words: Vec<Box<str>> = ["failure", "failed", "denied"].map(Into::into).into();
        for action in
            ["failure", "login_failure", "login.FAILED", "access-Denied", "a:denied", "login failed"]
        {
            assert!(ends_in_word(action, &words), "{action}");
        }
        for action in ["", "fail", "nonfailure", "failure_seen", "undenied", "é failures", "éfailed"] {
            assert!(!ends_in_word(action, &words), "{action}");
        }
    }

    #[test]
    fn the_first_row_that_fits_names_the_client() {
        let row = |name: &str, parts: &[&str]| ClientRow {
            name: name.into(),
            contains: vec![parts.iter().map(|part| (*part).into()).collect()],
        };
        let table = ClientTable {
            rows: vec![row("both", &["tool", "/py"]), row("tool", &["tool"])],
            otherwise: Some("HTTP".into()),
        };
        assert_eq!(table.client(Some("x/PY Tool")), Some("both"));
        assert_eq!(table.client(Some("TOOL/1")), Some("tool"));
        assert_eq!(table.client(Some("curl/8")), Some("HTTP"));
        assert_eq!(table.client(None), Some("HTTP"));
        assert_eq!(ClientTable::default().client(Some("x")), None);
    }
}
