//! Entries and elements brought into another order: their lines move, and no byte in them changes.

use std::collections::HashMap;
use std::ops::Range;

use super::layout::{chunk_end, chunk_start, column, first_on_line, is_flow, slots};
use crate::model::Value;
use crate::yaml::document::Document;
use crate::yaml::limits::Limits;
use crate::yaml::node::NodeId;

/// The text of a document with what stands in block style in the order of these values, which are its own
/// in another order; `None` where they are not, or where lines cannot be moved so.
#[must_use]
pub fn arrange(document: &Document, order: &[Value], limits: &Limits) -> Option<String> {
    let text = document.text();
    if document.roots().len() != order.len() || !text.ends_with('\n') {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for ((root, now), wanted) in document.roots().iter().zip(document.values()).zip(order) {
        let end = chunk_end(document, super::layout::end(document, *root), 0);
        emit(document, (*root, now, wanted), at..end, &mut out)?;
        at = end;
    }
    out.push_str(text.get(at..)?);
    Document::parse(out.as_bytes(), limits).ok().filter(|it| it.values() == order).map(|_| out)
}

/// Writes a node's lines with what is in it in the wanted order.
fn emit(
    document: &Document,
    (id, now, wanted): (NodeId, &Value, &Value),
    range: Range<usize>,
    out: &mut String,
) -> Option<()> {
    let text = document.text();
    let slots = slots(document, id);
    // What stands behind a dash stays there.
    let can_move = slots.first().is_some_and(|first| first_on_line(text, first.start));
    let fits = |pairs: &Vec<Pair<'_>>| {
        let stays = || pairs.iter().enumerate().all(|(place, (at, ..))| place == *at);
        pairs.len() == slots.len() && !is_flow(document.node(id)) && (can_move || stays())
    };
    let pairs = pairs(now.untagged(), wanted.untagged()).filter(fits);
    let (Some(first), Some(pairs)) = (slots.first(), pairs) else {
        out.push_str(text.get(range)?);
        return Some(());
    };
    let column = column(document, first.start);
    let mut ends: Vec<usize> = slots.iter().map(|slot| chunk_end(document, slot.end, column)).collect();
    let start = chunk_start(document, first.start);
    if let Some(last) = ends.last_mut() {
        *last = (*last).min(range.end);
    }
    let lines = |at: usize| if at == 0 { start..ends[0] } else { ends[at - 1]..ends[at] };
    out.push_str(text.get(range.start..start)?);
    for (at, now, wanted) in pairs {
        emit(document, (slots.get(at)?.value, now, wanted), lines(at), out)?;
    }
    out.push_str(text.get(*ends.last()?..range.end)?);
    Some(())
}

/// Where an entry or element stands, and its value in both.
type Pair<'v> = (usize, &'v Value, &'v Value);

/// Each wanted entry or element, with where it stands now; `None` where the two do not hold the same.
fn pairs<'v>(now: &'v Value, wanted: &'v Value) -> Option<Vec<Pair<'v>>> {
    match (now, wanted) {
        (Value::Map(now), Value::Map(wanted)) if now.len() == wanted.len() => wanted
            .iter()
            .map(|(key, wanted)| {
                let at = now.get_index_of(key)?;
                Some((at, now.get_index(at)?.1, wanted))
            })
            .collect(),
        (Value::List(now), Value::List(wanted)) if now.len() == wanted.len() => {
            if now.iter().eq(wanted.iter()) {
                return Some(
                    now.iter().zip(wanted.iter()).enumerate().map(|(at, (now, it))| (at, now, it)).collect(),
                );
            }
            let mut places: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, element) in now.iter().enumerate().rev() {
                places.entry(element.canonical()).or_default().push(at);
            }
            wanted
                .iter()
                .map(|wanted| {
                    let at = places.get_mut(&wanted.canonical())?.pop()?;
                    Some((at, now.get(at)?, wanted))
                })
                .collect()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_move_with_their_comments() {
        let limits = Limits::default();
        for (text, order, expected) in [
            (
                "# head\n\n# a\na: 1 # one\nb:\n  # d\n  d: 1\n  c: 2\n",
                "{b: {c: 2, d: 1}, a: 1}",
                Some("# head\n\nb:\n  c: 2\n  # d\n  d: 1\n# a\na: 1 # one\n"),
            ),
            (
                "l:\n- name: x\n  v: 1\n# y\n- name: y\n",
                "{l: [{name: y}, {v: 1, name: x}]}",
                Some("l:\n# y\n- name: y\n- name: x\n  v: 1\n"),
            ),
            ("t: |\n  x\n\n  y\na: 1\n", "{a: 1, t: \"x\\n\\ny\\n\"}", Some("a: 1\nt: |\n  x\n\n  y\n")),
            ("m: {b: 1, a: 2}\n", "{m: {a: 2, b: 1}}", Some("m: {b: 1, a: 2}\n")),
            // An anchor stands before what repeats it.
            ("a: &x 1\nb: *x\n", "{b: 1, a: 1}", None),
            ("a: 1\nb: 2\n", "{b: 2, a: 3}", None),
            ("a: 1\nb: 2", "{b: 2, a: 1}", None),
        ] {
            let [document, order] =
                [text, order].map(|text| Document::parse(text.as_bytes(), &limits).expect(text));
            assert_eq!(arrange(&document, order.values(), &limits).as_deref(), expected, "{text}");
        }
    }
}
