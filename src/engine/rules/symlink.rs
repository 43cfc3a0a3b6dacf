//! `symlink`: something that is no file of this repository stands where terrace reads one: a link, a
//! submodule, a repository within, or a thing of another kind.

use std::collections::BTreeMap;

use super::context::RevisionContext;
use crate::engine::promotion::decision_owner;
use crate::engine::snapshot::{FileKind, Obstacle, Place, is_lock, owner_of_folder, place};
use crate::model::{Environment, Finding};

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let prefix = &world.snapshot.prefix;
    let path_of = |obstacle: &Obstacle| Some(obstacle.file.strip_prefix(prefix.as_str())?.to_owned());
    let in_place = |hidden: &Obstacle| matches!(hidden.kind, FileKind::File | FileKind::Folder);
    let decisions = world.snapshot.hidden_decisions().filter(in_place);
    let found = world.snapshot.obstacles().into_iter().chain(decisions);
    let mut found: BTreeMap<String, Obstacle> =
        found.filter_map(|obstacle| Some((path_of(&obstacle)?, obstacle))).collect();
    let others = world.snapshot.files.iter().filter(|(_, entry)| entry.kind != FileKind::File);
    let others = others.filter(|(path, _)| {
        path.starts_with("environments/") && !is_lock(path)
            || path.starts_with("schemas/")
            || path.starts_with(".terrace/") && decision_owner(path).is_none()
    });
    for (path, entry) in others {
        let file = format!("{prefix}{path}");
        found.entry(path.clone()).or_insert(Obstacle::new(file, entry.kind));
    }
    let drafts = found.into_iter().map(|(path, obstacle)| {
        let mut finding = obstacle.finding();
        match place(&path) {
            Some(Place::Item(id)) => {
                finding.environment = Some(id.environment);
                finding.key = Some(id.key);
            }
            Some(Place::InvalidKey(..) | Place::UnknownEnvironment(_) | Place::Stray) | None => {
                let folder = path.strip_prefix("environments/").and_then(|below| below.split('/').next());
                let folder = folder.and_then(|folder| folder.parse::<Environment>().ok());
                finding.environment = folder.or_else(|| owner_of_folder(&path));
            }
        }
        finding
    });
    drafts.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::testing::Repository;
    use crate::engine::snapshot::{FileEntry, FileKind};
    use crate::model::Rule;

    #[test]
    fn a_link_is_told_and_not_followed() {
        let repository = Repository::new(&[("environments/development/a.yaml", "a: 1\n")])
            .link("environments/production/a.yaml")
            .link("environments/production/.#a.yaml")
            .link("environments/prod")
            .link("environments/staging/Terrace.toml")
            .link("schemas/shared.json");
        let links = repository.of(Rule::Symlink);
        assert!(links.iter().all(|line| line.ends_with("its target is not read")), "{links:?}");
        assert_eq!(
            repository.places(),
            [
                "environments/prod error[symlink]",
                "environments/production/a.yaml error[symlink]",
                "environments/staging/Terrace.toml error[symlink]",
                "schemas/shared.json error[symlink]"
            ]
        );
    }

    #[test]
    fn whatever_hides_files_is_told_whoever_asks() {
        use FileKind::{File, Folder, Other, Repository as Nested, Symlink};
        for (path, kind) in [
            ("terrace.toml", Symlink),
            ("terrace.toml", Folder),
            ("environments", Symlink),
            ("environments", File),
            ("environments/production", Nested),
            ("environments/production", File),
            ("environments/production/sub", Nested),
            ("environments/production/pipe", Other),
            ("schemas", Symlink),
            ("schemas/a.schema.json/part.yaml", File),
            (".terrace", File),
            (".terrace/decisions", Symlink),
            (".terrace/decisions/production", File),
            (".terrace/decisions/production/a=", Nested),
        ] {
            let more = BTreeMap::from([(path.to_owned(), FileEntry { blob: None, kind })]);
            for keys in [&[][..], &["a"]] {
                let repository = Repository::new(&[("environments/development/a.yaml", "a: 1\n")]).keys(keys);
                let found = repository.judge(&more).expect("readable files").findings;
                let told = found.iter().filter(|finding| finding.rule.id() == "symlink");
                let place = path.strip_suffix("/part.yaml").unwrap_or(path);
                assert_eq!(told.map(|it| it.file.as_str()).collect::<Vec<_>>(), [place], "{kind:?} {keys:?}");
            }
        }
    }
}
