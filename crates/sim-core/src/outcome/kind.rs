//! The kinds of failures.

/// Why an application, a task or an executor fails: one enum for what is simulated and for what a log shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// A consumer ran out of execution memory, or waits for it for ever.
    ExecutionMemory,
    /// The heap of an executor, outside the pools.
    ExecutorHeap,
    /// A JVM did nothing but collect garbage.
    GcOverhead,
    /// The container of an executor outgrew its limit.
    ContainerLimit,
    /// A Python worker outgrew `spark.executor.pyspark.memory`.
    PythonMemory,
    /// The heap of the driver.
    DriverHeap,
    /// The container of the driver outgrew its limit.
    DriverContainer,
    /// The results of a job outgrew `spark.driver.maxResultSize`.
    MaxResultSize,
    /// A table is too large to be broadcast.
    BroadcastLimit,
    /// A task or its result is larger than a message may be.
    TaskResultOrRpcSize,
    /// A thread's stack.
    StackOverflow,
    /// An executor was lost, for a reason that is not one of those above.
    ExecutorLostOther,
    /// Something else than memory.
    NotMemory,
}

impl FailureKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::ExecutionMemory,
        Self::ExecutorHeap,
        Self::GcOverhead,
        Self::ContainerLimit,
        Self::PythonMemory,
        Self::DriverHeap,
        Self::DriverContainer,
        Self::MaxResultSize,
        Self::BroadcastLimit,
        Self::TaskResultOrRpcSize,
        Self::StackOverflow,
        Self::ExecutorLostOther,
        Self::NotMemory,
    ];

    /// Its name in reports: `execution_memory`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ExecutionMemory => "execution_memory",
            Self::ExecutorHeap => "executor_heap",
            Self::GcOverhead => "gc_overhead",
            Self::ContainerLimit => "container_limit",
            Self::PythonMemory => "python_memory",
            Self::DriverHeap => "driver_heap",
            Self::DriverContainer => "driver_container",
            Self::MaxResultSize => "max_result_size",
            Self::BroadcastLimit => "broadcast_limit",
            Self::TaskResultOrRpcSize => "task_result_or_rpc_size",
            Self::StackOverflow => "stack_overflow",
            Self::ExecutorLostOther => "executor_lost_other",
            Self::NotMemory => "not_memory",
        }
    }
}
