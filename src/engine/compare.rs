//! Comparisons as people and programs read them: rows with lines and pointers, secrets masked.

use indexmap::{IndexMap, IndexSet};

use super::mode::{FileMode, Modes};
use super::promotion::Resolution;
use crate::diff::lists::ListRules;
use crate::diff::{Change, Depth, Kind, diff};
use crate::model::{Key, Pointer, Value, ValuePath};
use crate::secrets::mask::{Mask, MaskedText, Shown};
use crate::yaml::{Document, Limits};

/// One difference, values masked.
#[derive(Clone, Debug)]
pub struct DiffRow {
    /// What happened.
    pub kind: Kind,
    /// Where.
    pub path: ValuePath,
    /// The same as a pointer into the right document, or the left where the right lacks it.
    pub pointer: Pointer,
    /// The old value.
    pub left: Option<Shown>,
    /// The new value.
    pub right: Option<Shown>,
    /// The line of the old value, from 1.
    pub left_line: Option<usize>,
    /// The line of the new value, from 1.
    pub right_line: Option<usize>,
}

/// The differences of one item.
#[derive(Clone, Debug)]
pub struct ItemDiff {
    /// The item.
    pub key: Key,
    /// What differs; empty only in `unified`, where texts may differ and values not.
    pub rows: Vec<DiffRow>,
    /// The left file's text; `None` when the item is not there, or no texts are asked for.
    pub left_text: Option<MaskedText>,
    /// The right file's text; `None` when the item is not there, or no texts are asked for.
    pub right_text: Option<MaskedText>,
}

/// The differences between two documents, either of which may be missing.
#[must_use]
pub fn rows(
    from: Option<&Document>,
    to: Option<&Document>,
    lists: &dyn ListRules,
    mask: &Mask<'_>,
) -> Vec<DiffRow> {
    let values = |document: Option<&'_ Document>| document.map(|d| d.values().to_vec()).unwrap_or_default();
    let (left, right) = (values(from), values(to));
    let found = diff(&left, &right, lists, Depth::Whole);
    let secrets = mask.secrets_of([from, to].into_iter().flatten());
    found.iter().map(|change| row(change, from, to, &mask.within(&secrets))).collect()
}

/// One difference between two documents with its lines and pointer, values masked.
#[must_use]
pub fn row(change: &Change<'_>, from: Option<&Document>, to: Option<&Document>, mask: &Mask<'_>) -> DiffRow {
    let line = |document: Option<&Document>| {
        let document = document?;
        Some(document.lines().line(document.locate(&change.path)?.token().start))
    };
    let holder = if change.right.is_some() { to } else { from };
    DiffRow {
        kind: change.kind(),
        path: change.path.clone(),
        pointer: holder.map(|document| document.pointer(&change.path)).unwrap_or_default(),
        left: change.left.map(|value| mask.value(&change.path, value)),
        right: change.right.map(|value| mask.value(&change.path, value)),
        left_line: line(from),
        right_line: line(to),
    }
}

/// The difference of one file, for git.
#[derive(Clone, Debug)]
pub struct FileDiff {
    /// How it was and is recorded, as far as git says it.
    pub modes: Modes,
    /// What differs by path.
    pub rows: Vec<DiffRow>,
    /// Why lines tell more than paths; `None` when they do not.
    pub by_lines: Option<&'static str>,
    /// Whether comments differ besides the values.
    pub comments_differ: bool,
    /// The old text; `None` when there was no file.
    pub left_text: Option<MaskedText>,
    /// The new text; `None` when there is no file.
    pub right_text: Option<MaskedText>,
}

/// Compares two versions of a file, either of which may be absent, and neither of which need be
/// YAML. What a link or a submodule holds is no configuration, and shown as text.
#[must_use]
pub fn file_diff(
    [old, new]: [Option<&[u8]>; 2],
    modes: Modes,
    lists: &dyn ListRules,
    mask: &Mask<'_>,
) -> FileDiff {
    let read =
        |bytes: Option<&[u8]>| bytes.map(|bytes| Document::parse(bytes, &Limits::default())).transpose();
    let other_kind = match modes {
        [None, Some(FileMode::Symlink)] => Some("new symbolic link"),
        [Some(FileMode::Symlink), None] => Some("deleted symbolic link"),
        _ if modes.contains(&Some(FileMode::Symlink)) => Some("symbolic link"),
        _ if modes.contains(&Some(FileMode::Submodule)) => Some("submodule"),
        _ => None,
    };
    let (Ok(from), Ok(to), None) = (read(old), read(new), other_kind) else {
        let text = |bytes: Option<&[u8]>| bytes.map(|bytes| mask.plain_text(&String::from_utf8_lossy(bytes)));
        return FileDiff {
            modes,
            rows: Vec::new(),
            by_lines: other_kind.or(Some("not plain YAML, so by lines")),
            comments_differ: false,
            left_text: text(old),
            right_text: text(new),
        };
    };
    let rows = rows(from.as_ref(), to.as_ref(), lists, mask);
    let by_lines = match (&from, &to) {
        (None, _) if modes[1] == Some(FileMode::Executable) => Some("new file, executable"),
        (None, _) => Some("new file"),
        (_, None) => Some("deleted file"),
        _ if old == new => None,
        _ if rows.is_empty() => Some("the same values, other comments or layout"),
        _ => None,
    };
    let comments = |document: &Option<Document>| -> Vec<String> {
        let Some(document) = document else { return Vec::new() };
        document
            .comments()
            .iter()
            .filter_map(|span| Some(document.text().get(span.clone())?.to_owned()))
            .collect()
    };
    FileDiff {
        modes,
        by_lines,
        comments_differ: comments(&from) != comments(&to),
        left_text: from.as_ref().map(|document| mask.text(document)),
        right_text: to.as_ref().map(|document| mask.text(document)),
        rows,
    }
}

/// One path that differs between environments, values masked.
#[derive(Clone, Debug)]
pub struct MatrixRow {
    /// Where.
    pub path: ValuePath,
    /// The same as a pointer into the latest environment that has it.
    pub pointer: Pointer,
    /// The value in each environment.
    pub values: [Option<Shown>; 3],
    /// What the table says for the hop into staging and into production, where it differs.
    pub resolutions: [Option<Resolution>; 2],
}

/// One item whose environments differ.
#[derive(Clone, Debug)]
pub struct MatrixItem {
    /// The item.
    pub key: Key,
    /// Which environments have it.
    pub present: [bool; 3],
    /// The paths that differ.
    pub rows: Vec<MatrixRow>,
}

/// The paths at which three documents differ, leaf by leaf, no resolutions yet.
#[must_use]
pub fn matrix_rows(
    documents: &[Option<&Document>; 3],
    lists: &dyn ListRules,
    mask: &Mask<'_>,
) -> IndexMap<ValuePath, MatrixRow> {
    let mut rows: IndexMap<ValuePath, MatrixRow> = IndexMap::new();
    let secrets = mask.secrets_of(documents.iter().copied().flatten());
    let mask = &mask.within(&secrets);
    for (left, right) in [(0, 1), (1, 2), (0, 2)] {
        let (Some(a), Some(b)) = (documents[left], documents[right]) else { continue };
        for change in diff(a.values(), b.values(), lists, Depth::Leaves) {
            rows.entry(change.path.clone()).or_insert_with(|| matrix_row(documents, &change.path, mask));
        }
    }
    rows
}

fn matrix_row(documents: &[Option<&Document>; 3], path: &ValuePath, mask: &Mask<'_>) -> MatrixRow {
    let holder = documents.iter().rev().flatten().find(|document| document.at(path).is_some());
    let value =
        |document: &Option<&Document>| document.and_then(|d| d.at(path)).map(|value| mask.value(path, value));
    MatrixRow {
        pointer: holder.map(|document| document.pointer(path)).unwrap_or_default(),
        values: documents.each_ref().map(value),
        resolutions: [None, None],
        path: path.clone(),
    }
}

/// Two of three documents at a time, by their places.
pub const PAIRS: [(usize, usize); 3] = [(0, 1), (1, 2), (0, 2)];

/// One path at which two of three documents differ, or both hold a secret, values masked.
#[derive(Clone, Debug)]
pub struct PairedRow {
    /// Where.
    pub path: ValuePath,
    /// The value in each document.
    pub values: [Option<Shown>; 3],
}

/// The paths at which documents differ, two at a time: what is said of a pair is made of the two alone.
#[derive(Clone, Debug, Default)]
pub struct PairedRows {
    /// Each path once.
    pub rows: Vec<PairedRow>,
    /// The rows of each of the [`PAIRS`], in the order of its files.
    pub of_pairs: [Vec<usize>; 3],
}

/// The paths at which documents differ, leaf by leaf. A secret that both have is there whether it is the same
/// or not, and what is masked of a document it says itself.
#[must_use]
pub fn paired_rows(documents: &[Option<&Document>; 3], lists: &dyn ListRules, mask: &Mask<'_>) -> PairedRows {
    let secrets = documents.map(|document| mask.secrets_of(document));
    let mut masks = secrets.iter().map(|own| mask.within(own));
    let masks: [Mask<'_>; 3] = std::array::from_fn(|_| masks.next().unwrap_or(*mask));
    let veiled: [Option<Vec<Value>>; 3] = std::array::from_fn(|at| {
        let numbered = documents[at]?.values().iter().enumerate();
        let shown = |(number, value)| masks[at].value(&ValuePath::document(number), value);
        Some(numbered.map(|it| veiled(shown(it).shown(), at)).collect())
    });
    let value = |path: &ValuePath, at: usize| {
        documents[at].and_then(|document| document.at(path)).map(|value| masks[at].value(path, value))
    };
    let (mut paths, mut of_pairs) = (IndexSet::new(), [const { Vec::new() }; 3]);
    for ((left, right), own) in PAIRS.into_iter().zip(&mut of_pairs) {
        let (Some(a), Some(b)) = (&veiled[left], &veiled[right]) else { continue };
        let found = diff(a, b, lists, Depth::Leaves).into_iter();
        own.extend(found.map(|change| paths.insert_full(change.path).0));
    }
    let row = |path: ValuePath| PairedRow { values: std::array::from_fn(|at| value(&path, at)), path };
    PairedRows { rows: paths.into_iter().map(row).collect(), of_pairs }
}

/// A value in which each secret is another one in every document.
fn veiled(shown: &Value, document: usize) -> Value {
    match shown {
        secret if secret.is_masked() => Value::String(format!("\u{0}{document}")),
        Value::List(list) => Value::List(list.iter().map(|value| veiled(value, document)).collect()),
        Value::Map(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.clone(), veiled(value, document))).collect())
        }
        Value::Tagged(tag, value) => Value::Tagged(tag.clone(), Box::new(veiled(value, document))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => shown.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;
    use crate::model::Policy;

    #[test]
    fn a_pair_says_nothing_of_a_third_and_nothing_of_secrets() {
        let policy = Policy::default();
        let read = |text: &str| Document::parse(text.as_bytes(), &Limits::default()).expect(text);
        let told = |texts: [&str; 3]| {
            let documents = texts.map(|text| Some(text).filter(|text| !text.is_empty()).map(read));
            let rows =
                paired_rows(&documents.each_ref().map(Option::as_ref), &NoListRules, &Mask::new(&policy));
            let path = |at: &usize| rows.rows[*at].path.to_string();
            rows.of_pairs.map(|own| own.iter().map(path).collect::<Vec<_>>().join(" "))
        };
        for (texts, expected) in [
            (["x: 1\ny: 2", "", "x: 5\ny: 2"], ["", "", "x"]),
            (["x: 1\ny: 2", "x: 1\ny: 3", "x: 5\ny: 2"], ["y", "x y", "x"]),
            (["password: hunter2-a", "password: hunter2-a", "password: hunter2-b"], ["password"; 3]),
            (["password: hunter2-a", "{}", ""], ["password", "", ""]),
            // A secret of one document is no secret of another.
            (["a: hunter2-a", "a: hunter2-a", "password: hunter2-a"], ["", "a password", "a password"]),
            (
                ["l: [{name: x, token: abc-1}, {name: y}]", "l: [{name: y}, {name: x, token: abc-1}]", ""],
                ["l[name=x].token", "", ""],
            ),
        ] {
            assert_eq!(told(texts), expected, "{texts:?}");
        }
    }
}
