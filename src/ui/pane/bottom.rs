//! The bottom line: the focus, counts a class, and the keys that matter; a message takes its place
//! for a few seconds.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::cells::{Cut, Text, grouped};
use crate::ui::keymap::{Action, Focus};
use crate::ui::leaving::Leaving;
use crate::ui::model::{Model, Region};
use crate::ui::notes::Weight;
use crate::ui::overlay::Overlay;
use crate::ui::pane::top;
use crate::ui::theme::Role;
use crate::ui::widget::bars;

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &model.theme;
    let width = usize::from(area.width);
    let focus = model.key_focus();
    let title = match model.overlays.last() {
        Some(overlay) => overlay.title(),
        None if model.focus == Region::Facets && !model.filter.is_editing() => "FACETS",
        None => focus.title(),
    };
    let mut line = Text::own(title, Role::Accent, theme).and("  ", Role::Text, theme);
    if model.kept.leaving == Leaving::Asked {
        leaving(model, &mut line);
        line.fitted(width, Cut::End, theme).draw(buffer, area.x, area.y, area.width);
        return;
    }
    if let Some(note) = model.notes.standing(model.now) {
        let role = match note.weight {
            Weight::Info => Role::Good,
            Weight::Notice => Role::Notice,
            Weight::Failure => Role::Error,
        };
        let mut message = Text::new();
        message.push_entry(&note.text, theme.style(role), theme);
        if note.times > 1 {
            message.push_own(&format!(" ({} times)", note.times), Role::Dim, theme);
        }
        line.extend(message);
        line.fitted(width, Cut::End, theme).draw(buffer, area.x, area.y, area.width);
        return;
    }
    if focus != Focus::Prompt && model.overlays.is_empty() {
        for said in [partial(model), singles(model), told(model)].into_iter().flatten() {
            line.extend(said);
        }
        for (class, role, count) in bars::legend(&model.answer.classes) {
            line.push_own(class.name(), role, theme);
            line.push_own(&format!(" {}  ", grouped(count)), Role::Text, theme);
        }
    }
    let line = line.fitted(width, Cut::End, theme);
    let used = line.width();
    line.draw(buffer, area.x, area.y, area.width);

    // The hints stand at the right, as many as there is room for; the last one always, it is help.
    let layer = model.overlays.last().and_then(Overlay::hints);
    let of_layer = layer.into_iter().flatten();
    let of_layer = of_layer.filter_map(|(action, words)| Some((model.keymap.key_of(*action)?, *words)));
    let of_focus = model.keymap.hints(focus).filter(|_| layer.is_none());
    let mut all: Vec<Text> = of_layer
        .chain(of_focus)
        .map(|(key, words)| {
            let hint = Text::own(&key.to_string(), Role::Key, theme);
            if words.is_empty() { hint } else { hint.and(&format!(" {words}"), Role::Dim, theme) }
        })
        .collect();
    let Some(last) = all.pop() else { return };
    let mut room = width.saturating_sub(used + 1 + last.width());
    let mut hints = Text::new();
    for hint in all {
        let wide = hint.width() + 2;
        if wide > room {
            break;
        }
        room -= wide;
        hints.extend(hint);
        hints.push_own("  ", Role::Dim, theme);
    }
    hints.extend(last);
    hints.draw_right(buffer, area.right(), area.y, area.width.saturating_sub(used as u16));
}

/// The question before leaving: `q again: drop 48,213 · k: keep them in the archive`.
fn leaving(model: &Model, line: &mut Text) {
    let theme = &model.theme;
    let key = |action| model.keymap.key_of(action).map(|key| key.to_string()).unwrap_or_default();
    line.push_own(&key(Action::Quit), Role::Key, theme);
    let count = grouped(model.kept.lacking.count as u64);
    line.push_own(&format!(" again: drop {count} {} ", theme.glyphs().dot), Role::Notice, theme);
    line.push_own(&key(Action::KeepFetched), Role::Key, theme);
    line.push_own(": keep them in the archive", Role::Notice, theme);
}

/// How far the fetching of many single records is.
fn singles(model: &Model) -> Option<Text> {
    let batch = model.batch.as_ref()?;
    Some(Text::own(&format!("{}  ", batch.progress()), Role::Notice, &model.theme))
}

/// What to say where the filter looks at what single records tell, and not all of them are here.
pub fn told(model: &Model) -> Option<Text> {
    let told = model.answer.told.filter(|told| told.known < told.of && model.is_answered())?;
    let key = model.keymap.key_of(Action::FetchSingles).map(|key| key.to_string()).unwrap_or_default();
    let [known, of] = [told.known, told.of].map(|count| grouped(count as u64));
    let words = format!("changes known for {known} of {of}: {key} fetches the rest  ");
    Some(Text::own(&words, Role::Notice, &model.theme))
}

/// How many cells of the filter stand in the offer to ask for it.
const OFFERED: usize = 30;

/// What to say where less is fetched than the filter in force asks for: that the servers were asked
/// for less, or that they could be asked for just this.
fn partial(model: &Model) -> Option<Text> {
    let theme = &model.theme;
    if !model.feed.narrower(&model.scope.query) {
        return offer(model);
    }
    let said = format!("fetched for {} alone: R fetches the rest  ", model.feed.pushed().join(" "));
    Some(Text::own(&said, Role::Notice, theme))
}

/// `62 % fetched. P: ask the server for status:5xx only`.
fn offer(model: &Model) -> Option<Text> {
    let theme = &model.theme;
    let key = model.keymap.key_of(Action::AskServer)?;
    let share = model.feed.share(model.scope.view(), &model.scope.query);
    if model.scope.query.is_all() || share >= 1.0 || !model.setup.has_servers() {
        return None;
    }
    let mut said = Text::own(&format!("{} % fetched. ", top::percent(share)), Role::Notice, theme);
    said.push_own(&format!("{key}"), Role::Key, theme);
    said.push_own(": ask the server for ", Role::Dim, theme);
    said.extend(Text::entry(&model.scope.text, Role::Text, theme).fitted(OFFERED, Cut::End, theme));
    said.push_own(" only  ", Role::Dim, theme);
    Some(said)
}
