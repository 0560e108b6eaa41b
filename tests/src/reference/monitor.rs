//! The monitor of the memory manager: who sleeps, who was woken, and the threads themselves.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::Shared;
use crate::calls::{Event, Reply, Task};

/// A call on its way.
pub(super) type Thread = Pin<Box<dyn Future<Output = Reply>>>;

/// HotSpot's lists.
#[derive(Default)]
pub(super) struct Monitor {
    wait_set: Vec<Task>,
    entry_list: Vec<Task>,
    contention: Vec<Task>,
}

impl Monitor {
    /// The first that sleeps goes to the entry list if nobody is there, each other one to the front of the contention
    /// list.
    pub(super) fn notify_all(&mut self) {
        for task in std::mem::take(&mut self.wait_set) {
            if self.entry_list.is_empty() {
                self.entry_list.push(task);
            } else {
                self.contention.insert(0, task);
            }
        }
    }

    fn next(&mut self) -> Option<Task> {
        if self.entry_list.is_empty() {
            self.entry_list = std::mem::take(&mut self.contention);
        }
        (!self.entry_list.is_empty()).then(|| self.entry_list.remove(0))
    }

    /// A thread that is interrupted leaves whatever list it is in.
    pub(super) fn forget(&mut self, task: Task) {
        for list in [&mut self.wait_set, &mut self.entry_list, &mut self.contention] {
            list.retain(|&other| other != task);
        }
    }
}

/// `Object.wait`: sleeps until woken and its turn has come.
pub(super) async fn wait(books: &Shared, task: Task) {
    books.borrow_mut().monitor.wait_set.push(task);
    let mut slept = false;
    poll_fn(|_| if std::mem::replace(&mut slept, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// Runs a call until it ends or waits.
pub(super) fn start(books: &Shared, task: Task, call: impl Future<Output = Reply> + 'static) -> Reply {
    if books.borrow().threads.contains_key(&task) {
        return Reply::Busy;
    }
    go_on(books, task, Box::pin(call)).unwrap_or(Reply::Waits)
}

fn go_on(books: &Shared, task: Task, mut thread: Thread) -> Option<Reply> {
    match thread.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(reply) => Some(reply),
        Poll::Pending => {
            books.borrow_mut().threads.insert(task, thread);
            None
        }
    }
}

/// Everyone who was woken goes on, until nobody is left.
pub(super) fn drain(books: &Shared) {
    loop {
        let Some(task) = books.borrow_mut().monitor.next() else { return };
        let thread = books.borrow_mut().threads.remove(&task).expect("who was woken waits");
        if let Some(reply) = go_on(books, task, thread) {
            books.borrow_mut().events.push(Event::Done { task, reply });
        }
    }
}
