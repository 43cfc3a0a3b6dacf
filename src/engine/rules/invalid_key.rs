//! `invalid-key`: a file's path is not a key.

use super::context::RevisionContext;
use crate::engine::snapshot::{FileKind, Place};
use crate::model::{Finding, Key, Rule};

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let files = world.snapshot.misplaced().filter(|(_, kind, _)| *kind == FileKind::File);
    let drafts = files.filter_map(|(path, _, place)| {
        let Place::InvalidKey(environment, message) = place else { return None };
        let file = format!("{}{path}", world.snapshot.prefix);
        let mut finding = Finding::new(Rule::InvalidKey, file, message.clone(), help(path));
        finding.environment = Some(*environment);
        Some(finding)
    });
    drafts.collect()
}

/// The name that the file could have.
fn help(path: &str) -> String {
    let bare = path.trim_end_matches(".yaml");
    let below = bare.splitn(3, '/').nth(2).unwrap_or(bare);
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "._-/".contains(c) { c } else { '-' };
    let mended: String = below.chars().map(allowed).collect();
    let segments = mended.split('/').map(|segment| segment.trim_start_matches(['.', '-']));
    let mended = segments.filter(|segment| !segment.is_empty()).collect::<Vec<_>>().join("/");
    match mended.parse::<Key>() {
        Ok(key) => format!("rename the file, to `{key}.yaml` for instance"),
        Err(_) => "rename the file with letters, digits, `.`, `_` and `-`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn a_name_that_is_no_key_is_told_with_one_that_is() {
        for (path, help) in [
            ("environments/staging/my payments.yaml", "`my-payments.yaml`"),
            ("environments/staging/a/.hidden.yaml", "`a/hidden.yaml`"),
            ("environments/staging/-x.yaml", "`x.yaml`"),
            ("environments/staging/zahlungs\u{e4}.yaml", "`zahlungs-.yaml`"),
            ("environments/staging/.yaml", "rename the file with letters"),
        ] {
            let found = check(&[(path, "a: no\n")]);
            assert_eq!(found.len(), 1, "{path}");
            assert_eq!(found[0].rule.id(), "invalid-key", "{path}");
            assert!(found[0].message.contains("is not a key"), "{}", found[0].message);
            assert!(found[0].help.to_string().contains(help), "{}", found[0].help);
        }
    }
}
