//! A real server for the tests, one for all of them: started on a free port of this machine with a
//! folder of its own, and ended when the tests end, however they end.

// That a test was skipped must be said where it is seen.
#![allow(clippy::print_stderr)]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A server that runs.
pub struct Server {
    /// The port of its HTTP interface.
    pub port: u16,
    /// Its end tells the shell around the server to end that.
    stdin: ChildStdin,
    child: Child,
}

/// What the packaged server says when it is ready.
pub const READY: &str = "Ready for connections";

/// Ends the server when its standard input ends, and removes the folder.
const AROUND: &str = r#"folder=$1; shift; "$@" </dev/null & child=$!
read -r _; kill -9 $child; wait $child 2>/dev/null; rm -rf "$folder""#;

/// The password of the user `tester`.
pub const PASSWORD: &str = "se cret'\"\\";

// Who is asked where is not the same.
#[allow(dead_code)]
impl Server {
    /// The server that Debian packages; `None`, and it is said, where it is not installed.
    pub fn shared() -> Option<&'static Self> {
        static SERVER: OnceLock<Option<Server>> = OnceLock::new();
        SERVER.get_or_init(Self::begin).as_ref()
    }

    /// A current engine; the tests beside the code ask it. `None`, and it is said, where it is not installed.
    pub fn current() -> Option<&'static Self> {
        static SERVER: OnceLock<Option<Server>> = OnceLock::new();
        SERVER.get_or_init(Self::begin_current).as_ref()
    }

    fn begin() -> Option<Self> {
        let program = Self::program()?;
        let folder = tempfile::tempdir().expect("a folder").keep();
        let [port] = free_ports();
        let config = Self::configure(&folder, port, "", "");
        Some(Self::run(&folder, &[program, &config], port, READY))
    }

    /// Where the packaged server is; `None`, and it is said, where it is not installed.
    pub fn program() -> Option<&'static str> {
        let known = ["/usr/sbin/clickhouse-server", "/usr/bin/clickhouse-server"];
        let program = known.into_iter().find(|path| Path::new(path).exists());
        if program.is_none() {
            eprintln!("skipped: no clickhouse-server is installed; .ci/run installs it");
        }
        program
    }

    /// Writes what a server needs into its folder, with more of its config and of its users' profile;
    /// gives the argument that tells it.
    pub fn configure(folder: &Path, port: u16, more: &str, profile: &str) -> String {
        let path = folder.display();
        let config = format!(
            "<yandex><logger><level>information</level><console>1</console></logger>
             <http_port>{port}</http_port><listen_host>127.0.0.1</listen_host>
             <path>{path}/data/</path><tmp_path>{path}/tmp/</tmp_path>
             <users_config>{path}/users.xml</users_config>
             <default_profile>default</default_profile><default_database>default</default_database>
             <mark_cache_size>67108864</mark_cache_size>{more}</yandex>"
        );
        let user = |name: &str, password: &str| {
            format!(
                "<{name}><password>{password}</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></{name}>"
            )
        };
        let users = format!(
            "<yandex><profiles><default><max_memory_usage>2000000000</max_memory_usage><max_threads>2</max_threads>{profile}</default></profiles>
             <users>{}{}</users><quotas><default></default></quotas></yandex>",
            user("default", ""),
            user("tester", PASSWORD)
        );
        for name in ["data", "tmp"] {
            std::fs::create_dir(folder.join(name)).expect("made");
        }
        std::fs::write(folder.join("config.xml"), config).expect("written");
        std::fs::write(folder.join("users.xml"), users).expect("written");
        format!("--config-file={path}/config.xml")
    }

    fn begin_current() -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = std::env::var("AUDITTY_CHDB_PYTHON")
            .unwrap_or_else(|_| root.join("target/chdb/bin/python3").to_string_lossy().into_owned());
        if !Path::new(&python).exists() {
            eprintln!("skipped: no chdb is installed; .ci/run installs it");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder").keep();
        let script = root.join("tests/main/clickhouse/current.py").to_string_lossy().into_owned();
        let [port] = free_ports();
        let arguments =
            [&*python, &*script, &*port.to_string(), &*folder.to_string_lossy()].map(str::to_owned);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Some(Self::run(&folder, &arguments, port, "ready"))
    }

    /// Runs a program and waits for what it says when it is ready.
    pub fn run(folder: &Path, command: &[&str], port: u16, ready: &str) -> Self {
        let mut child = Command::new("/bin/sh")
            .args(["-c", AROUND, "sh"])
            .arg(folder)
            .args(command)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        let (told, heard) = std::sync::mpsc::channel();
        let (out, err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let pipes: [Box<dyn std::io::Read + Send>; 2] = [Box::new(out), Box::new(err)];
        for pipe in pipes {
            let told = told.clone();
            // What it says is read to its end, so that it never waits for that.
            std::thread::spawn(move || {
                BufReader::new(pipe).split(b'\n').map_while(Result::ok).for_each(|line| {
                    let _ = told.send(String::from_utf8_lossy(&line).into_owned());
                });
            });
        }
        drop(told);
        let mut said = String::new();
        let is_ready = heard.iter().any(|line| {
            said.push_str(&line);
            said.push('\n');
            line.contains(ready)
        });
        assert!(is_ready, "it did not start: {said}");
        let stdin = child.stdin.take().expect("piped");
        Self { port, stdin, child }
    }

    /// Ends it as a power cut would, and waits until it is gone.
    pub fn end(self) {
        let Self { stdin, mut child, .. } = self;
        drop(stdin);
        let _ = child.wait();
    }

    /// The name of a database that no other test has, made.
    pub fn database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.ask(&format!("CREATE DATABASE {name}"));
        name
    }

    /// Asks the server itself until it gives this answer.
    pub fn wait_for(&self, answer: &str, sql: &str) {
        let mut last = String::new();
        for _ in 0..300 {
            last = self.ask(sql);
            if last.trim() == answer {
                return;
            }
            // It is the server that waits.
            self.ask("SELECT sleep(0.1)");
        }
        panic!("{sql}: {last} and not {answer}");
    }

    /// Asks the server itself, past auditty; the answer as it is. For few, short answers.
    pub fn ask(&self, sql: &str) -> String {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let request = format!(
            "POST /?wait_end_of_query=1 HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n{sql}",
            sql.len()
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("answered");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        assert!(head.lines().next().is_some_and(|line| line.contains(" 200")), "{sql}: {answer}");
        body.to_owned()
    }
}

/// Ports that nobody listens on.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    listeners.map(|listener| listener.local_addr().expect("bound").port())
}
