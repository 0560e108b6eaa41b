//! Memory settings that Spark refuses together, with the words it refuses them in.

use std::fmt;

use crate::conf::Semantics;
use crate::conf::semantics::ErrorText;

/// Settings that give no layout.
///
/// The text is ours; [`LayoutError::spark_text`] is what Spark itself would say, for those who
/// search logs for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayoutError {
    /// The heap is below one and a half times the reserved memory. Spark's text names the driver
    /// also when it is an executor that refuses.
    InvalidDriverMemory {
        /// What the JVM has, in bytes.
        system_memory_bytes: u64,
        /// What it must have.
        minimum_bytes: u64,
    },
    /// `spark.executor.memory`, read as bytes where it has no unit, is below that minimum
    /// (SPARK-12759).
    InvalidExecutorMemory {
        /// The setting as that check reads it.
        executor_memory_bytes: u64,
        /// What it must be.
        minimum_bytes: u64,
        /// The setting with the unit it was meant in, where it has none.
        did_you_mean: Option<String>,
    },
    /// The fractions leave execution nothing.
    NoExecutionMemory {
        /// What the initial execution pool would be, in bytes.
        execution_bytes: i64,
    },
    /// Off-heap memory is enabled and has no size.
    NoOffHeapMemory,
    /// An executor has fewer cores than one task takes.
    TooFewCores {
        /// Cores of an executor.
        executor_cores: u32,
        /// Billionths of a core that a task takes.
        task_nano_cpus: u64,
    },
    /// Dynamic allocation has a minimum above its maximum.
    AllocationBounds {
        /// `spark.dynamicAllocation.minExecutors`.
        minimum: u32,
        /// `spark.dynamicAllocation.maxExecutors`.
        maximum: u32,
    },
    /// Dynamic allocation would lose map output that is still needed.
    AllocationLosesShuffles,
    /// Executors cannot be allocated by YARN, in MiB.
    YarnExecutorTooLarge {
        /// `spark.executor.memory`.
        heap_mib: u64,
        /// Off-heap memory.
        off_heap_mib: u64,
        /// Overhead.
        overhead_mib: u64,
        /// PySpark memory.
        pyspark_mib: u64,
        /// The largest container.
        maximum_mib: u64,
    },
    /// The application master cannot be allocated by YARN, in MiB.
    YarnAmTooLarge {
        /// Its heap.
        heap_mib: u64,
        /// Its overhead.
        overhead_mib: u64,
        /// The largest container.
        maximum_mib: u64,
    },
}

impl LayoutError {
    /// What Spark says, in the words of its version.
    pub fn spark_text(&self, semantics: &Semantics) -> String {
        let (line_break, state) = match semantics.error_text {
            ErrorText::Plain => (" ", ""),
            ErrorText::SqlState => ("\n", " SQLSTATE: F0000"),
        };
        let yarn_keys = "Please check the values of 'yarn.scheduler.maximum-allocation-mb' \
                         and/or 'yarn.nodemanager.resource.memory-mb'.";
        match self {
            LayoutError::InvalidDriverMemory { system_memory_bytes, minimum_bytes } => format!(
                "[INVALID_DRIVER_MEMORY] System memory {system_memory_bytes} must be at least \
                 {minimum_bytes}.{line_break}Please increase heap size using the --driver-memory \
                 option or \"spark.driver.memory\" in Spark configuration.{state}"
            ),
            LayoutError::InvalidExecutorMemory { executor_memory_bytes, minimum_bytes, .. } => format!(
                "[INVALID_EXECUTOR_MEMORY] Executor memory {executor_memory_bytes} must be at \
                 least {minimum_bytes}.{line_break}Please increase executor memory using the \
                 --executor-memory option or \"spark.executor.memory\" in Spark \
                 configuration.{state}"
            ),
            LayoutError::NoExecutionMemory { .. } => {
                "requirement failed: onHeapExecutionMemory must be > 0".into()
            }
            LayoutError::NoOffHeapMemory => "requirement failed: spark.memory.offHeap.size must \
                                             be > 0 when spark.memory.offHeap.enabled == true"
                .into(),
            LayoutError::TooFewCores { executor_cores, task_nano_cpus } => format!(
                "The number of cores per executor (={executor_cores}) has to be >= the number of \
                 cpus per task = {}.",
                cores(*task_nano_cpus)
            ),
            LayoutError::AllocationBounds { minimum, maximum } => format!(
                "spark.dynamicAllocation.minExecutors ({minimum}) must be less than or equal to \
                 spark.dynamicAllocation.maxExecutors ({maximum})!"
            ),
            LayoutError::AllocationLosesShuffles => {
                "Dynamic allocation of executors requires one of the following conditions: 1) \
                 enabling external shuffle service through spark.shuffle.service.enabled."
                    .into()
            }
            LayoutError::YarnExecutorTooLarge {
                heap_mib,
                off_heap_mib,
                overhead_mib,
                pyspark_mib,
                maximum_mib,
            } => format!(
                "Required executor memory ({heap_mib} MB), offHeap memory ({off_heap_mib}) MB, \
                 overhead ({overhead_mib} MB), and PySpark memory ({pyspark_mib} MB) is above the \
                 max threshold ({maximum_mib} MB) of this cluster! {yarn_keys}"
            ),
            LayoutError::YarnAmTooLarge { heap_mib, overhead_mib, maximum_mib } => format!(
                "Required AM memory ({heap_mib}+{overhead_mib} MB) is above the max threshold \
                 ({maximum_mib} MB) of this cluster! {yarn_keys}"
            ),
        }
    }
}

/// Cores without trailing zeros.
fn cores(nano_cpus: u64) -> String {
    let (whole, rest) = (nano_cpus / 1_000_000_000, nano_cpus % 1_000_000_000);
    match rest {
        0 => whole.to_string(),
        rest => format!("{whole}.{}", format!("{rest:09}").trim_end_matches('0')),
    }
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LayoutError::InvalidDriverMemory { system_memory_bytes, minimum_bytes } => write!(
                f,
                "the heap has {system_memory_bytes} bytes and must have at least {minimum_bytes}, \
                 one and a half times the reserved memory: raise spark.executor.memory, or \
                 spark.driver.memory for the driver"
            ),
            LayoutError::InvalidExecutorMemory { executor_memory_bytes, minimum_bytes, did_you_mean } => {
                write!(
                    f,
                    "spark.executor.memory is {executor_memory_bytes} bytes and must be at least \
                     {minimum_bytes}"
                )?;
                match did_you_mean {
                    Some(meant) => write!(
                        f,
                        "; Spark's check takes a number without a unit as bytes, \
                         did you mean {meant}?"
                    ),
                    None => f.write_str(": raise it"),
                }
            }
            LayoutError::NoExecutionMemory { execution_bytes } => write!(
                f,
                "spark.memory.fraction and spark.memory.storageFraction leave execution \
                 {execution_bytes} bytes and must leave at least 1: raise the first or lower the \
                 second"
            ),
            LayoutError::NoOffHeapMemory => f.write_str(
                "spark.memory.offHeap.enabled is true and spark.memory.offHeap.size is less than \
                 1 MiB or not set: set the size or turn it off",
            ),
            LayoutError::TooFewCores { executor_cores, task_nano_cpus } => write!(
                f,
                "an executor has {executor_cores} cores and a task takes {}, which never runs: \
                 raise spark.executor.cores or lower spark.task.cpus",
                cores(*task_nano_cpus)
            ),
            LayoutError::AllocationBounds { minimum, maximum } => write!(
                f,
                "spark.dynamicAllocation.minExecutors is {minimum} and must be at most \
                 spark.dynamicAllocation.maxExecutors, {maximum}"
            ),
            LayoutError::AllocationLosesShuffles => f.write_str(
                "spark.dynamicAllocation.enabled is true and nothing keeps map output: turn on \
                 spark.shuffle.service.enabled or spark.dynamicAllocation.shuffleTracking.enabled",
            ),
            LayoutError::YarnExecutorTooLarge {
                heap_mib,
                off_heap_mib,
                overhead_mib,
                pyspark_mib,
                maximum_mib,
            } => write!(
                f,
                "an executor needs {} MiB ({heap_mib} heap, {off_heap_mib} off-heap, \
                 {overhead_mib} overhead, {pyspark_mib} pyspark) and a YARN container has at most \
                 {maximum_mib}: lower it or raise poolsim.yarn.maximumAllocation",
                heap_mib + off_heap_mib + overhead_mib + pyspark_mib
            ),
            LayoutError::YarnAmTooLarge { heap_mib, overhead_mib, maximum_mib } => write!(
                f,
                "the application master needs {} MiB ({heap_mib} heap, {overhead_mib} overhead) \
                 and a YARN container has at most {maximum_mib}: lower it or raise \
                 poolsim.yarn.maximumAllocation",
                heap_mib + overhead_mib
            ),
        }
    }
}

impl std::error::Error for LayoutError {}
