//! What can go wrong between two sockets, split by what to do about it.

use std::{fmt, io};

use super::proxy::ProxyError;
use crate::publish::reconnect::Retry;
use crate::text::connection::transport;
use crate::text::encryption::{self, certificate};

/// Why a connection failed or ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There was no address to connect to.
    #[error("{}", transport::NO_ADDRESS)]
    NoAddress,
    /// The host answered that nothing listens there.
    #[error("{}", transport::REFUSED)]
    Refused,
    /// There is no way to the host.
    #[error("{}", transport::unreachable(_0))]
    Unreachable(io::Error),
    /// Nothing came back in time.
    #[error("{}", transport::TIMED_OUT)]
    TimedOut,
    /// The peer, or something on the way, broke the connection.
    #[error("{}", transport::RESET)]
    Reset,
    /// The proxy at the other end does not lead to the server.
    #[error("{0}")]
    Proxy(#[from] ProxyError),
    /// Encryption could not be agreed on.
    #[error("{0}")]
    Tls(#[from] TlsError),
    /// Something else that the system reported.
    #[error("{}", transport::other(_0))]
    Io(io::Error),
}

/// Why encryption could not be agreed on, or broke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The certificate is not to be believed.
    #[error("{}", encryption::certificate(_0))]
    Certificate(Certificate),
    /// What answers there does not speak TLS.
    #[error("{}", encryption::NOT_TLS)]
    NotTls,
    /// The server closed during the handshake.
    #[error("{}", encryption::CLOSED)]
    Closed,
    /// The server refused, with an alert.
    #[error("{}", encryption::refused(_0))]
    Refused(String),
    /// No version or suite in common; TLS 1.2 and 1.3 are spoken here.
    #[error("{}", encryption::incompatible(_0))]
    Incompatible(String),
    /// The host is no name that a certificate could be for.
    #[error("{}", encryption::no_name(_0))]
    NoName(String),
    /// The rules of the protocol were broken.
    #[error("{}", encryption::broken(_0))]
    Broken(String),
}

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Its time is over.
    Expired {
        /// For so many days, where known.
        days: Option<u64>,
    },
    /// Its time has not come.
    NotYetValid,
    /// It is for other names.
    WrongName {
        /// Some of them.
        names: Vec<String>,
    },
    /// It is for nobody by name, or by its common name alone, which does not count.
    NamesNoHost,
    /// Nobody who is trusted has signed it.
    UnknownIssuer,
    /// It was taken back.
    Revoked,
    /// It is not the one that is trusted.
    NotTheOne,
    /// There is none.
    Missing,
    /// Something else, in words.
    Unusable(String),
}

impl Certificate {
    /// Names that are quoted at most.
    pub(super) const NAMES: usize = 5;
}

impl fmt::Display for Certificate {
    /// Goes on after "the server's certificate".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Expired { days: None | Some(0) } => certificate::EXPIRED.into(),
            Self::Expired { days: Some(1) } => certificate::EXPIRED_YESTERDAY.into(),
            Self::Expired { days: Some(days) } => certificate::expired(*days),
            Self::NotYetValid => certificate::NOT_YET_VALID.into(),
            Self::WrongName { names } if names.is_empty() => certificate::WRONG_NAME.into(),
            Self::NamesNoHost => certificate::NAMES_NO_HOST.into(),
            Self::WrongName { names } => certificate::wrong_name(&names.join(", ")),
            Self::UnknownIssuer => certificate::UNKNOWN_ISSUER.into(),
            Self::Revoked => certificate::REVOKED.into(),
            Self::NotTheOne => certificate::NOT_THE_ONE.into(),
            Self::Missing => certificate::MISSING.into(),
            Self::Unusable(reason) => certificate::unusable(reason),
        })
    }
}

impl Error {
    /// What to do about it.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Refused => Retry::Soon,
            Self::NoAddress | Self::Unreachable(_) | Self::TimedOut | Self::Reset | Self::Io(_) => {
                Retry::Backoff
            }
            Self::Proxy(error) => error.retry(),
            Self::Tls(error) => error.retry(),
        }
    }

    /// How much an error says about the destination: of several addresses'
    /// errors the one that says most is reported.
    pub(super) fn weight(&self) -> u8 {
        match self {
            Self::NoAddress => 0,
            Self::Unreachable(_) => 1,
            Self::Io(_) => 2,
            Self::TimedOut => 3,
            Self::Reset => 4,
            Self::Refused => 5,
            Self::Proxy(_) | Self::Tls(_) => 6,
        }
    }
}

impl TlsError {
    /// What to do about it. A certificate does not get better by asking again; of
    /// a stream that was live before, something on the way may have got in
    /// between, and its owner may think otherwise.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Certificate(_) | Self::NotTls | Self::Incompatible(_) | Self::NoName(_) => {
                Retry::Never
            }
            Self::Closed | Self::Refused(_) | Self::Broken(_) => Retry::Backoff,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionRefused => Self::Refused,
            Kind::TimedOut => Self::TimedOut,
            Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::BrokenPipe
            | Kind::NotConnected
            | Kind::UnexpectedEof => Self::Reset,
            Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown
            | Kind::AddrNotAvailable => Self::Unreachable(error),
            _ => Self::Io(error),
        }
    }
}
