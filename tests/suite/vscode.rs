//! The editor's settings: kept by `schema infer` and `init`, and still their owner's.

use serde_json::json;

use crate::support::{World, shop};

const SETTINGS: &str = ".vscode/settings.json";

fn parsed(world: &World) -> serde_json::Value {
    serde_json::from_str(&world.read(SETTINGS)).expect("JSON")
}

#[test]
fn schemas_are_mapped_to_their_files() {
    let world = shop();
    world.write(
        "schemas/pay.production.schema.json",
        "{\"properties\": {\"timeout\": {\"type\": \"string\"}}}\n",
    );
    let told = world.line("schema infer").exits(0);
    assert_eq!(told, "wrote    schemas/pay.schema.json\nwrote    .vscode/settings.json\n");
    assert_eq!(
        parsed(&world),
        json!({"yaml.schemas": {
            "schemas/pay.production.schema.json": ["environments/production/pay.yaml"],
            "schemas/pay.schema.json": ["environments/*/pay.yaml"],
        }})
    );
    assert_eq!(world.line("schema infer").exits(0), "current  schemas/pay.schema.json\n");
}

#[test]
fn a_sub_folder_is_named_from_the_git_root() {
    let world = World::with(&[("config/environments/development/a/b.yaml", "x: 1\n")]);
    world.terrace_in("config", &["schema", "infer"]).exits(0);
    assert_eq!(
        parsed(&world),
        json!({"yaml.schemas": {"config/schemas/a/b.schema.json": ["config/environments/*/a/b.yaml"]}})
    );
}

#[test]
fn what_people_wrote_stays() {
    let world = shop();
    let old = "{\n    // ours\n    \"editor.tabSize\": 2, // two\n    \"yaml.schemas\": {\n        \"k8s.json\": \"deploy/*.yaml\", // by hand\n    },\n}\n";
    world.write(SETTINGS, old);
    world.line("schema infer").exits(0);
    let entry = "        \"schemas/pay.schema.json\": [\"environments/*/pay.yaml\"],\n";
    let expected = old.replace("// by hand\n", &format!("// by hand\n{entry}"));
    assert_eq!(world.read(SETTINGS), expected);

    world.write(SETTINGS, "{ broken\n");
    let told = world.line("schema infer");
    assert_eq!(told.code, 0);
    assert!(
        told.stderr.contains("left .vscode/settings.json alone: it is no JSON with comments"),
        "{}",
        told.stderr
    );
    assert_eq!(world.read(SETTINGS), "{ broken\n");
}

#[test]
fn init_maps_the_schemas_there_are_and_looking_writes_nothing() {
    let world = shop();
    assert_eq!(world.line("schema infer --check").code, 1);
    assert!(!world.dir.join(SETTINGS).exists());
    world.line("init").exits(0);
    assert!(!world.dir.join(SETTINGS).exists(), "no schema, no mapping");
    world.write("schemas/pay.schema.json", "{}\n");
    world.line("init").exits(0);
    assert!(world.read(SETTINGS).contains("schemas/pay.schema.json"));
}
