//! An operator that is not modelled: it is known by the memory it holds, and never spills.

use super::{Books, ConsumerMetrics, Failure, Machine, Need, Rows, SpillWrite, Spilled, Trigger};
use crate::memory::task::{Acquired, ExecutionMemory, Request};
use crate::units::Bytes;

/// An operator that is not modelled: it holds its rows as plain memory, asked for at once, goes on with less, and never
/// spills.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlackBox {
    held: Bytes,
    peak: Bytes,
    asked: bool,
}

impl BlackBox {
    /// A box that holds nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes that it was granted and holds.
    #[must_use]
    pub fn held(&self) -> Bytes {
        self.held
    }
}

impl Machine for BlackBox {
    fn insert<M: ExecutionMemory>(&mut self, rows: &mut Rows, _: &mut Books<'_, M>) -> Need {
        let bytes = rows.bytes_each * rows.count;
        if std::mem::take(&mut self.asked) || bytes.is_zero() {
            rows.count = 0;
            return Need::Nothing;
        }
        self.asked = true;
        Need::Memory(Request::Memory(bytes))
    }

    fn granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        _: &mut Books<'_, M>,
    ) -> Result<(), Failure> {
        let Acquired::Bytes(granted) = acquired else { return Err(Failure::of(acquired)) };
        self.held += granted;
        self.peak = self.peak.max(self.held);
        Ok(())
    }

    fn spill_write(&self, _: Trigger) -> SpillWrite {
        SpillWrite::default()
    }

    fn spill<M: ExecutionMemory>(&mut self, _: Bytes, _: Trigger, _: &mut Books<'_, M>) -> Spilled {
        Spilled::Freed(Bytes::ZERO)
    }

    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        books.free_memory(std::mem::take(&mut self.held));
    }

    fn metrics(&self) -> ConsumerMetrics {
        ConsumerMetrics { peak_memory: self.peak, ..ConsumerMetrics::default() }
    }
}
