//! The five shipped descriptors against the contract's tables (sections 2, 3 and 7), and the demo's
//! world through them.

use std::sync::Arc;

use auditty::event::field::Field;
use auditty::event::{Kind, Outcome, Rank};
use auditty::json::{Node, Pointer};
use auditty::provider::mapping::{Context, IdScope};
use auditty::provider::registry::{Recognition, Registry, check};
use auditty::provider::time::TimeFormat;
use auditty::provider::{OrganizationIs, PageSize, Paging, Provider, PushValues, Route};

fn provider(name: &str) -> Arc<Provider> {
    Registry::shipped().get(name).expect("a shipped descriptor")
}

fn pointers(texts: &[&str]) -> Vec<Pointer> {
    texts.iter().map(|text| Pointer::parse(text).expect("a pointer")).collect()
}

fn size(param: &str, max: Option<u32>) -> PageSize {
    PageSize { param: param.into(), min: 1, max, only_if_set: max.is_none() }
}

/// Field, parameter, values and whether only on demand, of each push of a route.
fn pushes(route: Option<&Route>) -> Vec<(Field, &str, &PushValues, bool)> {
    let all = route.iter().flat_map(|route| &route.pushes);
    all.map(|push| (push.field, &*push.param, &push.values, push.opt_in)).collect()
}

fn one_of(words: &[&str]) -> PushValues {
    PushValues::OneOf(words.iter().map(|word| (*word).into()).collect())
}

#[test]
fn places_tokens_and_hints_are_the_contracts() {
    let rows = [
        ("fastio", "https://api.fast.io", "FASTIO_API_TOKEN", "/v1/workspaces/{workspace_id}/audit-logs"),
        ("fastpki", "http://localhost:8000", "FASTPKI_TOKEN", "/api/v1/audit-logs/"),
        ("fileguard", "https://api.fileguard.io", "FILEGUARD_API_KEY", "/api/v1/audit-logs"),
        ("tofupilot", "https://tofupilot.app", "TOFUPILOT_API_KEY", "/api/v2/audit-log"),
        ("logfire", "https://api-us.pydantic.dev", "LOGFIRE_TOKEN", "/api/v1/audit-logs/"),
    ];
    for (name, url, env, path) in rows {
        let provider = provider(name);
        assert_eq!(provider.base.url.as_deref(), Some(url), "{name}");
        assert_eq!(&*provider.auth.env, env, "{name}");
        assert_eq!((&*provider.auth.header, &*provider.auth.prefix), ("Authorization", "Bearer "), "{name}");
        assert_eq!(provider.list.as_ref().map(|list| &*list.path), Some(path), "{name}");
        assert!(provider.hint(401).is_some() && provider.hint(403).is_some(), "{name}");
    }
    let hint = |name: &str, status| provider(name).hint(status).unwrap_or_default().to_owned();
    assert!(hint("fastio", 403).contains("audit_logs:read"));
    assert!(hint("fastpki", 403).contains("Admin or Superuser"));
    assert!(hint("fastpki", 401).contains("15 minutes") && hint("fastpki", 401).contains("login"));
    assert!(hint("tofupilot", 403).contains("Viewer and Operator have no access"));
    assert!(hint("logfire", 403).contains("organizations:auditlog"));
    assert!(hint("logfire", 403).contains("Enterprise"));

    assert_eq!(*provider("tofupilot").base.siblings, ["https://www.tofupilot.app".into()]);
    let regions = provider("logfire").base.regions.clone();
    assert!(regions.contains(&("eu".into(), "https://api-eu.pydantic.dev".into())));
    let login = provider("fastpki").auth.login.clone().expect("a login route");
    assert_eq!(
        (&*login.path, &*login.username, &*login.password),
        ("/api/v1/auth/token", "username", "password")
    );
    assert_eq!((login.token.to_string().as_str(), login.ttl_seconds), ("/access_token", 900));
    let entity = provider("fileguard").entity.clone().expect("an entity route");
    assert_eq!(&*entity.path, "/api/v1/audit-logs/entity/{entity_type}/{entity_id}");
    let detail = provider("logfire").detail.clone().expect("a single record's route");
    assert_eq!(&*detail.path, "/api/v1/audit-logs/{id}/");
    let only = |has: fn(&Provider) -> bool| -> Vec<String> {
        let five = ["fastio", "fastpki", "fileguard", "tofupilot", "logfire"];
        five.into_iter().filter(|name| has(&provider(name))).map(str::to_owned).collect()
    };
    assert_eq!(only(|provider| provider.detail.is_some()), ["logfire"]);
    assert_eq!(only(|provider| provider.entity.is_some()), ["fileguard"]);
    assert_eq!(only(|provider| provider.auth.login.is_some()), ["fastpki"]);
    assert_eq!(only(|provider| provider.newest_first), ["fastio", "fileguard", "tofupilot"]);
    assert_eq!(only(|provider| provider.retention_days == Some(90)), ["tofupilot"]);
    assert_eq!(only(|provider| provider.retention_days.is_some()), ["tofupilot"]);
    assert_eq!(only(|provider| provider.mapping.id_scope == IdScope::FanOut), ["fastio"]);
    assert_eq!(only(|provider| provider.organization_is == OrganizationIs::Id), ["fastpki"]);
    assert_eq!(only(|provider| provider.mapping.failure_endings.is_empty()), ["tofupilot"]);
}

#[test]
fn pages_and_items_are_the_contracts() {
    assert_eq!(
        provider("fastio").paging,
        [Paging::Cursor {
            cursor: "cursor".into(),
            next: pointers(&["/next_cursor"]),
            more: pointers(&["/has_more"]),
            size: Some(size("limit", Some(100))),
        }]
    );
    assert_eq!(
        provider("fastpki").paging,
        [Paging::Offset { offset: "skip".into(), size: size("limit", Some(1000)) }]
    );
    assert_eq!(
        provider("fileguard").paging,
        [Paging::Page {
            page: "page".into(),
            first: 1,
            size: size("page_size", Some(100)),
            more: Pointer::parse("/data/pagination/has_next"),
            total_pages: Pointer::parse("/data/pagination/total_pages"),
        }]
    );
    assert_eq!(
        provider("tofupilot").paging,
        [
            Paging::Cursor {
                cursor: "cursor".into(),
                next: pointers(&["/next_cursor", "/meta/next_cursor", "/pagination/next_cursor"]),
                more: pointers(&["/has_more", "/meta/has_more", "/pagination/has_more"]),
                size: Some(size("limit", None)),
            },
            Paging::Link { rel: "next".into() },
            Paging::Descent { step_micros: 1_000, suspect: 10 },
        ]
    );
    assert_eq!(provider("logfire").paging, [Paging::None]);
    let items = |name: &str| provider(name).list.as_ref().map(|list| list.items.clone()).unwrap_or_default();
    assert_eq!(items("fastio"), pointers(&["/events"]));
    assert_eq!(items("fastpki"), pointers(&[""]));
    assert_eq!(items("fileguard"), pointers(&["/data/data"]));
    assert_eq!(items("tofupilot"), pointers(&["", "/data", "/entries", "/items", "/results"]));
    assert_eq!(items("logfire"), pointers(&[""]));

    let list = provider("tofupilot").list.clone().expect("a list");
    let found = |page: &str| {
        let node = Node::parse(page).expect("JSON");
        list.items_in(node).map(|items| items.elements().count())
    };
    assert_eq!(found("[1,2]"), Some(2));
    assert_eq!(found(r#"{"data":{"x":1},"results":[1]}"#), Some(1));
    assert_eq!(found(r#"{"entries":[]}"#), Some(0));
    assert_eq!(found(r#"{"data":null}"#), None);
    assert_eq!(found(r#""data""#), None);
}

#[test]
fn windows_are_the_contracts() {
    let window = |name: &str| provider(name).window.clone().expect("a window");
    let params = |name: &str| {
        let window = window(name);
        (window.since.unwrap_or_default().to_string(), window.until.unwrap_or_default().to_string())
    };
    let are = |since: &str, until: &str| (since.to_owned(), until.to_owned());
    assert_eq!(params("fastio"), are("start_date", "end_date"));
    assert_eq!(params("fastpki"), are("since", "until"));
    assert_eq!(params("tofupilot"), are("from", "to"));
    assert_eq!(params("logfire"), are("start_time", "end_time"));
    assert!(provider("fileguard").window.is_none());
    assert_eq!(window("fastio").format, TimeFormat::Rfc3339 { digits: 0 });
    assert_eq!(window("fastpki").format, TimeFormat::Rfc3339 { digits: 6 });
    assert_eq!(window("tofupilot").format, TimeFormat::Rfc3339 { digits: 3 });
    assert_eq!(window("logfire").format, TimeFormat::Rfc3339 { digits: 0 });
    assert!(window("fastpki").until_inclusive && !window("logfire").until_inclusive);
    assert_eq!(window("logfire").max_days, Some(90));
    assert!(["fastio", "fastpki", "tofupilot"].into_iter().all(|name| window(name).max_days.is_none()));
}

#[test]
fn pushes_are_the_contracts() {
    let fastio = provider("fastio");
    assert_eq!(
        pushes(fastio.list.as_ref()),
        [
            (Field::ActorType, "actor_type", &one_of(&["human", "agent"]), false),
            (Field::Action, "action", &PushValues::Lower, false),
        ]
    );
    let fastpki = provider("fastpki");
    let rows = pushes(fastpki.list.as_ref());
    assert!(
        matches!(rows[0], (Field::Action, "action", PushValues::OneOf(words), false) if words.len() == 14)
    );
    assert_eq!(
        rows[1..],
        [
            (Field::ActorId, "user_id", &PushValues::Integer, false),
            (Field::TargetType, "resource_type", &PushValues::Lower, false),
            (Field::TargetId, "resource_id", &PushValues::Integer, false),
        ]
    );
    let fileguard = provider("fileguard");
    let actions = one_of(&["created", "enabled", "disabled", "revoked", "updated", "deleted"]);
    let types = one_of(&["api_key", "file", "context", "tenant"]);
    assert_eq!(
        pushes(fileguard.list.as_ref()),
        [
            (Field::Action, "action", &actions, false),
            (Field::TargetId, "entity_id", &PushValues::Lower, false),
            (Field::TargetType, "audit_type", &types, false),
        ]
    );
    assert_eq!(pushes(fileguard.entity.as_ref()), []);
    let tofupilot = provider("tofupilot");
    let clients = one_of(&["Python", "C#", "Rust", "C++", "MATLAB", "CLI", "HTTP"]);
    assert_eq!(
        pushes(tofupilot.list.as_ref()),
        [
            (Field::Endpoint, "endpoint", &PushValues::Lower, false),
            (Field::Method, "method", &PushValues::Upper, false),
            (Field::Status, "status", &PushValues::StatusClass, false),
            (Field::ActorId, "created_by", &PushValues::Lower, true),
            (Field::Client, "client", &clients, true),
        ]
    );
    let logfire = provider("logfire");
    let actions = one_of(&["LOGIN", "LOGOUT", "INSERT", "UPDATE", "DELETE"]);
    assert_eq!(pushes(logfire.list.as_ref()), [(Field::Action, "action", &actions, false)]);
}

/// What a tofupilot request with this user agent is called.
fn client(user_agent: &str) -> String {
    let record =
        serde_json::json!({"timestamp": "2026-05-18T00:00:00Z", "user_agent": user_agent}).to_string();
    event("tofupilot", &record).client.expect("a client")
}

fn event(name: &str, record: &str) -> auditty::event::Event {
    let context = Context { source: "s".into(), provider: name.into(), workspace: None, rank: Rank::ListRow };
    provider(name).mapping.event(Node::parse(record).expect("JSON"), &context).expect("an entry")
}

#[test]
fn clients_are_told_as_the_contract_tells_them() {
    for (user_agent, name) in [
        ("tofupilot-cli/1.0 tofupilot-rust/2.1.5", "CLI"),
        ("tofupilot-matlab/2.5.0", "MATLAB"),
        ("MATLAB 2026a", "MATLAB"),
        ("speakeasy-sdk/python 2.2.4 2.657.1 2.0.0 tofupilot.v2", "Python"),
        ("TofuPilot-Python/2.1", "Python"),
        ("tofupilot-sdk/csharp 2.0.3 2.657.1 2.0.0 TofuPilot", "C#"),
        ("tofupilot-csharp/1", "C#"),
        ("tofupilot-dotnet/1", "C#"),
        ("tofupilot.net/1", "C#"),
        ("tofupilot-rust/2.1.5", "Rust"),
        ("tofupilot-rs/1", "Rust"),
        ("tofupilot-cpp/2.0.2", "C++"),
        ("tofupilot-c++/2", "C++"),
        ("python-requests/2.28.0", "HTTP"),
        ("curl/8.5", "HTTP"),
        ("", "HTTP"),
    ] {
        assert_eq!(client(user_agent), name, "{user_agent}");
    }
    assert_eq!(event("fastio", r#"{"timestamp":"2026-05-18T00:00:00Z","user_agent":"curl"}"#).client, None);
}

#[test]
fn kinds_are_told_by_the_contracts_table() {
    let kinds = |name: &str, more: &str| {
        let record =
            format!(r#"{{"timestamp":"2026-05-18T00:00:00Z","created_at":"2026-05-18T00:00:00Z",{more}}}"#);
        let kinds = event(name, &record).kinds;
        let names: Vec<_> =
            Kind::ALL.into_iter().filter(|kind| kinds.contains(*kind)).map(Kind::name).collect();
        names.join(" ")
    };
    for (name, actions) in [
        (
            "fastio",
            &[
                ("login", "login"),
                ("file.download", "read"),
                ("file.delete", "delete"),
                ("export.zip", "export"),
                ("role.change", "role"),
            ][..],
        ),
        (
            "fastpki",
            &[
                ("login_success", "login"),
                ("login_failure", "login"),
                ("cert_create", "create"),
                ("cert_revoke", "delete"),
                ("org_add_user", "update role"),
                ("org_remove_user", "update role"),
                ("user_update", "update role"),
                ("ca_export_private_key", "export key"),
                ("cert_export_private_key", "export key"),
            ],
        ),
        (
            "fileguard",
            &[
                ("created", "create"),
                ("enabled", "update"),
                ("disabled", "update"),
                ("updated", "update"),
                ("revoked", "delete"),
                ("deleted", "delete"),
            ],
        ),
        (
            "logfire",
            &[
                ("LOGIN", "login"),
                ("LOGOUT", "logout"),
                ("INSERT", "create"),
                ("UPDATE", "update"),
                ("DELETE", "delete"),
            ],
        ),
    ] {
        for (action, expected) in actions {
            assert_eq!(kinds(name, &format!(r#""action":"{action}""#)), *expected, "{name}: {action}");
        }
    }
    for (method, expected) in
        [("POST", "create"), ("PATCH", "update"), ("PUT", "update"), ("GET", "read"), ("DELETE", "delete")]
    {
        let request = |path: &str| kinds("tofupilot", &format!(r#""method":"{method}","endpoint":"{path}""#));
        assert_eq!(request("/api/v2/runs"), expected);
        assert_eq!(request("/api/v2/api-keys/7"), format!("{expected} key"));
    }
    for what in ["api_key", "read_tokens", "write_tokens"] {
        let created = format!(r#""action":"INSERT","resource_type":"{what}""#);
        assert_eq!(kinds("logfire", &created), "create key", "{what}");
        let disabled = format!(r#""action":"disabled","entity_type":"{what}""#);
        assert_eq!(kinds("fileguard", &disabled), "update key", "{what}");
    }
    let read = |agent: &str, path: &str| {
        kinds("tofupilot", &format!(r#""method":"GET","endpoint":"{path}","user_agent":"{agent}""#))
    };
    assert_eq!(read("auditty/0.1.0", "/api/v2/audit-log"), "read self");
    assert_eq!(read("auditty/0.1.0", "/api/v2/runs"), "read");
    assert_eq!(read("curl/8", "/api/v2/audit-log"), "read");
}

#[test]
fn an_actions_name_tells_failure_but_at_tofupilot() {
    let outcome = |name: &str, time: &str, more: &str| {
        event(name, &format!(r#"{{"{time}":"2026-05-18T00:00:00Z",{more}}}"#)).outcome
    };
    for action in ["login_failure", "Access.DENIED", "upload failed", "denied"] {
        let action = format!(r#""action":"{action}""#);
        assert_eq!(outcome("fastio", "timestamp", &action), Outcome::Failure, "{action}");
        assert_eq!(outcome("logfire", "created_at", &action), Outcome::Failure, "{action}");
    }
    assert_eq!(outcome("fastpki", "created_at", r#""action":"undenied""#), Outcome::Success);
    let endpoint = r#""method":"GET","endpoint":"/api/v2/runs:failed""#;
    assert_eq!(outcome("tofupilot", "timestamp", endpoint), Outcome::Success);
    assert_eq!(outcome("tofupilot", "timestamp", r#""status":"400""#), Outcome::Failure);
}

#[test]
fn the_related_primitive_is_the_first_that_is_there() {
    let target = |more: &str| {
        let record = format!(r#"{{"timestamp":"2026-05-18T00:00:00Z",{more}}}"#);
        let target = event("tofupilot", &record).target;
        [target.kind, target.id, target.name].map(Option::unwrap_or_default)
    };
    assert_eq!(target(r#""unit":{"id":1,"name":"n","serial_number":"s"},"run_id":"r""#), ["unit", "1", "n"]);
    assert_eq!(target(r#""run":{"id":"r1"},"unit":{"id":"u1"}"#), ["run", "r1", ""]);
    assert_eq!(target(r#""procedure":{"name":"p"}"#), ["procedure", "", "p"]);
    assert_eq!(target(r#""unit_id":7,"procedure_id":"p""#), ["unit", "7", ""]);
    assert_eq!(target(r#""resource":{"type":"batch","id":"b","name":"B"}"#), ["batch", "b", "B"]);
    assert_eq!(target(r#""resource":"a thing""#), ["", "", "a thing"]);
    assert_eq!(target(r#""run":null,"resource":null"#), ["", "", ""]);
}

#[test]
fn a_descriptors_file_is_checked_as_it_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, provider("logfire").toml.as_bytes()).expect("a file");
    assert!(check(&path).expect("right").samples >= 4);
    let errors = check(&folder.path().join("none.toml")).expect_err("no such file");
    assert!(errors[0].to_string().contains("none.toml: cannot be read: "), "{}", errors[0]);
    std::fs::write(&path, b"name = \"x\"\nlist = \xff").expect("a file");
    assert!(check(&path).expect_err("no UTF-8")[0].to_string().ends_with("mine.toml: is not UTF-8 text"));
}

#[cfg(feature = "demo")]
#[test]
fn every_record_of_the_demos_world_becomes_an_entry_of_its_own_system() {
    use auditty::demo::{System, World};
    use auditty::timestamp::Timestamp;

    let registry = Registry::shipped();
    let world = World::generate(World::SEED, Timestamp::parse("2026-05-21T10:00:00Z").expect("a time"));
    for system in System::ALL {
        let provider = provider(system.provider());
        let context = |rank, workspace: Option<&str>| Context {
            source: system.source().into(),
            provider: system.provider().into(),
            workspace: workspace.map(Into::into),
            rank,
        };
        for record in world.records(system) {
            let node = Node::parse(&record.json).expect("JSON");
            match registry.recognise(node) {
                Recognition::Provider(found) => assert_eq!(found.name, provider.name, "{}", record.json),
                other => panic!("{other:?}: {}", record.json),
            }
            let row =
                provider.mapping.event(node, &context(Rank::ListRow, record.workspace)).expect("an entry");
            assert_eq!(row.time, record.time);
            assert_eq!(row.record.as_str(), &*record.json);
            assert!(row.id.is_some() && row.action.is_some(), "{}", record.json);
            let Some(single) = &record.single else { continue };
            let single = Node::parse(single).expect("JSON");
            let single =
                provider.mapping.event(single, &context(Rank::Single, record.workspace)).expect("an entry");
            assert_eq!((single.identity, single.time), (row.identity, row.time));
            assert!(row.changes.is_none());
        }
    }
}
