//! From settings to what a run is told of scheduling.

use super::layout::LayoutError;
use super::{Conf, Key};
use crate::engine::{AllocationConf, ExecutorConf, FetchConf, SchedulingConf, SlowNode, SpeculationConf};
use crate::units::{Bytes, SimTime};

/// A wait that no run lives to see the end of, and that can be added to any moment of one.
const FOREVER: SimTime = SimTime(1 << 62);

pub(super) fn scheduling_conf(conf: &Conf) -> SchedulingConf {
    let time = |key| SimTime(conf.time_ns(key)).min(FOREVER);
    SchedulingConf {
        fair: conf.word(Key::SchedulerMode) == "FAIR",
        wait_process: time(Key::LocalityWaitProcess),
        wait_node: time(Key::LocalityWaitNode),
        legacy_locality_reset: conf.flag(Key::LocalityWaitLegacyResetOnTaskLaunch),
        speculation: conf.flag(Key::Speculation).then(|| SpeculationConf {
            interval: time(Key::SpeculationInterval),
            multiplier: conf.double(Key::SpeculationMultiplier),
            quantile: conf.double(Key::SpeculationQuantile),
            min_runtime: time(Key::SpeculationMinTaskRuntime),
        }),
        allocation: None,
        fetch: fetch_conf(conf),
        slow_node: slow_node(conf),
    }
}

/// Executors at the start where their number follows the load (`Utils.getDynamicAllocationInitialExecutors`); `asked` is
/// `spark.executor.instances`.
pub(super) fn initial_executors(conf: &Conf, local: bool, asked: u32) -> Result<Option<u32>, LayoutError> {
    if local || !conf.flag(Key::DynamicAllocationEnabled) {
        return Ok(None);
    }
    let number = |key| u32::try_from(conf.int(key)).unwrap_or(u32::MAX);
    let (minimum, maximum) =
        (number(Key::DynamicAllocationMinExecutors), number(Key::DynamicAllocationMaxExecutors));
    if minimum > maximum {
        return Err(LayoutError::AllocationBounds { minimum, maximum });
    }
    let keeps_shuffles =
        conf.flag(Key::ShuffleServiceEnabled) || conf.flag(Key::DynamicAllocationShuffleTrackingEnabled);
    if !keeps_shuffles {
        return Err(LayoutError::AllocationLosesShuffles);
    }
    Ok(Some(minimum.max(number(Key::DynamicAllocationInitialExecutors)).max(asked)))
}

pub(super) fn allocation_conf(conf: &Conf, slots: u32, nodes: u32, executor: ExecutorConf) -> AllocationConf {
    let number = |key| u32::try_from(conf.int(key)).unwrap_or(u32::MAX);
    // What Spark has as an infinite time is longer than any run.
    let time = |key| match SimTime(conf.time_ns(key)) {
        long if long >= SimTime::from_ms(i32::MAX as u64 * 1000) => SimTime::MAX,
        time => time,
    };
    let tracks =
        !conf.flag(Key::ShuffleServiceEnabled) && conf.flag(Key::DynamicAllocationShuffleTrackingEnabled);
    AllocationConf {
        min: number(Key::DynamicAllocationMinExecutors),
        max: number(Key::DynamicAllocationMaxExecutors),
        ratio: conf.double(Key::DynamicAllocationExecutorAllocationRatio),
        backlog: time(Key::DynamicAllocationSchedulerBacklogTimeout).min(FOREVER),
        sustained_backlog: time(Key::DynamicAllocationSustainedSchedulerBacklogTimeout).min(FOREVER),
        idle: time(Key::DynamicAllocationExecutorIdleTimeout),
        cached_idle: time(Key::DynamicAllocationCachedExecutorIdleTimeout),
        shuffle_idle: tracks.then(|| time(Key::DynamicAllocationShuffleTrackingTimeout)),
        start: SimTime::from_ms(conf.int(Key::PoolsimExecutorStartMs) as u64),
        slots,
        nodes,
        executor,
    }
}

fn fetch_conf(conf: &Conf) -> FetchConf {
    let number = |key| conf.int(key).max(1) as u64;
    FetchConf {
        max_bytes_in_flight: Bytes(conf.bytes(Key::ReducerMaxSizeInFlight)),
        max_requests_in_flight: number(Key::ReducerMaxReqsInFlight),
        max_blocks_per_address: number(Key::ReducerMaxBlocksInFlightPerAddress),
        max_block_in_memory: Bytes(conf.bytes(Key::NetworkMaxRemoteBlockSizeFetchToMem)),
    }
}

fn slow_node(conf: &Conf) -> Option<SlowNode> {
    let per_mille = (conf.double(Key::PoolsimSlowNodeFactor) * 1000.0).round() as u32;
    let node = u32::try_from(conf.int(Key::PoolsimSlowNodeIndex)).unwrap_or(u32::MAX);
    (per_mille > 1000).then_some(SlowNode { node, per_mille })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::SparkVersion;

    fn of(version: SparkVersion, settings: &[(&str, &str)]) -> SchedulingConf {
        let builder = Conf::builder(version).layer("test", settings.iter().copied());
        scheduling_conf(&builder.build().expect("good settings"))
    }

    #[test]
    fn levels_wait_as_long_as_all_do_unless_they_have_a_wait_of_their_own() {
        let conf =
            of(SparkVersion::V3_5, &[("spark.locality.wait", "5s"), ("spark.locality.wait.node", "0")]);
        assert_eq!((conf.wait_process, conf.wait_node), (SimTime::from_ms(5_000), SimTime::ZERO));
    }

    #[test]
    fn the_first_executors_are_the_most_that_any_key_asks_for() {
        let initial = |settings: &[(&str, &str)], asked| {
            let builder = Conf::builder(SparkVersion::V3_5).layer("test", settings.iter().copied());
            initial_executors(&builder.build().expect("good settings"), false, asked)
        };
        let on = ("spark.dynamicAllocation.enabled", "true");
        assert_eq!(initial(&[], 7), Ok(None), "not dynamic");
        assert_eq!(initial(&[on], 0), Ok(Some(0)));
        let (min, more) = (
            ("spark.dynamicAllocation.minExecutors", "3"),
            ("spark.dynamicAllocation.initialExecutors", "5"),
        );
        assert_eq!(initial(&[on, min], 2), Ok(Some(3)));
        assert_eq!(initial(&[on, min, more], 2), Ok(Some(5)));
        assert_eq!(initial(&[on, min, more], 9), Ok(Some(9)));
        let max = ("spark.dynamicAllocation.maxExecutors", "2");
        assert_eq!(
            initial(&[on, min, max], 0),
            Err(LayoutError::AllocationBounds { minimum: 3, maximum: 2 })
        );
        let untracked = ("spark.dynamicAllocation.shuffleTracking.enabled", "false");
        assert_eq!(initial(&[on, untracked], 0), Err(LayoutError::AllocationLosesShuffles));
    }

    #[test]
    fn speculation_is_more_patient_since_4_0() {
        let on = [("spark.speculation", "true")];
        assert_eq!(of(SparkVersion::V3_5, &[]).speculation, None);
        let patience = |version| of(version, &on).speculation.map(|on| (on.multiplier, on.quantile));
        assert_eq!(patience(SparkVersion::V3_5), Some((1.5, 0.75)));
        assert_eq!(patience(SparkVersion::V4_0), Some((3.0, 0.9)));
    }
}
