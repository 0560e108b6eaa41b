//! Traces of the two sorters of pages.

use serde_json::{Value, json};
use sim_core::memory::consumer::{
    Failure, MergeOrder, ShuffleExternalSorter, ShuffleSorterConf, UnsafeExternalSorter, UnsafeSorterConf,
};
use sim_core::units::Bytes;

use super::compare::{Compare, byte_list, bytes, number};
use super::component::Component;
use super::{Line, recorded};

pub(super) fn shuffle_sorter(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let sorter = ShuffleExternalSorter::new(ShuffleSorterConf {
        initial_words: number(setup, "initial")?,
        radix: setup["radix"] == true,
        force_spill_records: number(setup, "force_elements")?,
        ..ShuffleSorterConf::default()
    });
    let page_size = bytes(setup, "page")?.min(ShuffleExternalSorter::MAXIMUM_PAGE_SIZE);
    let (mut component, opened) = Component::open(sorter, page_size, bytes(setup, "limit")?);
    let (records, lengths) = (number(setup, "records")?, byte_list(setup, "lengths")?);
    let all = opened.and_then(|()| {
        let asks_at = setup["other_consumer_asks_at"].as_u64().filter(|&at| at < records);
        if let Some(at) = asks_at {
            component.insert(0, at, &lengths)?;
            component.memory.index = at as i64;
            component.other_asks(setup["limit"].as_u64().map_or(Bytes::ZERO, Bytes))?;
            component.release_other();
        }
        component.insert(asks_at.unwrap_or(0), records, &lengths)?;
        component.memory.index = records as i64;
        component.finish()
    });
    let mut got = json!({
        "events": component.events,
        "peak": component.metrics().peak_memory.0,
    });
    match all {
        // Without a spill the one file is the map output itself.
        Ok(()) => got["spill_files"] = json!(component.metrics().spills.max(records.min(1))),
        Err(failure) => recorded::failed(&mut got, &component, failure, line),
    }
    recorded::compare(case, line, compare, &component, got);
    Ok(())
}

pub(super) fn unsafe_sorter(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let sorter = UnsafeExternalSorter::new(UnsafeSorterConf {
        initial_records: number(setup, "initial")?,
        radix: setup["radix"] == true,
        force_spill_records: number(setup, "force_elements")?,
        counts_page_bytes: line == Line::Spark41,
        // The recorder's sort keys rise from record to record.
        merge_order: MergeOrder::Last,
        ..UnsafeSorterConf::default()
    });
    let (mut component, opened) = Component::open(sorter, bytes(setup, "page")?, bytes(setup, "limit")?);
    let (records, lengths) = (number(setup, "records")?, byte_list(setup, "lengths")?);
    let all = opened.and_then(|()| component.insert(0, records, &lengths)).and_then(|()| {
        component.memory.index = records as i64;
        component.finish()?;
        component.memory.index = records as i64 + 1;
        let read_first = setup["read_then_other_asks"].as_u64();
        read(&mut component, records, read_first, setup["limit"].as_u64().map_or(Bytes::ZERO, Bytes))
    });
    let mut got = json!({"events": component.events, "peak": component.metrics().peak_memory.0});
    match all {
        Ok(()) => got["spill_writers"] = json!(component.metrics().spills),
        Err(failure) => recorded::failed(&mut got, &component, failure, line),
    }
    recorded::compare(case, line, compare, &component, got);
    Ok(())
}

/// Reads the output; after `first` rows another consumer asks for all there is, twice.
fn read(component: &mut Component, records: u64, first: Option<u64>, limit: Bytes) -> Result<(), Failure> {
    let Component { task, memory, consumer, .. } = component;
    task.start_reading(*consumer, memory);
    let index = memory.index;
    let Some(first) = first else {
        task.read(*consumer, records, memory);
        component.events.push(json!([index, "read", records]));
        return Ok(());
    };
    task.read(*consumer, first, memory);
    component.other_asks(limit)?;
    component.other_asks(limit)?;
    component.release_other();
    component.task.read(component.consumer, records - first, &mut component.memory);
    component.events.push(json!([index, "remaining", records - first]));
    Ok(())
}
