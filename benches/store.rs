//! The store at size: how long each kind of question takes, and how many bytes an entry takes.
//!
//! `cargo bench --bench store -- 10000000` prints a row for each question, of a generated log of so
//! many entries (default 1,000,000), that is written to the build's temporary folder once. Parsing
//! here is a stand-in for the file reader's and is shown on its own; with `load` that is all. No
//! figure is asserted.
#![allow(clippy::print_stdout, missing_docs)]

use std::borrow::Cow;
use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use auditty::answer::{FacetQuestion, Question};
use auditty::demo::generate;
use auditty::event::field::Field;
use auditty::event::{Kind, KindSet, Outcome, Rank};
use auditty::interval::Interval;
use auditty::query::{Query, parse};
use auditty::store::{
    Batch, Builder, Duplicates, RecordSource, Row, RowIdentity, RowRecord, SharedRecords, Slot, Snapshot,
    Store,
};
use auditty::timestamp::Timestamp;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let count: usize = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    let path = generated(count)?;
    let bytes = std::fs::read(&path)?;
    println!("{count} entries, {} bytes of NDJSON an entry", bytes.len() / count);
    let pieces = pieces(&bytes);
    println!("{:<48} {:>11} {:>11} {:>11}", "what", "median", "p99", "worst");

    let begun = Instant::now();
    let parsed = spread(&pieces, |piece| lines(&bytes, piece, &mut |_, _| {}));
    line("parse alone, two threads", &[begun.elapsed()]);
    assert_eq!(parsed.iter().sum::<usize>(), count);

    let source: SharedRecords = Arc::new(InFile(File::open(&path)?));
    let (mut store, took) = load(&bytes, &pieces, Some(&source));
    line("load, records in the file, two threads", &[took]);
    let snapshot = store.snapshot();
    println!("    {:.1} bytes an entry", store.memory_bytes() as f64 / count as f64);
    let window = snapshot.time_bounds().unwrap_or(Interval::ALL);

    if std::env::args().any(|word| word == "load") {
        return Ok(());
    }
    ask_everything(&snapshot, window)?;
    jump(&snapshot, window);
    append(&mut store, window, &bytes)?;
    drop((store, snapshot));

    let (store, took) = load(&bytes, &pieces[..pieces.len().min(32)], None);
    let held = store.snapshot().len();
    line("load of up to 2M, records compressed", &[took]);
    println!("    {:.1} bytes an entry", store.memory_bytes() as f64 / held as f64);
    Ok(())
}

/// The path of a generated log.
fn generated(count: usize) -> Result<PathBuf, Failure> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("requests-{count}.ndjson"));
    if !path.exists() {
        let part = path.with_extension("part");
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&part)?);
        generate::write(count as u64, generate::Format::Ndjson, &mut out)?;
        drop(out);
        std::fs::rename(part, &path)?;
    }
    Ok(path)
}

#[derive(Debug)]
struct InFile(File);

impl RecordSource for InFile {
    fn read(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; len];
        let mut filled = 0;
        while filled < len {
            match self.0.read_at(&mut bytes[filled..], offset + filled as u64).ok()? {
                0 => break,
                more => filled += more,
            }
        }
        bytes.truncate(filled);
        Some(bytes)
    }
}

/// Stretches of 65,536 lines.
fn pieces(bytes: &[u8]) -> Vec<Range<usize>> {
    let (mut pieces, mut start, mut lines) = (Vec::new(), 0, 0);
    for end in memchr::memchr_iter(b'\n', bytes) {
        lines += 1;
        if lines == 1 << 16 || end + 1 == bytes.len() {
            pieces.push(start..end + 1);
            (start, lines) = (end + 1, 0);
        }
    }
    pieces
}

/// Does the work for each piece, on two threads.
fn spread<R: Send>(pieces: &[Range<usize>], work: impl Fn(Range<usize>) -> R + Sync) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = work(piece.clone());
                    done.lock().expect("nobody panics").push(result);
                }
            });
        }
    });
    done.into_inner().expect("nobody panics")
}

fn load(bytes: &[u8], pieces: &[Range<usize>], source: Option<&SharedRecords>) -> (Store, Duration) {
    let begun = Instant::now();
    let store = Mutex::new(Store::with_duplicates(Duplicates::KeepAll));
    spread(pieces, |piece| {
        let batch = batch(bytes, piece, source);
        store.lock().expect("nobody panics").append_batch(batch);
    });
    (store.into_inner().expect("nobody panics"), begun.elapsed())
}

fn batch(bytes: &[u8], piece: Range<usize>, source: Option<&SharedRecords>) -> Batch {
    let mut builder = source.map_or_else(Builder::new, |source| Builder::over(Arc::clone(source)));
    let in_file = source.is_some();
    lines(bytes, piece, &mut |line, span| {
        builder.push(&row(line, if in_file { None } else { Some(()) }, span, bytes));
    });
    builder.finish()
}

#[derive(serde::Deserialize)]
struct Line<'a> {
    timestamp: &'a str,
    method: &'a str,
    #[serde(borrow)]
    endpoint: Cow<'a, str>,
    status: i64,
    #[serde(borrow)]
    latency_ms: &'a serde_json::value::RawValue,
    key_id: Option<&'a str>,
    #[serde(borrow)]
    caller: Caller<'a>,
    source_ip: Option<&'a str>,
    user_agent: Option<Cow<'a, str>>,
    request_id: &'a str,
    #[serde(borrow)]
    run: Option<Thing<'a>>,
    #[serde(borrow)]
    unit: Option<Thing<'a>>,
    #[serde(borrow)]
    procedure: Option<Thing<'a>>,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Caller<'a> {
    Station(#[serde(borrow)] Cow<'a, str>),
    Person { name: Cow<'a, str> },
}

#[derive(serde::Deserialize)]
struct Thing<'a> {
    id: &'a str,
    #[serde(borrow)]
    serial_number: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
}

struct Parsed<'a> {
    line: Line<'a>,
    action: &'a str,
}

fn lines(bytes: &[u8], piece: Range<usize>, each: &mut dyn FnMut(&Parsed<'_>, Range<usize>)) -> usize {
    let (mut start, mut count) = (piece.start, 0);
    let mut action = String::new();
    for end in memchr::memchr_iter(b'\n', &bytes[piece.clone()]).map(|at| piece.start + at) {
        let line: Line<'_> = serde_json::from_slice(&bytes[start..end]).expect("the generator writes JSON");
        action.clear();
        action.extend([line.method, " ", &line.endpoint]);
        each(&Parsed { line, action: &action }, start..end);
        (start, count) = (end + 1, count + 1);
    }
    count
}

fn row<'a>(parsed: &'a Parsed<'a>, text: Option<()>, span: Range<usize>, bytes: &'a [u8]) -> Row<'a> {
    let line = &parsed.line;
    let mut texts = [None; Slot::ALL.len()];
    let mut set = |slot: Slot, text: Option<&'a str>| texts[slot as usize] = text;
    set(Slot::Source, Some("requests"));
    set(Slot::Provider, Some("requests"));
    set(Slot::Id, Some(line.request_id));
    set(Slot::RequestId, Some(line.request_id));
    set(Slot::Action, Some(parsed.action));
    set(Slot::Method, Some(line.method));
    set(Slot::Endpoint, Some(&line.endpoint));
    set(Slot::ActorId, line.key_id);
    set(
        Slot::ActorName,
        Some(match &line.caller {
            Caller::Station(name) | Caller::Person { name } => name,
        }),
    );
    set(Slot::Ip, line.source_ip);
    set(Slot::UserAgent, line.user_agent.as_deref());
    set(Slot::Latency, Some(line.latency_ms.get()));
    let agent = line.user_agent.as_deref().unwrap_or_default();
    let client =
        [("matlab", "MATLAB"), ("cli", "CLI"), ("python", "Python"), ("csharp", "C#"), ("rust", "Rust")];
    set(
        Slot::Client,
        Some(client.iter().find(|(part, _)| agent.contains(part)).map_or("HTTP", |(_, name)| *name)),
    );
    let target = [("run", &line.run), ("unit", &line.unit), ("procedure", &line.procedure)];
    if let Some((kind, thing)) = target.iter().find_map(|(kind, thing)| Some((*kind, thing.as_ref()?))) {
        set(Slot::TargetType, Some(kind));
        set(Slot::TargetId, Some(thing.id));
        set(Slot::TargetName, thing.serial_number.as_deref().or(thing.name.as_deref()));
    }
    let mut kinds = KindSet::default();
    match line.method {
        "GET" => kinds.insert(Kind::Read),
        "POST" => kinds.insert(Kind::Create),
        "DELETE" => kinds.insert(Kind::Delete),
        _ => kinds.insert(Kind::Update),
    }
    Row {
        time: Timestamp::parse(line.timestamp).expect("the generator writes times"),
        status: Some(line.status),
        outcome: if line.status >= 400 { Outcome::Failure } else { Outcome::Success },
        kinds,
        rank: Rank::ListRow,
        texts,
        changes: None,
        identity: RowIdentity::Derived { scoped: false },
        record: match text {
            None => RowRecord::At { offset: span.start as u64, len: span.len() as u32 },
            Some(()) => RowRecord::Text(std::str::from_utf8(&bytes[span]).expect("it is text")),
        },
    }
}

fn query(text: &str) -> Result<Arc<Query>, Failure> {
    let now = Timestamp::parse(generate::END).ok_or("no time")?;
    Ok(Arc::new(parse::parse(text, now).map_err(|error| format!("{text}: {error}"))?))
}

fn question(filter: Arc<Query>, window: Interval) -> Question {
    Question { histogram: Some(window), ..Question::newest(filter, window, 50) }
}

fn timed(mut work: impl FnMut()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn line(what: &str, times: &[Duration]) {
    let mut times = times.to_vec();
    times.sort_unstable();
    let show = |at: usize| format!("{:.2} ms", times[at.min(times.len() - 1)].as_secs_f64() * 1e3);
    println!(
        "{what:<48} {:>11} {:>11} {:>11}",
        show(times.len() / 2),
        show(times.len() * 99 / 100),
        show(times.len())
    );
}

/// A text as it is typed: its beginnings.
fn typed(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, character)| &text[..at + character.len_utf8()])
}

fn ask_everything(snapshot: &Snapshot, window: Interval) -> Result<(), Failure> {
    let everything = query("")?;
    let histogram = Question { rows: 0..0, ..question(Arc::clone(&everything), window) };
    let ask = |question: &Question| timed(|| drop(std::hint::black_box(snapshot.answer(question))));
    line("histogram of everything", &(0..21).map(|_| ask(&histogram)).collect::<Vec<_>>());
    line(
        "everything: count, histogram, newest 50",
        &(0..21).map(|_| ask(&question(Arc::clone(&everything), window))).collect::<Vec<_>>(),
    );

    let columns: [(&str, &[&str]); 9] = [
        ("a word", &["matlab", "station-07", "quota", "procedures", "zz"]),
        ("a word that ids may have", &["beef", "00ff1"]),
        ("endpoint~", &["attachments", "runs", "nw-2026-01"]),
        ("action~", &["post /api", "delete"]),
        ("actor~", &["station-11", "priya"]),
        ("ua~", &["matlab", "speakeasy"]),
        ("ip:", &["10.20.1.*", "198.51.100.0/24"]),
        ("target~", &["nw-2026", "unit_0a", "0a1b"]),
        ("request_id~", &["req_00ff", "beef", "zz"]),
    ];
    for (column, texts) in columns {
        let mut times = Vec::new();
        for text in texts {
            for beginning in typed(text) {
                let typed = if column.starts_with("a word") {
                    beginning.to_owned()
                } else {
                    format!("{column}{beginning}")
                };
                if let Ok(filter) = query(&typed) {
                    times.push(ask(&question(filter, window)));
                }
            }
        }
        line(&format!("typed: {column}"), &times);
    }
    let times: Vec<Duration> = typed("attachments")
        .map(|beginning| {
            ask(&question(query(&format!("status:5xx endpoint~{beginning}")).expect("a filter"), window))
        })
        .collect();
    line("typed: status:5xx endpoint~", &times);

    let three =
        |station: u32| query(&format!("status:5xx actor:station-{station:02} time:>2026-05-13T00:00:00Z"));
    let times: Result<Vec<Duration>, Failure> =
        (1..=21).map(|station| Ok(ask(&question(three(station)?, window)))).collect();
    line("three predicates and histogram", &times?);
    let regex = query("endpoint:/runs.*attach/")?;
    line("a regular expression on endpoint", &[ask(&question(regex, window))]);
    line("latency:>500ms", &[ask(&question(query("latency:>500ms")?, window))]);

    for (filter, name) in [("", "everything"), ("client:python", "client:python")] {
        let filter = query(filter)?;
        for field in [Field::Endpoint, Field::Actor, Field::Status, Field::Ip, Field::Client] {
            let facet = Question {
                facets: vec![FacetQuestion { field, top: 10 }],
                rows: 0..0,
                ..Question::newest(Arc::clone(&filter), window, 0)
            };
            let times: Vec<Duration> = (0..7).map(|_| ask(&facet)).collect();
            line(&format!("facet {} of {name}", field.name()), &times);
        }
    }
    line("raw~0a1b2c (every record read)", &[ask(&question(query("raw~0a1b2c")?, window))]);
    Ok(())
}

fn jump(snapshot: &Snapshot, window: Interval) {
    let everything = Arc::new(Query::all());
    let len = snapshot.len();
    let times: Vec<Duration> = (0..101)
        .map(|step| {
            let from = len / 101 * step;
            let page =
                Question { rows: from..from + 40, ..Question::newest(Arc::clone(&everything), window, 0) };
            timed(|| drop(std::hint::black_box(snapshot.answer(&page))))
        })
        .collect();
    line("40 rows at any place", &times);
}

fn append(store: &mut Store, window: Interval, bytes: &[u8]) -> Result<(), Failure> {
    let filter = query("client:python endpoint~runs status:2xx,4xx")?;
    let mut whole = Vec::new();
    let mut adding = Vec::new();
    store.snapshot().answer(&question(Arc::clone(&filter), window));
    let mut start = 0;
    for _ in 0..41 {
        let ends = memchr::memchr_iter(b'\n', &bytes[start..]);
        let end = start + ends.take(1000).last().map_or(0, |end| end + 1);
        let page = batch(bytes, start..end, None);
        start = end;
        let begun = Instant::now();
        store.add_batch(page);
        let snapshot = store.snapshot();
        adding.push(begun.elapsed());
        std::hint::black_box(snapshot.answer(&question(Arc::clone(&filter), window)));
        whole.push(begun.elapsed());
        store.tidy();
    }
    line("1,000 appended: the store's part", &adding);
    line("1,000 appended: to the new answer", &whole);
    Ok(())
}
