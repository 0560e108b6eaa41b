//! Every combination of the values of some keys.

mod axis;

use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;
use sim_core::workload::Workload;
use workload::PlanConf;

pub use axis::Axis;

use crate::case::Resolved;
use crate::{Error, Input, Keep, Layer, RunReport, Settings, Slips, run};

/// The most points of a sweep.
const MAX_POINTS: u64 = 100_000;

/// The runs of a sweep, in the order of the combinations: the last key varies fastest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SweepReport {
    /// The name of the input.
    pub input: String,
    /// What the input asks.
    pub question: String,
    /// The keys, in the order in which they were given.
    pub keys: Vec<String>,
    /// One for each combination.
    pub points: Vec<Point>,
}

/// One combination.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The values of the keys.
    pub values: Vec<String>,
    /// Its run; `None` where Spark refuses the settings.
    pub report: Option<RunReport>,
    /// Why Spark refuses them.
    pub refused: Option<String>,
}

/// Runs an input under every combination of the axes' values. The order of the results and every byte of them are the
/// same for every number of threads. `done` is told of each run as it ends.
///
/// # Errors
/// What is wrong with a setting, before anything runs. What Spark refuses of a combination is its result.
pub fn sweep(
    input: &Input,
    settings: &Settings,
    axes: &[Axis],
    done: impl Fn() + Sync,
) -> Result<SweepReport, Error> {
    check_axes(axes)?;
    let mut workloads = Workloads::default();
    let mut points = Vec::new();
    for values in combinations(axes) {
        let pairs = axes.iter().map(|axis| axis.key.clone()).zip(values.iter().cloned()).collect();
        let layer = Layer { name: "--vary".to_owned(), pairs, slips: Slips::Refuse };
        match Resolved::of(input, &settings.with(layer)) {
            Ok(resolved) => {
                let workload = workloads.lower(input, &resolved)?;
                points.push((values, Ok(resolved.with_workload(input, workload))));
            }
            Err(Error::Refused { error, .. }) => points.push((values, Err(error.to_string()))),
            Err(other) => return Err(other),
        }
    }
    let points = points.into_par_iter().map(|(values, case)| {
        let (report, refused) = match case {
            Ok(case) => (Some(run(&case, Keep::default()).report), None),
            Err(refused) => (None, Some(refused)),
        };
        done();
        Point { values, report, refused }
    });
    Ok(SweepReport {
        input: input.name.clone(),
        question: input.scenario.question.clone(),
        keys: axes.iter().map(|axis| axis.key.clone()).collect(),
        points: points.collect(),
    })
}

/// The number of combinations of the axes' values.
#[must_use]
pub fn size(axes: &[Axis]) -> u64 {
    axes.iter().fold(1_u64, |size, axis| size.saturating_mul(axis.values.len() as u64))
}

fn check_axes(axes: &[Axis]) -> Result<(), Error> {
    for (at, axis) in axes.iter().enumerate() {
        if axes[..at].iter().any(|before| before.key == axis.key) {
            return Err(Error::Vary(format!("{} is varied twice: put its values into one --vary", axis.key)));
        }
    }
    let size = size(axes);
    if size > MAX_POINTS {
        return Err(Error::Vary(format!(
            "{size} combinations are more than {MAX_POINTS}: vary fewer values"
        )));
    }
    Ok(())
}

/// The combinations of the axes' values, the last axis fastest.
fn combinations(axes: &[Axis]) -> Vec<Vec<String>> {
    axes.iter().fold(vec![Vec::new()], |before, axis| {
        let longer = |values: Vec<String>| {
            axis.values.iter().map(move |value| [values.as_slice(), std::slice::from_ref(value)].concat())
        };
        before.into_iter().flat_map(longer).collect()
    })
}

/// Lowers once for each distinct plan configuration.
#[derive(Default)]
struct Workloads(Vec<(PlanConf, Arc<Workload>)>);

impl Workloads {
    fn lower(&mut self, input: &Input, resolved: &Resolved) -> Result<Arc<Workload>, Error> {
        let conf = &resolved.plan_conf;
        if let Some((_, workload)) = self.0.iter().rev().find(|(known, _)| known == conf) {
            return Ok(Arc::clone(workload));
        }
        let workload = Arc::new(resolved.lower(input)?);
        self.0.push((conf.clone(), Arc::clone(&workload)));
        Ok(workload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(text: &str) -> Axis {
        text.parse().expect(text)
    }

    fn input() -> Input {
        let text = r#"(
            question: "does the sort spill?",
            cluster: (executors: 1, cores: 2, memory: "1g"),
            data: {"a": [scan(rows: 3_000_000, row_bytes: 128, partitions: 4), sort()]},
            jobs: [count(on: "a")],
        )"#;
        Input::read("sort.ron", text.as_bytes(), None).expect("a scenario")
    }

    #[test]
    fn the_last_key_varies_fastest() {
        let values = combinations(&[axis("spark.a=1,2"), axis("spark.b=x,y")]);
        assert_eq!(values, [["1", "x"], ["1", "y"], ["2", "x"], ["2", "y"]]);
    }

    #[test]
    fn results_do_not_depend_on_threads() {
        let axes = [axis("spark.memory.fraction=0.2..0.6:0.2"), axis("spark.sql.shuffle.partitions=4,16")];
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            let report = pool.install(|| sweep(&input(), &Settings::default(), &axes, || ()));
            serde_json::to_string(&report.expect("a sweep")).expect("json")
        };
        assert_eq!(on(1), on(4));
    }

    #[test]
    fn keys_of_the_run_share_a_workload() {
        let mut workloads = Workloads::default();
        let mut lower = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            let layer = Layer { name: "test".to_owned(), pairs, slips: Slips::Refuse };
            let resolved = Resolved::of(&input(), &Settings::default().with(layer)).expect("settings");
            workloads.lower(&input(), &resolved).expect("a workload")
        };
        let plain = lower(&[]);
        assert!(Arc::ptr_eq(&plain, &lower(&[("spark.memory.storageFraction", "0.1")])));
        assert!(!Arc::ptr_eq(&plain, &lower(&[("spark.sql.shuffle.partitions", "7")])));
    }

    #[test]
    fn what_spark_refuses_is_a_result_and_what_is_no_setting_an_error() {
        let heap = [axis("spark.executor.memory=400m,1g")];
        let report = sweep(&input(), &Settings::default(), &heap, || ()).expect("a sweep");
        assert!(report.points[0].refused.is_some() && report.points[1].report.is_some());
        for bad in ["spark.memory.fraction=2", "spark.memory.fractoin=0.5", "poolsim.x=1"] {
            assert!(sweep(&input(), &Settings::default(), &[axis(bad)], || ()).is_err(), "{bad}");
        }
    }
}
