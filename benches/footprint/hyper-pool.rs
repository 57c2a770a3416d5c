// crates: hyper-util, hyper, hyper-rustls, http-body-util, rustls, webpki-roots, tower-service
// features: client-pool
// released: 2026-09-24

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::{BodyExt, Empty};
use hyper::Uri;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::pool::cache;
use hyper_util::rt::TokioExecutor;
use tower_service::Service;

struct Handshake(HttpsConnector<HttpConnector>);

impl Service<Uri> for Handshake {
    type Response = SendRequest<Empty<Bytes>>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.0.call(uri);
        Box::pin(async move {
            let (sender, driver) = handshake(connecting.await?).await?;
            tokio::spawn(driver);
            Ok(sender)
        })
    }
}

async fn fetch(url: String) -> String {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
    let mut pool = cache::builder().executor(TokioExecutor::new()).build(Handshake(https));
    let uri: Uri = url.parse().unwrap();
    poll_fn(|context| pool.poll_ready(context)).await.unwrap();
    let mut connection = pool.call(uri.clone()).await.unwrap();
    let request = hyper::Request::get(uri.path()).header("host", uri.authority().unwrap().as_str());
    let answer = connection.inner_mut().send_request(request.body(Empty::new()).unwrap()).await.unwrap();
    format!("{} {}", answer.status(), answer.into_body().collect().await.unwrap().to_bytes().len())
}
