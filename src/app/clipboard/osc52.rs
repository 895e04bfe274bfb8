//! The escape sequence that asks a terminal to put a text into its clipboard.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::plan::Multiplexer;
use crate::text::counted;

/// The longest text that terminals are known to take, in bytes: with its frame it makes a sequence
/// of 100,000.
pub const LIMIT: usize = 74_994;

/// screen passes on at most 768 bytes at a time, its own frame among them.
const SCREEN_CHUNK: usize = 512;

/// A text that no terminal would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} bytes are too long for OSC 52, which takes {}", counted(*.bytes as u64), counted(LIMIT as u64))]
pub struct TooLong {
    /// Its length.
    pub bytes: usize,
}

/// The sequence for a text, wrapped so that what stands between passes it on.
pub fn sequence(text: &str, multiplexer: Multiplexer) -> Result<Vec<u8>, TooLong> {
    if text.len() > LIMIT {
        return Err(TooLong { bytes: text.len() });
    }
    let bare = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    Ok(match multiplexer {
        Multiplexer::None => bare.into_bytes(),
        Multiplexer::Tmux => format!("\x1bPtmux;{}\x1b\\", bare.replace('\x1b', "\x1b\x1b")).into_bytes(),
        Multiplexer::Screen => bare
            .as_bytes()
            .chunks(SCREEN_CHUNK)
            .flat_map(|chunk| [b"\x1bP", chunk, b"\x1b\\"].concat())
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_wrapped_for_what_stands_between() {
        let text = |multiplexer| {
            let bytes = sequence("req_1", multiplexer).expect("short");
            String::from_utf8(bytes).expect("text")
        };
        assert_eq!(text(Multiplexer::None), "\x1b]52;c;cmVxXzE=\x07");
        assert_eq!(text(Multiplexer::Tmux), "\x1bPtmux;\x1b\x1b]52;c;cmVxXzE=\x07\x1b\\");
        assert_eq!(text(Multiplexer::Screen), "\x1bP\x1b]52;c;cmVxXzE=\x07\x1b\\");
    }

    #[test]
    fn screen_gets_it_in_pieces_that_make_the_whole() {
        let text = "x".repeat(3000);
        let wrapped = sequence(&text, Multiplexer::Screen).expect("short");
        let wrapped = String::from_utf8(wrapped).expect("text");
        let pieces: Vec<&str> = wrapped.split_terminator("\x1b\\").collect();
        assert!(pieces.iter().all(|piece| piece.len() <= SCREEN_CHUNK + 2));
        let whole: String = pieces.iter().filter_map(|piece| piece.strip_prefix("\x1bP")).collect();
        assert_eq!(whole.into_bytes(), sequence(&text, Multiplexer::None).expect("short"));
    }

    #[test]
    fn the_limit_is_the_known_one() {
        let longest = sequence(&"x".repeat(LIMIT), Multiplexer::None).expect("just short enough");
        assert_eq!(longest.len(), 100_000);
        assert_eq!(sequence(&"x".repeat(LIMIT + 1), Multiplexer::None), Err(TooLong { bytes: 74_995 }));
    }
}
