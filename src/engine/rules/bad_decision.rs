//! `bad-decision`: a file of decisions cannot be read, or nobody would look for it where it lies, and what
//! it keeps is not kept.

use super::context::RevisionContext;
use crate::engine::promotion::{decision_owner, is_unread_decision, parse_decisions};
use crate::engine::snapshot::FileKind;
use crate::model::{Finding, Help, Location, Position, Rule};

/// All decisions lie there.
const FOLDER: &str = ".terrace/";

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let files = world.snapshot.below(FOLDER);
    let owned = files.filter_map(|(path, entry)| Some((path, entry, decision_owner(path)?)));
    let drafts = owned.filter_map(|(path, entry, (key, target))| {
        let mut help = Help::ReadDecisions;
        let (message, place) = if entry.kind == FileKind::File {
            match world.snapshot.text(path) {
                Ok(text) => {
                    let wrong = parse_decisions(&text.unwrap_or_default()).err()?;
                    help = wrong.help;
                    (wrong.message, Some(Position { line: wrong.line, column: wrong.column }))
                }
                Err(error) => (error.message, None),
            }
        } else {
            ("this is no regular file, and what was decided is not read".to_owned(), None)
        };
        let file = format!("{}{path}", world.snapshot.prefix);
        let mut finding = Finding::new(Rule::BadDecision, file, message, help);
        finding.environment = Some(target);
        finding.key = Some(key);
        finding.location = place.map(|at| Location { start: at, end: at });
        Some(finding)
    });
    drafts.chain(unread(world)).collect()
}

/// What lies where no decisions are looked for.
fn unread<'a>(world: &'a RevisionContext<'_>) -> impl Iterator<Item = Finding> + 'a {
    let files = world.snapshot.below(FOLDER).filter(|(_, entry)| entry.kind == FileKind::File);
    // What stands in another's place is told as that.
    let files = files.filter(|(path, _)| !path.ends_with('=') && !path.contains(".toml/"));
    files.filter(|(path, _)| is_unread_decision(path)).map(|(path, _)| {
        let file = format!("{}{path}", world.snapshot.prefix);
        let message = "this decision is of no environment and item, so that nothing is kept for it";
        let help = "move it to the environment and the key that it is for, or remove it";
        Finding::new(Rule::BadDecision, file, message, help)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;

    #[test]
    fn what_cannot_be_read_is_told_at_its_place() {
        let good =
            "version = 1\n[[decision]]\npath = \"a\"\nreason = \"\"\nuntil = \"released\"\nsource = \"\"\n";
        let broken = format!("{good}<<<<<<< ours\n");
        let repository = Repository::new(&[
            (".terrace/decisions/production/a=/1.toml", good),
            (".terrace/decisions/production/a=/2.toml", &broken),
            (".terrace/decisions/production/a=/notes.txt", "<<<<<<<"),
            (".terrace/decisions/production/b/c.toml", "version = 2\n"),
            (".terrace/decisions/prod/a=/1.toml", good),
            (".terrace/decisions/production/A B=/1.toml", good),
            (".terrace/decisions/1.toml", good),
            (".terrace/decisions/README.md", good),
        ])
        .link(".terrace/decisions/staging/a.toml");
        assert_eq!(
            repository.places(),
            [
                ".terrace/decisions/1.toml error[bad-decision]",
                ".terrace/decisions/prod/a=/1.toml error[bad-decision]",
                ".terrace/decisions/production/A B=/1.toml error[bad-decision]",
                ".terrace/decisions/production/a=/2.toml:7:1 error[bad-decision]",
                ".terrace/decisions/production/b/c.toml:1:1 error[bad-decision]",
                ".terrace/decisions/staging/a.toml error[bad-decision]",
            ]
        );
    }
}
