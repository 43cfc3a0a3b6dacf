//! What may be secret in a text that is no readable YAML, and in comments.
//!
//! There are no values and so no paths. What a line's own keys, and the keys above it that are
//! indented less, say of it must do; in doubt more is masked than need be: a line without a key of its own
//! is the value of the last one, however it is indented.

use std::collections::HashSet;
use std::ops::Range;

use super::command_line::given_behind;
use super::looks::stands_in;
use super::place::{PAIRS, Place, USERS, is_short_for_password, place};
use super::{is_secret_path, looks_secret};
use crate::model::{Policy, ValuePath};

/// So many keys above a line count.
const DEEP: usize = 64;

/// A key on the way to a line, and by how much its line is indented.
#[derive(Clone)]
struct Above<'t> {
    indent: usize,
    key: &'t str,
    /// Whether its value is a flow collection that its line leaves open.
    is_open: bool,
}

/// The bytes that may be secret, in order, no two of them overlapping.
pub fn spans(text: &str, policy: &Policy) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut above: Vec<Above<'_>> = Vec::new();
    let anchors = secret_anchors(text, policy);
    let of_secret = text.lines().any(is_kind_secret);
    // Which lines stand beside which nobody knows here.
    let has_account = text.lines().any(|line| USERS.into_iter().any(|user| value_at(line, user).is_some()));
    // The keys above where the sides of a conflict part.
    let mut parted: Vec<Above<'_>> = Vec::new();
    // The name beside which a `value` stands.
    let mut name = "";
    // The line before, where an element of a list may ask for the next.
    let mut before = "";
    // Within a private key, up to where it ends.
    let mut in_key = false;
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end_matches(['\n', '\r']);
        let body = line.trim_start();
        let body_start = start + line.len() - body.len();
        let end = start + line.len();
        start += whole.len();
        let begins = body.contains("-----BEGIN ") && body.contains("PRIVATE KEY");
        if begins || in_key {
            in_key = !body.contains("-----END ");
            found.push(body_start..end);
            continue;
        }
        if body.is_empty() {
            continue;
        }
        match marker(line) {
            Some('<') => parted.clone_from(&above),
            Some('|' | '=') => above.clone_from(&parted),
            _ => {}
        }
        if marker(line).is_some() {
            continue;
        }
        if matches!(line.trim_end(), "---" | "...") {
            above.clear();
            continue;
        }
        let indent = line.len() - line.trim_start_matches([' ', '\t', '-', '+']).len();
        let asked = asked(body);
        let is_answer = body == ":" || body.starts_with(": ");
        if is_answer {
            while above.pop_if(|key| key.indent > indent).is_some() {}
        } else if asked.is_some() || (own_key(body).is_some() && !body.starts_with('#')) {
            let goes_on = |key: &Above<'_>| key.is_open && body.trim_end().ends_with([',', ']', '}']);
            while above.pop_if(|key| key.indent >= indent && !goes_on(key)).is_some() {}
        }
        let way = above.iter().fold(ValuePath::root(), |path, above| path.key(above.key));
        if let Some(own) = name_in(body) {
            name = own;
        }
        let is_of_data = of_secret && above.first().is_some_and(|above| is_data(above.key));
        let data_from = || {
            let (key, rest) = body.split_once(':')?;
            (of_secret && is_data(key_before(key)) && !rest.trim().is_empty()).then_some(key.len() + 1)
        };
        let hidden = if is_opaque(body)
            || is_of_data
            || (!body.starts_with('#') && is_below_secret(policy, &way, body))
        {
            Some(body_start..end)
        } else {
            let from = [
                secret_from(policy, &way, body, has_account),
                value_of(policy, name, body),
                anchored(&anchors, body),
                data_from(),
            ];
            from.into_iter().flatten().min().map(|at| body_start + at..end)
        };
        match hidden {
            Some(hidden) => found.push(hidden),
            None if gives_away(body, before) => found.push(body_start..end),
            None => {}
        }
        before = body;
        if above.len() >= DEEP || body.starts_with('#') || is_answer {
            continue;
        }
        if let Some(key) = asked {
            above.push(Above { indent, key, is_open: false });
        } else if let Some((key, value)) = body.split_once(':') {
            let is_open = [('[', ']'), ('{', '}')].iter().any(|(open, close)| {
                value.trim_start().starts_with(*open)
                    && value.matches(*open).count() > value.matches(*close).count()
            });
            above.push(Above { indent, key: key_before(key), is_open });
        }
    }
    found
}

/// Whether a line holds what looks like a secret: as a whole, in its value, or in the elements of a list,
/// `[run, --token, x]` or one a line.
fn gives_away(body: &str, before: &str) -> bool {
    let element = |line| str::strip_prefix(line, "- ").map(|text| text.trim().trim_matches(['"', '\'']));
    let value = own_key(body).and_then(|key| body.get(key.len() + 1..)).unwrap_or_default();
    let is_asked = || {
        let (flag, text) = element(before).zip(element(body))?;
        given_behind(flag, &[], text)
    };
    looks_secret(body)
        || looks_secret(value.trim().trim_matches(['"', '\'']))
        || (body.contains('[') && looks_secret(&body.replace(['[', ']', ',', '"', '\''], " ")))
        || is_asked().is_some()
}

/// What a line of a merge conflict begins with, where it only parts its sides.
fn marker(line: &str) -> Option<char> {
    let first = line.chars().next().filter(|c| matches!(c, '<' | '|' | '=' | '>'))?;
    let rest = line.trim_start_matches(first);
    (line.len() - rest.len() >= 7 && (rest.is_empty() || rest.starts_with(' '))).then_some(first)
}

/// What stands before the colon of a line that has a key of its own.
fn own_key(body: &str) -> Option<&str> {
    let ends =
        |at: usize| body.get(at + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
    let (at, _) = body.match_indices(':').find(|(at, _)| ends(*at))?;
    body.get(..at)
}

/// The key of a line that is `? KEY`.
fn asked(body: &str) -> Option<&str> {
    let key = body.trim_start_matches(['-', ' ']).strip_prefix("? ")?;
    Some(key_before(key.split(" #").next().unwrap_or_default()))
}

/// Whether a line says that its document is a Secret of Kubernetes.
fn is_kind_secret(line: &str) -> bool {
    let bare: String = line.chars().filter(|c| !c.is_whitespace() && !"\"',".contains(*c)).collect();
    bare.split('#').next().is_some_and(|said| said.split(['{', '}']).any(|part| part.contains("kind:Secret")))
}

/// Whether what stands below a key is what a Secret keeps.
fn is_data(key: &str) -> bool {
    ["data", "stringData"].contains(&key)
}

/// Whether what stands below these keys is secret, unless the line's own key says what it is.
fn is_below_secret(policy: &Policy, way: &ValuePath, body: &str) -> bool {
    if way.is_root() || !is_secret_path(policy, way) {
        return false;
    }
    let own = own_key(body).map(key_before).filter(|key| !key.is_empty());
    let is_open = |key: &str| place(policy, &way.key(key), None) == Place::Open;
    !own.is_some_and(is_open)
}

/// The text of the entry of a line that says what the value beside it is.
fn name_in(body: &str) -> Option<&str> {
    let at = PAIRS.into_iter().find_map(|(_, names)| value_at(body, names.first()?))?;
    let text = body.get(at..)?.split([',', '}', '#']).next()?;
    Some(text.trim().trim_matches(['"', '\'']))
}

/// Where in a line the value of this key begins.
fn value_at(body: &str, key: &str) -> Option<usize> {
    let mut ends = body.match_indices(key).map(|(at, _)| at + key.len());
    let is_key = |end: &usize| {
        body.get(*end..).is_some_and(|rest| rest.starts_with(':'))
            && key_before(body.get(..*end).unwrap_or_default()) == key
    };
    ends.find(is_key).map(|end| end + 1)
}

/// Where the value beside a secret name begins.
fn value_of(policy: &Policy, name: &str, body: &str) -> Option<usize> {
    let at = PAIRS.into_iter().find_map(|(key, _)| value_at(body, key))?;
    (!name.is_empty() && is_secret_path(policy, &ValuePath::root().key(name))).then_some(at)
}

/// The anchors to which an alias refers that stands at the place of a secret.
fn secret_anchors<'t>(text: &'t str, policy: &Policy) -> HashSet<&'t str> {
    let alias = |line: &'t str| {
        let (key, value) = line.split_once(':')?;
        let name = value.trim().strip_prefix('*')?.split([' ', ',', '}', ']']).next()?;
        is_secret_path(policy, &ValuePath::root().key(key_before(key))).then_some(name)
    };
    text.lines().filter_map(alias).collect()
}

/// Where in a line a value with one of these anchors begins.
fn anchored(anchors: &HashSet<&str>, body: &str) -> Option<usize> {
    let (at, _) = body.match_indices('&').find(|(at, _)| {
        let name = body.get(at + 1..).unwrap_or_default().split([' ', ',']).next().unwrap_or_default();
        anchors.contains(name)
    })?;
    Some(at)
}

/// So many bytes of a line are looked at for keys; what lies behind is masked.
const SEARCHED: usize = 4096;

/// Whether a key may be a secret's; `path` is as far as it is known where it stands.
fn may_be_secret(policy: &Policy, path: &ValuePath, key: &str) -> bool {
    let may_be_declared = || policy.may_declare_secret(key) && policy.declares_secret(path) != Some(false);
    is_secret_path(policy, path) || may_be_declared()
}

/// Where in a line the value of a secret key begins.
fn secret_from(policy: &Policy, way: &ValuePath, body: &str, has_account: bool) -> Option<usize> {
    let found = body.match_indices([':', '=']).take_while(|(at, _)| *at < SEARCHED).find(|(at, _)| {
        let key = key_before(body.get(..*at).unwrap_or_default());
        let value = body.get(at + 1..).unwrap_or_default().trim();
        let text = value.trim_matches(['"', '\'']);
        let is_value = value.is_empty() || value.starts_with(['[', '{']) || !stands_in(text);
        !key.is_empty()
            && !value.starts_with("//")
            && is_value
            && !policy.is_reference(value)
            && (may_be_secret(policy, &way.key(key), key) || has_account && is_short_for_password(key))
    });
    let found =
        found.map(|(at, _)| at + 1).filter(|at| !body.get(*at..).unwrap_or_default().trim().is_empty());
    found.or_else(|| (body.len() > SEARCHED).then(|| body.floor_char_boundary(SEARCHED)))
}

/// Whether a line could be one of a key's or certificate's body.
fn is_opaque(line: &str) -> bool {
    line.len() >= 40 && line.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))
}

/// The key that ends where a colon stands.
fn key_before(text: &str) -> &str {
    let text = text.trim_end().trim_end_matches(['"', '\'']);
    let text = text.get(text.ceil_char_boundary(text.len().saturating_sub(256))..).unwrap_or_default();
    text.rsplit([' ', '"', '\'', '{', ',', '\t', '#']).next().unwrap_or_default()
}
