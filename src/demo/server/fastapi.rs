//! Errors as `FastAPI` words them, for the two systems that are built on it.

use serde_json::{Value, json};

use crate::timestamp::{SECOND, Timestamp, parse_date};

use super::exchange::{Asked, Reply};

/// `{"detail": …}`.
pub(super) fn detail(status: u16, text: &str) -> Reply {
    Reply::value(status, &json!({ "detail": text }))
}

/// Parameters read one by one; what is wrong with them is told all at once.
pub(super) struct Checks<'a> {
    asked: &'a Asked,
    problems: Vec<Value>,
}

impl<'a> Checks<'a> {
    pub(super) fn new(asked: &'a Asked) -> Self {
        Self { asked, problems: Vec::new() }
    }

    /// The 422 that tells every problem, where there is one.
    pub(super) fn refusal(self) -> Option<Reply> {
        if self.problems.is_empty() {
            return None;
        }
        Some(Reply::value(422, &json!({ "detail": self.problems })))
    }

    fn problem(&mut self, kind: &str, place: [&str; 2], message: &str, input: Option<&str>, context: Value) {
        let mut problem = json!({"type": kind, "loc": place, "msg": message, "input": input});
        if !context.is_null() {
            problem["ctx"] = context;
        }
        self.problems.push(problem);
    }

    /// A whole number, within bounds where there are some.
    pub(super) fn whole(&mut self, name: &str, least: Option<i64>, most: Option<i64>) -> Option<i64> {
        let text = self.asked.param(name)?;
        let place = ["query", name];
        let Ok(number) = text.trim().parse::<i64>() else {
            let message = "Input should be a valid integer, unable to parse string as an integer";
            self.problem("int_parsing", place, message, Some(text), Value::Null);
            return None;
        };
        if let Some(least) = least.filter(|least| number < *least) {
            let message = format!("Input should be greater than or equal to {least}");
            self.problem("greater_than_equal", place, &message, Some(text), json!({"ge": least}));
            return None;
        }
        if let Some(most) = most.filter(|most| number > *most) {
            let message = format!("Input should be less than or equal to {most}");
            self.problem("less_than_equal", place, &message, Some(text), json!({"le": most}));
            return None;
        }
        Some(number)
    }

    /// One of these words.
    pub(super) fn one_of(&mut self, name: &str, words: &[&str]) -> Option<&'a str> {
        let text = self.asked.param(name)?;
        if words.contains(&text) {
            return Some(text);
        }
        let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
        let expected = match quoted.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        };
        let message = format!("Input should be {expected}");
        self.problem("enum", ["query", name], &message, Some(text), json!({"expected": expected}));
        None
    }

    /// A time: RFC 3339 with a zone or without (UTC), a date, or seconds since the epoch.
    pub(super) fn time(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.asked.param(name)?;
        let seconds =
            || text.parse::<i64>().ok()?.checked_mul(SECOND).and_then(Timestamp::checked_from_micros);
        let time = Timestamp::parse(text).or_else(|| parse_date(text)).or_else(seconds);
        if time.is_none() {
            let message = "Input should be a valid datetime or date, invalid character in year";
            let why = json!({"error": "invalid character in year"});
            self.problem("datetime_from_date_parsing", ["query", name], message, Some(text), why);
        }
        time
    }

    /// A time of just this form: `YYYY-MM-DDTHH:MM:SSZ`.
    pub(super) fn whole_second(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.asked.param(name)?;
        let time =
            Timestamp::parse(text).filter(|_| text.len() == 20 && text.ends_with('Z') && text.contains('T'));
        if time.is_none() {
            let message = "Input should be a datetime of the form YYYY-MM-DDTHH:MM:SSZ";
            self.problem("datetime_parsing", ["query", name], message, Some(text), Value::Null);
        }
        time
    }

    /// Says that something which must be there is not.
    pub(super) fn missing(&mut self, place: &str, name: &str) {
        self.problem("missing", [place, name], "Field required", None, Value::Null);
    }
}
