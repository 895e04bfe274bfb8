//! Every rule of the config, by what is read and by what is said.

use std::collections::HashMap;
use std::time::Duration;

use super::*;
use crate::engine::Address;
use crate::source::{Entity, Login};

/// The contract's own example.
const EXAMPLE: &str = r#"default = "prod"

[sources.prod]
provider = "tofupilot"
base_url = "https://tofupilot.app"            # an origin; optional: replaces the descriptor's own
token = { env = "TOFUPILOT_API_KEY" }         # or { command = ["pass", "show", "tofu"] } or { file = "/run/secrets/tofu" }

[sources.agents]
provider = "fastio"
token = { env = "FASTIO_TOKEN" }
vars = { workspace_id = ["ws_1", "ws_2"] }    # text, or a list that fans out: one timeline over both

[sources.pydantic]
provider = "logfire"
region = "eu"
token = { env = "LOGFIRE_TOKEN" }

[sources.keys]
provider = "fileguard"
token = { env = "FILEGUARD_API_KEY" }
entities = ["api_key/key_m1n2o3p4q5r6", "file/file_1"]   # absent: the whole log

[sources.pki]
provider = "fastpki"
base_url = "http://localhost:8000"
login = { username = "admin", password = { env = "FASTPKI_PASSWORD" } }   # or token, as above
"#;

fn read(text: &str) -> Result<Config, String> {
    Config::parse("c.toml", Path::new("/etc/auditty"), text, &Registry::shipped())
        .map_err(|error| error.to_string())
}

fn said(text: &str) -> String {
    read(text).map(|config| config.sources.len()).expect_err(text)
}

/// A source of a system with one more line, which is the third.
fn source(provider: &str, line: &str) -> Result<Source, String> {
    let text = format!("[sources.s]\nprovider = \"{provider}\"\n{line}\n");
    read(&text).map(|mut config| config.sources.remove(0))
}

#[test]
fn the_contracts_example_is_read_whole() {
    let config = read(EXAMPLE).expect("right");
    assert_eq!(config.default.as_deref(), Some("prod"));
    let names: Vec<_> = config.sources.iter().map(|source| &*source.name).collect();
    assert_eq!(names, ["prod", "agents", "pydantic", "keys", "pki"]);
    let get = |name: &str| config.source(name).expect("there");
    assert_eq!(get("prod").base_url.as_deref(), Some("https://tofupilot.app"));
    assert_eq!(get("prod").token, Some(Secret::Env("TOFUPILOT_API_KEY".into())));
    assert_eq!(get("agents").vars, [("workspace_id".into(), vec!["ws_1".into(), "ws_2".into()])]);
    assert_eq!(get("pydantic").region.as_deref(), Some("eu"));
    let entity = |kind: &str, id: &str| Entity { kind: kind.into(), id: id.into() };
    assert_eq!(get("keys").entities, [entity("api_key", "key_m1n2o3p4q5r6"), entity("file", "file_1")]);
    let password = Secret::Env("FASTPKI_PASSWORD".into());
    assert_eq!(get("pki").login, Some(Login { username: "admin".into(), password }));
    assert_eq!((get("pki").max_events, get("pki").timeout), (200_000, Duration::from_secs(30)));
    let unknown = config.source("pord").expect_err("no such source").to_string();
    assert_eq!(unknown, "unknown source `pord`; the nearest valid one is `prod`");
}

#[test]
fn a_config_without_sources_is_fine() {
    assert!(read("").expect("right").sources.is_empty());
    assert!(read("[ui]\nmouse = true\n").expect("right").ui.mouse);
    let none = read("").expect("right").source("x").expect_err("none").to_string();
    assert_eq!(none, "unknown source `x`: the config has no sources");
}

#[test]
fn every_key_of_a_source_is_read() {
    let source = source(
        "tofupilot",
        "page_size = 500\nretention = 365\nconcurrency = 2\nmax_events = 5\ntimeout = 2.5\nca_cert = 'ca.pem'\n\
         proxy = 'socks5://me:secret@127.0.0.1:1080'\nallow_http = true\npush = ['actor.id', 'client']\n\
         token = { command = ['pass', 'show', ''] }\nbase_url = 'http://Tofu.example:80/'",
    )
    .expect("right");
    assert_eq!(
        (source.page_size, source.retention_days, source.concurrency),
        (Some(500), Some(365), Some(2))
    );
    assert_eq!((source.max_events, source.timeout), (5, Duration::from_millis(2500)));
    assert_eq!(source.ca_cert, Some("/etc/auditty/ca.pem".into()));
    assert_eq!(source.proxy.as_deref(), Some("socks5://me:secret@127.0.0.1:1080"));
    assert!(source.allow_http);
    assert_eq!(source.push, ["actor.id", "client"]);
    assert_eq!(source.token, Some(Secret::Command(vec!["pass".into(), "show".into(), String::new()])));
    assert_eq!(source.base_url.as_deref(), Some("http://tofu.example"));
}

#[test]
fn an_unknown_key_names_itself_its_line_and_the_nearest() {
    assert_eq!(
        said("default = 'a'\n[source.a]\n"),
        "c.toml:2: key `source`: unknown key `source`; the nearest valid one is `sources`"
    );
    assert_eq!(
        source("logfire", "regoin = 'eu'").map(|_| ()),
        Err("c.toml:3: key `sources.s.regoin`: unknown key `regoin`; the nearest valid one is `region`"
            .into())
    );
    assert_eq!(
        said("[ui]\nthem = 'dark'\n"),
        "c.toml:2: key `ui.them`: unknown key `them`; the nearest valid one is `theme`"
    );
    assert_eq!(
        source("logfire", "token = { evn = 'X' }").map(|_| ()),
        Err("c.toml:3: key `sources.s.token.evn`: unknown key `evn`; the nearest valid one is `env`".into())
    );
}

#[test]
fn every_rule_of_a_source_is_held() {
    let cases = [
        (
            "logfire",
            "base_url = 'https://x/api'",
            "base_url`: must have no path: expected https://host or http://host:port",
        ),
        (
            "logfire",
            "base_url = 'https://x?a'",
            "base_url`: must have no query: expected https://host or http://host:port",
        ),
        ("logfire", "base_url = 'https://me:pw@x'", "base_url`: must have no user name and no password"),
        ("logfire", "base_url = 'x:80'", "base_url`: must begin with https:// or http://"),
        ("logfire", "region = 'eeu'", "region`: unknown region `eeu`; the nearest valid one is `eu`"),
        ("fastpki", "region = 'eu'", "region`: `fastpki` has no regions"),
        ("fastpki", "page_size = 1001", "page_size`: must be between 1 and 1000"),
        ("fileguard", "page_size = 0", "page_size`: must be between 1 and 100"),
        ("logfire", "page_size = 5", "page_size`: `logfire` takes no page size"),
        ("logfire", "vars = { x = '1' }", "vars.x`: `logfire` has no variables in its path"),
        (
            "fastio",
            "vars = { workspce_id = '1' }",
            "vars.workspce_id`: unknown variable `workspce_id`; the nearest valid one is `workspace_id`",
        ),
        ("fastio", "vars = { workspace_id = [] }", "vars.workspace_id`: must not be an empty list"),
        ("fastio", "vars = { workspace_id = '' }", "vars.workspace_id`: must not be empty"),
        (
            "fastio",
            "vars = { workspace_id = ['a', '..'] }",
            "vars.workspace_id[2]`: can be no segment of a path",
        ),
        ("fastio", "vars = { workspace_id = ['a', 'a'] }", "vars.workspace_id[2]`: stands in the list twice"),
        ("logfire", "entities = ['a/b']", "entities`: `logfire` has no route for one entity"),
        ("fileguard", "entities = ['ab']", "entities[1]`: expected TYPE/ID, as in \"api_key/key_1\""),
        ("fileguard", "entities = ['a/']", "entities[1]`: expected TYPE/ID, as in \"api_key/key_1\""),
        ("fileguard", "entities = ['a/..']", "entities[1]`: expected TYPE/ID, as in \"api_key/key_1\""),
        ("fileguard", "entities = ['a/b', 'a/b']", "entities[2]`: stands in the list twice"),
        (
            "logfire",
            "login = { username = 'a', password = { env = 'P' } }",
            "login`: `logfire` has no login route: use `token`",
        ),
        (
            "fastpki",
            "token = { env = 'T' }\nlogin = { username = 'a', password = { env = 'P' } }",
            "login`: goes without `token`: use one of them",
        ),
        ("fastpki", "login = { username = 'a' }", "login`: the key `password` is missing"),
        ("logfire", "timeout = 0", "timeout`: must be between 0.1 and 86400"),
        ("logfire", "timeout = nan", "timeout`: must be between 0.1 and 86400"),
        ("logfire", "retention = 0", "retention`: must be between 1 and 1000000"),
        ("logfire", "concurrency = 0", "concurrency`: must be between 1 and 64"),
        ("logfire", "max_events = 0", "max_events`: must be at least 1"),
        ("logfire", "allow_http = 'yes'", "allow_http`: expected true or false, found text"),
        ("logfire", "push = ['client']", "push[1]`: `logfire` has no filters to add"),
        (
            "tofupilot",
            "push = ['clint']",
            "push[1]`: unknown filter `clint`; the nearest valid one is `client`",
        ),
        (
            "logfire",
            "token = { env = 'A', file = 'b' }",
            "token`: expected { env = \"VARIABLE\" }, { command = [\"program\", \"argument\"] } or { file = \"/path\" }",
        ),
        ("logfire", "token = { command = [] }", "token.command`: must not be an empty list"),
        (
            "logfire",
            "token = { command = 'pass show' }",
            "token.command`: expected a list: [\"program\", \"argument\"]",
        ),
    ];
    for (provider, line, expected) in cases {
        let found = source(provider, line).map(|_| ()).expect_err(line);
        let at = if line.contains('\n') { 4 } else { 3 };
        assert_eq!(found, format!("c.toml:{at}: key `sources.s.{expected}"));
    }
    assert_eq!(
        said("[sources.s]\nprovider = 'fastio'\n"),
        "c.toml:1: key `sources.s`: the key `vars.workspace_id` is missing: vars = { workspace_id = \"…\" }, or a list of them"
    );
    assert_eq!(
        said("[sources.s]\nprovider = 'fastpkj'\n"),
        "c.toml:2: key `sources.s.provider`: unknown provider `fastpkj`; the nearest valid one is `fastpki`"
    );
    assert_eq!(said("[sources.s]\n"), "c.toml:1: key `sources.s`: the key `provider` is missing");
    assert!(said("[sources.\"-x\"]\nprovider = 'logfire'\n").contains("is no name for a source"));
}

#[test]
fn default_names_a_source() {
    let with =
        |default: &str| said(&format!("default = '{default}'\n[sources.prod]\nprovider = 'logfire'\n"));
    assert_eq!(with("prd"), "c.toml:1: key `default`: unknown source `prd`; the nearest valid one is `prod`");
    assert_eq!(said("default = 'x'"), "c.toml:1: key `default`: names a source, and there is none");
}

#[test]
fn no_complaint_quotes_a_secret() {
    for (provider, line) in [
        ("logfire", "token = 'sk-secret'"),
        ("logfire", "token = sk-secret"),
        ("logfire", "token = ['sk-secret']"),
        ("logfire", "token = { env = 'sk-secret' }"),
        ("logfire", "token = { file = 'x', command = ['sk-secret'] }"),
        ("fastpki", "login = { username = 'a', password = 'sk-secret' }"),
        ("logfire", "base_url = 'https://me:sk-secret@host'"),
        ("logfire", "base_url = 'https://host/?token=sk-secret'"),
        ("logfire", "proxy = 'gopher://me:sk-secret@host'"),
        ("logfire", "proxy = 'http://me:sk-secret@'"),
        ("logfire", "page_size = 'sk-secret'"),
        ("logfire", "token = 'sk-secret"),
    ] {
        let found = source(provider, line).map(|_| ()).expect_err(line);
        assert!(found.starts_with("c.toml:3") && !found.contains("secret\""), "{found}");
        assert!(!found.contains("sk-secret"), "{found}");
    }
    let archive = said("archive = 'clickhouse://me:sk-secret@host/db'");
    assert!(!archive.contains("sk-secret") && archive.contains("archive_password"), "{archive}");
}

#[test]
fn an_archive_is_a_folder_or_a_server() {
    let archive = |text: &str| read(text).map(|config| config.archive);
    assert_eq!(archive("archive = '/a/b'"), Ok(Some(Archive::Folder("/a/b".into()))));
    assert_eq!(archive("archive = 'b'"), Ok(Some(Archive::Folder("/etc/auditty/b".into()))));
    let address = |secure, port| Address {
        secure,
        host: "host".into(),
        port,
        user: "me".into(),
        database: "audit".into(),
    };
    let server =
        Archive::ClickHouse { address: address(false, 8123), password: Some(Secret::File("/p".into())) };
    assert_eq!(
        archive("archive = 'clickhouses://me@host/audit'"),
        Ok(Some(Archive::ClickHouse { address: address(true, 8443), password: None }))
    );
    assert_eq!(
        archive("archive = 'clickhouse://me@host:8123/audit'\narchive_password = { file = '/p' }"),
        Ok(Some(server))
    );
    for wrong in [
        "archive = 'clickhouse://me@host/'",
        "archive = 'clickhouse://host/db'",
        "archive = 'clickhouse://me@host/db?x=1'",
        "archive = 'postgres://me@host/db'",
    ] {
        assert_eq!(
            archive(wrong),
            Err("c.toml:1: key `archive`: expected a path, or clickhouse://user@host:8123/database \
                 (clickhouses:// over TLS)"
                .into())
        );
    }
    assert!(archive("archive = '/a'\narchive_password = { env = 'P' }").is_err());
    assert!(archive("archive_password = { env = 'P' }").is_err());
}

#[test]
fn the_explorers_settings_and_keys_are_read() {
    let config = read(
        "[ui]\ntheme = 'mono'\nclipboard = 'osc52'\nmouse = true\nascii = true\ntz = 'Europe/Berlin'\nesc_ms = 25\n\
         keep = true\n[keys]\ncopy-id = 'Y'\nquit = ['q', 'Ctrl-q']\nhelp = []\n",
    )
    .expect("right");
    assert_eq!(
        config.ui,
        UiConfig {
            theme: Some("mono".into()),
            clipboard: Some("osc52".into()),
            mouse: true,
            ascii: true,
            tz: Some("Europe/Berlin".into()),
            esc_ms: Some(25),
            keep: true,
        }
    );
    let keys: Vec<_> = config.keys.iter().map(|key| (key.action.as_str(), key.keys.join(" "))).collect();
    assert_eq!(keys, [("copy-id", "Y".to_owned()), ("quit", "q Ctrl-q".to_owned()), ("help", String::new())]);
    assert_eq!(config.keys[1].error("is no key").to_string(), "c.toml:11: key `keys.quit`: is no key");
    assert_eq!(
        said("[ui]\ntheme = 'drak'\n"),
        "c.toml:2: key `ui.theme`: unknown value `drak`; the nearest valid one is `dark`"
    );
    assert_eq!(
        said("[ui]\ntz = 'Europe/Berlni'\n"),
        "c.toml:2: key `ui.tz`: `Europe/Berlni` is no time zone: expected `local` or a name as in `Europe/Berlin`; the nearest is `Europe/Berlin`"
    );
}

#[test]
fn the_config_is_where_the_contract_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("auditty");
    let variables = |pairs: &[(&str, &Path)]| {
        let pairs: HashMap<String, OsString> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), value.as_os_str().to_owned())).collect();
        move |name: &str| pairs.get(name).cloned()
    };
    let (asked, named) = (Path::new("/asked.toml"), Path::new("/named.toml"));
    let all = variables(&[("AUDITTY_CONFIG", named), ("XDG_CONFIG_HOME", folder.path())]);
    let default = variables(&[("AUDITTY_CONFIG", Path::new("")), ("XDG_CONFIG_HOME", folder.path())]);
    assert_eq!(Config::locate(Some(asked), &all), Some(asked.to_owned()));
    assert_eq!(Config::locate(None, &all), Some(named.to_owned()));
    assert_eq!(Config::locate(None, &default), None);
    assert!(Config::load(None, &default).expect("no config is no error").path.is_none());
    let missing = Config::load(Some(asked), &default).expect_err("not there").to_string();
    assert!(missing.starts_with("/asked.toml: cannot be read: "), "{missing}");

    std::fs::create_dir_all(home.join("providers")).expect("a folder");
    let descriptor = "name = 'own'\n[base]\nurl = 'https://own.example'\n[auth]\nenv = 'OWN'\n[list]\npath = '/l'\n\
                      [[paging]]\nkind = 'none'\n[fields]\ntime = '/t'\n";
    std::fs::write(home.join("providers/own.toml"), descriptor).expect("a file");
    assert!(Config::load(None, &default).expect("right").registry.get("own").is_ok());
    std::fs::write(home.join("config.toml"), "[sources.s]\nprovider = 'own'\n").expect("a file");
    let loaded = Config::load(None, &default).expect("right");
    assert_eq!(loaded.path, Some(home.join("config.toml")));
    assert_eq!(&*loaded.config.sources[0].provider, "own");
}
