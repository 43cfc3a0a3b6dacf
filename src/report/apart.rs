//! Two texts side by side in little room: each is cut on its own, and where they differ stays visible.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::sanitize::{clean, cut, width};

/// Both texts cleaned, and cut where they are wider than their room.
pub(super) fn cut_apart([old, new]: [&str; 2], rooms: [usize; 2]) -> [String; 2] {
    let [old, new] = [clean(old), clean(new)];
    let front = common(old.chars().zip(new.chars()));
    let room = old.len().min(new.len()) - front;
    let back = common(old.chars().rev().zip(new.chars().rev())).min(room);
    let differing = |text: &str| whole_characters(text, front..text.len() - back);
    let [one, other] = [differing(&old), differing(&new)];
    [around(&old, &one, rooms[0]), around(&new, &other, rooms[1])]
}

/// How many bytes of two texts are the same from their beginning on.
fn common(pairs: impl Iterator<Item = (char, char)>) -> usize {
    pairs.take_while(|(one, other)| one == other).map(|(one, _)| one.len_utf8()).sum()
}

/// The range, widened so that no mark is parted from its letter.
fn whole_characters(text: &str, range: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = range;
    let is_mark = |at: usize| {
        !text.is_char_boundary(at)
            || text.get(at..).and_then(|rest| rest.chars().next()).is_some_and(|c| c.width() == Some(0))
    };
    while start > 0 && is_mark(start) {
        start -= 1;
    }
    while end < text.len() && is_mark(end) {
        end += 1;
    }
    start..end.max(start)
}

/// A text in so much room, with `…` for what is left out before and behind what differs.
fn around(text: &str, differing: &Range<usize>, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let part = |range: Range<usize>| text.get(range).unwrap_or_default();
    let (before, middle, after) =
        (part(0..differing.start), part(differing.clone()), part(differing.end..text.len()));
    let marks = usize::from(!before.is_empty()) + usize::from(!after.is_empty());
    let Some(rest) = room.checked_sub(width(middle)).filter(|rest| *rest >= marks) else {
        let ellipsis = |text: &str| if text.is_empty() { "" } else { "…" };
        let inner = cut(middle, room.saturating_sub(marks).max(1)).into_owned();
        return format!("{}{inner}{}", ellipsis(before), ellipsis(after));
    };
    let (wide_before, wide_after) = (width(before), width(after));
    let half = rest / 2;
    let before_room = match (wide_before <= half, wide_after <= half) {
        (true, _) => wide_before,
        (false, true) => rest - wide_after,
        (false, false) => half,
    };
    format!("{}{middle}{}", tail(before, before_room), head(after, rest - before_room))
}

/// The end of a text.
fn tail(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let kept = fitting(text.chars().rev(), room.saturating_sub(1));
    let kept: String = text.chars().skip(text.chars().count() - kept).collect();
    format!("…{}", kept.trim_start_matches(|c: char| c.width() == Some(0)))
}

/// The beginning of a text.
pub(super) fn head(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let kept = fitting(text.chars(), room.saturating_sub(1));
    text.chars().take(kept).chain(['…']).collect()
}

/// How many characters fit.
pub(super) fn fitting(chars: impl Iterator<Item = char>, room: usize) -> usize {
    let used = chars.scan(0, |used, c| {
        *used += c.width().unwrap_or(0);
        Some(*used)
    });
    used.take_while(|used| *used <= room).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_they_differ_stays_visible() {
        for (old, new, room, expected) in [
            ("a", "b", 1, ["a", "b"]),
            (
                "orders.preprod.shop.example.com",
                "orders.shop.example.com",
                16,
                ["…rs.preprod.sho…", "orders.shop.exa…"],
            ),
            (
                "https://one.example.com/path",
                "https://two.example.com/path",
                14,
                ["…s://one.exam…", "…s://two.exam…"],
            ),
            ("the same beginning 1", "the same beginning 2", 8, ["…nning 1", "…nning 2"]),
            ("1 the same end of it", "2 the same end of it", 8, ["1 the s…", "2 the s…"]),
            ("wholly one and other", "something different!", 9, ["whol…ther", "some…ent!"]),
        ] {
            let cut = cut_apart([old, new], [room, room]);
            for (cut, expected) in cut.iter().zip(expected) {
                assert!(width(cut) <= room, "{cut}");
                assert_eq!(cut, expected, "{old} | {new}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_wider_than_its_room(old in ".{0,60}", new in ".{0,60}", one in 4_usize..40, other in 4_usize..40) {
            let [left, right] = cut_apart([&old, &new], [one, other]);
            proptest::prop_assert!(width(&left) <= one && width(&right) <= other, "{} | {}", left, right);
            if left == right {
                proptest::prop_assert!(clean(&old) == clean(&new) || left.contains('…'));
            }
        }
    }
}
