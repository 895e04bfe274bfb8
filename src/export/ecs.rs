//! `ecs`: one Elastic Common Schema object an entry, nested, absent instead of null.

use serde::Serialize;

use super::OrganizationIs;
use super::flat::json;
use crate::event::{Event, Outcome};
use crate::query::parse::address;

#[derive(Serialize)]
struct Ecs<'a> {
    #[serde(rename = "@timestamp")]
    timestamp: String,
    event: EventKeys<'a>,
    #[serde(skip_serializing_if = "Http::is_empty")]
    http: Http<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<Url<'a>>,
    #[serde(skip_serializing_if = "Named::is_empty")]
    user: Named<'a>,
    #[serde(skip_serializing_if = "Named::is_empty")]
    organization: Named<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Address<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<Original<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    observer: Observer<'a>,
}

#[derive(Serialize)]
struct EventKeys<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// Nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<i64>,
    original: &'a str,
}

#[derive(Serialize)]
struct Http<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<HttpRequest<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<HttpResponse>,
}

impl Http<'_> {
    fn is_empty(&self) -> bool {
        self.request.is_none() && self.response.is_none()
    }
}

#[derive(Serialize)]
struct HttpRequest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

#[derive(Serialize)]
struct HttpResponse {
    status_code: i64,
}

#[derive(Serialize)]
struct Url<'a> {
    path: &'a str,
}

#[derive(Serialize, Default)]
struct Named<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

impl Named<'_> {
    fn is_empty(&self) -> bool {
        self.id.is_none() && self.name.is_none() && self.email.is_none()
    }
}

#[derive(Serialize)]
struct Address<'a> {
    ip: &'a str,
}

#[derive(Serialize)]
struct Original<'a> {
    original: &'a str,
}

#[derive(Serialize)]
struct Observer<'a> {
    vendor: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'a str>,
    name: &'a str,
}

/// The entry as one JSON object on one line.
pub(super) fn object(event: &Event, organization_is: OrganizationIs) -> String {
    let (method, request_id) = (event.method.as_deref(), event.request_id.as_deref());
    let organization = event.organization.as_deref();
    json(&Ecs {
        timestamp: event.time.to_string(),
        event: EventKeys {
            id: event.id.as_deref(),
            kind: "event",
            action: event.action.as_deref(),
            outcome: event.outcome_told().map(Outcome::name),
            duration: event.latency_ms.as_ref().and_then(|latency| nanoseconds(latency.value())),
            original: event.record.as_str(),
        },
        http: Http {
            request: (method.is_some() || request_id.is_some())
                .then_some(HttpRequest { method, id: request_id }),
            response: event.status.map(|status_code| HttpResponse { status_code }),
        },
        url: event.endpoint.as_deref().map(|path| Url { path }),
        user: Named {
            id: event.actor.id.as_deref(),
            name: event.actor.name.as_deref(),
            email: event.actor.email.as_deref(),
        },
        organization: match organization_is {
            OrganizationIs::Id => Named { id: organization, ..Named::default() },
            OrganizationIs::Name => Named { name: organization, ..Named::default() },
        },
        source: event.ip.as_deref().filter(|ip| address(ip).is_some()).map(|ip| Address { ip }),
        user_agent: event.user_agent.as_deref().map(|original| Original { original }),
        message: event.message.as_deref(),
        observer: Observer {
            vendor: "auditty",
            product: Some(&*event.provider).filter(|name| !name.is_empty()),
            name: &event.source,
        },
    })
}

/// Milliseconds in whole nanoseconds; `None` where there are more than a 64-bit number holds.
fn nanoseconds(milliseconds: f64) -> Option<i64> {
    let nanoseconds = (milliseconds * 1e6).round();
    (nanoseconds.abs() < 9.2e18).then_some(nanoseconds as i64)
}
