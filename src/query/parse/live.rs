//! A filter that is being typed: the colours of its parts, and what stands at the cursor. Never
//! fails, whatever the text.

use std::ops::Range;

use super::lexer::{Term, TokenKind, tokens};
use super::{Error, parse, subject};
use crate::query::Subject;
use crate::timestamp::Timestamp;

/// A coloured stretch of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where, in bytes; on character boundaries, never empty.
    pub range: Range<usize>,
    /// What it is.
    pub kind: SpanKind,
}

/// What a stretch of a filter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpanKind {
    /// A field's name or a pointer.
    Field,
    /// `:`, `~`, a comparison, a comma, `-`, a parenthesis.
    Operator,
    /// A value.
    Value,
    /// `AND`, `OR`, `NOT`.
    Keyword,
    /// A bare or quoted word.
    Word,
    /// What [`parse`] finds wrong.
    Error,
}

/// The parts of a filter in order, white space left out. Where the filter is wrong, the place that
/// [`parse`] names is [`SpanKind::Error`] (nothing is, where something is missing at the end).
pub fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for token in tokens(text) {
        match token.kind {
            TokenKind::Open | TokenKind::Close | TokenKind::Minus => {
                spans.push(Span { range: token.range, kind: SpanKind::Operator });
            }
            TokenKind::And | TokenKind::Or | TokenKind::Not => {
                spans.push(Span { range: token.range, kind: SpanKind::Keyword });
            }
            TokenKind::Term(term) => term_spans(&term, &mut spans),
        }
    }
    spans.retain(|span| !span.range.is_empty());
    // Ages need some instant to count back from; which one does not matter for what is wrong.
    let now = Timestamp::default();
    match parse(text, now) {
        Ok(_) => spans,
        Err(error) => overlay(spans, &bytes(text, &error)),
    }
}

fn term_spans(term: &Term, spans: &mut Vec<Span>) {
    let mut push = |range: Range<usize>, kind| spans.push(Span { range, kind });
    let Some(name) = &term.name else {
        for value in &term.values {
            push(value.range.clone(), SpanKind::Word);
        }
        return;
    };
    push(name.range.clone(), SpanKind::Field);
    let Some(operator) = &term.operator else {
        return;
    };
    push(operator.range.clone(), SpanKind::Operator);
    for (place, value) in term.values.iter().enumerate() {
        if place > 0 {
            push(value.range.start - 1..value.range.start, SpanKind::Operator);
        }
        let start = value.bare_start();
        let comparison =
            if operator.contains { 0 } else { start.len() - start.trim_start_matches(['<', '>', '=']).len() };
        let comparison = if start.starts_with(['<', '>']) { comparison } else { 0 };
        let middle = value.range.start + comparison;
        push(value.range.start..middle, SpanKind::Operator);
        push(middle..value.range.end, SpanKind::Value);
    }
}

/// The place of an error, in bytes.
fn bytes(text: &str, error: &Error) -> Range<usize> {
    let at = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
    at(error.column - 1)..at(error.column - 1 + error.length)
}

fn overlay(spans: Vec<Span>, wrong: &Range<usize>) -> Vec<Span> {
    let mut out = Vec::with_capacity(spans.len() + 2);
    for span in spans {
        let before = span.range.start..span.range.end.min(wrong.start);
        let inside = span.range.start.max(wrong.start)..span.range.end.min(wrong.end);
        let after = span.range.start.max(wrong.end)..span.range.end;
        for (range, kind) in [(before, span.kind), (inside, SpanKind::Error), (after, span.kind)] {
            if range.start < range.end {
                out.push(Span { range, kind });
            }
        }
    }
    out
}

/// What stands at the cursor, for completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Context {
    /// A field's name, or a word that could become one.
    Name {
        /// What was typed of it before the cursor.
        typed: String,
        /// What a choice replaces.
        range: Range<usize>,
    },
    /// A value.
    Value {
        /// Of what.
        subject: Subject,
        /// What was typed of it before the cursor, quotes resolved.
        typed: String,
        /// What a choice replaces, quotes included.
        range: Range<usize>,
    },
    /// Nothing that can be completed: a parenthesis, an operator, an unknown field's value.
    Nothing,
}

/// What stands at the cursor, a byte offset (of any kind: it is held within the text and moved back
/// to a character's start).
pub fn cursor_context(text: &str, byte: usize) -> Context {
    let cursor = text.floor_char_boundary(byte.min(text.len()));
    let before = &text[..cursor];
    let after = text[cursor..].chars().next();
    let token = tokens(text)
        .into_iter()
        .rfind(|token| token.range.start < cursor && cursor <= token.range.end)
        .map(|token| (token.kind, token.range));
    let fresh = Context::Name { typed: String::new(), range: cursor..cursor };
    match token {
        // Between terms, or right after a parenthesis or a minus: a new term may begin here.
        None => match after {
            Some(next) if !next.is_whitespace() && next != ')' => Context::Nothing,
            _ if before.ends_with(|c: char| !c.is_whitespace()) => Context::Nothing,
            _ => fresh,
        },
        Some((TokenKind::Open | TokenKind::Minus, _)) => fresh,
        Some((TokenKind::Close, _)) => Context::Nothing,
        Some((TokenKind::And | TokenKind::Or | TokenKind::Not, range)) => {
            Context::Name { typed: text[range.start..cursor].to_owned(), range }
        }
        Some((TokenKind::Term(term), range)) => in_term(&term, range, text, cursor),
    }
}

fn in_term(term: &Term, range: Range<usize>, text: &str, cursor: usize) -> Context {
    let Some(name) = &term.name else {
        // A quoted word or a regular expression will not become a field's name.
        if text[range.start..].starts_with(['"', '/']) {
            return Context::Nothing;
        }
        return Context::Name { typed: text[range.start..cursor].to_owned(), range };
    };
    if cursor <= name.range.end {
        return Context::Name { typed: text[name.range.start..cursor].to_owned(), range: name.range.clone() };
    }
    let value = term.values.iter().find(|value| (value.range.start..=value.range.end).contains(&cursor));
    match (value, subject(name)) {
        (Some(value), Ok(subject)) if value.regex.is_none() => {
            let typed = tokens_value(&text[value.range.start..cursor]);
            Context::Value { subject, typed, range: value.range.clone() }
        }
        _ => Context::Nothing,
    }
}

/// What the beginning of a value stands for, quotes resolved.
fn tokens_value(typed: &str) -> String {
    // Read as a value of a field, so that commas, keywords and slashes mean what they mean there.
    let term = format!("x:{typed}");
    match tokens(&term).into_iter().next().map(|token| token.kind) {
        Some(TokenKind::Term(Term { values, .. })) => values.first().map(|value| match &value.regex {
            Some(_) => typed.to_owned(),
            None => value.literal(),
        }),
        _ => None,
    }
    .unwrap_or_default()
}
