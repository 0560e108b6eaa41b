//! Traces of the two hash maps.

use serde_json::{Value, json};
use sim_core::memory::consumer::{
    BytesMapConf, BytesToBytesMap, Consumer, Failure, LongMapConf, LongToUnsafeRowMap,
};
use sim_core::units::Bytes;

use super::compare::{Compare, bytes, number};
use super::component::Component;
use super::{Line, recorded};

pub(super) fn bytes_map(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let conf = BytesMapConf { initial_capacity: number(setup, "initial_capacity")?, rows_per_key: 1 };
    let (mut component, opened) =
        Component::open(BytesToBytesMap::new(conf), bytes(setup, "page")?, bytes(setup, "limit")?);
    let records = number(setup, "records")?;
    let entry = bytes(setup, "key_bytes")? + bytes(setup, "value_bytes")?;
    let inserted = opened.and_then(|()| component.insert(0, records, &[entry]));
    let mut got = json!({});
    let result = match inserted {
        Ok(()) => finish_bytes_map(setup, &mut component, records, true, &mut got),
        Err(Failure::HashMap) => {
            let appended = component.memory.index as u64;
            finish_bytes_map(setup, &mut component, appended, false, &mut got)
        }
        Err(failure) => Err(failure),
    };
    if let Err(failure) = result {
        recorded::failed(&mut got, &component, failure, line);
    }
    got["events"] = json!(component.events);
    recorded::compare(case, line, compare, &component, got);
    Ok(())
}

fn finish_bytes_map(
    setup: &Value,
    component: &mut Component,
    appended: u64,
    last_ok: bool,
    got: &mut Value,
) -> Result<(), Failure> {
    if let Some(asked) = setup["destructive_read_then_spill_ask"].as_u64() {
        let records = setup["records"].as_u64().unwrap_or(0);
        component.memory.index = records as i64;
        component.task.start_reading(component.consumer, &mut component.memory);
        component.task.read(component.consumer, records / 10, &mut component.memory);
        for _ in 0..2 {
            let freed = component.spill(Bytes(asked))?;
            component.events.push(json!([records, "spill", freed.0]));
        }
        let left = appended - records / 10;
        component.task.read(component.consumer, left, &mut component.memory);
        component.events.push(json!([records, "remaining", left]));
    }
    let Consumer::BytesToBytesMap(map) = component.task.consumer(component.consumer) else {
        unreachable!("the consumer is a map")
    };
    got["appended"] = json!(appended);
    got["last_ok"] = json!(last_ok);
    got["pages"] = json!(map.data_pages());
    got["total"] = json!(map.total_memory_consumption().0);
    got["peak"] = json!(component.metrics().peak_memory.0);
    Ok(())
}

pub(super) fn long_map(case: &Value, line: Line, compare: &mut Compare) -> Result<(), String> {
    let setup = &case["setup"];
    let records = number(setup, "records")?;
    let conf = LongMapConf {
        capacity: number(setup, "capacity")?,
        rows_per_key: 1,
        key_range: records.saturating_sub(1) * number(setup, "key_stride")?,
    };
    let (mut component, opened) =
        Component::open(LongToUnsafeRowMap::new(conf), Bytes::ZERO, bytes(setup, "limit")?);
    let row = bytes(setup, "row_bytes")?;
    let mut got = json!({});
    let all = opened.and_then(|()| component.insert(0, records, &[row])).and_then(|()| {
        got["total_before_optimize"] = json!(total(&component).0);
        component.memory.index = records as i64;
        component.finish()?;
        got["total"] = json!(total(&component).0);
        component.memory.index = records as i64 + 1;
        component.task.free(component.consumer, &mut component.memory);
        Ok(())
    });
    if let Err(failure) = all {
        recorded::failed(&mut got, &component, failure, line);
    }
    recorded::compare(case, line, compare, &component, got);
    Ok(())
}

fn total(component: &Component) -> Bytes {
    match component.task.consumer(component.consumer) {
        Consumer::LongToUnsafeRowMap(map) => map.total_memory_consumption(),
        _ => unreachable!("the consumer is a map"),
    }
}
