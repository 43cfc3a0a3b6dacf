//! What git leaves in a file of which both sides were changed.

/// What is wrong with a file that holds conflict markers.
pub const UNFINISHED_MERGE: &str = "the file holds the conflict markers of an unfinished merge";

/// Where the conflict markers of an unfinished merge begin in a text: lines that begin with `<<<<<<<`,
/// `=======` and `>>>>>>>`, in this order.
#[must_use]
pub fn conflict_markers(text: &str) -> Option<usize> {
    if !text.contains('<') {
        return None;
    }
    let mut begin = None;
    let mut is_divided = false;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        if bare.starts_with("<<<<<<< ") || bare == "<<<<<<<" {
            (begin, is_divided) = (Some(offset), false);
        } else if bare == "=======" || bare.starts_with("======= ") {
            is_divided = begin.is_some();
        } else if is_divided && (bare.starts_with(">>>>>>> ") || bare == ">>>>>>>") {
            return begin;
        }
        offset += line.len();
    }
    None
}

/// Where a text that nobody can read holds what a merge left in it: the conflict markers, or one of them
/// whose others were removed already.
#[must_use]
pub fn left_markers(text: &str) -> Option<usize> {
    let lone = || {
        let mut offset = 0;
        text.split_inclusive('\n').find_map(|line| {
            let bare = line.trim_end_matches(['\n', '\r']);
            let at = offset;
            offset += line.len();
            let is_marker = |marker: &str| {
                bare.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            };
            ["<<<<<<<", "=======", ">>>>>>>"].into_iter().any(is_marker).then_some(at)
        })
    };
    conflict_markers(text).or_else(lone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_marker_is_enough_where_nothing_can_be_read() {
        for (text, expected) in [
            ("a = 1\n<<<<<<< HEAD\nb = 2\n", Some(6)),
            ("a = 1\n=======\nb = 2\n", Some(6)),
            ("a = 1\r\n>>>>>>> feature\r\n", Some(7)),
            (">>>>>>>", Some(0)),
            ("=======\n<<<<<<< a\n=======\n>>>>>>> b\n", Some(8)),
            ("a = \"<<<<<<< b\"\n========\n>>>>>>>>\n", None),
        ] {
            assert_eq!(left_markers(text), expected, "{text}");
        }
    }
}
