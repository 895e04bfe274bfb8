//! Several real servers as one cluster, `logs`: shards and their replicas, with a `ZooKeeper` of their
//! own where there are replicas. All of it on free ports of this machine and in a folder of its own.

// That a test was skipped must be said where it is seen.
#![allow(clippy::print_stderr)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::server::{READY, Server, free_ports};

/// Where the libraries of Debian's packages are.
const JARS: &str = "/usr/share/java";
/// Those that a `ZooKeeper` of its own needs.
const NEEDED: [&str; 8] = [
    "zookeeper",
    "zookeeper-jute",
    "slf4j-api",
    "slf4j-simple",
    "metrics-core",
    "snappy-java",
    "netty-all",
    "commons-io",
];

/// How many replicas of a shard's tables take part.
const ACTIVE: &str = "SELECT min(active_replicas) FROM system.replicas";

/// Servers as a cluster.
pub struct Cluster {
    /// The servers, shard by shard; `None`: one that is down.
    nodes: Vec<Option<Server>>,
    keeper: Option<Server>,
    program: &'static str,
    replicas: usize,
    folder: TempDir,
}

impl Cluster {
    /// So many shards of so many replicas; `None`, and it is said, where what is needed is not
    /// installed.
    pub fn start<const PORTS: usize>(shards: usize, replicas: usize) -> Option<Self> {
        assert_eq!(PORTS, shards * replicas * 3 + 1, "three ports a server, and one besides");
        let program = Server::program()?;
        let java = Path::new("/usr/bin/java").exists() && Path::new(JARS).join("zookeeper.jar").exists();
        if replicas > 1 && !java {
            eprintln!("skipped: no ZooKeeper, or no Java for it, is installed; .ci/run installs them");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let ports: [u16; PORTS] = free_ports();
        let (ports, kept) = (&ports[1..], ports[0]);
        let keeper = (replicas > 1).then(|| keep(folder.path(), kept));
        let more = |node: usize| {
            let [_, tcp, between] = [0, 1, 2].map(|which| ports[node * 3 + which]);
            let mut more = format!(
                "<tcp_port>{tcp}</tcp_port><interserver_http_port>{between}</interserver_http_port>
                 <interserver_http_host>127.0.0.1</interserver_http_host>
                 <macros><shard>{}</shard><replica>{}</replica></macros><remote_servers><logs>",
                node / replicas,
                node % replicas
            );
            for shard in 0..shards {
                more += "<shard><internal_replication>true</internal_replication>";
                for of in 0..replicas {
                    let port = ports[(shard * replicas + of) * 3 + 1];
                    let _ = write!(more, "<replica><host>127.0.0.1</host><port>{port}</port></replica>");
                }
                more += "</shard>";
            }
            more += "</logs></remote_servers>";
            if replicas > 1 {
                let _ = write!(
                    more,
                    "<zookeeper><node><host>127.0.0.1</host><port>{kept}</port></node>
                     <session_timeout_ms>2000</session_timeout_ms></zookeeper>
                     <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>"
                );
            }
            more
        };
        // What is written is on both replicas, or the writer is told otherwise within a second.
        let profile = match replicas {
            1 => String::new(),
            _ => format!(
                "<insert_quorum>{replicas}</insert_quorum><insert_quorum_timeout>1000</insert_quorum_timeout>"
            ),
        };
        let mut cluster = Self { nodes: Vec::new(), keeper, program, replicas, folder };
        for node in 0..shards * replicas {
            let home = cluster.home(node);
            std::fs::create_dir(&home).expect("made");
            Server::configure(&home, ports[node * 3], &more(node), &profile);
            cluster.nodes.push(None);
            cluster.up(node, ports[node * 3]);
        }
        Some(cluster)
    }

    fn home(&self, node: usize) -> PathBuf {
        self.folder.path().join(format!("node{node}"))
    }

    fn up(&mut self, node: usize, port: u16) {
        let config = format!("--config-file={}/config.xml", self.home(node).display());
        let beside = self.folder.path().join(format!("beside{node}"));
        std::fs::create_dir_all(&beside).expect("made");
        self.nodes[node] = Some(Server::run(&beside, &[self.program, &config], port, READY));
    }

    /// A server that is up.
    pub fn node(&self, node: usize) -> &Server {
        self.nodes[node].as_ref().expect("it is up")
    }

    /// All that are up.
    pub fn nodes(&self) -> impl Iterator<Item = &Server> {
        self.nodes.iter().flatten()
    }

    /// One server of each shard.
    pub fn shards(&self) -> impl Iterator<Item = &Server> {
        self.nodes.iter().step_by(self.replicas).flatten()
    }

    /// Ends a server as a power cut would; what it has on disk stays. Gives its port.
    pub fn down(&mut self, node: usize) -> u16 {
        let server = self.nodes[node].take().expect("it is up");
        let port = server.port;
        server.end();
        port
    }

    /// Starts one that is down, once the other replica of its shard knows that it was, and waits until
    /// that knows that it is back.
    pub fn back(&mut self, node: usize, port: u16) {
        let other = node ^ 1;
        self.node(other).wait_for("1", ACTIVE);
        self.up(node, port);
        self.node(other).wait_for("2", ACTIVE);
    }
}

impl Drop for Cluster {
    /// Their folders go after them.
    fn drop(&mut self) {
        for server in self.nodes.drain(..).flatten().chain(self.keeper.take()) {
            server.end();
        }
    }
}

/// A `ZooKeeper` for the replicas.
fn keep(folder: &Path, port: u16) -> Server {
    let home = folder.join("keeper");
    std::fs::create_dir(&home).expect("made");
    let config = format!(
        "tickTime=500\ndataDir={}/data\nclientPort={port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n",
        home.display()
    );
    std::fs::write(home.join("zoo.cfg"), config).expect("written");
    let jars: Vec<String> = NEEDED.iter().map(|jar| format!("{JARS}/{jar}.jar")).collect();
    let (jars, config) = (jars.join(":"), home.join("zoo.cfg"));
    let command = [
        "/usr/bin/java",
        "-Xmx128m",
        "-Dzookeeper.forceSync=no",
        "-cp",
        &jars,
        "org.apache.zookeeper.server.quorum.QuorumPeerMain",
        &config.to_string_lossy(),
    ];
    // What it begins once it answers.
    Server::run(&home, &command, port, "server.ContainerManager")
}
