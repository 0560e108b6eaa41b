//! See `poolsim_tests::fuzz::event`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| poolsim_tests::fuzz::event(bytes));
