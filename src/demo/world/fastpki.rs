//! The certificate authority's log: logins, certificates, users.

use serde::Serialize;

use crate::demo::calendar::{Calendar, MINUTE, Rhythm};
use crate::demo::cast::{ADMIN, PEOPLE, Person, VICTIM, hostile};
use crate::demo::random::Random;
use crate::timestamp::{DAY, SECOND, Timestamp};

use super::Record;

/// An entry of the log, every key always there.
#[derive(Debug, Clone, Serialize)]
pub(in crate::demo) struct Row {
    id: u64,
    created_at: String,
    action: &'static str,
    user_id: Option<i64>,
    username: Option<String>,
    organization_id: Option<i64>,
    resource_type: Option<&'static str>,
    resource_id: Option<i64>,
    detail: Option<String>,
}

impl Row {
    /// Something that a person did.
    fn by(person: &Person, action: &'static str) -> Self {
        Self {
            id: 0,
            created_at: String::new(),
            action,
            user_id: Some(person.number),
            username: Some(person.name.to_owned()),
            organization_id: Some(1),
            resource_type: None,
            resource_id: None,
            detail: None,
        }
    }

    /// The same, done to something, in the system's own words.
    fn on(self, kind: &'static str, id: i64, detail: Option<String>) -> Self {
        Self { resource_type: Some(kind), resource_id: Some(id), detail, ..self }
    }

    /// A login that was refused: only the name that was typed is known.
    pub(in crate::demo) fn login_failure(typed: &str) -> Self {
        let row = Self::by(ADMIN, "login_failure");
        Self { user_id: None, username: Some(typed.to_owned()), organization_id: None, ..row }
    }

    /// A login of the demo's own user.
    pub(in crate::demo) fn login_success(username: &str) -> Self {
        Self { username: Some(username.to_owned()), ..Self::by(ADMIN, "login_success") }
    }

    /// The entry of this number and time.
    pub(in crate::demo) fn record(mut self, id: u64, time: Timestamp) -> Record {
        self.id = id;
        self.created_at = naive(time);
        Record::new(time, &self)
    }
}

/// The time without a zone, and without a fraction where there is none, as the system writes it.
fn naive(time: Timestamp) -> String {
    let digits = if time.micros() % SECOND == 0 { 0 } else { 6 };
    let mut text = time.rfc3339(digits);
    text.pop();
    text
}

/// How many entries the ordinary week has.
const ORDINARY: usize = 2_380;
/// How many certificates and authorities there are already.
const CERTIFICATES: i64 = 480;

/// What has been made so far.
struct Authority {
    random: Random,
    certificates: i64,
}

pub(super) fn log(seed: u64, calendar: Calendar) -> Vec<Record> {
    let mut authority = Authority { random: Random::new(seed, "certificates"), certificates: CERTIFICATES };
    let mut rows = beginnings(calendar);
    let times = Rhythm::new(calendar.week()).draw_all(&mut authority.random, ORDINARY);
    rows.extend(times.into_iter().map(|time| (time, authority.ordinary())));
    rows.extend(night(calendar));
    rows.extend(morning_after(calendar));
    rows.extend(oddities(calendar));
    rows.sort_by_key(|(time, _)| *time);
    (1..).zip(rows).map(|(id, (time, row))| row.record(id, time)).collect()
}

impl Authority {
    fn ordinary(&mut self) -> Row {
        let person = self.random.weighted(&PEOPLE, |person| person.busy);
        let certificate = |random: &mut Random, most: i64| random.between(1, most + 1);
        match self.random.below(100) {
            0..=43 => Row::by(person, "login_success"),
            44..=47 => Row::login_failure(person.name),
            48..=80 => {
                self.certificates += 1;
                let host = self.random.below(900);
                let detail = format!("Created certificate 'bench{host:03}.northwind.example'");
                Row::by(person, "cert_create").on("certificate", self.certificates, Some(detail))
            }
            81..=90 => {
                let id = certificate(&mut self.random, self.certificates);
                Row::by(person, "cert_export_private_key").on("certificate", id, None)
            }
            91..=97 => {
                let id = certificate(&mut self.random, self.certificates);
                let detail = format!("Revoked certificate {id}");
                Row::by(person, "cert_revoke").on("certificate", id, Some(detail))
            }
            _ => {
                let detail = format!("Updated user '{}'", person.name);
                Row::by(ADMIN, "user_update").on("user", person.number, Some(detail))
            }
        }
    }
}

/// How it all began, long before the week.
fn beginnings(calendar: Calendar) -> Vec<(Timestamp, Row)> {
    let start = calendar.at(240, 9, 0);
    let first = Row { username: None, user_id: None, organization_id: None, ..Row::by(ADMIN, "user_create") };
    let made = |person: &Person| Some(format!("Created user '{}'", person.name));
    let mut rows = vec![first.on("user", ADMIN.number, made(ADMIN))];
    rows.push(Row::by(ADMIN, "org_create").on(
        "organization",
        1,
        Some("Created organization 'Northwind Test'".to_owned()),
    ));
    for (id, name) in (1..).zip(["Northwind Root CA", "Northwind Bench CA", "Northwind Fleet CA"]) {
        rows.push(Row::by(ADMIN, "ca_create").on("ca", id, Some(format!("Created CA '{name}'"))));
    }
    for person in &PEOPLE[1..] {
        rows.push(Row::by(ADMIN, "user_create").on("user", person.number, made(person)));
        let detail = format!("Added user {} to organization 1", person.number);
        rows.push(Row::by(ADMIN, "org_add_user").on("organization", 1, Some(detail)));
    }
    (0..).zip(rows).map(|(number, row)| (start.plus(number * 3 * DAY + number * 7_000_123), row)).collect()
}

/// The night: a password is guessed, a role raised, keys are taken.
fn night(calendar: Calendar) -> Vec<(Timestamp, Row)> {
    let start = calendar.incident();
    let at = |minute: i64, micros: i64| start.plus(minute * MINUTE + micros);
    let mut rows: Vec<_> = (0..23)
        .map(|number| (at(0, number * 24 * SECOND + 41_007), Row::login_failure(VICTIM.name)))
        .collect();
    for (number, typed) in (0..).zip(["admin", "root", "postgres", ADMIN.name]) {
        rows.push((at(2, number * 31 * SECOND + 903), Row::login_failure(typed)));
    }
    let exported = |id| Row::by(VICTIM, "cert_export_private_key").on("certificate", id, None);
    rows.extend([
        (at(9, 38_120_007), Row::by(VICTIM, "login_success")),
        (at(14, 2_000_450), {
            let detail = format!("Updated user '{}'", VICTIM.name);
            Row::by(VICTIM, "user_update").on("user", VICTIM.number, Some(detail))
        }),
        (at(15, 11_310_000), {
            let detail = format!("Added user {} to organization 1", VICTIM.number);
            Row::by(VICTIM, "org_add_user").on("organization", 1, Some(detail))
        }),
        (at(21, 0), Row::by(VICTIM, "ca_export_private_key").on("ca", 3, None)),
        (at(21, 44_000_001), exported(17)),
        (at(22, 9_500_000), exported(118)),
        (at(22, 31_000_999), exported(402)),
    ]);
    rows
}

/// The morning after: the administrator finds out and closes the doors.
fn morning_after(calendar: Calendar) -> Vec<(Timestamp, Row)> {
    let start = calendar.at(2, 7, 58);
    let revoked = |id: i64| {
        Row::by(ADMIN, "cert_revoke").on("certificate", id, Some(format!("Revoked certificate {id}")))
    };
    let updated = Row::by(ADMIN, "user_update").on(
        "user",
        VICTIM.number,
        Some(format!("Updated user '{}'", VICTIM.name)),
    );
    let removed = Row::by(ADMIN, "org_remove_user").on(
        "organization",
        1,
        Some(format!("Removed user {} from organization 1", VICTIM.number)),
    );
    let created =
        Row::by(ADMIN, "ca_create").on("ca", 4, Some("Created CA 'Northwind Fleet CA 2'".to_owned()));
    let deleted = Row::by(ADMIN, "ca_delete").on("ca", 3, Some("Deleted CA 'Northwind Fleet CA'".to_owned()));
    let rows = [
        Row::by(ADMIN, "login_success"),
        updated,
        removed,
        revoked(17),
        revoked(118),
        revoked(402),
        created,
        deleted,
    ];
    (0..).zip(rows).map(|(number, row)| (start.plus(number * (2 * MINUTE + 17_009)), row)).collect()
}

/// Names that were typed into the login form by who knows whom, and two entries of one instant.
fn oddities(calendar: Calendar) -> Vec<(Timestamp, Row)> {
    let start = calendar.at(1, 4, 4);
    let long = "a".repeat(200);
    let typed = [
        hostile::ESCAPES,
        hostile::BIDI,
        hostile::FORMULA,
        hostile::ZERO_WIDTH,
        hostile::LINES,
        "' OR 1=1 --",
        &long,
        "",
        "𝓪𝓭𝓶𝓲𝓷",
    ];
    let mut rows: Vec<_> = (0..)
        .zip(typed)
        .map(|(number, typed)| (start.plus(number * 3 * SECOND + 250), Row::login_failure(typed)))
        .collect();
    let one_instant = start.plus(MINUTE + 123_456);
    let detail = |name: &str| Some(format!("Created certificate '{name}'"));
    rows.extend([
        (one_instant, Row::by(ADMIN, "cert_create").on("certificate", 470, detail(hostile::BIDI))),
        (one_instant, Row::by(ADMIN, "cert_create").on("certificate", 471, detail(hostile::C1))),
    ]);
    rows
}
