//! What real collectors did: the rows of `tests/jvm/gc/runs.csv`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sim_core::cluster::jvm::HeapCollector;

/// One run of `Gc.java`.
#[derive(Clone, Debug, Deserialize)]
pub struct Run {
    /// `fit` or `test`: constants come from the former only.
    pub set: String,
    /// `grid`, `repeat` or `growing` (without `-Xms`).
    pub part: String,
    /// The collector.
    pub collector: String,
    /// `-Xmx`, in MiB.
    pub heap_mib: u64,
    /// What it differs in from the base.
    pub label: String,
    /// 0, or which repetition.
    pub repeat: u32,
    /// Threads that allocate.
    pub threads: u64,
    /// Bytes held to the end.
    pub live_bytes: u64,
    /// Bytes of the rings.
    pub medium_bytes: u64,
    /// Parts in a thousand of the allocation that go to the rings.
    pub medium_per_mille: u64,
    /// Payload bytes of a record.
    pub object_bytes: u64,
    /// Work a record.
    pub iterations: u64,
    /// `ok`, or what the JVM threw and when.
    pub verdict: String,
    /// Wall time of the measured part.
    pub elapsed_ms: Option<f64>,
    /// CPU time of the threads that allocate.
    pub worker_cpu_ms: Option<f64>,
    /// CPU time of the whole JVM.
    pub process_cpu_ms: Option<f64>,
    /// What was allocated.
    pub allocated_bytes: u64,
    /// Collections of the young bean.
    pub young_count: u64,
    /// And how long they took.
    pub young_ms: u64,
    /// Collections of the old bean.
    pub old_count: u64,
    /// And how long they took.
    pub old_ms: u64,
    /// The longest pause of the log.
    pub longest_pause_ms: Option<f64>,
}

impl Run {
    /// The collector, as the model names it.
    ///
    /// # Panics
    /// Where the file names another.
    #[must_use]
    pub fn heap_collector(&self) -> HeapCollector {
        match self.collector.as_str() {
            "parallel" => HeapCollector::Parallel,
            "serial" => HeapCollector::Serial,
            "g1" => HeapCollector::G1,
            "zgc" => HeapCollector::Zgc,
            other => panic!("no collector {other:?}"),
        }
    }

    /// Whether it ran to its end.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.verdict == "ok"
    }

    /// What Spark calls `JVM GC Time`.
    #[must_use]
    pub fn gc_ms(&self) -> f64 {
        (self.young_ms + self.old_ms) as f64
    }

    /// Share of the time that was garbage collection, as on a host that does nothing else.
    ///
    /// Where everything stops for it, other load of the host lengthens the pauses and the rest alike: a pause takes no
    /// longer than the CPU time of the collector's threads, and the rest is the CPU time of those that allocate. Where
    /// it runs beside them, the clock counts.
    #[must_use]
    pub fn gc_share(&self) -> f64 {
        let elapsed = self.elapsed_ms.unwrap_or(1.0);
        let worker = self.worker_cpu_ms.unwrap_or(0.0);
        let gc_threads = match self.heap_collector() {
            HeapCollector::Zgc => return (self.gc_ms() / elapsed).min(1.0),
            HeapCollector::Serial => 1.0,
            _ => 2.0,
        };
        let cpu = (self.process_cpu_ms.unwrap_or(0.0) - worker).max(0.0) / gc_threads;
        let gc = self.gc_ms().min(cpu);
        gc / (gc + worker / self.threads as f64)
    }

    /// Bytes of a record in the heap: an object of 24 bytes and an array, and the reference to it.
    #[must_use]
    pub fn record_bytes(&self) -> u64 {
        24 + (16 + self.object_bytes).next_multiple_of(8) + 4
    }
}

/// The file that is kept.
#[must_use]
pub fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("jvm/gc/runs.csv")
}

/// The rows of a file.
///
/// # Errors
/// Where it cannot be read as such rows.
pub fn read(path: &Path) -> Result<Vec<Run>, csv::Error> {
    csv::Reader::from_path(path)?.into_deserialize().collect()
}
