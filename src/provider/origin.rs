//! An origin as people write it: scheme, host and port, nothing more.

use url::Url;

/// Reads an origin; one trailing `/` is dropped. The result is canonical: lower case, without the
/// scheme's own port. The complaint never quotes the text, which may hold a password.
pub fn parse(text: &str) -> Result<String, &'static str> {
    let text = text.strip_suffix('/').unwrap_or(text);
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("must have no white space");
    }
    let url = Url::parse(text).map_err(|_| "is no URL: expected https://host or http://host:port")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with https:// or http://");
    }
    let Some((_, host)) = text.split_once("://") else {
        return Err("is no URL: expected https://host or http://host:port");
    };
    let authority = host.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("must have no user name and no password");
    }
    if host.contains('?') || host.contains('#') {
        return Err("must have no query: expected https://host or http://host:port");
    }
    if host.contains(['/', '\\']) {
        return Err("must have no path: expected https://host or http://host:port");
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port_alone() {
        let is = |text: &str| Ok(text.to_owned());
        assert_eq!(parse("https://tofupilot.app"), is("https://tofupilot.app"));
        assert_eq!(parse("https://Tofupilot.app:443/"), is("https://tofupilot.app"));
        assert_eq!(parse("http://localhost:8000"), is("http://localhost:8000"));
        assert_eq!(parse("http://[::1]:8000/"), is("http://[::1]:8000"));
        for wrong in [
            "",
            "localhost",
            "localhost:8000",
            "ftp://host",
            "https://",
            "https:host",
            "https://host//",
            "https://host/api",
            "https://host/api/",
            "https://host?x",
            "https://host/?x",
            "https://host#x",
            "https://me:secret@host",
            "https://@host",
            "https://host/a@b",
            "https://host?a@b",
            "https://ho st",
            "https://host\\x",
            " https://host",
        ] {
            let complaint = parse(wrong).expect_err(wrong);
            assert!(!complaint.contains("secret"));
            let named = complaint.contains("user name");
            assert_eq!(named, wrong.contains("@host"), "{wrong}: {complaint}");
        }
    }
}
