//! A function in Python: rows go to a worker and come back.

use sim_core::cluster::python::Transport;
use sim_core::units::Bytes;
use sim_core::workload::{Amount, ConsumerSpec, Op, PythonWork};

use super::Lowering;
use super::stream::Stream;
use crate::Error;
use crate::plan::recording::PythonTransport;
use crate::plan::{Node, PythonFunction, apportion};

impl From<PythonTransport> for Transport {
    fn from(transport: PythonTransport) -> Self {
        match transport {
            PythonTransport::Pickled => Self::Pickled,
            PythonTransport::Arrow => Self::Arrow,
        }
    }
}

impl Lowering<'_> {
    /// `BatchEvalPythonExec` and `ArrowEvalPythonExec` keep the rows that a worker has not answered in a queue of
    /// pages; `PythonRDD` keeps none. What feeds the function goes on holding its memory.
    pub(super) fn python(&mut self, node: &Node, function: &PythonFunction) -> Result<Stream, Error> {
        let mut stream = self.stream(node.inputs[0])?;
        let queue = match function.transport {
            Transport::Pickled | Transport::Arrow => Some(stream.open(ConsumerSpec::PythonQueue)?),
            Transport::Rdd => None,
        };
        stream.spend(|cell| self.conf.costs.rows(cell.rows, node.cpu_ns_per_row));
        let stored = stream.stored();
        let divided = |total: u64| apportion(total, stored.rows.iter().copied());
        let amounts = [function.objects, function.held, function.leaked, function.merged].map(divided);
        let pending = stream.take_pending();
        let mut column = |values: Vec<u64>| -> Result<Amount, Error> { stream.column(values) };
        let [objects, held, leaked, merged] = amounts;
        let work = PythonWork {
            transport: function.transport,
            own: function.own,
            objects: column(objects)?,
            held: column(held)?,
            leaked: column(leaked)?,
            merged: column(merged)?,
        };
        let (rows, bytes, time) = (column(stored.rows)?, column(stored.bytes)?, column(pending)?);
        stream.ops.push(Op::Python { queue, rows, bytes, time, work });
        stream.ops.extend(queue.map(|slot| Op::Close { slot }));
        stream.reshape(&node.table);
        Ok(stream)
    }

    /// A function of a recording: its worker gathers `held` bytes for each task.
    pub(super) fn python_worker(
        &self,
        stream: &mut Stream,
        transport: Transport,
        queued: bool,
        held: Vec<u64>,
    ) -> Result<(), Error> {
        let queue = if queued { Some(stream.open(ConsumerSpec::PythonQueue)?) } else { None };
        stream.spend(|cell| self.conf.costs.rows(cell.rows, None));
        let stored = stream.stored();
        let pending = stream.take_pending();
        let objects = stream.column(stored.bytes.clone())?;
        let held = stream.column(held)?;
        let (leaked, merged) = (Amount::Fixed(0), Amount::Fixed(0));
        let work = PythonWork { transport, own: Bytes::ZERO, objects, held, leaked, merged };
        let (rows, bytes) = (stream.column(stored.rows)?, stream.column(stored.bytes)?);
        let time = stream.column(pending)?;
        stream.ops.push(Op::Python { queue, rows, bytes, time, work });
        stream.ops.extend(queue.map(|slot| Op::Close { slot }));
        Ok(())
    }
}
