//! A value as typed to a test, by the type of what is asked.
//!
//! A value that stands for a stretch (a date its day, `5xx` its hundred) is asked by its ends:
//! `>=` and `a..` from its first, `>` after its last, `<` before its first, `<=` and `..b` up to
//! its last; alone it is the whole stretch.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::lexer::{Part, Value};
use super::{MAX_REGEXES, Problem, shown};
use crate::event::Kind;
use crate::event::field::{Field, Type};
use crate::query::{Bounds, Folded, Glob, Has, Regex, Subject, Test};
use crate::text;
use crate::timestamp::{DAY, Timestamp, parse_date};

/// How much memory one compiled regular expression may take, bytes.
const REGEX_BYTES: usize = 2 << 20;

/// Reads values; counts what a filter may have only so many of.
pub(super) struct Reader {
    now: Timestamp,
    regexes: usize,
}

impl Reader {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, regexes: 0 }
    }

    /// A bare or quoted word.
    pub(super) fn word(&mut self, value: &Value) -> Result<Test, Problem> {
        match &value.regex {
            Some(source) => self.regex(value, source),
            None => Ok(Test::Part(Folded::new(&value.literal()))),
        }
    }

    /// A value after `:` or (`contains`) `~`.
    pub(super) fn test(&mut self, subject: &Subject, contains: bool, value: &Value) -> Result<Test, Problem> {
        let (kind, name) = match subject {
            Subject::Field(field) => (Some(field.info().kind), field.name()),
            Subject::Pointer(_) | Subject::Words => (None, ""),
        };
        match kind {
            Some(kind @ (Type::Time | Type::Status | Type::Latency)) => {
                if contains || value.regex.is_some() {
                    return Err(Problem::new(
                        value.range.clone(),
                        format!("`{name}` has no text to look into: expected {}", expected(kind)),
                    ));
                }
                if is_star(value) {
                    return Ok(Test::Present);
                }
                match kind {
                    Type::Time => self.time(value),
                    Type::Status => status(value),
                    _ => latency(value),
                }
            }
            Some(Type::Has | Type::Is) => named(kind == Some(Type::Has), contains, value),
            _ if value.regex.is_some() => {
                let source = value.regex.clone().unwrap_or_default();
                self.regex(value, &source)
            }
            _ if contains => Ok(Test::Part(Folded::new(&value.literal()))),
            _ if is_star(value) => Ok(Test::Present),
            None => pointer(value),
            Some(kind) => {
                refuse_comparison(value)?;
                match kind {
                    Type::Raw => Ok(Test::Part(Folded::new(&value.literal()))),
                    Type::Address => ip(value),
                    _ => Ok(whole(glob(value))),
                }
            }
        }
    }

    fn regex(&mut self, value: &Value, source: &str) -> Result<Test, Problem> {
        let wrong = |message: String| Problem::new(value.range.clone(), message);
        self.regexes += 1;
        if self.regexes > MAX_REGEXES {
            return Err(wrong(format!("a filter has at most {MAX_REGEXES} regular expressions")));
        }
        match regex::RegexBuilder::new(source).size_limit(REGEX_BYTES).dfa_size_limit(REGEX_BYTES).build() {
            Ok(regex) => Ok(Test::Regex(Regex(regex))),
            Err(regex::Error::CompiledTooBig(_)) => Err(wrong(
                "this regular expression is too large: expected fewer or smaller repetitions".to_owned(),
            )),
            Err(error) => {
                // The last line of a syntax error says what is wrong; those above draw it.
                let words = error.to_string();
                let last = words.lines().last().unwrap_or_default();
                let why = last.trim_start_matches("error: ");
                Err(wrong(format!(
                    "not a regular expression: {} (quote it to look for the text)",
                    text::visible(&text::shortened(why, 200))
                )))
            }
        }
    }

    fn time(&self, value: &Value) -> Result<Test, Problem> {
        bounds(value, |text| {
            if let Some(first) = parse_date(text) {
                return Ok((first, first.plus(DAY - 1)));
            }
            match Timestamp::parse_moment(text, self.now) {
                Ok(time) => Ok((time, time)),
                Err(_) => Err(no(text, "time", Type::Time)),
            }
        })
        .map(Test::Time)
    }
}

/// What the values of a type look like, for messages.
fn expected(kind: Type) -> &'static str {
    match kind {
        Type::Time => "2026-05-18, 2026-05-18T14:00:00Z, `now`, or an age such as >=24h, or a range a..b",
        Type::Status => "503, 5xx, >=400 or 500..599",
        Type::Latency => "412, >500ms, <2s or 1s..5s (us, ms, s or m; without one: ms)",
        Type::Address => "an address, a block such as 10.0.0.0/8, or a pattern such as 10.0.*",
        Type::Has => "control, bidi or formula",
        Type::Is => "create, update, delete, read, login, logout, export, role, key or self",
        Type::Text | Type::Paths | Type::Raw => "a text",
    }
}

fn is_star(value: &Value) -> bool {
    value.bare().is_some_and(|text| text.bytes().all(|byte| byte == b'*'))
}

/// A bare `>`, `>=`, `<` or `<=` that the value begins with.
fn comparison(value: &Value) -> Option<&'static str> {
    let start = value.bare_start();
    [">=", "<=", ">", "<"].into_iter().find(|operator| start.starts_with(operator))
}

/// The two sides of the first bare `..`, quotes resolved.
fn range(value: &Value) -> Option<(String, String)> {
    let place = value.parts.iter().position(|part| !part.quoted && part.text.contains(".."))?;
    let (left, right) = value.parts[place].text.split_once("..")?;
    let text = |parts: &[Part]| parts.iter().map(|part| part.text.as_str()).collect::<String>();
    Some((text(&value.parts[..place]) + left, right.to_owned() + &text(&value.parts[place + 1..])))
}

/// Comparisons and ranges are errors where values have no order.
fn refuse_comparison(value: &Value) -> Result<(), Problem> {
    let operator = comparison(value).or_else(|| {
        let (left, right) = range(value)?;
        is_range(&left, &right).then_some("..")
    });
    match operator {
        None => Ok(()),
        Some(operator) => Err(Problem::new(
            value.range.clone(),
            format!(
                "`{operator}` works on time, status, latency and numbers at @/pointer: expected a text (quote it to mean this one)"
            ),
        )),
    }
}

/// Whether a text with `..` between these sides is a range where values have no order. Two dots
/// between slashes or other dots are none (`/../etc`, `wait...`), nor are those with nothing on a side.
pub(in crate::query) fn is_range(left: &str, right: &str) -> bool {
    !(left.is_empty() || right.is_empty() || left.ends_with(['/', '.']) || right.starts_with(['/', '.']))
}

/// A value with an order; `read` gives the first and last of what an operand stands for.
fn bounds<T: Copy + PartialOrd>(
    value: &Value,
    read: impl Fn(&str) -> Result<(T, T), String>,
) -> Result<Bounds<T>, Problem> {
    let wrong = |message| Problem::new(value.range.clone(), message);
    let text = value.literal();
    if let Some(operator) = comparison(value) {
        let (first, last) = read(&text[operator.len()..]).map_err(wrong)?;
        return Ok(match operator {
            ">" => Bounds::from(last, false),
            ">=" => Bounds::from(first, true),
            "<" => Bounds::up_to(first, false),
            _ => Bounds::up_to(last, true),
        });
    }
    match range(value) {
        None => read(&text).map(|(first, last)| Bounds::closed(first, last)).map_err(wrong),
        Some((low, high)) if low.is_empty() && !high.is_empty() => {
            read(&high).map(|(_, last)| Bounds::up_to(last, true)).map_err(wrong)
        }
        Some((low, high)) if high.is_empty() && !low.is_empty() => {
            read(&low).map(|(first, _)| Bounds::from(first, true)).map_err(wrong)
        }
        Some((low, high)) => {
            let (first, last) = (read(&low).map_err(wrong)?.0, read(&high).map_err(wrong)?.1);
            if first > last {
                return Err(wrong(format!("the range {} ends before it begins", shown(&text))));
            }
            Ok(Bounds::closed(first, last))
        }
    }
}

/// That a text is not what its field takes, and what that is.
fn no(text: &str, what: &str, kind: Type) -> String {
    match text {
        "" => format!("expected {}", expected(kind)),
        text => format!("{} is no {what}: expected {}", shown(text), expected(kind)),
    }
}

fn status(value: &Value) -> Result<Test, Problem> {
    let hundred = |text: &str| match text.as_bytes() {
        [digit @ b'0'..=b'9', b'x' | b'X', b'x' | b'X'] => Some(digit - b'0'),
        _ => None,
    };
    if let Some(digit) = hundred(&value.literal()) {
        return Ok(Test::StatusClass(digit));
    }
    bounds(value, |text| {
        if let Some(digit) = hundred(text) {
            let first = f64::from(digit) * 100.0;
            return Ok((first, first + 99.0));
        }
        match text.parse::<i32>() {
            Ok(number) if !text.starts_with('+') => Ok((f64::from(number), f64::from(number))),
            _ => Err(no(text, "status", Type::Status)),
        }
    })
    .map(Test::Number)
}

fn latency(value: &Value) -> Result<Test, Problem> {
    bounds(value, |text| match milliseconds(text) {
        Some(number) => Ok((number, number)),
        None => Err(no(text, "duration", Type::Latency)),
    })
    .map(Test::Number)
}

/// A number of milliseconds, or of the unit after it.
fn milliseconds(text: &str) -> Option<f64> {
    // The exponent shifts the decimal point, so that 412us is just what 0.412 is.
    let units = [("us", "e-3", 1.0), ("ms", "", 1.0), ("s", "e3", 1.0), ("m", "e4", 6.0)];
    let (digits, exponent, factor) = units
        .into_iter()
        .find_map(|(unit, exponent, factor)| Some((text.strip_suffix(unit)?, exponent, factor)))
        .unwrap_or((text, "", 1.0));
    if digits.contains(['e', 'E']) {
        return None;
    }
    Some(number(&format!("{digits}{exponent}"))? * factor).filter(|value| value.is_finite())
}

/// A finite number: digits, with a sign, a fraction and an exponent as JSON has them.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
    if !plain || text.starts_with(['+', '.']) || text.ends_with('.') {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

fn pointer(value: &Value) -> Result<Test, Problem> {
    if let Some(operator) = comparison(value) {
        return bounds(value, |text| match number(text) {
            Some(number) => Ok((number, number)),
            None => Err(format!(
                "expected a number after `{operator}`, not {} (quote the value to mean the text)",
                shown(text)
            )),
        })
        .map(Test::Number);
    }
    if let Some((low, high)) = range(value) {
        let side = |text: &str| text.is_empty() || number(text).is_some();
        if side(&low) && side(&high) && !(low.is_empty() && high.is_empty()) {
            let read = |text: &str| number(text).map(|number| (number, number)).ok_or_else(|| shown(text));
            return bounds(value, read).map(Test::Number);
        }
    }
    refuse_comparison(value)?;
    Ok(whole(glob(value)))
}

fn ip(value: &Value) -> Result<Test, Problem> {
    let glob = glob(value);
    let Some(text) = glob.as_exact() else {
        return Ok(whole(glob));
    };
    match network(text) {
        Some(network) => Ok(Test::Net(network)),
        // In quotes everything is literal: how a text that is no address is asked for.
        None if value.parts.iter().any(|part| part.quoted) => Ok(Test::Whole(glob)),
        None => Err(Problem::new(value.range.clone(), no(text, "address", Type::Address))),
    }
}

/// An address, a mapped one as the v4 address that it is; `None` where the text is none.
pub fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// An address or a CIDR block, host bits cleared, a mapped one as v4; `None` where the text is
/// neither.
pub fn network(text: &str) -> Option<IpNet> {
    let Some((address_text, prefix)) = text.split_once('/') else {
        return address(text).map(IpNet::from);
    };
    if prefix.is_empty() || prefix.len() > 3 || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let prefix: u8 = prefix.parse().ok()?;
    match address_text.parse().ok()? {
        IpAddr::V4(v4) => Ipv4Net::new(v4, prefix).ok().map(|net| IpNet::V4(net.trunc())),
        IpAddr::V6(v6) => {
            let mapped = v6.to_ipv4_mapped().filter(|_| (96..=128).contains(&prefix));
            match mapped {
                Some(v4) => Ipv4Net::new(v4, prefix - 96).ok().map(|net| IpNet::V4(net.trunc())),
                None => Ipv6Net::new(v6, prefix).ok().map(|net| IpNet::V6(net.trunc())),
            }
        }
    }
}

fn named(is_has: bool, contains: bool, value: &Value) -> Result<Test, Problem> {
    let kind = if is_has { Type::Has } else { Type::Is };
    let name = text::fold(&value.literal());
    let test = match is_has {
        _ if contains || value.regex.is_some() => None,
        true => Has::named(&name).map(Test::Has),
        false => Kind::named(&name).map(Test::Is),
    };
    test.ok_or_else(|| Problem::new(value.range.clone(), format!("expected {}", expected(kind))))
}

/// The pieces between bare stars; stars side by side are one.
fn glob(value: &Value) -> Glob {
    let mut pieces = vec![String::new()];
    for part in &value.parts {
        if part.quoted {
            pieces.last_mut().expect("never empty").push_str(&part.text);
            continue;
        }
        for (place, piece) in part.text.split('*').enumerate() {
            if place > 0 {
                pieces.push(String::new());
            }
            pieces.last_mut().expect("never empty").push_str(piece);
        }
    }
    let last = pieces.len() - 1;
    let kept = pieces.iter().enumerate().filter(|(at, piece)| *at == 0 || *at == last || !piece.is_empty());
    Glob { pieces: kept.map(|(_, piece)| Folded::new(piece)).collect() }
}

fn whole(glob: Glob) -> Test {
    match glob.pieces.as_slice() {
        [first, last] if first.typed().is_empty() && last.typed().is_empty() => Test::Present,
        _ => Test::Whole(glob),
    }
}

/// The test that exactly this value of the field passes, as quoted in a filter; `None` where the
/// field has no such value (`status` of `abc`).
pub fn exact_test(field: Field, text: &str) -> Option<Test> {
    let part = Part { text: text.to_owned(), quoted: true };
    let value = Value { parts: vec![part], regex: None, open: None, range: 0..0 };
    Reader::new(Timestamp::default()).test(&Subject::Field(field), false, &value).ok()
}
