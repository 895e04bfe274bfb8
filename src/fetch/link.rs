//! The `Link` header (RFC 8288): which URL stands in which relation.
//!
//! Lenient where servers are careless (a trailing comma or semicolon, an unquoted relation, a
//! parameter without a value), strict where leniency could mislead: only the first `rel` of a link
//! counts, and a link with an `anchor` speaks of another page than this one. Not here: resolving a
//! relative reference, and whether its origin may be asked (`fetch::origin`).

/// A link's target, as it was written, for the first link of this relation. Relation names compare
/// without regard to case. A link that gives an `anchor` is passed over: its context is not the
/// page that came.
pub fn target<'a>(headers: impl IntoIterator<Item = &'a str>, rel: &str) -> Option<String> {
    headers
        .into_iter()
        .flat_map(links)
        .find(|link| !link.anchored && link.rels.iter().any(|name| name.eq_ignore_ascii_case(rel)))
        .map(|link| link.target.to_owned())
}

/// One link of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link<'a> {
    target: &'a str,
    rels: Vec<String>,
    anchored: bool,
}

/// Every link of one header line that can be read; what cannot is passed over.
fn links(header: &str) -> Vec<Link<'_>> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let Some(length) = rest[start + 1..].find('>') else { break };
        let target = rest[start + 1..start + 1 + length].trim();
        let mut scan = Scan { rest: &rest[start + length + 2..] };
        let mut rels: Option<Vec<String>> = None;
        let mut anchored = false;
        while let Some((name, value)) = scan.parameter() {
            if name.eq_ignore_ascii_case("rel") && rels.is_none() {
                rels = Some(value.unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect());
            } else if name.eq_ignore_ascii_case("anchor") {
                anchored = true;
            }
        }
        rest = scan.rest;
        found.push(Link { target, rels: rels.unwrap_or_default(), anchored });
    }
    found
}

/// Reads a link's parameters, up to the comma that ends it.
struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    /// The next `name` or `name=value`; `None` at the link's end.
    fn parameter(&mut self) -> Option<(&'a str, Option<String>)> {
        self.rest = self.rest.trim_start_matches([' ', '\t', ';']);
        if self.rest.is_empty() || self.rest.starts_with(',') {
            return None;
        }
        let end = self.rest.find(['=', ';', ',']).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        let Some(value) = rest.strip_prefix('=') else { return Some((name.trim(), None)) };
        self.rest = value.trim_start_matches([' ', '\t']);
        Some((name.trim(), Some(self.value())))
    }

    /// A token or a quoted string, its quoted pairs resolved.
    fn value(&mut self) -> String {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find([';', ',']).unwrap_or(self.rest.len());
            let (token, rest) = self.rest.split_at(end);
            self.rest = rest;
            return token.trim().to_owned();
        };
        let mut text = String::new();
        let mut characters = quoted.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &quoted[at + 1..];
                    return text;
                }
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                other => text.push(other),
            }
        }
        self.rest = "";
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rels(header: &str) -> Vec<(String, String)> {
        links(header)
            .into_iter()
            .flat_map(|link| link.rels.into_iter().map(move |rel| (link.target.to_owned(), rel)))
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(target, rel)| ((*target).to_owned(), (*rel).to_owned())).collect()
    }

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        for (header, expected) in [
            (
                r#"<http://example.com/TheBook/chapter2>; rel="previous"; title="previous chapter""#,
                &[("http://example.com/TheBook/chapter2", "previous")][..],
            ),
            (r#"</>; rel="http://example.net/foo""#, &[("/", "http://example.net/foo")]),
            (r##"</terms>; rel="copyright"; anchor="#foo""##, &[("/terms", "copyright")]),
            (
                r#"</TheBook/chapter2>; rel="previous"; title*=UTF-8'de'letztes%20Kapitel, </TheBook/chapter4>; rel="next"; title*=UTF-8'de'n%c3%a4chstes%20Kapitel"#,
                &[("/TheBook/chapter2", "previous"), ("/TheBook/chapter4", "next")],
            ),
            (
                r#"<http://example.org/>; rel="start http://example.net/relation/other""#,
                &[
                    ("http://example.org/", "start"),
                    ("http://example.org/", "http://example.net/relation/other"),
                ],
            ),
            (
                r#"<https://example.org/>; rel="start", <https://example.org/index>; rel="index""#,
                &[("https://example.org/", "start"), ("https://example.org/index", "index")],
            ),
        ] {
            assert_eq!(rels(header), pairs(expected), "{header}");
        }
    }

    #[test]
    fn what_servers_and_other_parsers_make_of_it_is_read_too() {
        for (header, expected) in [
            (
                r#"<https://a/next>;rel="next", <https://a/t.pdf>;rel="terms-of-service""#,
                &[("https://a/next", "next"), ("https://a/t.pdf", "terms-of-service")][..],
            ),
            ("<example.com>", &[]),
            ("<example.com>; rel=example", &[("example.com", "example")]),
            ("<example.com>; rel=", &[]),
            ("<example.com>; nopush", &[]),
            (
                r#"<example.com>; rel="example", <example-01.com>; rel=alternate"#,
                &[("example.com", "example"), ("example-01.com", "alternate")],
            ),
            (r#"<example.com>; rel="example"; rel="invalid""#, &[("example.com", "example")]),
            (
                r#"<example.com>; rel="example"; title="Something of \"importance\"""#,
                &[("example.com", "example")],
            ),
            ("<example.com>; rel= example; title = Something", &[("example.com", "example")]),
            (
                r#"</example>; rel=alternate; hreflang=en-US; hreflang=de; type="text/html"; media=screen; media="should be ignored""#,
                &[("/example", "alternate")],
            ),
            (r#"<a>; rel="previous"; title="previous; chapter""#, &[("a", "previous")]),
            (r#"<a>; title="previous, chapter"; rel="previous""#, &[("a", "previous")]),
            (
                r#"<a>; rel="example,comma", <b>; rel="alternate;semicolon""#,
                &[("a", "example,comma"), ("b", "alternate;semicolon")],
            ),
            (
                "<https://a/?client_id=1&page=2>; rel=next, <https://a/?page=3>; rel=last",
                &[("https://a/?client_id=1&page=2", "next"), ("https://a/?page=3", "last")],
            ),
            (
                r#"<https://a/?page=3>; rel="next", <https://a/?page=1>; pet="cat", "#,
                &[("https://a/?page=3", "next")],
            ),
            (
                r#"<https://a/?name=What,+me+worry>; rel="next";"#,
                &[("https://a/?name=What,+me+worry", "next")],
            ),
            ("", &[]),
            ("<unclosed", &[]),
            (r#"<a>; rel="unclosed"#, &[("a", "unclosed")]),
        ] {
            assert_eq!(rels(header), pairs(expected), "{header}");
        }
    }

    #[test]
    fn the_target_is_the_first_of_its_relation_over_all_lines_and_without_an_anchor() {
        let lines = [
            r#"<self>; rel="self""#,
            r##"<other>; rel=next; anchor="#x", <two>; rel="Prev NEXT""##,
            "<three>; rel=next",
        ];
        assert_eq!(target(lines, "next").as_deref(), Some("two"));
        assert_eq!(target(lines, "last"), None);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_fail(header in "[<>;,=\"\\\\ a-z]{0,40}|\\PC{0,30}") {
            let _ = target([header.as_str()], "next");
        }

        #[test]
        fn a_written_link_is_read_back(url in "[a-z/?=&,;]{0,20}", title in "[a-z,;<>= ]{0,12}") {
            let header = format!("<x>; rel=prev; title=\"{title}\", <{url}>; title=\"{title}\"; rel=\"next\"");
            prop_assert_eq!(target([header.as_str()], "next"), Some(url));
        }
    }
}
