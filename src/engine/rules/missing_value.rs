//! `missing-value`: what no promotion brings, a secret or a pinned value, and nobody gave.
//!
//! Told at the mapping that lacks it. What the environment lacks together with other values is no
//! gap: it was not promoted yet.

use indexmap::IndexMap;

use super::context::{ItemView, RuleContext};
use super::finding_builder::{Anchor, FindingBuilder};
use crate::diff::documents::pair_documents;
use crate::model::{Environment, Help, Hop, Rule, Segment, Value, ValuePath};
use crate::secrets::DocumentSecrets;
use crate::secrets::encrypted::{is_metadata, is_sealed};

pub(super) fn judge<'w>(world: &'w RuleContext<'w>) -> Vec<FindingBuilder<'w>> {
    let of_key = |items: &'w [ItemView<'w>]| {
        let item = move |environment: Environment| items.iter().find(|item| item.environment == environment);
        let sides = move |hop: Hop| Some((hop, item(hop.source())?, item(hop.target())?));
        Hop::ALL.into_iter().filter_map(sides)
    };
    world
        .by_key()
        .flat_map(of_key)
        .flat_map(|(hop, source, target)| missing(world, hop, source, target))
        .collect()
}

/// What is known of the highest path that the target lacks.
#[derive(Default)]
struct Gap {
    pinned: usize,
    secret: usize,
    others: usize,
}

fn missing<'w>(
    world: &RuleContext<'_>,
    hop: Hop,
    source: &ItemView<'_>,
    target: &'w ItemView<'w>,
) -> Vec<FindingBuilder<'w>> {
    let (Some(from), Some(into)) = (source.document(), target.document()) else { return Vec::new() };
    if is_sealed(from.values()) || is_sealed(into.values()) {
        return Vec::new();
    }
    let secrets = DocumentSecrets::of(from, world.policy);
    let mut gaps: IndexMap<ValuePath, Gap> = IndexMap::new();
    for pair in pair_documents(from.values(), into.values()) {
        let (Some(left), Some(right)) = (pair.left, pair.right) else { continue };
        let (Some(theirs), Some(ours)) = (from.values().get(left), into.values().get(right)) else {
            continue;
        };
        if has_all(ours, theirs) {
            continue;
        }
        theirs.walk(&ValuePath::document(left), &mut |path, value| {
            if is_metadata(from.values(), path) {
                return;
            }
            let mut named = source.named(path);
            named.document = pair.document.clone();
            let Some(top) = highest_absent(ours, &named) else { return };
            let gap = gaps.entry(top).or_default();
            if world.policy.pin(source.key, path, hop).is_some() {
                gap.pinned += 1;
            } else if secrets.secret(world.policy, path, value).is_some() {
                gap.secret += 1;
            } else {
                gap.others += 1;
            }
        });
    }
    let told = gaps
        .into_iter()
        .filter(|(path, gap)| gap.others == 0 && matches!(path.last(), Some(Segment::Key(_))));
    told.map(|(path, gap)| draft(target, hop, &path, &gap)).collect()
}

/// Whether every path of `theirs` surely leads to something in `ours`, told without making any; lists
/// are taken as wholes.
fn has_all(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Map(ours), Value::Map(theirs)) => {
            theirs.iter().all(|(key, value)| ours.get(key).is_some_and(|ours| has_all(ours, value)))
        }
        (_, Value::List(list)) if !list.is_empty() => ours == theirs,
        (_, Value::Map(map)) => map.is_empty(),
        (_, Value::Tagged(..)) => ours == theirs,
        (_, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::List(_)) => true,
    }
}

/// The highest path on the way to `path` at which there is no value.
fn highest_absent(value: &Value, path: &ValuePath) -> Option<ValuePath> {
    let mut value = value;
    for (steps, segment) in path.segments.iter().enumerate() {
        match value.child(segment) {
            Some(child) => value = child,
            None => return Some(path.prefix(steps + 1)),
        }
    }
    None
}

fn draft<'w>(target: &'w ItemView<'w>, hop: Hop, path: &ValuePath, gap: &Gap) -> FindingBuilder<'w> {
    let what = match (gap.secret, gap.pinned) {
        (1, 0) => "a secret",
        (_, 0) => "secrets",
        (0, 1) => "a pinned value",
        (0, _) => "pinned values",
        _ => "secrets and pinned values",
    };
    let message = format!("{} lacks `{path}`, {what} that {} has", hop.target(), hop.source());
    let help =
        Help::SetValue { key: target.key.clone(), environment: hop.target(), path: Box::new(path.clone()) };
    let parent = path.parent().unwrap_or_default();
    let draft = FindingBuilder::of_item(Rule::MissingValue, target, message, help).others([hop.source()]);
    draft.path(path).at(Anchor::Key(parent))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repository;
    use crate::model::Rule;

    fn found(source: &str, target: &str) -> Vec<String> {
        let policy = "[[pin]]\npath = \"limits.**\"\n";
        let (from, into) = ("environments/staging/a.yaml", "environments/production/a.yaml");
        let found = Repository::new(&[(from, source), (into, target), ("terrace.toml", policy)])
            .of(Rule::MissingValue);
        let place = format!("{into}:");
        found.iter().map(|line| line.replace(&place, "").replace("notice[missing-value] ", "")).collect()
    }

    #[test]
    fn what_no_promotion_brings_is_missed() {
        for (source, target, expected) in [
            ("a: 1\ntoken: t1\n", "a: 1\n", &["1:1 production lacks `token`, a secret that staging has"][..]),
            (
                "db: {user: u, password: p1}\n",
                "db:\n  user: u\n",
                &["1:1 production lacks `db.password`, a secret that staging has"],
            ),
            (
                "a: 1\nlimits: {rate: 1, burst: 2}\n",
                "a: 1\n",
                &["1:1 production lacks `limits`, pinned values that staging has"],
            ),
            (
                "users: [{name: x, token: t}, {name: y, token: t}]\n",
                "users: [{name: y}]\n",
                &["1:9 production lacks `users[name=y].token`, a secret that staging has"],
            ),
            // References are promoted, and so is what is new beside a secret.
            ("a: 1\ntoken: ${TOKEN}\n", "a: 1\n", &[]),
            ("a: 1\ntoken:\n", "a: 1\n", &[]),
            ("a: 1\ndb: {user: u, password: p1}\n", "a: 1\n", &[]),
            ("token: t1\n", "token: y\n", &[]),
            ("a: 1\n", "a: 1\ntoken: t1\n", &[]),
        ] {
            assert_eq!(found(source, target), expected, "{source}");
        }
    }
}
