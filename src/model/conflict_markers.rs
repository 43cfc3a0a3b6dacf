//! What git leaves in a file of which both sides were changed.

/// What is wrong with a file that holds conflict markers.
pub const UNFINISHED_MERGE: &str = "the file holds the conflict markers of an unfinished merge";

/// Where the conflict markers of an unfinished merge begin in a text: lines that begin with `<<<<<<<`,
/// `=======` and `>>>>>>>`, in this order.
#[must_use]
pub fn conflict_markers(text: &str) -> Option<usize> {
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

/// Where the first line stands that begins like a marker, in a text that is broken and whose other
/// markers may be gone.
#[must_use]
pub fn lone_marker(text: &str) -> Option<usize> {
    let is_marker = |line: &str| {
        let marks = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
        let after = marks.iter().find_map(|mark| line.strip_prefix(mark));
        after.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\n', '\r']))
    };
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if is_marker(line) {
            return Some(offset);
        }
        offset += line.len();
    }
    None
}
