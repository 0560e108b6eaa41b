//! Scenario files and plans, lowered to the workloads that `sim-core` runs.
