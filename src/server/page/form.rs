//! What a form sends: names and values, `application/x-www-form-urlencoded`.

use percent_encoding::percent_decode_str;

use crate::server::problem::{Problem, ProblemKind};

/// The fields of a form.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// When it is not UTF-8.
    pub(super) fn read(body: &[u8]) -> Result<Self, Problem> {
        let wrong = || Problem::new(ProblemKind::InvalidBody, "the form cannot be read");
        let text = std::str::from_utf8(body).map_err(|_| wrong())?;
        let decode = |text: &str| {
            let text = text.replace('+', " ");
            percent_decode_str(&text).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| wrong())
        };
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        });
        pairs.collect::<Result<_, Problem>>().map(Self)
    }

    /// The only value of a field.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A field that the form always has.
    ///
    /// # Errors
    /// When it has not.
    pub(super) fn require(&self, name: &str) -> Result<&str, Problem> {
        self.get(name).ok_or_else(|| {
            Problem::new(ProblemKind::InvalidBody, format!("the form has no field `{name}`"))
                .with_help("load the page again, and send the form from there")
        })
    }

    /// Every field, in the order of the form.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let form = Form::read(b"a=1+2%2B&b=%C3%A9&c&a=9").expect("a form");
        assert_eq!(form.get("a"), Some("1 2+"));
        assert_eq!(form.get("b"), Some("\u{e9}"));
        assert_eq!(form.get("c"), Some(""));
        assert!(form.require("d").is_err());
        assert_eq!(form.fields().count(), 4);
        assert!(Form::read(b"a=%ff").is_err());
    }
}
