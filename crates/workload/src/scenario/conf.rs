//! The settings of a scenario, checked where they stand.

use sim_core::conf::version::ParsedVersion;
use sim_core::conf::{Conf, SparkVersion};

use super::document::Document;
use super::entries::Entries;
use super::name::Name;
use super::setting::Setting;
use crate::Error;

/// The version that the file names; the newest, which knows every key, where it names none.
pub(super) fn version(written: Option<Name<'_>>, text: &str) -> Result<SparkVersion, Error> {
    let Some(written) = written else { return Ok(SparkVersion::ALL[SparkVersion::ALL.len() - 1]) };
    match written.0.parse::<ParsedVersion>() {
        Ok(parsed) => Ok(parsed.version),
        Err(error) => Err(Error::new(error.to_string()).at(written.span(text))),
    }
}

/// The settings of the cluster under their Spark names, then those of `conf`.
pub(super) fn of_scenario(
    document: &Document<'_>,
    version: SparkVersion,
    text: &str,
) -> Result<Vec<(String, String)>, Error> {
    let cluster = &document.cluster;
    let short_forms = [
        ("spark.executor.instances", Some(cluster.executors.to_string())),
        ("spark.executor.cores", cluster.cores.map(|cores| cores.to_string())),
        ("spark.executor.memory", cluster.memory.as_ref().map(|memory| memory.0.clone())),
    ];
    let mut all: Vec<(String, String)> =
        short_forms.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    let given = settings(&document.conf, version, text)?;
    for (key, _) in document.conf.unique(text)? {
        if all.iter().any(|(known, _)| known == key.0) {
            return Err(Error::new(format!("`{}` is given in `cluster` too", key.0))
                .at(key.span(text))
                .help("keep one of the two"));
        }
    }
    all.extend(given);
    Ok(all)
}

/// The settings of a map; each has a value that its key takes.
pub(super) fn settings(
    entries: &Entries<'_, Setting>,
    version: SparkVersion,
    text: &str,
) -> Result<Vec<(String, String)>, Error> {
    let entries = entries.unique(text)?;
    let pairs = || entries.iter().map(|(key, Setting(value))| (key.0.to_owned(), value.clone()));
    Conf::builder(version).layer("conf", pairs()).build().map_err(|error| {
        let shown = Error::new(error.to_string());
        match entries.iter().find(|(key, _)| key.0 == error.key) {
            Some((key, _)) => shown.at(key.span(text)),
            None => shown,
        }
    })?;
    Ok(pairs().collect())
}
