//! What the validator found, in sentences.
//!
//! Each sentence exists twice, with the values it speaks of and without. Of `anyOf` and `oneOf`
//! the branch is explained that comes closest to fitting.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::types::JsonType;

use crate::json_schema::phrasing;
use crate::model::{Pointer, Segment, Value, ValuePath, closest};

/// One thing that is wrong with a document.
pub(super) struct Told {
    pub(super) path: ValuePath,
    /// Whether the key is meant, not the value.
    pub(super) at_key: bool,
    pub(super) message: String,
    /// The message without values.
    pub(super) masked: String,
    pub(super) help: String,
    /// Where the keyword stands in the schema that was compiled.
    pub(super) schema: String,
    pub(super) keyword: String,
    /// The key below `path` that is required and missing.
    pub(super) missing: Option<String>,
}

/// Explains errors about one document.
pub(super) struct Explainer<'a> {
    pub(super) document: &'a Value,
    /// The keys that the schema around a keyword knows, by the keyword's place.
    pub(super) allowed: &'a dyn Fn(&str) -> Vec<String>,
}

/// How many sentences of a branch are told.
const SENTENCES: usize = 3;

impl Explainer<'_> {
    /// What an error says; several things where it names several keys.
    pub(super) fn explain(&self, error: &ValidationError<'_>) -> Vec<Told> {
        let mut told = self.tell(error);
        let branches = alternatives(error).map_or(0, <[_]>::len);
        if branches > 1 && types_wanted(error).is_none() {
            let forms = format!(" (in the closest of {branches} allowed forms)");
            for told in &mut told {
                told.message.push_str(&forms);
                told.masked.push_str(&forms);
            }
        }
        told
    }

    fn tell(&self, error: &ValidationError<'_>) -> Vec<Told> {
        let (path, value) = self.at(error.instance_path().as_str());
        if let Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } =
            error.kind()
        {
            return unexpected.iter().map(|key| self.unexpected(error, &path, key)).collect();
        }
        if let Kind::PropertyNames { error: inner } = error.kind() {
            let key = inner.instance().as_str().unwrap_or_default();
            let (sentence, help) = simple(inner, &Value::String(key.to_owned()), true);
            let message = format!("not an allowed key: {sentence}");
            return vec![told(error, path.key(key), true, (message.clone(), message), help)];
        }
        let closest = alternatives(error).and_then(|branches| self.closest(error, branches));
        vec![closest.unwrap_or_else(|| self.plain(error, path, value))]
    }

    fn plain(&self, error: &ValidationError<'_>, path: ValuePath, value: &Value) -> Told {
        let (message, help) = simple(error, value, true);
        let (masked, _) = simple(error, value, false);
        let at_key = matches!(error.kind(), Kind::FalseSchema) || !value.is_scalar();
        told(error, path, at_key, (message, masked), help)
    }

    fn unexpected(&self, error: &ValidationError<'_>, parent: &ValuePath, key: &str) -> Told {
        let allowed = (self.allowed)(error.schema_path().as_str());
        let help = match closest(key, allowed.iter().map(String::as_str)) {
            Some(name) => {
                format!("did you mean `{name}`? Otherwise remove the key, or allow it in the schema")
            }
            None => "remove the key, or allow it in the schema".to_owned(),
        };
        let message = format!("`{key}` is not an allowed key");
        told(error, parent.key(key), true, (message.clone(), message), help)
    }

    /// Why none of several schemas fits: what the closest one says. `None` where all that they
    /// say is which types they take.
    fn closest(
        &self,
        error: &ValidationError<'_>,
        branches: &[Vec<ValidationError<'static>>],
    ) -> Option<Told> {
        if types_wanted(error).is_some() {
            return None;
        }
        let branch = branches.iter().min_by_key(|branch| distance(error, branch))?;
        let mut sentences = branch.iter().flat_map(|error| self.tell(error));
        let mut first = sentences.next()?;
        // Whether a value may be shown is decided for the path of the first.
        let rest: Vec<_> = sentences.map(|told| told.masked).collect();
        let mut more: String =
            rest.iter().take(SENTENCES - 1).map(|sentence| format!("; {sentence}")).collect();
        if rest.len() >= SENTENCES {
            more.push_str(&format!("; and {} more", rest.len() + 1 - SENTENCES));
        }
        first.message.push_str(&more);
        first.masked.push_str(&more);
        first.schema = error.schema_path().as_str().to_owned();
        first.keyword = error.kind().keyword().to_owned();
        Some(first)
    }

    /// The path and the value at a JSON pointer into the document.
    fn at(&self, pointer: &str) -> (ValuePath, &Value) {
        let tokens = Pointer::parse(pointer).unwrap_or_default();
        let (mut path, mut value) = (ValuePath::root(), self.document);
        for token in tokens.tokens() {
            while let Value::Tagged(_, inner) = value {
                value = inner;
            }
            let segment = match (value, token.parse()) {
                (Value::List(_), Ok(index)) => Segment::Index(index),
                _ => Segment::Key(token.clone()),
            };
            value = value.child(&segment).unwrap_or(&Value::Null);
            path.segments.push(segment);
        }
        while let Value::Tagged(_, inner) = value {
            value = inner;
        }
        (path, value)
    }
}

fn told(
    error: &ValidationError<'_>,
    path: ValuePath,
    at_key: bool,
    (message, masked): (String, String),
    help: impl Into<String>,
) -> Told {
    Told {
        path,
        at_key,
        message,
        masked,
        help: help.into(),
        schema: error.schema_path().as_str().to_owned(),
        keyword: error.kind().keyword().to_owned(),
        missing: missing(error),
    }
}

fn missing(error: &ValidationError<'_>) -> Option<String> {
    let Kind::Required { property } = error.kind() else { return None };
    property.as_str().map(str::to_owned)
}

/// The errors of each alternative, where none of several fits.
fn alternatives<'e>(error: &'e ValidationError<'_>) -> Option<&'e [Vec<ValidationError<'static>>]> {
    if let Kind::AnyOf { context } | Kind::OneOfNotValid { context } = error.kind() {
        Some(context)
    } else {
        None
    }
}

/// The types that an error asks for, when that is all it says. Of alternatives that is so when
/// each of them asks for a type.
fn types_wanted(error: &ValidationError<'_>) -> Option<Vec<JsonType>> {
    if let Kind::Type { kind } = error.kind() {
        return Some(phrasing::types(kind));
    }
    let mut types = Vec::new();
    for branch in alternatives(error)? {
        let mut here = branch.iter().filter(|inner| inner.instance_path() == error.instance_path());
        for kind in here.find_map(types_wanted)? {
            if !types.contains(&kind) {
                types.push(kind);
            }
        }
    }
    (!types.is_empty()).then_some(types)
}

/// How far a branch is from fitting: first whether it is of another kind, then how much is wrong.
fn distance(error: &ValidationError<'_>, branch: &[ValidationError<'static>]) -> (u8, usize) {
    let depth = |error: &ValidationError<'_>| error.instance_path().segments().count();
    let here = depth(error);
    let other_kind = branch.iter().map(|inner| match (inner.kind(), depth(inner).saturating_sub(here)) {
        (Kind::Type { .. } | Kind::FalseSchema, 0) => 2,
        (Kind::Constant { .. } | Kind::Enum { .. }, 0 | 1) => 1,
        _ => 0,
    });
    (other_kind.max().unwrap_or_default(), branch.len())
}

fn expected(types: &[JsonType], value: &Value, show: bool) -> String {
    let names: Vec<_> = types.iter().map(|kind| phrasing::type_name(*kind).to_owned()).collect();
    format!("expected {}, found {}", phrasing::either(&names), phrasing::found(value, show))
}

fn type_help(types: &[JsonType], value: &Value) -> String {
    let wants = |kind: JsonType| types.contains(&kind);
    let plain = value.as_str().map(crate::yaml::plain_value);
    let help = match (value, plain) {
        (Value::Number(_) | Value::Bool(_) | Value::Null, _) if wants(JsonType::String) => {
            "put the value in quotes, or change the type in the schema"
        }
        (_, Some(Value::Number(_))) if wants(JsonType::Number) || wants(JsonType::Integer) => {
            "remove the quotes, or change the type in the schema"
        }
        (_, Some(Value::Bool(_))) if wants(JsonType::Boolean) => {
            "remove the quotes, or change the type in the schema"
        }
        _ => "change the value, or the type in the schema",
    };
    help.to_owned()
}

/// The sentence and the help for an error that speaks of one value.
fn simple(error: &ValidationError<'_>, value: &Value, show: bool) -> (String, String) {
    let it = phrasing::subject(value, show);
    let number = |number: usize, word: &str, bound: &str, limit: u64| match show {
        true => format!("{it} has {}, {bound} of {limit}", phrasing::count(number as u64, word)),
        false => format!("{it} has {bound} of {}", phrasing::count(limit, word)),
    };
    let elements = value.as_list().map_or(0, |list| list.len());
    let keys = value.as_map().map_or(0, |map| map.len());
    let own = |sentence: String, help: &str| (sentence, help.to_owned());
    match error.kind() {
        Kind::Maximum { limit } => (
            format!("{it} is more than the maximum of {}", phrasing::json(limit)),
            format!("choose a value up to {}, or raise the maximum in the schema", phrasing::json(limit)),
        ),
        Kind::Minimum { limit } => (
            format!("{it} is less than the minimum of {}", phrasing::json(limit)),
            format!(
                "choose a value from {} upwards, or lower the minimum in the schema",
                phrasing::json(limit)
            ),
        ),
        Kind::ExclusiveMaximum { limit } => (
            format!("{it} is not less than {}", phrasing::json(limit)),
            format!("choose a value below {}, or raise the bound in the schema", phrasing::json(limit)),
        ),
        Kind::ExclusiveMinimum { limit } => (
            format!("{it} is not more than {}", phrasing::json(limit)),
            format!("choose a value above {}, or lower the bound in the schema", phrasing::json(limit)),
        ),
        Kind::MultipleOf { multiple_of } => {
            own(format!("{it} is not a multiple of {}", phrasing::json(multiple_of)), "choose a multiple")
        }
        Kind::MaxLength { limit } => own(
            format!("{it} is longer than {}", phrasing::count(*limit, "character")),
            "shorten it, or raise `maxLength` in the schema",
        ),
        Kind::MinLength { limit: 1 } => own("the string is empty".to_owned(), "give it a value"),
        Kind::MinLength { limit } => own(
            format!("{it} is shorter than {}", phrasing::count(*limit, "character")),
            "lengthen it, or lower `minLength` in the schema",
        ),
        Kind::Pattern { pattern } => own(
            format!("{it} does not match the pattern `{}`", phrasing::cut(pattern)),
            "change the value, or the pattern in the schema",
        ),
        Kind::Format { format } => own(
            format!("{it} is not {}", phrasing::format_name(format)),
            "change the value, or the format in the schema",
        ),
        Kind::Enum { options } => own(
            match show {
                true => format!("{it} is not {}", phrasing::alternatives(options)),
                false => format!("{it} is none of those that the schema allows"),
            },
            "choose one of the allowed values, or add one to the schema",
        ),
        Kind::Constant { expected_value } => own(
            match show {
                true => format!("{it} is not {}, the only value allowed", phrasing::json(expected_value)),
                false => format!("{it} is not the only one that the schema allows"),
            },
            "write that value, or change the schema",
        ),
        Kind::Required { property } => {
            let key = property.as_str().map_or_else(|| property.to_string(), str::to_owned);
            (
                format!("the required key `{key}` is missing"),
                format!("add `{key}`, or do not require it in the schema"),
            )
        }
        Kind::MaxItems { limit } => own(
            number(elements, "element", "more than the maximum", *limit),
            "remove elements, or raise `maxItems` in the schema",
        ),
        Kind::MinItems { limit } => own(
            number(elements, "element", "fewer than the minimum", *limit),
            "add elements, or lower `minItems` in the schema",
        ),
        Kind::MaxProperties { limit } => own(
            number(keys, "key", "more than the maximum", *limit),
            "remove keys, or raise `maxProperties` in the schema",
        ),
        Kind::MinProperties { limit } => own(
            number(keys, "key", "fewer than the minimum", *limit),
            "add keys, or lower `minProperties` in the schema",
        ),
        Kind::UniqueItems => own("the list holds the same element twice".to_owned(), "remove one of the two"),
        Kind::Contains => own(
            "the list does not contain what the schema asks for".to_owned(),
            "see `contains` in the schema",
        ),
        Kind::AdditionalItems { limit } => own(
            format!("the list holds more than {}", phrasing::count(*limit as u64, "element")),
            "remove the others, or allow them in the schema",
        ),
        Kind::UnevaluatedItems { .. } => own(
            "the list holds elements that the schema does not know".to_owned(),
            "remove them, or allow them in the schema",
        ),
        Kind::FalseSchema => {
            own("the schema allows no value here".to_owned(), "remove it, or allow it in the schema")
        }
        Kind::Not { .. } => {
            own(format!("{it} is what the schema excludes"), "change the value; see `not` in the schema")
        }
        Kind::OneOfMultipleValid { context } => own(
            format!("{it} fits several of the {} allowed forms, and may fit only one", context.len()),
            "write it so that only one of the forms fits; see `oneOf` in the schema",
        ),
        Kind::Type { .. } | Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => match types_wanted(error) {
            Some(types) => (expected(&types, value, show), type_help(&types, value)),
            None => own(
                format!("{it} fits none of the allowed forms"),
                "write it in one of the forms that the schema allows",
            ),
        },
        Kind::AdditionalProperties { .. }
        | Kind::UnevaluatedProperties { .. }
        | Kind::PropertyNames { .. } => {
            own("a key is not allowed".to_owned(), "remove it, or allow it in the schema")
        }
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => {
            own(format!("{it} could not be matched against the schema's pattern"), "write a simpler pattern")
        }
        Kind::ContentEncoding { .. }
        | Kind::ContentMediaType { .. }
        | Kind::Custom { .. }
        | Kind::FromUtf8 { .. }
        | Kind::Referencing(_) => {
            own(format!("{it} does not fit `{}`", error.kind().keyword()), "see the schema")
        }
    }
}
