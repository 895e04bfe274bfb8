//! The demo server over real connections: ports, compression, redirects, config, the end.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use auditty::demo::{Listeners, Options, Server, System, WORKSPACES, World, config_toml, serve, sources};
use auditty::source::Secret;
use auditty::timestamp::Timestamp;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

static WORLD: LazyLock<Arc<World>> = LazyLock::new(|| {
    let end = Timestamp::parse("2026-05-21T10:00:00Z").expect("a time");
    Arc::new(World::generate(World::SEED, end))
});

async fn server() -> Server {
    let listeners = Listeners::any().await.expect("free ports");
    serve(&WORLD, listeners, &Options::default()).expect("a server")
}

/// A client that shows what came as it came.
fn client() -> Client {
    Client::builder().no_proxy().no_gzip().redirect(Policy::none()).build().expect("a client")
}

async fn get(url: &str, accepted: &str) -> Response {
    let request = client().get(url).header(AUTHORIZATION, "Bearer demo").header(ACCEPT_ENCODING, accepted);
    request.send().await.expect("an answer")
}

#[tokio::test]
async fn long_answers_are_compressed_for_those_who_take_it() {
    let server = server().await;
    let url = format!("{}/api/v1/audit-logs/?limit=200", server.base_url(System::Fastpki));
    let plain = get(&url, "identity").await;
    assert!(plain.headers().get(CONTENT_ENCODING).is_none());
    let plain = plain.bytes().await.expect("a body");
    let zipped = get(&url, "br;q=1.0, gzip;q=0.8").await;
    assert_eq!(zipped.headers().get(CONTENT_ENCODING).map(HeaderValue::as_bytes), Some(&b"gzip"[..]));
    let zipped = zipped.bytes().await.expect("a body");
    assert!(zipped.len() * 4 < plain.len(), "{} of {}", zipped.len(), plain.len());
    let mut unzipped = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(&zipped[..]), &mut unzipped).expect("gzip");
    assert_eq!(unzipped, plain);
    let refused = get(&url, "gzip;q=0").await;
    assert!(refused.headers().get(CONTENT_ENCODING).is_none());
    let short = get(&format!("{url}&skip=999999"), "gzip").await;
    assert!(short.headers().get(CONTENT_ENCODING).is_none());
    assert_eq!(short.text().await.ok().as_deref(), Some("[]"));
}

#[tokio::test]
async fn a_redirect_leads_to_the_same_port() {
    let server = server().await;
    let base = server.base_url(System::Fastpki);
    let answer = get(&format!("{base}/api/v1/audit-logs?limit=1"), "identity").await;
    let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
    assert_eq!(answer.status().as_u16(), 307);
    assert_eq!(location, Some(&*format!("{base}/api/v1/audit-logs/?limit=1")));
}

#[tokio::test]
async fn the_config_names_all_five_and_has_no_blank_line() {
    let server = server().await;
    let text = config_toml(&server);
    assert!(text.ends_with('\n') && text.lines().all(|line| !line.trim().is_empty()), "{text}");
    let config: toml::Table = text.parse().expect("TOML");
    let configured = config["sources"].as_table().expect("a table");
    assert_eq!(configured.len(), 5);
    assert!(configured.contains_key(config["default"].as_str().expect("a name")));
    let sources = sources(&server);
    for (system, source) in System::ALL.into_iter().zip(&sources) {
        let written = &configured[system.source()];
        assert_eq!(&*source.name, system.source());
        assert_eq!(written["provider"].as_str(), Some(&*source.provider));
        assert_eq!(written["base_url"].as_str(), source.base_url.as_deref());
        let command = vec!["printf".to_owned(), "demo".to_owned()];
        assert_eq!(source.token, Some(Secret::Command(command)));
        assert!(text.contains("token = { command = [\"printf\", \"demo\"] }"));
    }
    let workspaces = configured["files"]["vars"]["workspace_id"].as_array().expect("a list");
    assert_eq!(workspaces.len(), WORKSPACES.len());
    assert_eq!(sources[1].vars, [("workspace_id".to_owned(), WORKSPACES.map(str::to_owned).to_vec())]);
}

#[tokio::test]
async fn every_system_answers_at_its_own_port_until_the_server_stops() {
    let server = server().await;
    let path = |system| match system {
        System::Tofupilot => "/api/v2/audit-log",
        System::Fastio => "/v1/workspaces/ws_quality/audit-logs",
        System::Fastpki => "/api/v1/audit-logs/",
        System::Fileguard => "/api/v1/audit-logs",
        System::Logfire => {
            "/api/v1/audit-logs/?start_time=2026-05-20T00:00:00Z&end_time=2026-05-21T00:00:00Z"
        }
    };
    let urls = System::ALL.map(|system| format!("{}{}", server.base_url(system), path(system)));
    for url in &urls {
        assert_eq!(get(url, "gzip").await.status().as_u16(), 200, "{url}");
    }
    assert_eq!(server.held(System::Tofupilot).len(), WORLD.records(System::Tofupilot).len() + 1);
    assert_eq!(server.held(System::Logfire), WORLD.records(System::Logfire));
    server.stop().await;
    for url in &urls {
        let after = client().get(url).timeout(Duration::from_secs(5)).send().await;
        assert!(after.is_err(), "{url}");
    }
}

#[tokio::test]
async fn the_other_ports_follow_the_first_where_they_are_free() {
    let outside = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = Listeners::bind(outside).await.expect_err("not loopback");
    assert!(refused.to_string().contains("loopback"), "{refused}");
    // The port before one that is taken may be somebody else's by now; then another is tried.
    let mut tries = 0;
    let (first, held, listeners) = loop {
        let held = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let mut first = held.local_addr().expect("an address");
        first.set_port(first.port() - 1);
        match Listeners::bind(first).await {
            Ok(listeners) => break (first, held, listeners),
            Err(error) if error.kind() == ErrorKind::AddrInUse && tries < 20 => tries += 1,
            Err(error) => panic!("{error}"),
        }
    };
    let taken = Listeners::bind(first).await.expect_err("the port is in use");
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
    let server = serve(&WORLD, listeners, &Options::default()).expect("a server");
    assert_eq!(server.base_url(System::Tofupilot), format!("http://{first}"));
    let ports: std::collections::HashSet<_> = System::ALL.map(|system| server.base_url(system)).into();
    assert_eq!(ports.len(), 5);
    let next = held.local_addr().expect("an address");
    assert!(!ports.contains(&format!("http://{next}")), "a port that is taken is passed over");
}
