//! The names that a schema file gives to its parts, and what references lead to.
//!
//! A reference is resolved against the identifier of the nearest schema around it that has one
//! (RFC 3986, section 5), or against the file's own path. It may name a part of its own file, by
//! pointer, anchor or identifier, another file of the repository by the path to it, or a draft's own
//! schema. There is nothing else: whatever has another scheme, begins at the root of a disk or climbs
//! out of the configuration root leads nowhere, and no identifier is ever fetched.

use std::collections::{BTreeMap, HashMap};

use referencing::uri;
use serde_json::Value as Json;

use super::draft::Draft;
use super::metaschemas;

/// The names in one file.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The schemas with an identifier of their own, by pointer, each with its absolute identifier; the
    /// root is always one.
    resources: BTreeMap<String, String>,
    /// By the pointer of the resource and the anchor, the pointer of the schema.
    anchors: HashMap<(String, String), String>,
    /// The dynamic anchors; the empty one is `$recursiveAnchor`.
    pub(super) dynamic: Vec<String>,
}

/// What a reference leads to.
pub(super) enum Target {
    /// A schema of the same file, by pointer.
    Here(String),
    /// The fragment of another file, by its path.
    There(String, String),
}

/// How the identifier of a file begins that says none: its path follows.
const FILES: &str = "file:///";

/// Keywords below which schemas stand, by name.
const MAPS: [&str; 6] =
    ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];

/// Keywords below which a schema stands, or a list of them.
const SCHEMAS: [&str; 16] = [
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "oneOf",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

impl Names {
    /// Collects the names in a schema; `path` is its file's.
    pub(super) fn of(json: &Json, draft: Draft, path: &str) -> Self {
        let mut names = Self::default();
        names.resources.insert(String::new(), own_identifier(path));
        names.collect(json, draft, "", "");
        names
    }

    fn collect(&mut self, json: &Json, draft: Draft, pointer: &str, resource: &str) {
        let Json::Object(map) = json else { return };
        let text = |key: &str| map.get(key).and_then(Json::as_str);
        let mut resource = resource;
        // Beside a reference nothing counted, before 2019-09.
        let counts = draft >= Draft::D2019 || !map.contains_key("$ref");
        if let Some(id) = text(draft.id()).filter(|_| counts) {
            let (id, anchor) = id.split_once('#').unwrap_or((id, ""));
            if !id.is_empty() {
                let base = self.resources.get(resource).map(String::as_str).unwrap_or_default();
                self.resources
                    .insert(pointer.to_owned(), resolved(base, id).unwrap_or_else(|| id.to_owned()));
                resource = pointer;
            }
            if !anchor.is_empty() && draft <= Draft::D7 {
                self.anchor(resource, anchor, pointer);
            }
        }
        if draft >= Draft::D2019 {
            for anchor in ["$anchor", "$dynamicAnchor"].into_iter().filter_map(text) {
                self.anchor(resource, anchor, pointer);
            }
            self.dynamic.extend(text("$dynamicAnchor").map(str::to_owned));
            if map.get("$recursiveAnchor") == Some(&Json::Bool(true)) {
                self.dynamic.push(String::new());
            }
        }
        // What stands below other keywords is data.
        for (key, value) in map {
            let at = format!("{pointer}/{}", token(key));
            match value {
                Json::Object(entries) if MAPS.contains(&key.as_str()) => {
                    for (name, value) in entries {
                        self.collect(value, draft, &format!("{at}/{}", token(name)), resource);
                    }
                }
                Json::Object(_) if SCHEMAS.contains(&key.as_str()) => {
                    self.collect(value, draft, &at, resource);
                }
                Json::Array(list) if SCHEMAS.contains(&key.as_str()) => {
                    for (index, value) in list.iter().enumerate() {
                        self.collect(value, draft, &format!("{at}/{index}"), resource);
                    }
                }
                _ => {}
            }
        }
    }

    fn anchor(&mut self, resource: &str, name: &str, pointer: &str) {
        self.anchors.insert((resource.to_owned(), name.to_owned()), pointer.to_owned());
    }

    /// The pointer of the resource that the schema at `pointer` belongs to, and its identifier.
    fn resource(&self, pointer: &str) -> (&str, &str) {
        let holds = |(root, _): &(&String, &String)| {
            pointer.strip_prefix(root.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let nearest = self.resources.iter().filter(holds).max_by_key(|(root, _)| root.len());
        nearest.map_or(("", ""), |(root, id)| (root, id))
    }

    /// The path of another file from this one: `document` as it is written, without the part that the
    /// file's own identifier says is the folder it is published in.
    fn beside(&self, path: &str, document: &str, absolute: Option<&str>) -> Option<String> {
        let id = self.resources.get("").map_or("", String::as_str);
        let folder = id.rfind('/').map_or("", |end| id.get(..=end).unwrap_or_default());
        let published = absolute.filter(|_| !id.starts_with(FILES)).and_then(|it| it.strip_prefix(folder));
        beside(path, &percent_decoded(published.unwrap_or(document))?)
    }

    /// The pointer of what a fragment names within a resource.
    pub(super) fn locate(&self, json: &Json, resource: &str, fragment: &str) -> Option<String> {
        if fragment.is_empty() {
            return Some(resource.to_owned());
        }
        if fragment.starts_with('/') {
            let pointer = format!("{resource}{fragment}");
            return json.pointer(&pointer).is_some().then_some(pointer);
        }
        self.anchors.get(&(resource.to_owned(), fragment.to_owned())).cloned()
    }

    /// What `reference` leads to from the schema at `pointer` of the file at `path`; the error
    /// says why nowhere.
    pub(super) fn target(
        &self,
        path: &str,
        json: &Json,
        pointer: &str,
        reference: &str,
    ) -> Result<Target, String> {
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let Some(fragment) = percent_decoded(fragment) else {
            return Err(format!("`{reference}` is not a reference"));
        };
        let here = |resource: &str| {
            let found = self.locate(json, resource, &fragment).map(Target::Here);
            found.ok_or_else(|| format!("`{reference}` leads nowhere in this file"))
        };
        let (resource, base) = self.resource(pointer);
        if document.is_empty() {
            return here(resource);
        }
        let absolute = resolved(base, document);
        let named = absolute.as_deref().and_then(|wanted| {
            self.resources.iter().find(|(_, id)| *id == wanted).map(|(pointer, _)| pointer.as_str())
        });
        if let Some(resource) = named {
            return here(resource);
        }
        if let Some(known) = absolute.as_deref().filter(|id| metaschemas::text(id).is_some()) {
            return Ok(Target::There(known.to_owned(), fragment));
        }
        match self.beside(path, document, absolute.as_deref()) {
            Some(found) if found == path => here(""),
            Some(found) => Ok(Target::There(found, fragment)),
            None => Err(format!("`{reference}`: {OUTSIDE}")),
        }
    }
}

fn own_identifier(path: &str) -> String {
    if metaschemas::text(path).is_some() {
        return path.to_owned();
    }
    let safe = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    let escaped = |c: char| {
        if safe(c) {
            c.to_string()
        } else {
            c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
        }
    };
    format!("{FILES}{}", path.chars().map(escaped).collect::<String>())
}

/// A reference without a fragment, resolved; `None` where one of the two is no identifier.
fn resolved(base: &str, reference: &str) -> Option<String> {
    let base = uri::from_str(base).ok()?;
    uri::resolve_against(&base.borrow(), reference).ok().map(|uri| uri.as_str().to_owned())
}

/// Why a name cannot be followed.
pub(super) const OUTSIDE: &str = "a schema may only refer to files of this repository";

/// The path of `relative` beside `file`; `None` when it is no relative path or leaves the root.
pub(super) fn beside(file: &str, relative: &str) -> Option<String> {
    let scheme = relative.split(['/', '?']).next().is_some_and(|first| first.contains(':'));
    if scheme || relative.starts_with('/') || relative.contains(['\\', '\0', '?']) {
        return None;
    }
    let mut steps: Vec<&str> = file.split('/').collect();
    steps.pop();
    for step in relative.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    Some(steps.join("/"))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let pair = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(out).ok()
}

/// Escapes a reference token of a JSON pointer.
pub(super) fn token(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::testing::{load, schema, yaml};

    /// Every way to name the same schema.
    #[test]
    fn references_lead_to_where_they_say() {
        let port = json!({"maximum": 10});
        let wrap = |reference: &str, more: Json| {
            let mut json = json!({"properties": {"port": {"$ref": reference}}});
            for (key, value) in more.as_object().expect("an object") {
                json[key] = value.clone();
            }
            json
        };
        let other = json!({"$defs": {"a/b~c": {"maximum": 10}, "n": {"$anchor": "port", "maximum": 10}}, "maximum": 10});
        for (reference, more) in [
            ("#/$defs/port", json!({"$defs": {"port": port}})),
            ("#/%24defs/port", json!({"$defs": {"port": port}})),
            ("#/components/schemas/port", json!({"components": {"schemas": {"port": port}}})),
            ("#port", json!({"$defs": {"x": {"$anchor": "port", "maximum": 10}}})),
            (
                "#port",
                json!({"$schema": "http://json-schema.org/draft-07/schema", "definitions": {"x": {"$id": "#port", "maximum": 10}}}),
            ),
            ("other.json", json!({})),
            ("./other.json#", json!({})),
            ("../schemas/other.json", json!({})),
            ("other.json#port", json!({})),
            ("other.json#/$defs/a~1b~0c", json!({})),
            ("https://example.com/s/other.json", json!({"$id": "https://example.com/s/a.json"})),
            ("other.json", json!({"$id": "https://example.com/s/a.json"})),
            ("a.json#/$defs/port", json!({"$defs": {"port": port}})),
            (
                "https://example.com/s/a.json#/$defs/port",
                json!({"$id": "https://example.com/s/a.json", "$defs": {"port": port}}),
            ),
            ("port.json", json!({"$defs": {"x": {"$id": "port.json", "maximum": 10}}})),
            (
                "port.json",
                json!({"$defs": {"x": {"$id": "port.json", "$ref": "#/$defs/p", "$defs": {"p": port}}}}),
            ),
            (
                "https://example.com/s/port",
                json!({"$id": "https://example.com/s/a", "$defs": {"x": {"$id": "port", "maximum": 10}}}),
            ),
            (
                "/t/port",
                json!({"$id": "https://example.com/s/a", "$defs": {"x": {"$id": "/t/port", "maximum": 10}}}),
            ),
            (
                "https://example.com/s/t/port",
                json!({"$id": "https://example.com/s/a", "$defs": {"x": {"$id": "t/y", "$defs": {"z": {"$id": "port", "maximum": 10}}}}}),
            ),
            // An identifier in what is no schema names nothing.
            ("other.json", json!({"x-old": {"$id": "other.json", "maximum": 1}})),
        ] {
            let files = [("schemas/a.json", wrap(reference, more)), ("schemas/other.json", other.clone())];
            let compiled = load(&files).unwrap_or_else(|broken| panic!("{reference}: {broken:?}"));
            assert_eq!(compiled.validate(&yaml("port: 11")).len(), 1, "{reference}");
            assert_eq!(compiled.validate(&yaml("port: 9")), [], "{reference}");
        }
    }

    #[test]
    fn a_draft_s_own_schema_may_be_referred_to() {
        for draft in
            ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"]
        {
            let compiled = schema(json!({"$schema": draft, "properties": {"own": {"$ref": draft}}}));
            assert_eq!(compiled.validate(&yaml("own: {minLength: 1}")), []);
            let wrong = compiled.validate(&yaml("own: {properties: {a: {minLength: -1}}}"));
            assert_eq!(wrong[0].path.to_string(), "own.properties.a.minLength", "{draft}");
        }
    }

    #[test]
    fn files_may_refer_to_each_other_in_circles() {
        let a = json!({"type": "object", "properties": {"b": {"$ref": "b.json"}}});
        let b = json!({"type": "object", "properties": {"a": {"$ref": "a.json"}}});
        let compiled = load(&[("a.json", a), ("b.json", b)]).expect("a schema");
        assert_eq!(compiled.validate(&yaml("b: {a: {b: {a: {}}}}")), []);
        assert_eq!(compiled.validate(&yaml("b: {a: {b: {a: 1}}}"))[0].path.to_string(), "b.a.b.a");
        let straight = load(&[("a.json", json!({"$ref": "b.json"})), ("b.json", json!({"$ref": "a.json"}))]);
        assert!(straight.expect_err("endless")[0].message.starts_with("the schema refers to itself"));
    }

    #[test]
    fn dynamic_references_are_followed_where_they_can_mean_one_thing_only() {
        let tree = json!({"$dynamicAnchor": "node", "properties": {"below": {"items": {"$dynamicRef": "#node"}}, "size": {"type": "integer"}}});
        let compiled = schema(tree.clone());
        assert_eq!(
            compiled.validate(&yaml("below: [{below: [{size: x}]}]"))[0].path.to_string(),
            "below[0].below[0].size"
        );
        let strict = json!({"$dynamicAnchor": "node", "$ref": "tree.json", "unevaluatedProperties": false});
        let told = load(&[("strict.json", strict), ("tree.json", tree)]).expect_err("two anchors");
        assert_eq!(told[0].message, "terrace cannot follow this reference: 2 schemas bear its anchor");
        assert_eq!(told[0].file, "tree.json");
    }
}
