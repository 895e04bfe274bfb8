//! An entry in sections: what happened, actor, target, request, changes.
//!
//! A label stands before its value; what is absent has no line. Not here: everything else in the
//! record and the record itself (`detail/record`).

use crate::event::field::Field;
use crate::event::{Class, Event, Kind, Rank};
use crate::ui::cells::{Text, grouped};
use crate::ui::model::Single;
use crate::ui::pane::table;
use crate::ui::theme::Role;
use crate::ui::widget::diff;
use crate::ui::zone;

use super::sheet::Builder;
use super::subject::Subject;

/// The width of labels.
const LABEL: usize = 13;
/// From so many lines of changes on the other paths are counted alone.
const MOST_CHANGES: usize = 5_000;

/// Adds the sections of an entry.
pub fn add(event: &Event, out: &mut Builder<'_>) {
    happened(event, out);
    fields(
        "ACTOR",
        event,
        &[
            ("name", Field::ActorName),
            ("id", Field::ActorId),
            ("e-mail", Field::ActorEmail),
            ("type", Field::ActorType),
        ],
        out,
    );
    fields(
        "TARGET",
        event,
        &[("name", Field::TargetName), ("id", Field::TargetId), ("type", Field::TargetType)],
        out,
    );
    fields(
        "REQUEST",
        event,
        &[
            ("method", Field::Method),
            ("endpoint", Field::Endpoint),
            ("ip", Field::Ip),
            ("client", Field::Client),
            ("user agent", Field::UserAgent),
            ("organization", Field::Org),
            ("project", Field::Project),
        ],
        out,
    );
    changes(event, out);
}

fn label(label: &str, out: &Builder<'_>) -> Text {
    Text::own(&format!("  {label:<LABEL$}"), Role::Dim, out.context.theme)
}

/// A labelled value that others wrote.
fn entry(named: &str, value: &str, field: Option<Field>, out: &mut Builder<'_>) {
    let mut line = label(named, out);
    line.push_long(value, out.context.theme.style(Role::Text), out.context.theme);
    out.push_of(&line, LABEL + 2, field.map(Subject::Field).as_ref());
}

/// A section of fields; none where the entry has none of them.
fn fields(heading: &str, event: &Event, fields: &[(&str, Field)], out: &mut Builder<'_>) {
    let present: Vec<_> = fields
        .iter()
        .filter_map(|(label, field)| Some((*label, *field, event.text(*field)?)))
        .filter(|(_, _, value)| !value.is_empty())
        .collect();
    if present.is_empty() {
        return;
    }
    out.heading(heading, "");
    for (label, field, value) in present {
        entry(label, &value, Some(field), out);
    }
}

fn happened(event: &Event, out: &mut Builder<'_>) {
    let theme = out.context.theme;
    let class = event.class();
    out.heading("WHAT HAPPENED", "");
    let age = zone::length(out.context.now.micros() - event.time.micros());
    let time = label("time", out).and(&out.context.zone.full(event.time), Role::Text, theme).and(
        &format!("  {age} ago"),
        Role::Dim,
        theme,
    );
    out.push_of(&time, LABEL + 2, Some(&Subject::Field(Field::Time)));
    if let Some(action) = &event.action {
        entry("action", action, Some(Field::Action), out);
    }
    let mut result = label("result", out);
    if let Some(status) = event.status {
        result.push_own(&format!("{status} "), Role::class(class), theme);
    }
    result.push_own(event.outcome.name(), Role::class(class), theme);
    if class == Class::Unknown {
        result.push_own("  (a status outside 200 to 599)", Role::Dim, theme);
    }
    let by = if event.status.is_some() { Field::Status } else { Field::Outcome };
    out.push_of(&result, LABEL + 2, Some(&Subject::Field(by)));
    if let Some(latency) = &event.latency_ms {
        entry("took", &format!("{} ms", latency.as_str()), Some(Field::Latency), out);
    }
    if let Some(message) = event.message.as_deref().filter(|message| !message.is_empty()) {
        entry("message", message, Some(Field::Message), out);
    }
    if let Some(id) = event.request_id.as_deref().filter(|id| !id.is_empty()) {
        entry("request id", id, Some(Field::RequestId), out);
    }
    if let Some(id) = event.id.as_deref().filter(|id| !id.is_empty() && event.request_id != event.id) {
        entry("id", id, Some(Field::Id), out);
    }
    let title = out.context.source.map_or(&*event.provider, |source| &*source.title);
    let mut source = format!("{} ({title})", event.source);
    if let Some(workspace) = &event.workspace {
        source.push_str("  ");
        source.push_str(workspace);
    }
    entry("source", &source, Some(Field::Source), out);
    let kinds: Vec<&str> =
        Kind::ALL.into_iter().filter(|kind| event.kinds.contains(*kind)).map(Kind::name).collect();
    if !kinds.is_empty() {
        entry("kind", &kinds.join(", "), None, out);
    }
    for (badge, is_so, words) in [
        (
            "!",
            table::is_hostile(event),
            "holds control, bidi or invisible characters; they are shown as marks",
        ),
        ("=", table::is_formula(event), "holds a text that a spreadsheet would run; it is guarded in CSV"),
    ] {
        if is_so {
            let warning = Text::own(&format!("  {badge} "), Role::Warning, theme);
            out.push(&warning.and(&format!(" this entry {words}"), Role::Notice, theme), 5);
        }
    }
}

fn changes(event: &Event, out: &mut Builder<'_>) {
    let theme = out.context.theme;
    let has_single = out.context.source.is_some_and(|source| source.has_single);
    match &event.changes {
        Some(list) if list.is_empty() => {
            out.heading("CHANGES", "");
            out.push(&Text::own("  nothing changed", Role::Dim, theme), 2);
        }
        Some(list) => {
            let count = if list.len() == 1 {
                "  1 path".to_owned()
            } else {
                format!("  {} paths", grouped(list.len() as u64))
            };
            out.heading("CHANGES", &count);
            let before = out.count();
            for (place, change) in list.iter().enumerate() {
                if out.count() - before > MOST_CHANGES {
                    let words = format!("  … {} more paths", grouped((list.len() - place) as u64));
                    out.push(&Text::own(&words, Role::Notice, theme), 2);
                    break;
                }
                if place > 0 {
                    out.blank();
                }
                for line in diff::lines(change, theme) {
                    let mut indented = Text::own("  ", Role::Text, theme);
                    indented.extend(line);
                    out.push_of(&indented, 4, Some(&Subject::Path(change.path.clone())));
                }
            }
        }
        None if !has_single => return,
        None => out.heading("CHANGES", ""),
    }
    if !has_single || event.rank == Rank::Single {
        if event.changes.is_none() {
            out.push(&Text::own("  the record says nothing of changes", Role::Dim, theme), 2);
        }
        return;
    }
    match out.context.single {
        Some(Single::Failed(why)) => {
            let mut line = Text::own("  the single record could not be fetched: ", Role::Error, theme);
            line.push_entry(why, theme.style(Role::Text), theme);
            out.push(&line, 4);
            out.push(&Text::own("  r", Role::Key, theme).and(" tries again", Role::Dim, theme), 2);
        }
        Some(Single::Loading) | None => {
            out.push(&Text::own("  the single record is being fetched…", Role::Notice, theme), 2);
        }
    }
}
