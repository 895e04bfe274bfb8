//! The lines of a record's history: what is known of it, a step in one line, a step in full.

use crate::changes::history::{self, Break, Extent, Signs, Told, TurnKind};
use crate::changes::state;
use crate::changes::undo::{Undo, UndoOp};
use crate::event::field::Field;
use crate::event::{Change, ChangeOp, Rank};
use crate::json::Pointer;
use crate::ui::cells::{Cut, Text, grouped};
use crate::ui::keymap::Action;
use crate::ui::model::Model;
use crate::ui::pane::{table, top};
use crate::ui::theme::{Role, Theme};
use crate::ui::trace::Trace;
use crate::ui::widget::{aligned, diff, known};

use super::{Span, State};

/// The signs for the characters that the terminal has.
fn signs(theme: &Theme) -> &'static Signs {
    if theme.ascii { &Signs::ASCII } else { &Signs::UNICODE }
}

/// A state in few words, for where lines are broken.
fn brief(state: &state::State, theme: &Theme) -> String {
    history::brief(state, signs(theme), LONGEST)
}

/// What stands above the list: the span, the counts, of a path its values in one line.
pub fn head(state: &State, model: &Model, width: usize) -> Vec<Text> {
    let theme = &model.theme;
    let mut span = Text::own(&span(state, model), Role::Text, theme);
    let wait = model.asides.next_wait().map(|wait| format!("  {}", top::countdown(wait, model.now)));
    let wait = Text::own(&wait.unwrap_or_default(), Role::Notice, theme);
    if state.fetching.is_some() {
        span.extend(wait.clone());
    }
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
    lines.push(counts(trace, model, if state.fetching.is_some() { Text::new() } else { wait }));
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

fn counts(trace: &Trace, model: &Model, wait: Text) -> Text {
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
        line.extend(wait);
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

/// Who did what in a step.
pub fn by(state: &State, step: usize, theme: &Theme) -> Vec<Text> {
    let Some(trace) = &state.trace else { return Vec::new() };
    let event = &trace.history.steps()[step].event;
    let text = |field| Text::entry(&event.text(field).unwrap_or("?".into()), Role::Text, theme);
    [Field::Actor, Field::Action].map(text).to_vec()
}

/// A step in one line; `by` is who did what, and how wide that stands.
pub fn listed(
    state: &State,
    model: &Model,
    (step, chosen): (usize, bool),
    (by, columns): (&[Text], &[usize]),
    width: usize,
) -> Text {
    let theme = &model.theme;
    let Some(trace) = &state.trace else { return Text::new() };
    let event = &trace.history.steps()[step].event;
    let marker = if chosen { theme.glyphs().marker } else { " " };
    let role = if chosen { Role::Selected } else { Role::Text };
    let mut line = Text::own(marker, Role::Accent, theme);
    line.push_own(&format!("{} ", model.zone().stamp(event.time)), role, theme);
    line.extend(table::status(event, theme));
    let wide = |(place, value): (usize, &Text)| columns.get(place).copied().unwrap_or(value.width());
    let before: usize = by.iter().enumerate().map(|value| wide(value) + aligned::GAP).sum();
    let room = width.saturating_sub(line.width() + before + aligned::GAP);
    // What it changed stands behind the columns.
    let mut values = by.to_vec();
    values.push(match &state.path {
        Some(path) => turned(trace, step, path, room, theme),
        None => changed(trace, step, room, theme),
    });
    aligned::push(&mut line, &values, columns, theme);
    line
}

/// What a step left at a path by its own word: where the chain breaks behind it, the next one found
/// something else there.
fn left(trace: &Trace, step: usize, path: &Pointer) -> state::State {
    let history = &trace.history;
    let broken = history.breaks().iter().find(|broken| broken.step == step && broken.path == *path);
    broken.map_or_else(|| history.state(step + 1).at(path), |broken| broken.after.clone())
}

/// The characters of a value in one line, however much room there is.
const LONGEST: usize = 300;

/// What was there before and what is there since, as far as there is room: the shorter one leaves to
/// the longer one what it does not need.
fn both(values: [&state::State; 2], room: usize, theme: &Theme) -> Text {
    let [before, after] = values.map(|value| history::brief(value, signs(theme), LONGEST));
    let arrow = Text::own(" → ", Role::Dim, theme);
    let [mut line, mut rest] =
        [Text::entry(&before, Role::Removed, theme), Text::entry(&after, Role::Added, theme)];
    let room = room.saturating_sub(arrow.width());
    if line.width() + rest.width() > room {
        let half = room / 2;
        let first = line.width().min(half.max(room.saturating_sub(rest.width())));
        line = line.fitted(first, Cut::End, theme);
        rest = rest.fitted(room - line.width(), Cut::End, theme);
    }
    line.extend(arrow);
    line.extend(rest);
    line
}

/// What a step did to one path.
fn turned(trace: &Trace, step: usize, path: &Pointer, room: usize, theme: &Theme) -> Text {
    let (before, after) = (trace.history.state(step).at(path), left(trace, step, path));
    let turns = trace.history.path(path).turns;
    let said = match turns.iter().find(|turn| turn.step == step).map(|turn| turn.kind) {
        Some(TurnKind::NotTold) => Text::own("  does not say", Role::Notice, theme),
        Some(TurnKind::Broken) => Text::own("  chain broken", Role::Error, theme),
        Some(TurnKind::Changed) | None => Text::new(),
    };
    let mut line = both([&before, &after], room.saturating_sub(said.width()), theme);
    line.extend(said);
    line
}

/// What a step changed, the first path with its values.
fn changed(trace: &Trace, step: usize, room: usize, theme: &Theme) -> Text {
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
    let more = match told.len() - 1 {
        0 => Text::new(),
        more => Text::own(&format!("  and {more} more"), Role::Dim, theme),
    };
    line.push_entry(&name(&first.path), theme.style(Role::JsonKey), theme);
    line.push_own(" ", Role::Text, theme);
    let values = [history.state(step).at(&first.path), left(trace, step, &first.path)];
    let room = room.saturating_sub(line.width() + more.width());
    line.extend(both([&values[0], &values[1]], room, theme));
    line.extend(more);
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
                Rank::ListRow if state.has_single => {
                    "  the list does not say what it changed; its single record may"
                }
                Rank::ListRow => "  the list does not say what it changed",
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
    let (here, root) = match &state.path {
        Some(path) => (history.state(number + 1).at(path), path.clone()),
        None => (history.state(number + 1).clone(), Pointer::default()),
    };
    // Where the chain is broken, what was found is not what it left.
    let broken = history.breaks().iter().filter(|broken| broken.step == number);
    let left: Vec<(&Pointer, Text)> = broken
        .filter(|broken| state.path.as_ref().is_none_or(|path| *path == broken.path))
        .map(|broken| {
            let mut words = Text::entry(&brief(&broken.after, theme), Role::JsonString, theme);
            words.push_own(", later found ", Role::Error, theme);
            words.push_entry(&brief(&broken.before, theme), theme.style(Role::JsonString), theme);
            (&broken.path, words)
        })
        .collect();
    let known = known::lines(&here, &root, &left, theme);
    lines.extend(known.iter().flat_map(|line| line.wrapped(width, 4)));
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
