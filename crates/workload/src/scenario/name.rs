//! Names in a scenario, with the place where they stand.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, Error as _, Visitor};

/// A string of the file, borrowed from its text: so its place is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<'a>(pub(crate) &'a str);

impl Name<'_> {
    /// The bytes of `text` that this name was borrowed from.
    pub(crate) fn span(self, text: &str) -> Range<usize> {
        let start = (self.0.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        if start.checked_add(self.0.len()).is_some_and(|end| end <= text.len()) {
            start..start + self.0.len()
        } else {
            0..0
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowed;
        impl<'de> Visitor<'de> for Borrowed {
            type Value = &'de str;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name in quotes without escapes")
            }

            fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<&'de str, E> {
                Ok(text)
            }
        }
        let text = deserializer.deserialize_str(Borrowed)?;
        if text.trim().is_empty() {
            return Err(D::Error::custom("a name is empty"));
        }
        if let Some(control) = text.chars().find(|c| c.is_control()) {
            return Err(D::Error::custom(format!("a name holds the control character {control:?}")));
        }
        Ok(Self(text))
    }
}
