//! What was pressed ahead of the rows that it is about: it waits for their answer, so that the same keys
//! do the same however fast answers come and however a slow link bunches them. `5` and `y` in one
//! breath copy the id of a server error, never that of a row which is about to go; `e e e` goes three
//! failures on.
//!
//! Only keys that are about rows wait, and only for what the user asked for, never for what merely
//! came; what follows them waits too, for its turn, but for Ctrl-z. Ctrl-c lets all of it go.

use std::collections::VecDeque;

use crossterm::event::KeyEvent;

use crate::ui::keymap::{Action, Focus, Key};
use crate::ui::message::Input;
use crate::ui::model::{Model, Purpose};
use crate::ui::notes::Weight;
use crate::ui::pane::table::Hold;

/// The most that waits: whatever is pressed beyond that was not meant to be done blindly.
const MOST: usize = 64;

/// What waits for its turn.
#[derive(Debug, Default)]
pub struct Ahead(VecDeque<Input>);

impl Ahead {
    /// How much waits.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Nothing of it is to be done any more.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

/// So many keys wait, in words.
pub fn words(count: usize) -> String {
    format!("{count} {} ahead of the rows", if count == 1 { "key" } else { "keys" })
}

/// What a key is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// Nothing that an answer changes.
    Nothing,
    /// The rows: which stand there, and in which order.
    Rows,
    /// The selected row.
    Row,
}

/// Lets go of what waits; whether there was something.
pub(super) fn cancel(model: &mut Model) -> bool {
    let count = model.ahead.len();
    model.ahead.forget();
    if count > 0 {
        let now = model.now;
        model.notes.tell(Weight::Notice, format!("let go: {}", words(count)), now);
    }
    count > 0
}

/// Takes in what the terminal tells; `None`: it waits.
pub(super) fn sift(model: &mut Model, input: Input) -> Option<Input> {
    let waits = match &input {
        Input::Resize(..) | Input::Background(_) => return Some(input),
        Input::Key(event) if passes(model, event) => return Some(input),
        other => model.ahead.len() > 0 || is_early(model, other),
    };
    if !waits {
        return Some(input);
    }
    if model.ahead.len() < MOST {
        model.ahead.0.push_back(input);
    }
    None
}

/// The next of what waits, where it need not wait any more.
pub(super) fn next(model: &mut Model) -> Option<Input> {
    let next = model.ahead.0.pop_front()?;
    if is_early(model, &next) {
        model.ahead.0.push_front(next);
        return None;
    }
    Some(next)
}

/// Whether a key waits for nothing: what lets go of the others, and what is about the process.
fn passes(model: &Model, event: &KeyEvent) -> bool {
    let action = model.keymap.action(model.key_focus(), Key::pressed(event));
    matches!(action, Some(Action::Cancel | Action::Suspend))
}

/// Whether the answer that it is about has not come.
fn is_early(model: &Model, input: &Input) -> bool {
    let Input::Key(event) = input else { return false };
    let focus = model.key_focus();
    if !matches!(focus, Focus::Table | Focus::Histogram | Focus::Detail) {
        return false;
    }
    match about(model.keymap.action(focus, Key::pressed(event)), focus) {
        About::Nothing => false,
        About::Rows => rows_go(model),
        About::Row => rows_go(model) || row_comes(model),
    }
}

/// Whether other rows were asked for than those that stand there, or the selection is on its way.
fn rows_go(model: &Model) -> bool {
    match &model.open {
        None | Some(Purpose::OwnReads) => false,
        Some(Purpose::Jump(_) | Purpose::Hit(_)) => true,
        Some(Purpose::Screen { .. }) => {
            !model.is_answered()
                || match model.table.hold {
                    Hold::Row(held) => model.selected().is_none_or(|row| row.id != held),
                    Hold::Time(_) => true,
                    Hold::First | Hold::Place => false,
                }
        }
    }
}

/// Whether the selected row was asked for and is not here.
fn row_comes(model: &Model) -> bool {
    let asked = matches!(model.open, Some(Purpose::Screen { .. }));
    asked && model.answer.listed > 0 && model.selected().is_none()
}

fn about(action: Option<Action>, focus: Focus) -> About {
    match action {
        Some(Action::NextRecord | Action::PreviousRecord) => About::Rows,
        Some(action) if action.is_movement() => About::Rows,
        // A bucket and a brush stand whatever the rows are.
        Some(Action::Why) if focus == Focus::Histogram => About::Nothing,
        Some(
            Action::CopyId
            | Action::CopyCell
            | Action::CopyMenu
            | Action::OpenDetail
            | Action::Include
            | Action::Exclude
            | Action::Lens
            | Action::LensActor
            | Action::Around
            | Action::RecordHistory
            | Action::Mark
            | Action::NoteMark
            | Action::NextMark
            | Action::PreviousMark
            | Action::NextFailure
            | Action::PreviousFailure
            | Action::Next4xx
            | Action::Previous4xx
            | Action::NextHit
            | Action::PreviousHit
            | Action::Why
            | Action::SortColumn
            | Action::FocusNext
            | Action::FocusPrevious
            | Action::Fold
            | Action::PlainPage
            | Action::RetrySingle,
        ) => About::Row,
        _ => About::Nothing,
    }
}
