//! The part of a descriptor that says how pages are asked for: routes, paging, filters.
//!
//! Keys of `[[paging]]` by `kind` (with `size`: `param`, `min`, `max`, `only_if_set`):
//!
//! | kind | keys |
//! |---|---|
//! | `none` | |
//! | `offset` | `offset`, `size` |
//! | `page` | `page`, `first`, `size`, `more`, `total_pages` |
//! | `cursor` | `cursor`, `next`, `more`, `size` |
//! | `link` | `rel` |
//! | `descent` | `step_ms`, `suspect` |
//!
//! Several stand in the order of preference: the first that a page speaks is the walk's own.
//! A `push` has `field`, `param`, and either `one_of` (the server's own words) or `values`
//! (`integer`, `status_class`, `upper`, `lower`); `opt_in` leaves it to the source's `push`.

use crate::event::field::{Field, Type};
use crate::json::Pointer;
use crate::provider::{Detail, Named, PageSize, Paging, Provider, Push, PushValues, Route, path_variables};
use crate::written::{Error, Table, Value, unknown};

/// What a route lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The whole log.
    List,
    /// One entity's history.
    Entity,
}

/// The variables of a path that the program fills itself.
const OWN: &[&str] = &["entity_type", "entity_id", "id"];

/// A path with `{variable}`s; of those that the program fills it must have just `needed`.
pub(super) fn path<'d>(value: &Value<'d>, needed: &[&str]) -> Result<&'d str, Error> {
    let path = value.filled()?;
    if !path.starts_with('/') || path.starts_with("//") {
        return Err(value.error("must begin with one `/`"));
    }
    if path.contains(['?', '#', '\\']) || path.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(value.error("must have no query, no `#`, no `\\` and no white space"));
    }
    let variables = path_variables(path);
    let plain = |name: &&str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let braces = path.matches(['{', '}']).count();
    if braces != 2 * variables.len() || !variables.iter().all(plain) {
        return Err(value.error("has braces that are no `{variable}`"));
    }
    for own in OWN {
        let (there, wanted) = (variables.contains(own), needed.contains(own));
        if wanted && !there {
            return Err(value.error(format!("needs `{{{own}}}`")));
        }
        if there && !wanted {
            return Err(value.error(format!("`{{{own}}}` has no meaning in this route")));
        }
    }
    Ok(path)
}

pub(super) fn route(value: &Value<'_>, role: Role) -> Result<Route, Error> {
    let table = value.table(&["path", "query", "items", "push"])?;
    let needed: &[&str] = match role {
        Role::List => &[],
        Role::Entity => &["entity_type", "entity_id"],
    };
    let query = table.get("query").map(|value| value.named()).transpose()?.unwrap_or_default();
    let pushes = table.get("push").map(|value| value.list()).transpose()?.unwrap_or_default();
    Ok(Route {
        path: path(&table.need("path")?, needed)?.into(),
        query: query
            .iter()
            .map(|(name, value)| Ok(((*name).into(), value.text()?.into())))
            .collect::<Result<_, Error>>()?,
        items: match table.get("items") {
            Some(items) => items.pointers()?,
            None => vec![Pointer::default()],
        },
        pushes: pushes.iter().map(push).collect::<Result<_, _>>()?,
    })
}

pub(super) fn detail(value: &Value<'_>) -> Result<Detail, Error> {
    let table = value.table(&["path", "record"])?;
    let record = table.get("record").map(|value| value.pointer()).transpose()?;
    Ok(Detail { path: path(&table.need("path")?, &["id"])?.into(), record: record.unwrap_or_default() })
}

/// What variables are, in words for who has to give them.
pub(super) fn vars(value: &Value<'_>) -> Result<Vec<Named>, Error> {
    let words = |(name, value): &(&str, Value<'_>)| Ok(((*name).into(), value.filled()?.into()));
    value.named()?.iter().map(words).collect()
}

fn push(value: &Value<'_>) -> Result<Push, Error> {
    let table = value.table(&["field", "param", "values", "one_of", "opt_in"])?;
    let field = table.need("field")?;
    let name = field.filled()?;
    let known = Field::named(name).ok_or_else(|| field.error(unknown("field", name, Field::names())))?;
    if !matches!(known.info().kind, Type::Text | Type::Address | Type::Status) {
        return Err(field.error(format!("a filter on `{name}` cannot be sent to a server")));
    }
    let values = match (table.get("values"), table.get("one_of")) {
        (None, Some(words)) => PushValues::OneOf(words.texts()?.into_iter().map(Into::into).collect()),
        (Some(kind), None) => match kind.one_of(&[
            ("integer", Values::Integer),
            ("status_class", Values::StatusClass),
            ("upper", Values::Upper),
            ("lower", Values::Lower),
        ])? {
            Values::Integer => PushValues::Integer,
            Values::StatusClass => PushValues::StatusClass,
            Values::Upper => PushValues::Upper,
            Values::Lower => PushValues::Lower,
        },
        _ => return Err(value.error("needs either `values` or `one_of`")),
    };
    if (known == Field::Status) != (values == PushValues::StatusClass) {
        return Err(value.error("`status` goes with `values = \"status_class\"`, and nothing else does"));
    }
    Ok(Push { field: known, param: table.need_text("param")?.into(), values, opt_in: table.flag("opt_in")? })
}

/// The words of `values`.
#[derive(Clone, Copy)]
enum Values {
    Integer,
    StatusClass,
    Upper,
    Lower,
}

/// The words of `kind`.
#[derive(Clone, Copy)]
enum Kind {
    None,
    Offset,
    Page,
    Cursor,
    Link,
    Descent,
}

/// All strategies, in the order of preference.
pub(super) fn paging(top: &Table<'_>) -> Result<Vec<Paging>, Error> {
    let Some(value) = top.get("paging") else {
        return match top.get("list") {
            Some(list) => Err(list.error("needs `[[paging]]` beside it")),
            None => Ok(Vec::new()),
        };
    };
    let entries = value.one_or_list()?;
    let mut strategies = Vec::new();
    for entry in &entries {
        let strategy = strategy(entry)?;
        let alone = matches!(strategy, Paging::None | Paging::Offset { .. } | Paging::Page { .. });
        if alone && entries.len() > 1 {
            let kind = strategy.name();
            return Err(entry.error(format!("`{kind}` stands alone: a page cannot tell it from another")));
        }
        strategies.push(strategy);
    }
    if strategies.is_empty() {
        return Err(value.error("must not be an empty list"));
    }
    Ok(strategies)
}

fn strategy(entry: &Value<'_>) -> Result<Paging, Error> {
    const ALL: &[&str] = &[
        "kind",
        "offset",
        "page",
        "first",
        "size",
        "more",
        "total_pages",
        "cursor",
        "next",
        "rel",
        "step_ms",
        "suspect",
    ];
    let kind = entry.table(ALL)?.need("kind")?.one_of(&[
        ("none", Kind::None),
        ("offset", Kind::Offset),
        ("page", Kind::Page),
        ("cursor", Kind::Cursor),
        ("link", Kind::Link),
        ("descent", Kind::Descent),
    ])?;
    let pointers = |table: &Table<'_>, key: &str| {
        table.get(key).map(|value| value.pointers()).transpose().map(Option::unwrap_or_default)
    };
    Ok(match kind {
        Kind::None => {
            entry.table(&["kind"])?;
            Paging::None
        }
        Kind::Offset => {
            let table = entry.table(&["kind", "offset", "size"])?;
            Paging::Offset { offset: table.need_text("offset")?.into(), size: size(&table.need("size")?)? }
        }
        Kind::Page => {
            let table = entry.table(&["kind", "page", "first", "size", "more", "total_pages"])?;
            Paging::Page {
                page: table.need_text("page")?.into(),
                first: table.integer("first", 0..=1)?.unwrap_or(1) as u64,
                size: size(&table.need("size")?)?,
                more: table.get("more").map(|value| value.pointer()).transpose()?,
                total_pages: table.get("total_pages").map(|value| value.pointer()).transpose()?,
            }
        }
        Kind::Cursor => {
            let table = entry.table(&["kind", "cursor", "next", "more", "size"])?;
            Paging::Cursor {
                cursor: table.need_text("cursor")?.into(),
                next: table.need("next")?.pointers()?,
                more: pointers(&table, "more")?,
                size: table.get("size").map(|value| size(&value)).transpose()?,
            }
        }
        Kind::Link => {
            let table = entry.table(&["kind", "rel"])?;
            Paging::Link { rel: table.text("rel")?.unwrap_or("next").into() }
        }
        Kind::Descent => {
            let table = entry.table(&["kind", "step_ms", "suspect"])?;
            Paging::Descent {
                step_micros: table.integer("step_ms", 1..=86_400_000)?.unwrap_or(1) * 1_000,
                suspect: table.integer("suspect", 1..=1_000_000)?.unwrap_or(10) as usize,
            }
        }
    })
}

fn size(value: &Value<'_>) -> Result<PageSize, Error> {
    let table = value.table(&["param", "min", "max", "only_if_set"])?;
    let min = table.integer("min", 1..=1_000_000)?.unwrap_or(1);
    let max = table.integer("max", min..=1_000_000)?;
    let size = PageSize {
        param: table.need_text("param")?.into(),
        min: min as u32,
        max: max.map(|max| max as u32),
        only_if_set: table.flag("only_if_set")?,
    };
    if size.max.is_none() && !size.only_if_set {
        return Err(value.error("needs `max` (the system's maximum is asked for), or `only_if_set = true`"));
    }
    Ok(size)
}

/// The variables of the other routes are filled with the values that the list route asks the config
/// for; one that it does not have would stay empty.
pub(super) fn variables_are_the_lists(top: &Table<'_>, provider: &Provider) -> Result<(), Error> {
    let known = provider.list.as_ref().map(Route::variables).unwrap_or_default();
    let entity = provider.entity.as_ref().map(|route| &*route.path);
    let detail = provider.detail.as_ref().map(|route| &*route.path);
    for (key, path) in [("entity", entity), ("detail", detail)] {
        let variables = path.map(path_variables).unwrap_or_default();
        if let Some(other) = variables.iter().find(|name| !OWN.contains(name) && !known.contains(name)) {
            let said = format!("has the variable `{other}`, which the list route has not");
            return Err(top.need(key)?.error(said));
        }
    }
    if let Some((other, _)) = provider.vars.iter().find(|(name, _)| !known.contains(&&**name)) {
        return Err(top.need("vars")?.error(format!("the list route's path has no variable `{other}`")));
    }
    Ok(())
}

/// No parameter of a request may stand for two things.
pub(super) fn no_parameter_twice(top: &Table<'_>, provider: &Provider) -> Result<(), Error> {
    let mut shared: Vec<&str> = Vec::new();
    if let Some(window) = &provider.window {
        shared.extend([&window.since, &window.until].into_iter().flatten().map(|param| &**param));
    }
    for paging in &provider.paging {
        shared.extend(paging.size().map(|size| &*size.param));
        match paging {
            Paging::Offset { offset: param, .. }
            | Paging::Page { page: param, .. }
            | Paging::Cursor { cursor: param, .. } => shared.push(param),
            Paging::None | Paging::Link { .. } | Paging::Descent { .. } => {}
        }
    }
    for (key, route) in [("list", &provider.list), ("entity", &provider.entity)] {
        let Some(route) = route else { continue };
        let mut params = shared.clone();
        params.extend(route.query.iter().map(|(name, _)| &**name));
        params.extend(route.pushes.iter().map(|push| &*push.param));
        params.sort_unstable();
        if let Some([twice, _]) = params.array_windows().find(|[one, next]| one == next) {
            let said = format!("the parameter `{twice}` of its requests would stand for two things");
            return Err(top.need(key)?.error(said));
        }
    }
    Ok(())
}
