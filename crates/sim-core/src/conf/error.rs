//! What is wrong with a setting.

use std::fmt;

use super::quantity::QuantityError;

/// A setting that cannot be used. Its text says what was found and where, what is allowed and,
/// where it is known, what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfError {
    /// The key as written.
    pub key: String,
    /// The value as written.
    pub value: String,
    /// The layer that holds it, as a file or `--conf`.
    pub layer: String,
    /// What is wrong.
    pub kind: Box<ConfErrorKind>,
}

/// What is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfErrorKind {
    /// A `poolsim.*` key that does not exist, with the nearest that does.
    UnknownKey {
        /// The key within two edits.
        nearest: Option<&'static str>,
    },
    /// The same key twice in one layer.
    Duplicate {
        /// The other value, which stands before.
        first: String,
    },
    /// A value that is not of the key's kind.
    BadValue {
        /// Why it could not be read.
        why: QuantityError,
        /// What the key takes.
        expected: String,
    },
    /// A value outside the key's range.
    OutOfRange {
        /// The range in words.
        allowed: String,
        /// What Spark itself says, where it checks that range.
        spark: Option<String>,
    },
}

impl fmt::Display for ConfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.escape_debug();
        let value = self.value.escape_debug();
        let layer = &self.layer;
        match &*self.kind {
            ConfErrorKind::UnknownKey { nearest } => {
                write!(f, "there is no setting {key} ({layer})")?;
                match nearest {
                    Some(nearest) => write!(f, ": did you mean {nearest}?"),
                    None => f.write_str(": see the list of poolsim settings"),
                }
            }
            ConfErrorKind::Duplicate { first } => write!(
                f,
                "{key} is set twice ({layer}), to `{}` and to `{value}`: keep one",
                first.escape_debug()
            ),
            ConfErrorKind::BadValue { why, expected } => {
                write!(f, "{key}=`{value}` ({layer}) is not {expected}")?;
                match why {
                    QuantityError::Malformed => Ok(()),
                    why => write!(f, "; {why}"),
                }
            }
            ConfErrorKind::OutOfRange { allowed, spark } => {
                write!(f, "{key}=`{value}` ({layer}) must be {allowed}")?;
                match spark {
                    Some(text) => write!(f, "; Spark says: {text}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for ConfError {}
