//! `unknown-environment`: a folder below `environments/` is not one of the three.

use std::collections::BTreeMap;

use super::context::RevisionContext;
use crate::engine::snapshot::Place;
use crate::model::{Environment, Finding, Rule, UnknownEnvironment};

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let mut folders: BTreeMap<&String, Vec<&str>> = BTreeMap::new();
    for (path, _, place) in world.snapshot.misplaced() {
        if let Place::UnknownEnvironment(name) = place {
            folders.entry(name).or_default().push(path);
        }
    }
    let drafts = folders.into_iter().filter_map(|(name, files)| {
        let file = format!("{}{}", world.snapshot.prefix, files.first()?);
        let error = UnknownEnvironment { name: name.clone() };
        let more = match files.len() - 1 {
            0 => String::new(),
            1 => "; one more file is in its folder".to_owned(),
            n => format!("; {n} more files are in its folder"),
        };
        let mut finding =
            Finding::new(Rule::UnknownEnvironment, file, format!("{error}{more}"), error.help());
        // Who asks for the environment that is likely meant is told of it.
        finding.environment = Environment::guess(name);
        Some(finding)
    });
    drafts.collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use crate::model::{Environment, Rule};

    #[test]
    fn a_folder_is_told_once_with_a_hint() {
        let found = check(&[
            ("environments/prod/a.yaml", "a: 1\n"),
            ("environments/prod/b/c.yaml", "a: 1\n"),
            ("environments/qa/a.yaml", "a: [\n"),
            ("environments/development/a.yaml", "a: 1\n"),
            ("environments/README.md", "prod\n"),
        ]);
        let shown: Vec<_> = found.iter().map(|f| format!("{} {}", f.file, f.message)).collect();
        assert_eq!(
            shown,
            [
                "environments/prod/a.yaml `prod` is not an environment; one more file is in its folder",
                "environments/qa/a.yaml `qa` is not an environment",
            ]
        );
        assert!(found.iter().all(|finding| finding.rule == Rule::UnknownEnvironment));
        assert_eq!([found[0].environment, found[1].environment], [Some(Environment::Production), None]);
        assert!(found[0].help.to_string().starts_with("did you mean `production`?"), "{}", found[0].help);
    }
}
