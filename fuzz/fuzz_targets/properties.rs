//! Any bytes as a `.properties` file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrace_fuzz::properties(bytes);
});
