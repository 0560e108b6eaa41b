//! What there is to size for.

use sim_core::conf::quantity::byte_string_as;
use sim_core::conf::unit::ByteUnit;

use crate::{Error, Settings};

/// The most nodes and cores that are sized for.
const MOST_NODES: u32 = 100_000;
const MOST_CORES: u32 = 4096;
/// The most memory of a node, and the most data.
const MOST_NODE_BYTES: u64 = 1 << 50;
const MOST_DATA_BYTES: u64 = 1 << 60;

/// Who runs the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// Hadoop YARN.
    Yarn,
    /// Kubernetes.
    Kubernetes,
    /// Spark's own workers.
    Standalone,
}

/// A cluster and its data.
#[derive(Clone, Debug)]
pub struct Request {
    /// Number of nodes, all alike.
    pub nodes: u32,
    /// Cores of a node.
    pub node_cores: u32,
    /// Memory of a node, in bytes.
    pub node_memory_bytes: u64,
    /// Cores of a node that are not for executors.
    pub os_cores: u32,
    /// Memory of a node that is not for executors; `None` is a tenth.
    pub os_memory_bytes: Option<u64>,
    /// Bytes of the data as stored.
    pub data_bytes: Option<u64>,
    /// Who runs it.
    pub manager: Manager,
    /// Cores of an executor that are proposed.
    pub executor_cores: Option<u32>,
    /// Executors on a node that are proposed.
    pub executors_per_node: Option<u32>,
    /// Heap of an executor that is proposed, in bytes.
    pub executor_memory_bytes: Option<u64>,
    /// Settings that hold for all candidates.
    pub settings: Settings,
}

impl Request {
    /// Refuses numbers of which no cluster is made.
    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong = |text: String| Err(Error::Input(text));
        if self.nodes == 0 || self.nodes > MOST_NODES {
            return wrong(format!("--nodes is {}: a cluster has 1 to {MOST_NODES} nodes", self.nodes));
        }
        if self.node_cores == 0 || self.node_cores > MOST_CORES {
            return wrong(format!("--node-cores is {}: a node has 1 to {MOST_CORES}", self.node_cores));
        }
        if self.os_cores >= self.node_cores {
            return wrong(format!(
                "--os-cores is {} and a node has {}: leave executors at least one",
                self.os_cores, self.node_cores
            ));
        }
        if self.node_memory_bytes > MOST_NODE_BYTES {
            return wrong("--node-memory is more than 1 PiB: give the memory of one node".to_owned());
        }
        if self.os_memory() >= self.node_memory_bytes || self.usable_mib() == 0 {
            return wrong(format!(
                "a node has {} bytes, of which --os-memory leaves executors less than 1 MiB: \
                 write sizes with a unit, as 128g",
                self.node_memory_bytes
            ));
        }
        if self.data_bytes.is_some_and(|bytes| bytes == 0 || bytes > MOST_DATA_BYTES) {
            return wrong("--data is from 1 byte to 1024 PiB: write a size with a unit, as 1t".to_owned());
        }
        if self.executor_memory_bytes.is_some_and(|bytes| bytes > MOST_NODE_BYTES) {
            return wrong("--executor-memory is more than 1 PiB: give the heap of one executor".to_owned());
        }
        for (name, number) in
            [("--executor-cores", self.executor_cores), ("--executors-per-node", self.executors_per_node)]
        {
            if number.is_some_and(|number| number == 0 || number > MOST_CORES) {
                return wrong(format!("{name} is 0 or more than {MOST_CORES}: use a number in between"));
            }
        }
        if let Some(cores) = self.executor_cores.filter(|cores| *cores > self.node_cores) {
            return wrong(format!(
                "--executor-cores is {cores} and a node has {}: an executor is on one node",
                self.node_cores
            ));
        }
        Ok(())
    }

    pub(super) fn os_memory(&self) -> u64 {
        self.os_memory_bytes.unwrap_or_else(|| self.node_memory_bytes.div_ceil(10))
    }

    pub(super) fn usable_mib(&self) -> u64 {
        self.node_memory_bytes.saturating_sub(self.os_memory()) >> 20
    }

    pub(super) fn usable_cores(&self) -> u32 {
        self.node_cores - self.os_cores
    }
}

/// A size as Spark's settings have them, `128g`; without a unit it is bytes.
///
/// # Errors
/// What is no size.
pub fn size(text: &str) -> Result<u64, String> {
    let bytes = byte_string_as(text, ByteUnit::B);
    bytes.map_err(|error| format!("it is no size as 128g, 131072m or 1t: {error}"))
}
