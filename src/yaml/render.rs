//! New YAML for values that have no text yet.
//!
//! Strings are quoted wherever a reader of YAML 1.1 or 1.2 would take them for something else.

use super::Ciphertext;
use super::node::Style;
use super::other_readings::reads_differently;
use super::scalar::plain_value;
use crate::model::{Map, Value, marker_lines, written_tag};

/// A string as a scalar on one line: plain where that is safe, else quoted.
///
/// `style` is the quoting to prefer; `flow` says that it stands inside `[…]` or `{…}`.
#[must_use]
pub fn string(text: &str, style: Option<Style>, flow: bool) -> String {
    let printable = text.chars().all(is_printable);
    match style {
        Some(Style::DoubleQuoted) => double_quoted(text),
        Some(Style::SingleQuoted) if printable => single_quoted(text),
        _ if printable && is_plain_safe(text, flow) => text.to_owned(),
        _ if printable => single_quoted(text),
        _ => double_quoted(text),
    }
}

/// A string as a literal block scalar's lines (header first, each line but the header indented by
/// `indent` spaces and ended by LF); `None` where a literal cannot hold it.
#[must_use]
pub fn literal(text: &str, indent: usize) -> Option<String> {
    let fits = text.chars().all(|c| c == '\n' || c == '\t' || is_printable(c));
    if !fits || text.starts_with([' ', '\n', '\t']) || text.is_empty() {
        return None;
    }
    let body = text.trim_end_matches('\n');
    let header = match text.len() - body.len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    };
    let mut out = format!("{header}\n");
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
        out.push('\n');
    }
    Some(out)
}

/// A value on one line, in flow style where it is a list or a mapping.
#[must_use]
pub fn flow(value: &Value) -> String {
    inline(value, true)
}

fn inline(value: &Value, flow: bool) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) => text.clone(),
        Value::String(text) => string(text, None, flow),
        Value::List(list) => {
            let items: Vec<_> = list.iter().map(|value| inline(value, true)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entries: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", string(key, None, true), inline(value, true)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Tagged(name, value) => format!("{} {}", written_tag(name), inline(value, flow)),
    }
}

/// How far block style indents what belongs to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// A mapping.
    pub step: usize,
    /// The dashes of a list.
    pub dash: usize,
    /// Whether all lists that there are stand so; then what is copied from elsewhere does too.
    pub is_uniform: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self { step: 2, dash: 2, is_uniform: false }
    }
}

/// A value in block style: lines ended by LF, indented by `indent` spaces.
#[must_use]
pub fn block(value: &Value, indent: usize) -> String {
    block_in(value, indent, Layout::default())
}

/// Like [`block`], in the layout of its surroundings.
#[must_use]
pub fn block_in(value: &Value, indent: usize, layout: Layout) -> String {
    let mut out = String::new();
    match value {
        Value::Map(map) if !map.is_empty() => block_map(map, indent, layout, &mut out),
        Value::List(list) if !list.is_empty() => block_list(list, indent, layout, &mut out),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Tagged(..) => {
            push_indent(&mut out, indent);
            let rest = behind(value, indent, false, layout);
            out.push_str(rest.trim_start_matches(' '));
        }
    }
    out
}

/// What follows `key:` or `-` for a value whose parent stands at `indent`: the rest of the line
/// and the lines below, ended by LF.
#[must_use]
pub fn after_indicator(value: &Value, indent: usize, in_list: bool) -> String {
    behind(value, indent, in_list, Layout::default())
}

fn behind(value: &Value, indent: usize, in_list: bool, layout: Layout) -> String {
    // What stands behind a dash is indented by the dash and its space.
    let step = if in_list { 2 } else { layout.step };
    match value {
        Value::Map(map) if !map.is_empty() => {
            let mut body = String::new();
            block_map(map, indent + step, layout, &mut body);
            if in_list { format!(" {}", &body[indent + 2..]) } else { format!("\n{body}") }
        }
        Value::List(list) if !list.is_empty() => {
            let mut body = String::new();
            block_list(list, indent + if in_list { 2 } else { layout.dash }, layout, &mut body);
            if in_list { format!(" {}", &body[indent + 2..]) } else { format!("\n{body}") }
        }
        Value::String(text) if text.contains('\n') => match literal(text, indent + step) {
            Some(block) => format!(" {block}"),
            None => format!(" {}\n", double_quoted(text)),
        },
        Value::Tagged(name, value) if !value.is_scalar() => {
            format!(" {}{}", written_tag(name), behind(value, indent, false, layout))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Tagged(..) => format!(" {}\n", inline(value, false)),
    }
}

fn block_map(map: &Map, indent: usize, layout: Layout, out: &mut String) {
    for (key, value) in map {
        push_indent(out, indent);
        out.push_str(&string(key, None, false));
        out.push(':');
        out.push_str(&behind(value, indent, false, layout));
    }
}

fn block_list(list: &[Value], indent: usize, layout: Layout, out: &mut String) {
    for value in list {
        push_indent(out, indent);
        out.push('-');
        out.push_str(&behind(value, indent, true, layout));
    }
}

fn push_indent(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Printable on one line in any quoting that does not escape (YAML 1.2.2, section 5.1).
fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether the text reads as the same string without quotes, for YAML 1.1 and 1.2 readers.
fn is_plain_safe(text: &str, flow: bool) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return false };
    let second = chars.next();
    let indicator = match first {
        // Within brackets readers of YAML 1.1 take both for indicators, whatever follows.
        '?' | ':' if flow => true,
        '-' | '?' | ':' => second.is_none_or(|c| c == ' ' || (flow && ",[]{}".contains(c))),
        c => c.is_whitespace() || ",[]{}#&*!|>'\"%@`".contains(c),
    };
    !indicator
        && !text.ends_with(char::is_whitespace)
        && !text.contains(": ")
        && !text.ends_with(':')
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
        && marker_lines(text).next().is_none()
        && !begins_as_ciphertext(text)
        && !(flow && text.contains([',', '[', ']', '{', '}', '?']))
        && !(flow && text.contains(":") && text.contains(['"', '\'']))
        && matches!(plain_value(text), Value::String(_))
        && reads_differently(text).is_none()
        && !is_number_or_date_of_yaml_1_1(text)
}

/// Whether a file that begins with the text would be taken for something that only others can read.
fn begins_as_ciphertext(text: &str) -> bool {
    text.starts_with(['$', '-', 'a', 'v']) && Ciphertext::of(format!("{text}\n").as_bytes()).is_some()
}

/// Numbers with underscores or a sign before a base, and dates, as YAML 1.1 reads them.
fn is_number_or_date_of_yaml_1_1(text: &str) -> bool {
    let bare = text.trim_start_matches(['-', '+']);
    let digit = bare.starts_with(|c: char| c.is_ascii_digit()) || bare.starts_with('.');
    let numeric = |c: char| c.is_ascii_hexdigit() || "_.xXob:+-eETtZz ".contains(c);
    let one_point = bare.matches('.').count() <= 1;
    let has_digit = bare.contains(|c: char| c.is_ascii_digit());
    matches!(text, "=" | "<<") || (digit && one_point && has_digit && bare.chars().all(numeric))
}

fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) <= 0xff => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if u32::from(c) <= 0xffff => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Document, Limits};
    use super::*;

    #[test]
    fn look_alikes_are_quoted_and_ordinary_words_are_not() {
        for text in [
            "no",
            "015",
            "12:30:45",
            "1_000",
            "null",
            "~",
            "",
            " a",
            "a ",
            "a: b",
            "a #b",
            "- a",
            "2024-01-01",
            "1.10",
            "*a",
            "@x",
            "<<",
            "=",
            "key:",
            "<<<<<<<",
            "======= x",
            "version https://git-lfs.github.com/spec/v1",
            "age-encryption.org/v1",
            "$ANSIBLE_VAULT;1.1;AES256",
        ] {
            assert!(string(text, None, false).starts_with(['\'', '"']), "{text}");
        }
        for text in [
            "db.example.com",
            "http://a/b?c=d",
            "a b",
            "it's",
            "-x",
            "a:b",
            "${DB}",
            "/var/lib",
            "x,y",
            "10.0.0.1:80",
            "v1.2.3",
        ] {
            assert_eq!(string(text, None, false), text);
        }
        for text in ["a,b", ":x", "?x", "x?y", "::1", "http://a/?b"] {
            assert_eq!(string(text, None, true), format!("'{text}'"));
        }
        assert_eq!(string("x:y", None, true), "x:y");
        assert_eq!((string(":x", None, false), string("?x", None, false)), (":x".into(), "?x".into()));
    }

    #[test]
    fn what_cannot_stand_in_a_tag_is_escaped() {
        for (tag, written) in [
            ("!ENV", "!ENV"),
            ("!a{b}", "!a%7Bb%7D"),
            ("!a!b", "!a%21b"),
            ("tag:yaml.org,2002:x\u{11}~", "!!x%11~"),
            ("tag:example.com,2000:a/b", "!<tag:example.com,2000:a/b>"),
            ("tag:example.com,2000:é>", "!<tag:example.com,2000:%C3%A9%3E>"),
        ] {
            let value = Value::Tagged(tag.to_owned(), Box::new(Value::String("x".to_owned())));
            assert_eq!(flow(&value), format!("{written} x"));
            let read =
                Document::parse(format!("{written} x\n").as_bytes(), &Limits::default()).expect(written);
            assert_eq!(*read.value(), value, "{written}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|n| Value::Number(n.to_string())),
            "[ -~\n\t]{0,12}".prop_map(Value::String),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|list| Value::List(list.into())),
                prop::collection::vec(("[ -~]{0,8}", inner), 0..4)
                    .prop_map(|entries| Value::Map(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_rendered_reads_back(value in value()) {
            for text in [block(&value, 0), format!("{}\n", flow(&value)), format!("k:{}", after_indicator(&value, 0, false))] {
                let document = Document::parse(text.as_bytes(), &Limits::default());
                let document = document.map_err(|error| TestCaseError::fail(format!("{error:?} in {text:?}")))?;
                let read = if text.starts_with("k:") && document.value().as_map().is_some_and(|map| map.len() == 1 && map.contains_key("k")) && !matches!(&value, Value::Map(map) if map.contains_key("k")) {
                    document.value().as_map().expect("a map")["k"].clone()
                } else {
                    document.value().clone()
                };
                let wrapped = Value::Map([("k".to_owned(), value.clone())].into_iter().collect());
                prop_assert!(read == value || read == wrapped, "{text:?} reads as {read:?}");
            }
        }
    }
}
