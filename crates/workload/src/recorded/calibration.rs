//! Figures of the outcome from which constants of the model may be taken. Nothing else of an outcome gets into a run.

use super::Observed;

/// Constants that a log can give.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    /// Spilled bytes of each stage that spilled, in the order of the stages: see [`SpillRatio`].
    pub spills: Vec<SpillRatio>,
}

/// What a stage spilled, in memory and on disk. Their ratio depends on the operator and the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpillRatio {
    /// `Stage ID`.
    pub stage: u32,
    /// Bytes that the records took in memory.
    pub memory_spilled_bytes: u64,
    /// Bytes written for them.
    pub disk_spilled_bytes: u64,
}

impl Calibration {
    pub(super) fn of(observed: &Observed) -> Self {
        let mut spills: Vec<SpillRatio> = Vec::new();
        for stage in observed.stages.iter().filter(|stage| stage.memory_spilled_bytes > 0) {
            match spills.last_mut().filter(|spill| spill.stage == stage.id) {
                Some(spill) => {
                    spill.memory_spilled_bytes =
                        spill.memory_spilled_bytes.saturating_add(stage.memory_spilled_bytes);
                    spill.disk_spilled_bytes =
                        spill.disk_spilled_bytes.saturating_add(stage.disk_spilled_bytes);
                }
                None => spills.push(SpillRatio {
                    stage: stage.id,
                    memory_spilled_bytes: stage.memory_spilled_bytes,
                    disk_spilled_bytes: stage.disk_spilled_bytes,
                }),
            }
        }
        Self { spills }
    }

    /// Bytes on disk for each byte in memory over all stages; `None` if none spilled.
    #[must_use]
    pub fn disk_per_memory(&self) -> Option<f64> {
        ratio(&self.spills)
    }

    /// The same of one stage.
    #[must_use]
    pub fn disk_per_memory_of(&self, stage: u32) -> Option<f64> {
        let spills: Vec<SpillRatio> = self.spills.iter().copied().filter(|s| s.stage == stage).collect();
        ratio(&spills)
    }
}

fn ratio(spills: &[SpillRatio]) -> Option<f64> {
    let sum = |bytes: fn(&SpillRatio) -> u64| spills.iter().map(|s| bytes(s) as f64).sum::<f64>();
    let memory = sum(|s| s.memory_spilled_bytes);
    (memory > 0.0).then(|| sum(|s| s.disk_spilled_bytes) / memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_weighted_by_bytes() {
        let spill = |stage, memory_spilled_bytes, disk_spilled_bytes| SpillRatio {
            stage,
            memory_spilled_bytes,
            disk_spilled_bytes,
        };
        let calibration = Calibration { spills: vec![spill(1, 100, 50), spill(2, 300, 30)] };
        assert_eq!(calibration.disk_per_memory(), Some(0.2));
        assert_eq!(calibration.disk_per_memory_of(1), Some(0.5));
        assert_eq!(calibration.disk_per_memory_of(3), None);
        assert_eq!(Calibration::default().disk_per_memory(), None);
    }
}
