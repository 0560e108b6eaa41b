//! How long tasks wait for a slot near their data.
//!
//! Spark: `TaskSetManager.getAllowedLocalityLevel`, `resetDelayScheduleTimer`; `TaskSchedulerImpl.resourceOffers`
//! (`noDelaySchedulingRejects`). No node has a rack, so that `spark.locality.wait.rack` delays nobody
//! (`TaskSchedulerImpl.getRackForHost`).

use super::Engine;
use crate::ids::StageId;
use crate::observe::Observer;
use crate::units::SimTime;

/// How far a task is from its data, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Locality {
    /// On the executor that has it.
    Process,
    /// On its node.
    Node,
    /// Anywhere: it has none.
    NoPreference,
    /// Anywhere else.
    Any,
}

impl Locality {
    /// In this order slots are offered at each level.
    pub(super) const PASSES: [Self; 4] = [Self::Process, Self::Node, Self::NoPreference, Self::Any];

    fn next(self) -> Self {
        match self {
            Self::Process => Self::Node,
            Self::Node => Self::NoPreference,
            Self::NoPreference | Self::Any => Self::Any,
        }
    }
}

/// What a stage has waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delay {
    /// The level that it waits at.
    level: Locality,
    /// Since when.
    since: SimTime,
}

impl Default for Delay {
    fn default() -> Self {
        Self::new(SimTime::ZERO)
    }
}

impl Delay {
    pub(super) fn new(now: SimTime) -> Self {
        Self { level: Locality::Process, since: now }
    }

    /// A task was launched so near to its data: the wait begins anew there.
    fn reset(&mut self, now: SimTime, nearest: Locality) {
        (self.since, self.level) = (now, nearest);
    }

    /// How far tasks may be launched now, and when that changes. `has_left` tells whether tasks of a level are left,
    /// `wait` for how long they wait for it.
    fn allowed(
        &mut self,
        now: SimTime,
        mut has_left: impl FnMut(Locality) -> bool,
        wait: impl Fn(Locality) -> SimTime,
    ) -> (Locality, Option<SimTime>) {
        while self.level < Locality::Any {
            let wait = wait(self.level);
            if !has_left(self.level) {
                self.since = now;
            } else if now - self.since >= wait {
                self.since += wait;
            } else {
                return (self.level, Some(self.since + wait));
            }
            self.level = self.level.next();
        }
        (Locality::Any, None)
    }
}

impl<O: Observer> Engine<'_, O> {
    /// How far from their data tasks of a stage may be launched now, and when that changes.
    pub(super) fn allowed_locality(&mut self, stage: StageId) -> (Locality, Option<SimTime>) {
        let (now, conf) = (self.now, &self.conf.scheduling);
        let executors = &self.cluster.executors;
        let pending = &mut self.scheduler.stages[stage.index()].pending;
        if !pending.has_preferences() {
            return (Locality::Any, None);
        }
        // Nobody waits for a slot where no executor is.
        let there = |level: Locality, at: usize| match level {
            Locality::Process => executors[at].is_there(),
            _ => executors.iter().any(|executor| executor.is_there() && executor.node as usize == at),
        };
        let wait = |level: Locality| match level {
            Locality::Process => conf.wait_process,
            Locality::Node => conf.wait_node,
            Locality::NoPreference | Locality::Any => SimTime::ZERO,
        };
        let mut delay = pending.delay;
        let allowed = delay.allowed(now, |level| pending.has_left_at(level, there), wait);
        pending.delay = delay;
        allowed
    }

    /// All slots were offered to a stage: whether the wait for its data begins anew.
    pub(super) fn offered(&mut self, stage: StageId, allowed: Locality, nearest: Option<Locality>) {
        let Some(nearest) = nearest else { return };
        let rejected = allowed < Locality::Any
            && self.scheduler.stages[stage.index()].pending.left() > 0
            && self.cluster.executors.iter().any(|executor| !executor.free_slots.is_empty());
        let legacy = self.conf.scheduling.legacy_locality_reset;
        let pending = &mut self.scheduler.stages[stage.index()].pending;
        if legacy || !rejected {
            pending.delay.reset(self.now, nearest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> SimTime = |s| SimTime::from_ms(s * 1000);

    fn allowed(delay: &mut Delay, now: u64, left: &[Locality]) -> (Locality, Option<SimTime>) {
        let wait = |level| if level < Locality::NoPreference { S(3) } else { S(0) };
        delay.allowed(S(now), |level| left.contains(&level), wait)
    }

    #[test]
    fn each_level_has_its_wait_and_empty_ones_have_none() {
        let mut delay = Delay::new(S(0));
        let both = [Locality::Process, Locality::Node];
        assert_eq!(allowed(&mut delay, 2, &both), (Locality::Process, Some(S(3))));
        assert_eq!(allowed(&mut delay, 3, &both), (Locality::Node, Some(S(6))));
        assert_eq!(allowed(&mut delay, 7, &both), (Locality::Any, None));
        let mut empty = Delay::new(S(0));
        assert_eq!(allowed(&mut empty, 1, &[Locality::Node]), (Locality::Node, Some(S(4))), "since now");
    }

    #[test]
    fn a_wait_begins_anew_at_the_level_of_the_nearest_launch() {
        let mut delay = Delay::new(S(0));
        let both = [Locality::Process, Locality::Node];
        assert_eq!(allowed(&mut delay, 9, &both), (Locality::Any, None));
        delay.reset(S(9), Locality::Process);
        assert_eq!(allowed(&mut delay, 10, &both), (Locality::Process, Some(S(12))));
    }

    #[test]
    fn tasks_without_a_preference_wait_for_nobody() {
        let mut delay = Delay::new(S(0));
        delay.reset(S(1), Locality::NoPreference);
        assert_eq!(allowed(&mut delay, 1, &[Locality::NoPreference]), (Locality::Any, None));
    }
}
