//! Certificates as people make them, shown to every client that speaks https.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use fetchbench::backend::Backend;
use fetchbench::client::UserOptions;
use fetchbench::fetch::error::ErrorClass;
use fetchbench::fetch::roots;
use fetchbench::fetch::{Capability, Limits, Progress};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};
use tempfile::TempDir;

use crate::cli::{fetchbench, text};
use crate::http2::http2_backends;

/// Answers every request until the test ends, and shows a certificate.
fn serve(address: &str, certificate: &[u8], key: &[u8]) -> std::io::Result<SocketAddr> {
    let certificates = CertificateDer::pem_slice_iter(certificate).map(Result::unwrap).collect();
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(certificates, PrivateKeyDer::from_pem_slice(key).unwrap())
            .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind((address, 0))?);
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = Stream::new(&mut connection, &mut socket);
            // A client that refuses the certificate has gone.
            if stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
                );
                connection.send_close_notify();
                let _ = connection.complete_io(&mut socket);
            }
        }
    });
    Ok(address)
}

/// The outcome of every backend that speaks https, which is the same for all.
fn outcome(url: &str, trusted: &[u8]) -> Result<u16, String> {
    let options =
        UserOptions { roots: Some(roots::read(trusted).unwrap()), ..UserOptions::default() };
    let backends: Vec<Backend> =
        Backend::all().filter(|backend| backend.entry().can(Capability::Https)).collect();
    let of_backend = |backend: &Backend| {
        let limits = Limits::new(NonZeroUsize::MIN);
        let mut session = backend.open(&options, &limits, &Progress::default()).unwrap();
        let pass = session.fetch_all(&[url.parse().unwrap()]).unwrap();
        let result = pass.fetched.into_iter().next().unwrap().result;
        result.map(|page| page.status).map_err(|error| {
            assert_eq!(error.class, ErrorClass::Tls, "{backend}: {error}");
            error.message.into_string()
        })
    };
    let outcomes: Vec<_> = backends.iter().map(of_backend).collect();
    for (backend, other) in backends.iter().zip(&outcomes) {
        assert_eq!(*other, outcomes[0], "{backend} and {}", backends[0]);
    }
    outcomes[0].clone()
}

/// A certificate signed by itself, and its key.
fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut params = CertificateParams::new(names).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

/// The outcome of trusting exactly the certificate that the server shows.
fn outcome_of(
    address: &str,
    change: impl FnOnce(&mut CertificateParams),
) -> Option<Result<u16, String>> {
    let (certificate, key) = self_signed(change);
    let port = serve(address, certificate.as_bytes(), key.as_bytes()).ok()?.port();
    let host = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
    Some(outcome(&format!("https://{host}:{port}/"), certificate.as_bytes()))
}

const AUTHORITY: &str = "invalid peer certificate: it is an authority's (CA:TRUE) and not a server's: make it with \
                         `openssl req -x509 -addext basicConstraints=critical,CA:FALSE`";

#[test]
fn self_signed_errors_are_alike() {
    for address in ["127.0.0.1", "::1"] {
        let made = |change: fn(&mut CertificateParams)| outcome_of(address, change);
        let Some(authority) =
            made(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))
        else {
            eprintln!("{address} cannot be listened at");
            continue;
        };
        assert_eq!(authority, Err(AUTHORITY.to_owned()), "{address}");
        assert_eq!(made(|params| params.is_ca = IsCa::ExplicitNoCa).unwrap(), Ok(200), "{address}");
        assert_eq!(made(|params| params.is_ca = IsCa::NoCa).unwrap(), Ok(200), "{address}");
        let nameless = made(|params| params.subject_alt_names.clear()).unwrap().unwrap_err();
        let option = format!(
            "it names no host: make it with `openssl req -addext subjectAltName=IP:{address}`"
        );
        assert!(nameless.ends_with(&option), "{nameless}");
    }
}

#[test]
fn dates_and_names_are_reported() {
    let expired =
        outcome_of("127.0.0.1", |params| params.not_after = date_time_ymd(2020, 1, 1)).unwrap();
    assert_eq!(expired, Err("invalid peer certificate: it expired on 2020-01-01".to_owned()));
    let future =
        outcome_of("127.0.0.1", |params| params.not_before = date_time_ymd(2100, 1, 1)).unwrap();
    assert_eq!(
        future,
        Err("invalid peer certificate: it is not valid before 2100-01-01".to_owned())
    );
    let elsewhere =
        CertificateParams::new(["elsewhere.invalid".to_owned()]).unwrap().subject_alt_names;
    let wrong = outcome_of("127.0.0.1", |params| params.subject_alt_names = elsewhere)
        .unwrap()
        .unwrap_err();
    assert!(
        wrong.contains("elsewhere.invalid") && wrong.ends_with(", and not for 127.0.0.1"),
        "{wrong}"
    );
}

#[test]
fn authorities_may_sign() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["127.0.0.1".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap()
        .pem();
    let port = serve("127.0.0.1", leaf.as_bytes(), key.serialize_pem().as_bytes()).unwrap().port();
    let url = format!("https://127.0.0.1:{port}/");
    assert_eq!(outcome(&url, authority.as_bytes()), Ok(200));
    let trusting = |change: fn(&mut CertificateParams)| {
        outcome(&url, self_signed(change).0.as_bytes()).unwrap_err()
    };
    let unknown =
        trusting(|params| params.distinguished_name.push(DnType::CommonName, "a stranger"));
    assert_eq!(unknown, "invalid peer certificate: its issuer is not trusted");
    let namesake = trusting(|_| {});
    assert!(
        namesake.contains("not signed by the trusted certificate that has the name"),
        "{namesake}"
    );
}

#[test]
fn the_openssl_advice_helps() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str| folder.path().join(name);
    let make = |options: &[&str]| {
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]);
        openssl.args([
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout",
            "key.pem",
            "-out",
            "ca.pem",
        ]);
        openssl
            .args(options)
            .current_dir(&folder)
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let fetch = || {
        let (certificate, key) =
            (fs::read(file("ca.pem")).unwrap(), fs::read(file("key.pem")).unwrap());
        let port = serve("127.0.0.1", &certificate, &key).unwrap().port();
        let url = format!("https://127.0.0.1:{port}/");
        let output = fetchbench(&["fetch", &url, "--cacert", "ca.pem"])
            .current_dir(&folder)
            .output()
            .unwrap();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    if !make(&[]) {
        eprintln!("openssl is not installed");
        return;
    }
    let (code, printed) = fetch();
    assert_eq!(code, Some(3), "{printed}");
    let option = printed.split("-addext ").nth(1).unwrap().split('`').next().unwrap();
    assert!(make(&["-addext", option]));
    assert_eq!(fetch().0, Some(0), "with {option}");
}

#[test]
fn bad_files_are_refused() {
    let (certificate, key) = self_signed(|_| {});
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let cut = certificate[..200].to_owned();
    for (name, content, expected) in [
        ("cut.pem", cut, "bad certificate 1: it is cut short"),
        ("key.pem", key, "no certificate in it: it holds a key"),
        ("empty.pem", String::new(), "it is empty"),
        ("folder", String::new(), "Is a directory"),
        ("none.pem", String::new(), "No such file"),
    ] {
        if !matches!(name, "folder" | "none.pem") {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let args = ["fetch", "--backend", "fake", "http://a.example", "--cacert", name];
        let output = fetchbench(&args).current_dir(&folder).output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(
            (output.status.code(), stderr.matches('\n').count()),
            (Some(2), 1),
            "{name}: {stderr}"
        );
        assert!(stderr.contains(&format!("--cacert {name}: {expected}")), "{stderr}");
    }
    fs::write(folder.path().join("bom.pem"), format!("\u{feff}{certificate}")).unwrap();
    let args = ["fetch", "--backend", "fake", "http://a.example", "--cacert", "bom.pem"];
    assert_eq!(fetchbench(&args).current_dir(&folder).output().unwrap().status.code(), Some(0));
}

/// Clients that speak HTTP/2 to a server that has not agreed to it.
const HEEDLESS: [&str; 5] = ["http2", "httpx", "hyper-util", "niquests", "reqwest"];

#[test]
fn servers_must_agree_to_http2() {
    let (certificate, key) = self_signed(|_| ());
    // It negotiates no version.
    let address = serve("127.0.0.1", certificate.as_bytes(), key.as_bytes()).unwrap();
    let roots = Some(roots::read(certificate.as_bytes()).unwrap());
    let options = UserOptions { roots, ..UserOptions::default() };
    for backend in http2_backends() {
        if !backend.entry().can(Capability::Https) {
            continue;
        }
        let limits = Limits::new(NonZeroUsize::MIN);
        let mut session = backend.open(&options, &limits, &Progress::default()).unwrap();
        let pass = session.fetch_all(&[format!("https://{address}/").parse().unwrap()]).unwrap();
        let class = pass.fetched[0].result.as_ref().unwrap_err().class;
        let is_heedless = HEEDLESS.contains(&backend.entry().client);
        assert_eq!(class == ErrorClass::Tls, !is_heedless, "{backend}: {pass:?}");
    }
}
