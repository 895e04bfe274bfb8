//! The upload guard: numbered pages in an envelope, of the whole log or of one entity, and a limit
//! of requests.

use serde_json::{Value, json};

use super::exchange::{Asked, Reply, array};
use super::site::{Desk, Filter, Refusal, page};

const LIST: &str = "/api/v1/audit-logs";
const ACTIONS: [&str; 6] = ["created", "enabled", "disabled", "revoked", "updated", "deleted"];
const TYPES: [&str; 4] = ["api_key", "file", "context", "tenant"];
const ENTITY_TYPES: [&str; 3] = ["api_key", "file", "context"];

pub(super) fn answer(desk: &mut Desk<'_>, asked: &Asked) -> Reply {
    let Some(rest) = asked.path.strip_prefix(LIST) else {
        return error(desk, 404, "Resource not found", &[]);
    };
    let segments = asked.segments();
    let entity = match segments.get(3..) {
        Some([route, kind, id]) if route == "entity" && !id.is_empty() => Some((kind.as_str(), id.as_str())),
        _ if rest.is_empty() => None,
        _ => return error(desk, 404, "Resource not found", &[]),
    };
    if asked.method != "GET" {
        return error(desk, 405, "Method not allowed", &[]);
    }
    match desk.admit(asked) {
        Ok(()) => {}
        Err(Refusal::NoToken) => return error(desk, 401, "Missing API key", &[]),
        Err(Refusal::UnknownToken) => return error(desk, 401, "Invalid API key", &[]),
        Err(Refusal::Forbidden) => {
            return error(desk, 403, "Insufficient permissions", &["The key lacks the scope admin"]);
        }
    }
    let (now, burst) = (desk.now, desk.live.bucket.rate().burst);
    match desk.live.bucket.take(now) {
        Err(seconds) => error(desk, 429, "Rate limit exceeded", &[])
            .with("retry-after", seconds.to_string())
            .with("x-ratelimit-limit", burst.to_string())
            .with("x-ratelimit-remaining", "0"),
        Ok(left) => list(desk, asked, entity)
            .with("x-ratelimit-limit", burst.to_string())
            .with("x-ratelimit-remaining", left.to_string()),
    }
}

fn list(desk: &Desk<'_>, asked: &Asked, entity: Option<(&str, &str)>) -> Reply {
    let mut problems = Vec::new();
    let mut filter = Filter::default();
    if let Some((kind, id)) = entity {
        if !ENTITY_TYPES.contains(&kind) {
            problems.push(format!("entity_type must be one of {}", ENTITY_TYPES.join(", ")));
        }
        filter.and("/entity_type", Some(kind));
        filter.and("/entity_id", Some(id));
    } else {
        for (name, pointer, words) in
            [("action", "/action", &ACTIONS[..]), ("audit_type", "/audit_type", &TYPES[..])]
        {
            let value = asked.param(name);
            if value.is_some_and(|value| !words.contains(&value)) {
                problems.push(format!("{name} must be one of {}", words.join(", ")));
            }
            filter.and(pointer, value);
        }
        filter.and("/entity_id", asked.param("entity_id"));
    }
    let mut whole = |name: &str, default: usize, most: usize| {
        let number = asked.param(name).map_or(Ok(default), str::parse);
        number.ok().filter(|number| (1..=most).contains(number)).unwrap_or_else(|| {
            problems.push(match most {
                usize::MAX => format!("{name} must be a number from 1"),
                _ => format!("{name} must be a number from 1 to {most}"),
            });
            default
        })
    };
    let number = whole("page", 1, usize::MAX);
    let size = whole("page_size", 20, 100);
    if !problems.is_empty() {
        let problems: Vec<_> = problems.iter().map(String::as_str).collect();
        return error(desk, 400, "Validation error", &problems);
    }
    let total = desk.below(None).filter(|(_, record)| filter.passes(record)).count();
    let pages = total.div_ceil(size);
    let entries =
        desk.below(None).filter(|(_, record)| filter.passes(record)).skip((number - 1).saturating_mul(size));
    let (items, _) = page(entries, size);
    let pagination = json!({
        "page": number,
        "page_size": size,
        "total_items": total,
        "total_pages": pages,
        "has_next": number < pages,
        "has_previous": number > 1,
    });
    let (items, now) = (array(items), desk.now.rfc3339(0));
    Reply::json(
        200,
        format!(
            r#"{{"status":"SUCCESS","data":{{"data":{items},"pagination":{pagination}}},"timestamp":"{now}"}}"#
        ),
    )
}

fn error(desk: &Desk<'_>, status: u16, message: &str, errors: &[&str]) -> Reply {
    let body: Value =
        json!({"status": "ERROR", "message": message, "errors": errors, "timestamp": desk.now.rfc3339(0)});
    Reply::value(status, &body)
}
