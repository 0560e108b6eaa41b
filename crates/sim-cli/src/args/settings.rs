//! Flags that all commands share which run something.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use experiments::{Layer, Settings, Slips, properties};

/// Settings on top of those of the scenario.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct SettingArgs {
    /// Set a Spark or poolsim key; may be given several times.
    ///
    /// Values are written as for spark-submit: `spark.executor.memory=4g`. A key that is within two edits of one that
    /// the model reads is an error, as is an unknown `poolsim.*` key; other keys are listed with -v.
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = pair)]
    conf: Vec<(String, String)>,

    /// Read settings from a file in the format of spark-defaults.conf.
    ///
    /// They override those of the scenario and are overridden by --conf.
    #[arg(long, value_name = "FILE")]
    properties_file: Option<PathBuf>,

    /// The Spark version to behave as: 3.5, 4.0, 4.1, 4.2 or 4.3.
    #[arg(long, value_name = "VERSION")]
    spark_version: Option<String>,

    /// The seed of all random draws of the scenario, in place of the one that it names.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,

    /// Give up after this many events.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    max_events: Option<u64>,

    /// Also list the keys that the model does not read.
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("there is no `=`: write key=value")?;
    let key = key.trim();
    if key.is_empty() {
        return Err("there is no key before `=`: write key=value".to_owned());
    }
    Ok((key.to_owned(), value.to_owned()))
}

impl SettingArgs {
    /// What these flags mean. Reads the properties file.
    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        let mut layers = Vec::new();
        if let Some(path) = &self.properties_file {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
            let (pairs, ignored) = properties::parse(&text);
            if self.verbose && !ignored.is_empty() {
                eprintln!("note: not Spark settings ({name}): {}", ignored.join(", ").escape_debug());
            }
            layers.push(Layer { name, pairs, slips: Slips::Note });
        }
        layers.push(Layer { name: "--conf".to_owned(), pairs: self.conf.clone(), slips: Slips::Refuse });
        Ok(Settings {
            spark_version: self.spark_version.clone(),
            layers,
            seed: self.seed,
            max_events: self.max_events,
        })
    }
}
