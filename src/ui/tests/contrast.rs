//! Whether everything on every screen can be read: the contrast (WCAG 2) of what stands in each cell
//! against what is behind it, in every scene of `pictures`, in every theme that has colours.

use std::collections::BTreeMap;

use ratatui::style::Color;

use super::pictures::{Look, SIZES, again, all};
use super::*;
use crate::ui::svg::{Page, Rgb, seen};
use crate::ui::theme::Role;

/// Text wants this much.
const TEXT: f64 = 4.5;
/// What is drawn (bars, lines, marks) wants this much.
const DRAWN: f64 = 3.0;

/// Relative luminance.
fn luminance(Rgb(red, green, blue): Rgb) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.03928 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Whether a symbol is drawn, not read: blocks, lines, the scrollbar without Unicode.
fn is_drawn(symbol: &str) -> bool {
    symbol == "#" || symbol.chars().all(|character| matches!(character, '\u{2500}'..='\u{259f}'))
}

/// What a scene has that is hard to read: its colours, and where.
fn hard_to_read(stage: &Stage, what: &str, page: &Page<'_>, found: &mut BTreeMap<String, String>) {
    let volume = stage.model.theme.style(Role::Volume).fg.unwrap_or(Color::Reset);
    let buffer = stage.buffer();
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let symbol = cell.symbol();
            // The whole volume is a backdrop, and a cell of two bars has no text.
            let backdrop = cell.fg == volume || (cell.bg != Color::Reset && is_drawn(symbol));
            if symbol.trim().is_empty() || backdrop {
                continue;
            }
            let (text, behind) = seen(cell, page);
            let least = if is_drawn(symbol) { DRAWN } else { TEXT };
            let is = contrast(text, behind);
            if is < least {
                let colours = format!("{text} on {behind} is {is:.2}, not {least}");
                found.entry(colours).or_insert_with(|| format!("{what} at {x},{y}: {symbol:?}"));
            }
        }
    }
}

/// Terminals' own backgrounds, the least favourable ones that are common among them.
fn pages(theme: Name) -> Vec<Page<'static>> {
    if theme == Name::Light {
        return vec![Page::light(""), Page { background: Rgb(0xfa, 0xf4, 0xe6), ..Page::light("") }];
    }
    vec![Page::dark(""), Page { background: Rgb(0x22, 0x24, 0x28), ..Page::dark("") }]
}

#[test]
fn everything_can_be_read_in_every_theme() {
    let mut found = BTreeMap::new();
    for (name, scene) in all() {
        let mut stage = scene(&Look::new(Name::Dark, false, SIZES[0]));
        let mut plain = scene(&Look::new(Name::Dark, true, SIZES[0]));
        for theme in [Name::Dark, Name::Light, Name::Contrast] {
            for size in [SIZES[0], SIZES[2]] {
                again(&mut stage, theme, size);
                again(&mut plain, theme, size);
                for page in pages(theme) {
                    let what = format!("{name} {} {size:?}", theme.name());
                    hard_to_read(&stage, &what, &page, &mut found);
                    hard_to_read(&plain, &format!("{what} ascii"), &page, &mut found);
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Not every role is in a scene.
#[test]
fn every_role_can_be_read_on_the_terminals_own_background() {
    for theme in [Name::Dark, Name::Light, Name::Contrast] {
        let look = Look::new(theme, false, SIZES[0]).theme;
        for (role, name) in Role::TABLE {
            // A backdrop stands behind, and of what is shaded only the background is said.
            if matches!(role, Role::Volume | Role::Brush) {
                continue;
            }
            let least = if *role == Role::Scrollbar { DRAWN } else { TEXT };
            for page in pages(theme) {
                let mut cell = ratatui::buffer::Cell::new("a");
                cell.set_style(look.style(*role));
                let (text, behind) = seen(&cell, &page);
                let is = contrast(text, behind);
                assert!(is >= least, "{} {name}: {text} on {behind} is {is:.2}", theme.name());
            }
        }
    }
}

/// Without colours nothing may depend on one.
#[test]
fn mono_has_no_colour_on_any_screen() {
    for (name, scene) in all() {
        let mut stage = scene(&Look::new(Name::Mono, false, SIZES[0]));
        for size in SIZES {
            again(&mut stage, Name::Mono, size);
            let buffer = stage.buffer();
            let coloured =
                buffer.content.iter().find(|cell| (cell.fg, cell.bg) != (Color::Reset, Color::Reset));
            assert_eq!(coloured, None, "{name} {size:?}");
        }
    }
}
