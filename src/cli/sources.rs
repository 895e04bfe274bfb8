//! `auditty sources` and `auditty check`: which sources there are, and whether they can be read.

use std::io::{self, Write};
use std::time::Duration;

use super::failure::{Failure, Status};
use super::messages::{Messages, counted};
use super::selection::{self, Configured};
use crate::app::config::Loaded;
use crate::fetch::Fetcher;
use crate::fetch::origin::Origins;
use crate::source::{Secret, Source};
use crate::text::visible;

/// Lists the sources: name, system, place, where the token comes from, what of the system is read,
/// and at the end which is the default. The first word of a line is a name and nothing else, so that
/// scripts can take it.
pub fn list(loaded: &Loaded, messages: &Messages, out: &mut dyn Write) -> Result<io::Result<()>, Failure> {
    let sources = selection::all_sources(loaded)?;
    if sources.is_empty() {
        let place = loaded
            .path
            .clone()
            .or_else(|| crate::app::config::paths::config_file(selection::variable))
            .map(|path| format!(" in {}", visible(&path.to_string_lossy())))
            .unwrap_or_default();
        messages.notice(&format!("no sources{place}; `auditty demo` needs none"));
        return Ok(Ok(()));
    }
    let default = loaded.config.default.as_deref();
    let rows: Vec<[String; 5]> = sources
        .iter()
        .map(|(source, provider)| {
            let mark = if default == Some(&*source.name) { "(default)" } else { "" };
            let place = match Origins::of(source, provider) {
                Ok(origins) => crate::fetch::origin::shown(&origins.base),
                Err(_) => source.base_url.clone().unwrap_or_else(|| "-".to_owned()),
            };
            [
                source.name.to_string(),
                provider.name.to_string(),
                place,
                token(source, &provider.auth.env),
                [&scope(source), mark].join(" ").trim().to_owned(),
            ]
        })
        .collect();
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(visible(cell).chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{:<width$}", visible(cell)));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    Ok(out.write_all(text.as_bytes()))
}

/// Where the token comes from; never the token.
fn token(source: &Source, env: &str) -> String {
    let from = |secret: &Secret| match secret {
        Secret::Env(name) => format!("${name}"),
        // Its arguments may say more than they should; the program says enough.
        Secret::Command(words) => format!("`{}`", words.first().map_or("", String::as_str)),
        Secret::File(path) => path.to_string_lossy().into_owned(),
    };
    match (&source.token, &source.login) {
        (Some(secret), _) => from(secret),
        (None, Some(login)) => format!("login as {}", login.username),
        (None, None) => format!("${env}"),
    }
}

fn scope(source: &Source) -> String {
    let vars = source.vars.iter().map(|(name, values)| format!("{name}={}", values.join(",")));
    let entities = source.entities.iter().map(|entity| format!("{}/{}", entity.kind, entity.id));
    vars.chain(entities).collect::<Vec<_>>().join(" ")
}

/// Checks sources one after the other: a line each that can be read, and for the others what to fix.
pub async fn check(
    loaded: &Loaded,
    names: &[String],
    fetcher: &Fetcher,
    messages: &Messages,
    out: &mut dyn Write,
) -> Result<Status, Failure> {
    let sources = match names {
        [] => selection::all_sources(loaded)?,
        names => selection::sources_named(loaded, names)?,
    };
    if sources.is_empty() {
        return Err(Failure::usage("there is no source to check: the config has none"));
    }
    let mut status = Status::Whole;
    for configured in &sources {
        let found = check_one(configured, fetcher, messages, out).await;
        match found {
            Ok(one) => status = status.max(one),
            // Whoever asked has gone.
            Err(error) if super::output::is_broken_pipe(&error) => return Ok(status),
            Err(error) => {
                return Err(Failure::broken(format!("cannot write to standard output: {error}")));
            }
        }
    }
    Ok(status)
}

async fn check_one(
    (source, provider): &Configured,
    fetcher: &Fetcher,
    messages: &Messages,
    out: &mut dyn Write,
) -> io::Result<Status> {
    let name = visible(&source.name);
    let fix = |error: crate::fetch::Error, out: &mut dyn Write, what: &str| {
        writeln!(out, "{what}: {}", word(error.kind.into()))?;
        out.flush()?;
        messages.error(&error.message);
        io::Result::Ok(Status::from(error.kind))
    };
    let report = match fetcher.check(source, provider).await {
        Ok(report) => report,
        Err(error) => return fix(error, out, &name),
    };
    let mut status = Status::Whole;
    for part in report.parts {
        let what = part.part.to_string();
        let what = visible(&what);
        match part.result {
            Ok(reached) => {
                writeln!(
                    out,
                    "{what}: ok, {} entries from {} in {}",
                    counted(reached.entries as u64),
                    visible(&reached.url),
                    milliseconds(reached.took)
                )?;
                out.flush()?;
            }
            Err(error) => status = status.max(fix(error, out, &what)?),
        }
    }
    Ok(status)
}

fn milliseconds(took: Duration) -> String {
    format!("{} ms", took.as_millis())
}

/// What a status means of a source.
fn word(status: Status) -> &'static str {
    match status {
        Status::Whole => "ok",
        Status::Broken => "failed",
        Status::Usage => "not set up",
        Status::Refused => "refused",
        Status::Unreachable => "not reachable",
    }
}
