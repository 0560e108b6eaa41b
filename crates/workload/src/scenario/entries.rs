//! Maps in the order of the file, in which no key comes twice.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::name::Name;

/// The entries of a map, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entries<'a, V>(pub(crate) Vec<(Name<'a>, V)>);

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
                let mut seen = HashSet::new();
                let mut entries = Vec::new();
                while let Some(key) = map.next_key_seed(Unseen(&mut seen))? {
                    entries.push((key, map.next_value()?));
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(InOrder(PhantomData)).map(Self)
    }
}

/// Refuses a key while it is the value being read, so that the error points at it.
struct Unseen<'s, 'de>(&'s mut HashSet<&'de str>);

impl<'de> serde::de::DeserializeSeed<'de> for Unseen<'_, 'de> {
    type Value = Name<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name<'de>, D::Error> {
        let name = Name::deserialize(deserializer)?;
        if !self.0.insert(name.0) {
            return Err(D::Error::custom(format!("`{}` is given twice: keep one", name.0)));
        }
        Ok(name)
    }
}
