//! Finding a text in the detail: also inside folded containers of the record, which are opened.

use std::collections::HashSet;

use crate::event::Event;
use crate::json::{Outline, Pointer};
use crate::text;
use crate::ui::model::Model;
use crate::ui::notes::Weight;

use super::{State, page, prepare, record};

/// A hit among the hits, the first one 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Its number.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// Its line.
    pub line: usize,
}

/// The next line with a hit in a direction, round the ends; the cursor's own line comes last,
/// unless `here`.
pub fn next(hits: &[usize], cursor: usize, before: bool, here: bool) -> Option<Hit> {
    let last = hits.len().checked_sub(1)?;
    let number = if before {
        hits.partition_point(|line| *line < cursor).checked_sub(1).unwrap_or(last)
    } else {
        let behind = hits.partition_point(|line| *line < cursor || (*line == cursor && !here));
        if behind > last { 0 } else { behind }
    };
    Some(Hit { number, of: hits.len(), line: hits[number] })
}

/// Opens what hides a text, folded as [`text::fold`] does: the containers above each value whose name
/// or text holds it.
pub fn open_to(wanted: &str, event: &Event, outline: &Outline, folds: &mut HashSet<Pointer>) {
    let root = event.record.node();
    let holds = |found: &str| text::folded(found).contains(wanted);
    let mut seen = vec![false; outline.len()];
    for value in 0..outline.len() {
        let in_text = || outline.size(value).is_none() && holds(outline.node(value, root).raw());
        if !(holds(&outline.name(value, root)) || in_text()) {
            continue;
        }
        let mut above = outline.parent(value);
        while let Some(container) = above.filter(|container| !seen[*container]) {
            seen[container] = true;
            let pointer = outline.pointer(container, root);
            if record::is_open_at_first(outline, container) {
                folds.remove(&pointer);
            } else {
                folds.insert(pointer);
            }
            above = outline.parent(container);
        }
    }
}

/// What was seen of the detail before a text was typed to be found, to come back to.
#[derive(Debug, Clone)]
pub struct Before {
    top: usize,
    cursor: usize,
    folds: HashSet<Pointer>,
    wanted: String,
}

impl Before {
    /// The detail as it is now.
    pub fn of(model: &Model) -> Option<Self> {
        let State { top, cursor, folds, wanted, .. } = model.detail.as_ref()?;
        Some(Self { top: *top, cursor: *cursor, folds: folds.clone(), wanted: wanted.clone() })
    }

    /// What was looked for then, as it was typed.
    pub fn wanted(&self) -> &str {
        &self.wanted
    }
}

impl State {
    fn take_back(&mut self, before: &Before) {
        self.folds.clone_from(&before.folds);
        self.wanted.clone_from(&before.wanted);
        self.changed += 1;
        (self.top, self.cursor) = (before.top, before.cursor);
    }
}

/// Makes the detail again what it was before.
pub fn take_back(model: &mut Model, before: &Before) {
    if let Some(state) = &mut model.detail {
        state.take_back(before);
        prepare(model);
    }
}

/// Looks for a text as far as it is typed: the cursor goes from where it was `before` to the first
/// line that holds it, where there is one.
pub fn seek(model: &mut Model, before: &Before, wanted: &str) {
    let page = page(model);
    let Some(state) = &mut model.detail else { return };
    state.take_back(before);
    if !wanted.is_empty() {
        state.look_for(wanted);
    }
    prepare(model);
    if let Some(state) = model.detail.as_mut().filter(|_| !wanted.is_empty())
        && let Some(hit) = next(state.hits(), state.cursor, false, true)
    {
        state.go_to(hit.line, page);
    }
}

/// Which hit the cursor stands on, in words; `None`: nothing in this record holds what is looked for.
pub fn place(model: &Model) -> Option<String> {
    let state = model.detail.as_ref()?;
    let at = state.hits().binary_search(&state.cursor).ok()?;
    Some(numbered(at, state.hits().len()))
}

fn numbered(number: usize, of: usize) -> String {
    let [at, of] = [number + 1, of].map(|count| crate::text::counted(count as u64));
    format!("hit {at} of {of}")
}

/// Goes to the next line that holds what is looked for, or to the one before; `here`: the cursor's
/// own line counts too.
pub fn step(model: &mut Model, before: bool, here: bool) {
    let (now, page) = (model.now, page(model));
    let Some(state) = &mut model.detail else { return };
    let wanted = state.wanted().to_owned();
    let words = if wanted.is_empty() {
        "nothing is looked for; f finds".to_owned()
    } else if let Some(hit) = next(state.hits(), state.cursor, before, here) {
        state.go_to(hit.line, page);
        format!("{} for {wanted}", numbered(hit.number, hit.of))
    } else {
        format!("{wanted}: not in this record")
    };
    model.notes.tell(Weight::Info, words, now);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_follow_one_another_round_the_ends() {
        let line = |cursor, before, here| next(&[2, 5, 9], cursor, before, here).map(|hit| hit.line);
        assert_eq!([line(0, false, true), line(2, false, true), line(2, false, false)], [2, 2, 5].map(Some));
        assert_eq!([line(9, false, false), line(10, false, false)], [2, 2].map(Some));
        assert_eq!([line(9, true, false), line(2, true, false), line(6, true, false)], [5, 9, 5].map(Some));
        assert_eq!(next(&[], 3, false, true), None);
        assert_eq!(next(&[4], 4, false, false), Some(Hit { number: 0, of: 1, line: 4 }));
    }
}
