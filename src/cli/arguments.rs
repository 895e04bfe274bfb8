//! The command line as it is typed: every command and flag, with its help.

use std::path::PathBuf;

use crate::ui::arrangement::{self, Standing};
use crate::ui::keymap::Key;
use crate::ui::pane::table::columns::Column;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// What is typed.
#[derive(Debug, Parser)]
#[command(
    name = "auditty",
    version,
    about = "Many audit logs, one timeline: an explorer for the terminal, and its headless commands.",
    long_about = None,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Without a command: the explorer on the config's default source.\n\
                  Exit status: 0 whole; 1 a failure or gap; 2 usage, config or filter; 3 refused; \
                  4 not reachable; 130 Ctrl-C."
)]
pub struct Arguments {
    /// The command.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What the explorer takes where there is no command.
    #[command(flatten)]
    pub explorer: ExplorerArguments,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Explore one source, or several merged into one timeline
    Explore {
        /// Sources of the config
        #[arg(value_name = "SOURCE", required = true)]
        sources: Vec<String>,
        /// The explorer's flags.
        #[command(flatten)]
        explorer: ExplorerArguments,
    },
    /// Explore local files: NDJSON, a JSON array, a response envelope or CSV; plain, .gz or .zst
    Open {
        /// Files; `-` is standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// The explorer's flags.
        #[command(flatten)]
        explorer: ExplorerArguments,
    },
    /// Explore an embedded server with five made-up logs: no account, no network, no config
    Demo(DemoArguments),
    /// Write entries, newest first, to standard output or a file
    Export(ExportArguments),
    /// Show one entry: every field, its changes, its record
    Show(ShowArguments),
    /// Count entries in 144 buckets of time, by class
    Histogram(HistogramArguments),
    /// Pull what the local archive lacks; safe to run from cron, to interrupt and to kill
    Sync(SyncArguments),
    /// Look after the local archive
    Archive(ArchiveArguments),
    /// List the sources of the config
    Sources {
        /// Where the config is.
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Check config, token, reachability and scope of sources, and say what to fix
    Check {
        /// Sources of the config; none: all of them
        #[arg(value_name = "SOURCE")]
        sources: Vec<String>,
        /// Where the config is.
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// List the systems that are known, print one's descriptor, or check your own
    Providers {
        /// Where the config is.
        #[command(flatten)]
        config: ConfigArguments,
        /// What to do with them.
        #[command(subcommand)]
        command: Option<ProvidersCommand>,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

/// What can be done with descriptors.
#[derive(Debug, Subcommand)]
pub enum ProvidersCommand {
    /// Print a descriptor as TOML
    Show {
        /// The system's name
        name: String,
        /// Where the config is.
        #[command(flatten)]
        config: ConfigArguments,
    },
    /// Check a descriptor of your own and map its samples
    Check {
        /// The descriptor, a TOML file
        file: PathBuf,
    },
}

const CONFIG_HELP: &str = "The config [default: $AUDITTY_CONFIG, else $XDG_CONFIG_HOME/auditty/config.toml]";

/// Where the config is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ConfigArguments {
    /// The config's file.
    #[arg(long, value_name = "FILE", help = CONFIG_HELP)]
    pub config: Option<PathBuf>,
}

/// The flags of every command that reads entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ReadingArguments {
    /// Where the config is.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// From here on: RFC 3339, a date (2026-05-18), `now`, or an age (90m, 24h, 7d) [default: 7d]
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Up to here, not included [default: now]
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Only what matches: `status:5xx -endpoint:/health* actor:alice ip:10.0.0.0/8 latency:>500ms`
    #[arg(
        short,
        long,
        value_name = "EXPR",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub filter: String,
    /// This entity's history alone, for systems with such a route; may be repeated
    #[arg(long, value_name = "TYPE/ID")]
    pub entity: Vec<String>,
    /// Read the local archive alone; nothing is sent
    #[arg(long)]
    pub offline: bool,
    /// Ask the servers for everything and filter here
    #[arg(long)]
    pub no_push: bool,
    /// The system that wrote the files, where their records do not tell
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Show times in this zone (Europe/Berlin, local); data stay in UTC
    #[arg(long, value_name = "ZONE")]
    pub tz: Option<String>,
    /// Load no more once entries take so much memory (bytes; K, M, G) [default: half of the machine's]
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub max_memory: Option<u64>,
}

/// The flags of the explorer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ExplorerArguments {
    /// The flags of reading.
    #[command(flatten)]
    pub reading: ReadingArguments,
    /// Colours: auto, dark, light, mono or contrast
    #[arg(long, value_name = "THEME")]
    pub theme: Option<String>,
    /// Keep what is fetched in the archive
    #[arg(long)]
    pub keep: bool,
    /// Use the mouse
    #[arg(long)]
    pub mouse: bool,
    /// Draw with ASCII alone
    #[arg(long)]
    pub ascii: bool,
    /// How copies leave: auto, osc52, tmux, system or file
    #[arg(long, value_name = "WAY")]
    pub clipboard: Option<String>,
    /// How the rows stand.
    #[command(flatten)]
    pub arrangement: ArrangementArguments,
    /// Draw the screen to a picture instead, once all is fetched, and end
    #[arg(long, value_name = "FILE.svg")]
    pub screenshot: Option<PathBuf>,
    /// The picture's size: columns x rows
    #[arg(long, value_name = "WxH", requires = "screenshot", value_parser = screen_size, default_value = "160x48")]
    pub size: ScreenSize,
    /// Keys that are pressed before the picture is drawn: `/status:5xx<Enter>`
    #[arg(long, value_name = "KEYS", requires = "screenshot", value_parser = keys, default_value = "")]
    pub keys: Keys,
}

/// How the rows stand at the start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ArrangementArguments {
    /// By what the rows stand: `time` (oldest first), a field, `-` before it for the greatest value first:
    /// -latency
    #[arg(long, value_name = "FIELD", value_parser = standing, allow_hyphen_values = true)]
    pub sort: Option<Standing>,
    /// The table's columns: field names, `badge`, `copied-id`, and @/pointers into the record
    #[arg(long, value_name = "A,B,C", value_parser = table_columns)]
    pub columns: Option<TableColumns>,
    /// Select the row at this time
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Leave out the histogram
    #[arg(long)]
    pub no_histogram: bool,
}

/// A screen's columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScreenSize(pub u16, pub u16);

impl Default for ScreenSize {
    fn default() -> Self {
        Self(160, 48)
    }
}

/// Keys to be pressed one after another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keys(pub Vec<Key>);

/// By what rows stand.
fn standing(text: &str) -> Result<Standing, String> {
    Standing::parse(text).map_err(|error| error.to_string())
}

/// The columns of the explorer's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumns(pub Vec<Column>);

fn table_columns(text: &str) -> Result<TableColumns, String> {
    arrangement::columns(text).map(TableColumns).map_err(|error| error.to_string())
}

/// Reads `160x48`: at least as much as the explorer needs, at most what a picture can hold.
fn screen_size(text: &str) -> Result<ScreenSize, String> {
    let read = || {
        let (columns, rows) = text.split_once('x')?;
        Some(ScreenSize(columns.parse().ok()?, rows.parse().ok()?))
    };
    read()
        .filter(|size| (40..=500).contains(&size.0) && (10..=200).contains(&size.1))
        .ok_or_else(|| "expected columns x rows, from 40x10 to 500x200: 160x48".to_owned())
}

/// Reads keys: each character is a key, and `<Enter>`, `<Esc>`, `<Ctrl-d>` as the keymap names them;
/// `<<>` is the character `<`.
fn keys(text: &str) -> Result<Keys, String> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let written = if first == '<' {
            let end = rest[1..].find('>').map(|at| at + 1).filter(|at| *at > 1);
            let end = end.ok_or_else(|| format!("`{rest}`: a `<` begins a key's name, and `>` ends it"))?;
            let name = &rest[1..end];
            rest = &rest[end + 1..];
            name.to_owned()
        } else {
            rest = &rest[first.len_utf8()..];
            if first == ' ' { "Space".to_owned() } else { first.to_string() }
        };
        keys.push(Key::parse(&written).ok_or_else(|| format!("`<{written}>` is no key"))?);
    }
    Ok(Keys(keys))
}

/// The flags of `demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArguments {
    /// Run the server alone and print a config for it
    #[arg(long)]
    pub serve: bool,
    /// Where the server listens, on this machine alone [default: a free port]
    #[arg(long, value_name = "127.0.0.1:PORT", requires = "serve")]
    pub listen: Option<String>,
    /// The present: the entries end then, and are the same each time, in tests and in a copied line.
    #[arg(long, value_name = "T", hide = true)]
    pub now: Option<String>,
    /// Write a made-up log of N entries to standard output instead; the same N gives the same bytes
    #[arg(long, value_name = "N", conflicts_with_all = ["serve", "now"])]
    pub generate: Option<u64>,
    /// How it is written [default: ndjson]
    #[arg(long, value_name = "FORMAT", requires = "generate")]
    pub format: Option<GeneratedFormat>,
    /// The explorer's flags.
    #[command(flatten)]
    pub explorer: ExplorerArguments,
}

/// How a generated log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum GeneratedFormat {
    /// A record a line, as the system's API gives it.
    #[default]
    Ndjson,
    /// A header, and a row a record.
    Csv,
}

/// The flags of `export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArguments {
    /// Sources of the config, or files (`./name` is always a file, `-` is standard input)
    #[arg(value_name = "SOURCE|FILE", required = true)]
    pub inputs: Vec<String>,
    /// The flags of reading.
    #[command(flatten)]
    pub reading: ReadingArguments,
    /// The N newest that match
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// csv, json, ndjson, raw, ecs or hec [default: by -o's extension, else ndjson]
    #[arg(long, value_name = "FORMAT", value_parser = NonEmptyStringValueParser::new())]
    pub format: Option<String>,
    /// The columns of csv: field names, and @/pointers into the record
    #[arg(long, value_name = "A,B,C")]
    pub columns: Option<String>,
    /// Fetch single records, where the system has them, for what changed
    #[arg(long)]
    pub changes: bool,
    /// Write here: as FILE.part, renamed when it is whole
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write FILE.manifest.json beside it: what was asked, counts, SHA-256
    #[arg(long, requires = "output")]
    pub manifest: bool,
    /// Go on as entries arrive, oldest first from then on
    #[arg(long)]
    pub follow: bool,
    /// Keep the place here, so that a restart goes on there (an entry may come twice)
    #[arg(long, value_name = "FILE", requires = "follow")]
    pub state: Option<PathBuf>,
    /// How long to rest between two looks, milliseconds, for tests.
    #[arg(long, value_name = "MS", requires = "follow", hide = true)]
    pub every: Option<u64>,
}

/// The flags of `sync`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "As a line for cron: */10 * * * *  auditty sync --quiet")]
pub struct SyncArguments {
    /// Sources of the config; none: all of them
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Where the config is.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// From here on, whatever the archive covers [default: where the last whole sync ended, less 10
    /// minutes; the first time 90d]
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Up to here, not included [default: now]
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Fetch single records too, where the system has them, for what changed
    #[arg(long)]
    pub changes: bool,
    /// Say nothing but what went wrong
    #[arg(short, long)]
    pub quiet: bool,
    /// The present, so that tests know it.
    #[arg(long, value_name = "T", hide = true)]
    pub now: Option<String>,
}

/// The flags of `archive`.
#[derive(Debug, Clone, Args)]
pub struct ArchiveArguments {
    /// What to do with it.
    #[command(subcommand)]
    pub command: ArchiveCommand,
    /// The config, whose `archive` says where it is
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
}

/// What can be done with the archive.
#[derive(Debug, Clone, Subcommand)]
pub enum ArchiveCommand {
    /// Say what is held of each source: entries, times, what of time is covered, size
    Status,
    /// Hold every record and count to what was stored; say the first fault
    Verify,
    /// Let go of everything before a time
    Prune {
        /// RFC 3339, a date (2026-05-18), or an age (365d)
        #[arg(long, value_name = "T", required = true, allow_hyphen_values = true)]
        before: String,
    },
    /// Take in files of the systems' own records
    Import {
        /// Files; `-` is standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// The source under whose name they go [default: the file's name]
        #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
        source: Option<String>,
        /// The system that wrote them, where their records do not tell
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
    },
    /// Print where the archive's file is
    Path,
}

/// The flags of `show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArguments {
    /// A source of the config, or a file
    #[arg(value_name = "SOURCE|FILE")]
    pub input: String,
    /// The entry's id
    #[arg(value_name = "ID", allow_hyphen_values = true)]
    pub id: String,
    /// The flags of reading.
    #[command(flatten)]
    pub reading: ReadingArguments,
    /// csv, json, ndjson, raw, ecs or hec, instead of text for people
    #[arg(long, value_name = "FORMAT", value_parser = NonEmptyStringValueParser::new())]
    pub format: Option<String>,
}

/// The flags of `histogram`.
#[derive(Debug, Clone, Args)]
pub struct HistogramArguments {
    /// Sources of the config, or files (`./name` is always a file, `-` is standard input)
    #[arg(value_name = "SOURCE|FILE", required = true)]
    pub inputs: Vec<String>,
    /// The flags of reading.
    #[command(flatten)]
    pub reading: ReadingArguments,
    /// How to write it [default: plot on a terminal, else json]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<HistogramFormat>,
}

/// How a histogram is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HistogramFormat {
    /// One JSON object.
    Json,
    /// A row a bucket.
    Csv,
    /// Text for people.
    Plot,
}

/// Reads a number of bytes: digits, and K, M or G for powers of 1,024.
fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no number of bytes: expected digits, and K, M or G behind them");
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" | "k" | "KiB" => 10,
        "M" | "m" | "MiB" => 20,
        "G" | "g" | "GiB" => 30,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_filter_may_begin_with_a_dash() {
        let parsed =
            Arguments::try_parse_from(["auditty", "export", "prod", "-f", "-status:5xx", "--limit", "3"]);
        match parsed.map(|arguments| arguments.command) {
            Ok(Some(Command::Export(export))) => {
                assert_eq!((export.reading.filter.as_str(), export.limit), ("-status:5xx", Some(3)));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn flags_that_a_command_does_not_take_are_usage_errors() {
        for wrong in [
            &["auditty", "histogram", "prod", "--limit", "3"][..],
            &["auditty", "explore", "prod", "--limit", "3"],
            &["auditty", "explore", "prod", "--sort", "raw"],
            &["auditty", "explore", "prod", "--columns", "time,statsu"],
            &["auditty", "export", "prod", "--sort", "time"],
            &["auditty", "export", "prod", "--manifest"],
            &["auditty", "export"],
            &["auditty", "open"],
            &["auditty", "demo", "--listen", "127.0.0.1:1"],
            &["auditty", "demo", "--format", "csv"],
            &["auditty", "demo", "--generate", "-1"],
            &["auditty", "demo", "--generate", "1", "--serve"],
        ] {
            assert!(Arguments::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
        assert!(Arguments::try_parse_from(["auditty", "--since", "1h", "-f", "status:5xx"]).is_ok());
        assert!(Arguments::try_parse_from(["auditty", "explore", "prod", "--sort", "-latency"]).is_ok());
    }

    #[test]
    fn memory_is_given_in_bytes() {
        assert_eq!(bytes("1000"), Ok(1000));
        assert_eq!(bytes("2G"), Ok(2 << 30));
        assert_eq!(bytes("64MiB"), Ok(64 << 20));
        assert!(
            bytes("x").is_err()
                && bytes("1T").is_err()
                && bytes("99999999999G").is_err()
                && bytes("").is_err()
        );
    }
}
