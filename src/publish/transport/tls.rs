//! The encrypted part of a connection: bytes in the clear on one side, records
//! on the other, nothing kept that can be handed on.

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ProtocolVersion};

use super::error::{Certificate, TlsError};
use super::trust::Trust;
use super::{Error, Received, unblocked};

/// How a connection is to be encrypted.
#[derive(Clone, Debug)]
pub struct Encryption {
    /// The server's name or address, as it is in the URL, without brackets.
    pub host: String,
    /// Whom to believe.
    pub trust: Trust,
}

/// One side of a TLS connection (RFC 8446, RFC 5246).
#[derive(Debug)]
pub(super) struct Tls {
    connection: ClientConnection,
}

impl Tls {
    /// Bytes in the clear that are taken at a time: what is taken can't be
    /// dropped any more. One record holds as many (RFC 8446 §5.1).
    const AT_A_TIME: usize = 16 << 10;

    pub(super) fn new(encryption: &Encryption) -> Result<Self, Error> {
        let name = ServerName::try_from(encryption.host.clone())
            .map_err(|_| TlsError::NoName(encryption.host.clone()))?;
        let config = Arc::clone(&encryption.trust.config);
        let connection = ClientConnection::new(config, name).map_err(TlsError::from)?;
        Ok(Self { connection })
    }

    /// Goes on with the handshake. True once it is done.
    pub(super) fn shake_hands(
        &mut self,
        stream: &mut TcpStream,
        sent: &mut u64,
    ) -> Result<bool, Error> {
        while self.connection.is_handshaking() {
            let flushed = self.flush(stream, sent);
            if matches!(flushed, Ok(false)) {
                return Ok(false);
            }
            if !self.connection.is_handshaking() {
                break;
            }
            // A server that has closed may have said why before.
            match (self.take_in(stream, sent)?, flushed) {
                (Some(0) | None, Err(error)) => return Err(error),
                (Some(0), Ok(_)) => return Err(TlsError::Closed.into()),
                (Some(_), _) => {}
                (None, Ok(_)) => return Ok(false),
            }
        }
        Ok(true)
    }

    pub(super) fn read(
        &mut self,
        stream: &mut TcpStream,
        sent: &mut u64,
        into: &mut [u8],
    ) -> Result<Received, Error> {
        // What could not be handed on before may go now. A server that takes no more may
        // have said why before: that is read first.
        let flushed = self.flush(stream, sent);
        loop {
            match self.connection.reader().read(into) {
                Ok(0) => return Ok(Received::End),
                Ok(n) => return Ok(Received::Bytes(n)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // Many servers close without a goodbye. What a stream's end means
                // is said by RTMP; nothing that counts can be cut off here.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(Received::End);
                }
                Err(error) => return Err(error.into()),
            }
            if self.take_in(stream, sent)?.is_none() {
                return flushed.map(|_| Received::Blocked);
            }
        }
    }

    /// Takes the first bytes of `slices`, if all before them is with the system.
    pub(super) fn write(
        &mut self,
        stream: &mut TcpStream,
        sent: &mut u64,
        slices: &[IoSlice<'_>],
    ) -> Result<usize, Error> {
        if !self.flush(stream, sent)? {
            return Ok(0);
        }
        let mut taken = 0;
        for slice in slices {
            let most = slice.len().min(Self::AT_A_TIME - taken);
            let n = self.connection.writer().write(&slice[..most])?;
            taken += n;
            if n < slice.len() {
                break;
            }
        }
        self.flush(stream, sent)?;
        Ok(taken)
    }

    /// Hands records to the system. True if none is left.
    pub(super) fn flush(&mut self, stream: &mut TcpStream, sent: &mut u64) -> Result<bool, Error> {
        while self.connection.wants_write() {
            match unblocked(|| self.connection.write_tls(stream))? {
                Some(n) => *sent += n as u64,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Says goodbye (RFC 8446 §6.1). To be flushed.
    pub(super) fn say_goodbye(&mut self) {
        self.connection.send_close_notify();
    }

    /// Whether all that was taken is with the system.
    pub(super) fn is_flushed(&self) -> bool {
        !self.connection.wants_write()
    }

    /// Version in use, in words.
    pub(super) fn version(&self) -> Option<&'static str> {
        match self.connection.protocol_version()? {
            ProtocolVersion::TLSv1_2 => Some("TLS 1.2"),
            ProtocolVersion::TLSv1_3 => Some("TLS 1.3"),
            _ => None,
        }
    }

    /// Reads records; how many bytes of them. `None`: it would block.
    fn take_in(&mut self, stream: &mut TcpStream, sent: &mut u64) -> Result<Option<usize>, Error> {
        let Some(n) = unblocked(|| self.connection.read_tls(stream))? else { return Ok(None) };
        if let Err(error) = self.connection.process_new_packets() {
            // The alert that says why, if it can be had at once; the error that
            // called for it is what counts.
            let _ = self.flush(stream, sent);
            return Err(TlsError::from(error).into());
        }
        Ok(Some(n))
    }
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        use rustls::Error as E;
        match error {
            E::InvalidCertificate(reason) => Self::Certificate(Certificate::from(reason)),
            E::NoCertificatesPresented => Self::Certificate(Certificate::Missing),
            E::AlertReceived(alert) => Self::Refused(format!("{alert:?}")),
            E::PeerIncompatible(reason) => Self::Incompatible(format!("{reason:?}")),
            E::InvalidMessage(_) | E::InappropriateMessage { .. } => Self::NotTls,
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<rustls::CertificateError> for Certificate {
    fn from(error: rustls::CertificateError) -> Self {
        use rustls::CertificateError as E;
        match error {
            E::Expired => Self::Expired { days: None },
            E::ExpiredContext { time, not_after } => {
                let seconds = time.as_secs().saturating_sub(not_after.as_secs());
                Self::Expired { days: Some(seconds / 86_400) }
            }
            E::NotValidYet | E::NotValidYetContext { .. } => Self::NotYetValid,
            E::NotValidForName => Self::WrongName { names: Vec::new() },
            E::NotValidForNameContext { presented, .. } if presented.is_empty() => {
                Self::NamesNoHost
            }
            E::NotValidForNameContext { presented, .. } => {
                let names = presented.iter().take(Self::NAMES).map(|name| bare(name));
                Self::WrongName { names: names.collect() }
            }
            E::UnknownIssuer => Self::UnknownIssuer,
            E::Revoked => Self::Revoked,
            E::ApplicationVerificationFailure => Self::NotTheOne,
            E::Other(other) => match other.to_string() {
                // Signed by itself, by the usual recipe: an authority that nobody
                // knows in place of a server's certificate.
                words if words.contains("CaUsedAsEndEntity") => Self::UnknownIssuer,
                words => Self::Unusable(words),
            },
            other => Self::Unusable(other.to_string()),
        }
    }
}

/// A name out of the library's notation for it, such as `DnsName("a.example")`.
fn bare(name: &str) -> String {
    let inner = name.split_once('(').map_or(name, |(_, rest)| rest.trim_end_matches(')'));
    inner.trim_matches('"').to_owned()
}
