//! The file store: a log for each workspace, cursors that say nothing, a limit of requests.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::demo::random::mix;
use crate::demo::world::WORKSPACES;
use crate::timestamp::{Timestamp, parse_date};

use super::exchange::{Asked, Reply, array};
use super::site::{Desk, Filter, Refusal, page};

const ACTOR_TYPES: [&str; 2] = ["human", "agent"];
/// Entries a page, at most and where the request says nothing.
const LIMIT: usize = 100;

pub(super) fn answer(desk: &mut Desk<'_>, asked: &Asked) -> Reply {
    let segments = asked.segments();
    let segments: Vec<_> = segments.iter().map(String::as_str).collect();
    let ["v1", "workspaces", workspace, "audit-logs"] = segments[..] else {
        return error(404, 1_609, "APP_NOT_FOUND", "The requested endpoint does not exist.");
    };
    if asked.method != "GET" {
        return error(405, 1_610, "APP_METHOD_NOT_ALLOWED", "This endpoint takes GET alone.");
    }
    match desk.admit(asked) {
        Ok(()) => {}
        Err(Refusal::NoToken) => {
            return error(401, 1_650, "APP_AUTH_REQUIRED", "Authentication is required.");
        }
        Err(Refusal::UnknownToken) => {
            return error(401, 1_651, "APP_AUTH_INVALID", "The API token is not valid.");
        }
        Err(Refusal::Forbidden) => {
            let words = "The API token does not have the audit_logs:read scope.";
            return error(403, 1_658, "APP_SCOPE_MISSING", words);
        }
    }
    let now = desk.now;
    if let Err(seconds) = desk.live.bucket.take(now) {
        let words = "Too many requests. Wait as long as Retry-After says.";
        return error(429, 1_671, "APP_RATE_LIMITED", words).with("retry-after", seconds.to_string());
    }
    let Some(number) = WORKSPACES.iter().position(|known| *known == workspace) else {
        let words = format!("There is no workspace {workspace:?}.");
        return error(404, 1_680, "APP_WORKSPACE_NOT_FOUND", &words);
    };
    list(desk, asked, number).unwrap_or_else(|refusal| refusal)
}

fn list(desk: &Desk<'_>, asked: &Asked, workspace: usize) -> Result<Reply, Reply> {
    let invalid = |words: &str| error(422, 1_605, "APP_INVALID_PARAMETER", words);
    let time = |name: &str| {
        let parse = |text| Timestamp::parse(text).or_else(|| parse_date(text));
        let wrong = || invalid(&format!("{name} must be an ISO 8601 timestamp."));
        asked.param(name).map(|text| parse(text).ok_or_else(wrong)).transpose()
    };
    let (since, until) = (time("start_date")?, time("end_date")?);
    let limit = match asked.param("limit").map(str::parse) {
        None => LIMIT,
        Some(Ok(limit @ 1..=LIMIT)) => limit,
        Some(_) => return Err(invalid(&format!("limit must be a number from 1 to {LIMIT}."))),
    };
    let mut filter = Filter::default();
    let actor_type = asked.param("actor_type");
    if actor_type.is_some_and(|kind| !ACTOR_TYPES.contains(&kind)) {
        return Err(invalid("actor_type must be human or agent."));
    }
    filter.and("/actor/type", actor_type);
    filter.and("/action", asked.param("action"));
    let below = match asked.param("cursor").filter(|cursor| !cursor.is_empty()) {
        None => None,
        Some(cursor) => Some(opened(cursor, workspace).ok_or_else(|| {
            error(400, 1_606, "APP_INVALID_CURSOR", "The cursor is not one of this workspace's.")
        })?),
    };
    let entries = desk
        .below(below)
        .skip_while(|(_, record)| until.is_some_and(|until| record.time > until))
        .take_while(|(_, record)| since.is_none_or(|since| record.time >= since))
        .filter(|(_, record)| record.workspace == Some(WORKSPACES[workspace]) && filter.passes(record));
    let (items, last) = page(entries, limit);
    let cursor = last.map_or_else(|| "null".to_owned(), |last| format!("\"{}\"", sealed(last, workspace)));
    let items = array(items);
    Ok(Reply::json(
        200,
        format!(r#"{{"events":{items},"has_more":{},"next_cursor":{cursor}}}"#, last.is_some()),
    ))
}

/// A place in a workspace's log, with a check so that no other text passes for one.
fn sealed(number: u64, workspace: usize) -> String {
    let check = mix(number ^ mix(workspace as u64 + 1));
    URL_SAFE_NO_PAD.encode([number.to_be_bytes(), check.to_be_bytes()].concat())
}

fn opened(cursor: &str, workspace: usize) -> Option<u64> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let number = u64::from_be_bytes(bytes.get(..8)?.try_into().ok()?);
    (sealed(number, workspace) == cursor).then_some(number)
}

fn error(status: u16, code: u32, error_code: &str, text: &str) -> Reply {
    let documentation_url = "https://docs.fast.io/events.html";
    Reply::value(
        status,
        &json!({"error": {
            "code": code,
            "text": text,
            "error_code": error_code,
            "documentation_url": documentation_url,
        }}),
    )
}
