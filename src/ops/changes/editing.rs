//! The new text of an item's file, by what is asked of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ItemChange, ItemEdit, PathEdit};
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::ItemFile;
use crate::model::{Error, ItemId, Patch, PatchOperation, Result, Segment, Value, ValuePath};
use crate::ops::edit::{edit, set_or_insert_with};
use crate::ops::item::no_item;
use crate::ops::patch::{Kept, apply, edits, forbidden, require_no_secrets, require_writable};
use crate::secrets::mask::Reveal;
use crate::secrets::{encrypted, unparsed};
use crate::yaml::edit::Operation;
use crate::yaml::{Document, render};

/// Edits of items of one revision, for somebody.
pub(super) struct Editing<'c> {
    pub(super) configuration: &'c Configuration,
    pub(super) reveal: Reveal,
}

impl Editing<'_> {
    /// The new text of an item's file; `None` when it goes.
    pub(super) fn text(&self, change: &ItemChange, item: Option<&ItemFile>) -> Result<Option<String>> {
        let configuration = self.configuration;
        let shown = format!("{}{}", configuration.snapshot().prefix, change.item.file());
        let document = || item.map(|item| configuration.document(item)).transpose();
        let present = || document()?.ok_or_else(|| absent(configuration, &change.item));
        match &change.edit {
            ItemEdit::Delete => return Ok(None),
            ItemEdit::Put(bytes) => self.put(bytes, item, &shown),
            ItemEdit::Value(value) => self.value(value, document()?.as_deref(), &shown),
            ItemEdit::Paths(edits) => self.paths(edits, &*present()?, &shown),
            ItemEdit::Patch(patch) => self.patch(patch, &*present()?, &shown),
        }
        .map(Some)
    }

    fn put(&self, bytes: &[u8], item: Option<&ItemFile>, shown: &str) -> Result<String> {
        let new = put(self.configuration, bytes, shown)?;
        if self.reveal == Reveal::Nothing {
            require_no_secrets(&new, self.configuration)?;
            self.require_none_before(item)?;
        }
        Ok(new.text().to_owned())
    }

    /// Refuses to replace a file that holds secrets.
    fn require_none_before(&self, item: Option<&ItemFile>) -> Result<()> {
        let Some(item) = item else { return Ok(()) };
        let reading = self.configuration.reading(item)?;
        match &reading.document {
            Ok(document) => require_no_secrets(document, self.configuration),
            Err(_) => {
                let text = String::from_utf8_lossy(&reading.bytes);
                match unparsed::spans(&text, self.configuration.policy()).is_empty() {
                    true => Ok(()),
                    false => Err(forbidden(&ValuePath::root())),
                }
            }
        }
    }

    fn value(&self, value: &Value, old: Option<&Document>, shown: &str) -> Result<String> {
        let root = ValuePath::root();
        require_writable(value, &root, self.configuration)?;
        let Some(old) = old else {
            let empty = put(self.configuration, b"", shown)?;
            let (_, kept) = Kept::of(&empty, self.configuration);
            let text = render::block(&kept.resolve(value, None, &root)?, 0);
            if self.reveal == Reveal::Nothing {
                require_no_secrets(&*put(self.configuration, text.as_bytes(), shown)?, self.configuration)?;
            }
            return Ok(text);
        };
        refuse_several(old, shown)?;
        let (values, kept) = Kept::of(old, self.configuration);
        let new = kept.put_back(&kept.resolve(value, values.first(), &root)?);
        let text = edit(old, &edits(old, &root, &new), self.configuration.limits(), shown)?;
        if self.reveal == Reveal::Nothing {
            require_no_secrets(old, self.configuration)?;
            require_no_secrets(&*put(self.configuration, text.as_bytes(), shown)?, self.configuration)?;
        }
        Ok(text)
    }

    fn patch(&self, patch: &Patch, old: &Document, shown: &str) -> Result<String> {
        refuse_sealed(old, shown)?;
        refuse_several(old, shown)?;
        for (path, value) in given(patch) {
            require_writable(value, &path, self.configuration)?;
        }
        let (mut values, kept) = Kept::of(old, self.configuration);
        let new = apply(patch, &values.swap_remove(0), &kept, self.reveal)?;
        let root = ValuePath::root();
        let edits = edits(old, &root, &kept.put_back(&new));
        let text = edit(old, &edits, self.configuration.limits(), shown)?;
        if self.reveal == Reveal::Nothing {
            let after = put(self.configuration, text.as_bytes(), shown)?;
            kept.require_untouched(&[(root, new)], &after, self.configuration)?;
        }
        Ok(text)
    }

    fn paths(&self, edits: &[PathEdit], document: &Document, shown: &str) -> Result<String> {
        refuse_sealed(document, shown)?;
        let (values, kept) = Kept::of(document, self.configuration);
        let (mut operations, mut written) = (Vec::new(), Vec::new());
        for edit in edits {
            match edit {
                PathEdit::Set { path, value, parents } => {
                    let path = document.resolve(path);
                    require_writable(value, &path, self.configuration)?;
                    let root = path.document.find(document.values()).and_then(|at| values.get(at));
                    let given = kept.resolve(value, root.and_then(|root| root.at(&path)), &path)?;
                    let value = kept.put_back(&given);
                    written.push((path.clone(), given));
                    if document.at(&path) != Some(&value) {
                        operations.push(set_or_insert_with(document, &path, value, *parents, shown)?);
                    }
                }
                PathEdit::Unset { path } => {
                    let path = document.resolve(path);
                    if document.at(&path).is_some() {
                        operations.push(Operation::Remove { path });
                    }
                }
            }
        }
        let text = edit(document, &operations, self.configuration.limits(), shown)?;
        if self.reveal == Reveal::Nothing {
            let after = put(self.configuration, text.as_bytes(), shown)?;
            settle_appended(&mut written, &after);
            kept.require_untouched(&written, &after, self.configuration)?;
        }
        Ok(text)
    }
}

/// Gives what was appended to lists the paths that it has there.
fn settle_appended(written: &mut [(ValuePath, Value)], document: &Document) {
    let mut behind: BTreeMap<ValuePath, usize> = BTreeMap::new();
    for (path, _) in written.iter_mut().rev() {
        if let (Some(Segment::Append), Some(parent)) = (path.last(), path.parent()) {
            let length =
                document.at(&parent).and_then(|list| list.untagged().as_list()).map_or(0, |it| it.len());
            let count = behind.entry(parent.clone()).or_default();
            *count += 1;
            *path = parent.join(Segment::Index(length.saturating_sub(*count)));
        }
    }
}

/// The values that a patch brings.
fn given(patch: &Patch) -> Vec<(ValuePath, &Value)> {
    match patch {
        Patch::Merge(value) => vec![(ValuePath::root(), value)],
        Patch::Json(operations) => operations
            .iter()
            .filter_map(|operation| match operation {
                PatchOperation::Add { path, value } | PatchOperation::Replace { path, value } => {
                    let keys = path.tokens().iter().cloned().map(Segment::Key).collect();
                    Some((ValuePath { segments: keys, ..ValuePath::root() }, value))
                }
                PatchOperation::Remove { .. }
                | PatchOperation::Move { .. }
                | PatchOperation::Copy { .. }
                | PatchOperation::Test { .. } => None,
            })
            .collect(),
    }
}

fn refuse_sealed(document: &Document, shown: &str) -> Result<()> {
    if encrypted::is_sealed(document.values()) { Err(encrypted::refusal(shown)) } else { Ok(()) }
}

fn refuse_several(document: &Document, shown: &str) -> Result<()> {
    let several = document.values().len();
    if several == 1 {
        return Ok(());
    }
    Err(Error::undecided(format!("{shown} holds {several} YAML documents, and one value is none of them"))
        .with_help("write the whole file, or single values by their paths"))
}

fn put(configuration: &Configuration, bytes: &[u8], shown: &str) -> Result<Arc<Document>> {
    Document::parse(bytes, configuration.limits()).map(Arc::new).map_err(|rejection| {
        let at = rejection.location.start;
        Error::usage(format!("{shown}:{}:{}: {}", at.line, at.column, rejection.message))
            .with_help(rejection.help.clone())
    })
}

fn absent(configuration: &Configuration, item: &ItemId) -> Error {
    no_item(configuration.snapshot(), &item.key, item.environment)
}
