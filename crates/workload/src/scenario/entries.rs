//! Maps in the order of the file, in which no key comes twice.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::name::Name;
use crate::Error;

/// The entries of a map, in the order of the file.
#[derive(Debug)]
pub(crate) struct Entries<'a, V>(Vec<(Name<'a>, V)>);

impl<'a, V> Entries<'a, V> {
    /// The entries, of which no two have the same key.
    pub(crate) fn unique(&self, text: &str) -> Result<&[(Name<'a>, V)], Error> {
        let mut seen = HashSet::new();
        match self.0.iter().find(|(name, _)| !seen.insert(name.0)) {
            None => Ok(&self.0),
            Some((name, _)) => Err(Error::new(format!("`{}` is given twice", name.0))
                .at(name.span(text))
                .label("given before")
                .help("keep one of the two")),
        }
    }
}

impl<V> Default for Entries<'_, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Entries<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for InOrder<V> {
            type Value = Vec<(Name<'de>, V)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(InOrder(PhantomData)).map(Self)
    }
}
