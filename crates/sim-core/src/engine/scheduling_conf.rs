//! What a run is told of scheduling: the order of jobs, locality, speculation, dynamic allocation, fetches.

use super::ExecutorConf;
use crate::units::{Bytes, SimTime};

/// How tasks come to slots, and executors to the application.
#[derive(Clone, Debug)]
pub struct SchedulingConf {
    /// `spark.scheduler.mode`: jobs share slots by pools; otherwise the first job comes first.
    pub fair: bool,
    /// `spark.locality.wait.process`: how long a task waits for an executor that has its data.
    pub wait_process: SimTime,
    /// `spark.locality.wait.node`: how long it then waits for a node that has it.
    pub wait_node: SimTime,
    /// `spark.locality.wait.legacyResetOnTaskLaunch`: each launch starts the wait anew; otherwise an offer does of which
    /// every slot was taken (SPARK-18886).
    pub legacy_locality_reset: bool,
    /// `spark.speculation`.
    pub speculation: Option<SpeculationConf>,
    /// `spark.dynamicAllocation.enabled`.
    pub allocation: Option<AllocationConf>,
    /// How reducers fetch map output.
    pub fetch: FetchConf,
    /// A node that is slower than the others, and by how much.
    pub slow_node: Option<SlowNode>,
}

impl Default for SchedulingConf {
    fn default() -> Self {
        Self {
            fair: false,
            wait_process: SimTime::from_ms(3_000),
            wait_node: SimTime::from_ms(3_000),
            legacy_locality_reset: false,
            speculation: None,
            allocation: None,
            fetch: FetchConf::default(),
            slow_node: None,
        }
    }
}

/// A node whose cores are slower than those of the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowNode {
    /// Which.
    pub node: u32,
    /// Computing takes so many thousandths of the time that it takes elsewhere.
    pub per_mille: u32,
}

/// When slow tasks are launched a second time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpeculationConf {
    /// `spark.speculation.interval`: how often slow tasks are looked for.
    pub interval: SimTime,
    /// `spark.speculation.multiplier`: how many times slower than the median they are.
    pub multiplier: f64,
    /// `spark.speculation.quantile`: the share of a stage's tasks that must have ended.
    pub quantile: f64,
    /// `spark.speculation.minTaskRuntime`: who has run for less is not slow.
    pub min_runtime: SimTime,
}

/// How the number of executors follows the load (`ExecutorAllocationManager`).
#[derive(Clone, Copy, Debug)]
pub struct AllocationConf {
    /// `spark.dynamicAllocation.minExecutors`.
    pub min: u32,
    /// `spark.dynamicAllocation.maxExecutors`.
    pub max: u32,
    /// `spark.dynamicAllocation.executorAllocationRatio`.
    pub ratio: f64,
    /// `spark.dynamicAllocation.schedulerBacklogTimeout`.
    pub backlog: SimTime,
    /// `spark.dynamicAllocation.sustainedSchedulerBacklogTimeout`.
    pub sustained_backlog: SimTime,
    /// `spark.dynamicAllocation.executorIdleTimeout`.
    pub idle: SimTime,
    /// `spark.dynamicAllocation.cachedExecutorIdleTimeout`: for executors with cached blocks.
    pub cached_idle: SimTime,
    /// `spark.dynamicAllocation.shuffleTracking.timeout` where shuffles are tracked: for executors with map output. No
    /// executor with map output of a running job is released then.
    pub shuffle_idle: Option<SimTime>,
    /// Time from a request to the registration of the executor.
    pub start: SimTime,
    /// Tasks that an executor runs at a time.
    pub slots: u32,
    /// Nodes, which executors go to in turn.
    pub nodes: u32,
    /// What an executor is; when it comes and where it is are others' to say.
    pub executor: ExecutorConf,
}

/// How reducers fetch map output (`ShuffleBlockFetcherIterator`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchConf {
    /// `spark.reducer.maxSizeInFlight`; a request asks for a fifth of it at a time.
    pub max_bytes_in_flight: Bytes,
    /// `spark.reducer.maxReqsInFlight`.
    pub max_requests_in_flight: u64,
    /// `spark.reducer.maxBlocksInFlightPerAddress`.
    pub max_blocks_per_address: u64,
    /// `spark.network.maxRemoteBlockSizeFetchToMem`: larger blocks are fetched to disk.
    pub max_block_in_memory: Bytes,
}

impl Default for FetchConf {
    fn default() -> Self {
        Self {
            max_bytes_in_flight: Bytes::mib(48),
            max_requests_in_flight: i32::MAX as u64,
            max_blocks_per_address: i32::MAX as u64,
            max_block_in_memory: Bytes::mib(200),
        }
    }
}
