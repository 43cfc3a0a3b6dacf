//! Keywords that a schema's draft takes for somebody's own words, and formats that nothing checks.
//!
//! A draft ignores what it does not know, so a keyword of another draft, or one that is mistyped, looks
//! like a rule and is none. What does not look like a keyword (`x-order`, `description:de`), and what
//! editors and generators of code read, is an annotation.

use std::borrow::Cow;
use std::sync::LazyLock;

use jsonschema::ValidationOptions;
use serde_json::{Map, Value as Json};

use super::draft::{ASSERTIONS, Draft};
use super::phrasing::cut;
use crate::model::{Slip, closest, slip};

/// Something in a schema that judges nothing there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Unheeded {
    pub(super) keyword: Cow<'static, str>,
    /// What is not checked.
    what: String,
    why: String,
    pub(super) help: String,
}

impl Unheeded {
    fn keyword(keyword: impl Into<Cow<'static, str>>, why: String, help: String) -> Self {
        let keyword = keyword.into();
        Self { what: format!("`{}`", cut(&keyword)), keyword, why, help }
    }

    /// One sentence about it and so many more places where the same holds.
    pub(super) fn message(&self, more: usize) -> String {
        let more = match more {
            0 => String::new(),
            1 => ", here and at 1 more place".to_owned(),
            count => format!(", here and at {count} more places"),
        };
        format!("{} is not checked{more}: {}", self.what, self.why)
    }
}

/// The drafts that know a keyword, and what says the same in the others.
struct Known {
    keyword: &'static str,
    first: Draft,
    last: Draft,
    /// Before the first; empty where there is nothing of the kind.
    before: &'static str,
    /// After the last.
    after: &'static str,
}

const fn since(first: Draft, keyword: &'static str, before: &'static str) -> Known {
    Known { keyword, first, last: Draft::D2020, before, after: "" }
}

const fn until(last: Draft, keyword: &'static str, after: &'static str) -> Known {
    Known { keyword, first: Draft::D4, last, before: "", after }
}

/// `definitions` is missing on purpose: every draft's references lead into it.
const KEYWORDS: &[Known] = &[
    since(Draft::D6, "const", "`enum` with one value"),
    since(Draft::D6, "contains", ""),
    since(Draft::D6, "propertyNames", "`patternProperties` and `\"additionalProperties\": false`"),
    since(Draft::D6, "$id", "`id`"),
    since(Draft::D7, "if", "`anyOf`"),
    since(Draft::D2019, "dependentRequired", "`dependencies`"),
    since(Draft::D2019, "dependentSchemas", "`dependencies`"),
    since(Draft::D2019, "minContains", ""),
    since(Draft::D2019, "maxContains", ""),
    since(Draft::D2019, "unevaluatedProperties", "`additionalProperties`"),
    since(Draft::D2019, "unevaluatedItems", "`additionalItems`"),
    since(Draft::D2019, "$anchor", "`$id` with `#` and the name"),
    since(Draft::D2019, "$defs", "`definitions`"),
    since(Draft::D2020, "prefixItems", "`items` with a list of schemas"),
    since(Draft::D2020, "$dynamicRef", "`$ref`"),
    since(Draft::D2020, "$dynamicAnchor", "`$anchor`"),
    until(Draft::D4, "id", "`$id`"),
    until(Draft::D7, "dependencies", "`dependentRequired` or `dependentSchemas`"),
    until(Draft::D2019, "additionalItems", "`items`, beside `prefixItems`"),
    Known {
        keyword: "$recursiveRef",
        first: Draft::D2019,
        last: Draft::D2019,
        before: "`$ref`",
        after: "`$dynamicRef`",
    },
    Known {
        keyword: "$recursiveAnchor",
        first: Draft::D2019,
        last: Draft::D2019,
        before: "",
        after: "`$dynamicAnchor`",
    },
];

/// Keywords of draft 3, and what replaced them.
const ENDED: &[(&str, &str)] =
    &[("extends", "`allOf`"), ("disallow", "`not`"), ("divisibleBy", "`multipleOf`")];

/// The keywords that apply schemas; those that judge by themselves are in [`ASSERTIONS`].
const APPLICATORS: &[(&str, Draft)] = &[
    ("allOf", Draft::D4),
    ("anyOf", Draft::D4),
    ("oneOf", Draft::D4),
    ("not", Draft::D4),
    ("if", Draft::D7),
    ("dependencies", Draft::D4),
    ("properties", Draft::D4),
    ("patternProperties", Draft::D4),
    ("additionalProperties", Draft::D4),
    ("propertyNames", Draft::D6),
    ("items", Draft::D4),
    ("additionalItems", Draft::D4),
    ("contains", Draft::D6),
];

/// The keywords of a schema that its draft does not heed; `named` says whether the file names the
/// draft itself.
pub(super) fn unheeded(map: &Map<String, Json>, draft: Draft, named: bool) -> Vec<Unheeded> {
    if draft <= Draft::D7 && map.contains_key("$ref") {
        return beside_reference(map, draft);
    }
    let draft_name = match named {
        true => draft.name().to_owned(),
        false => format!("{}, which counts where `$schema` names no draft,", draft.name()),
    };
    let mut found = Vec::new();
    for known in KEYWORDS {
        let Known { keyword, first, last, before, after } = known;
        let is_word = |value: &&Json| !keyword.trim_start_matches('$').eq("id") || value.is_string();
        if map.get(*keyword).filter(is_word).is_none() || (*first <= draft && draft <= *last) {
            continue;
        }
        let (instead, told) = match draft < *first {
            true => (*before, format!("{} brought it", first.name())),
            false => (*after, format!("{} was the last to have it", last.name())),
        };
        let home = if draft < *first { first } else { last };
        let name_it = format!("name a draft that has it: \"$schema\": \"{}\"", home.uri());
        let help = match instead {
            "" => name_it,
            instead => format!("write {instead}, or {name_it}"),
        };
        found.push(Unheeded::keyword(*keyword, format!("{draft_name} does not know it; {told}"), help));
    }
    for (keyword, instead) in ENDED.iter().filter(|(keyword, _)| map.contains_key(*keyword)) {
        let why = "no draft since 4 knows it".to_owned();
        found.push(Unheeded::keyword(*keyword, why, format!("write {instead}")));
    }
    // An annotation in the later drafts; draft 7 lets it judge.
    for keyword in ["contentEncoding", "contentMediaType"] {
        if draft == Draft::D7 && map.contains_key(keyword) {
            let why = "what a string encodes is not looked into".to_owned();
            found.push(Unheeded::keyword(keyword, why, "write a `pattern` where it matters".to_owned()));
        }
    }
    found.extend(map.keys().filter_map(|keyword| unknown(keyword)));
    found
}

/// Keywords that judge nothing, or together with others, and those that hold schemas for references.
const SILENT: &[&str] = &[
    "$comment",
    "$ref",
    "$schema",
    "$vocabulary",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "definitions",
    "deprecated",
    "description",
    "else",
    "examples",
    "readOnly",
    "then",
    "title",
    "writeOnly",
];

/// What editors, forms and generators of code read in a schema, and what says where it is from.
const ANNOTATIONS: &[&str] = &[
    "allowComments",
    "allowTrailingCommas",
    "author",
    "completionDetail",
    "defaultSnippets",
    "deprecationMessage",
    "doNotSuggest",
    "enumDescriptions",
    "enumNames",
    "enumTitles",
    "errorMessage",
    "example",
    "existingJavaType",
    "externalDocs",
    "goType",
    "javaType",
    "markdownDeprecationMessage",
    "markdownDescription",
    "markdownEnumDescriptions",
    "options",
    "order",
    "patternErrorMessage",
    "propertyOrder",
    "suggestSortText",
    "tsEnumNames",
    "tsType",
    "version",
    "xml",
];

/// A word that no draft knows, where it looks like a keyword.
fn unknown(word: &str) -> Option<Unheeded> {
    let all = || {
        let judging = ASSERTIONS.iter().chain(APPLICATORS).map(|(keyword, _)| *keyword);
        let others =
            KEYWORDS.iter().map(|known| known.keyword).chain(ENDED.iter().map(|(keyword, _)| *keyword));
        judging.chain(others).chain(SILENT.iter().copied())
    };
    if all().any(|keyword| keyword == word) || ANNOTATIONS.contains(&word) {
        return None;
    }
    let letters = word.strip_prefix('$').unwrap_or(word);
    let is_keyword = letters.starts_with(|c: char| c.is_ascii_lowercase())
        && letters.chars().all(|c| c.is_ascii_alphanumeric());
    let meant = all().find(|keyword| slip(word, keyword).is_some_and(|slip| slip != Slip::Possible));
    let meant = meant.or_else(|| closest(word, all()).filter(|_| is_keyword));
    let help = match (word, meant) {
        ("nullable", _) => "write the `type` with \"null\": [\"string\", \"null\"]".to_owned(),
        (_, Some(meant)) => format!("did you mean `{meant}`?"),
        (_, None) if is_keyword => {
            format!("remove it; a note of your own is called `x-{}`", cut(letters))
        }
        (_, None) => return None,
    };
    Some(Unheeded::keyword(word.to_owned(), "no draft knows it".to_owned(), help))
}

/// Before 2019-09 a reference stands for the whole schema, whatever else is written there.
fn beside_reference(map: &Map<String, Json>, draft: Draft) -> Vec<Unheeded> {
    let judging = ASSERTIONS.iter().chain(APPLICATORS);
    let ignored = judging.filter(|(keyword, since)| draft >= *since && map.contains_key(*keyword));
    let told = |(keyword, _): &(&'static str, Draft)| {
        let help = "put the reference and this into an `allOf`, or name the draft 2019-09 or 2020-12";
        let why = format!("{} heeds nothing beside a `$ref`", draft.name());
        Unheeded::keyword(*keyword, why, help.to_owned())
    };
    ignored.map(told).collect()
}

/// What a `format` asks that is not checked; what only says how a value is entered is an annotation.
pub(super) fn unchecked_format(format: &str) -> Option<Unheeded> {
    /// Those that 2020-12 knows and those of draft 3, with what to write instead.
    const OTHERS: &[(&str, &str)] = &[
        ("idn-email", "`email`, or a `pattern`"),
        ("idn-hostname", "`hostname`, or a `pattern`"),
        ("ip-address", "`ipv4`"),
        ("host-name", "`hostname`"),
    ];
    /// How a form asks for the value.
    const INPUTS: &[&str] = &["password", "textarea", "color", "markdown", "html", "code", "hidden"];
    static OPTIONS: LazyLock<ValidationOptions> = LazyLock::new(jsonschema::draft202012::options);
    let is_known = |name: &str| OPTIONS.is_known_format(jsonschema::Draft::Draft202012, name);
    if is_known(format) {
        return None;
    }
    let plain = format.to_lowercase().replace(['_', ' '], "-");
    let other = OTHERS.iter().find(|(name, _)| *name == plain).map(|(_, instead)| (*instead).to_owned());
    let meant = || is_known(&plain).then_some(plain.as_str()).or_else(|| respelt(&plain, &is_known));
    let is_number = || {
        let kind = plain.trim_end_matches(|c: char| c.is_ascii_digit());
        ["int", "uint", "float", "double", "decimal", "long", "integer", "number"].contains(&kind)
    };
    let known = other.or_else(|| meant().map(|name| format!("`{name}`")));
    let instead = match known {
        Some(known) => known,
        None if INPUTS.contains(&plain.as_str()) => return None,
        None if is_number() => "`minimum` and `maximum` where they matter".to_owned(),
        None => "a `pattern` where it matters".to_owned(),
    };
    Some(Unheeded {
        keyword: "format".into(),
        what: format!("the format `{}`", cut(format)),
        why: "terrace does not know it".to_owned(),
        help: format!("write {instead}"),
    })
}

/// A known format that is spelt with other hyphens: `datetime`, `ip-v4`.
fn respelt(format: &str, is_known: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    const HYPHENATED: [&str; 12] = [
        "date-time",
        "hostname",
        "ipv4",
        "ipv6",
        "iri-reference",
        "uri-reference",
        "uri-template",
        "json-pointer",
        "relative-json-pointer",
        "uuid",
        "email",
        "regex",
    ];
    let bare = format.replace('-', "");
    HYPHENATED.into_iter().find(|name| name.replace('-', "") == bare && is_known(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{schema, yaml};
    use super::*;

    /// The messages about a schema, each with the line it stands on.
    fn limits(draft: &str, body: Json) -> Vec<String> {
        let mut whole = body;
        if !draft.is_empty() {
            whole["$schema"] = json!(Draft::named(draft).expect(draft).uri());
        }
        let told = |limit: &super::super::SchemaError| {
            let line = limit.location.as_ref().map_or(0, |location| location.start.line);
            format!("{line} {} | {}", limit.message, limit.help)
        };
        schema(whole).limits().iter().map(told).collect()
    }

    #[test]
    fn each_draft_tells_what_it_does_not_know() {
        const D4: &str = "http://json-schema.org/draft-04/schema#";
        const D6: &str = "http://json-schema.org/draft-06/schema#";
        const D7: &str = "http://json-schema.org/draft-07/schema#";
        const D2019: &str = "https://json-schema.org/draft/2019-09/schema";
        const D2020: &str = "https://json-schema.org/draft/2020-12/schema";
        for (keyword, value, silent, telling) in [
            ("const", json!(1), &[D6, D7, D2019, D2020][..], &[D4][..]),
            ("contains", json!({}), &[D6, D7, D2019, D2020], &[D4]),
            ("propertyNames", json!({}), &[D6, D7, D2019, D2020], &[D4]),
            ("id", json!("a"), &[D4], &[D6, D7, D2019, D2020]),
            ("id", json!({"type": "string"}), &[D6, D7, D2019, D2020], &[]),
            ("$id", json!("a"), &[D6, D7, D2019, D2020], &[D4]),
            ("if", json!({}), &[D7, D2019, D2020], &[D4, D6]),
            ("dependencies", json!({"a": ["b"]}), &[D4, D6, D7], &[D2019, D2020]),
            ("dependentRequired", json!({"a": ["b"]}), &[D2019, D2020], &[D4, D6, D7]),
            ("dependentSchemas", json!({"a": {}}), &[D2019, D2020], &[D4, D6, D7]),
            ("minContains", json!(2), &[D2019, D2020], &[D4, D6, D7]),
            ("unevaluatedProperties", json!(false), &[D2019, D2020], &[D4, D6, D7]),
            ("$defs", json!({}), &[D2019, D2020], &[D4, D6, D7]),
            ("definitions", json!({}), &[D4, D6, D7, D2019, D2020], &[]),
            ("prefixItems", json!([{}]), &[D2020], &[D4, D6, D7, D2019]),
            ("additionalItems", json!({}), &[D4, D6, D7, D2019], &[D2020]),
            ("$recursiveRef", json!("#"), &[D2019], &[D4, D6, D7, D2020]),
            ("$dynamicRef", json!("#"), &[D2020], &[D4, D6, D7, D2019]),
            ("divisibleBy", json!(2), &[], &[D4, D6, D7, D2019, D2020]),
            ("contentEncoding", json!("base64"), &[D4, D6, D2019, D2020], &[D7]),
            ("x-order", json!(1), &[D4, D6, D7, D2019, D2020], &[]),
            ("description:de", json!("Text"), &[D4, D6, D7, D2019, D2020], &[]),
        ] {
            let body = json!({"type": "object", "properties": {"p": {keyword: value}}});
            for draft in silent {
                assert!(limits(draft, body.clone()).is_empty(), "{keyword} in {draft}");
            }
            for draft in telling {
                let told = limits(draft, body.clone());
                let begins = format!("5 `{keyword}` is not checked: ");
                assert!(told.len() == 1 && told[0].starts_with(&begins), "{keyword} in {draft}: {told:?}");
            }
        }
        assert_eq!(
            limits("", json!({"dependencies": {"a": ["b"]}})),
            [
                "2 `dependencies` is not checked: 2020-12, which counts where `$schema` names no draft, does not \
              know it; draft 7 was the last to have it | write `dependentRequired` or `dependentSchemas`, or \
              name a draft that has it: \"$schema\": \"http://json-schema.org/draft-07/schema#\""
            ]
        );
    }

    #[test]
    fn words_that_no_draft_knows_are_told_where_they_look_like_keywords() {
        for (word, help) in [
            ("minimun", "did you mean `minimum`?"),
            ("max_length", "did you mean `maxLength`?"),
            ("Pattern", "did you mean `pattern`?"),
            ("requierd", "did you mean `required`?"),
            ("addtionalProperties", "did you mean `additionalProperties`?"),
            ("property", "did you mean `properties`?"),
            ("$def", "did you mean `$defs`?"),
            ("nullable", "write the `type` with"),
            ("discriminator", "remove it; a note of your own is called `x-discriminator`"),
            ("range", "remove it; a note of your own is called `x-range`"),
        ] {
            let told = limits("", json!({"properties": {"p": {word: 1}}}));
            let expected = format!("4 `{word}` is not checked: no draft knows it | {help}");
            assert!(told.len() == 1 && told[0].starts_with(&expected), "{word}: {told:?}");
        }
        for word in [
            "x-order",
            "x-terrace",
            "description:de",
            "_note",
            "markdownDescription",
            "tsType",
            "Owner",
            "my.own",
        ] {
            assert_eq!(limits("", json!({"properties": {"p": {word: 1}}})), [""; 0], "{word}");
        }
        // Names of properties and values are none.
        let body = json!({"properties": {"minimun": {"enum": ["minimun"], "default": {"minimun": 1}}}});
        assert_eq!(limits("", body), [""; 0]);
    }

    #[test]
    fn each_keyword_is_told_once_a_file() {
        let body = json!({"properties": {"a": {"const": 1}, "b": {"const": 2}, "c": {"if": {}}}});
        let told = limits("http://json-schema.org/draft-04/schema#", body);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].starts_with("4 `const` is not checked, here and at 1 more place: draft 4"),
            "{told:?}"
        );
    }

    #[test]
    fn what_stands_beside_a_reference_is_told_where_it_does_not_count() {
        let body = json!({"properties": {"a": {"$ref": "#/definitions/a", "maximum": 1, "title": "A"}}, "definitions": {"a": {}}});
        let told = limits("http://json-schema.org/draft-07/schema#", body.clone());
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains("`maximum` is not checked: draft 7 heeds nothing beside a `$ref`"),
            "{told:?}"
        );
        assert!(limits("", body).is_empty());
    }

    #[test]
    fn formats_that_are_not_checked_are_told() {
        for (format, instead) in [
            ("idn-hostname", "write `hostname`"),
            ("idn-email", "write `email`"),
            ("DateTime", "write `date-time`"),
            ("ip-address", "write `ipv4`"),
            ("ip-v6", "write `ipv6`"),
            ("URI", "write `uri`"),
            ("int32", "write `minimum` and `maximum`"),
            ("semver", "write a `pattern`"),
            ("quantity", "write a `pattern`"),
        ] {
            let whole = schema(json!({"not": {"format": format}, "maxLength": 2}));
            let [limit] = whole.limits() else { panic!("{format}") };
            assert!(limit.help.starts_with(instead), "{format}: {}", limit.help);
            assert_eq!(whole.validate(&yaml("ab")), [], "{format}");
        }
        for format in ["email", "iri", "password", "color"] {
            assert!(schema(json!({"format": format})).limits().is_empty(), "{format}");
        }
    }

    #[test]
    fn drafts_4_and_6_take_hyphens_in_host_names_wherever_they_stand() {
        for (draft, fits) in [
            ("http://json-schema.org/draft-04/schema#", true),
            ("http://json-schema.org/draft-06/schema#", true),
            ("http://json-schema.org/draft-07/schema#", false),
        ] {
            let compiled = schema(json!({"$schema": draft, "format": "hostname"}));
            assert_eq!(compiled.validate(&yaml("ab--cd.example")).is_empty(), fits, "{draft}");
            let wrong = compiled.validate(&yaml("-a.example"));
            assert_eq!(wrong[0].message, "\"-a.example\" is not a host name", "{draft}");
        }
    }
}
