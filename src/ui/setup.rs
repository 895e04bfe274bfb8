//! What the explorer was opened on, as far as the screen has to know it: for command lines that are
//! handed over, for the choice of other sources, for what is said where nobody can be asked.
//!
//! Not here: opening anything (`app`, `cli`).

/// What was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Opened {
    /// Sources of the config.
    #[default]
    Sources,
    /// Local files, by path as the user wrote it.
    Files(Vec<String>),
    /// The embedded server.
    Demo,
    /// Nothing yet: the first run.
    Nothing,
}

/// What the explorer was opened on and with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setup {
    /// What was opened.
    pub opened: Opened,
    /// Whether the mouse is captured at the start.
    pub mouse: bool,
}

impl Setup {
    /// Whether there is a server to be asked; a file is read once, whole.
    pub fn has_servers(&self) -> bool {
        matches!(self.opened, Opened::Sources | Opened::Demo)
    }
}
