//! See `poolsim_tests::fuzz::consumers`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| poolsim_tests::fuzz::consumers(bytes));
