//! Any bytes as an item and a JSON Patch.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrace_fuzz::patch(bytes);
});
