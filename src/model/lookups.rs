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

/// A text of a length, before a change (false) and after it.
#[cfg(test)]
pub(crate) type Text = fn(usize, bool) -> String;

/// Texts of an item with one long list or mapping, and how a change changes it.
#[cfg(test)]
pub(crate) const LONG: [(&str, Text); 8] = [
    ("named elements change", |n, new| named(n, |i| Some(i + usize::from(new)))),
    ("named elements come", |n, new| named(n, |i| (new || i % 2 == 0).then_some(i))),
    ("named elements go", |n, new| named(n, |i| (!new || i % 2 == 0).then_some(i))),
    ("keys change", |n, new| keys(n, |i| Some(i + usize::from(new)))),
    ("keys come", |n, new| keys(n, |i| (new || i % 2 == 0).then_some(i))),
    ("keys go", |n, new| keys(n, |i| (!new || i % 2 == 0).then_some(i))),
    ("entries of one line change", |n, new| {
        let entries: Vec<_> = (0..n).map(|i| format!("k{i}: {}", i + usize::from(new))).collect();
        format!("m: {{{}}}\n", entries.join(", "))
    }),
    ("elements of one line change", |n, new| {
        let elements: Vec<_> = (0..n).map(|i| (i + usize::from(new)).to_string()).collect();
        format!("l: [{}]\n", elements.join(", "))
    }),
];

#[cfg(test)]
fn named(n: usize, value: impl Fn(usize) -> Option<usize>) -> String {
    let element = |i| value(i).map(|value| format!("  - name: e{i}\n    value: {value}\n"));
    (0..n).filter_map(element).fold("l:\n".to_owned(), |text, element| text + &element)
}

#[cfg(test)]
fn keys(n: usize, value: impl Fn(usize) -> Option<usize>) -> String {
    let entry = |i| value(i).map(|value| format!("  e{i}:\n    value: {value}\n"));
    (0..n).filter_map(entry).fold("m:\n".to_owned(), |text, entry| text + &entry)
}

/// Fails when work on twice as much looks at more than 2.3 times as much.
#[cfg(test)]
pub(crate) fn assert_linear(what: &str, work: impl Fn(usize)) {
    let [once, twice] = [300, 600].map(|n| counted(|| work(n)).1);
    assert!(once > 0 && twice * 10 <= once * 23, "{what}: {once} steps, and {twice} for twice as much");
}
