//! What the commit of a promotion says.

use std::fmt::Write as _;

use super::prepared::Prepared;
use crate::engine::promotion::{Action, GivenValue, ItemPlan};
use crate::model::sanitize::clean_lines;
use crate::model::{Hop, Key};
use crate::ops::plan::Planner;
use crate::secrets::mask::{Reveal, Shown};
use crate::secrets::shown_path;

/// The commit's subject, and the masked list of changes with one trailer per item.
pub(super) fn message(planner: &Planner, prepared: &Prepared, hop: Hop) -> (String, String) {
    let mask = planner.configuration.mask(Reveal::Nothing);
    let acting: Vec<&ItemPlan> = prepared
        .plans
        .iter()
        .filter(|plan| plan.taken() > 0 || plan.with(&Action::Decline).count() > 0)
        .collect();
    let keys: Vec<&str> = acting
        .iter()
        .map(|plan| plan.key.as_str())
        .chain(prepared.creations.iter().map(|creation| creation.key.as_str()))
        .chain(prepared.deletions.iter().map(Key::as_str))
        .collect();
    let named = if keys.len() <= 3 { keys.join(", ") } else { format!("{} items", keys.len()) };
    let mut body = String::new();
    for plan in &acting {
        let plan = plan.masked(&mask);
        let value = |value: Option<&Shown>| {
            value.map_or_else(|| "absent".to_owned(), |value| short(&value.to_string()))
        };
        for line in plan.lines.iter().filter(|line| line.is_taken() || line.verdict == Action::Decline) {
            let new = match &line.verdict {
                Action::Set(value) => short(&value.to_string()),
                Action::Decline => format!("{} (kept)", value(line.target.as_ref())),
                _ => value(line.taken_value()),
            };
            if let Some(renamed) = line.renamed.as_ref().filter(|_| line.is_taken()) {
                let _ = writeln!(
                    body,
                    "{}: {} renamed to {}",
                    plan.key,
                    shown_path(&renamed.from),
                    shown_path(&line.path)
                );
            }
            let _ = writeln!(
                body,
                "{}: {}: {} -> {new}",
                plan.key,
                shown_path(&line.path),
                value(line.target.as_ref())
            );
        }
        for GivenValue { path, old, value: new, .. } in &plan.given {
            let new = short(&new.to_string());
            let _ = writeln!(
                body,
                "{}: {}: {} -> {new} (given)",
                plan.key,
                shown_path(path),
                value(old.as_ref())
            );
        }
    }
    for creation in &prepared.creations {
        let _ = writeln!(body, "{}: new item", creation.key);
        for (path, value) in &creation.given {
            let _ = writeln!(
                body,
                "{}: {}: {} (given)",
                creation.key,
                shown_path(path),
                short(&mask.value(path, value).to_string())
            );
        }
    }
    for key in &prepared.deletions {
        let _ = writeln!(body, "{key}: item deleted");
    }
    body.push('\n');
    for key in &keys {
        let _ = writeln!(body, "{}", trailer(key, hop));
    }
    (format!("promote({named}): {} -> {}", hop.source(), hop.target()), clean_lines(&body))
}

/// The line by which a commit's message says that it promoted an item.
pub(in crate::ops) fn trailer(key: &str, hop: Hop) -> String {
    format!("Terrace-Promotion: {key} {} -> {}", hop.source(), hop.target())
}

/// A value short enough for a commit message, on one line.
pub(in crate::ops) fn short(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() <= 60 { clean } else { clean.chars().take(59).chain(['…']).collect() }
}
