//! Lines for `eval` in any POSIX shell.

use super::Variable;
use crate::model::Result;

/// `export NAME='value'` lines.
pub(super) fn write(entries: &[Variable]) -> Result<String> {
    let mut out = String::new();
    for entry in entries {
        entry.refuse_nul("a variable")?;
        // Between single quotes a shell takes everything but the quote itself as it is.
        let quoted = entry.text.replace('\'', "'\\''");
        out.push_str(&format!("export {}='{quoted}'\n", entry.name));
    }
    Ok(out)
}
