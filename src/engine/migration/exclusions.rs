//! Files that are listed instead of being swept along: another environment's, overlays, and what
//! is no configuration of an application at all.

use std::collections::BTreeMap;
use std::fmt;

use super::belonging::{Belonging, LAYERS, Owner};
use super::charts::Charts;
use super::environments::{marked_for_other, unknown_word};
use super::templates::Template;
use crate::formats::read::{below, file_name};
use crate::model::{Environment, Value, names_word};

/// Why a file is not taken without having been named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suspicion {
    /// Its name speaks of another environment than development.
    OtherEnvironment(Environment),
    /// Its name speaks of an overlay: development's own, or of an environment that terrace does
    /// not have.
    Overlay(String),
    /// Its path speaks of an environment of which nobody but a person can say whose it is.
    Unknown(String),
    /// Something in it is another environment's.
    Holds(Belonging),
    /// It configures a tool or describes something else; the words say what it is.
    NotConfiguration(&'static str),
    /// It is filled in by a program.
    Template(Template),
    /// It is written in this format, of which no item is made.
    Unread(&'static str),
    /// It is no file of its own but a symbolic link to this.
    Link(String),
    /// It is the commit of another repository.
    Submodule,
    /// It became an item, and stays for old readers.
    Kept,
    /// It is a configuration of its own.
    OtherRoot,
}

impl Suspicion {
    /// Whether a person is asked; otherwise the file is simply left alone.
    #[must_use]
    pub const fn asks(&self) -> bool {
        match self {
            Self::OtherEnvironment(_) | Self::Overlay(_) | Self::Unknown(_) | Self::Holds(_) => true,
            Self::NotConfiguration(_)
            | Self::Template(_)
            | Self::Unread(_)
            | Self::Link(_)
            | Self::Submodule
            | Self::Kept
            | Self::OtherRoot => false,
        }
    }
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherEnvironment(environment) => {
                write!(f, "looks like {environment}'s; --env {environment} takes it as that")
            }
            Self::Overlay(word) => {
                write!(f, "looks like an overlay for {word}; name it to take it as an item of its own")
            }
            Self::Unknown(word) => write!(
                f,
                "looks like an overlay for {word}; --environments {word}=ENVIRONMENT says whose it is, or \
                 name it to take it as an item of its own"
            ),
            Self::Holds(belonging) => {
                let path = &belonging.path;
                match &belonging.owner {
                    Owner::Section(environment) | Owner::Value(environment) => {
                        write!(f, "holds {environment}'s `{path}`")?;
                    }
                    Owner::Says(environment) => {
                        write!(f, "says in `{path}` that it is {environment}'s")?;
                    }
                    Owner::Layer(word) => write!(f, "holds what counts for {word} only, `{path}`")?,
                    Owner::Profile(profile) => {
                        write!(f, "holds what counts for the profile `{profile}` only, `{path}`")?;
                    }
                }
                if let Some(line) = belonging.line {
                    write!(f, ", line {line}")?;
                }
                match belonging.owner_of_all() {
                    Some(environment) => write!(
                        f,
                        "; --env {environment} takes it as that, --env development as development's"
                    ),
                    None => f.write_str("; divide it, or name it to take it whole"),
                }
            }
            Self::NotConfiguration(what) => write!(f, "not configuration: {what}"),
            Self::Template(Template { what, line }) => write!(f, "not configuration: {what}, line {line}"),
            Self::Unread(format) => {
                write!(f, "{format}, which is not read; convert it to YAML, JSON, TOML, .env or .properties")
            }
            Self::Link(target) => write!(f, "a symbolic link to {target}"),
            Self::Submodule => f.write_str("a submodule: another repository's files"),
            Self::Kept => f.write_str("an item by now; kept for old readers"),
            Self::OtherRoot => f.write_str("a configuration of its own; name files in it to take them"),
        }
    }
}

/// What speaks against taking `file`, found below `root`, as development's, without a person naming it.
///
/// `prefix` is the configuration root, `words` are those of the policy; the values are the file's, none
/// when it cannot be read, and `template` what it is filled in as.
pub(super) fn look(
    (root, prefix): (&str, &str),
    (file, charts): (&str, &Charts<'_>),
    words: &BTreeMap<Environment, Vec<String>>,
    template: Option<Template>,
    values: &[Value],
) -> Option<Suspicion> {
    what_it_is(root, (file, charts), template, values)
        .or_else(|| marked_for_other(file, words).map(Suspicion::OtherEnvironment))
        .or_else(|| environment((root, prefix), file, words))
}

/// What a file is that is no configuration, whosever it may be.
pub(super) fn what_it_is(
    root: &str,
    (file, charts): (&str, &Charts<'_>),
    template: Option<Template>,
    values: &[Value],
) -> Option<Suspicion> {
    let kind = by_name(root, file).or_else(|| values.iter().find_map(by_content));
    kind.map(Suspicion::NotConfiguration)
        .or_else(|| template.map(Suspicion::Template))
        .or_else(|| charts.part(file).map(Suspicion::NotConfiguration))
}

fn environment(
    (root, prefix): (&str, &str),
    file: &str,
    words: &BTreeMap<Environment, Vec<String>>,
) -> Option<Suspicion> {
    let path = below(root, file).unwrap_or(file);
    let names_env =
        |name: &str, env: &Environment| words.get(env).is_some_and(|words| names_word(name, words));
    // A folder that was named as the source may be development's, but nobody else's.
    let within = file_name(root.trim_end_matches('/')).to_owned() + "/" + path;
    let mut others = Environment::Development.others();
    if let Some(other) = others.find(|env| names_env(&within, env)) {
        return Some(Suspicion::OtherEnvironment(other));
    }
    if names_env(path, &Environment::Development) {
        return Some(Suspicion::Overlay(Environment::Development.to_string()));
    }
    if let Some(word) = unknown_word(file.strip_prefix(prefix).unwrap_or(file), words) {
        return Some(Suspicion::Unknown(word));
    }
    let lower = path.to_lowercase();
    let folders = lower.rsplit_once('/').map_or("", |(folders, _)| folders).split('/');
    let layer = folders.chain([last_word(&lower)]).find(|word| LAYERS.contains(word));
    layer.map(|word| Suspicion::Overlay(word.to_owned()))
}

/// The format of a file below `root` that is likely to be configuration and of which no item can be made.
#[must_use]
pub fn unread(root: &str, file: &str) -> Option<Suspicion> {
    let lower = file.to_lowercase();
    let format = match file_name(&lower).rsplit_once('.')?.1 {
        "ini" | "cfg" | "cnf" => "INI",
        "conf" | "config" => "a program's own format",
        "xml" => "XML",
        "plist" => "a property list",
        "json5" | "jsonc" | "hjson" => "JSON with extensions",
        "hocon" => "HOCON",
        "hcl" | "tfvars" => "HCL",
        "jsonnet" | "libsonnet" => "Jsonnet",
        "cue" => "CUE",
        "dhall" => "Dhall",
        "gotmpl" | "tmpl" | "tpl" | "j2" | "jinja" | "jinja2" | "erb" | "ejs" | "mustache" | "hbs" => {
            return Some(Suspicion::NotConfiguration("a template"));
        }
        _ => return None,
    };
    Some(by_name(root, file).map_or(Suspicion::Unread(format), Suspicion::NotConfiguration))
}

/// A lower-case file name without the extension that tells its format: `.env.local` has none.
fn stem(name: &str) -> &str {
    let extensions = [".yaml", ".yml", ".json", ".toml", ".env", ".properties"];
    extensions.iter().find_map(|extension| name.strip_suffix(extension)).unwrap_or(name)
}

/// `local` in `config/app.local.yaml`, where layers and examples say what they are.
fn last_word(file: &str) -> &str {
    stem(file_name(file)).rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
}

/// What a file is, judged by its path alone.
fn by_name(root: &str, file: &str) -> Option<&'static str> {
    let lower = file.to_lowercase();
    let name = file_name(&lower);
    let stem = stem(name);
    let last = last_word(name);
    if lower.contains(".github/workflows/") {
        return Some("a GitHub workflow");
    }
    if lower.split('/').any(|folder| ["node_modules", "bower_components", "site-packages"].contains(&folder))
    {
        return Some("a file of somebody else's package");
    }
    let within = below(root, file).unwrap_or(file).to_lowercase();
    let made = ["build", "dist", "target", "vendor", "__pycache__", ".terraform"];
    if within.rsplit_once('/').is_some_and(|(above, _)| above.split('/').any(|folder| made.contains(&folder)))
    {
        return Some("what a tool built or fetched; name its folder to take it");
    }
    let kind = match name {
        "terrace.toml" => "terrace's policy",
        "package-lock.json" | "npm-shrinkwrap.json" | "packages.lock.json" | "pnpm-lock.yaml" => {
            "a lock file"
        }
        "package.json" | "composer.json" | "bower.json" | "deno.json" | "cargo.toml" | "pyproject.toml"
        | "pubspec.yaml" | "pipfile.toml" | "vcpkg.json" | "project.toml" | "gopkg.toml" => {
            "a package manifest"
        }
        "gradle.properties"
        | "gradle-wrapper.properties"
        | "maven-wrapper.properties"
        | "sonar-project.properties" => "a build tool's settings",
        "chart.yaml" | "chart.yml" => "a Helm chart manifest",
        "kustomization.yaml" | "kustomization.yml" => "a Kustomize manifest",
        "azure-pipelines.yml"
        | "bitbucket-pipelines.yml"
        | "appveyor.yml"
        | "cloudbuild.yaml"
        | "buildspec.yml"
        | ".gitlab-ci.yml"
        | ".travis.yml"
        | ".drone.yml" => "a CI pipeline",
        "custom-environment-variables.json" | "custom-environment-variables.yaml" => {
            "a map from settings to environment variables"
        }
        "mkdocs.yml"
        | "renovate.json"
        | "lerna.json"
        | "nx.json"
        | "turbo.json"
        | "angular.json"
        | "jsconfig.json"
        | "rustfmt.toml"
        | "clippy.toml"
        | "deny.toml"
        | "rust-toolchain.toml"
        | "launchsettings.json"
        | "global.json"
        | "skaffold.yaml"
        | "helmfile.yaml"
        | "pnpm-workspace.yaml"
        | "codecov.yml"
        | "codecov.yaml"
        | "lefthook.yml"
        | "crowdin.yml"
        | "buf.yaml"
        | "buf.gen.yaml"
        | "sqlc.yaml"
        | "taskfile.yml"
        | "taskfile.yaml"
        | "mise.toml"
        | "ruff.toml"
        | "fly.toml"
        | "netlify.toml"
        | "firebase.json"
        | "nodemon.json"
        | "biome.json"
        | "tslint.json"
        | "babel.config.json"
        | "jest.config.json"
        | "vercel.json" => "a tool's own settings",
        _ if stem.ends_with(".lock") || stem.ends_with("-lock") => "a lock file",
        _ if name.ends_with(".schema.json") => "a JSON Schema",
        _ if stem.starts_with("tsconfig") => "a tool's own settings",
        _ if compose_name(stem) => "a Compose file",
        _ if ["example", "sample", "dist"].contains(&last) => "an example",
        _ if ["template", "tmpl", "tpl"].contains(&last) => "a template",
        _ if is_hidden(root, file) => "a tool's own settings",
        _ => return None,
    };
    Some(kind)
}

fn compose_name(stem: &str) -> bool {
    ["docker-compose", "compose"].iter().any(|prefix| {
        stem.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
    })
}

/// Whether the file or a folder above it is hidden; `.env` files always are.
fn is_hidden(root: &str, file: &str) -> bool {
    let path = below(root, file).unwrap_or(file);
    path.split('/').any(|segment| segment.starts_with('.') && !segment.starts_with(".env"))
}

/// What a file is, judged by its values.
fn by_content(value: &Value) -> Option<&'static str> {
    if is_playbook(value) {
        return Some("an Ansible playbook");
    }
    let map = value.as_map()?;
    let has = |key: &str| map.contains_key(key);
    let schema = map.get("$schema").and_then(Value::as_str).unwrap_or_default();
    if schema.contains("json-schema.org/") {
        return Some("a JSON Schema");
    }
    if (has("openapi") || has("swagger")) && has("info") && has("paths") {
        return Some("an OpenAPI description");
    }
    if has("AWSTemplateFormatVersion") {
        return Some("a CloudFormation template");
    }
    if has("on") && has("jobs") {
        return Some("a GitHub workflow");
    }
    if map.get("runs").and_then(Value::as_map).is_some_and(|runs| runs.contains_key("using")) {
        return Some("a GitHub action");
    }
    if map.get("kind").and_then(Value::as_str) == Some("CustomResourceDefinition") && has("apiVersion") {
        return Some("a Kubernetes resource definition");
    }
    is_compose(value).then_some("a Compose file")
}

/// Only Compose's own top-level keys, and a service with an image or a build.
fn is_compose(value: &Value) -> bool {
    let Some(map) = value.as_map() else { return false };
    let known = ["version", "name", "services", "volumes", "networks", "configs", "secrets", "include"];
    let services = map.get("services").and_then(Value::as_map);
    let runs = |service: &Value| {
        service.as_map().is_some_and(|service| service.contains_key("image") || service.contains_key("build"))
    };
    services.is_some_and(|services| services.values().any(runs))
        && map.keys().all(|key| known.contains(&key.as_str()) || key.starts_with("x-"))
}

fn is_playbook(value: &Value) -> bool {
    let is_play = |play: &Value| {
        play.as_map().is_some_and(|play| {
            play.contains_key("hosts") && (play.contains_key("tasks") || play.contains_key("roles"))
        })
    };
    value.as_list().is_some_and(|plays| plays.iter().any(is_play))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Policy;
    use crate::yaml::{Document, Limits};

    fn seen(root: &str, file: &str, text: &str) -> String {
        let policy =
            Policy::parse("[isolation]\nwords = { staging = [\"abn\"] }\n", "terrace.toml").expect("policy");
        let document = Document::parse(text.as_bytes(), &Limits::default()).ok();
        let values = document.as_ref().map(|document| document.values());
        let template = super::super::templates::template(text, values);
        let charts = Charts::among(std::iter::empty());
        look((root, ""), (file, &charts), &policy.words, template, values.unwrap_or_default())
            .map(|found| found.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn names_give_environments_and_layers_away() {
        for (root, file, expected) in [
            ("c", "c/settings.production.json", "looks like production's; --env production"),
            ("c", "c/values-prod.yaml", "looks like production's"),
            ("c", "c/prod2/app.yaml", "looks like production's"),
            ("c", "c/config.Staging.yml", "looks like staging's"),
            ("c", "c/app_stg.toml", "looks like staging's"),
            ("c", "c/app-abn.toml", "looks like staging's"),
            ("", ".env.production", "looks like production's"),
            ("config/production", "config/production/app.yaml", "looks like production's"),
            ("c", "c/app.Development.json", "looks like an overlay for development; name it"),
            ("c", "c/dev/app.yaml", "looks like an overlay for development"),
            ("c", "c/app.local.yaml", "looks like an overlay for local"),
            ("c", "c/qa/app.yaml", "looks like an overlay for qa"),
            ("c", "c/test.json", "looks like an overlay for test"),
            ("", ".env.local", "looks like an overlay for local"),
            ("config/development", "config/development/app.yaml", ""),
            ("c/vendor", "c/vendor/app.yaml", ""),
            ("target/config", "target/config/app.yaml", ""),
            ("production/config", "production/config/app.yaml", "looks like production's"),
            ("production/config/app.yaml", "production/config/app.yaml", "looks like production's"),
            ("config/prod/values-dev.yaml", "config/prod/values-dev.yaml", "looks like production's"),
            ("c", "c/values-prd.yaml", "looks like an overlay for prd; --environments prd=ENVIRONMENT says"),
            ("live/c", "live/c/values.yaml", "looks like an overlay for live"),
            ("c", "c/values-develop.yaml", "looks like an overlay for develop"),
            ("c", "c/override/a.yaml", "looks like an overlay for override; name it"),
            ("c", "c/products.yaml", ""),
            ("c", "c/devices.yaml", ""),
            ("c", "c/backstage.yaml", ""),
            ("c", "c/latest.yaml", ""),
            ("c", "c/local-cache.yaml", ""),
            ("", ".env", ""),
        ] {
            let found = seen(root, file, "a: 1");
            assert!(
                found.starts_with(expected) && found.is_empty() == expected.is_empty(),
                "{file}: {found}"
            );
        }
    }

    #[test]
    fn what_is_no_configuration_is_recognised() {
        for (file, text, expected) in [
            ("docker-compose.prod.yml", "services: {}", "a Compose file"),
            ("compose.yaml", "", "a Compose file"),
            ("stack.yml", "services: {db: {image: x}}\nvolumes: {}", "a Compose file"),
            (".github/workflows/ci.yml", "", "a GitHub workflow"),
            ("ci-flow.yml", "on: push\njobs: {}", "a GitHub workflow"),
            (".gitlab-ci.yml", "", "a CI pipeline"),
            ("package.json", "{}", "a package manifest"),
            ("web/package-lock.json", "{}", "a lock file"),
            ("Cargo.toml", "", "a package manifest"),
            ("flake.lock.json", "{}", "a lock file"),
            ("Chart.yaml", "", "a Helm chart manifest"),
            ("app.schema.json", "{}", "a JSON Schema"),
            ("app.json", "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\"}", "a JSON Schema"),
            ("api.yaml", "openapi: 3.1.0\ninfo: {}\npaths: {}", "an OpenAPI description"),
            ("site.yml", "- hosts: all\n  roles: [x]", "an Ansible playbook"),
            ("deploy.yaml", "a: {{ .Values.a }}\nb: {{- x }}", "a Helm chart template, line 1"),
            ("app.template.yaml", "a: 1", "a template"),
            (".env.example", "A=1", "an example"),
            ("config/.eslintrc.json", "{}", "a tool's own settings"),
            (".vscode/settings.json", "{}", "a tool's own settings"),
            ("terrace.toml", "", "terrace's policy"),
            ("web/node_modules/x/conf.yaml", "a: 1", "a file of somebody else's package"),
            ("c/vendor/a.yaml", "a: 1", "what a tool built or fetched; name its folder to take it"),
            ("Build/x/a.yaml", "a: 1", "what a tool built or fetched; name its folder to take it"),
            (
                "target/classes/application.yml",
                "a: 1",
                "what a tool built or fetched; name its folder to take it",
            ),
            ("pnpm-workspace.yaml", "packages: [a]", "a tool's own settings"),
            ("Taskfile.yml", "version: '3'", "a tool's own settings"),
            ("action.yml", "name: x\nruns: {using: node20}", "a GitHub action"),
            (
                "crd.yaml",
                "apiVersion: v1\nkind: CustomResourceDefinition",
                "a Kubernetes resource definition",
            ),
            ("custom-environment-variables.json", "{}", "a map from settings to environment variables"),
            // An application's own, however much it looks like something else.
            ("services.yaml", "services: {app: {autowire: true}}", ""),
            ("app.yaml", "services: {db: {image: x}}\nlogging: {}", ""),
            ("app.json", "{\"$schema\": \"./app.schema.json\"}", ""),
            ("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment", ""),
            ("play.yaml", "- hosts: all", ""),
            ("greeting.yaml", "text: 'Hello {{ name }}'", ""),
            ("composer.yaml", "a: 1", ""),
            ("actions.yaml", "runs: [a]", ""),
            ("modules/conf.yaml", "a: 1", ""),
            ("templates/x.yaml", "a: 1", ""),
            ("build.yaml", "a: 1", ""),
            ("builds/targets.yaml", "a: 1", ""),
        ] {
            let found = seen("", file, text);
            let what = found.strip_prefix("not configuration: ").unwrap_or(&found);
            assert_eq!(what, expected, "{file}");
        }
    }
}
