//! The tables that tell what an entry is: which kind of action (`is:`), which client, and which
//! actions are failures by their name (the contract's sections 4, 5 and 7).

use crate::event::field::Field;
use crate::event::{Event, Kind, KindSet};
use crate::query::Glob;
use crate::text;

/// The table behind `is:`.
#[derive(Debug, Clone, Default)]
pub struct KindTable {
    /// The fields that any rule looks at.
    fields: Vec<Field>,
    rows: Vec<(Kind, Rule)>,
}

/// What must hold for a row: for each of the fields, one of the patterns.
#[derive(Debug, Clone)]
struct Rule(Vec<(usize, Vec<Glob>)>);

impl KindTable {
    /// Adds a row: an entry is of the kind where each of the fields is one of its patterns.
    pub fn add(&mut self, kind: Kind, conditions: Vec<(Field, Vec<Glob>)>) {
        let conditions = conditions
            .into_iter()
            .map(|(field, globs)| {
                let at = self.fields.iter().position(|known| *known == field).unwrap_or_else(|| {
                    self.fields.push(field);
                    self.fields.len() - 1
                });
                (at, globs)
            })
            .collect();
        self.rows.push((kind, Rule(conditions)));
    }

    /// The kinds of an entry.
    pub fn kinds(&self, event: &Event) -> KindSet {
        let folded: Vec<Option<String>> =
            self.fields.iter().map(|field| event.text(*field).map(|text| text::fold(&text))).collect();
        let holds = |(at, globs): &(usize, Vec<Glob>)| {
            folded
                .get(*at)
                .and_then(Option::as_deref)
                .is_some_and(|value| globs.iter().any(|glob| glob.matches_folded(value)))
        };
        let mut kinds = KindSet::default();
        for (kind, Rule(conditions)) in &self.rows {
            if !kinds.contains(*kind) && conditions.iter().all(holds) {
                kinds.insert(*kind);
            }
        }
        kinds
    }
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

impl ClientTable {
    /// The client: the first row that the user agent fits, without regard to case.
    pub fn client(&self, user_agent: Option<&str>) -> Option<&str> {
        let folded = text::fold(user_agent.unwrap_or_default());
        let fits = |all: &Vec<Box<str>>| all.iter().all(|part| folded.contains(&**part));
        self.rows
            .iter()
            .find(|row| row.contains.iter().any(fits))
            .map(|row| &*row.name)
            .or(self.otherwise.as_deref())
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
