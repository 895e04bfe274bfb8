//! A file's bytes as a stream of text: unpacked, without its byte order mark, and the decision
//! what stands in it, taken from as few of its first bytes as will do.
//!
//! Not here: reading entries out of it (`lines`, `values`, `table`).

use std::fs::File;
use std::io::{self, BufRead, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Origin;
use crate::json::Node;

/// How many bytes are read at a time.
const CHUNK: usize = 128 * 1024;
/// How many bytes are looked at, at most, to tell what stands in a file.
const LOOK: usize = 256 * 1024;

/// What stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing but white space.
    Empty,
    /// A JSON value a line: records, or envelopes with many.
    Lines,
    /// JSON values over lines as they please: an array, or a pretty-printed envelope or record.
    Values,
    /// Comma-separated values under a header.
    Table,
    /// UTF-16, which is not read.
    Utf16,
}

/// How much of a file has been read, to be looked at from another place than its reader.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    read: Arc<AtomicU64>,
    /// The file's length as it lies on the disk, where it has one.
    total: Option<u64>,
}

impl Progress {
    /// The share that has been read, in 0..=1, where the whole is known.
    pub(super) fn share(&self) -> Option<f64> {
        let total = self.total.filter(|total| *total > 0)?;
        Some((self.read.load(Ordering::Relaxed) as f64 / total as f64).min(1.0))
    }
}

struct Counted<R> {
    inner: R,
    progress: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.progress.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// A file's text as it comes: a buffered reader whose buffer can be looked at and made to grow.
pub(super) struct Content {
    inner: Box<dyn Read>,
    buffer: Vec<u8>,
    start: usize,
    ended: bool,
    /// A failure that was met while looking ahead, for whoever comes to that place.
    failure: Option<io::Error>,
    /// How much has been read.
    pub(super) progress: Progress,
    /// Whether the text came unpacked.
    is_plain: bool,
    /// The file itself, where its text lies there as it is.
    plain: Option<File>,
    /// Where the text begins in it.
    begin: u64,
}

impl Content {
    /// Opens an input.
    pub(super) fn open(origin: &Origin) -> io::Result<Self> {
        match origin {
            Origin::Stdin => Self::of(Box::new(io::stdin()), Progress::default()),
            Origin::Path(path) => {
                let file = File::open(path)?;
                let about = file.metadata()?;
                if about.is_dir() {
                    return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
                }
                let total = about.is_file().then_some(about.len());
                let plain = if about.is_file() { file.try_clone().ok() } else { None };
                let content = Self::of(Box::new(file), Progress { read: Arc::default(), total })?;
                Ok(Self { plain: plain.filter(|_| content.is_plain), ..content })
            }
        }
    }

    /// Unpacks what the first bytes say is packed, and takes a byte order mark off.
    fn of(raw: Box<dyn Read>, progress: Progress) -> io::Result<Self> {
        let mut raw = Counted { inner: raw, progress: progress.clone() };
        let mut magic = Vec::with_capacity(4);
        raw.by_ref().take(4).read_to_end(&mut magic)?;
        let packing = Packing::of(&magic);
        let whole = Cursor::new(magic).chain(raw);
        let inner: Box<dyn Read> = match packing {
            Packing::None => Box::new(whole),
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(whole)),
            Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(whole)?),
        };
        let mut content = Self {
            inner,
            buffer: Vec::new(),
            start: 0,
            ended: false,
            failure: None,
            progress,
            is_plain: packing == Packing::None,
            plain: None,
            begin: 0,
        };
        while content.buffered().len() < 3 && content.read_more()? {}
        if content.buffered().starts_with(b"\xef\xbb\xbf") {
            content.consume(3);
            content.begin = 3;
        }
        Ok(content)
    }

    /// The file, where its text lies there as it is: it can be read at any place.
    pub(super) fn as_plain_file(&mut self) -> Option<File> {
        self.plain.take()
    }

    /// The place of its first character in that file.
    pub(super) fn begin(&self) -> u64 {
        self.begin
    }

    /// What has been read and not yet taken.
    pub(super) fn buffered(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Reads another chunk behind what is buffered; `false` at the end.
    pub(super) fn read_more(&mut self) -> io::Result<bool> {
        if let Some(failure) = self.failure.take() {
            self.ended = true;
            return Err(failure);
        }
        if self.ended {
            return Ok(false);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let had = self.buffer.len();
        self.buffer.resize(had + CHUNK, 0);
        let result = loop {
            match self.inner.read(&mut self.buffer[had..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.buffer.truncate(had + result.as_ref().copied().unwrap_or(0));
        let count = result?;
        self.ended = count == 0;
        Ok(count > 0)
    }

    /// Tells what stands in it, reading no more than it takes; nothing is consumed.
    ///
    /// A failure to read is not told here: what was read before is decided upon, and the failure
    /// comes again, to whoever reads on.
    pub(super) fn shape(&mut self) -> Shape {
        let mut enough = false;
        loop {
            enough |= self.buffered().len() >= LOOK;
            if let Some(shape) = shape_of(self.buffered(), enough) {
                return shape;
            }
            match self.read_more() {
                Ok(more) => enough |= !more,
                Err(failure) => {
                    self.failure = Some(failure);
                    enough = true;
                }
            }
        }
    }

    /// Whether nothing but white space follows the first `length` bytes of the buffer, as far as a
    /// look at the next few thousand tells. A failure to read comes again, to whoever reads on.
    pub(super) fn is_last(&mut self, length: usize) -> bool {
        loop {
            let rest = &self.buffered()[length..];
            if rest.len() > 4096 || rest.iter().any(|byte| !is_space(*byte)) {
                return false;
            }
            match self.read_more() {
                Ok(true) => {}
                Ok(false) => return true,
                Err(failure) => {
                    self.failure = Some(failure);
                    self.ended = false;
                    return false;
                }
            }
        }
    }

    /// Whether nothing but white space is left. Reads on only over white space.
    pub(super) fn is_exhausted(&mut self) -> io::Result<bool> {
        loop {
            let bytes = self.fill_buf()?;
            if bytes.is_empty() {
                return Ok(true);
            }
            if !bytes.iter().all(|byte| is_space(*byte)) {
                return Ok(false);
            }
            let count = bytes.len();
            self.consume(count);
        }
    }
}

impl Read for Content {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let count = from.len().min(into.len());
        into[..count].copy_from_slice(&from[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Content {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.buffer.len() {
            self.read_more()?;
        }
        Ok(self.buffered())
    }

    fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.buffer.len());
    }
}

/// JSON's white space.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    /// By the first bytes (RFC 1952, RFC 8878).
    fn of(magic: &[u8]) -> Self {
        match magic {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// What the text that begins so is; `None`: more of it is needed. `enough`: there is no more to come,
/// or no more is wanted.
fn shape_of(text: &[u8], enough: bool) -> Option<Shape> {
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return Some(Shape::Utf16);
    }
    let Some(begin) = text.iter().position(|byte| !is_space(*byte)) else {
        return enough.then_some(Shape::Empty);
    };
    let text = &text[begin..];
    let mut lines = text.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    // The last piece has its end still to come, unless all is here.
    let whole_lines = memchr::memchr_iter(b'\n', text).count() + usize::from(enough);
    let others =
        || lines.clone().take(whole_lines.saturating_sub(1)).filter(|line| !line.trim_ascii().is_empty());
    match first[0] {
        b'{' | b'[' if whole_lines == 0 => None,
        b'{' => match parse(first) {
            Parsed::Whole | Parsed::Wrong => Some(Shape::Lines),
            Parsed::Open => {
                // A record over several lines, or a broken line before good ones?
                if matches!(first.trim_ascii().last(), Some(b'{' | b'[' | b',' | b':')) {
                    return Some(Shape::Values);
                }
                match others().next() {
                    Some(next) if is_object(next) => Some(Shape::Lines),
                    Some(_) => Some(Shape::Values),
                    None => enough.then_some(Shape::Values),
                }
            }
        },
        b'[' => match parse(first) {
            Parsed::Whole | Parsed::Open => Some(Shape::Values),
            // `[INFO] …` before records is no array.
            Parsed::Wrong if others().any(is_object) => Some(Shape::Lines),
            Parsed::Wrong => enough.then_some(Shape::Values),
        },
        _ if others().any(is_object) => Some(Shape::Lines),
        _ => enough.then_some(Shape::Table),
    }
}

enum Parsed {
    Whole,
    Open,
    Wrong,
}

fn parse(line: &[u8]) -> Parsed {
    let Ok(text) = std::str::from_utf8(line) else { return Parsed::Wrong };
    match Node::parse(text) {
        Ok(_) => Parsed::Whole,
        Err(error) if error.is_eof() => Parsed::Open,
        Err(_) => Parsed::Wrong,
    }
}

fn is_object(line: &[u8]) -> bool {
    line.trim_ascii_start().first() == Some(&b'{') && matches!(parse(line), Parsed::Whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Shape {
        shape_of(text.as_bytes(), true).expect("enough")
    }

    #[test]
    fn the_first_lines_tell_what_stands_in_a_file() {
        assert_eq!(shape(""), Shape::Empty);
        assert_eq!(shape(" \r\n\n"), Shape::Empty);
        assert_eq!(shape("{\"a\":1}\n{\"a\":2}\n"), Shape::Lines);
        assert_eq!(shape("{\"Records\":[]}"), Shape::Lines);
        assert_eq!(shape("\n\n  {\"a\":1}"), Shape::Lines);
        assert_eq!(shape("{\n  \"events\": [\n"), Shape::Values);
        assert_eq!(shape("{\"events\": [\n{\"a\":1}\n]}"), Shape::Values);
        assert_eq!(shape("[{\"a\":1}]"), Shape::Values);
        assert_eq!(shape("[\n{\"a\":1},\n{\"a\":2}]"), Shape::Values);
        assert_eq!(shape("time,action\r\n2026,x\r\n"), Shape::Table);
        assert_eq!(shape("time,action"), Shape::Table);
        assert_eq!(shape("\u{0}garbage"), Shape::Table);
    }

    #[test]
    fn a_broken_first_line_does_not_hide_the_good_ones_behind_it() {
        assert_eq!(shape("{\"a\": \"cut off\n{\"a\":2}\n"), Shape::Lines);
        assert_eq!(shape("{oops}\n{\"a\":2}\n"), Shape::Lines);
        assert_eq!(shape("not json\n{\"a\":2}\n"), Shape::Lines);
        assert_eq!(shape("[INFO] started\n{\"a\":2}\n"), Shape::Lines);
    }

    #[test]
    fn no_more_is_asked_for_than_the_first_record() {
        assert_eq!(shape_of(b"{\"a\":1}\n", false), Some(Shape::Lines));
        assert_eq!(shape_of(b"{\"a\":1", false), None);
        assert_eq!(shape_of(b"[\n", false), Some(Shape::Values));
        assert_eq!(shape_of(b"time,action\n", false), None);
        assert_eq!(shape_of(b"\xff\xfet\0", false), Some(Shape::Utf16));
    }

    #[test]
    fn packed_text_is_told_by_its_first_bytes() {
        let text = b"{\"a\":1}\n".repeat(50_000);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut gzip, &text).expect("packs");
        let gzip = gzip.finish().expect("packs");
        let zstd = zstd::encode_all(text.as_slice(), 1).expect("packs");
        for packed in [text.clone(), gzip.clone(), zstd.clone()] {
            let mut content = Content::of(Box::new(Cursor::new(packed)), Progress::default()).expect("opens");
            assert_eq!(content.shape(), Shape::Lines);
            let mut unpacked = Vec::new();
            content.read_to_end(&mut unpacked).expect("unpacks");
            assert!(unpacked == text);
        }
        for mut cut in [gzip, zstd] {
            cut.truncate(cut.len() / 2);
            let mut content = Content::of(Box::new(Cursor::new(cut)), Progress::default()).expect("opens");
            content.read_to_end(&mut Vec::new()).expect_err("it was cut");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        let mut content = Content::of(Box::new(&b"\xef\xbb\xbf{}"[..]), Progress::default()).expect("opens");
        let mut text = String::new();
        content.read_to_string(&mut text).expect("text");
        assert_eq!(text, "{}");
    }
}
