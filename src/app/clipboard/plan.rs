//! Which ways a text is handed over, in which order: a pure function of the environment.

use std::path::PathBuf;
use std::str::FromStr;

/// One way to hand a text over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// The desktop's clipboard.
    System,
    /// tmux's buffer, from where tmux sends it on to its terminal.
    Tmux,
    /// The terminal's clipboard, by an escape sequence that it may follow or not.
    Osc52,
    /// A file that only the user can read.
    File,
}

/// Which ways the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Choice {
    /// What the surroundings suggest.
    #[default]
    Auto,
    /// This one alone.
    Only(Way),
}

/// The names of `--clipboard` and of the config's `[ui] clipboard`, in the order they are offered.
pub const NAMES: [(&str, Choice); 5] = [
    ("auto", Choice::Auto),
    ("system", Choice::Only(Way::System)),
    ("tmux", Choice::Only(Way::Tmux)),
    ("osc52", Choice::Only(Way::Osc52)),
    ("file", Choice::Only(Way::File)),
];

/// A name that is no way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no way to copy: expected auto, system, tmux, osc52 or file")]
pub struct UnknownWay {
    /// The name as it was given.
    pub name: String,
}

impl FromStr for Choice {
    type Err = UnknownWay;

    fn from_str(name: &str) -> Result<Self, UnknownWay> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, choice)| *choice).ok_or_else(|| UnknownWay { name: name.to_owned() })
    }
}

/// What stands between us and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Multiplexer {
    /// Nothing.
    None,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

/// What the environment tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// Inside SSH: the machine's clipboard is not the user's.
    pub remote: bool,
    /// There is a desktop.
    pub display: bool,
    /// What stands between us and the terminal.
    pub multiplexer: Multiplexer,
    /// Where a file may be put that is nobody else's business.
    pub runtime_dir: PathBuf,
}

impl Surroundings {
    /// As these environment variables tell; an empty one counts as absent.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let has = |name: &str| get(name).is_some();
        let multiplexer = if has("TMUX") {
            Multiplexer::Tmux
        } else if has("STY") {
            Multiplexer::Screen
        } else {
            Multiplexer::None
        };
        Self {
            remote: has("SSH_TTY") || has("SSH_CONNECTION"),
            display: cfg!(target_os = "macos") || has("DISPLAY") || has("WAYLAND_DISPLAY"),
            multiplexer,
            runtime_dir: get("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from),
        }
    }
}

/// What is tried, in order, until something of a group went; all ways of a group are gone.
pub fn ways(choice: Choice, around: &Surroundings) -> Vec<Vec<Way>> {
    if let Choice::Only(way) = choice {
        return vec![vec![way]];
    }
    let first = match (around.remote || !around.display, around.multiplexer) {
        (false, _) => vec![vec![Way::System], vec![Way::Osc52]],
        (true, Multiplexer::Tmux) => vec![vec![Way::Tmux, Way::Osc52]],
        (true, Multiplexer::None | Multiplexer::Screen) => vec![vec![Way::Osc52]],
    };
    first.into_iter().chain([vec![Way::File]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings(variables: &[(&str, &str)]) -> Surroundings {
        Surroundings::of(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_ways_follow_from_the_environment() {
        use Way::{File, Osc52, System, Tmux};
        let desktop = vec![vec![System], vec![Osc52], vec![File]];
        let plain = vec![vec![Osc52], vec![File]];
        let tmux = vec![vec![Tmux, Osc52], vec![File]];
        for (variables, expected) in [
            (&[("DISPLAY", ":0")][..], &desktop),
            (&[("WAYLAND_DISPLAY", "wayland-0")], &desktop),
            (&[("DISPLAY", ":0"), ("TMUX", "/tmp/tmux-1/default,1,0")], &desktop),
            (&[("DISPLAY", "localhost:10.0"), ("SSH_TTY", "/dev/pts/1")], &plain),
            (&[("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")], &plain),
            (&[("SSH_TTY", "/dev/pts/1"), ("STY", "1.pts")], &plain),
            (&[("SSH_TTY", "/dev/pts/1"), ("TMUX", "/tmp/tmux-1/default,1,0")], &tmux),
        ] {
            assert_eq!(&ways(Choice::Auto, &surroundings(variables)), expected, "{variables:?}");
        }
        if !cfg!(target_os = "macos") {
            assert_eq!(ways(Choice::Auto, &surroundings(&[("TMUX", "x")])), tmux);
            assert_eq!(ways(Choice::Auto, &surroundings(&[("DISPLAY", ""), ("SSH_TTY", "")])), plain);
        }
    }

    #[test]
    fn a_named_way_is_the_only_one() {
        let desktop = surroundings(&[("DISPLAY", ":0")]);
        assert_eq!(ways(Choice::Only(Way::Osc52), &desktop), [[Way::Osc52]]);
        for (name, choice) in NAMES {
            assert_eq!(name.parse(), Ok(choice));
        }
        let error = "xclip".parse::<Choice>().expect_err("no way").to_string();
        assert!(error.contains("xclip") && NAMES.iter().all(|(name, _)| error.contains(name)), "{error}");
    }

    #[test]
    fn the_runtime_folder_is_the_users_own() {
        let around = surroundings(&[("XDG_RUNTIME_DIR", "/run/user/1000")]);
        assert_eq!(around.runtime_dir, PathBuf::from("/run/user/1000"));
        assert_eq!(surroundings(&[]).runtime_dir, std::env::temp_dir());
    }
}
