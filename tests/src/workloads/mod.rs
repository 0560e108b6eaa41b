//! Small runs to draw: a few jobs on a few executors, with too little memory for them.
//!
//! What is drawn ([`Drawn`]) is plain numbers, so that it shrinks well; [`Case::of`] makes tables of it that pass
//! `Workload::check`. Pages are of 1000 bytes, arrays begin with 16 records, heaps hold some dozens of pages.

mod drawn;
mod tables;

pub use drawn::{Drawn, DrawnConsumer, DrawnExecutor, DrawnRdd, DrawnRun, DrawnStage, Sink, Source, Stay};

pub(crate) use tables::spec;

use sim_core::engine::{
    ConsumerConf, CostModel, DriverConf, ExecutorConf, ExecutorFailures, FailureConf, JvmConf, PlannedLoss,
    RunConf, SchedulingConf,
};
use sim_core::memory::{ManagerConf, MemoryMode, TaskMemoryConf, WakeOrder};
use sim_core::outcome::LossReason;
use sim_core::storage::UnrollConf;
use sim_core::units::{Bytes, SimTime};
use sim_core::workload::Workload;

/// Something to run.
#[derive(Clone, Debug)]
pub struct Case {
    /// What.
    pub workload: Workload,
    /// On what.
    pub conf: RunConf,
}

impl Case {
    /// The tables of what was drawn.
    ///
    /// # Panics
    /// Where they do not pass the check of workloads.
    #[must_use]
    pub fn of(drawn: &Drawn) -> Self {
        let workload = tables::workload(drawn);
        workload.check().expect("a drawn workload is sound");
        Self { workload, conf: conf(drawn) }
    }
}

impl proptest::arbitrary::Arbitrary for Case {
    type Parameters = ();
    type Strategy = proptest::strategy::BoxedStrategy<Self>;
    fn arbitrary_with((): ()) -> Self::Strategy {
        use proptest::strategy::Strategy;
        proptest::arbitrary::any::<Drawn>().prop_map(|drawn| Self::of(&drawn)).boxed()
    }
}

impl<'a> arbitrary::Arbitrary<'a> for Case {
    fn arbitrary(input: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        Drawn::arbitrary(input).map(|drawn| Self::of(&drawn))
    }
}

fn conf(drawn: &Drawn) -> RunConf {
    let run = &drawn.run;
    let executor = |executor: &DrawnExecutor| {
        // A hashed relation begins with a page of 1 MiB, an aggregation with an array of 256 KiB.
        let unit = if run.roomy { 64_000 } else { 1_000 };
        let heap = (4 + u64::from(executor.heap_kb % 64)) * unit;
        let off_heap = u64::from(executor.off_heap_kb % 64) * unit;
        let region = |bytes: u64| Bytes(bytes * u64::from(run.storage_percent % 101) / 100);
        let at = |units: u8| SimTime(u64::from(units) * 20_000);
        let (added, removed) = match executor.stay {
            Stay::Throughout => (SimTime::ZERO, None),
            Stay::From(added) => (at(added), None),
            Stay::Until(removed) => (SimTime::ZERO, Some(at(removed))),
            Stay::Between(added, removed) => (at(added), Some(at(removed))),
        };
        ExecutorConf {
            node: u32::from(executor.node % 2),
            cores: u32::from(executor.cores % 4) + 1,
            memory: ManagerConf {
                max_heap_memory: Bytes(heap),
                on_heap_storage_region: region(heap),
                max_off_heap_memory: Bytes(off_heap),
                off_heap_storage_region: region(off_heap),
                wake_order: if run.wakes_in_order { WakeOrder::Fifo } else { WakeOrder::Hotspot },
                ..ManagerConf::default()
            },
            page_size: Bytes(1_000),
            added,
            removed,
        }
    };
    let slow = CostModel {
        disk_bytes_per_second: 50_000_000,
        network_bytes_per_second: 100_000_000,
        driver_launch: SimTime(1_000),
        executor_launch: SimTime(20_000),
        ..CostModel::default()
    };
    let wait = SimTime(u64::from(run.locality_wait_us) * 1_000);
    RunConf {
        executors: drawn.executors.iter().take(3).map(executor).collect(),
        task_cpus: 1,
        max_failures: u32::from(run.max_failures % 3) + 1,
        scheduling: SchedulingConf { wait_process: wait, wait_node: wait, ..SchedulingConf::default() },
        unroll: UnrollConf { initial: Bytes(200), check_period: 4, growth_factor: 1.5 },
        task_memory: TaskMemoryConf {
            tungsten_memory_mode: if run.off_heap { MemoryMode::OffHeap } else { MemoryMode::OnHeap },
            ..TaskMemoryConf::default()
        },
        consumers: ConsumerConf {
            sort_initial_records: 16,
            spillable_initial: Bytes(500),
            ..ConsumerConf::default()
        },
        cost: if run.takes_time { slow } else { CostModel::instant() },
        container: None,
        driver: DriverConf::boundless(),
        failures: failures(drawn),
        max_events: 1_000_000,
        jvm: JvmConf::idle(),
    }
}

fn failures(drawn: &Drawn) -> FailureConf {
    let run = &drawn.run;
    let at = |units: u8| SimTime(u64::from(units) * 20_000);
    let limit = u32::from(run.executor_failures % 4);
    let planned = run.killed.iter().filter(|(_, units)| *units > 0).map(|&(executor, units)| PlannedLoss {
        executor: u32::from(executor) % drawn.executors.len().clamp(1, 3) as u32,
        at: at(units),
        reason: if executor % 8 == 7 { LossReason::Preempted } else { LossReason::Killed },
    });
    FailureConf {
        shuffle_service: run.shuffle_service,
        max_stage_attempts: u32::from(run.stage_attempts % 4) + 1,
        fetch_retry_wait: at(5),
        executor_start: (run.starts > 0).then(|| at(run.starts)),
        executor_failures: match limit {
            0 => ExecutorFailures::Unlimited,
            limit => ExecutorFailures::Limited { limit, too_many: limit, validity: None },
        },
        planned: planned.collect(),
        ..FailureConf::default()
    }
}
