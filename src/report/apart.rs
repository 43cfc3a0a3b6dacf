//! Two texts side by side in little room: each is cut on its own, and where they differ stays visible.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::sanitize::{clean, cut, cut_end, width};

/// Both texts cleaned, and cut where they are wider than their room.
pub(super) fn cut_apart([old, new]: [&str; 2], rooms: [usize; 2]) -> [String; 2] {
    let [old, new] = [clean(old), clean(new)];
    let [one, other] = [differing(&old, &new), differing(&new, &old)];
    [around(&old, &[one], rooms[0]), around(&new, &[other], rooms[1])]
}

/// A text cleaned, and cut where it is wider than the room: where it differs from any of the others stays.
pub(super) fn cut_among<'t>(text: &str, others: impl IntoIterator<Item = &'t str>, room: usize) -> String {
    let text = clean(text);
    let others = others.into_iter().map(clean).filter(|other| *other != text);
    let ranges: Vec<_> = others.map(|other| differing(&text, &other)).collect();
    around(&text, &ranges, room)
}

/// The most texts that a text is looked for among.
const NEAR: usize = 32;

/// A text cleaned, and cut where it is wider than the room: where it differs from the one that is most like
/// it stays; its end goes where none is.
pub(super) fn cut_beside<'t>(text: &str, others: impl IntoIterator<Item = &'t str>, room: usize) -> String {
    let text = clean(text);
    if width(&text) <= room {
        return text.into_owned();
    }
    let ranges = others.into_iter().take(NEAR).map(|other| differing(&text, &clean(other)));
    match ranges.min_by_key(ExactSizeIterator::len).filter(|range| range.len() < text.len()) {
        Some(range) => around(&text, &[range], room),
        None => cut_end(&text, room).into_owned(),
    }
}

/// Where a text differs from another one.
fn differing(text: &str, other: &str) -> Range<usize> {
    let front = common(text.chars().zip(other.chars()));
    let room = text.len().min(other.len()) - front;
    let back = common(text.chars().rev().zip(other.chars().rev())).min(room);
    whole_characters(text, front..text.len() - back)
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

/// A text in so much room, with `…` for what is left out before and behind what differs. Differences that
/// are too far apart share the room.
fn around(text: &str, differing: &[Range<usize>], room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let starts = || differing.iter().map(|range| range.start);
    let (Some(first), Some(last)) = (starts().min(), starts().max()) else {
        return cut(text, room).into_owned();
    };
    let all = first..differing.iter().map(|range| range.end).max().unwrap_or(last);
    let wide = text.get(all.clone()).map_or(0, width);
    if first == last || wide + 2 <= room {
        return around_one(text, &all, room);
    }
    let (before, after) = text.split_at(last);
    let earlier = differing.iter().filter(|range| range.start < last);
    let earlier: Vec<_> = earlier.map(|range| range.start..range.end.min(last)).collect();
    let later = 0..all.end - last;
    let half = (room / 2).max(width(after).min(room / 3));
    let front = room.saturating_sub(width(after)).max(half);
    let front = around(before, &earlier, front);
    let back = around_one(after, &later, room.saturating_sub(width(&front)));
    front + &back
}

/// The same around one difference.
fn around_one(text: &str, differing: &Range<usize>, room: usize) -> String {
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

    #[test]
    fn a_text_is_told_from_all_others() {
        let text = |mode: &str, retries: &str| {
            format!(
                "https://gateway.example.com/v1?mode={mode}&trace=false&region=eu-west-1&retries={retries}"
            )
        };
        let [fast, normal, often] = [text("fast", "3"), text("normal", "3"), text("normal", "9")];
        let expected = |texts: [&str; 3], room| {
            let cut = |text: &str| cut_among(text, texts, room);
            let shown = texts.map(cut);
            assert!(shown.iter().all(|text| width(text) <= room), "{shown:?}");
            for (text, other) in [(0, 1), (0, 2), (1, 2)] {
                assert_eq!(texts[text] == texts[other], shown[text] == shown[other], "{room} {shown:?}");
            }
            shown
        };
        let shown = expected([&fast, &normal, &normal], 24);
        assert_eq!(
            shown,
            ["…/v1?mode=fast&trace=fa…", "…v1?mode=normal&trace=f…", "…v1?mode=normal&trace=f…"]
        );
        for room in 10..120 {
            expected([&fast, &normal, &normal], room);
            expected([&fast, &normal, &often], room);
            expected(["x", &normal, &often], room);
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
