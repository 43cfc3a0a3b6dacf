//! What `.gitattributes` say of a path: its line endings, and whether another program has a hand
//! in its content.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::iter;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use git2::{AttrCheckFlags, AttrValue, Index, Oid, Repository};

use super::eol::LineEndings;
use super::{disk, files};
use crate::model::{Error, Result};
use crate::store::git_error::git_error;
use crate::store::git_index::{Entry, GitIndex};
use crate::store::process_environment::ProcessEnvironment;
use crate::store::recent::Recent;

/// libgit2's `GIT_ATTR_CHECK_INCLUDE_HEAD`, which git2 has no name for.
const INCLUDE_HEAD: u32 = 1 << 3;

/// What the patterns of files of attributes look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Patterns {
    /// Nothing: there are none.
    None,
    /// Extensions alone.
    Extensions,
    /// More than that, or nobody knows.
    Any,
}

/// The attributes of a repository, each asked for once: not for every path, but for every folder and
/// extension where no pattern looks at more; and not at all where there are none.
pub(super) struct Attributes<'r> {
    pub(super) repository: &'r Repository,
    is_bare: bool,
    /// Those of the system, the user and the repository's `info`.
    outside: Patterns,
    settings: OnceCell<[Option<String>; 2]>,
    indexed: OnceCell<BTreeMap<PathBuf, Oid>>,
    folders: RefCell<HashMap<String, Patterns>>,
    known: RefCell<HashMap<String, LineEndings>>,
    /// Each blob of a commit is looked at several times.
    blobs: RefCell<Blobs>,
}

/// The bytes of blobs that were looked at lately, or come into being.
pub(super) type Blobs = Recent<Rc<[u8]>>;

impl<'r> Attributes<'r> {
    /// Those of a repository, for a process with these variables.
    pub(super) fn of(repository: &'r Repository, environment: &ProcessEnvironment) -> Self {
        let files = global_files(repository, environment);
        Self {
            repository,
            is_bare: repository.is_bare() && repository.head().is_ok(),
            outside: files
                .map_or(Patterns::Any, |files| most(files.iter().map(|file| patterns_of_file(file)))),
            settings: OnceCell::new(),
            indexed: OnceCell::new(),
            folders: RefCell::default(),
            known: RefCell::default(),
            blobs: RefCell::default(),
        }
    }

    /// The bytes of a blob, which is the content of `path`.
    pub(super) fn blob(&self, path: &str, id: Oid) -> Result<Rc<[u8]>> {
        if let Some(known) = self.blobs.borrow_mut().get(id) {
            return Ok(known);
        }
        let blob = self.repository.find_blob(id);
        let blob = blob.map_err(|error| git_error(&format!("read {path}"), &error))?;
        let bytes: Rc<[u8]> = blob.content().into();
        self.keep_blob(id, Rc::clone(&bytes));
        Ok(bytes)
    }

    /// Keeps the bytes of a blob for whoever asks for it next.
    pub(super) fn keep_blob(&self, id: Oid, bytes: Rc<[u8]>) {
        let length = bytes.len();
        self.blobs.borrow_mut().add(id, bytes, length);
    }

    /// The same, with blobs that are known already.
    pub(super) fn with_blobs(self, blobs: Blobs) -> Self {
        Self { blobs: RefCell::new(blobs), ..self }
    }

    /// The blobs that are known.
    pub(super) fn into_blobs(self) -> Blobs {
        self.blobs.into_inner()
    }

    /// Forgets all, where a file of attributes has another content now.
    pub(super) fn forget(&self) {
        self.folders.borrow_mut().clear();
        self.known.borrow_mut().clear();
    }

    /// The line endings of `path`; refuses a path whose content another program would convert.
    pub(super) fn line_endings(&self, path: &str) -> Result<LineEndings> {
        let patterns = self.patterns(path, self.indexed()?);
        let class = class(path, patterns);
        if let Some(known) = self.known.borrow().get(&class) {
            return Ok(*known);
        }
        let found = self.ask(path, patterns)?;
        self.known.borrow_mut().insert(class, found);
        Ok(found)
    }

    fn ask(&self, path: &str, patterns: Patterns) -> Result<LineEndings> {
        let flags = if self.is_bare {
            AttrCheckFlags::from_bits_retain(INCLUDE_HEAD)
        } else {
            AttrCheckFlags::default()
        };
        let attribute = |name: &str| {
            if patterns == Patterns::None {
                return Ok(Attribute::Unspecified);
            }
            let value = self.repository.get_attr(Path::new(path), name, flags);
            let value = value.map_err(|error| git_error("read .gitattributes", &error))?;
            Ok(Attribute::from(AttrValue::from_string(value)))
        };
        refuse_conversions(path, &attribute)?;
        let [autocrlf, core_eol] = self
            .settings
            .get_or_init(|| ["core.autocrlf", "core.eol"].map(|name| setting(self.repository, name)))
            .clone();
        let settings = Settings {
            text: attribute("text")?,
            crlf: attribute("crlf")?,
            eol: attribute("eol")?,
            autocrlf,
            core_eol,
        };
        Ok(settings.line_endings())
    }

    /// The files of attributes that the index has. They are all that libgit2 gets of it: it would read
    /// every entry anew for each repository that is opened.
    fn indexed(&self) -> Result<&BTreeMap<PathBuf, Oid>> {
        if let Some(indexed) = self.indexed.get() {
            return Ok(indexed);
        }
        self.lend(&GitIndex::read(&self.repository.path().join("index"))?)
    }

    /// Lends libgit2 the files of attributes of this index, which is the repository's.
    pub(super) fn lend(&self, index: &GitIndex) -> Result<&BTreeMap<PathBuf, Oid>> {
        let is_ours = |entry: &&Entry| {
            let above = entry.path.strip_suffix(b".gitattributes");
            above.is_some_and(|above| above.last().is_none_or(|last| *last == b'/'))
                && !entry.is_in_conflict()
        };
        let files: Vec<_> = index.iter().filter(is_ours).collect();
        let lend = || {
            let mut lent = Index::new()?;
            for file in &files {
                lent.add(&file.to_libgit2())?;
            }
            self.repository.set_index(&mut lent)
        };
        lend().map_err(|error| git_error("read .gitattributes", &error))?;
        let files = files.iter().map(|file| (PathBuf::from(file.text().as_ref()), file.id));
        Ok(self.indexed.get_or_init(|| files.collect()))
    }

    /// Those that may say something of a path.
    fn patterns(&self, path: &str, indexed: &BTreeMap<PathBuf, Oid>) -> Patterns {
        let above = iter::once("").chain(files::folders(path));
        most(iter::once(self.outside).chain(above.map(|folder| self.patterns_of_folder(folder, indexed))))
    }

    fn patterns_of_folder(&self, folder: &str, indexed: &BTreeMap<PathBuf, Oid>) -> Patterns {
        if let Some(known) = self.folders.borrow().get(folder) {
            return *known;
        }
        let path = Path::new(folder).join(".gitattributes");
        let on_disk = self.repository.workdir().map(|top| patterns_of_file(&top.join(&path)));
        let committed = self.committed(&path, indexed);
        let patterns = most(on_disk.into_iter().chain(committed.iter().map(|text| patterns_of(text))));
        self.folders.borrow_mut().insert(folder.to_owned(), patterns);
        patterns
    }

    /// What the index and, in a bare repository, HEAD have at a path.
    fn committed(&self, path: &Path, indexed: &BTreeMap<PathBuf, Oid>) -> Vec<Vec<u8>> {
        let indexed = indexed.get(path).copied();
        let tree = || self.repository.head().and_then(|head| head.peel_to_tree());
        let tree = if self.is_bare { tree().ok() } else { None };
        let in_head = tree.and_then(|tree| tree.get_path(path).ok()).map(|entry| entry.id());
        let blob = |id| self.repository.find_blob(id).map(|blob| blob.content().to_vec());
        // What cannot be read may look at anything.
        indexed.into_iter().chain(in_head).map(|id| blob(id).unwrap_or_else(|_| b"?".to_vec())).collect()
    }
}

/// The files of attributes outside the work tree; `None` where they are not known.
fn global_files(repository: &Repository, environment: &ProcessEnvironment) -> Option<Vec<PathBuf>> {
    let home = environment.path("HOME").filter(|_| cfg!(unix))?;
    let configured = repository.config().ok()?.get_path("core.attributesfile").ok();
    let config = environment.path("XDG_CONFIG_HOME").map(|config| config.join("git/attributes"));
    let in_home = home.join(".config/git/attributes");
    let own = repository.commondir().join("info/attributes");
    Some(configured.into_iter().chain(config).chain([in_home, own, "/etc/gitattributes".into()]).collect())
}

/// What paths with the same attributes have in common.
fn class(path: &str, patterns: Patterns) -> String {
    match patterns {
        Patterns::None => String::new(),
        Patterns::Extensions => {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let extension = name.find('.').and_then(|at| name.get(at..)).unwrap_or_default();
            format!("{folder}/*{extension}")
        }
        Patterns::Any => path.to_owned(),
    }
}

fn most(patterns: impl Iterator<Item = Patterns>) -> Patterns {
    patterns.max().unwrap_or(Patterns::None)
}

fn patterns_of_file(path: &Path) -> Patterns {
    match disk::read(path) {
        Ok(text) => text.map_or(Patterns::None, |text| patterns_of(&text)),
        Err(_) => Patterns::Any,
    }
}

fn patterns_of(text: &[u8]) -> Patterns {
    let text = String::from_utf8_lossy(text);
    let patterns = text.lines().filter_map(|line| line.split_whitespace().next());
    let patterns = patterns.filter(|word| !word.starts_with('#') && !word.starts_with("[attr]"));
    most(patterns.map(|pattern| match pattern.strip_prefix('*') {
        Some("") => Patterns::Extensions,
        Some(extension)
            if extension.starts_with('.') && !extension.contains(['*', '?', '[', '\\', '/', '"']) =>
        {
            Patterns::Extensions
        }
        _ => Patterns::Any,
    }))
}

fn refuse_conversions(path: &str, attribute: &dyn Fn(&str) -> Result<Attribute>) -> Result<()> {
    if let Attribute::Value(filter) = attribute("filter")? {
        let message = format!("{path} goes through the filter `{filter}` of .gitattributes");
        return Err(Error::state(message).with_help(
            "terrace runs no program that a repository names; \
             take the path out of the filter, or change the file with git",
        ));
    }
    if attribute("ident")? == Attribute::Set {
        let message = format!("{path} has the attribute `ident` of .gitattributes");
        return Err(Error::state(message).with_help("terrace does not expand $Id$; take the attribute away"));
    }
    if let Attribute::Value(encoding) = attribute("working-tree-encoding")?
        && !encoding.eq_ignore_ascii_case("utf-8")
    {
        let message = format!("{path} has the working-tree-encoding `{encoding}` of .gitattributes");
        return Err(
            Error::state(message).with_help("terrace reads and writes UTF-8; take the attribute away")
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_patterns_look_at_is_recognised() {
        for (text, expected) in [
            ("", Patterns::None),
            ("# a/b\n\n[attr]x text\n", Patterns::None),
            ("# a/b\n* text=auto\n", Patterns::Extensions),
            ("*.yaml eol=lf\n *.tar.gz -text\n", Patterns::Extensions),
            ("[attr]x text\n*.a x", Patterns::Extensions),
            ("*.yaml text\na.yaml text", Patterns::Any),
            ("*a.yaml text", Patterns::Any),
            ("*.y?ml text", Patterns::Any),
            ("/x text", Patterns::Any),
            ("*.d/x text", Patterns::Any),
            ("\"*.a b\" text", Patterns::Any),
            ("?", Patterns::Any),
        ] {
            assert_eq!(patterns_of(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_remembered_is_what_git_would_say() {
        let folder = tempfile::tempdir().expect("a folder");
        let git = Repository::init(folder.path()).expect("a repository");
        let home = folder.path().join("home");
        let variables = [("HOME".into(), home.into_os_string())];
        let environment = ProcessEnvironment::of(variables);
        fs::create_dir_all(folder.path().join("a/b")).expect("a folder");
        let paths = ["a/x.yaml", "a/y.yaml", "a/b/x.yaml", "a/b/y.yaml", "a/b/y.z.yaml", "y.yaml", "a/y"];
        let files = [
            (".gitattributes", "*.yaml eol=crlf\n"),
            ("a/.gitattributes", "*.yaml eol=lf\n"),
            ("a/b/.gitattributes", "y.yaml -text\n*.z.yaml eol=crlf\n"),
        ];
        let attributes = Attributes::of(&git, &environment);
        for (file, text) in [("none", "")].into_iter().chain(files) {
            fs::write(folder.path().join(file), text).expect("written");
            attributes.forget();
            for path in paths {
                let alone = Attributes::of(&git, &ProcessEnvironment::default());
                assert_eq!(attributes.line_endings(path), alone.line_endings(path), "{file} {path}");
            }
        }
        let class = |path: &str| class(path, attributes.patterns(path, &BTreeMap::new()));
        assert_eq!(class("a/x.yaml"), class("a/y.yaml"));
        assert_ne!(class("a/b/x.yaml"), class("a/b/y.yaml"));
    }
}
