//! The engine: gives the memory model time.
//!
//! A run is a pure function of a [`Workload`] and a [`RunConf`]; observers watch it. One attempt runs in each slot of
//! an executor; where it stands is a value ([`attempt`]), and it goes on when its event comes. Only the engine moves
//! time.

mod allocating;
mod allocation;
mod attempt;
mod bits;
mod broadcast;
mod cached;
mod conf;
mod container;
mod driver;
mod driver_conf;
mod exclusion;
mod executor;
mod failure_conf;
mod failures;
mod fetch;
mod fetching;
mod heap;
mod leaks;
mod locality;
mod map_outputs;
mod membership;
mod offers;
mod pools;
mod python;
mod queue;
mod replacement;
mod resource;
mod scheduler;
mod scheduling_conf;
mod speculation;
mod stage;
mod steps;
mod view;

pub use crate::memory::consumer::ConsumerConf;
pub use conf::{CostModel, ExecutorConf, JvmConf, RunConf};
pub use driver_conf::{DriverConf, DriverContainer, RETAINED_TASKS};
pub use exclusion::ExclusionConf;
pub use failure_conf::{ExecutorFailures, FailureConf, PlannedLoss};
pub use scheduling_conf::{AllocationConf, FetchConf, SchedulingConf, SlowNode, SpeculationConf};

use self::allocating::Allocation;
use self::attempt::{Attempt, Doing};
use self::driver::Driver;
use self::executor::{Executor, Presence};
use self::queue::{EventQueue, Happening};
use self::resource::FairShare;
use self::scheduler::Scheduler;
use self::view::Moment;
use crate::ids::{BlockId, ExecutorId, StageId};
use crate::memory::MemoryMode;
use crate::observe::{Event, Observer};
use crate::outcome::{LossReason, Outcome, Stall, Verdict};
use crate::storage::{BlockTable, Dropped};
use crate::units::{Bytes, SimTime};
use crate::workload::Workload;

/// Runs a workload to its end.
pub fn run<O: Observer>(workload: &Workload, conf: &RunConf, observer: O) -> (Outcome, O) {
    Engine::new(workload, conf, observer).finish()
}

/// A run on its way. A clone branches it.
#[derive(Clone, Debug)]
pub struct Engine<'w, O> {
    workload: &'w Workload,
    conf: RunConf,
    observer: O,
    now: SimTime,
    queue: EventQueue,
    cluster: Cluster,
    attempts: Vec<Attempt>,
    scheduler: Scheduler,
    allocation: Option<Allocation>,
    driver: Driver,
    disks: Vec<FairShare>,
    networks: Vec<FairShare>,
    first_blocks: Vec<BlockId>,
    /// By shuffle: tasks that write it.
    map_tasks: Vec<u64>,
    /// Executors that the run was told of; others take the places of lost ones.
    first_executors: u32,
    /// When executors failed, as far as that counts towards their limit.
    executor_failures: Vec<SimTime>,
    /// Whom the application leaves out since tasks failed there.
    health: exclusion::Health,
    /// By RDD: whether it was unpersisted.
    unpersisted: Vec<bool>,
    drops: Vec<Dropped>,
    events: u64,
    memory_calls: u64,
    /// When an attempt or a job last ended: what comes later are timers that nobody waits for any more.
    last_end: SimTime,
    /// When something last happened that was not stale.
    last_event: SimTime,
    /// Whether executors have heaps.
    heaps: bool,
}

/// The executors and their blocks.
#[derive(Clone, Debug)]
struct Cluster {
    executors: Vec<Executor>,
    blocks: BlockTable,
}

impl<'w, O: Observer> Engine<'w, O> {
    /// A run that has not begun.
    #[must_use]
    pub fn new(workload: &'w Workload, conf: &RunConf, observer: O) -> Self {
        let mut executors = Vec::new();
        let mut attempts = Vec::new();
        for (index, executor) in conf.executors.iter().enumerate() {
            let slots = executor.cores / conf.task_cpus.max(1);
            let first_attempt = attempts.len() as u32;
            attempts
                .extend((0..slots).map(|slot| Attempt::free(ExecutorId::at(index), slot, conf.task_memory)));
            executors.push(Executor::new(ExecutorId::at(index), executor, conf.unroll, first_attempt, slots));
        }
        let nodes = conf.executors.iter().map(|executor| executor.node + 1).max().unwrap_or(0);
        let nodes = nodes.max(conf.scheduling.allocation.map_or(0, |allocation| allocation.nodes));
        let resource = |rate: u64| vec![FairShare::new(rate); nodes as usize];
        let blocks = workload.rdd_blocks() as usize + workload.broadcasts.len() * 2 * executors.len();
        let driver = Driver::new(&conf.driver, workload, executors.len());
        let mut engine = Self {
            workload,
            conf: conf.clone(),
            observer,
            now: SimTime::ZERO,
            queue: EventQueue::default(),
            cluster: Cluster { executors, blocks: BlockTable::with_capacity(blocks) },
            attempts,
            scheduler: Scheduler::new(workload),
            allocation: conf.scheduling.allocation.map(|of| Allocation::new(of, conf.executors.len())),
            driver,
            disks: resource(conf.cost.disk_bytes_per_second),
            networks: resource(conf.cost.network_bytes_per_second),
            first_blocks: workload.first_blocks(),
            map_tasks: workload.map_tasks(),
            first_executors: conf.executors.len() as u32,
            executor_failures: Vec::new(),
            health: exclusion::Health::default(),
            unpersisted: vec![false; workload.rdds.len()],
            drops: Vec::new(),
            events: 0,
            memory_calls: 0,
            last_end: SimTime::ZERO,
            last_event: SimTime::ZERO,
            heaps: false,
        };
        for executor in 0..engine.cluster.executors.len() {
            engine.emit(Event::Pools(ExecutorId::at(executor)));
            engine.watch_container(ExecutorId::at(executor));
        }
        engine.make_heaps();
        engine.await_executors();
        engine.await_planned_losses();
        engine.submit_jobs_after(None);
        engine
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Processes the next event; false where there is none.
    pub fn step(&mut self) -> bool {
        let Some((time, what)) = self.queue.pop() else { return false };
        assert!(time >= self.now, "time never runs back: {time:?} after {:?}", self.now);
        self.now = time;
        self.events += 1;
        if self.is_stale(what) {
            return true;
        }
        self.last_event = time;
        match what {
            Happening::ResourceDone { resource, .. } => self.resource_done(resource),
            Happening::Resume { attempt, .. } if self.is_held_up(attempt) => {}
            Happening::Resume { attempt, .. } => self.advance(attempt),
            Happening::HeapExhausted { executor } => self.exhaust_heap(ExecutorId(executor)),
            Happening::Recheck { executor } => self.recheck(executor),
            Happening::Remove { executor } => {
                self.lose_executor(ExecutorId(executor), LossReason::Removed);
            }
            Happening::Add { executor } => self.add_executor(ExecutorId(executor)),
            Happening::Measure { executor } => self.container_measured(ExecutorId(executor)),
            Happening::Submit { job } => self.submit(job),
            Happening::Look => self.look_for_slow_tasks(),
            Happening::Allocate => self.allocate(),
            Happening::Fetched { thread, .. } => self.result_fetched(thread),
            Happening::BroadcastTimeout { job } => self.broadcast_timed_out(job),
            Happening::Resubmit => self.resubmit_failed_stages(),
            Happening::TakeBack => self.take_back(),
            Happening::Unschedulable { stage } => self.unschedulable_for_too_long(StageId(stage)),
            Happening::Lose { loss } => self.lose_as_planned(loss),
            Happening::Offer => self.offer(),
        }
        true
    }

    /// Whether a timer means nothing any more.
    fn is_stale(&mut self, what: Happening) -> bool {
        match what {
            Happening::ResourceDone { resource, generation } => {
                self.resource(resource).generation != generation
            }
            Happening::Resume { attempt, generation } => {
                self.attempts[attempt as usize].generation != generation
            }
            Happening::Add { executor } => {
                let expected = self.cluster.executors[executor as usize].presence == Presence::Expected;
                self.scheduler.is_over() || !expected
            }
            Happening::Remove { .. }
            | Happening::Lose { .. }
            | Happening::Measure { .. }
            | Happening::Look
            | Happening::TakeBack
            | Happening::Unschedulable { .. }
            | Happening::Allocate => self.scheduler.is_over(),
            Happening::Resubmit => self.scheduler.failed_stages.is_empty(),
            Happening::Fetched { thread, number } => !self.driver.fetches(thread, number),
            Happening::BroadcastTimeout { job } => !self.scheduler.is_running(job as usize),
            Happening::HeapExhausted { .. }
            | Happening::Recheck { .. }
            | Happening::Submit { .. }
            | Happening::Offer => false,
        }
    }

    /// Processes all events up to and including `time`.
    pub fn run_until(&mut self, time: SimTime) {
        while self.queue.next_time().is_some_and(|next| next <= time) && self.events < self.conf.max_events {
            self.step();
        }
    }

    /// Runs to the end.
    #[must_use]
    pub fn finish(mut self) -> (Outcome, O) {
        let mut gave_up = false;
        while !gave_up && self.step() {
            let more = self.queue.next_time().is_some() && !self.scheduler.is_over();
            gave_up = self.events >= self.conf.max_events && more;
        }
        let verdict = match self.scheduler.failure.take() {
            Some(failure) => Verdict::Failed(failure),
            None if gave_up => Verdict::GaveUp,
            None if self.scheduler.jobs_left > 0 => self.stalled(),
            None => Verdict::Finished,
        };
        if verdict == Verdict::Finished {
            self.assert_nothing_is_held();
        }
        let end = match verdict {
            Verdict::Failed(_) if self.scheduler.jobs_left > 0 => self.last_event,
            Verdict::Finished | Verdict::Failed(_) => self.last_end,
            Verdict::Stalled { .. } => self.last_event,
            Verdict::GaveUp => self.now,
        };
        let containers = self.container_uses();
        let (driver, warnings) = self.driver.peaks();
        let (events, memory_calls) = (self.events, self.memory_calls);
        let outcome = Outcome { verdict, end, events, memory_calls, containers, driver, warnings };
        (outcome, self.observer)
    }

    fn stalled(&self) -> Verdict {
        let waiting = self.waiting();
        let why = if waiting.is_empty() {
            Stall::NoExecutor { tasks: self.scheduler.tasks_to_launch() }
        } else {
            Stall::Memory
        };
        Verdict::Stalled { why, waiting }
    }

    fn waiting(&self) -> Vec<(StageId, u32, Bytes)> {
        let waits = self.attempts.iter().filter(|attempt| attempt.is_running());
        waits
            .map(|attempt| {
                let held = MemoryMode::BOTH.map(|mode| {
                    let manager = &self.cluster.executors[attempt.info.executor.index()].memory.manager;
                    manager.execution(mode).memory_of(attempt.slot()).unwrap_or_default()
                });
                (attempt.info.stage, attempt.info.index, held[0] + held[1])
            })
            .collect()
    }

    fn assert_nothing_is_held(&self) {
        for (index, executor) in self.cluster.executors.iter().enumerate() {
            for mode in MemoryMode::BOTH {
                let pool = executor.memory.manager.execution(mode);
                assert!(
                    pool.memory_used().is_zero() && pool.active_tasks() == 0,
                    "an ended attempt holds nothing: executor {index} has {} for {} tasks",
                    pool.memory_used(),
                    pool.active_tasks()
                );
                let (used, blocks) = (
                    executor.memory.manager.storage(mode).memory_used(),
                    executor.memory.store.blocks_memory_used(mode),
                );
                assert!(used == blocks, "executor {index}: storage used {used} is not its blocks {blocks}");
            }
        }
    }

    fn emit(&mut self, event: Event<'_>) {
        if O::WATCHES {
            let moment = Moment { cluster: &self.cluster, attempts: &self.attempts };
            self.observer.on(self.now, event, &moment);
        }
    }

    fn resume_at(&mut self, attempt: u32, time: SimTime) {
        let generation = self.attempts[attempt as usize].generation;
        self.queue.push(time, Happening::Resume { attempt, generation });
    }

    // ---- disks and networks

    /// Moves bytes over a disk or network; false where that takes no time.
    fn move_bytes(&mut self, attempt: u32, over: Over, bytes: Bytes) -> bool {
        let executor = self.attempts[attempt as usize].info.executor;
        self.move_from(attempt, executor, over, bytes)
    }

    /// The same from an executor, for a flow that need not be an attempt's.
    fn move_from(&mut self, flow: u32, executor: ExecutorId, over: Over, bytes: Bytes) -> bool {
        let rate = match over {
            Over::Disk => self.conf.cost.disk_bytes_per_second,
            Over::Network => self.conf.cost.network_bytes_per_second,
        };
        if rate == 0 || bytes.is_zero() {
            return false;
        }
        let node = self.conf.executors[executor.index()].node;
        let resource = match over {
            Over::Disk => node,
            Over::Network => self.disks.len() as u32 + node,
        };
        let now = self.now;
        self.resource(resource).arrive(now, flow, bytes);
        self.foresee(resource);
        true
    }

    fn node_of(&self, attempt: u32) -> u32 {
        let executor = self.attempts[attempt as usize].info.executor;
        self.conf.executors[executor.index()].node
    }

    /// Moves bytes over the network while an attempt goes on; false where that takes no time.
    fn move_beside(&mut self, attempt: u32, bytes: Bytes) -> bool {
        if self.conf.cost.network_bytes_per_second == 0 || bytes.is_zero() {
            return false;
        }
        let (now, resource) = (self.now, self.disks.len() as u32 + self.node_of(attempt));
        self.resource(resource).arrive(now, attempt | fetching::BESIDE, bytes);
        self.foresee(resource);
        true
    }

    fn resource(&mut self, index: u32) -> &mut FairShare {
        let disks = self.disks.len();
        let index = index as usize;
        if index < disks { &mut self.disks[index] } else { &mut self.networks[index - disks] }
    }

    fn foresee(&mut self, index: u32) {
        let resource = self.resource(index);
        let generation = resource.generation;
        if let Some(time) = resource.next_completion() {
            self.queue.push(time, Happening::ResourceDone { resource: index, generation });
        }
    }

    fn resource_done(&mut self, index: u32) {
        let now = self.now;
        let flow = self.resource(index).complete(now);
        self.foresee(index);
        match flow {
            Some(flow) if flow & fetching::BESIDE != 0 => self.fetched_beside(flow & !fetching::BESIDE),
            Some(flow) if flow & driver::FETCHES != 0 => self.result_fetched(flow & !driver::FETCHES),
            Some(attempt) if !self.is_held_up(attempt) => self.advance(attempt),
            _ => {}
        }
    }

    /// What an attempt that was killed reads and writes stops.
    fn abort_flows(&mut self, attempt: u32) {
        self.abort_flow(attempt);
        self.abort_flow_beside(attempt);
    }

    /// What comes beside an attempt's work stops.
    fn abort_flow_beside(&mut self, attempt: u32) {
        if self.attempts[attempt as usize].fetching.beside {
            self.abort_flow(attempt | fetching::BESIDE);
        }
    }

    fn abort_flow(&mut self, flow: u32) {
        let now = self.now;
        for index in 0..(self.disks.len() + self.networks.len()) as u32 {
            let before = self.resource(index).generation;
            self.resource(index).abort(now, flow);
            if self.resource(index).generation != before {
                self.foresee(index);
            }
        }
    }

    // ---- woken waiters

    fn recheck(&mut self, executor: u32) {
        self.cluster.executors[executor as usize].recheck_scheduled = false;
        if self.cluster.executors[executor as usize].lock_holder.is_some() {
            // They need the lock: `release_lock` schedules the round again.
            return;
        }
        let Some(slot) = self.cluster.executors[executor as usize].memory.manager.waiters().next_woken()
        else {
            return;
        };
        let attempt = self.cluster.executors[executor as usize].first_attempt + slot.0;
        debug_assert!(matches!(self.attempts[attempt as usize].doing, Doing::PoolWait(_)));
        self.advance(attempt);
        self.schedule_recheck(ExecutorId(executor));
    }

    fn schedule_recheck(&mut self, executor: ExecutorId) {
        let state = &mut self.cluster.executors[executor.index()];
        if state.memory.manager.has_woken() && !state.recheck_scheduled && state.lock_holder.is_none() {
            state.recheck_scheduled = true;
            self.queue.push(self.now, Happening::Recheck { executor: executor.0 });
        }
    }
}

/// What bytes move over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Disk,
    Network,
}
