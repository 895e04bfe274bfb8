//! What a control sequence that was put together again means: the few that terminals send.
//!
//! Not here: putting it together (`app::input`).

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// What a sequence means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// A key.
    Key(KeyEvent),
    /// The mouse (SGR reports).
    Mouse(MouseEvent),
    /// A bracketed paste begins.
    PasteBegins,
    /// Nothing that the explorer uses: focus, answers of the terminal, what is not known.
    Nothing,
}

/// The key of ESC `O` and this character (application cursor keys, F1 to F4).
pub(super) fn shifted(last: char) -> Option<KeyCode> {
    Some(match last {
        'A' => KeyCode::Up,
        'B' => KeyCode::Down,
        'C' => KeyCode::Right,
        'D' => KeyCode::Left,
        'H' => KeyCode::Home,
        'F' => KeyCode::End,
        'P' => KeyCode::F(1),
        'Q' => KeyCode::F(2),
        'R' => KeyCode::F(3),
        'S' => KeyCode::F(4),
        _ => return None,
    })
}

/// Decodes ESC `[` parameters and final character.
pub(super) fn decode(parameters: &str, last: char) -> Decoded {
    if let Some(report) = parameters.strip_prefix('<') {
        return mouse(report, last).map_or(Decoded::Nothing, Decoded::Mouse);
    }
    let Some(numbers) = numbers(parameters) else { return Decoded::Nothing };
    let number = |at: usize| numbers.get(at).copied().unwrap_or(0);
    if (last, number(0)) == ('~', 200) {
        return Decoded::PasteBegins;
    }
    let code = match last {
        'Z' => return Decoded::Key(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT)),
        '~' => numbered(number(0)),
        // The final R with two numbers is also the answer to a question for the cursor's place; a
        // key has 1 as its first.
        _ if number(0) <= 1 => shifted(last),
        _ => None,
    };
    code.map_or(Decoded::Nothing, |code| Decoded::Key(KeyEvent::new(code, modifiers(number(1)))))
}

/// The numbers between semicolons, an empty one being 0; `None` where something else stands there.
fn numbers(parameters: &str) -> Option<Vec<u16>> {
    if parameters.is_empty() {
        return Some(Vec::new());
    }
    parameters.split(';').map(|part| if part.is_empty() { Some(0) } else { part.parse().ok() }).collect()
}

/// The key of ESC `[` number `~`.
fn numbered(number: u16) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number as u8 - 10),
        17..=21 => KeyCode::F(number as u8 - 11),
        23..=24 => KeyCode::F(number as u8 - 12),
        _ => return None,
    })
}

/// The modifiers of a sequence's parameter: one more than their bits.
fn modifiers(parameter: u16) -> KeyModifiers {
    let bits = parameter.saturating_sub(1);
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, bits & 1 != 0);
    modifiers.set(KeyModifiers::ALT, bits & 2 != 0);
    modifiers.set(KeyModifiers::CONTROL, bits & 4 != 0);
    modifiers
}

/// A mouse report in the SGR form: `button;column;row`, pressed by `M`, released by `m`.
fn mouse(report: &str, last: char) -> Option<MouseEvent> {
    let numbers = numbers(report)?;
    let [bits, column, row] = numbers[..] else { return None };
    let button = match bits & 3 {
        0 => Some(MouseButton::Left),
        1 => Some(MouseButton::Middle),
        2 => Some(MouseButton::Right),
        _ => None,
    };
    let (wheel, motion) = (bits & 64 != 0, bits & 32 != 0);
    let kind = match (wheel, motion, button, last) {
        (true, _, Some(MouseButton::Left), 'M') => MouseEventKind::ScrollUp,
        (true, _, Some(MouseButton::Middle), 'M') => MouseEventKind::ScrollDown,
        (true, _, Some(MouseButton::Right), 'M') => MouseEventKind::ScrollLeft,
        (true, _, None, 'M') => MouseEventKind::ScrollRight,
        (false, true, Some(button), 'M') => MouseEventKind::Drag(button),
        (false, true, None, _) => MouseEventKind::Moved,
        (false, false, Some(button), 'M') => MouseEventKind::Down(button),
        (false, _, Some(button), 'm') => MouseEventKind::Up(button),
        _ => return None,
    };
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, bits & 4 != 0);
    modifiers.set(KeyModifiers::ALT, bits & 8 != 0);
    modifiers.set(KeyModifiers::CONTROL, bits & 16 != 0);
    Some(MouseEvent { kind, column: column.checked_sub(1)?, row: row.checked_sub(1)?, modifiers })
}
