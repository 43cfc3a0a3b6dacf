//! Any bytes as a path pattern and a path.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrace_fuzz::pattern(bytes);
});
