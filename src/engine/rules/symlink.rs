//! `symlink`: a symbolic link stands where a file should.

use super::context::RuleContext;
use super::finding_builder::FindingBuilder;
use crate::engine::snapshot::{FileKind, Place, place};
use crate::model::Rule;

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let links = world.snapshot.files.iter().filter(|(_, entry)| entry.kind == FileKind::Symlink);
    let drafts = links.filter_map(|(path, _)| {
        let place = place(path)?;
        let file = format!("{}{path}", world.snapshot.prefix);
        let message = "this is a symbolic link, and its target is not read";
        let help =
            "put a file with this environment's own values here; shared bytes would cross environments";
        let mut draft = FindingBuilder::of_file(Rule::Symlink, file, message, help);
        match place {
            Place::Item(id) => {
                draft.finding.environment = Some(id.environment);
                draft.finding.key = Some(id.key);
            }
            Place::InvalidKey(environment, _) => draft.finding.environment = Some(environment),
            Place::UnknownEnvironment(_) | Place::Stray => {}
        }
        Some(draft)
    });
    drafts.collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;

    #[test]
    fn a_link_is_told_and_not_followed() {
        let repository = Repository::new(&[("environments/development/a.yaml", "a: 1\n")])
            .link("environments/production/a.yaml")
            .link("environments/prod")
            .link("schemas/shared.json");
        assert_eq!(
            repository.places(),
            ["environments/prod error[symlink]", "environments/production/a.yaml error[symlink]"]
        );
    }
}
