//! An entry as lines: what happened, actor, target, request, changes, everything else in the record,
//! the record verbatim.
//!
//! A label stands before its value; what is absent has no line. Nothing of the record is lost: what
//! no section says stands in the tree, and all of it stands verbatim below.

use std::collections::HashSet;

use crate::event::field::Field;
use crate::event::{Class, Event, Kind, Rank};
use crate::json::{self, Node, Pointer};
use crate::text;
use crate::timestamp::Timestamp;
use crate::ui::cells::Text;
use crate::ui::feed::SourceInfo;
use crate::ui::model::Single;
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::{diff, jsontree};
use crate::ui::zone::{self, Zone};

use super::Line;
use super::subject::Subject;

/// The width of labels.
const LABEL: usize = 13;
/// The most bytes of a record that are shown verbatim; the rest is counted.
const VERBATIM: usize = 256 * 1024;
/// Containers of at most so many members are open at first.
const SMALL: usize = 8;

/// What the lines depend on besides the entry.
pub struct Context<'a> {
    /// The entry's source, where it is known.
    pub source: Option<&'a SourceInfo>,
    /// What is known of the single record.
    pub single: Option<&'a Single>,
    /// The zone of the shown times.
    pub zone: Zone,
    /// The present instant, for the age.
    pub now: Timestamp,
    /// Containers that are not as they are at first.
    pub folds: &'a HashSet<Pointer>,
    /// The width of a line.
    pub width: usize,
    /// How it looks.
    pub theme: &'a Theme,
}

/// The lines of an entry.
pub fn lines(event: &Event, context: &Context<'_>) -> Vec<Line> {
    let mut out = Lines { context, lines: Vec::new() };
    happened(event, &mut out);
    out.fields(
        "ACTOR",
        event,
        &[
            ("name", Field::ActorName),
            ("id", Field::ActorId),
            ("e-mail", Field::ActorEmail),
            ("type", Field::ActorType),
        ],
    );
    out.fields(
        "TARGET",
        event,
        &[("name", Field::TargetName), ("id", Field::TargetId), ("type", Field::TargetType)],
    );
    out.fields(
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
    );
    changes(event, &mut out);
    rest(event, &mut out);
    verbatim(event, &mut out);
    out.lines
}

/// Lines being made.
struct Lines<'a> {
    context: &'a Context<'a>,
    lines: Vec<Line>,
}

impl Lines<'_> {
    fn theme(&self) -> &Theme {
        self.context.theme
    }

    fn push(&mut self, text: &Text, indent: usize) {
        self.push_of(text, indent, None, None);
    }

    /// A line, wrapped, of what it speaks of.
    fn push_of(&mut self, text: &Text, indent: usize, subject: Option<&Subject>, fold: Option<&Pointer>) {
        let mut whole: Box<str> = text.plain().into();
        for (place, text) in text.wrapped(self.context.width, indent).into_iter().enumerate() {
            let fold = fold.filter(|_| place == 0).cloned();
            self.lines.push(Line {
                text,
                fold,
                subject: subject.cloned(),
                whole: std::mem::take(&mut whole),
            });
        }
    }

    fn blank(&mut self) {
        self.push(&Text::new(), 0);
    }

    fn heading(&mut self, words: &str, note: &str) {
        if !self.lines.is_empty() {
            self.blank();
        }
        let text = Text::own(words, Role::Label, self.theme()).and(note, Role::Dim, self.theme());
        self.push(&text, 0);
    }

    fn label(&self, label: &str) -> Text {
        Text::own(&format!("  {label:<LABEL$}"), Role::Dim, self.theme())
    }

    /// A labelled value that others wrote.
    fn entry(&mut self, label: &str, value: &str, field: Option<Field>) {
        let mut line = self.label(label);
        let style = self.theme().style(Role::Text);
        line.push_entry(value, style, self.context.theme);
        self.push_of(&line, LABEL + 2, field.map(Subject::Field).as_ref(), None);
    }

    /// A section of fields; none where the entry has none of them.
    fn fields(&mut self, heading: &str, event: &Event, fields: &[(&str, Field)]) {
        let present: Vec<_> = fields
            .iter()
            .filter_map(|(label, field)| Some((*label, *field, event.text(*field)?)))
            .filter(|(_, _, value)| !value.is_empty())
            .collect();
        if present.is_empty() {
            return;
        }
        self.heading(heading, "");
        for (label, field, value) in present {
            self.entry(label, &value, Some(field));
        }
    }
}

fn happened(event: &Event, out: &mut Lines<'_>) {
    let theme = out.context.theme;
    let class = event.class();
    out.heading("WHAT HAPPENED", "");
    let age = zone::length(out.context.now.micros() - event.time.micros());
    let time = out.label("time").and(&out.context.zone.full(event.time), Role::Text, theme).and(
        &format!("  {age} ago"),
        Role::Dim,
        theme,
    );
    out.push_of(&time, LABEL + 2, Some(&Subject::Field(Field::Time)), None);
    if let Some(action) = &event.action {
        out.entry("action", action, Some(Field::Action));
    }
    let mut result = out.label("result");
    if let Some(status) = event.status {
        result.push_own(&format!("{status} "), Role::class(class), theme);
    }
    result.push_own(event.outcome.name(), Role::class(class), theme);
    if class == Class::Unknown {
        result.push_own("  (a status outside 200 to 599)", Role::Dim, theme);
    }
    let by = if event.status.is_some() { Field::Status } else { Field::Outcome };
    out.push_of(&result, LABEL + 2, Some(&Subject::Field(by)), None);
    if let Some(latency) = &event.latency_ms {
        out.entry("took", &format!("{} ms", latency.as_str()), Some(Field::Latency));
    }
    if let Some(message) = event.message.as_deref().filter(|message| !message.is_empty()) {
        out.entry("message", message, Some(Field::Message));
    }
    if let Some(id) = event.request_id.as_deref().filter(|id| !id.is_empty()) {
        out.entry("request id", id, Some(Field::RequestId));
    }
    if let Some(id) = event.id.as_deref().filter(|id| !id.is_empty() && event.request_id != event.id) {
        out.entry("id", id, Some(Field::Id));
    }
    let title = out.context.source.map_or(&*event.provider, |source| &*source.title);
    let mut source = format!("{} ({title})", event.source);
    if let Some(workspace) = &event.workspace {
        source.push_str("  ");
        source.push_str(workspace);
    }
    out.entry("source", &source, Some(Field::Source));
    let kinds: Vec<&str> =
        Kind::ALL.into_iter().filter(|kind| event.kinds.contains(*kind)).map(Kind::name).collect();
    if !kinds.is_empty() {
        out.entry("kind", &kinds.join(", "), None);
    }
    if super::super::table::is_hostile(event) {
        let words = "this entry holds control, bidi or invisible characters; they are shown as marks";
        let warning = Text::own("  ! ", Role::Warning, theme).and(&format!(" {words}"), Role::Notice, theme);
        out.push(&warning, 5);
    }
}

fn changes(event: &Event, out: &mut Lines<'_>) {
    let theme = out.context.theme;
    let has_single = out.context.source.is_some_and(|source| source.has_single);
    match &event.changes {
        Some(list) if list.is_empty() => {
            out.heading("CHANGES", "");
            out.push(&Text::own("  nothing changed", Role::Dim, theme), 2);
        }
        Some(list) => {
            let count =
                if list.len() == 1 { "  1 path".to_owned() } else { format!("  {} paths", list.len()) };
            out.heading("CHANGES", &count);
            for (place, change) in list.iter().enumerate() {
                if place > 0 {
                    out.blank();
                }
                for line in diff::lines(change, theme) {
                    let mut indented = Text::own("  ", Role::Text, theme);
                    indented.extend(line);
                    out.push_of(&indented, 4, Some(&Subject::Path(change.path.clone())), None);
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

/// The texts that the sections above have said, with the names under which a record may hold them.
fn told(event: &Event) -> HashSet<String> {
    let fields = crate::event::field::TABLE.iter().map(|info| info.field);
    fields
        .filter(|field| !matches!(field, Field::Raw | Field::Changes | Field::Time | Field::Class))
        .flat_map(|field| event.texts(field).into_iter().map(str::to_owned).collect::<Vec<_>>())
        .chain(event.text(Field::Status).map(std::borrow::Cow::into_owned))
        .chain(event.latency_ms.as_ref().map(|latency| latency.as_str().to_owned()))
        .collect()
}

/// Whether a value of the record is one that the sections above have said: a text of theirs that is
/// long enough not to be another's by chance, or stands under a field's own name; or the time.
fn is_told(pointer: &Pointer, node: Node<'_>, event: &Event, told: &HashSet<String>) -> bool {
    let Some(value) = node.scalar() else { return false };
    if node.kind() == json::Kind::Bool {
        return false;
    }
    if Timestamp::parse(&value) == Some(event.time) {
        return true;
    }
    let Some(name) = pointer.tokens().last() else { return false };
    let named = || {
        let name = text::fold(name);
        Field::names().any(|known| {
            known == name
                || known.rsplit('.').next() == Some(&name)
                || name.strip_suffix("_address") == Some(known)
        })
    };
    told.contains(&*value) && (value.len() >= 6 || named())
}

/// Whether a container of the record is open before anything was folded.
pub(super) fn is_open_at_first(depth: usize, node: Node<'_>) -> bool {
    depth == 0 && jsontree::size(node).is_some_and(|size| size <= SMALL)
}

fn rest(event: &Event, out: &mut Lines<'_>) {
    let theme = out.context.theme;
    let told = told(event);
    let root = event.record.node();
    let folds = out.context.folds;
    let open = |pointer: &Pointer, depth: usize, node: Node<'_>| {
        is_open_at_first(depth, node) != folds.contains(pointer)
    };
    let skip = |pointer: &Pointer, node: Node<'_>| {
        is_told(pointer, node, event, &told) || is_all_told(pointer, node, event, &told)
    };
    let (rows, cut) = jsontree::lines(root, open, skip);
    if rows.is_empty() {
        return;
    }
    out.heading("EVERYTHING ELSE IN THE RECORD", "");
    for row in &rows {
        let mut text = Text::own("  ", Role::Text, theme);
        text.extend(jsontree::text(row, theme));
        let indent = 6 + 2 * row.depth.min(8);
        let fold = row.open.map(|_| &row.pointer);
        out.push_of(&text, indent, Some(&Subject::Pointer(row.pointer.clone())), fold);
    }
    if cut {
        let words =
            format!("  more than {} values: the rest stands in the record below", jsontree::MOST_LINES);
        out.push(&Text::own(&words, Role::Notice, theme), 2);
    }
}

/// Whether all values of a small container have been said.
fn is_all_told(pointer: &Pointer, node: Node<'_>, event: &Event, told: &HashSet<String>) -> bool {
    match jsontree::size(node) {
        Some(1..=SMALL) => {
            node.members().all(|(key, value)| is_told(&pointer.child(&key), value, event, told))
                && node.elements().all(|value| is_told(pointer, value, event, told))
        }
        _ => false,
    }
}

fn verbatim(event: &Event, out: &mut Lines<'_>) {
    let theme = out.context.theme;
    let record = event.record.as_str();
    let note = match event.rank {
        Rank::Single => "  the single record, verbatim",
        Rank::ListRow => "  verbatim",
    };
    out.heading("RECORD", note);
    let mut end = record.len().min(VERBATIM);
    while !record.is_char_boundary(end) {
        end -= 1;
    }
    let mut text = Text::own("  ", Role::Text, theme);
    text.push_entry(&record[..end], theme.style(Role::Text), theme);
    out.push(&text, 2);
    if end < record.len() {
        let more = format!("  … {} more bytes", crate::ui::cells::grouped((record.len() - end) as u64));
        out.push(&Text::own(&more, Role::Notice, theme), 2);
    }
}
