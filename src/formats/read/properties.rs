//! Java properties, by the rules of `java.util.Properties`: logical lines, three separators,
//! escapes, comments with `#` and `!`. Every value is a string.
//!
//! Dotted names become nested mappings. Where a name has a value and further names below it
//! (`a=1`, `a.b=2`), those stay dotted beside it; a name with an empty step stays whole. So the
//! dots of an item's path always spell the property's name. A name set twice is refused, though
//! Java takes the last one: one of the two is a mistake that nobody has seen. Nothing is expanded.
//! Spring Boot divides such a file into documents by `#---` or `!---`, which other readers take for a
//! comment; a file with several is refused, since flattened they would be each other's values.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use indexmap::IndexMap;

use super::doubts::{Doubt, DoubtKind};
use super::draft::{Body, Draft, Reading, Source};
use crate::model::{Rule, Value, ValuePath};
use crate::yaml::{NESTING, Rejection};

/// Each property's name with its value.
pub(super) type Pairs = BTreeMap<String, String>;

/// The text of bytes that are not UTF-8: then a properties file is in ISO-8859-1, as Java's own
/// reader takes it. `None` where nothing is to be decoded.
pub(super) fn from_latin_1(bytes: &[u8]) -> Option<String> {
    let utf_16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let decoded = !utf_16 && std::str::from_utf8(bytes).is_err();
    decoded.then(|| bytes.iter().map(|byte| char::from(*byte)).collect())
}

/// The text with lines that end in LF and comments that begin with `#`, as YAML has them.
pub(super) fn normalized(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    let marks: Vec<usize> =
        lines(&text).into_iter().filter(|line| line.comment).map(|line| line.span.start).collect();
    for at in marks {
        text.replace_range(at..=at, "#");
    }
    text
}

/// Reads a normalized text; the pairs are what the item must say, whatever its shape.
pub(super) fn read(source: &Source<'_>) -> Result<(Reading, Pairs), Rejection> {
    let (mut comments, mut found) = (Vec::new(), IndexMap::<String, Property>::new());
    let lines = lines(source.text);
    if let Some(divider) = divider(source.text, &lines) {
        let message = "`#---` divides the file into documents of Spring Boot, which are not one item";
        let help = "make each document a file of its own, or write `# ---` if this is only a comment";
        return Err(source.reject(Rule::UnsupportedYaml, divider, message, help));
    }
    for line in lines {
        if line.comment {
            comments.push(line.span);
            continue;
        }
        let property = property(source, line)?;
        if let Some(first) = found.get(&property.name) {
            let message =
                format!("`{}` is set twice, first on line {}", property.name, source.line(first.span.start));
            let help = "keep the one that counts; Java takes the last";
            return Err(source.reject(Rule::DuplicateKey, property.span, message, help));
        }
        found.insert(property.name.clone(), property);
    }
    let notes = notes(&found);
    let pairs = found.values().map(|property| (property.name.clone(), property.value.clone())).collect();
    let names: BTreeSet<String> = found.keys().cloned().collect();
    let mut root = IndexMap::new();
    let mut doubts = Vec::new();
    for property in found.into_values() {
        let steps = steps(&property.name, &names);
        if steps.len() > NESTING {
            let message = format!("the name has more than {NESTING} steps");
            return Err(source.reject(Rule::UnsupportedYaml, property.span, message, "shorten the name"));
        }
        if !property.doubts.is_empty() {
            let path = steps.iter().fold(ValuePath::document(0), |path, step| path.key(step));
            let line = source.line(property.span.start);
            doubts.push(Doubt { line, path, kinds: property.doubts, taken: property.value.clone() });
        }
        let leaf = Draft::new(property.span, Body::Scalar(Value::String(property.value)));
        insert(&mut root, &steps, &property.starts, leaf);
    }
    Ok((Reading { draft: Draft::new(0..0, Body::Map(root)), comments, notes, doubts }, pairs))
}

/// Whether the dotted paths of an item are the properties that were read.
pub(super) fn agrees(value: &Value, pairs: &Pairs) -> bool {
    fn collect(value: &Value, name: Option<&str>, out: &mut Pairs) -> bool {
        match (value, name) {
            (Value::Map(map), _) => map.iter().all(|(key, value)| {
                let name = name.map_or_else(|| key.clone(), |name| format!("{name}.{key}"));
                collect(value, Some(&name), out)
            }),
            (Value::String(text), Some(name)) => out.insert(name.to_owned(), text.clone()).is_none(),
            _ => false,
        }
    }
    let mut found = Pairs::new();
    collect(value, None, &mut found) && found == *pairs
}

/// The place of the first line that divides documents with properties on both sides, as Spring Boot
/// divides them: no comment that begins alike may stand directly above or below.
fn divider(text: &str, lines: &[Line]) -> Option<Range<usize>> {
    let first = lines.iter().position(|line| !line.comment)?;
    let last = lines.iter().rposition(|line| !line.comment)?;
    let between = lines.get(first..last)?;
    let is_divider = |line: &&Line| {
        let starts_line = line.span.start == 0 || text[..line.span.start].ends_with('\n');
        let is_mark = text.get(line.span.clone()).is_some_and(|text| text.trim_end() == "#---");
        line.comment && starts_line && is_mark && !beside_comment(text, &line.span)
    };
    between.iter().find(is_divider).map(|line| line.span.clone())
}

fn beside_comment(text: &str, span: &Range<usize>) -> bool {
    let above = text.get(..span.start).and_then(|text| text.strip_suffix('\n'));
    let above = above.and_then(|text| text.rsplit('\n').next());
    let below = text.get(span.end..).and_then(|text| text.strip_prefix('\n'));
    let below = below.and_then(|text| text.split('\n').next());
    [above, below].into_iter().flatten().any(|line| line.starts_with('#'))
}

struct Property {
    name: String,
    value: String,
    /// What of the value people may take differently.
    doubts: Vec<DoubtKind>,
    span: Range<usize>,
    /// Where the first characters of the name stand.
    starts: Vec<usize>,
}

fn notes(found: &IndexMap<String, Property>) -> Vec<String> {
    let mut notes = Vec::new();
    let parents = found.keys().filter_map(|name| prefixes(name).find(|prefix| found.contains_key(*prefix)));
    let parents: Vec<&str> = parents.collect();
    if let Some(first) = parents.first() {
        let count = parents.len();
        let names = if count == 1 { "1 name stays".to_owned() } else { format!("{count} names stay") };
        notes.push(format!("{names} dotted, for `{first}` has a value of its own"));
    }
    notes
}

/// What stands before each dot of a name.
fn prefixes(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').filter_map(|(at, _)| name.get(..at))
}

/// The keys of nested mappings that a name becomes.
fn steps(name: &str, names: &BTreeSet<String>) -> Vec<String> {
    if name.split('.').any(str::is_empty) {
        return vec![name.to_owned()];
    }
    // From the first step that has a value of its own, the name goes no deeper.
    let above = prefixes(name).position(|prefix| names.contains(prefix));
    name.splitn(above.map_or(usize::MAX, |above| above + 1), '.').map(str::to_owned).collect()
}

/// Adds a property. A mapping that it brings begins where the property does, so that comments
/// above the line stand above the mapping; what is inside begins a character later.
fn insert(map: &mut IndexMap<String, Draft>, steps: &[String], starts: &[usize], leaf: Draft) {
    let start = starts.first().copied().unwrap_or(leaf.span.start);
    let Some((first, below)) = steps.split_first() else { return };
    if below.is_empty() {
        map.insert(first.clone(), Draft { span: start..leaf.span.end, ..leaf });
        return;
    }
    let is_new = !map.contains_key(first);
    let entry = map.entry(first.clone());
    let inner = entry.or_insert_with(|| Draft::new(start..start + 1, Body::Map(IndexMap::new())));
    let starts = if is_new { starts.get(1..).unwrap_or_default() } else { starts };
    if let Body::Map(inner) = &mut inner.body {
        insert(inner, below, starts, leaf);
    }
}

/// A comment, or a logical line with the place of each of its characters.
struct Line {
    span: Range<usize>,
    comment: bool,
    chars: Vec<(usize, char)>,
}

/// The comments and logical lines of a text whose lines end in LF.
fn lines(text: &str) -> Vec<Line> {
    let mut found = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if is_blank(first) || first == '\n' {
            continue;
        }
        // A line without content goes on nowhere: the next one begins anew.
        if first == '\\' && chars.next_if(|(_, c)| *c == '\n').is_some() {
            continue;
        }
        let comment = matches!(first, '#' | '!');
        let mut line = vec![];
        let (mut end, mut next) = (start, Some((start, first)));
        while let Some((at, c)) = next.filter(|(_, c)| *c != '\n') {
            end = at + c.len_utf8();
            match chars.peek() {
                // The next line goes on with this one, without its blanks.
                Some((_, '\n')) if c == '\\' && !comment => {
                    chars.next();
                    while chars.next_if(|(_, c)| is_blank(*c)).is_some() {}
                }
                Some((next, escaped)) if c == '\\' && !comment => {
                    line.extend([(at, c), (*next, *escaped)]);
                    end = next + escaped.len_utf8();
                    chars.next();
                }
                // A backslash that ends the file escapes nothing.
                None if c == '\\' => {}
                _ => line.push((at, c)),
            }
            next = chars.next();
        }
        found.push(Line { span: start..end, comment, chars: line });
    }
    found
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

fn property(source: &Source<'_>, line: Line) -> Result<Property, Rejection> {
    let chars = line.chars.as_slice();
    let mut end = 0;
    while let Some((_, c)) = chars.get(end).filter(|(_, c)| !is_blank(*c) && !matches!(c, '=' | ':')) {
        end += if *c == '\\' { 2 } else { 1 };
    }
    let (name, rest) = chars.split_at_checked(end).unwrap_or((chars, &[]));
    let rest = without_blanks(rest);
    let value = match rest.split_first() {
        Some(((_, '=' | ':'), rest)) => without_blanks(rest),
        _ => rest,
    };
    let doubts = doubts(value);
    let starts = chars.iter().take(name.len()).take(NESTING).map(|(at, _)| *at).collect();
    let (name, value) = (unescaped(source, name)?, unescaped(source, value)?);
    Ok(Property { name, value, doubts, span: line.span, starts })
}

/// What people may take differently in a value as it is written.
fn doubts(value: &[(usize, char)]) -> Vec<DoubtKind> {
    let text: String = value.iter().map(|(_, c)| *c).collect();
    let mut chars = text.chars();
    let mut drops = false;
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        drops |= escaped.is_some_and(|c| !"tnrfu\\:=#!\"' ".contains(c));
    }
    let comment = text.match_indices('#').any(|(at, _)| text[..at].ends_with(is_blank));
    [
        (text.contains("${"), DoubtKind::Variable),
        (drops, DoubtKind::DroppedBackslash),
        (comment, DoubtKind::HashKept),
        (text.ends_with(is_blank), DoubtKind::TrailingBlanks),
    ]
    .into_iter()
    .filter_map(|(applies, kind)| applies.then_some(kind))
    .collect()
}

fn without_blanks(chars: &[(usize, char)]) -> &[(usize, char)] {
    let blanks = chars.iter().take_while(|(_, c)| is_blank(*c)).count();
    chars.get(blanks..).unwrap_or_default()
}

fn unescaped(source: &Source<'_>, chars: &[(usize, char)]) -> Result<String, Rejection> {
    let mut out = String::new();
    let mut rest = chars;
    while let [(at, c), after @ ..] = rest {
        rest = after;
        let [(_, escaped), after @ ..] = after else {
            out.push(*c);
            continue;
        };
        if *c != '\\' {
            out.push(*c);
            continue;
        }
        rest = after;
        out.push(match escaped {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'u' => {
                let (c, after) = character(after).ok_or_else(|| not_a_character(source, *at))?;
                rest = after;
                c
            }
            other => *other,
        });
    }
    Ok(out)
}

/// The character of one or, beyond the first 65,536, two escapes of UTF-16, behind the first `\u`.
fn character(chars: &[(usize, char)]) -> Option<(char, &[(usize, char)])> {
    let (first, rest) = unit(chars)?;
    if let Some(c) = char::from_u32(u32::from(first)) {
        return Some((c, rest));
    }
    let [(_, '\\'), (_, 'u'), second @ ..] = rest else { return None };
    let (second, rest) = unit(second)?;
    let c = char::decode_utf16([first, second]).next()?.ok()?;
    Some((c, rest))
}

fn unit(chars: &[(usize, char)]) -> Option<(u16, &[(usize, char)])> {
    let (digits, rest) = chars.split_at_checked(4)?;
    let digits: String = digits.iter().map(|(_, c)| *c).filter(char::is_ascii_hexdigit).collect();
    (digits.len() == 4).then(|| u16::from_str_radix(&digits, 16).ok())?.map(|unit| (unit, rest))
}

fn not_a_character(source: &Source<'_>, at: usize) -> Rejection {
    let message = "`\\u` should be followed by four hexadecimal digits that make a character";
    let help = "write the character itself, or `\\\\` for a backslash";
    source.reject(Rule::Syntax, at..at + 2, message, help)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Format;
    use super::super::testing::{converted, never_defective, refused};
    use super::super::{Converted, convert};
    use super::Doubt;
    use crate::yaml::Limits;

    fn yaml(text: &str) -> Converted {
        converted(Format::Properties, text)
    }

    #[test]
    fn properties_are_read_as_java_reads_them() {
        for (text, expected) in [
            ("", "{}\n"),
            ("\u{feff}! c\na=b\n", "# c\na: b\n"),
            ("a=b\n", "a: b\n"),
            ("a = b c  \nd:e\nf g=h\ni\n", "a: 'b c  '\nd: e\nf: g=h\ni: ''\n"),
            ("  a\t:\t = x\n", "a: = x\n"),
            ("a.b.c=1\na.b.d=yes\nx=080\n", "a:\n  b:\n    c: '1'\n    d: 'yes'\nx: '080'\n"),
            ("a\\=b\\:c\\ d=e\n", "a=b:c d: e\n"),
            ("path=C\\:\\\\dir\\\\x\n", "path: C:\\dir\\x\n"),
            ("a=one, \\\n    two, \\\n\tthree\nb=1", "a: one, two, three\nb: '1'\n"),
            ("a=x\\\n# no comment\nb=2\n", "a: x# no comment\nb: '2'\n"),
            ("a=\\t\\n\\z\\u00e4\\ud83d\\ude00\n", "a: \"\\t\\nzä😀\"\n"),
            (
                "# one\n! two\n\n  ! of a\na=1 # all value\n#b=2\n",
                "# one\n# two\n\n# of a\na: '1 # all value'\n#b=2\n",
            ),
            ("a=1\r\nb=2\rc=\\\r\n  3", "a: '1'\nb: '2'\nc: '3'\n"),
            ("=empty\na..b=1\n.c=2\nd.=3\n", "'': empty\na..b: '1'\n.c: '2'\nd.: '3'\n"),
            ("hosts[0]=x\nhosts[1].port=80\n", "hosts[0]: x\nhosts[1]:\n  port: '80'\n"),
            ("a=1\\", "a: '1'\n"),
            ("\\\n\\\n # c\n\\\na=1\n", "# c\na: '1'\n"),
            (
                "# a\na.b.c=1\n# d\na.b.d=2\n\n# e\na.e=3\n\nf=4\n\n# g\na.g=5\n",
                "# a\na:\n  b:\n    c: '1'\n    # d\n    d: '2'\n\n  # e\n  e: '3'\n\n  # g\n  g: '5'\n\nf: '4'\n",
            ),
            ("a=${HOME}\n", "a: ${HOME}\n"),
        ] {
            assert_eq!(yaml(text).text, expected, "{text:?}");
        }
    }

    #[test]
    fn a_value_with_names_below_it_keeps_them_beside_it() {
        for (text, expected, note) in [
            (
                "a.b=1\na.b.c=2\n",
                "a:\n  b: '1'\n  b.c: '2'\n",
                "1 name stays dotted, for `a.b` has a value of its own",
            ),
            (
                "log.file.max=1\nlog.file.max.size=3\nlog.file=x\nlog.level=i\n",
                "log:\n  file.max: '1'\n  file.max.size: '3'\n  file: x\n  level: i\n",
                "2 names stay dotted, for `log.file` has a value of its own",
            ),
        ] {
            let done = yaml(text);
            assert_eq!((done.text.as_str(), done.notes.concat().as_str()), (expected, note));
        }
    }

    #[test]
    fn what_java_or_yaml_would_lose_is_refused() {
        let deep = format!("x=1\n{}=1", vec!["a"; 300].join("."));
        for (text, expected) in [
            ("a=1\nb=2\na: 3\n", "3:1 `a` is set twice, first on line 1"),
            ("a=\\u12\n", "1:3 `\\u` should be followed"),
            ("a=\\u+123\n", "1:3 `\\u` should be followed"),
            ("a=\\ud83d x\n", "1:3 `\\u` should be followed"),
            (&deep, "2:1 the name has more than 200 steps"),
            ("a=1\n#---\nb=2\n", "2:1 `#---` divides the file into documents of Spring Boot"),
            ("# x\na=1\r\n\r\n!--- \r\n\r\na=2\n", "4:1 `#---` divides"),
        ] {
            let message = refused(Format::Properties, text.as_bytes());
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn a_line_divides_only_where_spring_boot_says_so() {
        for text in
            ["#---\na=1\n", "a=1\n#---\n", "a=1\n # ---\nb=2\n", "a=1\n #---\nb=2\n", "a=1\n#----\nb=2\n"]
        {
            assert_eq!(yaml(text).comments, 1, "{text:?}");
        }
        assert_eq!(yaml("a=1\n#---\n# b\n#---\nb=2\n").comments, 3);
    }

    #[test]
    fn values_that_people_take_differently_are_told() {
        for (text, expected) in [
            ("a=${HOME}\n", "1 a [Variable] = ${HOME}"),
            ("b.c=1\na.b=C:\\dir\\new\n", "2 a.b [DroppedBackslash] = C:dir\new"),
            ("a=1 # one\n", "1 a [HashKept] = 1 # one"),
            ("a=1 \n", "1 a [TrailingBlanks] = 1 "),
            ("a=C\\:\\\\dir\nb=\\u0041\nc=x\\\n  y\nd=#1\n", ""),
        ] {
            let show =
                |doubt: Doubt| format!("{} {} {:?} = {}", doubt.line, doubt.path, doubt.kinds, doubt.taken);
            let told: Vec<_> = yaml(text).doubts.into_iter().map(show).collect();
            assert_eq!(
                told.join("\n").escape_debug().to_string(),
                expected.escape_debug().to_string(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_iso_8859_1() {
        for (bytes, text, note) in [
            (
                b"a=gr\xfc\xdfe\n".as_slice(),
                "a: grüße\n",
                "the file was read as ISO-8859-1, for it is not UTF-8",
            ),
            ("a=grüße\n".as_bytes(), "a: grüße\n", "letters beyond ASCII were read as UTF-8"),
        ] {
            let done = convert(Format::Properties, bytes, &Limits::default()).expect("converted");
            assert_eq!((done.text.as_str(), done.notes.concat().as_str()), (text, note));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_converted_or_rejected(text in "([ab.=: \t\n\r#!\\\\]|\\\\u[0-9d]{3,4}|é|a\\.b|\\\\\n ){0,40}") {
            prop_assert!(never_defective(Format::Properties, text.as_bytes()));
        }
    }
}
