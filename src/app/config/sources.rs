//! One `[sources.NAME]` of the config, checked against its system's descriptor.

use std::path::Path;
use std::time::Duration;

use super::{Error, opt_in, secret};
use crate::event::field::Field;
use crate::provider::registry::Registry;
use crate::provider::{Provider, origin};
use crate::source::{Entity, Login, Source, is_segment};
use crate::text;
use crate::written::{self, Table, Value, unknown};

/// The keys of a source.
const KEYS: &[&str] = &[
    "provider",
    "base_url",
    "region",
    "token",
    "login",
    "vars",
    "entities",
    "page_size",
    "retention",
    "concurrency",
    "max_events",
    "timeout",
    "ca_cert",
    "proxy",
    "allow_http",
    "push",
];

/// Reads a source.
pub(super) fn source(
    name: &str,
    value: &Value<'_>,
    folder: &Path,
    registry: &Registry,
) -> Result<Source, Error> {
    let table = value.table(KEYS)?;
    if name.is_empty() || name.starts_with(['-', '.', '/']) || name.contains(text::is_hostile) {
        return Err(value.error("is no name for a source: it must not be empty, begin with `-`, `.` or `/`, or hold control characters").into());
    }
    let named = table.need("provider")?;
    let provider_name = named.filled()?;
    if !registry.names().any(|known| known == provider_name) {
        return Err(named.error(unknown("provider", provider_name, registry.names())).into());
    }
    let provider = registry.get(provider_name)?;
    if provider.list.is_none() {
        return Err(named.error(format!("`{provider_name}` is read from files alone")).into());
    }
    let mut source = Source::new(name, provider_name);
    place(&table, &provider, &mut source)?;
    credentials(&table, &provider, folder, &mut source)?;
    source.vars = vars(&table, value, &provider)?;
    source.entities =
        table.get("entities").map(|value| entities(&value, &provider)).transpose()?.unwrap_or_default();
    source.page_size = table.get("page_size").map(|value| page_size(&value, &provider)).transpose()?;
    source.retention_days = table.integer("retention", 1..=1_000_000)?.map(|days| days as u32);
    source.concurrency = table.integer("concurrency", 1..=64)?.map(|count| count as usize);
    if let Some(most) = table.integer("max_events", 1..=i64::MAX)? {
        source.max_events = usize::try_from(most).unwrap_or(usize::MAX);
    }
    if let Some(timeout) = table.get("timeout") {
        source.timeout = Duration::from_secs_f64(timeout.number(0.1..=86_400.0)?);
    }
    source.ca_cert = table.text("ca_cert")?.map(|path| folder.join(path));
    source.proxy = table.get("proxy").map(|value| proxy(&value)).transpose()?;
    source.allow_http = table.flag("allow_http")?;
    source.push = table.get("push").map(|value| pushes(&value, &provider)).transpose()?.unwrap_or_default();
    Ok(source)
}

/// `base_url` and `region`.
fn place(table: &Table<'_>, provider: &Provider, source: &mut Source) -> Result<(), written::Error> {
    if let Some(value) = table.get("base_url") {
        source.base_url = Some(origin::parse(value.filled()?).map_err(|wrong| value.error(wrong))?);
    }
    if let Some(value) = table.get("region") {
        let region = value.filled()?;
        let names = || provider.base.regions.iter().map(|(name, _)| &**name);
        if names().next().is_none() {
            return Err(value.error(format!("`{}` has no regions", provider.name)));
        }
        if !names().any(|known| known == region) {
            return Err(value.error(unknown("region", region, names())));
        }
        source.region = Some(region.to_owned());
    }
    if source.base_url.is_none() && source.region.is_none() && provider.base.url.is_none() {
        return Err(table
            .error(format!("the key `base_url` is missing: `{}` has no place of its own", provider.name)));
    }
    Ok(())
}

/// `token` and `login`.
fn credentials(
    table: &Table<'_>,
    provider: &Provider,
    folder: &Path,
    source: &mut Source,
) -> Result<(), written::Error> {
    source.token = table.get("token").map(|value| secret(&value, folder)).transpose()?;
    let Some(value) = table.get("login") else {
        return Ok(());
    };
    if provider.auth.login.is_none() {
        return Err(value.error(format!("`{}` has no login route: use `token`", provider.name)));
    }
    if source.token.is_some() {
        return Err(value.error("goes without `token`: use one of them"));
    }
    let login = value.table(&["username", "password"])?;
    source.login = Some(Login {
        username: login.need_text("username")?.to_owned(),
        password: secret(&login.need("password")?, folder)?,
    });
    Ok(())
}

/// `vars`: each variable of the list route's path has a value, or several.
fn vars(
    table: &Table<'_>,
    source: &Value<'_>,
    provider: &Provider,
) -> Result<Vec<(String, Vec<String>)>, written::Error> {
    let wanted = provider.list.as_ref().map(|list| list.variables()).unwrap_or_default();
    let given = table.get("vars").map(|value| value.named()).transpose()?.unwrap_or_default();
    let mut vars = Vec::new();
    for (name, value) in given {
        if wanted.is_empty() {
            return Err(value.error(format!("`{}` has no variables in its path", provider.name)));
        }
        if !wanted.contains(&name) {
            return Err(value.error(unknown("variable", name, wanted.iter().copied())));
        }
        let mut values: Vec<String> = Vec::new();
        for element in value.one_or_list()? {
            let text = element.filled()?;
            if !is_segment(text) {
                return Err(element.error("can be no segment of a path"));
            }
            if values.iter().any(|known| known == text) {
                return Err(element.error("stands in the list twice"));
            }
            values.push(text.to_owned());
        }
        if values.is_empty() {
            return Err(value.error("must not be an empty list"));
        }
        vars.push((name.to_owned(), values));
    }
    match wanted.iter().find(|name| !vars.iter().any(|(given, _)| given == *name)) {
        Some(missing) => Err(source.error(format!(
            "the key `vars.{missing}` is missing: vars = {{ {missing} = \"…\" }}, or a list of them"
        ))),
        None => Ok(vars),
    }
}

fn entities(value: &Value<'_>, provider: &Provider) -> Result<Vec<Entity>, written::Error> {
    if provider.entity.is_none() {
        return Err(value.error(format!("`{}` has no route for one entity", provider.name)));
    }
    let mut entities: Vec<Entity> = Vec::new();
    for element in value.list()? {
        let entity = Entity::parse(element.text()?)
            .ok_or_else(|| element.error("expected TYPE/ID, as in \"api_key/key_1\""))?;
        if entities.contains(&entity) {
            return Err(element.error("stands in the list twice"));
        }
        entities.push(entity);
    }
    Ok(entities)
}

fn page_size(value: &Value<'_>, provider: &Provider) -> Result<u32, written::Error> {
    let Some(range) = provider.page_sizes() else {
        return Err(value.error(format!("`{}` takes no page size", provider.name)));
    };
    let size = value.integer(i64::from(*range.start())..=i64::from(*range.end()))?;
    Ok(size as u32)
}

/// A proxy's URL. Its complaint quotes nothing: it may hold a password.
fn proxy(value: &Value<'_>) -> Result<String, written::Error> {
    let text = value.filled()?;
    let known = |url: &url::Url| {
        matches!(url.scheme(), "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h")
            && url.host_str().is_some_and(|host| !host.is_empty())
    };
    match url::Url::parse(text) {
        Ok(url) if known(&url) => Ok(text.to_owned()),
        _ => Err(value.error("expected a URL: http://host:port, https://host:port or socks5://host:port")),
    }
}

/// Filters that are pushed although the system does not document them, by their fields' names.
fn pushes(value: &Value<'_>, provider: &Provider) -> Result<Vec<String>, written::Error> {
    let known = opt_in(provider);
    let mut names = Vec::new();
    for element in value.list()? {
        let typed = element.filled()?;
        if known.is_empty() {
            return Err(element.error(format!("`{}` has no filters to add", provider.name)));
        }
        match Field::named(typed).filter(|field| known.contains(field)) {
            Some(field) => names.push(field.name().to_owned()),
            None => {
                return Err(element.error(unknown("filter", typed, known.iter().map(|field| field.name()))));
            }
        }
    }
    Ok(names)
}
