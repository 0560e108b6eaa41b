//! What the nodes of a plan are, by their names.

/// What a node is to the memory of its tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Hands on what its only input yields.
    Wrapper,
    /// Generated code begins below it.
    WholeStageCodegen,
    /// Generated code ends above it.
    InputAdapter,
    /// A shuffle.
    Exchange,
    /// A shuffle of a few rows into one task, without `data size`: limits that are asked for rows.
    LimitExchange,
    /// Rows of a job of its own, sent to all executors.
    BroadcastExchange,
    /// A value of a job of its own.
    Subquery,
    /// A cached query; its input is the plan that fills the cache.
    InMemoryTableScan,
    /// Reads storage or makes rows.
    Scan,
    Sort,
    HashAggregate,
    ObjectHashAggregate,
    SortAggregate,
    SortMergeJoin,
    ShuffledHashJoin,
    /// Joins with a broadcast side.
    BroadcastJoin,
    CartesianProduct,
    Window,
    Union,
    /// Rows wait in a queue while Python works on them.
    PythonEval,
    /// Rows in, rows out.
    Other,
}

impl Kind {
    /// The kind of a node with this name and whether it has inputs.
    pub(super) fn of(name: &str, has_inputs: bool) -> Self {
        match base(name) {
            "WholeStageCodegen" => Self::WholeStageCodegen,
            "InputAdapter" => Self::InputAdapter,
            "AdaptiveSparkPlan"
            | "ShuffleQueryStage"
            | "BroadcastQueryStage"
            | "TableCacheQueryStage"
            | "ResultQueryStage"
            | "AQEShuffleRead"
            | "CustomShuffleReader"
            | "ReusedExchange"
            | "ReusedSubquery" => Self::Wrapper,
            "Exchange" | "ShuffleExchange" if has_inputs => Self::Exchange,
            "TakeOrderedAndProject" | "CollectLimit" | "CollectTail" if has_inputs => Self::LimitExchange,
            "BroadcastExchange" => Self::BroadcastExchange,
            "Subquery" | "SubqueryBroadcast" | "SubqueryAdaptiveBroadcast" => Self::Subquery,
            "InMemoryTableScan" | "Scan In-memory table" if has_inputs => Self::InMemoryTableScan,
            _ if name.starts_with("Scan In-memory table") && has_inputs => Self::InMemoryTableScan,
            "Sort" => Self::Sort,
            "HashAggregate" => Self::HashAggregate,
            "ObjectHashAggregate" => Self::ObjectHashAggregate,
            "SortAggregate" => Self::SortAggregate,
            "SortMergeJoin" => Self::SortMergeJoin,
            "ShuffledHashJoin" => Self::ShuffledHashJoin,
            "BroadcastHashJoin" | "BroadcastNestedLoopJoin" => Self::BroadcastJoin,
            "CartesianProduct" => Self::CartesianProduct,
            "Window" | "WindowInPandas" | "ArrowWindowPython" => Self::Window,
            "Union" => Self::Union,
            "BatchEvalPython" | "ArrowEvalPython" => Self::PythonEval,
            _ if !has_inputs => Self::Scan,
            _ => Self::Other,
        }
    }

    /// Whether its inputs run in stages of their own, or, below a cache, as an RDD of its own.
    pub(super) fn is_boundary(self) -> bool {
        matches!(
            self,
            Self::Exchange
                | Self::LimitExchange
                | Self::BroadcastExchange
                | Self::Subquery
                | Self::InMemoryTableScan
        )
    }

    /// Whether it passes on the rows of its only input as they are.
    pub(super) fn passes_on(self) -> bool {
        matches!(self, Self::Wrapper | Self::WholeStageCodegen | Self::InputAdapter)
    }
}

/// `SortMergeJoin(skew=true)`, `WholeStageCodegen (3)`: the name without what follows it.
fn base(name: &str) -> &str {
    name.split_once('(').map_or(name, |(base, _)| base).trim()
}

/// What a metric of an exchange counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Write,
    Read,
}

/// Which side of an exchange updates a metric of it.
pub(super) fn exchange_side(metric: &str) -> Option<Side> {
    match metric {
        "data size" | "number of partitions" => Some(Side::Write),
        _ if metric.starts_with("shuffle ") => Some(Side::Write),
        "records read" | "fetch wait time" => Some(Side::Read),
        _ if metric.starts_with("local ") || metric.starts_with("remote ") => Some(Side::Read),
        _ if metric.contains("merged ") => Some(Side::Read),
        _ => None,
    }
}
