//! What is chosen by name, and what leaves the screen: pictures, files.

use ratatui::buffer::Buffer;

use crate::ui::effect::Effect;
use crate::ui::keymap::{Action, Focus};
use crate::ui::model::{Model, Region, Want};
use crate::ui::notes::Weight;
use crate::ui::overlay::Outcome;
use crate::ui::overlay::palette::Command;
use crate::ui::presets::Preset;
use crate::ui::setup::{AutoTheme, Opened};
use crate::ui::svg::{Page, svg};
use crate::ui::theme::{Background, Name, Theme};
use crate::ui::view;

use super::{keys, views};

/// What a layer of handing over asks for; given back where it is another layer's matter.
pub(super) fn layer(model: &mut Model, outcome: Outcome, effects: &mut Vec<Effect>) -> Option<Outcome> {
    match outcome {
        Outcome::Command(chosen) => command(model, chosen, effects),
        Outcome::Tell(words) => {
            let now = model.now;
            model.notes.tell(Weight::Notice, words, now);
        }
        Outcome::Open(wish) => views::open(model, wish, effects),
        Outcome::View(view) => views::look_at(model, &view, effects),
        other => return Some(other),
    }
    None
}

/// Takes a filter for audit work: one step in the history.
fn preset(model: &mut Model, preset: Preset, effects: &mut Vec<Effect>) {
    let scope = if preset.actor {
        super::cell::of_actor(model, preset.filter)
    } else {
        model.scope.with_text(preset.filter, model.now).ok()
    };
    if let Some(scope) = scope {
        super::go(model, scope, effects);
    } else {
        let now = model.now;
        model.notes.tell(Weight::Info, "this row names no actor to look at", now);
    }
}

/// Whether an action means something before anything is opened.
fn needs_nothing(action: Action) -> bool {
    let any =
        [Action::Help, Action::Messages, Action::Mouse, Action::Quit, Action::Suspend, Action::StepBack];
    any.contains(&action)
}

/// Does what was chosen in the palette.
pub(super) fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let now = model.now;
    match command {
        Command::Act(_, action) if model.setup.opened == Opened::Nothing && !needs_nothing(action) => {
            model.notes.tell(Weight::Info, "nothing is opened yet", now);
        }
        Command::Act(focus, action) => {
            if model.setup.opened != Opened::Nothing {
                // It was chosen for what lies below.
                model.overlays.clear();
            }
            let region = match focus {
                Focus::Table => Some(Region::Table),
                Focus::Histogram => Some(Region::Histogram),
                Focus::Detail => Some(Region::Detail),
                _ => None,
            };
            if region == Some(Region::Detail) && model.detail.is_none() {
                model.notes.tell(Weight::Info, "that is for the detail: Enter opens one", now);
                return;
            }
            if let Some(region) = region.filter(|region| *region != model.focus) {
                keys::focus(model, region);
            }
            keys::act(model, action, effects);
        }
        Command::Preset(chosen) => preset(model, chosen, effects),
        Command::Theme(name) => choose_theme(model, name, effects),
        Command::Save(name) if name.is_empty() => {
            model.notes.tell(Weight::Notice, "a view needs a name: save NAME", now);
        }
        Command::Save(name) => views::save(model, &name, effects),
        Command::Screenshot(path) if path.is_empty() => {
            model.notes.tell(Weight::Notice, "a picture needs a file: screenshot FILE.svg", now);
        }
        Command::Screenshot(path) => {
            let content = picture(model);
            effects.push(Effect::Write { path, content, what: "the picture" });
        }
    }
}

/// Draws by another theme from now on; `None`: by the one that suits the terminal.
fn choose_theme(model: &mut Model, name: Option<Name>, effects: &mut Vec<Effect>) {
    let now = model.now;
    model.setup.follows = name.is_none();
    match (name, model.setup.auto_theme) {
        (Some(name), _) | (None, AutoTheme::Is(name)) => {
            draw_by(model, name);
            model.notes.tell(Weight::Info, format!("theme {}", name.name()), now);
        }
        (None, AutoTheme::Background) => {
            effects.push(Effect::AskBackground);
            model.asks_background = true;
            model.notes.tell(Weight::Info, "theme auto: the terminal is asked for its background", now);
        }
    }
}

/// The terminal told its background, or did not in time.
pub(super) fn background(model: &mut Model, told: Option<Background>) {
    let now = model.now;
    let asked = std::mem::take(&mut model.asks_background);
    if !model.setup.follows {
        return;
    }
    let Some(told) = told else {
        if asked {
            let words =
                format!("the terminal does not tell its background; theme {}", model.theme.name.name());
            model.notes.tell(Weight::Notice, words, now);
        }
        return;
    };
    let name = match told {
        Background::Dark => Name::Dark,
        Background::Light => Name::Light,
    };
    if name != model.theme.name {
        draw_by(model, name);
    }
    if asked {
        model.notes.tell(Weight::Info, format!("theme {}, as the terminal is", name.name()), now);
    }
}

fn draw_by(model: &mut Model, name: Name) {
    model.theme = Theme::builtin(name, model.theme.depth, model.theme.ascii);
    model.table.columns.forget();
    model.want = Want::Now;
}

/// The present screen as an SVG picture.
pub(crate) fn picture(model: &Model) -> String {
    let area = model.area();
    let mut buffer = Buffer::empty(area);
    view::draw(model, area, &mut buffer);
    let title = format!("auditty, {}", model.zone().window(model.scope.view()));
    let page = match model.theme.name {
        Name::Light => Page::light(&title),
        Name::Dark | Name::Mono | Name::Contrast => Page::dark(&title),
    };
    svg(&buffer, &page)
}
