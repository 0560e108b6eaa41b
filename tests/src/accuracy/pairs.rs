//! Which runs are asked for which configurations, and which are repeats.

use std::collections::BTreeMap;

use sim_core::conf::Key;
use sim_core::conf::kind::DefaultValue;

use super::truth::{Configuration, Run};

/// A run whose log is asked for the configuration of another: both as indices of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The run whose log is read.
    pub from: usize,
    /// The run that is the truth.
    pub to: usize,
}

/// Every pair of runs of one family and program whose configurations differ, in the order of the set.
#[must_use]
pub fn what_ifs(runs: &[Run]) -> Vec<Pair> {
    pairs(runs, |a, b| same_program(a, b) && a.configuration != b.configuration)
}

/// Every pair of runs of one family, program and configuration, each taken once.
#[must_use]
pub fn repeats(runs: &[Run]) -> Vec<Pair> {
    let mut found = pairs(runs, |a, b| same_program(a, b) && a.configuration == b.configuration);
    found.retain(|pair| pair.from < pair.to);
    found
}

fn pairs(runs: &[Run], fit: impl Fn(&Run, &Run) -> bool) -> Vec<Pair> {
    let all = (0..runs.len()).flat_map(|from| (0..runs.len()).map(move |to| Pair { from, to }));
    all.filter(|pair| pair.from != pair.to && fit(&runs[pair.from], &runs[pair.to])).collect()
}

/// Whether two runs differ in nothing that no setting changes. Executors inside the driver and executors of their own
/// are two programs: their JVMs hold different things.
fn same_program(a: &Run, b: &Run) -> bool {
    let kind = |run: &Run| run.configuration.master.split('[').next().map(str::to_owned);
    a.family == b.family && a.program == b.program && kind(a) == kind(b)
}

/// The keys that turn a run's configuration into another's, in the order of their names: what its user would write
/// after `--conf`. A key that only the first run sets gets back what the second's log says, else Spark's default; one
/// without either cannot be taken back and stays.
#[must_use]
pub fn asked(
    from: &Configuration,
    to: &Configuration,
    logged: &BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let mut asked = BTreeMap::new();
    for (key, value) in &to.conf {
        if from.conf.get(key) != Some(value) {
            asked.insert(key.clone(), value.clone());
        }
    }
    for key in from.conf.keys().filter(|key| !to.conf.contains_key(*key)) {
        if let Some(value) = logged.get(key).cloned().or_else(|| default_of(key)) {
            asked.insert(key.clone(), value);
        }
    }
    if from.master != to.master {
        asked.insert(Key::Master.name().to_owned(), to.master.clone());
    }
    if from.driver_memory != to.driver_memory {
        asked.insert(Key::DriverMemory.name().to_owned(), to.driver_memory.clone());
    }
    asked.into_iter().collect()
}

fn default_of(key: &str) -> Option<String> {
    match Key::find(key)?.row().default {
        DefaultValue::Is(text) => Some(text.to_owned()),
        DefaultValue::SameAs(other) => default_of(other.name()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::Values;
    use super::super::truth::Program;
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn configuration(master: &str, memory: &str, conf: &[(&str, &str)]) -> Configuration {
        Configuration { master: master.to_owned(), driver_memory: memory.to_owned(), conf: map(conf) }
    }

    fn run(family: &str, rows: &str, lang: &str, configuration: Configuration) -> Run {
        Run {
            id: String::new(),
            family: family.to_owned(),
            program: Program {
                workload: "sort".to_owned(),
                args: map(&[("n", rows)]),
                lang: lang.to_owned(),
                spark: "3.5.6".to_owned(),
            },
            configuration,
            log: "log".into(),
            truth: Values::default(),
            failed: false,
        }
    }

    fn of(pairs: &[Pair]) -> Vec<(usize, usize)> {
        pairs.iter().map(|pair| (pair.from, pair.to)).collect()
    }

    #[test]
    fn each_run_is_asked_for_each_other_configuration() {
        let sort = |fraction| run("sort", "5", "python", configuration("local[2]", "1g", &[("f", fraction)]));
        let runs = [sort("0.1"), sort("0.1"), sort("0.6")];
        assert_eq!(of(&what_ifs(&runs)), [(0, 2), (1, 2), (2, 0), (2, 1)]);
        assert_eq!(of(&repeats(&runs)), [(0, 1)]);
    }

    #[test]
    fn what_no_setting_changes_parts_runs() {
        let here = || configuration("local[2]", "1g", &[("f", "0.1")]);
        let runs = [
            run("sort", "5", "python", here()),
            run("sort", "6", "python", here()),
            run("sort", "5", "scala", here()),
            run("join", "5", "python", here()),
            run("sort", "5", "python", configuration("local-cluster[2,1,1024]", "1g", &[("f", "0.1")])),
            run("sort", "5", "python", configuration("local[4]", "2g", &[("f", "0.1")])),
        ];
        assert_eq!(of(&what_ifs(&runs)), [(0, 5), (5, 0)]);
        assert_eq!(of(&repeats(&runs)), []);
    }

    #[test]
    fn what_differs_is_asked_for() {
        let from = configuration("local[2]", "1g", &[("spark.memory.fraction", "0.6"), ("spark.sql.x", "1")]);
        let to = configuration("local[4]", "2g", &[("spark.memory.fraction", "0.2"), ("spark.sql.x", "1")]);
        let asked = asked(&from, &to, &BTreeMap::new());
        let wanted =
            [("spark.driver.memory", "2g"), ("spark.master", "local[4]"), ("spark.memory.fraction", "0.2")];
        assert_eq!(asked, wanted.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_key_that_only_the_asked_run_has_gets_its_default_back() {
        let off_heap = [("spark.memory.offHeap.enabled", "true"), ("spark.memory.offHeap.size", "64m")];
        let more = [off_heap[0], off_heap[1], ("spark.sql.adaptive.enabled", "true"), ("spark.unknown", "1")];
        let asked = asked(
            &configuration("local", "1g", &more),
            &configuration("local", "1g", &[]),
            &map(&[("spark.sql.adaptive.enabled", "false")]),
        );
        let wanted = [
            ("spark.memory.offHeap.enabled", "false"),
            ("spark.memory.offHeap.size", "0"),
            // Not Spark's default: the other log says what it was.
            ("spark.sql.adaptive.enabled", "false"),
        ];
        assert_eq!(asked, wanted.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}
