//! Python workers: what a process takes, what it keeps, when it breaks.
//!
//! Spark: `PythonWorkerFactory` (a daemon forks a worker for each task; idle ones are used again),
//! `BasePythonRunner` (`PYSPARK_EXECUTOR_MEMORY_MB`), `worker.py` (`RLIMIT_AS`), `shuffle.py` (`ExternalMerger`).

use crate::units::{Bytes, SimTime};

/// What is common to the Python workers of an executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PythonConf {
    /// `spark.executor.pyspark.memory` divided by the executor's cores: the address space of a worker.
    pub worker_limit: Option<Bytes>,
    /// `spark.python.worker.memory`: resident bytes of a worker above which its aggregation spills.
    pub worker_memory: Bytes,
    /// `spark.python.worker.reuse`.
    pub reuse: bool,
    /// `spark.sql.execution.arrow.maxRecordsPerBatch`.
    pub arrow_records: u64,
}

/// How rows come to Python and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// `BatchEvalPythonExec`: batches of 100 rows, pickled.
    Pickled,
    /// `ArrowEvalPythonExec`: record batches, which pandas reads.
    Arrow,
    /// `PythonRDD`: records of an RDD, pickled in batches of about 64 KiB.
    Rdd,
}

/// Rows of a pickled batch of a query (`BatchEvalPythonExec`: `new BatchIterator(…, 100)`).
const PICKLED_ROWS: u64 = 100;
/// `AutoBatchedSerializer.bestSize`: batches grow or shrink towards it.
const RDD_BATCH: Bytes = Bytes::kib(64);
/// What a daemon has loaded; its workers share these pages until they write to them.
const DAEMON: Bytes = Bytes::mib(48);
/// What a worker has of its own before it does anything.
const WORKER: Bytes = Bytes::mib(2);
/// What it has of its own in addition once pandas and pyarrow are loaded, and their files, which all of them share.
const PANDAS: (Bytes, Bytes) = (Bytes::mib(46), Bytes::mib(51));
/// Address space of a worker before it does anything.
const ADDRESS_SPACE: Bytes = Bytes::mib(127);
/// And with pandas and pyarrow.
const PANDAS_ADDRESS_SPACE: Bytes = Bytes::mib(415);
/// `IDLE_WORKER_TIMEOUT_NS`: idle workers are ended this long after one was last given back.
pub const IDLE_WORKER_TIMEOUT: SimTime = SimTime(60_000_000_000);

impl Transport {
    /// Rows that are in a worker at a time.
    fn batch_rows(self, rows: u64, bytes: Bytes, conf: &PythonConf) -> u64 {
        let batch = match self {
            Self::Pickled => PICKLED_ROWS,
            Self::Arrow if conf.arrow_records == 0 => rows,
            Self::Arrow => conf.arrow_records,
            Self::Rdd => RDD_BATCH.0.saturating_mul(rows) / bytes.0.max(1),
        };
        batch.clamp(1, rows.max(1)).min(rows)
    }

    /// Bytes of a batch, of all rows with `bytes`.
    #[must_use]
    pub fn batch(self, rows: u64, bytes: Bytes, of: Bytes, conf: &PythonConf) -> Bytes {
        let batch = self.batch_rows(rows, bytes, conf);
        Bytes((u128::from(of.0) * u128::from(batch) / u128::from(rows.max(1))) as u64)
    }

    /// Address space of a worker before it does anything.
    #[must_use]
    pub const fn address_space(self) -> Bytes {
        match self {
            Self::Arrow => PANDAS_ADDRESS_SPACE,
            Self::Pickled | Self::Rdd => ADDRESS_SPACE,
        }
    }

    /// Daemons that are apart: their environment differs (`SparkEnv.createPythonWorker`).
    const fn factory(self) -> usize {
        match self {
            Self::Pickled | Self::Arrow => 0,
            Self::Rdd => 1,
        }
    }
}

/// One worker process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worker {
    /// How it was spoken to first; Arrow later adds its libraries.
    pub transport: Transport,
    /// The attempt that it works for; `None` where it is idle.
    pub attempt: Option<u32>,
    /// What the user's code loads: libraries, models.
    pub own: Bytes,
    /// What the user's code never gives back.
    pub leaked: Bytes,
    /// What the present task has in it.
    pub task: Bytes,
    /// The most that a task had in it: Python's allocator keeps it.
    pub task_peak: Bytes,
}

impl Worker {
    /// A process that has just been forked.
    #[must_use]
    pub const fn new(transport: Transport, attempt: u32, own: Bytes) -> Self {
        let none = Bytes::ZERO;
        Self { transport, attempt: Some(attempt), own, leaked: none, task: none, task_peak: none }
    }

    /// What it holds that no other process does.
    #[must_use]
    pub fn private(&self) -> Bytes {
        let libraries = if self.transport == Transport::Arrow { PANDAS.0 } else { Bytes::ZERO };
        WORKER + libraries + self.own + self.leaked + self.task_peak.max(self.task)
    }

    /// Its resident size, with the pages that it shares with its daemon.
    #[must_use]
    pub fn resident(&self) -> Bytes {
        let libraries = if self.transport == Transport::Arrow { PANDAS.1 } else { Bytes::ZERO };
        self.private() + DAEMON.saturating_sub(WORKER) + libraries
    }

    /// Its resident size now, where Python has given back what the task no longer has (`get_used_memory`).
    #[must_use]
    pub fn used(&self) -> Bytes {
        Self { task_peak: self.task, ..*self }.resident()
    }

    /// Its address space.
    #[must_use]
    pub fn address_space(&self) -> Bytes {
        self.transport.address_space() + self.own + self.leaked + self.task_peak.max(self.task)
    }
}

/// The Python processes of an executor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workers {
    /// By number; `None` where a process has ended.
    workers: Vec<Option<Worker>>,
    /// Idle ones, the first to be given back first (`idleWorkers`), by factory.
    idle: [std::collections::VecDeque<usize>; 2],
    /// When one was last given back, by factory.
    last_activity: [SimTime; 2],
    /// Daemons that were started, by factory.
    daemons: [bool; 2],
    /// Whether pandas and pyarrow were loaded: their files are shared.
    pandas: bool,
}

impl Workers {
    /// A worker for a task: an idle one, or a new process (`PythonWorkerFactory.create`).
    pub fn take(&mut self, transport: Transport, attempt: u32, own: Bytes, now: SimTime) -> usize {
        let factory = transport.factory();
        self.expire(now);
        self.daemons[factory] = true;
        self.pandas |= transport == Transport::Arrow;
        if let Some(index) = self.idle[factory].pop_front() {
            let worker = self.workers[index].as_mut().expect("an idle worker lives");
            worker.attempt = Some(attempt);
            worker.own = worker.own.max(own);
            worker.transport = worker.transport.max_libraries(transport);
            return index;
        }
        let worker = Some(Worker::new(transport, attempt, own));
        match self.workers.iter().position(Option::is_none) {
            Some(index) => {
                self.workers[index] = worker;
                index
            }
            None => {
                self.workers.push(worker);
                self.workers.len() - 1
            }
        }
    }

    /// A task is done with its workers: they wait for the next one, or end (`releaseWorker`).
    pub fn give_back(&mut self, attempt: u32, reuse: bool, now: SimTime) {
        for index in 0..self.workers.len() {
            let Some(worker) = self.workers[index].as_mut().filter(|worker| worker.attempt == Some(attempt))
            else {
                continue;
            };
            if reuse {
                worker.attempt = None;
                worker.task = Bytes::ZERO;
                let factory = worker.transport.factory();
                self.idle[factory].push_back(index);
                self.last_activity[factory] = now;
            } else {
                self.workers[index] = None;
            }
        }
    }

    /// Ends the idle workers of a factory that gave none out for a minute (`MonitorThread`, which looks every 10 s).
    pub fn expire(&mut self, now: SimTime) {
        for factory in 0..self.idle.len() {
            if now.saturating_sub(self.last_activity[factory]) > IDLE_WORKER_TIMEOUT {
                for index in self.idle[factory].drain(..) {
                    self.workers[index] = None;
                }
            }
        }
    }

    /// A worker.
    #[must_use]
    pub fn worker(&self, index: usize) -> &Worker {
        self.workers[index].as_ref().expect("the worker of a running task lives")
    }

    /// A worker, to change what it holds.
    pub fn worker_mut(&mut self, index: usize) -> &mut Worker {
        self.workers[index].as_mut().expect("the worker of a running task lives")
    }

    /// Processes besides the daemons.
    #[must_use]
    pub fn count(&self) -> usize {
        self.workers.iter().flatten().count()
    }

    /// All processes: with shared pages once (`shared_once`, as a control group counts) or for each process.
    #[must_use]
    pub fn bytes(&self, shared_once: bool) -> Bytes {
        let daemons = DAEMON * self.daemons.iter().filter(|&&started| started).count() as u64;
        let workers = self.workers.iter().flatten();
        if shared_once {
            let libraries = if self.pandas { PANDAS.1 } else { Bytes::ZERO };
            daemons + libraries + workers.map(Worker::private).sum()
        } else {
            daemons + workers.map(Worker::resident).sum()
        }
    }
}

impl Transport {
    /// What a worker has loaded that was spoken to in both ways.
    const fn max_libraries(self, other: Self) -> Self {
        match (self, other) {
            (Self::Arrow, _) | (_, Self::Arrow) => Self::Arrow,
            _ => self,
        }
    }
}

#[cfg(test)]
#[path = "python_tests.rs"]
mod tests;
