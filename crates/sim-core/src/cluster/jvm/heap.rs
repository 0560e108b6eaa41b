//! What a heap holds, and the interface of the model.

use super::concurrent::Concurrent;
use super::estimate::Padded;
use super::overhead::Overhead;
use super::{GcCosts, Geometry, HeapCollector, HeapVerdict};

/// Ages of a generational collector: index 0 is eden, index n survived n collections.
pub(super) const AGES: usize = 16;

/// How many parts there are.
pub(super) const PARTS: usize = 3;

/// What lives for how long: objects of one part leave in the order in which they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What stays: cached blocks, broadcast variables, the executor's own objects.
    Cached,
    /// Execution memory.
    Execution,
    /// Objects of user code.
    User,
}

/// A heap as a run is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapConf {
    /// Sizes of its parts.
    pub geometry: Geometry,
    /// What collections take.
    pub costs: GcCosts,
    /// Mean bytes of an object of each [`Part`], in their order.
    pub object_bytes: [u64; PARTS],
}

/// The threads that allocate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mutators {
    /// How many of them run.
    pub threads: u64,
    /// Bytes of garbage that all of them make in a second that nobody disturbs.
    pub bytes_per_second: u64,
}

/// Where a span of time went, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// The threads ran as if nobody disturbed them.
    pub progress_ns: u64,
    /// They stood still: a collection stopped them, or they waited for memory.
    pub stopped_ns: u64,
    /// What they lost to concurrent collectors on the same processors.
    pub slowed_ns: u64,
    /// What the collector's beans count of it, which Spark calls `JVM GC Time`.
    pub reported_ns: u64,
}

/// Collections so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcTotals {
    /// Young collections, mixed ones among them.
    pub young: u64,
    /// Mixed collections of G1.
    pub mixed: u64,
    /// Collections of everything that stop all threads.
    pub full: u64,
    /// Concurrent cycles: marking of G1 and CMS, whole cycles of ZGC.
    pub cycles: u64,
    /// Times that threads had to wait for a cycle of ZGC to give memory back.
    pub stalls: u64,
}

/// Live bytes of one part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Residents {
    pub(super) ages: [u64; AGES],
    pub(super) old: u64,
    pub(super) object_bytes: u64,
}

impl Residents {
    fn new(object_bytes: u64) -> Self {
        Self { ages: [0; AGES], old: 0, object_bytes: object_bytes.max(16) }
    }

    pub(super) fn young(&self) -> u64 {
        self.ages.iter().sum()
    }
}

/// The heap of one JVM.
#[derive(Clone, Debug)]
pub struct Heap {
    pub(super) geometry: Geometry,
    pub(super) costs: GcCosts,
    pub(super) parts: [Residents; PARTS],
    /// Dead bytes in eden and the survivor spaces.
    pub(super) young_garbage: u64,
    /// Dead bytes in the old generation.
    pub(super) old_garbage: u64,
    /// What eden holds until the next collection.
    pub(super) eden: u64,
    /// Live and dead bytes in eden.
    pub(super) eden_used: u64,
    /// The survivor space of the next collection.
    pub(super) survivor: u64,
    /// Objects of that age are old.
    pub(super) threshold: usize,
    pub(super) promoted: Padded,
    pub(super) survived: Padded,
    pub(super) concurrent: Concurrent,
    pub(super) overhead: Overhead,
    /// Nanoseconds that the threads have yet to stand still.
    pub(super) owed_ns: u64,
    /// Work of less than a nanosecond that was done beside a concurrent collector.
    pub(super) rest: u64,
    /// What was thrown.
    pub(super) verdict: HeapVerdict,
    pub(super) totals: GcTotals,
    /// Progress since the last collection.
    pub(super) interval_ns: u64,
}

impl Heap {
    /// An empty heap.
    #[must_use]
    pub fn new(conf: &HeapConf) -> Self {
        let geometry = conf.geometry;
        let survivor = match geometry.collector {
            // `InitialSurvivorRatio` of 8.
            HeapCollector::Parallel => geometry.young / 8,
            HeapCollector::Zgc => 0,
            _ => geometry.survivor,
        };
        let mut heap = Self {
            geometry,
            costs: conf.costs,
            parts: conf.object_bytes.map(Residents::new),
            young_garbage: 0,
            old_garbage: 0,
            eden: 0,
            eden_used: 0,
            survivor,
            threshold: if geometry.collector == HeapCollector::Parallel { 7 } else { geometry.max_tenuring },
            promoted: Padded::default(),
            survived: Padded::default(),
            concurrent: Concurrent::default(),
            overhead: Overhead::default(),
            owed_ns: 0,
            rest: 0,
            verdict: HeapVerdict::Fine,
            totals: GcTotals::default(),
            interval_ns: 0,
        };
        heap.resize_eden();
        heap
    }

    /// Allocates `bytes` that stay. What that takes the threads is owed: [`Heap::advance`] pays it.
    pub fn hold(&mut self, part: Part, bytes: u64) {
        let index = part as usize;
        let mut left = self.inflated(bytes);
        if !self.is_generational() || self.parts[index].object_bytes >= self.geometry.large_array() {
            self.hold_old(index, left);
            return;
        }
        while left > 0 {
            let room = self.eden.saturating_sub(self.eden_used);
            if room == 0 {
                self.collect();
                if self.verdict != HeapVerdict::Fine {
                    self.parts[index].old += left;
                    return;
                }
                continue;
            }
            let now = left.min(room);
            self.parts[index].ages[0] += now;
            self.eden_used += now;
            left -= now;
        }
    }

    fn hold_old(&mut self, index: usize, bytes: u64) {
        if bytes > self.old_room() {
            self.make_room(bytes);
        }
        self.parts[index].old += bytes;
        self.start_cycle_if_due();
    }

    /// Lets `bytes` die, those that came first before the others.
    pub fn release(&mut self, part: Part, bytes: u64) {
        let mut left = self.inflated(bytes);
        let residents = &mut self.parts[part as usize];
        let old = left.min(residents.old);
        residents.old -= old;
        self.old_garbage += old;
        left -= old;
        for age in residents.ages.iter_mut().rev() {
            let dead = left.min(*age);
            *age -= dead;
            self.young_garbage += dead;
            left -= dead;
        }
    }

    /// Nanoseconds that all threads have yet to stand still, if nothing more is allocated.
    #[must_use]
    pub fn owed_ns(&self) -> u64 {
        self.owed_ns
    }

    /// Live bytes.
    #[must_use]
    pub fn live(&self) -> u64 {
        self.parts.iter().map(|part| part.old + part.young()).sum()
    }

    /// Bytes that can still be held before the heap is out of memory.
    #[must_use]
    pub fn headroom(&self) -> u64 {
        self.capacity().saturating_sub(self.live())
    }

    /// Whether the JVM threw an error.
    #[must_use]
    pub fn verdict(&self) -> HeapVerdict {
        self.verdict
    }

    /// Collections so far.
    #[must_use]
    pub fn totals(&self) -> GcTotals {
        self.totals
    }

    /// Most bytes that can live: a generational heap cannot use all of its young generation for what stays.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        let geometry = &self.geometry;
        match geometry.collector {
            HeapCollector::Parallel | HeapCollector::Serial | HeapCollector::Cms => {
                geometry.old + self.largest_eden()
            }
            HeapCollector::G1 => geometry.heap,
            HeapCollector::Zgc => geometry.heap.saturating_sub(self.relocation_reserve()),
        }
    }

    pub(super) fn is_generational(&self) -> bool {
        self.geometry.collector != HeapCollector::Zgc
    }

    /// Bytes of objects as this collector lays them out.
    fn inflated(&self, bytes: u64) -> u64 {
        (u128::from(bytes) * u128::from(self.costs.object_per_mille) / 1000) as u64
    }

    pub(super) fn old_live(&self) -> u64 {
        self.parts.iter().map(|part| part.old).sum()
    }

    pub(super) fn old_used(&self) -> u64 {
        self.old_live() + self.old_garbage
    }

    pub(super) fn survivors(&self) -> u64 {
        self.parts.iter().map(|part| part.ages[1..].iter().sum::<u64>()).sum()
    }

    /// Free bytes that old objects can be put into.
    pub(super) fn old_room(&self) -> u64 {
        match self.geometry.collector {
            HeapCollector::G1 => {
                self.geometry.heap.saturating_sub(self.old_used() + self.eden_used + self.survivors())
            }
            HeapCollector::Zgc => self.free(),
            _ => self.geometry.old.saturating_sub(self.old_used()),
        }
    }
}
