//! Who is woken for a connection.

use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use futures_util::task::AtomicWaker;

/// What the driver of a connection is polled with: it wakes the task that moves the bytes, and
/// nobody at other times.
///
/// hyper's sender wakes its driver over each request, which here is the very task that sends: it
/// would run once more, for nothing, over each fetch. And whoever used an idle connection last need
/// not hear of its end.
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
    /// Wakes nobody yet.
    pub fn new() -> Self {
        let task = Arc::new(Task::default());
        Self { waker: Arc::clone(&task).into(), task }
    }

    /// Wakes the task of `context` from now on.
    pub fn register(&self, context: &Context<'_>) {
        self.task.0.register(context.waker());
    }

    /// Wakes nobody from now on.
    pub fn silence(&self) {
        self.task.0.take();
    }

    /// What rings it.
    pub fn waker(&self) -> &Waker {
        &self.waker
    }
}
