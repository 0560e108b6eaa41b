//! How much is read before it is refused.

/// What is refused. Memory is bounded by the longest line and the window of the codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest line in bytes.
    pub line_bytes: usize,
    /// How much larger a stream may be than what it is decompressed from.
    pub ratio: u64,
    /// Bytes of a stream from which the ratio is watched.
    pub ratio_from_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line_bytes: 256 << 20, ratio: 2000, ratio_from_bytes: 64 << 20 }
    }
}
