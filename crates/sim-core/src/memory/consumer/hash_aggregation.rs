//! Hash aggregation with its fallback to sorting.
//!
//! Spark: `HashAggregateExec.scala`, `TungstenAggregationIterator.scala`, `UnsafeFixedWidthAggregationMap.java`,
//! `UnsafeKVExternalSorter.java`. A row of a known group changes that group in place; a new group is an entry of the
//! [map](BytesToBytesMap). When the map takes no more, all of it becomes one sorted spill file (in the map's own
//! array, so that nothing is acquired), the map starts again, and groups it has forgotten are new again. Once that has
//! happened, the last map is spilled too and all files are merged.

use super::groups::Groups;
use super::{Books, ConsumerMetrics, Failure, Machine, Need, Rows, SpillWrite, Spilled, Trigger};
use super::{BytesMapConf, BytesToBytesMap};
use crate::memory::task::{Acquired, ExecutionMemory};
use crate::units::Bytes;

/// How an aggregation is set up.
#[derive(Clone, Copy, Debug)]
pub struct HashAggregationConf {
    /// How many of its rows are new groups.
    pub groups: Groups,
    /// Groups kept in the [first map](super::RowBasedKeyValueBatch) of a partial aggregation; 0 without one.
    pub fast_groups: u64,
    /// Slots of the map at first.
    pub initial_capacity: u64,
}

impl Default for HashAggregationConf {
    fn default() -> Self {
        Self { groups: Groups::DISTINCT, fast_groups: 0, initial_capacity: 16384 }
    }
}

/// Hash aggregation: a map of groups that falls back to sorting when it takes no more. Its rows are input rows,
/// `bytes_each` the bytes of key and aggregation buffer of one group.
#[derive(Clone, Debug)]
pub struct HashAggregation {
    conf: HashAggregationConf,
    map: BytesToBytesMap,
    /// New groups that both maps were asked to take.
    met: u64,
    /// Groups there were when the map was last empty, and rows and groups since.
    known: u64,
    rows: u64,
    added: u64,
    /// Rows before that.
    before: u64,
    /// The row that is on its way into the map.
    in_hand: Option<Rows>,
    phase: Phase,
    metrics: ConsumerMetrics,
}

/// Slots of the first map: twice its capacity (`RowBasedHashMapGenerator`, `VectorizedHashMapGenerator`), which it
/// probes in two steps.
const FAST_SLOTS: u64 = 1 << 17;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Hashing,
    /// The map has just been emptied: if it refuses a row now, the task fails.
    Emptied,
    /// The last map was spilled too: sorting has taken over.
    Sorted,
}

impl HashAggregation {
    /// An aggregation whose map has not acquired its array yet.
    #[must_use]
    pub fn new(conf: HashAggregationConf) -> Self {
        let map = BytesMapConf { initial_capacity: conf.initial_capacity, rows_per_key: 1 };
        Self {
            conf,
            map: BytesToBytesMap::new(map),
            met: 0,
            known: 0,
            rows: 0,
            added: 0,
            before: 0,
            in_hand: None,
            phase: Phase::Hashing,
            metrics: ConsumerMetrics::default(),
        }
    }

    /// The map.
    #[must_use]
    pub fn map(&self) -> &BytesToBytesMap {
        &self.map
    }

    /// Spills so far: the first one changed hashing to sorting (SQL metric `number of sort fallback tasks`).
    #[must_use]
    pub fn has_fallen_back(&self) -> bool {
        self.metrics.spills > 0
    }

    /// Takes as many of `rows` as bring no group that the map needs memory for.
    fn update<M: ExecutionMemory>(&mut self, rows: &mut Rows, books: &mut Books<'_, M>) {
        let room = self.room(self.map.room(rows.bytes_each));
        let too_many = self.conf.groups.rows_for(self.known, self.before, self.added + room + 1);
        let count = rows.count.min((too_many - 1).saturating_sub(self.rows));
        let groups =
            self.conf.groups.added(self.known, self.before, self.rows + count).saturating_sub(self.added);
        self.rows += count;
        self.added += groups;
        rows.count -= count;
        let in_fast = self.kept(self.met + groups) - self.kept(self.met);
        self.met += groups;
        if groups > in_fast {
            let mut entries = Rows { count: groups - in_fast, ..*rows };
            let need = self.map.insert(&mut entries, books);
            debug_assert!(need == Need::Nothing, "the map had room for {groups} groups: {need:?}");
            self.phase = Phase::Hashing;
        }
    }

    /// How many of the first `groups` the first map keeps: each that finds one of two neighbouring slots empty.
    ///
    /// With slots taken at random the next group finds both taken with the chance of one, squared. Summed up, and without
    /// the terms after the first, a third of the cube over the square of the slots finds no place.
    fn kept(&self, groups: u64) -> u64 {
        let within = u128::from(groups.min(FAST_SLOTS));
        let slots = u128::from(FAST_SLOTS);
        let refused = (within.pow(3) + 3 * slots * slots / 2) / (3 * slots * slots);
        u64::try_from(within - refused).expect("at most the slots").min(self.conf.fast_groups)
    }

    /// How many more groups there are before the map gets more than `room`.
    fn room(&self, room: u64) -> u64 {
        let kept = self.kept(self.met);
        // All but those that the first map still takes go into the map.
        let (mut fits, mut too_many) = (room, room + self.conf.fast_groups + 1);
        while too_many - fits > 1 {
            let groups = fits + (too_many - fits) / 2;
            let in_map = groups - (self.kept(self.met + groups) - kept);
            if in_map <= room { fits = groups } else { too_many = groups }
        }
        fits
    }

    fn fall_back(&mut self) -> Need {
        match self.phase {
            Phase::Emptied => Need::Fail(Failure::Aggregation),
            Phase::Hashing | Phase::Sorted => Need::SpillItself,
        }
    }
}

impl Machine for HashAggregation {
    fn open(&mut self) -> Need {
        self.map.open()
    }

    fn insert<M: ExecutionMemory>(&mut self, rows: &mut Rows, books: &mut Books<'_, M>) -> Need {
        loop {
            if let Some(mut entry) = self.in_hand {
                match self.map.insert(&mut entry, books) {
                    Need::Nothing => {
                        self.in_hand = None;
                        self.phase = Phase::Hashing;
                        rows.count -= 1;
                    }
                    Need::Fail(_) => return self.fall_back(),
                    need => {
                        self.in_hand = Some(entry);
                        return need;
                    }
                }
            }
            self.update(rows, books);
            if rows.count == 0 {
                return Need::Nothing;
            }
            // The next row opens a group that the map needs memory for.
            self.rows += 1;
            self.added += 1;
            self.met += 1;
            self.in_hand = Some(Rows { count: 1, ..*rows });
        }
    }

    fn granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        books: &mut Books<'_, M>,
    ) -> Result<(), Failure> {
        self.map.granted(acquired, books)
    }

    fn spill_write(&self, trigger: Trigger) -> SpillWrite {
        match trigger {
            Trigger::Decision => self.map.contents(),
            Trigger::Itself | Trigger::Other => self.map.spill_write(trigger),
        }
    }

    fn spill<M: ExecutionMemory>(
        &mut self,
        asked: Bytes,
        trigger: Trigger,
        books: &mut Books<'_, M>,
    ) -> Spilled {
        if trigger != Trigger::Decision {
            return self.map.spill(asked, trigger, books);
        }
        self.metrics.spills += 1;
        self.metrics.data_bytes_spilled += self.map.contents().bytes;
        // All the map held counts, its array too.
        self.metrics.memory_bytes_spilled += self.map.total_memory_consumption();
        Spilled::NeedsArray(self.map.reset(books))
    }

    fn spill_granted<M: ExecutionMemory>(
        &mut self,
        acquired: Acquired,
        _: &mut Books<'_, M>,
    ) -> Result<Bytes, Failure> {
        let Acquired::Page(array) = acquired else { return Err(Failure::of(acquired)) };
        self.map.restarted(array);
        if self.phase != Phase::Sorted {
            self.phase = Phase::Emptied;
            // The row that was refused is the first one of the new map.
            let again = u64::from(self.in_hand.is_some());
            self.before += self.rows - again;
            (self.known, self.rows, self.added) = (self.kept(self.met), again, again);
        }
        Ok(Bytes::ZERO)
    }

    /// Where sorting has taken over, what is left in the map is spilled too.
    fn finish<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) -> Need {
        match self.phase {
            _ if !self.has_fallen_back() => Need::Nothing,
            Phase::Sorted => {
                self.map.free(books);
                Need::Nothing
            }
            Phase::Hashing | Phase::Emptied => {
                self.phase = Phase::Sorted;
                Need::SpillItself
            }
        }
    }

    fn start_reading<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        if !self.has_fallen_back() {
            self.map.start_reading(books);
        }
    }

    fn read<M: ExecutionMemory>(&mut self, rows: u64, books: &mut Books<'_, M>) {
        self.map.read(rows, books);
    }

    fn free<M: ExecutionMemory>(&mut self, books: &mut Books<'_, M>) {
        self.map.free(books);
    }

    fn metrics(&self) -> ConsumerMetrics {
        ConsumerMetrics { peak_memory: self.map.metrics().peak_memory, ..self.metrics }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RowBasedKeyValueBatch;
    use super::super::testing::Driven;
    use super::*;

    /// Map tasks of a real aggregation: 500,000 rows of 2,000,000 possible groups, 64 bytes a group.
    const ROWS: u64 = 500_000;
    const GROUP: u64 = 64;

    /// With generated code: the first map has a page of its own and takes what fits it.
    fn map_task(page_size: u64, limit: u64) -> Driven {
        let mut task = Driven::open(RowBasedKeyValueBatch::new(Bytes(page_size)), page_size, limit);
        let fast_groups = match task.task.consumer(task.id) {
            super::super::Consumer::RowBasedKeyValueBatch(batch) => batch.groups(Bytes(GROUP)),
            _ => unreachable!(),
        };
        let groups = Groups::drawn_from(2_000_000);
        let conf = HashAggregationConf { groups, fast_groups, ..HashAggregationConf::default() };
        task.id = task.also(HashAggregation::new(conf), page_size);
        assert_eq!(task.insert(ROWS, GROUP), Ok(ROWS));
        task.finish().unwrap();
        task
    }

    #[test]
    fn a_map_task_of_442_thousand_groups_peaks_as_in_real_spark() {
        // 65,536 groups in the first map; 16 MiB of array and four pages of 104,857 groups for the other 377 thousand.
        assert_eq!(map_task(8_388_592, 1 << 30).metrics().peak_memory, Bytes(50_331_584));
        // With pages of half the size the first map holds 58,254 groups: eight pages.
        assert_eq!(map_task(4_194_288, 1 << 30).metrics().peak_memory, Bytes(50_331_520));
    }

    /// Stages of a real query whose groups all fit the first map: with 7,000 groups each task had a page beside it, with
    /// 2,650 two of eight tasks.
    #[test]
    fn groups_that_find_no_place_in_the_first_map_take_a_page_of_the_other() {
        const PAGE: u64 = 8_388_592;
        let peak = |groups: u64| {
            let conf = HashAggregationConf { fast_groups: 1 << 16, ..HashAggregationConf::default() };
            let mut task = Driven::open(HashAggregation::new(conf), PAGE, 1 << 30);
            assert_eq!(task.insert(groups, 48), Ok(groups));
            task.finish().unwrap();
            task.metrics().peak_memory.0
        };
        let array = 16_384 * 16;
        assert_eq!([1, 2_650, 7_000].map(peak), [array, array, array + PAGE]);
    }

    #[test]
    fn each_fallback_of_a_small_pool_spills_what_real_spark_spilled() {
        let task = map_task(2_097_136, 37_958_451);
        let metrics = task.metrics();
        // The first map: 29,127 groups in a page of 2 MiB. The other one is full with 262,144 groups in 8 MiB of array
        // and eleven pages. Of the rows left, 174 thousand are new to it: 8 MiB and seven pages again.
        assert_eq!(metrics.memory_bytes_spilled, Bytes(31_457_104 + 23_068_560));
        assert_eq!((metrics.peak_memory, metrics.spills), (Bytes(31_457_104), 2));
        assert_eq!(task.spills[0], 262_144);
    }

    #[test]
    fn what_map_tasks_have_grouped_spills_as_in_real_spark() {
        let mut task = Driven::open(
            HashAggregation::new(HashAggregationConf {
                groups: Groups::drawn_from(1_000_000).in_runs(221_330),
                ..HashAggregationConf::default()
            }),
            2_097_136,
            37_958_451,
        );
        assert_eq!(task.insert(8 * 221_330, GROUP), Ok(8 * 221_330));
        task.finish().unwrap();
        // Six full maps, then one of 4 MiB of array and five pages.
        let last = 4_194_304 + 5 * 2_097_136;
        assert_eq!(task.metrics().memory_bytes_spilled, Bytes(6 * 31_457_104 + last));
    }

    #[test]
    fn without_memory_for_one_group_the_task_fails() {
        let mut task = Driven::open(HashAggregation::new(HashAggregationConf::default()), 4096, 300_000);
        task.memory.0 = 0;
        assert_eq!(task.insert(1, GROUP), Err(Failure::Aggregation));
    }

    #[test]
    fn rows_of_known_groups_need_nothing() {
        let groups = Groups::drawn_from(1000);
        let conf = HashAggregationConf { groups, ..HashAggregationConf::default() };
        let mut task = Driven::open(HashAggregation::new(conf), 4 << 20, 1 << 30);
        task.insert(1 << 39, GROUP).unwrap();
        assert_eq!(task.metrics().peak_memory, Bytes(16 * 16384 + (4 << 20)));
    }
}
