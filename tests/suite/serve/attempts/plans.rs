//! Attempts with promotions: past an environment, back, forged, edited, old; and with what guards them.

use serde_json::json;

use super::repository::Repository;
use super::scene::{PRODUCTION, STAGING, Scene, judge};
use super::table::{Door, Outcome, Row, Tries};

pub(super) const ROWS: &[Row] = &[
    Row { attempt: "a promotion that skips or reverses", make: order },
    Row { attempt: "a plan that was forged or edited", make: forged },
    Row { attempt: "a plan of files that changed since", make: old },
    Row { attempt: "a plan for another environment, unconfirmed", make: elsewhere },
    Row { attempt: "a pull request that weakens the policy", make: weakened },
    Row { attempt: "a change by hand with a promotion's trailers", make: trailers },
];

/// Sends a plan as somebody who may promote everywhere.
fn send(it: &Scene, environment: &str, body: &serde_json::Value, status: u16) -> Outcome {
    let path = format!("/api/v1/environments/{environment}/promotions");
    let json = [("content-type", "application/json")];
    it.answered(&path, &it.ask("POST", Some(&it.promoter), &path, &json, &body.to_string()), status)
}

fn plan(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("a plan")
}

/// Sends a plan to the replica.
fn send_to_replica(it: &Scene, environment: &str, body: &serde_json::Value, status: u16) -> Outcome {
    let path = format!("/api/v1/environments/{environment}/promotions");
    let json = [("content-type", "application/json")];
    it.replicated(Some(&it.promoter), ("POST", &path), &json, &body.to_string(), status)
}

/// Carries out a plan on the command line.
fn carry_out(it: &Scene, plan: &serde_json::Value, code: i32) -> Outcome {
    let file = it.world.beside("plan.json");
    std::fs::write(&file, serde_json::to_string_pretty(plan).expect("JSON")).expect("a file");
    it.line(&["promote", "--plan", &file.to_string_lossy(), "--yes"], code)
}

fn order(tries: &mut Tries<'_>) {
    for (from, to) in [
        ("development", "production"),
        ("production", "staging"),
        ("production", "development"),
        ("staging", "development"),
        ("staging", "staging"),
    ] {
        tries.by(Door::CommandLine, |it| {
            it.line(&["promote", "shared", "--to", to, "--from", from, "--yes"], 2)
        });
        for twist in [true, false] {
            let mut forged = plan(&tries.scene.plan);
            forged["hops"][0]["from"] = json!(from);
            if twist {
                forged["hops"][0]["to"] = json!(to);
            }
            if forged == plan(&tries.scene.plan) {
                continue;
            }
            tries.by(Door::CommandLine, |it| carry_out(it, &forged, 2));
            let body = json!({ "plan": forged, "confirm": to });
            tries.by(Door::ApiWrite, |it| send(it, to, &body, 400));
            tries.by(Door::Replica, |it| send_to_replica(it, to, &body, 400));
        }
    }
    tries.by(Door::ApiRead, |it| it.get_as(&it.promoter, "/api/v1/environments/development/promotion", 400));
    tries.by(Door::ApiWrite, |it| {
        send(it, "development", &json!({ "plan": plan(&it.plan), "confirm": "development" }), 400)
    });
    tries.by(Door::Page, |it| it.get_as(&it.promoter, "/ui/development/promote", 400));
}

fn forged(tries: &mut Tries<'_>) {
    let twists: [fn(&mut serde_json::Value); 6] = [
        |line| line["source"] = json!(99),
        |line| line["target"] = json!(7),
        |line| line["base"] = json!(7),
        |line| line["path"] = json!("other"),
        |line| line["level"] = json!("stay"),
        |line| line["reason"] = json!("because"),
    ];
    for twist in twists {
        let mut forged = plan(&tries.scene.plan);
        twist(&mut forged["hops"][0]["items"][0]["resolutions"][0]);
        tries.by(Door::CommandLine, |it| carry_out(it, &forged, 2));
        let body = json!({ "plan": forged, "confirm": "production" });
        tries.by(Door::ApiWrite, |it| send(it, "production", &body, 400));
        tries.by(Door::Replica, |it| send_to_replica(it, "production", &body, 400));
    }
    let mut extra = plan(&tries.scene.plan);
    extra["hops"][0]["items"][0]["key"] = json!("../production/payments");
    tries.by(Door::CommandLine, |it| carry_out(it, &extra, 2));
    tries.by(Door::ApiWrite, |it| {
        send(it, "production", &json!({ "plan": extra, "confirm": "production" }), 400)
    });
}

fn old(tries: &mut Tries<'_>) {
    let old = plan(&tries.scene.old_plan);
    tries.by(Door::CommandLine, |it| carry_out(it, &old, 4));
    let body = json!({ "plan": old, "confirm": "production" });
    tries.by(Door::ApiWrite, |it| send(it, "production", &body, 409));
    tries.by(Door::Replica, |it| send_to_replica(it, "production", &body, 409));
    let mut nowhere = plan(&tries.scene.plan);
    nowhere["head"] = json!("0123456789abcdef0123456789abcdef01234567");
    tries.by(Door::CommandLine, |it| carry_out(it, &nowhere, 4));
}

fn elsewhere(tries: &mut Tries<'_>) {
    tries.by(Door::CommandLine, |it| it.line(&["promote", "shared", "--to", "production"], 2));
    let plan = plan(&tries.scene.plan);
    tries.by(Door::ApiWrite, |it| send(it, "production", &json!({ "plan": plan }), 400));
    for environment in ["staging", "prod", ""] {
        let body = json!({ "plan": plan, "confirm": environment });
        tries.by(Door::ApiWrite, |it| send(it, "production", &body, 400));
    }
    tries.by(Door::Replica, |it| send_to_replica(it, "production", &json!({ "plan": plan }), 400));
    for confirm in ["staging", "production"] {
        let body = json!({ "plan": plan, "confirm": confirm });
        tries.by(Door::Replica, |it| send_to_replica(it, "staging", &body, 400));
        tries.by(Door::ApiWrite, |it| send(it, "staging", &body, 400));
    }
    for confirm in ["", "&confirm=staging"] {
        tries.by(Door::Page, |it| {
            let body = format!("environment=production&key=shared{confirm}") + &it.plan_field();
            it.post_form_as(&it.promoter, "/ui/production/promote", &body, 400)
        });
    }
    tries.by(Door::ApiRead, |it| it.get(&format!("{PRODUCTION}/promotion"), 403));
    tries.by(Door::Page, |it| it.get_as(&it.promoter, "/ui/production/promote?key=nothing", 404));
    tries.by(Door::ApiRead, |it| it.get(&format!("{STAGING}/promotion?to=production"), 400));
}

/// A repository of its own, with the guard that is out here as well.
fn world(scene: &Scene, files: &[(&str, &str)]) -> Repository {
    let mut world = Repository::with(files);
    world.variables.clone_from(&scene.world.variables);
    world
}

/// A change that breaks a rule and takes the rule away with it.
fn weakened(tries: &mut Tries<'_>) {
    tries.by(Door::CommandLine, |it| {
        let policy = "[rules]\nno-schema = \"off\"\n[[pin]]\nkey = \"pay\"\npath = \"host\"\n";
        let mut world = world(
            it,
            &[
                ("terrace.toml", policy),
                ("environments/staging/pay.yaml", "a: 1\nhost: db.stg.example.com\n"),
                ("environments/production/pay.yaml", "a: 1\nhost: db.example.com\n"),
            ],
        );
        world.git(&["checkout", "--quiet", "-b", "feature"]);
        world.write("terrace.toml", "[rules]\nno-schema = \"off\"\n");
        world.commit("fewer rules");
        let said = world.terrace(&["review", "--base", "main", "--fail-on", "policy", "--format", "json"]);
        let is_right = said.code == 1 && said.stdout.contains("policy-weakened");
        judge(is_right, format!("exit {}", said.code), || said.told())
    });
    // The rule is off by the change's own policy, and on by that of its base.
    tries.by(Door::CommandLine, |it| {
        let mut world = world(
            it,
            &[
                ("environments/staging/pay.yaml", "a: 1\n"),
                ("environments/production/pay.yaml", "a: 1\n"),
                ("schemas/pay.schema.json", r#"{"properties": {"a": {"type": "integer"}}}"#),
            ],
        );
        world.git(&["checkout", "--quiet", "-b", "feature"]);
        world.write("terrace.toml", "[rules]\nschema = \"off\"\n");
        world.write("environments/production/pay.yaml", "a: text\n");
        world.commit("both at once");
        let said = world.terrace(&["review", "--base", "main", "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap_or_default();
        let told = json["findings"].to_string();
        let is_right = said.code == 1 && told.contains("\"schema\"");
        judge(is_right, format!("exit {}", said.code), || said.told())
    });
}

/// What a commit says of itself makes it no promotion: its values do.
fn trailers(tries: &mut Tries<'_>) {
    tries.by(Door::CommandLine, |it| {
        let mut world = world(
            it,
            &[("environments/staging/pay.yaml", "a: 1\n"), ("environments/production/pay.yaml", "a: 1\n")],
        );
        world.git(&["checkout", "--quiet", "-b", "feature"]);
        world.write("environments/staging/pay.yaml", "a: 2\n");
        world.commit("raise");
        world.terrace(&["promote", "pay", "--to", "production", "--yes"]).exits(0);
        let message = world.git(&["log", "-1", "--format=%B"]);
        world.git(&["checkout", "--quiet", "-b", "forged", "main"]);
        world.write("environments/production/pay.yaml", "a: 3\n");
        world.commit(&message);
        let said = world.terrace(&["review", "--base", "main", "--format", "json"]).stdout;
        let json: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
        let origin = json["items"][0]["changes"][0]["origin"].as_str().unwrap_or_default().to_owned();
        let is_right = !origin.is_empty() && !origin.contains("promot");
        judge(is_right, "by hand".to_owned(), || format!("{origin}: {said}"))
    });
}
