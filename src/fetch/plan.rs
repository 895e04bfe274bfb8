//! What is to be asked, before anything is: the parts of a source, the windows of a part, the URL of
//! a page.
//!
//! Pure. Not here: the order in which pages are asked for (`fetch::pager`), and which filters are
//! pushed (`fetch::push`).

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::error::message;
use super::pager::Position;
use super::{Error, ErrorKind, Part};
use crate::interval::Interval;
use crate::provider::{Paging, Provider, Route};
use crate::source::Source;
use crate::timestamp::{DAY, Timestamp};

/// What stands in a path segment unescaped besides letters and digits (RFC 3986, "unreserved").
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The first of the windows into which a long one is cut, so that something is seen soon; each
/// further one is twice as long, up to the system's maximum.
const FIRST_PIECE: i64 = DAY;

/// A part of a source: one walk.
#[derive(Debug, Clone)]
pub struct PartPlan {
    /// Its name.
    pub part: Part,
    /// The route's path, variables filled in and percent-encoded.
    pub path: String,
    /// Whether the route is that of one entity.
    pub by_entity: bool,
}

impl PartPlan {
    /// The route that it asks.
    pub fn route<'a>(&self, provider: &'a Provider) -> Option<&'a Route> {
        if self.by_entity { provider.entity.as_ref() } else { provider.list.as_ref() }
    }
}

/// The parts of a source: one for each entity; else one for each value of the path's variables (for
/// each combination, where several have several). A missing variable, or a value that cannot stand
/// in a path, is an error of the configuration.
pub fn parts(source: &Source, provider: &Provider) -> Result<Vec<PartPlan>, Error> {
    let wrong = |text: String| Error::new(ErrorKind::Config, message(&source.name, &text));
    if !source.entities.is_empty() {
        let route = provider
            .entity
            .as_ref()
            .ok_or_else(|| wrong(format!("{} has no route for one entity's history", provider.title)))?;
        let mut plans = Vec::new();
        for entity in &source.entities {
            let own = [("entity_type", entity.kind.as_str()), ("entity_id", entity.id.as_str())];
            let value = format!("{}/{}", entity.kind, entity.id);
            for (rest, values) in combinations(source, route, &["entity_type", "entity_id"])? {
                let all = own.into_iter().chain(values).collect::<Vec<_>>();
                let value = std::iter::once(value.as_str()).chain(rest).collect::<Vec<_>>().join(" ");
                plans.push(plan(source, route, Some(&value), &all, true)?);
            }
        }
        return Ok(plans);
    }
    let route = provider
        .list
        .as_ref()
        .ok_or_else(|| wrong(format!("{} has no list route: it is read from files", provider.title)))?;
    combinations(source, route, &[])?
        .into_iter()
        .map(|(shown, values)| {
            let value = (!shown.is_empty()).then(|| shown.join("/"));
            plan(source, route, value.as_deref(), &values, false)
        })
        .collect()
}

/// The shown values and the named values of one combination.
type Combination<'a> = (Vec<&'a str>, Vec<(&'a str, &'a str)>);

/// Every combination of the values of a route's variables but the `given` ones, in the config's order.
fn combinations<'a>(
    source: &'a Source,
    route: &'a Route,
    given: &[&str],
) -> Result<Vec<Combination<'a>>, Error> {
    /// More walks than this is a mistake in the config.
    const MOST: usize = 10_000;
    let wrong = |text: String| Error::new(ErrorKind::Config, message(&source.name, &text));
    let mut all: Vec<Combination<'a>> = vec![(Vec::new(), Vec::new())];
    for name in route.variables() {
        if given.contains(&name) || all[0].1.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let values = source.vars.iter().find(|(key, _)| key == name).map(|(_, values)| values.as_slice());
        let values = values
            .filter(|values| !values.is_empty())
            .ok_or_else(|| wrong(format!("vars.{name} is missing: the path {} needs it", route.path)))?;
        if all.len().saturating_mul(values.len()) > MOST {
            return Err(wrong(format!("vars give more than {MOST} combinations")));
        }
        all = all
            .iter()
            .flat_map(|(shown, named)| {
                values.iter().map(move |value| {
                    let mut combination = (shown.clone(), named.clone());
                    combination.0.push(value.as_str());
                    combination.1.push((name, value.as_str()));
                    combination
                })
            })
            .collect();
    }
    Ok(all)
}

fn plan(
    source: &Source,
    route: &Route,
    value: Option<&str>,
    values: &[(&str, &str)],
    by_entity: bool,
) -> Result<PartPlan, Error> {
    let part = Part { source: Arc::clone(&source.name), value: value.map(Into::into) };
    let path = fill(&route.path, values)
        .map_err(|why| Error::new(ErrorKind::Config, message(&part.to_string(), &why)))?;
    Ok(PartPlan { part, path, by_entity })
}

/// A path with its variables filled in, each percent-encoded as one segment. An error says which
/// value is missing or cannot stand in a path: `.` and `..` would change it, encoded or not.
pub fn fill(path: &str, values: &[(&str, &str)]) -> Result<String, String> {
    let mut filled = String::with_capacity(path.len() + 32);
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let value = value.ok_or_else(|| format!("{name} is missing for the path {path}"))?;
        if matches!(value, "" | "." | "..") {
            return Err(format!("{name} is {value:?}, which cannot stand in the path {path}"));
        }
        filled.push_str(before);
        filled.extend(utf8_percent_encode(value, SEGMENT));
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The number of entries to ask for a page; `None`: it is not sent. Outside the system's range, or
/// for a system whose pages have no size, it is an error of the configuration.
pub fn page_size(source: &Source, provider: &Provider) -> Result<Option<(Box<str>, u32)>, Error> {
    let wrong = |text: String| Error::new(ErrorKind::Config, message(&source.name, &text));
    let size = provider.paging.iter().find_map(Paging::size);
    match (size, source.page_size) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(wrong(format!("page_size: pages of {} have no size", provider.title))),
        (Some(size), None) => {
            Ok(size.max.filter(|_| !size.only_if_set).map(|most| (size.param.clone(), most)))
        }
        (Some(size), Some(wanted)) => {
            if wanted < size.min || size.max.is_some_and(|most| wanted > most) {
                let most = size.max.map_or_else(String::new, |most| format!(" to {most}"));
                return Err(wrong(format!("page_size {wanted} is outside {}{most}", size.min)));
            }
            Ok(Some((size.param.clone(), wanted)))
        }
    }
}

/// The windows that a part asks one by one, newest first, cut on the times that the system can be
/// told. Where the system answers a whole window at once, the newest ones are shorter.
pub fn windows(window: Interval, provider: &Provider) -> Vec<Interval> {
    let (Some(spoken), false) = (&provider.window, window.is_empty()) else {
        return vec![window];
    };
    let Some(days) = spoken.max_days else { return vec![window] };
    let step = spoken.format.step_micros().max(1);
    let most = i64::from(days).saturating_mul(DAY).max(step);
    // The pieces' edges are on the system's steps, so that rounding outwards adds nothing to them.
    let mut until = ceiling(window.until, step);
    let since = floor(window.since, step);
    let at_once = provider.paging.iter().all(|paging| *paging == Paging::None);
    let mut length = if at_once { FIRST_PIECE.min(most) } else { most };
    let mut pieces = Vec::new();
    while until > since {
        // A rest that is no longer than this piece again is not worth a request of its own.
        let rest = until.micros() - since.micros();
        let cut = if rest <= most && rest <= length.saturating_mul(2) && !pieces.is_empty() {
            rest
        } else {
            length
        };
        let from = floor(until.plus(-cut), step).max(since);
        let from = if from >= until { since } else { from };
        pieces.push(Interval::new(from, until).intersect(window));
        until = from;
        length = length.saturating_mul(2).min(most);
    }
    pieces
}

fn floor(time: Timestamp, step: i64) -> Timestamp {
    time.plus(-time.micros().rem_euclid(step))
}

fn ceiling(time: Timestamp, step: i64) -> Timestamp {
    time.plus((-time.micros()).rem_euclid(step))
}

/// What every page of a walk is asked with.
#[derive(Debug, Clone)]
pub struct Template {
    /// The route's URL, without a query.
    pub url: Url,
    /// The route's fixed parameters.
    pub fixed: Vec<(Box<str>, Box<str>)>,
    /// What is pushed.
    pub pushed: Vec<(Box<str>, String)>,
    /// The page's size and its parameter.
    pub size: Option<(Box<str>, u32)>,
}

impl Template {
    /// The URL of a part's list route. `base` is an origin, to which the path is appended as it stands.
    pub fn new(source: &Source, provider: &Provider, plan: &PartPlan, base: &Url) -> Result<Self, Error> {
        let url = join(base, &plan.path).ok_or_else(|| {
            Error::new(ErrorKind::Config, message(&source.name, &format!("the path {} is none", plan.path)))
        })?;
        let fixed = plan.route(provider).map(|route| route.query.clone()).unwrap_or_default();
        Ok(Self { url, fixed, pushed: Vec::new(), size: page_size(source, provider)? })
    }

    /// The URL of a page of a window.
    pub fn page(&self, provider: &Provider, window: Interval, position: &Position) -> Url {
        if let Position::Url(url) = position {
            return url.clone();
        }
        let mut params: Vec<(&str, String)> =
            self.fixed.iter().map(|(name, value)| (&**name, value.to_string())).collect();
        let window = match position {
            Position::Until(until) => Interval::new(window.since, *until),
            Position::Window(piece) => *piece,
            _ => window,
        };
        if let Some(spoken) = &provider.window {
            if let Some(param) = &spoken.since {
                params.push((param, spoken.format.write_floor(window.since)));
            }
            if let Some(param) = &spoken.until {
                // An inclusive end: the last instant that is still inside.
                let end = if spoken.until_inclusive { window.until.plus(-1) } else { window.until };
                params.push((param, spoken.format.write_ceiling(end.max(window.since))));
            }
        }
        params.extend(self.pushed.iter().map(|(name, value)| (&**name, value.clone())));
        params.extend(self.size.iter().map(|(name, size)| (&**name, size.to_string())));
        let paging = |wanted: fn(&Paging) -> Option<&str>| provider.paging.iter().find_map(wanted);
        let extra = match position {
            Position::Offset(offset) => paging(|paging| match paging {
                Paging::Offset { offset, .. } => Some(offset),
                _ => None,
            })
            .map(|name| (name, offset.to_string())),
            Position::Page(page) => paging(|paging| match paging {
                Paging::Page { page, .. } => Some(page),
                _ => None,
            })
            .map(|name| (name, page.to_string())),
            Position::Cursor(cursor) => paging(|paging| match paging {
                Paging::Cursor { cursor, .. } => Some(cursor),
                _ => None,
            })
            .map(|name| (name, cursor.clone())),
            Position::First | Position::Until(_) | Position::Window(_) | Position::Url(_) => None,
        };
        params.extend(extra);
        let mut url = self.url.clone();
        if !params.is_empty() {
            url.query_pairs_mut().extend_pairs(params);
        }
        url
    }
}

/// An origin's URL with a path appended as it stands.
pub fn join(base: &Url, path: &str) -> Option<Url> {
    let origin = base.as_str().trim_end_matches('/');
    let url = Url::parse(&format!("{origin}{path}")).ok()?;
    (path.starts_with('/') && url.origin() == base.origin()).then_some(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::provider::time::TimeFormat;
    use crate::provider::{PageSize, descriptor};
    use crate::source::Entity;

    fn provider() -> Provider {
        descriptor::read("any.toml", include_str!("plan/any.toml")).expect("a descriptor")
    }

    fn source() -> Source {
        let mut source = Source::new("prod", "any");
        source.vars = vec![
            ("space".to_owned(), vec!["a b".to_owned(), "c/d".to_owned()]),
            ("shelf".to_owned(), vec!["é".to_owned()]),
        ];
        source
    }

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    #[test]
    fn a_source_fans_out_over_its_values_and_each_is_one_segment() {
        let plans = parts(&source(), &provider()).expect("parts");
        let shown: Vec<_> = plans.iter().map(|plan| (plan.part.to_string(), plan.path.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("prod a b/é".to_owned(), "/v1/a%20b/%C3%A9/log"),
                ("prod c/d/é".to_owned(), "/v1/c%2Fd/%C3%A9/log")
            ]
        );
        let mut by_entity = source();
        by_entity.entities = vec![Entity { kind: "file".to_owned(), id: "x/../y?z".to_owned() }];
        let plans = parts(&by_entity, &provider()).expect("parts");
        assert_eq!(plans[0].path, "/v1/of/file/x%2F..%2Fy%3Fz");
        assert_eq!(plans[0].part.to_string(), "prod file/x/../y?z");
    }

    #[test]
    fn what_cannot_stand_in_a_path_is_an_error_that_names_the_key() {
        for (vars, named) in [
            (vec![("space", vec!["a"])], "vars.shelf is missing"),
            (vec![("space", vec!["a"]), ("shelf", vec![])], "vars.shelf is missing"),
            (vec![("space", vec![".."]), ("shelf", vec!["x"])], "space is \"..\""),
            (vec![("space", vec![""]), ("shelf", vec!["x"])], "space is \"\""),
        ] {
            let mut source = source();
            source.vars = vars
                .into_iter()
                .map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()))
                .collect();
            let error = parts(&source, &provider()).expect_err(named);
            assert!(error.message.contains(named) && error.kind == ErrorKind::Config, "{error}");
        }
        let mut provider = provider();
        provider.entity = None;
        let mut source = source();
        source.entities = vec![Entity { kind: "file".to_owned(), id: "1".to_owned() }];
        assert!(parts(&source, &provider).is_err());
    }

    #[test]
    fn a_page_size_is_the_systems_maximum_or_what_is_set_within_its_range() {
        let (mut source, mut provider) = (source(), provider());
        assert_eq!(page_size(&source, &provider).expect("a size"), Some(("limit".into(), 1000)));
        source.page_size = Some(50);
        assert_eq!(page_size(&source, &provider).expect("a size"), Some(("limit".into(), 50)));
        for outside in [0, 1001] {
            source.page_size = Some(outside);
            let error = page_size(&source, &provider).expect_err("outside");
            assert!(error.message.contains("outside 1 to 1000"), "{error}");
        }
        provider.paging = vec![Paging::None];
        assert!(page_size(&source, &provider).is_err());
        source.page_size = None;
        provider.paging = vec![Paging::Cursor {
            cursor: "cursor".into(),
            next: Vec::new(),
            more: Vec::new(),
            size: Some(PageSize { param: "limit".into(), min: 1, max: None, only_if_set: true }),
        }];
        assert_eq!(page_size(&source, &provider).expect("none"), None);
        source.page_size = Some(7);
        assert_eq!(page_size(&source, &provider).expect("a size"), Some(("limit".into(), 7)));
    }

    #[test]
    fn a_page_is_asked_for_with_the_enclosing_window() {
        let (source, mut provider) = (source(), provider());
        let base = Url::parse("http://localhost:8000").expect("a URL");
        let plan = parts(&source, &provider).expect("parts").remove(0);
        let mut template = Template::new(&source, &provider, &plan, &base).expect("a template");
        template.pushed = vec![("action".into(), "a b&c".to_owned())];
        let window = Interval::new(time("2026-05-18T00:00:00.5Z"), time("2026-05-19T00:00:00.000001Z"));
        assert_eq!(
            template.page(&provider, window, &Position::Offset(100)).as_str(),
            "http://localhost:8000/v1/a%20b/%C3%A9/log?v=1&since=2026-05-18T00%3A00%3A00Z&until=2026-05-19T00%3A00%3A01Z&action=a+b%26c&limit=1000&skip=100"
        );
        let until = time("2026-05-18T12:00:00Z");
        let url = template.page(&provider, window, &Position::Until(until));
        assert!(url.as_str().contains("until=2026-05-18T12%3A00%3A00Z"), "{url}");
        let spoken = provider.window.as_mut().expect("a window");
        spoken.until_inclusive = true;
        spoken.format = TimeFormat::Rfc3339 { digits: 6 };
        let url = template.page(&provider, window, &Position::First);
        assert!(url.as_str().contains("until=2026-05-19T00%3A00%3A00.000000Z"), "{url}");
    }

    proptest! {
        #[test]
        fn windows_leave_nothing_out_overlap_nowhere_and_are_short_enough(
            since in 0i64..400_000_000_000_000, length in 1i64..60_000_000_000_000, days in 1u32..100, at_once in any::<bool>(),
        ) {
            let mut provider = provider();
            provider.window.as_mut().expect("a window").max_days = Some(days);
            if at_once {
                provider.paging = vec![Paging::None];
            }
            let since = Timestamp::from_micros(since);
            let window = Interval::new(since, since.plus(length));
            let pieces = windows(window, &provider);
            let second = crate::timestamp::SECOND;
            prop_assert_eq!(pieces.first().map(|piece| piece.until), Some(window.until));
            prop_assert_eq!(pieces.last().map(|piece| piece.since), Some(window.since));
            prop_assert!(pieces.windows(2).all(|pair| pair[0].since == pair[1].until && pair[0].since.micros() % second == 0));
            for piece in &pieces {
                let sent = ceiling(piece.until, second).micros() - floor(piece.since, second).micros();
                prop_assert!(!piece.is_empty() && sent <= i64::from(days) * DAY, "{:?}", piece);
            }
        }
    }

    #[test]
    fn what_is_newest_is_asked_for_in_a_short_window() {
        let mut provider = provider();
        provider.paging = vec![Paging::None];
        provider.window.as_mut().expect("a window").max_days = Some(90);
        let until = time("2026-05-18T00:00:00Z");
        let days = |length: i64| -> Vec<i64> {
            let window = Interval::new(until.plus(-length * DAY), until);
            windows(window, &provider).iter().map(|piece| piece.micros() / DAY).collect()
        };
        assert_eq!(days(1), [1]);
        assert_eq!(days(7), [1, 2, 4]);
        assert_eq!(days(90), [1, 2, 4, 8, 16, 59]);
        assert_eq!(days(365), [1, 2, 4, 8, 16, 32, 64, 90, 90, 58]);
    }
}
