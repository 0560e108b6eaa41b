//! A line of `spark-submit`, read as Spark reads it.
//!
//! Which options there are and how they are written is `SparkSubmitOptionParser`'s; what they set for which cluster
//! manager is `SparkSubmit.prepareSubmitEnvironment`'s. The order of precedence was observed with 3.5.6: options win
//! over `--conf` and that over a properties file, but between `--driver-memory` and `--conf spark.driver.memory` the
//! later one wins, since the launcher turns the option into the setting.

mod options;
#[cfg(test)]
mod tests;

use sim_core::conf::Key;
use sim_core::conf::layout::Language;

use crate::Error;
use options::{Kind, VALUES, find, nearest};

/// A line, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Submit {
    /// Options with a setting of their own, as `--executor-memory`, in the order of the line; the last one counts.
    options: Vec<(&'static str, String)>,
    /// `--conf` and what the launcher turns into one, in the order of the line.
    conf: Vec<(String, String)>,
    properties_file: Option<String>,
    language: Option<Language>,
    /// The main resource.
    resource: Option<String>,
    notes: Vec<String>,
}

/// What a line sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assigned {
    /// Settings, each key once, in the order in which they were first met.
    pub pairs: Vec<(String, String)>,
    /// The language of the main resource.
    pub language: Option<Language>,
    /// Options that do nothing here, and what else there is to say.
    pub notes: Vec<String>,
}

impl Submit {
    /// Takes a line apart: quotes, backslashes and lines that go on as a shell has them.
    ///
    /// # Errors
    /// What no shell reads, or `spark-submit` refuses.
    pub fn parse(line: &str) -> Result<Self, Error> {
        // A shell takes a backslash at the end of a line away together with the line's end.
        let line = line.replace("\\\r\n", "").replace("\\\n", "");
        let words = shlex::split(line.trim().trim_start_matches("$ "))
            .ok_or_else(|| wrong("a quote or a backslash is not closed".to_owned()))?;
        let mut submit = Self::default();
        let mut words = submit.program(words)?.into_iter();
        while let Some(word) = words.next() {
            let (name, joined) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") && !value.is_empty() => (name, Some(value)),
                _ => (word.as_str(), None),
            };
            match find(name) {
                Some((name, Kind::Value)) => {
                    let value = joined.map(str::to_owned).or_else(|| words.next());
                    let value = value.ok_or_else(|| {
                        wrong(format!(
                            "{name} has no value (Spark says: Missing argument for option '{name}'.)"
                        ))
                    })?;
                    submit.option(name, value)?;
                }
                Some((_, Kind::Switch)) => {}
                Some((name, Kind::Other)) => {
                    return Err(wrong(format!(
                        "{name} starts no application: there is no memory to lay out"
                    )));
                }
                None if word.starts_with('-') => {
                    let meant = match nearest(name) {
                        Some(nearest) => format!("did you mean {nearest}?"),
                        None => format!("one of {} is", VALUES.join(" ")),
                    };
                    return Err(wrong(format!(
                        "{} is no option (Spark says: Unrecognized option: {0}): {meant}",
                        name.escape_debug()
                    )));
                }
                None => {
                    submit.main_resource(word);
                    break;
                }
            }
        }
        if submit.resource.is_none() && submit.language.is_none() {
            submit
                .notes
                .push("the line names no application, without which spark-submit does nothing".to_owned());
        }
        Ok(submit)
    }

    /// The file that `--properties-file` names.
    #[must_use]
    pub fn properties_file(&self) -> Option<&str> {
        self.properties_file.as_deref()
    }

    /// The settings of the line, where `file` are those of its properties file. Those of the file that nothing
    /// overrides are not repeated.
    #[must_use]
    pub fn assign(&self, file: &[(String, String)]) -> Assigned {
        let mut assigned = Assigned { pairs: Vec::new(), language: self.language, notes: self.notes.clone() };
        for (key, value) in &self.conf {
            put(&mut assigned.pairs, key, value);
        }
        let option = |name: &str| {
            self.options.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
        };
        let set = |pairs: &[(String, String)], key: Key| {
            let last = |pairs: &[(String, String)]| {
                pairs.iter().rev().find(|(name, _)| name == key.name()).map(|(_, value)| value.clone())
            };
            last(pairs).or_else(|| last(file))
        };
        for (name, key) in [("--master", Key::Master), ("--deploy-mode", Key::SubmitDeployMode)] {
            if let Some(value) = option(name) {
                put(&mut assigned.pairs, key.name(), value);
            }
        }
        let master = set(&assigned.pairs, Key::Master);
        let cluster_mode = set(&assigned.pairs, Key::SubmitDeployMode).as_deref() == Some("cluster");
        if master.is_none() {
            assigned.notes.push(
                "the line names no master: spark-submit takes the one of spark-defaults.conf, else local[*], \
                 where options of executors do nothing"
                    .to_owned(),
            );
        }
        let master = master.unwrap_or_default();
        let manager = Manager::of(&master);
        for (name, key, managers) in ASSIGNMENTS {
            let Some(value) = option(name) else { continue };
            if managers.contains(&manager) && (*name != "--driver-cores" || cluster_mode) {
                put(&mut assigned.pairs, key, value);
            } else {
                let place = match (*name, master.as_str()) {
                    ("--driver-cores", _) => "in client mode or local",
                    (_, master) => master,
                };
                assigned.notes.push(format!(
                    "{name} does nothing {}{} (SparkSubmit.prepareSubmitEnvironment)",
                    if *name == "--driver-cores" { "" } else { "on " },
                    place.escape_debug()
                ));
            }
        }
        if self.language == Some(Language::Python) {
            put(&mut assigned.pairs, Key::PoolsimIsPython.name(), "true");
        }
        assigned
    }

    /// Skips what stands before the options: variables of the environment and the program.
    fn program(&mut self, words: Vec<String>) -> Result<Vec<String>, Error> {
        let assigns = |word: &String| {
            let name = word.split_once('=').map_or("", |(name, _)| name);
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let words: Vec<String> = words.into_iter().skip_while(assigns).collect();
        let Some(first) = words.first() else {
            return Err(wrong(
                "it is empty: paste a line as `spark-submit --master yarn .. app.jar`".to_owned(),
            ));
        };
        if first.starts_with('-') {
            return Ok(words);
        }
        let base = first.rsplit(['/', '\\']).next().unwrap_or(first);
        self.language = match base.strip_suffix(".cmd").unwrap_or(base) {
            "spark-submit" | "spark3-submit" => None,
            "spark-shell" | "spark-sql" | "spark3-shell" => Some(Language::Jvm),
            "pyspark" | "pyspark3" => Some(Language::Python),
            "sparkR" => Some(Language::R),
            other => {
                return Err(wrong(format!(
                    "it begins with `{}`, not with spark-submit, spark-shell, spark-sql, pyspark or sparkR",
                    other.escape_debug()
                )));
            }
        };
        Ok(words.into_iter().skip(1).collect())
    }

    fn option(&mut self, name: &'static str, value: String) -> Result<(), Error> {
        match name {
            "--conf" => match value.split_once('=') {
                Some((key, value)) if !key.trim().is_empty() => {
                    self.conf.push((key.trim().to_owned(), value.to_owned()));
                }
                _ => {
                    return Err(wrong(format!(
                        "--conf {} is no key=value (Spark says: Spark config without '=': {0})",
                        value.escape_debug()
                    )));
                }
            },
            "--driver-memory" => self.conf.push((Key::DriverMemory.name().to_owned(), value)),
            "--driver-java-options" => {
                self.conf.push((Key::DriverExtraJavaOptions.name().to_owned(), value));
            }
            "--deploy-mode" if value != "client" && value != "cluster" => {
                return Err(wrong(format!(
                    "--deploy-mode {} is neither client nor cluster (Spark says: --deploy-mode must be either \
                     \"client\" or \"cluster\")",
                    value.escape_debug()
                )));
            }
            "--properties-file" => self.properties_file = Some(value),
            _ => self.options.push((name, value)),
        }
        Ok(())
    }

    fn main_resource(&mut self, resource: String) {
        let ends = |ending: &str| resource.ends_with(ending);
        self.language = Some(if ends(".py") || resource == "pyspark-shell" {
            Language::Python
        } else if ends(".R") || resource == "sparkr-shell" {
            Language::R
        } else {
            Language::Jvm
        });
        self.resource = Some(resource);
    }
}

/// Options, the settings they stand for, and the cluster managers that they mean something to.
const ASSIGNMENTS: &[(&str, &str, &[Manager])] = &[
    ("--executor-memory", "spark.executor.memory", CONTAINERS),
    ("--executor-cores", "spark.executor.cores", CONTAINERS),
    ("--num-executors", "spark.executor.instances", &[Manager::Yarn, Manager::Kubernetes, Manager::Unknown]),
    ("--total-executor-cores", "spark.cores.max", &[Manager::Standalone]),
    ("--driver-cores", "spark.driver.cores", CONTAINERS),
];

const CONTAINERS: &[Manager] = &[Manager::Standalone, Manager::Yarn, Manager::Kubernetes, Manager::Unknown];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manager {
    Local,
    Standalone,
    Yarn,
    Kubernetes,
    /// None is named.
    Unknown,
}

impl Manager {
    fn of(master: &str) -> Self {
        match master {
            "" => Self::Unknown,
            "yarn" => Self::Yarn,
            _ if master.starts_with("spark://") => Self::Standalone,
            _ if master.starts_with("k8s") => Self::Kubernetes,
            _ => Self::Local,
        }
    }
}

/// Sets a key, in its place where it is known.
fn put(pairs: &mut Vec<(String, String)>, key: &str, value: &str) {
    match pairs.iter_mut().find(|(known, _)| known == key) {
        Some((_, known)) => value.clone_into(known),
        None => pairs.push((key.to_owned(), value.to_owned())),
    }
}

fn wrong(why: impl std::fmt::Display) -> Error {
    Error::Input(format!("--submit cannot be read: {why}"))
}
