//! A scenario under each candidate: many small executors against few large ones.

use rayon::prelude::*;
use sim_core::conf::Key;

use super::World;
use super::report::{Candidate, Simulated};
use crate::{Case, Error, Input, Keep, Layer, Slips, run};

pub(super) fn simulate(
    world: &World<'_>,
    input: &Input,
    candidates: &mut [Candidate],
    done: impl Fn() + Sync,
) -> Result<(), Error> {
    let mut input = input.clone();
    input.scenario.cluster.nodes = world.request.nodes;
    let runs: Vec<Result<Option<Simulated>, Error>> =
        candidates.par_iter().map(|candidate| one(world, &input, candidate).inspect(|_| done())).collect();
    for (candidate, run) in candidates.iter_mut().zip(runs) {
        candidate.simulated = run?;
    }
    Ok(())
}

fn one(world: &World<'_>, input: &Input, candidate: &Candidate) -> Result<Option<Simulated>, Error> {
    if candidate.refused.is_some() {
        return Ok(None);
    }
    let pairs = [
        (Key::ExecutorInstances, candidate.executors.to_string()),
        (Key::ExecutorCores, candidate.executor_cores.to_string()),
        (Key::ExecutorMemory, format!("{}m", candidate.heap_bytes >> 20)),
    ];
    let pairs = pairs.into_iter().map(|(key, value)| (key.name().to_owned(), value)).collect();
    let mut settings = world.request.settings.clone();
    settings.layers = world.layers.clone();
    let settings = settings.with(Layer { name: "the candidate".to_owned(), pairs, slips: Slips::Note });
    let report = run(&Case::of(input, &settings)?, Keep::default()).report;
    Ok(Some(Simulated {
        verdict: report.verdict,
        verdict_text: report.verdict_text,
        duration_ms: report.duration_ms,
        memory_spilled_bytes: report.memory_spilled_bytes,
        evicted_blocks: report.evicted_blocks,
    }))
}
