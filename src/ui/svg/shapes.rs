//! Characters that are drawn as rectangles instead of letters: blocks, shades, straight box lines.

use std::fmt::Write;

use super::palette::Rgb;
use super::{CELL_HEIGHT, CELL_WIDTH, Px};

/// A rectangle, in hundredths of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// Its left edge.
    pub left: u32,
    /// Its upper edge.
    pub top: u32,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Its colour.
    pub fill: Rgb,
    /// How much of what lies behind it hides, in hundredths.
    pub opacity: u32,
}

impl Rect {
    /// Writes it as an element.
    pub fn write_into(&self, out: &mut String) {
        let opacity = match self.opacity {
            100 => String::new(),
            part => format!(" fill-opacity=\"0.{part:02}\""),
        };
        let _ = writeln!(
            out,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"{opacity}/>",
            Px(self.left),
            Px(self.top),
            Px(self.width),
            Px(self.height),
            self.fill
        );
    }

    /// Whether the other goes on where this one ends, on the right.
    fn goes_on_in(&self, other: &Self) -> bool {
        self.left + self.width == other.left
            && (self.top, self.height, self.fill, self.opacity)
                == (other.top, other.height, other.fill, other.opacity)
    }
}

/// Adds the rectangles of a line of cells, those that touch made one.
pub fn merge_into(all: &mut Vec<Rect>, parts: Vec<Rect>) {
    let mut line: Vec<Rect> = Vec::new();
    for part in parts {
        // A cell has a few parts at most: what goes on is among the last ones.
        match line.iter_mut().rev().take(8).find(|last| last.goes_on_in(&part)) {
            Some(last) => last.width += part.width,
            None => line.push(part),
        }
    }
    all.append(&mut line);
}

/// A part of a cell, in hundredths of a pixel from its corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
    opacity: u32,
}

impl Part {
    /// Where it lies in the picture.
    pub fn rect(&self, left: u32, top: u32, fill: Rgb) -> Rect {
        Rect {
            left: left + self.left,
            top: top + self.top,
            width: self.width,
            height: self.height,
            fill,
            opacity: self.opacity,
        }
    }
}

/// How a cell's symbol is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Not at all.
    Nothing,
    /// As rectangles.
    Rects(Vec<Part>),
    /// As this text.
    Text(String),
}

impl Shape {
    /// The shape of a symbol.
    pub fn of(symbol: &str) -> Self {
        let mut characters = symbol.chars();
        match (characters.next(), characters.next()) {
            (None, _) => Self::Nothing,
            (Some(only), None) => {
                let parts = block(only).or_else(|| box_line(only));
                parts.map_or_else(|| Self::Text(only.to_string()), Self::Rects)
            }
            _ => Self::Text(symbol.to_owned()),
        }
    }
}

/// Eighths of a cell: from the left, from the top, wide, high.
fn eighths(left: u32, top: u32, width: u32, height: u32) -> Part {
    Part {
        left: left * CELL_WIDTH / 8,
        top: top * CELL_HEIGHT / 8,
        width: width * CELL_WIDTH / 8,
        height: height * CELL_HEIGHT / 8,
        opacity: 100,
    }
}

/// The block elements, U+2580 to 259F.
fn block(character: char) -> Option<Vec<Part>> {
    let upper_left = eighths(0, 0, 4, 4);
    let upper_right = eighths(4, 0, 4, 4);
    let lower_left = eighths(0, 4, 4, 4);
    let lower_right = eighths(4, 4, 4, 4);
    let (upper, lower) = (eighths(0, 0, 8, 4), eighths(0, 4, 8, 4));
    let number = character as u32;
    Some(match character {
        '▀' => vec![upper],
        '▁'..='█' => {
            let high = number - 0x2580;
            vec![eighths(0, 8 - high, 8, high)]
        }
        '▉'..='▏' => vec![eighths(0, 0, 0x2590 - number, 8)],
        '▐' => vec![eighths(4, 0, 4, 8)],
        '░' | '▒' | '▓' => {
            vec![Part { opacity: 25 * (number - 0x2590), ..eighths(0, 0, 8, 8) }]
        }
        '▔' => vec![eighths(0, 0, 8, 1)],
        '▕' => vec![eighths(7, 0, 1, 8)],
        '▖' => vec![lower_left],
        '▗' => vec![lower_right],
        '▘' => vec![upper_left],
        '▙' => vec![upper_left, lower],
        '▚' => vec![upper_left, lower_right],
        '▛' => vec![upper, lower_left],
        '▜' => vec![upper, lower_right],
        '▝' => vec![upper_right],
        '▞' => vec![upper_right, lower_left],
        '▟' => vec![upper_right, lower],
        _ => return None,
    })
}

/// Light and heavy lines that go straight: which arms a character has (left, right, up, down), 0 for
/// none, 1 for light, 2 for heavy.
fn arms(character: char) -> Option<[u32; 4]> {
    Some(match character {
        '─' => [1, 1, 0, 0],
        '━' => [2, 2, 0, 0],
        '│' => [0, 0, 1, 1],
        '┃' => [0, 0, 2, 2],
        '┌' => [0, 1, 0, 1],
        '┐' => [1, 0, 0, 1],
        '└' => [0, 1, 1, 0],
        '┘' => [1, 0, 1, 0],
        '├' => [0, 1, 1, 1],
        '┤' => [1, 0, 1, 1],
        '┬' => [1, 1, 0, 1],
        '┴' => [1, 1, 1, 0],
        '┼' => [1, 1, 1, 1],
        '┏' => [0, 2, 0, 2],
        '┓' => [2, 0, 0, 2],
        '┗' => [0, 2, 2, 0],
        '┛' => [2, 0, 2, 0],
        '┣' => [0, 2, 2, 2],
        '┫' => [2, 0, 2, 2],
        '┳' => [2, 2, 0, 2],
        '┻' => [2, 2, 2, 0],
        '╋' => [2, 2, 2, 2],
        '╴' => [1, 0, 0, 0],
        '╵' => [0, 0, 1, 0],
        '╶' => [0, 1, 0, 0],
        '╷' => [0, 0, 0, 1],
        '╸' => [2, 0, 0, 0],
        '╹' => [0, 0, 2, 0],
        '╺' => [0, 2, 0, 0],
        '╻' => [0, 0, 0, 2],
        _ => return None,
    })
}

/// Dashed lines: how many dashes, how thick, and whether upright.
fn dashes(character: char) -> Option<(u32, u32, bool)> {
    Some(match character {
        '╌' => (2, 1, false),
        '╍' => (2, 2, false),
        '╎' => (2, 1, true),
        '╏' => (2, 2, true),
        '┄' => (3, 1, false),
        '┅' => (3, 2, false),
        '┆' => (3, 1, true),
        '┇' => (3, 2, true),
        '┈' => (4, 1, false),
        '┉' => (4, 2, false),
        '┊' => (4, 1, true),
        '┋' => (4, 2, true),
        _ => return None,
    })
}

/// How thick a line of weight 1 is, in hundredths of a pixel.
const THIN: u32 = 120;

fn box_line(character: char) -> Option<Vec<Part>> {
    let (middle_x, middle_y) = (CELL_WIDTH / 2, CELL_HEIGHT / 2);
    if let Some((count, weight, upright)) = dashes(character) {
        let thick = weight * THIN;
        let step = if upright { CELL_HEIGHT } else { CELL_WIDTH } / count;
        let dash = |number: u32| {
            let (from, long) = (number * step + step / 5, step * 3 / 5);
            if upright {
                Part { left: middle_x - thick / 2, top: from, width: thick, height: long, opacity: 100 }
            } else {
                Part { left: from, top: middle_y - thick / 2, width: long, height: thick, opacity: 100 }
            }
        };
        return Some((0..count).map(dash).collect());
    }
    let [left, right, up, down] = arms(character)?;
    let thick = THIN * [left, right, up, down].into_iter().max().unwrap_or(0);
    // Each arm reaches over the middle, so that corners are closed.
    let (x, y) = (middle_x - thick / 2, middle_y - thick / 2);
    let mut parts = Vec::new();
    let across = match (left > 0, right > 0) {
        (true, true) => Some((0, CELL_WIDTH)),
        (true, false) => Some((0, x + thick)),
        (false, true) => Some((x, CELL_WIDTH - x)),
        (false, false) => None,
    };
    let upright = match (up > 0, down > 0) {
        (true, true) => Some((0, CELL_HEIGHT)),
        (true, false) => Some((0, y + thick)),
        (false, true) => Some((y, CELL_HEIGHT - y)),
        (false, false) => None,
    };
    if let Some((from, long)) = across {
        parts.push(Part { left: from, top: y, width: long, height: thick, opacity: 100 });
    }
    if let Some((from, long)) = upright {
        parts.push(Part { left: x, top: from, width: thick, height: long, opacity: 100 });
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(character: char) -> u32 {
        let Shape::Rects(parts) = Shape::of(&character.to_string()) else { return 0 };
        parts.iter().map(|part| part.width * part.height).sum()
    }

    #[test]
    fn blocks_fill_just_their_share_of_the_cell() {
        let cell = CELL_WIDTH * CELL_HEIGHT;
        for (number, character) in ('▁'..='█').enumerate() {
            assert_eq!(area(character), cell / 8 * (number as u32 + 1), "{character}");
        }
        for (number, character) in ('▉'..='▏').enumerate() {
            assert_eq!(area(character), cell / 8 * (7 - number as u32), "{character}");
        }
        for (quarters, characters) in [(1, "▖▗▘▝"), (2, "▀▌▐▄▚▞"), (3, "▙▛▜▟")] {
            for character in characters.chars() {
                assert_eq!(area(character), cell / 4 * quarters, "{character}");
            }
        }
        assert_eq!([area('▔'), area('▕')], [cell / 8; 2]);
    }

    #[test]
    fn every_block_element_and_no_other_is_a_block() {
        for number in 0x2500..0x2600u32 {
            let character = char::from_u32(number).expect("assigned");
            assert_eq!(block(character).is_some(), (0x2580..0x25a0).contains(&number), "{character}");
        }
        assert_eq!(Shape::of(""), Shape::Nothing);
        assert_eq!(Shape::of("a"), Shape::Text("a".to_owned()));
        assert_eq!(Shape::of("█\u{301}"), Shape::Text("█\u{301}".to_owned()));
    }

    #[test]
    fn lines_of_neighbours_meet() {
        let edges = |character: char| {
            let Shape::Rects(parts) = Shape::of(&character.to_string()) else { panic!("a line") };
            let left = parts.iter().any(|part| part.left == 0);
            let right = parts.iter().any(|part| part.left + part.width == CELL_WIDTH);
            let up = parts.iter().any(|part| part.top == 0);
            let down = parts.iter().any(|part| part.top + part.height == CELL_HEIGHT);
            [left, right, up, down]
        };
        for character in "─│┌┐└┘├┤┬┴┼━┃┏┓┗┛┣┫┳┻╋╴╵╶╷".chars()
        {
            let arms = arms(character).expect("a line");
            assert_eq!(edges(character), arms.map(|arm| arm > 0), "{character}");
        }
    }
}
