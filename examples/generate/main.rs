//! Makes a repository to measure on.
//!
//! `cargo run --example generate -- DIR [ITEMS [COMMITS]]`

#![expect(clippy::print_stdout, reason = "a support program says what it made")]

mod repository;

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().ok_or("usage: generate DIR [ITEMS [COMMITS]]")?);
    let mut number = || arguments.next().map_or(Ok(1_000), |text| text.parse());
    let (items, commits) = (number()?, number()?);
    let head = repository::generate(&dir, items, commits)?;
    println!("{}: {items} items, {commits} commits, main at {head}", dir.display());
    Ok(())
}
