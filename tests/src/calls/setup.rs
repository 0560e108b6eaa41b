//! The executor that calls are made to.

use proptest::arbitrary::any;
use proptest::strategy::{BoxedStrategy, Strategy};
use sim_core::memory::ManagerConf;
use sim_core::storage::UnrollConf;
use sim_core::units::Bytes;

pub use crate::conform::SpillPolicy;

/// Who runs while a consumer spills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
pub enum WhileSpilling {
    /// Nobody: the call is over before others see what was freed.
    Nobody,
    /// Every task that the spill has woken, which may take what was freed (SPARK-35486).
    WokenTasks,
}

/// Sizes and habits of one executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// On-heap memory.
    pub heap: u64,
    /// On-heap storage region.
    pub region: u64,
    /// Off-heap memory.
    pub off_heap: u64,
    /// Off-heap storage region.
    pub off_heap_region: u64,
    /// `spark.storage.unrollMemoryThreshold`.
    pub unroll_initial: u64,
    /// Bytes of a page of every consumer.
    pub page_size: u64,
    /// Who runs while a consumer spills.
    pub while_spilling: WhileSpilling,
    /// How the consumers of each task spill.
    pub policies: [SpillPolicy; super::CONSUMERS as usize],
}

impl Setup {
    /// 1000 bytes of heap, half of them the storage region; 400 off-heap.
    pub const EVEN: Self = Self {
        heap: 1000,
        region: 500,
        off_heap: 400,
        off_heap_region: 200,
        unroll_initial: 40,
        page_size: 50,
        while_spilling: WhileSpilling::Nobody,
        policies: [SpillPolicy::Full; super::CONSUMERS as usize],
    };

    /// What `sim-core` is told.
    #[must_use]
    pub fn manager(&self) -> ManagerConf {
        ManagerConf {
            max_heap_memory: Bytes(self.heap),
            on_heap_storage_region: Bytes(self.region),
            max_off_heap_memory: Bytes(self.off_heap),
            off_heap_storage_region: Bytes(self.off_heap_region),
            ..ManagerConf::default()
        }
    }

    /// What `sim-core` is told of unrolling: a check after every fourth element.
    #[must_use]
    pub fn unroll(&self) -> UnrollConf {
        UnrollConf { initial: Bytes(self.unroll_initial), check_period: 4, growth_factor: 1.5 }
    }
}

/// What a setup is drawn from: 1000 bytes of heap, so that sums can be done in the head.
#[derive(Clone, Copy, Debug, arbitrary::Arbitrary, proptest_derive::Arbitrary)]
struct Drawn {
    region_twentieths: u8,
    has_off_heap: bool,
    unroll_initial: u8,
    page_size: u8,
    while_spilling: WhileSpilling,
    policies: [SpillPolicy; super::CONSUMERS as usize],
}

impl From<Drawn> for Setup {
    fn from(drawn: Drawn) -> Self {
        let off_heap = if drawn.has_off_heap { 400 } else { 0 };
        Self {
            heap: 1000,
            region: u64::from(drawn.region_twentieths % 21) * 50,
            off_heap,
            off_heap_region: off_heap / 2,
            unroll_initial: u64::from(drawn.unroll_initial),
            page_size: u64::from(drawn.page_size),
            while_spilling: drawn.while_spilling,
            policies: drawn.policies,
        }
    }
}

impl<'a> arbitrary::Arbitrary<'a> for Setup {
    fn arbitrary(input: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        Drawn::arbitrary(input).map(Self::from)
    }
}

impl proptest::arbitrary::Arbitrary for Setup {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;
    fn arbitrary_with((): ()) -> Self::Strategy {
        any::<Drawn>().prop_map(Self::from).boxed()
    }
}
