//! Templates: text that a program fills in before anybody reads it as configuration.
//!
//! Where the braces are part of a message (`Hello {{ name }}`), they are a value like any other.

use crate::model::Value;

/// A template, and the first line that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// What it is written in: `a Helm chart template`.
    pub what: &'static str,
    /// The line, from 1.
    pub line: usize,
}

/// What Helm hands to a chart's templates.
const CHART: [&str; 6] = [".Values.", ".Release.", ".Chart.", ".Capabilities.", ".Files.", "include \""];
/// How expressions open and close, and what they may be of.
const MARKS: [(&str, &str, &str); 3] =
    [("<%", "%>", "an ERB template"), ("{%", "%}", "a Jinja template"), ("{{", "}}", "a template")];

/// The template that a text is; `values` are its values, `None` where it cannot be read as what its
/// name says, or only in a way that nobody meant.
pub(super) fn template(text: &str, values: Option<&[Value]>) -> Option<Template> {
    let Some(values) = values else { return first_line(text, |line| mark_in(line).is_some()) };
    let expression = values.iter().find_map(filled_in)?.lines().find(|line| mark_in(line).is_some())?;
    first_line(text, |line| line.contains(expression))
        .or_else(|| first_line(text, |line| mark_in(line).is_some()))
}

/// The first line that fits, comments apart, and what it is written in.
fn first_line(text: &str, fits: impl Fn(&str) -> bool) -> Option<Template> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'));
    let (number, line) = lines.find(|(_, line)| fits(line))?;
    let (open, _, what) = mark_in(line)?;
    let what = match open {
        "{{" if is_chart(line) => "a Helm chart template",
        "{{" if ["{{-", "{{ .", "{{."].iter().any(|start| line.contains(start)) => "a Go template",
        _ => what,
    };
    Some(Template { what, line: number + 1 })
}

fn mark_in(line: &str) -> Option<(&'static str, &'static str, &'static str)> {
    MARKS.into_iter().find(|(open, _, _)| line.contains(open))
}

fn is_chart(text: &str) -> bool {
    text.contains("{{") && CHART.iter().any(|name| text.contains(name))
}

/// The first text that is an expression from end to end, or holds one that only a template has.
fn filled_in(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => is_filled_in(text).then_some(text.as_str()),
        Value::List(list) => list.iter().find_map(filled_in),
        Value::Map(map) => map.values().find_map(filled_in),
        Value::Tagged(_, value) => filled_in(value),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn is_filled_in(text: &str) -> bool {
    let is_erb = text.split_once("<%").is_some_and(|(_, rest)| rest.contains("%>"));
    let whole = |(open, close, _): (&str, &str, &str)| {
        let inner = text.trim().strip_prefix(open).and_then(|text| text.strip_suffix(close));
        // `$` is what Prometheus and the like fill in when they run.
        inner.is_some_and(|inner| !inner.trim_start().starts_with('$'))
    };
    is_erb || is_chart(text) || MARKS.into_iter().any(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Document, Limits};

    #[test]
    fn templates_are_told_from_texts_with_braces() {
        for (text, expected) in [
            ("a: 1\nb: {{- x }}\n", "2 a Go template"),
            ("a: \"{{ .Values.a }}\"\n", "1 a Helm chart template"),
            ("a: x-{{ .Release.Name }}\n", "1 a Helm chart template"),
            ("a: \"{{ db_host }}\"\n", "1 a template"),
            ("{% if x %}\na: 1\n", "1 a Jinja template"),
            ("# {{ a }}\ndb:\n  password: <%= ENV['DB'] %>\n", "3 an ERB template"),
            ("# {{- if .Values.a }}\na: 1\n", ""),
            ("text: 'Hello {{ name }}'\n", ""),
            ("text: 'see: {{ name }} and {{ other }}.'\n", ""),
            ("summary: '{{ $labels.instance }}'\n", ""),
            ("if: ${{ github.ref }}\n", ""),
            ("a: 1 < 2 %> 3\n", ""),
        ] {
            let document = Document::parse(text.as_bytes(), &Limits::default()).ok();
            let found = template(text, document.as_ref().map(|document| document.values()));
            let told = found.map(|found| format!("{} {}", found.line, found.what)).unwrap_or_default();
            assert_eq!(told, expected, "{text}");
        }
    }
}
