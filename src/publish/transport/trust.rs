//! Whom to believe: which certificates a server may show.
//!
//! The system's roots, always; beside them those of a file, for a server of
//! one's own; or instead of all that the one certificate with a given
//! fingerprint. There is no way to believe everybody.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use sha2::{Digest, Sha256};

use crate::text::encryption::trust;

/// Whom to believe. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Trust {
    pub(super) config: Arc<ClientConfig>,
}

/// Why nobody can be believed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file can't be read or holds something else.
    #[error("{}", trust::file(path.display(), reason))]
    File {
        /// The file.
        path: PathBuf,
        /// Why, in words.
        reason: String,
    },
    /// The system has no certificates.
    #[error("{}", trust::system(_0))]
    System(String),
}

impl Trust {
    /// Certificates of a file that are taken at most.
    const MOST: usize = 1_000;

    /// The system's roots, and those of `ca_file` (PEM). A certificate that is
    /// itself in the file is believed too: a server's own, signed by itself.
    /// Reads files; takes some milliseconds.
    pub fn system(ca_file: Option<&Path>) -> Result<Self, TrustError> {
        let own = ca_file.map_or(Ok(Vec::new()), certificates)?;
        let provider = provider();
        let system = Verifier::new_with_extra_roots(own.iter().cloned(), Arc::clone(&provider));
        let system = system.map_err(|error| match ca_file {
            Some(path) => TrustError::File { path: path.into(), reason: error.to_string() },
            None => TrustError::System(error.to_string()),
        })?;
        Ok(Self::with(provider, SystemAndOwn { system, own }))
    }

    /// The certificate with this fingerprint and no other, whatever name and
    /// dates are in it.
    pub fn only(fingerprint: Fingerprint) -> Self {
        let provider = provider();
        let algorithms = provider.signature_verification_algorithms;
        Self::with(provider, Only { fingerprint, algorithms })
    }

    fn with(provider: Arc<CryptoProvider>, verifier: impl ServerCertVerifier + 'static) -> Self {
        // No ALPN: RTMP has no name there, and balancers may choose HTTP.
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has suites for TLS 1.2 and 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Self { config: Arc::new(config) }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let file = |reason: String| TrustError::File { path: path.into(), reason };
    let found = CertificateDer::pem_file_iter(path).map_err(|error| file(error.to_string()))?;
    let found: Result<Vec<_>, _> = found.take(Trust::MOST).collect();
    match found {
        Ok(found) if found.is_empty() => Err(file(trust::NOT_PEM.to_owned())),
        Ok(found) => Ok(found),
        Err(error) => Err(file(error.to_string())),
    }
}

/// SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// That of a certificate.
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    /// 64 hexadecimal digits, with or without colons between the bytes, as
    /// `openssl x509 -fingerprint -sha256` prints them.
    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let digits: Option<Vec<u32>> =
            text.trim().chars().filter(|c| *c != ':').map(|c| c.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or(NoFingerprint)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (pair[0] * 16 + pair[1]) as u8;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02X}", if i == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A text that is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", trust::NO_FINGERPRINT)]
pub struct NoFingerprint;

/// The system's roots and one's own.
#[derive(Debug)]
struct SystemAndOwn {
    system: Verifier,
    own: Vec<CertificateDer<'static>>,
}

impl SystemAndOwn {
    /// A server's own certificate, named in the file, is often marked as that of
    /// an authority, which a server's must not be. That alone is forgiven: the
    /// dates were looked at before, the name is looked at here.
    fn forgive(
        &self,
        error: rustls::Error,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let mark = matches!(
            error,
            rustls::Error::InvalidCertificate(
                CertificateError::Other(_) | CertificateError::UnknownIssuer
            )
        );
        if !mark || !self.own.iter().any(|own| own == certificate) {
            return Err(error);
        }
        verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        Ok(ServerCertVerified::assertion())
    }
}

impl ServerCertVerifier for SystemAndOwn {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self.system.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        judged.or_else(|error| self.forgive(error, end_entity, server_name))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.system.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.system.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

/// One certificate. That the server has its key is verified like any other's.
#[derive(Debug)]
struct Only {
    fingerprint: Fingerprint,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Only {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match Fingerprint::of(end_entity) == self.fingerprint {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_as_people_paste_them() {
        let plain = "00ff".repeat(16);
        let parsed: Fingerprint = plain.parse().expect("hexadecimal");
        let colons = parsed.to_string();
        assert!(colons.starts_with("00:FF:00:FF:") && colons.len() == 95, "{colons}");
        assert_eq!(format!(" {colons}\n").parse(), Ok(parsed));
        for wrong in ["", "00ff", &"zz".repeat(32), &"00".repeat(33)] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(NoFingerprint), "{wrong}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_an_error_that_names_it() {
        let here = Path::new(file!());
        let there = Path::new("/no/such/file.pem");
        for path in [here, there] {
            let error = Trust::system(Some(path)).expect_err("no certificates").to_string();
            assert!(error.contains(path.to_str().expect("text")), "{error}");
        }
    }
}
