//! What `hooks install` sets up in a git repository, as text: one source for what is shown, what is
//! written, and what is known again later.

use std::collections::BTreeSet;

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
        "if command -v terrace >/dev/null 2>&1; then terrace git-merge --marker-size=%L -- %O %A %B %P %S %X %Y; else git merge-file -q --marker-size=%L -L ours -L base -L theirs %A %O %B; fi",
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

/// The commands that judge what is about to be committed to any of these roots. Where several lie below a
/// top that is none, the check at the top finds them, and those to come.
#[must_use]
pub fn checks(roots: &BTreeSet<String>) -> Vec<String> {
    match roots.len() {
        0 | 1 => vec![check(roots.first().map_or("", String::as_str))],
        _ if !roots.contains("") => vec![check("")],
        _ => roots.iter().map(|root| check(root)).collect(),
    }
}

/// The pre-commit hook.
#[must_use]
pub fn pre_commit(checks: &[String]) -> String {
    let run = match checks {
        [only] => format!("    exec {only}\n"),
        // Each of them tells what it finds.
        several => {
            let each: String = several.iter().map(|check| format!("    {check} || failed=$?\n")).collect();
            format!("{each}    exit \"${{failed:-0}}\"\n")
        }
    };
    format!(
        "#!/bin/sh\n{MARK}\nif command -v terrace >/dev/null 2>&1; then\n{run}fi\necho 'terrace is not on the search path: the configuration was not checked' >&2\n"
    )
}

/// The lines for every configuration root of a repository.
pub const ATTRIBUTES_OF_ALL: &str =
    "**/environments/**/*.yaml merge=terrace diff=terrace\n**/.terrace/decisions/**/*=/*.toml merge=terrace";

/// Whether a hook is one that we wrote, in this version or another.
#[must_use]
pub fn is_ours(hook: &str) -> bool {
    hook.lines().nth(1) == Some(MARK)
}

/// The lines of `.git/info/attributes` or `.gitattributes`: for items, and for recorded decisions.
#[must_use]
pub fn attributes(prefix: &str) -> String {
    let pattern = |below: &str| {
        let mut pattern = String::from("/");
        for c in prefix.chars() {
            if matches!(c, '*' | '?' | '[' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push_str(below);
        match pattern.contains([' ', '\t', '"']) || !pattern.is_ascii() {
            true => format!("\"{}\"", pattern.replace('\\', "\\\\").replace('"', "\\\"")),
            false => pattern,
        }
    };
    format!(
        "{} merge=terrace diff=terrace\n{} merge=terrace",
        pattern("environments/**/*.yaml"),
        pattern(".terrace/decisions/**/*=/*.toml")
    )
}

/// A file's text with our lines in it, between lines that say whose they are.
#[must_use]
pub fn with_lines(text: &str, lines: &str) -> String {
    let rest = without_lines(text);
    match rest.as_str() {
        ended if ended.is_empty() || ended.ends_with('\n') => format!("{rest}{BEGIN}\n{lines}\n{END}\n"),
        _ => format!("{rest}\n{BEGIN_UNENDED}\n{lines}\n{END}\n"),
    }
}

/// A file's text without what we wrote: the lines between ours that name our driver. A beginning
/// without its end, or with something else before it, is nobody's to cut.
#[must_use]
pub fn without_lines(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let mut ahead = lines.clone();
        let begin = line.trim_end();
        let is_ours = [BEGIN, BEGIN_UNENDED].contains(&begin)
            && ahead.find(|line| !line.contains("merge=terrace")).is_some_and(|line| line.trim_end() == END);
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

/// A word for a shell.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_line_comes_and_goes_and_nothing_else_does() {
        for text in [
            "",
            "*.png binary\n",
            "*.png binary",
            "# terrace: begin\nleft open\n",
            "# terrace: begin\n*.md text\n# terrace: end\n",
        ] {
            let line = attributes("");
            let with = with_lines(text, &line);
            assert!(with.contains("/environments/**/*.yaml merge=terrace"), "{with}");
            assert_eq!(with_lines(&with, &line), with);
            let without = without_lines(&with);
            assert_eq!(without, text);
            assert_eq!(without_lines(&format!("{with}more\n")).lines().last(), Some("more"));
            // What an earlier version wrote is ours as well.
            let before = with_lines(text, line.lines().next().unwrap_or_default());
            assert_eq!(with_lines(&before, &line), with);
        }
    }

    #[test]
    fn odd_folders_are_quoted() {
        let first = |prefix: &str| attributes(prefix).lines().next().map(str::to_owned);
        let quoted = "\"/a b/environments/**/*.yaml\" merge=terrace diff=terrace";
        assert_eq!(first("a b/").as_deref(), Some(quoted));
        let escaped = "/\\[x]/environments/**/*.yaml merge=terrace diff=terrace";
        assert_eq!(first("[x]/").as_deref(), Some(escaped));
        assert_eq!(check("it's/"), "terrace -C 'it'\\''s/' check --staged --since HEAD");
        assert!(is_ours(&pre_commit(&checks(&BTreeSet::new()))));
        let roots = |roots: &[&str]| roots.iter().map(|root| (*root).to_owned()).collect();
        let several = pre_commit(&checks(&roots(&["", "svc/app/"])));
        assert!(
            is_ours(&several) && several.contains("    terrace -C 'svc/app/' check --staged"),
            "{several}"
        );
        assert_eq!(checks(&roots(&["one/", "two/"])), [check("")]);
        assert!(!is_ours("#!/bin/sh\nterrace check --staged\n"));
    }
}
