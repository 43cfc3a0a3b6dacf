//! Where a configuration lies on disk.

use std::path::Path;

use crate::model::{Error, Result, policy};

/// The folders of a configuration root that hold its files.
pub(super) const FOLDERS: [&str; 3] = ["environments", "schemas", ".terrace"];

/// Refuses a folder among the files of a configuration: what lies there is read as items, schemas and
/// decisions of that one.
pub(super) fn refuse_within(dir: &Path) -> Result<()> {
    // What is there already says where the rest will be.
    let there = dir.ancestors().find_map(|folder| Some((folder, folder.canonicalize().ok()?)));
    let Some((above, mut whole)) = there else { return Ok(()) };
    whole.extend(dir.strip_prefix(above).unwrap_or(Path::new("")).components());
    let owner = whole.ancestors().find_map(|folder| {
        let is_ours = folder.file_name().is_some_and(|name| FOLDERS.iter().any(|own| name == *own));
        folder.parent().filter(|root| is_ours && is_root(root))
    });
    match owner {
        Some(root) => Err(Error::usage(format!(
            "{} lies within the configuration of {}",
            dir.display(),
            root.display()
        ))
        .with_help("name a folder of its own; what is laid out there already needs no second one")),
        None => Ok(()),
    }
}

/// Whether a folder has a policy or environments.
pub(super) fn is_root(folder: &Path) -> bool {
    folder.join(policy::FILE).is_file() || folder.join("environments").is_dir()
}
