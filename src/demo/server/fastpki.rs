//! The certificate authority: a bare array, `skip` and `limit`, a login.

use serde_json::json;

use crate::demo::random::mix;
use crate::demo::world::PkiRow;
use crate::timestamp::SECOND;

use super::exchange::{Asked, Reply, array};
use super::fastapi::{Checks, detail};
use super::site::{Desk, Filter, READER, Refusal, page};

const LIST: &str = "/api/v1/audit-logs/";
const LOGIN: &str = "/api/v1/auth/token";

/// The 14 kinds of entry.
const ACTIONS: [&str; 14] = [
    "ca_create",
    "ca_delete",
    "ca_export_private_key",
    "cert_create",
    "cert_revoke",
    "cert_export_private_key",
    "login_success",
    "login_failure",
    "user_create",
    "user_update",
    "org_create",
    "org_delete",
    "org_add_user",
    "org_remove_user",
];

/// The demo's user, and the password.
const USER: (&str, &str) = ("admin", READER);
/// How long a token from a login lives.
const LIFE: i64 = 900 * SECOND;
/// How many logins a minute are heard.
const LOGINS_A_MINUTE: usize = 5;

pub(super) fn answer(desk: &mut Desk<'_>, asked: &Asked) -> Reply {
    match (asked.path.as_str(), asked.method.as_str()) {
        (LIST, "GET") => list(desk, asked),
        (LOGIN, "POST") => login(desk, asked),
        (LIST | LOGIN, _) => detail(405, "Method Not Allowed"),
        (path, _) if path.len() + 1 == LIST.len() && LIST.starts_with(path) => {
            let query = asked.raw_query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
            let host = asked.host.as_deref().unwrap_or("127.0.0.1");
            Reply::json(307, "").with("location", format!("http://{host}{LIST}{query}"))
        }
        _ => detail(404, "Not Found"),
    }
}

fn list(desk: &Desk<'_>, asked: &Asked) -> Reply {
    match desk.admit(asked) {
        Ok(()) => {}
        Err(Refusal::NoToken) => return detail(401, "Not authenticated").with("www-authenticate", "Bearer"),
        Err(Refusal::UnknownToken) => {
            return detail(401, "Could not validate credentials").with("www-authenticate", "Bearer");
        }
        Err(Refusal::Forbidden) => return detail(403, "Insufficient permissions"),
    }
    let mut checks = Checks::new(asked);
    let mut filter = Filter::default();
    filter.and("/action", checks.one_of("action", &ACTIONS));
    filter.and("/user_id", checks.whole("user_id", None, None).map(|id| id.to_string()).as_deref());
    filter.and("/resource_type", asked.param("resource_type"));
    filter.and("/resource_id", checks.whole("resource_id", None, None).map(|id| id.to_string()).as_deref());
    let since = checks.time("since");
    let until = checks.time("until");
    let skip = checks.whole("skip", Some(0), None).unwrap_or(0);
    let limit = checks.whole("limit", Some(1), Some(1_000)).unwrap_or(100);
    if let Some(refusal) = checks.refusal() {
        return refusal;
    }
    let entries = desk
        .below(None)
        .skip_while(|(_, record)| until.is_some_and(|until| record.time > until))
        .take_while(|(_, record)| since.is_none_or(|since| record.time >= since))
        .filter(|(_, record)| filter.passes(record))
        .skip(usize::try_from(skip).unwrap_or(usize::MAX));
    let (items, _) = page(entries, usize::try_from(limit).unwrap_or(0));
    Reply::json(200, array(items))
}

fn login(desk: &mut Desk<'_>, asked: &Asked) -> Reply {
    let now = desk.now;
    desk.live.logins.retain(|tried| now.micros() - tried.micros() < 60 * SECOND);
    if desk.live.logins.len() >= LOGINS_A_MINUTE {
        let words = format!("Rate limit exceeded: {LOGINS_A_MINUTE} per 1 minute");
        return Reply::value(429, &json!({ "error": words }));
    }
    desk.live.logins.push_back(now);
    let mut checks = Checks::new(asked);
    let (username, password) = (asked.field("username"), asked.field("password"));
    for (name, value) in [("username", username), ("password", password)] {
        if value.is_none() {
            checks.missing("body", name);
        }
    }
    if let Some(refusal) = checks.refusal() {
        return refusal;
    }
    let username = username.unwrap_or_default();
    let success = (username, password.unwrap_or_default()) == USER;
    // Its own logins stand in its log, and push everything else one place on.
    let row = if success { PkiRow::login_success(username) } else { PkiRow::login_failure(username) };
    let number = desk.count();
    let record = row.record(number + 1, desk.time_to_add());
    desk.add(record);
    if !success {
        return detail(401, "Incorrect username or password").with("www-authenticate", "Bearer");
    }
    let token = |kind: &str| format!("{kind}-{:016x}{:016x}", mix(number), mix(now.micros().cast_unsigned()));
    let access = token("access");
    desk.live.tokens.retain(|(_, ends)| now < *ends);
    desk.live.tokens.push_back((access.clone(), now.plus(LIFE)));
    Reply::value(
        200,
        &json!({"access_token": access, "refresh_token": token("refresh"), "token_type": "bearer"}),
    )
}
