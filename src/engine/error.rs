//! What can go wrong with a server that keeps entries, in words that say what to do.

use crate::archive;
use crate::fetch::ErrorKind;

/// What went wrong.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The password cannot be had, or the place is no place.
    #[error("{0}")]
    Config(String),
    /// The server does not let the user in, or not do this.
    #[error("{place} refuses: {why}")]
    Refused {
        /// Which server.
        place: String,
        /// Its own words, made visible.
        why: String,
    },
    /// No answer.
    #[error("{place} cannot be reached: {why}")]
    Unreachable {
        /// Which server.
        place: String,
        /// Why.
        why: String,
    },
    /// The server says that something is wrong.
    #[error("{place}: {why}")]
    Failed {
        /// Which server.
        place: String,
        /// The number of its error; `None`: it told none.
        code: Option<u32>,
        /// Its own words, made visible.
        why: String,
    },
    /// An answer takes more memory than there is for one.
    #[error("{place}: an answer has more than {limit} bytes")]
    TooLong {
        /// Which server.
        place: String,
        /// How many are taken.
        limit: usize,
    },
    /// There are no tables of auditty.
    #[error("there is no archive at {place}: `auditty sync` makes one")]
    Missing {
        /// Which server.
        place: String,
    },
    /// A later auditty made the tables.
    #[error(
        "the archive at {place} has version {found} and this auditty knows versions up to {known}: a newer auditty reads it"
    )]
    Newer {
        /// Which server.
        place: String,
        /// The version of its tables.
        found: u64,
        /// The newest that is known here.
        known: u64,
    },
    /// Another process writes the same source.
    #[error("another process is writing `{name}` to {place}; a source has one writer")]
    Busy {
        /// Which server.
        place: String,
        /// The source.
        name: String,
    },
    /// The question cannot be asked there.
    #[error("not on this engine: {0}")]
    Cannot(String),
    /// Nobody wants the answer any more.
    #[error("cancelled")]
    Cancelled,
    /// What the archive as such says.
    #[error("{0}")]
    Archive(String, ErrorKind),
}

impl Error {
    /// What kind of failure it is, for the exit status.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Config(_) | Self::Cannot(_) => ErrorKind::Config,
            Self::Refused { .. } => ErrorKind::Refused,
            Self::Unreachable { .. } => ErrorKind::Unreachable,
            Self::Archive(_, kind) => *kind,
            _ => ErrorKind::Broken,
        }
    }
}

impl From<Error> for archive::Error {
    fn from(error: Error) -> Self {
        let fault = match error.kind() {
            ErrorKind::Config => archive::Fault::Config,
            ErrorKind::Refused => archive::Fault::Refused,
            ErrorKind::Unreachable => archive::Fault::Unreachable,
            ErrorKind::Broken => archive::Fault::Broken,
        };
        Self::Server { message: error.to_string(), fault }
    }
}
