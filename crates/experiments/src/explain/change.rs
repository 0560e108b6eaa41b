//! Changes that may help, by kind of trouble.

use sim_core::conf::layout::yarn::YarnSizes;
use sim_core::conf::layout::{ClusterManager, Deployment};
use sim_core::conf::{Conf, Key};
use sim_core::outcome::{Cause, FailureKind, LossReason};
use sim_core::storage::StorageLevel;
use workload::plan::Operator;

use super::report::FindingKind;
use crate::{Case, Input};

/// A kind of change; the order is that in which changes are tried and told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Remedy {
    TwicePartitions,
    FourTimesPartitions,
    SmallerSplits,
    SmallerCoalesced,
    FewerPartitions,
    HalfCores,
    StorageFractionLow,
    StorageFractionHigh,
    FractionHigh,
    FractionLow,
    HalfMoreMemory,
    TwiceMemory,
    OffHeap,
    SortMergeJoin,
    AndDisk,
    Serialized,
    NoCache,
    MoreOverhead,
    MorePysparkMemory,
    TwiceDriverMemory,
    FourTimesDriverMemory,
    MoreDriverOverhead,
    TwiceResultSize,
    NoResultLimit,
    NoBroadcast,
    LargerBroadcasts,
    LargerMessages,
    LargerStacks,
    MoreAttempts,
    ShuffleService,
}

use Remedy as R;

/// What is tried against a finding; also what is often advised and does not help, so that it is seen not to.
pub(super) fn remedies(kind: FindingKind, failure: Option<FailureKind>) -> &'static [Remedy] {
    match kind {
        FindingKind::Failure | FindingKind::ObservedFailure | FindingKind::Stall => {
            failure.map_or(&[], of_failure)
        }
        FindingKind::Spill => &[
            R::TwicePartitions,
            R::FourTimesPartitions,
            R::SmallerSplits,
            R::SmallerCoalesced,
            R::HalfCores,
            R::StorageFractionLow,
            R::FractionHigh,
            R::HalfMoreMemory,
            R::TwiceMemory,
            R::OffHeap,
            R::Serialized,
        ],
        FindingKind::Eviction => &[
            R::TwicePartitions,
            R::StorageFractionHigh,
            R::FractionHigh,
            R::HalfMoreMemory,
            R::TwiceMemory,
            R::OffHeap,
            R::AndDisk,
            R::Serialized,
        ],
        FindingKind::TooFewPartitions => {
            &[R::TwicePartitions, R::FourTimesPartitions, R::SmallerSplits, R::SmallerCoalesced]
        }
        FindingKind::TooManyPartitions => &[R::FewerPartitions],
        FindingKind::Skew => &[R::TwicePartitions, R::FourTimesPartitions, R::HalfMoreMemory],
        FindingKind::UselessCache => &[R::NoCache],
        FindingKind::WastedMemory => &[],
    }
}

/// Every kind of failure is answered: the compiler asks for it.
fn of_failure(failure: FailureKind) -> &'static [Remedy] {
    match failure {
        FailureKind::ExecutionMemory => &[
            R::TwicePartitions,
            R::FourTimesPartitions,
            R::SmallerSplits,
            R::SmallerCoalesced,
            R::HalfCores,
            R::StorageFractionLow,
            R::FractionHigh,
            R::HalfMoreMemory,
            R::TwiceMemory,
            R::OffHeap,
            R::SortMergeJoin,
            R::MoreOverhead,
        ],
        FailureKind::ExecutorHeap | FailureKind::GcOverhead => &[
            R::TwicePartitions,
            R::FourTimesPartitions,
            R::HalfCores,
            R::StorageFractionLow,
            R::FractionLow,
            R::HalfMoreMemory,
            R::TwiceMemory,
            R::Serialized,
            R::NoBroadcast,
            R::MoreOverhead,
        ],
        FailureKind::ContainerLimit => {
            &[R::MoreOverhead, R::MorePysparkMemory, R::HalfCores, R::TwicePartitions, R::HalfMoreMemory]
        }
        FailureKind::PythonMemory => {
            &[R::MorePysparkMemory, R::HalfCores, R::TwicePartitions, R::MoreOverhead, R::HalfMoreMemory]
        }
        FailureKind::DriverHeap => &[
            R::TwiceDriverMemory,
            R::FourTimesDriverMemory,
            R::NoBroadcast,
            R::TwicePartitions,
            R::HalfMoreMemory,
        ],
        FailureKind::DriverContainer => &[R::MoreDriverOverhead, R::TwiceDriverMemory, R::NoBroadcast],
        FailureKind::MaxResultSize => {
            &[R::TwiceResultSize, R::NoResultLimit, R::NoBroadcast, R::TwiceDriverMemory]
        }
        FailureKind::BroadcastLimit => &[R::NoBroadcast, R::LargerBroadcasts, R::TwiceDriverMemory],
        FailureKind::TaskResultOrRpcSize => &[R::LargerMessages, R::TwicePartitions, R::TwiceDriverMemory],
        FailureKind::StackOverflow => &[R::LargerStacks, R::HalfMoreMemory],
        FailureKind::ExecutorLostOther => &[R::MoreAttempts, R::ShuffleService, R::HalfMoreMemory],
        FailureKind::NotMemory => &[],
    }
}

/// A change of an input.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) id: &'static str,
    pub(super) text: String,
    pub(super) settings: Vec<(Key, String)>,
    pub(super) edit: Option<Edit>,
}

/// A change of what runs.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// The level of every cache that this function changes.
    Levels(fn(StorageLevel) -> Option<StorageLevel>),
    /// No cache of that name.
    Uncache(String),
}

/// The change that a remedy is for this case; `None` where there is nothing to change.
pub(super) fn change(remedy: Remedy, case: &Case, input: &Input, cause: Option<&Cause>) -> Option<Change> {
    let conf = &case.conf;
    let set = |id, text: &str, settings: Vec<(Key, String)>| {
        Some(Change { id, text: text.to_owned(), settings, edit: None })
    };
    match remedy {
        R::TwicePartitions => set("twice_the_partitions", "twice the partitions", partitions(case, 2, 1)),
        R::FourTimesPartitions => {
            set("four_times_the_partitions", "4 x the partitions", partitions(case, 4, 1))
        }
        R::FewerPartitions => {
            set("a_quarter_of_the_partitions", "a quarter of the partitions", partitions(case, 1, 4))
        }
        R::SmallerSplits => {
            let half = |key: Key| (key, (conf.bytes(key) / 2).max(1).to_string());
            let keys = [Key::SqlFilesMaxPartitionBytes, Key::FilesMaxPartitionBytes];
            set("smaller_splits", "half the bytes of files a task", keys.map(half).to_vec())
        }
        R::SmallerCoalesced => {
            let keys = [Key::SqlAdaptiveEnabled, Key::SqlAdaptiveCoalescePartitionsEnabled];
            let quarter = conf.bytes(Key::SqlAdaptiveAdvisoryPartitionSizeInBytes) / 4;
            let settings = vec![(Key::SqlAdaptiveAdvisoryPartitionSizeInBytes, quarter.max(1).to_string())];
            let id = "smaller_coalesced_partitions";
            let text = "a quarter of the bytes that adaptive execution puts into a task";
            if keys.iter().all(|key| conf.flag(*key)) { set(id, text, settings) } else { None }
        }
        R::HalfCores => half_cores(conf),
        R::StorageFractionLow => {
            fraction(conf, Key::MemoryStorageFraction, 0.1, "storage_fraction_low", false)
        }
        R::StorageFractionHigh => {
            fraction(conf, Key::MemoryStorageFraction, 0.9, "storage_fraction_high", true)
        }
        R::FractionHigh => fraction(conf, Key::MemoryFraction, 0.75, "memory_fraction_high", true),
        R::FractionLow => fraction(conf, Key::MemoryFraction, 0.4, "memory_fraction_low", false),
        R::HalfMoreMemory => {
            memory(conf, "half_more_memory", "half more heap", |mib| mib.saturating_mul(3) / 2)
        }
        R::TwiceMemory => memory(conf, "twice_the_memory", "twice the heap", |mib| mib.saturating_mul(2)),
        R::OffHeap if conf.flag(Key::MemoryOffHeapEnabled) => {
            let size = conf.bytes(Key::MemoryOffHeapSize).saturating_mul(2);
            set("more_off_heap", "twice the off-heap pool", vec![(Key::MemoryOffHeapSize, size.to_string())])
        }
        R::OffHeap => {
            let size = format!("{}m", (conf.mib(heap_key(conf)) / 2).max(1));
            let settings =
                vec![(Key::MemoryOffHeapEnabled, "true".to_owned()), (Key::MemoryOffHeapSize, size)];
            set("off_heap", "an off-heap pool of half the heap", settings)
        }
        R::SortMergeJoin => {
            edit_free(conf, Key::SqlJoinPreferSortMergeJoin, "sort_merge_join", "sort-merge joins")
        }
        R::AndDisk => {
            levels(input, "cache_and_disk", "cached with a copy on disk for what memory drops", |level| {
                (level.use_memory && !level.use_disk).then_some(StorageLevel { use_disk: true, ..level })
            })
        }
        R::Serialized => levels(input, "cache_serialized", "cached as serialized bytes", |level| {
            (level.use_memory && level.deserialized).then_some(StorageLevel { deserialized: false, ..level })
        }),
        R::NoCache => None,
        R::MoreOverhead => {
            let missing = cause.map_or(0, missing_mib);
            let now = container_overhead(case);
            // YARN rounds up: less than its step may give the container that there is.
            let step = YarnSizes::of(conf).increment_mib;
            let more = now.saturating_add(missing.max(now / 2).max(step)).saturating_add(missing / 10);
            set(
                "more_overhead",
                "more overhead in the container",
                vec![(Key::ExecutorMemoryOverhead, format!("{more}m"))],
            )
        }
        R::MorePysparkMemory => {
            let now = conf.optional_mib(Key::ExecutorPysparkMemory).unwrap_or(512);
            let value = format!("{}m", now.saturating_mul(2));
            set(
                "more_pyspark_memory",
                "more memory for Python workers",
                vec![(Key::ExecutorPysparkMemory, value)],
            )
        }
        R::TwiceDriverMemory => driver_memory(conf, "twice_the_driver_memory", "twice the driver's heap", 2),
        R::FourTimesDriverMemory => {
            driver_memory(conf, "four_times_the_driver_memory", "4 x the driver's heap", 4)
        }
        R::MoreDriverOverhead => {
            let now = conf.optional_mib(Key::DriverMemoryOverhead);
            let now = now.unwrap_or_else(|| (conf.mib(Key::DriverMemory) / 10).max(384));
            let value = format!("{}m", now.saturating_mul(2));
            set(
                "more_driver_overhead",
                "twice the driver's overhead",
                vec![(Key::DriverMemoryOverhead, value)],
            )
        }
        R::TwiceResultSize => {
            let twice = conf.bytes(Key::DriverMaxResultSize).saturating_mul(2);
            let limit = vec![(Key::DriverMaxResultSize, twice.to_string())];
            (twice > 0).then(|| set("twice_the_result_size", "twice the results allowed", limit))?
        }
        R::NoResultLimit => {
            set("no_result_limit", "no limit of results", vec![(Key::DriverMaxResultSize, "0".to_owned())])
        }
        R::NoBroadcast => {
            let keys = [Key::SqlAutoBroadcastJoinThreshold, Key::SqlAdaptiveAutoBroadcastJoinThreshold];
            set(
                "no_broadcast",
                "no automatic broadcast joins",
                keys.map(|key| (key, "-1".to_owned())).to_vec(),
            )
        }
        R::LargerBroadcasts if conf.version() >= sim_core::conf::SparkVersion::V4_1 => {
            let twice = conf.bytes(Key::SqlMaxBroadcastTableSize).saturating_mul(2);
            set(
                "larger_broadcasts",
                "twice the table allowed",
                vec![(Key::SqlMaxBroadcastTableSize, twice.to_string())],
            )
        }
        R::LargerBroadcasts => None,
        R::LargerMessages => {
            let value = conf.int(Key::RpcMessageMaxSize).saturating_mul(4).min(2047).to_string();
            set("larger_messages", "4 x the size of a message", vec![(Key::RpcMessageMaxSize, value)])
        }
        R::LargerStacks => {
            let keys = [Key::ExecutorExtraJavaOptions, Key::DriverExtraJavaOptions];
            let with =
                |key: Key| (key, format!("{} -Xss16m", conf.text(key).unwrap_or_default()).trim().to_owned());
            set("larger_stacks", "stacks of 16 MiB", keys.map(with).to_vec())
        }
        R::MoreAttempts => {
            let value = conf.int(Key::TaskMaxFailures).saturating_mul(2).to_string();
            set("more_attempts", "twice the attempts of a task", vec![(Key::TaskMaxFailures, value)])
        }
        R::ShuffleService => edit_free(
            conf,
            Key::ShuffleServiceEnabled,
            "shuffle_service",
            "map output kept outside of executors",
        ),
    }
}

/// No cache of that name.
pub(super) fn uncache(name: &str) -> Change {
    let text = format!("`{name}` is not cached");
    Change { id: "no_cache", text, settings: Vec::new(), edit: Some(Edit::Uncache(name.to_owned())) }
}

/// A heap of that many MiB.
pub(super) fn heap(conf: &Conf, id: &'static str, text: &str, mib: u64) -> Change {
    let settings = vec![(heap_key(conf), format!("{mib}m"))];
    Change { id, text: text.to_owned(), settings, edit: None }
}

/// The setting of the heap in which tasks run.
pub(super) fn heap_key(conf: &Conf) -> Key {
    match Deployment::of(conf).manager {
        ClusterManager::Local => Key::DriverMemory,
        _ => Key::ExecutorMemory,
    }
}

fn partitions(case: &Case, times: i64, parts: i64) -> Vec<(Key, String)> {
    let conf = &case.conf;
    let cores: i64 = case.run_conf.executors.iter().map(|executor| i64::from(executor.cores)).sum();
    let scaled = |now: i64| (now.saturating_mul(times) / parts).max(1).to_string();
    let rdd = conf.optional_int(Key::DefaultParallelism).unwrap_or(cores.max(2));
    vec![
        (Key::SqlShufflePartitions, scaled(conf.int(Key::SqlShufflePartitions))),
        (Key::DefaultParallelism, scaled(rdd)),
    ]
}

fn half_cores(conf: &Conf) -> Option<Change> {
    let text = "half the cores, so half as many tasks share the pool".to_owned();
    let change = |key: Key, value: String| Change {
        id: "half_the_cores",
        text,
        settings: vec![(key, value)],
        edit: None,
    };
    if Deployment::of(conf).manager == ClusterManager::Local {
        let inside = conf.text(Key::Master)?.strip_prefix("local[")?.strip_suffix(']')?;
        let (cores, failures) = inside.split_once(',').map_or((inside, None), |(c, f)| (c, Some(f)));
        let half = cores.trim().parse::<u32>().ok()? / 2;
        let failures = failures.map_or(String::new(), |failures| format!(",{failures}"));
        return (half > 0).then(|| change(Key::Master, format!("local[{half}{failures}]")));
    }
    let half = conf.int(Key::ExecutorCores) / 2;
    let cpus = conf.nano_cpus(Key::TaskCpus).div_ceil(1_000_000_000);
    (u64::try_from(half).is_ok_and(|half| half >= cpus.max(1)))
        .then(|| change(Key::ExecutorCores, half.to_string()))
}

/// A fraction moved to a value, where that is a step in the wanted direction.
fn fraction(conf: &Conf, key: Key, value: f64, id: &'static str, up: bool) -> Option<Change> {
    let now = conf.double(key);
    let moves = if up { value > now } else { value < now };
    let what = if key == Key::MemoryFraction { "pool" } else { "storage region" };
    let size = if up { "larger" } else { "smaller" };
    let text = format!("a {size} {what}: {value} instead of {now}");
    moves.then(|| Change { id, text, settings: vec![(key, value.to_string())], edit: None })
}

fn memory(conf: &Conf, id: &'static str, text: &str, more: fn(u64) -> u64) -> Option<Change> {
    Some(heap(conf, id, text, more(conf.mib(heap_key(conf)))))
}

fn driver_memory(conf: &Conf, id: &'static str, text: &str, times: u64) -> Option<Change> {
    let value = format!("{}m", conf.mib(Key::DriverMemory).saturating_mul(times));
    Some(Change { id, text: text.to_owned(), settings: vec![(Key::DriverMemory, value)], edit: None })
}

/// A switch that is off, turned on.
fn edit_free(conf: &Conf, key: Key, id: &'static str, text: &str) -> Option<Change> {
    let on = || Change { id, text: text.to_owned(), settings: vec![(key, "true".to_owned())], edit: None };
    (!conf.flag(key)).then(on)
}

fn levels(
    input: &Input,
    id: &'static str,
    text: &str,
    level: fn(StorageLevel) -> Option<StorageLevel>,
) -> Option<Change> {
    let plan = &input.scenario.plan;
    let of_nodes = plan.nodes.iter().any(|node| match node.operator {
        Operator::Cache { level: now, .. } => level(now).is_some(),
        _ => false,
    });
    let of_log =
        plan.recording.iter().any(|recording| recording.rdds.iter().any(|rdd| level(rdd.level).is_some()));
    (of_nodes || of_log).then(|| Change {
        id,
        text: text.to_owned(),
        settings: Vec::new(),
        edit: Some(Edit::Levels(level)),
    })
}

impl Edit {
    /// The input with this change.
    pub(super) fn apply(&self, input: &Input) -> Input {
        let mut input = input.clone();
        let plan = &mut input.scenario.plan;
        match self {
            Self::Levels(change) => {
                for node in &mut plan.nodes {
                    if let Operator::Cache { level, .. } = &mut node.operator {
                        *level = change(*level).unwrap_or(*level);
                    }
                }
                for rdd in plan.recording.iter_mut().flat_map(|recording| &mut recording.rdds) {
                    rdd.level = change(rdd.level).unwrap_or(rdd.level);
                }
            }
            Self::Uncache(name) => {
                let cached = |node: &workload::plan::Node| {
                    node.name == *name && matches!(node.operator, Operator::Cache { .. })
                };
                let nodes: Vec<bool> = plan.nodes.iter().map(cached).collect();
                for (node, _) in plan.nodes.iter_mut().zip(&nodes).filter(|(_, cached)| **cached) {
                    // Rows go through, and it takes no time.
                    node.operator = Operator::Narrow;
                    node.cpu_ns_per_row = Some(0);
                }
                for job in &mut plan.jobs {
                    job.unpersist.retain(|node| !nodes[node.0 as usize]);
                }
            }
        }
        input
    }
}

/// How much a container was above its limit.
fn missing_mib(cause: &Cause) -> u64 {
    let report = match cause {
        Cause::DriverContainer(report) => Some(report),
        Cause::ExecutorLost(loss) | Cause::ExecutorFailures { last: loss, .. } => match &loss.reason {
            LossReason::ContainerLimit(report) => Some(report),
            _ => None,
        },
        _ => None,
    };
    report.map_or(0, |report| report.used.0.saturating_sub(report.limit.0).div_ceil(1 << 20))
}

fn container_overhead(case: &Case) -> u64 {
    super::figures::container(case).map_or(384, |container| container.overhead_mib)
}
