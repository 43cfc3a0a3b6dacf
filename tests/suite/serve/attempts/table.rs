//! The table: attempts, the doors by which each is made, and what was observed.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::scene::Scene;

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Door {
    CommandLine,
    Export,
    Watch,
    Library,
    Client,
    ApiRead,
    ApiWrite,
    Spring,
    Ofrep,
    Argo,
    Page,
    Replica,
    Publish,
    Drivers,
    Hooks,
    Git,
}

impl Door {
    /// All of them, in the order of the columns.
    pub(super) const ALL: [Self; 16] = [
        Self::CommandLine,
        Self::Export,
        Self::Watch,
        Self::Library,
        Self::Client,
        Self::ApiRead,
        Self::ApiWrite,
        Self::Spring,
        Self::Ofrep,
        Self::Argo,
        Self::Page,
        Self::Replica,
        Self::Publish,
        Self::Drivers,
        Self::Hooks,
        Self::Git,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::CommandLine => "command line",
            Self::Export => "export, run",
            Self::Watch => "watch",
            Self::Library => "library",
            Self::Client => "Rust client",
            Self::ApiRead => "API read",
            Self::ApiWrite => "API write",
            Self::Spring => "Spring",
            Self::Ofrep => "OFREP",
            Self::Argo => "Argo CD",
            Self::Page => "page",
            Self::Replica => "replica",
            Self::Publish => "publish",
            Self::Drivers => "git drivers",
            Self::Hooks => "git hooks",
            Self::Git => "git level",
        }
    }

    /// Why an attempt is not made by this door, where its row says nothing else.
    pub(super) const fn why_not(self) -> &'static str {
        match self {
            Self::CommandLine => "whoever has the repository reads and writes all of it",
            Self::Export => "it gives one item of one environment to a process, and does nothing else",
            Self::Watch => "it judges files, shows no values and writes nothing",
            Self::Library => "it reads the caller's own repository, by the type of an environment",
            Self::Client => "its methods have no such argument; the API behind it is tried",
            Self::ApiRead => "it reads one environment, and changes nothing",
            Self::ApiWrite => "it writes items and promotes, and shows nothing that reading does not",
            Self::Spring => "the protocol reads items by name and profile alone",
            Self::Ofrep => "the protocol reads single values alone",
            Self::Argo => "the protocol reads one item's values alone",
            Self::Page => "its forms and addresses have no such field",
            Self::Replica => "it answers by the same routes; what it reads and writes elsewhere is tried",
            Self::Publish => "it takes an environment and a store, and no key, token or plan",
            Self::Drivers => "git gives them texts of one path, and no environment",
            Self::Hooks => "they judge what is staged, and are asked by nobody but git",
            Self::Git => "nothing of it is a matter of files or commits",
        }
    }
}

/// How an attempt was not refused as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Red {
    /// It came through, or was answered otherwise.
    Through(String),
    /// It could not be made.
    Panicked(String),
}

impl fmt::Display for Red {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Through(told) => f.write_str(told),
            Self::Panicked(told) => write!(f, "could not be tried: {told}"),
        }
    }
}

/// What refused an attempt, or how it came through.
pub(super) type Outcome = Result<String, Red>;

/// What came of an attempt by one door: each try, and what was observed.
pub(super) type Cells = BTreeMap<Door, Vec<Outcome>>;

/// One attempt.
pub(super) struct Row {
    pub(super) attempt: &'static str,
    pub(super) make: fn(&mut Tries<'_>),
}

impl Row {
    pub(super) fn of(self: &Row, scene: &Scene) -> Cells {
        let mut tries = Tries { scene, cells: Cells::new(), before: None };
        // What stands around the tries of a row belongs to none of its doors.
        if let Err(panicked) = caught(|| {
            (self.make)(&mut tries);
            Ok(String::new())
        }) {
            tries.note(Door::Git, Err(panicked));
        }
        tries.cells
    }
}

/// A try that panics is a red cell, and the next one is made.
fn caught(attempt: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|panic| {
        let told = panic.downcast_ref::<String>().map(String::as_str);
        let told = told.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Red::Panicked(told.unwrap_or("it panicked").to_owned()))
    })
}

/// The tries of one attempt.
pub(super) struct Tries<'s> {
    pub(super) scene: &'s Scene,
    cells: Cells,
    /// The repository as the last try left it.
    before: Option<BTreeMap<String, Vec<u8>>>,
}

impl Tries<'_> {
    /// Tries something that has to leave the repository as it is.
    pub(super) fn by(&mut self, door: Door, attempt: impl FnOnce(&Scene) -> Outcome) {
        let before = self.before.take().unwrap_or_else(|| self.scene.world.state());
        let outcome = caught(|| attempt(self.scene));
        let after = self.scene.world.state();
        let outcome = match after == before {
            true => outcome,
            false => Err(Red::Through(format!("the repository was changed: {outcome:?}"))),
        };
        self.before = Some(after);
        self.note(door, outcome);
    }

    /// Tries something in a repository of its own, which may change.
    pub(super) fn apart(&mut self, door: Door, attempt: impl FnOnce() -> Outcome) {
        self.note(door, caught(attempt));
    }

    /// Takes down what was observed.
    fn note(&mut self, door: Door, outcome: Outcome) {
        self.cells.entry(door).or_default().push(outcome);
    }
}

/// Prints the table; how many tries and cells it has.
pub(super) fn print(table: &[(&str, Cells)]) -> (usize, usize) {
    let line = |name: &str, cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:<12}")).collect();
        println!("{name:<44}{}", cells.join(" ").trim_end());
    };
    line("", Door::ALL.map(|door| door.name().to_owned()).to_vec());
    let (mut tries, mut made) = (0, 0);
    for (attempt, cells) in table {
        let shown = Door::ALL.iter().map(|door| match cells.get(door) {
            Some(outcomes) => {
                tries += outcomes.len();
                made += 1;
                let mut seen: Vec<&str> = Vec::new();
                for outcome in outcomes {
                    let text = outcome.as_deref().unwrap_or("THROUGH");
                    if !seen.contains(&text) {
                        seen.push(text);
                    }
                }
                seen.join("/")
            }
            None => "–".to_owned(),
        });
        line(attempt, shown.collect());
    }
    println!("– is no way there:");
    for door in Door::ALL {
        println!("  {:<13} {}", door.name(), door.why_not());
    }
    println!(
        "{} attempts by {} doors: {made} cells, {tries} tries, each refused as observed",
        table.len(),
        Door::ALL.len()
    );
    (made, tries)
}
