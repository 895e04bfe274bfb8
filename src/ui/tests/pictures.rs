//! How every pane and layer looks at three sizes: its text, its styles in dark, light and mono, and its
//! text in mono and without Unicode. One table of what is looked at; a test holds it to the layers and panes
//! that there are.

mod states;

use super::inside::{on, silent, told, trace, with_changes};
use super::layers::first_run;
use super::snapshots::styles;
use super::*;
use crate::ui::model::Region;
use crate::ui::overlay::Overlay;
use crate::ui::setup::Known;
use crate::ui::theme::Depth;
use states::STATES;

/// How something is looked at.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) theme: Theme,
    size: (u16, u16),
}

/// What is looked at.
pub(super) type Scene = fn(&Look) -> Stage;

impl Look {
    pub(super) fn new(theme: Name, ascii: bool, size: (u16, u16)) -> Self {
        Self { theme: Theme::builtin(theme, Depth::True, ascii), size }
    }

    fn settings(&self) -> Settings {
        Settings { theme: self.theme.clone(), ..settings(Name::Dark, self.size) }
    }

    /// A stage that was built in another look.
    fn of(&self, mut stage: Stage) -> Stage {
        stage.model.theme = self.theme.clone();
        stage.resize(self.size);
        stage
    }

    /// A week of one system, all of it fetched; then these keys.
    fn week(&self, keys: &str) -> Stage {
        let mut with = self.settings();
        with.setup.known = vec![known("prod"), known("pki")];
        let mut stage = Stage::new(with);
        stage.begin("prod");
        stage.page("prod", entries::week_of_requests("prod"), week());
        stage.end("prod", End::Whole);
        stage.press(keys);
        stage
    }

    /// As [`Self::week`], with something typed after the keys.
    fn typed(&self, keys: &str, text: &str) -> Stage {
        let mut stage = self.week(keys);
        stage.type_text(text);
        stage
    }

    /// The first run; then these keys.
    fn first_run(&self, keys: &str) -> Stage {
        let mut stage = self.of(first_run(self.size));
        stage.press(keys);
        stage
    }
}

fn known(name: &str) -> Known {
    Known { name: name.into(), title: "A system".into() }
}

/// A record whose list rows say nothing, once its single records are known, a step before the last.
fn history(look: &Look) -> Stage {
    let mut stage = look.of(silent(look.size));
    let rows: Vec<_> = stage.events.clone();
    let known: Vec<Event> = rows.iter().skip(1).map(|event| told(event)).collect();
    stage.page("prod", known, week());
    stage.press("o");
    trace(&mut stage);
    stage.press("k");
    stage
}

/// One path's own history.
fn path(look: &Look) -> Stage {
    let mut stage = look.of(with_changes(Name::Dark, look.size));
    on(&mut stage, "/retention_days");
    stage.press("Enter");
    trace(&mut stage);
    stage
}

/// The question before many single records.
fn singles(look: &Look) -> Stage {
    let mut stage = look.of(silent(look.size));
    stage.press("D");
    let untold = stage.store.snapshot().untold(&crate::query::Query::all(), week(), &["prod"], 3);
    stage.send(Message::Untold { number: 1, untold: Box::new(untold) });
    stage
}

/// The detail of an entry that changed something; then these keys.
fn detail(look: &Look, keys: &str) -> Stage {
    let mut with = look.settings();
    with.sources[0].has_single = true;
    let mut stage = Stage::new(with);
    stage.begin("prod");
    let event = entries::settings_changed("prod", at("2026-05-20T09:12:44.5Z"));
    stage.page("prod", vec![event], week());
    stage.press("Enter");
    stage.press(keys);
    stage
}

/// An attacker's entry among others; then these keys.
fn hostile(look: &Look, keys: &str) -> Stage {
    let mut stage = look.week("");
    stage.page("prod", entries::incident("prod"), week());
    stage.press("/");
    stage.type_text("ip:203.0.113.9");
    stage.press("Enter j j");
    stage.press(keys);
    stage
}

/// The panes.
const PANES: &[(&str, Scene)] = &[
    ("week", |look| look.week("")),
    ("histogram", |look| look.week("Tab e")),
    ("brush", |look| look.week("Tab e v h h h")),
    ("zoomed", |look| look.week("Tab e v h h h Enter")),
    ("stacked", |look| look.week("Tab k j h h h")),
    ("facets", |look| look.week("b j j j")),
    ("lens", |look| look.week("a j")),
    ("revealed", |look| look.week("5 \\")),
    ("sorted", |look| look.week("j l l s")),
];

/// The detail, and what is hostile.
const DETAILS: &[(&str, Scene)] = &[
    ("detail", |look| detail(look, "")),
    ("changes", |look| detail(look, "PgDn")),
    ("record", |look| detail(look, "G")),
    ("hostile", |look| hostile(look, "")),
    ("hostile_detail", |look| hostile(look, "Enter")),
    ("history", history),
    ("path", path),
    ("singles", singles),
];

/// What is typed.
const PROMPTS: &[(&str, Scene)] = &[
    ("filter", |look| look.typed("/", "status:5xx -endpoint:/api/v2/runs* OR \"quota\"")),
    ("wrong", |look| look.typed("/", "status:5xx statsu:4")),
    ("presets", |look| look.week("/ Tab Tab")),
    ("values", |look| look.week("/ \"action:\" Tab Tab")),
    ("go_to", |look| look.typed("@", "05-18")),
    ("find", |look| look.typed("f", "status:503")),
    ("find_in_detail", |look| {
        let mut stage = look.of(with_changes(Name::Dark, look.size));
        stage.press("f");
        stage.type_text("retention");
        stage
    }),
    ("note", |look| look.typed("m ;", "the first one")),
    ("palette", |look| look.week(":")),
    ("palette_typed", |look| look.typed(":", "fetch")),
    ("own_window", |look| look.typed("t c", "2026-05-18..24h")),
    ("wrong_window", |look| look.typed("t c", "2026-05-18..24hx")),
    ("help_narrowed", |look| look.typed("? /", "copy")),
];

/// The other layers.
const LAYERS: &[(&str, Scene)] = &[
    ("help", |look| look.week("?")),
    ("time", |look| look.week("t")),
    ("log", |look| look.week("p p L")),
    ("copy", |look| look.week("Y")),
    ("export", |look| look.week("5 x")),
    ("sources", |look| look.week("S")),
    ("welcome", |look| look.first_run("")),
    ("welcome_file", |look| look.first_run("o")),
    ("welcome_form", |look| look.first_run("c Enter")),
    ("marks", |look| {
        let mut stage = look.week("j m j j m ;");
        stage.type_text("the first one");
        stage.press("Enter M");
        stage
    }),
    ("compare", |look| look.week("m j j m d")),
    ("why", |look| look.week("5 j 1 A j")),
    ("fields", |look| look.week("V j j")),
    ("pairs", |look| look.week("V Enter Enter j")),
    ("columns", |look| look.week("C j j")),
];

/// Every scene with its name.
pub(super) fn all() -> Vec<(&'static str, Scene)> {
    [PANES, DETAILS, STATES, PROMPTS, LAYERS].concat()
}

/// The sizes at which each is looked at.
pub(super) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

/// The same stage in another look.
pub(super) fn again(stage: &mut Stage, theme: Name, size: (u16, u16)) {
    stage.model.theme = Look::new(theme, stage.model.theme.ascii, size).theme;
    stage.model.table.columns.forget();
    stage.resize(size);
}

/// Every look of a table's scenes.
fn pictures(scenes: &[(&str, Scene)]) {
    for (name, scene) in scenes {
        let mut stage = scene(&Look::new(Name::Dark, false, SIZES[0]));
        let mut plain = scene(&Look::new(Name::Dark, true, SIZES[0]));
        for (wide, high) in SIZES {
            again(&mut stage, Name::Dark, (wide, high));
            insta::assert_snapshot!(format!("{name}_{wide}x{high}"), stage.text());
            again(&mut plain, Name::Dark, (wide, high));
            let text = plain.text();
            assert!(text.is_ascii(), "{name}: {text}");
            insta::assert_snapshot!(format!("{name}_{wide}x{high}_ascii"), text);
        }
        for (wide, high) in SIZES {
            for theme in [Name::Dark, Name::Light, Name::Mono] {
                again(&mut stage, theme, (wide, high));
                let name = format!("{name}_{wide}x{high}_{}", theme.name());
                insta::assert_snapshot!(name, styles(&stage.buffer()));
            }
            insta::assert_snapshot!(format!("{name}_{wide}x{high}_mono_text"), stage.text());
        }
    }
}

#[test]
fn the_panes() {
    pictures(PANES);
    let contrast = Look::new(Name::Contrast, false, SIZES[0]).week("");
    insta::assert_snapshot!("week_80x24_contrast", styles(&contrast.buffer()));
}

#[test]
fn the_details_and_what_is_hostile() {
    pictures(DETAILS);
}

#[test]
fn the_states() {
    pictures(STATES);
}

#[test]
fn what_is_typed() {
    pictures(PROMPTS);
}

#[test]
fn the_layers() {
    pictures(LAYERS);
}

/// A layer's own name; a layer that is new has to be given one here, and a picture.
fn name(overlay: &Overlay) -> &'static str {
    match overlay {
        Overlay::Help(_) => "help",
        Overlay::Time(_) => "time",
        Overlay::Messages(_) => "messages",
        Overlay::Palette(_) => "palette",
        Overlay::Copy(_) => "copy",
        Overlay::Sources(_) => "sources",
        Overlay::Export(_) => "export",
        Overlay::Welcome(_) => "welcome",
        Overlay::Ask(_) => "ask",
        Overlay::Marks(_) => "marks",
        Overlay::Compare(_) => "compare",
        Overlay::Singles(_) => "singles",
        Overlay::Record(_) => "record",
        Overlay::Why(_) => "why",
        Overlay::Pairs(_) => "pairs",
        Overlay::Columns(_) => "columns",
        Overlay::Line(_) => "line",
    }
}

#[test]
fn every_pane_and_layer_has_its_pictures() {
    let mut layers = std::collections::BTreeSet::new();
    let mut panes = Vec::new();
    for (_, scene) in all() {
        let stage = scene(&Look::new(Name::Dark, false, SIZES[0]));
        layers.extend(stage.model.overlays.last().map(name));
        panes.push((stage.model.focus, stage.model.filter.is_editing()));
    }
    let all = [
        "ask", "columns", "compare", "copy", "export", "help", "line", "marks", "messages", "pairs",
        "palette", "record", "singles", "sources", "time", "welcome", "why",
    ];
    assert_eq!(layers.into_iter().collect::<Vec<_>>(), all);
    for pane in [Region::Table, Region::Histogram, Region::Detail, Region::Facets] {
        assert!(panes.contains(&(pane, false)), "{pane:?}");
    }
    assert!(panes.contains(&(Region::Table, true)), "the filter line");
}

#[test]
fn the_volume_behind_a_filter() {
    let mut stage = Stage::whole(Name::Dark, (200, 60));
    stage.press("4 5");
    insta::assert_snapshot!("volume_200x60", stage.text());
    insta::assert_snapshot!("volume_200x60_dark", styles(&stage.buffer()));
}
