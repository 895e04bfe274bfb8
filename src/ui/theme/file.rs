//! A theme's file: a style for each role, in the colours that the terminal has.
//!
//! Not here: which roles there are (`theme/role`).

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

use super::{Depth, Role};

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
pub(super) fn parse(toml: &str, depth: Depth) -> Result<Vec<Style>, Error> {
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
    fn a_colour_becomes_the_nearest_of_256() {
        assert_eq!(indexed(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(indexed(Color::Rgb(128, 128, 128)), Color::Indexed(244));
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named() {
        let said = |toml: &str| parse(toml, Depth::True).expect_err("it is wrong").to_string();
        assert_eq!(said("[roles]"), "no style for text");
        let whole = |more: &str| {
            let roles: Vec<_> = Role::TABLE.iter().map(|(_, name)| format!("{name} = {{}}\n")).collect();
            format!("[roles]\n{}{more}", roles.concat())
        };
        assert!(parse(&whole(""), Depth::True).is_ok());
        assert_eq!(said(&whole("texts = {}")), "texts is no role");
        let coloured = whole("").replacen("text = {}", "text = { fg = \"blueish\" }", 1);
        assert_eq!(said(&coloured), "text: \"blueish\" is no colour");
    }
}
