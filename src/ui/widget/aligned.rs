//! Lines of several values whose columns stand under one another, as far as there is room for that.

use crate::ui::cells::Text;
use crate::ui::theme::{Role, Theme};

/// Between two values.
pub const GAP: usize = 2;

/// How wide the columns of some lines are, so that each value stands under the one above it; the last
/// one takes what is left. Where all of them have no room side by side, each value follows the one
/// before it, and there are no widths.
pub fn widths<'a>(lines: impl IntoIterator<Item = &'a [Text]>, room: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = Vec::new();
    for line in lines {
        widths.resize(widths.len().max(line.len()), 0);
        for (width, value) in widths.iter_mut().zip(line) {
            *width = value.width().max(*width);
        }
    }
    let gaps = GAP * widths.iter().filter(|width| **width > 0).count();
    if widths.iter().sum::<usize>() + gaps > room { Vec::new() } else { widths }
}

/// Adds values to a line, each in its column; a column that has nothing in any line takes no room.
pub fn push(line: &mut Text, values: &[Text], widths: &[usize], theme: &Theme) {
    let mut blank = 0;
    for (place, value) in values.iter().enumerate() {
        let width = widths.get(place).copied().unwrap_or_else(|| value.width());
        if width > 0 {
            blank += GAP;
            if !value.is_empty() {
                line.push_own(&" ".repeat(blank), Role::Text, theme);
                line.extend(value.clone());
                blank = 0;
            }
            blank += width.saturating_sub(value.width());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Depth, Name};

    #[test]
    fn values_stand_under_one_another_where_all_have_room() {
        let theme = Theme::builtin(Name::Mono, Depth::True, true);
        let line = |values: &[&str]| -> Vec<Text> {
            values.iter().map(|value| Text::own(value, Role::Text, &theme)).collect()
        };
        let lines = [line(&["a", "", "", "long"]), line(&["bcd", "", "e", "f"])];
        let shown = |room: usize| {
            let widths = widths(lines.iter().map(Vec::as_slice), room);
            lines.clone().map(|values| {
                let mut line = Text::own("|", Role::Text, &theme);
                push(&mut line, &values, &widths, &theme);
                line.plain()
            })
        };
        assert_eq!(shown(14), ["|  a       long", "|  bcd  e  f"]);
        assert_eq!(shown(13), ["|  a  long", "|  bcd  e  f"]);
    }
}
