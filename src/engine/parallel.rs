//! The same work for each of many, by as many threads as there are processors.

use rayon::prelude::*;

/// What comes of the work for each, in their order. One alone is no work for threads: to start them takes
/// longer than many a command.
pub fn map_each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    match items {
        [one] => vec![work(one)],
        items => items.par_iter().map(&work).collect(),
    }
}
