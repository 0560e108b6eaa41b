//! What a user says on top of an input.

use sim_core::conf::version::{Coverage, ParsedVersion};
use sim_core::conf::{Conf, Key, nearest_key};

use crate::{Error, Note};

/// Settings on top of those of the input. Later layers win.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The Spark version, in place of the input's.
    pub spark_version: Option<String>,
    /// Layers of keys, in order: a properties file, `--conf`.
    pub layers: Vec<Layer>,
    /// The seed of the draws, in place of the input's.
    pub seed: Option<u64>,
    /// Events after which a run is given up.
    pub max_events: Option<u64>,
}

/// Keys and values from one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Where they are from, for messages.
    pub name: String,
    /// In the order in which they were written.
    pub pairs: Vec<(String, String)>,
    /// What a key that looks like a slip is.
    pub slips: Slips,
}

/// What becomes of an unknown `spark.*` key that is within two edits of a known one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slips {
    /// It is an error: the user has typed it just now.
    Refuse,
    /// It is noted: files hold keys of all kinds.
    Note,
}

impl Settings {
    /// These settings with one more layer on top.
    #[must_use]
    pub fn with(&self, layer: Layer) -> Self {
        let mut settings = self.clone();
        settings.layers.push(layer);
        settings
    }
}

/// The version that a text stands for.
pub(crate) fn version(text: &str, notes: &mut Vec<Note>) -> Result<sim_core::conf::SparkVersion, Error> {
    let parsed: ParsedVersion = text.parse()?;
    if parsed.coverage == Coverage::Nearest {
        notes.push(Note::NearestVersion { asked: text.to_owned(), used: parsed.version });
    }
    Ok(parsed.version)
}

/// Notes the keys that the model does not read, and refuses slips where the layer says so.
pub(crate) fn look_at_unknown_keys(
    conf: &Conf,
    layers: &[Layer],
    notes: &mut Vec<Note>,
) -> Result<(), Error> {
    for layer in layers {
        let unknown = layer.pairs.iter().filter(|(key, _)| conf.ignored().binary_search(key).is_ok());
        for (key, _) in unknown.filter(|(key, _)| Key::find(key).is_none()) {
            let Some(nearest) = nearest_key(key) else { continue };
            let (key, layer_name) = (key.clone(), layer.name.clone());
            match layer.slips {
                Slips::Refuse => return Err(Error::Slip { key, layer: layer_name, nearest }),
                Slips::Note => notes.push(Note::Slip { key, layer: layer_name, nearest }),
            }
        }
    }
    if !conf.ignored().is_empty() {
        notes.push(Note::Unread { keys: conf.ignored().to_vec() });
    }
    Ok(())
}
