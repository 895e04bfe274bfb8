//! tmux's buffer: `tmux load-buffer -w -`, which also sends it on to tmux's own terminal.
//!
//! Its defaults drop OSC 52 from inside; this works. Before 3.2 there was no `-w`.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use crate::text;

/// How long tmux may take; it answers in milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// The tmux that is called; its version is asked for once.
#[derive(Debug)]
pub struct Tmux {
    /// The program and what goes before its arguments.
    command: Vec<String>,
    sends_on: Option<bool>,
}

/// The `tmux` of the path.
impl Default for Tmux {
    fn default() -> Self {
        Self { command: vec!["tmux".to_owned()], sends_on: None }
    }
}

impl Tmux {
    /// Loads the text into the buffer; the error says why not.
    pub async fn load(&mut self, text: &str) -> Result<(), String> {
        let sends_on = if let Some(known) = self.sends_on {
            known
        } else {
            let version = self.run(&["-V"], "").await?;
            *self.sends_on.insert(knows_w(&version))
        };
        let arguments: &[&str] = if sends_on { &["load-buffer", "-w", "-"] } else { &["load-buffer", "-"] };
        self.run(arguments, text).await.map(drop)
    }

    /// Runs tmux with this input; its output, or why not.
    async fn run(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let talk = async {
            let (program, before) =
                self.command.split_first().ok_or_else(|| std::io::Error::other("no program"))?;
            let mut child = Command::new(program)
                .args(before)
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .kill_on_drop(true)
                .spawn()?;
            if let Some(mut stdin) = child.stdin.take() {
                // A tmux that fails closes its input early; its exit status tells.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
            child.wait_with_output().await
        };
        match timeout(PATIENCE, talk).await {
            Err(_) => Err("tmux does not answer".to_owned()),
            Ok(Err(error)) => Err(format!("tmux: {error}")),
            Ok(Ok(output)) if output.status.success() => {
                Ok(String::from_utf8_lossy(&output.stdout).into_owned())
            }
            Ok(Ok(output)) => {
                let words = String::from_utf8_lossy(&output.stderr);
                Err(format!("tmux: {}", text::visible(words.trim())))
            }
        }
    }
}

/// Whether a tmux of this version (`tmux 3.3a`, `tmux next-3.4`) knows `load-buffer -w`: from 3.2.
fn knows_w(version: &str) -> bool {
    if version.trim() == "tmux master" {
        return true;
    }
    let number = version.trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut parts = number.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    // OpenBSD's own tmux bears the system's version, whose tmux is new enough from 6.9.
    let least = if version.contains("openbsd") { (6, 9) } else { (3, 2) };
    (major, minor) >= least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_tells_whether_it_sends_on() {
        for (version, expected) in [
            ("tmux 3.3a\n", true),
            ("tmux 3.2", true),
            ("tmux 3.10", true),
            ("tmux next-3.4", true),
            ("tmux 4.0", true),
            ("tmux master", true),
            ("tmux openbsd-7.2", true),
            ("tmux 3.1c", false),
            ("tmux 2.9a", false),
            ("tmux openbsd-6.8", false),
            ("", false),
            ("tmux 99999999999999999999.1", false),
        ] {
            assert_eq!(knows_w(version), expected, "{version:?}");
        }
    }

    /// A stand-in for tmux that writes its arguments and input to a file.
    fn stand_in(folder: &std::path::Path, version: &str, load: &str) -> Tmux {
        let program = folder.join("tmux");
        let script = format!(
            "if [ \"$1\" = -V ]; then echo '{version}'; exit; fi\necho \"$@\" >'{0}/args'\n{load}\n",
            folder.display()
        );
        std::fs::write(&program, script).expect("a script");
        // Not run by itself: a file just written may still be open in a child of another test.
        Tmux { command: vec!["sh".to_owned(), program.display().to_string()], sends_on: None }
    }

    #[tokio::test]
    async fn the_text_goes_in_by_standard_input() {
        for (version, arguments) in [("tmux 3.3a", "load-buffer -w -\n"), ("tmux 3.1c", "load-buffer -\n")] {
            let folder = tempfile::tempdir().expect("a folder");
            let load = format!("cat >'{}/text'", folder.path().display());
            let mut tmux = stand_in(folder.path(), version, &load);
            assert_eq!(tmux.load("a\nb").await, Ok(()));
            let read = |name| std::fs::read_to_string(folder.path().join(name)).expect("written");
            assert_eq!(read("text"), "a\nb");
            assert_eq!(read("args"), arguments);
        }
    }

    #[tokio::test]
    async fn a_failure_says_why_without_raw_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut tmux = stand_in(folder.path(), "tmux 3.3a", "printf 'no \\033[31mserver' >&2; exit 1");
        assert_eq!(tmux.load("x").await, Err("tmux: no ␛[31mserver".to_owned()));
        let mut tmux = Tmux { command: vec!["/nonexistent/tmux".to_owned()], sends_on: None };
        let why = tmux.load("x").await.expect_err("not there");
        assert!(why.starts_with("tmux: "), "{why}");
    }
}
