//! Tokens: where a source's token comes from, how long it is good, when it is asked for again.
//!
//! A secret is in memory as a [`SecretString`] and in a header marked sensitive; neither shows
//! itself. Not here: sending the login's form (`fetch::session`).

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::AsyncReadExt;
use tokio::process::Child;

use super::error::message;
use super::{Error, ErrorKind};
use crate::provider::{Auth, LoginRoute, Provider};
use crate::source::{Login, Secret, Source};
use crate::text::{shortened, visible};
use crate::timestamp::{SECOND, Timestamp};

/// No secret is longer, bytes; a file or command that says more is a mistake.
const LONGEST_SECRET: u64 = 64 << 10;
/// A login's token is renewed so long before it runs out, or a tenth of its life if that is less.
const RENEWED_EARLY: i64 = 30 * SECOND;

/// The commands that are being run. A process that ends at once drops nothing, and would leave them
/// behind.
static COMMANDS: Mutex<Vec<Arc<Mutex<Child>>>> = Mutex::new(Vec::new());

/// Ends the commands that are being run, for a process that is about to end; none is begun for as long
/// as what this gives is held.
pub fn end_commands() -> impl Sized {
    let commands = locked(&COMMANDS);
    for command in commands.iter() {
        // It may have ended on its own, and there is nobody left to tell.
        let _ = locked(command).start_kill();
    }
    commands
}

/// Where the token of a source comes from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// From outside, ready made.
    Ready(Secret),
    /// From the system, for a name and a password.
    Login(Login, LoginRoute),
}

impl Origin {
    /// As source and descriptor have it. A login for a system without a login route is an error.
    pub fn of(source: &Source, provider: &Provider) -> Result<Self, Error> {
        match (&source.login, &provider.auth.login, &source.token) {
            (Some(login), Some(route), None) => Ok(Self::Login(login.clone(), route.clone())),
            (Some(_), None, _) => {
                Err(wrong(&source.name, "the system has no login route: give a token instead"))
            }
            (Some(_), Some(_), Some(_)) => {
                Err(wrong(&source.name, "both token and login are given: keep one"))
            }
            (None, _, Some(secret)) => Ok(Self::Ready(secret.clone())),
            (None, _, None) => Ok(Self::Ready(Secret::Env(provider.auth.env.to_string()))),
        }
    }

    /// Whether asking again may give another token.
    pub fn is_renewable(&self) -> bool {
        matches!(self, Self::Ready(Secret::Command(_)) | Self::Login(..))
    }
}

/// A token as requests bear it.
#[derive(Debug)]
pub struct Token {
    /// The header.
    pub name: HeaderName,
    /// Its value, marked sensitive.
    pub value: HeaderValue,
    /// From when on it is not used any more.
    pub expires: Option<Timestamp>,
}

impl Token {
    /// The header that bears this token. `place` says where it came from.
    pub fn new(source: &Source, auth: &Auth, secret: &SecretString, place: &str) -> Result<Self, Error> {
        let name = HeaderName::try_from(&*auth.header)
            .map_err(|_| wrong(&source.name, &format!("{:?} is no header's name", auth.header)))?;
        let mut value =
            HeaderValue::try_from(format!("{}{}", auth.prefix, secret.expose_secret())).map_err(|_| {
                wrong(&source.name, &format!("the token from {place} cannot be sent in a header"))
            })?;
        value.set_sensitive(true);
        Ok(Self { name, value, expires: None })
    }

    /// The same, good for so many seconds from now.
    pub fn good_for(mut self, seconds: u64, now: Timestamp) -> Self {
        let life = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND);
        self.expires = Some(now.plus(life - RENEWED_EARLY.min(life / 10)));
        self
    }

    /// Whether it may still be used.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// A secret from where the config says, for the source (or what else) of this name: trailing white space trimmed, not empty, no control
/// character. The error names the variable, command or file, never the secret.
pub async fn resolve(owner: &str, secret: &Secret) -> Result<(SecretString, String), Error> {
    let place = place(secret);
    let text = match secret {
        Secret::Env(name) => match std::env::var(name) {
            Ok(text) => text,
            Err(std::env::VarError::NotPresent) => {
                return Err(wrong(
                    owner,
                    &format!("{place} is not set; set it, or say in the config where the secret is"),
                ));
            }
            Err(std::env::VarError::NotUnicode(_)) => {
                return Err(wrong(owner, &format!("{place} is no text")));
            }
        },
        Secret::File(path) => {
            let read = async {
                let mut bytes = Vec::new();
                tokio::fs::File::open(path).await?.take(LONGEST_SECRET + 1).read_to_end(&mut bytes).await?;
                Ok::<_, std::io::Error>(bytes)
            };
            let bytes =
                read.await.map_err(|error| wrong(owner, &format!("{place} cannot be read: {error}")))?;
            text_of(owner, &place, bytes)?
        }
        Secret::Command(command) => text_of(owner, &place, run(owner, &place, command).await?)?,
    };
    let text = text.trim_end();
    if text.is_empty() {
        return Err(wrong(owner, &format!("{place} gives an empty secret")));
    }
    if text.chars().any(char::is_control) {
        return Err(wrong(owner, &format!("{place} gives a secret with a control character in it")));
    }
    Ok((SecretString::from(text), place))
}

fn text_of(owner: &str, place: &str, bytes: Vec<u8>) -> Result<String, Error> {
    if bytes.len() as u64 > LONGEST_SECRET {
        return Err(wrong(
            owner,
            &format!("{place} gives more than {LONGEST_SECRET} bytes, which is no secret"),
        ));
    }
    String::from_utf8(bytes).map_err(|_| wrong(owner, &format!("{place} gives no text")))
}

/// Runs a command and takes its standard output.
async fn run(owner: &str, place: &str, command: &[String]) -> Result<Vec<u8>, Error> {
    let failed = |why: String| wrong(owner, &format!("{place} {why}"));
    let Some((program, arguments)) = command.split_first() else {
        return Err(failed("is empty".to_owned()));
    };
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = UnderWay::begin(&mut command).map_err(|error| failed(format!("cannot be run: {error}")))?;
    let (output, complaint) = {
        let mut child = locked(&child.0);
        (child.stdout.take(), child.stderr.take())
    };
    let bounded = |pipe: Option<_>| async move { read_bounded(pipe).await };
    let (output, complaint) = tokio::join!(bounded(output.map(boxed)), bounded(complaint.map(boxed)));
    let status = child.ended().await.map_err(|error| failed(format!("was lost: {error}")))?;
    if !status.success() {
        let complaint = String::from_utf8_lossy(&complaint).into_owned();
        // Its own output is not repeated: it may be half a secret.
        let said = shortened(complaint.trim(), 300).into_owned();
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        return Err(failed(format!("failed ({status}){said}")));
    }
    Ok(output)
}

/// A command that is being run: killed where nobody waits for it any more, or where the process ends.
struct UnderWay(Arc<Mutex<Child>>);

impl UnderWay {
    fn begin(command: &mut tokio::process::Command) -> std::io::Result<Self> {
        let mut commands = locked(&COMMANDS);
        let child = Arc::new(Mutex::new(command.kill_on_drop(true).spawn()?));
        commands.push(Arc::clone(&child));
        Ok(Self(child))
    }

    /// How it ended. Held only while it is looked at, so that it can be killed meanwhile.
    async fn ended(&self) -> std::io::Result<ExitStatus> {
        poll_fn(|context| {
            let mut child = locked(&self.0);
            pin!(child.wait()).poll(context)
        })
        .await
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        locked(&COMMANDS).retain(|child| !Arc::ptr_eq(child, &self.0));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Pipe = Box<dyn tokio::io::AsyncRead + Send + Unpin>;

fn boxed(pipe: impl tokio::io::AsyncRead + Send + Unpin + 'static) -> Pipe {
    Box::new(pipe)
}

/// What a pipe says, up to one byte more than a secret may have; the rest is read and dropped, so
/// that the command can end.
async fn read_bounded(pipe: Option<Pipe>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Some(mut pipe) = pipe else { return bytes };
    let mut chunk = [0; 4096];
    // A pipe that breaks ends like one that closes: the exit status tells.
    while let Ok(count @ 1..) = pipe.read(&mut chunk).await {
        if bytes.len() as u64 <= LONGEST_SECRET {
            bytes.extend_from_slice(&chunk[..count]);
        }
    }
    bytes
}

/// How messages name where a secret comes from.
pub fn place(secret: &Secret) -> String {
    match secret {
        Secret::Env(name) => format!("the variable {name}"),
        Secret::Command(command) => format!("the command {:?}", visible(&command.join(" "))),
        Secret::File(path) => format!("the file {}", path.display()),
    }
}

fn wrong(owner: &str, text: &str) -> Error {
    Error::new(ErrorKind::Config, message(owner, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str) -> Secret {
        Secret::Command(["sh", "-c", text].map(str::to_owned).to_vec())
    }

    async fn resolved(secret: Secret) -> Result<String, String> {
        let source = Source::new("prod", "any");
        match resolve(&source.name, &secret).await {
            Ok((secret, _)) => Ok(secret.expose_secret().to_owned()),
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Config);
                Err(error.message)
            }
        }
    }

    #[tokio::test]
    async fn a_command_gives_a_token_without_its_trailing_white_space() {
        assert_eq!(resolved(command("printf ' tok en \\n\\r\\n'")).await, Ok(" tok en".to_owned()));
    }

    #[tokio::test]
    async fn what_is_no_token_is_named_by_its_command() {
        for (text, said) in [
            ("printf ''", "empty"),
            ("printf 'a\\nb'", "control character"),
            ("printf 'a\\tb'", "control character"),
            ("printf 'half-a-secret'; printf 'no such\\033[31m entry' >&2; exit 3", "exit status: 3"),
            ("printf '\\377\\376'", "no text"),
            ("head -c 70000 /dev/zero | tr '\\0' x", "more than 65536 bytes"),
        ] {
            let error = resolved(command(text)).await.expect_err(text);
            assert!(
                error.contains(said) && error.contains("command") && error.starts_with("prod: "),
                "{error}"
            );
            assert!(!error.contains("half-a-secret: ") && !error.contains('\u{1b}'), "{error}");
        }
        let missing = Secret::Command(vec!["/no/such/program".to_owned()]);
        assert!(resolved(missing).await.expect_err("missing").contains("/no/such/program"));
        assert!(resolved(Secret::Command(Vec::new())).await.is_err());
    }

    #[tokio::test]
    async fn a_variable_or_file_that_is_not_there_is_named() {
        let error = resolved(Secret::Env("AUDITTY_NO_SUCH_VARIABLE".to_owned())).await.expect_err("missing");
        assert!(error.contains("AUDITTY_NO_SUCH_VARIABLE is not set"), "{error}");
        let error = resolved(Secret::File("/no/such/file".into())).await.expect_err("missing");
        assert!(error.contains("/no/such/file"), "{error}");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        std::fs::write(&path, "secret\n").expect("written");
        assert_eq!(resolved(Secret::File(path)).await, Ok("secret".to_owned()));
    }

    #[test]
    fn a_token_shows_itself_nowhere_and_runs_out() {
        let source = Source::new("prod", "any");
        let auth =
            Auth { header: "Authorization".into(), prefix: "Bearer ".into(), env: "X".into(), login: None };
        let token =
            Token::new(&source, &auth, &SecretString::from("s3cret"), "the variable X").expect("a token");
        assert_eq!(token.value.as_bytes(), b"Bearer s3cret");
        assert!(!format!("{token:?}").contains("s3cret"));
        let now = Timestamp::from_micros(0);
        assert!(token.is_good(Timestamp::MAX));
        let token = token.good_for(900, now);
        assert!(token.is_good(now.plus(869 * SECOND)) && !token.is_good(now.plus(870 * SECOND)));
    }
}
