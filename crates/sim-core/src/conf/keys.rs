//! The one table of keys: every setting that lowering or a run reads.
//!
//! Kinds, units, defaults and ranges of `spark.*` keys are those of Spark's own definitions
//! (`internal/config/package.scala`, `SQLConf.scala`, `deploy/yarn/config.scala`,
//! `deploy/k8s/Config.scala`), asked of the released 3.5.6, 4.1.4 and 4.3.0. A range is narrower
//! than Spark's where a value outside it is accepted there but cannot work: fractions of the heap,
//! negative times, no cores. What Spark has no key for is spelled `poolsim.*`.
//!
//! A row reads: what it means, then
//! `Name = "key": kind and unit of a bare number, default, who reads it, range, first version`.
//! Rows are sorted by key, so that a name is found by bisection and an index is a key.

use super::kind::Allowed::{Any, AtLeast, Between, Real};
use super::kind::DefaultValue::{Is, SameAs, Since, Unset};
use super::kind::End::{Closed, Open};
use super::kind::Kind::{Bool, Bytes, Cpus, Double, Enum, Int, Long, Text, Time};
use super::kind::Reads::{Both, Plan, Run};
use super::kind::{Allowed, KeyRow};
use super::unit::ByteUnit::{B, KiB, MiB};
use super::unit::TimeUnit::{Millis, Seconds};
use super::version::SparkVersion::{V3_5, V4_0, V4_1, V4_3};

const MIB: i64 = 1 << 20;
const NANOS_PER_MS: i64 = 1_000_000;
const INT_MAX: i64 = i32::MAX as i64;
/// `ByteArrayMethods.MAX_ROUNDED_ARRAY_LENGTH`: the longest array Spark makes.
const MAX_ARRAY: i64 = INT_MAX - 15;

const FROM_0: Allowed = Real(Closed(0.0), Closed(f64::MAX));
const FROM_0_TO_1: Allowed = Real(Closed(0.0), Closed(1.0));
const FROM_0_BELOW_1: Allowed = Real(Closed(0.0), Open(1.0));
const ABOVE_0: Allowed = Real(Open(0.0), Closed(f64::MAX));
const ABOVE_0_TO_1: Allowed = Real(Open(0.0), Closed(1.0));

macro_rules! table_of_keys {
    ($(
        #[doc = $meaning:literal]
        $name:ident = $text:literal:
            $kind:expr, $default:expr, $reads:expr, $allowed:expr, $since:expr;
    )+) => {
        /// A setting that the model reads; its number is its index in [`KEYS`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Key {
            $(
                #[doc = concat!("`", $text, "`:", $meaning)]
                $name,
            )+
        }

        /// All rows, sorted by name.
        pub static KEYS: &[KeyRow] = &[
            $(KeyRow {
                key: Key::$name,
                name: $text,
                kind: $kind,
                default: $default,
                reads: $reads,
                since: $since,
                allowed: $allowed,
                meaning: $meaning.trim_ascii(),
            },)+
        ];
    };
}

impl Key {
    /// The row of this key.
    pub fn row(self) -> &'static KeyRow {
        &KEYS[self as usize]
    }

    /// The name as users write it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The key of this name. Names are case-sensitive, as Spark's.
    pub fn find(name: &str) -> Option<Key> {
        let index = KEYS.binary_search_by(|row| row.name.cmp(name)).ok()?;
        Some(KEYS[index].key)
    }

    /// The key that an older name stands for (`SparkConf.configsWithAlternatives` and
    /// `ConfigBuilder.withAlternative`). The newer name wins where both are set.
    pub fn of_older_name(name: &str) -> Option<Key> {
        let (_, key) = OLDER_NAMES.iter().find(|(older, _)| *older == name)?;
        Some(*key)
    }
}

static OLDER_NAMES: &[(&str, Key)] = &[
    (
        "spark.blacklist.application.maxFailedExecutorsPerNode",
        Key::ExcludeOnFailureApplicationMaxFailedExecutorsPerNode,
    ),
    (
        "spark.blacklist.application.maxFailedTasksPerExecutor",
        Key::ExcludeOnFailureApplicationMaxFailedTasksPerExecutor,
    ),
    ("spark.blacklist.enabled", Key::ExcludeOnFailureEnabled),
    ("spark.blacklist.stage.maxFailedExecutorsPerNode", Key::ExcludeOnFailureStageMaxFailedExecutorsPerNode),
    ("spark.blacklist.stage.maxFailedTasksPerExecutor", Key::ExcludeOnFailureStageMaxFailedTasksPerExecutor),
    ("spark.blacklist.task.maxTaskAttemptsPerExecutor", Key::ExcludeOnFailureTaskMaxTaskAttemptsPerExecutor),
    ("spark.blacklist.task.maxTaskAttemptsPerNode", Key::ExcludeOnFailureTaskMaxTaskAttemptsPerNode),
    ("spark.blacklist.timeout", Key::ExcludeOnFailureTimeout),
    ("spark.reducer.maxReqSizeShuffleToMem", Key::NetworkMaxRemoteBlockSizeFetchToMem),
    (
        "spark.scheduler.blacklist.unschedulableTaskSetTimeout",
        Key::SchedulerExcludeOnFailureUnschedulableTaskSetTimeout,
    ),
    ("spark.sql.adaptive.shuffle.targetPostShuffleInputSize", Key::SqlAdaptiveAdvisoryPartitionSizeInBytes),
    ("spark.unsafe.offHeap", Key::MemoryOffHeapEnabled),
    ("spark.yarn.driver.memoryOverhead", Key::DriverMemoryOverhead),
    ("spark.yarn.executor.failuresValidityInterval", Key::ExecutorFailuresValidityInterval),
    ("spark.yarn.executor.memoryOverhead", Key::ExecutorMemoryOverhead),
    ("spark.yarn.max.executor.failures", Key::ExecutorMaxNumFailures),
];

table_of_keys! {
    /// Boundary between execution and storage.
    PoolsimBoundary = "poolsim.boundary":
        Enum(&["unified", "static", "no-borrowing"]), Is("unified"), Run, Any, V3_5;
    /// CPU time for each byte of a step, in picoseconds.
    PoolsimCpuBytePs = "poolsim.cpu.bytePs": Long, Is("500"), Plan, AtLeast(0), V3_5;
    /// CPU time for each row of a step, in nanoseconds.
    PoolsimCpuRowNs = "poolsim.cpu.rowNs": Long, Is("50"), Plan, AtLeast(0), V3_5;
    /// CPU time to serialize or read back a byte, in picoseconds.
    PoolsimCpuSerializeBytePs = "poolsim.cpu.serializeBytePs":
        Long, Is("1500"), Both, AtLeast(0), V3_5;
    /// CPU time for each comparison of a sort, in nanoseconds.
    PoolsimCpuSortCompareNs = "poolsim.cpu.sortCompareNs": Long, Is("10"), Plan, AtLeast(0), V3_5;
    /// Throughput of an executor's disk, in bytes each second; with 0 it takes no time.
    PoolsimDiskBytesPerSecond = "poolsim.disk.bytesPerSecond":
        Bytes(B), Is("500m"), Run, AtLeast(0), V3_5;
    /// Time that the driver spends on launching a task, in milliseconds.
    PoolsimDriverLaunchMs = "poolsim.driver.launchMs":
        Long, Is("1"), Run, Between(0, 60_000), V3_5;
    /// Time from the loss of an executor to the registration of the one that is started in its place, in milliseconds.
    PoolsimExecutorStartMs = "poolsim.executor.startMs":
        Long, Is("5000"), Run, Between(0, 3_600_000), V3_5;
    /// Whether the application is a Python one: PySpark memory and the Kubernetes factor 0.4 apply.
    PoolsimIsPython = "poolsim.isPython": Bool, Is("false"), Both, Any, V3_5;
    /// Garbage that a task makes in a millisecond of CPU time; without any, nothing is collected.
    PoolsimJvmAllocationBytesPerCpuMs = "poolsim.jvm.allocationBytesPerCpuMs":
        Bytes(B), Is("0"), Run, Between(0, 1 << 40), V3_5;
    /// What an executor's heap holds before its first task: Spark's own objects.
    PoolsimJvmBaseHeap = "poolsim.jvm.baseHeap": Bytes(B), Is("32m"), Run, AtLeast(0), V3_5;
    /// Garbage collector of every JVM.
    PoolsimJvmCollector = "poolsim.jvm.collector":
        Enum(&["g1", "parallel", "serial", "zgc", "shenandoah", "cms"]), Is("g1"), Run, Any, V3_5;
    /// Time that a JVM takes to end after an error for want of heap, in milliseconds.
    PoolsimJvmExitMs = "poolsim.jvm.exitMs": Long, Is("830"), Run, Between(0, 60_000), V3_5;
    /// Whether collections take time; heaps run out of memory in any case.
    PoolsimJvmGc = "poolsim.jvm.gc": Bool, Is("true"), Run, Any, V3_5;
    /// Heap that the JVM says it has (`Runtime.maxMemory`); without, it follows from the heap's setting.
    PoolsimJvmMaxHeapMemory = "poolsim.jvm.maxHeapMemory": Bytes(B), Unset, Run, AtLeast(1), V3_5;
    /// Mean size of an object that a cache or user code holds: it decides what marking and copying take.
    PoolsimJvmObjectBytes = "poolsim.jvm.objectBytes": Bytes(B), Is("64"), Run, AtLeast(16), V3_5;
    /// Memory that a Kubernetes node offers pods; without, no pod is too large.
    PoolsimKubernetesNodeMemory = "poolsim.kubernetes.nodeMemory":
        Bytes(MiB), Unset, Run, AtLeast(MIB), V3_5;
    /// Throughput of an executor's network, in bytes each second; with 0 it takes no time.
    PoolsimNetworkBytesPerSecond = "poolsim.network.bytesPerSecond":
        Bytes(B), Is("1250000000"), Run, AtLeast(0), V3_5;
    /// Cores that share spark.executor.pyspark.memory: 1 if spark.executor.cores was not set.
    PoolsimPythonLimitCores = "poolsim.python.limitCores":
        Int, SameAs(Key::ExecutorCores), Run, AtLeast(1), V3_5;
    /// Seed of what has no specified order.
    PoolsimSeed = "poolsim.seed": Long, Is("0"), Run, Any, V3_5;
    /// How many times longer computing takes on the slow node.
    PoolsimSlowNodeFactor = "poolsim.slowNode.factor":
        Double, Is("1.0"), Run, Real(Closed(1.0), Closed(1000.0)), V3_5;
    /// The number of the node whose cores are slow.
    PoolsimSlowNodeIndex = "poolsim.slowNode.index": Int, Is("0"), Run, AtLeast(0), V3_5;
    /// CPU time to serialize, compress and write a byte of a spill's records, in picoseconds.
    PoolsimSpillCpuBytePs = "poolsim.spill.cpuBytePs":
        Long, SameAs(Key::PoolsimCpuSerializeBytePs), Run, AtLeast(0), V3_5;
    /// Bytes that a spill writes to disk for each byte of its records.
    PoolsimSpillDiskRatio = "poolsim.spill.diskRatio":
        Double, Is("0.9"), Run, Real(Open(0.0), Closed(1000.0)), V3_5;
    /// Which consumer of a task spills first.
    PoolsimSpillChoice = "poolsim.spillChoice":
        Enum(&["spark", "largest-first", "self-first"]), Is("spark"), Run, Any, V3_5;
    /// Memory that a standalone worker offers, `SPARK_WORKER_MEMORY`; without, no executor is too large.
    PoolsimStandaloneWorkerMemory = "poolsim.standalone.workerMemory":
        Bytes(MiB), Unset, Run, AtLeast(MIB), V3_5;
    /// Time from an offer to the start of its task, in milliseconds.
    PoolsimTaskLaunchMs = "poolsim.task.launchMs": Long, Is("10"), Run, Between(0, 60_000), V3_5;
    /// How much of the pool a task may have.
    PoolsimTaskShare = "poolsim.taskShare":
        Enum(&["spark", "greedy", "slots"]), Is("spark"), Run, Any, V3_5;
    /// Order in which waiting tasks wake.
    PoolsimWakeOrder = "poolsim.wakeOrder":
        Enum(&["hotspot", "fifo", "lifo", "seeded"]), Is("hotspot"), Run, Any, V3_5;
    /// Whether disks take no time, those that spills are written to neither.
    PoolsimWithoutDisk = "poolsim.without.disk": Bool, Is("false"), Run, Any, V3_5;
    /// Whether collecting garbage takes no time.
    PoolsimWithoutGc = "poolsim.without.gc": Bool, Is("false"), Run, Any, V3_5;
    /// Whether networks take no time.
    PoolsimWithoutNetwork = "poolsim.without.network": Bool, Is("false"), Run, Any, V3_5;
    /// Whether serializing and writing spills takes no time.
    PoolsimWithoutSpill = "poolsim.without.spill": Bool, Is("false"), Run, Any, V3_5;
    /// Step of container sizes; the minimum in the capacity scheduler.
    PoolsimYarnIncrementAllocation = "poolsim.yarn.incrementAllocation":
        Bytes(MiB), SameAs(Key::PoolsimYarnMinimumAllocation), Run, AtLeast(MIB), V3_5;
    /// Largest container, YARN's `yarn.scheduler.maximum-allocation-mb`.
    PoolsimYarnMaximumAllocation = "poolsim.yarn.maximumAllocation":
        Bytes(MiB), Is("8g"), Run, AtLeast(MIB), V3_5;
    /// Least container, YARN's `yarn.scheduler.minimum-allocation-mb`.
    PoolsimYarnMinimumAllocation = "poolsim.yarn.minimumAllocation":
        Bytes(MiB), Is("1g"), Run, AtLeast(MIB), V3_5;
    /// Milliseconds between two looks of YARN at containers, `yarn.nodemanager.container-monitor.interval-ms`.
    PoolsimYarnMonitorIntervalMs = "poolsim.yarn.monitorIntervalMs":
        Long, Is("3000"), Run, Between(1, 3_600_000), V3_5;
    /// Memory that a node offers containers, YARN's `yarn.nodemanager.resource.memory-mb`.
    PoolsimYarnNodeMemory = "poolsim.yarn.nodeMemory":
        Bytes(MiB), Is("8g"), Run, AtLeast(MIB), V3_5;
    /// Size of a piece of a broadcast variable.
    BroadcastBlockSize = "spark.broadcast.blockSize":
        Bytes(KiB), Is("4m"), Plan, AtLeast(1024), V3_5;
    /// Whether pieces of a broadcast variable have a checksum.
    BroadcastChecksum = "spark.broadcast.checksum": Bool, Is("true"), Run, Any, V3_5;
    /// Whether broadcast variables are compressed.
    BroadcastCompress = "spark.broadcast.compress": Bool, Is("true"), Plan, Any, V3_5;
    /// Page size of the task memory manager; unset, from the pool and the cores.
    BufferPageSize = "spark.buffer.pageSize": Bytes(B), Unset, Run, AtLeast(1), V3_5;
    /// Whether checkpoints are compressed (SPARK-52174).
    CheckpointCompress = "spark.checkpoint.compress":
        Bool, Since(&[(V3_5, Is("false")), (V4_1, Is("true"))]), Plan, Any, V3_5;
    /// Time between two collections that the driver forces.
    CleanerPeriodicGCInterval = "spark.cleaner.periodicGC.interval":
        Time(Seconds), Is("30min"), Run, AtLeast(0), V3_5;
    /// Whether executors leave in order.
    DecommissionEnabled = "spark.decommission.enabled": Bool, Is("false"), Run, Any, V3_5;
    /// Partitions of an RDD shuffle without a number of its own; unset, the cores.
    DefaultParallelism = "spark.default.parallelism": Int, Unset, Plan, AtLeast(1), V3_5;
    /// Executors that may fail in a row before the standalone master gives an application up; -1 means any number.
    DeployMaxExecutorRetries = "spark.deploy.maxExecutorRetries": Int, Is("10"), Run, Any, V3_5;
    /// Cores of the driver in cluster mode.
    DriverCores = "spark.driver.cores": Int, Is("1"), Run, AtLeast(1), V3_5;
    /// Options of the driver's JVM.
    DriverExtraJavaOptions = "spark.driver.extraJavaOptions": Text, Unset, Run, Any, V3_5;
    /// Bytes of results that a job may bring to the driver; 0 means no limit.
    DriverMaxResultSize = "spark.driver.maxResultSize": Bytes(B), Is("1g"), Run, AtLeast(0), V3_5;
    /// Heap of the driver.
    DriverMemory = "spark.driver.memory": Bytes(MiB), Is("1g"), Run, AtLeast(MIB), V3_5;
    /// Memory of the driver's container beside its heap; unset, a factor of the heap.
    DriverMemoryOverhead = "spark.driver.memoryOverhead": Bytes(MiB), Unset, Run, AtLeast(0), V3_5;
    /// Overhead of the driver as a factor of its heap.
    DriverMemoryOverheadFactor = "spark.driver.memoryOverheadFactor":
        Double, Is("0.1"), Run, ABOVE_0, V3_5;
    /// Least overhead of the driver where none is set; a constant 384 MiB before 4.0.
    DriverMinMemoryOverhead = "spark.driver.minMemoryOverhead":
        Bytes(MiB), Is("384m"), Run, AtLeast(0), V4_0;
    /// Idle time after which an executor with cached blocks is released.
    DynamicAllocationCachedExecutorIdleTimeout =
        "spark.dynamicAllocation.cachedExecutorIdleTimeout":
        Time(Seconds), Is("2147483647s"), Run, AtLeast(0), V3_5;
    /// Whether the number of executors follows the load.
    DynamicAllocationEnabled = "spark.dynamicAllocation.enabled": Bool, Is("false"), Run, Any, V3_5;
    /// Share of full parallelism that executors are asked for.
    DynamicAllocationExecutorAllocationRatio = "spark.dynamicAllocation.executorAllocationRatio":
        Double, Is("1.0"), Run, ABOVE_0_TO_1, V3_5;
    /// Idle time after which an executor is released.
    DynamicAllocationExecutorIdleTimeout = "spark.dynamicAllocation.executorIdleTimeout":
        Time(Seconds), Is("60s"), Run, AtLeast(0), V3_5;
    /// Executors at the start.
    DynamicAllocationInitialExecutors = "spark.dynamicAllocation.initialExecutors":
        Int, SameAs(Key::DynamicAllocationMinExecutors), Run, AtLeast(0), V3_5;
    /// Largest number of executors.
    DynamicAllocationMaxExecutors = "spark.dynamicAllocation.maxExecutors":
        Int, Is("2147483647"), Run, AtLeast(1), V3_5;
    /// Least number of executors.
    DynamicAllocationMinExecutors = "spark.dynamicAllocation.minExecutors":
        Int, Is("0"), Run, AtLeast(0), V3_5;
    /// Age of the backlog at which executors are asked for.
    DynamicAllocationSchedulerBacklogTimeout = "spark.dynamicAllocation.schedulerBacklogTimeout":
        Time(Seconds), Is("1s"), Run, AtLeast(0), V3_5;
    /// Whether executors with shuffle outputs in use are kept.
    DynamicAllocationShuffleTrackingEnabled = "spark.dynamicAllocation.shuffleTracking.enabled":
        Bool, Is("true"), Run, Any, V3_5;
    /// Idle time after which an executor with shuffle outputs is released.
    DynamicAllocationShuffleTrackingTimeout = "spark.dynamicAllocation.shuffleTracking.timeout":
        Time(Millis), Is("9223372036854775807ms"), Run, AtLeast(0), V3_5;
    /// Time from one such request to the next.
    DynamicAllocationSustainedSchedulerBacklogTimeout =
        "spark.dynamicAllocation.sustainedSchedulerBacklogTimeout":
        Time(Seconds), SameAs(Key::DynamicAllocationSchedulerBacklogTimeout), Run, AtLeast(0), V3_5;
    /// Whether the application avoids executors on which tasks fail; unset, as the key for both.
    ExcludeOnFailureApplicationEnabled =
        "spark.excludeOnFailure.application.enabled":
        Bool, Unset, Run, Any, V4_0;
    /// Executors left out by the application that make it leave out their node.
    ExcludeOnFailureApplicationMaxFailedExecutorsPerNode =
        "spark.excludeOnFailure.application.maxFailedExecutorsPerNode":
        Int, Is("2"), Run, AtLeast(1), V3_5;
    /// Failed tasks, in stages that succeed, for which the application leaves out an executor.
    ExcludeOnFailureApplicationMaxFailedTasksPerExecutor =
        "spark.excludeOnFailure.application.maxFailedTasksPerExecutor":
        Int, Is("2"), Run, AtLeast(1), V3_5;
    /// Whether executors on which tasks fail are avoided; unset, they are not.
    ExcludeOnFailureEnabled = "spark.excludeOnFailure.enabled": Bool, Unset, Run, Any, V3_5;
    /// Executors that a stage leaves out and that make it leave out their node.
    ExcludeOnFailureStageMaxFailedExecutorsPerNode =
        "spark.excludeOnFailure.stage.maxFailedExecutorsPerNode":
        Int, Is("2"), Run, AtLeast(1), V3_5;
    /// Failed tasks for which their stage leaves out an executor.
    ExcludeOnFailureStageMaxFailedTasksPerExecutor =
        "spark.excludeOnFailure.stage.maxFailedTasksPerExecutor":
        Int, Is("2"), Run, AtLeast(1), V3_5;
    /// Failures of a task on an executor after which it is not tried there again.
    ExcludeOnFailureTaskMaxTaskAttemptsPerExecutor =
        "spark.excludeOnFailure.task.maxTaskAttemptsPerExecutor":
        Int, Is("1"), Run, AtLeast(1), V3_5;
    /// Failures of a task on a node after which it is not tried there again.
    ExcludeOnFailureTaskMaxTaskAttemptsPerNode =
        "spark.excludeOnFailure.task.maxTaskAttemptsPerNode":
        Int, Is("2"), Run, AtLeast(1), V3_5;
    /// Whether tasks and stages avoid executors on which tasks fail; unset, as the key for both.
    ExcludeOnFailureTaskAndStageEnabled =
        "spark.excludeOnFailure.taskAndStage.enabled":
        Bool, Unset, Run, Any, V4_0;
    /// How long the application leaves out executors and nodes.
    ExcludeOnFailureTimeout =
        "spark.excludeOnFailure.timeout":
        Time(Millis), Is("1h"), Run, AtLeast(NANOS_PER_MS), V3_5;
    /// Cores of an executor.
    ExecutorCores = "spark.executor.cores": Int, Is("1"), Both, AtLeast(1), V3_5;
    /// Options of the executors' JVM.
    ExecutorExtraJavaOptions = "spark.executor.extraJavaOptions": Text, Unset, Run, Any, V3_5;
    /// Age at which an executor failure no longer counts.
    ExecutorFailuresValidityInterval = "spark.executor.failuresValidityInterval":
        Time(Millis), Unset, Run, Any, V3_5;
    /// Heartbeats that may fail before an executor exits.
    ExecutorHeartbeatMaxFailures = "spark.executor.heartbeat.maxFailures":
        Int, Is("60"), Run, AtLeast(0), V3_5;
    /// Time between two heartbeats of an executor.
    ExecutorHeartbeatInterval = "spark.executor.heartbeatInterval":
        Time(Millis), Is("10s"), Run, AtLeast(NANOS_PER_MS), V3_5;
    /// Number of executors.
    ExecutorInstances = "spark.executor.instances": Int, Unset, Both, AtLeast(0), V3_5;
    /// How many causes deep an error is searched for a fatal one.
    ExecutorKillOnFatalErrorDepth = "spark.executor.killOnFatalError.depth":
        Int, Is("5"), Run, AtLeast(0), V3_5;
    /// Executor failures that end the application; unset, twice the executors and at least 3.
    ExecutorMaxNumFailures = "spark.executor.maxNumFailures": Int, Unset, Run, Any, V3_5;
    /// Heap of an executor.
    ExecutorMemory = "spark.executor.memory": Bytes(MiB), Is("1g"), Run, AtLeast(MIB), V3_5;
    /// Memory of an executor's container beside its heap; unset, a factor of the heap.
    ExecutorMemoryOverhead = "spark.executor.memoryOverhead":
        Bytes(MiB), Unset, Run, AtLeast(0), V3_5;
    /// Overhead of an executor as a factor of its heap.
    ExecutorMemoryOverheadFactor = "spark.executor.memoryOverheadFactor":
        Double, Is("0.1"), Run, ABOVE_0, V3_5;
    /// How often an executor polls its memory metrics; 0 means at each heartbeat.
    ExecutorMetricsPollingInterval = "spark.executor.metrics.pollingInterval":
        Time(Millis), Is("0"), Run, AtLeast(0), V3_5;
    /// Least overhead of an executor where none is set; a constant 384 MiB before 4.0.
    ExecutorMinMemoryOverhead = "spark.executor.minMemoryOverhead":
        Bytes(MiB), Is("384m"), Run, AtLeast(0), V4_0;
    /// Whether memory metrics cover the processes an executor started.
    ExecutorProcessTreeMetricsEnabled = "spark.executor.processTreeMetrics.enabled":
        Bool, Is("false"), Run, Any, V3_5;
    /// Memory for Python in an executor's container; unset, Python lives in the overhead.
    ExecutorPysparkMemory = "spark.executor.pyspark.memory":
        Bytes(MiB), Unset, Run, AtLeast(0), V3_5;
    /// Bytes of files packed into a partition of an RDD.
    FilesMaxPartitionBytes = "spark.files.maxPartitionBytes":
        Bytes(B), Is("134217728"), Plan, AtLeast(1), V3_5;
    /// Codec of shuffle, spill, broadcast and block bytes.
    IoCompressionCodec = "spark.io.compression.codec": Text, Is("lz4"), Both, Any, V3_5;
    /// Overhead factor of all pods where the driver's or executors' own is not set.
    KubernetesMemoryOverheadFactor = "spark.kubernetes.memoryOverheadFactor":
        Double, Is("0.1"), Run, FROM_0, V3_5;
    /// How long a task waits for a better place, for each level.
    LocalityWait = "spark.locality.wait": Time(Millis), Is("3s"), Run, AtLeast(0), V3_5;
    /// Whether each launch of a task starts its stage's wait anew, as before 3.1; otherwise only offers that are used up do.
    LocalityWaitLegacyResetOnTaskLaunch = "spark.locality.wait.legacyResetOnTaskLaunch":
        Bool, Is("false"), Run, Any, V3_5;
    /// How long a task waits for its node.
    LocalityWaitNode = "spark.locality.wait.node":
        Time(Millis), SameAs(Key::LocalityWait), Run, AtLeast(0), V3_5;
    /// How long a task waits for its process.
    LocalityWaitProcess = "spark.locality.wait.process":
        Time(Millis), SameAs(Key::LocalityWait), Run, AtLeast(0), V3_5;
    /// How long a task waits for its rack.
    LocalityWaitRack = "spark.locality.wait.rack":
        Time(Millis), SameAs(Key::LocalityWait), Run, AtLeast(0), V3_5;
    /// The cluster manager: `local[n]`, `spark://`, `yarn` or `k8s://`.
    Master = "spark.master": Text, Unset, Run, Any, V3_5;
    /// Share of the heap, less the reserved 300 MiB, that execution and storage have together.
    MemoryFraction = "spark.memory.fraction": Double, Is("0.6"), Run, ABOVE_0_TO_1, V3_5;
    /// Whether consumers allocate off the heap; older name `spark.unsafe.offHeap`.
    MemoryOffHeapEnabled = "spark.memory.offHeap.enabled": Bool, Is("false"), Both, Any, V3_5;
    /// Bytes off the heap for both pools, which have them even while it is not enabled.
    MemoryOffHeapSize = "spark.memory.offHeap.size": Bytes(B), Is("0"), Run, AtLeast(0), V3_5;
    /// Share of the unified memory that execution cannot evict blocks from.
    MemoryStorageFraction = "spark.memory.storageFraction":
        Double, Is("0.5"), Run, FROM_0_BELOW_1, V3_5;
    /// How often the memory of unmanaged consumers is asked for; 0 turns it off.
    MemoryUnmanagedMemoryPollingInterval = "spark.memory.unmanagedMemoryPollingInterval":
        Time(Millis), Is("0s"), Run, AtLeast(0), V4_1;
    /// Size above which a remote block is fetched to disk.
    NetworkMaxRemoteBlockSizeFetchToMem = "spark.network.maxRemoteBlockSizeFetchToMem":
        Bytes(B), Is("200m"), Run, Between(0, INT_MAX - 512), V3_5;
    /// Silence after which an executor is given up.
    NetworkTimeout = "spark.network.timeout": Time(Seconds), Is("120s"), Run, AtLeast(0), V3_5;
    /// Memory at which aggregation inside a Python worker spills.
    PythonWorkerMemory = "spark.python.worker.memory":
        Bytes(MiB), Is("512m"), Run, AtLeast(MIB), V3_5;
    /// Whether Python workers outlive their task.
    PythonWorkerReuse = "spark.python.worker.reuse": Bool, Is("true"), Run, Any, V3_5;
    /// Whether serialized blocks are compressed; PySpark always set it (SPARK-57723).
    RddCompress = "spark.rdd.compress":
        Bool, Since(&[(V3_5, Is("false")), (V4_3, Is("true"))]), Plan, Any, V3_5;
    /// Blocks that a reduce task fetches from one address at a time.
    ReducerMaxBlocksInFlightPerAddress = "spark.reducer.maxBlocksInFlightPerAddress":
        Int, Is("2147483647"), Run, AtLeast(1), V3_5;
    /// Fetch requests that a reduce task has out at a time.
    ReducerMaxReqsInFlight = "spark.reducer.maxReqsInFlight":
        Int, Is("2147483647"), Run, AtLeast(1), V3_5;
    /// Shuffle bytes that a reduce task fetches at a time.
    ReducerMaxSizeInFlight = "spark.reducer.maxSizeInFlight":
        Bytes(MiB), Is("48m"), Run, AtLeast(MIB), V3_5;
    /// Threads of the driver that fetch results.
    ResultGetterThreads = "spark.resultGetter.threads": Int, Is("4"), Run, AtLeast(1), V3_5;
    /// Largest message between driver and executor, in MiB.
    RpcMessageMaxSize = "spark.rpc.message.maxSize": Int, Is("128"), Run, Between(1, 2047), V3_5;
    /// How long a stage whose task may run nowhere waits for another executor.
    SchedulerExcludeOnFailureUnschedulableTaskSetTimeout =
        "spark.scheduler.excludeOnFailure.unschedulableTaskSetTimeout":
        Time(Seconds), Is("120s"), Run, AtLeast(0), V3_5;
    /// Longest wait for executors before the first task.
    SchedulerMaxRegisteredResourcesWaitingTime =
        "spark.scheduler.maxRegisteredResourcesWaitingTime":
        Time(Millis), Is("30s"), Run, AtLeast(0), V3_5;
    /// Share of the executors the first task waits for; unset, 0.8 on YARN and Kubernetes, else 0.
    SchedulerMinRegisteredResourcesRatio = "spark.scheduler.minRegisteredResourcesRatio":
        Double, Unset, Run, FROM_0_TO_1, V3_5;
    /// Order of the jobs of one application.
    SchedulerMode = "spark.scheduler.mode":
        Enum(&["FIFO", "FAIR", "NONE"]), Is("FIFO"), Run, Any, V3_5;
    /// Class that serializes records of RDDs; it decides which shuffle writer can be used.
    Serializer = "spark.serializer":
        Text, Is("org.apache.spark.serializer.JavaSerializer"), Plan, Any, V3_5;
    /// Whether shuffle outputs are compressed.
    ShuffleCompress = "spark.shuffle.compress": Bool, Is("true"), Both, Any, V3_5;
    /// Buffer of each shuffle file stream.
    ShuffleFileBuffer = "spark.shuffle.file.buffer":
        Bytes(KiB), Is("32k"), Run, Between(1024, 2097151 * 1024), V3_5;
    /// Time after which a fetch that failed is tried again.
    ShuffleIoRetryWait = "spark.shuffle.io.retryWait": Time(Millis), Is("5s"), Run, AtLeast(0), V3_5;
    /// Whether shuffle outputs outlive their executor.
    ShuffleServiceEnabled = "spark.shuffle.service.enabled": Bool, Is("false"), Run, Any, V3_5;
    /// Whether the shuffle service removes outputs that are no longer needed.
    ShuffleServiceRemoveShuffle = "spark.shuffle.service.removeShuffle":
        Bool, Since(&[(V3_5, Is("false")), (V4_0, Is("true"))]), Run, Any, V3_5;
    /// Partitions up to which a shuffle without aggregation writes a file for each.
    ShuffleSortBypassMergeThreshold = "spark.shuffle.sort.bypassMergeThreshold":
        Int, Is("200"), Plan, Any, V3_5;
    /// Records the pointer array of a shuffle sorter starts with (a number, though read as a size).
    ShuffleSortInitialBufferSize = "spark.shuffle.sort.initialBufferSize":
        Bytes(B), Is("4096"), Run, Between(2, INT_MAX), V3_5;
    /// Whether shuffle sorters use radix sort, which halves the room of their array.
    ShuffleSortUseRadixSort = "spark.shuffle.sort.useRadixSort": Bool, Is("true"), Run, Any, V3_5;
    /// Records that a spill writes through one serializer stream.
    ShuffleSpillBatchSize = "spark.shuffle.spill.batchSize":
        Long, Is("10000"), Run, AtLeast(1), V3_5;
    /// Whether spills are compressed.
    ShuffleSpillCompress = "spark.shuffle.spill.compress": Bool, Is("true"), Run, Any, V3_5;
    /// Buffer through which a shuffle sorter writes a spill.
    ShuffleSpillDiskWriteBufferSize = "spark.shuffle.spill.diskWriteBufferSize":
        Bytes(B), Is("1048576"), Run, Between(13, MAX_ARRAY), V3_5;
    /// Bytes a spillable collection holds before it asks for memory.
    ShuffleSpillInitialMemoryThreshold = "spark.shuffle.spill.initialMemoryThreshold":
        Bytes(B), Is("5242880"), Run, AtLeast(0), V3_5;
    /// Bytes at which a sorter or collection spills whatever its memory.
    ShuffleSpillMaxSizeInBytesForSpillThreshold =
        "spark.shuffle.spill.maxSizeInBytesForSpillThreshold":
        Bytes(B), Is("9223372036854775807"), Run, AtLeast(1), V4_1;
    /// Records at which a sorter or collection spills whatever its memory.
    ShuffleSpillNumElementsForceSpillThreshold =
        "spark.shuffle.spill.numElementsForceSpillThreshold":
        Int, Is("2147483647"), Run, Any, V3_5;
    /// Buffer of the unsafe shuffle writer's output.
    ShuffleUnsafeFileOutputBuffer = "spark.shuffle.unsafe.file.output.buffer":
        Bytes(KiB), Is("32k"), Run, Between(1024, 2097151 * 1024), V3_5;
    /// Whether slow tasks are started a second time.
    Speculation = "spark.speculation": Bool, Is("false"), Run, Any, V3_5;
    /// How often slow tasks are looked for.
    SpeculationInterval = "spark.speculation.interval":
        Time(Millis), Is("100ms"), Run, AtLeast(NANOS_PER_MS), V3_5;
    /// Time a task runs before it can be slow.
    SpeculationMinTaskRuntime = "spark.speculation.minTaskRuntime":
        Time(Millis), Is("100ms"), Run, AtLeast(0), V3_5;
    /// How many times slower than the median a task must be.
    SpeculationMultiplier = "spark.speculation.multiplier":
        Double, Since(&[(V3_5, Is("1.5")), (V4_0, Is("3"))]), Run, FROM_0, V3_5;
    /// Share of a stage's tasks that must have ended.
    SpeculationQuantile = "spark.speculation.quantile":
        Double, Since(&[(V3_5, Is("0.75")), (V4_0, Is("0.9"))]), Run, FROM_0_TO_1, V3_5;
    /// Size that merged and split partitions aim at.
    SqlAdaptiveAdvisoryPartitionSizeInBytes = "spark.sql.adaptive.advisoryPartitionSizeInBytes":
        Bytes(B), Is("64MB"), Plan, AtLeast(1), V3_5;
    /// The broadcast threshold for sizes known from a finished stage.
    SqlAdaptiveAutoBroadcastJoinThreshold = "spark.sql.adaptive.autoBroadcastJoinThreshold":
        Bytes(B), SameAs(Key::SqlAutoBroadcastJoinThreshold), Plan, AtLeast(-1), V3_5;
    /// Whether small shuffle partitions are merged.
    SqlAdaptiveCoalescePartitionsEnabled = "spark.sql.adaptive.coalescePartitions.enabled":
        Bool, Is("true"), Plan, Any, V3_5;
    /// Shuffle partitions before merging; unset, `spark.sql.shuffle.partitions`.
    SqlAdaptiveCoalescePartitionsInitialPartitionNum =
        "spark.sql.adaptive.coalescePartitions.initialPartitionNum":
        Int, Unset, Plan, AtLeast(1), V3_5;
    /// Partitions that merging leaves at least; unset, the default parallelism.
    SqlAdaptiveCoalescePartitionsMinPartitionNum =
        "spark.sql.adaptive.coalescePartitions.minPartitionNum":
        Int, Unset, Plan, AtLeast(1), V3_5;
    /// Least size of a merged partition.
    SqlAdaptiveCoalescePartitionsMinPartitionSize =
        "spark.sql.adaptive.coalescePartitions.minPartitionSize":
        Bytes(B), Is("1MB"), Plan, AtLeast(1), V3_5;
    /// Whether merging keeps the parallelism and ignores the advisory size.
    SqlAdaptiveCoalescePartitionsParallelismFirst =
        "spark.sql.adaptive.coalescePartitions.parallelismFirst":
        Bool, Is("true"), Plan, Any, V3_5;
    /// Whether plans change between stages.
    SqlAdaptiveEnabled = "spark.sql.adaptive.enabled": Bool, Is("true"), Plan, Any, V3_5;
    /// Whether a shuffle that is no longer needed is read where it was written.
    SqlAdaptiveLocalShuffleReaderEnabled = "spark.sql.adaptive.localShuffleReader.enabled":
        Bool, Is("true"), Plan, Any, V3_5;
    /// Partition size up to which a hash join replaces a sort-merge join; 0 turns it off.
    SqlAdaptiveMaxShuffledHashJoinLocalMapThreshold =
        "spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold":
        Bytes(B), Is("0"), Plan, AtLeast(0), V3_5;
    /// Whether skewed partitions of a join are split.
    SqlAdaptiveSkewJoinEnabled = "spark.sql.adaptive.skewJoin.enabled":
        Bool, Is("true"), Plan, Any, V3_5;
    /// Factor of the median above which a partition is skewed.
    SqlAdaptiveSkewJoinSkewedPartitionFactor = "spark.sql.adaptive.skewJoin.skewedPartitionFactor":
        Double, Is("5.0"), Plan, FROM_0, V3_5;
    /// Size above which a partition is skewed.
    SqlAdaptiveSkewJoinSkewedPartitionThresholdInBytes =
        "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes":
        Bytes(B), Is("256MB"), Plan, AtLeast(0), V3_5;
    /// Estimated size up to which a join side is broadcast; -1 turns it off.
    SqlAutoBroadcastJoinThreshold = "spark.sql.autoBroadcastJoinThreshold":
        Bytes(B), Is("10MB"), Plan, AtLeast(-1), V3_5;
    /// Time a broadcast may take; negative means for ever.
    SqlBroadcastTimeout = "spark.sql.broadcastTimeout": Time(Seconds), Is("300"), Run, Any, V3_5;
    /// Rows that a cartesian product buffers in an array before it uses pages.
    SqlCartesianProductExecBufferInMemoryThreshold =
        "spark.sql.cartesianProductExec.buffer.in.memory.threshold":
        Int, Is("4096"), Run, AtLeast(0), V3_5;
    /// Bytes at which the buffer of a cartesian product spills.
    SqlCartesianProductExecBufferSpillSizeThreshold =
        "spark.sql.cartesianProductExec.buffer.spill.size.threshold":
        Bytes(B), SameAs(Key::ShuffleSpillMaxSizeInBytesForSpillThreshold), Run, AtLeast(1), V4_1;
    /// Rows at which the buffer of a cartesian product spills.
    SqlCartesianProductExecBufferSpillThreshold =
        "spark.sql.cartesianProductExec.buffer.spill.threshold":
        Int, Is("2147483647"), Run, AtLeast(0), V3_5;
    /// Logarithm of that map's capacity.
    SqlCodegenAggregateFastHashMapCapacityBit =
        "spark.sql.codegen.aggregate.fastHashMap.capacityBit":
        Int, Is("16"), Run, Between(10, 30), V3_5;
    /// Whether hash aggregation has a fast map of fixed size before its own.
    SqlCodegenAggregateMapTwolevelEnabled = "spark.sql.codegen.aggregate.map.twolevel.enabled":
        Bool, Is("true"), Run, Any, V3_5;
    /// Whether column vectors are off the heap (SPARK-44718).
    SqlColumnVectorOffheapEnabled = "spark.sql.columnVector.offheap.enabled":
        Bool,
        Since(&[(V3_5, Is("false")), (V4_0, SameAs(Key::MemoryOffHeapEnabled))]), Run, Any, V3_5;
    /// Rows of an Arrow batch; 0 or less means no limit.
    SqlExecutionArrowMaxRecordsPerBatch = "spark.sql.execution.arrow.maxRecordsPerBatch":
        Int, Is("10000"), Both, Any, V3_5;
    /// Whether aggregation of objects hashes first.
    SqlExecutionUseObjectHashAggregateExec = "spark.sql.execution.useObjectHashAggregateExec":
        Bool, Is("true"), Plan, Any, V3_5;
    /// Bytes of files packed into a partition.
    SqlFilesMaxPartitionBytes = "spark.sql.files.maxPartitionBytes":
        Bytes(B), Is("128MB"), Plan, AtLeast(1), V3_5;
    /// Partitions a scan should have at least; unset, the default parallelism.
    SqlFilesMinPartitionNum = "spark.sql.files.minPartitionNum": Int, Unset, Plan, AtLeast(1), V3_5;
    /// Bytes that opening a file counts as when files are packed.
    SqlFilesOpenCostInBytes = "spark.sql.files.openCostInBytes":
        Bytes(B), Is("4MB"), Plan, AtLeast(0), V3_5;
    /// Rows of a batch of a cached table.
    SqlInMemoryColumnarStorageBatchSize = "spark.sql.inMemoryColumnarStorage.batchSize":
        Int, Is("10000"), Plan, AtLeast(1), V3_5;
    /// Whether cached tables are compressed.
    SqlInMemoryColumnarStorageCompressed = "spark.sql.inMemoryColumnarStorage.compressed":
        Bool, Is("true"), Plan, Any, V3_5;
    /// Whether a sort-merge join is preferred to a shuffled hash join.
    SqlJoinPreferSortMergeJoin = "spark.sql.join.preferSortMergeJoin":
        Bool, Is("true"), Plan, Any, V3_5;
    /// Default parallelism of SQL leaves; unset, that of the application.
    SqlLeafNodeDefaultParallelism = "spark.sql.leafNodeDefaultParallelism":
        Int, Unset, Plan, AtLeast(1), V3_5;
    /// Collected size from which a table is no broadcast; a constant 8 GiB before 4.1.
    SqlMaxBroadcastTableSize = "spark.sql.maxBroadcastTableSize":
        Bytes(B), Is("8589934592"), Run, AtLeast(1), V4_1;
    /// Groups at which an object hash aggregation sorts.
    SqlObjectHashAggregateSortBasedFallbackThreshold =
        "spark.sql.objectHashAggregate.sortBased.fallbackThreshold":
        Int, Is("128"), Plan, AtLeast(0), V3_5;
    /// Rows that a session window buffers in an array before it uses pages.
    SqlSessionWindowBufferInMemoryThreshold = "spark.sql.sessionWindow.buffer.in.memory.threshold":
        Int, Is("4096"), Run, AtLeast(0), V3_5;
    /// Bytes at which the buffer of a session window spills.
    SqlSessionWindowBufferSpillSizeThreshold =
        "spark.sql.sessionWindow.buffer.spill.size.threshold":
        Bytes(B), SameAs(Key::ShuffleSpillMaxSizeInBytesForSpillThreshold), Run, AtLeast(1), V4_1;
    /// Rows at which the buffer of a session window spills.
    SqlSessionWindowBufferSpillThreshold = "spark.sql.sessionWindow.buffer.spill.threshold":
        Int, Is("2147483647"), Run, AtLeast(0), V3_5;
    /// Partitions of a shuffle of SQL before any are merged.
    SqlShufflePartitions = "spark.sql.shuffle.partitions": Int, Is("200"), Plan, AtLeast(1), V3_5;
    /// Whether SQL sorts use radix sort, which halves the room of their array.
    SqlSortEnableRadixSort = "spark.sql.sort.enableRadixSort": Bool, Is("true"), Run, Any, V3_5;
    /// Rows that a sort-merge join buffers in an array before it uses pages.
    SqlSortMergeJoinExecBufferInMemoryThreshold =
        "spark.sql.sortMergeJoinExec.buffer.in.memory.threshold":
        Int, Is("2147483632"), Run, AtLeast(0), V3_5;
    /// Bytes at which the buffer of a sort-merge join spills.
    SqlSortMergeJoinExecBufferSpillSizeThreshold =
        "spark.sql.sortMergeJoinExec.buffer.spill.size.threshold":
        Bytes(B), SameAs(Key::ShuffleSpillMaxSizeInBytesForSpillThreshold), Run, AtLeast(1), V4_1;
    /// Rows at which the buffer of a sort-merge join spills.
    SqlSortMergeJoinExecBufferSpillThreshold = "spark.sql.sortMergeJoinExec.buffer.spill.threshold":
        Int, Is("2147483647"), Run, AtLeast(0), V3_5;
    /// Rows that a window buffers in an array before it uses pages.
    SqlWindowExecBufferInMemoryThreshold = "spark.sql.windowExec.buffer.in.memory.threshold":
        Int, Is("4096"), Plan, AtLeast(0), V3_5;
    /// Bytes at which the buffer of a window spills.
    SqlWindowExecBufferSpillSizeThreshold = "spark.sql.windowExec.buffer.spill.size.threshold":
        Bytes(B), SameAs(Key::ShuffleSpillMaxSizeInBytesForSpillThreshold), Run, AtLeast(1), V4_1;
    /// Rows at which the buffer of a window spills.
    SqlWindowExecBufferSpillThreshold = "spark.sql.windowExec.buffer.spill.threshold":
        Int, Is("2147483647"), Run, AtLeast(0), V3_5;
    /// Attempts of a stage in a row that end its job.
    StageMaxConsecutiveAttempts = "spark.stage.maxConsecutiveAttempts":
        Int, Is("4"), Run, AtLeast(1), V3_5;
    /// Whether a leaving executor's blocks are moved.
    StorageDecommissionEnabled = "spark.storage.decommission.enabled":
        Bool, Is("false"), Run, Any, V3_5;
    /// Failures after which a block is not replicated.
    StorageMaxReplicationFailures = "spark.storage.maxReplicationFailures":
        Int, Is("1"), Run, AtLeast(0), V3_5;
    /// Size from which a block on disk is mapped and not read.
    StorageMemoryMapThreshold = "spark.storage.memoryMapThreshold":
        Bytes(B), Is("2m"), Run, AtLeast(0), V3_5;
    /// Whether replicas lost with an executor are made again.
    StorageReplicationProactive = "spark.storage.replication.proactive":
        Bool, Is("true"), Run, Any, V3_5;
    /// Elements between two looks at the size of an unrolling block.
    StorageUnrollMemoryCheckPeriod = "spark.storage.unrollMemoryCheckPeriod":
        Long, Is("16"), Run, AtLeast(1), V3_5;
    /// Factor of the size that an unrolling block reserves when it has outgrown its memory.
    StorageUnrollMemoryGrowthFactor = "spark.storage.unrollMemoryGrowthFactor":
        Double, Is("1.5"), Run, ABOVE_0, V3_5;
    /// Bytes first asked for when a block is unrolled.
    StorageUnrollMemoryThreshold = "spark.storage.unrollMemoryThreshold":
        Long, Is("1048576"), Run, AtLeast(0), V3_5;
    /// Whether the driver runs inside the cluster.
    SubmitDeployMode = "spark.submit.deployMode":
        Enum(&["client", "cluster"]), Is("client"), Run, Any, V3_5;
    /// Cores that a task takes.
    TaskCpus = "spark.task.cpus": Cpus, Is("1"), Both, Any, V3_5;
    /// Size above which a result travels as a block of its executor.
    TaskMaxDirectResultSize = "spark.task.maxDirectResultSize":
        Bytes(B), Is("1048576"), Run, Between(0, MAX_ARRAY - 1), V3_5;
    /// Failures of one task that end its job.
    TaskMaxFailures = "spark.task.maxFailures": Int, Is("4"), Run, AtLeast(1), V3_5;
    /// Whether task metrics list changed blocks.
    TaskMetricsTrackUpdatedBlockStatuses = "spark.taskMetrics.trackUpdatedBlockStatuses":
        Bool, Is("false"), Run, Any, V3_5;
    /// Set, whatever its value, the reserved memory is 0.
    Testing = "spark.testing": Bool, Unset, Run, Any, V3_5;
    /// System memory in bytes in place of the JVM's own answer.
    TestingMemory = "spark.testing.memory": Long, Unset, Run, AtLeast(0), V3_5;
    /// Reserved memory in bytes in place of 300 MiB.
    TestingReservedMemory = "spark.testing.reservedMemory": Long, Unset, Run, AtLeast(0), V3_5;
    /// Whether a task that ends with memory fails.
    UnsafeExceptionOnMemoryLeak = "spark.unsafe.exceptionOnMemoryLeak":
        Bool, Is("false"), Run, Any, V3_5;
    /// Whether spills are read ahead through a second buffer.
    UnsafeSorterSpillReadAheadEnabled = "spark.unsafe.sorter.spill.read.ahead.enabled":
        Bool, Is("true"), Run, Any, V3_5;
    /// Buffer through which a spill of an unsafe sorter is read.
    UnsafeSorterSpillReaderBufferSize = "spark.unsafe.sorter.spill.reader.buffer.size":
        Bytes(B), Is("1048576"), Run, Between(MIB, 16 * MIB), V3_5;
    /// Heap of the application master in client mode.
    YarnAmMemory = "spark.yarn.am.memory": Bytes(MiB), Is("512m"), Run, AtLeast(MIB), V3_5;
    /// Overhead of the application master in client mode.
    YarnAmMemoryOverhead = "spark.yarn.am.memoryOverhead": Bytes(MiB), Unset, Run, AtLeast(0), V3_5;
}

#[cfg(test)]
mod tests {
    use super::super::kind::{DefaultValue, Reads, read_value};
    use super::super::version::SparkVersion;
    use super::*;

    #[test]
    fn rows_are_sorted_unique_and_numbered() {
        for pair in KEYS.windows(2) {
            assert!(pair[0].name < pair[1].name, "{}", pair[1].name);
        }
        for (index, row) in KEYS.iter().enumerate() {
            assert_eq!(row.key as usize, index);
            assert_eq!(Key::find(row.name), Some(row.key));
            assert!(!row.meaning.is_empty());
        }
        for (older, _) in OLDER_NAMES {
            assert_eq!(Key::find(older), None, "{older} has a row of its own");
        }
    }

    #[test]
    fn every_default_is_a_value_in_its_own_range() {
        for row in KEYS {
            for version in SparkVersion::ALL {
                match row.default.at(version) {
                    DefaultValue::Is(text) => {
                        let value = read_value(row.kind, text).expect(row.name);
                        assert!(row.allowed.allows(&value), "{}={text}", row.name);
                    }
                    DefaultValue::SameAs(other) => {
                        assert_eq!(other.row().kind, row.kind, "{}", row.name);
                        let end = other.row().default.at(version);
                        assert!(!matches!(end, DefaultValue::SameAs(_)), "{}", row.name);
                    }
                    DefaultValue::Unset => {}
                    DefaultValue::Since(_) => unreachable!("resolved by version"),
                }
            }
        }
    }

    #[test]
    fn defaults_follow_the_version() {
        let default = |key: Key, version| match key.row().default.at(version) {
            DefaultValue::Is(text) => text,
            _ => "-",
        };
        let multiplier = Key::SpeculationMultiplier;
        assert_eq!(default(multiplier, SparkVersion::V3_5), "1.5");
        assert_eq!(default(multiplier, SparkVersion::V4_0), "3");
        assert_eq!(default(Key::RddCompress, SparkVersion::V4_2), "false");
        assert_eq!(default(Key::RddCompress, SparkVersion::V4_3), "true");
        assert_eq!(default(Key::CheckpointCompress, SparkVersion::V4_0), "false");
    }

    #[test]
    fn policy_points_are_read_by_the_run_alone() {
        for key in [Key::PoolsimBoundary, Key::PoolsimTaskShare, Key::PoolsimWakeOrder] {
            assert_eq!(key.row().reads, Reads::Run);
        }
    }
}
