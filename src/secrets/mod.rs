//! Which values are secrets in plain text, by their name, by their look or because they are an
//! alias of one; where they stand, and what of them may be shown. Every door asks here.
//!
//! A value that refers to a secret, stands in for one, or only describes one is none.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

mod command_line;
mod embedded;
pub mod encrypted;
mod looks;
pub mod mask;
mod names;
mod no_secret;
mod place;
pub mod unparsed;

pub use self::looks::{Secret, is_filled_in, names_a_stored_secret};
pub use self::place::DocumentSecrets;
use self::place::{Place, place};
use crate::model::{Pointer, Policy, Segment, Value, ValuePath};
use crate::yaml::{Content, Document, NodeId, ProblemKind};

/// The secret that the scalar at `path` is or holds, as far as path and value tell; what only the
/// document tells is in [`DocumentSecrets`].
pub fn secret<'a>(policy: &Policy, path: &ValuePath, value: &'a Value) -> Option<Secret<'a>> {
    scalar_secret(policy, value, || place(policy, path, None))
}

/// The same of a scalar in a document of which this is the value.
pub fn secret_below<'a>(
    policy: &Policy,
    root: &Value,
    path: &ValuePath,
    value: &'a Value,
) -> Option<Secret<'a>> {
    scalar_secret(policy, value, || place(policy, path, Some((0, root))))
}

/// The secret that a scalar is or holds at a place that is asked for when the look does not tell.
fn scalar_secret<'a>(policy: &Policy, value: &'a Value, place: impl FnOnce() -> Place) -> Option<Secret<'a>> {
    let scalar = readable(value)?;
    let (Value::String(text) | Value::Number(text)) = scalar else { return None };
    if text.is_empty() {
        return None;
    }
    let place = place();
    if place == Place::Excluded {
        return None;
    }
    let found = scalar.as_str().and_then(|text| by_look(text).next());
    let found = found.or_else(|| place.holds(scalar, text).then_some(Secret { what: "a secret", text }));
    // Asked last, because few values look like secrets.
    found.filter(|_| !policy.is_reference(text))
}

/// The secrets that a text is or holds, by their own look or by what stands beside them in it.
fn by_look(text: &str) -> impl Iterator<Item = Secret<'_>> {
    let named = |what| move |text| Secret { what, text };
    // Few texts hold what a look needs: one glance tells for most.
    let holding = |found: Option<usize>| Some(text).filter(|_| found.is_some());
    let bytes = text.as_bytes();
    let commands = holding(memchr::memchr2(b' ', b'\n', bytes));
    let commands = commands.into_iter().flat_map(command_line::secrets_in_commands);
    let lines = holding(memchr::memchr3(b'=', b':', b'<', bytes));
    let lines = lines.into_iter().flat_map(embedded::secrets_in_lines);
    let users = holding(memchr::memchr3(b'$', b'{', b'%', bytes)).and_then(embedded::password_behind_user);
    let accounts = Some(text).filter(|text| text.len() >= embedded::SHORTEST_ACCOUNT);
    let accounts = accounts.into_iter().flat_map(embedded::accounts_in_base64);
    looks::by_look(text)
        .chain(commands.map(named("a secret in a command")))
        .chain(lines.map(named("a secret in a setting")))
        .chain(users.into_iter().map(named("a password behind a user's name")))
        .chain(accounts.map(named("a user's name and password in base64")))
}

/// Whether a text holds what looks like a secret.
pub fn looks_secret(text: &str) -> bool {
    by_look(text).next().is_some()
}

/// The value behind its tags; nothing where a tag says that it comes from elsewhere.
fn readable(value: &Value) -> Option<&Value> {
    match value {
        Value::Tagged(tag, inner) => {
            let tag = tag.to_lowercase();
            let elsewhere = ["vault", "secret", "env", "ref", "sub", "getatt", "import", "encrypted"];
            let is_elsewhere = elsewhere.iter().any(|word| tag.contains(word));
            if is_elsewhere { None } else { readable(inner) }
        }
        value => Some(value),
    }
}

/// The secret that a key is or holds, by its look: a token under which a limit is kept, an address with a
/// password.
pub fn in_key(key: &str) -> Option<Secret<'_>> {
    // No token is shorter, and no address with a password.
    Some(key).filter(|key| key.len() >= SHORTEST_KEY).and_then(|key| by_look(key).next())
}

/// What stands in the place of a secret within a text.
const BLOT: &str = "••••";

/// Whether any key of a document is or holds a secret.
pub fn has_key(document: &Document) -> bool {
    keys(document).any(|(_, text)| in_key(text).is_some())
}

/// The keys that are long enough to hold a secret.
fn keys(document: &Document) -> impl Iterator<Item = (NodeId, &str)> {
    let entries = document.nodes().flat_map(|(_, node)| match &node.content {
        Content::Mapping { entries, .. } => entries.as_slice(),
        Content::Scalar { .. } | Content::Sequence { .. } | Content::Alias { .. } => &[],
    });
    entries.filter_map(|entry| match &document.node(entry.key).content {
        Content::Scalar { text, .. } if text.len() >= SHORTEST_KEY => Some((entry.key, text.as_str())),
        Content::Scalar { .. }
        | Content::Sequence { .. }
        | Content::Mapping { .. }
        | Content::Alias { .. } => None,
    })
}

const SHORTEST_KEY: usize = "a://b:c@d".len();

/// A text of ours, a message or a key say, without what looks like a secret in it.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    let mut shown = Cow::Borrowed(text);
    for secret in by_look(text).take(SOUGHT) {
        shown = Cow::Owned(shown.replace(secret.text, BLOT));
    }
    shown
}

/// Whether a step of a path is or holds a secret.
pub fn is_secret_step(segment: &Segment) -> bool {
    match segment {
        Segment::Key(text) | Segment::Identity { value: text, .. } => in_key(text).is_some(),
        Segment::Index(_) | Segment::Append => false,
    }
}

/// A path as it may be shown: a key may hold secrets.
pub fn shown_path(path: &ValuePath) -> String {
    without_secret_steps(path).to_string()
}

/// A path without the secrets in its keys.
pub fn without_secret_steps(path: &ValuePath) -> Cow<'_, ValuePath> {
    if !path.segments.iter().any(is_secret_step) {
        return Cow::Borrowed(path);
    }
    let shown = |text: &str| without_secrets(text).into_owned();
    let segments = path.segments.iter().map(|segment| match segment {
        Segment::Key(text) if is_secret_step(segment) => Segment::Key(shown(text)),
        Segment::Identity { field, value } if is_secret_step(segment) => {
            Segment::Identity { field: field.clone(), value: shown(value) }
        }
        _ => segment.clone(),
    });
    Cow::Owned(ValuePath { document: path.document.clone(), segments: segments.collect() })
}

/// A pointer as it may be shown.
pub fn shown_pointer(pointer: &Pointer) -> String {
    Pointer::new(pointer.tokens().iter().map(|token| without_secrets(token).into_owned())).to_string()
}

/// Whether the place of a value, whatever the value is, is one for a secret.
pub fn is_secret_path(policy: &Policy, path: &ValuePath) -> bool {
    place(policy, path, None).is_secret()
}

/// Whether the value at `path`, or one below it, is or holds a secret.
pub fn holds_secret(policy: &Policy, path: &ValuePath, value: &Value) -> bool {
    let mut found = false;
    let known = (path.segments.len(), value);
    value.walk(path, &mut |path, scalar| {
        found = found || scalar_secret(policy, scalar, || place(policy, path, Some(known))).is_some();
    });
    found
}

/// Whether of the value at `path` nothing may be recorded, not even a digest: what it is called or
/// what it is says that it is a secret.
pub fn is_confidential(policy: &Policy, path: &ValuePath, value: Option<&Value>) -> bool {
    is_secret_path(policy, path) || value.is_some_and(|value| holds_secret(policy, path, value))
}

/// The line of `terrace.toml` that says that the value at `path` is no secret.
#[must_use]
pub fn exclusion(path: &ValuePath) -> String {
    let segments = without_secret_steps(path).segments.clone();
    let path = ValuePath { segments, ..ValuePath::root() };
    format!("not = [{}]", toml::Value::String(path.to_string()))
}

/// With more secrets by look in one scalar, all of it is masked.
const SOUGHT: usize = 16;

/// The bytes of a document that no report may show, in order, and no two of them overlap: secrets
/// where they are written, and what comments say of them. What is secret in `before`, an earlier version,
/// is so at the same path; so is what any of these policies calls secret.
pub fn spans(document: &Document, before: Option<&Document>, policies: &[&Policy]) -> Vec<Range<usize>> {
    apart(policies.iter().flat_map(|policy| spans_by(document, before, policy)).collect())
}

fn spans_by(document: &Document, before: Option<&Document>, policy: &Policy) -> Vec<Range<usize>> {
    let versions = [Some(document), before];
    let secrets: Vec<_> =
        versions.into_iter().flatten().map(|version| DocumentSecrets::of(version, policy)).collect();
    let mut found = Vec::new();
    document.walk(&mut |visit| {
        if !visit.value.is_scalar() {
            return;
        }
        let mut found_by = secrets.iter().filter_map(|known| known.secret(policy, visit.path, visit.value));
        let Some(secret) = found_by.next() else { return };
        let whole = || document.node(target(document, visit.node)).span.clone();
        let text = readable(visit.value).and_then(Value::as_str).unwrap_or_default();
        // Of several lines that hold one, others may hold more.
        if secret.text.len() >= text.len() || text.contains('\n') {
            found.push(whole());
            return;
        }
        let looks: Vec<_> = by_look(text).take(SOUGHT + 1).collect();
        match looks.len() {
            0..=SOUGHT => found.extend(looks.iter().flat_map(|it| within(document, visit.node, it.text))),
            _ => found.push(whole()),
        }
    });
    for (key, text) in keys(document) {
        found.extend(by_look(text).take(SOUGHT).flat_map(|secret| within(document, key, secret.text)));
    }
    found.extend(overridden(document, policy));
    for comment in document.comments() {
        let text = document.text().get(comment.clone()).unwrap_or_default();
        let hidden = spans_of_comment(text, policy).into_iter();
        found.extend(hidden.map(|span| comment.start + span.start..comment.start + span.end));
    }
    found
}

/// The bytes of a comment that no report may show.
pub fn spans_of_comment(comment: &str, policy: &Policy) -> Vec<Range<usize>> {
    let said = comment.trim_start_matches(['#', ' ']);
    let start = comment.len() - said.len();
    let hidden = unparsed::spans(said, policy).into_iter();
    hidden.map(|span| start + span.start..start + span.end).collect()
}

/// The values of secret duplicate keys: what a later one overrides is not visited.
fn overridden(document: &Document, policy: &Policy) -> Vec<Range<usize>> {
    let mut keys = Vec::new();
    for problem in document.problems() {
        if let ProblemKind::DuplicateKey { first, .. } = &problem.kind {
            keys.extend([(&problem.path, first.clone()), (&problem.path, problem.span.clone())]);
        }
    }
    if keys.is_empty() {
        return Vec::new();
    }
    let values = values_by_key(document);
    let hides = |path: &ValuePath, value: &Range<usize>| {
        let text = document.text().get(value.clone()).unwrap_or_default();
        is_secret_path(policy, path) || looks_secret(text) || !unparsed::spans(text, policy).is_empty()
    };
    let values = keys.iter().filter_map(|(path, key)| Some((path, values.get(key)?.clone())));
    values.filter(|(path, value)| hides(path, value)).map(|(_, value)| value).collect()
}

/// The bytes of each entry's value, by the bytes of its key.
fn values_by_key(document: &Document) -> HashMap<Range<usize>, Range<usize>> {
    let mut values = HashMap::new();
    for (_, node) in document.nodes() {
        if let Content::Mapping { entries, .. } = &node.content {
            for entry in entries {
                let value = || document.node(entry.value).span.clone();
                values.entry(document.node(entry.key).span.clone()).or_insert_with(value);
            }
        }
    }
    values
}

/// The same bytes in order, those that overlap as one.
pub(crate) fn apart(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    spans.dedup_by(|next, last| {
        let overlaps = next.start < last.end;
        if overlaps {
            last.end = last.end.max(next.end);
        }
        overlaps
    });
    spans
}

/// The bytes to point at when `text` within the scalar `node` is meant: an alias as written.
pub fn written(document: &Document, node: NodeId, text: &str) -> Range<usize> {
    let own = document.node(node).span.clone();
    match document.node(node).content {
        Content::Alias { .. } => own,
        Content::Scalar { .. } | Content::Sequence { .. } | Content::Mapping { .. } => {
            within(document, node, text).into_iter().next().unwrap_or(own)
        }
    }
}

/// All bytes of `text` within the scalar `node` (or the one it is an alias of); the whole scalar
/// where the text is all of it, or is not written in one piece.
fn within(document: &Document, node: NodeId, text: &str) -> Vec<Range<usize>> {
    let node = document.node(target(document, node));
    let is_all = matches!(&node.content, Content::Scalar { text: all, .. } if all == text);
    let source = document.text().get(node.span.clone()).filter(|_| !is_all && !text.is_empty());
    let start = node.span.start;
    let found = source.into_iter().flat_map(|source| source.match_indices(text));
    let mut found: Vec<_> = found.map(|(at, _)| start + at..start + at + text.len()).collect();
    if found.is_empty() {
        found.push(node.span.clone());
    }
    found
}

fn target(document: &Document, node: NodeId) -> NodeId {
    match document.node(node).content {
        Content::Alias { target } => target,
        Content::Scalar { .. } | Content::Sequence { .. } | Content::Mapping { .. } => node,
    }
}

#[cfg(test)]
mod tests;
