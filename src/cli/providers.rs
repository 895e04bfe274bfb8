//! `auditty providers`: the systems that are known, one's descriptor, and a check of one's own.

use std::io::{self, Write};
use std::path::Path;

use super::failure::Failure;
use super::messages::counted;
use crate::provider::registry::{self, Registry};
use crate::text::visible;

/// Lists the systems: name, name for people, where it is.
pub fn list(registry: &Registry, out: &mut dyn Write) -> io::Result<()> {
    let all: Vec<_> = registry.iter().collect();
    let widest = all.iter().map(|provider| provider.name.chars().count()).max().unwrap_or(0);
    let titles = all.iter().map(|provider| provider.title.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for provider in &all {
        let place = provider.base.url.as_deref().unwrap_or("");
        let line = format!("{:<widest$}  {:<titles$}  {place}", provider.name, provider.title);
        text.push_str(&visible(line.trim_end()));
        text.push('\n');
    }
    out.write_all(text.as_bytes())
}

/// Prints a descriptor as TOML, as it was written.
pub fn show(registry: &Registry, name: &str, out: &mut dyn Write) -> Result<io::Result<()>, Failure> {
    let provider = registry.get(name).map_err(Failure::usage)?;
    let mut toml = provider.toml.to_string();
    if !toml.ends_with('\n') {
        toml.push('\n');
    }
    Ok(out.write_all(toml.as_bytes()))
}

/// Checks a descriptor's file and maps its samples.
pub fn check(file: &Path, out: &mut dyn Write) -> Result<io::Result<()>, Failure> {
    match registry::check(file) {
        Ok(report) => Ok(writeln!(
            out,
            "{}: `{}` is a valid descriptor; {} of its samples map as they say",
            visible(&file.to_string_lossy()),
            visible(&report.provider.name),
            counted(report.samples as u64)
        )),
        Err(errors) => {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Err(Failure::usage(lines.join("\n")))
        }
    }
}
