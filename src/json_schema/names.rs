//! The names that a schema file gives to its parts, and what references lead to.
//!
//! A reference may name a part of its own file, by pointer, anchor or identifier, or another file
//! of the repository by the path to it. There is nothing else: whatever has a scheme, begins at
//! the root of a disk or climbs out of the configuration root leads nowhere, and no identifier is
//! ever fetched.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;

use super::draft::Draft;

/// The names in one file.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The schemas with an identifier of their own, by pointer; the root is always one.
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

impl Names {
    /// Collects the names in a schema.
    pub(super) fn of(json: &Json, draft: Draft) -> Self {
        let mut names = Self::default();
        names.collect(json, draft, "", "");
        names.resources.entry(String::new()).or_default();
        names
    }

    fn collect(&mut self, json: &Json, draft: Draft, pointer: &str, resource: &str) {
        match json {
            Json::Object(map) => {
                let text = |key: &str| map.get(key).and_then(Json::as_str);
                let mut resource = resource;
                if let Some(id) = text(draft.id()) {
                    let (id, anchor) = id.split_once('#').unwrap_or((id, ""));
                    if !id.is_empty() {
                        self.resources.insert(pointer.to_owned(), id.to_owned());
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
                // What stands below these is data, not schema.
                let data = ["enum", "const", "default", "examples"];
                for (key, value) in map.iter().filter(|(key, _)| !data.contains(&key.as_str())) {
                    self.collect(value, draft, &format!("{pointer}/{}", token(key)), resource);
                }
            }
            Json::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    self.collect(value, draft, &format!("{pointer}/{index}"), resource);
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }

    fn anchor(&mut self, resource: &str, name: &str, pointer: &str) {
        self.anchors.insert((resource.to_owned(), name.to_owned()), pointer.to_owned());
    }

    /// The pointer of the resource that the schema at `pointer` belongs to.
    fn resource(&self, pointer: &str) -> &str {
        let holds = |root: &&String| {
            pointer.strip_prefix(root.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.resources.keys().filter(holds).max_by_key(|root| root.len()).map_or("", String::as_str)
    }

    /// `reference` (without its fragment) with the part taken off that the file's own identifier
    /// says is the folder it is published in.
    fn unpublished<'r>(&self, reference: &'r str) -> &'r str {
        let id = self.resources.get("").map_or("", String::as_str);
        let folder = id.rfind('/').map_or("", |end| id.get(..=end).unwrap_or_default());
        match folder {
            "" => reference,
            folder => reference.strip_prefix(folder).unwrap_or(reference),
        }
    }

    /// The pointer of the schema whose identifier is `document`.
    fn identified(&self, document: &str) -> Option<&str> {
        let fits = |id: &String| !id.is_empty() && self.unpublished(id) == document;
        self.resources.iter().find(|(_, id)| fits(id)).map(|(pointer, _)| pointer.as_str())
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
        let document = self.unpublished(document);
        if document.is_empty() {
            return here(self.resource(pointer));
        }
        if let Some(resource) = self.identified(document) {
            return here(resource);
        }
        match percent_decoded(document).and_then(|document| beside(path, &document)) {
            Some(found) if found == path => here(""),
            Some(found) => Ok(Target::There(found, fragment)),
            None => Err(format!("`{reference}`: {OUTSIDE}")),
        }
    }
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
        ] {
            let files = [("schemas/a.json", wrap(reference, more)), ("schemas/other.json", other.clone())];
            let compiled = load(&files).unwrap_or_else(|broken| panic!("{reference}: {broken:?}"));
            assert_eq!(compiled.validate(&yaml("port: 11")).len(), 1, "{reference}");
            assert_eq!(compiled.validate(&yaml("port: 9")), [], "{reference}");
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
