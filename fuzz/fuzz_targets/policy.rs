//! Any bytes as `terrace.toml`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrace_fuzz::policy(bytes);
});
