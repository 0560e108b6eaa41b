//! The first of the two maps that generated code keeps in a partial aggregation.
//!
//! Spark: `RowBasedHashMapGenerator.scala`, `RowBasedKeyValueBatch.java`. It takes one page as it is made and never
//! grows or spills: when the page or its 2^16 slots are full, further groups go to the second map. Its page is in the
//! pool but in no operator's peak.

use super::{Books, ConsumerMetrics, Failure, Machine, Need, Rows, SpillWrite, Spilled, Trigger};
use crate::memory::task::{Acquired, ExecutionMemory, Page, Request};
use crate::units::Bytes;

/// `spark.sql.codegen.aggregate.fastHashMap.capacityBit`: most groups it keeps, whatever its page.
const CAPACITY: u64 = 1 << 16;
/// Bytes of a record besides key and value.
const RECORD_OVERHEAD: Bytes = Bytes(8);

/// The first of the two maps of a partial aggregation in generated code: one page, which never grows or spills.
#[derive(Clone, Copy, Debug)]
pub struct RowBasedKeyValueBatch {
    page_size: Bytes,
    page: Option<Page>,
    refused: bool,
}

impl RowBasedKeyValueBatch {
    /// A batch that has not acquired its page of `page_size` bytes yet.
    #[must_use]
    pub fn new(page_size: Bytes) -> Self {
        Self { page_size, page: None, refused: false }
    }

    /// Groups that it keeps, each of `bytes_each` for key and value together; none where its page was refused.
    #[must_use]
    pub fn groups(&self, bytes_each: Bytes) -> u64 {
        self.page.map_or(0, |page| CAPACITY.min(page.size.0 / (bytes_each + RECORD_OVERHEAD).0))
    }
}

impl Machine for RowBasedKeyValueBatch {
    fn open(&mut self) -> Need {
        if self.page.is_some() || self.refused {
            return Need::Nothing;
        }
        Need::Memory(Request::Page(self.page_size))
    }

    /// Rows come through the aggregation that it serves.
    fn insert<M: ExecutionMemory>(&mut self, _: &mut Rows, _: &mut Books<'_, M>) -> Need {
        Need::Nothing
    }

    fn granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        _: &mut Books<'_, M>,
    ) -> Result<(), Failure> {
        match acquired {
            Acquired::Page(page) => self.page = Some(page),
            Acquired::OutOfMemory { .. } => self.refused = true,
            failed => return Err(Failure::of(failed)),
        }
        Ok(())
    }

    fn spill_write(&self, _: Trigger) -> SpillWrite {
        SpillWrite::default()
    }

    fn spill<M: ExecutionMemory>(&mut self, _: Bytes, _: Trigger, _: &mut Books<'_, M>) -> Spilled {
        Spilled::Freed(Bytes::ZERO)
    }

    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        if let Some(page) = self.page.take() {
            books.free_page(page);
        }
    }

    fn metrics(&self) -> ConsumerMetrics {
        ConsumerMetrics::default()
    }
}
