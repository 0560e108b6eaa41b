//! All nets but that of allocations: one binary, which links once.

mod cached;
mod invariants;
mod reference;
mod runs;
mod small_worlds;
