//! What a server answers: its environments, their items, and problems.

mod environments;
mod event;
mod findings;
mod health;
mod items;
mod problem;
mod written;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, ReplaceBoolSchemas};
use schemars::{Schema, SchemaGenerator};
use serde_json::Value as Json;

pub use self::environments::{Served, environment, environments};
pub use self::event::{ChangedItem, ItemChange, event};
pub use self::findings::{Held, HeldItem, findings};
pub use self::health::{EnvironmentHealth, ReplicaHealth, health};
pub use self::items::{DescribingSchema, ListedItem, item, items, schemas_of_item};
pub use self::problem::{Problem, problem};
pub use self::written::{WrittenItem, checked, written};
use super::requests;

/// Makes of alternatives that are each one word an enumeration of words; what was said of each of them is
/// said of all.
fn words_as_enum(schema: &mut Schema) {
    let Some(Json::Array(alternatives)) = schema.get("oneOf") else { return };
    let word = |it: &Json| it.get("const").and_then(Json::as_str).map(str::to_owned);
    let Some(words) = alternatives.iter().map(word).collect::<Option<Vec<String>>>() else { return };
    let said = alternatives.iter().zip(&words).filter_map(|(it, word)| {
        Some(format!("- `{word}`: {}", it.get("description")?.as_str()?.replace('\n', " ")))
    });
    let said: Vec<String> = said.collect();
    let before = schema.get("description").and_then(Json::as_str).unwrap_or_default();
    let description = format!("{before}\n\n{}", said.join("\n")).trim().to_owned();
    schema.remove("oneOf");
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), words.into());
    schema.insert("description".to_owned(), description.into());
}

/// The JSON Schemas of everything that a server answers, by name, as parts of an OpenAPI document.
#[must_use]
pub fn components() -> serde_json::Map<String, Json> {
    let mut generator = generator(SchemaSettings::draft2020_12().for_serialize());
    generator.subschema_for::<environments::EnvironmentsReport<'_>>();
    generator.subschema_for::<environments::EnvironmentReport<'_>>();
    generator.subschema_for::<items::ItemsReport<'_>>();
    generator.subschema_for::<items::ItemReport<'_>>();
    generator.subschema_for::<items::SchemasReport<'_>>();
    generator.subschema_for::<findings::FindingsReport<'_>>();
    generator.subschema_for::<event::EventReport<'_>>();
    generator.subschema_for::<health::HealthReport<'_>>();
    generator.subschema_for::<problem::ProblemReport<'_>>();
    generator.subschema_for::<super::items::Got<'_>>();
    generator.subschema_for::<super::log::LogReport<'_>>();
    generator.subschema_for::<super::blame::BlameReport<'_>>();
    generator.subschema_for::<super::diff::DiffReport<'_>>();
    generator.subschema_for::<super::plan::PlanReport<'_>>();
    generator.subschema_for::<super::hold::HoldReport<'_>>();
    generator.subschema_for::<written::WrittenReport<'_>>();
    generator.subschema_for::<written::CheckedReport<'_>>();
    let mut components = generator.take_definitions(true);
    // What is sent may leave out what has a meaning without; what is answered leaves out what is said to be.
    let mut sent = self::generator(SchemaSettings::draft2020_12().for_deserialize());
    sent.subschema_for::<requests::Put<'_>>();
    sent.subschema_for::<requests::Changes<'_>>();
    sent.subschema_for::<requests::Promote<'_>>();
    sent.subschema_for::<requests::RollBack>();
    sent.subschema_for::<requests::Hold>();
    for (name, schema) in sent.take_definitions(true) {
        components.entry(name).or_insert(schema);
    }
    components
}

/// Makes parts of an OpenAPI document.
fn generator(mut settings: SchemaSettings) -> SchemaGenerator {
    settings.definitions_path = "/components/schemas".into();
    // Generators of clients take `true` for no schema, and of alternatives that are words the first alone.
    let mut objects = ReplaceBoolSchemas::default();
    objects.skip_additional_properties = true;
    settings.with_transform(objects).with_transform(RecursiveTransform(words_as_enum)).into_generator()
}
