use super::*;
use crate::yaml::Limits;

fn document(text: &str) -> Document {
    Document::parse(text.as_bytes(), &Limits::default()).expect(text)
}

/// The secrets of a document, aliases included, as `path=what is secret`.
fn found(text: &str) -> Vec<String> {
    let (document, policy) = (document(text), Policy::default());
    let secrets = DocumentSecrets::of(&document, &policy);
    let mut found = Vec::new();
    document.walk(&mut |visit| {
        let secret = secrets.secret(&policy, visit.path, visit.value).filter(|_| visit.value.is_scalar());
        found.extend(secret.map(|secret| format!("{}={}", visit.path, secret.text)));
    });
    found
}

#[test]
fn words_of_the_policy_are_left_off_a_name() {
    let policy =
        Policy::parse("[isolation]\nwords = { staging = [\"UAT\", \"pre-prod\"] }\n", "terrace.toml");
    let policy = policy.expect("a policy");
    let is_secret = |name: &str| is_secret_path(&policy, &ValuePath::root().key(name));
    for name in ["password_uat", "DB_PASSWORD_UAT", "passwordUat", "password.pre-prod", "apiKeyUAT"] {
        assert!(is_secret(name), "{name}");
    }
    for name in ["uat", "UAT", "_uat", "pool_uat", "passworduat"] {
        assert!(!is_secret(name), "{name}");
    }
    assert!(!is_secret_path(&Policy::default(), &ValuePath::root().key("password_uat")));
}

#[test]
fn names_of_secrets() {
    for name in [
        "password",
        "passwords",
        "passwd",
        "passphrase",
        "passcode",
        "secret",
        "secrets",
        "token",
        "tokens",
        "credential",
        "credentials",
        "bearer",
        "htpasswd",
        "Password",
        "PASSWORD",
        "db_password",
        "DB_PASSWORD",
        "dbPassword",
        "db-password",
        "db.password",
        "DbPassword",
        "spring.datasource.password",
        "govuk::db::password",
        "POSTGRES_PASSWORD",
        "smtpPassword",
        "adminToken",
        "JWT_SECRET",
        "SMTP_PASS",
        "dbPass",
        "db_pass",
        "userPass",
        "ROOT_PASS",
        "amqp_pass",
        "admin.pass",
        "DB_PWD",
        "MYSQL_PWD",
        "password1",
        "password_2",
        "DB_PASSWORD_OLD",
        "DB_PASSWORD_NEW",
        "db_password_ro",
        "db_password_rw",
        "TOKEN_PROD",
        "token_staging",
        "secret-dev",
        "API_KEY_V2",
        "password_base",
        "DB_PASSWORD_PRODUCTION_2",
        "api_key",
        "apiKey",
        "api-keys",
        "API_KEY",
        "APIKey",
        "accessKey",
        "AWS_SECRET_ACCESS_KEY",
        "secretKey",
        "private_key",
        "privateKeys",
        "signing_key",
        "encryptionKey",
        "client_key",
        "APP_KEY",
        "MASTER_KEY",
        "hmac_key",
        "session-key",
        "cookie_key",
        "jwtKey",
        "fernet_key",
        "FERNET_KEY",
        "deploy_key",
        "storageKey",
        "AccountKey",
        "shared_key",
        "licenseKey",
        "apikey",
        "APIKEY",
        "stripe_apikey",
        "dbpassword",
        "PGPASSWORD",
        "rootpassword",
        "userpasswd",
        "secretkey",
        "clientsecret",
        "accesstoken",
        "authtoken",
        "apitoken",
        "refreshtoken",
        "sessionkey",
        "privatekey",
        "smtppass",
        "dbpass",
        "SECRET_KEY_BASE",
        "secret_key_base",
        "Authorization",
        "Proxy-Authorization",
        "basic_auth",
        "basicAuth",
        "client_secret",
        "oauth2ClientSecret",
        "oauth2clientsecret",
        "webhook_secret",
        "SLACK_BOT_TOKEN",
        "npm_token",
        "sessionToken",
        "github-token",
        "keystorePassword",
        "ssl.truststore.password",
        "ansible_become_password",
        "vault_token",
        "HTTPToken",
        "myOAuthToken",
        "ca_passphrase",
        "proxy_pass",
        "REDIS_PASSWORD_1",
        "rabbitmq_password",
        "grafana.adminPassword",
        "requirepass",
        "masterauth",
    ] {
        let text = format!("\"{name}\": s3cr3tV4lue\n");
        assert_eq!(found(&text).len(), 1, "{name}");
    }
}

#[test]
fn names_that_are_none() {
    for name in [
        "name",
        "user",
        "host",
        "key",
        "keys",
        "primary_key",
        "sort_key",
        "public_key",
        "publicKey",
        "keyboard",
        "monkey",
        "compass",
        "bypass",
        "pass",
        "passenger",
        "passing",
        "passport",
        "path",
        "PWD",
        "OLDPWD",
        "existingSecret",
        "govuk::node::enable_basic_auth",
        "global.existingSecret",
        "existing_secret",
        "postgresqlExistingSecret",
        "use_token",
        "USE_WEB_TOKEN",
        "create_secret",
        "createSecret",
        "pullSecret",
        "imagePullSecrets",
        "allow_password",
        "requirePassword",
        "require_token",
        "resetPassword",
        "reset_token",
        "forgot_password",
        "changePassword",
        "hidePassword",
        "show_password",
        "enable_token",
        "enableSecrets",
        "max_tokens",
        "maxTokens",
        "LLM_MAX_TOKENS",
        "next_token",
        "nextPageToken",
        "page_token",
        "automount_token",
        "automountServiceAccountToken",
        "resetpassword",
        "usepassword",
        "passwordHash",
        "password_file",
        "PASSWORD_FILE",
        "password_min_length",
        "passwordPolicy",
        "secretName",
        "secret_name",
        "secretRef",
        "secretKeyRef",
        "token_url",
        "tokenUrl",
        "token_ttl",
        "tokenType",
        "token_expiry",
        "access_key_id",
        "AWS_ACCESS_KEY_ID",
        "key_id",
        "kms_key_id",
        "private_key_path",
        "private_key_file",
        "secretary",
        "tokenizer",
        "tokenized",
        "secrets_manager",
        "secret_store",
        "authorization_uri",
        "authorizationUrl",
        "auth",
        "authentication",
        "certificate",
        "connection",
        "string",
        "connection_pool",
        "cookie",
        "session",
        "jwt",
        "encrypted_password",
        "encryptedData",
        "v2",
        "prod",
        "old",
        "",
        "_",
        "partition_key",
        "cache_key",
        "foreign_keys",
        "hotkey",
        "turkey",
        "password_reset_url",
        "credentials_provider",
        "license",
        "deploy",
        "shared",
        "base",
    ] {
        let text = format!("\"{name}\": s3cr3tV4lue\n");
        assert_eq!(found(&text), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn what_stands_at_a_secrets_place_and_is_none() {
    for text in [
        "HMPPS_USE_WEB_TOKEN: \"true\"\n",
        "cert_secret: shop-service-cert\n",
        "tlsSecret: web_tls_wildcard\n",
        "credentials: orders-db-credentials\n",
        "namespace_secrets:\n  sqs-orders-queue-secret:\n    ORDERS_QUEUE: sqs_queue_name\n    AWS_SECRET_ACCESS_KEY: secret_access_key\n    API_KEY: key\n",
        "sqs-orders-queue-secret: {QUEUE_NAME: Orders-Dead-Letter, ENDPOINT: \"https://q.example.com\", AWS_ACCESS_KEY_ID: id}\n",
        "not_compromised_password: false\n",
        "password: true\ntoken: null\nsecret: ~\napi_key: ''\n",
        "password: {minLength: 12, maxAge: 90, pattern: '^.{12,}$', encoder: bcrypt}\n",
        "token: {ttl: 3600, type: jwt, issuer: https://auth.example.com, enabled: true}\n",
        "token: 15m\nsession_token: 1h30m\naccess_token: PT15M\nrefresh_token: 30 days\n",
        "token: 3600\nsecret: 12\napi_key: 1.5\n",
        "private_key: /etc/ssl/private/tls.key\ntoken: ./token\nsecret: ~/.config/secret\n",
        "client_key: tls.key\nprivate_key: certs/server.pem\ncredentials: account1.json\nx: {secret: ../a1}\n",
        "token: your-token\napi_key: your-key-1\npermissions: {id-token: write}\n",
        "token: https://auth.example.com/token\nsecret: auth.example.com:8443\ncredentials: 10.0.0.1\n",
        "secret: {name: db, namespace: shop, key: password, region: eu-west-1, user: app, username: app}\n",
        "secrets: {db_username: app, db_host: db1, mountPath: here, refreshInterval: often}\n",
        "secretKeyRef: {name: db, key: password}\n",
        "env: [{name: DB_HOST, value: db1}, {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: d, key: k}}}]\n",
        "data: [{secretKey: api-token, remoteRef: {key: shop}}, {secretKey: user1234, remoteRef: {key: shop}}]\n",
        "properties: {secret: {properties: {a: {type: string, title: abc}}}}\n",
        "authorization: enabled\nx: {authorization: rbac}\n",
        "kind: ConfigMap\ndata: {a: s3cr3tV4lue}\n",
        "kind: SealedSecret\nspec: {encryptedData: {password: AgBy3i4OJSWK}}\n",
        "password: !vault_secret shop/db\ntoken: !env TOKEN\n",
        "ConnectionStrings: {Catalog: 'Host=localhost;Database=CatalogDB', Bus: 'amqp://localhost'}\n",
        "clientSecret: KC_CLIENTSECRET\npassword: ${PW}\ntoken: vault:kv/x\nsecret: ENC[x]\n",
        "password: changeme\ntoken: <token>\nsecret: xxxx\napi_key: REPLACE_ME\n",
        "password: \"yes\"\ntoken: \"off\"\nsecret: None\n",
        "vault: {secrets: {engine: kv, path: secret/data/shop}}\n",
        "db: {password: {existingSecret: Orders1, useSecret: Abc1}}\n",
    ] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_stands_below_a_secrets_name() {
    for (text, expected) in [
        ("secret: {signing: a1, deep: {er: b2}}\n", &["secret.signing=a1", "secret.deep.er=b2"][..]),
        ("passwords: [a1, b2]\n", &["passwords[0]=a1", "passwords[1]=b2"]),
        ("passwords: [1234]\npassword: 5678\n", &["passwords[0]=1234", "password=5678"]),
        ("secrets: {stripe_key: a1, db_username: app}\n", &["secrets.stripe_key=a1"]),
        ("api_keys: [{name: x, value: a1}]\n", &["api_keys[0].value=a1"]),
        ("credentials: {user: u, pass: a1}\n", &["credentials.pass=a1"]),
        ("basic_auth: {username: u, password: a1}\n", &["basic_auth.password=a1"]),
        ("secret: {user: {password: a1}}\n", &["secret.user.password=a1"]),
        ("env: [{name: DB_PASSWORD, value: a1}, {name: X, value: b}]\n", &["env[0].value=a1"]),
        ("env: {name: API_TOKEN, value: a1}\n", &["env.value=a1"]),
        ("env: [{Name: DB_PASSWORD, Value: a1}, {Name: X, Value: b}]\n", &["env[0].Value=a1"]),
        ("p: [{ParameterKey: DBPassword, ParameterValue: a1}]\n", &["p[0].ParameterValue=a1"]),
        ("env: [{name: RABBITMQ_DEFAULT_PASS, value: a1}]\n", &["env[0].value=a1"]),
        ("smtp: {user: m, pass: a1}\nauth: {username: m, PWD: a2}\n", &["smtp.pass=a1", "auth.PWD=a2"]),
        ("tests: {pass: a1, fail: a2}\n", &[]),
        ("args: [run, --token, a1, --port, b2]\n", &["args[2]=a1"]),
        ("a: {b: [{args: [redis-server, --requirepass, a1]}]}\n", &["a.b[0].args[2]=a1"]),
        ("args: [--token-file, a1, --token, $TOKEN, --token, --port]\n", &[]),
        (
            "kind: Secret\ndata: {any: YTE=}\nstringData: {user: b2}\n",
            &["data.any=YTE=", "stringData.user=b2"],
        ),
        ("items: [{kind: Secret, data: {any: YTE=}}]\n", &["items[0].data.any=YTE="]),
        ("my-app-secret: {DB_PASSWORD: Hunter2}\n", &["my-app-secret.DB_PASSWORD=Hunter2"]),
        ("headers: {Authorization: tok3n}\n", &["headers.Authorization=tok3n"]),
        ("password: &s a1\nother: *s\n", &["password=a1", "other=a1"]),
        ("other: &s a1\npassword: *s\n", &["other=a1", "password=a1"]),
        ("secrets: &m {a: b1}\nother: *m\n", &["secrets.a=b1", "other.a=b1"]),
        ("base: &b {password: a1}\nx:\n  <<: *b\n  y: 1\n", &["base.password=a1", "x.password=a1"]),
        ("password: correct-horse-battery\n", &["password=correct-horse-battery"]),
        ("password: HUNTER_2\n", &["password=HUNTER_2"]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn looks_of_secrets() {
    let body = "MIIEowIBAAKCAQEAxXxXxXxXxXxXxXxXxXxXxXxXxXxXxXxXxXxXxXxX";
    let r = |n: usize| "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0c1".repeat(4).get(..n).expect("enough").to_owned();
    for text in [
        format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----"),
        format!("-----BEGIN RSA PRIVATE KEY-----\n{body}"),
        format!("-----BEGIN OPENSSH PRIVATE KEY-----\\n{body}\\n-----END OPENSSH PRIVATE KEY-----"),
        format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\n{body}"),
        format!("LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVk{}", r(60)),
        "postgres://app:hunter2@db/x".into(),
        "redis://:s3cr3t@cache:6379/0".into(),
        "amqps://u:p%40ss@mq.example.com".into(),
        "mongodb+srv://u:hunter2@c.example.net/x?w=1".into(),
        "https://user:pa/ss@host/x".into(),
        "postgres://app:pa$$w0rd@db/x".into(),
        "postgres://app:hun'ter\"2@db/x".into(),
        "postgres://app:a(b<c@db/x".into(),
        "jdbc:postgresql://db/x?user=a&password=hunter2".into(),
        "https://api.example.com/hook?access_token=abc123".into(),
        "https://x.blob.example.net/c?sv=1&sig=abc%2F".into(),
        "Server=db;Database=x;User Id=a;Password=hunter2;".into(),
        "Server=db;Uid=a;Pwd=hunter2".into(),
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=abc123==".into(),
        "Endpoint=sb://x/;SharedAccessKeyName=k;SharedAccessKey=abc123=".into(),
        "host=db user=a password=hunter2".into(),
        "app:hunter2@tcp(db:3306)/shop".into(),
        format!("Bearer {}", r(32)),
        format!("Basic {}==", r(22)),
        format!("ghp_{}", r(36)),
        format!("github_pat_{}", r(60)),
        format!("gho_{}", r(36)),
        format!("glpat-{}", r(20)),
        format!("xoxb-{}", r(30)),
        format!("xapp-{}", r(30)),
        format!("sk_live_{}", r(24)),
        format!("rk_live_{}", r(24)),
        format!("sk_test_{}", r(24)),
        format!("whsec_{}", r(32)),
        format!("npm_{}", r(36)),
        format!("SG.{}", r(60)),
        format!("hvs.{}", r(30)),
        format!("dop_v1_{}", r(64)),
        format!("dckr_pat_{}", r(27)),
        format!("shpat_{}", r(32)),
        format!("AIza{}", r(35)),
        format!("hf_{}", r(34)),
        format!("glsa_{}", r(40)),
        format!("sk-ant-{}", r(60)),
        "AKIAQ3EGRDXLZ7TYUPWN".into(),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1rwW1gFWFOEjXk".into(),
        format!("run --with ghp_{} now", r(36)),
        "run --password hunter2 --port 80".into(),
        "set -e\nmysql -u root -phunter2 shop\n".into(),
        "db:\n  password: hunter2\n".into(),
        "${DB_USER}:hunter2".into(),
        "YWRtaW46aHVudGVyMnh5eg==".into(),
    ] {
        assert!(looks_secret(&text), "{text}");
    }
}

#[test]
fn looks_that_are_none() {
    for text in [
        "https://user@host/x:y@z",
        "https://host:8080/a@b",
        "postgres://db.example.com:5432/x",
        "amqp://user:${PW}@host",
        "postgres://user:password@host",
        "postgres://u:<password>@host",
        "postgres://u:$DB_PASSWORD@host",
        "postgres://u:%(password)s@host",
        "postgres://u:x{suffix}@host",
        "{'url': 'http://a:b','mail':'c@d'}",
        "redis://:****@cache",
        "mailto:a@b",
        "git@github.com:a/b.git",
        "ssh://git@host:22/x",
        "Server=db;Database=x;Integrated Security=true",
        "Server=db;User Id=a;Password=${PW};",
        "a=1;b=2",
        "https://x/y?page_token=abc&next=1",
        "https://x/y?key=abc",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMIIEowIBAAKCAQEAxXxXxXxXxXxXxXxXxXxXxXxXxXxXxX",
        "ssh-rsa AAAAB3NzaC1yc2E",
        "the file begins with -----BEGIN PRIVATE KEY-----",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_short",
        "eyJ",
        "SG.",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk_live",
        "npm_config_registry",
        "hf_hub",
        "Bearer token",
        "Basic authentication is off",
        "Bearer {{ token }}",
        "db.example.com",
        "1.2.3",
        "hunter2",
        "550e8400-e29b-41d4-a716-446655440000",
        "d41d8cd98f00b204e9800998ecf8427e",
        "sha256:abc",
        "user:pass",
        "a:b@c",
        "0 0 * * *",
        "x@y.example",
        "arn:aws:iam::1:role/x",
        "run --password ${PW} --port 80",
        "db:\n  password: ${PW}\n  port: 5432\n",
        "${DB_USER}:${DB_PASSWORD}",
    ] {
        assert!(!looks_secret(text), "{text}");
    }
}

#[test]
fn an_exception_of_the_policy_counts_for_names_and_looks() {
    let policy = Policy::parse(
        "[secrets]\npaths = [\"**.licence-code\"]\nnot = [\"a.**\", \"env[name=X_TOKEN]\"]\n",
        "terrace.toml",
    );
    let policy = policy.expect("policy");
    let document = document(
        "a: {password: p1, url: 'redis://:p2@h'}\nb: {password: p3, licence_code: 12, LICENCE-CODE: '${L}'}\nenv:\n- {name: X_TOKEN, value: p4}\n",
    );
    let shown = mask::Mask::new(&policy).value(&ValuePath::root(), document.value()).to_string();
    for (text, is_shown) in [("p1", true), ("p2", true), ("p3", false), ("12", false), ("${L}", true)] {
        assert_eq!(shown.contains(text), is_shown, "{text} in {shown}");
    }
    for (path, line) in
        [("db.password", "not = [\"db.password\"]"), ("#2:a[name=x].\"b c\"", "not = [\"a[name=x].b c\"]")]
    {
        let line_of = exclusion(&path.parse().expect(path));
        assert_eq!(line_of, line);
        let policy = Policy::parse(&format!("[secrets]\n{line_of}\n"), "terrace.toml").expect("policy");
        let path: ValuePath = path.parse().expect(path);
        assert_eq!(policy.declares_secret(&path), Some(false));
    }
}

#[test]
fn an_unread_text_is_masked_by_its_lines() {
    let policy = Policy::default();
    for (text, shown) in [
        ("a: 1\npassword: \"hunter2\n", &["a: 1", "password:••••"][..]),
        ("a: [1, {api-key: hunter2\n", &["a: [1, {api-key:••••"]),
        ("private_key: |\n  AAAA\n \tBBBB\nb: 1\n", &["private_key: |", "  ••••", " \t••••", "b: 1"]),
        ("secret:\n  - x: [hunter2\nc: d\n", &["secret:", "  ••••", "c: d"]),
        (
            "<<<<<<< a\npassword: h1\n=======\npassword: h2\n>>>>>>> b\n",
            &["<<<<<<< a", "password:••••", "=======", "password:••••", ">>>>>>> b"],
        ),
        // The keys above a conflict count for both of its sides, and behind it.
        (
            "secret:\n<<<<<<< a\n  x: h1\n||||||| b\n  x: h0\n=======\n  x: h2\n>>>>>>> c\n  y: h3\nz: 1\n",
            &[
                "secret:",
                "<<<<<<< a",
                "  ••••",
                "||||||| b",
                "  ••••",
                "=======",
                "  ••••",
                ">>>>>>> c",
                "  ••••",
                "z: 1",
            ],
        ),
        ("secret:\n=======\nz: 1\n", &["secret:", "=======", "z: 1"]),
        (
            "x: |\n  -----BEGIN PRIVATE KEY-----\n  abc\n  -----END PRIVATE KEY-----\ny: [\n",
            &["x: |", "  ••••", "  ••••", "  ••••", "y: ["],
        ),
        ("a: [1, -u, \"app:hunter2\"]\nb: [\n", &["••••", "b: ["]),
        ("a: ${DB_USER}:hunter2\nb: [\n", &["••••", "b: ["]),
        (
            "a:\n- --token\n- hunter2\n- --port\n- x1\nb: [\n",
            &["a:", "- --token", "••••", "- --port", "- x1", "b: ["],
        ),
        ("DB_PASSWORD=hunter2\nA=b\n", &["DB_PASSWORD=••••", "A=b"]),
        ("password: ${PW}\ntoken: [a\n", &["password: ${PW}", "token:••••"]),
        ("# old password: hunter2\n", &["# old password:••••"]),
        ("token: [a1, b2]\nx: {\n", &["token:••••", "x: {"]),
        (
            "- name: DB_PASSWORD\n  value: a1\n- {name: X, value: b}\n",
            &["- name: DB_PASSWORD", "  value:••••", "- {name: X, value: b}"],
        ),
        (
            "- {Name: DB_PASSWORD, Value: a1}\n- ParameterKey: X\n  ParameterValue: b\n",
            &["- {Name: DB_PASSWORD, Value:••••", "- ParameterKey: X", "  ParameterValue: b"],
        ),
        ("smtp:\n  user: u\n  pass: a1\nx: [\n", &["smtp:", "  user: u", "  pass:••••", "x: ["]),
        ("x: &s a1\ntoken: *s\n", &["x: ••••", "token:••••"]),
        ("? password\n: a1\n? b\n: c\nd: [\n", &["? password", "••••", "? b", ": c", "d: ["]),
        (
            "- ? api_key # c\n  : - a1\n    - a2\n- b: 1\n",
            &["- ? api_key # c", "  ••••", "    ••••", "- b: 1"],
        ),
        ("secret:\na1\n- a2\nb: c\n- d\n", &["secret:", "••••", "••••", "b: c", "- d"]),
        ("- secret:\n  a1\n- a2\n", &["- secret:", "  ••••", "••••"]),
        ("secret: \"a1\na2: b\na3\"\n", &["secret:••••", "a2: b", "a3\""]),
        ("secret: [a1,\na2,\na3: a4,\n]\nb: c\n", &["secret:••••", "••••", "••••", "••••", "b: c"]),
        ("credentials:\n- user:a1\n- user: a2\n", &["credentials:", "••••", "- user: a2"]),
        (
            "secret:\n<<<<<<< a\n  - a1\nb: c\n=======\n  - a2\n>>>>>>> b\nd: e\n",
            &["secret:", "<<<<<<< a", "  ••••", "b: c", "=======", "  ••••", ">>>>>>> b", "d: e"],
        ),
        ("secret:\n  a1\n---\n- b\n", &["secret:", "  ••••", "---", "- b"]),
    ] {
        assert_eq!(mask::Mask::new(&policy).plain_text(text).shown, shown, "{text}");
    }
}

/// Names and texts of a shape that could be read again and again.
#[test]
fn long_names_and_texts_take_linear_time() {
    let policy = Policy::default();
    for shape in [
        "a_",
        "aB",
        "password",
        "://",
        "x:y@",
        "-----BEGIN ",
        "=;",
        "Bearer ",
        "eyJ.",
        "://a:b",
        "_",
        "{\"a\":\"",
        "--token 'x ",
        "a='b\n",
        " -a=",
    ] {
        let long = shape.repeat(40_000 / shape.len());
        for _ in 0..2_000 {
            names::read(&long);
        }
        let _ = looks_secret(&long);
        let _ = unparsed::spans(&long, &policy);
    }
    for long in [format!("x -p \\{}end", "\n".repeat(400_000)), format!("x {}", "-a=".repeat(100_000))] {
        let _ = looks_secret(&long);
        let _ = unparsed::spans(&long, &policy);
    }
}

#[test]
fn spans_are_in_order_and_apart() {
    for (spans, expected) in [
        (vec![], vec![]),
        (vec![(5, 7), (1, 3)], vec![(1, 3), (5, 7)]),
        (vec![(1, 3), (3, 5)], vec![(1, 3), (3, 5)]),
        (vec![(2, 5), (1, 3), (4, 4)], vec![(1, 5)]),
        (vec![(1, 9), (2, 3), (4, 5), (8, 12)], vec![(1, 12)]),
        (vec![(1, 2), (1, 2)], vec![(1, 2)]),
    ] {
        let found = apart(spans.iter().map(|(start, end)| *start..*end).collect());
        let found: Vec<_> = found.into_iter().map(|span| (span.start, span.end)).collect();
        assert_eq!(found, expected, "{spans:?}");
    }
}

#[test]
fn what_no_report_may_show_is_found_where_it_is_written() {
    for (text, expected) in [
        ("a: 1\n", vec![]),
        ("b: {token: x1, a: 1, secret: y2}\npassword: z3\n", vec!["x1", "y2", "z3"]),
        ("password: one\npassword: two\n", vec!["one", "two"]),
        ("x: &x one\npassword: *x\n", vec!["one"]),
        ("secret: {a: one}\nsecret: {b: two}\n", vec!["{a: one}", "{b: two}"]),
        ("url: a://u:hunter2@b/c://v:hunter3@d\n", vec!["hunter2", "hunter3"]),
        ("token: ${T}\n", vec![]),
    ] {
        let document = Document::parse(text.as_bytes(), &Limits::default()).expect(text);
        let found: Vec<_> =
            spans(&document, None, &[&Policy::default()]).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn keys_that_are_secrets_are_blotted_in_paths_values_and_texts() {
    let text = "m:\n  AKIAQ3EGRDXLZ7TYUPWN: 1\n  https://u:hunter2@db/x: {a: 1}\n  \"plain name\": 2\n";
    let (document, policy) = (document(text), Policy::default());
    let mask = mask::Mask::new(&policy);
    let shown = mask.value(&ValuePath::root(), document.value());
    assert!(shown.shown().at(&"m.••••".parse().expect("a path")).is_some());
    let lines = mask.text(&document).shown;
    assert_eq!(
        lines.get(1..3),
        Some(&["  ••••: 1".to_owned(), "  https://u:••••@db/x: {a: 1}".to_owned()][..])
    );
    let base = ValuePath::root().key("m");
    for (key, expected) in [
        ("AKIAQ3EGRDXLZ7TYUPWN", "m.••••"),
        ("https://u:hunter2@db/x", "m.https://u:••••@db/x"),
        ("https://u:hunter2@db,https://v:hunter3@db", "m.https://u:••••@db,https://v:••••@db"),
        ("https://u:hunt\"er2@db/x", "m.https://u:••••@db/x"),
        ("plain name", "m.plain name"),
    ] {
        assert_eq!(shown_path(&base.key(key)), expected);
    }
}
