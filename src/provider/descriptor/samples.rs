//! The samples of a descriptor: records, and what they are to become.

use crate::event::Kind;
use crate::json::{Json, Node};
use crate::provider::sample::{Given, Sample};
use crate::written::{Error, Table, Value, unknown};

pub(super) fn samples(top: &Table<'_>) -> Result<Vec<Sample>, Error> {
    let Some(value) = top.get("sample") else {
        return Ok(Vec::new());
    };
    value.list()?.iter().map(sample).collect()
}

fn sample(value: &Value<'_>) -> Result<Sample, Error> {
    let table = value.table(&["name", "record", "page", "single", "fan_out", "expected", "kinds"])?;
    let given = match (table.get("record"), table.get("page")) {
        (Some(record), None) => Given::Record(json(&record)?),
        (None, Some(page)) if top_has_no_single(&table)? => Given::Page(json(&page)?),
        _ => return Err(value.error("needs either `record` or `page`, and `single` goes with `record`")),
    };
    let kinds = table.get("kinds").map(|value| value.list()).transpose()?.map(|words| {
        let names = || Kind::ALL.into_iter().map(Kind::name);
        let kind = |word: &Value<'_>| {
            let name = word.filled()?;
            Kind::named(name).ok_or_else(|| word.error(unknown("kind of action", name, names())))
        };
        words.iter().map(kind).collect::<Result<Vec<_>, Error>>()
    });
    Ok(Sample {
        name: table.need_text("name")?.into(),
        line: value.line(),
        given,
        single: table.flag("single")?,
        fan_out: table.text("fan_out")?.map(Into::into),
        expected: json(&table.need("expected")?)?,
        kinds: kinds.transpose()?,
    })
}

fn top_has_no_single(table: &Table<'_>) -> Result<bool, Error> {
    Ok(!table.flag("single")?)
}

/// JSON text, kept as it stands but for white space.
fn json(value: &Value<'_>) -> Result<Json, Error> {
    let text = value.filled()?;
    Node::parse(text.trim()).map(Json::from_node).map_err(|error| value.error(format!("is no JSON: {error}")))
}
