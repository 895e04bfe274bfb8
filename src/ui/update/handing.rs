//! What is chosen by name, and what leaves the screen: pictures, files.

use ratatui::buffer::Buffer;

use crate::ui::effect::Effect;
use crate::ui::keymap::Focus;
use crate::ui::model::{Model, Region, Want};
use crate::ui::notes::Weight;
use crate::ui::overlay::palette::Command;
use crate::ui::svg::{Page, svg};
use crate::ui::theme::{Name, Theme};
use crate::ui::view;

use super::keys;

/// Does what was chosen in the palette.
pub(super) fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let now = model.now;
    match command {
        Command::Act(focus, action) => {
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
        Command::Theme(name) => theme(model, name),
        Command::Save(name) if name.is_empty() => {
            model.notes.tell(Weight::Notice, "a view needs a name: save NAME", now);
        }
        Command::Save(name) => super::views::save(model, &name, effects),
        Command::Screenshot(path) if path.is_empty() => {
            model.notes.tell(Weight::Notice, "a picture needs a file: screenshot FILE.svg", now);
        }
        Command::Screenshot(path) => {
            let content = picture(model);
            effects.push(Effect::Write { path, content, what: "the picture" });
        }
    }
}

/// Draws by another theme from now on.
fn theme(model: &mut Model, name: Option<Name>) {
    let now = model.now;
    let (name, words) = match (name, model.setup.auto_theme) {
        (Some(name), _) | (None, Some(name)) => (name, format!("theme {}", name.name())),
        (None, None) => {
            let words = "the terminal is asked for its background at the start alone: --theme auto";
            model.notes.tell(Weight::Notice, words, now);
            return;
        }
    };
    model.theme = Theme::builtin(name, model.theme.depth, model.theme.ascii);
    model.table.columns.forget();
    model.want = Want::Now;
    model.notes.tell(Weight::Info, words, now);
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
