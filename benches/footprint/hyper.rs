// crates: hyper, http-body-util, smol-hyper, futures-util, futures-rustls, rustls, webpki-roots
// released: 2026-10-06

use futures_util::future::{Either, join};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use smol_hyper::rt::FuturesIo;

async fn fetch(url: String) -> String {
    let uri: hyper::Uri = url.parse().unwrap();
    let host = uri.host().unwrap().to_owned();
    let https = uri.scheme_str() == Some("https");
    let stream = connect(host.clone(), uri.port_u16().unwrap_or(if https { 443 } else { 80 })).await;
    let io = if https {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let connector = futures_rustls::TlsConnector::from(std::sync::Arc::new(tls));
        Either::Left(connector.connect(host.clone().try_into().unwrap(), stream).await.unwrap())
    } else {
        Either::Right(stream)
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(FuturesIo::new(io)).await.unwrap();
    let request = hyper::Request::get(uri.path()).header("host", host).body(Empty::<Bytes>::new()).unwrap();
    let exchange = async move {
        let answer = sender.send_request(request).await.unwrap();
        format!("{} {}", answer.status(), answer.into_body().collect().await.unwrap().to_bytes().len())
    };
    join(exchange, connection).await.0
}
