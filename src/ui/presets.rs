//! Filters for audit work, ready to be taken: in the palette and in the empty filter. Each is a
//! filter that can be typed and copied.

/// A filter with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// What it shows, in words.
    pub words: &'static str,
    /// The filter.
    pub filter: &'static str,
    /// Whether it is a lens on the actor of the selected row, with the filter on top of it.
    pub actor: bool,
}

const fn plain(words: &'static str, filter: &'static str) -> Preset {
    Preset { words, filter, actor: false }
}

/// All of them.
pub const ALL: [Preset; 8] = [
    plain("failures", "outcome:failure"),
    plain("role changes", "is:role"),
    plain("key and token changes", "is:key"),
    plain("private-key exports", "is:export"),
    plain("deletions", "is:delete"),
    plain("what agents did", "actor.type:*agent*,*bot*,*service*"),
    plain("my own reads of the log", "is:self"),
    Preset { words: "failed logins, then a success: the row's actor", filter: "is:login", actor: true },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse::parse;
    use crate::timestamp::Timestamp;

    #[test]
    fn every_preset_is_a_filter_that_reads_back_as_it_is_printed() {
        for preset in ALL {
            let query = parse(preset.filter, Timestamp::default()).expect(preset.words);
            assert_eq!(query.to_string(), preset.filter);
        }
    }
}
