//! States that come over an explorer: fetched in part, made to wait, paused, refused, empty; entries
//! with words of every script, a record that is huge, a chain that is broken.

use std::fmt::Write;

use super::super::inside::trace;
use super::super::snapshots::{refused, under_way};
use super::super::*;
use super::{Look, Scene, known};
use crate::event::{Actor, Change, ChangeOp, Rank, Record, Target};
use crate::json::{Json, Node};
use crate::ui::message::Lacking;
use crate::ui::session::View;
use crate::ui::setup::Opened;

/// The states.
pub(super) const STATES: &[(&str, Scene)] = &[
    ("fetching", |look| Stage::new(look.settings())),
    ("under_way", |look| look.of(under_way(Name::Dark, look.size))),
    ("offer", |look| {
        let mut stage = look.of(under_way(Name::Dark, look.size));
        stage.press("5");
        stage
    }),
    ("paused", |look| {
        let mut stage = look.of(under_way(Name::Dark, look.size));
        stage.press("p G");
        stage.now = stage.now.plus(60_000_000);
        stage.send(Message::Woke);
        stage
    }),
    ("refused", |look| {
        let mut stage = Stage::new(look.settings());
        stage.begin("prod");
        stage.end("prod", refused());
        stage
    }),
    ("partly_refused", |look| {
        let mut settings = look.settings();
        settings.sources.push(source("pki", "Keys"));
        let mut stage = Stage::new(settings);
        stage.begin("prod");
        stage.begin("pki");
        stage.page("prod", entries::week_of_requests("prod"), week());
        stage.end("prod", End::Whole);
        stage.end("pki", refused());
        stage
    }),
    ("empty", |look| {
        let mut stage = Stage::new(look.settings());
        stage.begin("prod");
        stage.page("prod", Vec::new(), week());
        stage.end("prod", End::Whole);
        stage
    }),
    ("no_match", |look| look.week("/ \"actor:nobody\" Enter")),
    ("nothing_opened", |look| {
        let mut with = look.settings();
        with.sources = Vec::new();
        with.setup.opened = Opened::Nothing;
        with.setup.known = vec![known("prod"), known("pki")];
        Stage::new(with)
    }),
    ("leaving", |look| {
        let mut stage = look.week("");
        stage.send(Message::Lacking(Lacking { count: 48_213, failure: None, version: 0 }));
        stage.press("q");
        stage
    }),
    ("cell", |look| look.week("j m j m l l l")),
    ("views", |look| {
        let mut with = look.settings();
        with.setup.known = vec![known("prod"), known("pki")];
        for (name, filter) in [("night shift", "status:5xx"), ("роли 役割", "is:role -actor:bot*")] {
            let (name, filter) = (name.to_owned(), filter.to_owned());
            with.setup.saved.save(View { name, filter, sources: vec!["prod".to_owned()], ..View::default() });
        }
        let mut stage = Stage::new(with);
        stage.press("S j +");
        stage
    }),
    ("scripts", |look| scripts(look, "j")),
    ("scripts_detail", |look| scripts(look, "g Enter")),
    ("huge", huge),
    ("broken", broken),
];

/// Entries in the words of many scripts; then these keys.
fn scripts(look: &Look, keys: &str) -> Stage {
    let mut stage = Stage::new(look.settings());
    stage.begin("prod");
    let texts = [
        ("用户登录", "山田太郎", "監査ログ閲覧権限グループ"),
        ("cafe\u{301} ouvert", "Zoë Nin\u{303}o", "re\u{301}sume\u{301}"),
        ("تسجيل الدخول", "سارة", "مستند سري"),
        ("התחברות", "דוד", "תיקייה"),
        ("delete 🗑", "👩\u{200d}💻 dev", "🇩🇪 Büro"),
        ("a_very_long_action_name_without_any_blank_in_it_that_goes_on_and_on", "x", "y"),
        ("update", "an.actor.with.a.very.long.address@a-very-long-subdomain.example.com", "z"),
    ];
    let events = texts.iter().enumerate().map(|(number, (action, actor, target))| Event {
        action: Some((*action).to_owned()),
        actor: Actor { name: Some((*actor).to_owned()), ..Actor::default() },
        target: Target { name: Some((*target).to_owned()), ..Target::default() },
        message: Some(format!("{actor}: {action} → {target}")),
        ip: Some(format!("2001:db8:85a3::8a2e:370:{number}")),
        ..entries::bare("prod", &format!("e{number}"), week().until.plus(-(number as i64 + 1) * 60_000_000))
    });
    stage.page("prod", events.collect(), week());
    stage.end("prod", End::Whole);
    stage.press(keys);
    stage
}

/// The end of a record of a hundred levels, many members and a long text.
fn huge(look: &Look) -> Stage {
    let mut record = String::from("{\"id\":\"big\",");
    for number in 0..400 {
        let _ = write!(record, "\"member_{number}\":{{\"value\":{number},\"list\":[1,2,3]}},");
    }
    let deep = format!("{}1{}", "[".repeat(90), "]".repeat(90));
    let _ = write!(record, "\"deep\":{deep},\"text\":\"{}\"}}", "0123456789abcdef".repeat(9_000));
    let mut stage = Stage::new(look.settings());
    stage.begin("prod");
    let event = Event {
        action: Some("import".to_owned()),
        record: Record::from_node(Node::parse(&record).expect("json")),
        ..entries::bare("prod", "big", at("2026-05-20T09:12:44Z"))
    };
    stage.page("prod", vec![event], week());
    stage.end("prod", End::Whole);
    stage.press("Enter G");
    stage
}

/// A record's history with a place where an entry found something else than the one before it left.
fn broken(look: &Look) -> Stage {
    let json = |text: &str| Json::from_node(Node::parse(text).expect("json"));
    let step = |id: &str, clock: &str, before: &str, after: &str| Event {
        action: Some("UPDATE".to_owned()),
        actor: Actor { name: Some("alice".to_owned()), ..Actor::default() },
        target: Target { kind: Some("project".to_owned()), id: Some("prj_5".to_owned()), name: None },
        changes: Some(vec![Change {
            op: ChangeOp::Replace,
            path: "/retention_days".to_owned(),
            before: Some(json(before)),
            after: Some(json(after)),
        }]),
        rank: Rank::Single,
        ..entries::bare("prod", id, at(&format!("2026-05-20T{clock}:00Z")))
    };
    let mut stage = Stage::new(look.settings());
    stage.begin("prod");
    let events = vec![
        step("a", "08:10", "90", "30"),
        step("b", "09:40", "45", "7"),
        step(
            "c",
            "11:05",
            "7",
            "\"a policy of its own, told in a text that has no end before the line has\"",
        ),
    ];
    stage.page("prod", events, week());
    stage.end("prod", End::Whole);
    stage.press("o");
    trace(&mut stage);
    stage.press("g");
    stage
}
