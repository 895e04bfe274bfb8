//! Lines read quickly are what the descriptors' mappings read: over the shipped samples, generated
//! logs, and both of them changed at random.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::event::Event;
use crate::event::field::{Field, TABLE, Type};
use crate::json::{Kind, Node};
use crate::provider::mapping::Number;
use crate::provider::registry::Registry;
use crate::provider::sample::Given;
use crate::query::generate::any_query;
use crate::query::{Expr, Folded, Glob, Query, Subject, Test};

const SOURCE: &str = "log";
const FOREIGN: [&str; 2] = ["source", "provider"];

/// A reader, and columns that it tells the same entries to.
struct Reader {
    quick: QuickReader,
    columns: Recorder,
}

fn reader() -> Reader {
    let quick = QuickReader::new(Registry::shipped().iter(), &SOURCE.into(), &FOREIGN);
    Reader { quick, columns: Recorder::default() }
}

/// Keeps the texts of one row, and the numbers of all that came.
#[derive(Default)]
struct Recorder {
    generation: u64,
    numbers: HashMap<Field, (HashMap<String, Number>, Vec<String>)>,
    row: HashMap<Field, String>,
}

impl Columns for Recorder {
    fn generation(&self) -> u64 {
        self.generation
    }

    fn text(&mut self, field: Field, text: &str) -> Number {
        let (numbers, texts) = self.numbers.entry(field).or_default();
        let number = *numbers.entry(text.to_owned()).or_insert_with(|| {
            texts.push(text.to_owned());
            texts.len() as Number
        });
        assert_eq!(self.row.insert(field, text.to_owned()), None, "{field:?} is told once");
        number
    }

    fn again(&mut self, field: Field, number: Number) {
        let text = self.numbers[&field].1[number as usize - 1].clone();
        assert_eq!(self.row.insert(field, text), None, "{field:?} is told once");
    }
}

/// Whether what is told text by text is this event, where it is told so.
fn tells(reader: &mut Reader, line: &str, event: &Result<Event, Error>) -> Result<bool, TestCaseError> {
    let Reader { quick, columns } = reader;
    columns.row.clear();
    let Some(reading) = quick.tell(line, columns) else {
        prop_assert!(columns.row.is_empty(), "of {} something was told", line);
        return Ok(false);
    };
    match (reading, event) {
        (Ok(Reading::Whole(entry)), Ok(event)) => {
            prop_assert!(columns.row.is_empty(), "of {} something was told", line);
            prop_assert_eq!(&entry.into_event(), event, "{}", line);
            return Ok(false);
        }
        (Ok(Reading::Told(told)), Ok(event)) => {
            let Told { time, status, outcome, kinds, rank } = told;
            let of_event = (event.time, event.status, event.outcome, event.kinds, event.rank);
            prop_assert_eq!((time, status, outcome, kinds, rank), of_event, "{}", line);
            prop_assert_eq!(&event.changes, &None, "{}", line);
            let is_made_of_others = |field| matches!(field, Field::Actor | Field::Target);
            for info in TABLE {
                if info.kind == Type::Text && !is_made_of_others(info.field) || info.field == Field::Latency {
                    let is_told = !matches!(info.field, Field::Class | Field::Outcome);
                    let text = event.text(info.field).filter(|_| is_told);
                    prop_assert_eq!(
                        columns.row.get(&info.field).map(String::as_str),
                        text.as_deref(),
                        "{} of {}",
                        info.name,
                        line
                    );
                }
            }
            prop_assert_eq!(columns.row.get(&Field::Ip), event.ip.as_ref(), "{}", line);
        }
        (Err(told), Err(error)) => {
            prop_assert_eq!(&told, error);
            prop_assert!(columns.row.is_empty());
        }
        (told, event) => prop_assert!(false, "{:?} but {:?} of {}", told, event, line),
    }
    // Other columns give other numbers.
    if line.len().is_multiple_of(5) {
        *columns = Recorder { generation: columns.generation + 1, ..Recorder::default() };
    }
    Ok(true)
}

/// What the general way makes of a record; `None`: it is no known system's.
fn general(registry: &Registry, node: Node<'_>) -> Option<Result<Event, Error>> {
    if FOREIGN.iter().all(|key| node.member(key).is_some()) {
        return None;
    }
    let Recognition::Provider(provider) = registry.recognise(node) else { return None };
    let context = System::new(Arc::clone(&provider), &SOURCE.into()).context;
    Some(provider.mapping.event(node, &context))
}

/// Whether the line was read quickly; what came of it is what the general way makes of it.
fn agrees(reader: &mut Reader, registry: &Registry, line: &str) -> Result<bool, TestCaseError> {
    answers(reader, registry, line, &[])
}

/// The same, and these filters say the same of both.
fn answers(
    reader: &mut Reader,
    registry: &Registry,
    line: &str,
    queries: &[Query],
) -> Result<bool, TestCaseError> {
    let node = Node::parse(line).ok().filter(|node| node.kind() == Kind::Object && node.raw() == line);
    let Some(entry) = reader.quick.entry(line) else {
        prop_assert!(reader.quick.tell(line, &mut reader.columns).is_none(), "{}", line);
        return Ok(false);
    };
    let node = node.ok_or_else(|| TestCaseError::fail(format!("took what is no object: {line}")))?;
    let general = general(registry, node);
    if let Ok(entry) = &entry {
        let Some(Ok(event)) = &general else { panic!("an entry for {line}: {general:?}") };
        for info in TABLE {
            prop_assert_eq!(entry.text(info.field), event.text(info.field), "{} of {}", info.name, line);
        }
        prop_assert_eq!(entry.class(), event.class());
        for query in queries.iter().chain(&of_its_own_texts(event)) {
            prop_assert_eq!(query.matches_any(entry), query.matches(event), "{:?} of {}", query, line);
        }
    }
    prop_assert_eq!(Some(entry.map(Entry::into_event)), general.clone(), "{}", line);
    if let Some(general) = &general {
        tells(reader, line, general)?;
    }
    // Of what is asked alone the same is known.
    let Some(Ok(event)) = general else { return Ok(true) };
    for query in queries.iter().chain(&of_its_own_texts(&event)) {
        let glimpse =
            reader.quick.glimpse(line, query.fields()).expect("taken again").expect("an entry again");
        prop_assert_eq!(query.matches_any(&glimpse), query.matches(&event), "{:?} of {}", query, line);
        prop_assert_eq!((glimpse.time, glimpse.class()), (event.time, event.class()));
    }
    Ok(true)
}

/// Filters that ask for what stands in an entry, field by field.
fn of_its_own_texts(event: &Event) -> Vec<Query> {
    let asking = |subject, test| Query { expr: Expr::leaf(subject, vec![test]) };
    let of_field = |field| {
        let text = event.text(field)?;
        let subject = || Subject::Field(field);
        Some([
            asking(subject(), Test::Present),
            asking(subject(), Test::Whole(Glob::exact(&text))),
            asking(subject(), Test::Part(Folded::new(text.get(1..).unwrap_or_default()))),
            asking(Subject::Words, Test::Part(Folded::new(&text))),
        ])
    };
    TABLE.iter().filter_map(|info| of_field(info.field)).flatten().collect()
}

/// The records of all samples, compact.
fn samples() -> Vec<String> {
    let mut records = Vec::new();
    for provider in Registry::shipped().iter() {
        for sample in &provider.samples {
            match &sample.given {
                Given::Record(record) => records.push(record.as_str().to_owned()),
                Given::Page(page) => {
                    let list = provider.list.as_ref().expect("pages are of a list");
                    let items = list.items_in(page.node()).expect("it has items");
                    records.extend(items.elements().map(|item| item.raw().to_owned()));
                }
            }
        }
    }
    records
}

#[test]
fn every_sample_is_read_alike() {
    let (mut reader, registry) = (reader(), Registry::shipped());
    let samples = samples();
    let mut quick = 0;
    for sample in &samples {
        quick += usize::from(agrees(&mut reader, &registry, sample).expect("equal"));
        let spaced = sample.replace("\":", "\": ").replace(",\"", ", \"");
        agrees(&mut reader, &registry, &spaced).expect("equal");
    }
    assert!(samples.len() >= 15 && quick * 10 >= samples.len() * 8, "{quick} of {}", samples.len());
}

#[test]
fn a_generated_log_is_read_quickly_and_alike() {
    let (mut reader, registry) = (reader(), Registry::shipped());
    let mut quick = 0;
    let mut told = 0;
    for record in crate::demo::generate::Records::new(4_000) {
        quick += usize::from(agrees(&mut reader, &registry, &record).expect("equal"));
        let event = general(&registry, Node::parse(&record).expect("JSON")).expect("an entry");
        told += usize::from(tells(&mut reader, &record, &event).expect("equal"));
    }
    assert!(quick > 3_900 && told > 3_900, "{quick}, {told}");
}

#[test]
fn the_demo_systems_logs_are_read_alike() {
    use crate::demo::{System, World};
    let (mut reader, registry) = (reader(), Registry::shipped());
    let end = crate::timestamp::Timestamp::parse("2026-05-21T10:00:00Z").expect("a time");
    let world = World::generate(World::SEED, end);
    for system in System::ALL {
        // Every so many, so that each of the stories is among them and the test stays short.
        let records = world.records(system);
        let step = records.len().div_ceil(1_500).max(1);
        let (mut quick, mut count) = (0, 0);
        for record in records.iter().step_by(step) {
            for json in std::iter::once(&record.json).chain(&record.single) {
                quick += usize::from(agrees(&mut reader, &registry, json).expect("equal"));
                count += 1;
            }
        }
        assert!(quick * 10 > count * 9, "{system:?}: {quick} of {count}");
    }
}

#[test]
fn what_the_user_names_is_read_as_that_systems() {
    let registry = Registry::shipped();
    let provider = registry.iter().next().expect("one");
    let line = r#"{"timestamp":"2023-07-10T11:42:36Z","actor":{"name":"x"}}"#;
    let mut reader = QuickReader::named(Arc::clone(&provider), &SOURCE.into(), &FOREIGN);
    let context = System::new(Arc::clone(&provider), &SOURCE.into()).context;
    let event = provider.mapping.event(Node::parse(line).expect("JSON"), &context);
    assert_eq!(reader.entry(line).expect("taken").map(Entry::into_event), event);
    assert!(reader.entry(r#"{"provider":1,"source":2,"timestamp":"2023-07-10T11:42:36Z"}"#).is_none());
}

#[test]
fn a_marker_in_a_value_that_may_be_anything_is_looked_for_the_other_way() {
    let toml = r#"
        name = "x"
        markers = ["/a/0", "/b/c/d", "/e/f"]
        [fields]
        time = "/t"
    "#;
    let provider = crate::provider::descriptor::read("x.toml", toml).map(Arc::new).expect("right");
    let mut reader = QuickReader::new([provider], &SOURCE.into(), &[]);
    let time = r#""t":"2026-05-18T00:00:00Z""#;
    for (members, taken) in [
        (r#""a":[1]"#, false),
        (r#""a":1"#, false),
        (r#""b":{"c":{"d":1}}"#, false),
        (r#""e":{"f":1}"#, true),
        (r#""e":{"g":1}"#, false),
        (r#""e":{"f":1},"b":{"d":1}"#, true),
        (r#""e":{"f":1},"b":{"c":1}"#, false),
        (r#""e":{"f":1},"e":1"#, false),
    ] {
        assert_eq!(reader.entry(&format!("{{{time},{members}}}")).is_some(), taken, "{members}");
    }
}

/// Something that a record may have where it should not.
fn odd_value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just(r#""""#.to_owned()),
        "[0-9]{1,25}",
        "-?[0-9]{1,3}\\.[0-9]{1,3}",
        "[1-9]e[0-9]{1,3}",
        r#""[ -~&&[^"\\]]{0,12}""#,
        r#""[a-zé]{0,4}\\(n|t|"|u00e9|ud83d\\ude00|ud800)[a-z]{0,4}""#,
        "\"20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{0,8})?(Z|z|[+-][01][0-9]:?[0-6]0)?\"",
        Just(r#"{"name":"n","id":7,"id":"8","type":null}"#.to_owned()),
        Just(r#"{"previous_a":1,"new_a":[2],"name":{"name":1}}"#.to_owned()),
        Just(r#"[{"op":"replace","path":"/a","value":1},{"id":1}]"#.to_owned()),
    ]
}

/// A mapping with a source of each kind, where the paths of some are those of others.
const MAPPING: &str = r#"
    name = "x"
    markers = ["/t"]
    [fields]
    time = "/t"
    id = ["/i", "/r"]
    status = "/s"
    action = "{/m}, {/e}"
    method = ["/m", "/n", { constant = "none" }]
    endpoint = "/e"
    actor = { type = { constant = "k" }, id = "/a", name = ["/a/name", "/b"], email = "/m" }
    target = [
        { type = { constant = "first" }, id = "/a/id", name = "/e" },
        { type = "/n", id = ["/b", "/r"] },
    ]
    message = ["/n", "/i", { constant = "o" }]
    project = "/n"
    ip = "/b"
    user_agent = "/u"
    latency_ms = "/s"
    request_id = "/r"
    [outcome]
    failure_endings = ["denied"]
    [clients]
    rows = [{ name = "A", contains = "a" }, { name = "B", contains = "b" }]
    [kinds]
    create = ["*a*", { method = "b*" }]
    update = [{ endpoint = "*a*", "target.type" = "first" }]
    delete = [{ message = "*b*", user_agent = "a*" }]
    read = [{ project = "*" }]
"#;

/// A record of that mapping.
fn record() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        4 => r#""[ab]{0,2}( denied)?""#,
        1 => odd_value(),
        1 => r#"\{"(id|name|x)":("[ab]?"|null|1)\}"#,
    ];
    let key = prop::sample::select(vec!["i", "r", "s", "m", "n", "e", "a", "b", "u"]);
    let time =
        prop::sample::select(vec!["2026-05-18T00:00:00Z"; 9].into_iter().chain(["soon"]).collect::<Vec<_>>());
    (time, prop::collection::vec((key, value), 0..9)).prop_map(|(time, members)| {
        let mut members: Vec<String> =
            members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        members.insert(0, format!("\"t\":\"{time}\""));
        format!("{{{}}}", members.join(","))
    })
}

/// A record with members replaced, doubled, renamed, dropped, put elsewhere or added.
fn changed(record: &str, steps: &[(prop::sample::Index, u8, String)], keys: &[String]) -> String {
    let node = Node::parse(record).expect("a sample is JSON");
    let mut members: Vec<(String, String)> =
        node.members().map(|(key, value)| (key.into_owned(), value.compact().into_owned())).collect();
    for (at, what, value) in steps {
        let len = members.len();
        if len == 0 {
            break;
        }
        let at = at.index(len);
        match what % 7 {
            0 | 1 => members[at].1.clone_from(value),
            2 => {
                let double = (members[at].0.clone(), value.clone());
                members.push(double);
            }
            3 => drop(members.remove(at)),
            4 => members.swap(at, len - 1),
            5 => members[at].0.clone_from(&keys[value.len() % keys.len()]),
            _ => members.push((keys[(at + value.len()) % keys.len()].clone(), value.clone())),
        }
    }
    let members: Vec<String> = members
        .iter()
        .map(|(key, value)| format!("{}:{value}", serde_json::Value::from(key.as_str())))
        .collect();
    format!("{{{}}}", members.join(","))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_a_mapping_says_is_told_as_it_is_read(records in prop::collection::vec(record(), 1..40)) {
        let provider = crate::provider::descriptor::read("x.toml", MAPPING).map(Arc::new).expect("right");
        let quick = QuickReader::named(Arc::clone(&provider), &SOURCE.into(), &[]);
        let mut reader = Reader { quick, columns: Recorder::default() };
        let context = System::new(Arc::clone(&provider), &SOURCE.into()).context;
        let mut told = 0;
        for record in records.iter().chain(&records) {
            let Ok(node) = Node::parse(record) else { continue };
            told += usize::from(tells(&mut reader, record, &provider.mapping.event(node, &context))?);
        }
        prop_assume!(told > 0);
    }

    #[test]
    fn changed_records_are_read_alike(
        picks in prop::collection::vec((
            any::<prop::sample::Index>(),
            prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), odd_value()), 0..4),
        ), 1..5),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
        queries in prop::collection::vec(any_query(), 4),
    ) {
        let (mut reader, registry) = (reader(), Registry::shipped());
        let records = samples();
        let mut keys: Vec<String> = registry.iter()
            .flat_map(|provider| provider.markers.clone())
            .filter_map(|marker| marker.tokens().last().map(ToString::to_string))
            .chain(FOREIGN.map(str::to_owned))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        for (record, steps) in picks {
            let line = changed(&records[record.index(records.len())], &steps, &keys);
            answers(&mut reader, &registry, &line, &queries)?;
            if let Some(cut) = cut {
                let end = cut.index(line.len());
                if line.is_char_boundary(end) {
                    agrees(&mut reader, &registry, &line[..end])?;
                }
            }
        }
    }
}
