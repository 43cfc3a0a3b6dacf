//! A file without any YAML document: nothing, or comments only.

use super::layout::{Holder, layout};
use super::lower::fresh;
use super::new_text::{Site, Text, tagged};
use super::plan::Plan;
use super::splice::line_ending;
use crate::model::ValuePath;
use crate::yaml::document::Document;

/// The file's text with the planned value behind it.
pub(super) fn fill(document: &Document, plan: &Plan<'_>) -> String {
    let layout = layout(document);
    let text = if let Some(added) = plan.adds.get(&ValuePath::root()) {
        fresh(Holder::Root, added, layout)
    } else if let Some(new) = plan.sets.get(&ValuePath::root()) {
        tagged(new, &Site::fresh(Holder::Root, layout))
    } else {
        Text::default()
    };
    let Text { inline, body } = text;
    let line = if inline.is_empty() { inline } else { format!("{inline}\n") };
    let old = document.text();
    let ending = line_ending(old);
    let break_line = if old.is_empty() || old.ends_with(['\n', '\r', '\u{feff}']) { "" } else { ending };
    format!("{old}{break_line}{}", format!("{line}{body}").replace('\n', ending))
}
