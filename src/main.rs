//! The `terrace` binary: argument vector in, exit code out.

fn main() {}
