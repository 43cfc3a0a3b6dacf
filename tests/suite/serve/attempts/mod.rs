//! Attempts to reach one environment through another, by every door: each is made for real and says what
//! refused it. Nothing of production may come back, and nothing may be changed.
//!
//! A new door is a variant of [`table::Door`]; a new attempt a row in one of the files.

mod at_once;
mod child;
mod files;
mod keys;
#[cfg(feature = "mutations")]
mod mutations;
mod names;
mod plans;
mod replica;
mod repository;
mod rights;
mod scene;
mod states;
mod table;

use self::scene::Scene;
use self::table::{Cells, Row};

/// Every attempt, in the order of the table.
fn rows() -> impl Iterator<Item = &'static Row> {
    let of_files = [files::ROWS, states::ROWS, at_once::ROWS];
    [names::ROWS, keys::ROWS, rights::ROWS, plans::ROWS].into_iter().chain(of_files).flatten()
}

/// The README and the guide give the figures of the table.
fn told_everywhere(figures: &str) {
    for file in ["README.md", "src/guide/security.md"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = std::fs::read_to_string(path).expect(file);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(figures), "{file} does not say: {figures}");
    }
}

#[test]
fn nothing_of_an_environment_is_reached_through_another() {
    let scene = Scene::new(None);
    let table: Vec<(&str, Cells)> = rows().map(|row| (row.attempt, row.of(&scene))).collect();
    let (made, tries) = table::print(&table);
    let mut through = Vec::new();
    for (attempt, cells) in &table {
        for (door, outcomes) in cells {
            let failed = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
            through.extend(failed.map(|told| format!("{attempt}, {}: {told}", door.name())));
        }
    }
    assert!(through.is_empty(), "{}", through.join("\n"));
    assert!(tries >= 700, "only {tries} tries were made");
    let doors = table::Door::ALL.len();
    told_everywhere(&format!("{} attempts by {doors} doors, {made} cells", table.len()));
}
