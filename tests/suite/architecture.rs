//! The fence: which room may import which, and which crates stay in one room.
//!
//! Imports only go down, so that the judging core stays free of files, git and terminals, and a
//! reader knows what a line can reach from where it stands.

use std::collections::BTreeSet;
use std::path::Path;

use crate::fixtures::files;

/// Each room and the rooms it may import.
const ROOMS: [(&str, &[&str]); 9] = [
    ("model", &[]),
    ("yaml", &["model"]),
    ("engine", &["model", "yaml"]),
    ("report", &["model", "yaml", "engine"]),
    ("store", &["model", "yaml", "engine"]),
    ("ops", &["model", "yaml", "engine", "store"]),
    ("library", &["model", "yaml", "engine", "report", "store", "ops"]),
    ("cli", &["model", "yaml", "engine", "report", "store", "ops"]),
    ("main", &["cli"]),
];

/// Crates that only one room may name, and that room.
const KEPT: [(&str, &str); 13] = [
    ("git2", "store"),
    ("notify", "store"),
    ("atomic_write_file", "store"),
    ("clap", "cli"),
    ("clap_complete", "cli"),
    ("clap_mangen", "cli"),
    ("dialoguer", "cli"),
    ("indicatif", "cli"),
    ("rustix", "cli"),
    ("signal_hook", "cli"),
    ("granit_parser", "yaml"),
    ("jsonschema", "engine"),
    ("toml_edit", "engine"),
];

/// What pure rooms may not reach for.
const IMPURE: [&str; 6] =
    ["std::fs", "std::env", "std::process", "std::net", "std::time::SystemTime", "std::io::stdout"];

struct File {
    room: String,
    name: String,
    /// The code without comments, tests and string contents that a reader would skip as well.
    code: String,
}

fn sources() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |path: std::path::PathBuf| {
        let name = path.strip_prefix(&root).expect("below src").display().to_string();
        let text = std::fs::read_to_string(&path).expect("a source file");
        let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let room = name.split(['/', '.']).next().unwrap_or_default().to_owned();
        File { room, name, code: code.collect::<Vec<_>>().join("\n") }
    };
    let found: Vec<_> = files(&root)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(read)
        .collect();
    assert!(found.len() > 50, "the fence looks at the wrong folder");
    found
}

/// Whether `code` names the path `path`, and not a longer word.
fn names(code: &str, path: &str) -> bool {
    code.match_indices(path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + path.len()..].chars().next();
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !word(before) && (path.ends_with(':') || !word(after))
    })
}

#[test]
fn rooms_import_only_what_lies_below_them() {
    let rooms: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| file.room != "lib") {
        let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == file.room) else {
            wrong.push(format!("{} is in no room of the table", file.name));
            continue;
        };
        for other in rooms.iter().filter(|other| **other != file.room && !allowed.contains(other)) {
            if names(&file.code, &format!("crate::{other}"))
                || names(&file.code, &format!("terrace::{other}"))
            {
                wrong.push(format!("{} imports {other}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_stay_in_their_room() {
    let mut wrong = Vec::new();
    for file in sources() {
        for (name, room) in KEPT.iter().filter(|(_, room)| *room != file.room) {
            if names(&file.code, &format!("{name}::")) {
                wrong.push(format!("{} uses {name}, which is kept in {room}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_touch_nothing_outside() {
    let pure = ["model", "yaml", "engine", "report"];
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| pure.contains(&file.room.as_str())) {
        for reach in IMPURE.iter().filter(|reach| names(&file.code, reach)) {
            wrong.push(format!("{} reaches for {reach}", file.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_fence_would_notice() {
    assert!(names("use crate::store::Repository;", "crate::store"));
    assert!(!names("use crate::storeroom;", "crate::store"));
    assert!(names("git2::Repository::open", "git2::"));
    assert!(!names("my_git2::x", "git2::"));
}

/// What a clone has at its top, whatever was made in it since.
#[test]
fn the_top_level_stays_as_it_is() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "schemas",
        "examples",
        "tests",
        "benches",
        "fuzz",
        "README.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
    ];
    let mut git = std::process::Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let output = git.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("git runs");
    let files = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(files.lines().count() > 50, "not a clone: {}", String::from_utf8_lossy(&output.stderr));
    for name in files.lines().map(|file| file.split('/').next().unwrap_or(file)) {
        assert!(name.starts_with('.') || allowed.contains(&name), "{name} is new at the top level");
    }
}
