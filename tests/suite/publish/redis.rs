//! To redis.

use super::stores::Redis;
use super::{publish, world};

#[test]
#[ignore = "needs redis-server"]
fn a_change_is_one_transaction_and_is_told_of() {
    let (mut world, redis) = (world(), Redis::start());
    let to = redis.address("t");
    redis.ask::<()>(&["SET", "t/production-else", "theirs"]);
    redis.ask::<()>(&["HSET", "t/production/hash", "a", "1"]);
    publish(&world, "production", &to, &["--dry-run"]).exits(0);
    assert_eq!(redis.all().len(), 1);

    let mut listener = redis.connection();
    let mut channel = listener.as_pubsub();
    channel.subscribe("t/production/@commit").expect("a channel");
    let said = publish(&world, "production", &to, &[]).exits(0);
    assert!(said.contains("published: 2 added"), "{said}");
    let head = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    assert_eq!(channel.get_message().and_then(|it| it.get_payload::<String>()).expect("a message"), head);
    let all = redis.all();
    assert_eq!((all["t/production/orders"].len(), &all["t/production/@commit"]), (44, &head));
    let again = publish(&world, "production", &to, &[]).exits(0);
    assert!(again.contains("already"), "{again}");

    // What is no text is in the way as well.
    world.write("environments/production/hash.yaml", "a: 1\n");
    world.commit("in the way");
    let refused = publish(&world, "production", &to, &[]);
    assert_eq!(refused.code, 3, "{}", refused.told());
    assert!(refused.stderr.contains("t/production/hash, a hash, is in the way"), "{}", refused.told());
    assert_eq!(redis.all(), all);
    redis.ask::<()>(&["DEL", "t/production/hash"]);
    for number in 0..300 {
        world.write(&format!("environments/production/n{number}.yaml"), &format!("a: {number}\n"));
    }
    std::fs::remove_file(world.dir.join("environments/production/orders.yaml")).expect("a file");
    world.commit("many, in one");
    publish(&world, "production", &to, &[]).exits(0);
    let all = redis.all();
    assert_eq!((all.len(), all["t/production/n299"].as_str()), (2 + 1 + 302, "a: 299\n"));
    assert!(!all.contains_key("t/production/orders"));
    assert_eq!(all["t/production-else"], "theirs");

    // A list that terrace did not write leads to nothing.
    redis.ask::<()>(&[
        "SET",
        "t/production/@manifest",
        "{\"version\":1,\"environment\":\"production\",\"names\":[\"../else\"]}",
    ]);
    let refused = publish(&world, "production", &to, &[]);
    assert_eq!(refused.code, 2, "{}", refused.told());
    assert!(refused.stderr.contains("t/production/@manifest is no list"), "{}", refused.told());
}

#[test]
#[ignore = "needs redis-server"]
fn passwords_come_from_the_environment_and_are_not_shown() {
    let (mut world, redis) = (world(), Redis::start());
    let to = redis.address("t");
    redis.ask::<()>(&["ACL", "SETUSER", "terrace", "on", ">hunter2", "~t/*", "&t/*", "+@all"]);
    redis.ask::<()>(&["ACL", "SETUSER", "default", "off"]);
    let refused = publish(&world, "production", &to, &[]);
    assert_eq!(refused.code, 2, "{}", refused.told());
    assert!(refused.stderr.contains("TERRACE_REDIS_PASSWORD"), "{}", refused.told());
    world.variables.push(("TERRACE_REDIS_USER".into(), "terrace".into()));
    world.variables.push(("TERRACE_REDIS_PASSWORD".into(), "hunter2".into()));
    let said = publish(&world, "production", &to, &[]);
    assert!(said.code == 0 && !said.told().contains("hunter2"), "{}", said.told());
    // Elsewhere this user may not write.
    let refused = publish(&world, "production", &redis.address("u"), &[]);
    assert!(refused.code == 2 && refused.stderr.contains("refuses"), "{}", refused.told());
}

#[test]
#[ignore = "needs redis-server and openssl"]
fn tls_is_spoken_with_whom_the_authorities_name() {
    let mut world = world();
    let made = world.certificate("redis");
    let (redis, to) = Redis::start_tls(&made, "t");
    let refused = publish(&world, "production", &to, &[]);
    assert_eq!(refused.code, 4, "{}", refused.told());
    assert!(
        refused.stderr.contains("certificate") && refused.stderr.contains("TERRACE_REDIS_CA"),
        "{}",
        refused.told()
    );
    world.variables.push(("TERRACE_REDIS_CA".into(), made[0].clone()));
    let said = publish(&world, "production", &to, &[]).exits(0);
    assert!(said.contains("published: 2 added"), "{said}");
    assert!(redis.all().contains_key("t/production/orders"));
}
