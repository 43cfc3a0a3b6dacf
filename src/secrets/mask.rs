//! Masking: what of a value may be shown.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::place::place;
use super::{
    BLOT, DocumentSecrets, in_key, scalar_secret, spans, spans_of_comment, unparsed, without_secrets,
};
use crate::guards::{self, Guard};
use crate::model::{Policy, Segment, StoredValue, Value, ValuePath};
use crate::yaml::{Document, FileValues};

/// Something that holds nothing secret, unless secrets were asked for.
///
/// Only a [`Mask`] makes one, and what prints values takes nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked<T>(T);

impl<T> Masked<T> {
    /// What may be shown.
    pub const fn shown(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Display> fmt::Display for Masked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value that may be shown.
pub type Shown = Masked<Value>;

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StoredValue::from(self.0.clone()).serialize(serializer)
    }
}

/// What was masked when it was remembered is masked when it is recalled.
impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StoredValue::deserialize(deserializer).map(|value| Self(value.into()))
    }
}

/// Whether secrets are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reveal {
    /// They are masked.
    #[default]
    Nothing,
    /// They are shown, as `--show-secrets` asks.
    Secrets,
}

impl Reveal {
    /// What a flag that asks for secrets says.
    #[must_use]
    pub const fn asked(asked: bool) -> Self {
        if asked { Self::Secrets } else { Self::Nothing }
    }
}

/// Replaces secret scalars by [`Value::masked`], unless secrets are to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Mask<'a> {
    policy: Option<&'a Policy>,
    /// Another policy, by which more may be secret.
    other: Option<&'a Policy>,
    documents: &'a [DocumentSecrets<'a>],
}

impl<'a> Mask<'a> {
    /// Masks what is secret by this policy; references to secrets stay readable.
    #[must_use]
    pub const fn new(policy: &'a Policy) -> Self {
        Self { policy: Some(policy), other: None, documents: &[] }
    }

    /// Shows everything, as `--show-secrets` asks.
    #[must_use]
    pub const fn none() -> Self {
        Self { policy: None, other: None, documents: &[] }
    }

    /// The same mask for what another policy calls secret as well.
    #[must_use]
    pub const fn and(self, other: &'a Policy) -> Self {
        Self { other: Some(other), ..self }
    }

    /// What these documents say of their own; nothing where everything is shown.
    #[must_use]
    pub fn secrets_of<'d>(
        &self,
        documents: impl IntoIterator<Item = &'d Document>,
    ) -> Vec<DocumentSecrets<'d>> {
        let of =
            |policy| documents.into_iter().map(|document| DocumentSecrets::of(document, policy)).collect();
        self.policy.map(of).unwrap_or_default()
    }

    /// The same of old versions.
    #[must_use]
    pub fn secrets_of_values<'d>(
        &self,
        versions: impl IntoIterator<Item = &'d FileValues>,
    ) -> Vec<DocumentSecrets<'d>> {
        let of =
            |policy| versions.into_iter().map(|values| DocumentSecrets::of_values(values, policy)).collect();
        self.policy.map(of).unwrap_or_default()
    }

    /// The same mask for values of documents, in which more is secret than their paths tell.
    #[must_use]
    pub const fn within<'b>(&self, documents: &'b [DocumentSecrets<'b>]) -> Mask<'b>
    where
        'a: 'b,
    {
        Mask { documents, ..*self }
    }

    /// The value at `path` as it may be shown.
    #[must_use]
    pub fn value(&self, path: &ValuePath, value: &Value) -> Masked<Value> {
        let Some(policy) = self.policy else { return Masked(value.clone()) };
        let known = (path.segments.len(), value);
        Masked(self.masked(policy, known, path, value))
    }

    /// The same of a value of which it may be known from elsewhere that it is a secret; what refers
    /// to one stays.
    #[must_use]
    pub fn value_known(&self, path: &ValuePath, value: &Value, is_secret: bool) -> Masked<Value> {
        let Some(policy) = self.policy.filter(|_| is_secret) else { return self.value(path, value) };
        let text = value.untagged().scalar_text();
        let stays =
            *value == Value::Null || text.is_some_and(|text| text.is_empty() || policy.is_reference(text));
        match stays {
            true => self.value(path, value),
            false if value.is_scalar() => Masked(Value::masked()),
            // Which of its elements it is, an alias of a secret perhaps, is not known here.
            false => Masked(texts_masked(policy, value)),
        }
    }

    /// The same of a value that another mask has passed already.
    #[must_use]
    pub fn again(&self, path: &ValuePath, value: &Masked<Value>) -> Masked<Value> {
        self.value(path, value.shown())
    }

    fn masked(&self, policy: &Policy, known: (usize, &Value), path: &ValuePath, value: &Value) -> Value {
        match value {
            Value::Map(map) => {
                let entry = |(key, value): (&String, &Value)| {
                    (shown_key(key), self.masked(policy, known, &path.key(key), value))
                };
                Value::Map(map.iter().map(entry).collect())
            }
            Value::List(list) => {
                let element = |(i, value)| self.masked(policy, known, &path.join(Segment::Index(i)), value);
                Value::List(list.iter().enumerate().map(element).collect())
            }
            Value::Tagged(tag, inner) if !inner.is_scalar() => {
                Value::Tagged(tag.clone(), Box::new(self.masked(policy, known, path, inner)))
            }
            _ if guards::off(Guard::SecretsMasked) => value.clone(),
            _ if self.is_secret(policy, known, path, value) => Value::masked(),
            scalar => scalar.clone(),
        }
    }

    fn is_secret(&self, policy: &Policy, known: (usize, &Value), path: &ValuePath, scalar: &Value) -> bool {
        let mut policies = [Some(policy), self.other].into_iter().flatten();
        policies.any(|policy| scalar_secret(policy, scalar, || place(policy, path, Some(known))).is_some())
            || self.documents.iter().any(|document| document.secret(policy, path, scalar).is_some())
    }
}

/// A key as it may be shown.
fn shown_key(key: &str) -> String {
    match in_key(key).filter(|_| !guards::off(Guard::SecretsMasked)) {
        Some(_) => without_secrets(key).into_owned(),
        None => key.to_owned(),
    }
}

/// A value with all texts and numbers masked that refer to nothing.
fn texts_masked(policy: &Policy, value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            Value::Map(map.iter().map(|(key, value)| (shown_key(key), texts_masked(policy, value))).collect())
        }
        Value::List(list) => Value::List(list.iter().map(|value| texts_masked(policy, value)).collect()),
        Value::Tagged(tag, inner) => Value::Tagged(tag.clone(), Box::new(texts_masked(policy, inner))),
        Value::String(text) | Value::Number(text) if !text.is_empty() && !policy.is_reference(text) => {
            Value::masked()
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Number(_) => value.clone(),
    }
}

/// A document's text line by line, as it is and as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedText {
    /// The lines with their line endings.
    pub raw: Vec<String>,
    /// The same lines without their endings, secrets blotted out.
    pub shown: Vec<String>,
}

impl Mask<'_> {
    /// The text of a document, split at every line feed.
    #[must_use]
    pub fn text(&self, document: &Document) -> MaskedText {
        let hidden = self.policy.map(|policy| spans(document, None, &[policy])).unwrap_or_default();
        lines(document.text(), &hidden)
    }

    /// Comments of a document, in one line.
    #[must_use]
    pub fn comments(&self, comments: &[String]) -> String {
        let shown = |comment: &String| {
            let hidden = self.policy.map(|policy| spans_of_comment(comment, policy)).unwrap_or_default();
            lines(comment, &hidden).shown.join(" ")
        };
        comments.iter().map(shown).collect::<Vec<_>>().join("; ")
    }

    /// A text that is no document, split at every line feed; in doubt more is blotted out than need be.
    #[must_use]
    pub fn plain_text(&self, text: &str) -> MaskedText {
        let hidden = self.policy.map(|policy| unparsed::spans(text, policy)).unwrap_or_default();
        lines(text, &hidden)
    }
}

/// The lines of a text, the bytes in these spans blotted out.
fn lines(text: &str, hidden: &[Range<usize>]) -> MaskedText {
    let mut at = 0;
    // The spans are in order, as the lines are: both are walked once.
    let mut ahead = hidden;
    let mut out = MaskedText { raw: Vec::new(), shown: Vec::new() };
    for line in text.split_inclusive('\n') {
        out.raw.push(line.to_owned());
        out.shown.push(blotted(line.trim_end_matches(['\n', '\r']), at, &mut ahead));
        at += line.len();
    }
    out
}

/// The texts of a document that no message may show, so that one which somebody else wrote can be
/// judged.
#[derive(Clone, Debug, Default)]
pub struct SecretTexts(Vec<Vec<char>>);

/// So many characters in a row of a secret say something about it.
const TELLING: usize = 4;

impl SecretTexts {
    /// The secrets of a document, by their paths and by their look.
    #[must_use]
    pub fn of(document: &Document, policy: &Policy) -> Self {
        let secrets = DocumentSecrets::of(document, policy);
        let mut texts = Vec::new();
        document.walk(&mut |visit| {
            let found = secrets.secret(policy, visit.path, visit.value).filter(|_| visit.value.is_scalar());
            texts.extend(found.map(|secret| secret.text.chars().flat_map(char::to_lowercase).collect()));
        });
        Self(texts)
    }

    /// Whether a message holds a secret, or a stretch of one.
    #[must_use]
    pub fn are_told_in(&self, message: &str) -> bool {
        let message: Vec<char> = message.chars().flat_map(char::to_lowercase).collect();
        let stretches: [BTreeSet<&[char]>; TELLING] =
            std::array::from_fn(|shorter| message.windows(shorter + 1).collect());
        self.0.iter().any(|secret| {
            let length = secret.len().min(TELLING);
            let told = length.checked_sub(1).and_then(|shorter| stretches.get(shorter));
            told.is_some_and(|told| secret.windows(length).any(|stretch| told.contains(stretch)))
        })
    }
}

/// A line that begins at byte `start` with the bytes in the spans blotted out. `ahead` are those
/// that may lie in this line or behind it, in order; what the line is past is taken off.
fn blotted(line: &str, start: usize, ahead: &mut &[Range<usize>]) -> String {
    let mut out = String::new();
    let mut within = false;
    for (i, c) in line.char_indices() {
        while let Some((_, behind)) = ahead.split_first().filter(|(span, _)| span.end <= start + i) {
            *ahead = behind;
        }
        let hidden = ahead.first().is_some_and(|span| span.start <= start + i);
        match (hidden, within) {
            (true, false) => out.push_str(BLOT),
            (true, true) => {}
            (false, _) => out.push(c),
        }
        within = hidden;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Limits;

    #[test]
    fn texts_keep_their_lines() {
        let policy = Policy::default();
        let text = "a: 1\r\npassword: x y # why\ntoken: |\n  one\n  two\nb: {secret: s, c: 1}";
        let document = Document::parse(text.as_bytes(), &Limits::default()).expect("yaml");
        let masked = Mask::new(&policy).text(&document);
        assert_eq!(masked.raw.concat(), text);
        let shown =
            ["a: 1", "password: •••• # why", "token: ••••", "••••", "••••", "b: {secret: ••••, c: 1}"];
        assert_eq!(masked.shown, shown);
        assert_eq!(Mask::none().text(&document).shown[1], "password: x y # why");
    }

    #[test]
    fn a_line_shows_one_blot_for_what_is_hidden_in_a_row() {
        let text = "ab cd\nef\nghi";
        for (spans, shown) in [
            (vec![], ["ab cd", "ef", "ghi"]),
            (vec![(0, 2), (3, 5)], ["•••• ••••", "ef", "ghi"]),
            (vec![(0, 2), (2, 3), (7, 8)], ["••••cd", "e••••", "ghi"]),
            (vec![(4, 10)], ["ab c••••", "••••", "••••hi"]),
            (vec![(5, 6), (8, 9), (10, 11)], ["ab cd", "ef", "g••••i"]),
        ] {
            let spans: Vec<_> = spans.into_iter().map(|(start, end)| start..end).collect();
            let (mut at, mut ahead) = (0, spans.as_slice());
            let lines = text.split_inclusive('\n').map(|line| {
                let shown = blotted(line.trim_end(), at, &mut ahead);
                at += line.len();
                shown
            });
            assert_eq!(lines.collect::<Vec<_>>(), shown, "{spans:?}");
        }
    }

    #[test]
    fn a_message_that_tells_of_a_secret_is_noticed() {
        let text = "a: hello\npassword: hunter2\nb: {password: 7}\nsecret: ${REF}\n";
        let document = Document::parse(text.as_bytes(), &Limits::default()).expect("yaml");
        let secrets = SecretTexts::of(&document, &Policy::default());
        for (message, tells) in [
            ("hello is wrong", false),
            ("`HUNTER2` is wrong", true),
            ("no digit in \"unte\"", true),
            ("unt", false),
            ("7 is too much", true),
            ("${REF} is not set", false),
            ("unt hun ter", false),
            ("", false),
        ] {
            assert_eq!(secrets.are_told_in(message), tells, "{message}");
        }
    }

    #[test]
    fn secrets_are_masked_wherever_they_are() {
        let policy = Policy::default();
        let text = "db: {user: u, password: p}\nl: [{token: t1}]\nsecret: {a: [z]}\npasswd: ${P}\n";
        let document = Document::parse(text.as_bytes(), &Limits::default()).expect("yaml");
        let shown = Mask::new(&policy).value(&ValuePath::root(), document.value());
        assert_eq!(
            shown.to_string(),
            "{db: {user: u, password: ••••}, l: [{token: ••••}], secret: {a: [••••]}, passwd: ${P}}"
        );
        assert_eq!(Mask::none().value(&ValuePath::root(), document.value()).shown(), document.value());
    }
}
