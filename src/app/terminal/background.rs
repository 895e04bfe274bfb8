//! Whether the terminal's background is dark or light: asked of the terminal, for the theme `auto`.
//!
//! It is asked before anything else reads the terminal, and waited for at most 100 ms; an
//! answer that comes later is swallowed by `app::input`.

use std::io::{self, IsTerminal};
use std::time::Duration;

use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_millis(100);

/// A terminal's background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Light text on it.
    Dark,
    /// Dark text on it.
    Light,
}

/// Asks the terminal; `None` where there is none, or where no answer came in time.
pub fn ask() -> Option<Background> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return None;
    }
    let mut options = QueryOptions::default();
    options.timeout = PATIENCE;
    match theme_mode(options) {
        Ok(ThemeMode::Dark) => Some(Background::Dark),
        Ok(ThemeMode::Light) => Some(Background::Light),
        Err(error) => {
            tracing::debug!("the terminal does not tell its background: {error}");
            None
        }
    }
}
