//! What the crate offers: every name that a program may rely on, one a line, as a snapshot.
//!
//! What is behind `#[doc(hidden)]` is for our own command, examples and benches, and may change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use quote::ToTokens;
use syn::{Fields, ImplItem, Item, Visibility};

use crate::fixtures::files;

/// The snapshot; `TERRACE_WRITE=1` renews it.
const SNAPSHOT: &str = "tests/suite/public_api.txt";

const fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_hidden(attributes: &[syn::Attribute]) -> bool {
    let told = |attribute: &syn::Attribute| attribute.to_token_stream().to_string().replace(' ', "");
    attributes.iter().map(told).any(|told| told == "#[doc(hidden)]" || told == "#[cfg(test)]")
}

/// Tokens as one would write them, without the comments among them.
fn line(tokens: impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    while let Some((before, rest)) = text.split_once("# [doc = ") {
        let after = rest.split_once("\"] ").map_or("", |(_, after)| after);
        text = format!("{before}{after}");
    }
    for (loose, tight) in [
        (" :: ", "::"),
        (" < ", "<"),
        (" > ", "> "),
        (" >", ">"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        (" :", ":"),
        ("& ", "&"),
        (" ;", ";"),
        ("> (", ">("),
        ("> ,", ">,"),
        ("->", "-> "),
        ("->  ", "-> "),
        (",)", ")"),
    ] {
        text = text.replace(loose, tight);
    }
    text.trim().to_owned()
}

/// The names that `lib.rs` offers, with the modules that it offers whole.
fn offered(root: &Path) -> BTreeSet<String> {
    fn names(tree: &syn::UseTree, out: &mut BTreeSet<String>) {
        match tree {
            syn::UseTree::Path(path) => names(&path.tree, out),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, out)),
            syn::UseTree::Name(name) => drop(out.insert(name.ident.to_string())),
            syn::UseTree::Rename(name) => drop(out.insert(name.rename.to_string())),
            syn::UseTree::Glob(_) => panic!("the library offers no globs"),
        }
    }
    let text = std::fs::read_to_string(root.join("lib.rs")).expect("lib.rs");
    let mut out = BTreeSet::new();
    for item in syn::parse_file(&text).expect("Rust").items {
        match item {
            Item::Use(item) if is_public(&item.vis) => names(&item.tree, &mut out),
            Item::Mod(item) if is_public(&item.vis) => {
                // The guide is there to be read.
                let is_read = item.ident == "guide";
                assert!(is_read || is_hidden(&item.attrs), "the room {} is offered", item.ident);
            }
            _ => {}
        }
    }
    out
}

fn fields(name: &str, fields: &Fields, out: &mut Vec<String>) {
    let public = fields.iter().filter(|field| is_public(&field.vis));
    out.extend(public.map(|field| {
        let field_name = field.ident.as_ref().map_or("0".to_owned(), ToString::to_string);
        format!("{name}.{field_name}: {}", line(&field.ty))
    }));
}

/// What an item of this name, outside of any `impl`, offers.
fn described(item: &Item, name: &str, within: &str) -> Vec<String> {
    let mut out = Vec::new();
    let shown = format!("{within}{name}");
    match item {
        Item::Struct(item) if item.ident == name => {
            out.push(format!("struct {shown}{}", line(&item.generics)));
            fields(&shown, &item.fields, &mut out);
        }
        Item::Enum(item) if item.ident == name => {
            let exhaustive = !item.attrs.iter().any(|attribute| attribute.path().is_ident("non_exhaustive"));
            out.push(format!("{}enum {shown}", if exhaustive { "" } else { "#[non_exhaustive] " }));
            out.extend(
                item.variants
                    .iter()
                    .map(|variant| format!("{shown}::{}{}", variant.ident, line(&variant.fields))),
            );
        }
        Item::Fn(item) if item.sig.ident == name => out.push(line(&item.sig)),
        Item::Type(item) if item.ident == name => out.push(format!("type {shown} = {}", line(&item.ty))),
        _ => {}
    }
    out
}

/// The public functions and the traits that `impl` blocks give a type of this name.
fn implemented(item: &Item, name: &str, within: &str) -> Vec<String> {
    let Item::Impl(block) = item else { return Vec::new() };
    let syn::Type::Path(of) = &*block.self_ty else { return Vec::new() };
    if is_hidden(&block.attrs) || of.path.segments.last().is_none_or(|segment| segment.ident != name) {
        return Vec::new();
    }
    if let Some((_, of, _)) = &block.trait_ {
        return vec![format!("impl {} for {within}{name}", line(of))];
    }
    let functions = block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(function) if is_public(&function.vis) && !is_hidden(&function.attrs) => {
            Some(format!("{within}{name}: {}", line(&function.sig)))
        }
        ImplItem::Const(item) if is_public(&item.vis) => {
            Some(format!("{within}{name}::{}: {}", item.ident, line(&item.ty)))
        }
        _ => None,
    });
    functions.collect()
}

#[test]
fn the_public_names_are_those_of_the_snapshot() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let offered = offered(&root);
    let sources: BTreeMap<String, syn::File> = files(&root)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.strip_prefix(&root).expect("below src").display().to_string();
            (name, syn::parse_file(&std::fs::read_to_string(&path).expect("a source")).expect("Rust"))
        })
        .collect();
    let ours = |file: &str| ["client/", "library/", "model/"].iter().any(|room| file.starts_with(room));
    let mut lines = BTreeSet::new();
    let mut describe = |file: &str, name: &str, within: &str| {
        let found: Vec<_> =
            sources[file].items.iter().flat_map(|item| described(item, name, within)).collect();
        if found.is_empty() {
            return;
        }
        lines.extend(found);
        let room = file.split('/').next().unwrap_or_default();
        let there = sources.iter().filter(|(other, _)| other.split('/').next() == Some(room));
        lines
            .extend(there.flat_map(|(_, file)| &file.items).flat_map(|item| implemented(item, name, within)));
    };
    for name in &offered {
        let module = format!("library/{name}.rs");
        if let Some(file) = sources.get(&module).filter(|_| name.chars().all(|c| c.is_lowercase())) {
            let public = file.items.iter().filter_map(|item| match item {
                Item::Fn(item) if is_public(&item.vis) => Some(item.sig.ident.to_string()),
                Item::Struct(item) if is_public(&item.vis) => Some(item.ident.to_string()),
                Item::Enum(item) if is_public(&item.vis) => Some(item.ident.to_string()),
                _ => None,
            });
            for inner in public {
                describe(&module, &inner, &format!("{name}::"));
            }
        } else {
            for file in sources.keys().filter(|file| ours(file)) {
                describe(file, name, "");
            }
        }
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(SNAPSHOT);
    if std::env::var_os("TERRACE_WRITE").is_some() {
        std::fs::write(&file, &text).expect("a file");
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == text,
        "{SNAPSHOT} is stale: TERRACE_WRITE=1 cargo test --test suite public_api\n{}",
        similar_lines(&committed, &text)
    );
    assert!(offered.iter().all(|name| text.contains(name.as_str())), "a name is not described: {offered:?}");
}

/// The lines that only one of two texts has.
fn similar_lines(before: &str, after: &str) -> String {
    let of = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (before, after) = (of(before), of(after));
    let gone = before.difference(&after).map(|line| format!("- {line}\n"));
    gone.chain(after.difference(&before).map(|line| format!("+ {line}\n"))).collect()
}
