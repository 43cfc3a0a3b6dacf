//! How much a look-up looks at, so that tests can tell one walk from a walk for each path.
//!
//! Counted where entries, elements and paths are compared. Outside of tests nothing is counted.

#[cfg(test)]
thread_local! {
    static COUNT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Notes that so many things were looked at.
#[inline]
pub(crate) fn count(things: usize) {
    #[cfg(test)]
    COUNT.with(|count| count.set(count.get() + things));
    #[cfg(not(test))]
    let _ = things;
}

/// What `work` gives, and how many things it looked at in this thread.
#[cfg(test)]
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = COUNT.with(std::cell::Cell::get);
    let done = work();
    (done, COUNT.with(std::cell::Cell::get) - before)
}
