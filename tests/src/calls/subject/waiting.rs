//! Calls that may wait for the pool.

use sim_core::memory::{Acquired, ExecutionMemory, Grant, MemoryMode, Request, Step};
use sim_core::units::Bytes;

use super::executor::{Executor, slot, task};
use super::{Consumer, Event, Reply, Subject, Task, TaskWorld};
use crate::calls::setup::WhileSpilling;

/// A call on its way.
#[derive(Clone, Copy, Debug)]
pub(super) enum Blocking {
    Pool { bytes: Bytes, mode: MemoryMode },
    Memory { consumer: Consumer, bytes: Bytes },
    Page { consumer: Consumer, required: Bytes, failures: u8 },
}

impl Subject {
    pub(super) fn begin(&mut self, task: Task, call: Blocking) -> Reply {
        let world = self.world(task);
        if world.waits_in.is_some() {
            return Reply::Busy;
        }
        match call {
            Blocking::Pool { .. } => {}
            Blocking::Memory { consumer, bytes } => {
                let consumer = world.consumers[usize::from(consumer.0)].consumer;
                world.tmm.begin(consumer, Request::Memory(bytes));
            }
            Blocking::Page { consumer, required, failures } => {
                let consumer = world.consumers[usize::from(consumer.0)].consumer;
                world.tmm.begin(consumer, Request::Page(required));
                self.executor.failures[usize::from(task.0)] = failures;
            }
        }
        match self.go_on(task, call, false) {
            Some(reply) => reply,
            None => {
                self.world(task).waits_in = Some(call);
                Reply::Waits
            }
        }
    }

    /// Starts or resumes a call; `None` while it waits.
    fn go_on(&mut self, task: Task, call: Blocking, woken: bool) -> Option<Reply> {
        let outer = std::mem::replace(&mut self.executor.current, task);
        let reply = match call {
            Blocking::Pool { bytes, mode } => {
                let grant = if woken {
                    self.executor.recheck(bytes, slot(task), mode)
                } else {
                    self.executor.acquire(bytes, slot(task), mode)
                };
                match grant {
                    Grant::Granted(granted) => Some(Reply::Bytes(granted.0)),
                    Grant::Wait => None,
                    Grant::Orphaned => Some(Reply::Orphaned),
                }
            }
            Blocking::Memory { consumer, .. } | Blocking::Page { consumer, .. } => self.drive(task, consumer),
        };
        self.executor.current = outer;
        reply
    }

    fn drive(&mut self, task: Task, asks: Consumer) -> Option<Reply> {
        loop {
            let world = &mut self.tasks[usize::from(task.0)];
            match world.tmm.step(&mut self.executor) {
                Step::Wait => return None,
                Step::Spill { consumer, bytes, trigger } => {
                    let number = |id| {
                        let at = world.consumers.iter().position(|other| other.consumer == id);
                        Consumer(at.expect("a consumer of the task") as u8)
                    };
                    let (spiller, trigger) = (number(consumer), number(trigger));
                    let freed = self.spill(task, spiller, bytes, trigger);
                    if freed.is_some_and(|freed| freed > 0)
                        && self.setup.while_spilling == WhileSpilling::WokenTasks
                    {
                        self.drain();
                    }
                    let Some(freed) = freed else {
                        self.world(task).tmm.spill_failed();
                        return Some(Reply::OutOfMemory);
                    };
                    self.world(task).tmm.spilled(Bytes(freed));
                }
                Step::Done(acquired) => return Some(self.acquired(task, asks, acquired)),
            }
        }
    }

    fn acquired(&mut self, task: Task, asks: Consumer, acquired: Acquired) -> Reply {
        match acquired {
            Acquired::Bytes(got) => Reply::Bytes(got.0),
            Acquired::Page(page) => {
                self.world(task).consumers[usize::from(asks.0)].pages.push((0, page));
                Reply::Page { number: page.number, size: page.size.0 }
            }
            Acquired::OutOfMemory { .. } => Reply::OutOfMemory,
            Acquired::Orphaned => Reply::Orphaned,
            Acquired::SpillFailed(_) | Acquired::TooLargePage(_) | Acquired::TooManyPages => {
                unreachable!("a failed spill ends the call before, and pages are few and small")
            }
        }
    }

    /// Makes a consumer spill; `None` for an I/O error.
    pub(super) fn spill(
        &mut self,
        task: Task,
        consumer: Consumer,
        asked: Bytes,
        trigger: Consumer,
    ) -> Option<u64> {
        let TaskWorld { tmm, consumers, .. } = &mut self.tasks[usize::from(task.0)];
        let spiller = &mut consumers[usize::from(consumer.0)];
        let freed = spiller.spill(tmm, &mut self.executor, asked, consumer == trigger);
        let freed = freed.map(|freed| freed.0);
        self.executor.events.push(Event::Spilled { task, consumer, asked: asked.0, trigger, freed });
        freed
    }

    /// Everyone who was woken re-checks, until nobody is left.
    pub(super) fn drain(&mut self) {
        while let Some(woken) = self.executor.manager.waiters().next_woken() {
            let woken = task(woken);
            let call = self.world(woken).waits_in.expect("who was woken waits");
            if let Some(reply) = self.go_on(woken, call, true) {
                self.world(woken).waits_in = None;
                self.executor.events.push(Event::Done { task: woken, reply });
            }
        }
    }

    pub(super) fn kill(&mut self, task: Task) -> Reply {
        let Some(call) = self.world(task).waits_in.take() else { return Reply::Nothing };
        let Executor { manager, events, .. } = &mut self.executor;
        manager.waiters().remove(slot(task));
        events.push(Event::Done { task, reply: Reply::Interrupted });
        if !matches!(call, Blocking::Pool { .. }) {
            self.world(task).tmm.unwind();
        }
        Reply::Ok
    }
}
