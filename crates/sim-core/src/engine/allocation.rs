//! How many executors dynamic allocation wants.
//!
//! Spark: `ExecutorAllocationManager.scala` (`updateAndSyncNumExecutorsTarget`, `addExecutors`,
//! `maxNumExecutorsNeededPerResourceProfile`, `removeExecutors`). What it asks the cluster manager for, and when, is
//! here; who comes and goes is in `allocating.rs`.

use super::scheduling_conf::AllocationConf;
use crate::units::SimTime;

/// The driver looks so often (`ExecutorAllocationManager.intervalMillis`).
pub(super) const INTERVAL: SimTime = SimTime::from_ms(100);

/// The target and how fast it grows.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) executors: u32,
    /// `numExecutorsToAddPerResourceProfileId`.
    to_add: u32,
    /// When executors are added next, while tasks are in the backlog.
    pub(super) add_at: Option<SimTime>,
    /// Until the first stage is submitted or the first executor has been idle for too long, the target stays.
    initializing: bool,
}

/// `ceil((pending + running) * ratio / slots)`.
pub(super) fn needed(tasks: u64, ratio: f64, slots: u32) -> u32 {
    let executors = (tasks as f64 * ratio / f64::from(slots.max(1))).ceil();
    if executors >= f64::from(u32::MAX) { u32::MAX } else { executors as u32 }
}

impl Target {
    pub(super) fn new(initial: u32) -> Self {
        Self { executors: initial, to_add: 1, add_at: None, initializing: true }
    }

    /// A stage was submitted.
    pub(super) fn submitted(&mut self) {
        self.initializing = false;
    }

    /// An executor has been idle for too long.
    pub(super) fn timed_out(&mut self) {
        self.initializing = false;
    }

    /// Tasks wait for slots.
    pub(super) fn backlogged(&mut self, now: SimTime, conf: &AllocationConf) {
        if self.add_at.is_none() {
            self.add_at = Some(now + conf.backlog);
        }
    }

    /// No task waits for a slot.
    pub(super) fn queue_empty(&mut self) {
        self.add_at = None;
        self.to_add = 1;
    }

    /// The look at a moment: `needed` executors would run all tasks, `existing` are there. Returns whether the target has
    /// changed.
    pub(super) fn look(&mut self, now: SimTime, needed: u32, existing: u32, conf: &AllocationConf) -> bool {
        let before = self.executors;
        if self.initializing {
            return false;
        }
        if needed < self.executors {
            self.executors = needed.max(conf.min);
            self.to_add = 1;
        } else if let Some(add_at) = self.add_at
            && now >= add_at
        {
            if now - add_at <= INTERVAL {
                self.add(needed, existing, conf);
                self.add_at = Some(now + conf.sustained_backlog);
            } else {
                // Nobody looked because nothing could change: each of those times nothing was added.
                let missed = (now - add_at).0 / conf.sustained_backlog.0.max(1) + 1;
                self.add_at = Some(add_at + SimTime(missed * conf.sustained_backlog.0.max(1)));
                self.to_add = 1;
            }
        }
        self.executors != before
    }

    fn add(&mut self, needed: u32, existing: u32, conf: &AllocationConf) {
        if self.executors >= conf.max {
            self.to_add = 1;
            return;
        }
        let before = self.executors;
        let wanted = before.max(existing).saturating_add(self.to_add).min(needed);
        self.executors = wanted.min(conf.max).max(conf.min);
        let delta = i64::from(self.executors) - i64::from(before);
        self.to_add = if delta == i64::from(self.to_add) { self.to_add.saturating_mul(2) } else { 1 };
    }

    /// Whether one of so many executors, without those that leave, may leave: neither the minimum nor the target asks
    /// for it.
    pub(super) fn spares(&self, executors: u32, conf: &AllocationConf) -> bool {
        executors > conf.min && executors > self.executors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ExecutorConf;

    fn conf(min: u32, max: u32) -> AllocationConf {
        AllocationConf {
            min,
            max,
            ratio: 1.0,
            backlog: SimTime::from_ms(1_000),
            sustained_backlog: SimTime::from_ms(1_000),
            idle: SimTime::from_ms(60_000),
            cached_idle: SimTime::MAX,
            shuffle_idle: None,
            start: SimTime::ZERO,
            slots: 1,
            nodes: 1,
            executor: ExecutorConf::default(),
        }
    }

    /// The targets of so many looks in a row, each when executors are to be added.
    fn ramp(
        target: &mut Target,
        needed: u32,
        existing: u32,
        conf: &AllocationConf,
        looks: usize,
    ) -> Vec<u32> {
        let mut targets = Vec::new();
        for _ in 0..looks {
            let at = target.add_at.expect("a backlog");
            target.look(at, needed, existing, conf);
            targets.push(target.executors);
        }
        targets
    }

    fn backlogged(initial: u32, conf: &AllocationConf) -> Target {
        let mut target = Target::new(initial);
        target.submitted();
        target.backlogged(SimTime::ZERO, conf);
        target
    }

    #[test]
    fn the_target_doubles_its_steps_up_to_the_maximum() {
        // ExecutorAllocationManagerSuite, "add executors default profile": 1 to 10 executors, 1000 tasks of one core.
        let conf = conf(1, 10);
        let mut target = backlogged(1, &conf);
        assert_eq!(ramp(&mut target, 1000, 0, &conf, 5), [2, 4, 8, 10, 10]);
        assert_eq!(target.to_add, 1);
    }

    #[test]
    fn the_target_is_capped_by_the_tasks_there_are() {
        // "add executors capped by num pending tasks": 5 tasks, then twice 3 more.
        let conf = conf(0, 10);
        let mut target = backlogged(0, &conf);
        assert_eq!(ramp(&mut target, 5, 0, &conf, 3), [1, 3, 5]);
        assert_eq!(target.to_add, 1);
        assert_eq!(ramp(&mut target, 8, 0, &conf, 3), [6, 8, 8]);
        assert_eq!(target.to_add, 1);
        assert_eq!(ramp(&mut target, 11, 0, &conf, 2), [9, 10]);
    }

    #[test]
    fn the_target_starts_from_the_executors_there_are() {
        let conf = conf(0, 100);
        let mut target = backlogged(2, &conf);
        target.look(SimTime::from_ms(1_000), 50, 7, &conf);
        assert_eq!((target.executors, target.to_add), (8, 1), "6 more than before, not 1: no doubling");
    }

    #[test]
    fn the_target_falls_with_the_load_but_not_below_the_minimum() {
        let conf = conf(2, 10);
        let mut target = backlogged(2, &conf);
        ramp(&mut target, 1000, 0, &conf, 3);
        assert!(target.look(SimTime::ZERO, 1, 9, &conf));
        assert_eq!((target.executors, target.to_add), (2, 1));
        assert!(!target.spares(2, &conf) && target.spares(3, &conf));
    }

    #[test]
    fn the_first_target_stays_until_a_stage_is_submitted() {
        let conf = conf(0, 10);
        let mut target = Target::new(5);
        assert!(!target.look(SimTime::ZERO, 0, 5, &conf));
        target.submitted();
        assert!(target.look(SimTime::ZERO, 0, 5, &conf));
        assert_eq!(target.executors, 0);
    }

    #[test]
    fn full_parallelism_is_a_ratio_of_slots() {
        // ExecutorAllocationManagerSuite, "executionAllocationRatio is correctly handled": 20 tasks, 3 to 15 executors.
        let conf = conf(3, 15);
        let cases = [
            (1, 0.5, 10),
            (1, 1.0 / 3.0, 7),
            (2, 1.0 / 3.0, 4),
            (1, 0.385, 8),
            (1, 1.0, 15),
            (4, 1.0 / 3.0, 3),
        ];
        for (cores, ratio, expected) in cases {
            let mut target = backlogged(3, &conf);
            let targets = ramp(&mut target, needed(20, ratio, cores), 0, &conf, 6);
            assert_eq!(targets.last(), Some(&expected), "{cores} cores, {ratio}: {targets:?}");
        }
    }
}
