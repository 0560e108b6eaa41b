//! Where the rows of a fragment go.

use std::collections::BTreeMap;

use super::SqlOutput;
use super::kind::Kind;
use super::text;
use super::walk::{Context, key_of};
use crate::plan::recording::{Column, PartitionsFrom};

/// Roots of plans that write to storage begin like this.
const WRITES: [&str; 10] = [
    "Execute Insert",
    "Execute Create",
    "Execute Save",
    "WriteFiles",
    "Overwrite",
    "Append",
    "ReplaceData",
    "WriteDelta",
    "WriteToDataSource",
    "Atomic",
];

pub(super) fn of(context: &Context<'_>, fragment: usize, totals: &BTreeMap<i64, i64>) -> Option<SqlOutput> {
    let tree = context.tree;
    let Some(boundary) = tree.fragments[fragment].boundary else {
        let writes = |at: usize| WRITES.iter().any(|write| tree.nodes[at].node.name.starts_with(write));
        let in_fragment = |at: &usize| tree.nodes[*at].fragment == fragment;
        let written = (0..tree.nodes.len()).filter(in_fragment).any(writes);
        return Some(if written { SqlOutput::Write } else { SqlOutput::Result });
    };
    let vertex = &tree.nodes[boundary];
    match vertex.kind {
        Kind::InMemoryTableScan => None,
        Kind::BroadcastExchange => {
            let total = |name: &str| {
                let metric = vertex.node.metrics.iter().find(|metric| metric.name == name);
                metric.and_then(|metric| totals.get(&metric.id)).map_or(0, |&total| total.max(0) as u64)
            };
            let (bytes, rows) = (total("data size"), total("number of output rows"));
            Some(SqlOutput::Broadcast { key: key_of(vertex.node).unwrap_or(-1), bytes, rows })
        }
        Kind::Exchange | Kind::LimitExchange if context.touched[fragment].written => {
            let metric = |name| context.column(boundary, name).unwrap_or_default();
            let rows = metric("shuffle records written");
            let bytes = context.column(boundary, "data size").unwrap_or_else(|| {
                let width = context.widths.row(context.schema, boundary).unwrap_or(0.0);
                rows.iter().map(|&rows| (rows as f64 * width).round() as u64).collect()
            });
            let (partitions, partitions_from) = partitions(&vertex.node.text);
            Some(SqlOutput::Exchange {
                key: key_of(vertex.node).unwrap_or(-1),
                rows: Column::of(rows),
                bytes: Column::of(bytes),
                wire_bytes: Column::of(metric("shuffle bytes written")),
                partitions,
                partitions_from,
            })
        }
        // Samples for ranges; limits that the driver collects.
        _ => Some(SqlOutput::Result),
    }
}

fn partitions(text: &str) -> (u32, PartitionsFrom) {
    let number = ["hashpartitioning", "rangepartitioning", "RoundRobinPartitioning"]
        .iter()
        .find_map(|name| text::arguments(text, name)?.items.last()?.parse().ok());
    match number {
        None => (1, PartitionsFrom::Program),
        Some(number) if text.contains("REPARTITION_BY_NUM") => (number, PartitionsFrom::Program),
        Some(number) => (number, PartitionsFrom::SqlShufflePartitions),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_says_who_chose_the_number_of_partitions() {
        for (text, expected) in [
            (
                "Exchange hashpartitioning(k#7L, 8), ENSURE_REQUIREMENTS, [plan_id=5]",
                (8, PartitionsFrom::SqlShufflePartitions),
            ),
            (
                "Exchange hashpartitioning(k#2L, 5), REPARTITION_BY_NUM, [plan_id=20]",
                (5, PartitionsFrom::Program),
            ),
            (
                "Exchange RoundRobinPartitioning(3), REPARTITION_BY_NUM, [plan_id=2]",
                (3, PartitionsFrom::Program),
            ),
            ("Exchange SinglePartition, ENSURE_REQUIREMENTS, [plan_id=70]", (1, PartitionsFrom::Program)),
            (
                "TakeOrderedAndProject(limit=10, orderBy=[a#1 DESC], output=[a#1])",
                (1, PartitionsFrom::Program),
            ),
        ] {
            assert_eq!(partitions(text), expected, "{text}");
        }
    }
}
