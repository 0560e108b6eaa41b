//! Collections that stop the threads: young, mixed and full ones.

use super::heap::{AGES, Heap, PARTS};
use super::{GcCosts, HeapCollector, HeapVerdict};

/// What a young collection moved.
#[derive(Clone, Copy, Debug, Default)]
struct Copied {
    bytes: u64,
    objects: u64,
    promoted: u64,
    overflowed: bool,
}

/// `MaxGCPauseMillis`, less what G1 keeps back for what it is not sure of (`G1ConfidencePercent`).
const G1_PAUSE_NS: u64 = 130_000_000;
/// `G1ReservePercent`.
const G1_RESERVE: u64 = 10;
/// `G1NewSizePercent` and `G1MaxNewSizePercent`.
const G1_YOUNG: (u64, u64) = (5, 60);
/// `AdaptiveSizePolicyWeight`.
const WEIGHT: i64 = 10;
/// `PromotedPadding`, `SurvivorPadding`.
const PADDING: i64 = 3;

impl Heap {
    /// Eden is full.
    pub(super) fn collect(&mut self) {
        match self.geometry.collector {
            HeapCollector::Parallel => self.collect_parallel(),
            HeapCollector::Serial | HeapCollector::Cms => self.collect_serial(),
            HeapCollector::G1 => self.collect_g1(),
            HeapCollector::Zgc => {}
        }
        self.interval_ns = 0;
    }

    /// `System.gc()`: everything is collected, and nobody waits for it.
    pub fn collect_all(&mut self) {
        let overhead = self.overhead;
        if self.is_generational() {
            self.full();
        } else {
            self.old_garbage = 0;
        }
        // `UseAdaptiveSizePolicyWithSystemGC` is off: what somebody asked for is no experience.
        self.overhead = overhead;
        self.owed_ns = 0;
    }

    /// `PSScavenge::invoke`: no young collection where the old generation could not take what is expected.
    fn collect_parallel(&mut self) {
        let used = self.eden_used + self.survivors();
        let expected = self.promoted.padded(PADDING).min(used);
        let mut full = expected >= self.old_room();
        if !full {
            let copied = self.evacuate(self.survivor);
            let pause = self.young_pause(&copied);
            self.owed_ns += pause;
            self.overhead.minor(pause, self.interval_ns);
            self.promoted.sample(copied.promoted, WEIGHT);
            let stayed = if copied.overflowed { copied.bytes } else { copied.bytes - copied.promoted };
            self.survived.sample(stayed, WEIGHT);
            self.adapt(&copied);
            full = self.old_used() > self.geometry.old || self.promoted.padded(PADDING) > self.old_room();
        }
        if full {
            self.full();
        }
    }

    /// `PSAdaptiveSizePolicy::compute_survivor_space_size_and_threshold`.
    fn adapt(&mut self, copied: &Copied) {
        let (minor, major) = self.overhead.costs();
        let largest = self.geometry.survivor;
        let wanted = self.survived.padded(PADDING);
        if copied.overflowed || wanted > largest || minor > major + major / 10 {
            self.threshold = (self.threshold - 1).max(1);
        } else if major > minor + minor / 10 {
            self.threshold = (self.threshold + 1).min(self.geometry.max_tenuring);
        }
        self.survivor = wanted.clamp(512 << 10, largest);
        self.resize_eden();
    }

    /// `DefNewGeneration::collect`, with a full collection where promotion is not safe.
    fn collect_serial(&mut self) {
        let used = self.eden_used + self.survivors();
        if self.promoted.padded(PADDING).min(used) > self.old_room() {
            // The young collection that was given up counts as one that promoted nothing.
            self.promoted.sample(0, WEIGHT);
            self.full();
            return;
        }
        let copied = self.evacuate(self.survivor);
        self.owed_ns += self.young_pause(&copied);
        self.promoted.sample(copied.promoted, WEIGHT);
        self.retenure();
        self.resize_eden();
        if self.old_used() > self.geometry.old {
            self.full();
        }
        self.start_cycle_if_due();
    }

    fn collect_g1(&mut self) {
        let mut copied = self.evacuate(self.survivor);
        if self.concurrent.mixed_left > 0 {
            self.concurrent.mixed_left -= 1;
            self.totals.mixed += 1;
            let freed = self.concurrent.mixed_bytes.min(self.old_garbage);
            self.old_garbage -= freed;
            // Regions that are worth it: about as much in them lives as is dead.
            copied.bytes += freed;
            copied.objects += freed / self.parts[0].object_bytes;
        }
        let pause = self.young_pause(&copied);
        self.owed_ns += pause;
        if self.concurrent.mixed_left == 0 {
            self.concurrent.eden_ns_per_mib.sample(pause / (self.eden >> 20).max(1), 30);
        }
        self.retenure();
        self.start_cycle_if_due();
        self.resize_eden();
        if self.eden < self.geometry.region {
            self.full();
        }
    }

    /// `AgeTable::compute_tenuring_threshold`: survivors fill half of their space at most (`TargetSurvivorRatio`).
    fn retenure(&mut self) {
        let mut total = 0;
        let mut age = 1;
        while age < self.geometry.max_tenuring {
            total += self.parts.iter().map(|part| part.ages[age]).sum::<u64>();
            if total > self.survivor / 2 {
                break;
            }
            age += 1;
        }
        self.threshold = age;
    }

    /// Moves what lives in the young generation: to the survivor space while it is young and fits, else to the old one.
    fn evacuate(&mut self, survivor: u64) -> Copied {
        let mut copied = Copied::default();
        let mut room = survivor;
        let mut moved = [[0; AGES]; PARTS];
        for age in (0..AGES).rev() {
            for (part, moved) in self.parts.iter_mut().zip(&mut moved) {
                let bytes = std::mem::take(&mut part.ages[age]);
                copied.bytes += bytes;
                copied.objects += bytes / part.object_bytes;
                let stays = if age + 1 >= AGES || age >= self.threshold { 0 } else { bytes.min(room) };
                copied.overflowed |= age < self.threshold && stays < bytes;
                room -= stays;
                if stays > 0 {
                    moved[age + 1] += stays;
                }
                part.old += bytes - stays;
                copied.promoted += bytes - stays;
            }
        }
        for (part, moved) in self.parts.iter_mut().zip(moved) {
            part.ages = moved;
        }
        self.young_garbage = 0;
        self.eden_used = 0;
        self.totals.young += 1;
        copied
    }

    fn young_pause(&self, copied: &Copied) -> u64 {
        let costs = &self.costs;
        let work = GcCosts::ns(copied.bytes, costs.copy_byte_ps)
            + GcCosts::ns(copied.objects, costs.copy_object_ps)
            + GcCosts::ns(self.old_used() / 1000, costs.old_kilobyte_ps);
        costs.young_base_ns + self.in_parallel(work)
    }

    /// Work shared by the threads of a collection: each beyond the first adds eight tenths.
    fn in_parallel(&self, work_ns: u64) -> u64 {
        work_ns / (2 + 8 * self.geometry.parallel_threads) * 10
    }

    /// Marks and compacts everything; what does not fit into the old generation stays in the young one.
    pub(super) fn full(&mut self) {
        let costs = self.costs;
        let objects: u64 = self.parts.iter().map(|part| (part.old + part.young()) / part.object_bytes).sum();
        let work = GcCosts::ns(objects, costs.full_object_ps) + GcCosts::ns(self.live(), costs.full_byte_ps);
        let pause = costs.full_base_ns + self.in_parallel(work);
        self.owed_ns += pause;
        self.totals.full += 1;
        self.abandon_cycle();
        self.old_garbage = 0;
        self.young_garbage = 0;
        let mut room = self.geometry.old.saturating_sub(self.old_live());
        let mut stays = 0;
        for part in &mut self.parts {
            let young = part.young();
            let moved = young.min(room);
            room -= moved;
            part.old += moved;
            part.ages = [0; AGES];
            part.ages[0] = young - moved;
            stays += young - moved;
        }
        self.eden_used = stays;
        if stays > 0 && self.geometry.collector == HeapCollector::Parallel {
            // The survivor spaces are empty: what they need not have is eden's.
            self.survivor = 512 << 10;
        }
        self.resize_eden();
        self.overhead.major(pause);
        let free = self.eden.saturating_sub(self.eden_used);
        if self.old_live() > self.geometry.old || free == 0 {
            self.verdict = HeapVerdict::JavaHeapSpace;
            return;
        }
        let counts = matches!(self.geometry.collector, HeapCollector::Parallel | HeapCollector::Cms);
        let nearly_full = free < self.largest_eden() / 50 && self.old_room() < self.geometry.old / 50;
        if counts && self.overhead.exceeded(nearly_full) {
            self.verdict = HeapVerdict::GcOverheadLimit;
        }
    }

    /// Eden where nothing survives.
    pub(super) fn largest_eden(&self) -> u64 {
        match self.geometry.collector {
            HeapCollector::Parallel => self.geometry.young - (1 << 20),
            _ => self.geometry.young.saturating_sub(2 * self.geometry.survivor),
        }
    }

    /// Eden of the next collection.
    pub(super) fn resize_eden(&mut self) {
        let geometry = self.geometry;
        self.eden = match geometry.collector {
            HeapCollector::Parallel => {
                geometry.young.saturating_sub(2 * self.survivor).max(geometry.young / 3)
            }
            HeapCollector::Serial | HeapCollector::Cms => geometry.young - 2 * geometry.survivor,
            HeapCollector::Zgc => 0,
            HeapCollector::G1 => self.g1_eden(),
        };
    }

    /// `G1Policy`: as much as pauses allow, within bounds and with a reserve for what survives; the least while old
    /// regions are collected too.
    fn g1_eden(&mut self) -> u64 {
        let heap = self.geometry.heap;
        let (least, most) = (heap / 100 * G1_YOUNG.0, heap / 100 * G1_YOUNG.1);
        let survivors = self.survivors();
        let free = heap.saturating_sub(self.old_used() + survivors);
        let target = if self.concurrent.mixed_left > 0 {
            least
        } else {
            let allowed = (free + survivors).saturating_sub(heap / 100 * G1_RESERVE);
            let in_time = match self.concurrent.eden_ns_per_mib.padded(1) {
                0 => most,
                each => (G1_PAUSE_NS / each) << 20,
            };
            (in_time + survivors).min(allowed).clamp(least, most)
        };
        self.survivor = (target / 8).max(self.geometry.region);
        target.saturating_sub(survivors).max(self.geometry.region).min(free)
    }
}
