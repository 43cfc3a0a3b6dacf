//! What is asked to be taken over, and what becomes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::super::exclusions::Suspicion;
use crate::formats::read::{Converted, Format};
use crate::model::{Environment, InvalidKey, Key, Policy, ValuePath};
use crate::yaml::{Limits, Rejection};

/// What is asked to be taken over.
#[derive(Clone, Copy, Debug)]
pub struct TakeOver<'a> {
    /// The files and folders that were named, relative to the git root; an empty one is the root.
    pub roots: &'a [String],
    /// The files at or below the roots, with their bytes, in the order of their paths.
    pub files: &'a [(String, Vec<u8>)],
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
    /// Whether its history goes on through the move.
    pub goes_on: bool,
    /// The values that are secrets in plain text, or look like some.
    pub secrets: Vec<ValuePath>,
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
    /// It names an environment, and nothing beside it names another.
    Alone(Environment),
    /// All files were said to be another environment's.
    NamesOther(Environment),
    /// It names no environment.
    NamesNone,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Excluded(suspicion) => suspicion.fmt(f),
            Self::BaseAlone => f.write_str("a base that no environment's file goes with"),
            Self::Word(word) => write!(f, "`{word}` is left alone, as asked"),
            Self::Alone(environment) => {
                write!(f, "seems {environment}'s, and nothing beside it is another environment's")
            }
            Self::NamesOther(environment) => write!(f, "seems {environment}'s"),
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
    /// Items that did not get the values of their base, and why.
    pub unfolded: Vec<(String, String)>,
}

impl TakeOverPlan {
    /// Whether files of at least two environments were found.
    #[must_use]
    pub fn is_apart(&self) -> bool {
        let environments: BTreeSet<Environment> = self.words.iter().map(|word| word.environment).collect();
        environments.len() > 1
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
