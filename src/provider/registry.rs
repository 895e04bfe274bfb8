//! The descriptors that are known: the shipped ones and the user's own.
//!
//! The list of the shipped ones is made when the program is built, from the files in
//! assets/providers; they are parsed when they are first asked for, so that the start stays quick.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::{Provider, descriptor};
use crate::json::{Node, Pointer};
use crate::provider::mapping::Opened;
use crate::{text, written};

/// Names and texts of the shipped descriptors, in the order of their names.
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped_providers.rs"));

/// Why a descriptor cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is wrong.
    #[error(transparent)]
    Written(#[from] written::Error),
    /// No descriptor has this name.
    #[error("{}", text::visible(&written::unknown("provider", name, known.iter().map(|name| &**name))))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// All names.
        known: Vec<Box<str>>,
    },
    /// Two of the user's files describe a system of the same name.
    #[error("{}: describes `{name}`, which {} does already", text::visible(file), text::visible(other))]
    Twice {
        /// The later file.
        file: String,
        /// The name.
        name: Box<str>,
        /// The earlier file.
        other: String,
    },
    /// A sample does not become what it says.
    #[error("{}:{line}: sample `{}`: {difference}", text::visible(file), text::visible(sample))]
    Sample {
        /// The file.
        file: String,
        /// The sample's line, from 1.
        line: usize,
        /// The sample's name.
        sample: Box<str>,
        /// Where it differs.
        difference: super::sample::Difference,
    },
    /// The folder of the user's descriptors cannot be read.
    #[error("{}: cannot be read: {message}", text::visible(folder))]
    Folder {
        /// The folder.
        folder: String,
        /// Why.
        message: String,
    },
}

/// A known descriptor: its text, parsed when first asked for.
#[derive(Debug)]
struct Entry {
    /// What complaints call the file.
    file: String,
    text: &'static str,
    parsed: Arc<Parsed>,
}

/// A descriptor once it was asked for.
type Parsed = OnceLock<Result<Arc<Provider>, written::Error>>;

/// The shipped descriptors as far as they were asked for, in their order: every registry of this run
/// has the same.
static PARSED: OnceLock<Vec<Arc<Parsed>>> = OnceLock::new();

impl Entry {
    fn parsed(&self) -> &Result<Arc<Provider>, written::Error> {
        self.parsed.get_or_init(|| descriptor::read(&self.file, self.text).map(Arc::new))
    }

    fn provider(&self) -> Result<Arc<Provider>, Error> {
        self.parsed().clone().map_err(Error::from)
    }
}

/// All descriptors that are known, by name.
#[derive(Debug)]
pub struct Registry {
    entries: BTreeMap<Box<str>, Entry>,
}

/// Which system a record is of, by the marker keys that it bears.
#[derive(Debug, Clone)]
pub enum Recognition {
    /// This one: it bears more of its keys than of any other's.
    Provider(Arc<Provider>),
    /// It bears as many of each of these's.
    Tie(Vec<Arc<Provider>>),
    /// It bears none of any.
    None,
}

impl Default for Registry {
    fn default() -> Self {
        Self::shipped()
    }
}

impl Registry {
    /// The shipped descriptors.
    pub fn shipped() -> Self {
        let parsed = PARSED.get_or_init(|| SHIPPED.iter().map(|_| Arc::default()).collect());
        let entry = |((name, text), parsed): (&(&str, &'static str), &Arc<Parsed>)| {
            let file = format!("(shipped) {name}.toml");
            ((*name).into(), Entry { file, text, parsed: Arc::clone(parsed) })
        };
        Self { entries: SHIPPED.iter().zip(parsed).map(entry).collect() }
    }

    /// The shipped descriptors, and above them the user's own: every `*.toml` of a folder, where
    /// that folder is there. One that is wrong is an error, even if it is not asked for: what it was
    /// to replace must not come in its place.
    pub fn with_folder(folder: &Path) -> Result<Self, Error> {
        let mut registry = Self::shipped();
        let mut own: BTreeMap<Box<str>, String> = BTreeMap::new();
        for path in descriptors_in(folder)? {
            let file = path.display().to_string();
            let provider = Arc::new(descriptor::read(&file, &written::read_file(&path)?)?);
            let name = provider.name.clone();
            if let Some(other) = own.insert(name.clone(), file.clone()) {
                return Err(Error::Twice { file, name, other });
            }
            let entry = Entry { file, text: "", parsed: Arc::new(OnceLock::from(Ok(provider))) };
            registry.entries.insert(name, entry);
        }
        Ok(registry)
    }

    /// The descriptor of this name; the error names the nearest.
    pub fn get(&self, name: &str) -> Result<Arc<Provider>, Error> {
        match self.entries.get(name) {
            Some(entry) => entry.provider(),
            None => {
                Err(Error::Unknown { name: name.to_owned(), known: self.entries.keys().cloned().collect() })
            }
        }
    }

    /// All names, ascending.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(|name| &**name)
    }

    /// All descriptors in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = Arc<Provider>> {
        self.parsed().cloned()
    }

    /// Where a descriptor comes from: the user's file, or `(shipped) NAME.toml`.
    pub fn file(&self, name: &str) -> Option<&str> {
        self.entries.get(name).map(|entry| &*entry.file)
    }

    /// All that are right: the user's own are held to it when they are read, the shipped ones by a
    /// test.
    fn parsed(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.entries.values().filter_map(|entry| entry.parsed().as_ref().ok())
    }

    /// Which system a record of a file is of: the one whose marker keys it bears most of (the
    /// contract's section 4). A key that is there with null counts.
    pub fn recognise(&self, record: Node<'_>) -> Recognition {
        let opened = Opened::new(record);
        weigh(self.parsed(), |marker| opened.bears(marker))
    }

    /// How many marker keys of one system a value bears, of the system that it bears most of.
    pub fn marks(&self, value: Node<'_>) -> usize {
        let opened = Opened::new(value);
        let borne =
            |provider: &Arc<Provider>| provider.markers.iter().filter(|marker| opened.bears(marker)).count();
        self.parsed().map(borne).max().unwrap_or(0)
    }
}

/// The system that the most marker keys speak for.
pub(super) fn weigh<'p>(
    providers: impl Iterator<Item = &'p Arc<Provider>>,
    bears: impl Fn(&Pointer) -> bool,
) -> Recognition {
    let mut most = 0;
    let mut found: Vec<&Arc<Provider>> = Vec::new();
    for provider in providers {
        let borne = provider.markers.iter().filter(|marker| bears(marker)).count();
        if borne > most {
            most = borne;
            found.clear();
        }
        if borne == most && most > 0 {
            found.push(provider);
        }
    }
    match found[..] {
        [] => Recognition::None,
        [only] => Recognition::Provider(only.clone()),
        _ => Recognition::Tie(found.into_iter().cloned().collect()),
    }
}

/// The descriptors of a folder, in the order of their names; none where the folder is not there.
fn descriptors_in(folder: &Path) -> Result<Vec<std::path::PathBuf>, Error> {
    let cannot = |error: &io::Error| Error::Folder {
        folder: folder.display().to_string(),
        message: error.to_string(),
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(cannot(&error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| cannot(&error))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// A descriptor that was found right.
#[derive(Debug, Clone)]
pub struct Report {
    /// The descriptor.
    pub provider: Arc<Provider>,
    /// How many samples became what they say.
    pub samples: usize,
}

/// Reads a descriptor's file and runs its samples.
pub fn check(path: &Path) -> Result<Report, Vec<Error>> {
    let file = path.display().to_string();
    let text = written::read_file(path).map_err(|error| vec![error.into()])?;
    check_text(&file, &text)
}

/// As [`check`], of a text; `file` is what complaints call it.
pub fn check_text(file: &str, text: &str) -> Result<Report, Vec<Error>> {
    let provider = descriptor::read(file, text).map_err(|error| vec![error.into()])?;
    let mut errors = Vec::new();
    for sample in &provider.samples {
        errors.extend(sample.run(&provider).into_iter().map(|difference| Error::Sample {
            file: file.to_owned(),
            line: sample.line,
            sample: sample.name.clone(),
            difference,
        }));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let samples = provider.samples.len();
    Ok(Report { provider: Arc::new(provider), samples })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_descriptor_is_right_and_its_samples_become_what_they_say() {
        assert!(SHIPPED.len() >= 5);
        for (name, text) in SHIPPED {
            match check_text(&format!("{name}.toml"), text) {
                Ok(report) => {
                    assert_eq!(&*report.provider.name, *name, "a shipped file bears its system's name");
                    assert!(report.samples >= 3, "{name}: {} samples", report.samples);
                }
                Err(errors) => {
                    panic!("{}", errors.iter().map(Error::to_string).collect::<Vec<_>>().join("\n"))
                }
            }
        }
    }

    #[test]
    fn every_sample_is_recognised_as_its_own_system() {
        let registry = Registry::shipped();
        let mut seen = 0;
        for provider in registry.iter() {
            for sample in &provider.samples {
                let super::super::sample::Given::Record(record) = &sample.given else { continue };
                seen += 1;
                match registry.recognise(record.node()) {
                    Recognition::Provider(found) => {
                        assert_eq!(found.name, provider.name, "{}", sample.name);
                    }
                    other => panic!("{}: {}: {other:?}", provider.name, sample.name),
                }
            }
        }
        assert!(seen >= 10);
        let foreign = Node::parse(r#"{"eventTime":"x","eventName":"y"}"#).expect("JSON");
        assert!(matches!(registry.recognise(foreign), Recognition::None));
        assert!(matches!(registry.recognise(Node::parse("[1]").expect("JSON")), Recognition::None));
        let shared = Node::parse(r#"{"resource_type":"x"}"#).expect("JSON");
        assert!(matches!(registry.recognise(shared), Recognition::Tie(of) if of.len() == 2));
    }

    #[test]
    fn a_users_file_of_the_same_name_stands_above_the_shipped_one() {
        let shipped = Registry::shipped();
        let (name, text) = SHIPPED[0];
        let folder = tempfile::tempdir().expect("a folder");
        let with = |files: &[(&str, &str)]| {
            for (file, text) in files {
                fs::write(folder.path().join(file), text).expect("a file");
            }
            Registry::with_folder(folder.path())
        };
        let own = text.replace("title = ", "retention_days = 7\ntitle = ");
        let registry = with(&[("mine.toml", &own), ("notes.txt", "no descriptor")]).expect("right");
        assert_eq!(registry.get(name).expect("right").retention_days, Some(7));
        assert_eq!(registry.get(name).expect("right").toml.as_ref(), own);
        assert!(registry.file(name).is_some_and(|file| file.ends_with("mine.toml")));
        assert_eq!(registry.names().collect::<Vec<_>>(), shipped.names().collect::<Vec<_>>());
        assert!(matches!(with(&[("other.toml", text)]), Err(Error::Twice { .. })));
        let error = with(&[("other.toml", "name = 'x'\nlst = 1")]).expect_err("a wrong key").to_string();
        assert!(
            error.contains("other.toml:2: key `lst`: unknown key `lst`; the nearest valid one is `list`")
        );
        assert!(Registry::with_folder(&folder.path().join("none")).is_ok());
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let registry = Registry::shipped();
        let name = registry.names().next().expect("one").to_owned();
        let typed = format!("{name}x");
        let error = registry.get(&typed).expect_err("no such name").to_string();
        assert_eq!(error, format!("unknown provider `{typed}`; the nearest valid one is `{name}`"));
    }

    #[test]
    fn check_says_where_a_sample_differs() {
        let (_, text) = SHIPPED.iter().find(|(_, text)| text.contains("\"status\": 503")).expect("one");
        let wrong = text.replacen("\"status\": 503, \"outcome\"", "\"status\": 502, \"outcome\"", 1);
        let errors = check_text("x.toml", &wrong).expect_err("a sample differs");
        assert_eq!(errors.len(), 1);
        let shown = errors[0].to_string();
        assert!(
            shown.starts_with("x.toml:") && shown.ends_with(": status: expected 502, found 503"),
            "{shown}"
        );
    }
}
