//! Each system answers by the letter of its page, and refuses by it.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::Value;

use crate::demo::{Record, System, WORKSPACES, World};
use crate::fetch::clock::Clock;
use crate::timestamp::{DAY, SECOND, Timestamp};

use super::exchange::{Asked, Reply};
use super::site::{READER, Site, VIEWER};
use super::{Options, Rate};

static WORLD: LazyLock<Arc<World>> = LazyLock::new(|| {
    Arc::new(World::generate(World::SEED, Timestamp::parse("2026-05-21T10:00:00Z").expect("a time")))
});

/// A clock that stands until it is moved.
#[derive(Debug)]
struct Hand(Mutex<Timestamp>);

impl Hand {
    fn forward(&self, micros: i64) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.plus(micros);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

struct Bench {
    site: Site,
    clock: Arc<Hand>,
}

fn bench(system: System) -> Bench {
    let clock = Arc::new(Hand(Mutex::new(WORLD.end().plus(23 * 60 * SECOND + 456_789))));
    let options = Options {
        clock: Arc::<Hand>::clone(&clock),
        fastio: Rate { burst: 4, per_second: 4 },
        fileguard: Rate { burst: 50, per_second: 1 },
        ..Options::default()
    };
    Bench { site: Site::new(system, Arc::clone(&WORLD), &options), clock }
}

impl Bench {
    fn get(&self, path: &str) -> Reply {
        self.site.answer(&Asked::test(&format!("GET {path}"), Some(READER)))
    }

    fn json(&self, path: &str) -> Value {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        serde_json::from_str(&reply.body).expect("valid JSON")
    }

    /// A refusal's status and body.
    fn refused(&self, path: &str, token: Option<&str>) -> (u16, Value) {
        let reply = self.site.answer(&Asked::test(&format!("GET {path}"), token));
        let body = serde_json::from_str(&reply.body).unwrap_or_else(|_| panic!("{path}: {}", reply.body));
        (reply.status, body)
    }

    fn status(&self, path: &str) -> u16 {
        self.get(path).status
    }
}

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
}

fn texts<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Value> {
    records.into_iter().map(|record| serde_json::from_str(&record.json).expect("valid JSON")).collect()
}

#[test]
fn every_system_wants_a_bearer_that_it_knows_and_that_may() {
    let workspace = format!("/v1/workspaces/{}/audit-logs", WORKSPACES[0]);
    let paths = [
        (System::Tofupilot, "/api/v2/audit-log", "/message"),
        (System::Fastio, &workspace, "/error/text"),
        (System::Fastpki, "/api/v1/audit-logs/", "/detail"),
        (System::Fileguard, "/api/v1/audit-logs", "/message"),
        (System::Logfire, "/api/v1/audit-logs/?start_time=2026-05-20T00:00:00Z", "/detail"),
    ];
    for (system, path, words) in paths {
        let bench = bench(system);
        for (token, status) in [
            (None, 401),
            (Some("wrong"), 401),
            (Some(VIEWER), 403),
            (Some("demo\u{20}"), 200),
            (Some(READER), 200),
        ] {
            let reply = bench.site.answer(&Asked::test(&format!("GET {path}"), token));
            assert_eq!(reply.status, status, "{system:?} {token:?}: {}", reply.body);
            let body: Value = serde_json::from_str(&reply.body).expect("valid JSON");
            let said = body.pointer(words).and_then(Value::as_str).is_some_and(|words| words.len() > 4);
            assert_eq!(said, status != 200, "{system:?} {token:?}: {body}");
        }
        let unknown = bench.refused("/api/v9/nothing", Some(READER));
        assert!(unknown.0 == 404 && unknown.1.pointer(words).is_some(), "{system:?}: {unknown:?}");
        let posted = bench.site.answer(&Asked::test(&format!("POST {path}"), Some(READER)));
        assert_eq!(posted.status, 405, "{system:?}");
        assert_eq!(
            bench.status(&format!("{path}{}unheard_of=1", if path.contains('?') { '&' } else { '?' })),
            200
        );
    }
    let pki = bench(System::Fastpki);
    let reply = pki.site.answer(&Asked::test("GET /api/v1/audit-logs/", None));
    assert_eq!(
        (&*reply.body, header(&reply, "www-authenticate")),
        (r#"{"detail":"Not authenticated"}"#, Some("Bearer"))
    );
}

#[test]
fn pki_pages_by_offset_and_tells_each_wrong_parameter() {
    let bench = bench(System::Fastpki);
    let held = WORLD.records(System::Fastpki);
    let list = "/api/v1/audit-logs/";
    assert_eq!(bench.json(list), Value::from(texts(&held[..100])));
    assert_eq!(bench.json(&format!("{list}?skip=3&limit=1000")), Value::from(texts(&held[3..1_003])));
    assert_eq!(bench.json(&format!("{list}?skip=99999")), Value::Array(Vec::new()));
    let redirect = bench.get("/api/v1/audit-logs?limit=5");
    assert_eq!(
        (redirect.status, header(&redirect, "location")),
        (307, Some("http://127.0.0.1:8000/api/v1/audit-logs/?limit=5"))
    );
    let (status, body) = bench
        .refused(&format!("{list}?limit=1001&skip=-1&user_id=x&action=CA_CREATE&since=soon"), Some(READER));
    assert_eq!(status, 422);
    let told: HashSet<_> =
        body["detail"].as_array().expect("a list").iter().map(|one| one["loc"][1].to_string()).collect();
    assert_eq!(told.len(), 5, "{body}");
    assert!(
        body.to_string().contains("less than or equal to 1000") && body.to_string().contains("'cert_create'")
    );
    assert_eq!(bench.refused(&format!("{list}?limit=0"), Some(READER)).0, 422);
}

#[test]
fn pki_windows_have_both_ends_inside() {
    let bench = bench(System::Fastpki);
    let held = WORLD.records(System::Fastpki);
    let (newest, oldest) = (held[40].time, held[60].time);
    let naive = newest.to_string().trim_end_matches('Z').to_owned();
    for until in [newest.to_string(), naive] {
        let body = bench.json(&format!("/api/v1/audit-logs/?limit=1000&since={oldest}&until={until}"));
        let expected = held.iter().filter(|record| (oldest..=newest).contains(&record.time));
        assert_eq!(body, Value::from(texts(expected)));
    }
    assert_eq!(bench.status("/api/v1/audit-logs/?since=2026-05-20&until=1779300000"), 200);
    // A plus that was not escaped is a space.
    assert_eq!(bench.status("/api/v1/audit-logs/?since=2026-05-20T00:00:00+02:00"), 422);
    assert_eq!(bench.status("/api/v1/audit-logs/?since=2026-05-20T00:00:00%2B02:00"), 200);
}

#[test]
fn pki_filters_are_exact() {
    let bench = bench(System::Fastpki);
    let rows = bench
        .json("/api/v1/audit-logs/?action=ca_export_private_key&user_id=7&resource_type=ca&resource_id=3");
    let rows = rows.as_array().expect("a list");
    assert!(
        rows.len() == 1 && rows[0]["username"] == "devon.reyes" && rows[0]["detail"].is_null(),
        "{rows:?}"
    );
    assert_eq!(bench.json("/api/v1/audit-logs/?resource_type=nothing"), Value::Array(Vec::new()));
}

#[test]
fn pki_logins_give_a_token_for_a_quarter_of_an_hour_five_times_a_minute() {
    let bench = bench(System::Fastpki);
    let login = |form: &str| bench.site.answer(&Asked::test_form("POST /api/v1/auth/token", None, form));
    let before = bench.site.held().len();
    assert_eq!(login("username=admin").status, 422);
    assert_eq!(login("username=%3Deve&password=x").status, 401);
    let good = login("username=admin&password=demo");
    let body: Value = serde_json::from_str(&good.body).expect("valid JSON");
    let token = body["access_token"].as_str().expect("a token");
    assert_eq!((good.status, body["token_type"].as_str()), (200, Some("bearer")));
    let list = || bench.site.answer(&Asked::test("GET /api/v1/audit-logs/?limit=2", Some(token)));
    let rows: Value = serde_json::from_str(&list().body).expect("valid JSON");
    assert_eq!((&rows[0]["action"], &rows[0]["username"]), (&"login_success".into(), &"admin".into()));
    assert_eq!((&rows[1]["action"], &rows[1]["username"]), (&"login_failure".into(), &"=eve".into()));
    assert_eq!(rows[0]["id"].as_u64(), Some(before as u64 + 2));
    assert_eq!([login("").status, login("").status], [422, 422]);
    let sixth = login("username=admin&password=demo");
    assert_eq!((sixth.status, &*sixth.body), (429, r#"{"error":"Rate limit exceeded: 5 per 1 minute"}"#));
    assert!(sixth.headers.is_empty(), "it does not say when to come back");
    bench.clock.forward(60 * SECOND);
    assert_eq!(login("username=admin&password=demo").status, 200);
    bench.clock.forward(839 * SECOND);
    assert_eq!(list().status, 200);
    bench.clock.forward(SECOND);
    assert_eq!((list().status, &*list().body), (401, r#"{"detail":"Could not validate credentials"}"#));
}

#[test]
fn logfire_wants_a_start_and_at_most_ninety_days() {
    let bench = bench(System::Logfire);
    let held = WORLD.records(System::Logfire);
    let list = "/api/v1/audit-logs/";
    let (status, body) = bench.refused(list, Some(READER));
    assert!(status == 422 && body["detail"][0]["loc"][1] == "start_time", "{body}");
    for wrong in [
        "start_time=2026-05-20",
        "start_time=2026-05-20T00:00:00",
        "start_time=2026-05-20T00:00:00.5Z",
        "start_time=2026-05-20T00:00:00%2B00:00",
        "start_time=2026-05-20%2000:00:00Z",
        "start_time=2026-05-20T00:00:00Z&end_time=x",
        "start_time=2026-05-20T00:00:00Z&action=login",
    ] {
        assert_eq!(bench.status(&format!("{list}?{wrong}")), 422, "{wrong}");
    }
    let (end, second) = (WORLD.end(), |time: Timestamp| time.rfc3339(0));
    let window = |days: i64, micros: i64| {
        bench.status(&format!(
            "{list}?start_time={}&end_time={}",
            second(end.plus(-days * DAY - micros)),
            second(end)
        ))
    };
    assert_eq!((window(90, 0), window(90, SECOND), window(200, 0)), (200, 400, 400));
    let since = end.plus(-2 * DAY);
    let since = since.plus(-since.micros().rem_euclid(SECOND));
    let body = bench.json(&format!("{list}?start_time={}", second(since)));
    assert_eq!(body, Value::from(texts(held.iter().filter(|record| record.time >= since))));
    let until = held[9].time.plus(-held[9].time.micros().rem_euclid(SECOND));
    let body =
        bench.json(&format!("{list}?start_time={}&end_time={}&action=LOGIN", second(since), second(until)));
    let inside =
        |record: &&Record| (since..until).contains(&record.time) && record.value("/action") == "LOGIN";
    assert_eq!(body, Value::from(texts(held.iter().filter(inside))));
    assert_eq!(bench.status("/api/v1/audit-logs?start_time=2026-05-20T00:00:00Z"), 404);
}

#[test]
fn logfire_has_single_records_behind_a_slash() {
    let bench = bench(System::Logfire);
    let record = &WORLD.records(System::Logfire)[5];
    let path = format!("/api/v1/audit-logs/{}", record.value("/id"));
    assert_eq!(bench.get(&format!("{path}/")).body, record.single.as_deref().unwrap_or_default());
    assert_eq!(bench.status(&path), 404, "the slash is required");
    assert_eq!(bench.status("/api/v1/audit-logs/00000000-0000-4000-8000-000000000000/"), 404);
    assert_eq!(bench.refused(&format!("{path}/"), Some(VIEWER)).0, 403);
}

#[test]
fn fileguard_pages_in_an_envelope() {
    let bench = bench(System::Fileguard);
    let held = WORLD.records(System::Fileguard);
    let body = bench.json("/api/v1/audit-logs?page=2&page_size=100");
    assert_eq!(body["data"]["data"], Value::from(texts(&held[100..200])));
    let pages = held.len().div_ceil(100);
    assert_eq!((&body["status"], &body["timestamp"]), (&"SUCCESS".into(), &"2026-05-21T10:23:00Z".into()));
    assert_eq!(
        body["data"]["pagination"],
        serde_json::json!({"page": 2, "page_size": 100, "total_items": held.len(), "total_pages": pages,
            "has_next": true, "has_previous": true})
    );
    let last = bench.json(&format!("/api/v1/audit-logs?page={pages}&page_size=100"));
    assert!(
        last["data"]["pagination"]["has_next"] == false
            && last["data"]["data"].as_array().is_some_and(|l| !l.is_empty())
    );
    let beyond = bench.json(&format!("/api/v1/audit-logs?page={}", u64::MAX / 2));
    assert_eq!(beyond["data"]["data"], Value::Array(Vec::new()));
    assert_eq!(bench.json("/api/v1/audit-logs")["data"]["data"].as_array().map(Vec::len), Some(20));
    for wrong in ["page_size=101", "page_size=0", "page=0", "page=x", "action=made", "audit_type=user"] {
        let (status, body) = bench.refused(&format!("/api/v1/audit-logs?{wrong}"), Some(READER));
        assert!(
            status == 400 && body["status"] == "ERROR" && body["errors"][0].is_string(),
            "{wrong}: {body}"
        );
    }
    assert_eq!(bench.status("/api/v1/audit-logs/"), 404);
}

#[test]
fn fileguard_filters_and_tells_one_entity() {
    let bench = bench(System::Fileguard);
    let of = |key: &'static str| {
        let records = WORLD.records(System::Fileguard).iter();
        Value::from(texts(
            records.filter(|r| r.value("/entity_type") == "api_key" && r.value("/entity_id") == key),
        ))
    };
    let entity =
        bench.json("/api/v1/audit-logs/entity/api_key/key_m1n2o3p4q5r6?page_size=100&action=created");
    assert_eq!(entity["data"]["data"], of("key_m1n2o3p4q5r6"), "the entity's route has no filters");
    assert_eq!(entity["data"]["data"].as_array().map(Vec::len), Some(3));
    let filtered =
        bench.json("/api/v1/audit-logs?audit_type=api_key&entity_id=key_nightlysync&action=created");
    assert_eq!(filtered["data"]["pagination"]["total_items"], 1);
    let odd = bench.json("/api/v1/audit-logs/entity/context/ctx%2Fodd%20id");
    assert_eq!(odd["data"]["pagination"]["total_items"], 1);
    let none = bench.json("/api/v1/audit-logs/entity/file/file_nobody");
    assert_eq!(
        (&none["data"]["data"], &none["data"]["pagination"]["total_pages"]),
        (&Value::Array(Vec::new()), &0.into())
    );
    assert_eq!(bench.status("/api/v1/audit-logs/entity/tenant/t"), 400);
    assert_eq!(bench.status("/api/v1/audit-logs/entity/file"), 404);
    assert_eq!(bench.status("/api/v1/audit-logs/entity/file/a/b"), 404);
}

#[test]
fn fileguard_counts_requests_and_says_when_to_come_back() {
    let bench = bench(System::Fileguard);
    let list = "/api/v1/audit-logs?page_size=1";
    let first = bench.get(list);
    assert_eq!(
        (header(&first, "x-ratelimit-limit"), header(&first, "x-ratelimit-remaining")),
        (Some("50"), Some("49"))
    );
    for _ in 0..49 {
        assert_eq!(bench.status(list), 200);
    }
    let refused = bench.get(list);
    assert_eq!((refused.status, header(&refused, "retry-after")), (429, Some("1")));
    assert_eq!(header(&refused, "x-ratelimit-remaining"), Some("0"));
    assert!(refused.body.starts_with(r#"{"errors""#) || refused.body.contains("Rate limit exceeded"));
    bench.clock.forward(SECOND);
    assert_eq!(bench.status(list), 200);
}

/// Every page of a workspace, following the cursors and waiting where told to.
fn fastio_walk(bench: &Bench, workspace: &str, query: &str) -> Vec<Value> {
    let (mut events, mut cursor) = (Vec::new(), String::new());
    loop {
        let reply = bench.get(&format!("/v1/workspaces/{workspace}/audit-logs?{query}{cursor}"));
        if reply.status == 429 {
            let seconds: i64 =
                header(&reply, "retry-after").and_then(|text| text.parse().ok()).expect("seconds");
            bench.clock.forward(seconds * SECOND);
            continue;
        }
        let page: Value = serde_json::from_str(&reply.body).expect("valid JSON");
        assert_eq!(reply.status, 200, "{page}");
        events.extend(page["events"].as_array().expect("a list").iter().cloned());
        assert_eq!(page["has_more"].as_bool(), Some(page["next_cursor"].is_string()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return events,
        }
    }
}

#[test]
fn fastio_walks_each_workspace_by_cursor() {
    let bench = bench(System::Fastio);
    for workspace in WORKSPACES {
        let held = || WORLD.records(System::Fastio).iter().filter(|r| r.workspace == Some(workspace));
        assert_eq!(fastio_walk(&bench, workspace, ""), texts(held()));
        let (until, since) = (WORLD.end().plus(-DAY), WORLD.end().plus(-2 * DAY));
        let query = format!("limit=7&start_date={}&end_date={}", since.rfc3339(0), until.rfc3339(0));
        let inside = held().filter(|r| (since..=until).contains(&r.time));
        assert_eq!(fastio_walk(&bench, workspace, &query), texts(inside));
        let agents =
            held().filter(|r| r.value("/actor/type") == "agent" && r.value("/action") == "file.delete");
        assert_eq!(fastio_walk(&bench, workspace, "actor_type=agent&action=file.delete"), texts(agents));
    }
}

#[test]
fn fastio_refuses_what_it_does_not_know() {
    let bench = bench(System::Fastio);
    let ask = |workspace: &str, query: &str| {
        bench.clock.forward(SECOND);
        let (status, body) =
            bench.refused(&format!("/v1/workspaces/{workspace}/audit-logs?{query}"), Some(READER));
        assert!(status == 200 || body["error"]["text"].is_string(), "{body}");
        status
    };
    let (here, there) = (WORKSPACES[0], WORKSPACES[1]);
    for wrong in
        ["limit=0", "limit=101", "limit=x", "actor_type=robot", "start_date=soon", "end_date=2026-02-30"]
    {
        assert_eq!(ask(here, wrong), 422, "{wrong}");
    }
    assert_eq!(ask("ws_nobody", ""), 404);
    assert_eq!(ask(here, "cursor=aGVsbG8"), 400);
    assert_eq!(ask(here, "cursor=%21"), 400);
    assert_eq!(ask(here, "action=nothing.such"), 200);
    bench.clock.forward(SECOND);
    let page = bench.json(&format!("/v1/workspaces/{here}/audit-logs?limit=5"));
    let cursor = page["next_cursor"].as_str().expect("a cursor");
    assert_eq!(ask(there, &format!("cursor={cursor}")), 400, "a cursor of another workspace");
    bench.clock.forward(30 * DAY);
    assert_eq!(ask(here, &format!("cursor={cursor}")), 200, "cursors do not run out");
}

#[test]
fn fastio_says_when_to_come_back() {
    let bench = bench(System::Fastio);
    let path = format!("/v1/workspaces/{}/audit-logs?limit=1", WORKSPACES[0]);
    assert_eq!([(); 4].map(|()| bench.status(&path)), [200; 4]);
    let refused = bench.get(&path);
    assert_eq!((refused.status, header(&refused, "retry-after")), (429, Some("1")));
    bench.clock.forward(SECOND);
    assert_eq!(bench.status(&path), 200);
}

#[test]
fn tofupilot_walks_by_number_and_records_that_it_was_read() {
    let bench = bench(System::Tofupilot);
    let world = WORLD.records(System::Tofupilot);
    let (mut walked, mut cursor) = (Vec::new(), String::new());
    let until = WORLD.end().to_string();
    let mut pages = 0;
    loop {
        let page = bench.json(&format!("/api/v2/audit-log?to={until}{cursor}"));
        pages += 1;
        walked.extend(page["data"].as_array().expect("a list").iter().cloned());
        match page["meta"]["next_cursor"].as_u64() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        assert_eq!(page["meta"]["has_more"], true);
    }
    assert_eq!(walked.len(), world.len(), "its own reads shift nothing");
    assert!(walked == texts(world) && pages == world.len().div_ceil(1_000));
    let held = bench.site.held();
    assert_eq!(held.len(), world.len() + pages);
    assert!(held[..pages].iter().all(|read| read.time >= WORLD.end()) && held[pages..] == *world);
    let newest = bench.json("/api/v2/audit-log?limit=1")["data"][0].clone();
    assert_eq!(
        (&newest["endpoint"], &newest["user_agent"]),
        (&"/api/v2/audit-log".into(), &"auditty/test".into())
    );
    assert_eq!(newest["timestamp"], "2026-05-21T10:23:00.456Z");
    bench.refused("/api/v2/audit-log", Some(VIEWER));
    let refused = bench.json("/api/v2/audit-log?limit=1")["data"][0].clone();
    assert_eq!(refused["status"], 403, "so is a refusal");
    let ids: HashSet<_> = bench.site.held().iter().map(|r| r.value("/request_id")).collect();
    assert_eq!(ids.len(), bench.site.held().len());
}

#[test]
fn tofupilot_filters_by_what_its_dashboard_filters_by() {
    let bench = bench(System::Tofupilot);
    let world = WORLD.records(System::Tofupilot);
    let all =
        |query: &str| bench.json(&format!("/api/v2/audit-log?to={}&{query}", WORLD.end()))["data"].clone();
    let expected =
        |test: &dyn Fn(&Record) -> bool| Value::from(texts(world.iter().filter(|r| test(r)).take(1_000)));
    assert_eq!(all("status=5xx"), expected(&|r| r.value("/status").starts_with('5')));
    assert_eq!(all("method=DELETE"), expected(&|r| r.value("/method") == "DELETE"));
    let runs = |r: &Record| r.value("/endpoint") == "/api/v2/runs" && r.value("/status") == "201";
    assert_eq!(all("endpoint=/api/v2/runs&status=2xx&method=POST"), expected(&runs));
    assert_eq!(all("client=C%23"), expected(&|r| r.client == Some("C#")));
    assert_eq!(all("created_by=key_nightlysync"), expected(&|r| r.value("/key_id") == "key_nightlysync"));
    let (from, to) = (world[700].time, world[100].time);
    let body = bench.json(&format!("/api/v2/audit-log?from={from}&to={to}"));
    assert_eq!(body["data"], expected(&|r| (from..to).contains(&r.time)));
    for wrong in ["status=500", "method=get", "from=soon", "to=", "limit=0", "limit=1001", "cursor=x"] {
        let (status, body) = bench.refused(&format!("/api/v2/audit-log?{wrong}"), Some(READER));
        assert!(status == 400 && body["issues"][0]["message"].is_string(), "{wrong}: {body}");
    }
    assert_eq!(bench.status("/api/v2/audit-log/"), 404);
}
