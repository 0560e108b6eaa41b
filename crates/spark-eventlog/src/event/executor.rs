//! Executors and their block managers.

use serde::Deserialize;

use super::{
    Text,
    number::{long, opt_long, or_default},
};

/// `SparkListenerExecutorAdded`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ExecutorAdded<'a> {
    /// Milliseconds since 1970.
    #[serde(rename = "Timestamp", default, deserialize_with = "long")]
    pub timestamp: i64,
    /// `driver` in local mode, else mostly a number.
    #[serde(borrow, rename = "Executor ID")]
    pub executor_id: Text<'a>,
    /// Where it runs and what it has.
    #[serde(borrow, rename = "Executor Info", default, deserialize_with = "or_default")]
    pub executor_info: ExecutorInfo<'a>,
}

/// What an executor has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ExecutorInfo<'a> {
    /// Its host.
    #[serde(borrow, rename = "Host", default)]
    pub host: Text<'a>,
    /// Cores; divided by `spark.task.cpus` it is the number of its slots.
    #[serde(rename = "Total Cores", default, deserialize_with = "long")]
    pub total_cores: i64,
    /// Since 3.1.
    #[serde(rename = "Resource Profile Id", default, deserialize_with = "opt_long")]
    pub resource_profile_id: Option<i64>,
}

/// `SparkListenerExecutorRemoved`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ExecutorRemoved<'a> {
    /// Milliseconds since 1970.
    #[serde(rename = "Timestamp", default, deserialize_with = "long")]
    pub timestamp: i64,
    /// Which one.
    #[serde(borrow, rename = "Executor ID")]
    pub executor_id: Text<'a>,
    /// Words of the cluster manager.
    #[serde(borrow, rename = "Removed Reason", default)]
    pub removed_reason: Text<'a>,
}

/// The address of a block manager: one for each executor, and one for the driver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
pub struct BlockManagerId<'a> {
    /// `driver` (`<driver>` in 1.x) or the executor's.
    #[serde(borrow, rename = "Executor ID", default)]
    pub executor_id: Text<'a>,
    /// Its host.
    #[serde(borrow, rename = "Host", default)]
    pub host: Text<'a>,
    /// Its port.
    #[serde(rename = "Port", default, deserialize_with = "long")]
    pub port: i64,
}

/// `SparkListenerBlockManagerAdded`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct BlockManagerAdded<'a> {
    /// Which one.
    #[serde(borrow, rename = "Block Manager ID", default, deserialize_with = "or_default")]
    pub block_manager_id: BlockManagerId<'a>,
    /// Bytes of the unified pools, on-heap and off-heap together (before 1.6: of storage).
    #[serde(rename = "Maximum Memory", default, deserialize_with = "long")]
    pub maximum_memory: i64,
    /// Bytes of the on-heap unified pool; since 2.2.
    #[serde(rename = "Maximum Onheap Memory", default, deserialize_with = "opt_long")]
    pub maximum_onheap_memory: Option<i64>,
    /// Bytes of the off-heap pool; since 2.2.
    #[serde(rename = "Maximum Offheap Memory", default, deserialize_with = "opt_long")]
    pub maximum_offheap_memory: Option<i64>,
    /// Milliseconds since 1970; missing before 1.1.
    #[serde(rename = "Timestamp", default, deserialize_with = "opt_long")]
    pub timestamp: Option<i64>,
}

/// `SparkListenerBlockManagerRemoved`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct BlockManagerRemoved<'a> {
    /// Which one.
    #[serde(borrow, rename = "Block Manager ID", default, deserialize_with = "or_default")]
    pub block_manager_id: BlockManagerId<'a>,
    /// Milliseconds since 1970; missing before 1.1.
    #[serde(rename = "Timestamp", default, deserialize_with = "opt_long")]
    pub timestamp: Option<i64>,
}

/// Peaks of a whole executor (not of a task) since its last report, in bytes; process-tree figures are 0 unless
/// `spark.executor.processTreeMetrics.enabled`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(missing_docs, reason = "Spark's own names, which say it")]
pub struct ExecutorMetrics {
    #[serde(rename = "JVMHeapMemory", deserialize_with = "long")]
    pub jvm_heap_memory: i64,
    #[serde(rename = "JVMOffHeapMemory", deserialize_with = "long")]
    pub jvm_off_heap_memory: i64,
    #[serde(deserialize_with = "long")]
    pub on_heap_execution_memory: i64,
    #[serde(deserialize_with = "long")]
    pub off_heap_execution_memory: i64,
    #[serde(deserialize_with = "long")]
    pub on_heap_storage_memory: i64,
    #[serde(deserialize_with = "long")]
    pub off_heap_storage_memory: i64,
    #[serde(deserialize_with = "long")]
    pub on_heap_unified_memory: i64,
    #[serde(deserialize_with = "long")]
    pub off_heap_unified_memory: i64,
    #[serde(deserialize_with = "long")]
    pub direct_pool_memory: i64,
    #[serde(deserialize_with = "long")]
    pub mapped_pool_memory: i64,
    #[serde(rename = "ProcessTreeJVMVMemory", deserialize_with = "long")]
    pub process_tree_jvm_v_memory: i64,
    #[serde(rename = "ProcessTreeJVMRSSMemory", deserialize_with = "long")]
    pub process_tree_jvm_rss_memory: i64,
    #[serde(rename = "ProcessTreePythonVMemory", deserialize_with = "long")]
    pub process_tree_python_v_memory: i64,
    #[serde(rename = "ProcessTreePythonRSSMemory", deserialize_with = "long")]
    pub process_tree_python_rss_memory: i64,
    #[serde(rename = "ProcessTreeOtherVMemory", deserialize_with = "long")]
    pub process_tree_other_v_memory: i64,
    #[serde(rename = "ProcessTreeOtherRSSMemory", deserialize_with = "long")]
    pub process_tree_other_rss_memory: i64,
    #[serde(rename = "MinorGCCount", deserialize_with = "long")]
    pub minor_gc_count: i64,
    /// Milliseconds.
    #[serde(rename = "MinorGCTime", deserialize_with = "long")]
    pub minor_gc_time: i64,
    #[serde(rename = "MajorGCCount", deserialize_with = "long")]
    pub major_gc_count: i64,
    /// Milliseconds.
    #[serde(rename = "MajorGCTime", deserialize_with = "long")]
    pub major_gc_time: i64,
    /// Milliseconds.
    #[serde(rename = "TotalGCTime", deserialize_with = "long")]
    pub total_gc_time: i64,
    /// Since 4.0.
    #[serde(rename = "ConcurrentGCCount", deserialize_with = "opt_long")]
    pub concurrent_gc_count: Option<i64>,
    /// Milliseconds; since 4.0.
    #[serde(rename = "ConcurrentGCTime", deserialize_with = "opt_long")]
    pub concurrent_gc_time: Option<i64>,
}

/// `SparkListenerStageExecutorMetrics`: the peaks of an executor during a stage. Only with
/// `spark.eventLog.logStageExecutorMetrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct StageExecutorMetrics<'a> {
    /// Which executor.
    #[serde(borrow, rename = "Executor ID", default)]
    pub executor_id: Text<'a>,
    /// Which stage.
    #[serde(rename = "Stage ID", deserialize_with = "long")]
    pub stage_id: i64,
    /// Which attempt of it.
    #[serde(rename = "Stage Attempt ID", default, deserialize_with = "long")]
    pub stage_attempt_id: i64,
    /// The peaks.
    #[serde(rename = "Executor Metrics", default, deserialize_with = "or_default")]
    pub executor_metrics: ExecutorMetrics,
}
