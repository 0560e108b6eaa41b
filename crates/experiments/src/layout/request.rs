//! What is sized: settings, a line of `spark-submit`, a scenario, or an event log.

use std::path::Path;

use sim_core::conf::Key;
use sim_core::conf::layout::Language;
use sim_core::conf::version::ParsedVersion;
use workload::recorded::{ExecutorPools, Recorded};

use crate::input::Opened;
use crate::submit::Submit;
use crate::{Error, Input, Layer, LogOptions, Settings, Slips};

/// Settings in layers, and what is known besides.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Where the settings are from, for people.
    pub name: String,
    /// The Spark version as written; without, [`crate::DEFAULT_VERSION`].
    pub spark_version: Option<String>,
    /// Layers of keys; later ones win.
    pub layers: Vec<Layer>,
    /// The language of the application, where it is told by something else than `poolsim.isPython`.
    pub language: Option<Language>,
    /// What executors reported of their pools.
    pub pools: Vec<ExecutorPools>,
    /// What a user may want to know of how the input was understood.
    pub notes: Vec<String>,
    /// Whether keys that the model does not read are noted.
    pub verbose: bool,
}

impl Request {
    /// Settings alone.
    #[must_use]
    pub fn of_settings(settings: &Settings) -> Self {
        let set = settings.layers.iter().any(|layer| !layer.pairs.is_empty());
        let name = if set { "the settings given" } else { "the defaults" };
        Self { name: name.to_owned(), ..Self::default() }.under(settings)
    }

    /// A scenario or an event log, told by content; `-` is standard input.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn open(path: &Path, log: &LogOptions, settings: &Settings) -> Result<Self, Error> {
        Ok(match Opened::open(path, log, settings.seed)? {
            Opened::Scenario(input) => Self::of_scenario(&input, settings),
            Opened::Log(name, recorded) => Self::of_log(&name, &recorded, settings),
        })
    }

    /// A scenario under settings.
    #[must_use]
    pub fn of_scenario(input: &Input, settings: &Settings) -> Self {
        let layer =
            Layer { name: input.name.clone(), pairs: input.scenario.conf.clone(), slips: Slips::Note };
        Self {
            name: input.name.clone(),
            spark_version: input.scenario.spark_version.clone(),
            layers: vec![layer],
            ..Self::default()
        }
        .under(settings)
    }

    /// The configuration of an event log under settings. What its executors reported stands beside what their settings
    /// give, and is no setting here.
    #[must_use]
    pub fn of_log(name: &str, recorded: &Recorded, settings: &Settings) -> Self {
        let mut pairs = recorded.conf.clone();
        let pinned = Key::PoolsimJvmMaxHeapMemory.name();
        pairs.retain(|(key, _)| key != pinned);
        let mut notes = Vec::new();
        if let Some((_, collector)) = pairs.iter().find(|(key, _)| key == Key::PoolsimJvmCollector.name()) {
            notes.push(format!(
                "the collector {collector} is the one that the log's Java options name or that its pools tell"
            ));
        }
        Self {
            name: name.to_owned(),
            spark_version: recorded
                .version
                .parse::<ParsedVersion>()
                .is_ok()
                .then(|| recorded.version.clone()),
            layers: vec![Layer { name: name.to_owned(), pairs, slips: Slips::Note }],
            pools: recorded.pools.clone(),
            notes,
            ..Self::default()
        }
        .under(settings)
    }

    /// A pasted line of `spark-submit`, as [`Submit::parse`] reads it; a properties file that it names is read.
    /// All of `settings` is over the line.
    ///
    /// # Errors
    /// A line that `spark-submit` refuses, or a file that cannot be read.
    pub fn of_submit(line: &str, settings: &Settings) -> Result<Self, Error> {
        let submit = Submit::parse(line)?;
        let mut notes = Vec::new();
        let file = submit.properties_file().map(|path| read_properties(path, &mut notes)).transpose()?;
        let assigned = submit.assign(file.as_ref().map(|layer| layer.pairs.as_slice()).unwrap_or_default());
        notes.extend(assigned.notes);
        let mut layers: Vec<Layer> = file.into_iter().collect();
        layers.push(Layer { name: "--submit".to_owned(), pairs: assigned.pairs, slips: Slips::Refuse });
        let request = Self {
            name: "the line of --submit".to_owned(),
            layers,
            language: assigned.language,
            notes,
            ..Self::default()
        };
        Ok(request.under(settings))
    }

    fn under(mut self, settings: &Settings) -> Self {
        self.layers.extend(settings.layers.iter().cloned());
        self.spark_version = settings.spark_version.clone().or(self.spark_version);
        self
    }
}

/// A properties file as a layer.
fn read_properties(path: &str, notes: &mut Vec<String>) -> Result<Layer, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::Input(format!("cannot read {path}, which --submit names: {error}")))?;
    let (pairs, ignored) = crate::properties::parse(&text);
    if !ignored.is_empty() {
        notes.push(format!("not Spark settings ({path}): {}", ignored.join(", ").escape_debug()));
    }
    Ok(Layer { name: path.to_owned(), pairs, slips: Slips::Note })
}
