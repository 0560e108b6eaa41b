//! Why a consumer fails its task, in Spark's words.

use std::fmt;

use crate::memory::task::Acquired;
use crate::units::Bytes;

/// Why a consumer fails its task. The executor survives all of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// `UNABLE_TO_ACQUIRE_MEMORY`: a page or an array could not be had.
    UnableToAcquire {
        /// What was indispensable.
        required: Bytes,
        /// What there was.
        got: Bytes,
    },
    /// `POINTER_ARRAY_OUT_OF_MEMORY`: a new sort array would be smaller than the old one.
    PointerArray,
    /// `AGGREGATE_OUT_OF_MEMORY`: the aggregation map does not take a row even when empty.
    Aggregation,
    /// A hashed relation with long keys could not grow (`LongToUnsafeRowMap.ensureAcquireMemory`).
    HashRelation {
        /// What was indispensable.
        needed: Bytes,
        /// What there was.
        got: Bytes,
    },
    /// A general hashed relation could not grow (`UnsafeHashedRelation.apply`).
    HashMap,
    /// A page above the largest one (`TooLargePageException`).
    TooLargePage(Bytes),
    /// The page table of the task is full.
    TooManyPages,
    /// Its entry in the pool was taken away while it waited.
    Orphaned,
}

/// Whose words a failure is told in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorTexts {
    /// Spark 3.5.
    Spark3,
    /// Spark 4: error conditions with their SQL states.
    #[default]
    Spark4,
}

/// A [`Failure`] as Spark words it.
#[derive(Clone, Copy, Debug)]
pub struct FailureText {
    failure: Failure,
    texts: ErrorTexts,
}

impl Failure {
    /// The failure that an acquisition ended with.
    ///
    /// # Panics
    /// Where it did not fail.
    #[must_use]
    pub fn of(acquired: Acquired) -> Self {
        match acquired {
            Acquired::OutOfMemory { required, got } => Self::UnableToAcquire { required, got },
            Acquired::TooLargePage(bytes) => Self::TooLargePage(bytes),
            Acquired::TooManyPages => Self::TooManyPages,
            Acquired::Orphaned | Acquired::SpillFailed(_) => Self::Orphaned,
            Acquired::Bytes(_) | Acquired::Page(_) => panic!("memory was acquired: {acquired:?}"),
        }
    }

    /// This failure in the words of one Spark line.
    #[must_use]
    pub fn text(self, texts: ErrorTexts) -> FailureText {
        FailureText { failure: self, texts }
    }

    /// The name and SQL state of its error condition, where it has one.
    fn condition(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::UnableToAcquire { .. } => Some(("UNABLE_TO_ACQUIRE_MEMORY", "53200")),
            Self::PointerArray => Some(("POINTER_ARRAY_OUT_OF_MEMORY", "82002")),
            Self::Aggregation => Some(("AGGREGATE_OUT_OF_MEMORY", "82001")),
            _ => None,
        }
    }
}

/// In the words of Spark 4.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text(ErrorTexts::Spark4).fmt(f)
    }
}

impl fmt::Display for FailureText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (condition, spark4) = (self.failure.condition(), self.texts == ErrorTexts::Spark4);
        // 3.5 had this one condition only; it threw plain strings for the others.
        let named = spark4 || matches!(self.failure, Failure::UnableToAcquire { .. });
        if let (Some((name, _)), true) = (condition, named) {
            write!(f, "[{name}] ")?;
        }
        match self.failure {
            Failure::UnableToAcquire { required, got } => {
                write!(f, "Unable to acquire {required} bytes of memory, got {got}.")
            }
            Failure::PointerArray => f.write_str("Not enough memory to grow pointer array"),
            Failure::Aggregation => f.write_str("No enough memory for aggregation"),
            Failure::HashRelation { needed, got } => {
                write!(f, "Can't acquire {needed} bytes memory to build hash relation, got {got} bytes.")
            }
            // 3.5 forgot the text: the message is the name of its template.
            Failure::HashMap if !spark4 => f.write_str("_LEGACY_ERROR_TEMP_2107"),
            Failure::HashMap => f.write_str("There is not enough memory to build hash map."),
            Failure::TooLargePage(bytes) => write!(f, "Cannot allocate a page of {bytes} bytes."),
            Failure::TooManyPages => f.write_str("Have already allocated a maximum of 8192 pages"),
            Failure::Orphaned => f.write_str("key not found"),
        }?;
        match condition {
            Some((_, state)) if spark4 => write!(f, " SQLSTATE: {state}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_spark() {
        let unable = Failure::UnableToAcquire { required: Bytes(800), got: Bytes(400) };
        assert_eq!(
            unable.text(ErrorTexts::Spark3).to_string(),
            "[UNABLE_TO_ACQUIRE_MEMORY] Unable to acquire 800 bytes of memory, got 400."
        );
        assert_eq!(
            unable.to_string(),
            "[UNABLE_TO_ACQUIRE_MEMORY] Unable to acquire 800 bytes of memory, got 400. SQLSTATE: 53200"
        );
        let aggregation = Failure::Aggregation.text(ErrorTexts::Spark3);
        assert_eq!(aggregation.to_string(), "No enough memory for aggregation");
        assert_eq!(Failure::HashMap.to_string(), "There is not enough memory to build hash map.");
        assert_eq!(Failure::HashMap.text(ErrorTexts::Spark3).to_string(), "_LEGACY_ERROR_TEMP_2107");
    }
}
