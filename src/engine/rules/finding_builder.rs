//! A finding whose place is still a path or a stretch of bytes; the lines, columns and masked
//! excerpts of all rules are worked out here.

use std::ops::Range;

use super::context::{ItemView, RuleContext};
use super::excerpt::excerpt;
use super::unparsed;
use crate::model::{
    Environment, Finding, Help, Location, NoteLabel, Policy, Related, Rule, Severity, ValuePath,
};
use crate::secrets::{is_secret_path, is_secret_step, looks_secret, without_secrets};
use crate::yaml::Document;

/// Where in its file a finding stands.
#[derive(Clone, Debug)]
pub(super) enum Anchor {
    /// The file as a whole.
    File,
    /// The value at the draft's path, or its key where no value is written.
    Value,
    /// The key at this path.
    Key(ValuePath),
    /// These bytes.
    Span(Range<usize>),
    /// This place, in a file that could not be read as YAML.
    Place(Location),
}

/// A finding in the making.
pub(super) struct FindingBuilder<'w> {
    pub(super) finding: Finding,
    item: Option<&'w ItemView<'w>>,
    at: Anchor,
}

impl<'w> FindingBuilder<'w> {
    /// A finding about a file, given relative to the git root, as a whole.
    pub(super) fn of_file(
        rule: Rule,
        file: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<Help>,
    ) -> Self {
        Self { finding: Finding::new(rule, file, message, help), item: None, at: Anchor::File }
    }

    /// A finding about an item.
    pub(super) fn of_item(
        rule: Rule,
        item: &'w ItemView<'w>,
        message: impl Into<String>,
        help: impl Into<Help>,
    ) -> Self {
        let mut draft = Self::of_file(rule, item.file, message, help);
        draft.finding.environment = Some(item.environment);
        draft.finding.key = Some(item.key.clone());
        draft.item = Some(item);
        draft
    }

    /// A finding about the value at `path`, whose message shows the value: `masked` says the
    /// same without it and is taken where the value is secret.
    pub(super) fn of_value(
        rule: Rule,
        (world, item): (&RuleContext<'_>, &'w ItemView<'w>),
        path: &ValuePath,
        [message, masked]: [String; 2],
        help: impl Into<Help>,
    ) -> Self {
        let is_secret = item.holds_secret(world.policy, path)
            || is_secret_path(world.policy, path)
            // What a schema allows may be a secret where the value is none.
            || looks_secret(&message);
        let message = if is_secret { masked } else { message };
        Self::of_item(rule, item, message, help).path(path)
    }

    /// The same at the value of this path.
    pub(super) fn path(mut self, path: &ValuePath) -> Self {
        self.finding.path = Some(path.clone());
        self.at(Anchor::Value)
    }

    /// The same at this place.
    pub(super) fn at(mut self, at: Anchor) -> Self {
        self.at = at;
        self
    }

    /// The same with this weight.
    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.finding.severity = severity;
        self
    }

    /// The same with a further fact.
    pub(super) fn note(mut self, label: NoteLabel, text: impl Into<String>) -> Self {
        self.finding.notes.push((label, text.into()));
        self
    }

    /// The same, resting on these environments too.
    pub(super) fn others(mut self, environments: impl IntoIterator<Item = Environment>) -> Self {
        self.finding.others = environments.into_iter().collect();
        self
    }

    /// The same with a further place.
    pub(super) fn related(mut self, related: Related) -> Self {
        self.finding.related.push(related);
        self
    }

    /// The finding, its place worked out.
    pub(super) fn finish(self, policy: &Policy) -> Finding {
        let Self { mut finding, item, at } = self;
        let Some(item) = item else { return finding };
        match (item.document(), at) {
            (_, Anchor::File) => {}
            (_, Anchor::Place(location)) => {
                finding.location = Some(location);
                finding.excerpt = unparsed::excerpt(&item.reading.bytes, location, &item.policies(policy));
            }
            (Some(document), at) => {
                let path = finding.path.clone().unwrap_or_default();
                let span = span(document, &path, &at);
                finding.location = Some(document.location(&span));
                finding.excerpt = excerpt(document.text(), document.lines(), &span, item.masks(policy));
                finding.pointer = finding.path.as_ref().map(|path| document.pointer(path));
                finding.path = finding.path.map(|path| item.named(&path));
                if let Some(shown) = finding.path.as_ref().and_then(shown_part) {
                    // What is below a key that is a secret is told of what holds that.
                    finding.pointer = Some(document.pointer(&shown));
                    finding.path = Some(shown);
                }
                finding.message = without_secrets(&finding.message).into_owned();
            }
            (None, Anchor::Value | Anchor::Key(_) | Anchor::Span(_)) => {}
        }
        finding
    }
}

/// The part of a path above a key that is or holds a secret; `None` where there is none.
fn shown_part(path: &ValuePath) -> Option<ValuePath> {
    path.segments.iter().position(is_secret_step).map(|steps| path.prefix(steps))
}

/// The bytes that a symbolic place means; what has no token of its own is where its document
/// begins.
fn span(document: &Document, path: &ValuePath, at: &Anchor) -> Range<usize> {
    let begin = || {
        let root = document.root(&path.document).map_or(0, |root| document.node(root).span.start);
        root..root
    };
    let locate = |path: &ValuePath| if path.is_root() { None } else { document.locate(path) };
    match at {
        Anchor::Span(span) => span.clone(),
        Anchor::Key(path) => locate(path).map_or_else(begin, |found| found.key.unwrap_or(found.value)),
        Anchor::Value | Anchor::File | Anchor::Place(_) => {
            locate(path).map_or_else(begin, |found| found.token())
        }
    }
}
