//! `auditty demo --generate N`: a made-up log of any size, for trying things out and for measuring.
//!
//! Not here: what stands in it (`demo::generate`).

use std::io::{self, BufWriter, Write};

use super::arguments::{ExplorerArguments, GeneratedFormat};
use super::failure::Failure;
use crate::demo::generate::{self, Format};

/// How many bytes are written at a time.
const BUFFER: usize = 256 * 1024;

/// Writes a log of `count` entries, newest first.
pub fn run(count: u64, format: GeneratedFormat, out: &mut impl Write) -> io::Result<()> {
    let format = match format {
        GeneratedFormat::Ndjson => Format::Ndjson,
        GeneratedFormat::Csv => Format::Csv,
    };
    generate::write(count, format, &mut BufWriter::with_capacity(BUFFER, out))
}

/// The explorer's flags say nothing of a log that is only written.
pub fn refuse_others(explorer: &ExplorerArguments) -> Result<(), Failure> {
    if *explorer == ExplorerArguments::default() {
        return Ok(());
    }
    Err(Failure::usage("--generate writes a log and opens nothing: beside it stands --format alone"))
}
