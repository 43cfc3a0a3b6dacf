//! How findings and explanations look: one file per format.
//!
//! The room turns values into text and writes it to the [`io::Write`] it is given. It knows
//! nothing of terminals, files, git, or how a finding came to be. Everything that came from a
//! file is foreign here: [`sanitize`] makes visible what would act on a screen or a CI runner, and
//! each format then escapes what would act in that format.
//!
//! [`io::Write`]: std::io::Write

mod apart;
pub mod blame;
mod cell;
mod changed;
mod columns;
pub mod diff;
mod excerpt;
pub mod explain;
mod fingerprint;
mod fold;
mod format;
mod git_diff;
mod github;
mod gitlab;
mod grouped;
pub mod hold;
mod junit;
mod lines;
pub mod list;
pub mod log;
pub mod markdown;
pub mod matrix;
pub mod migrate;
pub mod plan;
pub mod publish;
mod remark;
pub mod review;
mod review_markdown;
mod review_sections;
mod review_summary;
pub mod rollback;
mod sarif;
pub mod status;
mod style;
pub mod take_over;
pub mod text;
mod values;
mod view;
pub mod watch;
mod words;

pub use crate::api::sanitize;
pub use crate::engine::summary::{Summary, counted};
pub use fold::Fold;
pub use format::{Format, UnknownFormat, findings};
pub use git_diff::{file_diff, unmerged};
pub use style::Styles;
pub use view::View;
pub use words::words_note;

use std::borrow::Cow;

use crate::model::{Finding, ValuePath};
use crate::secrets::shown_path;

/// The most columns of a message; it may quote a value of any length.
const SENTENCE: usize = 400;

/// A path for people; a root is the item itself. A key may hold a secret.
fn path_name(path: &ValuePath) -> String {
    if path.is_file() {
        return "(the whole item)".to_owned();
    }
    sanitize::clean(&shown_path(path)).into_owned()
}

/// A sentence of a finding for people, cut when it quotes too much.
fn sentence(text: &str) -> Cow<'_, str> {
    sanitize::cut(text, SENTENCE)
}

/// The value a finding is about, for people; `None` when the document or the file is meant.
fn subject(finding: &Finding) -> Option<String> {
    let path = finding.path.as_ref().filter(|path| !path.is_root())?;
    Some(sentence(&path.to_string()).into_owned())
}

/// A finding's message behind its value, for formats that show no excerpt.
fn headline(finding: &Finding) -> String {
    let message = sentence(&finding.message);
    match subject(finding) {
        Some(subject) => format!("{subject}: {message}"),
        None => message.into_owned(),
    }
}

/// The rule that found something and the value it is about: what stays when messages change.
fn title(finding: &Finding) -> String {
    match subject(finding) {
        Some(subject) => format!("{}: {subject}", finding.rule),
        None => finding.rule.to_string(),
    }
}
