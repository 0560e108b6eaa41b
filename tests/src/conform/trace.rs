//! One trace after the other: header, operations, end line.

use serde_json::{Value, json};

use super::Report;
use super::world::World;

/// Where a file of traces has come to.
#[derive(Default)]
pub(super) struct Replay {
    world: Option<World>,
    id: String,
}

impl Replay {
    /// Takes the next line of the file.
    pub(super) fn line(&mut self, record: &Value, report: &mut Report) -> Result<(), String> {
        if record.get("h").is_some() {
            self.id = record["id"].as_str().unwrap_or("?").to_owned();
            report.traces += 1;
            let world = World::new(record)?;
            if json!(world.state()) != record["s0"] {
                report.mismatches.push(format!(
                    "{}: start\n  expected {}\n  got      {}",
                    self.id,
                    record["s0"],
                    json!(world.state())
                ));
                self.world = None;
            } else {
                self.world = Some(world);
            }
            return Ok(());
        }
        // After its first difference the rest of a trace says nothing.
        let Some(world) = &mut self.world else { return Ok(()) };
        if record.get("end").is_some() {
            let got = world.end();
            let differs = ["lru", "disk", "tasks", "s"].iter().find(|&&key| got[key] != record[key]);
            if let Some(key) = differs {
                report.mismatches.push(format!(
                    "{}: end, {key}\n  expected {}\n  got      {}",
                    self.id, record[key], got[key]
                ));
            }
            self.world = None;
            return Ok(());
        }
        report.ops += 1;
        let before = world.state();
        let got = world.execute(record)?;
        let nothing = json!([]);
        let expected = json!({
            "r": record["r"], "e": record.get("e").unwrap_or(&nothing), "s": record["s"], "u": record.get("u").unwrap_or(&nothing),
        });
        if got != expected {
            let mut op = record.clone();
            for key in ["r", "x", "e", "s", "u"] {
                op.as_object_mut().expect("an operation is an object").remove(key);
            }
            report.mismatches.push(format!(
                "{}: op {op}\n  expected {expected}\n  got      {got}\n  state before {}",
                self.id,
                json!(before)
            ));
            self.world = None;
        }
        Ok(())
    }
}
