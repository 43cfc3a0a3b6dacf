//! A review as a comment on a pull request: the verdict first, the details folded below.
//!
//! As in [`super::markdown`], foreign text stands in code only and the first line is a marker by
//! which a workflow finds its own comment again. A comment has a limit; what does not fit is left
//! out line by line, and the comment says so.

use std::io::{self, Write};

use super::counted;
use super::markdown::{LIMIT, code, fenced};
use super::review_sections::{Section, sections};
use super::review_summary::{range, verdict};
use super::view::View;
use crate::engine::review::Review;

/// The first line of the comment.
pub const MARKER: &str = "<!-- terrace:review -->";

/// What a section's frame takes besides its lines, fences of any length apart.
const FRAME: usize = 160;

/// What is kept for the head of the comment and for the note at its end.
const ENDS: usize = 1_024;

/// Writes the review as one comment that GitHub accepts.
///
/// # Errors
/// Those of `out`.
pub(super) fn review(review: &Review, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{MARKER}\n**terrace review: {}**\n\n{}", verdict(review), code(&range(review)))?;
    let mut room = LIMIT - ENDS;
    let mut left_out = 0;
    for Section { title, body, aside } in sections(review, &View::default())? {
        let (shown, rest) = fitting(&body, room.saturating_sub(FRAME + title.len()));
        left_out += rest;
        if shown.is_empty() {
            continue;
        }
        let block = fenced(shown);
        room = room.saturating_sub(FRAME + title.len() + block.len());
        let open = if aside { "" } else { " open" };
        writeln!(out, "\n<details{open}><summary>{title}</summary>\n\n{block}\n\n</details>")?;
    }
    if left_out > 0 {
        let lines = counted(left_out, "line");
        writeln!(out, "\n{lines} did not fit into this comment; `terrace review` prints all of them.")?;
    }
    Ok(())
}

/// The lines of `body` that fit into `room` bytes even in the longest fences they can need, and how
/// many do not.
fn fitting(body: &str, room: usize) -> (&str, usize) {
    let (mut end, mut ticks) = (0, 3);
    for line in body.split_inclusive('\n') {
        let opening = line.trim_start().chars().take_while(|c| *c == '`').count();
        let needed = ticks.max(opening + 1);
        if end + line.len() + 2 * needed > room {
            break;
        }
        (end, ticks) = (end + line.len(), needed);
    }
    let (shown, rest) = body.split_at_checked(end).unwrap_or((body, ""));
    (shown, rest.lines().count())
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn lines_are_cut_whole_and_leave_room_for_their_fences() {
        for (body, room, expected) in [
            ("one\ntwo\n", 14, ("one\ntwo\n", 0)),
            ("one\ntwo\n", 13, ("one\n", 1)),
            ("one\n", 3, ("", 1)),
            ("one\n````````\ntwo\n", 20, ("one\n", 2)),
            ("", 0, ("", 0)),
        ] {
            assert_eq!(fitting(body, room), expected, "{body:?} {room}");
        }
    }
}
