//! `conflict-markers`: a file holds both sides of a merge that nobody finished, or what is left of its marks.

use super::context::RuleContext;
use super::finding_builder::FindingBuilder;
use super::syntax::rejected;
use crate::model::Rule;

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    rejected(world, Rule::ConflictMarkers)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn both_sides_are_told_at_the_first_marker() {
        let item = "environments/development/a.yaml";
        for (text, rule) in [
            ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> feature\n", "conflict-markers"),
            ("a: 1\r\n<<<<<<< HEAD\r\nb: 1\r\n=======\r\nb: 2\r\n>>>>>>> x\r\n", "conflict-markers"),
            ("a: 1\n<<<<<<< a\n||||||| b\nb: 1\n=======\n>>>>>>> c\n", "conflict-markers"),
            // One text to YAML.
            ("<<<<<<< HEAD\none\n=======\ntwo\n>>>>>>> x\n", "conflict-markers"),
            // What is left when somebody removed some of the markers.
            ("a: 1\n<<<<<<< HEAD\nb: 1\n", "conflict-markers"),
            ("a: 1\n=======\nb: 2\n>>>>>>> x\n", "conflict-markers"),
            ("a: 1\n>>>>>>> x\n", "conflict-markers"),
            ("a: 1\n||||||| 0123abc\nb: 2\n", "conflict-markers"),
            ("a:\n  b: 1\n=======\n  b: 2\n", "conflict-markers"),
            ("- a\n=======\n- b\n>>>>>>> x\n", "conflict-markers"),
            ("one\n>>>>>>> x\n", "conflict-markers"),
            ("a: [1\n========\n", "syntax"),
        ] {
            let found = check(&[(item, text)]);
            let told: Vec<_> = found.iter().map(|it| (it.rule.id(), it.severity.to_string())).collect();
            assert_eq!(told, [(rule, "error".to_owned())], "{text:?}");
        }
        for text in [
            "note: |\n  <<<<<<< HEAD\n  =======\n  >>>>>>> x\n",
            "note: |\n  Title\n  =======\n",
            "# Title\n# =======\na: 1\n",
            "Title\n=======\n",
            "--- |\nTitle\n=======\n",
            "--- >\n>>>>>>> quoted\n",
            "a: '=======\n  >>>>>>> x'\n",
            "a: 1 # =======\n",
        ] {
            assert!(check(&[(item, text)]).is_empty(), "{text:?}");
        }
    }
}
