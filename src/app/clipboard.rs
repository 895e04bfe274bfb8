//! Handing a text over, honestly: by the ways that the surroundings allow, saying which one it was
//! and whether anything confirmed it (EXPLORER's section 3).
//!
//! Which ways, in which order, is decided by [`plan`], a pure function of the environment. The
//! words that come back go with "copied to" and "sent to".
//!
//! Not here: what is copied (`ui`).

pub mod osc52;
pub mod plan;
#[cfg(feature = "clipboard")]
mod system;
pub mod tmux;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::text;
use crate::ui::message::Handed;
use plan::{Choice, Surroundings, Way};

/// How one way went.
enum Tried {
    /// The text is where this names: confirmed.
    Done(String),
    /// It is on its way to what this names; no answer can come back.
    Sent(String),
    /// It did not go; why.
    Not(String),
}

/// Hands texts over.
#[derive(Debug)]
pub struct Clipboard {
    choice: Choice,
    surroundings: Surroundings,
    tmux: tmux::Tmux,
    #[cfg(feature = "clipboard")]
    system: system::SystemClipboard,
}

impl Clipboard {
    /// A clipboard by this choice, in these surroundings.
    pub fn new(choice: Choice, surroundings: Surroundings) -> Self {
        Self {
            choice,
            surroundings,
            tmux: tmux::Tmux::default(),
            #[cfg(feature = "clipboard")]
            system: system::SystemClipboard::default(),
        }
    }

    /// Hands the text over. `to_terminal` takes bytes for the terminal, to be sent between frames;
    /// false where the terminal takes no more.
    pub async fn hand(&mut self, text: &str, to_terminal: &(dyn Fn(Vec<u8>) -> bool + Sync)) -> Handed {
        let text = sanitised(text);
        let mut done = Vec::new();
        let mut sent = Vec::new();
        let mut not = Vec::new();
        for together in plan::ways(self.choice, &self.surroundings) {
            for way in together {
                match self.go(way, &text, to_terminal).await {
                    Tried::Done(place) => done.push(place),
                    Tried::Sent(place) => sent.push(place),
                    Tried::Not(why) => not.push(why),
                }
            }
            if !done.is_empty() || !sent.is_empty() {
                break;
            }
        }
        verdict(&done, &sent, &not)
    }

    async fn go(&mut self, way: Way, text: &str, to_terminal: &(dyn Fn(Vec<u8>) -> bool + Sync)) -> Tried {
        match way {
            Way::System => self.system(text.to_owned()).await,
            Way::Tmux => {
                let buffer = "tmux's buffer".to_owned();
                self.tmux.load(text).await.map_or_else(Tried::Not, |()| Tried::Done(buffer))
            }
            Way::Osc52 => match osc52::sequence(text, self.surroundings.multiplexer) {
                Err(why) => Tried::Not(why.to_string()),
                Ok(bytes) => {
                    if to_terminal(bytes) {
                        Tried::Sent("the terminal (OSC 52)".to_owned())
                    } else {
                        Tried::Not("the terminal takes nothing".to_owned())
                    }
                }
            },
            Way::File => match write_file(&self.surroundings.runtime_dir, text) {
                Ok(path) => Tried::Done(format!("the file {}", text::visible(&path.to_string_lossy()))),
                Err(why) => Tried::Not(format!("no file could be written: {why}")),
            },
        }
    }

    #[cfg(feature = "clipboard")]
    async fn system(&mut self, text: String) -> Tried {
        match self.system.set(text).await {
            Ok(()) => Tried::Done("the system's clipboard".to_owned()),
            Err(why) => Tried::Not(format!("the system's clipboard: {}", text::visible(&why))),
        }
    }

    #[cfg(not(feature = "clipboard"))]
    #[allow(clippy::unused_async)] // as its twin above
    async fn system(&mut self, _text: String) -> Tried {
        Tried::Not("this build has no access to the system's clipboard".to_owned())
    }
}

/// What is told in the end.
fn verdict(done: &[String], sent: &[String], not: &[String]) -> Handed {
    let notes = if not.is_empty() { String::new() } else { format!(" ({})", not.join("; ")) };
    match (done.join(", "), sent.join(", ")) {
        (done, sent) if done.is_empty() && sent.is_empty() => Handed::Failed(not.join("; ")),
        (done, sent) if done.is_empty() => Handed::Sent(sent + &notes),
        (done, sent) if sent.is_empty() => Handed::Copied(done + &notes),
        (done, sent) => Handed::Copied(format!("{done}, sent to {sent}{notes}")),
    }
}

/// A text as it may be pasted anywhere: no control characters but line feed and tab, and no final
/// newline, which a shell would run.
pub fn sanitised(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    kept.trim_end_matches('\n').to_owned()
}

/// Writes the text to a new file that only the user can read, in place of the one before it.
fn write_file(folder: &Path, text: &str) -> std::io::Result<PathBuf> {
    let path = folder.join(format!("auditty-clipboard-{}.txt", std::process::id()));
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Never through a file or link that somebody else put there.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes())?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Mutex;

    use proptest::prelude::*;

    use super::*;
    use plan::Multiplexer;

    #[test]
    fn copied_text_has_no_control_characters_and_no_final_newline() {
        assert_eq!(sanitised("a\tb\nc\r\n\n"), "a\tb\nc");
        assert_eq!(sanitised("\u{1b}[31mred\u{9b}\u{7f}\0"), "[31mred");
        assert_eq!(sanitised("\n"), "");
    }

    proptest! {
        #[test]
        fn sanitising_is_done_after_once(text in any::<String>()) {
            let once = sanitised(&text);
            prop_assert_eq!(&sanitised(&once), &once);
            prop_assert!(!once.ends_with('\n'));
        }
    }

    #[test]
    fn the_verdict_says_what_is_known_and_no_more() {
        let some = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(verdict(&some(&["x"]), &[], &[]), Handed::Copied("x".to_owned()));
        assert_eq!(verdict(&[], &some(&["y"]), &some(&["no x"])), Handed::Sent("y (no x)".to_owned()));
        assert_eq!(verdict(&some(&["x"]), &some(&["y"]), &[]), Handed::Copied("x, sent to y".to_owned()));
        assert_eq!(verdict(&[], &[], &some(&["no x", "no y"])), Handed::Failed("no x; no y".to_owned()));
    }

    fn around(folder: &Path) -> Surroundings {
        Surroundings {
            remote: true,
            display: false,
            multiplexer: Multiplexer::None,
            runtime_dir: folder.to_owned(),
        }
    }

    #[tokio::test]
    async fn osc_52_is_sent_and_what_is_too_long_goes_to_a_file_of_ones_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut clipboard = Clipboard::new(Choice::Auto, around(folder.path()));
        let sent = Mutex::new(Vec::new());
        let to_terminal = |bytes: Vec<u8>| {
            sent.lock().expect("one thread").push(bytes);
            true
        };
        assert_eq!(
            clipboard.hand("req_1\n", &to_terminal).await,
            Handed::Sent("the terminal (OSC 52)".to_owned())
        );
        assert_eq!(*sent.lock().expect("one thread"), [b"\x1b]52;c;cmVxXzE=\x07".to_vec()]);

        for round in 1..=2 {
            let long = "x".repeat(osc52::LIMIT + round);
            let Handed::Copied(words) = clipboard.hand(&long, &to_terminal).await else { panic!("a file") };
            assert!(
                words.starts_with("the file ") && words.contains("(74,99") && words.contains("takes 74,994)"),
                "{words}"
            );
            let path = folder.path().join(format!("auditty-clipboard-{}.txt", std::process::id()));
            assert_eq!(std::fs::read_to_string(&path).expect("a file"), long);
            let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(sent.lock().expect("one thread").len(), 1);
    }

    #[tokio::test]
    async fn a_way_that_was_named_is_the_only_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("missing");
        let mut clipboard = Clipboard::new(Choice::Only(Way::File), around(&missing));
        let Handed::Failed(why) = clipboard.hand("x", &|_| true).await else { panic!("no file") };
        assert!(why.contains("no file could be written"), "{why}");
        let mut clipboard = Clipboard::new(Choice::Only(Way::Osc52), around(folder.path()));
        let Handed::Failed(why) = clipboard.hand("x", &|_| false).await else { panic!("no terminal") };
        assert!(why.contains("takes nothing"), "{why}");
    }
}
