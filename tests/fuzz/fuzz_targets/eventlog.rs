//! See `poolsim_tests::fuzz::eventlog`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| poolsim_tests::fuzz::eventlog(bytes));
