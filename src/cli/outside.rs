//! The program around the explorer: opens what it wishes, writes what it hands out, by the ways of
//! the headless commands.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::arguments::ExplorerArguments;
use super::explore;
use super::failure::Failure;
use super::manifest::{Asked, Manifest};
use super::output::{self, AtomicFile};
use super::reading;
use super::selection::{self, Configured};
use crate::app::config::paths;
use crate::app::outside::{Opening, Outside};
use crate::event::Event;
use crate::export::{Exporter, Options};
use crate::fetch::Fetcher;
use crate::fetch::clock::{Clock, SystemClock};
use crate::text::visible;
use crate::timestamp::Timestamp;
use crate::ui::overlay::export::Order;
use crate::ui::overlay::welcome::form::{NewSource, NewToken};
use crate::ui::session::Saved;
use crate::ui::setup::Open;

/// The file of what is kept between two runs, in the state folder.
const SESSION: &str = "session.json";

/// The program around.
pub struct Doors {
    arguments: ExplorerArguments,
    handle: Handle,
    now: Timestamp,
    /// The clock of what is fetched.
    clock: Arc<dyn Clock>,
    /// What is open, so that exporters know of it.
    opened: Mutex<Inside>,
}

/// What is open.
#[derive(Default)]
struct Inside {
    sources: Vec<Configured>,
    #[cfg(feature = "demo")]
    demo: Option<crate::demo::Server>,
    /// The config that was written in this run: it may be written again.
    config: Option<PathBuf>,
}

/// The sentence of a failure.
fn words(failure: Failure) -> String {
    failure.message
}

impl Doors {
    /// With the flags that the explorer was begun with.
    pub fn new(arguments: &ExplorerArguments, handle: &Handle, now: Timestamp) -> Self {
        let opened = Mutex::new(Inside::default());
        let clock = Arc::new(SystemClock);
        Self { arguments: arguments.clone(), handle: handle.clone(), now, clock, opened }
    }

    /// The clock of what is fetched, and of the screen.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// With another clock than the machine's.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The flags for what is opened later: where the explorer was opened for does not hold for it.
    fn later(&self) -> ExplorerArguments {
        let mut arguments = self.arguments.clone();
        arguments.reading.filter = String::new();
        arguments.reading.entity = Vec::new();
        arguments
    }

    /// Opens sources of the config.
    pub fn sources(&self, names: &[String], arguments: &ExplorerArguments) -> Result<Opening, Failure> {
        let (opening, sources) =
            explore::open_sources(names, arguments, &self.handle, (self.now, &self.clock))?;
        self.inside().sources = sources;
        Ok(opening)
    }

    /// Opens the demo, or some of its sources, on one server for as long as this lives. Its entries end
    /// now.
    #[cfg(feature = "demo")]
    pub fn demo(
        &self,
        demo: &super::arguments::DemoArguments,
        names: Option<&[String]>,
    ) -> Result<Opening, Failure> {
        let mut inside = self.inside();
        let server = if let Some(server) = inside.demo.take() {
            server
        } else {
            let began = super::serve::begin(demo, self.now, Arc::clone(&self.clock));
            self.handle.block_on(began)?
        };
        let opened = explore::open_demo(demo, &server, names, (self.now, &self.clock));
        inside.demo = Some(server);
        let (opening, sources) = opened?;
        inside.sources = sources;
        Ok(opening)
    }

    fn write_config(&self, source: &NewSource) -> Result<PathBuf, Failure> {
        let asked = self.arguments.reading.config.config.clone();
        let path = asked
            .or_else(|| {
                selection::variable("AUDITTY_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from)
            })
            .or_else(|| paths::config_file(selection::variable))
            .ok_or_else(|| Failure::usage("there is no home folder for a config"))?;
        let mut inside = self.inside();
        if path.exists() && inside.config.as_deref() != Some(&*path) {
            let shown = visible(&path.to_string_lossy()).into_owned();
            return Err(Failure::usage(format!("{shown} is there already, and is left as it is")));
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| {
                Failure::broken(format!("cannot make {}: {error}", visible(&folder.to_string_lossy())))
            })?;
        }
        output::write_private(&path, config_text(source).as_bytes())?;
        inside.config = Some(path.clone());
        Ok(path)
    }
}

/// The config with one source.
fn config_text(source: &NewSource) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let NewSource { name, provider, base_url, vars, token } = source;
    let mut text =
        format!("default = {}\n\n[sources.{name}]\nprovider = {}\n", quoted(name), quoted(provider));
    if !base_url.is_empty() {
        text.extend(["base_url = ", &quoted(base_url), "\n"]);
    }
    if !vars.is_empty() {
        let var = |(name, values): &(String, Vec<String>)| match &values[..] {
            [one] => format!("{name} = {}", quoted(one)),
            several => {
                let several: Vec<String> = several.iter().map(|value| quoted(value)).collect();
                format!("{name} = [{}]", several.join(", "))
            }
        };
        let vars: Vec<String> = vars.iter().map(var).collect();
        text.extend(["vars = { ", &vars.join(", "), " }\n"]);
    }
    let Some(token) = token else { return text };
    let token = match token {
        NewToken::Variable(name) => format!("{{ env = {} }}", quoted(name)),
        NewToken::File(path) => format!("{{ file = {} }}", quoted(path)),
        NewToken::Command(words) => {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            format!("{{ command = [{}] }}", words.join(", "))
        }
    };
    text.extend(["token = ", &token, "\n"]);
    text
}

/// What was kept by an earlier run; nothing where there is nothing, or what is there cannot be read.
pub fn saved() -> Saved {
    let Some(path) = paths::state_folder(selection::variable).map(|folder| folder.join(SESSION)) else {
        return Saved::default();
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Saved::parse(&text).unwrap_or_else(|error| {
            tracing::warn!("{}: {error}", path.display());
            Saved::default()
        }),
        Err(_) => Saved::default(),
    }
}

impl Outside for Doors {
    fn open(&self, open: &Open) -> Result<Opening, String> {
        let later = self.later();
        match open {
            #[cfg(feature = "demo")]
            Open::Demo => self.demo(&demo_arguments(&later), None).map_err(words),
            #[cfg(not(feature = "demo"))]
            Open::Demo => Err("this build has no demo".to_owned()),
            Open::File(path) => explore::open_files(&[PathBuf::from(path)], &later, self.now).map_err(words),
            #[cfg(feature = "demo")]
            Open::Sources(names) if self.inside().demo.is_some() => {
                self.demo(&demo_arguments(&later), Some(names)).map_err(words)
            }
            Open::Sources(names) => self.sources(names, &later).map_err(words),
        }
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<String, String> {
        output::write_private(path, content).map_err(words)?;
        Ok(visible(&path.to_string_lossy()).into_owned())
    }

    fn export(
        &self,
        order: &Order,
        events: &mut dyn Iterator<Item = Result<Event, String>>,
        goes_on: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Option<usize>, String> {
        let path = PathBuf::from(&order.path);
        let shown = visible(&order.path).into_owned();
        let failed = |error: std::io::Error| {
            format!("cannot write {shown}: {error}; what was written is in {shown}.part")
        };
        let loaded = selection::load(&self.arguments.reading.config).map_err(words)?;
        let origins = reading::origins_of(&self.inside().sources, &loaded.registry);
        let options = Options { origins, ..Options::default() };
        let file = AtomicFile::create(&path).map_err(words)?;
        let mut exporter = Exporter::new(order.format, options, file);
        let (mut count, mut first, mut last): (usize, Option<Event>, Option<Event>) = (0, None, None);
        for event in events {
            let event = event.map_err(|why| format!("{why}; what was written is in {shown}.part"))?;
            exporter.write(&event).map_err(failed)?;
            count += 1;
            if first.is_none() {
                first = Some(event.clone());
            }
            last = Some(event);
            if !goes_on(count) {
                exporter.finish().map_err(failed)?.discard();
                return Ok(None);
            }
        }
        let mut file = exporter.finish().map_err(failed)?;
        file.flush().map_err(failed)?;
        let written = file.finish().map_err(failed)?;
        if order.manifest {
            let filter = order.filter.to_string();
            let asked = Asked {
                sources: order.sources.clone(),
                window: Some(order.window),
                filter: &filter,
                limit: None,
            };
            let ends = [first.as_ref(), last.as_ref()];
            Manifest::of_ends(&asked, count, ends, &written, order.complete)
                .write(&written.path)
                .map_err(words)?;
        }
        Ok(Some(count))
    }

    fn keep(&self, text: &str) -> Result<(), String> {
        let folder = paths::state_folder(selection::variable).ok_or("there is no home folder")?;
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        output::write_private(&folder.join(SESSION), text.as_bytes()).map_err(words)
    }

    fn configure(&self, source: &NewSource) -> Result<(), String> {
        let path = self.write_config(source).map_err(words)?;
        let shown = visible(&path.to_string_lossy()).into_owned();
        let found = selection::load(&self.arguments.reading.config)
            .and_then(|loaded| selection::sources_named(&loaded, std::slice::from_ref(&source.name)))
            .map_err(|failure| format!("{shown} is written, but: {}", failure.message))?;
        for (source, provider) in &found {
            let fetcher = Fetcher::new(Arc::clone(&self.clock));
            let report = self.handle.block_on(fetcher.check(source, provider));
            let parts = report.map_err(|error| format!("{shown} is written, but: {error}"))?.parts;
            if let Some(error) = parts.into_iter().find_map(|part| part.result.err()) {
                return Err(format!("{shown} is written, but: {error}"));
            }
        }
        Ok(())
    }
}

#[cfg(feature = "demo")]
fn demo_arguments(explorer: &ExplorerArguments) -> super::arguments::DemoArguments {
    super::arguments::DemoArguments {
        serve: false,
        listen: None,
        now: None,
        generate: None,
        format: None,
        explorer: explorer.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::config::Config;
    use crate::provider::registry::Registry;

    #[test]
    fn a_written_config_is_read_as_it_was_meant() {
        let registry = Registry::shipped();
        let with_vars = |provider: &Arc<crate::provider::Provider>| {
            let list = provider.list.as_ref()?;
            Some((provider.name.to_string(), (*list.variables().first()?).to_owned()))
        };
        let (provider, var) =
            registry.iter().find_map(|provider| with_vars(&provider)).expect("one has some");
        for token in [
            Some(NewToken::Variable("TOKEN".to_owned())),
            Some(NewToken::File("/run/a \"token\"".to_owned())),
            Some(NewToken::Command(vec!["pass".to_owned(), "show\\x".to_owned()])),
            None,
        ] {
            let base_url = "https://log.example.com".to_owned();
            let values = if token.is_some() {
                vec!["a \"1\"".to_owned()]
            } else {
                vec!["b".to_owned(), "c".to_owned()]
            };
            let vars = vec![(var.clone(), values)];
            let (name, provider) = ("prod".to_owned(), provider.clone());
            let source = NewSource { name, provider, base_url, vars: vars.clone(), token };
            let text = config_text(&source);
            let config = Config::parse("c.toml", Path::new("."), &text, &registry).expect(&text);
            assert_eq!(config.default.as_deref(), Some("prod"));
            assert_eq!(config.source("prod").expect("it is there").vars, vars);
        }
    }
}
