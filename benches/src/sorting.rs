//! One task that sorts very many rows: work is per page and doubling, not per row.

use sim_core::ids::AttemptSlot;
use sim_core::memory::consumer::{Progress, Rows, TaskConsumers, UnsafeExternalSorter, UnsafeSorterConf};
use sim_core::memory::{ExecutionMemory, Grant, MemoryMode, TaskMemoryConf, TaskMemoryManager};
use sim_core::units::Bytes;

/// Grants what is left; one task alone never waits.
struct Left(Bytes);

impl ExecutionMemory for Left {
    fn acquire(&mut self, bytes: Bytes, _: AttemptSlot, _: MemoryMode) -> Grant {
        let granted = bytes.min(self.0);
        self.0 -= granted;
        Grant::Granted(granted)
    }
    fn recheck(&mut self, _: Bytes, _: AttemptSlot, _: MemoryMode) -> Grant {
        unreachable!("nobody waits")
    }
    fn release(&mut self, bytes: Bytes, _: AttemptSlot, _: MemoryMode) -> Bytes {
        self.0 += bytes;
        bytes
    }
}

/// A sort of `rows` rows of 100 bytes in 16 GiB with pages of 64 MiB. `[rows, bytes spilled]`.
///
/// # Panics
/// Where the sort fails.
#[must_use]
pub fn sort(rows: u64) -> [u64; 2] {
    let mut memory = Left(Bytes::gib(16));
    let mut task = TaskConsumers::new(TaskMemoryManager::new(AttemptSlot(0), TaskMemoryConf::default()));
    let sorter = UnsafeExternalSorter::new(UnsafeSorterConf::default());
    let sorter = task.open(sorter, MemoryMode::OnHeap, Bytes::mib(64));
    task.insert(sorter, Rows { count: rows, bytes_each: Bytes(100) });
    let mut inserted = 0;
    loop {
        match task.step(&mut memory) {
            Progress::Inserted(rows) => inserted += rows,
            Progress::Spilling(..) => {}
            Progress::Done => break,
            other => panic!("one task alone neither waits nor fails: {other:?}"),
        }
    }
    [inserted, task.metrics(sorter).memory_bytes_spilled.0]
}
