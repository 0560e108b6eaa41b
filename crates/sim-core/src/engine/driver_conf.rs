//! What a run is told of its driver: resolved numbers, no keys.

use crate::units::{Bytes, SimTime};

/// The driver of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverConf {
    /// Whether the driver's JVM executes: its heap is the executor's, and no message travels.
    pub local: bool,
    /// `spark.driver.maxResultSize`; `None` for no limit.
    pub max_result_size: Option<Bytes>,
    /// Results that are larger travel as blocks: the lesser of `spark.task.maxDirectResultSize` and
    /// `spark.rpc.message.maxSize` (`Executor.maxDirectResultSize`).
    pub max_direct_result_size: Bytes,
    /// `spark.rpc.message.maxSize`: what a serialized task may have. `None` where no message is sent, in `local`.
    pub max_message_size: Option<Bytes>,
    /// `spark.resultGetter.threads`, 4: results that are fetched at a time.
    pub getter_threads: u32,
    /// What can be live in its heap at most: `Runtime.maxMemory`.
    pub heap: Bytes,
    /// What a driver that has run nothing holds of it.
    pub idle: Bytes,
    /// What it holds for each task of a stage that runs.
    pub task_bytes: Bytes,
    /// What of that it keeps afterwards, of at most [`RETAINED_TASKS`] of a stage.
    pub kept_task_bytes: Bytes,
    /// What it keeps of each map output.
    pub map_output_bytes: Bytes,
    /// The pool for its broadcast blocks.
    pub storage: Bytes,
    /// In cluster mode: the container's limit and what the driver takes of it besides its heap. Nobody kills a driver
    /// in client mode.
    pub container: Option<DriverContainer>,
    /// From how many bytes on a relation is too large to be broadcast.
    pub max_broadcast_bytes: Bytes,
    /// `spark.sql.broadcastTimeout`; `None` for no limit.
    pub broadcast_timeout: Option<SimTime>,
    /// Stack of each of its threads (`-Xss`).
    pub stack: Bytes,
}

/// `spark.ui.retainedTasks`: tasks that the driver remembers of a stage.
pub const RETAINED_TASKS: u64 = 100_000;

/// The container of a driver in cluster mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriverContainer {
    /// Its limit.
    pub limit: Bytes,
    /// What the JVM holds outside of its heap: metaspace, code, stacks, direct buffers.
    pub non_heap: Bytes,
    /// YARN: -104; Kubernetes: 137.
    pub exit_code: i32,
}

impl DriverConf {
    /// Nothing is too much for its heap, its container and its time any more: what a log does not tell of, which holds
    /// the sizes of results and neither the objects that were made of them nor how long somebody waited for them.
    pub fn forget_heap(&mut self) {
        let boundless = Self::boundless();
        self.heap = boundless.heap;
        self.storage = boundless.storage;
        self.container = None;
        self.broadcast_timeout = None;
    }

    /// A driver that nothing is too much for.
    #[must_use]
    pub const fn boundless() -> Self {
        Self {
            local: false,
            max_result_size: None,
            max_direct_result_size: Bytes::mib(1),
            max_message_size: None,
            getter_threads: 4,
            heap: Bytes::MAX,
            idle: Bytes::ZERO,
            task_bytes: Bytes::ZERO,
            kept_task_bytes: Bytes::ZERO,
            map_output_bytes: Bytes::ZERO,
            storage: Bytes::MAX,
            container: None,
            max_broadcast_bytes: Bytes::MAX,
            broadcast_timeout: None,
            stack: Bytes::MAX,
        }
    }
}

impl Default for DriverConf {
    fn default() -> Self {
        Self::boundless()
    }
}
