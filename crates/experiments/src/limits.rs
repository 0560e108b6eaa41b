//! What a run can have at most, checked before anything is made of it.

use sim_core::conf::{Conf, Key};
use sim_core::ids::ProgramId;
use sim_core::workload::{Amount, Op, Workload};

use crate::Error;

/// The most slots (executors times cores) of a cluster.
const MAX_SLOTS: u64 = 10_000_000;
/// The most time that all tasks compute: 36 years. Four attempts of each fit the clock four times over.
const MAX_TASK_TIME_NS: u64 = 1 << 60;
/// The most executors of a cluster.
const MAX_EXECUTORS: i64 = 100_000;

/// Refuses clusters that are larger than a run can hold, before anything is made of them.
pub(crate) fn check_limits(conf: &Conf) -> Result<(), Error> {
    let limit = |text: String| Err(Error::Limit(text));
    let executors = conf.optional_int(Key::ExecutorInstances).unwrap_or(1);
    if executors > MAX_EXECUTORS {
        return limit(format!("spark.executor.instances is {executors}: a run has at most {MAX_EXECUTORS}"));
    }
    if executors == 0 {
        return limit("spark.executor.instances is 0, on which no task ever runs: use at least 1".to_owned());
    }
    let cores = conf.int(Key::ExecutorCores);
    let slots = executors.unsigned_abs() * cores.unsigned_abs();
    if slots > MAX_SLOTS {
        return limit(format!(
            "{executors} executors with {cores} cores have {slots} slots: a run has at most {MAX_SLOTS}"
        ));
    }
    check_master(conf)
}

/// Refuses workloads whose times could add up to more than the clock holds.
pub(crate) fn check_time(workload: &Workload) -> Result<(), Error> {
    let rows = |program: ProgramId, values: &[u64]| -> u128 {
        let program = &workload.programs[program.index()];
        let times: Vec<Amount> = program.ops.iter().filter_map(time).collect();
        match usize::from(program.columns) {
            0 => 0,
            columns => values.chunks(columns).map(|row| sum(&times, row)).sum(),
        }
    };
    let stages = workload.stages.iter().map(|stage| rows(stage.program, &stage.values));
    // A partition is computed again by each stage at most once for each attempt; stages are few.
    let again = workload.stages.len() as u128;
    let rdds = workload.rdds.iter().map(|rdd| rows(rdd.program, &rdd.values) * again);
    let total_ns: u128 = stages.chain(rdds).sum();
    if total_ns > u128::from(MAX_TASK_TIME_NS) {
        let years = total_ns / 1_000_000_000 / 31_557_600;
        return Err(Error::Limit(format!(
            "all tasks together compute for {years} years and a run has at most 36: \
             use fewer rows or lower the poolsim.cpu.* costs"
        )));
    }
    Ok(())
}

/// The time of a step, where it has one.
fn time(op: &Op) -> Option<Amount> {
    match *op {
        Op::Compute { time }
        | Op::Insert { time, .. }
        | Op::Finish { time, .. }
        | Op::Pipe { time, .. }
        | Op::Drain { time, .. } => Some(time),
        _ => None,
    }
}

fn sum(times: &[Amount], row: &[u64]) -> u128 {
    times.iter().map(|time| u128::from(time.of(row))).sum()
}

/// `local[n]` and `local[n,f]` with numbers: `*` would depend on the machine.
fn check_master(conf: &Conf) -> Result<(), Error> {
    let Some(master) = conf.text(Key::Master).filter(|master| master.starts_with("local")) else {
        return Ok(());
    };
    let wrong = |why: &str| {
        Err(Error::Limit(format!(
            "spark.master is `{}`, {why}: write local[4], with the cores to use",
            master.escape_debug()
        )))
    };
    if master == "local" {
        return Ok(());
    }
    let Some(inside) = master.strip_prefix("local[").and_then(|rest| rest.strip_suffix(']')) else {
        return wrong("which is no local master");
    };
    let parts: Vec<&str> = inside.split(',').map(str::trim).collect();
    if parts[0] == "*" {
        return wrong("whose number of cores depends on the machine");
    }
    let numbers: Option<Vec<u32>> = parts.iter().map(|part| part.parse().ok()).collect();
    match numbers.as_deref() {
        Some([cores, failures @ ..]) if failures.len() <= 1 => {
            if *cores == 0 || u64::from(*cores) > MAX_SLOTS || failures.contains(&0) {
                return wrong("whose numbers are out of range");
            }
            Ok(())
        }
        _ => wrong("which is no local master"),
    }
}
