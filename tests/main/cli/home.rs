//! A user's home for one test: folders of its own, a config, the program run in it, and the demo
//! server that all tests share.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use auditty::demo::{self, Listeners, Options, Rate, Server, System, World};
use auditty::fetch::clock::Clock;
use auditty::timestamp::{DAY, Timestamp};
use futures::future::BoxFuture;
use tempfile::TempDir;

/// When the demo's world ends.
pub const END: &str = "2026-05-21T10:00:00Z";
/// A window that holds all of it.
pub const ALL: [&str; 4] = ["--since", "2025-01-01", "--until", "2026-05-22"];

/// The world that the server holds.
pub static WORLD: LazyLock<Arc<World>> = LazyLock::new(|| {
    let end = Timestamp::parse(END).expect("a time");
    Arc::new(World::generate(World::SEED, end))
});

/// The server's clock stands still, behind everything that it holds: what it records of its own
/// reading lies outside [`ALL`], whatever day it is.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        WORLD.end().plus(7 * DAY)
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// A server of that world without rate limits, and the runtime that it lives in.
static SERVER: LazyLock<(tokio::runtime::Runtime, Server)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let boundless = Rate { burst: 1_000_000, per_second: 1_000_000 };
    let options =
        Options { fastio: boundless, fileguard: boundless, clock: Arc::new(Still), ..Options::default() };
    let server = runtime.block_on(async {
        let listeners = Listeners::any().await.expect("ports");
        demo::serve(&WORLD, listeners, &options).expect("serves")
    });
    (runtime, server)
});

/// A home.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// Without a config.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    /// With this config.
    pub fn with(config: &str) -> Self {
        let home = Self::empty();
        home.write("config/auditty/config.toml", config);
        home
    }

    /// With the demo's five sources, none of which says that its window is older than what it keeps.
    pub fn demo() -> Self {
        let config = demo::config_toml(&SERVER.1);
        Self::with(&config.replace("[sources.api]\n", "[sources.api]\nretention = 3650\n"))
    }

    /// With one source of a system's at an address.
    pub fn one(provider: &str, url: &str, more: &str) -> Self {
        let mut config = String::new();
        let _ = write!(
            config,
            "[sources.one]\nprovider = \"{provider}\"\nbase_url = \"{url}\"\ntoken = {{ command = [\"printf\", \"demo\"] }}\n{more}\n"
        );
        Self::with(&config)
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        let folder = path.parent().expect("a folder");
        std::fs::create_dir_all(folder).expect("makes folders");
        std::fs::write(&path, content).expect("writes");
        path
    }

    /// A file's text.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a file")
    }

    /// The program, with nothing of this machine's own around it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auditty"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("XDG_DATA_HOME", self.path("data"));
        command
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().expect("runs"))
    }

    /// Runs it over the whole of the demo's world.
    pub fn run_all(&self, arguments: &[&str]) -> Ran {
        self.run(&[arguments, &ALL].concat())
    }

    /// Runs it with a standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut command = assert_cmd::Command::from_std(self.command(arguments));
        Ran::of(command.write_stdin(input).output().expect("runs"))
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// It ended with this status; its messages each begin with the program's name.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.err, self.out);
        if let Some(first) = self.err.lines().next() {
            assert!(first.starts_with("auditty: "), "{}", self.err);
        }
        self
    }

    /// It gave the whole result and said nothing.
    #[track_caller]
    pub fn whole(self) -> String {
        let ran = self.ends(0);
        assert_eq!(ran.err, "");
        ran.out
    }

    /// Its lines as JSON.
    #[track_caller]
    pub fn entries(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect("json")).collect()
    }

    /// The ids of its lines.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        self.entries().iter().map(|entry| entry["id"].as_str().unwrap_or("-").to_owned()).collect()
    }
}

/// The mode of a file.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).expect("there").permissions().mode() & 0o777
}

/// The ids of a system's records, newest first.
pub fn held(system: System, key: &str) -> Vec<String> {
    WORLD
        .records(system)
        .iter()
        .map(|record| {
            let record: serde_json::Value = serde_json::from_str(&record.json).expect("json");
            match &record[key] {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            }
        })
        .collect()
}
