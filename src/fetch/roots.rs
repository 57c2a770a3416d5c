//! Certificates to trust instead of the web's roots.

use std::sync::Arc;

use anyhow::{anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};

/// The certificates that sessions trust, shared by all of them.
pub type Roots = Arc<[CertificateDer<'static>]>;

/// Parses PEM text, or one certificate in DER, and checks that the certificates can be roots.
///
/// # Errors
///
/// There is no certificate, or one is malformed. If the bytes can be converted, the message names
/// the command.
pub fn read(bytes: &[u8]) -> anyhow::Result<Roots> {
    // Windows writes a byte order mark.
    let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    let certificates = match bytes {
        [] => bail!("it is empty"),
        [DER_SEQUENCE, ..] if !bytes.windows(BEGIN.len()).any(|piece| piece == BEGIN) => {
            vec![from_der(bytes)?]
        }
        _ => from_pem(bytes)?,
    };
    let mut store = RootCertStore::empty();
    for (number, certificate) in (1..).zip(&certificates) {
        store
            .add(certificate.clone())
            .map_err(|_| anyhow!("bad certificate {number}: it is malformed"))?;
    }
    Ok(certificates.into())
}

/// The first byte of any DER file that may hold certificates; in text, it is a 0.
const DER_SEQUENCE: u8 = 0x30;

/// Every PEM text contains this.
const BEGIN: &[u8] = b"-----BEGIN ";

fn from_der(bytes: &[u8]) -> anyhow::Result<CertificateDer<'static>> {
    /// The object identifier of signed data, with its head.
    const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    // Skips the head of the outer sequence. Its second byte may hold the number of bytes of its
    // length.
    let length =
        bytes.get(1).map_or(0, |byte| if *byte < 0x80 { 0 } else { usize::from(byte & 0x7f) });
    let content = bytes.get(2 + length..).unwrap_or_default();
    if content.starts_with(b"\x02\x01\x03") {
        bail!("it is PKCS#12: convert it with `openssl pkcs12 -nokeys -in FILE -out ca.pem`");
    }
    if content.starts_with(SIGNED_DATA) {
        bail!(
            "it is PKCS#7: convert it with `openssl pkcs7 -inform der -print_certs -in FILE -out \
             ca.pem`"
        );
    }
    if !content.starts_with(&[DER_SEQUENCE]) {
        bail!("no certificate in it: it begins like DER and holds something else, such as a key");
    }
    Ok(CertificateDer::from(bytes.to_vec()))
}

fn from_pem(bytes: &[u8]) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        bail!("it is UTF-16: convert it with `iconv -f UTF-16 -t UTF-8 FILE > ca.pem`");
    }
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(bytes) {
        let number = certificates.len() + 1;
        certificates.push(certificate.map_err(|error| match error {
            pem::Error::MissingSectionEnd { .. } => {
                anyhow!(
                    "bad certificate {number}: it is cut short, and has no line that begins \
                         with -----END"
                )
            }
            pem::Error::IllegalSectionStart { .. } => {
                anyhow!("bad certificate {number}: its line -----BEGIN … does not end in -----")
            }
            pem::Error::Base64Decode(_) => anyhow!(
                "bad certificate {number}: its text is not \
                base64"
            ),
            other => anyhow!("bad certificate {number}: {other}"),
        })?);
    }
    if !certificates.is_empty() {
        return Ok(certificates);
    }
    let text = String::from_utf8_lossy(bytes);
    let label = text.split_once("-----BEGIN ").and_then(|(_, rest)| rest.split_once("-----"));
    match label.map(|(label, _)| label) {
        Some("PKCS7") => {
            bail!("it is PKCS#7: convert it with `openssl pkcs7 -print_certs -in FILE -out ca.pem`")
        }
        Some("TRUSTED CERTIFICATE" | "X509 CERTIFICATE") => {
            bail!(
                "its certificate is in a form of openssl's own: convert it with `openssl x509 -in \
                 FILE -out ca.pem`"
            )
        }
        Some("CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST") => {
            bail!("no certificate in it: it holds a request to sign one")
        }
        Some(label) if label.ends_with("KEY") => bail!("no certificate in it: it holds a key"),
        _ => bail!(
            "no certificate in it: it takes PEM text, which has a line -----BEGIN \
             CERTIFICATE-----, or DER"
        ),
    }
}

/// Formats certificates as PEM text.
pub fn pem(roots: &Roots) -> String {
    roots.iter().map(pem_block).collect()
}

fn pem_block(certificate: &CertificateDer<'_>) -> String {
    let encoded = STANDARD.encode(certificate);
    let lines: Vec<&str> = encoded
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap_or_default())
        .collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn certificate() -> rcgen::Certificate {
        let key = KeyPair::generate().unwrap();
        CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap()
    }

    fn error(bytes: impl AsRef<[u8]>) -> String {
        let error = format!("{:#}", read(bytes.as_ref()).unwrap_err());
        assert!(!error.contains("[45") && !error.contains("Error"), "{error}");
        error
    }

    #[test]
    fn common_pem_files_are_read() {
        let certificate = certificate();
        let text = certificate.pem();
        let key = KeyPair::generate().unwrap().serialize_pem();
        let forms = [
            text.clone(),
            format!("\u{feff}{text}"),
            text.replace('\n', "\r\n"),
            format!("Certificate:\n    Data:\n        Version: 3 (0x2)\n{text}"),
            format!("0 s:CN = localhost\n{key}{text}"),
            text.trim_end().to_owned(),
        ];
        for form in forms {
            assert_eq!(read(form.as_bytes()).unwrap()[..], [certificate.der().clone()], "{form}");
        }
        assert_eq!(read(text.repeat(3).as_bytes()).unwrap().len(), 3);
        assert_eq!(read(certificate.der()).unwrap()[..], [certificate.der().clone()], "DER");
    }

    #[test]
    fn damage_is_named() {
        let text = certificate().pem();
        let cut = &text[..text.len() / 2];
        assert!(error(cut).starts_with("bad certificate 1: it is cut short"), "{}", error(cut));
        assert!(error(text.clone() + cut).starts_with("bad certificate 2: it is cut short"));
        assert!(error(text.replace("M", "!")).ends_with("its text is not base64"));
        assert!(
            error("-----BEGIN CERTIFICATE--\nAA==\n")
                .starts_with("bad certificate 1: its line -----BEGIN")
        );
        let other = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(error(other), "bad certificate 1: it is malformed");
        assert_eq!(error(""), "it is empty");
        assert_eq!(error("\u{feff}"), "it is empty");
        assert!(error("hello").starts_with("no certificate in it: it takes PEM text"));
        assert_eq!(error(&certificate().der()[..100]), "bad certificate 1: it is malformed");
    }

    #[test]
    fn other_forms_are_named() {
        let key = KeyPair::generate().unwrap();
        assert_eq!(error(key.serialize_pem()), "no certificate in it: it holds a key");
        assert!(error(key.serialize_der()).contains("such as a key"));
        let request = CertificateParams::new([]).unwrap().serialize_request(&key).unwrap();
        assert_eq!(
            error(request.pem().unwrap()),
            "no certificate in it: it holds a request to sign one"
        );
        assert!(error(b"\x30\x82\x01\x00\x02\x01\x03\x30").contains("openssl pkcs12 -nokeys"));
        assert!(
            error(b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
                .contains("openssl pkcs7 -inform der")
        );
        assert!(
            error("-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n")
                .contains("openssl pkcs7 -print_certs")
        );
        let utf_16: Vec<u8> = "\u{feff}-----".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(error(utf_16).contains("iconv -f UTF-16"));
    }
}
