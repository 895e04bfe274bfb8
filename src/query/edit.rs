//! Changes that the screen makes to a filter by one key, always in a form that can be typed: class
//! toggles, inclusion and exclusion of a value; and what a filter looks at.

use super::parse::exact_test;
use super::{Expr, Glob, Leaf, Query, Subject, Test};
use crate::event::Class;
use crate::event::field::Field;
use crate::json::Pointer;

impl Query {
    /// This and that. A conjunct that stands there already is not added again.
    pub fn and(self, expr: Expr) -> Self {
        let added = match expr {
            Expr::And(parts) => parts,
            one => vec![one],
        };
        let mut parts = self.into_conjuncts();
        for part in added {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        Self { expr: Expr::all_of(parts) }
    }

    /// Without this conjunct at the top, where it stands there.
    pub fn without(self, expr: &Expr) -> Self {
        let parts = self.into_conjuncts();
        Self { expr: Expr::all_of(parts.into_iter().filter(|part| part != expr)) }
    }

    fn into_conjuncts(self) -> Vec<Expr> {
        match self.expr {
            Expr::And(parts) => parts,
            one => vec![one],
        }
    }

    /// The classes of the first `class:…` conjunct at the top that names classes alone; `None`
    /// where there is none.
    pub fn classes(&self) -> Option<Vec<Class>> {
        self.conjuncts().iter().find_map(named_classes)
    }

    /// With `class:…` of these classes in place of every such conjunct; with none of them, or all,
    /// without one.
    pub fn with_classes(self, classes: &[Class]) -> Self {
        let wanted: Vec<Class> = Class::ALL.into_iter().filter(|class| classes.contains(class)).collect();
        let mut parts = self.into_conjuncts();
        let place = parts.iter().position(|part| named_classes(part).is_some()).unwrap_or(parts.len());
        parts.retain(|part| named_classes(part).is_none());
        if !wanted.is_empty() && wanted.len() < Class::COUNT {
            let tests = wanted.into_iter().map(|class| Test::Whole(Glob::exact(class.name()))).collect();
            parts.insert(place, Expr::leaf(Subject::Field(Field::Class), tests));
        }
        Self { expr: Expr::all_of(parts) }
    }

    /// Only entries whose field is exactly this text; an exclusion of the same is taken back.
    /// `None` where the field has no such value.
    pub fn include(self, field: Field, value: &str) -> Option<Self> {
        let leaf = exact(field, value)?;
        Some(self.without(&leaf.clone().negated()).and(leaf))
    }

    /// No entries whose field is exactly this text; an inclusion of the same is taken back.
    /// `None` where the field has no such value.
    pub fn exclude(self, field: Field, value: &str) -> Option<Self> {
        let leaf = exact(field, value)?;
        Some(self.without(&leaf).and(leaf.negated()))
    }

    /// What of it does not look at what single records tell ([`Self::needs_changes`]): the entries
    /// that may match once those are fetched.
    pub fn before_changes(&self) -> Self {
        let known = |part: &&Expr| !Self { expr: Expr::clone(part) }.needs_changes();
        Self { expr: Expr::all_of(self.conjuncts().iter().filter(known).cloned()) }
    }

    /// Without an inclusion or exclusion of exactly this text; the same where there is none.
    pub fn without_value(self, field: Field, value: &str) -> Self {
        match exact(field, value) {
            Some(leaf) => self.without(&leaf).without(&leaf.negated()),
            None => self,
        }
    }

    /// Only entries whose record has this text at the pointer; an exclusion of the same is taken back.
    pub fn include_at(self, pointer: Pointer, value: &str) -> Self {
        let leaf = exact_at(pointer, value);
        self.without(&leaf.clone().negated()).and(leaf)
    }

    /// No entries whose record has this text at the pointer; an inclusion of the same is taken back.
    pub fn exclude_at(self, pointer: Pointer, value: &str) -> Self {
        let leaf = exact_at(pointer, value);
        self.without(&leaf).and(leaf.negated())
    }

    /// Whether any subject is one that the predicate names.
    pub fn mentions(&self, mut subject: impl FnMut(&Subject) -> bool) -> bool {
        self.expr.any_leaf(&mut |leaf| subject(&leaf.subject))
    }

    /// Whether the answer may differ once single records are fetched: it looks at the changes, the
    /// record's text, or a pointer into it.
    pub fn needs_changes(&self) -> bool {
        self.mentions(|subject| {
            matches!(subject, Subject::Pointer(_) | Subject::Field(Field::Changes | Field::Raw))
        })
    }
}

impl Expr {
    /// Whether any leaf is one that the predicate names.
    pub fn any_leaf(&self, wanted: &mut impl FnMut(&Leaf) -> bool) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.any_leaf(wanted)),
            Self::Not(inner) => inner.any_leaf(wanted),
            Self::Leaf(leaf) => wanted(leaf),
        }
    }
}

fn exact(field: Field, value: &str) -> Option<Expr> {
    Some(Expr::leaf(Subject::Field(field), vec![exact_test(field, value)?]))
}

fn exact_at(pointer: Pointer, value: &str) -> Expr {
    Expr::leaf(Subject::Pointer(pointer), vec![Test::Whole(Glob::exact(value))])
}

fn named_classes(expr: &Expr) -> Option<Vec<Class>> {
    let Expr::Leaf(Leaf { subject: Subject::Field(Field::Class), tests }) = expr else {
        return None;
    };
    let class = |test: &Test| {
        let Test::Whole(glob) = test else { return None };
        let name = glob.as_exact()?;
        Class::ALL.into_iter().find(|class| class.name().eq_ignore_ascii_case(name))
    };
    tests.iter().map(class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse::parse;
    use crate::timestamp::Timestamp;

    fn query(text: &str) -> Query {
        parse(text, Timestamp::default()).expect("a filter")
    }

    #[test]
    fn class_toggles_are_written_into_the_filter() {
        let q = query("actor:alice");
        assert_eq!(q.classes(), None);
        let q = q.with_classes(&[Class::S5xx, Class::S4xx]);
        assert_eq!(q.to_string(), "actor:alice class:4xx,5xx");
        assert_eq!(q.classes(), Some(vec![Class::S4xx, Class::S5xx]));
        let q = q.and(query("quota").expr).with_classes(&[Class::Failure]);
        assert_eq!(q.to_string(), "actor:alice class:failure quota");
        assert_eq!(q.clone().with_classes(&[]).to_string(), "actor:alice quota");
        assert_eq!(q.with_classes(&Class::ALL).to_string(), "actor:alice quota");
        assert_eq!(query("-class:5xx").classes(), None);
        assert_eq!(query("class:5*").classes(), None);
        assert_eq!(Query::all().with_classes(&[Class::Unknown]).to_string(), "class:unknown");
    }

    #[test]
    fn a_value_is_included_and_excluded_as_it_stands() {
        let q = Query::all().include(Field::Action, "POST /a*, \"b\"").expect("text");
        assert_eq!(q.to_string(), r#"action:"POST /a*, \"b\"""#);
        assert_eq!(query(&q.to_string()), q);
        let q = q.exclude(Field::Status, "503").expect("a status");
        assert_eq!(q.to_string(), r#"action:"POST /a*, \"b\"" -status:503"#);
        let q = q.exclude(Field::Action, "POST /a*, \"b\"").expect("text");
        assert_eq!(q.to_string(), r#"-status:503 -action:"POST /a*, \"b\"""#);
        let q = q.include(Field::Status, "503").expect("a status");
        assert_eq!(q.to_string(), r#"-action:"POST /a*, \"b\"" status:503"#);
        assert_eq!(q.clone().include(Field::Status, "503").expect("a status"), q);
        assert_eq!(Query::all().include(Field::Status, "abc"), None);
        let garbage = Query::all().include(Field::Ip, "unknown").expect("a text");
        assert_eq!(garbage.to_string(), r#"ip:"unknown""#);
        assert_eq!(query(&garbage.to_string()), garbage);
        let latency = Query::all().include(Field::Latency, "412.50").expect("a number");
        assert_eq!(latency.to_string(), "latency:412.5");
    }

    #[test]
    fn a_value_at_a_pointer_is_included_and_excluded() {
        let pointer = Pointer::parse("/a b/region").expect("a pointer");
        for value in ["eu-1", "7.50", "a, \"b\" *", "", "/x/"] {
            let q = Query::all().include_at(pointer.clone(), value);
            assert_eq!(query(&q.to_string()), q, "{value}");
            let q = q.exclude_at(pointer.clone(), value);
            assert_eq!((query(&q.to_string()), q.conjuncts().len()), (q.clone(), 1), "{value}");
            assert_eq!(q.include_at(pointer.clone(), value).conjuncts().len(), 1);
        }
    }

    #[test]
    fn says_what_it_looks_at() {
        assert!(query("a OR -(b changes:/x)").needs_changes());
        assert!(query("raw:x").needs_changes() && query("@/a:1").needs_changes());
        assert!(!query("action:a quota").needs_changes());
        assert!(query("quota").mentions(|subject| *subject == Subject::Words));
    }
}
