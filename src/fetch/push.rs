//! Which parts of a filter the server may apply: conjuncts at the top with one exact value, in a
//! form that the system documents (the contract's section 3).
//!
//! Whatever is pushed is applied here again, so a server may ignore it; what must not happen is that
//! a server keeps back an entry which matches here. Not here: the fall-back when a server refuses
//! (`fetch::walk`).

use crate::event::Class;
use crate::event::field::Field;
use crate::provider::{Provider, Push, PushValues, Route};
use crate::query::{Expr, Leaf, Query, Subject, Test};
use crate::source::Source;
use crate::text::fold;

/// The classes that are a status's hundred.
const STATUS_CLASSES: [Class; 4] = [Class::S2xx, Class::S3xx, Class::S4xx, Class::S5xx];

/// What is pushed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pushed {
    /// Query parameters.
    pub params: Vec<(Box<str>, String)>,
    /// The conjuncts that they stand for, as filter text.
    pub terms: Vec<String>,
}

/// The filters that the server of a source is asked to apply: those of the route that it is read by,
/// as far as the configuration lets them.
pub fn of_source(source: &Source, provider: &Provider) -> Vec<Push> {
    let by_entity = !source.entities.is_empty();
    let route = if by_entity { provider.entity.as_ref() } else { provider.list.as_ref() };
    route.map_or_else(Vec::new, |route| offered(source, route).cloned().collect())
}

/// The filters of a route that a source uses.
pub fn offered<'a>(source: &Source, route: &'a Route) -> impl Iterator<Item = &'a Push> {
    let is_opted_in = |field: Field| source.push.iter().any(|name| Field::named(name) == Some(field));
    route.pushes.iter().filter(move |push| !push.opt_in || is_opted_in(push.field))
}

/// What of a filter is pushed where these are offered. Each parameter is used once: of two conjuncts
/// for it the first.
pub fn pushed<'a>(query: &Query, offered: impl IntoIterator<Item = &'a Push>) -> Pushed {
    let offered: Vec<&Push> = offered.into_iter().collect();
    let mut pushed = Pushed::default();
    for conjunct in query.conjuncts() {
        let Some((push, value)) = pushable(conjunct, &offered) else { continue };
        if pushed.params.iter().any(|(param, _)| *param == push.param) {
            continue;
        }
        pushed.params.push((push.param.clone(), value));
        pushed.terms.push(Query { expr: conjunct.clone() }.to_string());
    }
    pushed
}

fn pushable<'a>(conjunct: &Expr, offered: &[&'a Push]) -> Option<(&'a Push, String)> {
    let Expr::Leaf(Leaf { subject: Subject::Field(field), tests }) = conjunct else { return None };
    let [test] = tests.as_slice() else { return None };
    // A class is the status's hundred where a server knows that at all.
    let means_status = |push: &Push| *field == Field::Class && push.values == PushValues::StatusClass;
    let of_field = offered.iter().filter(|push| push.field == *field || means_status(push));
    of_field.copied().find_map(|push| Some((push, value(&push.values, test)?)))
}

/// The value as the server takes it; `None` where it takes none like it.
fn value(values: &PushValues, test: &Test) -> Option<String> {
    if let (PushValues::StatusClass, Test::StatusClass(hundred @ 2..=5)) = (values, test) {
        return Some(format!("{hundred}xx"));
    }
    let Test::Whole(glob) = test else { return None };
    let text = glob.as_exact().filter(|text| !text.is_empty())?;
    match values {
        PushValues::OneOf(known) => {
            known.iter().find(|known| fold(known) == fold(text)).map(ToString::to_string)
        }
        // Only as the server itself would write it: `007` is another text than `7` here.
        PushValues::Integer => text.parse::<i64>().ok().map(|n| n.to_string()).filter(|n| n == text),
        PushValues::StatusClass => STATUS_CLASSES
            .iter()
            .map(|class| class.name())
            .find(|name| fold(name) == fold(text))
            .map(str::to_owned),
        PushValues::Upper => {
            text.bytes().all(|byte| byte.is_ascii_alphabetic()).then(|| text.to_ascii_uppercase())
        }
        PushValues::Lower => (!text.chars().any(char::is_uppercase)).then(|| text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{Bound, Bounds, Folded, Glob};

    fn leaf(field: Field, tests: Vec<Test>) -> Expr {
        Expr::Leaf(Leaf { subject: Subject::Field(field), tests })
    }

    fn is(field: Field, value: &str) -> Expr {
        leaf(field, vec![Test::Whole(Glob::exact(value))])
    }

    fn route() -> Route {
        let push = |field, param: &str, values, opt_in| Push { field, param: param.into(), values, opt_in };
        Route {
            path: "/log".into(),
            query: Vec::new(),
            items: Vec::new(),
            pushes: vec![
                push(
                    Field::Action,
                    "action",
                    PushValues::OneOf(vec!["LOGIN".into(), "INSERT".into()]),
                    false,
                ),
                push(Field::ActorId, "user_id", PushValues::Integer, false),
                push(Field::Status, "status", PushValues::StatusClass, false),
                push(Field::Method, "method", PushValues::Upper, false),
                push(Field::TargetType, "kind", PushValues::Lower, false),
                push(Field::Client, "client", PushValues::Lower, true),
            ],
        }
    }

    fn params(parts: Vec<Expr>) -> Vec<(String, String)> {
        let source = Source::new("s", "p");
        let route = route();
        let pushed = pushed(&Query { expr: Expr::And(parts) }, offered(&source, &route));
        assert_eq!(pushed.params.len(), pushed.terms.len());
        pushed.params.into_iter().map(|(name, value)| (name.into(), value)).collect()
    }

    fn one(param: &str, value: &str) -> Vec<(String, String)> {
        vec![(param.to_owned(), value.to_owned())]
    }

    #[test]
    fn values_go_out_in_the_systems_own_spelling() {
        assert_eq!(params(vec![is(Field::Action, "login")]), one("action", "LOGIN"));
        assert_eq!(params(vec![is(Field::Method, "post")]), one("method", "POST"));
        assert_eq!(params(vec![is(Field::ActorId, "42")]), one("user_id", "42"));
        assert_eq!(params(vec![is(Field::TargetType, "ca é")]), one("kind", "ca é"));
        assert_eq!(params(vec![leaf(Field::Status, vec![Test::StatusClass(5)])]), one("status", "5xx"));
        assert_eq!(params(vec![is(Field::Class, "5XX")]), one("status", "5xx"));
    }

    #[test]
    fn what_a_server_could_read_otherwise_stays_here() {
        let star = Glob { pieces: vec![Folded::new("log"), Folded::new("")] };
        let exactly = |n| Some(Bound { value: n, inclusive: true });
        for stays in [
            is(Field::Action, "logout"),
            is(Field::ActorId, "007"),
            is(Field::ActorId, "+7"),
            is(Field::ActorId, "seven"),
            is(Field::TargetType, "CA"),
            is(Field::TargetType, ""),
            is(Field::Method, "straße"),
            is(Field::Client, "python"),
            is(Field::Endpoint, "/x"),
            leaf(Field::Action, vec![Test::Whole(star)]),
            leaf(Field::Action, vec![Test::Part(Folded::new("login"))]),
            leaf(Field::Action, vec![Test::Present]),
            leaf(Field::Action, vec![Test::Whole(Glob::exact("login")), Test::Whole(Glob::exact("insert"))]),
            leaf(Field::Status, vec![Test::StatusClass(1)]),
            is(Field::Class, "failure"),
            leaf(Field::Class, vec![Test::Whole(Glob::exact("4xx")), Test::Whole(Glob::exact("5xx"))]),
            leaf(Field::Status, vec![Test::Number(Bounds { low: exactly(503.0), high: exactly(503.0) })]),
            Expr::Not(Box::new(is(Field::Action, "login"))),
            Expr::Or(vec![is(Field::Action, "login"), is(Field::Action, "insert")]),
            Expr::And(vec![is(Field::Action, "login")]),
        ] {
            assert_eq!(params(vec![stays.clone()]), [], "{stays:?}");
        }
    }

    #[test]
    fn every_conjunct_counts_and_a_parameter_is_used_once() {
        let both = params(vec![
            is(Field::Action, "insert"),
            is(Field::Ip, "x"),
            is(Field::Action, "login"),
            is(Field::Method, "get"),
        ]);
        assert_eq!(both, [one("action", "INSERT"), one("method", "GET")].concat());
        let route = route();
        let pushes = || offered(&Source::new("s", "p"), &route).collect::<Vec<_>>();
        let single = pushed(&Query { expr: is(Field::Action, "login") }, pushes());
        assert_eq!(single.params, [("action".into(), "LOGIN".to_owned())]);
        assert_eq!(pushed(&Query::all(), pushes()), Pushed::default());
    }

    #[test]
    fn a_source_may_push_more() {
        let mut source = Source::new("s", "p");
        source.push = vec!["client".to_owned()];
        let query = Query { expr: is(Field::Client, "python") };
        let route = route();
        assert_eq!(pushed(&query, offered(&source, &route)).params, [("client".into(), "python".to_owned())]);
    }
}
