//! Runs, sweeps and checks as a library: what the command line, the tests and the benches call.
