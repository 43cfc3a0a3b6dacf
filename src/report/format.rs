//! The formats findings can be printed in, by the names users type.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use super::remark::Remark;
use super::view::View;
use super::{github, gitlab, junit, markdown, sarif, text};
use crate::api::findings as json;
use crate::engine::summary::Summary;
use crate::model::{Error, Finding, closest};

/// A format of a report on findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people, on a terminal or in a log.
    Text,
    /// For programs.
    Json,
    /// A comment on a pull request.
    Markdown,
    /// Annotations on a pull request.
    Github,
    /// Code scanning.
    Sarif,
    /// Test results.
    Junit,
    /// GitLab's Code Quality.
    Gitlab,
}

impl Format {
    /// Every format, the default first.
    pub const ALL: [Self; 7] =
        [Self::Text, Self::Json, Self::Markdown, Self::Github, Self::Sarif, Self::Junit, Self::Gitlab];

    /// The name that users type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Github => "github",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Gitlab => "gitlab",
        }
    }
}

/// Writes `findings` and their summary in a format; only text is made for a view.
///
/// # Errors
/// Those of `out`.
pub fn findings(
    format: Format,
    findings: &[Finding],
    summary: &Summary,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    findings_and(format, findings, &[], summary, view, out)
}

/// The same with what a review accepts.
pub(super) fn findings_and(
    format: Format,
    findings: &[Finding],
    remarks: &[Remark],
    summary: &Summary,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::findings(findings, summary, view, out),
        Format::Json => json::findings(findings, summary, out),
        Format::Markdown => markdown::findings(findings, summary, out),
        Format::Github => github::findings(findings, remarks, summary, out),
        Format::Sarif => sarif::findings(findings, remarks, out),
        Format::Junit => junit::findings(findings, remarks, summary, out),
        Format::Gitlab => gitlab::findings(findings, remarks, out),
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| UnknownFormat { name: name.to_owned() })
    }
}

/// A name that is no format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat {
    /// The name as given.
    pub name: String,
}

impl UnknownFormat {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        let set = format!("the formats are {}", Format::ALL.map(Format::name).join(", "));
        match closest(&self.name, Format::ALL.map(Format::name)) {
            Some(name) => format!("did you mean `{name}`? {set}"),
            None => set,
        }
    }
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a format", self.name.escape_debug())
    }
}

impl std::error::Error for UnknownFormat {}

impl From<UnknownFormat> for Error {
    fn from(error: UnknownFormat) -> Self {
        Self::usage(error.to_string()).with_help(error.help())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_names() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        let error = Error::from("sariff".parse::<Format>().expect_err("no format"));
        assert_eq!(error.message, "`sariff` is not a format");
        assert!(error.help.is_some_and(|help| help.to_string().starts_with("did you mean `sarif`?")));
    }
}
