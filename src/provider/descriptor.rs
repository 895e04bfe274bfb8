//! A descriptor as written (TOML), and how it becomes a [`Provider`]. Unknown keys and whatever
//! does not fit together are refused with file, line and key.
//!
//! The keys, by table (those marked with `*` must be there):
//!
//! | table | keys |
//! |---|---|
//! | top | `name`*, `title`, `retention_days`, `newest_first`, `markers`, `headers` |
//! | `[base]` | `url`, `siblings`, `regions` |
//! | `[auth]` | `scheme` (`bearer`, or `header` with `header` and `prefix`), `env`, `login` |
//! | `[list]`, `[entity]` | `path`*, `query`, `items`, `push` |
//! | `[detail]` | `path`*, `record` |
//! | `[vars]` | what each variable of the list's path is, in words |
//! | `[[paging]]` | `kind`* (`none`, `offset`, `page`, `cursor`, `link`, `descent`) and its own |
//! | `[window]` | `since`, `until`, `until_inclusive`, `format`, `digits`, `max_days` |
//! | `[errors]` | `texts`, `hints`, `fail_when` |
//! | `[fields]` | `time`* and the entry's other fields |
//! | `[outcome]`, `[clients]`, `[kinds]`, `[[changes]]` | see `descriptor::fields` |
//! | `[[sample]]` | a record or a page, and what it is to become |
//!
//! Not here: where descriptors come from (`provider::registry`).

mod fields;
mod routes;
mod samples;

use super::time::TimeFormat;
use super::{Auth, Base, LoginRoute, Named, Paging, Provider, Window, origin};
use crate::json::Pointer;
use crate::timestamp::SECOND;
use crate::written::{Document, Error, Table, Value};

/// The keys at the top.
const KEYS: &[&str] = &[
    "name",
    "title",
    "retention_days",
    "newest_first",
    "markers",
    "headers",
    "base",
    "auth",
    "list",
    "entity",
    "detail",
    "vars",
    "paging",
    "window",
    "errors",
    "fields",
    "outcome",
    "clients",
    "kinds",
    "changes",
    "sample",
];

/// Reads a descriptor; `file` is what complaints call it.
pub fn read(file: &str, text: &str) -> Result<Provider, Error> {
    let document = Document::parse(file, text)?;
    let top = document.root(KEYS)?;
    let name = name(&top.need("name")?)?;
    let list = top.get("list").map(|value| routes::route(&value, routes::Role::List)).transpose()?;
    let entity = top.get("entity").map(|value| routes::route(&value, routes::Role::Entity)).transpose()?;
    let detail = top.get("detail").map(|value| routes::detail(&value)).transpose()?;
    let errors = top.get("errors").map(|value| errors(&value)).transpose()?.unwrap_or_default();
    let provider = Provider {
        name: name.into(),
        title: top.text("title")?.unwrap_or(name).into(),
        base: top.get("base").map_or_else(|| Ok(Base::none()), |value| base(&value))?,
        auth: auth(&top, list.is_some())?,
        headers: top.get("headers").map(|value| headers(&value)).transpose()?.unwrap_or_default(),
        list,
        entity,
        detail,
        vars: top.get("vars").map(|value| routes::vars(&value)).transpose()?.unwrap_or_default(),
        paging: routes::paging(&top)?,
        window: top.get("window").map(|value| window(&value)).transpose()?,
        newest_first: top.flag("newest_first")?,
        fail_when: errors.fail_when,
        error_texts: errors.texts,
        hints: errors.hints,
        retention_days: top.integer("retention_days", 1..=100_000)?.map(|days| days as u32),
        mapping: fields::mapping(&top)?,
        organization_is: fields::organization_is(&top)?,
        markers: top.get("markers").map(|value| value.pointers()).transpose()?.unwrap_or_default(),
        samples: samples::samples(&top)?,
        toml: text.into(),
    };
    whole(&top, &provider)?;
    Ok(provider)
}

/// What must hold between the parts.
fn whole(top: &Table<'_>, provider: &Provider) -> Result<(), Error> {
    if provider.list.is_none() {
        for key in ["entity", "detail", "vars", "paging", "window"] {
            if let Some(value) = top.get(key) {
                return Err(value.error("needs a `list` route"));
            }
        }
        return Ok(());
    }
    routes::variables_are_the_lists(top, provider)?;
    let descends = provider.paging.iter().any(|paging| matches!(paging, Paging::Descent { .. }));
    let has_end = provider.window.as_ref().is_some_and(|window| window.until.is_some());
    if descends && !has_end {
        return Err(top.need("paging")?.error("a descent by time needs `window.until`"));
    }
    routes::no_parameter_twice(top, provider)
}

/// A descriptor's name: it stands in configs, exports and file names.
fn name<'d>(value: &Value<'d>) -> Result<&'d str, Error> {
    let name = value.filled()?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    if name.len() <= 64 && name.bytes().all(fits) {
        Ok(name)
    } else {
        Err(value.error("must be at most 64 of a to z, 0 to 9, `_` and `-`"))
    }
}

impl Base {
    /// Nowhere: files only, or where only the user knows.
    fn none() -> Self {
        Self { url: None, regions: Vec::new(), siblings: Vec::new() }
    }
}

fn base(value: &Value<'_>) -> Result<Base, Error> {
    let table = value.table(&["url", "siblings", "regions"])?;
    let origin = |value: &Value<'_>| -> Result<Box<str>, Error> {
        origin::parse(value.filled()?).map(Into::into).map_err(|wrong| value.error(wrong))
    };
    let regions = table.get("regions").map(|value| value.named()).transpose()?.unwrap_or_default();
    let siblings = table.get("siblings").map(|value| value.one_or_list()).transpose()?.unwrap_or_default();
    Ok(Base {
        url: table.get("url").map(|value| origin(&value)).transpose()?,
        regions: regions
            .iter()
            .map(|(name, value)| Ok(((*name).into(), origin(value)?)))
            .collect::<Result<_, Error>>()?,
        siblings: siblings.iter().map(origin).collect::<Result<_, Error>>()?,
    })
}

fn auth(top: &Table<'_>, needed: bool) -> Result<Auth, Error> {
    let nothing =
        Auth { header: "Authorization".into(), prefix: "Bearer ".into(), env: "".into(), login: None };
    let Some(value) = top.get("auth") else {
        return if needed { Err(top.error("the key `auth` is missing")) } else { Ok(nothing) };
    };
    let table = value.table(&["scheme", "header", "prefix", "env", "login"])?;
    let env = table.need("env")?;
    if !is_variable(env.filled()?) {
        return Err(env.error("is no name of an environment variable"));
    }
    let by_header = match table.get("scheme") {
        None => false,
        Some(scheme) => scheme.one_of(&[("bearer", false), ("header", true)])?,
    };
    if !by_header && let Some(value) = table.get("header").or_else(|| table.get("prefix")) {
        return Err(value.error("belongs to `scheme = \"header\"`"));
    }
    let (header, prefix) = if by_header {
        let header = table.need("header")?;
        header_name(&header, header.filled()?)?;
        let prefix = table.get("prefix").map(|value| header_value(&value)).transpose()?.unwrap_or_default();
        (header.filled()?.into(), prefix.into())
    } else {
        (nothing.header, nothing.prefix)
    };
    Ok(Auth {
        header,
        prefix,
        env: env.filled()?.into(),
        login: table.get("login").map(|value| login(&value)).transpose()?,
    })
}

fn login(value: &Value<'_>) -> Result<LoginRoute, Error> {
    let table = value.table(&["path", "username", "password", "token", "ttl_seconds"])?;
    let path = table.need("path")?;
    if path.filled()?.contains('{') {
        return Err(path.error("must have no variables"));
    }
    Ok(LoginRoute {
        path: routes::path(&path, &[])?.into(),
        username: table.text("username")?.unwrap_or("username").into(),
        password: table.text("password")?.unwrap_or("password").into(),
        token: table.need("token")?.pointer()?,
        ttl_seconds: table.need("ttl_seconds")?.integer(1..=31_536_000)? as u64,
    })
}

fn headers(value: &Value<'_>) -> Result<Vec<Named>, Error> {
    value
        .named()?
        .iter()
        .map(|(name, value)| {
            header_name(value, name)?;
            Ok(((*name).into(), header_value(value)?.into()))
        })
        .collect()
}

fn header_name(value: &Value<'_>, name: &str) -> Result<(), Error> {
    let fits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits { Ok(()) } else { Err(value.error("is no header's name: letters, digits and `-`")) }
}

fn header_value<'d>(value: &Value<'d>) -> Result<&'d str, Error> {
    let text = value.text()?;
    let fits = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if fits { Ok(text) } else { Err(value.error("must be printable ASCII")) }
}

/// Whether a text can name an environment variable.
pub fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The words for time formats.
fn time_format(word: Option<Value<'_>>, digits: u8) -> Result<TimeFormat, Error> {
    let rfc3339 = TimeFormat::Rfc3339 { digits };
    let Some(word) = word else {
        return Ok(rfc3339);
    };
    word.one_of(&[
        ("rfc3339", rfc3339),
        ("iso8601", TimeFormat::Iso8601 { digits }),
        ("epoch_s", TimeFormat::Epoch { unit_micros: SECOND }),
        ("epoch_ms", TimeFormat::Epoch { unit_micros: 1_000 }),
        ("epoch_us", TimeFormat::Epoch { unit_micros: 1 }),
    ])
}

fn window(value: &Value<'_>) -> Result<Window, Error> {
    let table = value.table(&["since", "until", "until_inclusive", "format", "digits", "max_days"])?;
    let digits = table.integer("digits", 0..=6)?.unwrap_or(6) as u8;
    let window = Window {
        since: table.text("since")?.map(Into::into),
        until: table.text("until")?.map(Into::into),
        until_inclusive: table.flag("until_inclusive")?,
        format: time_format(table.get("format"), digits)?,
        max_days: table.integer("max_days", 1..=100_000)?.map(|days| days as u32),
    };
    if window.since.is_none() && window.until.is_none() {
        return Err(value.error("needs `since`, `until` or both"));
    }
    if window.max_days.is_some() && (window.since.is_none() || window.until.is_none()) {
        return Err(table.need("max_days")?.error("needs both `since` and `until`"));
    }
    Ok(window)
}

/// The table `[errors]`.
#[derive(Default)]
struct Errors {
    texts: Vec<Pointer>,
    hints: Vec<(u16, Box<str>)>,
    fail_when: Vec<(Pointer, Vec<crate::json::Json>)>,
}

fn errors(value: &Value<'_>) -> Result<Errors, Error> {
    let table = value.table(&["texts", "hints", "fail_when"])?;
    let mut errors = Errors {
        texts: table.get("texts").map(|value| value.pointers()).transpose()?.unwrap_or_default(),
        ..Errors::default()
    };
    for (status, hint) in table.get("hints").map(|value| value.named()).transpose()?.unwrap_or_default() {
        let number = status.parse::<u16>().ok().filter(|status| (400..600).contains(status));
        let number =
            number.ok_or_else(|| hint.error("expected an HTTP status from 400 to 599 as the key"))?;
        errors.hints.push((number, hint.filled()?.into()));
    }
    for (at, values) in table.get("fail_when").map(|value| value.named()).transpose()?.unwrap_or_default() {
        let pointer =
            Pointer::parse(at).ok_or_else(|| values.error("expected a JSON pointer (/name) as the key"))?;
        let values = values.one_or_list()?.iter().map(Value::json).collect::<Result<_, _>>()?;
        errors.fail_when.push((pointer, values));
    }
    Ok(errors)
}

#[cfg(test)]
mod tests;
