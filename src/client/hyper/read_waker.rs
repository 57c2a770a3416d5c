//! Wakes the task that uses a connection.

use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use futures_util::task::AtomicWaker;

/// The waker that the driver of a connection is polled with. It wakes the task that moves the
/// bytes, and otherwise no task.
///
/// hyper's sender wakes its driver for each request. Here that is the sending task itself, so every
/// fetch would run it once more for nothing. And the last task that used an idle connection need
/// not be woken when the connection ends.
pub(super) struct ReadWaker {
    task: Arc<Task>,
    waker: Waker,
}

#[derive(Default)]
struct Task(AtomicWaker);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.wake();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake();
    }
}

impl ReadWaker {
    pub fn new() -> Self {
        let task = Arc::new(Task::default());
        Self { waker: Arc::clone(&task).into(), task }
    }

    /// Wakes the task of `context` from now on.
    pub fn register(&self, context: &Context<'_>) {
        self.task.0.register(context.waker());
    }

    /// Wakes no task from now on.
    pub fn silence(&self) {
        self.task.0.take();
    }

    pub fn waker(&self) -> &Waker {
        &self.waker
    }
}
