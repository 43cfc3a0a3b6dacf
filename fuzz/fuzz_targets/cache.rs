//! Any bytes as a file of the cache.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrace_fuzz::cache(bytes);
});
