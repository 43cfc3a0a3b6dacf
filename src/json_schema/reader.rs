//! Reads schema files into the graph.
//!
//! All that differs between the drafts is dissolved here, and every reference is followed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use indexmap::IndexMap;
use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value as Json, json};

use super::draft::{ASSERTIONS, Draft};
use super::graph::{Applied, Graph, ListRule, Node, NodeId, Parts, Pattern};
use super::names::token;
use super::source::{Read, SchemaError, Source, Sources};
use super::unchecked::leave_open;
use super::unheeded::{Unheeded, unchecked_format, unheeded};
use crate::json_schema::phrasing::cut;

/// The most schemas that a graph may have.
const NODES: usize = 100_000;
/// The largest compiled regular expression, in bytes.
const PATTERN_BYTES: usize = 512 * 1024;
/// The most different regular expressions; each may take some milliseconds to compile.
const PATTERNS: usize = 500;

/// The engine for every pattern of a schema: linear time, bounded size.
pub(super) fn pattern_options() -> PatternOptions<jsonschema::Regex> {
    PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES)
}

/// Reads the schema at `file` and everything it refers to.
pub(super) fn build(file: &str, read: &Read<'_>) -> Result<(Graph, Vec<Source>), Vec<SchemaError>> {
    let mut sources = Sources::open(file, read)?;
    let mut builder = Builder::default();
    builder.id(0, "");
    while let Some((file, pointer)) = builder.waiting.pop_front() {
        let node = builder.node(&mut sources, file, pointer);
        builder.nodes.push(node);
        if builder.ids.len() > NODES {
            let message = format!("the schema is made of more than {NODES} schemas");
            builder
                .broken
                .extend(sources.files.first().map(|root| root.broken("", message, "write a smaller one")));
            break;
        }
    }
    builder.dynamic_references(&sources.files);
    if !builder.broken.is_empty() {
        return Err(builder.broken);
    }
    builder.tell_unheeded(&sources.files);
    let files = sources.files.iter().map(|source| source.path.clone()).collect();
    let mut graph = Graph { nodes: builder.nodes, files, limits: builder.limits };
    leave_open(&mut graph, &builder.unchecked);
    Ok((graph, sources.files))
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    ids: HashMap<(usize, String), NodeId>,
    waiting: VecDeque<(usize, String)>,
    /// Whether each pattern can be used.
    patterns: HashMap<String, Usable>,
    /// What is not checked, and why.
    limits: Vec<SchemaError>,
    /// The same of keywords and formats, by the file: the first place of each, and how many follow.
    unheeded: IndexMap<(usize, Unheeded), (String, usize)>,
    /// The schemas that hold them.
    unchecked: Vec<NodeId>,
    /// Where a dynamic reference stands and the anchor it names.
    dynamic: Vec<(usize, String, String)>,
    broken: Vec<SchemaError>,
}

impl Builder {
    fn id(&mut self, file: usize, pointer: &str) -> NodeId {
        let place = (file, pointer.to_owned());
        if let Some(id) = self.ids.get(&place) {
            return *id;
        }
        let id = NodeId(u32::try_from(self.ids.len()).unwrap_or(u32::MAX));
        self.waiting.push_back(place.clone());
        self.ids.insert(place, id);
        id
    }

    fn node(&mut self, sources: &mut Sources<'_>, file: usize, pointer: String) -> Node {
        let source = sources.files.get(file);
        let draft = source.map_or(Draft::D2020, |source| source.draft);
        let whole = source.map(|source| Arc::clone(&source.json)).unwrap_or_default();
        let json = whole.pointer(&pointer);
        let mut node = Node {
            file,
            pointer,
            draft,
            always: json.and_then(Json::as_bool),
            assertions: Map::new(),
            said: Map::new(),
            applied: Vec::new(),
            parts: Parts::default(),
            list: ListRule::default(),
        };
        let Some(Json::Object(map)) = json else { return node };
        let named = whole.get("$schema").is_some();
        for found in unheeded(map, draft, named) {
            self.note(file, &node.pointer, found);
        }
        let said = ["title", "description", "default"].map(|name| map.get_key_value(name));
        node.said = said.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
        self.references(sources, &mut node, map, draft);
        // Before 2019-09 a reference stands for the whole schema.
        if draft <= Draft::D7 && map.contains_key("$ref") {
            return node;
        }
        node.list = list_rule(map);
        node.assertions = assertions(map, draft);
        let mut reader = Reader { builder: self, sources, node: &mut node, map, draft };
        reader.applied();
        reader.mapping_parts();
        reader.list_parts();
        if let Some(pattern) = map.get("pattern").and_then(Json::as_str)
            && reader.usable(pattern, "pattern") == Usable::Unchecked
        {
            reader.node.assertions.remove("pattern");
        }
        if let Some(found) = map.get("format").and_then(Json::as_str).and_then(unchecked_format) {
            node.assertions.remove("format");
            self.unchecked.push(self.current());
            self.note(file, &node.pointer, found);
        }
        node
    }

    /// The id of the node that is being read; nodes are numbered in the order in which they are.
    fn current(&self) -> NodeId {
        NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX))
    }

    fn note(&mut self, file: usize, pointer: &str, found: Unheeded) {
        let place = format!("{pointer}/{}", token(&found.keyword));
        self.unheeded.entry((file, found)).and_modify(|(_, more)| *more += 1).or_insert((place, 0));
    }

    fn tell_unheeded(&mut self, files: &[Source]) {
        for ((file, found), (pointer, more)) in std::mem::take(&mut self.unheeded) {
            let Some(source) = files.get(file) else { continue };
            self.limits.push(source.broken(&pointer, found.message(more), found.help));
        }
    }

    fn references(
        &mut self,
        sources: &mut Sources<'_>,
        node: &mut Node,
        map: &Map<String, Json>,
        draft: Draft,
    ) {
        let dynamic: &[&str] = match draft {
            Draft::D4 | Draft::D6 | Draft::D7 => &[],
            Draft::D2019 => &["$recursiveRef"],
            Draft::D2020 => &["$dynamicRef"],
        };
        for keyword in ["$ref"].iter().chain(dynamic) {
            let Some(reference) = map.get(*keyword).and_then(Json::as_str) else { continue };
            match sources.follow(node.file, &node.pointer, keyword, reference) {
                Ok((file, pointer)) => {
                    let id = self.id(file, &pointer);
                    node.applied.push((Applied::Ref, id));
                }
                Err(broken) => self.broken.extend(broken),
            }
            if *keyword != "$ref" {
                let anchor = reference.rsplit_once('#').map_or("", |(_, anchor)| anchor);
                self.dynamic.push((node.file, format!("{}/{keyword}", node.pointer), anchor.to_owned()));
            }
        }
    }

    /// A dynamic reference means what it says only where a single schema bears the anchor; what
    /// it would mean otherwise depends on the way it was reached.
    fn dynamic_references(&mut self, files: &[Source]) {
        for (file, pointer, anchor) in std::mem::take(&mut self.dynamic) {
            let bearers =
                files.iter().flat_map(|source| &source.names.dynamic).filter(|name| **name == anchor).count();
            if let Some(source) = files.get(file).filter(|_| bearers > 1) {
                let message =
                    format!("terrace cannot follow this reference: {bearers} schemas bear its anchor");
                self.broken.push(source.broken(&pointer, message, "refer to one of them with `$ref`"));
            }
        }
    }
}

/// Reads the keywords of one schema into its node.
struct Reader<'b, 's, 'r> {
    builder: &'b mut Builder,
    sources: &'b mut Sources<'s>,
    node: &'b mut Node,
    map: &'r Map<String, Json>,
    draft: Draft,
}

impl Reader<'_, '_, '_> {
    fn since(&self, draft: Draft, keyword: &str) -> Option<&Json> {
        self.map.get(keyword).filter(|_| self.draft >= draft)
    }

    fn below(&mut self, tail: &str) -> NodeId {
        let pointer = format!("{}/{tail}", self.node.pointer);
        self.builder.id(self.node.file, &pointer)
    }

    /// The schema that is the value of `keyword`.
    fn one(&mut self, since: Draft, keyword: &str) -> Option<NodeId> {
        self.since(since, keyword).filter(|json| json.is_object() || json.is_boolean())?;
        Some(self.below(keyword))
    }

    /// The schemas in the list that is the value of `keyword`.
    fn list(&mut self, since: Draft, keyword: &str) -> Vec<NodeId> {
        let count = self.since(since, keyword).and_then(Json::as_array).map_or(0, Vec::len);
        (0..count).map(|index| self.below(&format!("{keyword}/{index}"))).collect()
    }

    /// The schemas in the mapping that is the value of `keyword`.
    fn mapping(&mut self, since: Draft, keyword: &str) -> Vec<(String, NodeId)> {
        let map = self.since(since, keyword).and_then(Json::as_object);
        let schemas = map.into_iter().flatten().filter(|(_, json)| json.is_object() || json.is_boolean());
        let keys: Vec<_> = schemas.map(|(key, _)| key.clone()).collect();
        let with_id = |key: String| (self.below(&format!("{keyword}/{}", token(&key))), key);
        keys.into_iter().map(with_id).map(|(id, key)| (key, id)).collect()
    }

    fn applied(&mut self) {
        let mut found = Vec::new();
        for (keyword, how) in
            [("allOf", Applied::AllOf), ("anyOf", Applied::AnyOf), ("oneOf", Applied::OneOf)]
        {
            found.extend(self.list(Draft::D4, keyword).into_iter().map(|id| (how.clone(), id)));
        }
        found.extend(self.one(Draft::D4, "not").map(|id| (Applied::Not, id)));
        if let Some(condition) = self.one(Draft::D7, "if") {
            found.push((Applied::If, condition));
            found.extend(self.one(Draft::D7, "then").map(|id| (Applied::Then, id)));
            found.extend(self.one(Draft::D7, "else").map(|id| (Applied::Else, id)));
        }
        let dependent = if self.draft <= Draft::D7 { "dependencies" } else { "dependentSchemas" };
        let dependent = self.mapping(Draft::D4, dependent);
        found.extend(dependent.into_iter().map(|(key, id)| (Applied::Dependent(key), id)));
        self.node.applied.extend(found);
    }

    fn mapping_parts(&mut self) {
        self.node.parts.properties = self.mapping(Draft::D4, "properties").into_iter().collect();
        for (text, id) in self.mapping(Draft::D4, "patternProperties") {
            let keyword = format!("patternProperties/{}", token(&text));
            match self.usable(&text, &keyword) {
                Usable::Fully => {
                    if let Some(matcher) = compile_pattern(&text) {
                        self.node.parts.patterns.push((Pattern { text, matcher }, id));
                    }
                }
                // Any key may be meant, so none is one too many.
                Usable::Unchecked => {
                    if let Some(matcher) = compile_pattern("") {
                        let anything = self.below("patternProperties-unchecked");
                        self.node.parts.patterns.push((Pattern { text: String::new(), matcher }, anything));
                    }
                }
                Usable::Broken => {}
            }
        }
        self.node.parts.additional = self.one(Draft::D4, "additionalProperties");
        self.node.parts.names = self.one(Draft::D6, "propertyNames");
        self.node.parts.unevaluated_properties = self.one(Draft::D2019, "unevaluatedProperties");
    }

    fn list_parts(&mut self) {
        if self.draft >= Draft::D2020 {
            self.node.parts.prefix = self.list(Draft::D2020, "prefixItems");
            self.node.parts.items = self.one(Draft::D2020, "items");
        } else if self.map.get("items").is_some_and(Json::is_array) {
            self.node.parts.prefix = self.list(Draft::D4, "items");
            self.node.parts.items = self.one(Draft::D4, "additionalItems");
        } else {
            self.node.parts.items = self.one(Draft::D4, "items");
        }
        self.node.parts.contains = self.one(Draft::D6, "contains");
        self.node.parts.unevaluated_items = self.one(Draft::D2019, "unevaluatedItems");
    }

    /// Whether a regular expression can be used; if not, says why.
    fn usable(&mut self, text: &str, keyword: &str) -> Usable {
        let known = self.builder.patterns.len();
        let try_it = || match () {
            () if known >= PATTERNS => Usable::Broken,
            () if compile_pattern(text).is_some() && !marks_words_as_rust_does(text) => Usable::Fully,
            () if is_regular_expression(text) => Usable::Unchecked,
            () => Usable::Broken,
        };
        let usable = *self.builder.patterns.entry(text.to_owned()).or_insert_with(try_it);
        let Some(source) = self.sources.files.get(self.node.file) else { return usable };
        let (pointer, shown) = (format!("{}/{keyword}", self.node.pointer), cut(text));
        let help = "write a simpler pattern; terrace's take linear time, whatever they are matched against";
        match usable {
            Usable::Fully => {}
            Usable::Unchecked => {
                let message = format!(
                    "the pattern `{shown}` is not checked: it is too large, or needs look-around, back-references or `\\<`"
                );
                self.builder.limits.push(source.broken(&pointer, message, help));
                self.builder.unchecked.push(self.builder.current());
            }
            Usable::Broken => {
                let message = if known >= PATTERNS {
                    format!("the schema holds more than {PATTERNS} patterns")
                } else {
                    format!(
                        "the pattern `{shown}` cannot be used: it is no regular expression, or far too large"
                    )
                };
                self.builder.broken.push(source.broken(&pointer, message, help));
            }
        }
        usable
    }
}

/// What can be made of a regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usable {
    /// It is matched.
    Fully,
    /// It is one, but matching it may take for ever.
    Unchecked,
    /// It is none, or one too many.
    Broken,
}

/// What ECMA-262 writes in its own way, as others do or as something alike: enough to tell a regular
/// expression from none.
fn as_others_write(text: &str) -> String {
    let text = text.replace("[^]", "[\\s\\S]").replace("[\\b]", "\\x08").replace("\\0", "\\x00");
    let mut parts = text.split("\\k<");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |before, part| before + part.split_once('>').map_or(part, |(_, rest)| rest))
}

/// Whether a text is a regular expression to an engine that knows look-around and back-references.
fn is_regular_expression(text: &str) -> bool {
    let options = jsonschema::draft202012::options().with_pattern_options(PatternOptions::fancy_regex());
    let is_read = |text: &str| options.build(&json!({ "pattern": text })).is_ok();
    is_read(text) || is_read(&as_others_write(text))
}

/// Whether a regular expression holds `\<`, `\>` or `\b{`: ends of words to the engine, and characters to
/// ECMA-262 (B.1.2).
fn marks_words_as_rust_does(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('\\') {
        if behind.starts_with(['<', '>']) || behind.starts_with("b{") {
            return true;
        }
        let mut chars = behind.chars();
        chars.next();
        rest = chars.as_str();
    }
    false
}

fn compile_pattern(text: &str) -> Option<Validator> {
    let schema = json!({ "pattern": text });
    jsonschema::draft202012::options().with_pattern_options(pattern_options()).build(&schema).ok()
}

/// The keywords that judge a value by themselves, in the words of 2020-12.
fn assertions(map: &Map<String, Json>, draft: Draft) -> Map<String, Json> {
    let known = ASSERTIONS.iter().filter(|(_, since)| draft >= *since);
    let mut out: Map<_, _> =
        known.filter_map(|(keyword, _)| Some(((*keyword).to_owned(), map.get(*keyword)?.clone()))).collect();
    if draft == Draft::D4 {
        for (flag, bound) in [("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")] {
            if map.get(flag) == Some(&Json::Bool(true))
                && let Some(limit) = out.remove(bound)
            {
                out.insert(flag.to_owned(), limit);
            }
        }
    }
    // What 2019-09 split in two: lists of keys, and schemas.
    if draft <= Draft::D7
        && let Some(dependencies) = map.get("dependencies").and_then(Json::as_object)
    {
        let lists = dependencies.iter().filter(|(_, json)| json.is_array());
        let lists: Map<_, _> = lists.map(|(key, json)| (key.clone(), json.clone())).collect();
        out.insert("dependentRequired".to_owned(), Json::Object(lists));
    }
    out
}

/// `"x-terrace": {"listKey": …, "listOrder": …}`, or the same as `"x-terrace.listKey": …`.
fn list_rule(map: &Map<String, Json>) -> ListRule {
    let nested = map.get("x-terrace");
    let of =
        |name: &str| nested.and_then(|own| own.get(name)).or_else(|| map.get(&format!("x-terrace.{name}")));
    ListRule {
        key: of("listKey").and_then(Json::as_str).map(str::to_owned),
        order: of("listOrder").and_then(Json::as_bool).unwrap_or_default(),
    }
}
