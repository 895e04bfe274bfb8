//! What a headless command says on standard error: messages, each behind `auditty: `, and progress
//! bars where it is a terminal.
//!
//! Every message goes through [`text::visible`], and into the log file as well.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::fetch::Part;
use crate::text;
pub use crate::text::counted;

/// The parts of a bar: thousandths of a walk.
const BAR_LENGTH: u64 = 1000;

/// Standard error's one writer; cheap to clone.
#[derive(Debug, Clone)]
pub struct Messages {
    /// Where standard error is a terminal.
    bars: Option<Bars>,
    out: Out,
}

/// Where messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Out {
    Stderr,
    #[cfg(test)]
    Nowhere,
}

#[derive(Debug, Clone)]
struct Bars {
    all: MultiProgress,
    of: Arc<Mutex<HashMap<Part, ProgressBar>>>,
}

impl Messages {
    /// Messages to standard error, with bars where it is a terminal.
    pub fn new() -> Self {
        let bars =
            std::io::stderr().is_terminal().then(|| Bars { all: MultiProgress::new(), of: Arc::default() });
        Self { bars, out: Out::Stderr }
    }

    /// Messages that nobody hears.
    #[cfg(test)]
    pub fn silent() -> Self {
        Self { bars: None, out: Out::Nowhere }
    }

    /// Whether there are progress bars.
    pub fn has_bars(&self) -> bool {
        self.bars.is_some()
    }

    /// Says something that went wrong, and logs it.
    pub fn error(&self, message: &str) {
        tracing::error!("{message}");
        self.write(message);
    }

    /// Says something that the user should read, and logs it.
    pub fn notice(&self, message: &str) {
        tracing::warn!("{message}");
        self.write(message);
    }

    fn write(&self, message: &str) {
        let text = shown(message);
        let write = || {
            if self.out != Out::Stderr {
                return;
            }
            // There is nobody left to tell where standard error is gone.
            let _ = std::io::stderr().write_all(text.as_bytes());
        };
        match &self.bars {
            Some(bars) => bars.all.suspend(write),
            None => write(),
        }
    }

    /// Shows how far a walk is: its share done, where that can be told, and a few words.
    pub fn progress(&self, part: &Part, share: Option<f64>, words: &str) {
        let Some(bars) = &self.bars else { return };
        let mut of = bars.of.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = of.entry(part.clone()).or_insert_with(|| {
            let bar = bars.all.add(ProgressBar::new(BAR_LENGTH));
            bar.set_prefix(text::visible(&part.to_string()).into_owned());
            bar.set_style(style("{prefix}  {spinner} {wide_msg}"));
            bar
        });
        if let Some(share) = share {
            bar.set_style(style("{prefix}  {bar:24} {percent:>3} %  {wide_msg}"));
            bar.set_position((share * BAR_LENGTH as f64) as u64);
        }
        bar.set_message(text::visible(words).into_owned());
        bar.tick();
    }

    /// Takes a walk's bar away.
    pub fn progress_ended(&self, part: &Part) {
        let Some(bars) = &self.bars else { return };
        if let Some(bar) = bars.of.lock().unwrap_or_else(PoisonError::into_inner).remove(part) {
            bar.finish_and_clear();
        }
    }

    /// Takes every bar away, so that what follows begins on a line of its own.
    pub fn clear(&self) {
        if let Some(bars) = &self.bars {
            // There is nobody left to tell where standard error is gone.
            let _ = bars.all.clear();
        }
    }
}

impl Default for Messages {
    fn default() -> Self {
        Self::new()
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates stand in this file and are valid")
}

/// The message as it is written: behind the program's name, line by line, nothing hostile in it.
fn shown(message: &str) -> String {
    let lines: Vec<Cow<'_, str>> = message.lines().map(text::visible).collect();
    format!("auditty: {}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_its_lines_and_nothing_that_drives_a_terminal() {
        assert_eq!(shown("one\n  two"), "auditty: one\n  two\n");
        assert_eq!(shown("bad \u{1b}[2J\u{202e}"), "auditty: bad ␛[2J⟨202E⟩\n");
    }
}
