//! Where the attempts are made: a repository, a server, and a token for staging alone.

use std::cell::OnceCell;
use std::process::Command;

use terrace::guards::Guard;

use super::child::Task;
use super::replica::Replica;
use super::repository::Repository;
use super::table::{Outcome, Red};
use crate::serve::tokens::token;
use crate::serve::{Answer, Server};
use crate::support::run;

/// What only production holds.
pub(super) const OF_PRODUCTION: &str = "only-in-production";

/// A secret of staging.
pub(super) const SECRET: &str = "hunter2-hunter2";

pub(super) const STAGING: &str = "/api/v1/environments/staging";
pub(super) const PRODUCTION: &str = "/api/v1/environments/production";

/// Each environment has `payments`, and `shared` is the same everywhere; production has an item of its
/// own, and there is a branch that is not merged.
pub(super) struct Scene {
    pub(super) world: Repository,
    /// Its token is for staging: to read, write and promote.
    pub(super) server: Server,
    /// A token for all environments, which may not promote.
    pub(super) all: String,
    /// A token that may promote everywhere, and see no secrets.
    pub(super) promoter: String,
    /// A token for production alone.
    pub(super) production: String,
    /// A token that may see how the server does, for staging.
    pub(super) metrics: String,
    /// A token whose last day is past.
    pub(super) ended: String,
    /// The commit of the branch that is not merged.
    pub(super) unmerged: String,
    /// A plan for production, as it was made.
    pub(super) plan: String,
    /// A replica of the repository, once it was asked for.
    /// The same of files that have changed since.
    pub(super) old_plan: String,
    /// A replica of the repository, once it was asked for.
    pub(super) replica: OnceCell<Replica>,
}

fn file(environment: &str) -> String {
    format!("environments/{environment}/payments.yaml")
}

impl Scene {
    /// With a guard taken out, or none.
    pub(super) fn new(mutation: Option<Guard>) -> Self {
        let text =
            |environment: &str| format!("owner: only-in-{environment}\npool: 10\nhost: {environment}-1\n");
        let access = format!("user: terrace\npassword: {SECRET}\n");
        let mut world = Repository::with(&[
            (&file("development"), &text("development")),
            (&file("staging"), &text("staging")),
            ("environments/staging/access.yaml", &access),
            (&file("production"), &text("production")),
            ("environments/development/shared.yaml", "size: 1\n"),
            ("environments/staging/shared.yaml", "size: 1\n"),
            ("environments/production/shared.yaml", "size: 1\n"),
            ("environments/production/merger-talks.yaml", "date: only-in-production\n"),
        ]);
        let branch = world.git(&["branch", "--show-current"]).trim().to_owned();
        world.git(&["checkout", "--quiet", "-b", "unmerged"]);
        world.write(&file("staging"), "owner: only-in-production\n");
        world.commit("not merged");
        let unmerged = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
        world.git(&["checkout", "--quiet", &branch]);
        let plan = |world: &Repository| {
            world
                .terrace(&["promote", "shared", "--to", "production", "--dry-run", "--format", "json"])
                .stdout
        };
        world.write("environments/staging/shared.yaml", "size: 2\n");
        world.commit("twice");
        let old_plan = plan(&world);
        world.write("environments/staging/shared.yaml", "size: 3\n");
        world.commit("thrice");
        let plan = plan(&world);
        let all = token(&world, "development,staging,production", "read,write");
        let promoter = token(&world, "development,staging,production", "read,promote");
        let production = token(&world, "production", "read,promote");
        let metrics = token(&world, "staging", "metrics");
        let ended = token(&world, "staging", "read");
        let secret = token(&world, "staging", "read,write,promote");
        let tokens = world.beside("tokens.json");
        end(&tokens, "staging-read");
        if let Some(guard) = mutation {
            world.variables.push(("TERRACE_MUTATION".to_owned(), format!("{guard:?}")));
        }
        let mut server = Server::start_with(&world, &["--tokens", &tokens.to_string_lossy()]);
        server.token = Some(secret);
        let replica = OnceCell::new();
        Self { world, server, all, promoter, production, metrics, ended, unmerged, plan, old_plan, replica }
    }

    /// A command that is refused with this exit code, and says nothing of production's values.
    pub(super) fn line(&self, line: &[&str], code: i32) -> Outcome {
        self.world.refuses(line, code)
    }

    /// A command that would go on for ever, and has to be refused.
    pub(super) fn watch(&self, line: &[&str], code: i32) -> Outcome {
        // What watches says so at once; what is refused says nothing there, and ends.
        let said = self.world.watched(line, "\n");
        let is_right = said.stdout.is_empty() && said.code == code && !said.told().contains(OF_PRODUCTION);
        judge(is_right, format!("exit {code}"), || format!("{line:?}: {}", said.told()))
    }

    /// A git command and its answer.
    pub(super) fn command(&self, program: &str) -> Command {
        self.world.command(program)
    }

    /// An answer with one of these problems, by its status, which says nothing of production's values.
    pub(super) fn answered(&self, what: &str, answer: &Answer, status: u16) -> Outcome {
        let told = format!("{} {:?}", answer.body, answer.headers);
        let is_right = answer.status == status && !told.contains(OF_PRODUCTION);
        judge(is_right, answer.status.to_string(), || format!("{what}: {answer:?}"))
    }

    pub(super) fn get(&self, path: &str, status: u16) -> Outcome {
        self.answered(path, &self.server.get(path), status)
    }

    /// A stream that has to be refused: one that is not would go on for ever.
    pub(super) fn stream(&self, path: &str, status: u16) -> Outcome {
        let token = self.server.token.as_deref().unwrap_or_default();
        let request = self.server.agent.get(format!("http://{}{path}", self.server.address));
        let answer = request.header("authorization", format!("Bearer {token}")).call();
        let found = answer.map(|answer| answer.status().as_u16()).unwrap_or_default();
        judge(found == status, status.to_string(), || format!("{path}: {found}"))
    }

    pub(super) fn get_with(&self, path: &str, header: (&str, &str), status: u16) -> Outcome {
        self.answered(path, &self.server.get_with(path, &[header]), status)
    }

    /// As another caller.
    pub(super) fn get_as(&self, token: &str, path: &str, status: u16) -> Outcome {
        self.answered(path, &self.ask("GET", Some(token), path, &[], ""), status)
    }

    pub(super) fn put(&self, path: &str, headers: &[(&str, &str)], body: &str, status: u16) -> Outcome {
        let json = [("content-type", "application/json")];
        self.answered(path, &self.server.send("PUT", path, &[&json, headers].concat(), body), status)
    }

    pub(super) fn post(&self, path: &str, body: &str, status: u16) -> Outcome {
        let json = ("content-type", "application/json");
        self.answered(path, &self.server.send("POST", path, &[json], body), status)
    }

    /// A request with another token, or none.
    pub(super) fn ask(
        &self,
        method: &str,
        token: Option<&str>,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.server.ask(token, (method, path), headers, body)
    }

    /// A form that another caller fills in on the server's own page.
    pub(super) fn post_form_as(&self, token: &str, path: &str, body: &str, status: u16) -> Outcome {
        let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        self.answered(path, &self.ask("POST", Some(token), path, &form, body), status)
    }

    /// The field of a form that holds the plan.
    pub(super) fn plan_field(&self) -> String {
        "&plan=".to_owned() + &self.plan.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>()
    }

    /// What a program that uses the library or the client says; it has to be refused with this.
    pub(super) fn program(&self, task: &Task, expected: &str) -> Outcome {
        let said = run(&mut task.command(self));
        let told = said.told();
        let is_right = told.contains(&format!("<refused {expected}")) && !told.contains(OF_PRODUCTION);
        judge(is_right, expected.to_owned(), || format!("{task:?}: {told}"))
    }
}

/// What was observed, or how it is not what it has to be.
pub(super) fn judge(is_right: bool, observed: String, told: impl FnOnce() -> String) -> Outcome {
    if is_right { Ok(observed) } else { Err(Red::Through(told())) }
}

/// Puts the last day of a token in the past.
fn end(tokens: &std::path::Path, name: &str) {
    let text = std::fs::read_to_string(tokens).expect("tokens");
    let mut json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for token in json["tokens"].as_array_mut().expect("a list") {
        if token["name"] == name {
            token["expires"] = "2020-01-01".into();
        }
    }
    std::fs::write(tokens, json.to_string()).expect("tokens");
}
