//! Masking: what of a value may be shown.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::{is_hidden, spans};
use crate::model::{Policy, Segment, Value, ValuePath};
use crate::yaml::Document;

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
}

impl<'a> Mask<'a> {
    /// Masks what the policy calls secret; references to secrets stay readable.
    #[must_use]
    pub const fn new(policy: &'a Policy) -> Self {
        Self { policy: Some(policy) }
    }

    /// Shows everything, as `--show-secrets` asks.
    #[must_use]
    pub const fn none() -> Self {
        Self { policy: None }
    }

    /// The value at `path` as it may be shown.
    #[must_use]
    pub fn value(&self, path: &ValuePath, value: &Value) -> Masked<Value> {
        Masked(self.masked(path, value))
    }

    /// The same of a value that another mask has passed already.
    #[must_use]
    pub fn again(&self, path: &ValuePath, value: &Masked<Value>) -> Masked<Value> {
        self.value(path, value.shown())
    }

    fn masked(&self, path: &ValuePath, value: &Value) -> Value {
        let Some(policy) = self.policy else { return value.clone() };
        match value {
            Value::Map(map) => Value::Map(
                map.iter().map(|(key, value)| (key.clone(), self.masked(&path.key(key), value))).collect(),
            ),
            Value::List(list) => {
                let element = |(i, value)| self.masked(&path.join(Segment::Index(i)), value);
                Value::List(list.iter().enumerate().map(element).collect())
            }
            Value::Tagged(tag, inner) => Value::Tagged(tag.clone(), Box::new(self.masked(path, inner))),
            Value::Null => Value::Null,
            Value::String(text) if policy.is_reference(text) => value.clone(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                if policy.is_secret(path) {
                    Value::masked()
                } else {
                    value.clone()
                }
            }
        }
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

impl MaskedText {
    /// A text that is no document, in which nothing can be told to be a secret.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let raw: Vec<_> = text.split_inclusive('\n').map(str::to_owned).collect();
        let shown = raw.iter().map(|line| line.trim_end_matches(['\n', '\r']).to_owned()).collect();
        Self { raw, shown }
    }
}

impl Mask<'_> {
    /// The text of a document, split at every line feed.
    #[must_use]
    pub fn text(&self, document: &Document) -> MaskedText {
        let spans = self.policy.map(|policy| spans(document, policy)).unwrap_or_default();
        let mut at = 0;
        // The spans are in order, as the lines are: both are walked once.
        let mut ahead = spans.as_slice();
        let mut out = MaskedText { raw: Vec::new(), shown: Vec::new() };
        for line in document.text().split_inclusive('\n') {
            out.raw.push(line.to_owned());
            out.shown.push(blotted(line.trim_end_matches(['\n', '\r']), at, &mut ahead));
            at += line.len();
        }
        out
    }
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
        let mut texts = Vec::new();
        document.walk(&mut |visit| {
            let text = visit.value.scalar_text().unwrap_or_default();
            if !text.is_empty() && is_hidden(policy, visit.path, visit.value) {
                texts.push(text.chars().flat_map(char::to_lowercase).collect());
            }
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
            (true, false) => out.push_str("••••"),
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
        let text = "a: hello\npassword: hunter2\nb: {token: 7}\nsecret: ${REF}\n";
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
        let text = "db: {user: u, password: p}\nl: [{token: 1}]\nsecret: {a: [x]}\npasswd: ${P}\n";
        let document = Document::parse(text.as_bytes(), &Limits::default()).expect("yaml");
        let shown = Mask::new(&policy).value(&ValuePath::root(), document.value());
        assert_eq!(
            shown.to_string(),
            "{db: {user: u, password: ••••}, l: [{token: ••••}], secret: {a: [••••]}, passwd: ${P}}"
        );
        assert_eq!(Mask::none().value(&ValuePath::root(), document.value()).shown(), document.value());
    }
}
