//! All nets but that of allocations: one binary, which links once.

mod adaptive;
mod cached;
mod conformance;
mod determinism;
mod fixtures;
mod fuzz_smoke;
mod gc;
mod invariants;
mod layouts;
mod metamorphic;
mod recordings;
mod reference;
mod runs;
mod small_worlds;
mod tidy;
