//! Functions in Python.

use sim_core::cluster::python::Transport;
use sim_core::units::Bytes;

use super::Builder;
use crate::Error;
use crate::plan::{Node, NodeId, Operator, PythonFunction, Table};
use crate::scenario::{self, Amount, Python};

/// Bytes that a function may hold in all, so that no sum over many of them overflows: 1 PiB.
const MAX_HELD: u64 = 1 << 50;

/// A row as Python objects: what it takes beside its data (`tests/jvm/container/objects.csv`: a tuple of one number or
/// of one text, 72 to 84 bytes above its `UnsafeRow`).
const OBJECT_HEADERS: u64 = 84;

impl<'d> Builder<'d> {
    pub(super) fn python(&self, input: NodeId, step: &'d Python<'d>) -> Result<Node, Error> {
        let from = self.plan.node(input);
        let Table { rows, bytes, .. } = from.table;
        let table = match &step.row_bytes {
            Some(width) => self.widened(from.table, self.total("row_bytes", width)?)?,
            None => from.table,
        };
        let total = |field: &str, amount: &Option<Amount<'d, _>>| {
            let each = amount.as_ref().map(|amount| self.total(field, amount)).transpose()?.unwrap_or(0);
            self.held(field, each)
        };
        let each_row = |field: &str, each: u64| {
            self.held(field, each).and_then(|each| self.held(field, self.product(field, rows, each)?))
        };
        let objects = match &step.object_bytes {
            Some(each) => each_row("object_bytes", self.total("object_bytes", each)?)?,
            None => {
                self.held("row_bytes", bytes.saturating_add(self.product("rows", rows, OBJECT_HEADERS)?))?
            }
        };
        let function = PythonFunction {
            transport: match step.transport {
                scenario::Transport::Pickled => Transport::Pickled,
                scenario::Transport::Arrow => Transport::Arrow,
                scenario::Transport::Rdd => Transport::Rdd,
            },
            own: Bytes(total("worker_bytes", &step.worker_bytes)?),
            objects,
            held: each_row("held_bytes", total("held_bytes", &step.held_bytes)?)?,
            leaked: each_row("leaked_bytes", total("leaked_bytes", &step.leaked_bytes)?)?,
            merged: total("merged_bytes", &step.merged_bytes)?,
        };
        let node = self.narrow(Operator::Python(function), input, table);
        Ok(Node { cpu_ns_per_row: Some(step.cpu_ns_per_row), ..node })
    }

    fn held(&self, field: &str, bytes: u64) -> Result<u64, Error> {
        if bytes < MAX_HELD {
            return Ok(bytes);
        }
        Err(self
            .fail(format!("`{field}` makes {bytes} bytes in Python, which reaches 2^50"))
            .help("use smaller amounts"))
    }
}
