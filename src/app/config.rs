//! The config file (the contract's section 2): which sources there are, and how the explorer
//! behaves. It is read whole and checked against the descriptors before anything is sent.
//!
//! A complaint names file, line and key and never quotes what might be a secret. Not here: getting
//! a token (`fetch::auth`).

pub mod paths;
mod sources;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::engine::Address;
use crate::event::field::Field;
use crate::provider::registry::{self, Registry};
use crate::source::{Secret, Source};
use crate::text;
use crate::written::{self, Document, Table, Value, unknown};

/// The keys at the top.
const KEYS: &[&str] = &["default", "archive", "archive_password", "sources", "ui", "keys"];
/// The keys of `[ui]`.
const UI_KEYS: &[&str] = &["theme", "clipboard", "mouse", "ascii", "tz", "esc_ms", "keep"];
/// The themes that `[ui] theme` may name.
pub const THEMES: [&str; 5] = ["auto", "dark", "light", "mono", "contrast"];
/// The ways of copying that `[ui] clipboard` may name.
pub const CLIPBOARDS: [&str; 5] = ["auto", "system", "tmux", "osc52", "file"];

/// A config, checked.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The source that the explorer opens when none is named.
    pub default: Option<String>,
    /// The sources, in the order of the file.
    pub sources: Vec<Source>,
    /// Where entries are kept, where the config says.
    pub archive: Option<Archive>,
    /// How the explorer behaves.
    pub ui: UiConfig,
    /// Keys for actions, in the order of the file: the action's name and its keys.
    pub keys: Vec<KeyOverride>,
}

/// Where entries are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Archive {
    /// A folder.
    Folder(PathBuf),
    /// A `ClickHouse` server.
    ClickHouse {
        /// Where it is.
        address: Address,
        /// Where the password comes from.
        password: Option<Secret>,
    },
}

/// How the explorer behaves; an absent value is `None`, and the flag of the same name stands above.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UiConfig {
    /// One of [`THEMES`].
    pub theme: Option<String>,
    /// One of [`CLIPBOARDS`].
    pub clipboard: Option<String>,
    /// Whether the mouse is used.
    pub mouse: bool,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
    /// The zone in which times are shown: `local`, or a name of the time zone database.
    pub tz: Option<String>,
    /// How long a lone ESC is held, milliseconds.
    pub esc_ms: Option<u64>,
    /// Whether what the explorer fetches is kept in the archive.
    pub keep: bool,
}

/// Other keys for an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOverride {
    /// The action's name, as the keymap has it.
    pub action: String,
    /// Its keys; none: it has no key.
    pub keys: Vec<String>,
    place: written::Error,
}

impl KeyOverride {
    /// A complaint about it, with the config's file, line and key: what the keymap says of a name
    /// that is no action, or of a key that is none.
    pub fn error(&self, message: impl Into<String>) -> Error {
        Error::Written(written::Error { message: message.into(), ..self.place.clone() })
    }
}

/// Why there is no config.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is wrong.
    #[error(transparent)]
    Written(#[from] written::Error),
    /// A descriptor is wrong.
    #[error(transparent)]
    Descriptor(#[from] registry::Error),
    /// No source has this name.
    #[error("{}", unknown_source(name, known))]
    UnknownSource {
        /// The name.
        name: String,
        /// All names.
        known: Vec<String>,
    },
}

fn unknown_source(name: &str, known: &[String]) -> String {
    let said = if known.is_empty() {
        format!("unknown source `{name}`: the config has no sources")
    } else {
        unknown("source", name, known.iter().map(String::as_str))
    };
    text::visible(&said).into_owned()
}

/// A config with the descriptors that its sources go by.
#[derive(Debug)]
pub struct Loaded {
    /// The config's file; `None`: there is no config.
    pub path: Option<PathBuf>,
    /// The config; an empty one where there is none.
    pub config: Config,
    /// The shipped descriptors, and the user's own that stand beside the config.
    pub registry: Registry,
}

impl Config {
    /// The config's file: what `--config` names, else `$AUDITTY_CONFIG`, else
    /// `$XDG_CONFIG_HOME/auditty/config.toml` where that is there.
    pub fn locate(asked: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        if let Some(path) = asked {
            return Some(path.to_owned());
        }
        let named = variable("AUDITTY_CONFIG").filter(|path| !path.is_empty());
        named.map(PathBuf::from).or_else(|| paths::config_file(&variable).filter(|path| path.exists()))
    }

    /// Finds and reads the config and the user's descriptors beside it. No config is no error; one
    /// that was asked for and is not there is.
    pub fn load(asked: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> Result<Loaded, Error> {
        let path = Self::locate(asked, &variable);
        let beside = path.clone().or_else(|| paths::config_file(&variable));
        let registry = match beside.as_deref().map(paths::providers_beside) {
            Some(folder) => Registry::with_folder(&folder)?,
            None => Registry::shipped(),
        };
        let config = match &path {
            Some(path) => Self::read(path, &registry)?,
            None => Self::default(),
        };
        Ok(Loaded { path, config, registry })
    }

    /// Reads a config's file.
    pub fn read(path: &Path, registry: &Registry) -> Result<Self, Error> {
        let text = written::read_file(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&path.display().to_string(), folder, &text, registry)
    }

    /// Reads a config's text. `file` is what complaints call it; paths in it that are relative are
    /// below `folder`.
    pub fn parse(file: &str, folder: &Path, text: &str, registry: &Registry) -> Result<Self, Error> {
        let document = Document::parse(file, text)?;
        let top = document.root(KEYS)?;
        let mut sources = Vec::new();
        if let Some(tables) = top.get("sources") {
            for (name, table) in tables.named()? {
                sources.push(sources::source(name, &table, folder, registry)?);
            }
        }
        let names = || sources.iter().map(|source: &Source| &*source.name);
        let default = top.get("default").map(|value| {
            let name = value.filled()?;
            match names().any(|known| known == name) {
                true => Ok(name.to_owned()),
                false if sources.is_empty() => Err(value.error("names a source, and there is none")),
                false => Err(value.error(unknown("source", name, names()))),
            }
        });
        Ok(Self {
            default: default.transpose()?,
            archive: archive(&top, folder)?,
            ui: top.get("ui").map(|value| ui(&value)).transpose()?.unwrap_or_default(),
            keys: top.get("keys").map(|value| keys(&value)).transpose()?.unwrap_or_default(),
            sources,
        })
    }

    /// The source of this name; the error names the nearest.
    pub fn source(&self, name: &str) -> Result<&Source, Error> {
        self.sources.iter().find(|source| &*source.name == name).ok_or_else(|| Error::UnknownSource {
            name: name.to_owned(),
            known: self.sources.iter().map(|source| source.name.to_string()).collect(),
        })
    }
}

/// One of some words.
fn word(value: &Value<'_>, words: &[&str]) -> Result<String, written::Error> {
    let typed = value.text()?;
    if words.contains(&typed) {
        return Ok(typed.to_owned());
    }
    Err(value.error(unknown("value", typed, words.iter().copied())))
}

fn ui(value: &Value<'_>) -> Result<UiConfig, written::Error> {
    let table = value.table(UI_KEYS)?;
    Ok(UiConfig {
        theme: table.get("theme").map(|value| word(&value, &THEMES)).transpose()?,
        clipboard: table.get("clipboard").map(|value| word(&value, &CLIPBOARDS)).transpose()?,
        mouse: table.flag("mouse")?,
        ascii: table.flag("ascii")?,
        tz: table.get("tz").map(|value| zone(&value)).transpose()?,
        esc_ms: table.integer("esc_ms", 0..=5_000)?.map(|held| held as u64),
        keep: table.flag("keep")?,
    })
}

/// `local`, or a zone of the time zone database.
fn zone(value: &Value<'_>) -> Result<String, written::Error> {
    let typed = value.filled()?;
    if typed == "local" || typed.parse::<chrono_tz::Tz>().is_ok() {
        return Ok(typed.to_owned());
    }
    let near = text::nearest(typed, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
    let near = near.map(|near| format!("; the nearest is `{near}`")).unwrap_or_default();
    Err(value
        .error(format!("`{typed}` is no time zone: expected `local` or a name as in `Europe/Berlin`{near}")))
}

fn keys(value: &Value<'_>) -> Result<Vec<KeyOverride>, written::Error> {
    value
        .named()?
        .into_iter()
        .map(|(action, value)| {
            let keys = value.one_or_list()?;
            Ok(KeyOverride {
                action: action.to_owned(),
                keys: keys.iter().map(|key| key.filled().map(str::to_owned)).collect::<Result<_, _>>()?,
                place: value.error(""),
            })
        })
        .collect()
}

/// Where a secret comes from: a table with just one of `env`, `command` and `file`.
fn secret(value: &Value<'_>, folder: &Path) -> Result<Secret, written::Error> {
    const EXPECTED: &str =
        "expected { env = \"VARIABLE\" }, { command = [\"program\", \"argument\"] } or { file = \"/path\" }";
    if value.is_text() {
        return Err(value.error(format!("{EXPECTED}; the secret itself does not stand in the config")));
    }
    if !value.is_table() {
        return Err(value.error(EXPECTED));
    }
    let table = value.table(&["env", "command", "file"])?;
    match (table.get("env"), table.get("command"), table.get("file")) {
        (Some(env), None, None) => {
            let name = env.filled()?;
            if !crate::provider::descriptor::is_variable(name) {
                return Err(env.error("is no name of an environment variable"));
            }
            Ok(Secret::Env(name.to_owned()))
        }
        (None, Some(command), None) => {
            if !command.is_list() {
                return Err(command.error("expected a list: [\"program\", \"argument\"]"));
            }
            let words = command.list()?;
            match words.first() {
                None => return Err(command.error("must not be an empty list")),
                Some(program) => program.filled()?,
            };
            let words = words.iter().map(|word| word.text().map(str::to_owned)).collect::<Result<_, _>>()?;
            Ok(Secret::Command(words))
        }
        (None, None, Some(file)) => Ok(Secret::File(folder.join(file.filled()?))),
        _ => Err(value.error(EXPECTED)),
    }
}

/// `archive` and `archive_password`.
fn archive(top: &Table<'_>, folder: &Path) -> Result<Option<Archive>, written::Error> {
    let password = top.get("archive_password");
    let Some(value) = top.get("archive") else {
        return match password {
            Some(password) => Err(password.error("belongs to an `archive` of the form clickhouse://…")),
            None => Ok(None),
        };
    };
    let text = value.filled()?;
    let Some((scheme, _)) = text.split_once("://") else {
        return match password {
            Some(password) => Err(password.error("belongs to an `archive` of the form clickhouse://…")),
            None => Ok(Some(Archive::Folder(folder.join(text)))),
        };
    };
    let expected = "expected a path, or clickhouse://user@host:8123/database (clickhouses:// over TLS)";
    let secure = match scheme {
        "clickhouse" => false,
        "clickhouses" => true,
        _ => return Err(value.error(expected)),
    };
    let url = url::Url::parse(text).map_err(|_| value.error(expected))?;
    if url.password().is_some() {
        return Err(value.error("must have no password in it: use `archive_password`, given like a token"));
    }
    let database = url.path().strip_prefix('/').unwrap_or_default();
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let host = url.host_str().filter(|host| !host.is_empty());
    let whole = plain(database) && plain(url.username()) && url.query().is_none() && url.fragment().is_none();
    match host {
        Some(host) if whole => Ok(Some(Archive::ClickHouse {
            address: Address {
                secure,
                host: host.to_owned(),
                port: url.port().unwrap_or(if secure { 8443 } else { 8123 }),
                user: url.username().to_owned(),
                database: database.to_owned(),
            },
            password: password.map(|value| secret(&value, folder)).transpose()?,
        })),
        _ => Err(value.error(expected)),
    }
}

/// The fields of a system that are pushed only where the source says so.
fn opt_in(provider: &crate::provider::Provider) -> Vec<Field> {
    let routes = provider.list.iter().chain(&provider.entity);
    routes.flat_map(|route| &route.pushes).filter(|push| push.opt_in).map(|push| push.field).collect()
}

#[cfg(test)]
mod tests;
