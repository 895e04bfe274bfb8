//! Filters as they are handed over: one that finds exactly one entry, and any filter in a form that
//! has no hostile characters and still means the same.
//!
//! A text with a control or bidi character cannot be typed, and must not be pasted. It is written as
//! a regular expression with escapes instead: `id:/^a\x{1b}b$/`.

use std::fmt::Write;

use crate::event::Event;
use crate::event::field::Field;
use crate::query::{Bounds, Expr, Glob, Leaf, Query, Regex, Subject, Test};
use crate::text;

/// A filter that finds this entry and no other: its source, id and instant (with the project where
/// the source fans out), and where it has no id the whole record.
pub fn entry_filter(event: &Event) -> Query {
    let mut parts = vec![exact(Field::Source, &event.source)];
    match event.id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) => parts.push(exact(Field::Id, id)),
        None => parts.push(record(event)),
    }
    if event.workspace.is_some()
        && let Some(project) = event.project.as_deref().filter(|project| !project.is_empty())
    {
        parts.push(exact(Field::Project, project));
    }
    let instant = Test::Time(Bounds::closed(event.time, event.time));
    parts.push(Expr::leaf(Subject::Field(Field::Time), vec![instant]));
    harmless(&Query { expr: Expr::all_of(parts) })
}

fn exact(field: Field, text: &str) -> Expr {
    Expr::leaf(Subject::Field(field), vec![Test::Whole(Glob::exact(text))])
}

/// The whole record, letter by letter.
fn record(event: &Event) -> Expr {
    let source = format!("^{}$", escaped(event.record.as_str()));
    let test = match regex::Regex::new(&source) {
        Ok(regex) => Test::Regex(Regex(regex)),
        // Too long to be compiled: its text then, whatever the case.
        Err(_) => Test::Part(crate::query::Folded::new(event.record.as_str())),
    };
    Expr::leaf(Subject::Field(Field::Raw), vec![test])
}

/// The filter with every hostile character escaped; the same filter where it has none.
pub fn harmless(query: &Query) -> Query {
    if !query.to_string().contains(text::is_hostile) {
        return query.clone();
    }
    Query { expr: harmless_expr(&query.expr) }
}

/// The filter's text, safe to paste: [`harmless`], printed. What cannot be escaped (the name in an
/// `@/pointer`) is a visible mark.
pub fn filter_text(query: &Query) -> String {
    text::visible(&harmless(query).to_string()).into_owned()
}

fn harmless_expr(expr: &Expr) -> Expr {
    match expr {
        Expr::And(parts) => Expr::all_of(parts.iter().map(harmless_expr)),
        Expr::Or(parts) => Expr::any_of(parts.iter().map(harmless_expr)),
        Expr::Not(inner) => harmless_expr(inner).negated(),
        Expr::Leaf(leaf) => {
            if leaf.tests.iter().any(|test| escaped_test(test).is_some()) {
                // Regular expressions cannot stand in one list; alternatives of their own can.
                let alternatives = leaf.tests.iter().map(|test| {
                    let test = escaped_test(test).unwrap_or_else(|| test.clone());
                    Expr::Leaf(Leaf { subject: leaf.subject.clone(), tests: vec![test] })
                });
                return Expr::any_of(alternatives);
            }
            expr.clone()
        }
    }
}

/// The test as a regular expression without hostile characters; `None` where it has none of them.
fn escaped_test(test: &Test) -> Option<Test> {
    let source = match test {
        Test::Whole(glob) if glob.pieces.iter().any(|piece| is_hostile(piece.typed())) => {
            let pieces: Vec<String> = glob.pieces.iter().map(|piece| escaped(piece.typed())).collect();
            format!("(?is)^{}$", pieces.join(".*"))
        }
        Test::Part(part) if is_hostile(part.typed()) => format!("(?i){}", escaped(part.typed())),
        Test::Regex(regex) if is_hostile(regex.0.as_str()) => {
            let mut source = String::new();
            for character in regex.0.as_str().chars() {
                push_escaped(&mut source, character, text::is_hostile(character));
            }
            source
        }
        _ => return None,
    };
    regex::Regex::new(&source).ok().map(|regex| Test::Regex(Regex(regex)))
}

fn is_hostile(text: &str) -> bool {
    text.contains(text::is_hostile)
}

/// A regular expression that is just this text, with nothing in it that ends it, and nothing that
/// cannot be typed.
fn escaped(text: &str) -> String {
    let mut source = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        let plain = character.is_ascii_alphanumeric()
            || matches!(character, '_' | '-' | ':' | ',' | '"' | '@' | '=' | '\'' | '%')
            || !(character.is_ascii() || character.is_whitespace() || text::is_hostile(character));
        push_escaped(&mut source, character, !plain);
    }
    source
}

fn push_escaped(source: &mut String, character: char, must: bool) {
    if must {
        // Writing into a string never fails.
        let _ = write!(source, "\\x{{{:x}}}", character as u32);
    } else {
        source.push(character);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::generate::{any_event, any_query, any_text, bare_event};
    use crate::query::parse::parse;
    use crate::timestamp::Timestamp;

    fn read(text: &str) -> Query {
        parse(text, Timestamp::default()).unwrap_or_else(|error| panic!("{text:?}: {error}"))
    }

    #[test]
    fn an_entry_is_found_by_its_source_id_and_instant() {
        let mut event = bare_event("req 1", "2026-05-18T00:00:00.123Z");
        assert_eq!(
            filter_text(&entry_filter(&event)),
            r#"source:prod id:"req 1" time:2026-05-18T00:00:00.123Z"#
        );
        event.workspace = Some("ws_1".into());
        event.project = Some("ws_1".into());
        event.id = Some("a\u{1b}[0m/ (b".into());
        let text = filter_text(&entry_filter(&event));
        assert_eq!(
            text,
            r"source:prod id:/(?is)^a\x{1b}\x{5b}0m\x{2f}\x{20}\x{28}b$/ project:ws_1 time:2026-05-18T00:00:00.123Z"
        );
        assert!(read(&text).matches(&event));
        event.id = None;
        let text = filter_text(&entry_filter(&event));
        assert!(text.contains(r#"raw:/^\x{7b}"id":"req\x{20}1"\x{7d}$/"#), "{text}");
        assert!(read(&text).matches(&event));
    }

    proptest! {
        #[test]
        fn the_filter_of_an_entry_finds_it_can_be_typed_and_is_harmless(
            event in any_event(),
            hostile in prop::option::of("[a\u{1b}\u{202e} /\"')(,*\\\\\n]{1,6}"),
            other in any_event(),
        ) {
            let mut event = event;
            if hostile.is_some() {
                event.id = hostile;
            }
            let text = filter_text(&entry_filter(&event));
            prop_assert!(!text.contains(text::is_hostile), "{:?}", text);
            prop_assert!(read(&text).matches(&event), "{}", text);
            let same = other.source == event.source
                && other.time == event.time
                && other.id.as_deref().map(text::fold) == event.id.as_deref().map(text::fold);
            prop_assert!(same || !read(&text).matches(&other), "{}", text);
        }

        #[test]
        fn a_filter_without_hostile_characters_is_handed_over_as_it_is(query in any_query()) {
            let text = filter_text(&query);
            prop_assert!(!text.contains(text::is_hostile));
            if !query.to_string().contains(text::is_hostile) {
                prop_assert_eq!(text, query.to_string());
            }
        }

        #[test]
        fn an_escaped_filter_means_the_same(
            value in "[abAB\u{1b}\u{202e}*/ ()\",\\\\]{0,5}",
            typed in "[abAB\u{1b}\u{202e}/ ()\",\\\\]{0,5}",
            star in any_text(),
            negated in any::<bool>(),
        ) {
            let mut event = bare_event("1", "2026-05-18T00:00:00Z");
            event.message = Some(value);
            let pieces = |texts: &[&str]| Glob { pieces: texts.iter().map(|text| crate::query::Folded::new(text)).collect() };
            for test in [
                Test::Whole(Glob::exact(&typed)),
                Test::Part(crate::query::Folded::new(&typed)),
                Test::Whole(pieces(&[&typed, &star])),
                Test::Whole(pieces(&["", &typed])),
            ] {
                if matches!(&test, Test::Whole(glob) if glob.pieces.len() > 1 && glob.pieces.iter().all(|piece| piece.typed().is_empty())) {
                    continue;
                }
                let leaf = Expr::leaf(Subject::Field(Field::Message), vec![test, Test::Whole(Glob::exact("\u{7f}"))]);
                let query = Query { expr: if negated { leaf.negated() } else { leaf } };
                let text = filter_text(&query);
                prop_assert!(!text.contains(text::is_hostile));
                prop_assert_eq!(read(&text).matches(&event), query.matches(&event), "{}", text);
            }
        }
    }
}
