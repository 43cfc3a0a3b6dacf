//! Git's tree objects, compared as bytes.
//!
//! Two versions of a wide folder are equal but for an entry or two, so they are walked side by
//! side as they lie in the object database, without a structure for each entry. This file knows
//! nothing of commits, and of paths only how to join them.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use git2::{Odb, Oid, Repository as Git};

use super::git_error::git_error;
use super::odb;
use crate::engine::history::FileChange;
use crate::engine::snapshot::{FileEntry, FileKind};
use crate::model::{BlobId, Error, Result};

/// What an entry of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tree,
    Blob,
    Submodule,
}

/// One entry of a tree.
#[derive(Clone, Copy, Debug)]
struct TreeEntry<'a> {
    name: &'a [u8],
    kind: Kind,
    is_link: bool,
    id: Oid,
}

/// The last tree that was read at each path: the next commit's "after" is mostly this commit's
/// "before".
#[derive(Default)]
pub(super) struct LastTrees(HashMap<String, (Oid, Rc<[u8]>)>);

/// Is told of what differs: its path, and what stands there before and after.
type Visit<'v> = dyn FnMut(String, (Option<TreeEntry<'_>>, Option<TreeEntry<'_>>)) + 'v;

/// Reads trees.
pub(super) struct Trees<'r> {
    git: &'r Git,
    odb: Odb<'r>,
    last: &'r mut LastTrees,
    /// Links count as what is not there.
    files_alone: bool,
}

impl<'r> Trees<'r> {
    pub(super) fn of(git: &'r Git, last: &'r mut LastTrees) -> Result<Self> {
        let odb = git.odb().map_err(|error| git_error("open the objects", &error))?;
        Ok(Self { git, odb, last, files_alone: false })
    }

    /// Compares regular files alone: a link in the place of one means that it is gone.
    pub(super) fn of_files_alone(git: &'r Git, last: &'r mut LastTrees) -> Result<Self> {
        Ok(Self { files_alone: true, ..Self::of(git, last)? })
    }

    /// The blob of the regular file at a path below the tree `root`.
    pub(super) fn file(&mut self, root: Oid, path: &str) -> Result<Option<Oid>> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Some(id) = self.folder(root, folder.split_terminator('/'))? else { return Ok(None) };
        let tree = self.read(&format!("/{folder}/"), id)?;
        for entry in entries(&tree, id) {
            let entry = entry?;
            if entry.name == name.as_bytes() {
                return Ok(Some(entry.id).filter(|_| entry.kind == Kind::Blob && !entry.is_link));
            }
        }
        Ok(None)
    }

    /// The tree of a folder below the tree `root`; `None` when there is no such folder.
    pub(super) fn folder<'n>(
        &mut self,
        root: Oid,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Option<Oid>> {
        let mut id = root;
        // No path of a configuration begins like this, so these trees stay apart from compared ones.
        let mut path = "/".to_owned();
        for name in names {
            let tree = self.read(&path, id)?;
            let found = entries(&tree, id).find(|entry| match entry {
                Ok(entry) => entry.name == name.as_bytes(),
                Err(_) => true,
            });
            match found.transpose()? {
                Some(entry) if entry.kind == Kind::Tree => id = entry.id,
                _ => return Ok(None),
            }
            path.push_str(name);
            path.push('/');
        }
        Ok(Some(id))
    }

    /// Appends the files that differ between two versions of the folder at `path`, either of which
    /// may be absent.
    pub(super) fn compare(
        &mut self,
        path: &str,
        before: Option<Oid>,
        after: Option<Oid>,
        out: &mut Vec<FileChange>,
    ) -> Result<()> {
        self.compare_within(path, (before, after), &|_| true, out)
    }

    /// The same for the files that `wants` says yes to; a folder, whose path ends in `/`, is opened
    /// only when it does.
    pub(super) fn compare_within(
        &mut self,
        path: &str,
        sides: (Option<Oid>, Option<Oid>),
        wants: &dyn Fn(&str) -> bool,
        out: &mut Vec<FileChange>,
    ) -> Result<()> {
        let files_alone = self.files_alone;
        let blob = |entry: Option<TreeEntry<'_>>| {
            let entry = entry.filter(|it| it.kind == Kind::Blob && !(files_alone && it.is_link));
            entry.map(|entry| BlobId::new(entry.id.to_string()))
        };
        self.walk_differing(path, sides, wants, &mut |path, (before, after)| {
            let (before, after) = (blob(before), blob(after));
            if before != after {
                out.push(FileChange::new(path, before, after));
            }
        })
    }

    /// The submodules that came, went or moved between two versions of a folder.
    pub(super) fn submodules(
        &mut self,
        path: &str,
        sides: (Option<Oid>, Option<Oid>),
        out: &mut Vec<String>,
    ) -> Result<()> {
        self.walk_differing(path, sides, &|_| true, &mut |path, (before, after)| {
            let mut either = before.into_iter().chain(after);
            if either.any(|entry| entry.kind == Kind::Submodule) {
                out.push(path);
            }
        })
    }

    /// Gathers what stands now (`None` for nothing) at each path of which `wants` says yes and at which
    /// something else stood: another content or another kind of thing.
    pub(super) fn differing(
        &mut self,
        path: &str,
        sides: (Option<Oid>, Option<Oid>),
        wants: &dyn Fn(&str) -> bool,
        out: &mut BTreeMap<String, Option<FileEntry>>,
    ) -> Result<()> {
        self.walk_differing(path, sides, wants, &mut |path, (before, after)| {
            let (before, after) = (before.map(|it| it.file()), after.map(|it| it.file()));
            if before != after {
                out.insert(path, after);
            }
        })
    }

    /// Visits every entry but the folders that is not the same in two versions of a folder.
    fn walk_differing(
        &mut self,
        path: &str,
        (before, after): (Option<Oid>, Option<Oid>),
        wants: &dyn Fn(&str) -> bool,
        visit: &mut Visit<'_>,
    ) -> Result<()> {
        let new = after.map(|id| self.read(path, id)).transpose()?.unwrap_or_default();
        let old = before.map(|id| self.read(path, id)).transpose()?.unwrap_or_default();
        let nothing = Oid::ZERO_SHA1;
        let mut old = entries(&old, before.unwrap_or(nothing));
        let mut new = entries(&new, after.unwrap_or(nothing));
        loop {
            old.skip_what_is_equal(&mut new);
            let (a, b) = match (old.peek()?, new.peek()?) {
                (None, None) => return Ok(()),
                (Some(a), Some(b)) if a.is_before(&b) => (Some(a), None),
                (Some(a), Some(b)) if b.is_before(&a) => (None, Some(b)),
                both => both,
            };
            if a.is_some() {
                old.step();
            }
            if b.is_some() {
                new.step();
            }
            self.walk_entry(path, (a, b), wants, visit)?;
        }
    }

    fn walk_entry(
        &mut self,
        folder: &str,
        (before, after): (Option<TreeEntry<'_>>, Option<TreeEntry<'_>>),
        wants: &dyn Fn(&str) -> bool,
        visit: &mut Visit<'_>,
    ) -> Result<()> {
        let Some(name) = before.or(after).map(|entry| entry.name) else { return Ok(()) };
        let path = format!("{folder}/{}", String::from_utf8_lossy(name));
        let tree = |entry: Option<TreeEntry<'_>>| {
            entry.filter(|found| found.kind == Kind::Tree).map(|found| found.id)
        };
        let (old, new) = (tree(before), tree(after));
        if old != new && wants(&format!("{path}/")) {
            self.walk_differing(&path, (old, new), wants, visit)?;
        }
        let [before, after] = [before, after].map(|side| side.filter(|it| it.kind != Kind::Tree));
        if (before.is_some() || after.is_some()) && wants(&path) {
            visit(path, (before, after));
        }
        Ok(())
    }

    /// Gathers what stands at the `wanted` paths below `folder`, in whatever letter case they are
    /// written; a path that ends in `/` wants all that is below. What stands where a folder should
    /// is told under its own path. `folder` is empty or ends in `/`.
    pub(super) fn pick(
        &mut self,
        folder: &str,
        tree: Oid,
        wanted: &[&str],
        out: &mut BTreeMap<String, FileEntry>,
    ) -> Result<()> {
        let mut names: HashMap<Vec<u8>, Vec<&str>> = HashMap::new();
        let everything = wanted.contains(&"");
        for path in wanted {
            let (name, rest) = path.split_once('/').map_or((*path, None), |(name, rest)| (name, Some(rest)));
            names.entry(name.to_ascii_lowercase().into_bytes()).or_default().extend(rest);
        }
        let bytes = self.read(folder.trim_end_matches('/'), tree)?;
        let mut lower = Vec::new();
        for entry in entries(&bytes, tree) {
            let entry = entry?;
            lower.clear();
            lower.extend(entry.name.iter().map(u8::to_ascii_lowercase));
            let below = if everything { Some(&[""][..]) } else { names.get(&lower).map(Vec::as_slice) };
            let Some(below) = below else { continue };
            let path = format!("{folder}{}", String::from_utf8_lossy(entry.name));
            match entry.kind {
                // A folder where only a file is wanted.
                Kind::Tree if below.is_empty() => _ = out.insert(path, entry.file()),
                Kind::Tree => self.pick(&format!("{path}/"), entry.id, below, out)?,
                Kind::Blob | Kind::Submodule => _ = out.insert(path, entry.file()),
            }
        }
        Ok(())
    }

    fn read(&mut self, path: &str, id: Oid) -> Result<Rc<[u8]>> {
        if let Some((_, bytes)) = self.last.0.get(path).filter(|(known, _)| *known == id) {
            return Ok(Rc::clone(bytes));
        }
        let found = odb::retry(self.git, || self.odb.read(id))
            .map_err(|error| git_error(&format!("read tree {id}"), &error))?;
        let bytes: Rc<[u8]> = Rc::from(found.data());
        self.last.0.insert(path.to_owned(), (id, Rc::clone(&bytes)));
        Ok(bytes)
    }
}

/// The entries of a tree object: `mode name NUL id`, one after the other.
struct Entries<'a> {
    rest: &'a [u8],
    tree: Oid,
}

const fn entries(bytes: &[u8], tree: Oid) -> Entries<'_> {
    Entries { rest: bytes, tree }
}

/// The bytes of an id.
const ID: usize = 20;

impl<'a> Entries<'a> {
    /// Goes past the entries that both trees begin with.
    fn skip_what_is_equal(&mut self, other: &mut Self) {
        while let Some(end) = self.end().filter(|end| {
            let same = self.rest.get(..*end);
            same.is_some() && same == other.rest.get(..*end)
        }) {
            self.rest = self.rest.get(end..).unwrap_or_default();
            other.rest = other.rest.get(end..).unwrap_or_default();
        }
    }

    /// Where the first entry ends.
    fn end(&self) -> Option<usize> {
        let name_end = self.rest.iter().position(|byte| *byte == 0)?;
        Some(name_end + 1 + ID)
    }

    fn step(&mut self) {
        let end = self.end().unwrap_or(self.rest.len());
        self.rest = self.rest.get(end..).unwrap_or_default();
    }

    fn peek(&self) -> Result<Option<TreeEntry<'a>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let entry = self.first();
        entry.map(Some).ok_or_else(|| {
            Error::unreadable(format!("tree {} is damaged", self.tree))
                .with_help("`git fsck` tells whether the repository is sound")
        })
    }

    fn first(&self) -> Option<TreeEntry<'a>> {
        let end = self.end()?;
        let (head, id) = self.rest.get(..end)?.split_at_checked(end - ID)?;
        let space = head.iter().position(|byte| *byte == b' ')?;
        let (mode, name) = head.split_at_checked(space)?;
        let kind = match mode {
            b"40000" | b"040000" => Kind::Tree,
            b"160000" => Kind::Submodule,
            _ => Kind::Blob,
        };
        let name = name.strip_prefix(b" ")?.strip_suffix(b"\0")?;
        let is_link = mode == b"120000";
        Some(TreeEntry { name, kind, is_link, id: Oid::from_bytes(id).ok()? })
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<TreeEntry<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.peek().transpose();
        match entry {
            Some(Err(_)) => self.rest = &[],
            _ => self.step(),
        }
        entry
    }
}

impl TreeEntry<'_> {
    fn file(&self) -> FileEntry {
        let kind = match self.kind {
            Kind::Blob if self.is_link => FileKind::Symlink,
            Kind::Blob => FileKind::File,
            Kind::Tree => FileKind::Folder,
            Kind::Submodule => FileKind::Repository,
        };
        FileEntry { blob: Some(BlobId::new(self.id.to_string())), kind }
    }

    /// Git's order: by bytes, a folder as if its name ended in `/`.
    fn is_before(&self, other: &Self) -> bool {
        fn bytes<'e>(entry: &'e TreeEntry<'_>) -> impl Iterator<Item = u8> + 'e {
            entry.name.iter().copied().chain((entry.kind == Kind::Tree).then_some(b'/'))
        }
        bytes(self).lt(bytes(other))
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, entries};
    use git2::Oid;

    fn entry(mode: &str, name: &str, id: u8) -> Vec<u8> {
        [format!("{mode} {name}\0").as_bytes(), &[id; 20]].concat()
    }

    #[test]
    fn entries_are_read_and_damage_is_an_error() {
        let tree = [entry("100644", "a.yaml", 1), entry("40000", "b c", 2), entry("160000", "d", 3)].concat();
        let read: Vec<_> = entries(&tree, Oid::ZERO_SHA1).map(|entry| entry.expect("sound")).collect();
        let kinds: Vec<_> = read.iter().map(|entry| (entry.name, entry.kind)).collect();
        assert_eq!(
            kinds,
            [(&b"a.yaml"[..], Kind::Blob), (&b"b c"[..], Kind::Tree), (&b"d"[..], Kind::Submodule)]
        );
        let ends = [34, 64];
        for cut in (1..tree.len()).filter(|cut| !ends.contains(cut)) {
            assert!(entries(&tree[..cut], Oid::ZERO_SHA1).any(|entry| entry.is_err()), "{cut}");
        }
    }

    #[test]
    fn a_folder_sorts_as_if_its_name_ended_in_a_slash() {
        let tree = [entry("100644", "a.yaml", 1), entry("40000", "a", 2), entry("100644", "a0", 3)].concat();
        let read: Vec<_> = entries(&tree, Oid::ZERO_SHA1).map(|entry| entry.expect("sound")).collect();
        assert!(read[0].is_before(&read[1]) && read[1].is_before(&read[2]) && !read[2].is_before(&read[1]));
    }

    #[test]
    fn equal_beginnings_are_skipped() {
        let (a, b) = (entry("100644", "a", 1), entry("100644", "b", 2));
        let (old, new) = ([a.clone(), b].concat(), [a, entry("100644", "b", 9)].concat());
        let (mut old, mut new) = (entries(&old, Oid::ZERO_SHA1), entries(&new, Oid::ZERO_SHA1));
        old.skip_what_is_equal(&mut new);
        assert_eq!(old.peek().unwrap().unwrap().name, b"b");
        assert_eq!(new.peek().unwrap().unwrap().name, b"b");
    }
}
