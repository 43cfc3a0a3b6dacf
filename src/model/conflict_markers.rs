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
    for (at, marker) in marker_lines(text) {
        match marker {
            '<' => (begin, is_divided) = (Some(at), false),
            '=' => is_divided = begin.is_some(),
            '>' if is_divided => return begin,
            _ => {}
        }
    }
    None
}

/// Where a text that nobody can read holds what a merge left in it: the conflict markers, or one of them
/// whose others were removed already.
#[must_use]
pub fn left_markers(text: &str) -> Option<usize> {
    conflict_markers(text).or_else(|| marker_lines(text).next().map(|(at, _)| at))
}

/// Where the lines begin that look as git marks a conflict, each with the character that it repeats; `=`
/// may underline what stands above it.
pub fn marker_lines(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut offset = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let at = offset;
        offset += line.len();
        let bare = line.trim_end_matches(['\n', '\r']);
        let marker = bare.chars().next().filter(|c| matches!(c, '<' | '|' | '=' | '>'))?;
        let rest = bare.trim_start_matches(marker);
        let is_marker = bare.len() - rest.len() == 7 && (rest.is_empty() || rest.starts_with(' '));
        is_marker.then_some((at, marker))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_marker_is_enough_where_nothing_can_be_read() {
        for (text, expected) in [
            ("a = 1\n<<<<<<< HEAD\nb = 2\n", Some(6)),
            ("a = 1\n=======\nb = 2\n", Some(6)),
            ("a = 1\n||||||| 0123abc\nb = 2\n", Some(6)),
            ("a = 1\r\n>>>>>>> feature\r\n", Some(7)),
            (">>>>>>>", Some(0)),
            ("=======\n<<<<<<< a\n=======\n>>>>>>> b\n", Some(8)),
            ("a = \"<<<<<<< b\"\n========\n>>>>>>>>\n=======x\n", None),
        ] {
            assert_eq!(left_markers(text), expected, "{text}");
        }
    }
}
