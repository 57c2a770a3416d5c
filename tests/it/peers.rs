//! The same fetches against servers that we did not write: nginx and Python's.
//!
//! Where one is not installed its tests say so and pass, unless `FETCHBENCH_REQUIRE_PEERS` is set,
//! as it is in CI.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fetchbench::backend::Backend;
use fetchbench::client::UserOptions;
use fetchbench::fetch::answer::{Head, Page, Received};
use fetchbench::fetch::error::ErrorClass;
use fetchbench::fetch::{Capability, Limits, Pass, Progress};
use tempfile::TempDir;
use url::Url;

use crate::backends::backends;

mod http2;

/// A server of somebody else's, ended when the test is.
struct Peer {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says something whether the test passes or not: what `eprintln!` says is shown only where it
/// fails.
pub fn say(message: &str) {
    let stderr = &mut std::io::stderr();
    let _ = std::io::Write::write_all(stderr, format!("{message}\n").as_bytes());
}

/// Says that part of a test is left out, and why; fails where nothing may be left out.
pub fn skip(why: &str) {
    assert!(std::env::var_os("FETCHBENCH_REQUIRE_PEERS").is_none(), "required here: {why}");
    say(&format!("skipped: {why}"));
}

/// Runs a program to its end, or reports that it is not installed.
pub fn run_or_skip(name: &str, mut command: Command) -> Option<Output> {
    match command.stdin(Stdio::null()).output() {
        Ok(output) => Some(output),
        Err(error) => {
            skip(&format!("{name} cannot be started: {error}"));
            None
        }
    }
}

/// The files that peers serve: name and content.
fn files() -> [(&'static str, Vec<u8>); 3] {
    let bytes = |count: usize| (0..count).map(|index| (index * 31 % 251) as u8).collect();
    [("empty", Vec::new()), ("small", bytes(1000)), ("large", bytes(1_500_000))]
}

impl Peer {
    /// Starts a server over a folder with the files, or says that it is not installed.
    fn start(name: &str, command: impl FnOnce(&Path, u16) -> Command) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        for (name, content) in files() {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut command = command(folder.path(), port);
        let child = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = match child.spawn() {
            Ok(child) => child,
            Err(error) => {
                skip(&format!("{name} cannot be started: {error}"));
                return None;
            }
        };
        let peer = Self { child, folder, port };
        let patience = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < patience, "{name} does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(peer)
    }

    fn url(&self, scheme: &str, host: &str, file: &str) -> Url {
        format!("{scheme}://{host}:{}/{file}", self.port).parse().unwrap()
    }

    /// What a session must be told to trust its certificate.
    fn trusted(&self) -> UserOptions {
        use rustls::pki_types::CertificateDer;
        use rustls::pki_types::pem::PemObject;
        let root = CertificateDer::from_pem_file(self.folder.path().join("root.pem")).unwrap();
        UserOptions { roots: Some(Arc::new([root])), ..UserOptions::default() }
    }

    /// Many urls, with the status and body that each must have.
    fn list(&self, scheme: &str) -> Vec<(Url, u16, Vec<u8>)> {
        let list =
            files().map(|(name, content)| (self.url(scheme, "127.0.0.1", name), 200, content));
        list.into_iter().cycle().take(60).collect()
    }

    /// Fetches the list twice over one session.
    fn fetch_and_check(&self, backend: Backend, options: &UserOptions, scheme: &str) {
        let list = self.list(scheme);
        let urls: Vec<Url> = list.iter().map(|(url, _, _)| url.clone()).collect();
        let mut session = backend.open(options, &limits(), &Progress::default()).unwrap();
        for _ in 0..2 {
            let pass = session.fetch_all(&urls).unwrap();
            for (fetched, (url, status, content)) in pass.fetched.iter().zip(&list) {
                assert_eq!(fetched.result, Ok(page(*status, content)), "{backend}: {url}");
            }
        }
    }
}

/// The options of nginx's `listen` for a version of HTTP.
const HTTP1: &str = "";
const HTTP2: &str = "http2";

fn limits() -> Limits {
    Limits::new(NonZeroUsize::new(4).unwrap())
}

fn page(status: u16, content: &[u8]) -> Page {
    let mut received = Received::new(u64::MAX);
    received.push(content).unwrap();
    received.finish(&Head { status, declared: None, location: None }).unwrap()
}

fn fetch_one(backend: Backend, options: &UserOptions, url: Url) -> Pass {
    backend.open(options, &limits(), &Progress::default()).unwrap().fetch_all(&[url]).unwrap()
}

/// nginx, plain or over TLS, which speaks the version of HTTP that the options of its `listen` set.
/// It ends connections after that many requests, compresses what it may, and speaks as it does.
fn nginx(tls: bool, version: &str, requests: u32) -> Option<Peer> {
    Peer::start("nginx", |folder, port| {
        let (ssl, certificate) = match tls {
            true => ("ssl", "ssl_certificate leaf.pem; ssl_certificate_key leaf.key;"),
            false => ("", ""),
        };
        let folder = folder.display();
        let config = format!(
            "daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
             events {{ worker_connections 512; }}
             http {{
               access_log off; keepalive_requests {requests}; gzip on; gzip_types *; gzip_min_length 1; default_type text/plain;
               client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
               uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
               server {{ listen 127.0.0.1:{port} {ssl} {version}; root {folder}; {certificate} }}
             }}"
        );
        fs::write(format!("{folder}/nginx.conf"), config).unwrap();
        if tls {
            make_certificates(Path::new(&folder.to_string()));
        }
        let mut command = Command::new("nginx");
        command.args([
            "-c",
            &format!("{folder}/nginx.conf"),
            "-p",
            &folder.to_string(),
            "-e",
            "error.log",
        ]);
        command
    })
}

/// A root, and a certificate for 127.0.0.1 signed by it.
fn make_certificates(folder: &Path) {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new([]).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Of one name with its leaf, OpenSSL would take that for its own issuer.
    root.distinguished_name.push(DnType::CommonName, "the root of a test");
    let root_certificate = root.self_signed(&root_key).unwrap();
    let leaf_key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&leaf_key, &Issuer::new(root, root_key)).unwrap();
    fs::write(folder.join("root.pem"), root_certificate.pem()).unwrap();
    fs::write(folder.join("leaf.pem"), leaf.pem()).unwrap();
    fs::write(folder.join("leaf.key"), leaf_key.serialize_pem()).unwrap();
}

/// Python's own server; it speaks HTTP/1.0 unless told otherwise.
fn python(protocol: &str) -> Option<Peer> {
    Peer::start("python3", |_, port| {
        let mut command = Command::new("python3");
        let port = port.to_string();
        command.args(["-m", "http.server", "--bind", "127.0.0.1", "--protocol", protocol, &port]);
        command
    })
}

#[test]
fn every_backend_fetches_nginx() {
    let Some(nginx) = nginx(false, HTTP1, 25) else { return };
    for backend in backends() {
        nginx.fetch_and_check(backend, &UserOptions::default(), "http");
        let pass =
            fetch_one(backend, &UserOptions::default(), nginx.url("http", "127.0.0.1", "missing"));
        assert_eq!(pass.fetched[0].result.as_ref().unwrap().status, 404, "{backend}");
    }
}

#[test]
fn all_backends_fetch_tls_nginx() {
    let Some(nginx) = nginx(true, HTTP1, 25) else { return };
    let trusting = nginx.trusted();
    for backend in backends().filter(|backend| backend.entry().can(Capability::Https)) {
        nginx.fetch_and_check(backend, &trusting, "https");

        let class = |options: &UserOptions, host: &str| {
            let pass = fetch_one(backend, options, nginx.url("https", host, "small"));
            pass.fetched[0].result.as_ref().unwrap_err().class
        };
        assert_eq!(
            class(&UserOptions::default(), "127.0.0.1"),
            ErrorClass::Tls,
            "{backend}: an unknown root"
        );
        assert_eq!(class(&trusting, "localhost"), ErrorClass::Tls, "{backend}: another name");
    }
}

#[test]
fn plain_text_fails_the_handshake() {
    let Some(nginx) = nginx(false, HTTP1, 25) else { return };
    for backend in backends().filter(|backend| backend.entry().can(Capability::Https)) {
        let pass =
            fetch_one(backend, &UserOptions::default(), nginx.url("https", "127.0.0.1", "small"));
        assert_eq!(
            pass.fetched[0].result.as_ref().unwrap_err().class,
            ErrorClass::Tls,
            "{backend}"
        );
    }
}

#[test]
fn all_backends_fetch_from_python() {
    let Some(python) = python("HTTP/1.1") else { return };
    for backend in backends() {
        python.fetch_and_check(backend, &UserOptions::default(), "http");
    }
}

#[test]
fn all_but_surf_read_http_1_0() {
    let Some(python) = python("HTTP/1.0") else { return };
    for backend in backends() {
        if backend.entry().client == "surf" {
            let pass = fetch_one(
                backend,
                &UserOptions::default(),
                python.url("http", "127.0.0.1", "small"),
            );
            assert_eq!(
                pass.fetched[0].result.as_ref().unwrap_err().class,
                ErrorClass::Protocol,
                "{backend}"
            );
        } else {
            python.fetch_and_check(backend, &UserOptions::default(), "http");
        }
    }
}
