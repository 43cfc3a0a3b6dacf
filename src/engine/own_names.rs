//! The names by which a rollback compares: what the commit that is taken back called otherwise has its old
//! name again, and what others called otherwise since has theirs.

use crate::diff::documents::settle_document;
use crate::diff::lists::ListRules;
use crate::merge::{Likeness, find_renames, follow_renames, renames_of_removed, with_names};
use crate::model::ValuePath;
use crate::yaml::{Document, Limits};

/// The versions of a rollback by one set of names.
pub struct OwnNames {
    /// The version whose values come back.
    pub before: Document,
    /// What the commit that is taken back made of it; that of today where a revision is restored.
    pub after: Document,
    /// The version of today.
    pub now: Document,
    /// What gets its name back: its path today, and by that name.
    pub renamed: Vec<(ValuePath, ValuePath)>,
    /// What the commit brought or called otherwise and others called otherwise again.
    pub contested: Vec<ValuePath>,
}

/// The versions by one set of names. Of what the commit called otherwise only these paths get their names
/// back; all when there are none.
#[must_use]
pub fn own_names(
    before: &Document,
    left_as: Option<&Document>,
    now: &Document,
    only: &[ValuePath],
    lists: &dyn ListRules,
    limits: &Limits,
) -> OwnNames {
    let [before, after, now] = [before, left_as.unwrap_or(now), now].map(Document::clone);
    let mut it = OwnNames { before, after, now, renamed: Vec::new(), contested: Vec::new() };
    // What others called otherwise may lie in what the commit did, and the other way round.
    for _ in 0..2 {
        if left_as.is_some() {
            it.follow_contested(lists, limits);
        }
        it.take_back(only, lists, limits);
        let others = [&it.after, &it.now, &it.before];
        if let Some([after, before]) =
            left_as.and_then(|_| follow_renames(others, lists, Likeness::Half, limits))
        {
            (it.after, it.before) = (after, before);
        }
    }
    it
}

impl OwnNames {
    fn follow_contested(&mut self, lists: &dyn ListRules, limits: &Limits) {
        let found = renames_of_removed([&self.after, &self.now, &self.before], lists);
        if let Some(after) = with_names(&self.after, &found, limits) {
            self.after = after;
            self.contested.extend(found.into_iter().map(|(_, to)| to));
        }
    }

    fn take_back(&mut self, only: &[ValuePath], lists: &dyn ListRules, limits: &Limits) {
        let mut found = find_renames([&self.after, &self.before, &self.now], lists, Likeness::Half);
        found.retain(|(from, to)| {
            let is_asked = |path: &ValuePath| path.covers(from) || path.covers(to);
            let is_within = self.renamed.iter().any(|(_, above)| above.covers(from));
            !is_within && (only.is_empty() || only.iter().any(is_asked))
        });
        let named = [&self.after, &self.now].map(|document| with_names(document, &found, limits));
        let [Some(after), Some(now)] = named else { return };
        (self.after, self.now) = (after, now);
        for path in &mut self.contested {
            if let Some((_, to)) = found.iter().find(|(from, _)| from == path) {
                path.clone_from(to);
            }
        }
        let place = |path| settle_document(path, self.before.values(), self.now.values());
        let settled: Vec<_> = found.iter().map(|(from, to)| (place(from), place(to))).collect();
        self.renamed.extend(settled);
    }
}
