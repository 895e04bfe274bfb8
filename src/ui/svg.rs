//! A drawn screen as an SVG picture: what `:screenshot` writes, and `--screenshot` headless.
//!
//! Cells stand on a fixed grid; backgrounds and runs of text are merged. Block elements and straight
//! box lines are drawn as rectangles (`svg::shapes`), so that bars and frames have no gaps whatever
//! font the reader has. The same buffer gives the same bytes. Nothing hostile reaches the file: what
//! is no harmless character of a line is drawn as U+FFFD.
//!
//! Not here: what stands on the screen, and writing the file.

mod palette;
mod shapes;

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell, CellWidth};
use ratatui::style::Modifier;

use crate::text;
use shapes::{Rect, Shape};

pub use palette::Rgb;

/// A cell's width in hundredths of a pixel.
const CELL_WIDTH: u32 = 840;
/// A cell's height in hundredths of a pixel.
const CELL_HEIGHT: u32 = 1800;
/// How far the baseline of a text lies under the top of its cell, in hundredths of a pixel.
const BASELINE: u32 = 1350;
/// The font's size in pixels: a monospace letter is 0.6 of it wide.
const FONT_SIZE: u32 = 14;
/// How thick an underline is, in hundredths of a pixel.
const LINE: u32 = 100;
/// The space around the screen, in hundredths of a pixel.
const MARGIN: u32 = 1000;

/// What the buffer does not say: the terminal's own colours, and what the picture is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<'a> {
    /// What the picture shows, for readers who do not see it.
    pub title: &'a str,
    /// The colour of text that has none.
    pub foreground: Rgb,
    /// The colour behind it.
    pub background: Rgb,
}

impl<'a> Page<'a> {
    /// A dark terminal.
    pub fn dark(title: &'a str) -> Self {
        Self { title, foreground: Rgb(0xd0, 0xd0, 0xd0), background: Rgb(0x14, 0x16, 0x1a) }
    }

    /// A light terminal.
    pub fn light(title: &'a str) -> Self {
        Self { title, foreground: Rgb(0x24, 0x29, 0x2f), background: Rgb(0xff, 0xff, 0xff) }
    }
}

/// How a cell looks, its colours resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    text: Rgb,
    behind: Rgb,
    /// The underline's colour, where there is one.
    underline: Option<Rgb>,
    modifier: Modifier,
}

impl Look {
    fn has(&self, modifier: Modifier) -> bool {
        self.modifier.contains(modifier)
    }
}

/// The screen as an SVG document.
pub fn svg(buffer: &Buffer, page: &Page<'_>) -> String {
    let area = buffer.area;
    let (width, height) = (u32::from(area.width) * CELL_WIDTH, u32::from(area.height) * CELL_HEIGHT);
    let (outer_width, outer_height) = (Px(width + 2 * MARGIN), Px(height + 2 * MARGIN));
    let title = escaped(&text::visible(page.title));
    let mut out = String::new();
    // Writing into a string never fails.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{outer_width}\" height=\"{outer_height}\" \
         viewBox=\"0 0 {outer_width} {outer_height}\" role=\"img\">\n<title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{}\"/>",
        page.background
    );
    let mut picture = Picture::default();
    for y in 0..area.height {
        picture.line(buffer, y, page);
    }
    let _ = writeln!(out, "<g transform=\"translate({0} {0})\">", Px(MARGIN));
    out.push_str("<g shape-rendering=\"crispEdges\">\n");
    picture.rects.iter().for_each(|rect| rect.write_into(&mut out));
    out.push_str("</g>\n");
    let _ = writeln!(
        out,
        "<g font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" \
         font-size=\"{FONT_SIZE}\" xml:space=\"preserve\">"
    );
    out.push_str(&picture.texts);
    out.push_str("</g>\n</g>\n</svg>\n");
    out
}

/// The parts of a picture, line by line.
#[derive(Debug, Default)]
struct Picture {
    /// Backgrounds first, then blocks and lines, of each line of cells.
    rects: Vec<Rect>,
    texts: String,
}

/// Cells of one look that make one piece of text.
#[derive(Debug)]
struct Run {
    column: u32,
    cells: u32,
    text: String,
    look: Look,
}

impl Picture {
    fn line(&mut self, buffer: &Buffer, y: u16, page: &Page<'_>) {
        let area = buffer.area;
        let top = u32::from(y) * CELL_HEIGHT;
        let (mut behind, mut drawn, mut under) = (Vec::new(), Vec::new(), Vec::new());
        let mut run: Option<Run> = None;
        let mut column = 0;
        while column < area.width {
            let cell = &buffer[(area.x + column, area.y + y)];
            let look = look(cell, page);
            let symbol = if cell.symbol().contains(text::is_hostile) { "\u{fffd}" } else { cell.symbol() };
            // What reaches over the edge is cut, as the terminal cuts it.
            let cells = symbol.cell_width().clamp(1, area.width - column);
            let left = u32::from(column) * CELL_WIDTH;
            let wide = u32::from(cells) * CELL_WIDTH;
            let whole = Rect { left, top, width: wide, height: CELL_HEIGHT, fill: look.behind, opacity: 100 };
            if look.behind != page.background {
                behind.push(whole);
            }
            let shape = if look.has(Modifier::HIDDEN) { Shape::Nothing } else { Shape::of(symbol) };
            match &shape {
                Shape::Rects(parts) => {
                    drawn.extend(parts.iter().map(|part| part.rect(left, top, look.text)));
                }
                Shape::Text(symbol) => {
                    let cells = u32::from(cells);
                    match &mut run {
                        // Letters of the basic alphabet keep to the grid whatever the font; anything
                        // else gets a place of its own.
                        Some(open)
                            if open.look == look
                                && symbol.is_ascii()
                                && open.text.is_ascii()
                                && open.column + open.cells == u32::from(column) =>
                        {
                            open.text.push_str(symbol);
                            open.cells += cells;
                        }
                        _ => {
                            self.finish(run.take(), top);
                            run = Some(Run { column: column.into(), cells, text: symbol.clone(), look });
                        }
                    }
                }
                Shape::Nothing => {}
            }
            for (is_drawn, down, fill) in [
                (look.underline.is_some(), BASELINE + 150, look.underline.unwrap_or(look.text)),
                (look.has(Modifier::CROSSED_OUT), CELL_HEIGHT / 2, look.text),
            ] {
                if is_drawn {
                    let (top, height) = (top + down, LINE);
                    under.push(Rect { left, top, width: wide, height, fill, opacity: 100 });
                }
            }
            column += cells;
        }
        self.finish(run, top);
        for part in [behind, drawn, under] {
            shapes::merge_into(&mut self.rects, part);
        }
    }

    fn finish(&mut self, run: Option<Run>, top: u32) {
        let Some(run) = run else { return };
        let text = run.text.trim_matches(' ');
        if text.is_empty() {
            return;
        }
        let before = (run.text.len() - run.text.trim_start_matches(' ').len()) as u32;
        let cells = run.cells - (run.text.len() - text.len()) as u32;
        let look = run.look;
        let _ = writeln!(
            self.texts,
            "<text x=\"{}\" y=\"{}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{}{}>{}</text>",
            Px((run.column + before) * CELL_WIDTH),
            Px(top + BASELINE),
            Px(cells * CELL_WIDTH),
            look.text,
            if look.has(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" },
            if look.has(Modifier::ITALIC) { " font-style=\"italic\"" } else { "" },
            escaped(text)
        );
    }
}

/// The colours that a cell is seen in: of its text, and of what is behind it.
#[cfg(test)]
pub fn seen(cell: &Cell, page: &Page<'_>) -> (Rgb, Rgb) {
    let look = look(cell, page);
    (look.text, look.behind)
}

fn look(cell: &Cell, page: &Page<'_>) -> Look {
    let has = |modifier| cell.modifier.contains(modifier);
    let mut text = palette::resolved(cell.fg, page.foreground);
    let mut behind = palette::resolved(cell.bg, page.background);
    if has(Modifier::REVERSED) {
        std::mem::swap(&mut text, &mut behind);
    }
    if has(Modifier::DIM) {
        text = text.mixed(behind, 60);
    }
    let underline = has(Modifier::UNDERLINED).then_some(text);
    Look {
        text,
        behind,
        underline: underline.map(|text| palette::resolved(cell.underline_color, text)),
        modifier: cell.modifier,
    }
}

/// Text inside an element: markup escaped, and what XML does not take, or what is hostile, as
/// U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            hostile if text::is_hostile(hostile) => out.push(char::REPLACEMENT_CHARACTER),
            harmless => out.push(harmless),
        }
    }
    out
}

/// Hundredths of a pixel, written as pixels in the fewest digits.
#[derive(Debug, Clone, Copy)]
struct Px(u32);

impl std::fmt::Display for Px {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match (part, part % 10) {
            (0, _) => write!(out, "{whole}"),
            (_, 0) => write!(out, "{whole}.{}", part / 10),
            _ => write!(out, "{whole}.{part:02}"),
        }
    }
}

#[cfg(test)]
mod tests;
