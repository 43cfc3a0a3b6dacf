//! `.env` lines, in the quoting on which most readers agree.
//!
//! There is no standard. A plain word needs no quotes; between single quotes every common reader
//! takes the text as it is, except a quote or what a backslash may escape; only the rest goes into
//! double quotes with the escapes `\\`, `\"`, `\n` and `\r`. A backslash at the end would escape
//! the closing quote for some, so such a value stands without quotes where it can, and is refused
//! where it cannot. Where readers still differ, a note names the values.

use super::{Exported, Variable, place};
use crate::model::{Error, Help, Result};

/// `NAME=value` lines.
pub(super) fn write(entries: &[Variable]) -> Result<Exported> {
    let mut exported = Exported::default();
    let mut disputed = Vec::new();
    for entry in entries {
        entry.refuse_nul("a .env file")?;
        let value = value(&entry.text).ok_or_else(|| backslash(entry))?;
        exported.text.push_str(&format!("{}={value}\n", entry.name));
        if is_disputed(&entry.text) {
            disputed.push(entry.name.as_str());
        }
    }
    if !disputed.is_empty() {
        let names = disputed.join(", ");
        exported.notes.push(format!(
            "readers of .env files differ on `$` and escapes, as in {names}; `terrace run` does without such a file"
        ));
    }
    Ok(exported)
}

/// The value as it is written; `None` when no quoting keeps it.
fn value(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Some(text.to_owned());
    }
    if text.ends_with('\\') {
        return is_bare(text).then(|| text.to_owned());
    }
    if !needs_escapes(text) {
        return Some(format!("'{text}'"));
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
    out.push('"');
    Some(out)
}

/// Whether a text without quotes is read as it is: on one line, nothing that begins a comment or a
/// quoted value, and no blanks to be trimmed.
fn is_bare(text: &str) -> bool {
    let first = text.chars().next();
    let begins = first.is_some_and(|c| !c.is_whitespace() && !c.is_control() && !"'\"`".contains(c));
    begins && !text.contains(['\n', '\r', '#'])
}

fn backslash(entry: &Variable) -> Error {
    let place = place(&entry.key, &entry.path);
    Error::undecided(format!(
        "{place} needs quotes and ends in a backslash, which readers of .env files take to escape the quote"
    ))
    .with_help(Help::WithoutFile { formats: "shell or json" })
}

/// Whether single quotes will not do: some readers unescape `\\` there, and a reader in text mode
/// changes a carriage return.
fn needs_escapes(text: &str) -> bool {
    text.contains(['\'', '\r']) || text.contains("\\\\")
}

/// Whether some common reader takes a value for another one, however it is quoted: some expand
/// `${…}` anywhere and `$` where there are no single quotes, some know fewer escapes.
fn is_disputed(text: &str) -> bool {
    text.contains("${")
        || (text.ends_with('\\') && text.contains('$'))
        || (needs_escapes(text) && text.contains(['$', '\\', '"', '\r', '\n']))
}
