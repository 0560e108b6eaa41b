//! Executors that fail because a scenario says so: `lose: [(executor: 1, at: "12s", reason: container)]`.

use serde::Deserialize;
use sim_core::conf::quantity::time_string_as;
use sim_core::conf::unit::TimeUnit;
use sim_core::units::SimTime;

/// One executor that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename = "loss", deny_unknown_fields)]
pub struct Loss {
    /// Its number; one that takes the place of a lost one is numbered after all others.
    pub executor: u32,
    /// When, from the start of the run.
    #[serde(deserialize_with = "time")]
    pub at: SimTime,
    /// Why.
    #[serde(default)]
    pub reason: LossWord,
}

/// Why an executor fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename = "reason", rename_all = "snake_case")]
pub enum LossWord {
    /// Its process is killed (`kill -9`), for no reason that Spark knows of.
    #[default]
    Killed,
    /// Its container has outgrown its limit.
    Container,
    /// The cluster manager takes its container for somebody else.
    Preempted,
}

/// A time as Spark writes it, with its unit.
fn time<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<SimTime, D::Error> {
    use serde::de::Error as _;
    let text = String::deserialize(deserializer)?;
    if text.ends_with(|last: char| last.is_ascii_digit()) {
        return Err(D::Error::custom(format!("`{text}` has no unit: write \"{text}s\" for seconds")));
    }
    let micros = time_string_as(&text, TimeUnit::Micros)
        .map_err(|error| D::Error::custom(format!("`{text}` is no time: {error}")))?;
    match u64::try_from(micros).ok().and_then(|micros| micros.checked_mul(1_000)) {
        Some(nanos) if nanos <= 1 << 62 => Ok(SimTime(nanos)),
        _ => Err(D::Error::custom(format!("`{text}` is not between 0 and 146 years"))),
    }
}
