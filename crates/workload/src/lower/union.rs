//! A union: the partitions of all its inputs as tasks of one stage.

use sim_core::workload::{Amount, Op};

use super::Lowering;
use super::stream::{Stream, map_op};
use crate::Error;
use crate::plan::NodeId;

impl Lowering<'_> {
    pub(super) fn union(&mut self, id: NodeId) -> Result<Stream, Error> {
        let outer = self.united_bytes;
        self.united_bytes = Some(outer.unwrap_or_else(|| self.shuffled_bytes(id)));
        let united = self.united(id);
        self.united_bytes = outer;
        united
    }

    fn united(&mut self, id: NodeId) -> Result<Stream, Error> {
        let node = self.plan.node(id);
        let mut all: Option<Stream> = None;
        for &input in &node.inputs {
            let stream = self.stream(input)?;
            all = Some(match all {
                None => stream,
                Some(all) => {
                    self.check_tasks(&node.name, (all.tasks() + stream.tasks()) as u64)?;
                    beside(all, stream).map_err(|error| error.within_data_set(&node.name))?
                }
            });
        }
        all.ok_or_else(|| Error::new(format!("data set `{}` unites nothing", node.name)))
    }
}

/// The tasks of both. Where they take different steps, the steps of the one are empty in the tasks of the other.
fn beside(mut first: Stream, mut second: Stream) -> Result<Stream, Error> {
    if !same_steps(&first, &second) {
        if [&first, &second].iter().any(|stream| cannot_be_empty(stream)) {
            return Err(Error::new("cached or sorted data sets are united with others in one stage")
                .help("put a `repartition` between the sort or the cache and the union"));
        }
        let (before, after) = (first.tasks(), second.tasks());
        let shift = first.columns.len() as u16;
        let shifted = |amount: Amount| match amount {
            Amount::Column(column) => Amount::Column(column + shift),
            fixed @ Amount::Fixed(_) => fixed,
        };
        first.absorb_serialization(&second, Some(shift));
        first.ops.extend(second.ops.drain(..).map(|op| map_op(op, shifted, |slot| slot)));
        first.columns.iter_mut().for_each(|column| column.resize(before + after, 0));
        let moved = second.columns.drain(..).map(|column| [vec![0; before], column].concat());
        first.columns.extend(moved);
    } else {
        first.absorb_serialization(&second, None);
        for (column, more) in first.columns.iter_mut().zip(&second.columns) {
            column.extend(more);
        }
    }
    let pending = [first.take_pending(), second.take_pending()].concat();
    first.parents.append(&mut second.parents);
    first.cells.append(&mut second.cells);
    let (cells, columns) = (std::mem::take(&mut first.cells), std::mem::take(&mut first.columns));
    Ok(first.with_tasks(cells, columns, pending))
}

fn same_steps(first: &Stream, second: &Stream) -> bool {
    first.ops == second.ops && !first.has_consumers()
}

fn cannot_be_empty(stream: &Stream) -> bool {
    stream.has_consumers() || stream.ops.iter().any(|op| matches!(op, Op::ReadBlock { .. }))
}
