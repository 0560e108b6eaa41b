//! Traces of the base class of collections that spill.

use serde_json::{Value, json};
use sim_core::memory::consumer::{Check, Consumer, ForcedSpill, Spillable, SpillableConf};
use sim_core::units::Bytes;

use super::compare::{Compare, byte_list, bytes, list, number};
use super::component::Component;
use super::{Line, recorded};

/// The recorder's subclass checks after each element; asked by another it either always or never says that it has
/// spilled, but keeps its elements.
pub(super) fn spillable(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let spills_when_asked = setup["force_spill_returns"] == true;
    let conf = SpillableConf {
        initial_memory_threshold: bytes(setup, "initial")?,
        force_spill_elements: number(setup, "force_elements")?,
        forced_before_request: line == Line::Spark41,
        check: Check::AfterElement,
        forced_spill: if spills_when_asked { ForcedSpill::Always } else { ForcedSpill::Never },
        ..SpillableConf::external_sorter()
    };
    let (mut component, opened) = Component::open(Spillable::new(conf), Bytes::ZERO, bytes(setup, "limit")?);
    opened.map_err(|failure| failure.to_string())?;
    let expected = recorded::final_of(case, line);
    let is_asked = |step: &&Value| step[1] == "asked_by_other";
    let mut asked: Vec<_> =
        list(&expected, "steps")?.iter().filter(is_asked).filter_map(|step| step[0].as_u64()).collect();
    asked.reverse();
    let growth = byte_list(setup, "growth_per_element")?;
    let (mut steps, mut spills, mut forced_calls) = (Vec::new(), 0, 0);
    let mut kept = Bytes::ZERO;
    for (index, &growth) in growth.iter().enumerate() {
        component.memory.index = index as i64;
        if asked.last() == Some(&(index as u64)) {
            asked.pop();
            forced_calls += 1;
            let (size, elements) = state(&component);
            let freed = component.spill(Bytes(1)).map_err(|failure| failure.to_string())?;
            if spills_when_asked {
                kept += size;
                if elements == 0 {
                    component.memory.trace.push(json!([index, "rel", 0]));
                }
            }
            steps.push(json!([index, "asked_by_other", freed.0, component.metrics().memory_bytes_spilled.0]));
        }
        let before = component.metrics().spills;
        let (size, _) = state(&component);
        component
            .insert(index as u64, index as u64 + 1, &[kept + growth])
            .map_err(|failure| failure.to_string())?;
        let size = size + kept + growth;
        kept = Bytes::ZERO;
        if component.metrics().spills > before {
            spills += 1;
            steps.push(json!([index, "spilled", size.0, component.metrics().memory_bytes_spilled.0]));
        }
    }
    component.memory.index = growth.len() as i64;
    component.task.free(component.consumer, &mut component.memory);
    let got = json!({"steps": steps, "spills": spills, "forced_calls": forced_calls});
    recorded::compare(case, line, compare, &component, got);
    Ok(())
}

fn state(component: &Component) -> (Bytes, u64) {
    match component.task.consumer(component.consumer) {
        Consumer::Spillable(spillable) => (spillable.size(), spillable.elements()),
        _ => unreachable!("the consumer is a collection"),
    }
}
