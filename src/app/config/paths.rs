//! Where things are: the config, the user's descriptors, the archive, the log and the saved session
//! (the XDG base directories, on every platform).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The config where nothing else is said: `$XDG_CONFIG_HOME/auditty/config.toml`.
pub fn config_file(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    base(&variable, "XDG_CONFIG_HOME", ".config").map(|folder| folder.join("config.toml"))
}

/// Where the archive is: `$XDG_DATA_HOME/auditty`.
pub fn data_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    base(&variable, "XDG_DATA_HOME", ".local/share")
}

/// Where the log and the saved session are: `$XDG_STATE_HOME/auditty`.
pub fn state_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    base(&variable, "XDG_STATE_HOME", ".local/state")
}

/// Where the user's own descriptors are: `providers`, beside the config's file.
pub fn providers_beside(config: &Path) -> PathBuf {
    config.parent().unwrap_or(Path::new("")).join("providers")
}

/// A folder of ours below a base directory, by default below the home directory. A base directory
/// that is empty or relative counts as absent, as the XDG specification has it.
fn base(variable: impl Fn(&str) -> Option<OsString>, name: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(name).or_else(|| Some(absolute("HOME")?.join(below_home))).map(|base| base.join("auditty"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    }

    #[test]
    fn base_directories_are_the_variables_else_below_home() {
        let home = variables(&[("HOME", "/home/a"), ("XDG_DATA_HOME", "relative"), ("XDG_STATE_HOME", "")]);
        assert_eq!(config_file(&home), Some("/home/a/.config/auditty/config.toml".into()));
        assert_eq!(data_folder(&home), Some("/home/a/.local/share/auditty".into()));
        assert_eq!(state_folder(&home), Some("/home/a/.local/state/auditty".into()));
        let set = variables(&[("XDG_CONFIG_HOME", "/c"), ("XDG_DATA_HOME", "/d"), ("XDG_STATE_HOME", "/s")]);
        assert_eq!(config_file(&set), Some("/c/auditty/config.toml".into()));
        assert_eq!(data_folder(&set), Some("/d/auditty".into()));
        assert_eq!(state_folder(&set), Some("/s/auditty".into()));
        assert_eq!(config_file(variables(&[])), None);
        assert_eq!(providers_beside(Path::new("/c/a.toml")), Path::new("/c/providers"));
        assert_eq!(providers_beside(Path::new("a.toml")), Path::new("providers"));
    }
}
