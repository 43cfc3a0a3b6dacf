//! What kind of file a name announces, and the key that its path becomes.

use std::fmt;

use crate::model::{InvalidKey, Key};

/// A format that flat configuration comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// `.yaml`, `.yml`
    Yaml,
    /// `.json`
    Json,
    /// `.toml`
    Toml,
    /// `.env`, `app.env`, `.env.local`
    Env,
    /// `.properties`
    Properties,
}

impl Format {
    /// The format that a file's name announces; `None` for files of any other kind.
    #[must_use]
    pub fn of(file: &str) -> Option<Self> {
        let name = file_name(file);
        let lower = name.to_lowercase();
        match lower.rsplit_once('.') {
            Some((_, "yaml" | "yml")) => Some(Self::Yaml),
            Some((_, "json")) => Some(Self::Json),
            Some((_, "toml")) => Some(Self::Toml),
            Some((_, "env")) => Some(Self::Env),
            Some((_, "properties")) => Some(Self::Properties),
            _ if lower.starts_with(".env.") => Some(Self::Env),
            _ => None,
        }
    }

    /// The format's name as people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yaml => "YAML",
            Self::Json => "JSON",
            Self::Toml => "TOML",
            Self::Env => ".env",
            Self::Properties => ".properties",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The last segment of a path.
pub fn file_name(file: &str) -> &str {
    file.rsplit_once('/').map_or(file, |(_, name)| name)
}

/// The part of `file` below the folder `root`; the file's name when `root` is the file itself;
/// `None` when the file lies elsewhere. An empty root or `.` holds everything.
pub fn below<'a>(root: &str, file: &'a str) -> Option<&'a str> {
    let root = root.trim_end_matches('/');
    if root == file {
        return Some(file_name(file));
    }
    match root {
        "" | "." => Some(file),
        _ => file.strip_prefix(root)?.strip_prefix('/'),
    }
}

/// The key of the item that `file` becomes: its path below `root` without extension, `env` for
/// `.env`.
///
/// # Errors
/// When the path is not a key, for its characters or because it does not lie below `root`.
pub fn key_for(root: &str, file: &str) -> Result<Key, InvalidKey> {
    let path = below(root, file).unwrap_or(file);
    let name = file_name(path);
    let folder = &path[..path.len() - name.len()];
    let bare = match name.rsplit_once('.') {
        Some(("", extension)) if Format::of(name) == Some(Format::Env) => extension,
        Some((stem, _)) if !stem.starts_with(".env") => stem,
        _ if Format::of(name) == Some(Format::Env) => name.trim_start_matches('.'),
        Some((stem, _)) => stem,
        None => name,
    };
    format!("{folder}{bare}").parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_announce_formats() {
        for (file, expected) in [
            ("config/a.yaml", Some(Format::Yaml)),
            ("a.YML", Some(Format::Yaml)),
            ("a.b.json", Some(Format::Json)),
            ("a.toml", Some(Format::Toml)),
            (".env", Some(Format::Env)),
            ("x/app.env", Some(Format::Env)),
            ("a.b.properties", Some(Format::Properties)),
            (".env.local", Some(Format::Env)),
            (".env.json", Some(Format::Json)),
            (".envrc", None),
            ("env", None),
            ("yaml", None),
            ("README.md", None),
            ("a.yaml.bak", None),
        ] {
            assert_eq!(Format::of(file), expected, "{file}");
        }
    }

    #[test]
    fn keys_are_paths_below_the_source() {
        for (root, file, expected) in [
            ("config", "config/payments.yaml", Some("payments")),
            ("config/", "config/billing/invoices.yml", Some("billing/invoices")),
            ("config/payments.yaml", "config/payments.yaml", Some("payments")),
            ("", "config/a.json", Some("config/a")),
            (".", "a.b.toml", Some("a.b")),
            ("config", "config/.env", Some("env")),
            ("config", "config/api/.env", Some("api/env")),
            ("config", "config/app.env", Some("app")),
            ("config", "config/application.properties", Some("application")),
            ("", ".env.local", Some("env.local")),
            ("", ".hidden.yaml", None),
            ("", "my file.yaml", None),
            ("conf", "config/a.yaml", Some("config/a")),
            ("", ".yaml", None),
            ("", "-a.yaml", None),
        ] {
            assert_eq!(key_for(root, file).ok().as_ref().map(Key::as_str), expected, "{root} {file}");
        }
    }
}
