//! What can go wrong between two sockets, split by what to do about it.

use std::{fmt, io};

use crate::publish::reconnect::Retry;

/// Why a connection failed or ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There was no address to connect to.
    #[error("the name has no address")]
    NoAddress,
    /// The host answered that nothing listens there.
    #[error("the connection was refused")]
    Refused,
    /// There is no way to the host.
    #[error("the host can't be reached: {0}")]
    Unreachable(io::Error),
    /// Nothing came back in time.
    #[error("no answer in time")]
    TimedOut,
    /// The peer, or something on the way, broke the connection.
    #[error("the connection was reset")]
    Reset,
    /// Encryption could not be agreed on.
    #[error("{0}")]
    Tls(#[from] TlsError),
    /// Something else that the system reported.
    #[error("network error: {0}")]
    Io(io::Error),
}

/// Why encryption could not be agreed on, or broke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The certificate is not to be believed.
    #[error("the server's certificate {0}")]
    Certificate(Certificate),
    /// What answers there does not speak TLS.
    #[error("what answers there does not speak TLS")]
    NotTls,
    /// The server closed during the handshake.
    #[error("the server closed while encryption was being agreed on")]
    Closed,
    /// The server did not answer the handshake in time.
    #[error("the server did not answer while encryption was being agreed on")]
    TimedOut,
    /// The server refused, with an alert.
    #[error("the server refused encryption: {0}")]
    Refused(String),
    /// No version or suite in common; TLS 1.2 and 1.3 are spoken here.
    #[error("the server speaks no version of TLS that is safe: {0}")]
    Incompatible(String),
    /// The host is no name that a certificate could be for.
    #[error("{0:?} is no name that a certificate could be for")]
    NoName(String),
    /// The rules of the protocol were broken.
    #[error("encryption broke: {0}")]
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
        match self {
            Self::Expired { days: None | Some(0) } => write!(f, "has expired"),
            Self::Expired { days: Some(1) } => write!(f, "expired yesterday"),
            Self::Expired { days: Some(days) } => write!(f, "expired {days} days ago"),
            Self::NotYetValid => write!(f, "is not valid yet; is this computer's date right?"),
            Self::WrongName { names } if names.is_empty() => write!(f, "is for another name"),
            Self::WrongName { names } => write!(f, "is for another name ({})", names.join(", ")),
            Self::UnknownIssuer => {
                write!(f, "is signed by nobody whom this computer trusts, perhaps only by itself")
            }
            Self::Revoked => write!(f, "was revoked"),
            Self::NotTheOne => write!(f, "is not the one with the fingerprint that was given"),
            Self::Missing => write!(f, "is missing"),
            Self::Unusable(reason) => write!(f, "can't be used: {reason}"),
        }
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
            Self::Tls(_) => 6,
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
            Self::Closed | Self::TimedOut | Self::Refused(_) | Self::Broken(_) => Retry::Backoff,
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
