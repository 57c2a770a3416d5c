//! TLS errors as sentences, the same for every client.

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::CertificateError;
use rustls::pki_types::ServerName;

use crate::fetch::error::{ErrorClass, FetchError};

/// Finds the TLS error that `error` is or wraps.
pub(super) fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    error.downcast_ref().or_else(|| find(error.downcast_ref::<io::Error>()?.get_ref()?))
}

/// Returns the text of a TLS error.
pub(super) fn sentence(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(why) => {
            format!("invalid peer certificate: {}", reason(why))
        }
        other => other.to_string(),
    }
}

/// Returns why a certificate is refused, and the option of openssl that avoids it.
fn reason(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => "its issuer is not trusted".to_owned(),
        CertificateError::BadSignature => {
            "it is not signed by the trusted certificate that has the name of its issuer".to_owned()
        }
        CertificateError::Expired => "it has expired".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("it expired on {}", date(not_after.as_secs()))
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("it is not valid before {}", date(not_before.as_secs()))
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let name = expected.to_str();
            if presented.is_empty() {
                let kind = if matches!(expected, ServerName::DnsName(_)) { "DNS" } else { "IP" };
                return format!(
                    "it names no host: make it with `openssl req -addext \
                     subjectAltName={kind}:{name}`"
                );
            }
            format!("it is for {}, and not for {name}", presented.join(", "))
        }
        // rustls has no variants for these.
        CertificateError::Other(other) => match &*other.0.to_string() {
            "CaUsedAsEndEntity" => {
                "it is an authority's (CA:TRUE) and not a server's: make it with \
                                    `openssl req -x509 -addext basicConstraints=critical,CA:FALSE`"
                    .to_owned()
            }
            "UnsupportedCertVersion" => {
                "it is not of X.509 version 3: make it with extensions, such as subjectAltName"
                    .to_owned()
            }
            other => other.to_owned(),
        },
        other => other.to_string(),
    }
}

fn date(seconds: u64) -> String {
    let time =
        i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(
        || format!("{:?} after 1970", Duration::from_secs(seconds)),
        |time| time.strftime("%F").to_string(),
    )
}

/// Converts an `io::Error`, possibly one that wraps a TLS error.
pub(super) fn io_failed(error: &io::Error, otherwise: ErrorClass) -> FetchError {
    match find(error) {
        Some(error) => FetchError::new(ErrorClass::Tls, sentence(error)),
        None => FetchError::io(error, otherwise),
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::UnixTime;

    use super::*;

    fn unknown_issuer() -> rustls::Error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)
    }

    #[test]
    fn errors_are_found_within_others() {
        let wrapped =
            io::Error::other(io::Error::new(io::ErrorKind::InvalidData, unknown_issuer()));
        for found in [find(&unknown_issuer()), find(&wrapped)] {
            assert_eq!(
                sentence(found.unwrap()),
                "invalid peer certificate: its issuer is not trusted"
            );
        }
        assert!(find(&io::Error::from(io::ErrorKind::UnexpectedEof)).is_none());
    }

    #[test]
    fn times_are_dates() {
        let (time, not_after) =
            (UnixTime::now(), UnixTime::since_unix_epoch(Duration::from_secs(1_577_836_800)));
        let error = CertificateError::ExpiredContext { time, not_after };
        assert_eq!(reason(&error), "it expired on 2020-01-01");
    }
}
