//! The webhook that hurries a fetch.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{STAGING, clone, origin, replica};

const SECRET: &str = "a secret of the git host";
const BODY: &str = r#"{"ref": "refs/heads/main"}"#;

fn signature(secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(BODY.as_bytes());
    let digest = mac.finalize().into_bytes();
    format!("sha256={}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

#[test]
fn whoever_knows_the_secret_hurries_a_fetch() {
    let mut world = origin();
    clone(&world, "a");
    let file = world.beside("secret");
    std::fs::write(&file, format!("{SECRET}\n")).expect("written");
    let server = replica(&world, "a", &["--sync", "1h", "--webhook-secret", &file.to_string_lossy()]);
    let send = |headers: &[(&str, &str)]| server.send("POST", "/hooks/push", headers, BODY);
    for (name, value) in [
        ("x-other", String::new()),
        ("x-hub-signature-256", signature("another secret of somebody")),
        ("x-gitlab-token", "another secret".to_owned()),
    ] {
        let refused = send(&[(name, &value)]);
        assert_eq!((refused.status, &*refused.problem()), (403, "forbidden"), "{name}");
    }
    for (pool, (name, value)) in
        [(21, ("x-hub-signature-256", signature(SECRET))), (22, ("x-gitlab-token", SECRET.to_owned()))]
    {
        world.write("environments/staging/payments.yaml", &format!("pool: {pool}\n"));
        world.commit("by hand");
        world.git(&["push", "--quiet", "origin", "main"]);
        assert_eq!(send(&[(name, &value)]).status, 202, "{name}");
        server.until(&format!("{STAGING}/payments"), |answer| answer.json()["value"]["pool"] == pool);
    }
}

#[test]
fn without_a_secret_no_webhook_is_heard() {
    let world = origin();
    clone(&world, "a");
    let server = replica(&world, "a", &["--sync", "1h"]);
    let sent = [("x-hub-signature-256", &*signature(""))];
    assert_eq!(server.send("POST", "/hooks/push", &sent, BODY).status, 403);
}
