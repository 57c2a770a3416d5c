// crates: ureq-proto, futures-util, futures-rustls, rustls, webpki-roots
// released: 2026-11-02

use futures_util::future::Either;
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use ureq_proto::client::{Call, RecvResponseResult, SendRequestResult};
use ureq_proto::http;

async fn fetch(url: String) -> String {
    let uri: http::Uri = url.parse().unwrap();
    let host = uri.host().unwrap().to_owned();
    let https = uri.scheme_str() == Some("https");
    let stream = connect(host.clone(), uri.port_u16().unwrap_or(if https { 443 } else { 80 })).await;
    let mut stream = if https {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let connector = futures_rustls::TlsConnector::from(std::sync::Arc::new(tls));
        Either::Left(connector.connect(host.try_into().unwrap(), stream).await.unwrap())
    } else {
        Either::Right(stream)
    };
    let request = http::Request::get(uri).header("connection", "close").body(()).unwrap();
    let mut call = Call::new(request).unwrap().proceed();
    let mut bytes = vec![0; 1 << 16];
    let length = call.write(&mut bytes).unwrap();
    stream.write_all(&bytes[..length]).await.unwrap();
    stream.flush().await.unwrap();
    let Ok(Some(SendRequestResult::RecvResponse(mut call))) = call.proceed() else { panic!("a request with a body") };
    let mut input = Vec::new();
    stream.read_to_end(&mut input).await.unwrap();
    bytes.resize(input.len().max(1), 0);
    let (head, answer) = call.try_response(&input, false).unwrap();
    let length = match call.proceed() {
        Some(RecvResponseResult::RecvBody(mut call)) => call.read(&input[head..], &mut bytes).unwrap().1,
        _ => 0,
    };
    format!("{} {length}", answer.unwrap().status())
}
