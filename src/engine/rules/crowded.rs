//! Folders with more items than git and people handle well.

use std::collections::BTreeMap;

use crate::engine::snapshot::Snapshot;
use crate::model::Environment;

/// From so many items on a folder is told of.
const MANY: usize = 5_000;

/// A folder that holds very many items itself, those of its folders not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrowdedFolder {
    /// The folder, relative to the git root.
    pub folder: String,
    /// How many items it holds.
    pub items: usize,
}

/// The folder with the most items, where they are very many.
#[must_use]
pub fn most_crowded(snapshot: &Snapshot) -> Option<CrowdedFolder> {
    let mut counts: BTreeMap<(Environment, &str), usize> = BTreeMap::new();
    // Items of one folder mostly follow one another.
    let items: Vec<_> = snapshot.items().map(|item| (item.id.key.as_str(), item.id.environment)).collect();
    let folder = |key: &'_ str| key.rfind('/').unwrap_or_default();
    for run in items.chunk_by(|(a, _), (b, _)| a.get(..folder(a)) == b.get(..folder(b))) {
        for environment in Environment::ALL {
            let held = run.iter().filter(|(_, other)| *other == environment).count();
            if let Some(name) = run.first().and_then(|(key, _)| key.get(..folder(key))) {
                *counts.entry((environment, name)).or_default() += held;
            }
        }
    }
    // Of folders with as many the first one.
    let most = counts.into_iter().rev().max_by_key(|(_, items)| *items);
    most.filter(|(_, items)| *items >= MANY).map(|((environment, name), items)| {
        let below = if name.is_empty() { String::new() } else { format!("/{name}") };
        CrowdedFolder { folder: format!("{}environments/{environment}{below}", snapshot.prefix), items }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::{CrowdedFolder, MANY, most_crowded};
    use crate::engine::snapshot::{FileEntry, FileKind, Snapshot, Source};
    use crate::model::{BlobId, Result, Revision};

    struct Nothing;

    impl Source for Nothing {
        fn read(&self, _: &str, _: Option<&BlobId>) -> Result<Vec<u8>> {
            Ok(Vec::new())
        }
    }

    fn of(folder: &str, items: usize) -> Option<CrowdedFolder> {
        let file = |n: usize| (format!("environments/staging/{folder}svc{n}.yaml"), entry());
        let entry_of = |path: &str| (path.to_owned(), entry());
        let mut files: BTreeMap<String, FileEntry> = (0..items).map(file).collect();
        files.extend([
            entry_of("environments/production/a.yaml"),
            entry_of("environments/staging/z/a/b.yaml"),
        ]);
        most_crowded(&Snapshot::new(Revision::WorkTree, "config/".to_owned(), files, Arc::new(Nothing)))
    }

    fn entry() -> FileEntry {
        FileEntry { blob: None, kind: FileKind::File }
    }

    #[test]
    fn the_folder_with_the_most_items_is_told_where_they_are_very_many() {
        let told = |folder: &str| Some(CrowdedFolder { folder: folder.to_owned(), items: MANY });
        assert_eq!(of("", MANY), told("config/environments/staging"));
        assert_eq!(of("team/", MANY), told("config/environments/staging/team"));
        assert_eq!(of("team/", MANY - 1), None);
    }
}
