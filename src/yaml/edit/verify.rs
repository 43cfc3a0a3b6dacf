//! The judgement of an edit: its text is read again and must hold exactly the intended values.

use super::Refusal;
use super::anchors::alias_of_changed;
use super::plan::Plan;
use crate::model::{Segment, Value, ValuePath};
use crate::yaml::document::Document;
use crate::yaml::limits::Limits;

/// The document that the text is, when it reads as intended.
pub(super) fn verify(
    document: &Document,
    plan: &Plan<'_>,
    text: &str,
    limits: &Limits,
) -> Result<Document, Refusal> {
    let wanted = plan.intended(document);
    let read = match Document::parse(text.as_bytes(), limits) {
        Ok(read) if read.values() == wanted => return Ok(read),
        Ok(read) => read,
        Err(rejection) => {
            let message = format!("the edited file could not be read: {}", rejection.message);
            return Err(Refusal::new(message, "make this change by hand"));
        }
    };
    let mut pairs = wanted.iter().zip(read.values()).enumerate();
    let path = pairs.find_map(|(number, (a, b))| first_difference(a, b, &ValuePath::document(number)));
    Err(unintended(document, plan, &path.unwrap_or_default()))
}

/// Refuses for the value at `path`, which the edit would change against the intention.
fn unintended(document: &Document, plan: &Plan<'_>, path: &ValuePath) -> Refusal {
    let shared = document.nearest(path).filter(|(steps, located)| {
        let alias = document.follow(located.node) != located.node;
        let above = *steps < path.segments.len();
        located.shared || alias || (above && document.merges(located.node).next().is_some())
    });
    if let Some((steps, located)) = shared {
        let path = path.prefix(steps);
        let message = format!("`{path}` takes its value from what would change, and would change with it");
        let help = "make the same change at both, or write the value out first";
        return Refusal::new(message, help).at(located.token()).sharing(&path);
    }
    if let Some((path, alias)) = alias_of_changed(document, plan) {
        let line = document.lines().line(alias.start);
        let message = format!("an alias in line {line} refers to `{path}`, and would change with it");
        return Refusal::new(message, "write the value out where it is referred to first")
            .at(alias)
            .sharing(&path);
    }
    let shown = if path.is_root() { "the file's value".to_owned() } else { format!("`{path}`") };
    Refusal::new(format!("{shown} would not come out as intended"), "make this change by hand")
}

/// The first path at which two values differ.
fn first_difference(a: &Value, b: &Value, path: &ValuePath) -> Option<ValuePath> {
    if a == b {
        return None;
    }
    let below = match (a, b) {
        (Value::Map(a), Value::Map(b)) => {
            let missing = |(key, _): &(&String, &Value)| !(a.contains_key(*key) && b.contains_key(*key));
            let common = a.iter().filter_map(|(key, value)| Some((key, value, b.get(key)?)));
            let mut differences = common.map(|(key, a, b)| first_difference(a, b, &path.key(key)));
            let one_sided = || a.iter().chain(b).find(missing).map(|(key, _)| path.key(key));
            differences.find_map(|found| found).or_else(one_sided)
        }
        (Value::Tagged(tag, a), Value::Tagged(other, b)) if tag == other => first_difference(a, b, path),
        (Value::List(a), Value::List(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(index, (a, b))| first_difference(a, b, &path.join(Segment::Index(index)))),
        _ => None,
    };
    Some(below.unwrap_or_else(|| path.clone()))
}
