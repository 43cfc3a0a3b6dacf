//! What holds for every edit of every file: the values are those intended, and nothing outside the
//! edited entry moves. Tried on generated files and on real ones.

use std::collections::BTreeMap;
use std::ops::Range;

use proptest::prelude::*;
use terrace::model::{Segment, Value, ValuePath};
use terrace::yaml::edit::{Operation, Place, Refusal, Replacement, apply};
use terrace::yaml::{Content, Document, Limits, NodeId};

use crate::{fixtures, yaml_generators, yaml_suite};

/// Values that are easily written wrong.
fn tricky() -> Vec<Value> {
    let text = |text: &str| Value::String(text.to_owned());
    let number = |text: &str| Value::Number(text.to_owned());
    let map = |key: &str, value: Value| Value::Map([(key.to_owned(), value)].into_iter().collect());
    vec![
        text("plain"),
        number("1.10"),
        text("no"),
        text("a: b #c"),
        text(""),
        Value::Null,
        text(" lead and trail "),
        Value::Bool(true),
        text("two\nlines\n"),
        text("it's \"both\""),
        text("- dash, [bracket] {brace}"),
        text("tab\tand\u{1}control"),
        text("no end\n\n  indented"),
        text("0x1F"),
        text("ends blank\n\n"),
        Value::Map(terrace::model::Map::default()),
        map("x y", Value::List(vec![number("1"), map("k", text("v")), text("l\nm\n")].into())),
        Value::List(vec![text("one"), Value::Null].into()),
    ]
}

#[derive(Default)]
struct Tally {
    done: usize,
    refused: BTreeMap<&'static str, usize>,
    /// Edits refused for no good reason.
    unexplained: Vec<String>,
    wrong: Vec<String>,
}

impl Tally {
    fn refuse(&mut self, refusal: &Refusal, what: impl Fn() -> String) {
        let kind = reason(refusal);
        if kind == "other" {
            self.unexplained.push(format!("{}: {}", what(), refusal.message));
        }
        *self.refused.entry(kind).or_default() += 1;
    }

    /// What went wrong or should not have been refused.
    fn faults(&self) -> String {
        let all: Vec<_> = self.wrong.iter().chain(&self.unexplained).take(8).map(String::as_str).collect();
        all.join("\n====\n")
    }
}

/// One file, all of whose edits are tried.
struct Subject<'a> {
    name: &'a str,
    document: Document,
    /// The container and position at which each path that no alias serves stands.
    places: Vec<(ValuePath, NodeId, usize)>,
}

impl<'a> Subject<'a> {
    fn new(name: &'a str, text: &str) -> Option<Self> {
        let document = Document::parse(text.as_bytes(), &Limits::default()).ok()?;
        let mut places = Vec::new();
        for (number, root) in document.roots().iter().enumerate() {
            collect(&document, *root, &ValuePath::document(number), &mut places);
        }
        Some(Self { name, document, places })
    }

    fn text(&self) -> &str {
        self.document.text()
    }

    /// The lines (from 0) that an edit of the entry at `path` may touch.
    fn lines_of(&self, path: &ValuePath) -> Option<Range<usize>> {
        let located = self.document.locate(path)?;
        let node = self.document.node(located.node);
        let start = located.key.as_ref().map_or(node.outer.start, |key| key.start.min(node.outer.start));
        // A block scalar's bytes reach over the blank lines behind it, which count where it keeps them.
        let body = self.text().get(node.span.clone()).unwrap_or_default();
        let keeps =
            body.lines().next().is_some_and(|header| header.starts_with(['|', '>']) && header.contains('+'));
        let trimmed = self.text().get(..node.outer.end).unwrap_or_default().trim_end().len();
        let indent = self.text().get(..node.outer.end).unwrap_or_default().trim_end_matches(' ').len();
        let last = node.outer.end == self.text().len();
        let end = if !keeps {
            trimmed
        } else if last {
            node.outer.end
        } else {
            indent
        };
        let mut lines = self.lines(start..end.max(start));
        if let Some((container, index)) = located.slot
            && let Content::Sequence { items, .. } = &self.document.node(container).content
        {
            lines.start = lines.start.min(self.line(items[index].start));
        }
        Some(lines)
    }

    /// Further down and up over comments and blank lines.
    fn with_comments(&self, mut lines: Range<usize>) -> Range<usize> {
        let text = plain(self.text());
        let all: Vec<_> = text.lines().collect();
        let trivia = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
        while lines.start > 0 && all.get(lines.start - 1).is_some_and(|line| trivia(line)) {
            lines.start -= 1;
        }
        while all.get(lines.end).is_some_and(|line| trivia(line)) {
            lines.end += 1;
        }
        lines
    }

    fn begins_line(&self, path: &ValuePath) -> bool {
        let Some(located) = self.document.locate(path) else { return true };
        let item = located.slot.and_then(|(container, index)| match &self.document.node(container).content {
            Content::Sequence { items, .. } => Some(items[index].start),
            _ => None,
        });
        let start = located.key.map(|key| key.start).or(item).unwrap_or(0);
        let before = self.text().get(..start).unwrap_or_default();
        before.trim_end_matches(' ').ends_with(['\n', '\r', '\u{feff}']) || before.trim().is_empty()
    }

    fn line(&self, at: usize) -> usize {
        self.document.lines().line(at) - 1
    }

    fn lines(&self, span: Range<usize>) -> Range<usize> {
        let last = if span.is_empty() { span.end } else { span.end - 1 };
        self.line(span.start)..self.line(last) + 1
    }

    /// The lines of the outermost flow collection around `path`, if there is one.
    fn flow_around(&self, path: &ValuePath) -> Option<Range<usize>> {
        let mut here = ValuePath::document(path.document.clone());
        for segment in std::iter::once(None).chain(path.segments.iter().map(Some)) {
            here = segment.map_or_else(|| here.clone(), |segment| here.join(segment.clone()));
            let node = self.document.node(self.document.locate(&here)?.node);
            if matches!(
                node.content,
                Content::Mapping { flow: true, .. } | Content::Sequence { flow: true, .. }
            ) {
                return Some(self.lines(node.outer.clone()));
            }
        }
        None
    }

    /// Applies one operation and judges the text that comes out.
    fn judge(
        &self,
        what: &str,
        operation: &Operation<'_>,
        wanted: &[Value],
        allowed: &Range<usize>,
        tally: &mut Tally,
    ) {
        let text = match apply(&self.document, std::slice::from_ref(operation), &Limits::default()) {
            Ok(text) => text,
            Err(refusal) => return tally.refuse(&refusal, || format!("{}: {what}", self.name)),
        };
        tally.done += 1;
        let read = Document::parse(text.as_bytes(), &Limits::default());
        let verdict = match read {
            Err(error) => Some(format!("does not parse: {}", error.message)),
            Ok(read) if read.values() != wanted => Some("reads otherwise".to_owned()),
            Ok(_) => moved(self.text(), &text, allowed),
        };
        if let Some(verdict) = verdict {
            tally.wrong.push(format!("{}: {what}: {verdict}\n{}", self.name, hunk(self.text(), &text)));
        }
    }

    fn try_sets(&self, path: &ValuePath, values: &[Value], tally: &mut Tally) {
        let Some(lines) = self.lines_of(path) else { return };
        for value in values {
            let mut wanted = self.document.values().to_vec();
            if let Some(place) = at_mut(&mut wanted, path) {
                *place = value.clone();
            }
            let operation = Operation::Set { path: path.clone(), value: Replacement::Value(value.clone()) };
            let comments = self.document.at(path).is_some_and(|old| !old.is_scalar());
            let allowed = if comments { self.with_comments(lines.clone()) } else { lines.clone() };
            self.judge(&format!("set {path} to {value}"), &operation, &wanted, &allowed, tally);
        }
    }

    fn try_remove(&self, path: &ValuePath, tally: &mut Tally) {
        let (Some(lines), Some(parent), Some(last)) = (self.lines_of(path), path.parent(), path.last())
        else {
            return;
        };
        let mut wanted = self.document.values().to_vec();
        let alone = match (at_mut(&mut wanted, &parent), last) {
            (Some(Value::Map(map)), Segment::Key(key)) => {
                map.shift_remove(key);
                map.is_empty()
            }
            (Some(Value::List(list)), Segment::Index(index)) => {
                list.remove(*index);
                list.is_empty()
            }
            _ => return,
        };
        let mut allowed = self.with_comments(lines);
        if !self.begins_line(path) {
            // What follows moves up behind the dash.
            allowed.end += 1;
        }
        if alone && let Some(parent) = self.lines_of(&parent) {
            allowed = parent.start.min(allowed.start)..allowed.end;
        }
        if let Some(flow) = self.flow_around(&parent) {
            allowed = flow.start.min(allowed.start)..flow.end.max(allowed.end);
        }
        if !self.document.problems().is_empty() {
            // Of equal keys all go, wherever they stand.
            allowed = 0..usize::MAX;
        }
        let operation = Operation::Remove { path: path.clone() };
        self.judge(&format!("remove {path}"), &operation, &wanted, &allowed, tally);
    }

    /// Inserts behind the entry at `path` and counts old lines that are touched.
    fn try_insert(&self, path: &ValuePath, value: &Value, tally: &mut Tally) {
        let (Some(parent), Some(last), Some(lines)) = (path.parent(), path.last(), self.lines_of(path))
        else {
            return;
        };
        let mut wanted = self.document.values().to_vec();
        let key = match (at_mut(&mut wanted, &parent), last) {
            (Some(Value::Map(map)), Segment::Key(_)) => {
                map.insert("new key".to_owned(), value.clone());
                Some("new key".to_owned())
            }
            (Some(Value::List(list)), Segment::Index(index)) => {
                list.insert(index + 1, value.clone());
                None
            }
            _ => return,
        };
        // Behind the entry's comments at the latest; no old line changes but in flow style.
        let below = self.with_comments(lines.clone());
        let mut allowed = lines.end..below.end.max(lines.end);
        if let Some(flow) = self.flow_around(&parent) {
            allowed = flow;
        }
        let place = Place::After(last.clone());
        let value = Replacement::Value(value.clone());
        let operation = Operation::Insert { parent: parent.clone(), key, place, value, comment: None };
        self.judge(&format!("insert behind {path}"), &operation, &wanted, &allowed, tally);
    }

    /// Every `step`th edit of each kind, beginning with the one that `seed` says.
    fn try_all(&self, seed: usize, step: usize, tally: &mut Tally) {
        let values = tricky();
        let pick = |number: usize| values[number % values.len()].clone();
        assert_eq!(
            apply(&self.document, &[], &Limits::default()).as_deref(),
            Ok(self.text()),
            "{}",
            self.name
        );
        for (number, (path, ..)) in self.places.iter().enumerate().filter(|(number, _)| number % step == 0) {
            if step == 1 {
                self.try_sets(path, &values, tally);
            } else {
                self.try_sets(path, &[pick(number + seed), pick(number / step + seed)], tally);
            }
            self.try_remove(path, tally);
            self.try_insert(path, &pick(number + seed), tally);
        }
    }
}

/// Every entry and element below a node, no alias followed.
fn collect(document: &Document, id: NodeId, path: &ValuePath, out: &mut Vec<(ValuePath, NodeId, usize)>) {
    match &document.node(id).content {
        Content::Mapping { entries, .. } => {
            for (index, entry) in entries.iter().enumerate() {
                let Some(key) = document.key_text(entry.key) else { continue };
                let below = path.key(key);
                if document.locate(&below).is_some_and(|located| located.node == entry.value) {
                    out.push((below.clone(), id, index));
                    collect(document, entry.value, &below, out);
                }
            }
        }
        Content::Sequence { items, .. } => {
            for (index, item) in items.iter().enumerate() {
                let below = path.join(Segment::Index(index));
                out.push((below.clone(), id, index));
                collect(document, item.node, &below, out);
            }
        }
        Content::Scalar { .. } | Content::Alias { .. } => {}
    }
}

fn at_mut<'v>(values: &'v mut [Value], path: &ValuePath) -> Option<&'v mut Value> {
    let untag = |mut value: &'v mut Value| {
        while let Value::Tagged(_, inner) = value {
            value = inner;
        }
        value
    };
    path.segments.iter().try_fold(values.get_mut(path.document.find(values)?)?, |value, segment| {
        match (untag(value), segment) {
            (Value::Map(map), Segment::Key(key)) => map.get_mut(key),
            (Value::List(list), Segment::Index(index)) => list.get_mut(*index),
            _ => None,
        }
    })
}

/// Why an edit was refused; `other` is not a reason that an edit may be refused for.
fn reason(refusal: &Refusal) -> &'static str {
    let shared = ["takes its value from", "takes its value through", "refers to"];
    if shared.iter().any(|part| refusal.message.contains(part)) { "an anchor in use" } else { "other" }
}

/// A text without byte order mark, all lines ended by LF.
fn plain(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n")
}

/// Whether lines outside `allowed` (of the old text) changed.
fn moved(old: &str, new: &str, allowed: &Range<usize>) -> Option<String> {
    let [old, new] = [plain(old), plain(new)];
    let (a, b): (Vec<_>, Vec<_>) = (old.split('\n').collect(), new.split('\n').collect());
    let (ahead, behind) = (allowed.start.min(a.len()), a.len().saturating_sub(allowed.end));
    let holds = b.len() >= ahead + behind
        && a[..ahead] == b[..ahead]
        && a[a.len() - behind..] == b[b.len() - behind..];
    (!holds).then(|| format!("lines changed that are not within {allowed:?}"))
}

/// The lines that differ, the old ones first.
fn hunk(old: &str, new: &str) -> String {
    let (a, b): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let ahead = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let room = a.len().min(b.len()) - ahead;
    let behind = a.iter().rev().zip(b.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let part = |lines: &[&str]| {
        lines[ahead.saturating_sub(2)..(lines.len() - behind + 2).min(lines.len())].join("\n")
    };
    format!("{}\n---- gives\n{}", part(&a), part(&b))
}

#[test]
#[ignore = "needs the fixtures"]
fn the_official_suite_is_edited_only_where_it_should() {
    let cases = yaml_suite::suite();
    let mut tally = Tally::default();
    for (number, case) in cases.iter().enumerate() {
        let Ok(text) = std::str::from_utf8(&case.input) else { continue };
        if let Some(subject) = Subject::new(&case.name, text) {
            subject.try_all(number, 1, &mut tally);
        }
    }
    report(&tally, cases.len());
}

/// The operations that make one value of another, below `path`; lists element by element.
fn steps<'a>(old: &Value, new: &Value, path: &ValuePath, source: &'a Document, out: &mut Vec<Operation<'a>>) {
    let from = |path: &ValuePath| Replacement::From { document: source, path: path.clone() };
    let insert = |key: Option<&String>, place: &Place, at: &ValuePath| Operation::Insert {
        parent: path.clone(),
        key: key.cloned(),
        place: place.clone(),
        value: from(at),
        comment: None,
    };
    match (old, new) {
        _ if old == new => {}
        (Value::Map(old), Value::Map(new)) => {
            for (key, value) in old {
                match new.get(key) {
                    Some(new) => steps(value, new, &path.key(key), source, out),
                    None => out.push(Operation::Remove { path: path.key(key) }),
                }
            }
            let mut place = Place::First;
            for key in new.keys() {
                if !old.contains_key(key) {
                    out.push(insert(Some(key), &place, &path.key(key)));
                }
                place = Place::After(Segment::Key(key.clone()));
            }
        }
        (Value::List(old), Value::List(new)) => {
            let at = |index| path.join(Segment::Index(index));
            let same = old.iter().zip(new).take_while(|(a, b)| a.kind() == b.kind()).count();
            for index in 0..same {
                steps(&old[index], &new[index], &at(index), source, out);
            }
            out.extend((same..old.len()).map(|index| Operation::Remove { path: at(index) }));
            let place = same.checked_sub(1).map_or(Place::First, |last| Place::After(Segment::Index(last)));
            out.extend((same..new.len()).map(|index| insert(None, &place, &at(index))));
        }
        _ => out.push(Operation::Set { path: path.clone(), value: from(path) }),
    }
}

/// Makes one document into another, by steps and by setting its roots; returns the steps' count.
fn turn(name: &str, document: &Document, other: &Document, tally: &mut Tally) -> usize {
    let mut wanted = document.values().to_vec();
    let common = wanted.len().min(other.values().len());
    wanted[..common].clone_from_slice(&other.values()[..common]);
    let mut by_steps = Vec::new();
    for (number, (old, new)) in document.values().iter().zip(other.values()).enumerate() {
        steps(old, new, &ValuePath::document(number), other, &mut by_steps);
    }
    let roots = (0..common).map(ValuePath::document).map(|path| Operation::Set {
        path: path.clone(),
        value: Replacement::From { document: other, path },
    });
    for operations in [&by_steps, &roots.collect()] {
        let old = document.text();
        match apply(document, operations, &Limits::default()) {
            Ok(text)
                if Document::parse(text.as_bytes(), &Limits::default())
                    .is_ok_and(|d| d.values() == wanted) =>
            {
                tally.done += 1;
            }
            Ok(text) => tally.wrong.push(format!("{name}: {old:?}\ngives {text:?}")),
            Err(refusal) => tally.refuse(&refusal, || format!("{name}: {old:?}\nto be {:?}", other.text())),
        }
    }
    by_steps.len()
}

#[test]
#[ignore = "needs the fixtures"]
fn one_file_becomes_another_in_one_step() {
    let root = fixtures::folder();
    let read =
        |file| Document::parse(&std::fs::read(file).expect("a file"), &Limits::default()).expect("YAML");
    let mut tally = Tally::default();
    let mut changes = 0;
    let files = real_files(&root);
    for (target, source) in files.iter().flat_map(|a| files.iter().map(move |b| (a, b))) {
        if target != source && target.parent() == source.parent() {
            let name = format!("{} -> {}", source.display(), target.display());
            changes += turn(&name, &read(target), &read(source), &mut tally);
        }
    }
    let suite = yaml_suite::suite();
    let parse = |case: &yaml_suite::Case| {
        Some((case.name.clone(), Document::parse(&case.input, &Limits::default()).ok()?))
    };
    let documents: Vec<_> = suite.iter().filter_map(parse).collect();
    for (number, (name, target)) in documents.iter().enumerate() {
        for distance in [1, 7, 40] {
            let (other, source) = &documents[(number + distance) % documents.len()];
            changes += turn(&format!("{other} -> {name}"), target, source, &mut tally);
        }
    }
    println!("files made into others, with {changes} changes by steps:");
    report(&tally, files.len() + documents.len());
}

fn real_files(root: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = fixtures::files(&root.join("per-env"));
    files.extend(fixtures::files(&root.join("flat")));
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml"));
    files
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn generated_files_change_only_where_they_should(text in yaml_generators::file(), seed in 0usize..1000) {
        let subject = Subject::new("generated", &text)
            .ok_or_else(|| TestCaseError::fail(format!("does not parse: {text:?}")))?;
        let mut tally = Tally::default();
        subject.try_all(seed, 2, &mut tally);
        prop_assert!(tally.faults().is_empty(), "{}\n{text}", tally.faults());
    }

    #[test]
    fn generated_files_become_each_other(a in yaml_generators::file(), b in yaml_generators::file()) {
        let read = |text: &str| Document::parse(text.as_bytes(), &Limits::default()).expect("YAML");
        let mut tally = Tally::default();
        turn("generated", &read(&a), &read(&b), &mut tally);
        prop_assert!(tally.faults().is_empty(), "{}", tally.faults());
    }

    #[test]
    fn no_text_is_edited_wrongly(text in "[-ab:?,\\[\\]{}#&*!|>'\"% \n\t\r]{0,40}", seed in 0usize..1000) {
        let Some(subject) = Subject::new("any text", &text) else { return Ok(()) };
        let mut tally = Tally::default();
        subject.try_all(seed, 1, &mut tally);
        prop_assert!(tally.wrong.is_empty(), "{}", tally.faults());
    }
}

/// Prints the figures; nothing may be wrong, and what is refused has its reason.
fn report(tally: &Tally, files: usize) {
    let refused: usize = tally.refused.values().sum();
    println!("files {files}  edits done {}  refused {refused}  wrong {}", tally.done, tally.wrong.len());
    for (kind, count) in &tally.refused {
        println!("  refused: {kind:<20} {count}");
    }
    assert!(tally.faults().is_empty(), "{}", tally.faults());
    assert!(tally.done > 1_000 && refused * 20 < tally.done);
}

#[test]
#[ignore = "needs the fixtures"]
fn real_files_change_only_where_they_should() {
    let root = fixtures::folder();
    let files = real_files(&root);
    let mut tally = Tally::default();
    let mut subjects = 0;
    for (number, file) in files.iter().enumerate() {
        let text = std::fs::read_to_string(file).expect("a file");
        let name = file.to_string_lossy();
        let Some(subject) = Subject::new(&name, &text) else { continue };
        subjects += 1;
        // Large files cost by the square of their size.
        let step = 1 + text.len() / 300;
        subject.try_all(number, step, &mut tally);
    }
    report(&tally, subjects);
}
