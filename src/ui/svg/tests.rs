//! Pictures are well-formed, stay on the grid, and show nothing hostile.

use proptest::prelude::*;
use ratatui::layout::Rect as Area;
use ratatui::style::Style;

use ratatui::style::Color;

use super::*;

/// The elements of a well-formed document: name, attributes as text, and the text inside.
fn elements(document: &str) -> Result<Vec<(String, String, String)>, String> {
    let mut found: Vec<(String, String, String)> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut rest = document;
    while let Some(at) = rest.find('<') {
        let inside = &rest[..at];
        if inside.contains('>') {
            return Err(format!("a bare > in {inside:?}"));
        }
        for reference in inside.split('&').skip(1) {
            let name = reference.split_once(';').map(|(name, _)| name);
            if !matches!(name, Some("amp" | "lt" | "gt" | "quot" | "apos")) {
                return Err(format!("a bare & in {inside:?}"));
            }
        }
        if let Some(element) = open.last() {
            found[*element].2.push_str(inside);
        }
        let end = rest[at..].find('>').ok_or("an open tag")? + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let element = open.pop().ok_or("a close too many")?;
            if found[element].0 != name {
                return Err(format!("{name} closes {}", found[element].0));
            }
            continue;
        }
        let (tag, is_closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if attributes.contains('<') || attributes.matches('"').count() % 2 != 0 {
            return Err(format!("attributes {attributes:?}"));
        }
        found.push((name.to_owned(), attributes.to_owned(), String::new()));
        if !is_closed {
            open.push(found.len() - 1);
        }
    }
    if open.is_empty() && rest.trim().is_empty() { Ok(found) } else { Err("not closed".to_owned()) }
}

fn attribute<'a>(attributes: &'a str, name: &str) -> &'a str {
    let start = attributes.find(&format!("{name}=\"")).expect(name) + name.len() + 2;
    attributes[start..].split('"').next().expect("closed")
}

fn buffer(lines: &[(&str, Style)]) -> Buffer {
    let mut buffer = Buffer::empty(Area::new(0, 0, 20, lines.len() as u16));
    for (y, (line, style)) in lines.iter().enumerate() {
        buffer.set_string(0, y as u16, line, *style);
    }
    buffer
}

#[test]
fn a_small_screen() {
    let screen = buffer(&[
        ("2xx 12 <b>&\"x\"", Style::new().green().bold()),
        ("▐█▌▗▟█▙▖ ██", Style::new().fg(Color::Indexed(196)).on_blue()),
        ("┌─┬┄┐ │", Style::new().dim()),
        ("表 wide é", Style::new().reversed().italic()),
        ("under", Style::new().underlined().crossed_out().fg(Color::Rgb(1, 2, 3))),
    ]);
    insta::assert_snapshot!(svg(&screen, &Page::dark("a <small> screen")));
}

#[test]
fn every_kind_of_cell_has_its_place() {
    let screen = buffer(&[("a  b表c▀", Style::new()), ("hidden", Style::new().hidden().on_red())]);
    let picture = svg(&screen, &Page::light("x"));
    let found = elements(&picture).expect("well-formed");
    let texts: Vec<_> = found
        .iter()
        .filter(|(name, _, _)| name == "text")
        .map(|(_, attributes, text)| {
            (attribute(attributes, "x"), attribute(attributes, "textLength"), &**text)
        })
        .collect();
    assert_eq!(texts, [("0", "33.6", "a  b"), ("33.6", "16.8", "表"), ("50.4", "8.4", "c")]);
    let rects: Vec<_> = found
        .iter()
        .filter(|(name, attributes, _)| name == "rect" && attributes.contains("x="))
        .map(|(_, attributes, _)| {
            ["x", "y", "width", "height", "fill"].map(|name| attribute(attributes, name)).join(" ")
        })
        .collect();
    assert_eq!(rects, ["58.8 0 8.4 9 #24292f", "0 18 50.4 18 #cd3131"]);
}

#[test]
fn bars_of_neighbouring_cells_are_one_rectangle() {
    let screen = buffer(&[("▄▄▄▄", Style::new().red()), ("▙▙▙", Style::new().red())]);
    let picture = svg(&screen, &Page::dark("bars"));
    assert_eq!(picture.matches("width=\"33.6\" height=\"9\"").count(), 1);
    // The lower halves are one, the upper left quarters stand apart.
    assert_eq!(picture.matches("width=\"25.2\" height=\"9\"").count(), 1);
    assert_eq!(picture.matches("width=\"4.2\" height=\"9\"").count(), 3);
}

proptest! {
    #[test]
    fn whatever_stands_on_the_screen_the_picture_is_well_formed_and_harmless(
        symbols in prop::collection::vec((prop_oneof![any::<char>().prop_map(String::from), "[<>&'\" a-z]{1,2}", "[\\x00-\\x1f\u{202e}\u{200b}\u{fffe}]", ".{0,3}"], any::<u8>(), any::<u16>()), 1..40),
        title in any::<String>(),
    ) {
        let mut screen = Buffer::empty(Area::new(3, 2, 8, 5));
        for (place, (symbol, color, modifier)) in symbols.iter().enumerate() {
            let cell = &mut screen[(3 + (place % 8) as u16, 2 + (place / 8) as u16)];
            cell.set_symbol(symbol).set_fg(Color::Indexed(*color));
            cell.modifier = Modifier::from_bits_truncate(*modifier);
        }
        let page = Page::dark(&title);
        let picture = svg(&screen, &page);
        prop_assert_eq!(&picture, &svg(&screen, &page));
        let found = elements(&picture);
        prop_assert!(found.is_ok(), "{:?} {}", found, picture);
        let hostile = |c: char| text::is_hostile(c) || c as u32 & 0xfffe == 0xfffe && (c as u32) < 0x1_0000;
        prop_assert!(!picture.lines().any(|line| line.contains(hostile)));
        // Nothing lies outside the screen.
        for (name, attributes, _) in found.expect("well-formed") {
            if name == "rect" && attributes.contains("x=") {
                let number = |name: &str| attribute(&attributes, name).parse::<f64>().expect("a number");
                prop_assert!(number("x") + number("width") <= 8.0 * 8.4 + 1e-9);
                prop_assert!(number("y") + number("height") <= 5.0 * 18.0 + 1e-9);
            }
        }
    }
}
