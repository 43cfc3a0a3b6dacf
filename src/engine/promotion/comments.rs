//! Comments that stay where they are: those by which a tool finds the line that it writes, those that
//! name an environment, and those that hold a secret. In another environment they would say something
//! wrong, and be obeyed.

use crate::engine::naming::Naming;
use crate::secrets::spans_of_comment;
use crate::yaml::{Document, Limits};

/// What machines look for in comments: Flux, kpt, Renovate, release-please.
const MARKERS: [&str; 6] = ["{\"$", "{ \"$", "kpt-set:", "kpt-merge:", "renovate:", "x-release-please"];

/// The source without the comments that do not come along; `None` where it has none of them.
#[must_use]
pub fn without_local_comments(source: &Document, naming: &Naming<'_>, limits: &Limits) -> Option<Document> {
    let text = source.text();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in source.comments() {
        let comment = text.get(span.clone())?;
        if !stays(comment, naming) {
            continue;
        }
        let before = text.get(at..span.start)?;
        let blank = before.trim_end_matches([' ', '\t']);
        let is_alone = blank.is_empty() && at == 0 || blank.ends_with(['\n', '\r', '\u{feff}']);
        out.push_str(blank);
        at = span.end;
        if is_alone {
            let rest = text.get(at..).unwrap_or_default();
            at += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with(['\n', '\r'])) };
        }
    }
    if at == 0 {
        return None;
    }
    out.push_str(text.get(at..)?);
    Document::parse(out.as_bytes(), limits).ok().filter(|document| document.values() == source.values())
}

fn stays(comment: &str, naming: &Naming<'_>) -> bool {
    let is_marked = || MARKERS.iter().any(|marker| comment.contains(marker));
    let tells_secret = || !spans_of_comment(comment, naming.policy()).is_empty();
    is_marked() || !naming.named(comment).is_empty() || tells_secret()
}

/// The comments that `whole` has and `result` has not, or not as often.
#[must_use]
pub fn comments_left_out(whole: &Document, result: &Document) -> Vec<String> {
    let texts = |document: &Document| -> Vec<String> {
        let text = |span: &std::ops::Range<usize>| document.text().get(span.clone()).map(str::to_owned);
        document.comments().iter().filter_map(text).collect()
    };
    let mut there = texts(result);
    let mut left = texts(whole);
    left.retain(|comment| match there.iter().position(|other| other == comment) {
        Some(position) => {
            there.swap_remove(position);
            false
        }
        None => true,
    });
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Policy;

    #[test]
    fn markers_and_named_environments_stay_and_the_rest_comes() {
        let limits = Limits::default();
        let read = |text: &str| Document::parse(text.as_bytes(), &limits).expect("YAML");
        let policy = Policy::default();
        let naming = Naming::new(&policy);
        for (source, expected) in [
            ("a: 1 # why\n", None),
            ("a: 1 # {\"$imagepolicy\": \"flux-system:a:tag\"}\nb: 2 # why\n", Some("a: 1\nb: 2 # why\n")),
            ("# renovate: datasource=docker\na: 1\n", Some("a: 1\n")),
            ("x:\n  # only for development\n  # why\n  a: 1\n", Some("x:\n  # why\n  a: 1\n")),
            ("a: 1\r\n# x-release-please-version\r\nb: 1\r\n", Some("a: 1\r\nb: 1\r\n")),
            ("a: |\n  # renovate: no comment\n", None),
            ("# was postgres://u:hunter2@db/x\na: 1 # why\n", Some("a: 1 # why\n")),
            ("a: 1 # password: hunter2\n# DB_PASSWORD=hunter2\nb: 1\n", Some("a: 1\nb: 1\n")),
        ] {
            let found = without_local_comments(&read(source), &naming, &limits);
            assert_eq!(found.as_ref().map(Document::text), expected, "{source}");
        }
        let (whole, result) = (read("a: 1 # x\nb: 1 # x\nc: 1 # y\n"), read("a: 1 # x\nb: 1\nc: 1\n"));
        assert_eq!(comments_left_out(&whole, &result), ["# x", "# y"]);
    }
}
