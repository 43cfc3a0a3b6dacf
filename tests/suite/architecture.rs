//! The fence: which room may import which, which crates stay in one room, and no circles.
//!
//! Imports only go down, so that the judging core stays free of files, git and terminals, and a
//! reader knows what a line can reach from where it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Attribute, Item, UseTree};

use crate::fixtures::files;

/// A room, and what it may import.
type Row = (&'static str, &'static [&'static str]);

/// Each room and the rooms it may import.
const ROOMS: [Row; 21] = [
    ("guards", &[]),
    ("model", &["guards"]),
    ("guide", &[]),
    ("client", &["guards", "model"]),
    ("yaml", &["model"]),
    ("json_schema", &["model", "yaml"]),
    ("formats", &["model", "yaml"]),
    ("secrets", &["guards", "model", "yaml"]),
    ("diff", &["model", "secrets"]),
    ("merge", &["model", "yaml", "secrets", "diff"]),
    ("engine", &["guards", "model", "yaml", "json_schema", "formats", "secrets", "diff", "merge"]),
    ("api", &["guards", "model", "secrets", "engine"]),
    ("report", &["guide", "model", "secrets", "diff", "engine", "api"]),
    ("sinks", &["model"]),
    ("store", &["model", "merge", "engine"]),
    ("watch", &["model", "engine", "store"]),
    (
        "ops",
        &[
            "guards",
            "model",
            "yaml",
            "json_schema",
            "formats",
            "secrets",
            "diff",
            "merge",
            "engine",
            "sinks",
            "store",
        ],
    ),
    (
        "library",
        &["client", "model", "yaml", "json_schema", "secrets", "engine", "api", "store", "watch", "ops"],
    ),
    (
        "server",
        &[
            "guards",
            "model",
            "yaml",
            "json_schema",
            "formats",
            "secrets",
            "merge",
            "engine",
            "api",
            "store",
            "watch",
            "ops",
        ],
    ),
    (
        "cli",
        &[
            "guards", "guide", "model", "yaml", "formats", "secrets", "merge", "engine", "api", "report",
            "sinks", "store", "watch", "ops", "server",
        ],
    ),
    ("main", &["cli"]),
];

/// The rooms inside a room and what of their siblings they may import. What is not named imports
/// none of them and stands in no way.
const INNER: [(&str, &[Row]); 2] = [
    (
        "engine",
        &[
            ("snapshot", &[]),
            ("summary", &[]),
            ("hosts", &[]),
            ("mode", &[]),
            ("departure", &[]),
            ("pairs", &[]),
            ("parallel", &[]),
            ("naming", &["hosts"]),
            ("schemas", &["snapshot"]),
            ("configuration", &["snapshot", "schemas"]),
            ("history", &[]),
            ("moves", &["history", "naming"]),
            ("versions", &["history"]),
            ("timeline", &["history", "pairs", "versions"]),
            ("provenance", &["history", "versions"]),
            ("migration", &["moves", "naming"]),
            (
                "rules",
                &[
                    "configuration",
                    "departure",
                    "hosts",
                    "migration",
                    "naming",
                    "parallel",
                    "promotion",
                    "schemas",
                    "snapshot",
                ],
            ),
            ("promotion", &["history", "naming", "pairs", "snapshot", "timeline", "versions"]),
            ("own_names", &[]),
            ("rollback", &["promotion"]),
            ("compare", &["mode", "promotion"]),
            (
                "review",
                &[
                    "compare",
                    "configuration",
                    "departure",
                    "history",
                    "migration",
                    "mode",
                    "naming",
                    "promotion",
                    "rules",
                    "snapshot",
                    "summary",
                ],
            ),
            ("verdict", &["rules"]),
        ],
    ),
    (
        "store",
        &[
            ("git_error", &[]),
            ("git_index", &[]),
            ("integration", &[]),
            ("odb", &[]),
            ("process_environment", &[]),
            ("recent", &[]),
            ("git_program", &["process_environment"]),
            ("deadline", &[]),
            ("git_config", &["deadline", "git_program", "process_environment"]),
            ("remote", &["deadline", "git_error", "git_program", "process_environment"]),
            (
                "transaction",
                &[
                    "deadline",
                    "git_config",
                    "git_error",
                    "git_index",
                    "git_program",
                    "integration",
                    "odb",
                    "process_environment",
                    "recent",
                    "remote",
                ],
            ),
        ],
    ),
];

/// Crates that only some rooms may name, and those rooms.
const KEPT: [(&str, &str); 45] = [
    ("arc_swap", "server"),
    ("axum", "server"),
    ("flate2", "server"),
    ("headers", "server"),
    ("hmac", "server"),
    ("http", "server"),
    ("hyper", "server"),
    ("hyper_util", "server"),
    ("maud", "server"),
    ("percent_encoding", "server"),
    ("percent_encoding", "sinks"),
    ("tokio", "server"),
    ("tokio_rustls", "server"),
    ("ring", "client"),
    ("serde_path_to_error", "client"),
    ("futures_core", "client"),
    ("ureq", "client"),
    ("ureq", "sinks"),
    ("redis", "sinks"),
    ("base64", "formats"),
    ("base64", "secrets"),
    ("base64", "sinks"),
    ("git2", "store"),
    ("postcard", "store"),
    ("notify", "watch"),
    ("clap", "cli"),
    ("tracing", "cli"),
    ("tracing_subscriber", "cli"),
    ("clap_complete", "cli"),
    ("clap_mangen", "cli"),
    ("dialoguer", "cli"),
    ("rustix", "cli"),
    ("signal_hook", "cli"),
    ("granit_parser", "yaml"),
    ("memchr", "secrets"),
    ("memchr", "store"),
    ("memchr", "yaml"),
    ("referencing", "json_schema"),
    ("jsonc_parser", "json_schema"),
    ("jsonschema", "json_schema"),
    ("toml_edit", "formats"),
    ("gix_date", "cli"),
    ("aho_corasick", "model"),
    ("textwrap", "report"),
    ("globset", "model"),
];

/// Rooms that are pure, and what they may not reach for.
const PURE: [&str; 10] =
    ["model", "yaml", "json_schema", "formats", "secrets", "diff", "merge", "engine", "api", "report"];
const IMPURE: [&str; 10] = [
    "std::fs",
    "std::env",
    "std::process",
    "std::net",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::io::stdout",
    "std::io::stderr",
    "tempfile",
];

/// What no room may reach for but those named.
const BANNED: [(&str, &[&str]); 3] = [
    ("std::env", &["guards", "main", "cli", "library", "store::transaction::failpoints"]),
    ("std::time::SystemTime", &["cli", "store::cache", "watch::files"]),
    ("std::process::exit", &[]),
];

/// A path that the code names, from `crate` or from a crate of others.
type Named = Vec<String>;

struct Module {
    /// `store::transaction::lock`, by the file's place.
    name: Vec<String>,
    /// The paths that the code outside its tests names, as written, after `use` has been followed.
    paths: BTreeSet<Named>,
    /// What `pub use` offers under which name.
    offers: BTreeMap<String, Named>,
}

impl Module {
    fn read(root: &Path, file: &Path) -> Self {
        let place = file.strip_prefix(root).expect("below src").with_extension("");
        let mut name: Vec<String> = place.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if name.last().is_some_and(|last| last == "mod" || last == "lib") {
            name.pop();
        }
        let text = std::fs::read_to_string(file).expect("a source file");
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut module = Self { name, paths: BTreeSet::new(), offers: BTreeMap::new() };
        for item in parsed.items {
            module.item(item);
        }
        module
    }

    fn item(&mut self, item: Item) {
        if attributes(&item).iter().any(is_test) {
            return;
        }
        match item {
            Item::Use(found) => {
                let mut leaves = Vec::new();
                flatten(&found.tree, &mut Vec::new(), &mut leaves);
                for (path, name) in leaves {
                    if !matches!(found.vis, syn::Visibility::Inherited) {
                        self.offers.insert(name, path.clone());
                    }
                    self.paths.insert(path);
                }
            }
            Item::Mod(found) if found.content.is_some() => {
                found.content.into_iter().flat_map(|(_, items)| items).for_each(|item| self.item(item));
            }
            other => scan(quote::ToTokens::to_token_stream(&other), &mut self.paths),
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attribute: &Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("cfg") && list.tokens.to_string() == "test"
}

/// Each name that a `use` brings, with its whole path.
fn flatten(tree: &UseTree, before: &mut Named, leaves: &mut Vec<(Named, String)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, leaves);
            before.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, leaves)),
        UseTree::Name(name) if name.ident == "self" => {
            leaves.push((before.clone(), before.last().cloned().unwrap_or_default()));
        }
        UseTree::Name(name) => leaves.push((joined(before, &name.ident.to_string()), name.ident.to_string())),
        UseTree::Rename(name) => {
            leaves.push((joined(before, &name.ident.to_string()), name.rename.to_string()));
        }
        UseTree::Glob(_) => leaves.push((before.clone(), "*".to_owned())),
    }
}

fn joined(before: &[String], name: &str) -> Named {
    let name = std::iter::once(name.to_owned()).filter(|name| name != "self");
    before.iter().cloned().chain(name).collect()
}

/// The paths in code, those within macros too.
fn scan(code: TokenStream, paths: &mut BTreeSet<Named>) {
    let mut path: Named = Vec::new();
    let mut colons = 0;
    let mut end = |path: &mut Named| {
        if path.len() > 1 {
            paths.insert(std::mem::take(path));
        }
        path.clear();
    };
    let mut groups = Vec::new();
    for token in code {
        match token {
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    end(&mut path);
                }
                path.push(ident.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                end(&mut path);
                colons = 0;
                if group.delimiter() != Delimiter::None || !group.stream().is_empty() {
                    groups.push(group.stream());
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {
                end(&mut path);
                colons = 0;
            }
        }
    }
    end(&mut path);
    for group in groups {
        scan(group, paths);
    }
}

struct House {
    modules: BTreeMap<Vec<String>, Module>,
}

impl House {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let sources = files(&root).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
        let modules: BTreeMap<_, _> = sources
            .map(|file| Module::read(&root, &file))
            .map(|module| (module.name.clone(), module))
            .collect();
        assert!(modules.len() > 50, "the fence looks at the wrong folder");
        Self { modules }
    }

    /// A path from the root of this crate, or of another.
    fn absolute(&self, from: &Module, path: &[String]) -> Option<(bool, Named)> {
        let mut base = from.name.clone();
        let mut rest = path;
        match rest.split_first()? {
            (first, more) if first == "crate" || first == "terrace" => return Some((true, more.to_vec())),
            (first, more) if first == "self" => rest = more,
            (first, _) if first == "super" => {}
            (first, _) => {
                base.push(first.clone());
                if !self.modules.contains_key(&base) {
                    return Some((false, path.to_vec()));
                }
                base.pop();
            }
        }
        while let Some((first, more)) = rest.split_first().filter(|(first, _)| *first == "super") {
            debug_assert_eq!(first, "super");
            base.pop();
            rest = more;
        }
        base.extend(rest.iter().cloned());
        Some((true, base))
    }

    /// The file in which what a path of this crate means is written; `pub use` is followed.
    fn file_of(&self, path: &[String], depth: usize) -> Option<&Module> {
        let length = (1..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length]))?;
        let module = self.modules.get(&path[..length])?;
        let offered = path.get(length).and_then(|name| module.offers.get(name)).filter(|_| depth < 8);
        match offered.and_then(|path| self.absolute(module, path)) {
            Some((true, path)) => self.file_of(&path, depth + 1).or(Some(module)),
            _ => Some(module),
        }
    }

    /// The files that each file imports.
    fn imports(&self) -> BTreeMap<&[String], BTreeSet<&[String]>> {
        let of = |module: &Module| -> BTreeSet<&[String]> {
            let paths = module.paths.iter().filter_map(|path| self.absolute(module, path));
            let inside = paths.filter(|(is_ours, _)| *is_ours).filter_map(|(_, path)| self.file_of(&path, 0));
            inside.map(|found| found.name.as_slice()).filter(|name| *name != module.name).collect()
        };
        self.modules.values().map(|module| (module.name.as_slice(), of(module))).collect()
    }

    /// The crates of others, and what of the standard library is named: whole paths.
    fn outside<'h>(&'h self, module: &'h Module) -> impl Iterator<Item = Named> + 'h {
        let paths = module.paths.iter().filter_map(|path| self.absolute(module, path));
        paths.filter(|(is_ours, _)| !is_ours).map(|(_, path)| path)
    }
}

fn is_or_within(name: &str, outer: &str) -> bool {
    name == outer || name.starts_with(&format!("{outer}::"))
}

/// What a table says that `here` may import.
fn row(table: &[Row], here: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(name, _)| *name == here).map(|(_, may)| *may)
}

#[test]
fn rooms_import_only_what_lies_below_them() {
    let house = House::read();
    let mut wrong = Vec::new();
    let mut used: BTreeSet<(&str, &str)> = BTreeSet::new();
    let imports = house.imports();
    let pairs = imports.iter().flat_map(|(file, imports)| imports.iter().map(move |import| (*file, *import)));
    for (file, import) in pairs.filter(|(file, import)| !file.is_empty() && !import.is_empty()) {
        let (here, there) = (file[0].as_str(), import[0].as_str());
        let Some(may) = row(&ROOMS, here) else {
            wrong.push(format!("{} is in no room of the table", file.join("::")));
            continue;
        };
        used.insert((here, there));
        let mut is_allowed = here == there || may.contains(&there);
        if let (true, [_, inner, ..], [_, other, ..]) = (here == there, file, import)
            && let Some(may) =
                INNER.iter().find(|(room, _)| *room == here).and_then(|(_, rows)| row(rows, inner))
        {
            used.insert((inner, other));
            is_allowed = inner == other || may.contains(&other.as_str());
        }
        if !is_allowed {
            wrong.push(format!("{} imports {}", file.join("::"), import.join("::")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (here, may) in ROOMS.iter().chain(INNER.iter().flat_map(|(_, rows)| *rows)) {
        let stale: Vec<_> = may.iter().filter(|there| !used.contains(&(*here, **there))).collect();
        assert!(stale.is_empty(), "{here} imports nothing of {stale:?}: the table says too much");
    }
    let rooms = ROOMS.iter().map(|(room, _)| vec![(*room).to_owned()]);
    let inner = INNER
        .iter()
        .flat_map(|(room, rows)| rows.iter().map(|(inner, _)| vec![(*room).to_owned(), (*inner).to_owned()]));
    for room in rooms.chain(inner) {
        assert!(house.modules.contains_key(&room), "there is no room {}", room.join("::"));
    }
}

#[test]
fn crates_stay_in_their_room() {
    let house = House::read();
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for module in house.modules.values() {
        for path in house.outside(module) {
            let rows: Vec<_> =
                KEPT.iter().filter(|(name, _)| path.first().is_some_and(|p| p == name)).collect();
            let room = module.name.first().map_or("", String::as_str);
            match rows.iter().find(|(_, kept)| *kept == room) {
                Some(row) => _ = used.insert(**row),
                None if rows.is_empty() => {}
                None => wrong.push(format!(
                    "{} uses {}, which is kept in other rooms",
                    module.name.join("::"),
                    path[0]
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let stale: Vec<_> = KEPT.iter().filter(|row| !used.contains(*row)).collect();
    assert!(stale.is_empty(), "nothing uses {stale:?}");
}

#[test]
fn rooms_reach_only_for_what_they_may() {
    let house = House::read();
    let mut wrong = Vec::new();
    for module in house.modules.values().filter(|module| !module.name.is_empty()) {
        let here = module.name[0].as_str();
        for path in house.outside(module).map(|path| path.join("::")) {
            let is_impure = PURE.contains(&here) && IMPURE.iter().any(|reach| is_or_within(&path, reach));
            let banned = BANNED.iter().find(|(reach, _)| is_or_within(&path, reach));
            let name = module.name.join("::");
            let may = |rooms: &[&str]| rooms.iter().any(|room| is_or_within(&name, room));
            if is_impure || banned.is_some_and(|(_, rooms)| !may(rooms)) {
                wrong.push(format!("{name} reaches for {path}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files that import each other can only be understood together. What a folder's `mod.rs` holds is
/// shared by the files of the folder, so a file and the `mod.rs` above it make no circle.
#[test]
fn no_files_import_each_other_in_a_circle() {
    let house = House::read();
    let imports = house.imports();
    let below = |inner: &[String], outer: &[String]| inner.len() > outer.len() && inner.starts_with(outer);
    let edges: BTreeMap<&[String], Vec<&[String]>> = imports
        .iter()
        .map(|(file, imports)| {
            let others = imports.iter().filter(|other| !below(file, other) && !below(other, file));
            (*file, others.copied().collect())
        })
        .collect();
    let mut circles = BTreeSet::new();
    for start in edges.keys() {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&[String]> = vec![start];
        while let Some(file) = open.pop() {
            for next in edges.get(file).into_iter().flatten() {
                if next == start {
                    circles.insert(format!("{} and {}", start.join("::"), file.join("::")));
                } else if seen.insert(*next) {
                    open.push(next);
                }
            }
        }
    }
    assert!(circles.is_empty(), "in a circle:\n{}", circles.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_fence_would_notice() {
    let mut paths = BTreeSet::new();
    scan("fn f() { assert!(git2::Oid::zero() == std::env::var(x), 'a') }".parse().expect("code"), &mut paths);
    let found: Vec<String> = paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["git2::Oid::zero", "std::env::var"]);
    let tree: syn::ItemUse = syn::parse_str("use super::{a::{self, B as C}, d};").expect("a use");
    let mut leaves = Vec::new();
    flatten(&tree.tree, &mut Vec::new(), &mut leaves);
    let found: Vec<String> =
        leaves.iter().map(|(path, name)| format!("{} {name}", path.join("::"))).collect();
    assert_eq!(found, ["super::a a", "super::a::B C", "super::d d"]);
    assert!(is_or_within("store::transaction", "store") && !is_or_within("storeroom", "store"));
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
