//! What a policy says, clause by clause, so that two policies can be compared.

use std::fmt;

use super::{NewKeys, RawPolicy, RawWord};
use crate::model::{Environment, Position, Rule, Severity};

/// One thing that a policy says, as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clause {
    /// A path that is never promoted.
    Pin {
        /// The glob over keys; every item without it.
        key: Option<String>,
        /// The path pattern.
        path: String,
        /// The target; every one without it.
        to: Option<Environment>,
    },
    /// A path pattern of secrets.
    Secret(String),
    /// A path pattern of what is no secret.
    NoSecret(String),
    /// A glob of references to secrets.
    Reference(String),
    /// A word that names an environment, in lower case.
    Word(Environment, String),
    /// A host, in lower case, that belongs to an environment.
    Host(Environment, String),
    /// A shared schema.
    Schema {
        /// The glob over keys.
        keys: String,
        /// Its file.
        file: String,
    },
    /// A variable that may leave though text is run by it.
    RunAllow(String),
}

impl Clause {
    /// Whether it permits something; the others forbid.
    #[must_use]
    pub const fn permits(&self) -> bool {
        matches!(self, Self::NoSecret(_) | Self::Reference(_) | Self::RunAllow(_))
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pin { key, path, to } => {
                write!(f, "pin {path}")?;
                key.as_ref().map_or(Ok(()), |key| write!(f, " of {key}"))?;
                to.map_or(Ok(()), |to| write!(f, " to {to}"))
            }
            Self::Secret(path) => write!(f, "secret path {path}"),
            Self::NoSecret(path) => write!(f, "{path} under [secrets] not"),
            Self::Reference(glob) => write!(f, "{glob} under [secrets] references"),
            Self::Word(environment, word) => write!(f, "word {word} of {environment}"),
            Self::Host(environment, host) => write!(f, "host {host} of {environment}"),
            Self::Schema { keys, file } => write!(f, "schema {file} for {keys}"),
            Self::RunAllow(name) => write!(f, "{name} under [run] allow"),
        }
    }
}

/// What a policy says, with the places in its file.
#[derive(Clone, Debug, Default)]
pub struct Clauses {
    /// What it permits and forbids, in file order of each kind.
    pub listed: Vec<(Clause, Position)>,
    /// The levels that it gives to rules; `None` is off.
    pub levels: Vec<(Rule, Option<Severity>, Position)>,
    /// The largest file that is read, in bytes, where it says so.
    pub file_bytes: Option<(usize, Position)>,
    /// What promotions do with new keys and removals, where it says so.
    pub undecided: [Option<(NewKeys, Position)>; 2],
}

/// The clauses of a policy as written; the levels come later, when their rules are known.
pub(super) fn of(raw: &RawPolicy, place: &dyn Fn(usize) -> Position) -> Clauses {
    let at = |word: &RawWord| place(word.span().start);
    let mut listed = Vec::new();
    for pin in &raw.pin {
        let (place, pin) = (place(pin.span().start), pin.get_ref());
        listed.push((Clause::Pin { key: pin.key.clone(), path: pin.path.clone(), to: pin.to }, place));
    }
    let secrets = &raw.secrets;
    let mut add = |words: &[RawWord], clause: &dyn Fn(String) -> Clause| {
        listed.extend(words.iter().map(|word| (clause(word.get_ref().clone()), at(word))));
    };
    add(&secrets.paths, &Clause::Secret);
    add(&secrets.not, &Clause::NoSecret);
    add(&secrets.references, &Clause::Reference);
    add(&raw.run.allow, &Clause::RunAllow);
    for (environment, words) in &raw.isolation.words {
        add(words, &|word| Clause::Word(*environment, word.to_lowercase()));
    }
    for (environment, hosts) in &raw.isolation.hosts {
        add(hosts, &|host| Clause::Host(*environment, host.to_lowercase()));
    }
    for mapping in &raw.schema {
        let (place, mapping) = (place(mapping.span().start), mapping.get_ref());
        listed.push((Clause::Schema { keys: mapping.keys.clone(), file: mapping.file.clone() }, place));
    }
    let promotion = &raw.promotion;
    let undecided = [&promotion.new_keys, &promotion.removals].map(|own| {
        let said = own.as_ref().or(promotion.undecided.as_ref());
        said.map(|said| (*said.get_ref(), place(said.span().start)))
    });
    let bytes = raw.limits.file_bytes.as_ref();
    let file_bytes = bytes.map(|bytes| (*bytes.get_ref(), place(bytes.span().start)));
    Clauses { listed, levels: Vec::new(), file_bytes, undecided }
}

/// The places of a text by offset.
pub(super) struct Places<'t> {
    text: &'t str,
    /// Where each line but the first begins.
    starts: Vec<usize>,
}

impl<'t> Places<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, starts: text.match_indices('\n').map(|(at, _)| at + 1).collect() }
    }

    /// The line and column of an offset.
    pub(super) fn at(&self, offset: usize) -> Position {
        let before = self.starts.partition_point(|start| *start <= offset);
        let start = before.checked_sub(1).and_then(|last| self.starts.get(last)).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |text| text.chars().count()) + 1;
        Position { line: before + 1, column }
    }
}
