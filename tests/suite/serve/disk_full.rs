//! A server whose disk is full.

use super::{Server, world};
use crate::disk_full::{Filler, is_small};

#[test]
#[ignore = "needs user namespaces"]
fn a_write_without_room_is_refused_whole_and_works_once_there_is_room() {
    if !is_small("serve::disk_full::a_write_without_room_is_refused_whole_and_works_once_there_is_room") {
        return;
    }
    let world = world();
    let server = Server::start_with(&world, &["--open"]);
    let yaml = ("content-type", "application/yaml");
    let put = |key: &str| {
        let path = format!("/api/v1/environments/staging/items/{key}");
        server.send("PUT", &path, &[yaml, ("if-none-match", "*")], "a: 1\n")
    };
    let (mut refused, mut made) = (0, 0);
    for free in [0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 64, 128] {
        let (key, before) = (format!("full/{free}"), world.git(&["rev-parse", "HEAD"]));
        let filler = Filler::leaving(free);
        let answer = put(&key);
        if answer.status == 201 {
            made += 1;
        } else {
            refused += 1;
            assert_eq!(
                (answer.status, &*answer.problem()),
                (500, "repository-unreadable"),
                "{free} KiB: {answer:?}"
            );
            assert_eq!(world.git(&["rev-parse", "HEAD"]), before, "{free} KiB");
            assert_eq!(server.staging(&format!("/items/{key}")).status, 404, "{free} KiB");
        }
        // Reading goes on.
        assert_eq!(server.staging("/items/payments").status, 200, "{free} KiB");
        drop(filler);
        let again = put(&key);
        assert_eq!(again.status, if answer.status == 201 { 412 } else { 201 }, "{free} KiB: {again:?}");
        assert_eq!(world.git(&["status", "--porcelain"]), "", "{free} KiB");
    }
    world.git(&["fsck", "--strict", "--no-dangling"]);
    let subjects = world.git(&["log", "--format=", "--name-status", "--", "environments/staging/full"]);
    assert_eq!(subjects.lines().filter(|line| line.starts_with("A\t")).count(), refused + made);
    println!("serve: {refused} writes without room, each refused whole and made later; {made} with enough");
    assert!(refused >= 3 && made >= 2, "{refused} {made}");
}
