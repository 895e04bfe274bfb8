//! The question before many single records are fetched: how many, and what that costs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::store::Untold;
use crate::ui::cells::{Text, grouped};
use crate::ui::effect::Effect;
use crate::ui::keymap::Action;
use crate::ui::model::Model;
use crate::ui::singles::AT_ONCE;
use crate::ui::theme::Role;

use super::{Outcome, centred, frame};

/// The most that are fetched at one go.
pub const MOST: usize = 10_000;

/// What is known of them.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// They are being counted.
    Counting,
    /// These may be fetched.
    Ready(Untold),
}

/// A key; `model` is without this layer.
pub fn key(state: &mut State, model: &mut Model, action: Option<Action>) -> Outcome {
    match (state, action) {
        (State::Ready(untold), Some(Action::Choose)) => {
            let rows = untold.rows.drain(..).map(|row| row.event);
            let mut effects: Vec<Effect> = Vec::new();
            crate::ui::update::singles::begin(model, rows, &mut effects);
            Outcome::CloseWith(effects)
        }
        (State::Counting, Some(Action::Choose)) => Outcome::Stay,
        (_, Some(Action::FetchSingles)) => Outcome::Close,
        _ => Outcome::Unused,
    }
}

fn lines(state: &State, model: &Model) -> Vec<Text> {
    let theme = &model.theme;
    let own = |text: &str, role| Text::own(text, role, theme);
    let State::Ready(untold) = state else {
        return vec![own("counting what is loaded…", Role::Dim)];
    };
    let count = |number: usize| grouped(number as u64);
    let known = untold.matched - untold.count;
    let asked = untold.rows.len();
    let mut lines = vec![
        own(&format!("changes are known for {} of {}", count(known), count(untold.matched)), Role::Text),
        own(
            &format!("the other {} cost one request each, {AT_ONCE} at a time", count(untold.count)),
            Role::Text,
        ),
    ];
    if asked < untold.count {
        lines.push(own(&format!("only the newest {} are asked for at one go", count(asked)), Role::Notice));
    }
    let stop = model.keymap.key_of(Action::Cancel).map(|key| key.to_string()).unwrap_or_default();
    lines.push(own(&format!("{stop} stops it later"), Role::Dim));
    lines
}

/// Draws it.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) {
    let wide = 64.min(area.width);
    let lines = lines(state, model);
    let room = usize::from(wide.saturating_sub(4));
    let lines: Vec<Text> = lines.iter().flat_map(|line| line.wrapped(room, 2)).collect();
    let place = centred(super::full(area), wide, lines.len() as u16 + 2);
    let inside = frame(buffer, place, "Single records", &model.theme);
    super::draw_lines(buffer, inside, &lines, 0, &model.theme);
}
