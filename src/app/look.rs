//! Which theme is drawn, from what the user chose and what the terminal is.
//!
//! Not here: asking the terminal (`app::terminal::background`), and what its answer does (`ui`).

use super::terminal::background;
use crate::ui::setup::AutoTheme;
use crate::ui::theme::{Depth, Name, Theme};

/// How the user wants the screen to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// The theme; `None`: `auto`, what suits the terminal.
    pub name: Option<Name>,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
}

impl Look {
    /// The theme for this terminal, as long as it has not told its background. A theme that was named
    /// stands above `NO_COLOR`, which gives `mono`; else the background is taken to be dark.
    pub fn theme(self, variable: impl Fn(&str) -> Option<String>) -> Theme {
        let name = self.name.unwrap_or(match auto(&variable) {
            AutoTheme::Is(name) => name,
            AutoTheme::Background => Name::Dark,
        });
        let get = |name: &str| variable(name);
        let depth = Depth::of_terminal(get("COLORTERM").as_deref(), get("TERM").as_deref());
        Theme::builtin(name, depth, self.ascii)
    }
}

/// What decides about the theme `auto` on this terminal.
pub fn auto(variable: impl Fn(&str) -> Option<String>) -> AutoTheme {
    if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        AutoTheme::Is(Name::Mono)
    } else if background::can_be_asked(variable("TERM").as_deref()) {
        AutoTheme::Background
    } else {
        AutoTheme::Is(Name::Dark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(set: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn auto_follows_the_terminal_and_no_color() {
        let xterm = ("TERM", "xterm-256color");
        assert_eq!(auto(variables(&[xterm])), AutoTheme::Background);
        assert_eq!(auto(variables(&[("TERM", "dumb")])), AutoTheme::Is(Name::Dark));
        assert_eq!(auto(variables(&[xterm, ("NO_COLOR", "1")])), AutoTheme::Is(Name::Mono));
        assert_eq!(auto(variables(&[xterm, ("NO_COLOR", "")])), AutoTheme::Background);
        let theme = |set: &[(&str, &str)]| {
            let theme = Look::default().theme(variables(set));
            (theme.name, theme.depth)
        };
        assert_eq!(theme(&[xterm]), (Name::Dark, Depth::TwoFiveSix));
        assert_eq!(theme(&[]), (Name::Dark, Depth::Sixteen));
        assert_eq!(theme(&[xterm, ("NO_COLOR", "1")]).0, Name::Mono);
    }

    #[test]
    fn a_theme_that_was_named_is_taken() {
        let look = Look { name: Some(Name::Contrast), ascii: true };
        let theme = look.theme(|_| Some("truecolor".to_owned()));
        assert_eq!((theme.name, theme.depth, theme.ascii), (Name::Contrast, Depth::True, true));
    }
}
