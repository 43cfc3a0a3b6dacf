//! Any bytes as a path and a JSON pointer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrace_fuzz::path(bytes);
});
