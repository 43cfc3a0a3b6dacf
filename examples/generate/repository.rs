//! A repository to measure on: items in three environments, and commits that change two or three
//! files each. The same numbers give the same commits.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use git2::{Buf, FileMode, Oid, Repository, Signature, Time, build::TreeUpdateBuilder};

const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];

/// How many items a folder has.
const FOLDER: usize = 200;

/// How many values of an item change over time.
const VALUES: usize = 16;

/// Numbers without a pattern, the same each time (a linear congruential generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit.max(1)
    }
}

/// One item: its values in each environment.
#[derive(Clone)]
struct Item {
    team: String,
    name: String,
    values: [[usize; VALUES]; 3],
}

impl Item {
    fn path(&self, environment: usize) -> String {
        format!("environments/{}/{}/{}.yaml", ENVIRONMENTS[environment], self.team, self.name)
    }

    fn text(&self, environment: usize) -> String {
        let values = &self.values[environment];
        let mut text = format!("# {}\nname: {}\n", self.name, self.name);
        // Every third item names a host of its own in each environment; the others begin equal.
        if self.name.ends_with(['0', '3', '6', '9']) {
            let _ = writeln!(text, "host: {}.{}.example.com", self.name, ENVIRONMENTS[environment]);
        }
        for (group, values) in values.chunks(4).enumerate() {
            let _ = writeln!(text, "group{group}:");
            for (n, value) in values.iter().enumerate() {
                let _ = writeln!(text, "  value{n}: {value} # in seconds");
            }
        }
        text.push_str("servers:\n  - name: api\n    port: 8080\n  - name: worker\n    port: 8081\n");
        text
    }
}

/// Makes the repository in `dir`, checked out.
pub(crate) fn generate(dir: &Path, items: usize, commits: usize) -> Result<Oid, Box<dyn Error>> {
    let git = Repository::init_opts(dir, git2::RepositoryInitOptions::new().initial_head("main"))?;
    let head = fill(&git, items, commits)?;
    git.reference("refs/heads/main", head, true, "generate")?;
    git.checkout_head(Some(git2::build::CheckoutBuilder::new().force()))?;
    Ok(head)
}

/// Makes all objects in memory and writes them as one pack, as a clone would have them.
fn fill(git: &Repository, items: usize, commits: usize) -> Result<Oid, Box<dyn Error>> {
    let odb = git.odb()?;
    let memory = odb.add_new_mempack_backend(1000)?;
    git.set_odb(&odb)?;
    let mut dice = Dice(7);
    let mut items: Vec<Item> = (0..items)
        .map(|n| {
            let values = std::array::from_fn(|_| dice.below(100));
            let team = format!("team-{:03}", n / FOLDER);
            Item { team, name: format!("service-{n:04}"), values: [values; 3] }
        })
        .collect();
    let mut tree = git.treebuilder(None)?.write()?;
    let all: Vec<_> = (0..items.len()).flat_map(|item| [(item, 0), (item, 1), (item, 2)]).collect();
    write(git, &mut tree, &items, &all)?;
    let mut head = commit(git, tree, None, 0)?;
    for number in 1..=commits {
        let mut touched = Vec::new();
        for _ in 0..2 + dice.below(2) {
            let (item, environment) = (dice.below(items.len()), dice.below(3));
            change(&mut items[item], environment, &mut dice);
            if !touched.contains(&(item, environment)) {
                touched.push((item, environment));
            }
        }
        write(git, &mut tree, &items, &touched)?;
        head = commit(git, tree, Some(head), number)?;
    }
    let mut pack = Buf::new();
    let mut builder = git.packbuilder()?;
    let mut walk = git.revwalk()?;
    walk.push(head)?;
    builder.insert_walk(&mut walk)?;
    builder.write_buf(&mut pack)?;
    memory.reset()?;
    let on_disk = Repository::open(git.path())?;
    let objects = on_disk.odb()?;
    let mut writer = objects.packwriter()?;
    writer.write_all(&pack)?;
    writer.commit()?;
    git.odb()?.refresh()?;
    Ok(head)
}

/// Development is edited; staging and production mostly take a value over, and rarely get their
/// own.
fn change(item: &mut Item, environment: usize, dice: &mut Dice) {
    let value = dice.below(VALUES);
    let waiting = environment.checked_sub(1).map(|source| item.values[source]);
    let promoted = waiting.filter(|_| dice.below(10) > 0);
    match promoted.and_then(|source| (0..VALUES).find(|v| source[*v] != item.values[environment][*v])) {
        Some(v) => item.values[environment][v] = item.values[environment - 1][v],
        None => item.values[environment][value] = dice.below(10_000),
    }
}

fn write(
    git: &Repository,
    tree: &mut Oid,
    items: &[Item],
    files: &[(usize, usize)],
) -> Result<(), git2::Error> {
    let mut update = TreeUpdateBuilder::new();
    for (item, environment) in files {
        let blob = git.blob(items[*item].text(*environment).as_bytes())?;
        update.upsert(items[*item].path(*environment), blob, FileMode::Blob);
    }
    *tree = update.create_updated(git, &git.find_tree(*tree)?)?;
    Ok(())
}

fn commit(git: &Repository, tree: Oid, parent: Option<Oid>, number: usize) -> Result<Oid, git2::Error> {
    let time = 1_700_000_000 + i64::try_from(number).unwrap_or_default() * 3_600;
    let author =
        Signature::new(&format!("Author {}", number % 9), "author@example.com", &Time::new(time, 60))?;
    let parent = parent.map(|id| git.find_commit(id)).transpose()?;
    let parents: Vec<_> = parent.iter().collect();
    git.commit(None, &author, &author, &format!("change {number}"), &git.find_tree(tree)?, &parents)
}
