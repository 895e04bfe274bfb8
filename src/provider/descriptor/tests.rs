//! What descriptors are read as, and what is refused.

use super::*;
use crate::event::field::Field;
use crate::json::Json;
use crate::provider::{PageSize, PushValues};

/// The least that a descriptor of an API has.
const LEAST: &str = r#"
name = "least"
[auth]
env = "LEAST_TOKEN"
[list]
path = "/log"
[[paging]]
kind = "none"
[fields]
time = "/time"
"#;

fn with(more: &str) -> Result<Provider, String> {
    read("d.toml", &format!("{LEAST}{more}")).map_err(|error| error.to_string())
}

fn instead(of: &str, new: &str) -> Result<Provider, String> {
    assert!(LEAST.contains(of), "{of}");
    read("d.toml", &LEAST.replace(of, new)).map_err(|error| error.to_string())
}

#[test]
fn the_least_descriptor_has_every_default() {
    let provider = with("").expect("right");
    assert_eq!((&*provider.name, &*provider.title), ("least", "least"));
    assert_eq!((&*provider.auth.header, &*provider.auth.prefix), ("Authorization", "Bearer "));
    assert_eq!(provider.paging, [Paging::None]);
    assert_eq!(provider.list.as_ref().map(|list| list.items.clone()), Some(vec![Pointer::default()]));
    assert!(provider.window.is_none() && !provider.newest_first && provider.page_sizes().is_none());
}

#[test]
fn a_descriptor_of_files_alone_needs_no_routes() {
    let text = "name = 'f'\nmarkers = '/x'\n[fields]\ntime = '/t'\ntime_format = 'epoch_ms'\n";
    let provider = read("d.toml", text).expect("right");
    assert!(provider.list.is_none() && provider.paging.is_empty());
    assert_eq!(provider.mapping.time_format, TimeFormat::Epoch { unit_micros: 1_000 });
    let detail = read("d.toml", &format!("{text}[detail]\npath = '/x/{{id}}'\n")).expect_err("no list");
    assert_eq!(detail.to_string(), "d.toml:6: key `detail`: needs a `list` route");
}

#[test]
fn every_kind_of_paging_is_read() {
    let paged = |toml: &str| instead("kind = \"none\"", toml).map(|provider| provider.paging[0].clone());
    let size = PageSize { param: "n".into(), min: 1, max: Some(50), only_if_set: false };
    let written = "size = { param = \"n\", max = 50 }";
    assert_eq!(
        paged(&format!("kind = \"offset\"\noffset = \"skip\"\n{written}")),
        Ok(Paging::Offset { offset: "skip".into(), size: size.clone() })
    );
    assert_eq!(
        paged(&format!("kind = \"page\"\npage = \"p\"\nfirst = 0\nmore = \"/more\"\n{written}")),
        Ok(Paging::Page {
            page: "p".into(),
            first: 0,
            size: size.clone(),
            more: Pointer::parse("/more"),
            total_pages: None,
        })
    );
    assert_eq!(
        paged(&format!("kind = \"cursor\"\ncursor = \"c\"\nnext = \"/next\"\n{written}")),
        Ok(Paging::Cursor {
            cursor: "c".into(),
            next: vec![Pointer::from_tokens(["next"])],
            more: vec![],
            size: Some(size),
        })
    );
    assert_eq!(paged("kind = \"link\""), Ok(Paging::Link { rel: "next".into() }));
    let window = "\n[window]\nuntil = \"to\"";
    assert_eq!(
        paged(&format!("kind = \"descent\"{window}")),
        Ok(Paging::Descent { step_micros: 1_000, suspect: 10 })
    );
    assert_eq!(
        paged("kind = \"descent\""),
        Err("d.toml:7: key `paging`: a descent by time needs `window.until`".to_owned())
    );
    assert_eq!(
        paged("kind = \"ofset\""),
        Err("d.toml:8: key `paging[1].kind`: unknown value `ofset`; the nearest valid one is `offset`"
            .to_owned())
    );
    assert_eq!(
        paged("kind = \"offset\"\noffset = \"skip\"\nsize = { param = \"skip\", max = 5 }"),
        Err("d.toml:5: key `list`: the parameter `skip` of its requests would stand for two things"
            .to_owned())
    );
    let two = "kind = \"link\"\n[[paging]]\nkind = \"none\"";
    assert!(paged(two).expect_err("two").contains("`none` stands alone"));
}

#[test]
fn filters_windows_logins_and_failures_are_read() {
    let provider = with(
        r#"actor.id = "/who"
organization.id = "/org"
[list.query]
order = "desc"
[[list.push]]
field = "user_agent"
param = "ua"
values = "lower"
[window]
since = "from"
format = "epoch_s"
[auth.login]
path = "/login"
token = "/token"
ttl_seconds = 60
[errors]
texts = ["/message", "/errors/*/text"]
hints = { 403 = "ask" }
fail_when = { "/ok" = false, "/result" = ["no", 0] }
[base]
url = "https://Example.com/"
regions = { eu = "https://eu.example.com" }
[headers]
Accept-Version = "1"
"#,
    );
    // The table is split, as TOML has it: `list.query` after `fields` is the same table's.
    let provider = provider.expect("right");
    let list = provider.list.as_ref().expect("a list");
    assert_eq!(list.query, [("order".into(), "desc".into())]);
    assert_eq!(list.pushes[0].field, Field::UserAgent);
    assert_eq!(list.pushes[0].values, PushValues::Lower);
    assert_eq!(provider.window.as_ref().map(|window| window.format.step_micros()), Some(SECOND));
    assert_eq!(provider.auth.login.as_ref().map(|login| login.ttl_seconds), Some(60));
    assert_eq!(provider.hint(403), Some("ask"));
    let values = |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| (*text).to_owned()).collect() };
    let failing: Vec<Vec<String>> =
        provider.fail_when.iter().map(|(_, values)| values.iter().map(Json::to_string).collect()).collect();
    assert_eq!(failing, [values(&["false"]), values(&["\"no\"", "0"])]);
    assert_eq!(provider.base.url.as_deref(), Some("https://example.com"));
    assert_eq!(provider.organization_is, crate::provider::OrganizationIs::Id);
}

#[test]
fn what_does_not_fit_is_named_with_file_line_and_key() {
    let cases = vec![
        (with("[windw]\n"), "d.toml:11: key `windw`: unknown key `windw`; the nearest valid one is `window`"),
        (
            with("actr = '/a'\n"),
            "d.toml:11: key `fields.actr`: unknown key `actr`; the nearest valid one is `actor`",
        ),
        (
            with("id = 'a'\n"),
            "d.toml:11: key `fields.id`: `a` is no JSON pointer: empty for the whole, else /name/name",
        ),
        (with("id = '{/a'\n"), "d.toml:11: key `fields.id`: has a `{` without its `}`"),
        (with("id = '{/a}}'\n"), "d.toml:11: key `fields.id`: has a `}` without its `{`"),
        (
            with("id = []\n"),
            "d.toml:11: key `fields.id`: expected one or more sources, not nested any deeper",
        ),
        (
            with("id = { constant = 'x', fan_out = true }\n"),
            "d.toml:11: key `fields.id`: needs either `constant = \"text\"` or `fan_out = true`",
        ),
        (
            with("organization = { id = '/a', name = '/b' }\n"),
            "d.toml:11: key `fields.organization`: needs either `id` or `name`",
        ),
        (
            with("[kinds]\nlgin = 'x'\n"),
            "d.toml:12: key `kinds.lgin`: unknown kind of action `lgin`; the nearest valid one is `login`",
        ),
        (
            with("[kinds]\nlogin = [{ actn = 'x' }]\n"),
            "d.toml:12: key `kinds.login[1].actn`: unknown field `actn`; the nearest valid one is `action`",
        ),
        (
            with("[[changes]]\nat = '/d'\nkind = 'pairs'\n"),
            "d.toml:11: key `changes[1]`: the key `prefixes` is missing",
        ),
        (
            with("[errors]\nhints = { 200 = 'x' }\n"),
            "d.toml:12: key `errors.hints.200`: expected an HTTP status from 400 to 599 as the key",
        ),
        (
            with("[base]\nurl = 'https://x/api'\n"),
            "d.toml:12: key `base.url`: must have no path: expected https://host or http://host:port",
        ),
        (with("[entity]\npath = '/e/{entity_type}'\n"), "d.toml:12: key `entity.path`: needs `{entity_id}`"),
        (
            with("[detail]\npath = '/{ws}/{id}'\n"),
            "d.toml:11: key `detail`: has the variable `ws`, which the list route has not",
        ),
        (with("[detail]\npath = '/e'\n"), "d.toml:12: key `detail.path`: needs `{id}`"),
        (
            with("[[sample]]\nname = 's'\nrecord = '{'\nexpected = '{}'\n"),
            "d.toml:13: key `sample[1].record`: is no JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            instead("/log", "/log?x=1"),
            "d.toml:6: key `list.path`: must have no query, no `#`, no `\\` and no white space",
        ),
        (instead("/log", "/{a"), "d.toml:6: key `list.path`: has braces that are no `{variable}`"),
        (instead("/log", "/{id}"), "d.toml:6: key `list.path`: `{id}` has no meaning in this route"),
        (
            instead("\"least\"", "\"Le ast\""),
            "d.toml:2: key `name`: must be at most 64 of a to z, 0 to 9, `_` and `-`",
        ),
        (instead("LEAST_TOKEN", "1=2"), "d.toml:4: key `auth.env`: is no name of an environment variable"),
        (instead("time = \"/time\"", ""), "d.toml:9: key `fields`: the key `time` is missing"),
        (instead("name = \"least\"", ""), "d.toml: the key `name` is missing"),
    ];
    for (result, said) in cases {
        assert_eq!(result.map(|provider| provider.name), Err(said.to_owned()));
    }
}

proptest::proptest! {
    /// Whatever a hand that slips makes of a right descriptor, it is read or refused with its line.
    #[test]
    fn no_slip_of_the_hand_makes_the_reader_panic(
        file in 0usize..8, at in 0.0f64..1.0, length in 0usize..40, put in "\\PC{0,12}"
    ) {
        let registry = crate::provider::registry::Registry::shipped();
        let all: Vec<_> = registry.iter().collect();
        let text = &all[file % all.len()].toml;
        let place = |share: f64| (0..=(text.len() as f64 * share) as usize)
            .rev()
            .find(|offset| text.is_char_boundary(*offset))
            .unwrap_or(0);
        let start = place(at);
        let end = (start + length..text.len()).find(|offset| text.is_char_boundary(*offset)).unwrap_or(text.len());
        let slipped = format!("{}{put}{}", &text[..start], &text[end.max(start)..]);
        match crate::provider::registry::check_text("d.toml", &slipped) {
            Ok(report) => proptest::prop_assert!(!report.provider.name.is_empty()),
            Err(errors) => proptest::prop_assert!(errors.iter().all(|error| error.to_string().starts_with("d.toml"))),
        }
    }
}
