//! What Spark's suites expect of hash maps, and of the aggregation on top of one.

use serde_json::{Value, json};
use sim_core::memory::consumer::{
    BytesMapConf, BytesToBytesMap, Consumer, Failure, HashAggregation, HashAggregationConf, LongMapConf,
    LongToUnsafeRowMap,
};
use sim_core::units::Bytes;

use super::Line;
use super::compare::{Compare, bytes, number};
use super::component::Component;
use super::worded::{PLENTY, holds, open, peak_grows_by_pages, said};

fn map(setup: &Value) -> BytesToBytesMap {
    let initial_capacity = setup["initial_capacity"].as_u64().unwrap_or(1);
    BytesToBytesMap::new(BytesMapConf { initial_capacity, rows_per_key: 1 })
}

fn entry(setup: &Value) -> Result<Bytes, String> {
    Ok(bytes(setup, "key_bytes")? + bytes(setup, "value_bytes")?)
}

fn of(component: &Component) -> &BytesToBytesMap {
    match component.task.consumer(component.consumer) {
        Consumer::BytesToBytesMap(map) => map,
        _ => unreachable!("the consumer is a map"),
    }
}

pub(super) fn no_first_page(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let (mut component, opened) =
        Component::open(map(setup), bytes(setup, "page_size")?, bytes(setup, "limit")?);
    said(opened)?;
    compare.value("64 slots", &json!(1024), &json!(component.memory.held().0));
    let appended = component.insert(0, 1, &[Bytes(16)]);
    holds(compare, "nothing is appended", appended == Err(Failure::HashMap) && of(&component).values() == 0);
    Ok(())
}

pub(super) fn cannot_grow(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let mut component = open(map(setup), bytes(setup, "page_size")?)?;
    said(component.insert(0, 1, &[entry(setup)?]))?;
    component.memory.exhaust();
    let appended = component.insert(1, 127, &[entry(setup)?]);
    holds(compare, "an append is refused", appended == Err(Failure::HashMap));
    Ok(())
}

pub(super) fn spill_while_iterating(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let entries = number(setup, "entries")?;
    let mut component = open(map(setup), bytes(setup, "page_size")?)?;
    said(component.insert(0, entries, &[entry(setup)?]))?;
    holds(compare, "a plain iterator keeps all", said(component.spill(Bytes(10_240)))?.is_zero());
    component.task.start_reading(component.consumer, &mut component.memory);
    component.task.read(component.consumer, 100, &mut component.memory);
    holds(compare, "a destructive one frees", said(component.spill(Bytes(1024)))? >= Bytes(1024));
    component.task.read(component.consumer, entries - 100, &mut component.memory);
    holds(compare, "all pages are read", of(&component).data_pages() == 0);
    Ok(())
}

pub(super) fn page_packing(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let mut component = open(map(setup), bytes(setup, "page_size")?)?;
    said(component.insert(0, number(setup, "entries")?, &[entry(setup)?]))?;
    compare.value("data pages", &json!(2), &json!(of(&component).data_pages()));
    Ok(())
}

pub(super) fn map_peak_grows_by_pages(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let page = bytes(setup, "page_size")?;
    let mut component = open(map(setup), page)?;
    let a_page = number(setup, "records_per_page")?;
    peak_grows_by_pages(&mut component, compare, 80, a_page, [entry(setup)?, page])?;
    let peak = component.metrics().peak_memory;
    component.task.free(component.consumer, &mut component.memory);
    holds(compare, "the peak is unchanged", component.metrics().peak_memory == peak);
    Ok(())
}

pub(super) fn map_oversize_records(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let mut component = open(map(&case["setup"]), bytes(&case["setup"], "page_size")?)?;
    for entry in [200, 400, 900].map(Bytes) {
        let before = component.memory.held();
        said(component.insert(0, 1, &[entry]))?;
        let page = component.memory.held() - before;
        compare.value("a page of its own", &json!(entry.0 + 16 + 4), &json!(page.0));
    }
    Ok(())
}

/// An aggregation that has taken `groups` groups when memory runs out.
fn aggregation(setup: &Value, groups: u64) -> Result<Component, String> {
    let initial_capacity = number(setup, "initial_capacity")?;
    let conf = HashAggregationConf { initial_capacity, ..HashAggregationConf::default() };
    let mut component = open(HashAggregation::new(conf), bytes(setup, "page_size")?)?;
    said(component.insert(0, groups, &[Bytes(16)]))?;
    component.memory.exhaust();
    Ok(component)
}

pub(super) fn fallback_without_a_page(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let groups = number(&case["setup"], "keys")?;
    let mut component = aggregation(&case["setup"], groups)?;
    said(component.insert(groups, 2 * groups, &[Bytes(16)]))?;
    holds(compare, "it falls back without memory", component.metrics().spills >= 1);
    Ok(())
}

pub(super) fn fallback_after_failed_growth(
    case: &Value,
    _: Line,
    compare: &mut Compare,
) -> Result<(), String> {
    let mut component = aggregation(&case["setup"], 63)?;
    said(component.insert(63, 64, &[Bytes(16)]))?;
    compare.value("spills after group 64", &json!(0), &json!(component.metrics().spills));
    said(component.insert(64, 65, &[Bytes(16)]))?;
    compare.value("spills after group 65", &json!(1), &json!(component.metrics().spills));
    Ok(())
}

/// The map is emptied when its aggregation falls back; here everything it gives back is gone at once.
pub(super) fn failed_reset(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let conf = HashAggregationConf {
        initial_capacity: number(setup, "initial_capacity")?,
        ..HashAggregationConf::default()
    };
    let (mut component, opened) =
        Component::open(HashAggregation::new(conf), bytes(setup, "page_size")?, bytes(setup, "limit")?);
    said(opened)?;
    component.memory.others_leave = Some(Bytes::ZERO);
    let failure = component.insert(0, 1, &[Bytes(16)]).err();
    let failed = matches!(failure, Some(Failure::UnableToAcquire { got: Bytes(0), .. }));
    holds(compare, "the array cannot be had again", failed);
    component.task.free(component.consumer, &mut component.memory);
    compare.value("held after free", &json!(0), &json!(component.memory.held().0));
    Ok(())
}

pub(super) fn big_values(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let capacity = number(setup, "initial_capacity")?;
    let conf = LongMapConf { capacity, rows_per_key: 1, key_range: 0 };
    let (mut component, opened) = Component::open(LongToUnsafeRowMap::new(conf), Bytes::ZERO, PLENTY);
    said(opened)?;
    said(component.insert(0, 1, &[bytes(setup, "value_bytes")?]))?;
    holds(compare, "one row fits and is made dense", component.finish().is_ok());
    Ok(())
}
