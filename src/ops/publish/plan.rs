//! The difference between what a store shall hold and what it holds.

use super::Publication;
use super::content::Content;
use crate::model::{Error, Result};
use crate::sinks::{Held, Present, Sink};

/// What becomes of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishedChange {
    /// It was not there.
    Added(String),
    /// Its value is another one.
    Modified(String),
    /// It is gone.
    Removed(String),
}

impl PublishedChange {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        let (Self::Added(name) | Self::Modified(name) | Self::Removed(name)) = self;
        name
    }
}

/// What is to be written.
pub(super) struct Plan<'a> {
    pub(super) puts: Vec<(&'a str, &'a [u8])>,
    pub(super) removals: Vec<String>,
    changes: Vec<PublishedChange>,
    unchanged: usize,
    from: Option<String>,
    is_writing: bool,
    /// Whether commit and list of names are as promised.
    is_recorded: bool,
}

/// Plans what makes the store hold this.
///
/// # Errors
/// `Undecided` when something is in the way that is not ours, or a value is too large.
pub(super) fn plan<'a>(content: &'a Content, held: &Held, sink: &dyn Sink) -> Result<Plan<'a>> {
    refuse_foreign(content, held, sink)?;
    let (mut puts, mut changes, mut unchanged) = (Vec::new(), Vec::new(), 0);
    for (name, value) in &content.values {
        let put = (name.as_str(), value.as_slice());
        match held.values.get(name) {
            Some(Present::Value(present)) if present == value => {
                unchanged += 1;
                continue;
            }
            Some(_) => changes.push(PublishedChange::Modified(name.clone())),
            None => changes.push(PublishedChange::Added(name.clone())),
        }
        if value.len() + 2 * name.len() > sink.largest() {
            let message =
                format!("{} has {} bytes, which the store does not take", sink.full_name(name), value.len());
            return Err(Error::undecided(message).with_help("split the item into smaller ones"));
        }
        puts.push(put);
    }
    let gone = |name: &&String| !content.values.contains_key(*name) && held.values.contains_key(*name);
    let removals: Vec<String> = held.names.iter().filter(gone).cloned().collect();
    changes.extend(removals.iter().cloned().map(PublishedChange::Removed));
    changes.sort_by(|one, two| one.name().cmp(two.name()));
    let is_recorded = held.commit.as_deref() == Some(content.commit.as_str())
        && held.names.iter().eq(content.values.keys());
    let (from, is_writing) = (held.commit.clone(), held.is_writing);
    Ok(Plan { puts, removals, changes, unchanged, from, is_writing, is_recorded })
}

/// What terrace did not put there is neither overwritten nor removed.
fn refuse_foreign(content: &Content, held: &Held, sink: &dyn Sink) -> Result<()> {
    let is_foreign = |(name, present): &(&String, &Present)| match present {
        Present::Value(_) => !held.names.contains(*name) && content.values.contains_key(*name),
        Present::Other(_) => true,
    };
    let mut foreign = held.values.iter().filter(is_foreign);
    let Some((name, present)) = foreign.next() else { return Ok(()) };
    let kind = match present {
        Present::Value(_) => String::new(),
        Present::Other(kind) => format!(", {kind},"),
    };
    let more = match foreign.count() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let name = sink.full_name(name);
    Err(Error::undecided(format!("{name}{kind} is in the way, and terrace did not put it there{more}"))
        .with_help("nothing was written; move it away, or publish under another prefix or to another folder"))
}

impl Plan<'_> {
    /// Whether everything is as promised.
    pub(super) const fn is_nothing(&self) -> bool {
        self.changes.is_empty() && self.is_recorded && !self.is_writing
    }

    /// What is not as promised.
    pub(super) fn first_difference(&self) -> Option<&str> {
        let change = self.changes.first().map(PublishedChange::name);
        change.or((!self.is_nothing()).then_some("@commit"))
    }

    pub(super) fn publication(self, content: &Content) -> Publication {
        Publication {
            is_nothing: self.is_nothing(),
            from: self.from,
            commit: content.commit.clone(),
            changes: self.changes,
            unchanged: self.unchanged,
            completes: self.is_writing,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::model::CommitId;
    use crate::sinks::Change;

    struct Named;

    impl Sink for Named {
        fn read(&mut self, _: &BTreeSet<&str>) -> Result<Held> {
            Ok(Held::default())
        }
        fn write(&mut self, _: &Change<'_>, _: &Held) -> Result<()> {
            Ok(())
        }
        fn commit(&mut self) -> Result<Option<String>> {
            Ok(None)
        }
        fn full_name(&self, name: &str) -> String {
            format!("t/staging/{name}")
        }
        fn largest(&self) -> usize {
            16
        }
    }

    type Values<'a> = &'a [(&'a str, &'a str)];

    const COMMIT: &str = "0123456789012345678901234567890123456789";

    fn content(values: &[(&str, &str)]) -> Content {
        let values: BTreeMap<_, _> =
            values.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        Content { commit: COMMIT.parse::<CommitId>().expect("an id"), values }
    }

    fn held(ours: &[&str], values: &[(&str, &str)]) -> Held {
        let mut held = Held::default();
        held.commit = Some(COMMIT.to_owned());
        held.names = ours.iter().map(|name| (*name).to_owned()).collect();
        for (name, value) in values {
            held.values.insert((*name).to_owned(), Present::Value(value.as_bytes().to_vec()));
        }
        held
    }

    #[test]
    fn what_differs_is_written_and_what_is_not_ours_stays() {
        let table: [(Values<'_>, &[&str], Values<'_>, &str); 7] = [
            (&[("a", "1")], &["a"], &[("a", "1")], "nothing"),
            (&[("a", "1")], &[], &[], "+a"),
            (&[("a", "1")], &["a"], &[], "+a"),
            (&[("a", "2")], &["a", "b"], &[("a", "1"), ("b", "1")], "~a -b"),
            (&[("b", "1")], &["a"], &[("a", "1")], "-a +b"),
            (&[("a", "1")], &["a"], &[("a", "1"), ("x", "theirs")], "nothing"),
            // What is ours and gone already only leaves the list.
            (&[("a", "1")], &["a", "b"], &[("a", "1")], ""),
        ];
        for (wanted, ours, present, expected) in table {
            let (content, held) = (content(wanted), held(ours, present));
            let plan = plan(&content, &held, &Named).expect(expected);
            let change = |change: &PublishedChange| match change {
                PublishedChange::Added(name) => format!("+{name}"),
                PublishedChange::Modified(name) => format!("~{name}"),
                PublishedChange::Removed(name) => format!("-{name}"),
            };
            let changes: Vec<_> = plan.changes.iter().map(change).collect();
            let told = if plan.is_nothing() { "nothing".to_owned() } else { changes.join(" ") };
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn what_is_in_the_way_or_too_large_is_named() {
        let refused = |wanted: &str, held: &Held| {
            let content = content(&[("a", wanted)]);
            plan(&content, held, &Named).err().map(|error| error.message).unwrap_or_default()
        };
        let foreign = refused("1", &held(&[], &[("a", "1")]));
        assert!(foreign.starts_with("t/staging/a is in the way"), "{foreign}");
        let mut other = held(&["a"], &[]);
        other.values.insert("a".to_owned(), Present::Other("a hash".to_owned()));
        let foreign = refused("1", &other);
        assert!(foreign.starts_with("t/staging/a, a hash, is in the way"), "{foreign}");
        let large = refused("12345678901234567", &held(&[], &[]));
        assert!(large.starts_with("t/staging/a has 17 bytes"), "{large}");
    }

    #[test]
    fn what_was_interrupted_is_finished() {
        let (content, mut held) = (content(&[("a", "1")]), held(&["a"], &[("a", "1")]));
        held.is_writing = true;
        let plan = plan(&content, &held, &Named).expect("a plan");
        assert!(!plan.is_nothing());
        assert!(plan.publication(&content).completes);
    }
}
