//! Text to query. `lexer` cuts the text into tokens, this file reads their order (NOT before AND
//! before OR), `values` reads each value by the type of what it is asked of, and `live` serves a
//! filter that is being typed: colours and completion.

mod lexer;
mod live;
mod values;

pub(super) use lexer::name_length;
pub use live::{Context, Span, SpanKind, cursor_context, spans};
pub(super) use values::is_range;
pub use values::{address, exact_test, network};

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::{Expr, Query, Subject};
use crate::event::field::Field;
use crate::json::Pointer;
use crate::text;
use crate::timestamp::Timestamp;
use lexer::{Name, Term, Token, TokenKind, Value};

/// The longest filter, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;
/// How deep parentheses may stand in one another.
pub const MAX_DEPTH: usize = 100;
/// How many regular expressions a filter may have.
pub const MAX_REGEXES: usize = 64;

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct Error {
    /// Where, from 1, in characters.
    pub column: usize,
    /// How many characters it concerns, at least 1.
    pub length: usize,
    /// What is wrong, and what was expected. Hostile characters are already visible marks.
    pub message: String,
}

impl Error {
    fn new(filter: &str, place: &Range<usize>, message: String) -> Self {
        let column = filter[..place.start].chars().count() + 1;
        let length = filter[place.clone()].chars().count().max(1);
        Self { column, length, message }
    }

    /// Two lines for a terminal: the filter, its hostile characters as visible marks, and `^^^` under
    /// the place. A long filter is cut to what stands around it.
    pub fn caret(&self, filter: &str) -> String {
        const BEFORE: usize = 60;
        const AFTER: usize = 40;
        let place = self.column - 1;
        let skipped = place.saturating_sub(BEFORE);
        let length = self.length.min(AFTER);
        let shown = |from: usize, most: usize| -> String {
            let part: String = filter.chars().skip(from).take(most).collect();
            text::visible(&part).into_owned()
        };
        let mut before = shown(skipped, place - skipped);
        if skipped > 0 {
            before.insert(0, '…');
        }
        let there = shown(place, length);
        let mut after = shown(place + length, AFTER);
        if filter.chars().nth(place + length + AFTER).is_some() {
            after.push('…');
        }
        let carets = "^".repeat(there.width().max(1));
        format!("{before}{there}{after}\n{}{carets}", " ".repeat(before.width()))
    }
}

/// What is wrong, and where in bytes.
#[derive(Debug)]
struct Problem {
    place: Range<usize>,
    message: String,
}

impl Problem {
    fn new(place: Range<usize>, message: impl Into<String>) -> Self {
        Self { place, message: message.into() }
    }
}

/// A text of the user's in a message: short, harmless.
fn shown(text: &str) -> String {
    format!("`{}`", text::visible(&text::shortened(text, 40)))
}

/// What a quoted stretch (`"`, with `\"` and `\\` inside) at the text's beginning stands for, and how
/// many bytes it takes with both quotes; `None` where there is none, or it is not closed.
pub fn unquoted(text: &str) -> Option<(String, usize)> {
    let (inside, length) = text.starts_with('"').then(|| lexer::quoted(text))?;
    length.map(|length| (inside, length))
}

/// Reads a filter; ages in it count back from `now`. White space alone is no filter.
pub fn parse(text: &str, now: Timestamp) -> Result<Query, Error> {
    if text.len() > MAX_BYTES {
        let end = text.floor_char_boundary(MAX_BYTES);
        return Err(Error::new(text, &(end..end), format!("a filter has at most {MAX_BYTES} bytes")));
    }
    let tokens = lexer::tokens(text);
    let mut parser =
        Parser { tokens: &tokens, at: 0, end: text.len(), depth: 0, values: values::Reader::new(now) };
    parser
        .query()
        .map(|expr| Query { expr })
        .map_err(|problem| Error::new(text, &problem.place, problem.message))
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    /// The text's length: where something missing at the end is missing.
    end: usize,
    depth: usize,
    values: values::Reader,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a TokenKind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn place(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.end..self.end, |token| token.range.clone())
    }

    fn query(&mut self) -> Result<Expr, Problem> {
        if self.tokens.is_empty() {
            return Ok(Expr::default());
        }
        let expr = self.any()?;
        match self.peek() {
            None => Ok(expr),
            Some(_) => {
                Err(Problem::new(self.place(), "no parenthesis is open here: expected a term or the end"))
            }
        }
    }

    fn any(&mut self) -> Result<Expr, Problem> {
        let mut parts = vec![self.all()?];
        while self.peek() == Some(&TokenKind::Or) {
            self.at += 1;
            parts.push(self.all()?);
        }
        Ok(Expr::any_of(parts))
    }

    fn all(&mut self) -> Result<Expr, Problem> {
        let mut parts = vec![self.one()?];
        loop {
            match self.peek() {
                None | Some(TokenKind::Or | TokenKind::Close) => return Ok(Expr::all_of(parts)),
                Some(TokenKind::And) => self.at += 1,
                Some(_) => {}
            }
            parts.push(self.one()?);
        }
    }

    /// A term or a group, after any number of `NOT` and `-`. Counted, not recursed: there may be
    /// thousands of them.
    fn one(&mut self) -> Result<Expr, Problem> {
        let mut negated = false;
        while let Some(TokenKind::Not | TokenKind::Minus) = self.peek() {
            negated = !negated;
            self.at += 1;
            let minus = &self.tokens[self.at - 1];
            if minus.kind == TokenKind::Minus
                && self.tokens.get(self.at).is_none_or(|next| next.range.start != minus.range.end)
            {
                return Err(Problem::new(
                    minus.range.clone(),
                    "expected a term right after `-`; quote it to look for a dash: \"-\"",
                ));
            }
        }
        let expr = self.term_or_group()?;
        Ok(if negated { expr.negated() } else { expr })
    }

    fn term_or_group(&mut self) -> Result<Expr, Problem> {
        let place = self.place();
        match self.peek() {
            Some(TokenKind::Term(term)) => {
                self.at += 1;
                self.term(term, &place)
            }
            Some(TokenKind::Open) => {
                self.refuse_attached(&place)?;
                if self.depth == MAX_DEPTH {
                    return Err(Problem::new(place, format!("parentheses go at most {MAX_DEPTH} deep")));
                }
                self.depth += 1;
                self.at += 1;
                let expr = self.any()?;
                if self.peek() != Some(&TokenKind::Close) {
                    return Err(Problem::new(place, "this parenthesis is not closed: expected `)`"));
                }
                self.at += 1;
                self.depth -= 1;
                Ok(expr)
            }
            Some(TokenKind::Close) => Err(Problem::new(place, "expected a term before `)`")),
            Some(TokenKind::And) => {
                Err(Problem::new(place, "expected a term before AND; quote it to look for the word"))
            }
            Some(TokenKind::Or) => {
                Err(Problem::new(place, "expected a term before OR; quote it to look for the word"))
            }
            Some(TokenKind::Not | TokenKind::Minus) | None => Err(Problem::new(place, "expected a term")),
        }
    }

    /// `quota(x)` is meant as one text more likely than as two terms, and `/(a|b) c/` as one
    /// regular expression: said rather than guessed.
    fn refuse_attached(&self, open: &Range<usize>) -> Result<(), Problem> {
        let before = self.at.checked_sub(1).map(|before| &self.tokens[before]);
        match before {
            Some(Token { kind: TokenKind::Term(_), range }) if range.end == open.start => Err(Problem::new(
                open.clone(),
                "expected white space before `(`; quote a text with parentheses, and write \\x20 for a space in a regular expression",
            )),
            _ => Ok(()),
        }
    }

    fn term(&mut self, term: &Term, place: &Range<usize>) -> Result<Expr, Problem> {
        for value in &term.values {
            if let Some(quote) = value.open {
                return Err(Problem::new(quote..quote + 1, "this quote is not closed: expected `\"`"));
            }
        }
        let Some(name) = &term.name else {
            let test = self.values.word(&term.values[0])?;
            return Ok(Expr::leaf(Subject::Words, vec![test]));
        };
        let subject = subject(name)?;
        let Some(operator) = &term.operator else {
            return Err(Problem::new(
                place.clone(),
                "expected an operator after the pointer: `:`, `~`, `>`, `>=`, `<` or `<=`",
            ));
        };
        let tests = term.values.iter().map(|value: &Value| {
            if value.is_missing() {
                let at = value.range.end;
                let name = shown(&name.text);
                return Err(Problem::new(
                    at..at,
                    format!("expected a value for {name} (`*`: any; \"\": the empty text)"),
                ));
            }
            self.values.test(&subject, operator.contains, value)
        });
        let tests = tests.collect::<Result<_, _>>()?;
        Ok(Expr::leaf(subject, tests))
    }
}

fn subject(name: &Name) -> Result<Subject, Problem> {
    let wrong = |message: String| Problem::new(name.range.clone(), message);
    if name.open {
        let quote = name.range.start + 1;
        return Err(Problem::new(quote..quote + 1, "this quote is not closed: expected `\"`"));
    }
    if name.is_pointer {
        return Pointer::parse(&name.text).map(Subject::Pointer).ok_or_else(|| {
            wrong(format!(
                "{} is no JSON pointer: expected /name/name, `~` as ~0 and `/` in a name as ~1",
                shown(&name.text)
            ))
        });
    }
    Field::named(&name.text).map(Subject::Field).ok_or_else(|| {
        let advice = match Field::meant(&name.text, |_| true) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "expected a field such as status, action, actor, ip or time".to_owned(),
        };
        wrong(format!("unknown field {}: {advice} (quote it to look for the text)", shown(&name.text)))
    })
}

#[cfg(test)]
mod tests;
