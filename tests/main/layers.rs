//! The layering is held to the table in `src/architecture.md`, and the house rules that a compiler
//! does not know to the sources themselves.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A source file, by its path below `src`.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The top module that it belongs to: `fetch` of `fetch.rs` and `fetch/retry.rs`.
    fn module(&self) -> &str {
        let first = self.path.split('/').next().expect("a path has a first part");
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The program itself: without the tests at its end. What is only compiled for tests as a whole
    /// file is left out by [`sources`].
    fn program(&self) -> &str {
        let end = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        &self.text[..end]
    }

    /// The program without its comments, each line with its number.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.program().lines().enumerate();
        lines.map(|(at, line)| (at + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file that is part of the program.
fn sources() -> Vec<Source> {
    let mut all = Vec::new();
    read_folder(&root().join("src"), "", &mut all);
    let only_for_tests: Vec<String> = all.iter().flat_map(modules_for_tests).collect();
    all.retain(|source| {
        let module = source.path.trim_end_matches(".rs");
        !only_for_tests.iter().any(|test| module == test || module.starts_with(&format!("{test}/")))
    });
    assert!(all.len() > 30, "the sources were found");
    all
}

fn read_folder(folder: &Path, prefix: &str, all: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let below = format!("{prefix}{name}");
        if path.is_dir() {
            read_folder(&path, &format!("{below}/"), all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(Source { text: fs::read_to_string(&path).expect("text"), path: below });
        }
    }
}

/// The modules that a file declares for tests alone, as paths below `src` without `.rs`.
fn modules_for_tests(source: &Source) -> Vec<String> {
    let folder = match source.path.as_str() {
        "lib.rs" | "main.rs" => String::new(),
        path => format!("{}/", path.trim_end_matches(".rs")),
    };
    let declared = source.text.split("#[cfg(test)]\n").skip(1).filter_map(|rest| {
        let line = rest.lines().next()?.trim();
        let name = line.trim_start_matches("pub ").trim_start_matches("pub(crate) ").strip_prefix("mod ")?;
        name.strip_suffix(';')
    });
    declared.map(|name| format!("{folder}{name}")).collect()
}

/// The layer of each module, counted from the top of the table.
fn layers() -> BTreeMap<String, usize> {
    let page = fs::read_to_string(root().join("src/architecture.md")).expect("the page");
    let rows = page.lines().filter(|line| line.starts_with("| ")).skip(1);
    let mut layers = BTreeMap::new();
    for (layer, row) in rows.enumerate() {
        let modules = row.split('|').nth(2).expect("a second column");
        for name in modules.split('`').skip(1).step_by(2).filter(|name| !name.contains("::")) {
            layers.insert(name.to_owned(), layer);
        }
    }
    assert!(layers.len() > 12, "the table was read: {layers:?}");
    layers
}

/// The top modules that a piece of code names: `crate::a::B`, `crate::{a::B, c}`.
fn named(code: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            found.push(word(rest));
            continue;
        };
        let (mut depth, mut start) = (1, 0);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && c == ',') {
                found.push(word(&group[start..at]));
                start = at + 1;
            }
            if depth == 0 {
                break;
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

#[test]
fn names_are_found_however_they_are_written() {
    assert_eq!(named("use crate::store::Store; let x = crate::text::visible(y);"), ["store", "text"]);
    assert_eq!(named("use crate::{answer::{Answer, Row}, event, ui::view};"), ["answer", "event", "ui"]);
    assert_eq!(named("pub(crate) fn plain() {}"), [""; 0]);
}

#[test]
fn nothing_imports_from_a_layer_below_its_own() {
    let layers = layers();
    let mut wrong = Vec::new();
    for source in sources() {
        let module = source.module();
        if module == "lib" {
            continue;
        }
        let Some(own) = layers.get(module) else {
            wrong.push(format!("src/{}: `{module}` has no layer in src/architecture.md", source.path));
            continue;
        };
        let code = source.code().map(|(_, line)| line).collect::<Vec<_>>().join("\n");
        for name in named(&code) {
            // What is no module of the table is a name at the crate's root, of which there are none
            // but modules.
            match layers.get(&name) {
                Some(other) if other <= own => {}
                Some(_) => wrong.push(format!("src/{}: `{module}` imports `{name}`", source.path)),
                None => wrong.push(format!("src/{}: `{name}` has no layer", source.path)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_screen_does_no_io_and_knows_no_time_of_its_own() {
    const BARRED: [&str; 14] = [
        "tokio",
        "reqwest",
        "rusqlite",
        "arboard",
        "axum",
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "std::thread",
        "std::io",
        "Instant",
        "SystemTime",
        "Timestamp::now",
    ];
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.module() == "ui") {
        for (line, code) in source.code() {
            for barred in BARRED.iter().filter(|barred| code.contains(**barred)) {
                wrong.push(format!("src/{}:{line}: {barred}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_system_is_named_outside_the_demo() {
    const SYSTEMS: [&str; 5] = ["fastio", "fastpki", "fileguard", "tofupilot", "logfire"];
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.module() != "demo") {
        for (at, line) in source.program().lines().enumerate() {
            let line = line.to_lowercase();
            for system in SYSTEMS.iter().filter(|system| line.contains(**system)) {
                wrong.push(format!("src/{}:{}: {system}", source.path, at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_first_what_it_is() {
    let silent: Vec<String> = sources()
        .iter()
        .filter(|source| !source.text.starts_with("//! ") && !source.text.starts_with("#![doc = "))
        .map(|source| format!("src/{}", source.path))
        .collect();
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn no_module_is_a_drawer_for_odds_and_ends() {
    const DRAWERS: [&str; 7] = ["util", "utils", "common", "helper", "helpers", "manager", "misc"];
    for source in sources() {
        let names = source.path.trim_end_matches(".rs").split('/');
        let drawers: Vec<&str> = names.filter(|name| DRAWERS.contains(name)).collect();
        assert!(drawers.is_empty(), "src/{}: {drawers:?}", source.path);
    }
}
