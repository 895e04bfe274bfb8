//! How the screen looks: a style for each role, and the glyphs, for the colours and characters that
//! the terminal has.
//!
//! Themes are files (`assets/themes/*.toml`); every role must stand in every one. Not here: asking
//! the terminal for its background (`app::terminal`), and which role a thing has (the panes).

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

use crate::event::field::Field;
use crate::event::{Class, Outcome};

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

macro_rules! roles {
    ($($role:ident $name:literal $about:literal;)*) => {
        /// What a thing on the screen is, as far as its looks go.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Role {
            $(#[doc = $about] $role,)*
        }

        impl Role {
            /// All roles with their names in theme files.
            pub const TABLE: &[(Self, &'static str)] = &[$((Self::$role, $name),)*];
        }
    };
}

roles! {
    Text "text" "Plain text.";
    Dim "dim" "Text of little weight.";
    Label "label" "A label before a value, a section's heading.";
    Title "title" "The source's name, an overlay's title.";
    Accent "accent" "Where the user is: the marker, the cursor.";
    Header "header" "A region's header.";
    HeaderFocused "header-focused" "The header of the region that has the focus.";
    Selected "selected" "The selected row's time.";
    Warning "warning" "The mark of a hostile character.";
    Error "error" "What went wrong.";
    Notice "notice" "What the user should read.";
    Good "good" "What went well.";
    Key "key" "A key to press.";
    Prompt "prompt" "Text being typed.";
    Scrollbar "scrollbar" "The scrollbar.";
    Overlay "overlay" "What lies above the screen.";
    Class2xx "class-2xx" "Status 2xx.";
    Class3xx "class-3xx" "Status 3xx.";
    Class4xx "class-4xx" "Status 4xx.";
    Class5xx "class-5xx" "Status 5xx.";
    ClassSuccess "class-success" "Success without a status.";
    ClassFailure "class-failure" "Failure without a status.";
    ClassUnknown "class-unknown" "A status that is none.";
    Brush "brush" "Behind the bars under the histogram's cursor, and in the brush.";
    Volume "volume" "How much there is in all, behind the bars.";
    Value1 "value-1" "The commonest value of a field.";
    Value2 "value-2" "The second.";
    Value3 "value-3" "The third.";
    Value4 "value-4" "The fourth.";
    Value5 "value-5" "The fifth.";
    ValueOthers "value-others" "All other values.";
    ValueAbsent "value-absent" "No value.";
    FilterField "filter-field" "A field's name in the filter.";
    FilterOperator "filter-operator" "An operator in the filter.";
    FilterValue "filter-value" "A value in the filter.";
    FilterKeyword "filter-keyword" "AND, OR, NOT.";
    FilterWord "filter-word" "A bare word in the filter.";
    FilterError "filter-error" "What is wrong in the filter.";
    BandFetched "band-fetched" "The band where all was fetched.";
    BandFetching "band-fetching" "The band where fetching goes on.";
    BandWaiting "band-waiting" "The band where the server makes us wait.";
    BandPaused "band-paused" "The band where fetching is paused.";
    BandFailed "band-failed" "The band where fetching failed.";
    BandUnasked "band-unasked" "The band where nothing was asked.";
    BandBeyond "band-beyond" "The band where the system keeps nothing any more.";
    Removed "removed" "A removed line of a diff.";
    Added "added" "An added line of a diff.";
    RemovedPart "removed-part" "The removed words of a line.";
    AddedPart "added-part" "The added words of a line.";
    JsonKey "json-key" "A member's name.";
    JsonString "json-string" "A JSON text.";
    JsonNumber "json-number" "A JSON number.";
    JsonWord "json-word" "true, false, null.";
}

impl Role {
    /// The role of a class.
    pub fn class(class: Class) -> Self {
        match class {
            Class::S2xx => Self::Class2xx,
            Class::S3xx => Self::Class3xx,
            Class::S4xx => Self::Class4xx,
            Class::S5xx => Self::Class5xx,
            Class::Success => Self::ClassSuccess,
            Class::Failure => Self::ClassFailure,
            Class::Unknown => Self::ClassUnknown,
        }
    }

    /// The role of a field's value: a class bears its colour wherever it stands.
    pub fn of_value(field: Field, value: &str) -> Option<Self> {
        let class = match field {
            Field::Class => Class::ALL.into_iter().find(|class| class.name() == value)?,
            Field::Status => Class::of(Some(value.parse().ok()?), Outcome::Success),
            Field::Outcome if value == Outcome::Success.name() => Class::Success,
            Field::Outcome if value == Outcome::Failure.name() => Class::Failure,
            _ => return None,
        };
        Some(Self::class(class))
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
        let styles = parse(name.toml(), depth).expect("a test reads every shipped theme");
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
        if self.ascii { &ASCII } else { &UNICODE }
    }
}

/// Single glyphs that are drawn on their own. All are one cell wide.
#[derive(Debug)]
pub struct Glyphs {
    /// Something was cut.
    pub more: &'static str,
    /// Beside the selected row.
    pub marker: &'static str,
    /// Before a marked row.
    pub mark: &'static str,
    /// Between the bars and their axis's numbers.
    pub axis: &'static str,
    /// The band's left end.
    pub corner: &'static str,
    /// Between two regions side by side.
    pub divider: &'static str,
    /// Above a region.
    pub rule: &'static str,
    /// The band: fetched, being fetched, waiting, paused, failed, not asked, beyond retention.
    pub band: [&'static str; 7],
    /// The selected row's place on the band, and the cursor's.
    pub here: &'static str,
    /// A full and an empty part of a progress bar.
    pub progress: [&'static str; 2],
    /// A whole and half a cell of a bar beside a count.
    pub share: [&'static str; 2],
    /// The scrollbar's thumb; its track is blank.
    pub scroll: &'static str,
    /// Between two things that may be done.
    pub dot: &'static str,
    /// A folded and an open container.
    pub fold: [&'static str; 2],
}

const UNICODE: Glyphs = Glyphs {
    more: "…",
    marker: "▌",
    mark: "•",
    axis: "▕",
    corner: "└",
    divider: "│",
    rule: "─",
    band: ["─", "╌", "≈", "‖", "×", "┄", "░"],
    here: "┴",
    progress: ["▓", "░"],
    share: ["━", "╸"],
    scroll: "█",
    dot: "·",
    fold: ["▸", "▾"],
};

const ASCII: Glyphs = Glyphs {
    more: "~",
    marker: ">",
    mark: "*",
    axis: "|",
    corner: "+",
    divider: "|",
    rule: "-",
    band: ["-", ">", "w", "p", "x", ".", ":"],
    here: "^",
    progress: ["#", "."],
    share: ["#", "#"],
    scroll: "#",
    dot: ";",
    fold: [">", "v"],
};

/// A theme file that is none.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no TOML of the right shape.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A role has no style.
    #[error("no style for {0}")]
    Missing(&'static str),
    /// A style for something that is no role.
    #[error("{0} is no role")]
    Unknown(String),
    /// A colour that is none.
    #[error("{role}: {colour:?} is no colour")]
    Colour {
        /// Whose.
        role: &'static str,
        /// What stands there.
        colour: String,
    },
}

/// A style as written.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[allow(clippy::struct_excessive_bools, reason = "the form of the file")]
struct Written {
    fg: Option<String>,
    bg: Option<String>,
    ansi: Option<String>,
    ansi_bg: Option<String>,
    bold: bool,
    dim: bool,
    underlined: bool,
    reversed: bool,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    roles: BTreeMap<String, Written>,
}

/// Reads a theme file: a style for each role, in [`Role::TABLE`]'s order.
fn parse(toml: &str, depth: Depth) -> Result<Vec<Style>, Error> {
    let mut file: File = toml::from_str(toml)?;
    let mut styles = Vec::with_capacity(Role::TABLE.len());
    for (_, name) in Role::TABLE {
        let written = file.roles.remove(*name).ok_or(Error::Missing(name))?;
        styles.push(written.style(name, depth)?);
    }
    match file.roles.into_keys().next() {
        Some(other) => Err(Error::Unknown(other)),
        None => Ok(styles),
    }
}

impl Written {
    fn style(&self, role: &'static str, depth: Depth) -> Result<Style, Error> {
        let pair = match depth {
            Depth::Sixteen => [self.ansi.as_ref(), self.ansi_bg.as_ref()],
            Depth::TwoFiveSix | Depth::True => [self.fg.as_ref(), self.bg.as_ref()],
        };
        let [mut fg, mut bg] = [None, None];
        for (slot, written) in [&mut fg, &mut bg].into_iter().zip(pair) {
            if let Some(colour) = written {
                let parsed: Color =
                    colour.parse().map_err(|_| Error::Colour { role, colour: colour.clone() })?;
                *slot = Some(if depth == Depth::TwoFiveSix { indexed(parsed) } else { parsed });
            }
        }
        let mut modifiers = Modifier::empty();
        modifiers.set(Modifier::BOLD, self.bold);
        modifiers.set(Modifier::DIM, self.dim);
        modifiers.set(Modifier::UNDERLINED, self.underlined);
        modifiers.set(Modifier::REVERSED, self.reversed);
        Ok(Style { fg, bg, add_modifier: modifiers, ..Style::default() })
    }
}

/// The nearest of xterm's colours 16 to 255.
fn indexed(colour: Color) -> Color {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let Color::Rgb(red, green, blue) = colour else {
        return colour;
    };
    let distance = |r: u8, g: u8, b: u8| -> u32 {
        [(r, red), (g, green), (b, blue)].into_iter().map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let nearest =
        |value: u8| (0..6u8).min_by_key(|step| STEPS[usize::from(*step)].abs_diff(value)).unwrap_or(0);
    let [r, g, b] = [red, green, blue].map(nearest);
    let cube = (16 + 36 * r + 6 * g + b, [r, g, b].map(|step| STEPS[usize::from(step)]));
    let grey = (0..24u8)
        .map(|step| (232 + step, [8 + 10 * step; 3]))
        .min_by_key(|(_, [r, g, b])| distance(*r, *g, *b))
        .unwrap_or(cube);
    let better = [cube, grey].into_iter().min_by_key(|(_, [r, g, b])| distance(*r, *g, *b));
    Color::Indexed(better.map_or(cube.0, |(index, _)| index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_theme_has_every_role_and_no_other() {
        for name in Name::ALL {
            for depth in [Depth::Sixteen, Depth::TwoFiveSix, Depth::True] {
                parse(name.toml(), depth).unwrap_or_else(|error| panic!("{}: {error}", name.name()));
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
        assert_eq!(indexed(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(indexed(Color::Rgb(128, 128, 128)), Color::Indexed(244));
        let ansi = Theme::builtin(Name::Dark, Depth::Sixteen, false);
        assert_eq!(ansi.class(Class::S4xx).fg, Some(Color::Yellow));
    }
}
