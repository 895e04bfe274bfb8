//! The keys, from the table that dispatch uses: the present focus first, then the other groups; `/`
//! narrows. At the end, what the marks on the screen mean.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::event::Class;
use crate::text;
use crate::ui::cells::Text;
use crate::ui::keymap::{Action, Binding, Focus, Key};
use crate::ui::model::Model;
use crate::ui::pane::histogram;
use crate::ui::theme::{Role, class_letter};
use crate::ui::widget::prompt::{self, Prompt};

use super::{List, Outcome, draw_lines, frame};

/// The width of the column of keys.
const KEYS: usize = 22;

/// The layer's state.
#[derive(Debug, Clone)]
pub struct State {
    /// The focus that it was opened from; its keys stand first.
    pub from: Focus,
    /// Where it is scrolled to.
    pub list: List,
    /// What the keys are narrowed by.
    pub search: Prompt,
    /// Whether that is being typed.
    pub narrowing: bool,
}

impl State {
    /// Help for a focus.
    pub fn new(from: Focus) -> Self {
        Self { from, list: List::default(), search: Prompt::default(), narrowing: false }
    }
}

fn place(area: Rect) -> Rect {
    Rect { height: area.height.saturating_sub(1), ..area }
}

fn lines(state: &State, model: &Model, width: usize) -> Vec<Text> {
    let theme = &model.theme;
    let wanted = text::fold(state.search.text());
    let matches = |binding: &Binding| {
        let keys = binding.keys.iter().map(|key| format!(" {key} ")).collect::<String>();
        wanted.is_empty()
            || [&*binding.words, binding.action.name(), &*binding.group, &keys]
                .iter()
                .any(|field| text::fold(field).contains(&wanted))
    };
    let mut groups: Vec<(&str, Focus)> = Vec::new();
    for binding in model.keymap.bindings() {
        if !groups.iter().any(|(name, _)| *name == &*binding.group) {
            groups.push((&binding.group, binding.focus));
        }
    }
    // The present focus first; the others as the table has them.
    groups.sort_by_key(|(_, focus)| *focus != state.from);
    let mut lines: Vec<Text> = Vec::new();
    for (group, _) in groups {
        let rows: Vec<&Binding> = model
            .keymap
            .bindings()
            .iter()
            .filter(|binding| *binding.group == *group && matches(binding))
            .collect();
        if rows.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Text::new());
        }
        lines.push(Text::own(&text_upper(group), Role::Label, theme));
        for binding in rows {
            let keys: Vec<String> = binding.keys.iter().map(ToString::to_string).collect();
            let mut line = Text::own(&format!("  {:<KEYS$}", keys.join("  ")), Role::Key, theme);
            line.push_own(&binding.words, Role::Text, theme);
            lines.extend(line.wrapped(width, KEYS + 2));
        }
    }
    if wanted.is_empty() {
        lines.extend(marks(model));
    }
    if lines.is_empty() {
        lines.push(Text::own("no key does that", Role::Dim, theme));
    }
    lines
}

fn text_upper(words: &str) -> String {
    words.to_uppercase()
}

/// What the marks on the screen mean.
fn marks(model: &Model) -> Vec<Text> {
    let theme = &model.theme;
    let mut lines = vec![Text::new(), Text::own("THE BAND UNDER THE HISTOGRAM", Role::Label, theme)];
    for (glyph, role, words) in histogram::band_legend(theme) {
        let line = Text::own(&format!("  {}", glyph.repeat(4)), role, theme);
        lines.push(line.and(&format!("{}{words}", " ".repeat(KEYS - 4)), Role::Text, theme));
    }
    lines.push(Text::new());
    lines.push(Text::own("CLASSES", Role::Label, theme));
    for class in Class::ALL {
        let line = Text::own(&format!("  {:<KEYS$}", class_letter(class)), Role::class(class), theme);
        lines.push(line.and(class.name(), Role::Text, theme));
    }
    lines.push(Text::new());
    lines.push(Text::own("BADGES", Role::Label, theme));
    for (badge, words) in [
        ("A", "done by an agent"),
        ("K", "done with a key"),
        ("!", "holds control, bidi or invisible characters"),
    ] {
        lines.push(Text::own(&format!("  {badge:<KEYS$}"), Role::Accent, theme).and(words, Role::Text, theme));
    }
    lines
}

/// Gives it a key.
pub fn key(state: &mut State, model: &Model, action: Option<Action>, key: Key) -> Outcome {
    if state.narrowing {
        match state.search.key(action, key) {
            prompt::Outcome::Keep => state.narrowing = false,
            prompt::Outcome::TakeBack => {
                state.narrowing = false;
                state.search.begin("");
            }
            prompt::Outcome::Changed => state.list = List::default(),
            prompt::Outcome::Unchanged => {}
        }
        return Outcome::Stay;
    }
    match action {
        Some(Action::Narrow) => state.narrowing = true,
        Some(Action::Help) => return Outcome::Close,
        Some(action) => {
            let place = place(model.area());
            let width = usize::from(place.width.saturating_sub(4));
            let page = usize::from(place.height.saturating_sub(2));
            state.list.act(action, lines(state, model, width).len(), page);
        }
        None => {}
    }
    Outcome::Stay
}

/// Draws it; gives where the cursor is to stand.
pub fn draw(state: &State, model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = &model.theme;
    let title = match (state.narrowing, state.search.text()) {
        (false, "") => "Keys".to_owned(),
        (_, typed) => format!("Keys / {}", text::visible(typed)),
    };
    let place = place(area);
    let inside = frame(buffer, place, &title, theme);
    let lines = lines(state, model, usize::from(inside.width));
    draw_lines(buffer, inside, &lines, state.list.top, theme);
    state.narrowing.then(|| {
        let typed = Text::entry(&state.search.text()[..state.search.cursor()], Role::Prompt, theme).width();
        Position::new((place.x + 10 + typed as u16).min(place.right() - 2), place.y)
    })
}
