//! Scenarios of sessions: TLS sessions that are resumed, and fresh sessions of every backend.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use fetchbench::fetch::Capability;
use fetchbench::scenario::Scenario;
use fetchbench::server::Server;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use serde_json::Value;

use crate::backends::backends;
use crate::compared::compared;

const REQUEST: &[u8] = b"GET /0/0 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/// Returns a client that trusts only this certificate, and keeps tickets.
fn config(pem: &str) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(ring);
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    builder.with_root_certificates(roots).with_no_client_auth()
}

/// Fetches a page over a new connection, with 0-RTT data if the client has a ticket for it.
/// Returns whether the server took it.
fn fetch(authority: &str, config: &Arc<ClientConfig>) -> bool {
    let mut socket = TcpStream::connect(authority).unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut tls = ClientConnection::new(Arc::clone(config), name).unwrap();
    let sent = tls.early_data().map(|mut early| early.write(REQUEST).unwrap());
    let mut stream = rustls::Stream::new(&mut tls, &mut socket);
    if sent.is_none() {
        stream.write_all(REQUEST).unwrap();
    }
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    assert!(response.starts_with(b"HTTP/1.1 200 OK\r\n") && response.len() > 1_000);
    sent.is_some() && tls.is_early_data_accepted()
}

/// Returns the handshakes of four connections: full, resumed and with 0-RTT data. The last two
/// offer 0-RTT data.
fn handshakes(scenario: &str) -> ([u64; 3], [bool; 4]) {
    let server = Server::bind(Arc::new(Scenario::load(scenario).unwrap())).unwrap();
    let (announcement, stopper) = (server.announcement().clone(), server.stopper());
    let running = thread::spawn(move || server.run());
    let authority = announcement.origins[0].strip_prefix("https://").unwrap();
    let patient = Arc::new(config(announcement.cacert.as_deref().unwrap()));
    // It shares the tickets.
    let mut eager = ClientConfig::clone(&patient);
    eager.enable_early_data = true;
    let eager = Arc::new(eager);
    let taken = [&patient, &patient, &eager, &eager].map(|config| fetch(authority, config));
    let witness = announcement.take_witness().unwrap();
    stopper.stop();
    running.join().unwrap().unwrap();
    let counts = [witness.full_handshakes, witness.resumed_handshakes, witness.early_handshakes];
    (counts, taken)
}

#[test]
fn handshakes_are_counted() {
    assert_eq!(handshakes("tls-resumed"), ([1, 1, 2], [false, false, true, true]));
    assert_eq!(handshakes("tls-cold"), ([4, 0, 0], [false; 4]));
}

#[test]
fn bursts_of_records_are_answered() {
    let server = Server::bind(Arc::new(Scenario::load("tls-resumed").unwrap())).unwrap();
    let (announcement, stopper) = (server.announcement().clone(), server.stopper());
    let running = thread::spawn(move || server.run());
    let authority = announcement.origins[0].strip_prefix("https://").unwrap();
    let mut socket = TcpStream::connect(authority).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let config = Arc::new(config(announcement.cacert.as_deref().unwrap()));
    let mut tls = ClientConnection::new(config, name).unwrap();
    tls.complete_io(&mut socket).unwrap();
    // Two records in one write. The first is decrypted before the second is read to its end.
    let padding = "y".repeat(3_000);
    for connection in ["keep-alive", "close"] {
        let request = format!(
            "GET /0/0 HTTP/1.1\r\nhost: a\r\nconnection: {connection}\r\nx: {padding}\r\n\r\n"
        );
        tls.writer().write_all(request.as_bytes()).unwrap();
    }
    let mut response = Vec::new();
    rustls::Stream::new(&mut tls, &mut socket).read_to_end(&mut response).unwrap();
    let text = String::from_utf8_lossy(&response);
    assert_eq!(text.matches("HTTP/1.1 200 OK\r\n").count(), 2);
    stopper.stop();
    running.join().unwrap().unwrap();
}

/// Compares all backends that speak https on a scenario, and returns them as JSON.
fn compare(scenario: &str) -> Vec<Value> {
    let able = backends().filter(|backend| backend.entry().can(Capability::Https));
    let able: Vec<String> = able.map(|backend| backend.to_string()).collect();
    let backends = able.join(",");
    let arguments =
        [scenario, "--blocks", "1", "--rounds", "2", "--allow-unfit", "--backend", &backends];
    let folder = tempfile::tempdir().unwrap();
    let workload = compared(&arguments, &folder.path().join("record"));
    let measured = workload["backends"].as_array().unwrap().clone();
    assert_eq!(measured.len(), able.len());
    measured
}

#[test]
fn every_backend_opens_sessions() {
    for backend in compare("first-request") {
        assert_eq!(backend["validity"], "valid", "{backend}");
        let (opening_s, pass_s) = (&backend["opening_s"], &backend["median_s"]);
        let (opening_s, pass_s) = (opening_s.as_f64().unwrap(), pass_s.as_f64().unwrap());
        assert!(opening_s > 1e-7 && opening_s < pass_s, "{backend}");
        assert!(backend["opening_cpu_s"].as_f64().is_some(), "{backend}");
        assert_eq!(backend["sockets_per_pass"], 1.0, "{backend}");
    }
}

#[test]
fn every_backend_meets_tickets() {
    let mut resumed = Vec::new();
    for backend in compare("tls-resumed") {
        assert_eq!(backend["validity"], "valid", "{backend}");
        let share = |kind: &str| backend[&format!("handshakes_{kind}")].as_f64().unwrap();
        assert!(
            (share("full") + share("resumed") + share("early") - 1.0).abs() < 1e-9,
            "{backend}"
        );
        resumed.push((backend["backend"].as_str().unwrap().to_owned(), share("resumed")));
    }
    // rustls keeps the tickets of a configuration, which each of these has one of.
    for name in ["hyper@tokio", "ureq@threads"] {
        let (_, share) = resumed.iter().find(|(backend, _)| backend == name).unwrap();
        assert!(*share > 0.5, "{resumed:?}");
    }
}
