//! The engine sees nothing that came after the commit it judges: a plan at an old commit is the
//! plan in a repository whose history ends there.

use std::path::Path;
use std::process::Command;

use terrace::engine::promotion::ItemState;
use terrace::ops::{self, Workspace};
use terrace::secrets::mask::Reveal;

use crate::fixtures;

fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(dir).args(arguments).output().expect("git");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

fn plans(dir: &Path, at: Option<&str>) -> Vec<String> {
    let status = ops::status(
        &Workspace::open(dir, &Default::default()).expect("a repository"),
        &[],
        at,
        Reveal::Secrets,
    )
    .expect("a status");
    let items = status.hops.into_iter().flat_map(|hop| hop.items);
    let lines = items.flat_map(|(key, state)| match state {
        ItemState::Differs(plan) => plan.lines.iter().map(|line| format!("{key} {line:?}")).collect(),
        other @ (ItemState::OnlyInSource
        | ItemState::Deleted
        | ItemState::Renamed(_)
        | ItemState::Encrypted(_)
        | ItemState::Unreadable(_)) => {
            vec![format!("{key} {other:?}")]
        }
    });
    lines.collect()
}

#[test]
#[ignore = "needs the fixtures"]
fn plans_do_not_know_what_comes_later() {
    let folder = fixtures::folder();
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let mut compared = 0;
    for name in ["moj-interventions", "moj-adjudications", "cloud-gov-cf"] {
        let bundle = folder.join(format!("histories/{name}.bundle"));
        let whole = temporary.path().join(name);
        let paths = (bundle.display().to_string(), whole.display().to_string());
        git(temporary.path(), &["clone", "--quiet", "--branch", "main", &paths.0, &paths.1]);
        let commits = git(&whole, &["rev-list", "--first-parent", "HEAD"]);
        for commit in commits.lines().step_by(20) {
            let cut = temporary.path().join(format!("{name}-{commit}"));
            git(&whole, &["branch", "--force", "cut", commit]);
            let (from, to) = (whole.display().to_string(), cut.display().to_string());
            git(temporary.path(), &["clone", "--quiet", "--single-branch", "--branch", "cut", &from, &to]);
            let (with, without) = (plans(&whole, Some(commit)), plans(&cut, None));
            assert_eq!(with, without, "{name} at {commit}");
            compared += with.len();
        }
    }
    println!("{compared} lines of plans are the same without the commits that came later");
    assert!(compared > 50);
}
