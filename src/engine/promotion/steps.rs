//! Plans and edits of long lists and mappings look at each entry a fixed number of times.

use super::tests::world;
use super::{Selection, broken_promise, operations};
use crate::diff::lists::NoListRules;
use crate::model::lookups::{LONG, assert_linear};
use crate::model::policy::NewKeys;
use crate::yaml::edit::apply;
use crate::yaml::{Document, Limits};

#[test]
fn a_promotion_takes_twice_the_steps_for_twice_the_entries() {
    let limits = Limits::default();
    let parse = |text: &str| Document::parse(text.as_bytes(), &limits).expect("YAML");
    for (what, text) in LONG {
        assert_linear(what, |n| {
            let (old, new) = (text(n, false), text(n, true));
            let world = world(&[(0, Some(&old), Some(&old)), (1, Some(&new), None)], true, 1);
            let selection = Selection { new_keys: NewKeys::Take, ..Selection::default() };
            let lines = world.plan("", &[], &selection, "");
            let (source, target) = (parse(&new), parse(&old));
            let edits = operations(&lines, &source, &target);
            let after = parse(&apply(&target, &edits, &limits).expect(what));
            assert_eq!(after.values(), source.values(), "{what}");
            assert_eq!(broken_promise(&lines, &[], &target, &after, &NoListRules), None, "{what}");
        });
    }
}
