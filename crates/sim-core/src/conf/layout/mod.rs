//! The memory layout of a JVM and its container, to the byte, from settings.
//!
//! [`Layout`] is what a user asks for: settings in, sizes out, with the checks that Spark makes on
//! the way. Under it are Spark's own functions on numbers alone: [`unified`], [`page`], [`jvm`],
//! [`container`], [`yarn`].

pub mod container;
pub mod deployment;
mod error;
pub mod jvm;
pub mod page;
pub mod unified;
pub mod yarn;

pub use container::{Container, ProfileMemory};
pub use deployment::{ClusterManager, DeployMode, Deployment, Language};
pub use error::LayoutError;
pub use jvm::{Collector, InitialHeap, runtime_max_memory};
pub use unified::UnifiedPools;

use super::quantity::byte_string_as;
use super::unit::ByteUnit;
use super::{Conf, Key};
use crate::memory::MemoryMode;
use page::{PageInputs, default_page_size_bytes};
use unified::{RESERVED_SYSTEM_MEMORY_BYTES, UnifiedInputs};

/// The memory of one JVM, executor or driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// `Runtime.maxMemory`, or `spark.testing.memory`.
    pub system_memory_bytes: u64,
    /// Set aside for the system: 300 MiB.
    pub reserved_bytes: u64,
    /// What is neither reserved nor unified: the user's objects.
    pub user_bytes: u64,
    /// The pools as they start.
    pub pools: UnifiedPools,
    /// Where consumers allocate.
    pub tungsten_mode: MemoryMode,
    /// Bytes of a page.
    pub page_size_bytes: u64,
}

/// A JVM before its pools are sized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jvm {
    /// `Runtime.maxMemory`, as `poolsim.jvm.maxHeapMemory` has it or derived from the heap and the collector;
    /// `spark.testing.memory` replaces it.
    pub system_memory_bytes: u64,
    /// Cores it was told it has, at least 1: an executor's cores, n of `local[n]`.
    pub cores: u32,
    /// Its garbage collector.
    pub collector: Collector,
}

impl Jvm {
    /// The executor of the settings.
    pub fn executor(conf: &Conf, deployment: &Deployment) -> Jvm {
        Jvm::with_heap(conf, deployment, Key::ExecutorMemory, conf.int(Key::ExecutorCores))
    }

    /// The driver of the settings. In `local[n]` it executes on n cores, given here.
    pub fn driver(conf: &Conf, deployment: &Deployment, cores: u32) -> Jvm {
        Jvm::with_heap(conf, deployment, Key::DriverMemory, i64::from(cores))
    }

    fn with_heap(conf: &Conf, deployment: &Deployment, heap: Key, cores: i64) -> Jvm {
        // Only the entry point of Kubernetes' executors gives -Xms.
        let kubernetes = deployment.manager == ClusterManager::Kubernetes;
        let initial = if kubernetes && heap == Key::ExecutorMemory {
            InitialHeap::EqualsMaximum
        } else {
            InitialHeap::BelowMaximum
        };
        let options = match heap {
            Key::ExecutorMemory => Key::ExecutorExtraJavaOptions,
            _ => Key::DriverExtraJavaOptions,
        };
        let collector = Collector::of(conf, options);
        // What is said of the heap is said of the JVM that executes.
        let executes = heap == Key::ExecutorMemory || deployment.manager == ClusterManager::Local;
        let said = conf.optional_bytes(Key::PoolsimJvmMaxHeapMemory).filter(|_| executes);
        Jvm {
            system_memory_bytes: said
                .unwrap_or_else(|| runtime_max_memory(conf.bytes(heap), collector, initial)),
            cores: u32::try_from(cores).expect("the range of the key is tested"),
            collector,
        }
    }
}

impl Layout {
    /// Sizes the pools of a JVM, or says what Spark refuses.
    pub fn of(conf: &Conf, jvm: Jvm) -> Result<Layout, LayoutError> {
        let inputs = unified_inputs(conf, jvm.system_memory_bytes);
        let pools = UnifiedPools::of(&inputs).map_err(|error| with_unit(error, conf))?;
        let off_heap = conf.flag(Key::MemoryOffHeapEnabled);
        // MemoryManager.tungstenMemoryMode
        if off_heap && pools.max_off_heap_bytes == 0 {
            return Err(LayoutError::NoOffHeapMemory);
        }
        let (tungsten_mode, execution_bytes) = if off_heap {
            (MemoryMode::OffHeap, pools.off_heap_execution_bytes)
        } else {
            (MemoryMode::OnHeap, pools.execution_bytes)
        };
        let page_inputs =
            PageInputs { mode: tungsten_mode, execution_bytes, cores: jvm.cores, collector: jvm.collector };
        let usable = inputs.system_memory_bytes - inputs.reserved_bytes;
        Ok(Layout {
            system_memory_bytes: inputs.system_memory_bytes,
            reserved_bytes: inputs.reserved_bytes,
            // The double product may round up past a heap of petabytes with a fraction of 1.
            user_bytes: usable.saturating_sub(pools.max_heap_bytes),
            pools,
            tungsten_mode,
            page_size_bytes: conf
                .optional_bytes(Key::BufferPageSize)
                .unwrap_or_else(|| default_page_size_bytes(&page_inputs, conf.semantics())),
        })
    }

    /// Refuses executors on which no task fits (`ResourceUtils.validateTaskCpusLargeEnough`).
    pub fn check_cores(conf: &Conf, executor_cores: u32) -> Result<(), LayoutError> {
        let task_nano_cpus = conf.nano_cpus(Key::TaskCpus);
        if u64::from(executor_cores) * 1_000_000_000 < task_nano_cpus {
            return Err(LayoutError::TooFewCores { executor_cores, task_nano_cpus });
        }
        Ok(())
    }
}

/// What `UnifiedMemoryManager.apply` reads from the settings, for a JVM with that much memory.
pub fn unified_inputs(conf: &Conf, system_memory_bytes: u64) -> UnifiedInputs {
    let testing = |key| conf.optional_int(key).map(i64::unsigned_abs);
    let reserved = match testing(Key::TestingReservedMemory) {
        Some(reserved) => reserved,
        None if conf.is_set(Key::Testing) => 0,
        None => RESERVED_SYSTEM_MEMORY_BYTES,
    };
    UnifiedInputs {
        system_memory_bytes: testing(Key::TestingMemory).unwrap_or(system_memory_bytes),
        reserved_bytes: reserved,
        fraction: conf.double(Key::MemoryFraction),
        storage_fraction: conf.double(Key::MemoryStorageFraction),
        off_heap_size_bytes: conf.bytes(Key::MemoryOffHeapSize),
        executor_memory_bytes: conf
            .raw(Key::ExecutorMemory)
            .and_then(|raw| byte_string_as(raw, ByteUnit::B).ok()),
    }
}

/// Adds the unit that was meant to an executor memory without one: in that check, and only there,
/// Spark takes `2048` as bytes.
fn with_unit(error: LayoutError, conf: &Conf) -> LayoutError {
    match error {
        LayoutError::InvalidExecutorMemory { executor_memory_bytes, minimum_bytes, .. } => {
            LayoutError::InvalidExecutorMemory {
                executor_memory_bytes,
                minimum_bytes,
                did_you_mean: conf
                    .raw(Key::ExecutorMemory)
                    .map(str::trim)
                    .filter(|raw| raw.chars().all(|c| c.is_ascii_digit()))
                    .map(|raw| format!("{raw}m")),
            }
        }
        other => other,
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
