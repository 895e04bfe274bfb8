//! Finding a text in the detail: also inside folded containers of the record, which are opened.

use crate::event::Event;
use crate::json::Pointer;
use crate::text;
use crate::ui::widget::jsontree;

use super::{State, sections};

impl State {
    /// Looks for a text from the cursor on; what folds hide is unfolded. The lines must be made anew
    /// before [`Self::next_hit`].
    pub fn find(&mut self, wanted: &str) {
        self.wanted = text::fold(wanted);
        if self.wanted.is_empty() {
            return;
        }
        let event = self.event.clone();
        for pointer in hidden(&event, &self.wanted) {
            self.unfold_above(&event, &pointer);
        }
    }

    /// What is looked for, folded; empty: nothing.
    pub fn wanted(&self) -> &str {
        &self.wanted
    }

    /// The next line in a direction that holds what is looked for, round the ends; the cursor's own
    /// line comes last, unless `here`.
    pub fn next_hit(&self, newer: bool, here: bool) -> Option<usize> {
        let lines = self.lines();
        if self.wanted.is_empty() || lines.is_empty() {
            return None;
        }
        let hits = |at: &usize| text::fold(&lines[*at].whole).contains(&self.wanted);
        let count = lines.len();
        let first = usize::from(!here);
        (first..count + first)
            .map(|step| {
                let step = step % count;
                if newer { (self.cursor + count - step) % count } else { (self.cursor + step) % count }
            })
            .find(hits)
    }

    /// How many lines hold what is looked for.
    pub fn hits(&self) -> usize {
        let holds = |whole: &str| !whole.is_empty() && text::fold(whole).contains(&self.wanted);
        if self.wanted.is_empty() { 0 } else { self.lines().iter().filter(|line| holds(&line.whole)).count() }
    }

    fn unfold_above(&mut self, event: &Event, pointer: &Pointer) {
        let tokens = pointer.tokens();
        for depth in 0..tokens.len().saturating_sub(1) {
            let above = Pointer::from_tokens(tokens[..=depth].iter().cloned());
            let Some(node) = event.record.node().at(&above) else { return };
            if sections::is_open_at_first(depth, node) {
                self.folds.remove(&above);
            } else {
                self.folds.insert(above);
            }
        }
    }
}

/// The places of the record's tree whose name or value holds the text.
fn hidden(event: &Event, wanted: &str) -> Vec<Pointer> {
    let (rows, _) = jsontree::lines(event.record.node(), |_, _, _| true, |_, _| false);
    let holds = |text_: &str| text::fold(text_).contains(wanted);
    rows.into_iter()
        .filter(|row| {
            let name = row.pointer.tokens().last();
            name.is_some_and(|name| holds(name)) || (row.open.is_none() && holds(row.node.raw()))
        })
        .map(|row| row.pointer)
        .collect()
}
