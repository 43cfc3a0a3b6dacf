//! The history index changes no answer: random repositories, whose branches grow, merge, go back
//! and are rewritten, and whose index is damaged, deleted and shared.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Signature, Time};
use proptest::prelude::*;
use tempfile::TempDir;
use terrace::engine::history::{FileChange, History};
use terrace::engine::snapshot::{Place, place};
use terrace::model::{BlobId, CommitId, Environment, Key};
use terrace::store::Repository;

/// A repository whose commits are made in memory.
struct Field {
    folder: TempDir,
    git: git2::Repository,
    /// The configuration root: empty, or ending in `/`.
    root: &'static str,
    heads: Vec<Oid>,
    clock: i64,
}

/// What happens next in a repository.
#[derive(Clone, Debug)]
enum Event {
    /// Files of these numbers are written (`Some`) or removed.
    Commit(Vec<(u8, Option<u8>)>),
    /// A file takes the bytes of another, which goes.
    Rename(u8, u8),
    /// A file outside takes some bytes.
    Outside(u8, u8),
    /// A file takes the bytes of one outside, which goes; or the other way round.
    Move(u8, u8, bool),
    /// So many commits that touch nothing of concern.
    Quiet(u8),
    /// The branch goes back, and may grow anew from there.
    Back(u8),
    /// A commit of the past is merged.
    Merge(u8),
    /// The index is cut, changed, deleted, or replaced by something strange.
    Damage(u8, u16),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => prop::collection::vec((any::<u8>(), prop::option::weighted(0.8, 0..4_u8)), 1..4).prop_map(Event::Commit),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(from, to)| Event::Rename(from, to)),
        1 => (any::<u8>(), 0..4_u8).prop_map(|(n, text)| Event::Outside(n, text)),
        2 => (any::<u8>(), any::<u8>(), any::<bool>()).prop_map(|(n, file, out)| Event::Move(n, file, out)),
        1 => prop_oneof![1..4_u8, 126..131_u8].prop_map(Event::Quiet),
        2 => any::<u8>().prop_map(Event::Back),
        1 => any::<u8>().prop_map(Event::Merge),
        2 => (0..6_u8, any::<u16>()).prop_map(|(how, at)| Event::Damage(how, at)),
    ]
}

/// Few names, so that they meet; a folder that was a file and the other way round among them.
fn name(number: u8) -> String {
    let names = ["a.yaml", "b.yaml", "c.yaml", "b/d.yaml", "b/d.yaml/e.yaml", "b-.yaml", "b", "note.txt"];
    let folders = ["development", "staging", "production"];
    let (folder, name) = (usize::from(number) % 3, usize::from(number / 3) % names.len());
    format!("environments/{}/{}", folders[folder], names[name])
}

/// A place outside the folders of Terrace.
fn outside(number: u8) -> String {
    let names = ["old/dev/a.yaml", "old/stg/a.yaml", "prod-b.yaml", "environments-old/c.yaml"];
    names[usize::from(number) % names.len()].to_owned()
}

impl Field {
    fn new(root: &'static str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let git = git2::Repository::init(folder.path()).expect("a repository");
        fs::create_dir_all(folder.path().join(root).join("environments")).expect("a folder");
        let mut field = Self { folder, git, root, heads: Vec::new(), clock: 1_700_000_000 };
        field.commit(&[("README".to_owned(), Some(b"begin".to_vec()))], &[]);
        field
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join(self.root)
    }

    fn head(&self) -> Oid {
        *self.heads.last().expect("a commit")
    }

    fn commit(&mut self, files: &[(String, Option<Vec<u8>>)], others: &[Oid]) {
        let tip = self.heads.last().map(|id| self.git.find_commit(*id).expect("a commit"));
        let base = tip.as_ref().map(|tip| tip.tree().expect("a tree"));
        let mut tree = base.unwrap_or_else(|| {
            let empty = self.git.treebuilder(None).expect("a builder").write().expect("a tree");
            self.git.find_tree(empty).expect("a tree")
        });
        for (path, bytes) in files {
            let mut update = TreeUpdateBuilder::new();
            match bytes {
                Some(bytes) => {
                    let blob = self.git.blob(bytes).expect("a blob");
                    update.upsert(path.as_str(), blob, FileMode::Blob);
                }
                None => drop(update.remove(path.as_str())),
            }
            // What cannot be done (a file below a file, the removal of nothing) is left out.
            if let Ok(id) = update.create_updated(&self.git, &tree) {
                tree = self.git.find_tree(id).expect("a tree");
            }
        }
        self.clock += 60;
        let author = Signature::new("Åsa", "asa@example.com", &Time::new(self.clock, -90)).expect("a person");
        let others: Vec<_> = others.iter().map(|id| self.git.find_commit(*id).expect("a commit")).collect();
        let parents: Vec<_> = tip.iter().chain(&others).collect();
        let message = format!("change {}\n\nbody", self.clock);
        let id = self.git.commit(None, &author, &author, &message, &tree, &parents).expect("committed");
        self.heads.push(id);
    }

    /// The bytes of a file of the head.
    fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        let tree = self.git.find_commit(self.head()).expect("a commit").tree().expect("a tree");
        let blob = self.git.find_blob(tree.get_path(Path::new(path)).ok()?.id()).ok()?;
        Some(blob.content().to_vec())
    }

    fn happen(&mut self, event: &Event) {
        let some = |heads: &[Oid], n: u8| heads[usize::from(n) % heads.len()];
        let at = |number: u8| format!("{}{}", self.root, name(number));
        match event {
            Event::Commit(files) => {
                let write =
                    |(n, text): &(u8, Option<u8>)| (at(*n), text.map(|text| vec![b'0' + text, b'\n']));
                self.commit(&files.iter().map(write).collect::<Vec<_>>(), &[]);
            }
            Event::Rename(from, to) => {
                let (from, to) = (at(*from), at(*to));
                if let Some(bytes) = self.bytes(&from) {
                    self.commit(&[(from, None), (to, Some(bytes))], &[]);
                }
            }
            Event::Outside(n, text) => {
                self.commit(&[(outside(*n), Some(vec![b'0' + text, b'\n']))], &[]);
            }
            Event::Move(n, file, out) => {
                let (from, to) = (outside(*n), at(*file));
                let (from, to) = if *out { (to, from) } else { (from, to) };
                if let Some(bytes) = self.bytes(&from) {
                    self.commit(&[(from, None), (to, Some(bytes))], &[]);
                }
            }
            Event::Quiet(count) => {
                for n in 0..*count {
                    self.commit(&[("README".to_owned(), Some(vec![n]))], &[]);
                }
            }
            Event::Back(n) => {
                let to = some(&self.heads, *n);
                self.heads.push(to);
            }
            Event::Merge(n) => {
                let other = some(&self.heads, *n);
                // Two neighbours are mostly one item in two environments: such a merge is opened.
                let n = n.wrapping_mul(7);
                let files = [n, n.wrapping_add(1)].map(|file| (at(file), Some(vec![n])));
                self.commit(&files, &[other]);
            }
            Event::Damage(how, place) => self.damage(*how, usize::from(*place)),
        }
    }

    fn index(&self) -> Option<PathBuf> {
        let entries = fs::read_dir(self.git.commondir().join("terrace")).ok()?;
        let names = entries.map(|entry| entry.expect("an entry").path());
        names.into_iter().find(|path| path.to_string_lossy().contains("history-"))
    }

    fn damage(&self, how: u8, place: usize) {
        let Some(index) = self.index() else { return };
        let Ok(mut bytes) = fs::read(&index) else {
            return fs::remove_dir_all(&index).expect("removed");
        };
        let at = place % bytes.len().max(1);
        match how {
            0 => bytes.truncate(at),
            1 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 0x10),
            2 => bytes.extend_from_slice(b"more"),
            3 => bytes.clear(),
            4 => return fs::remove_file(&index).expect("removed"),
            _ => {
                fs::remove_file(&index).expect("removed");
                return fs::create_dir(&index).expect("a folder in its place");
            }
        }
        fs::write(&index, bytes).expect("damaged");
    }

    /// Asks with and without the index, and git.
    fn check(&self, dir: &Path, head: Oid) {
        let walked = self.same(dir, head);
        assert_eq!(told(&walked), self.told_by_git(head));
    }

    /// Asks with and without the index.
    fn same(&self, dir: &Path, head: Oid) -> History {
        let repository = Repository::discover(dir).expect("a repository");
        assert_eq!(repository.root_prefix(), self.root);
        let head = head.to_string().parse::<CommitId>().expect("an id");
        let walked = repository.walk_history(&head).expect("walked");
        for turn in ["first", "again"] {
            same_of_items(&repository, &head, &walked);
            assert_eq!(repository.history(&head).expect("answered"), walked, "{turn}");
        }
        same_of_items(&repository, &head, &walked);
        walked
    }

    /// The same as [`told`], by git's own comparison of trees.
    fn told_by_git(&self, head: Oid) -> Vec<Told> {
        let mut out = Vec::new();
        let mut next = Some(self.git.find_commit(head).expect("a commit"));
        while let Some(commit) = next {
            next = commit.parent(0).ok();
            let old = next.as_ref().map(|parent| parent.tree().expect("a tree"));
            let new = commit.tree().expect("a tree");
            let mut options = git2::DiffOptions::new();
            options.pathspec(format!("{}environments/", self.root)).disable_pathspec_match(true);
            let diff =
                self.git.diff_tree_to_tree(old.as_ref(), Some(&new), Some(&mut options)).expect("a diff");
            let blob = |id: Oid| if id.is_zero() { String::new() } else { id.to_string() };
            for delta in diff.deltas() {
                let path = delta.new_file().path().expect("a path").to_str().expect("text");
                let path = path.strip_prefix(self.root).expect("below").to_owned();
                let blobs = [blob(delta.old_file().id()), blob(delta.new_file().id())];
                out.push((commit.id().to_string(), path, blobs));
            }
        }
        out.sort();
        out
    }

    fn git(&self, dir: &Path, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(dir)
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

/// What is looked up of one item is what the whole history says of it.
fn same_of_items(repository: &Repository, head: &CommitId, whole: &History) {
    let changes = whole.commits().iter().flat_map(|commit| &commit.changes);
    let keys: BTreeSet<Key> = changes
        .filter_map(|change| match place(&change.path) {
            Some(Place::Item(id)) => Some(id.key),
            _ => None,
        })
        .collect();
    for key in keys {
        let part = repository.history_of_items(head, std::slice::from_ref(&key)).expect("answered");
        for environment in Environment::ALL {
            let said = |history: &History| {
                let began = history.begins_at_move(&key, environment).map(|commit| commit.id.clone());
                (history.blobs(&key, environment), began)
            };
            assert_eq!(said(&part), said(whole), "{key} in {environment}");
        }
    }
}

/// One changed file: commit, path, blobs before and after.
type Told = (String, String, [String; 2]);

/// What a history says, in an order of its own.
fn told(history: &History) -> Vec<Told> {
    let blob = |id: &Option<BlobId>| id.as_ref().map_or_else(String::new, ToString::to_string);
    let changes = history.commits().iter().flat_map(|commit| {
        let told =
            |c: &FileChange| (commit.info.id.to_string(), c.path.clone(), [blob(&c.before), blob(&c.after)]);
        commit.changes.iter().filter(|change| change.path.starts_with("environments/")).map(told)
    });
    let mut out: Vec<_> = changes.collect();
    out.sort();
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_are_the_same_with_and_without_the_index(
        nested in any::<bool>(),
        events in prop::collection::vec((event(), any::<bool>()), 1..25),
    ) {
        let mut field = Field::new(if nested { "deploy/config/" } else { "" });
        for (event, ask) in &events {
            field.happen(event);
            if *ask {
                field.same(&field.dir(), field.head());
            }
        }
        let past = field.heads[field.heads.len() / 2];
        field.same(&field.dir(), field.head());
        field.same(&field.dir(), past);
        field.check(&field.dir(), field.head());
    }
}

#[test]
fn what_a_file_was_outside_is_looked_up_too() {
    let mut field = Field::new("");
    for event in [Event::Outside(61, 0), write(3, 0), Event::Move(133, 31, false)] {
        field.happen(&event);
    }
    field.check(&field.dir(), field.head());
}

fn write(number: u8, text: u8) -> Event {
    Event::Commit(vec![(number, Some(text))])
}

/// A history of some length, and where it ends.
fn grown(commits: u8) -> Field {
    let mut field = Field::new("");
    for n in 0..commits {
        field.happen(&write(n, n % 4));
        field.happen(&Event::Quiet(1));
    }
    field.git.reference("refs/heads/main", field.head(), true, "test").expect("a branch");
    field.git.set_head("refs/heads/main").expect("checked out");
    field
}

#[test]
fn only_new_commits_are_walked() {
    let mut field = grown(20);
    field.check(&field.dir(), field.head());
    let repository = Repository::discover(&field.dir()).expect("a repository");
    let old =
        repository.history(&field.head().to_string().parse::<CommitId>().expect("an id")).expect("answered");
    // Nobody can walk through a tree that is gone.
    let gone = field.git.find_commit(field.heads[4]).expect("a commit").tree_id().to_string();
    let object = field.git.path().join("objects").join(&gone[..2]).join(&gone[2..]);
    fs::remove_file(object).expect("removed");
    for event in [write(1, 9), Event::Quiet(3), write(2, 9)] {
        field.happen(&event);
    }
    let head = field.head().to_string().parse::<CommitId>().expect("an id");
    let new = repository.history(&head).expect("answered from the index");
    assert_eq!(new.commits().len(), old.commits().len() + 2);
    assert_eq!(new.commits()[2..], *old.commits());
    repository.walk_history(&head).expect_err("the tree is gone");
    fs::remove_file(field.index().expect("an index")).expect("deleted");
    repository.history(&head).expect_err("without the index it is walked");
}

#[test]
fn linked_work_trees_share_the_index() {
    let field = grown(20);
    let linked = field.folder.path().join("linked");
    field.git(field.folder.path(), &["worktree", "add", "-q", "--detach", "linked", "main~4"]);
    field.check(&linked, field.heads[5]);
    let index = field.index().expect("an index below the common folder");
    let before = fs::read(&index).expect("read");
    field.check(&field.dir(), field.head());
    assert!(fs::read(&index).expect("read").len() > before.len());
    let both = fs::read(&index).expect("read");
    field.check(&linked, field.heads[5]);
    assert_eq!(fs::read(&index).expect("read"), both, "both branches stay known");
}

#[test]
fn a_folder_that_cannot_be_written_is_no_failure() {
    for how in ["file", "link"] {
        let field = grown(3);
        let terrace = field.git.commondir().join("terrace");
        let elsewhere = field.folder.path().join("elsewhere");
        if how == "file" {
            fs::write(&terrace, "in the way").expect("written");
        } else {
            fs::create_dir(&elsewhere).expect("a folder");
            #[cfg(unix)]
            std::os::unix::fs::symlink(&elsewhere, &terrace).expect("a link");
        }
        field.check(&field.dir(), field.head());
        assert!(!elsewhere.exists() || fs::read_dir(&elsewhere).expect("read").next().is_none());
    }
}

#[test]
fn a_shallow_clone_that_grows_is_walked_again() {
    let field = grown(8);
    let url = format!("file://{}", field.folder.path().display());
    field.git(field.folder.path(), &["clone", "-q", "--depth", "5", &url, "shallow"]);
    let shallow = field.folder.path().join("shallow");
    let repository = Repository::discover(&shallow).expect("a repository");
    let head = repository.require_head().expect("a commit");
    field.same(&shallow, field.head());
    assert!(!repository.history(&head).expect("answered").is_complete());
    for deeper in [["fetch", "-q", "--depth", "9"].as_slice(), &["fetch", "-q", "--unshallow"]] {
        field.git(&shallow, deeper);
        field.same(&shallow, field.head());
    }
    let whole = Repository::discover(&shallow).expect("a repository").history(&head).expect("answered");
    assert!(whole.is_complete());
    assert_eq!(whole.commits().len(), 8);
}

#[test]
fn writers_at_the_same_time_do_not_disturb_each_other() {
    let field = grown(30);
    let dir = field.dir();
    let heads = field.heads.clone();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let (dir, heads) = (&dir, &heads);
            scope.spawn(move || {
                let repository = Repository::discover(dir).expect("a repository");
                for turn in 0..25 {
                    let head = heads[(turn * 13 + writer * 7) % heads.len()]
                        .to_string()
                        .parse::<CommitId>()
                        .expect("an id");
                    let walked = repository.walk_history(&head).expect("walked");
                    assert_eq!(repository.history(&head).expect("answered"), walked);
                    if turn % 10 == writer {
                        let folder = repository.common_dir().join("terrace");
                        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                            let _ = fs::remove_file(entry.path());
                        }
                    }
                }
            });
        }
    });
    let left = fs::read_dir(field.git.commondir().join("terrace")).expect("read").count();
    assert!(left <= 1, "{left} files left behind");
}
