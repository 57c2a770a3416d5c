#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fetchbench::server::examine_hpack(bytes));
