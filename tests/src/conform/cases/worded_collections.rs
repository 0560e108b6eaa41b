//! What Spark's suites expect of collections of objects and of row buffers.

use serde_json::{Value, json};
use sim_core::memory::consumer::{
    Consumer, ExternalAppendOnlyUnsafeRowArray, HybridRowQueue, RowArrayConf, Spillable, SpillableConf,
};
use sim_core::units::Bytes;

use super::Line;
use super::compare::{Compare, bytes, list, number};
use super::component::Component;
use super::worded::{holds, open, said};

/// Estimated growth of a collection with each element; the cases state none.
const ELEMENT: Bytes = Bytes(100);

fn collection(setup: &Value, line: Line, conf: SpillableConf) -> Result<Component, String> {
    let force_spill_elements = setup["force_elements"].as_u64().unwrap_or(conf.force_spill_elements);
    let forced_before_request = line == Line::Spark41;
    let conf = SpillableConf { force_spill_elements, forced_before_request, ..conf };
    open(Spillable::new(conf), Bytes::ZERO)
}

pub(super) fn row_array(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let conf = RowArrayConf {
        in_memory_threshold: number(setup, "in_memory_threshold")?,
        spill_threshold: number(setup, "spill_threshold")?,
        ..RowArrayConf::window()
    };
    for step in list(case, "steps")? {
        let mut component = open(ExternalAppendOnlyUnsafeRowArray::new(conf), Bytes::mib(1))?;
        said(component.insert(0, number(step, "rows")?, &[Bytes(16)]))?;
        compare.value("it has spilled", &step["want"], &json!(component.metrics().spills > 0));
    }
    Ok(())
}

pub(super) fn rows_in_one_page(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    for (rows, queues) in [(409, 1), (410, 2)] {
        let mut component = open(HybridRowQueue::new(), bytes(setup, "page_bytes")?)?;
        said(component.insert(0, rows, &[bytes(setup, "row_bytes")?]))?;
        compare.value("queues", &json!(queues), &json!(queues_of(&component)));
    }
    Ok(())
}

pub(super) fn more_than_one_queue(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let limit = bytes(setup, "limit")?;
    let (mut component, opened) = Component::open(HybridRowQueue::new(), limit, limit);
    said(opened)?;
    said(component.insert(0, number(setup, "rows")?, &[bytes(setup, "row_bytes")?]))?;
    holds(compare, "there is more than one queue", queues_of(&component) > 1);
    holds(compare, "the rest is on disk", !component.metrics().data_bytes_spilled.is_zero());
    holds(compare, "the older ones are spilled", said(component.spill(Bytes(1)))? == limit);
    Ok(())
}

fn queues_of(component: &Component) -> usize {
    match component.task.consumer(component.consumer) {
        Consumer::HybridRowQueue(queue) => queue.queues(),
        _ => unreachable!("the consumer is a queue"),
    }
}

pub(super) fn forced_by_count(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    for conf in [SpillableConf::external_sorter(), SpillableConf::external_append_only_map()] {
        let mut component = collection(setup, line, conf)?;
        said(component.insert(0, number(setup, "inserts")?, &[ELEMENT]))?;
        holds(compare, "it has spilled", component.metrics().spills > 0);
    }
    Ok(())
}

pub(super) fn sorting_updates_the_peak(
    case: &Value,
    line: Line,
    compare: &mut Compare,
) -> Result<(), String> {
    for (records, spills) in [(500, false), (3000, true)] {
        let mut component = collection(&case["setup"], line, SpillableConf::external_sorter())?;
        said(component.insert(0, records, &[ELEMENT]))?;
        compare.value("it has spilled", &json!(spills), &json!(component.metrics().spills > 0));
        holds(compare, "it has a peak", !component.metrics().peak_memory.is_zero());
    }
    Ok(())
}

pub(super) fn forced_before_the_iterator(
    case: &Value,
    line: Line,
    compare: &mut Compare,
) -> Result<(), String> {
    let setup = &case["setup"];
    let mut component = collection(setup, line, SpillableConf::external_append_only_map())?;
    said(component.insert(0, number(setup, "inserts")?, &[ELEMENT]))?;
    compare.value("freed", &json!(0), &json!(said(component.spill(Bytes(10_000)))?.0));
    Ok(())
}

pub(super) fn forced_during_iteration(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let keys = number(setup, "keys")?;
    let mut component = collection(setup, line, SpillableConf::external_append_only_map())?;
    said(component.insert(0, keys, &[ELEMENT]))?;
    component.task.start_reading(component.consumer, &mut component.memory);
    component.task.read(component.consumer, keys / 2, &mut component.memory);
    said(component.spill(Bytes(1)))?;
    let on_disk = component.metrics().data_bytes_spilled;
    compare.value("the unread half", &json!((ELEMENT * (keys / 2)).0), &json!(on_disk.0));
    Ok(())
}
