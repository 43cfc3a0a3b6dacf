//! What `.gitattributes` say of a path: its line endings, and whether another program has a hand
//! in its content.

use std::path::Path;

use git2::{AttrCheckFlags, AttrValue, Repository};

use super::eol::LineEndings;
use crate::model::{Error, Result};
use crate::store::git_error::git_error;

/// libgit2's `GIT_ATTR_CHECK_INCLUDE_HEAD`, which git2 has no name for.
const INCLUDE_HEAD: u32 = 1 << 3;

/// The line endings of `path`; refuses a path whose content another program would convert.
pub(super) fn line_endings(repository: &Repository, path: &str) -> Result<LineEndings> {
    let bare = repository.is_bare() && repository.head().is_ok();
    let flags = if bare { AttrCheckFlags::from_bits_retain(INCLUDE_HEAD) } else { AttrCheckFlags::default() };
    let attribute = |name: &str| {
        let value = repository.get_attr(Path::new(path), name, flags);
        let value = value.map_err(|error| git_error("read .gitattributes", &error))?;
        Ok(Attribute::from(AttrValue::from_string(value)))
    };
    refuse_conversions(path, &attribute)?;
    let settings = Settings {
        text: attribute("text")?,
        crlf: attribute("crlf")?,
        eol: attribute("eol")?,
        autocrlf: setting(repository, "core.autocrlf"),
        core_eol: setting(repository, "core.eol"),
    };
    Ok(settings.line_endings())
}

fn refuse_conversions(path: &str, attribute: &dyn Fn(&str) -> Result<Attribute>) -> Result<()> {
    if let Attribute::Value(filter) = attribute("filter")? {
        let message = format!("{path} goes through the filter `{filter}` of .gitattributes");
        return Err(Error::usage(message).with_help(
            "terrace runs no program that a repository names; \
             take the path out of the filter, or change the file with git",
        ));
    }
    if attribute("ident")? == Attribute::Set {
        let message = format!("{path} has the attribute `ident` of .gitattributes");
        return Err(Error::usage(message).with_help("terrace does not expand $Id$; take the attribute away"));
    }
    if let Attribute::Value(encoding) = attribute("working-tree-encoding")?
        && !encoding.eq_ignore_ascii_case("utf-8")
    {
        let message = format!("{path} has the working-tree-encoding `{encoding}` of .gitattributes");
        return Err(
            Error::usage(message).with_help("terrace reads and writes UTF-8; take the attribute away")
        );
    }
    Ok(())
}

fn setting(repository: &Repository, name: &str) -> Option<String> {
    repository.config().ok()?.snapshot().ok()?.get_string(name).ok().map(|it| it.to_lowercase())
}

/// One attribute of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Attribute {
    Unspecified,
    Set,
    Unset,
    Value(String),
}

impl From<AttrValue<'_>> for Attribute {
    fn from(value: AttrValue<'_>) -> Self {
        match value {
            AttrValue::True => Self::Set,
            AttrValue::False => Self::Unset,
            AttrValue::Unspecified => Self::Unspecified,
            AttrValue::String(text) => Self::Value(text.to_owned()),
            AttrValue::Bytes(bytes) => Self::Value(String::from_utf8_lossy(bytes).into_owned()),
        }
    }
}

impl Attribute {
    fn is(&self, text: &str) -> bool {
        matches!(self, Self::Value(value) if value == text)
    }
}

/// Everything that decides about line endings.
struct Settings {
    text: Attribute,
    crlf: Attribute,
    eol: Attribute,
    autocrlf: Option<String>,
    core_eol: Option<String>,
}

/// How sure git is that a file is text.
#[derive(PartialEq, Eq)]
enum Text {
    Yes,
    No,
    Auto,
    Unsaid,
}

impl Settings {
    fn line_endings(&self) -> LineEndings {
        let legacy = self.text == Attribute::Unspecified;
        let text = if legacy { &self.crlf } else { &self.text };
        let eol = match () {
            () if self.eol.is("crlf") => Some(true),
            () if self.eol.is("lf") || text.is("input") => Some(false),
            () => None,
        };
        let text = match text {
            Attribute::Set => Text::Yes,
            Attribute::Unset => Text::No,
            value if value.is("auto") => Text::Auto,
            value if value.is("input") => Text::Yes,
            _ if eol.is_some() => Text::Yes,
            _ => Text::Unsaid,
        };
        let autocrlf = self.autocrlf.as_deref().unwrap_or_default();
        let crlf = eol.unwrap_or_else(|| self.configured_crlf(autocrlf));
        match text {
            Text::No => LineEndings::Kept,
            Text::Yes => LineEndings::Text { crlf },
            Text::Auto => LineEndings::Auto { crlf },
            Text::Unsaid if autocrlf == "input" => LineEndings::Auto { crlf: false },
            Text::Unsaid if is_true(autocrlf) => LineEndings::Auto { crlf: true },
            Text::Unsaid => LineEndings::Kept,
        }
    }

    fn configured_crlf(&self, autocrlf: &str) -> bool {
        match self.core_eol.as_deref() {
            _ if autocrlf == "input" => false,
            _ if is_true(autocrlf) => true,
            Some("crlf") => true,
            Some("lf") => false,
            _ => cfg!(windows),
        }
    }
}

fn is_true(setting: &str) -> bool {
    git2::Config::parse_bool(setting).unwrap_or(false)
}
