//! `wide-folder`: a folder with more entries than git and people handle well.

use std::collections::HashMap;

use super::context::RevisionContext;
use crate::model::{Environment, Finding, Rule};

/// From so many entries on a folder is told of.
const MANY: usize = 5_000;

/// The widest folder, where it is very wide.
pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let mut counts: HashMap<(Environment, &str), usize> = HashMap::new();
    for item in world.snapshot.items() {
        let mut entry = item.id.key.as_str();
        // A folder that was there already is counted already.
        while let Some(1) = count(&mut counts, item.id.environment, &mut entry) {}
    }
    let many = counts.into_iter().filter(|(_, entries)| *entries >= MANY);
    let Some(((environment, name), entries)) =
        many.max_by(|(a, widest), (b, other)| widest.cmp(other).then(b.cmp(a)))
    else {
        return Vec::new();
    };
    let below = if name.is_empty() { String::new() } else { format!("/{name}") };
    let folder = format!("{}environments/{environment}{below}", world.snapshot.prefix);
    let message = format!("the folder has {entries} entries, and git writes it anew with each commit");
    let help = "part it into folders of up to 1000, with `git mv`";
    let mut finding = Finding::new(Rule::WideFolder, folder, message, help);
    finding.environment = Some(environment);
    vec![finding]
}

/// Counts an entry in its folder, and goes on to the folder; how many entries that has now, and nothing
/// above an environment's own.
fn count<'k>(
    counts: &mut HashMap<(Environment, &'k str), usize>,
    environment: Environment,
    entry: &mut &'k str,
) -> Option<usize> {
    if entry.is_empty() {
        return None;
    }
    *entry = entry.rsplit_once('/').map_or("", |(folder, _)| folder);
    let entries = counts.entry((environment, entry)).or_default();
    *entries += 1;
    Some(*entries)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use super::MANY;
    use crate::model::Rule;

    fn told(key: impl Fn(usize) -> String, entries: usize) -> Vec<String> {
        let mut repository = Repository::new(&[
            ("environments/production/a.yaml", "a: 1\n"),
            ("environments/staging/z/a/b.yaml", "a: 1\n"),
        ]);
        for n in 0..entries {
            repository = repository.and(&format!("environments/staging/{}.yaml", key(n)), "a: 1\n");
        }
        repository.below("config/").of(Rule::WideFolder)
    }

    #[test]
    fn the_widest_folder_is_told_where_it_is_very_wide() {
        let expected = |folder: &str, entries: usize| {
            let what = format!("the folder has {entries} entries, and git writes it anew with each commit");
            [format!("config/environments/staging{folder} warning[wide-folder] {what}")]
        };
        assert_eq!(told(|n| format!("svc{n}"), MANY), expected("", MANY + 1));
        assert_eq!(told(|n| format!("team/svc{n}"), MANY), expected("/team", MANY));
        assert_eq!(told(|n| format!("team/{n}/a"), MANY), expected("/team", MANY));
        assert_eq!(told(|n| format!("team/{}/{n}", n / 100), MANY), [""; 0]);
        assert_eq!(told(|n| format!("team/svc{n}"), MANY - 1), [""; 0]);
    }
}
