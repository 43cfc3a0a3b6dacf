//! The order of named things after a merge.

use std::collections::{HashMap, HashSet};

/// The merged order.
pub(super) struct Order {
    /// All names of either side, those that one side removed too.
    pub(super) names: Vec<String>,
    /// Whether both sides changed the order of what all three have, in different ways; then it is
    /// ours.
    pub(super) is_contested: bool,
}

/// What is new stands behind what it follows on its own side, ours before theirs.
pub(super) fn order(base: &[String], ours: &[String], theirs: &[String]) -> Order {
    let [in_base, in_ours, in_theirs] =
        [base, ours, theirs].map(|side| side.iter().map(String::as_str).collect::<HashSet<_>>());
    let is_common = |name: &str| in_base.contains(name) && in_ours.contains(name) && in_theirs.contains(name);
    let [b, o, t] = [base, ours, theirs].map(|side| side.iter().filter(|name| is_common(name)));
    let (same_o, same_t) = (o.clone().eq(b.clone()), t.clone().eq(b));
    // Only where we left the order alone and they did not is theirs the one to keep.
    let theirs_first = same_o && !same_t;
    let (kept, others) = if theirs_first { (theirs, ours) } else { (ours, theirs) };
    let ours_alone =
        |name: &str| in_ours.contains(name) && !in_theirs.contains(name) && !in_base.contains(name);
    // Behind each kept name, and at first before all of them, what comes in there.
    let mut entering: Vec<Vec<&String>> = vec![Vec::new(); kept.len() + 1];
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (position, name) in kept.iter().enumerate() {
        places.entry(name).or_insert(position + 1);
    }
    let mut at = 0;
    for name in others {
        if let Some(place) = places.get(name.as_str()) {
            at = *place;
            continue;
        }
        if !theirs_first && entering[at].is_empty() {
            at += kept.iter().skip(at).take_while(|name| ours_alone(name)).count();
        }
        entering[at].push(name);
    }
    let mut names = Vec::with_capacity(kept.len());
    for (position, entering) in entering.into_iter().enumerate() {
        names.extend(position.checked_sub(1).and_then(|before| kept.get(before)).cloned());
        names.extend(entering.into_iter().cloned());
    }
    Order { names, is_contested: !same_o && !same_t && o.ne(t) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_names_follow_their_neighbours() {
        for (base, ours, theirs, expected) in [
            ("abc", "abc", "abc", "abc"),
            ("abc", "abxc", "abyc", "abxyc"),
            ("abc", "abcx", "abcy", "abcxy"),
            ("abc", "xabc", "yabc", "xyabc"),
            ("abc", "abc", "cba", "cba"),
            ("abc", "abxc", "cba", "cbxa"),
            ("abc", "bac", "abcy", "bacy"),
            ("abc", "bac", "acb", "bac!"),
            ("abc", "ac", "abyc", "abyc"),
        ] {
            let split = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
            let order = order(&split(base), &split(ours), &split(theirs));
            let found = format!("{}{}", order.names.concat(), if order.is_contested { "!" } else { "" });
            assert_eq!(found, expected, "{base} {ours} {theirs}");
        }
    }
}
