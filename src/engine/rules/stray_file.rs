//! `stray-file`: a file that is no item lies among the items.

use super::context::RevisionContext;
use crate::engine::snapshot::{FileKind, Place, is_side_of_merge};
use crate::model::{Environment, Finding, Help, Rule, Severity};

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let files = &world.snapshot.files;
    let strays = world
        .snapshot
        .misplaced()
        .filter(|(_, kind, place)| *kind == FileKind::File && **place == Place::Stray)
        // That the folder is a file is told as such.
        .filter(|(path, ..)| {
            path.strip_prefix("environments/").is_none_or(|name| name.parse::<Environment>().is_err())
        });
    let drafts = strays.map(|(path, ..)| {
        let (severity, message, help) = advice(path, &|path| files.contains_key(path));
        let file = format!("{}{path}", world.snapshot.prefix);
        let mut finding = Finding::new(Rule::StrayFile, file, message, help);
        let folder = path.split('/').nth(1).unwrap_or_default();
        finding.environment = folder.parse::<Environment>().ok();
        finding.severity = severity;
        finding
    });
    drafts.collect()
}

/// How much it weighs, what is wrong, and what to do. An item under another spelling is one that
/// somebody believes to be there.
fn advice(path: &str, exists: &dyn Fn(&str) -> bool) -> (Severity, &'static str, Help) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let left_by_a_tool = || {
        let help = "remove it, or let git ignore such files";
        (Severity::Warning, "this file is no item, but what a tool left of one", help.into())
    };
    if is_side_of_merge(name) {
        return left_by_a_tool();
    }
    match extension.to_ascii_lowercase().as_str() {
        "yml" | "yaml" => {
            let renamed = format!("{}.yaml", path.get(..path.len() - extension.len() - 1).unwrap_or(path));
            let short = format!("{stem}.yaml");
            if path.matches('/').count() < 2 {
                let help = "move it into an environment's folder";
                return (Severity::Warning, "this file is in no environment", help.into());
            }
            let help = if exists(&renamed) {
                format!("remove one of the two: `{short}` is the item")
            } else {
                format!("rename it to `{short}`; items end in `.yaml`")
            };
            (Severity::Error, "this file is not read as an item", help.into())
        }
        "json" | "toml" | "env" | "properties" => {
            (Severity::Warning, "this file is not read as an item", Help::ConvertFile)
        }
        "bak" | "orig" | "old" | "rej" | "save" => left_by_a_tool(),
        _ => (Severity::Warning, "this file is no item", "move it out of `environments/`".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn each_kind_of_stray_has_its_advice() {
        for (path, help) in [
            ("environments/development/a.yml", Some("rename it to `a.yaml`")),
            ("environments/development/b.YAML", Some("rename it to `b.yaml`")),
            ("environments/development/item.yml", Some("remove one of the two")),
            ("environments/development/a.json", Some("convert it")),
            ("environments/development/.env", Some("convert it")),
            ("environments/development/notes.txt", Some("move it out")),
            ("environments/development/item.yaml.bak", Some("remove it")),
            ("environments/development/item.yaml.orig", Some("remove it")),
            ("environments/development/item_LOCAL_1234.yaml", Some("remove it")),
            ("environments/development/._item.yaml", None),
            ("environments/a.yaml", Some("move it into")),
            ("environments/development/README.md", None),
            ("environments/development/billing/.gitkeep", None),
            ("terrace.yml", None),
        ] {
            let found = check(&[(path, "a: no\n"), ("environments/development/item.yaml", "a: 1\n")]);
            let shown: Vec<_> = found.iter().map(|f| (f.file.as_str(), f.rule.id())).collect();
            let expected: Vec<_> = help.iter().map(|_| (path, "stray-file")).collect();
            assert_eq!(shown, expected);
            assert!(
                found.iter().all(|f| f.help.to_string().contains(help.unwrap_or_default())),
                "{}",
                found[0].help
            );
        }
    }
}
