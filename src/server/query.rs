//! The parameters of an address. A `+` is a plus, each name is known and stands once, and what is not
//! UTF-8 is refused.

use percent_encoding::percent_decode_str;

use super::problem::{Problem, ProblemKind};
use crate::guards::{self, Guard};

/// The parameters of one request.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query; `known` are the parameters of the route, `many` those of them that may stand more
    /// than once.
    pub(super) fn read(query: Option<&str>, known: &[&str], many: &[&str]) -> Result<Self, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if !known.contains(&name.as_str()) && !guards::off(Guard::QueryNames) {
                let problem = invalid(format!("there is no parameter `{}` here", name.escape_debug()));
                return Err(match known {
                    [] => problem.with_help("leave it out; this route has none"),
                    known => problem.with_help(format!("the parameters are {}", known.join(", "))),
                });
            }
            if pairs.iter().any(|(other, _)| *other == name) && !many.contains(&name.as_str()) {
                return Err(invalid(format!("`{name}` stands twice")).with_help("give it once"));
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// A parameter's value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub(super) fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number from 1 to `most`.
    pub(super) fn number(&self, name: &str, most: usize) -> Result<Option<usize>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = text.parse::<usize>().ok().filter(|number| (1..=most).contains(number));
        let wrong = || {
            invalid(format!("`{name}` is `{}`", text.escape_debug()))
                .with_help(format!("give a number from 1 to {most}"))
        };
        number.map(Some).ok_or_else(wrong)
    }
}

pub(super) fn invalid(detail: String) -> Problem {
    Problem::new(ProblemKind::InvalidParameter, detail)
}

fn decode(text: &str) -> Result<String, Problem> {
    let is_whole = |(at, _): (usize, &str)| {
        let digits = text.get(at + 1..at + 3).unwrap_or_default();
        digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    let decoded = percent_decode_str(text).decode_utf8().ok();
    let decoded = decoded.filter(|_| text.match_indices('%').all(is_whole));
    decoded.map(std::borrow::Cow::into_owned).ok_or_else(|| {
        Problem::new(ProblemKind::BadRequest, "the query is not encoded as an address is")
            .with_help("encode UTF-8 with %, and a percent sign as %25")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_known_and_stand_once() {
        let known = ["path", "key"];
        let read = |query| Query::read(Some(query), &known, &["key"]);
        let query = read("path=a%5Bname%3Dx%5D.b+c&key=a&key=b%2Fc").expect("a query");
        assert_eq!(query.get("path"), Some("a[name=x].b+c"));
        assert_eq!(query.all("key").collect::<Vec<_>>(), ["a", "b/c"]);
        for (wrong, kind) in [
            ("pth=a", ProblemKind::InvalidParameter),
            ("path=a&path=a", ProblemKind::InvalidParameter),
            ("path=%ff", ProblemKind::BadRequest),
            ("path=%2", ProblemKind::BadRequest),
            ("path=%zz", ProblemKind::BadRequest),
        ] {
            assert_eq!(read(wrong).expect_err(wrong).kind, kind, "{wrong}");
        }
        assert!(read("").expect("a query").get("path").is_none());
    }
}
