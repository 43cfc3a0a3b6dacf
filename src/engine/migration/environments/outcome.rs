//! What is asked to be taken over, and what becomes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::super::belonging::Belonging;
use super::super::exclusions::Suspicion;
use super::super::history::{Intended, Step};
use super::super::plan::Reading;
use crate::formats::read::{Converted, Format};
use crate::model::{Environment, InvalidKey, Key, Policy, Result, Value, ValuePath};
use crate::yaml::{Limits, Rejection};

/// What is asked to be taken over.
#[derive(Clone, Copy, Debug)]
pub struct TakeOver<'a> {
    /// The files and folders that were named, relative to the git root; an empty one is the root.
    pub roots: &'a [String],
    /// The files at or below the roots, with their bytes, in the order of their paths.
    pub files: &'a [(String, Vec<u8>)],
    /// Files that were taken before, and say whose the files beside them are.
    pub beside: &'a [String],
    /// The configuration root relative to the git root.
    pub prefix: &'a str,
    /// The items that are there already, with their bytes.
    pub existing: &'a BTreeMap<(Key, Environment), Vec<u8>>,
    /// What words stand for, in lower case, besides those of the policy.
    pub given: &'a BTreeMap<String, Environment>,
    /// Words of which all files are left alone, in lower case.
    pub left: &'a BTreeSet<String>,
    /// The environment whose all files are.
    pub one: Option<Environment>,
    /// The key to give the one item there is.
    pub as_key: Option<&'a Key>,
    /// Whether items get the values of their base.
    pub folds: bool,
    /// Its words are known.
    pub policy: &'a Policy,
    /// Bounds on what is read.
    pub limits: &'a Limits,
}

/// One file that becomes an environment's item.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The file as it was found.
    pub source: String,
    /// The item it becomes.
    pub key: Key,
    /// Whose it is.
    pub environment: Environment,
    /// Its format.
    pub format: Format,
    /// The item's text and what there is to say about it.
    pub converted: Converted,
    /// How many values came from its base.
    pub folded: usize,
    /// Whether its history goes on through the move, once that was asked.
    pub goes_on: bool,
    /// The values that are secrets in plain text, or look like some.
    pub secrets: Vec<ValuePath>,
    /// What of it counts for a Spring profile only.
    pub profiles: Vec<Belonging>,
}

impl Taken {
    /// What was read of the file.
    #[must_use]
    pub fn reading(&self) -> Reading<'_> {
        Reading { source: &self.source, converted: &self.converted, secrets: &self.secrets }
    }
}

/// What all environments begin from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseFile {
    /// The file.
    pub source: String,
    /// The item.
    pub key: Key,
}

/// Where the meaning of a word comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WordSource {
    /// It is a common name of the environment.
    Common,
    /// The policy says so.
    Policy,
    /// Whoever asked said so.
    Given,
}

/// A word that says whose files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordUse {
    /// The word, in lower case.
    pub word: String,
    /// What it stands for.
    pub environment: Environment,
    /// Why.
    pub source: WordSource,
    /// How many files it marks.
    pub files: usize,
    /// The first of them.
    pub example: String,
}

/// A word that seems to name an environment that terrace does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// The word, in lower case.
    pub word: String,
    /// The files it marks.
    pub files: Vec<String>,
    /// The environment for which nothing else stands, when it is the only one.
    pub suggestion: Option<Environment>,
}

/// Several files for one item, or one for an item that says something else; none of them moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The item.
    pub key: Key,
    /// Whose.
    pub environment: Environment,
    /// The files, in order.
    pub sources: Vec<String>,
    /// Whether it is there already.
    pub exists: bool,
}

/// Why a file is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// It is no configuration.
    Excluded(Suspicion),
    /// It is read by all environments, and none has a file of its own for it.
    BaseAlone,
    /// Its word was to be left alone.
    Word(String),
    /// Nobody says what its word is.
    Unsaid(String),
    /// It names an environment, and nothing beside it names another.
    Alone(Environment),
    /// All files were said to be another environment's.
    NamesOther(Environment),
    /// Its folder names one environment, and its name another.
    NamesBoth(Environment, Environment),
    /// It names no environment.
    NamesNone,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Excluded(suspicion) => suspicion.fmt(f),
            Self::BaseAlone => f.write_str("a base that no environment's file goes with"),
            Self::Word(word) => write!(f, "`{word}` is left alone, as asked"),
            Self::Unsaid(word) => {
                write!(f, "nobody says what `{word}` is; --environments {word}=ENVIRONMENT takes it over")
            }
            Self::Alone(environment) => {
                write!(f, "seems {environment}'s alone; --env {environment} takes it as that")
            }
            Self::NamesOther(environment) => write!(f, "seems {environment}'s"),
            Self::NamesBoth(one, other) => {
                write!(f, "names both {one} and {other}; --env says whose it is")
            }
            Self::NamesNone => f.write_str("names no environment"),
        }
    }
}

/// What becomes of every file, each listed once, in the order of their paths.
#[derive(Clone, Debug, Default)]
pub struct TakeOverPlan {
    /// What is written.
    pub items: Vec<Taken>,
    /// The words that say whose files are.
    pub words: Vec<WordUse>,
    /// The words that a person is asked about.
    pub unknown: Vec<UnknownWord>,
    /// What all environments begin from.
    pub bases: Vec<BaseFile>,
    /// Items that say already what a file says.
    pub present: Vec<(String, Key, Environment)>,
    /// What is left alone, and why.
    pub left_alone: Vec<(String, Left)>,
    /// What would become one and the same item.
    pub clashes: Vec<Clash>,
    /// What cannot be read, and why.
    pub rejected: Vec<(String, Rejection)>,
    /// What has a path that is no key.
    pub unnamed: Vec<(String, InvalidKey)>,
    /// Bases that cannot be read, and why.
    pub unread_bases: Vec<(String, Rejection)>,
    /// Items that did not get the values of their base, and why.
    pub unfolded: Vec<(String, String)>,
    /// What holds what counts for a Spring profile only, and is taken only where it is named.
    pub asks: Vec<(String, Belonging)>,
    /// What holds that and stays beside the items.
    pub divided: Vec<(String, Belonging)>,
    /// Items that are there already under the keys of these, with what they say.
    pub there: Vec<(Key, Environment, Vec<Value>)>,
    /// Words that were spoken of and stand nowhere, each with a near one that does.
    pub unmatched: Vec<(String, Option<String>)>,
    /// Environments whose files beside these were taken before.
    pub beside: BTreeSet<Environment>,
    /// Whether some of the files lie in `environments/` already.
    pub is_within: bool,
}

impl TakeOverPlan {
    /// Whether files of at least two environments were found, be it that nobody knows one of them, or
    /// some lie in `environments/` already.
    #[must_use]
    pub fn is_apart(&self) -> bool {
        let words = self.words.iter().map(|word| word.environment);
        let environments: BTreeSet<Environment> = words.chain(self.beside.iter().copied()).collect();
        let is_any = !self.words.is_empty() || !self.unknown.is_empty();
        self.is_within || is_any && environments.len() + self.unknown.len() > 1
    }

    /// Says of each item whether its history goes on through this commit.
    ///
    /// # Errors
    /// When what judges histories fails.
    pub fn tell_history(&mut self, intended: &Intended<'_>) -> Result<()> {
        let steps: Vec<Step<'_>> = self
            .items
            .iter()
            .map(|item| Step {
                source: &item.source,
                item: item.key.file(item.environment),
                environment: item.environment,
                before: intended.bytes(&item.source),
                after: item.converted.text.as_bytes(),
            })
            .collect();
        let found = intended.going_on(&steps)?;
        for item in &mut self.items {
            item.goes_on = found.contains(&item.source);
        }
        Ok(())
    }

    /// The words that neither terrace nor the policy knew.
    #[must_use]
    pub fn new_words(&self) -> BTreeMap<Environment, Vec<&str>> {
        let mut new: BTreeMap<Environment, Vec<&str>> = BTreeMap::new();
        for word in self.words.iter().filter(|word| word.source == WordSource::Given) {
            new.entry(word.environment).or_default().push(&word.word);
        }
        new
    }
}
