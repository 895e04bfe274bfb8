//! The commands that open the explorer: `auditty`, `explore`, `open`, `demo`.
//!
//! Here is what the user typed and configured; everything that can be wrong with it is said before
//! the screen is taken. Not here: the explorer itself (`app`, `ui`).

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use tokio::runtime::{Handle, Runtime};

use super::arguments::{ArrangementArguments, ExplorerArguments};
#[cfg(feature = "demo")]
use super::arguments::{DemoArguments, ReadingArguments};
use super::failure::{Failure, Status};
use super::memory;
use super::outside::{self, Doors};
use super::selection::{self, Configured, Selection};
use super::window::Bounds;
use super::zone::{Machine, Zone, machine};
use crate::app::clipboard::plan::Choice;
use crate::app::config::{KeyOverride, Loaded, UiConfig};
use crate::app::input::ESC_HOLD;
use crate::app::look::Look;
use crate::app::outside::{Opening, Outside};
use crate::app::picture::Picture;
use crate::app::runtime::origin::Origin;
use crate::app::runtime::origin::archived::Archived;
use crate::app::runtime::origin::files::Files;
use crate::app::runtime::origin::systems::Systems;
use crate::app::{self, Start};
use crate::fetch::Fetcher;
#[cfg(feature = "demo")]
use crate::fetch::clock::SetClock;
use crate::fetch::clock::{Clock, SystemClock};
#[cfg(feature = "demo")]
use crate::interval::Interval;
use crate::keep::{self, Keeper};
use crate::place::Place;
use crate::provider::Provider;
use crate::text::{nearest, visible};
use crate::timestamp::Timestamp;
use crate::ui::arrangement::Arrangement;
use crate::ui::keymap::Keymap;
use crate::ui::setup::{Known, Opened, Setup, System};
use crate::ui::theme::Name;
use crate::ui::zone::{Local, Zones};

/// `auditty` without a command: the explorer on the config's default source; without one the choice
/// of sources, and without a config the first run.
pub fn default(
    arguments: &ExplorerArguments,
    runtime: &Runtime,
    now: Timestamp,
) -> Result<ExitCode, Failure> {
    let loaded = selection::load(&arguments.reading.config)?;
    if let Some(name) = &loaded.config.default {
        return sources(std::slice::from_ref(name), arguments, runtime, now);
    }
    let chosen = Chosen::new(arguments, &loaded.config.ui, &loaded.config.keys, now)?;
    selection::read_filter(&arguments.reading.filter, now)?;
    let window = Bounds::read(arguments.reading.since.as_deref(), arguments.reading.until.as_deref(), now)?
        .over_sources(now)?;
    let setup = Setup { opened: Opened::Nothing, ..setup_of(&loaded, arguments) };
    let origin: Arc<dyn Origin> = Arc::new(Systems::new(Vec::new(), Fetcher::new(Arc::new(SystemClock))));
    let opening = Opening { origin, window, filter: String::new(), setup };
    begin(opening, Doors::new(arguments, runtime.handle(), now), arguments, chosen, runtime)
}

/// A system as the form for a first config needs it; `None`: it is read from files alone.
fn system(provider: &Provider) -> Option<System> {
    let words = |name: &str| {
        let known = provider.vars.iter().find(|(known, _)| **known == *name);
        known.map(|(_, words)| words.to_string()).unwrap_or_default()
    };
    let mut vars: Vec<(String, String)> = Vec::new();
    for name in provider.list.as_ref()?.variables() {
        if !vars.iter().any(|(known, _)| known == name) {
            vars.push((name.to_owned(), words(name)));
        }
    }
    Some(System {
        name: provider.name.to_string(),
        title: provider.title.to_string(),
        base_url: provider.base.url.as_deref().map(str::to_owned),
        token: Some(provider.auth.env.to_string()).filter(|name| !name.is_empty()),
        vars,
    })
}

/// What the screen has to know of the config.
fn setup_of(loaded: &Loaded, arguments: &ExplorerArguments) -> Setup {
    let title = |name: &str| {
        loaded.registry.get(name).map_or_else(|_| name.into(), |provider| provider.title.clone())
    };
    let known = loaded
        .config
        .sources
        .iter()
        .map(|source| Known { name: source.name.clone(), title: title(&source.provider) });
    let config = arguments.reading.config.config.as_ref();
    Setup {
        config: config.map(|path| path.to_string_lossy().into_owned()),
        known: known.collect(),
        providers: loaded.registry.iter().filter_map(|provider| system(&provider)).collect(),
        saved: outside::saved(),
        ..Setup::default()
    }
}

/// `auditty explore SOURCE...`.
pub fn sources(
    names: &[String],
    arguments: &ExplorerArguments,
    runtime: &Runtime,
    now: Timestamp,
) -> Result<ExitCode, Failure> {
    let loaded = selection::load(&arguments.reading.config)?;
    let chosen = Chosen::new(arguments, &loaded.config.ui, &loaded.config.keys, now)?;
    let doors = Doors::new(arguments, runtime.handle(), now);
    let opening = doors.sources(names, arguments)?;
    begin(opening, doors, arguments, chosen, runtime)
}

/// Opens sources of the config, at an instant and by the clock that goes on from it.
pub(super) fn open_sources(
    names: &[String],
    arguments: &ExplorerArguments,
    handle: &Handle,
    (now, clock): (Timestamp, &Arc<dyn Clock>),
) -> Result<(Opening, Vec<Configured>), Failure> {
    let loaded = selection::load(&arguments.reading.config)?;
    // Whatever lies in the folder, what is not configured is named with the nearest that is.
    selection::sources_named(&loaded, names)?;
    let selection = Selection::new(names, &arguments.reading, now)?;
    if let Some(place) = selection.offline {
        let origin = Arc::new(Archived::new(place, selection.sources.clone()));
        let setup = Setup { opened: Opened::Archive, ..setup_of(&loaded, arguments) };
        let (window, filter) = (selection.window, arguments.reading.filter.clone());
        return Ok((Opening { origin, window, filter, setup }, selection.sources));
    }
    let fetcher = Fetcher::new(Arc::clone(clock));
    handle.block_on(prepare(&fetcher, &selection.sources))?;
    let keeps = arguments.keep || loaded.config.ui.keep;
    let mut systems = Systems::new(selection.sources.clone(), fetcher);
    if keeps {
        let place = super::archive::place(&loaded)?;
        let keeper = Keeper::writing(place, selection.sources.clone()).map_err(not_kept)?;
        systems = systems.keeping(keeper);
    } else if let Ok(place) = super::archive::place(&loaded) {
        let keeper = Keeper::noting(place, selection.sources.clone());
        systems = systems.keeping(keeper.map_err(|error| not_kept(error.into()))?);
    }
    // Where there is no place for an archive there is none to be shown.
    if let Some(place) = super::archive::place(&loaded).ok().filter(Place::is_at_hand) {
        systems = systems.over_archive(place);
    }
    if !selection.push {
        systems = systems.without_push();
    }
    let mut entities = Vec::new();
    if !arguments.reading.entity.is_empty() {
        entities = selection.sources.first().map(|(source, _)| source.entities.clone()).unwrap_or_default();
    }
    let setup = Setup { entities, ..setup_of(&loaded, arguments) };
    let (window, filter) = (selection.window, arguments.reading.filter.clone());
    Ok((Opening { origin: Arc::new(systems), window, filter, setup }, selection.sources))
}

/// Why what is fetched cannot be kept.
fn not_kept(error: keep::Error) -> Failure {
    match error {
        keep::Error::Archive(error) => error.into(),
        keep::Error::Claim(error) => error.into(),
        error => Failure::broken(format!("cannot keep what is fetched: {error}")),
    }
}

/// `auditty open FILE...`.
pub fn files(
    paths: &[PathBuf],
    arguments: &ExplorerArguments,
    runtime: &Runtime,
    now: Timestamp,
) -> Result<ExitCode, Failure> {
    refuse_keep(arguments)?;
    let opening = open_files(paths, arguments, now)?;
    let loaded = selection::load(&arguments.reading.config)?;
    let chosen = Chosen::new(arguments, &loaded.config.ui, &loaded.config.keys, now)?;
    begin(opening, Doors::new(arguments, runtime.handle(), now), arguments, chosen, runtime)
}

/// Opens local files.
pub(super) fn open_files(
    paths: &[PathBuf],
    arguments: &ExplorerArguments,
    now: Timestamp,
) -> Result<Opening, Failure> {
    let names = paths.iter().map(|path| as_file(path)).collect::<Result<Vec<_>, _>>()?;
    let selection = Selection::new(&names, &arguments.reading, now)?;
    let files = Files::new(selection.files, selection.registry, selection.file_provider)
        .between(selection.bounds.since, selection.bounds.until);
    let loaded = selection::load(&arguments.reading.config)?;
    let provider = arguments.reading.provider.clone();
    let setup = Setup { opened: Opened::Files(names), provider, ..setup_of(&loaded, arguments) };
    let filter = arguments.reading.filter.clone();
    Ok(Opening { origin: Arc::new(files), window: selection.window, filter, setup })
}

/// Only what configured sources bring can be kept.
fn refuse_keep(arguments: &ExplorerArguments) -> Result<(), Failure> {
    if arguments.keep {
        let why = "only what configured sources bring can be kept; `auditty archive import` takes files in";
        return Err(Failure::usage(format!("--keep: {why}")));
    }
    Ok(())
}

/// A path so that it is no source's name.
fn as_file(path: &Path) -> Result<String, Failure> {
    let text = path
        .to_str()
        .ok_or_else(|| Failure::usage(format!("`{}` is no UTF-8 name", visible(&path.to_string_lossy()))))?;
    Ok(if text == "-" || text.contains('/') { text.to_owned() } else { format!("./{text}") })
}

/// `auditty demo`: the explorer on the embedded server.
#[cfg(feature = "demo")]
pub fn demo(arguments: &DemoArguments, runtime: &Runtime, now: Timestamp) -> Result<ExitCode, Failure> {
    let explorer = &arguments.explorer;
    refuse_keep(explorer)?;
    refuse_entities(&explorer.reading)?;
    // Whoever sets the end of the entries looks at them as of then.
    let (now, clock): (_, Arc<dyn Clock>) = match super::serve::end(arguments, now)? {
        end if arguments.now.is_some() => (end, Arc::new(SetClock::to(end))),
        now => (now, Arc::new(SystemClock)),
    };
    let chosen = Chosen::new(explorer, &UiConfig::default(), &[], now)?;
    // The server lives until the explorer has ended: the doors hold it.
    let doors = Doors::new(explorer, runtime.handle(), now).with_clock(clock);
    // What is wrong is said before a server is begun.
    demo_window(explorer, now)?;
    let opening = doors.demo(arguments, None)?;
    begin(opening, doors, explorer, chosen, runtime)
}

#[cfg(feature = "demo")]
fn demo_window(arguments: &ExplorerArguments, now: Timestamp) -> Result<Interval, Failure> {
    let reading = &arguments.reading;
    selection::read_filter(&reading.filter, now)?;
    Bounds::read(reading.since.as_deref(), reading.until.as_deref(), now)?.over_sources(now)
}

/// Opens the demo's sources, all or those of these names.
#[cfg(feature = "demo")]
pub(super) fn open_demo(
    arguments: &DemoArguments,
    server: &crate::demo::Server,
    names: Option<&[String]>,
    (now, clock): (Timestamp, &Arc<dyn Clock>),
) -> Result<(Opening, Vec<Configured>), Failure> {
    let window = demo_window(&arguments.explorer, now)?;
    let registry = crate::provider::registry::Registry::shipped();
    let mut all: Vec<Configured> = Vec::new();
    for source in crate::demo::sources(server) {
        let provider = registry.get(&source.provider).map_err(Failure::broken)?;
        all.push((Arc::new(source), provider));
    }
    let known = all
        .iter()
        .map(|(source, provider)| Known { name: source.name.clone(), title: provider.title.clone() })
        .collect();
    let mut sources = all;
    if let Some(names) = names {
        sources.retain(|(source, _)| names.iter().any(|name| **name == *source.name));
        if sources.is_empty() {
            return Err(Failure::usage("the demo has no such source"));
        }
    }
    let mut systems = Systems::new(sources.clone(), Fetcher::new(Arc::clone(clock)));
    if arguments.explorer.reading.no_push {
        systems = systems.without_push();
    }
    let setup =
        Setup { opened: Opened::Demo { end: now }, known, saved: outside::saved(), ..Setup::default() };
    let filter = arguments.explorer.reading.filter.clone();
    Ok((Opening { origin: Arc::new(systems), window, filter, setup }, sources))
}

#[cfg(feature = "demo")]
fn refuse_entities(reading: &ReadingArguments) -> Result<(), Failure> {
    if reading.offline {
        return Err(Failure::usage("--offline: the demo has no archive"));
    }
    if reading.entity.is_empty() {
        return Ok(());
    }
    Err(Failure::usage("--entity: the demo opens five systems, and not all have a route for one entity"))
}

/// Everything that must fail before anything is sent. A command for a token may ask the user for
/// something, which the screen would hide.
async fn prepare(fetcher: &Fetcher, sources: &[Configured]) -> Result<(), Failure> {
    for (source, provider) in sources {
        fetcher.prepare(source, provider).await?;
    }
    Ok(())
}

/// What flags and config choose of the explorer itself; a flag stands above the config.
#[derive(Debug)]
struct Chosen {
    look: Look,
    zones: Zones,
    keymap: Keymap,
    mouse: bool,
    clipboard: Choice,
    esc_hold: Duration,
    arrangement: Arrangement,
}

impl Chosen {
    fn new(
        arguments: &ExplorerArguments,
        ui: &UiConfig,
        keys: &[KeyOverride],
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let keymap = keymap(keys)?;
        let name = theme(arguments.theme.as_deref().or(ui.theme.as_deref()))?;
        let clipboard = arguments.clipboard.as_deref().or(ui.clipboard.as_deref());
        let clipboard = clipboard
            .map_or(Ok(Choice::Auto), str::parse)
            .map_err(|error| Failure::usage(format!("--clipboard: {error}")))?;
        let zone = match arguments.reading.tz.as_deref().or(ui.tz.as_deref()) {
            Some(name) => Zone::read(name)?,
            None => Zone::Utc,
        };
        Ok(Self {
            look: Look { name, ascii: arguments.ascii || ui.ascii },
            zones: zones(zone, &machine())?,
            keymap,
            mouse: arguments.mouse || ui.mouse,
            clipboard,
            esc_hold: ui.esc_ms.map_or(ESC_HOLD, Duration::from_millis),
            arrangement: arrangement(&arguments.arrangement, now)?,
        })
    }
}

/// The keymap with the config's own keys. A complaint is about the first of them that gives it by
/// itself too, else about the last: two that take one key.
pub fn keymap(keys: &[KeyOverride]) -> Result<Keymap, Failure> {
    let plain = |key: &KeyOverride| (key.action.clone(), key.keys.clone());
    let all: Vec<_> = keys.iter().map(plain).collect();
    Keymap::default().with(&all).map_err(|error| {
        let words = error.to_string();
        let gives_it = |key: &&KeyOverride| {
            Keymap::default().with(&[plain(key)]).is_err_and(|alone| alone.to_string() == words)
        };
        match keys.iter().find(gives_it).or(keys.last()) {
            Some(key) => Failure::usage(key.error(words)),
            None => Failure::broken(words),
        }
    })
}

/// How the rows stand at the start.
fn arrangement(arguments: &ArrangementArguments, now: Timestamp) -> Result<Arrangement, Failure> {
    let at = arguments.at.as_deref().map(|text| Timestamp::parse_moment(text, now)).transpose();
    Ok(Arrangement {
        standing: arguments.sort.unwrap_or_default(),
        columns: arguments.columns.as_ref().map(|columns| columns.0.clone()),
        at: at.map_err(|error| Failure::usage(format!("--at: {error}")))?,
        no_histogram: arguments.no_histogram,
    })
}

/// The theme of this name; `None`: `auto`.
fn theme(name: Option<&str>) -> Result<Option<Name>, Failure> {
    match name {
        None | Some("auto") => Ok(None),
        Some(name) => Name::named(name).map(Some).ok_or_else(|| {
            let known = Name::ALL.iter().map(|theme| theme.name()).chain(["auto"]);
            let near = nearest(name, known).map(|near| format!("; the nearest is `{near}`"));
            Failure::usage(format!(
                "--theme: `{}` is no theme: expected auto, dark, light, mono or contrast{}",
                visible(name),
                near.unwrap_or_default()
            ))
        }),
    }
}

/// The zone of `--tz` by its name, which the screen shows.
fn named(zone: Zone) -> Result<Option<Tz>, Failure> {
    match zone {
        Zone::Utc => Ok(None),
        Zone::Named(zone) => Ok(Some(zone)),
        Zone::Local => Err(Failure::usage(
            "--tz: the machine's zone has no name here; name one, as in `--tz Europe/Berlin`",
        )),
    }
}

/// The zones besides UTC.
fn zones(zone: Zone, machine: &Machine) -> Result<Zones, Failure> {
    let local = match machine {
        Machine::Named(zone) => Local::Known(*zone),
        Machine::Nameless | Machine::Unknown(_) => Local::Unknown,
    };
    Ok(Zones { chosen: named(zone)?, local })
}

fn begin(
    mut opening: Opening,
    doors: Doors,
    arguments: &ExplorerArguments,
    chosen: Chosen,
    runtime: &Runtime,
) -> Result<ExitCode, Failure> {
    let Chosen { look, zones, keymap, mouse, clipboard, esc_hold, arrangement } = chosen;
    // Of what is opened first; what is opened in its place stands as it does by itself.
    opening.setup.arrangement = arrangement;
    let clock = doors.clock();
    let outside: Arc<dyn Outside> = Arc::new(doors);
    let max_memory = memory::allowed(arguments.reading.max_memory);
    if let Some(path) = &arguments.screenshot {
        let picture = Picture {
            opening,
            look,
            zones,
            keymap,
            clock,
            size: (arguments.size.0, arguments.size.1),
            keys: arguments.keys.0.clone(),
            max_memory,
        };
        let svg = app::picture::draw(picture, &outside, runtime.handle()).map_err(Failure::broken)?;
        super::output::write_private(path, svg.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let start =
        Start { opening, outside, look, zones, keymap, mouse, clipboard, esc_hold, max_memory, clock };
    app::run(start, runtime.handle()).map(ExitCode::from).map_err(|error| {
        let status = match error.downcast_ref::<app::terminal::Error>() {
            Some(app::terminal::Error::NoTerminal) => Status::Usage,
            _ => Status::Broken,
        };
        Failure { status, message: format!("{error:#}") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::config::Config;

    #[test]
    fn a_flag_stands_above_the_config() {
        let ui = UiConfig {
            theme: Some("light".to_owned()),
            clipboard: Some("tmux".to_owned()),
            tz: Some("Europe/Berlin".to_owned()),
            esc_ms: Some(10),
            ..UiConfig::default()
        };
        let chosen =
            Chosen::new(&ExplorerArguments::default(), &ui, &[], Timestamp::default()).expect("right");
        assert_eq!(chosen.look.name, Some(Name::Light));
        assert_eq!(chosen.zones.chosen, Some(Tz::Europe__Berlin));
        assert_eq!(chosen.esc_hold, Duration::from_millis(10));
        assert_eq!(chosen.clipboard, "tmux".parse().expect("a way"));
        let flags = ExplorerArguments {
            theme: Some("auto".to_owned()),
            clipboard: Some("file".to_owned()),
            ascii: true,
            ..ExplorerArguments::default()
        };
        let chosen = Chosen::new(&flags, &ui, &[], Timestamp::default()).expect("right");
        assert_eq!(chosen.look, Look { name: None, ascii: true });
        assert_eq!(chosen.clipboard, "file".parse().expect("a way"));
    }

    #[test]
    fn what_is_wrong_is_named_with_the_nearest() {
        let failure = |flags: &ExplorerArguments| {
            let failure =
                Chosen::new(flags, &UiConfig::default(), &[], Timestamp::default()).expect_err("wrong");
            assert_eq!(failure.status, Status::Usage);
            failure.message
        };
        let theme = ExplorerArguments { theme: Some("drak".to_owned()), ..ExplorerArguments::default() };
        assert!(failure(&theme).contains("`dark`"));
        let way = ExplorerArguments { clipboard: Some("xclip".to_owned()), ..ExplorerArguments::default() };
        assert!(failure(&way).contains("osc52"));
    }

    #[test]
    fn a_wrong_key_is_named_with_its_line_and_two_may_change_places() {
        let keymap_of = |text: &str| {
            let registry = crate::provider::registry::Registry::shipped();
            let config =
                Config::parse("c.toml", Path::new("."), text, &registry).expect("as far as the config knows");
            keymap(&config.keys)
        };
        let failure = keymap_of("[keys]\nhelp = [\"h\"]\nquti = [\"x\"]").expect_err("wrong");
        assert_eq!(failure.status, Status::Usage);
        assert!(failure.message.contains("c.toml:3") && failure.message.contains("quti"), "{failure}");
        let failure = keymap_of("[keys]\nhelp = [\"q\"]").expect_err("taken");
        assert!(failure.message.contains("c.toml:2"), "{failure}");
        assert!(keymap_of("[keys]\nhelp = [\"q\"]\nquit = [\"?\"]").is_ok());
    }

    #[test]
    fn a_file_is_never_taken_for_a_source() {
        assert_eq!(as_file(Path::new("prod")), Ok("./prod".to_owned()));
        assert_eq!(as_file(Path::new("/tmp/prod")), Ok("/tmp/prod".to_owned()));
        assert_eq!(as_file(Path::new("-")), Ok("-".to_owned()));
    }

    #[test]
    fn the_config_knows_the_same_names() {
        for name in crate::app::config::CLIPBOARDS {
            assert!(name.parse::<Choice>().is_ok(), "{name}");
        }
        for name in crate::app::config::THEMES {
            assert!(theme(Some(name)).is_ok(), "{name}");
        }
    }
}
