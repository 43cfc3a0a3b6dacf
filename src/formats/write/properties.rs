//! Java properties, in ASCII, so that readers of ISO-8859-1 and of UTF-8 see the same.

use super::Variable;

/// `name=value` lines.
pub(super) fn write(entries: &[Variable]) -> String {
    entries.iter().map(|entry| property(&entry.name, &entry.text)).collect()
}

/// One line of Java properties.
#[must_use]
pub fn property(of: &str, text: &str) -> String {
    format!("{}={}\n", name(of), value(text))
}

fn name(text: &str) -> String {
    text.chars().map(|c| if " =:#!".contains(c) { format!("\\{c}") } else { escaped(c) }).collect()
}

/// Only the blanks at the beginning would be lost.
fn value(text: &str) -> String {
    let body = text.trim_start_matches(' ');
    let blanks = "\\ ".repeat(text.len() - body.len());
    blanks + &body.chars().map(escaped).collect::<String>()
}

fn escaped(c: char) -> String {
    match c {
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        ' '..='~' => c.to_string(),
        // Java counts in UTF-16.
        c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    }
}
