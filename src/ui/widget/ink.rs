//! What the parts of a bar look like: classes in their colours, or the commonest values of a field.
//!
//! Where there are no colours, classes are shades (letters without Unicode) and values letters.

use ratatui::style::{Color, Style};

use crate::answer::stack;
use crate::event::Class;
use crate::ui::theme::{Role, Theme, class_letter};

/// What the parts of bars stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Classes.
    Class,
    /// A field's commonest values, all others, and none ([`stack`]).
    Values,
}

impl Ink {
    /// The role of a part.
    pub fn role(self, part: usize) -> Role {
        const VALUES: [Role; stack::PARTS] = [
            Role::Value1,
            Role::Value2,
            Role::Value3,
            Role::Value4,
            Role::Value5,
            Role::ValueOthers,
            Role::ValueAbsent,
        ];
        match self {
            Self::Class => Role::class(Class::ALL[part.min(Class::COUNT - 1)]),
            Self::Values => VALUES[part.min(stack::PARTS - 1)],
        }
    }

    /// The style of a part.
    pub fn style(self, part: usize, theme: &Theme) -> Style {
        theme.style(self.role(part))
    }

    /// The colour of a part for a cell's background.
    pub fn background(self, part: usize, theme: &Theme) -> Option<Color> {
        self.style(part, theme).fg
    }

    /// The sign of a part where there are no colours.
    pub fn shade(self, part: usize, theme: &Theme) -> &'static str {
        const LETTERS: [&str; stack::PARTS] = ["a", "b", "c", "d", "e", "+", "-"];
        if self == Self::Values {
            return LETTERS[part.min(stack::PARTS - 1)];
        }
        let class = Class::ALL[part.min(Class::COUNT - 1)];
        if theme.ascii {
            return letter(class);
        }
        match class {
            Class::S2xx | Class::Success => "░",
            Class::S3xx | Class::Unknown => "▒",
            Class::S4xx => "▓",
            Class::S5xx | Class::Failure => "█",
        }
    }
}

/// The letter of a class as a symbol.
pub fn letter(class: Class) -> &'static str {
    match class_letter(class) {
        '2' => "2",
        '3' => "3",
        '4' => "4",
        '5' => "5",
        's' => "s",
        'F' => "F",
        _ => "u",
    }
}
