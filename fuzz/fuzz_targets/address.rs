//! Any bytes as the address of a request to a server in this very process.

#![no_main]

use std::net::SocketAddr;
use std::sync::LazyLock;

static SERVER: LazyLock<SocketAddr> = LazyLock::new(terrace_fuzz::server);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrace_fuzz::address(*SERVER, bytes);
});
