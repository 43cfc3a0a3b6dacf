//! A plan file.

use serde_json::{Value as Json, json};
use terrace::api::plan_file::read;
use terrace::api::value::json as value_json;
use terrace::engine::promotion::{Action, SavedEntry, SavedPlan};
use terrace::model::{Policy, Value, ValuePath};

const FILE: &str = "plan.json";

/// Reads a plan; what it orders, written down, is read as the same order.
pub fn plan(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let policy = Policy::default();
    let plan = match read(text, FILE, &policy) {
        Ok(plan) => plan,
        Err(error) => {
            let message = error.message();
            assert!(message.starts_with(FILE) && message.len() > FILE.len() + 2, "{message:?}");
            return false;
        }
    };
    let written = written(&plan.agreed).to_string();
    let again = read(&written, FILE, &policy).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(without_places(again.agreed), without_places(plan.agreed), "{written}");
    true
}

fn written(plan: &SavedPlan) -> Json {
    let given = |given: &[(ValuePath, Value)]| -> Vec<Json> {
        given
            .iter()
            .map(|(path, value)| json!({"path": path.to_string(), "value": value_json(value)}))
            .collect()
    };
    let items = plan.items.iter().map(|item| {
        let lines = item.lines.iter().map(entry);
        json!({
            "key": item.key.as_str(),
            "source_blob": item.source_blob.as_str(),
            "target_blob": item.target_blob.as_str(),
            "resolutions": lines.collect::<Vec<_>>(),
            "set": given(&item.given),
        })
    });
    let created = plan.creations.iter().map(|creation| {
        json!({
            "key": creation.key.as_str(),
            "source_blob": creation.source_blob.as_str(),
            "left_out": creation.left_out.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "set": given(&creation.given),
        })
    });
    let deleted = plan.deletions.iter();
    let deleted = deleted.map(|(key, blob)| json!({"key": key.as_str(), "target_blob": blob.as_str()}));
    let hop = json!({
        "from": plan.hop.source().to_string(),
        "to": plan.hop.target().to_string(),
        "items": items.collect::<Vec<_>>(),
        "created": created.collect::<Vec<_>>(),
        "deleted": deleted.collect::<Vec<_>>(),
    });
    json!({"version": 1, "head": plan.head.as_str(), "reason": plan.reason, "hops": [hop]})
}

fn entry(line: &SavedEntry) -> Json {
    let resolution = if line.stopped { "conflict" } else { "pending" };
    let mut entry = json!({"path": line.path.to_string(), "resolution": resolution});
    let (outcome, is_taken) = match &line.verdict {
        Action::Set(value) => {
            entry["value"] = value_json(value);
            ("set", true)
        }
        Action::Take => ("take", true),
        Action::Decline => ("decline", false),
        Action::Keep => ("keep", false),
        Action::Ask => ("ask", false),
        Action::Stop => ("stop", false),
    };
    entry["outcome"] = outcome.into();
    entry["taken"] = is_taken.into();
    entry
}

/// All that a plan orders, apart from where its file says so.
fn without_places(mut plan: SavedPlan) -> String {
    for item in &mut plan.items {
        item.place.clear();
        for line in &mut item.lines {
            line.place.clear();
        }
    }
    for creation in &mut plan.creations {
        creation.place.clear();
    }
    format!("{plan:?}")
}
