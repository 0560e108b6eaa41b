//! Collection beside the running threads: marking of G1 and CMS, cycles of ZGC.

use super::advance::{scaled, scaled_up};
use super::estimate::Padded;
use super::heap::{Heap, Spent};
use super::{GcCosts, HeapCollector, HeapVerdict};

/// What a collector does beside the threads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Concurrent {
    running: bool,
    /// Nanoseconds of each concurrent thread that the cycle on its way still needs.
    left_ns: u64,
    /// Time since the heap was made.
    pub(super) clock_ns: u64,
    /// How long it has run.
    wall_ns: u64,
    /// Bytes that were dead when it began: what it gives back.
    dead: u64,
    /// How long cycles took.
    duration: Padded,
    /// Mixed collections to come, and what each gives back.
    pub(super) mixed_left: u64,
    pub(super) mixed_bytes: u64,
    /// What young collections of G1 took for each mebibyte of eden.
    pub(super) eden_ns_per_mib: Padded,
}

/// `InitiatingHeapOccupancyPercent`: G1 marks when old regions take that much of the heap.
const G1_INITIATING: u64 = 45;
/// `CMSInitiatingOccupancyFraction` as HotSpot derives it: `(100 - MinHeapFreeRatio + CMSTriggerRatio * ..) / 100`.
const CMS_INITIATING: u64 = 92;
/// `G1HeapWastePercent`: less than that is not worth mixed collections.
const G1_WASTE: u64 = 5;
/// `G1MixedGCCountTarget`.
const G1_MIXED: u64 = 8;
/// Of a thousand dead bytes, those in regions where everything is dead: G1 frees them without copying.
const G1_EMPTY_PER_MILLE: u64 = 800;
/// `ZAllocationSpikeTolerance`, with the deviation that ZGC adds: it expects that many times the rate it saw.
const ZGC_SPIKE_PER_MILLE: u64 = 2_100;
/// The director looks ten times a second, and a cycle begins only then.
const ZGC_TICK_NS: u64 = 100_000_000;

impl Concurrent {
    pub(super) fn is_running(&self) -> bool {
        self.running
    }
}

impl Heap {
    /// Free bytes of a heap without generations.
    pub(super) fn free(&self) -> u64 {
        self.capacity().saturating_sub(self.old_used())
    }

    /// What ZGC keeps back to have somewhere to relocate to: a small page a thread and a medium one.
    pub(super) fn relocation_reserve(&self) -> u64 {
        let medium = (self.geometry.heap / 32).min(32 << 20);
        self.geometry.region * self.geometry.concurrent_threads + medium
    }

    /// Wall time until a cycle ends, or until somebody looks whether the next is to begin.
    pub(super) fn wall_until_phase(&self, rate: u64, running: u64, of: u64) -> u64 {
        if self.concurrent.running {
            scaled_up(self.concurrent.left_ns, of, running)
        } else if self.is_generational() || rate == 0 {
            u64::MAX
        } else {
            ZGC_TICK_NS - self.concurrent.clock_ns % ZGC_TICK_NS
        }
    }

    /// Free bytes at which ZGC begins a cycle: what is allocated meanwhile at the rate that it expects.
    fn zgc_threshold(&self, rate: u64) -> u64 {
        let expected = match self.concurrent.duration.average() {
            0 => self.cycle_ns(),
            _ => self.concurrent.duration.padded(1),
        };
        let rate = scaled(rate, ZGC_SPIKE_PER_MILLE, 1000);
        scaled(expected + ZGC_TICK_NS, rate, 1_000_000_000).max(self.geometry.heap / 20)
    }

    /// Nanoseconds of each concurrent thread that a cycle takes now.
    fn cycle_ns(&self) -> u64 {
        let costs = &self.costs;
        let objects: u64 = self.parts.iter().map(|part| (part.old + part.young()) / part.object_bytes).sum();
        let work = costs.full_base_ns
            + GcCosts::ns(objects, costs.mark_object_ps)
            + if self.is_generational() { 0 } else { GcCosts::ns(self.live(), costs.full_byte_ps) };
        work / self.geometry.concurrent_threads
    }

    /// Begins a concurrent collection where the old generation has grown enough.
    pub(super) fn start_cycle_if_due(&mut self) {
        let (part, of) = match self.geometry.collector {
            HeapCollector::G1 => (G1_INITIATING, self.geometry.heap),
            HeapCollector::Cms => (CMS_INITIATING, self.geometry.old),
            _ => return,
        };
        if !self.concurrent.running && self.concurrent.mixed_left == 0 && self.old_used() >= of / 100 * part {
            self.start_cycle();
        }
    }

    /// ZGC's director looks at the rate of allocation, from time to time.
    pub(super) fn look(&mut self, rate: u64) {
        let at_tick = self.concurrent.clock_ns.is_multiple_of(ZGC_TICK_NS);
        if !self.is_generational()
            && at_tick
            && !self.concurrent.running
            && rate > 0
            && self.free() <= self.zgc_threshold(rate)
        {
            self.start_cycle();
        }
    }

    fn start_cycle(&mut self) {
        self.totals.cycles += 1;
        self.concurrent.running = true;
        self.concurrent.left_ns = self.cycle_ns();
        self.concurrent.wall_ns = 0;
        self.concurrent.dead = self.old_garbage;
    }

    /// The cycle on its way gets on for `wall_ns`; how long it ran of it.
    pub(super) fn concurrent_for(&mut self, wall_ns: u64, running: u64, of: u64) -> u64 {
        if !self.concurrent.running {
            return 0;
        }
        let work = scaled(wall_ns, running, of).max(1);
        self.concurrent.left_ns = self.concurrent.left_ns.saturating_sub(work);
        self.concurrent.wall_ns += wall_ns;
        if self.concurrent.left_ns == 0 {
            self.end_cycle();
        }
        wall_ns
    }

    fn end_cycle(&mut self) {
        self.concurrent.running = false;
        let dead = self.concurrent.dead.min(self.old_garbage);
        match self.geometry.collector {
            HeapCollector::G1 => {
                let empty = scaled(dead, G1_EMPTY_PER_MILLE, 1000);
                self.old_garbage -= empty;
                if dead - empty > self.geometry.heap / 100 * G1_WASTE {
                    self.concurrent.mixed_left = G1_MIXED;
                    self.concurrent.mixed_bytes = (dead - empty) / G1_MIXED;
                }
            }
            HeapCollector::Zgc => {
                self.old_garbage -= dead;
                self.concurrent.duration.sample(self.concurrent.wall_ns, 30);
                if self.free() == 0 && self.old_garbage == 0 {
                    self.verdict = HeapVerdict::JavaHeapSpace;
                }
            }
            _ => self.old_garbage -= dead,
        }
    }

    /// A full collection ends what was going on beside it.
    pub(super) fn abandon_cycle(&mut self) {
        self.concurrent.running = false;
        self.concurrent.mixed_left = 0;
    }

    /// Threads wait for ZGC to give memory back; how long, of `left` nanoseconds.
    pub(super) fn stall(&mut self, left: u64, spent: &mut Spent) -> u64 {
        if !self.concurrent.running {
            self.totals.stalls += 1;
            self.start_cycle();
        }
        let waited = left.min(self.concurrent.left_ns.max(1));
        self.concurrent.clock_ns += waited;
        spent.stopped_ns += waited;
        spent.reported_ns += self.concurrent_for(waited, 1, 1);
        waited
    }

    /// Gives back what has died until `bytes` fit, or the heap is out of memory.
    pub(super) fn make_room(&mut self, bytes: u64) {
        if self.is_generational() {
            self.full();
        } else {
            for _ in 0..2 {
                if bytes <= self.free() {
                    break;
                }
                if !self.concurrent.running {
                    self.start_cycle();
                }
                self.owed_ns += self.concurrent.left_ns;
                self.concurrent.wall_ns += self.concurrent.left_ns;
                self.totals.stalls += 1;
                self.end_cycle();
            }
        }
        if bytes > self.old_room() && self.verdict == HeapVerdict::Fine {
            self.verdict = HeapVerdict::JavaHeapSpace;
        }
    }
}
