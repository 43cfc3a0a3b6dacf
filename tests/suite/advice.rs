//! Advice is said by doors: what the rooms below them say names no command of ours, since it leaves by the
//! API and the page as well.

use std::collections::BTreeSet;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::Item;

use crate::fixtures::files;

/// The rooms whose words leave by every door.
const ROOMS: [&str; 13] = [
    "api",
    "diff",
    "engine",
    "formats",
    "json_schema",
    "merge",
    "model",
    "ops",
    "secrets",
    "server",
    "store",
    "watch",
    "yaml",
];

/// Files that may name commands, and why.
const EXEMPT: [(&str, &str); 12] = [
    ("engine/migration/record.rs", "a comment in a file that people read in the repository"),
    ("engine/promotion/decision.rs", "a comment in a file that people read in the repository"),
    ("model/explain.rs", "the pages of `terrace explain`"),
    ("ops/init.rs", "a comment in a file that people read in the repository"),
    ("server/mod.rs", "said at the start, to who typed the command"),
    ("server/page/chooser.rs", "what the page cannot do"),
    ("server/page/edit.rs", "what the page cannot do"),
    ("server/page/item.rs", "what the page cannot do"),
    ("server/page/overview.rs", "what the page cannot do"),
    ("server/page/promotion.rs", "what the page cannot do"),
    ("server/page/sign_in.rs", "what the page cannot do"),
    ("server/tokens.rs", "said at the start, and by the command that makes tokens"),
];

/// Files that write commands for git to run.
const PROGRAMS: [&str; 2] = ["store/hook_owner.rs", "store/integration.rs"];

#[test]
fn what_leaves_by_every_door_names_no_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let commands: BTreeSet<String> = files(&root.join("cli"))
        .iter()
        .filter_map(|file| {
            file.strip_prefix(root.join("cli")).ok()?.iter().next()?.to_str().map(str::to_owned)
        })
        .map(|name| name.trim_end_matches(".rs").replace('_', "-"))
        .collect();
    assert!(["check", "set", "serve"].iter().all(|command| commands.contains(*command)), "{commands:?}");
    let mut naming = BTreeSet::new();
    let mut looked_at = 0;
    for room in ROOMS {
        for file in files(&root.join(room)) {
            let name = file.strip_prefix(&root).expect("below src").to_str().expect("UTF-8").to_owned();
            if !name.ends_with(".rs") || name.ends_with("tests.rs") || name.ends_with("testing.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&file).expect("a file");
            let said = literals(&text);
            looked_at += said.len();
            if said.iter().any(|text| names_command(text, &commands)) {
                naming.insert(name);
            }
        }
    }
    assert!(looked_at > 1_000, "{looked_at}");
    let exempt = EXEMPT.iter().map(|(file, _)| *file).chain(PROGRAMS);
    let exempt: BTreeSet<String> = exempt.map(str::to_owned).collect();
    assert_eq!(naming, exempt, "left: names commands; right: may");
}

/// Whether a text names one of the commands.
fn names_command(text: &str, commands: &BTreeSet<String>) -> bool {
    text.match_indices("terrace ").any(|(at, found)| {
        let after = &text[at + found.len()..];
        let word = after.split(|letter: char| !letter.is_ascii_lowercase() && letter != '-').next();
        word.is_some_and(|word| commands.contains(word))
    })
}

/// The texts of a file that are said, which are neither documentation nor tests.
fn literals(text: &str) -> Vec<String> {
    let file = syn::parse_file(text).expect("Rust");
    let mut out = Vec::new();
    for item in &file.items {
        let is_test = matches!(item, Item::Mod(module) if module.ident == "tests");
        if !is_test {
            collect(item.to_token_stream(), &mut out);
        }
    }
    out
}

fn collect(tokens: TokenStream, out: &mut Vec<String>) {
    let mut was_hash = false;
    for token in tokens {
        let is_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        match token {
            TokenTree::Group(group) if !(was_hash && group.delimiter() == Delimiter::Bracket) => {
                collect(group.stream(), out);
            }
            TokenTree::Literal(literal) if literal.to_string().contains('"') => out.push(literal.to_string()),
            TokenTree::Group(_) | TokenTree::Literal(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
        was_hash = is_hash;
    }
}

#[test]
fn the_look_would_notice() {
    let commands = BTreeSet::from(["check".to_owned(), "git-merge".to_owned()]);
    let text = "/// terrace check\n#[doc = \"terrace check\"]\nfn a() { b(\"see: terrace check\", [\"c\"]); }\n\
                mod tests { const A: &str = \"terrace check\"; }";
    assert_eq!(literals(text), ["\"see: terrace check\"", "\"c\""]);
    for (text, names) in [
        ("terrace check", true),
        ("run `terrace check`", true),
        ("terrace checks it", false),
        ("terrace git-merge %O", true),
        ("terrace is busy", false),
    ] {
        assert_eq!(names_command(text, &commands), names, "{text}");
    }
}
