//! What a reading command is to read: which sources and files, of which time, with which filter.
//!
//! Everything that can be wrong with it is said here, before anything is sent.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use super::arguments::{ConfigArguments, ReadingArguments};
use super::failure::Failure;
use super::memory;
use super::window::Bounds;
use super::zone::Zone;
use crate::app::config::{Config, Loaded};
use crate::files::{self, Input, Origin};
use crate::interval::Interval;
use crate::place::Place;
use crate::provider::Provider;
use crate::provider::registry::Registry;
use crate::query::Query;
use crate::query::parse;
use crate::source::{Entity, Source};
use crate::text::visible;
use crate::timestamp::Timestamp;

/// A variable of the environment.
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Finds and reads the config.
pub fn load(arguments: &ConfigArguments) -> Result<Loaded, Failure> {
    let loaded = Config::load(arguments.config.as_deref(), variable).map_err(Failure::usage)?;
    // A command without a screen has no use for keys, but one config is right or wrong for all.
    super::explore::keymap(&loaded.config.keys)?;
    Ok(loaded)
}

/// A source with the descriptor that it goes by.
pub type Configured = (Arc<Source>, Arc<Provider>);

/// The sources of these names, in the order given, none of them twice.
pub fn sources_named(loaded: &Loaded, names: &[String]) -> Result<Vec<Configured>, Failure> {
    let mut found: Vec<Configured> = Vec::new();
    for name in names {
        let source = loaded.config.source(name).map_err(|error| match &loaded.path {
            Some(_) => Failure::usage(error),
            None => Failure::usage(no_config(name)),
        })?;
        if found.iter().all(|(known, _)| known.name != source.name) {
            found.push(with_provider(source, &loaded.registry)?);
        }
    }
    Ok(found)
}

fn no_config(name: &str) -> String {
    let place = crate::app::config::paths::config_file(variable)
        .map(|path| format!(" at {}", visible(&path.to_string_lossy())))
        .unwrap_or_default();
    format!("unknown source `{}`: there is no config{place}; `auditty demo` needs none", visible(name))
}

/// Every source of the config.
pub fn all_sources(loaded: &Loaded) -> Result<Vec<Configured>, Failure> {
    loaded.config.sources.iter().map(|source| with_provider(source, &loaded.registry)).collect()
}

fn with_provider(source: &Source, registry: &Registry) -> Result<Configured, Failure> {
    let provider = registry.get(&source.provider).map_err(Failure::usage)?;
    Ok((Arc::new(source.clone()), provider))
}

/// What is to be read.
#[derive(Debug)]
pub struct Selection {
    /// Configured sources.
    pub sources: Vec<Configured>,
    /// Files.
    pub files: Vec<Input>,
    /// The names of all of them, in the order given.
    pub names: Vec<String>,
    /// The archive, where only that is to be read.
    pub offline: Option<Place>,
    /// The descriptors that are known.
    pub registry: Arc<Registry>,
    /// The system that wrote the files, where the user says it.
    pub file_provider: Option<Arc<Provider>>,
    /// The window's bounds as they were said.
    pub bounds: Bounds,
    /// What is taken: the window over sources; of files alone, everything on the open sides.
    pub window: Interval,
    /// The filter.
    pub filter: Arc<Query>,
    /// The filter as it was typed.
    pub filter_text: String,
    /// Whether the servers may be asked to filter.
    pub push: bool,
    /// Where times are shown to people.
    pub zone: Zone,
    /// How much memory what matches may take, bytes.
    pub max_memory: u64,
    /// The command's present.
    pub now: Timestamp,
}

impl Selection {
    /// Reads a command's inputs and flags.
    pub fn new(inputs: &[String], reading: &ReadingArguments, now: Timestamp) -> Result<Self, Failure> {
        let loaded = load(&reading.config)?;
        let bounds = Bounds::read(reading.since.as_deref(), reading.until.as_deref(), now)?;
        let filter = read_filter(&reading.filter, now)?;
        let entities = read_entities(&reading.entity)?;
        let zone = match reading.tz.as_deref().or(loaded.config.ui.tz.as_deref()) {
            Some(name) => Zone::read(name)?,
            None => Zone::Utc,
        };
        let file_provider = reading
            .provider
            .as_deref()
            .map(|name| loaded.registry.get(name))
            .transpose()
            .map_err(|error| Failure::usage(format!("--provider: {error}")))?;

        let (mut names, mut origins) = (Vec::new(), Vec::new());
        for input in inputs {
            match resolve(input, &loaded)? {
                Resolved::Source => names.push(input.clone()),
                Resolved::File(origin) => origins.push(origin),
            }
        }
        let mut sources = sources_named(&loaded, &names)?;
        if !entities.is_empty() {
            if sources.is_empty() {
                return Err(Failure::usage("--entity: files have no entity routes"));
            }
            for (source, provider) in &mut sources {
                if provider.entity.is_none() {
                    return Err(Failure::usage(format!(
                        "--entity: the system of `{}`, {}, has no route for one entity",
                        visible(&source.name),
                        provider.name
                    )));
                }
                Arc::make_mut(source).entities.clone_from(&entities);
            }
        }
        let taken: Vec<Arc<str>> = sources.iter().map(|(source, _)| source.name.clone()).collect();
        let files = files::inputs(origins, &taken);
        let names =
            taken.iter().chain(files.iter().map(|file| &file.source)).map(ToString::to_string).collect();
        let offline = match reading.offline {
            true if sources.is_empty() => None,
            true => Some(super::archive::place(&loaded)?),
            false => None,
        };
        let window = if sources.is_empty() { bounds.over_files() } else { bounds.over_sources(now)? };
        Ok(Self {
            sources,
            files,
            names,
            offline,
            registry: Arc::new(loaded.registry),
            file_provider,
            bounds,
            window,
            filter: Arc::new(filter),
            filter_text: reading.filter.clone(),
            push: !reading.no_push,
            zone,
            max_memory: memory::allowed(reading.max_memory),
            now,
        })
    }
}

/// Reads a filter; an error shows the place under it.
pub fn read_filter(text: &str, now: Timestamp) -> Result<Query, Failure> {
    parse::parse(text, now).map_err(|error| {
        let shown: Vec<String> = error.caret(text).lines().map(|line| format!("  {line}")).collect();
        Failure::usage(format!("filter, {error}\n{}", shown.join("\n")))
    })
}

fn read_entities(texts: &[String]) -> Result<Vec<Entity>, Failure> {
    texts
        .iter()
        .map(|text| {
            Entity::parse(text).ok_or_else(|| {
                Failure::usage(format!("--entity: `{}` is no TYPE/ID, as in file/file_1", visible(text)))
            })
        })
        .collect()
}

/// What an input is.
enum Resolved {
    Source,
    File(Origin),
}

/// A configured source of the name wins over a file; `./name` is a file.
fn resolve(input: &str, loaded: &Loaded) -> Result<Resolved, Failure> {
    if loaded.config.sources.iter().any(|source| &*source.name == input) {
        return Ok(Resolved::Source);
    }
    if input == "-" {
        return Ok(Resolved::File(Origin::Stdin));
    }
    let path = Path::new(input);
    match std::fs::metadata(path) {
        Ok(about) if about.is_dir() => {
            Err(Failure::usage(format!("`{}` is a folder; name the files in it", visible(input))))
        }
        Ok(_) => Ok(Resolved::File(Origin::new(path))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if input.contains('/') {
                return Err(Failure::usage(format!("there is no file `{}`", visible(input))));
            }
            // The config's own words name the nearest source.
            let unknown = match (&loaded.path, loaded.config.source(input)) {
                (Some(_), Err(error)) => error.to_string(),
                _ => no_config(input),
            };
            Err(Failure::usage(format!("{unknown}; and there is no such file")))
        }
        Err(error) => Err(Failure::broken(format!("`{}` cannot be opened: {error}", visible(input)))),
    }
}
