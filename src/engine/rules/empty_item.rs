//! `empty-item`: an item that says nothing: no value at all, or an empty mapping or list where another
//! environment, or the item itself before a change, has values.

use super::context::{ItemView, RuleContext};
use super::finding_builder::FindingBuilder;
use super::listed;
use crate::model::{Environment, Rule, Value};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    world.items.iter().filter_map(|item| told(world, item)).collect()
}

fn told<'w>(world: &RuleContext<'_>, item: &'w ItemView<'w>) -> Option<FindingBuilder<'w>> {
    let values = item.document()?.values();
    if !is_empty(values) {
        return None;
    }
    let was_filled = item.before().is_some_and(|before| !is_empty(before.values()));
    let emptied = if was_filled { "; it had values before this change" } else { "" };
    if values.iter().all(|value| *value == Value::Null) {
        let message = format!("the file holds no value{emptied}");
        let help = "give the item its values, remove the file, or write `{}` where it is to have none";
        return Some(FindingBuilder::of_item(Rule::EmptyItem, item, message, help));
    }
    let filled =
        |other: &&ItemView<'_>| other.document().is_some_and(|document| !is_empty(document.values()));
    let others: Vec<Environment> = world.items.iter().filter(filled).map(|other| other.environment).collect();
    if others.is_empty() && !was_filled {
        return None;
    }
    let elsewhere = match others.as_slice() {
        [] => String::new(),
        [other] => format!(", and {other} has values"),
        others => format!(", and {} have values", listed(others, "and")),
    };
    let message = format!("the item is empty here{elsewhere}{emptied}");
    let help = "give the item its values; where it is to have none, accept it with a waiver";
    Some(FindingBuilder::of_item(Rule::EmptyItem, item, message, help).others(others))
}

/// Whether no document holds a value.
fn is_empty(values: &[Value]) -> bool {
    values.iter().all(|value| match value {
        Value::Null => true,
        Value::Map(map) => map.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(..) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    fn found(development: &str, production: &str) -> Vec<String> {
        let found = Repository::new(&[
            ("environments/development/a.yaml", development),
            ("environments/production/a.yaml", production),
        ])
        .of(Rule::EmptyItem);
        found
            .iter()
            .map(|line| line.replace("environments/", "").replace(" warning[empty-item]", ""))
            .collect()
    }

    #[test]
    fn an_item_that_says_nothing_is_told() {
        for text in
            ["", "\n\n", "# a: 1\n", "---\n", "--- # a\n...\n---\n", "~\n", "null\n", "\u{feff}", "!!null\n"]
        {
            assert_eq!(found("a: 1\n", text), ["production/a.yaml the file holds no value"], "{text:?}");
            assert_eq!(found(text, text).len(), 2, "{text:?}");
        }
        for text in ["{}\n", "[]\n", "--- {}\n---\n# b\n", "{ }\n"] {
            let told = ["production/a.yaml the item is empty here, and development has values"];
            assert_eq!(found("a: 1\n", text), told, "{text:?}");
            assert_eq!(found(text, "{}\n"), [""; 0], "{text:?}");
        }
    }

    #[test]
    fn what_says_something_is_no_empty_item() {
        for text in ["a:\n", "a: {}\n", "''\n", "false\n", "0\n", "- \n", "--- {}\n--- 1\n"] {
            assert_eq!(found("a: 1\n", text), [""; 0], "{text:?}");
        }
        assert_eq!(found("a: 1\n", "a: [\n"), [""; 0]);
    }
}
