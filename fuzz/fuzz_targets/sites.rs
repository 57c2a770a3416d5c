#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fetchbench::scenario::site_list::examine(bytes));
