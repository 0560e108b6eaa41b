//! Steps that bring the rows of a key together.

use sim_core::units::Bytes;

use super::Builder;
use super::operator::mul_div;
use crate::Error;
use crate::plan::{Items, Node, NodeId, Operator, Table};
use crate::scenario::{Aggregate, Amount, GroupByKey, ReduceByKey, Unit};

/// Map tasks assumed for a partial aggregation whose input has no partitions of its own.
const ASSUMED_MAP_TASKS: u32 = 200;

impl<'d> Builder<'d> {
    pub(super) fn aggregate(&self, input: NodeId, step: &'d Aggregate<'d>) -> Result<Node, Error> {
        let from = self.plan.node(input);
        let group_bytes = self.total("group_bytes", &step.group_bytes)?;
        // Lowering counts every row with the bytes of a group.
        self.product("group_bytes", from.table.rows, group_bytes)?;
        let groups = self.groups(from, &step.groups, step.combined_rows.as_ref())?;
        let combined = self.rows_of(&from.table, groups.combined, group_bytes)?;
        let table = self.rows_of(&from.table, groups.met, group_bytes)?;
        let operator = Operator::Aggregate { group_bytes: Bytes(group_bytes), combined };
        let partitions = self.partitions(step.partitions)?;
        Ok(self.wide(operator, vec![input], table, from.keys.clone(), partitions))
    }

    pub(super) fn group_by_key(&self, input: NodeId, step: &'d GroupByKey<'d>) -> Result<Node, Error> {
        let from = self.plan.node(input);
        let partitions = self.partitions(step.partitions)?;
        let collection = self.items("collection_bytes", &step.collection_bytes, partitions, Items::Total)?;
        let rows = distinct(self.total("groups", &step.groups)?, from.table.rows);
        let operator = Operator::GroupByKey { collection };
        Ok(self.wide(operator, vec![input], Table { rows, ..from.table }, from.keys.clone(), partitions))
    }

    pub(super) fn reduce_by_key(&self, input: NodeId, step: &'d ReduceByKey<'d>) -> Result<Node, Error> {
        let from = self.plan.node(input);
        let partitions = self.partitions(step.partitions)?;
        let groups = self.groups(from, &step.groups, step.combined_rows.as_ref())?;
        let map_bytes = &step.map_collection_bytes;
        let operator = Operator::ReduceByKey {
            map_collection: self.items("map_collection_bytes", map_bytes, from.partitions, Items::Total)?,
            collection: self.items("collection_bytes", &step.collection_bytes, partitions, Items::Total)?,
            combined: scaled(&from.table, groups.combined),
        };
        let table = scaled(&from.table, groups.met);
        Ok(self.wide(operator, vec![input], table, from.keys.clone(), partitions))
    }

    fn groups(
        &self,
        from: &Node,
        groups: &Amount<'_, impl Unit>,
        combined_rows: Option<&Amount<'_, impl Unit>>,
    ) -> Result<Groups, Error> {
        let rows = from.table.rows;
        let drawn_from = self.total("groups", groups)?;
        let met = distinct(drawn_from, rows);
        let combined = match combined_rows {
            Some(given) => self.total("combined_rows", given)?,
            None => {
                let maps = u64::from(from.partitions.unwrap_or(ASSUMED_MAP_TASKS));
                distinct(drawn_from, rows / maps).saturating_mul(maps)
            }
        };
        Ok(Groups { met, combined: combined.clamp(met, rows.max(met)) })
    }
}

/// Rows that are left of those of a data set.
struct Groups {
    /// In the end: a row a group.
    met: u64,
    /// After the map tasks have combined theirs.
    combined: u64,
}

/// Fewer rows of the same width.
fn scaled(table: &Table, rows: u64) -> Table {
    let part = |amount: u64| mul_div(amount, rows, table.rows);
    Table { rows, bytes: part(table.bytes), wire_bytes: part(table.wire_bytes) }
}

/// Groups that rows drawn evenly from `groups` of them meet.
fn distinct(groups: u64, rows: u64) -> u64 {
    let (drawn_from, drawn) = (groups.max(1) as f64, rows as f64);
    ((drawn_from * -(-drawn / drawn_from).exp_m1()).round() as u64)
        .clamp(u64::from(rows > 0), groups.min(rows).max(1))
}
