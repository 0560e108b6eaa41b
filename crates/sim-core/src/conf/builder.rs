//! Layers of text become a [`Conf`].

use super::error::{ConfError, ConfErrorKind};
use super::keys::{KEYS, Key};
use super::kind::{DefaultValue, Value, read_value};
use super::nearest::nearest_key;
use super::requirement::requirement_text;
use super::resolve::{Conf, Explicit};
use super::semantics::Semantics;
use super::version::SparkVersion;

const NANOS_PER_CPU: u64 = 1_000_000_000;
/// Most cores a task may take: a 32-bit number.
const MAX_CPUS: u64 = i32::MAX as u64;

/// Layers of settings on their way to a [`Conf`].
#[derive(Clone, Debug)]
pub struct ConfBuilder {
    version: SparkVersion,
    layers: Vec<(String, Vec<(String, String)>)>,
}

impl ConfBuilder {
    pub(super) fn new(version: SparkVersion) -> ConfBuilder {
        ConfBuilder { version, layers: Vec::new() }
    }

    /// Adds a layer, which overrides those before it. `name` says where it comes from in messages,
    /// as a file's name or `--conf`.
    #[must_use]
    pub fn layer<K, V>(mut self, name: &str, pairs: impl IntoIterator<Item = (K, V)>) -> ConfBuilder
    where
        K: Into<String>,
        V: Into<String>,
    {
        let pairs = pairs.into_iter().map(|(k, v)| (k.into(), v.into()));
        self.layers.push((name.into(), pairs.collect()));
        self
    }

    /// Reads every value and puts defaults where there is none.
    ///
    /// Every layer is checked, also what a later one overrides: a mistake in a file is one whatever
    /// the command line says. The first mistake is the error.
    pub fn build(self) -> Result<Conf, ConfError> {
        let mut conf = Conf {
            version: self.version,
            semantics: Semantics::of(self.version),
            values: vec![None; KEYS.len()],
            explicit: vec![None; KEYS.len()],
            layers: self.layers.iter().map(|(name, _)| name.clone()).collect(),
            ignored: Vec::new(),
        };
        let mut older: Vec<(Key, Value, Explicit)> = Vec::new();
        for (layer, (layer_name, pairs)) in self.layers.iter().enumerate() {
            refuse_duplicates(layer_name, pairs)?;
            for (name, raw) in pairs {
                let error = |kind| ConfError {
                    key: name.clone(),
                    value: raw.clone(),
                    layer: layer_name.clone(),
                    kind: Box::new(kind),
                };
                let found = Key::find(name).or_else(|| Key::of_older_name(name));
                let Some(key) = found.filter(|key| key.row().since <= self.version) else {
                    if name.starts_with("poolsim.") {
                        let nearest = nearest_key(name);
                        return Err(error(ConfErrorKind::UnknownKey { nearest }));
                    }
                    conf.ignored.push(name.clone());
                    continue;
                };
                let value = check(&conf, key, raw).map_err(error)?;
                let explicit = Explicit { raw: raw.clone(), layer };
                if key.name() == name {
                    conf.values[key as usize] = Some(value);
                    conf.explicit[key as usize] = Some(explicit);
                } else {
                    older.push((key, value, explicit));
                }
            }
        }
        conf.ignored.sort_unstable();
        conf.ignored.dedup();
        // The newer name wins over an older one, in whichever layer each stands.
        let newer: Vec<bool> = conf.explicit.iter().map(Option::is_some).collect();
        for (key, value, explicit) in older {
            if !newer[key as usize] {
                conf.values[key as usize] = Some(value);
                conf.explicit[key as usize] = Some(explicit);
            }
        }
        fill_defaults(&mut conf);
        Ok(conf)
    }
}

fn refuse_duplicates(layer: &str, pairs: &[(String, String)]) -> Result<(), ConfError> {
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by_key(|&i| (&pairs[i].0, i));
    for two in order.windows(2) {
        let ((first_key, first), (key, value)) = (&pairs[two[0]], &pairs[two[1]]);
        if first_key == key {
            return Err(ConfError {
                key: key.clone(),
                value: value.clone(),
                layer: layer.into(),
                kind: Box::new(ConfErrorKind::Duplicate { first: first.clone() }),
            });
        }
    }
    Ok(())
}

fn check(conf: &Conf, key: Key, raw: &str) -> Result<Value, ConfErrorKind> {
    let row = key.row();
    let value = read_value(row.kind, raw)
        .map_err(|why| ConfErrorKind::BadValue { why, expected: row.kind.to_string() })?;
    if let Value::NanoCpus(nanos) = value {
        let fractions = conf.semantics.fractional_task_cpus;
        let least = if fractions { 1 } else { NANOS_PER_CPU };
        let whole = nanos.is_multiple_of(NANOS_PER_CPU);
        if !(least..=MAX_CPUS * NANOS_PER_CPU).contains(&nanos) || !(whole || fractions) {
            let allowed = match fractions {
                true => format!("from 1E-9 to {MAX_CPUS}"),
                false => format!("a whole number of at least 1 in Spark {}", conf.version),
            };
            let spark = None;
            return Err(ConfErrorKind::OutOfRange { allowed, spark });
        }
    }
    if !row.allowed.allows(&value) {
        return Err(ConfErrorKind::OutOfRange {
            allowed: row.allowed.describe(row.kind),
            spark: requirement_text(key, &value, &conf.semantics),
        });
    }
    Ok(value)
}

fn fill_defaults(conf: &mut Conf) {
    for row in KEYS {
        if conf.values[row.key as usize].is_none() {
            conf.values[row.key as usize] = default_of(conf, row.key);
        }
    }
}

fn default_of(conf: &Conf, key: Key) -> Option<Value> {
    match key.row().default.at(conf.version) {
        DefaultValue::Is(text) => {
            Some(read_value(key.row().kind, text).expect("the defaults of the table are tested"))
        }
        DefaultValue::SameAs(other) => {
            let set = conf.explicit[other as usize].is_some();
            let value = conf.values[other as usize].clone().filter(|_| set);
            value.or_else(|| default_of(conf, other))
        }
        DefaultValue::Unset | DefaultValue::Since(_) => None,
    }
}
