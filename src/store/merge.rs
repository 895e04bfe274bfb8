//! When small segments become a larger one: like a log-structured merge tree, by tiers of size, so
//! that the number of segments stays logarithmic and each row is moved only a few times.

use super::dictionary::Values;
use super::segment::Segment;
use super::{Limits, Part};

/// Merges until nothing is due.
pub fn settle(parts: &mut Vec<Part>, shared: &[Values], limits: Limits) {
    parts.retain(|part| part.live > 0);
    while let Some(due) = due(parts, limits) {
        let merged = merge(&due.iter().map(|at| &parts[*at]).collect::<Vec<_>>(), shared, limits);
        for at in due.iter().rev() {
            parts.remove(*at);
        }
        parts.extend(merged);
    }
}

/// The places of those parts that should become one, ascending: one that is mostly tombstones, or
/// enough of one tier.
fn due(parts: &[Part], limits: Limits) -> Option<Vec<usize>> {
    if let Some(at) = parts.iter().position(|part| part.live < part.segment.len() / 2) {
        return Some(vec![at]);
    }
    let mut tiers: Vec<Vec<usize>> = vec![Vec::new(); TIERS];
    for (at, part) in parts.iter().enumerate() {
        if let Some(tier) = tier(part.live, limits) {
            tiers[tier].push(at);
        }
    }
    tiers.into_iter().find(|places| places.len() >= limits.fan_in)
}

/// How many tiers there are below the full segments.
const TIERS: usize = 4;

/// The tier of a segment, the smallest segments in tier 0; `None` for one that is full: two of that
/// size do not fit into one. Each tier's segments are up to `fan_in` times as large as those of the
/// tier below.
fn tier(live: usize, limits: Limits) -> Option<usize> {
    let full = limits.rows / 2;
    let mut below = full;
    let mut tier = TIERS;
    while tier > 0 && live < below {
        below /= limits.fan_in;
        tier -= 1;
    }
    (live < full).then_some(tier)
}

/// The standing rows of some parts, in order, in as few parts of equal size as hold them.
fn merge(parts: &[&Part], shared: &[Values], limits: Limits) -> Vec<Part> {
    let segments: Vec<&Segment> = parts.iter().map(|part| &*part.segment).collect();
    let mut picks: Vec<(usize, usize)> = Vec::with_capacity(parts.iter().map(|part| part.live).sum());
    for (at, part) in parts.iter().enumerate() {
        picks.extend((0..part.segment.len()).filter(|row| part.is_live(*row)).map(|row| (at, row)));
    }
    // The parts are runs in order already, which a stable sort finds and merges.
    picks.sort_by(|(a, a_row), (b, b_row)| segments[*a].compare(*a_row, segments[*b], *b_row, shared));
    let pieces = picks.len().div_ceil(limits.rows).max(1);
    picks
        .chunks(picks.len().div_ceil(pieces).max(1))
        .map(|piece| Part::new(Segment::of_picks(&segments, piece, shared, limits)))
        .collect()
}
