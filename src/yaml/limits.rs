//! What is looked at before any parser sees a byte.

use super::ciphertext::Ciphertext;
use crate::model::policy::MOST_BYTES;
use crate::model::{Location, Position, Rule};

/// Bounds on what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes.
    pub file_bytes: usize,
    /// The most values that aliases and merges may expand a file to.
    pub values: usize,
    /// The most bytes of text that aliases and merges may expand a file to.
    pub value_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 1024 * 1024, values: 1_000_000, value_bytes: 16 * 1024 * 1024 }
    }
}

/// Why a file cannot be read as YAML at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// `syntax`, or `unsupported-yaml` for valid YAML beyond the budgets.
    pub rule: Rule,
    /// One sentence without a final stop.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Where.
    pub location: Location,
    /// What encrypted the file as a whole, when that is why.
    pub ciphertext: Option<Ciphertext>,
}

impl Rejection {
    pub(super) fn new(rule: Rule, at: Position, message: impl Into<String>, help: impl Into<String>) -> Self {
        let location = Location { start: at, end: at };
        Self { rule, message: message.into(), help: help.into(), location, ciphertext: None }
    }
}

/// Lets through UTF-8 text of bounded size without NUL; a byte order mark stays.
///
/// # Errors
/// What is wrong with the bytes, and where.
pub fn check_limits<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, Rejection> {
    let at = |offset: usize| {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |i| i + 1);
        let shown = String::from_utf8_lossy(&before[start..]);
        Position { line, column: shown.trim_start_matches('\u{feff}').chars().count() + 1 }
    };
    if bytes.len() > limits.file_bytes.min(MOST_BYTES) {
        let is_cut = bytes.len() > MOST_BYTES;
        let (count, allowed) = (bytes.len().min(MOST_BYTES), limits.file_bytes.min(MOST_BYTES));
        let more = if is_cut { "over " } else { "" };
        let message = format!("the file has {more}{count} bytes, more than the {allowed} allowed");
        let help = "split the file, or raise `[limits] file-bytes` in terrace.toml";
        return Err(Rejection::new(Rule::Syntax, at(0), message, help));
    }
    if let Some(ciphertext) = Ciphertext::of(bytes) {
        let message = format!("the file is {}", ciphertext.phrase());
        let rejection = Rejection::new(Rule::UnsupportedYaml, at(0), message, ciphertext.remedy());
        return Err(Rejection { ciphertext: Some(ciphertext), ..rejection });
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Rejection::new(
            Rule::Syntax,
            at(0),
            "the file is UTF-16, not UTF-8",
            "save the file as UTF-8",
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let byte = bytes.get(offset).copied().unwrap_or_default();
        let message = format!("the byte 0x{byte:02X} is not UTF-8");
        Rejection::new(Rule::Syntax, at(offset), message, "save the file as UTF-8")
    })?;
    if let Some(offset) = memchr::memchr(0, bytes) {
        return Err(Rejection::new(
            Rule::Syntax,
            at(offset),
            "the file holds a NUL byte",
            "remove it; configuration is text",
        ));
    }
    Ok(text)
}
