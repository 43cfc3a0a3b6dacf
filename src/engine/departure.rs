//! How a source left a value that it had.

use crate::model::Value;

/// What a source has in place of a value that it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Departure {
    /// One from before: it took the value back.
    TakenBack,
    /// A newer one: it went on.
    WentOn,
}

/// How a path left `value`, of its values oldest first; `None` where it has it, or never had it. What was
/// not there yet is not left by what came.
#[must_use]
pub fn departure<'v>(
    values: impl Iterator<Item = Option<&'v Value>>,
    value: Option<&Value>,
) -> Option<Departure> {
    let mut seen: Vec<Option<&Value>> = vec![None];
    for now in values {
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    let (now, earlier) = seen.split_last().filter(|(now, _)| **now != value)?;
    let left = earlier.iter().rposition(|then| *then == value)?;
    match earlier.iter().take(left).any(|then| then == now) {
        true => Some(Departure::TakenBack),
        false => value.is_some().then_some(Departure::WentOn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_left_for_an_older_one_or_for_a_newer() {
        let (back, on) = (Some(Departure::TakenBack), Some(Departure::WentOn));
        for (values, value, expected) in [
            (&["5", "8", "5"][..], "8", back),
            (&["5", "8", "9"], "8", on),
            (&["5", "8"], "8", None),
            (&["5", "8"], "5", on),
            (&["", "8", ""], "8", back),
            (&["8", "", "8"], "", back),
            (&["8", "9"], "", None),
            (&["5", "8", "5", "9"], "8", on),
            (&["5", "8", "5"], "7", None),
            (&[], "8", None),
        ] {
            let read = |text: &str| (!text.is_empty()).then(|| Value::String(text.to_owned()));
            let values: Vec<Option<Value>> = values.iter().map(|text| read(text)).collect();
            let found = departure(values.iter().map(Option::as_ref), read(value).as_ref());
            assert_eq!(found, expected, "{values:?} {value}");
        }
    }
}
