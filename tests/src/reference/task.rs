//! `TaskMemoryManager` and `MemoryConsumer`, line by line, with the consumers of the harness.

use std::collections::BTreeMap;

use sim_core::memory::MemoryMode;

use super::Shared;
use super::books::{Books, ConsumerBooks, TaskBooks};
use super::monitor::drain;
use super::pools::acquire_execution;
use crate::calls::{CONSUMERS, Consumer, Event, Reply, SpillPolicy, Task, WhileSpilling};

/// `MemoryConsumer.acquireMemory`.
pub(super) async fn acquire_memory(
    books: &Shared,
    task: Task,
    consumer: Consumer,
    bytes: u64,
) -> Result<u64, Reply> {
    let got = acquire(books, task, consumer, bytes).await?;
    books.borrow_mut().consumer(task, consumer).used += got;
    Ok(got)
}

/// `TaskMemoryManager.acquireExecutionMemory`: asks, makes consumers spill, asks again.
async fn acquire(books: &Shared, task: Task, consumer: Consumer, bytes: u64) -> Result<u64, Reply> {
    let mode = consumer.mode();
    let mut got = acquire_execution(books, bytes, task, mode).await?;
    if got < bytes {
        let mut by_size = books.borrow().candidates(task, consumer);
        while got < bytes && !by_size.is_empty() {
            let covering = by_size.range(bytes - got..).next().map(|(&size, _)| size);
            let size = covering.unwrap_or_else(|| *by_size.keys().next_back().expect("somebody is left"));
            let of_size = by_size.get_mut(&size).expect("the key is there");
            let spiller = *of_size.last().expect("no list is empty");
            let freed = books.borrow_mut().spill(task, spiller, bytes - got, consumer);
            match freed {
                None => return Err(Reply::OutOfMemory),
                Some(0) => {
                    of_size.pop();
                    if of_size.is_empty() {
                        by_size.remove(&size);
                    }
                }
                Some(_) => {
                    let while_spilling = books.borrow().setup.while_spilling;
                    if while_spilling == WhileSpilling::WokenTasks {
                        drain(books);
                    }
                    got += acquire_execution(books, bytes - got, task, mode).await?;
                }
            }
        }
    }
    books.borrow_mut().consumer(task, consumer).known = true;
    Ok(got)
}

/// `MemoryConsumer.allocatePage`. A grant that the allocator cannot honour stays with the task, unused.
pub(super) async fn allocate_page(
    books: &Shared,
    task: Task,
    consumer: Consumer,
    required: u64,
    mut failures: u8,
) -> Result<Reply, Reply> {
    let ask = books.borrow().setup.page_size.max(required);
    let size = loop {
        let got = acquire(books, task, consumer, ask).await?;
        if got == 0 {
            return Err(Reply::OutOfMemory);
        }
        if failures == 0 {
            break got;
        }
        failures -= 1;
        books.borrow_mut().task(task).acquired_but_not_used += got;
    };
    let mut books = books.borrow_mut();
    if size < required {
        books.release_execution(size, task, consumer.mode());
        return Err(Reply::OutOfMemory);
    }
    let numbers = &mut books.task(task).page_numbers;
    let number = (0..).find(|number| !numbers.contains(number)).expect("there are 8192 numbers");
    numbers.push(number);
    let consumer = books.consumer(task, consumer);
    consumer.used += size;
    consumer.pages.push((number, size));
    Ok(Reply::Page { number, size })
}

impl Books {
    pub(super) fn task(&mut self, task: Task) -> &mut TaskBooks {
        self.tasks.get_mut(&task).expect("every task has books")
    }

    pub(super) fn consumer(&mut self, task: Task, consumer: Consumer) -> &mut ConsumerBooks {
        &mut self.task(task).consumers[usize::from(consumer.0)]
    }

    /// Everybody of the same mode who uses memory, by how much; who asks counts as 0.
    fn candidates(&self, task: Task, asks: Consumer) -> BTreeMap<u64, Vec<Consumer>> {
        let mut by_size = BTreeMap::<u64, Vec<Consumer>>::new();
        for other in (0..CONSUMERS).map(Consumer) {
            let books = &self.tasks[&task].consumers[usize::from(other.0)];
            if books.known && books.used > 0 && other.mode() == asks.mode() {
                let size = if other == asks { 0 } else { books.used };
                by_size.entry(size).or_default().push(other);
            }
        }
        by_size
    }

    /// What a consumer of the harness frees: memory outside of pages, then the oldest pages.
    pub(super) fn spill(
        &mut self,
        task: Task,
        consumer: Consumer,
        asked: u64,
        trigger: Consumer,
    ) -> Option<u64> {
        let policy = self.setup.policies[usize::from(consumer.0)];
        let page_size = self.setup.page_size;
        let used = self.consumer(task, consumer).used;
        let target = match policy {
            SpillPolicy::Full => used,
            SpillPolicy::Part => used.min(asked.max(page_size)),
            SpillPolicy::Half => used.div_ceil(2),
            SpillPolicy::None => 0,
            SpillPolicy::SelfOnly => {
                if trigger == consumer {
                    used
                } else {
                    0
                }
            }
            SpillPolicy::Other => {
                if trigger == consumer {
                    0
                } else {
                    used
                }
            }
            SpillPolicy::Io => {
                self.events.push(Event::Spilled { task, consumer, asked, trigger, freed: None });
                return None;
            }
        };
        let mut freed = target.min(self.outside_of_pages(task, consumer));
        if freed > 0 {
            self.release_execution(freed, task, consumer.mode());
            self.consumer(task, consumer).used -= freed;
        }
        while freed < target && !self.consumer(task, consumer).pages.is_empty() {
            freed += self.free_page(task, consumer, 0).1;
        }
        self.events.push(Event::Spilled { task, consumer, asked, trigger, freed: Some(freed) });
        Some(freed)
    }

    fn outside_of_pages(&mut self, task: Task, consumer: Consumer) -> u64 {
        let consumer = self.consumer(task, consumer);
        consumer.used - consumer.pages.iter().map(|&(_, size)| size).sum::<u64>()
    }

    pub(super) fn free_memory(&mut self, task: Task, consumer: Consumer, bytes: u64) -> Reply {
        let freed = bytes.min(self.outside_of_pages(task, consumer));
        if freed == 0 {
            return Reply::Nothing;
        }
        self.release_execution(freed, task, consumer.mode());
        self.consumer(task, consumer).used -= freed;
        Reply::Bytes(freed)
    }

    pub(super) fn free_page_at(&mut self, task: Task, consumer: Consumer, at: usize) -> Reply {
        let pages = self.consumer(task, consumer).pages.len();
        if pages == 0 {
            return Reply::Absent;
        }
        let (number, size) = self.free_page(task, consumer, at % pages);
        Reply::Page { number, size }
    }

    fn free_page(&mut self, task: Task, consumer: Consumer, at: usize) -> (u16, u64) {
        let books = self.consumer(task, consumer);
        let (number, size) = books.pages.remove(at);
        books.used -= size;
        self.task(task).page_numbers.retain(|&taken| taken != number);
        self.release_execution(size, task, consumer.mode());
        (number, size)
    }

    /// `cleanUpAllAllocatedMemory`: what was set aside first, then all holdings, whose sum is returned.
    pub(super) fn clean_up(&mut self, task: Task) -> u64 {
        let aside = self.task(task).acquired_but_not_used;
        self.release_execution(aside, task, MemoryMode::OnHeap);
        MemoryMode::BOTH.map(|mode| self.release_execution(u64::MAX, task, mode)).iter().sum()
    }
}
