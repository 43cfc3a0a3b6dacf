//! The fence: which room may import which, which crates stay in one room, and no circles.
//!
//! Imports only go down, so that the judging core stays free of files, git and terminals, and a
//! reader knows what a line can reach from where it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Attribute, Item, UseTree};

use crate::fixtures::files;

/// Each room and the rooms it may import. A room inside a room is named with both names; it may
/// import what is told here, and what its outer room may.
const ROOMS: [(&str, &[&str]); 19] = [
    ("model", &[]),
    ("yaml", &["model"]),
    ("yaml::edit", &["yaml"]),
    ("json_schema", &["model", "yaml"]),
    ("formats", &["model", "yaml"]),
    ("secrets", &["model", "yaml"]),
    ("diff", &["model", "yaml"]),
    ("merge", &["model", "yaml", "secrets", "diff"]),
    ("engine", &["model", "yaml", "json_schema", "formats", "secrets", "diff", "merge"]),
    ("engine::promotion", &["engine"]),
    ("engine::rules", &["engine"]),
    ("report", &["model", "yaml", "secrets", "diff", "formats", "engine"]),
    ("store", &["model", "yaml", "merge", "engine"]),
    ("store::transaction", &["store"]),
    ("watch", &["model", "engine", "store"]),
    ("ops", &["model", "yaml", "json_schema", "formats", "secrets", "diff", "merge", "engine", "store"]),
    ("library", &["model", "yaml", "json_schema", "secrets", "engine", "report", "store", "watch", "ops"]),
    ("cli", &["model", "yaml", "formats", "secrets", "merge", "engine", "report", "store", "watch", "ops"]),
    ("main", &["cli"]),
];

/// Rooms inside others that these rooms alone may import, besides their own.
const INNER: [(&str, &[&str]); 1] = [("store::transaction", &["store", "ops"])];

/// Crates that only one room may name, and that room.
const KEPT: [(&str, &str); 16] = [
    ("git2", "store"),
    ("notify", "watch"),
    ("atomic_write_file", "store"),
    ("clap", "cli"),
    ("clap_complete", "cli"),
    ("clap_mangen", "cli"),
    ("dialoguer", "cli"),
    ("indicatif", "cli"),
    ("rustix", "cli"),
    ("signal_hook", "cli"),
    ("granit_parser", "yaml"),
    ("jsonschema", "json_schema"),
    ("toml_edit", "formats"),
    ("jiff", "model"),
    ("gix_date", "store"),
    ("globset", "model"),
];

/// Rooms that are pure, and what they may not reach for.
const PURE: [&str; 9] =
    ["model", "yaml", "json_schema", "formats", "secrets", "diff", "merge", "engine", "report"];
const IMPURE: [&str; 9] = [
    "std::fs",
    "std::env",
    "std::process",
    "std::net",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::io::stdout",
    "std::io::stderr",
];

/// What no room may reach for but those named.
const BANNED: [(&str, &[&str]); 3] =
    [("std::env", &["cli", "main"]), ("std::time::SystemTime", &["cli"]), ("std::process::exit", &[])];

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

/// The innermost room of the table that a file belongs to.
fn room(name: &[String]) -> Option<&'static str> {
    let name = name.join("::");
    let within = |room: &str| name == room || name.starts_with(&format!("{room}::"));
    ROOMS.iter().map(|(room, _)| *room).filter(|room| within(room)).max_by_key(|room| room.len())
}

fn is_or_within(room: &str, outer: &str) -> bool {
    room == outer || room.starts_with(&format!("{outer}::"))
}

fn outer(room: &str) -> &str {
    room.split("::").next().unwrap_or(room)
}

fn allowed(room: &str) -> impl Iterator<Item = &'static str> {
    let of = |name: &str| ROOMS.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, rooms)| *rooms);
    of(room).iter().chain(of(outer(room))).copied()
}

#[test]
fn rooms_import_only_what_lies_below_them() {
    let house = House::read();
    let mut wrong = Vec::new();
    let mut used: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (file, imports) in house.imports().iter().filter(|(file, _)| !file.is_empty()) {
        let Some(here) = room(file) else {
            wrong.push(format!("{} is in no room of the table", file.join("::")));
            continue;
        };
        for import in imports.iter().filter(|import| !import.is_empty()) {
            let there = room(import).unwrap_or_default();
            used.insert((here, outer(there)));
            let is_own = there == here || is_or_within(there, here);
            let is_known = allowed(here).any(|room| is_or_within(there, room));
            let for_few = INNER.iter().find(|(inner, _)| *inner == there);
            let is_for_others = for_few.is_some_and(|(_, rooms)| !rooms.contains(&outer(here)));
            if !(is_own || is_known) || is_for_others {
                wrong.push(format!("{} imports {}", file.join("::"), import.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (here, rooms) in &ROOMS {
        let stale: Vec<_> = rooms.iter().filter(|there| !used.contains(&(here, there))).collect();
        let is_empty = !house.modules.keys().any(|name| room(name) == Some(here));
        assert!(
            stale.is_empty() && !is_empty,
            "{here} imports nothing of {stale:?}: the table says too much"
        );
    }
}

#[test]
fn crates_stay_in_their_room() {
    let house = House::read();
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for module in house.modules.values() {
        for path in house.outside(module) {
            let Some((name, kept)) = KEPT.iter().find(|(name, _)| path.first().is_some_and(|p| p == name))
            else {
                continue;
            };
            used.insert(*name);
            if module.name.first().is_none_or(|room| room != kept) {
                wrong.push(format!("{} uses {name}, which is kept in {kept}", module.name.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let stale: Vec<_> = KEPT.iter().filter(|(name, _)| !used.contains(name)).collect();
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
            if is_impure || banned.is_some_and(|(_, rooms)| !rooms.contains(&here)) {
                wrong.push(format!("{} reaches for {path}", module.name.join("::")));
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
