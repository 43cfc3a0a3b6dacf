//! The suggestion to name an environment's words in the policy.

use std::collections::BTreeMap;

use crate::model::Environment;

/// Suggests to let the policy know words that seem to name an environment; `None` without any.
#[must_use]
pub fn words_note(words: &[(Environment, &str)]) -> Option<String> {
    let mut by_environment: BTreeMap<Environment, Vec<&str>> = BTreeMap::new();
    for (environment, word) in words {
        by_environment.entry(*environment).or_default().push(word);
    }
    let quoted =
        |words: &[&str]| words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    let line =
        by_environment.iter().map(|(environment, words)| format!("{environment} = [{}]", quoted(words)));
    let line = line.collect::<Vec<_>>().join(", ");
    let names = words.iter().map(|(environment, word)| format!("`{word}` in {environment}'s files alone"));
    let names = names.collect::<Vec<_>>().join(", ");
    (!words.is_empty()).then(|| {
        format!("note: there is {names}; if it names the environment, say so in terrace.toml: [isolation] words = {{ {line} }}")
    })
}
