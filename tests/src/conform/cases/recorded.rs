//! What all recorded traces of consumers have in common.

use serde_json::{Value, json};
use sim_core::memory::consumer::Failure;

use super::Line;
use super::compare::Compare;
use super::component::Component;

/// `final` as it was on one line: what differed on 3.5 stands apart.
pub(super) fn final_of(case: &Value, line: Line) -> Value {
    let mut expected = case["final"].clone();
    if let (Line::Spark35, Some(differing)) = (line, case["final_3.5"].as_object()) {
        for (key, value) in differing {
            expected[key] = value.clone();
        }
    }
    expected
}

/// Adds where and why a consumer failed.
pub(super) fn failed(got: &mut Value, component: &Component, failure: Failure, line: Line) {
    let class = match failure {
        Failure::HashRelation { .. } => "SparkException",
        Failure::TooLargePage(_) => "TooLargePageException",
        Failure::TooManyPages => "IllegalStateException",
        _ => "SparkOutOfMemoryError",
    };
    got["at"] = json!(component.memory.index.max(0));
    got["error"] = json!(format!("{class}: {}", failure.text(line.texts())));
}

/// Compares the trace and all fields of `final`; adds those that every sorter has.
pub(super) fn compare(
    case: &Value,
    line: Line,
    compare: &mut Compare,
    component: &Component,
    mut got: Value,
) {
    let expected = final_of(case, line);
    got["held"] = json!(component.memory.held().0);
    if expected.get("memory_bytes_spilled").is_some() {
        got["memory_bytes_spilled"] = json!(component.metrics().memory_bytes_spilled.0);
    }
    if expected.get("disk_spilled_nonzero").is_some() {
        got["disk_spilled_nonzero"] = json!(!component.metrics().data_bytes_spilled.is_zero());
    }
    compare.list("trace", &case["trace"], &component.memory.trace);
    compare.fields("final", &expected, &got);
}
