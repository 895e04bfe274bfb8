//! The embedded demo: a world of five audit logs, and a server on loopback that speaks all five
//! APIs by the letter of their pages, so that everything can be tried and tested without an account
//! or a network.
//!
//! - [`World`] is what happened: deterministic, a week and its story.
//! - [`serve`] answers as the five systems do, each on a port of its own (their paths collide).
//! - [`config_toml`] and [`sources`] tell auditty how to reach it.
//!
//! This is the one place where systems are named in code. Not here: reading any of it (`fetch`).

mod calendar;
mod cast;
pub mod generate;
mod random;
mod server;
mod setup;
mod world;

pub use server::limit::Rate;
pub use server::{Listeners, Options, Server, serve};
pub use setup::{config_toml, sources};
pub use world::{Record, WORKSPACES, World};

/// The systems that the demo speaks as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    /// Requests to a test system's API.
    Tofupilot,
    /// People and agents in a file store.
    Fastio,
    /// A certificate authority.
    Fastpki,
    /// A guard of uploads.
    Fileguard,
    /// An observability platform.
    Logfire,
}

impl System {
    /// All of them, in the order of their ports and of the config.
    pub const ALL: [Self; 5] = [Self::Tofupilot, Self::Fastio, Self::Fastpki, Self::Fileguard, Self::Logfire];

    /// The descriptor's name.
    pub fn provider(self) -> &'static str {
        match self {
            Self::Tofupilot => "tofupilot",
            Self::Fastio => "fastio",
            Self::Fastpki => "fastpki",
            Self::Fileguard => "fileguard",
            Self::Logfire => "logfire",
        }
    }

    /// The source's name in the demo's config.
    pub fn source(self) -> &'static str {
        match self {
            Self::Tofupilot => "api",
            Self::Fastio => "files",
            Self::Fastpki => "pki",
            Self::Fileguard => "keys",
            Self::Logfire => "logfire",
        }
    }
}
