//! What the driver has to do with the data sets and jobs of a plan.

use serde::Deserialize;

use super::{Api, NodeId};

/// Rows of the driver's tables; most plans have none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OfDriver {
    /// Data sets that were collections of the driver's.
    pub parallelized: Vec<Parallelized>,
    /// By job (index): what becomes of its results, where that is said.
    pub results: Vec<(usize, Results)>,
    /// By job (index): steps that follow each other.
    pub nested: Vec<(usize, Nesting, u32)>,
}

/// A collection that tasks carry with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parallelized {
    /// The scan that stands for it.
    pub node: NodeId,
    /// Bytes of a row in a serialized task.
    pub task_bytes_per_row: u32,
    /// Bytes of a row in the driver's heap.
    pub heap_bytes_per_row: u32,
}

/// What becomes of collected rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// A query's rows stay compressed until all have come; an RDD's objects are there at once.
    pub api: Api,
    /// Bytes of a row of the user's, or of an object, in the driver's heap; `None` for a usual row.
    pub heap_bytes_per_row: Option<u32>,
    /// Of an RDD: bytes of a row in the array that all of them are put into in the end; `None` for a reference.
    pub array_bytes_per_row: Option<u32>,
    /// Of an RDD: bytes of a row that a task holds outside of the pools while it makes its result.
    pub making_bytes_per_row: u32,
    /// Bytes of a row in a Python driver, which has it instead of the JVM.
    pub python_bytes_per_row: u32,
}

/// What is nested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename = "nesting", rename_all = "snake_case")]
pub enum Nesting {
    /// Maps of an RDD, each of the one before.
    Map,
    /// Unions of an RDD, each with the one before.
    Union,
    /// An expression, each of the one before.
    Expression,
}
