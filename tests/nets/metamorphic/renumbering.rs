//! Ids are names: the order of the rows of a table means nothing where nothing says that it does.

use poolsim_tests::workloads::Case;
use proptest::prelude::*;
use sim_core::ids::{ProgramId, RddId, ShuffleId};
use sim_core::outcome::{Cause, Verdict};
use sim_core::workload::Op;

use super::counted;

/// The same case with its programs, RDDs (and so the blocks) and shuffles numbered from the other end.
fn renumbered(case: &Case) -> Case {
    let mut other = case.clone();
    let workload = &mut other.workload;
    let (programs, rdds, shuffles) =
        (workload.programs.len() as u32, workload.rdds.len() as u32, workload.shuffles.len() as u32);
    let program = |id: &mut ProgramId| *id = ProgramId(programs - 1 - id.0);
    let rdd = |id: &mut RddId| *id = RddId(rdds - 1 - id.0);
    let shuffle = |id: &mut ShuffleId| *id = ShuffleId(shuffles - 1 - id.0);
    workload.programs.reverse();
    workload.rdds.reverse();
    workload.shuffles.reverse();
    workload.rdds.iter_mut().for_each(|of| program(&mut of.program));
    for stage in &mut workload.stages {
        program(&mut stage.program);
        stage.shuffle.iter_mut().for_each(shuffle);
    }
    workload.jobs.iter_mut().flat_map(|job| &mut job.unpersist).for_each(rdd);
    for op in workload.programs.iter_mut().flat_map(|program| &mut program.ops) {
        match op {
            Op::ReadBlock { rdd: id, .. } => rdd(id),
            Op::FetchShuffle { shuffle: id, .. } | Op::WriteShuffle { shuffle: id, .. } => shuffle(id),
            _ => {}
        }
    }
    workload.check().expect("other numbers are as sound");
    other
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn other_numbers_give_the_same_figures(case: Case) {
        let ((verdict, mut counters), (mut other, mut renamed)) = (counted(&case), counted(&renumbered(&case)));
        // The name of the shuffle whose map output was gone.
        if let Verdict::Failed(failure) = &mut other
            && let Cause::StageAttempts { shuffle, .. } | Cause::FetchFailed { shuffle, .. } = &mut failure.cause
        {
            *shuffle = ShuffleId(case.workload.shuffles.len() as u32 - 1 - shuffle.0);
        }
        // Rows exist up to the last RDD that was touched.
        let rdds = case.workload.rdds.len();
        counters.rdds.resize_with(rdds, Default::default);
        renamed.rdds.resize_with(rdds, Default::default);
        renamed.rdds.reverse();
        prop_assert_eq!(other, verdict);
        prop_assert_eq!(renamed, counters);
    }
}
