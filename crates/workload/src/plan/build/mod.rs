//! From the steps of a scenario to the nodes of a plan: names resolved, amounts drawn, totals computed.

mod draw;
mod jobs;
mod keyed;
mod operator;
mod python;
mod source;

use std::collections::HashMap;

use sim_core::workload::Pool;

use super::{Keys, Node, NodeId, Operator, Plan, Table};
use crate::Error;
use crate::sample::LIMIT;
use crate::scenario::{Document, Name, Step, choice};

/// Steps of all data sets together.
const MAX_STEPS: usize = 100_000;
/// Steps that follow each other; lowering goes as deep as they do.
const MAX_CHAIN: u32 = 200;
/// Tasks of a stage, and so partitions of a data set.
const MAX_PARTITIONS: u32 = 100_000_000;

/// Names listed in a message.
const MAX_LISTED: usize = 20;

/// Builds a plan of a document.
pub(crate) struct Builder<'d> {
    text: &'d str,
    seed: u64,
    plan: Plan,
    names: HashMap<&'d str, NodeId>,
    /// By node: the number of steps that follow each other up to it.
    chains: Vec<u32>,
    /// Bytes of all nodes.
    bytes: u64,
    /// The step that is being built: the data set and its place in it.
    data: Name<'d>,
    step: usize,
}

impl<'d> Builder<'d> {
    /// The plan of `document`, whose text is `text`.
    pub(crate) fn build(document: &'d Document<'d>, text: &'d str, seed: u64) -> Result<Plan, Error> {
        let mut builder = Self {
            text,
            seed,
            plan: Plan::default(),
            names: HashMap::new(),
            chains: Vec::new(),
            bytes: 0,
            data: Name(""),
            step: 0,
        };
        for (name, steps) in document.data.unique(text)? {
            builder.data = *name;
            let node = builder.data_set(steps)?;
            builder.names.insert(name.0, node);
        }
        for (name, pool) in document.pools.unique(text)? {
            builder.plan.pools.push(Pool {
                name: name.0.to_owned(),
                mode: pool.mode.into(),
                weight: pool.weight.get(),
                min_share: pool.min_share,
                jobs: Vec::new(),
            });
        }
        builder.jobs(&document.jobs)?;
        if let Some(recording) = &document.recording {
            if !builder.plan.nodes.is_empty() || !builder.plan.jobs.is_empty() {
                return Err(Error::new("a scenario has either a `recording` or `data` and `jobs`")
                    .help("take one of them out; what a log recorded stands alone"));
            }
            recording.check()?;
            builder.plan.recording = Some(Box::new(recording.clone()));
        }
        Ok(builder.plan)
    }

    fn data_set(&mut self, steps: &'d [Step<'d>]) -> Result<NodeId, Error> {
        let mut node = None;
        for (at, step) in steps.iter().enumerate() {
            self.step = at;
            let next = match (step, node) {
                (Step::From(name), None) => self.find(*name)?,
                (Step::Scan(scan), None) => self.scan(scan)?,
                (Step::Recorded(recorded), None) => self.recorded(recorded)?,
                (Step::From(_) | Step::Scan(_) | Step::Recorded(_), Some(_)) => {
                    return Err(self
                        .fail("`from`, `scan` and `recorded` begin a data set")
                        .help("to bring two data sets together use `join` or `union`"));
                }
                (_, None) => {
                    return Err(self.fail("a data set begins with `from`, `scan` or `recorded`"));
                }
                (step, Some(input)) => self.operator(step, input)?,
            };
            if matches!(step, Step::Cache(_)) && at + 1 < steps.len() {
                return Err(self
                    .fail("`cache` is the last step of its data set")
                    .help("name the cached data set and continue in another one with `from`"));
            }
            node = Some(next);
        }
        node.ok_or_else(|| {
            self.fail("the list of steps is empty").help("begin with `scan(..)` or `from(\"..\")`")
        })
    }

    fn add(&mut self, node: Node) -> Result<NodeId, Error> {
        if self.plan.nodes.len() >= MAX_STEPS {
            return Err(self.fail(format!("more than {MAX_STEPS} steps")).help("split the scenario"));
        }
        let chain = node.inputs.iter().map(|input| self.chains[input.0 as usize]).max().unwrap_or(0) + 1;
        if chain > MAX_CHAIN {
            return Err(self
                .fail(format!("more than {MAX_CHAIN} steps follow each other"))
                .help("write the data set and scan it again"));
        }
        // Both terms are below the limit.
        self.bytes += node.table.bytes.max(node.table.wire_bytes);
        if self.bytes >= LIMIT {
            return Err(self.fail("the data sets hold 2^62 bytes or more").help("use smaller ones"));
        }
        self.chains.push(chain);
        let id = NodeId(self.plan.nodes.len() as u32);
        self.plan.nodes.push(node);
        Ok(id)
    }

    /// A node of the present data set, with nothing said about its partitions or costs.
    fn node(&self, operator: Operator, inputs: Vec<NodeId>, table: Table, keys: Keys) -> Node {
        let name = self.data.0.to_owned();
        Node { name, operator, inputs, table, keys, partitions: None, cpu_ns_per_row: None }
    }

    /// The data set of this name, which has to stand above.
    fn find(&self, name: Name<'d>) -> Result<NodeId, Error> {
        if let Some(&node) = self.names.get(name.0) {
            return Ok(node);
        }
        let error = Error::new(format!("no data set `{}` stands above", name.0)).at(name.span(self.text));
        let mut known: Vec<&str> = self.names.keys().copied().collect();
        known.sort_unstable();
        known.truncate(MAX_LISTED);
        Err(if name.0 == self.data.0 {
            error.label("a data set cannot read itself")
        } else if known.is_empty() {
            error.label("not defined").help("define it in `data`, above its first use")
        } else {
            error.label("not defined before").help(choice(name.0, &known))
        })
    }

    /// An error about the present data set.
    fn fail(&self, title: impl Into<String>) -> Error {
        let title = format!("data set `{}`: {}", self.data.0, title.into());
        Error::new(title).at(self.data.span(self.text)).label(format!("its step {}", self.step + 1))
    }

    /// The label of the draws of a field of the present step.
    fn label(&self, field: &str) -> String {
        format!("{}/{}/{field}", self.data.0, self.step)
    }

    fn partitions(&self, partitions: Option<std::num::NonZeroU32>) -> Result<Option<u32>, Error> {
        match partitions.map(std::num::NonZeroU32::get) {
            Some(count) if count > MAX_PARTITIONS => {
                Err(self.fail(format!("{count} partitions are more than {MAX_PARTITIONS}")))
            }
            count => Ok(count),
        }
    }
}
