//! The items there are, and which environments have them.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::cell::Cell;
use super::columns::align;
use super::sanitize::clean;
use super::view::View;
use crate::model::{Environment, Key};

/// Writes the items for people, one a line.
///
/// # Errors
/// Those of `out`.
pub fn text(items: &BTreeMap<Key, Vec<Environment>>, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let row = |(key, environments): (&Key, &Vec<Environment>)| {
        let names: Vec<_> = environments.iter().map(|environment| environment.name()).collect();
        vec![Cell::new(clean(key.as_str())), Cell::new(names.join(", ")).prose()]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    for line in align(&rows, view) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
