//! What the documents of a file are called in all its versions: as those versions call them that are
//! compared at last.

use std::collections::HashMap;

use super::documents::{DocumentPair, Labels, pair_documents, pair_labelled};
use super::lists::ListRules;
use super::{Change, Depth, diff_documents};
use crate::model::{DocumentId, DocumentNames, Value};

/// What two versions of a file call their documents, so that the differences of others can be told by the
/// same paths.
#[derive(Debug)]
pub struct DocumentLabels<'v> {
    /// Each version with its names, and by position what its documents are called.
    sides: [(&'v [Value], DocumentNames, HashMap<usize, DocumentId>); 2],
    labels: Labels,
}

impl<'v> DocumentLabels<'v> {
    /// Those of two versions.
    #[must_use]
    pub fn new(left: &'v [Value], right: &'v [Value]) -> Self {
        let pairs = pair_documents(left, right);
        let is_by_place = |pair: &DocumentPair| matches!(pair.document, DocumentId::Position(_));
        let labels = if pairs.iter().all(is_by_place) { Labels::AsNeeded } else { Labels::Always };
        let side = |values: &'v [Value], position: fn(&DocumentPair) -> Option<usize>| {
            let known = pairs.iter().filter_map(|pair| Some((position(pair)?, pair.document.clone())));
            (values, DocumentNames::of(values), known.collect())
        };
        Self { sides: [side(left, |pair| pair.left), side(right, |pair| pair.right)], labels }
    }

    /// The differences of two further versions: a document that these two have is called as they call it.
    #[must_use]
    pub fn diff<'a>(
        &self,
        before: &'a [Value],
        after: &'a [Value],
        rules: &dyn ListRules,
        depth: Depth,
    ) -> Vec<Change<'a>> {
        let mut pairs = pair_labelled(before, after, self.labels);
        pairs.iter_mut().for_each(|pair| pair.document = self.label(&pair.document));
        diff_documents(pairs, (before, after), rules, depth)
    }

    /// What each document of each version is called, and by what it is found in others: all that the paths of
    /// [`Self::diff`] depend on besides its versions.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let side = |(values, _, labels): &(&[Value], DocumentNames, HashMap<usize, DocumentId>)| {
            let name = |at: usize| format!("{at} {:?}", labels.get(&at));
            (0..values.len()).map(name).collect::<Vec<_>>()
        };
        std::iter::once(format!("{:?}", self.labels)).chain(self.sides.iter().flat_map(side)).collect()
    }

    fn label(&self, document: &DocumentId) -> DocumentId {
        if let DocumentId::Position(_) = document {
            return document.clone();
        }
        let known = |(values, names, labels): &(&[Value], DocumentNames, HashMap<usize, DocumentId>)| {
            labels.get(&names.find(document, values)?).cloned()
        };
        let [left, right] = &self.sides;
        known(right).or_else(|| known(left)).unwrap_or_else(|| document.clone())
    }
}
