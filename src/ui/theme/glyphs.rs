//! The glyphs that are drawn on their own, for terminals with Unicode and without.

/// Single glyphs that are drawn on their own. All are one cell wide.
#[derive(Debug)]
pub struct Glyphs {
    /// Something was cut.
    pub more: &'static str,
    /// Beside the selected row.
    pub marker: &'static str,
    /// Before a marked row.
    pub mark: &'static str,
    /// Before the selected row where it is marked.
    pub marked_here: &'static str,
    /// Between the bars and their axis's numbers.
    pub axis: &'static str,
    /// The band's left end.
    pub corner: &'static str,
    /// Between two regions side by side.
    pub divider: &'static str,
    /// Above a region.
    pub rule: &'static str,
    /// The band: fetched, being fetched, waiting, paused, failed, not asked, beyond retention.
    pub band: [&'static str; 7],
    /// The selected row's place on the band, and the cursor's.
    pub here: &'static str,
    /// A full and an empty part of a progress bar.
    pub progress: [&'static str; 2],
    /// A whole and half a cell of a bar beside a count.
    pub share: [&'static str; 2],
    /// The scrollbar's thumb; its track is blank.
    pub scroll: &'static str,
    /// Between two things that may be done.
    pub dot: &'static str,
    /// A folded and an open container.
    pub fold: [&'static str; 2],
}

/// For terminals with Unicode.
pub(super) const UNICODE: Glyphs = Glyphs {
    more: "…",
    marker: "▌",
    mark: "•",
    marked_here: "◘",
    axis: "▕",
    corner: "└",
    divider: "│",
    rule: "─",
    band: ["─", "╌", "≈", "‖", "×", "┄", "░"],
    here: "┴",
    progress: ["▓", "░"],
    share: ["━", "╸"],
    scroll: "█",
    dot: "·",
    fold: ["▸", "▾"],
};

/// For those without.
pub(super) const ASCII: Glyphs = Glyphs {
    more: "~",
    marker: ">",
    mark: "*",
    marked_here: "@",
    axis: "|",
    corner: "+",
    divider: "|",
    rule: "-",
    band: ["-", ">", "w", "p", "x", ".", ":"],
    here: "^",
    progress: ["#", "."],
    share: ["#", "#"],
    scroll: "#",
    dot: ";",
    fold: [">", "v"],
};
