//! Addresses that are broken in a few places: no answer but one that was asked for, and no failure.

use proptest::test_runner::{Config, TestRunner};

use crate::fuzz::{ADDRESS, ADDRESSES, address, broken, server};

#[test]
fn no_address_reaches_what_it_does_not_name() {
    let of = server();
    for good in ADDRESSES {
        assert!(address(of, good), "{}", String::from_utf8_lossy(good));
    }
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&broken(ADDRESSES, ADDRESS), |bytes| {
        address(of, &bytes);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
