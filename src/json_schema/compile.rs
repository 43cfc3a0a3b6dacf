//! From the graph to a validator.
//!
//! The graph is written out as one 2020-12 schema whose references are all plain pointers into
//! itself, so the validator resolves nothing, fetches nothing, and sees exactly what was counted.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value as Json, json};

use super::cost::expansions;
use super::draft::{self, OLD_HOST_NAME};
use super::graph::{Applied, Graph, NodeId};
use super::names::token;
use super::reader::{build, pattern_options};
use super::source::{Read, SchemaError};

/// A schema that is ready to judge any number of documents, from any number of threads.
#[derive(Debug)]
pub struct Compiled {
    pub(super) graph: Graph,
    pub(super) expansions: Vec<u64>,
    pub(super) validator: Validator,
    /// The node of each schema that was written out, by its pointer there.
    pub(super) written: HashMap<String, NodeId>,
}

impl Compiled {
    /// Reads the schema at `file` and all files that it refers to.
    ///
    /// # Errors
    /// Everything that is wrong with the schema: it is no JSON, no JSON Schema, refers to what is
    /// not in the repository, or would cost too much to use.
    pub fn load(file: &str, read: &Read<'_>) -> Result<Self, Vec<SchemaError>> {
        let (graph, sources) = build(file, read)?;
        let broken = |id: NodeId, message: String, help: &str| {
            let node = graph.node(id);
            let source = sources.get(node.file);
            source.map(|source| source.broken(&node.pointer, message, help)).into_iter().collect::<Vec<_>>()
        };
        let expansions = expansions(&graph).map_err(|(id, message)| {
            broken(id, message, "make the schema simpler: validating with it could take minutes")
        })?;
        let (json, written) = write(&graph);
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        let options = options.with_format(OLD_HOST_NAME, is_old_host_name);
        let validator = options.with_pattern_options(pattern_options()).build(&json).map_err(|error| {
            broken(Graph::ROOT, format!("the schema cannot be used: {error}"), "make the schema simpler")
        })?;
        Ok(Self { graph, expansions, validator, written })
    }

    /// What of the schema is not checked, and why.
    #[must_use]
    pub fn limits(&self) -> &[SchemaError] {
        &self.graph.limits
    }

    /// The files that the schema is made of, relative to the configuration root, its own first.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.graph.files
    }
}

/// The graph as one schema, and where in it each node went.
fn write(graph: &Graph) -> (Json, HashMap<String, NodeId>) {
    let referred = graph.nodes.iter().flat_map(|node| &node.applied);
    let referred = referred.filter(|(how, _)| *how == Applied::Ref).map(|(_, id)| *id);
    let targets: BTreeSet<_> = referred.chain([Graph::ROOT]).collect();
    let mut writer = Writer { graph, targets, written: HashMap::new() };
    let mut definitions = Map::new();
    for target in writer.targets.clone() {
        definitions.insert(target.0.to_string(), writer.schema(target, &format!("/$defs/{}", target.0)));
    }
    let root = json!({ "$ref": reference(Graph::ROOT), "$defs": definitions });
    (root, writer.written)
}

/// Whether a text is a host name to drafts 4 and 6, which know nothing of internationalised ones.
fn is_old_host_name(text: &str) -> bool {
    static VALIDATOR: LazyLock<Option<Validator>> = LazyLock::new(|| {
        let options = jsonschema::draft6::options().should_validate_formats(true);
        options.build(&json!({ "format": "hostname" })).ok()
    });
    VALIDATOR.as_ref().is_none_or(|validator| validator.is_valid(&Json::String(text.to_owned())))
}

fn reference(id: NodeId) -> Json {
    Json::String(format!("#/$defs/{}", id.0))
}

struct Writer<'a> {
    graph: &'a Graph,
    /// The nodes that references lead to; they become definitions.
    targets: BTreeSet<NodeId>,
    written: HashMap<String, NodeId>,
}

impl Writer<'_> {
    /// A schema in its place within another.
    fn below(&mut self, id: NodeId, pointer: &str) -> Json {
        if self.targets.contains(&id) { json!({ "$ref": reference(id) }) } else { self.schema(id, pointer) }
    }

    /// A schema written out at `pointer`.
    fn schema(&mut self, id: NodeId, pointer: &str) -> Json {
        self.written.insert(pointer.to_owned(), id);
        let graph = self.graph;
        let node = graph.node(id);
        if let Some(always) = node.always {
            return Json::Bool(always);
        }
        let mut out = node.assertions.clone();
        if node.draft <= draft::Draft::D6 && out.get("format").is_some_and(|format| format == "hostname") {
            out.insert("format".to_owned(), OLD_HOST_NAME.into());
        }
        self.applied(id, pointer, &mut out);
        let parts = &node.parts;
        let patterns = parts.patterns.iter().map(|(pattern, id)| (pattern.text.as_str(), *id));
        let properties = parts.properties.iter().map(|(key, id)| (key.as_str(), *id));
        self.map("properties", properties, pointer, &mut out);
        if parts.additional.is_some() {
            // Without it the validator does not name the keys that are too many.
            out.entry("properties").or_insert_with(|| json!({}));
        }
        self.map("patternProperties", patterns, pointer, &mut out);
        self.list("prefixItems", parts.prefix.iter().copied(), pointer, &mut out);
        for (keyword, id) in [
            ("additionalProperties", parts.additional),
            ("propertyNames", parts.names),
            ("items", parts.items),
            ("contains", parts.contains),
            ("unevaluatedProperties", parts.unevaluated_properties),
            ("unevaluatedItems", parts.unevaluated_items),
        ] {
            if let Some(id) = id {
                out.insert(keyword.to_owned(), self.below(id, &format!("{pointer}/{keyword}")));
            }
        }
        Json::Object(out)
    }

    fn applied(&mut self, id: NodeId, pointer: &str, out: &mut Map<String, Json>) {
        let applied = &self.graph.node(id).applied;
        let of = |wanted: Applied| applied.iter().filter(move |(how, _)| *how == wanted).map(|(_, id)| *id);
        // A schema has a second reference where it has a dynamic one.
        for (keyword, id) in ["$ref", "$dynamicRef"].into_iter().zip(of(Applied::Ref)) {
            out.insert(keyword.to_owned(), reference(id));
        }
        for (keyword, how) in
            [("not", Applied::Not), ("if", Applied::If), ("then", Applied::Then), ("else", Applied::Else)]
        {
            for id in of(how) {
                out.insert(keyword.to_owned(), self.below(id, &format!("{pointer}/{keyword}")));
            }
        }
        for (keyword, how) in
            [("allOf", Applied::AllOf), ("anyOf", Applied::AnyOf), ("oneOf", Applied::OneOf)]
        {
            self.list(keyword, of(how), pointer, out);
        }
        let dependent = applied.iter().filter_map(|(how, id)| {
            if let Applied::Dependent(key) = how { Some((key.as_str(), *id)) } else { None }
        });
        self.map("dependentSchemas", dependent, pointer, out);
    }

    fn list(
        &mut self,
        keyword: &str,
        ids: impl Iterator<Item = NodeId>,
        pointer: &str,
        out: &mut Map<String, Json>,
    ) {
        let schemas =
            ids.enumerate().map(|(index, id)| self.below(id, &format!("{pointer}/{keyword}/{index}")));
        let schemas: Vec<_> = schemas.collect();
        if !schemas.is_empty() {
            out.insert(keyword.to_owned(), Json::Array(schemas));
        }
    }

    fn map<'k>(
        &mut self,
        keyword: &str,
        ids: impl Iterator<Item = (&'k str, NodeId)>,
        pointer: &str,
        out: &mut Map<String, Json>,
    ) {
        let mut schemas = Map::new();
        for (key, id) in ids {
            let schema = self.below(id, &format!("{pointer}/{keyword}/{}", token(key)));
            schemas.insert(key.to_owned(), schema);
        }
        if !schemas.is_empty() {
            out.insert(keyword.to_owned(), Json::Object(schemas));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::convert::to_json;
    use super::super::testing::{any_document, any_schema, load};
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// What the graph writes out judges as the schema that it was read from.
        #[test]
        fn writing_a_schema_out_changes_no_verdict(
            root in any_schema(),
            a in any_schema(),
            b in any_schema(),
            documents in prop::collection::vec(any_document(), 1..4),
        ) {
            let whole = json!({ "allOf": [root], "$defs": { "a": a, "b": b } });
            if let Ok(compiled) = load(&[("a.json", whole.clone())]) {
                let direct = jsonschema::draft202012::new(&whole).expect("a schema");
                for document in documents {
                    let verdict = direct.is_valid(&to_json(&document));
                    prop_assert_eq!(compiled.validate(&document).is_empty(), verdict, "{}: {}", whole, document);
                }
            }
        }
    }
}
