//! Query to text: what `parse` reads back as the same query. Times are written absolutely, numbers
//! without units; a text is quoted where it would otherwise mean something else.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter, Write};

use super::parse::{is_range, name_length, network};
use super::{Bounds, Expr, Glob, Leaf, Query, Subject, Test};
use crate::event::field::{Field, Type};
use crate::timestamp::{DAY, Timestamp};

impl fmt::Display for Query {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        if self.is_all() { Ok(()) } else { self.expr.fmt(out) }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            // Not at the top there is no text for "everything": what follows says it.
            Self::And(parts) if parts.is_empty() => out.write_str("time:*"),
            Self::And(parts) => joined(out, parts, " ", |part| matches!(part, Self::Or(_))),
            Self::Or(parts) => joined(out, parts, " OR ", |_| false),
            Self::Not(inner) => {
                out.write_char('-')?;
                match **inner {
                    Self::Leaf(_) => inner.fmt(out),
                    _ => write!(out, "({inner})"),
                }
            }
            Self::Leaf(leaf) => leaf.fmt(out),
        }
    }
}

fn joined(
    out: &mut Formatter<'_>,
    parts: &[Expr],
    between: &str,
    in_group: fn(&Expr) -> bool,
) -> fmt::Result {
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            out.write_str(between)?;
        }
        if in_group(part) {
            write!(out, "({part})")?;
        } else {
            part.fmt(out)?;
        }
    }
    Ok(())
}

impl fmt::Display for Leaf {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.subject {
            Subject::Words => {
                return match self.tests.first() {
                    Some(Test::Part(word)) => out.write_str(&word_text(word.typed())),
                    Some(Test::Regex(regex)) => write!(out, "/{}/", regex.0.as_str()),
                    _ => Ok(()),
                };
            }
            Subject::Field(field) => out.write_str(field.name())?,
            Subject::Pointer(pointer) => {
                let text = pointer.to_string();
                let bare = text.starts_with('/')
                    && !text.contains(|c: char| {
                        c.is_whitespace() || matches!(c, '(' | ')' | '"' | ':' | '<' | '>')
                    });
                let written = if bare { text } else { in_quotes(&text) };
                write!(out, "@{written}")?;
            }
        }
        // One operator stands before all alternatives. What `raw` finds with `:` is a part already.
        let contains = self.subject != Subject::Field(Field::Raw)
            && self.tests.iter().any(|test| matches!(test, Test::Part(_)));
        out.write_char(if contains { '~' } else { ':' })?;
        let mut listed = if self.tests.len() > 1 { Place::Listed } else { Place::Alone };
        let dots = matches!(self.subject, Subject::Pointer(_));
        for (place, test) in self.tests.iter().enumerate() {
            if place > 0 {
                out.write_char(',')?;
            }
            self.test(out, test, Quoting { place: listed, contains, dots })?;
            if matches!(test, Test::Regex(_)) {
                listed = Place::AfterRegex;
            }
        }
        Ok(())
    }
}

/// Where a value stands among its alternatives: a regular expression may reach over commas.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Alone,
    Listed,
    AfterRegex,
}

/// What a value's surroundings ask of its quotes.
#[derive(Clone, Copy)]
struct Quoting {
    place: Place,
    /// Whether it stands after `~`, where stars and comparisons are themselves.
    contains: bool,
    /// Whether `..` in it is quoted always, for what stands beside it or is asked.
    dots: bool,
}

impl Leaf {
    fn test(&self, out: &mut Formatter<'_>, test: &Test, quoting: Quoting) -> fmt::Result {
        match test {
            Test::Present => out.write_char('*'),
            Test::Whole(glob) => {
                let is_address = self.subject == Subject::Field(Field::Ip);
                glob_text(out, glob, quoting, is_address)
            }
            Test::Part(part) => {
                // `@/p~1` would be the pointer's own escape.
                let escape =
                    matches!(self.subject, Subject::Pointer(_)) && part.typed().starts_with(['0', '1']);
                out.write_str(&value_text(part.typed(), quoting, escape))
            }
            Test::Regex(regex) => write!(out, "/{}/", regex.0.as_str()),
            Test::Number(bounds) => {
                // At a pointer a number alone is a text or a number; a range is numbers for sure.
                let alone = matches!(self.subject, Subject::Field(_));
                number_bounds(out, bounds, alone)
            }
            Test::StatusClass(hundred) => write!(out, "{hundred}xx"),
            Test::Time(bounds) => time_bounds(out, bounds),
            Test::Net(network) if network.prefix_len() == network.max_prefix_len() => {
                write!(out, "{}", network.addr())
            }
            Test::Net(network) => write!(out, "{network}"),
            Test::Has(has) => out.write_str(has.name()),
            Test::Is(kind) => out.write_str(kind.name()),
        }
    }
}

fn number_bounds(out: &mut Formatter<'_>, bounds: &Bounds<f64>, alone: bool) -> fmt::Result {
    match (bounds.low, bounds.high) {
        (Some(low), Some(_)) if bounds.low == bounds.high && alone => write!(out, "{}", low.value),
        (Some(low), Some(high)) => write!(out, "{}..{}", low.value, high.value),
        (Some(low), None) => write!(out, "{}{}", if low.inclusive { ">=" } else { ">" }, low.value),
        (None, Some(high)) => write!(out, "{}{}", if high.inclusive { "<=" } else { "<" }, high.value),
        (None, None) => out.write_char('*'),
    }
}

fn time_bounds(out: &mut Formatter<'_>, bounds: &Bounds<Timestamp>) -> fmt::Result {
    let first_of_day = |time: Timestamp| time.micros().rem_euclid(DAY) == 0;
    let last_of_day = |time: Timestamp| time.micros().rem_euclid(DAY) == DAY - 1;
    let written = |time: Timestamp, as_date: bool| {
        if as_date { time.to_string()[..10].to_owned() } else { instant(time) }
    };
    match (
        bounds.low.map(|low| (low.value, low.inclusive)),
        bounds.high.map(|high| (high.value, high.inclusive)),
    ) {
        (Some((low, _)), Some((high, _))) if low == high => out.write_str(&instant(low)),
        (Some((low, _)), Some((high, _))) => {
            let (from, to) = (written(low, first_of_day(low)), written(high, last_of_day(high)));
            if from == to { out.write_str(&from) } else { write!(out, "{from}..{to}") }
        }
        (Some((low, true)), None) => write!(out, ">={}", written(low, first_of_day(low))),
        (Some((low, false)), None) => write!(out, ">{}", written(low, last_of_day(low))),
        (None, Some((high, true))) => write!(out, "<={}", written(high, last_of_day(high))),
        (None, Some((high, false))) => write!(out, "<{}", written(high, first_of_day(high))),
        (None, None) => out.write_char('*'),
    }
}

/// RFC 3339 with as many fraction digits as are needed, in threes.
fn instant(time: Timestamp) -> String {
    let micros = time.micros();
    let digits = match (micros.rem_euclid(1_000_000), micros.rem_euclid(1_000)) {
        (0, _) => 0,
        (_, 0) => 3,
        _ => 6,
    };
    time.rfc3339(digits)
}

fn glob_text(out: &mut Formatter<'_>, glob: &Glob, quoting: Quoting, is_address: bool) -> fmt::Result {
    let last = glob.pieces.len().saturating_sub(1);
    // After a slash at the beginning, one of these would end a regular expression, quotes or not.
    let ends_one = |text: &str| {
        let ends = |after: char| after.is_whitespace() || matches!(after, ',' | ')');
        text.match_indices('/').any(|(at, _)| text[at + 1..].starts_with(ends))
    };
    let ends_in_slash = glob.pieces.last().is_some_and(|piece| piece.typed().ends_with('/'))
        || glob.pieces.iter().any(|piece| ends_one(piece.typed()));
    for (place, piece) in glob.pieces.iter().enumerate() {
        if place > 0 {
            out.write_char('*')?;
        }
        let typed = piece.typed();
        if typed.is_empty() && last > 0 {
            continue;
        }
        let as_regex = place == 0 && typed.starts_with('/') && ends_in_slash;
        let literal = is_address && last == 0;
        let quoting = Quoting { dots: quoting.dots || last > 0, ..quoting };
        out.write_str(&value_text(typed, quoting, as_regex || literal))?;
    }
    Ok(())
}

/// A value, quoted where it must be.
fn value_text(text: &str, quoting: Quoting, must: bool) -> Cow<'_, str> {
    let special = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | ',');
    let as_regex = text.starts_with('/') && (quoting.place != Place::Alone || text.ends_with('/'));
    let as_range = text.split_once("..").is_some_and(|(left, right)| quoting.dots || is_range(left, right));
    let as_operator = !quoting.contains && (text.contains('*') || text.starts_with(['<', '>']) || as_range);
    let needed = must
        || text.is_empty()
        || text.contains(special)
        || as_regex
        || as_operator
        || (quoting.place == Place::AfterRegex && text.contains('/'));
    if needed { Cow::Owned(in_quotes(text)) } else { Cow::Borrowed(text) }
}

/// A word, quoted where it would be something else.
fn word_text(text: &str) -> Cow<'_, str> {
    let special = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"');
    let as_field = text.starts_with("@/")
        || match name_length(text) {
            0 => false,
            length => text[length..].starts_with([':', '~', '<', '>']),
        };
    let needed = text.is_empty()
        || text.contains(special)
        || text.starts_with('-')
        || (text.starts_with('/') && text.ends_with('/'))
        || matches!(text, "AND" | "OR" | "NOT")
        || as_field;
    if needed { Cow::Owned(in_quotes(text)) } else { Cow::Borrowed(text) }
}

/// A text in quotes, with `\"` and `\\`.
pub fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// How a value of a field is written after `field:` so that it means just itself: what completion
/// puts in.
pub fn exact_value(field: Field, text: &str) -> String {
    let quoting = Quoting { place: Place::AfterRegex, contains: false, dots: true };
    let must = field.info().kind == Type::Address && network(text).is_none();
    value_text(text, quoting, must).into_owned()
}
