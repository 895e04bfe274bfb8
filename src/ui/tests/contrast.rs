//! Whether everything on every screen can be read: the contrast (WCAG 2) of what stands in each cell
//! against what is behind it, in every scene of `pictures`, in every theme that has colours. And whether
//! classes, and the parts of bars, are told apart by those who do not see red or green.

use std::collections::BTreeMap;

use ratatui::style::Color;

use super::pictures::{Look, SIZES, again, all};
use super::*;
use crate::answer::stack::PARTS;
use crate::event::Class;
use crate::ui::svg::{Page, Rgb, seen};
use crate::ui::theme::Role;
use crate::ui::widget::ink::Ink;

/// Text wants this much.
const TEXT: f64 = 4.5;
/// What is drawn (bars, lines, marks) wants this much.
const DRAWN: f64 = 3.0;

/// A part of a colour as an amount of light, in 0..=1.
fn linear(part: u8) -> f64 {
    let part = f64::from(part) / 255.0;
    if part <= 0.03928 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
}

/// Relative luminance.
fn luminance(Rgb(red, green, blue): Rgb) -> f64 {
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

/// How far apart in CIELAB (CIE76) the colours of two classes are at least, however they are seen. What
/// is hard to tell apart begins below 10.
const APART: f64 = 12.0;

/// A colour by its linear parts of red, green and blue.
type Linear = [f64; 3];

/// How colours are seen (Machado and others, 2009, severity 1.0), on linear parts.
const SIGHTS: [(&str, [Linear; 3]); 3] = [
    ("all three", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
];

fn mapped(by: &[Linear; 3], colour: Linear) -> Linear {
    by.map(|row| row.iter().zip(colour).map(|(factor, part)| factor * part).sum())
}

/// A colour in CIELAB (white: D65), as someone sees it.
fn lab(Rgb(red, green, blue): Rgb, sight: &[Linear; 3]) -> Linear {
    const XYZ: [Linear; 3] = [
        [0.412_456_4, 0.357_576_1, 0.180_437_5],
        [0.212_672_9, 0.715_152_2, 0.072_175_0],
        [0.019_333_9, 0.119_192_0, 0.950_304_1],
    ];
    let seen = mapped(sight, [red, green, blue].map(linear)).map(|part| part.clamp(0.0, 1.0));
    let [x, y, z] = mapped(&XYZ, seen);
    let [x, y, z] = [x / 0.950_47, y, z / 1.088_83].map(|part| {
        if part > 216.0 / 24_389.0 { part.cbrt() } else { (24_389.0 / 27.0 * part + 16.0) / 116.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn distance(one: Linear, other: Linear) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
}

/// Of the sixteen colours the terminal decides what they are, and `mono` has none: there letters and
/// numbers alone tell, as they do beside every colour.
#[test]
fn classes_and_the_parts_of_bars_are_told_apart_by_the_colour_blind() {
    let classes = Class::ALL.map(Role::class);
    let values: [Role; PARTS] = std::array::from_fn(|part| Ink::Values.role(part));
    let mut close = Vec::new();
    for name in [Name::Dark, Name::Light, Name::Contrast] {
        for depth in [Depth::True, Depth::TwoFiveSix] {
            let theme = Theme::builtin(name, depth, false);
            let colour = |role: Role| {
                let mut cell = ratatui::buffer::Cell::new("a");
                cell.set_style(theme.style(role));
                (seen(&cell, &Page::dark("")).0, role)
            };
            for (roles, (sight, by)) in [classes, values].iter().flat_map(|r| SIGHTS.map(|sight| (r, sight)))
            {
                for (place, (one, first)) in roles.map(colour).into_iter().enumerate() {
                    for (other, second) in roles[..place].iter().copied().map(colour) {
                        let is = distance(lab(one, &by), lab(other, &by));
                        if is < APART {
                            close.push(format!("{name:?} {depth:?} {sight}: {first:?} {second:?} {is:.1}"));
                        }
                    }
                }
            }
        }
    }
    assert!(close.is_empty(), "{close:#?}");
}

#[test]
fn colours_are_measured_as_they_should_be() {
    let [(_, whole), (_, deuteranopia), _] = SIGHTS;
    let [light, a, b] = lab(Rgb(255, 0, 0), &whole);
    let is = |value: f64, known: f64| (value - known).abs() < 0.1;
    assert!(is(light, 53.24) && is(a, 80.09) && is(b, 67.20), "{light} {a} {b}");
    let white = [whole, deuteranopia].map(|by| lab(Rgb(255, 255, 255), &by));
    assert!(white.iter().all(|[light, a, b]| is(*light, 100.0) && is(*a, 0.0) && is(*b, 0.0)), "{white:?}");
    // What was too close once.
    assert!(
        distance(lab(Rgb(0x9a, 0xa0, 0xa8), &deuteranopia), lab(Rgb(0x3f, 0xb8, 0xa5), &deuteranopia)) < 2.0
    );
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
