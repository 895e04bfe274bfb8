//! Where each value of a JSON text stands, found in one pass over it: what a tree of it is drawn
//! from, however large it is.
//!
//! Not here: the text itself (an outline is of use only beside the text that it was made of), and
//! what is drawn.

use std::borrow::Cow;
use std::ops::Range;

use super::{Kind, Node, Pointer, string_end, value_end};

/// The values of a JSON text in the order they stand, each before what it holds; the outermost one
/// is not among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    values: Vec<Value>,
    whole: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Value {
    /// The name as it stands, quotes included; empty for an element.
    name: Range<u32>,
    text: Range<u32>,
    /// The value that holds it.
    parent: Option<u32>,
    /// Its place among what that one holds.
    place: u32,
    /// How many values it holds itself; `None` where it is not looked into.
    size: Option<u32>,
    /// The first value behind it and all that it holds.
    after: u32,
    depth: u16,
}

/// A container that is being looked into.
struct Open {
    value: Option<usize>,
    is_object: bool,
    size: u32,
}

impl Outline {
    /// The outline of a value: of at most so many values, and not into containers that stand in
    /// `deepest` others. Texts beyond 4 GiB are looked at as far as that.
    pub fn of(root: Node<'_>, most: usize, deepest: u16) -> Self {
        let bytes = root.raw().as_bytes();
        let bytes = &bytes[..bytes.len().min(u32::MAX as usize)];
        let mut outline = Self { values: Vec::new(), whole: true };
        if !matches!(root.kind(), Kind::Array | Kind::Object) {
            return outline;
        }
        let mut open = vec![Open { value: None, is_object: root.kind() == Kind::Object, size: 0 }];
        let mut at = 1;
        while let Some(top) = open.last_mut() {
            at = skip(bytes, at, b',');
            match bytes.get(at) {
                None => break,
                Some(b'}' | b']') => {
                    at += 1;
                    outline.close(&open.pop().expect("it is the last one"), at);
                    continue;
                }
                Some(_) if outline.values.len() == most => {
                    outline.whole = false;
                    break;
                }
                Some(_) => {}
            }
            let name = at..if top.is_object { at + string_end(&bytes[at..]) } else { at };
            let start = skip(bytes, name.end, b':');
            let place = top.size;
            top.size += 1;
            let parent = top.value.map(|value| value as u32);
            let is_container = matches!(bytes.get(start), Some(b'{' | b'['));
            let opened = is_container && open.len() <= usize::from(deepest);
            at = start + if opened { 1 } else { value_end(&bytes[start..]).max(1) };
            let number = outline.values.len();
            outline.values.push(Value {
                name: name.start as u32..name.end as u32,
                text: start as u32..at.min(bytes.len()) as u32,
                parent,
                place,
                size: None,
                after: number as u32 + 1,
                depth: open.len() as u16 - 1,
            });
            if opened {
                open.push(Open { value: Some(number), is_object: bytes[start] == b'{', size: 0 });
            }
        }
        // What was not looked at to its end still has one.
        while let Some(left) = open.pop() {
            let start = left.value.map_or(0, |value| outline.values[value].text.start as usize);
            outline.close(&left, start + value_end(&bytes[start..]));
        }
        outline
    }

    fn close(&mut self, open: &Open, end: usize) {
        let after = self.values.len() as u32;
        if let Some(value) = open.value.map(|value| &mut self.values[value]) {
            value.text.end = end as u32;
            value.size = Some(open.size);
            value.after = after;
        }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether no value is left out for there being too many.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// How many others a value stands in, the outermost not counted.
    pub fn depth(&self, value: usize) -> usize {
        usize::from(self.values[value].depth)
    }

    /// How many values a container holds itself; `None` for other values, and for a container that
    /// stands too deep to be looked into.
    pub fn size(&self, value: usize) -> Option<usize> {
        self.values[value].size.map(|size| size as usize)
    }

    /// The first value behind this one and all that it holds.
    pub fn after(&self, value: usize) -> usize {
        self.values[value].after as usize
    }

    /// The container that a value stands in; `None`: the outermost.
    pub fn parent(&self, value: usize) -> Option<usize> {
        self.values[value].parent.map(|parent| parent as usize)
    }

    /// The value itself.
    pub fn node<'a>(&self, value: usize, root: Node<'a>) -> Node<'a> {
        let Range { start, end } = self.values[value].text;
        Node::from_kept(&root.raw()[start as usize..end as usize])
    }

    /// Its name, or its place in an array.
    pub fn name<'a>(&self, value: usize, root: Node<'a>) -> Cow<'a, str> {
        let Value { name: Range { start, end }, place, .. } = &self.values[value];
        if start == end {
            return Cow::Owned(place.to_string());
        }
        Node::from_kept(&root.raw()[*start as usize..*end as usize]).text().unwrap_or_default()
    }

    /// Where it stands.
    pub fn pointer(&self, value: usize, root: Node<'_>) -> Pointer {
        let above = std::iter::successors(Some(value), |value| self.parent(*value));
        let mut tokens: Vec<Box<str>> = above.map(|value| self.name(value, root).into()).collect();
        tokens.reverse();
        Pointer::from_tokens(tokens)
    }
}

/// The first place that is neither white space nor the byte.
fn skip(bytes: &[u8], mut at: usize, byte: u8) -> usize {
    while bytes.get(at).is_some_and(|found| *found == byte || b" \t\n\r".contains(found)) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::tests::any_json;

    /// A value's depth, pointer, text and size.
    type Told = (usize, String, String, Option<usize>);

    /// The same by looking at each container on its own.
    fn plainly(node: Node<'_>, depth: usize, at: &Pointer, told: &mut Vec<Told>) {
        let named = node.members().map(|(name, node)| (name.into_owned(), node));
        let placed = node.elements().enumerate().map(|(place, node)| (place.to_string(), node));
        for (name, value) in named.chain(placed) {
            let pointer = at.child(&name);
            let size = match value.kind() {
                Kind::Array | Kind::Object => Some(value.members().count() + value.elements().count()),
                _ => None,
            };
            told.push((depth, pointer.to_string(), value.raw().to_owned(), size));
            plainly(value, depth + 1, &pointer, told);
        }
    }

    fn told(outline: &Outline, root: Node<'_>) -> Vec<Told> {
        let one = |at| {
            let text = outline.node(at, root).raw().to_owned();
            (outline.depth(at), outline.pointer(at, root).to_string(), text, outline.size(at))
        };
        (0..outline.len()).map(one).collect()
    }

    proptest! {
        #[test]
        fn tells_every_value_in_order_and_a_cut_one_tells_the_first(value in any_json(), most in 0usize..12) {
            let text = serde_json::to_string_pretty(&value).expect("json");
            let root = Node::parse(&text).expect("valid");
            let mut wanted = Vec::new();
            plainly(root, 0, &Pointer::default(), &mut wanted);
            let outline = Outline::of(root, usize::MAX, u16::MAX);
            prop_assert!(outline.is_whole());
            prop_assert_eq!(&told(&outline, root), &wanted);
            for at in 0..outline.len() {
                let held = (at + 1..outline.len()).take_while(|next| outline.depth(*next) > outline.depth(at));
                prop_assert_eq!(outline.after(at), at + 1 + held.count());
            }
            let cut = Outline::of(root, most, u16::MAX);
            prop_assert_eq!(cut.is_whole(), wanted.len() <= most);
            let texts = |told: &[Told]| told.iter().map(|told| told.2.clone()).collect::<Vec<_>>();
            prop_assert_eq!(texts(&told(&cut, root)), texts(&wanted[..wanted.len().min(most)]));
        }
    }

    #[test]
    fn what_stands_too_deep_is_one_value() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let root = Node::parse(&deep).expect("valid");
        let outline = Outline::of(root, usize::MAX, 64);
        assert_eq!((outline.len(), outline.is_whole()), (65, true));
        assert_eq!((outline.size(63), outline.size(64)), (Some(1), None));
        assert_eq!(outline.node(64, root).raw().len(), 200_001 - 2 * 65);
        assert_eq!(outline.pointer(64, root).tokens().len(), 65);
    }
}
