//! The words and signs of the page: values, resolutions, counts, addresses.

use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

use crate::api::value::from_json;
use crate::engine::promotion::Resolution;
use crate::model::Environment;
use crate::model::sanitize::{clean, cut};
use crate::secrets::mask::Shown;

const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const KEPT_IN_PATH: AsciiSet = KEPT.remove(b'/');

/// What stands where a secret is.
pub(super) const MASK: &str = "••••••";

/// A text as a part of an address.
pub(super) fn encode(text: &str, is_path: bool) -> String {
    utf8_percent_encode(text, if is_path { &KEPT_IN_PATH } else { &KEPT }).to_string()
}

/// The sign of an environment: a shape of its own, for who sees no colours.
pub(super) const fn shape(environment: Environment) -> &'static str {
    match environment {
        Environment::Development => "●",
        Environment::Staging => "■",
        Environment::Production => "▲",
    }
}

/// The name of an environment as it is shown: production in capitals.
pub(super) fn shown(environment: Environment) -> String {
    match environment {
        Environment::Production => "PRODUCTION".to_owned(),
        Environment::Development | Environment::Staging => environment.name().to_owned(),
    }
}

/// The sign and the word of a resolution; the word is one of a sentence.
pub(super) const fn resolved(resolution: Resolution) -> (&'static str, &'static str) {
    match resolution {
        Resolution::InSync => ("=", "in sync"),
        Resolution::Pinned => ("⚲", "pinned"),
        Resolution::Declined => ("⊝", "declined"),
        Resolution::Unknown => ("?", "unknown"),
        Resolution::Renamed => ("⇢", "renamed"),
        Resolution::Removed => ("⊘", "removed"),
        Resolution::EnvironmentSpecific => ("·", "own"),
        Resolution::LeftOut => ("○", "left out"),
        Resolution::New => ("+", "new"),
        Resolution::Behind => ("↩", "behind"),
        Resolution::Pending => ("→", "pending"),
        Resolution::Conflict => ("✖", "conflict"),
    }
}

/// The resolutions that a chip stands for, in the order of the chips: what needs somebody comes first.
pub(super) const CHIPS: [Resolution; 11] = [
    Resolution::Conflict,
    Resolution::Unknown,
    Resolution::Pending,
    Resolution::New,
    Resolution::Removed,
    Resolution::Renamed,
    Resolution::Behind,
    Resolution::LeftOut,
    Resolution::EnvironmentSpecific,
    Resolution::Pinned,
    Resolution::Declined,
];

/// A resolution with its sign, told apart by more than colour.
pub(super) fn tag(resolution: Resolution, why: Option<&str>) -> Markup {
    let (sign, word) = resolved(resolution);
    html! { span class={ "r r-" (resolution.name()) } title=[why] { span aria-hidden="true" { (sign) } " " (word) } }
}

/// A value on one line.
pub(super) fn value_text(value: &Shown, width: usize) -> String {
    let value = value.shown();
    if value.is_masked() {
        return MASK.to_owned();
    }
    let text = value.to_string();
    cut(&clean(&text), width).into_owned()
}

/// A value of an answer on one line.
pub(super) fn json_text(value: &Json, width: usize) -> String {
    let has = |name: &str| value.get(name) == Some(&Json::Bool(true));
    if has("masked") {
        return MASK.to_owned();
    }
    if has("absent") {
        return "–".to_owned();
    }
    let text = match value {
        Json::String(text) => text.clone(),
        other => {
            let shown = blotted(other);
            from_json(&shown).map_or_else(|| shown.to_string(), |value| value.to_string())
        }
    };
    cut(&clean(&text), width).into_owned()
}

/// A value with a sign in the place of each secret.
fn blotted(value: &Json) -> Json {
    match value {
        value if is_masked(value) => Json::String(MASK.to_owned()),
        Json::Array(list) => list.iter().map(blotted).collect(),
        Json::Object(map) => map.iter().map(|(key, value)| (key.clone(), blotted(value))).collect(),
        other => other.clone(),
    }
}

/// Whether an answer says that a value is a secret.
pub(super) fn is_masked(value: &Json) -> bool {
    value.get("masked") == Some(&Json::Bool(true))
}

/// A text of an answer; nothing where there is none.
pub(super) fn text<'j>(value: &'j Json, name: &str) -> &'j str {
    value.get(name).and_then(Json::as_str).unwrap_or_default()
}

/// A list of an answer.
pub(super) fn list<'j>(value: &'j Json, name: &str) -> &'j [Json] {
    value.get(name).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// A count and what is counted.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { one } else { many })
}

/// A number with its thousands apart.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The first digits of a commit.
pub(super) fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_numbers_read_back() {
        assert_eq!(encode("billing/in voices?", true), "billing/in%20voices%3F");
        assert_eq!(encode("a/b&c", false), "a%2Fb%26c");
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), text);
        }
        let long = Json::String("x".repeat(1_000_000));
        assert!(json_text(&long, 80).chars().count() <= 80);
        assert_eq!(json_text(&serde_json::json!({"masked": true}), 80), MASK);
        let nested = serde_json::json!({"a": [1, {"masked": true}]});
        assert!(json_text(&nested, 80).contains(MASK), "{}", json_text(&nested, 80));
        assert_eq!(json_text(&serde_json::json!({"absent": true}), 80), "–");
    }
}
