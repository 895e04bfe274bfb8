//! The export: what is shown, to a file, in a format of the export command; with its manifest, and
//! the command line that does the same.
//!
//! Not here: writing the file (`app`, by the writers of the export command).

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::export::Format;
use crate::interval::Interval;
use crate::query::Query;
use crate::ui::cells::{Cut, Text, grouped};
use crate::ui::effect::Effect;
use crate::ui::keymap::{Action, Key};
use crate::ui::model::Model;
use crate::ui::pane::top::percent;
use crate::ui::theme::Role;
use crate::ui::update::views;
use crate::ui::widget::menu::Menu;
use crate::ui::widget::prompt::{self, Prompt};

use super::{Outcome, centred, copy, frame};

/// What is to be exported, and where to.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The file.
    pub path: String,
    /// In which format.
    pub format: Format,
    /// Whether a manifest is written beside it.
    pub manifest: bool,
    /// The filter.
    pub filter: Arc<Query>,
    /// The window.
    pub window: Interval,
    /// The sources, by name.
    pub sources: Vec<String>,
    /// Whether all that the window has was fetched.
    pub complete: bool,
}

/// The lines of the form.
const LINES: usize = 4;

/// The layer's state.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Which line is chosen: format, file, manifest, write.
    pub menu: Menu,
    /// The format's place among all.
    pub format: usize,
    /// The file's name.
    pub file: Prompt,
    /// Whether it is being typed.
    pub typing: bool,
    /// Whether the name is one's own: another format then leaves it alone.
    named: bool,
    /// Whether a manifest is written.
    pub manifest: bool,
}

impl State {
    /// The form, filled in as far as can be guessed.
    pub fn new(model: &Model) -> Self {
        let format = Format::ALL.iter().position(|format| *format == Format::default()).unwrap_or(0);
        let mut state = Self { format, manifest: true, ..Self::default() };
        state.suggest(model);
        // What is done most often is one key away.
        state.menu.cursor = LINES - 1;
        state
    }

    fn format(&self) -> Format {
        Format::ALL[self.format % Format::ALL.len()]
    }

    /// A file's name: the sources, and the window's first and last day.
    fn suggest(&mut self, model: &Model) {
        let names = views::names(model);
        let name = match &names[..] {
            [one] => one.as_str(),
            _ => "auditty",
        };
        let harmless = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let name: String = name.trim_start_matches(['.', '-']).chars().map(harmless).collect();
        let day = |time: crate::timestamp::Timestamp| time.rfc3339(0)[..10].to_owned();
        let view = model.scope.view();
        let extension = match self.format() {
            Format::Raw => "raw.ndjson",
            Format::Ecs => "ecs.ndjson",
            Format::Hec => "hec.ndjson",
            plain => plain.name(),
        };
        let until = view.until.plus(-1);
        self.file.begin(&format!("{name}-{}-{}.{extension}", day(view.since), day(until)));
    }

    /// Pastes into the file's name.
    pub fn paste(&mut self, text: &str) {
        if self.typing {
            self.file.paste(text);
        }
    }

    fn order(&self, model: &Model) -> Order {
        let view = model.scope.view();
        Order {
            path: self.file.text().to_owned(),
            format: self.format(),
            manifest: self.manifest,
            filter: model.errands.shown(&model.scope.query),
            window: view,
            sources: views::names(model),
            complete: model.feed.gaps(view, &model.scope.query, model.now).is_empty(),
        }
    }
}

/// Gives it a key.
pub fn key(state: &mut State, model: &Model, action: Option<Action>, key: Key) -> Outcome {
    if state.typing {
        match state.file.key(action, key) {
            prompt::Outcome::Keep => state.typing = false,
            prompt::Outcome::TakeBack => {
                state.typing = false;
                state.named = false;
                state.suggest(model);
            }
            prompt::Outcome::Changed => state.named = true,
            prompt::Outcome::Unchanged => {}
        }
        return Outcome::Stay;
    }
    if action == Some(Action::Export) {
        return Outcome::Close;
    }
    if state.menu.moves(action, LINES, LINES) {
        return Outcome::Stay;
    }
    if action != Some(Action::Choose) {
        return Outcome::Unused;
    }
    match state.menu.cursor {
        0 => {
            state.format = (state.format + 1) % Format::ALL.len();
            if !state.named {
                state.suggest(model);
            }
            Outcome::Stay
        }
        1 => {
            state.typing = true;
            Outcome::Stay
        }
        2 => {
            state.manifest = !state.manifest;
            Outcome::Stay
        }
        _ if model.exporting.is_some() => {
            Outcome::Tell("one export goes on already; Ctrl-c cancels it".to_owned())
        }
        _ if state.file.text().trim().is_empty() => Outcome::Tell("the file needs a name".to_owned()),
        _ => Outcome::CloseWith(vec![Effect::Export(state.order(model))]),
    }
}

/// The layer's width, at most.
const WIDTH: u16 = 76;

/// What stands below the form: how much is fetched, and the command line that does the same.
fn below(state: &State, model: &Model, width: u16) -> Vec<Text> {
    let theme = &model.theme;
    let mut below: Vec<Text> = Vec::new();
    let share = model.feed.share(model.scope.view(), &model.scope.query);
    if share < 1.0 {
        let words =
            format!("{} % of the window is fetched: the manifest says complete: false", percent(share));
        below.push(Text::own(&words, Role::Notice, theme));
    }
    below.push(Text::own("The same in a shell:", Role::Dim, theme));
    let format = state.format();
    let line = copy::screen(model, |screen| screen.export(state.file.text(), state.manifest));
    if let Some(line) = line {
        let told = Format::from_path(std::path::Path::new(state.file.text())) == Some(format);
        let line = if told { line } else { line.replacen(" -o ", &format!(" --format={format} -o "), 1) };
        let lines = Text::entry(&line, Role::Text, theme).wrapped(usize::from(width).saturating_sub(2), 2);
        let last = lines.len().saturating_sub(1);
        let mut quotes = 0;
        below.extend(lines.into_iter().enumerate().map(|(place, text)| {
            quotes += text.plain().replace("\\'", "").matches('\'').count();
            // Taken from the screen as it stands it is one command; inside quotes a line's end is a blank.
            let goes_on = place < last && quotes % 2 == 0;
            if goes_on { text.and("\\", Role::Dim, theme) } else { text }
        }));
    } else {
        let words = "auditty demo --serve prints a config to export from";
        below.push(Text::own(words, Role::Text, theme));
    }
    below
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let below = below(state, model, WIDTH.saturating_sub(4).min(area.width.saturating_sub(4)));
    let place = centred(super::full(area), WIDTH, (LINES + below.len()) as u16 + 3);
    let inside = frame(buffer, place, "Export", theme);
    let label = |name: &str| Text::own(&format!("{name:<10}"), Role::Label, theme);
    let mut formats = label("format");
    for (number, format) in Format::ALL.iter().enumerate() {
        let role = if number == state.format { Role::Accent } else { Role::Dim };
        let name = if number == state.format { format!("[{format}] ") } else { format!("{format} ") };
        formats.push_own(&name, role, theme);
    }
    let mut file = label("file");
    let name = state.file.text();
    let measure = |piece: &str| Text::entry(piece, Role::Prompt, theme).width();
    // What is typed stays in sight.
    let room = usize::from(inside.width).saturating_sub(file.width());
    let shown = if state.typing { prompt::scroll(name, state.file.cursor(), room, measure) } else { 0 };
    file.push_entry(&name[shown..], theme.style(Role::Prompt), theme);
    let manifest = label("manifest").and(
        if state.manifest { "yes, FILE.manifest.json beside it" } else { "no" },
        Role::Text,
        theme,
    );
    let count = grouped(model.answer.matched as u64);
    let write = Text::own("write", Role::Key, theme).and(&format!("     {count} entries"), Role::Text, theme);
    let list = Rect { height: LINES as u16, ..inside };
    state.menu.draw(&[formats, file, manifest, write], list, buffer, theme);

    let width = usize::from(inside.width);
    let from = inside.y + LINES as u16 + 1;
    let hidden = below.len() > usize::from(inside.bottom().saturating_sub(from));
    for (text, y) in below.into_iter().zip(from..inside.bottom()) {
        let text = text.fitted(width, Cut::End, theme);
        let end = text.draw(buffer, inside.x, y, inside.width);
        if hidden && y + 1 == inside.bottom() {
            let more = Text::own(theme.glyphs().more, Role::Dim, theme);
            more.draw(buffer, end.min(inside.right().saturating_sub(1)), y, 1);
        }
    }
    state.typing.then(|| {
        let x = inside.x + 10 + measure(&name[shown..state.file.cursor()]) as u16;
        Position::new(x.min(inside.right().saturating_sub(1)), inside.y + 1)
    })
}
