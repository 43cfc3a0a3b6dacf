//! Texts of plain YAML: on one line, with or without quotes, and `|` texts.

use super::{Reader, Scalar};
use crate::yaml::node::{Content, NodeId, Style};

impl Reader<'_> {
    /// A text on one line, without white space around it.
    pub(super) fn scalar(&mut self, flow: bool) -> Option<Scalar> {
        let start = self.at;
        let (text, style) = match self.byte(start)? {
            b'\'' => (self.single_quoted()?, Style::SingleQuoted),
            b'"' => (self.double_quoted()?, Style::DoubleQuoted),
            _ => {
                self.plain(flow)?;
                (self.text.get(start..self.at)?.to_owned(), Style::Plain)
            }
        };
        Some(Scalar { text, style, span: start..self.at })
    }

    fn plain(&mut self, flow: bool) -> Option<()> {
        let start = self.at;
        let begins = match self.byte(start)? {
            b'-' => self.byte(start + 1).is_some_and(|next| next.is_ascii_alphanumeric() || next == b'-'),
            b'0'..=b'9'
            | b'a'..=b'z'
            | b'A'..=b'Z'
            | b'_'
            | b'/'
            | b'.'
            | b'~'
            | b'$'
            | b'('
            | b'+'
            | b'<'
            | b'='
            | b'^'
            | b';'
            | b'\\' => true,
            byte => byte >= 0x80,
        };
        let ends = self.at == self.line && self.rest().starts_with("...");
        if !begins || ends {
            return None;
        }
        let bytes = self.text.as_bytes();
        let mut end = start;
        let mut at = start;
        loop {
            match bytes.get(at) {
                None | Some(b'\n') => break,
                Some(b' ') => {
                    at += 1;
                    continue;
                }
                Some(b'#') if bytes.get(at - 1) == Some(&b' ') => break,
                Some(b':') if matches!(bytes.get(at + 1), None | Some(b' ' | b'\n')) => break,
                Some(b',' | b'[' | b']' | b'{' | b'}') if flow => break,
                Some(b':') if flow => return None,
                Some(b'!'..=b'~') => at += 1,
                Some(0x80..) => {
                    let next = self.text.get(at..)?.chars().next().filter(|c| is_plain(*c))?;
                    at += next.len_utf8();
                }
                Some(_) => return None,
            }
            end = at;
        }
        self.at = end;
        Some(())
    }

    fn single_quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let from = self.at;
            let rest = self.text.get(from..)?;
            let length = memchr::memchr2(b'\'', b'\n', rest.as_bytes())?;
            let part = rest.get(..length).filter(|part| part.chars().all(is_plain))?;
            text.push_str(part);
            self.at = from + length + 1;
            match (self.byte(from + length)?, self.byte(self.at)) {
                (b'\'', Some(b'\'')) => {
                    text.push('\'');
                    self.at += 1;
                }
                (b'\'', _) => return Some(text),
                _ => return None,
            }
        }
    }

    fn double_quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let from = self.at;
            let rest = self.text.get(from..)?;
            let length = memchr::memchr3(b'"', b'\\', b'\n', rest.as_bytes())?;
            let part = rest.get(..length).filter(|part| part.chars().all(is_plain))?;
            text.push_str(part);
            self.at = from + length + 1;
            match self.byte(from + length)? {
                b'"' => return Some(text),
                b'\\' => {
                    text.push(match self.byte(self.at)? {
                        b'n' => '\n',
                        b't' => '\t',
                        b'"' => '"',
                        b'\\' => '\\',
                        b'/' => '/',
                        _ => return None,
                    });
                    self.at += 1;
                }
                _ => return None,
            }
        }
    }

    /// A `|` text within what stands in `column`.
    pub(super) fn literal(&mut self, column: usize) -> Option<NodeId> {
        let start = self.at;
        self.at += 1;
        let chomping = self.byte(self.at).filter(|byte| matches!(byte, b'-' | b'+'));
        self.at += usize::from(chomping.is_some());
        let behind = self.at;
        self.skip_spaces();
        match self.byte(self.at)? {
            b'\n' => self.at += 1,
            b'#' if self.at > behind => self.comment()?,
            _ => return None,
        }
        let (mut text, mut indent) = (String::new(), None);
        loop {
            self.line = self.at;
            self.skip_spaces();
            let found = self.at - self.line;
            match (self.byte(self.at), indent) {
                (None | Some(b'\n'), _) if found > 0 => return None,
                (None, _) => break,
                (Some(b'\n'), _) => {}
                (Some(_), None) if found <= column => break,
                (Some(_), None) => indent = Some(found),
                (Some(_), Some(indent)) if found < indent => {
                    if found > column {
                        return None;
                    }
                    break;
                }
                (Some(_), Some(indent)) => self.at = self.line + indent,
            }
            let length = self.printable(self.at)?;
            text.push_str(self.text.get(self.at..self.at + length)?);
            text.push('\n');
            self.at += length;
            // What ends with the file, without a line break, readers take for different texts.
            if self.byte(self.at)? == b'\n' {
                self.at += 1;
            }
        }
        let end = self.at;
        self.at = self.line;
        let content = text.trim_end_matches('\n').len();
        match chomping {
            Some(b'+') => {}
            Some(_) => text.truncate(content),
            None => text.truncate(content + 1),
        }
        if content == 0 {
            return None;
        }
        let id = self.add(Content::Scalar { text, style: Style::Literal }, start..end);
        self.next_line()?;
        Some(id)
    }
}

/// Whether a character is text and nothing else, to every reader.
pub(super) fn is_plain(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' => false,
        '\u{a0}'..='\u{1fffd}' => u32::from(c) & 0xfffe != 0xfffe,
        _ => false,
    }
}
