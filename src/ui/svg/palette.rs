//! The colours of a picture: what a terminal's named and numbered colours are in red, green, blue.
//!
//! The sixteen names are the terminal's own business; here they are those of a common palette. The
//! other 240 are xterm's cube and greys.

use std::fmt;

use ratatui::style::Color;

/// A colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// So many hundredths of this colour, the rest of the other.
    pub fn mixed(self, other: Self, percent: u16) -> Self {
        let mix = |a: u8, b: u8| ((u16::from(a) * percent + u16::from(b) * (100 - percent)) / 100) as u8;
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// The sixteen colours with names, in their numbers' order.
const NAMED: [Rgb; 16] = [
    Rgb(0x00, 0x00, 0x00),
    Rgb(0xcd, 0x31, 0x31),
    Rgb(0x0d, 0xbc, 0x79),
    Rgb(0xe5, 0xb5, 0x10),
    Rgb(0x24, 0x72, 0xc8),
    Rgb(0xbc, 0x3f, 0xbc),
    Rgb(0x11, 0xa8, 0xcd),
    Rgb(0xc8, 0xc8, 0xc8),
    Rgb(0x66, 0x66, 0x66),
    Rgb(0xf1, 0x4c, 0x4c),
    Rgb(0x23, 0xd1, 0x8b),
    Rgb(0xf5, 0xd5, 0x43),
    Rgb(0x3b, 0x8e, 0xea),
    Rgb(0xd6, 0x70, 0xd6),
    Rgb(0x29, 0xb8, 0xdb),
    Rgb(0xff, 0xff, 0xff),
];

/// The levels of xterm's colour cube.
const LEVELS: [u8; 6] = [0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff];

/// What a colour is; `own` where it is the terminal's own.
pub fn resolved(color: Color, own: Rgb) -> Rgb {
    match color {
        Color::Reset => own,
        Color::Black => NAMED[0],
        Color::Red => NAMED[1],
        Color::Green => NAMED[2],
        Color::Yellow => NAMED[3],
        Color::Blue => NAMED[4],
        Color::Magenta => NAMED[5],
        Color::Cyan => NAMED[6],
        Color::Gray => NAMED[7],
        Color::DarkGray => NAMED[8],
        Color::LightRed => NAMED[9],
        Color::LightGreen => NAMED[10],
        Color::LightYellow => NAMED[11],
        Color::LightBlue => NAMED[12],
        Color::LightMagenta => NAMED[13],
        Color::LightCyan => NAMED[14],
        Color::White => NAMED[15],
        Color::Rgb(red, green, blue) => Rgb(red, green, blue),
        Color::Indexed(number) => numbered(number),
    }
}

fn numbered(number: u8) -> Rgb {
    match number {
        0..=15 => NAMED[number as usize],
        16..=231 => {
            let place = number as usize - 16;
            Rgb(LEVELS[place / 36], LEVELS[place / 6 % 6], LEVELS[place % 6])
        }
        232.. => {
            let grey = 8 + (number - 232) * 10;
            Rgb(grey, grey, grey)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_xterm() {
        let shown = |number| resolved(Color::Indexed(number), Rgb(1, 2, 3)).to_string();
        assert_eq!(shown(16), "#000000");
        assert_eq!(shown(196), "#ff0000");
        assert_eq!(shown(231), "#ffffff");
        assert_eq!(shown(232), "#080808");
        assert_eq!(shown(255), "#eeeeee");
        assert_eq!(shown(9), resolved(Color::LightRed, Rgb(1, 2, 3)).to_string());
        assert_eq!(resolved(Color::Reset, Rgb(1, 2, 3)), Rgb(1, 2, 3));
        assert_eq!(Rgb(0, 100, 200).mixed(Rgb(100, 0, 0), 60), Rgb(40, 60, 120));
    }
}
