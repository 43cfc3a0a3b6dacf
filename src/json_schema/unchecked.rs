//! Schemas of which a part cannot be checked: what follows from it is left open, so that nothing is
//! refused by mistake.
//!
//! A schema without one of its keywords takes more values. Where another schema asks that it takes
//! *none* (`not`), only one of several (`oneOf`), or decides by it what else holds (`if`, `contains`),
//! it would refuse what is right; that keyword of the other one is left open too.

use super::graph::{Applied, Graph, NodeId};

/// Leaves open what rests on these schemas.
pub(super) fn leave_open(graph: &mut Graph, unchecked: &[NodeId]) {
    if unchecked.is_empty() {
        return;
    }
    let mut open = vec![false; graph.nodes.len()];
    for id in unchecked {
        mark(&mut open, *id);
    }
    loop {
        let ids = graph.ids().filter(|id| !is_open(&open, *id));
        let reached: Vec<NodeId> = ids.filter(|id| rests_on(graph, *id, &open)).collect();
        if reached.is_empty() {
            break;
        }
        for id in reached {
            mark(&mut open, id);
        }
    }
    for node in &mut graph.nodes {
        let has_open_if = node.applied.iter().any(|(how, id)| *how == Applied::If && is_open(&open, *id));
        let has_open_one = node.applied.iter().any(|(how, id)| *how == Applied::OneOf && is_open(&open, *id));
        node.applied.retain(|(how, id)| match how {
            Applied::Not => !is_open(&open, *id),
            Applied::If | Applied::Then | Applied::Else => !has_open_if,
            Applied::Ref | Applied::AllOf | Applied::AnyOf | Applied::OneOf | Applied::Dependent(_) => true,
        });
        // Several may seem to fit of which one does. Alternatives that stood beside them stay.
        if has_open_one {
            let has_any = node.applied.iter().any(|(how, _)| *how == Applied::AnyOf);
            node.applied.retain(|(how, _)| !has_any || *how != Applied::OneOf);
            for (how, _) in &mut node.applied {
                if *how == Applied::OneOf {
                    *how = Applied::AnyOf;
                }
            }
        }
        if node.parts.contains.is_some_and(|id| is_open(&open, id)) {
            node.parts.contains = None;
            node.assertions.remove("minContains");
            node.assertions.remove("maxContains");
        }
    }
}

fn mark(open: &mut [bool], id: NodeId) {
    if let Some(open) = open.get_mut(id.0 as usize) {
        *open = true;
    }
}

fn is_open(open: &[bool], id: NodeId) -> bool {
    open.get(id.0 as usize) == Some(&true)
}

/// Whether a schema applies one of these, to its value or to a part of it.
fn rests_on(graph: &Graph, id: NodeId, open: &[bool]) -> bool {
    let node = graph.node(id);
    let parts = &node.parts;
    let single = [
        parts.additional,
        parts.names,
        parts.items,
        parts.contains,
        parts.unevaluated_properties,
        parts.unevaluated_items,
    ];
    let applied = node.applied.iter().map(|(_, id)| *id);
    let named = parts.properties.values().copied().chain(parts.patterns.iter().map(|(_, id)| *id));
    let mut all =
        applied.chain(named).chain(parts.prefix.iter().copied()).chain(single.into_iter().flatten());
    all.any(|id| is_open(open, id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{schema, yaml};

    #[test]
    fn what_rests_on_a_pattern_that_cannot_be_checked_refuses_nothing() {
        let ahead = json!({"pattern": "^(?!x)"});
        for (what, fine, wrong) in [
            (json!({"pattern": "^(?!x)", "maxLength": 3}), "abc", "abcd"),
            (json!({"not": ahead, "maxLength": 3}), "abc", "abcd"),
            (json!({"if": ahead, "then": false, "maxLength": 3}), "abc", "abcd"),
            (json!({"oneOf": [ahead, {"maxLength": 3}], "minLength": 2}), "abc", "a"),
            (json!({"allOf": [{"not": {"allOf": [ahead]}}], "maxLength": 3}), "abc", "abcd"),
            (json!({"contains": ahead, "maxContains": 1, "maxItems": 2}), "[a, b]", "[a, b, c]"),
            (
                json!({"patternProperties": {"^(?!x)": {"type": "integer"}}, "additionalProperties": false, "maxProperties": 1}),
                "{a: b}",
                "{a: 1, b: 1}",
            ),
            (
                json!({"patternProperties": {"^(?!x)": {}}, "unevaluatedProperties": false, "maxProperties": 1}),
                "{a: b}",
                "{a: 1, b: 1}",
            ),
        ] {
            let compiled = schema(what.clone());
            assert_eq!(compiled.validate(&yaml(fine)), [], "{what}");
            assert_eq!(compiled.validate(&yaml(wrong)).len(), 1, "{what}");
            assert!(!compiled.limits().is_empty(), "{what}");
        }
        for (pattern, is_checked) in [
            ("^x", true),
            (r"x\\<y", true),
            (r"x\<y", false),
            (r"\\\>", false),
            (r"\bx", true),
            (r"\b{start}x", false),
        ] {
            assert_eq!(schema(json!({ "pattern": pattern })).limits().is_empty(), is_checked, "{pattern}");
        }
    }
}
