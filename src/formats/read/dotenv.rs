//! `.env` files: one name and one string a line, as the common readers agree on them.
//!
//! Where readers disagree (backticks, text behind a closing quote, a name set twice) the file is
//! refused at that place, for any guess would change a value for somebody. Nothing is expanded.

use std::ops::Range;

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::draft::{Body, Draft, Reading, Source};
use crate::model::{Rule, Value};
use crate::yaml::Rejection;

/// Reads a whole text, whose lines end in LF.
pub(super) fn read(source: &Source<'_>) -> Result<Reading, Rejection> {
    let mut reader = Reader { source, at: 0, comments: Vec::new(), variables: 0, hashes: 0 };
    let entries = reader.entries()?;
    let mut notes = Vec::new();
    match reader.variables {
        0 => {}
        1 => notes.push("1 value refers to a variable, which stays as written".to_owned()),
        count => notes.push(format!("{count} values refer to variables, which stay as written")),
    }
    match reader.hashes {
        0 => {}
        1 => notes.push("1 value holds a `#` that some readers take for a comment".to_owned()),
        count => notes.push(format!("{count} values hold a `#` that some readers take for a comment")),
    }
    Ok(Reading { draft: Draft::new(0..0, Body::Map(entries)), comments: reader.comments, notes })
}

struct Reader<'a> {
    source: &'a Source<'a>,
    at: usize,
    comments: Vec<Range<usize>>,
    variables: usize,
    hashes: usize,
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
        let value = match self.rest().chars().next() {
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
        let draft = Draft::new(start..self.at, Body::Scalar(Value::String(value)));
        self.end_of_line()?;
        Ok((name.to_owned(), place, draft))
    }

    /// The rest of the line, up to a `#` behind white space.
    fn unquoted(&mut self) -> String {
        let line = self.rest().split('\n').next().unwrap_or_default();
        let comment = line.match_indices('#').find(|(i, _)| line[..*i].ends_with(is_blank));
        let value = comment.map_or(line, |(i, _)| &line[..i]).trim_end();
        self.at += value.len();
        let value = value.trim_start();
        self.variables += usize::from(has_variable(value));
        self.hashes += usize::from(value.contains('#'));
        value.to_owned()
    }

    /// A quoted value, of several lines perhaps; only double quotes know escapes.
    fn quoted(&mut self, quote: char) -> Result<String, Rejection> {
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
        self.variables += usize::from(quote == '"' && has_variable(raw));
        Ok(value)
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

    #[test]
    fn variables_and_doubtful_comments_are_noted() {
        for (env, notes) in [
            (
                "A=${B}\nC=\"x $D\"\nE='$F'\nG=\"\\${H}\"\nI=$5\n",
                &["2 values refer to variables, which stay as written"][..],
            ),
            (
                "A=$B#c\n",
                &[
                    "1 value refers to a variable, which stays as written",
                    "1 value holds a `#` that some readers take for a comment",
                ],
            ),
            ("A=b # c\n", &[]),
        ] {
            assert_eq!(converted(Format::Env, env).notes, notes, "{env}");
        }
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
