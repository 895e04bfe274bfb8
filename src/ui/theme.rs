//! How the screen looks: a style for each role, and the glyphs, for the colours and characters that
//! the terminal has.
//!
//! Themes are files (`assets/themes/*.toml`); every role must stand in every one. Not here: asking
//! the terminal for its background (`app::terminal`), and which role a thing has (the panes).

mod file;
mod glyphs;
mod role;

use ratatui::style::{Color, Style};

use crate::event::Class;

pub use glyphs::Glyphs;
pub use role::Role;

/// A theme that is shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name {
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// Without colours.
    Mono,
    /// With as much contrast as there is.
    Contrast,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::Mono, Self::Contrast];

    /// The name in configs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Mono => "mono",
            Self::Contrast => "contrast",
        }
    }

    /// The theme of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }

    fn toml(self) -> &'static str {
        match self {
            Self::Dark => include_str!("../../assets/themes/dark.toml"),
            Self::Light => include_str!("../../assets/themes/light.toml"),
            Self::Mono => include_str!("../../assets/themes/mono.toml"),
            Self::Contrast => include_str!("../../assets/themes/contrast.toml"),
        }
    }
}

/// A terminal's background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Light text on it.
    Dark,
    /// Dark text on it.
    Light,
}

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// The 16 of the terminal's own palette.
    Sixteen,
    /// The 256 of xterm.
    TwoFiveSix,
    /// 24 bits.
    True,
}

impl Depth {
    /// What the environment's `COLORTERM` and `TERM` say.
    pub fn of_terminal(colorterm: Option<&str>, term: Option<&str>) -> Self {
        if matches!(colorterm, Some("truecolor" | "24bit")) {
            return Self::True;
        }
        match term {
            Some(term) if term.ends_with("-direct") => Self::True,
            Some(term) if term.contains("256color") => Self::TwoFiveSix,
            _ => Self::Sixteen,
        }
    }
}

/// The letter that stands for a class where colours do not.
pub fn class_letter(class: Class) -> char {
    match class {
        Class::S2xx => '2',
        Class::S3xx => '3',
        Class::S4xx => '4',
        Class::S5xx => '5',
        Class::Success => 's',
        Class::Failure => 'F',
        Class::Unknown => 'u',
    }
}

/// How the screen looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Which theme it is.
    pub name: Name,
    /// How many colours it uses.
    pub depth: Depth,
    /// Whether only ASCII characters are drawn.
    pub ascii: bool,
    styles: Vec<Style>,
}

impl Theme {
    /// A shipped theme in the terminal's colours.
    pub fn builtin(name: Name, depth: Depth, ascii: bool) -> Self {
        let styles = file::parse(name.toml(), depth).expect("a test reads every shipped theme");
        Self { name, depth, ascii, styles }
    }

    /// A role's style.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// A class's style.
    pub fn class(&self, class: Class) -> Style {
        self.style(Role::class(class))
    }

    /// A class's colour as a cell's background.
    pub fn class_background(&self, class: Class) -> Option<Color> {
        self.class(class).fg
    }

    /// Whether colours tell nothing, so that shades and letters must.
    pub fn is_letters(&self) -> bool {
        self.ascii || self.name == Name::Mono
    }

    /// The glyphs of the terminal.
    pub fn glyphs(&self) -> &'static Glyphs {
        if self.ascii { &glyphs::ASCII } else { &glyphs::UNICODE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_theme_has_every_role_and_no_other() {
        for name in Name::ALL {
            for depth in [Depth::Sixteen, Depth::TwoFiveSix, Depth::True] {
                file::parse(name.toml(), depth).unwrap_or_else(|error| panic!("{}: {error}", name.name()));
            }
            assert_eq!(Name::named(name.name()), Some(name));
        }
        for (place, (role, _)) in Role::TABLE.iter().enumerate() {
            assert_eq!(*role as usize, place);
        }
    }

    #[test]
    fn classes_are_told_apart() {
        for name in [Name::Dark, Name::Light, Name::Contrast] {
            let theme = Theme::builtin(name, Depth::True, false);
            let colours = Class::ALL.map(|class| theme.class(class).fg.expect("a colour"));
            for (at, one) in colours.iter().enumerate() {
                assert!(colours[at + 1..].iter().all(|other| other != one), "{name:?}");
            }
        }
    }

    #[test]
    fn mono_has_no_colour_at_all() {
        let theme = Theme::builtin(Name::Mono, Depth::True, false);
        for (role, name) in Role::TABLE {
            let style = theme.style(*role);
            assert_eq!((style.fg, style.bg), (None, None), "{name}");
        }
    }

    #[test]
    fn colours_give_way_to_what_the_terminal_has() {
        assert_eq!(Depth::of_terminal(Some("truecolor"), None), Depth::True);
        assert_eq!(Depth::of_terminal(None, Some("xterm-256color")), Depth::TwoFiveSix);
        assert_eq!(Depth::of_terminal(None, Some("linux")), Depth::Sixteen);
        let ansi = Theme::builtin(Name::Dark, Depth::Sixteen, false);
        assert_eq!(ansi.class(Class::S4xx).fg, Some(Color::Yellow));
    }
}
