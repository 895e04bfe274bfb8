//! The observability platform: a bare array for a window of at most 90 days, and single records.

use crate::timestamp::DAY;

use super::exchange::{Asked, Reply, array};
use super::fastapi::{Checks, detail};
use super::site::{Desk, Filter, Refusal};

const LIST: &str = "/api/v1/audit-logs/";
const ACTIONS: [&str; 5] = ["LOGIN", "LOGOUT", "INSERT", "UPDATE", "DELETE"];
/// The longest window.
const LONGEST: i64 = 90 * DAY;

pub(super) fn answer(desk: &Desk<'_>, asked: &Asked) -> Reply {
    // The slash at the end is required, of the list and of a record.
    let Some(rest) = asked.path.strip_prefix(LIST) else {
        return detail(404, "Not Found");
    };
    let id = rest.strip_suffix('/').filter(|id| !id.is_empty() && !id.contains('/'));
    if id.is_none() && !rest.is_empty() {
        return detail(404, "Not Found");
    }
    if asked.method != "GET" {
        return detail(405, "Method Not Allowed");
    }
    match desk.admit(asked) {
        Ok(()) => {}
        Err(Refusal::NoToken) => return detail(401, "Not authenticated").with("www-authenticate", "Bearer"),
        Err(Refusal::UnknownToken) => {
            return detail(401, "Invalid token").with("www-authenticate", "Bearer");
        }
        Err(Refusal::Forbidden) => {
            return detail(403, "The token does not have access to this organization.");
        }
    }
    match id {
        Some(id) => single(desk, id),
        None => list(desk, asked),
    }
}

fn list(desk: &Desk<'_>, asked: &Asked) -> Reply {
    let mut checks = Checks::new(asked);
    if asked.param("start_time").is_none() {
        checks.missing("query", "start_time");
    }
    let start = checks.whole_second("start_time");
    let end = checks.whole_second("end_time");
    let mut filter = Filter::default();
    filter.and("/action", checks.one_of("action", &ACTIONS));
    if let Some(refusal) = checks.refusal() {
        return refusal;
    }
    let end = end.unwrap_or_else(|| desk.now.max(desk.world.end()));
    let start = start.unwrap_or(end);
    if end.micros() - start.micros() > LONGEST {
        return detail(400, "The maximum query window is 90 days.");
    }
    let entries = desk
        .below(None)
        .map(|(_, record)| record)
        .skip_while(|record| record.time >= end)
        .take_while(|record| record.time >= start)
        .filter(|record| filter.passes(record));
    Reply::json(200, array(entries.map(|record| &*record.json)))
}

fn single(desk: &Desk<'_>, id: &str) -> Reply {
    // Every row begins with its id, a UUID, which has nothing that JSON would escape.
    let head = format!("{{\"id\":\"{id}\",");
    let found = desk.below(None).find(|(_, record)| record.json.starts_with(&head));
    match found.and_then(|(_, record)| record.single.as_deref()) {
        Some(record) => Reply::json(200, record),
        None => detail(404, "The specified audit log record does not exist."),
    }
}
