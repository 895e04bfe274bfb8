//! Why a command fails, and the exit status that says so (the contract's section 1).

use std::fmt;

/// A failure that ends a command: its words, and its exit status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The exit status.
    pub status: Status,
    /// What went wrong, where, and what to do; may have several lines.
    pub message: String,
}

/// The exit statuses, each with its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The whole result.
    Whole = 0,
    /// Any failure or gap that has no status of its own.
    Broken = 1,
    /// Usage, config, descriptor or filter: before anything is sent.
    Usage = 2,
    /// Refused: 401 or 403.
    Refused = 3,
    /// No connection, TLS failure, timeout, or 429 and 5xx after the last try.
    Unreachable = 4,
}

impl From<Status> for std::process::ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

impl From<crate::fetch::ErrorKind> for Status {
    fn from(kind: crate::fetch::ErrorKind) -> Self {
        match kind.exit_code() {
            2 => Self::Usage,
            3 => Self::Refused,
            4 => Self::Unreachable,
            _ => Self::Broken,
        }
    }
}

impl Failure {
    /// A usage, config, descriptor or filter error.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { status: Status::Usage, message: message.to_string() }
    }

    /// Any other failure.
    pub fn broken(message: impl fmt::Display) -> Self {
        Self { status: Status::Broken, message: message.to_string() }
    }
}

impl From<crate::fetch::Error> for Failure {
    fn from(error: crate::fetch::Error) -> Self {
        Self { status: error.kind.into(), message: error.message }
    }
}
