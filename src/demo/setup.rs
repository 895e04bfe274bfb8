//! How auditty reaches the demo server: as a config to paste, and as sources.

use std::fmt::Write;

use crate::source::{Secret, Source};

use super::System;
use super::server::Server;
use super::world::WORKSPACES;

/// The command that tells the token.
const TOKEN: [&str; 2] = ["printf", "demo"];

/// The config of all five sources, ready to paste. It has no blank line, so that one can follow it
/// as its end.
pub fn config_toml(server: &Server) -> String {
    let mut config = format!("default = \"{}\"\n", System::ALL[0].source());
    for system in System::ALL {
        let _ = write!(
            config,
            "[sources.{}]\nprovider = \"{}\"\nbase_url = \"{}\"\ntoken = {{ command = [\"{}\", \"{}\"] }}\n",
            system.source(),
            system.provider(),
            server.base_url(system),
            TOKEN[0],
            TOKEN[1],
        );
        if system == System::Fastio {
            let _ = writeln!(config, "vars = {{ workspace_id = {WORKSPACES:?} }}");
        }
    }
    config
}

/// The five sources of [`config_toml`], for `auditty demo`.
pub fn sources(server: &Server) -> Vec<Source> {
    let source = |system: System| {
        let mut source = Source::new(system.source(), system.provider());
        source.base_url = Some(server.base_url(system));
        source.token = Some(Secret::Command(TOKEN.map(str::to_owned).to_vec()));
        if system == System::Fastio {
            let both = WORKSPACES.map(str::to_owned).to_vec();
            source.vars = vec![("workspace_id".to_owned(), both)];
        }
        source
    };
    System::ALL.map(source).into()
}
