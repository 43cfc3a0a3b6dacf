//! Any bytes as a YAML file, and an edit of it.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrace_fuzz::edit(bytes);
});
