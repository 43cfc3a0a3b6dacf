//! `--follow`: the store follows the branch, whatever becomes of it meanwhile.

use super::stores::{Etcd, Redis};
use super::{Running, publish, until, world};

#[test]
#[ignore = "needs etcd"]
fn an_etcd_that_restarts_is_caught_up_with() {
    let (mut world, mut etcd) = (world(), Etcd::start());
    let to = etcd.address("t");
    let mut follower = Running::start(&world, "production", &to, &["--follow"]);
    follower.tells("published: production at ");
    let holds = |etcd: &Etcd, text: &str| {
        let text = text.to_owned();
        until("the value", || etcd.all().get("t/production/orders") == Some(&text));
    };
    world.write("environments/production/orders.yaml", "limit: 20\n");
    world.commit("change");
    holds(&etcd, "limit: 20\n");
    // It is read again before it counts as published.
    until("what is told", || follower.told().matches("published: ").count() == 2);

    etcd.down();
    world.write("environments/production/orders.yaml", "limit: 21\n");
    world.commit("while it is away");
    follower.tells("cannot be reached");
    etcd.up();
    holds(&etcd, "limit: 21\n");

    // What blocks is not published, and what stands there stays.
    world.write("environments/production/orders.yaml", "limit: [\n");
    world.commit("broken");
    follower.tells("is held back; what was published before stays");
    follower.tells("environments/production/orders.yaml:");
    world.write("environments/development/orders.yaml", "limit: 2\n");
    world.commit("somebody else's");
    world.write("environments/production/orders.yaml", "limit: 22\n");
    world.commit("mended");
    holds(&etcd, "limit: 22\n");
    follower.signal("-TERM");
    assert_eq!(follower.ends(), Some(0), "{}", follower.told());
    follower.tells("stopping");
    assert_eq!(follower.told().matches("published: ").count(), 4, "{}", follower.told());
}

#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_lost_everything_is_filled_again() {
    let (world, mut redis) = (world(), Redis::start());
    let mut follower = Running::start(&world, "production", &redis.address("t"), &["--follow", "-o", "json"]);
    follower.tells("\"written\":true");
    let all = redis.all();
    assert_eq!(all.len(), 4);
    redis.down();
    redis.up();
    until("all of it", || redis.all() == all);
    // Another follower of the same branch finds it done.
    publish(&world, "production", &redis.address("t"), &[]).exits(0);
    follower.signal("-INT");
    assert_eq!(follower.ends(), Some(0), "{}", follower.told());
}

#[test]
fn a_follower_that_may_not_publish_says_so_and_ends() {
    let mut world = world();
    world.write("environments/production/mail.yaml", "password: hunter2-of-mail\n");
    world.commit("a secret");
    let to = format!("kubernetes-manifest:{}", world.beside("out").display());
    let refused = publish(&world, "production", &to, &["--follow"]);
    assert_eq!(refused.code, 2, "{}", refused.told());
    assert!(refused.stderr.contains("secrets in clear"), "{}", refused.told());
    assert!(!world.beside("out").exists());
}
