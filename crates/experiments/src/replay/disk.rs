//! Bytes on disk of a byte of the records that are spilled.
//!
//! Where a stage spilled, its log tells. Else it is estimated: what a shuffle of the same rows takes, compressed, tells
//! how well they compress. Spilled records have a length and a prefix of the sort key beside their bytes; rows that a
//! merge join or a window sorts by their keys compress better by about as much.

use workload::Recording;
use workload::plan::recording::{Column, Output, Stage, Step, Writer};
use workload::recorded::Recorded;

use super::simulate::Simulated;

/// Where no shuffle tells: of sorts of text.
const USUAL_RATIO: f64 = 0.9;
/// Bytes that a sorted record has on disk beside what it has in a shuffle. Seen: 14.1 of rows of 128 bytes, 14 to 16 of
/// rows of 208 bytes.
const BYTES_BESIDE_A_SORTED_ROW: f64 = 14.0;
/// The same of a group of an aggregation. Seen: 1.9 to 3.2 of groups of 64 bytes.
const BYTES_BESIDE_A_GROUP: f64 = 3.0;
/// Bytes on disk of objects for each byte that they have in a shuffle. Seen: 0.78, 0.90, 0.94 and 0.95 of a cogroup,
/// `sortByKey`, `groupByKey` and the map side of `reduceByKey`.
const OBJECTS_TO_SHUFFLED: f64 = 0.93;

/// By stage: what the log says of the bytes of memory that the stage spilled, with as many bytes of records in them as
/// in a run of the log's own configuration; estimated where the stage did not spill.
pub(super) fn disk_ratios(recorded: &Recorded, own: &Simulated) -> Vec<Option<f64>> {
    let of_stage = |(index, stage): (usize, &Stage)| {
        let Some(per_memory) = recorded.calibration.disk_per_memory_of(stage.id) else {
            return usual_ratio_of(stage);
        };
        let (memory, records) = own.spilled(index).unwrap_or((1.0, 1.0));
        Some(per_memory * memory / records)
    };
    recorded.recording.stages.iter().enumerate().map(of_stage).collect()
}

/// The ratio of a log in which nothing spilled: of what the stages would spill, each weighted by the bytes of its rows.
pub(super) fn usual_ratio(recording: &Recording) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for stage in &recording.stages {
        let Some(ratio) = usual_ratio_of(stage) else { continue };
        let weight = 1.0 + Rows::fetched(stage).bytes.max(Rows::read(stage).bytes);
        sum += ratio * weight;
        weights += weight;
    }
    if weights > 0.0 { sum / weights } else { USUAL_RATIO }
}

/// The estimate of a stage; `None` for one that has nothing to spill.
fn usual_ratio_of(stage: &Stage) -> Option<f64> {
    let has = |is: fn(&Step) -> bool| stage.steps.iter().any(is);
    let fetched = Rows::fetched(stage);
    let written = Rows::written(stage);
    let group_bytes = stage.steps.iter().find_map(|step| match step {
        Step::Aggregate { group_bytes, .. } => Some(*group_bytes as f64),
        _ => None,
    });
    let collected: f64 = stage.steps.iter().map(|step| collected(step, stage)).sum();
    let by_key = has(|step| {
        matches!(step, Step::MergeJoin { .. } | Step::RowBuffer { .. } | Step::ObjectAggregate { .. })
    });
    let ratio = if collected > 0.0 {
        fetched.wire / collected * OBJECTS_TO_SHUFFLED
    } else if by_key || has(|step| matches!(step, Step::Sort { .. })) {
        let rows = if fetched.bytes > 0.0 { fetched } else { written };
        let beside = if by_key { 0.0 } else { BYTES_BESIDE_A_SORTED_ROW };
        (rows.wire + rows.rows * beside) / rows.bytes
    } else if let Some(group_bytes) = group_bytes {
        let rows = if written.rows > 0.0 { written } else { fetched };
        (rows.wire / rows.rows + BYTES_BESIDE_A_GROUP) / group_bytes
    } else if let Output::Shuffle { writer, .. } = &stage.output {
        match writer {
            Writer::Sql => written.wire / written.bytes,
            Writer::Rdd { objects } | Writer::Combine { objects, .. } => {
                written.wire / sum(objects, stage) * OBJECTS_TO_SHUFFLED
            }
        }
    } else {
        return None;
    };
    Some(if ratio.is_finite() && ratio > 0.0 { ratio.clamp(0.02, 1.3) } else { USUAL_RATIO })
}

/// Rows of all tasks of a stage.
#[derive(Clone, Copy, Debug, Default)]
struct Rows {
    /// Bytes in a shuffle, compressed.
    wire: f64,
    rows: f64,
    /// Bytes as operators hold them.
    bytes: f64,
}

impl Rows {
    fn of(stage: &Stage, rows: impl Fn(&Step) -> Option<[f64; 3]>) -> Self {
        stage.steps.iter().filter_map(rows).fold(Self::default(), |all, [wire, rows, bytes]| Self {
            wire: all.wire + wire,
            rows: all.rows + rows,
            bytes: all.bytes + bytes,
        })
    }

    fn fetched(stage: &Stage) -> Self {
        Self::of(stage, |step| match step {
            Step::Fetch { wire_bytes, rows, bytes, .. } => {
                Some([wire_bytes, rows, bytes].map(|column| sum(column, stage)))
            }
            _ => None,
        })
    }

    fn read(stage: &Stage) -> Self {
        Self::of(stage, |step| match step {
            Step::Input { rows, bytes, .. } | Step::Cached { rows, bytes, .. } => {
                Some([0.0, sum(rows, stage), sum(bytes, stage)])
            }
            _ => None,
        })
    }

    fn written(stage: &Stage) -> Self {
        let Output::Shuffle { wire_bytes, rows, bytes, .. } = &stage.output else { return Self::default() };
        let [wire, rows, bytes] = [wire_bytes, rows, bytes].map(|column| sum(column, stage));
        Self { wire, rows, bytes }
    }
}

/// Bytes of the objects that a step collects.
fn collected(step: &Step, stage: &Stage) -> f64 {
    match step {
        Step::AppendOnlyMap { bytes } | Step::ExternalSorter { bytes } => sum(bytes, stage),
        _ => 0.0,
    }
}

fn sum(column: &Column, stage: &Stage) -> f64 {
    (0..stage.tasks as usize).map(|task| column.at(task) as f64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(steps: Vec<Step>, output: Output) -> Stage {
        let none = || Column::Same(0);
        Stage {
            id: 0,
            name: String::new(),
            tasks: 2,
            steps,
            output,
            time_ms: none(),
            deserialize_ms: none(),
            executor: none(),
            not_before_ms: none(),
        }
    }

    fn fetch(wire: u64, bytes: u64) -> Step {
        let [wire_bytes, rows, bytes] = [wire * 1000, 1000, bytes * 1000].map(Column::Same);
        Step::Fetch { shuffle: 0, wire_bytes, rows, bytes }
    }

    fn ratio(steps: Vec<Step>) -> f64 {
        usual_ratio_of(&stage(steps, Output::None)).expect("it can spill")
    }

    #[test]
    fn a_sort_writes_what_a_shuffle_of_its_rows_has_and_a_prefix() {
        // Real sorts of rows of 128 bytes, 108.5 in a shuffle: 0.946 to 0.958.
        assert!((ratio(vec![fetch(108, 128), Step::Sort { radix: true }]) - 0.953).abs() < 0.001);
        // Real merge joins of rows of 88 bytes, 69.4 in a shuffle: 0.70 to 0.77.
        let sorted = |wire| [fetch(wire, 88), Step::Sort { radix: true }];
        let join = Step::MergeJoin { rows: Column::Same(1), bytes: Column::Same(8) };
        let steps = sorted(70).into_iter().chain(sorted(68)).chain([join]).collect();
        assert!((ratio(steps) - 0.784).abs() < 0.001);
    }

    #[test]
    fn collections_of_objects_are_larger_than_what_is_written() {
        // Real: 0.60.
        let map = Step::AppendOnlyMap { bytes: Column::Same(106_000) };
        assert!((ratio(vec![fetch(67, 67), map]) - 0.588).abs() < 0.001);
    }

    #[test]
    fn a_stage_without_operators_spills_nothing() {
        assert_eq!(usual_ratio_of(&stage(vec![fetch(10, 20)], Output::None)), None);
        let shuffle = Output::Shuffle {
            shuffle: 0,
            wire_bytes: Column::Same(0),
            rows: Column::Same(0),
            bytes: Column::Same(0),
            writer: Writer::Sql,
        };
        assert_eq!(usual_ratio_of(&stage(vec![], shuffle)), Some(USUAL_RATIO), "nothing tells");
    }
}
