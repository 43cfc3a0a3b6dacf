//! The line that a finding shows.

use std::ops::Range;

use crate::model::Excerpt;
use crate::yaml::Lines;

/// Longer lines are not shown.
pub(super) const WIDEST: usize = 4_000;

/// The line around `span`, unless it is too long to be read by anyone. The masks are in order and
/// do not overlap.
pub(super) fn excerpt(
    text: &str,
    lines: &Lines,
    span: &Range<usize>,
    masks: &[Range<usize>],
) -> Option<Excerpt> {
    let line = lines.bytes(text, lines.line(span.start));
    let first = masks.partition_point(|mask| mask.end <= line.start);
    let end = masks.partition_point(|mask| mask.start < line.end);
    (line.len() <= WIDEST).then(|| lines.excerpt(text, span, masks.get(first..end).unwrap_or_default()))
}
