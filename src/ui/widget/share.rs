//! A count as a thin bar beside its number, as long as its share of the greatest one.

use crate::ui::cells::Text;
use crate::ui::theme::{Role, Theme};

/// The bar, at most `cells` wide: anything at all is at least half a cell.
pub fn bar(count: u64, most: u64, cells: u16, role: Role, theme: &Theme) -> Text {
    let [whole, half] = theme.glyphs().share;
    let (count, most) = (u128::from(count), u128::from(most.max(1)));
    // Half cells, rounded up.
    let halves = (count.min(most) * 2 * u128::from(cells)).div_ceil(most) as usize;
    Text::own(&whole.repeat(halves / 2), role, theme).and(
        if halves % 2 == 1 { half } else { "" },
        role,
        theme,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Depth, Name};

    #[test]
    fn a_bar_is_as_long_as_its_share_and_little_is_not_nothing() {
        let shown = |count, most, ascii| {
            let theme = Theme::builtin(Name::Dark, Depth::True, ascii);
            bar(count, most, 4, Role::Scrollbar, &theme).plain()
        };
        assert_eq!(
            [0, 1, 50, 51, 100, 900].map(|count| shown(count, 100, false)),
            ["", "╸", "━━", "━━╸", "━━━━", "━━━━"]
        );
        assert_eq!([1, 51, 100].map(|count| shown(count, 100, true)), ["#", "###", "####"]);
        assert_eq!(shown(u64::MAX, u64::MAX, false), "━━━━");
        assert_eq!(shown(0, 0, false), "");
    }
}
