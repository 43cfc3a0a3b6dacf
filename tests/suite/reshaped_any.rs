//! Whatever shape the source gives an item, in however many commits: a target without values of its own
//! arrives at what the source has, and one with its own loses none.
#![cfg(unix)]

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::World;

/// An edit: its kind, and numbers that choose where.
type Edit = (u8, usize, usize);

/// The places of all mappings, elements of lists among them.
fn mappings(value: &Value, path: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            out.push(path.to_owned());
            map.iter().for_each(|(key, value)| mappings(value, &format!("{path}/{key}"), out));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, value)| mappings(value, &format!("{path}/{at}"), out));
        }
        _ => {}
    }
}

/// One change of shape or value; one that does not fit changes nothing.
fn change(value: &mut Value, (kind, place, entry): Edit, name: &str) -> Option<()> {
    let mut places = Vec::new();
    mappings(value, "", &mut places);
    let place_of = |number: usize| places[number % places.len()].clone();
    let at = place_of(place);
    let map = value.pointer_mut(&at)?.as_object_mut()?;
    let keys: Vec<String> = map.keys().filter(|key| *key != "name").cloned().collect();
    let key = keys.get(entry % keys.len().max(1))?.clone();
    match kind {
        // Another name, in its place.
        0 => {
            let renamed =
                |(known, value): (String, Value)| (if known == key { name.to_owned() } else { known }, value);
            *map = std::mem::take(map).into_iter().map(renamed).collect();
        }
        // Elsewhere.
        1 => {
            let moved = map.shift_remove(&key)?;
            let to = place_of(entry);
            let target = value.pointer_mut(&to).and_then(Value::as_object_mut);
            match target.filter(|target| !target.contains_key(&key)) {
                Some(target) => drop(target.insert(key, moved)),
                None => drop(value.pointer_mut(&at)?.as_object_mut()?.insert(key, moved)),
            }
        }
        // Several into a new mapping.
        2 => {
            let inner: Map<String, Value> = keys
                .iter()
                .filter(|known| **known == key || known.len() % 2 == entry % 2)
                .filter_map(|known| Some((known.clone(), map.shift_remove(known)?)))
                .collect();
            map.insert(name.to_owned(), Value::Object(inner));
        }
        // Another element, or another value.
        3 if map.contains_key("name") => drop(map.insert("name".to_owned(), json!(name))),
        3 | 4 if !map[&key].is_object() && !map[&key].is_array() => {
            map.insert(key, json!(format!("v{entry}")));
        }
        5 if keys.len() > 1 => drop(map.shift_remove(&key)),
        6 => drop(map.insert(name.to_owned(), json!(format!("n{entry}")))),
        _ => {}
    }
    Some(())
}

fn rendered(value: &Value, indent: usize, out: &mut String) {
    let Value::Object(map) = value else { return };
    for (key, value) in map {
        out.push_str(&format!("{}{key}:", " ".repeat(indent)));
        match value {
            Value::Object(map) if !map.is_empty() => {
                out.push('\n');
                rendered(value, indent + 2, out);
            }
            Value::Array(list) if !list.is_empty() => {
                out.push('\n');
                for element in list {
                    let mut text = String::new();
                    rendered(element, indent + 4, &mut text);
                    let text = text.get(indent + 4..).unwrap_or_default();
                    out.push_str(&format!("{}- {text}", " ".repeat(indent + 2)));
                }
            }
            value => out.push_str(&format!(" {value}\n")),
        }
    }
}

fn text(value: &Value) -> String {
    let mut out = String::new();
    rendered(value, 0, &mut out);
    out
}

/// The same with elements in the order of their names, by which they are told apart.
fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), in_order(value))).collect())
        }
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(in_order).collect();
            list.sort_by_key(|element| element["name"].as_str().unwrap_or_default().to_owned());
            Value::Array(list)
        }
        value => value.clone(),
    }
}

const FILES: [&str; 2] = ["environments/development/x.yaml", "environments/staging/x.yaml"];

fn base() -> Value {
    json!({
        "a": "h1x", "b": {"c": "h2x", "d": {"e": "h3x", "f": true}, "g": "h4x"},
        "l": [{"name": "n1", "p": "h5x", "q": "h6x"}, {"name": "n2", "p": "h7x"}], "z": "h8x"
    })
}

/// Development after these commits; staging has its own at some places.
fn world(mut value: Value, commits: &[Vec<Edit>], own: &[usize]) -> (World, Value, Vec<String>) {
    let before = text(&value);
    let mut world = World::with(&FILES.map(|file| (file, &*before)));
    let mut owns = Vec::new();
    let mut staging = before.clone();
    for number in own {
        let (old, new) = (format!("\"h{number}x\""), format!("\"OWN{number}\""));
        staging = staging.replace(&old, &new);
        owns.push(new);
    }
    if staging != before {
        world.write(FILES[1], &staging);
        world.commit("own");
    }
    for (number, edits) in commits.iter().enumerate() {
        for (at, edit) in edits.iter().enumerate() {
            let _ = change(&mut value, *edit, &format!("k{number}{at}"));
        }
        world.write(FILES[0], &text(&value));
        world.git(&["add", "--all"]);
        world.git(&["commit", "--quiet", "--allow-empty", "-m", "another shape"]);
    }
    (world, value, owns)
}

fn edits() -> impl Strategy<Value = Vec<Vec<Edit>>> {
    prop::collection::vec(prop::collection::vec((0_u8..7, 0_usize..12, 0_usize..12), 1..4), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_arrives_where_nothing_is_its_own(commits in edits()) {
        let (world, value, _) = world(base(), &commits, &[]);
        let told = world.line("promote x --to staging --with-new --with-removals --yes").exits(0);
        let is_left = ["offered", "kept", "waits"].iter().any(|word| told.contains(word));
        let got = world.line("get x --env staging --format json").exits(0);
        let got: Value = serde_json::from_str(&got).expect("JSON");
        let [got, value] = [&got["value"], &value].map(in_order);
        prop_assert!(is_left || got == value, "{}\n{}\n{}", told, got, value);
    }

    #[test]
    fn nothing_that_is_its_own_is_lost(commits in edits(), own in prop::sample::subsequence((1..9).collect::<Vec<_>>(), 1..4)) {
        let (world, _, owns) = world(base(), &commits, &own);
        for _ in 0..2 {
            let told = world.line("promote x --to staging --with-new --skip-undecided --yes").exits(0);
            let text = world.read(FILES[1]);
            for own in &owns {
                prop_assert!(text.contains(own.trim_matches('"')), "{} is lost\n{}\n{}", own, told, text);
            }
        }
    }
    #[test]
    fn what_is_its_own_is_there_under_the_name_of_now(
        commits in single(vec![0, 3]),
        own in prop::sample::subsequence((1..9).collect::<Vec<_>>(), 1..4),
    ) {
        stands_where_the_source_has_it(base(), &commits, &own)?;
    }

    /// Between mappings; elements come and go whole.
    #[test]
    fn what_is_its_own_is_there_at_the_place_of_now(
        commits in single(vec![0, 1, 2]),
        own in prop::sample::subsequence(vec![1, 2, 3, 4, 5, 8], 1..4),
    ) {
        let mut base = base();
        base["l"] = json!("h5x");
        stands_where_the_source_has_it(base, &commits, &own)?;
    }
}

/// Commits of one edit each.
fn single(kinds: Vec<u8>) -> impl Strategy<Value = Vec<Vec<Edit>>> {
    let edit = (prop::sample::select(kinds), 0_usize..12, 0_usize..12);
    prop::collection::vec(prop::collection::vec(edit, 1..2), 1..5)
}

/// However often it was given another name or place, and what it is in.
fn stands_where_the_source_has_it(
    base: Value,
    commits: &[Vec<Edit>],
    own: &[usize],
) -> Result<(), TestCaseError> {
    let (world, value, _) = world(base, commits, own);
    prop_assume!(own.iter().all(|number| value.to_string().contains(&format!("h{number}x"))));
    let told =
        world.line("promote x --to staging --with-new --with-removals --skip-undecided --yes").exits(0);
    let mut expected = in_order(&value).to_string();
    for number in own {
        expected = expected.replace(&format!("h{number}x"), &format!("OWN{number}"));
    }
    let got = world.line("get x --env staging --format json").exits(0);
    let got: Value = serde_json::from_str(&got).expect("JSON");
    let got = in_order(&got["value"]);
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    prop_assert!(got == expected, "{:?}\n{}\n{}\n{}", commits, told, got, expected);
    Ok(())
}
