//! From settings to what a run is told of scheduling.

use super::{Conf, Key};
use crate::engine::{FetchConf, SchedulingConf, SlowNode, SpeculationConf};
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
    fn speculation_is_more_patient_since_4_0() {
        let on = [("spark.speculation", "true")];
        assert_eq!(of(SparkVersion::V3_5, &[]).speculation, None);
        let patience = |version| of(version, &on).speculation.map(|on| (on.multiplier, on.quantile));
        assert_eq!(patience(SparkVersion::V3_5), Some((1.5, 0.75)));
        assert_eq!(patience(SparkVersion::V4_0), Some((3.0, 0.9)));
    }
}
