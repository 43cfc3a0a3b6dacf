//! What `hooks install` sets up in a git repository, as text: one source for what is shown, what is
//! written, and what is known again later.

/// The first line that a hook of ours has behind the `#!`.
const MARK: &str = "# terrace: written by `terrace hooks install`, removed by `terrace hooks uninstall`";

/// The lines around what is ours in a file that others write as well.
const BEGIN: &str = "# terrace: begin";
const END: &str = "# terrace: end";

/// What begins our lines where the last line before them had no end, and gets that back.
const BEGIN_UNENDED: &str = "# terrace: begin, behind a line without an end";

/// The settings, by name. Where terrace is not on the search path git does what it does without.
pub const SETTINGS: [(&str, &str); 3] = [
    ("merge.terrace.name", "YAML by path, and lines where that cannot decide"),
    (
        "merge.terrace.driver",
        "if command -v terrace >/dev/null 2>&1; then terrace git-merge --marker-size=%L -- %O %A %B %P; else git merge-file -q --marker-size=%L -L ours -L base -L theirs %A %O %B; fi",
    ),
    (
        "diff.terrace.command",
        "f() { if command -v terrace >/dev/null 2>&1; then terrace git-diff -- \"$@\"; else git --no-pager diff --no-ext-diff --no-index -- \"$2\" \"$5\" || :; fi; }; f",
    ),
];

/// The command that judges what is about to be committed; `prefix` is the configuration root
/// relative to the git root, empty or ending in `/`.
#[must_use]
pub fn check(prefix: &str) -> String {
    match prefix {
        "" => "terrace check --staged --since HEAD".to_owned(),
        prefix => format!("terrace -C {} check --staged --since HEAD", quoted(prefix)),
    }
}

/// The pre-commit hook.
#[must_use]
pub fn pre_commit(prefix: &str) -> String {
    // Where there are several roots, the check at the top finds them.
    let check = check(prefix);
    format!(
        "#!/bin/sh\n{MARK}\nif command -v terrace >/dev/null 2>&1; then\n    exec {check}\nfi\necho 'terrace is not on the search path: the configuration was not checked' >&2\n"
    )
}

/// The line for every configuration root of a repository.
pub const ATTRIBUTES_OF_ALL: &str = "**/environments/**/*.yaml merge=terrace diff=terrace";

/// Whether a hook is one that we wrote, in this version or another.
#[must_use]
pub fn is_ours(hook: &str) -> bool {
    hook.lines().nth(1) == Some(MARK)
}

/// The line of `.git/info/attributes` or `.gitattributes`.
#[must_use]
pub fn attributes(prefix: &str) -> String {
    let mut pattern = String::from("/");
    for c in prefix.chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push_str("environments/**/*.yaml");
    if pattern.contains([' ', '\t', '"']) || !pattern.is_ascii() {
        pattern = format!("\"{}\"", pattern.replace('\\', "\\\\").replace('"', "\\\""));
    }
    format!("{pattern} merge=terrace diff=terrace")
}

/// A file's text with our line in it, between lines that say whose it is.
#[must_use]
pub fn with_line(text: &str, line: &str) -> String {
    let rest = without_line(text);
    match rest.as_str() {
        ended if ended.is_empty() || ended.ends_with('\n') => format!("{rest}{BEGIN}\n{line}\n{END}\n"),
        _ => format!("{rest}\n{BEGIN_UNENDED}\n{line}\n{END}\n"),
    }
}

/// A file's text without what we wrote: one line between ours. A beginning without its end is
/// nobody's to cut.
#[must_use]
pub fn without_line(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let mut ahead = lines.clone();
        let begin = line.trim_end();
        let is_ours = [BEGIN, BEGIN_UNENDED].contains(&begin)
            && ahead.nth(1).is_some_and(|line| line.trim_end() == END);
        if is_ours {
            lines = ahead;
            // What somebody wrote behind ours since then stays on a line of its own.
            if begin == BEGIN_UNENDED && lines.clone().next().is_none() {
                out.pop();
            }
        } else {
            out.push_str(line);
        }
    }
    out
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_line_comes_and_goes_and_nothing_else_does() {
        for text in ["", "*.png binary\n", "*.png binary", "# terrace: begin\nleft open\n"] {
            let line = attributes("");
            let with = with_line(text, &line);
            assert!(with.contains("/environments/**/*.yaml merge=terrace"), "{with}");
            assert_eq!(with_line(&with, &line), with);
            let without = without_line(&with);
            assert_eq!(without, text);
            assert_eq!(without_line(&format!("{with}more\n")).lines().last(), Some("more"));
        }
    }

    #[test]
    fn odd_folders_are_quoted() {
        assert_eq!(attributes("a b/"), "\"/a b/environments/**/*.yaml\" merge=terrace diff=terrace");
        assert_eq!(attributes("[x]/"), "/\\[x]/environments/**/*.yaml merge=terrace diff=terrace");
        assert_eq!(check("it's/"), "terrace -C 'it'\\''s/' check --staged --since HEAD");
        assert!(is_ours(&pre_commit("")));
        assert!(!is_ours("#!/bin/sh\nterrace check --staged\n"));
    }
}
