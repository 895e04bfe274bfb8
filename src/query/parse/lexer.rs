//! Filter text to tokens, each with its place. Never fails: what is wrong (an open quote, a missing
//! value) stands in the token, and the parser says so. The colouring of a half-typed filter lives
//! on that.
//!
//! The rules that the contract's section 5 leaves open, decided here:
//! - A term ends at white space or a parenthesis; a value also at a comma, unless it is quoted.
//! - A value is a run of bare and quoted stretches side by side, so `action:"POST /api"*` is a
//!   pattern with a space in it. Only a bare `*` is a star, and only a bare `..` a range.
//! - What stands before `:`, `~`, `<` or `>` is a field's name where it begins with a letter and goes
//!   on with letters, digits, `_`, `.` and `-`; otherwise the whole is a word (`10:30`, `::1`).
//! - In `@/pointer`, `~0` and `~1` are the pointer's own escapes; any other `~` looks for a part. A
//!   pointer without any operator after it is tried again with its first `~` as one.
//! - A regular expression ends at the last `/` that is followed by white space, the end, a comma
//!   (in values) or a closing parenthesis which closes none of the expression's own groups.

use std::ops::Range;

/// A token and its place, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Open,
    Close,
    /// A leading `-`.
    Minus,
    And,
    Or,
    Not,
    Term(Term),
}

/// A word, or a field or pointer with its operator and values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    /// What stands before the operator; `None`: a word.
    pub(super) name: Option<Name>,
    /// The operator; `None` after a pointer where it is missing, and for a word.
    pub(super) operator: Option<Operator>,
    /// The alternatives; one for a word.
    pub(super) values: Vec<Value>,
}

/// What stands before an operator.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Name {
    /// The text: a field's name, or a pointer without `@` and quotes.
    pub(super) text: String,
    pub(super) is_pointer: bool,
    /// Whether a quote was opened and not closed.
    pub(super) open: bool,
    pub(super) range: Range<usize>,
}

/// `:` or `~`, and its place; empty for the `:` understood in `latency>5`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operator {
    pub(super) contains: bool,
    pub(super) range: Range<usize>,
}

/// A value as typed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Value {
    pub(super) parts: Vec<Part>,
    /// The source of a regular expression, where it is one; `parts` is empty then.
    pub(super) regex: Option<String>,
    /// Where a quote was opened that is not closed.
    pub(super) open: Option<usize>,
    pub(super) range: Range<usize>,
}

/// A bare or quoted stretch of a value; never two bare ones side by side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) quoted: bool,
}

impl Value {
    /// Nothing was typed, not even an empty pair of quotes.
    pub(super) fn is_missing(&self) -> bool {
        self.parts.is_empty() && self.regex.is_none()
    }

    /// The text that it stands for, quotes resolved.
    pub(super) fn literal(&self) -> String {
        self.parts.iter().map(|part| part.text.as_str()).collect()
    }

    /// Its text where all of it is bare.
    pub(super) fn bare(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part { text, quoted: false }] => Some(text),
            _ => None,
        }
    }

    /// The bare stretch that it begins with.
    pub(super) fn bare_start(&self) -> &str {
        self.parts.first().filter(|part| !part.quoted).map_or("", |part| &part.text)
    }
}

/// All tokens of a filter.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.token() {
        tokens.push(token);
    }
    tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn token(&mut self) -> Option<Token> {
        self.at = self.text.len() - self.rest().trim_start().len();
        let start = self.at;
        let single = match self.peek()? {
            '(' => Some(TokenKind::Open),
            ')' => Some(TokenKind::Close),
            '-' => Some(TokenKind::Minus),
            _ => None,
        };
        let kind = if let Some(kind) = single {
            self.at += 1;
            kind
        } else {
            let term = self.term();
            keyword(&term).unwrap_or(TokenKind::Term(term))
        };
        Some(Token { kind, range: start..self.at })
    }

    fn term(&mut self) -> Term {
        if self.rest().starts_with("@/") || self.rest().starts_with("@\"") {
            let name = self.pointer();
            return self.with_operator(name);
        }
        if let Some(name) = self.pointer_in_quotes() {
            return self.with_operator(name);
        }
        let name = name_length(self.rest());
        if name > 0 && self.rest()[name..].starts_with([':', '~', '<', '>']) {
            let start = self.at;
            self.at += name;
            let name = Name {
                text: self.text[start..self.at].to_owned(),
                is_pointer: false,
                open: false,
                range: start..self.at,
            };
            return self.with_operator(name);
        }
        Term { name: None, operator: None, values: vec![self.value(false)] }
    }

    fn with_operator(&mut self, name: Name) -> Term {
        let start = self.at;
        let contains = match self.peek() {
            Some(':') => false,
            Some('~') => true,
            // `latency>5` is read as `latency:>5`.
            Some('<' | '>') => {
                let operator = Operator { contains: false, range: start..start };
                return Term { name: Some(name), operator: Some(operator), values: self.values() };
            }
            _ => return Term { name: Some(name), operator: None, values: Vec::new() },
        };
        self.at += 1;
        let operator = Operator { contains, range: start..self.at };
        Term { name: Some(name), operator: Some(operator), values: self.values() }
    }

    fn values(&mut self) -> Vec<Value> {
        let mut values = vec![self.value(true)];
        while self.peek() == Some(',') {
            self.at += 1;
            values.push(self.value(true));
        }
        values
    }

    fn pointer(&mut self) -> Name {
        let start = self.at;
        self.at += 1;
        if self.peek() == Some('"') {
            let (text, open) = self.quoted();
            return Name { text, is_pointer: true, open, range: start..self.at };
        }
        let rest = self.rest();
        let ends = |character: char| character.is_whitespace() || matches!(character, '(' | ')' | '"');
        let is_escape = |at: usize| matches!(rest.as_bytes().get(at + 1), Some(b'0' | b'1'));
        let mut length = rest.len();
        let mut operator = false;
        for (at, character) in rest.char_indices() {
            operator = matches!(character, ':' | '<' | '>') || (character == '~' && !is_escape(at));
            if operator || ends(character) {
                length = at;
                break;
            }
        }
        if !operator && let Some(tilde) = rest[..length].find('~') {
            length = tilde;
        }
        self.at += length;
        Name { text: rest[..length].to_owned(), is_pointer: true, open: false, range: start..self.at }
    }

    /// A pointer whose `@` stands inside the quotes (`"@/a:b":x`), as people who quote all of a
    /// name write it. Without an operator right behind it, it is a text.
    fn pointer_in_quotes(&mut self) -> Option<Name> {
        if !self.rest().starts_with("\"@/") {
            return None;
        }
        let (text, length) = quoted(self.rest());
        let length = length.filter(|length| self.rest()[*length..].starts_with([':', '~', '<', '>']))?;
        let range = self.at..self.at + length;
        self.at += length;
        Some(Name { text: text[1..].to_owned(), is_pointer: true, open: false, range })
    }

    /// A quoted stretch, from its opening quote on; whether it is left open.
    fn quoted(&mut self) -> (String, bool) {
        let (text, length) = quoted(self.rest());
        self.at += length.unwrap_or(self.rest().len());
        (text, length.is_none())
    }

    /// A word, or one value of a list.
    fn value(&mut self, in_list: bool) -> Value {
        let start = self.at;
        if let Some(length) = regex_length(self.rest(), in_list) {
            self.at += length;
            let source = self.text[start + 1..self.at - 1].to_owned();
            return Value { parts: Vec::new(), regex: Some(source), open: None, range: start..self.at };
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut open = None;
        while let Some(character) = self.peek() {
            match character {
                '(' | ')' => break,
                ',' if in_list => break,
                _ if character.is_whitespace() => break,
                '"' => {
                    let quote = self.at;
                    let (text, left_open) = self.quoted();
                    open = open.or(left_open.then_some(quote));
                    parts.push(Part { text, quoted: true });
                }
                _ => {
                    self.at += character.len_utf8();
                    match parts.last_mut() {
                        Some(part) if !part.quoted => part.text.push(character),
                        _ => parts.push(Part { text: character.to_string(), quoted: false }),
                    }
                }
            }
        }
        Value { parts, regex: None, open, range: start..self.at }
    }
}

/// What a quoted stretch at the text's beginning stands for, and its length with both quotes; `None`
/// where it is not closed.
pub(super) fn quoted(text: &str) -> (String, Option<usize>) {
    let mut inside = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        match (character, characters.peek().map(|(_, next)| *next)) {
            ('"', _) => return (inside, Some(at + 1)),
            ('\\', Some(escaped @ ('"' | '\\'))) => {
                inside.push(escaped);
                characters.next();
            }
            _ => inside.push(character),
        }
    }
    (inside, None)
}

fn keyword(term: &Term) -> Option<TokenKind> {
    let (None, [word]) = (&term.name, term.values.as_slice()) else {
        return None;
    };
    match word.bare()? {
        "AND" => Some(TokenKind::And),
        "OR" => Some(TokenKind::Or),
        "NOT" => Some(TokenKind::Not),
        _ => None,
    }
}

/// The length of what could be a field's name, 0 where the text begins with none.
pub(in crate::query) fn name_length(text: &str) -> usize {
    if !text.starts_with(char::is_alphabetic) {
        return 0;
    }
    text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(text.len())
}

/// The length of the regular expression, slashes included, that the text begins with.
fn regex_length(text: &str, in_list: bool) -> Option<usize> {
    let inside = text.strip_prefix('/')?;
    let mut end = None;
    let (mut groups, mut in_class, mut escaped) = (0usize, false, false);
    let mut characters = inside.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character.is_whitespace() {
            break;
        }
        let next = characters.peek().map(|(_, next)| *next);
        if character == '/' && at > 0 {
            let last = match next {
                None => true,
                Some(',') => in_list,
                Some(')') => groups == 0 && !in_class,
                Some(next) => next.is_whitespace(),
            };
            if last {
                end = Some(at + 2);
            }
        }
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => groups += 1,
            ')' if !in_class => match groups.checked_sub(1) {
                Some(open) => groups = open,
                None => break,
            },
            _ => {}
        }
    }
    end
}
