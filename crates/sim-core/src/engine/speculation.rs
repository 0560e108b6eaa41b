//! Slow tasks are launched a second time, on another node; who ends first wins, the other is killed.
//!
//! Spark: `TaskSetManager.checkSpeculatableTasks`, `checkAndSubmitSpeculatableTasks`, `handleSuccessfulTask`,
//! `dequeueTaskFromList` (`hasAttemptOnHost`); `PercentileHeap`. A test of Spark 3.4 and later that is not made:
//! `spark.speculation.efficiency.enabled` spares tasks that process records as fast as the average, which Spark learns
//! of from heartbeats, 10 s after the launch at the earliest; up to then it launches a copy, as here. Recorded tasks run
//! where they ran, once.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::Engine;
use super::queue::Happening;
use super::scheduling_conf::SpeculationConf;
use crate::ids::StageId;
use crate::observe::{AttemptInfo, End, Observer};
use crate::units::SimTime;

/// What speculation knows of a stage.
#[derive(Clone, Debug, Default)]
pub(super) struct Speculation {
    durations: Durations,
    /// Tasks that wait for a slot of another node.
    pub(super) waiting: Vec<u32>,
    /// Tasks of which a copy was asked for.
    asked: BTreeSet<u32>,
}

/// The median of durations in milliseconds, as `PercentileHeap` has it: of an even number, the upper one.
#[derive(Clone, Debug, Default)]
struct Durations {
    lower: BinaryHeap<u64>,
    upper: BinaryHeap<Reverse<u64>>,
}

impl Durations {
    fn len(&self) -> usize {
        self.lower.len() + self.upper.len()
    }

    fn insert(&mut self, ms: u64) {
        self.upper.push(Reverse(ms));
        let smallest = |upper: &mut BinaryHeap<Reverse<u64>>| upper.pop().map(|Reverse(ms)| ms);
        self.lower.extend(smallest(&mut self.upper));
        while self.lower.len() > self.len() / 2 {
            self.upper.extend(self.lower.pop().map(Reverse));
        }
    }

    fn median(&self) -> Option<u64> {
        self.upper.peek().map(|&Reverse(ms)| ms)
    }
}

impl Speculation {
    /// Whoever has run for longer than so many milliseconds is slow; `None` while too few tasks have ended.
    fn threshold_ms(&self, tasks: u32, conf: &SpeculationConf) -> Option<f64> {
        let enough = ((conf.quantile * f64::from(tasks)) as usize).max(1);
        if tasks == 1 || self.durations.len() < enough {
            return None;
        }
        let median = self.durations.median()? as f64;
        Some((conf.multiplier * median).max(conf.min_runtime.as_ms() as f64))
    }
}

/// The first look at or after a moment.
fn look_at(time: SimTime, interval: SimTime) -> SimTime {
    SimTime(time.0.div_ceil(interval.0.max(1)).saturating_mul(interval.0.max(1)))
}

impl<O: Observer> Engine<'_, O> {
    /// A task of a stage has succeeded: its other attempt is killed (`another attempt succeeded`), and others may be slow
    /// now.
    pub(super) fn speculation_success(&mut self, info: &AttemptInfo) {
        let Some(conf) = self.conf.scheduling.speculation else { return };
        let took = (self.now - info.launched).as_ms();
        let of_stage = &mut self.scheduler.stages[info.stage.index()].speculation;
        of_stage.durations.insert(took);
        of_stage.waiting.retain(|&index| index != info.index);
        if of_stage.asked.contains(&info.index) {
            let copies: Vec<u32> = self.attempts_of(info.stage, info.index).collect();
            for copy in copies {
                self.break_off(copy, End::Killed);
            }
        }
        self.look_for_slow_tasks_at(self.now + SimTime(1), conf.interval);
    }

    /// The running attempts of a task.
    pub(super) fn attempts_of(&self, stage: StageId, index: u32) -> impl Iterator<Item = u32> + '_ {
        let all = (0_u32..).zip(&self.attempts);
        let of_task = move |info: &AttemptInfo| info.stage == stage && info.index == index;
        all.filter(move |(_, attempt)| attempt.is_running() && of_task(&attempt.info)).map(|(at, _)| at)
    }

    /// Whether a task runs a second time, so that nobody has to launch it again.
    pub(super) fn has_copy(&self, stage: StageId, index: u32) -> bool {
        let asked = &self.scheduler.stages[stage.index()].speculation.asked;
        asked.contains(&index) && self.attempts_of(stage, index).next().is_some()
    }

    fn look_for_slow_tasks_at(&mut self, time: SimTime, interval: SimTime) {
        let time = look_at(time, interval);
        if self.scheduler.next_look.is_none_or(|next| time < next) {
            self.scheduler.next_look = Some(time);
            self.queue.push(time, Happening::Look);
        }
    }

    /// An attempt was launched of a stage whose slow tasks can be told.
    pub(super) fn speculation_launch(&mut self, stage: StageId) {
        if let Some(conf) = self.conf.scheduling.speculation {
            let tasks = self.workload.stages[stage.index()].tasks;
            let of_stage = &self.scheduler.stages[stage.index()].speculation;
            if of_stage.threshold_ms(tasks, &conf).is_some() {
                self.look_for_slow_tasks_at(self.now + SimTime(1), conf.interval);
            }
        }
    }

    /// Asks for copies of slow tasks, and looks again when the next one can be slow.
    pub(super) fn look_for_slow_tasks(&mut self) {
        let Some(conf) = self.conf.scheduling.speculation else { return };
        if self.scheduler.next_look.is_some_and(|next| next <= self.now) {
            self.scheduler.next_look = None;
        }
        let mut found = false;
        let mut next: Option<SimTime> = None;
        for attempt in 0..self.attempts.len() {
            let info = self.attempts[attempt].info;
            if !self.attempts[attempt].is_running() || !self.scheduler.is_active(info.stage) {
                continue;
            }
            let tasks = self.workload.stages[info.stage.index()].tasks;
            let state = &self.scheduler.stages[info.stage.index()];
            let of_stage = &state.speculation;
            let Some(threshold) = of_stage.threshold_ms(tasks, &conf) else { continue };
            if state.pending.is_placed() || of_stage.asked.contains(&info.index) {
                continue;
            }
            if (self.now - info.launched).as_ms() as f64 > threshold {
                let of_stage = &mut self.scheduler.stages[info.stage.index()].speculation;
                of_stage.asked.insert(info.index);
                of_stage.waiting.push(info.index);
                found = true;
            } else {
                let slow =
                    info.launched + SimTime::from_ms((threshold as u64).saturating_add(1).min(1 << 40));
                next = Some(next.map_or(slow, |next| next.min(slow)));
            }
        }
        if found {
            self.schedule_offer(self.now);
        }
        if let Some(next) = next {
            self.look_for_slow_tasks_at(next, conf.interval);
        }
    }

    /// Launches copies of slow tasks of a stage on nodes where they do not run.
    pub(super) fn offer_copies(&mut self, stage: StageId) {
        if self.scheduler.stages[stage.index()].speculation.waiting.is_empty() {
            return;
        }
        for executor in 0..self.cluster.executors.len() as u32 {
            while !self.cluster.executors[executor as usize].free_slots.is_empty() {
                let node = self.cluster.executors[executor as usize].node;
                let waiting = &self.scheduler.stages[stage.index()].speculation.waiting;
                let elsewhere = |&index: &u32| {
                    let mut attempts = self.attempts_of(stage, index).peekable();
                    let runs_once = attempts.peek().is_some();
                    let node_of = |at: u32| {
                        self.cluster.executors[self.attempts[at as usize].info.executor.index()].node
                    };
                    runs_once && attempts.all(|at| node_of(at) != node)
                };
                // The list is read from its end, as those of tasks that were never launched.
                let Some(at) = waiting.iter().rposition(elsewhere) else { break };
                let index = self.scheduler.stages[stage.index()].speculation.waiting.remove(at);
                self.launch(stage, index, executor, true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONF: SpeculationConf = SpeculationConf {
        interval: SimTime::from_ms(100),
        multiplier: 1.5,
        quantile: 0.75,
        min_runtime: SimTime::from_ms(100),
    };

    fn of(durations: &[u64]) -> Speculation {
        let mut speculation = Speculation::default();
        durations.iter().for_each(|&ms| speculation.durations.insert(ms));
        speculation
    }

    #[test]
    fn the_median_is_the_element_in_the_middle() {
        // PercentileHeap: sorted[(sorted.length * 0.5).toInt].
        let medians: Vec<_> = (1..=5).map(|n| of(&[50, 10, 40, 20, 30][..n]).durations.median()).collect();
        assert_eq!(medians, [Some(50), Some(50), Some(40), Some(40), Some(30)]);
        assert_eq!(of(&[]).durations.median(), None);
    }

    #[test]
    fn slow_is_relative_to_the_median_once_enough_tasks_have_ended() {
        assert_eq!(of(&[1000, 1000]).threshold_ms(4, &CONF), None, "3 of 4 have to end");
        assert_eq!(of(&[1000, 1000, 2000]).threshold_ms(4, &CONF), Some(1500.0));
        assert_eq!(of(&[10, 10, 10]).threshold_ms(4, &CONF), Some(100.0), "the least time of a slow task");
        assert_eq!(of(&[10]).threshold_ms(1, &CONF), None, "one task alone is never slow");
        let few = SpeculationConf { quantile: 0.0, ..CONF };
        assert_eq!(of(&[]).threshold_ms(4, &few), None, "at least one");
    }

    #[test]
    fn looks_are_multiples_of_the_interval() {
        assert_eq!(look_at(SimTime::from_ms(100), CONF.interval), SimTime::from_ms(100));
        assert_eq!(look_at(SimTime::from_ms(101), CONF.interval), SimTime::from_ms(200));
    }
}
