//! The archive as a server's tables, by the program itself against a real server. What is asked of it
//! and how writing is cut off is held to the law beside the code (`engine::laws`, `engine::cuts`).

mod cluster;
mod commands;
mod kills;
mod nodes;
mod server;

use crate::cli::home::Home;
use server::Server;

/// A home with this config whose archive is a new database of the server.
fn home(server: &Server, config: &str) -> Home {
    let database = server.database();
    let archive = format!("archive = \"clickhouse://default@127.0.0.1:{}/{database}\"\n", server.port);
    Home::with(&format!("{archive}{config}"))
}
