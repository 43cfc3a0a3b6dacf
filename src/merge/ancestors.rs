//! The base of a merge whose history has several: git merges those first, and hands over what came of it
//! with conflict markers where they differ. What they have alike is what both sides began with; where they
//! differ both sides have changed it, unless they agree.

use super::apply::apply;
use super::plain;
use super::verify::field;
use crate::diff::lists::ListRules;
use crate::model::{Map, Segment, Value, ValuePath};
use crate::yaml::{Document, Limits};

/// What stands for a value of which the ancestors have different ones.
const DIFFERS: &str = "(the ancestors differ)";

/// The base, where it is one text with the conflict markers of two.
pub(super) fn read(bytes: &[u8], lists: &dyn ListRules, limits: &Limits) -> Option<Document> {
    let [one, other] = sides(std::str::from_utf8(bytes).ok()?)?;
    let (one, other) = (plain(one.as_bytes(), limits)?, plain(other.as_bytes(), limits)?);
    if one.values().len() != other.values().len() {
        return None;
    }
    let both = one.values().iter().zip(other.values().iter()).enumerate();
    let alike: Vec<_> = both
        .map(|(number, (one, other))| alike(&ValuePath::document(number), Some(one), Some(other), lists))
        .collect();
    plain(apply(&one, &alike, &[&other], lists, limits)?.as_bytes(), limits)
}

/// What two values have alike.
fn alike(path: &ValuePath, one: Option<&Value>, other: Option<&Value>, lists: &dyn ListRules) -> Value {
    match (one, other) {
        (Some(one), Some(other)) if one == other => one.clone(),
        (Some(Value::Map(one)), Some(Value::Map(other))) => {
            let keys = one.keys().chain(other.keys().filter(|key| !one.contains_key(*key)));
            let value = |key: &String| alike(&path.key(key), one.get(key), other.get(key), lists);
            Value::Map(keys.map(|key| (key.clone(), value(key))).collect::<Map>())
        }
        (Some(Value::List(one)), Some(Value::List(other))) => {
            let elements = field(lists, path, [one, one, other]).and_then(|field| {
                let element = |element: &Value| {
                    let name = element.name(&field)?;
                    let path = path.join(Segment::Identity { field: field.clone(), value: name.to_owned() });
                    Some(alike(&path, Some(element), Some(other.named(&field, name)?), lists))
                };
                one.iter().map(element).collect::<Option<Vec<_>>>().filter(|all| all.len() == other.len())
            });
            elements.map_or_else(|| Value::String(DIFFERS.to_owned()), |all| Value::List(all.into()))
        }
        _ => Value::String(DIFFERS.to_owned()),
    }
}

/// The two texts in one with conflict markers, which are as long as the first.
fn sides(text: &str) -> Option<[String; 2]> {
    let mut sides = [String::new(), String::new()];
    let mut conflict: Option<(usize, char)> = None;
    let mut found = false;
    for line in text.split_inclusive('\n') {
        match (conflict, marker(line)) {
            (None, Some((size, '<'))) => conflict = Some((size, '<')),
            (Some((size, _)), Some((here, '>'))) if here == size => {
                conflict = None;
                found = true;
            }
            (Some((size, _)), Some((here, sign))) if here == size => conflict = Some((size, sign)),
            (None, _) => sides.iter_mut().for_each(|side| side.push_str(line)),
            (Some((_, '<')), _) => sides[0].push_str(line),
            (Some((_, '=')), _) => sides[1].push_str(line),
            (Some(_), _) => {}
        }
    }
    (found && conflict.is_none()).then_some(sides)
}

/// How long a line's conflict marker is, and of which sign.
fn marker(line: &str) -> Option<(usize, char)> {
    let sign = line.chars().next().filter(|sign| matches!(sign, '<' | '|' | '=' | '>'))?;
    let rest = line.trim_start_matches(sign);
    let size = line.len() - rest.len();
    (size >= 7 && (rest.is_empty() || rest.starts_with([' ', '\r', '\n']))).then_some((size, sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::lists::NoListRules;

    #[test]
    fn what_the_ancestors_have_alike_is_the_base() {
        for (text, expected) in [
            (
                "<<<<<<<<< A\na: 3\n=========\na: 2\n>>>>>>>>> B\nb: 1\n",
                Some("{a: (the ancestors differ), b: 1}"),
            ),
            (
                "a: 1\n<<<<<<< A\n||||||| x\nb: 0\n=======\nb: 1\n>>>>>>> B\n",
                Some("{a: 1, b: (the ancestors differ)}"),
            ),
            (
                "l:\n- name: x\n<<<<<<< A\n  v: 1\n=======\n  v: 2\n>>>>>>> B\n- name: y\n",
                Some("{l: [{name: x, v: (the ancestors differ)}, {name: y}]}"),
            ),
            (
                "l:\n<<<<<<< A\n- 1\n=======\n- 2\n>>>>>>> B\nm: 1\n",
                Some("{l: (the ancestors differ), m: 1}"),
            ),
            ("<<<<<<< A\na: [\n=======\na: 2\n>>>>>>> B\nb: 1\n", None),
            ("<<<<<<< A\na: 3\n=======\na: 2\n", None),
            ("a: [\n", None),
        ] {
            let found = read(text.as_bytes(), &NoListRules, &Limits::default());
            let found = found.and_then(|it| it.values().first().map(ToString::to_string));
            assert_eq!(found.map(|it| it.replace('"', "")).as_deref(), expected, "{text}");
        }
    }
}
