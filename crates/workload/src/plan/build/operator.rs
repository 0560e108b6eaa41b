//! Steps that follow another one.

use sim_core::storage::StorageLevel;
use sim_core::units::Bytes;

use super::Builder;
use super::source::billionths;
use crate::Error;
use crate::plan::{self, Api, Items, Keys, Node, NodeId, Operator, Strategy, Table};
use crate::scenario::{Amount, Cache, Join, Name, Step, Unit, choice};

impl<'d> Builder<'d> {
    pub(super) fn operator(&mut self, step: &'d Step<'d>, input: NodeId) -> Result<NodeId, Error> {
        let from = self.plan.node(input).clone();
        let keys = from.keys.clone();
        let node = match step {
            Step::From(_) | Step::Scan(_) | Step::Recorded(_) => return Ok(input),
            Step::Filter { keep, cpu_ns_per_row } => {
                let kept = |amount: u64| mul_div(amount, billionths(*keep), 1_000_000_000);
                let Table { rows, bytes, wire_bytes } = from.table;
                let table = Table { rows: kept(rows), bytes: kept(bytes), wire_bytes: kept(wire_bytes) };
                Node { cpu_ns_per_row: *cpu_ns_per_row, ..self.narrow(Operator::Narrow, input, table) }
            }
            Step::Project { row_bytes, cpu_ns_per_row } => {
                let table = self.widened(from.table, self.total("row_bytes", row_bytes)?)?;
                Node { cpu_ns_per_row: *cpu_ns_per_row, ..self.narrow(Operator::Narrow, input, table) }
            }
            Step::Python(python) => self.python(input, python)?,
            Step::Repartition { partitions, by_key } => {
                let operator = Operator::Repartition { by_key: *by_key };
                self.wide(operator, vec![input], from.table, keys, self.partitions(*partitions)?)
            }
            Step::Coalesce { partitions } => {
                let partitions = self.partitions(Some(*partitions))?;
                Node { partitions, ..self.narrow(Operator::Coalesce, input, from.table) }
            }
            Step::Union { with } => self.union(input, with)?,
            Step::Sort { within_partitions, radix, partitions } => {
                let operator = Operator::Sort { within_partitions: *within_partitions, radix: *radix };
                let partitions = self.partitions(*partitions)?;
                if *within_partitions && partitions.is_some() {
                    return Err(self
                        .fail("a sort within partitions keeps them")
                        .help("leave `partitions` away"));
                }
                let known = if *within_partitions { from.partitions } else { partitions };
                self.wide(operator, vec![input], from.table, keys, known)
            }
            Step::Window { largest_group, radix, partitions } => {
                let largest_group =
                    largest_group.as_ref().map(|rows| self.total("largest_group", rows)).transpose()?;
                let operator = Operator::Window { radix: *radix, largest_group };
                self.wide(operator, vec![input], from.table, keys, self.partitions(*partitions)?)
            }
            Step::Join(join) => self.join(input, join)?,
            Step::Aggregate(aggregate) => self.aggregate(input, aggregate)?,
            Step::GroupByKey(group) => self.group_by_key(input, group)?,
            Step::ReduceByKey(reduce) => self.reduce_by_key(input, reduce)?,
            Step::ReadBroadcast { pieces, value } => {
                let pieces = Bytes(self.total("pieces", pieces)?);
                let value = Bytes(self.total("value", value)?);
                self.narrow(Operator::ReadBroadcast { pieces, value }, input, from.table)
            }
            Step::Leak { bytes } => {
                let bytes = self.items("bytes", bytes, from.partitions, Items::Same)?;
                self.narrow(Operator::Leak { bytes }, input, from.table)
            }
            Step::UserHeap { bytes } => {
                let bytes = self.items("bytes", bytes, from.partitions, Items::Same)?;
                self.narrow(Operator::UserHeap { bytes }, input, from.table)
            }
            Step::Cache(cache) => {
                let operator = self.cache(cache, from.partitions)?;
                self.narrow(operator, input, from.table)
            }
        };
        self.add(node)
    }

    /// A node with the partitions of its input.
    pub(super) fn narrow(&self, operator: Operator, input: NodeId, table: Table) -> Node {
        let from = self.plan.node(input);
        let node = self.node(operator, vec![input], table, from.keys.clone());
        Node { partitions: from.partitions, ..node }
    }

    pub(super) fn wide(
        &self,
        operator: Operator,
        inputs: Vec<NodeId>,
        table: Table,
        keys: Keys,
        partitions: Option<u32>,
    ) -> Node {
        Node { partitions, ..self.node(operator, inputs, table, keys) }
    }

    fn union(&self, input: NodeId, with: &[Name<'d>]) -> Result<Node, Error> {
        let others: Result<Vec<NodeId>, Error> = with.iter().map(|&name| self.find(name)).collect();
        let inputs = [vec![input], others?].concat();
        let from: Vec<&Node> = inputs.iter().map(|&input| self.plan.node(input)).collect();
        let sum = |what: &str, amount: fn(&Table) -> u64| {
            self.checked_sum(what, &from.iter().map(|node| amount(&node.table)).collect::<Vec<_>>())
        };
        let table = Table {
            rows: sum("rows", |table| table.rows)?,
            bytes: sum("bytes", |table| table.bytes)?,
            wire_bytes: sum("bytes", |table| table.wire_bytes)?,
        };
        let known: Option<u32> =
            from.iter().map(|node| node.partitions).try_fold(0_u32, |sum, count| sum.checked_add(count?));
        let keys = from[0].keys.clone();
        Ok(self.wide(Operator::Union, inputs, table, keys, known))
    }

    fn join(&self, left: NodeId, join: &'d Join<'d>) -> Result<Node, Error> {
        let right = self.find(join.with)?;
        let (from, with) = (self.plan.node(left), self.plan.node(right));
        let rows = match &join.rows {
            Some(rows) => self.total("rows", rows)?,
            None => from.table.rows,
        };
        let width = match &join.row_bytes {
            Some(width) => self.total("row_bytes", width)?,
            None => {
                [from.table, with.table].iter().map(|table| table.bytes.div_ceil(table.rows.max(1))).sum()
            }
        };
        let table = self.rows_of(&from.table, rows, width)?;
        if join.strategy == Some(Strategy::Broadcast) && !join.join_type.can_broadcast_right() {
            return Err(self
                .fail("a right or full outer join cannot broadcast its right side")
                .help("leave `strategy` away, or swap the sides"));
        }
        let estimated = join.estimated_bytes.as_ref();
        let operator = Operator::Join(plan::Join {
            join_type: join.join_type,
            strategy: join.strategy,
            long_key: join.long_key,
            estimated_bytes: estimated.map(|bytes| self.total("estimated_bytes", bytes)).transpose()?,
        });
        let partitions = self.partitions(join.partitions)?;
        Ok(self.wide(operator, vec![left, right], table, from.keys.clone(), partitions))
    }

    fn cache(&self, cache: &Cache<'_>, partitions: Option<u32>) -> Result<Operator, Error> {
        let default = match cache.api {
            Api::Sql => "MEMORY_AND_DISK",
            Api::Rdd => "MEMORY_ONLY",
        };
        let name = cache.level.as_deref().unwrap_or(default);
        let level = StorageLevel::by_name(name).filter(|level| level.is_valid()).ok_or_else(|| {
            let levels: Vec<&str> = StorageLevel::NAMED[1..].iter().map(|(name, _)| *name).collect();
            self.fail(format!("no storage level `{name}`")).help(choice(name, &levels))
        })?;
        Ok(Operator::Cache {
            level,
            memory: self.same_items("block_bytes", cache.block_bytes.as_ref(), partitions)?,
            disk: self.same_items("block_disk_bytes", cache.block_disk_bytes.as_ref(), partitions)?,
            elements: self.same_items("block_elements", cache.block_elements.as_ref(), partitions)?,
            api: cache.api,
        })
    }

    /// An optional amount for each partition; a constant is that of every one.
    fn same_items(
        &self,
        field: &str,
        amount: Option<&Amount<'_, impl Unit>>,
        partitions: Option<u32>,
    ) -> Result<Option<Items>, Error> {
        amount.map(|amount| self.items(field, amount, partitions, Items::Same)).transpose()
    }

    /// The rows of `table` with another width; what they take on the wire changes alike.
    pub(super) fn widened(&self, table: Table, row_bytes: u64) -> Result<Table, Error> {
        self.rows_of(&table, table.rows, row_bytes)
    }

    /// Other rows, which compress as those of `like` do.
    pub(super) fn rows_of(&self, like: &Table, rows: u64, row_bytes: u64) -> Result<Table, Error> {
        let bytes = self.product("row_bytes", rows, row_bytes)?;
        let wire_bytes = if like.bytes == 0 { bytes } else { mul_div(bytes, like.wire_bytes, like.bytes) };
        Ok(Table { rows, bytes, wire_bytes })
    }
}

pub(super) fn mul_div(amount: u64, times: u64, by: u64) -> u64 {
    let exact = u128::from(amount) * u128::from(times) / u128::from(by.max(1));
    u64::try_from(exact).unwrap_or(u64::MAX)
}
