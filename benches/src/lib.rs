//! The recipes that the benches time, the same that `tests/oracle` runs on the real classes of Spark
//! (`tests/oracle/README.md`, "Bench recipe"). Each returns a fingerprint of what it computed, equal on both sides.

mod arbitration;
mod blocks;
mod engine;
pub mod eventlog;
mod sorting;

pub use arbitration::{exec8, stor, tmm8};
pub use blocks::{Filled, ScanEvict, ScanReject};
pub use engine::Lowered;
pub use sorting::sort;

/// SplitMix64, as the harness draws with it.
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

/// Every recipe starts from it.
pub const SEED: u64 = 0x5EED;

impl SplitMix64 {
    /// A stream from a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
