//! The driver of the settings: what a run is told of it.

use super::layout::yarn::YarnSizes;
use super::layout::{ClusterManager, Collector, Container, DeployMode, Deployment, InitialHeap, Layout};
use super::layout::{Language, runtime_max_memory};
use super::quantity::byte_string_as;
use super::unit::ByteUnit;
use super::{Conf, Key};
use crate::engine::{DriverConf, DriverContainer};
use crate::units::{Bytes, SimTime};

/// What is live in the heap of a driver that has run nothing but a small query.
const IDLE: Bytes = Bytes::mib(47);
/// What is live for each task of a stage that runs: 1.7 to 2.6 kB of real ones.
const TASK: Bytes = Bytes(2_600);
/// What stays of it: 0.5 to 0.6 kB.
const KEPT_TASK: Bytes = Bytes(550);
/// What stays of a map's output: 280 to 860 B, for 200 to 4,000 reducers.
const MAP_OUTPUT: Bytes = Bytes(450);
/// What the driver's JVM takes outside of its heap: 1,213 MiB were resident of a full heap of 1 GiB.
const NON_HEAP: Bytes = Bytes::mib(190);
/// Negative times are none, which the kind of the key makes the longest of all.
const FOREVER: SimTime = SimTime(1 << 62);
/// `-Xss` of a JVM that is told nothing, on Linux of 64 bits.
const DEFAULT_STACK: Bytes = Bytes::mib(1);
/// `BroadcastExchangeExec.MAX_BROADCAST_TABLE_BYTES`, before it was a setting.
const MAX_BROADCAST_TABLE_BYTES: Bytes = Bytes::gib(8);

impl DriverConf {
    /// The driver of the settings; in `local[n]` `layout` is its own.
    #[must_use]
    pub fn resolve(conf: &Conf, deployment: &Deployment, layout: &Layout) -> Self {
        let local = deployment.manager == ClusterManager::Local;
        let message = Bytes(u64::try_from(conf.int(Key::RpcMessageMaxSize)).unwrap_or(0) << 20);
        let (heap, storage) = if local {
            (layout.system_memory_bytes, layout.pools.max_heap_bytes)
        } else {
            let initial = InitialHeap::BelowMaximum;
            let heap = runtime_max_memory(
                conf.bytes(Key::DriverMemory),
                Collector::of(conf, Key::DriverExtraJavaOptions),
                initial,
            );
            let usable = heap.saturating_sub(layout.reserved_bytes);
            (heap, (usable as f64 * conf.double(Key::MemoryFraction)) as u64)
        };
        Self {
            local,
            max_result_size: Some(Bytes(conf.bytes(Key::DriverMaxResultSize))).filter(|size| !size.is_zero()),
            max_direct_result_size: Bytes(conf.bytes(Key::TaskMaxDirectResultSize)).min(message),
            max_message_size: (!local).then_some(message),
            getter_threads: u32::try_from(conf.int(Key::ResultGetterThreads)).unwrap_or(1),
            heap: Bytes(heap),
            idle: IDLE,
            task_bytes: TASK,
            kept_task_bytes: KEPT_TASK,
            map_output_bytes: MAP_OUTPUT,
            storage: Bytes(storage),
            container: container(conf, deployment),
            max_broadcast_bytes: if conf.semantics().broadcast_limit_is_a_key {
                Bytes(conf.bytes(Key::SqlMaxBroadcastTableSize))
            } else {
                MAX_BROADCAST_TABLE_BYTES
            },
            broadcast_timeout: Some(SimTime(conf.time_ns(Key::SqlBroadcastTimeout)))
                .filter(|&timeout| timeout > SimTime::ZERO && timeout < FOREVER),
            stack: conf.text(Key::DriverExtraJavaOptions).and_then(stack_size).unwrap_or(DEFAULT_STACK),
        }
    }
}

/// Of a driver in cluster mode; others have none.
fn container(conf: &Conf, deployment: &Deployment) -> Option<DriverContainer> {
    if deployment.mode != DeployMode::Cluster {
        return None;
    }
    let asked = Container::driver(conf, deployment).total_mib();
    let (limit, exit_code) = match deployment.manager {
        ClusterManager::Yarn => (YarnSizes::of(conf).normalize(asked), -104),
        ClusterManager::Kubernetes => (asked, 137),
        ClusterManager::Local | ClusterManager::Standalone => return None,
    };
    let python = deployment.language == Language::Python;
    let non_heap = if python { NON_HEAP + PYTHON_DRIVER } else { NON_HEAP };
    Some(DriverContainer { limit: Bytes::mib(limit), non_heap, exit_code })
}

/// A Python driver that has done nothing.
const PYTHON_DRIVER: Bytes = Bytes::mib(45);

/// The last `-Xss` (or `-XX:ThreadStackSize`, in KiB) of a JVM's options.
fn stack_size(options: &str) -> Option<Bytes> {
    let size = |option: &str| {
        if let Some(size) = option.strip_prefix("-Xss") {
            return byte_string_as(size, ByteUnit::B).ok();
        }
        let kib = option.strip_prefix("-XX:ThreadStackSize=")?;
        byte_string_as(kib, ByteUnit::KiB).ok()?.checked_mul(1024)
    };
    options.split_whitespace().filter_map(size).next_back().filter(|&bytes| bytes > 0).map(Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::{ClusterShape, SparkVersion};
    use crate::engine::RunConf;

    fn driver(version: SparkVersion, settings: &[(&str, &str)]) -> DriverConf {
        let conf = Conf::builder(version).layer("test", settings.iter().copied()).build();
        let conf = conf.expect("good settings");
        RunConf::resolve(&conf, ClusterShape::default()).expect("good sizes").0.driver
    }

    #[test]
    fn the_defaults_are_those_of_spark() {
        let driver = driver(SparkVersion::V3_5, &[]);
        assert_eq!(driver.max_result_size, Some(Bytes::gib(1)));
        assert_eq!(driver.max_direct_result_size, Bytes::mib(1));
        assert_eq!(driver.max_message_size, Some(Bytes::mib(128)));
        assert_eq!(driver.max_broadcast_bytes, Bytes::gib(8));
        assert_eq!(driver.broadcast_timeout, Some(SimTime::from_ms(300_000)));
        assert_eq!((driver.heap, driver.stack, driver.getter_threads), (Bytes::gib(1), Bytes::mib(1), 4));
        assert_eq!(driver.container, None);
        // (1024 - 300) * 0.6
        assert_eq!(driver.storage, Bytes(455_501_414));
    }

    #[test]
    fn zero_is_no_limit_and_local_sends_no_message() {
        let settings = [("spark.driver.maxResultSize", "0"), ("spark.master", "local[2]")];
        let local = driver(SparkVersion::V3_5, &settings);
        assert_eq!((local.max_result_size, local.max_message_size), (None, None));
        assert!(local.local);
        let small = driver(SparkVersion::V3_5, &[("spark.task.maxDirectResultSize", "1g")]);
        assert_eq!(small.max_direct_result_size, Bytes::mib(128));
        assert_eq!(
            driver(SparkVersion::V3_5, &[("spark.sql.broadcastTimeout", "-1")]).broadcast_timeout,
            None
        );
    }

    #[test]
    fn the_broadcast_limit_is_a_setting_since_4_1() {
        let setting = [("spark.sql.maxBroadcastTableSize", "1g")];
        assert_eq!(driver(SparkVersion::V4_0, &setting).max_broadcast_bytes, Bytes::gib(8));
        assert_eq!(driver(SparkVersion::V4_1, &setting).max_broadcast_bytes, Bytes::gib(1));
    }

    #[test]
    fn a_stack_is_what_the_last_option_says() {
        let stack = |options| stack_size(options);
        assert_eq!(stack("-Xss4m"), Some(Bytes::mib(4)));
        assert_eq!(stack("-XX:+UseG1GC -Xss512k -Xss2m -Dx=y"), Some(Bytes::mib(2)));
        assert_eq!(stack("-XX:ThreadStackSize=2048"), Some(Bytes::mib(2)));
        assert_eq!(stack("-Xmx1g"), None);
    }

    #[test]
    fn a_driver_in_the_cluster_has_a_container() {
        let cluster = ("spark.submit.deployMode", "cluster");
        let pod = driver(SparkVersion::V3_5, &[cluster]).container.expect("a pod");
        assert_eq!((pod.limit, pod.exit_code), (Bytes::mib(1024 + 384), 137));
        let yarn = driver(SparkVersion::V3_5, &[cluster, ("spark.master", "yarn")]).container;
        assert_eq!(yarn.map(|yarn| (yarn.limit, yarn.exit_code)), Some((Bytes::mib(2048), -104)));
    }
}
