//! Local files as a source: NDJSON, a JSON array, an API response envelope, or CSV; plain, gzip or
//! zstd (told by their first bytes, not by their names); standard input.
//!
//! What is read comes out as the same [`crate::fetch::Update`]s as from the network, on a
//! thread of its own and with bounded memory, so that nothing above needs to know the difference.
//! Which system wrote a record is told by its descriptors' marker keys; auditty's own exports are
//! read back as they stand. Nothing is dropped as a duplicate: whoever collects keeps all.
//!
//! Not here: windows and filters (whoever collects applies them).

mod content;
mod cutter;
mod envelope;
mod gather;
mod kept;
mod lines;
mod pieces;
mod place;
mod records;
pub mod sift;
mod systems;
mod table;
mod taker;
mod values;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fetch::outlet::Outlet;
use crate::fetch::{Part, Running};
use crate::provider::Provider;
use crate::provider::registry::Registry;

use sift::Sieve;
pub use taker::MAX_RECORD_BYTES;

/// How many pages may wait to be taken. A page has at most 1,000 entries or about 1 MiB of records,
/// so that this much is what a slow reader costs.
const PAGES_AHEAD: usize = 4;

/// A file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// What its entries bear as `source`.
    pub source: Arc<str>,
    /// Where it is read from.
    pub origin: Origin,
}

/// Where an input is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Standard input.
    Stdin,
    /// A file.
    Path(PathBuf),
}

impl Origin {
    /// `-` is standard input, anything else a path.
    pub fn new(argument: &Path) -> Self {
        if argument == Path::new("-") { Self::Stdin } else { Self::Path(argument.to_owned()) }
    }

    /// How messages name it: the path as it was given, its hostile characters visible.
    pub fn shown(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::Path(path) => crate::text::visible(&path.to_string_lossy()).into_owned(),
        }
    }

    /// The `source` of its entries: the file's name without folder and known extensions, or `stdin`
    /// (the contract's section 4).
    fn source_name(&self) -> String {
        let Self::Path(path) = self else { return "stdin".to_owned() };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut stem = name.as_str();
        while let Some((rest, extension)) = stem.rsplit_once('.') {
            if rest.is_empty() || !KNOWN_EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
            {
                break;
            }
            stem = rest;
        }
        stem.to_owned()
    }
}

/// Extensions that say how a file is written, not what it is.
const KNOWN_EXTENSIONS: [&str; 7] = ["ndjson", "jsonl", "json", "csv", "gz", "zst", "zstd"];

/// Names the inputs: a name that stands already, here or among `taken` (the sources that are read
/// beside the files), gets `~2`, `~3` … behind it.
pub fn inputs(origins: impl IntoIterator<Item = Origin>, taken: &[Arc<str>]) -> Vec<Input> {
    let mut names: HashSet<Arc<str>> = taken.iter().cloned().collect();
    origins
        .into_iter()
        .map(|origin| {
            let name = origin.source_name();
            let mut source: Arc<str> = name.as_str().into();
            let mut number = 2u64;
            while names.contains(&source) {
                source = format!("{name}~{number}").into();
                number += 1;
            }
            names.insert(source.clone());
            Input { source, origin }
        })
        .collect()
}

/// Begins to read the inputs, one after the other in the order given, each a part of its own.
///
/// `provider` says which system wrote them; `None`: each record's is told by its marker keys, and
/// where that cannot be, the part ends with a failure of kind
/// [`Config`](crate::fetch::ErrorKind::Config).
pub fn start(inputs: Vec<Input>, registry: Arc<Registry>, provider: Option<Arc<Provider>>) -> Running {
    start_with(inputs, registry, provider, Need::Entries)
}

/// What the entries are wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// What they say.
    Entries,
    /// The systems' own records (`raw`, `hec`). A CSV file holds none: its part ends with a failure
    /// of kind [`Config`](crate::fetch::ErrorKind::Config).
    Records,
}

/// As [`start`], for those who need the systems' own records.
pub fn start_with(
    inputs: Vec<Input>,
    registry: Arc<Registry>,
    provider: Option<Arc<Provider>>,
    need: Need,
) -> Running {
    begin(inputs, registry, provider, Wanted::Pages(need))
}

/// As [`start`], but what is read comes as [`crate::fetch::Update::Rows`] for a store that keeps all.
/// Plain files of a record a line are read by all cores, the newest part first, and are themselves
/// where the rows' records rest, for as long as they do not change.
pub fn load(inputs: Vec<Input>, registry: Arc<Registry>, provider: Option<Arc<Provider>>) -> Running {
    begin(inputs, registry, provider, Wanted::Rows)
}

/// As [`start_with`], but what is read comes as [`crate::fetch::Update::Sifted`]: what the sieve leaves
/// of it. Plain files of a record a line are read by all cores, in no order.
pub fn sift(
    inputs: Vec<Input>,
    registry: Arc<Registry>,
    provider: Option<Arc<Provider>>,
    need: Need,
    sieve: Sieve,
) -> Running {
    begin(inputs, registry, provider, Wanted::Sifted(need, sieve))
}

/// What reading is to give.
#[derive(Debug, Clone)]
enum Wanted {
    /// Pages of events.
    Pages(Need),
    /// Rows for the store.
    Rows,
    /// What a sieve leaves.
    Sifted(Need, Sieve),
}

impl Wanted {
    fn need(&self) -> Need {
        match self {
            Self::Pages(need) | Self::Sifted(need, _) => *need,
            Self::Rows => Need::Entries,
        }
    }
}

fn begin(
    inputs: Vec<Input>,
    registry: Arc<Registry>,
    provider: Option<Arc<Provider>>,
    wanted: Wanted,
) -> Running {
    let systems = systems::Systems::new(registry, provider);
    let first = inputs.first().map(|input| (input.source.clone(), input.origin.shown()));
    let (source, named) = first.unwrap_or_default();
    let part = Part { source, value: None };
    Outlet::thread(&named, PAGES_AHEAD, part, move |outlet| {
        taker::read_all(&inputs, &wanted, &systems, outlet);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(paths: &[&str], taken: &[&str]) -> Vec<String> {
        let origins = paths.iter().map(|path| Origin::new(Path::new(path)));
        let taken: Vec<Arc<str>> = taken.iter().map(|name| Arc::from(*name)).collect();
        inputs(origins, &taken).into_iter().map(|input| input.source.to_string()).collect()
    }

    #[test]
    fn a_source_is_named_after_its_file_without_folder_and_known_extensions() {
        assert_eq!(named(&["logs/prod.ndjson.gz"], &[]), ["prod"]);
        assert_eq!(
            named(&["./a.b.JSON.zst", "x.log", ".json", "plain"], &[]),
            ["a.b", "x.log", ".json", "plain"]
        );
        assert_eq!(named(&["-"], &[]), ["stdin"]);
    }

    #[test]
    fn a_repeated_name_gets_a_number() {
        assert_eq!(named(&["a/x.csv", "b/x.json", "c/x"], &[]), ["x", "x~2", "x~3"]);
        assert_eq!(named(&["./prod.json"], &["prod"]), ["prod~2"]);
        assert_eq!(named(&["x~2", "x", "x.csv"], &[]), ["x~2", "x", "x~3"]);
    }
}
