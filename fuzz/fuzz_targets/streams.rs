#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fetchbench::client::floor::examine_streams(bytes));
