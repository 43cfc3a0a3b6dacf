//! The contents of many files, of which few change between two moments that are held.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::Result;

/// What a file held, or why it could not be read.
pub(super) type Content = Result<Arc<Vec<u8>>>;

/// So many changes are laid over the rest before they are joined with it.
const MANY: usize = 64;

/// Contents by path. A copy shares all but the latest changes.
#[derive(Clone, Default)]
pub(super) struct Contents {
    joined: Arc<BTreeMap<String, Content>>,
    /// What has changed since; `None` where nothing is any more.
    latest: BTreeMap<String, Option<Content>>,
}

impl Contents {
    /// What a file held.
    pub(super) fn get(&self, path: &str) -> Option<&Content> {
        self.latest.get(path).map_or_else(|| self.joined.get(path), Option::as_ref)
    }

    /// Holds another content, or none.
    pub(super) fn set(&mut self, path: &str, content: Option<Content>) {
        if let Some(joined) = Arc::get_mut(&mut self.joined) {
            // Nobody else holds it.
            self.latest.remove(path);
            lay(joined, path.to_owned(), content);
            return;
        }
        self.latest.insert(path.to_owned(), content);
        if self.latest.len() > MANY {
            let joined = Arc::make_mut(&mut self.joined);
            for (path, content) in std::mem::take(&mut self.latest) {
                lay(joined, path, content);
            }
        }
    }
}

fn lay(joined: &mut BTreeMap<String, Content>, path: String, content: Option<Content>) {
    match content {
        Some(content) => _ = joined.insert(path, content),
        None => _ = joined.remove(&path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is set and whoever holds a copy, each holds what was there at its moment.
    #[test]
    fn a_copy_stays_what_it_was() {
        let text = |number: usize| Some(Ok(Arc::new(number.to_string().into_bytes())));
        let mut contents = Contents::default();
        let mut plain: BTreeMap<String, Content> = BTreeMap::new();
        let mut copies = Vec::new();
        for step in 0..400_usize {
            let path = format!("{}", step * 7 % 150);
            let content = if step % 5 == 3 { None } else { text(step) };
            contents.set(&path, content.clone());
            lay(&mut plain, path, content);
            if step % 90 == 20 {
                copies.push((contents.clone(), plain.clone()));
            }
            if step == 300 {
                copies.clear();
            }
        }
        copies.push((contents, plain));
        for (contents, plain) in copies {
            for path in (0..150).map(|number| number.to_string()) {
                assert_eq!(contents.get(&path), plain.get(&path), "{path}");
            }
        }
    }
}
