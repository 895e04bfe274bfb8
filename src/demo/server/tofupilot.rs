//! The test system's API: cursors that are numbers, and a log in which its own reading stands.

use serde_json::{Value, json};

use crate::demo::world::{REQUEST_LOG, RequestRow};
use crate::timestamp::{Timestamp, parse_date};

use super::exchange::{Asked, Reply, array};
use super::site::{Desk, Filter, Refusal, page};

const METHODS: [&str; 5] = ["GET", "POST", "PATCH", "PUT", "DELETE"];
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];
/// Entries a page, at most and where the request says nothing.
const LIMIT: usize = 1_000;

pub(super) fn answer(desk: &mut Desk<'_>, asked: &Asked) -> Reply {
    if asked.path != REQUEST_LOG {
        return error(404, "NOT_FOUND", "Not found", &[]);
    }
    if asked.method != "GET" {
        return error(405, "METHOD_NOT_SUPPORTED", "Method not supported", &[]);
    }
    let reply = match desk.admit(asked) {
        Ok(()) => list(desk, asked).unwrap_or_else(|refusal| refusal),
        Err(Refusal::Forbidden) => {
            error(403, "FORBIDDEN", "Viewers and operators have no access to the audit log", &[])
        }
        // Only requests of known keys are recorded.
        Err(Refusal::NoToken) => return error(401, "UNAUTHORIZED", "Missing API key", &[]),
        Err(Refusal::UnknownToken) => return error(401, "UNAUTHORIZED", "Invalid API key", &[]),
    };
    let time = desk.time_to_add();
    let time = time.plus(-time.micros().rem_euclid(1_000));
    let read = RequestRow::of_a_read(time, desk.count(), asked.user_agent.as_deref(), reply.status);
    desk.add(read);
    reply
}

fn list(desk: &Desk<'_>, asked: &Asked) -> Result<Reply, Reply> {
    let invalid = |issue: String| error(400, "BAD_REQUEST", "Input validation failed", &[issue]);
    let time = |name: &str| {
        let parse = |text| Timestamp::parse(text).or_else(|| parse_date(text));
        let wrong = || invalid(format!("{name}: expected an ISO 8601 date-time"));
        asked.param(name).map(|text| parse(text).ok_or_else(wrong)).transpose()
    };
    let one_of = |name: &str, words: &[&str]| match asked.param(name) {
        Some(value) if !words.contains(&value) => {
            Err(invalid(format!("{name}: expected one of {}", words.join(", "))))
        }
        value => Ok(value),
    };
    let number = |name: &str| {
        let wrong = |_| invalid(format!("{name}: expected a number"));
        asked.param(name).map(|text| text.parse::<u64>().map_err(wrong)).transpose()
    };
    let (from, to) = (time("from")?, time("to")?);
    let mut filter = Filter::default();
    filter.and("/method", one_of("method", &METHODS)?);
    filter.and("/endpoint", asked.param("endpoint"));
    let class = one_of("status", &CLASSES)?.map(|class| &class[..1]);
    let client = asked.param("client");
    let creator = asked.param("created_by");
    let limit = number("limit")?.unwrap_or(LIMIT as u64);
    if !(1..=LIMIT as u64).contains(&limit) {
        return Err(invalid(format!("limit: expected a number from 1 to {LIMIT}")));
    }
    let entries = desk
        .below(number("cursor")?)
        .skip_while(|(_, record)| to.is_some_and(|to| record.time >= to))
        .take_while(|(_, record)| from.is_none_or(|from| record.time >= from))
        .filter(|(_, record)| {
            client.is_none_or(|client| record.client == Some(client))
                && creator.is_none_or(|creator| record.value("/key_id") == creator)
                && class.is_none_or(|class| record.value("/status").starts_with(class))
                && filter.passes(record)
        });
    let (items, last) = page(entries, limit as usize);
    let cursor = last.map_or(Value::Null, Value::from);
    let items = array(items);
    Ok(Reply::json(
        200,
        format!(r#"{{"data":{items},"meta":{{"has_more":{},"next_cursor":{cursor}}}}}"#, last.is_some()),
    ))
}

fn error(status: u16, code: &str, message: &str, issues: &[String]) -> Reply {
    let issues: Vec<_> = issues.iter().map(|issue| json!({ "message": issue })).collect();
    Reply::value(status, &json!({"message": message, "code": code, "issues": issues}))
}
