//! What is kept between two runs: what was looked at last, and the views that were saved by name.
//! Filters, windows, columns, places, marks with their notes; no entries.
//!
//! Not here: the file (`app`), and going there (`update::views`).

use serde::{Deserialize, Serialize};

use crate::event::{Event, Identity};
use crate::timestamp::Timestamp;

/// How many last views are kept, one for each set of sources.
const LAST: usize = 20;

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct View {
    /// The name that it was saved by; empty: it was the last one.
    pub name: String,
    /// When, RFC 3339.
    pub saved: String,
    /// The sources, by name.
    pub sources: Vec<String>,
    /// The filter.
    pub filter: String,
    /// The window, RFC 3339.
    pub since: String,
    /// Its end.
    pub until: String,
    /// The window's length in microseconds, where it ended in the present: it does so again.
    pub last: Option<i64>,
    /// The zoom, RFC 3339.
    pub zoom: Option<[String; 2]>,
    /// By what the rows stand, as `--sort` has it; `None`: newest first.
    pub sort: Option<String>,
    /// When the selected row was, RFC 3339.
    pub at: Option<String>,
    /// Whether the histogram is off.
    pub no_histogram: bool,
    /// The names of the chosen columns; `None`: the data decided.
    pub columns: Option<Vec<String>>,
    /// The marked entries.
    pub marks: Vec<SavedMark>,
}

/// A marked entry: which it is and what was noted of it, nothing of what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct SavedMark {
    /// The entry's identity, in hexadecimal digits.
    pub entry: String,
    /// When it was, RFC 3339.
    pub time: String,
    /// The note; empty: none.
    pub note: String,
}

impl SavedMark {
    /// The mark of an entry.
    pub fn of(event: &Event, note: &str) -> Self {
        let entry = format!("{:032x}", event.identity.0);
        Self { entry, time: event.time.rfc3339(6), note: note.to_owned() }
    }

    /// The entry's identity; `None` where the file says something else there.
    pub fn identity(&self) -> Option<Identity> {
        u128::from_str_radix(&self.entry, 16).ok().map(Identity)
    }
}

/// All that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Saved {
    /// What was looked at last, the newest first.
    pub last: Vec<View>,
    /// The views saved by name.
    pub views: Vec<View>,
}

impl Saved {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("texts and numbers are JSON");
        text.push('\n');
        text
    }

    /// What was looked at last of these sources.
    pub fn last_of(&self, sources: &[String]) -> Option<&View> {
        self.last.iter().find(|view| same(&view.sources, sources))
    }

    /// Keeps what was looked at last.
    pub fn keep_last(&mut self, view: View) {
        self.last.retain(|other| !same(&other.sources, &view.sources));
        self.last.insert(0, view);
        self.last.truncate(LAST);
    }

    /// Saves a view by its name; whether another of that name was replaced.
    pub fn save(&mut self, view: View) -> bool {
        let before = self.views.len();
        self.views.retain(|other| other.name != view.name);
        let replaced = self.views.len() < before;
        self.views.push(view);
        replaced
    }
}

/// Whether these are the same sources, in whatever order.
pub fn same(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|name| other.contains(name))
}

/// A time of the file.
pub fn time(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str, sources: &[&str]) -> View {
        let sources = sources.iter().map(|source| (*source).to_owned()).collect();
        View { name: name.to_owned(), sources, ..View::default() }
    }

    #[test]
    fn what_is_written_is_read_again_and_garbage_is_refused() {
        let mut saved = Saved::default();
        saved.keep_last(view("", &["a", "b"]));
        assert!(!saved.save(view("night", &["a"])));
        assert!(saved.save(view("night", &["b"])));
        assert_eq!(Saved::parse(&saved.text()).expect("our own text"), saved);
        assert!(Saved::parse("{\"last\": 3}").is_err());
        assert_eq!(Saved::parse("{}").expect("nothing is kept"), Saved::default());
    }

    #[test]
    fn one_last_view_is_kept_for_each_set_of_sources() {
        let mut saved = Saved::default();
        for number in 0..30 {
            saved.keep_last(view("", &[&number.to_string()]));
        }
        assert_eq!(saved.last.len(), LAST);
        saved.keep_last(View { filter: "x".to_owned(), ..view("", &["b", "a"]) });
        let found = saved.last_of(&["a".to_owned(), "b".to_owned()]).map(|view| view.filter.as_str());
        assert_eq!(found, Some("x"));
    }
}
