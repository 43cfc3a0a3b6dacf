//! What was published, or would be.

use std::io::{self, Write};

use super::counted;
use super::sanitize::clean;
use super::view::View;
use crate::api::publish::Publication;
use crate::api::served::ItemChange;

/// So many names are shown unless more is asked for.
const SHOWN: usize = 20;

/// Writes it for people.
///
/// # Errors
/// Those of `out`.
pub fn text(publication: &Publication<'_>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let (environment, target) = (publication.environment, clean(&publication.target));
    let commit = short(publication.commit);
    if publication.current && !publication.written {
        return writeln!(out, "{target} holds {environment} at {commit} already");
    }
    let from = publication.from.map_or_else(String::new, |from| format!("{} → ", short(from)));
    let strong = view.styles.strong;
    writeln!(out, "{strong}{environment}{strong:#} {from}{commit} to {target}")?;
    if publication.completes {
        writeln!(out, "  finishes a publication that was interrupted")?;
    }
    let shown = if view.verbose { usize::MAX } else { SHOWN };
    for name in publication.changes.iter().take(shown) {
        let (word, style) = match name.change {
            ItemChange::Added => ("add   ", view.styles.added),
            ItemChange::Modified => ("change", view.styles.strong),
            ItemChange::Removed => ("remove", view.styles.removed),
        };
        writeln!(out, "  {style}{word}{style:#} {}", clean(name.name))?;
    }
    if let Some(more) = publication.changes.len().checked_sub(shown).filter(|more| *more > 0) {
        writeln!(out, "  … and {more} more; -v shows all")?;
    }
    let done = if publication.written { "published" } else { "nothing was written (--dry-run)" };
    writeln!(out, "{done}: {}", line(publication))
}

/// What changes, counted, on part of a line.
#[must_use]
pub fn line(publication: &Publication<'_>) -> String {
    let count = |change| publication.changes.iter().filter(|name| name.change == change).count();
    let parts = [
        (count(ItemChange::Added), "added"),
        (count(ItemChange::Modified), "changed"),
        (count(ItemChange::Removed), "removed"),
        (publication.unchanged, "unchanged"),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if parts.is_empty() { counted(0, "name") } else { parts.join(", ") }
}

/// As much of a commit as is read; what a store holds may be anything.
fn short(commit: &str) -> String {
    clean(&commit.chars().take(7).collect::<String>()).into_owned()
}
