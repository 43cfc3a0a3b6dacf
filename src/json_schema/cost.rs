//! What a schema may cost: its own expansion before it is compiled, and a document's validation
//! before it is begun.
//!
//! Validators evaluate a schema once for each way that leads to it, and ways multiply: 25 levels
//! of `anyOf` with two equal references are 33 million. A recursive schema does the same along
//! the depth of a document. So both are counted here, each pair of schema and value once, which
//! is quick where the evaluation is not; what is beyond the budget is not begun.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::graph::{Applied, Graph, Node, NodeId};

/// The most schemas that may be applied to one and the same value.
const APPLIED: u64 = 10_000;
/// The same below `unevaluatedProperties` and `unevaluatedItems`, which look at each pair of them.
const APPLIED_UNEVALUATED: u64 = 1_000;
/// The longest row of schemas that refer to one another without going down into the value.
const ROW: usize = 250;
/// The most levels of schemas and values together: each takes some stack.
const DEPTH: usize = 1_000;
/// The most steps that counting itself may take.
const STEPS: u64 = 20_000_000;
/// The most counts that are kept.
const MEMORY: usize = 1_000_000;
/// The most schema evaluations of one document.
const EVALUATIONS: u64 = 50_000_000;
/// The most evaluations and copied values when errors are to be collected.
const COLLECTED: u64 = 2_000_000;

/// For each schema, how many schemas are applied to a value when it is; the error is the schema
/// that is too much, and why.
pub(super) fn expansions(graph: &Graph) -> Result<Vec<u64>, (NodeId, String)> {
    let mut walk = Expansion { graph, known: vec![Known::Unseen; graph.nodes.len()] };
    graph.ids().map(|id| walk.count(id, 0).map(|(count, _)| count)).collect()
}

#[derive(Clone, Copy)]
enum Known {
    Unseen,
    Open,
    /// The number of schemas and the length of the longest row.
    Counted(u64, usize),
}

struct Expansion<'a> {
    graph: &'a Graph,
    known: Vec<Known>,
}

impl Expansion<'_> {
    fn count(&mut self, id: NodeId, row: usize) -> Result<(u64, usize), (NodeId, String)> {
        let graph = self.graph;
        let Some(known) = self.known.get_mut(id.0 as usize) else { return Ok((0, 0)) };
        match *known {
            Known::Counted(count, length) => return Ok((count, length)),
            Known::Open => {
                return Err((id, "the schema refers to itself without going down into the value".into()));
            }
            Known::Unseen => *known = Known::Open,
        }
        let node = graph.node(id);
        let (mut count, mut length) = (1, 0);
        for (_, below) in &node.applied {
            if row >= ROW {
                return Err((id, too_long()));
            }
            let (more, longest) = self.count(*below, row + 1)?;
            count += more;
            length = length.max(longest);
        }
        let unevaluated = node.parts.unevaluated_properties.or(node.parts.unevaluated_items).is_some();
        let most = if unevaluated { APPLIED_UNEVALUATED } else { APPLIED };
        if count > most {
            return Err((id, format!("the schema applies more than {most} schemas to one value")));
        }
        if length >= ROW {
            return Err((id, too_long()));
        }
        if let Some(known) = self.known.get_mut(id.0 as usize) {
            *known = Known::Counted(count, length + 1);
        }
        Ok((count, length + 1))
    }
}

fn too_long() -> String {
    format!("more than {ROW} schemas refer to one another in a row")
}

/// What can be afforded for a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Affordable {
    /// Every violation can be collected.
    Violations,
    /// Only whether there are violations can be told.
    Verdict,
    /// Not even that.
    Nothing,
}

/// Counts what validating `document` costs.
pub(super) fn affordable(graph: &Graph, expansions: &[u64], document: &Json) -> Affordable {
    let mut counter = Counter {
        graph,
        expansions,
        shared: shared(graph),
        counted: HashMap::new(),
        sizes: HashMap::new(),
        steps: 0,
    };
    counter.measure(document);
    match counter.count(Graph::ROOT, document, 0) {
        Some(cost) if cost.errors <= COLLECTED => Affordable::Violations,
        Some(cost) if cost.valid <= EVALUATIONS => Affordable::Verdict,
        _ => Affordable::Nothing,
    }
}

/// The schemas that references lead to: those that can be met again with the same value.
fn shared(graph: &Graph) -> Vec<bool> {
    let mut shared = vec![false; graph.nodes.len()];
    let applied = graph.nodes.iter().flat_map(|node| &node.applied);
    for (_, id) in applied.filter(|(how, _)| *how == Applied::Ref) {
        if let Some(shared) = shared.get_mut(id.0 as usize) {
            *shared = true;
        }
    }
    shared
}

/// What one schema costs for one value.
#[derive(Clone, Copy, Default)]
struct Cost {
    /// Telling whether it fits.
    valid: u64,
    /// Telling which parts the schema has evaluated, for `unevaluated…`.
    mark: u64,
    /// Collecting its errors.
    errors: u64,
    /// The same within `anyOf` and `oneOf`, where each error copies the value that it is about.
    branch: u64,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.valid = self.valid.saturating_add(other.valid);
        self.mark = self.mark.saturating_add(other.mark);
        self.errors = self.errors.saturating_add(other.errors);
        self.branch = self.branch.saturating_add(other.branch);
    }
}

struct Counter<'a> {
    graph: &'a Graph,
    expansions: &'a [u64],
    shared: Vec<bool>,
    /// By schema and address of the value.
    counted: HashMap<(NodeId, usize), Cost>,
    /// The number of values in each list and mapping, by its address.
    sizes: HashMap<usize, u64>,
    steps: u64,
}

fn address(value: &Json) -> usize {
    std::ptr::from_ref(value).addr()
}

impl Counter<'_> {
    fn measure(&mut self, value: &Json) -> u64 {
        let size = match value {
            Json::Array(list) => list.iter().map(|value| self.measure(value)).sum::<u64>(),
            Json::Object(map) => map.values().map(|value| self.measure(value)).sum(),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => return 1,
        };
        self.sizes.insert(address(value), size + 1);
        size + 1
    }

    fn size(&self, value: &Json) -> u64 {
        self.sizes.get(&address(value)).copied().unwrap_or(1)
    }

    /// `None` where counting itself is beyond the budget.
    fn count(&mut self, id: NodeId, value: &Json, depth: usize) -> Option<Cost> {
        let place = (id, address(value));
        if let Some(cost) = self.counted.get(&place) {
            return Some(*cost);
        }
        self.steps += 1;
        if self.steps > STEPS || depth > DEPTH || self.counted.len() > MEMORY {
            return None;
        }
        let graph = self.graph;
        let node = graph.node(id);
        let own = own(node, value, self.size(value));
        let copies = self.size(value).saturating_mul(possible_errors(node, value));
        let mut cost = Cost { valid: own, mark: 1, errors: own, branch: own.saturating_add(copies) };
        for (how, below) in &node.applied {
            if !matches!(how, Applied::Dependent(key) if value.get(key).is_none()) {
                cost.add(applied(how, self.count(*below, value, depth + 1)?));
            }
        }
        match value {
            Json::Object(map) if node.parts.of_mappings() => {
                for (key, value) in map {
                    for below in node.property(key) {
                        cost.add(part(self.count(below, value, depth + 1)?));
                    }
                }
            }
            Json::Array(list) if node.parts.of_lists() => {
                for (index, value) in list.iter().enumerate() {
                    for below in node.element(Some(index)) {
                        cost.add(part(self.count(below, value, depth + 1)?));
                    }
                }
            }
            Json::Null
            | Json::Bool(_)
            | Json::Number(_)
            | Json::String(_)
            | Json::Array(_)
            | Json::Object(_) => {}
        }
        if let Some(names) = node.parts.names {
            cost.add(part(flat(self.expansion(names).saturating_mul(self.size(value)))));
        }
        if node.parts.unevaluated_properties.or(node.parts.unevaluated_items).is_some() {
            let pairs = self.expansion(id).saturating_pow(2) / 16;
            cost.add(part(flat(cost.mark.saturating_add(pairs))));
        }
        if self.shared.get(id.0 as usize) == Some(&true) {
            self.counted.insert(place, cost);
        }
        Some(cost)
    }

    fn expansion(&self, id: NodeId) -> u64 {
        self.expansions.get(id.0 as usize).copied().unwrap_or(1)
    }
}

/// What a schema applied to the same value adds to the schema around it.
fn applied(how: &Applied, below: Cost) -> Cost {
    let mark = below.valid.saturating_add(below.mark);
    let (errors, branch) = match how {
        // First whether one fits, then why none does.
        Applied::AnyOf | Applied::OneOf => {
            let both = below.valid.saturating_add(below.branch);
            (both, both)
        }
        Applied::Not | Applied::If => (below.valid, below.valid),
        Applied::Ref | Applied::AllOf | Applied::Then | Applied::Else | Applied::Dependent(_) => {
            (below.errors, below.branch)
        }
    };
    Cost { valid: below.valid, mark, errors, branch }
}

/// What a schema for a part of the value adds.
fn part(below: Cost) -> Cost {
    Cost { mark: 1, ..below }
}

fn flat(cost: u64) -> Cost {
    Cost { valid: cost, mark: cost, errors: cost, branch: cost }
}

/// What a schema's own keywords cost.
fn own(node: &Node, value: &Json, size: u64) -> u64 {
    let entries = |keyword: &str| match node.assertions.get(keyword) {
        Some(Json::Array(list)) => list.len() as u64,
        Some(Json::Object(map)) => map.len() as u64,
        Some(_) => 1,
        None => 0,
    };
    let text = |text: &str| text.len() as u64 / 16 + 1;
    let more = match value {
        Json::String(value) => (entries("pattern") + entries("format")) * text(value),
        Json::Object(map) => {
            let patterns = match node.parts.patterns.len() as u64 {
                0 => 0,
                patterns => patterns.saturating_mul(map.keys().map(|key| text(key)).sum()),
            };
            entries("required") + entries("dependentRequired") + node.parts.properties.len() as u64 + patterns
        }
        Json::Array(_) => entries("uniqueItems") * size * 16,
        Json::Null | Json::Bool(_) | Json::Number(_) => 0,
    };
    1 + node.assertions.len() as u64 + entries("enum").saturating_mul(size) + more
}

/// How many errors a schema's own keywords may give for one value.
fn possible_errors(node: &Node, value: &Json) -> u64 {
    let missing = match (value, node.assertions.get("required")) {
        (Json::Object(map), Some(Json::Array(keys))) => {
            keys.iter().filter(|key| key.as_str().is_some_and(|key| !map.contains_key(key))).count()
        }
        _ => 0,
    };
    let keys = value.as_object().map_or(0, Map::len);
    let names = if node.parts.names.is_some() { keys } else { 0 };
    (1 + node.assertions.len() + missing + names) as u64
}
