//! The one table of fields: names and aliases in the filter language, labels on the screen, names
//! in ECS and OCSF, widths of columns. Filters, completion, column chooser, CSV headers, facets and
//! docs all come from it.

use crate::text::nearest;

/// A field of an entry, by the filter language's names (the contract's section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
#[repr(u8)]
pub enum Field {
    Time,
    Source,
    Provider,
    Id,
    Status,
    Class,
    Outcome,
    Action,
    Method,
    Endpoint,
    Actor,
    ActorType,
    ActorId,
    ActorName,
    ActorEmail,
    Target,
    TargetType,
    TargetId,
    TargetName,
    Org,
    Project,
    Ip,
    Client,
    UserAgent,
    Latency,
    RequestId,
    Message,
    Changes,
    Raw,
    Has,
    Is,
}

/// A set of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FieldSet(u64);

impl FieldSet {
    /// All fields.
    pub const ALL: Self = Self(u64::MAX);

    /// With this field too.
    pub fn insert(&mut self, field: Field) {
        self.0 |= 1 << field as u32;
    }

    /// Whether this field is in it.
    pub fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u32) != 0
    }

    /// Whether any of these is in it.
    pub fn contains_any(self, fields: &[Field]) -> bool {
        fields.iter().any(|field| self.contains(*field))
    }
}

/// What a field's values are, and so which operators it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// Text: whole value, `*`, `~`, `/regex/`.
    Text,
    /// An instant: T, ranges, comparisons, whole days.
    Time,
    /// An HTTP status: `5xx`, `503`, ranges, comparisons.
    Status,
    /// Milliseconds: units, ranges, comparisons.
    Latency,
    /// An address: one, a CIDR block, or a `*` pattern.
    Address,
    /// The list of changed paths: as text, any of them.
    Paths,
    /// The record as text: case-insensitive substring.
    Raw,
    /// `has:`: control, bidi, formula.
    Has,
    /// `is:`: one of [`crate::event::Kind`].
    Is,
}

/// A row of the table.
#[derive(Debug)]
pub struct Info {
    /// The field.
    pub field: Field,
    /// Its name in filters, `--columns` and CSV headers.
    pub name: &'static str,
    /// Other names that filters take.
    pub aliases: &'static [&'static str],
    /// Its column header on the screen.
    pub label: &'static str,
    /// What it is, in a few words, for help and completion.
    pub about: &'static str,
    /// What its values are.
    pub kind: Type,
    /// Whether a bare word looks into it.
    pub in_words: bool,
    /// Its name in the Elastic Common Schema; empty where it has none of its own.
    pub ecs: &'static str,
    /// Its name in OCSF; empty where it has none of its own.
    pub ocsf: &'static str,
    /// The column's width in cells: least and most.
    pub width: (u16, u16),
}

macro_rules! table {
    ($($field:ident $name:literal $aliases:tt $label:literal $kind:ident $words:literal $ecs:literal $ocsf:literal $width:tt $about:literal;)*) => {
        /// All fields, in the order of the contract's section 5.
        pub const TABLE: &[Info] = &[$(Info {
            field: Field::$field, name: $name, aliases: &$aliases, label: $label, about: $about, kind: Type::$kind,
            in_words: $words, ecs: $ecs, ocsf: $ocsf, width: $width,
        }),*];
    };
}

#[rustfmt::skip]
table! {
    Time       "time"         []                     "TIME"     Time    false "@timestamp"                "time"                         (8, 14) "when it happened";
    Source     "source"       []                     "SOURCE"   Text    false "observer.name"             "metadata.log_name"            (4, 12) "the configured source, or the file";
    Provider   "provider"     []                     "SYSTEM"   Text    false "observer.product"          "metadata.product.name"        (6, 10) "the system, by its descriptor";
    Id         "id"           []                     "ID"       Text    true  "event.id"                  "metadata.uid"                 (8, 36) "the entry's id";
    Status     "status"       ["code"]               "ST"       Status  false "http.response.status_code" "http_response.code"           (3, 3)  "HTTP status: 503, 5xx, >=400";
    Class      "class"        []                     "CLASS"    Text    false ""                          ""                             (3, 7)  "2xx 3xx 4xx 5xx success failure unknown";
    Outcome    "outcome"      []                     "OUTCOME"  Text    false "event.outcome"             "status"                       (7, 7)  "success or failure";
    Action     "action"       ["event"]              "ACTION"   Text    true  "event.action"              "api.operation"                (10, 40) "what was done";
    Method     "method"       []                     "METHOD"   Text    true  "http.request.method"       "http_request.http_method"     (4, 7)  "HTTP method";
    Endpoint   "endpoint"     ["path"]               "ENDPOINT" Text    true  "url.path"                  "http_request.url.path"        (10, 40) "HTTP path";
    Actor      "actor"        ["user"]               "ACTOR"    Text    false ""                          ""                             (6, 20) "who did it: name, id or e-mail";
    ActorType  "actor.type"   []                     "BY"       Text    true  ""                          "actor.user.type"              (4, 8)  "what the actor is: human, agent, key …";
    ActorId    "actor.id"     []                     "ACTOR ID" Text    true  "user.id"                   "actor.user.uid"               (6, 20) "the actor's id";
    ActorName  "actor.name"   []                     "ACTOR"    Text    true  "user.name"                 "actor.user.name"              (6, 20) "the actor's name";
    ActorEmail "actor.email"  []                     "EMAIL"    Text    true  "user.email"                "actor.user.email_addr"        (8, 26) "the actor's e-mail address";
    Target     "target"       ["resource"]           "TARGET"   Text    false ""                          ""                             (6, 28) "what it was done to: name or id";
    TargetType "target.type"  []                     "TYPE"     Text    true  ""                          "resources.type"               (4, 12) "what the target is";
    TargetId   "target.id"    []                     "TARGET ID" Text   true  ""                          "resources.uid"                (6, 36) "the target's id";
    TargetName "target.name"  []                     "TARGET"   Text    true  ""                          "resources.name"               (6, 28) "the target's name";
    Org        "org"          ["organization"]       "ORG"      Text    true  ""                          "actor.user.org.name"          (4, 16) "the organisation";
    Project    "project"      []                     "PROJECT"  Text    true  ""                          "cloud.project_uid"            (6, 20) "the project or workspace";
    Ip         "ip"           ["src"]                "IP"       Address true  "source.ip"                 "src_endpoint.ip"              (9, 39) "the address: one, a CIDR block, or 10.0.*";
    Client     "client"       []                     "CLIENT"   Text    true  ""                          "unmapped.client"              (4, 8)  "which kind of client";
    UserAgent  "ua"           ["user_agent"]         "UA"       Text    true  "user_agent.original"       "http_request.user_agent"      (8, 30) "the User-Agent header";
    Latency    "latency"      ["latency_ms"]         "MS"       Latency false "event.duration"            "duration"                     (4, 8)  "duration: >500ms, 1s..5s";
    RequestId  "request_id"   ["rid"]                "REQUEST"  Text    true  "http.request.id"           "api.request.uid"              (8, 36) "the request's id";
    Message    "message"      ["msg"]                "MESSAGE"  Text    true  "message"                   "message"                      (10, 60) "the system's own words";
    Changes    "changes"      []                     "CHANGES"  Paths   false ""                          "unmapped.changes"             (8, 30) "a changed path";
    Raw        "raw"          []                     "RECORD"   Raw     false "event.original"            "raw_data"                     (10, 80) "the record as text";
    Has        "has"          []                     "HAS"      Has     false ""                          ""                             (4, 8)  "hostile text: control, bidi, formula";
    Is         "is"           []                     "IS"       Is      false ""                          ""                             (4, 8)  "kind of action: create, delete, login, role, key …";
}

impl Field {
    /// How many fields there are.
    pub const COUNT: usize = TABLE.len();

    /// Its row in the table.
    pub fn info(self) -> &'static Info {
        &TABLE[self as usize]
    }

    /// Its name in filters.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// The field of this name or alias.
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name || row.aliases.contains(&name)).map(|row| row.field)
    }

    /// Every name and alias that a filter takes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().flat_map(|row| std::iter::once(row.name).chain(row.aliases.iter().copied()))
    }

    /// The name of the field that a name which is none was meant for, among those that `fits` holds of.
    /// Whichever of its names is near, it is called by its own, the one that is written about.
    pub fn meant(typed: &str, fits: impl Fn(Self) -> bool) -> Option<&'static str> {
        let names = Self::names().filter(|name| Self::named(name).is_some_and(&fits));
        nearest(typed, names).and_then(Self::named).map(Self::name)
    }

    /// The fields that a bare word looks into (the contract's section 5).
    pub fn words() -> impl Iterator<Item = Self> {
        TABLE.iter().filter(|row| row.in_words).map(|row| row.field)
    }

    /// Whether the field can be a column of a CSV file: all but `has` and `is`, which are questions.
    pub fn is_column(self) -> bool {
        !matches!(self, Self::Has | Self::Is)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum_and_no_name_stands_twice() {
        for (place, row) in TABLE.iter().enumerate() {
            assert_eq!(row.field as usize, place, "{}", row.name);
            assert_eq!(Field::named(row.name), Some(row.field));
        }
        let mut names: Vec<_> = Field::names().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
