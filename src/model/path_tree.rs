//! Things by path, found in as many steps as a path has, however many paths there are.

use std::collections::HashMap;

use super::{DocumentId, Segment, ValuePath, lookups};

/// Things by path; the paths are borrowed.
#[derive(Debug)]
pub struct PathTree<'p, T> {
    /// What is at each path and at each prefix of one.
    held: Vec<Option<T>>,
    roots: HashMap<&'p DocumentId, usize>,
    below: HashMap<(usize, &'p Segment), usize>,
}

impl<T> Default for PathTree<'_, T> {
    fn default() -> Self {
        Self { held: Vec::new(), roots: HashMap::new(), below: HashMap::new() }
    }
}

impl<'p, T> PathTree<'p, T> {
    /// The place of what is at `path`.
    pub fn slot(&mut self, path: &'p ValuePath) -> &mut Option<T> {
        let Self { held, roots, below } = self;
        let mut fresh = || {
            held.push(None);
            held.len() - 1
        };
        let mut node = *roots.entry(&path.document).or_insert_with(&mut fresh);
        for segment in &path.segments {
            node = *below.entry((node, segment)).or_insert_with(&mut fresh);
        }
        &mut self.held[node]
    }

    /// What is at `path`.
    #[must_use]
    pub fn get(&self, path: &ValuePath) -> Option<&T> {
        self.nodes(path).nth(path.segments.len()).and_then(|node| self.held.get(node)?.as_ref())
    }

    /// What is at `path` and above it, the highest first, each with its number of steps.
    pub fn above(&self, path: &ValuePath) -> impl DoubleEndedIterator<Item = (usize, &T)> {
        let nodes: Vec<usize> = self.nodes(path).collect();
        nodes
            .into_iter()
            .enumerate()
            .filter_map(|(steps, node)| Some((steps, self.held.get(node)?.as_ref()?)))
    }

    /// How many steps of `path` lead to, or on the way to, some path that is here; `None` when none
    /// of its document is.
    #[must_use]
    pub fn shared_steps(&self, path: &ValuePath) -> Option<usize> {
        self.nodes(path).count().checked_sub(1)
    }

    /// Whether some path here is `path` or lies below it.
    #[must_use]
    pub fn reaches(&self, path: &ValuePath) -> bool {
        self.shared_steps(path) == Some(path.segments.len())
    }

    /// The nodes on the way to `path`, as far as there are any.
    fn nodes(&self, path: &ValuePath) -> impl Iterator<Item = usize> {
        let mut next = self.roots.get(&path.document).copied();
        let mut segments = path.segments.iter();
        std::iter::from_fn(move || {
            let node = next?;
            lookups::count(1);
            next = segments.next().and_then(|segment| self.below.get(&(node, segment))).copied();
            Some(node)
        })
    }
}

impl<'p, T> FromIterator<(&'p ValuePath, T)> for PathTree<'p, T> {
    /// Of several things at one path the last is held.
    fn from_iter<I: IntoIterator<Item = (&'p ValuePath, T)>>(things: I) -> Self {
        let mut tree = Self::default();
        for (path, thing) in things {
            *tree.slot(path) = Some(thing);
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(texts: &[&str]) -> Vec<ValuePath> {
        texts.iter().map(|text| text.parse().expect(text)).collect()
    }

    #[test]
    fn it_answers_as_a_walk_over_all_paths_would() {
        let held = paths(&["a.b", "a", "a.b.c.d", "l[name=x].v", "l[0]", "#2:a", "#2:", "x.y"]);
        let asked = paths(&["", "a", "a.b", "a.b.c", "a.b.c.d", "a.b.c.d.e", "b", "l", "l[name=x]", "l[1]"]);
        let more = paths(&["#2:", "#2:a.b", "#3:a", "x", "x.y.z", "x.z"]);
        let tree: PathTree<'_, usize> = held.iter().enumerate().map(|(i, path)| (path, i)).collect();
        for path in asked.iter().chain(&more).chain(&held) {
            assert_eq!(tree.get(path).copied(), held.iter().position(|held| held == path), "{path}");
            assert_eq!(tree.reaches(path), held.iter().any(|held| path.covers(held)), "{path}");
            let mut covering: Vec<_> =
                held.iter().enumerate().filter(|(_, held)| held.covers(path)).map(|(i, _)| i).collect();
            covering.sort_by_key(|i| held[*i].segments.len());
            let above: Vec<_> = tree.above(path).map(|(_, i)| *i).collect();
            assert_eq!(above, covering, "{path}");
            assert!(tree.above(path).all(|(steps, i)| held[*i].segments.len() == steps), "{path}");
        }
        for (path, steps) in [("a.b.c.x", Some(3)), ("z", Some(0)), ("#3:a", None), ("#2:a.b", Some(1))] {
            assert_eq!(tree.shared_steps(&path.parse().expect(path)), steps, "{path}");
        }
    }
}
