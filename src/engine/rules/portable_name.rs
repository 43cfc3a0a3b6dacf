//! `portable-name`: a name that other systems cannot check out.

use super::context::RevisionContext;
use crate::model::{Finding, Key, Rule};

pub(super) fn judge(world: &RevisionContext<'_>) -> Vec<Finding> {
    let drafts = world.snapshot.items().filter_map(|item| {
        let (segment, why) = fault(&item.id.key)?;
        let message = format!("Windows cannot check out `{segment}`: {why}");
        let help = "rename the item in every environment, with `git mv`";
        let mut finding = Finding::new(Rule::PortableName, &item.file, message, help);
        finding.environment = Some(item.id.environment);
        finding.key = Some(item.id.key.clone());
        Some(finding)
    });
    drafts.collect()
}

/// The first segment that is a name elsewhere of something else, and why.
fn fault(key: &Key) -> Option<(&str, &'static str)> {
    let text = key.as_str();
    let mut segments = text.split('/').peekable();
    std::iter::from_fn(|| Some((segments.next()?, segments.peek().is_some()))).find_map(
        |(segment, is_folder)| {
            if is_device(segment) {
                Some((segment, "it is the name of a device there"))
            } else if is_folder && segment.ends_with('.') {
                Some((segment, "no name ends in a dot there"))
            } else {
                None
            }
        },
    )
}

/// Whether Windows takes a name for a device, whatever stands behind its first dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let is = |word: &str, stem: &str| stem.eq_ignore_ascii_case(word);
    let port = |kind| {
        stem.split_at_checked(3).is_some_and(|(begin, n)| {
            is(kind, begin) && n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit())
        })
    };
    ["con", "prn", "aux", "nul"].into_iter().any(|word| is(word, stem)) || port("com") || port("lpt")
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    #[test]
    fn names_that_windows_keeps_for_itself_are_told() {
        for (key, told) in [
            ("con", true),
            ("a/NUL", true),
            ("aux.eu/a", true),
            ("com1", true),
            ("lpt9.x", true),
            ("a./b", true),
            ("console", false),
            ("com", false),
            ("com10", false),
            ("a.", false),
            ("my.con", false),
        ] {
            let file = format!("environments/staging/{key}.yaml");
            let found = Repository::new(&[(file.as_str(), "a: 1\n")]).of(Rule::PortableName);
            assert_eq!(!found.is_empty(), told, "{key}: {found:?}");
        }
    }
}
