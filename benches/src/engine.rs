//! Whole runs.

use sim_core::conf::{ClusterShape, Conf, SparkVersion};
use sim_core::engine::{RunConf, run};
use sim_core::observe::{Counters, Observer};
use sim_core::outcome::{Outcome, Verdict};
use sim_core::workload::Workload;
use workload::{PlanConf, Scenario, lower};

/// A scenario that is ready to run.
#[derive(Clone, Debug)]
pub struct Lowered {
    workload: Workload,
    conf: RunConf,
}

/// `scenarios/engine-mixed.ron`: 8 executors of 4 slots, sorts and joins beside a cache.
const MIXED: &str = include_str!("../../scenarios/engine-mixed.ron");

impl Lowered {
    /// The committed scenario of the engine's bench.
    ///
    /// # Panics
    /// Where the file is wrong, which the tests of the scenarios would have shown.
    #[must_use]
    pub fn mixed() -> Self {
        let scenario = Scenario::parse("engine-mixed.ron", MIXED, None).expect("the scenario is read");
        let layer = scenario.conf.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let conf = Conf::builder(SparkVersion::V3_5)
            .layer("scenario", layer)
            .build()
            .expect("its settings are valid");
        let shape = ClusterShape { nodes: scenario.cluster.nodes, ..ClusterShape::default() };
        let (run_conf, _) = RunConf::resolve(&conf, shape).expect("its memory has a layout");
        let workload = lower(&scenario.plan, &PlanConf::of(&conf, 32)).expect("its plan can be lowered");
        Self { workload, conf: run_conf }
    }

    /// Runs it under the eyes of an observer.
    #[must_use]
    pub fn watch<O: Observer>(&self, observer: O) -> (Outcome, O) {
        run(&self.workload, &self.conf, observer)
    }

    /// Runs it with counters on.
    ///
    /// # Panics
    /// Where it does not succeed.
    #[must_use]
    pub fn run(&self) -> (Outcome, Counters) {
        let (outcome, counters) = self.watch(Counters::default());
        assert_eq!(outcome.verdict, Verdict::Finished);
        (outcome, counters)
    }
}
