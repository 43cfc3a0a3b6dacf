//! What each kind of value can be: the name of a value in the help says which kind it is.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Arg, ArgMatches, Command, CommandFactory};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::super::Cli;
use super::super::context::process_environment;
use crate::engine::candidates::Candidate;
use crate::engine::configuration::Configuration;
use crate::engine::snapshot::Snapshot;
use crate::guide::{PLAN_WORDS, TOPICS};
use crate::model::{Environment, Hop, Key, Rule};
use crate::ops::{self, At, Workspace};
use crate::report::Format;

/// The names of values that are completed here, as the help shows them.
const KINDS: [&str; 12] = [
    "KEY",
    "PATH",
    "SIDE=PATH",
    "PATH=VALUE",
    "SIDE SIDE | KEY",
    "ENVIRONMENT",
    "REV",
    "COMMIT",
    "NAME",
    "REMOTE",
    "RULE | WORD | TOPIC",
    "FORMAT",
];

/// Begins the id of a candidate whose word goes on.
pub(super) const GOES_ON: &str = "goes-on ";

/// What the words before the cursor say.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    dir: PathBuf,
    at: At,
    /// The items named, and every word that might name one.
    keys: Vec<Key>,
    /// The environments named, and the one that a promotion takes from.
    environments: Vec<Environment>,
}

impl Scene {
    /// Reads the words that are there; what is wrong with them is not said now.
    pub(super) fn read(words: &[String]) -> Self {
        let mut scene = Self { dir: PathBuf::from("."), ..Self::default() };
        let mut command = Cli::command();
        command.build();
        let Ok(matches) = command.clone().ignore_errors(true).try_get_matches_from(words) else {
            return scene;
        };
        let (mut command, mut matches) = (&command, &matches);
        scene.look(command, matches);
        while let Some((name, below)) = matches.subcommand() {
            let Some(inner) = command.find_subcommand(name) else { break };
            (command, matches) = (inner, below);
            scene.look(command, matches);
        }
        scene
    }

    fn look(&mut self, command: &Command, matches: &ArgMatches) {
        for arg in command.get_arguments() {
            let Ok(Some(values)) = matches.try_get_raw(arg.get_id().as_str()) else { continue };
            let values: Vec<&str> = values.filter_map(OsStr::to_str).collect();
            match (arg.get_id().as_str(), value_name(arg)) {
                ("started_in", _) => self.dir = values.last().map(PathBuf::from).unwrap_or_default(),
                ("at", _) => self.at = values.last().map_or(At::Here, |rev| At::Revision((*rev).to_owned())),
                ("staged", _) if values.contains(&"true") => self.at = At::Staged,
                (_, "KEY" | "SIDE SIDE | KEY") => {
                    self.keys.extend(values.iter().filter_map(|word| word.parse::<Key>().ok()));
                }
                (id, "ENVIRONMENT") => {
                    let named: Vec<Environment> =
                        values.iter().filter_map(|word| word.parse().ok()).collect();
                    self.environments.extend(&named);
                    // What is new in the source is promoted, or held, under its path there.
                    if id == "to" || command.get_name() == "hold" {
                        let hops = named.into_iter().filter_map(Hop::into_target);
                        self.environments.extend(hops.map(Hop::source));
                    }
                }
                _ => {}
            }
        }
    }

    fn workspace(&self) -> Option<Workspace> {
        Workspace::open(&self.dir, &process_environment()).ok()
    }

    /// What may hold keys that begin so: of one folder, where its name was typed.
    fn snapshot(&self, typed: &str) -> Option<Snapshot> {
        let workspace = self.workspace()?;
        let Some((folder, _)) = typed.rsplit_once('/') else { return workspace.snapshot(&self.at).ok() };
        let folders = Environment::ALL.map(|environment| format!("environments/{environment}/{folder}/"));
        let revision = workspace.revision(&self.at).ok()?;
        workspace.repository.snapshot_of_paths(&revision, &folders.into()).ok()
    }

    /// Under the policy by default where the one there is is wrong: a key that is pressed is no
    /// occasion to say so.
    fn configuration(&self) -> Option<Configuration> {
        let workspace = self.workspace()?;
        let under_defaults =
            || Some(Configuration::under(workspace.snapshot(&self.at).ok()?, Arc::default()));
        workspace.configuration(&self.at).ok().or_else(under_defaults)
    }

    fn keys(&self, typed: &str) -> Vec<Candidate> {
        let Some(snapshot) = self.snapshot(typed) else { return Vec::new() };
        let named: BTreeSet<&str> = self.keys.iter().map(Key::as_str).collect();
        let mut found = ops::key_candidates(&snapshot, &self.environments);
        found.retain(|candidate| !named.contains(candidate.text.as_str()));
        found
    }

    fn paths(&self, typed: &str) -> Vec<Candidate> {
        let Some(configuration) = self.configuration() else { return Vec::new() };
        ops::path_candidates(&configuration, &self.keys, &self.environments, typed)
    }

    fn revisions(&self) -> Vec<Candidate> {
        self.workspace().and_then(|workspace| ops::revision_candidates(&workspace).ok()).unwrap_or_default()
    }

    fn commits(&self) -> Vec<Candidate> {
        let commits = self.workspace().and_then(|workspace| ops::commit_candidates(&workspace).ok());
        commits.unwrap_or_default()
    }

    fn remotes(&self) -> Vec<Candidate> {
        let remotes = self.workspace().and_then(|workspace| workspace.repository.remotes().ok());
        remotes.unwrap_or_default().into_iter().map(|name| Candidate::new(name, "remote")).collect()
    }

    /// `[REV:]ENVIRONMENT`, or a key.
    fn sides(&self, typed: &str) -> Vec<Candidate> {
        if let Some((revision, _)) = typed.rsplit_once(':') {
            let before = |name: &str| Candidate::new(format!("{revision}:{name}"), "environment");
            return Environment::ALL.map(|environment| before(environment.name())).into();
        }
        let mut found = environments();
        found.extend(self.keys(typed));
        if !typed.is_empty() {
            let open = |c: Candidate| Candidate { text: format!("{}:", c.text), goes_on: true, ..c };
            found.extend(self.revisions().into_iter().map(open));
        }
        found
    }

    /// What a value of this name can be.
    fn offers(&self, kind: &str, typed: &str) -> Vec<Candidate> {
        match kind {
            "KEY" => self.keys(typed),
            "PATH" => self.paths(typed),
            "SIDE=PATH" => match typed.split_once('=') {
                Some((side, path)) => before(&format!("{side}="), self.paths(path)),
                None => ["source=", "target="].map(open).into(),
            },
            "PATH=VALUE" => {
                let end = |c: Candidate| if c.goes_on { c } else { open(&format!("{}=", c.text)) };
                self.paths(typed).into_iter().map(end).collect()
            }
            "SIDE SIDE | KEY" => self.sides(typed),
            "ENVIRONMENT" => environments(),
            "REV" => self.revisions(),
            "COMMIT" => [self.commits(), self.revisions()].concat(),
            "NAME" => self.revisions().into_iter().filter(|candidate| candidate.note == "branch").collect(),
            "REMOTE" => self.remotes(),
            "RULE | WORD | TOPIC" => {
                let rules =
                    Rule::ALL.iter().map(|rule| Candidate::new(rule.id(), rule.severity().to_string()));
                let words = PLAN_WORDS.into_iter().map(|known| Candidate::new(known.word, "in a plan"));
                let pages = TOPICS.into_iter().map(|topic| Candidate::new(topic.name, topic.title()));
                rules.chain(words).chain(pages).collect()
            }
            "FORMAT" => Format::ALL.map(|format| Candidate::new(format.name(), "")).into(),
            _ => Vec::new(),
        }
    }
}

fn environments() -> Vec<Candidate> {
    Environment::ALL.map(|environment| Candidate::new(environment.name(), "environment")).into()
}

fn open(text: &str) -> Candidate {
    Candidate { goes_on: true, ..Candidate::new(text, "") }
}

fn before(prefix: &str, candidates: Vec<Candidate>) -> Vec<Candidate> {
    let join = |c: Candidate| Candidate { text: format!("{prefix}{}", c.text), ..c };
    candidates.into_iter().map(join).collect()
}

fn value_name(arg: &Arg) -> &str {
    arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str())
}

/// The command with a source of candidates for every argument of a known kind.
pub(super) fn attach(command: Command, scene: &Arc<Scene>) -> Command {
    let complete = |arg: Arg| {
        let kind = value_name(&arg).to_owned();
        // A closed set of values completes itself.
        if !arg.get_possible_values().is_empty() || !KINDS.contains(&kind.as_str()) {
            return arg;
        }
        let scene = Arc::clone(scene);
        arg.add(ArgValueCompleter::new(move |typed: &OsStr| {
            let typed = typed.to_str().unwrap_or_default();
            let mut found = scene.offers(&kind, typed);
            found.retain(|candidate| candidate.text.starts_with(typed));
            found.into_iter().map(candidate).collect()
        }))
    };
    command.mut_args(complete).mut_subcommands(|inner| attach(inner, scene))
}

fn candidate(candidate: Candidate) -> CompletionCandidate {
    let mark = if candidate.goes_on { GOES_ON } else { "" };
    let id = format!("{mark}{}", candidate.text);
    CompletionCandidate::new(candidate.text).help(Some(candidate.note.into())).id(Some(id))
}
