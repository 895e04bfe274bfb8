//! What every text that a regular expression matches has in it: pieces that many texts are looked
//! through for at once, before the few that have one are asked one by one.
//!
//! Not here: what the expression means (`query::matches`), and the looking (`store::literal`).

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::query::Regex;
use crate::text;

/// What is known of the texts that an expression matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needed {
    /// Exactly those that have this piece, letter case and all.
    Exactly(String),
    /// Folded, each has one of these pieces; none of them is empty.
    OneOf(Vec<String>),
    /// Nothing that would be worth looking for.
    Unknown,
}

/// The most pieces of an expression: more take longer to look for than texts do to be asked.
const MOST: usize = 8;
/// Bytes of a piece that are enough to find it.
const LONG: usize = 64;

/// What is known of the texts that this expression matches.
pub fn needed(regex: &Regex) -> Needed {
    let Ok(hir) = regex_syntax::parse(regex.0.as_str()) else { return Needed::Unknown };
    if let HirKind::Literal(literal) = hir.kind()
        && let Ok(text) = std::str::from_utf8(&literal.0)
    {
        return Needed::Exactly(text.to_owned());
    }
    match Part::of(&hir).pieces() {
        Some(pieces) if pieces.len() <= MOST => Needed::OneOf(pieces),
        _ => Needed::Unknown,
    }
}

/// What is known of the texts that a part of an expression takes.
enum Part {
    /// Folded, they are this one.
    Is(String),
    /// Folded, each has one of these in it.
    Has(Vec<String>),
    Any,
}

impl Part {
    fn of(hir: &Hir) -> Self {
        match hir.kind() {
            // Where something stands is not looked at: a text that is found is asked again.
            HirKind::Empty | HirKind::Look(_) => Self::Is(String::new()),
            HirKind::Literal(literal) => {
                std::str::from_utf8(&literal.0).map_or(Self::Any, |text| Self::Is(text::fold(text)))
            }
            HirKind::Class(class) => folds_to(class).map_or(Self::Any, Self::Is),
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Repetition(repeated) => match (Self::of(&repeated.sub), repeated.min) {
                (_, 0) => Self::Any,
                (Self::Is(text), min) => {
                    let times = (LONG / text.len().max(1)).clamp(1, min as usize);
                    let whole = repeated.max == Some(min) && times == min as usize;
                    let text = text.repeat(times);
                    if whole { Self::Is(text) } else { Self::one_of(vec![text]) }
                }
                (part, _) => part,
            },
            HirKind::Concat(parts) => Self::of_all(parts),
            HirKind::Alternation(parts) => {
                let pieces: Option<Vec<_>> = parts.iter().map(|part| Self::of(part).pieces()).collect();
                pieces.map_or(Self::Any, |pieces| Self::one_of(pieces.concat()))
            }
        }
    }

    /// Parts that follow one another: the best of what each of them needs, or runs of them.
    fn of_all(parts: &[Hir]) -> Self {
        let mut best: Vec<String> = Vec::new();
        let mut run = String::new();
        let mut whole = true;
        let mut offer = |pieces: Vec<String>| {
            if worth(&pieces) > worth(&best) {
                best = pieces;
            }
        };
        for part in parts {
            match Self::of(part) {
                Self::Is(text) => run.push_str(&text),
                other => {
                    whole = false;
                    offer(vec![std::mem::take(&mut run)]);
                    other.pieces().into_iter().for_each(&mut offer);
                }
            }
        }
        if whole {
            return Self::Is(run);
        }
        offer(vec![run]);
        Self::one_of(best)
    }

    fn one_of(pieces: Vec<String>) -> Self {
        if worth(&pieces) > 0 { Self::Has(pieces) } else { Self::Any }
    }

    fn pieces(self) -> Option<Vec<String>> {
        match self {
            Self::Is(text) if text.is_empty() => None,
            Self::Is(text) => Some(vec![text]),
            Self::Has(pieces) => Some(pieces),
            Self::Any => None,
        }
    }
}

/// How much it helps to look for these: the length of the shortest.
fn worth(pieces: &[String]) -> usize {
    pieces.iter().map(String::len).min().unwrap_or(0)
}

/// What all characters of a class fold to, as those of `[Aa]`.
fn folds_to(class: &Class) -> Option<String> {
    let Class::Unicode(class) = class else { return None };
    let count: u32 = class.iter().map(|range| u32::from(range.end()) - u32::from(range.start()) + 1).sum();
    if count > 4 {
        return None;
    }
    let mut folds = class.iter().flat_map(|range| range.start()..=range.end());
    let fold = |character: char| text::fold(character.encode_utf8(&mut [0; 4]));
    let first = fold(folds.next()?);
    folds.all(|character| fold(character) == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn regex(source: &str) -> Regex {
        Regex(regex::Regex::new(source).expect("a regular expression"))
    }

    fn one_of(pieces: &[&str]) -> Needed {
        Needed::OneOf(pieces.iter().map(|piece| (*piece).to_owned()).collect())
    }

    #[test]
    fn the_best_piece_is_found() {
        let exactly = |text: &str| Needed::Exactly(text.to_owned());
        for (source, expected) in [
            ("/api/", exactly("/api/")),
            ("A b", exactly("A b")),
            (r"\.", exactly(".")),
            ("runs.*Attach", one_of(&["attach"])),
            ("^/API/v[0-9]+/x$", one_of(&["/api/v"])),
            ("(?i)Matlab", one_of(&["matlab"])),
            ("(alice|bob)@x", one_of(&["alice", "bob"])),
            ("a(bc)?d{3}e", one_of(&["ddde"])),
            ("(ab)+c", one_of(&["ab"])),
            ("(ab){2,}", one_of(&["abab"])),
            ("x|.*", Needed::Unknown),
            ("[0-9]+", Needed::Unknown),
            ("", Needed::Unknown),
            ("a*", Needed::Unknown),
            ("a|b|c1|d1|e1|f1|g1|h1|i1|j1", Needed::Unknown),
        ] {
            assert_eq!(needed(&regex(source)), expected, "{source}");
        }
    }

    fn source() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec![
            "a", "B", "ab", "[ab]", "[Aa]", ".", "^", "$", "é", "(?i:k)", "(?i:s)", "İ", r"\b", "[^a]",
            "x{2}",
        ]);
        leaf.prop_map(str::to_owned).prop_recursive(4, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
                prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| format!("({})", parts.join("|"))),
                (inner, prop::sample::select(vec!["*", "+", "?", "{2}", "{1,3}", "{0}"]))
                    .prop_map(|(part, times)| format!("(?:{part}){times}")),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_matches_has_a_piece(source in source(), texts in prop::collection::vec("[abABxéİkKsſ\u{212a}]{0,8}", 20)) {
            let regex = regex(&source);
            for text in texts {
                match needed(&regex) {
                    Needed::Exactly(piece) => prop_assert_eq!(regex.0.is_match(&text), text.contains(&piece)),
                    Needed::OneOf(pieces) => {
                        let folded = text::fold(&text);
                        let has = pieces.iter().any(|piece| folded.contains(piece));
                        prop_assert!(has || !regex.0.is_match(&text), "{} {:?} {:?}", text, source, pieces);
                    }
                    Needed::Unknown => {}
                }
            }
        }
    }
}
