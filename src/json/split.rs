//! The members of objects that come line after line, found without building anything.
//!
//! The lines of a log have a few shapes: the same keys in the same order. A [`Splitter`] learns them
//! as it goes (a tree of keys, each step leading to the next), so that a line of a known shape costs
//! one comparison a key and one look at each value's bytes. It takes a line only where it is sure
//! that it is valid JSON, and leaves what is odd to whoever reads anything: escapes in keys, white
//! space other than single bytes of space, depth, more shapes than it cares to learn.
//!
//! Not here: what the values mean, and validation of JSON in general ([`Node::parse`]; a property
//! test holds this to it).

use std::borrow::Cow;

use super::scan;
use super::{Kind, Node, Pointer};

/// How many steps are learnt: a shape of twenty keys takes at most as many.
const STEPS: usize = 1 << 14;
/// How many ways lead on from a step: more, and the keys are data.
const WAYS: usize = 64;

/// Finds the members of objects, and learns their shapes.
#[derive(Debug, Clone)]
pub struct Splitter {
    /// The keys whose objects are opened too.
    opened: Vec<Box<str>>,
    steps: Vec<Step>,
    /// The keys of each shape's lines, in the order of the members: those inside an opened object
    /// follow it.
    shapes: Vec<Vec<Member>>,
    spans: Vec<Span>,
}

/// A place between two members.
#[derive(Debug, Clone, Default)]
struct Step {
    ways: Vec<Way>,
    end: Option<End>,
}

/// Where it goes on when the object ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// It was the line's: of this shape.
    Shape(usize),
    /// It was a member's: this step comes next.
    Step(usize),
}

/// A key, and the steps behind its value.
#[derive(Debug, Clone)]
struct Way {
    key: Literal,
    next: usize,
    /// The first step inside its value where that is an object that is opened.
    inside: Option<usize>,
}

/// A key with its quotes and its colon, behind the comma that stands before it, if one does.
#[derive(Debug, Clone)]
struct Literal {
    text: Box<[u8]>,
    /// Its first bytes as a number, at most 16.
    head: u128,
    mask: u128,
    comma: bool,
}

impl Literal {
    fn new(key: &[u8], comma: bool) -> Self {
        let text: Box<[u8]> =
            if comma { [b","].into_iter().flatten().chain(key).copied().collect() } else { key.into() };
        let count = text.len().min(16);
        let (mut head, mut mask) = ([0; 16], [0; 16]);
        head[..count].copy_from_slice(&text[..count]);
        mask[..count].fill(0xff);
        Self { text, head: u128::from_le_bytes(head), mask: u128::from_le_bytes(mask), comma }
    }

    /// Whether the bytes begin with it.
    #[inline]
    fn begins(&self, bytes: &[u8]) -> bool {
        match bytes.first_chunk::<16>() {
            Some(first) => {
                u128::from_le_bytes(*first) & self.mask == self.head
                    && (self.text.len() <= 16 || bytes.starts_with(&self.text))
            }
            None => bytes.starts_with(&self.text),
        }
    }

    /// The key alone.
    fn key(&self) -> &[u8] {
        &self.text[usize::from(self.comma)..]
    }
}

/// A key of a shape.
#[derive(Debug, Clone)]
struct Member {
    key: Box<str>,
    /// The member that it stands in, where it does not stand in the line's own object.
    within: Option<usize>,
    /// Whether members that stand in it follow.
    opened: bool,
}

/// Where a value stands in its line.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
    is: Is,
}

/// What the text of a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    /// A string without a backslash.
    PlainString,
    /// `null`.
    Null,
    /// Anything else.
    Other,
}

impl Is {
    #[inline]
    fn of(first: u8, escaped: bool) -> Self {
        match first {
            b'"' if !escaped => Self::PlainString,
            b'n' => Self::Null,
            _ => Self::Other,
        }
    }
}

/// Where a pointer leads in every line of one shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// To nothing.
    Absent,
    /// To this member.
    Member(u16),
    /// Into this member, by what is left of the pointer behind so many tokens.
    Within {
        /// The member.
        member: u16,
        /// The tokens that led there.
        tokens: u16,
    },
    /// To the line itself.
    Whole,
}

/// A line taken apart.
#[derive(Debug, Clone, Copy)]
pub struct Split<'s, 'a> {
    line: &'a str,
    shape: usize,
    members: &'s [Member],
    spans: &'s [Span],
}

impl Splitter {
    /// Knows no shape yet. The objects at these keys of a line are opened, others are kept whole.
    pub fn new<T: Into<Box<str>>>(opened: impl IntoIterator<Item = T>) -> Self {
        Self {
            opened: opened.into_iter().map(Into::into).collect(),
            steps: vec![Step::default()],
            shapes: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// Takes a line apart: an object without white space around it. `None`: it is odd, or no valid
    /// JSON.
    pub fn split<'a>(&mut self, line: &'a str) -> Option<Split<'_, 'a>> {
        let shape = self.walk(line)?;
        Some(Split { line, shape, members: &self.shapes[shape], spans: &self.spans })
    }

    fn walk(&mut self, line: &str) -> Option<usize> {
        let bytes = line.as_bytes();
        u32::try_from(bytes.len()).ok()?;
        self.spans.clear();
        let mut outer = None;
        let (mut step, mut fresh) = (0, true);
        let mut at = 1;
        if bytes.first() != Some(&b'{') {
            return None;
        }
        loop {
            // As most programs write it: a comma, a key and its colon, and nothing between.
            let ways = &self.steps[step].ways;
            let tight = bytes.get(at..).and_then(|rest| ways.iter().position(|way| way.key.begins(rest)));
            let way = if let Some(tight) = tight {
                at += ways[tight].key.text.len();
                &ways[tight]
            } else {
                at = scan::spaces(bytes, at);
                match *bytes.get(at)? {
                    b'}' => {
                        at += 1;
                        let Some(member) = outer.take() else {
                            return if at == bytes.len() { self.shape(step, line) } else { None };
                        };
                        let span: &mut Span = &mut self.spans[member];
                        span.end = at as u32;
                        step = self.behind(step)?;
                        fresh = false;
                        continue;
                    }
                    b',' if !fresh => at = scan::spaces(bytes, at + 1),
                    _ if fresh => {}
                    _ => return None,
                }
                let way = self.way(step, &bytes[at..], outer.is_none(), !fresh)?;
                let way = &self.steps[step].ways[way];
                at += way.key.key().len();
                way
            };
            let mut first = *bytes.get(at)?;
            if first == b' ' {
                at = scan::spaces(bytes, at);
                first = *bytes.get(at)?;
            }
            let start = at as u32;
            // What most values are.
            if first == b'"'
                && let Some(end) = scan::plain_string(bytes, at + 1)
            {
                (step, fresh) = (way.next, false);
                at = end + 1;
                self.spans.push(Span { start, end: at as u32, is: Is::PlainString });
                continue;
            }
            if first == b'{'
                && let Some(inside) = way.inside
            {
                outer = Some(self.spans.len());
                // Its end comes later; what it holds is looked at member by member.
                self.spans.push(Span { start, end: 0, is: Is::Other });
                (step, fresh) = (inside, true);
                at += 1;
                continue;
            }
            (step, fresh) = (way.next, false);
            let value = scan::value(bytes, at)?;
            let is = Is::of(first, value.escaped);
            at = value.end;
            self.spans.push(Span { start, end: at as u32, is });
        }
    }

    /// The way from a step by the key that the bytes begin with; one that is new is learnt.
    #[inline]
    fn way(&mut self, step: usize, bytes: &[u8], is_outer: bool, comma: bool) -> Option<usize> {
        let ways = &self.steps[step].ways;
        if let Some(known) = ways.iter().position(|way| bytes.starts_with(way.key.key())) {
            return Some(known);
        }
        if ways.len() >= WAYS || self.steps.len() + 2 > STEPS || bytes.first() != Some(&b'"') {
            return None;
        }
        let key = scan::string(bytes, 1)?;
        if key.escaped || bytes.get(key.end) != Some(&b':') {
            return None;
        }
        let name = &bytes[1..key.end - 1];
        let opens = is_outer && self.opened.iter().any(|opened| opened.as_bytes() == name);
        let inside = opens.then(|| self.new_step());
        let next = self.new_step();
        let ways = &mut self.steps[step].ways;
        ways.push(Way { key: Literal::new(&bytes[..=key.end], comma), next, inside });
        Some(ways.len() - 1)
    }

    fn new_step(&mut self) -> usize {
        self.steps.push(Step::default());
        self.steps.len() - 1
    }

    /// The step behind an opened object that ends at this one.
    fn behind(&mut self, step: usize) -> Option<usize> {
        match self.steps[step].end {
            Some(End::Step(next)) => Some(next),
            // A step stands in one object alone.
            Some(End::Shape(_)) => None,
            None if self.steps.len() >= STEPS => None,
            None => {
                let next = self.new_step();
                self.steps[step].end = Some(End::Step(next));
                Some(next)
            }
        }
    }

    /// The shape of the line that ends at this step.
    fn shape(&mut self, step: usize, line: &str) -> Option<usize> {
        match self.steps[step].end {
            Some(End::Shape(shape)) => Some(shape),
            Some(End::Step(_)) => None,
            None => {
                let shape = self.shapes.len();
                self.shapes.push(self.shape_of(Node::from_kept(line)));
                self.steps[step].end = Some(End::Shape(shape));
                Some(shape)
            }
        }
    }

    fn shape_of(&self, line: Node<'_>) -> Vec<Member> {
        let mut members = Vec::new();
        for (key, value) in line.members() {
            let opened = value.kind() == Kind::Object && self.opened.iter().any(|opened| **opened == *key);
            let at = members.len();
            members.push(Member { key: key.into(), within: None, opened });
            if opened {
                let inside = value.members();
                members.extend(inside.map(|(key, _)| Member {
                    key: key.into(),
                    within: Some(at),
                    opened: false,
                }));
            }
        }
        members
    }
}

impl<'a> Split<'_, 'a> {
    /// The line.
    #[inline]
    pub fn line(&self) -> Node<'a> {
        Node::from_kept(self.line)
    }

    /// The number of its shape, from 0 in the order in which they were learnt.
    #[inline]
    pub fn shape(&self) -> usize {
        self.shape
    }

    /// Where a pointer leads in every line of this shape: of keys that stand twice, to the last.
    pub fn place(&self, pointer: &Pointer) -> Place {
        let members = self.members;
        let find = |key: &str, within: Option<usize>| {
            let at = members.iter().rposition(|member| *member.key == *key && member.within == within);
            // A shape has no more members than there are steps.
            at.and_then(|at| u16::try_from(at).ok())
        };
        let mut place = Place::Whole;
        for (tokens, token) in pointer.tokens().iter().enumerate() {
            let within = match place {
                Place::Whole => None,
                Place::Member(member) if members[usize::from(member)].opened => Some(usize::from(member)),
                Place::Member(member) => return Place::Within { member, tokens: tokens as u16 },
                Place::Absent | Place::Within { .. } => return place,
            };
            place = find(token, within).map_or(Place::Absent, Place::Member);
        }
        place
    }

    /// Whether every line of this shape has a member of this name.
    pub fn has(&self, key: &str) -> bool {
        self.members.iter().any(|member| member.within.is_none() && *member.key == *key)
    }

    /// The value at a place of its shape; `pointer` is the one that the place was asked for with.
    #[inline]
    pub fn at(&self, place: Place, pointer: &Pointer) -> Option<Node<'a>> {
        match place {
            Place::Absent => None,
            Place::Whole => Some(self.line()),
            Place::Member(member) => Some(Node::from_kept(self.text(self.spans[usize::from(member)]))),
            Place::Within { member, tokens } => {
                let node = Node::from_kept(self.text(self.spans[usize::from(member)]));
                match node.kind() {
                    Kind::Object | Kind::Array => node.at_tokens(&pointer.tokens()[usize::from(tokens)..]),
                    _ => None,
                }
            }
        }
    }

    /// The value at a place as [`Node::scalar`] reads it.
    #[inline]
    pub fn scalar(&self, place: Place, pointer: &Pointer) -> Option<Cow<'a, str>> {
        let Place::Member(member) = place else { return self.at(place, pointer)?.scalar() };
        let span = self.spans[usize::from(member)];
        match span.is {
            Is::PlainString => {
                Some(Cow::Borrowed(&self.line[span.start as usize + 1..span.end as usize - 1]))
            }
            Is::Null => None,
            Is::Other => Node::from_kept(self.text(span)).scalar(),
        }
    }

    /// The text of a member, where it is a string without a backslash.
    #[inline]
    pub fn plain(&self, member: u16) -> Option<&'a str> {
        let span = self.spans[usize::from(member)];
        (span.is == Is::PlainString).then(|| &self.line[span.start as usize + 1..span.end as usize - 1])
    }

    #[inline]
    fn text(&self, span: Span) -> &'a str {
        &self.line[span.start as usize..span.end as usize]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POINTERS: [&str; 9] = ["", "/a", "/b", "/a/b", "/a/a", "/b/0", "/b/a/1", "/c/a", "/é"];

    /// Everything that is looked for is what [`Node`] finds.
    fn agrees(splitter: &mut Splitter, line: &str) -> Result<bool, TestCaseError> {
        let parsed = Node::parse(line).ok().filter(|node| node.raw() == line && node.kind() == Kind::Object);
        let Some(split) = splitter.split(line) else { return Ok(false) };
        let parsed = parsed.ok_or_else(|| TestCaseError::fail(format!("took what is no JSON: {line}")))?;
        for pointer in POINTERS {
            let pointer = Pointer::parse(pointer).expect("a pointer");
            let place = split.place(&pointer);
            prop_assert_eq!(split.at(place, &pointer), parsed.at(&pointer), "{} of {}", pointer, line);
            let scalar = parsed.at(&pointer).and_then(Node::scalar);
            prop_assert_eq!(split.scalar(place, &pointer), scalar, "{} of {}", pointer, line);
        }
        for key in ["a", "b", "c"] {
            let there = parsed.members().any(|(known, _)| known == key);
            prop_assert_eq!(split.has(key), there);
        }
        Ok(true)
    }

    fn splitter() -> Splitter {
        Splitter::new(["a", "c"])
    }

    /// JSON as programs write it, and as they should not.
    fn value() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            4 => "\"[a-zé /:,{}]{0,20}\"",
            1 => r#""[a-c]{0,9}\\["\\/bfnrtux0]{0,2}[0-9a-f]{0,4}[a-c]{0,9}""#,
            3 => "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,2})?([eE][+-]?[0-9])?",
            1 => "[-+]?[0-9.eE]{1,4}",
            3 => prop::sample::select(vec!["null", "true", "false", "nul", "truex", ""]).prop_map(str::to_owned),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                object(inner.clone()),
                prop::collection::vec(inner, 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
            ]
        })
    }

    fn object(values: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
        let key =
            prop::sample::select(vec!["a", "b", "c", "é", "a key of many bytes, more than 16", "\\u0061"]);
        let member = (key, prop::sample::select(vec![":", ": ", " :", ":\t"]), values)
            .prop_map(|(key, colon, value)| format!("\"{key}\"{colon}{value}"));
        (prop::collection::vec(member, 0..4), prop::sample::select(vec![",", ", "]))
            .prop_map(|(members, comma)| format!("{{{}}}", members.join(comma)))
    }

    proptest! {
        #[test]
        fn what_is_taken_is_what_a_parser_finds(lines in prop::collection::vec(object(value()), 1..6)) {
            let mut splitter = splitter();
            for line in lines.iter().chain(&lines) {
                agrees(&mut splitter, line)?;
            }
        }

        #[test]
        fn nothing_that_is_cut_or_changed_is_taken_for_json(
            line in object(value()),
            at in any::<prop::sample::Index>(),
            byte in prop::option::of("[\"\\\\{}\\[\\],: \t\u{1}a0é]"),
        ) {
            let mut splitter = splitter();
            agrees(&mut splitter, &line)?;
            let at = at.index(line.len());
            if line.is_char_boundary(at) {
                let (before, behind) = line.split_at(at);
                let changed = match &byte {
                    Some(byte) => format!("{before}{byte}{behind}"),
                    None => before.to_owned(),
                };
                agrees(&mut splitter, &changed)?;
            }
        }
    }

    #[test]
    fn lines_as_programs_write_them_are_taken() {
        let mut splitter = splitter();
        for line in [
            r#"{"a":1,"b":"x\ny","c":{"a":[1,{"z":null}],"b":"\ud800"}}"#,
            r#"{"a": {"b": true, "a": -0.5e+3}, "b": [ ], "c": {}}"#,
            "{}",
            r#"{ "a": {"b":{}}, "a": {} }"#,
            r#"{"é":"é","a":{},"b":{"a":[0,1]}}"#,
        ] {
            assert!(agrees(&mut splitter, line).expect("equal"), "{line}");
        }
        for odd in [
            "",
            "[]",
            "{",
            "{}x",
            r#"{"a":01}"#,
            r#"{"a" :1}"#,
            r#"{"a":1,}"#,
            r#"{,"a":1}"#,
            r#"{"\u0061":1}"#,
            "{\"a\":\t1}",
            "{\"a\":\"\t\"}",
            r#"{"a":"\x"}"#,
            r#"{"a":"\u12g4"}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":{"b":1]}"#,
            r#"{"a":tru}"#,
            r#"{"a":1.}"#,
            r#"{"a":-}"#,
            r#"{"a":1 2}"#,
            r#"{"a"}"#,
        ] {
            assert!(splitter.split(odd).is_none(), "{odd}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(splitter.split(&deep).is_none());
    }

    #[test]
    fn keys_that_are_data_cost_no_more_memory_than_so_much() {
        let mut splitter = splitter();
        for number in 0..3 * STEPS {
            splitter.split(&format!("{{\"k{number}\":1,\"l{}\":2}}", number / 7));
        }
        assert!(splitter.steps.len() <= STEPS);
        assert!(splitter.split(r#"{"k0":1,"l0":5}"#).is_some(), "what was learnt is known");
    }
}
