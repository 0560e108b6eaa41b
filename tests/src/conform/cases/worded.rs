//! Cases of Spark's suites that are told in words: what they expect of a component, by the id of the case.

use serde_json::json;
use sim_core::memory::consumer::{Consumer, Failure};
use sim_core::units::Bytes;

use super::compare::Compare;
use super::component::Component;
use super::{Replay, worded_collections, worded_maps, worded_sorters};

/// Memory that never runs out in a case.
pub(super) const PLENTY: Bytes = Bytes::gib(1 << 10);

/// What replays a case, where the words are about something that is modelled.
pub(super) fn replay_of(id: &str) -> Option<Replay> {
    Some(match id {
        "ses-01" => worded_sorters::a_spill_finds_no_array,
        "usw-01" => worded_sorters::large_records_spill,
        "usw-02" | "usw-03" => worded_sorters::array_growth_spills,
        "usw-04" => worded_sorters::shuffle_peak_grows_by_pages,
        "usw-05" => worded_sorters::shuffle_oversize_records,
        "usw-06" => worded_sorters::the_rest_is_one_more_file,
        "ues-01" => worded_sorters::spill_under_pressure,
        "ues-02" | "ues-03" => worded_sorters::read_iterator_spill,
        "ues-04" => worded_sorters::sort_peak_grows_by_pages,
        "ues-05" => worded_sorters::spilling_needs_no_memory,
        "ues-06" => worded_sorters::sort_oversize_records,
        "bbm-01" => worded_maps::no_first_page,
        "bbm-02" => worded_maps::cannot_grow,
        "bbm-03" => worded_maps::spill_while_iterating,
        "bbm-04" => worded_maps::page_packing,
        "bbm-05" => worded_maps::map_peak_grows_by_pages,
        "bbm-07" => worded_maps::failed_reset,
        "bbm-08" => worded_maps::map_oversize_records,
        "agg-01" => worded_maps::fallback_without_a_page,
        "agg-02" => worded_maps::fallback_after_failed_growth,
        "hsh-01" => worded_maps::big_values,
        "que-01" => worded_collections::rows_in_one_page,
        "que-02" => worded_collections::more_than_one_queue,
        "row-01" | "row-02" | "row-03" | "row-04" | "row-05" | "row-06" => worded_collections::row_array,
        "exs-01" | "eam-01" => worded_collections::forced_by_count,
        "exs-02" => worded_collections::sorting_updates_the_peak,
        "eam-02" => worded_collections::forced_before_the_iterator,
        "eam-03" => worded_collections::forced_during_iteration,
        _ => return None,
    })
}

/// States that a fact of the case holds.
pub(super) fn holds(compare: &mut Compare, fact: &str, holds: bool) {
    compare.value(fact, &json!(true), &json!(holds));
}

/// Makes a consumer in plenty of memory.
pub(super) fn open(consumer: impl Into<Consumer>, page_size: Bytes) -> Result<Component, String> {
    let (component, opened) = Component::open(consumer, page_size, PLENTY);
    said(opened)?;
    Ok(component)
}

/// A failure where a case expects none.
pub(super) fn said<T>(result: Result<T, Failure>) -> Result<T, String> {
    result.map_err(|failure| failure.to_string())
}

/// Inserts records one by one: the peak grows by a page at each first record of a page and stays otherwise.
pub(super) fn peak_grows_by_pages(
    component: &mut Component,
    compare: &mut Compare,
    records: u64,
    a_page: u64,
    [record, page]: [Bytes; 2],
) -> Result<(), String> {
    for number in 0..records {
        let before = component.metrics().peak_memory;
        said(component.insert(number, number + 1, &[record]))?;
        let grown = component.metrics().peak_memory - before;
        let expected = if number.is_multiple_of(a_page) { page } else { Bytes::ZERO };
        compare.value(&format!("peak after record {number}"), &json!(expected.0), &json!(grown.0));
    }
    Ok(())
}
