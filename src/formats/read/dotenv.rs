//! `.env` files: one name and one string a line, as the common readers agree on them.
//!
//! Where readers disagree (backticks, text behind a closing quote, a name set twice) the file is
//! refused at that place, for any guess would change a value for somebody; where most agree, the value
//! is told as a [`Doubt`]. Nothing is expanded.

use std::ops::Range;

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::doubts::{Doubt, DoubtKind};
use super::draft::{Body, Draft, Reading, Source};
use crate::model::{Rule, Value, ValuePath};
use crate::yaml::Rejection;

/// Reads a whole text, whose lines end in LF.
pub(super) fn read(source: &Source<'_>) -> Result<Reading, Rejection> {
    let mut reader = Reader { source, at: 0, comments: Vec::new(), exports: 0, doubts: Vec::new() };
    let entries = reader.entries()?;
    let notes = match reader.exports {
        0 => Vec::new(),
        1 => vec!["1 line begins with `export`, which some readers do not know".to_owned()],
        count => vec![format!("{count} lines begin with `export`, which some readers do not know")],
    };
    let Reader { comments, doubts, .. } = reader;
    Ok(Reading { draft: Draft::new(0..0, Body::Map(entries)), comments, notes, doubts })
}

struct Reader<'a> {
    source: &'a Source<'a>,
    at: usize,
    comments: Vec<Range<usize>>,
    exports: usize,
    doubts: Vec<Doubt>,
}

impl<'a> Reader<'a> {
    fn entries(&mut self) -> Result<IndexMap<String, Draft>, Rejection> {
        let mut entries: IndexMap<String, Draft> = IndexMap::new();
        loop {
            self.skip(|c| c.is_whitespace());
            match self.rest().chars().next() {
                None => return Ok(entries),
                Some('#') => self.comment(),
                Some(_) => {
                    let (name, place, draft) = self.assignment()?;
                    match entries.entry(name) {
                        Entry::Vacant(free) => {
                            free.insert(draft);
                        }
                        Entry::Occupied(first) => {
                            let line = self.source.line(first.get().span.start);
                            let message = format!("`{}` is set twice, first on line {line}", first.key());
                            let help = "keep the one that counts; readers disagree on which does";
                            return Err(self.source.reject(Rule::DuplicateKey, place, message, help));
                        }
                    }
                }
            }
        }
    }

    /// `export NAME=value # comment`
    fn assignment(&mut self) -> Result<(String, Range<usize>, Draft), Rejection> {
        let start = self.at;
        if let Some(rest) = self.rest().strip_prefix("export").filter(|rest| rest.starts_with(is_blank)) {
            self.at = self.source.text.len() - rest.len();
            self.skip(is_blank);
            self.exports += 1;
        }
        let name = self.take(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        let place = self.at - name.len()..self.at;
        if name.is_empty() {
            return Err(self.reject(
                self.at,
                "a name of letters, digits and `_` should stand here",
                "write `NAME=value`, or `#` before a comment",
            ));
        }
        self.skip(is_blank);
        if !self.rest().starts_with('=') {
            return Err(self.reject(
                self.at,
                format!("`=` should follow `{name}`"),
                "write `NAME=value`; put values of several lines into double quotes",
            ));
        }
        self.at += 1;
        let before = self.at;
        self.skip(is_blank);
        let (value, kinds) = match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            Some('`') => {
                let message = "a value in backticks means different things to different readers";
                return Err(self.reject(self.at, message, "use single quotes, or double quotes"));
            }
            _ => {
                self.at = before;
                self.unquoted()
            }
        };
        if !kinds.is_empty() {
            let path = ValuePath::document(0).key(name);
            let line = self.source.line(place.start);
            self.doubts.push(Doubt { line, path, kinds, taken: value.clone() });
        }
        let draft = Draft::new(start..self.at, Body::Scalar(Value::String(value)));
        self.end_of_line()?;
        Ok((name.to_owned(), place, draft))
    }

    /// The rest of the line, up to a `#` behind white space.
    fn unquoted(&mut self) -> (String, Vec<DoubtKind>) {
        let line = self.rest().split('\n').next().unwrap_or_default();
        let comment = line.match_indices('#').find(|(i, _)| line[..*i].ends_with(is_blank));
        let written = comment.map_or(line, |(i, _)| &line[..i]).trim_matches(is_blank);
        let value = comment.map_or(line, |(i, _)| &line[..i]).trim_end();
        self.at += value.len();
        let value = value.trim_start();
        let kinds = [
            (has_variable(value), DoubtKind::Variable),
            (has_command(value), DoubtKind::Command),
            (value.contains([';', '&', '|', '<', '>', '(', ')']) && !has_command(value), DoubtKind::Operator),
            (value.contains('\\'), DoubtKind::Backslash),
            (value.contains('#'), DoubtKind::Hash),
            (value.contains(['"', '\'']), DoubtKind::Quotes),
            (value.len() < written.len(), DoubtKind::NoBreakSpace),
        ];
        (value.to_owned(), those(kinds))
    }

    /// A quoted value, of several lines perhaps; only double quotes know escapes.
    fn quoted(&mut self, quote: char) -> Result<(String, Vec<DoubtKind>), Rejection> {
        let opening = self.at;
        self.at += 1;
        let mut value = String::new();
        loop {
            let mut chars = self.rest().chars();
            let Some(c) = chars.next() else {
                let message = format!("the quote `{quote}` is never closed");
                return Err(self.reject(opening, message, "close it, or put the value into other quotes"));
            };
            self.at += c.len_utf8();
            if c == quote {
                break;
            }
            match (c, chars.next()) {
                ('\\', Some(next)) if quote == '"' => {
                    self.at += next.len_utf8();
                    escape(next, &mut value);
                }
                _ => value.push(c),
            }
        }
        let raw = self.source.text.get(opening..self.at).unwrap_or_default();
        let expands = quote == '"';
        // Between single quotes, only these two are escapes to some.
        let escapes = if expands { raw.contains('\\') } else { raw.contains("\\\\") || raw.ends_with("\\'") };
        let kinds = [
            (expands && has_variable(raw), DoubtKind::Variable),
            (expands && has_command(raw), DoubtKind::Command),
            (escapes, DoubtKind::Backslash),
            (raw.contains('\n'), DoubtKind::Lines),
        ];
        Ok((value, those(kinds)))
    }

    fn end_of_line(&mut self) -> Result<(), Rejection> {
        let end = self.at;
        self.skip(is_blank);
        match self.rest().chars().next() {
            None | Some('\n') => Ok(()),
            Some('#') if self.at > end => {
                self.comment();
                Ok(())
            }
            Some(_) => Err(self.reject(
                self.at,
                "nothing but a comment may follow the closing quote",
                "put the whole value into one pair of quotes, and a blank before a comment",
            )),
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        self.skip(|c| c != '\n');
        self.comments.push(start..self.at);
    }

    fn rest(&self) -> &'a str {
        self.source.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = rest.find(|c| !fits(c)).map_or(rest, |end| &rest[..end]);
        self.at += taken.len();
        taken
    }

    fn skip(&mut self, fits: impl Fn(char) -> bool) {
        self.take(fits);
    }

    fn reject(&self, at: usize, message: impl Into<String>, help: &str) -> Rejection {
        self.source.reject(Rule::Syntax, at..at, message, help)
    }
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// Escapes that readers share; the backslash before any other character stays.
fn escape(c: char, value: &mut String) {
    match c {
        'n' => value.push('\n'),
        'r' => value.push('\r'),
        't' => value.push('\t'),
        '"' | '\\' | '$' => value.push(c),
        _ => value.extend(['\\', c]),
    }
}

/// The kinds that apply.
fn those<const N: usize>(kinds: [(bool, DoubtKind); N]) -> Vec<DoubtKind> {
    kinds.into_iter().filter_map(|(applies, kind)| applies.then_some(kind)).collect()
}

/// Whether a shell that reads the file would run something.
fn has_command(text: &str) -> bool {
    let runs = |mark: &str| text.match_indices(mark).any(|(at, _)| !text[..at].ends_with('\\'));
    runs("$(") || runs("`")
}

/// Whether readers that expand variables would find one.
fn has_variable(text: &str) -> bool {
    text.match_indices('$').any(|(i, _)| {
        let escaped = text[..i].ends_with('\\');
        let names = |c: char| c == '{' || c == '_' || c.is_ascii_alphabetic();
        !escaped && text[i + 1..].starts_with(names)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Format;
    use super::super::testing::{converted, refused};
    use super::Doubt;

    #[test]
    fn every_value_is_a_string() {
        for (env, yaml) in [
            ("", "{}\n"),
            ("A=b\n", "A: b\n"),
            (
                "PORT=080\nON=yes\nN=null\nV=1.10\nT=12:30\n",
                "PORT: '080'\n'ON': 'yes'\n'N': 'null'\nV: '1.10'\nT: '12:30'\n",
            ),
            ("EMPTY=\nBLANK=  \nQ=\"\"\nS=''\n", "EMPTY: ''\nBLANK: ''\nQ: ''\nS: ''\n"),
            ("export A=1\n  B = b c  \nexport\tC=\td\t", "A: '1'\nB: b c\nC: d\n"),
            ("export=1\nexported=2\na.b-c=3\n", "export: '1'\nexported: '2'\na.b-c: '3'\n"),
            ("A=\"a\\nb\\t\\\"q\\\" \\\\ \\$ \\d\"\n", "A: |-\n  a\n  b\t\"q\" \\ $ \\d\n"),
            ("A='a\\n \"b\" # c'\n", "A: 'a\\n \"b\" # c'\n"),
            ("A=\"one\ntwo\"\nB='x\ny\n'\n", "A: |-\n  one\n  two\nB: |\n  x\n  y\n"),
            ("A=a b # c\nB=#c\nC=a#c\nD= # c\n", "A: a b # c\nB: '#c'\nC: a#c\nD: '' # c\n"),
            ("A=it's \"so\"\nB=a=b==\nC={\"a\": 1}\n", "A: it's \"so\"\nB: a=b==\nC: '{\"a\": 1}'\n"),
            ("A=\"x\" # \"c\"\nB='v'\t#c\n", "A: x # \"c\"\nB: v #c\n"),
            (
                "# head\n\n# of a\nA=1\n#B=2\n\nC=3\n# end",
                "# head\n\n# of a\nA: '1'\n#B=2\n\nC: '3'\n# end\n",
            ),
            ("\u{feff}A=1\r\nB=\"x\r\ny\"\r\n# c\r\n", "A: '1'\nB: |-\n  x\n  y\n# c\n"),
            ("A=\"x\ny\" # c\n", "# c\nA: |-\n  x\n  y\n"),
        ] {
            assert_eq!(converted(Format::Env, env).text, yaml, "{env}");
        }
    }

    /// `line name kinds = value` of each value that readers take differently.
    fn doubts(env: &str) -> Vec<String> {
        let show = |doubt: Doubt| {
            format!("{} {} {:?} = {}", doubt.line, doubt.path, doubt.kinds, doubt.taken.escape_debug())
        };
        converted(Format::Env, env).doubts.into_iter().map(show).collect()
    }

    #[test]
    fn values_that_readers_take_differently_are_told() {
        for (env, expected) in [
            ("A=${B}\n", "1 A [Variable] = ${B}"),
            ("\nC=\"x $D\"\n", "2 C [Variable] = x $D"),
            ("E='$F'\nI=$5\nJ=b # c\nK='a\\n'\nL=\"a b\"\n", ""),
            ("G=\"\\${H}\"\n", "1 G [Backslash] = ${H}"),
            ("A=$B#c\n", "1 A [Variable, Hash] = $B#c"),
            ("A=\"a\\tb\"\n", "1 A [Backslash] = a\\tb"),
            ("A=\"C:\\new\"\n", "1 A [Backslash] = C:\\new"),
            ("A=C:\\dir\n", "1 A [Backslash] = C:\\\\dir"),
            ("A='a\\\\b'\n", "1 A [Backslash] = a\\\\\\\\b"),
            ("A='C:\\'\n", "1 A [Backslash] = C:\\\\"),
            ("A=$(date)\n", "1 A [Command] = $(date)"),
            ("A=\"`date`\"\n", "1 A [Command] = `date`"),
            ("A='$(date)'\nB='a;id'\nC=\"a|b\"\n", ""),
            ("A=a;id\n", "1 A [Operator] = a;id"),
            ("A=<(id)\n", "1 A [Operator] = <(id)"),
            ("A=http://h/?a=1&b=2\n", "1 A [Operator] = http://h/?a=1&b=2"),
            ("A={\"a\": 1}\n", "1 A [Quotes] = {\\\"a\\\": 1}"),
            ("export A=\"x\ny\"\n", "1 A [Lines] = x\\ny"),
            ("A=\u{a0}x\n", "1 A [NoBreakSpace] = x"),
        ] {
            assert_eq!(doubts(env).join("\n"), expected, "{env}");
        }
        assert_eq!(
            converted(Format::Env, "export A=1\nexport B=2\n").notes,
            ["2 lines begin with `export`, which some readers do not know"]
        );
    }

    #[test]
    fn what_readers_disagree_on_is_refused_at_its_place() {
        for (env, expected) in [
            ("A=1\nB=2\nexport A=3\n", "3:8 `A` is set twice, first on line 1"),
            ("A=1\nhello world\n", "2:7 `=` should follow `hello`"),
            ("export A\n", "1:9 `=` should follow `A`"),
            ("=x", "1:1 a name of letters"),
            ("ä=x", "1:1 a name of letters"),
            ("Aä=x", "1:2 `=` should follow `A`"),
            ("A: b", "1:2 `=` should follow `A`"),
            ("A=\"é\nb", "1:3 the quote `\"` is never closed"),
            ("A='it's'\n", "1:7 nothing but a comment may follow the closing quote"),
            ("A=\"x\"#y\n", "1:6 nothing but a comment may follow the closing quote"),
            ("\u{feff}A=`x`\n", "1:3 a value in backticks"),
        ] {
            let message = refused(Format::Env, env.as_bytes());
            assert!(message.starts_with(expected), "{message} in {env}");
        }
    }

    proptest! {
        #[test]
        fn quoted_values_come_through_whole(values in prop::collection::vec("[^\0]{0,16}", 0..8)) {
            let (mut env, mut expected) = (String::new(), Vec::new());
            for (i, value) in values.iter().enumerate() {
                let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\r', "\\r");
                env.push_str(&format!("N{i}=\"{escaped}\" # {i}\n"));
                expected.push((format!("N{i}"), value.clone()));
                if !value.contains(['\'', '\r']) {
                    env.push_str(&format!("export S{i}='{value}'\n"));
                    expected.push((format!("S{i}"), value.clone()));
                }
            }
            let done = converted(Format::Env, &env);
            let map = done.documents[0].as_map().expect("a mapping");
            let read: Vec<_> = map.iter().map(|(key, value)| (key.clone(), value.as_str().expect("a string").to_owned())).collect();
            prop_assert_eq!(read, expected);
            prop_assert_eq!(done.comments, values.len());
        }
    }
}
