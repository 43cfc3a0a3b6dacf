//! The order of named things after a merge.

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
    let common = |side: &[String]| -> Vec<String> {
        let everywhere =
            |name: &&String| base.contains(*name) && ours.contains(*name) && theirs.contains(*name);
        side.iter().filter(everywhere).cloned().collect()
    };
    let [b, o, t] = [base, ours, theirs].map(common);
    // Only where we left the order alone and they did not is theirs the one to keep.
    let theirs_first = o == b && t != b;
    let (mut names, others) = if theirs_first { (theirs.to_vec(), ours) } else { (ours.to_vec(), theirs) };
    let mut at = 0;
    for name in others {
        if let Some(known) = names.iter().position(|other| other == name) {
            at = known + 1;
            continue;
        }
        if !theirs_first {
            let ours_alone =
                |name: &String| ours.contains(name) && !theirs.contains(name) && !base.contains(name);
            at += names.iter().skip(at).take_while(|name| ours_alone(name)).count();
        }
        names.insert(at, name.clone());
        at += 1;
    }
    Order { names, is_contested: o != b && t != b && o != t }
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
