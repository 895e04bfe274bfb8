//! The command line: what the user types, and the commands that need no screen.
//!
//! A headless command is the same pipe as the explorer's with an exporter at its end. Not here: the
//! explorer itself (`app`).

pub mod archive;
pub mod arguments;
pub mod collector;
pub mod count;
pub mod entry;
pub mod explore;
pub mod export;
pub mod failure;
pub mod follow;
#[cfg(feature = "demo")]
pub mod generate;
pub mod histogram;
pub mod log;
pub mod manifest;
pub mod memory;
pub mod messages;
pub mod output;
pub mod outside;
pub mod pages;
pub mod providers;
pub mod reading;
pub mod selection;
#[cfg(feature = "demo")]
pub mod serve;
pub mod show;
pub mod signals;
pub mod singles;
pub mod sources;
pub mod sync;
pub mod window;
pub mod zone;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::fetch::Fetcher;
use crate::fetch::clock::SystemClock;
use crate::timestamp::Timestamp;
#[cfg(feature = "demo")]
use arguments::DemoArguments;
use arguments::{Arguments, Command, ProvidersCommand};
use failure::{Failure, Status};
use messages::Messages;

/// How many threads a headless command's runtime has: fetching waits, it does not compute.
const WORKERS: usize = 2;

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    let now = Timestamp::now();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return misunderstood(&error),
    };
    let messages = Messages::new();
    if let Some(folder) = crate::app::config::paths::state_folder(selection::variable) {
        log::begin(&folder);
    }
    match run(arguments, &messages, now) {
        Ok(status) => status,
        Err(failure) => {
            messages.clear();
            messages.error(&failure.message);
            failure.status.into()
        }
    }
}

/// What is to be said to a command line that is none, or that asks for help.
fn misunderstood(error: &clap::Error) -> ExitCode {
    let status = if error.use_stderr() { Status::Usage } else { Status::Whole };
    if status == Status::Whole {
        // A closed pipe ends it quietly.
        let _ = error.print();
        return status.into();
    }
    let said = error.render().to_string();
    let said = said.strip_prefix("error: ").unwrap_or(&said);
    Messages::new().error(said.trim_end());
    status.into()
}

fn run(arguments: Arguments, messages: &Messages, now: Timestamp) -> Result<ExitCode, Failure> {
    let Some(command) = arguments.command else {
        return explore::default(&arguments.explorer, &runtime()?, now);
    };
    let status = match command {
        // The explorer has exit statuses of its own.
        Command::Explore { sources, explorer } => {
            return explore::sources(&sources, &explorer, &runtime()?, now);
        }
        Command::Open { files, explorer } => return explore::files(&files, &explorer, &runtime()?, now),
        #[cfg(feature = "demo")]
        Command::Demo(DemoArguments { generate: Some(count), format, explorer, .. }) => {
            generate::refuse_others(&explorer)?;
            written(generate::run(count, format.unwrap_or_default(), &mut io::stdout().lock()))
        }
        #[cfg(feature = "demo")]
        Command::Demo(demo) if !demo.serve => return explore::demo(&demo, &runtime()?, now),
        #[cfg(feature = "demo")]
        Command::Demo(demo) => {
            listen(messages)?;
            runtime()?.block_on(serve::run(&demo, now))
        }
        #[cfg(not(feature = "demo"))]
        Command::Demo(_) => Err(Failure::usage("this build has no demo")),
        Command::Export(export) => {
            listen(messages)?;
            runtime()?.block_on(export::run(&export, &fetcher(), messages, now))
        }
        Command::Show(show) => {
            listen(messages)?;
            runtime()?.block_on(show::run(&show, &fetcher(), messages, now))
        }
        Command::Histogram(histogram) => {
            listen(messages)?;
            runtime()?.block_on(count::run(&histogram, &fetcher(), messages, now))
        }
        Command::Sync(arguments) => {
            listen(messages)?;
            runtime()?.block_on(sync::run(&arguments, &fetcher(), messages, now))
        }
        Command::Archive(arguments) => {
            listen(messages)?;
            let mut out = io::stdout().lock();
            runtime()?.block_on(archive::run(&arguments, messages, &mut out, now))
        }
        Command::Sources { config } => {
            let loaded = selection::load(&config)?;
            written(sources::list(&loaded, messages, &mut io::stdout().lock())?)
        }
        Command::Check { sources: names, config } => {
            listen(messages)?;
            let loaded = selection::load(&config)?;
            let mut out = io::stdout().lock();
            runtime()?.block_on(sources::check(&loaded, &names, &fetcher(), messages, &mut out))
        }
        Command::Providers { config, command } => {
            let mut out = io::stdout().lock();
            match command {
                None => written(providers::list(&selection::load(&config)?.registry, &mut out)),
                Some(ProvidersCommand::Show { name, config }) => {
                    written(providers::show(&selection::load(&config)?.registry, &name, &mut out)?)
                }
                Some(ProvidersCommand::Check { file }) => written(providers::check(&file, &mut out)?),
            }
        }
        Command::Completions { shell } => written(pages::completions(shell, &mut io::stdout().lock())),
        Command::Man => written(pages::man(&mut io::stdout().lock())),
    };
    status.map(ExitCode::from)
}

/// A closed pipe ends a command quietly.
fn written(result: io::Result<()>) -> Result<Status, Failure> {
    match result.and_then(|()| io::stdout().flush()) {
        Ok(()) => Ok(Status::Whole),
        Err(error) if output::is_broken_pipe(&error) => Ok(Status::Whole),
        Err(error) => Err(Failure::broken(format!("cannot write to standard output: {error}"))),
    }
}

/// Signals end the command, its bars taken away first.
fn listen(messages: &Messages) -> Result<(), Failure> {
    let messages = messages.clone();
    signals::listen(move || messages.clear())
        .map_err(|error| Failure::broken(format!("cannot listen to signals: {error}")))
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(|error| Failure::broken(format!("cannot begin: {error}")))
}

fn fetcher() -> Fetcher {
    Fetcher::new(Arc::new(SystemClock))
}
