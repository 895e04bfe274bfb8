//! A filter as a condition on the server's rows that means just what `query::matches` means.
//!
//! A test of a text is evaluated here, on the distinct values of its column, and the values that pass
//! stand in the condition. Where a column has too many values, the same is said in functions of the
//! server that are defined byte by byte: equality, `position`, `LIKE`, the order of numbers. What
//! neither can say is refused.

use std::sync::Arc;

use ipnet::IpNet;

use super::Error;
use super::column::{self, BIDI, CHANGES, CONTROL, FORMULA, LATENCY, STATUS, text_column};
use super::literal::{Value, list, literal};
use crate::event::field::{Field, Type};
use crate::event::{Class, Outcome};
use crate::query::{Bounds, Expr, Glob, Has, Leaf, Query, Subject, Test};

/// The distinct values of a column; `None`: too many.
pub type Distinct = Option<Arc<Vec<String>>>;

/// Looks up the distinct values of a column (`paths`: of its elements).
pub type LookUp<'a> = &'a dyn Fn(&str) -> Result<Distinct, Error>;

/// What everything matches.
const ALL: &str = "1";
/// What nothing matches.
const NONE: &str = "0";

/// The filter as a condition.
pub fn condition(query: &Query, look_up: LookUp<'_>) -> Result<String, Error> {
    expr(&query.expr, look_up)
}

fn expr(tree: &Expr, look_up: LookUp<'_>) -> Result<String, Error> {
    match tree {
        Expr::And(parts) => joined(parts.iter().map(|part| expr(part, look_up)), " AND ", ALL),
        Expr::Or(parts) => joined(parts.iter().map(|part| expr(part, look_up)), " OR ", NONE),
        Expr::Not(inner) => Ok(format!("NOT ({})", expr(inner, look_up)?)),
        Expr::Leaf(Leaf { subject, tests }) => {
            joined(tests.iter().map(|test| test_of(subject, test, look_up)), " OR ", NONE)
        }
    }
}

/// The parts with a word between them, in parentheses.
fn joined(
    parts: impl Iterator<Item = Result<String, Error>>,
    word: &str,
    of_none: &str,
) -> Result<String, Error> {
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    Ok(if parts.is_empty() { of_none.to_owned() } else { format!("({})", parts.join(word)) })
}

fn test_of(subject: &Subject, test: &Test, look_up: LookUp<'_>) -> Result<String, Error> {
    match subject {
        Subject::Words => joined(Field::words().map(|field| text(field, test, look_up)), " OR ", NONE),
        Subject::Pointer(_) => Err(Error::Cannot("records are not looked into (`@/…`)".to_owned())),
        Subject::Field(field) => match field.info().kind {
            Type::Time => Ok(match test {
                Test::Present => ALL.to_owned(),
                Test::Time(bounds) => within("time", bounds, |time| literal(*time)),
                _ => NONE.to_owned(),
            }),
            Type::Status => Ok(status(test)),
            Type::Latency => Ok(match test {
                Test::Present => bit(LATENCY),
                Test::Number(bounds) => {
                    format!(
                        "({} AND {})",
                        bit(LATENCY),
                        within("latency_ms", bounds, |n| literal(Value::Float(*n)))
                    )
                }
                _ => NONE.to_owned(),
            }),
            Type::Raw => raw(test),
            Type::Is => Ok(match test {
                Test::Is(kind) => format!("bitAnd(kinds, {}) != 0", 1u16 << *kind as u8),
                _ => NONE.to_owned(),
            }),
            Type::Has => Ok(match test {
                Test::Has(has) => format!("bitAnd(hostile, {}) != 0", hostile(*has)),
                _ => NONE.to_owned(),
            }),
            Type::Text | Type::Address | Type::Paths => match field {
                Field::Class => Ok(numbered("class", &Class::ALL.map(Class::name), test)),
                Field::Outcome => {
                    let names = [Outcome::Success, Outcome::Failure].map(Outcome::name);
                    Ok(numbered("outcome", &names, test))
                }
                Field::Actor => any_of(&[Field::ActorName, Field::ActorId, Field::ActorEmail], test, look_up),
                Field::Target => any_of(&[Field::TargetName, Field::TargetId], test, look_up),
                Field::Changes => paths(test, look_up),
                field => text(*field, test, look_up),
            },
        },
    }
}

fn any_of(fields: &[Field], test: &Test, look_up: LookUp<'_>) -> Result<String, Error> {
    joined(fields.iter().map(|field| text(*field, test, look_up)), " OR ", NONE)
}

/// Whether a bit of `present` is set.
pub fn bit(bit: u32) -> String {
    format!("bitAnd(present, {}) != 0", 1u32 << bit)
}

fn hostile(has: Has) -> u8 {
    match has {
        Has::Control => CONTROL,
        Has::Bidi => BIDI,
        Has::Formula => FORMULA,
    }
}

/// A number between bounds.
fn within<T>(column: &str, bounds: &Bounds<T>, write: impl Fn(&T) -> String) -> String {
    let mut parts = Vec::new();
    if let Some(low) = &bounds.low {
        parts.push(format!("{column} >{} {}", if low.inclusive { "=" } else { "" }, write(&low.value)));
    }
    if let Some(high) = &bounds.high {
        parts.push(format!("{column} <{} {}", if high.inclusive { "=" } else { "" }, write(&high.value)));
    }
    if parts.is_empty() { ALL.to_owned() } else { format!("({})", parts.join(" AND ")) }
}

fn status(test: &Test) -> String {
    let has = bit(STATUS);
    match test {
        Test::Present => has,
        Test::StatusClass(hundred) => {
            let first = i64::from(*hundred) * 100;
            format!("({has} AND status >= {first} AND status < {})", first + 100)
        }
        Test::Number(bounds) => {
            format!("({has} AND {})", within("toFloat64(status)", bounds, |n| literal(Value::Float(*n))))
        }
        _ => NONE.to_owned(),
    }
}

/// A column that holds the places of names.
fn numbered(column: &str, names: &[&str], test: &Test) -> String {
    let passing = names.iter().enumerate().filter(|(_, name)| test.matches_text(name));
    let places: Vec<String> = passing.map(|(place, _)| place.to_string()).collect();
    if places.is_empty() { NONE.to_owned() } else { format!("{column} IN ({})", places.join(",")) }
}

/// The folded text of a column.
pub fn folded(column: &str) -> String {
    format!("if(f_{column} = '', lower({column}), f_{column})")
}

fn text(field: Field, test: &Test, look_up: LookUp<'_>) -> Result<String, Error> {
    let Some((place, name)) = text_column(field) else { return Ok(NONE.to_owned()) };
    let has = bit(place);
    match test {
        Test::Number(_) | Test::StatusClass(_) | Test::Time(_) | Test::Is(_) => return Ok(NONE.to_owned()),
        Test::Present => return Ok(format!("{name} != ''")),
        // Nearly every entry has a value of its own there: no list would be short enough.
        Test::Whole(_) | Test::Part(_) if matches!(field, Field::Id | Field::RequestId | Field::Message) => {
            return spoken(name, &has, test, field);
        }
        _ => {}
    }
    let Some(values) = look_up(name)? else { return spoken(name, &has, test, field) };
    let (passing, failing): (Vec<&str>, Vec<&str>) =
        values.iter().map(String::as_str).partition(|value| test.matches_text(value));
    if failing.is_empty() {
        return Ok(has);
    }
    if passing.is_empty() {
        return Ok(NONE.to_owned());
    }
    // The shorter list says the same.
    Ok(if passing.len() <= failing.len() {
        format!("({has} AND {name} IN {})", list(passing))
    } else {
        format!("({has} AND {name} NOT IN {})", list(failing))
    })
}

/// A test in functions of the server.
fn spoken(name: &str, has: &str, test: &Test, field: Field) -> Result<String, Error> {
    let said = match test {
        Test::Whole(glob) => whole(&folded(name), glob),
        Test::Part(part) => contains(&folded(name), part.folded()),
        Test::Net(net) if field == Field::Ip => network(*net),
        _ => {
            return Err(Error::Cannot(format!(
                "`{}` has too many values for a regular expression or an address here; use `~` or `*`",
                field.name()
            )));
        }
    };
    Ok(format!("({has} AND {said})"))
}

fn contains(text: &str, part: &str) -> String {
    if part.is_empty() { ALL.to_owned() } else { format!("position({text}, {}) > 0", literal(part)) }
}

fn whole(text: &str, glob: &Glob) -> String {
    let [only] = glob.pieces.as_slice() else {
        let pieces: Vec<String> = glob.pieces.iter().map(|piece| like(piece.folded())).collect();
        return format!("{text} LIKE {}", literal(&*pieces.join("%")));
    };
    format!("{text} = {}", literal(only.folded()))
}

/// A text that stands for itself in a pattern.
fn like(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// Addresses of a block, as digits: those of version 4 are mapped ones.
fn network(net: IpNet) -> String {
    let digits = |address: std::net::IpAddr| literal(&*column::address_digits(&address.to_string()));
    let (first, last) = (digits(net.network()), digits(net.broadcast()));
    let range = format!("address >= {first} AND address <= {last}");
    match net {
        IpNet::V4(_) => format!("({range})"),
        // A mapped address is its version 4 address, which no block of version 6 has.
        IpNet::V6(_) => format!("({range} AND NOT startsWith(address, '00000000000000000000ffff'))"),
    }
}

fn raw(test: &Test) -> Result<String, Error> {
    Ok(match test {
        Test::Present => "record != ''".to_owned(),
        Test::Whole(glob) => whole(&folded("record"), glob),
        Test::Part(part) => contains(&folded("record"), part.folded()),
        Test::Regex(_) | Test::Net(_) | Test::Has(_) => {
            return Err(Error::Cannot("a record is looked through for a text alone (`raw~…`)".to_owned()));
        }
        Test::Number(_) | Test::StatusClass(_) | Test::Time(_) | Test::Is(_) => NONE.to_owned(),
    })
}

fn paths(test: &Test, look_up: LookUp<'_>) -> Result<String, Error> {
    match test {
        Test::Number(_) | Test::StatusClass(_) | Test::Time(_) | Test::Is(_) => return Ok(NONE.to_owned()),
        Test::Present => return Ok("arrayExists(p -> p != '', paths)".to_owned()),
        _ => {}
    }
    let Some(values) = look_up("paths")? else {
        return Err(Error::Cannot("there are too many changed paths".to_owned()));
    };
    let passing: Vec<String> =
        values.iter().filter(|value| test.matches_text(value)).map(|v| literal(&**v)).collect();
    if passing.is_empty() {
        return Ok(NONE.to_owned());
    }
    Ok(format!("({} AND hasAny(paths, [{}]))", bit(CHANGES), passing.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse::parse;
    use crate::timestamp::Timestamp;

    fn said(filter: &str, values: Option<&[&str]>) -> Result<String, String> {
        let query = parse(filter, Timestamp::from_micros(0)).expect(filter);
        let values = values.map(|values| Arc::new(values.iter().map(|v| (*v).to_owned()).collect()));
        condition(&query, &|_| Ok(values.clone())).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_tested_here_and_go_back_as_a_list() {
        let values = Some(&["Login", "LOGOUT", "it's"][..]);
        assert_eq!(
            said("action:login", values).as_deref(),
            Ok("((bitAnd(present, 8) != 0 AND action IN ('Login')))")
        );
        assert_eq!(
            said("action:/(?i)^log/", values).as_deref(),
            Ok(r"((bitAnd(present, 8) != 0 AND action NOT IN ('it\x27s')))")
        );
        assert_eq!(said("action:nothing", values).as_deref(), Ok("(0)"));
        assert_eq!(said("-action:*", values).as_deref(), Ok("NOT ((action != ''))"));
        assert_eq!(said("class:5xx,failure", values).as_deref(), Ok("(class IN (3) OR class IN (5))"));
    }

    #[test]
    fn columns_of_too_many_values_are_asked_in_the_servers_words() {
        assert_eq!(
            said("endpoint~A%b", None).as_deref(),
            Ok(
                r"((bitAnd(present, 32) != 0 AND position(if(f_endpoint = '', lower(endpoint), f_endpoint), 'a\x25b') > 0))"
            )
        );
        assert_eq!(
            said("endpoint:A_*b", None).as_deref(),
            Ok(
                r"((bitAnd(present, 32) != 0 AND if(f_endpoint = '', lower(endpoint), f_endpoint) LIKE 'a\x5C_\x25b'))"
            )
        );
        assert_eq!(
            said("ip:10.0.0.0/8", None).as_deref(),
            Ok(
                "((bitAnd(present, 32768) != 0 AND (address >= '00000000000000000000ffff0a000000' AND address <= '00000000000000000000ffff0affffff')))"
            )
        );
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for filter in ["@/a:1", "raw:/x/", "endpoint:/x/", "\"a\" OR changes:x"] {
            let refused = said(filter, None).expect_err(filter);
            assert!(refused.starts_with("not on this engine: "), "{refused}");
        }
    }
}
