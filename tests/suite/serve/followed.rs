//! An environment that was followed from commit to commit is what it is when it is read anew, with what
//! was remembered and without: random branches, with whatever may stand in a tree.

use std::collections::BTreeMap;
use std::fs;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Signature, Time};
use proptest::prelude::*;
use tempfile::TempDir;
use terrace::model::{CommitId, Environment};
use terrace::ops::{ServedEnvironment, SharedHistory};
use terrace::store::Repository;

/// What happens next to a branch.
#[derive(Clone, Debug)]
enum Event {
    /// Files of these numbers become this, or go.
    Commit(Vec<(u8, Option<u8>)>),
    /// So many commits are taken back.
    Back(u8),
    /// Several commits at once: nobody looks in between.
    Several(Vec<(u8, Option<u8>)>),
    /// What is remembered is damaged.
    Damage(u16),
}

fn event() -> impl Strategy<Value = Event> {
    let files = || prop::collection::vec((any::<u8>(), prop::option::weighted(0.8, any::<u8>())), 1..4);
    prop_oneof![
        8 => files().prop_map(Event::Commit),
        1 => (1..4_u8).prop_map(Event::Back),
        2 => files().prop_map(Event::Several),
        1 => any::<u16>().prop_map(Event::Damage),
    ]
}

/// Where files stand: items, what is none, folders where files were, and other letter cases.
const PATHS: [&str; 24] = [
    "environments/development/a.yaml",
    "environments/staging/a.yaml",
    "environments/production/a.yaml",
    "environments/staging/b.yaml",
    "environments/production/b.yaml",
    "environments/production/b/c.yaml",
    "environments/production/b.yaml/d.yaml",
    "environments/production/A.yaml",
    "environments/production/a b.yaml",
    "environments/production/notes.txt",
    "environments/Production/e.yaml",
    "environments/production",
    "environments/qa/a.yaml",
    "environments",
    "schemas/a.schema.json",
    "schemas/b.production.schema.json",
    "schemas/common.json",
    "schemas",
    "environments/staging/a.production.yaml",
    "environments/staging/shared.json",
    "terrace.toml",
    "terrace.toml",
    ".terrace/decisions/production/a/x.toml",
    "README.md",
];

fn text(path: &str, number: u8) -> &'static str {
    let texts = match path.rsplit('.').next() {
        Some("yaml") => {
            ["size: 1\n", "size: two\n", "size: [\n", "size: 1\nsize: 2\n", "password: hunter2\n"]
        }
        Some("json") => {
            ["{}", r#"{"required": ["size"]}"#, r#"{"$ref": "common.json"}"#, "{", r#"{"type": "string"}"#]
        }
        Some("toml") => [
            "",
            "[rules]\nsyntax = \"warning\"\n",
            "[[schema]]\nkeys = \"a\"\nfile = \"environments/staging/shared.json\"\n",
            "nonsense = [\n",
            "[rules]\nschema = \"off\"\n",
        ],
        _ => ["x", "y", "z", "", "w"],
    };
    texts[usize::from(number) % texts.len()]
}

/// A repository whose commits are made in memory.
struct Branch {
    folder: TempDir,
    git: git2::Repository,
    root: &'static str,
    files: Vec<BTreeMap<String, (FileMode, &'static str)>>,
    heads: Vec<Oid>,
    clock: i64,
}

impl Branch {
    fn new(root: &'static str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let git = git2::Repository::init_bare(folder.path()).expect("a repository");
        let mut branch =
            Self { folder, git, root, files: vec![BTreeMap::new()], heads: Vec::new(), clock: 1_700_000_000 };
        branch.commit(&[(2, Some(0)), (1, Some(0)), (0, Some(0))]);
        branch
    }

    fn commit(&mut self, changes: &[(u8, Option<u8>)]) {
        let mut files = self.files.last().expect("a state").clone();
        for (number, content) in changes {
            let path = PATHS[usize::from(*number) % PATHS.len()];
            let full = format!("{}{path}", self.root);
            files.remove(&full);
            let Some(content) = content else { continue };
            // A folder gives way to a file, and a file to a folder.
            files.retain(|other, _| {
                !other.starts_with(&format!("{full}/")) && !full.starts_with(&format!("{other}/"))
            });
            let mode = if content % 16 == 15 { FileMode::Link } else { FileMode::Blob };
            files.insert(full, (mode, text(path, content / 2)));
        }
        let empty = self.git.treebuilder(None).expect("a builder").write().expect("a tree");
        let mut update = TreeUpdateBuilder::new();
        for (path, (mode, text)) in &files {
            update.upsert(path.as_str(), self.git.blob(text.as_bytes()).expect("a blob"), *mode);
        }
        let empty = self.git.find_tree(empty).expect("a tree");
        let tree = update.create_updated(&self.git, &empty).expect("a tree");
        self.clock += 60;
        let author = Signature::new("A", "a@example.com", &Time::new(self.clock, 0)).expect("a person");
        let parent = self.heads.last().map(|id| self.git.find_commit(*id).expect("a commit"));
        let parents: Vec<_> = parent.iter().collect();
        let tree = self.git.find_tree(tree).expect("a tree");
        let id = self.git.commit(None, &author, &author, "change", &tree, &parents).expect("committed");
        self.heads.push(id);
        self.files.push(files);
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Commit(changes) => self.commit(changes),
            Event::Several(changes) => changes.iter().for_each(|change| self.commit(&[*change])),
            Event::Back(count) => {
                let left = self.heads.len().saturating_sub(usize::from(*count)).max(1);
                self.heads.truncate(left);
                self.files.truncate(left + 1);
            }
            Event::Damage(at) => {
                let files = fs::read_dir(self.folder.path().join("terrace")).into_iter().flatten();
                for file in files.map(|file| file.expect("an entry").path()).filter(|file| file.is_file()) {
                    let mut bytes = fs::read(&file).expect("readable");
                    let at = usize::from(*at) % bytes.len().max(1);
                    bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 0x10);
                    fs::write(&file, bytes).expect("damaged");
                }
            }
        }
    }

    fn tip(&self) -> CommitId {
        self.heads.last().expect("a commit").to_string().parse().expect("an id")
    }
}

/// All that is told of an environment.
fn told(served: &ServedEnvironment) -> String {
    let good = served.good.as_ref().map(|good| {
        let snapshot = good.configuration().snapshot();
        let items: Vec<_> = snapshot.items().map(|item| (&item.id, &item.file, &item.blob)).collect();
        let misplaced: Vec<_> = snapshot.misplaced().collect();
        let files = &snapshot.files;
        format!(
            "{:?} {:?} {:#?} {:#?} {items:#?} {misplaced:#?} {files:#?}",
            good.point(),
            good.commit,
            good.commits,
            good.findings()
        )
    });
    format!("{:#?} {}", served.held_back, good.unwrap_or_default())
}

/// The lines that one says and the other does not.
fn differing(one: &ServedEnvironment, other: &ServedEnvironment) -> String {
    let (one, other) = (told(one), told(other));
    let lines = similar::TextDiff::from_lines(&one, &other).unified_diff().context_radius(2).to_string();
    if one == other { String::new() } else { lines }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn an_environment_that_is_followed_is_what_it_is_when_it_is_read(
        root in prop::sample::select(&["", "services/shop/"][..]),
        events in prop::collection::vec(event(), 1..24),
    ) {
        let mut branch = Branch::new(root);
        let repository = Repository::discover(branch.folder.path()).expect("a repository").with_root(root);
        let mut followed: BTreeMap<Environment, ServedEnvironment> = BTreeMap::new();
        for event in &events {
            branch.happen(event);
            let (tip, history) = (branch.tip(), SharedHistory::default());
            let load = |environment, before| {
                ServedEnvironment::load(&repository, environment, &tip, before, &history).expect("read")
            };
            let later = Environment::ALL.map(|environment| load(environment, followed.get(&environment)));
            let again = Environment::ALL.map(|environment| load(environment, None));
            let _ = fs::remove_dir_all(branch.folder.path().join("terrace"));
            let anew = Environment::ALL.map(|environment| load(environment, None));
            for ((later, again), anew) in later.iter().zip(&again).zip(&anew) {
                prop_assert_eq!(differing(later, anew), "", "followed");
                prop_assert_eq!(differing(again, anew), "", "remembered");
            }
            followed = Environment::ALL.into_iter().zip(later).collect();
        }
    }
}
