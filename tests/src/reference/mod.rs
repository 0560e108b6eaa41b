//! A slow, literal model of one executor's memory, to hold `sim-core` against.
//!
//! It is written from what Spark does and shares nothing with `sim-core` but the names of modes: plain maps and lists,
//! every sum added up anew, every search a scan. A task is a *future* that reads like Spark's blocking code: where a
//! Java thread calls `lock.wait()` it awaits, and who is woken is polled again in HotSpot's order. Left out are time,
//! policies other than Spark's, and what no call of [`calls`](crate::calls) can reach.

mod books;
mod monitor;
mod pools;
mod store;
mod task;

use std::cell::RefCell;
use std::rc::Rc;

use self::books::{Books, TaskBooks};
use crate::calls::{Call, Event, Reply, Setup, Step, Task};

type Shared = Rc<RefCell<Books>>;

/// See the [module](self).
pub struct Reference {
    books: Shared,
}

impl Reference {
    /// An executor on which nothing has happened.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self { books: Rc::new(RefCell::new(Books::new(setup))) }
    }

    /// Runs one call, and after it every task that it has woken.
    pub fn execute(&mut self, call: Call) -> Step {
        self.books.borrow_mut().events.clear();
        let reply = self.call(call);
        monitor::drain(&self.books);
        let books = self.books.borrow();
        Step { reply, events: books.events.clone(), state: books.state() }
    }

    fn call(&mut self, call: Call) -> Reply {
        let shared = Rc::clone(&self.books);
        match call {
            Call::AcquireExecution { task, bytes, mode } => monitor::start(&self.books, task, async move {
                let granted = pools::acquire_execution(&shared, bytes.0.into(), task, mode.into()).await;
                granted.map_or_else(|thrown| thrown, Reply::Bytes)
            }),
            Call::AcquireMemory { task, consumer, bytes } => monitor::start(&self.books, task, async move {
                let got = task::acquire_memory(&shared, task, consumer, bytes.0.into()).await;
                got.map_or_else(|thrown| thrown, Reply::Bytes)
            }),
            Call::AllocatePage { task, consumer, required, failures } => {
                monitor::start(&self.books, task, async move {
                    let page =
                        task::allocate_page(&shared, task, consumer, required.0.into(), failures.0).await;
                    page.unwrap_or_else(|thrown| thrown)
                })
            }
            Call::Kill { task } => self.kill(task),
            Call::EndTask { task } => self.end_task(task),
            _ => self.books.borrow_mut().call(call),
        }
    }

    fn kill(&mut self, task: Task) -> Reply {
        let mut books = self.books.borrow_mut();
        if books.threads.remove(&task).is_none() {
            return Reply::Nothing;
        }
        books.monitor.forget(task);
        books.events.push(Event::Done { task, reply: Reply::Interrupted });
        Reply::Ok
    }

    fn end_task(&mut self, task: Task) -> Reply {
        self.kill(task);
        let mut books = self.books.borrow_mut();
        books.release_all_unroll(task);
        books.monitor.notify_all();
        books.unlock_all(task);
        let leaked = books.clean_up(task);
        books.tasks.insert(task, TaskBooks::new());
        Reply::Bytes(leaked)
    }
}

impl Drop for Reference {
    /// The calls that wait hold the books, which hold the calls.
    fn drop(&mut self) {
        let threads = std::mem::take(&mut self.books.borrow_mut().threads);
        drop(threads);
    }
}
