//! hyper's connections on one thread of tokio: nothing but hyper, with no task to hand anything to.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use http::StatusCode;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Bytes};
use hyper::client::conn::http1::{self, SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::spawn;
use url::Url;

use super::hyper::{request, take_back};
use super::{Loop, Queue};

/// The two halves of a connection.
struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    driver: http1::Connection<TokioIo<TcpStream>, Empty<Bytes>>,
}

/// As many tasks as the concurrency, each with a connection that it moves itself.
pub fn on_tokio(concurrency: usize) -> Loop {
    let runtime =
        Builder::new_current_thread().enable_all().build().expect("a runtime can be started");
    let mut idle: Vec<Connection> = Vec::new();
    Box::new(move |urls| {
        let queue = Queue::new(urls);
        runtime.block_on(async {
            while idle.len() < concurrency {
                idle.push(connect(&urls[0]).await);
            }
            let start = Instant::now();
            let worker = |connection| {
                let task = spawn(work(connection, queue.clone()));
                async { task.await.expect("no loop panics") }
            };
            let workers = idle.drain(..).map(worker).collect();
            take_back(start, workers, &mut idle).await
        })
    })
}

async fn connect(url: &Url) -> Connection {
    let address = url.socket_addrs(|| None).expect("an address")[0];
    let stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("a socket can be set so");
    let (sender, driver) = handshake(TokioIo::new(stream)).await.expect("a handshake");
    Connection { sender, driver }
}

async fn work(mut connection: Connection, queue: Queue) -> (Connection, Instant) {
    while let Some(url) = queue.pull() {
        let Connection { sender, driver } = &mut connection;
        drive(driver, sender.ready()).await.expect("an open connection");
        let answer = drive(driver, sender.send_request(request(url))).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let mut body = answer.into_body();
        while !body.is_end_stream()
            && let Some(frame) = drive(driver, body.frame()).await
        {
            frame.expect("a whole body");
        }
    }
    (connection, Instant::now())
}

/// Does `work`, which only the driver can bring forward.
async fn drive<T>(
    driver: &mut http1::Connection<TokioIo<TcpStream>, Empty<Bytes>>,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        // It is polled again right after the driver, so nobody needs to be woken for its sake.
        let mut unwoken = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = work.as_mut().poll(&mut unwoken) {
            return Poll::Ready(output);
        }
        // Its end shows in the work.
        let _ = Pin::new(&mut *driver).poll(context);
        work.as_mut().poll(&mut unwoken)
    })
    .await
}
