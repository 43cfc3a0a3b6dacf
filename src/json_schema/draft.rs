//! The drafts of JSON Schema, and since when each keyword counts.

use jsonschema::ValidationError;
use serde_json::Value as Json;

/// A draft of JSON Schema, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    D4,
    D6,
    D7,
    D2019,
    D2020,
}

/// The keywords that judge a value by themselves, and the draft that brought them.
pub(super) const ASSERTIONS: &[(&str, Draft)] = &[
    ("type", Draft::D4),
    ("enum", Draft::D4),
    ("const", Draft::D6),
    ("multipleOf", Draft::D4),
    ("maximum", Draft::D4),
    ("exclusiveMaximum", Draft::D6),
    ("minimum", Draft::D4),
    ("exclusiveMinimum", Draft::D6),
    ("maxLength", Draft::D4),
    ("minLength", Draft::D4),
    ("pattern", Draft::D4),
    ("format", Draft::D4),
    ("maxItems", Draft::D4),
    ("minItems", Draft::D4),
    ("uniqueItems", Draft::D4),
    ("maxContains", Draft::D2019),
    ("minContains", Draft::D2019),
    ("maxProperties", Draft::D4),
    ("minProperties", Draft::D4),
    ("required", Draft::D4),
    ("dependentRequired", Draft::D2019),
];

/// What `hostname` is called for the validator where drafts 4 and 6 mean it.
pub(super) const OLD_HOST_NAME: &str = "hostname-draft-6";

impl Draft {
    /// The draft that a `$schema` names.
    pub(super) fn named(id: &str) -> Option<Self> {
        let id = id.trim_end_matches('#');
        let rest = id.strip_prefix("https://").or_else(|| id.strip_prefix("http://"))?;
        match rest {
            "json-schema.org/draft-04/schema" => Some(Self::D4),
            "json-schema.org/draft-06/schema" => Some(Self::D6),
            "json-schema.org/draft-07/schema" => Some(Self::D7),
            "json-schema.org/draft/2019-09/schema" => Some(Self::D2019),
            "json-schema.org/draft/2020-12/schema" | "json-schema.org/schema" => Some(Self::D2020),
            _ => None,
        }
    }

    /// The draft in words.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::D4 => "draft 4",
            Self::D6 => "draft 6",
            Self::D7 => "draft 7",
            Self::D2019 => "2019-09",
            Self::D2020 => "2020-12",
        }
    }

    /// The `$schema` that names the draft.
    pub(super) const fn uri(self) -> &'static str {
        match self {
            Self::D4 => "http://json-schema.org/draft-04/schema#",
            Self::D6 => "http://json-schema.org/draft-06/schema#",
            Self::D7 => "http://json-schema.org/draft-07/schema#",
            Self::D2019 => "https://json-schema.org/draft/2019-09/schema",
            Self::D2020 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The keyword that names a schema.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::D4 => "id",
            Self::D6 | Self::D7 | Self::D2019 | Self::D2020 => "$id",
        }
    }

    /// Everything that the draft's own schema says against a schema.
    pub(super) fn violations_of(self, schema: &Json) -> Vec<ValidationError<'static>> {
        let validator = match self {
            Self::D4 => jsonschema::draft4::meta::validator(),
            Self::D6 => jsonschema::draft6::meta::validator(),
            Self::D7 => jsonschema::draft7::meta::validator(),
            Self::D2019 => jsonschema::draft201909::meta::validator(),
            Self::D2020 => jsonschema::draft202012::meta::validator(),
        };
        // Whether it is sound the compiled-in validator says at once; the one that names all that is wrong
        // is built only for a schema that is not.
        if validator.is_valid(schema) {
            return Vec::new();
        }
        validator.as_ref().iter_errors(schema).map(ValidationError::to_owned).collect()
    }
}
