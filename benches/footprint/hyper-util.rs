// crates: hyper-util, hyper, hyper-rustls, http-body-util, rustls, webpki-roots
// released: 2026-09-24

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

async fn fetch(url: String) -> String {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let https = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(https);
    let answer = client.get(url.parse().unwrap()).await.unwrap();
    format!("{} {}", answer.status(), answer.into_body().collect().await.unwrap().to_bytes().len())
}
