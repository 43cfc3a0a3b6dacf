//! The drafts' own schemas, which a schema may refer to.

use referencing::meta;
use serde_json::Value as Json;

/// The text of a draft's own schema, or of one of its vocabularies, by its identifier without a
/// fragment.
pub(super) fn text(id: &str) -> Option<String> {
    let schema: &Json = match id {
        "http://json-schema.org/draft-04/schema" => &meta::DRAFT4,
        "http://json-schema.org/draft-06/schema" => &meta::DRAFT6,
        "http://json-schema.org/draft-07/schema" => &meta::DRAFT7,
        "https://json-schema.org/draft/2019-09/schema" => &meta::DRAFT201909,
        "https://json-schema.org/draft/2019-09/meta/applicator" => &meta::DRAFT201909_APPLICATOR,
        "https://json-schema.org/draft/2019-09/meta/content" => &meta::DRAFT201909_CONTENT,
        "https://json-schema.org/draft/2019-09/meta/core" => &meta::DRAFT201909_CORE,
        "https://json-schema.org/draft/2019-09/meta/format" => &meta::DRAFT201909_FORMAT,
        "https://json-schema.org/draft/2019-09/meta/meta-data" => &meta::DRAFT201909_META_DATA,
        "https://json-schema.org/draft/2019-09/meta/validation" => &meta::DRAFT201909_VALIDATION,
        "https://json-schema.org/draft/2020-12/schema" => &meta::DRAFT202012,
        "https://json-schema.org/draft/2020-12/meta/applicator" => &meta::DRAFT202012_APPLICATOR,
        "https://json-schema.org/draft/2020-12/meta/content" => &meta::DRAFT202012_CONTENT,
        "https://json-schema.org/draft/2020-12/meta/core" => &meta::DRAFT202012_CORE,
        "https://json-schema.org/draft/2020-12/meta/format-annotation" => {
            &meta::DRAFT202012_FORMAT_ANNOTATION
        }
        "https://json-schema.org/draft/2020-12/meta/meta-data" => &meta::DRAFT202012_META_DATA,
        "https://json-schema.org/draft/2020-12/meta/unevaluated" => &meta::DRAFT202012_UNEVALUATED,
        "https://json-schema.org/draft/2020-12/meta/validation" => &meta::DRAFT202012_VALIDATION,
        _ => return None,
    };
    let folder = id.split_inclusive('/').take(5).collect::<String>();
    let mut schema = schema.clone();
    settle(&mut schema, &format!("{folder}schema"));
    Some(schema.to_string())
}

/// Makes the dynamic references of a draft's vocabularies plain ones to the draft's schema, which they
/// lead to wherever nothing extends it.
fn settle(json: &mut Json, schema: &str) {
    match json {
        Json::Object(map) => {
            map.remove("$dynamicAnchor");
            map.remove("$recursiveAnchor");
            for keyword in ["$dynamicRef", "$recursiveRef"] {
                if map.get(keyword).is_some_and(Json::is_string) {
                    map.remove(keyword);
                    map.insert("$ref".to_owned(), Json::String(schema.to_owned()));
                }
            }
            map.values_mut().for_each(|value| settle(value, schema));
        }
        Json::Array(list) => list.iter_mut().for_each(|value| settle(value, schema)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}
