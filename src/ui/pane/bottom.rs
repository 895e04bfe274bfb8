//! The bottom line: the focus, what there is to say, counts a class, and the keys that matter; a
//! message takes its place for a few seconds.
//!
//! Where there is no room parts give way in this order: keys that work everywhere, the last first (but
//! help stays, and in a layer the way out); the counts of classes that say little; the keys of the focus;
//! the other counts; the filter in what is said; its words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::event::Class;
use crate::ui::cells::{Cut, Text, grouped};
use crate::ui::keymap::{Action, Focus, Key};
use crate::ui::leaving::Leaving;
use crate::ui::model::{Model, Region};
use crate::ui::notes::Weight;
use crate::ui::pane::{facets, top};
use crate::ui::theme::{Role, Theme};
use crate::ui::update::ahead;
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
        // An answer to a key is the same each time; how often it was given is in the log.
        if note.times > 1 && note.weight > Weight::Info {
            message.push_own(&format!(" ({} times)", note.times), Role::Dim, theme);
        }
        line.extend(message);
        if line.width() <= width {
            line.draw(buffer, area.x, area.y, area.width);
            return;
        }
        // What is cut stands whole among the messages.
        let key = model.keymap.key_of(Action::Messages).map(|key| key.to_string()).unwrap_or_default();
        let whole = Text::own(&format!("  {key}"), Role::Key, theme).and(" all of it", Role::Dim, theme);
        let room = width.saturating_sub(whole.width());
        line.fitted(room, Cut::End, theme).draw(buffer, area.x, area.y, room as u16);
        whole.draw_right(buffer, area.right(), area.y, whole.width() as u16);
        return;
    }
    let hints = Hints::of(model, focus);
    let root = focus != Focus::Prompt && model.overlays.is_empty();
    let pinned = hints.pinned(theme);
    let room = width.saturating_sub(line.width() + pinned.width() + 1);
    if root {
        let said = said(model, room);
        let room = room.saturating_sub(said.width());
        line.extend(said);
        line.extend(counts(&model.answer.classes, room, hints.wanted(focus), theme));
        line.push_own("  ", Role::Text, theme);
    }
    let line = line.fitted(width.saturating_sub(pinned.width() + 1), Cut::End, theme);
    let used = line.width();
    line.draw(buffer, area.x, area.y, area.width);
    let room = width.saturating_sub(used + 1);
    hints.fitted(room, theme).draw_right(buffer, area.right(), area.y, room as u16);
}

/// The keys that matter, the more important ones first, and those that always stay.
struct Hints {
    passing: Vec<Text>,
    staying: Vec<Text>,
}

impl Hints {
    fn of(model: &Model, focus: Focus) -> Self {
        let theme = &model.theme;
        let text = |key: Key, words: &str| {
            let hint = Text::own(&key.to_string(), Role::Key, theme);
            if words.is_empty() { hint } else { hint.and(&format!(" {words}"), Role::Dim, theme) }
        };
        // Of what goes both ways both keys are named.
        let named = |action: Action, key: Key, words: &str| {
            let twin = action.opposite().and_then(|twin| model.keymap.key_of(twin));
            let Some(twin) = twin else { return text(key, words) };
            let mut both = text(key, "").and(" ", Role::Dim, theme);
            both.extend(text(twin, words));
            both
        };
        let of_action =
            |(action, words): &(Action, &str)| Some(named(*action, model.keymap.key_of(*action)?, words));
        let help = || of_action(&(Action::Help, ""));
        if let Some(layer) = model.overlays.last() {
            let mut passing: Vec<Text> = layer.hints().iter().filter_map(of_action).collect();
            // The way out stays.
            let mut staying: Vec<Text> = passing.pop().into_iter().collect();
            staying.extend(help().filter(|_| focus != Focus::Prompt));
            return Self { passing, staying };
        }
        if focus == Focus::Prompt && !model.filter.is_editing() {
            // The facets are narrowed.
            let typing = [(Action::Keep, "keep"), (Action::TakeBack, "take back")];
            return Self { passing: Vec::new(), staying: typing.iter().filter_map(of_action).collect() };
        }
        if model.focus == Region::Facets && focus == Focus::List {
            let mut passing: Vec<Text> = facets::HINTS.iter().filter_map(of_action).collect();
            let staying = passing.pop().into_iter().chain(help()).collect();
            return Self { passing, staying };
        }
        let help_key = model.keymap.key_of(Action::Help);
        let all = model.keymap.hints(focus).filter(|(action, key, _)| {
            let means_something = match action {
                Action::OpenDetail | Action::CopyId => model.selected().is_some(),
                Action::ZoomOut => model.scope.zoom.is_some(),
                _ => true,
            };
            means_something && Some(*key) != help_key
        });
        // Of a prompt the way out stays.
        let (staying, passing): (Vec<_>, Vec<_>) =
            all.partition(|(action, ..)| focus == Focus::Prompt && *action == Action::TakeBack);
        let brush = model.histogram.brush.filter(|_| focus == Focus::Histogram);
        let passing = if brush.is_some() { Self::of_a_brush(model) } else { passing };
        let texts = |hints: Vec<(Action, Key, &str)>| -> Vec<Text> {
            hints.into_iter().map(|(action, key, words)| named(action, key, words)).collect()
        };
        let help = help().filter(|_| focus != Focus::Prompt);
        Self { passing: texts(passing), staying: texts(staying).into_iter().chain(help).collect() }
    }

    /// What can be done with a brush.
    fn of_a_brush(model: &Model) -> Vec<(Action, Key, &str)> {
        let hints = [
            (Action::BucketLeft, "brush"),
            (Action::SwapBrush, "other end"),
            (Action::ZoomTo, "zoom"),
            (Action::Why, "why"),
            (Action::Brush, "end"),
        ];
        hints
            .into_iter()
            .filter_map(|(action, words)| Some((action, model.keymap.key_of(action)?, words)))
            .collect()
    }

    /// How many cells the keys of the focus want of what harmless counts would take.
    fn wanted(&self, focus: Focus) -> usize {
        let first = if focus == Focus::Table { 2 } else { 4 };
        self.passing.iter().take(first).map(|hint| hint.width() + 2).sum()
    }

    /// Those that stay.
    fn pinned(&self, theme: &Theme) -> Text {
        joined(self.staying.iter().cloned(), Role::Dim, theme)
    }

    /// As many as there is room for.
    fn fitted(&self, room: usize, theme: &Theme) -> Text {
        let mut hints = self.staying.clone();
        for (place, hint) in self.passing.iter().enumerate() {
            hints.insert(place, hint.clone());
            if joined(hints.iter().cloned(), Role::Dim, theme).width() > room {
                hints.remove(place);
                break;
            }
        }
        joined(hints.iter().cloned(), Role::Dim, theme)
    }
}

/// Several parts with blanks of a role between them.
fn joined(parts: impl IntoIterator<Item = Text>, role: Role, theme: &Theme) -> Text {
    let mut all = Text::new();
    for part in parts {
        all.push_own(if all.is_empty() { "" } else { "  " }, role, theme);
        all.extend(part);
    }
    all
}

/// The classes in the order in which their counts stay where there is no room for all.
const IMPORTANT: [Class; Class::COUNT] =
    [Class::S5xx, Class::Failure, Class::S4xx, Class::Unknown, Class::S2xx, Class::Success, Class::S3xx];
/// How many of [`IMPORTANT`] stay whatever the keys want.
const SERIOUS: usize = 4;

/// The counts a class, whole ones, as many as there is room for; the harmless ones leave so much to the
/// keys as they want.
pub fn counts(classes: &bars::Counts, room: usize, keys: usize, theme: &Theme) -> Text {
    let text = |(class, role, count): &(Class, Role, u64)| {
        Text::own(class.name(), *role, theme).and(&format!(" {}", grouped(*count)), Role::Text, theme)
    };
    let mut kept: Vec<(Class, Role, u64)> = bars::legend(classes).collect();
    let counts = |kept: &[(Class, Role, u64)]| joined(kept.iter().map(text), Role::Text, theme);
    for (place, least) in IMPORTANT.iter().enumerate().rev() {
        let room = if place < SERIOUS { room } else { room.saturating_sub(keys) };
        if counts(&kept).width() <= room {
            break;
        }
        kept.retain(|(class, ..)| class != least);
    }
    counts(&kept)
}

/// What there is to say besides, as long as may be.
fn said(model: &Model, room: usize) -> Text {
    let theme = &model.theme;
    let mut all = Text::new();
    for said in [waiting(model), singles(model), told(model)].into_iter().flatten() {
        all.extend(said);
    }
    let left = room.saturating_sub(all.width());
    let mut first = partial(model, left).unwrap_or_default();
    first.extend(all);
    first.fitted(room, Cut::End, theme)
}

/// The question before leaving: `q again: drop 48,213 · k: keep them in the archive`, before opening
/// something else `q: drop 48,213 and open pki · k: keep them in the archive`.
fn leaving(model: &Model, line: &mut Text) {
    let theme = &model.theme;
    let key = |action| model.keymap.key_of(action).map(|key| key.to_string()).unwrap_or_default();
    line.push_own(&key(Action::Quit), Role::Key, theme);
    line.push_own(if model.kept.next.is_none() { " again: " } else { ": " }, Role::Notice, theme);
    line.push_entry(&model.kept.drops(), theme.style(Role::Notice), theme);
    line.push_own(&format!(" {} ", theme.glyphs().dot), Role::Notice, theme);
    line.push_own(&key(Action::KeepFetched), Role::Key, theme);
    line.push_own(": keep them in the archive", Role::Notice, theme);
}

/// What was pressed and waits for the rows that it is about.
fn waiting(model: &Model) -> Option<Text> {
    let count = model.ahead.len();
    let key = model.keymap.key_of(Action::Cancel).map(|key| key.to_string()).unwrap_or_default();
    let words = Text::own(&ahead::words(count), Role::Notice, &model.theme);
    (count > 0).then(|| words.and(&format!(", {key} lets go  "), Role::Dim, &model.theme))
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
    let theme = &model.theme;
    let mut said = Text::own(&format!("changes known for {known} of {of}"), Role::Notice, theme);
    // Those alone whose systems tell more of a single record.
    let sources = model.feed.sources();
    let telling: Vec<&str> =
        sources.iter().filter(|source| source.has_single).map(|source| &*source.name).collect();
    if telling.len() < sources.len() {
        said.push_entry(&format!(" of {}", telling.join(", ")), theme.style(Role::Notice), theme);
    }
    Some(said.and(&format!(": {key} fetches the rest  "), Role::Notice, theme))
}

/// How many cells of the filter stand in the offer to ask for it, at most and at least.
const OFFERED: (usize, usize) = (30, 8);

/// What to say where less is fetched than the filter in force asks for: that the servers were asked
/// for less, or that they could be asked for just this.
fn partial(model: &Model, room: usize) -> Option<Text> {
    let theme = &model.theme;
    if !model.feed.narrower(&model.scope.query) {
        return offer(model, room);
    }
    let rest = model.keymap.clause(": ", Action::RetryGaps, "fetches the rest");
    let said = format!("fetched for {} alone{rest}  ", model.feed.pushed().join(" "));
    Some(Text::own(&said, Role::Notice, theme))
}

/// `62 % fetched. P: ask the server for status:5xx only`; where there is no room for that, in fewer
/// words.
fn offer(model: &Model, room: usize) -> Option<Text> {
    let theme = &model.theme;
    let key = model.keymap.key_of(Action::AskServer)?;
    let share = model.feed.share(model.scope.view(), &model.scope.query);
    let (terms, _) = model.feed.pushable(&model.scope.query);
    if terms.is_empty() || share >= 1.0 || !model.setup.has_servers() {
        return None;
    }
    let percent = Text::own(&format!("{} % fetched. ", top::percent(share)), Role::Notice, theme);
    let before = percent.and(&key.to_string(), Role::Key, theme);
    let [ask, only] = [": ask the server for ", " only  "];
    let rest = room.saturating_sub(before.width() + ask.len() + only.len());
    let filter = Text::entry(&terms.join(" "), Role::Text, theme);
    if rest >= filter.width().min(OFFERED.1) {
        let mut said = before.and(ask, Role::Dim, theme);
        said.extend(filter.fitted(rest.min(OFFERED.0), Cut::End, theme));
        return Some(said.and(only, Role::Dim, theme));
    }
    let few = before.clone().and(": asks for it alone  ", Role::Dim, theme);
    Some(if few.width() <= room { few } else { before.and("  ", Role::Dim, theme) })
}
