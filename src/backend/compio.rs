//! The executor compio: one runtime per thread, each with a separate io_uring. A task stays on the
//! thread that it was given to.

use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use anyhow::Context;
use async_channel::{self as channel, Receiver, Sender};
use compio::runtime::Runtime;
use send_wrapper::SendWrapper;

use super::executor::{AsyncExecutor, Executor};

/// The threads of one session.
pub(super) struct Compio {
    threads: Vec<Thread>,
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A runtime. It ends when its inbox is closed.
struct Thread {
    inbox: Sender<Task>,
    /// The number of its tasks that have not ended.
    tasks: Arc<AtomicUsize>,
    handle: Option<JoinHandle<()>>,
}

impl AsyncExecutor for Compio {
    const EXECUTOR: Executor = Executor::Compio;

    // The timers of compio are bound to their thread, as are the tasks that set them.
    type Sleep = SendWrapper<Pin<Box<dyn Future<Output = ()>>>>;

    fn start(threads: NonZeroUsize) -> anyhow::Result<Self> {
        Ok(Self { threads: (0..threads.get()).map(Thread::start).collect::<anyhow::Result<_>>()? })
    }

    fn share_of_connections(budget: NonZeroUsize, threads: NonZeroUsize) -> NonZeroUsize {
        NonZeroUsize::new(budget.get() / threads).unwrap_or(NonZeroUsize::MIN)
    }

    /// Gives the task to the thread with the fewest tasks, so that every pass is spread alike and
    /// finds its connections again.
    fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        let thread = self.threads.iter().min_by_key(|thread| thread.tasks.load(Ordering::Relaxed));
        let (sender, result) = channel::bounded(1);
        if let Some(thread) = thread {
            let tasks = Arc::clone(&thread.tasks);
            tasks.fetch_add(1, Ordering::Relaxed);
            let task = Box::pin(async move {
                let output = task.await;
                tasks.fetch_sub(1, Ordering::Relaxed);
                // A caller that does not wait for a task does not want its result.
                let _ = sender.try_send(output);
            });
            // A dead thread is detected below.
            let _ = thread.inbox.try_send(task);
        }
        async move { result.recv().await.expect("a thread of compio outlives its tasks") }
    }

    fn sleep_until(deadline: Instant) -> Self::Sleep {
        SendWrapper::new(Box::pin(compio::time::sleep_until(deadline)))
    }
}

impl Thread {
    fn start(number: usize) -> anyhow::Result<Self> {
        let (inbox, tasks) = channel::unbounded();
        let (started, has_started) = channel::bounded(1);
        let handle = thread::Builder::new()
            .name(format!("compio-{number}"))
            .spawn(move || run_tasks(&tasks, &started));
        let handle = handle.context("cannot start a thread of compio")?;
        has_started.recv_blocking().context("a thread of compio has died")??;
        Ok(Self { inbox, tasks: Arc::default(), handle: Some(handle) })
    }
}

/// Reports whether a runtime has started on this thread, then runs tasks until the inbox is closed.
fn run_tasks(tasks: &Receiver<Task>, started: &Sender<anyhow::Result<()>>) {
    let runtime =
        Runtime::new().context("cannot set up io_uring: the kernel or a sandbox forbids it");
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(started.try_send(Err(error))),
    };
    let _ = started.try_send(Ok(()));
    runtime.block_on(async {
        while let Ok(task) = tasks.recv().await {
            compio::runtime::spawn(task).detach();
        }
    });
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.inbox.close();
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}
