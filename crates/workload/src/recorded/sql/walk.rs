//! From the top of a fragment down to its sources: the steps of its tasks.

use std::collections::BTreeMap;

use super::aggregate;
use super::columns::{Schema, Type};
use super::group_size::{largest_groups, largest_groups_of_coalesced};
use super::kind::Kind;
use super::text;
use super::tree::{Touched, Tree};
use super::widths::Widths;
use super::{CachedScan, Computed, Note, Operator, SqlOutput, SqlStage};
use crate::plan::recording::{Column, PythonTransport, Step};
use crate::recorded::facts::{PlanNode, StageMetrics};
use crate::recorded::python::SENT;

/// All that is known of a plan and a stage.
pub(super) struct Context<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) schema: &'a Schema,
    pub(super) widths: &'a Widths,
    pub(super) metrics: &'a StageMetrics,
    /// Final values of all accumulators.
    pub(super) totals: &'a BTreeMap<i64, i64>,
    /// By fragment.
    pub(super) touched: &'a [Touched],
}

/// The smallest accumulator id of a node.
pub(super) fn key_of(node: &PlanNode) -> Option<i64> {
    node.metrics.iter().map(|metric| metric.id).min()
}

impl Context<'_> {
    /// What each task added to a metric of a node; None where the node has no such metric.
    pub(super) fn column(&self, at: usize, name: &str) -> Option<Vec<u64>> {
        let metric = self.tree.nodes[at].node.metrics.iter().find(|metric| metric.name == name)?;
        let column = self.metrics.columns.get(&metric.id);
        let amount = |task: usize| -> u64 {
            let amount = column.and_then(|column| column.get(task)).copied().unwrap_or(0);
            u64::try_from(amount).unwrap_or(0)
        };
        Some((0..self.metrics.tasks).map(amount).collect())
    }

    pub(super) fn zeros(&self) -> Vec<u64> {
        vec![0; self.metrics.tasks]
    }

    /// Rows that a node put out, from what went in.
    pub(super) fn rows(&self, at: usize, input: &[u64]) -> Vec<u64> {
        if let Some(rows) = self.column(at, "number of output rows") {
            return rows;
        }
        let node = self.tree.nodes[at].node;
        let limit = match node.name.as_str() {
            "LocalLimit" | "GlobalLimit" => text::number_after(&node.text, &node.name),
            "TakeOrderedAndProject" => text::number_after(&node.text, "limit="),
            "CollectLimit" | "CollectTail" => text::number_after(&node.text, &node.name),
            _ => None,
        };
        input.iter().map(|&rows| rows.min(limit.unwrap_or(u64::MAX))).collect()
    }

    /// Bytes of rows of a node by its columns; where these are unknown, as wide as what went in.
    pub(super) fn bytes(&self, at: usize, rows: &[u64], input: &Flow) -> Vec<u64> {
        match self.widths.row(self.schema, at) {
            Some(width) => rows.iter().map(|&rows| (rows as f64 * width).round() as u64).collect(),
            None => {
                let (rows_in, bytes_in) = (sum(&input.rows), sum(&input.bytes));
                let scaled = |&rows: &u64| u128::from(rows) * bytes_in / rows_in.max(1);
                rows.iter().map(|rows| u64::try_from(scaled(rows)).unwrap_or(u64::MAX)).collect()
            }
        }
    }

    /// How many nodes of a fragment read an exchange: they share its metrics.
    fn readers(&self, fragment: usize, key: i64) -> u64 {
        let reads = self.tree.nodes.iter().filter(|vertex| {
            vertex.fragment == fragment && vertex.kind == Kind::Exchange && key_of(vertex.node) == Some(key)
        });
        reads.count() as u64
    }
}

fn sum(amounts: &[u64]) -> u128 {
    amounts.iter().map(|&amount| u128::from(amount)).sum()
}

/// Rows between two nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    pub(super) rows: Vec<u64>,
    pub(super) bytes: Vec<u64>,
    /// Whether they differ from the topmost rows of the steps so far.
    pub(super) pending: bool,
}

impl Flow {
    pub(super) fn columns(&self) -> (Column, Column) {
        (Column::of(self.rows.clone()), Column::of(self.bytes.clone()))
    }
}

/// Steps that are being put together.
pub(super) struct Walk<'a> {
    pub(super) context: &'a Context<'a>,
    stage: SqlStage,
}

impl<'a> Walk<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Self { context, stage: SqlStage::default() }
    }

    /// The rows of a fragment. Of a cache, the rows that are read of it.
    pub(super) fn fragment(&mut self, fragment: usize) -> Flow {
        let found = self.context.tree.fragments[fragment];
        let cache = found.boundary.filter(|&at| self.context.tree.nodes[at].kind == Kind::InMemoryTableScan);
        self.node(cache.unwrap_or(found.top))
    }

    /// The stage, whose last rows go to an output.
    pub(super) fn done(mut self, rows: &Flow, output: Option<SqlOutput>) -> SqlStage {
        // An exchange says itself what it was given.
        if !matches!(output, Some(SqlOutput::Exchange { .. })) {
            self.settle(rows);
        }
        self.stage.notes.sort();
        self.stage.notes.dedup();
        SqlStage { output, ..self.stage }
    }

    pub(super) fn push(&mut self, at: usize, step: Step) {
        let node = self.context.tree.nodes[at].node;
        let peak_memory =
            node.metrics.iter().find(|metric| metric.name == "peak memory").map(|metric| metric.id);
        let step_index = self.stage.steps.len();
        self.stage.operators.push(Operator { step: step_index, name: node.name.clone(), peak_memory });
        self.stage.steps.push(step);
    }

    pub(super) fn note(&mut self, at: usize, text: &'static str) {
        let node = self.context.tree.nodes[at].node.name.clone();
        self.stage.notes.push(Note { node, text });
    }

    /// Makes the topmost rows of the steps those of a flow.
    fn settle(&mut self, flow: &Flow) {
        if flow.pending {
            let (rows, bytes) = flow.columns();
            self.stage.steps.push(Step::Narrow { rows, bytes });
        }
    }

    /// The rows of a node's input, on top of the stack.
    pub(super) fn input(&mut self, at: usize, number: usize) -> Flow {
        let flow = match self.context.tree.nodes[at].inputs.get(number) {
            Some(&input) => self.node(input),
            None => Flow { rows: self.context.zeros(), bytes: self.context.zeros(), pending: false },
        };
        self.settle(&flow);
        Flow { pending: false, ..flow }
    }

    pub(super) fn node(&mut self, at: usize) -> Flow {
        match self.context.tree.nodes[at].kind {
            Kind::Wrapper | Kind::WholeStageCodegen | Kind::InputAdapter => self.passed_on(at),
            Kind::Exchange | Kind::LimitExchange => self.fetch(at),
            Kind::BroadcastExchange => {
                self.read_broadcast(at, false);
                Flow { rows: self.context.zeros(), bytes: self.context.zeros(), pending: false }
            }
            Kind::InMemoryTableScan => self.cached(at),
            Kind::Scan => self.scan(at),
            Kind::Sort => self.sort(at),
            Kind::HashAggregate => self.hash_aggregate(at),
            Kind::Window => self.window(at),
            Kind::SortMergeJoin => self.sort_merge_join(at),
            Kind::ShuffledHashJoin => self.hash_join(at),
            Kind::BroadcastJoin => self.broadcast_join(at),
            Kind::CartesianProduct => self.cartesian_product(at),
            Kind::Union => {
                self.note(at, "each task has the rows of one input: the others are empty in it");
                self.union(at)
            }
            Kind::ObjectHashAggregate => self.object_aggregate(at),
            Kind::PythonEval | Kind::SortAggregate | Kind::Subquery | Kind::Other => self.narrow(at),
        }
    }

    fn passed_on(&mut self, at: usize) -> Flow {
        let vertex = &self.context.tree.nodes[at];
        if matches!(vertex.node.name.as_str(), "AQEShuffleRead" | "CustomShuffleReader") {
            self.note(at, "tasks read the partitions that adaptive execution gave them");
        }
        match vertex.inputs.first() {
            Some(&input) => self.node(input),
            None => self.scan(at),
        }
    }

    fn scan(&mut self, at: usize) -> Flow {
        let rows = self.context.rows(at, &self.context.zeros());
        let bytes = self.context.bytes(at, &rows, &Flow::default());
        let step = Step::Input {
            file_bytes: Column::default(),
            rows: Column::of(rows.clone()),
            bytes: Column::of(bytes.clone()),
        };
        self.push(at, step);
        Flow { rows, bytes, pending: false }
    }

    fn fetch(&mut self, at: usize) -> Flow {
        let context = self.context;
        let vertex = &context.tree.nodes[at];
        let key = key_of(vertex.node).unwrap_or(-1);
        let readers = context.readers(vertex.fragment, key).max(1);
        let metric = |name| -> Vec<u64> {
            let amounts = context.column(at, name).unwrap_or_else(|| context.zeros());
            amounts.into_iter().map(|amount| amount / readers).collect()
        };
        let rows = metric("records read");
        let wire = metric("local bytes read").into_iter().zip(metric("remote bytes read"));
        let wire_bytes = wire.map(|(local, remote)| local.saturating_add(remote)).collect();
        let bytes: Vec<u64> = match context.widths.measured(at) {
            Some(measured) => rows.iter().map(|&rows| measured.of_rows(rows)).collect(),
            None => context.bytes(at, &rows, &Flow::default()),
        };
        if readers > 1 {
            self.note(at, "it is read more than once in a task, in equal parts");
        }
        let step = Step::Fetch {
            shuffle: index_of(&mut self.stage.exchanges, key),
            wire_bytes: Column::of(wire_bytes),
            rows: Column::of(rows.clone()),
            bytes: Column::of(bytes.clone()),
        };
        self.push(at, step);
        let limited = if vertex.kind == Kind::LimitExchange { context.rows(at, &rows) } else { rows.clone() };
        if limited == rows {
            return Flow { rows, bytes, pending: false };
        }
        let bytes = context.bytes(at, &limited, &Flow { rows, bytes, pending: false });
        Flow { rows: limited, bytes, pending: true }
    }

    pub(super) fn read_broadcast(&mut self, at: usize, joined: bool) {
        let key = key_of(self.context.tree.nodes[at].node).unwrap_or(-1);
        let broadcast = index_of(&mut self.stage.broadcasts, key);
        self.push(at, Step::ReadBroadcast { broadcast, joined });
    }

    fn cached(&mut self, at: usize) -> Flow {
        let context = self.context;
        let vertex = &context.tree.nodes[at];
        let rows = context.rows(at, &context.zeros());
        let bytes = context.bytes(at, &rows, &Flow::default());
        let computed = vertex.below.filter(|&below| context.touched[below].metrics > 0);
        let computed = computed.map(|below| self.computed(context.tree.fragments[below].top));
        let plan = vertex.inputs.first().map(|&input| context.tree.through(input));
        let found = CachedScan {
            key: vertex.below.and_then(|below| {
                let ids = context.tree.nodes.iter().filter(|vertex| vertex.fragment == below);
                ids.filter_map(|vertex| key_of(vertex.node)).min()
            }),
            text: plan.map_or_else(String::new, |plan| context.tree.nodes[plan].node.text.clone()),
            scan: vertex.node.text.clone(),
            computed,
        };
        let same = |other: &CachedScan| other.key == found.key && other.text == found.text;
        let rdd = self.stage.cached.iter().position(same).unwrap_or_else(|| {
            self.stage.cached.push(found);
            self.stage.cached.len() - 1
        });
        let step = Step::Cached {
            rdd: rdd as u32,
            partition: None,
            rows: Column::of(rows.clone()),
            bytes: Column::of(bytes.clone()),
        };
        self.push(at, step);
        Flow { rows, bytes, pending: false }
    }

    /// The steps that fill a cache.
    fn computed(&mut self, top: usize) -> Computed {
        let steps = std::mem::take(&mut self.stage.steps);
        let operators = std::mem::take(&mut self.stage.operators);
        let rows = self.node(top);
        self.settle(&rows);
        Computed {
            steps: std::mem::replace(&mut self.stage.steps, steps),
            operators: std::mem::replace(&mut self.stage.operators, operators),
            rows: Column::of(rows.rows),
        }
    }

    fn narrow(&mut self, at: usize) -> Flow {
        let context = self.context;
        let vertex = &context.tree.nodes[at];
        let input = match vertex.inputs[..] {
            [] => return self.scan(at),
            [input] => self.node(input),
            _ => return self.union(at),
        };
        if vertex.node.metrics.iter().any(|metric| metric.name == SENT) {
            self.settle(&input);
            let transport = match vertex.node.name.as_str() {
                "BatchEvalPython" => PythonTransport::Pickled,
                _ => PythonTransport::Arrow,
            };
            let queued = vertex.kind == Kind::PythonEval;
            self.push(at, Step::Python { transport, queued, held: Column::default() });
            return self.reshaped(at, &Flow { pending: false, ..input });
        }
        if vertex.kind == Kind::Other
            && let Some(peak) =
                context.column(at, "peak memory").filter(|peak| peak.iter().any(|&peak| peak > 0))
        {
            self.settle(&input);
            self.note(at, "no model of it: it holds its recorded peak to the end of the task");
            self.push(at, Step::BlackBox { bytes: Column::of(peak) });
            let after = Flow { pending: false, ..input };
            return self.reshaped(at, &after);
        }
        self.reshaped(at, &input)
    }

    pub(super) fn reshaped(&self, at: usize, input: &Flow) -> Flow {
        let rows = self.context.rows(at, &input.rows);
        let same_columns = {
            let columns = &self.context.schema.columns;
            let input = self.context.tree.nodes[at].inputs.first();
            input.is_some_and(|&input| columns[at] == columns[input])
        };
        let bytes = if same_columns && rows == input.rows {
            input.bytes.clone()
        } else {
            self.context.bytes(at, &rows, input)
        };
        let pending = input.pending || rows != input.rows || bytes != input.bytes;
        Flow { rows, bytes, pending }
    }

    fn sort(&mut self, at: usize) -> Flow {
        let flow = self.input(at, 0);
        let orders =
            text::lists(&self.context.tree.nodes[at].node.text).into_iter().next().unwrap_or_default();
        // More columns than one, or a prefix that does not tell all, need comparisons.
        let radix = match orders.items[..] {
            [order] if orders.cut == 0 => {
                let key = order.split_once(" ASC").or_else(|| order.split_once(" DESC"));
                let key = key.map_or(order, |(key, _)| key);
                match self.context.schema.type_of(key) {
                    Some(Type::Long | Type::Integral | Type::Fixed) => true,
                    Some(Type::Variable | Type::Decimal) => false,
                    None => {
                        self.note(at, "the type of its key is unknown: taken for a number");
                        true
                    }
                }
            }
            _ => false,
        };
        self.note_width(at);
        self.push(at, Step::Sort { radix });
        flow
    }

    /// Notes where the width of a node's input is not that of an exchange.
    fn note_width(&mut self, at: usize) {
        let tree = self.context.tree;
        let input = tree.nodes[at].inputs.first().map(|&input| tree.through(input));
        let measured = input.is_some_and(|input| self.context.widths.measured(input).is_some());
        if !measured {
            self.note(at, "bytes of its rows put together of columns: they come out of no exchange");
        }
    }

    fn hash_aggregate(&mut self, at: usize) -> Flow {
        let Some(group) = aggregate::group(self.context, at) else {
            return self.narrow(at);
        };
        let input = self.input(at, 0);
        let rows = self.context.rows(at, &input.rows);
        let bytes = self.context.bytes(at, &rows, &input);
        if let Some(note) = group.note {
            self.note(at, note);
        }
        let clustered = aggregate::is_clustered(self.context, at, &input.rows, &rows);
        if clustered {
            self.note(at, "each group is in one task alone: its rows are taken to come one after the other");
        }
        let groups = aggregate::groups_met(self.context.tree, at, &input.rows, rows.clone());
        let after = Flow { pending: groups != rows, rows, bytes };
        let step = Step::Aggregate {
            groups: Column::of(groups),
            group_bytes: group.bytes,
            fast_map: group.fast_map,
            clustered,
            merges: aggregate::merges(self.context.tree, at),
            bytes: Column::of(after.bytes.clone()),
        };
        self.push(at, step);
        after
    }

    fn object_aggregate(&mut self, at: usize) -> Flow {
        let Some((key_bytes, radix)) = aggregate::keys(self.context, at) else {
            return self.narrow(at);
        };
        let input = self.input(at, 0);
        let rows = self.context.rows(at, &input.rows);
        let bytes = self.context.bytes(at, &rows, &input);
        self.note(at, "its objects are on the heap, outside of the pool: left out");
        let (groups, result) = (Column::of(rows.clone()), Column::of(bytes.clone()));
        self.push(at, Step::ObjectAggregate { groups, key_bytes, radix, bytes: result });
        Flow { pending: false, rows, bytes }
    }

    fn window(&mut self, at: usize) -> Flow {
        let input = self.input(at, 0);
        let lists = text::lists(&self.context.tree.nodes[at].node.text);
        let has_keys = lists.get(1).is_some_and(|keys| keys.len() > 0);
        let largest_group = match has_keys {
            false => input.rows.clone(),
            true if self.context.tree.reads_coalesced(at) => largest_groups_of_coalesced(&input.rows),
            true => largest_groups(&input.rows),
        };
        if has_keys {
            self.note(at, "rows of its largest key inferred from how unevenly rows fell into tasks");
        }
        self.push(at, Step::RowBuffer { largest_group: Column::of(largest_group), in_memory_rows: None });
        self.reshaped(at, &input)
    }
}

/// The place of a key in a list, where it is put if it is new.
fn index_of(keys: &mut Vec<i64>, key: i64) -> u32 {
    let place = keys.iter().position(|&other| other == key).unwrap_or_else(|| {
        keys.push(key);
        keys.len() - 1
    });
    place as u32
}
