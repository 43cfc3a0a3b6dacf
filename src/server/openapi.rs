//! The description of the API (OpenAPI 3.1), made from the table of routes and the types of `api`.

use serde_json::{Map, Value as Json, json};

use super::guard::is_open;
use super::problem::{PROBLEM_JSON, ProblemKind};
use crate::api::served::components;
use crate::model::{Environment, Key};

/// What is said of a route.
pub(super) struct Doc {
    /// As the router has it.
    pub(super) path: &'static str,
    id: &'static str,
    summary: &'static str,
    method: &'static str,
    is_tagged: bool,
    is_preconditioned: bool,
    /// Whether a body with nothing in it means something.
    is_body_optional: bool,
    /// The status of an answer beside 200, or in its place where there is nothing to say.
    status: u16,
    parameters: Vec<Parameter>,
    problems: Vec<ProblemKind>,
    /// As `answers`.
    bodies: Vec<(&'static str, &'static str)>,
    /// Media types, each with the schema of its JSON where there is one.
    answers: Vec<(&'static str, &'static str)>,
}

impl Doc {
    pub(super) fn new(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        let (parameters, problems) = (Vec::new(), Vec::new());
        let (bodies, answers) = (Vec::new(), Vec::new());
        let (is_tagged, is_preconditioned, is_body_optional) = (false, false, false);
        let (method, status) = ("get", 200);
        Self {
            path,
            id,
            summary,
            method,
            is_tagged,
            is_preconditioned,
            is_body_optional,
            status,
            parameters,
            problems,
            bodies,
            answers,
        }
    }

    /// Another method than `get`.
    pub(super) fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    /// The request says which version of the item it is about.
    pub(super) fn preconditioned(self) -> Self {
        Self { is_preconditioned: true, ..self }
            .problems(&[ProblemKind::PreconditionFailed, ProblemKind::PreconditionRequired])
    }

    /// A status beside 200.
    pub(super) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn body(mut self, form: &'static str, schema: &'static str) -> Self {
        self.bodies.push((form, schema));
        self
    }

    /// An empty body is an empty text.
    pub(super) fn body_may_be_empty(self) -> Self {
        Self { is_body_optional: true, ..self }
    }

    /// The answer has a tag, and can be waited for.
    pub(super) fn tagged(self) -> Self {
        Self { is_tagged: true, ..self }
    }

    pub(super) fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    pub(super) fn problems(mut self, kinds: &[ProblemKind]) -> Self {
        self.problems.extend_from_slice(kinds);
        self
    }

    pub(super) fn answer(mut self, form: &'static str, schema: &'static str) -> Self {
        self.answers.push((form, schema));
        self
    }
}

/// A parameter of an address.
pub(super) struct Parameter {
    name: &'static str,
    meaning: &'static str,
    most: Option<usize>,
    /// A regular expression that every value fits.
    pattern: Option<&'static str>,
    /// The words that it may be.
    words: Option<fn() -> Vec<&'static str>>,
    is_many: bool,
    is_flag: bool,
    is_required: bool,
}

/// Strong entity tags, as `If-Match` and `If-None-Match` have them.
const TAGS_PATTERN: &str = r#"^"[!#-~]*"(, *"[!#-~]*")*$"#;

/// Text that a header can hold.
const LINE_PATTERN: &str = "^[!-~]([ -~]*[!-~])?$";

impl Parameter {
    pub(super) const fn one(name: &'static str, meaning: &'static str) -> Self {
        let (is_many, is_flag, is_required) = (false, false, false);
        Self { name, meaning, most: None, pattern: None, words: None, is_many, is_flag, is_required }
    }

    pub(super) const fn many(name: &'static str, meaning: &'static str) -> Self {
        Self { is_many: true, ..Self::one(name, meaning) }
    }

    pub(super) const fn flag(name: &'static str, meaning: &'static str) -> Self {
        Self { is_flag: true, ..Self::one(name, meaning) }
    }

    pub(super) const fn number(name: &'static str, meaning: &'static str, most: usize) -> Self {
        Self { most: Some(most), ..Self::one(name, meaning) }
    }

    pub(super) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    pub(super) const fn pattern(self, pattern: &'static str) -> Self {
        Self { pattern: Some(pattern), ..self }
    }

    pub(super) const fn words(self, words: fn() -> Vec<&'static str>) -> Self {
        Self { words: Some(words), ..self }
    }

    fn json(&self) -> Json {
        let text = match (self.words, self.pattern) {
            (Some(words), _) => json!({ "type": "string", "enum": words() }),
            (None, Some(pattern)) => json!({ "type": "string", "pattern": pattern }),
            (None, None) => json!({ "type": "string" }),
        };
        let schema = match (self.most, self.is_many) {
            (Some(most), _) => json!({ "type": "integer", "minimum": 1, "maximum": most }),
            _ if self.is_flag => json!({ "type": "boolean" }),
            (None, true) => json!({ "type": "array", "items": text }),
            (None, false) => text,
        };
        let Self { name, meaning, is_required, .. } = self;
        json!({ "name": name, "in": "query", "description": meaning, "required": is_required, "schema": schema })
    }
}

/// The description.
pub(super) fn document<'d>(routes: impl Iterator<Item = &'d Doc>) -> Json {
    let mut paths = Map::new();
    for doc in routes {
        let path = paths.entry(doc.path.replace("{*key}", "{key}")).or_insert_with(|| json!({}));
        path[doc.method] = operation(doc);
    }
    let problems: Map<String, Json> = ProblemKind::ALL
        .iter()
        .map(|kind| {
            let meaning =
                json!({ "status": kind.status(), "title": kind.title(), "meaning": kind.meaning() });
            (kind.name().to_owned(), meaning)
        })
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Terrace",
            "version": "1",
            "description": "Configuration of development, staging and production, each by itself. 404 means that the served commit of the environment has no such item or value, and nothing else. Every error is a problem (RFC 9457) whose type is urn:terrace:problem:NAME; x-terrace-problems lists the names.",
        },
        "paths": paths,
        "components": { "schemas": components(), "securitySchemes": security_schemes() },
        // Without a tokens file, whoever is on this machine may read without one.
        "security": [{ "bearer": [] }, { "basic": [] }, { "key": [] }, {}],
        "x-terrace-problems": problems,
    })
}

/// Where a token may stand.
fn security_schemes() -> Json {
    json!({
        "bearer": { "type": "http", "scheme": "bearer", "description": "The token" },
        "basic": { "type": "http", "scheme": "basic", "description": "The token as the password" },
        "key": { "type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The token" },
    })
}

fn operation(doc: &Doc) -> Json {
    let path = doc.path;
    let mut parameters = Vec::new();
    if path.contains("{environment}") {
        let names = Environment::ALL.map(Environment::name);
        let schema = json!({ "type": "string", "enum": names });
        parameters.push(json!({ "name": "environment", "in": "path", "required": true, "schema": schema }));
    }
    if path.contains("{*key}") {
        let meaning = "The item's key; `/` in it may stand as `/` or as `%2F`";
        parameters.push(json!({
            "name": "key", "in": "path", "required": true, "description": meaning,
            "schema": { "type": "string", "pattern": Key::PATTERN },
        }));
    }
    parameters.extend(doc.parameters.iter().map(Parameter::json));
    if doc.is_tagged {
        let wait = "`wait=N` with If-None-Match: answer when it has changed, or 304 after N seconds";
        // What means nothing here is passed over, as HTTP has it.
        for (name, meaning) in [("If-None-Match", "Answer 304 when the tag is still this"), ("Prefer", wait)]
        {
            parameters.push(header(name, meaning, ".*"));
        }
    }
    if doc.is_preconditioned {
        for (name, meaning, pattern) in [
            ("If-Match", "The tag of the item as it was read", TAGS_PATTERN),
            ("If-None-Match", "`*`: there is no item yet", r"^\*$"),
            ("Terrace-Message", "The message of the commit", LINE_PATTERN),
        ] {
            parameters.push(header(name, meaning, pattern));
        }
    }
    let mut responses = Map::new();
    let mut ok = json!({ "description": doc.summary, "content": content(&doc.answers) });
    // What is read is a value; what is sent is a text, as generated clients have it.
    if let Some(yaml) = ok["content"].get_mut("application/yaml") {
        *yaml = json!({ "schema": {} });
    }
    if doc.is_tagged {
        let text = json!({ "schema": { "type": "string" } });
        ok["headers"] = json!({ "ETag": text, "Terrace-Commit": text });
        responses.insert("304".to_owned(), json!({ "description": "It is still the same" }));
    }
    if doc.is_preconditioned {
        let text = json!({ "schema": { "type": "string" } });
        ok["headers"] = json!({ "ETag": text, "Terrace-Commit": text });
    }
    if doc.status == 204 {
        let text = json!({ "schema": { "type": "string" } });
        let headers = json!({ "Terrace-Commit": text });
        responses.insert("204".to_owned(), json!({ "description": doc.summary, "headers": headers }));
    } else if doc.status != 200 {
        responses.insert(doc.status.to_string(), ok.clone());
    }
    if !doc.answers.is_empty() {
        responses.insert("200".to_owned(), ok);
    }
    for (status, names) in problems(doc) {
        let names: Vec<&str> = names.iter().map(|kind| kind.name()).collect();
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        responses.insert(
            status.to_string(),
            json!({ "description": names.join(", "), "content": { PROBLEM_JSON: { "schema": schema } } }),
        );
    }
    responses.sort_keys();
    let mut operation = json!({
        "operationId": doc.id, "summary": doc.summary, "parameters": parameters, "responses": responses,
    });
    if !doc.bodies.is_empty() {
        operation["requestBody"] =
            json!({ "required": !doc.is_body_optional, "content": content(&doc.bodies) });
    }
    operation
}

fn header(name: &str, meaning: &str, pattern: &str) -> Json {
    let schema = json!({ "type": "string", "pattern": pattern });
    json!({ "name": name, "in": "header", "description": meaning, "required": false, "schema": schema })
}

/// The problems of a route by their status.
fn problems(doc: &Doc) -> Vec<(u16, Vec<ProblemKind>)> {
    let mut kinds = doc.problems.clone();
    kinds.extend([ProblemKind::BadRequest, ProblemKind::InvalidParameter, ProblemKind::MisdirectedRequest]);
    kinds.extend([ProblemKind::AddressTooLong, ProblemKind::Overloaded]);
    if !is_open(doc.path) {
        kinds.push(ProblemKind::Unauthorized);
    }
    if doc.path.contains("{environment}") {
        kinds.extend([ProblemKind::UnknownEnvironment, ProblemKind::EnvironmentConflict]);
        kinds.extend([ProblemKind::Forbidden, ProblemKind::EnvironmentUnavailable]);
        kinds.extend([ProblemKind::RequestTimeout, ProblemKind::RepositoryUnreadable]);
    }
    let mut found: Vec<(u16, Vec<ProblemKind>)> = Vec::new();
    for kind in ProblemKind::ALL.iter().copied().filter(|kind| kinds.contains(kind)) {
        match found.iter_mut().find(|(status, _)| *status == kind.status()) {
            Some((_, names)) => names.push(kind),
            None => found.push((kind.status(), vec![kind])),
        }
    }
    found
}

/// What is said of a form that has no schema of its own.
fn bare(form: &str) -> Json {
    match form {
        "application/json" => json!({}),
        "application/merge-patch+json" => json!({ "type": "object" }),
        "application/json-patch+json" => json!({ "type": "array", "items": { "type": "object" } }),
        _ => json!({ "type": "string" }),
    }
}

/// The forms of an answer; several schemas of one form are alternatives.
fn content(answers: &[(&str, &str)]) -> Json {
    let mut content = Map::new();
    for (form, _) in answers {
        let schemas: Vec<Json> = answers
            .iter()
            .filter(|(other, name)| other == form && !name.is_empty())
            .map(|(_, name)| json!({ "$ref": format!("#/components/schemas/{name}") }))
            .collect();
        let schema = match schemas.as_slice() {
            [] => bare(form),
            [one] => one.clone(),
            several => json!({ "anyOf": several }),
        };
        content.insert((*form).to_owned(), json!({ "schema": schema }));
    }
    Json::Object(content)
}
