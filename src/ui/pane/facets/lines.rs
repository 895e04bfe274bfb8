//! Which lines the facets have: a head for each field, its values in the chosen order, and how many
//! more there are.

use std::borrow::Cow;

use crate::answer::{Facet, FacetValue};
use crate::event::field::Field;
use crate::text;

use super::{By, MOST, State};

/// How many values of a field are shown until it is unfolded.
const FEW: usize = 6;

/// A line.
#[derive(Debug, Clone, Copy)]
pub(super) enum Line<'a> {
    /// A field.
    Head(&'a Facet),
    /// One of its values.
    Value(&'a Facet, &'a FacetValue),
    /// How many of its values are not shown.
    More(&'a Facet, usize),
}

/// Which line of a field one is, whatever stands around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Spot<'a> {
    Head,
    Value(Cow<'a, str>),
    More,
}

impl<'a> Line<'a> {
    /// What the cursor stays on.
    pub(super) fn key(&self) -> (Field, Spot<'a>) {
        match self {
            Self::Head(facet) => (facet.field, Spot::Head),
            Self::Value(facet, value) => (facet.field, Spot::Value(Cow::Borrowed(&value.value))),
            Self::More(facet, _) => (facet.field, Spot::More),
        }
    }
}

impl Spot<'_> {
    /// The same, past the facets that it was told of.
    pub(super) fn into_owned(self) -> Spot<'static> {
        match self {
            Self::Head => Spot::Head,
            Self::Value(value) => Spot::Value(Cow::Owned(value.into_owned())),
            Self::More => Spot::More,
        }
    }
}

/// The lines.
pub(super) fn of(state: &State) -> Vec<Line<'_>> {
    let wanted = text::fold(state.list.search.text());
    let mut lines = Vec::new();
    for facet in state.found.iter().flatten() {
        // The name of a field shows all of it.
        let whole = facet.field.name().contains(&wanted);
        let mut values: Vec<&FacetValue> =
            facet.values.iter().filter(|value| whole || text::fold(&value.value).contains(&wanted)).collect();
        if values.is_empty() {
            continue;
        }
        sort(&mut values, state.by);
        lines.push(Line::Head(facet));
        let all = state.unfolded.contains(&facet.field) || !wanted.is_empty();
        let shown = if all || values.len() <= FEW + 1 { values.len() } else { FEW };
        let more = values.len() - shown;
        lines.extend(values[..shown].iter().map(|value| Line::Value(facet, value)));
        if more > 0 {
            let unseen = facet.distinct.saturating_sub(MOST);
            lines.push(Line::More(facet, more + unseen));
        }
    }
    lines
}

fn sort(values: &mut [&FacetValue], by: By) {
    // They come commonest first, and every order keeps that where it says nothing.
    match by {
        By::Count => {}
        By::Failures => values.sort_by(|a, b| {
            let share =
                |one: &FacetValue, other: &FacetValue| u128::from(one.failures) * u128::from(other.count);
            share(b, a).cmp(&share(a, b)).then(b.failures.cmp(&a.failures))
        }),
        By::Last => values.sort_by_key(|value| std::cmp::Reverse(value.last)),
        By::Value => values.sort_by(|a, b| a.value.cmp(&b.value)),
    }
}
