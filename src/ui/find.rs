//! Finding without filtering: the hits of a second filter among the rows, one after another, in the
//! order in which the rows stand.
//!
//! A step asks twice: first where the selected row stands among the hits, then for the hit beside
//! that place. So it costs the same however far away the next hit is.

use std::sync::Arc;

use crate::answer::{Anchor, Answer, Question};
use crate::query::Query;

use super::cells::grouped;
use super::effect::Effect;
use super::model::{Model, Purpose, Want};
use super::notes::Weight;
use super::pane::table::Hold;

/// What was looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Find {
    /// As it was typed.
    pub text: String,
    /// What it means.
    pub query: Arc<Query>,
}

/// A step to a hit, under way.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Down the table, else up.
    down: bool,
    /// The place among the hits that was asked for; `None`: where the selection stands among them is
    /// asked first.
    wanted: Option<usize>,
}

/// Begins a step; says so where nothing is looked for.
pub(super) fn step(model: &mut Model, down: bool) -> Option<Effect> {
    let now = model.now;
    if model.find.is_none() {
        model.notes.tell(Weight::Info, "nothing was looked for yet; f finds", now);
        return None;
    }
    ask(model, Step { down, wanted: None })
}

fn ask(model: &mut Model, step: Step) -> Option<Effect> {
    let find = model.find.as_ref()?;
    let filter = (*model.listed()).clone().and(find.query.expr.clone());
    let rows = step.wanted.map_or(0..0, |place| place..place + 1);
    let locate = match (step.wanted, model.selected()) {
        (None, Some(row)) => Some(Anchor::Row(row.id)),
        _ => None,
    };
    let question = Question {
        order: model.order,
        sort: model.sort,
        rows,
        locate,
        ..Question::newest(filter.into(), model.scope.view(), 0)
    };
    model.generation += 1;
    model.open = Some(Purpose::Hit(step));
    Some(Effect::Ask { generation: model.generation, question })
}

/// A step's question was answered.
pub(super) fn answered(model: &mut Model, step: Step, answer: &Answer, effects: &mut Vec<Effect>) {
    let now = model.now;
    let Some(find) = model.find.clone() else { return };
    let Some(wanted) = step.wanted else {
        let is_hit = model.selected().is_some_and(|row| find.query.matches(&row.event));
        // By a field, a row that is no hit has no place among the hits: the first one is next.
        let place = answer.place.unwrap_or(0);
        let next = if step.down { Some(place + usize::from(is_hit)) } else { place.checked_sub(1) };
        if let Some(next) = next.filter(|next| *next < answer.listed) {
            effects.extend(ask(model, Step { wanted: Some(next), ..step }));
            return;
        }
        let words = if answer.listed == 0 {
            format!("no row here has {}", find.text)
        } else {
            let way = if step.down { "below" } else { "above" };
            format!("no hit {way}: {} in all", grouped(answer.listed as u64))
        };
        model.notes.tell(Weight::Info, words, now);
        model.want = model.want.max(Want::Soon);
        return;
    };
    if let Some(row) = answer.rows.first() {
        model.table.hold = Hold::Row(row.id);
        let [at, of] = [wanted + 1, answer.listed].map(|count| grouped(count as u64));
        model.notes.tell(Weight::Info, format!("hit {at} of {of} for {}", find.text), now);
    }
    model.want = Want::Now;
}
