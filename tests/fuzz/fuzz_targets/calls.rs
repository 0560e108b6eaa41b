//! See `poolsim_tests::fuzz::calls`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| poolsim_tests::fuzz::calls(bytes));
