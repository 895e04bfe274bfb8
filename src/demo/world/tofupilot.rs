//! The requests to the test system's API.

use serde::Serialize;

use crate::demo::calendar::{Calendar, MINUTE, Rhythm};
use crate::demo::cast::{self, CLI, CLIENTS, PEOPLE, Person, VICTIM, hostile};
use crate::demo::random::{Random, mix};
use crate::interval::Interval;
use crate::timestamp::{SECOND, Timestamp};

use super::Record;

/// An entry of the log.
#[derive(Debug, Serialize)]
pub(in crate::demo) struct Row<'a> {
    timestamp: String,
    method: &'a str,
    endpoint: &'a str,
    status: u16,
    latency_ms: Latency,
    key_id: Option<&'a str>,
    caller: Caller<'a>,
    source_ip: Option<&'a str>,
    user_agent: Option<&'a str>,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<Unit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    procedure: Option<Procedure>,
}

impl Row<'_> {
    /// A read of the log, as the server records it.
    pub(in crate::demo) fn of_a_read(
        time: Timestamp,
        number: u64,
        user_agent: Option<&str>,
        status: u16,
    ) -> Record {
        let row = Row {
            timestamp: time.rfc3339(3),
            method: "GET",
            endpoint: LOG,
            status,
            latency_ms: Latency::Whole(4 + number as i64 % 7),
            key_id: Some("key_demo"),
            caller: Caller::Person { id: "usr_demo", name: "auditor" },
            source_ip: Some("127.0.0.1"),
            user_agent,
            request_id: &format!("req_{:016x}", mix(number ^ READS)),
            run: None,
            unit: None,
            procedure: None,
        };
        Record { client: Some("HTTP"), ..Record::new(time, &row) }
    }
}

/// The log's own endpoint.
pub(in crate::demo) const LOG: &str = "/api/v2/audit-log";
/// Sets the ids of reads apart from those of the world's own requests.
const READS: u64 = 0xa0d1_7700_0000_0000;

/// Milliseconds, whole for most clients' requests.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
enum Latency {
    Whole(i64),
    Parts(f64),
}

/// Stations are told by name, people as objects.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
enum Caller<'a> {
    Station(&'a str),
    Person { id: &'a str, name: &'a str },
}

#[derive(Debug, Serialize)]
struct Run {
    id: String,
}

#[derive(Debug, Serialize)]
struct Unit {
    id: String,
    serial_number: String,
}

#[derive(Debug, Serialize)]
struct Procedure {
    id: String,
    name: &'static str,
}

/// What a request is about; its id stands in the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Nothing,
    Run,
    Unit,
    Procedure,
}

/// A route: how often stations and people call it, how long it takes, what it answers.
struct Route {
    method: &'static str,
    /// `{}` stands for an id.
    path: &'static str,
    about: About,
    /// What an authorised call of it is answered.
    success: u16,
    /// Milliseconds in quiet times.
    latency: i64,
    by_stations: u64,
    by_people: u64,
}

const fn route(
    method: &'static str,
    path: &'static str,
    about: About,
    success: u16,
    latency: i64,
    by_stations: u64,
    by_people: u64,
) -> Route {
    Route { method, path, about, success, latency, by_stations, by_people }
}

const ROUTES: [Route; 22] = [
    route("POST", "/api/v2/runs", About::Run, 201, 150, 380, 4),
    route("POST", "/api/v2/runs/{}/attachments", About::Run, 201, 380, 90, 2),
    route("GET", "/api/v2/runs", About::Nothing, 200, 85, 30, 160),
    route("GET", "/api/v2/runs/{}", About::Run, 200, 40, 40, 130),
    route("PATCH", "/api/v2/runs/{}", About::Run, 200, 70, 12, 14),
    route("DELETE", "/api/v2/runs/{}", About::Run, 204, 60, 0, 5),
    route("GET", "/api/v2/units", About::Nothing, 200, 75, 16, 70),
    route("GET", "/api/v2/units/{}", About::Unit, 200, 30, 150, 60),
    route("POST", "/api/v2/units", About::Unit, 201, 95, 40, 4),
    route("PATCH", "/api/v2/units/{}", About::Unit, 200, 65, 30, 12),
    route("GET", "/api/v2/procedures", About::Nothing, 200, 35, 20, 50),
    route("GET", "/api/v2/procedures/{}", About::Procedure, 200, 28, 90, 40),
    route("POST", "/api/v2/procedures", About::Procedure, 201, 110, 0, 4),
    route("PATCH", "/api/v2/procedures/{}", About::Procedure, 200, 90, 0, 8),
    route("GET", "/api/v2/stations", About::Nothing, 200, 30, 4, 24),
    route("GET", "/api/v2/stations/me", About::Nothing, 200, 12, 70, 0),
    route("GET", "/api/v2/parts", About::Nothing, 200, 44, 6, 26),
    route("GET", "/api/v2/batches", About::Nothing, 200, 48, 10, 22),
    route("POST", "/api/v2/import", About::Run, 201, 900, 4, 6),
    route("GET", "/api/v2/api-keys", About::Nothing, 200, 25, 0, 3),
    route("GET", "/api/v1/runs", About::Nothing, 301, 3, 6, 2),
    route("GET", "/api/v2/health", About::Nothing, 200, 2, 30, 0),
];

const PROCEDURES: [&str; 6] = [
    "FCT avionics board",
    "Burn-in 48 h",
    "Vibration X/Y/Z",
    "EMC pre-scan",
    "Schlusskontrolle Gehäuse",
    "最終検査",
];

/// Who a request comes from.
struct Sender<'a> {
    key: &'a str,
    caller: Caller<'a>,
    ip: Option<&'a str>,
    user_agent: Option<&'a str>,
    client: &'static str,
}

struct Station {
    key: String,
    name: String,
    ip: String,
    client: (&'static str, &'static str),
}

/// What was written, in the order of writing.
#[derive(Default)]
struct Book {
    records: Vec<Record>,
    /// How many were taken out already.
    taken: usize,
}

impl Book {
    fn push(&mut self, record: Record) {
        self.records.push(record);
    }

    /// How many were ever written.
    fn len(&self) -> usize {
        self.taken + self.records.len()
    }
}

struct Scribe {
    random: Random,
    records: Book,
    stations: Vec<Station>,
    keys: Vec<String>,
    ids: Vec<String>,
}

/// The same kinds of requests without end, each at the time that it is asked for: what a log of any
/// size is made of.
pub(in crate::demo) struct Endless {
    scribe: Scribe,
    calendar: Calendar,
}

impl Endless {
    /// The requests of a seed, in the week that the calendar has.
    pub(in crate::demo) fn new(seed: u64, calendar: Calendar) -> Self {
        Self { scribe: Scribe::new(seed), calendar }
    }

    /// The next request, at this time.
    pub(in crate::demo) fn at(&mut self, time: Timestamp) -> Record {
        let wave = [(self.calendar.first_wave(), 620), (self.calendar.second_wave(), 860)]
            .into_iter()
            .find(|(stretch, _)| stretch.contains(time));
        match wave {
            Some((_, failing)) if self.scribe.random.chance(700) => self.scribe.failing(time, failing),
            _ if self.calendar.storm().contains(time) => self.scribe.refused(time),
            _ => self.scribe.ordinary(time, self.calendar),
        }
        let book = &mut self.scribe.records;
        book.taken += book.records.len();
        book.records.pop().expect("each of these writes one")
    }
}

/// How many requests the ordinary week has besides its stories.
const ORDINARY: usize = 47_600;

pub(super) fn log(seed: u64, calendar: Calendar) -> Vec<Record> {
    let mut scribe = Scribe::new(seed);
    let rhythm = Rhythm::new(calendar.week());
    let times = rhythm.draw_all(&mut scribe.random, ORDINARY);
    for time in times {
        scribe.ordinary(time, calendar);
    }
    scribe.wave(calendar.first_wave(), 2_400, 620);
    scribe.wave(calendar.second_wave(), 1_300, 860);
    scribe.storm(calendar.storm());
    scribe.noisy_station(calendar.week());
    scribe.intruder(calendar.incident());
    scribe.oddities(calendar);
    scribe.records.records
}

impl Scribe {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed, "requests");
        let stations = (1..=cast::STATIONS)
            .map(|number| {
                let client = random.weighted(&CLIENTS, |client| client.2);
                Station {
                    key: format!("key_st{:06x}", mix(number) & 0xff_ffff),
                    name: format!("station-{number:02}"),
                    ip: format!("10.20.{}.{}", 1 + number / 8, 10 + number),
                    client: (client.0, client.1),
                }
            })
            .collect();
        let keys =
            PEOPLE.iter().map(|person| format!("key_{:08x}", mix(person.number as u64) >> 32)).collect();
        let ids = PEOPLE.iter().map(|person| format!("usr_{:03}", person.number)).collect();
        Self { random, records: Book::default(), stations, keys, ids }
    }

    /// One of the stations, or of the people; the latter more seldom, and with what they use.
    fn with_sender(&mut self, by_person: bool, then: impl FnOnce(&mut Random, &mut Book, &Sender<'_>)) {
        if by_person {
            let person = self.random.weighted(&PEOPLE, |person| person.busy);
            let client = match self.random.below(10) {
                0..=3 => CLI,
                4..=6 => (person.browser, "HTTP"),
                7..=8 => (CLIENTS[0].0, CLIENTS[0].1),
                _ => ("python-requests/2.32.5", "HTTP"),
            };
            let at = at(person);
            let sender = Sender {
                key: &self.keys[at],
                caller: Caller::Person { id: &self.ids[at], name: person.name },
                ip: Some(person.ip),
                user_agent: Some(client.0),
                client: client.1,
            };
            then(&mut self.random, &mut self.records, &sender);
        } else {
            let station = &self.stations[self.random.below(cast::STATIONS) as usize];
            then(&mut self.random, &mut self.records, &station.sender());
        }
    }

    /// A request of everyday.
    fn ordinary(&mut self, time: Timestamp, calendar: Calendar) {
        let by_person = self.random.chance(220);
        let slow = calendar.first_wave().contains(time) || calendar.second_wave().contains(time);
        self.with_sender(by_person, |random, records, sender| {
            let route =
                random.weighted(&ROUTES, |route| if by_person { route.by_people } else { route.by_stations });
            let status = match random.below(1_000) {
                0..=5 => 400,
                6..=8 => 401,
                9..=20 if route.path.ends_with('}') => 404,
                21..=25 => 422,
                26 => 429,
                27 => 500,
                _ => route.success,
            };
            let latency = latency(random, route.latency) * if slow { 9 } else { 1 };
            write(random, records, sender, time, route, status, Latency::Whole(latency));
        });
    }

    /// A wave of failures: so many requests, of which so many in a thousand fail, slowly.
    fn wave(&mut self, stretch: Interval, count: usize, failing: u64) {
        for _ in 0..count {
            let time = stretch.since.plus(self.random.between(0, stretch.micros()));
            self.failing(time, failing);
        }
    }

    /// A request in a wave.
    fn failing(&mut self, time: Timestamp, failing: u64) {
        self.with_sender(false, |random, records, sender| {
            let route = random.weighted(&ROUTES, |route| route.by_stations);
            let (status, latency) = match random.below(1_000) {
                roll if roll >= failing => (route.success, latency(random, route.latency * 12)),
                roll if roll % 5 < 2 => (500, latency(random, 2_400)),
                _ => (503, 10_000 + random.between(0, 20_000)),
            };
            write(random, records, sender, time, route, status, Latency::Whole(latency));
        });
    }

    /// A script that asks for the same list as fast as it can, and is refused.
    fn storm(&mut self, stretch: Interval) {
        for _ in 0..1_900 {
            let time = stretch.since.plus(self.random.between(0, stretch.micros()));
            self.refused(time);
        }
    }

    /// A request of that script.
    fn refused(&mut self, time: Timestamp) {
        let route = &ROUTES[2];
        let (key, user_agent) = ("key_nightly_export", "python-requests/2.32.5");
        let sender = Sender {
            key,
            caller: Caller::Station("nightly-export"),
            ip: Some("198.51.100.200"),
            user_agent: Some(user_agent),
            client: "HTTP",
        };
        let status = if self.random.chance(880) { 429 } else { 200 };
        let latency = if status == 429 { self.random.between(1, 6) } else { latency(&mut self.random, 90) };
        write(&mut self.random, &mut self.records, &sender, time, route, status, Latency::Whole(latency));
    }

    /// A station that sends, day and night, what the server cannot take.
    fn noisy_station(&mut self, week: Interval) {
        let step = 100 * SECOND;
        for number in 0..week.micros() / step {
            let time = week.since.plus(number * step + self.random.between(0, 15 * SECOND));
            let status = if self.random.chance(930) { 422 } else { 201 };
            let latency = self.random.between(7, 24);
            let station = &self.stations[cast::NOISY_STATION as usize - 1];
            let sender = station.sender();
            write(
                &mut self.random,
                &mut self.records,
                &sender,
                time,
                &ROUTES[0],
                status,
                Latency::Whole(latency),
            );
        }
    }

    /// The night's trail: a key made with a stolen login, everything read, some of it deleted, and
    /// doors that stayed shut.
    fn intruder(&mut self, start: Timestamp) {
        const NEW_KEY: Route = route("POST", "/api/v2/api-keys", About::Nothing, 201, 45, 0, 0);
        const SETTINGS: Route = route("PATCH", "/api/v2/organization", About::Nothing, 200, 45, 0, 0);
        let victim = at(VICTIM);
        let (stolen, id) = (self.keys[victim].clone(), self.ids[victim].clone());
        let sender = |key| Sender {
            key,
            caller: Caller::Person { id: &id, name: VICTIM.name },
            ip: Some(cast::INTRUDER_IP),
            user_agent: Some(cast::INTRUDER_AGENT),
            client: "HTTP",
        };
        let (with_stolen, with_new) = (sender(&stolen), sender("key_nightlysync"));
        let random = &mut self.random;
        let mut say = |minute: i64, second: i64, sender: &Sender<'_>, route: &Route, status: u16| {
            let time = start.plus(minute * MINUTE + second * SECOND + random.between(0, SECOND));
            let latency = Latency::Whole(latency(random, route.latency));
            write(random, &mut self.records, sender, time, route, status, latency);
        };
        say(36, 4, &with_stolen, &ROUTES[19], 200);
        say(37, 0, &with_stolen, &NEW_KEY, 201);
        for number in 0..420 {
            say(38, number * 2, &with_new, &ROUTES[if number % 30 == 0 { 2 } else { 3 }], 200);
        }
        for number in 0..3 {
            say(53, number * 9, &with_new, &SETTINGS, 403);
        }
        for number in 0..26 {
            say(55, number * 5, &with_new, &ROUTES[5], if number < 20 { 204 } else { 403 });
        }
    }

    /// What a reader of logs has to bear: empty, missing, long, odd and hostile values.
    fn oddities(&mut self, calendar: Calendar) {
        let long = format!("/api/v2/units/{}", "0123456789abcdef".repeat(120));
        let (python, rust) = ((Some(CLIENTS[0].0), CLIENTS[0].1), (Some(CLIENTS[3].0), CLIENTS[3].1));
        let http = |user_agent| (user_agent, "HTTP");
        let station = |name| Caller::Station(name);
        let odd = [
            (http(Some(hostile::ESCAPES)), station("station-03"), Some("10.20.1.13"), "/api/v2/runs", 31.0),
            (python, station(hostile::BIDI), Some("10.20.1.14"), "/api/v2/runs", 412.5),
            (python, station(hostile::FORMULA), Some("10.20.1.15"), "/api/v2/units", 0.0),
            (
                http(Some(hostile::MINUS)),
                station("station-05"),
                Some("::ffff:10.20.1.15"),
                "/api/v2/parts",
                0.25,
            ),
            (http(Some("")), station(""), Some(""), "/api/v2/runs", 12.0),
            (rust, station(hostile::ZERO_WIDTH), Some("not an address"), "/api/v2/runs", 9.0),
            (http(None), station("Prüfstand 4 – Süd 🛰"), None, &long, 75_000.0),
        ];
        for (number, (client, caller, ip, endpoint, latency)) in (0..).zip(odd) {
            let time = calendar.at(1, 12, 0).plus(number * 11 * MINUTE + 500_000);
            let row = Row {
                timestamp: time.rfc3339(3),
                method: "GET",
                endpoint,
                status: if number % 3 == 2 { 404 } else { 200 },
                latency_ms: Latency::Parts(latency),
                key_id: (number != 4).then_some("key_st_odd"),
                caller,
                source_ip: ip,
                user_agent: client.0,
                request_id: &request_id(self.records.len()),
                run: None,
                unit: None,
                procedure: None,
            };
            self.records.push(Record { client: Some(client.1), ..Record::new(time, &row) });
        }
    }
}

impl Station {
    fn sender(&self) -> Sender<'_> {
        Sender {
            key: &self.key,
            caller: Caller::Station(&self.name),
            ip: Some(&self.ip),
            user_agent: Some(self.client.0),
            client: self.client.1,
        }
    }
}

fn at(person: &Person) -> usize {
    PEOPLE.iter().position(|other| other.number == person.number).unwrap_or_default()
}

/// Ids by number of the request: they look random and never repeat.
fn request_id(number: usize) -> String {
    format!("req_{:016x}", mix(number as u64))
}

/// Milliseconds around a middle, with a long tail as servers have it.
fn latency(random: &mut Random, middle: i64) -> i64 {
    let usual = middle * 6 / 10 + random.between(0, middle * 8 / 10 + 1);
    match random.below(400) {
        0 => usual * 22,
        1..=8 => usual * 6,
        9..=40 => usual * 2,
        _ => usual,
    }
}

fn write(
    random: &mut Random,
    records: &mut Book,
    sender: &Sender<'_>,
    time: Timestamp,
    route: &Route,
    status: u16,
    latency_ms: Latency,
) {
    // Units and procedures are few and come again and again; runs are many.
    let (id, serial, name) = match route.about {
        About::Nothing => (String::new(), 0, ""),
        About::Run => (random.uuid(), 0, ""),
        About::Unit => {
            let serial = random.below(4_000);
            (format!("unit_{:012x}", mix(serial) >> 16), serial, "")
        }
        About::Procedure => {
            let number = random.below(PROCEDURES.len() as u64);
            (format!("proc_{:012x}", mix(!number) >> 16), 0, PROCEDURES[number as usize])
        }
    };
    let serial_number = format!("nw-2026-{serial:05}");
    let endpoint = route.path.replace("{}", if route.about == About::Unit { &serial_number } else { &id });
    // What a call made or changed is told; what it only read is not.
    let touched = status < 300 && route.method != "GET";
    let about = |what| touched && route.about == what;
    let time = time.plus(-time.micros().rem_euclid(1_000));
    let row = Row {
        timestamp: time.rfc3339(3),
        method: route.method,
        endpoint: &endpoint,
        status,
        latency_ms,
        key_id: Some(sender.key),
        caller: sender.caller,
        source_ip: sender.ip,
        user_agent: sender.user_agent,
        request_id: &request_id(records.len()),
        run: about(About::Run).then(|| Run { id: id.clone() }),
        unit: about(About::Unit).then(|| Unit { id: id.clone(), serial_number: serial_number.clone() }),
        procedure: about(About::Procedure).then(|| Procedure { id: id.clone(), name }),
    };
    records.push(Record { client: Some(sender.client), ..Record::new(time, &row) });
}
