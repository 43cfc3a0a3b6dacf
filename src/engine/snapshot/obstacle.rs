//! What hides a file or a folder, and who refuses for it.

use std::ops::Bound;

use super::{FileKind, Place, Snapshot, is_lock, respelt};
use crate::model::{Environment, Error, Finding, Help, Key, Result, Rule, policy};

impl Snapshot {
    /// What keeps a path (relative to the configuration root) from being read: something that is no
    /// file stands there, or something that is no folder on the way to it.
    #[must_use]
    pub fn obstacle(&self, path: &str) -> Option<Obstacle> {
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        ends.filter_map(|end| path.get(..end)).find_map(|there| {
            let kind = self.files.get(there)?.kind;
            let is_obstacle = kind != FileKind::File || there.len() < path.len();
            is_obstacle.then(|| Obstacle::new(format!("{}{there}", self.prefix), kind))
        })
    }

    /// The same for a file of which something is read where it stands: a folder is in its place as well.
    #[must_use]
    pub fn obstacle_to_file(&self, path: &str) -> Option<Obstacle> {
        let folder = || {
            let below = format!("{path}/");
            let (first, _) = self.files.range(below.clone()..).next()?;
            first
                .starts_with(&below)
                .then(|| Obstacle::new(format!("{}{path}", self.prefix), FileKind::Folder))
        };
        self.obstacle(path).or_else(folder)
    }

    /// What keeps a folder from being read: it is none, or one on the way to it.
    fn obstacle_to_folder(&self, folder: &str) -> Option<Obstacle> {
        self.obstacle(&format!("{folder}/"))
    }

    /// Everything at and above the environments' folders that is not what it should be.
    pub fn obstacles(&self) -> Vec<Obstacle> {
        let folders = ["environments", "schemas", ".terrace/decisions"].map(str::to_owned);
        let environments = Environment::ALL.map(|environment| format!("environments/{environment}"));
        let decisions = Environment::ALL.map(|environment| format!(".terrace/decisions/{environment}"));
        let folders = folders.into_iter().chain(environments).chain(decisions);
        let mut found: Vec<Obstacle> = self.obstacle(policy::FILE).into_iter().collect();
        found.extend(folders.filter_map(|folder| self.obstacle_to_folder(&folder)));
        found.extend(self.respelt());
        found.extend(self.schema_folders());
        found.sort();
        found.dedup();
        found
    }

    /// Folders that are called like schemas: what they were to describe would have none.
    fn schema_folders(&self) -> impl Iterator<Item = Obstacle> {
        let schemas = self.files.range("schemas/".to_owned()..);
        let schemas = schemas.take_while(|(path, _)| path.starts_with("schemas/"));
        schemas.filter_map(|(path, _)| {
            let (before, _) = path.split_once(".json/")?;
            Some(Obstacle::new(format!("{}{before}.json", self.prefix), FileKind::Folder))
        })
    }

    /// What stands at the configuration root under a name in other letters than it is read under, where
    /// nothing stands under that. Capitals come before small letters.
    fn respelt(&self) -> impl Iterator<Item = Obstacle> {
        let ranges = [("E", "F"), ("e", "environments"), ("T", "U"), ("t", policy::FILE)];
        let found = ranges
            .into_iter()
            .flat_map(|(from, to)| self.files.range::<str, _>((Bound::Included(from), Bound::Excluded(to))));
        let is_there = |right: &str| {
            self.files.range(right.to_owned()..).next().is_some_and(|(path, _)| path.starts_with(right))
        };
        found.filter_map(move |(path, entry)| {
            let right = respelt(path).filter(|right| !is_there(right))?;
            Some(Obstacle {
                right: Some(right),
                ..Obstacle::new(format!("{}{path}", self.prefix), entry.kind)
            })
        })
    }

    /// Refuses a revision whose policy, schemas, decisions or environments are hidden behind something
    /// of another kind. What is wrong with a folder of one environment stops that environment alone.
    ///
    /// # Errors
    /// `State`, and names what stands there.
    pub fn require_sound(&self) -> Result<()> {
        let of_environment = |obstacle: &Obstacle| {
            obstacle.file.strip_prefix(&self.prefix).is_some_and(|path| owner_of_folder(path).is_some())
        };
        match self.obstacles().iter().find(|obstacle| !of_environment(obstacle)) {
            Some(obstacle) => Err(obstacle.error()),
            None => Ok(()),
        }
    }

    /// Refuses an environment whose folder is none.
    ///
    /// # Errors
    /// `State`, and names what stands there.
    pub fn require_environment(&self, environment: Environment) -> Result<()> {
        match self.obstacle_to_folder(&format!("environments/{environment}")) {
            Some(obstacle) => Err(obstacle.error()),
            None => Ok(()),
        }
    }

    /// Refuses an environment whose decisions are hidden.
    ///
    /// # Errors
    /// `State`, and names what stands there.
    pub fn require_decisions(&self, target: Environment) -> Result<()> {
        match self.obstacle_to_folder(&format!(".terrace/decisions/{target}")) {
            Some(obstacle) => Err(obstacle.error()),
            None => Ok(()),
        }
    }

    /// What hides decisions about single items: folders in the place of files, and the reverse.
    pub fn hidden_decisions(&self) -> impl Iterator<Item = Obstacle> {
        self.below(".terrace/decisions/").filter_map(|(path, entry)| {
            let is_hidden = entry.kind != FileKind::File || path.ends_with(ITEM_FOLDER_END);
            let (path, kind) = match path.split_once(".toml/") {
                Some((file, _)) => (format!("{file}.toml"), FileKind::Folder),
                None if is_hidden => (path.clone(), entry.kind),
                None => return None,
            };
            Some(Obstacle::new(format!("{}{path}", self.prefix), kind))
        })
    }

    /// Refuses an environment of whose decisions any is hidden.
    ///
    /// # Errors
    /// `State`, and names what stands there.
    pub fn require_all_decisions(&self, target: Environment) -> Result<()> {
        self.require_decisions(target)?;
        let folder = format!("{}.terrace/decisions/{target}/", self.prefix);
        let mut hidden = self.hidden_decisions().filter(|obstacle| obstacle.file.starts_with(&folder));
        hidden.next().map_or(Ok(()), |obstacle| Err(obstacle.error()))
    }

    /// Refuses an item whose file is hidden behind something of another kind.
    ///
    /// # Errors
    /// `State`, and names what stands there.
    pub fn require_file(&self, key: &Key, environment: Environment) -> Result<()> {
        match self.obstacle(&key.file(environment)) {
            // An item, below which there is none.
            Some(obstacle) if obstacle.kind == FileKind::File && obstacle.file.ends_with(".yaml") => Ok(()),
            Some(obstacle) => Err(obstacle.error()),
            None => Ok(()),
        }
    }

    /// Refuses a key that cannot be a file beside the items that there are: one of them is a file on the way
    /// to it, or it would be a file on the way to one.
    ///
    /// # Errors
    /// Usage.
    pub fn require_room(&self, key: &Key, environment: Environment) -> Result<()> {
        let file = key.file(environment);
        let below = format!("{file}/");
        let above = self.obstacle(&file).filter(|obstacle| obstacle.kind == FileKind::File);
        let other = above.map(|obstacle| obstacle.file).or_else(|| {
            let (path, _) = self.files.range(below.clone()..).next()?;
            path.starts_with(&below).then(|| path.clone())
        });
        match other {
            Some(other) => Err(Error::usage(format!("`{key}` cannot be an item beside {other}"))
                .with_help("choose another key: a file cannot be a folder too")),
            None => Ok(()),
        }
    }

    /// What hides items of an environment.
    pub fn hidden_in(&self, environment: Environment) -> impl Iterator<Item = Obstacle> {
        let folder = format!("environments/{environment}/");
        let below = self.files.range(folder.clone()..).take_while(move |(path, _)| path.starts_with(&folder));
        let hidden = below.filter(|(path, entry)| entry.kind != FileKind::File && !is_lock(path));
        hidden.filter_map(|(path, _)| self.obstacle(path))
    }

    /// Refuses an environment of which something is hidden.
    ///
    /// # Errors
    /// `State`, and names what stands there.
    pub fn require_whole(&self, environment: Environment) -> Result<()> {
        self.hidden_in(environment).next().map_or(Ok(()), |obstacle| Err(obstacle.error()))
    }

    /// Refuses a revision of which any environment is hidden, as a whole: for what spans them.
    ///
    /// # Errors
    /// `State`, and names what stands there.
    pub fn require_environments(&self) -> Result<()> {
        Environment::ALL.into_iter().try_for_each(|environment| self.require_environment(environment))
    }

    /// Refuses a folder without configuration, or with one that nothing is read of since its environments
    /// have other names: nothing found there would read like an all-clear.
    ///
    /// # Errors
    /// `State`.
    pub fn require_configuration(&self) -> Result<()> {
        self.require_layout()?;
        let unread = self.misplaced().find_map(|(_, _, place)| match place {
            Place::UnknownEnvironment(name) => Some(name),
            Place::Item(_) | Place::InvalidKey(..) | Place::Stray => None,
        });
        let Some(folder) = unread.filter(|_| self.items().next().is_none()) else { return Ok(()) };
        let message = format!(
            "no environment has an item here, and {}environments/{folder} is no environment's folder",
            self.prefix
        );
        Err(Error::state(message).with_help(Help::TakeOver))
    }

    /// Refuses a folder without any file of a configuration.
    ///
    /// # Errors
    /// `State`.
    pub fn require_layout(&self) -> Result<()> {
        let is_part = |file: &String| {
            file == policy::FILE || file == "environments" || file.starts_with("environments/")
        };
        if self.files.keys().any(is_part) {
            return Ok(());
        }
        let here = match self.prefix.trim_end_matches('/') {
            "" => "here".to_owned(),
            prefix => format!("in {prefix}"),
        };
        let message =
            format!("there is no configuration {here}: neither files in `environments/` nor `terrace.toml`");
        Err(Error::state(message).with_help(Help::LayOut))
    }
}

/// How the folder of an item's decisions ends, which no key does.
const ITEM_FOLDER_END: char = '=';

/// The environment whose items or decisions a folder (relative to the configuration root) holds.
#[must_use]
pub fn owner_of_folder(path: &str) -> Option<Environment> {
    let name = ["environments/", ".terrace/decisions/"].iter().find_map(|above| path.strip_prefix(above))?;
    name.parse().ok()
}

/// Something that stands where a file or a folder should.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obstacle {
    /// Where, relative to the git root.
    pub file: String,
    /// What it is.
    pub kind: FileKind,
    /// The name that it would be read under, where it is only spelt in other letters.
    pub right: Option<&'static str>,
}

impl Obstacle {
    /// Something of another kind than is read there.
    #[must_use]
    pub const fn new(file: String, kind: FileKind) -> Self {
        Self { file, kind, right: None }
    }

    /// What is wrong with it.
    #[must_use]
    pub fn message(&self) -> String {
        if let Some(right) = self.right {
            return format!("this is read under the name `{right}` alone");
        }
        match self.kind {
            FileKind::File => "this is a file, and a folder is read here".to_owned(),
            FileKind::Symlink => "this is a symbolic link, and its target is not read".to_owned(),
            FileKind::Repository => {
                "this is a repository of its own (a submodule, say), and its files are not read".to_owned()
            }
            FileKind::Folder => "this is a folder, and a file is read here".to_owned(),
            FileKind::Other => "this is no regular file, and is not read".to_owned(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        if self.right.is_some() {
            return "rename it; letters count, in capitals or not";
        }
        match self.kind {
            FileKind::File => "put a folder of files here",
            FileKind::Symlink => {
                "put a file or folder of this repository here; shared bytes would cross environments"
            }
            FileKind::Repository => "keep the files in this repository, whose commits terrace reads",
            FileKind::Folder | FileKind::Other => "put a regular file here",
        }
    }

    /// The same as a finding.
    #[must_use]
    pub fn finding(&self) -> Finding {
        Finding::new(Rule::Symlink, self.file.clone(), self.message(), self.help())
    }

    /// The same as a failure to read.
    #[must_use]
    pub fn error(&self) -> Error {
        let message = self.message();
        let message = message.strip_prefix("this ").unwrap_or(&message);
        Error::state(format!("{} {message}", self.file)).with_help(self.help())
    }
}
