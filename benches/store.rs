//! The store at size: how long each kind of question takes, and how many bytes an entry takes.
//!
//! `cargo bench --bench store -- 10000000` prints a row for each question, of a generated log of so
//! many entries (default 1,000,000), that is written to the build's temporary folder once; with
//! `load`, loading is all; with `ask` and filters, those are asked, each once; with `facet`, a field
//! and filters, its facet under those; with `growth` and sizes
//! (default 100,000, 1, 3 and 10 million), a table tells how time and memory an entry grow with the
//! log. No figure is asserted.
//!
//! A text is typed as people type it: each letter is a question of its own, over the whole log, in
//! the order of the letters. The rate is that of all entries, by the median.
#![allow(clippy::print_stdout, missing_docs)]

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use auditty::answer::{FacetQuestion, Question};
use auditty::demo::generate;
use auditty::event::Event;
use auditty::event::field::Field;
use auditty::fetch::Update;
use auditty::files::{self, Origin};
use auditty::interval::Interval;
use auditty::provider::mapping::Entry;
use auditty::provider::quick::QuickReader;
use auditty::provider::registry::Registry;
use auditty::query::{Query, parse};
use auditty::store::{Duplicates, Snapshot, Store};
use auditty::timestamp::Timestamp;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let numbers: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    if words.iter().any(|word| word == "growth") {
        return growth(if numbers.is_empty() {
            &[100_000, 1_000_000, 3_000_000, 10_000_000]
        } else {
            &numbers
        });
    }
    let count = numbers.first().copied().unwrap_or(1_000_000);
    let path = generated(count)?;
    let table = Table { count };
    let head =
        || println!("{:<48} {:>11} {:>11} {:>11} {:>12}", "what", "median", "p99", "worst", "entries/s");
    if let Some(at) = words.iter().position(|word| word == "ask") {
        head();
        return ask_these(table, &path, &words[at + 1..]);
    }
    if let Some(at) = words.iter().position(|word| word == "facet") {
        head();
        return facets_of(table, &path, &words[at + 1..]);
    }
    let bytes = std::fs::read(&path)?;
    println!("{count} entries, {} bytes of NDJSON an entry", bytes.len() / count);
    head();

    let only_loading = std::env::args().any(|word| word == "load");
    if !only_loading {
        let begun = Instant::now();
        assert_eq!(parsed(&bytes), count);
        table.line("parse alone, two threads", &[begun.elapsed()]);

        table.line("read on one thread: the quickest 10,000 lines", &[quickest(&bytes)]);
    }

    let (mut store, first, took) = load(&path);
    table.line("load: to the first rows", &[first]);
    table.line("load: to all, records in the file", &[took]);
    let snapshot = store.snapshot();
    println!("    {:.1} bytes an entry", store.memory_bytes() as f64 / count as f64);
    let window = snapshot.time_bounds().unwrap_or(Interval::ALL);

    if only_loading {
        return Ok(());
    }
    ask_everything(table, &snapshot, window)?;
    jump(table, &snapshot, window)?;
    append(table, &mut store, window, &bytes)?;
    drop((store, snapshot));

    let (store, took) = fetched(&bytes, FETCHED);
    let held = store.snapshot().len();
    table.line(&format!("fetched pages, {held} entries, records compressed"), &[took]);
    println!("    {:.1} bytes an entry", store.memory_bytes() as f64 / held as f64);
    Ok(())
}

/// The most entries that are taken as fetched ones: their records are held in memory.
const FETCHED: usize = 2_000_000;

/// Takes pages of 1,000 entries, so many entries at most, as they come from a server; how long it took.
fn fetched(bytes: &[u8], most: usize) -> (Store, Duration) {
    let begun = Instant::now();
    let mut store = Store::new();
    pages(bytes).take(most / 1_000).for_each(|page| store.append(page));
    (store, begun.elapsed())
}

/// Asks these filters, each once.
fn ask_these(table: Table, path: &Path, filters: &[String]) -> Result<(), Failure> {
    let (store, _, _) = load(path);
    let snapshot = store.snapshot();
    let window = snapshot.time_bounds().unwrap_or(Interval::ALL);
    for filter in filters {
        let question = question(query(filter)?, window);
        table.line(filter, &[timed(|| drop(std::hint::black_box(snapshot.answer(&question))))]);
    }
    Ok(())
}

/// Asks for the facet of a field under each of these filters, or of everything.
fn facets_of(table: Table, path: &Path, words: &[String]) -> Result<(), Failure> {
    let [field, filters @ ..] = words else { return Err("which field?".into()) };
    let field = Field::named(field).ok_or("no field")?;
    let (store, _, _) = load(path);
    let snapshot = store.snapshot();
    let window = snapshot.time_bounds().unwrap_or(Interval::ALL);
    for filter in std::iter::once("").chain(filters.iter().map(String::as_str)) {
        facet(table, &snapshot, field, filter, window)?;
    }
    Ok(())
}

/// Asks for the facet of a field.
fn facet(
    table: Table,
    snapshot: &Snapshot,
    field: Field,
    filter: &str,
    window: Interval,
) -> Result<(), Failure> {
    let asked = Question {
        facets: vec![FacetQuestion { field, top: 10 }],
        rows: 0..0,
        ..Question::newest(query(filter)?, window, 0)
    };
    let name = if filter.is_empty() { "everything" } else { filter };
    let ask = || timed(|| drop(std::hint::black_box(snapshot.answer(&asked))));
    let times: Vec<Duration> = (0..21).map(|_| ask()).collect();
    table.line(&format!("facet {} of {name}", field.name()), &times);
    Ok(())
}

/// Time and memory an entry, and some answers, as the log grows.
fn growth(counts: &[usize]) -> Result<(), Failure> {
    println!(
        "{:>12} {:>10} {:>10} {:>14} {:>14} {:>12} {:>12}",
        "entries", "load ns", "load B", "fetched ns", "fetched B", "histogram", "a letter"
    );
    for count in counts {
        let path = generated(*count)?;
        let (store, _, took) = load(&path);
        let snapshot = store.snapshot();
        let window = snapshot.time_bounds().unwrap_or(Interval::ALL);
        let everything = Question { rows: 0..0, ..question(query("")?, window) };
        let ask = |question: &Question| timed(|| drop(std::hint::black_box(snapshot.answer(question))));
        let mut counted: Vec<Duration> = (0..21).map(|_| ask(&everything)).collect();
        let mut letters = Vec::new();
        for beginning in ["matlab", "station-07", "procedures", "nw-2026"].into_iter().flat_map(typed) {
            letters.push(ask(&question(query(beginning)?, window)));
        }
        let middle = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times[times.len() / 2].as_secs_f64() * 1e3
        };
        let each = |took: Duration, entries: usize| took.as_secs_f64() * 1e9 / entries as f64;
        let bytes_each = |store: &Store, entries: usize| store.memory_bytes() as f64 / entries as f64;
        let loaded = (each(took, *count), bytes_each(&store, *count));
        let (histogram, letter) = (middle(&mut counted), middle(&mut letters));
        drop((store, snapshot));
        let (store, took) = fetched(&std::fs::read(&path)?, FETCHED);
        let held = store.snapshot().len();
        println!(
            "{count:>12} {:>10.0} {:>10.1} {:>14.0} {:>14.1} {histogram:>9.2} ms {letter:>9.2} ms",
            loaded.0,
            loaded.1,
            each(took, held),
            bytes_each(&store, held),
        );
    }
    println!("an entry, of the log in a file and of up to {FETCHED} fetched ones; medians");
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

/// Reads the lines of stretches of a text, on two threads; how many there were.
fn parsed(bytes: &[u8]) -> usize {
    let half = bytes.len() / 2;
    let middle = half + memchr::memchr(b'\n', &bytes[half..]).map_or(0, |end| end + 1);
    let count = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).expect("it is text");
        let mut reader = reader();
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.map(|line| usize::from(reader.entry(line).expect("it is not odd").is_ok())).sum::<usize>()
    };
    let (first, second) = bytes.split_at(middle);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| count(first));
        count(second) + first.join().expect("nobody panics")
    })
}

/// The quickest of some stretches of 10,000 lines: what a core can do while nothing else wants it.
fn quickest(bytes: &[u8]) -> Duration {
    let mut lines = std::str::from_utf8(bytes).expect("it is text").lines();
    let mut reader = reader();
    let stretch = |_| {
        let begun = Instant::now();
        lines.by_ref().take(10_000).for_each(|line| {
            std::hint::black_box(reader.entry(line).is_some());
        });
        begun.elapsed()
    };
    (0..100).map(stretch).min().unwrap_or_default()
}

fn reader() -> QuickReader {
    QuickReader::new(Registry::shipped().iter(), &"requests".into(), &[])
}

/// Loads the file as the explorer does; how long it took to the first rows, and to all.
fn load(path: &Path) -> (Store, Duration, Duration) {
    let begun = Instant::now();
    let mut first = None;
    let mut store = Store::with_duplicates(Duplicates::KeepAll);
    let inputs = files::inputs([Origin::new(path)], &[]);
    let mut running = files::load(inputs, Arc::new(Registry::shipped()), None);
    while let Some(update) = running.updates.blocking_recv() {
        if let Update::Rows(rows) = update {
            rows.batch.into_iter().for_each(|batch| store.append_batch(*batch));
            first.get_or_insert_with(|| begun.elapsed());
        }
    }
    (store, first.unwrap_or_default(), begun.elapsed())
}

/// Pages of 1,000 entries as they are fetched.
fn pages(bytes: &[u8]) -> impl Iterator<Item = Vec<Event>> {
    let mut lines = std::str::from_utf8(bytes).expect("it is text").lines();
    let mut reader = reader();
    std::iter::from_fn(move || {
        let read = |line| reader.entry(line).and_then(Result::ok).map(Entry::into_event);
        let page: Vec<Event> = lines.by_ref().take(1_000).filter_map(read).collect();
        (!page.is_empty()).then_some(page)
    })
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

/// What is printed.
#[derive(Clone, Copy)]
struct Table {
    /// How many entries there are.
    count: usize,
}

impl Table {
    fn line(self, what: &str, times: &[Duration]) {
        let mut times = times.to_vec();
        times.sort_unstable();
        let at = |place: usize| times[place.min(times.len() - 1)];
        let show = |place: usize| format!("{:.2} ms", at(place).as_secs_f64() * 1e3);
        let median = at(times.len() / 2).as_secs_f64();
        let rate = format!("{:.1} M", self.count as f64 / median / 1e6);
        let (p99, worst) = (show(times.len() * 99 / 100), show(times.len()));
        println!("{what:<48} {:>11} {p99:>11} {worst:>11} {rate:>12}", show(times.len() / 2));
    }
}

/// A text as it is typed: its beginnings.
fn typed(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, character)| &text[..at + character.len_utf8()])
}

fn ask_everything(table: Table, snapshot: &Snapshot, window: Interval) -> Result<(), Failure> {
    let everything = query("")?;
    let histogram = Question { rows: 0..0, ..question(Arc::clone(&everything), window) };
    let ask = |question: &Question| timed(|| drop(std::hint::black_box(snapshot.answer(question))));
    table.line("histogram of everything", &(0..21).map(|_| ask(&histogram)).collect::<Vec<_>>());
    table.line(
        "everything: count, histogram, newest 50",
        &(0..21).map(|_| ask(&question(Arc::clone(&everything), window))).collect::<Vec<_>>(),
    );

    let columns: [(&str, &[&str]); 9] = [
        (
            "a word",
            &[
                "matlab",
                "station-07",
                "quota",
                "procedures",
                "zz",
                "nw-2026",
                "unit",
                "patch",
                "10.20.1",
                "speakeasy",
            ],
        ),
        ("a word that ids may have", &["beef", "00ff1", "2026-05", "all"]),
        ("endpoint~", &["attachments", "runs", "nw-2026-01", "/api/v2/units", "0a1b2c"]),
        ("action~", &["post /api", "delete", "units/nw", "get /api/v2/runs/00"]),
        ("actor~", &["station-11", "priya", "key_st"]),
        ("ua~", &["matlab", "speakeasy", "python 2.2"]),
        ("ip~", &["10.20.1", "198.51.100"]),
        ("target~", &["nw-2026", "unit_0a", "0a1b", "proc"]),
        ("request_id~", &["req_00ff", "beef", "zz"]),
    ];
    for (column, texts) in columns {
        let (mut times, mut slowest) = (Vec::new(), (Duration::ZERO, String::new()));
        for text in texts {
            for beginning in typed(text) {
                let typed = if column.starts_with("a word") {
                    beginning.to_owned()
                } else {
                    format!("{column}{beginning}")
                };
                if let Ok(filter) = query(&typed) {
                    let took = ask(&question(filter, window));
                    times.push(took);
                    slowest = slowest.max((took, typed));
                }
            }
        }
        table.line(&format!("typed: {column}"), &times);
        println!("    slowest: {}", slowest.1);
    }
    let times: Vec<Duration> = typed("attachments")
        .map(|beginning| {
            ask(&question(query(&format!("status:5xx endpoint~{beginning}")).expect("a filter"), window))
        })
        .collect();
    table.line("typed: status:5xx endpoint~", &times);

    let three =
        |station: u32| query(&format!("status:5xx actor:station-{station:02} time:>2026-05-13T00:00:00Z"));
    let times: Result<Vec<Duration>, Failure> =
        (1..=21).map(|station| Ok(ask(&question(three(station)?, window)))).collect();
    table.line("three predicates and histogram", &times?);
    let regex = query("endpoint:/runs.*attach/")?;
    table.line("a regular expression on endpoint", &[ask(&question(regex, window))]);
    table.line("latency:>500ms", &[ask(&question(query("latency:>500ms")?, window))]);

    for filter in ["", "client:python"] {
        for field in [
            Field::Endpoint,
            Field::Action,
            Field::Actor,
            Field::Status,
            Field::Ip,
            Field::Client,
            Field::Target,
            Field::RequestId,
        ] {
            facet(table, snapshot, field, filter, window)?;
        }
    }
    let pasted = ["cli/1.4", "5e3", "teardown", "priya", "/api/v2/procedures"];
    let pasted: Result<Vec<Duration>, Failure> =
        pasted.iter().map(|word| Ok(ask(&question(query(word)?, window)))).collect();
    table.line("a word pasted", &pasted?);
    let raw: Result<Vec<Duration>, Failure> =
        typed("0a1b2c").map(|word| Ok(ask(&question(query(&format!("raw~{word}"))?, window)))).collect();
    table.line("typed: raw~ (the first letters read every record)", &raw?);
    Ok(())
}

fn jump(table: Table, snapshot: &Snapshot, window: Interval) -> Result<(), Failure> {
    for (filter, name) in [("", ""), ("client:python", ", a filter on")] {
        let filter = query(filter)?;
        let matched = snapshot.answer(&Question::newest(Arc::clone(&filter), window, 1)).matched;
        let page = |step: usize| {
            let from = matched / 101 * step;
            let page = Question { rows: from..from + 40, ..Question::newest(Arc::clone(&filter), window, 0) };
            timed(|| drop(std::hint::black_box(snapshot.answer(&page))))
        };
        table.line(&format!("40 rows at any place{name}"), &(0..101).map(page).collect::<Vec<_>>());
    }
    Ok(())
}

fn append(table: Table, store: &mut Store, window: Interval, bytes: &[u8]) -> Result<(), Failure> {
    let filter = query("client:python endpoint~runs status:2xx,4xx")?;
    let mut whole = Vec::new();
    let mut adding = Vec::new();
    store.snapshot().answer(&question(Arc::clone(&filter), window));
    for page in pages(bytes).take(41) {
        let begun = Instant::now();
        store.add(page);
        let snapshot = store.snapshot();
        adding.push(begun.elapsed());
        std::hint::black_box(snapshot.answer(&question(Arc::clone(&filter), window)));
        whole.push(begun.elapsed());
        store.tidy();
    }
    table.line("1,000 appended: the store's part", &adding);
    table.line("1,000 appended: to the new answer", &whole);
    Ok(())
}
