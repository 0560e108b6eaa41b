//! A plan as a table of nodes, cut into fragments: a fragment is what the tasks of one stage run of it.

use super::kind::{Kind, Side, exchange_side};
use crate::recorded::facts::{PlanNode, StageMetrics};

/// A plan; inputs stand behind the nodes that read them.
pub(super) struct Tree<'a> {
    pub(super) nodes: Vec<Vertex<'a>>,
    pub(super) fragments: Vec<Fragment>,
}

/// A node with its place in the plan.
pub(super) struct Vertex<'a> {
    pub(super) node: &'a PlanNode,
    pub(super) kind: Kind,
    /// Who reads it.
    pub(super) parent: Option<usize>,
    /// Its inputs, without subqueries.
    pub(super) inputs: Vec<usize>,
    /// Whether it runs in generated code.
    pub(super) codegen: bool,
    /// Index of the fragment it runs in; an exchange is in that of its readers.
    pub(super) fragment: usize,
    /// Index of the fragment whose rows it takes, where that is another one.
    pub(super) below: Option<usize>,
}

/// Nodes that run together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    /// Its topmost node.
    pub(super) top: usize,
    /// The node that the rows go to: an exchange, a broadcast, a cache, a subquery. None at the root of the plan.
    pub(super) boundary: Option<usize>,
}

impl<'a> Tree<'a> {
    pub(super) fn of(root: &'a PlanNode) -> Self {
        let mut tree = Self { nodes: Vec::new(), fragments: vec![Fragment { top: 0, boundary: None }] };
        // Plans can be deep: a list of what is still to be added, not the call stack.
        let mut open = vec![(root, None, 0, false)];
        while let Some((node, parent, fragment, codegen)) = open.pop() {
            let at = tree.nodes.len();
            let subquery = |child: &PlanNode| Kind::of(&child.name, true) == Kind::Subquery;
            let kind = Kind::of(&node.name, node.children.iter().any(|child| !subquery(child)));
            let mut in_fragment = fragment;
            if let Some(boundary) = parent.filter(|&parent: &usize| tree.nodes[parent].kind.is_boundary()) {
                in_fragment = tree.fragments.len();
                tree.fragments.push(Fragment { top: at, boundary: Some(boundary) });
                tree.nodes[boundary].below = Some(in_fragment);
            }
            if let Some(parent) = parent
                && kind != Kind::Subquery
            {
                tree.nodes[parent].inputs.push(at);
            }
            let below = match kind {
                Kind::WholeStageCodegen => true,
                Kind::InputAdapter => false,
                _ => codegen && !kind.is_boundary(),
            };
            tree.nodes.push(Vertex {
                node,
                kind,
                parent,
                inputs: Vec::new(),
                codegen,
                fragment: in_fragment,
                below: None,
            });
            open.extend(node.children.iter().rev().map(|child| (child, Some(at), in_fragment, below)));
        }
        tree
    }

    /// The node below, through all that only passes rows on.
    pub(super) fn through(&self, mut at: usize) -> usize {
        while self.nodes[at].kind.passes_on() {
            let Some(&input) = self.nodes[at].inputs.first() else { break };
            at = input;
        }
        at
    }

    /// Whether a node's first input comes through partitions that adaptive execution put together.
    pub(super) fn reads_coalesced(&self, mut at: usize) -> bool {
        let fragment = self.nodes[at].fragment;
        while let Some(&input) = self.nodes[at].inputs.first() {
            let vertex = &self.nodes[input];
            if vertex.fragment != fragment {
                return false;
            }
            if matches!(vertex.node.name.as_str(), "AQEShuffleRead" | "CustomShuffleReader") {
                return vertex.node.text.contains("coalesced");
            }
            at = input;
        }
        false
    }

    /// The node that reads a node's rows, through all that only passes them on.
    pub(super) fn reader(&self, at: usize) -> Option<usize> {
        let mut reader = self.nodes[at].parent?;
        while self.nodes[reader].kind.passes_on() {
            reader = self.nodes[reader].parent?;
        }
        Some(reader)
    }

    /// By fragment: how many metrics of it the tasks updated, and whether they wrote its exchange.
    pub(super) fn touched(&self, metrics: &StageMetrics) -> Vec<Touched> {
        let mut touched = vec![Touched::default(); self.fragments.len()];
        for vertex in &self.nodes {
            for metric in vertex.node.metrics.iter().filter(|metric| metrics.columns.contains_key(&metric.id))
            {
                let exchange = matches!(vertex.kind, Kind::Exchange | Kind::LimitExchange);
                match exchange.then(|| exchange_side(&metric.name)).flatten() {
                    Some(Side::Write) => {
                        if let Some(below) = vertex.below {
                            touched[below].metrics += 1;
                            touched[below].written = true;
                        }
                    }
                    _ => touched[vertex.fragment].metrics += 1,
                }
            }
        }
        touched
    }

    /// The fragment that the tasks of a stage ran, with the number of metrics that say so.
    ///
    /// Where they filled a cache too, it is the fragment that reads it.
    pub(super) fn fragment_of(&self, metrics: &StageMetrics) -> Option<(usize, usize)> {
        let touched = self.touched(metrics);
        let all = touched.iter().map(|touched| touched.metrics).sum();
        let reads_cache = |fragment: usize| {
            let boundary = self.fragments[fragment].boundary?;
            let reader = self.nodes[boundary].fragment;
            (self.nodes[boundary].kind == Kind::InMemoryTableScan && touched[reader].metrics > 0)
                .then_some(reader)
        };
        let best = (0..touched.len())
            .filter(|&fragment| touched[fragment].metrics > 0 && reads_cache(fragment).is_none())
            // The first one of equals: a reused exchange shows its plan again.
            .rev()
            .max_by_key(|&fragment| (touched[fragment].written, touched[fragment].metrics))?;
        Some((best, all))
    }
}

/// What tasks updated of a fragment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    /// Metrics.
    pub(super) metrics: usize,
    /// Whether they wrote the exchange above it.
    pub(super) written: bool,
}
