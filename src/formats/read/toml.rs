//! TOML: tables become nested mappings, comments come along, what YAML lacks becomes a string.

use std::ops::Range;

use indexmap::IndexMap;
use toml_edit::{Datetime, Document, Item, Key, Table};

use super::draft::{Body, Draft, Reading, Source};
use crate::model::{Rule, Value};
use crate::yaml::Rejection;

/// Reads a whole text.
pub(super) fn read(source: &Source<'_>) -> Result<Reading, Rejection> {
    let document = Document::parse(source.text).map_err(|error| refusal(source, &error))?;
    let mut reader = Reader { text: source.text, dates: 0, not_finite: 0, rebased: 0 };
    let entries = reader.table(document.as_table());
    Ok(Reading {
        draft: Draft::new(0..0, Body::Map(entries)),
        comments: comments(source.text),
        notes: reader.notes(),
        doubts: Vec::new(),
    })
}

fn refusal(source: &Source<'_>, error: &toml_edit::TomlError) -> Rejection {
    let message = error.message().replace('\n', ", ");
    let span = error.span().unwrap_or_default();
    let twice = message.starts_with("duplicate key");
    let (rule, help) = match twice {
        true => (Rule::DuplicateKey, "keep one of the two"),
        false => (Rule::Syntax, "mend the TOML here, or just before"),
    };
    let message = match source.text.get(span.clone()).filter(|key| twice && !key.is_empty()) {
        Some(key) => format!("`{key}` is here twice in one table"),
        None => message,
    };
    source.reject(rule, span, message, help)
}

struct Reader<'a> {
    text: &'a str,
    dates: usize,
    not_finite: usize,
    rebased: usize,
}

impl Reader<'_> {
    fn table(&mut self, table: &Table) -> IndexMap<String, Draft> {
        let keys = table.iter().filter_map(|(name, item)| Some((table.key(name)?, item)));
        keys.map(|(key, item)| (key.get().to_owned(), self.item(key, item))).collect()
    }

    fn item(&mut self, key: &Key, item: &Item) -> Draft {
        let place = key.span().unwrap_or_default();
        match item {
            Item::None => Draft::new(0..0, Body::Scalar(Value::Null)),
            Item::Value(toml_edit::Value::InlineTable(table)) if table.is_dotted() => {
                Draft::new(place, self.inline(table))
            }
            Item::Value(value) => Draft { span: place.start..span(value).end, ..self.value(value) },
            Item::Table(table) if table.is_dotted() => Draft::new(place, Body::Map(self.table(table))),
            // A table that only its sub-tables' headers imply has no line of its own.
            Item::Table(table) if table.is_implicit() => Draft::new(0..0, Body::Map(self.table(table))),
            Item::Table(table) => self.headed(table),
            Item::ArrayOfTables(tables) => {
                let items = tables.iter().map(|table| self.headed(table)).collect();
                Draft::new(0..0, Body::List(items))
            }
        }
    }

    fn headed(&mut self, table: &Table) -> Draft {
        let span = table.span().unwrap_or_default();
        Draft { span, header: true, body: Body::Map(self.table(table)) }
    }

    fn inline(&mut self, table: &toml_edit::InlineTable) -> Body {
        let mut entries = IndexMap::with_capacity(table.len());
        for (name, _) in table.iter() {
            if let Some((key, item)) = table.get_key_value(name) {
                entries.insert(name.to_owned(), self.item(key, item));
            }
        }
        Body::Map(entries)
    }

    fn value(&mut self, value: &toml_edit::Value) -> Draft {
        let text = self.text.get(span(value)).unwrap_or_default();
        let body = match value {
            toml_edit::Value::String(text) => Body::Scalar(Value::String(text.value().clone())),
            toml_edit::Value::Boolean(value) => Body::Scalar(Value::Bool(*value.value())),
            toml_edit::Value::Integer(number) => {
                Body::Scalar(Value::Number(self.integer(text, *number.value())))
            }
            toml_edit::Value::Float(number) if number.value().is_finite() => {
                Body::Scalar(Value::Number(text.replace('_', "")))
            }
            toml_edit::Value::Float(_) => {
                self.not_finite += 1;
                Body::Quoted(text.to_owned())
            }
            toml_edit::Value::Datetime(_) => {
                self.dates += 1;
                Body::Quoted(text.to_owned())
            }
            toml_edit::Value::Array(items) => Body::List(items.iter().map(|item| self.value(item)).collect()),
            toml_edit::Value::InlineTable(table) => self.inline(table),
        };
        Draft::new(span(value), body)
    }

    /// The text that every YAML reader takes for the same integer: readers of YAML 1.1 know no
    /// `0o17`, those of 1.2 no `0b11`, and neither agrees on `1_000`.
    fn integer(&mut self, text: &str, value: i64) -> String {
        if text.starts_with("0o") || text.starts_with("0b") {
            self.rebased += 1;
            return value.to_string();
        }
        text.replace('_', "")
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let mut note = |count: usize, one: &str, many: &str| match count {
            0 => {}
            1 => notes.push(format!("1 {one}")),
            _ => notes.push(format!("{count} {many}")),
        };
        note(self.dates, "date became a string", "dates became strings");
        note(self.not_finite, "inf or nan became a string", "inf or nan became strings");
        note(self.rebased, "octal or binary number became decimal", "octal or binary numbers became decimal");
        notes
    }
}

fn span(value: &toml_edit::Value) -> Range<usize> {
    value.span().unwrap_or_default()
}

/// The comments of a text that is TOML: every `#` outside strings.
fn comments(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let skipped = rest.find(['#', '"', '\'']).unwrap_or(rest.len());
        at += skipped;
        let rest = &rest[skipped..];
        if rest.starts_with('#') {
            let line = rest.find('\n').map_or(rest, |end| &rest[..end]).trim_end_matches('\r');
            found.push(at..at + line.len());
            at += line.len();
        } else {
            at += string_length(rest);
        }
    }
    found
}

/// The length of the string that `text` begins with; 0 at the text's end.
fn string_length(text: &str) -> usize {
    let Some(quote) = text.chars().next() else { return 0 };
    let long: String = [quote; 3].iter().collect();
    let delimiter = if text.starts_with(&long) { long.as_str() } else { &long[..1] };
    let mut at = delimiter.len();
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if text[at..].starts_with(delimiter) {
            at += delimiter.len();
            // `"""a""""` ends in a quote of its own, or two.
            let own = text[at..].chars().take(2).take_while(|c| *c == quote).count();
            return if delimiter.len() == 3 { at + own } else { at };
        }
        at += c.len_utf8();
        if quote == '"' && c == '\\' {
            at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        }
    }
    text.len()
}

/// Whether a value says what the `toml` crate read.
pub(super) fn agrees(value: &Value, other: &toml::Value) -> bool {
    use toml::Value as Toml;
    match (value, other) {
        (Value::Bool(a), Toml::Boolean(b)) => a == b,
        (Value::Number(text), Toml::Integer(number)) => match text.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16).as_ref() == Ok(number),
            None => text.parse().as_ref() == Ok(number),
        },
        (Value::Number(text), Toml::Float(number)) => text.parse() == Ok(*number),
        (Value::String(text), Toml::Float(number)) => {
            text.parse().is_ok_and(|float: f64| float == *number || (float.is_nan() && number.is_nan()))
        }
        (Value::String(text), Toml::Datetime(date)) => text.parse().is_ok_and(|read: Datetime| read == *date),
        (Value::String(a), Toml::String(b)) => a == b,
        (Value::List(a), Toml::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agrees(a, b)),
        (Value::Map(a), Toml::Table(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| agrees(a, b)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Format;
    use super::super::testing::{converted, refused};
    use super::*;

    #[test]
    fn tables_nest_and_values_keep_their_text() {
        for (toml, yaml) in [
            ("", "{}\n"),
            ("b = 1\na = 'x'\n", "b: 1\na: x\n"),
            (
                "[a.b]\nx = 1\n[c]\n[a]\nv = 2\n[a.d]\nz = 3\n",
                "c: {}\na:\n  b:\n    x: 1\n  v: 2\n  d:\n    z: 3\n",
            ),
            ("a.b.c = 1\na.d = 2\n", "a:\n  b:\n    c: 1\n  d: 2\n"),
            ("p = { x = 1, v.z = [2, { q = 3 }] }\n", "p:\n  x: 1\n  v:\n    z:\n      - 2\n      - q: 3\n"),
            (
                "[[p]]\nm = 1\n[[p.q]]\nm = 1\n[p.r]\ns = 2\n[[p]]\n",
                "p:\n  - m: 1\n    q:\n      - m: 1\n    r:\n      s: 2\n  - {}\n",
            ),
            ("a = [[1, 2], [], {}]\n", "a:\n  - - 1\n    - 2\n  - []\n  - {}\n"),
            ("\"a b\" = 1\n'no' = 2\n\"\" = 3\n1 = 4\n", "a b: 1\n'no': 2\n'': 3\n'1': 4\n"),
            (
                "i = [+1_000, -0, 0xDEAD_beef, 0o755, 0b1_01]\n",
                "i:\n  - +1000\n  - -0\n  - 0xDEADbeef\n  - 493\n  - 5\n",
            ),
            (
                "f = [1.0, 1.10, 6.626e-34, 1e06, 9_224.5_0, -0.0]\n",
                "f:\n  - 1.0\n  - 1.10\n  - 6.626e-34\n  - 1e06\n  - 9224.50\n  - -0.0\n",
            ),
            ("f = [inf, -inf, nan]\nb = true\n", "f:\n  - 'inf'\n  - '-inf'\n  - 'nan'\nb: true\n"),
            (
                "d = [1979-05-27T07:32:00Z, 1979-05-27 07:32:00.5, 1979-05-27, 07:32:00]\n",
                "d:\n  - '1979-05-27T07:32:00Z'\n  - '1979-05-27 07:32:00.5'\n  - '1979-05-27'\n  - '07:32:00'\n",
            ),
            ("s = \"\"\"\na\n  b\\\n   c\n\"\"\"\nt = '''x\"\"y'''\n", "s: |\n  a\n    bc\nt: x\"\"y\n"),
            ("s = ['no', '1', \"\\u00e4\\t\"]\n", "s:\n  - 'no'\n  - '1'\n  - \"ä\\t\"\n"),
            ("\u{feff}a = 1\r\nb = 2", "a: 1\nb: 2\n"),
        ] {
            assert_eq!(converted(Format::Toml, toml).text, yaml, "{toml}");
        }
    }

    #[test]
    fn what_changes_its_type_is_noted() {
        let toml = "a = 2024-01-01\nb = [07:30:00, 2024-01-01]\nc = nan\nd = 0b1\ne = 0o7\nf = 0xF\n";
        let notes = converted(Format::Toml, toml).notes;
        let expected = [
            "3 dates became strings",
            "1 inf or nan became a string",
            "2 octal or binary numbers became decimal",
        ];
        assert_eq!(notes, expected);
    }

    #[test]
    fn what_is_not_toml_is_refused_at_its_place() {
        for (toml, expected) in [
            ("a = 1\nb = 2\na = 3", "3:1 `a` is here twice in one table"),
            ("[a]\nx = 1\n[a]\ny = 2", "3:2 `a` is here twice in one table"),
            ("ä = 1", "1:1 invalid unquoted key"),
            ("\"ä\" = { x = 1, x = 2 }", "1:16 `x` is here twice in one table"),
            ("a.b = 1\na.b = 2", "2:3 `b` is here twice in one table"),
            ("a = [1]\n[[a]]\nb = 1", "2:3 `a` is here twice in one table"),
            ("a = no", "1:5 "),
            ("a = 'x", "1:7 "),
            ("\u{feff}a = 1 2", "1:5 "),
            ("a = 1979-13-01", "1:5 invalid date"),
            ("a = [1, 2", "1:10 unclosed array"),
            ("a = 9223372036854775808", "1:5 integer number overflowed"),
        ] {
            let message = refused(Format::Toml, toml.as_bytes());
            assert!(message.starts_with(expected), "{message} in {toml}");
        }
    }

    #[test]
    fn comments_are_told_from_strings() {
        for (toml, expected) in [
            ("a = '#x' # y", vec!["# y"]),
            ("a = \"\\\"#\" # y", vec!["# y"]),
            ("a = '\\' # y\nb = '#'", vec!["# y"]),
            ("a = \"\"\"\n# \"\" \\\"\"\" #\"\"\"\" # y", vec!["# y"]),
            ("a = '''#''''' # y\r\n#z", vec!["# y", "#z"]),
            ("\"#a\" = ['#', # y\n]", vec!["# y"]),
            ("['#'.b] # it's", vec!["# it's"]),
        ] {
            let found: Vec<_> = comments(toml).into_iter().map(|span| &toml[span]).collect();
            assert_eq!(found, expected, "{toml}");
        }
    }

    fn any_toml() -> impl Strategy<Value = toml::Table> {
        use toml::Value as Toml;
        let date = prop_oneof![
            "(19|20)[0-9]{2}-0[1-9]-(0[1-9]|1[0-9])",
            "(0[0-9]|1[0-9]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?",
            "20[0-9]{2}-0[1-9]-1[0-9]T1[0-9]:[0-5][0-9]:[0-5][0-9](Z|[+-]0[0-9]:30)?",
        ];
        let text = prop_oneof!["[ -~]{0,12}", "[a-zé#'\"\\\\\t ]{0,12}", "[a-z# \n]{0,6}"];
        let leaf = prop_oneof![
            any::<i64>().prop_map(Toml::Integer),
            any::<f64>().prop_map(Toml::Float),
            any::<bool>().prop_map(Toml::Boolean),
            date.prop_map(|date| Toml::Datetime(date.parse().expect("a date"))),
            text.clone().prop_map(Toml::String),
        ];
        let value = leaf.prop_recursive(4, 32, 4, move |inner| {
            let tables = prop::collection::vec((text.clone(), inner.clone()), 0..4);
            let table = tables.prop_map(|entries| Toml::Table(entries.into_iter().collect()));
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Toml::Array),
                prop::collection::vec(table.clone(), 0..3).prop_map(Toml::Array),
                table,
            ]
        });
        prop::collection::vec(("[a-z#' .]{0,6}", value), 0..6)
            .prop_map(|entries| entries.into_iter().collect())
    }

    proptest! {
        #[test]
        fn any_toml_becomes_yaml_of_the_same_value(table in any_toml(), pretty in any::<bool>()) {
            let text = if pretty { toml::to_string_pretty(&table) } else { toml::to_string(&table) };
            let done = converted(Format::Toml, &text.expect("TOML"));
            prop_assert!(agrees(&done.documents[0], &toml::Value::Table(table)), "{}", done.text);
        }

        /// Where no string has lines, a comment may stand at every line's end and between any two
        /// lines, inside arrays too.
        #[test]
        fn comments_anywhere_come_along_once(
            table in any_toml(),
            places in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 1..40),
        ) {
            let text = toml::to_string_pretty(&table).expect("TOML");
            let places = if text.contains("\"\"\"") || text.contains("'''") { vec![(false, false, false)] } else { places };
            let (mut commented, mut count) = (String::new(), 0);
            for (line, (above, behind, blank)) in text.lines().chain([""]).zip(places.iter().cycle()) {
                if *above {
                    count += 1;
                    commented.push_str(&format!("# comment {count}.\n"));
                }
                commented.push_str(line);
                if *behind {
                    count += 1;
                    commented.push_str(&format!(" # comment {count}."));
                }
                commented.push_str(if *blank { "\n\n" } else { "\n" });
            }
            let done = converted(Format::Toml, &commented);
            prop_assert_eq!(done.comments, count);
            for number in 1..=count {
                prop_assert_eq!(done.text.matches(&format!("# comment {number}.")).count(), 1, "{}", done.text);
            }
            prop_assert!(agrees(&done.documents[0], &toml::Value::Table(table)), "{}", done.text);
        }
    }
}
