//! `terrace.toml`.

use terrace::model::{Policy, Rule, Severity, ValuePath};

const FILE: &str = "terrace.toml";

/// Paths that are asked about; a policy may call any of them secret.
const PATHS: [&str; 5] = ["password", "db.api-key", "db.host", "servers[name=api].token", "a"];

/// Reads a policy; the same TOML, written by its library, gives the same policy.
pub fn policy(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let policy = match Policy::parse(text, FILE) {
        Ok(policy) => policy,
        Err(error) => {
            let message = error.message();
            assert!(message.starts_with(FILE) && message.len() > FILE.len() + 6, "{message:?}");
            return false;
        }
    };
    let table: toml::Table = text.parse().expect("a policy is TOML");
    let written = toml::to_string(&table).expect("what was TOML is TOML");
    let again = Policy::parse(&written, FILE).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(answers(&again), answers(&policy), "{written}");
    true
}

/// What a policy answers, apart from where in the file it says so.
fn answers(policy: &Policy) -> String {
    let waivers = policy.waivers.iter().map(|it| (it.rule, it.place(), &it.reason, it.until));
    let waivers: Vec<_> = waivers.collect();
    let files: Vec<_> = policy.schemas.iter().map(|mapping| &mapping.file).collect();
    let levels: Vec<_> = Rule::ALL.iter().map(|rule| policy.severity(*rule, Severity::Notice)).collect();
    let declares = |path: &str| path.parse::<ValuePath>().ok().and_then(|path| policy.declares_secret(&path));
    let secrets = PATHS.map(declares);
    format!(
        "{:?} {} {:?} {} {waivers:?} {files:?} {levels:?} {secrets:?}",
        policy.new_keys.value,
        policy.pins.len(),
        policy.words,
        policy.file_bytes.value
    )
}
