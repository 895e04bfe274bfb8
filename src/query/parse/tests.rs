use proptest::prelude::*;

use super::*;
use crate::query::generate::{any_field, any_query, any_text};
use crate::query::print::exact_value;

fn now() -> Timestamp {
    Timestamp::parse("2026-05-21T10:00:00Z").expect("a time")
}

fn read(text: &str) -> Query {
    parse(text, now()).unwrap_or_else(|error| panic!("{text}\n{}\n{error}", error.caret(text)))
}

fn wrong(text: &str) -> (usize, usize, String) {
    let error = parse(text, now()).expect_err(text);
    (error.column, error.length, error.message)
}

/// Each line: a filter as typed, and how it is printed.
const CANONICAL: &[(&str, &str)] = &[
    ("", ""),
    ("  \t ", ""),
    (
        "status:5xx -endpoint:/api/v2/runs* actor:alice ip:10.0.0.0/8 latency:>500ms \"quota exceeded\"",
        "status:5xx -endpoint:/api/v2/runs* actor:alice ip:10.0.0.0/8 latency:>500 \"quota exceeded\"",
    ),
    ("a AND b OR c", "a b OR c"),
    ("a (b OR c)", "a (b OR c)"),
    ("(a b) OR (c)", "a b OR c"),
    ("((a) (b (c)))", "a b c"),
    ("NOT a", "-a"),
    ("NOT(a OR b)", "-(a OR b)"),
    ("NOT NOT a --b NOT -c", "a b c"),
    ("-(a b)", "-(a b)"),
    ("and or not", "and or not"),
    ("\"AND\" \"a b\" \"c\"", "\"AND\" \"a b\" c"),
    (r#""say \"hi\" c:\\x \n""#, r#""say \"hi\" c:\\x \\n""#),
    ("10:30 ::1 a@b.c a,b *", "10:30 ::1 a@b.c a,b *"),
    (
        "status:503 status:500..599 status:>=500 status:<400 status:4xx,5XX",
        "status:503 status:500..599 status:>=500 status:<400 status:4xx,5xx",
    ),
    (
        "status:4xx..5xx status:>4xx status:>=4xx status:..499 status:500..",
        "status:400..599 status:>499 status:>=400 status:<=499 status:>=500",
    ),
    (
        "code:503 user:alice organization:x user_agent:y latency_ms:1",
        "status:503 actor:alice org:x ua:y latency:1",
    ),
    (
        "latency>500ms latency:1s..5s latency:412 latency<=2m latency:412us latency:1.5s",
        "latency:>500 latency:1000..5000 latency:412 latency:<=120000 latency:0.412 latency:1500",
    ),
    ("latency:1.1m latency:0.1s", "latency:66000 latency:100"),
    (
        "time:2026-05-18 time:>=24h time:now",
        "time:2026-05-18 time:>=2026-05-20T10:00:00Z time:2026-05-21T10:00:00Z",
    ),
    ("time:2026-05-18..2026-05-19", "time:2026-05-18..2026-05-19"),
    (
        "time:>2026-05-18 time:<2026-05-18 time:<=2026-05-18 time:..2026-05-18",
        "time:>2026-05-18 time:<2026-05-18 time:<=2026-05-18 time:<=2026-05-18",
    ),
    ("time:2026-05-18T00:00:00Z", "time:2026-05-18T00:00:00Z"),
    ("time:2026-05-18T00:00:00Z..2026-05-18T23:59:59.999999", "time:2026-05-18"),
    ("time:\"2026-05-18 10:00:00\"..now", "time:2026-05-18T10:00:00Z..2026-05-21T10:00:00Z"),
    ("time>2026-05-18T10:00:00.5+02:00", "time:>2026-05-18T08:00:00.500Z"),
    (
        "ip:10.1.2.3/8 ip:::ffff:10.0.0.1 ip:::ffff:10.0.0.0/104 ip:10.0.* ip:2001:DB8::/32 ip:10.0.0.1/32",
        "ip:10.0.0.0/8 ip:10.0.0.1 ip:10.0.0.0/8 ip:10.0.* ip:2001:db8::/32 ip:10.0.0.1",
    ),
    ("ip:\"10.0.0.1\" ip:\"unknown\" ip~10.0", "ip:10.0.0.1 ip:\"unknown\" ip~10.0"),
    (
        "action:a,b action:a,\"b,c\" action:\"a*b\" action:a*b action:a**b action:* -action:**",
        "action:a,b action:a,\"b,c\" action:\"a*b\" action:a*b action:a*b action:* -action:*",
    ),
    ("action:\"POST /api\"* action:*\"x y\"", "action:\"POST /api\"* action:*\"x y\""),
    ("message~quota message~\"a b\" message~a*b message~>x message~", ""),
    (
        "message~quota message~\"a b\" message~a*b message~>x",
        "message~quota message~\"a b\" message~a*b message~>x",
    ),
    ("message:\"\" message~\"\"", "message:\"\" message~\"\""),
    (
        "endpoint:/api/v1/ endpoint:\"/api/\" endpoint:/a/../b endpoint:// /x/",
        "endpoint:/api/v1/ endpoint:\"/api/\" endpoint:/a/../b endpoint:\"//\" /x/",
    ),
    ("action:/^(GET|POST) / x", ""),
    (r"action:/^(GET|POST)\x20/ (ua:/a,b/ OR /c/)", r"action:/^(GET|POST)\x20/ (ua:/a,b/ OR /c/)"),
    ("action:/a/,b action:b,/c/ (/a/)(/b/)", "action:/a/,b action:b,/c/ /a/ /b/"),
    (
        "changes:/name changes~secret raw:x raw~y raw:* raw:\"*\" raw:a,b",
        "changes:/name changes~secret raw:x raw:y raw:* raw:\"*\" raw:a,b",
    ),
    (
        "has:control,bidi has:formula is:create,delete is:self -is:Login",
        "has:control,bidi has:formula is:create,delete is:self -is:login",
    ),
    ("class:5xx,4xx outcome:failure", "class:5xx,4xx outcome:failure"),
    ("@/a/b:x @/n:>5 @/n:1..5 @/n>=2 @/s~part @/p:* @/s:1..x.5", ""),
    (
        "@/a/b:x @/n:>5 @/n:1..5 @/n>=2 @/s~part @/p:* @/v:412",
        "@/a/b:x @/n:>5 @/n:1..5 @/n:>=2 @/s~part @/p:* @/v:412",
    ),
    ("@\"/a b\":x @\"/a:b\":y @\"\":*", "@\"/a b\":x @\"/a:b\":y @\"\":*"),
    ("\"@/a b\":x \"@/a:b\">3 \"@/a:b\"~y", "@\"/a b\":x @\"/a:b\":>3 @\"/a:b\"~y"),
    ("\"@/a:b\" \"@/a:b\"c", "\"@/a:b\" \"@/a:bc\""),
    ("message:\"/a\"*\"/ b\" id:/a*b", "message:\"/a\"*\"/ b\" id:/a*b"),
    ("@/a~1b:x @/a~0b~c @/s~10 @/s~\"10\"", "@/a~1b:x @/a~0b~c @/s~\"10\" @/s~\"10\""),
];

#[test]
fn every_form_is_read_and_printed() {
    for (typed, printed) in CANONICAL {
        if printed.is_empty() && !typed.trim().is_empty() {
            // A line that holds one wrong term: it must be refused, not read as something else.
            assert!(parse(typed, now()).is_err(), "{typed}");
            continue;
        }
        assert_eq!(read(typed).to_string(), *printed, "{typed}");
        assert_eq!(read(printed), read(typed), "{typed}");
    }
}

#[test]
fn a_wrong_filter_is_answered_with_its_place_and_what_was_expected() {
    let table = [
        ("statsu:5xx", 1, 6, "unknown field `statsu`: did you mean `status`?"),
        ("usr:alice", 1, 3, "unknown field `usr`: did you mean `actor`?"),
        ("evnt:x", 1, 4, "unknown field `evnt`: did you mean `action`?"),
        ("a äö:5", 3, 2, "unknown field `äö`"),
        ("a b)", 4, 1, "no parenthesis is open"),
        ("(a", 1, 1, "not closed: expected `)`"),
        ("x ()", 4, 1, "expected a term before `)`"),
        ("a OR", 5, 1, "expected a term"),
        ("OR a", 1, 2, "expected a term before OR"),
        ("a AND AND b", 7, 3, "expected a term before AND"),
        ("NOT", 4, 1, "expected a term"),
        ("quota(x)", 6, 1, "expected white space before `(`"),
        (
            "action:/(GET|POST) x/",
            9,
            1,
            "expected white space before `(`; quote a text with parentheses, and write \\x20",
        ),
        ("a - b", 3, 1, "right after `-`"),
        ("a -", 3, 1, "right after `-`"),
        ("ä \"open", 3, 1, "quote is not closed"),
        ("action:\"open", 8, 1, "quote is not closed"),
        ("@\"/a", 2, 1, "quote is not closed"),
        ("action:", 8, 1, "expected a value for `action`"),
        ("action: x", 8, 1, "expected a value"),
        ("action:a,,b", 10, 1, "expected a value"),
        ("action:a,", 10, 1, "expected a value"),
        ("action:>5", 8, 2, "`>` works on time, status, latency"),
        ("action>5", 7, 2, "`>` works on"),
        ("action:a..b", 8, 4, "`..` works on"),
        ("raw:<x", 5, 2, "`<` works on"),
        ("@/a:a..b", 5, 4, "`..` works on"),
        ("@/a:>x", 5, 2, "expected a number after `>`"),
        ("status:abc", 8, 3, "`abc` is no status"),
        ("status:50*", 8, 3, "is no status"),
        ("status~5", 8, 1, "no text to look into"),
        ("status:>", 8, 1, "expected 503"),
        ("latency:>", 9, 1, "expected 412"),
        ("time:<", 6, 1, "expected "),
        ("status:500..400", 8, 8, "ends before it begins"),
        ("status:..", 8, 2, "expected 503"),
        ("latency:5h", 9, 2, "is no duration"),
        ("latency:1e3", 9, 3, "is no duration"),
        ("latency:1e999", 9, 5, "is no duration"),
        ("latency:/5/", 9, 3, "no text to look into"),
        ("time:yesterday", 6, 9, "is no time"),
        ("time:24h..7d", 6, 7, "ends before it begins"),
        ("ip:10.0.0.0/33", 4, 11, "is no address"),
        ("ip:foo", 4, 3, "is no address"),
        ("has:x", 5, 1, "expected control, bidi or formula"),
        ("is:x", 4, 1, "expected create"),
        ("is~create", 4, 6, "expected create"),
        ("action:/(/", 8, 3, "not a regular expression: unclosed group"),
        ("/a{1000}{1000}/", 1, 15, "too large"),
        ("@/a", 1, 3, "expected an operator"),
        ("@\"a\":x", 1, 4, "no JSON pointer"),
        ("x:\u{1b}[31m y", 1, 1, "unknown field `x`"),
    ];
    for (text, column, length, message) in table {
        let (at, long, words) = wrong(text);
        assert!(words.contains(message), "{text}: {words}");
        assert_eq!((at, long), (column, length), "{text}: {words}");
    }
    assert!(wrong("status:\u{1b}[31m").2.contains("␛[31m"));
}

#[test]
fn the_caret_stands_under_the_place_whatever_the_characters() {
    let caret = |text: &str| parse(text, now()).expect_err(text).caret(text);
    assert_eq!(caret("a statsu:5xx b"), "a statsu:5xx b\n  ^^^^^^");
    assert_eq!(caret("日本 \u{202e} statsu:5"), "日本 ⟨202E⟩ statsu:5\n            ^^^^^^");
    assert_eq!(caret("a OR"), "a OR\n    ^");
    let long = format!("{} statsu:5xx {}", "x".repeat(500), "y".repeat(500));
    let shown = caret(&long);
    let (filter, carets) = shown.split_once('\n').expect("two lines");
    assert!(filter.chars().count() < 120 && filter.starts_with('…') && filter.ends_with('…'));
    assert_eq!(&filter.chars().skip(carets.len() - 6).take(6).collect::<String>(), "statsu");
}

#[test]
fn what_would_exhaust_memory_or_the_stack_is_an_error() {
    let deep = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&deep(MAX_DEPTH), now()).is_ok());
    assert!(wrong(&deep(MAX_DEPTH + 1)).2.contains("at most 100 deep"));
    assert!(wrong(&"(".repeat(60_000)).2.contains("at most 100 deep"));
    assert!(wrong(&"x".repeat(MAX_BYTES + 1)).2.contains("at most 65536 bytes"));
    assert!(wrong(&"/a/ ".repeat(MAX_REGEXES + 1)).2.contains("at most 64 regular expressions"));
    assert_eq!(read(&format!("{}a", "-".repeat(60_000))), read("a"));
    assert_eq!(read(&format!("{}a", "NOT ".repeat(10_001))), read("-a"));
    assert_eq!(read(&"a ".repeat(30_000)).conjuncts().len(), 30_000);
    let alternating = format!("{}a{}", "-(b ".repeat(100), ")".repeat(100));
    assert_eq!(read(&read(&alternating).to_string()), read(&alternating));
}

#[test]
fn parts_are_coloured_also_where_the_filter_is_wrong() {
    use SpanKind::{Error as Wrong, Field as Name, Keyword, Operator, Value, Word};
    let colours = |text: &str| -> Vec<(String, SpanKind)> {
        spans(text).into_iter().map(|span| (text[span.range].to_owned(), span.kind)).collect()
    };
    let is = |parts: &[(&str, SpanKind)]| -> Vec<(String, SpanKind)> {
        parts.iter().map(|(text, kind)| ((*text).to_owned(), *kind)).collect()
    };
    assert_eq!(
        colours("-status:>=5xx,4xx OR (\"a b\")"),
        is(&[
            ("-", Operator),
            ("status", Name),
            (":", Operator),
            (">=", Operator),
            ("5xx", Value),
            (",", Operator),
            ("4xx", Value),
            ("OR", Keyword),
            ("(", Operator),
            ("\"a b\"", Word),
            (")", Operator),
        ])
    );
    assert_eq!(
        colours("latency>5 statsu:1"),
        is(&[
            ("latency", Name),
            (">", Operator),
            ("5", Value),
            ("statsu", Wrong),
            (":", Operator),
            ("1", Value),
        ])
    );
    assert_eq!(colours("message~>5"), is(&[("message", Name), ("~", Operator), (">5", Value)]));
    assert_eq!(colours("a (b"), is(&[("a", Word), ("(", Wrong), ("b", Word)]));
}

#[test]
fn the_cursor_stands_in_a_name_or_a_value() {
    let at = |marked: &str| {
        let cursor = marked.find('|').expect("a cursor");
        cursor_context(&marked.replace('|', ""), cursor)
    };
    let name = |typed: &str, range: Range<usize>| Context::Name { typed: typed.to_owned(), range };
    let value = |field, typed: &str, range: Range<usize>| Context::Value {
        subject: Subject::Field(field),
        typed: typed.to_owned(),
        range,
    };
    assert_eq!(at("|"), name("", 0..0));
    assert_eq!(at("a | b"), name("", 2..2));
    assert_eq!(at("sta|"), name("sta", 0..3));
    assert_eq!(at("(-sta|tus"), name("sta", 2..8));
    assert_eq!(at("sta|tus:5"), name("sta", 0..6));
    assert_eq!(at("status:|"), value(Field::Status, "", 7..7));
    assert_eq!(at("client:py|thon x"), value(Field::Client, "py", 7..13));
    assert_eq!(at("actor:bob,al|"), value(Field::Actor, "al", 10..12));
    assert_eq!(at("action:\"POST /|\""), value(Field::Action, "POST /", 7..15));
    assert_eq!(at("action:\"POST \\\"x|"), value(Field::Action, "POST \"x", 7..16));
    assert_eq!(at("nope:x|"), Context::Nothing);
    assert_eq!(at("\"a b|\""), Context::Nothing);
    assert_eq!(at("(a)|"), Context::Nothing);
    assert_eq!(at("(|"), name("", 1..1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn what_is_printed_is_read_back_as_the_same(query in any_query()) {
        let printed = query.to_string();
        let back = parse(&printed, now());
        prop_assert_eq!(back.as_ref(), Ok(&query), "{}", printed);
    }

    #[test]
    fn a_completed_value_means_just_itself(field in any_field(), value in any_text(), other in any_text()) {
        let Some(test) = exact_test(field, &value) else { return Ok(()) };
        let completed = exact_value(field, &value);
        let alone = Expr::leaf(Subject::Field(field), vec![test.clone()]);
        prop_assert_eq!(read(&format!("{}:{completed}", field.name())).expr, alone);
        if let Some(first) = exact_test(field, &other) {
            let listed = Expr::leaf(Subject::Field(field), vec![first, test]);
            let text = format!("{}:{},{completed}", field.name(), exact_value(field, &other));
            prop_assert_eq!(read(&text).expr, listed, "{}", text);
        }
    }

    #[test]
    fn whatever_is_typed_is_read_or_refused_and_printed_the_same(
        words in prop::collection::vec(prop_oneof![
            any_text(),
            any_query().prop_map(|query| query.to_string()),
            "(status|time|latency|ip|action|raw|is|has|changes|@/a|@\"/a b\")[:~<>=]{1,2}[-0-9a-z*./,\"T:xms~()]{0,8}",
        ], 0..6),
        between in "[ ()-]{1,2}",
        cut in 0usize..200,
    ) {
        let mut text = words.join(&between);
        // A half-typed filter is the common case on the screen.
        text.truncate(text.floor_char_boundary(cut));
        match parse(&text, now()) {
            Ok(query) => {
                let printed = query.to_string();
                let back = parse(&printed, now());
                prop_assert_eq!(back.as_ref(), Ok(&query), "{} -> {}", text, printed);
            }
            Err(error) => {
                let characters = text.chars().count();
                prop_assert!(error.column >= 1 && error.length >= 1);
                prop_assert!(error.column <= characters + 1, "{} {:?}", text, error);
                prop_assert_eq!(error.caret(&text).lines().count(), 2);
            }
        }
        let mut end = 0;
        for span in spans(&text) {
            prop_assert!(span.range.start >= end && span.range.start < span.range.end);
            prop_assert!(text.is_char_boundary(span.range.start) && text.is_char_boundary(span.range.end));
            end = span.range.end;
        }
        prop_assert!(end <= text.len());
        for byte in 0..=text.len() + 1 {
            if let Context::Name { range, .. } | Context::Value { range, .. } = cursor_context(&text, byte) {
                prop_assert!(text.get(range).is_some());
            }
        }
    }
}
