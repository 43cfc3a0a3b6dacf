//! What a file that appears in a commit was before: the choice among the files that the same commit
//! took away.
//!
//! Equal bytes go before equal values (JSON that became YAML) and those before like content, a file of
//! the same environment before one of none, the longer common end of the path before the shorter; a
//! path that names another environment is never chosen. What is left open by all this has no past: a
//! wrong one would be worse.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::history::{Move, Origin};
use super::naming::Naming;
use crate::formats::read::{Format, convert};
use crate::model::{BlobId, Environment, Result, Value};
use crate::yaml::{Document, Limits};

/// A file that a commit brought.
#[derive(Clone, Debug)]
pub struct Appeared {
    /// Its path, as in [`Move`].
    pub path: String,
    /// Whose it is.
    pub environment: Environment,
    /// Its content.
    pub blob: BlobId,
}

/// A file that the same commit took away, or that it took over.
#[derive(Clone, Debug)]
pub struct Gone {
    /// Its path, as in [`Origin`].
    pub path: String,
    /// Its content before.
    pub blob: BlobId,
    /// For one that stays and was recorded as taken over: the paths that it may have become.
    pub became: Option<Vec<String>>,
}

/// Gives a file's bytes; `None` where they are too many to be looked into.
pub type ReadBytes<'r> = dyn FnMut(&BlobId) -> Result<Option<Vec<u8>>> + 'r;

/// So many pairs are looked at for equal bytes or like content, as git does.
const MOST_PAIRS: usize = 1_000_000;

/// A file of more bytes is not compared with others.
pub const MOST_BYTES: usize = 1 << 20;

/// From this likeness on, in percent, git calls a file renamed.
const LIKE: usize = 50;

/// The moves of one commit.
///
/// # Errors
/// Those of `read`.
pub fn find_moves(
    appeared: &[Appeared],
    gone: &[Gone],
    naming: &Naming<'_>,
    read: &mut ReadBytes<'_>,
) -> Result<Vec<Move>> {
    let mut choice = Choice::new(appeared, gone, naming);
    choice.among(|new| new.path.as_str(), |old| old.became.iter().flatten().map(String::as_str).collect())?;
    choice.among(
        |new| new.blob.as_str(),
        |old| if old.became.is_none() { vec![old.blob.as_str()] } else { Vec::new() },
    )?;
    choice.among_equal(read)?;
    choice.among_like(read)?;
    Ok(choice.moves())
}

/// How well a file fits: better is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    is_same_environment: bool,
    /// How many words of the path's end agree, environments left out.
    words: usize,
    /// How many names of the path's end agree.
    names: usize,
    /// In percent.
    likeness: usize,
}

struct Choice<'a> {
    appeared: &'a [Appeared],
    gone: &'a [Gone],
    naming: &'a Naming<'a>,
    /// The words of each path.
    words: [Vec<Vec<String>>; 2],
    /// How many names at the end of each new path are the item's, whatever they name.
    own_names: Vec<usize>,
    /// What each new file was: `None` where that stays open.
    chosen: BTreeMap<usize, Option<usize>>,
    spent: HashSet<usize>,
}

impl<'a> Choice<'a> {
    fn new(appeared: &'a [Appeared], gone: &'a [Gone], naming: &'a Naming<'a>) -> Self {
        let new = appeared.iter().map(|file| words(&file.path, naming)).collect();
        let old = gone.iter().map(|file| words(&file.path, naming)).collect();
        Self {
            appeared,
            gone,
            naming,
            words: [new, old],
            own_names: appeared.iter().map(|file| own_names(file, naming)).collect(),
            chosen: BTreeMap::new(),
            spent: HashSet::new(),
        }
    }

    /// Chooses among the pairs of which the new file has what the old one has too.
    fn among(
        &mut self,
        of_new: impl Fn(&'a Appeared) -> &'a str,
        of_old: impl Fn(&'a Gone) -> Vec<&'a str>,
    ) -> Result<()> {
        let mut having: HashMap<&str, Vec<(usize, &Gone)>> = HashMap::new();
        for (g, old) in self.left() {
            for what in of_old(old) {
                having.entry(what).or_default().push((g, old));
            }
        }
        let mut pairs = Vec::new();
        for (a, new) in self.open() {
            for &(g, old) in having.get(of_new(new)).into_iter().flatten() {
                pairs.extend(self.fit((a, new), (g, old), 100).map(|fit| (fit, a, g)));
            }
            if pairs.len() > MOST_PAIRS {
                return Ok(());
            }
        }
        self.decide(pairs);
        Ok(())
    }

    /// Chooses among JSON files that say what a new file says.
    fn among_equal(&mut self, read: &mut ReadBytes<'_>) -> Result<()> {
        let open: Vec<_> = self.open().collect();
        let left: Vec<_> =
            self.left().filter(|(_, old)| old.became.is_none() && is_json(&old.path)).collect();
        if open.len().saturating_mul(left.len()) > MOST_PAIRS {
            return Ok(());
        }
        let (mut new_values, mut pairs) = (HashMap::new(), Vec::new());
        for (g, old) in left {
            let fits: Vec<_> = open
                .iter()
                .filter_map(|&(a, new)| Some((a, new, self.fit((a, new), (g, old), 100)?)))
                .collect();
            if fits.is_empty() {
                continue;
            }
            let Some(values) = read(&old.blob)?.and_then(|bytes| values_of_json(&bytes)) else { continue };
            for (a, new, fit) in fits {
                if !new_values.contains_key(&new.blob) {
                    let found = read(&new.blob)?.and_then(|bytes| values_of_yaml(&bytes));
                    new_values.insert(new.blob.clone(), found);
                }
                if new_values.get(&new.blob).and_then(Option::as_ref) == Some(&values) {
                    pairs.push((fit, a, g));
                }
            }
        }
        self.decide(pairs);
        Ok(())
    }

    fn among_like(&mut self, read: &mut ReadBytes<'_>) -> Result<()> {
        let open: Vec<_> = self.open().collect();
        let left: Vec<_> =
            self.left().filter(|(_, old)| old.became.is_none() && may_hold_values(&old.path)).collect();
        if open.len().saturating_mul(left.len()) > MOST_PAIRS {
            return Ok(());
        }
        let mut known: HashMap<BlobId, Option<Lines>> = HashMap::new();
        let mut pairs = Vec::new();
        for (a, new) in open {
            for &(g, old) in &left {
                if self.fit((a, new), (g, old), 0).is_none() {
                    continue;
                }
                for blob in [&new.blob, &old.blob] {
                    if !known.contains_key(blob) {
                        known.insert(blob.clone(), read(blob)?.map(|bytes| Lines::of(&bytes)));
                    }
                }
                let lines = |blob: &BlobId| known.get(blob).and_then(Option::as_ref);
                let (Some(one), Some(other)) = (lines(&new.blob), lines(&old.blob)) else { continue };
                let likeness = one.likeness(other);
                if likeness >= LIKE {
                    pairs.extend(self.fit((a, new), (g, old), likeness).map(|fit| (fit, a, g)));
                }
            }
        }
        self.decide(pairs);
        Ok(())
    }

    fn open(&self) -> impl Iterator<Item = (usize, &'a Appeared)> + use<'a, '_> {
        self.appeared.iter().enumerate().filter(|(a, _)| !self.chosen.contains_key(a))
    }

    fn left(&self) -> impl Iterator<Item = (usize, &'a Gone)> + use<'a, '_> {
        self.gone.iter().enumerate().filter(|(g, _)| !self.spent.contains(g))
    }

    /// How well they fit; `None` where the old path names another environment.
    fn fit(&self, (a, new): (usize, &Appeared), (g, old): (usize, &Gone), likeness: usize) -> Option<Fit> {
        let names = common_end(new.path.split('/').rev(), old.path.split('/').rev());
        let mut named = self.named(&old.path, names.min(*self.own_names.get(a)?));
        if named.is_empty() && old.became.as_ref().is_some_and(|became| became.contains(&new.path)) {
            named = vec![new.environment];
        }
        let is_same_environment = named.contains(&new.environment);
        if named.len() > usize::from(is_same_environment) {
            return None;
        }
        let words = common_end(self.words[0].get(a)?.iter().rev(), self.words[1].get(g)?.iter().rev());
        Some(Fit { is_same_environment, words, names, likeness })
    }

    /// The environments that a path names before its last `names` names.
    fn named(&self, path: &str, names: usize) -> Vec<Environment> {
        let all: Vec<&str> = path.split('/').collect();
        let head = all.get(..all.len().saturating_sub(names)).unwrap_or_default();
        let below = head.windows(2).rev().filter(|pair| pair[0] == "environments");
        match below.filter_map(|pair| pair[1].parse().ok()).next() {
            Some(environment) => vec![environment],
            None => head
                .iter()
                .flat_map(|name| self.naming.by_name(name))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
        }
    }

    /// The best pairs first; where several are equally good for one file, it stays open.
    fn decide(&mut self, mut pairs: Vec<(Fit, usize, usize)>) {
        pairs.sort_unstable_by(|a, b| b.cmp(a));
        for equal in pairs.chunk_by(|a, b| a.0 == b.0) {
            let free =
                |(_, a, g): &&(Fit, usize, usize)| !self.chosen.contains_key(a) && !self.spent.contains(g);
            let free: Vec<_> = equal.iter().filter(free).map(|(_, a, g)| (*a, *g)).collect();
            let (mut of_new, mut of_old) = (HashMap::new(), HashMap::new());
            for (a, g) in &free {
                *of_new.entry(*a).or_insert(0_usize) += 1;
                *of_old.entry(*g).or_insert(0_usize) += 1;
            }
            for (a, g) in free {
                let is_only = of_new.get(&a) == Some(&1) && of_old.get(&g) == Some(&1);
                self.chosen.insert(a, is_only.then_some(g));
                self.spent.insert(g);
            }
        }
    }

    fn moves(self) -> Vec<Move> {
        let origin = |g: usize| {
            let old = self.gone.get(g)?;
            Some(Origin { path: old.path.clone(), blob: old.blob.clone() })
        };
        let to = |a: usize| self.appeared.get(a).map(|new| new.path.clone());
        let chosen = self.chosen.iter();
        chosen.filter_map(|(a, g)| Some(Move { to: to(*a)?, origin: g.and_then(origin) })).collect()
    }
}

/// How many names of a path follow the one that says whose the file is.
fn own_names(file: &Appeared, naming: &Naming<'_>) -> usize {
    let names: Vec<&str> = file.path.split('/').collect();
    let own = file.environment.name();
    let folder = names.windows(2).position(|pair| pair == ["environments", own]).map(|at| at + 1);
    let named = || names.iter().position(|name| naming.by_name(name).contains(&file.environment));
    names.len() - folder.or_else(named).map_or(0, |at| at + 1)
}

/// The words of a path without its extension, in lower case; those that name environments left out.
fn words(path: &str, naming: &Naming<'_>) -> Vec<String> {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    let end = path.rfind('.').filter(|at| *at > name).unwrap_or(path.len());
    let stem = path.get(..end).unwrap_or(path).to_lowercase();
    let words = stem.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| naming.word(word).is_none()).map(str::to_owned).collect()
}

fn common_end<T: PartialEq>(one: impl Iterator<Item = T>, other: impl Iterator<Item = T>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

/// Whether a file's older versions can be read as values.
fn may_hold_values(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    [".yaml", ".yml", ".json"].iter().any(|extension| lower.ends_with(extension))
}

fn is_json(path: &str) -> bool {
    Format::of(path) == Some(Format::Json)
}

fn values_of_json(bytes: &[u8]) -> Option<Vec<Value>> {
    convert(Format::Json, bytes, &Limits::default()).ok().map(|converted| converted.documents)
}

fn values_of_yaml(bytes: &[u8]) -> Option<Vec<Value>> {
    Document::parse(bytes, &Limits::default()).ok().map(|document| document.values().to_vec())
}

/// The lines of a text, and how many bytes each of them takes in all.
struct Lines {
    bytes: HashMap<Vec<u8>, usize>,
    all: usize,
}

impl Lines {
    fn of(text: &[u8]) -> Self {
        let mut lines = Self { bytes: HashMap::new(), all: 0 };
        for line in text.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.is_empty() {
                *lines.bytes.entry(line.to_vec()).or_default() += line.len() + 1;
                lines.all += line.len() + 1;
            }
        }
        lines
    }

    /// How much of the longer text is in both, in percent.
    fn likeness(&self, other: &Self) -> usize {
        let longer = self.all.max(other.all);
        if self.all.min(other.all) * 100 < longer * LIKE || longer == 0 {
            return 0;
        }
        let both =
            |(line, bytes): (&Vec<u8>, &usize)| (*bytes).min(other.bytes.get(line).copied().unwrap_or(0));
        self.bytes.iter().map(both).sum::<usize>() * 100 / longer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::snapshot::{Place, place};
    use crate::model::Policy;

    /// What each new file was. A file is written `path=content`; `~` stands for a line break.
    fn chosen(new: &str, old: &str) -> String {
        let files = |text: &str| -> Vec<(String, String)> {
            let pair = |file: &str| file.split_once('=').map(|(p, c)| (p.to_owned(), c.to_owned()));
            text.split_whitespace().filter_map(pair).collect()
        };
        let appeared = files(new).into_iter().map(|(path, content)| {
            let Some(Place::Item(id)) = place(&path) else { panic!("{path} is no item") };
            Appeared { path, environment: id.environment, blob: BlobId::new(content) }
        });
        let gone = files(old).into_iter().map(|(path, content)| {
            let (path, became) = match path.split_once('>') {
                Some((path, became)) => (path.to_owned(), Some(vec![became.to_owned()])),
                None => (path, None),
            };
            Gone { path, blob: BlobId::new(content), became }
        });
        let policy = Policy::parse("[isolation]\nwords = { staging = [\"uat\"] }\n", "terrace.toml");
        let policy = policy.expect("a policy");
        let naming = Naming::new(&policy);
        let mut read = |blob: &BlobId| Ok(Some(blob.as_str().replace('~', "\n").into_bytes()));
        let (appeared, gone): (Vec<_>, Vec<_>) = (appeared.collect(), gone.collect());
        let moves = find_moves(&appeared, &gone, &naming, &mut read).expect("readable");
        let shown = |moved: &Move| {
            let origin = moved.origin.as_ref().map_or("?", |origin| origin.path.as_str());
            let to = moved.to.strip_prefix("environments/").expect("an item");
            format!("{to}<{origin}")
        };
        moves.iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_file_goes_on_with_its_own_past() {
        const D: &str = "environments/development/x.yaml";
        const S: &str = "environments/staging/x.yaml";
        for (new, old, expected) in [
            ("D=1", "", ""),
            ("D=1", "/x.yaml=2", ""),
            ("D=1", "/x.yaml=1", "development/x.yaml</x.yaml"),
            // Three with equal bytes.
            (
                "D=1 S=1",
                "/c/staging/x.yaml=1 /c/development/x.yaml=1",
                "development/x.yaml</c/development/x.yaml staging/x.yaml</c/staging/x.yaml",
            ),
            (
                "D=1 S=1",
                "/x-stg.yaml=1 /x.dev.yml=1",
                "development/x.yaml</x.dev.yml staging/x.yaml</x-stg.yaml",
            ),
            (
                "D=1 S=1",
                "/uat/x.yaml=1 /dev/x.yaml=1",
                "development/x.yaml</dev/x.yaml staging/x.yaml</uat/x.yaml",
            ),
            // Never another environment's.
            ("D=1", "/prod/x.yaml=1", ""),
            ("S=1", "environments/development/y.yaml=1", ""),
            (
                "S=1",
                "environments/staging/to-prod/y.yaml=1",
                "staging/x.yaml<environments/staging/to-prod/y.yaml",
            ),
            (
                "environments/development/prod-tools.yaml=1",
                "/dev/prod-tools.yaml=1",
                "development/prod-tools.yaml</dev/prod-tools.yaml",
            ),
            // The same environment before none, then the longer end of the path.
            ("D=1", "/x.yaml=1 /dev/y.yaml=1", "development/x.yaml</dev/y.yaml"),
            (
                "environments/development/a/x.yaml=1 environments/development/b/x.yaml=1",
                "/old/b/x.yaml=1 /old/a/x.yaml=1",
                "development/a/x.yaml</old/a/x.yaml development/b/x.yaml</old/b/x.yaml",
            ),
            (
                "environments/development/a.yaml=1 environments/development/b.yaml=1",
                "/b-dev.yaml=1 /a-dev.yaml=1",
                "development/a.yaml</a-dev.yaml development/b.yaml</b-dev.yaml",
            ),
            // A moved folder below another one with files of the same bytes.
            (
                "environments/development/a/x.yaml=1 environments/development/b/y.yaml=1",
                "/conf/development/b/y.yaml=1 /conf/development/a/x.yaml=1",
                "development/a/x.yaml</conf/development/a/x.yaml development/b/y.yaml</conf/development/b/y.yaml",
            ),
            // Nobody can tell.
            ("D=1 S=1", "/a/x.yaml=1 /b/x.yaml=1", "development/x.yaml<? staging/x.yaml<?"),
            ("D=1 S=1", "/x.yaml=1", "development/x.yaml<? staging/x.yaml<?"),
            ("D=1 S=2", "/a/x.yaml=2 /b/x.yaml=1", "development/x.yaml</b/x.yaml staging/x.yaml</a/x.yaml"),
            // Like content, after equal bytes and within one environment.
            (
                "D=#o~aaaa~bbbb",
                "environments/development/y.yaml=aaaa~bbbb",
                "development/x.yaml<environments/development/y.yaml",
            ),
            (
                "D=#o~aaaa~bbbb S=#o~aaaa~bbbb",
                "/staging/x.yaml=aaaa~bbbb /dev/x.yaml=aaaa~bbbb",
                "development/x.yaml</dev/x.yaml staging/x.yaml</staging/x.yaml",
            ),
            ("D=aaaa~bbbb", "/dev/x.yaml=aaaa~cccc~dddd", ""),
            ("D=aaaa~bbbb", "/y.yaml=aaaa~bbbb /dev/x.yaml=aaaa~bbbb~c", "development/x.yaml</y.yaml"),
            ("D=aaaa~bbbb~c", "/dev/x.toml=aaaa~bbbb", ""),
            (
                "D=aaaa~bbbb~cc",
                "/dev/p.yaml=aaaa~bbbb /dev/q.yaml=aaaa~bbbb~dddd",
                "development/x.yaml</dev/p.yaml",
            ),
            // Taken over, whatever it looks like.
            ("D=1", "/c/app.env>D=A /x.yaml=1", "development/x.yaml</c/app.env"),
            ("S=1", "/c/app.env>S=A", "staging/x.yaml</c/app.env"),
            ("S=1", "/c/prod.env>S=A", ""),
            ("S=1", "/c/app.env>D=A", ""),
            // JSON that says the same.
            (
                "D=[~1~] S=[~2~]",
                "/x.dev.json=[1] /x.json=[2]",
                "development/x.yaml</x.dev.json staging/x.yaml</x.json",
            ),
            ("D=[~1~]", "/prod/x.json=[1]", ""),
        ] {
            let full = |text: &str| {
                let file = |file: &str| file.replace("D=", &format!("{D}=")).replace("S=", &format!("{S}="));
                text.split_whitespace().map(file).collect::<Vec<_>>().join(" ")
            };
            assert_eq!(chosen(&full(new), &full(old)), expected, "{new} from {old}");
        }
    }
}
