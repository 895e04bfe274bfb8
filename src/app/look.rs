//! Which theme is drawn, from what the user chose and what the terminal is.

use super::terminal::background::Background;
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
    /// The theme for this terminal. A theme that was named stands above `NO_COLOR`, which gives
    /// `mono`; else the background decides, which `ask` asks of the terminal, and where it does not
    /// tell, it is taken to be dark.
    pub fn theme(
        self,
        variable: impl Fn(&str) -> Option<String>,
        ask: impl FnOnce() -> Option<Background>,
    ) -> Theme {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let name = self.name.unwrap_or_else(|| {
            if get("NO_COLOR").is_some() {
                return Name::Mono;
            }
            match ask() {
                Some(Background::Light) => Name::Light,
                Some(Background::Dark) | None => Name::Dark,
            }
        });
        let depth = Depth::of_terminal(get("COLORTERM").as_deref(), get("TERM").as_deref());
        Theme::builtin(name, depth, self.ascii)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme(look: Look, variables: &[(&str, &str)], background: Option<Background>) -> (Name, Depth) {
        let get = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let theme = look.theme(get, || background);
        (theme.name, theme.depth)
    }

    #[test]
    fn auto_follows_the_terminal_and_no_color() {
        let auto = Look::default();
        let xterm = ("TERM", "xterm-256color");
        assert_eq!(theme(auto, &[xterm], Some(Background::Light)), (Name::Light, Depth::TwoFiveSix));
        assert_eq!(theme(auto, &[xterm], Some(Background::Dark)), (Name::Dark, Depth::TwoFiveSix));
        assert_eq!(theme(auto, &[], None), (Name::Dark, Depth::Sixteen));
        let no_color = ("NO_COLOR", "1");
        assert_eq!(theme(auto, &[xterm, no_color], Some(Background::Light)).0, Name::Mono);
        assert_eq!(theme(auto, &[("NO_COLOR", "")], Some(Background::Light)).0, Name::Light);
    }

    #[test]
    fn a_theme_that_was_named_is_taken_and_nothing_is_asked() {
        let look = Look { name: Some(Name::Contrast), ascii: true };
        let theme = look.theme(|_| Some("truecolor".to_owned()), || panic!("asked"));
        assert_eq!((theme.name, theme.depth, theme.ascii), (Name::Contrast, Depth::True, true));
    }
}
