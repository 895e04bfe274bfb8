//! The part of a descriptor that says how a record is read.
//!
//! - A text field is `"/pointer"`, a list of sources (the first that is not empty), a template
//!   `"{/a} {/b}"`, `{ constant = "text" }`, or `{ fan_out = true }` (the value that was asked for).
//! - `actor` and `target` are a table of `type`, `id`, `name` (and `email`), or a list of such
//!   tables: the first that the record has anything of.
//! - `organization` is a table with either `id` or `name`.
//! - `[kinds]`: a kind's name and a list of rules; a rule is a pattern for the action (`*` for any
//!   run of characters, case does not matter), or a table from fields to patterns, all of which
//!   must fit.
//! - `[clients]`: `rows` of `name` and `contains` (alternatives; a list in it: all of them), and
//!   `otherwise`.

use crate::event::Kind;
use crate::event::field::{Field, Type};
use crate::json::Pointer;
use crate::provider::OrganizationIs;
use crate::provider::changes::Encoding;
use crate::provider::mapping::{
    ClientRow, ClientTable, Full, IdScope, KindTable, Mapping, Party, Path, Piece, TextSource,
};
use crate::query::{Folded, Glob};
use crate::text;
use crate::written::{Error, Table, Value, unknown};

const KEYS: &[&str] = &[
    "id",
    "id_scope",
    "time",
    "time_format",
    "status",
    "action",
    "method",
    "endpoint",
    "actor",
    "target",
    "organization",
    "project",
    "ip",
    "user_agent",
    "latency_ms",
    "request_id",
    "message",
];

/// How deep lists of sources may nest.
const DEEPEST: usize = 4;

pub(super) fn mapping(top: &Table<'_>) -> Result<Mapping, Error> {
    let fields = top.need("fields")?.table(KEYS)?;
    let text = |key: &str| fields.get(key).map(|value| source(&value, DEEPEST)).transpose();
    let paths = |key: &str| -> Result<Vec<Path>, Error> {
        let pointers = fields.get(key).map(|value| value.pointers()).transpose()?.unwrap_or_default();
        Ok(pointers.iter().map(Path::new).collect())
    };
    fields.need("time")?;
    let id_scope = fields
        .get("id_scope")
        .map(|value| value.one_of(&[("system", IdScope::System), ("fan_out", IdScope::FanOut)]));
    Ok(Mapping {
        id: text("id")?,
        id_scope: id_scope.transpose()?.unwrap_or_default(),
        time: paths("time")?,
        time_format: super::time_format(fields.get("time_format"), 6)?,
        status: paths("status")?,
        action: text("action")?,
        method: text("method")?,
        endpoint: text("endpoint")?,
        actor: parties(&fields, "actor", &["type", "id", "name", "email"])?,
        target: parties(&fields, "target", &["type", "id", "name"])?,
        organization: organization(&fields)?.map(|(source, _)| source),
        project: text("project")?,
        ip: text("ip")?,
        user_agent: text("user_agent")?,
        latency: paths("latency_ms")?,
        request_id: text("request_id")?,
        message: text("message")?,
        client: top.get("clients").map(|value| clients(&value)).transpose()?,
        failure_endings: match top.get("outcome") {
            Some(outcome) => failure_endings(&outcome)?,
            None => Vec::new(),
        },
        kinds: top.get("kinds").map(|value| kinds(&value)).transpose()?.unwrap_or_default(),
        changes: match top.get("changes") {
            Some(changes) => changes.one_or_list()?.iter().map(encoding).collect::<Result<_, _>>()?,
            None => Vec::new(),
        },
    })
}

pub(super) fn organization_is(top: &Table<'_>) -> Result<OrganizationIs, Error> {
    let found = organization(&top.need("fields")?.table(KEYS)?)?;
    Ok(found.map_or_else(OrganizationIs::default, |(_, is)| is))
}

fn organization(fields: &Table<'_>) -> Result<Option<(TextSource, OrganizationIs)>, Error> {
    let Some(value) = fields.get("organization") else {
        return Ok(None);
    };
    let table = value.table(&["id", "name"])?;
    match (table.get("id"), table.get("name")) {
        (Some(id), None) => Ok(Some((source(&id, DEEPEST)?, OrganizationIs::Id))),
        (None, Some(name)) => Ok(Some((source(&name, DEEPEST)?, OrganizationIs::Name))),
        _ => Err(value.error("needs either `id` or `name`")),
    }
}

fn source(value: &Value<'_>, depth: usize) -> Result<TextSource, Error> {
    if value.is_table() {
        let table = value.table(&["constant", "fan_out"])?;
        return match (table.text("constant")?, table.flag("fan_out")?) {
            (Some(text), false) => Ok(TextSource::Constant(text.into())),
            (None, true) => Ok(TextSource::FanOut),
            _ => Err(value.error("needs either `constant = \"text\"` or `fan_out = true`")),
        };
    }
    if value.is_list() {
        let sources = value.list()?;
        if sources.is_empty() || depth == 0 {
            return Err(value.error("expected one or more sources, not nested any deeper"));
        }
        let sources = sources.iter().map(|value| source(value, depth - 1)).collect::<Result<_, _>>()?;
        return Ok(TextSource::First(sources));
    }
    let text = value.text()?;
    if text.contains(['{', '}']) {
        return template(value, text).map(TextSource::Template);
    }
    Ok(TextSource::At(Path::new(&value.pointer()?)))
}

fn template(value: &Value<'_>, text: &str) -> Result<Vec<Piece>, Error> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.into()));
        }
        let (pointer, after) =
            after.split_once('}').ok_or_else(|| value.error("has a `{` without its `}`"))?;
        let pointer = Pointer::parse(pointer).filter(|pointer| !pointer.is_root());
        let pointer =
            pointer.ok_or_else(|| value.error("expected JSON pointers between the braces: {/name}"))?;
        pieces.push(Piece::Value(Path::new(&pointer)));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.into()));
    }
    let stray = |piece: &Piece| matches!(piece, Piece::Literal(text) if text.contains('}'));
    if pieces.iter().any(stray) {
        return Err(value.error("has a `}` without its `{`"));
    }
    Ok(pieces)
}

fn parties(fields: &Table<'_>, key: &str, keys: &[&str]) -> Result<Vec<Party>, Error> {
    let Some(value) = fields.get(key) else {
        return Ok(Vec::new());
    };
    value
        .one_or_list()?
        .iter()
        .map(|value| {
            let table = value.table(keys)?;
            let text = |key: &str| table.get(key).map(|value| source(&value, DEEPEST)).transpose();
            let party = Party {
                kind: text("type")?,
                id: text("id")?,
                name: text("name")?,
                email: text("email")?,
                number: 0,
            };
            if party == Party::default() {
                return Err(value.error(format!("is empty: expected {}", keys.join(", "))));
            }
            Ok(party)
        })
        .collect()
}

fn clients(value: &Value<'_>) -> Result<ClientTable, Error> {
    let table = value.table(&["rows", "otherwise"])?;
    let fold = |value: &Value<'_>| -> Result<Box<str>, Error> { Ok(text::fold(value.filled()?).into()) };
    let mut rows = Vec::new();
    for row in table.need("rows")?.list()? {
        let row = row.table(&["name", "contains"])?;
        let mut alternatives = Vec::new();
        for alternative in row.need("contains")?.one_or_list()? {
            let all = alternative.one_or_list()?.iter().map(fold).collect::<Result<Vec<_>, _>>()?;
            if all.is_empty() {
                return Err(alternative.error("must not be an empty list"));
            }
            alternatives.push(all);
        }
        rows.push(ClientRow { name: row.need_text("name")?.into(), contains: alternatives });
    }
    Ok(ClientTable { rows, otherwise: table.text("otherwise")?.map(Into::into) })
}

fn failure_endings(value: &Value<'_>) -> Result<Vec<Box<str>>, Error> {
    let table = value.table(&["failure_endings"])?;
    let words = table.need("failure_endings")?;
    let fits = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
    let texts = words.texts()?;
    if texts.iter().all(fits) {
        Ok(texts.into_iter().map(Into::into).collect())
    } else {
        Err(words.error("expected words of a to z"))
    }
}

fn kinds(value: &Value<'_>) -> Result<KindTable, Error> {
    let names = || Kind::ALL.into_iter().map(Kind::name);
    let mut table = KindTable::default();
    let full = |full: Full| value.error(full.to_string());
    for (name, rules) in value.named()? {
        let kind = Kind::named(name).ok_or_else(|| rules.error(unknown("kind of action", name, names())))?;
        let mut actions = Vec::new();
        for rule in rules.one_or_list()? {
            if rule.is_text() {
                actions.push(glob(rule.filled()?));
                continue;
            }
            let conditions = rule.named()?.into_iter().map(|(field, patterns)| condition(field, &patterns));
            let conditions = conditions.collect::<Result<Vec<_>, _>>()?;
            if conditions.is_empty() {
                return Err(rule.error("is empty: it would fit every entry"));
            }
            table.add(kind, conditions).map_err(full)?;
        }
        if !actions.is_empty() {
            table.add(kind, vec![(Field::Action, actions)]).map_err(full)?;
        }
    }
    Ok(table)
}

fn condition(name: &str, patterns: &Value<'_>) -> Result<(Field, Vec<Glob>), Error> {
    let single = |field: &Field| {
        let info = field.info();
        info.in_words && matches!(info.kind, Type::Text | Type::Address)
    };
    let names = || Field::words().filter(single).map(Field::name);
    let field = Field::named(name).filter(single);
    let field = field.ok_or_else(|| patterns.error(unknown("field", name, names())))?;
    Ok((field, patterns.texts()?.into_iter().map(glob).collect()))
}

/// A pattern: `*` is any run of characters.
fn glob(pattern: &str) -> Glob {
    Glob { pieces: pattern.split('*').map(Folded::new).collect() }
}

fn encoding(value: &Value<'_>) -> Result<(Path, Encoding), Error> {
    let table = value.table(&["at", "kind", "prefixes"])?;
    let at = Path::new(&table.need("at")?.pointer()?);
    let kind = table.need("kind")?;
    if kind.one_of(&[("undo_patch", true), ("pairs", false)])? {
        return match table.get("prefixes") {
            Some(prefixes) => Err(prefixes.error("belongs to `kind = \"pairs\"`")),
            None => Ok((at, Encoding::UndoPatch)),
        };
    }
    let mut prefixes = Vec::new();
    for pair in table.need("prefixes")?.list()? {
        let [before, after] = pair.texts()?[..] else {
            return Err(pair.error("expected two prefixes: of the side before, and of the side after"));
        };
        prefixes.push((before.into(), after.into()));
    }
    if prefixes.is_empty() {
        return Err(kind.error("needs one pair of prefixes or more"));
    }
    Ok((at, Encoding::Pairs { prefixes }))
}
