//! Whether the terminal's background is dark or light: the question, and what an answer says.
//!
//! The question is sent between frames, and the answer comes among the keys, whenever it comes:
//! `app::input` takes it out of them. So nothing else reads the terminal, and no key is lost.

use crate::ui::theme::Background;

/// The question (OSC 11), ended by BEL: some terminals end their answer as the question was, and have
/// a fault in the other end.
pub const QUESTION: &[u8] = b"\x1b]11;?\x07";

/// Whether a terminal of this name (`TERM`) can be asked. GNU screen hands the question on to whoever
/// looks at it and the answer to anybody; the others show it or do not know it.
pub fn can_be_asked(term: Option<&str>) -> bool {
    match term {
        None | Some("" | "dumb" | "linux" | "screen" | "Eterm") => false,
        Some(term) => !term.starts_with("screen."),
    }
}

/// Whether a character stands in answers about colours.
pub fn is_in_answers(c: char) -> bool {
    c.is_ascii_hexdigit() || matches!(c, 'r' | 'g' | ':' | ';' | '/' | '#')
}

/// What an answer says, without its ends: `11;rgb:1e1e/1e1e/1e1e`, with one to four digits a colour;
/// `rgba:` and `#1e1e1e` too. `None`: it answers something else.
pub fn told(answer: &str) -> Option<Background> {
    let colour = answer.strip_prefix("11;")?;
    let named = colour.strip_prefix("rgb:").or_else(|| colour.strip_prefix("rgba:"));
    let parts: Vec<&str> = if let Some(parts) = named {
        parts.split('/').collect()
    } else {
        let digits = colour.strip_prefix('#').filter(|digits| digits.is_ascii() && digits.len() % 3 == 0)?;
        let long = digits.len() / 3;
        (0..3).map(|part| &digits[part * long..][..long]).collect()
    };
    if !matches!(parts.len(), 3 | 4) {
        return None;
    }
    let mut light = 0.0;
    // How much each colour adds to the light that is seen (ITU-R BT.709).
    for (part, weight) in parts.iter().zip([0.2126, 0.7152, 0.0722]) {
        let most = 16_u32.checked_pow(part.len() as u32).filter(|_| (1..=4).contains(&part.len()))? - 1;
        let value = u32::from_str_radix(part, 16).ok()?;
        light += weight * (f64::from(value) / f64::from(most)).powf(2.2);
    }
    Some(if light > MIDDLE { Background::Light } else { Background::Dark })
}

/// The light of the grey that looks half as bright as white (CIE L* 50).
const MIDDLE: f64 = 0.184;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_dark_from_light() {
        for (answer, expected) in [
            ("11;rgb:0000/0000/0000", Some(Background::Dark)),
            ("11;rgb:ffff/ffff/ffff", Some(Background::Light)),
            ("11;rgb:00/2b/36", Some(Background::Dark)),
            ("11;rgb:fdfd/f6f6/e3e3", Some(Background::Light)),
            ("11;rgb:f/f/e", Some(Background::Light)),
            ("11;rgba:1e1e/1e1e/1e1e/ffff", Some(Background::Dark)),
            ("11;#1e1e1e", Some(Background::Dark)),
            ("11;#ffffdddddddd", Some(Background::Light)),
            ("10;rgb:ffff/ffff/ffff", None),
            ("11;rgb:ffff/ffff", None),
            ("11;rgb:fffff/0/0", None),
            ("11;rgb:/0/0", None),
            ("11;#12345", None),
            ("11;", None),
        ] {
            assert_eq!(told(answer), expected, "{answer}");
            assert!(answer.chars().all(is_in_answers), "{answer}");
        }
    }

    #[test]
    fn terminals_that_cannot_be_asked_are_not() {
        for term in [None, Some(""), Some("dumb"), Some("linux"), Some("screen"), Some("screen.xterm")] {
            assert!(!can_be_asked(term), "{term:?}");
        }
        for term in ["xterm-256color", "screen-256color", "tmux-256color", "foot"] {
            assert!(can_be_asked(Some(term)), "{term}");
        }
    }
}
