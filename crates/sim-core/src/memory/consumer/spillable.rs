//! Collections of Java objects that spill: sort shuffles and aggregations of RDDs.
//!
//! Spark: `Spillable.scala`, `ExternalSorter.scala`, `ExternalAppendOnlyMap.scala`. They hold no pages: every 32
//! elements they compare an estimate of their size with what they may hold, and ask for twice the estimate. The
//! estimate is an input, since it depends on Java objects: each [row](Rows) adds its `bytes_each` to it.

use super::{Books, ConsumerMetrics, Failure, Machine, Need, Rows, SpillWrite, Spilled, Trigger};
use crate::memory::MemoryMode;
use crate::memory::task::{Acquired, ExecutionMemory, Request};
use crate::units::Bytes;

/// Elements between two comparisons.
const CHECK_PERIOD: u64 = 32;

/// When an element is followed by a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Once it is inserted (`ExternalSorter`).
    AfterElement,
    /// Before the next one is (`ExternalAppendOnlyMap`): none follows the last.
    BeforeElement,
}

/// Whether it spills when another consumer asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForcedSpill {
    /// Never: an `ExternalSorter` that sorts for a shuffle.
    Never,
    /// While it is read (`ExternalSorter`).
    WhileReading,
    /// While it is filled and while it is read (`ExternalAppendOnlyMap`).
    Always,
}

/// How a collection is set up.
#[derive(Clone, Copy, Debug)]
pub struct SpillableConf {
    /// `spark.shuffle.spill.initialMemoryThreshold`: what it may hold without having asked; never accounted.
    pub initial_memory_threshold: Bytes,
    /// `spark.shuffle.spill.numElementsForceSpillThreshold`.
    pub force_spill_elements: u64,
    /// 4.1 `spark.shuffle.spill.maxSizeInBytesForSpillThreshold`.
    pub force_spill_bytes: Bytes,
    /// 4.x looks at the thresholds before it asks for memory; 3.5 does afterwards.
    pub forced_before_request: bool,
    /// When it checks.
    pub check: Check,
    /// When others can make it spill.
    pub forced_spill: ForcedSpill,
    /// The mode of Tungsten pages: a collection of a task with off-heap pages cannot be made to spill by others.
    pub tungsten_memory_mode: MemoryMode,
    /// Estimated size of an empty collection.
    pub empty_size: Bytes,
}

impl SpillableConf {
    /// The sort shuffle with objects: `ExternalSorter` as `SortShuffleWriter` uses it.
    #[must_use]
    pub fn external_sorter() -> Self {
        Self {
            initial_memory_threshold: Bytes::mib(5),
            force_spill_elements: i32::MAX as u64,
            force_spill_bytes: Bytes::MAX,
            forced_before_request: false,
            check: Check::AfterElement,
            forced_spill: ForcedSpill::Never,
            tungsten_memory_mode: MemoryMode::OnHeap,
            empty_size: Bytes::ZERO,
        }
    }

    /// `ExternalSorter` whose iterator is read: `sortByKey`, `repartitionAndSortWithinPartitions`.
    #[must_use]
    pub fn read_external_sorter() -> Self {
        Self { forced_spill: ForcedSpill::WhileReading, ..Self::external_sorter() }
    }

    /// `ExternalAppendOnlyMap`: aggregations and co-groups of RDDs.
    #[must_use]
    pub fn external_append_only_map() -> Self {
        Self { check: Check::BeforeElement, forced_spill: ForcedSpill::Always, ..Self::external_sorter() }
    }
}

/// A collection of Java objects that spills: it holds no pages but asks for twice its estimated size now and then.
#[derive(Clone, Debug)]
pub struct Spillable {
    conf: SpillableConf,
    /// What it may hold: the initial threshold and all that was granted.
    threshold: Bytes,
    size: Bytes,
    elements_read: u64,
    /// Elements in memory.
    elements: u64,
    /// Elements in spill files.
    spilled: u64,
    check: CheckState,
    /// The element that is being checked is counted but not yet taken off the rows.
    in_hand: bool,
    reading: Option<Reading>,
    metrics: ConsumerMetrics,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CheckState {
    Done,
    Due,
    Asked,
    MustSpill,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    in_memory: u64,
    spilled: u64,
    output: u64,
    has_spilled: bool,
}

impl Reading {
    /// Elements in memory that were not read, where those of spill files lie evenly among them.
    fn unread(&self) -> u64 {
        let total = u128::from(self.in_memory + self.spilled).max(1);
        let read = u128::from(self.output) * u128::from(self.in_memory) / total;
        self.in_memory - (read as u64).min(self.in_memory)
    }
}

impl Spillable {
    /// An empty collection; it acquires nothing until it is above its initial threshold.
    #[must_use]
    pub fn new(conf: SpillableConf) -> Self {
        Self {
            conf,
            threshold: conf.initial_memory_threshold,
            size: conf.empty_size,
            elements_read: 0,
            elements: 0,
            spilled: 0,
            check: CheckState::Done,
            in_hand: false,
            reading: None,
            metrics: ConsumerMetrics::default(),
        }
    }

    /// Its estimated size.
    #[must_use]
    pub fn size(&self) -> Bytes {
        self.size
    }

    /// Elements in memory.
    #[must_use]
    pub fn elements(&self) -> u64 {
        self.elements
    }

    fn is_forced_to_spill(&self) -> bool {
        self.elements_read > self.conf.force_spill_elements || self.size > self.conf.force_spill_bytes
    }

    /// The smallest number of further elements, each of `growth`, whose check does anything.
    fn until_check(&self, growth: Bytes) -> u64 {
        let reaching = |size: Bytes| match (size.saturating_sub(self.size).0, growth.0) {
            (0, _) => 1,
            (_, 0) => u64::MAX,
            (short, growth) => short.div_ceil(growth),
        };
        let at_least = self.elements_read.saturating_add(reaching(self.threshold));
        let request =
            at_least.checked_next_multiple_of(CHECK_PERIOD).unwrap_or(u64::MAX) - self.elements_read;
        let by_count = self.conf.force_spill_elements.saturating_sub(self.elements_read).saturating_add(1);
        let by_size = reaching(self.conf.force_spill_bytes + Bytes(1));
        request.min(by_count).min(by_size)
    }

    fn append(&mut self, count: u64, growth: Bytes) {
        let seen = match self.conf.check {
            Check::AfterElement => count,
            Check::BeforeElement => count - 1,
        };
        self.metrics.peak_memory = self.metrics.peak_memory.max(self.size + growth * seen);
        self.size += growth * count;
        self.elements_read += count;
        self.elements += count;
    }

    /// `Spillable.maybeSpill`, up to what it needs; `None` where the element passes.
    fn maybe_spill(&mut self) -> Option<Need> {
        loop {
            match self.check {
                CheckState::Done => return None,
                CheckState::Due => {
                    self.metrics.peak_memory = self.metrics.peak_memory.max(self.size);
                    if self.conf.forced_before_request && self.is_forced_to_spill() {
                        self.check = CheckState::MustSpill;
                        continue;
                    }
                    self.check = CheckState::Asked;
                    if self.elements_read.is_multiple_of(CHECK_PERIOD) && self.size >= self.threshold {
                        return Some(Need::Memory(Request::Memory(self.size * 2 - self.threshold)));
                    }
                }
                CheckState::Asked if self.is_forced_to_spill() => self.check = CheckState::MustSpill,
                CheckState::Asked => self.check = CheckState::Done,
                CheckState::MustSpill => {
                    self.check = CheckState::Done;
                    return Some(Need::SpillItself);
                }
            }
        }
    }

    fn release_memory<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) -> Bytes {
        let held = self.threshold - self.conf.initial_memory_threshold;
        books.free_memory(held);
        self.threshold = self.conf.initial_memory_threshold;
        held
    }

    fn empty(&mut self) {
        self.size = self.conf.empty_size;
        self.elements = 0;
    }
}

impl Machine for Spillable {
    fn insert<M: ExecutionMemory>(&mut self, rows: &mut Rows, _: &mut Books<'_, M>) -> Need {
        loop {
            if let Some(need) = self.maybe_spill() {
                return need;
            }
            if std::mem::take(&mut self.in_hand) {
                rows.count -= 1;
            }
            if rows.count == 0 {
                return Need::Nothing;
            }
            let count = self.until_check(rows.bytes_each);
            if count > rows.count {
                self.append(rows.count, rows.bytes_each);
                rows.count = 0;
                return Need::Nothing;
            }
            self.append(count, rows.bytes_each);
            self.check = CheckState::Due;
            self.in_hand = self.conf.check == Check::AfterElement;
            rows.count -= count - u64::from(self.in_hand);
            if rows.count == 0 {
                return Need::Nothing;
            }
        }
    }

    fn granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        _: &mut Books<'_, M>,
    ) -> Result<(), Failure> {
        let Acquired::Bytes(granted) = acquired else { return Err(Failure::of(acquired)) };
        self.threshold += granted;
        if self.size >= self.threshold {
            self.check = CheckState::MustSpill;
        }
        Ok(())
    }

    fn spill_write(&self, trigger: Trigger) -> SpillWrite {
        let rows = match (trigger, &self.reading, self.conf.forced_spill) {
            (Trigger::Decision, _, _) => self.elements,
            (Trigger::Itself, _, _) | (_, _, ForcedSpill::Never) => 0,
            (Trigger::Other, _, _) if self.conf.tungsten_memory_mode == MemoryMode::OffHeap => 0,
            (Trigger::Other, Some(reading), _) if reading.has_spilled => 0,
            (Trigger::Other, Some(reading), _) => reading.unread(),
            (Trigger::Other, None, ForcedSpill::Always) => self.elements,
            (Trigger::Other, None, ForcedSpill::WhileReading) => 0,
        };
        let bytes = u128::from(self.size.0) * u128::from(rows) / u128::from(self.elements.max(1));
        SpillWrite { rows, bytes: Bytes(bytes as u64) }
    }

    fn spill<M: ExecutionMemory>(&mut self, _: Bytes, trigger: Trigger, books: &mut Books<'_, M>) -> Spilled {
        let written = self.spill_write(trigger);
        if written.rows == 0 {
            return Spilled::Freed(Bytes::ZERO);
        }
        self.metrics.spills += 1;
        self.metrics.data_bytes_spilled += written.bytes;
        let held = self.release_memory(books);
        if trigger == Trigger::Decision {
            self.metrics.memory_bytes_spilled += self.size;
            self.elements_read = 0;
        } else {
            // What was held counts here, not the size; the count of elements goes on.
            self.metrics.memory_bytes_spilled += held;
        }
        match &mut self.reading {
            Some(reading) => reading.has_spilled = true,
            None => {
                self.spilled += self.elements;
                self.empty();
            }
        }
        Spilled::Freed(held)
    }

    fn start_reading<M: ExecutionMemory>(&mut self, _: &mut Books<'_, M>) {
        let (in_memory, spilled) = (self.elements, self.spilled);
        self.reading = Some(Reading { in_memory, spilled, output: 0, has_spilled: false });
    }

    fn read<M: ExecutionMemory>(&mut self, rows: u64, _: &mut Books<'_, M>) {
        if let Some(reading) = &mut self.reading {
            reading.output = (reading.output + rows).min(reading.in_memory + reading.spilled);
        }
    }

    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        self.release_memory(books);
        self.empty();
    }

    fn metrics(&self) -> ConsumerMetrics {
        self.metrics
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Driven;
    use super::*;

    fn conf(conf: SpillableConf) -> SpillableConf {
        SpillableConf { initial_memory_threshold: Bytes(1000), ..conf }
    }

    #[test]
    fn demand_doubles_and_a_short_grant_spills_all() {
        let sorter = Spillable::new(conf(SpillableConf::external_sorter()));
        let mut sort = Driven::open(sorter, 0, 5000);
        // 10 bytes an element: at 128 (the first check with 1000 bytes) 2 * 1280 - 1000 = 1560 are asked for,
        // at 256 (2560 >= 2560) 2560 more, at 512 (5120 >= 5120) only 880 of 5120 are left: 6000 > 5120 passes,
        // at 608 (6080 >= 6000) nothing is left and all is spilled.
        sort.insert(607, 10).unwrap();
        assert_eq!((sort.memory.0, sort.spills.len()), (0, 0));
        sort.insert(1, 10).unwrap();
        assert_eq!((sort.memory.0, sort.spills.as_slice()), (5000, [608].as_slice()));
        assert_eq!(sort.metrics().memory_bytes_spilled, Bytes(6080));
        assert_eq!(sort.metrics().peak_memory, Bytes(6080));
    }

    #[test]
    fn the_same_holds_element_by_element() {
        let state = |step: u64| {
            let mut sort = Driven::open(Spillable::new(conf(SpillableConf::external_sorter())), 0, 50_000);
            for _ in 0..9000 / step {
                sort.insert(step, 7).unwrap();
            }
            (sort.memory.0, sort.spills, sort.task.metrics(sort.id))
        };
        assert_eq!(state(1), state(9000));
        assert_eq!(state(50), state(9000));
    }

    #[test]
    fn a_sorter_spills_for_others_only_while_it_is_read() {
        let mut sort = Driven::open(Spillable::new(conf(SpillableConf::read_external_sorter())), 0, 50_000);
        sort.insert(200, 10).unwrap();
        assert_eq!(sort.spill(1, Trigger::Other), 0);
        sort.start_reading();
        sort.read(150);
        assert_eq!(sort.spill(1, Trigger::Other), 1560);
        assert_eq!(sort.spills, [50]);
        assert_eq!(sort.spill(1, Trigger::Other), 0, "a second time there is nothing");
        // What was held counts, not the size.
        assert_eq!(sort.metrics().memory_bytes_spilled, Bytes(1560));
    }

    #[test]
    fn a_map_spills_for_others_at_any_time_but_not_where_pages_are_off_heap() {
        let map = conf(SpillableConf::external_append_only_map());
        let mut sort = Driven::open(Spillable::new(map), 0, 50_000);
        sort.insert(500, 1).unwrap();
        assert_eq!(sort.spill(10_000, Trigger::Other), 0, "it never asked for memory");
        assert_eq!(sort.spills, [500]);
        let off_heap = SpillableConf { tungsten_memory_mode: MemoryMode::OffHeap, ..map };
        let mut sort = Driven::open(Spillable::new(off_heap), 0, 50_000);
        sort.insert(500, 1).unwrap();
        assert_eq!((sort.spill(10_000, Trigger::Other), sort.spills.len()), (0, 0));
    }

    #[test]
    fn a_forced_spill_comes_before_the_request_since_4_1() {
        let asked = |forced_before_request| {
            let forced = SpillableConf {
                force_spill_elements: 127,
                forced_before_request,
                ..conf(SpillableConf::external_sorter())
            };
            let mut sort = Driven::open(Spillable::new(forced), 0, 1 << 20);
            sort.insert(127, 10).unwrap();
            sort.task.insert(sort.id, Rows { count: 1, bytes_each: Bytes(10) });
            sort.task.step(&mut sort.memory);
            (1 << 20) - sort.memory.0
        };
        assert_eq!((asked(false), asked(true)), (1560, 0));
    }
}
