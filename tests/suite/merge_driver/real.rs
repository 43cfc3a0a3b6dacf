//! Merges of real files: edits of two neighbouring lines that hold one simple value each.

use std::path::Path;

use super::{Case, Truth, values};
use crate::fixtures::files;

/// Few enough to run often, from all over each file.
const PAIRS: usize = 3;

type Edit = fn(&str, &str) -> String;

/// What is done to a line, given its indentation and its text.
const EDITS: [(&str, Edit); 5] = [
    ("value", |_, line| format!("{line}7\n")),
    ("key behind", |indent, line| format!("{line}\n{indent}zz_ours: 1\n")),
    ("remove", |_, _| String::new()),
    ("comment above", |indent, line| format!("{indent}# looked at\n{line}\n")),
    ("comment beside", |_, line| format!("{line}  # looked at\n")),
];

pub(super) fn cases(folder: &Path) -> Vec<Case> {
    let mut out = Vec::new();
    for file in files(folder) {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        if values(&text).is_none() || text.contains('\r') {
            continue;
        }
        let name = file.strip_prefix(folder).expect("below").display().to_string();
        let lines: Vec<_> = text.lines().collect();
        let simple: Vec<_> = (0..lines.len()).filter(|at| is_simple(lines[*at])).collect();
        let pairs: Vec<_> = simple.windows(2).collect();
        let step = pairs.len().div_ceil(PAIRS).max(1);
        for pair in pairs.iter().step_by(step) {
            for (a, ours) in EDITS {
                for (b, theirs) in EDITS {
                    // Theirs writes other words than ours.
                    let theirs = |indent: &str, line: &str| {
                        theirs(indent, line).replace("zz_ours", "zz_theirs").replace("looked at", "seen")
                    };
                    let edit = |first: bool, second: bool| {
                        let edited = lines.iter().enumerate().map(|(at, line)| {
                            let indent = &line[..line.len() - line.trim_start().len()];
                            match at {
                                _ if at == pair[0] && first => ours(indent, line),
                                _ if at == pair[1] && second => theirs(indent, line),
                                _ => format!("{line}\n"),
                            }
                        });
                        edited.collect::<String>()
                    };
                    let (left, right, both) = (edit(true, false), edit(false, true), edit(true, true));
                    if [&left, &right, &both].into_iter().any(|text| values(text).is_none()) {
                        continue;
                    }
                    out.push(Case {
                        kind: format!("{a} · {b}"),
                        name: format!("{name}:{}", pair[0] + 1),
                        base: Some(text.clone().into_bytes()),
                        ours: left.into_bytes(),
                        theirs: right.into_bytes(),
                        truth: Truth::Text(both),
                    });
                }
            }
        }
    }
    out
}

/// Whether a line is a key with a short plain value.
fn is_simple(line: &str) -> bool {
    let Some((key, value)) = line.trim_start().split_once(": ") else { return false };
    let word =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    word(key) && word(value)
}
