//! YAML files of every shape, generated: block and flow, comments and blank lines, either
//! indentation, line ending and final newline.

use proptest::prelude::*;

/// What a file holds.
#[derive(Clone, Debug)]
enum Tree {
    /// A scalar or flow collection on one line.
    Text(&'static str),
    /// The lines of a literal block scalar.
    Lines(&'static str, Vec<&'static str>),
    /// A flow list over several lines.
    Wrapped(Vec<&'static str>, bool),
    Map(Vec<(&'static str, Trimmings, Tree)>),
    List(Vec<(Trimmings, Tree)>),
}

/// What stands around an entry.
#[derive(Clone, Copy, Debug)]
struct Trimmings {
    blank: bool,
    above: bool,
    beside: bool,
}

/// How a file is laid out.
#[derive(Clone, Copy, Debug)]
struct Style {
    step: usize,
    dash: usize,
    compact: bool,
    crlf: bool,
    mark: bool,
    closed: bool,
    header: bool,
    documents: bool,
    /// Whether `*z` is an alias for the first entry.
    anchor: bool,
}

fn trimmings() -> impl Strategy<Value = Trimmings> {
    (prop::bool::weighted(0.2), prop::bool::weighted(0.3), prop::bool::weighted(0.3))
        .prop_map(|(blank, above, beside)| Trimmings { blank, above, beside })
}

fn tree() -> impl Strategy<Value = Tree> {
    let text = prop::sample::select(vec![
        "1",
        "0x1F",
        "1.10",
        "x",
        "x y",
        "'it''s'",
        "\"q\\n\"",
        "~",
        "",
        "true",
        "[]",
        "{}",
        "[a, b,  c]",
        "{k: v, 'l': [1]}",
        "[a: b, c]",
        "!!str 5",
        "!env X",
        "http://a/b?c#d",
        "{a: 1,}",
        "*z",
    ]);
    let lines = (
        prop::sample::select(vec!["|", "|-", ">", ">-", "|+"]),
        prop::collection::vec(prop::sample::select(vec!["one", "# two", "three: 3", "", "  - four"]), 0..4),
    );
    let wrapped =
        (prop::collection::vec(prop::sample::select(vec!["1", "'b'", "c d", "{e: 1}"]), 1..4), any::<bool>());
    let leaf = prop_oneof![
        6 => text.prop_map(Tree::Text),
        1 => lines.prop_map(|(header, mut lines)| {
            lines.insert(0, "first");
            Tree::Lines(header, lines)
        }),
        1 => wrapped.prop_map(|(items, comma)| Tree::Wrapped(items, comma)),
    ];
    leaf.prop_recursive(4, 20, 5, |inner| {
        let keys = vec!["a", "b", "'c d'", "\"e\"", "f.g", "8080", "name"];
        let map = (Just(keys), prop::collection::vec((trimmings(), inner.clone()), 1..5), any::<usize>())
            .prop_map(|(keys, entries, shift)| {
                let key = |index: usize| keys[(index + shift) % keys.len()];
                let numbered = entries.into_iter().enumerate();
                Tree::Map(numbered.map(|(index, (around, tree))| (key(index), around, tree)).collect())
            });
        let list = prop::collection::vec((trimmings(), inner), 1..5).prop_map(Tree::List);
        prop_oneof![2 => map, 1 => list]
    })
}

fn style() -> impl Strategy<Value = Style> {
    let sizes =
        (prop::sample::select(vec![2usize, 4, 3]), prop::sample::select(vec![0usize, 2, 4]), any::<bool>());
    let file = (
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.8),
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.3),
    );
    (sizes, file).prop_map(|((step, dash, compact), (crlf, mark, closed, header, documents, anchor))| Style {
        step,
        dash,
        compact,
        crlf,
        mark,
        closed,
        header,
        documents,
        anchor,
    })
}

/// The text of a file with a mapping or list in it.
pub(crate) fn file() -> impl Strategy<Value = String> {
    let root = tree().prop_filter("a collection", |tree| matches!(tree, Tree::Map(_) | Tree::List(_)));
    (root, style()).prop_map(|(tree, style)| style.file(&tree))
}

impl Style {
    fn file(self, tree: &Tree) -> String {
        let mut out = String::new();
        if self.header {
            out.push_str("# head\n\n");
        }
        if self.anchor {
            let list = matches!(tree, Tree::List(_));
            out.push_str(if list { "- &z [1, x] # z\n" } else { "z: &z # z\n  p: 1\n  # q\n  q: x\n" });
        }
        self.entries(tree, 0, &mut out);
        if self.documents {
            out = format!("{out}---\n{out}...\n---\nz: 1 # z\n");
        }
        if !self.closed {
            out.truncate(out.trim_end_matches('\n').len());
        }
        let out = if self.crlf { out.replace('\n', "\r\n") } else { out };
        if self.mark { format!("\u{feff}{out}") } else { out }
    }

    fn entries(self, tree: &Tree, indent: usize, out: &mut String) {
        let pad = " ".repeat(indent);
        match tree {
            Tree::Map(entries) => {
                for (number, (key, around, tree)) in entries.iter().enumerate() {
                    self.above(*around, &pad, number, out);
                    out.push_str(&format!("{pad}{key}:"));
                    let inner = indent + if matches!(tree, Tree::List(_)) { self.dash } else { self.step };
                    self.value(tree, *around, inner, false, out);
                }
            }
            Tree::List(items) => {
                for (number, (around, tree)) in items.iter().enumerate() {
                    self.above(*around, &pad, number, out);
                    out.push_str(&format!("{pad}-"));
                    self.value(tree, *around, indent + 2, self.compact, out);
                }
            }
            Tree::Text(_) | Tree::Lines(..) | Tree::Wrapped(..) => {}
        }
    }

    fn above(self, around: Trimmings, pad: &str, number: usize, out: &mut String) {
        // A compact first entry has nothing above it.
        let begins = out.is_empty() || out.ends_with('\n');
        if around.blank && begins {
            out.push('\n');
        }
        if around.above && begins {
            out.push_str(&format!("{pad}# above {number}\n"));
        }
    }

    fn value(self, tree: &Tree, around: Trimmings, inner: usize, compact: bool, out: &mut String) {
        let beside = if around.beside { "  # beside" } else { "" };
        let pad = " ".repeat(inner);
        match tree {
            Tree::Text("") => out.push_str(&format!("{beside}\n")),
            Tree::Text("*z") if !self.anchor => out.push_str(&format!(" z{beside}\n")),
            Tree::Text(text) => out.push_str(&format!(" {text}{beside}\n")),
            Tree::Lines(header, lines) => {
                out.push_str(&format!(" {header}{beside}\n"));
                for line in lines {
                    out.push_str(&if line.is_empty() { "\n".to_owned() } else { format!("{pad}{line}\n") });
                }
            }
            Tree::Wrapped(items, comma) => {
                out.push_str(" [\n");
                for (number, item) in items.iter().enumerate() {
                    let comma = if *comma || number + 1 < items.len() { "," } else { "" };
                    out.push_str(&format!("{pad}  {item}{comma}{beside}\n"));
                }
                out.push_str(&format!("{pad}]{beside}\n"));
            }
            Tree::Map(_) | Tree::List(_) if compact => {
                let mut body = String::new();
                self.entries(tree, inner, &mut body);
                // Comments above the first entry stay on lines of their own.
                let rest =
                    body.get(inner..).filter(|_| body.starts_with(&pad) && !body[inner..].starts_with('#'));
                match rest {
                    Some(rest) => out.push_str(&format!(" {rest}")),
                    None => out.push_str(&format!("\n{body}")),
                }
            }
            Tree::Map(_) | Tree::List(_) => {
                out.push_str(&format!("{beside}\n"));
                self.entries(tree, inner, out);
            }
        }
    }
}
