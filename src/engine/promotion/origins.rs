//! The changes that people know values by: what came to staging by a promotion was first a change of
//! development.

use super::entry::PlanEntry;
use crate::engine::timeline::View;

/// Notes on lines of the hop to production the latest commit of development, at or before the commit
/// that brought staging's value, that gave development the same. `view` is over the hop to staging,
/// asked about the paths of the lines, and about the old ones of what was renamed.
pub fn note_origins(lines: &mut [PlanEntry], view: View<'_>) {
    for line in lines {
        let Some(commit) = &line.commit else { continue };
        // What staging carried to another name never was development's; that the old one went, was.
        let path = line.renamed.as_ref().map_or(&line.path, |renamed| &renamed.from);
        let [development, staging] = view.changes(path);
        let Some((came, value)) = staging.iter().rfind(|(event, _)| view.commit(*event).id == commit.id)
        else {
            continue;
        };
        let first = development.iter().rfind(|(event, given)| event <= came && given == value);
        let origin = first.map(|(event, _)| view.commit(*event)).filter(|origin| origin.id != commit.id);
        line.origin = origin.cloned();
    }
}
