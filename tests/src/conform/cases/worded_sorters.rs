//! What Spark's suites expect of the two sorters of pages.

use serde_json::{Value, json};
use sim_core::memory::consumer::{
    Failure, ShuffleExternalSorter, ShuffleSorterConf, Trigger, UnsafeExternalSorter, UnsafeSorterConf,
};
use sim_core::units::Bytes;

use super::Line;
use super::compare::{Compare, bytes, number};
use super::component::Component;
use super::worded::{PLENTY, holds, open, peak_grows_by_pages, said};

fn shuffle(radix: bool) -> ShuffleExternalSorter {
    ShuffleExternalSorter::new(ShuffleSorterConf { radix, ..ShuffleSorterConf::default() })
}

fn sorter(line: Line) -> UnsafeExternalSorter {
    UnsafeExternalSorter::new(UnsafeSorterConf {
        initial_records: 1024,
        counts_page_bytes: line == Line::Spark41,
        ..UnsafeSorterConf::default()
    })
}

fn spill_itself(component: &mut Component) -> Result<(), String> {
    component.task.spill(component.consumer, Bytes::MAX, Trigger::Decision);
    said(component.run())
}

fn write_all(setup: &Value, radix: bool, record: Bytes, compare: &mut Compare) -> Result<u64, String> {
    let page_size = setup["page_size"].as_u64().map_or(Bytes::mib(1), Bytes);
    let (mut component, opened) = Component::open(shuffle(radix), page_size, bytes(setup, "limit")?);
    said(opened)?;
    said(component.insert(0, number(setup, "records")?, &[record]))?;
    said(component.finish())?;
    holds(compare, "all is given back", component.memory.held().is_zero());
    holds(compare, "memory was spilled", !component.metrics().memory_bytes_spilled.is_zero());
    Ok(component.metrics().spills)
}

/// The request for a larger array makes the sorter spill, and that spill cannot get its own array back.
pub(super) fn a_spill_finds_no_array(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let initial_words = number(setup, "initial_size")?;
    let conf = ShuffleSorterConf { initial_words, ..ShuffleSorterConf::default() };
    let sorter = ShuffleExternalSorter::new(conf);
    let (mut component, opened) = Component::open(sorter, Bytes::mib(1), bytes(setup, "usable_heap")?);
    said(opened)?;
    let (room, record) = (initial_words / 2, bytes(setup, "record_bytes")?);
    said(component.insert(0, room, &[record]))?;
    compare.value("spills before", &json!(0), &json!(component.metrics().spills));
    component.memory.others_leave = Some(Bytes(400));
    let failure = component.insert(room, room + 1, &[record]).err();
    let expected = Failure::UnableToAcquire { required: Bytes(800), got: Bytes(400) };
    compare.value(
        "failure",
        &json!(expected.to_string()),
        &json!(failure.map(|failure| failure.to_string())),
    );
    Ok(())
}

pub(super) fn large_records_spill(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let files = write_all(setup, true, bytes(setup, "record_payload")?, compare)?;
    compare.value("spill files", &json!(2), &json!(files));
    Ok(())
}

pub(super) fn array_growth_spills(case: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let radix = setup["radix"] == true;
    let files = write_all(setup, radix, Bytes(4), compare)?;
    compare.value("spill files", &json!(if radix { 3 } else { 2 }), &json!(files));
    Ok(())
}

pub(super) fn shuffle_peak_grows_by_pages(
    case: &Value,
    _: Line,
    compare: &mut Compare,
) -> Result<(), String> {
    let setup = &case["setup"];
    let sizes = [bytes(setup, "record_bytes")?, bytes(setup, "page_size")?];
    let mut component = open(shuffle(true), sizes[1])?;
    peak_grows_by_pages(&mut component, compare, 320, number(setup, "records_per_page")?, sizes)?;
    let peak = component.metrics().peak_memory;
    spill_itself(&mut component)?;
    said(component.insert(0, 32, &sizes[..1]))?;
    said(component.finish())?;
    holds(compare, "the peak is unchanged", component.metrics().peak_memory == peak);
    Ok(())
}

pub(super) fn shuffle_oversize_records(_: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let page = Bytes(4096);
    let mut component = open(shuffle(true), page)?;
    let before = component.memory.held();
    said(component.insert(0, 2, &[page - Bytes(4), page]))?;
    let held = component.memory.held() - before;
    compare.value("a page and one of its own", &json!(page.0 * 2 + 4), &json!(held.0));
    Ok(())
}

pub(super) fn the_rest_is_one_more_file(_: &Value, _: Line, compare: &mut Compare) -> Result<(), String> {
    let mut component = open(shuffle(true), Bytes(4096))?;
    said(component.insert(0, 4, &[Bytes(100)]))?;
    spill_itself(&mut component)?;
    let spilled = component.metrics().memory_bytes_spilled;
    said(component.insert(4, 6, &[Bytes(100)]))?;
    said(component.finish())?;
    let metrics = component.metrics();
    compare.value("spill files", &json!(2), &json!(metrics.spills));
    compare.value("bytes of both files", &json!(600), &json!(metrics.data_bytes_spilled.0));
    let only_the_first = metrics.memory_bytes_spilled == spilled && !spilled.is_zero();
    holds(compare, "memory spilled is that of the first", only_the_first);
    Ok(())
}

pub(super) fn spill_under_pressure(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let page = bytes(setup, "page_size")?;
    let mut component = open(sorter(line), page)?;
    let (records, record) = (number(setup, "records")?, bytes(setup, "record_bytes")?);
    said(component.insert(0, records, &[record]))?;
    // The array has grown to 32 bytes a record.
    let in_pages = component.memory.held() - Bytes(32) * records;
    compare.value("one page", &json!(page.0), &json!(in_pages.0));
    component.memory.exhaust();
    said(component.insert(records, records + 1, &[record]))?;
    holds(compare, "it has spilled", component.metrics().spills >= 1);
    Ok(())
}

pub(super) fn read_iterator_spill(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let records = number(setup, "records")?;
    for read in [0, records / 3, records] {
        let mut component = open(sorter(line), bytes(setup, "page_size")?)?;
        said(component.insert(0, records, &[bytes(setup, "record_bytes")?]))?;
        holds(compare, "nothing is spilled yet", component.metrics().data_bytes_spilled.is_zero());
        component.task.start_reading(component.consumer, &mut component.memory);
        component.task.read(component.consumer, read, &mut component.memory);
        holds(compare, "the first time frees", !said(component.spill(Bytes::MAX))?.is_zero());
        holds(compare, "the second time frees nothing", said(component.spill(Bytes::MAX))?.is_zero());
        let on_disk = component.metrics().data_bytes_spilled;
        holds(compare, "the unread rest is on disk", on_disk.is_zero() == (read == records));
        component.task.read(component.consumer, records - read, &mut component.memory);
    }
    Ok(())
}

pub(super) fn sort_peak_grows_by_pages(
    case: &Value,
    line: Line,
    compare: &mut Compare,
) -> Result<(), String> {
    let setup = &case["setup"];
    let sizes = [bytes(setup, "record_bytes")?, bytes(setup, "page_size")?];
    let mut component = open(sorter(line), sizes[1])?;
    let a_page = sizes[1].0 / number(setup, "stored_bytes")?;
    peak_grows_by_pages(&mut component, compare, number(setup, "records")?, a_page, sizes)?;
    let peak = component.metrics().peak_memory;
    spill_itself(&mut component)?;
    said(component.insert(0, 32, &sizes[..1]))?;
    holds(compare, "the peak is unchanged", component.metrics().peak_memory == peak);
    Ok(())
}

pub(super) fn spilling_needs_no_memory(
    case: &Value,
    line: Line,
    compare: &mut Compare,
) -> Result<(), String> {
    let setup = &case["setup"];
    let (records, page) = (number(setup, "records")?, Bytes(4096));
    let mut component = open(sorter(line), page)?;
    said(component.insert(0, records, &[Bytes(4)]))?;
    component.memory.exhaust();
    spill_itself(&mut component)?;
    compare.value("held after the spill", &json!(0), &json!(component.memory.held().0));
    component.memory.add(PLENTY);
    said(component.insert(0, records, &[Bytes(4)]))?;
    let array = number(setup, "initial_size")? * 16;
    compare.value("an initial array and a page", &json!(array + page.0), &json!(component.memory.held().0));
    Ok(())
}

pub(super) fn sort_oversize_records(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let record = bytes(setup, "record_bytes")?;
    let mut component = open(sorter(line), bytes(setup, "page_size")?)?;
    let before = component.memory.held();
    said(component.insert(0, 1, &[record]))?;
    let page = component.memory.held() - before;
    compare.value("a page of its own", &json!(record.0 + 4), &json!(page.0));
    Ok(())
}
