//! The request that fetches an entry, as a `curl` command.
//!
//! The token is never in it: it stands as `$VARIABLE`, the one that the source's config names, else
//! the system's own. Not here: sending it (`fetch`).

use super::shell_quoted;
use crate::event::Event;
use crate::fetch::{Error, locate};
use crate::provider::Provider;
use crate::source::{Secret, Source};

/// The variable where neither config nor descriptor name one that a shell takes.
const TOKEN: &str = "TOKEN";

/// The command. An error says what of the source's config makes the request impossible.
pub fn curl(event: &Event, source: &Source, provider: &Provider) -> Result<String, Error> {
    let url = locate::entry(source, provider, event)?;
    let auth = &provider.auth;
    let mut command = String::from("curl -sS --globoff --compressed");
    let mut header = |quoted: String| {
        command.push_str(" -H ");
        command.push_str(&quoted);
    };
    // The variable is the one part that the shell is to fill in.
    header(format!(
        "{}\"${{{}}}\"",
        shell_quoted(&format!("{}: {}", auth.header, auth.prefix)),
        variable(source, provider)
    ));
    header(shell_quoted("Accept: application/json"));
    for (name, value) in &provider.headers {
        header(shell_quoted(&format!("{name}: {value}")));
    }
    command.push(' ');
    command.push_str(&shell_quoted(url.as_str()));
    Ok(command)
}

/// The variable that holds the token. A token that comes by a command, a file or a login is not in
/// one: the system's own variable stands for it.
fn variable<'a>(source: &'a Source, provider: &'a Provider) -> &'a str {
    let named = match &source.token {
        Some(Secret::Env(name)) => Some(name.as_str()),
        Some(Secret::Command(_) | Secret::File(_)) | None => None,
    };
    [named, Some(&*provider.auth.env)].into_iter().flatten().find(|name| is_variable(name)).unwrap_or(TOKEN)
}

/// Whether a shell takes the name for a variable's.
fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
