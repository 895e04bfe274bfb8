//! What the explorer was opened on, and what else could be: for command lines that are handed over,
//! for the choice of other sources, for what is said where nobody can be asked.
//!
//! Not here: opening anything (`app`, `cli`).

use std::sync::Arc;

use crate::source::Entity;
use crate::timestamp::Timestamp;

use super::arrangement::Arrangement;
use super::session::{Saved, View};
use super::theme::Name;

/// What was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Opened {
    /// Sources of the config.
    #[default]
    Sources,
    /// Local files, by path as the user wrote it.
    Files(Vec<String>),
    /// Sources of the config, as the archive holds them.
    Archive,
    /// The embedded server.
    Demo {
        /// When its entries end.
        end: Timestamp,
    },
    /// Nothing yet: the first run, or a config without a source to begin with.
    Nothing,
}

/// A source that could be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: Arc<str>,
    /// Its system's name for people.
    pub title: Box<str>,
}

/// A system that a config can be written for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct System {
    /// Its name in a config.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its own origin, where it has one.
    pub base_url: Option<String>,
    /// The variable that its token is read from where a config names nothing else.
    pub token: Option<String>,
    /// The variables of its path, each with what it is in words (which may be empty).
    pub vars: Vec<(String, String)>,
}

/// What decides about the theme `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AutoTheme {
    /// The terminal's background, as it tells it.
    #[default]
    Background,
    /// Something else: no colours are wanted, or the terminal cannot be asked.
    Is(Name),
}

/// What the explorer was opened on and with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Setup {
    /// What was opened.
    pub opened: Opened,
    /// Whether the mouse is captured at the start.
    pub mouse: bool,
    /// The config file, where it is not the usual one.
    pub config: Option<String>,
    /// Entities in place of the sources' own.
    pub entities: Vec<Entity>,
    /// Every source that could be opened from here.
    pub known: Vec<Known>,
    /// The systems that a config can be written for.
    pub providers: Vec<System>,
    /// What decides about the theme `auto`.
    pub auto_theme: AutoTheme,
    /// Whether the theme is `auto` at the start.
    pub follows: bool,
    /// What was saved before.
    pub saved: Saved,
    /// How the rows stand at the start.
    pub arrangement: Arrangement,
    /// The system that wrote the files, where the user said it.
    pub provider: Option<String>,
}

impl Setup {
    /// Whether there is a server to be asked; a file is read once, whole.
    pub fn has_servers(&self) -> bool {
        matches!(self.opened, Opened::Sources | Opened::Demo { .. })
    }
}

/// What is to be opened in place of what is.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// What.
    pub open: Open,
    /// What of it is to be looked at.
    pub view: Option<View>,
}

/// What can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    /// Sources by name, merged into one timeline; of the demo where that is open.
    Sources(Vec<String>),
    /// A local file.
    File(String),
    /// The embedded server.
    Demo,
}
