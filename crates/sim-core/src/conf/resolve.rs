//! [`Conf`]: the settings of a run, read once and asked by key.

use super::builder::ConfBuilder;
use super::keys::{KEYS, Key};
use super::kind::{Kind, Value};
use super::semantics::Semantics;
use super::version::SparkVersion;

/// A value that somebody set.
#[derive(Clone, Debug)]
pub(super) struct Explicit {
    pub(super) raw: String,
    /// Index into `Conf::layers`.
    pub(super) layer: usize,
}

/// Resolved settings: a value for each key of the table that has one.
///
/// A getter is named for the kind of its key and panics for a key of another kind or for one that
/// is not set and has no default: which it is stands in the table, so that is a broken caller.
#[derive(Clone, Debug)]
pub struct Conf {
    pub(super) version: SparkVersion,
    pub(super) semantics: Semantics,
    /// By number of the key.
    pub(super) values: Vec<Option<Value>>,
    /// By number of the key.
    pub(super) explicit: Vec<Option<Explicit>>,
    pub(super) layers: Vec<String>,
    pub(super) ignored: Vec<String>,
}

impl Conf {
    /// Starts with no settings.
    pub fn builder(version: SparkVersion) -> ConfBuilder {
        ConfBuilder::new(version)
    }

    /// The defaults of a version.
    pub fn defaults(version: SparkVersion) -> Conf {
        Conf::builder(version).build().expect("the defaults of the table are tested")
    }

    /// The Spark version.
    pub fn version(&self) -> SparkVersion {
        self.version
    }

    /// What that version does where versions differ.
    pub fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    /// `spark.*` and other keys that are set and that the model does not read, sorted: unknown, or
    /// unknown to this version.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Whether somebody set the key (Spark's `conf.contains`); a default does not count.
    pub fn is_set(&self, key: Key) -> bool {
        self.explicit[key as usize].is_some()
    }

    /// The text that was set, untouched.
    pub fn raw(&self, key: Key) -> Option<&str> {
        Some(&self.explicit[key as usize].as_ref()?.raw)
    }

    /// The layer whose value counts.
    pub fn layer_of(&self, key: Key) -> Option<&str> {
        let explicit = self.explicit[key as usize].as_ref()?;
        Some(&self.layers[explicit.layer])
    }

    /// What was set, sorted by key: the key, the text and its layer.
    pub fn explicit(&self) -> impl Iterator<Item = (Key, &str, &str)> {
        KEYS.iter().filter_map(|row| {
            let key = row.key;
            Some((key, self.raw(key)?, self.layer_of(key)?))
        })
    }

    /// Whether lowering under `other` gives the same workload: the version and all settings that
    /// lowering reads are equal.
    pub fn same_plan(&self, other: &Conf) -> bool {
        self.version == other.version
            && KEYS.iter().filter(|row| row.reads.plan()).all(|row| self.get(row.key) == other.get(row.key))
    }

    /// The value, set or by default.
    pub fn get(&self, key: Key) -> Option<&Value> {
        self.values[key as usize].as_ref()
    }

    /// A size in bytes. Panics where it is negative: such keys are read by [`Conf::limit_bytes`].
    pub fn bytes(&self, key: Key) -> u64 {
        self.optional_bytes(key).unwrap_or_else(|| no_value(key))
    }

    /// A size in bytes of a key without a default.
    pub fn optional_bytes(&self, key: Key) -> Option<u64> {
        match self.get(key)? {
            Value::Bytes(bytes) => Some(u64::try_from(*bytes).unwrap_or_else(|_| wrong_kind(key))),
            _ => wrong_kind(key),
        }
    }

    /// A threshold in bytes that a negative value turns off.
    pub fn limit_bytes(&self, key: Key) -> Option<u64> {
        match self.get(key)? {
            Value::Bytes(bytes) => u64::try_from(*bytes).ok(),
            _ => wrong_kind(key),
        }
    }

    /// A size in whole MiB, as Spark keeps heaps and overheads.
    pub fn mib(&self, key: Key) -> u64 {
        self.bytes(key) >> 20
    }

    /// A size in whole MiB of a key without a default.
    pub fn optional_mib(&self, key: Key) -> Option<u64> {
        Some(self.optional_bytes(key)? >> 20)
    }

    /// A time in nanoseconds; `u64::MAX` stands for ever, which is what a negative time means.
    pub fn time_ns(&self, key: Key) -> u64 {
        self.optional_time_ns(key).unwrap_or_else(|| no_value(key))
    }

    /// A time in nanoseconds of a key without a default.
    pub fn optional_time_ns(&self, key: Key) -> Option<u64> {
        match self.get(key)? {
            Value::Nanos(i64::MAX) => Some(u64::MAX),
            Value::Nanos(nanos) => Some(u64::try_from(*nanos).unwrap_or(u64::MAX)),
            _ => wrong_kind(key),
        }
    }

    /// A boolean; one that is neither set nor has a default is false.
    pub fn flag(&self, key: Key) -> bool {
        match self.get(key) {
            Some(Value::Bool(flag)) => *flag,
            None if key.row().kind == Kind::Bool => false,
            _ => wrong_kind(key),
        }
    }

    /// A whole number.
    pub fn int(&self, key: Key) -> i64 {
        self.optional_int(key).unwrap_or_else(|| no_value(key))
    }

    /// A whole number of a key without a default.
    pub fn optional_int(&self, key: Key) -> Option<i64> {
        match self.get(key)? {
            Value::Int(number) => Some(*number),
            _ => wrong_kind(key),
        }
    }

    /// A decimal number.
    pub fn double(&self, key: Key) -> f64 {
        self.optional_double(key).unwrap_or_else(|| no_value(key))
    }

    /// A decimal number of a key without a default.
    pub fn optional_double(&self, key: Key) -> Option<f64> {
        match self.get(key)? {
            Value::Double(number) => Some(*number),
            _ => wrong_kind(key),
        }
    }

    /// A number of cores in billionths of a core.
    pub fn nano_cpus(&self, key: Key) -> u64 {
        match self.get(key) {
            Some(Value::NanoCpus(nanos)) => *nanos,
            _ => wrong_kind(key),
        }
    }

    /// One of the words of the key's row, as spelled there.
    pub fn word(&self, key: Key) -> &'static str {
        match self.get(key) {
            Some(Value::Word(word)) => word,
            _ => wrong_kind(key),
        }
    }

    /// A text.
    pub fn text(&self, key: Key) -> Option<&str> {
        match self.get(key)? {
            Value::Text(text) => Some(text),
            _ => wrong_kind(key),
        }
    }
}

fn no_value(key: Key) -> ! {
    panic!("{} has neither a value nor a default", key.name())
}

fn wrong_kind(key: Key) -> ! {
    panic!("{} is read as another kind than it is: {:?}", key.name(), key.row().kind)
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
