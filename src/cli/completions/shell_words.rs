//! Words as a shell reads them, and as they have to be written for it.

/// How the place of the cursor is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

/// The words of a command line up to the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// What they mean; the last is the one at the cursor, empty behind a blank.
    pub(super) words: Vec<String>,
    /// Where the last word begins in the line.
    start: usize,
    quote: Quote,
}

impl Line {
    /// Reads a line as a POSIX shell does; nothing is expanded. It may end within quotes.
    pub(super) fn read(line: &str) -> Self {
        let mut out = Self { words: Vec::new(), start: line.len(), quote: Quote::None };
        let mut word: Option<String> = None;
        let mut chars = line.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if out.quote == Quote::None && c.is_ascii_whitespace() {
                out.words.extend(word.take());
                continue;
            }
            if word.is_none() {
                out.start = at;
            }
            let word = word.get_or_insert_with(String::new);
            match (out.quote, c) {
                (Quote::None, '\'') => out.quote = Quote::Single,
                (Quote::None, '"') => out.quote = Quote::Double,
                (Quote::Single, '\'') | (Quote::Double, '"') => out.quote = Quote::None,
                (Quote::None, '\\') => word.extend(chars.next().map(|(_, c)| c)),
                (Quote::Double, '\\') => match chars.next_if(|(_, c)| "\\\"$`".contains(*c)) {
                    Some((_, c)) => word.push(c),
                    None => word.push('\\'),
                },
                (_, c) => word.push(c),
            }
        }
        if word.is_none() {
            out.start = line.len();
        }
        out.words.push(word.unwrap_or_default());
        out
    }
}

/// What bash puts in the place of the text that it wants completed.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// What stands before that text in the same word, and stays.
    stays: String,
    quote: Quote,
}

impl Place {
    /// `text` is the end of `line` that will be replaced: bash divides words at `=` and `:` too.
    pub(super) fn new(line: &str, text: &str) -> Self {
        let whole = Line::read(line);
        let head = line.strip_suffix(text).and_then(|head| head.get(whole.start..)).unwrap_or_default();
        let head = Line::read(head);
        Self { stays: head.words.last().cloned().unwrap_or_default(), quote: head.quote }
    }

    /// The replacement that makes the word mean `value`; `None` when what stays forbids it.
    pub(super) fn write(&self, value: &str) -> Option<String> {
        let rest = value.strip_prefix(&self.stays)?;
        let mut out = String::new();
        for c in rest.chars() {
            match self.quote {
                Quote::Single if c == '\'' => out.push_str("'\\''"),
                Quote::Double if "\\\"$`".contains(c) => out.extend(['\\', c]),
                Quote::None if c.is_ascii() && !is_bare(c) => out.extend(['\\', c]),
                Quote::None | Quote::Single | Quote::Double => out.push(c),
            }
        }
        Some(out)
    }
}

/// Whether a shell reads the character as itself wherever it stands.
fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_./:=,@%+-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_shells_read_them() {
        for (line, words) in [
            ("terrace", &["terrace"][..]),
            ("terrace get ", &["terrace", "get", ""]),
            ("terrace  get 'a b' \"c\\\"d\" e\\ f", &["terrace", "get", "a b", "c\"d", "e f"]),
            ("terrace get 'ser", &["terrace", "get", "ser"]),
            ("terrace get '\"a.b\".c", &["terrace", "get", "\"a.b\".c"]),
            ("terrace get ''", &["terrace", "get", ""]),
            ("x \"a\\z\" b\\", &["x", "a\\z", "b"]),
        ] {
            assert_eq!(Line::read(line).words, words, "{line}");
        }
    }

    #[test]
    fn bash_gets_what_it_replaces_and_nothing_more() {
        let value = "servers[name=api].\"a b\"";
        for (line, text, replacement) in [
            ("t get p ser", "ser", "servers\\[name=api\\].\\\"a\\ b\\\""),
            ("t get p servers\\[name=a", "a", "api\\].\\\"a\\ b\\\""),
            ("t get p 'servers[na", "servers[na", "servers[name=api].\"a b\""),
            ("t get p \"ser", "ser", "servers[name=api].\\\"a b\\\""),
            ("t get p 'ser'v", "'ser'v", "servers\\[name=api\\].\\\"a\\ b\\\""),
        ] {
            assert_eq!(Place::new(line, text).write(value).as_deref(), Some(replacement), "{line}");
        }
        assert_eq!(Place::new("t get --env=st", "st").write("--env=staging").as_deref(), Some("staging"));
        assert_eq!(Place::new("t get --env=st", "st").write("other"), None);
        assert_eq!(Place::new("t get 'it", "it").write("it's").as_deref(), Some("it'\\''s"));
    }
}
