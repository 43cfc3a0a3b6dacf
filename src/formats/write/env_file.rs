//! `NAME=value` lines as docker and kubectl read them: nothing is quoted, nothing escaped.

use super::{Variable, place};
use crate::model::{Error, Help, Result};

/// The longest line that docker's reader takes (Go's `bufio.MaxScanTokenSize`, which it must stay
/// below).
const LONGEST: usize = 64 * 1024;

/// `NAME=value` lines.
pub(super) fn write(entries: &[Variable]) -> Result<String> {
    let mut out = String::new();
    for entry in entries {
        entry.refuse_nul("an env file")?;
        let line = format!("{}={}\n", entry.name, entry.text);
        let what = if entry.text.contains(['\n', '\r']) {
            "holds a line break"
        } else if line.len() >= LONGEST {
            "is longer than 64 KiB"
        } else {
            out.push_str(&line);
            continue;
        };
        let place = place(&entry.key, &entry.path);
        return Err(Error::undecided(format!("{place} {what}, which an env file without quotes cannot say"))
            .with_help(Help::WithoutFile { formats: "flat-json or secret".into() }));
    }
    Ok(out)
}
