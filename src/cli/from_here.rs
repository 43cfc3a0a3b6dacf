//! Files and commands as they are named from where somebody stands.

use std::path::Path;

use crate::ops::Workspace;

/// How a path (relative to the git root) is named in a folder; in a bare repository it is as it is.
pub(super) fn named_from(workspace: &Workspace, dir: &Path, path: &str) -> String {
    let here = workspace.repository.relative(dir, Path::new(".")).unwrap_or_default();
    way(&here, path)
}

/// A command that does the same in another folder as where it was asked.
pub(super) fn in_folder(dir: &Path, words: &[String]) -> Vec<String> {
    let shown = dir.to_string_lossy();
    let shown = shown.strip_prefix("./").unwrap_or(&shown);
    let mut all = vec!["terrace".to_owned()];
    if !matches!(shown, "" | ".") {
        all.extend(["-C".to_owned(), quoted(shown)]);
    }
    all.extend(words.iter().cloned());
    all
}

/// The way from one folder to a path, both relative to the same.
fn way(from: &str, to: &str) -> String {
    let names = |path: &str| -> Vec<String> {
        path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    let (from, to) = (names(from), names(to));
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let mut steps: Vec<String> = from.iter().skip(common).map(|_| "..".to_owned()).collect();
    steps.extend(to.into_iter().skip(common));
    if steps.is_empty() { ".".to_owned() } else { steps.join("/") }
}

/// A word as a shell takes it for one.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-=,+@%:".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_named_from_where_one_stands() {
        for (from, to, expected) in [
            ("", "", "."),
            ("", "c/a.yaml", "c/a.yaml"),
            ("c", "", ".."),
            ("c", "c/a.yaml", "a.yaml"),
            ("c/d", "c", ".."),
            ("c/d", "e/a.yaml", "../../e/a.yaml"),
        ] {
            assert_eq!(way(from, to), expected, "{from} {to}");
        }
        let words = ["migrate".to_owned(), ".".to_owned()];
        assert_eq!(in_folder(Path::new("."), &words).join(" "), "terrace migrate .");
        assert_eq!(
            in_folder(Path::new("./../my shop"), &words).join(" "),
            "terrace -C '../my shop' migrate ."
        );
    }
}
