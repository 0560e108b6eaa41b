//! Settings that the model knows; nothing else of the environment is kept.

use std::collections::BTreeMap;

use sim_core::conf::Key;
use spark_eventlog::event::{EnvironmentUpdate, Properties};

/// Settings of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Settings of the application, by key of the key table.
    pub settings: BTreeMap<&'static str, String>,
    /// Settings that queries changed for their session, each with its values and the queries that had it.
    pub session: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// Queries that tell what their session changed.
    pub queries: u64,
    /// Collector named in the Java options of the driver and of executors.
    pub collectors: Collectors,
    /// Whether Python runs the application.
    pub python: bool,
    /// Values of other settings, which must not get out in a name.
    pub withheld: Withheld,
}

/// Collectors named in Java options, as `poolsim.jvm.collector` spells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collectors {
    /// Of the driver.
    pub driver: Option<&'static str>,
    /// Of executors.
    pub executor: Option<&'static str>,
}

impl Environment {
    pub(super) fn update(&mut self, event: &EnvironmentUpdate<'_>) {
        for (name, value) in event.spark_properties.iter() {
            match name {
                "spark.driver.extraJavaOptions" | "spark.driver.defaultJavaOptions" => {
                    self.collectors.driver = collector(value).or(self.collectors.driver);
                }
                "spark.executor.extraJavaOptions" | "spark.executor.defaultJavaOptions" => {
                    self.collectors.executor = collector(value).or(self.collectors.executor);
                }
                "spark.yarn.isPython" | "spark.kubernetes.pyspark.pythonVersion" => {
                    self.python |= value != "false";
                }
                _ => {}
            }
            match modelled(name) {
                Some(key) => {
                    self.settings.insert(key.name(), value.to_string());
                }
                None => self.withheld.add(name, value),
            }
        }
    }

    pub(super) fn update_session(&mut self, changed: &Properties<'_>) {
        self.queries += 1;
        for (name, value) in changed.iter() {
            match modelled(name) {
                Some(key) => {
                    *self.session.entry(key.name()).or_default().entry(value.to_string()).or_default() += 1;
                }
                None => self.withheld.add(name, value),
            }
        }
    }
}

/// The key that a log may hold. Java options and `poolsim.*` are none: of options only the collector is read, and
/// what a log says of this program is no setting.
fn modelled(name: &str) -> Option<Key> {
    let key = Key::find(name).or_else(|| Key::of_older_name(name))?;
    let options = [Key::DriverExtraJavaOptions, Key::ExecutorExtraJavaOptions].contains(&key);
    (name.starts_with("spark.") && !options).then_some(key)
}

fn collector(options: &str) -> Option<&'static str> {
    [
        ("-XX:+UseG1GC", "g1"),
        ("-XX:+UseParallelGC", "parallel"),
        ("-XX:+UseSerialGC", "serial"),
        ("-XX:+UseZGC", "zgc"),
        ("-XX:+UseShenandoahGC", "shenandoah"),
        ("-XX:+UseConcMarkSweepGC", "cms"),
    ]
    .into_iter()
    .find_map(|(option, name)| options.split_whitespace().any(|word| word == option).then_some(name))
}

/// Values of settings that are not modelled: names are searched for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Withheld(Vec<String>);

impl Withheld {
    /// Values that are shorter are found in any text.
    const SHORTEST: usize = 6;

    fn add(&mut self, name: &str, value: &str) {
        // Names that are shown as such.
        let named = matches!(name, "spark.app.name" | "spark.app.id" | "spark.executor.id");
        let shown = named || value.len() < Self::SHORTEST;
        if !shown && !self.0.iter().any(|known| known == value) {
            self.0.push(value.to_owned());
        }
    }

    /// The text without values of settings.
    #[must_use]
    pub fn without(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &self.0 {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), "(withheld)");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collector_is_a_whole_option() {
        assert_eq!(collector("-ea -XX:+UseParallelGC -Xss4m"), Some("parallel"));
        assert_eq!(collector("-XX:-UseParallelGC"), None);
    }

    #[test]
    fn values_of_settings_are_cut_out_of_names() {
        let mut withheld = Withheld::default();
        withheld.add("spark.hadoop.fs.s3a.secret.key", "CANARY-1");
        withheld.add("spark.ui.enabled", "false");
        withheld.add("spark.app.name", "nightly report");
        assert_eq!(
            withheld.without("save at s3a://CANARY-1@b, false, nightly report"),
            "save at s3a://(withheld)@b, false, nightly report"
        );
    }
}
