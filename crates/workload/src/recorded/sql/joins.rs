//! Nodes of several inputs.

use super::columns::Type;
use super::kind::Kind;
use super::text;
use super::walk::{Flow, Walk};
use crate::plan::recording::{Column, Step};

impl Walk<'_> {
    /// A sort-merge join.
    ///
    /// The rows of one key that it buffers stay on the heap unless `spark.sql.sortMergeJoinExec.buffer.*` is set: they
    /// take nothing of the pool.
    pub(super) fn sort_merge_join(&mut self, at: usize) -> Flow {
        let left = self.input(at, 0);
        self.input(at, 1);
        let joined = self.joined(at, &left);
        let (rows, bytes) = joined.columns();
        self.push(at, Step::MergeJoin { rows, bytes });
        joined
    }

    /// The rows that a join puts out.
    fn joined(&self, at: usize, input: &Flow) -> Flow {
        let rows = self.context.rows(at, &input.rows);
        let bytes = self.context.bytes(at, &rows, input);
        Flow { rows, bytes, pending: false }
    }

    /// All inputs one after the other.
    pub(super) fn union(&mut self, at: usize) -> Flow {
        let mut all = self.input(at, 0);
        for number in 1..self.context.tree.nodes[at].inputs.len() {
            let other = self.input(at, number);
            all.rows = added(&all.rows, &other.rows);
            all.bytes = added(&all.bytes, &other.bytes);
            self.push(at, Step::Union);
        }
        self.reshaped(at, &all)
    }

    pub(super) fn hash_join(&mut self, at: usize) -> Flow {
        let text = &self.context.tree.nodes[at].node.text;
        let build = usize::from(!text.contains("BuildLeft"));
        let streamed = self.input(at, 1 - build);
        self.input(at, build);
        let keys = text::lists(text).into_iter().nth(build).unwrap_or_default();
        let long_key = match keys.items[..] {
            [key] if keys.cut == 0 => match self.context.schema.type_of(key) {
                Some(Type::Long) => true,
                Some(Type::Integral) => {
                    self.note(at, "its key is taken for a whole number, which is made a long");
                    true
                }
                _ => false,
            },
            _ => false,
        };
        let joined = self.joined(at, &streamed);
        let (rows, bytes) = joined.columns();
        self.push(at, Step::HashJoin { long_key, rows, bytes });
        joined
    }

    /// The broadcast is there before the first row is read.
    pub(super) fn broadcast_join(&mut self, at: usize) -> Flow {
        let tree = self.context.tree;
        let vertex = &tree.nodes[at];
        let broadcast = |&number: &usize| {
            let input = vertex.inputs.get(number).map(|&input| tree.through(input));
            input.is_some_and(|input| tree.nodes[input].kind == Kind::BroadcastExchange)
        };
        let said = usize::from(!vertex.node.text.contains("BuildLeft"));
        let Some(build) = [said, 1 - said].into_iter().find(broadcast) else {
            return self.union(at);
        };
        let hashed = vertex.node.name == "BroadcastHashJoin";
        self.read_broadcast(tree.through(vertex.inputs[build]), hashed);
        let input = match vertex.inputs.get(1 - build) {
            Some(&streamed) => self.node(streamed),
            None => Flow { rows: self.context.zeros(), bytes: self.context.zeros(), pending: false },
        };
        self.reshaped(at, &input)
    }

    /// The right side is buffered as a whole.
    pub(super) fn cartesian_product(&mut self, at: usize) -> Flow {
        let left = self.input(at, 0);
        let right = self.input(at, 1);
        let largest_group = Column::of(right.rows);
        self.push(at, Step::RowBuffer { largest_group, in_memory_rows: None });
        let joined = self.joined(at, &left);
        let (rows, bytes) = joined.columns();
        self.push(at, Step::MergeJoin { rows, bytes });
        joined
    }
}

fn added(one: &[u64], other: &[u64]) -> Vec<u64> {
    one.iter().zip(other).map(|(&one, &other)| one.saturating_add(other)).collect()
}
