//! The tasks of a stage while they are being put together: rows flow from step to step, time adds up until a step
//! takes it.

use std::collections::BTreeMap;
use std::ops::Range;

use sim_core::ids::StageId;
use sim_core::workload::{Aggregation, Amount, ConsumerSpec, Op, Placement, Program, PythonWork, Slot};

use crate::Error;
use crate::plan::{Table, apportion};
use crate::sample::LIMIT;

/// Consumers of one program.
const MAX_SLOTS: u8 = 250;

/// What one task holds at the present step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) wire_bytes: u64,
    /// Rows of the largest key.
    pub(super) largest_group: u64,
}

impl Cell {
    /// Both in one task, with different keys.
    pub(super) fn with(&self, other: &Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            bytes: self.bytes + other.bytes,
            wire_bytes: self.wire_bytes + other.wire_bytes,
            largest_group: self.largest_group.max(other.largest_group),
        }
    }

    /// `part` of `all` of it.
    pub(super) fn part(&self, part: u64, all: u64) -> Self {
        let of = |amount: u64| (u128::from(amount) * u128::from(part) / u128::from(all.max(1))) as u64;
        Self {
            rows: of(self.rows),
            bytes: of(self.bytes),
            wire_bytes: of(self.wire_bytes),
            largest_group: of(self.largest_group),
        }
    }
}

/// Tasks under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    /// The rows that leave the last step, by task.
    pub(super) cells: Vec<Cell>,
    /// Stages whose shuffles are fetched.
    pub(super) parents: Vec<StageId>,
    /// Where recorded tasks ran.
    pub(super) placement: Vec<Placement>,
    pub(super) ops: Vec<Op>,
    /// Demand columns, each with a value for every task.
    pub(super) columns: Vec<Vec<u64>>,
    slots: Slot,
    /// Consumers whose output the present rows are.
    open: Vec<Slot>,
    /// CPU time that no step has taken yet, by task.
    pending: Vec<u64>,
    /// How much of it, of all tasks together, is serialization.
    pending_serialization: u128,
    /// By column of a step's time: millionths of it that are serialization.
    serialization_ppm: BTreeMap<u16, u32>,
    /// Bytes of data in each serialized task, and of the driver's collection that it was cut of.
    pub(super) carried: Option<(Vec<u64>, u64)>,
    /// Whether the time is recorded, so that no step adds any.
    recorded: bool,
}

/// Amounts of one step, by task.
pub(super) struct Demand {
    pub(super) rows: Vec<u64>,
    pub(super) bytes: Vec<u64>,
}

impl Stream {
    /// Tasks that have done nothing yet.
    pub(super) fn of(cells: Vec<Cell>) -> Self {
        Self { pending: vec![0; cells.len()], cells, ..Self::default() }
    }

    /// Tasks whose whole time is known: the first insertion takes it, as rows arrive all the while.
    pub(super) fn recorded(cells: Vec<Cell>, time: Vec<u64>) -> Self {
        Self { cells, pending: time, recorded: true, ..Self::default() }
    }

    pub(super) fn tasks(&self) -> usize {
        self.cells.len()
    }

    /// The rows as a step stores them.
    pub(super) fn stored(&self) -> Demand {
        Demand { rows: self.each(|cell| cell.rows), bytes: self.each(|cell| cell.bytes) }
    }

    pub(super) fn each(&self, amount: impl Fn(&Cell) -> u64) -> Vec<u64> {
        self.cells.iter().map(amount).collect()
    }

    /// The same tasks with the rows of another table, divided as the present ones are.
    pub(super) fn reshape(&mut self, table: &Table) {
        let rows = self.each(|cell| cell.rows);
        let divided = |total: u64| apportion(total, rows.iter().copied());
        let (new_rows, bytes, wire) = (divided(table.rows), divided(table.bytes), divided(table.wire_bytes));
        for (task, cell) in self.cells.iter_mut().enumerate() {
            let group = u128::from(cell.largest_group) * u128::from(new_rows[task]);
            *cell = Cell {
                rows: new_rows[task],
                bytes: bytes[task],
                wire_bytes: wire[task],
                largest_group: (group / u128::from(cell.rows.max(1))) as u64,
            };
        }
    }

    /// Adds CPU time, which the next step takes.
    pub(super) fn spend(&mut self, ns: impl Fn(&Cell) -> u64) {
        if self.recorded {
            return;
        }
        for (pending, cell) in self.pending.iter_mut().zip(&self.cells) {
            *pending = pending.saturating_add(ns(cell));
        }
    }

    /// Adds CPU time of writing rows as bytes, or of reading them back.
    pub(super) fn serialize(&mut self, ns: impl Fn(&Cell) -> u64) {
        if self.recorded {
            return;
        }
        self.pending_serialization += self.cells.iter().map(|cell| u128::from(ns(cell))).sum::<u128>();
        self.spend(ns);
    }

    /// A column with the time that no step has taken yet.
    fn time_column(&mut self) -> Result<Amount, Error> {
        let ppm = self.pending_ppm();
        self.pending_serialization = 0;
        let pending = self.take_pending();
        let time = self.column(pending)?;
        if let Amount::Column(column) = time
            && ppm > 0
        {
            self.serialization_ppm.insert(column, ppm);
        }
        Ok(time)
    }

    /// Millionths of the pending time that are serialization.
    fn pending_ppm(&self) -> u32 {
        let all: u128 = self.pending.iter().map(|&ns| u128::from(ns)).sum();
        let part = self.pending_serialization.min(all);
        part.saturating_mul(1_000_000).checked_div(all).unwrap_or(0) as u32
    }

    pub(super) fn column(&mut self, values: Vec<u64>) -> Result<Amount, Error> {
        let column = u16::try_from(self.columns.len())
            .map_err(|_| Error::new("a stage has more than 65536 columns").help("use fewer steps"))?;
        self.columns.push(values);
        Ok(Amount::Column(column))
    }

    /// Creates every consumer before the first other step.
    pub(super) fn open_first(&mut self) {
        self.ops.sort_by_key(|op| !matches!(op, Op::Open { .. }));
    }

    /// Creates a consumer.
    pub(super) fn open(&mut self, consumer: ConsumerSpec) -> Result<Slot, Error> {
        if self.slots >= MAX_SLOTS {
            return Err(Error::new(format!("a stage has more than {MAX_SLOTS} consumers of memory"))
                .help("put a repartition between its steps"));
        }
        let slot = self.slots;
        self.slots += 1;
        self.ops.push(Op::Open { slot, consumer });
        Ok(slot)
    }

    /// Inserts the present rows into a consumer, in step with the consumers that they come out of; these are closed.
    pub(super) fn insert(&mut self, slot: Slot, demand: Demand) -> Result<(), Error> {
        let (rows, bytes, time) =
            (self.column(demand.rows)?, self.column(demand.bytes)?, self.time_column()?);
        match self.open.first() {
            Some(&from) => self.ops.push(Op::Pipe { from, into: slot, rows, bytes, time }),
            None => self.ops.push(Op::Insert { slot, rows, bytes, time }),
        }
        self.close_open();
        Ok(())
    }

    /// The consumer has all its rows; the present ones are its output from here on.
    pub(super) fn finish(&mut self, slot: Slot, ns: impl Fn(&Cell) -> u64) -> Result<(), Error> {
        let time = if self.recorded { vec![0; self.tasks()] } else { self.each(ns) };
        let time = self.column(time)?;
        self.ops.push(Op::Finish { slot, time });
        self.open.push(slot);
        Ok(())
    }

    /// Puts rows into a consumer that has all it gets with them, in no time; the present rows stay what they are.
    pub(super) fn set_aside(&mut self, slot: Slot, demand: Demand) -> Result<(), Error> {
        let (rows, bytes) = (self.column(demand.rows)?, self.column(demand.bytes)?);
        let time = Amount::Fixed(0);
        self.ops.push(Op::Insert { slot, rows, bytes, time });
        self.ops.push(Op::Finish { slot, time });
        Ok(())
    }

    /// A consumer that is closed when the present rows have been read.
    pub(super) fn close_with_output(&mut self, slot: Slot) {
        self.open.push(slot);
    }

    /// A consumer that stays to the end of the task has all its rows; they are not read in turn.
    pub(super) fn hold(&mut self, slot: Slot) -> Result<(), Error> {
        self.finish(slot, |_| 0)?;
        self.open.pop();
        Ok(())
    }

    /// Spends all pending time, on reading the output of consumers where there is one; these are closed.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        if let Some(&slot) = self.open.first() {
            let time = self.time_column()?;
            self.ops.push(Op::Drain { slot, time });
        } else if self.pending.iter().any(|&ns| ns > 0) {
            let time = self.time_column()?;
            self.ops.push(Op::Compute { time });
        }
        self.pending_serialization = 0;
        self.take_pending();
        self.close_open();
        Ok(())
    }

    /// The time that no step has taken yet.
    pub(super) fn take_pending(&mut self) -> Vec<u64> {
        let none = vec![0; self.tasks()];
        std::mem::replace(&mut self.pending, none)
    }

    pub(super) fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    pub(super) fn has_consumers(&self) -> bool {
        self.slots > 0
    }

    /// Runs `other` after this one in the same tasks. The rows are this one's; the consumers of both stay open.
    pub(super) fn absorb(&mut self, other: Self) -> Result<(), Error> {
        let too_many = || Error::new("a stage has too many steps").help("put a repartition between them");
        let first_column = u16::try_from(self.columns.len()).map_err(|_| too_many())?;
        let slots = self.slots.checked_add(other.slots).filter(|&slots| slots <= MAX_SLOTS);
        let first_slot = std::mem::replace(&mut self.slots, slots.ok_or_else(too_many)?);
        u16::try_from(self.columns.len() + other.columns.len()).map_err(|_| too_many())?;
        let shifted = |amount: Amount| match amount {
            Amount::Column(column) => Amount::Column(column + first_column),
            fixed @ Amount::Fixed(_) => fixed,
        };
        self.absorb_serialization(&other, Some(first_column));
        let moved = other.ops.into_iter().map(|op| map_op(op, shifted, |slot| slot + first_slot));
        self.ops.extend(moved);
        self.columns.extend(other.columns);
        self.open.extend(other.open.iter().map(|slot| slot + first_slot));
        self.parents.extend(other.parents);
        self.carried = match (self.carried.take(), other.carried) {
            (Some((mut bytes, collection)), Some((more, others))) => {
                for (bytes, more) in bytes.iter_mut().zip(more) {
                    *bytes = bytes.saturating_add(more);
                }
                Some((bytes, collection.saturating_add(others)))
            }
            (one, other) => one.or(other),
        };
        for (pending, more) in self.pending.iter_mut().zip(other.pending) {
            *pending = pending.saturating_add(more);
        }
        Ok(())
    }

    /// Takes in what another stream serializes, whose columns become those from `first_column` on; without, they are
    /// the same as here.
    pub(super) fn absorb_serialization(&mut self, other: &Self, first_column: Option<u16>) {
        if let Some(first) = first_column {
            let shares = other.serialization_ppm.iter().map(|(column, &ppm)| (column + first, ppm));
            self.serialization_ppm.extend(shares);
        }
        self.pending_serialization += other.pending_serialization;
    }

    /// The same steps in other tasks, with the values of their columns and their pending time.
    pub(super) fn with_tasks(self, cells: Vec<Cell>, columns: Vec<Vec<u64>>, pending: Vec<u64>) -> Self {
        // Where a recorded task ran says nothing about tasks that are put together of several.
        Self { cells, columns, pending, placement: Vec::new(), carried: None, ..self }
    }

    /// Some of the tasks.
    pub(super) fn only(mut self, tasks: Range<usize>) -> Self {
        let cells = self.cells[tasks.clone()].to_vec();
        let columns = self.columns.iter().map(|column| column[tasks.clone()].to_vec()).collect();
        let ppm = u128::from(self.pending_ppm());
        let pending = self.take_pending()[tasks].to_vec();
        let all: u128 = pending.iter().map(|&ns| u128::from(ns)).sum();
        self.pending_serialization = all * ppm / 1_000_000;
        self.with_tasks(cells, columns, pending)
    }

    /// Divides `total` nanoseconds a task over the steps in proportion to the time that they take so far, and over
    /// `rest`, the time that comes after the last step; taking in the rows that a task reads counts `fill_percent` of
    /// its share. Time that no step takes goes into a computation at the end.
    pub(super) fn scale_time(
        &mut self,
        total: &[u64],
        rest: &mut [u64],
        fill_percent: u64,
    ) -> Result<(), Error> {
        let percent = |op: &Op| if matches!(op, Op::Insert { .. }) { fill_percent } else { 100 };
        let times = self.ops.iter().filter_map(|op| Some((usize::from(time_of(*op)?), percent(op))));
        let times: Vec<(usize, u64)> = times.collect();
        let mut left = vec![0; self.tasks()];
        for (task, &total) in total.iter().enumerate() {
            let share =
                |&(column, percent): &(usize, u64)| self.columns[column][task].saturating_mul(percent);
            let weights: Vec<u64> = times.iter().map(share).chain([rest[task].saturating_mul(100)]).collect();
            if weights.iter().all(|&weight| weight == 0) {
                left[task] = total;
                continue;
            }
            let mut parts = apportion(total, weights.into_iter());
            rest[task] = parts.pop().unwrap_or(0);
            for (&(column, _), part) in times.iter().zip(parts) {
                self.columns[column][task] = part;
            }
        }
        if left.iter().any(|&ns| ns > 0) {
            let time = self.column(left)?;
            self.ops.push(Op::Compute { time });
        }
        Ok(())
    }

    /// The program and, row by row, the columns.
    pub(super) fn done(mut self) -> Result<(Program, Vec<u64>), Error> {
        self.settle()?;
        if self.columns.iter().flatten().any(|&value| value >= LIMIT) {
            return Err(Error::new("a task takes 2^62 ns (146 years) or more")
                .help("use fewer rows, more partitions or lower poolsim.cpu.* costs"));
        }
        // A column with one value for all tasks is an amount of the program.
        let mut places = Vec::with_capacity(self.columns.len());
        let mut kept: Vec<Vec<u64>> = Vec::new();
        for column in self.columns {
            match column.first() {
                Some(&first) if column.iter().any(|&value| value != first) => {
                    places.push(Amount::Column(kept.len() as u16));
                    kept.push(column);
                }
                first => places.push(Amount::Fixed(first.copied().unwrap_or(0))),
            }
        }
        let placed = |amount: Amount| match amount {
            Amount::Column(column) => places[usize::from(column)],
            fixed @ Amount::Fixed(_) => fixed,
        };
        let ppm = |op: &Op| time_of(*op).and_then(|column| self.serialization_ppm.get(&column).copied());
        let mut serialization_ppm: Vec<u32> = self.ops.iter().map(|op| ppm(op).unwrap_or(0)).collect();
        while serialization_ppm.pop_if(|ppm| *ppm == 0).is_some() {}
        let ops = self.ops.into_iter().map(|op| map_op(op, placed, |slot| slot)).collect();
        let values = (0..self.cells.len()).flat_map(|task| kept.iter().map(move |column| column[task]));
        let values = values.collect();
        Ok((Program { ops, serialization_ppm, columns: kept.len() as u16, slots: self.slots }, values))
    }

    fn close_open(&mut self) {
        self.ops.extend(self.open.drain(..).map(|slot| Op::Close { slot }));
    }
}

/// The column of a step's time.
fn time_of(op: Op) -> Option<u16> {
    let time = match op {
        Op::Compute { time }
        | Op::Insert { time, .. }
        | Op::Finish { time, .. }
        | Op::Pipe { time, .. }
        | Op::Python { time, .. }
        | Op::Drain { time, .. } => time,
        _ => return None,
    };
    match time {
        Amount::Column(column) => Some(column),
        Amount::Fixed(_) => None,
    }
}

/// The same step with other amounts and slots.
pub(super) fn map_op(op: Op, amount: impl Fn(Amount) -> Amount, slot: impl Fn(Slot) -> Slot) -> Op {
    match op {
        Op::Compute { time } => Op::Compute { time: amount(time) },
        Op::ReadInput { bytes } => Op::ReadInput { bytes: amount(bytes) },
        Op::FetchShuffle { shuffle, bytes } => Op::FetchShuffle { shuffle, bytes: amount(bytes) },
        Op::ReadBlock { rdd, partition } => Op::ReadBlock { rdd, partition: amount(partition) },
        read @ Op::ReadBroadcast { .. } => read,
        Op::Open { slot: s, consumer: ConsumerSpec::Aggregate(aggregation) } => {
            let (groups, run_rows) = (amount(aggregation.groups), amount(aggregation.run_rows));
            let consumer = ConsumerSpec::Aggregate(Aggregation { groups, run_rows, ..aggregation });
            Op::Open { slot: slot(s), consumer }
        }
        Op::Open { slot: s, consumer } => Op::Open { slot: slot(s), consumer },
        Op::Insert { slot: s, rows, bytes, time } => {
            Op::Insert { slot: slot(s), rows: amount(rows), bytes: amount(bytes), time: amount(time) }
        }
        Op::Finish { slot: s, time } => Op::Finish { slot: slot(s), time: amount(time) },
        Op::Pipe { from, into, rows, bytes, time } => Op::Pipe {
            from: slot(from),
            into: slot(into),
            rows: amount(rows),
            bytes: amount(bytes),
            time: amount(time),
        },
        Op::Drain { slot: s, time } => Op::Drain { slot: slot(s), time: amount(time) },
        Op::Close { slot: s } => Op::Close { slot: slot(s) },
        Op::Python { queue, rows, bytes, time, work } => Op::Python {
            queue: queue.map(slot),
            rows: amount(rows),
            bytes: amount(bytes),
            time: amount(time),
            work: PythonWork {
                objects: amount(work.objects),
                held: amount(work.held),
                leaked: amount(work.leaked),
                merged: amount(work.merged),
                ..work
            },
        },
        Op::WriteShuffle { shuffle, bytes } => Op::WriteShuffle { shuffle, bytes: amount(bytes) },
        Op::WriteOutput { bytes } => Op::WriteOutput { bytes: amount(bytes) },
        Op::Heap { bytes } => Op::Heap { bytes: amount(bytes) },
        Op::Result { bytes } => Op::Result { bytes: amount(bytes) },
    }
}
