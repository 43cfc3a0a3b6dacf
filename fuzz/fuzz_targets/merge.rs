//! Any bytes as three versions of a file.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    terrace_fuzz::merge(bytes);
});
