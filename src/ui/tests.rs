//! The explorer played by key scripts and looked at as text.
//!
//! The stage here stands in for the program around it: it keeps entries in a store, answers questions
//! from it, and keeps every other effect for the test to look at.

mod ahead;
mod buckets;
mod contrast;
pub(crate) mod entries;
mod fetching;
mod histories;
mod inside;
mod large;
mod layers;
mod leaving;
mod marked;
mod pictures;
mod properties;
mod questions;
mod scripts;
mod snapshots;
mod times;

use std::sync::Arc;

use ratatui::buffer::Buffer;

use crate::answer::{Answer, Histogram};
use crate::event::Event;
use crate::event::field::Field;
use crate::fetch::{End, Page, Part, Update};
use crate::interval::Interval;
use crate::provider::{Push, PushValues};
use crate::store::Store;
use crate::timestamp::Timestamp;

use super::effect::Effect;
use super::feed::SourceInfo;
use super::keymap::{Key, Keymap};
use super::message::{Input, Message};
use super::model::{Model, Settings};
use super::theme::{Depth, Name, Theme};
use super::update::update;
use super::view;

/// The explorer and what stands in for the world around it.
pub(super) struct Stage {
    pub(super) model: Model,
    pub(super) now: Timestamp,
    pub(super) events: Vec<Arc<Event>>,
    pub(super) store: Store,
    pub(super) effects: Vec<Effect>,
    /// Whether questions are answered at once; else they wait in `effects`.
    pub(super) answering: bool,
}

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is a time"))
}

pub(crate) fn week() -> Interval {
    Interval::new(at("2026-05-14T10:00:00Z"), at("2026-05-21T10:00:00Z"))
}

pub(super) fn source(name: &str, title: &str) -> SourceInfo {
    SourceInfo {
        name: name.into(),
        title: title.into(),
        retention_days: None,
        has_single: false,
        has_entity: false,
        pushes: vec![Push {
            field: Field::Status,
            param: "status".into(),
            values: PushValues::StatusClass,
            opt_in: false,
        }],
    }
}

pub(crate) fn settings(theme: Name, size: (u16, u16)) -> Settings {
    Settings {
        window: week(),
        filter: String::new(),
        sources: vec![source("prod", "Test stations")],
        theme: Theme::builtin(theme, Depth::True, false),
        keymap: Keymap::default(),
        zones: crate::ui::zone::Zones::default(),
        now: week().until,
        size,
        setup: crate::ui::setup::Setup::default(),
    }
}

impl Stage {
    pub(super) fn new(settings: Settings) -> Self {
        let now = settings.now;
        let (model, effects) = Model::new(settings);
        let mut stage = Self {
            model,
            now,
            events: Vec::new(),
            store: Store::new(),
            effects: Vec::new(),
            answering: true,
        };
        stage.perform(effects);
        stage
    }

    /// A week of one system, all of it fetched.
    pub(super) fn whole(theme: Name, size: (u16, u16)) -> Self {
        let mut stage = Self::new(settings(theme, size));
        stage.begin("prod");
        stage.page("prod", entries::week_of_requests("prod"), week());
        stage.end("prod", End::Whole);
        stage
    }

    pub(super) fn send(&mut self, message: Message) {
        let effects = update(&mut self.model, message, self.now);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Ask { generation, question } if self.answering => {
                    let answer = Box::new(self.store.snapshot().answer(&question));
                    self.send(Message::Answered { generation, answer });
                }
                Effect::Study { number, study } if self.answering => {
                    let studied = study.of(&self.store.snapshot(), &|| false).expect("nobody cancels it");
                    self.send(Message::Studied { number, studied: Box::new(studied) });
                }
                other => self.effects.push(other),
            }
        }
    }

    pub(super) fn begin(&mut self, source: &str) {
        self.fetched(Update::Began { part: part(source), window: week(), pushed: Vec::new() });
    }

    pub(super) fn page(&mut self, source: &str, events: Vec<Event>, covered: Interval) {
        self.events.extend(events.iter().cloned().map(Arc::new));
        self.store.append(events);
        let page = Page {
            part: part(source),
            number: 1,
            events: Vec::new(),
            skipped: Vec::new(),
            covered: vec![covered],
            progress: None,
            resume: None,
        };
        self.send(Message::Fetched { update: Update::Page(page), snapshot: Some(self.store.snapshot()) });
    }

    pub(super) fn end(&mut self, source: &str, end: End) {
        self.fetched(Update::Ended { part: part(source), end });
    }

    pub(super) fn fetched(&mut self, update: Update) {
        self.send(Message::Fetched { update, snapshot: None });
    }

    /// Presses keys, written as in the keymap, with blanks between them; `"text"` types each letter.
    pub(super) fn press(&mut self, keys: &str) {
        for written in keys.split_whitespace() {
            let typed = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let pressed: Vec<Key> = match typed {
                Some(text) => text.chars().map(|c| Key::parse(&c.to_string()).expect("a letter")).collect(),
                None => vec![Key::parse(written).unwrap_or_else(|| panic!("{written} is a key"))],
            };
            for key in pressed {
                self.send(Message::Input(Input::Key(key.event())));
            }
        }
    }

    /// Presses one key written as it is, blanks too.
    pub(super) fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            let written = if letter == ' ' { "Space".to_owned() } else { letter.to_string() };
            let key = Key::parse(&written).expect("a letter");
            self.send(Message::Input(Input::Key(key.event())));
        }
    }

    pub(super) fn resize(&mut self, size: (u16, u16)) {
        self.send(Message::Input(Input::Resize(size.0, size.1)));
    }

    /// Takes the effects so far.
    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub(super) fn buffer(&self) -> Buffer {
        let mut buffer = Buffer::empty(self.model.area());
        view::draw(&self.model, buffer.area, &mut buffer);
        buffer
    }

    /// The screen as text, a line each, blanks at the ends cut.
    pub(super) fn text(&self) -> String {
        let buffer = self.buffer();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut skip = 0;
            for x in 0..buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                line.push_str(symbol);
                skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// One line of the screen.
    pub(super) fn line(&self, y: usize) -> String {
        self.text().lines().nth(y).unwrap_or_default().to_owned()
    }
}

pub(crate) fn part(source: &str) -> Part {
    Part { source: source.into(), value: None }
}
