//! The settings of VS Code: which schema describes which files, so that one typing sees what `check`
//! will say.
//!
//! `.vscode/settings.json` is JSON with comments and belongs to people. Only what is missing below
//! `yaml.schemas` is put in and everything else stays, comments too; only blank lines at the ends of
//! an object that grows go. Where it cannot be done safely nothing is put in.

use std::collections::{BTreeMap, BTreeSet};

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstNode, CstObject, CstObjectProp, CstRootNode};
use serde_json::{Value as Json, json};

use crate::model::{Environment, Key};

/// Where the settings lie, from the git root: the folder that people open.
pub const FILE: &str = ".vscode/settings.json";

const SECTION: &str = "yaml.schemas";

/// What VS Code reads: JSON with comments and with commas behind the last.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Each schema file with the patterns of the files that it describes, from the git root.
pub type Mapping = BTreeMap<String, Vec<String>>;

/// The mapping of these items; `describing` names the schemas of one in an environment, relative to
/// the configuration root `prefix`.
#[must_use]
pub fn mapping(
    prefix: &str,
    keys: &[&Key],
    describing: &dyn Fn(&Key, Environment) -> Vec<String>,
) -> Mapping {
    let mut out = Mapping::new();
    for key in keys {
        let mut by_schema: BTreeMap<String, Vec<Environment>> = BTreeMap::new();
        for environment in Environment::ALL {
            for schema in describing(key, environment) {
                by_schema.entry(schema).or_default().push(environment);
            }
        }
        for (schema, environments) in by_schema {
            let files = out.entry(format!("{prefix}{schema}")).or_default();
            match environments.as_slice() {
                all if all.len() == Environment::ALL.len() => {
                    files.push(format!("{prefix}environments/*/{key}.yaml"));
                }
                some => files.extend(some.iter().map(|env| format!("{prefix}environments/{env}/{key}.yaml"))),
            }
        }
    }
    out
}

/// The settings with the mapping in them; the text as it is where all of it is there.
///
/// # Errors
/// Why they are better left alone, as one phrase.
pub fn settings(old: Option<&str>, mapping: &Mapping) -> Result<String, &'static str> {
    const BOM: char = '\u{feff}';
    let Some(old) = old.filter(|text| !text.trim_start_matches(BOM).trim().is_empty()) else {
        let text = serde_json::to_string_pretty(&json!({ SECTION: mapping }));
        return Ok(text.map_err(|_| "it cannot be written")? + "\n");
    };
    let (mark, body) = old.split_at(old.len() - old.trim_start_matches(BOM).len());
    let root = read(body)?;
    let object = root.object_value().ok_or("it is no JSON object")?;
    let section =
        object.get(SECTION).unwrap_or_else(|| object.append(SECTION, CstInputValue::Object(Vec::new())));
    let section = section.object_value().ok_or("yaml.schemas is no JSON object")?;
    for (schema, files) in mapping {
        put(&section, schema, files)?;
    }
    let new = root.to_string();
    if read(&new)?.to_serde_value() == root.to_serde_value() {
        Ok(format!("{mark}{new}"))
    } else {
        Err("it would not come out right")
    }
}

/// Puts what is missing of these patterns into the section's entry of `schema`.
fn put(section: &CstObject, schema: &str, files: &[String]) -> Result<(), &'static str> {
    let list = |files: Vec<&str>| files.into_iter().map(CstInputValue::from).collect::<Vec<_>>();
    let Some(entry) = section.get(schema) else {
        section.append(schema, list(files.iter().map(String::as_str).collect()).into());
        return Ok(());
    };
    let known = match entry.value().and_then(|value| value.to_serde_value()) {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(list)) => {
            serde_json::from_value(Json::Array(list)).map_err(|_| "a pattern of yaml.schemas is no string")?
        }
        _ => return Err("an entry of yaml.schemas is no list of patterns"),
    };
    let missing = files.iter().filter(|file| !known.contains(file)).map(String::as_str);
    match entry.array_value() {
        Some(array) => list(missing.collect()).into_iter().for_each(|file| drop(array.append(file))),
        None => {
            let all: Vec<_> = known.iter().map(String::as_str).chain(missing).collect();
            if all.len() > known.len() {
                entry.set_value(list(all).into());
            }
        }
    }
    Ok(())
}

fn read(text: &str) -> Result<CstRootNode, &'static str> {
    let root = CstRootNode::parse(text, &OPTIONS).map_err(|_| "it is no JSON with comments")?;
    let is_sound = root.value().is_none_or(|value| has_each_key_once(&value));
    if is_sound { Ok(root) } else { Err("it has a key twice") }
}

fn has_each_key_once(node: &CstNode) -> bool {
    let mut names = BTreeSet::new();
    let fresh = |property: CstObjectProp| property.decoded_name().is_some_and(|name| names.insert(name));
    node.as_object().is_none_or(|object| object.properties().into_iter().all(fresh))
        && node.children().iter().all(has_each_key_once)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Mapping {
        [("s.json".to_owned(), vec!["e/*/a.yaml".to_owned()])].into()
    }

    #[test]
    fn what_is_missing_is_put_in_and_the_rest_stays() {
        let entry = "\"s.json\": [\"e/*/a.yaml\"]";
        for (old, expected) in [
            (
                "",
                "{\n  \"yaml.schemas\": {\n    \"s.json\": [\n      \"e/*/a.yaml\"\n    ]\n  }\n}\n"
                    .to_owned(),
            ),
            ("{}", format!("{{\n  \"yaml.schemas\": {{\n    {entry}\n  }}\n}}")),
            (
                "{\n    // mine\n    \"a\": 1 // one\n    // end\n}\n",
                format!(
                    "{{\n    // mine\n    \"a\": 1, // one\n    \"yaml.schemas\": {{\n        {entry}\n    }}\n    // end\n}}\n"
                ),
            ),
            (
                "{\n\t\"a\": \"//x\", /* two\n\tlines */\n}\n",
                format!(
                    "{{\n\t\"a\": \"//x\", /* two\n\tlines */\n\t\"yaml.schemas\": {{\n\t\t{entry}\n\t}},\n}}\n"
                ),
            ),
            (
                "{\r\n  \"yaml.schemas\": {\r\n    \"x\": \"y\"\r\n  },\r\n  \"z\": 1\r\n}\r\n",
                format!(
                    "{{\r\n  \"yaml.schemas\": {{\r\n    \"x\": \"y\",\r\n    {entry}\r\n  }},\r\n  \"z\": 1\r\n}}\r\n"
                ),
            ),
            (
                "{\n  \"yaml.schemas\": {\"s.json\": \"own.yaml\"}\n}\n",
                "{\n  \"yaml.schemas\": {\"s.json\": [\"own.yaml\", \"e/*/a.yaml\"]}\n}\n".to_owned(),
            ),
            (
                "{\n  \"yaml.schemas\": {\n    \"s.json\": [\n      \"b\" // by hand\n    ]\n  }\n}\n",
                "{\n  \"yaml.schemas\": {\n    \"s.json\": [\n      \"b\", // by hand\n      \"e/*/a.yaml\"\n    ]\n  }\n}\n".to_owned(),
            ),
            ("\u{feff}{}", format!("\u{feff}{{\n  \"yaml.schemas\": {{\n    {entry}\n  }}\n}}")),
            (
                "{\"yaml.schemas\": {\"s.json\": [\"e/*/a.yaml\", \"b\"]}}",
                "{\"yaml.schemas\": {\"s.json\": [\"e/*/a.yaml\", \"b\"]}}".to_owned(),
            ),
        ] {
            let new = settings(Some(old), &one()).expect(old);
            assert_eq!(new, expected, "{old}");
            assert_eq!(settings(Some(&new), &one()), Ok(new.clone()), "again");
        }
    }

    #[test]
    fn what_cannot_be_merged_is_left_alone() {
        for old in [
            "[1]",
            "{",
            "{\"a\": 1, \"a\": 2}",
            "{\"yaml.schemas\": []}",
            "{\"yaml.schemas\": {\"s.json\": 1}}",
            "a: 1",
            "{'a': 1}",
            "{\"a\": 1 \"b\": 2}",
            "{\"a\": {\"b\": 1, \"\\u0062\": 2}}",
        ] {
            assert!(settings(Some(old), &one()).is_err(), "{old}");
        }
    }
}
