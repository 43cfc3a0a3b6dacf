//! `.env` lines, in the quoting on which most readers agree.
//!
//! There is no standard. A plain word needs no quotes; between single quotes every common reader, a
//! shell that sources the file among them, takes the text as it is, except a quote or what a
//! backslash may escape; only the rest goes into double quotes with the escapes `\\`, `\"`, `\n` and
//! `\r`, so that every value is one line. What a shell would run between double quotes, and a
//! backslash that would escape the closing quote for some, cannot be said and is refused. Where
//! readers still differ, a note names the values.

use super::{Exported, Variable, place};
use crate::model::{Error, Help, Result};

/// `NAME=value` lines.
pub(super) fn write(entries: &[Variable]) -> Result<Exported> {
    let mut exported = Exported::default();
    let mut disputed = Vec::new();
    for entry in entries {
        entry.refuse_nul("a .env file")?;
        let value = value(&entry.text).map_err(|why| refusal(entry, why))?;
        exported.text.push_str(&format!("{}={value}\n", entry.name));
        if is_disputed(&entry.text) {
            disputed.push(entry.name.as_str());
        }
    }
    if !disputed.is_empty() {
        let names = disputed.join(", ");
        exported.notes.push(format!(
            "readers of .env files differ on `$` and escapes, as in {names}; a process that is started with them needs no such file"
        ));
    }
    Ok(exported)
}

/// Why no quoting keeps a value.
#[derive(Clone, Copy)]
enum Unsayable {
    /// A backslash stands at its end.
    Backslash,
    /// It needs double quotes, between which a shell would run a part of it.
    Command,
}

/// The value as it is written.
fn value(text: &str) -> std::result::Result<String, Unsayable> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    if text.ends_with('\\') {
        return Err(Unsayable::Backslash);
    }
    if !needs_escapes(text) {
        return Ok(format!("'{text}'"));
    }
    if text.contains("$(") || text.contains('`') {
        return Err(Unsayable::Command);
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
    Ok(out)
}

fn refusal(entry: &Variable, why: Unsayable) -> Error {
    let place = place(&entry.key, &entry.path);
    let what = match why {
        Unsayable::Backslash => {
            "ends in a backslash, which readers of .env files take to escape what stands behind it"
        }
        Unsayable::Command => {
            "needs double quotes in a .env file, and a shell that reads the file would run a part of it"
        }
    };
    Error::undecided(format!("{place} {what}"))
        .with_help(Help::WithoutFile { formats: "json or flat-json".into() })
}

/// Whether single quotes will not do: some readers unescape `\\` there, and readers by lines want a
/// value on one.
fn needs_escapes(text: &str) -> bool {
    text.contains(['\'', '\r', '\n']) || text.contains("\\\\")
}

/// Whether some common reader takes a value for another one, however it is quoted: some expand
/// `${…}` anywhere and `$` where there are no single quotes, some know fewer escapes.
fn is_disputed(text: &str) -> bool {
    text.contains("${") || (needs_escapes(text) && text.contains(['$', '\\', '"', '\r', '\n']))
}
