//! Why an application fails: one enum for what is simulated and for what a log shows.

use serde::Serialize;

/// Why an application fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
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
