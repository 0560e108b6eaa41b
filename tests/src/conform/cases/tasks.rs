//! Tasks whose consumers spill by a fixed policy, on any memory.

use serde_json::{Value, json};
use sim_core::ids::{AttemptSlot, ConsumerId};
use sim_core::memory::{
    Acquired, ExecutionMemory, MemoryMode, Request, Step, TaskMemoryConf, TaskMemoryManager,
};
use sim_core::units::Bytes;

use super::compare::{bytes, number, text};
use super::executor_world::mode;

/// Memory that also keeps the trace, so that spills and evictions stand in it in their order.
pub(super) trait Noting: ExecutionMemory {
    /// Adds `["spill", consumer, asked, trigger, freed]`.
    fn note(&mut self, entry: Value);
}

/// The tasks and consumers of a case.
pub(super) struct Tasks {
    tmms: Vec<Option<TaskMemoryManager>>,
    pub(super) consumers: Vec<PolicyConsumer>,
    /// Requests that wait for their pool.
    waiting: Vec<Waiting>,
}

pub(super) struct PolicyConsumer {
    pub(super) name: String,
    pub(super) task: AttemptSlot,
    pub(super) id: ConsumerId,
    mode: MemoryMode,
    policy: String,
    /// Freed by spilling, in all.
    pub(super) spilled: Bytes,
}

struct Waiting {
    consumer: usize,
    done: Option<Bytes>,
}

impl Tasks {
    /// `consumers` of a `setup`: name to task, mode and policy.
    pub(super) fn new(setup: &Value) -> Result<Self, String> {
        let mut tasks = Self { tmms: Vec::new(), consumers: Vec::new(), waiting: Vec::new() };
        for (name, consumer) in setup["consumers"].as_object().ok_or("`consumers` is no object")? {
            let task = AttemptSlot::at(number(consumer, "task")? as usize);
            let mode = mode(consumer);
            while tasks.tmms.len() <= task.index() {
                let slot = AttemptSlot::at(tasks.tmms.len());
                tasks.tmms.push(Some(TaskMemoryManager::new(slot, TaskMemoryConf::default())));
            }
            let id = tasks.tmm(task).add_consumer(mode, Bytes::ZERO);
            let policy = text(consumer, "spill")?.to_owned();
            let (name, spilled) = (name.clone(), Bytes::ZERO);
            tasks.consumers.push(PolicyConsumer { name, task, id, mode, policy, spilled });
        }
        Ok(tasks)
    }

    fn tmm(&mut self, task: AttemptSlot) -> &mut TaskMemoryManager {
        self.tmms[task.index()].as_mut().expect("a task that acts has not ended")
    }

    pub(super) fn at(&self, step: &Value) -> Result<usize, String> {
        let name = text(step, "consumer")?;
        self.consumers.iter().position(|consumer| consumer.name == name).ok_or("no such consumer".into())
    }

    pub(super) fn used(&self, at: usize) -> Bytes {
        let PolicyConsumer { task, id, .. } = self.consumers[at];
        self.tmms[task.index()].as_ref().map_or(Bytes::ZERO, |tmm| tmm.used(id))
    }

    /// Starts a request; `None` where it has to wait.
    pub(super) fn acquire(&mut self, at: usize, request: Request, memory: &mut impl Noting) -> Option<Bytes> {
        let PolicyConsumer { task, id, .. } = self.consumers[at];
        self.tmm(task).begin(id, request);
        let got = self.drive(at, memory);
        if got.is_none() {
            self.waiting.push(Waiting { consumer: at, done: None });
        }
        got
    }

    fn drive(&mut self, at: usize, memory: &mut impl Noting) -> Option<Bytes> {
        let task = self.consumers[at].task;
        loop {
            match self.tmm(task).step(memory) {
                Step::Wait => return None,
                Step::Spill { consumer, bytes, trigger } => {
                    let freed = self.spill(task, consumer, bytes, trigger, memory);
                    self.tmm(task).spilled(freed);
                }
                Step::Done(Acquired::Bytes(got)) => return Some(got),
                Step::Done(Acquired::Page(page)) => return Some(page.size),
                Step::Done(other) => panic!("plain memory is granted: {other:?}"),
            }
        }
    }

    fn spill(
        &mut self,
        task: AttemptSlot,
        id: ConsumerId,
        asked: Bytes,
        trigger: ConsumerId,
        memory: &mut impl Noting,
    ) -> Bytes {
        let by_id = |id| {
            let mut all = self.consumers.iter();
            all.position(|other| other.task == task && other.id == id).expect("who is asked is there")
        };
        let (at, by) = (by_id(id), by_id(trigger));
        let used = self.used(at);
        let freed = match self.consumers[at].policy.as_str() {
            "all" => used,
            "exact" | "partial" => used.min(asked),
            "others" if id != trigger => used,
            "self" if id == trigger => used,
            "paged" => used.min(Bytes(asked.0.next_multiple_of(65536))),
            _ => Bytes::ZERO,
        };
        if !freed.is_zero() {
            self.tmm(task).free_memory(memory, id, freed);
        }
        self.consumers[at].spilled += freed;
        let (who, by) = (&self.consumers[at].name, &self.consumers[by].name);
        memory.note(json!(["spill", who, asked.0, by, freed.0]));
        freed
    }

    pub(super) fn free(&mut self, at: usize, bytes: Bytes, memory: &mut impl Noting) {
        let PolicyConsumer { task, id, .. } = self.consumers[at];
        self.tmm(task).free_memory(memory, id, bytes);
    }

    /// Gives memory back past the consumer's own account.
    pub(super) fn release(&mut self, at: usize, bytes: Bytes, memory: &mut impl Noting) {
        let PolicyConsumer { task, mode, .. } = self.consumers[at];
        memory.release(bytes, task, mode);
    }

    /// The end of a task; what it still held.
    pub(super) fn clean_up(&mut self, step: &Value, memory: &mut impl Noting) -> Result<Bytes, String> {
        let task = number(step, "task")? as usize;
        let tmm = self.tmms.get_mut(task).and_then(Option::take);
        let mut tmm = tmm.ok_or("a task ends once")?;
        let held = tmm.clean_up_all_allocated_memory(memory);
        for consumer in self.consumers.iter().filter(|consumer| consumer.task.index() == task) {
            tmm.add_consumer(consumer.mode, Bytes::ZERO);
        }
        self.tmms[task] = Some(tmm);
        Ok(held)
    }

    /// A task was woken: its request goes on; who got what, if it has ended.
    pub(super) fn go_on(&mut self, task: AttemptSlot, memory: &mut impl Noting) -> Option<(usize, Bytes)> {
        let of_task = |waiting: &Waiting| self.consumers[waiting.consumer].task == task;
        let place = self.waiting.iter().position(|waiting| waiting.done.is_none() && of_task(waiting));
        let place = place.expect("who was woken waits");
        let consumer = self.waiting[place].consumer;
        let got = self.drive(consumer, memory)?;
        self.waiting[place].done = Some(got);
        Some((consumer, got))
    }

    /// Whether a request of a consumer still waits, or what it got by now.
    pub(super) fn waited(&mut self, at: usize) -> Option<Option<Bytes>> {
        let place = self.waiting.iter().position(|waiting| waiting.consumer == at)?;
        let done = self.waiting[place].done;
        if done.is_some() {
            self.waiting.remove(place);
        }
        Some(done)
    }
}

/// `bytes` of a step as a request that the consumer keeps.
pub(super) fn held(step: &Value) -> Result<Request, String> {
    bytes(step, "bytes").map(Request::Memory)
}
