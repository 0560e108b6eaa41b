//! The queue that keeps input rows while a Python worker computes on them.
//!
//! Spark: `HybridRowQueue` in `RowQueue.scala`. Rows lie in pages, one queue a page; when a page is refused, that row
//! and all after it go to disk. Nothing in the task metrics counts it.

use std::collections::VecDeque;

use super::{Books, ConsumerMetrics, Failure, Machine, Need, Rows, SpillWrite, Spilled, Trigger};
use crate::memory::task::{Acquired, ExecutionMemory, Page, Request};
use crate::units::Bytes;

/// Bytes before a row in its page: its length.
const ROW_HEADER: Bytes = Bytes(4);

/// The queue that keeps input rows while a Python worker computes on them: pages first, then disk.
#[derive(Clone, Debug, Default)]
pub struct HybridRowQueue {
    queues: VecDeque<Queue>,
    left_in_page: Bytes,
    metrics: ConsumerMetrics,
}

/// Rows in one page, or on disk.
#[derive(Clone, Copy, Debug)]
struct Queue {
    page: Option<Page>,
    rows: u64,
    bytes: Bytes,
}

impl HybridRowQueue {
    /// An empty queue.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Queues that rows lie in, one a page or disk file.
    #[must_use]
    pub fn queues(&self) -> usize {
        self.queues.len()
    }

    fn start(&mut self, page: Option<Page>) {
        self.left_in_page = page.map_or(Bytes::ZERO, |page| page.size);
        self.queues.push_back(Queue { page, rows: 0, bytes: Bytes::ZERO });
    }

    /// Those that a spill moves to disk: all in memory but the newest.
    fn movable(&self) -> impl Iterator<Item = &Queue> {
        let older = self.queues.len().saturating_sub(1);
        self.queues.iter().take(older).filter(|queue| queue.page.is_some())
    }

    fn count_on_disk(&mut self, bytes: Bytes) {
        self.metrics.data_bytes_spilled += bytes;
    }
}

impl Machine for HybridRowQueue {
    fn insert<M: ExecutionMemory>(&mut self, rows: &mut Rows, _: &mut Books<'_, M>) -> Need {
        let stored = rows.bytes_each + ROW_HEADER;
        if let Some(writing) = self.queues.back_mut() {
            let on_disk = writing.page.is_none();
            let room = if on_disk { rows.count } else { rows.count.min(self.left_in_page.0 / stored.0) };
            let bytes = rows.bytes_each * room;
            writing.rows += room;
            writing.bytes += bytes;
            rows.count -= room;
            if on_disk {
                self.count_on_disk(bytes);
            } else {
                self.left_in_page -= stored * room;
            }
        }
        if rows.count == 0 {
            return Need::Nothing;
        }
        Need::Memory(Request::Page(stored))
    }

    fn granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        _: &mut Books<'_, M>,
    ) -> Result<(), Failure> {
        match acquired {
            Acquired::Page(page) => self.start(Some(page)),
            Acquired::OutOfMemory { .. } => self.start(None),
            failed => return Err(Failure::of(failed)),
        }
        Ok(())
    }

    fn spill_write(&self, trigger: Trigger) -> SpillWrite {
        match trigger {
            // What comes next goes to disk instead.
            Trigger::Itself | Trigger::Decision => SpillWrite::default(),
            Trigger::Other => SpillWrite {
                rows: self.movable().map(|queue| queue.rows).sum(),
                bytes: self.movable().map(|queue| queue.bytes).sum(),
            },
        }
    }

    fn spill<M: ExecutionMemory>(&mut self, _: Bytes, trigger: Trigger, books: &mut Books<'_, M>) -> Spilled {
        let mut freed = Bytes::ZERO;
        if trigger == Trigger::Other {
            self.count_on_disk(self.spill_write(trigger).bytes);
            let older = self.queues.len().saturating_sub(1);
            for queue in self.queues.iter_mut().take(older) {
                if let Some(page) = queue.page.take() {
                    books.free_page(page);
                    freed += page.size;
                }
            }
        }
        self.metrics.spills += u64::from(!freed.is_zero());
        Spilled::Freed(freed)
    }

    fn read<M: ExecutionMemory>(&mut self, mut rows: u64, books: &mut Books<'_, M>) {
        while let Some(reading) = self.queues.front_mut() {
            let read = rows.min(reading.rows);
            let bytes = u128::from(reading.bytes.0) * u128::from(read) / u128::from(reading.rows.max(1));
            reading.rows -= read;
            reading.bytes -= Bytes(bytes as u64);
            rows -= read;
            if rows == 0 || self.queues.len() == 1 {
                return;
            }
            if let Some(Queue { page: Some(page), .. }) = self.queues.pop_front() {
                books.free_page(page);
            }
        }
    }

    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        for queue in self.queues.drain(..) {
            if let Some(page) = queue.page {
                books.free_page(page);
            }
        }
        self.left_in_page = Bytes::ZERO;
    }

    fn metrics(&self) -> ConsumerMetrics {
        self.metrics
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Driven;
    use super::*;

    #[test]
    fn a_refused_page_sends_the_rest_to_disk() {
        // 51 rows of 20 bytes in a page of 1024; the third page is not there.
        let mut queue = Driven::open(HybridRowQueue::new(), 1024, 2 * 1024 + 19);
        queue.insert(200, 16).unwrap();
        assert_eq!(queue.metrics().data_bytes_spilled, Bytes(98 * 16));
        queue.read(52);
        assert_eq!(queue.memory.0, 1024 + 19, "the first page was read");
    }

    #[test]
    fn others_get_all_pages_but_the_newest() {
        let mut queue = Driven::open(HybridRowQueue::new(), 1024, 1 << 20);
        queue.insert(153, 16).unwrap();
        assert_eq!(queue.spill(1, Trigger::Other), 2 * 1024);
        assert_eq!(queue.spills, [102]);
    }
}
