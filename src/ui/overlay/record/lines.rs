//! The lines of a record's history: what is known of it, a step in one line, a step in full.

use crate::changes::history::{self, Break, Extent, Signs, Told, TurnKind};
use crate::changes::state;
use crate::changes::undo::{Undo, UndoOp};
use crate::event::field::Field;
use crate::event::{Change, ChangeOp, Rank};
use crate::json::Pointer;
use crate::ui::cells::{Text, grouped};
use crate::ui::keymap::Action;
use crate::ui::model::Model;
use crate::ui::pane::table;
use crate::ui::theme::{Role, Theme};
use crate::ui::trace::Trace;
use crate::ui::widget::{diff, known};

use super::{Span, State};

/// The signs for the characters that the terminal has.
fn signs(theme: &Theme) -> &'static Signs {
    if theme.ascii { &Signs::ASCII } else { &Signs::UNICODE }
}

/// A state in few words.
fn brief(state: &state::State, theme: &Theme) -> String {
    history::brief(state, signs(theme))
}

/// What stands above the list: the span, the counts, of a path its values in one line.
pub fn head(state: &State, model: &Model, width: usize) -> Vec<Text> {
    let theme = &model.theme;
    let mut span = Text::own(&span(state, model), Role::Text, theme);
    if let Some(why) = &state.failed {
        span.push_own("  fetching failed: ", Role::Error, theme);
        span.push_entry(why, theme.style(Role::Text), theme);
    }
    let mut lines = span.wrapped(width, 2);
    lines.truncate(3);
    let Some(trace) = &state.trace else {
        lines.push(Text::own("looking through what is loaded…", Role::Dim, theme));
        return lines;
    };
    lines.push(counts(trace, model));
    if let Some(path) = &state.path {
        let words = trace.history.words(&trace.history.path(path), signs(theme));
        let mut words = Text::entry(&words, Role::Label, theme).wrapped(width, 4);
        words.truncate(4);
        lines.extend(words);
    }
    lines
}

fn span(state: &State, model: &Model) -> String {
    let date = |time| model.zone().bound(time, false);
    let from = match state.span {
        Span::Window(since) => format!("from {}, the window's start", date(since)),
        Span::Loaded(since) => format!("from {}: before that not all is loaded", date(since)),
        Span::Fetched(since) => format!("from {}, fetched for this history", date(since)),
        Span::Whole => "all that the system keeps, by its own route for one record".to_owned(),
    };
    let key = model.keymap.key_of(Action::Earlier).map(|key| key.to_string()).unwrap_or_default();
    match (state.fetching, state.span) {
        (Some(Span::Whole), _) => format!("{from}; asking the system for all of it…"),
        (Some(_), _) => format!("{from}; fetching 90 d earlier…"),
        (None, _) if !state.reaches() => from,
        (None, _) => format!("{from}; {key} fetches 90 d earlier"),
    }
}

fn counts(trace: &Trace, model: &Model) -> Text {
    let theme = &model.theme;
    let history = &trace.history;
    let number = history.steps().len();
    let entries =
        if number == 1 { "1 entry".to_owned() } else { format!("{} entries", grouped(number as u64)) };
    let mut line = Text::own(&entries, Role::Text, theme);
    if trace.left_out > 0 {
        line.push_own(
            &format!(" (the newest; {} older left out)", grouped(trace.left_out as u64)),
            Role::Notice,
            theme,
        );
    }
    let untold = history.untold().count();
    if let Some(batch) = model.batch.as_ref().filter(|_| untold > 0) {
        line.push_own(&format!("  {}", batch.progress()), Role::Notice, theme);
    } else if untold == 1 {
        line.push_own("  1 does not say what it changed", Role::Notice, theme);
    } else if untold > 0 {
        let untold = grouped(untold as u64);
        line.push_own(&format!("  {untold} do not say what they changed"), Role::Notice, theme);
    }
    match history.breaks().len() {
        0 => {}
        1 => line.push_own("  the chain is broken once", Role::Error, theme),
        times => line.push_own(&format!("  the chain is broken {times} times"), Role::Error, theme),
    }
    if history.extent() == Extent::Cut {
        line.push_own("  too large: states are known in part", Role::Notice, theme);
    }
    line
}

/// A step in one line.
pub fn listed(state: &State, model: &Model, step: usize, chosen: bool) -> Text {
    let theme = &model.theme;
    let Some(trace) = &state.trace else { return Text::new() };
    let event = &trace.history.steps()[step].event;
    let marker = if chosen { theme.glyphs().marker } else { " " };
    let role = if chosen { Role::Selected } else { Role::Text };
    let mut line = Text::own(marker, Role::Accent, theme);
    line.push_own(&format!("{} ", model.zone().stamp(event.time)), role, theme);
    line.extend(table::status(event, theme));
    for field in [Field::Actor, Field::Action] {
        line.push_own("  ", Role::Text, theme);
        line.push_entry(&event.text(field).unwrap_or("?".into()), theme.style(Role::Text), theme);
    }
    line.push_own("  ", Role::Text, theme);
    line.extend(match &state.path {
        Some(path) => turned(trace, step, path, theme),
        None => changed(trace, step, theme),
    });
    line
}

/// What a step left at a path by its own word: where the chain breaks behind it, the next one found
/// something else there.
fn left(trace: &Trace, step: usize, path: &Pointer) -> state::State {
    let history = &trace.history;
    let broken = history.breaks().iter().find(|broken| broken.step == step && broken.path == *path);
    broken.map_or_else(|| history.state(step + 1).at(path), |broken| broken.after.clone())
}

/// What a step did to one path.
fn turned(trace: &Trace, step: usize, path: &Pointer, theme: &Theme) -> Text {
    let (before, after) = (trace.history.state(step).at(path), left(trace, step, path));
    let mut line = Text::entry(&brief(&before, theme), Role::Removed, theme);
    line.push_own(" → ", Role::Dim, theme);
    line.push_entry(&brief(&after, theme), theme.style(Role::Added), theme);
    let turns = trace.history.path(path).turns;
    match turns.iter().find(|turn| turn.step == step).map(|turn| turn.kind) {
        Some(TurnKind::NotTold) => line.push_own("  does not say", Role::Notice, theme),
        Some(TurnKind::Broken) => line.push_own("  chain broken", Role::Error, theme),
        Some(TurnKind::Changed) | None => {}
    }
    line
}

/// What a step changed, the first path with its values.
fn changed(trace: &Trace, step: usize, theme: &Theme) -> Text {
    let history = &trace.history;
    let mut line = Text::new();
    if history.breaks().iter().any(|broken| broken.step == step) {
        line.push_own("chain broken  ", Role::Error, theme);
    }
    let Told::Undo(told) = &history.steps()[step].told else {
        line.push_own("does not say what it changed", Role::Notice, theme);
        return line;
    };
    let Some(first) = told.first() else {
        line.push_own("changed nothing", Role::Dim, theme);
        return line;
    };
    let values = [history.state(step).at(&first.path), left(trace, step, &first.path)];
    let values = values.map(|value| brief(&value, theme));
    line.push_entry(&name(&first.path), theme.style(Role::JsonKey), theme);
    line.push_own(" ", Role::Text, theme);
    line.push_entry(&values[0], theme.style(Role::Removed), theme);
    line.push_own(" → ", Role::Dim, theme);
    line.push_entry(&values[1], theme.style(Role::Added), theme);
    if told.len() > 1 {
        line.push_own(&format!("  and {} more", told.len() - 1), Role::Dim, theme);
    }
    line
}

fn name(path: &Pointer) -> String {
    match path.tokens() {
        [] => "(the whole)".to_owned(),
        [only] => only.to_string(),
        _ => path.to_string(),
    }
}

/// The chosen step in full: its changes, where the chain breaks, the state since.
pub fn step(state: &State, model: &Model, width: usize) -> Vec<Text> {
    let theme = &model.theme;
    let (Some(trace), Some(number)) = (&state.trace, state.step()) else {
        return match &state.trace {
            Some(_) if !state.rows.list.search.text().is_empty() => {
                vec![Text::own("no entry has that", Role::Dim, theme)]
            }
            Some(_) => vec![Text::own("no entry tells of it", Role::Dim, theme)],
            None => Vec::new(),
        };
    };
    let history = &trace.history;
    let step = &history.steps()[number];
    let mut lines = vec![Text::own("CHANGES", Role::Label, theme)];
    match &step.told {
        Told::Nothing => {
            let why = match step.event.rank {
                Rank::ListRow => "  the list does not say what it changed; its single record may",
                Rank::Single => "  its record does not say what it changed",
            };
            lines.push(Text::own(why, Role::Notice, theme));
        }
        Told::Undo(told) if told.is_empty() => lines.push(Text::own("  nothing", Role::Dim, theme)),
        Told::Undo(told) => {
            let of_path = |path: &Pointer| state.path.as_ref().is_none_or(|wanted| wanted == path);
            for undo in told.iter().filter(|undo| of_path(&undo.path)) {
                for line in diff::lines(&change(trace, number, undo), theme) {
                    let mut indented = Text::own("  ", Role::Text, theme);
                    indented.extend(line);
                    lines.extend(indented.wrapped(width, 4));
                }
            }
        }
    }
    for broken in history.breaks().iter().filter(|broken| broken.step == number) {
        lines.extend(break_lines(broken, trace, model, width));
    }
    lines.push(Text::new());
    lines.push(Text::own("STATE SINCE", Role::Label, theme).and("  as far as it is known", Role::Dim, theme));
    let here = match &state.path {
        Some(path) => history.state(number + 1).at(path),
        None => history.state(number + 1).clone(),
    };
    lines.extend(known::lines(&here, theme).iter().flat_map(|line| line.wrapped(width, 4)));
    lines
}

/// What a step did to one path, the other way round from how it is undone.
fn change(trace: &Trace, step: usize, undo: &Undo) -> Change {
    let op = match &undo.op {
        UndoOp::Replace(_) => ChangeOp::Replace,
        UndoOp::Add(_) => ChangeOp::Remove,
        UndoOp::Remove => ChangeOp::Add,
        UndoOp::Move(_) => ChangeOp::Move,
        UndoOp::Copy(_) => ChangeOp::Copy,
    };
    let before = || trace.history.state(step).at(&undo.path).complete();
    let after = || left(trace, step, &undo.path).complete();
    Change {
        op,
        path: undo.path.to_string(),
        before: if op == ChangeOp::Add { None } else { before() },
        after: if op == ChangeOp::Remove { None } else { after() },
    }
}

fn break_lines(broken: &Break, trace: &Trace, model: &Model, width: usize) -> Vec<Text> {
    let theme = &model.theme;
    let mut line = Text::own("  the chain is broken at ", Role::Error, theme);
    line.push_entry(&name(&broken.path), theme.style(Role::JsonKey), theme);
    line.push_own(": this entry left ", Role::Text, theme);
    line.push_entry(&brief(&broken.after, theme), theme.style(Role::Added), theme);
    let next = broken.next.map(|next| &trace.history.steps()[next].event);
    let found = match next {
        Some(event) => format!(", the next on it ({}) found ", model.zone().stamp(event.time)),
        None => ", and in the end there is ".to_owned(),
    };
    line.push_own(&found, Role::Text, theme);
    line.push_entry(&brief(&broken.before, theme), theme.style(Role::Removed), theme);
    line.push_own("; what lies between is not in what was fetched", Role::Dim, theme);
    line.wrapped(width, 4)
}
